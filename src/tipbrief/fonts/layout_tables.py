"""The layout tables of a font: reading and changing them with fontTools, and the splitting of Arabic ligatures.

A ligature rule becomes a contextual rule: the first character's glyph becomes one with the ligature's outline, the
others' an empty one. The ligature's positioning rules (marks, kerning in context) are extended to the new glyphs.
Ligatures of marks alone stay: HarfBuzz makes them one cluster, whose text WeasyPrint gives to one glyph anyway.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain, product, takewhile
from math import gcd
from typing import Any

from fontTools import subset  # noqa: F401 - gives the tables closure_lookups
from fontTools.otlLib import builder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables
from fontTools.varLib.featureVars import buildFeatureRecord, sortFeatureList

MARK_FILTER_FLAGS = 0xFF10
MAX_POSITIONS = 4
MARK_GLYPH_CLASS = 3
IGNORE_MARKS = 0x08
JOINING_FEATURES = frozenset({"isol", "init", "medi", "fina", "med2", "fin2", "fin3"})
EARLY_FEATURES = JOINING_FEATURES | {"ccmp", "locl", "stch"}
ENABLED_FEATURES = EARLY_FEATURES | {"rlig", "rclt", "calt", "liga", "clig", "mset", "tnum", "lnum"}
LANGUAGE_TAGS = frozenset({"FAR ", "DRI ", "PAS "})


def unwrap_extensions(font: TTFont) -> None:
    """Replace extension subtables by their content. The compiler puts them back where needed."""
    for lookup in (one for tag in ("GSUB", "GPOS") for _, one, _ in subtables(font, tag)):
        inner = [getattr(subtable, "ExtSubTable", subtable) for subtable in lookup.SubTable]
        if inner[0] is not lookup.SubTable[0]:
            lookup.LookupType, lookup.SubTable = inner[0].LookupType, inner


def subtables(font: TTFont, tag: str) -> Iterator[tuple[int, Any, Any]]:
    """Index, lookup and subtable for each subtable of the table GSUB or GPOS, if the font has it."""
    lookups = font[tag].table.LookupList if tag in font else None
    for index, lookup in enumerate(list(lookups.Lookup) if lookups else ()):
        for subtable in list(lookup.SubTable):
            yield index, lookup, subtable


def ligature_rules(lookup: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The components and the rule of each ligature of a lookup."""
    for subtable in lookup.SubTable if lookup.LookupType == 4 else ():
        for first, rules in subtable.ligatures.items():
            for rule in rules:
                yield (first, *rule.Component), rule


def glyph_class(font: TTFont, name: str) -> int:
    """The GDEF class of a glyph; 0 if the font gives none."""
    definition = font["GDEF"].table.GlyphClassDef if "GDEF" in font else None
    return int(definition.classDefs.get(name, 0)) if definition else 0


def add_glyph(font: TTFont, name: str, glyph: Any, advance: int, bearing: int = 0, kind: int = 1) -> None:
    """Append a glyph to the font."""
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"].glyphs[name] = glyph
    font["glyf"].glyphOrder = font.getGlyphOrder()
    font["hmtx"][name] = (advance, bearing)
    if "GDEF" in font and font["GDEF"].table.GlyphClassDef:
        font["GDEF"].table.GlyphClassDef.classDefs[name] = kind


def add_lookup(table: Any, subtable: Any, flags: int = 0, mark_set: int | None = None) -> int:
    """Append a lookup of one subtable; return its index."""
    table.LookupList.Lookup.append(builder.buildLookup([subtable], flags, mark_set))
    return len(table.LookupList.Lookup) - 1


def add_to_feature(table: Any, tag: str, lookup: int) -> None:
    """Add a lookup to a feature of every script and language. Add the feature where it is missing."""
    records = table.FeatureList.FeatureRecord
    with_tag = {index for index, record in enumerate(records) if record.FeatureTag == tag}
    for index in with_tag:
        records[index].Feature.LookupListIndex.append(lookup)
    systems = [system for _, _, system in language_systems(table)]
    if without := [system for system in systems if not with_tag & set(system.FeatureIndex)]:
        records.append(buildFeatureRecord(tag, [lookup]))
        for system in without:
            system.FeatureIndex.append(len(records) - 1)
    sortFeatureList(table)  # the format requires the order of tags
    for system in systems:
        system.FeatureIndex.sort()


def language_systems(table: Any) -> Iterator[tuple[str, str, Any]]:
    """Script, language ('' for the default) and language system, for each language system of the table."""
    for script in table.ScriptList.ScriptRecord:
        if script.Script.DefaultLangSys:
            yield script.ScriptTag, "", script.Script.DefaultLangSys
        for record in script.Script.LangSysRecord:
            yield script.ScriptTag, record.LangSysTag, record.LangSys


def arabic_features(table: Any) -> dict[str, set[int]]:
    """The lookups of each feature that applies to Dari or Pashto text, including those applied in context."""
    systems = list(language_systems(table))
    script = "arab" if any(tag == "arab" for tag, _, _ in systems) else "DFLT"
    found: dict[str, set[int]] = {}
    for tag, language, system in systems:
        if tag == script and (not language or language in LANGUAGE_TAGS):
            for index in system.FeatureIndex:
                record = table.FeatureList.FeatureRecord[index]
                reached = _lookup_closure(table, record.Feature.LookupListIndex)
                found.setdefault(record.FeatureTag, set()).update(reached)
    return found


def features_by_lookup(table: Any) -> dict[int, set[str]]:
    """The features, of any script, that apply each lookup."""
    found: dict[int, set[str]] = {}
    for record in table.FeatureList.FeatureRecord:
        for index in _lookup_closure(table, record.Feature.LookupListIndex):
            found.setdefault(index, set()).add(record.FeatureTag)
    return found


def characters_by_glyph(font: TTFont, cmap: dict[int, str], used: set[int] | None = None) -> dict[str, set[str]]:
    """The characters that each glyph may draw, through all lookups or those in ``used``."""
    found: dict[str, set[str]] = {}
    for codepoint, name in cmap.items():
        found.setdefault(name, set()).add(chr(codepoint))
    steps = [
        (before, name)
        for index, _, subtable in subtables(font, "GSUB")
        if used is None or index in used
        for before, after in substitutions(subtable).items()
        for name in ([after] if isinstance(after, str) else after)
    ]
    grown = True
    while grown:
        grown = False
        for before, after in steps:
            if found.get(before, set()) - found.get(after, set()):
                found.setdefault(after, set()).update(found[before])
                grown = True
    return found


def glyph_names(value: Any) -> set[str]:
    """All glyphs that the coverages, classes and rules of a subtable name."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, otTables.Coverage):
        return set(value.glyphs)
    if isinstance(value, otTables.ClassDef):
        return set(value.classDefs)
    parts = value if isinstance(value, list) else getattr(value, "__dict__", {}).values()
    return set[str]().union(*map(glyph_names, parts))


def substitutions(subtable: Any) -> dict[str, Any]:
    """The glyphs that a subtable replaces without a context, each with its replacement."""
    return getattr(subtable, "mapping", None) or getattr(subtable, "alternates", {})


def _lookup_closure(table: Any, first: Iterable[int]) -> set[int]:  # with those that they apply in context
    table.LookupList.LookupCount = len(table.LookupList.Lookup)  # else it is the number in the file
    return set(table.LookupList.closure_lookups(list(first)))


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
    letters = {name for name in arabic if glyph_class(font, name) != MARK_GLYPH_CLASS}
    rules = {
        id(rule): rule.LigGlyph
        for lookup in gsub.LookupList.Lookup
        for components, rule in ligature_rules(lookup)
        if letters.intersection(components)
    }
    named = sorted(set(rules.values()))
    obstacles = {name: why for name in named if (why := _find_obstacle(font, name))}
    pairs = [subtable for _, _, subtable in subtables(font, "GPOS") if isinstance(subtable, otTables.PairPos)]
    paired = set[str]().union(*map(glyph_names, pairs))  # the parts lose this kerning
    kerned = [name for name in named if name not in obstacles and name in paired]
    chosen = {rule for rule, name in rules.items() if name not in obstacles}
    splits: list[LigatureSplit] = []
    for lookup in list(gsub.LookupList.Lookup):
        if any(id(rule) in chosen for _, rule in ligature_rules(lookup)):
            splits += _rewrite_lookup(font, lookup, chosen)
    for tag in ("GSUB", "GPOS"):
        for _, lookup, subtable in subtables(font, tag):
            _update_subtable(font, lookup, subtable, splits)
    notes = [f"ligatures no longer kerned with their neighbours: {' '.join(kerned)}"] if kerned else []
    return notes + [
        f"ligatures left as one glyph ({why}): " + " ".join(n for n, w in obstacles.items() if w == why)
        for why in dict.fromkeys(obstacles.values())
    ]


def _find_obstacle(font: TTFont, ligature: str) -> str:  # to splitting it; empty if there is none
    features = features_by_lookup(font["GSUB"].table)
    for index, lookup, subtable in subtables(font, "GSUB"):
        if isinstance(subtable, otTables.LigatureSubst):
            if any(ligature in components for components, _ in ligature_rules(lookup)):
                return "it is itself part of another ligature"
        elif lookup.LookupType in (1, 2, 3):
            if ligature in substitutions(subtable) and not features.get(index, set()) <= EARLY_FEATURES:
                return "a feature changes it to another glyph"
        elif why := _find_context_obstacle(lookup, subtable, ligature):
            return why
    for _, lookup, subtable in subtables(font, "GPOS"):
        if isinstance(subtable, otTables.CursivePos):
            if ligature in glyph_names(subtable):
                return "cursive attachment names it"
        elif lookup.LookupType in (7, 8) and (why := _find_context_obstacle(lookup, subtable, ligature)):
            return why
    return ""


def _find_context_obstacle(lookup: Any, subtable: Any, ligature: str) -> str:
    if subtable.Format != 3:  # a rule in reverse has format 1
        return "a rule by class or in reverse names it" if ligature in glyph_names(subtable) else ""
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
    for components, rule in ligature_rules(lookup):
        if id(rule) in chosen:
            splits.append(_add_parts(font, rule.LigGlyph, components))
            mappings = [{c: p.name} for c, p in zip(components, splits[-1][1], strict=True)]
            substitutions = map(builder.buildSingleSubstSubtable, mappings)
            nested = [add_lookup(gsub, substitution, flags) for substitution in substitutions]
        else:
            whole = builder.buildLigatureSubstSubtable({components: rule.LigGlyph})  # stays a ligature, in context
            nested = [add_lookup(gsub, whole, lookup.LookupFlag, getattr(lookup, "MarkFilteringSet", None))]
        records = [_build_lookup_record("Subst", place, index) for place, index in enumerate(nested)]
        new = _build_table("SubRule", Input=list(components[1:]), SubstLookupRecord=records)
        rule_sets.setdefault(components[0], []).append(new)
    covered = builder.buildCoverage(rule_sets, font.getReverseGlyphMap())
    sets = [_build_table("SubRuleSet", SubRule=rule_sets[first]) for first in covered.glyphs]
    lookup.LookupType, lookup.SubTable = 5, [_build_table("ContextSubst", Format=1, Coverage=covered, SubRuleSet=sets)]
    return splits


def _add_parts(font: TTFont, ligature: str, components: tuple[str, ...]) -> LigatureSplit:
    """Add the parts of a ligature: the first has its outline, the others are empty."""
    advance, bearing = font["hmtx"][ligature]
    marks = [glyph_class(font, component) == MARK_GLYPH_CLASS for component in components]
    # A PDF counts widths in whole thousandths of an em: such parts round as the ligature did, and no text moves.
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
        kind = MARK_GLYPH_CLASS if mark else glyph_class(font, ligature)
        add_glyph(font, part.name, pen.glyph(), widths[place], 0 if place else bearing - part.origin, kind)
        parts.append(part)
    return ligature, tuple(parts)


def _build_lookup_record(kind: str, place: int, index: int) -> Any:
    return _build_table(f"{kind}LookupRecord", SequenceIndex=place, LookupListIndex=index)


def _build_table(kind: str, **fields: Any) -> Any:
    table = getattr(otTables, kind)()
    vars(table).update(fields)
    return table


def _update_subtable(font: TTFont, lookup: Any, subtable: Any, splits: list[LigatureSplit]) -> None:
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
    ignored = lookup.LookupFlag & IGNORE_MARKS
    for ligature, parts in splits:
        seen = tuple(part.name for part in parts if not (part.is_mark and ignored))
        if ligature in place.glyphs and seen:
            by_number.setdefault(len(seen), []).append(seen)
    glyphs = font.getReverseGlyphMap()
    for _, found in sorted(by_number.items()):
        yield [builder.buildCoverage(names, glyphs) for names in zip(*found, strict=True)]
