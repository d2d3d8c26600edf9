"""Private cells: no message, report or preview shows one, and a file in which only they differ is accepted."""

from pathlib import Path

import pytest

from tests.support import change, contents, figures_brief, run, run_well, wells
from tipbrief.ledger.ledger_folder import read_ledger

SECRET, NUMBER = "رازکوه", "734812956"
HEADER = "iso3,name,depth,state,memo,telephone,debt,note"
COLUMNS = """\
    telephone: {type: text, label: تلفون, blank: true, private: true}
    debt: {type: number, label: قرض, blank: true, private: true}
    note: {type: text, label: یادداشت, blank: true, private: true}
"""
EACH = """\
for_each: places
title: '{row.name}'
subtitle: برگه
short: چاه
subject: برگۀ آزمایشی
pages: 1
carry: own
blocks:
  - prose: call
  - sources: {title: منابع}
"""
# Each makes a fault in the row with the secrets: in a public cell, in a private one, or in the row itself.
FAULTS = {
    "public number": ("120.5", "many"),
    "public choice": ("open", "opened"),
    "another width": (",dry", ",dry,more"),
    "private number": (f",{NUMBER},", f",{SECRET}{NUMBER},"),
    "doubtful number": (f",{NUMBER},", ",734.812,"),
    "decimals": (f",{NUMBER},", f",0.{NUMBER},"),
    "direction": (f",{SECRET}", f",{SECRET}\u202e"),
    "not in the fonts": (f",{SECRET}", f",{SECRET}\u4e00"),
    "invisible": (f",{SECRET}", f",{SECRET}\x07"),
    "open quote": (f",{SECRET}", f',"{SECRET}'),
    "markup": (f",{SECRET}", f",**{SECRET}**"),
    "row twice": ("AND,", "AFG,"),
    "no key": ("AFG,", ","),
    "character of the public name": (",چاه,", ",چ\u4e00,"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sheets for rows, of which the first has secrets that its own sheet prints."""
    folder = wells(tmp_path / "wells", each=EACH, one=figures_brief("wells") + "carry: none\n")
    change(folder / "tables.yaml", "    depth: {type", COLUMNS + "    depth: {type")
    change(folder / "texts.yaml", "prose:\n", "prose:\n  call:\n    text: 'تلفون {row.telephone} و {row.note} است.'\n")
    rows = f"AFG,افغانستان,120.5,open,,0{NUMBER},{NUMBER},{SECRET}\nAND,اندورا,,dry,,,,\n"
    rows += "PAK,پاکستان,1200,shut,,,,\nTJK,تاجیکستان,80,open,,,,\n"
    (folder / "tables" / "places.csv").write_text(f"{HEADER}\n{rows}", encoding="utf-8")
    return folder


def require_no_secret(text: str, where: object) -> None:
    for secret in (SECRET, NUMBER, "734.812", "734812"):
        assert secret not in text, f"{where} shows {secret}:\n{text}"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_row_shows_no_private_cell(folder: Path, tmp_path: Path, fault: str) -> None:
    table, where = folder / "tables" / "places.csv", ("--publication", folder)
    sound = table.read_text(encoding="utf-8")
    old, new = FAULTS[fault]
    faulty = sound.replace(old, new, 1)
    newer = tmp_path / "newer.csv"
    newer.write_text(faulty.replace("1200", "1300"), encoding="utf-8")
    run_well("check", *where)

    words = ("correct", "--from", newer, "--html", tmp_path / "page.html", "--reasons", tmp_path / "reasons.yaml")
    require_no_secret(run(*words, *where).output, "correct --from")
    for name in ("page.html", "reasons.yaml"):
        if (tmp_path / name).exists():
            require_no_secret((tmp_path / name).read_text(encoding="utf-8"), name)
    table.write_text(faulty, encoding="utf-8")
    for command in (
        ["check"],
        ["check", "--format", "json"],
        ["build", "--out", tmp_path / "out"],
        ["correct", "places[PAK].depth", "1300", "--reason", "خطا"],
        ["list"],
        ["export", "--out", tmp_path / "export"],
    ):
        require_no_secret(run(*command, *where).output, command)
    shown = run("check", *where)
    if faulty != sound and shown.exit_code:
        assert "places.csv" in shown.output


def test_previews_comparisons_and_answers_show_no_private_cell(folder: Path, tmp_path: Path) -> None:
    where, out = ("--publication", folder), tmp_path / "out"
    run_well("build", "--all", "--deliver", *where, "--out", out)
    table = folder / "tables" / "places.csv"
    text = table.read_text(encoding="utf-8")
    newer = tmp_path / "newer.csv"
    newer.write_text(text.replace("120.5", "130.5").replace(f"0{NUMBER}", f"9{NUMBER}"), encoding="utf-8")
    before = contents(tmp_path)

    shown = run_well("correct", "--from", newer, "--html", tmp_path / "page.html", *where)
    require_no_secret(shown.output, "correct --from")
    written = contents(tmp_path)
    for name in written.keys() - before.keys():
        require_no_secret(written[name].decode(), name)
    assert "each-AFG" in written["page.html"].decode()

    done = run_well("correct", "--from", newer, "--reason", "شمارش تازه", "--deliver", *where, "--out", out)
    require_no_secret(done.output, "correct --deliver")
    for file in (folder / "ledger").iterdir():
        require_no_secret(file.read_text(encoding="utf-8"), file)
    other = tmp_path / "other"
    run_well("inspect", out / "wells-each-AFG.pdf")
    other.mkdir()
    for name, content in contents(folder).items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(content)
    (other / "tables" / "places.csv").write_text(text, encoding="utf-8")
    compared = run("diff", other, folder)
    require_no_secret(compared.output, "diff")
    assert "places[AFG].telephone" in compared.output
    for command in (["list"], ["status", "EACH-AFG/1"], ["status", out / "wells-each-AFG.pdf"]):
        require_no_secret(run(*command, *where).output, command)


def test_a_file_in_which_only_private_values_differ_is_accepted(folder: Path, tmp_path: Path) -> None:
    where, out = ("--publication", folder), tmp_path / "out"
    run_well("build", "--all", "--deliver", *where, "--out", out)
    table = folder / "tables" / "places.csv"
    newer = tmp_path / "newer.csv"
    newer.write_text(table.read_text(encoding="utf-8").replace(f"0{NUMBER}", "0700111222"), encoding="utf-8")
    entries = contents(folder / "ledger")

    shown = run_well("correct", "--from", newer, "--html", tmp_path / "page.html", *where)
    assert "only private values differ, of which the ledger records nothing" in shown.output
    assert "printed by 1 in Dari: each-AFG" in shown.output
    assert table.read_bytes() != newer.read_bytes()

    run_well("correct", "--from", newer, "--reason", "شمارۀ تازه", *where)
    assert table.read_bytes() == newer.read_bytes()
    assert contents(folder / "ledger") == entries
    run_well("check", *where)

    newer.write_text(table.read_text(encoding="utf-8").replace("0700111222", "0700111333"), encoding="utf-8")
    run_well("correct", "--from", newer, "--reason", "شمارۀ تازه", "--deliver", *where, "--out", out)
    assert table.read_bytes() == newer.read_bytes()
    edition = read_ledger(folder, "").last_edition("each-AFG")
    assert edition is not None
    assert edition.number == 2
    for name, content in contents(folder / "ledger").items():
        assert b"0700111" not in content, name


def test_a_translator_gets_no_private_cell(folder: Path) -> None:
    change(folder / "publication.yaml", "language: fa-AF", "languages: [fa-AF, ps]")

    run_well("translate", "ps", "--publication", folder)

    require_no_secret((folder / "translations" / "ps.po").read_text(encoding="utf-8"), "ps.po")
