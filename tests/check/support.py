"""What the tests of the check share: a small sound publication, and what is wrong once it is changed."""

import shutil
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.support import BASE, change, problems_of
from tipbrief.check.publication import load_publication
from tipbrief.check.translation.translator import find_placeholders
from tipbrief.load.po_file import PoEntry, format_po
from tipbrief.pipeline.inputs import update_translation_file

_PASHTO = ["ښه", "ډېر", "ټول", "نوی", "لوی", "کوچنی", "ژوند", "کور", "کلی", "ښار", "ښوونځی", "هېواد"]


def anew(tmp_path: Path) -> Path:
    """A new copy of the small sound publication."""
    shutil.rmtree(tmp_path / "publication", ignore_errors=True)
    return Path(shutil.copytree(BASE, tmp_path / "publication"))


def messages(folder: Path) -> list[str]:
    """All that is wrong with a publication."""
    return [problem.message for problem in problems_of(load_publication, folder)]


def in_languages(folder: Path, *tags: str) -> Path:
    """The publication, translated into more languages; no text of it is yet."""
    change(folder / "publication.yaml", "language: fa-AF", f"languages: [fa-AF, {', '.join(tags)}]")
    return folder


def put_into(folder: Path, tag: str, words: Callable[[PoEntry], str], **headers: str) -> Path:
    """The PO file of a language with these words for each text that has none."""
    po = update_translation_file(folder, tag)[0].po
    entries = [replace(entry, text=entry.text or words(entry)) for entry in po.entries]
    file = folder / "translations" / f"{tag}.po"
    whole = replace(po, headers={**po.headers, **headers}, entries=tuple(entries))
    file.write_text(format_po(whole), encoding="utf-8")
    return file


def in_pashto(entry: PoEntry) -> str:
    """Words of Pashto for a text."""
    return pashto_of(entry.source)


def pashto_of(text: str) -> str:
    """Some words of Pashto, other ones for each text; and what it prints of the dataset."""
    number = zlib.crc32(text.encode())
    some = [_PASHTO[number // 12**place % 12] for place in range(3)]
    return " ".join([*some, *find_placeholders(text)])
