"""Hostile publications, PDFs, ledgers, command lines: the same few each time; more by `make fuzz`.

The harness finds what it looks for: each fault is planted into a sound command.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.examples import Example
from tests.fuzz.harness import Harness
from tests.fuzz.strategies import STRATEGIES

# An example costs 0.1 s, where something is typeset 0.5 to 1 s.
COUNTS = {
    "of_yaml": 20, "of_csv": 12, "of_workbook": 12, "of_words": 6, "of_translations": 12, "of_templates": 6,
    "of_styles": 4, "of_ledger": 20, "of_own_files": 8, "of_pdf": 20, "of_html": 6, "of_kinds": 15, "of_typed": 15,
    "of_environment": 8, "of_many": 4,
}  # fmt: skip
# Together half of the time; what they attack has quick tests in its own room.
SLOW = {"of_html", "of_pdf", "of_templates", "of_ledger", "of_environment"}
FOUND = sorted(Path(__file__).parent.glob("found/*.json"))


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    made = Harness(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in STRATEGIES]
)
def test_nothing_hostile_does_harm(harness: Harness, name: str, tmp_path: Path) -> None:
    @settings(
        max_examples=COUNTS[name], derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(STRATEGIES[name](harness))
    def nothing_is_found(example: Example) -> None:
        if found := harness.run(example):
            (tmp_path / "example.json").write_text(example.text(), "utf-8")
            pytest.fail(f"again: python -m tests.fuzz.hour {tmp_path}/example.json\n{found}", pytrace=False)

    nothing_is_found()


def test_what_was_found_once_stays_cured(harness: Harness) -> None:
    again = {file.name: harness.run(Example.read(file)) for file in FOUND}
    assert {name: found for name, found in again.items() if found} == {}


CHECK = Example(("check", "--publication", "pub"))
BEFORE = "import tipbrief.pipeline.inputs as s\ndef planted(folder):\n {}\ns.check_publication = planted"


def found(harness: Harness, example: Example, plant: str = "", seconds: float = 10) -> list[str]:
    return [finding.key for finding in harness.run(example, plant=plant, seconds=seconds)]


def test_a_sound_command_is_found_sound(harness: Harness) -> None:
    for words in ("check", "list", "build all", "build each --only AFG --deliver", "correct wells 9 --reason خطا"):
        assert found(harness, Example((*words.split(), "--publication", "pub"))) == []
    assert found(harness, Example(("verify", "out/wells-all.pdf"))) == []
    assert found(harness, Example(("list", "--publication", "pub"), own=True)) == []


@pytest.mark.parametrize(
    ("plant", "key"),
    [
        ("1 / 0", "check: "),
        ("import os; os._exit(9)", "check: ends with status 9"),
        ("raise SystemExit(1)", "check: ends with status 1 without a word"),
        ("open('outside/canary.txt', 'a').write('x')", "check: changes outside/canary.txt with status 1"),
        ("open('pub/figures.yaml', 'a').write('x')", "check: changes pub/figures.yaml with status 1"),
        ("import os; os.remove('out/manifest.json')", "check: removes out/manifest.json with status 1"),
        ("open('tmp/left', 'w')", "check: writes tmp/left with status 1"),
        ("print(open('outside/canary.txt').read())", "check: prints a file from outside"),
        ("import os; print(dict(os.environ))", "check: prints a file from outside"),
        ("print('\\x1b[2J')", "check: prints '\\x1b' as it is"),
        ("import subprocess; subprocess.Popen(['sleep', '60'])", "check: leaves a process behind"),
        ("import os; os.fork() or (os.setsid(), os.closerange(0, 9), __import__('time').sleep(60))",
         "check: leaves a process behind"),
    ],
)  # fmt: skip
def test_what_is_planted_is_found(harness: Harness, plant: str, key: str) -> None:
    print_first = "" if "Exit" in plant else "print('a word');"
    keys = found(harness, CHECK, BEFORE.format(f"{print_first}{plant}; raise SystemExit(1)"))
    assert any(one.startswith(key) for one in keys), keys


def test_requests_leaks_and_time_are_found(harness: Harness) -> None:
    ask = f"import socket; socket.create_connection(('127.0.0.1', {harness.web.rpartition(':')[2]}))"
    assert "check: asks the network" in found(harness, CHECK, ask)
    assert "check: waits for ever" in found(harness, CHECK, BEFORE.format("import time; time.sleep(60)"), 1)
    assert "check: computes for ever" in found(harness, CHECK, "while True: pass", 1)
    assert "check: takes more than 500 MB" in found(harness, CHECK, "x = bytearray(b'x') * 600_000_000")
    copied = "import shutil; shutil.copy('outside/canary.txt', 'cache/copied')"
    assert "check: leaks a file from outside into cache/copied" in found(harness, CHECK, copied)


def test_an_example_is_kept_in_a_file(tmp_path: Path) -> None:
    one = Example(("list", "\udcff"), {"a": b"\xff\x00", "b": None, "c": "fifo"}, {"A": "b"}, (1, 2), True, "note")
    (tmp_path / "one.json").write_text(one.text(), "utf-8")
    assert Example.read(tmp_path / "one.json") == one
