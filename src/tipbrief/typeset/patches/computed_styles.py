"""Computed styles: what a style computes is kept for the next document with the same style sheets.

Brings: a sheet takes twice the CPU without it. Why no byte changes: docs/contributing/patches.md.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from logging import WARNING, LogRecord
from math import inf
from typing import Any, ClassVar
from weakref import WeakKeyDictionary, ref
from xml.etree.ElementTree import Element

from cssselect2 import Matcher
from weasyprint.css import (
    AnonymousStyle,
    ComputedStyle,
    InitialStyle,
    Style,
    StyleFor,
    declaration_precedence,
    find_style_attributes,
)
from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS
from weasyprint.css.functions import check_math
from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES, ZERO_PIXELS
from weasyprint.css.validation import preprocess_declarations
from weasyprint.css.validation.expanders import Pending
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration

# What changes the style of an element of some tags, beside its style, language and id.
_OWN_ATTRIBUTES = {"a": ("name",), "{http://www.w3.org/2000/svg}svg": ("width", "height")}
_WITH_SPECIFIED_VALUE = frozenset(("position", "float", "display"))
# A pseudo-element without content has no box.
_CONTENT_PSEUDO_ELEMENTS = frozenset(("before", "after"))
_NO_CONTENT = ("normal", "inhibit", "none")
# Properties that are inherited (True) or initial (False) if nothing is declared.
_SIMPLE_PROPERTIES = {
    key: key in INHERITED
    for key in INITIAL_VALUES
    if key not in {*PHYSICAL_FUNCTIONS, *INITIAL_NOT_COMPUTED, *_WITH_SPECIFIED_VALUE, "page"}
    and not key.startswith("text_decoration_")
}
_NO_PADDING, _NO_MARGIN = (
    {f"{edge}_{side}": ZERO_PIXELS for side in ("top", "bottom", "left", "right")} for edge in ("padding", "margin")
)
_COPYING_PSEUDO_ELEMENTS = frozenset(("first-line", "first-letter"))
MAX_STYLES = 6000  # styles of one font configuration, some 4 KB each
Rules = list[tuple[Any, ...]]
_original_init = StyleFor.__init__
_original_add_font_face = FontConfiguration.add_font_face
_stores: WeakKeyDictionary[Any, "StyleMemoStore"] = WeakKeyDictionary()


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


class RuleMatch:
    """The rules that match an element, their number, and the pseudo-elements that they create."""

    __slots__ = ("anchor_pseudos", "number", "pseudos", "rules")

    def __init__(self, number: int, rules: Rules) -> None:
        self.number, self.rules = number, rules
        self.pseudos = dict.fromkeys(rule[3] for rule in rules if rule[3])
        anchors = {rule[3] for rule in rules if any(name == "anchor" for name, *_ in rule[4])}
        self.anchor_pseudos = [pseudo for pseudo in self.pseudos if pseudo in anchors]


class SheetSelectors:
    """All style sheets' selectors. ``copies_styles``: the order of questions matters. ``sets_anchors``: by a rule."""

    def __init__(self, sheets: Sequence[Any]) -> None:
        self.sheets, self._matcher = sheets, Matcher()  # one for all: each asks an element a dozen questions
        self.copies_styles = self.sets_anchors = False
        for number, (sheet, *_) in enumerate(sheets):
            for entries, merged in _iterate_entries(sheet.matcher, self._matcher):
                for test, specificity, order, pseudo, rule in entries:
                    merged.append((test, (number, specificity), order, pseudo, rule))
                    self.copies_styles |= pseudo in _COPYING_PSEUDO_ELEMENTS
                    self.sets_anchors |= any(name == "anchor" for name, *_ in rule[0])

    def find_match(self, element: Any, known: dict[tuple[Any, ...], "RuleMatch"]) -> "RuleMatch":
        """The rules that match an element, with their origin, layer, specificity and pseudo-element."""
        matching = self._matcher.match(element)
        # Each selector has a rule of its own, which a match holds: no other rule gets its address.
        key = tuple([id(rule) for *_, rule in matching])
        if key not in known:
            rules = []
            for (number, specificity), _, pseudo, rule in matching:
                sheet, origin, of_sheet = self.sheets[number]
                order = inf if rule[1] is None else sheet.layers.index(rule[1])
                rules.append((origin, order, of_sheet or specificity, pseudo, rule[0], rule))
            known[key] = RuleMatch(len(known), rules)
        return known[key]


def _iterate_entries(matcher: Any, merged: Any) -> Iterator[tuple[list[Any], list[Any]]]:
    """The selectors of a matcher by what they ask, each with the list for them in another matcher."""
    for name in ("id_selectors", "class_selectors", "lower_local_name_selectors", "namespace_selectors"):
        for key, entries in getattr(matcher, name).items():
            yield entries, getattr(merged, name).setdefault(key, [])
    for name in ("lang_attr_selectors", "other_selectors"):
        yield getattr(matcher, name), getattr(merged, name)


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


class _UncacheableValues:  # counts what was computed that belongs to one document alone
    count = 0


class _PageSizes(dict[str, Any]):  # of the first page; they differ between documents
    def __getitem__(self, name: str) -> Any:
        _UncacheableValues.count += 1
        return super().__getitem__(name)


def _count_warning(record: LogRecord) -> bool:
    if record.levelno >= WARNING:
        _UncacheableValues.count += 1
    return True


class _MemoisingStyle(Style):  # type: ignore[misc]
    """A style that records what it computes, and sees whether layout writes to it."""

    memo: StyleMemo | None
    cascaded: dict[str, Any]
    computing_depth = 0
    # The document's styles hold it. This style does not: it is held by it, which would be a cycle.
    anonymous_ref: ref[Any] | None = None
    document_ref: "ref[_DocumentStyles]"

    def fill_from_memo(self, memo: StyleMemo, document: "ref[_DocumentStyles]") -> Any:  # the style itself
        self.memo, self.document_ref = memo, document
        self.update(memo.values)
        return self

    def __missing__(self, key: str) -> Any:
        parent = self.parent_style
        inherited = _SIMPLE_PROPERTIES.get(key)
        if key in self.cascaded or parent is None or inherited is None:
            return self._compute_value(key)
        # Nine of ten are inherited or initial, and need no further questions.
        value = parent[key] if inherited else INITIAL_VALUES[key]
        if inherited and check_math(value):
            return self._compute_value(key)
        dict.__setitem__(self, key, value)
        if self.memo:
            self.memo.values[key] = value
        return value

    def _compute_value(self, key: str) -> Any:  # as WeasyPrint does
        memo = self.memo
        if memo is None:
            return super().__missing__(key)
        before = _UncacheableValues.count
        self.computing_depth += 1
        try:
            value = super().__missing__(key)
        finally:
            self.computing_depth -= 1
        if before != _UncacheableValues.count:
            self.detach_memo()
        else:
            memo.values[key] = value
            if key in _WITH_SPECIFIED_VALUE and self.specified is not self:
                memo.specified_values[key] = self.specified[key]
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        if not self.computing_depth and self.memo and not (key in self and self[key] == value):
            self.detach_memo()
        dict.__setitem__(self, key, value)

    def detach_memo(self) -> None:  # here and below: nothing more is kept
        if self.memo:
            self.memo.is_closed, self.memo.children = True, {}
            self.memo = None

    @property
    def anonymous_style(self) -> Any:  # of boxes without an element of their own
        if (style := self.anonymous_ref and self.anonymous_ref()) is None:
            if self.memo is None or self.memo.is_closed:
                style = AnonymousStyle(self)
            else:
                below, store = self.memo.children, _find_store(self.font_config)
                memo = below.get(None) or store.add_memo(below, None, StyleMemo({}))
                style = _MemoisingAnonymousStyle(self).fill_from_memo(memo, self.document_ref)
            self.anonymous_ref = ref(style)
            if document := self.document_ref():
                document.anonymous_styles.append(style)
        return style


class _MemoisingComputedStyle(_MemoisingStyle, ComputedStyle):  # type: ignore[misc]
    def fill_from_memo(self, memo: StyleMemo, document: "ref[_DocumentStyles]") -> Any:
        self.specified.update(memo.specified_values)
        return super().fill_from_memo(memo, document)


class _MemoisingAnonymousStyle(_MemoisingStyle, AnonymousStyle):  # type: ignore[misc]
    cascaded: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]


def apply_patch() -> None:
    """Keep what styles say from now on."""
    Style.memo = None
    InitialStyle.memo = StyleMemo({})  # it follows from nothing
    StyleFor.document_styles = None
    StyleFor.__init__, StyleFor.__call__ = _compute_all_styles, _find_style
    LOGGER.addFilter(_count_warning)
    FontConfiguration.add_font_face = _add_font_face


def _add_font_face(self: Any, *descriptors: Any) -> None:  # with another font, nothing that was kept is true
    before = _count_files(self._folder)
    _original_add_font_face(self, *descriptors)
    if _count_files(self._folder) != before:
        _stores.pop(self, None)
        self._font_set = object()  # for ``shaping``


def _count_files(folder: Any) -> int:
    return len(os.listdir(folder)) if folder else 0


def _find_store(fonts: Any) -> StyleMemoStore:
    return _stores.get(fonts) or _stores.setdefault(fonts, StyleMemoStore())


def _compute_all_styles(
    self: Any, html: Any, sheets: Any, presentational_hints: Any, font_config: Any, target_collector: Any
) -> None:
    store = _find_store(font_config)
    store.begin_document()
    known = SheetSelectors([one for one in sheets if one[0].matcher.order])
    if presentational_hints or known.copies_styles:
        _original_init(self, html, sheets, presentational_hints, font_config, target_collector)
        return
    self._cascaded_styles, self._computed_styles, self._sheets = {}, {}, sheets
    self.initial_page_sizes, self.font_config = _PageSizes(box=None, area=None), font_config
    document = _DocumentStyles(self, store, html.base_url, target_collector)
    document.add_tree(html.wrapper_element, known)
    # In a second pass, as WeasyPrint collects anchors in this order.
    for element, matching in document.matches.items():
        for pseudo in matching.anchor_pseudos:
            document.find_pseudo_style(element, pseudo)
    self.document_styles = document


class _DocumentStyles:
    def __init__(self, style_for: Any, store: StyleMemoStore, base_url: Any, target_collector: Any) -> None:
        self.store, self.base_url, self.target_collector = store, base_url, target_collector
        self.computed_styles = style_for._computed_styles
        self.style_arguments = (base_url, style_for.font_config, style_for.initial_page_sizes)
        self.shared_styles: dict[Any, Any] = {}
        self.matches: dict[Any, RuleMatch] = {}
        self.root_style: Any = None
        self.anonymous_styles: list[Any] = []

    def add_tree(self, root: Any, sheets: SheetSelectors) -> None:  # all that get a box or may be an anchor
        waiting: list[Iterator[Any]] = [iter([root])]
        while waiting:
            if (element := next(waiting[-1], None)) is None:
                waiting.pop()
                continue
            own = element.etree_element
            parent = element.parent and element.parent.etree_element
            self.add_element(own, parent, sheets.find_match(element, self.store.matches))
            if self.computed_styles[own, None]["display"] == ("none",) and not (
                sheets.sets_anchors or any(map(_read_own_values, own.iter()))
            ):
                continue
            waiting.append(element.iter_children())

    def add_element(self, element: Any, parent: Any, matching: RuleMatch) -> None:
        own = _read_own_values(element)
        above = None if parent is None else self.computed_styles[parent, None]
        self.matches[element] = matching
        key = (own, matching.number)
        shared = (id(above), key)
        # As in WeasyPrint, elements with declarations of their own share no style: layout may write to it.
        style = None if own else self.shared_styles.get(shared)
        if style is None:
            style = self.make_style(
                above, key, None, partial(self._cascade_declarations, element if own else None, None, matching)
            )
            if self.root_style is None:
                self.root_style = style
            self.shared_styles[shared] = style
            self._collect_anchor(style)
        self.computed_styles[element, None] = style

    def find_pseudo_style(self, element: Any, pseudo: str | None) -> Any:  # made when it is asked for: few are
        matching = self.matches.get(element)
        if matching is None or pseudo not in matching.pseudos:
            return None
        above = self.computed_styles[element, None]
        shared = (id(above), pseudo)
        style = self.shared_styles.get(shared)
        if style is None:
            style = self.make_style(above, pseudo, pseudo, partial(self._cascade_declarations, None, pseudo, matching))
            self._collect_anchor(style)
            # Without a box, one style serves for all of a kind; an anchor is collected for each element.
            if pseudo in _CONTENT_PSEUDO_ELEMENTS and style["content"] in _NO_CONTENT and not style["anchor"]:
                self.shared_styles[shared] = style
        self.computed_styles[element, pseudo] = style
        return style

    def _collect_anchor(self, style: Any) -> None:
        if self.target_collector and style["anchor"]:
            self.target_collector.collect_anchor(style["anchor"])

    def make_style(self, above: Any, key: Any, pseudo: str | None, declared: Callable[[], dict[str, Any]]) -> Any:
        """A style below another one; what is ``declared`` follows from the key."""
        below: dict[Any, StyleMemo] | None = None
        if above is None:
            below = self.store.roots.setdefault(self.base_url, {})
        elif above.memo is not None and not above.memo.is_closed:
            below = above.memo.children
        memo = None if below is None else below.get(key)
        if memo is None:
            before = _UncacheableValues.count
            memo = StyleMemo(declared())
            is_repeatable = before == _UncacheableValues.count and not has_variable_cycle(memo.declarations)
            self.store.add_memo(below if is_repeatable else None, key, memo)
        root = InitialStyle(self.style_arguments[1]) if above is None else self.root_style
        style = _MemoisingComputedStyle(above, memo.declarations, pseudo, root, *self.style_arguments)
        return style.fill_from_memo(memo, ref(self))

    def _cascade_declarations(self, element: Any, pseudo: str | None, matching: RuleMatch) -> dict[str, Any]:
        """The declared value of each property, and its weight, as in WeasyPrint's cascade."""
        own = []
        if element is not None:
            alone = Element(element.tag, element.attrib)
            own = [
                ("author", inf, specificity, preprocess_declarations(base_url, declarations))
                for specificity, _, declarations, base_url in find_style_attributes(alone, False, self.base_url)
            ]
        theirs = (
            (origin, order, specificity, declarations)
            for origin, order, specificity, of, declarations, _ in matching.rules
            if of == pseudo
        )
        found: dict[str, Any] = {}
        for origin, order, specificity, declarations in chain(own, theirs):
            for name, values, importance in declarations:
                weight = (declaration_precedence(origin, importance), order, specificity)
                if name not in found or found[name][1] <= weight:
                    found[name] = values, weight
        return found


def _read_own_values(element: Any) -> tuple[Any, ...] | None:  # those that change its own style, apart from rules
    names = ("style", "lang", "id", *_OWN_ATTRIBUTES.get(element.tag, ()))
    values = tuple(map(element.get, names))
    return (element.tag, *values) if any(values) else None


def _find_style(self: Any, element: Any, pseudo_type: str | None = None) -> Any:
    """The style of an element. Padding and margins that do not apply to parts of tables are zero."""
    # That follows from the style, before anything asks for them, so it is no change of the style.
    style = self._computed_styles.get((element, pseudo_type))
    if style is None and pseudo_type and self.document_styles:
        style = self.document_styles.find_pseudo_style(element, pseudo_type)
    if style:
        display = style["display"]
        if "table" in display and style["border_collapse"] == "collapse":
            dict.update(style, _NO_PADDING)
        if len(display) == 1 and display[0].startswith("table-") and display[0] != "table-caption":
            dict.update(style, _NO_MARGIN)
    return style
