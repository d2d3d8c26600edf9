"""Rest: what a page has left over is put between its blocks, without a layout of its own.

Blocks are moved as ``--rest`` in the styles moves them: laid out anew, the HTML with it gives the same page.
"""

from collections.abc import Iterator
from typing import Any

from tipbrief.typeset.measure import blocks_of


def spread(page: Any, rest: float) -> None:
    """Put so many pixels more between the blocks of main, and between the masthead and them."""
    down = 0.0
    for block, in_main in blocks_of(page)[1:]:
        down += rest * in_main
        block.translate(dy=down)
        for box in _all_boxes(block):
            if background := getattr(box, "background", None):
                layers = [_moved(layer, down) for layer in background.layers]
                box.background = background._replace(layers=layers)


def _all_boxes(box: Any) -> Iterator[Any]:
    yield box
    for child in box.all_children():
        yield from _all_boxes(child)


def _moved(layer: Any, down: float) -> Any:
    """What is painted of a background, which was found in the layout: a translation does not move it."""

    def moved(area: Any) -> Any:
        left, top, *more = area
        return left, top + down, *more

    return layer._replace(
        painting_area=moved(layer.painting_area),
        positioning_area=moved(layer.positioning_area) if layer.image else layer.positioning_area,
        clipped_boxes=[moved(box) for box in layer.clipped_boxes],
    )
