"""Foreign content: what a finished PDF does, hides, carries, links to or draws that no PDF of tipbrief has.

All that its trailer leads to is compared with the known kinds and keys: so what nobody thought of is found, too.
"""

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from html import unescape
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Stream

from tipbrief.language.language import known_languages, load_language
from tipbrief.language.unicode_text import normal_form
from tipbrief.load.publication_files import is_dataset_file
from tipbrief.pdf.attachments import BUILD_INFO_FILE, LEDGER_FILE, Attachment, chart_file, describe_attachment
from tipbrief.pdf.embedded_files import iterate_file_specifications
from tipbrief.pdf.pdf_file import decompress_stream, open_untrusted_pdf, unicode_values
from tipbrief.pdf.tag_tree import HEADINGS, TagNode
from tipbrief.problems import Problem
from tipbrief.verify.html_text import TOKEN_OR_SIGN, PageHead, read_page_head, split_into_tokens, text_without_tags
from tipbrief.verify.pdfium import MarkedText
from tipbrief.verify.structure import Script, find_link_faults, find_spoken_faults
from tipbrief.verify.word_problems import on_page

_WIDTH_TOLERANCE = 1.0  # thousandths of the size
_HINT = "it was put in after the build: take the PDF from its publisher again"
_MAX_FINDINGS = 20
_BOOKMARK_KEYS = frozenset({"/First", "/Last", "/Next", "/Prev"})
_BOOKMARK_LABEL = re.compile(r'\bdata-label="([^"]*)"')
_XMP_NAME = re.compile(r"(?<![\w\"/])([A-Za-z]+):(\w+)(?=[\s=/>])")


def find_foreign_content(
    pdf: bytes, parts: pikepdf.Pdf, root: TagNode, html: str | None, *, ours: bool
) -> Iterator[Problem]:
    """A problem for all that our PDFs never have; of another program's PDF, for what acts by itself."""
    survey = _ObjectSurvey(parts)
    messages = [*islice(dict.fromkeys(survey.iterate_findings(ours=ours)), _MAX_FINDINGS)]
    if ours:
        head = read_page_head(html) if html is not None else None
        messages += _find_hidden_bytes(pdf)
        messages += _find_foreign_marks(parts)
        messages += _find_foreign_files(parts, root)
        messages += _find_foreign_facts(parts, head)
        if head and html is not None:
            messages += _find_tag_differences(parts, root, head)
            script, labels = Script(html), {*map(unescape, _BOOKMARK_LABEL.findall(html))}
            unknown = (one for one in survey.bookmarks if one not in labels)
            titles = (one for one in unknown if not script.has_sequence(split_into_tokens(one, TOKEN_OR_SIGN)))
            messages += [f"a bookmark is called «{one}», and the HTML does not say so" for one in titles]
            messages += [f"a text is said to be in '{one}'" for one in survey.languages - {*head.languages}]
    yield from map(_problem, messages)


def find_foreign_texts(drawn: MarkedText, root: TagNode, html: str | None) -> Iterator[Problem]:
    """A problem for each text that is said, or that leads elsewhere, and is not that of its page and of the HTML."""
    messages = find_spoken_faults(drawn, root, None if html is None else Script(html))
    yield from map(_problem, islice(messages, _MAX_FINDINGS))
    if html is not None:
        links = find_link_faults(drawn, root, read_page_head(html).links)
        yield from map(_problem, islice(links, _MAX_FINDINGS))


def _problem(message: str) -> Problem:
    return Problem(message, hint=_HINT, kind="foreign-content")


def _find_tag_differences(parts: pikepdf.Pdf, root: TagNode, head: PageHead) -> Iterator[str]:
    """Tags that stand where none may, that the HTML has not as often, or that are not those of the links."""
    nodes, contents = [*root.walk()] if root.kids else [], _read_known_keys("tags")
    parts_of_others = {tag for some in contents.values() for tag in some} - {"Caption"}  # a figure has one, too
    for node in nodes:
        for kid in node.elements:
            if (node.tag in contents or kid.tag in parts_of_others) and kid.tag not in contents.get(node.tag, {}):
                yield f"a {kid.tag} is tagged in a {node.tag}"
    tags = Counter(node.tag for node in nodes)
    for tag in (*HEADINGS, "LI", "TD"):
        found, wanted = tags[tag], head.elements[tag.lower()]
        if nodes and (found < wanted or (found > wanted and tag in HEADINGS)):  # items and rows may go on overleaf
            yield f"{found} elements are tagged {tag}, and the HTML has {wanted}"
    links = sorted(note.objgen for page in parts.pages for note in page.obj.get("/Annots", ()))
    if nodes and links != sorted(note.objgen for node in nodes for note in node.annotations):
        yield "the links on the pages are not those of the tags"


@cache
def _read_known_keys(section: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The keys of ``known_keys.txt`` by kind, each with the values that it may have; none: any."""
    text = Path(__file__).with_name("known_keys.txt").read_text(encoding="utf-8").partition(f"[{section}]\n")[2]
    lines = (line.partition(": ") for line in text.partition("[")[0].splitlines())
    entries = ((kind, [one.partition("=") for one in keys.split()]) for kind, _, keys in lines)
    return {kind: {key: tuple(filter(None, values.split("|"))) for key, _, values in keys} for kind, keys in entries}


class _ObjectSurvey:  # all that can be reached from the trailer, each with its kind and its page
    def __init__(self, document: pikepdf.Pdf) -> None:
        self._document = document
        self._pages = {page.obj.objgen: number for number, page in enumerate(document.pages, 1)}
        self._known: set[tuple[int, int]] = set()
        self._known_keys = _read_known_keys("objects")
        self._look = _read_known_keys("look").keys()
        self._active_keys = {f"/{key}" for key in _read_known_keys("any PDF")["active"]}
        self.bookmarks: list[str] = []
        self.languages: set[str] = set()

    def iterate_findings(self, *, ours: bool) -> Iterator[str]:  # where it is not ours, only what acts
        # The pages come first: what hangs on one is found there.
        waiting: list[tuple[Any, str, int]] = [(self._document.trailer, "trailer", 0)]
        waiting += [(page.obj, "/Page", number) for number, page in enumerate(self._document.pages, 1)][::-1]
        while waiting:
            item, kind, page = waiting.pop()
            if item.is_indirect:
                if item.objgen in self._known:
                    continue
                self._known.add(item.objgen)
            if isinstance(item, Array):
                waiting += [(one, kind, page) for one in item.as_list() if self._is_holder(one)]
                continue
            entries = {key: item.get(key) for key in sorted(item.keys())}
            kind = str(entries["/Type"]) if "/Type" in entries and kind != "trailer" else kind
            if kind == "/Page" and not (page := self._pages.get(item.objgen, 0)) and ours:
                yield "a page is hidden: no list of pages has it"
            elif kind == "/StructElem" and isinstance(entries.get("/Pg"), Dictionary):
                page = self._pages.get(entries["/Pg"].objgen, page)
            if kind == "bookmark" and "/Title" in entries:
                self.bookmarks.append(str(entries["/Title"]))
            if "/Lang" in entries:
                self.languages.add(str(entries["/Lang"]))
            yield from self._compare_entries(kind, entries, page, ours=ours)
            for key, value in entries.items():
                if self._is_holder(value):
                    waiting.append((value, _kind_of_entry(kind, key), page))
        unknown = (item for item in self._document.objects if self._is_holder(item) and item.objgen not in self._known)
        kinds = (item.get("/Type") if isinstance(item, Stream) else None for item in unknown)
        if ours and (lost := sum(kind not in ("/ObjStm", "/XRef") for kind in kinds)):  # the form of the file
            yield f"{lost} objects are hidden: nothing leads to them"

    def _is_holder(self, item: Any) -> bool:  # of others; pages are waiting already, each with its number
        return isinstance(item, (Dictionary, Array, Stream)) and item.objgen not in self._pages

    def _compare_entries(self, kind: str, entries: Mapping[str, Any], page: int, *, ours: bool) -> Iterator[str]:
        # What a style draws may have any form, such as a shading: it is looked at where it is drawn.
        ours = ours and kind not in self._look and not kind.startswith("/*/")
        where = on_page(page) or "the PDF: "
        name = kind.strip("/") or kind
        known, active = self._known_keys.get(kind, {}), self._active_keys
        strange = {key for key in entries if key[1:] not in known}
        if kind.endswith("/"):  # the names in resources are free, what they lead to is not
            strange = {key for key in entries if ours and not self._is_holder(entries[key])}
        yield from (f"{where}{name} has {key[1:]}" for key in sorted(strange if ours else strange & active))
        for key, value in entries.items():
            is_kind = key in ("/S", "/Subtype")
            values = known.get(key[1:]) if ours else ()
            if str(value).lstrip("/") not in values if values else is_kind and not ours and str(value) in active:
                yield f"{where}{name} {'is' if is_kind else f'has {key[1:]}'} {str(value).lstrip('/')}"


def _kind_of_entry(kind: str, key: str) -> str:
    """The kind of what hangs on a key, where it does not name its own; the names in resources are anything."""
    if key in _BOOKMARK_KEYS and kind in ("/Catalog/Outlines", "bookmark"):
        return "bookmark"
    if kind.startswith("resources/"):
        return f"/{kind.split('/')[1]}/*"
    if key == "/Resources":
        return "resources"
    return f"{kind}{key}/" if kind == "resources" else f"{kind[max(kind.rfind('/'), 0) :]}{key}"


def _find_hidden_bytes(pdf: bytes) -> Iterator[str]:
    """What stands before, behind or below what readers show: a PDF that is saved on top of another keeps that one."""
    if not pdf.startswith(b"%PDF-"):
        yield "something stands before the PDF in its file"
    if (revisions := pdf.count(b"startxref")) > 1:
        yield f"the PDF was changed after it was written: {revisions} versions of it are in the file"
    if pdf[pdf.rfind(b"%%EOF") + 5 :].strip():
        yield "something stands behind the end of the PDF in its file"


def _find_foreign_marks(parts: pikepdf.Pdf) -> Iterator[str]:  # said or copied instead of what is drawn there
    for number, page in enumerate(parts.pages, 1):
        for item in (page.obj, *_iterate_forms(page.obj, set())):
            for instruction in pikepdf.parse_content_stream(item, "BDC DP MP"):
                operands, operator = instruction.operands, instruction.operator
                entries: Any = operands[-1] if isinstance(operands[-1], Dictionary) else {}
                if str(operator) != "BDC" or not entries or entries.keys() - {"/MCID", "/Type"}:
                    strange = ", ".join(sorted(key[1:] for key in entries.keys() - {"/MCID", "/Type"}))
                    yield f"page {number}: a mark in its content has {strange or operator}"


def _iterate_forms(holder: Any, known: set[tuple[int, int]]) -> Iterator[Any]:  # also those in forms
    resources = holder.get("/Resources", {})
    for kind in ("/XObject", "/Pattern"):
        for item in resources.get(kind, {}).values():
            if isinstance(item, Stream) and item.get("/Subtype") != "/Image" and item.objgen not in known:
                known.add(item.objgen)
                yield item
                yield from _iterate_forms(item, known)


def _find_foreign_files(parts: pikepdf.Pdf, root: TagNode) -> Iterator[str]:  # by name, kind, content, or list
    listed, nodes = list[tuple[int, int]](), {node.source.objgen: node for node in root.walk() if node is not root}
    charts = dict[tuple[int, int], Attachment]()  # as the tables of their pictures have them
    for figure in (node.source for node in nodes.values() if "/AF" in node.source):
        rows = [node.elements for node in nodes[figure.Ref[0].objgen].walk() if node.tag == "TR"]
        cells = [[str(cell.source.get("/ActualText", "")) for cell in row] for row in rows]
        charts[figure.AF[0].objgen] = chart_file(len(charts) + 1, cells)
    for name, file in iterate_file_specifications(parts):
        listed.append(file.objgen)
        chart = charts.get(file.objgen)
        if chart is None and name not in (BUILD_INFO_FILE, LEDGER_FILE) and not is_dataset_file(name):
            yield f"the file '{name}' is attached, and no publication has such a file"
            continue
        stream, params = file.EF.F, file.EF.F.get("/Params", {})
        data = decompress_stream(stream)
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        shown = {str(file.get(key, "")) for key in ("/F", "/UF")}
        facts = file.get("/AFRelationship"), stream.get("/Subtype"), file.get("/Desc")
        said = [str(one).removeprefix("/") for one in facts]
        if shown != {name.replace("/", "__")} or file.EF.get("/UF", stream).objgen != stream.objgen:
            yield f"the attached file '{name}' is shown as {' and '.join(sorted(shown))}"
        elif said != describe_attachment(name):
            yield f"the attached file '{name}' is described as «{', '.join(said)}»"
        elif params.get("/Size") != len(data) or bytes(params.get("/CheckSum", b"")) != digest:
            yield f"the attached file '{name}' was changed: its size or its checksum is another"
        elif chart and (name, data) != (chart.name, chart.data):
            yield f"the attached file '{name}' has other numbers than its chart"
    if sorted(listed) != sorted([*charts, *(file.objgen for file in parts.Root.get("/AF", ()))]):
        yield "the PDF has two lists of attached files, and they differ"


def _find_foreign_facts(parts: pikepdf.Pdf, head: PageHead | None) -> Iterator[str]:
    """What says who made the PDF, when, and what it and its pages are called, where two places say two things."""
    metadata = parts.Root.get("/Metadata")
    text = metadata.read_bytes().decode("utf-8", "replace") if metadata is not None else ""
    known, names = _read_known_keys("metadata"), sorted({*_XMP_NAME.findall(text)})
    if strange := [f"{space}:{name}" for space, name in names if name not in known.get(space, {})]:
        yield f"the PDF's metadata have {', '.join(strange)}"
    for name, (key, element) in _read_known_keys("facts").items():
        said = {_normal_fact(str(parts.docinfo[f"/{key}"]))} if f"/{key}" in parts.docinfo else set()
        found = re.findall(rf'{element}(?:>(.*?)</{element}>|="(.*?)")', text, re.S)
        said |= {_normal_fact(text_without_tags(one or other, " ")) for one, other in found}
        if head and name in head.facts:
            said.add(_normal_fact(head.facts[name]))
        if len(said) > 1:
            yield f"the PDF's {name} is {' and '.join(f'«{one}»' for one in sorted(said))}"
    tag = str(parts.Root.get("/Lang", ""))
    if head and tag not in head.languages[:1]:
        yield f"the PDF's language is '{tag}', and that of its HTML is another"
    labels: Any = parts.Root.get("/PageLabels", Dictionary()).get("/Nums", [])
    if labels and tag in known_languages():
        digits = load_language(tag).digits
        shown = [str(label.get("/P", "")) for label in labels[1::2]]
        if shown != [digits(number) for number in range(1, len(parts.pages) + 1)]:
            yield f"the pages are called {', '.join(shown)}"


def _normal_fact(text: str) -> str:  # one line; a date as eight digits
    return re.sub(r"^(?:D:)?(\d{4})-?(\d\d)-?(\d\d)$", r"\1\2\3", " ".join(text.split()))


class _Glyph(NamedTuple):
    """The outline of a glyph, its width in thousandths of the size, and the characters that it may stand for."""

    outline: Any
    width: float
    names: set[str]


def find_foreign_glyphs(pdf: bytes, fonts: Iterable[Path]) -> Iterator[str]:
    """The first glyph of each font in a PDF that is drawn, spaced or named otherwise than in each of these fonts."""
    # A PDF has a part of each font, in which each glyph that a text needs keeps its number.
    known = [_read_prepared_font(path) for path in fonts]
    with open_untrusted_pdf(pdf) as parts:
        for item in parts.objects:
            if isinstance(item, Dictionary) and item.get("/Subtype") == "/Type0":
                glyphs = _read_embedded_font(item)
                faults = [[*_find_faults(glyphs, model)] for model in known] if glyphs else [["is damaged"]]
                yield from (f"the font {str(item.BaseFont).lstrip('/')} {one}" for one in min(faults, key=len)[:1])


def _find_faults(glyphs: dict[int, _Glyph], model: Sequence[_Glyph]) -> Iterator[str]:
    for number, glyph in glyphs.items():
        (name,), own = glyph.names, model[number] if number < len(model) else _Glyph((), 0, set())
        if glyph.outline != own.outline or abs(glyph.width - own.width) > _WIDTH_TOLERANCE:
            yield f"draws or spaces «{name}» otherwise than that of the publication"
        elif name.isalnum() and own.names and name not in own.names:  # brackets are mirrored
            yield f"calls the glyph of «{' '.join(own.names)}» «{name}»"


@lru_cache(32)
def _read_prepared_font(path: Path) -> list[_Glyph]:
    font = _open_font(path)
    scale, order = 1000 / font["head"].unitsPerEm, font.getGlyphOrder()
    found = [_Glyph(_read_outline(font, n), scale * font["hmtx"][name][0], set()) for n, name in enumerate(order)]
    for code, name in font.getBestCmap().items():
        found[font.getGlyphID(name)].names.add(normal_form(chr(code)))
    return found


def _read_embedded_font(item: Any) -> dict[int, _Glyph]:
    """The glyphs with a text, none if the font is damaged; ``/W`` has the number of the first before their widths."""
    entries, widths = item.DescendantFonts[0].W.as_list(), dict[int, float]()
    for first, some in zip(entries[::2], entries[1::2], strict=False):
        widths |= dict(enumerate(map(float, some.as_list() if isinstance(some, Array) else ()), int(first)))
    texts = {int(code, 16): bytes.fromhex(text.decode()) for code, text in unicode_values(item).items()}
    texts.pop(0, None)  # the range of all codes
    data = item.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
    names = {number: normal_form(text.decode("utf-16-be", "replace")) for number, text in texts.items()}
    try:
        font = _open_font(io.BytesIO(data))
        return {n: _Glyph(_read_outline(font, n), widths.get(n, 0), {name}) for n, name in names.items()}
    except Exception:  # fontTools raises many kinds for a damaged font
        return {}


def _read_outline(font: Any, number: int) -> Any:  # with the points of its parts, and where contours end
    exists = number < font["maxp"].numGlyphs
    return font["glyf"][font.getGlyphName(number)].getCoordinates(font["glyf"])[:2] if exists else ()


def _open_font(file: Path | io.BytesIO) -> Any:
    from fontTools.ttLib import TTFont  # imported here, since an audit without a publication's fonts does not need it

    return TTFont(file)
