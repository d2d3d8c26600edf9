"""Asked: the documents for which the words of a command stand."""

from collections.abc import Sequence

from tipbrief.check.publication import Publication
from tipbrief.ledger.entries import split_document_name
from tipbrief.pipeline.languages import select_languages
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems, suggest_nearest


def select_documents(
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
    asked = select_languages(session.publication, languages) or [first]
    briefs: dict[str, list[str]] = {one.tag: [] for one in asked}
    problems: list[Problem] = []
    for name in names:
        plain, tag = split_document_name(name)
        if tag and tag not in (first.tag, *session.translations):
            problems.append(_unknown_brief_problem(session, name))
        elif tag and languages and tag not in briefs:
            hint = f"leave out --language, or write '{plain}'"
            problems.append(Problem(f"'{name}' is in another language than was asked for", hint=hint))
        for one in [tag] if tag else [other.tag for other in asked]:
            briefs.setdefault(one, []).append(plain)
    found: dict[str, None] = {}
    for tag, own in briefs.items() if not problems else ():
        if own or not names:
            whole = session.translations.get(tag, session.publication)
            found |= dict.fromkeys(_select_in_language(session, whole, own, only, everything, problems))
    if not found and not problems:
        hint = f"name one, or build all: tipbrief build {next(iter(session.publication.briefs))}, or "
        hint += "tipbrief build --all"
        problems.append(Problem("every brief here has a document for each row of a table", hint=hint))
    if problems:
        raise Problems(dict.fromkeys(problems))
    return list(found)


def _select_in_language(
    session: Session,
    whole: Publication,
    names: Sequence[str],
    only: Sequence[str],
    everything: bool,
    problems: list[Problem],
) -> list[str]:
    """The documents of briefs in one language; what is wrong with their names goes into ``problems``."""
    documents, found = (
        {split_document_name(name)[0]: one for name, one in whole.documents.items()},
        list[str](),
    )
    for name in names or [name for name in whole.briefs if not only or whole.briefs[name].for_each]:
        # By what stands for the key in the document's name: a key of two columns has a comma.
        of_brief = {plain.removeprefix(f"{name}-"): one for plain, one in documents.items() if one.brief.id == name}
        in_any_case = {key.casefold(): key for key in of_brief}
        keys = [key if key in of_brief else in_any_case.get(key.casefold(), key) for key in only]
        if name in documents:
            if only:
                hint = "leave out --only"
                problems.append(Problem(f"'{name}' is one document, and has no rows", hint=hint))
            found.append(documents[name].name)
        elif not of_brief:
            problems.append(_unknown_brief_problem(session, name))
        elif names or only or everything:
            problems += [
                Problem(f"'{name}' has no document '{key}'", hint=suggest_nearest(key, of_brief))
                for key in keys
                if key not in of_brief
            ]
            found += [one.name for key, one in of_brief.items() if not only or key in keys]
    return found


def _unknown_brief_problem(session: Session, name: str) -> Problem:
    known = dict.fromkeys([*session.publication.briefs, *session.documents])
    return Problem(f"there is no brief '{name}'", hint=suggest_nearest(name, known))
