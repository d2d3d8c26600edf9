"""What a row was over the years, and who is beside it: sentences, numbers, neighbours."""

import dataclasses
import re
from collections import Counter
from itertools import combinations
from random import Random

import pytest

from tests.html_tree import read_html
from tests.support import GOLDEN, TIP_2025, read_rows
from tipbrief.check.blocks import Block, every_block
from tipbrief.check.maps.shapes import load_shipped_shapes
from tipbrief.check.publication import Publication
from tipbrief.check.row_blocks import ChangeBlock, GroupsBlock, RecordBlock
from tipbrief.compose import row_history
from tipbrief.compose.row_history import History
from tipbrief.load.schema import Phrase
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session

ORDER = ["3", "2WL", "2", "1"]
SHARED_MEDIAN, SHARED_MOST = 0.60, 0.90


def block_of(publication: Publication, kind: type[Block], brief: str = "country", at: int = 0) -> Block:
    return [one for one in every_block(publication.briefs[brief].blocks) if isinstance(one, kind)][at]


def change_of(publication: Publication) -> ChangeBlock:
    block = block_of(publication, ChangeBlock, "each")
    assert isinstance(block, ChangeBlock)
    return block


@pytest.mark.parametrize(
    ("since", "order", "sentence", "remark"),
    [
        (2020, ["shut", "open"], "از بسته در سال ۲۰۲۰ به باز بالا رفت", "۲۰۲۰: یک منبع"),
        (2020, ["open", "shut"], "از بسته در سال ۲۰۲۰ به باز پایین آمد", "۲۰۲۰: یک منبع"),
        (2022, ["shut", "open"], "در سال ۲۰۲۰ نیز باز بود", ""),
        (2018, ["shut", "open"], "در سال ۲۰۲۰ خشک بود، اکنون باز است", ""),
    ],
)
def test_a_sentence_says_how_a_row_moved(
    made_up: Publication, since: int, order: list[str], sentence: str, remark: str
) -> None:
    block = dataclasses.replace(change_of(made_up), since=since, order=tuple(order))
    moved = row_history.change(made_up, block, "AFG")
    assert moved is not None
    assert (moved.sentence, moved.remark, moved.beginning) == (sentence, remark, "")
    earlier = made_up.tables["past"].by_key[f"AFG,{since}"]["sources"].split()
    assert {*earlier} < {*moved.sources}, "both years are sourced"


def test_of_a_year_without_a_row_nothing_is_said(made_up: Publication) -> None:
    block = change_of(made_up)
    assert row_history.change(made_up, block, "PAK") is None
    assert row_history.change(made_up, dataclasses.replace(block, since=2019), "AFG") is None


def test_without_a_basis_there_is_no_remark(made_up: Publication) -> None:
    moved = row_history.change(made_up, dataclasses.replace(change_of(made_up), basis=None), "AFG")
    assert moved is not None
    assert moved.remark == ""


def test_rows_stand_in_the_groups_of_their_choices(made_up: Publication) -> None:
    document = made_up.documents["each-AFG"]
    block = block_of(made_up, GroupsBlock, "each")
    assert isinstance(block, GroupsBlock)

    def names(block: GroupsBlock) -> list[tuple[str, list[str]]]:
        found = row_history.groups(made_up, block, document)
        return [(str(choice.label), [row["iso3"] for row in rows]) for choice, rows in found]

    assert names(block) == [("باز", ["AFG", "TJK"])]
    whole = dataclasses.replace(block, within=None)
    assert names(whole) == [("باز", ["AFG", "TJK"]), ("بسته", ["PAK"]), ("خشک", ["AND"])]
    beside = dataclasses.replace(whole, neighbours="world")
    assert names(beside) == [("باز", ["TJK"]), ("بسته", ["PAK"])]
    others = dataclasses.replace(beside, within="state")
    assert names(others) == [], "the only other of the group is a neighbour"


def test_nothing_is_said_to_be_unknown_of_a_row_of_which_another_block_tells() -> None:
    session = Session.open(GOLDEN)
    html = {name: compose_document(session, f"each-{name}").html() for name in ("TJK", "PAK")}
    facts = {name: '<section class="facts">' in page for name, page in html.items()}
    assert facts == {"TJK": False, "PAK": True}


def test_neighbours_are_mutual_and_those_of_the_atlas() -> None:
    shapes = load_shipped_shapes("world")
    for code, beside in shapes.neighbours.items():
        assert all(code in shapes.neighbours[one].split() for one in beside.split()), code
    assert shapes.neighbours["AFG"] == "CHN IRN PAK TJK TKM UZB"
    assert shapes.neighbours["TUR"] == "ARM AZE BGR GEO GRC IRN IRQ SYR"
    assert not {"GBR FRA", "JPN KOR", "MAR ESP"} & {
        f"{a} {b}" for a, bs in shapes.neighbours.items() for b in bs.split()
    }
    assert {"MLT", "JPN", "CUB", "BHR"}.isdisjoint(shapes.neighbours)
    provinces = load_shipped_shapes("afghanistan-provinces").neighbours
    assert provinces["AF-KAB"] == "AF-KAP AF-LAG AF-LOG AF-NAN AF-PAR AF-WAR"


def years_of() -> dict[str, dict[int, str]]:
    """The tiers of each government by year, read without tipbrief."""
    found: dict[str, dict[int, str]] = {}
    for row in read_rows(TIP_2025 / "tables" / "history.csv"):
        found.setdefault(row["iso3"], {})[int(row["year"])] = row["tier"]
    for row in read_rows(TIP_2025 / "tables" / "placements.csv"):
        found.setdefault(row["iso3"], {})[2025] = row["tier"]
    return found


def test_the_numbers_of_each_government_are_those_of_the_tables(tip: Publication) -> None:
    """Counted again, year by year, from the files."""
    block, years = block_of(tip, RecordBlock), years_of()
    assert isinstance(block, RecordBlock)
    regions = {row["iso3"]: row["region"] for row in read_rows(TIP_2025 / "tables" / "placements.csv")}
    for code, region in regions.items():
        said, own = row_history.describe_row(tip, block, code), years[code]
        assert int(said["known"]) == len(own)
        assert int(said["own"]) == [*own.values()].count(own[2025])
        ends = [end for end in own if end + 1 not in own or own[end + 1] != own[end]]
        runs = [(sum(1 for start in own if start <= end and is_known_alike(own, start, end)), end) for end in ends]
        length, end = max(runs)
        is_alone = [other for other, _ in runs].count(length) == 1
        assert said.get("run") == (row_history.year_range(end - length + 1, end, tip.language) if is_alone else None)
        others = [years[one][2025] for one in regions if regions[one] == region and one != code]
        if own[2025] in ORDER:
            place = ORDER.index(own[2025])
            assert int(said["higher"]) == sum(one in ORDER and ORDER.index(one) > place for one in others)
            assert int(said["lower"]) == sum(one in ORDER and ORDER.index(one) < place for one in others)
            assert int(said["equal"]) == others.count(own[2025])
        else:
            assert "higher" not in said


def test_the_headline_is_chosen_by_what_happened(tip: Publication) -> None:
    block, years = block_of(tip, ChangeBlock), years_of()
    assert isinstance(block, ChangeBlock)
    kinds = Counter[str]()
    for code in tip.tables["placements"].by_key:
        own, said = years[code], row_history.change(tip, block, code)
        assert said is not None
        then, other = own.get(2024), [year for year in own if own[year] != own[2025]]
        if then and then != own[2025]:
            kind = "بالا رفت" if ORDER.index(own[2025]) > ORDER.index(then) else "پایین آمد"
            again = "نیز در آن بود" if own[2025] in [own[year] for year in own if year < 2025] else "نخستین بار"
            assert again in said.sentence, code
        else:
            known_from = min(year for year in own if year > max(other, default=0))
            is_proven = known_from - 1 in own and is_known_alike(own, known_from, 2025)
            kind = f"از {tip.language.digits(known_from)} در" if is_proven else "در همۀ سال‌های معلوم"
            assert tip.language.digits(known_from) in said.sentence, code
        assert kind in said.sentence, code
        # It was alone only where that year is known of all others in its region.
        others = [years[one].get(min(own)) for one in tip.tables["placements"].alike("region", code) if one != code]
        told = own[min(own)] in others or None not in others
        assert (tip.language.digits(min(own)) in said.beginning) if told else said.beginning == ""
        kinds[kind] += 1
    assert (kinds["بالا رفت"], kinds["پایین آمد"]) == (20, 11)


def is_known_alike(years: dict[int, str], start: int, end: int) -> bool:
    """Whether each year from one to another is known, and has the choice of the last."""
    return all(years.get(year) == years[end] for year in range(start, end + 1))


def test_a_year_is_the_beginning_only_if_all_years_around_it_are_known() -> None:
    """Read anew, year by year, over random histories with gaps."""
    chosen = Random(59)
    for _ in range(3_000):
        end, density = 2000 + chosen.randint(0, 25), chosen.random()
        known = [year for year in range(2000, end) if chosen.random() < density]
        years = {year: chosen.choice("1233") for year in known} | {end: chosen.choice("123")}

        history = History(years, end)

        proven = [
            year
            for year in range(2001, end + 1)
            if is_known_alike(years, year, end) and years.get(year - 1, years[end]) != years[end]
        ]
        assert history.held_since == (proven[0] if proven else None)
        assert is_known_alike(years, history.unbroken_from, end)
        assert not is_known_alike(years, history.unbroken_from - 1, end)
        later = {choice for year, choice in years.items() if year >= history.known_from}
        before = [year for year in years if year < history.known_from]
        assert later == {years[end]}
        assert history.known_from in years
        assert history.last_other_year == (before[-1] if before else None)
        runs = [(a, b) for a in years for b in years if a <= b and is_known_alike(years, a, b)]
        most = max(b - a for a, b in runs)
        longest = [(a, b) for a, b in runs if b - a == most]
        assert history.longest_run == (longest[0] if len(longest) == 1 else None)


def with_random_history(tip: Publication, chosen: Random) -> Publication:
    """The shipped publication with other tiers: some years unknown, some cells blank, many ties."""
    density, tiers = chosen.random(), [*ORDER, "SC"][: chosen.randint(1, 5)]
    history, latest = tip.tables["history"], tip.tables["placements"]
    latest_rows = {key: {**row, "tier": chosen.choice(tiers)} for key, row in latest.by_key.items()}
    rows = {}
    for key in latest_rows:
        for year in range(2001, 2025):
            if chosen.random() < density:
                tier = chosen.choice([*tiers, ""])
                rows[f"{key},{year}"] = {
                    "iso3": key, "year": str(year), "tier": tier, "basis": "single", "sources": "crs",
                }  # fmt: skip
    tables = {
        "history": dataclasses.replace(history, by_key=rows, rows=tuple(rows.values()), lines=()),
        "placements": dataclasses.replace(latest, by_key=latest_rows, rows=tuple(latest_rows.values()), lines=()),
    }
    return dataclasses.replace(tip, tables={**tip.tables, **tables})


@pytest.mark.parametrize("seed", range(4))
def test_each_sentence_of_a_row_is_true_of_any_table(tip: Publication, seed: int) -> None:
    chosen = Random(seed)
    publication = with_random_history(tip, chosen)
    place = block_of(tip, ChangeBlock).location
    phrases = {
        "rose": "rose {then} {now}", "fell": "fell {then} {now}", "otherwise": "otherwise {then} {now}",
        "stayed": "since {held} {year}", "unknown_before": "from {known_from} {unknown} {year}",
        "known_years": "years {known_from} {year}", "always": "always {first}", "returned": "returned {last}",
        "first_time": "first", "company": "with {first} {names}", "alone": "alone {first}",
    }  # fmt: skip
    block = dataclasses.replace(
        block_of(tip, ChangeBlock), **{name: Phrase(phrase, place) for name, phrase in phrases.items()}
    )
    neighbours = block_of(tip, GroupsBlock)
    placements, past = publication.tables["placements"].by_key, publication.tables["history"].by_key
    all_years = {
        key: {
            **{year: tier for year in range(2001, 2025) if (tier := past.get(f"{key},{year}", {}).get("tier"))},
            2025: row["tier"],
        }
        for key, row in placements.items()
    }
    for key, years in all_years.items():
        now, then = years[2025], years.get(2024)
        moved = row_history.change(publication, block, key)
        assert moved
        kind, *words = latin_digits(moved.sentence).replace("؛", " ").split()
        other_years = [year for year in years if years[year] != now]
        if then and then != now:
            both = [ORDER.index(tier) for tier in (then, now) if tier in ORDER]
            assert kind == ("otherwise" if len(both) < 2 else "rose" if both[1] > both[0] else "fell")
            earlier = [year for year in years if years[year] == now and year < 2025]
            assert words[-2:] == ["returned", str(earlier[-1])] if earlier else words[-1] == "first"
        elif not other_years:
            assert (kind, words) == ("always", [str(min(years))])
        else:
            last = other_years[-1]
            start = int(words[0])
            assert words[-1] == str(last)
            assert all(years[year] == now for year in years if year >= start)
            is_proven = last == start - 1 and is_known_alike(years, start, 2025)
            assert (kind == "since") == is_proven
            if kind == "from":
                first, _, end = words[1].partition("–")
                assert [*range(int(first), int(end or first) + 1)] == [*range(last + 1, start)]
            if kind == "years":
                assert last == start - 1
        check_beginning(latin_digits(moved.beginning), key, publication, all_years)
        said = latin_digits(row_history.since_year(publication, neighbours, key))
        year = int(said.split()[-1])
        assert is_known_alike(years, year, 2025)
        is_proven = year - 1 in years and years[year - 1] != now
        assert said == (str(year) if is_proven else f"دست‌کم از {year}")
        assert is_proven or year - 1 not in years


def check_beginning(said: str, key: str, publication: Publication, all_years: dict[str, dict[int, str]]) -> None:
    """Whether the second line names all of the group that had the same choice in the first year."""
    first = min(all_years[key])
    others = [other for other in publication.tables["placements"].alike("region", key) if other != key]
    same = [other for other in others if all_years[other].get(first) == all_years[key][first]]
    is_known = all(first in all_years[other] for other in others)
    if first == 2025 or not (same or is_known):
        assert said == ""
    elif same:
        assert said.startswith(f"with {first} ")
        assert all(publication.tables["placements"].row_name(other) in said for other in same)
        assert len(re.split("[،؛]", said)) >= len(same)
    else:
        assert said == f"alone {first}"


def latin_digits(text: str) -> str:
    """A text with the digits of English."""
    return text.translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789"))


def test_no_headline_and_no_neighbour_of_the_shipped_sheets_rests_on_an_unknown_year(tip: Publication) -> None:
    block, neighbours, years_by_key = block_of(tip, ChangeBlock), block_of(tip, GroupsBlock), years_of()
    for key in tip.tables["placements"].by_key:
        years = years_by_key[key]
        headline = row_history.change(tip, block, key)
        assert headline
        if since := re.match(r"از (\d{4}) در .* است؛", latin_digits(headline.sentence)):
            assert years[int(since[1]) - 1] != years[2025]
            assert is_known_alike(years, int(since[1]), 2025)
        said = latin_digits(row_history.since_year(tip, neighbours, key))
        year = int(said.split()[-1])
        assert is_known_alike(years, year, 2025)
        assert (year - 1 in years) == (said == str(year))


def test_a_path_has_a_cell_for_each_year_known() -> None:
    html = compose_document(Session.open(TIP_2025), "country-TUR").html()
    table = html[html.index('<table class="years-of-choices">') : html.index('<div class="axis"')]
    rows = table.split("<tr>")[1:]
    own = years_of()["TUR"]
    for name, row in zip(["1", "2", "2WL", "3"], rows, strict=True):
        drawn = row.count('class="year') + row.count('class="hollow"')
        assert drawn == [*own.values()].count(name)
        assert drawn + row.count('class="other"') == len(own)
    assert table.count('class="hollow"') == 1, "2024 is inferred"


def words_of(html: str) -> Counter[str]:
    """The words that a sheet prints in its body, without its sources and their marks."""
    main = read_html(re.sub(r'<sup class="cite">.*?</sup>', "", html)).one("main")
    found, sources = (
        Counter(word for part in text.split() if (word := part.strip("،؛:.()«»")))
        for text in (" ".join(piece for _, piece in one.texts) for one in (main, main.one(kind="sources")))
    )
    return found - sources


def test_two_sheets_share_few_words() -> None:
    """Words of both, as often as both have them, to the words of the two: 2·shared ÷ (one + other)."""
    session = Session.open(TIP_2025)
    names = [name for name in session.documents if name.startswith("country-")]
    chosen = Random(33).sample(names, 40)
    words = {name: words_of(compose_document(session, name).html()) for name in chosen}
    shares = sorted(
        2 * (words[one] & words[other]).total() / (words[one] + words[other]).total()
        for one, other in combinations(chosen, 2)
    )
    assert shares[len(shares) // 2] <= SHARED_MEDIAN
    assert shares[-1] <= SHARED_MOST
