"""Rest: what a column has left over beside a longer one is put between its blocks and into what grows."""

import re
from pathlib import Path

import pytest

from tipbrief.load.source_text import SourceLocation
from tipbrief.typeset.engine import Typesetter
from tipbrief.typeset.fit import FitResult, fit_pages
from tipbrief.typeset.vertical_fill import MAX_COLUMN_GAP

STYLES = """
@page { size: 200mm 120mm; margin: 10mm }
:root { --space: 1; --leading: 1; --size: 1; --rest: 0px; --level: 0px }
html, main > * { font: 10pt "Vazirmatn"; line-height: 5mm }
body, p, ul { margin: 0; padding: 0; list-style: none }
main > * + * { margin-top: calc(2mm * var(--space) + var(--rest)) }
.columns, .bar { display: table; width: 100%; table-layout: fixed; border-collapse: collapse }
.column { display: table-cell; vertical-align: top; padding: 0 }
.column > * + * { margin-top: calc(1mm + 2 * var(--level)) }
.segment { display: table-cell; padding-block: calc(1mm + var(--level)); border-bottom: 1pt solid }
.hatched { background: repeating-linear-gradient(135deg, #000 0, #000 1px, #fff 1px, #fff 4px) }
.segment.hatched { background: url("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='90' \
height='30'><path d='M0 0H90' stroke='black' stroke-width='60' stroke-dasharray='1 3'/></svg>") no-repeat }
.group { padding-block: calc(var(--level) / 2) }
.badge-choice { padding-block: calc(1mm + var(--level)); background: #eee; border: 1pt solid #ccc }
"""
BRIEF = SourceLocation(Path("brief.yaml"))
BADGE = '<section><p class="badge-choice hatched"><b style="background: #fff">ردیف</b></p><p>سطر</p></section>'
GROUPS = "<section><ul>" + 3 * '<li class="group">سطر</li>' + "</ul></section>"
SEGMENTS = '<li class="segment" style="background: #ddd"><b>۳۳</b></li><li class="segment hatched">۴</li>'
BAR = f'<section><ul class="bar">{SEGMENTS}</ul><p>سطر</p></section>'


def lines(count: int) -> str:
    return f"<section>{'<p>سطر</p>' * count}</section>"


def document(*columns: str, beside: bool = True) -> str:
    cells = "".join(f'<div class="column">{column}</div>' for column in columns)
    styles = STYLES if beside else f"{STYLES} .columns, .columns .column {{ display: block }}"
    return (
        '<!DOCTYPE html><html lang="fa-AF" dir="rtl"><head><meta charset="utf-8"><title>آزمون</title>'
        f'<style media="print">{styles}</style><style id="fit" media="print"></style></head>'
        f'<body><main><p>سطر</p><div class="columns">{cells}</div>{lines(2)}</main></body></html>'
    )


def levels(made: FitResult) -> dict[str, float]:
    """The millimetres of each column, by its number."""
    found = re.findall(r"> :nth-child\((\d)\) \{ --level: ([0-9.]+)px", made.html)
    return {int(number): float(level) * 25.4 / 96 for number, level in found}


def test_the_shorter_column_ends_with_the_longer(typesetter: Typesetter) -> None:
    """Of what is left over, two parts stand between the blocks, two in the bar, two in the badge."""
    made = fit_pages(typesetter, document(BADGE + BAR, lines(7)), 1, BRIEF)
    badge_and_bar = (2 * 5 + 2 + 0.7) + 1 + (2 * 5 + 2 + 0.18)
    assert levels(made) == pytest.approx({1: (35 - badge_and_bar) / 6}, abs=0.2)


@pytest.mark.parametrize(
    "short", [BADGE + BAR, lines(1) * 3, BAR + BADGE + lines(1), lines(1) + BAR, lines(1) + GROUPS]
)
@pytest.mark.parametrize("long", [lines(7), lines(8)])
def test_laid_out_anew_the_page_that_is_delivered_is_the_same(typesetter: Typesetter, short: str, long: str) -> None:
    made = fit_pages(typesetter, document(short, long), 1, BRIEF)
    assert levels(made)
    assert typesetter.typeset_html(made.html).raw_pdf == made.typesetting.raw_pdf


@pytest.mark.parametrize(
    ("columns", "beside", "wanted"),
    [
        ((lines(1) * 3, lines(6), lines(1) * 4), True, {1: 13 / 4, 3: 7 / 6}),  # each against the longest
        ((lines(1) * 2, lines(14)), True, {1: MAX_COLUMN_GAP}),  # no more than looks made
        ((lines(2), lines(5)), True, {}),  # nothing grows in it
        ((lines(1) * 2, lines(9)), False, {}),  # they stand below each other
        ((lines(1) * 2, lines(1) * 2), True, {}),  # they are as long
    ],
)
def test_each_column_is_measured_against_the_longest(
    typesetter: Typesetter, columns: tuple[str, ...], beside: bool, wanted: dict[int, float]
) -> None:
    found = levels(fit_pages(typesetter, document(*columns, beside=beside), 1, BRIEF))
    assert found == pytest.approx(wanted, abs=0.05)
