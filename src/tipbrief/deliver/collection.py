"""The collection: the sheets of a brief in one tagged PDF, with a list of contents in front.

Its title, conformance claims and attachments are those of the list. The pages are those of the sheets, which count
their own pages.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pikepdf
from fontTools import subset
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, OutlineItem, Stream, String

from tipbrief import limits
from tipbrief.deliver.index import LINK_SCHEME, ContentsEntry
from tipbrief.fonts.font_library import FontFace
from tipbrief.language.language import Language, load_language
from tipbrief.pdf import tag_tree
from tipbrief.pdf.pdf_file import parse_pdf, unicode_values
from tipbrief.pdf.standards import Standard
from tipbrief.problems import Problems

if TYPE_CHECKING:  # a worker that puts sheets together typesets nothing
    from tipbrief.typeset.engine import Typesetter

_SUBSET_NAME = re.compile(r"/[A-Z]{6}\+(.+)")
_MAX_IN_BLOCK = 100  # of the mappings in a /ToUnicode
_BFCHAR_BLOCKS = re.compile(rb"\d+ beginbfchar.*endbfchar", re.S)
_VERSION, _POSTSCRIPT_NAME = 5, 6  # numbers of names in a font
_CONTAINERS = (Array, Dictionary, Stream)
_UNUSED_IN_PDF = ("GDEF", "GPOS", "GSUB", "OS/2", "cmap", "gasp", "name", "post")
# Width and text by glyph number. The rounding of a width may differ between PDFs, and positions follow from it.
Glyphs: TypeAlias = dict[int, tuple[Any, bytes]]
_MAX_PASSES = 4
_REFERENCE = re.compile(rb"\bR\b")  # an object without references is copied as text
_STRUCTURE_KEYS = frozenset({"/Type", "/K", "/ParentTree", "/ParentTreeNextKey", "/IDTree", "/Namespaces"})


class FontMerger:
    """The fonts of a PDF into which sheets are merged. All sheets are typeset with ``faces``."""

    def __init__(self, pdf: pikepdf.Pdf, faces: Iterable[FontFace]) -> None:
        self._pdf = pdf
        self._files_by_name = {_read_font_names(face.ttf): face.ttf for face in faces}
        # The merged fonts of each font file, with their glyphs, which grow with each subset.
        self._fonts_by_file: dict[Path, list[tuple[Any, Glyphs]]] = {}

    def find_replacement(self, font: Any) -> Any | None:
        """The merged font that replaces a font of any PDF; None if that is no subset of a face."""
        # Only of a subset whose codes are the glyph numbers of the whole font.
        if not _SUBSET_NAME.fullmatch(str(font.get("/BaseFont", ""))) or font.get("/Encoding") != "/Identity-H":
            return None
        (below,) = font.DescendantFonts
        is_complete = "/FontFile2" in below.FontDescriptor and "/ToUnicode" in font
        if below.get("/CIDToGIDMap") != "/Identity" or not is_complete:
            return None
        file = self._files_by_name.get(_read_font_names(io.BytesIO(below.FontDescriptor.FontFile2.read_bytes())))
        if file is None:
            return None
        glyphs, alike = _read_glyphs(font), self._fonts_by_file.setdefault(file, [])
        for shared, known in alike:
            if all(known.get(number, glyph) == glyph for number, glyph in glyphs.items()):
                known.update(glyphs)
                return shared
        alike.append((self._copy_font(font), glyphs))
        return alike[-1][0]

    def _copy_font(self, font: Any) -> Any:
        (below,) = font.DescendantFonts
        descriptor = self._pdf.make_indirect(_copy_scalars(below.FontDescriptor))
        copy, below_copy = _copy_scalars(font), _copy_scalars(below)
        below_copy.CIDSystemInfo, below_copy.FontDescriptor = _copy_scalars(below.CIDSystemInfo), descriptor
        copy.DescendantFonts = Array([self._pdf.make_indirect(below_copy)])
        copy.ToUnicode = self._pdf.make_stream(font.ToUnicode.read_bytes())
        return self._pdf.make_indirect(copy)

    def write_fonts(self) -> None:
        """Write the glyphs of all merged fonts. The fonts of one face share one font file."""
        for ttf, alike in self._fonts_by_file.items():
            data = _subset_font_file(ttf, {number for _, glyphs in alike for number in glyphs})
            file = self._pdf.make_stream(data, Length1=len(data))
            digest = int.from_bytes(hashlib.sha256(data).digest())
            tag = "".join(chr(ord("A") + digest // 26**place % 26) for place in range(6))
            for font, glyphs in alike:
                (below,) = font.DescendantFonts
                name = Name(_SUBSET_NAME.sub(rf"/{tag}+\1", str(font.BaseFont)))
                below.FontDescriptor.FontName = below.BaseFont = font.BaseFont = name
                below.FontDescriptor.FontFile2 = file
                widest = max(width for width, _ in glyphs.values())
                edges = 0, below.FontDescriptor.Descent, widest, below.FontDescriptor.Ascent
                below.FontDescriptor.FontBBox = Array(edges)
                widths = [(number, Array([width])) for number, (width, _) in sorted(glyphs.items())]
                below.W = Array(part for pair in widths for part in pair)
                _write_unicode_map(font.ToUnicode, glyphs)


def _read_font_names(file: Any) -> tuple[str | None, str | None]:  # its subsets keep them
    with TTFont(file, lazy=True) as font:
        return font["name"].getDebugName(_POSTSCRIPT_NAME), font["name"].getDebugName(_VERSION)


def _copy_scalars(item: Any) -> Any:  # no arrays, dictionaries and streams
    return Dictionary({key: value for key, value in item.items() if not isinstance(value, _CONTAINERS)})


def _read_glyphs(font: Any) -> Glyphs:  # without number 0, which is no character
    texts = {int(code, 16): text for code, text in unicode_values(font).items()}
    widths: dict[int, Any] = {}
    first = 0
    for entry in font.DescendantFonts[0].get("/W", []):
        if isinstance(entry, Array):
            widths |= dict(enumerate(entry, first))
        else:
            first = int(entry)
    return {number: (widths.get(number, 0), texts.get(number, b"")) for number in {*widths, *texts} - {0}}


def _subset_font_file(ttf: Path, numbers: set[int]) -> bytes:  # glyphs keep their numbers
    options = subset.Options(retain_gids=True, hinting=False)
    options.drop_tables += _UNUSED_IN_PDF
    with TTFont(ttf, recalcTimestamp=False) as font:
        part = subset.Subsetter(options)
        part.populate(gids=numbers)
        part.subset(font)
        out = io.BytesIO()
        font.save(out)
        return out.getvalue()


def _write_unicode_map(to_unicode: Any, glyphs: Glyphs) -> None:
    lines = [b"<%04x> <%s>\n" % (number, text) for number, (_, text) in sorted(glyphs.items()) if text]
    blocks = (lines[start : start + _MAX_IN_BLOCK] for start in range(0, len(lines), _MAX_IN_BLOCK))
    shown = b"\n".join(b"%d beginbfchar\n%sendbfchar" % (len(block), b"".join(block)) for block in blocks)
    to_unicode.write(_BFCHAR_BLOCKS.sub(lambda _: shown, to_unicode.read_bytes()))


def typeset_contents(
    typesetter: Typesetter,
    contents_html: Callable[[Mapping[str, int]], str],
    sheets: Sequence[ContentsEntry],
    standard: Standard,
) -> bytes:
    """The PDF of the list of contents, as ``contents_html`` makes it from the first page of each sheet, by name."""
    length = 1  # of the list, on which the pages depend
    with limits.limit_step("the list of contents", limits.DOCUMENT_SECONDS):
        for _ in range(_MAX_PASSES):
            firsts = accumulate((sheet.pages for sheet in sheets), initial=length + 1)
            pages = {sheet.name: first for sheet, first in zip(sheets, firsts, strict=False)}
            layout = typesetter.lay_out(contents_html(pages))
            if len(layout.page_fills) == length:
                return layout.render_pdf(standard).final_pdf
            length = len(layout.page_fills)
    hint = "give the page numbers of contents.html.j2 a column as wide as the widest"
    raise Problems("the list of contents is longer or shorter with each try", hint=hint)


def merge_sheets(contents: bytes, sheets: Sequence[ContentsEntry], faces: Iterable[FontFace], tag: str) -> bytes:
    """One PDF of the list of contents and of all sheets in their order, which conform to the same standard."""
    # No sheet is named where the memory is full: it is not at fault.
    with limits.limit_step("the PDF of all sheets"), parse_pdf(contents) as pdf:
        whole, length, places = _PdfMerger(pdf, faces, load_language(tag)), len(pdf.pages), {}
        for sheet in sheets:
            limits.begin_step()
            places[sheet.name] = sheet.title, len(pdf.pages) + 1
            whole.append_sheet(sheet)
        whole.link_contents(length, places)
        whole.add_bookmarks(places.values())
        limits.begin_step()
        return whole.serialise()


class _PdfMerger:
    def __init__(self, pdf: pikepdf.Pdf, faces: Iterable[FontFace], language: Language) -> None:
        self._pdf, self._font_merger, self._language = pdf, FontMerger(pdf, faces), language
        self._heading = language.gettext("Contents")
        self._objects_by_hash: dict[bytes, Any] = {}  # stored objects by the hash of their content
        self._structure_root = pdf.Root.StructTreeRoot
        self._namespaces = self._structure_root.get("/Namespaces", Array())  # only PDF 2.0 has them
        document_element = Dictionary(Type=Name.StructElem, S=Name.Document, P=self._structure_root)
        self._document_element = pdf.make_indirect(document_element)
        self._parts: list[Any] = []
        self._parts_by_page: dict[int, Any] = {}  # by the numbers of their first pages
        self._parent_tree: list[Any] = []  # keys and values
        self._next_key = 0
        self._elements_by_id: dict[bytes, Any] = {}
        pdf.Root.OutputIntents = self._copy_object(pdf.Root.OutputIntents, {})
        drawn = self._detach_content(pdf.pages)
        self._parts_by_page[1] = self._add_part(self._structure_root, pdf.pages, drawn, self._heading, pdf.Root.Lang)

    def append_sheet(self, sheet: ContentsEntry) -> None:
        with _open_sheet(sheet, newer=bool(self._namespaces)) as source:
            before, drawn = len(self._pdf.pages), self._detach_content(source.pages)
            for page in source.pages:
                self._pdf.pages.append(page)
            # Tags refer to the copies of pages only if these were copied before.
            tags = self._pdf.copy_foreign(source.Root.StructTreeRoot)
            pages = self._pdf.pages[before:]
            for page in pages:
                for link in page.obj.get("/Annots", []):
                    if isinstance(name := link.get("/Dest"), String):
                        named = list(source.Root.Names.Dests.Names)  # each name, followed by its destination
                        place = self._pdf.copy_foreign(source.make_indirect(named[named.index(name) + 1]))
                        if isinstance(place, Array):
                            link.Dest = place
                        else:
                            _set_destination(link, place.D, place.SD[0])
            self._parts_by_page[before + 1] = self._add_part(tags, pages, drawn, sheet.title, source.Root.Lang)

    def _detach_content(self, pages: Iterable[pikepdf.Page]) -> list[tuple[Any, Any]]:
        """Copies of the resources and the content of each page, which are removed from the page itself."""
        done: dict[tuple[int, int], Any] = {}
        drawn = []
        for page in pages:
            resources, content = page.obj.Resources, page.obj.Contents
            drawn.append((self._copy_object(resources, done), self._copy_object(content, done)))
            del page.obj.Resources, page.obj.Contents
        return drawn

    def _add_part(self, tags: Any, pages: Iterable[pikepdf.Page], drawn: list[Any], title: str, language: Any) -> Any:
        """Add copied pages and tags as a part, and return it. Their keys continue those of the parts before."""
        for page, drawing in zip(pages, drawn, strict=True):
            page.obj.Resources, page.obj.Contents = drawing
            page.obj.StructParents += self._next_key
            for link in page.obj.get("/Annots", []):
                link.StructParent += self._next_key
        holders = list(tags.ParentTree.Nums)
        holders[::2] = keys = [int(key) + self._next_key for key in holders[::2]]
        self._parent_tree += holders
        self._next_key = max(keys, default=self._next_key - 1) + 1
        (part,) = tags.K if isinstance(tags.K, Array) else [tags.K]
        part.S, part.P, part.T, part.Lang = (Name.Part, self._document_element, String(title), String(str(language)))
        self._adapt_elements(part, b"%d-" % len(self._parts))
        self._parts.append(part)
        return part

    def _adapt_elements(self, element: Any, before: bytes) -> None:  # unique names for headers; no files of charts
        if "/AF" in element:
            del element.AF
        if "/ID" in element:
            element.ID = String(before + bytes(element.ID))
            self._elements_by_id[bytes(element.ID)] = element
        attributes = element.get("/A", [])
        for one in attributes if isinstance(attributes, Array) else [attributes]:
            if isinstance(one, Dictionary) and "/Headers" in one:
                one.Headers = Array(String(before + bytes(name)) for name in one.Headers)
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, Array) else [kids]:
            if isinstance(kid, Dictionary) and "/S" in kid:
                self._adapt_elements(kid, before)

    def _copy_object(self, item: Any, done: dict[tuple[int, int], Any]) -> Any:
        """The object of the collection for one of a sheet: the same, if stored before, or a copy."""
        if not isinstance(item, _CONTAINERS):
            return item
        if item.objgen in done:
            return done[item.objgen]
        if not item.is_indirect and not _REFERENCE.search(text := item.unparse()):
            return pikepdf.Object.parse(text)  # such as a gradient of many steps, part by part
        copy = self._font_merger.find_replacement(item) if isinstance(item, Dictionary) else None
        if copy is None:
            if isinstance(item, Array):
                copy = Array(self._copy_object(value, done) for value in item)
            else:
                copy = Dictionary({key: self._copy_object(value, done) for key, value in item.items()})
            if not item.is_indirect:
                return copy
            copy = self._store_object(copy, item.read_raw_bytes() if isinstance(item, Stream) else None)
        if item.is_indirect:
            done[item.objgen] = copy
        return copy

    def _store_object(self, item: Any, data: bytes | None) -> Any:  # equal ones once
        key = hashlib.sha256(item.unparse() + (b"" if data is None else b"stream" + data)).digest()
        if key not in self._objects_by_hash:
            # A stream from copy_foreign would keep its whole file in memory.
            new = self._pdf.make_indirect(item) if data is None else self._pdf.make_stream(data, item)
            self._objects_by_hash[key] = new
        return self._objects_by_hash[key]

    def link_contents(self, contents: int, sheets: Mapping[str, tuple[str, int]]) -> None:
        """Point the links of the list of contents to the pages. ``sheets`` has title and page by name."""
        for page in self._pdf.pages[:contents]:
            for link in page.obj.get("/Annots", []):
                address = str(link.get("/A", Dictionary()).get("/URI", ""))
                if not address.startswith(LINK_SCHEME):
                    continue
                name = address.removeprefix(LINK_SCHEME)
                if name not in sheets:
                    hint = f"write {LINK_SCHEME} and the name of a sheet in contents.html.j2"
                    raise Problems(f"the list of contents links to '{name}', which is no sheet", hint=hint)
                title, number = sheets[name]
                del link.A
                _set_destination(link, *self._page_destination(number))
                link.Contents = String(self._language.gettext("%(title)s, page %(number)s", title=title, number=number))

    def _page_destination(self, number: int) -> tuple[Any, Any]:
        """The destination of a page, and the part that begins there if links point to elements."""
        place = Array([self._pdf.pages[number - 1].obj, Name.Fit])
        return place, self._parts_by_page[number] if self._namespaces else None

    def add_bookmarks(self, sheets: Iterable[tuple[str, int]]) -> None:  # and page labels
        marks = [(self._heading, 1), *sheets]
        with self._pdf.open_outline() as outline:
            outline.root[:] = [OutlineItem(title, number - 1, "Fit") for title, number in marks]
        for item, (_, number) in zip(outline.root, marks, strict=True):
            _set_destination(item.obj, *self._page_destination(number))
        numbers = range(len(self._pdf.pages))
        labels = [part for index in numbers for part in (index, Dictionary(P=String(self._language.digits(index + 1))))]
        self._pdf.Root.PageLabels = self._pdf.make_indirect(Dictionary(Nums=Array(labels)))
        self._pdf.Root.PageMode = Name.UseOutlines

    def serialise(self) -> bytes:
        self._font_merger.write_fonts()
        self._document_element.K = Array(self._parts)
        for element in (self._document_element, *self._parts) if self._namespaces else ():
            element.NS = self._namespaces[0]
        self._structure_root.K = Array([self._document_element])
        self._structure_root.ParentTree = self._pdf.make_indirect(Dictionary(Nums=Array(self._parent_tree)))
        self._structure_root.ParentTreeNextKey = self._next_key
        if self._elements_by_id:
            names = [part for key in sorted(self._elements_by_id) for part in (String(key), self._elements_by_id[key])]
            self._structure_root.IDTree = self._pdf.make_indirect(Dictionary(Names=Array(names)))
        return tag_tree.save_to_bytes(self._pdf)


def _open_sheet(sheet: ContentsEntry, *, newer: bool) -> pikepdf.Pdf:
    message = ""
    try:
        source = parse_pdf(sheet.pdf())
        tags = set(source.Root.get("/StructTreeRoot", Dictionary()).keys())
        if len(source.pages) != sheet.pages:
            message = f"the PDF has {len(source.pages)} pages, where {sheet.pages} were expected"
        elif not tags:
            message = "the PDF is not tagged"
        elif newer != ("/Namespaces" in tags):
            message = "the PDF follows another standard than the list"
        elif tags - _STRUCTURE_KEYS:
            message = f"tags with a {', '.join(sorted(tags - _STRUCTURE_KEYS))[1:]} cannot be put together"
    except Problems as raised:
        message = raised.problems[0].message
    if message:
        raise Problems(f"{sheet.name}: {message}", hint="build the sheet again")
    return source


def _set_destination(item: Any, place: Any, element: Any) -> None:
    item.Dest = place
    if element is not None:
        del item.Dest
        item.A = Dictionary(S=Name.GoTo, D=place, SD=Array([element, *list(place)[1:]]))
