"""What the e-mail says, as plain text and as a page: from right to left, escaped, fetching nothing."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.html_tree import Element, read_html
from tests.mail_server import AT
from tests.support import BASE, change, figures_brief, wells
from tipbrief.check.publication import load_publication
from tipbrief.language.language import load_language
from tipbrief.ledger.editions import draft_edition
from tipbrief.ledger.ledger import Ledger
from tipbrief.mail.message import Body, Mail, compose_body, compose_mail_html, compose_mail_text, parse_addresses

NAME = "tip-2025-world.pdf"
BODY = Body(
    subject="قاچاق انسان",
    title="افغانستان در پایین‌ترین ردیف",
    lead=("گزارش (TIP Report) کار ۱۸۸ حکومت را سنجیده است.", "بند دوم: <b> & «نقل»."),
    figures=(("۱۸۸", "حکومت ارزیابی شده‌اند"), ("۱۳\u200f٪", "از همه")),
    edition="نسخۀ ۲",
    signature="WORLD/2 · 9f2c",
    address="https://example.org/tip/?a=1&b=2",
    publisher="tipbrief",
    language=load_language("fa-AF"),
    colours=load_publication(BASE).imprint.colours,
)


def mail(body: Body = BODY, name: str = NAME) -> Mail:
    return Mail(body, parse_addresses("", ["a@example.org"]), b"", name, AT)


def page(body: Body = BODY, name: str = NAME) -> Element:
    return read_html(compose_mail_html(mail(body, name)))


def tags(shown: Element) -> set[str]:
    return {element.tag for element in shown.all()}


def test_the_plain_text_reads_from_top_to_bottom() -> None:
    assert compose_mail_text(mail()).splitlines() == [
        BODY.title, "",
        BODY.lead[0], "",
        BODY.lead[1], "",
        "• ۱۸۸ — حکومت ارزیابی شده‌اند",
        "• ۱۳\u200f٪ — از همه", "",
        "ضمیمه: tip-2025-world.pdf",
        f"{BODY.edition} · {BODY.signature}", "",
        "تازه‌ترین نسخه:",
        BODY.address, "",
        "tipbrief",
    ]  # fmt: skip


def test_a_dari_line_that_starts_with_a_latin_word_stays_right_to_left() -> None:
    lines = compose_mail_text(mail(replace(BODY, lead=("TIP نام گزارش است.",)))).splitlines()
    assert "\u200fTIP نام گزارش است." in lines
    assert BODY.address in lines


def test_an_english_mail_runs_from_left_to_right_a_line_that_starts_with_dari_too() -> None:
    body = replace(BODY, language=load_language("en"), lead=("«قاچاق» means trafficking.", "In Dari: «قاچاق»."))
    lines = compose_mail_text(mail(body)).splitlines()
    assert "\u200e«قاچاق» means trafficking." in lines
    assert "In Dari: «قاچاق»." in lines
    html = compose_mail_html(mail(body))
    assert read_html(html).one("html").attributes == {"lang": "en", "dir": "ltr"}
    assert "rtl" not in html.replace('dir="rtl" lang="fa"', "")
    assert ("text-align:left" in html, "text-align:right" in html) == (True, False)
    assert "padding:6px 16px 6px 0" in html


def test_what_is_empty_leaves_no_gap() -> None:
    bare = replace(BODY, figures=(), edition="", signature="", address="", publisher="")
    plain = compose_mail_text(mail(bare))
    assert plain.splitlines()[-1] == "ضمیمه: tip-2025-world.pdf"
    assert "\n\n\n" not in plain.replace("\r", "")
    assert {"table", "a", "br"}.isdisjoint(tags(page(bare)))


def test_the_page_is_right_to_left_and_fetches_nothing() -> None:
    shown = page()
    assert shown.one("html").attributes == {"lang": "fa-AF", "dir": "rtl"}
    # Mail programs keep the inner elements only.
    inner = [element for tag in ("div", "h1", "p", "table", "td") for element in shown.all(tag)]
    assert {element.attributes["dir"] for element in inner} == {"rtl"}
    texts = [element for tag in ("h1", "p", "td") for element in shown.all(tag)]
    assert all("font-family:Vazirmatn,Tahoma" in element.attributes["style"] for element in texts)
    assert tags(shown).isdisjoint({"img", "link", "style", "script", "iframe"})
    links = [element.attributes for element in shown.all() if {"href", "src"} & element.attributes.keys()]
    assert [link.get("href") for link in links] == [BODY.address]


def test_the_page_shows_marks_as_text_and_isolates_latin_runs() -> None:
    shown = page()
    for text in (BODY.title, *BODY.lead, *sum(BODY.figures, ()), BODY.edition, BODY.signature):
        assert text in shown.text
    runs = ["TIP Report", "b", "tip-2025-world.pdf", BODY.signature, BODY.address, "tipbrief"]
    assert [(span.text, span.attributes["dir"]) for span in shown.all("span")] == [(run, "ltr") for run in runs]


@pytest.mark.parametrize("text", ["AT&T", "R&lt;D", "<b>", '"><script>', "&", "'x'"])
def test_marks_are_escaped_in_every_place(text: str) -> None:
    texts = dict.fromkeys(("title", "edition", "signature", "publisher"), text)
    body = replace(BODY, **texts, lead=(text,), figures=((text, text),), address=f"https://example.org/{text}")
    shown = page(body, f"{text}.pdf")
    assert shown.text.count(text) == 10
    assert shown.one("a").attributes["href"] == body.address
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#34;|#39;)", compose_mail_html(mail(body, f"{text}.pdf")))


def test_only_a_web_address_becomes_a_link() -> None:
    shown = page(replace(BODY, address="javascript:alert(1)"))
    assert "javascript:alert(1)" in [span.text for span in shown.all("span")]
    assert "a" not in tags(shown)


@given(text=st.text(max_size=80))
def test_every_text_is_shown_and_never_marks(text: str) -> None:
    body = replace(BODY, title=text, lead=(text,), figures=((text, text),), edition=text, address="")
    assert tags(page(body)) <= tags(page(replace(BODY, address="")))


def test_a_title_of_two_lines_is_one_subject(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    change(folder / "briefs" / "one.yaml", "title: چاه‌ها", 'title: "چاه‌ها\\n\\nBcc: x@example.org"')
    whole = load_publication(folder)
    edition = draft_edition(Ledger("wells"), "one", whole.imprint.published)
    assert compose_body(whole, edition).subject == "چاه‌ها Bcc: x@example.org"


def test_lines_and_links_have_the_colours_of_the_publication() -> None:
    html = compose_mail_html(mail())
    assert set(re.findall("#[0-9a-f]{6}", html)) == {"#0f4c5c", "#b8c0c3"}
