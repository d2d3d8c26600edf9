"""Fit: the promised number of pages kept by spacing, then leading, then size, each within its limits.

Where a brief forces a new page, what stands before and after it are parts that are fitted each by itself.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from tipbrief.load.places import Place
from tipbrief.pdf.standards import USUAL, Standard
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.engine import Layout, Typeset, Typesetter
from tipbrief.typeset.measure import PageFill
from tipbrief.typeset.steps import FIRST, NATURAL, Search, Spacing, Steps, rest_of, room_of, scale_of

LEAST_BODY = 9.5  # points
LEAST_LATIN = 9.0  # which look larger
LEADING = 1.6  # of the body's size: for lengths in lines
MOST_EMPTY = 0.4  # of a page that is not the last
FEW = 0.3  # of a page: so little more than one page less has room for is taken in by it, where it can be
_FACTORS = r"--space: [\d.]{1,6}; --leading: [\d.]{1,6}; --size: [\d.]{1,6};( --rest: [\d.]{1,6}px;)?"
_RULES = re.compile(
    rf"(\n[a-z:~.>*, -]{{1,999}} \{{ {_FACTORS} \}})*"
    r"(\nmain( > :nth-child\(\d{1,3}\)){1,9} \{ --level: [\d.]{1,6}px; \})*\n"
)
_CORRECTIONS = '<section class="corrections"'
_PLACE = re.compile('(<style id="fit" media="print">)[^<]*(</style>)')


@dataclass(frozen=True, slots=True)
class Fitted:
    """The HTML that keeps the promise, its PDF, and what an editor should know of its pages.

    ``layout`` are the pages of which the PDF was made; another process does not get them.
    """

    html: str
    typeset: Typeset
    notes: tuple[Problem, ...]
    layout: Layout | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Without the layout, which is WeasyPrint's."""
        return Fitted, (self.html, self.typeset, self.notes)


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
    filled: bool = False,
    standard: Standard = USUAL,
) -> Fitted:
    """An HTML text typeset to ``pages`` pages; ``place`` is where the brief stands, for the problems.

    None promises nothing, but then no page is begun for a few lines, if tighter ones before it, or what they
    leave empty, take them in; if they are to be ``filled``, it is spread over as many as it takes set
    tight.
    A ``draft`` comes whatever was promised: that it is not kept is one of its notes.
    Of one that is ``translated`` only its own texts are to be changed: the other languages keep the promise.
    """
    notes: list[Problem] = []
    layout: Layout | None = None
    pages_of = _LastLayout(typesetter, html)
    if pages is None:
        layout, html = _unpromised(pages_of, place, translated, filled)
    else:
        try:
            layout, html = _kept(pages_of, pages, place, translated)
        except Unkept as raised:
            if not draft:
                raise
            notes += (replace(problem, severity="warning") for problem in raised.problems)
    layout = layout or pages_of()
    made = layout.typeset(standard)
    return Fitted(html, made, (*notes, *_largely_empty(made.fills, place)), layout)


class _LastLayout:
    """The layout that was asked for last; one before it is let go, for each takes megabytes."""

    last: Layout

    def __init__(self, typesetter: Typesetter, html: str) -> None:
        self._typesetter, self.html = typesetter, html
        self._steps: Sequence[Spacing] | None = None

    def __call__(self, steps: Sequence[Spacing] = ()) -> Layout:
        """The pages of the text with a step for each part, laid out unless they were asked for last.

        Without steps they are as written.
        """
        if steps != self._steps:
            self.__dict__.pop("last", None)  # before the next one is made
            html = _with(self.html, steps) if steps else self.html
            self.last, self._steps = self._typesetter.lay_out(html), steps
        return self.last


def _unpromised(pages_of: _LastLayout, place: Place, translated: bool, filled: bool) -> tuple[Layout, str]:
    """Pages that nobody promised, one fewer where the last one would have a few lines."""
    fills = pages_of([FIRST] if filled else ()).fills
    few, count = any(map(_begins_a_page_for_little, _parts(fills))), len(fills)
    for pages in range(count - few, count + filled):
        with suppress(Unkept):
            if count > 1:
                return _kept(pages_of, pages, place, translated, smaller=False, filled=filled)
    return pages_of(), pages_of.html


def _kept(
    pages_of: _LastLayout,
    pages: int,
    place: Place,
    translated: bool,
    smaller: bool = True,
    filled: bool = False,
) -> tuple[Layout, str]:
    """So many pages kept: steps for each part, and what is left over between its blocks.

    Letters get no ``smaller`` where it is said so: what promises no pages has the size that it was asked for.
    """
    html = pages_of.html
    if not _PLACE.search(html) and len((bare := pages_of()).fills) == pages:
        return bare, html
    spacing, first = FIRST, pages_of([FIRST]).fills
    if len(first) < pages:  # set so tight, it may well fill less than as it is written
        spacing, first = NATURAL, pages_of([NATURAL]).fills
    least = LEAST_BODY if pages_of.last.direction == "rtl" else LEAST_LATIN
    scale = scale_of(least / pages_of.last.body if smaller else None, filled)
    wanted = _wanted(_parts(first), pages, place)

    # It knows nothing of the search, which knows it: in a circle, the last layout would outlive the fit.
    def layout(steps: Steps) -> Layout:
        alike = steps[:1] if len({*steps}) == 1 else steps
        return pages_of([scale[step] for step in alike])

    # Whether a page is spared is seen where all is as tight as it may be; from there it gets looser.
    begun = len(scale) - 1 if filled and len(first) > pages else scale.index(spacing)
    search = Search(lambda steps: _parts(layout(steps).fills), scale, begun, wanted, filled)
    steps = search.steps()
    found = layout(steps)
    line = found.body * LEADING * 25.4 / 72
    parts = _parts(found.fills)
    told = _CORRECTIONS in html
    if problems := list(_overflows(parts, wanted, line, place, translated, told)):
        raise Unkept(problems)
    rests = [rest_of(part) for part in parts]
    # The columns of a part that fills several pages stay as they are: they may go on overleaf.
    levels = found.spread(
        [None if len(part) > 1 else rest for rest, part in zip(rests, parts, strict=True) for _ in part]
    )
    return found, _with(html, [scale[step] for step in steps], rests, levels)


def spacing_of(html: str) -> str:
    """The spacing that an HTML text was given."""
    found = _PLACE.search(html)
    return found[0].removeprefix(found[1]).removesuffix(found[2]) if found else ""


def spaced_as(html: str, rules: str) -> str:
    """The HTML with the spacing that another one was given; what is no spacing is left out."""
    return _PLACE.sub(lambda place: f"{place[1]}{rules if _RULES.fullmatch(rules) else ''}{place[2]}", html)


def _parts(fills: Sequence[PageFill]) -> list[list[PageFill]]:
    parts: list[list[PageFill]] = [[]]
    for number, page in enumerate(fills, 1):
        parts[-1].append(page)
        if page.ends and number < len(fills):
            parts.append([])
    return parts


def _begins_a_page_for_little(part: Sequence[PageFill]) -> bool:
    fewer = len(part) - 1
    return fewer > 0 and room_of(part, fewer) > -FEW * part[0].height


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


def _with(
    html: str,
    steps: Sequence[Spacing],
    rests: Sequence[float] = (),
    levels: Mapping[str, float] | None = None,
) -> str:
    """The HTML with a step for each part in its place for the fit, and what is put between blocks."""
    rules = ""
    for number, step in enumerate(steps):
        part = f"main > {'.page-break ~ ' * number}*" if number else ":root"
        where = f"{part}, main ~ *" if number == len(steps) - 1 else part
        factors = f"--space: {step.space:g}; --leading: {step.leading:.4g}; --size: {step.size:.4g};"
        factors += f" --rest: {rests[number]:g}px;" if rests else ""
        rules += f"\n{where} {{ {factors} }}"
    rules += "".join(f"\n{column} {{ --level: {rest:g}px; }}" for column, rest in (levels or {}).items())
    fitted_html, count = _PLACE.subn(lambda found: f"{found[1]}{rules}\n{found[2]}", html)
    if count != 1:
        message = f"the pages cannot be fitted: the template has {count} places for it"
        hint = 'put <style id="fit" media="print"></style> once, after the styles of brief.html.j2'
        raise Problems(message, hint=hint)
    return fitted_html


def _overflows(
    parts: Sequence[Sequence[PageFill]],
    wanted: Sequence[int],
    line: float,
    place: Place,
    translated: bool,
    told: bool,
) -> Iterator[Problem]:
    """A problem for each part that is too long, as tight as it may be; corrections may be ``told`` there."""
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
            reason = ", or the reason of a correction, in its file in ledger/" * told
            hint = f"shorten the text there or before it{reason}, or set 'pages: {needed}'"
            if translated:
                reason = ", or that of a correction's reason" * told
                hint = f"shorten the translation there or before it{reason}: 'pages' is of all languages"
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
