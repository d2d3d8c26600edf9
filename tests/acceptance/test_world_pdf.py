"""The PDF of the world brief says what it is: its title, date, bookmarks, links and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from tipbrief.assets import shipped

LEVELS = re.compile(r"<h([123])(?: [^>]*)?>(.*?)</h\1>", re.S)
MARKUP = re.compile(r"<sup.*?</sup>|<[^>]*>", re.S)


@pytest.fixture(scope="module")
def pdf(world: Path) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(world / "tip-2025-world.pdf") as opened:
        yield opened


@pytest.fixture(scope="module")
def html(world: Path) -> str:
    return (world / "tip-2025-world.html").read_text(encoding="utf-8")


def elements(opened: pikepdf.Pdf) -> Iterator[Any]:
    """All elements of the tag tree."""

    def below(node: Any) -> Iterator[Any]:
        if isinstance(node, pikepdf.Array):
            for child in node:
                yield from below(child)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            yield node
            yield from below(node.get("/K", pikepdf.Array()))

    yield from below(opened.Root.StructTreeRoot.K)


def test_it_says_what_it_is(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.docinfo.Title) == "قاچاق انسان در جهان، ۲۰۲۵"
    assert str(pdf.docinfo.Author) == "tipbrief"
    assert str(pdf.docinfo.Creator) == "tipbrief"
    assert "گزارش قاچاق انسان" in str(pdf.docinfo.Subject)
    assert pdf.Root.Lang == "fa-AF"
    assert pdf.Root.ViewerPreferences.Direction == "/R2L"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
    assert bool(pdf.Root.MarkInfo.Marked) is True


def test_its_date_is_that_of_the_publication_and_not_of_the_clock(pdf: pikepdf.Pdf) -> None:
    published = re.search(
        r"^published: (\d{4})-(\d\d)-(\d\d)$",
        (shipped("data") / "tip-2025" / "publication.yaml").read_text("utf-8"),
        re.M,
    )
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
    titles = [title for _, title in found]
    headings = [(level, MARKUP.sub("", inner)) for level, inner in LEVELS.findall(html)]
    assert len(headings) > 10
    assert titles == [title for _, title in headings], "a bookmark has no source marks"
    assert [level for level, _ in found] == [int(level) for level, _ in headings]


def test_its_links_are_the_addresses_of_its_sources(pdf: pikepdf.Pdf, html: str) -> None:
    found = [
        str(note.A.URI)
        for leaf in pdf.pages
        for note in leaf.get("/Annots", [])
        if note.Subtype == "/Link" and "/A" in note
    ]
    assert set(found) == {unescape(address) for address in re.findall('<a href="([^"]+)"', html)}
    assert all(re.match("https?://[^/]+", address) for address in found)


def test_its_tags_tell_headings_lists_and_what_the_drawings_say(pdf: pikepdf.Pdf, html: str) -> None:
    tags = [str(element.S) for element in elements(pdf)]
    assert tags.count("/H1") == 1
    assert tags.count("/H2") == html.count("<h2 ")
    assert tags.count("/H3") == html.count("<h3 ")
    # A list that is laid out as a table is tagged once for each box of the table.
    assert tags.count("/L") >= len(re.findall("<[uo]l", html))
    assert tags.count("/LI") == html.count("<li")
    assert tags.count("/Link") == len(re.findall("<a ", html))
    alts = [str(element.Alt) for element in elements(pdf) if element.S == "/Figure" and "/Alt" in element]
    assert tags.count("/Figure") == len(alts) == html.count("<svg"), "each drawing has its words"
    the_map, victims, *_ = alts
    assert re.findall("[۰-۹٬]+", the_map.partition(". ")[2]) == ["۳۳", "۱۰۶", "۲۵", "۲۰", "۴"]
    assert "۲۰۲۳: ۱۳۳٬۹۴۳ (قربانی کار اجباری: ۴۲٬۰۹۸)" in victims
