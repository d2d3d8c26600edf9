"""Picture cleaning: a PNG, JPEG or SVG with only what it shows; and what else its file says.

Of a PNG only the pixels stay, in a new file; of a JPEG the segments that decode it; of both, which way up they are.
Other colours than those of sRGB are converted, so that no profile has to stay. What stays is known: nothing has to be
recognised to be taken out. What is taken out is searched for names, places and the like only to tell the editor.
"""

import io
import re
import struct
import warnings
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from tipbrief.files import DEFAULT_MAX_BYTES, hash_of, read_bytes, replace_file
from tipbrief.language.language import read_data_file
from tipbrief.problems import Problem, Problems, name_file

MAX_PIXELS, MAX_PICTURE_BYTES = 40_000_000, 5_000_000
LOCATION, _TAIL, _OTHER_NOTES = "the place where it was taken", "data after its end", "other notes"
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
# Exif with nothing but the orientation.
_ORIENTED = b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0%c\0\0\0\0\0\0"
_DAMAGED = "it is damaged, or neither PNG nor JPEG", "save it anew"
UNREADABLE_DRAWING = "it is no drawing that can be read", "save it as plain SVG"
_LISTS: dict[str, Any] = read_data_file(Path(__file__).with_suffix(".yaml"))
_SIGNS = {meaning: sign.encode("ascii") for meaning, sign in _LISTS["signs"].items()}
_MEANINGS = [*_SIGNS, _TAIL, _OTHER_NOTES]
# A marker of JPEG: no stuffed zero, and none of those that divide the coded picture.
_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
_SCAN, _END, _JFIF, _ADOBE = 0xDA, 0xD9, 0xE0, 0xEE
_DECODING = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA, 0xC4, 0xCC, 0xDB, 0xDD, _SCAN}  # frames, tables, scans
_JFIF_START = re.compile(rb"JFIF\0..([\0-\2](?:[\0-\t].){2})..", re.S)  # with the density of its dots, below 2,560
# Chunks of PNG that say nothing of anybody beside the picture. Their numbers are small.
_PLAIN_CHUNK = re.compile(
    rb"IDAT.*|IHDR.{13}|tRNS.{,256}|(?:gAMA|cHRM|pHYs)(?:\0[\0-\x0f]..)+[\0\1]?|sRGB.|iCCP.*|IEND", re.S
)
_NEAR = 2  # levels of 255 between colours that look the same


class CleanPicture(NamedTuple):
    """A picture's clean file, and what was taken out. Of a photograph also its mode, and its size when upright."""

    data: bytes
    findings: tuple[str, ...]
    mime: str
    mode: str = ""
    width: int = 0
    height: int = 0
    is_animated: bool = False
    pixels_hash: str = ""  # of a PNG: its bytes change with the library that writes it


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
        raise Problems(picture_problem(*_DAMAGED))
    if not data.startswith((_PNG_START, _JPEG_START)):
        from tipbrief.load.drawing_cleaning import clean_drawing  # few publications have a drawing

        try:
            drawing, removed = clean_drawing(data, _clean_data_address)
        except (ValueError, LookupError, RecursionError):
            raise Problems(picture_problem(*UNREADABLE_DRAWING)) from None
        return CleanPicture(drawing, _name_findings(removed), "image/svg+xml")
    image = _decode_photograph(data)
    orientation = 1
    with suppress(Exception):  # Pillow raises many kinds for a damaged Exif
        orientation = image.getexif().get(_ORIENTATION, 1)
    exif = _ORIENTED % orientation if orientation in range(2, 9) else b""
    mode, size = image.mode, image.size[::-1] if orientation in (5, 6, 7, 8) else image.size
    # A second frame of a JPEG is another view or a depth map: it is taken out.
    moves = image.format == "PNG" and getattr(image, "is_animated", False)
    try:
        if data.startswith(_PNG_START):
            removed, tail = _read_png_notes(data, mode)
            image = _visible_pixels(image)
            file, mime, pixels_hash = _encode(image, "PNG", exif=exif), "image/png", _hash_pixels(image, exif)
        else:
            coded, removed, tail = _clean_jpeg(data, exif)
            file, mime, pixels_hash = coded, "image/jpeg", ""
            pixels = _hash_pixels(image) if coded != data else ""
            if _convert_to_srgb(image):
                image.format = "JPEG"  # also if it has two frames
                file, _, _ = _clean_jpeg(_encode(image, "JPEG", quality="keep"), exif)
            del image  # two take much memory
            if pixels and _hash_pixels(_decode_photograph(coded)) != pixels:
                raise Problems(picture_problem(*_DAMAGED))  # decoders mend such a file, each in its way
    except (IndexError, ValueError, OSError, struct.error):
        raise Problems(picture_problem(*_DAMAGED)) from None
    return CleanPicture(file, _name_findings(removed, tail), mime, mode, size[0], size[1], moves, pixels_hash)


def clean_picture_file(file: Path) -> tuple[CleanPicture, bool]:
    """Replace a picture's file by its clean one: the picture, and whether the file changed."""
    data = read_bytes(file, DEFAULT_MAX_BYTES)
    if is_part_of_page(data):
        hint = "take out by hand what is not for readers; or give it a viewBox if it is a picture"
        raise Problems("this drawing is a part of a page: it has Jinja, or no size", file, hint=hint)
    with name_file(file):
        picture = clean_picture(data)
    # A photograph is written anew only where that takes something out.
    is_changed = picture.data != data and bool(picture.findings or not picture.mode)
    if is_changed:
        replace_file(file, picture.data, was=data)
    return picture, is_changed


def clean_addresses(text: str, *, has_jinja: bool = False) -> str:
    """A text of styles or of a page whose ``data:`` addresses of pictures are clean."""
    # Of a template that ``has_jinja``, addresses with Jinja stay: they are cleaned in the page.
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
def _clean_data_address(address: str) -> str:  # "data:," if it holds none
    head, _, body = address.partition(",")
    data = unquote_to_bytes(body)
    try:
        data = b64decode(data) if head.endswith(";base64") else data
        picture = clean_picture(data)
    except (ValueError, Problems):
        return "data:,"
    if picture.data in (data, data.replace(b"'", b'"')):  # such an address is written with either quotation mark
        return address
    return f"data:{picture.mime};base64,{b64encode(picture.data).decode('ascii')}"


def picture_problem(message: str, hint: str, kind: str = "no-picture") -> Problem:
    """The problem of a picture that cannot be printed, without its file."""
    return Problem(f"the picture cannot be printed: {message}", hint=hint, kind=kind)


def _decode_photograph(data: bytes) -> Any:
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
        raise Problems(picture_problem(f"it has more than {MAX_PIXELS:,} pixels", hint, "too-large")) from None
    except Exception:
        raise Problems(picture_problem(*_DAMAGED)) from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _hash_pixels(picture: Any, exif: bytes = b"") -> str:  # in strips: whole, it takes too much memory
    strips = [(0, top, picture.width, min(top + 256, picture.height)) for top in range(0, picture.height, 256)]
    parts = [hash_of(picture.crop(strip).tobytes()) for strip in strips]
    return hash_of(repr((exif, picture.mode, picture.size, picture.getpalette("RGBA"), parts)).encode())


def _convert_to_srgb(image: Any) -> bool:  # whether it had others
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA"):
        return False
    from PIL import Image, ImageChops, ImageCms  # few pictures have a profile

    levels = Image.linear_gradient("L")
    sample = Image.merge("RGB", (levels, levels.rotate(90), levels.rotate(180))).convert(image.mode)
    try:
        source, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        conversion = ImageCms.buildTransform(source, srgb, image.mode, image.mode)
    except (ImageCms.PyCMSError, ImportError, OSError):  # a Pillow without LittleCMS is possible, too
        return False
    differences: Any = ImageChops.difference(sample, conversion.apply(sample)).getextrema()
    if is_other := any(most > _NEAR for _, most in differences):
        conversion.apply_in_place(image)
    return is_other


def _encode(image: Any, kind: str, **options: Any) -> bytes:
    image.info.clear()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _clean_jpeg(data: bytes, exif: bytes) -> tuple[bytes, list[bytes], bytes]:
    """A JPEG of frames, tables, scans, and what marks say of its colours; what was taken out; what followed its end."""
    heads, body, removed, position = {_JFIF: b"", 0xE1: exif, _ADOBE: b""}, list[bytes](), list[bytes](), 2
    marker, scans_end = 0, 0  # tables behind the last scan decode nothing
    while found := _MARKER.search(data, position):
        (body if marker == _SCAN else removed).append(data[position : found.start()])
        scans_end = len(body) if marker == _SCAN else scans_end
        marker, position = found[1][0], found.end()
        if marker == _END:
            break
        length = int.from_bytes(data[position : position + 2])
        content, position = data[position + 2 : position + length], position + max(length, 2)
        if marker in _DECODING:  # decoders refuse such a segment if it is too long
            body.append(_segment(marker, content))
        elif marker == _JFIF and (start := _JFIF_START.match(content)):
            heads[_JFIF] = b"JFIF\0\1\1%b\0\0" % start[1]
            removed.append(content[14:])
        elif marker == _ADOBE and content.startswith(b"Adobe") and len(content) >= 12:
            heads[_ADOBE] = b"Adobe\0\x64\0\0\0\0" + content[11:12]
            removed.append(content[12:])
        elif not content.startswith(b"ICC_PROFILE\0"):
            removed.append(content)
    body, unused = body[:scans_end], body[scans_end:]
    head = b"".join(_segment(marker, content) for marker, content in heads.items() if content)
    return _JPEG_START[:2] + head + b"".join(body) + b"\xff\xd9", [*removed, *unused], data[position:]


def _segment(marker: int, content: bytes) -> bytes:
    return b"\xff%c%b%b" % (marker, (len(content) + 2).to_bytes(2), content)


def _visible_pixels(image: Any) -> Any:
    """A PNG's pixels in sRGB, without colours that nobody sees: of transparent pixels, or unused in its palette."""
    if image.mode == "P":
        ramp = image.crop((0, 0, 256, 1))
        ramp.putdata(range(256))
        colours = [*struct.iter_unpack("4s", _visible_pixels(ramp.convert("RGBA")).tobytes())]
        used = sorted({colours[index] for _, index in image.getcolors()})
        image = image.point([used.index(colour) if colour in used else 0 for colour in colours])
        form = "RGBA" if any(colour[3] < 255 for (colour,) in used) else "RGB"
        image.putpalette(b"".join(colour[: len(form)] for (colour,) in used), form)
        return image
    if "transparency" in image.info and image.mode in ("1", "L", "RGB"):
        image = image.convert("RGBA" if image.mode == "RGB" else "LA")
    _convert_to_srgb(image)
    if image.mode in ("LA", "RGBA"):
        hidden = image.getchannel("A").point([255] + [0] * 255)
        # White, as paper is: where a picture is made smaller, such a pixel can tint its neighbours.
        image.paste((255,) * (len(image.mode) - 1) + (0,), None, hidden)
    return image


def _read_png_notes(data: bytes, mode: str) -> tuple[list[bytes], bytes]:
    """What a PNG's file has beside its picture: in it, and behind its end."""
    removed, name, position = list[bytes](), b"", 8
    while name != b"IEND" and position + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        chunk = data[position + 4 : position + 8 + length]
        position += 12 + length
        if not _PLAIN_CHUNK.fullmatch(chunk) and (name != b"PLTE" or mode != "P"):
            removed.append(chunk)
    return removed, data[position:]


def _name_findings(removed: Iterable[bytes], tail: bytes = b"") -> tuple[str, ...]:
    """What parts of a file and what follows its end say of where, who and with what, in the order of ``_MEANINGS``."""
    found = {_TAIL} if tail else set[str]()
    for part in filter(None, [*removed, tail]):
        starts = [one.start() for one in re.finditer(_EXIF, part)] + [4] * part.startswith(b"eXIf")  # as PNG names it
        tags = [_telling_tags(part[start:]) for start in starts]
        texts = [*_readable_forms(part), *tags]
        named = {meaning for meaning, sign in _SIGNS.items() if any(re.search(sign, text, re.I) for text in texts)}
        found |= named
        if not named and (any(tags) or not tags) and part.strip(b"\0 \r\n"):
            found.add(_OTHER_NOTES)
    return tuple(meaning for meaning in _MEANINGS if meaning in found)


def _readable_forms(part: bytes) -> Iterator[bytes]:  # also without the zeros of UTF-16, and decompressed
    yield part
    yield part.replace(b"\0", b"")
    for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", part):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(part[start.start() :], 1 << 20).replace(b"\0", b"")


def _telling_tags(data: bytes) -> bytes:  # Exif tags that say more than how to show the picture
    from PIL import ExifTags, Image

    exif = Image.Exif()
    try:
        exif.load(data)
        tags = {*exif, *exif.get_ifd(_CAMERA_TAGS), *exif.get_ifd(_THUMBNAIL_TAGS)} - {*_LISTS["plain_tags"]}
        names = [ExifTags.TAGS.get(tag, "Unknown") for tag in tags]
        names += ["GPSPosition"] * bool(exif.get_ifd(_LOCATION_TAGS))
    except Exception:  # Pillow raises many kinds for a damaged Exif
        names = ["Unknown"]
    return "".join(f":{name}" for name in names).encode()
