"""A memo of answers by their keys, within a bound in bytes."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class BoundedMemo(Generic[Value]):
    """Values by their keys; past the bound it forgets those that were not asked for of late.

    It has two halves. What is asked for moves into the young one; when that is full, the old one is dropped.
    """

    def __init__(self, most: int) -> None:
        self._half_bytes = most // 2
        self._young: dict[Hashable, Value] = {}
        self._old: dict[Hashable, Value] = {}
        self._weight = 0  # of the young half

    def find_value(self, key: Hashable, weight: int) -> Value | None:
        """The value of a key, if it is kept; ``weight`` is its bytes, as it was added with."""
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None)
            if found is not None:
                self.add_value(key, found, weight)
        return found

    def add_value(self, key: Hashable, value: Value, weight: int) -> None:
        """Keep the value of a key that has none yet."""
        if weight > self._half_bytes:
            return
        if self._weight + weight > self._half_bytes:
            self._old, self._young, self._weight = self._young, {}, 0
        self._young[key] = value
        self._weight += weight

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
