"""Shaped text: how a text breaks in a width, and how large its first line is, is asked of Pango once.

Stands in for ``split_first_line``, ``strut`` and ``can_break_text`` of ``weasyprint.text.line_break``, and
for ``FontConfiguration.add_font_face``. The same sentences stand in many documents, and within one each line
is asked for several times: by tables and flex boxes that try widths, by a fit that tries spaces.

Why the result is the same: ``split_first_line`` reads of its context only hyphenation patterns, which follow
from the language; of a style only ``SPOKEN``, ``white_space`` and the faces of the font configuration. They
are its key, by what they say, with the text, the width and the rest of what it is called with. A face that is
added to a font configuration makes all that was said with it another question. A value that is not plain
words and numbers (``calc()`` with percentages) is not compared: WeasyPrint's own way is taken. A strut is
kept on its style, and WeasyPrint itself keeps struts as long as the font configuration.

Bound: 5 MB of texts and what was said of them.
"""

import os
from functools import lru_cache
from typing import Any

from weasyprint.css import computed_values, units
from weasyprint.layout import inline, preferred
from weasyprint.text import line_break
from weasyprint.text.fonts import FontConfiguration

from tipbrief.typeset.patches.bounded_memo import BoundedMemo

MOST_LINE_BYTES = 5_000_000
# Bytes of a line beside its text: the key, the answer, the layout with its attributes.
_LINE_OVERHEAD = 900
_MOST_STYLE_BYTES = 2_000_000

# What of a style changes letters, their places, or where a line may break; white_space, which WeasyPrint sets
# on finished styles, stands in the key of a line.
SHAPING_PROPERTIES = (
    "font_family",
    "font_style",
    "font_stretch",
    "font_weight",
    "font_size",
    "font_kerning",
    "font_variant_ligatures",
    "font_variant_position",
    "font_variant_caps",
    "font_variant_numeric",
    "font_variant_alternates",
    "font_variant_east_asian",
    "font_feature_settings",
    "font_variation_settings",
    "font_language_override",
    "lang",
    "direction",
    "letter_spacing",
    "word_spacing",
    "overflow_wrap",
    "word_break",
    "hyphens",
    "hyphenate_character",
    "hyphenate_limit_chars",
    "hyphenate_limit_zone",
    "text_decoration_line",
    "tab_size",
)

_line_memo: BoundedMemo[tuple[Any, ...]] = BoundedMemo(MOST_LINE_BYTES)
_style_memo: BoundedMemo["ShapingStyle"] = BoundedMemo(_MOST_STYLE_BYTES)
_split_first_line = line_break.split_first_line
_strut = line_break.strut
_can_break_text = line_break.can_break_text
_can_break = lru_cache(8192)(_can_break_text)
_add_font_face = FontConfiguration.add_font_face


class ShapingStyle:
    """What a style says of its text's letters: equal styles with equal faces have the same one."""

    __slots__ = ("font_set",)

    def __init__(self, faces: object) -> None:
        self.font_set = faces


def apply_patch() -> None:
    """Ask Pango once."""
    for module in (line_break, inline, preferred, computed_values, units):
        for own in (split_first_line, strut, can_break_text):
            if hasattr(module, own.__name__):
                setattr(module, own.__name__, own)
    FontConfiguration.add_font_face = add_font_face


def find_shaping_style(style: Any) -> ShapingStyle | None:
    """What a style says of letters; None where that cannot be compared with what another says."""
    faces = style.font_config.__dict__.get("_font_set")
    if faces is None:
        faces = style.font_config._font_set = object()
    known: tuple[object, ShapingStyle | None] | None = _derived_values(style).get("voice")
    if known is None or known[0] is not faces:
        known = (faces, _make_shaping_style(style, faces))
        _derived_values(style)["voice"] = known  # asked again: a style may leave while it is asked
    return known[1]


def _derived_values(style: Any) -> dict[str, Any]:
    """What was asked of a style: of all that say the same, where ``styles`` is in use, or of this one."""
    said = getattr(style, "memo", None)
    answers: dict[str, Any] = style.__dict__ if said is None else said.derived_values
    return answers


def _make_shaping_style(style: Any, faces: object) -> ShapingStyle | None:
    values = [style[name] for name in SHAPING_PROPERTIES]
    if not all(_is_comparable(value) for value in values):
        return None
    # As written: 1 and 1.0 and True are equal, but not the same.
    said = repr(values)
    voice = _style_memo.find_value((faces, said), len(said) + 200)
    if voice is None:
        voice = ShapingStyle(faces)
        _style_memo.add_value((faces, said), voice, len(said) + 200)
    return voice


def _is_comparable(value: Any) -> bool:
    if isinstance(value, tuple | list | set | frozenset):
        return all(_is_comparable(one) for one in value)
    return value is None or isinstance(value, str | int | float)


def add_font_face(self: Any, rule_descriptors: Any, url_fetcher: Any) -> None:
    """As WeasyPrint does; where a face was added, all texts are asked for anew."""
    before = _count_files(self._folder)
    _add_font_face(self, rule_descriptors, url_fetcher)
    if _count_files(self._folder) != before:
        self._font_set = object()


def _count_files(folder: Any) -> int:
    return len(os.listdir(folder)) if folder else 0


def split_first_line(
    text: str,
    style: Any,
    context: Any,
    max_width: float | None,
    justification_spacing: float,
    is_line_start: bool = True,
    minimum: bool = False,
) -> tuple[Any, ...]:
    """As much of a text as fits into one line, as WeasyPrint found it when it was first asked."""
    voice = find_shaping_style(style)
    if voice is None:
        return _split_with_weasyprint(text, style, context, max_width, justification_spacing, is_line_start, minimum)
    question = (
        text,
        voice,
        style["white_space"],
        max_width,
        justification_spacing,
        is_line_start,
        minimum,
    )
    weight = _LINE_OVERHEAD + 2 * len(text)
    found = _line_memo.find_value(question, weight)
    if found is None:
        found = _split_with_weasyprint(text, style, context, max_width, justification_spacing, is_line_start, minimum)
        _line_memo.add_value(question, found, weight)
    # Its own layout for each box: a box that is drawn awakes it, and may give it another text.
    layout = line_break.Layout.__new__(line_break.Layout)
    layout.__dict__.update(found[0].__dict__)
    return (layout, *found[1:])


def _split_with_weasyprint(*asked: Any) -> tuple[Any, ...]:
    found: tuple[Any, ...] = _split_first_line(*asked)
    return found


def strut(style: Any) -> tuple[float, float]:
    """A style's line height and the baseline in it; WeasyPrint writes a text of 14 properties each time."""
    known: tuple[float, float] | None = _derived_values(style).get("strut")
    if known is None:
        known = _strut(style)
        _derived_values(style)["strut"] = known
    return known


def can_break_text(text: str, lang: str | None) -> bool:
    """Whether a line may break inside a text: mostly two letters between two boxes."""
    return bool(_can_break(text, lang) if len(text) < 5 else _can_break_text(text, lang))
