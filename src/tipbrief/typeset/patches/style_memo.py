"""Said: what styles say, kept within a bound, each below that of the style that its element stands in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

from weasyprint.css.validation.expanders import Pending


def has_variable_cycle(declared: Mapping[str, Any]) -> bool:
    """Whether a variable is made of itself, by way of others or not."""
    leads = {
        name: {*_find_variable_names(value.tokens)}
        for name, (value, _) in declared.items()
        if name.startswith("__") and isinstance(value, Pending)
    }
    while leads:
        ends = [name for name, others in leads.items() if not others & leads.keys()]
        if not ends:
            return True
        for name in ends:
            del leads[name]
    return False


def _find_variable_names(tokens: Iterable[Any]) -> Iterator[str]:
    for token in tokens:
        if token.type == "ident" and token.value.startswith("--"):
            yield token.value.replace("-", "_")
        yield from _find_variable_names(getattr(token, "arguments", None) or getattr(token, "content", None) or ())


Rules = list[tuple[Any, ...]]
MOST_POSITIONS = 4000  # places of one font configuration, some 0.4 KB each
_COPYING_PSEUDO_ELEMENTS = frozenset(("first-line", "first-letter"))
# What a compiled selector may name that looks only at a place.
_POSITION_NAMES = frozenset((
    "all", "ancestors", "any", "ascii_lower", "attrib", "classes", "divmod", "endswith", "etree_element",
    "etree_siblings", "get", "id", "in_html_document", "index", "len", "local_name", "lower", "namespace_url",
    "next", "parent", "previous", "previous_siblings", "split_whitespace", "startswith", "sum", "tag",
))  # fmt: skip
_SIBLING_NAMES = frozenset(("etree_siblings", "tag"))  # the names of those that come after it, too


class _SelectorInputs:
    """What the selectors of one style sheet look at, and what its rules do."""

    def __init__(self, matcher: Any) -> None:
        self.attributes, self.other_tests = {"class"}, list[Any]()
        self.copies_styles = self.sets_anchors = False
        for test, _, _, pseudo, (declarations, _) in _selector_entries(matcher):
            codes = [*_nested_codes(test.__code__)]
            named = {name for code in codes for name in code.co_names}
            if not named <= _POSITION_NAMES or named >= _SIBLING_NAMES:
                self.other_tests.append(test)
            for code in codes:
                if "etree_element" in code.co_names:
                    self.attributes.update(one for one in code.co_consts if isinstance(one, str))
            if "id" in named:
                self.attributes.add("id")
            self.copies_styles |= pseudo in _COPYING_PSEUDO_ELEMENTS
            self.sets_anchors |= any(name == "anchor" for name, *_ in declarations)


def _selector_entries(matcher: Any) -> Iterator[Any]:
    by_name = (
        matcher.id_selectors,
        matcher.class_selectors,
        matcher.lower_local_name_selectors,
        matcher.namespace_selectors,
    )
    yield from chain.from_iterable(entries for one in by_name for entries in one.values())
    yield from chain(matcher.lang_attr_selectors, matcher.other_selectors)


def _nested_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inside in code.co_consts:
        if isinstance(inside, CodeType):
            yield from _nested_codes(inside)


_selector_inputs: WeakKeyDictionary[Any, _SelectorInputs] = WeakKeyDictionary()


class RuleMatch:
    """The rules that match an element, their number, and the pseudo-elements that they make."""

    __slots__ = ("anchor_pseudos", "number", "pseudos", "rules")

    def __init__(self, number: int, rules: Rules) -> None:
        self.number, self.rules = number, rules
        self.pseudos = dict.fromkeys(rule[3] for rule in rules if rule[3])
        anchors = {rule[3] for rule in rules if any(name == "anchor" for name, *_ in rule[4])}
        self.anchor_pseudos = [pseudo for pseudo in self.pseudos if pseudo in anchors]


class ElementPosition:
    """A place in a document, the rules that match there, and the places below it, by what they look like."""

    __slots__ = ("children", "rule_match")

    def __init__(self) -> None:
        self.children: dict[Any, ElementPosition] = {}
        self.rule_match: RuleMatch | None = None


class SheetSelectors:
    """The style sheets of a document; ``copied``: one copies styles by what was asked for before."""

    def __init__(self, sheets: Sequence[Any]) -> None:
        self.sheets = sheets
        looks = []
        for sheet, *_ in sheets:
            if (found := _selector_inputs.get(sheet.matcher)) is None:
                found = _selector_inputs[sheet.matcher] = _SelectorInputs(sheet.matcher)
            looks.append(found)
        self.copies_styles = any(one.copies_styles for one in looks)
        # Whether an element may be an anchor by what a rule says, and not only by what it says itself.
        self.sets_anchors = any(one.sets_anchors for one in looks)
        self._other_tests = [test for one in looks for test in one.other_tests]
        self._attributes = frozenset().union(*(one.attributes for one in looks))
        self.root, self.position_count = ElementPosition(), 0

    def find_position(self, element: Any, above: ElementPosition, before: ElementPosition | None) -> ElementPosition:
        """The place of an element below another, behind the one ``before``."""
        own, known = element.etree_element, self._attributes
        said = [part for part in own.attrib.items() if part[0] in known]
        key = (before, own.tag, len(element.etree_siblings), *said)
        found = above.children.get(key)
        if found is None:
            found = above.children[key] = ElementPosition()
            self.position_count += 1
        return found

    def matches_beyond_position(self, element: Any) -> bool:
        """Whether a rule matches an element that looks at more than its place."""
        return any(test(element) for test in self._other_tests)

    def match_rules(self, element: Any) -> Rules:
        """The rules that match an element: origin, layer, specificity, pseudo-element, declarations."""
        found = []
        for sheet, origin, of_sheet in self.sheets:
            for specificity, _, pseudo, (declarations, layer) in sheet.matcher.match(element):
                order = inf if layer is None else sheet.layers.index(layer)
                found.append((origin, order, of_sheet or specificity, pseudo, declarations))
        return found


MOST_STYLES = 3000  # styles of one font configuration, some 4 KB each
RECENT_DOCUMENTS = 20  # documents: what none of them had is forgotten first


class StyleMemo:
    """What a style says, whatever document it is in, and what is kept of the styles below it."""

    __slots__ = (
        "children",
        "declarations",
        "derived_values",
        "flow",
        "is_closed",
        "last_document",
        "specified_values",
        "values",
    )

    def __init__(self, declared: dict[str, Any]) -> None:
        self.values: dict[str, Any] = {}
        self.specified_values: dict[str, Any] = {}
        self.declarations = declared
        # By what makes an element's style, by the name of a pseudo-element; None for anonymous boxes.
        self.children: dict[Any, StyleMemo] = {}
        self.is_closed = False  # layout writes into such styles: nothing is kept below them
        self.derived_values: dict[str, Any] = {}  # what other reuses ask once a style
        self.flow: tuple[bool, bool, bool] | None = None  # and what is asked most often
        self.last_document = 0  # the number of the last document that had it


class StyleMemoStore:
    """All that is kept of the styles of one font configuration."""

    def __init__(self) -> None:
        # By base URL, and as below a style.
        self.roots: dict[Any, dict[Any, StyleMemo]] = {}
        # By the addresses of the rules.
        self.matches: dict[tuple[Any, ...], RuleMatch] = {}
        self.style_count = self.document_count = 0
        # By the style sheets of a document, which they hold.
        self.sheets: dict[tuple[Any, ...], SheetSelectors] = {}

    def find_sheets(self, sheets: Sequence[Any]) -> SheetSelectors:
        """What is known of the places of documents with these style sheets."""
        key = tuple([part for sheet, *more in sheets for part in (id(sheet), *more)])
        found = self.sheets.get(key)
        if found is None:
            found = self.sheets[key] = SheetSelectors(sheets)
        return found

    def find_memo(self, below: dict[Any, StyleMemo] | None, key: Any) -> StyleMemo | None:
        """What is kept with this key, if anything is."""
        said = below.get(key) if below is not None else None
        if said is not None:
            said.last_document = self.document_count
        return said

    def add_memo(self, below: dict[Any, StyleMemo] | None, key: Any, said: StyleMemo) -> StyleMemo:
        """Keep something with this key, or where that cannot be, nothing below it."""
        if below is None or self.style_count >= MOST_STYLES:
            said.is_closed = True
        else:
            below[key] = said
            said.last_document = self.document_count
            self.style_count += 1
        return said

    def begin_document(self) -> None:
        """Before a document: where there is no room, what was not used of late is dropped, else all."""
        self.document_count += 1
        if self.style_count >= MOST_STYLES:
            self.style_count = sum(self._drop_old_memos(below) for below in self.roots.values())
            crowded = self.style_count > MOST_STYLES / 2
        else:
            crowded = len(self.matches) >= MOST_STYLES
        if crowded:
            self.roots, self.matches, self.style_count = {}, {}, 0
        if crowded or sum(one.position_count for one in self.sheets.values()) >= MOST_POSITIONS:
            self.sheets = {}  # by their rules they know those that were dropped

    def _drop_old_memos(self, below: dict[Any, StyleMemo]) -> int:
        for key in [key for key, said in below.items() if said.last_document < self.document_count - RECENT_DOCUMENTS]:
            del below[key]
        return len(below) + sum(self._drop_old_memos(said.children) for said in below.values())
