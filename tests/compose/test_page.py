"""The composed HTML: compared whole with ``tests/golden/all.html``, and true to its dataset."""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tipbrief.assets import shipped
from tipbrief.build.document import piece_of
from tipbrief.build.session import Session
from tipbrief.check.blocks import BLOCKS, ColumnsBlock, FactsBlock, PanelBlock
from tipbrief.check.publication import load
from tipbrief.compose import writer
from tipbrief.compose.templates import host, typed_numbers
from tipbrief.problems import Problem, Problems

GOLDEN = Path(__file__).parents[1] / "golden"
TEMPLATES = shipped("templates")

VOID = {"meta", "br", "hr", "img", "link", "input"}
UNSEEN = {"style", "script"}
LATIN_DIGIT = re.compile("[0-9]")
MAP_PATH = re.compile(r'd="(M[^"]{200,})"')


@dataclass
class Words(HTMLParser):
    """The texts of a page, each with whether it stands in a left-to-right element; and all its tags."""

    texts: list[tuple[bool, str]] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            left_to_right = self.open[-1][1] if self.open else False
            self.open.append((tag, dict(attrs).get("dir", "ltr" if left_to_right else "rtl") == "ltr"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] not in UNSEEN:
            self.texts.append((self.open[-1][1], data))


def read(html: str) -> Words:
    words = Words()
    words.feed(html)
    words.close()
    assert not words.open, "every element is closed"
    return words


def text(html: str) -> str:
    return " ".join("".join(piece for _, piece in read(html).texts).split())


def numbers(html: str, number: str) -> int:
    """How often a number in Persian digits stands in the HTML, whole."""
    return len(re.findall(f"(?<![۰-۹٬٫]){number}(?![۰-۹٫]|٬[۰-۹])", html))


def shortened(html: str) -> str:
    """The HTML without the fonts, styles and shapes of countries, which would hide all else."""
    html = re.sub(r"url\(data:font/woff2;base64,[A-Za-z0-9+/=]+\)", "url(FONT)", html)
    for name in ("css/common", "css/screen", "css/print", "profiles/office", "css/browser"):
        styles = (TEMPLATES / f"{name}.css").read_text(encoding="utf-8").rstrip("\n")
        assert html.count(styles) == 1
        html = html.replace(styles, f"/* templates/{name}.css */")
    return MAP_PATH.sub(lambda found: f'd="{found[1][:40]}…"', html)


def change(file: Path, old: str, new: str) -> None:
    content = file.read_text(encoding="utf-8")
    assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in {file.name}"
    file.write_text(content.replace(old, new), encoding="utf-8")


def world_html(folder: Path) -> str:
    return piece_of(Session.open(folder), "world").html()


def template(folder: Path, name: str, content: str) -> Path:
    """A template of the publication's own."""
    path = folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def all_blocks() -> str:
    return piece_of(Session.open(GOLDEN / "publication"), "all").html()


@pytest.fixture(scope="module")
def world_page(world: Path) -> str:
    return (world / "tip-2025-world.html").read_text(encoding="utf-8")


@pytest.fixture
def wells(tmp_path: Path) -> Path:
    """A copy of the made-up publication."""
    return Path(shutil.copytree(GOLDEN / "publication", tmp_path / "wells"))


# The whole


@pytest.mark.parametrize("name", ["all", "each-AFG", "each-PAK"])
def test_the_html_is_the_expected_html(name: str, refresh_expected: bool) -> None:
    found, file = (
        shortened(piece_of(Session.open(GOLDEN / "publication"), name).html()),
        GOLDEN / f"{name}.html",
    )
    if refresh_expected:
        file.write_text(found, encoding="utf-8")
    expected = file.read_text(encoding="utf-8")
    difference = difflib.unified_diff(
        expected.splitlines(), found.splitlines(), f"tests/golden/{name}.html", "composed", lineterm=""
    )
    assert expected == found, "\n".join(["pytest --refresh-expected accepts this:", *difference])


def test_the_expected_html_shows_every_kind_of_block() -> None:
    briefs = Session.open(GOLDEN / "publication").publication.briefs

    def kinds(blocks: tuple[object, ...]) -> Iterator[str]:
        for block in blocks:
            yield block.kind  # type: ignore[attr-defined]
            if isinstance(block, PanelBlock):
                yield from kinds(block.blocks)
            elif isinstance(block, ColumnsBlock):
                yield from kinds((*block.right, *block.middle, *block.left))
            elif isinstance(block, FactsBlock):
                yield from kinds(block.few)

    assert {kind for brief in briefs.values() for kind in kinds(brief.blocks)} == set(BLOCKS)


def test_composing_twice_gives_the_same_html(all_blocks: str) -> None:
    assert piece_of(Session.open(GOLDEN / "publication"), "all").html() == all_blocks


# Numbers come from the dataset


def test_a_corrected_count_reaches_every_place(tip_2025: Path, world_page: str) -> None:
    change(tip_2025 / "figures.yaml", "value: 188", "value: 187")
    change(tip_2025 / "figures.yaml", "value: 33", "value: 32")
    placements = tip_2025 / "tables" / "placements.csv"
    change(placements, "ALB,البانیا,Albania,2,hawkeye,southern-europe,\n", "")
    change(placements, "CAN,کانادا,Canada,1,", "CAN,کانادا,Canada,2,")
    changed = world_html(tip_2025)
    for old, new in (("۱۸۸", "۱۸۷"), ("۳۳", "۳۲")):
        assert numbers(world_page, old) >= 3
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


def test_the_shipped_templates_type_no_number() -> None:
    assert typed_numbers(TEMPLATES) == []
    for file in TEMPLATES.rglob("*.j2"):
        bare = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<[^>]*>", "", file.read_text("utf-8"), flags=re.S)
        assert not LATIN_DIGIT.search(bare), file


def test_a_number_typed_into_a_template_of_ones_own_is_a_problem(wells: Path) -> None:
    file = template(wells, "blocks/lead.html.j2", "<p style='top: 7px'>\n  از ۱۸۸ حکومت</p>")
    with pytest.raises(Problems) as raised:
        piece_of(Session.open(wells), "all").html()
    assert [(p.message, p.file, p.line, p.column) for p in raised.value.problems] == [
        ("the number '۱۸۸' is typed into a template", file, 2, 6)
    ]


# Texts stay texts


def test_markup_in_the_data_is_printed_as_text(all_blocks: str) -> None:
    tags = [tag for tag, _ in read(all_blocks).tags]
    assert "script" not in tags
    shown = text(all_blocks)
    for typed in (
        "<script>alert(",
        "و <b>این</b> & آن",
        "{{ ۷*۷ }} <b>و</b> {% raw %}",
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
    tags = read(piece_of(Session.open(wells), "all").html()).tags
    (link,) = [attrs for tag, attrs in tags if tag == "a" and attrs["href"] == address]
    assert set(link) == {"href", "dir", "lang"}
    (body,) = [attrs for tag, attrs in tags if tag == "body"]
    assert set(body) == {"data-foot", "data-newest"}
    assert body["data-foot"].startswith("چاه‌ها · آزمون <tipbrief>\u200f، ۱ اکتوبر ۲۰۲۵ · ")


def test_a_date_after_a_latin_publisher_stays_a_dari_date(all_blocks: str) -> None:
    """Without the mark the digits belong to the Latin run, and the foot reads «۱ ،<tipbrief> اکتوبر»."""
    assert "&gt;&rlm;، ۱ اکتوبر" in all_blocks


@pytest.mark.parametrize("page", ["all_blocks", "world_page"])
def test_latin_runs_stand_in_left_to_right_elements(page: str, request: pytest.FixtureRequest) -> None:
    words = read(request.getfixturevalue(page))
    latin = [piece for left_to_right, piece in words.texts if re.search("[A-Za-z]", piece)]
    outside = [piece for ltr, piece in words.texts if not ltr and re.search("[A-Za-z]{2}", piece)]
    assert latin
    # <title> and the words of a drawing hold no elements.
    assert [piece for piece in outside if not piece.startswith(("چاه", "قاچاق"))] == []


def test_a_latin_run_is_one_element(all_blocks: str) -> None:
    assert '<span dir="ltr" lang="en">World Water Week</span> نیز' in all_blocks
    assert '<span dir="ltr" lang="en">wells@example.org</span> برای' in all_blocks


@pytest.mark.parametrize("page", ["all_blocks", "world_page"])
def test_dari_text_has_no_latin_digits(page: str, request: pytest.FixtureRequest) -> None:
    for left_to_right, piece in read(request.getfixturevalue(page)).texts:
        assert left_to_right or not LATIN_DIGIT.search(piece), piece
        assert not left_to_right or not re.search("[۰-۹]", piece), piece


# Sources


@pytest.mark.parametrize("page", ["all_blocks", "world_page"])
def test_sources_are_numbered_as_they_appear_and_all_are_listed(
    page: str, request: pytest.FixtureRequest
) -> None:
    html: str = request.getfixturevalue(page)
    to_latin = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")
    marks = [
        [int(number) for number in re.split("،\u00a0", mark.lstrip("\u200f").translate(to_latin))]
        for mark in re.findall('<sup class="cite">([^<]+)</sup>', html)
    ]
    assert marks
    assert all(mark == sorted(set(mark)) for mark in marks)
    first_seen = list(dict.fromkeys(number for mark in marks for number in mark))
    assert first_seen == list(range(1, len(first_seen) + 1))
    listed = [int(number) for number in re.findall('id="source-([0-9]+)"', html)]
    assert listed == first_seen


def test_listed_sources_carry_their_words_and_address(all_blocks: str) -> None:
    entries = re.findall(r'<li id="source-\d+">(.*?)</li>', all_blocks)
    assert [text(f"<p>{entry}</p>") for entry in entries] == [
        "ادارۀ نمونه، سروی چاه‌ها، ۲۹ سپتمبر ۲۰۲۵. example.org",
        "Example & Sons، اطلس آب، می ۲۰۲۴. atlas.example.net",
        "Field Diary، روزنامچۀ میدان. diary.example.com",
    ]
    links = [attrs["href"] for tag, attrs in read(all_blocks).tags if tag == "a"]
    assert links == [
        "https://www.example.org/survey?a=1&b=2",
        "https://atlas.example.net/",
        "http://diary.example.com/pages/7",
    ]
    assert "unused.example.org" not in all_blocks


def test_a_later_half_of_the_sources_goes_on_counting(all_blocks: str) -> None:
    assert '<ol start="3" style="counter-reset: list-item 2">' in all_blocks


# One file


@pytest.mark.parametrize("page", ["all_blocks", "world_page"])
def test_nothing_is_fetched_from_outside(page: str, request: pytest.FixtureRequest) -> None:
    html: str = request.getfixturevalue(page)
    for tag, attrs in read(html).tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "image", "use"}
        assert not {"src", "srcset", "background", "poster", "xlink:href"} & set(attrs), (tag, attrs)
        assert tag == "a" or "href" not in attrs
        assert not [name for name in attrs if name.startswith("on")]
        assert "url(" not in (attrs.get("style") or "")
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.S))
    assert "@import" not in styles
    assert {address.split(",")[0] for address in re.findall(r"url\(([^)]*)\)", styles)} == {
        "data:font/woff2;base64"
    }


@pytest.mark.parametrize("page", ["all_blocks", "world_page"])
def test_the_page_says_what_it_is(page: str, request: pytest.FixtureRequest) -> None:
    tags = read(request.getfixturevalue(page)).tags
    assert tags[0] == ("html", {"lang": "fa-AF", "dir": "rtl"})
    metas = {attrs["name"]: attrs["content"] for tag, attrs in tags if tag == "meta" and "name" in attrs}
    assert set(metas) == {
        "viewport", "description", "author", "generator", "dcterms.created", "dcterms.modified",
    }  # fmt: skip
    assert all(metas.values())
    assert [tag for tag, _ in tags].count("h1") == 1
    titles = [tag for tag, _ in tags]
    assert titles.count("svg") == titles.count("title") - 1, "each drawing has its words"


# Templates of one's own


def test_a_publications_own_template_takes_the_place_of_the_shipped_one(tip_2025: Path) -> None:
    template(tip_2025, "blocks/lead.html.j2", '<p class="mine">{{ values.governments | number }}</p>')
    changed = world_html(tip_2025)
    assert '<p class="mine">۱۸۸</p>' in changed
    assert '<div class="lead">' not in changed
    assert '<ul class="figures"' in changed, "the others are the shipped ones"


def test_own_styles_take_the_place_of_the_shipped_ones(tip_2025: Path) -> None:
    template(tip_2025, "css/screen.css", "body { color: teal; }")
    assert "body { color: teal; }" in world_html(tip_2025)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("<p>\n{% if %}</p>", 2, "Expected an expression"),
        ("<p>\n\n{{ block.prose", 3, "unexpected end of template"),
        ("<p>\n{% include 'x' %}\n{% foo %}", 3, "unknown tag 'foo'"),
        ("<p>\n<b>\n{{ nobody }}", 3, "'nobody' is undefined"),
        ("<p>{{ values['no-such'] | number }}", 1, "TypeError: "),
        ("<p>\n{{ block.nothing }}", 2, "has no attribute 'nothing'"),
        ("<p>\n{{ 'x' | nofilter }}", 2, "No filter named 'nofilter'"),
        ("<p>\n{{ 'x' | number }}", 2, "InvalidOperation: "),
        ("<p>\n{{ 7 // 0 }}", 2, "ZeroDivisionError: "),
        ("<p>\n{{ rich(block.place) }}", 2, "TypeError: expected string"),
        ("<p>\n{{ rich('{no-such}') }}", 2, "KeyError: 'no-such'"),
    ],
)
def test_a_fault_in_a_template_is_a_problem_with_its_file_and_line(
    wells: Path, content: str, line: int, message: str
) -> None:
    file = template(wells, "blocks/lead.html.j2", content)
    with pytest.raises(Problems) as raised:
        piece_of(Session.open(wells), "all").html()
    (problem,) = raised.value.problems
    assert (problem.file, problem.line) == (file, line)
    assert problem.message.startswith("the template cannot be used: ")
    assert message in problem.message


def test_a_missing_template_is_a_problem(wells: Path) -> None:
    file = template(wells, "blocks/lead.html.j2", "{% include 'blocks/nowhere.html.j2' %}")
    with pytest.raises(Problems, match=r"there is no 'blocks/nowhere\.html\.j2'") as raised:
        piece_of(Session.open(wells), "all").html()
    assert (raised.value.problems[0].file, raised.value.problems[0].line) == (file, 1)


def test_an_unknown_brief_is_a_problem_that_names_the_nearest() -> None:
    with pytest.raises(Problems) as raised:
        piece_of(Session.open(GOLDEN / "publication"), "al").html()
    assert raised.value.problems == [Problem("there is no brief 'al'", hint="did you mean 'all'?")]


# Small parts


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("سال 2025", "سال ۲۰۲۵"),
        ("از BBC و", 'از <span dir="ltr" lang="en">BBC</span> و'),
        ("<b>", '&lt;<span dir="ltr" lang="en">b</span>&gt;'),
        ("تنها دری", "تنها دری"),
        ("", ""),
    ],
)
def test_runs(given: str, shown: str) -> None:
    assert str(writer.runs(given)) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://www.example.org/a/b?c", "example.org"),
        ("https://EXAMPLE.org:8080/", "example.org"),
        ("https://wwwhat.org/", "wwwhat.org"),
    ],
)
def test_host(address: str, shown: str) -> None:
    assert host(address) == shown


def test_a_figure_in_per_cent_carries_the_sign_on_its_side(tmp_path: Path) -> None:
    folder = tmp_path / "publication"
    shutil.copytree(GOLDEN / "publication", folder)
    with (folder / "figures.yaml").open("a", encoding="utf-8") as figures:
        figures.write("share:\n  label: سهم\n  kind: reported\n  value: 12\n  unit: ٪\n  sources: [survey]\n")
    publication = load(folder)
    assert writer.shown_value(publication, "share") == "۱۲\u200f٪"
    assert writer.shown_value(publication, "countries") == "۴"
    assert writer.plain("{share} از", publication) == "۱۲\u200f٪ از"
