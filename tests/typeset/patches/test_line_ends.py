"""Line ends: a paragraph does not end in one word, a range does not part; the text stays as it is."""

import re
from typing import Any

import pytest

from tests.typeset.patches.turns import page
from tipbrief.language.language import load_language
from tipbrief.typeset.engine import Typesetter

WORDS = "حکومت حداقل معیارهای قانون سال ۲۰۰۰ امریکا را کامل برآورده نمی‌کند ولی تلاش چشمگیر کرده است"
RANGES = "ردیف سال‌های ۲۰۰۲–۲۰۰۸ و ۲۰۱۰–۲۰۱۴ و ۲۰۱۶–۲۰۱۷ و ۲۰۱۹–۲۰۲۲ در هیچ منبعی نیامده"
MARK = '<sup class="cite">\u200f۳،\u00a0۱۰</sup>'


def lines(typesetter: Typesetter, inside: str, width: float, tag: str = "fa-AF") -> list[str]:
    """The lines of a paragraph, without marks of sources."""
    direction = "ltr" if tag == "en" else "rtl"
    styles = f"@page {{ size: 200mm 200mm; margin: 10mm }} html {{ font-size: 10pt }} p {{ width: {width}mm }}"
    html = page(f"<p>{inside}</p>", f"{styles} sup {{ font-size: .66em }}", direction, tag)
    (sheet,) = typesetter.lay_out(html).document.pages
    return [text(box).strip() for box in sheet._page_box.descendants() if type(box).__name__ == "LineBox"]


def text(box: Any) -> str:
    if box.element_tag == "sup":
        return ""
    return getattr(box, "text", "") or "".join(map(text, getattr(box, "children", ())))


@pytest.mark.parametrize(
    ("end", "least"),
    [
        (".", 40),
        (f".{MARK}", 40),
        (f"<b>، {WORDS}</b>.{MARK}", 40),
        (" برای ۲۰۱۶–۲۰۱۷، ۲۰۱۹، ۲۰۲۱–۲۰۲۲.", 60),  # a range that was moved left its last line alone
        (" <b>آلمان</b>، لوکزامبورگ، هالند.", 60),  # of a text after bold letters too little was seen
    ],
)
def test_no_paragraph_ends_in_a_single_word(typesetter: Typesetter, end: str, least: int) -> None:
    for width in range(least, 120, 2):
        found = lines(typesetter, WORDS + end, width)
        assert " " in found[-1], width
        assert " ".join(found) == re.sub("<sup.*?</sup>|<.*?>", "", WORDS + end), "the text is as it was"


def test_a_word_is_added_to_a_last_one_where_both_have_room(typesetter: Typesetter) -> None:
    """Two long words would need a line more."""
    assert lines(typesetter, "و نابسامانی‌هایشان بی‌تصمیم‌گیری‌هایشان", 36) == ["و نابسامانی‌هایشان", "بی‌تصمیم‌گیری‌هایشان"]
    assert lines(typesetter, "اثر ملاحظات سیاسی بر ارزیابی‌ها می‌گویند.", 48) == [
        "اثر ملاحظات سیاسی بر",
        "ارزیابی‌ها می‌گویند.",
    ]
    # Behind a mark or a number, too.
    found = lines(typesetter, f"{WORDS}؛{MARK} رقم آن را نیافتیم.", 54)
    assert found[-1] == "را نیافتیم."


@pytest.mark.parametrize("ranges", [RANGES, RANGES.replace("–", "-")])
def test_no_range_parts_after_its_dash(typesetter: Typesetter, ranges: str) -> None:
    for width in range(30, 120, 2):
        found = lines(typesetter, ranges, width)
        assert not any(re.search(r"\d[–-]$", line) for line in found), width
        assert " ".join(found) == ranges, "the text is as it was"


DATES = {
    "fa-AF": "گزارش ۲۹ سپتمبر ۲۰۲۵، ۸ میزان ۱۴۰۴ (۳۰ سپتمبر ۲۰۲۵)، اکتوبر ۲۰۲۶ و سال ۲۰۰۰ می ۱۲ سپتمبر",
    "ps": "راپور ۲۹ سپټمبر ۲۰۲۵، ۸ تله ۱۴۰۴ (۳۰ سپټمبر ۲۰۲۵)، اکتوبر ۲۰۲۶ او کال ۲۰۰۰",
    "en": "The report of September 29, 2025, 8 Mizan (November 12, 2025), October 2026, and of 2000",
}


# So stand those in a sentence that are written for a language: in both calendars, and as an element.
IN_A_SENTENCE = {
    "fa-AF": "گزارش امریکا در <span>۷ میزان ۱۴۰۴ (۲۹ سپتمبر ۲۰۲۵)</span>؛ به گفتۀ وزیر",
    "ps": "د امریکا راپور په <span>۷ تله ۱۴۰۴ (۲۹ سپټمبر ۲۰۲۵)</span>؛ د وزیر په وینا",
    "en": "The report came out on <span>September 29, 2025 (Mizan 7, 1404)</span>; in the words",
}


@pytest.mark.parametrize("tag", DATES)
@pytest.mark.parametrize(("texts", "least"), [(DATES, 3), (IN_A_SENTENCE, 2)], ids=["bare", "in a sentence"])
def test_no_date_parts(typesetter: Typesetter, texts: dict[str, str], least: int, tag: str) -> None:
    own, plain = load_language(tag), re.sub("<.*?>", "", texts[tag])
    months = (*own.solar_months, *own.gregorian_months)
    whole = re.compile(rf"(?:\d\d? )?(?:{'|'.join(months)})(?: \d\d?,)?(?: \d{{4}})?")
    dates = [found for found in whole.findall(plain) if re.search(r"\d{4}", found)]
    assert len(dates) >= least
    for width in range(35, 120, 2):
        found = lines(typesetter, texts[tag], width, tag)
        assert all(any(date in line for line in found) for date in dates), width
        assert " ".join(found) == plain, "the text is as it was"


def test_what_is_wider_than_its_line_parts_where_it_can(typesetter: Typesetter) -> None:
    assert lines(typesetter, "۲۹ سپتمبر ۲۰۲۵", 12) == ["۲۹", "سپتمبر", "۲۰۲۵"]
    assert lines(typesetter, "۲۰۰۲–۲۰۰۸", 12) == ["۲۰۰۲–", "۲۰۰۸"]


@pytest.mark.parametrize("inside", ["{}", "<b>{}</b>", '<i lang="ps"><b>{}</b></i>'])
def test_an_address_that_has_room_on_the_next_line_is_not_broken(typesetter: Typesetter, inside: str) -> None:
    """Also where all of the paragraph stands in one element, whose texts WeasyPrint takes for starts of lines."""
    for width in range(54, 110, 3):
        address = '(<span dir="ltr" lang="en" style="overflow-wrap: anywhere">www.example.org/a_b.html</span>)'
        found = lines(typesetter, inside.format(f"{WORDS[:50]} <b>«چاه»</b> {address} {WORDS}"), width)
        assert all(any(word in line for line in found) for word in ("www.example.org/", "a_b.html)")), width
    (*_, last) = lines(typesetter, inside.format('<span style="overflow-wrap: anywhere">' + "w" * 60 + "</span>"), 54)
    assert len(last) < 50, "what has no room on any line is broken"
