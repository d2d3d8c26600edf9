"""The layout tables of a font: reading and changing them with fontTools."""

from collections.abc import Iterable, Iterator
from typing import Any

from fontTools import subset  # noqa: F401 - gives the tables closure_lookups
from fontTools.otlLib.builder import buildLookup
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables
from fontTools.varLib.featureVars import buildFeatureRecord, sortFeatureList

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
    table.LookupList.Lookup.append(buildLookup([subtable], flags, mark_set))
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


def _lookup_closure(table: Any, first: Iterable[int]) -> set[int]:
    """The lookups, and those that they apply in context."""
    table.LookupList.LookupCount = len(table.LookupList.Lookup)  # else it is the number in the file
    return set(table.LookupList.closure_lookups(list(first)))
