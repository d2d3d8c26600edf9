"""Compose: a publication and one of its briefs become one self-contained HTML text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from jinja2 import Environment
from markupsafe import Markup

from tipbrief.check.blocks import Document, every_block
from tipbrief.check.publication import Publication
from tipbrief.compose import charts, maps
from tipbrief.compose.profiles import PAPERS, Drawings, Paper, Profile
from tipbrief.compose.templates import rendered
from tipbrief.compose.writer import Citations, Writer
from tipbrief.fonts.shelf import Face, font_face_css
from tipbrief.ledger.editions import Told
from tipbrief.ledger.entries import Edition
from tipbrief.problems import Problem, Problems, nearest


def compose(
    publication: Publication,
    name: str,
    faces: tuple[Face, ...],
    env: Environment,
    *,
    edition: Edition | None = None,
    told: Sequence[Told] = (),
    paper: Paper = PAPERS["a4"],
    profile: Profile | None = None,
    template: str = "brief.html.j2",
    more: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """The HTML of one brief: fonts, styles and shapes inside, nothing fetched from outside.

    ``edition`` is what it calls itself, by default a draft of the first; ``told`` are the corrections;
    ``more`` is what the template knows besides.
    """
    if name not in publication.documents:
        raise Problems(Problem(f"there is no brief '{name}'", hint=nearest(name, publication.documents)))
    document = publication.documents[name]
    citations = Citations(publication)
    corrected = frozenset(step[0] for item in told for step in item.steps)
    writer = Writer(publication, citations, corrected, document)
    return rendered(
        env,
        template,
        **_dataset(publication, document),
        paper=paper,
        profile=profile,
        drawing=Drawings(profile),
        fonts=Markup(font_face_css(faces)),
        charts=charts,
        maps=maps,
        rich=writer.rich,
        paragraphs=writer.paragraphs,
        cite=citations.mark,
        cited=citations.listed,
        shown=writer.shown,
        value=writer.value,
        mark=writer.mark,
        label=writer.label,
        distinct=writer.distinct,
        value_then=writer.value_then,
        edition=edition or Edition(brief=name, number=1, code="", date=publication.imprint.published),
        told=told,
        **more,
    )


def _dataset(publication: Publication, document: Document) -> dict[str, object]:
    """What a template reads of the publication, of its brief and of the document's row."""
    brief = document.brief
    return {
        "publication": publication,
        "imprint": publication.imprint,
        "texts": publication.texts,
        "figures": publication.figures,
        "values": publication.values,
        "tables": publication.tables,
        "brief": brief,
        "document": document,
        "row": publication.tables[brief.for_each].by_key[document.key] if brief.for_each else None,
        "corrections_placed": any(block.kind == "corrections" for block in every_block(brief.blocks)),
    }


def file_stem(publication: Publication, name: str) -> str:
    """The name of a document's files without ending: ``tip-2025-world``, ``tip-2025-country-AFG``."""
    return f"{publication.imprint.id}-{name}"
