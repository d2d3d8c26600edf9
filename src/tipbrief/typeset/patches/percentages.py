"""Percentages: what a style without percentages gives to its boxes is found once for the style.

Stands in for ``resolve_percentages``, which sets eighteen lengths of a box, each by three calls, up to three
times a box. Why the result is the same: where all lengths are given in pixels or are ``auto``, neither the
box nor what it stands in is asked for; the eighteen values, found once by WeasyPrint's own function, are
those of every box of the style. Where borders collapse, a box keeps the widths that it has got.

Key: the style's ``Said`` (see ``styles``), which a style loses when layout writes to it. Bound: that of the
styles, one dictionary of eighteen numbers each.
"""

from types import SimpleNamespace
from typing import Any

from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.layout.percent import resolve_percentages

from tipbrief.typeset.patches.computed_styles import keep_answer
from tipbrief.typeset.patches.registry import replace_function

_LENGTHS = tuple(f"{kind}_{side}" for kind in ("margin", "padding") for side in ("top", "right", "bottom", "left"))
_LENGTHS += ("width", "min_width", "max_width", "height", "min_height", "max_height")
_WIDTHS = [f"border_{side}_width" for side in ("top", "right", "bottom", "left")]
_NAME = "percentages"


def apply_patch() -> None:
    """Find the lengths of boxes once a style from now on."""
    replace_function(resolve_percentages, _resolve)


def _resolve(box: Any, containing_block: Any) -> None:
    said = box.style.memo
    # What stands in for a box that was taken out of the flow has attributes of its own.
    if said is None or type(box) is AbsolutePlaceholder:
        resolve_percentages(box, containing_block)
        return
    found = said.derived_values.get(_NAME)
    if found is None:
        found = keep_answer(box.style, _NAME, _given_by(box.style))
    if not found:
        resolve_percentages(box, containing_block)
        return
    lengths, widths = found
    own = box.__dict__
    own.update(lengths)
    for name, width in widths:
        own.setdefault(name, width)


def _given_by(style: Any) -> tuple[dict[str, Any], list[tuple[str, Any]]] | tuple[()]:
    """The lengths of any box with this style, and the widths of borders for a box that has none.

    Nothing where they depend on more than the style.
    """
    lengths = [style[name] for name in _LENGTHS]
    collapse = style["border_collapse"] == "collapse"
    if (collapse and style["box_sizing"] != "content-box") or not all(
        length == "auto" or getattr(length, "unit", None) == "px" for length in lengths
    ):
        return ()
    box = SimpleNamespace(style=style)
    resolve_percentages(box, (0, 0))
    given = vars(box)
    del given["style"]
    return given, [(name, given.pop(name)) for name in _WIDTHS] if collapse else []
