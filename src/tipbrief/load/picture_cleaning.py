"""Picture cleaning: a PNG, JPEG or SVG with only what it shows; and what else its file says.

Only known parts of a file stay, rebuilt to their exact length: what draws the picture, which way up it is, and the
numbers of its colour profile. So nothing has to be recognised to be taken out. What is taken out is searched for
names, places and the like only to tell the editor.
"""

import io
import re
import struct
import warnings
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from tipbrief.files import DEFAULT_MAX_BYTES, read_bytes, replace_file
from tipbrief.problems import Problems, name_file

MAX_PIXELS, MAX_PICTURE_BYTES = 40_000_000, 5_000_000
# What a file can have beside its picture.
LOCATION, _PLACE, _PERSON = "the place where it was taken", "names of places", "names of people or owners"
_DEVICE, _TIME, _PATH = "a device or program", "times", "a path on a computer"
_SECOND, _TAIL, _OTHER_NOTES = "another picture or a film", "data after its end", "other notes"
_PNG_START, _JPEG_START = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SVG_START = re.compile(
    rb"\s*(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:<\?xml[^>]*>|<!DOCTYPE[^>]*>|<!--.*?-->|\s)*<(?:\w+:)?svg\b", re.S
)
_SVG_SIZE = re.compile(rb"<(?:\w+:)?svg\b[^>]*\s(?:viewBox|width|height)\s*=")
# Base64 may be broken into lines. A drawing written as it is ends with its quotation mark.
_DATA_ADDRESS = re.compile(
    r"data:(?!font/|text/css)(?:[\w/+.-]*(?:;[\w=-]+)*;base64,[\w+/=%]*(?:\s+[\w+/=%]{20,})*|image/svg\+xml[;,])"
)
_ADDRESS_END = {'"': re.compile('"|$'), "'": re.compile("'|$"), "": re.compile(r"[)\s>]|$")}
_EXIF, _ORIENTATION, _CAMERA_TAGS, _LOCATION_TAGS, _THUMBNAIL_TAGS = b"Exif\0\0", 0x0112, 0x8769, 0x8825, 1
_DAMAGED = "it is damaged, or neither PNG nor JPEG", "save it anew"
# Exif tags of size, resolution and colour, which say nothing of anybody.
_PLAIN_TAGS = {
    0x0100, 0x0101, 0x0102, 0x0103, 0x0106, _ORIENTATION, 0x0115, 0x011A, 0x011B, 0x0128, 0x0213, _CAMERA_TAGS,
    0x9000, 0x9101, 0xA000, 0xA001, 0xA002, 0xA003,
}  # fmt: skip
_TAG_MEANINGS = {
    _PERSON: {0x013B, 0x8298, 0x9C9D, 0xA430},
    _DEVICE: {0x010F, 0x0110, 0x0131, 0x013C, 0xA431, 0xA432, 0xA433, 0xA434, 0xA435},
    _TIME: {0x0132, 0x9003, 0x9004},
}
# The signs of each in bytes, in this order. IPTC numbers its fields.
_SIGNS = {
    LOCATION: rb"GPS(?:Latitude|Longitude|Position)|geo:lat|\xa9xyz",
    _PLACE: rb":(?:City|State|Countr)|Location(?:Created|Shown|Name)?\b|\x1c\x02[\x5a\x5c\x5f\x65]",
    _PERSON: rb"creator|artist|author|owner|by-?line|copyright|rights|credit|\x1c\x02[\x50\x6e\x74\x7a]",
    _DEVICE: rb"serial|:Model|:Make|software|CreatorTool|camera|generator|\blens\b",
    _TIME: rb"(?:Create|Modify|Metadata)Date|DateTime|Creation ?Time",
    _PATH: rb"\b[A-Z]:[\\/]|file:/|/(?:home|Users|Volumes|media)/|export-filename|docname|absref",
    _SECOND: rb"\xff\xd8\xff|\x89PNG|ftyp(?:mp4|isom|qt|heic)",
}
_MEANINGS = [*_SIGNS, _TAIL, _OTHER_NOTES]
# A marker of JPEG: no stuffed zero, and none of those that divide the coded picture.
_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
_FRAMES, _TABLES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}, {0xC4, 0xCC, 0xDB, 0xDD}
_SCAN, _END, _JFIF, _ADOBE = 0xDA, 0xD9, 0xE0, 0xEE
_PLAIN_JFIF, _MAX_DENSITY = b"JFIF\0\1\1\0\0\1\0\1\0\0", 2_400
# The lengths of PNG's chunks that stay; those of palettes depend on the picture. Numbers in them are small.
_CHUNK_LENGTHS = {b"IHDR": 13, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9}
_MAX_CHUNK_NUMBER = 1_000_000
_ADAM7 = ((0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2))
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_LIGHT, _MAX_SEGMENT = (0xF6D6, 0x10000, 0xD32D), 65_000  # D50 as numbers of XYZ; bytes of a segment of JPEG
_PROFILE_TAGS = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"kTRC", b"rTRC", b"gTRC", b"bTRC", b"chad")


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture's clean file, and what was taken out. Of a photograph also its mode, and its size when upright."""

    data: bytes
    findings: tuple[str, ...]
    mime: str
    mode: str = ""
    width: int = 0
    height: int = 0
    is_animated: bool = False
    profile: bytes = b""


def is_picture(data: bytes) -> bool:
    """Whether a file begins as a PNG, a JPEG or a drawing does."""
    return data.startswith((_PNG_START, _JPEG_START)) or bool(_SVG_START.match(data.replace(b"\0", b"")))


def is_part_of_page(data: bytes) -> bool:
    """Whether an SVG among the templates is no picture but a part of a page: it has Jinja, or no size."""
    if data.startswith((_PNG_START, _JPEG_START)):  # which may have any bytes
        return False
    return b"{{" in data or b"{%" in data or bool(_SVG_START.match(data) and not _SVG_SIZE.search(data))


@lru_cache(16)
def clean_picture(data: bytes) -> CleanPicture:
    """The clean file of a PNG, JPEG or SVG; a problem without a file if it cannot be read whole."""
    if not is_picture(data):
        raise _refusal(*_DAMAGED)
    if not data.startswith((_PNG_START, _JPEG_START)):
        from tipbrief.load.drawing_cleaning import clean_drawing  # few publications have a drawing

        try:
            drawing, removed = clean_drawing(data, _clean_data_address)
        except (ValueError, LookupError, RecursionError):
            raise _refusal("it is no drawing that can be read", "save it as plain SVG") from None
        return CleanPicture(drawing, _name_findings(removed), "image/svg+xml")
    image = _decode_photograph(data)
    orientation = 1
    with suppress(Exception):  # Pillow raises many kinds for a damaged Exif
        orientation = image.getexif().get(_ORIENTATION, 1)
    exif = _exif_of(orientation) if orientation in range(2, 9) else b""
    profile = image.info.get("icc_profile") or b""
    clean = _clean_png if data.startswith(_PNG_START) else _clean_jpeg
    try:
        file, removed, tail = clean(data, exif, _clean_profile(profile))
    except (IndexError, ValueError, struct.error, zlib.error):
        raise _refusal(*_DAMAGED) from None
    if file != data and not _shows_the_same(image, _decode_photograph(file)):
        raise _refusal(*_DAMAGED)  # decoders mend such a file, each in its way
    findings = _name_findings([*removed, *([tail] if tail else [])], tail=bool(tail))
    width, height = (image.height, image.width) if orientation in (5, 6, 7, 8) else image.size
    # A second frame of a JPEG is another view or a depth map: it is taken out.
    moves = image.format == "PNG" and getattr(image, "is_animated", False)
    mime = "image/png" if clean is _clean_png else "image/jpeg"
    return CleanPicture(file, findings, mime, image.mode, width, height, moves, profile)


def clean_picture_file(file: Path) -> tuple[CleanPicture, bool]:
    """Replace a picture's file by its clean one: the picture, and whether the file changed."""
    data = read_bytes(file, DEFAULT_MAX_BYTES)
    if is_part_of_page(data):
        hint = "take out by hand what is not for readers; or give it a viewBox if it is a picture"
        raise Problems("this drawing is a part of a page: it has Jinja, or no size", file, hint=hint)
    with name_file(file):
        picture = clean_picture(data)
    if picture.data != data:
        replace_file(file, picture.data, was=data)
    return picture, picture.data != data


def clean_addresses(text: str, *, has_jinja: bool = False) -> str:
    """A text of styles or of a page whose ``data:`` addresses of pictures are clean.

    Of a template that ``has_jinja``, addresses with Jinja stay: they are cleaned in the page.
    """
    parts, position = list[str](), 0
    while found := _DATA_ADDRESS.search(text, position):
        start, end = found.span()
        if found[0].endswith((";", ",")):
            quotation = text[start - 1 : start].strip("(= ")
            ending = _ADDRESS_END.get(quotation, _ADDRESS_END[""]).search(text, end)
            end = ending.start() if ending else len(text)
        address = text[start:end]
        is_filled_later = has_jinja and ("{{" in address or "{%" in address)
        parts += [text[position:start], address if is_filled_later else _clean_data_address(address)]
        position = end
    return "".join((*parts, text[position:])) if parts else text


@lru_cache(64)
def _clean_data_address(address: str) -> str:
    """A ``data:`` address with a clean picture; empty, ``data:,``, if it holds something else."""
    head, _, body = address.partition(",")
    data = unquote_to_bytes(body)
    try:
        data = b64decode(data) if head.endswith(";base64") else data
        picture = clean_picture(data) if is_picture(data) else None
    except (ValueError, Problems):
        picture = None
    if picture is None:
        return "data:,"
    if picture.data in (data, data.replace(b"'", b'"')):  # such an address is written with either quotation mark
        return address
    return f"data:{picture.mime};base64,{b64encode(picture.data).decode('ascii')}"


def _refusal(message: str, hint: str, kind: str = "no-picture") -> Problems:
    return Problems(f"the picture cannot be printed: {message}", hint=hint, kind=kind)


def _decode_photograph(data: bytes) -> Any:
    """The picture as Pillow decodes it, whole."""
    from PIL import Image, ImageFile

    # WeasyPrint makes Pillow accept truncated files.
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Any = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "MPO"))
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError  # Pillow itself raises it only for many more
            image.load()
            return image
    except MemoryError:
        raise
    except Image.DecompressionBombError:
        hint = "make it smaller: 2,200 pixels are enough for the width of a page"
        raise _refusal(f"it has more than {MAX_PIXELS:,} pixels", hint, "too-large") from None
    except Exception:
        raise _refusal(*_DAMAGED) from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _shows_the_same(picture: Any, other: Any) -> bool:
    """Whether two pictures are equal, compared in strips: whole, they take too much memory."""
    strips = [(0, top, picture.width, min(top + 256, picture.height)) for top in range(0, picture.height, 256)]
    same_form = (picture.mode, picture.size) == (other.mode, other.size)
    return same_form and all(picture.crop(one).tobytes() == other.crop(one).tobytes() for one in strips)


def _exif_of(orientation: int) -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    return exif.tobytes()


_Cleaning = tuple[bytes, list[bytes], bytes]  # the clean file, the parts that were taken out, what followed its end


def _clean_jpeg(data: bytes, exif: bytes, profile: bytes) -> _Cleaning:
    """A JPEG with the segments that decode it: frame, tables, scans, and of marks of makers what names the colours."""
    heads, body, removed, position = dict[int, bytes](), list[bytes](), list[bytes](), 2
    scans_end = 0  # tables behind the last scan decode nothing
    while found := _MARKER.search(data, position):
        removed.append(data[position : found.start()])
        marker, position = found[1][0], found.end()
        if marker == _END:
            break
        length = int.from_bytes(data[position : position + 2])
        content, position = data[position + 2 : position + length], position + max(length, 2)
        if marker in _FRAMES or marker in _TABLES or marker == _SCAN:
            needed = _segment_length(marker, content)
            body.append(_segment(marker, content[:needed]))
            removed.append(content[needed:])
        elif marker == _JFIF and content.startswith(b"JFIF\0") and len(content) >= 14:
            unit, *density = struct.unpack(">BHH", content[7:12])
            plausible = unit < 3 and max(density) <= _MAX_DENSITY
            heads[_JFIF] = content[:5] + b"\1\1" + content[7:12] + b"\0\0" if plausible else _PLAIN_JFIF
            removed.append(content[14:])
        elif marker == _ADOBE and content.startswith(b"Adobe") and len(content) >= 12:
            heads[_ADOBE] = b"Adobe\0\x64\0\0\0\0" + content[11:12]
            removed.append(content[12:])
        elif not content.startswith(b"ICC_PROFILE\0"):
            removed.append(content)
        if marker == _SCAN:
            following = _MARKER.search(data, position)
            end = following.start() if following else len(data)
            body.append(data[position:end])
            position, scans_end = end, len(body)
    body, unused = body[:scans_end], body[scans_end:]
    marks = [(_JFIF, heads.get(_JFIF, b"")), (0xE1, exif), (_ADOBE, heads.get(_ADOBE, b""))]
    if profile:
        marks.insert(2, (0xE2, b"ICC_PROFILE\0\1\1" + profile))
    head = b"".join(_segment(marker, content) for marker, content in marks if content)
    return _JPEG_START[:2] + head + b"".join(body) + b"\xff\xd9", [*removed, *unused], data[position:]


def _segment(marker: int, content: bytes) -> bytes:
    return b"\xff%c%b%b" % (marker, (len(content) + 2).to_bytes(2), content)


def _segment_length(marker: int, content: bytes) -> int:
    """The bytes of a segment's content that have a meaning."""
    if marker in _FRAMES:
        return 6 + 3 * content[5]
    if marker == _SCAN:
        return 4 + 2 * content[0]
    if marker == 0xDD:
        return 2
    position = 0
    while position < len(content) and marker != 0xCC:
        counts = content[position + 1 : position + 17]  # of Huffman codes by their length
        size = 65 + 64 * (content[position] >> 4) if marker == 0xDB else 17 + sum(counts)
        if position + size > len(content):
            return position
        position += size
    return position or len(content)


def _clean_png(data: bytes, exif: bytes, profile: bytes) -> _Cleaning:
    """A PNG with the chunks that decode it, which begin with its header."""
    chunks, removed, position, pixels = dict[bytes, bytes](), list[bytes](), 8, list[bytes]()
    while position + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        content = data[position + 8 : position + 8 + length]
        position += 12 + length
        if name == b"IEND":
            removed.append(content)
            break
        if name == b"IDAT":
            pixels.append(content)
        elif name not in chunks and _is_plausible_chunk(name, content, chunks.get(b"IHDR", b"")):
            chunks[name] = content
            if name == b"tRNS" and chunks[b"IHDR"][9] != 3:  # a colour, of whose numbers the lower bits count
                most = (1 << chunks[b"IHDR"][8]) - 1
                numbers = struct.unpack(f">{len(content) // 2}H", content)
                chunks[name] = struct.pack(f">{len(numbers)}H", *(number & most for number in numbers))
            if name == b"IHDR":  # the profile stands before the palette
                chunks |= {b"iCCP": b"icc\0\0" + zlib.compress(profile, 9)} if profile else {}
                chunks |= {b"eXIf": exif.removeprefix(_EXIF)} if exif else {}
        elif name != b"iCCP":
            removed.append(name + content)
    stream = b"".join(pixels)
    exact = _exact_pixel_stream(stream, chunks[b"IHDR"])
    if exact != stream:
        removed.append(stream[len(exact) :])
        pixels = [exact]
    parts = [*chunks.items(), *((b"IDAT", part) for part in pixels), (b"IEND", b"")]
    return _PNG_START + b"".join(_chunk(*part) for part in parts), removed, data[position:]


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _is_plausible_chunk(name: bytes, content: bytes, header: bytes) -> bool:
    """Whether a chunk belongs to a picture's decoding, has its exact length, and numbers that can be meant."""
    if name in (b"PLTE", b"tRNS") and header:
        depth, colours = header[8], header[9]
        most = (3 << depth if colours == 3 else 0) if name == b"PLTE" else {0: 2, 2: 6, 3: 1 << depth}.get(colours, 0)
        return len(content) == most if colours != 3 else len(content) <= most
    if len(content) != _CHUNK_LENGTHS.get(name):
        return False
    if name in (b"IHDR", b"sRGB"):
        return True
    if name == b"pHYs" and content[8] > 1:
        return False
    numbers = struct.unpack(f">{len(content) // 4}I", content[: len(content) // 4 * 4])
    return all(number <= _MAX_CHUNK_NUMBER for number in numbers)


def _exact_pixel_stream(stream: bytes, header: bytes) -> bytes:
    """The compressed rows of a PNG without what follows them, within the compression or behind it."""
    width, height, depth, colours, _, _, is_interlaced = struct.unpack(">IIBBBBB", header)
    passes = _ADAM7 if is_interlaced else ((0, 1, 0, 1),)
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, dx, y, dy in passes]
    bits = depth * _CHANNELS[colours]
    expected = sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)
    unpacker, rest, size = zlib.decompressobj(), stream, 0
    with suppress(zlib.error):
        while rest and not unpacker.eof and size <= expected:
            size += len(unpacker.decompress(rest, 1 << 20))
            rest = unpacker.unconsumed_tail
    if unpacker.eof and size <= expected:
        return stream[: len(stream) - len(unpacker.unused_data)]
    return zlib.compress(zlib.decompressobj().decompress(stream, expected), 9)


def _clean_profile(profile: bytes) -> bytes:
    """A colour profile of primaries and curves without its texts; empty if it is built otherwise."""
    kind, colours, target = profile[12:16], profile[16:20], profile[20:24]
    tags = dict[bytes, bytes]()
    with suppress(struct.error, IndexError):
        for name, start, length in struct.iter_unpack(">4sII", profile[132 : 132 + 12 * min(profile[131], 100)]):
            if name in _PROFILE_TAGS and (numbers := _profile_numbers(profile[start : start + length])):
                tags[name] = numbers
    needed = {b"GRAY": {b"kTRC"}, b"RGB ": {*_PROFILE_TAGS} - {b"kTRC", b"chad"}}.get(colours, {b""})
    if not needed <= tags.keys() or kind not in (b"mntr", b"scnr", b"spac") or target != b"XYZ ":
        return b""
    # Readers want a description and a notice of rights: both are one word.
    tags |= dict.fromkeys((b"desc", b"cprt"), b"mluc\0\0\0\0\0\0\0\1\0\0\0\x0cenUS\0\0\0\6\0\0\0\x1c\0i\0c\0c")
    entries, contents, start = b"", b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        entries += struct.pack(">4sII", name, start + len(contents), len(content))
        contents += content + b"\0" * (-len(content) % 4)
    # Size, version 4, kind, spaces, signature, light; all others, such as date and maker, are zero.
    head = struct.pack(">I4xI12s12x4s28xIII", start + len(contents), 0x04300000, profile[12:24], b"acsp", *_LIGHT)
    whole = head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + contents
    return whole if len(whole) < _MAX_SEGMENT else b""


def _profile_numbers(content: bytes) -> bytes:
    """A tag of a colour profile that holds numbers, to its exact length; empty if it holds others."""
    kind, count, start = content[:4], {b"XYZ ": 3, b"sf32": 9}.get(content[:4], 0), 8
    if kind == b"curv":
        (count,) = struct.unpack(">I", content[8:12])
        values = struct.unpack(f">{count}H", content[12 : 12 + 2 * count])
        return kind + b"\0\0\0\0" + content[8 : 12 + 2 * count] if [*values] == sorted(values) else b""
    if kind == b"para":
        count, start = (1, 3, 4, 5, 7)[content[9]], 12
    numbers = struct.unpack(f">{count}i", content[start : start + 4 * count])
    # Numbers of 16 and more mean nothing here.
    is_plausible = bool(count) and max(map(abs, numbers)) < 16 << 16
    return kind + b"\0\0\0\0" + content[8 : start + 4 * count] if is_plausible else b""


def _name_findings(removed: Iterable[bytes], *, tail: bool = False) -> tuple[str, ...]:
    """What parts of a file say of where, who and with what, in the order of ``_MEANINGS``."""
    found = {_TAIL} if tail else set[str]()
    for part in filter(None, removed):
        texts = [*_readable_forms(part)]
        named = {meaning for meaning, sign in _SIGNS.items() if any(re.search(sign, text, re.I) for text in texts)}
        is_plain = False
        starts = [one.start() for one in re.finditer(_EXIF, part)] + [4] * part.startswith(b"eXIf")  # as PNG names it
        for start in starts:
            named_by_tags, is_plain = _read_exif_meanings(part[start:])
            named |= named_by_tags
        found |= named
        if not named and not is_plain and part.strip(b"\0 \r\n"):
            found.add(_OTHER_NOTES)
    return tuple(meaning for meaning in _MEANINGS if meaning in found)


def _readable_forms(part: bytes) -> Iterator[bytes]:
    """Bytes as they are, without the zeros of UTF-16, and what is compressed in them."""
    yield part
    yield part.replace(b"\0", b"")
    for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", part):
        with suppress(zlib.error):
            inside = zlib.decompressobj().decompress(part[start.start() :], 1 << 20)
            yield inside.replace(b"\0", b"")


def _read_exif_meanings(data: bytes) -> tuple[set[str], bool]:
    """What the tags of an Exif block say, and whether it says only how the picture is to be shown."""
    from PIL import Image

    named, exif = set[str](), Image.Exif()
    try:
        exif.load(data)
        tags = {*exif, *exif.get_ifd(_CAMERA_TAGS)}
        if exif.get_ifd(_LOCATION_TAGS):
            named.add(LOCATION)
        is_plain = tags <= _PLAIN_TAGS and not exif.get_ifd(_LOCATION_TAGS) and not exif.get_ifd(_THUMBNAIL_TAGS)
    except Exception:  # Pillow raises many kinds for a damaged Exif
        return named, False
    return named | {meaning for meaning, known in _TAG_MEANINGS.items() if tags & known}, is_plain
