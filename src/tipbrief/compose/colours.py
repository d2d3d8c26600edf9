"""Colours for dark screens: each stands off the dark ground as far as its original stands off white paper."""

from collections.abc import Sequence
from functools import cache

from markupsafe import Markup

from tipbrief.check.contrast import contrast, linear, luminance
from tipbrief.check.models import Choice

GROUND = "#161a1b"
# The share of white in a lightened colour, so that it does not glow.
_PALE = 0.4


@cache
def dark(colour: str) -> str:
    """The colour that replaces this one where the ground is dark.

    A ratio of contrasts is one of luminances, so two colours keep their contrast with each other, too; only
    what is nearly black on paper ends at white.
    """
    wanted = min(contrast(colour, "#ffffff") * (luminance(linear(GROUND)) + 0.05) - 0.05, 1.0)
    parts = linear(colour)
    own = luminance(parts)
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


def _written(parts: list[float]) -> str:
    shown = [part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in parts]
    return "#" + "".join(f"{round(255 * min(max(part, 0.0), 1.0)):02x}" for part in shown)


def tones(choices: Sequence[Choice]) -> Markup:
    """The choices' colours for a dark screen, as custom properties: first ``--tone-1`` and ``--on-1``."""
    return Markup(" ").join(
        Markup("--tone-{0}: {1}; --on-{0}: {2};").format(number, dark(one.colour), dark(one.text_colour))
        for number, one in enumerate(choices, 1)
    )
