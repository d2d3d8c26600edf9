"""The index of all documents: what stands on the page, and how it behaves in a browser."""

import hashlib
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests import browser
from tests.browser import Tab
from tests.html_tree import Element, read_html
from tests.pipeline.rows import sheets
from tests.support import TIP_2025, append
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication, load_publication
from tipbrief.colour_contrast import contrast_ratio
from tipbrief.compose.templates import create_environment
from tipbrief.deliver.index import DeliveredDocument, index_html
from tipbrief.deliver.output_folder import OutputFile
from tipbrief.fonts.font_library import load_fonts
from tipbrief.language.dates import Date
from tipbrief.language.language import first_letter, load_language, sort_key
from tipbrief.ledger.entries import Edition

DARI = load_language("fa-AF")
number = DARI.number

LOOK = load_fonts(find_shipped_folder("fonts")), create_environment((), find_shipped_folder("templates"))
LETTERS = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
TIERS = {"ردیف اول": 33, "ردیف دوم": 106, "ردیف دوم، زیر نظارت": 25, "ردیف سوم": 20, "حالت خاص": 4}


def listed_in(publication: Publication) -> list[DeliveredDocument]:
    """An entry for each document, with sizes of its own; every third is a draft."""
    codes = ["" if at % 3 == 2 else f"{0x9F2C + at:04x}" for at in range(len(publication.documents))]
    return [
        DeliveredDocument(
            name,
            OutputFile(Path(), f"tip-2025-{name}.pdf", 200_000 + 1_000 * at, ""),
            OutputFile(Path(), f"tip-2025-{name}.html", 500_000 + 1_000 * at, ""),
            Edition(brief=name, number=1 + at % 4, code=codes[at], date=Date(2026, 11, 25)),
        )
        for at, name in enumerate(publication.documents)
    ]


def page_of(publication: Publication, listed: list[DeliveredDocument], **indexes: str) -> str:
    others = {tag.replace("_", "-"): file for tag, file in indexes.items()}
    return index_html(publication, listed, *LOOK, others)


@pytest.fixture(scope="module")
def publication() -> Publication:
    return load_publication(TIP_2025)


@pytest.fixture(scope="module")
def listed(publication: Publication) -> list[DeliveredDocument]:
    return listed_in(publication)


@pytest.fixture(scope="module")
def html(publication: Publication, listed: list[DeliveredDocument]) -> str:
    return page_of(publication, listed)


@pytest.fixture(scope="module")
def page(html: str) -> Element:
    return read_html(html)


@pytest.fixture(scope="module")
def file(html: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "index.html"
    path.write_text(html, encoding="utf-8")
    return path


def link(entry: Element, text: str) -> str:
    (found,) = [node for node in entry.all("a") if node.text == text]
    return found.attributes["href"]


def test_of_very_many_documents_each_has_one_short_line(tmp_path: Path) -> None:
    folder = sheets(tmp_path / "wells")
    append(folder / "tables" / "places.csv", "".join(f"R{at},چاه {at},7,open,\n" for at in range(2000)))
    many = load_publication(folder)
    html = page_of(many, listed_in(many))
    page = read_html(html)
    entries = page.all("li", "entry")
    assert len(entries) == 2009
    for entry in entries[1:]:
        first, second = entry.all("a")
        assert first.attributes["href"].removesuffix(".html") == second.attributes["href"].removesuffix(".pdf")
        assert second.attributes["aria-label"] == f"PDF {first.text}"
    assert not page.all("", "choices"), "the names stand once"
    assert len(html) - len(page_of(many, [])) < 300 * len(entries)


def test_it_is_titled_as_the_publication_and_single_briefs_come_first(page: Element) -> None:
    title = "قاچاق انسان در جهان؛ گزارش سال ۲۰۲۵"
    assert page.one("title").text == page.one("h1").text == title
    root = page.one("html").attributes
    assert (root["lang"], root["dir"]) == ("fa-AF", "rtl")
    assert page.one("p", "subtitle").text.startswith("۱۸۹ برگه؛")
    first, second = page.all("li", "entry")[:2]
    assert first.one("b").text == WORLD
    assert first.one("", "english").text.startswith("تنها ۳۳ حکومت از ۱۸۸ حداقل معیارهای قانون")
    assert not first.all("", "key")
    assert second.one("b").text == "آذربایجان"


def test_every_document_stands_once_in_the_alphabet_with_its_files(
    page: Element, listed: list[DeliveredDocument]
) -> None:
    entries = page.all("li", "entry")
    assert Counter(link(entry, "PDF") for entry in entries) == Counter(one.pdf.path.name for one in listed)
    assert Counter(link(entry, "صفحۀ وب") for entry in entries) == Counter(one.html.path.name for one in listed)
    for entry in entries:
        assert link(entry, "PDF").removesuffix(".pdf") == link(entry, "صفحۀ وب").removesuffix(".html")
    names = [node.attributes["aria-label"] for entry in entries for node in entry.all("a")]
    assert len(set(names)) == len(names) == 2 * 189, "names that tell the links apart"
    assert {"PDF افغانستان", "صفحۀ وب افغانستان"} < {*names}


def test_every_document_stands_once_by_its_tier(page: Element, publication: Publication) -> None:
    by_tier = page.one("div", "choices")
    sections = by_tier.all("section")
    headings = [section.one("h4").text for section in sections]
    assert headings == [f"{tier} {number(count)}" for tier, count in TIERS.items()]
    choices = publication.tables["placements"].spec.columns["tier"].choices
    for section, choice in zip(sections, choices, strict=True):
        rows = [row for row in publication.tables["placements"].rows if row["tier"] == choice]
        rows.sort(key=lambda row: sort_key(row["name"], DARI))
        assert [(node.text, node.attributes["href"]) for node in section.all("a")] == [
            (row["name"], f"tip-2025-country-{row['iso3']}.html") for row in rows
        ]


def test_letters_stand_in_the_order_of_the_alphabet(page: Element) -> None:
    sections = page.all("section", "letter")
    letters = [section.one("h4").text for section in sections]
    assert letters == [letter for letter in LETTERS if letter in letters]
    assert {"آ", "ا", "پ", "چ", "گ", "ک", "ی"} < {*letters}
    names = []
    for section in sections:
        own = [entry.one("b").text for entry in section.all("li", "entry")]
        assert {first_letter(name, DARI) for name in own} == {section.one("h4").text}
        names += own
    assert len(names) == 188
    assert all(sort_key(one, DARI) < sort_key(other, DARI) for one, other in pairwise(names))


def test_an_entry_says_name_tier_sizes_and_edition(page: Element, listed: list[DeliveredDocument]) -> None:
    by_pdf = {link(entry, "PDF"): entry for entry in page.all("li", "entry")}
    at = next(number for number, one in enumerate(listed) if one.name == "country-AFG")
    entry = by_pdf["tip-2025-country-AFG.pdf"]
    assert entry.one("p", "name").text == "افغانستان Afghanistan AFG"
    assert entry.one("p", "choice").text == "ردیف سوم"
    swatch = entry.one("span", "swatch")
    assert "tone-4" in swatch.attributes["class"].split()
    assert swatch.attributes["style"] == "background-color: #0b3540"
    sizes = f"PDF {number(200 + at)} کیلوبایت · صفحۀ وب {number(500 + at)} کیلوبایت"
    assert entry.one("p", "files").text == sizes
    for number_, one in enumerate(listed):
        shown = by_pdf[one.pdf.path.name].one("p", "edition").text
        if number_ % 3 == 2:
            assert shown == "پیش‌نویس"
        else:
            wanted = f"نسخۀ {number(1 + number_ % 4)} · {one.name.upper()}/{1 + number_ % 4} · "
            assert shown == wanted + one.edition.code
    assert by_pdf["tip-2025-country-YEM.pdf"].all("span", "hatched")


def test_a_file_has_at_least_one_kilobyte_and_thousands_are_parted(
    publication: Publication, listed: list[DeliveredDocument]
) -> None:
    sizes = [
        replace(listed[0], pdf=OutputFile(Path(), "a.pdf", 12, ""), html=OutputFile(Path(), "a.html", 1_234_567, ""))
    ]
    entry = read_html(page_of(publication, sizes)).one("li", "entry")
    assert entry.one("p", "files").text == "PDF ۱ کیلوبایت · صفحۀ وب ۱٬۲۳۵ کیلوبایت"


def test_the_jumps_lead_to_every_letter_and_tier(page: Element) -> None:
    found = [(node.attributes["id"], node) for node in page.all() if "id" in node.attributes]
    by_id = dict(found)
    assert len(by_id) == len(found)
    letters, tiers = page.all("nav")
    headings = [section.one("h4").text for section in page.all("section", "letter")]
    assert [node.text for node in letters.all("a")[:-1]] == headings
    for node in (*letters.all("a"), *tiers.all("a")):
        target = by_id[node.attributes["href"].removeprefix("#")].text
        assert target == node.text or re.fullmatch(f"{re.escape(node.text)} [۰-۹]+", target)
    assert tiers.all("a")[-1].text == "به ترتیب الفبا"
    for nav in (letters, tiers):
        assert nav.attributes["aria-labelledby"] in by_id


def test_the_order_in_which_sheets_were_finished_changes_nothing(tip_2025: Path) -> None:
    world = tip_2025 / "briefs" / "world.yaml"
    world.with_name("zones.yaml").write_text(world.read_text(encoding="utf-8"), encoding="utf-8")
    publication = load_publication(tip_2025)
    listed = listed_in(publication)
    html = page_of(publication, listed)
    assert page_of(publication, listed[::-1]) == html
    first = [link(entry, "PDF") for entry in read_html(html).all("li", "entry")[:3]]
    assert first == [f"tip-2025-{name}.pdf" for name in ("world", "zones", "country-AZE")]


def test_only_what_is_listed_is_shown(publication: Publication, listed: list[DeliveredDocument]) -> None:
    few = [one for one in listed if one.name in ("country-AFG", "country-PAK")]
    page = read_html(page_of(publication, few))
    assert [entry.one("b").text for entry in page.all("li", "entry")] == ["افغانستان", "پاکستان"]
    assert [section.one("h4").text for section in page.all("section", "letter")] == ["ا", "پ"]
    assert page.one("p", "subtitle").text.startswith("۲ برگه؛")
    tiers = page.one("div", "choices").all("section")
    assert sorted(node.text for tier in tiers for node in tier.all("a")) == ["افغانستان", "پاکستان"]
    (world,) = [one for one in listed if one.name == "world"]
    alone = read_html(page_of(publication, [world]))
    assert len(alone.all("li", "entry")) == 1
    assert not alone.all("nav")
    assert not alone.all("h2")


def test_a_brief_without_a_badge_has_no_tiers(tip_2025: Path) -> None:
    brief = tip_2025 / "briefs" / "country.yaml"
    text = brief.read_text(encoding="utf-8")
    brief.write_text(re.sub(r"  - record:\n(?: {6}.*\n)+", "", text), encoding="utf-8")
    publication = load_publication(tip_2025)
    page = read_html(page_of(publication, listed_in(publication)))
    assert len(page.all("li", "entry")) == 189
    assert not page.all("div", "choices")
    assert not page.all("span", "swatch")
    assert len(page.all("nav")) == 1


def test_what_editors_write_is_text_and_no_markup(tip_2025: Path) -> None:
    placements = tip_2025 / "tables" / "placements.csv"
    rows = placements.read_text(encoding="utf-8")
    mark = '"<b onclick=""x"">{{ 7 }} & </script>"'
    changed = rows.replace("AFG,افغانستان,افغانستان,Afghanistan,", f"AFG,افغانستان<u>,x,{mark},")
    placements.write_text(changed, encoding="utf-8")
    publication = load_publication(tip_2025)
    listed = listed_in(publication)
    odd = next(at for at, one in enumerate(listed) if one.name == "country-AFG")
    listed[odd] = replace(listed[odd], pdf=OutputFile(Path(), 'a b"<i>.pdf', 1, ""))
    html = page_of(publication, listed)
    page = read_html(html)
    entry = next(one for one in page.all("li", "entry") if one.one("b").text == "افغانستان<u>")
    assert entry.one("span", "english").text.startswith('<b onclick="x">{{ ۷ }} & </script>')
    assert link(entry, "PDF") == "a%20b%22%3Ci%3E.pdf"
    assert len(page.all("script")) == 1
    assert "<b onclick" not in html
    assert "<u>" not in html


def test_it_names_nothing_outside_carries_two_weights_and_is_small(
    html: str, page: Element, listed: list[DeliveredDocument]
) -> None:
    styles = " ".join(node.text for node in page.all("style"))
    assert set(re.findall(r"url\(.{0,23}", styles)) == {"url(data:font/woff2;base64,"}
    assert "@import" not in styles
    assert not [node for node in page.all() if node.attributes.keys() & {"src", "srcset", "onclick"}]
    assert not page.all("link")
    files = {file.path.name for one in listed for file in (one.pdf, one.html)}
    addresses = {node.attributes["href"] for node in page.all("a")}
    assert {address for address in addresses if not address.startswith("#")} == files
    assert not re.search("https?:", html)
    assert re.findall(r"font-weight: (\d+); font-style", styles) == ["400", "700"]
    assert len(html.encode()) < 300_000


def test_the_policy_lets_in_this_script_and_no_other(page: Element) -> None:
    script = "".join(str(part) for part in page.one("script").parts)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [
        node.attributes["content"]
        for node in page.all("meta")
        if node.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_dari_text_has_no_latin_digit_and_no_letter_outside_of_a_latin_run(page: Element) -> None:
    texts = [text for ltr, text in page.texts if not ltr]
    read_aloud = [node.attributes["aria-label"] for node in page.all() if "aria-label" in node.attributes]
    assert not [text for text in (*texts, *read_aloud) if re.search(r"[0-9٠-٩]", text)]
    shown = [text for ltr, text in page.one("body").texts if not ltr]
    assert len(shown) > 1000
    assert not [text for text in shown if re.search(r"[A-Za-z]", text)]


TYPE = """(text => {
  const field = document.querySelector('input')
  field.value = text
  field.dispatchEvent(new Event('input', {bubbles: true}))
})"""
SHOWN = """[...document.querySelectorAll('.entry b')].filter(one => one.getClientRects().length)
  .map(one => one.textContent)"""
FOUND = "document.querySelector('.found').textContent"
VISIBLE = "[...document.querySelectorAll('{}')].filter(one => one.getClientRects().length).length"


def ask(tab: Tab, text: str) -> list[str]:
    """What is shown when this is typed into the search field."""
    tab.evaluate(f"{TYPE}({text!r})")
    found: list[str] = tab.evaluate(SHOWN)
    return found


@pytest.mark.parametrize(
    ("width", "scheme"),
    [one if one in ((320, "light"), (1280, "forced")) else pytest.param(*one, marks=pytest.mark.slow)
     for one in browser.EXAMINED],
)  # fmt: skip
def test_it_fits_its_window_is_quiet_and_asks_for_nothing(tab: Tab, file: Path, width: int, scheme: str) -> None:
    browser.require_sound_page(tab, file, width, scheme)
    entries = "[...document.querySelectorAll('.letter .entry')]"
    columns = {*tab.evaluate(f"{entries}.map(one => Math.round(one.getBoundingClientRect().right))")}
    assert len(columns) == (1 if width == 320 else 3)
    assert tab.barriers() == []
    assert browser.faint_texts(tab) == []
    assert tab.looks([".swatch"])[".swatch"] >= 4


WORLD = "افغانستان در پایین‌ترین ردیف مبارزه با قاچاق انسان"
SEARCHES = [
    ("افغا", ["افغانستان در پایین‌ترین ردیف مبارزه با قاچاق انسان", "افغانستان"]),
    ("گینیا", ["پاپوا نیو گینیا", "گینیا", "گینیا بیساو", "گینیای استوایی"]),
    ("كوريا", ["کوریای جنوبی", "کوریای شمالی"]),  # Arabic ك and ي
    ("کوریا شمالی", ["کوریای شمالی"]), ("بنگله دیش", ["بنگله\u200cدیش"]),
    ("بنگله\u200cدیش", ["بنگله\u200cدیش"]), ("بنگلهدیش", ["بنگله\u200cدیش"]),
    ("اذربایجان", ["آذربایجان"]), ("اسراییل", ["اسرائیل"]), ("مقدونیه", ["مقدونیۀ شمالی"]),
    ("آلمَان", ["آلمان"]), ("afghan", ["افغانستان"]), ("SOUTH KO", ["کوریای جنوبی"]),
    ("turkiye", ["ترکیه"]),
    ("Côte d’Iv", ["ساحل عاج"]), ("cote", ["ساحل عاج"]), ("bissau", ["گینیا بیساو"]),
    ("AFG", ["افغانستان"]), ("deu", ["آلمان"]), (" de u", []),
    ("١٨٨", [WORLD]), ("188", [WORLD]),
    ("مالی", ["مالی", "مالیزیا"]),  # and not شمالی
]  # fmt: skip


def test_a_search_finds_by_dari_name_english_name_and_code(tab: Tab, file: Path) -> None:
    tab.show(file, 1280)
    for text, names in SEARCHES:
        assert ask(tab, text) == names
        count = "یک" if len(names) == 1 else number(len(names))
        assert tab.evaluate(FOUND) == (f"{count} برگه یافت شد" if names else "")
        assert tab.evaluate(VISIBLE.format(".none")) == (0 if names else 1)
        # The world brief stands above them.
        letters = {first_letter(name, DARI) for name in names if name != WORLD}
        assert tab.evaluate(VISIBLE.format(".letter h4")) == len(letters), "no heading without a name"
        assert tab.evaluate(VISIBLE.format("nav, .choices")) == 0, "each hit is shown once"


def test_an_empty_search_says_so_and_offers_all_again(tab: Tab, file: Path) -> None:
    tab.show(file, 360)
    assert len(ask(tab, "")) == 189
    assert tab.evaluate(FOUND) == ""
    assert ask(tab, "<i>xyz") == []
    said = tab.evaluate("document.querySelector('.none').innerText")
    assert said.startswith("برای «<i>xyz» برگه‌ای یافت نشد.")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.evaluate("document.querySelector('.none button').click()")
    assert len(tab.evaluate(SHOWN)) == 189
    assert tab.evaluate("document.activeElement.id") == "find"
    assert tab.evaluate(VISIBLE.format(".none")) == 0
    assert tab.evaluate(VISIBLE.format("nav")) == 2
    assert len(ask(tab, " … ")) == 189, "marks alone are no search"


def press(tab: Tab, key: str, code: int) -> None:
    tab.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code)
    tab.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)


def test_all_of_it_can_be_done_with_the_keyboard(tab: Tab, file: Path) -> None:
    tab.show(file, 1280)
    tab.call("Page.bringToFront")
    tab.evaluate("document.body.focus()")
    press(tab, "Tab", 9)
    assert tab.evaluate("document.activeElement.id") == "find", "the field comes first"
    ring = "getComputedStyle(document.activeElement).outlineStyle"
    assert tab.evaluate(ring) == "solid"
    tab.call("Input.insertText", text="پاکس")
    assert tab.evaluate(SHOWN) == ["پاکستان"]
    press(tab, "Tab", 9)
    assert tab.evaluate("document.activeElement.getAttribute('href')") == "tip-2025-country-PAK.pdf"
    assert tab.evaluate(ring) == "solid"
    tab.evaluate("document.getElementById('find').focus()")
    press(tab, "Escape", 27)
    assert len(tab.evaluate(SHOWN)) == 189
    assert tab.evaluate("document.getElementById('find').value") == ""


def test_without_javascript_all_is_there_but_the_search(tab: Tab, file: Path) -> None:
    tab.show(file, 360, scripts=False)
    assert len(tab.evaluate(SHOWN)) == 189
    assert tab.evaluate(VISIBLE.format(".search")) == 0
    assert tab.evaluate(VISIBLE.format("nav")) == 2
    assert tab.evaluate(VISIBLE.format(".names a")) == 188
    assert tab.evaluate(VISIBLE.format(".none, .found")) == 0
    tab.show(file, 360)
    assert tab.evaluate(VISIBLE.format(".search input")) == 1


def test_another_script_does_not_run(tab: Tab, html: str, tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    foreign = "<script>document.title = 'foreign'</script><p onclick='1'></p></body>"
    file.write_text(html.replace("</body>", foreign), encoding="utf-8")
    tab.show(file, 1280)
    assert tab.evaluate("document.title").startswith("قاچاق انسان")
    assert ask(tab, "AFG") == ["افغانستان"], "its own still does"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_off_its_ground(tab: Tab, file: Path, scheme: str) -> None:
    tab.show(file, 1280, scheme=scheme)
    found = [
        (contrast_ratio(browser.colour(own), browser.colour(behind)), text)
        for text, own, behind, _ in tab.evaluate(browser.TEXT_COLOURS)
    ]
    assert len(found) > 1000
    assert min(found)[0] >= 4.5, min(found)


def test_on_paper_it_is_a_list_without_buttons(tab: Tab, file: Path) -> None:
    tab.show(file, 664, media="print", scheme="dark")
    assert len(tab.evaluate(SHOWN)) == 189
    assert tab.evaluate(VISIBLE.format("nav, .search, .files")) == 0
    assert tab.evaluate(VISIBLE.format(".swatch")) == 188 + 5
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert tab.evaluate(ground) == "rgb(255, 255, 255)"
    assert tab.evaluate(browser.BEYOND) == []


def test_the_indexes_of_other_languages_are_linked_each_by_its_own_name(listed: list[DeliveredDocument]) -> None:
    one = load_publication(TIP_2025)
    several = replace(one, languages=tuple(map(load_language, ("fa-AF", "ps", "en"))))
    html = page_of(several, listed, fa_AF="index.html", ps="index.ps.html", en="index.en.html")
    links = read_html(html).one("p", "languages").all("a")
    said = [(*map(link.attributes.get, ("href", "lang", "dir")), link.text) for link in links]
    assert said == [("index.ps.html", "ps", "rtl", "پښتو"), ("index.en.html", "en", "ltr", "English")]
    assert html.count('<link rel="alternate" hreflang="') == 3
    # Where those of the others are not there.
    for alone in (page_of(several, listed), page_of(one, listed)):
        assert "hreflang" not in alone


def test_on_a_site_it_leads_to_the_pages_and_to_files_in_folders(publication: Publication) -> None:
    at = Path("out")
    one, two, *_ = listed_in(publication)
    pdf = OutputFile(at, "e/x.pdf", 1000, "")
    listed = [replace(one, pdf=pdf, html=None, page="d/one.html"), replace(two, pdf=None, html=None, page="d/2.html")]
    text = index_html(publication, listed, *LOOK, pages=[("چاپ", "check.html")])
    links = set(re.findall(r'href="([^"#]+)"', text))
    assert {"d/one.html", "d/2.html", "e/x.pdf", "check.html"} <= links
    assert {link for link in links if link.endswith(".html")} == {"d/one.html", "d/2.html", "check.html"}
