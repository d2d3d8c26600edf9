"""Percentages: what a style without percentages gives to its boxes is found once for the style.

Stands in for ``resolve_percentages``, which sets eighteen lengths of a box, each by three calls, up to three
times a box. Why the result is the same: where all lengths are given in pixels or are ``auto``, neither the
box nor what it stands in is asked for; the eighteen values, found once by WeasyPrint's own function, are
those of every box of the style. Collapsing borders are left to it, as there a box may have widths of its own.

Key: the style's ``Said`` (see ``styles``), which a style loses when layout writes to it. Bound: that of the
styles, one dictionary of eighteen numbers each.
"""

from types import SimpleNamespace
from typing import Any

from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.layout.percent import resolve_percentages

from tipbrief.typeset.reuse.in_use import put_for

_LENGTHS = tuple(
    f"{kind}_{side}" for kind in ("margin", "padding") for side in ("top", "right", "bottom", "left")
)
_LENGTHS += ("width", "min_width", "max_width", "height", "min_height", "max_height")
_NAME = "percentages"


def put() -> None:
    """Find the lengths of boxes once a style from now on."""
    put_for(resolve_percentages, _resolve)


def _resolve(box: Any, containing_block: Any) -> None:
    said = box.style.said
    # What stands in for a box that was taken out of the flow has attributes of its own.
    if said is None or type(box) is AbsolutePlaceholder:
        resolve_percentages(box, containing_block)
        return
    found = said.answers.get(_NAME)
    if found is None:
        found = said.answers[_NAME] = _given_by(box.style)
    if found:
        box.__dict__.update(found)
    else:
        resolve_percentages(box, containing_block)


def _given_by(style: Any) -> dict[str, Any]:
    """The lengths of any box with this style; none where they depend on more than the style."""
    lengths = [style[name] for name in _LENGTHS]
    if style["border_collapse"] == "collapse" or not all(
        length == "auto" or getattr(length, "unit", None) == "px" for length in lengths
    ):
        return {}
    box = SimpleNamespace(style=style)
    resolve_percentages(box, (0, 0))
    given = vars(box)
    del given["style"]
    return given
