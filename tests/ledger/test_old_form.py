"""Ledgers that older versions wrote: read as they are, proved, and turned into a folder."""

import re
from pathlib import Path

import pytest

from tests.ledger.samples import SUM, corrected
from tests.support import told_by
from tipbrief.ledger.entries import Change
from tipbrief.ledger.ledger_folder import LEDGER_FOLDER, append_entry, convert_to_folder, read_ledger
from tipbrief.problems import Problem, Problems

OLD = Path(__file__).with_name("old_ledger.yaml").read_text("utf-8")
TOLD = ["WORLD/1", "COUNTRY-AFG/1", "one", "WORLD/2", "again WORLD/2", "two"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.yaml"
    path.write_text(OLD, "utf-8")
    return path


def faults(file: Path, text: str) -> list[Problem]:
    file.write_bytes(text.encode())
    with pytest.raises(Problems) as raised:
        read_ledger(file.parent, "tip")
    assert {problem.file for problem in raised.value.problems} == {file}
    assert all(problem.hint for problem in raised.value.problems)
    return raised.value.problems


def fault(file: Path, text: str) -> Problem:
    (problem,) = faults(file, text)
    return problem


def entry_of(text: str, begins: str) -> str:
    found = [one for one in re.split(r"(?m)^(?=  - )", text) if begins in one]
    assert len(found) == 1
    return found[0]


# ---- what it says ----


def test_every_fact_and_code_is_read(file: Path) -> None:
    book = read_ledger(file, "tip")
    assert (book.publication, told_by(book)) == ("tip", TOLD)
    first, second = book.valid_editions("world")
    assert [one.code for one in (first, second, *book.valid_editions("country-AFG"))] == [
        "b9e9",
        "a93d",
        "5c9e",
    ]
    assert dict(first.prints) == {"one": "33", "two": "7", "placements[a b].note": "x=1 %"}
    assert dict(book.valid_editions("country-AFG")[0].prints) == {
        "one": "33", "placements[AFG].tier": "2WL", "placements[AFG].note": "",
    }  # fmt: skip
    assert (book.pdf_hashes(first), book.pdf_hashes(second)) == ({"cd" * 32}, {"12" * 32})
    one, two = book.changes
    assert one == Change(
        kind="correction", name="one", was="33", now="34", date=first.date, reason="it's: #1",
        source="voa-fa", also={"sum": ("1 -> 2", "")},
    )  # fmt: skip
    assert (two.kind, two.reason, [change.name for change in book.changes_after(first)]) == (
        "revision", "اشتباه چاپی", ["one"],
    )  # fmt: skip


EDITED = {
    "a remark": OLD.replace("  - corr", "  # ask VOA\n\n  - corr", 1) + "# end\n\n",
    "CRLF": OLD.replace("\n", "\r\n"),
    "BOM and no final newline": "\ufeff" + OLD.rstrip("\n"),
    "spaces at the ends of lines": OLD.replace("'\n", "'  \n") + "   \n",
    "a reason worded better": OLD.replace("چاپی", "در جمع"),
}


@pytest.mark.parametrize("text", EDITED.values(), ids=EDITED)
def test_what_may_be_edited(text: str, file: Path) -> None:
    file.write_bytes(text.encode())
    assert told_by(read_ledger(file.parent, "tip")) == TOLD


# ---- it becomes a folder ----


def test_reading_leaves_it_and_the_first_that_writes_turns_it_into_a_folder(file: Path) -> None:
    book = read_ledger(file.parent, "tip")
    assert file.read_text("utf-8") == OLD
    grew = append_entry(file.parent, book, [corrected("two", "8", "9")])
    assert [path.name for path in file.parent.iterdir()] == [LEDGER_FOLDER]
    again = read_ledger(file.parent, "tip")
    assert (again, told_by(again)) == (grew, [*TOLD, "two"])
    assert again.valid_editions("world") == book.valid_editions("world")
    # A delivery of two documents is one entry.
    kinds = ["delivery", "correction", "delivery", "revision", "correction"]
    assert [one.kind for one in again.entry_files] == kinds


def test_until_the_old_file_is_deleted_it_is_the_ledger(file: Path) -> None:
    """A killed run may leave some entries, which the next one completes."""
    book = read_ledger(file, "tip")
    (file.parent / LEDGER_FOLDER).mkdir()
    first = file.parent / LEDGER_FOLDER / book.entry_files[0].name
    first.write_text(book.entry_files[0].text, "utf-8")
    assert read_ledger(file.parent, "tip") == book
    convert_to_folder(file.parent)
    assert not file.exists()
    assert read_ledger(file.parent, "tip") == book


def test_an_old_file_beside_a_folder_that_knows_more(file: Path) -> None:
    """As after a merge of a branch on which an older version still wrote."""
    append_entry(file.parent, read_ledger(file, "tip"), [corrected("two", "8", "9")])
    file.write_text(OLD, "utf-8")
    with pytest.raises(Problems) as raised:
        read_ledger(file.parent, "tip")
    (problem,) = raised.value.problems
    assert problem.message == "ledger.yaml stands beside the folder ledger/, and each has entries of its own"
    assert problem.hint == "join them: tipbrief merge"
    convert_to_folder(file.parent)
    assert told_by(read_ledger(file.parent, "tip")) == [*TOLD, "two"]


# ---- what is wrong with it ----


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("a93d", "0000"),
        (r"(?<=a93d'\n    date: )2026-11-25", "2026-11-24"),
        ("efef", "efee"),
        ("one=34 two=7", "one=34 two=8"),
        ("one=34 two=7", "one=34"),
    ],
)
def test_an_edition_changed_by_hand_is_named(was: str, now: str, file: Path) -> None:
    changed = re.sub(was, now, OLD, count=1)
    assert changed != OLD
    found = fault(file, changed)
    assert found.message.startswith("the edition WORLD/2 was changed by hand: its code ")
    assert found.source_line.strip() == "- edition: world"
    assert "version control" in found.hint


WORLD, SECOND = entry_of(OLD, "    code: 'b9e9'"), entry_of(OLD, "    code: 'a93d'")
DISORDER = {
    OLD.replace(WORLD, ""): ["WORLD/2 stands where WORLD/1 is due"],
    OLD.replace(WORLD, "") + WORLD: [
        "WORLD/2 stands where WORLD/1 is due",
        "WORLD/1 stands where WORLD/3 is due",
    ],
    OLD + SECOND: ["WORLD/2 stands where WORLD/3 is due"],
    OLD.replace(entry_of(OLD, "correction: 'one'"), ""): ["WORLD/2 prints 'one' as 34, by the entries above it is 33"],
    OLD.replace("was: '7'", "was: '6'"): ["by this revision 'two' was 6, by the entries above it was 7"],
    OLD.replace("reprint: world\n    number: 2", "reprint: world\n    number: 3"): [
        "there is no edition WORLD/3 above this reprint"
    ],
}


@pytest.mark.parametrize(("text", "said"), DISORDER.items(), ids=[said[0] for said in DISORDER.values()])
def test_what_is_not_in_order(text: str, said: list[str], file: Path) -> None:
    messages = [one.message for one in faults(file, text)]
    assert messages[: len(said)] == said


def test_a_merge_that_was_not_finished(file: Path) -> None:
    for mark in ("<<<<<<<", "=======", ">>>>>>>"):
        marked = OLD.replace("  - revision", f"{mark} main\n  - revision")
        found = fault(file, marked)
        assert found.line == marked[: marked.index(mark)].count("\n") + 1
        assert found.message.startswith("a merge was not finished")
        assert found.hint == ("take the merge back; make each side's ledger a folder: tipbrief merge; then merge them")


HEAD = "publication: tip\nentries:\n"
EDITION = "  - edition: world\n    number: 1\n    code: '3a7e'\n    date: 2026-11-25\n"
EDITION += f"    content: '{SUM}'\n    data: '{SUM}'\n"
REVISION = HEAD + "  - revision: 'a'\n    was: '1'\n    now: '2'\n    date: 2026-11-25\n"
UNREADABLE = {
    HEAD + "  - erratum: one\n": (3, "it begins with none of edition, reprint, correction, revision"),
    HEAD + "  - one\n": (3, "it begins with none of"),
    HEAD + "  one: 1\n": (1, "or no list 'entries'"),
    "publication: tip\n": (1, "or no list 'entries'"),
    "entries:\n": (1, "the ledger has no 'publication'"),
    HEAD + EDITION.replace("3a7e", "3a7"): (3, "its code cannot be '3a7'"),
    HEAD + EDITION.replace(SUM, "ab", 1): (3, "its content cannot be 'ab'"),
    HEAD + f"{EDITION}    prints:\n      figures: one\n": (3, "'one' is not 'NAME=VALUE'"),
    HEAD + EDITION.replace("2026-11-25", "2026-11-31"): (3, "there is no such day"),
    HEAD + EDITION.replace("number: 1", "number: one"): (3, "invalid literal for int()"),
    HEAD + EDITION: (3, "its code 3a7e does not fit it"),
    REVISION: (3, "cannot be read: 'reason'"),
    REVISION + "    reason: x\n    also: {b: '3'}\n": (3, "'3' is not 'OLD -> NEW'"),
    HEAD + "  - revision: 'a\n": (3, "a quotation mark is left open"),
    "a ledger\n": (1, "no 'key: value' lines"),
    " \n\n": (0, "the ledger is empty"),
    "# all gone\n": (0, "the file has no entries"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), UNREADABLE.items(), ids=[said for _, said in UNREADABLE.values()])
def test_what_is_no_ledger(text: str, said: tuple[int, str], file: Path) -> None:
    found = faults(file, text)
    assert [(one.line, said[1] in one.message) for one in found] == [(said[0], True)]


def test_all_faults_at_once(file: Path) -> None:
    assert len(faults(file, HEAD + "  - erratum: one\n" + EDITION.replace("3a7e", "3a7"))) == 2


def test_another_publication_and_what_is_no_text(file: Path) -> None:
    with pytest.raises(Problems, match="this is the ledger of the publication 'tip', not of 'pit'"):
        read_ledger(file, "pit")
    file.write_bytes(b"%PDF-1.7\n\xff\xfe")
    with pytest.raises(Problems, match="the file is not UTF-8"):
        read_ledger(file, "tip")
    file.unlink()
    file.mkdir()
    with pytest.raises(Problems, match="a folder, not a file"):
        read_ledger(file.parent, "tip")


def test_fault_08_an_old_ledger_that_is_too_long_is_refused_before_it_is_read(file: Path) -> None:
    entry = "  - correction: 'a'\n    was: '1'\n    now: '1'\n    date: 2026-11-25\n    reason: x\n"
    found = fault(file, HEAD + entry * 100_000)
    assert found.message.startswith("a ledger of 100000 entries is too long: tipbrief reads 10000")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("placements.note: >-\n        a%20b", "placements.note: >-\n        a%1Bb", "U+001B"),
        ("placements.note: >-\n        AFG=", "placements.note: >-\n        AFG=%C2%9B2J", "U+009B"),
        ("publication: tip", "publication: ../tip", "'../tip' is no id of a publication"),
        ("reason: 'it''s: #1'", "reason: ' '", "it has no reason"),
        ("edition: world\n    number: 1", f"edition: world\n    number: {'1' * 10_000}", "cannot be read"),
        ("edition: country-AFG", "edition: '../AFG'", "its brief cannot be '../AFG'"),
    ],
)
def test_fault_22_what_an_old_ledger_cannot_hold(was: str, now: str, said: str, file: Path) -> None:
    assert was in OLD
    assert said in faults(file, OLD.replace(was, now, 1))[0].message
