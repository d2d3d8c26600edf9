"""Selection: the languages and documents that a command's words name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tipbrief.language.language import Language, known_languages, load_language, nearest_language
from tipbrief.ledger.entries import split_document_name
from tipbrief.load.yaml_nodes import read_scalars
from tipbrief.problems import Problem, ProblemList, Problems, suggest_nearest

if TYPE_CHECKING:
    from tipbrief.check.publication import Publication

ALL_LANGUAGES = "all"  # what users write for every language


def document_name(publication: Publication, plain: str, written_in: Language) -> str:
    """The name of a document in a language: ``world`` in the publication's first, else ``world.ps``."""
    return plain if written_in.tag == publication.languages[0].tag else f"{plain}.{written_in.tag}"


def select_languages(
    publication: Publication, tags: Sequence[str], groups: Sequence[str] = (ALL_LANGUAGES,)
) -> list[Language]:
    """The publication's languages with these tags, or of these groups, in its order; others are problems."""
    known = {one.tag.casefold(): one for one in publication.languages}
    named = {tag.casefold(): tag for tag in tags}
    if not named.keys().isdisjoint(groups):
        return [*known.values()]
    if unknown := [tag for folded, tag in named.items() if folded not in known]:
        raise Problems(_unknown_language_problem(publication, tag, groups) for tag in unknown)
    return [one for tag, one in known.items() if tag in named]


def _unknown_language_problem(publication: Publication, tag: str, groups: Sequence[str]) -> Problem:
    own = [one.tag for one in publication.languages]
    known = next((one for one in known_languages() if one.casefold() == tag.casefold()), "")
    if not known:
        near = nearest_language(tag, [*own, *groups])
        return Problem(f"there is no language '{tag}'", hint=near, kind="unknown-language")
    message = f"the publication '{publication.imprint.id}' is not in {load_language(known).english} ('{known}')"
    hint = f"it has {', '.join(own)}; to add it, write languages: [{', '.join([*own, known])}] in "
    hint += f"publication.yaml, then: tipbrief translate {known}"
    return Problem(message, publication.folder / "publication.yaml", hint=hint, kind="no-translation")


def languages_in_names(names: Sequence[str]) -> list[str]:
    """The languages in the names of documents: ``ps`` of ``world.ps``."""
    return [tag for name in names if (tag := split_document_name(name)[1]) in known_languages()]


def read_first_language(folder: Path) -> str:
    """The tag of the first language of a publication in several; empty if that cannot be read."""
    first, *others = [one.text for one in read_scalars(folder / "publication.yaml", "languages")] or [""]
    return first if others and first in known_languages() else ""


def select_documents(
    publications: Sequence[Publication],
    names: Sequence[str],
    *,
    only: Sequence[str] = (),
    everything: bool = False,
    languages: Sequence[str] = (),
) -> list[str]:
    """The documents of these briefs, or single documents; unknown names are problems."""
    # ``publications`` are one publication in its languages. Without names: every brief that is a single document,
    # with ``everything`` all. ``only`` are keys: with them, the documents of briefs with ``for_each``. ``world.ps`` is
    # that document; a name without a language stands for one in each of the ``languages``, by default in the first.
    source, by_tag = publications[0], {one.language.tag: one for one in publications}
    chosen = [one.tag for one in select_languages(source, languages)] or [source.language.tag]
    briefs: dict[str, list[str]] = {tag: [] for tag in chosen}
    problems = ProblemList()
    for name in names:
        plain, tag = split_document_name(name)
        if tag and tag not in by_tag:
            problems.append(_unknown_brief_problem(publications, name))
        elif tag and languages and tag not in briefs:
            hint = f"leave out --language, or write '{plain}'"
            problems.append(Problem(f"'{name}' is in another language than was asked for", hint=hint))
        for one in [tag] if tag else chosen:
            briefs.setdefault(one, []).append(plain)
    found: dict[str, None] = {}
    for tag, own in briefs.items() if not problems else ():
        if own or not names:
            selected, faults = _select_in_language(publications, by_tag.get(tag, source), own, only, everything)
            found |= dict.fromkeys(selected)
            problems += faults
    if not found and not problems:
        hint = f"name one, or build all: tipbrief build {next(iter(source.briefs))}, or tipbrief build --all"
        problems.append(Problem("every brief here has a document for each row of a table", hint=hint))
    problems.raise_all()
    return list(found)


def _select_in_language(
    publications: Sequence[Publication], whole: Publication, names: Sequence[str], only: Sequence[str], everything: bool
) -> tuple[list[str], list[Problem]]:
    documents = {split_document_name(name)[0]: one for name, one in whole.documents.items()}
    found, problems = list[str](), list[Problem]()
    for name in names or [name for name in whole.briefs if not only or whole.briefs[name].for_each]:
        if name in documents:
            if only:
                problems.append(Problem(f"'{name}' is one document, and has no rows", hint="leave out --only"))
            found.append(documents[name].name)
            continue  # a run may name ten thousand documents
        # By the part of the document's name that stands for the key: a key of two columns has a comma.
        of_brief = {plain.removeprefix(f"{name}-"): one for plain, one in documents.items() if one.brief.id == name}
        in_any_case = {key.casefold(): key for key in of_brief}
        keys = [key if key in of_brief else in_any_case.get(key.casefold(), key) for key in only]
        if not of_brief:
            problems.append(_unknown_brief_problem(publications, name))
        elif names or only or everything:
            unknown = [key for key in keys if key not in of_brief]
            problems += (Problem(f"'{name}' has no document '{k}'", hint=suggest_nearest(k, of_brief)) for k in unknown)
            found += [one.name for key, one in of_brief.items() if not only or key in keys]
    return found, problems


def _unknown_brief_problem(publications: Sequence[Publication], name: str) -> Problem:
    known = dict.fromkeys([*publications[0].briefs, *(known for one in publications for known in one.documents)])
    return Problem(f"there is no brief '{name}'", hint=suggest_nearest(name, known))
