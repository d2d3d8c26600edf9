"""What a text may say: known references, no typed numbers, good spelling, only drawable characters."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from tipbrief import persian
from tipbrief.dataset import Place
from tipbrief.orthography import Words, lint
from tipbrief.problems import Problem, nearest
from tipbrief.shape import Rich

# {figure}, {2025-09-29} or {@source other-source}. Doubled braces are somebody else's markup and stay text.
REFERENCE = re.compile(r"(?<!\{)\{([^{}\n]*)\}(?!\})")
_YEARS = (range(1300, 1500), range(1900, 2100))


def unknown_references(
    text: Rich, figures: Collection[str], sources: Collection[str] | None
) -> Iterator[Problem]:
    """A problem for each reference that leads nowhere; ``sources`` is None where they are not known."""
    for nth, found in _numbered(REFERENCE.finditer(text)):
        name = found[1].strip()
        if name.startswith("@"):
            for source in name[1:].split():
                if sources is not None and source not in sources:
                    hint = nearest(source, sources)
                    yield text.place.problem(f"there is no source '{source}'", hint, token=found[0], nth=nth)
        elif name[:1].isdigit():
            try:
                persian.Date.parse(name)
            except ValueError as fault:
                yield text.place.problem(f"'{name}' is not a date: {fault}", token=found[0], nth=nth)
        elif name not in figures:
            yield text.place.problem(
                f"there is no figure '{name}'", nearest(name, figures), token=found[0], nth=nth
            )


def typed_numbers(text: Rich, values: Mapping[str, Decimal]) -> Iterator[Problem]:
    """A problem for each number that is typed into a text; only years may be."""
    bare = "".join(" " if latin else piece for latin, piece in persian.latin_runs(REFERENCE.sub(" ", text)))
    for nth, found in _numbered(persian.NUMBER.finditer(bare)):
        shown, value = found[0], persian.parse_number(found[0])
        if same := next((name for name, known in values.items() if known == value), None):
            yield text.place.problem(
                f"'{shown}' is the value of the figure '{same}'",
                f"write {{{same}}}, so that a correction reaches this text",
                token=shown,
                nth=nth,
            )
        elif not (len(shown) == 4 and any(value in years for years in _YEARS)):
            yield text.place.problem(
                f"the number '{shown}' is typed into a text",
                "add it to figures.yaml with its source, and write {its-name} here",
                token=shown,
                nth=nth,
            )


def lacking(text: str, place: Place, covered: Collection[int]) -> Iterator[Problem]:
    """A problem for each character that the fonts cannot draw."""
    for char in dict.fromkeys(text):
        if ord(char) not in covered and not char.isspace():
            shown = f" '{char}'" if char.isprintable() else ""
            yield place.problem(
                f"the fonts have no character U+{ord(char):04X}{shown}", "use another character", token=char
            )


def spelling(text: str, place: Place, words: Words) -> Iterator[Problem]:
    """A problem for each fault of orthography; a judgement call is a warning."""
    seen: dict[str, int] = {}
    for found in lint(text, words):
        token = text[found.start : found.end]
        nth = seen.get(token, 0)
        seen[token] = nth + 1
        hint = f"write '{found.instead}'" if found.instead else ""
        problem = place.problem(f"{found.message} ({found.rule})", hint, token=token, nth=nth)
        yield replace(problem, severity=found.severity)


def _numbered(matches: Iterator[re.Match[str]]) -> Iterator[tuple[int, re.Match[str]]]:
    """Each match with the number of equal ones before it."""
    seen: dict[str, int] = {}
    for found in matches:
        yield seen.get(found[0], 0), found
        seen[found[0]] = seen.get(found[0], 0) + 1
