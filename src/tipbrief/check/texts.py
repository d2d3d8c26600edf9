"""Checks of texts: known references, no typed numbers, spelling, markup, characters that the fonts have."""

import dataclasses
import re
import typing
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from tipbrief.check.markdown import find_markdown_problems, parse_markdown
from tipbrief.check.models import ColumnOf, DatasetName, ReferenceTo, TableSpec
from tipbrief.check.references import KnownNames, References
from tipbrief.language.dates import Date
from tipbrief.language.language import Language
from tipbrief.language.numbers import NUMBER, YEARS, parse_number
from tipbrief.language.unicode_text import latin_runs
from tipbrief.language.word_lists import SpellingFault, WordLists
from tipbrief.load.schema import MarkdownText, Model, RichText, read_annotations
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.problems import Problem, ProblemList, suggest_nearest

_MAX_LINTED_TEXTS = 10_000  # whose faults are remembered, for each language
# Faults by texts, by the checksum of the word lists and the language; and by hashes of styles.
FAULTS_BY_TEXT: dict[tuple[str, str], dict[str, list[SpellingFault]]] = {}
# {figure}, {2025-09-29} or {@source other-source}. Doubled braces and {% are other markup, and stay text.
# A reference may continue in the next line.
REFERENCE = re.compile(r"(?<!\{)\{(?!%)([^{}]*)\}(?!\})")
_DIRECTION_CHARACTERS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Bold, code and links of Markdown; elements for text and entities of HTML.
_MARKUP_SIGNS = re.compile(
    r"\*\*[^*\n]+\*\*|__[^_\n]+__|`[^`\n]+`|\[[^\[\]\n]+\]\(\w+:[^()\s]+\)|&(?:[a-z]+|#\d+);"
    r"|</?(?:a|b|big|br|div|em|font|h[1-6]|i|li|mark|ol|p|s|small|span|strong|sub|sup|u|ul)\b[^<>]*>",
    re.I,
)
_CHARACTER_HINTS = {"\u060b": "write the name of the currency"}
_WORD_WITH_NUMBER = re.compile(r"[^\W\d_][^\s{}]*\d[^\s{}]*")  # COVID-19, G20
_NO_ROW = "there is no row here", "only the texts of a brief with 'for_each' may print its row"
_MAX_NAMES = 100  # with numbers, that are searched in each text


def lint(text: str, language: Language, words: WordLists) -> list[SpellingFault]:
    """The spelling faults of a text, in order; none if the language has no rules."""
    known = FAULTS_BY_TEXT.setdefault((words.checksum, language.tag), {})
    if (faults := known.get(text)) is None:
        from tipbrief.language import orthography

        if len(known) == _MAX_LINTED_TEXTS:
            known.clear()
        faults = known[str(text)] = orthography.find_spelling_faults(str(text), language, words)
    return faults


def find_text_problems(
    language: Language,
    known: References,
    values: Mapping[str, Decimal],
    words: WordLists | None,
    covered: Collection[int] | None,
    *parts: Any,
    row: KnownNames = (),
    names: Collection[str] = (),
) -> Iterator[Problem]:
    """The problems of all texts in these parts, which may print the columns ``row``."""
    # Spelling and characters are checked only if the word lists and the characters of the fonts are given. A number in
    # one of the ``names``, such as Zone 2, is no typed number.
    named = {value: name for name, value in [*values.items()][::-1]}
    for text in every_text(parts):
        typed = list[Problem]()
        if isinstance(text, RichText):
            yield from find_unknown_references(text, known.names["figure"], known.names["source"], row)
            typed += find_typed_numbers(text, named, language, names)
            yield from typed
        # The rules of spelling do not apply to a text in another language.
        if words and not text.language:
            yield from find_spelling_problems(text, language, words, typed, known.problems)
        yield from find_missing_characters(text, text.location, covered) if covered is not None else ()
        yield from find_markup(text, text.location)
        yield from find_markdown_problems(text) if isinstance(text, MarkdownText) else ()


def find_unknown_references(
    text: RichText, figures: KnownNames, sources: KnownNames, row: KnownNames = ()
) -> Iterator[Problem]:
    """A problem for each reference to something unknown. Names that are None are not checked."""
    # ``row`` are the columns of the document's row; it is empty if there is no row. ``{@row}`` cites its sources.
    for found in REFERENCE.finditer(text):
        name = found[1].strip()
        if name.startswith("@"):
            for source in re.finditer(r"[^\s@]+", found[1]):
                if source[0] == "row" and "row" not in (sources or ()):
                    if row is not None and not row:
                        yield text.problem(*_NO_ROW, found.span(), kind="no-row")
                elif sources is not None and source[0] not in sources:
                    span = (found.start(1) + source.start(), found.start(1) + source.end())
                    message, hint = f"there is no source '{source[0]}'", suggest_nearest(source[0], sources)
                    yield text.problem(message, hint, span, kind="unknown-source")
        elif name[:1].isdigit():
            try:
                Date.parse(name)
            except ValueError as fault:
                yield text.problem(f"'{name}' is not a date", str(fault), found.span(), kind="no-date")
        elif name.startswith("row."):
            if row is not None and not row:
                yield text.problem(*_NO_ROW, found.span(), kind="no-row")
            elif row and name[4:] not in row:
                hint = suggest_nearest(name, [f"row.{column}" for column in row])
                yield text.problem(f"there is no column '{name[4:]}'", hint, found.span(), kind="unknown-column")
        elif figures is not None and name not in figures:
            hint = suggest_nearest(name, figures) if name else "write the name of a figure between the braces"
            yield text.problem(f"there is no figure '{name}'", hint, found.span(), kind="unknown-figure")


def names_with_numbers(specs: Mapping[str, TableSpec]) -> list[str]:
    """The labels of choices that contain a number: Zone 2."""
    columns = [column for spec in specs.values() for column in spec.columns.values()]
    labels = (str(choice.label) for column in columns for choice in column.choices.values())
    return list(dict.fromkeys(label for label in labels if NUMBER.search(label)))[:_MAX_NAMES]


def find_typed_numbers(
    text: RichText, named: Mapping[Decimal, str], language: Language, names: Collection[str] = ()
) -> Iterator[Problem]:
    """A problem for each number that is typed into a text, except years and numbers in ``names``."""
    bare = REFERENCE.sub(lambda found: " " * len(found[0]), text)
    for name in names:
        bare = re.sub(rf"\b{re.escape(name)}\b", lambda found: " " * len(found[0]), bare)
    if language.rtl:
        bare = "".join(" " * len(piece) if latin else piece for latin, piece in latin_runs(bare))
    else:
        bare = _WORD_WITH_NUMBER.sub(lambda found: " " * len(found[0]), bare)
    for found in NUMBER.finditer(bare):
        shown, value = found[0], parse_number(found[0])
        is_year = len(shown) == 4 and any(value in years for years in YEARS)
        if same := named.get(value):
            message = f"'{shown}' is the value of the figure '{same}'"
            hint = f"write {{{same}}}, so that a correction reaches this text"
            yield text.problem(message, hint, found.span(), kind="typed-value")
        elif not is_year or language.is_quantity(bare, *found.span()):
            message = f"the number '{shown}' is typed into a text"
            hint = "add it to figures.yaml with its source, and write {its-name} here"
            if is_year:
                hint += f"; of a year write «{language.before_years[0]}» before it"
            yield text.problem(message, hint, found.span(), kind="typed-number")


def find_markup(text: str, place: SourceLocation) -> Iterator[Problem]:
    """A warning for markup that would be printed with its signs. In a prose some Markdown is allowed."""
    left, hint = text, "leave it out: only a prose has bold and links, and no text has HTML"
    if isinstance(text, MarkdownText):
        items = (item for part in parse_markdown(text) for item in part.items)
        left = "\n".join("".join(run.words for run in item) for item in items)
        hint = "a prose may have lists (- one), **bold** without spaces inside the signs, and [words](https://…)"
    if found := _MARKUP_SIGNS.search(left):
        message = f"'{found[0][:40]}' is printed as it stands, with its signs"
        yield place.problem(message, hint, kind="markup", severity="warning", token=found[0])


def find_direction_characters(text: str, place: SourceLocation) -> Iterator[Problem]:
    """A problem for an invisible character that changes the direction after it: 12 could be read as 21."""
    if found := _DIRECTION_CHARACTERS.search(text):
        message = f"a cell has the direction character U+{ord(found[0]):04X}, which nobody sees"
        hint = "delete it: directions are set by the template"
        yield place.problem(message, hint, kind="bidi-control", token=found[0])


def find_missing_characters(text: str, place: SourceLocation, covered: Collection[int]) -> Iterator[Problem]:
    """A problem for each character that the fonts lack."""
    strange = {*map(ord, text)}.difference(covered)
    for char in dict.fromkeys(text) if strange else ():
        if ord(char) in strange and not char.isspace():
            shown = f" '{char}'" if char.isprintable() else ""
            message = f"the fonts have no character U+{ord(char):04X}{shown}"
            hint = _CHARACTER_HINTS.get(char, "use another character, or add a font that has it (docs/how-to/fonts.md)")
            yield place.problem(message, hint, kind="not-in-fonts", token=char)


def find_spelling_problems(
    text: Text, language: Language, words: WordLists, typed: Collection[Problem] = (), known: ProblemList | None = None
) -> Iterator[Problem]:
    """A problem for each spelling fault; a warning if it is a matter of judgement, and ``known`` has room for it."""
    # The digits of ``typed`` numbers are no further faults.
    for found in lint(text, language, words):
        if found.severity == "warning" and known is not None and not known.has_room("warning"):
            continue
        hint = f"write '{found.replacement}'" if found.replacement else "delete it"
        if found.replacement is None:
            hint = "translate it; a word that is right stands in words.txt"
        message, span = f"{found.message} ({found.rule})", (found.start, found.end)
        problem = text.problem(message, hint, span, kind=f"spelling-{found.rule}", severity=found.severity)
        numbers = [one for one in typed if one.line == problem.line] if found.rule in ("digits", "separator") else []
        if not any(0 <= problem.column - one.column <= one.length - problem.length for one in numbers):
            yield problem


def every_text(part: Any) -> Iterator[Text]:
    """All texts inside models, mappings and lists, except names of things in the dataset, which are not printed."""
    if isinstance(part, Text):
        yield part
    elif isinstance(part, (str, int, SourceLocation, Date)):
        return
    elif dataclasses.is_dataclass(part):
        kind: Any = type(part)
        for name in _fields_with_texts(kind):
            yield from every_text(getattr(part, name))
    elif isinstance(part, (list, tuple, Mapping)):
        for item in part.values() if isinstance(part, Mapping) else part:
            yield from every_text(item)


@cache
def _fields_with_texts(kind: Any) -> tuple[str, ...]:  # without names of things in the dataset
    annotations = read_annotations(kind) if issubclass(kind, Model) else {}
    return tuple(one.name for one in dataclasses.fields(kind) if not _is_name(annotations.get(one.name)))


def _is_name(annotation: Any) -> bool:  # whether it, or its items, name things in the dataset
    parts = typing.get_args(annotation)
    return any(isinstance(part, (ReferenceTo, ColumnOf, DatasetName)) or _is_name(part) for part in parts)
