"""Box values: the lengths of a box without percentages, and whether it stands in the flow, are found once a style.

Brings: a sheet takes 1.1 times the CPU without it. Why no byte changes: docs/contributing/patches.md.
"""

from types import SimpleNamespace
from typing import Any

from weasyprint.formatting_structure.boxes import Box
from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.layout.percent import resolve_percentages

from tipbrief.typeset.patches.registry import replace_function

_LENGTHS = tuple(f"{kind}_{side}" for kind in ("margin", "padding") for side in ("top", "right", "bottom", "left"))
_LENGTHS += ("width", "min_width", "max_width", "height", "min_height", "max_height")
_BORDER_WIDTHS = [f"border_{side}_width" for side in ("top", "right", "bottom", "left")]
_original_is_in_flow = Box.is_in_normal_flow


def apply_patch() -> None:
    """Find both once a style from now on."""
    replace_function(resolve_percentages, _resolve_percentages)
    Box.is_in_normal_flow = _is_in_normal_flow


def _resolve_percentages(box: Any, containing_block: Any) -> None:
    # A placeholder of a box that was taken out of the flow has attributes of its own.
    memo = None if type(box) is AbsolutePlaceholder else box.style.memo
    if memo is not None and "lengths" not in memo.derived_values:
        found = _find_lengths(box.style)
        if memo := box.style.memo:  # computing a value may detach it
            memo.derived_values["lengths"] = found
    if memo is None or not (values := memo.derived_values["lengths"]):
        resolve_percentages(box, containing_block)
        return
    lengths, widths = values
    own = box.__dict__
    own.update(lengths)
    for name, width in widths:
        own.setdefault(name, width)


def _find_lengths(style: Any) -> tuple[dict[str, Any], list[tuple[str, Any]]] | None:
    """The lengths of any box with this style, and border widths for a box without them; None if more decides."""
    lengths = [style[name] for name in _LENGTHS]
    collapse = style["border_collapse"] == "collapse"
    if collapse and style["box_sizing"] != "content-box":
        return None
    if not all(length == "auto" or getattr(length, "unit", None) == "px" for length in lengths):
        return None
    box = SimpleNamespace(style=style)
    resolve_percentages(box, (0, 0))
    found = vars(box)
    del found["style"]
    return found, [(name, found.pop(name)) for name in _BORDER_WIDTHS] if collapse else []


def _is_in_normal_flow(self: Any) -> Any:
    memo = self.style.memo
    if memo is None or "is_floated" in self.__dict__:
        return _original_is_in_flow(self)
    values = memo.derived_values
    if "is_in_flow" not in values:
        values["is_in_flow"] = _original_is_in_flow(self)
    return values["is_in_flow"]
