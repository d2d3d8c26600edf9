"""A memo of answers by their keys, within a bound in bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class BoundedMemo(OrderedDict[Hashable, tuple[Any, int]]):
    """Values and their bytes by their keys; past the bound it drops those that were not asked for of late."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most_bytes, self._bytes = most, 0

    def find_value(self, key: Hashable) -> Any:
        """The value of a key; None if it is not kept."""
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key][0]

    def add_value(self, key: Hashable, value: Any, weight: int) -> None:
        """Keep the value of a key, unless it takes more than half of the bound."""
        self._bytes -= self.pop(key, (None, 0))[1]
        if weight <= self._most_bytes // 2:
            self[key] = value, weight
            self._bytes += weight
        while self._bytes > self._most_bytes:
            self._bytes -= self.popitem(last=False)[1][1]
