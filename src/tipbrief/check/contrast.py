"""Contrast: whether what is printed in a colour can be seen on its ground."""

import re
from collections.abc import Iterator

from tipbrief.check.models import Choice, Colours
from tipbrief.load.places import Text
from tipbrief.problems import Problem

WHITE = "#ffffff"
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
# Less is not seen at all; WCAG wants 4.5 of what is to be read with ease.
LEAST_CONTRAST = 2.0


def contrast(one: str, other: str) -> float:
    """The contrast of two colours ``#rrggbb``, as WCAG defines it: from 1 to 21."""
    dark, light = sorted(luminance(linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def luminance(parts: list[float]) -> float:
    """The relative luminance of red, green and blue: 0 is black, 1 is white."""
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


def linear(colour: str) -> list[float]:
    """Red, green and blue of a colour ``#rrggbb``, from 0 to 1, as light."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def faint_texts(colours: Colours) -> Iterator[Problem]:
    """A problem for each colour of letters that is not seen on paper, or on the ground of a panel."""
    for name in ("ink", "accent", "signal", "grey"):
        yield from _faint(getattr(colours, name), WHITE, f"what is printed in '{name}'", "paper")
        yield from _faint(getattr(colours, name), colours.tint, f"what is printed in '{name}'", "'tint'")


def faint_choice(choice: Choice) -> Iterator[Problem]:
    """The problem of a choice whose name is not seen on its colour; on stripes it has a white ground."""
    ground = WHITE if choice.hatched else choice.colour
    if choice.text_colour and ground:
        yield from _faint(choice.text_colour, ground, f"'{choice.label}'", "its 'colour'")


def _faint(colour: Text, ground: str, what: str, on: str) -> Iterator[Problem]:
    if not (_COLOUR.fullmatch(colour) and _COLOUR.fullmatch(ground)):  # which is told where it is read
        return
    if (found := contrast(colour, ground)) < LEAST_CONTRAST:
        message = f"{what} cannot be seen on {on}: their contrast is {found:.1f}"
        yield colour.problem(
            message, f"take a colour with a contrast of {LEAST_CONTRAST:g} or more", kind="faint"
        )
