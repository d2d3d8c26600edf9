"""Entries of whatever a stranger writes, under names that fit them: a sound ledger, or problems."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.samples import DAY, SUM, corrected, write_sealed
from tipbrief.ledger.consistency import require_readable_entries
from tipbrief.ledger.editions import list_change_notices
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.ledger_folder import append_entry, merge_entries, read_ledger, read_with_conflicts
from tipbrief.ledger.status import find_status_by_code, find_status_by_pdf
from tipbrief.problems import Problem, Problems

T = TypeVar("T")
WORDS = st.sampled_from(["", "a", "world", "one", "33", "AFG", "../x", "a b", "\u202e", "\x1b[2J", "\ud800", "x" * 300])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=4,
)


def mostly(*right: Any) -> st.SearchStrategy[Any]:
    """Now and then something else."""
    return st.integers(0, 50).flatmap(lambda chance: VALUES if chance == 13 else st.sampled_from(right))


PRINTS = st.dictionaries(st.sampled_from(["one", "two"]), mostly("33", "2WL"), max_size=3)
DELIVERED = st.fixed_dictionaries(
    {"number": mostly(1, 2, 3), "code": mostly("9f2c", "0a1b", "9f2c0a1b"), "content": mostly(SUM)},
    optional={
        "pdf": mostly(SUM, "cd" * 32), "prints": PRINTS | mostly({}), "changed": PRINTS | mostly({}),
        "no longer": mostly([], ["one"]), "date": mostly(DAY.iso()),
    },
)  # fmt: skip
LINES = {
    "delivery": st.tuples(
        mostly("edition", "edition", "reprint").map(str), mostly("world", "country-AFG"), DELIVERED
    ).map(lambda made: {made[0]: made[1], **made[2]}),
    "correction": st.fixed_dictionaries(
        {"name": mostly("one", "two"), "was": mostly("33"), "now": mostly("34")},
        optional={"also": st.dictionaries(WORDS, mostly(["1", "2"]), max_size=2)},
    ),
    "withdrawal": mostly("WORLD/1 · 9f2c", "COUNTRY-AFG/1 · 0a1b"),
}


@st.composite
def entries(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any], int]:
    """Head and facts of an entry, and whether it comes after the one before."""
    kind = draw(st.sampled_from([*LINES]))
    head = draw(
        st.fixed_dictionaries(
            {
                "publication": mostly("tip"),
                "kind": mostly(kind),
                "date": mostly(DAY.iso()),
                "data": mostly(SUM),
            },
            optional={"source": mostly("who"), "name": mostly("one")},
        )
    )
    reason = {"reason": draw(mostly("چاپ"))} if kind == "correction" else {}
    return head | reason, draw(st.lists(LINES[kind], min_size=1, max_size=3)), draw(st.integers(0, 3))


def written(value: Any) -> str:
    """JSON as we write it, but for what cannot be written so."""
    text = json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if "\ud800" in text else text


def asked(folder: Path) -> Iterator[Callable[[], object]]:
    """All that a command asks of a ledger."""
    known = read_with_conflicts(folder, "")
    yield partial(read_ledger, folder, "")
    yield partial(require_readable_entries, known)
    yield lambda: known.latest_values
    yield lambda: [
        (known.valid_editions(brief), list_change_notices(known, brief), known.history(brief)) for brief in known.briefs
    ]
    yield lambda: [part_of(known, brief, folder) for brief in known.briefs]
    for text in ("WORLD/1", "9f2c", "world/2 · 0a1b", "x"):
        yield partial(find_status_by_code, known, text)
    claims = {"publication": "tip", "brief": "world", "number": 1, "code": "9f2c"}
    for pdf in (SUM, "cd" * 32):
        yield partial(find_status_by_pdf, known, pdf, claims)
    yield partial(append_entry, folder, known, [corrected("one", "33", "34")])
    yield partial(merge_entries, folder, [known.entry_files[-1].seal], DAY)


def told_by(ask: Callable[[], T]) -> tuple[list[Problem], T | None]:
    """The problems that an answer meets, each of which can be printed; and the answer."""
    try:
        return [], ask()
    except Problems as raised:
        for problem in raised.problems:
            problem.format().encode()
        return raised.problems, None


def part_of(known: Ledger, brief: str, folder: Path) -> None:
    """What a PDF takes along of a brief can be read."""
    if last := known.last_edition(brief):
        (folder / "part.json").write_text(known.format_extract_until(last), "utf-8")
        read_ledger(folder / "part.json", "")


@given(st.lists(entries(), min_size=1, max_size=4))
@settings(max_examples=80)
def test_any_entries_are_a_sound_ledger_or_problems(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[dict[str, Any], list[Any], int]]
) -> None:
    folder, seals = tmp_path_factory.mktemp("any"), list[str]()
    for number, (head, lines, back) in enumerate(made, 1):
        after = seals[-1:] if back else []
        keys = "".join(f"{written(key)}: {written(value)},\n" for key, value in {**head, "after": after}.items())
        body = ",\n".join(written(line) for line in lines)
        whole = f'{{\n{keys}"facts": [\n{body}\n]\n}}\n'
        seals.append(write_sealed(folder, number if back else 1, str(head["kind"]), whole))
    problems, asks = told_by(lambda: [*asked(folder)])
    assert all(problem.hint and problem.file for problem in problems)
    for ask in asks or ():
        told_by(ask)


@given(
    VALUES
    | st.fixed_dictionaries(
        {"publication": mostly("tip"), "facts": st.lists(st.one_of(*LINES.values(), VALUES), max_size=3)}
    )
)
def test_any_ledger_that_a_pdf_carries(tmp_path_factory: pytest.TempPathFactory, whole: Any) -> None:
    file = tmp_path_factory.mktemp("any") / "ledger.json"
    file.write_text(json.dumps(whole), "utf-8")
    problems, known = told_by(lambda: read_ledger(file, ""))
    assert {problem.file for problem in problems} <= {file}
    for brief in known.briefs if known else ():
        told_by(partial(list_change_notices, known, brief))
