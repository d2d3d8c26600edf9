"""Texts and values as they are printed: Latin runs marked, digits Persian, per cent on its side."""

from pathlib import Path

import pytest

from tests.support import append
from tipbrief.check.publication import load
from tipbrief.compose import writer


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("سال 2025", "سال ۲۰۲۵"),
        ("از BBC و", 'از <span dir="ltr" lang="en">BBC</span> و'),
        ("<b>", '&lt;<span dir="ltr" lang="en">b</span>&gt;'),
        ("تنها دری", "تنها دری"),
        ("", ""),
    ],
)
def test_runs(given: str, shown: str) -> None:
    assert str(writer.bidi_html(given)) == shown


def test_a_figure_in_per_cent_carries_the_sign_on_its_side(wells: Path) -> None:
    share = "share:\n  label: سهم\n  kind: reported\n  value: 12\n  unit: ٪\n  sources: [survey]\n"
    append(wells / "figures.yaml", share)
    publication = load(wells)
    assert writer.shown_value(publication, "share") == "۱۲\u200f٪"
    assert writer.shown_value(publication, "countries") == "۴"
    assert writer.plain_text("{share} از", publication) == "۱۲\u200f٪ از"
