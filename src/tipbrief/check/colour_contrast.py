"""Colours as numbers: their contrast, and what stands for them on dark screens and in drawings."""

import math
import re
from functools import cache

COLOUR_PATTERN = re.compile("#[0-9a-fA-F]{6}")
WHITE = "#ffffff"
DARK_BACKGROUND = "#161a1b"  # of dark screens
# The share of white in a lightened colour, so that it does not glow.
_WHITE_SHARE = 0.4
# What contrast with the ground of dark screens the steps have that have these contrasts with paper.
_PAPER_CONTRASTS, _DARK_CONTRASTS = (1.3, 14.0), (2.1, 5.5)
# What letters need on a ground.
_READABLE_CONTRAST = 4.5
# The contrast with paper of a bar whose colour nobody chose: the accent drawn beside it stays darker.
_BAR_CONTRAST = 2.1


def contrast_ratio(one: str, other: str) -> float:
    """The contrast of two colours ``#rrggbb``, as WCAG defines it: from 1 to 21."""
    dark, light = sorted(luminance(linear_rgb(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def luminance(parts: list[float]) -> float:
    """The relative luminance of red, green and blue: 0 is black, 1 is white."""
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


def linear_rgb(colour: str) -> list[float]:
    """Red, green and blue of a colour ``#rrggbb``, from 0 to 1, as light."""
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _split_channels(colour)]


@cache
def dark_mode_colour(colour: str) -> str:
    """The colour that replaces this one where the ground is dark.

    A ratio of contrasts is one of luminances, so two colours keep their contrast with each other, too; only
    what is nearly black on paper ends at white.
    """
    return _adjust_contrast(colour, contrast_ratio(colour, WHITE))


@cache
def dark_mode_choice_colour(colour: str) -> str:
    """The colour that replaces that of a choice where the ground is dark.

    Steps keep their order there, in a narrower range: the palest is still seen, and the darkest, which would
    be the brightest, does not shine.
    """
    (palest, darkest), (least, most) = _PAPER_CONTRASTS, _DARK_CONTRASTS
    if (own := contrast_ratio(colour, WHITE)) < 1.01:  # white is the ground itself
        return _adjust_contrast(colour, own)
    along = math.log(own / palest) / math.log(darkest / palest)
    return _adjust_contrast(colour, min(least * (most / least) ** along, most))


@cache
def dark_mode_text_colour(ground: str, own: str) -> str:
    """The colour of letters on a step where the ground is dark: the twin of their own, or what reads best."""
    twin = dark_mode_colour(own)
    others = sorted((DARK_BACKGROUND, WHITE), key=lambda one: contrast_ratio(one, ground))
    return twin if contrast_ratio(twin, ground) >= _READABLE_CONTRAST else others[-1]


def _adjust_contrast(colour: str, ratio: float) -> str:
    """The colour of this hue that has this contrast with the ground of dark screens."""
    wanted = min(ratio * (luminance(linear_rgb(DARK_BACKGROUND)) + 0.05) - 0.05, 1.0)
    parts = linear_rgb(colour)
    own = luminance(parts)
    grey = max(parts) - min(parts) < 0.001
    if grey or wanted >= 1.0:
        # White paper becomes the ground itself, and not its grey.
        return DARK_BACKGROUND if own > 0.999 else _encode_linear_rgb([wanted] * 3)
    scaled = [part * wanted / own for part in parts]
    white = _WHITE_SHARE if wanted > own else 0.0
    if max(scaled) > 1.0:
        # No brightness of this hue is light enough: white does the rest.
        white = max(white, (max(scaled) - 1.0) / (max(scaled) - wanted))
    return _encode_linear_rgb([part * (1 - white) + wanted * white for part in scaled])


@cache
def lighten_bar_colour(colour: str) -> str:
    """The colour with as much white as makes of it that of a bar; a light one stays as it is."""
    shares = (share / 100 for share in range(101))
    mixed = (_format_hex([part + (1 - part) * white for part in _split_channels(colour)]) for white in shares)
    return next(one for one in mixed if contrast_ratio(one, WHITE) <= _BAR_CONTRAST)


def _split_channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _encode_linear_rgb(parts: list[float]) -> str:
    return _format_hex([part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in parts])


def _format_hex(parts: list[float]) -> str:
    return "#" + "".join(f"{round(255 * min(max(part, 0.0), 1.0)):02x}" for part in parts)
