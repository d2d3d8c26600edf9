"""The HTML page of a document: what its template knows, and the formulas of derived figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from tipbrief.check.blocks import Block, Brief, every_block
from tipbrief.check.models import Cells, Figure
from tipbrief.check.publication import Publication
from tipbrief.compose.formatting import format_figure, select_rows
from tipbrief.compose.html_writer import HtmlWriter
from tipbrief.compose.profiles import PAPERS, DrawingStyles, Paper, Profile, require_named
from tipbrief.compose.provenance import OriginIndex, mark_origin, track_origins
from tipbrief.compose.templates import render_page_html, render_template
from tipbrief.fonts.font_library import FontFace, font_face_css
from tipbrief.language.language import fill_placeholders, load_language
from tipbrief.ledger.editions import ChangeNotice
from tipbrief.ledger.entries import Edition


def write_formulas(writer: HtmlWriter) -> list[Markup]:
    """The formulas of the printed derived figures, and of the derived figures that these use."""
    figures, names, found = writer.publication.figures, [*writer.printed_figures], dict[str, Markup]()
    while names:
        figure = figures[name := names.pop(0)]
        if figure.operation and name not in found:
            parts = [_write_derivation(writer, figure), *_write_remarks(writer, figure)]
            found[name] = Markup("{}: {}").format(writer.rich(figure.label), Markup(writer.language.comma).join(parts))
            names += map(str, figure.operands)
    return [*found.values()]


def _fill_words(words: str, **values: str) -> Markup:
    return Markup(fill_placeholders(str(escape(words)), {name: escape(value) for name, value in values.items()}))


def _write_derivation(writer: HtmlWriter, figure: Figure) -> Markup:
    gettext, publication, parts = writer.language.catalogue.gettext, writer.publication, list[Markup]()
    for name in figure.operands:
        value = mark_origin(format_figure(publication, name), publication.values[name])
        parts.append(Markup("{} ({})").format(writer.rich(publication.figures[name].label), value))
    words = {
        "sum": gettext("the sum of %(parts)s"),
        "mean": gettext("the mean of %(parts)s"),
        "difference": gettext("%(first)s minus %(second)s"),
        "ratio": gettext("%(first)s divided by %(second)s"),
        "percent": gettext("%(first)s as a percentage of %(second)s"),
    }
    named = dict(zip(("first", "second"), parts, strict=False))
    together = _write_column(writer, figure.cells) if figure.cells else Markup(writer.language.comma).join(parts)
    return _fill_words(words[figure.operation], parts=together, **named)


def _write_column(writer: HtmlWriter, cells: Cells) -> Markup:
    gettext, spec = writer.language.catalogue.gettext, writer.publication.tables[cells.table].spec
    opening, closing = writer.language.quotes

    def quote(text: str) -> Markup:
        return opening + writer.runs(text) + closing

    words = gettext("%(column)s in %(table)s")
    column = quote(spec.columns[cells.column].label or cells.column)
    found = [_fill_words(words, column=column, table=quote(spec.title))]
    for name, value in cells.where.items():
        declared = spec.columns[name]
        shown = str(declared.choices[value].label if value in declared.choices else value)
        if declared.table:
            shown = writer.publication.tables[declared.table].row_name(value)
        label, words = writer.runs(declared.label or name), gettext("where %(column)s is %(value)s")
        found.append(_fill_words(words, column=label, value=quote(shown)))
    return Markup(writer.language.comma).join(found)


def _write_remarks(writer: HtmlWriter, figure: Figure) -> Iterator[Markup]:
    of, plural = writer.publication.derivation(figure.id), writer.language.ngettext
    if figure.cells:
        yield escape(plural("%(count)s row", "%(count)s rows", of.rows))
        if of.blank_rows:
            yield escape(
                plural(
                    "without %(count)s row that has no number",
                    "without %(count)s rows that have no number",
                    of.blank_rows,
                )
            )
    if of.is_rounded and (places := figure.decimals):
        yield escape(plural("rounded to %(count)s decimal place", "rounded to %(count)s decimal places", places))
    elif of.is_rounded:
        yield escape(writer.language.gettext("rounded to a whole number"))


# The parts of the publication that templates know by name.
_PUBLICATION_NAMES = ("imprint", "texts", "figures", "values", "tables", "pictures")
# The writer's methods by the names that templates use.
_WRITER_METHODS = {
    **{name: name for name in (
        "cite", "rich", "paragraphs", "column_of", "value", "mark", "label", "value_then", "passage", "sources_of",
    )},
    "cited": "cited_sources", "shown": "cell_html", "distinct": "distinct_steps", "longest": "longest_value",
}  # fmt: skip


def compose_page(
    publication: Publication,
    name: str,
    faces: tuple[FontFace, ...],
    env: Environment,
    *,
    edition: Edition | None = None,  # otherwise a draft of the first one
    told: Sequence[ChangeNotice] = (),  # the corrections that it tells
    paper: Paper = PAPERS["a4"],
    profile: Profile | None = None,
    template: str = "brief.html.j2",
    more: Mapping[str, Any] = MappingProxyType({}),  # further names for the template
    alternates: Mapping[str, str] = MappingProxyType({}),  # its HTML files in all languages by tag
    pdf_file: str = "",  # the file beside it that is printed
    origins: OriginIndex | None = None,  # with it the page has their marks, and is only for the source map
) -> str:
    """The self-contained HTML of one document, with fonts, styles and shapes inside."""
    if origins:
        publication = track_origins(publication)
    document = require_named(name, "brief", publication.documents)
    brief = document.brief
    corrected = frozenset(step[0] for item in told for step in item.steps)
    told = [replace(item, reason=publication.reasons.get(item.reason, item.reason)) for item in told]
    writer = HtmlWriter(publication, corrected, document)
    own_tag = publication.language.tag
    names: dict[str, Any] = dict(
        **{one: getattr(publication, one) for one in _PUBLICATION_NAMES},
        **{name: getattr(writer, method) for name, method in _WRITER_METHODS.items()},
        rows_of=lambda block: select_rows(publication, block, document),
        formulas=lambda: write_formulas(writer),
        level=lambda block: _heading_level(publication, brief, block),
        brief=brief,
        document=document,
        row=publication.tables[brief.for_each].by_key[document.key] if brief.for_each else None,
        paper=paper,
        profile=profile,
        drawing=DrawingStyles(profile),
        fonts=Markup(font_face_css(faces)),
        edition=edition or Edition(brief=name, number=1, code="", date=publication.imprint.published),
        told=told,
        other_languages=[(load_language(tag), file) for tag, file in alternates.items() if tag != own_tag],
        pdf_file=pdf_file,
        corrections_placed=any(block.kind == "corrections" for block in every_block(brief.blocks)),
        **more,
    )
    if origins:
        with origins.record_origins():
            return render_template(env, template, publication=publication, language=publication.language, **names)
    return render_page_html(env, template, publication, alternates=alternates, **names)


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
