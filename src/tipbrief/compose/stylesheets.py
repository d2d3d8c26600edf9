"""Styles: the publication's theme.css and colours, and the checks that styles must pass."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import tinycss2
from markupsafe import Markup
from tinycss2 import color3

from tipbrief import colour_contrast, limits
from tipbrief.check.models import Choice, Colours
from tipbrief.check.texts import FAULTS_BY_TEXT
from tipbrief.files import hash_of, resolve_within
from tipbrief.language.language import read_data_file
from tipbrief.load.picture_cleaning import clean_addresses
from tipbrief.load.source_text import read_text
from tipbrief.problems import Problem, Problems, suggest_nearest


def colour_properties(own: Colours, *, dark: bool = False) -> Markup:
    """The colours of a publication and of its paper as custom properties, such as ``--ink``."""
    named = {"paper": colour_contrast.WHITE, **own.palette}
    # In the page's margin boxes, the name --foot means something else.
    named["foot-colour"] = named.pop("foot")
    shade = colour_contrast.dark_mode_colour if dark else str
    return _format_declarations(*((f"--{name}", shade(str(colour))) for name, colour in named.items()))


def tone_properties(choices: Sequence[Choice]) -> Markup:
    """The choices' colours for a dark screen as custom properties: ``--tone-1``, ``--on-1``, and so on."""
    shown: list[tuple[str, str]] = []
    for number, one in enumerate(choices, 1):
        tone = colour_contrast.dark_mode_choice_colour(str(one.colour))
        text_colour = colour_contrast.dark_mode_text_colour(tone, str(one.text_colour))
        shown += [(f"--tone-{number}", tone), (f"--on-{number}", text_colour)]
    return _format_declarations(*shown)


@lru_cache(64)  # each sheet of a publication has the same ones many times
def _format_declarations(*properties: tuple[str, str]) -> Markup:
    return Markup(" ").join(Markup("{}: {};").format(*one) for one in properties)


THEME_FILE = "theme.css"
MAX_THEME_LETTERS = 100_000  # of theme.css; the shipped styles of a page have 20,000
PREPARE_HINT = "prepare the font, and name its family in publication.yaml: tipbrief fonts prepare --font FILE"
INSIDE_HINT = "name a picture below templates/, such as url(templates/logo.png)"
# The custom properties that are colours.
_COLOUR_NAMES = {one.name for one in fields(Colours)} - {"location", "foot"} | {"paper", "foot-colour"}
COLOUR_PROPERTIES = {f"--{name}" for name in _COLOUR_NAMES}
_TAG = re.compile("<[/!?a-zA-Z]")
_WORD = re.compile(r"[^\W_]")
_LARGEST_NUMBER = 1e9
_SHORT_STYLES = 1000  # letters, which each document may have of its own
_FAMILY_VARIABLE = re.compile(r"(?i:var)\(\s*--family\s*\)")
_WORDS = {kind: {*words.split()} for kind, words in read_data_file(Path(__file__).with_suffix(".yaml")).items()}
_INSIDE_ADDRESS = re.compile(r"data:image/|#|(?:\./)?templates/")
_FORBIDDEN_RULES = {"import": "write those styles here", "namespace": "take it out", "font-face": PREPARE_HINT}


def load_theme(folder: Path, families: Sequence[str]) -> tuple[str, list[Problem]]:
    """The publication's own styles, empty if it has none, and the problems in them."""
    file = folder / THEME_FILE
    if not os.path.lexists(file):
        return "", []
    try:
        resolve_within(folder, file)
        text = read_text(file)
        if len(text) > MAX_THEME_LETTERS:
            hint = "keep what differs from the shipped ones"
            message = f"the styles have more than {MAX_THEME_LETTERS:,} letters"
            raise Problems(message, file, hint=hint, kind="too-large")
        with limits.limit_step(file):
            found = [*style_faults(text, tuple(families)), *_theme_faults(text)]
    except Problems as raised:
        return "", raised.problems
    found = sorted(found, key=lambda one: (one.line, one.column))
    return clean_addresses(text), [replace(one, file=file) for one in found]


def _style_fault(node: Any, message: str, hint: str, kind: str = "style", severity: str = "error") -> Problem:
    return Problem(message, None, node.source_line, node.source_column, hint, kind=kind, severity=severity)


@lru_cache(maxsize=64)
def style_faults(css: str, families: tuple[str, ...]) -> tuple[Problem, ...]:
    """What no styles of a page may do: name a font or an address that is not inside it, or other styles."""
    sound, key = FAULTS_BY_TEXT.setdefault(("styles", tinycss2.__version__), {}), hash_of(f"{families}{css}".encode())
    if key in sound:
        return ()
    found: list[Problem] = []
    for node in _nodes(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)):
        if node.type == "error":
            message = f"the styles cannot be read: {node.message}"
            found.append(_style_fault(node, message, "see its brackets and ends"))
        elif node.type == "at-rule" and (hint := _FORBIDDEN_RULES.get(node.lower_at_keyword)):
            found.append(_style_fault(node, f"styles may have no '@{node.lower_at_keyword}'", hint))
            continue
        elif node.type == "declaration":
            found += font_faults(node, families)
        # The tokens of nested rules are looked at with these.
        own = node.value if node.type == "declaration" else getattr(node, "prelude", ())
        for token in _tokens(own):
            if (address := _address(token)) is not None and not _INSIDE_ADDRESS.match(address):
                message = f"the page would lose '{address[:80]}': it has all inside"
                found.append(_style_fault(token, message, INSIDE_HINT, "lost-address"))
            # Infinite lengths, and products of huge ones, have no place on a page.
            elif token.type in ("dimension", "number", "percentage") and abs(token.value) > _LARGEST_NUMBER:
                message = f"no page has room for '{token.serialize()[:40]}'"
                found.append(_style_fault(token, message, "write the length that you mean, such as 4mm", "style"))
    if not found and len(css) > _SHORT_STYLES:
        sound[key] = []
    return tuple(found)


def font_faults(declaration: Any, families: Sequence[str]) -> Iterator[Problem]:
    """A fault for each family of a declaration that the page does not have, and for features that join letters."""
    name = declaration.lower_name
    if name.startswith(("font-feature-settings", "--")) and (
        tags := [token.value for token in declaration.value if getattr(token, "value", "") in _WORDS["joining"]]
    ):
        message = f"the feature '{tags[0]}' gives letters the form of another place in their word"
        yield _style_fault(declaration, message, "take it out: the font joins letters as the language needs it")
    if name not in ("font-family", "font", "--family"):
        return
    for group in _families(declaration.value, shorthand=name == "font"):
        called = " ".join(token.value for token in group if token.type in ("ident", "string"))
        plain = all(token.type in ("ident", "string") for token in group)
        shown = called if plain else tinycss2.serialize(group)
        if called.lower() in _WORDS["css_wide_keywords"] if plain else _FAMILY_VARIABLE.fullmatch(shown):
            continue
        if not plain or called not in families:
            hint = f"take {', '.join(families)}; or {PREPARE_HINT}"
            if plain and (near := suggest_nearest(called, families)).startswith("did"):
                hint = near
            yield _style_fault(declaration, f"the font '{shown}' is not there", hint, "no-such-font")


def inline_faults(style: str, families: Sequence[str]) -> Iterator[Problem]:
    """The font faults of a style attribute."""
    for node in tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True):
        if node.type == "declaration":
            yield from font_faults(node, families)


def _theme_faults(css: str) -> Iterator[Problem]:
    """The faults of a theme alone: printed words, and colours whose contrast was checked elsewhere."""
    if tag := _TAG.search(css):
        line, column = css.count("\n", 0, tag.start()) + 1, tag.start() - css.rfind("\n", 0, tag.start())
        yield Problem(f"styles have no '{tag[0]}'", None, line, column, "take it out", kind="style")
    for node in _nodes(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)):
        if node.type != "declaration":
            continue
        name = node.lower_name
        if name in COLOUR_PROPERTIES:
            written = "foot" if name == "--foot-colour" else name[2:]
            hint = f"write it in publication.yaml: colours: {{{written}: …}}; there its contrast is looked at"
            hint = "sheets are printed on white paper" if written == "paper" else hint
            yield _style_fault(node, f"'{name}' is a colour of the publication", hint, "colour-in-theme")
        elif name == "content" and any(one.type == "string" and _WORD.search(one.value) for one in _tokens(node.value)):
            hint = "write words and numbers into texts.yaml, where they are checked and translated"
            yield _style_fault(node, "styles print no words and no numbers", hint, "words-in-theme")
        elif name not in ("font", "font-family") and any(map(_is_colour, _tokens(node.value))):
            hint = "name one of the publication's, such as var(--accent): those have a twin for dark screens"
            yield _style_fault(node, f"'{name}' has a colour of its own", hint, "colour-in-theme", "warning")


def _nodes(nodes: Iterable[Any]) -> Iterator[Any]:  # also nested ones
    for node in nodes:
        yield node
        if getattr(node, "content", None) is None or node.type not in ("at-rule", "qualified-rule"):
            continue
        keyword = node.lower_at_keyword if node.type == "at-rule" else ""
        if keyword in _FORBIDDEN_RULES:
            continue
        read = tinycss2.parse_rule_list if keyword in _WORDS["grouping_rules"] else tinycss2.parse_blocks_contents
        yield from _nodes(read(node.content, skip_comments=True, skip_whitespace=True))


def _tokens(tokens: Iterable[Any]) -> Iterator[Any]:  # also inside functions and brackets
    for token in tokens:
        yield token
        yield from _tokens(getattr(token, "arguments", None) or getattr(token, "content", None) or ())


def _address(token: Any) -> str | None:
    if token.type == "url":
        return str(token.value)
    if token.type == "function" and token.lower_name in _WORDS["address_functions"]:
        inside = [one for one in token.arguments if one.type == "string"]
        return str(inside[0].value) if inside else None
    return None


def _is_colour(token: Any) -> bool:
    if token.type == "hash":
        return True
    if token.type == "function":
        return token.lower_name in _WORDS["colour_functions"]
    named = token.type == "ident" and token.lower_value not in ("transparent", "currentcolor")
    return named and color3.parse_color(token) is not None


def _families(value: Sequence[Any], *, shorthand: bool) -> Iterator[list[Any]]:
    """The tokens of each family in a list; in a ``font`` size and weight stand before the first."""
    group: list[Any] = []
    for token in (one for one in value if one.type not in ("whitespace", "comment")):
        if token.type == "literal" and token.value == ",":
            yield group
            group, shorthand = [], False
        elif shorthand and token.type in ("dimension", "percentage", "number", "literal"):
            group = []
        else:
            group.append(token)
    yield group
