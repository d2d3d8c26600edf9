"""The texts in which no fault was found, kept in the store beside the dependency log: a text is checked once."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tipbrief.check.texts import FAULTS_BY_TEXT
from tipbrief.language.word_lists import SpellingFault
from tipbrief.pipeline.store import Store, store_key

_MAX_BYTES = 5_000_000  # of an entry; a larger one is not stored


@contextmanager
def remember_sound_texts(store: Store, folder: Path) -> Iterator[None]:
    """While a publication is read, do not check texts in which an earlier process found no fault."""
    key = store_key("dependencies", "texts", os.path.realpath(folder))
    if not FAULTS_BY_TEXT:  # a process that stays open knows them already
        FAULTS_BY_TEXT.update(store.parse_entry(key, _parse_sound_texts) or {})
    before = sum(map(len, FAULTS_BY_TEXT.values()))
    try:
        yield
    finally:
        if sum(map(len, FAULTS_BY_TEXT.values())) != before:
            sound = [[*lists, [text for text in known if not known[text]]] for lists, known in FAULTS_BY_TEXT.items()]
            content = json.dumps(sound, ensure_ascii=False).encode()
            if len(content) <= _MAX_BYTES:
                store.write_entry(key, {"texts": content})


def _parse_sound_texts(entry: Mapping[str, bytes]) -> dict[tuple[str, str], dict[str, list[SpellingFault]]]:
    return {(str(words), str(tag)): {str(one): [] for one in texts} for words, tag, texts in json.loads(entry["texts"])}
