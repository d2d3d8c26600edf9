"""Every command on tables as people have them: titles above the header, units, totals, private cells, names as keys."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.pipeline.tongues import translate
from tests.support import ROOT, change, run, write_own_words
from tipbrief.ledger.ledger_folder import read_ledger

CSV = """\
Wells of the districts,,,,,
Survey of 2026,,,,,
Name,Region,Depth,People,Telephone,Status
{units}Shib Koh,North,12.5,340,0700111222,open
Qala Naw,North,30,1200,0700111333,dry
Dara Sabz,South,7,90,0700111444,open
Bala Deh,South,55.5,410,0700111555,open
Total,,,2040,,
"""
UNITS = ",,m,persons,,\n"
TABLES = """\
wells:
  file: tables/wells.csv
  header_row: 3
  skip: [4, Total]
  title: Wells
  key: code
  sources: [example-table]
  columns:
    code: {type: code, label: Well, from: Name, codes: latin}
    Name: {type: text, label: Name}
    Region: {type: text, label: Region}
    Depth: {type: number, label: Depth}
    People: {type: number, label: People}
    Telephone: {type: text, label: Telephone, private: true}
    Status: {type: text, label: Status}
"""
ROW = """\
for_each: wells
title: '{row.Name}'
subtitle: Survey
short: '{row.Name}'
subject: '{row.Name}'
pages: auto
carry: own
blocks:
  - figures: [row.People, row.Depth]
  - sources: {title: Sources}
"""
SHEET = """\
title: Wells
subtitle: Survey
short: Wells
subject: Wells
pages: auto
carry: CARRY
blocks:
  - figures: [rows]
  - table: {table: wells, columns: [Name, Region, Depth, People], title: Wells}
  - sources: {title: Sources}
"""
Do = Callable[..., Result]


def do(*words: str | Path, expected: tuple[int, ...] = (0,)) -> Result:
    """The command, which may end with one of these statuses, and never with a crash."""
    done = run(*words)
    assert "a fault of tipbrief" not in done.output, f"{words}\n{done.output}"
    assert "Traceback" not in done.output, f"{words}\n{done.output}"
    assert done.exit_code in expected, f"{words}\n{done.output}"
    return done


def publication_with_titles(home: Path, *, private: bool) -> Path:
    table, folder = home / "wells.csv", home / "wells"
    table.write_text(CSV.format(units=""), encoding="utf-8")
    do("new", folder, "--language", "en", "--yes", "--from", table)
    write_own_words(folder, "en")
    tables = TABLES if private else TABLES.replace(", private: true", "")
    (folder / "tables.yaml").write_text(tables, encoding="utf-8")
    (folder / "tables" / "wells.csv").write_text(CSV.format(units=UNITS), encoding="utf-8")
    sheet = SHEET.replace("CARRY", "none" if private else "all")
    (folder / "briefs" / "sheet.yaml").write_text(sheet, encoding="utf-8")
    (folder / "briefs" / "row.yaml").write_text(ROW, encoding="utf-8")
    change(folder / "publication.yaml", "languages: [en]", "languages: [en, fa-AF]")
    translate(folder, "fa-AF")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("private", [True, False])
def test_every_command_does_what_it_says(tmp_path: Path, private: bool) -> None:
    folder, out = publication_with_titles(tmp_path, private=private), tmp_path / "out"
    where = ("--publication", folder)
    both = (*where, "--out", out)

    do("check", *where)
    do("build", *both)
    do("build", "--all", "--language", "all", "--deliver", *both)
    before = Path(shutil.copytree(folder, tmp_path / "before"))
    first = Path(shutil.copytree(out, tmp_path / "first"))
    for command in (["list"], ["help", "chart", "wells"], ["translate", "fa-AF"], ["fonts"]):
        do(*command, *where)
    do("export", *where, "--all", "--out", tmp_path / "export")
    do("site", *where, "--delivered", out, "--out", tmp_path / "site")

    # A cell, and its undoing.
    do("correct", "wells[shib-koh].People", "350", "--reason", "One family more", *where)
    do("correct", "--undo", *where)
    do("correct", "wells[shib-koh].People", "350", "--reason", "One family more", "--deliver", *both)

    # A newer file: a new row, a row that is gone, changed cells.
    text = (folder / "tables" / "wells.csv").read_text(encoding="utf-8")
    text = text.replace("Dara Sabz,South,7,90,0700111444,open\n", "").replace("30,1200", "31,1250")
    text = text.replace("Total", "Nawabad,North,9,77,0700111666,open\nTotal")
    newer = tmp_path / "wells-2027.csv"
    newer.write_text(text, encoding="utf-8")
    do("correct", "--from", newer, "--html", tmp_path / "page.html", *where)
    done = do("correct", "--from", newer, "--reason", "New count", "--yes", "--deliver", *both)
    assert not private or "0700111" not in done.output
    assert "row-nawabad" in done.output.lower()
    ledger = read_ledger(folder, "")
    assert ledger.last_edition("row-nawabad") is not None
    assert ledger.withdrawn_documents.keys() >= {"row-dara-sabz"}
    translate(folder, "fa-AF")
    do("build", "--all", "--language", "all", "--deliver", *both)

    code = re.search(r"ROW-QALA-NAW/1 · ([0-9a-f]+)", do("status", "ROW-QALA-NAW/1", *where, expected=(1,)).output)
    assert code
    do("status", code[1], *where, expected=(1,))
    do("status", out / "wells-row-nawabad.pdf", *where)
    do("status", first / "wells-row-dara-sabz.pdf", *where, expected=(1,))
    for old, new in ((before, folder), ("SHEET/1", "SHEET/2"), ("SHEET/1", folder)):
        do("diff", old, new, *where, expected=(1,))
    pdfs = [first / "wells-sheet.pdf", out / "wells-sheet.pdf"]
    compared = do("diff", *pdfs, *where, expected=(2,) if private else (1,))
    assert private or "wells[nawabad]" in compared.output
    for pdf in (out / "wells-sheet.pdf", out / "wells-row-nawabad.pdf", out / "wells-sheet.fa-AF.pdf"):
        do("verify", pdf)
        carries_all = "-sheet" in pdf.stem and not private
        do("verify", "--rebuild", pdf, expected=(0,) if carries_all else (1,))
        do("inspect", pdf)
        do("inspect", pdf, "--extract", tmp_path / f"{pdf.stem}-parts")
    do("impose", out / "wells-sheet.pdf", "--as", "2-up")
    do("mail", "sheet", "--to", "reader@example.org", "--out", tmp_path / "draft.eml", *where)
    do("merge", *where)
    do("site", *where, "--delivered", out, "--out", tmp_path / "site")
    do("export", *where, "--all", "--out", tmp_path / "export")
    do("check", *where)
    do("list", *where)


@pytest.mark.slow
def test_the_lessons_table_goes_through_the_commands(tmp_path: Path) -> None:
    folder, out = tmp_path / "schools", tmp_path / "out"
    where = ("--publication", folder)
    both = (*where, "--out", out)
    do("new", folder, "--yes", "--from", ROOT / "docs" / "tutorial" / "schools-example.xlsx")
    write_own_words(folder, "fa-AF")
    do("check", *where)
    do("build", "--all", "--deliver", *both)
    before = Path(shutil.copytree(folder, tmp_path / "before"))
    first = Path(shutil.copytree(out, tmp_path / "first"))
    do("correct", "schools-example[AF-HER].1404", "29400", "--reason", "دو مکتب در شمارش نبود", "--deliver", *both)
    done = do("diff", first / "schools-sheet.pdf", out / "schools-sheet.pdf", *where, expected=(1, 2))
    assert "schools-example[AF-HER].1404" in done.output or "does not carry" in done.output
    assert "schools-example[AF-HER].1404" in do("diff", before, folder, expected=(1,)).output
    do("status", out / "schools-sheet.pdf", *where)
    do("verify", "--rebuild", out / "schools-sheet.pdf")
    do("site", *where, "--delivered", out, "--out", tmp_path / "site")
    do("export", *where, "--out", tmp_path / "export")
    do("list", *where)
