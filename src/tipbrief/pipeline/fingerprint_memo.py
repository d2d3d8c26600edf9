"""Record: what documents said when they were composed, and what of the publication they read for it.

A document that would read the same says the same: it need not be composed again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from tipbrief.check.publication import Publication
from tipbrief.check.translation.translator import TRANSLATIONS_FOLDER
from tipbrief.compose.dependency_log import Dependency, DependencyValues
from tipbrief.files import hash_of, read_bytes
from tipbrief.load.publication_files import MOST_DATASET_BYTES, MOST_DATASET_FILES
from tipbrief.pdf.attachments import Attachment
from tipbrief.pipeline.store import KeyPart, Store, code_fingerprint, entry_key, installed_packages
from tipbrief.problems import Problems
from tipbrief.safe_mode import is_safe_mode

_MOST_MEMO_BYTES = 20_000_000  # of a record; what is larger is not kept


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a document says: a hash of its HTML without an edition, one of its content, what it prints."""

    neutral_hash: str
    content: str
    prints: Mapping[str, str]


class FingerprintMemo:
    """What the documents of one language said, by what they read; kept in the cache when it is ``kept``."""

    def __init__(self, cache: Store, name: str, publication: Publication) -> None:
        self._store, self._memo_key, self._current_values = cache, name, DependencyValues(publication)
        self._documents = publication.documents
        self._entries = dict[str, list[Any]]()
        self.has_new_entries = False
        if name:
            self._entries = cache.parse_entry(name, lambda found: {**json.loads(found["record"])}) or {}

    def for_publication(self, publication: Publication) -> FingerprintMemo:
        """The same for the publication with other values and rows."""
        new = copy(self)
        new._current_values, new._documents = DependencyValues(publication), publication.documents
        return new

    def find_fingerprint(self, name: str, besides: str) -> Fingerprint | None:
        """What a document says, if all that it read is as it was; ``besides`` is what else it has."""
        # What another program wrote in its place is no record, too.
        with suppress(LookupError, ValueError, TypeError, AttributeError):
            questions, answers, neutral, content, prints = self._entries[name]
            if answers == self._hash_dependencies(questions, besides):
                return Fingerprint(str(neutral), str(content), {**prints})
        return None

    def add_entry(self, name: str, questions: list[Dependency], besides: str, said: Fingerprint) -> None:
        """Know what a document says now, and what it read."""
        answers = self._hash_dependencies(questions, besides)
        self._entries[name] = [questions, answers, said.neutral_hash, said.content, {**said.prints}]
        self.has_new_entries = True

    def _hash_dependencies(self, questions: list[Dependency], besides: str) -> str:
        return hash_of((self._current_values.digest(questions) + besides).encode())

    def save_memo(self, name: str) -> None:
        """Put it into the cache, where it is new and its ``name`` is still the same."""
        if not self.has_new_entries or not name or name != self._memo_key:
            return
        parts, room = list[bytes](), _MOST_MEMO_BYTES
        for one in filter(self._entries.__contains__, self._documents):  # in one piece, it may fill the memory
            known = {one: self._entries[one]}
            parts.append(json.dumps(known, ensure_ascii=False, separators=(",", ":"))[1:-1].encode())
            room -= len(parts[-1])
            if room < 0:
                break
        else:
            self._store.write_entry(name, {"record": b"{%b}" % b",".join(parts)})
        self.has_new_entries = False


def fingerprint_memo_key(source: Publication, whole: Publication, dataset: Sequence[Attachment], own: str) -> str:
    """The name of the record of a language: all that each of its documents follows from, but what it asks.

    That is, with its ``own`` files: programs, all files but tables, figures and other languages' words, and
    of these all but values and rows. Empty where nothing is recorded, or those are not known.
    """
    if is_safe_mode() or not own:
        return ""
    rows = {str(table.spec.file) for table in source.tables.values()}
    others_words = {f"{TRANSLATIONS_FOLDER}/{one.tag}.po" for one in whole.languages if one.tag != whole.language.tag}
    elsewhere = {*rows, *others_words, "figures.yaml"}
    files = {item.name: item.data for item in dataset if item.name not in elsewhere}
    columns = {name: [*table.spec.columns] for name, table in source.tables.items()}
    language = [whole.language.tag, whole.unreviewed]
    rest = json.dumps([installed_packages(), {**source.figures}, columns, language], default=_encode_figure_part)
    return entry_key("record", code_fingerprint(), own, files, rest)


def template_file_hashes(folder: Path) -> dict[str, KeyPart] | None:
    """The files that templates can name, not only those of the dataset, as a part of a key.

    None where that cannot be said: what cannot be read, or not to its end, is told where it is used.
    """
    with suppress(OSError, Problems):
        paths = [*_list_template_files(folder)]
        return {path.relative_to(folder).as_posix(): hash_of(read_bytes(path, MOST_DATASET_BYTES)) for path in paths}
    return None


def _list_template_files(folder: Path) -> Iterator[Path]:
    count = 0
    for room in ("templates", "pictures"):
        for place, folders, names in os.walk(folder / room):
            count += len(names)
            if count > MOST_DATASET_FILES or any(os.path.islink(Path(place, one)) for one in folders):
                raise Problems("too many files, or such as lie elsewhere", folder)
            yield from (Path(place, one) for one in names)


def _encode_figure_part(part: object) -> object:
    """A part of a figure as JSON has it, without its place and its value."""
    if is_dataclass(part):
        told = (one.name for one in fields(part) if one.name not in ("location", "value"))
        return {name: getattr(part, name) for name in told}
    return {**part} if isinstance(part, Mapping) else str(part)
