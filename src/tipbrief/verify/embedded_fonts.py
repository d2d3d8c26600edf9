"""Embedded fonts: the glyphs in a finished PDF, compared with those of the prepared fonts of its publication.

A PDF has a part of each font, in which each glyph that a text needs keeps its number.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary

from tipbrief.language.unicode_text import normal_form
from tipbrief.pdf.pdf_file import open_untrusted_pdf, unicode_values

_WIDTH_TOLERANCE = 1.0  # thousandths of the size


class _Glyph(NamedTuple):
    """The outline of a glyph, its width in thousandths of the size, and the characters that it may stand for."""

    outline: Any
    width: float
    names: set[str]


def find_foreign_glyphs(pdf: bytes, fonts: Iterable[Path]) -> Iterator[str]:
    """The first glyph of each font in a PDF that is drawn, spaced or named otherwise than in each of these fonts."""
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
    font = TTFont(path)
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
        font = TTFont(io.BytesIO(data))
        return {n: _Glyph(_read_outline(font, n), widths.get(n, 0), {name}) for n, name in names.items()}
    except Exception:  # fontTools raises many kinds for a damaged font
        return {}


def _read_outline(font: Any, number: int) -> Any:
    """The points of a glyph with those of its parts, and where its contours end."""
    exists = number < font["maxp"].numGlyphs
    return font["glyf"][font.getGlyphName(number)].getCoordinates(font["glyf"])[:2] if exists else ()
