"""Every fault that an editor can make: a small broken publication, and exactly what `tipbrief check` prints.

Each folder of ``broken`` holds the files that are changed in the sound ``broken/base``, the names of those that
are taken away in ``removed.txt``, and the whole printed text in ``expected.txt``, which --refresh-expected writes.
"""

import contextlib
import difflib
import os
import shutil
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import find_faults, problem_of, run
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import load_publication
from tipbrief.fonts import font_library
from tipbrief.problems import Problems

BROKEN = Path(__file__).parents[1] / "broken"
CASES = sorted(path.name for path in BROKEN.iterdir() if path.is_dir() and path.name != "base")
NOT_COPIED = shutil.ignore_patterns("expected.txt", "removed.txt")


def lay_out(folder: Path, case: str = "base") -> Path:
    """The base publication with the files of a case laid over it."""
    shutil.copytree(BROKEN / "base", folder)
    if case != "base":
        shutil.copytree(BROKEN / case, folder, ignore=NOT_COPIED, dirs_exist_ok=True)
        removed = BROKEN / case / "removed.txt"
        for name in removed.read_text(encoding="utf-8").split() if removed.exists() else ():
            (folder / name).unlink()
    return folder


def checked(folder: Path) -> str:
    """What `tipbrief check` prints about a folder to standard error, run inside it."""
    with contextlib.chdir(folder):
        done = run("check", "--publication", ".")
    assert done.exit_code == (1 if done.stderr else 0)
    assert bool(done.stdout) != bool(done.stderr), "a fault, or the line that says how much was checked"
    return done.stderr


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    """What takes less than 10 MB."""
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("case", CASES)
def test_the_printed_text(case: str, tmp_path: Path, refresh_expected: bool) -> None:
    printed = checked(lay_out(tmp_path / "publication", case))
    file = BROKEN / case / "expected.txt"
    if refresh_expected:
        file.write_text(printed, encoding="utf-8")
    expected = file.read_text(encoding="utf-8")
    difference = "\n".join(
        difflib.unified_diff(expected.splitlines(), printed.splitlines(), "expected", "printed", lineterm="")
    )
    assert printed == expected, f"{case}:\n{difference}"


def test_every_fault_has_a_kind_for_programs(tmp_path: Path) -> None:
    covered, kinds = font_library.coverage(font_library.load_fonts(find_shipped_folder("fonts"))), set()
    for case in CASES:
        found = find_faults(lay_out(tmp_path / case, case), covered)
        assert all(problem.kind for problem in found), case
        kinds |= {problem.kind for problem in found}
    assert {"unknown-figure", "count-contradicts", "typed-value", "missing-key", "cell-count"} < kinds
    assert load_publication(lay_out(tmp_path / "base"), covered).warnings == (), "the base is sound"


def test_every_case_changes_the_base() -> None:
    for case in CASES:
        for path in (BROKEN / case).rglob("*.*"):
            base = BROKEN / "base" / path.relative_to(BROKEN / case)
            assert not base.exists() or base.read_bytes() != path.read_bytes(), path


def test_an_alias_bomb_is_refused_at_once(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "bomb")
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 30)]
    (folder / "figures.yaml").write_text("l0: &l0 ha\n" + "\n".join(levels) + "\n", encoding="utf-8")
    start = time.process_time()
    with little_memory(), pytest.raises(Problems, match=r"an alias \(\*name\) repeats a part of the file"):
        load_publication(folder)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[[[[{b: "])
def test_a_deeply_nested_file_is_refused_at_once(tmp_path: Path, opening: str) -> None:
    folder = lay_out(tmp_path / "deep")
    (folder / "texts.yaml").write_text("prose:\n  " + opening * 100_000, encoding="utf-8")
    start = time.process_time()
    with pytest.raises(Problems, match="nested deeper than 20"):
        load_publication(folder)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("name", ["texts.yaml", "tables/listed.csv"])
def test_a_huge_file_is_not_read(tmp_path: Path, name: str) -> None:
    folder = lay_out(tmp_path / "huge")
    os.truncate(folder / name, 50_000_000)
    with little_memory():
        assert checked(folder) == (
            f"{name}: the file has 50 MB; tipbrief reads at most {1 if name == 'texts.yaml' else 10} MB\n"
            "    hint: a brief is made from a small dataset: keep only the rows that it prints\n"
            "1 problem\n"
        )


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    problem = problem_of(load_publication, tmp_path / "nowhere")
    assert problem.message.startswith("there is no publication in")
    assert problem.hint == "name its folder: --publication DIR"
