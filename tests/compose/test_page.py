"""The composed HTML: compared whole with ``tests/golden/all.html``, and true to its dataset."""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.compose.test_templates import template
from tests.html_tree import read_html
from tests.support import GOLDEN, TESTS, TIP_2025, change, problems_of
from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import BLOCKS, Block, inner_blocks
from tipbrief.check.publication import load_publication
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem

TEMPLATES = find_shipped_folder("templates")

MAP_PATH = re.compile(r'd="(M[^"]{200,})"')


def text(html: str) -> str:
    return " ".join("".join(piece for _, piece in read_html(html).texts).split())


def numbers(html: str, number: str) -> int:
    """How often a number in Persian digits stands in the HTML, whole."""
    return len(re.findall(f"(?<![۰-۹٬٫]){number}(?![۰-۹٫]|٬[۰-۹])", html))


def shortened(html: str) -> str:
    """The HTML without the fonts, styles, pictures and shapes of countries, which would hide all else.

    The bytes of a PNG depend on the version of Pillow; ``data-sum`` says what it shows.
    """
    html = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "PNG", html)
    html = re.sub(r"url\(data:font/woff2;base64,[A-Za-z0-9+/=]+\)", "url(FONT)", html)
    for name in ("css/common", "css/screen", "css/print", "profiles/office", "css/browser"):
        styles = (TEMPLATES / f"{name}.css").read_text(encoding="utf-8").rstrip("\n")
        styles = re.escape(re.sub("{% if .*?{% endif %}\n", "", styles, flags=re.S))  # for what these pages have not
        html, found = re.subn(re.sub(r"\\{\\{.*?\\}\\}", ".*?", styles), f"/* templates/{name}.css */", html)
        assert found == 1
    return MAP_PATH.sub(lambda found: f'd="{found[1][:40]}…"', html)


def world_html(folder: Path) -> str:
    return compose_document(Session.open(folder), "world").html()


@pytest.fixture(scope="module")
def all_blocks() -> str:
    return compose_document(Session.open(GOLDEN), "all").html()


@pytest.fixture(scope="module")
def world_page(world: Path) -> str:
    return (world / "tip-2025-world.html").read_text(encoding="utf-8")


@pytest.fixture(params=["all_blocks", "world_page"])
def html(request: pytest.FixtureRequest) -> str:
    """A page with every kind of block, and a shipped one."""
    return str(request.getfixturevalue(request.param))


@pytest.mark.parametrize("name", ["all", "each-AFG", "each-PAK"])
def test_the_html_is_the_expected_html(name: str, refresh_expected: bool) -> None:
    found, file = (shortened(compose_document(Session.open(GOLDEN), name).html()), TESTS / "golden" / f"{name}.html")
    if refresh_expected:
        file.write_text(found, encoding="utf-8")
    expected = file.read_text(encoding="utf-8")
    difference = difflib.unified_diff(
        expected.splitlines(), found.splitlines(), f"tests/golden/{name}.html", "composed", lineterm=""
    )
    assert expected == found, "\n".join(["pytest --refresh-expected accepts this:", *difference])


def test_the_expected_html_shows_every_kind_of_block() -> None:
    def kinds(blocks: Iterable[Block]) -> Iterator[str]:
        for block in blocks:
            yield block.kind
            yield from kinds(inner_blocks(block))

    assert {kind for brief in load_publication(GOLDEN).briefs.values() for kind in kinds(brief.blocks)} == set(BLOCKS)


def test_a_corrected_count_reaches_every_place(tip_2025: Path, world_page: str) -> None:
    change(tip_2025 / "figures.yaml", "value: 188", "value: 187")
    change(tip_2025 / "figures.yaml", "value: 33", "value: 32")
    placements = tip_2025 / "tables" / "placements.csv"
    change(placements, "AGO,انگولا,انګولا,Angola,2,hawkeye rnz,middle-africa,,checked,stayed,none\n", "")
    change(placements, "CAN,کانادا,کاناډا,Canada,1,", "CAN,کانادا,کاناډا,Canada,2,")
    changed = world_html(tip_2025)
    for old, new in (("۱۸۸", "۱۸۷"), ("۳۳", "۳۲")):
        assert numbers(world_page, old) >= 1
        assert numbers(world_page, new) == 0
        assert numbers(changed, new) == numbers(world_page, old)
        assert numbers(changed, old) == 0
    assert numbers(changed, "۱۰۶") == numbers(world_page, "۱۰۶"), "one left tier 2, one came"


def test_a_corrected_cell_reaches_every_place(tip_2025: Path, world_page: str) -> None:
    change(tip_2025 / "tables" / "enforcement.csv", ",133943,", ",133944,")
    changed = world_html(tip_2025)
    assert numbers(world_page, "۱۳۳٬۹۴۳") >= 4, "the headline, the bar, its caption, its words"
    assert numbers(changed, "۱۳۳٬۹۴۴") == numbers(world_page, "۱۳۳٬۹۴۳")
    assert numbers(changed, "۱۳۳٬۹۴۳") == 0


def test_markup_in_the_data_is_printed_as_text(all_blocks: str) -> None:
    assert [one.attributes for one in read_html(all_blocks).all("script")] == [{"type": "application/ld+json"}]
    shown = text(all_blocks)
    for typed in (
        "<script>alert(",
        "و <form>این</form> & آن",
        "{{ ۷*۷ }} <و> {% raw %}",
        "{{ figures }} تنها",
        "همچنان که {% raw %}.",
        "چاه <ژرف>",
        "چاه <کور>",
        'Water is life & a well is not "blind".',
        "Example & Sons",
    ):
        assert typed in shown, typed
    assert "۴۹" not in shown, "7*7 was reckoned"


def test_an_attribute_cannot_be_closed_by_the_data(wells: Path) -> None:
    address = 'https://example.org/"onclick="x'
    change(wells / "sources.yaml", "https://atlas.example.net/", f"'{address}'")
    page = read_html(compose_document(Session.open(wells), "all").html())
    (link,) = [one.attributes for one in page.all("a") if one.attributes["href"] == address]
    assert set(link) == {"href", "dir", "lang"}
    body = page.one("body").attributes
    assert set(body) == {"data-foot", "data-edition", "data-code", "data-newest"}
    assert body["data-foot"].endswith("چاه‌ها · آزمون <tipbrief>")


def test_the_foot_of_a_print_from_a_browser_is_what_was_written(wells: Path) -> None:
    change(wells / "briefs" / "all.yaml", "short: چاه‌ها", "short: 'چاه‌ها & < a\\'")
    page = compose_document(Session.open(wells), "all").html()
    assert r'{ content: "چاه‌ها & \3c  a\5c  · پیش‌نویس' in page
    assert page.count("چاه‌ها & ") == 1, "other styles are the same on all pages"


def test_latin_runs_stand_in_left_to_right_elements(html: str) -> None:
    texts = list(read_html(html).texts)
    latin = [piece for ltr, piece in texts if re.search("[A-Za-z]", piece)]
    outside = [piece for ltr, piece in texts if not ltr and re.search("[A-Za-z]{2}", piece)]
    assert latin
    # <title> and the words of a drawing hold no elements.
    assert [piece for piece in outside if not piece.startswith(("چاه", "قاچاق"))] == []


def test_dari_text_has_no_latin_digits(html: str) -> None:
    for left_to_right, piece in read_html(html).texts:
        assert left_to_right or not re.search("[0-9]", piece), piece
        assert not left_to_right or not re.search("[۰-۹]", piece), piece


def test_sources_are_numbered_as_they_appear_and_all_are_listed(html: str) -> None:
    to_latin = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")
    marks = [
        [int(number) for number in re.split("،\u00a0", re.sub("<[^>]*>|\u200f", "", mark).translate(to_latin))]
        for mark in re.findall('<sup class="cite">(.*?)</sup>', html)
    ]
    assert marks
    assert all(mark == sorted(set(mark)) for mark in marks)
    first_seen = list(dict.fromkeys(number for mark in marks for number in mark))
    assert first_seen == list(range(1, len(first_seen) + 1))
    listed = [int(number) for number in re.findall('id="source-([0-9]+)"', html)]
    assert listed == first_seen
    links = [one.attributes for one in read_html(html).all("a")]
    marked = [one for one in links if "source-" in one["href"]]
    assert [one["href"] for one in marked] == [f"#source-{number}" for mark in marks for number in mark]
    assert all(one["href"].removeprefix("#source-") in one["aria-label"].translate(to_latin) for one in marked)
    firsts = sorted(int(one["id"].removeprefix("mark-")) for one in marked if "id" in one)
    backs = [one.attributes["href"] for one in read_html(html).all("a") if one.attributes.get("class") == "back"]
    assert firsts == listed
    assert backs == [f"#mark-{number}" for number in listed]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{{ rich("الف{@survey}{@diary}{@survey}") }}{{ cite(["atlas"]) }}', "الف۱، ۲، ۳"),
        ('<b>الف{{ cite(["survey"]) }}</b>{{ cite(["atlas"]) }}', "الف۱، ۲"),
        ('<span lang="ps">الف{{ cite(["survey"]) }}</span>{{ cite(["atlas"]) }}', "الف۱، ۲"),
        ('{{ rich("الف{@survey} {@atlas}") }}', "الف۱ ۲"),
        ('الف{{ cite(["survey"]) }}<sup class="corrected">†</sup>{{ cite(["atlas"]) }}', "الف۱†۲"),
        ('الف<sup class="cite">*</sup><sup class="cite">‡</sup>', "الف*‡"),
    ],
)
def test_marks_right_behind_each_other_are_one(wells: Path, written: str, read: str) -> None:
    template(wells, "blocks/lead.html.j2", f'<p class="lead">{written}</p>')
    html = compose_document(Session.open(wells), "all").html()
    lead = html.partition('<p class="lead">')[2].partition("</p>")[0]
    shown = re.sub(r"<[^>]*>|\u200f", "", lead).replace("\u00a0", " ")
    assert shown == read


def test_where_no_sources_are_listed_marks_are_no_links(wells: Path) -> None:
    own = "{% for number, source in cited() %}<p>{{ source.title | runs }}</p>{% endfor %}"
    template(wells, "blocks/sources.html.j2", own)
    page = read_html(compose_document(Session.open(wells), "all").html())
    assert len([one for one in page.all("sup") if one.attributes["class"] == "cite"]) > 5
    assert not [one for one in page.all("a") if one.attributes["href"].startswith("#source")]


def test_what_is_only_heard_is_not_printed(html: str) -> None:
    tables = re.findall('<table class="numbers">(.*?)</table>', html, re.DOTALL)
    drawn = len(re.findall("data-drawn=", html)) - html.count('class="chart pictogram"')  # two numbers, in its caption
    assert len(tables) == drawn > 1
    assert all('<th scope="row">' in table and '<th scope="col">' in table for table in tables)
    assert not re.search("<td[^>]*></td>", html), "an empty cell says that nothing was found"


def test_the_words_of_a_chart_over_time_say_the_numbers_of_its_table(html: str) -> None:
    charts = re.findall(r'<section class="chart (?:years|lines)\b.*?</section>', html, re.DOTALL)
    assert charts
    for chart in charts:
        words, title = re.findall(r'data-drawn="([^"]*)"><title>([^<]*)</title>', chart)[0]
        rows = re.findall(r'<tr[^>]*><th scope="row">(.*?)</th>(.*?)</tr>', chart)
        numbers = [f"{year}: {cell}" for year, cells in rows for cell in re.findall("<td>(.*?)</td>", cells)[:1]]
        assert [one for one in numbers if one in words] == numbers
        assert numbers[0] in title
        assert numbers[-1] in title


def test_names_that_are_only_heard_make_no_edition() -> None:
    piece = compose_document(Session.open(TIP_2025), "world")
    assert "جاپان" in piece.html()
    assert "placements[JPN].tier" in piece.prints
    assert "placements[JPN].name" not in piece.prints


def test_nothing_is_fetched_from_outside(html: str) -> None:
    for one in read_html(html).all():
        tag, attrs = one.tag, one.attributes
        assert tag != "link" or attrs["rel"] == "alternate", "a browser fetches no sheet in another language"
        assert tag != "img" or re.match("data:image/(?:png|jpeg|svg.xml);base64,", attrs.pop("src"))
        assert tag != "script" or attrs == {"type": "application/ld+json"}, "no browser runs it"
        assert tag not in {"iframe", "object", "embed", "base", "image", "use"}
        assert not {"src", "srcset", "background", "poster", "xlink:href"} & set(attrs), (tag, attrs)
        assert tag in ("a", "link") or "href" not in attrs
        assert not [name for name in attrs if name.startswith("on")]
        assert "url(" not in attrs.get("style", "")
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.S))
    assert "@import" not in styles
    assert {address.split(",")[0] for address in re.findall(r'url\("?([^)]*)\)', styles)} == {
        "data:font/woff2;base64", "data:image/svg+xml",
    }  # fmt: skip


def test_the_page_says_what_it_is(html: str) -> None:
    found = read_html(html)
    assert found.one("html").attributes == {"lang": "fa-AF", "dir": "rtl"}
    metas = {one.attributes["name"]: one.attributes["content"] for one in found.all("meta")[2:]}
    assert set(metas) == {
        "viewport", "description", "author", "generator", "dcterms.created", "dcterms.modified",
    }  # fmt: skip
    assert all(metas.values())
    assert len(found.all("h1")) == 1
    assert len(found.all("svg")) == len(found.all("title")) - 1, "each drawing has its words"


def test_an_unknown_brief_is_a_problem_that_names_the_nearest() -> None:
    problems = problems_of(lambda: compose_document(Session.open(GOLDEN), "al").html())
    assert problems == [Problem("there is no brief 'al'", hint="did you mean 'all'?")]
