"""The index: one HTML page through which every delivered document is found."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from jinja2 import Environment
from markupsafe import Markup

from tipbrief.check.blocks import BadgeBlock, Brief, every_block
from tipbrief.check.models import Choice, Column
from tipbrief.check.publication import Publication
from tipbrief.compose.templates import rendered
from tipbrief.compose.writer import plain_text
from tipbrief.fonts.shelf import Face, font_face_css
from tipbrief.language.alphabet import first_letter, sort_key
from tipbrief.ledger.entries import Edition

TEMPLATE = "index.html.j2"
_WEIGHTS = (400, 700)  # a third would make the page half as large again


@dataclass(frozen=True, slots=True)
class Listed:
    """One delivered document: its files, which lie beside the index, their sizes in bytes, its edition."""

    name: str
    pdf: str
    pdf_bytes: int
    html: str
    html_bytes: int
    edition: Edition


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One document as the index shows it. ``tone``: its choice, counted from 1; 0 where it has none."""

    listed: Listed
    key: str
    title: str
    subtitle: str
    tone: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """The documents of a brief with ``for_each``: by letter, and by the choice that their badge shows."""

    brief: Brief
    title: str
    letters: tuple[tuple[str, tuple[IndexEntry, ...]], ...]
    column: Column | None

    @property
    def entries(self) -> list[IndexEntry]:
        """All of them, in the order of the alphabet."""
        return [entry for _, entries in self.letters for entry in entries]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices of the column in the order in which they are declared."""
        return tuple(self.column.choices.values()) if self.column else ()

    @property
    def by_choice(self) -> list[tuple[int, Choice, list[IndexEntry]]]:
        """Each choice that a document has: its number, and the documents."""
        held = [
            (tone, choice, [entry for entry in self.entries if entry.tone == tone])
            for tone, choice in enumerate(self.choices, 1)
        ]
        return [one for one in held if one[2]]


def index_html(
    publication: Publication, listed: Sequence[Listed], faces: Iterable[Face], env: Environment
) -> str:
    """The HTML of the index: fonts, styles and script inside, nothing fetched from outside."""
    order = {name: number for number, name in enumerate(publication.documents)}
    in_order = sorted(listed, key=lambda one: order[one.name])  # many are finished in another order each time
    return rendered(
        env,
        TEMPLATE,
        publication=publication,
        imprint=publication.imprint,
        singles=[
            _index_entry(publication, one, None)
            for one in in_order
            if publication.documents[one.name].brief.for_each is None
        ],
        series=_series(publication, listed),
        fonts=Markup(font_face_css(face for face in faces if face.weight in _WEIGHTS)),
        kilobytes=lambda size: max(1, round(size / 1000)),
        fingerprint=_fingerprint,
    )


def _series(publication: Publication, listed: Iterable[Listed]) -> list[Series]:
    found = []
    for brief in publication.briefs.values():
        own = [one for one in listed if publication.documents[one.name].brief is brief]
        if brief.for_each is None or not own:
            continue
        spec = publication.tables[brief.for_each].spec
        badge = next((one for one in every_block(brief.blocks) if isinstance(one, BadgeBlock)), None)
        by = str(badge.by) if badge else None
        entries = sorted(
            (_index_entry(publication, one, by) for one in own),
            key=lambda entry: (sort_key(entry.title), entry.listed.name),
        )
        letters = groupby(entries, key=lambda entry: first_letter(entry.title))
        found.append(
            Series(
                brief,
                str(spec.title),
                tuple((letter, tuple(group)) for letter, group in letters),
                spec.columns[by] if by else None,
            )
        )
    return found


def _index_entry(publication: Publication, one: Listed, by: str | None) -> IndexEntry:
    document = publication.documents[one.name]
    title, subtitle = (
        plain_text(text, publication, document) for text in (document.brief.title, document.brief.subtitle)
    )
    tone = 0
    if by and document.brief.for_each:
        table = publication.tables[document.brief.for_each]
        tone = list(table.spec.columns[by].choices).index(table.by_key[document.key][by]) + 1
    return IndexEntry(one, document.key, title, subtitle, tone)


def _fingerprint(script: str) -> str:
    """The hash by which a content security policy knows a script."""
    return b64encode(sha256(script.encode()).digest()).decode("ascii")
