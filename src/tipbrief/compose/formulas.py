"""Formulas: how each derived figure of a document comes about, in words and with its numbers."""

from collections.abc import Iterator

from markupsafe import Markup, escape

from tipbrief.check.models import Cells, Figure
from tipbrief.compose.cells import shown_value
from tipbrief.compose.origins import noted
from tipbrief.compose.writer import Writer
from tipbrief.language.catalogue import filled


def formulas_of(writer: Writer) -> list[Markup]:
    """The formula of each derived figure that was printed, and then of those of which these are made."""
    figures, waiting, found = writer.publication.figures, writer.printed, dict[str, Markup]()
    while waiting:
        name = waiting.pop(0)
        if figures[name].way and name not in found:
            found[name] = _Formula(writer, figures[name]).whole()
            waiting += map(str, figures[name].parts)
    return [*found.values()]


class _Formula:
    """The formula of one figure."""

    def __init__(self, writer: Writer, figure: Figure) -> None:
        self._writer, self._figure = writer, figure
        self._language, self._publication = writer.language, writer.publication

    def whole(self) -> Markup:
        """Its label, how it is made, on how many rows it rests, and how it was rounded."""
        made = [self._made(), *self._rows(), *self._rounded()]
        label = self._writer.rich(self._figure.label)
        return Markup("{}: {}").format(label, Markup(self._language.comma).join(made))

    def _said(self, words: str, **values: str) -> Markup:
        return Markup(filled(str(escape(words)), {name: escape(value) for name, value in values.items()}))

    def _made(self) -> Markup:
        gettext, parts = self._language.catalogue.gettext, [*map(self._part, self._figure.parts)]
        together = Markup(self._language.comma).join(parts)
        if cells := self._figure.cells:
            together = self._column(cells)
        match self._figure.way:
            case "sum":
                return self._said(gettext("the sum of %(parts)s"), parts=together)
            case "mean":
                return self._said(gettext("the mean of %(parts)s"), parts=together)
            case "difference":
                words = gettext("%(first)s minus %(second)s")
            case "ratio":
                words = gettext("%(first)s divided by %(second)s")
            case _:
                words = gettext("%(first)s as a percentage of %(second)s")
        return self._said(words, first=parts[0], second=parts[1])

    def _part(self, name: str) -> Markup:
        """A figure of which it is made, and its value."""
        label = self._writer.rich(self._publication.figures[name].label)
        value = noted(shown_value(self._publication, name), self._publication.values[name])
        return Markup("{} ({})").format(label, value)

    def _column(self, cells: Cells) -> Markup:
        gettext, spec = self._language.catalogue.gettext, self._publication.tables[cells.table].spec
        column = self._quoted(spec.columns[cells.column].label or cells.column)
        words = gettext("%(column)s in %(table)s")
        found = [self._said(words, column=column, table=self._quoted(spec.title))]
        for name, value in cells.where.items():
            declared = spec.columns[name]
            shown = str(declared.choices[value].label if value in declared.choices else value)
            if declared.table:
                shown = self._publication.tables[declared.table].name_of(value)
            label, words = self._writer.runs(declared.label or name), gettext("where %(column)s is %(value)s")
            found.append(self._said(words, column=label, value=self._quoted(shown)))
        return Markup(self._language.comma).join(found)

    def _quoted(self, text: str) -> Markup:
        opening, closing = self._language.quotes
        return opening + self._writer.runs(text) + closing

    def _rows(self) -> Iterator[Markup]:
        of, plural = self._publication.derivation(self._figure.id), self._language.plural
        if self._figure.cells:
            yield escape(plural("%(count)s row", "%(count)s rows", of.rows))
            if of.blank:
                yield escape(
                    plural(
                        "without %(count)s row that has no number",
                        "without %(count)s rows that have no number",
                        of.blank,
                    )
                )

    def _rounded(self) -> Iterator[Markup]:
        if not self._publication.derivation(self._figure.id).rounded:
            return
        if places := self._figure.decimals:
            plural = self._language.plural
            yield escape(
                plural("rounded to %(count)s decimal place", "rounded to %(count)s decimal places", places)
            )
        else:
            yield escape(self._language.words("rounded to a whole number"))
