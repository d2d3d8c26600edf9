"""Kept: what was found in texts, styles, entries of the ledger, so that the next process need not look again.

It follows from the text alone, and from the lists and the program by which it was read: these are in the
names.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from tipbrief.build.cache import Cache, code_fingerprint, key, packages
from tipbrief.language.linter import FOUND
from tipbrief.language.spelling import Fault
from tipbrief.ledger.ledger import Ledger
from tipbrief.plain import plain_way
from tipbrief.problems import Problems

_LARGE = 50_000  # bytes of an entry; smaller ones are sooner read again
_MOST_STYLES = 1000
_MOST_BYTES = 5_000_000  # of what is kept of the texts of a publication


@contextmanager
def faults_kept(cache: Cache, folder: Path) -> Iterator[None]:
    """While the texts of a publication are read, the faults of those that were read before are known."""
    name = "" if plain_way() else key("faults", code_fingerprint(), packages(), os.path.realpath(folder))
    # In an open process they are known from the time before.
    for lists, texts in ((cache.read(name, _faults_in) if name and not FOUND else None) or {}).items():
        FOUND[lists] = texts
    before = _count()
    try:
        yield
    finally:
        if name and _count() != before:
            content = json.dumps([*map(_listed, FOUND.items())], ensure_ascii=False).encode()
            if len(content) <= _MOST_BYTES:
                cache.put(name, {"faults": content})


def _listed(found: tuple[tuple[str, str], Mapping[str, list[Fault]]]) -> list[Any]:
    lists, texts = found
    return [*lists, {text: [*map(astuple, faults)] for text, faults in texts.items()}]


def _count() -> int:
    return sum(map(len, FOUND.values()))


def _faults_in(entry: Mapping[str, bytes]) -> dict[tuple[str, str], dict[str, list[Fault]]]:
    return {
        (str(lists), str(tag)): {text: [_fault(*one) for one in found] for text, found in texts.items()}
        for lists, tag, texts in json.loads(entry["faults"])
    }


def _fault(rule: str, start: int, end: int, severity: Any, message: str, instead: str | None) -> Fault:
    return Fault(rule, int(start), int(end), severity, message, instead)


def know_prints(cache: Cache, ledger: Ledger) -> None:
    """Know what the large entries of a ledger say that is printed, where they were read before."""
    for file in ledger.files:
        if len(file.written) < _LARGE or plain_way() or "prints" in file.__dict__:
            continue
        name = key("prints", code_fingerprint(), file.sum)
        if (known := cache.read(name, lambda entry: {**json.loads(entry["prints"])})) is not None:
            file.__dict__["prints"] = known
            continue
        with suppress(Problems):  # told where it is asked for
            cache.put(name, {"prints": json.dumps(file.prints, ensure_ascii=False).encode()})


def know_styles(cache: Cache) -> set[str]:
    """Know which styles had no fault when they were looked at before; these."""
    from tipbrief.compose.styles import SOUND

    known = (
        None if plain_way() else cache.read(_styles(), lambda entry: {*map(str, json.loads(entry["styles"]))})
    ) or set()
    SOUND.update(known)
    return known


def keep_styles(cache: Cache) -> None:
    """Keep it for the next process."""
    from tipbrief.compose.styles import SOUND

    if not plain_way() and len(SOUND) < _MOST_STYLES and not know_styles(cache) >= SOUND:
        cache.put(_styles(), {"styles": json.dumps([*SOUND]).encode()})


def _styles() -> str:
    return key("styles", code_fingerprint(), packages())
