"""The faults of make mutants can be planted; one that a test finds is found, one that none finds survives."""

from pathlib import Path

from tools import mutants
from tools.mutants import Fault

FAULT = Fault("ten times as much", "sums.py", "return one + other", "return 10 * (one + other)", ("test_sums.py",))
NAME = "tests/test_sums.py::test_sum[no sum]"


def make_copy(folder: Path) -> Path:
    """A checkout of one function and one test."""
    (folder / "src" / "tipbrief").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "src" / "tipbrief" / "sums.py").write_text("def add(one, other):\n    return one + other\n")
    lines = "import sys\nimport pytest\nsys.path.insert(0, 'src/tipbrief')\nfrom sums import add\n"
    lines += "@pytest.mark.parametrize('one', [0], ids=['no sum'])\ndef test_sum(one):\n    assert add(one, 0) == 0\n"
    (folder / "tests" / "test_sums.py").write_text(lines)
    return folder


def test_each_fault_can_be_planted() -> None:
    faults = mutants.read_faults()
    assert mutants.find_outdated(faults) == []
    assert len({one.wrong for one in faults}) == len(faults) >= 100


def test_a_fault_whose_text_is_gone_is_named(tmp_path: Path) -> None:
    root = make_copy(tmp_path)
    assert mutants.find_outdated([FAULT], root) == []
    (root / FAULT.path).write_text("")
    assert mutants.find_outdated([FAULT], root) == ["ten times as much: sums.py has its text 0 times"]


def test_what_no_test_finds_survives(tmp_path: Path) -> None:
    copy = make_copy(tmp_path)
    text = (copy / FAULT.path).read_text()
    for new, found in ((FAULT.new, []), ("return one + other + 1", [NAME])):
        (copy / FAULT.path).write_text(text.replace(FAULT.old, new))
        assert mutants.run_tests(copy, FAULT.tests) == found
    assert mutants.run_tests(copy, FAULT.tests, known=[NAME]) == []
