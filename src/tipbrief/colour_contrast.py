"""Colour contrast by WCAG, and the colours that replace others on dark screens."""

import math
import re
from collections.abc import Collection
from functools import cache, lru_cache, partial
from itertools import combinations, product

COLOUR_PATTERN = re.compile("#[0-9a-fA-F]{6}")
WHITE = "#ffffff"
DARK_BACKGROUND = "#161a1b"  # of dark screens
_WHITE_SHARE = 0.4  # in a lightened colour, so that it does not glow
# The range of contrasts of choices with paper, and the range with the background of dark screens.
_PAPER_CONTRASTS, _DARK_CONTRASTS = (1.3, 14.0), (2.1, 5.5)
MIN_TEXT_CONTRAST = 4.5  # of small letters, by level AA of WCAG
MIN_DISTANCE, MIN_GREY_CONTRAST = 0.06, 1.3  # of areas that can be told apart, in colour and in grey
_RAMP_CONTRASTS = (1.35, 9.0)  # with paper, of the classes of a map
_BAR_CONTRAST = 2.1  # with paper, of bars in the default colour: the accent beside them stays darker


def contrast_ratio(one: str, other: str) -> float:
    """The contrast of two colours ``#rrggbb``, as WCAG defines it: from 1 to 21."""
    dark, light = sorted(luminance(linear_rgb(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def colour_distance(one: str, other: str) -> float:
    """How different two colours ``#rrggbb`` look, 1 from black to white. Greens are told apart best."""
    pairs = zip((2, 4, 3), _split_channels(one), _split_channels(other), strict=True)
    return math.sqrt(sum(weight * (a - b) ** 2 for weight, a, b in pairs)) / 3


def suggest_colour(colour: str, others: Collection[str], greys: Collection[str] = ()) -> str:
    """The colour nearest to this one that can be told from ``others``, and in grey from ``greys``; empty if none can.

    It is a mixture of them, else any.
    """
    pairs = combinations((WHITE, "#000000", *others), 2)
    mixed = {_format_hex([(a + b) / 2 for a, b in zip(*map(_split_channels, pair), strict=True)]) for pair in pairs}
    grid = {"#" + "".join(parts) for parts in product(("00", "33", "66", "99", "cc", "ff"), repeat=3)}
    apart = [one for one in mixed | grid if all(colour_distance(one, other) >= 2 * MIN_DISTANCE for other in others)]
    fitting = [one for one in apart if all(contrast_ratio(one, grey) >= MIN_GREY_CONTRAST for grey in greys)]
    return min(fitting, key=lambda one: (one not in mixed, colour_distance(one, colour), one), default="")


def luminance(parts: list[float]) -> float:
    """The relative luminance of red, green and blue: 0 is black, 1 is white."""
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


def linear_rgb(colour: str) -> list[float]:
    """Red, green and blue of a colour ``#rrggbb`` in linear light, from 0 to 1."""
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _split_channels(colour)]


@cache
def dark_mode_colour(colour: str) -> str:
    """The colour that replaces this one on a dark background, with the same contrast.

    Two colours also keep their contrast with each other, as contrasts are ratios of luminances. Only nearly black
    colours are cut at white.
    """
    return _adjust_contrast(colour, contrast_ratio(colour, WHITE))


@cache
def dark_mode_choice_colour(colour: str) -> str:
    """The colour that replaces that of a choice on a dark background.

    Choices keep their order in a narrower range of contrasts: the palest can be seen, and none is glaring.
    """
    (palest, darkest), (least, most) = _PAPER_CONTRASTS, _DARK_CONTRASTS
    if (own := contrast_ratio(colour, WHITE)) < 1.01:  # white is the background itself
        return _adjust_contrast(colour, own)
    along = math.log(own / palest) / math.log(darkest / palest)
    return _adjust_contrast(colour, min(least * (most / least) ** along, most))


@cache
def dark_mode_text_colour(ground: str, own: str) -> str:
    """The colour of letters on a choice's colour on a dark background: their own in dark mode, if it is readable."""
    replaced = dark_mode_colour(own)
    if contrast_ratio(replaced, ground) >= MIN_TEXT_CONTRAST:
        return replaced
    return max((WHITE, DARK_BACKGROUND), key=lambda one: contrast_ratio(one, ground))


def _adjust_contrast(colour: str, ratio: float) -> str:  # of the same hue, to the background of dark screens
    wanted = min(ratio * (luminance(linear_rgb(DARK_BACKGROUND)) + 0.05) - 0.05, 1.0)
    parts = linear_rgb(colour)
    own = luminance(parts)
    grey = max(parts) - min(parts) < 0.001
    if grey or wanted >= 1.0:
        # White becomes the background itself, not a grey of its luminance.
        return DARK_BACKGROUND if own > 0.999 else _encode_linear_rgb([wanted] * 3)
    scaled = [part * wanted / own for part in parts]
    white = _WHITE_SHARE if wanted > own else 0.0
    if max(scaled) > 1.0:
        # The hue itself is not light enough, so white is added.
        white = max(white, (max(scaled) - 1.0) / (max(scaled) - wanted))
    return _encode_linear_rgb([part * (1 - white) + wanted * white for part in scaled])


@lru_cache(1000)
def compare_rgb(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """The contrast of two colours, each as its bytes of red, green and blue."""
    return contrast_ratio(*(f"#{bytes(colour).hex()}" for colour in (one, other)))


@cache
def lighten_bar_colour(colour: str) -> str:
    """The colour with enough white for a bar. A light colour does not change."""
    shares = (share / 100 for share in range(101))
    mixed = (_format_hex([part + (1 - part) * white for part in _split_channels(colour)]) for white in shares)
    return next(one for one in mixed if contrast_ratio(one, WHITE) <= _BAR_CONTRAST)


@cache
def ramp_colours(colour: str, count: int) -> tuple[tuple[str, str], ...]:
    """So many colours of one hue from light to dark, each with the colour of letters on it."""
    parts = _split_channels(colour)
    mixed = [[part + (1 - part) * share / 50 for part in parts] for share in range(50)]
    mixed += [[part * share / 50 for part in parts] for share in range(51)]
    known = {one: contrast_ratio(one, WHITE) for one in map(_format_hex, mixed)}
    least, most = _RAMP_CONTRASTS
    wanted = [least * (most / least) ** (index / max(count - 1, 1)) for index in range(count)]
    found = [min(known, key=lambda one, ratio=ratio: abs(known[one] - ratio)) for ratio in wanted]  # type: ignore[misc]
    return tuple((one, max((WHITE, "#000000"), key=partial(contrast_ratio, one))) for one in found)


def _split_channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _encode_linear_rgb(parts: list[float]) -> str:
    return _format_hex([part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in parts])


def _format_hex(parts: list[float]) -> str:
    return "#" + "".join(f"{round(255 * min(max(part, 0.0), 1.0)):02x}" for part in parts)
