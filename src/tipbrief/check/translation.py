"""Translation: a publication in another of its languages, with the texts of its PO file."""

from collections.abc import Collection, Iterable

from tipbrief.check.publication import Publication
from tipbrief.language.language import Language
from tipbrief.load.places import Text


def translated(
    publication: Publication,
    language: Language,
    covered: Collection[int] | None = None,
    reasons: Iterable[Text] = (),
) -> Publication:
    """The publication in one of its languages; ``Problems`` says what is wrong with its translation.

    ``reasons`` are those of the ledger's corrections. What is not translated, or was from another text than
    it is now, stays in the language of the files, and is in ``untranslated``.
    """
    raise NotImplementedError
