"""Styles: what a style says is kept from one document to the next with the same style sheets.

Stands in for ``StyleFor.__init__`` and ``__call__``, which compute a style for each element. A style follows
from the style of its parent, the element's own declarations (style, lang, id and the like) and the rules that
match it, by which WeasyPrint itself shares styles within a document.

Why the result is the same: a style object belongs to one document, as ever, so that what layout writes into
it (the overflow of the page, the anchor of a note, the place of a marker) stays there. Only what it
*computes* is kept, in a ``Said``, and filled into the next style of the same kind before it is used. Not
kept is

* what is computed after the style, or one above it, was written to: such a style is left alone from then on,
  but for one of anonymous boxes to which a word is written: with the same word, it is the same style again;
* what belongs to this document alone: of a value that warns, or that asks for the size of the first page;
* a style whose variables are made of each other, for there it matters which is asked for first;
* anything of a document with a rule for ``::first-line`` or ``::first-letter``: what they copy depends on
  what was asked for before.

Below an element that is not displayed no style is made: no box is, and nothing there is an anchor, as long as
nothing says so itself, nor any rule.

Key: own attributes and rules, below the key of the parent. A rule is known by its address, and is held by
what is kept below it, so that no other one can have it. Which rules match is known by the place of an element
(see ``matching``), below the style sheets. Fonts: what is kept is kept by font configuration,
dies with it, and is dropped when it gets another font. Bound: ``MOST`` of ``said`` styles, some 4 KB each,
and ``MOST`` of ``matching`` places.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial, wraps
from itertools import chain
from logging import WARNING, LogRecord
from math import inf
from typing import Any, ClassVar
from weakref import WeakKeyDictionary, ref
from xml.etree.ElementTree import Element

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
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration

from tipbrief.typeset.patches.style_memo import (
    ElementPosition,
    RuleMatch,
    Rules,
    SheetSelectors,
    StyleMemo,
    StyleMemoStore,
    has_variable_cycle,
)

_SVG = "{http://www.w3.org/2000/svg}svg"
_WITH_SPECIFIED_VALUE = frozenset(("position", "float", "display"))
# Where a pseudo-element has no content, no box is made of it.
_CONTENT_PSEUDO_ELEMENTS = frozenset(("before", "after"))
_NO_CONTENT = ("normal", "inhibit", "none")
# Properties whose value, where nothing is declared, is the parent's or the first one, and nothing else.
_FROM_PARENT, _FROM_INITIAL_VALUE = "inherited", "initial"
_SIMPLE_PROPERTIES = {
    key: _FROM_PARENT if key in INHERITED else _FROM_INITIAL_VALUE
    for key in INITIAL_VALUES
    if key not in {*PHYSICAL_FUNCTIONS, *INITIAL_NOT_COMPUTED, *_WITH_SPECIFIED_VALUE, "page"}
    and not key.startswith("text_decoration_")
}
_NO_PADDING = {f"padding_{side}": ZERO_PIXELS for side in ("top", "bottom", "left", "right")}
_NO_MARGIN = {f"margin_{side}": ZERO_PIXELS for side in ("top", "bottom", "left", "right")}
_original_init = StyleFor.__init__


_stores: WeakKeyDictionary[Any, StyleMemoStore] = WeakKeyDictionary()


class _UncacheableValues:
    """How often something was computed that belongs to one document alone."""

    count = 0


class _PageSizes(dict[str, Any]):
    """The sizes of the first page, which are another document's another time."""

    def __getitem__(self, name: str) -> Any:
        _UncacheableValues.count += 1
        return super().__getitem__(name)


def _count_warning(record: LogRecord) -> bool:
    if record.levelno >= WARNING:
        _UncacheableValues.count += 1
    return True


class _MemoisingStyle(Style):  # type: ignore[misc]
    """What the two kinds of kept styles do: note what is computed, and see whether layout writes."""

    memo: StyleMemo | None
    cascaded: dict[str, Any]
    computing_depth = 0
    # The styles of the document hold it, not this style, which it holds: both would live in a circle.
    anonymous_ref: ref[Any] | None = None
    document_ref: "ref[_DocumentStyles]"

    def fill_from_memo(self, said: StyleMemo, document: "ref[_DocumentStyles]") -> Any:
        """The same style, which says already what is kept."""
        self.memo, self.document_ref = said, document
        self.update(said.values)
        return self

    def __missing__(self, key: str) -> Any:
        parent = self.parent_style
        if key in self.cascaded or parent is None or not (simple := _SIMPLE_PROPERTIES.get(key)):
            return self._compute_value(key)
        # Nine of ten are inherited or initial: found without asking what else may be.
        if simple is _FROM_PARENT:
            value = parent[key]
            if check_math(value):
                return self._compute_value(key)
        else:
            value = INITIAL_VALUES[key]
        dict.__setitem__(self, key, value)
        if self.memo:
            self.memo.values[key] = value
        return value

    def _compute_value(self, key: str) -> Any:
        """A value as WeasyPrint computes it."""
        said = self.memo
        if said is None:
            return super().__missing__(key)
        asked = _UncacheableValues.count
        self.computing_depth += 1
        try:
            value = super().__missing__(key)
        finally:
            self.computing_depth -= 1
        if asked != _UncacheableValues.count:
            self.detach_memo()
        else:
            said.values[key] = value
            if key in _WITH_SPECIFIED_VALUE and self.specified is not self:
                said.specified_values[key] = self.specified[key]
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        if not self.computing_depth and self.memo and not (key in self and self[key] == value):
            self.handle_write(key, value)
        dict.__setitem__(self, key, value)

    def handle_write(self, key: str, value: Any) -> None:
        """Layout writes to this style."""
        self.detach_memo()

    def detach_memo(self) -> None:
        """From now on this style is its document's own, and nothing is kept below such."""
        if self.memo:
            self.memo.is_closed, self.memo.children = True, {}
            self.memo = None

    @property
    def anonymous_style(self) -> Any:
        """The style of boxes without an element of their own."""
        if (made := self.anonymous_ref and self.anonymous_ref()) is None:
            made = self._make_anonymous_style()
            self.anonymous_ref = ref(made)
            if document := self.document_ref():
                document.anonymous_styles.append(made)
        return made

    def _make_anonymous_style(self) -> Any:
        if self.memo is None or self.memo.is_closed:
            return AnonymousStyle(self)
        kept, below = _find_store(self.font_config), self.memo.children
        said = kept.find_memo(below, None) or kept.add_memo(below, None, StyleMemo({}))
        return _MemoisingAnonymousStyle(self).fill_from_memo(said, self.document_ref)


class _MemoisingComputedStyle(_MemoisingStyle, ComputedStyle):  # type: ignore[misc]
    def fill_from_memo(self, said: StyleMemo, document: "ref[_DocumentStyles]") -> Any:
        """The same style, which says already what is kept."""
        self.specified.update(said.specified_values)
        return super().fill_from_memo(said, document)


class _MemoisingAnonymousStyle(_MemoisingStyle, AnonymousStyle):  # type: ignore[misc]
    cascaded: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

    def handle_write(self, key: str, value: Any) -> None:
        """Another style from now on, which is kept below what this one was: so are those of all markers."""
        said = self.memo
        if said is None or said.is_closed or not isinstance(value, str):
            self.detach_memo()
            return
        kept, own = _find_store(self.font_config), (key, value)
        written = self.memo = kept.find_memo(said.children, own) or kept.add_memo(said.children, own, StyleMemo({}))
        for name, found in written.values.items():
            dict.setdefault(self, name, found)


def keep_answer(style: Any, name: str, found: Any) -> Any:
    """Keep what another reuse found of a style, where nothing was asked for that is not to be kept."""
    if style.memo:
        style.memo.derived_values[name] = found
    return found


def remember_copy(style: Any, name: str, copy: Any) -> None:
    """Keep what a copy of a style says, to which something was written that follows from the style."""
    if style.memo and not style.memo.is_closed:
        kept, below = _find_store(style.font_config), style.memo.children
        copy.__class__, copy.document_ref = type(style), style.document_ref
        copy.memo = kept.find_memo(below, name) or kept.add_memo(below, name, StyleMemo({}))
        for key, found in copy.memo.values.items():
            dict.setdefault(copy, key, found)


def apply_patch() -> None:
    """Keep what styles say from now on."""
    Style.memo = None
    InitialStyle.memo = StyleMemo({})  # it follows from nothing
    StyleFor.document_styles = None
    StyleFor.__init__, StyleFor.__call__ = _compute_all_styles, _find_style
    LOGGER.addFilter(_count_warning)
    add_font_face = FontConfiguration.add_font_face

    @wraps(add_font_face)
    def add(self: Any, *descriptors: Any) -> None:
        before = _count_files(self._folder)
        add_font_face(self, *descriptors)
        if _count_files(self._folder) != before:
            _stores.pop(self, None)

    FontConfiguration.add_font_face = add


def _count_files(folder: Any) -> int:
    return len(os.listdir(folder)) if folder else 0


def _find_store(fonts: Any) -> StyleMemoStore:
    found = _stores.get(fonts)
    if found is None:
        found = _stores[fonts] = StyleMemoStore()
    return found


def _compute_all_styles(
    self: Any, html: Any, sheets: Any, presentational_hints: Any, font_config: Any, target_collector: Any
) -> None:
    """The styles of all elements and pseudo-elements of a document."""
    kept = _find_store(font_config)
    kept.begin_document()
    known = kept.find_sheets([one for one in sheets if one[0].matcher.order])
    if presentational_hints or known.copies_styles:
        _original_init(self, html, sheets, presentational_hints, font_config, target_collector)
        return
    self._cascaded_styles, self._computed_styles, self._sheets = {}, {}, sheets
    self.initial_page_sizes, self.font_config = _PageSizes(box=None, area=None), font_config
    document = _DocumentStyles(self, kept, html.base_url, target_collector)
    document.add_tree(html.wrapper_element, known)
    # In a second pass, as anchors are told in this order.
    for element in [*document.matches]:
        document.collect_anchors(element)
    self.document_styles = document


class _DocumentStyles:
    """The styles of one document, as they are made."""

    def __init__(self, style_for: Any, kept: StyleMemoStore, base_url: Any, target_collector: Any) -> None:
        self.store, self.base_url, self.target_collector = kept, base_url, target_collector
        self.computed_styles = style_for._computed_styles
        self.style_arguments = (base_url, style_for.font_config, style_for.initial_page_sizes)
        self.shared_styles: dict[Any, Any] = {}
        self.matches: dict[Any, RuleMatch] = {}
        self.root_style: Any = None
        self.anonymous_styles: list[Any] = []

    def add_tree(self, root: Any, sheets: SheetSelectors) -> None:
        """The styles of an element and all below it, but for those that no box is made of, nor an anchor."""
        waiting: list[tuple[Iterator[Any], ElementPosition, ElementPosition | None]] = [
            (iter([root]), sheets.root, None)
        ]
        while waiting:
            elements, above, before = waiting.pop()
            if (element := next(elements, None)) is None:
                continue
            place = sheets.find_position(element, above, before)
            waiting.append((elements, above, place))
            depends = sheets.matches_beyond_position(element)
            matching = None if depends else place.rule_match
            if matching is None:
                matching = self._find_match(sheets.match_rules(element))
                place.rule_match = None if depends else matching
            own = element.etree_element
            self.add_element(own, element.parent and element.parent.etree_element, matching)
            if self.computed_styles[own, None]["display"] == ("none",) and not (
                sheets.sets_anchors or any(map(_read_own_values, own.iter()))
            ):
                continue
            waiting.append((element.iter_children(), place, None))

    def add_element(self, element: Any, parent: Any, matching: RuleMatch) -> None:
        """The style of an element."""
        own = _read_own_values(element)
        above = None if parent is None else self.computed_styles[parent, None]
        self.matches[element] = matching
        key = (own, matching.number)
        shared = (id(above), key)
        # As in WeasyPrint, elements that say something of their own share no style: layout may write to it.
        style = None if own else self.shared_styles.get(shared)
        if style is None:
            style = self.make_style(
                above,
                key,
                None,
                partial(self._cascade_declarations, element if own else None, None, matching),
            )
            if self.root_style is None:
                self.root_style = style
            self.shared_styles[shared] = style
            self._collect_anchor(style)
        self.computed_styles[element, None] = style

    def collect_anchors(self, element: Any) -> None:
        """Make the styles of those pseudo-elements that may be anchors, as there is an order in which."""
        for pseudo in self.matches[element].anchor_pseudos:
            self.find_pseudo_style(element, pseudo)

    def find_pseudo_style(self, element: Any, pseudo: str | None) -> Any:
        """The style of a pseudo-element when it is asked for: few are."""
        matching = self.matches.get(element)
        if matching is None or pseudo not in matching.pseudos:
            return None
        above = self.computed_styles[element, None]
        shared = (id(above), pseudo)
        style = self.shared_styles.get(shared)
        if style is None:
            style = self.make_style(above, pseudo, pseudo, partial(self._cascade_declarations, None, pseudo, matching))
            self._collect_anchor(style)
            # Where it has no box, one for all of a kind; an anchor is told again for each element.
            if pseudo in _CONTENT_PSEUDO_ELEMENTS and style["content"] in _NO_CONTENT and not style["anchor"]:
                self.shared_styles[shared] = style
        self.computed_styles[element, pseudo] = style
        return style

    def _find_match(self, rules: Rules) -> RuleMatch:
        key = tuple([part for rule in rules for part in (id(rule[4]), rule[1], rule[2], rule[3])])
        found = self.store.matches.get(key)
        if found is None:
            found = self.store.matches[key] = RuleMatch(len(self.store.matches), rules)
        return found

    def _collect_anchor(self, style: Any) -> None:
        if self.target_collector and style["anchor"]:
            self.target_collector.collect_anchor(style["anchor"])

    def make_style(self, above: Any, key: Any, pseudo: str | None, declared: Callable[[], dict[str, Any]]) -> Any:
        """A style below another one; what is ``declared`` of it follows from the key."""
        below = self._find_memos_below(above)
        said = self.store.find_memo(below, key)
        if said is None:
            asked = _UncacheableValues.count
            said = StyleMemo(declared())
            same = asked == _UncacheableValues.count and not has_variable_cycle(said.declarations)
            self.store.add_memo(below if same else None, key, said)
        root = InitialStyle(self.style_arguments[1]) if above is None else self.root_style
        return _MemoisingComputedStyle(above, said.declarations, pseudo, root, *self.style_arguments).fill_from_memo(
            said, ref(self)
        )

    def _find_memos_below(self, above: Any) -> dict[Any, StyleMemo] | None:
        if above is None:
            return self.store.roots.setdefault(self.base_url, {})
        return None if above.memo is None or above.memo.is_closed else above.memo.children

    def _cascade_declarations(self, element: Any, pseudo: str | None, matching: RuleMatch) -> dict[str, Any]:
        """What was declared of each property, and its weight, as WeasyPrint's cascade has it."""
        own = []
        if element is not None:
            alone = Element(element.tag, element.attrib)
            own = [
                ("author", inf, specificity, preprocess_declarations(base_url, declarations))
                for specificity, _, declarations, base_url in find_style_attributes(alone, False, self.base_url)
            ]
        theirs = (
            (origin, order, specificity, declarations)
            for origin, order, specificity, of, declarations in matching.rules
            if of == pseudo
        )
        found: dict[str, Any] = {}
        for origin, order, specificity, declarations in chain(own, theirs):
            for name, values, importance in declarations:
                weight = (declaration_precedence(origin, importance), order, specificity)
                if name not in found or found[name][1] <= weight:
                    found[name] = values, weight
        return found


def _read_own_values(element: Any) -> tuple[Any, ...] | None:
    """What an element says of its own style, whatever the rules say."""
    get = element.get
    said = (
        get("style"),
        get("lang"),
        get("id"),
        get("name") if element.tag == "a" else None,
        *((get("width"), get("height")) if element.tag == _SVG else ()),
    )
    return (element.tag, *said) if any(said) else None


def _find_style(self: Any, element: Any, pseudo_type: str | None = None) -> Any:
    """The style of an element: of tables, padding and margins that do not apply are zero.

    They are so by what the style says, and before anything asks for them: that is no change of the style.
    """
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
