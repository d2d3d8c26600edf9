"""The canary lifts the upper bound of WeasyPrint, and no other."""

from importlib import metadata

from tools.canary import _ROOT, CORE, lift_bound


def test_only_the_upper_bound_of_weasyprint_is_lifted() -> None:
    declared = metadata.distribution("tipbrief").read_text("METADATA")
    assert declared
    changed = {*declared.splitlines()} ^ {*lift_bound(declared).splitlines()}
    assert changed == {"Requires-Dist: weasyprint<71,>=70", "Requires-Dist: weasyprint>=70"}


def test_its_tests_are_there() -> None:
    assert not [test for tests in CORE.values() for test in tests if not (_ROOT / test).exists()]
