"""What a cell may hold is printed and read back."""

import csv
from pathlib import Path

from tests.support import HEAD, SOURCES, append, run, wells

LATIN = [
    'Kenya "new", x', '"x" y', 'x "y"', 'A (B) "C", d.', "A [B]", "A {B}", "e.g. 5%", "C++", "50/50", "#1",
    "a % b", "https://a.b/c?d=e&f=g#h", "a.b@example.org", "A • B", "A ,B", 'کتاب A, "B" ب', "کتاب (A, B) ب",
    "{{ 7*7 }} <b>و</b>",
    "O'Brien", "5' 6\"", "12:30", "A...", "(A) (B)", 'x, "y", z "w"', "R&D",
]  # fmt: skip
TABLE = """\
latin:
  file: tables/latin.csv
  title: لاتین
  key: id
  sources: [survey]
  columns:
    id: {type: code}
    text: {type: text, label: متن}
"""


def test_cells_of_latin_words_are_built(tmp_path: Path) -> None:
    block = "  - table: {table: latin, columns: [text], title: جدول}\n"
    folder = wells(tmp_path / "wells", main=HEAD + block + SOURCES)
    append(folder / "tables.yaml", TABLE)
    with (folder / "tables" / "latin.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *((f"k{n}", cell) for n, cell in enumerate(LATIN))])
    done = run("build", "--publication", folder, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
