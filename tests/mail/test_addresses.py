"""Addresses are taken as people write them and made what mail servers know; what is none is a problem."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import problems_of
from tipbrief.mail.message import Mailbox, parse_addresses
from tipbrief.problems import Problem, Problems


def boxes(*texts: str) -> list[tuple[str, str]]:
    return [(box.name, box.address) for box in parse_addresses("", texts).to]


def problems(*texts: str) -> list[Problem]:
    return problems_of(boxes, *texts)


def test_addresses_come_single_in_lists_and_with_names() -> None:
    mixed = " b@example.org ; c@Example.ORG،"
    assert boxes("a@example.org", mixed, "کریم <d@example.org>, <e@example.org>") == [
        ("", "a@example.org"), ("", "b@example.org"), ("", "c@example.org"),
        ("کریم", "d@example.org"), ("", "e@example.org"),
    ]  # fmt: skip
    assert boxes('"احمدی، کریم" <k@example.org>') == [("احمدی، کریم", "k@example.org")]
    assert boxes("Karim (desk) <k@example.org>", "K@example.org") == [("Karim (desk)", "k@example.org")]
    assert boxes("desk@office.local") == [("", "desk@office.local")]


def test_a_recipient_stands_once() -> None:
    who = parse_addresses("d@example.org", ["a@example.org, A@Example.org"], ["a@example.org", "b@example.org"])
    assert who.sender == Mailbox("", "d@example.org")
    assert [box.address for box in who.to] == ["a@example.org"]
    assert [box.address for box in who.cc] == ["b@example.org"]


def test_a_domain_in_dari_is_sent_as_punycode() -> None:
    ((_, address),) = boxes("info@نمونه.ایران")
    assert address.isascii()
    assert address.partition("@")[2].encode().decode("idna") == "نمونه.ایران"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "write it as name@example.org"),
        (" , ", "write it as name@example.org"),
        ("karim", "it has no @"),
        ("Ahmadi, karim@example.org", "in quotation marks"),
        ("a@example.org b@example.org", "after the @-sign contains invalid characters: '@', SPACE"),
        ("کریم@example.org", "before the @-sign are not supported: 'ر', 'م', 'ک', 'ی'"),
        ("\u200ekarim@example.org", "LEFT-TO-RIGHT MARK"),
        ("karim@example.org\u202c", "POP DIRECTIONAL FORMATTING"),
        ("@example.org", "something before the @-sign"),
        ("karim@localhost", "It should have a period"),
        (f"karim@{'ن' * 5000}.org", "(?i)too long"),
        ("karim@نمونه\u200cها.org", "ZERO WIDTH NON-JOINER"),
        ("karim@straße.de", "ß and ς in a domain"),
        ("<>", "it has no @"),
        ("a <a@example.org> b <b@example.org>", "separate several by commas"),
        ("karim@example.org>", "separate several by commas"),
        ("karim <karim@example.org", "separate several by commas"),
        ("a\nb@example.org", "in one line"),
    ],
)
def test_what_is_no_address_is_a_problem_with_a_remedy(text: str, hint: str) -> None:
    (problem,) = problems("good@example.org", text)
    assert re.search(hint, problem.hint)


def test_all_faults_are_told_together() -> None:
    found = problems_of(parse_addresses, "c@", ["a@example.org, b"], ["\n"])
    assert [problem.message for problem in found] == [
        "'c@' is no mail address",
        "'b' is no mail address",
        "the address '\ufffd' holds a line break or a control character",
    ]
    with pytest.raises(Problems, match="no recipient"):
        parse_addresses("", [])
    with pytest.raises(Problems, match="several senders"):
        parse_addresses("a@example.org, b@example.org", ["c@example.org"])


@given(text=st.text(max_size=60) | st.text(st.sampled_from('aک@.<>",;\\ \u200c-x'), max_size=60))
def test_any_text_is_addresses_or_a_problem(text: str) -> None:
    try:
        found = boxes(text)
    except Problems:
        return
    assert boxes(*(address for _, address in found)) == [("", address) for _, address in found]


@pytest.mark.parametrize("text", [" " * 120_000 + "@b.org", "n" * 120_000, "a@" + "b." * 60_000, '"' * 60_000])
def test_an_address_without_end_is_told_at_once(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(Problems) as raised:
        parse_addresses("", [text])
    assert len(str(raised.value)) < 200
    assert time.process_time() - begun < 1


def test_quotation_marks_without_end_are_read_once() -> None:
    """Read again from each of them, these would take minutes."""
    for text in ('"' * 300_001, '"\\' * 300_000, '"\\"' * 200_000):
        assert "it is too long" in problems(text)[0].hint
    assert problems('"Karim, <k@example.org>, a@example.org')[0].message.endswith("is no mail address")
