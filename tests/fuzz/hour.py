"""`python -m tests.fuzz.hour`: an hour of examples. Each new finding is printed, its example kept.

FUZZ_SECONDS is how long; FUZZ_FOUND where the examples go; FUZZ_SEED where to begin; arguments: only these
strategies, or files of found examples to run again.
"""

import itertools
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.examples import Example
from tests.fuzz.harness import Finding, Harness
from tests.fuzz.strategies import STRATEGIES

FOUND = Path(os.environ.get("FUZZ_FOUND", Path(__file__).parent / "found"))
ROUND = 25  # examples of one strategy, then it is the next one's turn


class Search:
    """What was found so far, each once."""

    def __init__(self, harness: Harness) -> None:
        self._harness, self._until = harness, time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "3600"))
        self.known: dict[str, int] = {}
        self.count = 0

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._until

    def look(self, name: str, number: int) -> None:
        """One round of a strategy."""

        @seed(number)
        @settings(
            max_examples=ROUND,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(STRATEGIES[name](self._harness))
        def one(example: Example) -> None:
            if not self.over:
                self.count += 1
                for finding in self._harness.run(example):
                    self._note(name, example, finding)

        one()

    def _note(self, name: str, example: Example, finding: Finding) -> None:
        self.known[finding.key] = self.known.get(finding.key, 0) + 1
        if self.known[finding.key] > 1:
            return
        FOUND.mkdir(parents=True, exist_ok=True)
        file = FOUND / f"{re.sub('[^a-z0-9]+', '-', finding.key.lower())[:80].strip('-')}.json"
        file.write_text(example.text(), "utf-8")
        print(f"\n== {finding.key}  [{name}, example {self.count}]\n{file}\n{example!r}")
        print(finding.said[-1500:], flush=True)


def main(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        harness = Harness(Path(home))
        if files := [Path(word) for word in words if word.endswith(".json")]:
            for file in files:
                example = Example.read(file)
                print(f"\n== {file}\n{example!r}")
                for finding in harness.run(example):
                    print(f"{finding.key}\n{finding.said}")
            return
        search = Search(harness)
        for number in itertools.count(int(os.environ.get("FUZZ_SEED", "1"))):
            for name in words or STRATEGIES:
                if search.over:
                    print(f"\n{search.count} examples, {len(search.known)} findings:")
                    for key, times in sorted(search.known.items(), key=lambda one: -one[1]):
                        print(f"{times:6} {key}")
                    sys.exit(1 if search.known else 0)
                search.look(name, number)


main(sys.argv[1:])
