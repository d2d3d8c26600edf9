"""Backgrounds: a box whose style has neither background nor rounded corners is passed by.

Stands in for ``layout_box_backgrounds``. Why the result is the same: where the style has no image, shadow,
radius and no colour that covers anything, WeasyPrint sets four radii of zero and no background, whatever the
box. Boxes of other styles, of pages, and what stands in for boxes out of the flow are left to it.

Key: the style's ``Said`` (see ``styles``), which a style loses when layout writes to it. Bound: that of the
styles.
"""

from typing import Any

from weasyprint.draw.color import get_color
from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.layout.background import layout_box_backgrounds

from tipbrief.typeset.reuse.in_use import put_for
from tipbrief.typeset.reuse.styles import keep_answer

_RADII = [f"border_{corner}_radius" for corner in ("top_left", "top_right", "bottom_right", "bottom_left")]
_BARE = {**dict.fromkeys(_RADII, (0, 0)), "background": None}
_NAME = "bare"


def put() -> None:
    """Pass by boxes without a background from now on."""
    put_for(layout_box_backgrounds, _lay_out)


def _lay_out(
    page: Any, box: Any, get_image_from_uri: Any, layout_children: bool = True, style: Any = None
) -> None:
    said = box.style.said
    if style is None and said is not None and type(box) is not AbsolutePlaceholder:
        bare = said.answers.get(_NAME)
        if bare is None:
            bare = keep_answer(box.style, _NAME, _is_bare(box.style))
        if bare:
            box.__dict__.update(_BARE)
            if layout_children:
                for child in box.all_children():
                    _lay_out(page, child, get_image_from_uri)
            return
    layout_box_backgrounds(page, box, get_image_from_uri, layout_children, style)


def _is_bare(style: Any) -> bool:
    return (
        all((0, "px") in style[radius] for radius in _RADII)
        and style["border_image_source"][0] == "none"
        and style["mask_border_source"][0] == "none"
        and not style["box_shadow"]
        and style["visibility"] != "hidden"
        and all(kind == "none" and not image for kind, image in style["background_image"])
        and get_color(style, "background_color").alpha == 0
    )
