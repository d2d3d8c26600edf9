"""Outline comparison: whether a font draws each digit and letter as Vazirmatn does, or one as another."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations
from operator import mul
from pathlib import Path
from typing import Any
from unicodedata import normalize

import yaml
from fontTools.misc.bezierTools import cubicPointAtT
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFilter

from tipbrief.assets import find_shipped_folder
from tipbrief.fonts import layout_tables

CHARACTER_LISTS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("repertoire.yaml").read_text("utf-8"))
_DIGITS, _LATIN_LETTERS, _ARABIC_LETTERS = (CHARACTER_LISTS["compared"][kind] for kind in ("digits", "latin", "arabic"))
_FORMS = ("isol", "init", "medi", "fina")
_GRID, _OVERSAMPLING, _UNIT = 24, 3, 10_000
# An exchange makes a series more like Vazirmatn: by how much, as a share of the difference; a copy is almost the same.
# Measured on 45 sound fonts and on exchanges in them: they leave these shares free on both sides.
_DIGIT_EXCHANGE, _LETTER_EXCHANGE, _OTHER_DIGIT, _COPY = 0.85, 0.8, 0.3, 0.03

_sum_products = getattr(math, "sumprod", lambda one, other: sum(map(mul, one, other)))  # new in Python 3.12
_Contour = list[tuple[float, float]]


@dataclass(frozen=True)
class _Shape:
    """A glyph as large as the grid, and as large as it is in its series: two pictures as one vector."""

    vector: Sequence[int]
    contour_count: int

    def distance(self, other: "_Shape") -> float:  # 0 if only the weight of strokes differs
        contours = min(2, abs(self.contour_count - other.contour_count))
        return float(2 - _sum_products(self.vector, other.vector) / _UNIT**2 + 0.05 * contours)


class _ContourPen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """The contours of a glyph, its curves as lines."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.contours: list[_Contour] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.contours.append([pt])

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.contours[-1].append(pt)

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self.contours[-1] += [cubicPointAtT(self.contours[-1][-1], *points, step) for step in (0.25, 0.5, 0.75, 1)]

    @property
    def box(self) -> tuple[float, float, float, float]:  # left, bottom, right, top
        across, up = zip(*(point for contour in self.contours for point in contour), strict=True)
        return min(across), min(up), max(across), max(up)


def compare_outlines(font: TTFont, *, letters: bool = True) -> tuple[list[str], str]:
    """Why a font draws one digit or letter as another, and the characters that it draws unusually."""
    glyphs, cmap = font.getGlyphSet(), font.getBestCmap()
    tables = [table.cmap for table in font["cmap"].tables if table.isUnicode()]
    faults = []
    if any(table.get(code, name) != name for code, name in cmap.items() for table in tables):
        faults.append("its tables of characters contradict each other")
    drawn_as, unusual = dict[tuple[str, str], None](), dict[str, None]()
    compared = (*_DIGITS, *_LATIN_LETTERS, *_FORMS) if letters else _DIGITS
    for series in compared:
        shapes = _draw_series(glyphs, names := _series_glyphs(font, series))
        faults += [f"{character} is drawn as nothing" for character in names if character not in shapes]
        drawn_as |= dict.fromkeys(_find_exchanges(shapes, series, unusual))
    # The lookups that apply to text of any script without a style sheet that asks for them.
    tags_by_lookup = layout_tables.features_by_lookup(font["GSUB"].table)
    used = {index for index, tags in tags_by_lookup.items() if tags & layout_tables.ENABLED_FEATURES}
    drawn_as |= dict.fromkeys(_find_rule_exchanges(font, compared, used))
    digits = {name for series in _DIGITS for name in _series_glyphs(font, series).values()}
    for index in used:
        rules = layout_tables.ligature_rules(font["GSUB"].table.LookupList.Lookup[index])
        faults += ["a rule joins digits to one outline"] * any(digits & {*components} for components, _ in rules)
    return faults + [f"{one} is drawn as {other}" for one, other in drawn_as], "".join(unusual)


@lru_cache(maxsize=16)
def _reference_shapes(series: str) -> list[dict[str, _Shape]]:  # by weight
    return [_draw_series(font.getGlyphSet(), _series_glyphs(font, series)) for font in _open_references()]


@lru_cache(maxsize=1)
def _open_references() -> list[TTFont]:
    folder = find_shipped_folder("fonts") / "upstream"
    return [TTFont(folder / f"Vazirmatn-{weight}.ttf", lazy=False) for weight in ("Regular", "Bold", "ExtraBold")]


def _series_glyphs(font: TTFont, series: str) -> dict[str, str]:  # Arabic letters: one series for each form
    cmap = font.getBestCmap()
    names = {c: cmap[ord(c)] for c in (_ARABIC_LETTERS if series in _FORMS else series) if ord(c) in cmap}
    features = layout_tables.arabic_features(font["GSUB"].table) if series in _FORMS else {}
    for tag in ("ccmp", series) if features else ():
        for index, _, subtable in layout_tables.subtables(font, "GSUB"):
            if index in features.get(tag, ()):
                steps = layout_tables.substitutions(subtable)
                names = {c: new if isinstance(new := steps.get(name), str) else name for c, name in names.items()}
    return names


def _draw_series(glyphs: Any, names: Mapping[str, str]) -> dict[str, _Shape]:
    """The shapes of characters that have one. Their common height is measured, so that their order does not count."""
    pens = {}
    for character, name in names.items():
        glyphs[name].draw(pen := _ContourPen(glyphs))
        pen.contours = [contour for contour in pen.contours if len(contour) > 2]
        if pen.contours:
            pens[character] = pen
    if not pens:
        return {}
    _, bottoms, _, tops = (sorted(sides) for sides in zip(*(pen.box for pen in pens.values()), strict=True))
    low, high = bottoms[len(bottoms) // 8], tops[-1 - len(tops) // 8]
    return {character: _draw_shape(pen, low, high) for character, pen in pens.items()}


def _draw_shape(pen: _ContourPen, low: float, high: float) -> _Shape:
    left, bottom, right, top = pen.box
    middle = (left + right) / 2
    own = _draw(pen.contours, middle, (bottom + top) / 2, 0.75 / max(right - left, top - bottom, 1))
    return _Shape(own + _draw(pen.contours, middle, (low + high) / 2, 0.66 / max(high - low, 1)), len(pen.contours))


def _draw(contours: list[_Contour], across: float, up: float, scale: float) -> tuple[int, ...]:
    """A blurred picture of contours around a point, as a vector of the length ``_UNIT``."""
    size = _GRID * _OVERSAMPLING
    picture, by_size = Image.new("L", (size, size)), sorted(contours, key=lambda one: -abs(_area(one)))
    draw = ImageDraw.Draw(picture)
    for contour in by_size:
        points = [((x - across) * scale * size + size / 2, size / 2 - (y - up) * scale * size) for x, y in contour]
        draw.polygon(points, fill=255 if (_area(contour) > 0) == (_area(by_size[0]) > 0) else 0)
    pixels = picture.resize((_GRID, _GRID), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1)).tobytes()
    length = math.sqrt(_sum_products(pixels, pixels)) or 1
    return tuple(round(pixel * _UNIT / length) for pixel in pixels)


def _area(contour: _Contour) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(contour, contour[1:] + contour[:1], strict=True))


def _find_exchanges(shapes: Mapping[str, _Shape], series: str, unusual: dict[str, None]) -> Iterator[tuple[str, str]]:
    """The characters of a series that are more like others of Vazirmatn, each with the other. Adds unusual ones."""
    best, costs = {c: c for c in shapes}, _measure_costs(shapes, series)
    improved = True
    while improved:
        improved = False
        for one, other in combinations(shapes, 2):
            now = costs[one, best[one]] + costs[other, best[other]]
            if costs[one, best[other]] + costs[other, best[one]] < now - 1e-9:
                best[one], best[other], improved = best[other], best[one], True
    while best:
        cycle = [next(iter(best))]
        while (after := best.pop(cycle[-1])) != cycle[0]:
            cycle.append(after)
        pairs = list(zip(cycle, cycle[1:] + cycle[:1], strict=True))
        likeness = sum(costs[pair] for pair in pairs) / sum(costs[c, c] for c in cycle)
        if likeness < (_DIGIT_EXCHANGE if series in _DIGITS else _LETTER_EXCHANGE):
            yield from pairs
        elif len(cycle) > 1:
            unusual |= dict.fromkeys(cycle)
    for one, other in permutations(shapes, 2):
        apart, own = costs[one, other], costs[one, one]
        is_copy = own > 0.1 and shapes[one].distance(shapes[other]) < _COPY * own and apart < own
        if is_copy or (series in _DIGITS and apart < _OTHER_DIGIT * own):
            yield one, other


def _measure_costs(shapes: Mapping[str, _Shape], series: str) -> dict[tuple[str, str], float]:  # in the nearest weight
    choices = []
    # Some fonts draw Latin digits as Persian ones. Persian and Arabic ones are the same digits with variants.
    for group in (_DIGITS[:1], _DIGITS[1:]) if series in _DIGITS else ((series,),):
        named = {c: [(one, one[series.index(c)] if series in _DIGITS else c) for one in group] for c in shapes}
        known = {c: [font[d] for one, d in named[c] for font in _reference_shapes(one) if d in font] for c in shapes}
        costs = {(a, b): min(map(shapes[a].distance, known[b])) for a in shapes for b in shapes}
        choices.append((sum(costs[c, c] for c in shapes), costs))
    return min(choices, key=lambda choice: choice[0])[1]


def _find_rule_exchanges(font: TTFont, compared: Sequence[str], used: set[int]) -> Iterator[tuple[str, str]]:
    """The characters for which a rule of the font puts the outline of another of their series, each with the other."""
    defaults: dict[str, set[str]] = {}
    for names in (_series_glyphs(font, series) for series in compared):
        for character, name in names.items():
            defaults.setdefault(character, set()).add(name)
    for series in [one for one in compared if one not in _FORMS] + [_ARABIC_LETTERS] * (_FORMS[0] in compared):
        mine = {c: defaults[c] for c in series if c in defaults}
        cmap = {code: name for code, name in font.getBestCmap().items() if chr(code) in mine}
        # A style sheet may turn on any feature. Those for letters have small capitals, which look like other letters.
        drawn = layout_tables.characters_by_glyph(font, cmap, None if series in _DIGITS else used)
        shapes = _draw_series(font.getGlyphSet(), {name: name for name in [*drawn, *set().union(*mine.values())]})
        for name, characters in drawn.items():
            # What several characters share is a part of them, or a fault that others find.
            for one in characters if name in shapes and len(characters) == 1 else ():
                if name in mine[one]:
                    continue
                far = {c: min(shapes[name].distance(shapes[n]) for n in mine[c] if n in shapes) for c in mine}
                # A letter and its mark are drawn as the letter that Unicode composes of them.
                rest = [c for c in mine if normalize("NFD", c)[0] != normalize("NFD", one)[0]]
                yield from ((one, c) for c in rest if far[c] < _COPY * far[one])
