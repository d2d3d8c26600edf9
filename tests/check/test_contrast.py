"""Colours: all that is drawn has one, letters are read on their grounds, by day and on dark screens."""

from pathlib import Path

import pytest

from tests.support import change, find_faults
from tipbrief.check.publication import load_publication
from tipbrief.colour_contrast import (
    DARK_BACKGROUND,
    WHITE,
    contrast_ratio,
    dark_mode_choice_colour,
    dark_mode_colour,
    dark_mode_text_colour,
    lighten_bar_colour,
)
from tipbrief.problems import Problem

COLOURS = {"accent": "'#0f4c5c'", "signal": "'#a8432f'", "grey": "'#566167'", "tint": "'#eef1f2'"}


def coloured(folder: Path, **colours: str) -> list[Problem]:
    """What is said of the publication with these colours, which it has or has not yet."""
    file = folder / "publication.yaml"
    for name, colour in colours.items():
        if name in COLOURS:
            change(file, f"{name}: {COLOURS[name]}", f"{name}: '{colour}'")
        else:
            change(file, "  tint: ", f"  {name}: '{colour}'\n  tint: ")
    return find_faults(folder)


def test_what_is_not_named_follows_from_what_is(folder: Path) -> None:
    drawn = load_publication(folder).imprint.colours.palette
    assert list(drawn) == [
        "ink", "accent", "signal", "grey", "line", "tint", "bar", "hatch", "land", "foot",
    ]  # fmt: skip
    assert (drawn["hatch"], drawn["land"], drawn["foot"]) == (drawn["grey"], drawn["tint"], drawn["grey"])
    assert drawn["bar"] == lighten_bar_colour("#0f4c5c") == "#a1b9bf"
    assert coloured(folder, bar="#97bac1", hatch="#333333", land="#dddddd", foot="#222222") == []
    assert load_publication(folder).imprint.colours.palette["bar"] == "#97bac1"


@pytest.mark.parametrize("accent", ["#0f4c5c", "#7a1f1f", "#004400", "#000000"])
def test_a_bar_of_any_accent_is_seen_and_paler_than_it(accent: str) -> None:
    assert 1.9 < contrast_ratio(lighten_bar_colour(accent), WHITE) <= 2.1
    assert contrast_ratio(lighten_bar_colour(accent), accent) > 2
    assert contrast_ratio(dark_mode_colour(lighten_bar_colour(accent)), DARK_BACKGROUND) > 1.9


def test_an_accent_that_is_light_makes_no_darker_bar() -> None:
    assert lighten_bar_colour("#ffe680") == "#ffe680"


def test_letters_below_aa_are_warned_of_and_those_that_nobody_sees_refused(folder: Path) -> None:
    found = coloured(folder, accent="#8a8a30")
    assert [(one.severity, one.kind, one.line, one.message) for one in found] == [
        ("warning", "faint", 9, f"what is printed in 'accent' is hard to read on {ground}")
        for ground in ("paper: their contrast is 3.6", "'tint': their contrast is 3.2")
    ]
    assert found[0].hint == "take a colour with a contrast of 4.5 or more, as WCAG wants it on level AA"


@pytest.mark.parametrize(
    ("name", "colour", "severity", "said"),
    [
        ("signal", "#767670", "warning", "what is printed in 'signal' is hard to read on 'tint'"),  # 4.6 on paper
        ("foot", "#999999", "warning", "what is printed in 'foot' is hard to read on paper"),
        ("foot", "#eeeeee", "error", "what is printed in 'foot' cannot be seen on paper"),
        ("bar", "#dddddd", "error", "what is drawn in 'bar' cannot be seen on paper"),
        ("hatch", "#dddddd", "error", "what is drawn in 'hatch' cannot be seen on paper"),
    ],
)
def test_colours_of_drawings_and_of_the_foot_are_looked_at_and_a_tint_is_a_ground_too(
    folder: Path, name: str, colour: str, severity: str, said: str
) -> None:
    (found,) = coloured(folder, **{name: colour})
    assert (found.severity, found.message.partition(":")[0]) == (severity, said)


def test_a_tint_that_is_dark_swallows_letters_also_on_dark_screens(folder: Path) -> None:
    found = [one.message.partition(":")[0] for one in coloured(folder, tint="#446677")]
    assert "what is printed in 'grey' cannot be seen on 'tint'" in found


def test_steps_keep_their_order_on_dark_screens_are_seen_and_do_not_shine() -> None:
    steps = ["#cfe0e2", "#97bac1", "#3b7482", "#0b3540"]
    found = [contrast_ratio(dark_mode_choice_colour(colour), DARK_BACKGROUND) for colour in steps]
    assert found == sorted(found)
    assert 2 < found[0] < found[-1] < 8
    assert dark_mode_choice_colour(WHITE) == DARK_BACKGROUND, "what is white is the ground"
    assert contrast_ratio(dark_mode_choice_colour("#000000"), DARK_BACKGROUND) < 8
    for dark in map(dark_mode_choice_colour, steps):
        assert contrast_ratio(dark_mode_text_colour(dark, "#1c2326"), dark) > 4.5
