"""The delivered HTML in a real browser: it fits, reads from the right, stays quiet, and prints as we do."""

import dataclasses
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pypdfium2
import pytest

from tests.browser import (
    BEYOND,
    CLIPPED,
    EXAMINED,
    FONT_SIZES,
    OVERLAPPING,
    SMALLEST,
    TEXT_COLOURS,
    Tab,
    colour,
    faint_texts,
    require_sound_page,
)  # fmt: skip
from tests.support import TIP_2025, pdf_text
from tipbrief.colour_contrast import DARK_BACKGROUND, contrast_ratio
from tipbrief.compose import html_page as compose
from tipbrief.language.unicode_text import normal_form
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.verify.html_text import split_into_tokens

WIDTHS = (360, 390, 1280)
SCHEMES = ("light", "dark")
BODY_SIZE = "17px"
BRIEFS = {"world": 2, "country-AFG": 2}  # and their pages


@pytest.fixture(scope="module")
def page(world: Path) -> Path:
    return world / "tip-2025-world.html"


@pytest.fixture(scope="module")
def pages(page: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The delivered page of the world, and a page for one country."""
    country = tmp_path_factory.mktemp("country") / "country.html"
    session = Session.open(TIP_2025)
    country.write_bytes(compose_document(session, "country-AFG").load_or_render().html)
    return {"world": page, "country-AFG": country}


# The colours of what is drawn, by class: the fill of a shape, the stroke of a line.
SHAPE_COLOURS = """Object.fromEntries([...document.querySelectorAll('.drawing svg > [class]')].map(shape => {
  const style = getComputedStyle(shape)
  const name = shape.getAttribute('class') + (shape.matches('circle.leader') ? ' end' : '')
  return [name, style.fill === 'none' || shape.matches('.ground') ? style.stroke : style.fill]
}))"""


# Each name on the map: its letters stand on what is drawn or written below their ends and their middle.
NAME_COLOURS = """[...document.querySelectorAll('.names li span')].flatMap(span => {
  span.scrollIntoView({block: 'center'})
  const box = span.getBoundingClientRect(), own = getComputedStyle(span).color
  return [.05, .5, .95].map(part => {
    const below = document.elementsFromPoint(box.left + part * box.width, (box.top + box.bottom) / 2)
    const painted = element => {
      const style = getComputedStyle(element)
      const paint = element.closest('svg') && element.tagName !== 'svg' ? style.fill : style.backgroundColor
      return /^rgb\\(/.test(paint) ? paint : ''
    }
    const ground = below.find(painted)
    return [span.textContent.trim(), own, painted(ground), false, !!ground.closest('svg')]
  })
})"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("brief", BRIEFS)
def test_it_fits_its_window_is_quiet_and_asks_for_nothing_but_itself(
    tab: Tab, pages: dict[str, Path], brief: str, width: int, scheme: str
) -> None:
    require_sound_page(tab, pages[brief], width, scheme)
    assert tab.reported("Network.loadingFailed", "Network.webSocketCreated") == []
    for text in ("body", "body .prose p" if brief == "world" else "body .facts li"):
        size = tab.evaluate(f"getComputedStyle(document.querySelector('{text}')).fontSize")
        assert size == BODY_SIZE, "letters are large enough"


def test_all_letters_are_drawn_in_the_font_that_it_carries(tab: Tab, page: Path) -> None:
    tab.show(page, 390)
    faces = tab.evaluate(
        "[...document.fonts].map(face => [face.family.replaceAll('\"', ''), face.weight, face.status])"
    )
    assert sorted(faces) == [["Vazirmatn", weight, "loaded"] for weight in ("400", "700", "800")]
    root = tab.call("DOM.getDocument")["root"]["nodeId"]
    drawn = 0
    for node in tab.call("DOM.querySelectorAll", nodeId=root, selector="body *")["nodeIds"]:
        for font in tab.call("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]:
            assert (font["isCustomFont"], font["familyName"][:9]) == (True, "Vazirmatn"), font
            drawn += 1
    assert drawn > 250


def test_it_reads_from_right_to_left(tab: Tab, page: Path, golden: Path) -> None:
    for selector in (".columns-1-1-1 > .column", ".share .segment", ".list li", ".figures li"):
        tab.show(page if "share" in selector else golden / "wells-all.html", 1280)
        assert tab.evaluate("getComputedStyle(document.body).direction") == "rtl"
        found = f"[...document.querySelectorAll('{selector}')]"
        lefts = tab.evaluate(f"{found}.map(element => Math.round(element.getBoundingClientRect().left))")
        rows = lefts[: lefts.index(min(lefts)) + 1]
        assert rows == sorted(rows, reverse=True), f"the first {selector} stands at the right"
        assert len(rows) > (1 if "list" in selector else 2)


def test_on_a_phone_the_years_of_a_strip_stand_below_one_another(tab: Tab, golden: Path) -> None:
    tab.show(golden / "wells-all.html", 360)
    segments = "[...document.querySelectorAll('.strip .segment')]"
    tops = tab.evaluate(f"{segments}.map(e => e.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))
    assert len(tops) > 3


@pytest.mark.parametrize("width", WIDTHS)
def test_years_in_rows_stand_over_their_number_beside_their_choice(
    tab: Tab, pages: dict[str, Path], width: int
) -> None:
    tab.show(pages["country-AFG"], width)
    box = "getBoundingClientRect()"
    rows = tab.evaluate(
        "[...document.querySelectorAll('.path tr')].map(tr => [tr.querySelector('th'), tr.querySelector('svg'),"
        f" ...tr.querySelectorAll('rect:not(.row, .latest)')].map(e => e.{box}.toJSON()))"
    )
    assert len(rows) == 4
    for name, drawing, *cells in rows:
        assert name["left"] >= drawing["right"] - 1, "its choice is at the right"
        assert name["top"] < drawing["bottom"]
        assert drawing["top"] < name["bottom"]
        lefts = [cell["left"] for cell in cells]
        assert lefts == sorted(lefts, reverse=True), "the first year is at the right"
        assert len(lefts) > 20
        assert min(cell["width"] for cell in cells) > 6, "each year is seen"
    years = tab.evaluate(
        "[...document.querySelectorAll('.path .axis span')].filter(e => e.textContent.trim())"
        f".map(e => [e.{box}.left, e.{box}.right])"
    )
    last = rows[0][-1]
    assert years[0][0] < rows[0][1]["right"] <= years[0][1] + 1, "the first stands below where the rows begin"
    assert years[-1][0] < (last["left"] + last["right"]) / 2 < years[-1][1]


def test_on_paper_it_is_ink_on_white(tab: Tab, page: Path) -> None:
    tab.show(page, 1280, media="print")
    clear = ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
    assert tab.evaluate("getComputedStyle(document.documentElement).backgroundColor") == clear[1]
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") in clear
    grounds = tab.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('.bar, .legend, svg'))"
        ".map(e => getComputedStyle(e).backgroundColor)"
    )
    assert len(grounds) > 100
    for ground in set(grounds) - set(clear):
        red, green, blue = map(int, re.findall(r"\d+", ground)[:3])
        assert min(red, green, blue) > 225, f"{ground} is too dark a ground for paper"
    assert tab.evaluate("getComputedStyle(document.querySelector('.masthead')).display") == "table"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
@pytest.mark.parametrize("brief", BRIEFS)
def test_every_text_stands_off_its_ground(
    tab: Tab, pages: dict[str, Path], brief: str, width: int, scheme: str
) -> None:
    tab.show(pages[brief], width, scheme=scheme)
    assert len(tab.evaluate(TEXT_COLOURS)) > 50
    names = tab.evaluate(NAME_COLOURS)
    named = {name for name, *_ in names}
    assert [text for text in faint_texts(tab) if text[0] not in named] == []
    if brief == "world":
        assert len(named) == 13
        # Russia and China have room for theirs, where they are drawn large enough.
        assert len({name for name, _, _, _, is_drawn in names if is_drawn}) == (2 if width > 800 else 0)
    for name, own, behind, *_ in names:
        assert contrast_ratio(colour(own), colour(behind)) >= 4.5, (name, own, behind)


def test_where_more_contrast_is_preferred_no_text_is_grey_and_no_line_is_pale(tab: Tab, golden: Path) -> None:
    used = "(one => [one('.subtitle').color, one('.figures li').borderTopColor, one('body').color])"
    style = "(selector => getComputedStyle(document.querySelector(selector)))"
    found = []
    for scheme in ("light", "more"):
        tab.show(golden / "wells-all.html", 360, scheme=scheme)
        found.append(tab.evaluate(f"{used}({style})"))
    (grey, line, ink), more = found
    assert len({grey, line, ink}) == 3
    assert more == [ink, ink, ink]


def test_where_dark_is_preferred_the_ground_is_dark(tab: Tab, page: Path) -> None:
    style = "getComputedStyle(document.documentElement)"
    for scheme, ground in zip(SCHEMES, ("#ffffff", DARK_BACKGROUND), strict=True):
        tab.show(page, 360, scheme=scheme)
        assert colour(tab.evaluate(f"{style}.backgroundColor")) == ground
        assert tab.evaluate(f"{style}.colorScheme") == "light dark"


def test_what_is_drawn_stands_off_dark_as_it_does_off_light(tab: Tab, page: Path) -> None:
    tab.show(page, 1280)
    light = tab.evaluate(SHAPE_COLOURS)
    tab.show(page, 1280, scheme="dark")
    dark = tab.evaluate(SHAPE_COLOURS)
    assert {"whole", "part", "outline several", "beyond", "tone-1", "tone-2", "tone-3", "tone-4"} < light.keys()
    assert light.keys() == dark.keys()
    for name in light:
        if "hatched" in name:
            assert light[name] == dark[name], "its pattern changes, not its name"
            continue
        wanted = contrast_ratio(colour(light[name]), "#ffffff")
        if name.startswith("tone-"):
            assert 2 < contrast_ratio(colour(dark[name]), DARK_BACKGROUND) < 6, "seen, and it does not shine"
        else:
            assert contrast_ratio(colour(dark[name]), DARK_BACKGROUND) == pytest.approx(wanted, rel=0.03), name
    tones = [contrast_ratio(colour(dark[f"tone-{number}"]), DARK_BACKGROUND) for number in range(1, 5)]
    assert tones == sorted(tones), "in their order"
    for name in ("outline several", "part"):
        assert contrast_ratio(colour(dark[name]), DARK_BACKGROUND) > 3
    hatch = "getComputedStyle(document.querySelector('.map pattern path')).stroke"
    assert contrast_ratio(colour(tab.evaluate(hatch)), DARK_BACKGROUND) > 3


@pytest.mark.parametrize("brief", [*BRIEFS, "golden"])
def test_in_forced_colours_what_differs_still_differs(
    tab: Tab, pages: dict[str, Path], golden: Path, brief: str
) -> None:
    kinds = (
        ".swatch", ".share .segment", ".strip .run", ".sample", ".amount", ".badge-choice",
        ".path svg", ".path .year", ".path .hollow", ".path .other", ".years .whole",
    )  # fmt: skip
    found = []
    for scheme in ("dark", "forced"):
        tab.show(pages.get(brief, golden / "wells-all.html"), 1000, scheme=scheme)
        found.append((tab.looks(kinds), shapes := tab.shapes()))
        colours = {**shapes, "sea": tuple(bytes.fromhex(DARK_BACKGROUND[1:]))}
        for one, other in combinations(colours, 2):
            apart = [abs(a - b) for a, b in zip(colours[one], colours[other], strict=True)]
            assert max(apart) > 10, f"{one} looks like {other}"
        assert colour(tab.evaluate("getComputedStyle(document.body).color")) != "#000000"
    assert found[0] == found[1]
    counts, shapes = found[0]
    assert sum(counts.values()) > 8
    assert any("hatched" in kind for kind in shapes) or brief == "golden"
    assert len(shapes) >= {"world": 6, "country-AFG": 4, "golden": 3}[brief]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_step_of_a_bar_has_the_colour_of_its_swatch_and_of_the_map(
    tab: Tab, pages: dict[str, Path], scheme: str
) -> None:
    tab.show(pages["world"], 1280, scheme=scheme)
    drawn, found = tab.evaluate(SHAPE_COLOURS), Counter[str]()
    for brief, parts in (("world", [".share .segment"]), ("country-AFG", [".swatch", ".path tr"])):
        tab.show(pages[brief], 1280, scheme=scheme)
        for number in range(1, 5):
            for part in parts:
                own, paint = f"{part}.tone-{number}", "backgroundColor"
                if "path" in part:
                    own, paint = f"{part}:nth-child({number}) .year", "fill"
                steps = f"[...document.querySelectorAll('{own}')]"
                colours = tab.evaluate(f"{steps}.map(element => getComputedStyle(element).{paint})")
                assert set(colours) <= {drawn[f"tone-{number}"]}, own
                found[part] += len(colours)
    assert all(found.values())
    assert len(found) == 3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_a_row_of_years_calls_white_is_white(tab: Tab, pages: dict[str, Path], scheme: str) -> None:
    tab.show(pages["country-AFG"], 1280, scheme=scheme)
    kinds = "['row', 'other', 'year'].map(kind => [...document.querySelectorAll(`.path .${kind}`)]"
    row, other, year = tab.evaluate(f"{kinds}.map(e => getComputedStyle(e).fill))")
    white = {contrast_ratio(colour(one), "#000000") for one in row}
    assert min(white) > 18
    assert max(contrast_ratio(colour(one), "#000000") for one in other + year) < min(white)
    edges = tab.evaluate("[...document.querySelectorAll('.path .year')].map(e => getComputedStyle(e).stroke)")
    ground = {"light": "#ffffff", "dark": DARK_BACKGROUND}[scheme]
    for fill, edge in zip(year, edges, strict=True):
        seen = max(contrast_ratio(colour(one), ground) for one in (fill, edge))
        assert seen > (3 if scheme == "light" else 2), "a pale year has an edge"


def test_a_code_to_scan_stays_black_on_white(tab: Tab, tmp_path: Path) -> None:
    session = Session.open(TIP_2025)
    imprint = dataclasses.replace(session.publication.imprint, address="https://example.org/tip/")
    publication = dataclasses.replace(session.publication, imprint=imprint)
    edition = Edition(brief="world", number=1, code="a1b2", date=imprint.published)
    page = tmp_path / "page.html"
    html = compose.compose_page(publication, "world", session.fonts, session.environment, edition=edition)
    page.write_text(html, encoding="utf-8")
    tab.show(page, 360, scheme="dark")
    ground = "getComputedStyle(document.querySelector('.qr')).backgroundColor"
    ink = "getComputedStyle(document.querySelector('.qr path')).fill"
    assert [tab.evaluate(ground), tab.evaluate(ink)] == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    assert tab.evaluate("document.querySelector('.qr').getBoundingClientRect().width") >= 80


def letters(text: str) -> Counter[str]:
    """The letters and digits of a text: readers of PDF part and order words by their own rules.

    In a browser's PDF, PDFium loses the alef that our fonts draw together with a lam; poppler does not.
    """
    return Counter(re.findall(r"[^\W_]", normal_form(text).replace("لا", "ل")))


@pytest.mark.parametrize("brief", BRIEFS)
def test_printed_from_the_browser_it_has_its_paper_and_all_its_words(
    tab: Tab, pages: dict[str, Path], brief: str
) -> None:
    tab.show(pages[brief], 1280, media="", scheme="dark")
    pdf = tab.printed()
    with pypdfium2.PdfDocument(pdf) as document:
        sizes = [(round(sheet.get_width()), round(sheet.get_height())) for sheet in document]
        shown = document[0].render(scale=0.5).to_pil()
    assert sizes == [(595, 842)] * BRIEFS[brief], "as many pages of A4 as the typesetter makes"
    tab.show(pages[brief], 1280, media="print")
    read = letters(pdf_text(pdf))
    printed = letters(tab.evaluate("document.body.innerText"))
    assert not printed - read, "letters that are not on the paper"
    # Pages are counted in the margin, which names the edition, and so are the sources in their list.
    foot = tab.evaluate("document.body.dataset.foot + document.body.dataset.edition")
    assert not (read - printed).keys() - letters(f"صفحۀ از ۰۱۲۳۴۵۶۷۸۹ {foot}").keys()
    assert shown.getpixel((2, 2)) == (255, 255, 255), "paper is white"
    assert any(level < 60 for level in shown.convert("L").tobytes()), "and ink is dark"


def test_printed_from_the_browser_grounds_keep_their_colours(tab: Tab, page: Path) -> None:
    tab.show(page, 1280, media="")
    with pypdfium2.PdfDocument(tab.printed()) as document:
        picture = document[1].render(scale=1).to_pil()
    printed = [one for _, one in picture.getcolors(1 << 20)]
    # Of the panel: what is drawn on this page has other colours.
    assert any(max(abs(a - b) for a, b in zip(one, (0xEE, 0xF1, 0xF2), strict=True)) < 4 for one in printed)


@pytest.mark.parametrize("brief", BRIEFS)
def test_printed_from_the_browser_each_page_says_which_edition_it_is(
    tab: Tab, pages: dict[str, Path], brief: str
) -> None:
    tab.show(pages[brief], 1280, media="")
    code = tab.evaluate("document.body.dataset.code")
    assert len(code) > 5
    with pypdfium2.PdfDocument(tab.printed()) as document:
        said = [split_into_tokens(sheet.get_textpage().get_text_range()) for sheet in document]
    assert [set(split_into_tokens(code)) <= set(one) for one in said] == [True] * BRIEFS[brief]


def test_printed_from_the_browser_large_print_on_a5_is_numbered_above(tab: Tab, tmp_path: Path) -> None:
    session = Session.open(TIP_2025, languages=["en"], paper="a5", profile="large")
    page = tmp_path / "large.html"
    page.write_text(compose_document(session, "world.en").html(), encoding="utf-8")
    tab.show(page, 1280, media="")
    with pypdfium2.PdfDocument(tab.printed()) as document:
        said = [sheet.get_textpage().get_text_bounded(bottom=574).strip() for sheet in document]
    assert said == [f"Page {number} of {len(said)}" for number, _ in enumerate(said, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), EXAMINED)
@pytest.mark.parametrize("brief", [*BRIEFS, "golden"])
def test_axe_finds_nothing(tab: Tab, pages: dict[str, Path], golden: Path, brief: str, width: int, scheme: str) -> None:
    tab.show(pages.get(brief, golden / "wells-all.html"), width, scheme=scheme)
    assert tab.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
    assert tab.evaluate(BEYOND) == []
    assert tab.barriers() == []


@pytest.mark.parametrize(("brief", "least"), [("world", 30), ("country-AFG", 40)])
def test_marks_lead_to_their_sources_and_these_lead_back(
    tab: Tab, pages: dict[str, Path], brief: str, least: int
) -> None:
    tab.show(pages[brief], 390)
    away = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.querySelector(a.hash)).length"
    assert tab.evaluate(away) == 0
    shown = tab.evaluate("[...document.querySelectorAll('sup.cite a')].map(a => a.offsetWidth > 0)")
    numbers = tab.evaluate("[...document.querySelectorAll('sup.cite')].map(mark => mark.innerText.split('،').length)")
    assert len(shown) == sum(numbers) > least, "a link for each number"
    assert all(shown)
    backs = tab.evaluate("[...document.querySelectorAll('.back')].map(a => [a.hash, a.offsetWidth > 5])")
    sources = tab.evaluate("document.querySelectorAll('li[id^=source]').length")
    assert backs == [[f"#mark-{number}", True] for number in range(1, sources + 1)]
    # Each stands on the line on which the address ends, or the date behind it; below an address that fills its lines.
    before = "(range => (range.selectNode(a.previousSibling), range))(document.createRange())"
    ends = f"[{before}.getClientRects(), a.getClientRects()].map(lines => [...lines].at(-1).bottom)"
    feet = tab.evaluate(f"[...document.querySelectorAll('.back')].map(a => {ends})")
    assert {round((back - address) / 26) for address, back in feet} <= {0, 1}, feet
    assert sum(abs(back - address) < 3 for address, back in feet) > 0.6 * sources, feet


def test_a_finger_hits_each_link(tab: Tab, pages: dict[str, Path]) -> None:
    for page in pages.values():
        tab.call("Emulation.setTouchEmulationEnabled", enabled=True)
        tab.show(page, 320)
        sizes = "[...document.links].map(a => [a.outerHTML, a.getBoundingClientRect().toJSON()])"
        small = [link for link, box in tab.evaluate(sizes) if min(box["width"], box["height"]) < 24]
        assert small == []


def test_a_keyboard_moves_each_wide_table_which_is_a_region_with_a_name(tab: Tab, golden: Path) -> None:
    tab.show(golden / "wells-all.html", 320)
    tables = "[...document.querySelectorAll('.table')]"
    assert tab.evaluate(f"{tables}.every(one => one.tabIndex === 0)")
    titles = tab.evaluate(f"{tables}.map(one => one.querySelector('h2').dataset.label)")
    tree = tab.call("Accessibility.getFullAXTree")["nodes"]
    regions = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") == "region"]
    assert sorted(regions) == sorted(titles) > []


def test_it_leads_to_its_other_languages_its_pdf_and_its_data_and_says_to_ask(tab: Tab, page: Path) -> None:
    tab.show(page, 390)
    ways = tab.evaluate("[...document.querySelectorAll('.ways a')].filter(a => a.offsetWidth).map(a => a.href)")
    stem = page.with_suffix("").as_uri()
    assert ways == [f"{stem}.ps.html", f"{stem}.en.html", f"{stem}.pdf", f"{stem}.pdf#pagemode=attachments"]
    # The publication has no address: no link can lead to the newest edition. The line below says what to do.
    said = "document.querySelector('.ways + footer .edition').innerText"
    assert "این برگه ممکن است تازه شده باشد؛ پیش از توزیع بپرسید" in tab.evaluate(said)


def test_with_an_address_it_leads_to_the_newest_edition_and_without_data_not_to_them(tab: Tab, tmp_path: Path) -> None:
    session = Session.open(TIP_2025)
    publication, address = session.publication, "https://example.org/tip"
    document = publication.documents["world"]
    brief = dataclasses.replace(document.brief, carry="none")
    publication = dataclasses.replace(
        publication,
        imprint=dataclasses.replace(publication.imprint, address=address),
        documents={**publication.documents, "world": dataclasses.replace(document, brief=brief)},
    )
    edition = Edition(brief="world", number=1, code="a1b2", date=publication.imprint.published)
    given = {"edition": edition, "pdf_file": "world.pdf"}
    html = compose.compose_page(publication, "world", session.fonts, session.environment, **given)
    page = tmp_path / "page.html"
    page.write_text(html, encoding="utf-8")
    tab.show(page, 390)
    ways = tab.evaluate("[...document.querySelectorAll('.ways a')].filter(a => a.offsetWidth).map(a => a.href)")
    assert ways == [page.with_name("world.pdf").as_uri(), f"{address}/{edition.page}"]


def test_a_page_with_faults_is_found_faulty(tab: Tab, tmp_path: Path) -> None:
    """The checks above see what they are for."""
    page = tmp_path / "faulty.html"
    page.write_text(
        '<!DOCTYPE html><meta name="viewport" content="width=device-width"><body style="font-size: 9px">'
        '<p style="width: 500px">wide</p><p style="position: absolute; top: 8px">over</p>'
        '<p style="width: 9px; overflow: hidden; white-space: nowrap">cut off</p>'
        '<img src="gone.png"><script>console.warn("loud")</script>',
        encoding="utf-8",
    )
    tab.show(page, 360)
    assert tab.evaluate("document.documentElement.scrollWidth") > 360
    assert tab.evaluate(CLIPPED) == [": cut off"]
    assert tab.evaluate(OVERLAPPING) == ["wide / over"]
    assert min(tab.evaluate(FONT_SIZES))[0] < SMALLEST
    assert tab.reported("Runtime.consoleAPICalled")
    assert tab.reported("Network.loadingFailed")
    assert {"document-title", "html-has-lang", "image-alt"} <= {rule for rule, _ in tab.barriers()}
    assert len(tab.reported("Network.requestWillBeSent")) == 2
    root = tab.call("DOM.getDocument")["root"]["nodeId"]
    node = tab.call("DOM.querySelector", nodeId=root, selector="p")["nodeId"]
    fonts = tab.call("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]
    assert not any(font["isCustomFont"] for font in fonts)
