"""The words of exported files, as other programs read them, and of the page from which they come."""

import io
import zipfile
from collections.abc import Sequence
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from tipbrief.language.numbers import ANY_DIGIT
from tipbrief.verify.html_text import read_printed_blocks, remove_head, split_into_tokens

_LATIN = str.maketrans(ANY_DIGIT, "0123456789" * 3)
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_DRAWN = "svg, .numbers, .heard, .said, img"


def tokens(text: str) -> list[str]:
    return [token.translate(_LATIN) for token in split_into_tokens(text)]


def printed_tokens(html: str) -> list[str]:
    """The words that the page prints, without labels inside charts."""
    # An address has a break in it, and is one word.
    page = LexborHTMLParser(remove_head(html))
    for node in page.css(".address br"):
        node.decompose()
    blocks = read_printed_blocks(page.html or "")
    return [
        token.translate(_LATIN)
        for block in blocks
        for place, token in enumerate(block.tokens)
        if place not in block.visual_only
    ]


def unprinted_tokens(html: str) -> set[str]:
    """The words of drawings, of their tables, and for listeners."""
    page = LexborHTMLParser(remove_head(html))
    texts = [node.text(separator=" ") for node in page.css(_DRAWN)]
    texts += [
        str(node.attributes.get(name) or "")
        for node in page.css("[data-drawn], [alt]")
        for name in ("data-drawn", "alt")
    ]
    return set(tokens(" ".join(texts)))


def words_beside(found: Sequence[str], expected: Sequence[str]) -> list[str]:
    """The words that are not expected, if all expected ones are there in their order; a failure names the first gap."""
    rest, at = list[str](), 0
    for token in found:
        if at < len(expected) and token == expected[at]:
            at += 1
        else:
            rest.append(token)
    assert at == len(expected), f"not found: {expected[max(0, at - 8) : at]} → {expected[at : at + 8]}"
    return rest


def markdown_text(text: str) -> str:
    """What another program shows of Markdown; it takes the marks of footnotes for text."""
    reader = MarkdownIt("commonmark").enable("table")
    page = LexborHTMLParser(reader.render(text.split("---\n", 2)[2]))
    return str(page.text(separator=""))


def odt_root(data: bytes, name: str = "content.xml") -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as odt:
        return ElementTree.fromstring(odt.read(name))


def odt_paragraphs(data: bytes) -> list[str]:
    """The paragraphs and headings of an ODT."""
    parts = odt_root(data).iter()
    return ["".join(one.itertext()) for one in parts if one.tag in (f"{_TEXT}p", f"{_TEXT}h")]
