"""Sheets to print: folded and turned like a book of their direction they read in order; nothing is cut."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pikepdf
import pypdfium2
import pypdfium2.raw as api
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageChops

from tests.support import problem_of, run
from tipbrief.handouts.imposition import SHEET_SIZES, Imposition, SheetForm, Size, impose_pages
from tipbrief.pdf.pdf_file import MAX_PAGES, parse_pdf
from tipbrief.problems import Problem

A4, A5, LETTER = SHEET_SIZES["A4"], SHEET_SIZES["A5"], SHEET_SIZES["Letter"]
FORMS: tuple[SheetForm, ...] = ("booklet", "2-up", "4-up")
MM = 72 / 25.4
FILE = Path("handout.pdf")
DIRECTIONS = (Name.R2L, Name.L2R, None)
Change = Callable[[pikepdf.Pdf], object]


def made(*sizes: Size, change: Change | None = None, direction: Name | None = Name.R2L, **save: Any) -> bytes:
    """A PDF with a page of each size, its number in its middle; all pages share one font."""
    document = pikepdf.new()
    if direction is not None:
        document.Root.ViewerPreferences = Dictionary(Direction=direction)
    font = document.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    )
    for number, (width, height) in enumerate(sizes, 1):
        page = document.add_blank_page(page_size=(width, height))
        page.obj.Resources = Dictionary(Font=Dictionary(F=font))
        page.obj.Contents = document.make_stream(
            f"BT /F 40 Tf {width / 2 - 20} {height / 2} Td ({number}) Tj ET".encode()
        )
    if change:
        change(document)
    out = io.BytesIO()
    document.save(out, **save)
    return out.getvalue()


def characters(page: Any) -> Iterator[tuple[str, tuple[float, float, float, float], float]]:
    """Each printed character of a page with its box and its angle."""
    text = page.get_textpage()
    for index in range(text.count_chars()):
        letter = chr(api.FPDFText_GetUnicode(text.raw, index))
        if letter.isprintable() and not letter.isspace():
            yield letter, text.get_charbox(index), api.FPDFText_GetCharAngle(text.raw, index)


def sheet_size(imposed: Imposition) -> Size:
    return pypdfium2.PdfDocument(imposed.pdf)[0].get_size()  # type: ignore[no-any-return]


def sides(imposed: Imposition, columns: int, rows: int) -> list[dict[tuple[int, int], int]]:
    """The page number that is read at each place (column from the left, row from the top) of each side."""
    found = []
    for page in pypdfium2.PdfDocument(imposed.pdf):
        width, height = page.get_size()
        assert (width, height) == pytest.approx(sheet_size(imposed), abs=0.01)
        places: dict[tuple[int, int], list[tuple[float, str]]] = {}
        for letter, (left, bottom, right, top), angle in characters(page):
            column, row = int(left * columns // width), int((height - top) * rows // height)
            assert column * width / columns <= left < right <= (column + 1) * width / columns
            assert (rows - row - 1) * height / rows <= bottom < top <= (rows - row) * height / rows
            assert angle == 0
            places.setdefault((column, row), []).append((left, letter))
        found.append({place: int("".join(c for _, c in sorted(text))) for place, text in places.items()})
    return found


def read_folded(faces: list[dict[tuple[int, int], int]], *, spine: int) -> list[int]:
    """Print, fold and read: a mark is its distance from the spine, its height in the pile, and its page.

    The sheets lie in a pile, the outer side of the first on top. The printer turned each on its short edge:
    what is on the left of its back is behind the right of its front. The half at the side of the ``spine``,
    1 where that is the right, is folded under.
    """
    marks = []
    for index, face in enumerate(faces):
        sheet, back = divmod(index, 2)
        for (column, _), page in face.items():
            right_of_spine = (column == 1) != bool(back)
            marks.append((1 if right_of_spine else -1, -sheet - 0.25 * (1 if back else -1), page))
    under = -len(faces) // 2 + 0.5
    folded = [(-x, 2 * under - height, page) if x == spine else (x, height, page) for x, height, page in marks]
    assert {x for x, *_ in folded} == {-spine}, "seen from the front cover, the spine is at its side"
    return [page for _, _, page in sorted(folded, key=lambda mark: -mark[1])]


def announced(imposed: Imposition) -> list[str]:
    return [note for note in imposed.notes if "blank" in note]


def blank(what: str, count: int) -> list[str]:
    return [f"{count} blank {what}{'s' * (count > 1)} at the end"] * bool(count)


@settings(max_examples=15)
@given(count=st.integers(1, 40), direction=st.sampled_from(DIRECTIONS))
def test_a_folded_booklet_is_read_from_the_front_cover_in_order(count: int, direction: Name | None) -> None:
    booklet = impose_pages(made(*[A5] * count, direction=direction), "booklet")
    faces = sides(booklet, 2, 1)
    right = direction == Name.R2L
    assert read_folded(faces, spine=1 if right else -1) == [*range(1, count + 1)]
    side = "right" if right else "left"
    assert f"the spine is at the {side}, as the PDF is read from the {side}" in booklet.notes
    assert len(faces) == 2 * booklet.sheets
    assert 0 <= 4 * booklet.sheets - count < 4
    assert announced(booklet) == blank("page", 4 * booklet.sheets - count)


@pytest.mark.parametrize("count", range(1, 10))
@pytest.mark.parametrize(("form", "rows"), [("2-up", 1), ("4-up", 2)])
@pytest.mark.parametrize(
    ("direction", "columns"), [(Name.R2L, (1, 0)), (Name.L2R, (0, 1)), (None, (0, 1)), (Name.Up, (0, 1))]
)
def test_places_are_filled_in_the_direction_of_reading_and_from_the_top(
    direction: Name | None, columns: tuple[int, int], form: SheetForm, rows: int, count: int
) -> None:
    imposed = impose_pages(made(*[A4] * count, direction=direction), form)
    read = []
    for side in sides(imposed, 2, rows):
        read += [side.get((column, row)) for row in range(rows) for column in columns]
    blanks = -count % (2 * rows)
    assert read == [*range(1, count + 1), *[None] * blanks]
    assert imposed.sheets == -(-count // (4 * rows))
    assert announced(imposed) == blank("place", blanks)


def mm(width: float, height: float) -> Size:
    return width * MM, height * MM


@pytest.mark.parametrize(
    ("form", "page", "sheet", "note"),
    [
        ("booklet", A5, mm(297, 210), "the pages are on A4 in their own size"),
        ("booklet", A4, mm(297, 210), "the pages are scaled down to 71 % to fit on A4"),
        ("booklet", (595, 842), mm(297, 210), "the pages are scaled down to 71 % to fit on A4"),
        ("booklet", (596, 843), mm(297, 210), "the pages are scaled down to 71 % to fit on A4"),
        ("booklet", mm(105, 148), mm(297, 210), "the pages are on A4 in their own size"),
        ("booklet", mm(297, 210), mm(297, 210), "the pages are scaled down to 50 % to fit on A4"),
        ("booklet", LETTER, (792, 612), "the pages are scaled down to 65 % to fit on Letter"),
        ("booklet", (396, 612), (792, 612), "the pages are on Letter in their own size"),
        ("booklet", mm(297, 420), mm(420, 297), "the pages are scaled down to 71 % to fit on A3"),
        ("booklet", mm(300, 300), mm(300, 300), "the pages are scaled down to 50 % to fit on 300 × 300 mm"),
        ("2-up", A4, mm(297, 210), "the pages are scaled down to 71 % to fit on A4"),
        ("2-up", mm(297, 210), mm(210, 297), "the pages are scaled down to 71 % to fit on A4"),
        ("4-up", A4, mm(210, 297), "the pages are scaled down to 50 % to fit on A4"),
        ("4-up", mm(297, 210), mm(297, 210), "the pages are scaled down to 50 % to fit on A4"),
        ("4-up", mm(105, 148.5), mm(210, 297), "the pages are on A4 in their own size"),
        ("4-up", (792, 612), (792, 612), "the pages are scaled down to 50 % to fit on Letter"),
    ],
)
def test_paper_is_what_an_office_has(form: SheetForm, page: Size, sheet: Size, note: str) -> None:
    pdf = made(*[page] * 4)
    imposed = impose_pages(pdf, form)
    assert sheet_size(imposed) == pytest.approx(sheet, abs=0.01)
    assert imposed.notes[0] == note
    rows = 2 if form == "4-up" or sheet[0] < sheet[1] else 1
    columns = 1 if form == "2-up" and rows == 2 else 2
    scale = min(1, sheet[0] / columns / page[0], sheet[1] / rows / page[1])
    alone = [next(characters(one))[1] for one in pypdfium2.PdfDocument(pdf)]
    on_sheet = [box for _, box, _ in characters(pypdfium2.PdfDocument(imposed.pdf)[0])]
    for (column, row), number in sides(imposed, columns, rows)[0].items():
        middle = (column + 0.5) * sheet[0] / columns, (rows - row - 0.5) * sheet[1] / rows
        edges = zip(alone[number - 1], middle * 2, page * 2, strict=True)
        box = [centre + scale * (edge - size / 2) for edge, centre, size in edges]
        assert any(there == pytest.approx(box, abs=0.1) for there in on_sheet)


@pytest.mark.parametrize(
    ("form", "page", "size", "warned"), [("4-up", A4, 6.0, 1), ("2-up", A4, 8.5, 0), ("4-up", mm(148, 210), 8.5, 0)]
)
def test_it_says_how_large_text_becomes_and_warns_of_what_cannot_be_read(
    form: SheetForm, page: Size, size: float, warned: int
) -> None:
    def make_small(document: pikepdf.Pdf) -> None:
        for one in document.pages:
            one.Contents = document.make_stream(one.Contents.read_bytes().replace(b"/F 40 Tf", b"/F 12 Tf"))

    notes = impose_pages(made(*[page] * 4, change=make_small), form).notes
    assert f"most text is {size} pt, small text {size} pt" in notes
    assert sum(note.startswith("warning: text below 6.5 pt is hard to read: ") for note in notes) == warned


def test_a_sheet_may_be_given_and_is_turned_as_the_form_needs_it() -> None:
    for sheet in (SHEET_SIZES["A3"], SHEET_SIZES["A3"][::-1]):
        imposed = impose_pages(made(A4, A4), "booklet", sheet=sheet)
        assert sheet_size(imposed) == pytest.approx(mm(420, 297))
        assert imposed.notes[0] == "the pages are on A3 in their own size"


def test_landscape_pages_stand_one_above_the_other() -> None:
    imposed = impose_pages(made(*[A4[::-1]] * 3), "2-up")
    assert sides(imposed, 1, 2) == [{(0, 0): 1, (0, 1): 2}, {(0, 0): 3}]


def picture(page: Any, scale: float = 1) -> Image.Image:
    return page.render(scale=scale).to_pil().convert("RGB")  # type: ignore[no-any-return]


def unlike(one: Image.Image, other: Image.Image) -> float:
    """The share of the dots that differ by more than a shade which no eye sees."""
    assert one.size == other.size
    shades = ImageChops.difference(one, other).convert("L").histogram()
    return sum(shades[16:]) / sum(shades)


def coloured(document: pikepdf.Pdf, *, rotate: int, origin: Size, boxes: bool, unit: int) -> None:
    """Turn each page of 300 × 400 points into one whose four corners differ, in a frame of red bleed."""
    x, y = origin
    for page in document.pages:
        width, height = 300 / unit, 400 / unit
        if rotate % 180:
            width, height = height, width
        bleed = 20 if boxes else 0
        drawing = (
            f"1 0 0 rg {x - 99} {y - 99} 999 999 re f 1 g {x} {y} {width} {height} re f "
            f"0 0 1 rg {x} {y} 30 60 re f 0 1 0 rg {x + width - 50} {y} 50 20 re f "
            f"0 g {x} {y + height - 10} 10 10 re f 0 1 1 rg {x + width - 30} {y + height - 30} 30 30 re f "
            f"1 0 0 1 {x - width / 2 + 60} {y - height / 2 + 80} cm 0.5 g "
        )
        page.contents_add(drawing.encode(), prepend=True)
        page.obj.MediaBox = Array([x - bleed, y - bleed, x + width + bleed, y + height + bleed])
        if boxes:
            page.obj.TrimBox = Array([x + width, y + height, x, y])  # any two corners will do
        page.obj.Rotate = rotate
        if unit > 1:
            page.obj.UserUnit = unit


@pytest.mark.parametrize("unit", [1, 2])
@pytest.mark.parametrize("boxes", [False, True])
@pytest.mark.parametrize("origin", [(0, 0), (-70, 130)])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90])
def test_pages_look_on_the_sheet_as_they_look_alone(rotate: int, origin: Size, boxes: bool, unit: int) -> None:
    pdf = made(
        *[(300, 400)] * 2,
        change=lambda document: coloured(document, rotate=rotate, origin=origin, boxes=boxes, unit=unit),
    )
    imposed = impose_pages(pdf, "2-up", sheet=(600, 800))
    (side,) = [picture(page) for page in pypdfium2.PdfDocument(imposed.pdf)]
    for page, left in zip(pypdfium2.PdfDocument(pdf), (450, 50), strict=True):
        alone = picture(page, unit)  # PDFium passes over /UserUnit
        edge = (alone.width - 300) // 2
        alone = alone.crop((edge, edge, edge + 300, edge + 400))
        assert unlike(side.crop((left, 100, left + 300, 500)), alone) < 0.001
        side.paste("white", (left, 100, left + 300, 500))
    assert side.getcolors() == [(800 * 600, (255, 255, 255))], "the bleed is dropped"


def test_what_a_viewer_hides_at_the_edge_is_not_printed() -> None:
    def crop(document: pikepdf.Pdf) -> None:
        for page in document.pages:
            page.obj.CropBox = Array([50, 50, 250, 350])
            page.obj.TrimBox = Array([0, 0, 300, 400])

    imposed = impose_pages(made((300, 400), (300, 400), change=crop), "2-up", sheet=(300, 400))
    assert imposed.notes[0].endswith("in their own size")
    with parse_pdf(imposed.pdf) as document:
        assert [float(edge) for edge in document.pages[0].Resources.XObject.P0.BBox] == [50, 50, 250, 350]


def test_stamps_are_printed_and_links_are_not(world: Path) -> None:
    def stamp(document: pikepdf.Pdf) -> None:
        shape = document.make_stream(b"1 0 0 rg 0 0 50 50 re f", Type=Name.XObject, Subtype=Name.Form)
        shape.BBox = Array([0, 0, 50, 50])
        box = Array([100, 100, 150, 150])
        kinds = (Dictionary(Subtype=Name.Stamp, AP=Dictionary(N=shape), F=4), Dictionary(Subtype=Name.Link))
        document.pages[0].obj.Annots = Array(
            document.make_indirect(Dictionary({**kind, "/Type": Name.Annot, "/Rect": box})) for kind in kinds
        )

    imposed = impose_pages(made((300, 400), change=stamp), "2-up", sheet=(800, 600))
    (side,) = pypdfium2.PdfDocument(imposed.pdf)
    assert picture(side).getpixel((450 + 125, 500 - 125)) == (255, 0, 0)
    for pdf in (imposed.pdf, impose_pages((world / "tip-2025-world.pdf").read_bytes(), "2-up").pdf):
        with parse_pdf(pdf) as document:
            assert not [page for page in document.pages if "/Annots" in page]


def test_hidden_layers_stay_hidden() -> None:
    def hide(document: pikepdf.Pdf) -> None:
        layer = document.make_indirect(Dictionary(Type=Name.OCG, Name="draft"))
        document.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
        document.pages[0].obj.Resources.Properties = Dictionary(L=layer)
        document.pages[0].obj.Contents = document.make_stream(b"/OC /L BDC 0 0 300 400 re f EMC")

    (side,) = pypdfium2.PdfDocument(impose_pages(made((300, 400), change=hide), "2-up").pdf)
    assert picture(side).getcolors() == [(842 * 596, (255, 255, 255))]


@pytest.fixture(scope="module")
def brief(world: Path) -> bytes:
    return (world / "tip-2025-world.pdf").read_bytes()


def test_a_brief_looks_on_the_sheet_as_it_looks_alone(brief: bytes) -> None:
    dots = 4 / MM  # four to the millimetre: the pages of A4 begin and end with whole dots
    (side,) = pypdfium2.PdfDocument(impose_pages(brief, "2-up", sheet=SHEET_SIZES["A3"]).pdf)
    whole = picture(side, dots)
    for page, left in zip(pypdfium2.PdfDocument(brief), (840, 0), strict=True):
        alone = picture(page, dots)
        half = whole.crop((left, 0, left + alone.width, alone.height))
        assert unlike(half, alone) < 0.002


@pytest.mark.parametrize("form", FORMS)
def test_sheets_claim_nothing_of_the_pages_but_title_and_language(brief: bytes, form: SheetForm) -> None:
    with parse_pdf(brief) as before, parse_pdf(impose_pages(brief, form).pdf) as after:
        assert after.check_pdf_syntax() == []
        assert {*after.Root.keys()} == {"/Type", "/Pages", "/Lang", "/Metadata", "/ViewerPreferences"}
        assert after.Root.Lang == before.Root.Lang
        assert {*after.docinfo.items()} == {("/Title", before.docinfo.Title)}
        with after.open_metadata() as metadata:
            assert {**metadata} == {"{http://purl.org/dc/elements/1.1/}title": str(before.docinfo.Title)}
        kinds = [item for item in after.objects if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream))]
        assert not [item for item in kinds if item.get("/Type") in ("/StructElem", "/EmbeddedFile", "/Annot")]
        assert not [item for item in kinds if {"/StructParent", "/StructParents"} & {*item.keys()}]
        preferences = after.Root.ViewerPreferences
        assert preferences.Direction == Name.R2L
        assert preferences.get("/Duplex") == (Name.DuplexFlipShortEdge if form == "booklet" else None)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_sheets_say_in_which_direction_they_are_read(direction: Name | None) -> None:
    with parse_pdf(impose_pages(made(A4, direction=direction), "2-up").pdf) as document:
        assert document.Root.ViewerPreferences.Direction == (direction or Name.L2R)


@pytest.mark.parametrize("preferences", [Name.R2L, Array([]), Dictionary(Direction=Array([]))])
def test_preferences_that_are_none_say_no_direction(preferences: pikepdf.Object) -> None:
    pdf = made(A4, A4, change=lambda document: document.Root.update({"/ViewerPreferences": preferences}))
    assert sides(impose_pages(pdf, "2-up"), 2, 1) == [{(0, 0): 1, (1, 0): 2}]


def test_a_title_is_found_in_either_place() -> None:
    def name_elsewhere(document: pikepdf.Pdf) -> None:
        with document.open_metadata(update_docinfo=False) as metadata:
            metadata["dc:creator"] = ["tipbrief"]
        document.docinfo.Title = "برگه"

    def name(document: pikepdf.Pdf) -> None:
        with document.open_metadata() as metadata:
            metadata["dc:title"] = "برگه"
        del document.docinfo["/Title"]

    for change in (name, name_elsewhere):
        with parse_pdf(impose_pages(made(A4, change=change), "2-up").pdf) as document:
            assert document.docinfo.Title == "برگه"
    with parse_pdf(impose_pages(made(A4), "2-up").pdf) as document:
        assert "/Title" not in document.docinfo
        assert "/Metadata" not in document.Root


def test_tag_numbers_in_shared_drawings_are_taken_out() -> None:
    def tag(document: pikepdf.Pdf) -> None:
        shape = document.make_stream(b"0 0 9 9 re f", Type=Name.XObject, Subtype=Name.Form, StructParents=7)
        shape.BBox = Array([0, 0, 9, 9])
        document.pages[0].obj.Resources.XObject = Dictionary(X=shape)

    with parse_pdf(impose_pages(made(A4, change=tag), "2-up").pdf) as document:
        shape = document.pages[0].Resources.XObject.P0.Resources.XObject.X
        assert "/StructParents" not in shape


@pytest.mark.parametrize("form", FORMS)
def test_pages_are_taken_over_as_they_are_and_share_their_font(form: SheetForm) -> None:
    pdf = made(*[A5] * 9)
    with parse_pdf(pdf) as before, parse_pdf(impose_pages(pdf, form).pdf) as after:
        forms = [form for page in after.pages for form in page.Resources.get("/XObject", {}).values()]
        contents = {page.Contents.read_bytes() for page in before.pages}
        assert {form.read_bytes() for form in forms} == contents
        assert len({form.Resources.Font.F.objgen for form in forms}) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_same_pages_give_the_same_bytes(brief: bytes, form: SheetForm) -> None:
    with mock.patch.object(pikepdf.Pdf, "save", autospec=True, side_effect=pikepdf.Pdf.save) as save:
        assert impose_pages(brief, form) == impose_pages(brief, form)
    # Else the identifier is made from the clock: equal within a second, and other in the next.
    assert [call.kwargs["deterministic_id"] for call in save.call_args_list] == [True, True]


def problem(pdf: bytes, form: SheetForm = "booklet") -> Problem:
    found = problem_of(impose_pages, pdf, form, FILE)
    assert found.file == FILE
    assert found.hint
    return found


def test_pages_of_several_sizes_are_a_problem_that_names_the_first() -> None:
    found = problem(made(A4, A4, A5, A4, LETTER))
    assert found.message == "the pages differ in size: page 3 has 148 × 210 mm, page 1 210 × 297 mm"
    turned = made(A4, A4, change=lambda document: document.pages[1].rotate(90, relative=True))
    assert "page 2 has 297 × 210 mm" in problem(turned).message


def test_pages_that_differ_by_a_hair_all_find_room() -> None:
    imposed = impose_pages(made((595, 841), (596, 843), (595, 842)), "booklet")
    with parse_pdf(imposed.pdf) as document:
        scale = float(document.pages[1].Contents.read_bytes().split()[1])
    assert scale * 843 <= sheet_size(imposed)[1] + 0.01


def with_last_page(change: Callable[[Any], object], count: int = 2) -> bytes:
    return made(*[A4] * count, change=lambda document: change(document.pages[-1].obj))


def with_size(*box: int, count: int = 1) -> bytes:
    return with_last_page(lambda page: page.update({"/MediaBox": Array(box)}), count)


@pytest.mark.parametrize(
    ("pdf", "message"),
    [
        (b"a letter", "this is not a PDF"),
        (made(A4, A4)[:-30], "the PDF is cut short"),
        (made(), "the PDF has no pages"),
        (made(*[A4] * (MAX_PAGES + 1)), f"the PDF has more than {MAX_PAGES} pages"),
        (made(A4, change=lambda document: document.Root.Pages.Kids.append(document.Root.Pages)), "the PDF is damaged"),
        (with_last_page(lambda page: page.Contents.write(b"no such thing", filter=Name.FlateDecode)),
         "the PDF is damaged"),
        (with_size(0, 0, 0, 0, count=2), "page 2 has no size"),
        (with_size(0, 0, 1, 1), "page 1 has 0 × 0 mm: nothing is printed in this size"),
        (with_size(0, 0, 10**9, 800), "page 1 has 352777778 × 282 mm: nothing is printed in this size"),
    ],
    ids=range(9),
)  # fmt: skip
def test_what_cannot_be_imposed_is_a_problem_with_a_remedy(pdf: bytes, message: str) -> None:
    assert problem(pdf).message == message


@pytest.mark.parametrize(
    ("lock", "message"), [("word", "the PDF is encrypted and needs a password"), ("", "the PDF is encrypted")]
)
def test_an_encrypted_pdf_is_to_be_saved_without(lock: str, message: str) -> None:
    found = problem(made(A4, encryption=pikepdf.Encryption(owner="owner", user=lock)))
    assert found.message == message
    assert "save it without" in found.hint


@pytest.mark.parametrize("box", [Array([1, 2]), Array([0, 0, Name.X, 9]), Array([900, 900, 990, 999]), Name.X])
def test_a_faulty_trim_box_is_passed_over(box: pikepdf.Object) -> None:
    pdf = made(A4, A4, change=lambda document: document.pages[1].obj.update({"/TrimBox": box}))
    assert sides(impose_pages(pdf, "2-up"), 2, 1) == [{(1, 0): 1, (0, 0): 2}]


def test_repaired_faults_are_announced() -> None:
    pdf = made(A4, A4)
    start = pdf.rindex(b"startxref\n") + len(b"startxref\n")
    faulty = impose_pages(pdf[:start] + b"1" + pdf[start:], "2-up")
    assert "the PDF has faults that were repaired: compare the sheets with its pages" in faulty.notes
    assert len(sides(faulty, 2, 1)[0]) == 2


def test_no_action_script_or_file_comes_onto_the_sheets() -> None:
    def change(document: pikepdf.Pdf) -> None:
        document.attachments["secret.txt"] = b"a secret " * 9
        (file,) = (item.obj for item in document.attachments.values())
        run = Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        document.Root.OpenAction, document.Root.AA = run, Dictionary(WC=run)
        drawing = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        drawing.AF, drawing.AA = Array([file]), Dictionary(O=run)
        for page in document.pages:
            page.AA, page.Resources = Dictionary(O=run), Dictionary(XObject=Dictionary(X=drawing))
            launch = Dictionary(S=Name.Launch, F=pikepdf.String("x.exe"))
            links = (Dictionary(Subtype=Name.Link, A=one, Rect=Array([0, 0, 9, 9])) for one in (launch, run))
            attached = Dictionary(Subtype=Name.FileAttachment, FS=file, Rect=Array([0, 0, 9, 9]))
            page.Annots = Array(document.make_indirect(one) for one in (*links, attached))

    with parse_pdf(impose_pages(made(A4, A4, change=change), "2-up").pdf) as sheets:
        assert len(sheets.attachments) == 0
        everything = b"".join(item.unparse(resolved=True) for item in sheets.objects)
        streams = b"".join(item.read_bytes() for item in sheets.objects if isinstance(item, pikepdf.Stream))
    for gone in (b"alert", b"x.exe", b"secret", b"/AA", b"/OpenAction", b"/JS", b"/EmbeddedFile"):
        assert gone not in everything + streams


def test_a_form_that_is_missing_is_asked_for_in_plain_lines(tmp_path: Path) -> None:
    (tmp_path / "sheet.pdf").write_bytes(b"")
    said = run("impose", tmp_path / "sheet.pdf").stderr
    assert said.endswith("Missing option '--as'. Choose from:\n  booklet,\n  2-up,\n  4-up\n")
