"""What many tests need: the command in this process, an edit of a file."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from tipbrief.cli.main import main
from tipbrief.ledger.ledger import Ledger

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden" / "publication"


def run(*words: str | Path, **environment: str) -> Result:
    """The command with these words, in this process."""
    return CliRunner(env=environment).invoke(main, [str(word) for word in words])


def change(file: Path, old: str, new: str) -> None:
    """Put ``new`` in the place of the only ``old`` in a file."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} has {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def told_by(ledger: Ledger) -> list[str]:
    """What the entries tell, in order: ``ONE/1``, ``again ONE/1``, ``wells``, ``without ONE/1``."""
    found = []
    for file in ledger.files:
        for line in range(len(file.lines)):
            fact = file.fact(line)
            brief = fact.get("edition") or fact.get("reprint")
            kind = "without " if file.kind == "withdrawal" else "again " if "reprint" in fact else ""
            found.append(
                kind + (f"{brief.upper()}/{fact['number']}" if brief else fact.get("name", "a change"))
            )
    return found
