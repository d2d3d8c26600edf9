"""What is known of texts, kept in the store beside the dependency log: which have no fault, what entries print."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from tipbrief.check.texts import FAULTS_BY_TEXT
from tipbrief.language.word_lists import SpellingFault
from tipbrief.ledger.entry_file import EntryFile
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline.store import Store, store_key
from tipbrief.problems import Problems

_MAX_BYTES = 5_000_000  # of an entry; a larger one is not stored
_SMALL_ENTRY = 50_000  # bytes of a ledger entry, which is parsed as soon as it is looked up


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
