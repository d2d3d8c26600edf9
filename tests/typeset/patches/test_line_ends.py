"""Line ends: a paragraph does not end in one word, a range does not part; the text stays as it is."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tipbrief.assets import find_shipped_folder
from tipbrief.fonts.font_library import load_fonts, truetype_files
from tipbrief.language.language import load_language
from tipbrief.typeset.engine import Typesetter

WORDS = "حکومت حداقل معیارهای قانون سال ۲۰۰۰ امریکا را کامل برآورده نمی‌کند ولی تلاش چشمگیر کرده است"
RANGES = "ردیف سال‌های ۲۰۰۲–۲۰۰۸ و ۲۰۱۰–۲۰۱۴ و ۲۰۱۶–۲۰۱۷ و ۲۰۱۹–۲۰۲۲ در هیچ منبعی نیامده"
MARK = '<sup class="cite">\u200f۳،\u00a0۱۰</sup>'


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter(
        find_shipped_folder("fonts") / "prepared", truetype_files(load_fonts(find_shipped_folder("fonts")))
    )


def lines(typesetter: Typesetter, inside: str, width: float, tag: str = "fa-AF") -> list[str]:
    """The lines of a paragraph, without marks of sources."""
    direction = "ltr" if tag == "en" else "rtl"
    html = (
        f'<!DOCTYPE html><html lang="{tag}" dir="{direction}">'
        '<head><meta charset="utf-8"><title>آزمون</title>'
        '<style>@page { size: 200mm 200mm; margin: 10mm } html { font: 10pt "Vazirmatn" } '
        f"p {{ width: {width}mm }} sup {{ font-size: .66em }}</style></head>"
        f"<body><p>{inside}</p></body></html>"
    )
    (page,) = typesetter.lay_out(html).document.pages
    return [text(box).strip() for box in boxes(page._page_box) if type(box).__name__ == "LineBox"]


def boxes(box: Any) -> Iterator[Any]:
    yield box
    for child in getattr(box, "children", ()):
        yield from boxes(child)


def text(box: Any) -> str:
    if box.element_tag == "sup":
        return ""
    return getattr(box, "text", "") or "".join(map(text, getattr(box, "children", ())))


@pytest.mark.parametrize("end", [".", f".{MARK}", f"<b>، {WORDS}</b>.{MARK}"])
def test_no_paragraph_ends_in_a_single_word(typesetter: Typesetter, end: str) -> None:
    for width in range(40, 120):
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
    for width in range(30, 120):
        found = lines(typesetter, ranges, width)
        assert not any(re.search(r"\d[–-]$", line) for line in found), width
        assert " ".join(found) == ranges, "the text is as it was"


def test_neither_a_range_nor_what_follows_other_letters_stands_alone_at_the_end(typesetter: Typesetter) -> None:
    """A range that was moved left its last line alone; of a text after bold letters too little was seen."""
    for end in (" برای ۲۰۱۶–۲۰۱۷، ۲۰۱۹، ۲۰۲۱–۲۰۲۲.", " <b>آلمان</b>، لوکزامبورگ، هالند."):
        for width in range(60, 120):
            found = lines(typesetter, WORDS + end, width)
            assert " " in found[-1], (end, width)
            assert " ".join(found) == re.sub("<.*?>", "", WORDS + end), "the text is as it was"


DATES = {
    "fa-AF": "گزارش ۲۹ سپتمبر ۲۰۲۵، ۸ میزان ۱۴۰۴ (۳۰ سپتمبر ۲۰۲۵)، اکتوبر ۲۰۲۶ و سال ۲۰۰۰ می ۱۲ سپتمبر",
    "ps": "راپور ۲۹ سپټمبر ۲۰۲۵، ۸ تله ۱۴۰۴ (۳۰ سپټمبر ۲۰۲۵)، اکتوبر ۲۰۲۶ او کال ۲۰۰۰",
    "en": "The report of September 29, 2025, 8 Mizan (November 12, 2025), October 2026, and of 2000",
}


@pytest.mark.parametrize("tag", DATES)
def test_no_date_parts(typesetter: Typesetter, tag: str) -> None:
    own = load_language(tag)
    months = (*own.solar_months, *own.gregorian_months)
    whole = re.compile(rf"(?:\d\d? )?(?:{'|'.join(months)})(?: \d\d?,)?(?: \d{{4}})?")
    dates = [found for found in whole.findall(DATES[tag]) if re.search(r"\d{4}", found)]
    assert len(dates) >= 3
    for width in range(35, 120):
        found = lines(typesetter, DATES[tag], width, tag)
        assert all(any(date in line for line in found) for date in dates), width
        assert " ".join(found) == DATES[tag], "the text is as it was"


@pytest.mark.parametrize("tag", DATES)
def test_no_date_parts_that_begins_an_element(typesetter: Typesetter, tag: str) -> None:
    """So stand those in a sentence that are written for a language: in both calendars."""
    before, date, after = {
        "fa-AF": ("گزارش امریکا در ", "۷ میزان ۱۴۰۴ (۲۹ سپتمبر ۲۰۲۵)", "؛ به گفتۀ وزیر"),
        "ps": ("د امریکا راپور په ", "۷ تله ۱۴۰۴ (۲۹ سپټمبر ۲۰۲۵)", "؛ د وزیر په وینا"),
        "en": ("The report came out on ", "September 29, 2025 (Mizan 7, 1404)", "; in the words"),
    }[tag]
    first, second = date.split(" (")
    for width in range(35, 120):
        found = lines(typesetter, f"{before}<span>{date}</span>{after}", width, tag)
        assert all(any(whole in line for line in found) for whole in (first, second)), width
        assert " ".join(found) == before + date + after, "the text is as it was"


def test_a_date_that_is_wider_than_its_line_parts_where_it_can(typesetter: Typesetter) -> None:
    assert lines(typesetter, "۲۹ سپتمبر ۲۰۲۵", 12) == ["۲۹", "سپتمبر", "۲۰۲۵"]


def test_what_is_wider_than_its_line_parts_where_it_can(typesetter: Typesetter) -> None:
    assert lines(typesetter, "۲۰۰۲–۲۰۰۸", 12) == ["۲۰۰۲–", "۲۰۰۸"]
