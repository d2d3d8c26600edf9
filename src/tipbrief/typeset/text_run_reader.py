"""Reads the text runs of pages, and where links lead among them, from boxes and the elements that they come from."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tipbrief.pdf.tag_tree import LinkTargets, PictureData, PictureDataCell, TextRun
from tipbrief.typeset.patches.private_api import box_classes, unwrap_box

_PICTURE_TAGS = frozenset({"{http://www.w3.org/2000/svg}svg", "img"})
# Their elements stand in the tags also where nothing is in them.
_CONTAINER_TAGS = frozenset({"td", "th", "li", "dt", "dd", "p"})
_SCOPES = {"row": "Row", "col": "Column"}


class _Context(NamedTuple):
    """What the elements around a box say of it; ``other_language`` is that of a paragraph in another language."""

    page_language: str
    other_language: str = ""
    is_hidden: bool = False
    label_element: Any = None  # the element whose label replaces its content


class TextRunReader:
    """Reads the text runs of a document page by page; ``first`` is its first page."""

    def __init__(self, first: Any) -> None:
        self._numbers = _find_numbers(first.children[0].element) if first.children else {}
        self._label_owners: set[Any] = set()  # the elements whose label was said

    def read_page(self, page: Any) -> list[TextRun]:
        """The text runs of a page, in the order in which WeasyPrint tags them."""
        # A line ends with a line feed. Pictures have no text. Margin boxes are in no structure tree. A paragraph
        # in another language than the page has that language in all its text, so that one voice reads it.
        around = _Context(_language(page.children[0]) if page.children else "")
        inside = (box for box in page.children if not isinstance(box, box_classes().MarginBox))
        return [text_run for box in inside for text_run in self._read_box(box, around, None)]

    def _read_box(self, box: Any, around: _Context, within: Any) -> list[TextRun]:  # within: its element's box
        box = unwrap_box(box)
        if isinstance(box, box_classes().TextBox):
            usual = around.label_element is None
            spoken = box.text if usual else self._take_label(around.label_element)
            return [TextRun(box.text, around.other_language or _language(box), spoken, around.is_hidden and usual)]
        if isinstance(box, box_classes().ReplacedBox):
            return [TextRun("", _language(box), "", around.is_hidden, self._numbers.get(box.element))]
        if box.element_tag == "li::marker":  # the number of an item is read beside its label
            around = around._replace(label_element=None)
        holds = False
        if isinstance(box, box_classes().LineBox):
            other = _language(box) if _language(box) != around.page_language else ""
            around = around if other == around.other_language else around._replace(other_language=other)
        elif box.element is not None and box.element is not within:
            holds = box.element_tag in _CONTAINER_TAGS
            around = _update_context(box, around)
        found = [one for child in getattr(box, "children", ()) for one in self._read_box(child, around, box.element)]
        if found and isinstance(box, box_classes().LineBox):
            ends_with_break = box.children and box.children[-1].element_tag == "br"
            found[-1] = _surround_text(found[-1], after="\n\n" if ends_with_break else "\n")
        if found and (box.element_tag == "sup" or isinstance(box, box_classes().BlockContainerBox)):
            found[0] = _surround_text(found[0], before=" ")  # a source mark is not a digit of the number before it
        if holds and not found:
            return [TextRun("", _language(box), self._take_label(around.label_element), is_drawn=False)]
        return found

    def _take_label(self, element: Any) -> str:  # for its first box; nothing for the others
        if element is None or element in self._label_owners:
            return ""
        self._label_owners.add(element)
        return _screen_reader_text(element) or str(element.get("aria-label"))


def find_targets(pages: Sequence[Any]) -> LinkTargets:
    """The text runs to which anchors and bookmarks lead: from a box without text, the next one."""
    # Margin boxes are in no tag.
    targets = LinkTargets({}, [])
    count = 0
    for page in pages:
        count = _note_targets(page, count, targets)
    return targets


def _note_targets(box: Any, count: int, targets: LinkTargets, tagged: bool = True) -> int:
    """Note the targets in a box after ``count`` text runs; returns the count after the box."""
    box = unwrap_box(box)
    tagged = tagged and not isinstance(box, box_classes().MarginBox)
    here = count if tagged else None
    if name := box.style["anchor"]:
        targets.anchors.setdefault(name, here)
    if box.bookmark_label and box.style["bookmark_level"] != "none":
        targets.bookmarks.append(here)
    if isinstance(box, (box_classes().TextBox, box_classes().ReplacedBox)):
        return count + tagged
    for child in getattr(box, "children", ()):
        count = _note_targets(child, count, targets, tagged)
    return count


def _update_context(box: Any, around: _Context) -> _Context:  # of the boxes in this one
    # A label is read only if it stands for a text in a line; elsewhere it is a name beside the text. Any element
    # may begin with screen-reader text, which replaces all its other text.
    element = box.element
    hidden = around.is_hidden or element.get("aria-hidden") == "true"
    says = _screen_reader_text(element) or (isinstance(box, box_classes().InlineBox) and element.get("aria-label"))
    labelled = element if says and around.label_element is None else around.label_element
    if hidden == around.is_hidden and labelled is around.label_element:
        return around
    return around._replace(is_hidden=hidden, label_element=labelled)


def _screen_reader_text(element: Any) -> str:  # in place of its content
    if len(element) and element[0].tag == "span" and element[0].get("class") in ("heard", "said"):
        return _element_text(element[0])
    return ""


def _surround_text(text_run: TextRun, before: str = "", after: str = "") -> TextRun:
    return text_run._replace(text=before + text_run.text + after, spoken_text=before + text_run.spoken_text + after)


def _language(box: Any) -> str:
    return str(box.style["lang"] or "")


def _find_numbers(root: Any) -> dict[Any, PictureData]:  # by picture: the hidden table that follows it
    found: dict[Any, PictureData] = {}
    picture = None
    for element in root.iter():
        if element.tag in _PICTURE_TAGS:
            picture = element
        elif picture is not None and "hidden" in element.attrib:
            for table in (one for one in element.iter("table") if "numbers" in one.get("class", "").split()):
                head, body = (_read_rows(table, part) for part in ("thead", "tbody"))
                found[picture], picture = PictureData(_element_text(table.find("caption")), head, body), None
                break
    return found


def _read_rows(table: Any, part: str) -> tuple[tuple[PictureDataCell, ...], ...]:
    rows = (row for group in table.iter(part) for row in group.iter("tr"))
    return tuple(tuple(_read_cell(cell) for cell in row if cell.tag in ("th", "td")) for row in rows)


def _read_cell(cell: Any) -> PictureDataCell:
    return PictureDataCell(_element_text(cell), _SCOPES.get(cell.get("scope"), "Column") if cell.tag == "th" else "")


def _element_text(element: Any) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
