"""Shaping: how a text breaks in a width is asked of Pango once.

Brings: a sheet takes 1.1 times the CPU without it. Why no byte changes: docs/contributing/patches.md.
"""

import sys
from collections import OrderedDict
from collections.abc import Hashable
from functools import lru_cache
from pathlib import Path
from typing import Any

from weasyprint.css import computed_values, units
from weasyprint.layout import inline, preferred
from weasyprint.text import line_break

from tipbrief.language.language import read_data_file

_MAX_LINES, _LONGEST_TEXT = 5_000, 1_000  # lines that are kept, some 1 KB each; letters of the text of one
# White_space is in the key of a line, as WeasyPrint sets it on finished styles.
SHAPING_PROPERTIES: list[str] = read_data_file(Path(__file__).with_suffix(".yaml"))["properties"].split()


_lines: OrderedDict[Hashable, Any] = OrderedDict()  # those that were not asked for of late come first
_split_first_line = line_break.split_first_line
_strut = line_break.strut
_can_break_text = line_break.can_break_text
_can_break = lru_cache(8192)(_can_break_text)


def apply_patch() -> None:
    """Ask Pango once from now on."""
    for module in (line_break, inline, preferred, computed_values, units):
        for own in (split_first_line, strut, can_break_text):
            if hasattr(module, own.__name__):
                setattr(module, own.__name__, own)


def _find_shaping_style(style: Any) -> tuple[object, str] | None:
    """The fonts of a style, and what it says of letters; None if that cannot be compared."""
    font_set = style.font_config.__dict__.get("_font_set")
    if font_set is None:
        font_set = style.font_config._font_set = object()
    known: tuple[object, str] | None = _derived_values(style).get("shaping")
    if known is None or known[0] is not font_set:
        values = [style[name] for name in SHAPING_PROPERTIES]
        # As text: 1, 1.0 and True are equal, but not the same. Equal styles have one text, of some 1 KB.
        known = font_set, sys.intern(repr(values)) if _is_comparable(values) else ""
        _derived_values(style)["shaping"] = known  # asked again: computing a value may detach the style's memo
    return known if known[1] else None


def _derived_values(style: Any) -> dict[str, Any]:  # shared with equal styles by their memo, or its own
    memo = getattr(style, "memo", None)
    values: dict[str, Any] = style.__dict__ if memo is None else memo.derived_values
    return values


def _is_comparable(value: Any) -> bool:
    if isinstance(value, tuple | list | set | frozenset):
        return all(_is_comparable(one) for one in value)
    return value is None or isinstance(value, str | int | float)


def split_first_line(text: str, style: Any, context: Any, *width: Any, **line: Any) -> tuple[Any, ...]:
    """The part of a text that fits into one line, as WeasyPrint found it the first time."""
    shaping_style = _find_shaping_style(style)
    if shaping_style is None or len(text) > _LONGEST_TEXT:
        return _split_first_line(text, style, context, *width, **line)  # type: ignore[no-any-return]
    key = (text, shaping_style, style["white_space"], *width, *line.items())
    if key in _lines:
        _lines.move_to_end(key)
    else:
        _lines[key] = _split_first_line(text, style, context, *width, **line)
        if len(_lines) > _MAX_LINES:
            _lines.popitem(last=False)
    found = _lines[key]
    # Each box gets its own layout: drawing reactivates it, and may set another text.
    layout = line_break.Layout.__new__(line_break.Layout)
    layout.__dict__.update(found[0].__dict__)
    return (layout, *found[1:])


def strut(style: Any) -> tuple[float, float]:
    """The line height and baseline of a style, which WeasyPrint itself keeps by 14 of its properties."""
    values = _derived_values(style)
    if "strut" not in values:
        values["strut"] = _strut(style)
    return values["strut"]  # type: ignore[no-any-return]


def can_break_text(text: str, lang: str | None) -> bool:
    """Whether a line may break inside a text, which is mostly two letters between two boxes."""
    return bool(_can_break(text, lang) if len(text) < 5 else _can_break_text(text, lang))
