"""Vertical fill: measures the pages that were laid out, and spreads the leftover space of each page and column.

Boxes move and grow as by ``--rest`` and ``--level`` in the styles: the HTML with these gives the same page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tipbrief.typeset.patches.private_api import box_classes

MAX_COLUMN_GAP = 9.0  # millimetres at most in each gap of the shorter of two columns
LEAST_COLUMN_GAP = 0.1  # less is not seen
GAPS_BETWEEN_BLOCKS = 2  # gaps are between two blocks: a wide space alone would be a hole
# What grows in a column, by its class: the part of a gap that is put above its words, and as much below.
GROWTH_SHARES = {"segment": 1.0, "badge-choice": 1.0, "group": 0.5}
_PIXELS_PER_MILLIMETRE = 96 / 25.4


@dataclass(frozen=True, slots=True)
class BlockExtent:
    """A block, or its part on this page: its heading or else its kind, its top and its foot."""

    name: str
    top: float
    foot: float


@dataclass(frozen=True, slots=True)
class PageFill:
    """How full a page is. Lengths are millimetres from the upper edge of what a page may fill."""

    height: float
    blocks: tuple[BlockExtent, ...]
    has_page_break: bool  # a page block is here: what follows begins on a new page
    # The height between lines and drawings, that of lines, and how many blocks of main follow another block.
    spaces: float = 0.0
    lines: float = 0.0
    gaps: int = 0

    @property
    def foot(self) -> float:
        """The lowest edge of what stands on the page."""
        return max((block.foot for block in self.blocks), default=0.0)


def measure_page(page: Any) -> PageFill:
    """Measure a page of WeasyPrint."""
    top, end = page.content_box_y(), page.content_box_y() + page.height
    blocks = find_blocks(page)
    standing: list[BlockExtent] = []
    spaces, lines, foot_above = 0.0, 0.0, top
    for block, _ in blocks:
        edges = (_millimetres(edge - top) for edge in (block.border_box_y(), _foot(block, end)))
        standing.append(BlockExtent(_block_name(block.element), *edges))
        inside = _measure_spaces_and_lines(block)
        spaces += block.border_box_y() - foot_above
        spaces, lines, foot_above = spaces + inside[0], lines + inside[1], _lower_border(block)
    ends = any(_is_page_break(block) and block.style["break_after"] == "page" for block, _ in _find_stack(page))
    gaps = sum(in_main for _, in_main in blocks[1:])
    return PageFill(_millimetres(page.height), tuple(standing), ends, _millimetres(spaces), _millimetres(lines), gaps)


def find_blocks(page: Any) -> list[tuple[Any, bool]]:
    """The blocks of a page, one below the other, without page breaks; and whether each is in main."""
    return [(block, in_main) for block, in_main in _find_stack(page) if not _is_page_break(block)]


def _find_stack(page: Any) -> list[tuple[Any, bool]]:
    children = [child for root in page.children[:1] for body in root.children for child in body.children]
    return [
        (block, child.element_tag == "main")
        for child in children
        for block in (child.children if child.element_tag == "main" else [child])
        if block.is_in_normal_flow()
    ]


def _is_page_break(block: Any) -> bool:
    return "page-break" in block.element.get("class", "").split()


def _measure_spaces_and_lines(box: Any) -> tuple[float, float]:
    """The height of a box between lines and drawings, and that of its lines; of a row, in its tallest cell."""
    if isinstance(box, box_classes().LineBox):
        return 0.0, float(box.height)
    inside = [child for child in getattr(box, "children", ()) if child.is_in_normal_flow()]
    if isinstance(box, box_classes().TableRowBox):
        ends = [max((c.position_y + c.margin_height() for c in cell.children), default=0.0) for cell in inside]
        inside = [inside[ends.index(max(ends))]] if inside else []
    if not inside:
        return 0.0, 0.0
    spaces = max(0.0, box.border_height() - sum(child.border_height() for child in inside))
    parts = [*map(_measure_spaces_and_lines, inside)]
    return spaces + sum(part[0] for part in parts), sum(part[1] for part in parts)


def _lower_border(box: Any) -> float:
    return float(box.border_box_y() + box.border_height())


def _foot(block: Any, end: float) -> float:
    # What continues on the next page is drawn down to the page's end; its text may end above.
    foot = _lower_border(block)
    if foot < end - 0.01 or not (inside := getattr(block, "children", ())):
        return foot
    return max(_foot(child, end) for child in inside)


def _block_name(element: Any) -> str:
    heading = next((item for item in element.iter() if item.tag in ("h1", "h2", "h3")), None)
    label = "" if heading is None else heading.get("data-label") or "".join(heading.itertext())
    return f"«{' '.join(label.split())}»" if label else str(element.get("class", element.tag)).split()[0]


def _millimetres(pixels: float) -> float:
    return round(pixels * 25.4 / 96, 3)


def spread_blocks(page: Any, rest: float) -> None:
    """Put these pixels between the blocks of main, and between the masthead and main."""
    down = 0.0
    for block, in_main in find_blocks(page)[1:]:
        down += rest * in_main
        _move_box(block, down)


def level_columns(page: Any) -> dict[str, float]:
    """Let shorter columns end where the longest beside them does, if they are near enough; pixels a gap by selector."""
    found: dict[str, float] = {}
    parents = {child: one for one in page.children[0].element.iter() for child in one}
    boxes = (box for block, _ in find_blocks(page) for box in _walk_boxes(block))
    for row in (box for box in boxes if isinstance(box, box_classes().TableRowBox)):
        columns = [cell for cell in row.children if "column" in _classes(cell) and cell.children]
        feet = [_lower_border(column.children[-1]) for column in columns]
        for column, foot in zip(columns, feet, strict=True):
            places = GAPS_BETWEEN_BLOCKS * (len(column.children) - 1) + _count_gaps(column)
            if not places:
                continue
            got = int(min((max(feet) - foot) / places, MAX_COLUMN_GAP * _PIXELS_PER_MILLIMETRE) * 10) / 10
            if got >= LEAST_COLUMN_GAP * _PIXELS_PER_MILLIMETRE:
                found[_selector(column.element, parents)] = got
                _stretch_column(column, got)
    return found


def _count_gaps(box: Any) -> float:
    """The number of gaps in the growing parts of a box; of a row, in its first cell, as in all others."""
    return 2 * _growth_share(box) or sum(map(_count_gaps, _stacked_children(box)))


def _stretch_column(column: Any, level: float) -> None:  # pixels into each gap; its own height stays the row's
    down = 0.0
    for number, block in enumerate(column.children):
        down += GAPS_BETWEEN_BLOCKS * level * bool(number)
        _move_box(block, down)
        down += _grow_box(block, level)


def _grow_box(box: Any, level: float) -> float:  # returns by how much it is higher
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


def _stacked_children(box: Any) -> Any:  # of a row only the first cell, as the others are beside it
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


def _adjust_background(box: Any, down: float, higher: float) -> None:  # which moving a box does not move
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
