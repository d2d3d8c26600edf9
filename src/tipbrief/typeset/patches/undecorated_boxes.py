"""Bare: a box is passed by where its style has no background, border, outline or anchor.

Stands in for ``layout_box_backgrounds``, ``draw_border``, ``draw_outline`` and ``gather_anchors``, of which
each looks at all boxes of a page. Why the result is the same:

* Where the style has no image, shadow, radius and no colour that covers anything, WeasyPrint sets four radii
  of zero and no background, whatever the box. Boxes of other styles, of pages, and what stands in for boxes
  out of the flow are left to it.
* Where the style has no columns and no image around the box, only borders are drawn: none where all four are
  without width. Where it has no outline, those of the boxes inside are all that is drawn.
* Where the style has no transformation and no anchor, and no field of a form looks as usual, a box that has
  no link, no bookmark and is no form gives nothing but what is inside it.

Key: the style's ``Said`` (see ``styles``), which a style loses when layout writes to it. Bound: that of the
styles.
"""

from collections.abc import Callable
from typing import Any

from weasyprint.anchors import gather_anchors
from weasyprint.draw.border import draw_border, draw_outline
from weasyprint.draw.color import get_color
from weasyprint.formatting_structure.boxes import Box
from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.layout.background import layout_box_backgrounds

from tipbrief.typeset.patches.computed_styles import keep_answer
from tipbrief.typeset.patches.registry import replace_function

_RADII = [f"border_{corner}_radius" for corner in ("top_left", "top_right", "bottom_right", "bottom_left")]
_BARE = {**dict.fromkeys(_RADII, (0, 0)), "background": None}


def apply_patch() -> None:
    """Pass by bare boxes from now on."""
    replace_function(layout_box_backgrounds, _lay_out)
    replace_function(draw_border, _draw_border)
    replace_function(draw_outline, _draw_outline)
    replace_function(gather_anchors, _gather)


def _is(style: Any, name: str, found: Callable[[Any], bool]) -> bool:
    """What is found of a style, once; of one that is not kept nothing is said."""
    said = style.memo
    if said is None:
        return False
    answer: bool | None = said.derived_values.get(name)
    return keep_answer(style, name, found(style)) if answer is None else answer


def _lay_out(page: Any, box: Any, get_image_from_uri: Any, layout_children: bool = True, style: Any = None) -> None:
    usual = style is None and box is not page and type(box) is not AbsolutePlaceholder
    if usual and _is(box.style, "bare", _has_no_background):
        box.__dict__.update(_BARE)
        if layout_children:
            for child in box.all_children():
                _lay_out(page, child, get_image_from_uri)
        return
    layout_box_backgrounds(page, box, get_image_from_uri, layout_children, style)


def _draw_border(stream: Any, box: Any) -> None:
    drawn = (
        box.border_top_width or box.border_left_width or box.border_bottom_width or box.border_right_width
        or not _is(box.style, "plain", _has_borders_alone)
    )  # fmt: skip
    if drawn:
        draw_border(stream, box)


def _draw_outline(stream: Any, box: Any) -> None:
    if not _is(box.style, "unlined", _has_no_outline):
        draw_outline(stream, box)
        return
    for child in box.children:
        if isinstance(child, Box):
            _draw_outline(stream, child)


def _gather(
    box: Any,
    anchors: Any,
    links: Any,
    bookmarks: Any,
    forms: Any,
    parent_matrix: Any = None,
    parent_form: Any = None,
    parent_link: Any = None,
) -> None:
    passed = (
        not (parent_link or box.link or box.bookmark_label)
        and _is(box.style, "unnamed", _has_no_anchor)
        and not box.is_form()
    )
    if not passed:
        gather_anchors(box, anchors, links, bookmarks, forms, parent_matrix, parent_form, parent_link)
        return
    for child in box.all_children():
        _gather(child, anchors, links, bookmarks, forms, parent_matrix, parent_form)


def _has_no_background(style: Any) -> bool:
    return (
        all((0, "px") in style[radius] for radius in _RADII)
        and style["border_image_source"][0] == "none"
        and style["mask_border_source"][0] == "none"
        and not style["box_shadow"]
        and style["visibility"] != "hidden"
        and all(kind == "none" and not image for kind, image in style["background_image"])
        and get_color(style, "background_color").alpha == 0
    )


def _has_borders_alone(style: Any) -> bool:
    columns = style["column_width"], style["column_count"]
    return columns == ("auto", "auto") and style["border_image_source"][0] == "none"


def _has_no_outline(style: Any) -> bool:
    return not style["outline_width"] or get_color(style, "outline_color").alpha == 0


def _has_no_anchor(style: Any) -> bool:
    return not (style["transform"] or style["anchor"] or style["appearance"] == "auto")
