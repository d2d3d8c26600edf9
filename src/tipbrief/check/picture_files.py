"""Picture files: the files below ``pictures/``, their sizes, and whether a PDF/A-3 with sRGB colours can have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tipbrief.check.blocks import Block, ColumnsBlock, ImageBlock, inner_blocks
from tipbrief.check.models import Logo
from tipbrief.files import hash_of, read_bytes
from tipbrief.load import picture_cleaning
from tipbrief.load.picture_cleaning import CleanPicture, clean_picture, is_part_of_page, picture_problem
from tipbrief.load.publication_files import PICTURE_SUFFIXES
from tipbrief.problems import Problem, ProblemList, Problems, join_first_names, name_file

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PICTURES_FOLDER, _TEMPLATES_FOLDER = "pictures/", "templates/"
MAX_BYTES, MAX_SHAPES, MAX_NESTED_GROUPS = 3_000_000, 5_000, 50
LEAST_DPI = 150  # of a picture at its printed width; the styles print no picture with fewer than 100
# Millimetres: the width of the text on an A4 page, the gap between columns, the height of a logo.
_TEXT_WIDTH, _GUTTER, _LOGO_HEIGHT = 178.0, 8.0, 11.0
_MILLIMETRES_PER_INCH = 25.4
_UNPRINTABLE_MODES = {"CMYK": "it has the colours of a press (CMYK)", "I;16": "it has 16 bits a colour"}
# A drawing may have shapes only. Letters would be drawn unjoined, and could not be searched.
_FORBIDDEN_ELEMENTS = {
    "animate", "animateMotion", "animateTransform", "foreignObject", "image", "script", "set", "text",
    "textPath", "tref", "tspan", "video", "audio", "iframe",
}  # fmt: skip
_EXTERNAL_REFERENCE = re.compile(r"@import|url\(\s*[\"']?(?!#)|device-cmyk|\bcolor\(", re.I)
_DRAWING_SIZE = re.compile(r"\s*([0-9.]+)(?:px|pt|mm|cm|in)?\s*")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its size in pixels, or in a drawing's units, and a hash that changes with what it shows."""

    name: str
    width: float
    height: float
    is_drawing: bool
    sum: str

    @property
    def ratio(self) -> float:
        """Height divided by width."""
        return self.height / self.width

    def dpi(self, millimetres: float) -> float:
        """The dots per inch at a printed width; infinite for a drawing."""
        return float("inf") if self.is_drawing else self.width / millimetres * _MILLIMETRES_PER_INCH


def read_pictures(parts: Mapping[str, Path], problems: ProblemList) -> dict[str, Picture]:
    """The printable pictures of a dataset, by name. Problems of the others are added to ``problems``."""
    found = dict[str, Picture]()
    for name, path in parts.items():
        with problems.catch(), name_file(path):
            if name.startswith(_TEMPLATES_FOLDER) and name.endswith(PICTURE_SUFFIXES):
                data = read_bytes(path, picture_cleaning.MAX_PICTURE_BYTES)
                problems += () if is_part_of_page(data) else _find_telling_parts(clean_picture(data), path)
            elif name.startswith(PICTURES_FOLDER):
                data = read_bytes(path, MAX_BYTES)
                drawing_size = _measure_drawing(data) if path.suffix == ".svg" else None
                picture = clean_picture(data)
                problems += _find_telling_parts(picture, path)
                width, height = drawing_size or (picture.width, picture.height)
                identity = picture.pixels_hash or hash_of(picture.data)  # what is not delivered makes no new edition
                if width and height:
                    found[name] = Picture(name, width, height, bool(drawing_size), identity[:16])
                ProblemList(() if drawing_size else _find_photograph_problems(picture)).raise_all()
    return found


def _find_telling_parts(picture: CleanPicture, path: Path) -> Iterator[Problem]:
    """What a picture's file says beside the picture: an error if that is where it was taken, else a warning."""
    if picture.findings:
        says = join_first_names(picture.findings, len(picture.findings))
        located = picture_cleaning.LOCATION in picture.findings
        kind, severity = ("place-in-picture", "error") if located else ("telling-picture", "warning")
        message = f"beside the picture, the file has {says}; tipbrief delivers none of it"
        hint = "take it out of the file itself, too: tipbrief pictures clean FILE"
        yield Problem(message, path, hint=hint, kind=kind, severity=severity)


def check_resolution(
    blocks: Iterable[Block], pictures: Mapping[str, Picture], room: float = _TEXT_WIDTH
) -> Iterator[Problem]:
    """A warning for each picture with too few pixels for its printed width, in a column of ``room`` millimetres."""
    for block in blocks:
        if isinstance(block, ImageBlock) and (picture := pictures.get(block.file)):
            wide = room * block.width / 100
            if (dpi := picture.dpi(wide)) < LEAST_DPI:
                message = f"'{block.file}' has {picture.width:.0f} pixels for {wide:.0f} mm: {dpi:.0f} an inch"
                need = f"take one of {LEAST_DPI * wide / _MILLIMETRES_PER_INCH:.0f} pixels or more"
                less = int(100 * picture.width / LEAST_DPI * _MILLIMETRES_PER_INCH / room)
                hint = f"{need}, or write 'width: {less}'" if less >= 10 else need
                yield block.file.problem(message, hint, kind="coarse-picture", severity="warning")
        if isinstance(block, ColumnsBlock):
            parts = [int(part) for part in block.widths.split(":")]
            columns = [column for column in (block.right, block.middle, block.left) if column]
            for part, column in zip(parts, columns, strict=False):
                share = (room - _GUTTER * (len(parts) - 1)) * part / sum(parts)
                yield from check_resolution(column, pictures, share)
        else:
            yield from check_resolution(inner_blocks(block), pictures, room)


def check_logo_resolution(logo: Logo, pictures: Mapping[str, Picture]) -> Iterator[Problem]:
    """A warning if a logo has too few pixels for the head of a page."""
    picture = pictures.get(logo.file)
    if picture and (dpi := picture.dpi(_LOGO_HEIGHT / picture.ratio)) < LEAST_DPI:
        message = f"'{logo.file}' has {dpi:.0f} pixels an inch in the head of a page"
        hint = "take a drawing (SVG), which is sharp at any size, or a larger picture"
        yield logo.file.problem(message, hint, kind="coarse-picture", severity="warning")


def _find_photograph_problems(picture: CleanPicture) -> Iterator[Problem]:
    if fault := _UNPRINTABLE_MODES.get(picture.mode):
        hint = "save it in RGB with 8 bits a colour, as cameras and screens have it"
        yield picture_problem(fault, hint, "colours")
    if picture.is_animated:
        yield picture_problem("it moves", "save one picture of it")
    if len(picture.data) > MAX_BYTES:
        hint = "make it smaller: 2,200 pixels are enough for the width of a page"
        yield picture_problem(f"written anew without notes, it has more than {MAX_BYTES:,} bytes", hint, "too-large")


@lru_cache(16)
def _measure_drawing(data: bytes) -> tuple[float, float]:
    """The width and the height of a drawing; its problems, without a file, if it cannot be printed."""
    from defusedxml import DefusedXmlException, ElementTree  # few publications have a drawing

    outside = picture_problem("it names what is outside it", "save it as plain SVG")
    if b"<?xml-stylesheet" in data.lower():
        raise Problems(outside)
    try:
        root = ElementTree.fromstring(data)
    except DefusedXmlException:  # an entity, in whatever encoding
        raise Problems(outside) from None
    except (ElementTree.ParseError, ValueError, LookupError):
        raise Problems(picture_problem(*picture_cleaning.UNREADABLE_DRAWING)) from None
    width, height = _read_drawing_size(root)
    if not width or not height:
        raise Problems(picture_problem("the drawing has no size", "give it a viewBox: viewBox='0 0 WIDTH HEIGHT'"))
    ProblemList(_find_drawing_problems(root)).raise_all()
    return width, height


def _find_drawing_problems(root: Element) -> Iterator[Problem]:
    elements = list(root.iter())
    named = {one.get("id", ""): one for one in elements}
    if len(elements) > MAX_SHAPES:
        yield picture_problem(f"it has more than {MAX_SHAPES:,} shapes", "simplify it", "too-large")
    elif _count_shapes(root, named, {}, 0) > MAX_SHAPES:
        hint = "draw in place what <use> repeats (in Inkscape: Edit, Clone, Unlink Clone), and simplify it"
        yield picture_problem(f"by its <use> it has more than {MAX_SHAPES:,} shapes", hint, "too-large")
    if _nesting_depth(root) > MAX_NESTED_GROUPS:
        yield picture_problem(f"it has more than {MAX_NESTED_GROUPS} groups in each other", "simplify it", "too-large")
    if strange := sorted({*map(_tag_name, elements)} & _FORBIDDEN_ELEMENTS):
        hint = "keep shapes alone; make letters paths (in Inkscape: Path, Object to Path)"
        yield picture_problem(f"it has '{strange[0]}', which is no shape", hint, "no-shape")
    if any(map(_has_external_reference, elements)):
        hint = "take out links, imports, scripts and colours of presses: save it as plain SVG"
        yield picture_problem("it names what is outside it, or what runs", hint, "no-shape")


def _tag_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _nesting_depth(root: Element) -> int:
    level, depth = [root], 0
    while level:
        level, depth = [inner for one in level for inner in one], depth + 1
    return depth


def _count_shapes(element: Element, named: Mapping[str, Element], known: dict[str, int], inside: int) -> int:
    """The number of shapes with those that ``<use>`` repeats; too many if an element uses itself."""
    if inside > MAX_NESTED_GROUPS:  # the depth of groups is a problem of its own
        return 1 + MAX_SHAPES * (_tag_name(element) == "use")
    count = 1 + sum(_count_shapes(one, named, known, inside + 1) for one in element)
    if _tag_name(element) == "use":
        name = next((value[1:] for key, value in element.items() if key.rpartition("}")[2] == "href"), "")
        if name in named and name not in known:
            known[name] = 1 + MAX_SHAPES
            known[name] = _count_shapes(named[name], named, known, inside + 1)
        count += known.get(name, 0)
    return min(count, 1 + MAX_SHAPES)


def _read_drawing_size(root: Element) -> tuple[float, float]:
    if _tag_name(root) != "svg":
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
    return _tag_name(element) == "style" and bool(_EXTERNAL_REFERENCE.search(element.text or ""))
