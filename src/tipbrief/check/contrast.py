"""Contrast: whether what is printed in a colour can be read on its ground, on paper and on dark screens."""

from collections.abc import Iterator

from tipbrief.check.colours import COLOUR, GROUND, WHITE, contrast, dark
from tipbrief.check.models import Choice, Colours
from tipbrief.load.places import Text
from tipbrief.problems import Problem

# Less is not seen at all.
LEAST_SEEN = 2.0
# What WCAG wants on level AA of letters as small as ours.
LEAST_READ = 4.5
_LETTERS = ("ink", "accent", "signal", "grey", "foot")
_SHAPES = ("bar", "hatch")


def faint_colours(colours: Colours) -> Iterator[Problem]:
    """A problem for each colour that is not seen on its ground, a warning where letters are faint."""
    for name in _LETTERS:
        if colour := getattr(colours, name):
            yield from _faint(colour, WHITE, f"what is printed in '{name}'", "paper")
            if name != "foot":
                yield from _faint(colour, colours.tint, f"what is printed in '{name}'", "'tint'")
    for name in _SHAPES:
        if colour := getattr(colours, name):
            yield from _faint(colour, WHITE, f"what is drawn in '{name}'", "paper", LEAST_SEEN)


def faint_choice(choice: Choice) -> Iterator[Problem]:
    """The problem of a choice whose name is not seen on its colour; on stripes it has a white ground."""
    ground = WHITE if choice.hatched else choice.colour
    if choice.text_colour and ground:
        # On dark screens it gets letters that are read.
        yield from _faint(choice.text_colour, ground, f"'{choice.label}'", "its 'colour'", by_day_alone=True)


def _faint(
    colour: Text, ground: str, what: str, on: str, least: float = LEAST_READ, *, by_day_alone: bool = False
) -> Iterator[Problem]:
    if not (COLOUR.fullmatch(colour) and COLOUR.fullmatch(ground)):  # which is told where it is read
        return
    on_dark = GROUND if ground == WHITE else dark(ground)
    by_day = contrast(colour, ground)
    by_night = by_day if by_day_alone else contrast(dark(colour), on_dark)
    if by_day >= least <= by_night:
        return
    found, where = (by_day, on) if by_day < least else (by_night, f"{on} of a dark screen")
    how, severity = "cannot be seen", "error"
    hint = f"take a colour with a contrast of {least:g} or more"
    if by_day >= LEAST_SEEN:
        how, severity = "is hard to read", "warning"
        hint += ", as WCAG wants it on level AA"
    message = f"{what} {how} on {where}: their contrast is {found:.1f}"
    yield colour.problem(message, hint, kind="faint", severity=severity)
