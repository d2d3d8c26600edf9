"""Firefox tells of each PDF what it tells of its HTML: the same things, in order, under the same names."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import pytest

from tests.listen.account import Heard, Node, count_items, heard, letters, sheets
from tests.listen.conftest import DOCUMENTS
from tests.listen.programs import Firefox, Page

pytestmark = pytest.mark.slow  # a browser, and a desk for it
OF_DARI = re.compile(r"[\u0621-\u06d3]")


@dataclass(frozen=True)
class Both:
    """A document as Firefox tells it, from the PDF and from the HTML."""

    page: Page
    pdf: Node
    html: Node


@pytest.fixture(params=DOCUMENTS)
def both(request: pytest.FixtureRequest, page: Callable[[str], Page], listened: Callable[..., dict[str, Node]]) -> Both:
    pdf, html = f"{request.param}.pdf", f"{request.param}.html"
    # Each document for itself: where much else is done, all together take longer than a test may.
    told = listened(f"firefox-{request.param}", Firefox, [pdf, html])
    return Both(page(pdf), told[pdf], told[html])


def outward(node: Node) -> list[str]:
    """Where the links in it lead, out of the document; in a PDF each line of an address is told as a link."""
    addresses = [link.address for link in node.all("link") if link.address.startswith("http")]
    return [address for address, _ in groupby(addresses)]


def with_tables_first(told: list[Heard]) -> list[Heard]:
    """The same with the table of a map right behind its picture: a PDF tells its names and its legend after it."""
    cells = ("column header", "row header", "table cell")
    signs = {"image": "i", "list item": "l", "paragraph": "p"} | dict.fromkeys(cells, "t")
    moved = list(told)
    for found in re.finditer("(?<=i)l+(pt+)", "".join(signs.get(one.role, "-") for one in told)):
        start, table, end = found.start(), found.start(1), found.end()
        moved[start:end] = told[table:end] + told[start:table]
    return moved


def test_all_is_told_as_what_it_is_and_in_order(both: Both) -> None:
    # Only the screen has ways back and to other files.
    back, ways = letters(both.page.back), letters(both.page.ways)
    screen = [one._replace(words=one.words.removesuffix(back).replace(ways, "")) for one in heard(both.html)]
    paper = heard(*sheets(both.pdf))
    assert [one for one in paper if one.words] == with_tables_first([one for one in screen if one.words])
    assert [one.role for one in paper].count("heading") == len(both.page.headings)


def test_lists_have_as_many_items(both: Both) -> None:
    told = [count_items(both.pdf), [len(one.parts) for one in both.html.all("list")]]
    assert told == [[len(items) for items in lists] for lists in both.page.lists]


def test_each_source_leads_to_its_own_address(both: Both) -> None:
    written = both.page.sources
    assert len(written) > 10
    for told in (both.pdf, both.html):
        items = [item for item in told.all("list item") if outward(item)]
        assert [outward(item) for item in items] == written
        assert len(outward(told)) == sum(map(len, written)), "none leads out from elsewhere"


def test_each_chart_is_told(both: Both) -> None:
    assert both.page.charts
    for told in (both.pdf, both.html):
        names = [letters(image.name) for image in told.all("image")]
        assert [name for name in names if name] == [*map(letters, both.page.charts)]


def test_the_edition_and_its_code_are_told(both: Both) -> None:
    edition, code = both.page.code.split(" · ", 1)
    assert re.fullmatch(r"[A-Z.-]+/\d+ · [0-9a-f]{4,}", code)
    for told in (both.pdf, both.html):
        end = letters("".join(one.words for one in heard(*(sheets(told) or [told])))[-300:])
        assert letters(edition) in end
        assert letters(code) in end


def test_marks_are_told_as_sources(both: Both) -> None:
    assert len(both.page.marks) > 10
    pdf, html = ({letters(node.name) for node in told.walk() if node.name} for told in (both.pdf, both.html))
    assert {*map(letters, both.page.marks)} <= pdf & html


def test_marks_of_the_html_lead_to_their_source_and_back(both: Both) -> None:
    links = [link for link in both.html.all("link") if ".html#" in link.address]
    names = {one.attributes["id"] for one in both.page.html.all() if "id" in one.attributes}
    assert {link.address.partition("#")[2] for link in links} <= names
    items = [item for item in both.html.all("list item") if outward(item)]
    assert [item for item in items if not any(".html#" in link.address for link in item.all("link"))] == []


def test_other_languages_are_told_as_such(both: Both) -> None:
    """What is in the document's own, Firefox may tell as the viewer's English: docs/explanation/accessibility.md."""
    own = both.page.html.one("html").attributes["lang"]
    told = {(node.language, letters(node.name)) for sheet in sheets(both.pdf) for node in sheet.walk()}
    if own == "en":
        assert {language.partition("-")[0] for language, _ in told} == {"en"}
    else:
        foreign = [link for link in both.page.html.one("main").all("a") if link.attributes.get("lang") == "en"]
        links = {letters(line) for link in foreign for line in link.parts if isinstance(line, str)}
        assert len(links) > 10
        assert [link for link in links if ("en", link) not in told] == []
        assert [name for language, name in told if language == "en" and OF_DARI.search(name)] == []
