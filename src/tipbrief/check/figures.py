"""Figures: the value of each, from a cell, a count or a calculation, and the checks of figures and totals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from tipbrief.check.models import OPERATIONS, Cell, Cells, Check, Count, Figure, RowTotals, Table
from tipbrief.check.references import References
from tipbrief.language.language import Language
from tipbrief.language.numbers import MAX_DIGITS, PERCENT_SIGNS
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, join_first_names, suggest_nearest

MAX_DECIMALS = 9
# The operations with two figures, and what the second one is.
SECOND_OPERANDS = {"difference": "what is taken away", "ratio": "the divisor", "percent": "the whole"}
_PRECISION = 100  # digits; even the sums of a table of ten megabytes are exact
COUNT_CONTRADICTS = "count-contradicts"  # the kind of problem of a figure that differs from its ``check``
_KEYS_BY_KIND = {"reported": ("value", "cell"), "counted": ("count",), "derived": OPERATIONS}


def check_totals(known: References) -> Iterator[Problem]:
    """A problem for each number that is not the total of the other table."""
    for table in known.tables.values():
        for name, column in table.spec.columns.items():
            yield from _check_column_total(known, table, name, column.check) if column.check else ()


def _check_column_total(known: References, table: Table, name: str, check: RowTotals) -> Iterator[Problem]:
    yield from known.find_broken_references(check)
    other = known.tables.get(check.table)
    if table.spec.columns[name].type != "number":
        message, hint = f"'{name}' has no numbers to check", "only a column of 'type: number' has a 'check'"
        yield check.location.problem(message, hint, kind="column-type")
        return
    doubtful = {table.spec.id, str(check.table)} & known.faulty_tables
    if other is None or doubtful or not {check.within, check.column or check.within} <= {*other.spec.columns}:
        return
    if check.column and other.spec.columns[check.column].type != "number":
        return
    found: dict[str, list[Decimal]] = {}
    for row in other.rows:
        cell = row[check.column] if check.column else "1"
        found.setdefault(row[check.within], []).extend([Decimal(cell)] if cell else [])
    for (key, row), line in zip(table.by_key.items(), table.lines, strict=True):
        total = sum_numbers(found.get(key, []))
        if row[name] and Decimal(row[name]) != total:
            adds = f"'{check.column}' adds up to {total:f}" if check.column else f"there are {total:f} rows"
            message = f"'{name}' of '{key}' is {row[name]}, but in '{check.table}' {adds}"
            place = line.cell_location([*row].index(name))
            yield place.problem(message, "correct one of them", kind="total", token=row[name])


@dataclass(frozen=True, slots=True)
class Derivation:
    """The rows from which a figure is derived, the selected rows without a number, and whether it is rounded."""

    rows: int
    blank_rows: int
    is_rounded: bool


def compute_exactly(operation: str, values: Sequence[Decimal]) -> Fraction:
    """The exact result of an operation. A ValueError says why there is none."""
    if operation in SECOND_OPERANDS and len(values) != 2:
        raise ValueError(f"'{operation}' needs two figures: the second is {SECOND_OPERANDS[operation]}")
    if not values:
        raise ValueError(f"there is no number for the {operation}")
    numbers = [*map(Fraction, values)]
    if operation in ("sum", "mean"):
        return sum(numbers, Fraction()) / (len(numbers) if operation == "mean" else 1)
    if operation == "difference":
        return numbers[0] - numbers[1]
    if not numbers[1]:
        raise ValueError(f"{SECOND_OPERANDS[operation]} is 0")
    return numbers[0] / numbers[1] * (100 if operation == "percent" else 1)


def round_half_up(value: Fraction, decimals: int) -> Decimal:
    """A value with so many decimals. A half is rounded away from zero."""
    scaled = abs(value) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    with localcontext(prec=_PRECISION):
        return Decimal(whole if value >= 0 else -whole).scaleb(-decimals)


def derive_value(operation: str, values: Sequence[Decimal], decimals: int | None) -> Decimal:
    """The value of a derived figure. A ValueError says why there is none."""
    value = compute_exactly(operation, values)
    if decimals is None and operation in ("sum", "difference"):  # it has as many as the numbers of which it is made
        decimals = max(max(0, -int(one.as_tuple().exponent)) for one in values)
    elif decimals is None:
        decimals = next((places for places in range(MAX_DECIMALS + 1) if not 10**places % value.denominator), None)
    if decimals is None:
        raise ValueError(f"it is {round_half_up(value, 6)}…, which must be rounded")
    rounded = round_half_up(value, decimals)
    if len(f"{rounded:f}") > MAX_DIGITS + 2:  # a minus and a point
        raise ValueError(f"it has more than {MAX_DIGITS} digits")
    return rounded


def select_rows(table: Table, of: Count | Cells) -> list[Mapping[str, str]]:
    """The rows that a count, or the cells of a column, select."""
    return [row for row in table.rows if all(row[name] == value for name, value in of.where.items())]


def collect_numbers(table: Table, cells: Cells) -> tuple[list[Decimal], list[Mapping[str, str]], int]:
    """The selected numbers of a column, their rows, and the number of selected rows without a number."""
    rows = select_rows(table, cells)
    filled = [row for row in rows if row[cells.column]]
    return [Decimal(row[cells.column]) for row in filled], filled, len(rows) - len(filled)


def sum_numbers(numbers: Sequence[Decimal]) -> Decimal:
    """The sum of numbers; 0 if there are none."""
    return derive_value("sum", numbers, None) if numbers else Decimal()


def is_suspicious_change(was: str, now: str) -> bool:
    """Whether a change of a number looks like a typing error: another sign, ten times as much, or zero."""
    if not was or not now or not Decimal(was):
        return False
    small, large = sorted(abs(Decimal(number)) for number in (was, now))
    return large >= 10 * small or (Decimal(was) < 0) != (Decimal(now) < 0)


@dataclass
class FigureEvaluator:
    """Computes the values of figures, and notes their problems."""

    figures: Mapping[str, Figure]
    references: References
    language: Language
    values: dict[str, Decimal] = field(default_factory=dict)

    def evaluate_figures(self) -> dict[str, Decimal]:
        """The value of each figure that has one. The reasons why others have none become problems."""
        for figure in self._sort_by_dependency():
            self.references.problems += self.references.find_broken_references(figure)
            if self._check_definition(figure) and (value := self._evaluate_figure(figure)) is not None:
                self.values[figure.id] = value
                self._check_value(figure, value)
        return self.values

    def _sort_by_dependency(self) -> list[Figure]:
        parts = {name: [*map(str, one.operands)] for name, one in self.figures.items()}
        order = dict(sorted(parts.items(), key=lambda item: bool(item[1])))
        while True:
            try:
                return [self.figures[name] for name in TopologicalSorter(order).static_order() if name in order]
            except CycleError as found:
                name, *others = reversed(found.args[1])
                message = f"the figure '{name}' rests on itself: {join_first_names([name, *others])}"
                hint = "name the figures of which it is made"
                self.references.add_problem(self.figures[name].location.problem(message, hint, kind="circle"))
                del order[name]

    def _check_value(self, figure: Figure, value: Decimal) -> None:
        if figure.unit and self.language.is_countable(figure.unit) and not figure.operation:
            whole = value.to_integral_value()
            if value < 0 or (value == whole and len(f"{value:f}") > len(f"{whole:f}")):
                message = f"'{figure.id}' is {value:f}, but its unit '{figure.unit}' is counted: 0, 1, 2 …"
                hint = f"write {abs(whole):f}; how much it grew or fell is another figure, without a unit"
                self.references.add_problem(figure.location.problem(message, hint, kind="no-count"))
        if (check := figure.check) and (found := self._expected_value(check)) not in (None, value):
            message = f"'{figure.id}' is {value}, but '{check.table}' has {found} {'such ' * bool(check.where)}rows"
            if check.column:
                message = f"'{figure.id}' is {value:f}, but '{check.column}' of '{check.table}' adds up to {found:f}"
            hint = "correct the figure or the table"
            self.references.add_problem(check.location.problem(message, hint, kind=COUNT_CONTRADICTS))

    def _check_definition(self, figure: Figure) -> bool:
        given = [key for key in ("value", "cell", "count", *OPERATIONS) if getattr(figure, key) not in (None, ())]
        wanted = _KEYS_BY_KIND[figure.kind]
        sound = len(given) == 1 and given[0] in wanted
        if not sound:
            message = f"the {figure.kind} figure '{figure.id}' must have {' or '.join(map(repr, wanted))}"
            message += f", not {' and '.join(map(repr, given))}" if given else ""
            hint = "counted figures say 'count', reported ones 'value' or 'cell', derived ones how they are made"
            self.references.add_problem(figure.location.problem(message, hint, kind="figure-kind"))
        if figure.decimals is not None and not (given and given[0] in OPERATIONS):
            message, hint = f"'{figure.id}' is not derived, and not rounded here", "leave out 'decimals'"
            self.references.add_problem(figure.location.problem(message, hint, kind="figure-kind"))
        if given == ["value"] and not figure.sources:
            message = f"the figure '{figure.id}' has no source"
            self.references.add_problem(figure.location.problem(message, "add 'sources: [id]'", kind="no-source"))
        return sound

    def _evaluate_figure(self, figure: Figure) -> Decimal | None:
        self._check_unit(figure, figure.cell or figure.cells)
        if figure.cell:
            return self._read_cell(figure.cell)
        if figure.count:
            return self._count_rows(figure.count)
        return self._derive_figure(figure) if figure.operation else figure.value

    def _check_unit(self, figure: Figure, cells: Cell | Cells | None) -> None:
        """A problem if a figure from a column of percentages is none: it would be printed without the sign."""
        table = self.references.tables.get(cells.table) if cells else None
        column = table.spec.columns.get(cells.column) if table and cells else None
        if column and column.unit and figure.measure not in PERCENT_SIGNS:
            message = f"'{figure.id}' comes from a column of percentages, and is none"
            self.references.add_problem(figure.location.problem(message, f"add \"unit: '{column.unit}'\"", kind="unit"))

    def _derive_figure(self, figure: Figure) -> Decimal | None:
        values = [self.values[part] for part in figure.operands if part in self.values]
        if figure.cells:
            if (table := self._find_column_table(figure.cells)) is None:
                return None
            values = collect_numbers(table, figure.cells)[0]
        elif len(values) < len(figure.operands):
            return None
        if figure.decimals is not None and not 0 <= figure.decimals <= MAX_DECIMALS:
            message = f"'{figure.id}' cannot have {figure.decimals} decimals"
            hint = f"write 'decimals: 1', or another number from 0 to {MAX_DECIMALS}"
            self.references.add_problem(figure.location.problem(message, hint, kind="decimals", token="decimals"))
            return None
        try:
            return derive_value(figure.operation, values, figure.decimals)
        except ValueError as fault:
            message, hint = f"'{figure.id}' has no value: {fault}", ""
            if "rounded" in message:
                hint = "say to how many decimals, as in 'decimals: 1': readers are told"
            self.references.add_problem(figure.location.problem(message, hint, kind="no-value", token=figure.operation))
            return None

    def _find_table(self, name: Text) -> Table | None:  # an unknown one is a problem
        known = self.references.check_names((name,), "table") and name not in self.references.faulty_tables
        return self.references.tables.get(name) if known else None

    def _find_column_table(self, cells: Cells) -> Table | None:
        before = len(self.references.problems)
        self.references.problems += self.references.find_broken_references(cells)
        sound = len(self.references.problems) == before and self._check_filter(cells)
        return self._find_table(cells.table) if sound else None

    def _expected_value(self, check: Check) -> Decimal | None:
        if not check.column:
            return self._count_rows(check)
        cells = Cells(location=check.location, table=check.table, column=check.column, where=check.where)
        table = self._find_column_table(cells)
        return sum_numbers(collect_numbers(table, cells)[0]) if table else None

    def _count_rows(self, count: Count) -> Decimal | None:
        table = self._find_table(count.table)
        return Decimal(len(select_rows(table, count))) if table and self._check_filter(count) else None

    def _check_filter(self, count: Count | Cells) -> bool:
        if (table := self.references.tables.get(count.table)) is None:
            return False
        for name, value in count.where.items():
            if (column := table.spec.columns.get(name)) is None:
                message = f"the table '{count.table}' has no column '{name}'"
                hint, kind = suggest_nearest(name, table.spec.columns), "unknown-column"
            elif column.choices and value not in column.choices:
                message = f"'{value}' is no value of '{name}'"
                hint, kind = suggest_nearest(value, column.choices), "no-choice"
            else:
                continue
            self.references.add_problem(value.problem(message, hint, kind=kind))
            return False
        return True

    def _read_cell(self, cell: Cell) -> Decimal | None:
        if (table := self._find_table(cell.table)) is None:
            return None
        known = self.references.check_names((cell.row,), "row", table.by_key)
        if not self.references.check_names((cell.column,), "column", table.spec.columns) or not known:
            return None
        text = table.by_key[cell.row][cell.column]
        if table.spec.columns[cell.column].type == "number" and text:
            return Decimal(text)
        holds = f"'{text}', which is no number" if text else "nothing"
        message = f"the cell in row '{cell.row}', column '{cell.column}' holds {holds}"
        hint = "name a column of the type number, and a row that has one"
        self.references.add_problem(cell.column.problem(message, hint, kind="no-number"))
        return None
