"""Combined: the sheets of a brief in one PDF, a list of them in front; tagged, and each thing stored once.

The finished list of contents lends the whole its title, its claims and its attachments. The pages of the
sheets are taken as they are: what their feet say of pages is said of the sheet.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Stream, String

from tipbrief import limits
from tipbrief.deliver.contents import SCHEME, CollectedSheet, list_pages
from tipbrief.deliver.shared_fonts import SharedFonts
from tipbrief.fonts.shelf import Face
from tipbrief.language.dates import Date
from tipbrief.language.language import Language
from tipbrief.pdf import archive, tag_tree
from tipbrief.pdf.attachments import Attachment
from tipbrief.pdf.opening import opened
from tipbrief.pdf.standards import USUAL, Standard
from tipbrief.problems import Problems
from tipbrief.typeset.engine import Typeset, Typesetter

_MOST_PASSES = 4
# The list of contents, given the first page of each sheet by name.
ContentsHtml: TypeAlias = Callable[[Mapping[str, int]], str]
_LEADS_ON = re.compile(rb"\bR\b")  # a part that has no reference needs no other look at what is in it
_CONTAINERS = (Array, Dictionary, Stream)
_TAGS = frozenset({"/Type", "/K", "/ParentTree", "/ParentTreeNextKey", "/IDTree", "/Namespaces"})


def combined(
    sheets: Sequence[CollectedSheet],
    typesetter: Typesetter,
    faces: Iterable[Face],
    contents_html: ContentsHtml,
    language: Language,
    *,
    attachments: Sequence[Attachment],
    created: Date,
    standard: Standard = USUAL,
) -> bytes:
    """One PDF of all sheets in their order, archived and accessible as each of them, by the same standard."""
    with limits.bounded("the list of contents", limits.SECONDS_IN_ALL):
        contents, pages = _contents(typesetter, contents_html, sheets, language, standard)
    with opened(archive.carrying(contents.finished, attachments, created)) as pdf:
        whole = _Collection(pdf, faces, language)
        for sheet in sheets:
            limits.begin(sheet.name)
            whole.append(sheet)
        places = {sheet.name: (sheet.title, pages[sheet.name]) for sheet in sheets}
        whole.link(contents.pages, places)
        whole.list_pages(places.values())
        limits.begin("the PDF of all sheets")
        return whole.written()


def _contents(
    typesetter: Typesetter,
    contents_html: ContentsHtml,
    sheets: Sequence[CollectedSheet],
    language: Language,
    standard: Standard,
) -> tuple[Typeset, dict[str, int]]:
    """The list of contents, typeset, and the first pages of the sheets, which its own length moves on."""
    length = len(list_pages(sheets, language))  # a publication's own list may have others
    for _ in range(_MOST_PASSES):
        firsts = accumulate((sheet.pages for sheet in sheets), initial=length + 1)
        pages = {sheet.name: first for sheet, first in zip(sheets, firsts, strict=False)}
        layout = typesetter.lay_out(contents_html(pages))
        if len(layout.fills) == length:
            return layout.typeset(standard), pages
        length = len(layout.fills)
    hint = "give the page numbers of contents.html.j2 a column as wide as the widest"
    raise Problems("the list of contents is longer or shorter with each try", hint=hint)


class _Collection:
    """The PDF of the list of contents, into which the sheets are put, one by one."""

    def __init__(self, pdf: pikepdf.Pdf, faces: Iterable[Face], language: Language) -> None:
        self._pdf, self._fonts, self._language = pdf, SharedFonts(pdf, faces), language
        self._heading = language.words("Contents")
        self._known: dict[bytes, Any] = {}  # what is stored already, by what it is
        self._tags = pdf.Root.StructTreeRoot
        self._namespaces = self._tags.get("/Namespaces", Array())  # that of PDF 2.0, if it is one
        self._top = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=self._tags))
        self._parts: list[Any] = []
        self._starting: dict[int, Any] = {}  # parts by the numbers of their first pages
        self._holders: list[Any] = []  # of marked content and links: keys and values of the parent tree
        self._next_key = 0
        self._named: dict[bytes, Any] = {}  # elements by their identifiers
        pdf.Root.OutputIntents = self._copied(pdf.Root.OutputIntents, {})
        self._starting[1] = self._add(
            self._tags, pdf.pages, self._emptied(pdf.pages), self._heading, pdf.Root.Lang
        )

    def append(self, sheet: CollectedSheet) -> None:
        """Add the pages of a sheet, and its tags as one part."""
        with _opened_sheet(sheet, newer=bool(self._namespaces)) as source:
            before, drawn = len(self._pdf.pages), self._emptied(source.pages)
            for page in source.pages:
                self._pdf.pages.append(page)
            # The tags lie on the pages, and lead to the copies of those only that were copied before.
            tags = self._pdf.copy_foreign(source.Root.StructTreeRoot)
            pages = self._pdf.pages[before:]
            for page in pages:
                for link in page.obj.get("/Annots", []):
                    if isinstance(name := link.get("/Dest"), String):
                        place = self._pdf.copy_foreign(source.make_indirect(_place(source, name)))
                        if isinstance(place, Array):
                            link.Dest = place
                        else:
                            _lead(link, place.D, place.SD[0])
            part = self._add(tags, pages, drawn, sheet.title, source.Root.Lang)
            self._starting[before + 1] = part

    def _emptied(self, pages: Iterable[pikepdf.Page]) -> list[tuple[Any, Any]]:
        """What draws each page, as the whole has it; it is taken from the page, with which it would go."""
        done: dict[tuple[int, int], Any] = {}
        drawn = []
        for page in pages:
            resources, content = page.obj.Resources, page.obj.Contents
            drawn.append((self._copied(resources, done), self._copied(content, done)))
            del page.obj.Resources, page.obj.Contents
        return drawn

    def _add(
        self, tags: Any, pages: Iterable[pikepdf.Page], drawn: list[Any], title: str, language: Any
    ) -> Any:
        """Take in what was copied; the keys of its pages and links are counted on from those before.

        Returned is the part that it becomes.
        """
        for page, drawing in zip(pages, drawn, strict=True):
            page.obj.Resources, page.obj.Contents = drawing
            page.obj.StructParents += self._next_key
            for link in page.obj.get("/Annots", []):
                link.StructParent += self._next_key
        holders = list(tags.ParentTree.Nums)
        holders[::2] = keys = [int(key) + self._next_key for key in holders[::2]]
        self._holders += holders
        self._next_key = max(keys, default=self._next_key - 1) + 1
        (part,) = tags.K if isinstance(tags.K, Array) else [tags.K]
        part.S, part.P, part.T, part.Lang = Name.Part, self._top, String(title), String(str(language))
        if "/IDTree" in tags:
            self._rename(part, b"%d-" % len(self._parts))
        self._say_namespace(part)
        self._parts.append(part)
        return part

    def _say_namespace(self, element: Any) -> None:
        if self._namespaces:
            element.NS = self._namespaces[0]

    def _rename(self, element: Any, before: bytes) -> None:
        """Identifiers of one sheet must not be those of another: headers of cells are found by them."""
        if "/ID" in element:
            element.ID = String(before + bytes(element.ID))
            self._named[bytes(element.ID)] = element
        attributes = element.get("/A", [])
        for one in attributes if isinstance(attributes, Array) else [attributes]:
            if isinstance(one, Dictionary) and "/Headers" in one:
                one.Headers = Array(String(before + bytes(name)) for name in one.Headers)
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, Array) else [kids]:
            if isinstance(kid, Dictionary) and "/S" in kid:
                self._rename(kid, before)

    def _copied(self, item: Any, done: dict[tuple[int, int], Any]) -> Any:
        """What stands in the whole for a thing of one PDF: the same, stored before, or else a copy."""
        if not isinstance(item, _CONTAINERS):
            return item
        if item.objgen in done:
            return done[item.objgen]
        if not item.is_indirect and not _LEADS_ON.search(text := item.unparse()):
            return pikepdf.Object.parse(text)  # such as a gradient of many steps, part by part
        copy = self._fonts.standing_for(item) if isinstance(item, Dictionary) else None
        if copy is None:
            if isinstance(item, Array):
                copy = Array(self._copied(value, done) for value in item)
            else:
                copy = Dictionary({key: self._copied(value, done) for key, value in item.items()})
            if not item.is_indirect:
                return copy
            copy = self._stored(copy, item.read_raw_bytes() if isinstance(item, Stream) else None)
        if item.is_indirect:
            done[item.objgen] = copy
        return copy

    def _stored(self, item: Any, data: bytes | None) -> Any:
        """An object, or a stream with its data, stored once."""
        shape = item.unparse() + (b"" if data is None else b"stream" + data)
        key = hashlib.sha256(shape).digest()
        if key not in self._known:
            # From copy_foreign a stream would keep all of its file in memory.
            new = self._pdf.make_indirect(item) if data is None else self._pdf.make_stream(data, item)
            self._known[key] = new
        return self._known[key]

    def link(self, contents: int, sheets: Mapping[str, tuple[str, int]]) -> None:
        """Lead the links of the list of contents to the pages; ``sheets`` has title and page by name."""
        for page in self._pdf.pages[:contents]:
            for link in page.obj.get("/Annots", []):
                address = str(link.get("/A", Dictionary()).get("/URI", ""))
                if not address.startswith(SCHEME):
                    continue
                name = address.removeprefix(SCHEME)
                if name not in sheets:
                    message = f"the list of contents links to '{name}', which is no sheet"
                    hint = f"write {SCHEME} and the name of a sheet in contents.html.j2"
                    raise Problems(message, hint=hint)
                title, number = sheets[name]
                del link.A
                _lead(link, *self._start(number))
                said = self._language.words("%(title)s, page %(number)s", title=title, number=number)
                link.Contents = String(said)

    def _start(self, number: int) -> tuple[Any, Any]:
        """The place of a page, and the part that begins there, if links lead to elements."""
        place = Array([self._pdf.pages[number - 1].obj, Name.Fit])
        return place, self._starting[number] if self._namespaces else None

    def list_pages(self, sheets: Iterable[tuple[str, int]]) -> None:
        """A bookmark for each title and page, shown at once; each page is called by its number."""
        marks = [(self._heading, 1), *sheets]
        with self._pdf.open_outline() as outline:
            outline.root[:] = [OutlineItem(title, number - 1, "Fit") for title, number in marks]
        for item, (_, number) in zip(outline.root, marks, strict=True):
            _lead(item.obj, *self._start(number))
        numbers = range(len(self._pdf.pages))
        labels = [
            part
            for index in numbers
            for part in (index, Dictionary(P=String(self._language.digits(index + 1))))
        ]
        self._pdf.Root.PageLabels = self._pdf.make_indirect(Dictionary(Nums=Array(labels)))
        self._pdf.Root.PageMode = Name.UseOutlines

    def written(self) -> bytes:
        """The file."""
        self._fonts.write()
        self._top.K = Array(self._parts)
        self._say_namespace(self._top)
        self._tags.K = Array([self._top])
        self._tags.ParentTree = self._pdf.make_indirect(Dictionary(Nums=Array(self._holders)))
        self._tags.ParentTreeNextKey = self._next_key
        if self._named:
            names = Array(part for key in sorted(self._named) for part in (String(key), self._named[key]))
            self._tags.IDTree = self._pdf.make_indirect(Dictionary(Names=names))
        return tag_tree.saved(self._pdf)


def _opened_sheet(sheet: CollectedSheet, *, newer: bool) -> pikepdf.Pdf:
    """The PDF of a sheet; Problems where it cannot be put together with others."""
    message = ""
    try:
        source = opened(sheet.pdf())
        tags = set(source.Root.get("/StructTreeRoot", Dictionary()).keys())
        if len(source.pages) != sheet.pages:
            message = f"the PDF has {len(source.pages)} pages, where {sheet.pages} were expected"
        elif not tags:
            message = "the PDF is not tagged"
        elif newer != ("/Namespaces" in tags):
            message = "the PDF follows another standard than the list"
        elif tags - _TAGS:
            message = f"tags with a {', '.join(sorted(tags - _TAGS))[1:]} cannot be put together"
    except Problems as raised:
        message = raised.problems[0].message
    if message:
        raise Problems(f"{sheet.name}: {message}", hint="build the sheet again")
    return source


def _lead(item: Any, place: Any, element: Any) -> None:
    """Lead a link or a bookmark to a place, and to an element where there is one."""
    item.Dest = place
    if element is not None:
        del item.Dest
        item.A = Dictionary(S=Name.GoTo, D=place, SD=Array([element, *list(place)[1:]]))


def _place(pdf: pikepdf.Pdf, name: String) -> Any:
    """The place to which a name leads; names are those of one PDF only."""
    names = list(pdf.Root.Names.Dests.Names)
    return names[names.index(name) + 1]
