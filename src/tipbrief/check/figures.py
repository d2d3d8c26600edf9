"""Figures: where each one's value comes from, and what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tipbrief.check.models import Cell, Count, Figure, Table
from tipbrief.check.references import References
from tipbrief.check.tables import counted
from tipbrief.language.language import Language
from tipbrief.load.places import Text
from tipbrief.problems import nearest

# A figure whose ``check`` counts another number of rows.
COUNT_CONTRADICTS = "count-contradicts"
_WAYS = {"reported": ("value", "cell"), "counted": ("count",), "derived": ("sum",)}


def is_leap(was: str, now: str) -> bool:
    """Whether a whole number changes as if digits were lost or doubled: tenfold or more, or to nothing."""
    if not was or not now or "." in was or not Decimal(was):
        return False
    small, large = sorted(abs(Decimal(number)) for number in (was, now))
    return large >= 10 * small


@dataclass
class Evaluation:
    """Finds the values of figures, beside what their dataset holds."""

    figures: Mapping[str, Figure]
    references: References
    language: Language
    values: dict[str, Decimal] = field(default_factory=dict)

    def run(self) -> dict[str, Decimal]:
        """The value of each figure that has one; whatever keeps a figure from its value is a problem."""
        for figure in sorted(self.figures.values(), key=lambda f: bool(f.sum)):
            self.references.problems += self.references.faults(figure)
            if self._is_sound(figure) and (value := self._value(figure)) is not None:
                self.values[figure.id] = value
                self._check(figure, value)
        return self.values

    def _check(self, figure: Figure, value: Decimal) -> None:
        if figure.unit and self.language.counts(figure.unit) and not figure.sum:
            whole = value.to_integral_value()
            if value < 0 or (value == whole and len(f"{value:f}") > len(f"{whole:f}")):
                message = f"'{figure.id}' is {value:f}, but its unit '{figure.unit}' is counted: 0, 1, 2 …"
                hint = f"write {abs(whole):f}; how much it grew or fell is another figure, without a unit"
                self.references.add(figure.place.problem(message, hint, kind="no-count"))
        if figure.check and (rows := self._counted(figure.check)) not in (None, value):
            such = "such rows" if figure.check.where else "rows"
            message = f"'{figure.id}' is {value}, but '{figure.check.table}' has {rows} {such}"
            hint = "correct the figure or the table"
            self.references.add(figure.check.place.problem(message, hint, kind=COUNT_CONTRADICTS))

    def _is_sound(self, figure: Figure) -> bool:
        """Whether a figure says where its value comes from, as its kind wants it, and on what it rests."""
        given = [key for key in ("value", "cell", "count", "sum") if getattr(figure, key) not in (None, ())]
        wanted = _WAYS[figure.kind]
        sound = len(given) == 1 and given[0] in wanted
        if not sound:
            message = f"the {figure.kind} figure '{figure.id}' must have {' or '.join(map(repr, wanted))}"
            message += f", not {' and '.join(map(repr, given))}" if given else ""
            hint = "counted figures say 'count', derived ones 'sum', reported ones 'value' or 'cell'"
            self.references.add(figure.place.problem(message, hint, kind="figure-kind"))
        if given == ["value"] and not figure.sources:
            message = f"the figure '{figure.id}' has no source"
            self.references.add(figure.place.problem(message, "add 'sources: [id]'", kind="no-source"))
        return sound

    def _value(self, figure: Figure) -> Decimal | None:
        if figure.cell:
            return self._cell(figure.cell)
        if figure.count:
            rows = self._counted(figure.count)
            return None if rows is None else Decimal(rows)
        if not figure.sum:
            return figure.value
        for part in figure.sum:
            if part in self.figures and self.figures[part].sum:
                hint = "name the figures that it adds"
                self.references.add(part.problem(f"'{part}' is itself a sum", hint, kind="nested-sum"))
                return None
        known = self.values.keys() >= {*figure.sum}
        return sum((self.values[part] for part in figure.sum), Decimal()) if known else None

    def _table(self, name: Text) -> Table | None:
        """A table from which figures can be taken; an unknown one is a problem."""
        known = self.references.known((name,), "table") and name not in self.references.doubtful
        return self.references.tables.get(name) if known else None

    def _counted(self, count: Count) -> int | None:
        if (table := self._table(count.table)) is None:
            return None
        for name, value in count.where.items():
            if (column := table.spec.columns.get(name)) is None:
                message = f"the table '{count.table}' has no column '{name}'"
                hint, kind = nearest(name, table.spec.columns), "unknown-column"
            elif column.choices and value not in column.choices:
                message = f"'{value}' is no value of '{name}'"
                hint, kind = nearest(value, column.choices), "no-choice"
            else:
                continue
            self.references.add(value.problem(message, hint, kind=kind))
            return None
        return len(counted(table, count))

    def _cell(self, cell: Cell) -> Decimal | None:
        if (table := self._table(cell.table)) is None:
            return None
        known = self.references.known((cell.row,), "row", table.by_key)
        if not self.references.known((cell.column,), "column", table.spec.columns) or not known:
            return None
        text = table.by_key[cell.row][cell.column]
        if table.spec.columns[cell.column].type == "number" and text:
            return Decimal(text)
        holds = f"'{text}', which is no number" if text else "nothing"
        message = f"the cell in row '{cell.row}', column '{cell.column}' holds {holds}"
        hint = "name a column of the type number, and a row that has one"
        self.references.add(cell.column.problem(message, hint, kind="no-number"))
        return None
