"""Access to WeasyPrint's inner modules for the rest of the room, which imports none of them itself."""

import contextlib
import ctypes.util
import functools
import os
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def skip_library_search() -> Iterator[None]:
    """Let WeasyPrint load libraries by their sonames, and no certificates: saves 0.2 s of CPU at each start."""
    # ``find_library`` starts ldconfig, gcc and ld for each name. Certificates are for fetchers; we fetch nothing.
    find, certificates = ctypes.util.find_library, os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = os.devnull
    if sys.platform == "linux" and "weasyprint" not in sys.modules:
        ctypes.util.find_library = lambda name: None
    try:
        yield
    finally:
        ctypes.util.find_library = find
        del os.environ["SSL_CERT_FILE"]
        os.environ |= {"SSL_CERT_FILE": certificates} if certificates is not None else {}


@functools.cache
def box_classes() -> Any:
    """WeasyPrint's classes of boxes."""
    from weasyprint.formatting_structure import boxes

    return boxes


def page_box(page: Any) -> Any:
    """The box of a page, which holds all that stands on it."""
    return page._page_box


def unwrap_box(box: Any) -> Any:
    """A box itself, where WeasyPrint has a placeholder for one that is out of the flow."""
    return getattr(box, "_box", box)


def is_print_media(media: str) -> bool:
    """Whether a style sheet with this ``media`` attribute is for print."""
    from weasyprint.css.media_queries import evaluate_media_query

    return bool(evaluate_media_query([one.strip() for one in (media or "all").split(",")], "print"))


def create_font_configuration(folder: Any) -> Any:
    """A font configuration that keeps its files in this folder; it would leave one behind if the process is killed."""
    from weasyprint.text.fonts import FontConfiguration

    configuration = FontConfiguration()
    configuration._folder = folder
    return configuration


def find_text_ranges(box: Any, start: int, end: int) -> list[tuple[float, float]]:
    """The ranges, in pixels, of some letters of a text box: more than one where directions are mixed."""
    # Pango sets the text again for this, as it does for drawing.
    text, drawn_text = box.text, str(box.pango_layout.text)  # what is drawn may end with a space more
    if drawn_text == text and not text[:start].strip() and not text[end:].strip():
        return [(0, box.width)]
    from weasyprint.text.ffi import FROM_UNITS, ffi, gobject, pango
    from weasyprint.text.line_break import Layout

    _declare_pango_functions()
    layout = Layout(box.style, box.justification_spacing)
    layout.set_text(drawn_text, justify=True)
    line, _ = layout.get_first_line()
    ranges, count = ffi.new("int **"), ffi.new("int *")
    first, last = (len(text[:place].encode()) for place in (start, end))
    pango.pango_layout_line_get_x_ranges(line, first, last, ranges, count)
    ends = [ranges[0][place] * FROM_UNITS for place in range(2 * count[0])]
    gobject.g_free(ranges[0])
    return [*zip(ends[::2], ends[1::2], strict=True)]


@functools.cache
def _declare_pango_functions() -> None:  # those that WeasyPrint does not call
    from weasyprint.text.ffi import ffi

    ffi.cdef("void pango_layout_line_get_x_ranges(PangoLayoutLine *, int, int, int **, int *); void g_free(void *);")
