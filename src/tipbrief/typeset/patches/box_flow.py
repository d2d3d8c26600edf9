"""Flow: whether a box floats, or stands in the flow at all, is found once for its style.

Stands in for ``Box.is_in_normal_flow``, ``is_floated`` and ``is_absolutely_positioned``, which are asked
thousands of times a page and look at ``float`` and ``position`` of the style up to five times each. Why the
result is the same: nothing else is looked at.

Key: the style's ``Said`` (see ``styles``), which a style loses when layout writes to it. Bound: that of the
styles.
"""

from typing import Any

from weasyprint.formatting_structure.boxes import Box

_in_flow, _floated, _absolute = Box.is_in_normal_flow, Box.is_floated, Box.is_absolutely_positioned


def apply_patch() -> None:
    """Find the place of boxes in the flow once a style from now on."""
    Box.is_in_normal_flow, Box.is_floated, Box.is_absolutely_positioned = (
        _is_in_flow,
        _is_floated,
        _is_absolute,
    )


def _found(box: Any) -> Any:
    floated, absolute = _floated(box), _absolute(box)
    other = floated or absolute or box.is_running() or box.is_footnote() or box.is_note()
    found = not other, floated, absolute
    if said := box.style.memo:  # a style may leave while it is asked
        said.flow = found
    return found


def _is_in_flow(self: Any) -> Any:
    said = self.style.memo
    if said is None or "is_floated" in self.__dict__:  # what lies in a flex box is told that it floats not
        return _in_flow(self)
    return (said.flow or _found(self))[0]


def _is_floated(self: Any) -> Any:
    said = self.style.memo
    return _floated(self) if said is None else (said.flow or _found(self))[1]


def _is_absolute(self: Any) -> Any:
    said = self.style.memo
    return _absolute(self) if said is None else (said.flow or _found(self))[2]
