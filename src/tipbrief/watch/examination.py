"""Examination: what is wrong in the whole publication, as `check` tells it, and what can be looked at."""

from collections.abc import Mapping
from typing import Any

from tipbrief.build.languages import document_name
from tipbrief.build.session import Session, translations_of
from tipbrief.check.publication import Publication
from tipbrief.compose.profiles import PAPERS, load_profiles
from tipbrief.compose.templates import template_numbers
from tipbrief.compose.writer import plain_text
from tipbrief.fonts.shelf import coverage
from tipbrief.ledger.proof import require_sound
from tipbrief.problems import Problem, Problems


def examination(session: Session) -> tuple[list[Problem], dict[str, Publication]]:
    """All problems of a publication that a session has open; and it in each language that is sound."""
    own, whole = session.folder / "templates", session.publication
    found = [*(template_numbers(own) if own.is_dir() else ()), *session.theme[1], *session.warnings]
    wholes = {whole.language.tag: whole, **session.translations}
    try:
        require_sound(session.ledger)
    except Problems as raised:
        found += raised.problems
    for one in whole.languages:
        if one.tag not in wholes:
            try:
                other = translations_of(whole, session.ledger, [one], coverage(session.faces))[one.tag]
            except Problems as raised:
                found += raised.problems
            else:
                wholes[one.tag] = other
                found += (*other.warnings, *other.untranslated)
    return [*dict.fromkeys(found)], wholes


def contents(session: Session, wholes: Mapping[str, Publication]) -> dict[str, Any]:
    """What can be looked at: documents with their titles in each language, languages, papers, profiles."""
    first = session.publication
    titles: dict[str, dict[str, str]] = {name: {} for name in first.documents}
    for whole in wholes.values():
        for plain in titles:
            document = whole.documents[document_name(first, plain, whole.language)]
            titles[plain][whole.language.tag] = plain_text(document.brief.title, whole, document)
    languages = [{"tag": one.tag, "name": one.name, "direction": one.direction} for one in first.languages]
    documents = [
        {"name": name, "titles": titles[name], "brief": one.brief.id} for name, one in first.documents.items()
    ]
    profiles = load_profiles(session.folder / "templates", session.templates)
    return {
        "documents": documents,
        "languages": languages,
        "papers": [*PAPERS],
        "profiles": [*profiles],
    }
