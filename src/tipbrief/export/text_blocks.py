"""Text blocks: what a page says, block by block in logical order, read from its HTML; all forms of text are of these."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tipbrief.language.unicode_text import RLM
from tipbrief.verify.html_text import INLINE_TAGS, remove_head

_SPACE, _HEADING = re.compile(r"[ \t\r\n\f]+"), re.compile("h[1-6]")
# Ways to other files, labels inside charts, and what is hidden; but not words for listeners.
_UNREAD = (
    'nav, script, style, template, noscript, [aria-hidden="true"], [style*="display: none"], .address br, '
    "[hidden]:not(.heard):not(.said)"
)


@dataclass(frozen=True, slots=True)
class TextRun:
    """Some words: "strong", an "address", the "mark" of a source or of what was "corrected", or of no such kind."""

    text: str
    kind: str = ""
    link: str = ""
    language: str = ""  # if it is not that of the page


Cell = tuple[bool, Sequence[TextRun]]  # whether it is a header, and its words


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A "heading", "paragraph", "item" of a list, "source", "table" or "drawing", with its class on the page."""

    kind: str = "paragraph"
    runs: Sequence[TextRun] = ()
    level: int = 0  # of a heading; of a source its number
    style: str = ""
    direction: str = ""
    rows: Sequence[Sequence[Cell]] = ()  # of a table, or of the numbers of a drawing
    short: Sequence[TextRun] = ()  # the words of a drawing without the numbers in its rows


def read_text_blocks(html: str) -> list[TextBlock]:
    """The blocks of a page, without what nobody is to read."""
    page = LexborHTMLParser(remove_head(html))
    for node in page.css(_UNREAD):
        node.decompose()
    return _BlockReader().read(page.body, TextRun("")) if page.body else []


class _BlockReader:
    def __init__(self) -> None:
        self._blocks, self._runs, self._form = list[TextBlock](), list[TextRun](), TextBlock()

    def read(self, node: LexborNode, around: TextRun) -> list[TextBlock]:
        self._read_parts(node, around)
        self._end_block()
        return self._blocks

    def _end_block(self, *blocks: TextBlock, form: TextBlock | None = None) -> None:
        """Add the block of the words so far, if there are any, and ``blocks``; ``form`` is that of the next one."""
        if runs := _join_runs(self._runs):
            self._blocks.append(replace(self._form, runs=runs))
        self._blocks += blocks
        self._runs, self._form = [], form or TextBlock()

    def _read_parts(self, node: LexborNode, around: TextRun) -> None:
        """Read what is inside an element; ``around`` is a run without words, as it is there."""
        for part in node.iter(include_text=True):
            if part.is_text_node:
                self._runs.append(replace(around, text=part.text_content or ""))
            else:
                language = part.attributes.get("lang") or around.language
                self._read_element(part, replace(around, language=language))

    def _read_element(self, node: LexborNode, around: TextRun) -> None:
        tag, given = node.tag or "", {name: value or "" for name, value in node.attributes.items()}
        style = given.get("class", "").partition(" ")[0]
        if tag in ("svg", "img"):
            title = node.css_first("title")
            words = " ".join((given.get("alt") or (title.text() if title else "")).split())
            short, whole = (replace(around, text=one) for one in (words, given.get("data-drawn") or words))
            if around.link:  # the code that is a link says its words
                self._runs.append(short)
            else:
                self._end_block(*[TextBlock("drawing", [whole], short=[short])] * bool(whole.text))
        elif tag == "table":
            rows = [[(c.tag == "th", _read_cell(c, around)) for c in row.css("th, td")] for row in node.css("tr")]
            self._end_block()
            drawing = next((one for one in reversed(self._blocks) if one.kind == "drawing"), None)
            if style == "numbers" and drawing:
                self._blocks[self._blocks.index(drawing)] = replace(drawing, rows=rows)
            else:
                self._end_block(*[TextBlock("table", rows=rows)] * bool(rows))
        elif tag == "sup" and style == "cite":
            self._runs += (TextRun(one, "mark", f"#source-{int(one)}") for one in re.findall(r"\d+", node.text()))
        elif tag in INLINE_TAGS:
            kind = {"b": "strong", "strong": "strong"}.get(tag) or (style if style in ("address", "corrected") else "")
            link = given.get("href", "") if tag == "a" else around.link
            text = replace(around, text=" " * (tag == "br"), kind=kind or around.kind)
            self._runs.append(text)
            self._read_parts(node, replace(text, text="", link="" if link.startswith("#") else link))
        else:
            number = given.get("id", "").removeprefix("source-")
            kind, level = "item" if tag == "li" else "paragraph", 0
            if tag == "li" and number.isdecimal():
                kind, level = "source", int(number)
            elif _HEADING.fullmatch(tag):
                kind, level = "heading", int(tag[1])
            self._end_block(form=TextBlock(kind, level=level, style=style, direction=given.get("dir", "")))
            self._read_parts(node, around)
            self._end_block()


def _read_cell(node: LexborNode, around: TextRun) -> list[TextRun]:
    return [run for block in _BlockReader().read(node, around) for run in block.runs]


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
