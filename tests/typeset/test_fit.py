"""The promised pages are kept within limits; what cannot be kept is said with block and amount."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import ClassVar
from weakref import WeakSet

import pypdfium2
import pytest

from tests.support import problems_of
from tipbrief.assets import find_shipped_folder
from tipbrief.compose import html_page as compose
from tipbrief.fonts.font_library import load_fonts, truetype_files
from tipbrief.load.source_text import SourceLocation
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.engine import Layout, Typesetter
from tipbrief.typeset.fit import (
    FIRST_SPACING,
    FREE_EDGE,
    LEAST_BODY,
    MAX_BLOCK_GAP,
    MAX_FOOT_GAP,
    NATURAL_SPACING,
    SMALL_OVERFLOW,
    FitResult,
    fit_pages,
)
from tipbrief.typeset.vertical_fill import PageFill

# A page takes 16 lines without spaces, 85.8 mm; between blocks there are 2 mm, set as 1 mm at first.
STYLES = """
@page { size: 100mm calc(20mm + 16.001 * 15.2pt); margin: 10mm }
:root { --space: 1; --leading: 1; --size: 1; --rest: 0px }
html { font-family: "Vazirmatn"; orphans: 2; widows: 2 }
html, main > * { font-size: calc(BODYpt * var(--size)); line-height: calc(15.2pt * var(--leading)) }
body, p, h2 { margin: 0 }
h2 { font-size: 10pt; break-after: avoid }
section { margin-bottom: calc(2mm * var(--space)) }
section + section { margin-top: calc(2mm * var(--space) + var(--rest)) }
.page-break { break-after: page }
"""
LINE = 15.2 * 25.4 / 72
PLACED = (
    '<p id="here" style="position: relative; background: linear-gradient(#eee, #ccc); border: 0 solid">'
    '<a href="#here">سطر</a><span style="position: absolute; left: 0; background: #eee">سطر</span></p>'
)
BRIEF = SourceLocation(Path("brief.yaml"))


class Counting(Typesetter):
    """Counts its layouts."""

    laid_out: ClassVar[list[str]] = []

    def lay_out(self, html: str) -> Layout:
        self.laid_out.append(html)
        return super().lay_out(html)

    def measure(self, html: str) -> tuple[PageFill, ...]:
        return super().lay_out(html).page_fills


@pytest.fixture(scope="module")
def shared() -> Counting:
    return Counting(find_shipped_folder("fonts") / "prepared", truetype_files(load_fonts(find_shipped_folder("fonts"))))


@pytest.fixture
def typesetter(shared: Counting) -> Counting:
    shared.laid_out.clear()
    return shared


def block(lines: int, name: str = "بخش") -> str:
    """A heading and lines under it."""
    return f'<section class="prose"><h2>{name}</h2>{"<p>سطر</p>" * (lines - 1)}</section>'


def document(*parts: list[int], body: float = LEAST_BODY, place: str = '<style id="fit" media="print"></style>') -> str:
    """Blocks of so many lines; each part begins on a new page."""
    inner = '<div class="page-break"></div>'.join("".join(block(lines) for lines in part) for part in parts)
    return (
        '<!DOCTYPE html><html lang="fa-AF" dir="rtl"><head><meta charset="utf-8"><title>آزمون</title>'
        f'<style media="print">{STYLES.replace("BODY", str(body))}</style>{place}</head>'
        f"<body><main>{inner}</main></body></html>"
    )


def refused(typesetter: Typesetter, html: str, pages: int, place: SourceLocation = BRIEF) -> list[Problem]:
    return problems_of(fit_pages, typesetter, html, pages, place)


def steps(made: FitResult) -> list[dict[str, float]]:
    """The factors that were set, for each part."""
    inside = made.html.partition('<style id="fit" media="print">')[2].partition("</style>")[0]
    found = [re.findall("--(space|leading|size|rest): ([0-9.]+)", rule) for rule in inside.split("}")[:-1]]
    return [{name: float(value) for name, value in rule} for rule in found]


def feet(made: FitResult) -> list[float]:
    return [sheet.foot for sheet in made.typesetting.page_fills]


def words(pdf: bytes) -> int:
    return sum(page.get_textpage().get_text_bounded().count("سطر") for page in pypdfium2.PdfDocument(pdf))


def test_a_sheet_tells_where_its_blocks_stand(typesetter: Counting) -> None:
    first, second = typesetter.measure(document([3, 4], [2]))
    assert first.height == second.height == pytest.approx(16 * LINE, abs=0.05)
    assert [one.name for one in first.blocks] == ["«بخش»"] * 2
    edges = [edge for one in first.blocks for edge in (one.top, one.foot)]
    assert edges == pytest.approx([0, 3 * LINE, 3 * LINE + 2, 7 * LINE + 2], abs=0.01)
    assert [first.foot, second.foot] == pytest.approx([7 * LINE + 2, 2 * LINE], abs=0.01)
    assert (first.has_page_break, second.has_page_break) == (True, False)
    first, second = typesetter.measure(document([10, 10]))  # a block over two pages stands on both
    assert first.blocks[1].name == second.blocks[0].name
    assert first.foot == pytest.approx(15 * LINE + 2, abs=0.01), "the foot is that of the text"
    assert second.foot == pytest.approx((20 - 15) * LINE, abs=0.01)
    first, *_ = typesetter.measure(document([3], [2]).replace("break-after: page", "break-after: auto"))
    assert (first.has_page_break, len(first.blocks)) == (False, 2), "where no page is forced, none ends"


def test_a_sheet_tells_how_long_it_would_be_with_other_spaces(typesetter: Counting) -> None:
    """Of what stands side by side the tallest counts, here the second: six lines and two spaces."""
    beside = '<div style="display: table; width: 100%">{}</div>'
    cells = "".join(f'<div style="display: table-cell">{inside}</div>' for inside in (block(5), block(3) * 2))
    html = document([2, 3, 1]).replace("</main>", beside.format(cells) + "</main>")
    half = html.replace(":root { --space: 1", ":root { --space: 0.5")
    (page,), (tight,) = typesetter.measure(html), typesetter.measure(half)
    assert (page.spaces, page.lines, page.gaps) == pytest.approx((10, 12 * LINE, 3), abs=0.02)
    assert page.foot - page.spaces / 2 == pytest.approx(tight.foot, abs=0.02)


def test_what_fits_is_typeset_once_and_spread_over_its_pages(typesetter: Counting) -> None:
    html = document([5, 5, 4], [4, 4, 3, 3])
    made = fit_pages(typesetter, html, 2, BRIEF)
    assert (made.typesetting.page_count, made.notes, len(typesetter.laid_out)) == (2, (), 1)
    assert [step["space"] for step in steps(made)] == [FIRST_SPACING.space] * 2
    assert all(FREE_EDGE <= page.height - page.foot < FREE_EDGE + 0.2 for page in made.typesetting.page_fills)
    front, _ = made.typesetting.page_fills
    gaps = [below.top - above.foot for above, below in pairwise(front.blocks)]
    assert gaps == pytest.approx([1 + steps(made)[0]["rest"] * 25.4 / 96] * 2, abs=0.01)


def test_a_little_too_long_is_fitted_by_spaces_alone(typesetter: Counting) -> None:
    html = document([5, 5], [4, 4, 4, 3])  # 80.4 mm and 12 mm of spaces at the back
    html = html.replace("10mm }", "10mm }\nsection { padding-top: calc(1.5mm * var(--space)) }")
    made = fit_pages(typesetter, html, 2, BRIEF)
    front, back = steps(made)
    assert front["space"] > FIRST_SPACING.space, "the parts do not touch each other"
    assert 0.4 <= back["space"] < FIRST_SPACING.space < back["leading"] == back["size"] == 1
    assert made.typesetting.page_count == 2
    assert words(made.typesetting.raw_pdf) == html.count("سطر"), "nothing is cut"
    assert len(typesetter.laid_out) == len(set(typesetter.laid_out)) <= 3


def test_one_layout_is_held_at_a_time(shared: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    held, before = WeakSet[Layout](), list[int]()
    lay_out = Typesetter.lay_out

    def noted(self: Typesetter, html: str) -> Layout:
        before.append(len(held))
        made = lay_out(self, html)
        held.add(made)
        return made

    monkeypatch.setattr(Typesetter, "lay_out", noted)
    made = fit_pages(shared, document([5, 5], [4, 4, 4, 4]), 2, BRIEF)
    assert len(before) > 1
    assert not any(before)
    assert [*held] == [made.layout]


@pytest.mark.parametrize(("lines", "space", "layouts"), [([5, 5, 4], 1, 1), ([3, 3, 3, 3, 3], 0.5, 2)])
def test_one_page_is_set_as_written_where_it_fits(
    typesetter: Counting, lines: list[int], space: float, layouts: int
) -> None:
    """The spaces of what does not fit are as those of several pages at first."""
    made = fit_pages(typesetter, document(lines), 1, BRIEF)
    assert ([step["space"] for step in steps(made)], len(typesetter.laid_out)) == ([space], layouts)


def test_leading_gives_way_after_the_spaces(typesetter: Counting) -> None:
    made = fit_pages(typesetter, document([16]), 1, BRIEF)
    assert steps(made) == [{"space": NATURAL_SPACING.space, "leading": 1, "size": 1, "rest": 0}], "it fits"
    made = fit_pages(typesetter, document([4, 4, 4, 4]), 1, BRIEF)
    (step,) = steps(made)
    assert step["space"] == 0.4 < 0.95 <= step["leading"] < 1 == made.typesetting.page_count


@pytest.mark.parametrize("body", [9.5, 10, 12])
def test_size_gives_way_last_and_never_below_the_least(typesetter: Counting, body: float) -> None:
    sizes = {}
    for lines in range(15, 21):
        try:
            made = fit_pages(typesetter, document([lines - 8, 4, 4], body=body), 1, BRIEF)
        except Problems:
            break
        sizes[lines] = made.typesetting.body_size
        if steps(made) and made.typesetting.body_size < body - 0.01:
            assert steps(made)[0]["space"] == 0.4
            assert steps(made)[0]["leading"] < 0.95
    assert min(sizes.values()) == pytest.approx(LEAST_BODY, abs=0.01)
    assert len(sizes) > 1


def test_the_part_with_the_least_on_its_last_page_gives_way(typesetter: Counting) -> None:
    # 2 + 2 pages; 22 mm hang over in front, 7 mm at the back.
    made = fit_pages(typesetter, document([5, 5, 5, 4], [4, 4, 4, 4]), 3, BRIEF)
    assert [sheet.has_page_break for sheet in made.typesetting.page_fills] == [False, True, False]
    assert steps(made)[1]["space"] == 0.4


def test_what_overflows_is_named_with_the_amount(typesetter: Counting) -> None:
    html = document([4, 4, 4], [4, 4, 4, 6]).replace(block(6), block(6, "منابع"))
    (problem,) = refused(typesetter, html, 2)
    # 18 lines of 5.09 mm and 3 spaces of 0.4 mm on 85.8 mm.
    assert problem.message == "page 2 overflows at «منابع» by 7 mm (2 lines), set as tight as it may be"
    assert problem.hint == "shorten the text there or before it, or set 'pages: 3'"
    assert len(typesetter.laid_out) <= 3


@pytest.mark.parametrize(
    ("kind", "translated", "hint"),
    [
        ("prose", True, "shorten the translation there or before it: 'pages' is of all languages"),
        ("corrections", False, "shorten the text there or before it, or the reason of a correction, in its file in "
                               "ledger/, or set 'pages: 2'"),
        ("corrections", True, "shorten the translation there or before it, or that of a correction's reason: "
                              "'pages' is of all languages"),
    ],
)  # fmt: skip
def test_what_can_be_shortened_is_said(typesetter: Counting, kind: str, translated: bool, hint: str) -> None:
    html = document([4, 4, 4, 6]).replace('class="prose"', f'class="{kind}"')
    if kind == "corrections":
        found = fit_pages(typesetter, html, 1, BRIEF, translated=translated).notes
    else:
        found = problems_of(fit_pages, typesetter, html, 1, BRIEF, translated=translated)
    assert [problem.hint for problem in found] == [hint]


@pytest.mark.parametrize(("lines", "pages"), [(3, 1), (6, 2), (14, 2)])
def test_corrections_take_one_more_page_where_the_promised_ones_are_full(
    typesetter: Counting, lines: int, pages: int
) -> None:
    plain, told = document([4, 4, 4]), "with its corrections the sheet gets one more page"
    html = plain.replace("</main>", f'<section class="corrections">{"<p>سطر</p>" * lines}</section></main>')
    for draft in (False, True):
        made = fit_pages(typesetter, html, 1, BRIEF, draft=draft)
        assert made.typesetting.page_count == pages
        assert [note.severity for note in made.notes if note.message.endswith(told)] == ["warning"] * (pages - 1)
    if pages > 1:
        assert refused(typesetter, html.replace("corrections", "prose"), 1), "other texts keep the promise"


def test_what_fills_more_than_one_page_more_is_no_correction(typesetter: Counting) -> None:
    html = document([40]).replace("</main>", '<section class="corrections"><p>سطر</p></section></main>')
    (problem,) = refused(typesetter, html, 1)
    assert problem.message.startswith("page 1 overflows at ")
    (note,) = fit_pages(typesetter, html, 1, BRIEF, draft=True).notes
    assert note.message == problem.message


def test_a_block_without_a_heading_is_named_by_its_kind(typesetter: Counting) -> None:
    html = document([4, 4, 4, 4]).replace("</main>", f'<div class="figures">{"<p>سطر</p>" * 3}</div></main>')
    (problem,) = refused(typesetter, html, 1)
    assert problem.message.startswith("page 1 overflows at figures by ")


def test_each_part_that_overflows_is_told_where_pages_are_promised(typesetter: Counting, tmp_path: Path) -> None:
    found = refused(typesetter, document([18], [3], [20]), 3)
    assert [problem.message[:17] for problem in found] == ["page 1 overflows ", "page 3 overflows "]
    assert {problem.hint[-10:] for problem in found} == {"'pages: 5'"}
    brief = tmp_path / "long.yaml"
    brief.write_text("title: دراز\npages: 1\nblocks: []\n", encoding="utf-8")
    (problem,) = refused(typesetter, document([40]), 1, SourceLocation(brief, 1, 1, 3))
    assert (problem.file, problem.line) == (brief, 2)


@pytest.mark.parametrize(
    ("parts", "pages", "message", "hint"),
    [
        (([3], [3]), 1, "page breaks part the brief into 2, but its 'pages' are 1", "set 'pages: 2', or"),
        (([3],), 2, "the brief fills 1 of its 2 pages", "add text, or set 'pages: 1'"),
    ],
)
def test_a_promise_that_no_setting_can_keep(
    typesetter: Counting, parts: tuple[list[int], ...], pages: int, message: str, hint: str
) -> None:
    (problem,) = refused(typesetter, document(*parts), pages)
    assert problem.message == message
    assert problem.hint.startswith(hint)


def test_a_template_without_a_place_for_the_fit(typesetter: Counting) -> None:
    assert fit_pages(typesetter, document([3], place=""), 1, BRIEF).typesetting.page_count == 1
    for draft in (False, True):
        found = problems_of(fit_pages, typesetter, document([4, 4, 4, 4], place=""), 1, BRIEF, draft=draft)
        assert "the template has 0 places for it" in found[0].message
        assert '<style id="fit" media="print"></style>' in found[0].hint


@pytest.mark.parametrize("last", [[3, 3, 3, 3], [3, 3, 2, 2, 2], [1, 1, 1, 1, 1, 1, 1, 1]])
def test_a_short_page_is_spread_down_to_its_end(typesetter: Counting, last: list[int]) -> None:
    made = fit_pages(typesetter, document([5, 5, 5], last), 2, BRIEF)
    front, back = feet(made)
    assert front == pytest.approx(16 * LINE - FREE_EDGE, abs=0.2)
    assert 16 * LINE - back <= MAX_FOOT_GAP
    assert len(typesetter.laid_out) <= 2


def test_a_page_out_of_reach_is_set_as_written_and_told_unless_it_is_the_last(typesetter: Counting) -> None:
    html = document([5, 5, 5], [3, 3], [3, 3])
    made = fit_pages(typesetter, html, 3, BRIEF)
    most = pytest.approx(MAX_BLOCK_GAP * 96 / 25.4, abs=0.1)
    assert steps(made)[1:] == [{"space": 1, "leading": 1, "size": 1, "rest": most}] * 2
    told = "54 % of page 2 stay empty: what stands on it ends after 40 of 86 mm"
    assert [(note.severity, note.message) for note in made.notes] == [("warning", told)]


@pytest.mark.parametrize(
    ("parts", "pages", "made", "told"),
    [
        (([3],), 2, 1, "the brief fills 1 of its 2 pages"),
        (([5, 5, 5], [5, 5, 5], [3]), 2, 3, "page breaks part the brief into 3, but its 'pages' are 2"),
        (([18], [14]), 2, 3, "page 1 overflows at «بخش» by "),
        (([3],), None, 1, ""),
    ],
)
def test_a_draft_comes_whatever_was_promised_and_tells_what_is_not_kept(
    typesetter: Counting, parts: tuple[list[int], ...], pages: int | None, made: int, told: str
) -> None:
    html = document(*parts)
    found = fit_pages(typesetter, html, pages, BRIEF, draft=True)
    assert (found.html, found.typesetting.page_count) == (html, made)
    notes = [note for note in found.notes if note.kind == "pages"]
    assert [note.severity for note in notes] == ["warning"] * bool(told)
    assert not told or notes[0].message.startswith(told)


def test_one_part_is_set_looser_over_its_pages(typesetter: Counting) -> None:
    html = document([3] * 9)
    made = fit_pages(typesetter, html, 2, BRIEF)
    assert made.typesetting.page_count == 2
    assert steps(made)[0]["space"] > FIRST_SPACING.space
    assert steps(made)[0]["rest"] == 0, "the first page ends where a block does not fit any more"


def test_what_fills_its_pages_as_written_alone_is_set_as_written(typesetter: Counting) -> None:
    html = document([4, 4, 4, 3])  # 80.4 mm; with 3 spaces as written more than 85.8
    assert len(typesetter.measure(html)) == 2
    (step,) = steps(fit_pages(typesetter, html, 2, BRIEF))
    assert step["space"] >= 1


@pytest.mark.parametrize("body", [LEAST_BODY, 16])
def test_without_a_promise_no_page_is_begun_for_a_few_lines(typesetter: Counting, body: float) -> None:
    html = document([4, 4, 4, 3], body=body)
    assert len(typesetter.measure(html)) == 2
    made = fit_pages(typesetter, html, None, BRIEF)
    assert made.typesetting.page_count == 1
    assert steps(made)[0]["size"] == 1
    assert [fill.foot for fill in typesetter.measure(made.html)] == pytest.approx(feet(made), abs=0.01)


def test_without_a_promise_what_the_pages_before_leave_empty_takes_in_more(typesetter: Counting) -> None:
    """Two blocks fill a page to the line, but for the space between them: each begins one of its own."""
    html = document([8, 8, 8, 6]).replace("</style>", ".prose { break-inside: avoid }</style>", 1)
    *_, last = typesetter.measure(html)
    assert last.foot > SMALL_OVERFLOW * last.height
    made = fit_pages(typesetter, html, None, BRIEF)
    assert made.typesetting.page_count == 2


def test_only_for_a_promise_spaces_get_narrower_than_they_look_well(typesetter: Counting) -> None:
    html = document([2] * 8)  # 16 lines with the least leading, 81.5 mm, and 7 spaces of 0.6 mm
    made = fit_pages(typesetter, html, 1, BRIEF)
    assert steps(made)[0]["space"] < 0.4
    assert steps(made)[0]["leading"] == 0.95
    assert fit_pages(typesetter, html, None, BRIEF).typesetting.page_count == 2


@pytest.mark.parametrize(
    ("html", "few"),
    [(document([4, 4, 4, 8]), False), (document([4, 4, 4, 9]), False), (document([18], body=16), True)],
    ids=["eight lines", "nine lines", "no room"],
)
def test_without_a_promise_more_than_a_few_lines_or_than_there_is_room_for_keep_their_page(
    typesetter: Counting, html: str, few: bool
) -> None:
    """Letters do not get smaller for them."""
    made = fit_pages(typesetter, html, None, BRIEF)
    assert (made.html, made.typesetting.page_count) == (html, 2)
    assert (len(typesetter.laid_out) > 1) == few


def test_pages_that_are_filled_are_as_many_as_tight_ones_with_letters_a_little_larger(typesetter: Counting) -> None:
    html = document([3] * 8)  # 24 lines, the last page half empty
    written = fit_pages(typesetter, html, None, BRIEF)
    typesetter.laid_out.clear()
    made = fit_pages(typesetter, html, None, BRIEF, filled=True)
    assert made.typesetting.page_count == written.typesetting.page_count == 2
    assert feet(made)[-1] > feet(written)[-1] + 2 * LINE
    assert steps(made)[0]["size"] > 1
    assert len(typesetter.laid_out) == 2
    assert [fill.foot for fill in typesetter.measure(made.html)] == pytest.approx(feet(made), abs=0.01)


def test_pages_that_are_filled_begin_none_for_a_few_lines(typesetter: Counting) -> None:
    html = document([2] * 8)  # 16 lines and 7 spaces; with the least leading and narrow spaces they fit
    html = html.replace("2mm * var(--space)", "1mm * var(--space)")
    assert len(typesetter.measure(html.replace("--space: 1;", "--space: .5;"))) == 2
    made = fit_pages(typesetter, html, None, BRIEF, filled=True)
    assert made.typesetting.page_count == 1
    lone = fit_pages(typesetter, document([3]), None, BRIEF, filled=True)
    assert lone.html == document([3]), "there is no page before it to be level with"


def test_what_is_drawn_at_a_place_is_spread_with_its_block(typesetter: Counting) -> None:
    """Grounds, links, and where an outline leads: laid out anew, the page that is delivered is the same."""
    html = document([5, 5, 4]).replace("<p>سطر</p>", PLACED, 1)
    html = html.replace(block(4), block(4).replace("<p>سطر</p>", PLACED.replace("here", "there"), 1))
    made = fit_pages(typesetter, html, 1, BRIEF)
    assert len(typesetter.laid_out) == 1
    assert steps(made)[0]["rest"] > 5
    assert typesetter.typeset_html(made.html).raw_pdf == made.typesetting.raw_pdf


@pytest.mark.slow
def test_lines_before_the_sources_of_the_world_brief_are_absorbed(session: Session) -> None:
    html = world(session)
    sources = '<section class="sources">'
    assert html.count(sources) == 1
    plain = fit_pages(session.typesetter, html, 2, BRIEF)
    lines = '<p class="caption">سطر</p>' * 2
    more = html.replace(sources, f'<section class="prose">{lines}</section>{sources}')
    made = fit_pages(session.typesetter, more, 2, BRIEF)
    assert made.typesetting.page_count == plain.typesetting.page_count == 2
    assert made.typesetting.page_fills[0] == plain.typesetting.page_fills[0], "the front stays as it is"
    assert abs(feet(made)[0] - feet(made)[1]) <= MAX_FOOT_GAP
    assert made.typesetting.body_size == plain.typesetting.body_size >= LEAST_BODY


def world(session: Session) -> str:
    return compose.compose_page(session.publication, "world", session.fonts, session.environment)


@pytest.mark.parametrize("lines", range(0, 26, 5))
def test_no_heading_or_caption_is_left_alone_and_no_chart_is_cut(session: Session, lines: int) -> None:
    html = world(session).replace('<div class="page-break"></div>', "")
    html = html.replace("<main>", "<main>" + '<p class="caption">سطر</p>' * lines)
    charts: Counter[int] = Counter()
    for number, page in enumerate(session.typesetter.lay_out(html).document.pages):
        (body,) = (box for box in page._page_box.descendants() if box.element_tag == "body")
        found = [box for box in body.descendants() if box.element is not None]
        set_lines = [box for box in found if type(box).__name__ == "LineBox"]
        foot = max(line.position_y for line in set_lines)
        assert all(line.position_y < foot for line in set_lines if line.element_tag in ("h2", "h3"))
        first = min(set_lines, key=lambda line: line.position_y)
        assert number == 0 or not {"caption", "speaker"} & set(first.element.get("class", "").split())
        charts.update({id(box.element) for box in found if "chart" in box.element.get("class", "").split()})
    assert len(charts) == html.count('<section class="chart ') == 3
    assert set(charts.values()) == {1}, "each stands on one page"
