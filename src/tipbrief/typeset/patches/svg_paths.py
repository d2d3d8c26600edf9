"""SVG paths: the pieces of a path are turned into PDF operators once.

Stands in for ``path`` of ``weasyprint.svg.path``, which reads a path letter by letter through a dozen regular
expressions. The shapes of a map are the same in many documents, and so are the squares of QR codes.

Why the result is the same: a piece begins with an absolute ``M`` and ends with a ``z``, after which the next
one begins with ``M``: nothing that was read before it changes what it becomes. It has straight lines only and
no units, so neither size nor letters around it matter. The corners are not noted, for they serve the markers
alone: a path that asks for them is drawn by WeasyPrint, and so is one with anything else than such pieces.

Its key is the text of the piece. Bound: 8 MB of pieces and operators.
"""

import re
from collections import deque
from typing import Any

import pydyf
from weasyprint import svg
from weasyprint.svg.utils import size

from tipbrief.typeset.patches.bounded_memo import BoundedMemo
from tipbrief.typeset.patches.upstream_fixes import MARKER_ATTRIBUTES

MOST_PATH_BYTES = 8_000_000
_SUBPATH = re.compile(r"M[0-9LHVZlhvzm .,+\-\n]*[zZ]\s*(?=M|\Z)")
_SUBPATH_OVERHEAD = 200  # bytes beside its text

_subpath_memo: BoundedMemo[tuple[bytes, ...]] = BoundedMemo(MOST_PATH_BYTES)
_original_path = svg.path


def apply_patch() -> None:
    """Read each piece once."""
    svg.TAGS["path"] = draw_path


def draw_path(drawing: Any, node: Any, font_size: float) -> None:
    """Draw a path by its pieces, as they were drawn before."""
    steps = None if any(name in node.attrib for name in MARKER_ATTRIBUTES) else _find_operators(node.get("d", ""))
    if steps is None:
        _original_path(drawing, node, font_size)
    else:
        drawing.stream.move_to(0, 0)
        drawing.stream.stream += steps


def _find_operators(text: str) -> list[bytes] | None:
    """The operators of a path; None where it is not made of pieces alone."""
    pieces = _SUBPATH.findall(text)
    if sum(map(len, pieces)) != len(text):
        return None
    steps: list[bytes] = []
    for piece in pieces:
        weight = _SUBPATH_OVERHEAD + 10 * len(piece)  # an operator is a text of its own
        made = _subpath_memo.find_value(piece, weight)
        if made is None:
            made = _convert_subpath(piece)
            if made is None:
                return None
            _subpath_memo.add_value(piece, made, weight)
        steps += made
    return steps


def _convert_subpath(piece: str) -> tuple[bytes, ...] | None:
    drawing = _SubpathDrawing(piece)
    try:
        _original_path(drawing, drawing, 0)
    except Exception:  # WeasyPrint meets it again, and says or hides it
        return None
    return tuple(drawing.stream.stream[1:])


class _SubpathDrawing:
    """A drawing with one path, as far as a path without units asks."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.stream = pydyf.Stream()
        self.vertices: deque[Any] = deque()

    def get(self, name: str, default: str) -> str:
        return self._text

    @staticmethod
    def point(x: str | float, y: str | float, font_size: float) -> tuple[float, float]:
        return size(x), size(y)
