"""The PDF of the world brief says what it is: its title, date, bookmarks, links and tags."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from tests.support import TIP_2025
from tipbrief.pdf.tag_tree import read_tags

LEVELS = re.compile(r"<h([123])(?: [^>]*)?>(.*?)</h\1>", re.S)
MARKUP = re.compile(r"<sup.*?</sup>|<[^>]*>", re.S)


@pytest.fixture(scope="module")
def pdf(world: Path) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(world / "tip-2025-world.pdf") as opened:
        yield opened


@pytest.fixture(scope="module")
def html(world: Path) -> str:
    return (world / "tip-2025-world.html").read_text(encoding="utf-8")


def test_it_says_what_it_is(pdf: pikepdf.Pdf) -> None:
    names = [str(pdf.docinfo[key]) for key in ("/Title", "/Author", "/Creator")]
    assert names == ["افغانستان در پایین‌ترین ردیف مبارزه با قاچاق انسان", "tipbrief", "tipbrief"]
    assert "گزارش قاچاق انسان" in str(pdf.docinfo.Subject)
    assert pdf.Root.Lang == "fa-AF"
    assert pdf.Root.ViewerPreferences.Direction == "/R2L"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
    assert bool(pdf.Root.MarkInfo.Marked) is True


def test_its_date_is_that_of_the_publication_and_not_of_the_clock(pdf: pikepdf.Pdf) -> None:
    told = (TIP_2025 / "publication.yaml").read_text("utf-8")
    published = re.search(r"^published: (\d{4})-(\d\d)-(\d\d)$", told, re.M)
    assert published
    assert str(pdf.docinfo.CreationDate) == "D:" + "".join(published.groups())
    assert pdf.docinfo.ModDate == pdf.docinfo.CreationDate


def test_its_bookmarks_are_its_headings(pdf: pikepdf.Pdf, html: str) -> None:
    found: list[tuple[int, str]] = []

    def walk(items: Any, level: int) -> None:
        for item in items:
            found.append((level, item.title))
            walk(item.children, level + 1)

    with pdf.open_outline() as outline:
        walk(outline.root, 1)
    headings = [(int(level), MARKUP.sub("", inner)) for level, inner in LEVELS.findall(html)]
    assert len(headings) > 10
    assert found == headings, "a bookmark has no source marks"


def test_its_links_are_the_addresses_of_its_sources(pdf: pikepdf.Pdf, html: str) -> None:
    found = [
        str(note.A.URI)
        for leaf in pdf.pages
        for note in leaf.get("/Annots", [])
        if note.Subtype == "/Link" and "/A" in note
    ]
    main = html.partition("<main>")[2].partition("</main>")[0]  # only a screen has ways to other files
    assert set(found) == {unescape(address) for address in re.findall('<a href="([^"#]+)"', main)}
    assert all(re.match("https?://[^/]+", address) for address in found)


def test_its_tags_tell_headings_lists_and_what_the_drawings_say(pdf: pikepdf.Pdf, html: str) -> None:
    nodes = list(read_tags(pdf).walk())
    counts = Counter(node.tag for node in nodes)
    html = html.partition("</head>")[2]  # hatching is a drawing, too, in the styles
    html = re.sub('<nav class="ways" hidden.*?</nav>', "", html, flags=re.S)
    written = {
        "H1": "<h1",
        "H2": "<h2 ",
        "H3": "<h3 ",
        "LI": "<li[ >]",
        "Figure": "<svg",
    }
    assert {tag: counts[tag] for tag in written} == {
        tag: len(re.findall(start, html)) for tag, start in written.items()
    }
    assert counts["Link"] >= len(re.findall('<a (?!class="back")', html)), "a long address has one for each line"
    assert counts["H1"] == 1
    # The columns of sources are one list.
    assert counts["L"] == len(re.findall('<(?:ul|ol start="1")', html))
    alts = [str(node.source.Alt) for node in nodes if node.tag == "Figure"]
    the_map, victims, *_ = alts
    assert len(the_map) < 150
    assert "۱۳۳۹۴۳" in victims, "thousands without a mark, which would be said as a comma"
    rows = [[str(kid.source.get("/ActualText", "")) for kid in node.elements] for node in nodes if node.tag == "TR"]
    assert ["۲۰۲۳", "۱۳۳۹۴۳", "۴۲۰۹۸"] in rows, "the numbers that the drawing shows"
