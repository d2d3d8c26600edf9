from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import TIP_2025, change
from tipbrief.check.publication import Publication, load
from tipbrief.compare.differences import Difference, between, between_printed
from tipbrief.compare.report import FSI, shown
from tipbrief.language.text import PDI


@pytest.fixture(scope="module")
def old() -> Publication:
    return load(TIP_2025)


def add(folder: Path, name: str, lines: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(lines)


def said(found: list[Difference]) -> list[tuple[str, str, str]]:
    return [(one.name, one.was, one.now) for one in found]


# ---- what differs, and nothing else ----


def test_a_publication_does_not_differ_from_itself(old: Publication, tip_2025: Path) -> None:
    assert between(old, old) == between(old, load(tip_2025)) == []
    assert shown([], isolate=True) == shown([], isolate=False) == ""


def test_a_changed_number_is_that_figure_and_nothing_else(old: Publication, tip_2025: Path) -> None:
    change(tip_2025 / "figures.yaml", "value: 18\n", "value: 17\n")
    label = "سنی که زیر آن هیچ اجباری شرط جرم نیست"
    assert between(old, load(tip_2025)) == [Difference("figure", "adult_age", "18", "17", label)]


def test_a_changed_cell_brings_the_figures_counted_from_it(old: Publication, tip_2025: Path) -> None:
    change(
        tip_2025 / "tables/placements.csv", "AFG,افغانستان,Afghanistan,3,", "AFG,افغانستان,Afghanistan,2WL,"
    )
    found = between(old, load(tip_2025))
    assert said(found) == [
        ("watch_list", "25", "26"),
        ("tier_three", "20", "19"),
        ("placements[AFG].tier", "3", "2WL"),
    ]
    assert [one.group for one in found] == ["figure", "figure", "cell"]
    assert found[-1].label == "افغانستان، ردیف"


def test_a_cell_and_the_figure_that_stands_in_it(old: Publication, tip_2025: Path) -> None:
    row = re.search(r"^2023,(\d+),.*$", (tip_2025 / "tables/enforcement.csv").read_text("utf-8"), re.M)
    assert row
    change(tip_2025 / "tables/enforcement.csv", row[0], row[0].replace(f"2023,{row[1]},", "2023,1234.50,"))
    assert said(between(old, load(tip_2025))) == [
        ("prosecutions", row[1], "1234.5"),
        ("enforcement[2023].prosecutions", row[1], "1234.5"),
    ]


LAYOUT = [
    ("figures.yaml", "value: 33\n", "value: 33.0\n"),
    ("figures.yaml", "governments:\n  label:", "# a remark\n\ngovernments:\n  label:"),
    ("figures.yaml", "  kind: reported\n  value: 18\n", "  value: 18\n  kind: reported\n"),
    ("figures.yaml", "label: طرف پروتوکول ملل متحد\n", "label: 'طرف پروتوکول ملل متحد'\n"),
    ("figures.yaml", "sources: [voa-fa, fergana]", "sources:\n    - voa-fa\n    - fergana"),
    ("texts.yaml", "  colophon:\n    text: >-\n", "  colophon:\n    text: |\n"),
    ("texts.yaml", "definitions:\n  trafficking:\n", "definitions: # what is meant\n  trafficking:\n"),
    ("tables/placements.csv", "AFG,افغانستان,", 'AFG,"افغانستان",'),
    ("tables/enforcement.csv", "2003,7992,", "2003,7992.00,"),
]


@pytest.mark.parametrize(("name", "was", "now"), LAYOUT)
def test_layout_comments_and_quoting_are_no_difference(
    old: Publication, tip_2025: Path, name: str, was: str, now: str
) -> None:
    change(tip_2025 / name, was, now)
    assert between(old, load(tip_2025)) == []


def test_line_ends_and_the_order_of_entries_and_columns_are_no_difference(
    old: Publication, tip_2025: Path
) -> None:
    head, *entries = re.split(r"(?m)^(?=[a-z_]+:$)", (tip_2025 / "figures.yaml").read_text("utf-8"))
    (tip_2025 / "figures.yaml").write_text(head + "".join(reversed(entries)), encoding="utf-8")
    rows = (tip_2025 / "tables" / "history.csv").read_text("utf-8").splitlines()
    turned = [",".join(reversed(row.split(","))) for row in rows if '"' not in row]
    assert len(turned) == len(rows)
    (tip_2025 / "tables" / "history.csv").write_text("\n".join(turned), encoding="utf-8")
    for file in [*tip_2025.glob("*.yaml"), *tip_2025.glob("*/*.csv"), *tip_2025.glob("*/*.yaml")]:
        file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert between(old, load(tip_2025)) == []


def test_what_is_said_about_a_figure(old: Publication, tip_2025: Path) -> None:
    change(
        tip_2025 / "figures.yaml",
        "label: طرف پروتوکول ملل متحد\n  unit: طرف\n",
        "label: طرف پیمان\n  locator: متن\n  unit: کشور\n",
    )
    change(tip_2025 / "figures.yaml", "sources: [voa-fa, fergana]", "sources: [fergana]")
    assert said(between(old, load(tip_2025))) == [
        ("pattern: sources", "voa-fa, fergana", "fergana"),
        ("parties: label", "طرف پروتوکول ملل متحد", "طرف پیمان"),
        ("parties: unit", "طرف", "کشور"),
        ("parties: locator", "", "متن"),
    ]


def test_a_new_and_a_gone_figure(old: Publication, tip_2025: Path) -> None:
    add(
        tip_2025,
        "figures.yaml",
        "all_history:\n  label: ردیف‌ها\n  kind: counted\n  count: {table: history}\n",
    )
    new = load(tip_2025)
    count = str(new.values["all_history"])
    assert between(old, new) == [Difference("figure", "all_history", "", count, "ردیف‌ها")]
    assert between(new, old) == [Difference("figure", "all_history", count, "", "ردیف‌ها")]


def test_new_and_gone_rows_are_one_difference_each(old: Publication, tip_2025: Path) -> None:
    first = "ABW,2015,2,checked,kelley-heiss\n"
    change(tip_2025 / "tables/history.csv", first, "ABW,2014,3,checked,kelley-heiss\n")
    assert said(between(old, load(tip_2025))) == [
        ("history[ABW,2015]", "ABW · 2015 · 2 · checked · kelley-heiss", ""),
        ("history[ABW,2014]", "", "ABW · 2014 · 3 · checked · kelley-heiss"),
    ]


def test_a_row_that_points_to_another_table_has_its_name(old: Publication, tip_2025: Path) -> None:
    change(tip_2025 / "tables/policy_or_pattern.csv", "AFG,,voa-dari voa-fa fergana", "AFG,نو,voa-dari")
    found = between(old, load(tip_2025))
    assert said(found) == [
        ("policy_or_pattern[AFG].note", "", "نو"),
        ("policy_or_pattern[AFG].sources", "voa-dari voa-fa fergana", "voa-dari"),
    ]
    assert {one.label for one in found} == {"افغانستان", "افغانستان، یادداشت"}


def test_rows_in_another_order(old: Publication, tip_2025: Path) -> None:
    rows = "BLR,,voa-dari voa-fa fergana\n", "MMR,,voa-dari voa-fa fergana\n"
    change(tip_2025 / "tables/policy_or_pattern.csv", "".join(rows), "".join(reversed(rows)))
    found = between(old, load(tip_2025))
    assert said(found) == [("policy_or_pattern: order of rows", "BLR, MMR", "MMR, BLR")]


def test_declared_tables_and_columns(old: Publication, tip_2025: Path) -> None:
    change(tip_2025 / "tables.yaml", "label: حکومت}", "label: کشور}")
    change(tip_2025 / "tables.yaml", "          label: ردیف دوم\n", "          label: ردیف دو\n")
    change(tip_2025 / "tables.yaml", "    note: {type: text, label: یادداشت, blank: true}\n", "")
    file = tip_2025 / "tables" / "policy_or_pattern.csv"
    old_rows = [row.split(",") for row in file.read_text("utf-8").splitlines()]
    file.write_text("\n".join(",".join((row[0], row[2])) for row in old_rows), encoding="utf-8")
    change(tip_2025 / "briefs/world.yaml", "      note: note\n", "")
    noted = [row[1] for row in old_rows[1:] if row[1]]
    found = between(old, load(tip_2025))
    assert said(found) == [
        ("placements.name: label", "حکومت", "کشور"),
        ("placements.tier: choices.2.label", "ردیف دوم", "ردیف دو"),
        ("policy_or_pattern.note", "text: " + ", ".join(noted) if noted else "text, no cell filled", ""),
        ("brief world: list policy_or_pattern: note", "note", ""),
    ]


def test_a_new_table(old: Publication, tip_2025: Path) -> None:
    add(
        tip_2025,
        "tables.yaml",
        "\nmore:\n  file: tables/more.csv\n  title: نو\n  key: id\n  sources: [press]\n"
        "  columns:\n    id: {type: code}\n",
    )
    (tip_2025 / "tables" / "more.csv").write_text("id\na\nb\n", encoding="utf-8")
    assert between(old, load(tip_2025)) == [Difference("cell", "more", "", "2 rows", "نو")]


SOURCE = "nova:\n  title: گزارش نو\n  publisher: نو\n  address: https://example.org/x\n"


def test_sources_come_go_and_change(old: Publication, tip_2025: Path) -> None:
    change(tip_2025 / "sources.yaml", "voa-dari:\n", f"{SOURCE}voa-dari:\n")
    address = "  address: https://www.darivoa.com/a/us-urges-global-action-in-latest"
    change(tip_2025 / "sources.yaml", address, f'  read: "2025-10-01"\n{address}')
    change(tip_2025 / "sources.yaml", "https://en.fergana.ru/news/140974", "https://en.fergana.ru/news/1")
    new = load(tip_2025)
    assert said(between(old, new)) == [
        ("source nova", "", "https://example.org/x"),
        ("source voa-dari: read", "", "2025-10-01"),
        ("source fergana: address", "https://en.fergana.ru/news/140974", "https://en.fergana.ru/news/1"),
    ]
    assert said(between(new, old))[0] == ("source nova", "https://example.org/x", "")


def test_texts_come_go_and_change(old: Publication, tip_2025: Path) -> None:
    change(tip_2025 / "texts.yaml", "title: قانون و پروتوکول", "title: قانون")
    change(tip_2025 / "texts.yaml", "date: 2014-08\n", "date: 2014-09\n")
    change(tip_2025 / "texts.yaml", "sources: [lifeway]", "sources: [lifeway, press]")
    change(
        tip_2025 / "texts.yaml",
        "timeline:\n",
        "timeline:\n  a:\n    date: 2001\n    text: نو\n    sources: press\n",
    )
    new = load(tip_2025)
    assert said(between(old, new)) == [
        ("prose law: title", "قانون و پروتوکول", "قانون"),
        ("event a", "", "نو"),
        ("event law-2000: sources", "lifeway", "lifeway, press"),
        ("event afghanistan-2014: date", "2014-08", "2014-09"),
    ]
    assert ("event a", "نو", "") in said(between(new, old))


def test_the_imprint_and_the_titles_of_a_brief(old: Publication, tip_2025: Path) -> None:
    change(tip_2025 / "publication.yaml", "published: 2026-11-25", "published: 2026-12-01\ncontact: نشانی")
    change(tip_2025 / "publication.yaml", "accent: '#0f4c5c'", "accent: '#0f4c5d'")
    change(tip_2025 / "publication.yaml", "id: tip-2025", "id: tip-2026")
    change(tip_2025 / "briefs/world.yaml", "pages: 2", "pages: 4")
    found = between(old, load(tip_2025))
    assert said(found) == [
        ("brief world: pages", "2", "4"),
        ("id", "tip-2025", "tip-2026"),
        ("published", "2026-11-25", "2026-12-01"),
        ("contact", "", "نشانی"),
        ("colours.accent", "#0f4c5c", "#0f4c5d"),
    ]
    assert [one.group for one in found] == ["brief"] + 4 * ["publication"]


def test_blocks_come_go_move_and_change(old: Publication, tip_2025: Path) -> None:
    change(tip_2025 / "briefs/world.yaml", "  - lead: lead\n", "  - prose: pattern\n")
    change(tip_2025 / "briefs/world.yaml", "title: گاه‌شمار", "title: تاریخ")
    change(
        tip_2025 / "briefs/world.yaml", "        - definition: trafficking\n", "        - quotation: rubio\n"
    )
    change(
        tip_2025 / "briefs/world.yaml",
        "      left:\n        - quotation: rubio\n",
        "      left:\n        - definition: trafficking\n",
    )
    found = between(old, load(tip_2025))
    assert said(found)[:-1] == [
        ("brief world: lead lead", "a block", ""),
        ("brief world: prose pattern", "", "a block"),
        ("brief world: timeline: title", "گاه‌شمار", "تاریخ"),
    ]
    assert found[-1].name == "brief world: order of blocks"
    assert shown(found[-1:], isolate=False).splitlines()[2:] == [
        "    …columns 1:1 ( {+quotation:rubio |+} definition:trafficking [-| quotation:rubio-] ) page panel…"
    ]


def test_other_widths_of_columns_are_told(old: Publication, tip_2025: Path) -> None:
    text = (tip_2025 / "briefs" / "world.yaml").read_text("utf-8")
    (tip_2025 / "briefs" / "world.yaml").write_text(text.replace("'1:1'", "'2:1'", 1), encoding="utf-8")
    found = between(old, load(tip_2025))
    assert [one.name for one in found] == ["brief world: order of blocks"]
    assert "columns [-1:1-]{+2:1+} (" in shown(found, isolate=False)


def test_a_new_brief(old: Publication, tip_2025: Path) -> None:
    text = (tip_2025 / "briefs" / "world.yaml").read_text("utf-8")
    (tip_2025 / "briefs" / "other.yaml").write_text(text, encoding="utf-8")
    assert said(between(old, load(tip_2025))) == [("brief other", "", "قاچاق انسان در جهان، ۲۰۲۵")]


# ---- printed editions ----

_numbers = st.one_of(st.integers(-(10**30), 10**30).map(str), st.integers(1, 999).map(lambda n: f"{n}.25"))
_prints = st.dictionaries(
    st.from_regex(r"[a-z]{1,3}(\[[A-Z]{1,2}\]\.[a-z])?", fullmatch=True),
    st.one_of(_numbers, st.sampled_from(["2WL", "007", "افغانستان", "a=b"])),
)


@given(_prints, _prints)
def test_the_differences_lead_from_the_old_edition_to_the_new(
    old: Mapping[str, str], new: Mapping[str, str]
) -> None:
    reached, found = dict(old), between_printed(old, new)
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
def test_an_edition_does_not_differ_from_itself_however_its_numbers_are_written(
    old: Mapping[str, str],
) -> None:
    assert between_printed(old, old) == []
    whole = {name: f"{value}.00" if re.fullmatch("-?[0-9]+", value) and value != "007" else value
             for name, value in old.items()}  # fmt: skip
    assert between_printed(old, whole) == between_printed(whole, old) == []


def test_codes_that_look_like_numbers_stay_codes() -> None:
    assert said(between_printed({"t[a].b": "007", "x": "1E3"}, {"t[a].b": "7", "x": "1000"})) == [
        ("x", "1E3", "1000"),
        ("t[a].b", "007", "7"),
    ]


def test_gone_names_stand_where_they_stood() -> None:
    found = between_printed({"a": "1", "b": "1", "c": "1"}, {"c": "2", "a": "2"})
    assert [one.name for one in found] == ["c", "a", "b"]


# ---- how it is shown ----


def difference(was: str, now: str, group: str = "text", label: str = "") -> Difference:
    return Difference(group, "prose law", was, now, label)


def test_short_values_stand_on_one_line() -> None:
    found = [
        Difference("figure", "tier_one", "33", "34", "حکومت در ردیف اول"),
        Difference("figure", "laws", "", "138"),
        Difference("cell", "placements[AFG].tier", "3", "", "افغانستان، ردیف"),
    ]
    assert shown(found, isolate=False) == (
        "figures\n"
        "  tier_one  33 → 34   (حکومت در ردیف اول)\n"
        "  laws  new: 138\n"
        "tables\n"
        "  placements[AFG].tier  gone: 3   (افغانستان، ردیف)"
    )
    assert shown(found, isolate=True) == (
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
    assert shown([difference(was, now, label="قانون")], isolate=False).splitlines() == [
        "texts",
        "  prose law   (قانون)",
        "    …دو سه چهار [-پنج-]{+{laws}+} شش هفت هشت…",
        "    …شانزده هفده هژده [-نزده-] بیست {+¶ بیست و یک+}",
    ]
    assert shown([difference(was, now)], isolate=True).splitlines()[2] == (
        f"    {FSI}…دو سه چهار [-{FSI}پنج{PDI}-]{{+{FSI}{FSI}{{laws}}{PDI}{PDI}+}} شش هفت هشت…{PDI}"
    )


def test_a_new_long_text_is_cut() -> None:
    text = " ".join(WORDS * 2)
    assert shown([difference("", text)], isolate=False).endswith(f"new: {' '.join((WORDS * 2)[:24])} …")


def test_what_nobody_sees_is_named() -> None:
    lines = shown([difference("الف\u200f", "الف\u2067 \x1b[31m")], isolate=True)
    assert lines.endswith(f"{FSI}الف<U+200F>{PDI} → {FSI}الف<U+2067> <U+001B>[31m{PDI}")


_texts = st.lists(st.sampled_from([*WORDS, "{tier_one}", "Fergana", "۱۳", "a", "\u2067", "(x"]), max_size=40)


@given(st.lists(st.tuples(_texts, _texts), max_size=3))
def test_isolates_are_balanced_and_nothing_else_is_added(pairs: list[tuple[list[str], list[str]]]) -> None:
    found = [
        difference(" ".join(was), " ".join(now), label=" ".join(now)) for was, now in pairs if was != now
    ]
    bare, isolated = shown(found, isolate=False), shown(found, isolate=True)
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
