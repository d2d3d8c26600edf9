"""Whether a printed edition is current, whatever way it is asked for."""

import json
import time
from dataclasses import replace

import pytest

from tests.ledger.samples import DAY, FIRST, change, deliver, delivered, summary
from tipbrief.language.language import load_language
from tipbrief.ledger.editions import draft_edition
from tipbrief.ledger.entries import Edition, Reprint
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.status import Status, ValueChange, find_edition_status, find_status_by_code, find_status_by_pdf

digits = load_language("fa-AF").digits
TWO = deliver(change(FIRST, "one", "33", "34", reason="غلط بود"), "world", one="34", two="7")
TWO = deliver(TWO, "country-AFG", one="34")
TWO = deliver(TWO, "tip-2025", one="34")
TWO = deliver(TWO, "country-AFG.ps", one="34")
TWO = deliver(TWO, "world.fa-IR", one="34")
OLD, NEW = TWO.valid_editions("world")
(AFGHAN,) = TWO.valid_editions("country-AFG")
(NUMBERED,) = TWO.valid_editions("tip-2025")
(PASHTO,) = TWO.valid_editions("country-AFG.ps")
(IRANIAN,) = TWO.valid_editions("world.fa-IR")


def spellings(one: Edition) -> list[str]:
    name, number, code, whole = one.brief, one.number, one.code, one.signature
    return [
        whole, whole.lower(), whole.upper(), digits(whole), f"\u2066{whole}\u2069",
        f"\u200f{name}\u200e/\u202a{number}\u202c · {code}\u061c", f"  {name} / {number}  ·  {code}\n",
        f"{name}/{number} {code}", f"{name} {number} {code}", f"{name}-{number}-{code}",
        f"{name}/{number}·{code}", f"{name}/{number}:{code}.", f"#{name}-{number}-{code}",
        f"https://example.org/tip/{one.page}", f"https://example.org/tip/{one.page}?utm=x#top",
        f"https://example.org/tip#{name.upper()}-{number}-{code}", f"https://example.org/#/3#{name}-{number}-{code}",
        code, code.upper(), digits(code), f" {code} ",
        one.name, one.name.lower(), digits(one.name), f"{name}-{number}", f"{name} {number}",
        f"قاچاق انسان در جهان، ۲۰۲۵ · tipbrief، ۲۵ نومبر ۲۰۲۶ · نسخۀ {digits(number)} · {whole}",
        f"tipbrief, 2026 · {whole}\u2069 این برگه ممکن است تازه شده باشد",
        f"{code} · {one.name} · نسخۀ {number}",
    ]  # fmt: skip


@pytest.mark.parametrize("one", [OLD, NEW, AFGHAN, NUMBERED, PASHTO, IRANIAN], ids=lambda one: one.name)
def test_every_way_to_write_a_code(one: Edition) -> None:
    for text in spellings(one):
        found = find_status_by_code(TWO, text)
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
    for one in book.valid_editions("world"):
        for wrong in typed_wrongly(one.signature.lower()) | typed_wrongly(one.code):
            found = find_status_by_code(book, wrong)
            assert found.edition in (None, one), wrong
        for at in range(4):
            for other in set("0123456789abcdefghijklmnopqrstuvwxyz") - {one.code[at]}:
                wrong = one.code[:at] + other + one.code[at + 1 :]
                for text in (wrong, f"{one.name} · {wrong}"):
                    answer = find_status_by_code(book, text)
                    assert (answer.edition, answer.state) in ((None, "unknown"), (None, "unreadable"))


def test_a_mistyped_code_names_the_edition_that_was_meant() -> None:
    wrong = NEW.code[:3] + ("0" if NEW.code[3] != "0" else "1")
    found = find_status_by_code(TWO, f"world/2 · {wrong}")
    assert found.state == "unknown"
    assert found.hint == f"WORLD/2 has another code: did you mean {NEW.signature}?"
    assert find_status_by_code(TWO, f"wrold/2 · {NEW.code}").hint == f"did you mean '{NEW.signature}'?"
    assert find_status_by_code(TWO, f"world/1 · {NEW.code}").hint.endswith(f"did you mean {OLD.signature}?")
    assert find_status_by_code(TWO, f"country-afg/1 · {wrong}").hint.endswith(f"did you mean {AFGHAN.signature}?")


@pytest.mark.parametrize("query", ["", " ", "#", "·", "world", "WORLD/", "/1", "tip", "😀", "x" * 999])
def test_what_is_no_code_cannot_be_read(query: str) -> None:
    found = find_status_by_code(TWO, query)
    assert (found.state, found.edition) == ("unreadable", None)
    assert any(one.signature in found.hint for one in (OLD, NEW))
    assert summary(found, isolate=True).startswith("this code cannot be read: ")


@pytest.mark.parametrize("query", ["world/3", "0000", "word/1 · 9f2c"])
def test_a_code_that_the_ledger_lacks_is_not_of_this_publication(query: str) -> None:
    found = find_status_by_code(TWO, query)
    assert (found.state, found.edition) == ("unknown", None)
    assert any(one.signature in found.hint for one in (OLD, NEW))
    assert summary(found, isolate=True).startswith("unknown: ")


def test_an_impossible_code_is_told_how_codes_look() -> None:
    """In a ledger with more editions than a hint can list."""
    many = [replace(AFGHAN, brief=f"country-x{number:03}", code=f"{number:04x}") for number in range(400)]
    book = Ledger("tip").with_entries([AFGHAN, *many])
    form = "no code looks like this: it has 4 or 8 characters, digits and letters from a to f, as in "
    for impossible in ("9g2c", "9O2c", "zzzz", "9f2", "123456789", "۹ص۲ث", "zone/1 · 9g2c", ""):
        answer = find_status_by_code(book, impossible)
        assert (answer.state, answer.hint) == ("unreadable", form + AFGHAN.signature), impossible
    for possible in ("ffff", "ffffeeee", "FFFF", "۹۹۹۹", "zone/1 · ffff"):
        answer = find_status_by_code(book, possible)
        lacking = "the code can be read, and no edition of this publication has it"
        assert (answer.state, answer.hint) == ("unknown", lacking), possible


def test_an_unknown_number_names_the_editions_of_that_brief() -> None:
    assert find_status_by_code(TWO, "world/9").hint == f"known: {OLD.signature}, {NEW.signature}"
    assert find_status_by_code(TWO, "country-afg/2").hint == f"did you mean '{AFGHAN.signature}'?"
    empty = find_status_by_code(Ledger("tip"), "WORLD/1")
    assert empty.hint == "this ledger knows no edition: none was delivered yet"
    assert empty.as_dict()["edition"] is None


def ledger_with_code(code: str) -> tuple[Ledger, Edition]:
    """The ledger in which an edition of another brief has this code."""
    other = replace(AFGHAN, code=code)
    return Ledger("tip").with_entries([OLD, *TWO.changes_after(OLD), NEW, other]), other


def test_a_bare_code_of_two_editions_is_not_answered() -> None:
    book, other = ledger_with_code(NEW.code)
    found = find_status_by_code(book, NEW.code)
    several = f"several editions have this code: {NEW.signature}, {other.signature}; write all of it"
    assert (found.state, found.hint) == ("unknown", several)
    assert find_status_by_code(book, NEW.signature).edition == NEW
    assert find_status_by_code(book, other.signature).edition == other


def test_an_exact_code_is_answered_and_one_that_differs_in_a_character_is_mentioned() -> None:
    """As f40b and f409 on 29 November. Only the codes of one brief differ in two characters."""
    book, other = ledger_with_code(NEW.code[:3] + ("0" if NEW.code[3] != "0" else "1"))
    for exact, near in ((NEW, other), (other, NEW)):
        found = find_status_by_code(book, exact.code)
        assert (found.state, found.edition, found.near) == ("current", exact, (near,))
        lines = summary(found).split("\n")
        assert lines[0].startswith(f"{exact.signature} is current")
        assert lines[-1] == f"if the code was mistyped, it may be {near.signature}: write all of it"
        assert found.as_dict()["near"][0]["code"] == near.code
    assert find_status_by_code(book, NEW.signature).near == ()
    neither = NEW.code[:3] + next(one for one in "23456" if one not in (NEW.code[3], other.code[3]))
    assert find_status_by_code(book, neither).state == "unknown"


def moved(found: Status) -> list[tuple[str, str, str, str, str]]:
    return [(one.name, one.was, one.now, one.kind, one.reason) for one in found.moved]


def test_what_was_superseded_and_by_what() -> None:
    found = find_status_by_code(TWO, OLD.signature)
    assert (found.state, found.edition, found.newest) == ("superseded", OLD, NEW)
    assert found.moved == (ValueChange("one", "33", "34", "correction", "2026-11-26", "غلط بود"),)
    assert (found.pending, found.delivered) == ((), None)


def test_across_several_editions() -> None:
    book = change(TWO, "one", "34", "35", reason="باز غلط بود")
    book = deliver(book, "world", one="35", two="7")
    book = deliver(change(book, "two", "7", "9", "revision", "تازه"), "world", one="35", two="9")
    why, two = ("correction", "باز غلط بود"), ("two", "7", "9", "revision", "تازه")
    assert moved(find_status_by_code(book, OLD.signature)) == [("one", "33", "35", *why), two]
    assert moved(find_status_by_code(book, "world/2")) == [("one", "34", "35", *why), two]
    assert moved(find_status_by_code(book, "world/3")) == [two]
    assert find_status_by_code(book, "world/4").state == "current"


def test_a_wrong_number_is_not_hidden_behind_a_better_one() -> None:
    book = change(TWO, "one", "34", "40", "revision", "تازه")
    book = deliver(book, "world", one="40", two="7")
    assert moved(find_status_by_code(book, "world/1")) == [
        ("one", "33", "34", "correction", "غلط بود"),
        ("one", "34", "40", "revision", "تازه"),
    ]


def test_what_came_back_is_not_different_and_what_was_taken_out_is() -> None:
    book = deliver(change(TWO, "one", "34", "33"), "world", one="33", two="7")
    found = find_status_by_code(book, "world/1")
    assert (found.state, found.moved) == ("superseded", ())
    assert summary(found).endswith("  no figure changed, only texts")
    said = summary(find_status_by_code(deliver(TWO, "world", one="34"), "world/2"))
    assert said.endswith("  values were added or taken out: tipbrief diff WORLD/2 WORLD/3 lists them")


def test_a_figure_that_the_newest_edition_does_not_print_any_more() -> None:
    """The old print says 33, and 33 was wrong, whatever the new one leaves out."""
    book = deliver(change(FIRST, "one", "33", "34"), "world", two="7")
    assert moved(find_status_by_code(book, "world/1")) == [("one", "33", "34", "correction", "چاپ")]
    later = change(deliver(FIRST, "world", two="7"), "one", "33", "34")
    assert moved(find_status_by_code(later, "world/1")) == []
    assert [one.name for one in find_status_by_code(later, "world/1").pending] == ["one"]
    assert find_status_by_code(later, "world/2").pending == ()


def test_what_is_recorded_and_not_delivered_yet() -> None:
    book = change(change(TWO, "two", "7", "8", reason="خطا"), "elsewhere", "1", "2")
    for name in ("world/1", "world/2"):
        found = find_status_by_code(book, name)
        assert found.pending == (ValueChange("two", "7", "8", "correction", "2026-11-26", "خطا"),)
    assert find_status_by_code(book, "world/2").state == "current"
    assert find_status_by_code(book, "country-afg/1").pending == ()
    assert find_status_by_code(change(book, "two", "8", "7"), "world/2").pending == ()


PDF = "cd" * 32
BOOK = deliver(Ledger("tip"), "world", PDF, one="33")
BOOK = BOOK.with_entries([Reprint(brief="world", number=1, date=DAY, pdf="ef" * 32)])
BOOK = deliver(change(BOOK, "one", "33", "34"), "world", "12" * 32, one="34")
WRONG, RIGHT = BOOK.valid_editions("world")


def claims(one: Edition, **other: object) -> dict[str, object]:
    return {"publication": "tip", "brief": one.brief, "number": one.number, "code": one.code, **other}


def test_the_pdf_that_was_delivered() -> None:
    for pdf in (PDF, "ef" * 32):
        found = find_status_by_pdf(BOOK, pdf, claims(WRONG))
        assert (found.state, found.edition, found.delivered) == ("superseded", WRONG, True)
    assert find_status_by_pdf(BOOK, "12" * 32, claims(RIGHT)).state == "current"
    # Its bytes say more than its words.
    assert find_status_by_pdf(BOOK, PDF, claims(RIGHT)).edition == WRONG


def test_a_pdf_of_other_bytes_is_not_current_whatever_code_it_has() -> None:
    for one, state in ((WRONG, "superseded"), (RIGHT, "other-file")):
        found = find_status_by_pdf(BOOK, "00" * 32, claims(one))
        assert (found.state, found.edition, found.delivered) == (state, one, False)
        first, *_, last = summary(found).splitlines()
        assert last == "the file is not one that was delivered: it was built again, or changed"
        assert found.as_dict()["state"] == state
    told = f"by its code this is {RIGHT.signature}, the current edition, but the file is not the one delivered"
    assert first == told


def test_a_pdf_that_is_a_draft() -> None:
    found = find_status_by_pdf(BOOK, "00" * 32, claims(draft_edition(BOOK, "world", DAY)))
    assert (found.state, found.edition, found.delivered) == ("draft", None, None)
    assert summary(found) == "draft: it is a draft of WORLD/3, which was not delivered yet"
    found = find_status_by_pdf(BOOK, "00" * 32, claims(replace(WRONG, code="")))
    assert found.hint == (
        f"it is a draft of WORLD/1; the edition is {WRONG.signature}, delivered on {WRONG.date.iso()}"
    )


def test_a_pdf_that_the_ledger_does_not_know() -> None:
    for unknown, hint in (
        ({"publication": "press-freedom"}, "it is of the publication 'press-freedom', and this is the ledger of 'tip'"),
        ({"number": 3}, "the ledger has no "),
        ({"code": "0000"}, "the ledger has no "),
        ({"brief": "word"}, "the ledger has no "),
    ):
        found = find_status_by_pdf(BOOK, "00" * 32, claims(WRONG, **unknown))
        assert (found.state, found.edition) == ("unknown", None)
        assert found.hint.startswith(hint)
    assert find_status_by_pdf(Ledger(""), PDF, claims(WRONG)).state == "unknown"


def test_the_summary() -> None:
    book = change(TWO, "two", "7", "", reason="نامعلوم")
    assert summary(find_status_by_code(book, "world/1")) == (
        f"{OLD.signature} is superseded by {NEW.signature}, delivered on 2026-11-25\n"
        "  one  33 → 34  (correction of 2026-11-26: غلط بود)\n"
        "recorded since, and not delivered yet:\n"
        "  two  7 → nothing  (correction of 2026-11-26: نامعلوم)"
    )
    current = summary(find_status_by_code(TWO, "world/2"), isolate=True)
    assert current == f"{NEW.signature} is current, delivered on 2026-11-25"
    of_pdf = summary(find_status_by_pdf(BOOK, PDF, claims(WRONG)))
    assert of_pdf.endswith("the file is one that was delivered")
    # Dari is isolated on a terminal.
    assert summary(find_status_by_code(TWO, "world/1"), isolate=True).split("\n")[1] == (
        "  one  \u206833\u2069 → \u206834\u2069  (correction of 2026-11-26: \u2068غلط بود\u2069)"
    )


def test_status_as_plain_values() -> None:
    found = find_status_by_code(change(TWO, "two", "7", "8"), "world/1").as_dict()
    why = {"kind": "correction", "date": "2026-11-26"}
    assert json.loads(json.dumps(found)) == {
        "state": "superseded",
        "edition": {"brief": "world", "number": 1, "code": OLD.code, "date": "2026-11-25", "language": ""},
        "newest": {"brief": "world", "number": 2, "code": NEW.code, "date": "2026-11-25", "language": ""},
        "moved": [{"name": "one", "was": "33", "now": "34", **why, "reason": "غلط بود"}],
        "pending": [{"name": "two", "was": "7", "now": "8", **why, "reason": "چاپ"}],
        "delivered": None,
        "hint": "",
        "newer": [],
        "near": [],
    }


@pytest.mark.parametrize(
    "long", ["a" * 120_000, "a/" * 60_000, "world/2 · " * 12_000, "0" * 120_000, "\u066a" * 60_000]
)
def test_a_long_text_for_a_code(long: str) -> None:
    begun = time.process_time()
    find_status_by_code(TWO, long)
    assert time.process_time() - begun < 2


def newer(found: Status) -> list[str]:
    return [one.name for one in found.newer]


def test_a_sheet_is_of_its_language() -> None:
    for one, first, spoken in ((PASHTO, "", "Pashto"), (IRANIAN, "fa-AF", "Iranian Persian")):
        found = find_status_by_code(TWO, one.signature)
        assert summary(found, first=first).startswith(f"{one.signature} (in {spoken}) is current")
    found = find_status_by_code(TWO, "world/1")
    assert summary(found, first="fa-AF").startswith(f"{OLD.signature} (in Dari) is superseded by")
    assert summary(found).startswith(f"{OLD.signature} is superseded by")
    strange = deliver(TWO, "world.xx", one="34")
    assert "(in xx) is current" in summary(find_status_by_code(strange, "world.xx/1"))


def test_a_sheet_in_another_language_is_newer() -> None:
    book = deliver(change(TWO, "one", "34", "35"), "country-AFG", one="35")
    found = find_status_by_code(book, PASHTO.signature)
    assert (found.state, newer(found)) == ("current", ["COUNTRY-AFG/2"])
    new = book.valid_editions("country-AFG")[-1]
    said = f"is newer: {new.signature}, delivered on 2026-11-25"
    assert summary(found, first="fa-AF").endswith(f"\nthe sheet in Dari {said}")
    assert summary(found).endswith(f"\nthe sheet in the first language {said}")
    assert found.as_dict("fa-AF")["newer"][0]["language"] == "fa-AF"
    # The other way round, and where both are as new again.
    assert newer(find_status_by_code(book, "country-afg/2")) == []
    both = deliver(book, "country-AFG.ps", one="35")
    assert newer(find_status_by_code(both, "country-afg.ps/2")) == []
    later = deliver(both, "country-AFG.ps", one="35", two="7")
    assert newer(find_status_by_code(later, "country-afg/2")) == ["COUNTRY-AFG.PS/3"]
    assert newer(find_status_by_code(later, "country-afg/1")) == ["COUNTRY-AFG.PS/3"]
    # The first sheet in a language is newer only where it says something else.
    assert newer(find_status_by_code(TWO, AFGHAN.signature)) == []
    book = deliver(change(TWO, "one", "34", "35"), "country-AFG.en", one="35")
    assert newer(find_status_by_code(book, AFGHAN.signature)) == ["COUNTRY-AFG.EN/1"]
    assert newer(find_status_by_code(book, PASHTO.signature)) == ["COUNTRY-AFG.EN/1"]


def test_what_was_delivered_together_is_of_one_age() -> None:
    pair = [
        replace(delivered(FIRST, name, {"one": "33"}), number=2, content="cd" * 32) for name in ("world", "world.ps")
    ]
    book = deliver(FIRST, "world.ps", one="33").with_entries(pair)
    assert [newer(find_edition_status(book, one)) for one in pair] == [[], []]


def test_a_document_whose_name_is_written_alike_is_another() -> None:
    book = deliver(deliver(FIRST, "world-ps", one="33"), "world.ps", one="33", two="7")
    for name in ("WORLD-PS/1", "WORLD.PS/1", "world.ps/1", f"world-ps/1 {book.valid_editions('world-ps')[0].code}"):
        found = find_status_by_code(book, name).edition
        assert found is not None
        assert name.upper().startswith(found.name)
