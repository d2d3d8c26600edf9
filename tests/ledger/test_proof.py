"""Every command that answers from the ledger or adds to it proves it as `check` does."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ledger.test_consistency import CHANGES
from tests.support import figures_brief, run, run_well, wells
from tipbrief.ledger.entry_file import parse_entry

REASON = "خطای رونویسی"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a publication that was delivered, corrected and delivered again, and its files."""
    home = tmp_path_factory.mktemp("proof")
    folder = wells(home / "wells", one=figures_brief("wells, newest"))
    where = ("--publication", folder)
    run_well("build", "--deliver", *where, "--out", home / "out")
    run_well("correct", "wells", "12346.5", "--reason", REASON, *where)
    run_well("build", "--deliver", *where, "--out", home / "out")
    run_well("build", "--deliver", "--paper", "a5", *where, "--out", home / "a5")
    return home


@pytest.fixture
def home(delivered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(delivered, tmp_path / "home"))


class _First:
    """A chance that always takes the first."""

    def choice(self, found: list[re.Match[str]]) -> re.Match[str]:
        return found[0]


def change_and_seal(ledger: Path, position: int, change: Callable[..., str]) -> bool:
    """Change an entry, and seal it and all entries after it anew; whether there was something to change."""
    files = sorted(ledger.glob("*.json"))
    seals: dict[str, str] = {}
    is_changed = False
    for index, file in enumerate(files):
        number, kind, seal = file.stem.split("-")
        text = file.read_text(encoding="utf-8")
        for old, new in seals.items():
            text = text.replace(f'"{old}"', f'"{new}"')
        if index == position:
            changed = change(kind, text, _First())
            is_changed = changed != text
            text = changed
        file.unlink()
        entry = parse_entry(text, int(number), file)
        seals[seal] = entry.seal
        file.with_name(entry.name).write_bytes(text.encode())
    return is_changed


def commands_on(home: Path) -> list[tuple[str | Path, ...]]:
    """Each command that answers from the ledger or adds to it."""
    folder, out = home / "wells", home / "out"
    where = ("--publication", folder)
    return [
        ("build", *where, "--out", out),
        ("build", "--deliver", *where, "--out", out),
        ("correct", "wells", "12347.5", "--reason", REASON, *where),
        ("correct", "wells", "12347.5", "--reason", REASON, "--deliver", *where, "--out", out),
        ("correct", "--undo", *where),
        ("status", "ONE/1", *where),
        ("status", out / "wells-one.pdf", *where),
        ("status", "ONE/1", "--ledger", folder / "ledger"),
        ("list", *where),
        ("diff", "ONE/1", "ONE/2", *where),
        ("merge", *where),
        ("site", *where, "--delivered", out, "--out", home / "site"),
        ("export", *where, "--out", home / "export"),
        ("mail", "one", "--to", "reader@example.org", "--out", home / "draft.eml", *where),
        ("mail", "--superseded", "--dry-run", *where),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("field", sorted(CHANGES.keys() - {"publication"}))
def test_what_check_refuses_every_command_refuses(home: Path, field: str) -> None:
    refused = 0
    for position in range(4):
        changed = Path(shutil.copytree(home, home.with_name(f"{field}-{position}".replace(" ", "-"))))
        ledger = changed / "wells" / "ledger"
        if not change_and_seal(ledger, position, CHANGES[field]):
            continue
        checked = run("check", "--publication", changed / "wells")
        faults = re.findall(r"this entry does not follow from those before it: [^\n]+", checked.output)
        entries = {file.name: file.read_bytes() for file in ledger.iterdir()}
        for words in commands_on(changed) if faults else ():
            done = run(*words)
            assert done.exit_code in (1, 2), f"{field} {position} {words}\n{done.output}"
            assert faults[0] in done.output, f"{field} {position} {words}\n{done.output}"
        assert {file.name: file.read_bytes() for file in ledger.iterdir()} == entries
        refused += bool(faults)
    assert refused


def test_a_sound_ledger_is_refused_by_none(home: Path) -> None:
    for words in commands_on(home):
        assert "does not follow" not in run(*words).output
