"""Editions: what makes a new one, what its readers must be told, whether a printed one is current."""

import dataclasses
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.ledger.samples import DAY, FIRST, along, change, corrected, deliver
from tests.support import problem_of, told_by
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication
from tipbrief.language.dates import Date
from tipbrief.ledger.editions import (
    create_edition,
    draft_edition,
    find_dataset_value,
    find_manual_changes,
    find_undocumented_values,
    hash_content,
    list_change_notices,
)
from tipbrief.ledger.entries import Change, ChangeKind, Edition, Fact, Reprint
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.ledger_folder import append_entry, extend_ledger, read_ledger, write_entries
from tipbrief.ledger.status import ValueChange, find_status_by_code
from tipbrief.pipeline.session import Session


def in_order(book: Ledger) -> Ledger:
    """The ledger as it is read from its file; ``Problems`` where it is not in order."""
    with tempfile.TemporaryDirectory() as folder:
        write_entries(Path(folder), book.entry_files)
        again = read_ledger(Path(folder), book.publication)
    assert again == book
    return again


def told_of(book: Ledger, brief: str = "world") -> list[tuple[str, str, tuple[tuple[str, str, str], ...]]]:
    in_order(book)
    return [(one.kind, one.reason, one.steps) for one in list_change_notices(book, brief)]


def test_a_draft_is_the_next_edition_without_a_code() -> None:
    first = Edition(brief="world", number=1, code="", date=Date(2025, 9))
    assert draft_edition(Ledger("tip"), "world", Date(2025, 9)) == first
    assert draft_edition(FIRST, "world", Date(2025)) == replace(first, number=2, date=DAY)
    assert draft_edition(FIRST, "country-AFG", Date(2025)).number == 1
    book = in_order(grow(FIRST, "world one=33 two=7 three=1", "country-AFG one=33"))
    editions = [one for brief in book.briefs for one in book.valid_editions(brief)]
    assert [one.name for one in editions] == ["WORLD/1", "WORLD/2", "COUNTRY-AFG/1"]
    assert not any(one.draft for one in editions)


def grow(book: Ledger, *steps: str) -> Ledger:
    """The ledger after ``one 33>34 reason``, ``one 34>40 reason revision``, ``world one=34 two=7``."""
    for step in steps:
        first, *rest = step.split()
        if ">" in rest[0]:
            was, now = rest[0].split(">")
            kind: ChangeKind = "revision" if "revision" in rest else "correction"
            book = change(book, first, was, now, kind, rest[1])
        else:
            book = deliver(book, first, **dict(pair.split("=") for pair in rest))
    return book


A, B, AGAIN = "one 33>34 a", "one 34>35 b", "world one=34 two=7"
TOLD: list[tuple[list[str], list[str]]] = [
    ([A], ["correction a: one 33>34"]),
    ([A, AGAIN], ["correction a: one 33>34"]),
    # A correction of a correction is another one only where the first was delivered, in this brief.
    ([A, B], ["correction b: one 33>35"]),
    ([A, B, "world one=35 two=7"], ["correction b: one 33>35"]),
    ([A, "country-AFG one=34", B], ["correction b: one 33>35"]),
    ([A, AGAIN, B], ["correction a: one 33>34", "correction b: one 34>35"]),
    # What was changed and changed back before delivery nobody saw.
    ([A, "one 34>33 b"], []),
    ([A, "one 34>33 b revision"], []),
    ([A, AGAIN, "one 34>33 b"], ["correction a: one 33>34", "correction b: one 34>33"]),
    # A correction and a revision stay apart; of a revision taken back the correction is left.
    ([A, "one 34>40 b revision"], ["correction a: one 33>34", "revision b: one 34>40"]),
    ([A, "one 34>40 b revision", "one 40>41 c revision"],
     ["correction a: one 33>34", "revision c: one 34>41"]),
    ([A, "one 34>40 b revision", "one 40>34 c revision"], ["correction a: one 33>34"]),
    # Only what the earlier edition printed.
    (["three 1>2 b", A, AGAIN + " three=2"], ["correction a: one 33>34"]),
    ([A, AGAIN + " three=2", "three 2>3 b"], ["correction a: one 33>34", "correction b: three 2>3"]),
    # What was changed together has one reason; neither another kind nor an edition between is together.
    ([A, "two 7>8 a"], ["correction a: one 33>34, two 7>8"]),
    ([A, "two 7>8 a revision"], ["correction a: one 33>34", "revision a: two 7>8"]),
    ([A, AGAIN, "two 7>8 a"], ["correction a: one 33>34", "correction a: two 7>8"]),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "said"), TOLD)
def test_what_readers_are_told(steps: list[str], said: list[str]) -> None:
    found = list_change_notices(in_order(grow(FIRST, *steps)), "world")
    assert [
        f"{one.kind} {one.reason}: " + ", ".join(f"{name} {was}>{now}" for name, was, now in one.steps) for one in found
    ] == said
    assert {one.date for one in found} <= {Date(2026, 11, 26)}


def test_an_edition_that_no_change_can_concern_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    book = in_order(grow(FIRST, "country-AFG three=1", "one 33>34 slip"))
    assert [*(name in book.briefs_with_notices for name in ("world", "country-AFG", "nothing"))] == [True, False, False]
    monkeypatch.setattr(Ledger, "history", lambda *_: pytest.fail("it is read"))
    assert list_change_notices(book, "country-AFG") == ()
    many = grow(FIRST, "country-AFG three=1", *(f"other{number} 1>2 slip" for number in range(60)))
    assert "country-AFG" in many.briefs_with_notices, "to look for so many takes longer"


def test_a_change_before_the_first_edition_is_not_told() -> None:
    book = grow(Ledger("tip"), A, "world one=34")
    assert told_of(book) == []
    assert list_change_notices(book, "nothing") == ()
    assert told_of(grow(FIRST, A, "country-AFG one=34", B), "country-AFG")[0][2] == (("one", "34", "35"),)


def test_what_followed_is_told_with_it() -> None:
    book = deliver(Ledger("tip"), "world", **{"placements[AFG].tier": "3", "tier_three": "20"})
    book = deliver(book, "short", tier_three="20")
    book = change(book, "placements[AFG].tier", "3", "2WL", tier_three="20>19", watch_list="25>26")
    steps = (("placements[AFG].tier", "3", "2WL"), ("tier_three", "20", "19"))
    assert told_of(book) == [("correction", "چاپ", steps)]
    assert told_of(book, "short") == [("correction", "چاپ", steps[1:])]


def test_what_followed_from_two_changes_is_told_once() -> None:
    book = deliver(Ledger("tip"), "world", a="1", b="2", sum="3")
    book = change(change(book, "a", "1", "2", reason="a", sum="3>4"), "b", "2", "4", reason="b", sum="4>6")
    first, second = told_of(book)
    assert first == ("correction", "a", (("a", "1", "2"),))
    assert second[:2] == ("correction", "b")
    assert sorted(second[2]) == [("b", "2", "4"), ("sum", "3", "6")]


PAGE = (
    '<html lang="fa"><head><style>p { color: red }</style></head><body data-foot="صفحه">'
    '<p class="lead">سلام <b>دنیا</b></p><a href="https://a.example/?x=1&amp;y=2">منبع</a>'
    '<img alt="نقشه" src="a.png"><svg aria-label="میله"><path d="M0 0"/></svg><script>let a</script></body>'
)
LOOK = [
    ("color: red", "color: blue; src: url(data:font/woff2;base64,AA)"), ("let a", "let b"),
    ('class="lead"', 'class="big" style="margin: 1mm" id="x"'), ("M0 0", "M1 1"), ("a.png", "b.png"),
    ("<p class", "\n\n   <p class"), ("سلام <b>", "سلام\u00a0<b>"), ("<b>دنیا</b>", "<em>دنیا</em>"),
    ("</style>", "</style><style>@page { margin: 0 }</style>"), ('lang="fa"', 'lang="fa-AF"'),
]  # fmt: skip
SAID = [
    ("سلام", "درود"), ("سلام", ""), ("سلام <b>دنیا</b>", "دنیا <b>سلام</b>"), ("نقشه", "نقش"),
    ("میله", "ستون"), ("صفحه", "ورق"), ("دنیا", "دن\u200cیا"), ("a.example", "b.example"), ("y=2", "y=3"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now"), [*LOOK, *SAID])
def test_other_words_are_other_content_and_another_look_is_not(was: str, now: str) -> None:
    assert PAGE.count(was) == 1
    same = hash_content(PAGE.replace(was, now), {"a": "1"}) == hash_content(PAGE, {"a": "1"})
    assert same == ((was, now) in LOOK)


def test_other_values_are_other_content() -> None:
    """A chart shows them by its shapes alone."""
    prints: list[dict[str, str]] = [{"a": "1"}, {"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"}, {}]
    assert len({hash_content(PAGE, one) for one in prints}) == len(prints)
    assert hash_content(PAGE, {"a": "1", "b": "2"}) == hash_content(PAGE, {"b": "2", "a": "1"})


def test_a_pdf_takes_along_its_own_brief() -> None:
    book = deliver(FIRST, "country-AFG", one="33", three="1")
    book = change(change(book, "three", "1", "2"), "one", "33", "34")
    book = deliver(book, "world", "cd" * 32, one="34", two="7")
    book = book.with_entries([Reprint(brief="world", number=2, date=DAY, pdf="ef" * 32)])
    book = deliver(change(book, "two", "7", "8"), "world", one="34", two="8")
    first, second, third = book.valid_editions("world")

    part = along(book, second)
    assert (part.publication, told_by(part)) == ("tip", ["WORLD/1", "one", "WORLD/2"])
    assert '"pdf"' not in book.format_extract_until(second)
    assert part.valid_editions("world") == [replace(first, pdf=""), replace(second, pdf="")]
    assert told_by(along(book, first)) == ["WORLD/1"]
    assert told_by(along(book, third)) == ["WORLD/1", "one", "WORLD/2", "two", "WORLD/3"]


def test_what_a_pdf_takes_along_is_the_same_before_and_after_its_delivery() -> None:
    book = change(FIRST, "one", "33", "34")
    prints = {"two": "7", "one": "34"}
    draft_ = create_edition(book, "world", date=DAY, content=hash_content("", prints), data="ab" * 32, prints=prints)
    after = deliver(book, "world", "cd" * 32, one="34", two="7")
    second = after.valid_editions("world")[1]
    later = deliver(change(after, "two", "7", "8"), "world", one="34", two="8")
    assert book.format_extract_until(draft_) == after.format_extract_until(second) == later.format_extract_until(second)


@pytest.mark.parametrize(
    ("steps", "taken"),
    [
        ([A], ["WORLD/1", "one"]),
        (["one 33>34 a", "three 1>2 b", AGAIN], ["WORLD/1", "one", "WORLD/2"]),
        # What was corrected while it was not printed.
        (["world two=7", A, AGAIN], ["WORLD/1", "WORLD/2", "one", "WORLD/3"]),
    ],
)
def test_what_a_draft_takes_along(steps: list[str], taken: list[str]) -> None:
    book = grow(FIRST, *steps)
    assert told_by(along(book, draft_edition(book, "world", DAY))) == taken
    assert Ledger("tip").format_extract_until(draft_edition(Ledger("tip"), "world", DAY)) == ""


def test_a_change_that_others_followed_goes_along_with_them() -> None:
    book = change(deliver(Ledger("tip"), "world", sum="3"), "part", "1", "2", sum="3>4")
    book = deliver(change(book, "part", "2", "3"), "world", sum="4")
    assert told_by(along(book, book.valid_editions("world")[1])) == ["WORLD/1", "part", "WORLD/2"]


def test_the_value_of_a_name(session: Session) -> None:
    whole = session.publication
    assert find_dataset_value(whole, "governments") == "188"
    assert find_dataset_value(whole, "placements[AFG].tier") == "3"
    assert find_dataset_value(whole, "history[AFG,2022].tier") == whole.tables["history"].by_key["AFG,2022"]["tier"]
    for name in ("", "govern", "placements", "placements[AFG]", "placements[ZZZ].tier", "placements[AFG].x"):
        assert find_dataset_value(whole, name) is None
    assert find_dataset_value(whole, "x[A].b") is None


@dataclass
class Issue:
    """What the model remembers of a delivered edition: all documented values of that moment."""

    edition: Edition
    documented: dict[str, str]


FIGURES = ["a", "b", "c", "placements[AFG].tier", "sum"]
VALUES = st.sampled_from(["1", "2", "3"])


class Newsroom(RuleBasedStateMachine):
    """Two briefs, a dataset, a ledger: corrections, edits by hand and deliveries in any order."""

    whole: Publication  # of which the values are replaced

    @initialize(
        world=st.sets(st.sampled_from(FIGURES), min_size=1), short=st.sets(st.sampled_from(FIGURES), min_size=1)
    )
    def begin(self, world: set[str], short: set[str]) -> None:
        self.book = Ledger("tip")
        self.values = dict.fromkeys(FIGURES, "1")
        self.documented: dict[str, str] = {}
        self.shows = {"world": world, "country-AFG": short}
        self.issues: dict[str, list[Issue]] = {"world": [], "country-AFG": []}

    def add(self, *facts: Fact) -> None:
        self.book = extend_ledger(self.book, facts)

    @rule(names=st.sets(st.sampled_from(FIGURES), min_size=1, max_size=2), value=VALUES,
          kind=st.sampled_from(["correction", "revision"]))  # fmt: skip
    def correct(self, names: set[str], value: str, kind: ChangeKind) -> None:
        name, *others = sorted(names)
        was = {one: self.documented.get(one, self.values[one]) for one in names}
        if was[name] == value:
            return
        also = {one: (was[one], value) for one in others if was[one] != value}
        self.add(Change(kind=kind, name=name, was=was[name], now=value, date=DAY, reason="ر", also=also))
        for one in (name, *also):
            self.values[one] = value
            if one in self.documented:
                self.documented[one] = value

    @rule(name=st.sampled_from(FIGURES), value=VALUES)
    def edit_by_hand(self, name: str, value: str) -> None:
        self.values[name] = value

    @rule(name=st.sampled_from(FIGURES), brief=st.sampled_from(["world", "country-AFG"]))
    def lay_out_anew(self, name: str, brief: str) -> None:
        self.shows[brief] ^= {name}

    @rule(brief=st.sampled_from(["world", "country-AFG"]))
    def deliver(self, brief: str) -> None:
        prints = {name: self.values[name] for name in FIGURES if name in self.shows[brief]}
        known = self.documented
        strange = {name: (known[name], now) for name, now in prints.items() if known.get(name, now) != now}
        assert find_undocumented_values(self.book, prints) == strange
        if strange:
            return
        made = create_edition(
            self.book, brief, date=DAY, content=hash_content(brief, prints), data="ab" * 32, prints=prints
        )
        self.documented |= prints
        self.add(made)
        self.issues[brief].append(Issue(made, dict(self.documented)))

    @precondition(lambda self: any(self.issues.values()))
    @rule(data=st.data())
    def reprint(self, data: st.DataObject) -> None:
        issue = data.draw(st.sampled_from([one for many in self.issues.values() for one in many]))
        pdf = data.draw(st.sampled_from(["cd" * 32, "ef" * 32]))
        self.add(Reprint(brief=issue.edition.brief, number=issue.edition.number, date=DAY, pdf=pdf))

    @invariant()
    def status_is_truthful(self) -> None:
        for issues in self.issues.values():
            for issue in issues:
                printed, newest = issue.edition.prints, issues[-1]
                found = find_status_by_code(self.book, issue.edition.signature)
                assert found.edition == issue.edition
                assert found.newest == newest.edition
                assert found.state == ("current" if issue is newest else "superseded")
                self.compare(found.moved, printed, printed, newest.documented)
                names = {*printed, *newest.edition.prints}
                self.compare(found.pending, names, newest.documented, self.documented)

    @staticmethod
    def compare(
        found: Sequence[ValueChange], names: set[str] | dict[str, str], was: dict[str, str], now: dict[str, str]
    ) -> None:
        """Each name that differs, and no other, leads from the old to the new value."""
        assert {one.name for one in found} == {name for name in names if was[name] != now[name]}
        for name in {one.name for one in found}:
            steps = [one for one in found if one.name == name]
            assert (steps[0].was, steps[-1].now) == (was[name], now[name])
            assert all(a.now == b.was for a, b in pairwise(steps))

    @invariant()
    def what_was_edited_by_hand_is_known(self) -> None:
        figures = {name: Decimal(value) for name, value in self.values.items() if "[" not in name}
        table = self.whole.tables["placements"]
        row = {**table.by_key["AFG"], "tier": self.values["placements[AFG].tier"]}
        tables = {"placements": replace(table, by_key={"AFG": row})}
        now = dataclasses.replace(self.whole, values=figures, tables=tables)
        assert self.book.latest_values == self.documented
        pairs = {name: (known, self.values[name]) for name, known in self.documented.items()}
        assert find_manual_changes(self.book, now) == {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @invariant()
    def readers_are_told_the_way_to_now(self) -> None:
        for brief, issues in self.issues.items():
            steps = [step for one in list_change_notices(self.book, brief) for step in one.steps]
            ends = [*(issue.documented for issue in issues[1:]), self.documented]
            for first, after in zip(issues, ends, strict=False):
                for name, value in first.edition.prints.items():
                    way = [step for step in steps if step[0] == name and step[1] == value]
                    assert way or after[name] == value, name

    def teardown(self) -> None:
        if not hasattr(self, "book"):
            return
        in_order(self.book)
        for issues in self.issues.values():
            for issue in issues[-2:]:
                along(self.book, issue.edition)


def test_any_sequence_of_corrections_and_deliveries(session: Session) -> None:
    Newsroom.whole = session.publication
    run_state_machine_as_test(Newsroom, settings=settings(max_examples=50, stateful_step_count=25))  # type: ignore[no-untyped-call]


def test_what_was_changed_or_taken_out_by_hand_is_warned_of(tip_2025: Path) -> None:
    cells = tip_2025 / "tables" / "enforcement.csv"
    rows = cells.read_text("utf-8").splitlines(keepends=True)
    rows = [row.replace(",133943,", ",133944,") for row in rows if not row.startswith("2008,")]
    cells.write_text("".join(rows), "utf-8")
    shop = Session.open(tip_2025)
    said = {problem.message: problem.severity for problem in shop.warnings}
    assert said == {
        "'victims' is 133943 by the ledger and 133944 in the dataset, and nothing says why": "warning",
        "'enforcement[2023].victims' is 133943 by the ledger and 133944 in the dataset, and nothing says why":
            "warning",
        "'enforcement[2008].convictions' was printed as 2983 and is gone from the dataset": "warning",
        "'enforcement[2008].prosecutions' was printed as 5212 and is gone from the dataset": "warning",
        "'enforcement[2008].victims' was printed as 30961 and is gone from the dataset": "warning",
    }  # fmt: skip
    assert Session.open(find_shipped_folder("data") / "tip-2025").warnings == []


@pytest.mark.parametrize(
    ("reason", "source", "message", "line"),
    [
        ("خطا 😀", "voa-fa", "the fonts have no character U+1F600 '😀'", 5),
        ("خطا", "voa-fb", "there is no source 'voa-fb'", 1),
    ],
)
def test_what_the_ledger_cannot_print_is_a_problem_at_its_line(
    reason: str, source: str, message: str, line: int, tip_2025: Path
) -> None:
    book = read_ledger(tip_2025, "")
    wrong = Change(
        kind="correction", name="laws", was="138", now="139", date=book.entry_files[-1].date,
        reason=reason, source=source,
    )  # fmt: skip
    book = append_entry(tip_2025, book, [wrong])
    figures = tip_2025 / "figures.yaml"
    figures.write_text(figures.read_text("utf-8").replace("value: 138", "value: 139"), "utf-8")
    problem = problem_of(lambda: Session.open(tip_2025).warnings)
    assert problem.message == message
    assert (problem.file, problem.line) == (tip_2025 / "ledger" / book.entry_files[-1].name, line)


def test_thousands_of_corrections_between_two_editions() -> None:
    """Each name was looked for in each correction, which took half a minute."""
    names = [f"figure-{number}" for number in range(4000)]
    book = deliver(Ledger("tip"), "world", **dict.fromkeys(names, "1"))
    book = book.with_entries(corrected(name, "1", "2") for name in names)
    begun = time.process_time()
    (old,) = book.valid_editions("world")
    (one,) = list_change_notices(book, "world")
    assert len(one.steps) == len(find_status_by_code(book, old.signature).pending) == 4000
    assert time.process_time() - begun < 5
