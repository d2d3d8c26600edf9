"""Questions and changes to layout tables."""

from collections.abc import Iterator
from typing import Any

import pytest
from fontTools.otlLib.builder import buildSingleSubstSubtable
from fontTools.ttLib import TTFont

from tests.fonts.shaping import UPSTREAM
from tipbrief.fonts import layout_tables


@pytest.fixture
def font() -> Iterator[TTFont]:
    with TTFont(UPSTREAM, lazy=False) as font:
        font.ensureDecompiled()
        for tag in ("GSUB", "GPOS"):
            layout_tables.unwrap_extensions(font[tag].table)
        yield font


def features_of_systems(table: Any) -> dict[tuple[str, str], list[str]]:
    records = table.FeatureList.FeatureRecord
    return {
        (script, language): [records[index].FeatureTag for index in system.FeatureIndex]
        for script, language, system in layout_tables.language_systems(table)
    }


def test_a_new_feature_reaches_every_language_and_the_tags_stay_in_order(font: TTFont) -> None:
    gsub = font["GSUB"].table
    before = features_of_systems(gsub)
    lookup = layout_tables.add_lookup(gsub, buildSingleSubstSubtable({"A": "B"}))
    layout_tables.add_to_feature(gsub, "abvs", lookup)
    after = features_of_systems(gsub)
    assert after == {key: sorted([*tags, "abvs"]) for key, tags in before.items()}
    tags = [record.FeatureTag for record in gsub.FeatureList.FeatureRecord]
    assert tags == sorted(tags)
    assert "abvs" in layout_tables.features_by_lookup(gsub)[lookup]


def test_an_existing_feature_takes_the_lookup_without_being_doubled(font: TTFont) -> None:
    gsub = font["GSUB"].table
    count = len(gsub.FeatureList.FeatureRecord)
    lookup = layout_tables.add_lookup(gsub, buildSingleSubstSubtable({"A": "B"}))
    layout_tables.add_to_feature(gsub, "ccmp", lookup)
    assert len(gsub.FeatureList.FeatureRecord) == count
    records = gsub.FeatureList.FeatureRecord
    for script, language, system in layout_tables.language_systems(gsub):
        lookups = [index for one in system.FeatureIndex for index in records[one].Feature.LookupListIndex]
        assert lookup in lookups, (script, language)


def test_features_are_those_of_dari_with_the_lookups_that_they_reach_by_context(font: TTFont) -> None:
    features = layout_tables.arabic_features(font["GSUB"].table)
    assert "locl" not in features  # it is for Urdu digits only
    assert {27, 28, 29} <= features["calt"]  # 28 is contextual and applies 27 and 29


def test_glyphs_know_their_characters_through_joining_forms(font: TTFont) -> None:
    drawn = layout_tables.characters_by_glyph(font, {0x628: "uni0628", 0x67E: "uni067E"})
    assert drawn["uniFE91"] == {"ب"}
    assert drawn["uniFB58"] == {"پ"}


def test_extensions_are_unwrapped(font: TTFont) -> None:
    kinds = {lookup.LookupType for _, lookup, _ in layout_tables.subtables(font, "GPOS")}
    assert kinds == {1, 2, 4, 5, 6, 8}
