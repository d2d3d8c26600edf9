"""Consistency: a ledger in which an entry was changed and sealed anew is refused, and the entry is named."""

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.ledger.samples import DAY, corrected, grown, sample
from tests.support import ROOT
from tipbrief.ledger.consistency import find_faulty_entries
from tipbrief.ledger.entries import Withdrawal
from tipbrief.ledger.entry_file import parse_entry
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.ledger_folder import read_ledger
from tipbrief.pipeline import ledger_proof
from tipbrief.problems import Problem

SHIPPED = ROOT / "data" / "tip-2025"
Texts = list[tuple[str, str]]  # kind and text of each entry


@cache
def shipped() -> Texts:
    files = read_ledger(SHIPPED, "").entry_files
    return [(file.kind, file.raw_bytes.decode()) for file in files]


def sealed(texts: Texts, seals: list[str]) -> Ledger:
    """A ledger of these texts, in which each entry names the new seals of those before it."""
    files, new = [], dict[str, str]()
    for number, ((_, text), seal) in enumerate(zip(texts, seals, strict=True), 1):
        for old, now in new.items():
            text = text.replace(f'"{old}"', f'"{now}"', 1)
        files.append(parse_entry(text, number, Path(f"{number:04}.json")))
        new[seal] = files[-1].seal
    return Ledger(files[0].head["publication"], files)


def change_texts(
    pattern: str, new: Callable[[str], str], kinds: str = "delivery"
) -> Callable[[str, str, random.Random], str]:
    """Replaces one random match of the pattern in the text of an entry of these kinds; the value is its group."""

    def change(kind: str, text: str, chance: random.Random) -> str:
        found = [*re.finditer(pattern, text)] if re.fullmatch(kinds, kind) else []
        if not found:
            return text
        one = chance.choice(found)
        return text[: one.start(1)] + new(one[1]) + text[one.end(1) :]

    return change


def other_hex(value: str) -> str:
    return value[:-1] + ("0" if value[-1] != "0" else "1")


EDITION = r'\{"edition": "[^"]+", "number": \d+, "code": "[0-9a-f]+"'
CHANGES = {
    "code": change_texts(r'\{"edition": "[^"]+", "number": \d+, "code": "([0-9a-f]+)"', other_hex),
    "number": change_texts(r'\{"edition": "[^"]+", "number": (\d+)', lambda number: str(int(number) + 1)),
    "brief": change_texts(r'\{"edition": "([^"]+)"', lambda name: f"{name}x"),
    "content": change_texts(r'"content": "([0-9a-f]{64})"', other_hex),
    "data": change_texts(r'"data": "([0-9a-f]{64})"', other_hex),
    "value": change_texts(EDITION + r'[^\n]*"(?:prints|changed)": \{"[^"]+": "([^"]*)"', lambda value: value + "0"),
    "name": change_texts(EDITION + r'[^\n]*"(?:prints|changed)": \{"([^"]+)"', lambda name: f"x{name}"),
    "reprint": change_texts(r'\{"reprint": "[^"]+", "number": \d+, "code": "([0-9a-f]+)"', other_hex),
    "reprint number": change_texts(r'\{"reprint": "[^"]+", "number": (\d+)', lambda number: str(int(number) + 7)),
    "day": change_texts(r'"date": "([0-9-]+)"', lambda day: "2031-01-01" if "edition" in day else "2031-01-02", ".*"),
    "earlier day": change_texts(r'"date": "([0-9-]+)"', lambda day: "2020-01-01", ".*"),
    "was": change_texts(r'"was": "([^"]*)"', lambda value: value + "0", "correction|revision"),
    "now": change_texts(r'"now": "([^"]*)"', lambda value: value + "0", "correction|revision"),
    "publication": change_texts(r'"publication": "([^"]+)"', lambda name: f"{name}x", ".*"),
}
# The day of the last entry may be any later one; that of the first any earlier one, if it has no edition.
LATER = {"day"}


@pytest.mark.slow
@pytest.mark.parametrize("field", CHANGES)
def test_each_changed_field_of_each_entry_is_refused_and_the_entry_named(field: str) -> None:
    """Each field of each entry of the shipped ledger, changed at random and sealed anew with all entries after it."""
    texts = shipped()
    seals = [file.seal for file in read_ledger(SHIPPED, "").entry_files]
    chance, changed = random.Random(field), 0
    for at, (kind, text) in enumerate(texts):
        other = CHANGES[field](kind, text, chance)
        if other == text or (field in LATER and at == len(texts) - 1 and '"edition"' not in text):
            continue
        changed += 1
        book = sealed([*texts[:at], (kind, other), *texts[at + 1 :]], seals)
        named = {int(str(one.file)[:4]) - 1 for one in find_faulty_entries(book)}
        if field == "publication":
            continue  # the reader of the folder refuses it before
        assert named, f"{field} of entry {at + 1} was changed"
        assert min(named) >= at
        assert at in named or field in ("now", "was", "day")
    assert changed >= 4


def test_a_sound_ledger_is_proven_also_after_an_undo() -> None:
    assert [*find_faulty_entries(read_ledger(SHIPPED, ""))] == []
    book = sample()
    assert [*find_faulty_entries(book)] == []
    undone = book.with_entries([Withdrawal(date=DAY, withdrawn_ids=(book.entry_files[-1].seal,))])
    assert [*find_faulty_entries(grown(undone, corrected("two", "7", "9"), "world"))] == []
    (found,) = find_faulty_entries(book.with_entries([Withdrawal(date=DAY, withdrawn_ids=("0123456789ab",))]))
    assert "nothing before it is named '0123456789ab'" in found.message


def test_a_proof_is_remembered_and_a_fault_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    book, proofs = sample(), list[Ledger]()

    def prove(ledger: Ledger) -> list[Problem]:
        proofs.append(ledger)
        return [*find_faulty_entries(ledger)]

    monkeypatch.setattr(ledger_proof, "find_faulty_entries", prove)
    assert ledger_proof.find_ledger_faults(book) == ledger_proof.find_ledger_faults(book) == []
    assert len(proofs) == 1
    texts = [(file.kind, file.raw_bytes.decode()) for file in book.entry_files]
    texts[0] = ("delivery", CHANGES["content"](*texts[0], random.Random(1)))
    forged = sealed(texts, [file.seal for file in book.entry_files])
    for _ in range(2):
        (found,) = ledger_proof.find_ledger_faults(forged)
        assert found.file == Path("0001.json")
        assert "WORLD/1 was changed by hand: its code" in found.message
    assert len(proofs) == 3
