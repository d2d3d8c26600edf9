"""What the metadata of a finished PDF say: its title, who made it, what it claims to be."""

import re
from dataclasses import dataclass
from html import unescape

import pikepdf

_LONGEST = 1000  # letters of a title or a name
# As an attribute, or as an element.
_CLAIM = re.compile(r"(pdfaid:part|pdfaid:conformance|pdfuaid:part)\s*(?:=\s*[\"']|>)\s*(\w{1,4})")
_TITLE = re.compile(r"<dc:title>\s*<rdf:Alt>\s*<rdf:li\b[^<>]{0,99}>([^<>]*)</rdf:li>")
_MAKER = re.compile(r"<xmp:CreatorTool>([^<>]*)</xmp:CreatorTool>|\bxmp:CreatorTool=\"([^<>\"]*)\"")
_LEVELS = {"PDF/A": ("pdfaid:part", "pdfaid:conformance"), "PDF/UA": ("pdfuaid:part", "")}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a PDF says of itself, as XMP: in PDF 2.0 there is no other place for it."""

    title: str = ""
    maker: str = ""
    claims: tuple[str, ...] = ()


def metadata_of(document: pikepdf.Pdf) -> Metadata:
    """The metadata of a PDF. They are not read as XML, which may name files and grow without end."""
    if not (stream := document.Root.get("/Metadata")):
        return Metadata()
    text = stream.read_bytes().decode("utf-8", "replace")
    said = dict(_CLAIM.findall(text))
    claims = tuple(
        f"{name}-{said[part]}{said.get(level, '')}" for name, (part, level) in _LEVELS.items() if part in said
    )
    return Metadata(_first(_TITLE, text), _first(_MAKER, text), claims)


def _first(said: re.Pattern[str], text: str) -> str:
    found = said.search(text)
    return unescape("".join(found.groups(""))[:_LONGEST]).strip() if found else ""
