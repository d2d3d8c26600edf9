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

from tipbrief.check.texts import FAULTS_BY_TEXT
from tipbrief.language.word_lists import SpellingFault
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline.store import Store, code_fingerprint, entry_key, installed_packages
from tipbrief.problems import Problems
from tipbrief.safe_mode import is_safe_mode

_LARGE_ENTRY_BYTES = 50_000  # bytes of an entry; smaller ones are sooner read again
_MOST_STYLES = 1000
_MOST_FAULT_BYTES = 5_000_000  # of what is kept of the texts of a publication


@contextmanager
def remember_faults(cache: Store, folder: Path) -> Iterator[None]:
    """While the texts of a publication are read, the faults of those that were read before are known."""
    name = (
        ""
        if is_safe_mode()
        else entry_key("faults", code_fingerprint(), installed_packages(), os.path.realpath(folder))
    )
    # In an open process they are known from the time before.
    for lists, texts in (
        (cache.parse_entry(name, _decode_faults) if name and not FAULTS_BY_TEXT else None) or {}
    ).items():
        FAULTS_BY_TEXT[lists] = texts
    before = _count_linted_texts()
    try:
        yield
    finally:
        if name and _count_linted_texts() != before:
            content = json.dumps([*map(_encode_faults, FAULTS_BY_TEXT.items())], ensure_ascii=False).encode()
            if len(content) <= _MOST_FAULT_BYTES:
                cache.write_entry(name, {"faults": content})


def _encode_faults(found: tuple[tuple[str, str], Mapping[str, list[SpellingFault]]]) -> list[Any]:
    lists, texts = found
    return [*lists, {text: [*map(astuple, faults)] for text, faults in texts.items()}]


def _count_linted_texts() -> int:
    return sum(map(len, FAULTS_BY_TEXT.values()))


def _decode_faults(entry: Mapping[str, bytes]) -> dict[tuple[str, str], dict[str, list[SpellingFault]]]:
    return {
        (str(lists), str(tag)): {text: [_decode_fault(*one) for one in found] for text, found in texts.items()}
        for lists, tag, texts in json.loads(entry["faults"])
    }


def _decode_fault(rule: str, start: int, end: int, severity: Any, message: str, instead: str | None) -> SpellingFault:
    return SpellingFault(rule, int(start), int(end), severity, message, instead)


def load_entry_prints(cache: Store, ledger: Ledger) -> None:
    """Know what the large entries of a ledger say that is printed, where they were read before."""
    for file in ledger.entry_files:
        if len(file.raw_bytes) < _LARGE_ENTRY_BYTES or is_safe_mode() or "prints" in file.__dict__:
            continue
        name = entry_key("prints", code_fingerprint(), file.seal_hash)
        if (known := cache.parse_entry(name, lambda entry: {**json.loads(entry["prints"])})) is not None:
            file.__dict__["prints"] = known
            continue
        with suppress(Problems):  # told where it is asked for
            cache.write_entry(name, {"prints": json.dumps(file.prints, ensure_ascii=False).encode()})


def load_sound_styles(cache: Store) -> set[str]:
    """Know which styles had no fault when they were looked at before; these."""
    from tipbrief.compose.stylesheets import FAULTLESS_SHEETS

    known = (
        None
        if is_safe_mode()
        else cache.parse_entry(_sound_styles_key(), lambda entry: {*map(str, json.loads(entry["styles"]))})
    ) or set()
    FAULTLESS_SHEETS.update(known)
    return known


def save_sound_styles(cache: Store) -> None:
    """Keep it for the next process."""
    from tipbrief.compose.stylesheets import FAULTLESS_SHEETS

    if not is_safe_mode() and len(FAULTLESS_SHEETS) < _MOST_STYLES and not load_sound_styles(cache) >= FAULTLESS_SHEETS:
        cache.write_entry(_sound_styles_key(), {"styles": json.dumps([*FAULTLESS_SHEETS]).encode()})


def _sound_styles_key() -> str:
    return entry_key("styles", code_fingerprint(), installed_packages())
