"""Chromium: its PDF viewer as it is, and with the tags that it will read one day; and the HTML."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from tests.html_tree import Element
from tests.listen.account import Node, count_items, letters
from tests.listen.conftest import SHEET, WORLD
from tests.listen.programs import Chromium, Page
from tipbrief.language.unicode_text import normal_form
from tipbrief.verify.html_text import split_into_tokens

pytestmark = pytest.mark.slow  # a browser, and a desk for it
Listened = Callable[..., dict[str, Node]]
FILES = [f"{name}.{kind}" for name in (WORLD, SHEET) for kind in ("html", "pdf")]


@pytest.fixture(params=(WORLD, SHEET))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def told(listened: Listened) -> dict[str, Node]:
    return listened("chromium", Chromium, FILES)


@pytest.fixture
def told_by_tags(listened: Listened) -> dict[str, Node]:
    """The same with a feature that is off in Chromium 156: the tree is made of the file's tags."""
    return listened("chromium-tags", partial(Chromium, features="PdfTags"), [f"{WORLD}.pdf", f"{SHEET}.pdf"])


def test_each_chart_speaks(told: dict[str, Node], page: Callable[[str], Page], name: str) -> None:
    charts = page(f"{name}.html").charts
    assert charts
    for kind in ("html", "pdf"):
        images = [letters(image.name) for image in told[f"{name}.{kind}"].all("image")]
        assert [image for image in images if image] == list(map(letters, charts))


def printed(element: Element) -> str:
    """What stands on paper: Chromium passes over tags without content, those of what is only heard."""
    parts = element.parts if "hidden" not in element.attributes and element.tag != "svg" else []
    return " ".join(part if isinstance(part, str) else printed(part) for part in parts)


def test_the_tags_give_the_words(told_by_tags: dict[str, Node], page: Callable[[str], Page], name: str) -> None:
    written = Counter(split_into_tokens(normal_form(printed(page(f"{name}.html").html.one("main")))))
    (sheets,) = told_by_tags[f"{name}.pdf"].all("document frame")
    given = Counter(split_into_tokens(normal_form(" ".join(node.name for node in sheets.walk()))))
    assert written.total() > 500
    assert (written & given).total() >= 0.95 * written.total()


def test_the_tags_give_headings_lists_and_charts(
    told_by_tags: dict[str, Node], page: Callable[[str], Page], name: str
) -> None:
    tree, html = told_by_tags[f"{name}.pdf"], page(f"{name}.html")
    assert len(tree.all("heading")) == len(html.headings)
    lists = [[item for item in items if printed(item).strip()] for items in html.lists[0]]
    assert count_items(tree) == list(map(len, lists))
    assert len([image for image in tree.all("image") if image.name]) == len(html.html.all("svg"))
