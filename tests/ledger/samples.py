"""Ledgers for the tests."""

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from tipbrief.cli import terminal
from tipbrief.cli.edition_commands import show_status
from tipbrief.language.dates import Date
from tipbrief.ledger.editions import create_edition, hash_content
from tipbrief.ledger.entries import Change, ChangeKind, Edition, Fact, Reprint
from tipbrief.ledger.entry_file import ENTRY_KINDS, parse_entry
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.ledger_folder import LEDGER_FOLDER, read_ledger
from tipbrief.ledger.status import Status

DAY = Date(2026, 11, 25)
SUM = "ab" * 32


def delivered(book: Ledger, brief: str, prints: dict[str, str], **given: str) -> Edition:
    """The next edition of a brief, with its code."""
    sums = {"content": SUM, "data": SUM, **given}
    pdf = sums.pop("pdf", "")
    return replace(create_edition(book, brief, date=DAY, prints=prints, **sums), pdf=pdf)


def summary(found: Status, *, first: str = "", isolate: bool = False) -> str:
    """What the command `status` prints; on a terminal it isolates values."""
    with patch.object(terminal, "is_terminal", lambda **_: isolate), terminal.record_output() as recording:
        show_status(found, first)
    return "\n".join(text for text, _ in recording).replace("\u200e", "")  # beside arrows


def corrected(name: str, was: str, now: str, reason: str = "اشتباه چاپی") -> Change:
    return Change(kind="correction", name=name, was=was, now=now, date=DAY, reason=reason)


def grown(book: Ledger, *steps: Fact | str) -> Ledger:
    """A ledger with an entry for each fact; a word is a brief that is delivered as things are then."""
    for step in steps:
        last = book.last_edition(step) if isinstance(step, str) else None
        known = {name: book.latest_values[name] for name in (last.prints if last else book.latest_values)}
        book = book.with_entries([delivered(book, step, known) if isinstance(step, str) else step])
    return book


def sample() -> Ledger:
    """WORLD/1, COUNTRY-AFG/1, a correction, WORLD/2, a reprint of it, a correction."""
    book = Ledger("tip")
    book = grown(book, delivered(book, "world", {"one": "33", "two": "7"}, pdf="cd" * 32))
    book = grown(book, delivered(book, "country-AFG", {"one": "33", "placements[AFG].tier": "2WL"}))
    book = grown(book, corrected("one", "33", "34"))
    book = grown(book, delivered(book, "world", {"one": "34", "two": "7"}, content="ef" * 32))
    return grown(book, Reprint(brief="world", number=2, date=DAY, pdf="12" * 32), corrected("two", "7", "8"))


def deliver(book: Ledger, brief: str, pdf: str = "", /, **prints: str) -> Ledger:
    """The ledger with the next edition of a brief."""
    return book.with_entries([delivered(book, brief, prints, content=hash_content("", prints), pdf=pdf)])


def change(
    book: Ledger, name: str, was: str, now: str, kind: ChangeKind = "correction", reason: str = "چاپ", **also: str
) -> Ledger:
    steps = {name: tuple(text.split(">")) for name, text in also.items()}
    entry = Change(
        kind=kind, name=name, was=was, now=now, date=Date(2026, 11, 26), reason=reason,
        also={name: (was, now) for name, (was, now) in steps.items()},
    )  # fmt: skip
    return book.with_entries([entry])


def along(book: Ledger, one: Edition) -> Ledger:
    """What the PDF of an edition takes along, as it is read from there; it takes the same along again."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ledger.json").write_text(book.format_extract_until(one), "utf-8")
        again = read_ledger(Path(folder), book.publication)
    assert again.format_extract_until(one) == book.format_extract_until(one)
    return again


def write_sealed(folder: Path, number: int, kind: str, text: str) -> str:
    """Write an entry under the name that fits it, if it can have any; its seal."""
    try:
        seal = parse_entry(text, number, folder).seal
    except ValueError:
        seal = hashlib.sha256(text.encode()).hexdigest()[:12]
    name = f"{number:04}-{kind if kind in ENTRY_KINDS else 'delivery'}-{seal}.json"
    (folder / LEDGER_FOLDER).mkdir(exist_ok=True)
    (folder / LEDGER_FOLDER / name).write_text(text, "utf-8")
    return seal


FIRST = deliver(Ledger("tip"), "world", one="33", two="7")
