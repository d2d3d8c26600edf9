"""Colours for dark screens: each stands off the dark ground as far as its original stands off white paper."""

from collections.abc import Sequence
from functools import cache

from markupsafe import Markup

from tipbrief.check.models import Choice

GROUND = "#161a1b"
# The share of white in a lightened colour, so that it does not glow.
_PALE = 0.4


def contrast(one: str, other: str) -> float:
    """The contrast of two colours ``#rrggbb``, as WCAG defines it: from 1 to 21."""
    dark, light = sorted(_luminance(_linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@cache
def dark(colour: str) -> str:
    """The colour that replaces this one where the ground is dark.

    A ratio of contrasts is one of luminances, so two colours keep their contrast with each other, too; only
    what is nearly black on paper ends at white.
    """
    wanted = min(contrast(colour, "#ffffff") * (_luminance(_linear(GROUND)) + 0.05) - 0.05, 1.0)
    parts = _linear(colour)
    own = _luminance(parts)
    grey = max(parts) - min(parts) < 0.001
    if grey or wanted >= 1.0:
        # White paper becomes the ground itself, and not its grey.
        return GROUND if own > 0.999 else _written([wanted] * 3)
    scaled = [part * wanted / own for part in parts]
    white = _PALE if wanted > own else 0.0
    if max(scaled) > 1.0:
        # No brightness of this hue is light enough: white does the rest.
        white = max(white, (max(scaled) - 1.0) / (max(scaled) - wanted))
    return _written([part * (1 - white) + wanted * white for part in scaled])


def _luminance(parts: list[float]) -> float:
    """The relative luminance of red, green and blue: 0 is black, 1 is white."""
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


def _linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _written(parts: list[float]) -> str:
    shown = [part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in parts]
    return "#" + "".join(f"{round(255 * min(max(part, 0.0), 1.0)):02x}" for part in shown)


def tones(choices: Sequence[Choice]) -> Markup:
    """The choices' colours for a dark screen, as custom properties: first ``--tone-1`` and ``--on-1``."""
    return Markup(" ").join(
        Markup("--tone-{0}: {1}; --on-{0}: {2};").format(number, dark(one.colour), dark(one.text_colour))
        for number, one in enumerate(choices, 1)
    )
