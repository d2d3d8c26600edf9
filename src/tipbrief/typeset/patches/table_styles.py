"""Table styles: what the two styles of a table say is kept like that of elements.

Stands in for ``wrap_table`` of ``weasyprint.formatting_structure.build``. Each table has a box around it, and
what was declared of the table belongs to one of the two: so both get a copy of a style, to which twenty-one
values are written, and that computes all others anew.

Why the result is the same: what is written follows from the style of the table, and a copy says what it is
copied from says. WeasyPrint's own function makes both; then they are filled with what such said before, and
note what they are asked for.

Key: below the style of the table and that of its anonymous boxes. Bound: that of the styles.
"""

from typing import Any

from weasyprint.css.properties import TABLE_WRAPPER_BOX_PROPERTIES
from weasyprint.formatting_structure.build import wrap_table

from tipbrief.typeset.patches.computed_styles import remember_copy
from tipbrief.typeset.patches.registry import replace_function

_TABLE_KEY = "of a table"


def apply_patch() -> None:
    """Keep what the styles of tables say from now on."""
    replace_function(wrap_table, _wrap_with_memo)


def _wrap_with_memo(box: Any, children: Any) -> Any:
    style = box.style
    if style.memo:
        for name in TABLE_WRAPPER_BOX_PROPERTIES:  # of the copy nothing would be kept
            _ = style[name]
    wrapper = wrap_table(box, children)
    if style.memo:
        remember_copy(style, _TABLE_KEY, wrapper.get_wrapped_table().style)
        remember_copy(style.anonymous_style, _TABLE_KEY, wrapper.style)
    return wrapper
