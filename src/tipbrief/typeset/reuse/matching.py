"""Matching: which rules match an element is known by its place, by all that the selectors look at.

A place is the element's name, its attributes of which some selector speaks, how many siblings it has, the
place of the one before it and that of its parent. A selector says in its compiled form what it looks at:
where that is more, such as what is inside an element or comes after it, the element is asked each time.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import inf
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

Rules = list[tuple[Any, ...]]
MOST = 4000  # places of one font configuration, some 0.4 KB each
_COPIED = frozenset(("first-line", "first-letter"))
# What a compiled selector may name that looks only at a place.
_OF_A_PLACE = frozenset((
    "all", "ancestors", "any", "ascii_lower", "attrib", "classes", "divmod", "endswith", "etree_element",
    "etree_siblings", "get", "id", "in_html_document", "index", "len", "local_name", "lower", "namespace_url",
    "next", "parent", "previous", "previous_siblings", "split_whitespace", "startswith", "sum", "tag",
))  # fmt: skip
_OF_SIBLINGS = frozenset(("etree_siblings", "tag"))  # the names of those that come after it, too


class _Looks:
    """What the selectors of one style sheet look at, and what its rules do."""

    def __init__(self, matcher: Any) -> None:
        self.attributes, self.others = {"class"}, list[Any]()
        self.copied = self.anchors = False
        for test, _, _, pseudo, (declarations, _) in _entries(matcher):
            codes = [*_codes(test.__code__)]
            named = {name for code in codes for name in code.co_names}
            if not named <= _OF_A_PLACE or named >= _OF_SIBLINGS:
                self.others.append(test)
            for code in codes:
                if "etree_element" in code.co_names:
                    self.attributes.update(one for one in code.co_consts if isinstance(one, str))
            if "id" in named:
                self.attributes.add("id")
            self.copied |= pseudo in _COPIED
            self.anchors |= any(name == "anchor" for name, *_ in declarations)


def _entries(matcher: Any) -> Iterator[Any]:
    by_name = (
        matcher.id_selectors,
        matcher.class_selectors,
        matcher.lower_local_name_selectors,
        matcher.namespace_selectors,
    )
    yield from chain.from_iterable(entries for one in by_name for entries in one.values())
    yield from chain(matcher.lang_attr_selectors, matcher.other_selectors)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inside in code.co_consts:
        if isinstance(inside, CodeType):
            yield from _codes(inside)


_looks: WeakKeyDictionary[Any, _Looks] = WeakKeyDictionary()


class Matching:
    """The rules that match an element, their number, and the pseudo-elements that they make."""

    __slots__ = ("anchors", "number", "pseudos", "rules")

    def __init__(self, number: int, rules: Rules) -> None:
        self.number, self.rules = number, rules
        self.pseudos = dict.fromkeys(rule[3] for rule in rules if rule[3])
        anchors = {rule[3] for rule in rules if any(name == "anchor" for name, *_ in rule[4])}
        self.anchors = [pseudo for pseudo in self.pseudos if pseudo in anchors]


class Place:
    """A place in a document, the rules that match there, and the places below it, by what they look like."""

    __slots__ = ("below", "matching")

    def __init__(self) -> None:
        self.below: dict[Any, Place] = {}
        self.matching: Matching | None = None


class Sheets:
    """The style sheets of a document; ``copied``: one copies styles by what was asked for before."""

    def __init__(self, sheets: Sequence[Any]) -> None:
        self.sheets = sheets
        looks = []
        for sheet, *_ in sheets:
            if (found := _looks.get(sheet.matcher)) is None:
                found = _looks[sheet.matcher] = _Looks(sheet.matcher)
            looks.append(found)
        self.copied = any(one.copied for one in looks)
        # Whether an element may be an anchor by what a rule says, and not only by what it says itself.
        self.anchors = any(one.anchors for one in looks)
        self._others = [test for one in looks for test in one.others]
        self._attributes = frozenset().union(*(one.attributes for one in looks))
        self.root, self.places = Place(), 0

    def place(self, element: Any, above: Place, before: Place | None) -> Place:
        """The place of an element below another, behind the one ``before``."""
        own, known = element.etree_element, self._attributes
        said = [part for part in own.attrib.items() if part[0] in known]
        key = (before, own.tag, len(element.etree_siblings), *said)
        found = above.below.get(key)
        if found is None:
            found = above.below[key] = Place()
            self.places += 1
        return found

    def depends(self, element: Any) -> bool:
        """Whether a rule matches an element that looks at more than its place."""
        return any(test(element) for test in self._others)

    def rules(self, element: Any) -> Rules:
        """The rules that match an element: origin, layer, specificity, pseudo-element, declarations."""
        found = []
        for sheet, origin, of_sheet in self.sheets:
            for specificity, _, pseudo, (declarations, layer) in sheet.matcher.match(element):
                order = inf if layer is None else sheet.layers.index(layer)
                found.append((origin, order, of_sheet or specificity, pseudo, declarations))
        return found
