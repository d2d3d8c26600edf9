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

from tipbrief.build.cache import Cache, KeyPart, code_fingerprint, key, packages
from tipbrief.check.publication import Publication
from tipbrief.check.translation import FOLDER
from tipbrief.files import hash_of, read_bytes
from tipbrief.ledger.reads import Answers, Question
from tipbrief.pdf.attachments import Attachment
from tipbrief.pdf.dataset import MOST_CARRIED, MOST_FILES
from tipbrief.plain import plain_way
from tipbrief.problems import Problems

_MOST_BYTES = 20_000_000  # of a record; what is larger is not kept


@dataclass(frozen=True, slots=True)
class Said:
    """What a document says: a hash of its HTML without an edition, one of its content, what it prints."""

    neutral: str
    content: str
    prints: Mapping[str, str]


class Record:
    """What the documents of one language said, by what they read; kept in the cache when it is ``kept``."""

    def __init__(self, cache: Cache, name: str, publication: Publication) -> None:
        self._cache, self._name, self._answers = cache, name, Answers(publication)
        self._documents = publication.documents
        self._known = dict[str, list[Any]]()
        self.grown = False
        if name:
            self._known = cache.read(name, lambda found: {**json.loads(found["record"])}) or {}

    def of(self, publication: Publication) -> Record:
        """The same for the publication with other values and rows."""
        new = copy(self)
        new._answers, new._documents = Answers(publication), publication.documents
        return new

    def said(self, name: str, besides: str) -> Said | None:
        """What a document says, if all that it read is as it was; ``besides`` is what else it has."""
        # What another program wrote in its place is no record, too.
        with suppress(LookupError, ValueError, TypeError, AttributeError):
            questions, answers, neutral, content, prints = self._known[name]
            if answers == self._sum(questions, besides):
                return Said(str(neutral), str(content), {**prints})
        return None

    def note(self, name: str, questions: list[Question], besides: str, said: Said) -> None:
        """Know what a document says now, and what it read."""
        answers = self._sum(questions, besides)
        self._known[name] = [questions, answers, said.neutral, said.content, {**said.prints}]
        self.grown = True

    def _sum(self, questions: list[Question], besides: str) -> str:
        return hash_of((self._answers.digest(questions) + besides).encode())

    def keep(self, name: str) -> None:
        """Put it into the cache, where it is new and its ``name`` is still the same."""
        if not self.grown or not name or name != self._name:
            return
        parts, room = list[bytes](), _MOST_BYTES
        for one in filter(self._known.__contains__, self._documents):  # in one piece, it may fill the memory
            known = {one: self._known[one]}
            parts.append(json.dumps(known, ensure_ascii=False, separators=(",", ":"))[1:-1].encode())
            room -= len(parts[-1])
            if room < 0:
                break
        else:
            self._cache.put(name, {"record": b"{%b}" % b",".join(parts)})
        self.grown = False


def record_name(source: Publication, whole: Publication, dataset: Sequence[Attachment], own: str) -> str:
    """The name of the record of a language: all that each of its documents follows from, but what it asks.

    That is, with its ``own`` files: programs, all files but tables, figures and other languages' words, and
    of these all but values and rows. Empty where nothing is recorded, or those are not known.
    """
    if plain_way() or not own:
        return ""
    rows = {str(table.spec.file) for table in source.tables.values()}
    others_words = {f"{FOLDER}/{one.tag}.po" for one in whole.languages if one.tag != whole.language.tag}
    elsewhere = {*rows, *others_words, "figures.yaml"}
    files = {item.name: item.data for item in dataset if item.name not in elsewhere}
    columns = {name: [*table.spec.columns] for name, table in source.tables.items()}
    language = [whole.language.tag, whole.unreviewed]
    rest = json.dumps([packages(), {**source.figures}, columns, language], default=_words_of)
    return key("record", code_fingerprint(), own, files, rest)


def named_files(folder: Path) -> dict[str, KeyPart] | None:
    """The files that templates can name, not only those of the dataset, as a part of a key.

    None where that cannot be said: what cannot be read, or not to its end, is told where it is used.
    """
    with suppress(OSError, Problems):
        paths = [*_below(folder)]
        return {
            path.relative_to(folder).as_posix(): hash_of(read_bytes(path, MOST_CARRIED)) for path in paths
        }
    return None


def _below(folder: Path) -> Iterator[Path]:
    count = 0
    for room in ("templates", "pictures"):
        for place, folders, names in os.walk(folder / room):
            count += len(names)
            if count > MOST_FILES or any(os.path.islink(Path(place, one)) for one in folders):
                raise Problems("too many files, or such as lie elsewhere", folder)
            yield from (Path(place, one) for one in names)


def _words_of(part: object) -> object:
    """A part of a figure as JSON has it, without its place and its value."""
    if is_dataclass(part):
        told = (one.name for one in fields(part) if one.name not in ("place", "value"))
        return {name: getattr(part, name) for name in told}
    return {**part} if isinstance(part, Mapping) else str(part)
