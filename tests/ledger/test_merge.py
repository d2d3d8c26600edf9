"""What two people entered beside each other is joined; a person decides where only one can stay."""

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.samples import DAY, along, corrected, delivered, grown, summary
from tests.support import problem_of, problems_of, run, run_badly, run_well, told_by
from tipbrief.files import hash_of
from tipbrief.language.dates import Date
from tipbrief.ledger.consistency import find_conflicts
from tipbrief.ledger.entries import Fact, Reprint
from tipbrief.ledger.entry_file import EntryFile, format_entry, parse_entry
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.ledger_folder import (
    LEDGER_FOLDER,
    append_entry,
    merge_entries,
    read_ledger,
    read_with_conflicts,
    write_entries,
)
from tipbrief.ledger.status import find_status_by_code, find_status_by_pdf
from tipbrief.problems import Problem

FIGURES = {f"figure_{letter}": str(number) for number, letter in enumerate("abcd")}
BASE = Ledger("tip").with_entries(
    [delivered(Ledger("tip"), brief, FIGURES) for brief in ("world", "country-AFG", "country-PAK")]
)
A, B = corrected("figure_a", "0", "100"), corrected("figure_b", "1", "101")


def joined(folder: Path, ours: list[Fact | str], theirs: list[Fact | str]) -> tuple[str, str]:
    """The folder as version control joins it; the seals of the last entries of both sides."""
    ends = []
    for side in (ours, theirs):
        book = grown(BASE, *side)
        write_entries(folder, book.entry_files)
        ends.append(book.entry_files[-1].seal)
    return ends[0], ends[1]


def faults(folder: Path, *keep: str) -> list[Problem]:
    before = sorted(path.name for path in (folder / LEDGER_FOLDER).iterdir())
    problems = problems_of(merge_entries, folder, keep, DAY)
    assert sorted(path.name for path in (folder / LEDGER_FOLDER).iterdir()) == before
    return problems


def test_version_control_joins_them_by_itself(tmp_path: Path) -> None:
    """Each side delivered what the other corrected before: no order of lines would be true."""

    def git(*words: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    def commit(*side: Fact | str) -> None:
        write_entries(tmp_path, grown(BASE, *side).entry_files)
        git("add", "-A")
        git("commit", "-q", "-m", "entries")

    git("init", "-q")
    commit()
    commit(A, "country-AFG")
    git("checkout", "-q", "-b", "theirs", "HEAD~1")
    commit(B, "country-PAK")
    git("merge", "-q", "-m", "both", "@{-1}")
    book = read_ledger(tmp_path, "tip")
    assert sorted(told_by(book)[3:]) == ["COUNTRY-AFG/2", "COUNTRY-PAK/2", "figure_a", "figure_b"]
    assert merge_entries(tmp_path, [], DAY) == []
    append_entry(tmp_path, book, [corrected("figure_a", "100", "102"), corrected("figure_b", "101", "103")])
    assert read_ledger(tmp_path, "tip").latest_values == {**FIGURES, "figure_a": "102", "figure_b": "103"}


def test_the_same_edition_twice_is_one(tmp_path: Path) -> None:
    """Delivered by both on one day from one dataset, so with one code; perhaps in two PDFs."""
    less = {"figure_a": "0", "figure_b": "1"}
    one, other = (delivered(BASE, "world", less, pdf=pdf * 32) for pdf in ("cd", "ef"))
    joined(tmp_path, [one], ["country-AFG", other])
    book = read_ledger(tmp_path, "tip")
    assert [edition.number for edition in book.valid_editions("world")] == [1, 2]
    for pdf in ("cd", "ef"):
        found = book.find_by_pdf(pdf * 32)
        assert found
        assert found.signature == one.signature
    assert find_status_by_code(book, one.signature).state == "current"
    # What comes after it on the other side is told from it.
    fewer = grown(BASE, "country-AFG", other)
    fewer = grown(fewer, delivered(fewer, "world", {"figure_a": "0"}))
    write_entries(tmp_path, fewer.entry_files)
    (*_, third) = read_ledger(tmp_path, "tip").valid_editions("world")
    assert dict(third.prints) == {"figure_a": "0"}
    assert told_by(along(read_ledger(tmp_path, "tip"), third)) == ["WORLD/1", "WORLD/2", "WORLD/3"]


def test_the_same_correction_twice_is_one(tmp_path: Path) -> None:
    """In other words the second time, and with another beside it."""
    joined(tmp_path, [A], [replace(A, reason="رقم جمع نادرست بود"), B])
    book = read_ledger(tmp_path, "tip")
    assert merge_entries(tmp_path, [], DAY) == []
    assert book.latest_values == {**FIGURES, "figure_a": "100", "figure_b": "101"}


@pytest.mark.parametrize("kept", [0, 1])
def test_both_delivered_one_edition(tmp_path: Path, kept: int) -> None:
    ends = joined(tmp_path, [A, "world", "country-AFG"], [B, "world", "world", "country-PAK"])
    problem = problem_of(read_ledger, tmp_path, "tip")
    assert problem.message == "both sides cannot stay, for they delivered one edition each: 'world'"
    files = [
        file
        for file in read_with_conflicts(tmp_path, "").entry_files
        if '"world", "number": 2' in file.raw_bytes.decode()
    ]
    seals = [file.seal for file in files]
    named = [next(line.signature for line in file.lines if line.brief == "world") for file in files]
    assert sorted(problem.hint.partition("merge ")[2].split(" or ")) == sorted(
        f"--keep {seal} (delivery of 2026-11-25, {name})" for seal, name in zip(seals, named, strict=True)
    )
    assert [one.message for one in faults(tmp_path)] == [problem.message]
    assert [one.message for one in faults(tmp_path, "0" * 12)] == [f"the ledger has no entry '{'0' * 12}'"]
    for keep in ([""], ["", ""], ["\ud800"], ["x" * 10_000], ["../0001"]):
        (none,) = faults(tmp_path, *keep)
        assert none.message.startswith("the ledger has no entry '")

    # Any entry of the side names it.
    gone = merge_entries(tmp_path, [ends[kept]], DAY)
    ours, theirs = grown(BASE, A, "world"), grown(BASE, B, "world", "world")
    lost = (theirs, ours)[kept].valid_editions("world")[1:]
    assert gone == [f"{one.signature} of 2026-11-25" for one in lost]
    book = read_ledger(tmp_path, "tip")
    stays = [BASE.valid_editions("world")[0], *(ours, theirs)[kept].valid_editions("world")[1:]]
    assert book.valid_editions("world") == stays
    assert [len(book.valid_editions(brief)) for brief in ("country-AFG", "country-PAK")] == [2, 2]
    assert book.latest_values == {**FIGURES, "figure_a": "100", "figure_b": "101"}
    # A number that was handed out is not given again.
    assert book.next_number("world") == 4
    grew = append_entry(tmp_path, book, [delivered(book, "world", {**FIGURES, "figure_a": "100", "figure_b": "101"})])
    assert [one.number for one in grew.valid_editions("world")] == [one.number for one in stays] + [4]
    assert read_ledger(tmp_path, "tip") == grew


def test_status_tells_of_what_was_withdrawn(tmp_path: Path) -> None:
    ends = joined(tmp_path, ["world"], [A, "world"])
    second = grown(BASE, A, "world").valid_editions("world")[1]
    merge_entries(tmp_path, [ends[0]], DAY)
    book = read_ledger(tmp_path, "tip")
    (_, newest) = book.valid_editions("world")
    found = find_status_by_code(book, second.signature)
    assert (found.state, found.edition, found.newest) == ("withdrawn", second, newest)
    assert summary(found).splitlines() == [
        f"{second.signature} was withdrawn on 2026-11-25: another's work beside it was kept",
        f"  {newest.signature}, delivered on 2026-11-25, stays: "
        f"tipbrief diff '{second.signature}' '{newest.signature}' lists what differs",
    ]
    assert found.as_dict()["state"] == "withdrawn"
    claims = {"publication": "tip", "brief": "world", "number": 2, "code": second.code}
    assert find_status_by_pdf(book, "00" * 32, claims).state == "withdrawn"
    # A name alone may be either.
    assert find_status_by_code(book, "world/2").state == "unknown"


@pytest.mark.parametrize("kept", [0, 1])
def test_both_changed_one_value(tmp_path: Path, kept: int) -> None:
    """What was delivered after the change that goes, goes too; what does not print it, stays."""
    other = replace(corrected("figure_a", "0", "200"), also={"figure_b": ("1", "201")})
    only_c = delivered(BASE, "country-PAK", {"figure_c": "2"})
    reprint = Reprint(brief="country-AFG", number=2, date=DAY, pdf="12" * 32)
    ends = joined(tmp_path, [A], [other, "country-AFG", reprint, only_c])
    (problem,) = faults(tmp_path)
    assert problem.message == "both sides cannot stay, for they changed one value otherwise: 'figure_a'"
    assert "(correction of 2026-11-25, 'figure_a' 0 → 100)" in problem.hint
    assert "(correction of 2026-11-25, 'figure_a' 0 → 200)" in problem.hint
    gone = merge_entries(tmp_path, [ends[kept]], DAY)
    book = read_ledger(tmp_path, "tip")
    assert len(book.valid_editions("country-PAK")) == 2
    if kept == 0:
        titles = [text.split(" · ")[0] for text in gone]
        assert titles == ["the correction 'figure_a' 0 → 200", "COUNTRY-AFG/2"]
        assert book.changes == [A]
        assert book.latest_values == {**FIGURES, "figure_a": "100"}
        assert len(book.valid_editions("country-AFG")) == 1
    else:
        assert gone == ["the correction 'figure_a' 0 → 100"]
        assert book.changes == [other]
        assert book.latest_values == {**FIGURES, "figure_a": "200", "figure_b": "201"}
    assert "withdrawal" in book.entry_files[-1].name
    # It goes on from the value that stays.
    append_entry(tmp_path, book, [corrected("figure_a", book.latest_values["figure_a"], "300")])
    assert read_ledger(tmp_path, "tip").latest_values["figure_a"] == "300"


BRANCHES = st.lists(
    st.sampled_from("abcd").map(lambda letter: f"figure_{letter}")
    | st.sampled_from(["world", "country-AFG", "country-PAK"]),
    min_size=1,
    max_size=4,
)


def branch(steps: list[str], mark: str) -> list[Fact | str]:
    values, made = dict(FIGURES), list[Fact | str]()
    for number, step in enumerate(steps):
        if step in FIGURES:
            made.append(corrected(step, values[step], f"{mark}{number}"))
            values[step] = f"{mark}{number}"
        else:
            made.append(step)
    return made


@given(BRANCHES, BRANCHES, st.booleans())
@settings(max_examples=40)
def test_one_side_is_kept_whole_and_the_ledger_is_in_order(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str], ours: bool
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    sides = branch(first, "1"), branch(second, "2")
    ends = joined(folder, *sides)
    kept, left = (grown(BASE, *side) for side in (sides if ours else reversed(sides)))
    gone = merge_entries(folder, [ends[0 if ours else 1]], DAY)
    book = read_ledger(folder, "tip")
    for brief in BASE.briefs:
        editions = book.valid_editions(brief)
        assert [one for one in editions if one in kept.valid_editions(brief)] == kept.valid_editions(brief)
        assert len({one.number for one in editions}) == len(editions)
        others = [one for one in left.valid_editions(brief) if one not in kept.valid_editions(brief)]
        assert len([one for one in others if one in editions]) + len(
            [text for text in gone if any(text.startswith(one.signature) for one in others)]
        ) == len(others)
    assert [one for one in book.changes if one in kept.changes] == kept.changes
    for name, value in kept.latest_values.items():
        if value != FIGURES[name]:
            assert book.latest_values[name] == value
    # What comes next follows from it.
    append_entry(folder, book, [delivered(book, brief, dict(book.latest_values)) for brief in BASE.briefs])
    read_ledger(folder, "tip")


def test_the_command(tmp_path: Path) -> None:
    nothing = run_badly("merge", "--publication", tmp_path)
    assert "there is no ledger in this folder" in nothing.stderr
    ends = joined(tmp_path, [A, "world"], [B, "world"])
    refused = run_badly("merge", "--publication", tmp_path)
    assert "hint: say whose was handed out: tipbrief merge --keep " in refused.stderr
    done = run_well("merge", "--keep", ends[1], "--publication", tmp_path, SOURCE_DATE_EPOCH="1795737600", quiet=True)
    (gone,) = grown(BASE, A, "world").valid_editions("world")[1:]
    assert done.stdout == (
        f"withdrawn: {gone.signature} of 2026-11-25\n{tmp_path / LEDGER_FOLDER}: settled. Next: tipbrief check\n"
    )
    assert read_ledger(tmp_path, "").entry_files[-1].date == Date(2026, 11, 27)
    done = run("merge", "--publication", tmp_path)
    assert done.stdout == f"{tmp_path / LEDGER_FOLDER}: no conflicts. Next: tipbrief check\n"


def chain(count: int, kind: str, mark: str) -> list[EntryFile]:
    """One side: so many entries in a row, which change one value each time, or deliver one brief."""
    files: list[EntryFile] = []
    for number in range(1, count + 1):
        head = {"publication": "tip", "kind": "correction", "date": DAY.iso(), "reason": "x"}
        line: dict[str, object] = {"name": "one", "was": f"{mark}{number - 1}", "now": f"{mark}{number}"}
        if kind == "delivery":
            sha256 = hash_of(f"{mark}{number}".encode())
            head = {"publication": "tip", "kind": kind, "date": DAY.iso(), "data": sha256}
            line = {"edition": "world", "number": number, "code": sha256[:4], "content": sha256}
        after = {"after": [file.seal for file in files[-1:]]}
        files.append(parse_entry(format_entry({**head, **after}, [line]), number, Path()))
    return files


@pytest.mark.parametrize(("kind", "pairs"), [("correction", 1), ("delivery", 1500)])
def test_two_long_sides_are_merged_in_linear_time(kind: str, pairs: int, tmp_path: Path) -> None:
    """All pairs of their entries are two millions, which took 18 s."""
    ours, theirs = chain(1500, kind, "a"), chain(1500, kind, "b")
    begun = time.process_time()
    book = Ledger("tip", [file for pair in zip(ours, theirs, strict=True) for file in pair])
    assert len(list(find_conflicts(book))) == pairs
    assert time.process_time() - begun < 5
    write_entries(tmp_path, ours[:50] + theirs[:50])
    gone = merge_entries(tmp_path, [theirs[49].seal], DAY)
    assert len(gone) == 50
    book = read_ledger(tmp_path, "tip")
    assert [change.now for change in book.changes] == [f"b{at}" for at in range(1, 51) if kind == "correction"]
    assert {one.content for one in book.valid_editions("world")} == {
        hash_of(f"b{at}".encode()) for at in range(1, 51) if kind == "delivery"
    }
