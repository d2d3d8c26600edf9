"""Reading text: what a document says in logical order, as Markdown, as plain text, and for voices.

Programs such as pdfminer take the text of a PDF as it is painted, and reverse Persian words. This one is the HTML's.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Literal

from tipbrief.language.language import Language
from tipbrief.verify.html_text import VOID_TAGS, iterate_texts_and_tags, parse_attributes

Form = Literal["md", "txt", "spoken"]
ENDINGS: dict[Form, str] = {"md": "md", "txt": "txt", "spoken": "spoken.txt"}  # of the names of files
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCK_TAGS = _HEADINGS | {
    "body", "main", "header", "footer", "section", "div", "p", "ul", "ol", "li", "table", "caption", "thead", "tbody",
    "blockquote", "tr", "br",
}  # fmt: skip
_UNREAD_TAGS = frozenset({"head", "style", "script", "svg", "nav", "template"})
_MARKDOWN_SIGN = re.compile(r"([\\`*_\[\]<>|])|^(?=[#+-]|\d+\.)")
_DIRECTION_MARKS = re.compile("[\u200e\u200f]")
_THOUSANDS_SEPARATOR = re.compile(r"(?<=\d)[\u066c,](?=\d{3})")
_CELL_END = "\0"  # within the text of a row


def write_reading_text(html: str, language: Language, form: Form) -> str:
    """What a page says, block by block; ``spoken`` has a sentence in each line, and no marks of sources.

    A drawing is the sentence that says what it shows. Numbers in ``spoken`` have no separators, which voices say.
    """
    lines, before = list[str](), ""
    ends = re.escape("".join(language.sentence_ends))
    for kind, text in _iterate_blocks(html, language, form):
        cells = [" ".join(cell.split()) for cell in text.split(_CELL_END)[:-1]]
        text = language.comma.join(cells) + "." if cells else text
        if form == "spoken":
            lines += re.split(rf"(?<=[{ends}])\s+", _THOUSANDS_SEPARATOR.sub("", text))
        elif form == "md" and cells:
            head = [] if before == "tr" else ["|" + " --- |" * len(cells)]
            lines += [*([""] if head else []), f"| {' | '.join(cells)} |", *head]
        else:
            prefix = f"{'#' * int(kind[1])} " if form == "md" and kind in _HEADINGS else "- " if kind == "li" else ""
            prefix = f"{kind}. " if kind.isdigit() else prefix
            lines += [*([] if kind == before == "li" else [""]), f"{prefix}{text}"]
        before = kind
    return "\n".join(lines).strip() + "\n"


def _iterate_blocks(html: str, language: Language, form: Form) -> Iterator[tuple[str, str]]:
    """The blocks of a page, each with its kind: a tag, or the number of a source."""
    kind, parts, link, in_mark = "p", list[str](), "", False
    unread, depth = "", 0  # the element that is left out, and how many of its name are open in it
    for text, tag, attributes in iterate_texts_and_tags(html):
        name, opens = tag.removeprefix("/"), not tag.startswith("/")
        if unread:
            depth += (1 if opens else -1) * (name == unread)
            unread = unread if depth else ""
            continue
        parts.append(_write_words(text, form))
        given = parse_attributes(attributes) if opens and attributes else {}
        drawn = given.get("data-drawn") or given.get("alt")
        if name in _BLOCK_TAGS or drawn:
            if any(map(str.strip, parts)):
                yield kind, " ".join("".join(parts).split())
            kind, parts = "p", []
        if drawn:
            yield "p", _write_words(drawn, form)
        if opens and name not in VOID_TAGS and _is_unread(name, given, form):
            unread, depth = name, 1
        elif opens and name in ("li", "tr", *_HEADINGS):
            number = given.get("id", "").removeprefix("source-")
            kind = language.digits(int(number)) if name == "li" and number.isdecimal() else name
        elif name == "sup":
            parts.append("]" if in_mark else "")
            in_mark = given.get("class") == "cite"
            parts.append(" [" if in_mark else "")
        elif name == "a":
            link = given.get("href", "") if opens else link
            parts.append(_write_link(link, opens=opens, form=form))
        elif name in ("td", "th") and not opens:
            parts.append(_CELL_END)


def _write_words(text: str, form: Form) -> str:
    text = _DIRECTION_MARKS.sub("", unescape(text))
    return _MARKDOWN_SIGN.sub(r"\\\1", text) if form == "md" else text


def _is_unread(name: str, given: dict[str, str], form: Form) -> bool:
    kind = given.get("class", "")
    is_hidden = "hidden" in given and not (name == "span" and kind in ("heard", "said"))
    is_mark = form == "spoken" and name == "sup" and kind == "cite"
    return is_hidden or is_mark or name in _UNREAD_TAGS or given.get("aria-hidden") == "true"


def _write_link(address: str, *, opens: bool, form: Form) -> str:
    if "://" not in address or form == "spoken":
        return ""
    before, after = ("[", f"]({address})") if form == "md" else ("", f" <{address}>")
    return before if opens else after
