"""The list of the sheets: each with its note and page, below the letters of the alphabet."""

import re

from tipbrief.deliver.index import LINK_SCHEME, ContentsEntry, contents_html
from tipbrief.language.language import load_language
from tipbrief.pipeline.session import Session

DARI = load_language("fa-AF")
digits = DARI.digits


def sheet(name: str, title: str, note: str = "") -> ContentsEntry:
    return ContentsEntry(name, title, note, 1, bytes)


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
