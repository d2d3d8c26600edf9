"""Subsets: where many PDFs carry a part of one font each, one font with all that they draw takes their place.

WeasyPrint keeps a glyph's number in each subset, so that the numbers in the content of the pages stay true.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from fontTools.ttLib.sfnt import SFNTWriter
from pikepdf import Array, Name

_TAGGED = re.compile(r"/[A-Z]{6}\+(.+)")
_TO_UNICODE = re.compile(rb"<([0-9a-f]{4})> <((?:[0-9a-f]{4})+)>")
_HINTS = ("cvt ", "fpgm", "prep")
_MOST_IN_BLOCK = 100  # of the mappings in a /ToUnicode
_MAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
{}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


@dataclass(frozen=True, slots=True)
class _Glyph:
    """What a glyph is: its outline, its metrics in the font, its width in the PDF, and its text."""

    outline: bytes
    metrics: bytes
    width: float | None
    text: bytes


@dataclass
class _Whole:
    """A font that grows by its subsets. ``font`` is the first of them, in whose place it is written."""

    font: Any
    fixed: tuple[object, ...]
    head: bytes
    hhea: bytes
    maxp: bytes
    hints: dict[str, bytes]
    box: list[int]
    glyphs: dict[int, _Glyph] = field(default_factory=dict)

    def holds(self, other: _Whole) -> bool:
        """Whether the glyphs of the two can be those of one font."""
        mine = self.glyphs
        return self.fixed == other.fixed and all(
            mine.get(number, glyph) == glyph for number, glyph in other.glyphs.items()
        )

    def take(self, other: _Whole) -> None:
        """Add the glyphs of a subset."""
        self.glyphs |= other.glyphs
        corners = [*zip(self.box, other.box, strict=True)]
        self.box = [*map(min, corners[:2]), *map(max, corners[2:])]
        self.maxp = _most(self.maxp, other.maxp, "13H", 6)
        self.hhea = _most(self.hhea, other.hhea, "H", 10)
        self.head = _most(_most(self.head, other.head, "2h", 40), other.head, "2h", 36, min)


class Subsets:
    """The fonts of a PDF into which others are put."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._wholes: dict[str, list[_Whole]] = {}

    def whole(self, font: Any) -> Any | None:
        """The font that stands for this one, the first of its kind; None where it is no subset of a font."""
        if (name := _subset_of(font)) is None:
            return None
        part, alike = _read(font), self._wholes.setdefault(name, [])
        for whole in alike:
            if whole.holds(part):
                whole.take(part)
                return whole.font
        alike.append(part)
        return font

    def write(self) -> None:
        """Give the fonts all that was taken into them."""
        for name, alike in self._wholes.items():
            for whole in alike:
                self._write(whole, name)

    def _write(self, whole: _Whole, name: str) -> None:
        (below,) = whole.font.DescendantFonts
        data = _font_file(whole)
        digest = int.from_bytes(hashlib.sha256(name.encode() + data).digest())
        tag = "".join(chr(ord("A") + digest // 26**place % 26) for place in range(6))
        file = self._pdf.make_stream(data)
        file.Length1 = len(data)
        below.FontDescriptor.FontFile2 = file
        below.FontDescriptor.FontName = below.BaseFont = whole.font.BaseFont = Name(f"/{tag}+{name}")
        below.FontDescriptor.FontBBox = Array(whole.box)
        below.W = Array(_widths(whole.glyphs))
        whole.font.ToUnicode = self._pdf.make_stream(_to_unicode(whole.glyphs))


def _subset_of(font: Any) -> str | None:
    """The name of the font of which this is a subset that can be put together with others."""
    tagged = _TAGGED.fullmatch(str(font.get("/BaseFont", "")))
    if tagged is None or font.get("/Encoding") != "/Identity-H" or "/ToUnicode" not in font:
        return None
    (below,) = font.DescendantFonts
    plain = below.get("/CIDToGIDMap") == "/Identity" and "/FontFile2" in below.FontDescriptor
    return tagged[1] if plain else None


def _read(font: Any) -> _Whole:
    (below,) = font.DescendantFonts
    tables = _tables(below.FontDescriptor.FontFile2.read_bytes())
    head, hhea, maxp = tables["head"], tables["hhea"], tables["maxp"]
    hints = {tag: tables[tag] for tag in _HINTS if tag in tables}
    # The widths of what is not drawn are left out; the ascent, the units and their like belong to the font.
    fixed = (head[4:8], head[16:20], hhea[4:10], str(below.FontDescriptor.get("/FontFamily", "")), hints)
    box = [int(edge) for edge in below.FontDescriptor.FontBBox]
    whole = _Whole(font, fixed, head, hhea, maxp, hints, box)
    texts = {int(code, 16): text for code, text in _TO_UNICODE.findall(font.ToUnicode.read_bytes())}
    widths = _read_widths(below.get("/W", []))
    count, metrics = struct.unpack_from(">H", maxp, 4)[0], struct.unpack_from(">H", hhea, 34)[0]
    form, unit = ("I", 1) if struct.unpack_from(">h", head, 50)[0] else ("H", 2)
    places = struct.unpack_from(f">{count + 1}{form}", tables["loca"])
    for number in range(count):
        start, end = unit * places[number], unit * places[number + 1]
        if start < end or number in widths or number in texts or not number:
            whole.glyphs[number] = _Glyph(
                tables["glyf"][start:end],
                _metrics(tables["hmtx"], metrics, number),
                widths.get(number),
                texts.get(number, b""),
            )
    return whole


def _tables(font: bytes) -> dict[str, bytes]:
    count = struct.unpack_from(">H", font, 4)[0]
    entries = (struct.unpack_from(">4s4xII", font, 12 + 16 * index) for index in range(count))
    return {tag.decode("latin-1"): font[start : start + length] for tag, start, length in entries}


def _metrics(hmtx: bytes, whole: int, number: int) -> bytes:
    """Advance and side bearing; the last glyphs of a font may share one advance."""
    if number < whole:
        return hmtx[4 * number : 4 * number + 4]
    bearing = 4 * whole + 2 * (number - whole)
    return hmtx[4 * whole - 4 : 4 * whole - 2] + hmtx[bearing : bearing + 2]


def _read_widths(entries: Iterable[Any]) -> dict[int, float]:
    found: dict[int, float] = {}
    first = 0
    for entry in entries:
        if isinstance(entry, Array):
            found |= {first + index: float(width) for index, width in enumerate(entry)}
        else:
            first = int(entry)
    return found


def _most(mine: bytes, other: bytes, form: str, start: int, choose: Any = max) -> bytes:
    """A table with the larger, or the smaller, of two tables' numbers at a place."""
    numbers = zip(*(struct.unpack_from(f">{form}", table, start) for table in (mine, other)), strict=True)
    changed = struct.pack(f">{form}", *(choose(pair) for pair in numbers))
    return mine[:start] + changed + mine[start + len(changed) :]


def _font_file(whole: _Whole) -> bytes:
    count = max(whole.glyphs) + 1
    nothing = _Glyph(b"", b"\0\0\0\0", None, b"")
    places, outlines, end = [0], [], 0
    for number in range(count):
        outline = whole.glyphs.get(number, nothing).outline
        outlines.append(outline + bytes(-len(outline) % 4))
        end += len(outlines[-1])
        places.append(end)
    tables = whole.hints | {
        "glyf": b"".join(outlines),
        "head": whole.head[:50] + b"\0\1" + whole.head[52:],
        "hhea": whole.hhea[:34] + struct.pack(">H", count),
        "hmtx": b"".join(whole.glyphs.get(number, nothing).metrics for number in range(count)),
        "loca": struct.pack(f">{count + 1}I", *places),
        "maxp": whole.maxp[:4] + struct.pack(">H", count) + whole.maxp[6:],
    }
    out = io.BytesIO()
    writer = SFNTWriter(out, len(tables))
    for tag in sorted(tables):
        writer[tag] = tables[tag]
    writer.close()
    return out.getvalue()


def _widths(glyphs: Mapping[int, _Glyph]) -> list[Any]:
    """The widths of glyphs, neighbours in one list: ``1 [652 600] 37 [651]``."""
    found: list[Any] = []
    last = -2
    for number in sorted(glyphs):
        width = glyphs[number].width
        if width is None:
            continue
        if number != last + 1:
            found += [number, []]
        found[-1].append(int(width) if width == int(width) else width)
        last = number
    return found


def _to_unicode(glyphs: Mapping[int, _Glyph]) -> bytes:
    lines = [f"<{number:04x}> <{glyphs[number].text.decode()}>" for number in sorted(glyphs) if glyphs[number].text]
    blocks = [lines[start : start + _MOST_IN_BLOCK] for start in range(0, len(lines), _MOST_IN_BLOCK)]
    shown = [f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks]
    return _MAP.format("\n".join(shown)).encode()
