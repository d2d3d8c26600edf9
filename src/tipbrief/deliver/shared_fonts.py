"""Shared fonts: where many PDFs carry a part of a face each, one with all that they draw takes their place.

WeasyPrint keeps a glyph's number in each subset, so that the numbers in the content of the pages stay true.
"""

import hashlib
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pikepdf
from fontTools import subset
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Stream

from tipbrief.fonts.shelf import Face
from tipbrief.pdf.embedded_fonts import unicode_values

_TAGGED = re.compile(r"/[A-Z]{6}\+(.+)")
_MOST_IN_BLOCK = 100  # of the mappings in a /ToUnicode
_BLOCKS = re.compile(rb"\d+ beginbfchar.*endbfchar", re.S)
_VERSION, _POSTSCRIPT_NAME = 5, 6  # names in a font, which its subsets keep
_UNUSED_IN_PDF = ("GDEF", "GPOS", "GSUB", "OS/2", "cmap", "gasp", "name", "post")
# Width and text by glyph number. The width is rounded as the glyph first comes, so that it may differ between
# PDFs; places follow from it.
Glyphs: TypeAlias = dict[int, tuple[Any, bytes]]


class SharedFonts:
    """The fonts of a PDF into which others are put; all are typeset with ``faces``."""

    def __init__(self, pdf: pikepdf.Pdf, faces: Iterable[Face]) -> None:
        self._pdf = pdf
        self._files = {_names_of(face.ttf): face.ttf for face in faces}
        # The fonts of each face, where they are written, with their glyphs, which grow by each subset.
        self._shared: dict[Path, list[tuple[Any, Glyphs]]] = {}

    def standing_for(self, font: Any) -> Any | None:
        """The font that stands for this one, which is of any PDF; None where it is no subset of a face."""
        if not _is_subset(font):
            return None
        (below,) = font.DescendantFonts
        file = self._files.get(_names_of(io.BytesIO(below.FontDescriptor.FontFile2.read_bytes())))
        if file is None:
            return None
        glyphs, alike = _glyphs_of(font), self._shared.setdefault(file, [])
        for shared, known in alike:
            if all(known.get(number, glyph) == glyph for number, glyph in glyphs.items()):
                known.update(glyphs)
                return shared
        alike.append((self._copied(font), glyphs))
        return alike[-1][0]

    def _copied(self, font: Any) -> Any:
        """The font, without what is written at the end, but with a map to Unicode to write into."""
        (below,) = font.DescendantFonts
        descriptor = self._pdf.make_indirect(_without_parts(below.FontDescriptor))
        copy, below_copy = _without_parts(font), _without_parts(below)
        below_copy.CIDSystemInfo, below_copy.FontDescriptor = _without_parts(below.CIDSystemInfo), descriptor
        copy.DescendantFonts = Array([self._pdf.make_indirect(below_copy)])
        copy.ToUnicode = self._pdf.make_stream(font.ToUnicode.read_bytes())
        return self._pdf.make_indirect(copy)

    def write(self) -> None:
        """Give the fonts all that was taken into them; those of one face share its file."""
        for ttf, alike in self._shared.items():
            data = _part_of(ttf, {number for _, glyphs in alike for number in glyphs})
            file = self._pdf.make_stream(data, Length1=len(data))
            digest = int.from_bytes(hashlib.sha256(data).digest())
            tag = "".join(chr(ord("A") + digest // 26**place % 26) for place in range(6))
            for font, glyphs in alike:
                (below,) = font.DescendantFonts
                name = Name(_TAGGED.sub(rf"/{tag}+\1", str(font.BaseFont)))
                below.FontDescriptor.FontName = below.BaseFont = font.BaseFont = name
                below.FontDescriptor.FontFile2 = file
                widest = max(width for width, _ in glyphs.values())
                edges = 0, below.FontDescriptor.Descent, widest, below.FontDescriptor.Ascent
                below.FontDescriptor.FontBBox = Array(edges)
                widths = [(number, Array([width])) for number, (width, _) in sorted(glyphs.items())]
                below.W = Array(part for pair in widths for part in pair)
                _write_texts(font.ToUnicode, glyphs)


def _is_subset(font: Any) -> bool:
    """Whether this is a font whose codes are the glyphs' numbers in a font of which it is a part."""
    if not _TAGGED.fullmatch(str(font.get("/BaseFont", ""))) or font.get("/Encoding") != "/Identity-H":
        return False
    (below,) = font.DescendantFonts
    plain = below.get("/CIDToGIDMap") == "/Identity" and "/FontFile2" in below.FontDescriptor
    return plain and "/ToUnicode" in font


def _names_of(file: Any) -> tuple[str | None, str | None]:
    """What a font, which a subset of it keeps, too, is known by."""
    with TTFont(file, lazy=True) as font:
        return font["name"].getDebugName(_POSTSCRIPT_NAME), font["name"].getDebugName(_VERSION)


def _without_parts(item: Any) -> Any:
    """A copy of what in a dictionary is no array, dictionary or stream."""
    plain = {key: value for key, value in item.items() if not isinstance(value, Array | Dictionary | Stream)}
    return Dictionary(plain)


def _glyphs_of(font: Any) -> Glyphs:
    """The glyphs that a subset draws; its number 0 is no character."""
    texts = {int(code, 16): text for code, text in unicode_values(font).items()}
    widths: dict[int, Any] = {}
    first = 0
    for entry in font.DescendantFonts[0].get("/W", []):
        if isinstance(entry, Array):
            widths |= dict(enumerate(entry, first))
        else:
            first = int(entry)
    return {number: (widths.get(number, 0), texts.get(number, b"")) for number in {*widths, *texts} - {0}}


def _part_of(ttf: Path, numbers: set[int]) -> bytes:
    """The glyphs of a face under their own numbers, and what a PDF needs to draw them."""
    options = subset.Options(retain_gids=True, hinting=False)
    options.drop_tables += _UNUSED_IN_PDF
    with TTFont(ttf, recalcTimestamp=False) as font:
        part = subset.Subsetter(options)
        part.populate(gids=numbers)
        part.subset(font)
        out = io.BytesIO()
        font.save(out)
        return out.getvalue()


def _write_texts(to_unicode: Any, glyphs: Glyphs) -> None:
    """Put the texts of all glyphs in the place of those that a subset's map has."""
    lines = [b"<%04x> <%s>\n" % (number, text) for number, (_, text) in sorted(glyphs.items()) if text]
    blocks = (lines[start : start + _MOST_IN_BLOCK] for start in range(0, len(lines), _MOST_IN_BLOCK))
    shown = b"\n".join(b"%d beginbfchar\n%sendbfchar" % (len(block), b"".join(block)) for block in blocks)
    to_unicode.write(_BLOCKS.sub(lambda _: shown, to_unicode.read_bytes()))
