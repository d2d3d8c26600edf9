"""Plant faults that make wrong paper, one at a time, and list those that no test finds.

``python -m tools.mutants [WORDS…]``: all faults of ``mutants.yaml``, or those whose description or file has one of the
words. Each runs in a copy of the checkout, one copy for each core: first the quick tests that its entry names, then
``LAST_TESTS``, then the slow tests that it names, until one fails. Tests that fail without any fault prove nothing, and
are left out.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import yaml

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".yaml")
LAST_TESTS = [f"acceptance/test_{name}.py" for name in ("correct_and_deliver", "documents_per_row", "percentages")]
_COPIED = ("src", "tests", "templates", "data", "fonts", "docs", "tools", "pyproject.toml", "Makefile", "README.md")
_QUICK, _SLOW = ("not slow and not browser and not java", "slow and not browser and not java")
_SECONDS = 900  # a fault may make an endless loop: it is found, too
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.M)


@dataclass(frozen=True)
class Fault:
    """A small exact replacement in one file, and the tests that should find it."""

    wrong: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The file, from the root of a checkout."""
        return Path(self.file) if self.file.startswith("templates/") else Path("src", "tipbrief", self.file)


def read_faults(table: Path = TABLE) -> list[Fault]:
    """The faults of a table."""
    entries = yaml.safe_load(table.read_text(encoding="utf-8"))
    return [Fault(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


def find_outdated(faults: Iterable[Fault], root: Path = ROOT) -> list[str]:
    """What is wrong with the entries themselves: the text or a test is no longer there."""
    found = []
    for one in faults:
        count = (root / one.path).read_text(encoding="utf-8").count(one.old) if (root / one.path).is_file() else 0
        gone = [test for test in one.tests if not (root / "tests" / test).exists()]
        if count != 1 or one.new == one.old or gone:
            found.append(f"{one.wrong}: {', '.join(gone) or f'{one.file} has its text {count} times'}")
    return found


def main(words: Sequence[str]) -> None:
    """Print each fault and the test that finds it; the exit status is 1 if one survives, or is not there."""
    faults = [one for one in read_faults() if not words or any(word in one.wrong + one.file for word in words)]
    if outdated := find_outdated(faults):
        raise SystemExit("\n".join(["these faults cannot be planted: adapt tools/mutants.yaml", *outdated]))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        survivors = [one for one, killer in try_faults(faults, Path(folder)) if not killer]
    print(f"{len(faults)} faults, {len(survivors)} survive", *(one.wrong for one in survivors), sep="\n    ")
    raise SystemExit(bool(survivors))


def try_faults(faults: Sequence[Fault], folder: Path) -> Iterator[tuple[Fault, str]]:
    """Each fault with the test that finds it, in the order in which they end; an empty name if none does."""
    copies: SimpleQueue[Path] = SimpleQueue()
    cores = min(os.cpu_count() or 1, len(faults))
    for number in range(cores):
        copies.put(copy_checkout(folder / str(number)))
    every = [*dict.fromkeys(test for one in faults for test in (*one.tests, *LAST_TESTS))]
    parts = [every[number::cores] for number in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        known = {name for part in pool.map(lambda part: _run_in_copy(copies, part), parts) for name in part}
        for name in sorted(known):
            print(f"fails without a fault, and is left out: {name}", flush=True)
        running = {pool.submit(_try_fault, copies, one, known): one for one in faults}
        for done in as_completed(running):
            one, killer = running[done], done.result()
            print(f"{'found' if killer else 'SURVIVES'}: {one.wrong} ({killer or one.file})", flush=True)
            yield one, killer


def copy_checkout(to: Path) -> Path:
    """A copy of what the tests need of the checkout."""
    to.mkdir(parents=True)
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to / name)
    return to


def _run_in_copy(copies: SimpleQueue[Path], tests: Sequence[str]) -> list[str]:
    copy = copies.get()
    try:
        return run_tests(copy, tests, stop=False) if tests else []
    finally:
        copies.put(copy)


def _try_fault(copies: SimpleQueue[Path], fault: Fault, known: Collection[str]) -> str:
    """The test that finds a fault, planted in a free copy."""
    copy = copies.get()
    path = copy / fault.path
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
        stages = [(fault.tests, _QUICK), ([one for one in LAST_TESTS if one not in fault.tests], _QUICK)]
        stages.append((fault.tests, _SLOW))
        return next((found[0] for tests, kind in stages if (found := run_tests(copy, tests, known, kind))), "")
    finally:
        path.write_text(text, encoding="utf-8")
        copies.put(copy)


def run_tests(
    copy: Path, tests: Sequence[str], known: Collection[str] = (), kind: str = _QUICK, *, stop: bool = True
) -> list[str]:
    """The names of the tests of a kind that fail in a copy: all, or the first one."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", kind, "--tb=no"]
    command += ["-x"] * stop + [part for name in known for part in ("--deselect", name)]
    names = ("CI", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "FONTCONFIG_FILE")
    env = {name: value for name, value in os.environ.items() if name not in names}
    env |= {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [*command, *(f"tests/{test}" for test in tests)],
            cwd=copy, env=env, capture_output=True, text=True, check=False, timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ["no end"]
    if done.returncode not in (0, 1, 5):  # neither found nor not found: the run itself is broken
        return _FAILED.findall(done.stdout) or [f"pytest ends with {done.returncode}: {done.stderr[-200:]}"]
    return _FAILED.findall(done.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
