"""Asked: the languages and the documents for which the words of a command stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tipbrief.check.publication import Publication
from tipbrief.language.language import Language, known_languages, language
from tipbrief.ledger.entries import parted
from tipbrief.problems import Problem, Problems, nearest

if TYPE_CHECKING:
    from tipbrief.build.session import Session

EVERY = "all"  # what is said for every language


def document_name(publication: Publication, plain: str, written_in: Language) -> str:
    """What a document is called in a language: ``world`` in the publication's first, else ``world.ps``."""
    return plain if written_in is publication.languages[0] else f"{plain}.{written_in.tag}"


def languages_named(publication: Publication, tags: Sequence[str]) -> list[Language]:
    """The publication's languages with these tags, or ``EVERY`` one, in its order; others are problems."""
    known = {one.tag.casefold(): one for one in publication.languages}
    named = {tag.casefold(): tag for tag in tags}
    if EVERY in named:
        return [*known.values()]
    if unknown := [tag for folded, tag in named.items() if folded not in known]:
        raise Problems(_no_language(publication, tag) for tag in unknown)
    return [one for tag, one in known.items() if tag in named]


def _no_language(publication: Publication, tag: str) -> Problem:
    own = [one.tag for one in publication.languages]
    known = next((one for one in known_languages() if one.casefold() == tag.casefold()), "")
    if not known:
        return Problem(f"there is no language '{tag}'", hint=nearest(tag, [*own, EVERY]), kind="no-language")
    message = f"the publication '{publication.imprint.id}' is not in {language(known).english} ('{known}')"
    hint = f"it has {', '.join(own)}; to add it, write languages: [{', '.join([*own, known])}] in "
    hint += f"publication.yaml, then: tipbrief translate {known}"
    return Problem(message, hint=hint, kind="no-language")


def languages_of(names: Sequence[str]) -> list[str]:
    """The languages that names say themselves: ``ps`` of ``world.ps``."""
    return [tag for name in names if (tag := parted(name)[1]) in known_languages()]


def named(
    session: Session,
    names: Sequence[str],
    *,
    only: Sequence[str] = (),
    everything: bool = False,
    languages: Sequence[str] = (),
) -> list[str]:
    """The documents that were asked for: of these briefs, or single ones; unknown names are problems.

    None named: those of every brief that is a single document, with ``everything`` all. ``only`` are keys:
    with them, those of the briefs that have many. A name that says its language, ``world.ps``, is that; any
    other stands for a document in each of the ``languages``, by default in the publication's first.
    """
    first = session.publication.language
    asked = languages_named(session.publication, languages) or [first]
    briefs: dict[str, list[str]] = {one.tag: [] for one in asked}
    problems: list[Problem] = []
    for name in names:
        plain, tag = parted(name)
        if tag and tag not in (first.tag, *session.translations):
            problems.append(_no_brief(session, name))
        elif tag and languages and tag not in briefs:
            hint = f"leave out --language, or write '{plain}'"
            problems.append(Problem(f"'{name}' is in another language than was asked for", hint=hint))
        for one in [tag] if tag else [other.tag for other in asked]:
            briefs.setdefault(one, []).append(plain)
    found: dict[str, None] = {}
    for tag, own in briefs.items() if not problems else ():
        if own or not names:
            whole = session.translations.get(tag, session.publication)
            found |= dict.fromkeys(_of_language(session, whole, own, only, everything, problems))
    if not found and not problems:
        hint = f"name one, or build all: tipbrief build {next(iter(session.publication.briefs))}, or "
        hint += "tipbrief build --all"
        problems.append(Problem("every brief here has a document for each row of a table", hint=hint))
    if problems:
        raise Problems(dict.fromkeys(problems))
    return list(found)


def _of_language(
    session: Session,
    whole: Publication,
    names: Sequence[str],
    only: Sequence[str],
    everything: bool,
    problems: list[Problem],
) -> list[str]:
    """The documents of briefs in one language; what is wrong with their names goes into ``problems``."""
    documents, found = {parted(name)[0]: one for name, one in whole.documents.items()}, list[str]()
    for name in names or [name for name in whole.briefs if not only or whole.briefs[name].for_each]:
        # By what stands for the key in the document's name: a key of two columns has a comma.
        of_brief = {
            plain.removeprefix(f"{name}-"): one for plain, one in documents.items() if one.brief.id == name
        }
        in_any_case = {key.casefold(): key for key in of_brief}
        keys = [key if key in of_brief else in_any_case.get(key.casefold(), key) for key in only]
        if name in documents:
            if only:
                hint = "leave out --only"
                problems.append(Problem(f"'{name}' is one document, and has no rows", hint=hint))
            found.append(documents[name].name)
        elif not of_brief:
            problems.append(_no_brief(session, name))
        elif names or only or everything:
            problems += [
                Problem(f"'{name}' has no document '{key}'", hint=nearest(key, of_brief))
                for key in keys
                if key not in of_brief
            ]
            found += [one.name for key, one in of_brief.items() if not only or key in keys]
    return found


def _no_brief(session: Session, name: str) -> Problem:
    known = dict.fromkeys([*session.publication.briefs, *session.documents])
    return Problem(f"there is no brief '{name}'", hint=nearest(name, known))
