"""Page fitting: each part between page breaks keeps its pages by spacing, then leading, then size, within limits."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from tipbrief.load.source_text import SourceLocation
from tipbrief.pdf.standards import DEFAULT_STANDARD, Standard
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.engine import Layout, Typesetter, TypesettingResult
from tipbrief.typeset.vertical_fill import PageFill


@dataclass(frozen=True, slots=True)
class Spacing:
    """Factors of the vertical spaces, of the leading, and of the body text's size."""

    space: float
    leading: float = 1
    size: float = 1


NATURAL_SPACING, FIRST_SPACING = Spacing(1), Spacing(0.5)
# On pages that are filled and not promised, letters may grow a little, too.
LARGER_SPACINGS = (Spacing(2, 1.1, 1.1), Spacing(2, 1.05, 1.05))
LOOSER_SPACINGS = (*map(Spacing, (2, 1.65, 1.3, 1.15)), NATURAL_SPACING, *map(Spacing, (0.85, 0.7, 0.6)))
# Spaces first, then leading, then size, which the leading follows; then spaces again.
TIGHTER_SPACINGS = (Spacing(0.45), *(Spacing(0.4, leading) for leading in (1, 0.985, 0.97, 0.96, 0.95)))
NARROWER_SPACES = (0.3, 0.2)  # for what fits in no other way, such as a full sheet with corrections
MAX_BLOCK_GAP = 5.5  # millimetres at most between two blocks
FREE_EDGE = 1.0  # millimetre that stays free at the foot of a page
MAX_FOOT_GAP = 10.0  # millimetres that may stay free at the foot of several pages
LEAST_FILL = 0.7  # of each filled page but the last
# A step of the scale for each part.
Steps: TypeAlias = tuple[int, ...]
Part: TypeAlias = Sequence[PageFill]


def spacing_scale(least: float | None, filled: bool = False) -> list[Spacing]:
    """All steps, loosest first; ``least`` is the smallest allowed part of the body text's size."""
    # None if no pages are promised: then the text gets no smaller, and spaces only as narrow as they look good.
    scale = [*LARGER_SPACINGS * filled, *LOOSER_SPACINGS, FIRST_SPACING, *TIGHTER_SPACINGS]
    if least is None:
        return scale
    sizes = ((1 + least) / 2, least) if least < 1 else ()
    tight = scale[-1]
    scale += (Spacing(tight.space, tight.leading * size, size) for size in sizes)
    return [*scale, *(replace(scale[-1], space=space) for space in NARROWER_SPACES)]


@dataclass(frozen=True)
class SpacingSearch:
    """Searches a step of the ``scale`` for each part, so that it keeps to its limit of pages."""

    lay_out_parts: Callable[[Steps], Sequence[Part]]
    scale: Sequence[Spacing]
    first_step: int
    page_limits: Sequence[int]
    fill_last_page: bool = False  # a part gets looser until its last page is full

    def find_steps(self) -> Steps:
        """The steps at which each part keeps to its pages; the tightest for a part that cannot."""
        steps = (self.first_step,) * len(self.page_limits)
        while (looser := tuple(map(self._loosen, self.lay_out_parts(steps), self.page_limits, steps))) != steps:
            steps = looser
        while (tighter := tuple(map(self._tighten, self.lay_out_parts(steps), self.page_limits, steps))) != steps:
            steps = tighter
        return steps

    def _loosen(self, part: Part, most: int, step: int) -> int:  # the first whose rest can go between the blocks
        # If no step is so loose, it is the natural one; for pages to be filled, the loosest.
        room = measure_room(part, most)
        reach = part[-1].gaps * MAX_BLOCK_GAP + FREE_EDGE if most == 1 else MAX_FOOT_GAP
        if len(part) > most or room <= reach:
            return step
        full = part[-1].height - part[-1].foot <= reach and self.scale[step] != FIRST_SPACING
        if full if self.fill_last_page else step < self.first_step:
            return step
        left = {one: room - self._growth(part, step, one) for one in reversed(range(step))}
        reaching = (one for one in left if 0 <= left[one] <= reach)
        loosest = 0 if self.fill_last_page else self.scale.index(NATURAL_SPACING)
        written = (one for one in range(loosest, step) if left[one] >= 0)
        return next(reaching, next(written, step))

    def _tighten(self, part: Part, most: int, step: int) -> int:  # the tightest if none is tight enough
        # Also if a looser step moved a block to the next page and left its own page largely empty.
        hollow = any(page.foot < page.height * LEAST_FILL for page in part[:-1])
        if len(part) <= most and not (hollow and self.fill_last_page and step < self.first_step):
            return step
        tightest = self.first_step if step < self.first_step else len(self.scale) - 1
        room = measure_room(part, most)
        return next((one for one in range(step + 1, tightest) if self._growth(part, step, one) <= room), tightest)

    def _growth(self, part: Part, now: int, then: int) -> float:  # in millimetres, from one step to the other
        here, there = self.scale[now], self.scale[then]
        spaces, lines = sum(page.spaces for page in part), sum(page.lines for page in part)
        return spaces * (there.space / here.space - 1) + lines * (there.leading / here.leading - 1)


def measure_room(part: Part, most: int) -> float:
    """The millimetres that a part leaves free on so many pages; negative if it is too long."""
    lost = sum(below.top - above.foot for page in part[:-1] for above, below in [*pairwise(page.blocks)][-1:])
    return part[0].height * most - sum(page.foot for page in part) - lost


def compute_block_gap(part: Part) -> float:
    """The pixels to put between two blocks of a part; 0 if it fills several pages."""
    (page, *more) = part
    if more or not page.gaps:
        return 0.0
    rest = min((page.height - page.foot - FREE_EDGE) / page.gaps, MAX_BLOCK_GAP)
    return max(0, int(rest * 96 / 25.4 * 10)) / 10


LEAST_BODY = 9.5  # points
LEAST_LATIN_BODY = 9.0  # which look larger
LINE_HEIGHT = 1.6  # of the body's size: for lengths in lines
MAX_EMPTY = 0.4  # of a page that is not the last
SMALL_OVERFLOW = 0.3  # of a page: so little is taken in by the pages before, if possible
CORRECTIONS_START = '<section class="corrections"'
_FIT_STYLE = re.compile('(<style id="fit" media="print">)[^<]*(</style>)')


@dataclass(frozen=True, slots=True)
class FitResult:
    """The fitted HTML, its PDF, notes for the editor, and the pages."""

    html: str
    typesetting: TypesettingResult
    notes: tuple[Problem, ...]
    layout: Layout


class PageCountProblems(Problems):
    """Why the promised number of pages cannot be kept."""


def fit_pages(
    typesetter: Typesetter,
    html: str,
    pages: int | None,
    place: SourceLocation,
    *,
    draft: bool = False,
    translated: bool = False,
    filled: bool = False,
    standard: Standard = DEFAULT_STANDARD,
) -> FitResult:
    """Typeset an HTML text to ``pages`` pages; ``place`` is the location of the brief, for problems."""
    # ``pages`` None promises nothing; but a few lines do not begin a new page if the pages before can take them in.
    # With ``filled``, the text is spread over as many pages as it needs when it is set tight. A ``draft`` may break the
    # promise; its notes say so. If ``translated``, hints name its own texts only: the other languages keep the promise.
    layout: Layout | None = None
    fitter = _PageFitter(typesetter, html, place, translated, filled and pages is None)
    try:
        layout, html = fitter.fit_without_promise() if pages is None else fitter.fit_to(pages)
    except PageCountProblems as raised:
        if not draft:
            raise
        fitter.notes += (replace(problem, severity="warning") for problem in raised.problems)
    layout = layout or fitter.lay_out()
    typesetting = layout.render_pdf(standard)
    notes = (*fitter.notes, *_find_empty_pages(typesetting.page_fills, place))
    return FitResult(html, typesetting, notes, layout)


@dataclass
class _PageFitter:  # holds the last layout alone, as each takes megabytes
    typesetter: Typesetter
    html: str
    place: SourceLocation
    translated: bool
    filled: bool
    last_layout: Layout = field(init=False)
    notes: list[Problem] = field(default_factory=list)
    _steps: Sequence[Spacing] | None = None

    def lay_out(self, steps: Sequence[Spacing] = ()) -> Layout:  # one for each part; without steps, as written
        if steps != self._steps:
            self.__dict__.pop("last_layout", None)  # before the next layout needs memory
            html = _insert_spacing(self.html, steps) if steps else self.html
            self.last_layout, self._steps = self.typesetter.lay_out(html), steps
        return self.last_layout

    def fit_without_promise(self) -> tuple[Layout, str]:  # one page fewer if the last would have a few lines
        fills = self.lay_out([FIRST_SPACING] if self.filled else ()).page_fills
        overflows = (part for part in _split_at_breaks(fills) if len(part) > 1)
        few = any(measure_room(part, len(part) - 1) > -SMALL_OVERFLOW * part[0].height for part in overflows)
        count = len(fills)
        for pages in range(count - few, count + self.filled):
            with suppress(PageCountProblems):
                if count > 1:
                    return self.fit_to(pages, smaller=False)
        return self.lay_out(), self.html

    def fit_to(self, pages: int, *, smaller: bool = True) -> tuple[Layout, str]:
        """Fit to so many pages: find a step for each part, and put leftover space between its blocks."""
        # Letters get smaller only if ``smaller`` is set: without a promise, the size is as the editor wants it.
        # With a promise, corrections may take one more page: the lines that tell them do not hold them back.
        if not _FIT_STYLE.search(self.html) and len((bare := self.lay_out()).page_fills) == pages:
            return bare, self.html
        # Set tight, a text shows how its parts share several pages. One page is mostly set as written.
        spacing, other = (FIRST_SPACING, NATURAL_SPACING)[:: 1 if self.filled or pages > 1 else -1]
        first = self.lay_out([spacing]).page_fills
        if len(first) < pages if spacing is FIRST_SPACING else len(first) > pages:
            spacing, first = other, self.lay_out([other]).page_fills
        least = LEAST_BODY if self.last_layout.direction == "rtl" else LEAST_LATIN_BODY
        scale = spacing_scale(least / self.last_layout.body_size if smaller else None, self.filled)
        wanted = _share_pages(_split_at_breaks(first), pages, self.place)

        # It does not know the search, which knows it: in a cycle, the last layout would outlive the fit.
        def layout(steps: Steps) -> Layout:
            alike = steps[:1] if len({*steps}) == 1 else steps
            return self.lay_out([scale[step] for step in alike])

        # Whether a page can be saved shows when all is as tight as possible; from there it gets looser.
        first_step = len(scale) - 1 if self.filled and len(first) > pages else scale.index(spacing)
        search = SpacingSearch(
            lambda steps: _split_at_breaks(layout(steps).page_fills), scale, first_step, wanted, self.filled
        )
        steps = search.find_steps()
        found = layout(steps)
        parts = _split_at_breaks(found.page_fills)
        if problems := [*self._find_overflows(parts, wanted, found.body_size * LINE_HEIGHT * 25.4 / 72)]:
            if smaller and not self.notes and CORRECTIONS_START in self.html:
                told = "; with its corrections the sheet gets one more page"
                self.notes = [replace(one, message=one.message + told, severity="warning") for one in problems]
                with suppress(PageCountProblems):
                    return self.fit_to(pages + 1)
                self.notes.clear()
            raise PageCountProblems(problems)
        rests = [compute_block_gap(part) for part in parts]
        # The columns of a part with several pages stay as they are: they may continue on the next page.
        levels = found.fill_pages(
            [None if len(part) > 1 else rest for rest, part in zip(rests, parts, strict=True) for _ in part]
        )
        return found, _insert_spacing(self.html, [scale[step] for step in steps], rests, levels)

    def _find_overflows(self, parts: Sequence[Part], wanted: Sequence[int], line: float) -> Iterator[Problem]:
        """A problem for each part that is too long; ``line`` is the height of a line of text in millimetres."""
        needed = sum(max(len(part), most) for part, most in zip(parts, wanted, strict=True))
        before, told = 0, CORRECTIONS_START in self.html
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
                if self.translated:
                    reason = ", or that of a correction's reason" * told
                    hint = f"shorten the translation there or before it{reason}: 'pages' is of all languages"
                message = f"{where} by {length}, set as tight as it may be"
                yield self.place.problem(message, hint, kind="pages", token="pages:")


def _split_at_breaks(fills: Sequence[PageFill]) -> list[list[PageFill]]:
    parts: list[list[PageFill]] = [[]]
    for number, page in enumerate(fills, 1):
        parts[-1].append(page)
        if page.has_page_break and number < len(fills):
            parts.append([])
    return parts


def _share_pages(parts: Sequence[Sequence[PageFill]], pages: int, place: SourceLocation) -> list[int]:
    """The number of pages that each part may fill; the part with the least on its last page gets fewer."""
    wanted = [len(part) for part in parts]
    filled = sum(wanted)
    if len(parts) > pages:
        message = f"page breaks part the brief into {len(parts)}, but its 'pages' are {pages}"
        hint = f"set 'pages: {filled}', or take out a 'page' block"
        raise PageCountProblems(place.problem(message, hint, kind="pages", token="pages:"))
    if filled < pages:
        message = f"the brief fills {filled} of its {pages} pages"
        hint = f"add text, or set 'pages: {filled}'; 'pages: auto' promises nothing"
        raise PageCountProblems(place.problem(message, hint, kind="pages", token="pages:"))
    while sum(wanted) > pages:
        number = min(
            (number for number, most in enumerate(wanted) if most > 1),
            key=lambda number: parts[number][wanted[number] - 1].foot,
        )
        wanted[number] -= 1
    return wanted


def _insert_spacing(
    html: str, steps: Sequence[Spacing], rests: Sequence[float] = (), levels: Mapping[str, float] | None = None
) -> str:  # with rules for the step of each part, and for the space between blocks
    rules = ""
    for number, step in enumerate(steps):
        part = f"main > {'.page-break ~ ' * number}*" if number else ":root"
        where = f"{part}, main ~ *" if number == len(steps) - 1 else part
        factors = f"--space: {step.space:g}; --leading: {step.leading:.4g}; --size: {step.size:.4g};"
        factors += f" --rest: {rests[number]:g}px;" if rests else ""
        rules += f"\n{where} {{ {factors} }}"
    rules += "".join(f"\n{column} {{ --level: {rest:g}px; }}" for column, rest in (levels or {}).items())
    fitted_html, count = _FIT_STYLE.subn(lambda found: f"{found[1]}{rules}\n{found[2]}", html)
    if count != 1:
        message = f"the pages cannot be fitted: the template has {count} places for it"
        hint = 'put <style id="fit" media="print"></style> once, after the styles of brief.html.j2'
        raise Problems(message, hint=hint)
    return fitted_html


def _find_empty_pages(fills: Sequence[PageFill], place: SourceLocation) -> Iterator[Problem]:  # largely; not the last
    hint = "add text, or move a block to this page"
    for number, page in enumerate(fills[:-1], 1):
        if page.foot < page.height * (1 - MAX_EMPTY):
            empty = round(100 * (1 - page.foot / page.height))
            ends = f"what stands on it ends after {page.foot:.0f} of {page.height:.0f} mm"
            message = f"{empty} % of page {number} stay empty: {ends}"
            yield place.problem(message, hint, kind="empty-page", token="pages:", severity="warning")
