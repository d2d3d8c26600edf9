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

from tipbrief.typeset.reuse.in_use import put_for
from tipbrief.typeset.reuse.styles import keep_copy

_NAME = "of a table"


def put() -> None:
    """Keep what the styles of tables say from now on."""
    put_for(wrap_table, _wrap)


def _wrap(box: Any, children: Any) -> Any:
    style = box.style
    if style.said:
        for name in TABLE_WRAPPER_BOX_PROPERTIES:  # of the copy nothing would be kept
            _ = style[name]
    wrapper = wrap_table(box, children)
    if style.said:
        keep_copy(style, _NAME, wrapper.get_wrapped_table().style)
        keep_copy(style.anonymous_style, _NAME, wrapper.style)
    return wrapper
