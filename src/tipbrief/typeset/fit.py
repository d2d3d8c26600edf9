"""Fit: the promised number of pages kept by spacing, then leading, then size, each within its limits.

Where a brief forces a new page, what stands before and after it are parts that are fitted each by itself.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import starmap

from tipbrief.load.places import Place
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.engine import Layout, Typeset, Typesetter
from tipbrief.typeset.measure import PageFill
from tipbrief.typeset.steps import Search, Steps

LEAST_BODY = 9.5  # points
LEADING = 1.6  # of the body's size: for lengths in lines
LEVEL = 2  # lines by which the feet of pages may differ
MOST_EMPTY = 0.4  # of a page that is not the last
_FACTORS = r"--space: [\d.]{1,6}; --leading: [\d.]{1,6}; --size: [\d.]{1,6};"
_RULES = re.compile(rf"(\n[a-z:~.>*, -]{{1,999}} {{{{ {_FACTORS} }}}})*\n")
_PLACE = re.compile('(<style id="fit" media="print">)[^<]*(</style>)')


@dataclass(frozen=True, slots=True)
class Spacing:
    """Factors of the vertical spaces, of the leading, and of the body text's size."""

    space: float
    leading: float
    size: float


NATURAL = Spacing(1, 1, 1)
# Spaces first, then leading, then size; the leading follows the size.
LOOSER = tuple(starmap(Spacing, (
    (2, 1.133, 1.06), (2, 1.1, 1.03), (2, 1.06, 1), (2, 1.03, 1), (2, 1, 1), (1.65, 1, 1), (1.3, 1, 1),
)))  # fmt: skip
TIGHTER = tuple(starmap(Spacing, (
    (0.85, 1, 1), (0.7, 1, 1), (0.55, 1, 1), (0.4, 1, 1), (0.4, 0.98, 1), (0.4, 0.965, 1), (0.4, 0.95, 1),
)))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fitted:
    """The HTML that keeps the promise, its PDF, its steps, and what an editor should know of its pages.

    ``layout`` are the pages of which the PDF was made.
    """

    html: str
    typeset: Typeset
    notes: tuple[Problem, ...]
    steps: Steps = ()
    layout: Layout | None = None


class Unkept(Problems):
    """Why the promised number of pages cannot be kept."""


def fitted(
    typesetter: Typesetter,
    html: str,
    pages: int | None,
    place: Place,
    *,
    draft: bool = False,
    translated: bool = False,
    begin: Steps = (),
) -> Fitted:
    """An HTML text typeset to ``pages`` pages; ``place`` is where the brief stands, for the problems.

    None promises nothing. A ``draft`` comes whatever was promised: that it is not kept is one of its notes.
    Of one that is ``translated`` only its own texts are to be changed: the other languages keep the promise.
    The search begins with the steps at which an earlier build ended: it takes less time, and ends the same.
    """
    notes: list[Problem] = []
    first_try = typesetter.lay_out(html)
    if pages is not None:
        try:
            return _kept(typesetter, first_try, html, pages, place, translated, begin)
        except Unkept as raised:
            if not draft:
                raise
            notes += (replace(problem, severity="warning") for problem in raised.problems)
    made = first_try.typeset()
    return Fitted(html, made, (*notes, *_largely_empty(made.fills, place)), layout=first_try)


def _kept(
    typesetter: Typesetter,
    first_try: Layout,
    html: str,
    pages: int,
    place: Place,
    translated: bool,
    begin: Steps,
) -> Fitted:
    """The promise kept, beginning with the pages as they come."""
    parts = _parts(first_try.fills)
    wanted = _wanted(parts, pages, place)
    scale = [*LOOSER, NATURAL, *TIGHTER, *_smaller(first_try.body)]
    natural, tightest = len(LOOSER), len(scale) - 1
    line = first_try.body * LEADING * 25.4 / 72
    level = max(page.foot for page in first_try.fills)

    @cache
    def layout(steps: Steps) -> Layout:
        if steps == (natural,) * len(parts):
            return first_try
        return typesetter.lay_out(_with(html, [scale[step] for step in steps]))

    search = Search(
        lambda steps: _parts(layout(steps).fills), natural, tightest, wanted, level, level - LEVEL * line
    )
    steps = search.as_written
    if search.ends != steps:
        steps = begin
        if not search.proven(begin) and not (steps := search.nearby()):
            if problems := list(_overflows(search.too_long(), wanted, line, place, translated)):
                raise Unkept(problems)
            steps = search.halved()
    made = (last := layout(steps)).typeset()
    changed = steps if steps != search.as_written else ()
    if changed:
        html = _with(html, [scale[step] for step in changed])
    return Fitted(html, made, tuple(_largely_empty(made.fills, place)), changed, last)


def spaced_as(html: str, other: str) -> str:
    """The HTML with the spacing that another one was given, and nothing else of that."""
    found = _PLACE.search(other)
    rules = found[0].removeprefix(found[1]).removesuffix(found[2]) if found else ""
    return _PLACE.sub(lambda place: f"{place[1]}{rules if _RULES.fullmatch(rules) else ''}{place[2]}", html)


def _parts(fills: Sequence[PageFill]) -> list[list[PageFill]]:
    parts: list[list[PageFill]] = [[]]
    for number, page in enumerate(fills, 1):
        parts[-1].append(page)
        if page.ends and number < len(fills):
            parts.append([])
    return parts


def _wanted(parts: Sequence[Sequence[PageFill]], pages: int, place: Place) -> list[int]:
    """The number of pages that each part may fill; the part with the least on its last page gives way."""
    wanted = [len(part) for part in parts]
    filled = sum(wanted)
    if len(parts) > pages:
        message = f"page breaks part the brief into {len(parts)}, but its 'pages' are {pages}"
        hint = f"set 'pages: {filled}', or take out a 'page' block"
        raise Unkept(place.problem(message, hint, kind="pages", token="pages:"))
    if filled < pages:
        message = f"the brief fills {filled} of its {pages} pages"
        hint = f"add text, or set 'pages: {filled}'; 'pages: auto' promises nothing"
        raise Unkept(place.problem(message, hint, kind="pages", token="pages:"))
    while sum(wanted) > pages:
        number = min(
            (number for number, most in enumerate(wanted) if most > 1),
            key=lambda number: parts[number][wanted[number] - 1].foot,
        )
        wanted[number] -= 1
    return wanted


def _smaller(body: float) -> list[Spacing]:
    least, tight = LEAST_BODY / body, TIGHTER[-1]
    sizes = ((1 + least) / 2, least) if least < 1 else ()
    return [Spacing(tight.space, tight.leading * size, size) for size in sizes]


def _with(html: str, steps: Sequence[Spacing]) -> str:
    """The HTML with a step for each part in its place for the fit."""
    rules = ""
    for number, step in enumerate(steps):
        part = f"main > {'.page-break ~ ' * number}*" if number else ":root"
        where = f"{part}, main ~ *" if number == len(steps) - 1 else part
        factors = f"--space: {step.space:g}; --leading: {step.leading:.4g}; --size: {step.size:.4g};"
        rules += f"\n{where} {{ {factors} }}"
    fitted_html, count = _PLACE.subn(lambda found: f"{found[1]}{rules}\n{found[2]}", html)
    if count != 1:
        message = f"the pages cannot be fitted: the template has {count} places for it"
        hint = 'put <style id="fit" media="print"></style> once, after the styles of brief.html.j2'
        raise Problems(message, hint=hint)
    return fitted_html


def _overflows(
    parts: Sequence[Sequence[PageFill]], wanted: Sequence[int], line: float, place: Place, translated: bool
) -> Iterator[Problem]:
    """A problem for each part that is too long as tight as it may be set."""
    needed = sum(max(len(part), most) for part, most in zip(parts, wanted, strict=True))
    before = 0
    for part, most in zip(parts, wanted, strict=True):
        before += most
        if len(part) > most:
            free = part[most - 1].height - part[most - 1].foot
            over = max(sum(page.foot for page in part[most:]) - free, line)
            lines = math.ceil(over / line)
            length = f"{over:.0f} mm ({lines} line{'s' if lines > 1 else ''})"
            where = f"page {before} overflows at {part[most].blocks[0].name}"
            hint = f"shorten the text there or before it, or set 'pages: {needed}'"
            if translated:
                hint = "shorten the translation there or before it: 'pages' is of all languages"
            message = f"{where} by {length}, set as tight as it may be"
            yield place.problem(message, hint, kind="pages", token="pages:")


def _largely_empty(fills: Sequence[PageFill], place: Place) -> Iterator[Problem]:
    """A warning for each page but the last of which much stays empty."""
    hint = "add text, or move a block to this page"
    for number, page in enumerate(fills[:-1], 1):
        if page.foot < page.height * (1 - MOST_EMPTY):
            empty = round(100 * (1 - page.foot / page.height))
            ends = f"what stands on it ends after {page.foot:.0f} of {page.height:.0f} mm"
            message = f"{empty} % of page {number} stay empty: {ends}"
            problem = place.problem(message, hint, kind="empty-page", token="pages:")
            yield replace(problem, severity="warning")
