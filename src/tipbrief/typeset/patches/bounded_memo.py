"""Kept: what was answered once, by what was asked, within a bound in bytes."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class BoundedMemo(Generic[Value]):
    """Answers by their questions; past the bound those are forgotten that were longest not asked for.

    Two halves, an old and a young one: what is asked for moves into the young one, and when that is full the
    old one is thrown away. Each answer is as heavy as is said of it.
    """

    def __init__(self, most: int) -> None:
        self._half_bytes = most // 2
        self._young: dict[Hashable, Value] = {}
        self._old: dict[Hashable, Value] = {}
        self._weight = 0  # of the young half

    def find_value(self, question: Hashable, weight: int) -> Value | None:
        """The answer, if it is kept; ``weight`` as it was kept with."""
        found = self._young.get(question)
        if found is None:
            found = self._old.pop(question, None)
            if found is not None:
                self.add_value(question, found, weight)
        return found

    def add_value(self, question: Hashable, answer: Value, weight: int) -> None:
        """Keep an answer to a question that has none yet."""
        if weight > self._half_bytes:
            return
        if self._weight + weight > self._half_bytes:
            self._old, self._young, self._weight = self._young, {}, 0
        self._young[question] = answer
        self._weight += weight

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
