"""PDFs as they are printed and handed on: figures beside each other, a delivered sheet and one like it."""

import csv
import json
import re
from pathlib import Path

import pikepdf
import pytest

from tests.support import HEAD, ROOT, SOURCES, append, change, figures_brief, pdf_text, run, run_badly, run_well, wells

VALUES = (14345678, 133943, 2260, 12345.5, 9876543, 100000, 33, 139)
FIGURE = "\n{}:\n  label: نفر در سال گذشته\n  kind: reported\n  value: {}\n  sources: [survey]\n"


@pytest.mark.parametrize(("count", "paper"), [(8, "a4"), (5, "a5")])
def test_headline_figures_stand_apart(tmp_path: Path, count: int, paper: str) -> None:
    names = [f"large_{number}" for number in range(count)]
    folder = wells(tmp_path / "wells", many=figures_brief(", ".join(names)))
    for name, value in zip(names, VALUES, strict=False):
        append(folder / "figures.yaml", FIGURE.format(name, value))
    run_well("build", "--publication", folder, "--paper", paper, "--out", tmp_path / "out", quiet=True)


@pytest.mark.parametrize(
    ("tag", "form"), [("en", []), ("fa-AF", ["--profile", "large"]), ("en", ["--paper", "a5"])], ids=str
)
def test_long_headline_figures_get_smaller_and_then_fewer_stand_in_a_row(
    tmp_path: Path, tag: str, form: list[str]
) -> None:
    values = (133943, 1234567890, 123456789012345678, 12, "123456789012.12345", 99, 1000000, -7)
    names = [f"large_{number}" for number in range(len(values))]
    blocks = "".join(f"  - figures: [{', '.join(names[:count])}]\n" for count in (1, 3, 5, 8))
    column = f"          {{}}:\n            - figures: [{', '.join(names[:4])}]\n"
    columns = "".join(map(column.format, ("right", "middle", "left")))
    blocks += f"  - panel:\n      - columns:\n          widths: '1:1:1'\n{columns}"
    brief = HEAD.replace("pages: 1", "pages: auto") + blocks + SOURCES
    folder = wells(tmp_path / "wells", many=brief)
    change(folder / "publication.yaml", "language: fa-AF", "languages: [fa-AF, en]")
    for name, value in zip(names, values, strict=True):
        append(folder / "figures.yaml", FIGURE.format(name, value))
    words = ["build", "--publication", folder, "--language", tag, *form]
    done = run(*words, "--out", tmp_path / "out")
    assert "overlap" not in done.stderr
    assert "lies beyond" not in done.stderr
    (pdf,) = (tmp_path / "out").glob("*.pdf")
    assert pdf_text(pdf).count("123,456,789,012,345,678" if tag == "en" else "۱۲۳٬۴۵۶٬۷۸۹٬۰۱۲٬۳۴۵٬۶۷۸") == 6


def test_figures_that_overlap_are_not_built(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", many=figures_brief("wells, wells, wells, wells, wells"))
    (folder / "templates" / "css").mkdir(parents=True)
    styles = (ROOT / "templates" / "css" / "common.css").read_text(encoding="utf-8")
    styles += "@media print { .figure-value { font-size: 60pt !important } }"
    (folder / "templates" / "css" / "common.css").write_text(styles, encoding="utf-8")
    done = run("build", "--publication", folder, "--out", tmp_path / "out")
    assert done.exit_code == 1, done.stdout
    assert "overlap" in done.stderr
    assert [file.name for file in (tmp_path / "out").glob("*.pdf")] == ["wells-many.faulty.pdf"]


LINES = """\
  - columns:
      widths: '1:1:1'
      right:
        - years: {table: digging, column: dug, start: 1998, every: 9, title: چاه‌کنی}
      middle:
        - lines: {table: digging, columns: [dug, deep], start: 1998, every: 2, title: 'چاه‌کنی، سال به سال'}
      left:
        - years: {table: digging, column: dug, start: 1998, every: 9, title: سال به سال}
"""


@pytest.mark.parametrize("deliver", [[], ["--deliver"]])
def test_labels_that_overlap_lead_to_their_block_once_and_to_the_page(tmp_path: Path, deliver: list[str]) -> None:
    folder, out = wells(tmp_path / "wells", one=HEAD + LINES + SOURCES), tmp_path / "out"
    rows = "".join(f"{year},{year % 7 * 100},{year % 7 * 10 + 1},atlas\n" for year in range(1998, 2024))
    (folder / "tables" / "digging.csv").write_text(f"year,dug,deep,sources\n{rows}", encoding="utf-8")
    words = ["build", "--publication", folder, "--out", out, *deliver]
    line = (HEAD + LINES).splitlines().index(next(one for one in LINES.splitlines() if "- lines:" in one)) + 1
    told = run_badly(*words).stderr
    assert re.search(
        rf"briefs/one.yaml:{line}:11: wells-one.pdf, page 1, under «چاه‌کنی، سال به سال»: "
        r"the texts «\S+», .* \(\d+ in all\) overlap\n",
        told,
    )
    file = out / "wells-one.faulty.pdf"
    assert told.endswith(
        "hint: write 'every: 4' or more, or put it into a wider column; "
        f"the pages are in {file}, crossed out\n1 problem\n"
    )
    assert [one.name for one in out.iterdir() if one.suffix == ".pdf"] == [file.name]
    with pikepdf.open(file) as document:
        assert b"1 0 0 RG" in document.pages[0].Contents[-1].read_bytes()
    change(folder / "briefs" / "one.yaml", "every: 2", "every: 4")
    run_well(*words)
    assert not file.exists()
    assert (out / "wells-one.pdf").exists()


def test_status_ends_with_0_for_the_delivered_file_alone(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    assert run("build", "--publication", folder, "--out", tmp_path, "--deliver").exit_code == 0
    file, other = tmp_path / "wells-one.pdf", tmp_path / "other.pdf"
    with pikepdf.open(file) as pdf:  # other pages under a true code
        pdf.pages[0].Contents = pdf.make_stream(b"")
        pdf.save(other)
    current, altered = (run("status", one, "--publication", folder) for one in (file, other))
    assert (current.exit_code, altered.exit_code) == (0, 3)
    assert "is current" in current.stdout
    assert "is current" not in altered.stdout
    told = run("status", other, "--publication", folder, "--format", "json")
    assert (told.exit_code, json.loads(told.stdout)["state"]) == (3, "other-file")


@pytest.mark.parametrize("paper", ["a4", "letter", "a5"])
def test_what_was_built_and_imposed_passes_verify(tmp_path: Path, paper: str) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    assert run("build", "--publication", folder, "--out", tmp_path, "--paper", paper).exit_code == 0
    (file,), sheets = tmp_path.glob("*.pdf"), tmp_path / "sheets.pdf"
    assert run("impose", file, "--as", "2-up", "--out", sheets).exit_code == 0
    run_well("verify", file, sheets)


LATIN = [
    'Kenya "new", x', '"x" y', 'x "y"', 'A (B) "C", d.', "A [B]", "A {B}", "e.g. 5%", "C++", "50/50", "#1",
    "a % b", "https://a.b/c?d=e&f=g#h", "a.b@example.org", "A • B", "A ,B", 'کتاب A, "B" ب', "کتاب (A, B) ب",
    "{{ 7*7 }} <b>و</b>",
    "O'Brien", "5' 6\"", "12:30", "A...", "(A) (B)", 'x, "y", z "w"', "R&D",
]  # fmt: skip
LATIN_TABLE = """\
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
    append(folder / "tables.yaml", LATIN_TABLE)
    with (folder / "tables" / "latin.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *((f"k{n}", cell) for n, cell in enumerate(LATIN))])
    run_well("build", "--publication", folder, "--out", tmp_path / "out")
