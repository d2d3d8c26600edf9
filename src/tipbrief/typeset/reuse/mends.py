"""Mends: what WeasyPrint does twice or for nothing; docs/upstream.md has them as patches. Nothing is kept.

* ``get_next_linebox`` of ``weasyprint.layout.inline`` lays a line out again until floats leave it its place.
  Whether they do is asked, from right to left, with a width that is zero where there is no float: the answer
  is no the first time, and each line is broken, shaped and laid out twice. Why the result is the same: where
  no float is near, nothing that the second layout is made from has changed. Left out is where the second
  layout does something else by other faults: it loses what ``::first-line`` asks for, notes a running element
  a second time, and makes floats in a flex box count.
* ``SVG.draw_markers`` walks over all corners of all shapes, though no marker is asked for. Why the result is
  the same: a marker without a name is none, and all that is left is to forget the corners.
"""

import inspect
from typing import Any

from weasyprint.layout import inline
from weasyprint.svg import SVG

WAS = """\
        if line.height <= candidate_height:
            break
"""
IS = """\
        if line.height <= candidate_height:
            break
        if type(context.excluded_shapes) is list and not (
                excluded_shapes or context.excluded_shapes or
                first_line_style or any(context.running_elements.values())):
            # No float is near, the first layout stands.
            break
"""
MARKERS = ("marker", "marker-start", "marker-mid", "marker-end")

_draw_markers = SVG.draw_markers


def put() -> None:
    """Lay out each line once, and look for markers only where they are asked for."""
    # The change is in the middle of a long function; its text is changed, as a patch would.
    source = inspect.getsource(inline.get_next_linebox).replace(WAS, IS)
    lines_before = "\n" * (inline.get_next_linebox.__code__.co_firstlineno - 1)
    exec(compile(lines_before + source, inline.__file__, "exec"), vars(inline))
    SVG.draw_markers = draw_markers


def draw_markers(self: Any, node: Any, font_size: float, fill_stroke: bool) -> None:
    """The markers of a node, if it asks for any."""
    if any(name in node.attrib for name in MARKERS):
        _draw_markers(self, node, font_size, fill_stroke)
    else:
        node.vertices.clear()
