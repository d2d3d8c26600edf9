"""What the tests promise of themselves: each is found, and in CI none is left out."""

from fnmatch import fnmatch

import pytest

from tests.support import ROOT, TESTS, run_python


def test_every_folder_is_searched_for_tests(pytestconfig: pytest.Config) -> None:
    folders = {folder for file in TESTS.rglob("test_*.py") for folder in file.relative_to(TESTS).parts[:-1]}
    assert {"acceptance", "pipeline"} <= folders
    passed_over = pytestconfig.getini("norecursedirs")
    assert [name for name in folders if any(fnmatch(name, pattern) for pattern in passed_over)] == []


def test_in_ci_no_test_is_left_out() -> None:
    done = run_python("-m", "pytest", "--collect-only", TESTS / "test_problems.py", cwd=ROOT, CI="true")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "in CI no test is left out: pytest -m ''" in done.stderr
