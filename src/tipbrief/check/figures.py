"""Figures: where each one's value comes from, and what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter

from tipbrief.check.derivation import MOST_DECIMALS, cells_in, counted, derived, sum_of
from tipbrief.check.models import DERIVED, Cell, Cells, Check, Count, Figure, Table
from tipbrief.check.references import References
from tipbrief.language.language import Language
from tipbrief.language.numbers import PERCENT_SIGNS
from tipbrief.load.places import Text
from tipbrief.problems import first_of, nearest

FEW = 5  # names in a message
# A figure whose ``check`` counts another number of rows.
COUNT_CONTRADICTS = "count-contradicts"
_WAYS = {"reported": ("value", "cell"), "counted": ("count",), "derived": DERIVED}


def is_leap(was: str, now: str) -> bool:
    """Whether a number changes as if it were mistyped: its sign, tenfold or more, or to nothing."""
    if not was or not now or not Decimal(was):
        return False
    small, large = sorted(abs(Decimal(number)) for number in (was, now))
    return large >= 10 * small or (Decimal(was) < 0) != (Decimal(now) < 0)


@dataclass
class Evaluation:
    """Finds the values of figures, beside what their dataset holds."""

    figures: Mapping[str, Figure]
    references: References
    language: Language
    values: dict[str, Decimal] = field(default_factory=dict)

    def run(self) -> dict[str, Decimal]:
        """The value of each figure that has one; whatever keeps a figure from its value is a problem."""
        for figure in self._in_order():
            self.references.problems += self.references.faults(figure)
            if self._is_sound(figure) and (value := self._value(figure)) is not None:
                self.values[figure.id] = value
                self._check(figure, value)
        return self.values

    def _in_order(self) -> list[Figure]:
        """The figures, each after those of which it is derived; which rests on itself is a problem."""
        parts = {name: [*map(str, one.parts)] for name, one in self.figures.items()}
        order = {name: parts[name] for name in self.figures if not parts[name]}
        order |= {name: parts[name] for name in self.figures if parts[name]}
        while True:
            try:
                names = [*TopologicalSorter(order).static_order()]
                return [self.figures[name] for name in names if name in order]
            except CycleError as found:
                name, *others = reversed(found.args[1])
                message = f"the figure '{name}' rests on itself: {first_of([name, *others], FEW)}"
                hint = "name the figures of which it is made"
                self.references.add(self.figures[name].place.problem(message, hint, kind="circle"))
                del order[name]

    def _check(self, figure: Figure, value: Decimal) -> None:
        if figure.unit and self.language.counts(figure.unit) and not figure.way:
            whole = value.to_integral_value()
            if value < 0 or (value == whole and len(f"{value:f}") > len(f"{whole:f}")):
                message = f"'{figure.id}' is {value:f}, but its unit '{figure.unit}' is counted: 0, 1, 2 …"
                hint = f"write {abs(whole):f}; how much it grew or fell is another figure, without a unit"
                self.references.add(figure.place.problem(message, hint, kind="no-count"))
        if figure.check and (found := self._found(figure.check)) not in (None, value):
            such = "such rows" if figure.check.where else "rows"
            message = f"'{figure.id}' is {value}, but '{figure.check.table}' has {found} {such}"
            if figure.check.column:
                adds = f"'{figure.check.column}' of '{figure.check.table}' adds up to {found:f}"
                message = f"'{figure.id}' is {value:f}, but {adds}"
            hint = "correct the figure or the table"
            self.references.add(figure.check.place.problem(message, hint, kind=COUNT_CONTRADICTS))

    def _is_sound(self, figure: Figure) -> bool:
        """Whether a figure says where its value comes from, as its kind wants it, and on what it rests."""
        ways = ("value", "cell", "count", *DERIVED)
        given = [key for key in ways if getattr(figure, key) not in (None, ())]
        wanted = _WAYS[figure.kind]
        sound = len(given) == 1 and given[0] in wanted
        if not sound:
            message = f"the {figure.kind} figure '{figure.id}' must have {' or '.join(map(repr, wanted))}"
            message += f", not {' and '.join(map(repr, given))}" if given else ""
            hint = (
                "counted figures say 'count', reported ones 'value' or 'cell', derived ones how they are made"
            )
            self.references.add(figure.place.problem(message, hint, kind="figure-kind"))
        if figure.decimals is not None and not (given and given[0] in DERIVED):
            message, hint = f"'{figure.id}' is not derived, and not rounded here", "leave out 'decimals'"
            self.references.add(figure.place.problem(message, hint, kind="figure-kind"))
        if given == ["value"] and not figure.sources:
            message = f"the figure '{figure.id}' has no source"
            self.references.add(figure.place.problem(message, "add 'sources: [id]'", kind="no-source"))
        return sound

    def _value(self, figure: Figure) -> Decimal | None:
        self._check_unit(figure, figure.cell or figure.cells)
        if figure.cell:
            return self._cell(figure.cell)
        if figure.count:
            rows = self._counted(figure.count)
            return None if rows is None else Decimal(rows)
        return self._derived(figure) if figure.way else figure.value

    def _check_unit(self, figure: Figure, of: Cell | Cells | None) -> None:
        """What is taken from a column of percentages is one: else it would be printed without the sign."""
        table = self.references.tables.get(of.table) if of else None
        column = table.spec.columns.get(of.column) if table and of else None
        if column and column.unit and figure.measure not in PERCENT_SIGNS:
            message = f"'{figure.id}' comes from a column of percentages, and is none"
            hint = f"add \"unit: '{column.unit}'\""
            self.references.add(figure.place.problem(message, hint, kind="unit"))

    def _derived(self, figure: Figure) -> Decimal | None:
        values = [self.values[part] for part in figure.parts if part in self.values]
        if figure.cells:
            if (table := self._table_of(figure.cells)) is None:
                return None
            values = cells_in(table, figure.cells)[0]
        elif len(values) < len(figure.parts):
            return None
        if figure.decimals is not None and not 0 <= figure.decimals <= MOST_DECIMALS:
            message = f"'{figure.id}' cannot have {figure.decimals} decimals"
            hint = f"write 'decimals: 1', or another number from 0 to {MOST_DECIMALS}"
            self.references.add(figure.place.problem(message, hint, kind="decimals", token="decimals"))
            return None
        try:
            return derived(figure.way, values, figure.decimals)
        except ValueError as fault:
            message, hint = f"'{figure.id}' has no value: {fault}", ""
            if "rounded" in message:
                hint = "say to how many decimals, as in 'decimals: 1': readers are told"
            self.references.add(figure.place.problem(message, hint, kind="no-value", token=figure.way))
            return None

    def _table(self, name: Text) -> Table | None:
        """A table from which figures can be taken; an unknown one is a problem."""
        known = self.references.known((name,), "table") and name not in self.references.doubtful
        return self.references.tables.get(name) if known else None

    def _table_of(self, cells: Cells) -> Table | None:
        """The table of a column of numbers, if that is in order."""
        before = len(self.references.problems)
        self.references.problems += self.references.faults(cells)
        sound = len(self.references.problems) == before and self._is_there(cells)
        return self._table(cells.table) if sound else None

    def _found(self, check: Check) -> Decimal | None:
        """What a value is held against."""
        if not check.column:
            rows = self._counted(check)
            return None if rows is None else Decimal(rows)
        cells = Cells(place=check.place, table=check.table, column=check.column, where=check.where)
        table = self._table_of(cells)
        return sum_of(table, cells) if table else None

    def _counted(self, count: Count) -> int | None:
        table = self._table(count.table)
        return len(counted(table, count)) if table and self._is_there(count) else None

    def _is_there(self, count: Count | Cells) -> bool:
        """Whether a table has the columns and the values of which rows are chosen; else that is a problem."""
        if (table := self.references.tables.get(count.table)) is None:
            return False
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
            return False
        return True

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
