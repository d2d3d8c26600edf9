"""Imposition: the pages of a finished PDF arranged on sheets in its reading direction: booklet, 2-up, 4-up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pikepdf
from pikepdf import Dictionary, Matrix, Name, Rectangle, Stream, String

from tipbrief.pdf import tag_tree
from tipbrief.pdf.pdf_file import open_untrusted_pdf, require_few_pages
from tipbrief.problems import Problems, name_file
from tipbrief.verify.pdfium import MM_PER_POINT, open_with_pdfium

SheetForm = Literal["booklet", "2-up", "4-up"]
Size = tuple[float, float]  # width and height in points

_SIZES_IN_MM = {"A5": (148, 210), "A4": (210, 297), "A3": (297, 420)}
SHEET_SIZES: dict[str, Size] = {name: (w / MM_PER_POINT, h / MM_PER_POINT) for name, (w, h) in _SIZES_IN_MM.items()}
SHEET_SIZES["Letter"] = 612.0, 792.0
_HALF_LETTER: Size = (396.0, 612.0)
_MIN_SIDE, _MAX_SIDE = 10 / MM_PER_POINT, 14_400.0  # points; PDF itself sets the latter
MIN_TEXT_SIZE = 6.5  # points; smaller print is hard to read
_SAMPLE_PAGES = 8  # whose type is measured
_SMALL_TYPE_SHARE = 0.05  # of all letters; fewer are marks
_SIZE_TOLERANCE = 1 / MM_PER_POINT  # programs round the size of a page differently
# Layers stay, as a hidden one would be printed otherwise. All other keys apply to the single pages only.
_ROOT_KEYS_TO_KEEP = frozenset({"/Type", "/Pages", "/Version", "/Lang", "/OCProperties"})
# Keys of a drawing that point into the removed tag tree, to files and actions, or hold data of other programs.
_PAGE_ONLY_KEYS = frozenset({"/StructParent", "/StructParents", "/AF", "/AA", "/A", "/PieceInfo", "/Metadata", "/OPI"})


@dataclass(frozen=True, slots=True)
class Imposition:
    """A PDF to print, the number of sheets if both sides are used, and notes for printing."""

    pdf: bytes
    sheets: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _SheetPlan:
    """A sheet and the places on each side, counted in reading direction and from the top."""

    width: float
    height: float
    columns: int
    rows: int
    from_right: bool

    @property
    def cell(self) -> Size:  # of one place
        return self.width / self.columns, self.height / self.rows


def impose_pages(pdf: bytes, form: SheetForm, name: Path | None = None, sheet: Size | None = None) -> Imposition:
    """Arrange the pages of ``pdf`` on sheets. Problems, with ``name`` as their file, if that is impossible."""
    # Without ``sheet`` the paper is A4; Letter for pages of Letter or half of it; as large as a page for larger
    # pages. Pages are scaled down if necessary, and never up.
    with name_file(name), open_untrusted_pdf(pdf) as document:
        if document.is_encrypted:
            raise Problems("the PDF is encrypted", hint="save it without protection first")
        require_few_pages(document)
        document.flatten_annotations("print")  # print form fields and stamps with the page
        count = len(document.pages)
        pages = [_trim_page(page, number) for number, page in enumerate(document.pages, 1)]
        width, height = _require_one_size([(box.width, box.height) for box in map(_outline_of, pages)])
        preferences = document.Root.get("/ViewerPreferences")
        from_right = isinstance(preferences, Dictionary) and preferences.get("/Direction") == Name.R2L
        plan = _plan_sheet(form, (width, height), sheet, from_right)
        scale = min(1.0, plan.cell[0] / width, plan.cell[1] / height)
        sides = _page_numbers_of_sides(form, count)
        for side in sides:
            _draw_side(document, plan, {place: pages[n - 1] for place, n in enumerate(side) if n <= count}, scale)
        del document.pages[:count]
        _strip_document(document, form, from_right)
        notes = _describe_sheets(form, plan, scale, blanks=sum(map(len, sides)) - count) + _describe_type(pdf, scale)
        if document.get_warnings():
            notes.append("the PDF has faults that were repaired: compare the sheets with its pages")
        return Imposition(tag_tree.save_to_bytes(document), (len(sides) + 1) // 2, tuple(notes))


def _describe_type(pdf: bytes, scale: float) -> list[str]:
    """The size that most letters and small ones get, and a warning if these are hard to read."""
    counts = Counter[float]()
    with open_with_pdfium(pdf) as document:
        for page in document.pages[:_SAMPLE_PAGES]:
            for text in page.texts:
                counts[round(text.size, 1)] += len("".join(text.text.split()))
    if not (letters := counts.total()):
        return []
    small = scale * next(size for size in sorted(counts) if counts[size] >= _SMALL_TYPE_SHARE * letters)
    notes = [f"most text is {scale * counts.most_common(1)[0][0]:.1f} pt, small text {small:.1f} pt"]
    if small < MIN_TEXT_SIZE:
        remedy = "print on larger paper, or impose pages of: tipbrief build --paper a5"
        notes.append(f"warning: text below {MIN_TEXT_SIZE} pt is hard to read: {remedy}")
    return notes


def _page_numbers_of_sides(form: SheetForm, count: int) -> list[tuple[int, ...]]:
    """The page numbers on each side, in the order of the places. Numbers above ``count`` are blank."""
    if form == "booklet":  # on its outermost sheet the back cover comes before the first page
        last = count + -count % 4
        return [(last + 1 - page, page) if page % 2 else (page, last + 1 - page) for page in range(1, last // 2 + 1)]
    each = 2 if form == "2-up" else 4
    return [tuple(range(first, first + each)) for first in range(1, count + 1, each)]


def _trim_page(page: pikepdf.Page, number: int) -> Any:  # as viewers show it
    try:
        media = Rectangle(page.mediabox)
    except (TypeError, ValueError, AttributeError):
        media = Rectangle(0, 0, 0, 0)
    hint, size = "build or export the PDF again", (media.width, media.height)
    if not all(size):
        raise Problems(f"page {number} has no size", hint=hint)
    if not all(_MIN_SIDE <= side <= _MAX_SIDE for side in size):
        raise Problems(f"page {number} has {_size_in_mm(size)}: nothing is printed in this size", hint=hint)
    form: Any = page.as_form_xobject()
    # What a viewer crops is not printed either.
    form.BBox = _clip_box(page.trimbox, _clip_box(page.cropbox, media)).as_array()
    return form


def _clip_box(box: Any, outer: Rectangle) -> Rectangle:
    try:
        part = Rectangle(box) & outer
    except TypeError:
        return outer
    return part if part.width > 0 and part.height > 0 else outer


def _outline_of(form: Any) -> Rectangle:  # its matrix may rotate it
    box = Rectangle(form.BBox)
    return Matrix(form.Matrix).transform(box) if "/Matrix" in form else box


def _require_one_size(sizes: Sequence[Size]) -> Size:
    if not sizes:
        raise Problems("the PDF has no pages", hint="build or export it again")
    first = sizes[0]
    for number, size in enumerate(sizes, 1):
        if not _is_same_size(size, first):
            found = f"page {number} has {_size_in_mm(size)}, page 1 {_size_in_mm(first)}"
            hint = "give all pages one size, turned the same way, or impose those of each size alone"
            raise Problems(f"the pages differ in size: {found}", hint=hint)
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _is_same_size(one: Sequence[float], other: Size) -> bool:
    return all(abs(a - b) <= _SIZE_TOLERANCE for a, b in zip(one, other, strict=True))


def _plan_sheet(form: SheetForm, page: Size, sheet: Size | None, from_right: bool) -> _SheetPlan:
    upright = page[0] <= page[1]
    columns, rows = (2, 2) if form == "4-up" else (2, 1) if form == "booklet" or upright else (1, 2)
    wide = form == "booklet" or upright == (form == "2-up")
    (short, long), paper = sorted(page), SHEET_SIZES["A4"]
    if any(_is_same_size((short, long), letter) for letter in (SHEET_SIZES["Letter"], _HALF_LETTER)):
        paper = SHEET_SIZES["Letter"]
    elif short > paper[0] + _SIZE_TOLERANCE or long > paper[1] + _SIZE_TOLERANCE:
        paper = short, long
    width, height = sorted(sheet or paper, reverse=wide)
    return _SheetPlan(width, height, columns, rows, from_right)


def _draw_side(document: pikepdf.Pdf, plan: _SheetPlan, forms: Mapping[int, Any], scale: float) -> None:
    (width, height), content = plan.cell, []
    for place, form in forms.items():
        outline, (row, column) = _outline_of(form), divmod(place, plan.columns)
        middle = (column + 0.5) * width
        middle = plan.width - middle if plan.from_right else middle
        left = middle - scale * (outline.llx + outline.urx) / 2
        bottom = plan.height - (row + 0.5) * height - scale * (outline.lly + outline.ury) / 2
        content.append(b"q %b cm /P%d Do Q" % (Matrix(scale, 0, 0, scale, left, bottom).encode(), place))
    side = document.add_blank_page(page_size=(plan.width, plan.height))
    side.obj.Resources = Dictionary(XObject=Dictionary({f"/P{place}": form for place, form in forms.items()}))
    side.obj.Contents = document.make_stream(b"\n".join(content))


def _strip_document(document: pikepdf.Pdf, form: SheetForm, from_right: bool) -> None:
    """Keep only what applies to the sheets: title, language, direction, and how to print them."""
    title = _read_title(document)
    for key in set(document.Root.keys()) - _ROOT_KEYS_TO_KEEP:
        del document.Root[key]
    for item in document.objects:
        for key in _PAGE_ONLY_KEYS & set(item.keys()) if isinstance(item, Stream) else ():
            del item[key]
    document.Root.ViewerPreferences = Dictionary(Direction=Name.R2L if from_right else Name.L2R)
    if form == "booklet":
        document.Root.ViewerPreferences.Duplex = Name.DuplexFlipShortEdge
    document.trailer.Info = document.make_indirect(Dictionary())
    if title:
        document.trailer.Info.Title = String(title)
        document.Root.ViewerPreferences.DisplayDocTitle = True
        with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["dc:title"] = title


def _read_title(document: pikepdf.Pdf) -> str:
    if isinstance(title := document.docinfo.get("/Title"), String):
        return str(title)
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        return str(metadata.get("dc:title") or "")


def _describe_sheets(form: SheetForm, plan: _SheetPlan, scale: float, blanks: int) -> list[str]:
    size, percent = (plan.width, plan.height), round(100 * scale)
    names = (name for name, paper in SHEET_SIZES.items() if _is_same_size(sorted(size), paper))
    sheet = next(names, "") or _size_in_mm((min(size), max(size)))
    scaled = f"the pages are scaled down to {percent} % to fit on {sheet}"
    notes = [scaled if percent < 100 else f"the pages are on {sheet} in their own size"]
    if blanks:
        what = ("page", "pages") if form == "booklet" else ("place", "places")
        notes.append(f"{blanks} blank {what[blanks > 1]} at the end")
    if form == "booklet":
        side = "right" if plan.from_right else "left"
        notes.append(f"the spine is at the {side}, as the PDF is read from the {side}")
        notes.append("print on both sides, flip on the short edge; fold all sheets together in the middle")
    return notes


def _size_in_mm(size: Size) -> str:
    return f"{size[0] * MM_PER_POINT:.0f} × {size[1] * MM_PER_POINT:.0f} mm"
