"""A publication in several languages: a small sheet for each of eight rows, and a single brief."""

from dataclasses import replace
from pathlib import Path

from tests.pipeline.rows import sheets
from tests.support import change
from tipbrief.check.translation.translator import find_placeholders
from tipbrief.load.po_file import PoEntry, format_po, read_po
from tipbrief.pipeline.inputs import update_translation_file

# A word that is well spelt in the language, for any text.
WORDS = {"ps": "ټول", "fa-IR": "همه", "fa-AF": "همه"}
LETTERS = "بپتجچدرزسشفقلمن"


def in_languages(to: Path, *tags: str) -> Path:
    """The sheets ``each`` and the brief ``one``, of which nothing is translated yet."""
    folder = sheets(to)
    change(folder / "publication.yaml", "language: fa-AF", f"languages: [{', '.join(tags)}]")
    return folder


def translate(folder: Path, tag: str) -> None:
    """Each text in the language: its placeholders, and a word; choices of a column must have unlike ones."""
    update_translation_file(folder, tag)
    po = read_po(folder / "translations" / f"{tag}.po")
    done = [
        replace(entry, text=" ".join([*find_placeholders(entry.source), *_words(entry, number, tag)]), fuzzy=False)
        for number, entry in enumerate(po.entries)
    ]
    po.file.write_text(format_po(replace(po, entries=tuple(done))), encoding="utf-8")


def _words(entry: PoEntry, number: int, tag: str) -> list[str]:
    more = LETTERS[number // len(LETTERS)] + LETTERS[number % len(LETTERS)]
    return [WORDS[tag], more] if ".choices." in entry.context else [WORDS[tag]]
