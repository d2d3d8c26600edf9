"""The HTML page of a document: what its template knows."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from tipbrief.check.blocks import Block, Brief, every_block
from tipbrief.check.models import Column, Figure
from tipbrief.check.publication import Publication
from tipbrief.compose.formatting import select_rows
from tipbrief.compose.html_writer import HtmlWriter
from tipbrief.compose.profiles import PAPERS, DrawingStyles, Paper, Profile, require_named
from tipbrief.compose.provenance import OriginIndex, track_origins
from tipbrief.compose.sandbox import prepare_value
from tipbrief.compose.templates import open_page, translation_functions
from tipbrief.fonts.font_library import FontFace, font_face_css
from tipbrief.language.language import load_language
from tipbrief.ledger.editions import ChangeNotice
from tipbrief.ledger.entries import Edition


def write_formulas(writer: HtmlWriter, env: Environment) -> list[Markup]:
    """The formulas of the printed derived figures, and of the derived figures that these use."""
    publication, names, derived = writer.publication, [*writer.printed_figures], dict[str, Figure]()
    while names:
        figure = publication.figures[name := names.pop(0)]
        if figure.operation and name not in derived:
            derived[name] = figure
            names += map(str, figure.operands)

    def name_condition(column: Column, value: str) -> str:
        if column.table:
            return publication.tables[column.table].row_name(value)
        return str(column.choices[value].label if value in column.choices else value)

    known: dict[str, Any] = {one: getattr(publication, one) for one in ("figures", "values", "tables", "language")}
    known |= {one.__name__: one for one in (writer.rich, writer.runs, publication.derivation, name_condition)}
    known = {name: prepare_value(one) for name, one in (known | translation_functions(publication.language)).items()}
    write: Any = getattr(env.get_template("formulas.html.j2").make_module(known), "formula")  # noqa: B009
    return [write(figure) for figure in derived.values()]


# The parts of the publication that templates know by name.
_PUBLICATION_NAMES = ("imprint", "texts", "figures", "values", "tables", "pictures")
# The writer's methods by the names that templates use.
_WRITER_METHODS = {
    **{name: name for name in (
        "cite", "rich", "paragraphs", "column_of", "value", "mark", "label", "value_then", "passage", "sources_of",
    )},
    "cited": "cited_sources", "shown": "cell_html", "distinct": "distinct_steps", "longest": "longest_value",
}  # fmt: skip


class _LoggedEdition:
    """An edition that notes whether a template read it."""

    def __init__(self, edition: Edition) -> None:
        self._edition, self.was_read = edition, False

    def __getattr__(self, name: str) -> Any:
        self.was_read = True
        return getattr(self._edition, name)


def compose_page(
    publication: Publication,
    name: str,
    faces: tuple[FontFace, ...],
    env: Environment,
    *,
    edition: Edition | None = None,  # otherwise a draft of the first one
    origins: OriginIndex | None = None,  # with it the page has their marks, and is only for the source map
    **form: Any,
) -> str:
    """The self-contained HTML of one document, with fonts, styles and shapes inside; ``form``: see ``begin_page``."""
    edition = edition or Edition(brief=name, number=1, code="", date=publication.imprint.published)
    publication = track_origins(publication) if origins else publication
    with origins.record_origins() if origins else nullcontext():
        return begin_page(publication, name, faces, env, edition, **form)[0](edition, is_checked=not origins)


def begin_page(
    publication: Publication,
    name: str,
    faces: tuple[FontFace, ...],
    env: Environment,
    edition: Edition,
    *,
    told: Sequence[ChangeNotice] = (),  # the corrections that it tells
    paper: Paper = PAPERS["a4"],
    profile: Profile | None = None,
    template: str = "brief.html.j2",
    more: Mapping[str, Any] = MappingProxyType({}),  # further names for the template
    alternates: Mapping[str, str] = MappingProxyType({}),  # its HTML files in all languages by tag
    pdf_file: str = "",  # the file beside it that is printed
) -> tuple[Callable[..., str], bool]:
    """The page of one document, whose call gives it an edition; and whether it serves for this one alone."""
    document, own = require_named(name, "brief", publication.documents), publication.language
    brief = document.brief
    corrected = frozenset(step[0] for item in told for step in item.steps)
    told = [replace(item, reason=publication.reasons.get(item.reason, item.reason)) for item in told]
    writer, logged = HtmlWriter(publication, corrected, document), _LoggedEdition(edition)
    names: dict[str, Any] = dict(
        **{one: getattr(publication, one) for one in _PUBLICATION_NAMES},
        **{name: getattr(writer, method) for name, method in _WRITER_METHODS.items()},
        rows_of=lambda block: select_rows(publication, block, document),
        formulas=lambda: write_formulas(writer, env),
        level=lambda block: _heading_level(publication, brief, block),
        brief=brief, document=document, paper=paper, profile=profile, drawing=DrawingStyles(profile),
        fonts=font_face_css(faces), edition=logged, told=told, pdf_file=pdf_file,
        row=publication.tables[brief.for_each].by_key[document.key] if brief.for_each else None,
        other_languages=[(load_language(one), file) for one, file in alternates.items() if one != own.tag],
        corrections_placed=any(block.kind == "corrections" for block in every_block(brief.blocks)),
        **more,
    )  # fmt: skip
    return open_page(env, template, publication, alternates=alternates, **names), logged.was_read


def _heading_level(publication: Publication, brief: Brief, block: Block) -> int:
    """The heading level of a chart's title: 3, or 2 if there is no heading above it."""
    for other in every_block(brief.blocks):
        if other is block:
            return 2
        prose = publication.texts.prose.get(getattr(other, "prose", "")) if other.kind == "prose" else None
        titled = getattr(other, "title", None) and other.kind not in ("years", "strip", "facts")
        if titled or other.kind == "definition" or (prose and prose.title):
            return 3
    return 3
