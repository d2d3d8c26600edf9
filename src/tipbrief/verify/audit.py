"""Audit: reopen a finished PDF and report whether it is what its HTML and its paper promise.

The build uses ``require_no_errors``: PDFium alone, a few hundredths of a second. The thorough ``audit_pdf`` adds
poppler, if it is installed, and looks at each glyph.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any

import pikepdf

from tipbrief import limits
from tipbrief.files import read_bytes, resolve_within
from tipbrief.language.language import known_languages, load_language
from tipbrief.language.unicode_text import ZWNJ
from tipbrief.pdf import pdf_file
from tipbrief.pdf.attachments import BUILD_INFO_FILE
from tipbrief.pdf.embedded_files import iterate_file_specifications, read_provenance
from tipbrief.pdf.standards import STANDARDS, Standard
from tipbrief.pdf.tag_tree import TagNode
from tipbrief.problems import Problem, ProblemList, Problems
from tipbrief.verify import pdfium
from tipbrief.verify.drawings import find_drawing_faults
from tipbrief.verify.foreign_content import find_foreign_content, find_foreign_texts
from tipbrief.verify.html_text import PrintedBlock, read_printed_blocks, remove_head, split_into_tokens
from tipbrief.verify.pdfium import MarkedText, PdfiumDocument, PdfiumPage
from tipbrief.verify.placement import find_misplaced_texts, find_overlapping_texts
from tipbrief.verify.structure import Structure, read_root_and_structure
from tipbrief.verify.visibility import find_unseen_texts
from tipbrief.verify.word_comparison import Reading, compare_words, read_tagged_blocks
from tipbrief.verify.word_problems import PREPARE, find_surplus, find_word_problems, on_page, shorten

_LONGEST_METADATA = 1000  # letters of a title or a name
# As an attribute, or as an element.
_CLAIM_PATTERN = re.compile(r"(pdfaid:part|pdfaid:conformance|pdfuaid:part)\s*(?:=\s*[\"']|>)\s*(\w{1,4})")
_TITLE_PATTERN = re.compile(r"<dc:title>\s*<rdf:Alt>\s*<rdf:li\b[^<>]{0,99}>([^<>]*)</rdf:li>")
_CREATOR_PATTERN = re.compile(r"<xmp:CreatorTool>([^<>]*)</xmp:CreatorTool>|\bxmp:CreatorTool=\"([^<>\"]*)\"")
_CLAIM_KEYS = {"PDF/A": ("pdfaid:part", "pdfaid:conformance"), "PDF/UA": ("pdfuaid:part", "")}
A4 = (210.0, 297.0)
# The sizes that tipbrief prints and imposes, upright or not.
PAPER_SIZES = (A4, (148.0, 210.0), (215.9, 279.4), (297.0, 420.0))
PDF_UA_CLAIMS = {one.pdf_ua for one in STANDARDS.values()}
PAPER_TOLERANCE = 0.5  # mm
MAX_HTML_BYTES = 5_000_000  # bytes; ours have 0.2 million
MAX_EMPTY_SHARE = 0.4  # of a page that is not the last of its sheet
_FEW_WORDS = 1000
_SURPLUS_HINT = "a style's content, a list's marker or a stamp adds it: take it away, or write it into the text"
_DRAWING_HINT = "a style or a stamp changes it: charts and maps keep the sizes, places and colours that they are given"
_PLACE_HINT = "print fewer in a row, or shorten them; position, transform, float and letter-spacing move texts, too"
_UNSEEN_HINT = "a style or a stamp hides it: change its colour, size, place, or what lies over it"
_FONT_STYLE_NAMES = re.compile(
    "(thin|extra|ultra|semi|demi|light|book|regular|normal|medium|bold|black|heavy|condensed|italic|oblique|small|caps)*"
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The XMP metadata of a PDF. In PDF 2.0 there is no other place for them."""

    title: str = ""
    creator: str = ""
    claims: tuple[str, ...] = ()


def read_metadata(document: pikepdf.Pdf) -> Metadata:
    """The metadata of a PDF. They are not parsed as XML: an entity could name files or grow without end."""
    if not (stream := document.Root.get("/Metadata")):
        return Metadata()
    text = stream.read_bytes().decode("utf-8", "replace")
    values = dict(_CLAIM_PATTERN.findall(text))
    claims = tuple(
        f"{name}-{values[part]}{values.get(level, '')}" for name, (part, level) in _CLAIM_KEYS.items() if part in values
    )
    return Metadata(_find_first_match(_TITLE_PATTERN, text), _find_first_match(_CREATOR_PATTERN, text), claims)


def _find_first_match(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return unescape("".join(found.groups(""))[:_LONGEST_METADATA]).strip() if found else ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a PDF must be."""

    pages: int | None = None  # None: any number
    paper: tuple[float, float] | None = A4  # None: any of PAPER_SIZES
    language: str | None = "fa-AF"  # None: any known one, which gives the direction of reading; empty: any
    families: tuple[str, ...] = ("Vazirmatn",)
    standard: Standard | None = None  # None: any claim


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The findings of an audit. ``words`` and ``zwnj`` are the counts in the HTML text, if one was given."""

    name: str
    problems: tuple[Problem, ...]
    pages: int = 0
    paper: tuple[float, float] = (0.0, 0.0)
    title: str = ""
    language: str = ""
    direction: str = ""
    fonts: tuple[pdfium.Font, ...] = ()
    words: int = 0
    zwnj: int = 0
    readings: tuple[Reading, ...] = ()
    claims: tuple[str, ...] = ()
    tags: Structure = field(default_factory=Structure)
    made_anew: bool | None = None  # with the same bytes; None: this was not tried

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for ``--format json``."""
        return {
            "file": self.name, "pages": self.pages, "paper_mm": list(self.paper), "title": self.title,
            "language": self.language, "direction": self.direction,
            "fonts": [asdict(font) for font in self.fonts], "claims": list(self.claims),
            "headings": [f"{heading.tag} {heading.text}" for heading in self.tags.headings],
            "structure": self.tags.outline().splitlines(),
            "words": self.words, "zwnj": self.zwnj,
            "readers": {
                one.reader: {"found": one.found, "in_order": one.in_order, "zwnj": one.zwnj} for one in self.readings
            },
            "made_anew": self.made_anew, "problems": [problem.as_dict() for problem in self.problems],
        }  # fmt: skip

    def summary(self) -> str:
        """The report in one line, without its problems."""
        if not self.pages:
            return f"{self.name or 'PDF'}: not audited"
        claims = f"says of itself {' and '.join(self.claims)} (not tested here: veraPDF tests it)"
        parts = [
            f"{self.pages} page{'' if self.pages == 1 else 's'}, {_format_size(self.paper)}",
            ", ".join(font.name for font in self.fonts) or "no fonts",
            claims if self.claims else "claims nothing",
        ]
        parts += [
            f"{reading.reader} finds {reading.found} of {self.words} words, "
            + ("" if reading.in_order is None else f"{reading.in_order} in order, ")
            + f"ZWNJ {reading.zwnj} of {self.zwnj}"
            for reading in self.readings
            if self.words
        ]
        if self.made_anew is not None:
            parts.append(f"made anew, it has {'the same' if self.made_anew else 'other'} bytes")
        errors = sum(problem.severity == "error" for problem in self.problems)
        parts.append(f"{errors} error{'' if errors == 1 else 's'}" if errors else "no errors")
        return f"{self.name or 'PDF'}: " + "; ".join(parts)


def require_no_errors(pdf: bytes, html: str, expected: Expectation, name: str = "") -> AuditReport:
    """Run the quick audit of the build. Raise Problems if there is an error."""
    report = audit_pdf(pdf, expected, html, name, thorough=False)
    if any(problem.severity == "error" for problem in report.problems):
        raise Problems(report.problems)
    return report


def audit_pdf(
    pdf: bytes, expected: Expectation, html: str | None = None, name: str = "", *, thorough: bool = True
) -> AuditReport:
    """Audit a PDF. Its words are compared if the HTML text is given."""
    try:
        with pdf_file.open_untrusted_pdf(pdf) as parts:
            pdf_file.require_few_pages(parts)
            if thorough:
                pdf_file.require_small_streams(parts)
                limits.charge_seconds(-limits.EXTRA_PAGE_SECONDS * (len(parts.pages) - 1))
            with pdfium.open_with_pdfium(pdf) as document:
                report = _compose_report(document, parts, pdf, expected, html, thorough=thorough)
    except Problems as fault:
        report = AuditReport("", tuple(fault.problems))
    file = Path(name) if name else None
    return replace(report, name=name, problems=tuple(replace(p, file=file) for p in report.problems))


def audit_file(path: Path, families: Sequence[str] = (), composed: str | None = None) -> AuditReport:
    """Audit a PDF file thoroughly, and compare its words with the HTML beside it, else with the ``composed`` one."""
    # That was composed from the data in the PDF.
    try:
        with limits.limit_step(path, limits.DOCUMENT_SECONDS):
            html = read_html_beside(path)
            pdf = read_bytes(path, pdf_file.LARGEST_PDF)
            allowed = (*_find_font_families(pdf), *families)
            expected = Expectation(paper=None, language=None, families=allowed)
            return audit_pdf(pdf, expected, composed if html is None else html, str(path))
    except Problems as fault:
        return AuditReport(str(path), tuple(fault.problems))


def read_html_beside(path: Path) -> str | None:
    """The HTML of the same name beside a PDF file, if there is one."""
    beside = path.with_suffix(".html")
    if not os.path.isfile(beside):
        return None
    try:  # a problem may quote its words: follow no link out of the folder
        return read_bytes(resolve_within(beside.parent, beside), MAX_HTML_BYTES).decode()
    except UnicodeDecodeError:
        raise Problems("the file cannot be read: it is not UTF-8", beside) from None


def _find_font_families(pdf: bytes) -> tuple[str, ...]:  # by the PDF's own versions; ours if they name none
    with contextlib.suppress(Problems):
        faces = (name.rpartition(" ") for name in read_provenance(pdf, Path()).versions)
        if named := tuple(dict.fromkeys(family for family, _, weight in faces if weight.isdecimal())):
            return named
    return Expectation().families


def _compose_report(
    document: PdfiumDocument, parts: pikepdf.Pdf, pdf: bytes, expected: Expectation, html: str | None, *, thorough: bool
) -> AuditReport:
    metadata = read_metadata(parts)
    title, creator = document.title or metadata.title, document.creator or metadata.creator
    ours = creator == "tipbrief" or any(name == BUILD_INFO_FILE for name, _ in iterate_file_specifications(parts))
    root, tags = read_root_and_structure(parts, metadata.claims)
    shown = remove_head(html or "")
    blocks = read_printed_blocks(shown)
    faults = _format_faults(document, len(parts.pages), title, metadata.claims, expected)
    problems = ProblemList(Problem(message, hint=hint) for message, hint in faults)
    if thorough and creator != "tipbrief":
        maker = creator or document.producer or "an unknown program"
        message = f"the PDF was not made by tipbrief but by {maker}"
        hint = "its links, tags and fonts may follow other rules"
        problems.append(Problem(message, hint=hint, severity="warning", kind="other-maker"))
    sections = [(slice(None), root)] if html is not None else _split_into_sheets(parts, root)
    fonts, sizes, readings = set[pdfium.Font](), list[tuple[float, float]](), list[Reading]()
    first_pages: dict[str, int] = {}  # by their characters
    for page_range, part in sections:
        section = document.restrict_to(page_range)
        texts = MarkedText(section, parts)
        problems += _find_section_faults(section, texts, part, expected, thorough=thorough)
        if sum(one.tag == "H1" for one in tags.elements) <= 1:  # of several sheets, each ends where it ends
            problems += _find_empty_pages(section.pages)
        found, faults_of_words = _compare_words(section, texts, part, shown, blocks, pdf if thorough else b"")
        problems += faults_of_words
        has_words = any(block.tokens for block in blocks)
        if html is not None and not has_words and not faults_of_words:
            problems.append(Problem("the HTML beside the PDF has no words", hint="build both again"))
        if thorough:
            limits.begin_step()  # with many pages, half of the work is done
            problems += find_foreign_texts(texts, part, html) if ours else ()
        problems += _problems_on_pages(find_drawing_faults(texts, part, shown), _DRAWING_HINT)
        first_pages = {letter: page.number for page in section.pages for letter in {*page.text}} | first_pages
        fonts |= {font for page in section.pages for font in page.fonts}
        sizes, readings = sizes or [page.size for page in section.pages], [*readings, *found]
    problems += _missing_glyph_faults(parts, first_pages) if thorough else ()
    if thorough and parts.get_warnings():
        hint = "each program repairs them in its own way, and may show something else: copy or build it again"
        problems.append(Problem("the PDF has faults that were repaired to read it", hint=hint))
    if thorough:
        problems += find_foreign_content(pdf, parts, root, html, ours=ours)
    # Faults of tags count only if the PDF claims to be accessible, or has no tags at all.
    if PDF_UA_CLAIMS & {*metadata.claims} or (thorough and not tags.elements):
        problems += (replace(one, severity="warning" if thorough and not ours else "error") for one in tags.warnings)
    return AuditReport(
        "",
        tuple(problems),
        pages=len(parts.pages),
        paper=sizes[0] if sizes else (0.0, 0.0),
        title=title,
        language=document.language,
        direction=document.direction,
        fonts=tuple(sorted(fonts, key=lambda font: font.name)),
        words=sum(len(block.tokens) for block in blocks),
        zwnj=sum("".join(block.tokens).count(ZWNJ) for block in blocks),
        readings=tuple(readings),
        claims=metadata.claims,
        tags=tags,
    )


def _split_into_sheets(parts: pikepdf.Pdf, root: TagNode) -> list[tuple[slice, TagNode]]:
    """The pages and the tags of each sheet of a PDF of many, which are read one after the other; else all."""
    numbers = {page.obj.objgen: number for number, page in enumerate(parts.pages)}
    sheets = [one for document in root.elements for one in document.elements if one.tag == "Part"]
    pages = [[numbers[one.page] for one in sheet.iterate_marked_content() if one.page in numbers] for sheet in sheets]
    firsts = [min(own, default=-1) for own in pages]
    in_order = all(max(own, default=0) < end for own, end in zip(pages, firsts[1:], strict=False))
    if len(sheets) < 2 or firsts[0] != 0 or not in_order:
        return [(slice(None), root)]
    return [(slice(first, end), sheet) for first, end, sheet in zip(firsts, [*firsts[1:], None], sheets, strict=True)]


def _find_section_faults(
    section: PdfiumDocument, texts: MarkedText, root: TagNode, expected: Expectation, *, thorough: bool
) -> Iterator[Problem]:  # on the pages of a sheet, without its HTML
    pages = section.pages
    of_pages = (_page_faults(page, thorough=thorough) for page in pages)
    faults = chain(_paper_faults(pages, expected.paper), _font_faults(pages, expected.families), *of_pages)
    yield from (Problem(message, hint=hint) for message, hint in faults)
    yield from find_overlapping_texts(texts, root)
    yield from _problems_on_pages(find_misplaced_texts(texts, root), _PLACE_HINT)


def _compare_words(
    document: PdfiumDocument,
    texts: MarkedText,
    root: TagNode,
    html: str,
    blocks: Sequence[PrintedBlock],
    for_poppler: bytes,
) -> tuple[list[Reading], list[Problem]]:
    if not any(page.text.strip() for page in document.pages):
        hint = "letters that are drawn as shapes cannot be read; and a page that is damaged shows nothing"
        return [], [Problem("there is no text in the PDF", hint=hint)]
    if not any(block.tokens for block in blocks):
        return [], []
    if (wanted := sum(len(block.tokens) for block in blocks)) > _FEW_WORDS:
        found = sum(len(split_into_tokens(page.text)) for page in document.pages)
        if wanted > _FEW_WORDS + 2 * found:
            message = f"the HTML has {wanted} words, the PDF {found}: they are not of one document"
            return [], [Problem(message, hint="build both again")]
    tagged, untagged = read_tagged_blocks(texts, root)
    readings = compare_words(document, blocks, tagged, untagged, for_poppler, is_tagged=bool(root.kids))
    problems = [*find_word_problems(document, readings)]
    if root.kids:
        problems += _problems_on_pages(find_surplus(document, html, blocks, tagged, untagged), _SURPLUS_HINT)
    return readings, problems


def _problems_on_pages(faults: Iterable[tuple[int, str]], hint: str) -> Iterator[Problem]:
    return (Problem(f"{on_page(page)}{fault}", hint=hint) for page, fault in faults)


def _format_faults(
    document: PdfiumDocument, count: int, title: str, claims: tuple[str, ...], expected: Expectation
) -> Iterator[tuple[str, str]]:
    if document.is_encrypted:
        yield "the PDF is encrypted", "deliver it without a password, so that all readers read it"
    if expected.pages not in (None, count):
        message = f"the PDF has {count} page{'' if count == 1 else 's'}, the brief has {expected.pages}"
        yield message, "shorten or lengthen the text, or change 'pages' of the brief"
    if not title.strip():
        yield "the PDF has no title", "<title> in the template's head"
    yield from _language_faults(document, expected.language)
    if expected.standard and claims != expected.standard.claims:
        wanted, found = (" and ".join(some) or "nothing" for some in (expected.standard.claims, claims))
        yield f"the PDF claims {found}, not {wanted}", "build it again"


def _language_faults(document: PdfiumDocument, wanted: str | None) -> Iterator[tuple[str, str]]:
    tag, known = document.language, known_languages()
    if tag != wanted if wanted else not tag or (wanted is None and tag not in known):
        which = f"not '{wanted}'" if wanted else f"none of {', '.join(known)}"
        yield f"the PDF's language is '{tag}', {which}", '<html lang="…"> in the template'
    tag = wanted or tag
    direction = ("R2L" if load_language(tag).rtl else "L2R") if tag in known else document.direction
    if document.direction != direction:
        hint = '<html dir="…"> in the template: viewers order the pages, and Chrome the words, by it'
        yield f"the PDF's reading direction is '{document.direction}', not '{direction}'", hint


def _paper_faults(pages: Sequence[PdfiumPage], wanted: tuple[float, float] | None) -> Iterator[tuple[str, str]]:
    either_way = (paper for short, long in PAPER_SIZES for paper in ((short, long), (long, short)))
    like_first = (paper for paper in either_way if pages and _are_equal_sizes(pages[0].size, paper))
    paper = wanted or next(like_first, A4)
    for page in pages:
        if not _are_equal_sizes(page.size, paper):
            sizes = f"{_format_size(page.size)}, not {_format_size(paper)}"
            yield f"page {page.number}: the paper is {sizes}", "@page { size } in the template's styles"


def _are_equal_sizes(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) <= PAPER_TOLERANCE for a, b in zip(one, other, strict=True))


def _font_faults(pages: Sequence[PdfiumPage], families: Sequence[str]) -> Iterator[tuple[str, str]]:
    first = {font: page.number for page in reversed(pages) for font in page.fonts}
    for font, page in sorted(first.items(), key=lambda item: (item[1], item[0].name)):
        named = f"page {page}: the font {font.name} is"
        if not font.name:
            yield f"page {page}: a Type 3 font", "a bitmap or colour font: use outlines"
            continue
        if not any(is_of_family(font.name, family) for family in families):
            allowed = ", ".join(families)
            yield f"{named} not one of ours", f"allowed: {allowed}; a character may be missing in them"
        if not font.embedded:
            yield f"{named} not embedded", "each machine shows another"
        elif not font.subset:
            yield f"{named} embedded whole", "full_fonts makes large files whose text cannot be read back"


def _page_faults(page: PdfiumPage, *, thorough: bool) -> Iterator[tuple[str, str]]:
    where = f"page {page.number}:"
    for text, fault in find_unseen_texts(page, thorough=thorough):
        yield f"{where} the text «{shorten(text)}» is not seen: {fault}", _UNSEEN_HINT
    for fault in page.link_faults:
        yield f"{where} {fault}", "a link goes to a full address, https://…, or to a place in the PDF"
    if "\ufffd" in page.text:
        yield f"{where} a character has no Unicode value (U+FFFD)", PREPARE
    for font, count in page.count_unmapped_characters().items() if thorough else ():
        glyphs = f"1 glyph of {font} has" if count == 1 else f"{count} glyphs of {font} have"
        hint = "the font has no complete /ToUnicode: the text cannot be searched"
        yield f"page {page.number}: {glyphs} no Unicode value", hint


def _find_empty_pages(pages: Sequence[PdfiumPage]) -> Iterator[Problem]:  # those largely empty, not the last
    for page in pages[:-1]:
        if (empty := page.empty_share) > MAX_EMPTY_SHARE:
            hint = "add text, or move a block to this page"
            message = f"{100 * empty:.0f} % of page {page.number} stay empty"
            yield Problem(message, hint=hint, severity="warning", kind="empty-page")


def _missing_glyph_faults(parts: pikepdf.Pdf, first_pages: Mapping[str, int]) -> Iterator[Problem]:
    for font, character in pdf_file.find_missing_glyphs(parts):
        where = on_page(first_pages.get(character[0], 0))
        code = f"U+{ord(character[0]):04X}"
        message = f"{where}{font} lacks «{character}» ({code}): an empty box is drawn"
        yield Problem(message, hint="write it otherwise, or use a font that has it")


def is_of_family(font: str, family: str) -> bool:
    """Whether a font belongs to a family: Vazirmatn-Ultra-Bold belongs to Vazirmatn, Vazirmatn2 does not."""
    name, stem = (re.sub("[- ,]", "", text).lower() for text in (font, family))
    return name.startswith(stem) and _FONT_STYLE_NAMES.fullmatch(name.removeprefix(stem)) is not None


def _format_size(size: tuple[float, float]) -> str:
    return f"{size[0]:.0f} × {size[1]:.0f} mm"
