"""The e-mail arrives as it was written: names, subject, both texts, the PDF; nothing is smuggled in."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any, cast

import mailparser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tipbrief.mail.addresses import addresses, mailboxes
from tipbrief.mail.message import Letter, message, size_note
from tipbrief.problems import Problems

PDF = b"%PDF-1.7\n.\r\n..\r\n\x00\xff" * 700
SUBJECT = "قاچاق انسان در جهان، ۲۰۲۵: برگۀ معلوماتی دری دربارۀ گزارش وزارت خارجه"
LETTER = Letter(
    subject=SUBJECT,
    title="قاچاق انسان در جهان، ۲۰۲۵",
    lead=("گزارش (TIP Report) کار ۱۸۸ حکومت را سنجیده است.", "بند دوم: <b> & «نقل»."),
    figures=(("۱۸۸", "حکومت ارزیابی شده‌اند"), ("۱۳\u200f٪", "از همه")),
    edition="ویرایش ۲ · WORLD/2 · 9f2c",
    address="https://example.org/tip/?a=1&b=2",
    publisher="tipbrief",
)
ARGUMENTS: dict[str, Any] = {
    "sender": "نصیر احمدی <nasir@example.org>",
    "to": ["karim@example.org"],
    "pdf": PDF,
    "pdf_name": "tip-2025-world.pdf",
    "date": datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
    "message_id": "<9f2c@example.org>",
    "draft": False,
}


def made(letter: Letter = LETTER, **changes: object) -> bytes:
    return message(letter, **{**ARGUMENTS, **changes})


def read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def text_of(content: bytes, kind: str) -> str:
    part = read(content).get_body((kind,))
    assert part is not None
    return str(part.get_content())


def head(content: bytes) -> list[str]:
    return content.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")


def attachment(content: bytes) -> EmailMessage:
    return next(read(content).iter_attachments())


class Page(HTMLParser):
    """The visible text of a page, its tags with attributes, and the text of each left-to-right span."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._inside = "", False
        self.spans: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag == "span"
        if self._inside:
            assert dict(attrs) == {"dir": "ltr"}
            self.spans.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside:
            self.spans[-1] += data


# --- what arrives


def test_the_message_is_built_of_two_texts_and_the_pdf() -> None:
    whole = read(made())
    assert [part.get_content_type() for part in whole.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert not [defect for part in whole.walk() for defect in part.defects]
    assert attachment(made()).get_content() == PDF
    assert attachment(made()).get_filename() == "tip-2025-world.pdf"
    assert attachment(made())["Content-Disposition"] == 'attachment; filename="tip-2025-world.pdf"'


def test_the_headers_say_who_what_and_when() -> None:
    to = ["karim@example.org", '"Ahmadi, Laila" <laila@example.org>']
    whole = read(made(to=to, cc=["دفتر <desk@example.org>"]))
    assert str(whole["From"]) == "نصیر احمدی <nasir@example.org>"
    assert str(whole["To"]) == 'karim@example.org, "Ahmadi, Laila" <laila@example.org>'
    assert str(whole["Cc"]) == "دفتر <desk@example.org>"
    assert whole["Subject"] == SUBJECT
    assert whole["Date"].datetime == ARGUMENTS["date"]
    assert whole["Message-ID"] == "<9f2c@example.org>"
    assert {"Bcc", "X-Unsent"}.isdisjoint(whole.keys())


def test_another_parser_reads_the_same() -> None:
    seen = mailparser.parse_from_bytes(made(to=["کریم <karim@example.org>", "laila@example.org"]))
    assert seen.subject == SUBJECT
    assert seen.from_ == [("نصیر احمدی", "nasir@example.org")]
    assert seen.to == [("کریم", "karim@example.org"), ("", "laila@example.org")]
    assert LETTER.lead[0] in seen.text_plain[0]
    assert LETTER.edition in seen.text_plain[0]
    assert [(a["filename"], a["mail_content_type"]) for a in seen.attachments] == [
        ("tip-2025-world.pdf", "application/pdf")
    ]
    assert not seen.has_defects


def test_the_same_arguments_make_the_same_bytes() -> None:
    assert made() == made()
    changed = [made(pdf=PDF + b"."), made(replace(LETTER, title="دیگر")), made(pdf_name="b.pdf")]
    boundaries = [re.findall(rb'boundary="([^"]+)"', content) for content in (made(), *changed)]
    assert len({boundary for pair in boundaries for boundary in pair}) == 8


def test_a_draft_opens_as_one_and_may_have_no_sender() -> None:
    assert read(made(draft=True))["X-Unsent"] == "1"
    assert read(made(draft=True, sender=""))["From"] is None
    with pytest.raises(Problems, match="no sender"):
        made(sender="")


def test_a_recipient_stands_once() -> None:
    whole = read(made(to=["a@example.org, A@Example.org"], cc=["a@example.org", "b@example.org"]))
    assert str(whole["To"]) == "a@example.org"
    assert str(whole["Cc"]) == "b@example.org"


# --- the texts


def test_the_plain_text_reads_from_top_to_bottom() -> None:
    assert text_of(made(), "plain").splitlines() == [
        LETTER.title, "",
        LETTER.lead[0], "",
        LETTER.lead[1], "",
        "• ۱۸۸ — حکومت ارزیابی شده‌اند",
        "• ۱۳\u200f٪ — از همه", "",
        "ضمیمه: tip-2025-world.pdf",
        LETTER.edition, "",
        "تازه‌ترین ویرایش:",
        LETTER.address, "",
        "tipbrief",
    ]  # fmt: skip


def test_a_dari_line_that_starts_with_a_latin_word_stays_right_to_left() -> None:
    lines = text_of(made(replace(LETTER, lead=("TIP نام گزارش است.",))), "plain").splitlines()
    assert "\u200fTIP نام گزارش است." in lines
    assert LETTER.address in lines


def test_what_is_empty_leaves_no_gap() -> None:
    bare = replace(LETTER, figures=(), edition="", address="", publisher="")
    plain = text_of(made(bare), "plain")
    assert plain.splitlines()[-1] == "ضمیمه: tip-2025-world.pdf"
    assert "\n\n\n" not in plain.replace("\r", "")
    tags = [tag for tag, _ in Page(text_of(made(bare), "html")).tags]
    assert {"table", "a", "br"}.isdisjoint(tags)


def test_the_page_is_right_to_left_and_fetches_nothing() -> None:
    page = Page(text_of(made(), "html"))
    assert ("html", {"lang": "fa-AF", "dir": "rtl"}) in page.tags
    # Mail programs keep the inner elements only.
    assert all(attrs["dir"] == "rtl" for tag, attrs in page.tags if tag in ("div", "h1", "p", "table", "td"))
    texts = [attrs for tag, attrs in page.tags if tag in ("h1", "p", "td")]
    assert all("font-family:Vazirmatn,Tahoma" in str(attrs["style"]) for attrs in texts)
    assert {tag for tag, _ in page.tags}.isdisjoint({"img", "link", "style", "script", "iframe"})
    assert [attrs["href"] for _, attrs in page.tags if "href" in attrs] == [LETTER.address]
    assert not [attrs for _, attrs in page.tags if "src" in attrs]
    assert "url(" not in text_of(made(), "html")


def test_the_page_shows_marks_as_text_and_isolates_latin_runs() -> None:
    page = Page(text_of(made(), "html"))
    for text in (LETTER.title, *LETTER.lead, *sum(LETTER.figures, ()), LETTER.edition):
        assert text in page.text
    runs = ["TIP Report", "b", "tip-2025-world.pdf", "WORLD/2", "9f2c", LETTER.address, "tipbrief"]
    assert page.spans == runs


@pytest.mark.parametrize("text", ["AT&T", "R&lt;D", "<b>", '"><script>', "&", "'x'"])
def test_marks_are_escaped_in_every_place(text: str) -> None:
    letter = Letter("x", text, (text,), ((text, text),), text, f"https://example.org/{text}", text)
    content = text_of(made(letter, pdf_name=f"{text.replace('/', '')}.pdf"), "html")
    page = Page(content)
    assert page.text.count(text) == 9
    assert [attrs["href"] for tag, attrs in page.tags if tag == "a"] == [letter.address]
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", content)


def test_only_a_web_address_becomes_a_link() -> None:
    page = Page(text_of(made(replace(LETTER, address="javascript:alert(1)")), "html"))
    assert "javascript:alert(1)" in page.spans
    assert "a" not in [tag for tag, _ in page.tags]


# --- names of the attachment


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("گزارش-۲۰۲۵.pdf", "2025.pdf"),
        ("گزارش.pdf", "document.pdf"),
        ('tip "2025"; x=y%41.pdf', "tip-2025-x-y-41.pdf"),
        ("قاچاق انسان در جهان، ۲۰۲۵ — ویرایش دوم برای دفترهای ولایتی TIP.pdf", "2025-TIP.pdf"),
        ("long" * 40 + ".pdf", "long" * 12 + "lo.pdf"),
    ],
)
def test_an_attachment_keeps_its_name_and_has_one_in_ascii(name: str, plain: str) -> None:
    assert attachment(made(pdf_name=name)).get_filename() == name
    old = cast(Any, email.message_from_bytes(made(pdf_name=name)).get_payload())[1]
    assert old.get_filename() == plain
    assert mailparser.parse_from_bytes(made(pdf_name=name)).attachments[0]["filename"] in (name, plain)


@pytest.mark.parametrize("name", ["", "a.exe", "../a.pdf", "c:\\a.pdf", "a\r\nX: y.pdf", "a\0.pdf", ".pdf"])
def test_a_name_that_is_none_is_a_problem(name: str) -> None:
    with pytest.raises(Problems, match="attachment"):
        made(pdf_name=name)


# --- nothing can be smuggled in

LINE_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=150)
DARI = st.text(st.sampled_from("آابپتثجحخدرزژسشعغقکگلمنوهیۀ۰۹\u200c \u202b،؛«»TIP-=?<>@,\"\\'"), max_size=150)


@given(subject=LINE_TEXT | DARI)
@example(subject="=?utf-8?q?Bcc=3A_x=40example=2Eorg?=")
@example(subject="double  space ")
@example(subject="x" * 400)
@example(subject="😀" * 100)
def test_every_subject_arrives_as_it_was(subject: str) -> None:
    if not subject.strip():
        with pytest.raises(Problems, match="the subject is empty"):
            made(replace(LETTER, subject=subject))
        return
    content = made(replace(LETTER, subject=subject))
    assert [line.partition(":")[0] for line in head(content) if line[0] != " "] == [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert all(len(line) <= 78 for line in head(content))
    raw = str(email.message_from_bytes(content)["Subject"])
    assert str(make_header(decode_header(raw))) == subject
    for word in re.findall(r"=\?\S*", raw):
        assert len(word) <= 75
        decoded, charset = decode_header(word)[0]
        assert decoded.decode(str(charset)) if isinstance(decoded, bytes) else decoded


@given(name=LINE_TEXT | DARI)
@example(name='Ahmadi, "Karim" \\')
@example(name="x@example.org")
@example(name="=?utf-8?q?x?=")
@example(name="دفتر خبر کابل بخش بین‌المللی و گزارش‌های ویژه برای ولایت‌ها")
def test_every_name_arrives_as_it_was(name: str) -> None:
    name = " ".join(name.split())
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    box = mailboxes([f"{quoted} <karim@example.org>"])[0]
    assert (box.name, box.address) == (name, "karim@example.org")
    assert mailboxes([str(box)]) == [box]
    content = made(to=[str(box), "laila@example.org"])
    assert [line.partition(":")[0] for line in head(content) if line[0] != " "][1] == "To"
    assert all(len(line) <= 78 for line in head(content))
    raw = re.sub(r"\r\n(?= )", "", str(email.message_from_bytes(content)["To"]))
    seen = cast(AddressHeader, email.policy.default.header_factory("To", raw)).addresses
    assert [one.addr_spec for one in seen] == ["karim@example.org", "laila@example.org"]
    phrase = raw.rpartition(" <karim@")[0]
    if phrase.startswith("=?"):
        assert str(make_header(decode_header(phrase))) == name
    else:
        assert seen[0].display_name == name


def test_a_long_name_is_cut_between_words() -> None:
    name = "دفتر خبر کابل بخش بین‌المللی و گزارش‌های ویژه برای ولایت‌ها"
    raw = "\n".join(head(made(to=[f"{name} <a@example.org>"])))
    words = [str(make_header(decode_header(word))) for word in re.findall(r"=\?\S*", raw.partition("To:")[2])]
    cut = words[: words.index(next(word for word in words if word.endswith("ولایت‌ها"))) + 1]
    assert "".join(cut) == name
    assert all(word.endswith(" ") for word in cut[:-1])


BREAKS = ["\r", "\n", "\r\n", "\0", "\x0b", "\x1c", "\x85", "\u2028", "\u2029", "\x7f", "\ud800"]


@pytest.mark.parametrize("mark", BREAKS)
def test_a_line_break_in_a_header_is_a_problem(mark: str) -> None:
    smuggled = f"a{mark}Bcc: spy@example.org"
    for problems in (
        lambda: made(replace(LETTER, subject=smuggled)),
        lambda: made(pdf_name=f"{smuggled}.pdf"),
        lambda: made(sender=f"{smuggled} <a@example.org>"),
        lambda: made(to=[f"a@example.org{mark}"]),
        lambda: made(cc=[f"a@example.org,{mark}b@example.org"]),
        lambda: made(message_id=f"<a@example.org>{mark}"),
    ):
        with pytest.raises(Problems) as raised:
            problems()
        assert not re.search(r"[\r\n\0\u2028\ud800]", raised.value.problems[0].message)


def test_all_faults_are_told_together() -> None:
    with pytest.raises(Problems) as raised:
        made(replace(LETTER, subject=" "), sender="x", to=[], cc=["y", "z"], pdf_name="a", message_id="<b>")
    assert len(raised.value.problems) == 7
    with pytest.raises(Problems, match="several senders"):
        made(sender="a@example.org, b@example.org")


@given(text=st.text(max_size=80))
def test_every_text_is_shown_and_never_marks(text: str) -> None:
    letter = replace(LETTER, title=text, lead=(text,), figures=((text, text),), edition=text, address="")
    whole = text_of(made(letter), "html")
    tags = [tag for tag, _ in Page(whole).tags]
    plain = Page(text_of(made(replace(LETTER, address="")), "html")).tags
    assert set(tags) <= {tag for tag, _ in plain}


def test_lines_end_in_crlf_and_are_short_and_ascii() -> None:
    to = [f"دفتر خبر {n} <desk{n}@example.org>" for n in range(60)]
    content = made(to=to, pdf_name="گزارش" * 20 + ".pdf")
    assert content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert len(read(content)["To"].addresses) == 60


# --- addresses


def test_addresses_come_single_in_lists_and_with_names() -> None:
    mixed = " b@example.org ; c@Example.ORG،"
    assert addresses(["a@example.org", mixed, "کریم <d@example.org>, <e@example.org>"]) == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
        "کریم <d@example.org>",
        "e@example.org",
    ]
    assert addresses(['"احمدی، کریم" <k@example.org>']) == ['"احمدی، کریم" <k@example.org>']
    assert addresses(["Karim (desk) <k@example.org>", "K@example.org"]) == ["Karim (desk) <k@example.org>"]
    assert addresses([]) == []


def test_a_domain_in_dari_is_sent_as_punycode() -> None:
    box = mailboxes(["info@نمونه.ایران"])[0]
    assert box.address.isascii()
    assert box.address.partition("@")[2].encode().decode("idna") == "نمونه.ایران"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "write it as name@example.org"),
        (" , ", "write it as name@example.org"),
        ("karim", "it has no @"),
        ("Ahmadi, karim@example.org", "in quotation marks"),
        ("a@b@example.org", "more than one @"),
        ("a@example.org b@example.org", "more than one @"),
        ("ka rim@example.org", "a space"),
        ("karim@exam ple.org", "a space"),
        ("کریم@example.org", "only Latin letters"),
        ("karím@example.org", "only Latin letters"),
        ("\u200ekarim@example.org", r"invisible character \(U\+200E\)"),
        ("karim@example.org\u202c", r"invisible character \(U\+202C\)"),
        ("@example.org", "cannot stand before"),
        (".karim@example.org", "cannot stand before"),
        ("k..m@example.org", "cannot stand before"),
        ("k(a)@example.org", "cannot stand before"),
        (f"{'k' * 65}@example.org", "cannot stand before"),
        ("karim@", "no full domain"),
        ("karim@localhost", "no full domain"),
        ("karim@example.org.", "no full domain"),
        ("karim@-example.org", "no full domain"),
        ("karim@exa_mple.org", "no full domain"),
        ("karim@[127.0.0.1]", "no full domain"),
        ("karim@\uff20.org", "no full domain"),
        (f"karim@{'x' * 64}.org", "no full domain"),
        (f"karim@{'x.' * 126}org", "no full domain"),
        (f"karim@{'ن' * 5000}.org", "no full domain"),
        ("karim@نمونه\u200cها.org", "ZWNJ"),
        ("karim@straße.de", "ß"),
        ("<>", "between < and >"),
        ("a <a@example.org> b <b@example.org>", "commas part several"),
        ("karim@example.org>", "commas part several"),
        ("karim <karim@example.org", "commas part several"),
        ("a\nb@example.org", "in one line"),
    ],
)
def test_what_is_no_address_is_a_problem_with_a_remedy(text: str, hint: str) -> None:
    with pytest.raises(Problems) as raised:
        addresses(["good@example.org", text])
    (problem,) = raised.value.problems
    assert re.search(hint, problem.hint)


def test_each_bad_address_is_named() -> None:
    with pytest.raises(Problems) as raised:
        addresses(["a@example.org, b", "c@"])
    assert [problem.message for problem in raised.value.problems] == [
        "'b' is no mail address",
        "'c@' is no mail address",
    ]


@given(text=st.text(max_size=60) | DARI)
def test_any_text_is_addresses_or_a_problem(text: str) -> None:
    try:
        found = addresses([text])
    except Problems:
        return
    assert addresses(found) == found


def test_the_size_is_told_and_above_one_megabyte_warned_of() -> None:
    assert size_note(b"x") == ("1 KB", False)
    assert size_note(bytes(186_368)) == ("182 KB", False)
    assert size_note(bytes(1024 * 1024)) == ("1024 KB", False)
    assert size_note(bytes(1024 * 1024 + 1)) == ("1.0 MB", True)
    assert size_note(bytes(1_500_000)) == ("1.4 MB", True)
