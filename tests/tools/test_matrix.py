"""The matrix and what the project says of itself name the same Pythons; the matrix runs the tests of make check."""

import re
import tomllib

import noxfile
from tests.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOW = (ROOT / ".github" / "workflows" / "tests.yaml").read_text(encoding="utf-8")


def test_each_python_that_is_promised_is_tried() -> None:
    promised = [one.split()[-1] for one in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", one)]
    assert promised[0] == PROJECT["requires-python"].removeprefix(">=")
    assert [*noxfile.PYTHONS][: len(promised)] == promised
    assert all(f'"{one}"' in WORKFLOW for one in promised)


def test_it_runs_the_tests_of_make_check() -> None:
    tests = noxfile.find_quick_tests()
    assert {"tests/compose", "tests/test_architecture.py", "tests/typeset/test_fit.py"} <= {*tests}
    assert "tests/acceptance" not in tests
