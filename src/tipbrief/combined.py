"""Combined: the sheets of a brief in one PDF, with a list of them in front; tagged, and each thing stored once.

The finished list of contents lends the whole its title, its claims and its attachments. The pages of the sheets
are taken as they are: what their feet say of pages is said of the sheet.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pikepdf
from jinja2 import Environment
from pikepdf import Array, Dictionary, Name, OutlineItem, Stream, String

from tipbrief import archive, collation, compose, persian, spoken, tagtree
from tipbrief.fonts import Face
from tipbrief.persian import Date
from tipbrief.problems import Problem, Problems
from tipbrief.publication import Publication
from tipbrief.subsets import Subsets
from tipbrief.typeset import Typeset, Typesetter

SCHEME = "sheet:"  # the list links to sheet:country-AFG
CONTENTS = "فهرست"
COLUMNS = 2
# Lines that a column has, on the first page and on those that follow; a letter takes the room of two.
FIRST_LINES, LINES, LETTER_LINES = 43, 51, 2
_TAGS = frozenset({"/Type", "/K", "/ParentTree", "/ParentTreeNextKey", "/IDTree"})
_CONTAINERS = (Array, Dictionary, Stream)
_MOST_PASSES = 3
_VERSION = "1.7"
_OF_PAGES = frozenset({"/Pages", "/StructTreeRoot", "/Outlines"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document of the brief: its name, what the list says of it, and how its finished PDF is had."""

    name: str
    title: str
    note: str
    pdf: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Group:
    """Sheets below each other in one column; ``letter`` is empty where they go on from the column before."""

    letter: str
    sheets: tuple[Sheet, ...]


def contents_html(
    publication: Publication,
    faces: tuple[Face, ...],
    env: Environment,
    sheets: Sequence[Sheet],
    pages: Mapping[str, int],
    *,
    title: str,
    date: Date,
) -> str:
    """The list of the sheets, in their order, each with the number of its first page."""
    more = {
        "title": title,
        "date": date,
        "contents": CONTENTS,
        "count": len(sheets),
        "leaves": _leaves(sheets),
        "pages": pages,
        "scheme": SCHEME,
    }
    return compose.compose(publication, sheets[0].name, faces, env, template="contents.html.j2", more=more)


def _leaves(sheets: Sequence[Sheet]) -> list[list[list[Group]]]:
    """The columns of each page of the list; those of the last page are as long as each other."""
    rest, leaves = list(sheets), []
    lines = FIRST_LINES
    while rest:
        columns, left = _columns(rest, lines)
        if not left:
            columns = next(
                columns for few in range(1, lines + 1) for columns, left in [_columns(rest, few)] if not left
            )
        leaves.append(columns)
        rest, lines = left, LINES
    return leaves


def _columns(sheets: Sequence[Sheet], lines: int) -> tuple[list[list[Group]], list[Sheet]]:
    """The columns of one page, and the sheets that find no room there."""
    columns: list[list[Group]] = []
    rest, last = list(sheets), ""
    while rest and len(columns) < COLUMNS:
        column, free = [], lines
        for letter, of_letter in groupby(rest, lambda sheet: collation.first_letter(sheet.title)):
            head = 0 if letter == last else LETTER_LINES
            fitting = list(of_letter)[: max(free - head, 0)]
            if not fitting:
                break
            column.append(Group(letter if head else "", tuple(fitting)))
            free, last = free - head - len(fitting), letter
        if not column:
            break
        rest = rest[sum(len(group.sheets) for group in column) :]
        columns.append(column)
    return columns, rest


def combined(
    sheets: Sequence[Sheet],
    typesetter: Typesetter,
    contents_html: Callable[[Mapping[str, int]], str],
    *,
    attachments: Sequence[archive.Attachment],
    created: Date,
) -> bytes:
    """One PDF of all sheets in their order, archived and accessible as each of them.

    ``contents_html`` makes the list of contents, given the first page of each sheet by name.
    """
    whole = _Whole()
    counts = {}
    for sheet in sheets:
        with tagtree.opened(sheet.pdf()) as source:
            counts[sheet.name] = whole.append(source, sheet.title)
    contents, pages = _contents(typesetter, contents_html, counts)
    finished = archive.finish(
        _one_link_each(contents.pdf), leaves=contents.leaves, attachments=attachments, created=created
    )
    with tagtree.opened(finished) as source:
        whole.put_in_front(source)
    whole.link(contents.pages, {sheet.name: (sheet.title, pages[sheet.name]) for sheet in sheets})
    whole.list_pages([(CONTENTS, 1), *((sheet.title, pages[sheet.name]) for sheet in sheets)])
    return whole.written()


def _contents(
    typesetter: Typesetter, contents_html: Callable[[Mapping[str, int]], str], counts: Mapping[str, int]
) -> tuple[Typeset, dict[str, int]]:
    """The list of contents, typeset, and the first pages of the sheets, which its own length moves on."""
    length = len(typesetter.measure(contents_html(_first_pages(counts, 1))))
    for _ in range(_MOST_PASSES):
        pages = _first_pages(counts, length)
        made = typesetter.typeset(contents_html(pages))
        if made.pages == length:
            return made, pages
        length = made.pages
    raise Problems(
        Problem(
            "the list of contents is longer or shorter with each try",
            hint="give the page numbers of contents.html.j2 a column as wide as the widest",
        )
    )


def _first_pages(counts: Mapping[str, int], before: int) -> dict[str, int]:
    pages, number = {}, before + 1
    for name, count in counts.items():
        pages[name], number = number, number + count
    return pages


def _one_link_each(pdf: bytes) -> bytes:
    """A line of the list is one link: WeasyPrint links each element inside ``<a>`` once more."""
    with tagtree.opened(pdf) as document:
        root = tagtree.read(document)
        spoken.drop_nested_links(document, root)
        for node in root.walk():
            if node.tag == "Link":
                node.kids, node.moved = [*_without_links(node)], True
        tagtree.write(document, root)
        out = io.BytesIO()
        document.save(out, deterministic_id=True)
        return out.getvalue()


def _without_links(node: tagtree.Node) -> Iterator[Any]:
    for kid in node.kids:
        if isinstance(kid, tagtree.Node) and kid.tag == "Link":
            yield from _without_links(kid)
        else:
            yield kid


class _Whole:
    """The PDF into which others are put, one by one."""

    def __init__(self) -> None:
        self._pdf = pikepdf.new()
        self._fonts = Subsets(self._pdf)
        self._known: dict[bytes, Any] = {}  # what is stored already, by what it is
        self._top = self._pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document))
        self._parts: list[Any] = []
        self._holders: list[Any] = []  # of marked content and links: keys and values of the parent tree
        self._next_key = 0
        self._named: dict[bytes, Any] = {}

    def append(self, source: pikepdf.Pdf, title: str) -> int:
        """Add the pages of a finished sheet, and its tags as one part; the number of pages."""
        self._parts.append(self._add(source, len(self._pdf.pages)))
        self._parts[-1].T = String(title)
        return len(source.pages)

    def put_in_front(self, source: pikepdf.Pdf) -> None:
        """Add the finished list of contents; what it says of itself is said of the whole."""
        self._parts.insert(0, self._add(source, 0))
        about = source.make_indirect(
            Dictionary({key: value for key, value in source.Root.items() if key not in _OF_PAGES})
        )
        for key, value in self._pdf.copy_foreign(about).items():
            self._pdf.Root[key] = value
        self._pdf.trailer.Info = self._pdf.copy_foreign(source.trailer.Info)
        self._share(self._pdf.Root.OutputIntents, {})

    def _add(self, source: pikepdf.Pdf, index: int) -> Any:
        """Insert pages, and copy their tags; the element that holds all of them."""
        names = source.Root.get("/Names", Dictionary()).get("/Dests", Dictionary()).get("/Names", Array())
        places = {str(names[at]): source.make_indirect(names[at + 1]) for at in range(0, len(names), 2)}
        shared: dict[tuple[int, int], Any] = {}
        for at, page in enumerate(source.pages, index):
            self._pdf.pages.insert(at, page)
        for page in self._pdf.pages[index : index + len(source.pages)]:
            page.obj.Resources = self._share(page.obj.Resources, shared)
            page.obj.StructParents += self._next_key
            for link in page.obj.get("/Annots", []):
                link.StructParent += self._next_key
                if isinstance(name := link.get("/Dest"), String):
                    link.Dest = self._pdf.copy_foreign(places[str(name)])
        tags = source.Root.StructTreeRoot
        if more := set(tags.keys()) - _TAGS:
            raise Problems(
                Problem(
                    f"the tags of the sheets have a {', '.join(sorted(more))}, which cannot be put together",
                    hint="this version of WeasyPrint is not known to tipbrief: pip install 'weasyprint>=70,<71'",
                )
            )
        # Pages were copied before, so that the tags come to lie on them.
        tags = self._pdf.copy_foreign(tags)
        keys = [int(tags.ParentTree.Nums[at]) for at in range(0, len(tags.ParentTree.Nums), 2)]
        for at, key in enumerate(keys):
            self._holders += [key + self._next_key, tags.ParentTree.Nums[2 * at + 1]]
        self._next_key += max(keys, default=-1) + 1
        (part,) = tags.K if isinstance(tags.K, Array) else [tags.K]
        part.S, part.P = Name.Part, self._top
        part.Lang = String(str(source.Root.Lang))
        if "/IDTree" in tags:
            self._rename(part, b"%d-" % len(self._parts))
        return part

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

    def _share(self, item: Any, done: dict[tuple[int, int], Any]) -> Any:
        """What stands for this in the whole: the same, stored before; or itself, with its parts shared."""
        if item.objgen in done:
            return done[item.objgen]
        if isinstance(item, Dictionary) and (font := self._fonts.whole(item)) is not None:
            done[item.objgen] = done[font.objgen] = font
            return font
        for key, value in enumerate(item) if isinstance(item, Array) else item.items():
            if isinstance(value, _CONTAINERS):
                item[key] = self._share(value, done)
        if item.is_indirect:
            shape = item.unparse(resolved=True)
            if isinstance(item, Stream):
                shape = Dictionary(dict(item.items())).unparse() + item.read_raw_bytes()
            key = hashlib.sha256(shape).digest()
            item = done[item.objgen] = self._known.setdefault(key, item)
        return item

    def link(self, contents: int, sheets: Mapping[str, tuple[str, int]]) -> None:
        """Lead the links of the list of contents to the pages; ``sheets`` has title and page by name."""
        for page in self._pdf.pages[:contents]:
            for link in page.obj.get("/Annots", []):
                address = str(link.get("/A", Dictionary()).get("/URI", ""))
                if not address.startswith(SCHEME):
                    continue
                name = address.removeprefix(SCHEME)
                if name not in sheets:
                    raise Problems(
                        Problem(
                            f"the list of contents links to '{name}', which is no sheet",
                            hint=f"write {SCHEME} and the name of a sheet in contents.html.j2",
                        )
                    )
                title, number = sheets[name]
                del link.A
                link.Dest = Array([self._pdf.pages[number - 1].obj, Name.Fit])
                link.Contents = String(f"{title}، صفحۀ {persian.digits(number)}")

    def list_pages(self, bookmarks: Sequence[tuple[str, int]]) -> None:
        """A bookmark for each title and page, shown at once; each page is called by its number in Dari."""
        with self._pdf.open_outline() as outline:
            outline.root += [OutlineItem(title, number - 1, "Fit") for title, number in bookmarks]
        labels = [
            part
            for index in range(len(self._pdf.pages))
            for part in (index, Dictionary(P=String(persian.digits(index + 1))))
        ]
        self._pdf.Root.PageLabels = self._pdf.make_indirect(Dictionary(Nums=Array(labels)))
        self._pdf.Root.PageMode = Name.UseOutlines

    def written(self) -> bytes:
        """The file."""
        self._fonts.write()
        self._top.K = Array(self._parts)
        root = self._pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array([self._top])))
        root.ParentTree = self._pdf.make_indirect(Dictionary(Nums=Array(self._holders)))
        root.ParentTreeNextKey = self._next_key
        if self._named:
            names = Array(part for key in sorted(self._named) for part in (String(key), self._named[key]))
            root.IDTree = self._pdf.make_indirect(Dictionary(Names=names))
        self._top.P = self._pdf.Root.StructTreeRoot = root
        out = io.BytesIO()
        self._pdf.save(
            out,
            deterministic_id=True,
            min_version=_VERSION,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        return out.getvalue()
