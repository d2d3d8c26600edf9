"""Vertical fill: the leftover space of a page is spread between its blocks, that of a column between its own.

Boxes are moved and grow in the way that ``--rest`` and ``--level`` in the styles do it. So the HTML with these
gives the same page when it is laid out, and no further layout is needed here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tipbrief.typeset.measure import find_blocks
from tipbrief.typeset.patches.private_api import box_classes

MAX_COLUMN_GAP = 9.0  # millimetres at most in each gap of the shorter of two columns
LEAST_COLUMN_GAP = 0.1  # less is not seen
GAPS_BETWEEN_BLOCKS = 2  # gaps are between two blocks: a wide space alone would be a hole
# What grows in a column, by its class: the part of a gap that is put above its words, and as much below.
GROWTH_SHARES = {"segment": 1.0, "badge-choice": 1.0, "group": 0.5}
_PIXELS_PER_MILLIMETRE = 96 / 25.4


def spread_blocks(page: Any, rest: float) -> None:
    """Put these pixels between the blocks of main, and between the masthead and main."""
    down = 0.0
    for block, in_main in find_blocks(page)[1:]:
        down += rest * in_main
        _move_box(block, down)


def level_columns(page: Any) -> dict[str, float]:
    """Let shorter columns end where the longest beside them does, if they are near enough.

    Returns by the selector of each such column how many pixels each gap in it got.
    """
    found: dict[str, float] = {}
    parents = {child: one for one in page.children[0].element.iter() for child in one}
    boxes = (box for block, _ in find_blocks(page) for box in _walk_boxes(block))
    for row in (box for box in boxes if isinstance(box, box_classes().TableRowBox)):
        columns = [cell for cell in row.children if "column" in _classes(cell) and cell.children]
        feet = [_foot(column) for column in columns]
        for column, foot in zip(columns, feet, strict=True):
            places = GAPS_BETWEEN_BLOCKS * (len(column.children) - 1) + _count_gaps(column)
            if not places:
                continue
            got = int(min((max(feet) - foot) / places, MAX_COLUMN_GAP * _PIXELS_PER_MILLIMETRE) * 10) / 10
            if got >= LEAST_COLUMN_GAP * _PIXELS_PER_MILLIMETRE:
                found[_selector(column.element, parents)] = got
                _stretch_column(column, got)
    return found


def _foot(column: Any) -> float:
    last = column.children[-1]
    return float(last.border_box_y() + last.border_height())


def _count_gaps(box: Any) -> float:
    """The number of gaps in the growing parts of a box; of a row, in its first cell, as in all others."""
    if grows := _growth_share(box):
        return 2 * grows
    return sum(map(_count_gaps, _stacked_children(box)))


def _stretch_column(column: Any, level: float) -> None:
    """Put these pixels into each gap of a column; the column itself stays as high as its row."""
    down = 0.0
    for number, block in enumerate(column.children):
        down += GAPS_BETWEEN_BLOCKS * level * bool(number)
        _move_box(block, down)
        down += _grow_box(block, level)


def _grow_box(box: Any, level: float) -> float:
    """Let the growing parts of a box grow; returns by how much the box is higher."""
    if part := _growth_share(box):
        above = level * part
        for child in box.children:
            _move_box(child, above)
        box.padding_top, box.padding_bottom = box.padding_top + above, box.padding_bottom + above
        more = 2 * above
    else:
        if not _count_gaps(box):
            return 0.0
        more, beside = 0.0, _stacked_children(box) != getattr(box, "children", ())
        for child in box.children:
            _move_box(child, 0.0 if beside else more)
            grown = _grow_box(child, level)
            more = max(more, grown) if beside else more + grown
        box.height += more
    _adjust_background(box, 0.0, more)
    return more


def _stacked_children(box: Any) -> Any:
    """The children of a box; of a row only the first cell, as the others are beside it."""
    children = getattr(box, "children", ())
    return children[:1] if isinstance(box, box_classes().TableRowBox) else children


def _growth_share(box: Any) -> float:
    if not isinstance(box, box_classes().BlockContainerBox) or isinstance(box, box_classes().TableBox):
        return 0.0
    return next((part for name, part in GROWTH_SHARES.items() if name in _classes(box)), 0.0)


def _classes(box: Any) -> list[str]:
    return [] if box.element is None else box.element.get("class", "").split()


def _selector(element: Any, parents: Mapping[Any, Any]) -> str:
    if element.tag == "main":
        return "main"
    above = parents[element]
    return f"{_selector(above, parents)} > :nth-child({list(above).index(element) + 1})"


def _move_box(box: Any, down: float) -> None:
    if down:
        box.translate(dy=down)
        for one in _walk_boxes(box):
            _adjust_background(one, down, 0.0)


def _walk_boxes(box: Any) -> Iterator[Any]:
    waiting = [box]
    while waiting:
        yield (box := waiting.pop())
        waiting += reversed([*box.all_children()])


def _adjust_background(box: Any, down: float, higher: float) -> None:
    """Move and stretch the painted background of a box, which moving a box does not move."""
    if background := getattr(box, "background", None):
        layers = [_adjust_layer(layer, down, higher) for layer in background.layers]
        box.background = background._replace(layers=layers)


def _adjust_layer(layer: Any, down: float, higher: float) -> Any:
    def adjust_area(area: Any) -> Any:
        left, top, width, height, *corners = area
        return left, top + down, width, height + higher, *corners

    changed = layer._replace(
        painting_area=adjust_area(layer.painting_area), clipped_boxes=[adjust_area(box) for box in layer.clipped_boxes]
    )
    if layer.image:
        area, size = adjust_area(layer.positioning_area), layer.size
        if size == layer.positioning_area[2:]:  # it fills its box, like a gradient
            size = area[2:]
        changed = changed._replace(positioning_area=area, size=size)
    return changed
