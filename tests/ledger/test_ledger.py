"""What entries say together, also where two people wrote beside each other; and how long they are."""

import json
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.samples import DAY, SUM, along, corrected, delivered, grown, sample
from tests.support import problem_of, told_by
from tipbrief.ledger import entries, entry_file
from tipbrief.ledger.editions import list_change_notices
from tipbrief.ledger.entries import Change, Edition, Fact, Reprint, format_cell_name
from tipbrief.ledger.entry_file import parse_entry
from tipbrief.ledger.ledger import Ledger

# ---- what is written is read ----

WORDS = st.one_of(
    st.text(
        # What a dataset can hold: read_text refuses the rest.
        st.characters(
            exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufffe\uffff\ufeff",
            include_characters="\t\n",
        ),
        max_size=30,
    ),
    st.sampled_from(
        ["", "#", "007", "1e5", "null", "%41", "it's", '"q"', "\\", "a\nb", "{\n", '"facts": [\n', "\n]\n}\n",
         '"edition": "', '",\n{', "می\u200cشود", "\u2066x\u2069", "=======", "x" * 300]
    ),
)  # fmt: skip
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True) | st.sampled_from(["no", "reason", "figures"])
BRIEFS = NAMES | st.sampled_from(["country-AFG", "country-ABW-2015"])
CELLS = st.builds(entries.format_cell_name, NAMES, WORDS, NAMES)
HASHES = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    """Facts in order, of any words."""
    book, known, made = Ledger("tip"), dict[str, str](), list[Fact]()
    for kind in draw(st.lists(st.sampled_from(["edition", "change", "reprint"]), max_size=8)):
        fact: Fact
        if kind == "edition":
            prints = draw(st.dictionaries(NAMES | CELLS, WORDS, max_size=6))
            prints = {name: known.setdefault(name, value) for name, value in prints.items()}
            hashes = {name: draw(HASHES) for name in ("content", "pdf")}
            fact = delivered(book, draw(BRIEFS), prints, **hashes, data=draw(st.sampled_from([SUM, "0" * 64])))
        elif kind == "change":
            steps = draw(st.dictionaries(NAMES | CELLS, st.tuples(WORDS, WORDS), min_size=1, max_size=4))
            steps = {name: (known.get(name, was), now) for name, (was, now) in steps.items()}
            known |= {name: now for name, (_, now) in steps.items() if name in known}
            (name, (was, now)), *others = steps.items()
            fact = Change(
                kind=draw(st.sampled_from(["correction", "revision"])), name=name, was=was, now=now,
                date=DAY, reason=draw(WORDS.filter(str.strip)), source=draw(st.just("") | NAMES),
                also=dict(others),
            )  # fmt: skip
        else:
            editions = [one for one in made if isinstance(one, Edition)]
            if not editions:
                continue
            one = draw(st.sampled_from(editions))
            fact = Reprint(brief=one.brief, number=one.number, date=DAY, pdf=draw(HASHES))
        book = book.with_entries([fact])
        made.append(fact)
    return made


@given(facts())
@settings(max_examples=120)
def test_what_is_written_is_read(made: list[Fact]) -> None:
    book = Ledger("tip").with_entries(made)
    again = Ledger("tip", [parse_entry(file.raw_bytes.decode(), file.number, Path()) for file in book.entry_files])
    editions = [one for one in made if isinstance(one, Edition)]
    for brief in {one.brief for one in editions}:
        assert again.valid_editions(brief) == [one for one in editions if one.brief == brief]
        assert again.last_edition(brief) == again.valid_editions(brief)[-1]
    assert again.changes == [one for one in made if isinstance(one, Change)]
    for one in editions:
        pdfs = {other.pdf for other in made if isinstance(other, Edition | Reprint)
                and (other.brief, other.number) == (one.brief, one.number)}  # fmt: skip
        assert again.pdf_hashes(one) == pdfs


@given(st.lists(st.sets(st.integers(0, 3)), min_size=2, max_size=12), st.lists(WORDS, min_size=12, max_size=12))
@settings(max_examples=60)
def test_values_that_many_editions_print_stand_once(holdings: list[set[int]], words: list[str]) -> None:
    """Each edition prints some of four columns. What is read is what was written, and notices reach who prints it."""
    cells = {format_cell_name("t", f"{at}", f"c{at % 4}"): word for at, word in enumerate(words)}
    columns = [{name: word for name, word in cells.items() if name.endswith(f".c{at}")} for at in range(4)]
    prints = [{"own": f"{at}", **{k: v for one in sorted(held) for k, v in columns[one].items()}}
              for at, held in enumerate(holdings)]  # fmt: skip
    book = Ledger("tip")
    made = [delivered(book, f"row-{at}", one) for at, one in enumerate(prints)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry_file, "_MIN_SHARING", 2)
        patch.setattr(entry_file, "_MIN_SHARED", 2)
        book = book.with_entries(made)
    text = book.entry_files[0].raw_bytes.decode()
    again = Ledger("tip", [parse_entry(text, 1, Path())])
    assert [again.last_edition(one.brief) for one in made] == made
    assert again.latest_values.keys() == {name for one in prints for name in one}
    for at, column in enumerate(columns):
        holders = [f"row-{number}" for number, held in enumerate(holdings) if at in held]
        if len(holders) > 1:
            assert all(text.count(f"{json.dumps(name, ensure_ascii=False)}: ") == 1 for name in column)
        name, was = next(iter(column.items()))
        later = again.with_entries([corrected(name, was, was + "x")])
        assert {*holders} <= {*later.briefs_with_notices}
        assert {brief for brief in later.briefs if list_change_notices(later, brief)} == {*holders}
        assert {brief for brief in later.briefs if name in later.last_edition(brief).prints} == {*holders}


def test_a_line_that_names_shared_values_which_are_not_there_is_reported() -> None:
    book = Ledger("tip")
    prints = {format_cell_name("t", f"{at}", "c"): "1" for at in range(20)}
    book = book.with_entries(delivered(book, f"row-{at}", prints) for at in range(20))
    text = book.entry_files[0].raw_bytes.decode()
    for damage in ('"shares": [1]', '"shares": [-1]', '"shares": ["0"]', '"shares": 0', '"shares": [{}]'):
        damaged = Ledger("tip", [parse_entry(text.replace('"shares": [0]', damage), 1, Path())])
        assert "this entry of the ledger cannot be read" in problem_of(damaged.last_edition, "row-3").message
    for damage in ('"shared": [[]]', '"shared": {}', '"shared": [1]'):
        with pytest.raises(ValueError, match="shared"):
            parse_entry(re.sub('"shared": .*(?=,\n)', damage, text), 1, Path())


def test_an_entry_to_read() -> None:
    """Its form: one fact a line, and what is known not said again. Changing it breaks every ledger."""
    book = Ledger("tip")
    prints = {"no": "33", "placements[AFG].tier": "2WL", "placements[a b].tier": ""}
    book = grown(book, delivered(book, "no", prints, pdf=SUM))
    change = replace(corrected("no", "33", "034"), source="voa-fa", also={"sum": ("1 -> 2", "")})
    later = {"no": "034", "placements[AFG].tier": "2WL", "new": "1"}
    book = grown(book, change)
    book = grown(book, delivered(book, "no", later), Reprint(brief="no", number=2, date=DAY, pdf=SUM))
    ends = [file.seal for file in book.entry_files]
    codes = [one.code for one in book.valid_editions("no")]
    assert b"".join(file.raw_bytes for file in book.entry_files).decode() == (
        f"""\
{{
"publication": "tip",
"kind": "delivery",
"date": "2026-11-25",
"data": "{SUM}",
"after": [],
"facts": [
{{"edition": "no", "number": 1, "code": "{codes[0]}", "content": "{SUM}", "pdf": "{SUM}", \
"prints": {{"no": "33", "placements[AFG].tier": "2WL", "placements[a b].tier": ""}}}}
]
}}
{{
"publication": "tip",
"kind": "correction",
"date": "2026-11-25",
"reason": "اشتباه چاپی",
"source": "voa-fa",
"after": ["{ends[0]}"],
"facts": [
{{"name": "no", "was": "33", "now": "034", "also": {{"sum": ["1 -> 2", ""]}}}}
]
}}
{{
"publication": "tip",
"kind": "delivery",
"date": "2026-11-25",
"data": "{SUM}",
"after": ["{ends[1]}"],
"facts": [
{{"edition": "no", "number": 2, "code": "{codes[1]}", "content": "{SUM}", \
"prints": {{"new": "1"}}, "changed": {{"no": "034"}}, "no longer": ["placements[a b].tier"]}}
]
}}
{{
"publication": "tip",
"kind": "delivery",
"date": "2026-11-25",
"after": ["{ends[2]}"],
"facts": [
{{"reprint": "no", "number": 2, "code": "{codes[1]}", "pdf": "{SUM}"}}
]
}}
"""
    )
    assert book.entry_files[1].name == f"0002-correction-{ends[1]}.json"


def test_a_delivery_of_many_documents_is_one_entry_and_so_are_the_values_of_one_correction() -> None:
    book = Ledger("tip")
    made: list[Fact] = [Reprint(brief="world", number=1, date=DAY, pdf="12" * 32)]
    made += [delivered(book, brief, {"one": "1"}) for brief in ("world", "country-AFG")]
    book = book.with_entries([*made, corrected("one", "1", "2"), corrected("two", "1", "2")])
    assert [file.kind for file in book.entry_files] == ["delivery", "correction"]
    assert told_by(book) == ["WORLD/1", "COUNTRY-AFG/1", "again WORLD/1", "one", "two"]
    # What cannot be told at one moment is told one after the other.
    book = book.with_entries([corrected("one", "2", "3"), corrected("one", "3", "4"), corrected("one", "4", "5", "x")])
    assert told_by(book)[5:] == ["one", "one", "one"]
    assert len(book.entry_files) == 5


def test_what_is_in_it() -> None:
    book = sample()
    first, second = book.valid_editions("world")
    assert (first.name, second.name) == ("WORLD/1", "WORLD/2")
    assert (book.last_edition("world"), book.last_edition("nothing")) == (second, None)
    assert (book.next_number("world"), book.next_number("nothing")) == (3, 1)
    assert [change.name for change in book.changes_after(first)] == ["one"]
    assert [change.name for change in book.changes_after(second)] == ["two"]
    assert [change.name for change in book.changes_after(book.valid_editions("country-AFG")[0])] == ["one", "two"]
    assert book.pdf_hashes(first) == {"cd" * 32}
    assert book.pdf_hashes(second) == {"12" * 32}
    assert [book.find_by_pdf(pdf * 32) for pdf in ("cd", "12", "ab", "ef")] == [first, second, None, None]
    assert book.latest_values == {"one": "34", "two": "8", "placements[AFG].tier": "2WL"}
    assert sample() == book
    assert book not in (grown(book, corrected("two", "8", "9")), "book")
    (one,) = book.valid_editions("country-AFG")
    assert pickle.loads(pickle.dumps(one)) == one, "it goes to another process with what it prints"
    assert dict(one.prints) == {"one": "33", "placements[AFG].tier": "2WL"}


def beside(base: Ledger, *sides: list[Fact | str]) -> Ledger:
    """A ledger as version control joins it: the entries of both sides, none of which knows the other's."""
    files = {file.name: file for side in sides for file in grown(base, *side).entry_files}
    return Ledger(base.publication, sorted(files.values(), key=lambda file: (file.number, file.name)))


def test_each_side_printed_what_it_knew() -> None:
    """Each corrected something and delivered a document that prints both; neither order would be true."""
    book = Ledger("tip")
    first = [delivered(book, brief, {"one": "1", "two": "2"}) for brief in ("world", "country-AFG")]
    base = book.with_entries(first)
    joined = beside(base, [corrected("one", "1", "10"), "world"], [corrected("two", "2", "20"), "country-AFG"])
    world, afghan = (joined.last_edition(brief) for brief in ("world", "country-AFG"))
    assert world
    assert afghan
    assert (dict(world.prints), dict(afghan.prints)) == ({"one": "10", "two": "2"}, {"one": "1", "two": "20"})
    assert [[one.name for one in joined.changes_after(edition)] for edition in (world, afghan)] == [["two"], ["one"]]
    assert joined.latest_values == {"one": "10", "two": "20"}
    # Who writes next knows both.
    later = grown(joined, "world")
    assert sorted(later.entry_files[-1].head["after"]) == sorted(file.seal for file in joined.entry_files[-2:])
    assert dict(later.valid_editions("world")[-1].prints) == {"one": "10", "two": "20"}
    assert later.changes_after(later.valid_editions("world")[-1]) == []
    assert [one.name for one in later.changes_after(world)] == ["two"]
    # And a PDF takes along what its own side knew.
    part = along(later, later.valid_editions("world")[-1])
    assert part.valid_editions("world") == later.valid_editions("world")
    assert sorted(told_by(part)) == ["WORLD/1", "WORLD/2", "WORLD/3", "one", "two"]


def test_what_was_corrected_before_it_was_printed_elsewhere() -> None:
    base = grown(Ledger("tip"), delivered(Ledger("tip"), "world", {"one": "1"}))
    new = delivered(base, "country-AFG", {"new": "1"})
    for sides in ([corrected("new", "1", "2")], [new]), ([new], ["world", corrected("new", "1", "2")]):
        joined = beside(base, *sides)
        assert joined.latest_values["new"] == "2"
        (afghan,) = joined.valid_editions("country-AFG")
        assert dict(afghan.prints) == {"new": "1"}
        assert [one.name for one in joined.changes_after(afghan)] == ["new"]


def test_what_is_known_is_not_said_again() -> None:
    """More deliveries of all documents, each after a correction."""
    book = Ledger("tip")
    cells = {f"placements[K{number:03}].tier": "2WL" for number in range(200)}
    briefs = [f"country-K{number:03}" for number in range(40)]
    values = {**cells, "one": "0"}
    book = book.with_entries([delivered(book, brief, values, pdf=SUM) for brief in briefs])
    for number in range(1, 6):
        book = grown(book, corrected("one", str(number - 1), str(number)))
        values = {**values, "one": str(number)}
        book = book.with_entries([delivered(book, brief, values, pdf=SUM) for brief in briefs])
        # Hashes and codes, and no name or value that was printed before.
        assert len(book.entry_files[-1].raw_bytes.decode()) < 250 * len(briefs)
        assert b"K000]" not in book.entry_files[-1].raw_bytes
    assert dict(book.valid_editions(briefs[-1])[3].prints) == {**cells, "one": "3"}
