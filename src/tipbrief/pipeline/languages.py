"""Languages of a publication: which a command's words name, and what documents are called in them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tipbrief.language.language import Language, known_languages, load_language, nearest_language
from tipbrief.ledger.entries import split_document_name
from tipbrief.load import yaml_nodes
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tipbrief.check.publication import Publication

ALL_LANGUAGES = "all"  # what is said for every language


def document_name(publication: Publication, plain: str, written_in: Language) -> str:
    """What a document is called in a language: ``world`` in the publication's first, else ``world.ps``."""
    return plain if written_in.tag == publication.languages[0].tag else f"{plain}.{written_in.tag}"


def select_languages(publication: Publication, tags: Sequence[str]) -> list[Language]:
    """The publication's languages with these tags, or ``EVERY`` one, in its order; others are problems."""
    known = {one.tag.casefold(): one for one in publication.languages}
    named = {tag.casefold(): tag for tag in tags}
    if ALL_LANGUAGES in named:
        return [*known.values()]
    if unknown := [tag for folded, tag in named.items() if folded not in known]:
        raise Problems(_unknown_language_problem(publication, tag) for tag in unknown)
    return [one for tag, one in known.items() if tag in named]


def _unknown_language_problem(publication: Publication, tag: str) -> Problem:
    own = [one.tag for one in publication.languages]
    known = next((one for one in known_languages() if one.casefold() == tag.casefold()), "")
    if not known:
        return Problem(
            f"there is no language '{tag}'",
            hint=nearest_language(tag, [*own, ALL_LANGUAGES]),
            kind="unknown-language",
        )
    message = f"the publication '{publication.imprint.id}' is not in {load_language(known).english} ('{known}')"
    hint = f"it has {', '.join(own)}; to add it, write languages: [{', '.join([*own, known])}] in "
    hint += f"publication.yaml, then: tipbrief translate {known}"
    return Problem(message, hint=hint, kind="no-translation")


def languages_in_names(names: Sequence[str]) -> list[str]:
    """The languages that names say themselves: ``ps`` of ``world.ps``."""
    return [tag for name in names if (tag := split_document_name(name)[1]) in known_languages()]


def read_first_language(folder: Path) -> str:
    """The tag of the first language of a publication in several; empty where that cannot be read."""
    with suppress(Problems):
        told = yaml_nodes.read_yaml(folder / "publication.yaml").items.get("languages")
        if isinstance(told, yaml_nodes.YamlSequence) and len(told.items) > 1:
            first = told.items[0]
            if isinstance(first, yaml_nodes.YamlScalar) and first.text in known_languages():
                return first.text
    return ""
