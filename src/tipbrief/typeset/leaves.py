"""Leaves: what the boxes of a page say, read off the elements that they were made of."""

from __future__ import annotations

from typing import Any, NamedTuple

from tipbrief.pdf.leaves import Cell, Leaf, Numbers
from tipbrief.typeset.libraries import boxes

_PICTURES = frozenset({"{http://www.w3.org/2000/svg}svg", "img"})
# Their elements stand in the tags also where nothing is in them.
_HOLDERS = frozenset({"td", "th", "li", "dt", "dd"})
_SCOPES = {"row": "Row", "col": "Column"}


class _Around(NamedTuple):
    """What the elements around a box say of it: ``other`` is the language of a paragraph in another one."""

    usual: str
    other: str = ""
    hidden: bool = False
    labelled: Any = None  # the element that says something else than all that is in it


class Leaves:
    """The leaves of a document, page by page; ``first`` is its first page."""

    def __init__(self, first: Any) -> None:
        self._numbers = _numbers_in(first.children[0].element) if first.children else {}
        self._said: set[Any] = set()  # the elements whose label was said

    def of(self, page: Any) -> list[Leaf]:
        """The leaves of a page, in the order in which WeasyPrint tags them.

        A line ends with a line feed; pictures have no text. Margin boxes stand in no structure tree. A
        paragraph in another language than the page's is all in it: its text is said by one voice.
        """
        around = _Around(_language(page.children[0]) if page.children else "")
        inside = (box for box in page.children if not isinstance(box, boxes().MarginBox))
        return [leaf for box in inside for leaf in self._inside(box, around, None)]

    def _inside(self, box: Any, around: _Around, within: Any) -> list[Leaf]:
        """The leaves of a box in the box of the element ``within``."""
        box = getattr(box, "_box", box)  # what stands in for a box that was taken out of the flow
        if isinstance(box, boxes().TextBox):
            usual = around.labelled is None
            spoken = box.text if usual else self._label(around.labelled)
            return [Leaf(box.text, around.other or _language(box), spoken, around.hidden and usual)]
        if isinstance(box, boxes().ReplacedBox):
            return [Leaf("", _language(box), "", around.hidden, self._numbers.get(box.element))]
        if box.element_tag == "li::marker":  # the number of an item is said beside what it says
            around = around._replace(labelled=None)
        holds = False
        if isinstance(box, boxes().LineBox):
            other = _language(box) if _language(box) != around.usual else ""
            around = around if other == around.other else around._replace(other=other)
        elif box.element is not None and box.element is not within:
            holds = box.element_tag in _HOLDERS
            around = _told_by(box, around)
        found = [
            leaf
            for child in getattr(box, "children", ())
            for leaf in self._inside(child, around, box.element)
        ]
        if found and isinstance(box, boxes().LineBox):
            found[-1] = _with(found[-1], after="\n\n" if _is_ended(box) else "\n")
        if found and (box.element_tag == "sup" or isinstance(box, boxes().BlockContainerBox)):
            found[0] = _with(found[0], before=" ")  # a source mark is not a digit of the number before it
        if holds and not found:
            return [Leaf("", _language(box), self._label(around.labelled), drawn=False)]
        return found

    def _label(self, element: Any) -> str:
        """What an element says itself, for its first box; nothing for the others."""
        if element is None or element in self._said:
            return ""
        self._said.add(element)
        return _heard(element) or str(element.get("aria-label"))


def _told_by(box: Any, around: _Around) -> _Around:
    """What is around the boxes in this one.

    A label is said where it stands for a text in a line; in others, it is a name beside the text. Any element
    may begin with words that are only heard, in place of all others in it.
    """
    element = box.element
    hidden = around.hidden or element.get("aria-hidden") == "true"
    says = _heard(element) or (isinstance(box, boxes().InlineBox) and element.get("aria-label"))
    labelled = element if says and around.labelled is None else around.labelled
    if hidden == around.hidden and labelled is around.labelled:
        return around
    return around._replace(hidden=hidden, labelled=labelled)


def _heard(element: Any) -> str:
    """The words that are heard in place of what is seen in an element."""
    if len(element) and element[0].tag == "span" and element[0].get("class") == "heard":
        return _text_of(element[0])
    return ""


def _with(leaf: Leaf, before: str = "", after: str = "") -> Leaf:
    return leaf._replace(text=before + leaf.text + after, spoken=before + leaf.spoken + after)


def _is_ended(line: Any) -> bool:
    return bool(line.children) and line.children[-1].element_tag == "br"


def _language(box: Any) -> str:
    return str(box.style["lang"] or "")


def _numbers_in(root: Any) -> dict[Any, Numbers]:
    """By the picture that it follows: each hidden table, which is for those who do not see the picture."""
    found: dict[Any, Numbers] = {}
    picture = None
    for element in root.iter():
        if element.tag in _PICTURES:
            picture = element
        elif picture is not None and "hidden" in element.attrib and (table := _table_in(element)) is not None:
            found[picture] = Numbers(
                _text_of(table.find("caption")), _rows_of(table, "thead"), _rows_of(table, "tbody")
            )
            picture = None
    return found


def _table_in(hidden: Any) -> Any:
    return next((one for one in hidden.iter("table") if "numbers" in one.get("class", "").split()), None)


def _rows_of(table: Any, part: str) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        tuple(
            Cell(_text_of(cell), _SCOPES.get(cell.get("scope"), "Column") if cell.tag == "th" else "")
            for cell in row
            if cell.tag in ("th", "td")
        )
        for group in table.iter(part)
        for row in group.iter("tr")
    )


def _text_of(element: Any) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
