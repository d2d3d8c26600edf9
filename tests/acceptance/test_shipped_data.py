"""What stands in the shipped publication's tables, read without tipbrief, and two corrections of it."""

import re
import shutil
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.corrections.support import planned
from tests.support import TIP_2025, read_rows
from tipbrief.ledger.editions import find_undocumented_values
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session

TABLES = TIP_2025 / "tables"
# Letters of Dari, hamza on its seat, heh with yeh above, the zero-width non-joiner, brackets and the space.
DARI_NAME = re.compile("[آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءأؤئۀ()\u200c ]+")


def table(name: str) -> list[dict[str, str]]:
    rows = read_rows(TABLES / f"{name}.csv")
    assert rows, f"{name} is empty"
    return rows


def sources() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load((TIP_2025 / "sources.yaml").read_text("utf-8")))


def prose() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load((TIP_2025 / "texts.yaml").read_text("utf-8"))["prose"])


def sort_key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def test_the_placements_count_to_the_published_totals_in_the_order_of_their_english_names() -> None:
    tiers = Counter(row["tier"] for row in table("placements"))
    assert tiers == {"1": 33, "2": 106, "2WL": 25, "3": 20, "SC": 4}
    names = [row["english"] for row in table("placements")]
    assert names == sorted(names, key=sort_key)


def test_nothing_stands_twice_and_no_region_is_called_like_a_government() -> None:
    placements, regions = table("placements"), table("regions")
    columns = [[row[column] for row in placements] for column in ("iso3", "name", "english")]
    columns += [[row[column] for row in regions] for column in ("id", "name", "english")]
    assert [len(set(values)) for values in columns] == [len(values) for values in columns]
    assert [len(values) for values in columns] == [188] * 3 + [19] * 3
    assert not set(columns[1] + columns[2]) & set(columns[4] + columns[5])


def test_every_dari_name_is_written_with_the_letters_of_dari() -> None:
    for name in (row["name"] for row in (*table("placements"), *table("regions"))):
        assert DARI_NAME.fullmatch(name), ascii(name)
        assert name == unicodedata.normalize("NFC", name)
        assert all(word == word.strip("\u200c") != "" for word in name.split(" ")), ascii(name)


def test_enforcement_ends_with_2023_and_leaves_gaps_empty() -> None:
    rows = table("enforcement")
    assert [int(row["year"]) for row in rows] == list(range(2003, 2024))
    for row in rows:
        numbers = [value for column, value in row.items() if column not in ("year", "sources")]
        assert all(re.fullmatch(r"[1-9]\d*|", value) for value in numbers), row
        for whole in ("prosecutions", "convictions", "victims"):
            part = row[f"{whole}_labor"]
            assert not part or int(part) < int(row[whole]), row


def test_each_placement_says_whether_two_places_have_it() -> None:
    bases = Counter()
    for row in table("placements"):
        places = row["sources"].split(" ")
        assert row["basis"] == ("checked" if len(places) > 1 else "elimination"), row
        if row["basis"] == "elimination":
            assert (row["tier"], places) == ("2", ["hawkeye"]), "the lists of all other tiers are known whole"
        bases[row["basis"]] += 1
    assert bases == {"checked": 111, "elimination": 77}


def test_the_change_since_2024_is_that_of_the_history() -> None:
    order = ["3", "2WL", "2", "1"]
    before = {row["iso3"]: row["tier"] for row in table("history") if row["year"] == "2024"}
    derived = {row["iso3"] for row in table("history") if row["year"] == "2024" and row["basis"] == "derived"}
    changes = Counter()
    for row in table("placements"):
        change = "none"
        if then := before.get(row["iso3"]):
            steps = order.index(row["tier"]) - order.index(then)
            change = "rose" if steps > 0 else "fell" if steps < 0 else "stayed"
        assert row["change"] == change, row
        changes[change] += 1
    assert changes == {"rose": 20, "fell": 11, "stayed": 153, "none": 4}
    inferred = [row for row in table("placements") if row["change"] == "fell" and row["iso3"] in derived]
    figures = yaml.safe_load((TIP_2025 / "figures.yaml").read_text("utf-8"))
    assert len(inferred) == figures["fell_inferred"]["value"]


def test_the_neighbours_have_their_tier_of_2024_from_the_history() -> None:
    history = {(row["iso3"], row["year"]): row for row in table("history")}
    assert " ".join(row["iso3"] for row in table("neighbours")) == "IRN CHN TKM TJK PAK UZB"
    for row in table("neighbours"):
        then = history[row["iso3"], "2024"]
        assert (row["before"], "checked") == (then["tier"], then["basis"])
        assert set(then["sources"].split(" ")) < set(row["sources"].split(" "))


def test_history_has_one_row_for_a_government_and_year_and_says_how_far_it_may_be_trusted() -> None:
    rows = [(row["iso3"], int(row["year"])) for row in table("history")]
    assert rows == sorted(set(rows))
    assert {year for _, year in rows} <= set(range(2001, 2025))
    for row in table("history"):
        assert row["tier"] in {"1", "2", "2WL", "3", "SC"}, row
        assert row["basis"] in {"checked", "single", "derived"}, row
        if row["basis"] == "single":
            assert " " not in row["sources"], row
        else:
            assert row["basis"] == "checked" or row["sources"] == "knowyourcountry cia-factbook", row


def test_every_government_stands_in_a_region_and_no_region_has_one_alone() -> None:
    regions = [row["id"] for row in table("regions")]
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", region) for region in regions)
    members = Counter(row["region"] for row in table("placements"))
    assert members.keys() == set(regions)
    assert sum(members.values()) == 188
    assert min(members.values()) > 1


def test_a_government_that_the_list_of_regions_does_not_name_says_so() -> None:
    noted = {row["iso3"]: row["region_note"] for row in table("placements") if row["region_note"]}
    assert noted == dict.fromkeys(("TWN", "XKX"), "country_region_note")
    assert prose()["country_region_note"]["sources"] == ["country-converter"]


def test_every_tier_has_a_meaning_that_rests_on_a_source() -> None:
    known = sources()
    for tier in {row["tier"] for row in table("placements")}:
        meaning = prose()[f"meaning_{tier.lower()}"]
        assert meaning["sources"], tier
        assert set(meaning["sources"]) <= set(known)
        assert meaning["text"].strip().count(".") == 1, "one sentence"


def test_every_fact_is_a_text_of_one_sentence_whose_sources_stand_in_the_table() -> None:
    texts, rows = prose(), table("facts")
    facts = {name for name in texts if name.startswith("fact_")}
    quoted = {"fact_afg_youngest", "fact_pak_deportation", "fact_afg_silent", "fact_afg_taken", "fact_afg_taliban"}
    assert facts - {row["text"] for row in rows} == quoted, "corrections quote them"
    assert facts >= {row["text"] for row in rows}
    for row in rows:
        fact = texts[row["text"]]
        assert fact.keys() == {"text"}, row["text"]
        assert "{@" not in fact["text"], row["text"]
        assert fact["text"].strip().count(".") == 1, row["text"]
        assert row["text"].startswith((f"fact_{row['iso3'].lower()}_", "fact_list_")), row


def test_the_facts_are_numbered_and_each_of_the_thirteen_and_most_neighbours_have_one() -> None:
    rows = [(row["iso3"], int(row["order"])) for row in table("facts")]
    counted = Counter(code for code, _ in rows)
    assert sorted(rows) == [(code, order + 1) for code in sorted(counted) for order in range(counted[code])]
    assert counted["AFG"] == 14
    assert counted.keys() <= {row["iso3"] for row in table("placements")}
    assert {row["iso3"] for row in table("policy_or_pattern")} | {"IRN", "CHN", "TKM", "TJK", "PAK"} <= counted.keys()


def test_each_counted_number_is_one_line_with_its_page_and_stands_in_no_other_row() -> None:
    """A line names its column: ``_alone`` without the year before, ``_new`` and ``_confirmed`` as the report says."""
    narratives = {row["iso3"]: row for row in table("narratives")}
    columns = ("victims", "convicted", "prosecuted", "investigated")
    empty = narratives.pop("none")
    assert {name for name, cell in empty.items() if cell} == {"iso3", "sources"}
    printed: dict[str, list[tuple[str, bool]]] = {code: [] for code in narratives}
    pages: dict[str, set[str]] = {code: set() for code in narratives}
    for row in table("counts"):
        assert sources()[row["sources"]]["publisher"] == "وزارت خارجۀ امریکا", row
        pages[row["iso3"]].add(row["sources"])
        if row["text"] == "count_year":
            assert int(narratives[row["iso3"]]["counted"]) < int(narratives[row["iso3"]]["report"]) - 1, row
            continue
        name, alone = re.fullmatch("count_([a-z]+?)(?:_new|_confirmed)?(_alone)?", row["text"]).groups()  # type: ignore[union-attr]
        printed[row["iso3"]].append((name, not alone))
        assert ("_before}" in prose()[row["text"]]["text"]) is not bool(alone), row
    for code, row in narratives.items():
        is_comparable = code != "BGR"  # its report says that the figures of two years are not
        compared = [(name, bool(row[f"{name}_before"]) and is_comparable) for name in columns if row[name]]
        assert printed[code] == compared, code
        assert all(row[name] or not row[f"{name}_before"] for name in columns), code
        assert pages[code] == {*row["sources"].split()}, code
        assert row["report"] in {"2021", "2022", "2023", "2024"}, code
    for row in table("placements"):
        assert row["narrative"] == (row["iso3"] if row["iso3"] in narratives else "none")


def test_only_where_a_printed_count_rose_its_sheet_says_that_counting_may_be_better() -> None:
    numbers = {row["iso3"]: row for row in table("narratives")}
    columns = {"count_victims": "victims", "count_victims_confirmed": "victims", "count_convicted": "convicted"}
    columns |= {f"count_{kind}{new}": kind for kind in ("prosecuted", "investigated") for new in ("", "_new")}
    rose = set[str]()
    for row in table("counts"):
        column = columns.get(row["text"])
        own = numbers[row["iso3"]]
        if column and int(own[column]) > int(own[f"{column}_before"]):
            rose.add(row["iso3"])
    # Of Bulgaria the report says that the years cannot be compared.
    assert {row["iso3"] for row in table("rises")} == rose - {"BGR"}


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A copy in which a region and a sentence were corrected."""
    folder = Path(shutil.copytree(TIP_2025, tmp_path_factory.mktemp("corrected") / "tip-2025"))
    wanted = [("placements[ALB].region", "central-asia"), ("facts[AFG,1].text", "fact_afg_denial")]
    planned(folder, *wanted).write_change()
    return Session.open(folder)


def test_a_region_that_is_corrected_is_told_and_marked(corrected: Session) -> None:
    """On the sheet of the country, and on those of its neighbours, who count with it."""
    for name in ("country-ALB", "country-BIH"):
        html = compose_document(corrected, name).html()
        assert "البانیا، منطقه: " in html
        assert "نادرست بود؛ درست آن آسیای میانه است" in html
        assert 'class="corrected"' in html
    assert find_undocumented_values(corrected.ledger, {"placements[ALB].region": "southern-europe"})


def test_a_sentence_that_is_corrected_is_marked_in_its_place(corrected: Session) -> None:
    html = compose_document(corrected, "country-AFG").html()
    block = html[html.index('<section class="corrections"') :]
    assert "fact_afg" not in block[: block.index("</section>")]
    assert "افغانستان، ۱، جمله: «" in block
    facts = html[html.index('<section class="facts">') :]
    items = facts[: facts.index("</section>")].split("<li>")[1:]
    texts = {name for one in corrected.ledger.changes for name in one.steps if name.startswith("facts[AFG,")}
    rows = {f"facts[AFG,{row['order']}].text": at for at, row in enumerate(table("facts")) if row["iso3"] == "AFG"}
    assert [at for at, item in enumerate(items) if 'class="corrected"' in item] == sorted(rows[one] for one in texts)
