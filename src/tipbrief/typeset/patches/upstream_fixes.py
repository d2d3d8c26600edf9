"""Fixes that belong in WeasyPrint and pydyf, which do some work twice or for nothing.

Brings: a sheet takes 1.3 times the CPU without it. Why no byte changes: docs/contributing/patches.md.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

from cssselect2 import ElementWrapper
from weasyprint.css import AnonymousStyle, InitialStyle
from weasyprint.document import Page
from weasyprint.images import SVGImage
from weasyprint.layout import LayoutContext, inline
from weasyprint.pdf import fonts
from weasyprint.svg import utils

from tipbrief.typeset.patches.registry import replace_function

HEIGHT_CHECK = """\
        if line.height <= candidate_height:
            break
"""
HEIGHT_OR_FLOAT_CHECK = f"""\
{HEIGHT_CHECK}        if type(context.excluded_shapes) is list and not (
                excluded_shapes or context.excluded_shapes or
                first_line_style or any(context.running_elements.values())):
            # No float is near, the first layout stands.
            break
"""
SIZED_ARRAY_TYPE = re.compile(r"f'hb_codepoint_t\[\{len\(\w+\)\}\]'")

_MAX_SIZES = 5000  # lengths in drawings
_query_all = ElementWrapper.query_all
_original_svg_init = SVGImage.__init__
_original_page_init = Page.__init__


def apply_patch() -> None:
    """Apply all fixes."""
    _rewrite_function(inline, "def get_next_linebox(", lambda text: text.replace(HEIGHT_CHECK, HEIGHT_OR_FLOAT_CHECK))
    _rewrite_function(fonts, "    def _harfbuzz_subset(", lambda text: SIZED_ARRAY_TYPE.sub("'hb_codepoint_t[]'", text))
    fonts.Font._harfbuzz_subset = vars(fonts).pop("_harfbuzz_subset")
    ElementWrapper.query_all = query_all
    LayoutContext.get_image_from_uri = property(get_image_loader, set_image_loader)
    SVGImage.__init__ = init_svg_image
    Page.__init__, Page.__getattr__ = init_page, get_page_attribute
    replace_function(utils.size, lru_cache(_MAX_SIZES, typed=True)(utils.size))
    for style in (AnonymousStyle, InitialStyle):
        style.specified = property(lambda self: self, lambda self, itself: None)


def _rewrite_function(module: ModuleType, beginning: str, changed: Callable[[str], str]) -> None:
    """Compile a function of a module again with a change in the middle, as a patch would make it."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    start = source.index(beginning)
    indent = beginning[: len(beginning) - len(beginning.lstrip())]
    function = source[start : source.index(f"\n{indent}def ", start)]
    line = "\n" * source.count("\n", 0, start)  # so that tracebacks find it
    exec(compile(line + dedent(changed(function)), str(module.__file__), "exec"), vars(module))


def query_all(self: Any, *selectors: Any) -> Iterator[Any]:
    """The elements that have one of these names; or that match these selectors."""
    if not all(isinstance(name, str) and name.isalpha() and name.islower() for name in selectors):
        yield from _query_all(self, *selectors)
        return
    for element in self.etree_element.iter():
        if isinstance(element.tag, str) and element.tag.rpartition("}")[2] in selectors:
            yield type(self)(element, None, 0, None, self.in_html_document)


def get_image_loader(self: Any) -> Any:
    """The function that loads the pictures of a document."""
    load, arguments = self._image_loader
    return partial(load, context=self, **arguments)


def set_image_loader(self: Any, loader: Any) -> None:
    """Keep the function that loads pictures, without the context that it holds."""
    arguments = {name: value for name, value in loader.keywords.items() if name != "context"}
    self._image_loader = loader.func, arguments


class DrawingContext:
    """The part of a context that drawing an SVG needs, without the boxes."""

    get_image_from_uri = property(get_image_loader)

    def __init__(self, context: Any) -> None:
        self.font_config, self.dictionaries = context.font_config, context.dictionaries
        self._image_loader = context._image_loader


def init_svg_image(self: Any, tree: Any, base_url: Any, url_fetcher: Any, context: Any) -> None:
    """Create the picture of an SVG."""
    _original_svg_init(self, tree, base_url, url_fetcher, context and DrawingContext(context))


def init_page(self: Any, page_box: Any) -> None:
    """Create a page without gathering anything from it."""
    self._page_box = page_box


def get_page_attribute(self: Any, name: str) -> Any:
    """Gather what a page has when an attribute is asked for first."""
    if name.startswith("_") or "width" in vars(self):
        raise AttributeError(name)
    _original_page_init(self, self._page_box)
    return getattr(self, name)
