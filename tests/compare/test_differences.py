"""What differs between two states of a publication, nothing else, and how it is shown."""

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import TIP_2025, append, change
from tipbrief.check.publication import Publication, load_publication
from tipbrief.compare.differences import (
    FSI,
    Difference,
    compare_printed_values,
    compare_publications,
    format_differences,
)
from tipbrief.language.unicode_text import PDI

WORLD = "briefs/world.yaml"
Change = tuple[str, str, str]  # a file, what stands there, what stands there then
Changed = Callable[..., list[Difference]]


@pytest.fixture(scope="module")
def old() -> Publication:
    return load_publication(TIP_2025)


@pytest.fixture
def changed(old: Publication, tip_2025: Path) -> Changed:
    """What differs after these changes; seen from the other side it is the same."""

    def changed(*changes: Change) -> list[Difference]:
        for name, was, now in changes:
            change(tip_2025 / name, was, now)
        new = load_publication(tip_2025)
        found, back = compare_publications(old, new), compare_publications(new, old)
        assert {(one.group, one.name, one.now, one.was) for one in back} == {
            (one.group, one.name, one.was, one.now) for one in found
        }
        return found

    return changed


def said(found: list[Difference]) -> list[tuple[str, str, str]]:
    return [(one.name, one.was, one.now) for one in found]


LAYOUT: list[Change] = [
    ("figures.yaml", "value: 33\n", "value: +33\n"),
    ("figures.yaml", "governments:\n  label:", "# a remark\n\ngovernments:\n  label:"),
    ("figures.yaml", "  kind: reported\n  value: 18\n", "  value: 18\n  kind: reported\n"),
    ("figures.yaml", "label: طرف پروتوکول ملل متحد\n", "label: 'طرف پروتوکول ملل متحد'\n"),
    ("figures.yaml", "sources: [voa-fa, fergana]", "sources:\n    - voa-fa\n    - fergana"),
    ("texts.yaml", "  colophon:\n    text: >-\n", "  colophon:\n    text: |\n"),
    ("texts.yaml", "definitions:\n  trafficking:\n", "definitions: # what is meant\n  trafficking:\n"),
    ("tables/placements.csv", "AFG,افغانستان,", 'AFG,"افغانستان",'),
    ("tables/enforcement.csv", "2003,7992,", "2003,07992,"),
]


def test_layout_comments_and_quoting_are_no_difference(changed: Changed) -> None:
    assert changed(*LAYOUT) == []


def test_line_ends_and_the_order_of_entries_and_columns_are_no_difference(changed: Changed, tip_2025: Path) -> None:
    head, *entries = re.split(r"(?m)^(?=[a-z_]+:$)", (tip_2025 / "figures.yaml").read_text("utf-8"))
    (tip_2025 / "figures.yaml").write_text(head + "".join(reversed(entries)), encoding="utf-8")
    rows = (tip_2025 / "tables" / "history.csv").read_text("utf-8").splitlines()
    turned = [",".join(reversed(row.split(","))) for row in rows if '"' not in row]
    assert len(turned) == len(rows)
    (tip_2025 / "tables" / "history.csv").write_text("\n".join(turned), encoding="utf-8")
    for file in [*tip_2025.glob("*.yaml"), *tip_2025.glob("*/*.csv"), *tip_2025.glob("*/*.yaml")]:
        file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert changed() == []


PATTERN, ROW = "tables/policy_or_pattern.csv", "{},,voa-dari voa-fa fergana\n"
SOURCE = "nova:\n  title: گزارش نو\n  publisher: نو\n  address: https://example.org/x\n"
ADDRESS = "  address: https://www.darivoa.com/a/us-urges-global-action-in-latest"
AFGHANISTAN = "AFG,افغان,افغانستان,Afghanistan,2WL,"
CHANGES: list[Change] = [
    ("figures.yaml", "value: 18\n", "value: 17\n"),
    ("figures.yaml", "پروتوکول ملل متحد\n  unit: طرف\n", "پیمان\n  locator: متن\n  unit: کشور\n"),
    ("figures.yaml", "sources: [voa-fa, fergana]", "sources: [fergana]"),
    ("tables/placements.csv", "AFG,افغانستان,افغانستان,Afghanistan,3,", AFGHANISTAN),
    ("tables/history.csv", "ABW,2015,2,checked,kelley-heiss\n", "ABW,2014,3,checked,kelley-heiss\n"),
    (PATTERN, ROW.format("AFG"), "AFG,نو,voa-dari\n"),
    (PATTERN, ROW.format("BLR") + ROW.format("MMR"), ROW.format("MMR") + ROW.format("BLR")),
    ("texts.yaml", "title: قانون و پروتوکول", "title: قانون"),
    ("texts.yaml", "sources: [country-converter]", "sources: [country-converter, press]"),
    ("texts.yaml", "quotations:\n", "timeline:\n  a: {date: 2001, text: نو, sources: press}\nquotations:\n"),
    ("sources.yaml", "voa-dari:\n", f"{SOURCE}voa-dari:\n"),
    ("sources.yaml", ADDRESS, f'  read: "2025-10-01"\n{ADDRESS}'),
    ("sources.yaml", "https://en.fergana.ru/news/140974", "https://fergana.ru"),
    (WORLD, "pages: 2", "pages: 4"),
    (WORLD, "  - lead: lead\n", "  - prose: country_region_note\n"),
    (WORLD, "title: بیش از نیمی از حکومت‌ها در ردیف دوم‌اند", "title: حکومت‌ها در ردیف‌ها"),
    ("publication.yaml", "published: 2026-11-25", "published: 2026-12-01\ncontact: نشانی"),
    ("publication.yaml", "accent: '#0f4c5c'", "accent: '#0f4c5d'"),
    ("publication.yaml", "id: tip-2025", "id: tip-2026"),
]  # fmt: skip
TOLD = """\
figures
  watch_list  25 → 26   (حکومت در ردیف دوم، زیر نظارت)
  tier_three  20 → 19   (حکومت در ردیف سوم، پایین‌ترین ردیف)
  pattern: sources  voa-fa, fergana → fergana   (حکومت که، به گفتۀ گزارش، خود در قاچاق …)
  adult_age  18 → 17   (سنی که برای کمتر از آن، زور یا …)
  parties: label  طرف پروتوکول ملل متحد → طرف پیمان
  parties: unit  طرف → کشور   (طرف پیمان)
  parties: locator  new: متن   (طرف پیمان)
tables
  placements[AFG].name  افغانستان → افغان   (افغان، حکومت)
  placements[AFG].tier  3 → 2WL   (افغان، ردیف ۲۰۲۵)
  policy_or_pattern[AFG].note  new: نو   (افغان، یادداشت)
  policy_or_pattern[AFG].sources  voa-dari voa-fa fergana → voa-dari   (افغان)
  policy_or_pattern: order of rows  BLR, MMR → MMR, BLR   (حکومت‌هایی که، به گفتۀ گزارش سال ۲۰۲۵، خود …)
  history[ABW,2015]  gone: ABW · 2015 · 2 · checked · kelley-heiss
  history[ABW,2014]  new: ABW · 2014 · 3 · checked · kelley-heiss
texts
  prose law: title  قانون و پروتوکول → قانون
  prose country_region_note: sources  country-converter → country-converter, press
  event a  new: نو
sources
  source nova  new: https://example.org/x   (گزارش نو)
  source voa-dari: read  new: 2025-10-01   (خبر نشر گزارش ۲۰۲۵)
  source fergana: address  https://en.fergana.ru/news/140974 → https://fergana.ru   (تغییر در فهرست ۱۳ حکومت)
briefs
  brief world: pages  2 → 4   (افغانستان در پایین‌ترین ردیف مبارزه با قاچاق انسان)
  brief world: lead lead  gone: a block
  brief world: prose country_region_note  new: a block
  brief world: share placements: title  بیش از نیمی از حکومت‌ها در ردیف دوم‌اند → حکومت‌ها در ردیف‌ها
publication
  id  tip-2025 → tip-2026
  published  2026-11-25 → 2026-12-01
  contact  new: نشانی
  colours.accent  #0f4c5c → #0f4c5d"""


def test_every_change_is_told_and_nothing_else(changed: Changed) -> None:
    assert format_differences(changed(*CHANGES), isolate=False) == TOLD


def test_a_cell_and_the_figure_that_stands_in_it(changed: Changed, tip_2025: Path) -> None:
    row = re.search(r"^2023,(\d+),", (tip_2025 / "tables/enforcement.csv").read_text("utf-8"), re.M)
    assert row
    assert said(changed(("tables/enforcement.csv", row[0], "2023,1234.50,"))) == [
        ("prosecutions", row[1], "1234.5"),
        ("enforcement[2023].prosecutions", row[1], "1234.5"),
    ]


def test_a_new_figure_a_new_table_and_a_new_brief(changed: Changed, tip_2025: Path) -> None:
    figure = "all_history:\n  label: ردیف‌ها\n  kind: counted\n  count: {table: history}\n"
    append(tip_2025 / "figures.yaml", figure)
    table = "{file: tables/more.csv, title: نو, key: id, sources: [press], columns: {id: {type: code}}}"
    append(tip_2025 / "tables.yaml", f"\nmore: {table}\n")
    (tip_2025 / "tables" / "more.csv").write_text("id\na\nb\n", encoding="utf-8")
    (tip_2025 / "briefs" / "other.yaml").write_bytes((tip_2025 / WORLD).read_bytes())
    assert changed() == [
        Difference("figure", "all_history", "", str(load_publication(tip_2025).values["all_history"]), "ردیف‌ها"),
        Difference("cell", "more", "", "2 rows", "نو"),
        Difference("brief", "brief other", "", "افغانستان در پایین‌ترین ردیف مبارزه با قاچاق انسان"),
    ]


def test_declared_tables_and_columns(changed: Changed, tip_2025: Path) -> None:
    file = tip_2025 / PATTERN
    old_rows = [row.split(",") for row in file.read_text("utf-8").splitlines()]
    file.write_text("\n".join(",".join((row[0], row[2])) for row in old_rows), encoding="utf-8")
    noted = [row[1] for row in old_rows[1:] if row[1]]
    found = changed(
        ("tables.yaml", "label: حکومت,", "label: کشور,"),
        ("tables.yaml", "          label: ردیف دوم\n", "          label: ردیف دو\n"),
        ("tables.yaml", "    note: {type: text, label: یادداشت, blank: true}\n", ""),
        ("briefs/country.yaml", "      basis: basis\n      row: each\n", "      row: each\n"),
    )
    assert said(found) == [
        ("placements.name: label", "حکومت", "کشور"),
        ("placements.tier: choices.2.label", "ردیف دوم", "ردیف دو"),
        ("placements.name.ps: label", "حکومت", "کشور"),
        ("policy_or_pattern.note", "text: " + ", ".join(noted) if noted else "text, no cell filled", ""),
        ("brief country: strip history: basis", "basis", ""),
    ]


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        (
            "world",
            [(" definition: trafficking\n", " prose: moved\n"),
             (" prose: not_smuggling\n", " definition: trafficking\n"),
             (" prose: moved\n", " prose: not_smuggling\n")],
            "columns 1:1 ( {+prose:not_smuggling |+} definition:trafficking [-| prose:not_smuggling-] prose:method )",
        ),
        (
            "world",
            [("'1:1'\n      right:\n        - definition", "'2:1'\n      right:\n        - definition")],
            "columns [-1:1-]{+2:1+} ( definition:trafficking |",
        ),
        (
            "country",
            [("        - note: region_note\n", ""),
             ("        - page: {}\n", "        - page: {}\n        - note: region_note\n")],
            "facts:facts page {+note:region_note+} facts:counts",
        ),
    ],
    ids=["columns", "widths", "blocks inside others"],
)  # fmt: skip
def test_another_order_of_blocks_is_one_difference(
    changed: Changed, name: str, changes: list[tuple[str, str]], expected: str
) -> None:
    (found,) = changed(*((f"briefs/{name}.yaml", *pair) for pair in changes))
    assert found.name == f"brief {name}: order of blocks"
    assert expected in format_differences([found], isolate=False)


_numbers = st.one_of(st.integers(-(10**30), 10**30).map(str), st.integers(1, 999).map(lambda n: f"{n}.25"))
_prints = st.dictionaries(
    st.from_regex(r"[a-z]{1,3}(\[[A-Z]{1,2}\]\.[a-z])?", fullmatch=True),
    st.one_of(_numbers, st.sampled_from(["2WL", "007", "افغانستان", "a=b"])),
)


@given(_prints, _prints)
def test_the_differences_lead_from_the_old_edition_to_the_new(old: Mapping[str, str], new: Mapping[str, str]) -> None:
    reached, found = dict(old), compare_printed_values(old, new)
    for one in found:
        assert one.was != one.now
        assert reached.pop(one.name, "") == one.was
        if one.now:
            reached[one.name] = one.now
    assert reached == new
    groups = [one.group for one in found]
    assert groups == sorted(groups, reverse=True)
    assert all(("[" in one.name) == (one.group == "cell") for one in found)


@given(_prints)
def test_an_edition_does_not_differ_from_itself_however_its_numbers_are_written(old: Mapping[str, str]) -> None:
    assert compare_printed_values(old, old) == []
    whole = {name: f"{value}.00" if re.fullmatch("-?[0-9]+", value) and value != "007" else value
             for name, value in old.items()}  # fmt: skip
    assert compare_printed_values(old, whole) == compare_printed_values(whole, old) == []


def test_codes_that_look_like_numbers_stay_codes() -> None:
    assert said(compare_printed_values({"t[a].b": "007", "x": "1E3"}, {"t[a].b": "7", "x": "1000"})) == [
        ("x", "1E3", "1000"),
        ("t[a].b", "007", "7"),
    ]


def test_gone_names_stand_where_they_stood() -> None:
    found = compare_printed_values({"a": "1", "b": "1", "c": "1"}, {"c": "2", "a": "2"})
    assert [one.name for one in found] == ["c", "a", "b"]


def difference(was: str, now: str, label: str = "") -> Difference:
    return Difference("text", "prose law", was, now, label)


def test_short_values_stand_on_one_line_dari_in_isolates() -> None:
    assert format_differences([], isolate=True) == format_differences([], isolate=False) == ""
    found = [
        Difference("figure", "tier_one", "33", "34", "حکومت در ردیف اول"),
        Difference("figure", "laws", "", "138"),
        Difference("cell", "placements[AFG].tier", "3", "", "افغانستان، ردیف"),
    ]
    assert format_differences(found, isolate=True) == (
        "figures\n"
        f"  tier_one  33 → 34   ({FSI}حکومت در ردیف اول{PDI})\n"
        "  laws  new: 138\n"
        "tables\n"
        f"  placements[AFG].tier  gone: 3   ({FSI}افغانستان، ردیف{PDI})"
    )


NUMERALS = "یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هژده نزده بیست"
WORDS = NUMERALS.split()


def test_long_texts_show_only_the_words_that_differ() -> None:
    was = " ".join(WORDS)
    now = was.replace("پنج", "{laws}").replace(" نزده", "") + "\n\nبیست و یک"
    assert format_differences([difference(was, now, label="قانون")], isolate=False).splitlines() == [
        "texts",
        "  prose law   (قانون)",
        "    …دو سه چهار [-پنج-]{+{laws}+} شش هفت هشت…",
        "    …شانزده هفده هژده [-نزده-] بیست {+¶ بیست و یک+}",
    ]
    assert format_differences([difference(was, now)], isolate=True).splitlines()[2] == (
        f"    {FSI}…دو سه چهار [-{FSI}پنج{PDI}-]{{+{FSI}{FSI}{{laws}}{PDI}{PDI}+}} شش هفت هشت…{PDI}"
    )


def test_a_new_long_text_is_cut() -> None:
    text = " ".join(WORDS * 2)
    assert format_differences([difference("", text)], isolate=False).endswith(f"new: {' '.join((WORDS * 2)[:24])} …")


def test_what_nobody_sees_is_named() -> None:
    lines = format_differences([difference("الف\u200f", "الف\u2067 \x1b[31m")], isolate=True)
    assert lines.endswith(f"{FSI}الف<U+200F>{PDI} → {FSI}الف<U+2067> <U+001B>[31m{PDI}")


_texts = st.lists(st.sampled_from([*WORDS, "{tier_one}", "Fergana", "۱۳", "a", "\u2067", "(x"]), max_size=40)


@given(st.lists(st.tuples(_texts, _texts), max_size=3))
def test_isolates_are_balanced_and_nothing_else_is_added(pairs: list[tuple[list[str], list[str]]]) -> None:
    found = [difference(" ".join(was), " ".join(now), label=" ".join(now)) for was, now in pairs if was != now]
    bare, isolated = format_differences(found, isolate=False), format_differences(found, isolate=True)
    assert not re.search("[\u2066-\u2069\u200e\u200f]", bare)
    assert re.sub(f"[{FSI}{PDI}]", "", isolated) == bare
    for line in isolated.splitlines():
        depth = 0
        outside = ""
        for letter in line:
            depth += (letter == FSI) - (letter == PDI)
            assert depth >= 0
            outside += letter if not depth else ""
        assert depth == 0
        assert not re.search("[\u0600-\u06ff]", outside)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (["a"] * 20_000, ["a"] * 19_999 + ["b"]),
        ([f"w{at % 7}" for at in range(20_000)], [f"w{at % 5}" for at in range(20_000)]),
        ([f"a x{at}" for at in range(20_000)], [f"a y{at}" for at in range(20_000)]),
    ],
    ids=["one word", "few words", "every other word"],
)
def test_of_very_long_texts_the_first_difference_is_shown(was: list[str], now: list[str]) -> None:
    """Word by word, the time for them grows with the cube."""
    begun = time.process_time()
    lines = format_differences([difference(" ".join(was), " ".join(now))], isolate=False).splitlines()
    assert time.process_time() - begun < 2
    assert [line[:7] for line in lines[2:]] == ["    …[-", "    …{+"]
    assert all(len(line) < 200 for line in lines)
