"""Page styles: what the styles of a page and of the boxes in its margin say is kept like that of elements.

Stands in for ``StyleFor.set_computed_styles``, which is called for these alone once ``styles`` is in use. A
page is made with twenty styles, of which most are asked for the same values on each.

Why the result is the same: such a style follows from that of the root, or of the page, and from what was
declared of it. Counters, which layout puts in order before anything else is asked, are put in order here, by
its own function: to do it again changes nothing. The overflow of a page is asked for, so that to write what
it is already is no change; another one makes the style one that is not kept, as ever. A box that says
something of its own overflow is left to WeasyPrint.

Key: the declared values, by their addresses, and their weights, below the style of the root or the page. The
values are held by what is kept below them. Bound: that of the styles.
"""

from typing import Any

from weasyprint.css import StyleFor
from weasyprint.layout.page import _standardize_page_based_counters

_NO_COUNTERS = frozenset(("@footnote", "@note-area"))  # which are no boxes in a margin
_plain = StyleFor.set_computed_styles


def apply_patch() -> None:
    """Keep what the styles of pages say from now on."""
    StyleFor.set_computed_styles = _set_style


def _set_style(
    self: Any,
    element: Any,
    parent: Any,
    root: Any = None,
    pseudo_type: str | None = None,
    base_url: Any = None,
    target_collector: Any = None,
) -> None:
    document, declared = self.document_styles, self._cascaded_styles.get((element, pseudo_type), {})
    if document is None or (pseudo_type and "overflow" in declared):
        _plain(self, element, parent, root, pseudo_type, base_url, target_collector)
        return
    values = [
        part
        for name, (value, (*weight, specificity)) in declared.items()
        for part in (name, id(value), *weight, *specificity)
    ]
    key = ("@page", pseudo_type, *values)
    style = document.make_style(self._computed_styles[parent, None], key, pseudo_type, lambda: declared)
    style.computing_depth += 1  # this follows from the style, and is no change of it
    if pseudo_type is None:
        _ = style["overflow"]
    if pseudo_type not in _NO_COUNTERS:
        _standardize_page_based_counters(style, pseudo_type)
    style.computing_depth -= 1
    self._computed_styles[element, pseudo_type] = style
