"""Texts and values as they are printed: Latin runs marked, digits Persian, per cent on its side."""

from pathlib import Path

import pytest

from tests.support import append
from tipbrief.check.publication import Publication, load
from tipbrief.compose import writer
from tipbrief.language.language import language


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
    assert str(writer.bidi_html(given, language("fa-AF"))) == shown


def test_a_figure_in_per_cent_carries_the_sign_on_its_side(wells: Path) -> None:
    share = "share:\n  label: سهم\n  kind: reported\n  value: 12\n  unit: ٪\n  sources: [survey]\n"
    append(wells / "figures.yaml", share)
    publication = load(wells)
    assert writer.shown_value(publication, "share") == "۱۲\u200f٪"
    assert writer.shown_value(publication, "countries") == "۴"
    assert writer.plain_text("{share} از", publication) == "۱۲\u200f٪ از"


def test_fault_15_a_key_is_printed_by_the_name_of_its_row(made_up: Publication) -> None:
    row = made_up.tables["chosen"].by_key["AFG"]
    assert writer.cell_text(made_up, "chosen", row, "iso3") == "افغانستان"
    assert writer.cell_text(made_up, "places", made_up.tables["places"].by_key["AFG"], "state") == "باز"
    assert writer.cell_text(made_up, "places", made_up.tables["places"].by_key["PAK"], "depth") == "۱٬۲۰۰"
