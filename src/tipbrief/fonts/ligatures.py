"""The splitting of Arabic ligatures: one glyph per character, the picture unchanged.

A PDF reader gets all characters of a ligature from one glyph and reverses them in a right-to-left line: lam and
alef are read back as alef and lam. So a ligature rule becomes a contextual rule: the glyph of the first character
is replaced by one with the ligature's outline, each of the others by an empty glyph. The positioning rules of the
ligature (marks, kerning in context) are extended to the new glyphs. A ligature that cannot be split exactly stays
and is named. Ligatures of marks alone, such as shadda with fatha, stay too: HarfBuzz puts such marks into one
cluster, whose text WeasyPrint gives to one glyph anyway.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain, product, takewhile
from math import gcd
from typing import Any

from fontTools.otlLib import builder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables

from tipbrief.fonts import layout_tables

MARK_FILTER_FLAGS = 0xFF10
MAX_POSITIONS = 4


@dataclass(frozen=True)
class LigaturePart:
    """A new glyph for one character of a ligature, ``origin`` units right of the ligature's own origin."""

    name: str
    origin: int
    is_mark: bool


# A ligature, and the parts that replace one of its rules.
LigatureSplit = tuple[str, tuple[LigaturePart, ...]]


def split_ligatures(font: TTFont, arabic: frozenset[str]) -> list[str]:
    """Split the ligatures that have a letter of ``arabic``. Return notes on those left whole."""
    gsub = font["GSUB"].table
    letters = {name for name in arabic if layout_tables.glyph_class(font, name) != layout_tables.MARK_GLYPH_CLASS}
    rules = {
        id(rule): rule.LigGlyph
        for lookup in gsub.LookupList.Lookup
        for components, rule in layout_tables.ligature_rules(lookup)
        if letters.intersection(components)
    }
    named = sorted(set(rules.values()))
    obstacles = {name: why for name in named if (why := _find_obstacle(font, name))}
    pairs = [
        subtable for _, _, subtable in layout_tables.subtables(font, "GPOS") if isinstance(subtable, otTables.PairPos)
    ]
    paired = set[str]().union(*map(layout_tables.glyph_names, pairs))  # the parts lose this kerning
    kerned = [name for name in named if name not in obstacles and name in paired]
    chosen = {rule for rule, name in rules.items() if name not in obstacles}
    splits: list[LigatureSplit] = []
    for lookup in list(gsub.LookupList.Lookup):
        if any(id(rule) in chosen for _, rule in layout_tables.ligature_rules(lookup)):
            splits += _rewrite_lookup(font, lookup, chosen)
    for tag in ("GSUB", "GPOS"):
        for _, lookup, subtable in layout_tables.subtables(font, tag):
            _update_subtable(font, lookup, subtable, splits)
    notes = [f"ligatures no longer kerned with their neighbours: {' '.join(kerned)}"] if kerned else []
    return notes + [
        f"ligatures left as one glyph ({why}): " + " ".join(n for n, w in obstacles.items() if w == why)
        for why in dict.fromkeys(obstacles.values())
    ]


def _find_obstacle(font: TTFont, ligature: str) -> str:
    """The reason why a ligature cannot be split without changing the picture; empty if it can."""
    features = layout_tables.features_by_lookup(font["GSUB"].table)
    for index, lookup, subtable in layout_tables.subtables(font, "GSUB"):
        if isinstance(subtable, otTables.LigatureSubst):
            if any(ligature in components for components, _ in layout_tables.ligature_rules(lookup)):
                return "it is itself part of another ligature"
        elif lookup.LookupType in (1, 2, 3):
            changed = layout_tables.substitutions(subtable)
            if ligature in changed and not features.get(index, set()) <= layout_tables.EARLY_FEATURES:
                return "a feature changes it to another glyph"
        elif why := _find_context_obstacle(lookup, subtable, ligature):
            return why
    for _, lookup, subtable in layout_tables.subtables(font, "GPOS"):
        if isinstance(subtable, otTables.CursivePos):
            if ligature in layout_tables.glyph_names(subtable):
                return "cursive attachment names it"
        elif lookup.LookupType in (7, 8) and (why := _find_context_obstacle(lookup, subtable, ligature)):
            return why
    return ""


def _find_context_obstacle(lookup: Any, subtable: Any, ligature: str) -> str:
    if subtable.Format != 3:  # a rule in reverse has format 1
        named = ligature in layout_tables.glyph_names(subtable)
        return "a rule by class or in reverse names it" if named else ""
    places = sum(ligature in c.glyphs for side in _rule_coverages(subtable) for c in side)
    if places and lookup.LookupFlag & MARK_FILTER_FLAGS:
        return "a contextual rule that heeds some marks only names it"
    return "a contextual rule names it in too many places" if places > MAX_POSITIONS else ""


def _rewrite_lookup(font: TTFont, lookup: Any, chosen: set[int]) -> list[LigatureSplit]:
    """Turn a ligature lookup into a contextual one. Its index, flags and features stay."""
    gsub = font["GSUB"].table
    flags = lookup.LookupFlag & ~MARK_FILTER_FLAGS
    splits: list[LigatureSplit] = []
    rule_sets: dict[str, list[Any]] = {}
    for components, rule in layout_tables.ligature_rules(lookup):
        if id(rule) in chosen:
            splits.append(_add_parts(font, rule.LigGlyph, components))
            mappings = [{c: p.name} for c, p in zip(components, splits[-1][1], strict=True)]
            substitutions = map(builder.buildSingleSubstSubtable, mappings)
            nested = [layout_tables.add_lookup(gsub, substitution, flags) for substitution in substitutions]
        else:
            whole = builder.buildLigatureSubstSubtable({components: rule.LigGlyph})  # stays a ligature, in context
            mark_set = getattr(lookup, "MarkFilteringSet", None)
            nested = [layout_tables.add_lookup(gsub, whole, lookup.LookupFlag, mark_set)]
        records = [_build_lookup_record("Subst", place, index) for place, index in enumerate(nested)]
        new = _build_table("SubRule", Input=list(components[1:]), SubstLookupRecord=records)
        rule_sets.setdefault(components[0], []).append(new)
    covered = builder.buildCoverage(rule_sets, font.getReverseGlyphMap())
    sets = [_build_table("SubRuleSet", SubRule=rule_sets[first]) for first in covered.glyphs]
    context = _build_table("ContextSubst", Format=1, Coverage=covered, SubRuleSet=sets)
    lookup.LookupType, lookup.SubTable = 5, [context]
    return splits


def _add_parts(font: TTFont, ligature: str, components: tuple[str, ...]) -> LigatureSplit:
    """Add the parts of a ligature: the first has its outline, the others are empty."""
    advance, bearing = font["hmtx"][ligature]
    marks = [layout_tables.glyph_class(font, component) == layout_tables.MARK_GLYPH_CLASS for component in components]
    # A PDF counts widths in whole thousandths of an em. Parts of whole thousandths round as the ligature did,
    # so the text after it stays in its place.
    step = font["head"].unitsPerEm // gcd(font["head"].unitsPerEm, 1000)
    share = advance // max(1, marks.count(False)) // step * step
    widths = [0 if mark else share for mark in marks]
    widths[0] += advance - sum(widths)
    stem = f"{ligature}.{len(font.getGlyphOrder())}"
    parts = []
    for place, mark in enumerate(marks):
        part = LigaturePart(f"{stem}.{place}", sum(widths[place + 1 :]), mark)
        pen = TTGlyphPen(dict.fromkeys(font.getGlyphOrder()))
        if place == 0:
            pen.addComponent(ligature, (1, 0, 0, 1, -part.origin, 0))
        kind = layout_tables.MARK_GLYPH_CLASS if mark else layout_tables.glyph_class(font, ligature)
        left = 0 if place else bearing - part.origin
        layout_tables.add_glyph(font, part.name, pen.glyph(), widths[place], left, kind)
        parts.append(part)
    return ligature, tuple(parts)


def _build_lookup_record(kind: str, place: int, index: int) -> Any:
    return _build_table(f"{kind}LookupRecord", SequenceIndex=place, LookupListIndex=index)


def _build_table(kind: str, **fields: Any) -> Any:
    table = getattr(otTables, kind)()
    vars(table).update(fields)
    return table


def _update_subtable(font: TTFont, lookup: Any, subtable: Any, splits: list[LigatureSplit]) -> None:
    """Extend the rules of a subtable from ligatures to their parts."""
    if isinstance(subtable, otTables.SinglePos):
        lookup.SubTable += _build_single_positions(font, subtable, splits)
    elif isinstance(subtable, otTables.MarkBasePos):
        _copy_anchors(subtable.BaseCoverage, subtable.BaseArray.BaseRecord, splits)
    elif isinstance(subtable, otTables.MarkLigPos):
        _copy_anchors(subtable.LigatureCoverage, subtable.LigatureArray.LigatureAttach, splits)
    elif getattr(subtable, "Format", 0) == 3 and (variants := _build_rule_variants(font, lookup, subtable, splits)):
        after = lookup.SubTable.index(subtable) + 1
        lookup.SubTable[after:after] = variants


def _copy_anchors(covered: Any, records: list[Any], splits: list[LigatureSplit]) -> None:
    """Make each part a base, or a ligature of the component to which a mark after it belonged."""
    for ligature, parts in splits:
        if ligature in covered.glyphs:
            old = records[covered.glyphs.index(ligature)]
            for place, part in enumerate(parts):
                if part.is_mark:
                    continue
                covered.glyphs.append(part.name)
                if hasattr(old, "BaseAnchor"):
                    records.append(builder.buildBaseRecord(_shift_anchors(old.BaseAnchor, part)))
                    continue
                marks = takewhile(lambda after: after.is_mark, parts[place + 1 :])
                component = old.ComponentRecord[min(place + len(list(marks)), len(old.ComponentRecord) - 1)]
                records.append(builder.buildLigatureAttach([_shift_anchors(component.LigatureAnchor, part)]))


def _shift_anchors(anchors: list[Any], part: LigaturePart) -> list[Any]:
    return [a and builder.buildAnchor(a.XCoordinate - part.origin, a.YCoordinate) for a in anchors]


def _build_single_positions(font: TTFont, subtable: Any, splits: list[LigatureSplit]) -> list[Any]:
    """Move and widen the first part as the ligature. The others only move, for their marks."""
    values: dict[str, Any] = {}
    for ligature, parts in splits:
        if ligature in subtable.Coverage.glyphs:
            place = subtable.Coverage.glyphs.index(ligature)
            value = subtable.Value if subtable.Format == 1 else subtable.Value[place]
            for number, part in enumerate(parts):
                values[part.name] = deepcopy(value)
                if number and subtable.ValueFormat & 0x0004:
                    values[part.name].XAdvance = 0
    return [builder.buildSinglePosSubtable(values, font.getReverseGlyphMap())] if values else []


def _rule_coverages(subtable: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """Backtrack (nearest glyph first), input and lookahead coverages of a contextual rule of format 3."""
    if hasattr(subtable, "InputCoverage"):
        return subtable.BacktrackCoverage, subtable.InputCoverage, subtable.LookAheadCoverage
    return [], subtable.Coverage, []


def _build_rule_variants(font: TTFont, lookup: Any, subtable: Any, splits: list[LigatureSplit]) -> list[Any]:
    """The same rule for the parts: one variant for each combination of ligatures at the places that name one."""
    kind = "Pos" if hasattr(subtable, "PosLookupRecord") else "Subst"
    backtrack, inputs, ahead = _rule_coverages(subtable)
    places = [*reversed(backtrack), *inputs, *ahead]
    choices = [[[place], *_part_coverages(font, lookup, place, splits)] for place in places]
    variants = []
    for choice in list(product(*choices))[1:]:
        before, middle = len(backtrack), len(backtrack) + len(inputs)
        sides = [list(chain(*side)) for side in (choice[:before], choice[before:middle], choice[middle:])]
        fields = {"Coverage": sides[1]}
        if hasattr(subtable, "InputCoverage"):
            names = ("BacktrackCoverage", "InputCoverage", "LookAheadCoverage")
            fields = dict(zip(names, (sides[0][::-1], *sides[1:]), strict=True))
        records = []
        for old in getattr(subtable, f"{kind}LookupRecord") or ():
            start = before + old.SequenceIndex
            shift = sum(len(chosen) for chosen in choice[before:start])
            # A part is positioned as its ligature was. It is never substituted (see _find_obstacle).
            spread = range(len(choice[start])) if kind == "Pos" or len(choice[start]) == 1 else ()
            records += [_build_lookup_record(kind, shift + place, old.LookupListIndex) for place in spread]
        fields[f"{kind}LookupRecord"] = records
        variants.append(_build_table(type(subtable).__name__, Format=3, **fields))
    return variants


def _part_coverages(font: TTFont, lookup: Any, place: Any, splits: list[LigatureSplit]) -> Iterable[list[Any]]:
    """The coverages that replace one place of a rule if a ligature stands there, by number of parts."""
    by_number: dict[int, list[tuple[str, ...]]] = {}
    ignored = lookup.LookupFlag & layout_tables.IGNORE_MARKS
    for ligature, parts in splits:
        seen = tuple(part.name for part in parts if not (part.is_mark and ignored))
        if ligature in place.glyphs and seen:
            by_number.setdefault(len(seen), []).append(seen)
    glyphs = font.getReverseGlyphMap()
    for _, found in sorted(by_number.items()):
        yield [builder.buildCoverage(names, glyphs) for names in zip(*found, strict=True)]
