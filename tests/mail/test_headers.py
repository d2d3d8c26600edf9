"""Every subject and every name arrives as it was written, in short lines, whatever marks it holds."""

from __future__ import annotations

import email
import email.policy
import re
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from typing import cast

from hypothesis import example, given
from hypothesis import strategies as st

from tipbrief.mail.addresses import Mailbox, addresses
from tipbrief.mail.headers import address_field, subject_field

LINE_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=150)
DARI = st.text(st.sampled_from("آابپتثجحخدرزژسشعغقکگلمنوهیۀ۰۹\u200c \u202b،؛«»TIP-=?<>@,\"\\'"), max_size=150)


def folded(field: str) -> str:
    """The value of a field, read back: its lines are short, each but the first begun with a space."""
    name, _, value = field.partition(": ")
    first, *rest, last = value.split("\r\n")
    assert (last, {line[0] for line in rest} - {" "}) == ("", set())
    assert all(len(line) <= 78 for line in (f"{name}: {first}", *rest))
    return str(email.message_from_string(f"{name}: {value}\r\n")[name])


def decoded(text: str) -> str:
    return str(make_header(decode_header(text)))


@given(subject=(LINE_TEXT | DARI).filter(str.strip))
@example(subject="=?utf-8?q?Bcc=3A_x=40example=2Eorg?=")
@example(subject="double  space ")
@example(subject="x" * 400)
@example(subject="😀" * 100)
def test_every_subject_arrives_as_it_was(subject: str) -> None:
    raw = folded(subject_field(subject))
    assert decoded(raw) == subject
    for word in re.findall(r"=\?\S*", raw):
        assert len(word) <= 75
        assert decoded(word), "each word is whole characters"


@given(name=LINE_TEXT | DARI)
@example(name='Ahmadi, "Karim" \\')
@example(name="x@example.org")
@example(name="=?utf-8?q?x?=")
@example(name="دفتر خبر کابل بخش بین‌المللی و گزارش‌های ویژه برای ولایت‌ها")
def test_every_name_arrives_as_it_was(name: str) -> None:
    name = " ".join(name.split())
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    boxes = addresses("", [f"{quoted} <karim@example.org>", "laila@example.org"]).to
    assert boxes == (Mailbox(name, "karim@example.org"), Mailbox("", "laila@example.org"))
    raw = re.sub(r"\r\n(?= )", "", folded(address_field("To", boxes)))
    seen = cast(AddressHeader, email.policy.default.header_factory("To", raw)).addresses
    assert [one.addr_spec for one in seen] == ["karim@example.org", "laila@example.org"]
    assert decoded(raw.partition("<")[0].strip()) == name if name else "<" not in raw


def test_a_long_text_is_cut_between_words() -> None:
    name = "دفتر خبر کابل بخش بین‌المللی و گزارش‌های ویژه برای ولایت‌ها"
    pieces = [decoded(word) for word in re.findall(r"=\?\S*", folded(subject_field(name)))]
    assert "".join(pieces) == name
    assert len(pieces) > 2
    assert all(piece.endswith(" ") for piece in pieces[:-1])
