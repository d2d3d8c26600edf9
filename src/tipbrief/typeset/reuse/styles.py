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

from tipbrief.typeset.reuse.matching import Matching, Place, Rules, Sheets
from tipbrief.typeset.reuse.said import KeptStyles, Said
from tipbrief.typeset.reuse.variables import in_circle

_SVG = "{http://www.w3.org/2000/svg}svg"
_SPECIFIED = frozenset(("position", "float", "display"))
# Where a pseudo-element has no content, no box is made of it.
_WITH_CONTENT = frozenset(("before", "after"))
_NO_CONTENT = ("normal", "inhibit", "none")
# Properties whose value, where nothing is declared, is the parent's or the first one, and nothing else.
_INHERITED, _INITIAL = "inherited", "initial"
_SIMPLE = {
    key: _INHERITED if key in INHERITED else _INITIAL
    for key in INITIAL_VALUES
    if key not in {*PHYSICAL_FUNCTIONS, *INITIAL_NOT_COMPUTED, *_SPECIFIED, "page"}
    and not key.startswith("text_decoration_")
}
_NO_PADDING = {f"padding_{side}": ZERO_PIXELS for side in ("top", "bottom", "left", "right")}
_NO_MARGIN = {f"margin_{side}": ZERO_PIXELS for side in ("top", "bottom", "left", "right")}
_plain = StyleFor.__init__


_kept: WeakKeyDictionary[Any, KeptStyles] = WeakKeyDictionary()


class _Document:
    """How often something was computed that belongs to one document alone."""

    asked = 0


class _PageSizes(dict[str, Any]):
    """The sizes of the first page, which are another document's another time."""

    def __getitem__(self, name: str) -> Any:
        _Document.asked += 1
        return super().__getitem__(name)


def _note(record: LogRecord) -> bool:
    if record.levelno >= WARNING:
        _Document.asked += 1
    return True


class _Keeping(Style):  # type: ignore[misc]
    """What the two kinds of kept styles do: note what is computed, and see whether layout writes."""

    said: Said | None
    cascaded: dict[str, Any]
    computing = 0
    # The styles of the document hold it, not this style, which it holds: both would live in a circle.
    anonymous: ref[Any] | None = None
    document: "ref[_Styles]"

    def filled(self, said: Said, document: "ref[_Styles]") -> Any:
        """The same style, which says already what is kept."""
        self.said, self.document = said, document
        self.update(said.values)
        return self

    def __missing__(self, key: str) -> Any:
        parent = self.parent_style
        if key in self.cascaded or parent is None or not (simple := _SIMPLE.get(key)):
            return self._computed(key)
        # Nine of ten are inherited or initial: found without asking what else may be.
        if simple is _INHERITED:
            value = parent[key]
            if check_math(value):
                return self._computed(key)
        else:
            value = INITIAL_VALUES[key]
        dict.__setitem__(self, key, value)
        if self.said:
            self.said.values[key] = value
        return value

    def _computed(self, key: str) -> Any:
        """A value as WeasyPrint computes it."""
        said = self.said
        if said is None:
            return super().__missing__(key)
        asked = _Document.asked
        self.computing += 1
        try:
            value = super().__missing__(key)
        finally:
            self.computing -= 1
        if asked != _Document.asked:
            self.leave()
        else:
            said.values[key] = value
            if key in _SPECIFIED and self.specified is not self:
                said.specified[key] = self.specified[key]
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        if not self.computing and self.said and not (key in self and self[key] == value):
            self.write(key, value)
        dict.__setitem__(self, key, value)

    def write(self, key: str, value: Any) -> None:
        """Layout writes to this style."""
        self.leave()

    def leave(self) -> None:
        """From now on this style is its document's own, and nothing is kept below such."""
        if self.said:
            self.said.closed, self.said.below = True, {}
            self.said = None

    @property
    def anonymous_style(self) -> Any:
        """The style of boxes without an element of their own."""
        if (made := self.anonymous and self.anonymous()) is None:
            made = self._made_anonymous()
            self.anonymous = ref(made)
            if document := self.document():
                document.anonymous.append(made)
        return made

    def _made_anonymous(self) -> Any:
        if self.said is None or self.said.closed:
            return AnonymousStyle(self)
        kept, below = _kept_for(self.font_config), self.said.below
        said = kept.find(below, None) or kept.keep(below, None, Said({}))
        return _KeptAnonymous(self).filled(said, self.document)


class _KeptStyle(_Keeping, ComputedStyle):  # type: ignore[misc]
    def filled(self, said: Said, document: "ref[_Styles]") -> Any:
        """The same style, which says already what is kept."""
        self.specified.update(said.specified)
        return super().filled(said, document)


class _KeptAnonymous(_Keeping, AnonymousStyle):  # type: ignore[misc]
    cascaded: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

    def write(self, key: str, value: Any) -> None:
        """Another style from now on, which is kept below what this one was: so are those of all markers."""
        said = self.said
        if said is None or said.closed or not isinstance(value, str):
            self.leave()
            return
        kept, own = _kept_for(self.font_config), (key, value)
        written = self.said = kept.find(said.below, own) or kept.keep(said.below, own, Said({}))
        for name, found in written.values.items():
            dict.setdefault(self, name, found)


def keep_answer(style: Any, name: str, found: Any) -> Any:
    """Keep what another reuse found of a style, where nothing was asked for that is not to be kept."""
    if style.said:
        style.said.answers[name] = found
    return found


def keep_copy(style: Any, name: str, copy: Any) -> None:
    """Keep what a copy of a style says, to which something was written that follows from the style."""
    if style.said and not style.said.closed:
        kept, below = _kept_for(style.font_config), style.said.below
        copy.__class__, copy.document = type(style), style.document
        copy.said = kept.find(below, name) or kept.keep(below, name, Said({}))
        for key, found in copy.said.values.items():
            dict.setdefault(copy, key, found)


def put() -> None:
    """Keep what styles say from now on."""
    Style.said = None
    InitialStyle.said = Said({})  # it follows from nothing
    StyleFor.tipbrief = None
    StyleFor.__init__, StyleFor.__call__ = _style_all, _style_of
    LOGGER.addFilter(_note)
    add_font_face = FontConfiguration.add_font_face

    @wraps(add_font_face)
    def add(self: Any, *descriptors: Any) -> None:
        before = _files_in(self._folder)
        add_font_face(self, *descriptors)
        if _files_in(self._folder) != before:
            _kept.pop(self, None)

    FontConfiguration.add_font_face = add


def _files_in(folder: Any) -> int:
    return len(os.listdir(folder)) if folder else 0


def _kept_for(fonts: Any) -> KeptStyles:
    found = _kept.get(fonts)
    if found is None:
        found = _kept[fonts] = KeptStyles()
    return found


def _style_all(
    self: Any, html: Any, sheets: Any, presentational_hints: Any, font_config: Any, target_collector: Any
) -> None:
    """The styles of all elements and pseudo-elements of a document."""
    kept = _kept_for(font_config)
    kept.begin()
    known = kept.sheets_of([one for one in sheets if one[0].matcher.order])
    if presentational_hints or known.copied:
        _plain(self, html, sheets, presentational_hints, font_config, target_collector)
        return
    self._cascaded_styles, self._computed_styles, self._sheets = {}, {}, sheets
    self.initial_page_sizes, self.font_config = _PageSizes(box=None, area=None), font_config
    document = _Styles(self, kept, html.base_url, target_collector)
    document.add_all(html.wrapper_element, known)
    # In a second pass, as anchors are told in this order.
    for element in [*document.matching]:
        document.tell_anchors(element)
    self.tipbrief = document


class _Styles:
    """The styles of one document, as they are made."""

    def __init__(self, style_for: Any, kept: KeptStyles, base_url: Any, target_collector: Any) -> None:
        self.kept, self.base_url, self.target_collector = kept, base_url, target_collector
        self.computed = style_for._computed_styles
        self.given = (base_url, style_for.font_config, style_for.initial_page_sizes)
        self.shared: dict[Any, Any] = {}
        self.matching: dict[Any, Matching] = {}
        self.root: Any = None
        self.anonymous: list[Any] = []

    def add_all(self, root: Any, sheets: Sheets) -> None:
        """The styles of an element and all below it, but for those that no box is made of, nor an anchor."""
        waiting: list[tuple[Iterator[Any], Place, Place | None]] = [(iter([root]), sheets.root, None)]
        while waiting:
            elements, above, before = waiting.pop()
            if (element := next(elements, None)) is None:
                continue
            place = sheets.place(element, above, before)
            waiting.append((elements, above, place))
            depends = sheets.depends(element)
            matching = None if depends else place.matching
            if matching is None:
                matching = self._known(sheets.rules(element))
                place.matching = None if depends else matching
            own = element.etree_element
            self.add(own, element.parent and element.parent.etree_element, matching)
            if self.computed[own, None]["display"] == ("none",) and not (
                sheets.anchors or any(map(_own, own.iter()))
            ):
                continue
            waiting.append((element.iter_children(), place, None))

    def add(self, element: Any, parent: Any, matching: Matching) -> None:
        """The style of an element."""
        own = _own(element)
        above = None if parent is None else self.computed[parent, None]
        self.matching[element] = matching
        key = (own, matching.number)
        shared = (id(above), key)
        # As in WeasyPrint, elements that say something of their own share no style: layout may write to it.
        style = None if own else self.shared.get(shared)
        if style is None:
            style = self.made(
                above, key, None, partial(self._declared, element if own else None, None, matching)
            )
            if self.root is None:
                self.root = style
            self.shared[shared] = style
            self._tell_anchor(style)
        self.computed[element, None] = style

    def tell_anchors(self, element: Any) -> None:
        """Make the styles of those pseudo-elements that may be anchors, as there is an order in which."""
        for pseudo in self.matching[element].anchors:
            self.pseudo(element, pseudo)

    def pseudo(self, element: Any, pseudo: str | None) -> Any:
        """The style of a pseudo-element when it is asked for: few are."""
        matching = self.matching.get(element)
        if matching is None or pseudo not in matching.pseudos:
            return None
        above = self.computed[element, None]
        shared = (id(above), pseudo)
        style = self.shared.get(shared)
        if style is None:
            style = self.made(above, pseudo, pseudo, partial(self._declared, None, pseudo, matching))
            self._tell_anchor(style)
            # Where it has no box, one for all of a kind; an anchor is told again for each element.
            if pseudo in _WITH_CONTENT and style["content"] in _NO_CONTENT and not style["anchor"]:
                self.shared[shared] = style
        self.computed[element, pseudo] = style
        return style

    def _known(self, rules: Rules) -> Matching:
        key = tuple([part for rule in rules for part in (id(rule[4]), rule[1], rule[2], rule[3])])
        found = self.kept.rules.get(key)
        if found is None:
            found = self.kept.rules[key] = Matching(len(self.kept.rules), rules)
        return found

    def _tell_anchor(self, style: Any) -> None:
        if self.target_collector and style["anchor"]:
            self.target_collector.collect_anchor(style["anchor"])

    def made(self, above: Any, key: Any, pseudo: str | None, declared: Callable[[], dict[str, Any]]) -> Any:
        """A style below another one; what is ``declared`` of it follows from the key."""
        below = self._kept_below(above)
        said = self.kept.find(below, key)
        if said is None:
            asked = _Document.asked
            said = Said(declared())
            same = asked == _Document.asked and not in_circle(said.declared)
            self.kept.keep(below if same else None, key, said)
        root = InitialStyle(self.given[1]) if above is None else self.root
        return _KeptStyle(above, said.declared, pseudo, root, *self.given).filled(said, ref(self))

    def _kept_below(self, above: Any) -> dict[Any, Said] | None:
        if above is None:
            return self.kept.roots.setdefault(self.base_url, {})
        return None if above.said is None or above.said.closed else above.said.below

    def _declared(self, element: Any, pseudo: str | None, matching: Matching) -> dict[str, Any]:
        """What was declared of each property, and its weight, as WeasyPrint's cascade has it."""
        own = []
        if element is not None:
            alone = Element(element.tag, element.attrib)
            own = [
                ("author", inf, specificity, preprocess_declarations(base_url, declarations))
                for specificity, _, declarations, base_url in find_style_attributes(
                    alone, False, self.base_url
                )
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


def _own(element: Any) -> tuple[Any, ...] | None:
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


def _style_of(self: Any, element: Any, pseudo_type: str | None = None) -> Any:
    """The style of an element: of tables, padding and margins that do not apply are zero.

    They are so by what the style says, and before anything asks for them: that is no change of the style.
    """
    style = self._computed_styles.get((element, pseudo_type))
    if style is None and pseudo_type and self.tipbrief:
        style = self.tipbrief.pseudo(element, pseudo_type)
    if style:
        display = style["display"]
        if "table" in display and style["border_collapse"] == "collapse":
            dict.update(style, _NO_PADDING)
        if len(display) == 1 and display[0].startswith("table-") and display[0] != "table-caption":
            dict.update(style, _NO_MARGIN)
    return style
