"""Editions: what makes a new one, what its readers must be told, whether a printed one is current."""

from __future__ import annotations

import dataclasses
import json
import tempfile
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

from tests.support import told_by
from tipbrief.assets import shipped
from tipbrief.build.session import Workshop
from tipbrief.check.publication import Publication, load
from tipbrief.language.dates import Date
from tipbrief.language.numbers import digits
from tipbrief.ledger.editions import (
    changed_by_hand,
    content_of,
    draft,
    edition,
    told,
    undocumented,
    value_of,
)
from tipbrief.ledger.entries import Change, Edition, Fact, Kind, Reprint
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.status import Moved, Status, status_of_code, status_of_pdf
from tipbrief.ledger.store import append, grown, read, write
from tipbrief.problems import Problems

DAY = Date(2026, 11, 25)


def deliver(book: Ledger, brief: str, pdf: str = "", date: Date = DAY, /, **prints: str) -> Ledger:
    """The ledger with the next edition of a brief."""
    content = content_of("", prints)
    made = edition(book, brief, date=date, content=content, data="ab" * 32, prints=prints)
    return book.with_entries([replace(made, pdf=pdf)])


def change(
    book: Ledger, name: str, was: str, now: str, kind: Kind = "correction", reason: str = "چاپ", **also: str
) -> Ledger:
    steps = {name: tuple(text.split(">")) for name, text in also.items()}
    entry = Change(
        kind=kind, name=name, was=was, now=now, date=Date(2026, 11, 26), reason=reason,
        also={name: (was, now) for name, (was, now) in steps.items()},
    )  # fmt: skip
    return book.with_entries([entry])


def in_order(book: Ledger) -> Ledger:
    """The ledger as it is read from its file; ``Problems`` where it is not in order."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), book.files)
        again = read(Path(folder), book.publication)
    assert again == book
    return again


def told_of(book: Ledger, brief: str = "world") -> list[tuple[str, str, tuple[tuple[str, str, str], ...]]]:
    in_order(book)
    return [(one.kind, one.reason, one.steps) for one in told(book, brief)]


FIRST = deliver(Ledger("tip"), "world", one="33", two="7")


# ---- the next edition ----


def test_a_draft_is_the_next_edition_without_a_code() -> None:
    assert draft(Ledger("tip"), "world", Date(2025, 9)) == Edition(
        brief="world", number=1, code="", date=Date(2025, 9)
    )
    assert draft(FIRST, "world", Date(2025)) == Edition(brief="world", number=2, code="", date=DAY)
    assert draft(FIRST, "country-AFG", Date(2025)).number == 1


def test_the_next_edition_is_in_order_and_no_draft() -> None:
    second = deliver(FIRST, "world", one="33", two="7", three="1")
    third = deliver(second, "country-AFG", one="33")
    assert [one.name for one in in_order(third).editions("world")] == ["WORLD/1", "WORLD/2"]
    assert third.editions("country-AFG")[0].name == "COUNTRY-AFG/1"
    assert not any(one.draft for brief in third.briefs for one in third.editions(brief))


# ---- what readers are told ----


def test_a_correction_is_told() -> None:
    book = change(FIRST, "one", "33", "34", reason="غلط بود")
    assert told(book, "world")[0].date == Date(2026, 11, 26)
    want = [("correction", "غلط بود", (("one", "33", "34"),))]
    assert told_of(book) == want
    assert told_of(deliver(book, "world", one="34", two="7")) == want


def test_a_correction_of_a_correction_before_delivery_is_one() -> None:
    book = change(change(FIRST, "one", "33", "34", reason="a"), "one", "34", "35", reason="b")
    want = [("correction", "b", (("one", "33", "35"),))]
    assert told_of(book) == want
    assert told_of(deliver(book, "world", one="35", two="7")) == want


def test_a_correction_of_a_delivered_correction_is_another() -> None:
    book = deliver(change(FIRST, "one", "33", "34", reason="a"), "world", one="34", two="7")
    book = change(book, "one", "34", "35", reason="b")
    assert told_of(book) == [
        ("correction", "a", (("one", "33", "34"),)),
        ("correction", "b", (("one", "34", "35"),)),
    ]


def test_a_delivery_of_another_brief_parts_nothing() -> None:
    book = deliver(change(FIRST, "one", "33", "34"), "country-AFG", one="34")
    book = change(book, "one", "34", "35", reason="b")
    assert told_of(book) == [("correction", "b", (("one", "33", "35"),))]
    assert told_of(book, "country-AFG") == [("correction", "b", (("one", "34", "35"),))]


def test_what_was_changed_and_changed_back_before_delivery_nobody_saw() -> None:
    assert told_of(change(change(FIRST, "one", "33", "34"), "one", "34", "33")) == []
    assert told_of(change(change(FIRST, "one", "33", "34"), "one", "34", "33", "revision")) == []
    book = deliver(change(FIRST, "one", "33", "34"), "world", one="34", two="7")
    assert told_of(change(book, "one", "34", "33")) == [
        ("correction", "چاپ", (("one", "33", "34"),)),
        ("correction", "چاپ", (("one", "34", "33"),)),
    ]


def test_a_correction_and_a_revision_stay_apart() -> None:
    book = change(change(FIRST, "one", "33", "34"), "one", "34", "40", "revision", "تازه")
    assert told_of(book) == [
        ("correction", "چاپ", (("one", "33", "34"),)),
        ("revision", "تازه", (("one", "34", "40"),)),
    ]
    book = change(book, "one", "40", "41", "revision", "تازه‌تر")
    assert told_of(book)[1:] == [("revision", "تازه‌تر", (("one", "34", "41"),))]
    # A revision taken back: the correction is what is left.
    book = change(book, "one", "41", "34", "revision")
    assert told_of(book) == [("correction", "چاپ", (("one", "33", "34"),))]


def test_a_change_before_the_first_edition_is_not_told() -> None:
    book = deliver(change(Ledger("tip"), "one", "33", "34"), "world", one="34")
    assert told_of(book) == []
    assert told(book, "nothing") == ()


def test_only_what_the_earlier_edition_printed_is_told() -> None:
    book = change(change(FIRST, "three", "1", "2"), "one", "33", "34")
    book = deliver(book, "world", one="34", two="7", three="2")
    assert told_of(book) == [("correction", "چاپ", (("one", "33", "34"),))]
    assert told_of(change(book, "three", "2", "3"))[1:] == [("correction", "چاپ", (("three", "2", "3"),))]


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


# ---- what a brief says ----

PAGE = (
    '<html lang="fa"><head><style>p { color: red }</style></head><body data-foot="صفحه">'
    '<p class="lead">سلام <b>دنیا</b></p><a href="https://a.example/?x=1&amp;y=2">منبع</a>'
    '<img alt="نقشه" src="a.png"><svg aria-label="میله"><path d="M0 0"/></svg><script>let a</script></body>'
)
LOOK = [
    ("color: red", "color: blue; src: url(data:font/woff2;base64,AA)"),
    ("let a", "let b"),
    ('class="lead"', 'class="big" style="margin: 1mm" id="x"'),
    ("M0 0", "M1 1"),
    ("a.png", "b.png"),
    ("<p class", "\n\n   <p class"),
    ("سلام <b>", "سلام\u00a0<b>"),
    ("<b>دنیا</b>", "<em>دنیا</em>"),
    ("</style>", "</style><style>@page { margin: 0 }</style>"),
    ('lang="fa"', 'lang="fa-AF"'),
]
SAID = [
    ("سلام", "درود"),
    ("سلام", ""),
    ("سلام <b>دنیا</b>", "دنیا <b>سلام</b>"),
    ("نقشه", "نقش"),
    ("میله", "ستون"),
    ("a.example", "b.example"),
    ("y=2", "y=3"),
    ("صفحه", "ورق"),
    ("دنیا", "دن\u200cیا"),
]


@pytest.mark.parametrize(("was", "now"), LOOK)
def test_another_look_is_no_other_content(was: str, now: str) -> None:
    assert PAGE.count(was) == 1
    assert content_of(PAGE.replace(was, now), {"a": "1"}) == content_of(PAGE, {"a": "1"})


@pytest.mark.parametrize(("was", "now"), SAID)
def test_other_words_are_other_content(was: str, now: str) -> None:
    assert PAGE.count(was) == 1
    assert content_of(PAGE.replace(was, now), {}) != content_of(PAGE, {})


def test_other_values_are_other_content() -> None:
    """A chart shows them by its shapes alone."""
    prints: list[dict[str, str]] = [{"a": "1"}, {"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"}, {}]
    assert len({content_of(PAGE, one) for one in prints}) == len(prints)
    assert content_of(PAGE, {"a": "1", "b": "2"}) == content_of(PAGE, {"b": "2", "a": "1"})


# ---- what a PDF takes along ----


def test_a_pdf_takes_along_its_own_brief() -> None:
    book = deliver(FIRST, "country-AFG", one="33", three="1")
    book = change(change(book, "three", "1", "2"), "one", "33", "34")
    book = deliver(book, "world", "cd" * 32, one="34", two="7")
    book = book.with_entries([Reprint(brief="world", number=2, date=DAY, pdf="ef" * 32)])
    book = deliver(change(book, "two", "7", "8"), "world", one="34", two="8")
    first, second, third = book.editions("world")

    along = in_order(book.part(second))
    assert (along.publication, told_by(along)) == ("tip", ["WORLD/1", "one", "WORLD/2"])
    assert '"pdf"' not in along.packed
    assert along.editions("world") == [replace(first, pdf=""), replace(second, pdf="")]
    assert told_by(book.part(first)) == ["WORLD/1"]
    assert told_by(book.part(third)) == ["WORLD/1", "one", "WORLD/2", "two", "WORLD/3"]


def test_what_a_pdf_takes_along_is_the_same_before_and_after_its_delivery() -> None:
    book = change(FIRST, "one", "33", "34")
    prints = {"two": "7", "one": "34"}
    draft_ = edition(book, "world", date=DAY, content=content_of("", prints), data="ab" * 32, prints=prints)
    after = deliver(book, "world", "cd" * 32, one="34", two="7")
    second = after.editions("world")[1]
    later = deliver(change(after, "two", "7", "8"), "world", one="34", two="8")
    assert book.part(draft_).packed == after.part(second).packed == later.part(second).packed


def test_what_a_draft_takes_along() -> None:
    book = change(FIRST, "one", "33", "34")
    assert told_by(in_order(book.part(draft(book, "world", DAY)))) == ["WORLD/1", "one"]
    assert Ledger("tip").part(draft(Ledger("tip"), "world", DAY)).packed == ""


def test_what_was_corrected_while_it_was_not_printed_goes_along() -> None:
    book = deliver(FIRST, "world", two="7")
    book = deliver(change(book, "one", "33", "34"), "world", one="34", two="7")
    assert len(told_by(in_order(book.part(book.editions("world")[2])))) == 4


def test_a_change_that_others_followed_goes_along_with_them() -> None:
    book = change(deliver(Ledger("tip"), "world", sum="3"), "part", "1", "2", sum="3>4")
    book = deliver(change(book, "part", "2", "3"), "world", sum="4")
    assert told_by(in_order(book.part(book.editions("world")[1]))) == ["WORLD/1", "part", "WORLD/2"]


# ---- what the ledger knows ----


def test_what_is_recorded() -> None:
    book = deliver(FIRST, "country-AFG", one="33", three="1")
    book = change(change(book, "one", "33", "34", two="7>8"), "unprinted", "1", "2")
    assert book.recorded() == {"one": "34", "two": "8", "three": "1"}
    assert Ledger("tip").recorded() == {}


def test_what_a_brief_would_print_without_an_entry() -> None:
    book = change(FIRST, "one", "33", "34")
    assert undocumented(book, {"one": "34", "two": "7", "new": "1"}) == {}
    assert undocumented(book, {"one": "33", "two": "8"}) == {"one": ("34", "33"), "two": ("7", "8")}
    assert undocumented(Ledger("tip"), {"one": "1"}) == {}


def test_what_another_brief_printed_is_known_to_the_first_edition_of_this() -> None:
    assert undocumented(FIRST, {"one": "34", "three": "1"}) == {"one": ("33", "34")}


@pytest.fixture(scope="module")
def whole() -> Publication:
    return load(shipped("data") / "tip-2025")


def test_the_value_of_a_name(whole: Publication) -> None:
    assert value_of(whole, "governments") == "188"
    assert value_of(whole, "placements[AFG].tier") == "3"
    assert value_of(whole, "history[AFG,2022].tier") == whole.tables["history"].by_key["AFG,2022"]["tier"]
    nothing = [
        "",
        "govern",
        "placements",
        "placements[AFG]",
        "placements[ZZZ].tier",
        "placements[AFG].x",
        "x[AFG].tier",
    ]
    assert [value_of(whole, name) for name in nothing] == [None] * len(nothing)


def test_what_was_changed_by_hand(whole: Publication) -> None:
    book = deliver(Ledger("tip"), "world", **{"governments": "188", "placements[AFG].tier": "3", "gone": "1"})
    assert changed_by_hand(book, whole) == {}
    book = change(book, "placements[AFG].tier", "3", "2WL")
    book = change(book, "governments", "188", "189")
    assert changed_by_hand(book, whole) == {
        "governments": ("189", "188"),
        "placements[AFG].tier": ("2WL", "3"),
    }


# ---- status ----

TWO = deliver(change(FIRST, "one", "33", "34", reason="غلط بود"), "world", one="34", two="7")
TWO = deliver(TWO, "country-AFG", one="34")
TWO = deliver(TWO, "tip-2025", one="34")
OLD, NEW = TWO.editions("world")
(AFGHAN,) = TWO.editions("country-AFG")
(NUMBERED,) = TWO.editions("tip-2025")


def spellings(one: Edition) -> list[str]:
    name, number, code = one.brief, one.number, one.code
    return [
        one.signature,
        one.signature.lower(),
        one.signature.upper(),
        digits(one.signature),
        f"\u2066{one.signature}\u2069",
        f"\u200f{name}\u200e/\u202a{number}\u202c · {code}\u061c",
        f"{name}/{number} {code}",
        f"{name} {number} {code}",
        f"{name}-{number}-{code}",
        f"  {name} / {number}  ·  {code}\n",
        f"{name}/{number}·{code}",
        f"{name}/{number}:{code}.",
        f"https://example.org/tip#{name.upper()}-{number}-{code}",
        f"https://example.org/#/3#{name}-{number}-{code}",
        f"#{name}-{number}-{code}",
        code,
        code.upper(),
        digits(code),
        f" {code} ",
        one.name,
        one.name.lower(),
        digits(one.name),
        f"{name}-{number}",
        f"{name} {number}",
        f"قاچاق انسان در جهان، ۲۰۲۵ · tipbrief، ۲۵ نومبر ۲۰۲۶ · ویرایش {digits(number)} · {one.signature}",
        f"tipbrief, 2026 · {one.signature}\u2069 هر چاپ یک نسخه است",
        f"{code} · {one.name} · ویرایش {number}",
    ]


@pytest.mark.parametrize("one", [OLD, NEW, AFGHAN, NUMBERED], ids=lambda one: one.name)
def test_every_way_to_write_a_code(one: Edition) -> None:
    for text in spellings(one):
        found = status_of_code(TWO, text)
        assert found.edition == one, text
        assert found.state == ("superseded" if one is OLD else "current")


CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz-/·#. "


def typed_wrongly(text: str) -> set[str]:
    """Every text that one slip makes of this: a character more, less, another, two exchanged."""
    found: set[str] = set()
    for at in range(len(text) + 1):
        found |= {text[:at] + other + text[at:] for other in CHARACTERS}
        if at < len(text):
            found |= {text[:at] + other + text[at + 1 :] for other in ["", *CHARACTERS]}
        found.add(text[:at] + text[at : at + 2][::-1] + text[at + 2 :])
    return found - {text}


def test_a_mistyped_code_is_never_another_edition() -> None:
    book = FIRST
    for number in range(8):
        book = deliver(book, "world", one="33", two="7", new=str(number // 8))
    for one in book.editions("world"):
        for wrong in typed_wrongly(one.signature.lower()) | typed_wrongly(one.code):
            found = status_of_code(book, wrong)
            assert found.edition in (None, one), wrong
        for at in range(4):
            for other in set("0123456789abcdefghijklmnopqrstuvwxyz") - {one.code[at]}:
                wrong = one.code[:at] + other + one.code[at + 1 :]
                assert (
                    status_of_code(book, wrong).state
                    == status_of_code(book, f"{one.name} · {wrong}").state
                    == "unknown"
                )


def test_a_mistyped_code_names_the_edition_that_was_meant() -> None:
    wrong = NEW.code[:3] + ("0" if NEW.code[3] != "0" else "1")
    found = status_of_code(TWO, f"world/2 · {wrong}")
    assert (found.state, found.hint) == (
        "unknown",
        f"WORLD/2 has another code: did you mean {NEW.signature}?",
    )
    assert status_of_code(TWO, f"wrold/2 · {NEW.code}").hint == f"did you mean '{NEW.signature}'?"
    assert status_of_code(TWO, f"world/1 · {NEW.code}").hint.endswith(f"did you mean {OLD.signature}?")
    assert status_of_code(TWO, f"country-afg/1 · {wrong}").hint.endswith(f"did you mean {AFGHAN.signature}?")


@pytest.mark.parametrize(
    "query", ["", " ", "#", "·", "world", "WORLD/", "/1", "world/3", "tip", "0000", "😀", "x" * 999]
)
def test_what_is_no_code(query: str) -> None:
    found = status_of_code(TWO, query)
    assert (found.state, found.edition) == ("unknown", None)
    assert any(one.signature in found.hint for one in (OLD, NEW))
    assert found.summary(isolate=True).startswith("unknown: ")


def test_an_unknown_number_names_the_editions_of_that_brief() -> None:
    assert status_of_code(TWO, "world/9").hint == f"known: {OLD.signature}, {NEW.signature}"
    assert status_of_code(TWO, "country-afg/2").hint == f"did you mean '{AFGHAN.signature}'?"


def test_a_ledger_without_editions() -> None:
    empty = status_of_code(Ledger("tip"), "WORLD/1")
    assert empty.hint == "this ledger knows no edition: none was delivered yet"
    assert empty.as_dict()["edition"] is None


def of_codes(twin: Edition) -> Ledger:
    """The editions of WORLD, and another one."""
    return Ledger("tip").with_entries([OLD, *TWO.after(OLD), NEW, twin])


def test_a_bare_code_that_a_slip_could_have_made_of_another_is_not_trusted() -> None:
    """Within a brief codes differ in two characters; across briefs the whole code tells them apart."""
    slip = NEW.code[:3] + ("0" if NEW.code[3] != "0" else "1")
    twin = replace(AFGHAN, code=slip)
    book = of_codes(twin)
    for code in (NEW.code, slip):
        found = status_of_code(book, code)
        assert found.state == "unknown"
        assert NEW.signature in found.hint
        assert twin.signature in found.hint
        assert found.hint.endswith("write all of it")
    assert status_of_code(book, NEW.signature).edition == NEW
    assert status_of_code(book, twin.signature).edition == twin


def test_one_code_of_two_briefs() -> None:
    """Which happens once in thousands of pairs: then the code alone does not say which."""
    twin = replace(AFGHAN, code=NEW.code)
    book = of_codes(twin)
    found = status_of_code(book, NEW.code)
    assert found.state == "unknown"
    assert NEW.signature in found.hint
    assert twin.signature in found.hint
    assert status_of_code(book, NEW.signature).edition == NEW
    assert status_of_code(book, twin.signature).edition == twin


def moved(found: Status) -> list[tuple[str, str, str, str, str]]:
    return [(one.name, one.was, one.now, one.kind, one.reason) for one in found.moved]


def test_what_was_superseded_and_by_what() -> None:
    found = status_of_code(TWO, OLD.signature)
    assert (found.state, found.edition, found.newest) == ("superseded", OLD, NEW)
    assert found.moved == (Moved("one", "33", "34", "correction", "2026-11-26", "غلط بود"),)
    assert (found.pending, found.delivered) == ((), None)


def test_across_several_editions() -> None:
    book = change(TWO, "one", "34", "35", reason="باز غلط بود")
    book = deliver(book, "world", one="35", two="7")
    book = deliver(change(book, "two", "7", "9", "revision", "تازه"), "world", one="35", two="9")
    assert moved(status_of_code(book, OLD.signature)) == [
        ("one", "33", "35", "correction", "باز غلط بود"),
        ("two", "7", "9", "revision", "تازه"),
    ]
    assert moved(status_of_code(book, "world/2")) == [
        ("one", "34", "35", "correction", "باز غلط بود"),
        ("two", "7", "9", "revision", "تازه"),
    ]
    assert moved(status_of_code(book, "world/3")) == [("two", "7", "9", "revision", "تازه")]
    assert status_of_code(book, "world/4").state == "current"


def test_a_wrong_number_is_not_hidden_behind_a_better_one() -> None:
    book = change(TWO, "one", "34", "40", "revision", "تازه")
    book = deliver(book, "world", one="40", two="7")
    assert moved(status_of_code(book, "world/1")) == [
        ("one", "33", "34", "correction", "غلط بود"),
        ("one", "34", "40", "revision", "تازه"),
    ]


def test_what_came_back_is_not_different() -> None:
    book = deliver(change(TWO, "one", "34", "33"), "world", one="33", two="7")
    found = status_of_code(book, "world/1")
    assert (found.state, found.moved) == ("superseded", ())
    assert found.summary(isolate=False).endswith("  no figure changed, only texts")


def test_what_was_taken_out_is_no_change_of_texts_only() -> None:
    said = status_of_code(deliver(TWO, "world", one="34"), "world/2").summary(isolate=False)
    assert said.endswith("  values were added or taken out: tipbrief diff WORLD/2 WORLD/3 lists them")


def test_a_figure_that_the_newest_edition_does_not_print_any_more() -> None:
    """The old print says 33, and 33 was wrong, whatever the new one leaves out."""
    book = deliver(change(FIRST, "one", "33", "34"), "world", two="7")
    assert moved(status_of_code(book, "world/1")) == [("one", "33", "34", "correction", "چاپ")]
    later = change(deliver(FIRST, "world", two="7"), "one", "33", "34")
    assert moved(status_of_code(later, "world/1")) == []
    assert [one.name for one in status_of_code(later, "world/1").pending] == ["one"]
    assert status_of_code(later, "world/2").pending == ()


def test_what_is_recorded_and_not_delivered_yet() -> None:
    book = change(change(TWO, "two", "7", "8", reason="خطا"), "elsewhere", "1", "2")
    for name in ("world/1", "world/2"):
        found = status_of_code(book, name)
        assert found.pending == (Moved("two", "7", "8", "correction", "2026-11-26", "خطا"),)
    assert status_of_code(book, "world/2").state == "current"
    assert status_of_code(book, "country-afg/1").pending == ()
    assert status_of_code(change(book, "two", "8", "7"), "world/2").pending == ()


PDF = "cd" * 32
BOOK = deliver(Ledger("tip"), "world", PDF, one="33")
BOOK = BOOK.with_entries([Reprint(brief="world", number=1, date=DAY, pdf="ef" * 32)])
BOOK = deliver(change(BOOK, "one", "33", "34"), "world", "12" * 32, one="34")


def claims(one: Edition, **other: object) -> dict[str, object]:
    return {"publication": "tip", "brief": one.brief, "number": one.number, "code": one.code, **other}


def test_the_pdf_that_was_delivered() -> None:
    first, second = BOOK.editions("world")
    for pdf in (PDF, "ef" * 32):
        found = status_of_pdf(BOOK, pdf, claims(first))
        assert (found.state, found.edition, found.delivered) == ("superseded", first, True)
    assert status_of_pdf(BOOK, "12" * 32, claims(second)).state == "current"
    # Its bytes say more than its words.
    assert status_of_pdf(BOOK, PDF, claims(second)).edition == first


def test_a_pdf_of_other_bytes() -> None:
    first, _ = BOOK.editions("world")
    found = status_of_pdf(BOOK, "00" * 32, claims(first))
    assert (found.state, found.edition, found.delivered) == ("superseded", first, False)
    assert found.summary(isolate=False).endswith(
        "the file is not one that was delivered: it was built again, or changed"
    )


def test_a_pdf_that_is_a_draft() -> None:
    found = status_of_pdf(BOOK, "00" * 32, claims(draft(BOOK, "world", DAY)))
    assert (found.state, found.edition, found.delivered) == ("draft", None, None)
    assert found.summary(isolate=False) == "draft: it is a draft of WORLD/3, which was not delivered yet"
    first, _ = BOOK.editions("world")
    found = status_of_pdf(BOOK, "00" * 32, claims(replace(first, code="")))
    assert found.hint == (
        f"it is a draft of WORLD/1; the edition is {first.signature}, delivered on {first.date.iso()}"
    )


def test_a_pdf_of_another_publication() -> None:
    first, _ = BOOK.editions("world")
    found = status_of_pdf(BOOK, "00" * 32, claims(first, publication="press-freedom"))
    assert found.state == "unknown"
    assert found.hint.startswith(
        "it is of the publication 'press-freedom', and this is the ledger of 'tip'; name the other one"
    )


def test_a_pdf_that_the_ledger_does_not_know() -> None:
    first, _ = BOOK.editions("world")
    for unknown in (claims(first, number=3), claims(first, code="0000"), claims(first, brief="word")):
        found = status_of_pdf(BOOK, "00" * 32, unknown)
        assert (found.state, found.edition) == ("unknown", None)
        assert found.hint.startswith("the ledger has no ")
    assert status_of_pdf(Ledger(""), PDF, claims(first)).state == "unknown"


def test_the_summary() -> None:
    book = change(TWO, "two", "7", "", reason="نامعلوم")
    assert status_of_code(book, "world/1").summary(isolate=False) == (
        f"{OLD.signature} is superseded by {NEW.signature}, delivered on 2026-11-25\n"
        "  one  33 → 34  (correction of 2026-11-26: غلط بود)\n"
        "recorded since, and not delivered yet:\n"
        "  two  7 → nothing  (correction of 2026-11-26: نامعلوم)"
    )
    assert status_of_code(TWO, "world/2").summary(isolate=True) == (
        f"{NEW.signature} is current, delivered on 2026-11-25"
    )
    first, _ = BOOK.editions("world")
    assert (
        status_of_pdf(BOOK, PDF, claims(first))
        .summary(isolate=False)
        .endswith("the file is one that was delivered")
    )


def test_dari_is_isolated_on_a_terminal() -> None:
    assert status_of_code(TWO, "world/1").summary(isolate=True).split("\n")[1] == (
        "  one  \u206833\u2069 → \u206834\u2069  (correction of 2026-11-26: \u2068غلط بود\u2069)"
    )


def test_status_as_plain_values() -> None:
    found = status_of_code(change(TWO, "two", "7", "8"), "world/1").as_dict()
    assert json.loads(json.dumps(found)) == {
        "state": "superseded",
        "edition": {"brief": "world", "number": 1, "code": OLD.code, "date": "2026-11-25"},
        "newest": {"brief": "world", "number": 2, "code": NEW.code, "date": "2026-11-25"},
        "moved": [
            {
                "name": "one",
                "was": "33",
                "now": "34",
                "kind": "correction",
                "date": "2026-11-26",
                "reason": "غلط بود",
            }
        ],
        "pending": [
            {
                "name": "two",
                "was": "7",
                "now": "8",
                "kind": "correction",
                "date": "2026-11-26",
                "reason": "چاپ",
            }
        ],
        "delivered": None,
        "hint": "",
    }


# ---- the shipped publication ----


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(shipped("data") / "tip-2025")


def test_a_piece_of_the_shipped_publication(workshop: Workshop) -> None:
    """Delivered once it is a draft no more; a changed cell that it prints makes it one again."""
    whole, first = workshop.publication, workshop.piece("world")
    made = edition(
        Ledger("tip-2025"), "world", date=DAY, content=first.content, data="ab" * 32, prints=first.prints
    )
    workshop.ledger = in_order(Ledger("tip-2025").with_entries([made]))
    again = workshop.piece("world")
    assert (again.edition, again.content, again.prints) == (made, first.content, first.prints)
    assert changed_by_hand(workshop.ledger, whole) == {}

    values = {**whole.values, "tier_one": whole.values["tier_one"] + 1}
    then = Workshop(workshop.folder)
    then.publication, then.ledger = replace(whole, values=values), workshop.ledger
    other = then.piece("world")
    assert (other.edition.number, other.edition.draft) == (2, True)
    assert undocumented(then.ledger, other.prints) == {"tier_one": ("33", "34")}
    assert changed_by_hand(then.ledger, then.publication) == {"tier_one": ("33", "34")}


# ---- any sequence ----


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
        world=st.sets(st.sampled_from(FIGURES), min_size=1),
        short=st.sets(st.sampled_from(FIGURES), min_size=1),
    )
    def begin(self, world: set[str], short: set[str]) -> None:
        self.book = Ledger("tip")
        self.values = dict.fromkeys(FIGURES, "1")
        self.documented: dict[str, str] = {}
        self.shows = {"world": world, "country-AFG": short}
        self.issues: dict[str, list[Issue]] = {"world": [], "country-AFG": []}

    def add(self, *facts: Fact) -> None:
        self.book = grown(self.book, facts)

    @rule(names=st.sets(st.sampled_from(FIGURES), min_size=1, max_size=2), value=VALUES,
          kind=st.sampled_from(["correction", "revision"]))  # fmt: skip
    def correct(self, names: set[str], value: str, kind: Kind) -> None:
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
        strange = {
            name: (self.documented[name], value)
            for name, value in prints.items()
            if self.documented.get(name, value) != value
        }
        assert undocumented(self.book, prints) == strange
        if strange:
            return
        made = edition(
            self.book, brief, date=DAY, content=content_of(brief, prints), data="ab" * 32, prints=prints
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
                found = status_of_code(self.book, issue.edition.signature)
                assert found.edition == issue.edition
                assert found.newest == newest.edition
                assert found.state == ("current" if issue is newest else "superseded")
                self.compare(found.moved, printed, printed, newest.documented)
                names = {*printed, *newest.edition.prints}
                self.compare(found.pending, names, newest.documented, self.documented)

    @staticmethod
    def compare(
        found: Sequence[Moved], names: set[str] | dict[str, str], was: dict[str, str], now: dict[str, str]
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
        assert self.book.recorded() == self.documented
        assert changed_by_hand(self.book, now) == {
            name: (known, self.values[name])
            for name, known in self.documented.items()
            if known != self.values[name]
        }

    @invariant()
    def readers_are_told_the_way_to_now(self) -> None:
        for brief, issues in self.issues.items():
            steps = [step for one in told(self.book, brief) for step in one.steps]
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
                in_order(self.book.part(issue.edition))


def test_any_sequence_of_corrections_and_deliveries(whole: Publication) -> None:
    Newsroom.whole = whole
    run_state_machine_as_test(Newsroom, settings=settings(max_examples=100, stateful_step_count=25))  # type: ignore[no-untyped-call]


# ---- what an editor should know ----


def test_what_was_changed_or_taken_out_by_hand_is_warned_of(tip_2025: Path) -> None:
    cells = tip_2025 / "tables" / "enforcement.csv"
    rows = cells.read_text("utf-8").splitlines(keepends=True)
    rows = [row.replace(",133943,", ",133944,") for row in rows if not row.startswith("2009,")]
    cells.write_text("".join(rows), "utf-8")
    shop = Workshop(tip_2025)
    said = {problem.message: problem.severity for problem in shop.warnings}
    assert said == {
        "'victims' is 133943 by the ledger and 133944 in the dataset, and nothing says why": "warning",
        "'enforcement[2023].victims' is 133943 by the ledger and 133944 in the dataset, and nothing says why":
            "warning",
        "'enforcement[2009].convictions' was printed as 4166 and is gone from the dataset": "warning",
        "'enforcement[2009].prosecutions' was printed as 5606 and is gone from the dataset": "warning",
        "'enforcement[2009].victims' was printed as 49105 and is gone from the dataset": "warning",
    }  # fmt: skip
    assert Workshop(shipped("data") / "tip-2025").warnings == []


@pytest.mark.parametrize(
    ("reason", "source", "message", "line"),
    [
        ("خطا 😀", "voa-fa", "the fonts have no character U+1F600 '😀'", 6),
        ("خطا", "voa-fb", "there is no source 'voa-fb'", 1),
    ],
)
def test_what_the_ledger_cannot_print_is_a_problem_at_its_line(
    reason: str, source: str, message: str, line: int, tip_2025: Path
) -> None:
    wrong = Change(
        kind="correction", name="laws", was="138", now="139", date=Date(2026, 11, 26),
        reason=reason, source=source,
    )  # fmt: skip
    book = append(tip_2025, read(tip_2025, ""), [wrong])
    figures = tip_2025 / "figures.yaml"
    figures.write_text(figures.read_text("utf-8").replace("value: 138", "value: 139"), "utf-8")
    with pytest.raises(Problems) as raised:
        _ = Workshop(tip_2025).warnings
    (problem,) = raised.value.problems
    assert problem.message == message
    assert (problem.file, problem.line) == (tip_2025 / "ledger" / book.files[-1].name, line)
