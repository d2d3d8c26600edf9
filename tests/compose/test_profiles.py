"""Each form of print keeps what it promises: papers, pages, sizes, margins, and a grey without colour."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from tests.support import TIP_2025, change, fit_document, pdf_text, problem_of, problems_of
from tipbrief.assets import find_shipped_folder
from tipbrief.compose import html_page as compose
from tipbrief.compose.profiles import (
    DEFAULT_PROFILE,
    PAPERS,
    DrawingStyles,
    load_profiles,
    promised_page_count,
    require_named,
)
from tipbrief.ledger.entries import Edition
from tipbrief.pdf import pdf_draft
from tipbrief.pdf.standards import PDF_2_STANDARD
from tipbrief.pipeline import document
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.run import build_documents
from tipbrief.pipeline.session import Session
from tipbrief.typeset.engine import Layout, TypesettingResult
from tipbrief.typeset.fit import fit_pages
from tipbrief.verify import audit

TEMPLATES = find_shipped_folder("templates")
SHIPPED = load_profiles(None, TEMPLATES)
POINTS_PER_MM = 72 / 25.4
LEAST_LARGE, LEAST_CAPTION = 16, 12  # points
LEAST_LINE = 0.5


def test_six_profiles_are_shipped() -> None:
    assert list(SHIPPED) == ["screen", "office", "grey", "large", "press", "pdf2"]
    assert DEFAULT_PROFILE in SHIPPED
    assert [name for name, profile in SHIPPED.items() if not profile.keeps_budget] == ["large"]
    assert all(profile.css_text.strip() for profile in SHIPPED.values())
    assert [name for name, profile in SHIPPED.items() if profile.standard == PDF_2_STANDARD] == ["pdf2"]
    assert SHIPPED["pdf2"].css_text == SHIPPED["office"].css_text


def test_pages_are_promised_where_there_is_room_for_them() -> None:
    sizes = {name: paper.size for name, paper in PAPERS.items()}
    assert sizes == {"a4": "210mm 297mm", "letter": "215.9mm 279.4mm", "a5": "148mm 210mm"}
    for paper, profile, pages in (
        ("a4", "grey", 2), ("letter", "office", 2), ("a4", "large", None), ("a5", "office", None),
    ):  # fmt: skip
        assert promised_page_count(2, PAPERS[paper], SHIPPED[profile]) == pages


def test_an_unknown_name_brings_the_nearest() -> None:
    for name, what, known, hint in (
        ("A4 ", "paper", PAPERS, "did you mean 'a4'?"),
        ("gray", "profile", SHIPPED, "did you mean 'grey'?"),
        ("x", "profile", SHIPPED, "known: screen, office, grey, large, press, pdf2"),
    ):
        problem = problem_of(require_named, name, what, known)
        assert (problem.message, problem.hint) == (f"there is no {what} '{name}'", hint)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "profiles").mkdir()
    return tmp_path


def test_profiles_of_ones_own_stand_beside_the_shipped_ones_and_in_their_place(own: Path) -> None:
    (own / "profiles" / "office.css").write_text("/* ours */")
    assert load_profiles(own, TEMPLATES)["office"].css_text == "/* ours */", "by its styles alone"
    (own / "profiles.yaml").write_text(
        "poster: {css: profiles/poster.css, budget: false}\ngrey: {css: profiles/large.css}\n"
    )
    (own / "profiles" / "poster.css").write_text("h1 { font-size: 60pt }")
    profiles = load_profiles(own, TEMPLATES)
    assert list(profiles) == [*SHIPPED, "poster"]
    poster, grey = profiles["poster"], profiles["grey"]
    assert (poster.css_text, poster.keeps_budget, poster.drawing) == ("h1 { font-size: 60pt }", False, "")
    assert (grey.css_text, grey.drawing) == (profiles["large"].css_text, "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("poster: {css: profiles/postr.css}", "there is no file 'profiles/postr.css' in the templates"),
        ("poster: {css: ../secret.css}", "'../secret.css' lies outside the templates"),
        ("poster: {css: /etc/hostname}", "'/etc/hostname' lies outside the templates"),
        ("a: {css: css/a5.css, drawing: css/a5.css}", "'css/a5.css' is no drawing"),
        ("poster: {budget: false}", "'poster': the key 'css' is missing"),
        ("poster: {css: profiles/office.css, buget: false}", "'poster': the key 'buget' is not known"),
        ("a: {css: css/a5.css, standard: PDF/A-4}", "'standard' is one of PDF/A-3a, PDF/A-4f, not 'PDF/A-4'"),
    ],
)
def test_a_fault_in_the_list_is_a_problem_with_its_place(own: Path, line: str, message: str) -> None:
    (own / "profiles.yaml").write_text(f"# ours\n{line}\n")
    problem = problem_of(load_profiles, own, TEMPLATES)
    assert problem.message == message
    assert (problem.file, problem.line) == (own / "profiles.yaml", 2)
    assert problem.hint or problem.kind == "no-choice"


def test_all_faults_are_told_together(own: Path) -> None:
    (own / "profiles.yaml").write_text("a: {css: a.css}\nb: {css: b.css}\n")
    assert [problem.line for problem in problems_of(load_profiles, own, TEMPLATES)] == [1, 2]


def test_each_drawing_has_ids_of_its_own_and_lines_that_keep_their_width() -> None:
    drawing = DrawingStyles(SHIPPED["grey"])
    whole, part = drawing(), drawing(0.25)
    ids = [re.findall('id="([^"]+)"', text) for text in (whole, part)]
    assert ids[0]
    assert not set(ids[0]) & set(ids[1])
    for text, known, width in zip((whole, part), ids, ("6", "1.5"), strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", text)) == set(known)
        assert re.findall(r"\.outline {.*stroke-width: ([\d.]+)", text) == [width]
    assert part.count('<pattern patternTransform="scale(0.25)"') == part.count("<pattern") > 0
    assert DrawingStyles(None)() == ""


def html_of(
    session: Session, paper: str = "a4", profile: str | None = None, document: str = "world", **more: Any
) -> str:
    what = session.publication, document, session.fonts, session.environment
    form = SHIPPED[profile] if profile else None
    return compose.compose_page(*what, paper=PAPERS[paper], profile=form, **more)


def test_styles_stand_in_the_order_in_which_they_count(session: Session) -> None:
    html = html_of(session, "a5", "grey")
    sheets = [TEMPLATES / name for name in ("css/print.css", "css/a5.css", "profiles/grey.css")]
    places = [html.index(sheet.read_text(encoding="utf-8").splitlines()[0]) for sheet in sheets]
    assert places == sorted(places)
    assert places[-1] < html.index('<style id="fit"')
    assert "@page { size: 148mm 210mm; }" in html


def test_without_a_profile_there_is_none(session: Session) -> None:
    html = html_of(session)
    assert "@page { size: 210mm 297mm; }" in html
    others = [*TEMPLATES.glob("profiles/*.css"), TEMPLATES / "css/letter.css", TEMPLATES / "css/a5.css"]
    assert len(others) >= 7
    assert not [sheet for sheet in others if sheet.read_text(encoding="utf-8").strip() in html]
    assert not re.search("<svg[^>]*>[^/]*</title>\\s*<style", html)


@dataclass(frozen=True)
class Form:
    """A brief in one form: what was typeset, its laid-out pages, and all boxes on them."""

    typeset: TypesettingResult
    pdf: bytes
    html: str
    layout: Any
    boxes: list[Any]

    def pictures(self, dpi: int) -> list[Image.Image]:
        document = pypdfium2.PdfDocument(self.pdf)
        return [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]


Forms = Callable[[str, str], Form]


def below(box: Any) -> Iterator[Any]:
    yield box
    for child in getattr(box, "children", ()):
        yield from below(child)


@pytest.fixture(scope="module")
def form(session: Session) -> Forms:
    """Makes the world brief on a paper in a profile, each once."""

    @cache
    def make(paper: str, profile: str) -> Form:
        html = html_of(session, paper, profile)
        pages, narrow = promised_page_count(2, PAPERS[paper], SHIPPED[profile]), PAPERS[paper].narrow
        if pages or narrow:
            place = session.publication.briefs["world"].location
            html = fit_pages(session.typesetter, html, pages, place, filled=narrow).html
        return typeset_form(session, html)

    return make


def typeset_form(session: Session, html: str) -> Form:
    layout = session.typesetter.lay_out(html)
    made = layout.render_pdf()
    pdf = pdf_draft.finish_pdf(made.pdf_draft, text_runs=made.text_runs)
    boxes = [box for page in layout.document.pages for box in below(page._page_box)]
    return Form(made, pdf, html, layout.document, boxes)


FORMS = [
    ("a4", "screen"), ("a4", "office"), ("a4", "grey"), ("a4", "large"), ("letter", "office"),
    ("a5", "office"), ("a5", "large"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("paper", "profile"), FORMS)
def test_nothing_is_cut_and_the_promise_is_kept(form: Forms, paper: str, profile: str) -> None:
    made = form(paper, profile)
    size = PAPERS[paper].width, PAPERS[paper].height
    expected = audit.Expectation(pages=promised_page_count(2, PAPERS[paper], SHIPPED[profile]), paper=size)
    audit.require_no_errors(made.pdf, made.html, expected, name="x.pdf")
    # What hides its overflow would be cut: each line of such a box is narrower than the box.
    for box in made.boxes:
        if type(box).__name__ == "LineBox" and box.style["overflow"] == "hidden":
            words = [child for child in below(box) if type(child).__name__ == "TextBox"]
            assert sum(word.width for word in words) <= box.width + 0.5, "".join(word.text for word in words)


@pytest.mark.slow
@pytest.mark.parametrize(("paper", "profile"), [form for form in FORMS if form[1] != "screen"])
def test_nothing_stands_where_printers_do_not_print(form: Forms, paper: str, profile: str) -> None:
    for picture in form(paper, profile).pictures(100):
        white = Image.new("RGB", picture.size, "white")
        left, top, right, bottom = ImageChops.difference(picture, white).getbbox() or (0, 0, 0, 0)
        margins = (left, top, picture.width - right, picture.height - bottom)
        assert min(margins) * 25.4 / 100 >= 6, margins


@pytest.mark.slow
def test_large_print_is_large_and_in_one_column(form: Forms) -> None:
    for paper in ("a4", "a5"):
        made = form(paper, "large")
        assert made.typeset.body_size >= LEAST_LARGE
        marks = [box for box in made.boxes if str(box.element_tag).startswith("sup")]
        in_marks = {id(box) for mark in marks for box in below(mark)}
        for box in made.boxes:
            # But for marks of sources, and the comma between two.
            if type(box).__name__ == "TextBox" and id(box) not in in_marks:
                assert box.style["font_size"] * 0.75 >= LEAST_CAPTION - 0.01, box.text
        width = made.layout.pages[0]._page_box.width
        for name in ("column", "drawing"):
            own = [box for box in made.boxes if box.element is not None and box.element.get("class") == name]
            # A chart leaves room for the labels of its ends.
            assert own
            assert all(0.9 * width <= box.width <= width + 1 for box in own), name


@pytest.mark.slow
@pytest.mark.parametrize(("paper", "least"), [("a4", 0.9), ("letter", 0.35), ("a5", 0.5)])
def test_large_print_fills_its_pages(session: Session, paper: str, least: float) -> None:
    """As they are built; on the last one sources end."""
    *fills, last = built_fills(replace(session, paper=paper, profile="large"), "world")
    assert min(fills) >= 0.85, fills  # what would be parted goes to the next page whole
    assert last >= least


@pytest.mark.slow
def test_on_a5_it_is_a_booklet(form: Forms) -> None:
    """One sheet of A4, folded; in large print no chart has a page of its own."""
    assert (form("a5", "office").typeset.page_count, form("a5", "large").typeset.page_count) == (4, 8)


def built_fills(session: Session, name: str) -> list[float]:
    """How full each page of the delivered edition is in this form."""
    fit = fit_document(document.compose_document(session, name))
    return [page.foot / page.height for page in fit.typesetting.page_fills]


@pytest.mark.slow
def test_a_table_of_few_rows_stays_on_one_page(wells: Path) -> None:
    session = Session.open(wells)
    html, fit = html_of(session, "a5", document="all"), '<style id="fit" media="print">'
    most = list[int]()  # cells on one page
    for pushed in range(0, 130, 10):
        moved = html.replace(fit, f"{fit} section.table {{ padding-top: {pushed}mm }}")
        pages = session.typesetter.lay_out(moved).document.pages
        most.append(max(sum(box.element_tag == "td" for box in below(page._page_box)) for page in pages))
    assert len({*most}) == 1, most


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paper", "profile", "document", "least", "pushes"),
    [("a5", None, "country-TJK", 5, range(50, 120, 10)), ("a4", "large", "country-AFG", 3, range(124, 172, 8))],
)
def test_no_year_of_a_strip_stands_on_a_page_without_others(
    tip_2025: Path, paper: str, profile: str | None, document: str, least: int, pushes: range
) -> None:
    change(tip_2025 / "briefs" / "country.yaml", "      form: path\n", "")  # years as one bar
    session = Session.open(tip_2025)
    html, fit = html_of(session, paper, profile, document), '<style id="fit" media="print">'
    parted = 0
    for pushed in pushes:
        moved = html.replace(fit, f"{fit} .strip {{ padding-top: {pushed}mm }}")
        pages = [page._page_box for page in session.typesetter.lay_out(moved).document.pages]
        years = [
            len({box.element for box in boxes if box.element is not None and box.element.get("class") == "when"})
            for boxes in map(below, pages)
        ]
        parted += sum(map(bool, years)) > 1
        assert min(filter(None, years)) >= least, (pushed, years)
    assert parted


@pytest.mark.slow
def test_large_print_leaves_no_page_for_a_sheet_s_last_lines(session: Session) -> None:
    """Neither of Afghanistan's, whose facts are most, nor of one without facts."""
    for name, pages in (("country-AFG", 4), ("country-PLW", 2)):
        full = built_fills(replace(session, profile="large"), name)
        assert len(full) == pages, name
        assert min(full[:-1]) > 0.8, name  # what follows is a map, which does not part
        assert full[-1] > 0.7, name


def test_the_thick_outlines_of_grey_maps_are_no_part_of_their_shapes(session: Session, tmp_path: Path) -> None:
    """The corners of long narrow countries reached farther than what is allowed to another place."""
    names = ["country-ARG", "country-CHL", "country-MWI"]
    assert [one.name for one in build_documents(replace(session, profile="grey"), names, tmp_path)] == names


def test_charts_side_by_side_begin_at_one_height(tip_2025: Path) -> None:
    """Also where the title of one of them is longer than a line."""
    chart = "years: {table: enforcement, column: victims, start: 2017, title: "
    for title in ("قربانیان؛ بیش از چهار برابر", "قربانیان شناسایی‌شده در همۀ جهان؛ بیش از چهار برابر"):
        brief = (TIP_2025 / "briefs" / "world.yaml").read_text("utf-8")
        above, below_it = brief.partition("  - years:")[0], "  - columns:" + brief.rpartition("  - columns:")[2]
        halves = f"right: [{chart}{title}}}], left: [{chart}محکومیت}}]".replace("[years: {", "[{years: {").replace(
            "}]", "}}]"
        )
        beside = f"  - columns: {{widths: '1:1:1', {halves}}}\n"
        (tip_2025 / "briefs" / "world.yaml").write_text(above + beside + below_it, "utf-8")
        session = Session.open(tip_2025)
        for paper in ("a4", "a5"):
            pages = session.typesetter.lay_out(html_of(session, paper)).document.pages
            boxes = [box for page in pages for box in below(page._page_box)]
            plots = [box for box in boxes if box.element is not None and box.element.get("class") == "plot"]
            assert len({round(box.position_y, 2) for box in plots}) == 1, (title, paper)
            assert len(plots) == 2


def test_press_has_bleed_and_marks_and_claims_no_standard_of_the_press(form: Forms) -> None:
    made = form("a4", "press")
    assert made.typeset.page_count == 2
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        for page in pdf.pages:
            for box, wanted in (("/TrimBox", (210, 297)), ("/BleedBox", (216, 303))):
                left, bottom, right, top = (float(edge) / POINTS_PER_MM for edge in page.obj[box])
                assert (right - left, top - bottom) == pytest.approx(wanted, abs=0.1)
        assert b"pdfx" not in pdf.Root.Metadata.read_bytes().lower()
    picture = made.pictures(100)[0]
    corner = picture.crop((0, 0, round(5 / 25.4 * 100), round(5 / 25.4 * 100))).convert("L")
    assert corner.getextrema()[0] < 128, "a mark stands in the corner"


def test_grey_has_no_colours_and_hardly_a_grey(form: Forms) -> None:
    for picture in form("a4", "grey").pictures(150):
        red, green, blue = picture.split()
        for one, other in ((red, green), (green, blue)):
            assert (ImageChops.difference(one, other).getextrema() or (0, 0))[1] <= 2
    # The edges of letters and lines are grey at any resolution: fewer and fewer as it grows.
    page = form("a4", "grey").pictures(300)[1]
    middle = sum(page.convert("L").histogram()[70:186]) / (page.width * page.height)
    assert middle < 0.03


def test_grey_has_no_line_thinner_than_a_copier_shows(form: Forms) -> None:
    sides = ("top", "right", "bottom", "left")
    widths = {
        box.style[f"border_{side}_width"] * 0.75
        for box in form("a4", "grey").boxes
        for side in sides
        if box.style[f"border_{side}_style"] not in ("none", "hidden")
    }
    assert widths
    assert min(width for width in widths if width) >= LEAST_LINE


def test_no_small_letter_of_grey_is_white(form: Forms) -> None:
    """Copiers fill it. The name of a badge is large."""
    texts = [box for box in form("a4", "grey").boxes if type(box).__name__ == "TextBox" and box.text.strip()]
    white = [box.text for box in texts if min(box.style["color"].coordinates) > 0.9 and box.style["font_size"] < 16]
    assert len(texts) > 200
    assert white == []


def copied(picture: Image.Image, blur: float) -> Image.Image:
    """A photocopy: a little blurred, and each dot is black or white."""
    grey = picture.convert("L").filter(ImageFilter.GaussianBlur(blur))
    return grey.point(lambda shade: 255 if shade >= 128 else 0)


def test_the_code_of_a_grey_sheet_is_a_link_and_is_read_from_a_blurred_copy(session: Session) -> None:
    imprint = replace(session.publication.imprint, address="https://example.org/tip/")
    publication = replace(session.publication, imprint=imprint)
    edition = Edition(brief="world", number=1, code="a1b2", date=imprint.published)
    given: dict[str, Any] = {"edition": edition, "profile": SHIPPED["grey"]}
    html = compose.compose_page(publication, "world", session.fonts, session.environment, **given)
    made = session.typesetter.lay_out(html).render_pdf()
    pdf = pdf_draft.finish_pdf(made.pdf_draft, text_runs=made.text_runs)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        links = {str(one.Contents): one for one in document.pages[0].Annots}
        address = str(links["آیا این برگه تازه است؟"].A.URI)
    with pypdfium2.PdfDocument(pdf) as shown:
        coarse, picture = (shown[0].render(scale=dpi / 72).to_pil().convert("L") for dpi in (150, 200))
    copies = [picture, picture.filter(ImageFilter.GaussianBlur(1.6))]
    for one in (coarse, copied(coarse, 0), copied(coarse, 0.8), *copies):
        (found,) = zxingcpp.read_barcodes(one)
        assert found.text == address == "https://example.org/tip/c/WORLD-1-a1b2.html"
    assert (found.position.top_right.x - found.position.top_left.x) / 200 * 25.4 >= 19.9


@pytest.mark.parametrize(("dpi", "blur"), [(300, 0.0), (150, 0.8)], ids=["print", "bad copy"])
def test_each_kind_is_told_from_the_others_in_black_and_white(tip_2025: Path, dpi: int, blur: float) -> None:
    change(tip_2025 / "briefs" / "world.yaml", "legend: false", "legend: true")
    session = Session.open(tip_2025)
    made = typeset_form(session, html_of(session, "a4", "grey"))
    picture = copied(made.pictures(dpi)[0], blur)

    def dark(box: Any, inset: float = dpi / 100) -> float:  # pixels: the border
        left, top = box.content_box_x() * dpi / 96 + inset, box.content_box_y() * dpi / 96 + inset
        right, bottom = left + box.width * dpi / 96 - 2 * inset, top + box.height * dpi / 96 - 2 * inset
        inside = picture.crop((round(left), round(top), round(right), round(bottom)))
        return inside.histogram()[0] / (inside.width * inside.height)

    boxes = {
        box.element.get("class").removeprefix("swatch "): box
        for box in made.boxes
        if box.element is not None and str(box.element.get("class")).startswith("swatch ")
    }
    swatches = {name: dark(box) for name, box in boxes.items()}
    one, two, three, four = (swatches[f"tone-{number}"] for number in range(1, 5))
    assert one == 0
    assert one + 0.08 < two < three - 0.2
    assert three + 0.2 < four == 1
    assert swatches["outlined"] == 0, "white, in a double frame"
    assert 0.1 < swatches["tone-5 hatched"] < 0.6
    assert swatches["beyond"] == 0, "white, in a dotted frame"
    assert dark(boxes["beyond"], -dpi / 48) > 0.1, "of which a copy keeps the dots"
    assert len(swatches) == 7


# What a part of a picture looks like: how much of it is black, and of the dots above one another how many are alike.
Look = tuple[float, float]


def look(picture: Image.Image, dots: set[int]) -> Look:
    """What these dots of a copy look like, each given by its number."""
    shades, below = picture.tobytes(), 3 * picture.width
    alike = [shades[dot] == shades[dot + below] for dot in dots if dot + below in dots]
    return sum(not shades[dot] for dot in dots) / len(dots), sum(alike) / len(alike)


def require_different(looks: dict[str, Look]) -> None:
    for one, other in combinations(looks, 2):
        apart = [abs(a - b) for a, b in zip(looks[one], looks[other], strict=True)]
        assert max(apart) > 0.15, f"{one} looks like {other}: {looks}"


def test_parts_of_a_bar_are_told_from_one_another_on_a_bad_copy(form: Forms) -> None:
    made = form("a4", "grey")
    picture, dot = copied(made.pictures(150)[0], 0.8), 150 / 96

    def dots(box: Any, edge: float) -> set[int]:
        left, top = box.border_box_x() * dot, box.border_box_y() * dot
        width, height = box.border_width() * dot, box.border_height() * dot
        rows = range(round(top + edge), round(top + height - edge))
        return {y * picture.width + x for y in rows for x in range(round(left + edge), round(left + width - edge))}

    looks = {}
    for box in made.boxes:
        name = str(box.element.get("class") if box.element is not None else "")
        if name.startswith("segment tone-"):
            labels = [one for one in below(box) if one.element_tag in ("b", "span")]
            free = dots(box, 3).difference(*(dots(one, -1) for one in labels))
            looks[name.split()[1]] = look(picture, free)
    assert len(looks) == 5
    require_different(looks)


def test_countries_of_a_grey_map_are_told_from_one_another_on_a_bad_copy(session: Session, form: Forms) -> None:
    made, kinds = form("a4", "grey"), ("beyond", "tone-1", "tone-2", "tone-3", "tone-4", "hatched")
    shades = [(40 * at + 20, 255, 0) for at in range(len(kinds))]
    # The same page with a flat colour for each kind says where they are drawn.
    flat = "".join(
        f".{kind} {{ fill: #{bytes(shade).hex()}; stroke: none }}" for kind, shade in zip(kinds, shades, strict=True)
    )
    flat += ".rim, .outline, .leader { stroke: #000000; fill: none }"
    map_styles = r'(<svg [^>]*viewBox="0 0 2000 [^>]*>.*?)(</style>)'
    html, changes = re.subn(map_styles, rf"\1{flat}\2", made.html, count=1, flags=re.DOTALL)
    assert changes == 1
    plan = typeset_form(session, html).pictures(150)[0]
    picture, wide = copied(made.pictures(150)[0], 0.8), plan.width
    parts, copy = plan.tobytes(), picture.tobytes()
    drawn = [*zip(parts[::3], parts[1::3], parts[2::3], strict=True)]
    looks, edges = {}, {}
    for kind, shade in zip(kinds, shades, strict=True):
        dots = {at for at, one in enumerate(drawn) if one == shade}
        inside = {at for at in dots if {at - 2, at + 2, at - 2 * wide, at + 2 * wide} <= dots}
        coast = [at for at in dots if (255, 255, 255) in (drawn[at - 2], drawn[at + 2])]
        looks[kind] = look(picture, inside)
        edges[kind] = sum(not copy[at] for at in coast) / len(coast)
    # Land without a number is as white as the first choice: its edge is dashed.
    assert looks.pop("beyond")[0] < 0.05
    assert 0.2 * edges["tone-1"] < edges["beyond"] < 0.9 * edges["tone-1"]
    require_different(looks)


@pytest.mark.parametrize("profile", ["office", "grey"])
def test_hatching_is_drawn_and_not_shaded(form: Forms, profile: str) -> None:
    """Of a shading readers take samples: at 100 dpi a legend was white with poppler, a long bar uneven."""
    with pikepdf.open(io.BytesIO(form("a4", profile).pdf)) as pdf:
        found = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/ShadingType" in one]
    assert found == []


def test_the_grey_map_has_the_patterns_of_its_legend(form: Forms) -> None:
    """And its outlines a white rim, which is seen on black."""
    html = form("a4", "grey").html
    drawing = re.search(r'<svg [^>]*viewBox="0 0 2000 [^>]*>.*?</svg>', html, re.S)
    assert drawing
    for name, fill in (("tone-2", "few"), ("tone-3", "many"), ("hatched", "upright")):
        assert re.search(rf"\.{name} {{ fill: url\(#{fill}-1\)", drawing[0])
        assert f'<pattern id="{fill}-1"' in drawing[0]
    rim, outline = (drawing[0].index(f'<path class="{name}"') for name in ("rim", "outline several"))
    assert rim < outline
    assert '<path class="tone-5 hatched"' in drawing[0]


def test_the_lines_of_a_grey_map_are_lines_at_few_dots_too() -> None:
    """A pattern of a small piece was laid as pictures side by side: at 100 dpi its lines were dots."""
    grey = Session.open(TIP_2025, profile="grey")
    with pypdfium2.PdfDocument(compose_document(grey, "country-LBY").load_or_render().pdf) as document:
        page = document[0].render(scale=100 / 72).to_pil().convert("L")
    inside = page.crop((230, 700, 250, 719))  # of Libya
    rows = {inside.crop((0, row, inside.width, row + 1)).tobytes() for row in range(inside.height)}
    assert len(rows) == 1
    lowest, highest = inside.getextrema()
    assert lowest < 100 < 200 < highest


def test_at_a_press_a_panel_of_a5_lies_on_nothing_that_stands_before_it(session: Session) -> None:
    pages = session.typesetter.lay_out(html_of(session, "a5", "press")).page_fills
    for above, below in (pair for page in pages for pair in pairwise(page.blocks)):
        assert above.foot <= below.top, (above.name, below.name)


@pytest.mark.parametrize(
    ("profile", "document"),
    [("grey", "country-SOM.ps"), ("office", "country-KHM.ps"), ("office", "country-USA")],
    ids=["the last one", "the first one", "half a page"],
)
def test_on_a5_no_group_stands_alone_and_the_last_page_is_used(profile: str, document: str) -> None:
    session = Session.open(TIP_2025, paper="a5", profile=profile, languages=["fa-AF", "ps"])
    layout = session.typesetter.lay_out(compose_document(session, document).html())
    elements = [{box.element for box in below(page._page_box)} - {None} for page in layout.document.pages]
    groups = [sum(one.get("class") == "group" for one in found) for found in elements]
    assert 1 not in groups or sum(groups) == 1
    assert len(layout.page_fills) <= 4
    assert layout.page_fills[-1].foot > 0.4 * layout.page_fills[-1].height


@pytest.mark.parametrize("document", ["country-DEU.en", "country-VUT.en"], ids=["years", "sources"])
def test_on_a5_the_years_stay_together_and_so_do_few_sources(document: str) -> None:
    session = Session.open(TIP_2025, paper="a5", languages=["en"])
    layout = session.typesetter.lay_out(compose_document(session, document).html())
    elements = [{box.element for box in below(page._page_box)} - {None} for page in layout.document.pages]
    for names in ({"years-of-choices", "axis"}, {f"source-{number}" for number in range(1, 11)}):
        found = [sum(bool(names & {one.get("class"), one.get("id")}) for one in page) for page in elements]
        assert sum(map(bool, found)) == 1, found
    assert layout.page_fills[-1].foot > 0.35 * layout.page_fills[-1].height


@pytest.mark.parametrize(
    ("document", "form"),
    [
        # A name on black that an edge parted was a line too much; Latin letters may have 9 points.
        pytest.param("country-CHN.en", {"profile": "grey"}, marks=pytest.mark.slow),
        pytest.param("country-CHN.en", {"paper": "letter", "profile": "screen"}, marks=pytest.mark.slow),
        ("country-VCT", {"paper": "letter"}),  # a long region and a revision
    ],
)
def test_the_fullest_sheets_are_one_page(document: str, form: dict[str, str]) -> None:
    session = Session.open(TIP_2025, languages=["all"], **form)
    with pypdfium2.PdfDocument(compose_document(session, document).load_or_render().pdf) as opened:
        assert len(opened) == 1, "neither two pages nor a problem"


def test_source_marks_that_follow_each_other_are_one_in_order(session: Session) -> None:
    page = session.typesetter.lay_out(html_of(session, document="country-CUW"))
    (heading,) = (text for text in headings(page) if text.startswith("دیگران در کارائیب"))
    assert re.findall(r"[۰-۹]+|،", heading) == ["۱", "،", "۲", "،", "۸"]


def test_source_marks_with_words_between_them_stay_where_they_are(session: Session) -> None:
    html = html_of(session)
    between = re.findall(r'<sup class="cite">.*?</sup>(.*?)<sup class="cite">', html)
    assert len(between) > 4
    assert all(re.sub("<[^>]*>", "", words).strip() for words in between)


def headings(layout: Layout) -> list[str]:
    boxes = (box for page in layout.document.pages for box in page._page_box.descendants())
    return [
        "".join(part.text for part in box.descendants() if hasattr(part, "text"))
        for box in boxes
        if box.element_tag == "h2" and type(box).__name__ == "BlockBox"
    ]


LOWEST = 0.57  # of its size hangs the lower dot of ې below the line


@pytest.mark.parametrize("profile", ["office", "large"])
def test_no_letter_of_a_heading_in_pashto_stands_in_what_is_drawn_below_it(profile: str) -> None:
    pashto = Session.open(TIP_2025, languages=["ps"], profile=profile)
    html = compose_document(pashto, "country-AFG.ps").html()
    tight = html.replace("--space: 1; --leading: 1;", "--space: 0.4; --leading: 0.95;")
    assert tight != html
    pages = pashto.typesetter.lay_out(tight).document.pages
    over = [
        (heading, below)
        for page in pages
        for block in page._page_box.descendants()
        if re.search(r"\b(map|strip)$", block.element.get("class", "") if block.element is not None else "")
        for heading, below in pairwise(getattr(block, "children", ()))
        if heading.element_tag == "h2"
    ]
    assert len(over) == 2
    for heading, below in over:
        letters = next(box for box in heading.descendants() if hasattr(box, "text"))
        depth = letters.position_y + letters.baseline + LOWEST * letters.style["font_size"]
        assert depth < below.position_y + below.margin_top


def test_the_code_of_the_longest_name_stands_in_one_line_of_the_foot() -> None:
    english = Session.open(TIP_2025, languages=["en"])
    assert re.search(
        r"COUNTRY-COD\.EN/\d+ · \w{4}", pdf_text(compose_document(english, "country-COD.en").load_or_render().pdf)
    )


@pytest.mark.slow
def test_a_foot_in_large_print_on_a5_has_room_for_all_its_lines() -> None:
    english = Session.open(TIP_2025, languages=["en"], paper="a5", profile="large")
    for name, lines in (("world.en", 3), ("country-COD.en", 3)):
        pages = english.typesetter.lay_out(compose_document(english, name).html()).document.pages
        for page in (one._page_box for one in pages):
            feet = [box for box in page.children if getattr(box, "at_keyword", "") == "@bottom-left"]
            found = [box for foot in feet for box in below(foot) if type(box).__name__ == "LineBox"]
            assert len(found) == lines, name
            free = page.margin_height() - max(box.position_y + box.height for box in found)
            assert free * 25.4 / 96 >= 6, name


def test_no_underline_on_a_display_touches_the_letters_below_it() -> None:
    """Where WeasyPrint draws it by itself, it touched those of the next source."""
    english = Session.open(TIP_2025, languages=["en"], profile="screen")
    (page,) = pypdfium2.PdfDocument(compose_document(english, "country-CHN.en").load_or_render().pdf)
    text = page.get_textpage()
    letters = [text.get_charbox(number) for number in range(text.count_chars())]
    gaps = []
    for left, bottom, right, top in (one.get_bounds() for one in page.get_objects([2])):
        if top - bottom < 1 and right - left < 200:
            over = [box for box in letters if left < (box[0] + box[2]) / 2 < right]
            gaps += [bottom - box[3] for box in over if bottom - 6 < box[3] < bottom]
    assert len(gaps) > 20
    assert min(gaps) > 1.2, "points"
