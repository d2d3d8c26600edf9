"""Hostile publications, PDFs, ledgers, command lines: the same few each time; more by `make fuzz`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.examples import Example
from tests.fuzz.harness import Harness
from tests.fuzz.strategies import STRATEGIES

# Together about a minute on two cores: an example costs 0.1 s, where something is typeset 0.5 to 1 s.
COUNTS = {
    "of_yaml": 40, "of_csv": 25, "of_workbook": 25, "of_words": 8, "of_translations": 25, "of_templates": 10,
    "of_styles": 6, "of_ledger": 40, "of_own_files": 10, "of_pdf": 40, "of_html": 8,
    "of_kinds": 25, "of_typed": 25, "of_environment": 12,
    "of_many": 4,
}  # fmt: skip
FOUND = sorted(Path(__file__).parent.glob("found/*.json"))


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    made = Harness(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()


@pytest.mark.parametrize("name", STRATEGIES)
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
