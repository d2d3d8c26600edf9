"""Rest: what a page has left over is put between its blocks, what a column has left over between its own.

Boxes are moved and grow as ``--rest`` and ``--level`` in the styles move them: laid out anew, the HTML with
these gives the same page, without a layout of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tipbrief.typeset.libraries import boxes
from tipbrief.typeset.measure import blocks_of

MOST_LEVEL = 9.0  # millimetres that are put into each place of the shorter of two columns
LEAST_LEVEL = 0.1  # less is not seen
BETWEEN = 2  # places are between two blocks: where a column has few, a wide space alone would be a hole
# What grows in a column, by its class, and what part of a place is put above its words, and as much below.
GROWING = {"segment": 1.0, "badge-choice": 1.0, "group": 0.5}
_MILLIMETRE = 96 / 25.4


def spread(page: Any, rest: float) -> None:
    """Put so many pixels more between the blocks of main, and between the masthead and them."""
    down = 0.0
    for block, in_main in blocks_of(page)[1:]:
        down += rest * in_main
        _move(block, down)


def level(page: Any) -> dict[str, float]:
    """Let the shorter columns of a page end where the longest beside them does, if they are near enough.

    By the selector of each such column, how many pixels each place in it got.
    """
    found: dict[str, float] = {}
    parents = {child: one for one in page.children[0].element.iter() for child in one}
    for row in _rows_of_columns(page):
        feet = [_foot(column) for column in row]
        for column, foot in zip(row, feet, strict=True):
            places = BETWEEN * (len(column.children) - 1) + _places(column)
            if not places:
                continue
            got = int(min((max(feet) - foot) / places, MOST_LEVEL * _MILLIMETRE) * 10) / 10
            if got >= LEAST_LEVEL * _MILLIMETRE:
                found[_selector(column.element, parents)] = got
                _stretch(column, got)
    return found


def _rows_of_columns(page: Any) -> Iterator[list[Any]]:
    """The columns that stand beside each other."""
    for block, _ in blocks_of(page):
        for box in _all_boxes(block):
            if isinstance(box, boxes().TableRowBox):
                columns = [cell for cell in box.children if "column" in _classes(cell) and cell.children]
                if len(columns) > 1:
                    yield columns


def _foot(column: Any) -> float:
    last = column.children[-1]
    return float(last.border_box_y() + last.border_height())


def _places(box: Any) -> float:
    """How many places are in what grows of a box; of a row, in its first cell, as in all others."""
    if grows := _grows(box):
        return 2 * grows
    return sum(map(_places, _one_below_other(box)))


def _stretch(column: Any, level: float) -> None:
    """Put so many pixels into each place of a column; the column itself stays as high as its row."""
    down = 0.0
    for number, block in enumerate(column.children):
        down += BETWEEN * level * bool(number)
        _move(block, down)
        down += _grow(block, level)


def _grow(box: Any, level: float) -> float:
    """Let grow what grows of a box, and say by how much it is higher."""
    if part := _grows(box):
        above = level * part
        for child in box.children:
            _move(child, above)
        box.padding_top, box.padding_bottom = box.padding_top + above, box.padding_bottom + above
        more = 2 * above
    else:
        if not _places(box):
            return 0.0
        more, beside = 0.0, _one_below_other(box) != getattr(box, "children", ())
        for child in box.children:
            _move(child, 0.0 if beside else more)
            grown = _grow(child, level)
            more = max(more, grown) if beside else more + grown
        box.height += more
    _paint(box, 0.0, more)
    return more


def _one_below_other(box: Any) -> Any:
    """The children of a box; of a row the first one, beside which the others stand."""
    children = getattr(box, "children", ())
    return children[:1] if isinstance(box, boxes().TableRowBox) else children


def _grows(box: Any) -> float:
    if not isinstance(box, boxes().BlockContainerBox) or isinstance(box, boxes().TableBox):
        return 0.0
    return next((part for name, part in GROWING.items() if name in _classes(box)), 0.0)


def _classes(box: Any) -> list[str]:
    return [] if box.element is None else box.element.get("class", "").split()


def _selector(element: Any, parents: Mapping[Any, Any]) -> str:
    """The way to an element from main, where it stands."""
    steps = list[str]()
    while element.tag != "main":
        above = parents[element]
        steps.insert(0, f":nth-child({list(above).index(element) + 1})")
        element = above
    return " > ".join(("main", *steps))


def _move(box: Any, down: float) -> None:
    if down:
        box.translate(dy=down)
        for one in _all_boxes(box):
            _paint(one, down, 0.0)


def _all_boxes(box: Any) -> Iterator[Any]:
    waiting = [box]
    while waiting:
        yield (box := waiting.pop())
        waiting += reversed([*box.all_children()])


def _paint(box: Any, down: float, higher: float) -> None:
    """What is painted of a background, which was found in the layout: moving a box does not move it."""
    if background := getattr(box, "background", None):
        layers = [_painted(layer, down, higher) for layer in background.layers]
        box.background = background._replace(layers=layers)


def _painted(layer: Any, down: float, higher: float) -> Any:
    def painted(area: Any) -> Any:
        left, top, width, height, *corners = area
        return left, top + down, width, height + higher, *corners

    changed = layer._replace(
        painting_area=painted(layer.painting_area),
        clipped_boxes=[painted(box) for box in layer.clipped_boxes],
    )
    if layer.image:
        area, size = painted(layer.positioning_area), layer.size
        if size == layer.positioning_area[2:]:  # it fills its box, as a gradient does
            size = area[2:]
        changed = changed._replace(positioning_area=area, size=size)
    return changed
