"""What computed styles are kept in: memos of styles below those of their parents, and the rules that match."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from math import inf
from typing import Any

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
_COPYING_PSEUDO_ELEMENTS = frozenset(("first-line", "first-letter"))


def _list_rules(matcher: Any) -> Iterator[tuple[Any, ...]]:
    """All rules of a style sheet: test, specificity, order, pseudo-element, declarations with their layer."""
    by_name = matcher.id_selectors, matcher.class_selectors, matcher.lower_local_name_selectors
    for rules in (*by_name, matcher.namespace_selectors):
        yield from chain(*rules.values())
    yield from chain(matcher.lang_attr_selectors, matcher.other_selectors)


class RuleMatch:
    """The rules that match an element, their number, and the pseudo-elements that they create."""

    __slots__ = ("anchor_pseudos", "number", "pseudos", "rules")

    def __init__(self, number: int, rules: Rules) -> None:
        self.number, self.rules = number, rules
        self.pseudos = dict.fromkeys(rule[3] for rule in rules if rule[3])
        anchors = {rule[3] for rule in rules if any(name == "anchor" for name, *_ in rule[4])}
        self.anchor_pseudos = [pseudo for pseudo in self.pseudos if pseudo in anchors]


class SheetSelectors:
    """The style sheets of a document. If one ``copies_styles``, the order of questions matters."""

    def __init__(self, sheets: Sequence[Any]) -> None:
        self.sheets = sheets
        rules = [rule for sheet, *_ in sheets for rule in _list_rules(sheet.matcher)]
        self.copies_styles = any(pseudo in _COPYING_PSEUDO_ELEMENTS for _, _, _, pseudo, _ in rules)
        # Whether an element may be an anchor by a rule, and not only by its own declarations.
        self.sets_anchors = any(name == "anchor" for *_, (declared, _) in rules for name, *_ in declared)

    def match_rules(self, element: Any) -> Rules:
        """The rules that match an element: origin, layer, specificity, pseudo-element, declarations."""
        found = []
        for sheet, origin, of_sheet in self.sheets:
            for specificity, _, pseudo, (declarations, layer) in sheet.matcher.match(element):
                order = inf if layer is None else sheet.layers.index(layer)
                found.append((origin, order, of_sheet or specificity, pseudo, declarations))
        return found


MAX_STYLES = 3000  # styles of one font configuration, some 4 KB each


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

    def find_or_add_memo(self, below: dict[Any, StyleMemo], key: Any) -> StyleMemo:
        """The memo with this key, or a new one."""
        return below.get(key) or self.add_memo(below, key, StyleMemo({}))

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
        if max(self.style_count, len(self.matches)) >= MAX_STYLES:
            self.roots, self.matches, self.style_count = {}, {}, 0
            self.sheets = {}  # they hold rules that were dropped
