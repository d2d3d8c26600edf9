"""Mends: what WeasyPrint and pydyf do twice, for nothing or in circles; docs/upstream.md tells them upstream.

* ``get_next_linebox`` of ``weasyprint.layout.inline`` lays a line out again until floats leave it its place.
  Whether they do is asked, from right to left, with a width that is zero where there is no float: the answer
  is no the first time, and each line is broken, shaped and laid out twice. Why the result is the same: where
  no float is near, nothing that the second layout is made from has changed. Left out is where the second
  layout does something else by other faults: it loses what ``::first-line`` asks for, notes a running element
  a second time, and makes floats in a flex box count.
* ``SVG.draw_markers`` walks over all corners of all shapes, though no marker is asked for. Why the result is
  the same: a marker without a name is none, and all that is left is to forget the corners.
* ``PDF.page_references`` writes a reference to each page, for each tag: as many as tags times pages. Why the
  result is the same: pages are only ever added, and the references are made again when there are more.
* ``make_margin_boxes`` finds eighteen lengths of each of the sixteen boxes in a page's margin. Why the result
  is the same: those of a box without content are asked for only where one beside it has some.
* ``ElementWrapper.query_all`` of cssselect2 wraps all elements of a page, twice, to find the few with a name
  such as ``meta`` or ``style``. Why the result is the same: a name matches what is called so in any
  namespace, and of what is found WeasyPrint only asks which element it is.
* ``Font._harfbuzz_subset`` names arrays by their length (``hb_codepoint_t[731]``), and each new name is
  parsed as C, for two milliseconds. Why the result is the same: an array is as long as the numbers given.
* ``Box.descendants`` hands each box through the generators of all around it. Why the result is the same: one
  generator gives the same boxes in the same order, and what stands in for a box where it was asked for.
* A ``Page`` gathers its anchors, links and bookmarks as soon as it is laid out. Why the result is the same:
  it gathers them when it is asked for anything, and a page whose blocks are moved is another ``Page``.
* Circles, in which all boxes and styles of a layout stay until somebody looks for them: a ``LayoutContext``
  and what gets it pictures, a drawing and its context, an ``AnonymousStyle`` and itself
  as ``specified``. Why the result is the same: each is told what it asks for, and holds no more than that.

Nothing is kept beyond a document.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from textwrap import dedent, indent
from types import ModuleType
from typing import Any

import pydyf
from cssselect2 import ElementWrapper
from weasyprint.css import AnonymousStyle, InitialStyle
from weasyprint.document import Page
from weasyprint.formatting_structure.boxes import Box
from weasyprint.images import SVGImage
from weasyprint.layout import LayoutContext, inline, page
from weasyprint.pdf import fonts
from weasyprint.svg import SVG

from tipbrief.typeset.patches.registry import replace_function

HEIGHT_CHECK = """\
        if line.height <= candidate_height:
            break
"""
HEIGHT_OR_FLOAT_CHECK = """\
        if line.height <= candidate_height:
            break
        if type(context.excluded_shapes) is list and not (
                excluded_shapes or context.excluded_shapes or
                first_line_style or any(context.running_elements.values())):
            # No float is near, the first layout stands.
            break
"""
RESOLVE_LENGTHS = """\
        resolve_percentages(box, containing_block)
        if not box.is_generated:
            box.width = box.height = 0
            for side in ('top', 'right', 'bottom', 'left'):
                box._reset_spacing(side)
"""
SKIP_EMPTY_SIDE, SKIP_EMPTY_CORNER = (
    """\
        if not any(box.is_generated for box in side_boxes):
            continue
""",
    """\
        if not box.is_generated:
            continue
        box.position_x = position_x
""",
)
SIZED_ARRAY_TYPE = re.compile(r"f'hb_codepoint_t\[\{len\(\w+\)\}\]'")
MARKER_ATTRIBUTES = ("marker", "marker-start", "marker-mid", "marker-end")

_query_all = ElementWrapper.query_all
_draw_markers = SVG.draw_markers
_page_references = pydyf.PDF.page_references.fget
_original_svg_init = SVGImage.__init__
_original_page_init = Page.__init__


def apply_patch() -> None:
    """Lay out each line once, look for markers where they are asked for, number pages when there are more."""
    _rewrite_function(
        inline, "def get_next_linebox(", lambda source: source.replace(HEIGHT_CHECK, HEIGHT_OR_FLOAT_CHECK)
    )
    plain = page.make_margin_boxes
    _rewrite_function(page, "def make_margin_boxes(", resolve_lengths_late)
    replace_function(plain, page.make_margin_boxes)
    _rewrite_function(
        fonts, "    def _harfbuzz_subset(", lambda source: SIZED_ARRAY_TYPE.sub("'hb_codepoint_t[]'", source)
    )
    fonts.Font._harfbuzz_subset = vars(fonts).pop("_harfbuzz_subset")
    ElementWrapper.query_all = query_all
    SVG.draw_markers = draw_markers
    pydyf.PDF.page_references = property(page_references)
    LayoutContext.get_image_from_uri = property(get_image_loader, set_image_loader)
    SVGImage.__init__ = init_svg_image
    Box.descendants = descendants
    Page.__init__, Page.__getattr__ = init_page, get_page_attribute
    for style in (AnonymousStyle, InitialStyle):
        style.specified = property(lambda self: self, lambda self, itself: None)


def _rewrite_function(module: ModuleType, beginning: str, changed: Callable[[str], str]) -> None:
    """Make a function of a module anew: the change is in the midst of it, as a patch would make it."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    start = source.index(beginning)
    indent = beginning[: len(beginning) - len(beginning.lstrip())]
    function = source[start : source.index(f"\n{indent}def ", start)]
    line = "\n" * source.count("\n", 0, start)  # where a traceback looks for it
    exec(compile(line + dedent(changed(function)), str(module.__file__), "exec"), vars(module))


def resolve_lengths_late(source: str) -> str:
    """Find the lengths of margin boxes where they are known to be asked for."""
    of_each = f"        for box in side_boxes:\n{indent(RESOLVE_LENGTHS, '    ')}"
    source = source.replace(RESOLVE_LENGTHS, "").replace(SKIP_EMPTY_SIDE, SKIP_EMPTY_SIDE + of_each)
    return source.replace(
        SKIP_EMPTY_CORNER, f"{SKIP_EMPTY_CORNER}        resolve_percentages(box, (cb_width, cb_height))\n"
    )


def query_all(self: Any, *wanted: Any) -> Iterator[Any]:
    """The elements that have one of these names; or that match these selectors."""
    if not all(isinstance(name, str) and name.isalpha() and name.islower() for name in wanted):
        yield from _query_all(self, *wanted)
        return
    for element in self.etree_element.iter():
        if isinstance(element.tag, str) and element.tag.rpartition("}")[2] in wanted:
            yield type(self)(element, None, 0, None, self.in_html_document)


def draw_markers(self: Any, node: Any, font_size: float, fill_stroke: bool) -> None:
    """The markers of a node, if it asks for any."""
    if any(name in node.attrib for name in MARKER_ATTRIBUTES):
        _draw_markers(self, node, font_size, fill_stroke)
    else:
        node.vertices.clear()


def page_references(self: Any) -> tuple[bytes, ...]:
    """The references to the pages of a PDF."""
    known: tuple[bytes, ...] = self.__dict__.get("_page_references", ())
    if 3 * len(known) != len(self.pages["Kids"]):
        known = self._page_references = _page_references(self)
    return known


def get_image_loader(self: Any) -> Any:
    """What gets pictures for a document."""
    what, given = self._gets_images
    return partial(what, context=self, **given)


def set_image_loader(self: Any, gets: Any) -> None:
    """Remember what gets pictures, but not for whom."""
    given = {name: one for name, one in gets.keywords.items() if name != "context"}
    self._gets_images = gets.func, given


class DrawingContext:
    """What is asked of a context when a drawing is drawn: without the context's boxes."""

    get_image_from_uri = property(get_image_loader)

    def __init__(self, context: Any) -> None:
        self.font_config, self.dictionaries = context.font_config, context.dictionaries
        self._gets_images = context._gets_images


def init_svg_image(self: Any, tree: Any, base_url: Any, url_fetcher: Any, context: Any) -> None:
    """Make a picture of a drawing."""
    _original_svg_init(self, tree, base_url, url_fetcher, context and DrawingContext(context))


def descendants(self: Any, placeholders: bool = False) -> Iterator[Any]:
    """A box and all below it; with ``placeholders`` also those that were taken out of the flow."""
    waiting = [self]
    while waiting:
        yield (box := waiting.pop())
        if isinstance(box, Box):
            inside = reversed(box.children)
            waiting += [getattr(one, "_box", one) for one in inside] if placeholders else inside


def init_page(self: Any, page_box: Any) -> None:
    """Begin a page, of which nothing is known yet."""
    self._page_box = page_box


def get_page_attribute(self: Any, name: str) -> Any:
    """Gather what a page has, when something of it is asked for."""
    if name.startswith("_") or "width" in vars(self):
        raise AttributeError(name)
    _original_page_init(self, self._page_box)
    return getattr(self, name)
