"""Compose: a publication and one of its briefs become one self-contained HTML text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from tipbrief.check.blocks import Block, Brief, every_block
from tipbrief.check.publication import Publication
from tipbrief.compose.formulas import formulas_of
from tipbrief.compose.origins import Origins, knowing
from tipbrief.compose.profiles import PAPERS, Drawings, Paper, Profile, one_named
from tipbrief.compose.rows import rows_printed
from tipbrief.compose.templates import page_html, rendered
from tipbrief.compose.writer import Writer
from tipbrief.fonts.shelf import Face, font_face_css
from tipbrief.ledger.editions import Told
from tipbrief.ledger.entries import Edition

# What templates know of the publication, and what writes its texts and values for them.
_OF_PUBLICATION = ("imprint", "texts", "figures", "values", "tables", "pictures")
_OF_WRITER = (
    "cite", "cited", "rich", "paragraphs", "shown", "column_of", "value", "mark", "label", "distinct",
    "value_then", "longest", "passage", "sources_of",
)  # fmt: skip


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
    more: Mapping[str, Any] = MappingProxyType({}),
    alternates: Mapping[str, str] = MappingProxyType({}),
    origins: Origins | None = None,
) -> str:
    """The HTML of one brief: fonts, styles and shapes inside, nothing fetched from outside.

    ``edition`` is what it calls itself, by default a draft of the first; ``told`` are the corrections;
    ``more`` is what the template knows besides; ``alternates`` are the files that say the same in each
    language, by its tag. With ``origins`` it is the page with their marks, to be read for these alone.
    """
    if origins:
        publication = knowing(publication)
    document = one_named(name, "brief", publication.documents)
    brief = document.brief
    corrected = frozenset(step[0] for item in told for step in item.steps)
    told = [replace(item, reason=publication.reasons.get(item.reason, item.reason)) for item in told]
    writer = Writer(publication, corrected, document)
    known: dict[str, Any] = dict(
        publication=publication,
        language=publication.language,
        **{one: getattr(publication, one) for one in _OF_PUBLICATION},
        **{one: getattr(writer, one) for one in _OF_WRITER},
        rows_of=lambda block: rows_printed(publication, block, document),
        formulas=lambda: formulas_of(writer),
        level=lambda block: _level(publication, brief, block),
        brief=brief,
        document=document,
        row=publication.tables[brief.for_each].by_key[document.key] if brief.for_each else None,
        paper=paper,
        profile=profile,
        drawing=Drawings(profile),
        fonts=Markup(font_face_css(faces)),
        edition=edition or Edition(brief=name, number=1, code="", date=publication.imprint.published),
        told=told,
        corrections_placed=any(block.kind == "corrections" for block in every_block(brief.blocks)),
        **more,
    )
    if origins:
        with origins.noting():
            return rendered(env, template, **known)
    return page_html(env, template, alternates=alternates, **known)


def _level(publication: Publication, brief: Brief, block: Block) -> int:
    """As a heading of which level a chart's looks: 3, but 2 where none stands above it."""
    for other in every_block(brief.blocks):
        if other is block:
            return 2
        prose = publication.texts.prose.get(getattr(other, "prose", "")) if other.kind == "prose" else None
        titled = getattr(other, "title", None) and other.kind not in ("years", "strip", "facts")
        if titled or other.kind == "definition" or (prose and prose.title):
            return 3
    return 3
