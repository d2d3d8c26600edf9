"""Visibility: whether a reader sees each text of a page: its colour against its ground, and what is painted over it.

The objects of a page tell it of most texts. Of the others it is drawn: with the text, without it, with it in black.
"""

import ctypes
import math
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from PIL import Image, ImageChops

from tipbrief.colour_contrast import compare_rgb
from tipbrief.verify import pdfium_functions as api
from tipbrief.verify.painted_objects import (
    Box,
    Colour,
    PaintedObject,
    PaintedShape,
    PaintedText,
    intersect,
    is_empty,
    is_within,
)
from tipbrief.verify.pdfium import PdfiumPage

_LEAST_CONTRAST = 2.0  # of a text to its ground
_WHITE: Colour = (255, 255, 255)
_LINE_SHARE = 0.16  # of a text's height that a line may hide
_MAX_UNDERLINES = 2
_ABOVE_BASELINE, _BELOW_TOP = 0.08, 0.05  # of a text's height where its ground does not count
TOUCH = 0.3  # points
_BAND = 40.0  # points: objects are looked for by their height on the page
_SCALE = 2.0  # pixels a point
INK, _FEW_INK = 200, 300  # the value of a pixel with ink; what a part of a text must have to be compared
_LEAST_SHOWN = 0.22  # of the ink of each part of a text
_LEAST_OF_OTHERS = 0.35  # of the part that is seen best
_PARTS = 4  # of a text's height


def find_unseen_texts(page: PdfiumPage, *, thorough: bool) -> Iterator[tuple[str, str]]:
    """The texts that a reader does not see, each with the cause. ``thorough`` draws each text."""
    doubtful: dict[int, PaintedText] = {}
    underlines: list[int] = []
    for order, text, grounds, covers, lines in _iterate_surroundings(page.objects):
        crossing = (page.objects[place].box for place in lines)
        if fault := text.fault or _find_fault(text, grounds, covers, crossing):
            yield text.text.strip() or "…", fault
        elif (text.doubt or thorough) and any(map(str.isalnum, text.text)):
            doubtful[order] = text
            underlines += lines if len(lines) <= _MAX_UNDERLINES else ()
    for order, fault in _draw_texts(page, [*doubtful], underlines) if doubtful else ():
        text = doubtful[order]
        yield text.text.strip(), f"{text.doubt}: {fault}" if text.doubt else fault


def _iterate_surroundings(
    objects: Sequence[PaintedObject],
) -> Iterator[tuple[int, PaintedText, list[PaintedObject], list[PaintedObject], list[int]]]:
    """Each text: its place, the objects under it down to the first that fills its box, those over it, the lines."""
    bands: defaultdict[int, list[tuple[int, PaintedObject]]] = defaultdict(list)
    for order, one in enumerate(objects):
        if not isinstance(one, PaintedText) and one.alpha > 0 and not is_empty(one.box):
            for band in range(int(one.box[1] // _BAND), int(one.box[3] // _BAND) + 1):
                bands[band].append((order, one))
    for order, text in enumerate(objects):
        if not isinstance(text, PaintedText) or text.text.isspace():
            continue
        left, bottom, right, top = text.box
        height = top - bottom
        core = (left, bottom + _ABOVE_BASELINE * height, right, top - _BELOW_TOP * height)
        around = (left - TOUCH, bottom - TOUCH, right + TOUCH, top + TOUCH)
        near = {
            place: one
            for band in range(int(around[1] // _BAND), int(around[3] // _BAND) + 1)
            for place, one in bands[band]
            if one.box[1] < around[3] and one.box[3] > around[1] and one.box[0] < around[2] and one.box[2] > around[0]
            if _touches(around, one)
        }
        grounds: list[PaintedObject] = []
        lines: list[int] = []
        covers = [near[place] for place in near if place > order and _touches(core, near[place])]
        for place in sorted((place for place in near if place < order), reverse=True):
            one = near[place]
            if min(one.box[2] - one.box[0], one.box[3] - one.box[1]) < _LINE_SHARE * text.size:
                lines.append(place)
                continue
            if not _touches(core, one):
                continue
            grounds.append(one)
            if isinstance(one, PaintedShape) and one.fills_box and one.is_opaque and is_within(core, one.box, 0.6):
                break
        else:
            grounds.append(PaintedShape(0, api.FPDF_PAGEOBJ_PATH, text.box, _WHITE, 1.0, -1, text.box))
        yield order, text, grounds, covers, lines


def _touches(core: Box, one: PaintedObject) -> bool:
    box = one.box
    if core[0] + TOUCH >= box[2] or box[0] + TOUCH >= core[2] or core[1] + TOUCH >= box[3]:
        return False
    if box[1] + TOUCH >= core[3]:
        return False
    return not (isinstance(one, PaintedShape) and one.hole and is_within(core, one.hole))


def _find_fault(
    text: PaintedText, grounds: Sequence[PaintedObject], covers: Iterable[PaintedObject], lines: Iterable[Box]
) -> str:
    """Why a text is not seen; where that is not sure, its doubt is set."""
    left, bottom, right, top = text.box
    if right - left > 1 and text.text and not any(map(str.isprintable, text.text)):
        return "its glyphs say nothing"
    # An underline crosses what of its letters reaches below the baseline.
    over = [line for line in lines if line[1] > text.baseline + _ABOVE_BASELINE * text.size]
    for cover in covers:
        if min(cover.box[2] - cover.box[0], cover.box[3] - cover.box[1]) >= _LINE_SHARE * text.size:
            text.doubt = text.doubt or "something is painted over it"
        else:
            over.append(cover.box)
    for line in over:
        is_long = min(line[2], right) - max(line[0], left) > (right - left) / 2 and bottom < line[1] and line[3] < top
        if is_long and bottom + (top - bottom) / 4 < (line[1] + line[3]) / 2 < top - (top - bottom) / 8:
            return "it is struck through"
    if text.doubt:
        return ""
    if not text.is_opaque or any(not one.is_opaque or one.colour is None for one in grounds):
        text.doubt = "it stands on more than one colour"
        return ""
    assert text.colour is not None
    least = min(compare_rgb(text.colour, one.colour or _WHITE) for one in grounds)
    if least < _LEAST_CONTRAST:
        if len(grounds) == 1:
            return f"its colour has a contrast of {least:.1f} to its ground"
        text.doubt = "it has the colour of a part of its ground"
    return ""


def _draw_texts(page: PdfiumPage, orders: Sequence[int], underlines: Iterable[int]) -> Iterator[tuple[int, str]]:
    """The texts, by their place among the objects, of which a part of the ink is not seen where they are drawn."""
    # Three drawings: with all, without the texts, and the texts alone in black. What of a letter lies on an underline
    # in its colour makes no difference, and so these lines are left out.
    with page.open_again() as (handle, objects):
        for order in underlines:
            api.FPDFPageObj_SetIsActive(objects[order].handle, False)
        edge = page.drawn_box
        boxes = {order: pixel_box(edge, objects[order].box) for order in orders}
        shown = {order: draw_part(edge, handle, box) for order, box in boxes.items()}
        for order in orders:
            api.FPDFPageObj_SetIsActive(objects[order].handle, False)
        without = {order: draw_part(edge, handle, box) for order, box in boxes.items()}
        for order, one in enumerate(objects):
            api.FPDFPageObj_SetIsActive(one.handle, order in boxes)
            api.FPDFPageObj_SetFillColor(one.handle, 0, 0, 0, 255)
            api.FPDFPageObj_SetBlendMode(one.handle, b"Normal")
        for index in range(api.FPDFPage_CountObjects(handle)):
            if api.FPDFPageObj_GetType(group := api.FPDFPage_GetObject(handle, index)) == api.FPDF_PAGEOBJ_FORM:
                api.FPDFPageObj_SetFillColor(group, 0, 0, 0, 255)  # the opacity of a group is its own
        alone = {order: draw_part(edge, handle, box) for order, box in boxes.items()}
    for order in orders:
        text = objects[order]
        assert isinstance(text, PaintedText)
        step = max(3, int(text.size * _SCALE / _PARTS))
        shares = _shown_shares(step, shown[order], without[order], alone[order])
        if min(shares) < _LEAST_SHOWN:
            yield order, f"{100 * min(shares):.0f} % of the ink of a part of it is seen"
        elif min(shares) < _LEAST_OF_OTHERS * max(shares):
            yield order, f"of one part {100 * min(shares):.0f} % is seen, of another {100 * max(shares):.0f} %"


def _shown_shares(step: int, shown: Image.Image, without: Image.Image, alone: Image.Image) -> list[float]:
    """The share of the ink of each part of a text that makes a difference to its ground; drawn in grey."""
    inked = alone.point([255 * (value < INK) for value in range(256)])
    width, height = (step * math.ceil(length / step) for length in alone.size)
    sums = []
    for picture in (ImageChops.difference(shown, without), ImageChops.invert(alone)):
        of_ink = Image.composite(picture, Image.new("L", alone.size), inked)
        means = of_ink.crop((0, 0, width, height)).convert("F").reduce(step)  # with black beyond the edges
        sums.append([step * step * mean for mean in struct.unpack(f"{width * height // step**2}f", means.tobytes())])
    parts = [*zip(*sums, strict=True)]
    shares = [seen / ink for seen, ink in parts if ink > _FEW_INK]
    return shares or [sum(seen for seen, _ in parts) / max(1, sum(ink for _, ink in parts))]


def pixel_box(edge: Box, box: Box) -> tuple[int, int, int, int]:
    """A box in pixels from the top left corner of the page: left, top, right, bottom."""
    left, bottom, right, top = intersect(box, edge)
    x, y = int((left - edge[0]) * _SCALE), int((edge[3] - top) * _SCALE)
    end_x, end_y = math.ceil((right - edge[0]) * _SCALE), math.ceil((edge[3] - bottom) * _SCALE)
    return x, y, max(x + 1, end_x), max(y + 1, end_y)


def draw_part(edge: Box, page: Any, box: tuple[int, int, int, int]) -> Image.Image:
    """A part of a page in grey."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    bitmap = api.FPDFBitmap_Create(width, height, 0)
    try:
        api.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        whole = (math.ceil((edge[2] - edge[0]) * _SCALE), math.ceil((edge[3] - edge[1]) * _SCALE))
        api.FPDF_RenderPageBitmap(bitmap, page, -left, -top, *whole, 0, api.FPDF_ANNOT)
        stride = api.FPDFBitmap_GetStride(bitmap)
        data = ctypes.string_at(api.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        api.FPDFBitmap_Destroy(bitmap)
    picture = Image.frombuffer("RGB", (width, height), data, "raw", "BGRX", stride, 1)
    # Of each pixel the channel that differs most from white or from another is not known: their mean is near it.
    return picture.convert("L", (1 / 3, 1 / 3, 1 / 3, -1 / 3))  # which Pillow rounds: a third less is exact
