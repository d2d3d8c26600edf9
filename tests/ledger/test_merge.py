"""Ledgers that git could not merge by line are joined by entry: nothing lost, nothing doubled."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tipbrief.cli.main import main
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, Edition, Entry, Ledger, Reprint, code_of
from tipbrief.ledger.merge import Merged, Side, merge
from tipbrief.ledger.store import FILE, append, read
from tipbrief.ledger.yaml_form import dump
from tipbrief.problems import Problem, Problems

DAY = Date(2026, 11, 25)
SUM = "ab" * 32
FIGURES = {f"figure_{letter}": str(number) for number, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}


def delivered(book: Ledger, brief: str, *names: str) -> Edition:
    """The next edition of a brief, which prints the values as the ledger leaves them."""
    known: dict[str, str] = dict(FIGURES)
    for entry in book.entries:
        if isinstance(entry, Change):
            known |= {name: now for name, (_, now) in entry.steps.items()}
    prints = {name: known[name] for name in names or FIGURES}
    earlier = book.editions(brief)
    one = Edition(
        brief=brief, number=len(earlier) + 1, code="", date=DAY, content=SUM, data=SUM, prints=prints,
        pdf=f"{len(book.entries):064x}",
    )  # fmt: skip
    return replace(one, code=code_of(book.publication, one, earlier))


def corrected(name: str, was: str, now: str, reason: str = "اشتباه چاپی") -> Change:
    return Change(kind="correction", name=name, was=was, now=now, date=DAY, reason=reason, source="voa")


def grown(book: Ledger, *steps: Entry | str) -> Ledger:
    """A ledger with entries; a word is a brief that is delivered as things are then."""
    for step in steps:
        book = book.with_entries([delivered(book, step) if isinstance(step, str) else step])
    return book


BASE = grown(Ledger("tip"), "world", "country-AFG", "country-PAK")
A, B = corrected("figure_a", "0", "100"), corrected("figure_b", "1", "101")


def conflicting(folder: Path, ours: Ledger, theirs: Ledger, *flags: str, base: Ledger = BASE) -> Path:
    """What git leaves of the ledger, as the ledger of a folder."""
    for name, book in (("ours", ours), ("base", base), ("theirs", theirs)):
        (folder / name).write_bytes(dump(book).encode())
    labels = ["-L", "HEAD", "-L", "base", "-L", "fixes"]
    run = subprocess.run(
        ["git", "merge-file", "-p", *labels, *flags, "ours", "base", "theirs"],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    assert run.returncode > 0, run.stderr
    (folder / FILE).write_bytes(run.stdout)
    return folder


def joined(folder: Path, keep: Side | None = None) -> tuple[Merged, Ledger]:
    made = merge(folder, keep)
    now = read(folder, "tip")
    assert now.entries == made.ledger.entries
    assert now.raw == made.ledger.raw == dump(now).encode()
    return made, now


def fault(folder: Path, keep: Side | None = None) -> Problem:
    before = (folder / FILE).read_bytes()
    with pytest.raises(Problems) as raised:
        merge(folder, keep)
    assert (folder / FILE).read_bytes() == before
    (problem,) = raised.value.problems
    assert problem.hint
    return problem


@pytest.mark.parametrize("flags", [(), ("--diff3",)])
def test_both_corrected_something(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Their last lines are the same: git leaves these outside, once for both."""
    conflicting(tmp_path, grown(BASE, A), grown(BASE, B), *flags)
    with pytest.raises(Problems, match="a merge was not finished") as raised:
        read(tmp_path, "tip")
    assert raised.value.problems[0].hint == "join their entries: tipbrief merge"
    made, now = joined(tmp_path)
    assert now.entries == (*BASE.entries, A, B)
    assert (made.ours, made.theirs, made.dropped) == (1, 1, ())
    # It goes on.
    append(tmp_path, now, [corrected("figure_c", "2", "3")])


def test_both_corrected_and_delivered_other_briefs(tmp_path: Path) -> None:
    ours = grown(BASE, A, "country-AFG")
    theirs = grown(BASE, B)
    theirs = theirs.with_entries([delivered(theirs, "country-PAK", "figure_b", "figure_c")])
    conflicting(tmp_path, ours, theirs)
    _, now = joined(tmp_path)
    assert now.entries == (*ours.entries, *theirs.entries[3:])


def test_the_order_is_one_in_which_each_entry_is_true(tmp_path: Path) -> None:
    """Each side delivered what the other corrected later."""
    ours, theirs = grown(BASE, "country-AFG", A), grown(BASE, "country-PAK", B)
    conflicting(tmp_path, ours, theirs)
    _, now = joined(tmp_path)
    assert now.entries == (*BASE.entries, ours.entries[3], theirs.entries[3], A, B)


@pytest.mark.parametrize("flags", [(), ("--diff3",)])
def test_both_delivered_one_brief(tmp_path: Path, flags: tuple[str, ...]) -> None:
    ours, theirs = grown(BASE, A, "world"), grown(BASE, B, "world", "world")
    conflicting(tmp_path, ours, theirs, *flags)
    second = ours.entries[-1]
    assert isinstance(second, Edition)
    found = fault(tmp_path)
    others = [one.signature for one in theirs.editions("world")[1:]]
    assert found.message == (
        f"both sides cannot stay: HEAD has {second.signature} of 2026-11-25; "
        f"fixes has {others[0]} of 2026-11-25, {others[1]} of 2026-11-25"
    )
    assert found.hint == "say whose were handed out: tipbrief merge --keep ours (HEAD) or theirs (fixes)"
    before = (tmp_path / FILE).read_bytes()
    made, now = joined(tmp_path, "ours")
    assert now.entries == (*BASE.entries, A, second, B)
    assert made.dropped == tuple(f"{one} of 2026-11-25" for one in others)
    (tmp_path / FILE).write_bytes(before)
    made, now = joined(tmp_path, "theirs")
    assert now.entries == (*theirs.entries, A)
    assert made.dropped == (f"{second.signature} of 2026-11-25",)


def test_both_corrected_one_value_otherwise(tmp_path: Path) -> None:
    """What was delivered after the one that goes, goes too; what did not print it, stays."""
    ours = grown(BASE, A)
    theirs = grown(BASE, corrected("figure_a", "0", "200"), "country-AFG")
    theirs = theirs.with_entries(
        [
            delivered(theirs, "country-PAK", "figure_c"),
            Reprint(brief="country-AFG", number=2, date=DAY, pdf=SUM),
        ]
    )
    conflicting(tmp_path, ours, theirs)
    assert fault(tmp_path).message.startswith(
        "both sides cannot stay: HEAD has the correction 'figure_a' 0 → 100; "
        "fixes has the correction 'figure_a' 0 → 200, COUNTRY-AFG/2 · "
    )
    made, now = joined(tmp_path, "ours")
    assert now.entries == (*BASE.entries, A, theirs.entries[5])
    assert [text.split(" · ")[0] for text in made.dropped] == [
        "the correction 'figure_a' 0 → 200", "COUNTRY-AFG/2", "a reprint of COUNTRY-AFG/2",
    ]  # fmt: skip


def test_very_many_entries(tmp_path: Path) -> None:
    """A delivery of all sheets is hundreds of entries, on one side or on both."""
    ours = grown(BASE, A)
    for number in range(300):
        ours = ours.with_entries([delivered(ours, f"country-x{number}", "figure_c")])
    theirs = grown(BASE, B)
    for number in range(300):
        theirs = theirs.with_entries([delivered(theirs, f"country-y{number}", "figure_d")])
    conflicting(tmp_path, ours, theirs)
    _, now = joined(tmp_path)
    assert now.entries == (*ours.entries, *theirs.entries[3:])


def test_what_both_have_is_there_once(tmp_path: Path) -> None:
    """The same correction made twice, worded otherwise the second time."""
    theirs = grown(BASE, replace(A, reason="رقم جمع نادرست بود"), B)
    conflicting(tmp_path, grown(BASE, A), theirs)
    made, now = joined(tmp_path)
    assert now.entries == (*BASE.entries, A, B)
    assert (made.ours, made.theirs) == (1, 1)


def test_the_first_editions_of_both(tmp_path: Path) -> None:
    none = Ledger("tip")
    conflicting(tmp_path, grown(none, "country-AFG"), grown(none, "country-PAK"), base=none)
    _, now = joined(tmp_path)
    assert [one.name for one in now.entries if isinstance(one, Edition)] == ["COUNTRY-AFG/1", "COUNTRY-PAK/1"]


def test_line_ends_stay(tmp_path: Path) -> None:
    conflicting(tmp_path, grown(BASE, A), grown(BASE, B))
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes().replace(b"\n", b"\r\n"))
    merge(tmp_path)
    assert read(tmp_path, "tip").entries == (*BASE.entries, A, B)
    assert (tmp_path / FILE).read_bytes().count(b"\r\n") == (tmp_path / FILE).read_bytes().count(b"\n")


BRANCHES = st.lists(
    st.sampled_from("abcd").map(lambda letter: f"figure_{letter}")
    | st.sampled_from(["world", "country-AFG"]),
    min_size=1,
    max_size=4,
)


def branch(steps: list[str], mark: str) -> Ledger:
    book, values = BASE, dict(FIGURES)
    for number, step in enumerate(steps):
        if step in FIGURES:
            now = f"{mark}{number}"
            book = grown(book, corrected(step, values[step], now))
            values[step] = now
        else:
            book = grown(book, step)
    return book


@given(BRANCHES, BRANCHES, st.sampled_from(["ours", "theirs"]))
@settings(max_examples=40)
def test_one_side_is_kept_whole_and_the_ledger_is_in_order(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str], keep: Side
) -> None:
    ours, theirs = branch(first, "1"), branch(second, "2")
    both = min(len(ours.entries), len(theirs.entries))
    assume(ours.entries[:both] != theirs.entries[:both])  # else git merges by itself
    folder = conflicting(tmp_path_factory.mktemp("merge"), ours, theirs)
    try:
        made, now = joined(folder, keep)
    except Problems as found:
        impossible = found.problems[0].message
    else:
        impossible = ""
    if impossible:  # both delivered what prints what the other changed before
        assert "cannot both stand" in impossible
        assert not {"world", "country-AFG"}.isdisjoint(first)
        assert not {"world", "country-AFG"}.isdisjoint(second)
        return
    kept, left = (ours, theirs) if keep == "ours" else (theirs, ours)
    assert [entry for entry in now.entries if entry in kept.entries] == list(kept.entries)
    others = [entry for entry in left.entries if entry not in kept.entries]
    stayed = [entry for entry in others if entry in now.entries]
    assert len(stayed) + len(made.dropped) == len(others)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("<<<<<<< HEAD\n", ""), "||||||| stands here without its like"),
        (("=======\n", ""), ">>>>>>> stands here without its like"),
        ((">>>>>>> fixes\n", ""), ">>>>>>> is missing at the end of the merge"),
        (("now: '100'", "now: '10'"), "the ledger of HEAD is not in order: this entry was changed by hand"),
        (
            ("publication: tip", "publication: tip\npages: 2"),
            "the ledger of HEAD is not in order: the ledger:",
        ),
    ],
)
def test_what_is_no_whole_merge(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    conflicting(tmp_path, grown(BASE, A), grown(BASE, B), "--diff3")
    text = (tmp_path / FILE).read_text("utf-8")
    (tmp_path / FILE).write_text(text.replace(*change, 1), encoding="utf-8")
    found = fault(tmp_path)
    assert message in found.message
    assert found.hint == "begin the merge again: git merge --abort, git merge, then tipbrief merge"


def test_nothing_to_merge(tmp_path: Path) -> None:
    assert "cannot be read" in _raised(tmp_path)
    (tmp_path / FILE).write_text(dump(BASE), encoding="utf-8")
    assert fault(tmp_path).message == "no merge is unfinished in this ledger"


def _raised(folder: Path) -> str:
    with pytest.raises(Problems) as raised:
        merge(folder)
    return raised.value.problems[0].message


def test_two_publications(tmp_path: Path) -> None:
    one = dump(grown(Ledger("tip"), A))
    other = dump(grown(Ledger("pit"), A))
    (tmp_path / FILE).write_text(f"<<<<<<< HEAD\n{one}=======\n{other}>>>>>>> fixes\n", encoding="utf-8")
    assert fault(tmp_path).message == "the sides are ledgers of two publications, 'tip' and 'pit'"


def test_the_command(tmp_path: Path) -> None:
    ours, theirs = grown(BASE, A, "world"), grown(BASE, B, "world")
    conflicting(tmp_path, ours, theirs)
    refused = CliRunner().invoke(main, ["merge", "--publication", str(tmp_path)])
    assert refused.exit_code == 1
    assert "hint: say whose were handed out" in refused.stderr
    done = CliRunner().invoke(main, ["merge", "--keep", "theirs", "--publication", str(tmp_path)])
    assert (done.exit_code, done.stderr) == (0, "")
    (gone,) = ours.editions("world")[1:]
    assert done.stdout == (
        f"left out: {gone.signature} of 2026-11-25\n"
        f"{tmp_path / FILE}: 1 and 2 entries of the two sides joined. Next: tipbrief check\n"
    )
