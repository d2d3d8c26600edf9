"""Pictures: the files below ``pictures/``, what they are, and whether paper and archive can have them.

A PDF/A-3 file of ours has the colours of sRGB alone; what stands in a picture's hidden data goes out with it.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tipbrief.check.blocks import Block, ColumnsBlock, ImageBlock, inner_blocks
from tipbrief.check.models import Logo
from tipbrief.files import read_bytes
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PICTURES_FOLDER = "pictures/"
MOST_BYTES, MOST_PIXELS, MOST_SHAPES, MOST_NESTED_GROUPS = 3_000_000, 40_000_000, 5_000, 50
LEAST_DPI = 150  # of a picture at its printed width; the styles print none with fewer than 100
# Millimetres: the text of an A4 page, and what is between two columns; how high a logo is printed.
_TEXT_WIDTH, _GUTTER, _LOGO_HEIGHT = 178.0, 8.0, 11.0
_MILLIMETRES_PER_INCH = 25.4
_UNPRINTABLE_MODES = {
    "CMYK": "it has the colours of a press (CMYK)",
    "I;16": "it has 16 bits a colour",
    "I": "it has more than 8 bits a colour",
    "F": "it has more than 8 bits a colour",
    "LAB": "it has the colours of Lab",
}
_GPS_TAG = 0x8825  # the part of EXIF that says where a photograph was taken
_SRGB_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))
# Of a drawing: what is no shape. Letters would be drawn unjoined, and nobody could find them.
_FORBIDDEN_ELEMENTS = {
    "animate", "animateMotion", "animateTransform", "foreignObject", "image", "script", "set", "text",
    "textPath", "tref", "tspan", "video", "audio", "iframe",
}  # fmt: skip
_EXTERNAL_REFERENCE = re.compile(r"@import|url\(\s*[\"']?(?!#)|device-cmyk|\bcolor\(", re.I)
_DRAWING_SIZE = re.compile(r"\s*([0-9.]+)(?:px|pt|mm|cm|in)?\s*")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its size in pixels, or in units of a drawing; the hash of its file."""

    name: str
    width: float
    height: float
    is_drawing: bool
    sum: str

    @property
    def ratio(self) -> float:
        """The height by the width."""
        return self.height / self.width

    def dpi(self, millimetres: float) -> float:
        """The dots an inch at a printed width; a drawing has as many as are wanted."""
        return float("inf") if self.is_drawing else self.width / millimetres * _MILLIMETRES_PER_INCH


def read_pictures(parts: Mapping[str, Path], problems: Any) -> dict[str, Picture]:
    """The pictures of a dataset that can be printed, by name; what is wrong with others is told."""
    found = dict[str, Picture]()
    for name, path in parts.items():
        if not name.startswith(PICTURES_FOLDER):
            continue
        try:
            data = read_bytes(path, MOST_BYTES)
            told, width, height = _inspect_drawing(data) if path.suffix == ".svg" else _inspect_photograph(data)
        except Problems as raised:
            problems += raised.problems
            continue
        for message, hint, kind, severity in told:
            if severity == "error":
                message = f"the picture cannot be printed: {message}"
            problems.append(Problem(message, path, hint=hint, kind=kind, severity=severity))
        if width and height:
            digest = hashlib.sha256(data).hexdigest()[:16]
            found[name] = Picture(name, width, height, path.suffix == ".svg", digest)
    return found


def check_resolution(
    blocks: Iterable[Block], pictures: Mapping[str, Picture], room: float = _TEXT_WIDTH
) -> Iterator[Problem]:
    """A warning for each picture with too few pixels for the width that these blocks give it."""
    for block in blocks:
        if isinstance(block, ImageBlock) and (picture := pictures.get(block.file)):
            wide = room * block.width / 100
            if (dpi := picture.dpi(wide)) < LEAST_DPI:
                message = f"'{block.file}' has {picture.width:.0f} pixels for {wide:.0f} mm: {dpi:.0f} an inch"
                need = f"take one of {LEAST_DPI * wide / _MILLIMETRES_PER_INCH:.0f} pixels or more"
                less = int(100 * picture.width / LEAST_DPI * _MILLIMETRES_PER_INCH / room)
                hint = f"{need}, or write 'width: {less}'" if less >= 10 else need
                yield block.file.problem(message, hint, kind="coarse-picture", severity="warning")
        for inside, share in _inner_widths(block, room):
            yield from check_resolution(inside, pictures, share)


def check_logo_resolution(logo: Logo, pictures: Mapping[str, Picture]) -> Iterator[Problem]:
    """A warning where a logo has too few pixels for the head of a page."""
    picture = pictures.get(logo.file)
    if picture and (dpi := picture.dpi(_LOGO_HEIGHT / picture.ratio)) < LEAST_DPI:
        message = f"'{logo.file}' has {dpi:.0f} pixels an inch in the head of a page"
        hint = "take a drawing (SVG), which is sharp at any size, or a larger picture"
        yield logo.file.problem(message, hint, kind="coarse-picture", severity="warning")


def _inner_widths(block: Block, room: float) -> Iterator[tuple[Iterable[Block], float]]:
    """The blocks inside a block, each row of them with the width that it has."""
    if isinstance(block, ColumnsBlock):
        parts = [int(part) for part in block.widths.split(":")]
        columns = [column for column in (block.right, block.middle, block.left) if column]
        for part, column in zip(parts, columns, strict=False):
            yield column, (room - _GUTTER * (len(parts) - 1)) * part / sum(parts)
    else:
        yield inner_blocks(block), room


# What is told of a picture: message, hint, kind, severity.
_Findings = list[tuple[str, str, str, str]]


@lru_cache(16)
def _inspect_photograph(data: bytes) -> tuple[_Findings, float, float]:
    from PIL import Image, ImageFile

    # WeasyPrint, once loaded, lets Pillow fill up what is cut off.
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Any = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "MPO"))
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError  # as Pillow does at once where there are many more
            image.load()
            exif = image.getexif()
            turned, place = exif.get(0x0112, 1) in (5, 6, 7, 8), exif.get_ifd(_GPS_TAG)
    except MemoryError:
        raise
    except Image.DecompressionBombError:
        hint = "make it smaller: 2,200 pixels are enough for the width of a page"
        return [(f"it has more than {MOST_PIXELS:,} pixels", hint, "too-large", "error")], 0, 0
    except Exception:
        return [("it is damaged, or neither PNG nor JPEG", "save it anew", "no-picture", "error")], 0, 0
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient
    width, height = (image.height, image.width) if turned else (image.width, image.height)
    return [*_find_photograph_problems(image, data, bool(place))], width, height


def _find_photograph_problems(image: Any, data: bytes, place: bool) -> Iterator[tuple[str, str, str, str]]:
    if fault := _UNPRINTABLE_MODES.get(image.mode):
        yield fault, "save it in RGB with 8 bits a colour, as cameras and screens have it", "colours", "error"
    if place or b"GPSLatitude" in data:
        hint = "save it without the place (in GIMP: export without Exif and XMP), which may put people in danger"
        yield "it says where it was taken, to whoever gets the PDF", hint, "place-in-picture", "error"
    if getattr(image, "is_animated", False) and image.format == "PNG":
        yield "it moves", "save one picture of it", "no-picture", "error"
    profile = image.info.get("icc_profile") or b""
    if profile and image.mode not in ("L", "LA", "1") and not any(name in profile for name in _SRGB_NAMES):
        message = "the picture's colours are not those of sRGB, and will look paler or brighter in the PDF"
        yield message, "convert it to sRGB in a picture editor", "colours", "warning"


@lru_cache(16)
def _inspect_drawing(data: bytes) -> tuple[_Findings, float, float]:
    from defusedxml import DefusedXmlException, ElementTree  # few publications have a drawing

    outside: _Findings = [("it names what is outside it", "save it as plain SVG", "no-picture", "error")]
    if b"<?xml-stylesheet" in data.lower():
        return outside, 0, 0
    try:
        root = ElementTree.fromstring(data)
    except DefusedXmlException:  # an entity, in whatever encoding
        return outside, 0, 0
    except (ElementTree.ParseError, ValueError, LookupError):
        return [("it is no drawing that can be read", "save it as plain SVG", "no-picture", "error")], 0, 0
    width, height = _read_drawing_size(root)
    if not width or not height:
        hint = "give it a viewBox: viewBox='0 0 WIDTH HEIGHT'"
        return [("the drawing has no size", hint, "no-picture", "error")], 0, 0
    told: _Findings = []
    elements = list(root.iter())
    named = {one.get("id", ""): one for one in elements}
    if len(elements) > MOST_SHAPES:
        told.append((f"it has more than {MOST_SHAPES:,} shapes", "simplify it", "too-large", "error"))
    elif _count_shapes(root, named, {}, 0) > MOST_SHAPES:
        hint = "draw in place what <use> repeats (in Inkscape: Edit, Clone, Unlink Clone), and simplify it"
        told.append((f"by its <use> it has more than {MOST_SHAPES:,} shapes", hint, "too-large", "error"))
    if _nesting_depth(root) > MOST_NESTED_GROUPS:
        told.append(
            (f"it has more than {MOST_NESTED_GROUPS} groups in each other", "simplify it", "too-large", "error")
        )
    names = {str(one.tag).rpartition("}")[2] for one in elements}
    if strange := sorted(names & _FORBIDDEN_ELEMENTS):
        hint = "keep shapes alone; make letters paths (in Inkscape: Path, Object to Path)"
        told.append((f"it has '{strange[0]}', which is no shape", hint, "no-shape", "error"))
    if any(map(_has_external_reference, elements)):
        hint = "take out links, imports, scripts and colours of presses: save it as plain SVG"
        told.append(("it names what is outside it, or what runs", hint, "no-shape", "error"))
    return told, width, height


def _nesting_depth(root: Element) -> int:
    """How many elements are in each other."""
    level, depth = [root], 0
    while level:
        level, depth = [inner for one in level for inner in one], depth + 1
    return depth


def _count_shapes(element: Element, named: Mapping[str, Element], known: dict[str, int], inside: int) -> int:
    """How many shapes are drawn where ``<use>`` repeats others; too many where one is in itself."""
    if inside > MOST_NESTED_GROUPS:  # of groups, that is told by itself
        return 1 + MOST_SHAPES * (element.tag.rpartition("}")[2] == "use")
    count = 1 + sum(_count_shapes(one, named, known, inside + 1) for one in element)
    if element.tag.rpartition("}")[2] == "use":
        name = next((value[1:] for key, value in element.items() if key.rpartition("}")[2] == "href"), "")
        if name in named and name not in known:
            known[name] = 1 + MOST_SHAPES
            known[name] = _count_shapes(named[name], named, known, inside + 1)
        count += known.get(name, 0)
    return min(count, 1 + MOST_SHAPES)


def _read_drawing_size(root: Element) -> tuple[float, float]:
    if root.tag.rpartition("}")[2] != "svg":
        return 0, 0
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    try:
        if len(box) == 4:
            width, height = float(box[2]), float(box[3])
        else:
            sizes = [_DRAWING_SIZE.fullmatch(root.get(name, "")) for name in ("width", "height")]
            width, height = (float(size[1]) if size else 0.0 for size in sizes)
    except ValueError:
        return 0, 0
    return (width, height) if 0 < width < 1e6 and 0 < height < 1e6 else (0, 0)


def _has_external_reference(element: Element) -> bool:
    for key, value in element.items():
        name = key.rpartition("}")[2].lower()
        if name.startswith("on") or (name == "href" and not value.startswith("#")) or _EXTERNAL_REFERENCE.search(value):
            return True
    is_style = str(element.tag).rpartition("}")[2] == "style"
    return is_style and bool(_EXTERNAL_REFERENCE.search(element.text or ""))
