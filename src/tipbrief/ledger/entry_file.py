"""One entry of the ledger as the text of its file: a head, and below it the facts, one a line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, cell_name
from tipbrief.load.places import Place
from tipbrief.problems import Problem, Problems

RESTORE = "take what stood there from version control or another older copy of the ledger"
KINDS = ("delivery", "correction", "revision", "withdrawal")
NAME = re.compile(rf"([0-9]{{4,9}})-({'|'.join(KINDS)})-([0-9a-f]{{12}})\.json")
_HASH = re.compile(r"[0-9a-f]{64}")
_FACTS, _END = '"facts": [\n', "\n]\n}\n"
_REASON = re.compile(r'\n"reason": .*')
_EDITION = re.compile(r'\n\{"edition": "([^"]*)"')  # the beginning of its line
_SIGNED = re.compile(r'"number": ([0-9]{1,9}), "code": "([^"]*)"')
_T = TypeVar("_T")


@dataclass(frozen=True)
class EntryFile:
    """An entry: what its head says, and its facts as lines, which are read when they are asked for."""

    number: int
    text: str
    head: Mapping[str, Any]
    file: Path

    @cached_property
    def seal(self) -> str:
        """The piece of its hash that stands in its name. A reason is not sealed: it may be worded better."""
        told = _REASON.sub("", self.text, count=1) if "reason" in self.head else self.text
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    @property
    def name(self) -> str:
        """``0003-correction-5d1c07e2a3b4.json``."""
        return f"{self.number:04}-{self.kind}-{self.seal}.json"

    @property
    def kind(self) -> str:
        """One of ``KINDS``."""
        return str(self.head["kind"])

    @property
    def after(self) -> list[str]:
        """The seals of the entries that it was written after."""
        return list(self.head["after"])

    @cached_property
    def date(self) -> Date:
        """The day of the entry."""
        return Date.parse(self.head["date"])

    @cached_property
    def values(self) -> dict[str, str]:
        """Values that the entries before it did not know, by name."""
        groups: dict[str, dict[str, str]] = self.head.get("values", {})
        return {name: value for group, items in groups.items()
                for name, value in zip(_names(group, items), items.values(), strict=True)}  # fmt: skip

    @cached_property
    def lines(self) -> list[str]:
        """The facts, each as one line of JSON."""
        inner = self.text[self.text.index(_FACTS) + len(_FACTS) : -len(_END)]
        return inner.split(",\n") if inner else []

    def fact(self, line: int) -> dict[str, Any]:
        """The fact in a line."""
        try:
            found = json.loads(self.lines[line])
            if isinstance(found, dict):
                return found
        except (ValueError, IndexError, RecursionError):
            pass
        raise self._broken(line)

    def _broken(self, line: int) -> Problems:
        place = Place(self.file, self.text.count("\n", 0, self.text.index(_FACTS)) + line + 2)
        return Problems(place.problem("this line of the ledger cannot be read", RESTORE))

    def briefs(self) -> Iterator[str]:
        """The briefs of its editions, in the order of their lines, without reading these."""
        # Those of reprints stand below.
        found = _EDITION.findall(self.text, self.text.index(_FACTS)) if self.kind == "delivery" else ()
        for line, brief in enumerate(found):
            yield str(self.fact(line).get("edition")) if "\\" in brief else brief

    def signed(self, line: int) -> tuple[int, str]:
        """Number and code of the edition in a line."""
        found = _SIGNED.search("".join(self.lines[line : line + 1]))
        return (int(found[1]), found[2]) if found else (0, "")

    def prints(self, line: int) -> tuple[frozenset[str], frozenset[str]]:
        """The names that an edition prints and the one before did not, and those it does not any more."""
        fact = self.fact(line)
        try:
            new, gone = (
                frozenset(str(name) for group, keys in groups.items() for name in _names(group, keys))
                for groups in (_of(dict, fact, "prints", {}), _of(dict, fact, "no longer", {}))
            )
        except (ValueError, TypeError):
            raise self._broken(line) from None
        return new, gone

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The corrections or revisions of the entry."""
        if self.kind not in ("correction", "revision"):
            return ()
        place = Place(self.file, 1, 1, self.text.count("\n"))
        facts = (self.fact(line) for line in range(len(self.lines)))
        return tuple(
            Change(
                kind="correction" if self.kind == "correction" else "revision",
                name=_of(str, fact, "name"),
                was=_of(str, fact, "was"),
                now=_of(str, fact, "now"),
                date=self.date,
                reason=_of(str, self.head, "reason"),
                source=_of(str, self.head, "source", ""),
                also={name: (str(was), str(now)) for name, (was, now) in _of(dict, fact, "also", {}).items()},
                place=place,
            )
            for fact in facts
        )

    def withdrawn(self) -> list[tuple[str, int, str] | str]:
        """The editions and the seals of entries that this entry takes back."""
        facts = [self.fact(line) for line in range(len(self.lines))] if self.kind == "withdrawal" else []
        return [
            (_of(str, one, "edition"), _of(int, one, "number"), _of(str, one, "code"))
            if "edition" in one
            else _of(str, one, "entry")
            for one in facts
        ]


def entry_text(head: Mapping[str, Any], values: Mapping[str, str], facts: Iterable[Mapping[str, Any]]) -> str:
    """An entry as the text of its file: each key, each group of values and each fact on a line of its own."""
    lines = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
    if values:
        groups = (f"{_json(group)}: {_json({key: values[name] for name, key in keys})}"
                  for group, keys in _groups(values).items())  # fmt: skip
        lines.append('"values": {\n' + ",\n".join(groups) + "\n}")
    return "{\n" + ",\n".join([*lines, _FACTS]) + ",\n".join(map(_json, facts)) + _END


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """Names as an entry holds them: figures, and the cells of each column by their keys."""
    return {group: [key for _, key in keys] for group, keys in _groups(names).items()}


def parsed(text: str, number: int, file: Path) -> EntryFile:
    """An entry from its text; ValueError says why it is none."""
    head, mark, rest = text.partition(_FACTS)
    if not mark or not rest.endswith(_END):
        raise ValueError("it has no list 'facts'")
    try:
        made = EntryFile(number, text, json.loads(head + '"facts": []\n}'), file)
        for kind, key in ((str, "kind"), (str, "date"), (str, "publication"), (list, "after")):
            _of(kind, made.head, key)
        if not all(isinstance(seal, str) for seal in made.after):
            raise ValueError("the key 'after' holds something else than the ends of names")
        if made.kind not in KINDS:
            raise ValueError(f"'{made.kind}' is no kind of entry")
        if made.kind == "delivery" and not _HASH.fullmatch(_of(str, made.head, "data")):
            raise ValueError("its 'data' is no sha256")
        # What is wrong in them is said now: dates, values, changes.
        _ = made.date, made.values, made.changes, made.withdrawn()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (LookupError, TypeError, AttributeError) as fault:
        raise ValueError(f"it is not laid out as an entry ({fault})") from None
    return made


def parts(text: str) -> list[str]:
    """The entries of a whole ledger in one text, one below the other."""
    return [part for part in re.split(r"(?m)^(?=\{$)", text) if part.strip()]


def unreadable(file: Path, why: object) -> Problem:
    """The problem of an entry that cannot be read."""
    return Problem(f"this entry of the ledger cannot be read: {why}", file, hint=RESTORE)


def _of(kind: type[_T], fact: Mapping[str, Any], key: str, default: _T | None = None) -> _T:
    value = fact.get(key, default)
    if not isinstance(value, kind):
        raise ValueError(f"the key '{key}' is missing, or holds something else")
    return value


def _names(group: str, keys: Iterable[str]) -> list[str]:
    table, dot, column = group.partition(".")
    return [cell_name(table, key, column) for key in keys] if dot else list(keys)


def _groups(names: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(names):
        table, bracket, rest = name.partition("[")
        key, _, column = rest.rpartition("].")
        group, key = (f"{table}.{column}", key) if bracket else ("figures", name)
        groups.setdefault(group, []).append((name, key))
    return groups


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
