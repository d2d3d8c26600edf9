"""Memos in the store: fingerprints of documents and what they read, sound texts, what entries print, templates."""

import json
import os
import sys
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TypeAlias

from tipbrief.check.publication import Publication
from tipbrief.check.texts import FAULTS_BY_TEXT
from tipbrief.check.translation.translator import list_other_translations
from tipbrief.compose.dependency_log import Dependency, DependencyTracker, hash_values
from tipbrief.files import hash_of
from tipbrief.language.word_lists import SpellingFault
from tipbrief.ledger.entry_file import EntryFile
from tipbrief.ledger.ledger import Ledger
from tipbrief.pdf.attachments import Attachment
from tipbrief.pipeline.store import Store, installed_packages, store_key
from tipbrief.problems import Problems
from tipbrief.typeset.patches.registry import is_safe_mode

_MAX_BYTES = 5_000_000  # of an entry; a larger one is not stored
_SMALL_ENTRY = 50_000  # bytes of a ledger entry, which is parsed as soon as it is looked up
_MAX_MEMO_BYTES = 100_000_000  # of an entry; a larger one is not stored
# Of each document its dependencies, the hash of what they were, and its fingerprint, as packed JSON.
MemoEntries: TypeAlias = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a document says: a hash of its HTML without an edition, one of its content, and the values it prints."""

    neutral_hash: str
    content: str
    prints: Mapping[str, str]


class FingerprintMemo:
    """One entry: the fingerprints of documents in one language; ``known`` holds many sessions' entries."""

    def __init__(self, store: Store, key: str, publication: Publication, known: dict[str, MemoEntries]) -> None:
        self._store, self.key, self._publication = store, key, publication
        self._hashes_of_values = dict[tuple[str, ...], str]()
        if key and key not in known:
            known[key] = {**(store.read_entry(key) or {})}
        self.entries = known.get(key, {})
        self.has_new_entries = False

    @cached_property
    def tracker(self) -> DependencyTracker:
        """The publication as a proxy that notes what is read of it."""
        return DependencyTracker(self._publication)

    def find_fingerprint(self, name: str, notices: str) -> Fingerprint | None:
        """The fingerprint of a document, if all that it read is unchanged, and its ``notices`` too."""
        # The entry may have been written by another program.
        with suppress(LookupError, ValueError, TypeError, AttributeError, zlib.error):
            dependencies, digest, neutral, content, prints = json.loads(zlib.decompress(self.entries[name]))
            if digest == self._hash_dependencies(dependencies, notices):
                return Fingerprint(str(neutral), str(content), {**prints})
        return None

    def add_entry(self, name: str, dependencies: list[Dependency], notices: str, found: Fingerprint) -> None:
        """Remember the fingerprint of a document, and what it read."""
        digest = self._hash_dependencies(dependencies, notices)
        entry = [dependencies, digest, found.neutral_hash, found.content, {**found.prints}]
        self.entries[name] = zlib.compress(json.dumps(entry, ensure_ascii=False).encode(), 1)
        self.has_new_entries = True

    def reads_private_cells(self, name: str) -> bool:
        """Whether a document that was composed reads private cells: those of its own row."""
        private = {table: one.spec.private_columns for table, one in self._publication.tables.items()}
        dependencies = json.loads(zlib.decompress(self.entries[name]))[0]
        return any(kind == "cells" and private[about[0]] & {*about[1]} for kind, *about in dependencies)

    def _hash_dependencies(self, dependencies: list[Dependency], notices: str) -> str:
        return hash_of((hash_values(self._publication, dependencies, self._hashes_of_values) + notices).encode())

    def save(self) -> None:
        """Write the entries to the store."""
        self.has_new_entries = False
        known = {name: one for name, one in self.entries.items() if name in self._publication.documents}
        if sum(map(len, known.values())) <= _MAX_MEMO_BYTES:
            self._store.write_entry(self.key, known)


def fingerprint_memo_key(source: Publication, whole: Publication, dataset: Iterable[Attachment], *others: str) -> str:
    """The key of a language's memo: a hash of all that its documents follow from, except the dependencies."""
    # These are programs, all files of the dataset except tables, figures and other languages' words, of tables and
    # figures all except rows and values, and ``others``: templates, fonts, paper and profile. Empty if one is unknown.
    if is_safe_mode() or not all(others):
        return ""
    tables = {str(table.spec.file) for table in source.tables.values()}
    left_out = {*tables, *list_other_translations(whole), "figures.yaml"}
    files = {item.name: item.data for item in dataset if item.name not in left_out}
    columns = {name: [*table.spec.columns] for name, table in source.tables.items()}
    language = [whole.language.tag, whole.unreviewed]
    rest = json.dumps([installed_packages(), {**source.figures}, columns, language], default=_encode_figure_part)
    return store_key("dependencies", *others, files, rest)


def _encode_figure_part(part: object) -> object:  # as JSON, without its location and its value
    if is_dataclass(part):
        names = (one.name for one in fields(part) if one.name not in ("location", "value"))
        return {name: getattr(part, name) for name in names}
    return {**part} if isinstance(part, Mapping) else str(part)


class SoundTexts:
    """The texts of a publication, and styles, in which earlier processes found no fault: they are not checked again."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._key = store, store_key("dependencies", "texts", os.path.realpath(folder))
        if not FAULTS_BY_TEXT:  # a process that stays open knows them already
            FAULTS_BY_TEXT.update(store.parse_entry(self._key, _parse_sound_texts) or {})
        self._count = sum(map(len, FAULTS_BY_TEXT.values()))

    def save(self) -> None:
        """Store those that are known now, if these are others than before."""
        before, self._count = self._count, sum(map(len, FAULTS_BY_TEXT.values()))
        if self._count != before:
            sound = [[*lists, [text for text in known if not known[text]]] for lists, known in FAULTS_BY_TEXT.items()]
            content = json.dumps(sound, ensure_ascii=False).encode()
            if len(content) <= _MAX_BYTES:
                self._store.write_entry(self._key, {"texts": content})


class CompiledTemplates:
    """The code of templates, as a client of Jinja's ``MemcachedBytecodeCache``: they are compiled once."""

    # What is stored is run: the store's checksum keeps damaged code from the interpreter.
    def __init__(self, store: Store, jinja_version: str) -> None:
        self._store, self._programs = store, (jinja_version, sys.version)

    def get(self, name: str) -> bytes:
        """The stored code of a template; where there is none, Jinja expects an exception."""
        return (self._store.read_entry(store_key("template", *self._programs, name)) or {})["code"]

    def set(self, name: str, code: bytes, timeout: int | None = None) -> None:
        """Store the code of a template, with a hash of its text, which Jinja compares."""
        self._store.write_entry(store_key("template", *self._programs, name), {"code": code})


def recall_printed_values(store: Store, ledger: Ledger) -> None:
    """Know what the large entries of a ledger print, without parsing those that an earlier process parsed."""
    for file in ledger.entry_files:
        if len(file.raw_bytes) > _SMALL_ENTRY and "prints" not in vars(file):
            with suppress(Problems):  # they are reported where the values are asked for
                key, write = store_key("dependencies", "prints", file.seal_hash), partial(_format_prints, file)
                vars(file)["prints"] = json.loads(store.get_or_make(key, ["prints"], write)["prints"])


def _format_prints(file: EntryFile) -> dict[str, bytes]:
    return {"prints": json.dumps(file.prints, ensure_ascii=False).encode()}


def _parse_sound_texts(entry: Mapping[str, bytes]) -> dict[tuple[str, str], dict[str, list[SpellingFault]]]:
    return {(str(words), str(tag)): {str(one): [] for one in texts} for words, tag, texts in json.loads(entry["texts"])}
