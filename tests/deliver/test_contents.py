"""The list of the sheets: every sheet once and in order, columns that hold it, letters of the alphabet."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tipbrief.deliver.index import (
    COLUMNS,
    FIRST_LINES,
    LETTER_LINES,
    LINK_SCHEME,
    PAGE_LINES,
    ContentsColumn,
    ContentsEntry,
    contents_html,
    paginate_contents,
)
from tipbrief.language import language
from tipbrief.language.language import load_language
from tipbrief.pipeline.session import Session

DARI = load_language("fa-AF")
digits = DARI.digits
LETTERS = "اآبپتجچدرزسشعفکگلمنوهی"


def sheet(name: str, title: str, note: str = "") -> ContentsEntry:
    return ContentsEntry(name, title, note, 1, bytes)


def sheets_of(counts: list[int]) -> list[ContentsEntry]:
    """So many sheets for each letter."""
    titles = [f"{LETTERS[place]}{number}" for place, count in enumerate(counts) for number in range(count)]
    return [sheet(str(number), title) for number, title in enumerate(titles)]


def lines(column: ContentsColumn) -> int:
    return sum(LETTER_LINES + len(sheets) for _, sheets in column)


@given(st.lists(st.integers(0, 60), max_size=len(LETTERS)))
def test_every_sheet_stands_once_in_order_in_columns_that_hold_it_the_last_ones_alike(counts: list[int]) -> None:
    sheets = sheets_of(counts)
    leaves = paginate_contents(sheets, DARI)
    groups = [group for columns in leaves for column in columns for group in column]
    assert [one for _, own in groups for one in own] == sheets
    for letter, own in groups:
        assert {language.first_letter(one.title, DARI) for one in own} == {letter}
    for number, columns in enumerate(leaves):
        assert 1 <= len(columns) <= COLUMNS
        assert all(lines(column) <= (PAGE_LINES if number else FIRST_LINES) for column in columns)
    if leaves and len(leaves[-1]) == COLUMNS:
        first, last = (lines(column) for column in leaves[-1])
        # A letter stays with its first sheet, and is repeated where its sheets are parted.
        assert abs(first - last) <= 2 * LETTER_LINES


def test_no_page_but_the_last_has_room_left() -> None:
    *full, _ = paginate_contents(sheets_of([1] * 10 + [80, 1, 90]), DARI)
    assert len(full) == 2
    for number, columns in enumerate(full):
        room = PAGE_LINES if number else FIRST_LINES
        assert len(columns) == COLUMNS
        assert all(lines(column) >= room - LETTER_LINES for column in columns)


def test_the_list_says_name_note_and_page_and_links_to_the_sheet(session: Session) -> None:
    listed = [sheet("country-AFG", "افغانستان", "ردیف سوم"), sheet("country-YEM", "یمن", "حالت خاص")]
    publication, pages = session.publication, {"country-AFG": 2, "country-YEM": 13}
    date, env = publication.imprint.published, session.environment
    html = contents_html(publication, session.fonts, env, listed, pages, title="همه", date=date)
    lines = re.findall(rf'<a href="{LINK_SCHEME}([^"]+)">(.*?)</a>', html)
    shown = [(name, re.sub("<[^>]+>", "", text)) for name, text in lines]
    assert shown == [("country-AFG", f"افغانستان ردیف سوم {digits(2)}"), ("country-YEM", f"یمن حالت خاص {digits(13)}")]
    assert re.findall("<h3>(.)</h3>", html) == ["ا", "ی"]
    assert f"{digits(2)} برگه" in html
    assert "<h1>همه</h1>" in html
