"""Subsets: where many PDFs carry a part of one font each, one font with all that they draw takes their place.

WeasyPrint keeps a glyph's number in each subset, so that the numbers in the content of the pages stay true.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import pikepdf
from fontTools.ttLib.sfnt import SFNTReader, SFNTWriter
from pikepdf import Array, Dictionary, Name, Stream

_TAGGED = re.compile(r"/[A-Z]{6}\+(.+)")
_UNICODE_LINE = re.compile(rb"<([0-9a-f]{4})> <((?:[0-9a-f]{4})+)>")
_HINTS = ("cvt ", "fpgm", "prep")
# In a glyph that is made of others: more of them follow; their places take two bytes each; and their scales.
_MORE, _WORDS = 0x20, 0x1
_SCALES = ((0x8, 2), (0x40, 4), (0x80, 8))
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
class _Outline:
    """How a glyph is drawn: its data, without the numbers of the glyphs that it is made of, and these."""

    data: bytes
    metrics: bytes
    parts: tuple[_Outline, ...]


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A glyph that is drawn: its outline, its width in the PDF, and its text.

    The width is rounded as the glyph first comes, so that it may differ between PDFs; places follow from it.
    """

    outline: _Outline
    width: float
    text: bytes


@dataclass
class _SharedFont:
    """A font that grows by its subsets. ``font`` is where it is written."""

    fixed: tuple[object, ...]
    head: bytes
    hhea: bytes
    maxp: bytes
    hints: dict[str, bytes]
    box: list[int]
    glyphs: dict[int, _Glyph] = field(default_factory=dict)
    font: Any = None

    def holds(self, other: _SharedFont) -> bool:
        """Whether the glyphs of the two can be those of one font."""
        return self.fixed == other.fixed and all(
            self.glyphs.get(number, glyph) == glyph for number, glyph in other.glyphs.items()
        )

    def take(self, other: _SharedFont) -> None:
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
        self._wholes: dict[str, list[_SharedFont]] = {}

    def whole(self, font: Any) -> Any | None:
        """The font that stands for this one, which is of any PDF; None where it is no subset of a font."""
        if (name := _subset_of(font)) is None:
            return None
        part, alike = _read_font(font), self._wholes.setdefault(name, [])
        for whole in alike:
            if whole.holds(part):
                whole.take(part)
                return whole.font
        part.font = self._copied(font)
        alike.append(part)
        return part.font

    def _copied(self, font: Any) -> Any:
        """The font, without what is written at the end."""
        (below,) = font.DescendantFonts
        descriptor = self._pdf.make_indirect(_without_parts(below.FontDescriptor))
        copy, below_copy = _without_parts(font), _without_parts(below)
        below_copy.CIDSystemInfo, below_copy.FontDescriptor = _without_parts(below.CIDSystemInfo), descriptor
        copy.DescendantFonts = Array([self._pdf.make_indirect(below_copy)])
        return self._pdf.make_indirect(copy)

    def write(self) -> None:
        """Give the fonts all that was taken into them."""
        for name, alike in self._wholes.items():
            for whole in alike:
                self._write(whole, name)

    def _write(self, whole: _SharedFont, name: str) -> None:
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


def _without_parts(item: Any) -> Any:
    """A copy of what in a dictionary is no array, dictionary or stream."""
    plain = {key: value for key, value in item.items() if not isinstance(value, Array | Dictionary | Stream)}
    return Dictionary(plain)


def _read_font(font: Any) -> _SharedFont:
    (below,) = font.DescendantFonts
    file = SFNTReader(io.BytesIO(below.FontDescriptor.FontFile2.read_bytes()))
    tables = {tag: file[tag] for tag in file.keys()}  # noqa: SIM118 it is no mapping
    head, hhea, maxp = tables["head"], tables["hhea"], tables["maxp"]
    hints = {tag: tables[tag] for tag in _HINTS if tag in tables}
    # The widths of what is not drawn are left out; the ascent, the units and their like belong to the font.
    fixed = (head[4:8], head[16:20], hhea[4:10], str(below.FontDescriptor.get("/FontFamily", "")), hints)
    box = [int(edge) for edge in below.FontDescriptor.FontBBox]
    whole = _SharedFont(fixed, head, hhea, maxp, hints, box)
    texts = {int(code, 16): text for code, text in _UNICODE_LINE.findall(font.ToUnicode.read_bytes())}
    widths = _read_widths(below.get("/W", []))
    outlines = _Outlines(tables)
    whole.glyphs = {
        number: _Glyph(outlines.of(number), widths.get(number, 0), texts.get(number, b""))
        for number in sorted({0, *widths, *texts})
    }
    return whole


class _Outlines:
    """The outlines of a font's glyphs."""

    def __init__(self, tables: Mapping[str, bytes]) -> None:
        count = struct.unpack_from(">H", tables["maxp"], 4)[0]
        form, self._unit = ("I", 1) if struct.unpack_from(">h", tables["head"], 50)[0] else ("H", 2)
        self._places = struct.unpack_from(f">{count + 1}{form}", tables["loca"])
        self._wide = struct.unpack_from(">H", tables["hhea"], 34)[0]
        self._glyf, self._hmtx = tables["glyf"], tables["hmtx"]

    def of(self, number: int) -> _Outline:
        """The outline of a glyph, with those of the glyphs that it is made of."""
        start, end = (self._unit * place for place in self._places[number : number + 2])
        data, parts = self._glyf[start:end], []
        for at in _part_places(data):
            parts.append(self.of(struct.unpack_from(">H", data, at)[0]))
            data = data[:at] + b"\0\0" + data[at + 2 :]
        return _Outline(data, self._metrics(number), tuple(parts))

    def _metrics(self, number: int) -> bytes:
        """Advance and side bearing; the last glyphs of a font may share one advance."""
        if number < self._wide:
            return self._hmtx[4 * number : 4 * number + 4]
        bearing = 4 * self._wide + 2 * (number - self._wide)
        return self._hmtx[4 * self._wide - 4 : 4 * self._wide - 2] + self._hmtx[bearing : bearing + 2]


def _part_places(data: bytes) -> Iterator[int]:
    """Where in a glyph's data the numbers of the glyphs stand that it is made of."""
    if not data or struct.unpack_from(">h", data)[0] >= 0:
        return
    at, flags = 10, _MORE
    while flags & _MORE:
        flags = struct.unpack_from(">H", data, at)[0]
        yield at + 2
        at += 8 if flags & _WORDS else 6
        at += next((size for flag, size in _SCALES if flags & flag), 0)


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


def _font_file(whole: _SharedFont) -> bytes:
    """The font. What is a part of glyphs, and not drawn itself, gets the numbers after the drawn ones."""
    outlines = {number: glyph.outline for number, glyph in whole.glyphs.items()}
    numbers = {outline: number for number, outline in sorted(outlines.items(), reverse=True)}
    waiting = [part for number in sorted(outlines) for part in outlines[number].parts]
    for part in waiting:
        if part not in numbers:
            numbers[part] = max(outlines) + 1
            outlines[numbers[part]] = part
            waiting += part.parts
    count = max(outlines) + 1
    nothing = _Outline(b"", bytes(4), ())
    drawn = [_data(outlines.get(number, nothing), numbers) for number in range(count)]
    tables = whole.hints | {
        "glyf": b"".join(drawn),
        "head": whole.head[:50] + b"\0\1" + whole.head[52:],
        "hhea": whole.hhea[:34] + struct.pack(">H", count),
        "hmtx": b"".join(outlines.get(number, nothing).metrics for number in range(count)),
        "loca": struct.pack(f">{count + 1}I", 0, *accumulate(map(len, drawn))),
        "maxp": whole.maxp[:4] + struct.pack(">H", count) + whole.maxp[6:],
    }
    out = io.BytesIO()
    writer = SFNTWriter(out, len(tables))
    for tag in sorted(tables):
        writer[tag] = tables[tag]
    writer.close()
    return out.getvalue()


def _data(outline: _Outline, numbers: Mapping[_Outline, int]) -> bytes:
    data = bytearray(outline.data)
    for at, part in zip(_part_places(outline.data), outline.parts, strict=True):
        struct.pack_into(">H", data, at, numbers[part])
    return bytes(data + bytes(-len(data) % 4))


def _widths(glyphs: Mapping[int, _Glyph]) -> list[Any]:
    """The widths of glyphs, neighbours in one list: ``1 [652 600] 37 [651]``."""
    found: list[Any] = []
    last = -2
    for number in sorted(glyphs):
        width = glyphs[number].width
        if number != last + 1:
            found += [number, []]
        found[-1].append(int(width) if width == int(width) else width)
        last = number
    return found


def _to_unicode(glyphs: Mapping[int, _Glyph]) -> bytes:
    lines = [
        f"<{number:04x}> <{glyphs[number].text.decode()}>" for number in sorted(glyphs) if glyphs[number].text
    ]
    blocks = [lines[start : start + _MOST_IN_BLOCK] for start in range(0, len(lines), _MOST_IN_BLOCK)]
    shown = [f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks]
    return _MAP.format("\n".join(shown)).encode()
