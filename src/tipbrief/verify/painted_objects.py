"""Painted objects: what a page paints, in order, as PDFium reads it: texts, shapes and pictures."""

import ctypes
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from tipbrief.verify import pdfium_functions as api

Box = tuple[float, float, float, float]  # left, bottom, right, top
Colour = tuple[int, int, int]
Matrix = tuple[float, float, float, float, float, float]

_BOX_POINTS = 5  # of a path that is a box: it ends where it begins
_LONGEST_BORDER = 10  # points of a ring of two boxes
_LEAST_SIZE = 5.0  # points
_IMPOSED_SCALE = 0.7  # of two sheets on one, each of which is a group
_LEAST_RATIO, _GREATEST_RATIO = 0.5, 2.0  # of a letter's width to its height
_LEAST_ADVANCE = 0.2  # of a letter, as a part of the size
_EDGE_TOLERANCE = 1.0  # points
_OPAQUE = 0.99
_WIDEST_OUTLINE = 0.06  # of a letter, as a part of the size: fonts without a bold weight get one
# What PDFium gives for a pattern.
PATTERN_COLOURS = ((191, 191, 191), (0, 0, 0))
_READ_MATRIX = struct.Struct("6f").unpack_from


@dataclass(slots=True, eq=False)
class PaintedObject:
    """One object of a page. Its box is cut to what clips it; its colour is None if it has more than one."""

    handle: int
    kind: int
    box: Box
    colour: Colour | None
    alpha: float
    mark: int  # the number of the marked content, -1 where there is none
    bounds: Box  # before it is cut
    turn: Matrix | None = None  # of the group in which it stands

    @property
    def is_opaque(self) -> bool:
        """Whether nothing shows through it."""
        return self.alpha > _OPAQUE


@dataclass(slots=True, eq=False)
class PaintedText(PaintedObject):
    """A text. ``fault`` says why nobody can read it, ``doubt`` why that cannot be told without drawing it."""

    text: str = ""
    size: float = 0.0
    baseline: float = 0.0
    fault: str = ""
    doubt: str = ""


@dataclass(eq=False)
class PaintedShape(PaintedObject):
    """A path. Its points are read while the page is open, if they are asked for."""

    fill_mode: int = api.FPDF_FILLMODE_WINDING

    @property
    def is_filled(self) -> bool:
        """Whether more than its line is painted."""
        return bool(self.fill_mode)

    @property
    def may_have_hole(self) -> bool:
        """Whether what lies within two of its rings is not painted."""
        return bool(self.fill_mode == api.FPDF_FILLMODE_ALTERNATE)

    @cached_property
    def points(self) -> list[tuple[float, float]]:
        """Its points on the page."""
        count, matrix = api.FPDFPath_CountSegments(self.handle), _read_matrix(ctypes.c_void_p(self.handle), self.turn)
        points = _iterate_points(count, partial(api.FPDFPath_GetPathSegment, self.handle))
        return [_apply(matrix, point) for point in points]

    @cached_property
    def fills_box(self) -> bool:
        """Whether it is a box without turn."""
        is_box = self.is_filled and api.FPDFPath_CountSegments(self.handle) <= _BOX_POINTS
        return is_box and all(len({round(point[axis], 1) for point in self.points}) == 2 for axis in (0, 1))

    @cached_property
    def hole(self) -> Box | None:
        """The box that a border leaves free: WeasyPrint draws it as two boxes, one within the other."""
        if not self.may_have_hole or not 8 <= api.FPDFPath_CountSegments(self.handle) <= _LONGEST_BORDER:
            return None
        half = len(self.points) // 2
        rings = [unite([one * 2 for one in ring]) for ring in (self.points[:half], self.points[half:])]
        return min(rings, key=lambda ring: (ring[2] - ring[0]) * (ring[3] - ring[1]))


def read_objects(page: Any, texts: Mapping[int, str], edge: Box) -> list[PaintedObject]:
    """All that a page paints, in order, also within groups; ``texts`` are the words of each text, by its address."""
    reader = _ObjectReader(texts, edge)
    for index in range(api.FPDFPage_CountObjects(page)):
        reader.add(api.FPDFPage_GetObject(page, index), None, edge)
    return reader.objects


class _ObjectReader:
    def __init__(self, texts: Mapping[int, str], edge: Box) -> None:
        self.objects: list[PaintedObject] = []
        self._texts, self._edge = texts, edge
        self._edges, self._channels, self._size = map(api.Output, ("ffff", "IIII", "f"))
        self._filled, self._stroked = ctypes.c_int(), ctypes.c_int()

    def add(self, handle: int, turn: Matrix | None, clip: Box) -> None:  # or what stands in a group
        kind = api.FPDFPageObj_GetType(handle)
        clip = _cut_to_clip_paths(handle, turn, clip)
        if kind == api.FPDF_PAGEOBJ_FORM:
            inner = _read_matrix(ctypes.c_void_p(handle), turn)
            for index in range(api.FPDFFormObj_CountObjects(handle)):
                self.add(api.FPDFFormObj_GetObject(handle, index), inner, clip)
            return
        place, mark = ctypes.c_void_p(handle), api.FPDFPageObj_GetMarkedContentID(handle)
        api.FPDFPageObj_GetBounds(place, *self._edges.places)
        box = left, bottom, right, top = self._edges.read()
        if turn:
            box = unite([_apply(turn, (x, y)) * 2 for x in (left, right) for y in (bottom, top)])
        colour, alpha = self._read_colour(api.FPDFPageObj_GetFillColor, place)
        kinds = {api.FPDF_PAGEOBJ_TEXT: PaintedText, api.FPDF_PAGEOBJ_PATH: PaintedShape}
        one = kinds.get(kind, PaintedObject)(handle, kind, intersect(box, clip), colour, alpha, mark, box, turn)
        self.objects.append(one)
        if isinstance(one, PaintedText):
            self._complete_text(one, place, clip)
        elif isinstance(one, PaintedShape):
            self._complete_shape(one, place)
        else:
            one.colour = None

    def _read_colour(self, function: Callable[..., int], place: Any) -> tuple[Colour, float]:
        function(place, *self._channels.places)
        red, green, blue, alpha = self._channels.read()
        return (red, green, blue), alpha / 255

    def _complete_text(self, one: PaintedText, place: Any, clip: Box) -> None:
        handle, box, turn = one.handle, one.bounds, one.turn
        one.text = self._texts.get(handle, "")
        api.FPDFTextObj_GetFontSize(place, *self._size.places)
        (size,), (a, b, c, d, _, one.baseline) = self._size.read(), _read_matrix(place, turn)
        width, height = size * math.hypot(a, b), size * math.hypot(c, d)
        one.size = height
        length, step = max(box[2] - box[0], box[3] - box[1]), _LEAST_ADVANCE * min(width, height)
        mode = api.FPDFTextObj_GetTextRenderMode(handle)
        if mode not in (api.FPDF_TEXTRENDERMODE_FILL, api.FPDF_TEXTRENDERMODE_FILL_STROKE):
            one.fault = "its letters are not filled"
        elif mode == api.FPDF_TEXTRENDERMODE_FILL_STROKE and self._read_line_width(place) > _WIDEST_OUTLINE * height:
            one.fault = "its letters have thick outlines"
        elif a * d - b * c <= 0 or a < 0:
            one.fault = "it is mirrored or upside down"
        elif one.mark >= 0 and (abs(b) > abs(a) / 5 or abs(c) > abs(d) / 2):
            one.fault = "it is turned or slanted"
        elif min(width, height) < _LEAST_SIZE * (_IMPOSED_SCALE if turn else 1):
            one.fault = f"it is {min(width, height):.1f} points high"
        elif not _LEAST_RATIO < width / height < _GREATEST_RATIO:
            one.fault = "its letters are pressed together or pulled apart"
        elif length < step * len(one.text) and 1 < sum(map(str.isalnum, one.text)) > length / step:
            one.fault = "its letters stand on one another"
        elif not is_within(box, self._edge):
            one.fault = "it lies beyond the edge of the page"
        elif not is_within(box, clip):
            one.fault = "it is cut off"
        if turn or a == 0 or api.FPDFPageObj_HasTransparency(handle):
            one.colour, one.doubt = None, "it is transparent or stands in a group"

    def _read_line_width(self, place: Any) -> float:
        api.FPDFPageObj_GetStrokeWidth(place, *self._size.places)
        return float(self._size.read()[0])

    def _complete_shape(self, one: PaintedShape, place: Any) -> None:
        api.FPDFPath_GetDrawMode(one.handle, self._filled, self._stroked)
        one.fill_mode = self._filled.value
        if not one.is_filled:
            one.colour, one.alpha = self._read_colour(api.FPDFPageObj_GetStrokeColor, place)
        elif self._stroked.value and api.FPDFPath_CountSegments(one.handle) <= _BOX_POINTS:
            one.bounds = unite([point * 2 for point in one.points])  # without its line
        if one.turn or (one.is_filled and one.colour in PATTERN_COLOURS):
            one.colour = None


def intersect(one: Box, other: Box) -> Box:
    """What two boxes share; empty if its left edge is right of its right one."""
    # The functions max and min take five times as long.
    left, bottom = other[0] if other[0] > one[0] else one[0], other[1] if other[1] > one[1] else one[1]
    right, top = other[2] if other[2] < one[2] else one[2], other[3] if other[3] < one[3] else one[3]
    return left, bottom, right, top


def is_empty(box: Box) -> bool:
    """Whether a box has no area."""
    return box[0] >= box[2] or box[1] >= box[3]


def is_within(inner: Box, outer: Box, tolerance: float = _EDGE_TOLERANCE) -> bool:
    """Whether a box lies in another, but for a little."""
    low = inner[0] >= outer[0] - tolerance and inner[1] >= outer[1] - tolerance
    return low and inner[2] <= outer[2] + tolerance and inner[3] <= outer[3] + tolerance


def unite(boxes: list[Box]) -> Box:
    """The box around some boxes."""
    if len(boxes) == 1:
        return boxes[0]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _apply(matrix: Matrix, point: tuple[float, float]) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    x, y = point
    return a * x + c * y + e, b * x + d * y + f


def _read_matrix(place: Any, turn: Matrix | None) -> Matrix:
    found = api.FS_MATRIX()
    api.FPDFPageObj_GetMatrix(place, ctypes.byref(found))
    own = a, b, c, d, e, f = _READ_MATRIX(found)
    if not turn:
        return own
    first, second = (turn[0], turn[2]), (turn[1], turn[3])
    multiplied = [row[0] * x + row[1] * y for x, y in ((a, b), (c, d)) for row in (first, second)]
    return multiplied[0], multiplied[1], multiplied[2], multiplied[3], *_apply(turn, (e, f))


def _iterate_points(count: int, segment: Callable[[int], Any]) -> Iterator[tuple[float, float]]:
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(count):
        api.FPDFPathSegment_GetPoint(segment(index), x, y)
        yield x.value, y.value


def _cut_to_clip_paths(handle: int, turn: Matrix | None, clip: Box) -> Box:
    """What the clip paths of an object leave of a box. PDFium drops the paths that hide nothing."""
    paths = api.FPDFPageObj_GetClipPath(handle)
    for path in range(api.FPDFClipPath_CountPaths(paths)):  # -1 where there are none
        count = api.FPDFClipPath_CountPathSegments(paths, path)
        points = _iterate_points(count, partial(api.FPDFClipPath_GetPathSegment, paths, path))
        if found := [_apply(turn, point) if turn else point for point in points]:
            clip = intersect(clip, unite([one * 2 for one in found]))
    return clip
