"""Combined: the sheets of a brief in one PDF, a list of them in front; tagged, and each thing stored once.

The finished list of contents lends the whole its title, its claims and its attachments. The pages of the
sheets are taken as they are: what their feet say of pages is said of the sheet.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, islice
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
_MOST_PASSES = 3
_CONTAINERS = (Array, Dictionary, Stream)
_TAGS = frozenset({"/Type", "/K", "/ParentTree", "/ParentTreeNextKey", "/IDTree"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document of the brief: its name, what the list says of it, its pages, how its PDF is had."""

    name: str
    title: str
    note: str
    pages: int
    pdf: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Group:
    """Sheets of one letter, below each other in one column."""

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
    lettered = [(collation.first_letter(sheet.title), sheet) for sheet in sheets]
    leaves: list[list[list[Group]]] = []
    while lettered:
        lines = LINES if leaves else FIRST_LINES
        columns, rest = _columns(lettered, lines)
        while not rest and lines > LETTER_LINES:
            lines -= 1
            shorter, rest = _columns(lettered, lines)
            columns = columns if rest else shorter
        leaves.append(columns)
        lettered = lettered[sum(len(group.sheets) for column in columns for group in column) :]
    return leaves


def _columns(
    lettered: Sequence[tuple[str, Sheet]], lines: int
) -> tuple[list[list[Group]], Sequence[tuple[str, Sheet]]]:
    """The columns of one page, and what finds no room there. Each column begins with a letter."""
    columns: list[list[Group]] = []
    while lettered and len(columns) < COLUMNS:
        column: list[Group] = []
        free = lines
        for letter, of_letter in groupby(lettered, lambda one: one[0]):
            free -= LETTER_LINES
            fitting = tuple(sheet for _, sheet in islice(of_letter, max(free, 0)))
            if not fitting:
                break
            column.append(Group(letter, fitting))
            free -= len(fitting)
        columns.append(column)
        lettered = lettered[sum(len(group.sheets) for group in column) :]
    return columns, lettered


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
    contents, pages = _contents(typesetter, contents_html, sheets)
    finished = archive.finish(
        _one_link_each(contents.pdf), leaves=contents.leaves, attachments=attachments, created=created
    )
    with tagtree.opened(finished) as pdf:
        whole = _Whole(pdf)
        for sheet in sheets:
            whole.append(sheet)
        whole.link(contents.pages, {sheet.name: (sheet.title, pages[sheet.name]) for sheet in sheets})
        whole.list_pages([(CONTENTS, 1), *((sheet.title, pages[sheet.name]) for sheet in sheets)])
        return whole.written()


def _contents(
    typesetter: Typesetter, contents_html: Callable[[Mapping[str, int]], str], sheets: Sequence[Sheet]
) -> tuple[Typeset, dict[str, int]]:
    """The list of contents, typeset, and the first pages of the sheets, which its own length moves on."""
    length = len(typesetter.measure(contents_html(_first_pages(sheets, 1))))
    for _ in range(_MOST_PASSES):
        pages = _first_pages(sheets, length)
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


def _first_pages(sheets: Sequence[Sheet], before: int) -> dict[str, int]:
    firsts = accumulate((sheet.pages for sheet in sheets), initial=before + 1)
    return {sheet.name: first for sheet, first in zip(sheets, firsts, strict=False)}


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
    """The PDF of the list of contents, into which the sheets are put, one by one."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._fonts = Subsets(pdf)
        self._known: dict[bytes, Any] = {}  # what is stored already, by what it is
        self._tags = pdf.Root.StructTreeRoot
        self._top = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=self._tags))
        self._parts: list[Any] = []
        self._holders: list[Any] = []  # of marked content and links: keys and values of the parent tree
        self._next_key = 0
        self._named: dict[bytes, Any] = {}  # elements by their identifiers
        self._add(self._tags, pdf.pages, CONTENTS, str(pdf.Root.Lang))
        self._share(pdf.Root.OutputIntents, {})

    def append(self, sheet: Sheet) -> None:
        """Add the pages of a sheet, and its tags as one part."""
        with tagtree.opened(sheet.pdf()) as source:
            if len(source.pages) != sheet.pages:
                raise Problems(
                    Problem(f"{sheet.name} has {len(source.pages)} pages, where {sheet.pages} were expected")
                )
            if more := set(source.Root.StructTreeRoot.keys()) - _TAGS:
                raise Problems(
                    Problem(
                        f"{sheet.name}: tags with a {', '.join(sorted(more))[1:]} cannot be put together",
                        hint="combine PDFs that tipbrief build wrote",
                    )
                )
            before = len(self._pdf.pages)
            self._pdf.pages.extend(source.pages)
            # The tags lie on the pages, and lead to the copies of those only that were copied before.
            tags = self._pdf.copy_foreign(source.Root.StructTreeRoot)
            pages = self._pdf.pages[before:]
            for page in pages:
                for link in page.obj.get("/Annots", []):
                    if isinstance(name := link.get("/Dest"), String):
                        link.Dest = self._pdf.copy_foreign(source.make_indirect(_place(source, name)))
            self._add(tags, pages, sheet.title, str(source.Root.Lang))

    def _add(self, tags: Any, pages: Iterable[pikepdf.Page], title: str, language: str) -> None:
        """Take in what was copied: the keys of pages and links are counted on, resources are shared."""
        shared: dict[tuple[int, int], Any] = {}
        for page in pages:
            page.obj.Resources = self._share(page.obj.Resources, shared)
            page.obj.StructParents += self._next_key
            for link in page.obj.get("/Annots", []):
                link.StructParent += self._next_key
        holders = list(tags.ParentTree.Nums)
        keys = [int(key) for key in holders[::2]]
        for key, holder in zip(keys, holders[1::2], strict=True):
            self._holders += [key + self._next_key, holder]
        self._next_key += max(keys, default=-1) + 1
        (part,) = tags.K if isinstance(tags.K, Array) else [tags.K]
        part.S, part.P, part.T, part.Lang = Name.Part, self._top, String(title), String(language)
        if "/IDTree" in tags:
            self._rename(part, b"%d-" % len(self._parts))
        self._parts.append(part)

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
        if item.is_indirect:
            done[item.objgen] = item
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
            outline.root[:] = [OutlineItem(title, number - 1, "Fit") for title, number in bookmarks]
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
        self._tags.K = Array([self._top])
        self._tags.ParentTree = self._pdf.make_indirect(Dictionary(Nums=Array(self._holders)))
        self._tags.ParentTreeNextKey = self._next_key
        if self._named:
            names = Array(part for key in sorted(self._named) for part in (String(key), self._named[key]))
            self._tags.IDTree = self._pdf.make_indirect(Dictionary(Names=names))
        out = io.BytesIO()
        self._pdf.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        return out.getvalue()


def _place(pdf: pikepdf.Pdf, name: String) -> Any:
    """The place to which a name leads; names are those of one PDF only."""
    names = list(pdf.Root.Names.Dests.Names)
    return names[names.index(name) + 1]
