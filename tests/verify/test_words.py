"""The words of an HTML page, block by block, and its whole text."""

import pytest

from tipbrief.verify import word_problems
from tipbrief.verify.html_text import read_printed_blocks, whole_text
from tipbrief.verify.painted_objects import Box, PaintedText


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>یک<b>ی</b> بود</p>", [("یکی", "بود")]),
        ("<p>یک<!-- دو -->ی<sup>دو</sup> <b>بود</b>", [("یکی", "دو", "بود")]),
        ("<p>یک<br>دو<p>سه", [("یک", "دو"), ("سه",)]),
        ("<div>الف<p>ب</p>پ</div>", [("الف",), ("ب",), ("پ",)]),
        ("<td>یک</td><td>دو &amp; سه</td>", [("یک",), ("دو", "سه")]),
        ("<p>به\u2066ده\u2069‌ها می‌\u200cرود\u200c.</p>", [("بهده\u200cها", "می\u200c\u200cرود")]),
        ("<p>anti-American, Kelley’s</p>", [("anti", "american", "kelley", "s")]),
        ("<p>لطفاً ۀ هٔ مُعلّم</p>", [("لطفا", "ۀ", "ۀ", "معلم")]),
    ],
)
def test_printed_words(html: str, blocks: list[tuple[str, ...]]) -> None:
    assert [block.tokens for block in read_printed_blocks(html)] == blocks


def test_the_number_of_a_source_is_expected_in_the_digits_of_the_marks() -> None:
    mark = '<p>چنین<sup><a href="#source-1">\u200f{}</a></sup></p>'
    source = '<ol start="12"><li id="source-12"><a href="#mark-12"></a>کتاب ۲۵</li></ol>'
    for digit, numbers in (("۱", ("۱۲", "کتاب", "۲۵")), ("1", ("12", "کتاب", "۲۵"))):
        *_, block = read_printed_blocks(mark.format(digit) + source)
        assert block.tokens == numbers
    (block,) = read_printed_blocks(source)
    assert block.tokens == ("کتاب", "۲۵")


def test_words_and_numbers_come_in_order_and_a_tag_ends_a_number_and_not_a_word() -> None:
    (block,) = read_printed_blocks("<li><span>Tier 3</span><span>2020–2025</span> <b>Ti</b>er</li>")
    assert block.tokens == ("tier", "3", "2020", "2025", "tier")
    (block,) = read_printed_blocks("<p>سال ۲۰۲۳<sup>۶</sup> و ۱۳۳٬۹۴۳ یا ۱٫۵ و 2,000</p>")
    assert block.tokens == ("سال", "۲۰۲۳", "۶", "و", "۱۳۳٬۹۴۳", "یا", "۱٫۵", "و", "2,000")


def test_what_is_hidden_from_screen_readers_is_marked() -> None:
    html = '<p>شمار <b aria-hidden="true">۲۰۲۳ بود</b> و</p><div aria-hidden="true"><i>یک</i></div><p>دو</p>'
    blocks = read_printed_blocks(html)
    assert [(one.tokens, sorted(one.visual_only)) for one in blocks] == [
        (("شمار", "۲۰۲۳", "بود", "و"), [1, 2]),
        (("یک",), [0]),
        (("دو",), []),
    ]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<title>برگه</title><style>p > a { }</style><p>یک<b>دو</b>\n سه &amp;&nbsp;پنج", "برگه یک دو سه & پنج"),
        ('<a href="https://x.example/?a=1&amp;b=2" class="c">پیوند</a>', "https://x.example/?a=1&b=2 پیوند"),
        ('<svg aria-label="نقشه"><title>میله</title></svg><p hidden data-foot="پا">نهان', "نقشه میله پا نهان"),
        ('<link rel="alternate" hreflang="ps" href="x.ps.html"><a href="#y">یک</a>', "#y یک"),
        (  # the numbers of a mark are one text, as when the whole mark was one link
            'الف<sup class="cite"><a href="#source-2" aria-label="دو">۲</a>،\u00a0<a href="#source-13">۱۳</a></sup> ب',
            "الف ۲، ۱۳ ب",
        ),
        ('<a class="current" href="y"><svg data-drawn="y"><title>تازه؟</title></svg></a>', "y"),
        ('<nav class="ways" hidden aria-label="راه"><a href="x.ps.html">پښتو</a></nav>یک', "یک"),
        (
            '<svg data-drawn="همه"><title>کوتاه</title></svg><div class="heard" hidden><div>نهان</div></div>'
            '<td><span class="heard" hidden><span>نهان</span></span>یک'
            '<a class="back" href="#mark-1" hidden></a>',
            "همه یک",
        ),
        (  # a template of one's own may call anything so
            '<div class="back">پشت</div><p class="ways">هر<br class="heard" hidden>سه',
            "پشت هر سه",
        ),
        ("<!DOCTYPE html><!-- -- یک > -->دو<script>if (a < b) {}</script> < سه", "دو < سه"),
    ],
)
def test_the_whole_text_has_what_is_printed_heard_and_followed(html: str, text: str) -> None:
    assert whole_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<style>p::before { content: 'نهان' }</style>متن",
        "<STYLE>p > a {}</STYLE><SCRIPT>if (a < b) {}</SCRIPT>متن",
        "<script>نهان",
        "<!-- <p>نهان</p> -->متن",
        '<p title="a > b">متن</p>',
        "<p HIDDEN>نهان</p>متن",
        "<div style='color: red; display : none'><p>نهان<br/>نهان</p></div>متن",
        "<svg><path d='M0'/><text>نهان</text></svg>متن",
        "<head><title>نهان<body>متن",
        "</p></div>متن",
    ],
)
def test_only_what_is_printed_is_a_word(html: str) -> None:
    words = [word for block in read_printed_blocks(html) for word in block.tokens]
    assert words == ([] if html == "<script>نهان" else ["متن"])


def painted(text: str, box: Box, size: float) -> PaintedText:
    return PaintedText(0, 0, box, (0, 0, 0), 1.0, 0, box, None, text, size)


@pytest.mark.parametrize(
    ("other", "size", "joined"),
    [
        # The small mark of a source at a label, and the dash for a value that is not known above the label beside it.
        ((288.6, 430.9, 292.2, 435.2), 6.5, "۳ x –"),
        ((288.6, 447.7, 292.2, 460.0), 20.0, "۳ –"),
        ((258.4, 420.0, 269.2, 424.0), 20.0, "۳ x –"),
    ],
)
def test_a_dash_belongs_to_a_number_beside_it_alone(other: Box, size: float, joined: str) -> None:
    dash = painted("–", (258.4, 447.7, 269.2, 449.9), 20.0)
    assert word_problems._join_texts([painted("۳", other, size), dash]) == joined
