"""What computed styles are kept in: memos of styles below those of their parents, and the rules by place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from math import inf
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

from weasyprint.css.validation.expanders import Pending


def has_variable_cycle(declared: Mapping[str, Any]) -> bool:
    """Whether a variable depends on itself, directly or by others."""
    depends = {
        name: {*_find_variable_names(value.tokens)}
        for name, (value, _) in declared.items()
        if name.startswith("__") and isinstance(value, Pending)
    }
    try:
        TopologicalSorter(depends).prepare()
    except CycleError:
        return True
    return False


def _find_variable_names(tokens: Iterable[Any]) -> Iterator[str]:
    for token in tokens:
        if token.type == "ident" and token.value.startswith("--"):
            yield token.value.replace("-", "_")
        yield from _find_variable_names(getattr(token, "arguments", None) or getattr(token, "content", None) or ())


Rules = list[tuple[Any, ...]]
MAX_POSITIONS = 6000  # places of one font configuration, some 0.4 KB each
_COPYING_PSEUDO_ELEMENTS = frozenset(("first-line", "first-letter"))
# The names in compiled selectors that depend only on an element's place.
_POSITION_NAMES = frozenset((
    "all", "ancestors", "any", "ascii_lower", "attrib", "classes", "divmod", "endswith", "etree_element",
    "etree_siblings", "get", "id", "in_html_document", "index", "len", "local_name", "lower", "namespace_url",
    "next", "parent", "previous", "previous_siblings", "split_whitespace", "startswith", "sum", "tag",
))  # fmt: skip
_SIBLING_NAMES = frozenset(("etree_siblings", "tag"))  # with both, it also depends on the siblings that follow


class _SelectorInputs:  # what selectors of one style sheet depend on, and what its rules do
    def __init__(self, matcher: Any) -> None:
        self.attributes, self.other_tests = {"class"}, list[Any]()
        self.copies_styles = self.sets_anchors = False
        by_name = (
            *matcher.id_selectors.values(),
            *matcher.class_selectors.values(),
            *matcher.lower_local_name_selectors.values(),
            *matcher.namespace_selectors.values(),
        )
        entries = chain(*by_name, matcher.lang_attr_selectors, matcher.other_selectors)
        for test, _, _, pseudo, (declarations, _) in entries:
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


def _nested_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inside in code.co_consts:
        if isinstance(inside, CodeType):
            yield from _nested_codes(inside)


_selector_inputs: WeakKeyDictionary[Any, _SelectorInputs] = WeakKeyDictionary()


class RuleMatch:
    """The rules that match an element, their number, and the pseudo-elements that they create."""

    __slots__ = ("anchor_pseudos", "number", "pseudos", "rules")

    def __init__(self, number: int, rules: Rules) -> None:
        self.number, self.rules = number, rules
        self.pseudos = dict.fromkeys(rule[3] for rule in rules if rule[3])
        anchors = {rule[3] for rule in rules if any(name == "anchor" for name, *_ in rule[4])}
        self.anchor_pseudos = [pseudo for pseudo in self.pseudos if pseudo in anchors]


@dataclass(slots=True, eq=False)
class ElementPosition:
    """A place in a document, the rules that match there, and the places below it by their keys."""

    children: dict[Any, "ElementPosition"] = field(default_factory=dict)
    rule_match: RuleMatch | None = None


class SheetSelectors:
    """The style sheets of a document. If one ``copies_styles``, the order of questions matters."""

    def __init__(self, sheets: Sequence[Any]) -> None:
        self.sheets = sheets
        matchers = [sheet.matcher for sheet, *_ in sheets]
        inputs = [
            _selector_inputs.get(one) or _selector_inputs.setdefault(one, _SelectorInputs(one)) for one in matchers
        ]
        self.copies_styles = any(one.copies_styles for one in inputs)
        # Whether an element may be an anchor by a rule, and not only by its own declarations.
        self.sets_anchors = any(one.sets_anchors for one in inputs)
        # An element for which one of these is true depends on more than its place.
        self.other_tests = [test for one in inputs for test in one.other_tests]
        self._attributes = frozenset().union(*(one.attributes for one in inputs))
        self.root, self.position_count = ElementPosition(), 0

    def find_position(self, element: Any, above: ElementPosition, before: ElementPosition | None) -> ElementPosition:
        """The place of an element below another, after the one ``before``."""
        own, known = element.etree_element, self._attributes
        attributes = [part for part in own.attrib.items() if part[0] in known]
        key = (before, own.tag, len(element.etree_siblings), *attributes)
        if key not in above.children:
            above.children[key] = ElementPosition()
            self.position_count += 1
        return above.children[key]

    def match_rules(self, element: Any) -> Rules:
        """The rules that match an element: origin, layer, specificity, pseudo-element, declarations."""
        found = []
        for sheet, origin, of_sheet in self.sheets:
            for specificity, _, pseudo, (declarations, layer) in sheet.matcher.match(element):
                order = inf if layer is None else sheet.layers.index(layer)
                found.append((origin, order, of_sheet or specificity, pseudo, declarations))
        return found


MAX_STYLES = 6000  # styles of one font configuration, some 4 KB each


@dataclass(slots=True, eq=False)
class StyleMemo:
    """What a style computes in any document, and the memos of the styles below it."""

    declarations: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    specified_values: dict[str, Any] = field(default_factory=dict)
    # By the key of an element's style, or the name of a pseudo-element; None for anonymous boxes.
    children: dict[Any, "StyleMemo"] = field(default_factory=dict)
    is_closed: bool = False  # layout writes into such a style: nothing is kept below it
    derived_values: dict[str, Any] = field(default_factory=dict)  # what other patches find once a style


class StyleMemoStore:
    """All memos of the styles of one font configuration."""

    def __init__(self) -> None:
        # By base URL, and as below a style.
        self.roots: dict[Any, dict[Any, StyleMemo]] = {}
        # By the addresses of the rules.
        self.matches: dict[tuple[Any, ...], RuleMatch] = {}
        self.style_count = 0
        # By the style sheets of a document, which they hold.
        self.sheets: dict[tuple[Any, ...], SheetSelectors] = {}

    def find_sheets(self, sheets: Sequence[Any]) -> SheetSelectors:
        """The places of documents with these style sheets."""
        key = tuple([part for sheet, *more in sheets for part in (id(sheet), *more)])
        if key not in self.sheets:
            self.sheets[key] = SheetSelectors(sheets)
        return self.sheets[key]

    def add_memo(self, below: dict[Any, StyleMemo] | None, key: Any, memo: StyleMemo) -> StyleMemo:
        """Keep a memo with this key; if there is no room, it is closed."""
        if below is None or self.style_count >= MAX_STYLES:
            memo.is_closed = True
        else:
            below[key] = memo
            self.style_count += 1
        return memo

    def begin_document(self) -> None:
        """Begin a document; if there is no room, drop all: each style sheet of ours has some 500 styles."""
        is_crowded = max(self.style_count, len(self.matches)) >= MAX_STYLES
        if is_crowded:
            self.roots, self.matches, self.style_count = {}, {}, 0
        if is_crowded or sum(one.position_count for one in self.sheets.values()) >= MAX_POSITIONS:
            self.sheets = {}  # they hold rules that were dropped
