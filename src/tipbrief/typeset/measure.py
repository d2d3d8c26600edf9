"""Measures the pages that were laid out: where blocks are, and how much space is between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tipbrief.typeset.patches.private_api import box_classes, unwrap_box

if TYPE_CHECKING:
    from tipbrief.pdf.pdf_draft import LinkTargets


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
    # The height between lines and drawings, the height of lines, and the number of blocks of main that follow
    # another block.
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
    found = [block for block, _ in blocks]
    standing: list[BlockExtent] = []
    spaces = lines = 0.0
    for block, above in zip(found, (None, *found), strict=False):
        edges = (_millimetres(edge - top) for edge in (block.border_box_y(), _foot(block, end)))
        standing.append(BlockExtent(_block_name(block.element), *edges))
        inside = _measure_spaces_and_lines(block)
        spaces += block.border_box_y() - (above.border_box_y() + above.border_height() if above else top)
        spaces, lines = spaces + inside[0], lines + inside[1]
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
        inside = [max(inside, key=_lowest_edge)] if inside else []
    if not inside:
        return 0.0, 0.0
    spaces = max(0.0, box.border_height() - sum(child.border_height() for child in inside))
    parts = [*map(_measure_spaces_and_lines, inside)]
    return spaces + sum(part[0] for part in parts), sum(part[1] for part in parts)


def _lowest_edge(cell: Any) -> float:
    return max((child.position_y + child.margin_height() for child in cell.children), default=0.0)


def _foot(block: Any, end: float) -> float:
    # What continues on the next page is drawn down to the page's end; its text may end above.
    foot = float(block.border_box_y() + block.border_height())
    if foot < end - 0.01 or not (inside := getattr(block, "children", ())):
        return foot
    return max(_foot(child, end) for child in inside)


def _block_name(element: Any) -> str:
    heading = next((item for item in element.iter() if item.tag in ("h1", "h2", "h3")), None)
    label = "" if heading is None else heading.get("data-label") or "".join(heading.itertext())
    return f"«{' '.join(label.split())}»" if label else str(element.get("class", element.tag)).split()[0]


def _millimetres(pixels: float) -> float:
    return round(pixels * 25.4 / 96, 3)


def find_targets(pages: Sequence[Any]) -> LinkTargets:
    """The text runs to which anchors and bookmarks lead.

    A box without text leads to the next one; margin boxes are in no tag.
    """
    from tipbrief.pdf.pdf_draft import LinkTargets

    targets = LinkTargets({}, [])
    count = 0
    for page in pages:
        count = _note_targets(page, count, targets)
    return targets


def _note_targets(box: Any, count: int, targets: LinkTargets, tagged: bool = True) -> int:
    """Note the targets in a box after ``count`` text runs; returns the count after the box."""
    box = unwrap_box(box)
    tagged = tagged and not isinstance(box, box_classes().MarginBox)
    here = count if tagged else None
    if name := box.style["anchor"]:
        targets.anchors.setdefault(name, here)
    if box.bookmark_label and box.style["bookmark_level"] != "none":
        targets.bookmarks.append(here)
    if isinstance(box, (box_classes().TextBox, box_classes().ReplacedBox)):
        return count + tagged
    for child in getattr(box, "children", ()):
        count = _note_targets(child, count, targets, tagged)
    return count
