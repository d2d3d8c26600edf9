"""What the e-mail says, as plain text and as a page: from right to left, escaped, fetching nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tipbrief.mail.body import Body, mail_page, mail_text

NAME = "tip-2025-world.pdf"
BODY = Body(
    subject="قاچاق انسان",
    title="قاچاق انسان در جهان، ۲۰۲۵",
    lead=("گزارش (TIP Report) کار ۱۸۸ حکومت را سنجیده است.", "بند دوم: <b> & «نقل»."),
    figures=(("۱۸۸", "حکومت ارزیابی شده‌اند"), ("۱۳\u200f٪", "از همه")),
    edition="ویرایش ۲",
    signature="WORLD/2 · 9f2c",
    address="https://example.org/tip/?a=1&b=2",
    publisher="tipbrief",
)


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
            assert dict(attrs)["dir"] == "ltr"
            self.spans.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside:
            self.spans[-1] += data


def test_the_plain_text_reads_from_top_to_bottom() -> None:
    assert mail_text(BODY, NAME).splitlines() == [
        BODY.title, "",
        BODY.lead[0], "",
        BODY.lead[1], "",
        "• ۱۸۸ — حکومت ارزیابی شده‌اند",
        "• ۱۳\u200f٪ — از همه", "",
        "ضمیمه: tip-2025-world.pdf",
        f"{BODY.edition} · {BODY.signature}", "",
        "تازه‌ترین ویرایش:",
        BODY.address, "",
        "tipbrief",
    ]  # fmt: skip


def test_a_dari_line_that_starts_with_a_latin_word_stays_right_to_left() -> None:
    lines = mail_text(replace(BODY, lead=("TIP نام گزارش است.",)), NAME).splitlines()
    assert "\u200fTIP نام گزارش است." in lines
    assert BODY.address in lines


def test_what_is_empty_leaves_no_gap() -> None:
    bare = replace(BODY, figures=(), edition="", signature="", address="", publisher="")
    plain = mail_text(bare, NAME)
    assert plain.splitlines()[-1] == "ضمیمه: tip-2025-world.pdf"
    assert "\n\n\n" not in plain.replace("\r", "")
    tags = [tag for tag, _ in Page(mail_page(bare, NAME)).tags]
    assert {"table", "a", "br"}.isdisjoint(tags)


def test_the_page_is_right_to_left_and_fetches_nothing() -> None:
    shown = Page(mail_page(BODY, NAME))
    assert ("html", {"lang": "fa-AF", "dir": "rtl"}) in shown.tags
    # Mail programs keep the inner elements only.
    assert all(attrs["dir"] == "rtl" for tag, attrs in shown.tags if tag in ("div", "h1", "p", "table", "td"))
    texts = [attrs for tag, attrs in shown.tags if tag in ("h1", "p", "td")]
    assert all("font-family:Vazirmatn,Tahoma" in str(attrs["style"]) for attrs in texts)
    assert {tag for tag, _ in shown.tags}.isdisjoint({"img", "link", "style", "script", "iframe"})
    assert [attrs["href"] for _, attrs in shown.tags if "href" in attrs] == [BODY.address]
    assert not [attrs for _, attrs in shown.tags if "src" in attrs]
    assert "url(" not in mail_page(BODY, NAME)


def test_the_page_shows_marks_as_text_and_isolates_latin_runs() -> None:
    shown = Page(mail_page(BODY, NAME))
    for text in (BODY.title, *BODY.lead, *sum(BODY.figures, ()), BODY.edition, BODY.signature):
        assert text in shown.text
    runs = ["TIP Report", "b", "tip-2025-world.pdf", BODY.signature, BODY.address, "tipbrief"]
    assert shown.spans == runs


@pytest.mark.parametrize("text", ["AT&T", "R&lt;D", "<b>", '"><script>', "&", "'x'"])
def test_marks_are_escaped_in_every_place(text: str) -> None:
    body = Body("x", text, (text,), ((text, text),), text, text, f"https://example.org/{text}", text)
    content = mail_page(body, f"{text}.pdf")
    shown = Page(content)
    assert shown.text.count(text) == 10
    assert [attrs["href"] for tag, attrs in shown.tags if tag == "a"] == [body.address]
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#34;|#39;)", content)


def test_only_a_web_address_becomes_a_link() -> None:
    shown = Page(mail_page(replace(BODY, address="javascript:alert(1)"), NAME))
    assert "javascript:alert(1)" in shown.spans
    assert "a" not in [tag for tag, _ in shown.tags]


@given(text=st.text(max_size=80))
def test_every_text_is_shown_and_never_marks(text: str) -> None:
    body = replace(BODY, title=text, lead=(text,), figures=((text, text),), edition=text, address="")
    plain = {tag for tag, _ in Page(mail_page(replace(BODY, address=""), NAME)).tags}
    assert {tag for tag, _ in Page(mail_page(body, NAME)).tags} <= plain
