"""Text blocks: what a page says, block by block in logical order. All forms of text are written from them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tipbrief.language.unicode_text import RLM
from tipbrief.verify.html_text import INLINE_TAGS, remove_head

_SPACE = re.compile(r"[ \t\r\n\f]+")
_KINDS = {"b": "strong", "strong": "strong", "li": "item"} | {f"h{level}": "heading" for level in range(1, 7)}
# Ways to other files, labels inside charts, and what is hidden; but not words for listeners.
_UNREAD = 'nav,script,style,template,caption,.address>a>br,[aria-hidden="true"],[hidden]:not(.heard):not(.said)'


@dataclass(frozen=True, slots=True)
class TextRun:
    """Some words: "strong", an "address", the "mark" of a source or of what was "corrected", or of no such kind."""

    text: str
    kind: str = ""
    link: str = ""
    language: str = ""  # if it is not that of the page


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A "heading", "paragraph", "item" of a list, "source", "table" or "drawing", with its class on the page."""

    kind: str = "paragraph"
    runs: Sequence[TextRun] = ()
    level: int = 0  # of a heading; of a source its number
    style: str = ""
    direction: str = ""
    rows: Sequence[Sequence[tuple[bool, Sequence[TextRun]]]] = ()  # of each cell whether it is a header


def read_text_blocks(html: str) -> list[TextBlock]:
    """The blocks of a page, without what nobody is to read. The numbers of a chart are a table after it."""
    page = LexborHTMLParser(remove_head(html))
    for node in page.css(_UNREAD):
        node.decompose()
    return _BlockReader().read_block(page.body, TextRun("")) if page.body else []


class _BlockReader:
    def __init__(self) -> None:
        self._blocks, self._runs = list[TextBlock](), list[TextRun]()

    def read_block(self, node: LexborNode, around: TextRun, form: TextBlock = TextBlock()) -> list[TextBlock]:
        """The blocks so far with those of an element; ``around`` is a run without words, as it is there."""
        self._end_block()
        self._read_parts(node, around)
        self._end_block(form)
        return self._blocks

    def _end_block(self, form: TextBlock = TextBlock()) -> None:
        if runs := _join_runs(self._runs):
            self._blocks.append(replace(form, runs=runs))
        self._runs = []

    def _read_parts(self, node: LexborNode, around: TextRun) -> None:
        for part in node.iter(include_text=True):
            if part.is_text_node:
                self._runs.append(replace(around, text=part.text_content or ""))
            else:
                self._read_element(part, {name: value or "" for name, value in part.attributes.items()}, around)

    def _read_element(self, node: LexborNode, given: dict[str, str], around: TextRun) -> None:
        tag, style = node.tag or "", given.get("class", "").partition(" ")[0]
        kind, around = _KINDS.get(tag, "paragraph"), replace(around, language=given.get("lang") or around.language)
        number = given.get("id", "").removeprefix("source-")
        if tag in ("svg", "img"):
            title = node.css_first("title")
            if not around.link:  # the code that is a link says its words
                self._end_block()
            self._runs.append(replace(around, text=given.get("alt") or (title.text() if title else "")))
            if not around.link:
                self._end_block(TextBlock("drawing"))
        elif tag == "table":
            self._end_block()
            rows = [[(one.tag == "th", _read_cell(one, around)) for one in row.css("th,td")] for row in node.css("tr")]
            self._blocks += [TextBlock("table", rows=rows)] if rows else []
        elif tag == "sup" and style == "cite":
            self._runs += (TextRun(one, "mark", f"#source-{int(one)}") for one in re.findall(r"\d+", node.text()))
        elif tag in INLINE_TAGS:
            kind = style if style in ("address", "corrected") else kind if tag in _KINDS else around.kind
            link = given.get("href", "") if tag == "a" else around.link
            inside = replace(around, kind=kind, link="" if link.startswith("#") else link)
            self._runs.append(replace(inside, text=" " * (tag == "br")))
            self._read_parts(node, inside)
        elif tag == "li" and number.isdecimal():
            self.read_block(node, around, TextBlock("source", level=int(number)))
        else:
            level = int(tag[1]) if kind == "heading" else 0
            self.read_block(node, around, TextBlock(kind, level=level, style=style, direction=given.get("dir", "")))


def _read_cell(node: LexborNode, around: TextRun) -> list[TextRun]:
    return [run for block in _BlockReader().read_block(node, around) for run in block.runs]


def _join_runs(runs: Sequence[TextRun]) -> list[TextRun]:
    """The runs with single spaces between words; neighbours of one form are one run."""
    found = list[TextRun]()
    for run in runs:
        text, before = _SPACE.sub(" ", run.text), found[-1].text if found else " "
        if before.endswith(" "):
            text = text.removeprefix(" ")
        elif run.kind != "mark" and before[-1:].isdigit() and text[:1].isdigit():
            text = f" {text}"  # two numbers that only their places tell apart stay two
        if found and run.kind != "mark" and replace(run, text="") == replace(found[-1], text=""):
            found[-1] = replace(run, text=before + text)
        elif text:
            found.append(replace(run, text=text))
    while found and not (text := found[-1].text.rstrip(" \u00a0")):
        found.pop()
    return [*found[:-1], replace(found[-1], text=text)] if found and text.strip(RLM) else []
