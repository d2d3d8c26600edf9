"""The e-mail arrives as it was written: names, subject, both texts, the PDF; nothing is smuggled in."""

import email
import email.policy
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from typing import cast

import mailparser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support import BASE, problems_of
from tipbrief.check.publication import load_publication
from tipbrief.language.language import load_language
from tipbrief.mail.message import (
    Body,
    Mail,
    Mailbox,
    compose_message,
    describe_size,
    encode_address_field,
    encode_subject_field,
    parse_addresses,
)
from tipbrief.problems import Problems

SUBJECT = "قاچاق انسان در جهان، ۲۰۲۵: برگۀ معلوماتی دری دربارۀ گزارش وزارت خارجه"
BODY = Body(
    SUBJECT,
    "افغانستان در پایین‌ترین ردیف",
    ("بند یکم.",),
    (("۱۸۸", "حکومت"),),
    "نسخۀ ۲",
    language=load_language("fa-AF"),
    colours=load_publication(BASE).imprint.colours,
)
SENDER = "نصیر احمدی <nasir@example.org>"
MAIL = Mail(
    body=BODY,
    addresses=parse_addresses(SENDER, ["karim@example.org"]),
    pdf=b"%PDF-1.7\n.\r\n..\r\n\x00\xff" * 700,
    pdf_name="tip-2025-world.pdf",
    date=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
)


def read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def sent_to(*to: str, cc: tuple[str, ...] = ()) -> bytes:
    return compose_message(replace(MAIL, addresses=parse_addresses(SENDER, to, cc)))


def attachment(content: bytes) -> EmailMessage:
    (attached,) = read(content).iter_attachments()
    return attached


def test_the_message_is_built_of_two_texts_and_the_pdf() -> None:
    whole = read(compose_message(MAIL))
    kinds = "multipart/mixed multipart/alternative text/plain text/html application/pdf"
    assert " ".join(part.get_content_type() for part in whole.walk()) == kinds
    assert not [defect for part in whole.walk() for defect in part.defects]
    pdf = attachment(compose_message(MAIL))
    assert (pdf.get_content(), pdf.get_filename()) == (MAIL.pdf, "tip-2025-world.pdf")
    assert pdf["Content-Disposition"] == 'attachment; filename="tip-2025-world.pdf"'


def test_the_headers_say_who_what_and_when() -> None:
    to = "karim@example.org", '"Ahmadi, Laila" <laila@example.org>'
    whole = read(sent_to(*to, cc=("دفتر <desk@example.org>",)))
    assert str(whole["From"]) == SENDER
    assert str(whole["To"]) == ", ".join(to)
    assert str(whole["Cc"]) == "دفتر <desk@example.org>"
    assert whole["Subject"] == SUBJECT
    assert whole["Date"].datetime == MAIL.date
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", whole["Message-ID"])
    assert whole["Content-Language"] == "fa-AF"
    assert {"Bcc", "X-Unsent"}.isdisjoint(whole.keys())


def test_another_parser_reads_the_same() -> None:
    seen = mailparser.parse_from_bytes(sent_to("کریم <karim@example.org>", "laila@example.org"))
    assert seen.subject == SUBJECT
    assert seen.from_ == [("نصیر احمدی", "nasir@example.org")]
    assert seen.to == [("کریم", "karim@example.org"), ("", "laila@example.org")]
    assert BODY.lead[0] in seen.text_plain[0]
    assert [(a["filename"], a["mail_content_type"]) for a in seen.attachments] == [
        ("tip-2025-world.pdf", "application/pdf")
    ]
    assert not seen.has_defects


def test_the_same_mail_makes_the_same_bytes_and_another_is_another_message() -> None:
    assert compose_message(MAIL) == compose_message(replace(MAIL))
    others = [replace(MAIL, pdf=MAIL.pdf + b"."), replace(MAIL, pdf_name="b.pdf"), *MAIL.split_by_recipient()]
    others.append(replace(MAIL, addresses=parse_addresses(SENDER, ["laila@example.org"])))
    contents = [compose_message(mail) for mail in (MAIL, *others)]
    assert len({read(content)["Message-ID"] for content in contents}) == 4  # the only recipient is each
    assert len({mark for content in contents for mark in re.findall(rb'boundary="([^"]+)"', content)}) == 8


def test_the_key_names_the_content_whatever_its_date_and_recipients() -> None:
    others = parse_addresses(SENDER, ["b@example.org"])
    assert replace(MAIL, date=datetime(2026, 12, 1, tzinfo=UTC), addresses=others).key == MAIL.key
    changed = replace(MAIL, pdf=b"."), replace(MAIL, body=replace(BODY, subject="دیگر"))
    assert len({mail.key for mail in (MAIL, *changed)}) == 3


def test_a_draft_opens_as_one_and_may_have_no_sender() -> None:
    draft = replace(MAIL, addresses=parse_addresses("", ["karim@example.org"]))
    assert read(compose_message(draft, draft=True))["X-Unsent"] == "1"
    assert read(compose_message(draft, draft=True))["From"] is None
    with pytest.raises(Problems, match="no sender"):
        compose_message(draft)


def test_each_gets_a_message_that_names_nobody_else() -> None:
    mail = replace(MAIL, addresses=parse_addresses(SENDER, ["a@example.org"], ["b@example.org"]))
    alone = [read(compose_message(one)) for one in mail.split_by_recipient()]
    assert [str(one["To"]) for one in alone] == ["a@example.org", "b@example.org"]
    assert [one["Cc"] for one in alone] == [None, None]


LONG_NAME = "قاچاق انسان در جهان، ۲۰۲۵ — ویرایش دوم برای دفترهای ولایتی TIP.pdf"


@pytest.mark.parametrize("name", ["گزارش-۲۰۲۵.pdf", 'tip "2025"; x=y%41.pdf', LONG_NAME, "long" * 40 + ".pdf"])
def test_an_attachment_keeps_its_name(name: str) -> None:
    content = compose_message(replace(MAIL, pdf_name=name))
    assert attachment(content).get_filename() == name
    assert attachment(content).get_param("name") == (None if name.isascii() else "document.pdf")
    assert mailparser.parse_from_bytes(content).attachments[0]["filename"] == name


BREAKS = ["\r", "\n", "\r\n", "\0", "\x0b", "\x1c", "\x85", "\u2028", "\u2029", "\x7f", "\ud800"]


@pytest.mark.parametrize("mark", BREAKS)
def test_a_line_break_in_a_header_is_a_problem(mark: str) -> None:
    smuggled = f"a{mark}Bcc: spy@example.org"
    for problems in (
        lambda: compose_message(replace(MAIL, body=replace(BODY, subject=smuggled))),
        lambda: parse_addresses(f"{smuggled} <a@example.org>", ["b@example.org"]),
        lambda: sent_to(f"a@example.org{mark}"),
        lambda: sent_to("a@example.org", cc=(f"a@example.org,{mark}b@example.org",)),
    ):
        found = problems_of(problems)
        assert not re.search(r"[\r\n\0\u2028\ud800]", found[0].message)


def test_lines_end_in_crlf_and_are_short_and_ascii() -> None:
    to = [f"دفتر خبر {n} <desk{n}@example.org>" for n in range(60)]
    content = compose_message(replace(MAIL, addresses=parse_addresses(SENDER, to), pdf_name="گزارش" * 20 + ".pdf"))
    assert content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert len(read(content)["To"].addresses) == 60


def test_the_size_is_told_and_above_one_megabyte_warned_of() -> None:
    sizes = [1, 186_368, 1024 * 1024]
    assert [describe_size(bytes(size)) for size in sizes] == ["1 KB", "182 KB", "1024 KB"]
    assert describe_size(bytes(1024 * 1024 + 1)).startswith("1.0 MB; many servers refuse")
    assert describe_size(bytes(1_500_000)).startswith("1.4 MB; many servers refuse")


# Fields of the head

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
    raw = folded(encode_subject_field(subject))
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
    boxes = parse_addresses("", [f"{quoted} <karim@example.org>", "laila@example.org"]).to
    assert boxes == (Mailbox(name, "karim@example.org"), Mailbox("", "laila@example.org"))
    raw = re.sub(r"\r\n(?= )", "", folded(encode_address_field("To", boxes)))
    seen = cast(AddressHeader, email.policy.default.header_factory("To", raw)).addresses
    assert [one.addr_spec for one in seen] == ["karim@example.org", "laila@example.org"]
    assert decoded(raw.partition("<")[0].strip()) == name if name else "<" not in raw


def test_a_long_text_is_cut_between_words() -> None:
    name = "دفتر خبر کابل بخش بین‌المللی و گزارش‌های ویژه برای ولایت‌ها"
    pieces = [decoded(word) for word in re.findall(r"=\?\S*", folded(encode_subject_field(name)))]
    assert "".join(pieces) == name
    assert len(pieces) > 2
    assert all(piece.endswith(" ") for piece in pieces[:-1])


def test_a_subject_without_end_takes_no_square_of_its_length() -> None:
    begun = time.process_time()
    field = encode_subject_field("قاچاق " * 60_000)
    assert time.process_time() - begun < 2
    assert max(map(len, field.splitlines())) <= 78
