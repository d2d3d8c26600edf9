"""Tables: the rows of CSV files and workbooks, checked by their declared columns."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from tipbrief.check import cell_values
from tipbrief.check.cell_values import CellProblem, CellReader
from tipbrief.check.figures import MAX_DECIMALS
from tipbrief.check.models import Column, Table, TableSpec, TranslationColumn
from tipbrief.check.references import References
from tipbrief.language.numbers import MAX_DIGITS
from tipbrief.language.word_lists import fold_name, list_codes, load_codes, romanise
from tipbrief.load.grid import Grid, Row, TableLayout, read_file_rows, read_grid
from tipbrief.load.publication_files import is_dataset_file
from tipbrief.load.schema import Phrase
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, ProblemList, Problems, cell_address, suggest_nearest

_LONG_DECIMALS = re.compile(r"\.[0-9]{7}")  # a spreadsheet's division, not a measurement
_WIDE_YEAR = re.compile(r"(\d{4})(?: \[YR\d{4}\])?")  # the World Bank writes 2020 [YR2020]
CODE_RULES = ("latin", "rows")  # codes that no list has: the name in Latin letters, the number of the row
_CELL_FORMS = {
    "number": (re.compile(r"-?[0-9]+(\.[0-9]+)?"), "write 1234.5: Latin digits, no separators"),
    "year": (re.compile(r"[0-9]{4}"), "write 2025: four Latin digits"),
}


def read_tables(
    folder: Path, specs: Mapping[str, TableSpec], found: References, others: Collection[str] = ()
) -> dict[str, Table]:
    """The declared tables that can be read. They and their problems are added to ``found``."""
    found.tables = tables = dict[str, Table]()
    for name, spec in specs.items():
        if read := _read_sound_grid(folder, spec, found, others):
            before = len(found.problems)
            tables[name] = _read_table(*read, found)
            if any(problem.severity == "error" for problem in found.problems[before:]):
                found.faulty_tables.add(name)
    for name, spec in specs.items():
        for column, declared in spec.columns.items():
            if declared.type == "key":
                _check_keys(column, declared, tables.get(name), found)
            if declared.unit and declared.type != "number":
                message = f"the column '{column}' has no numbers, and so no unit"
                hint = "leave 'unit' out, or say 'type: number'"
                found.add_problem(declared.location.problem(message, hint, kind="column-type", token="unit"))
    return tables


def row_sources(table: Table, row: Mapping[str, str]) -> list[str]:
    """The ids of the sources of a row: its own, else those of the table."""
    for name, column in table.spec.columns.items():
        if column.type == "sources" and row[name]:
            return row[name].split()
    return [str(source) for source in table.spec.sources]


def add_translation_columns(spec: TableSpec, header: Collection[str], others: Collection[str]) -> TableSpec:
    """A table with the columns of its header that need no declaration: ``name.ps``, and with ``wide`` the years."""
    columns = dict(spec.columns)
    for name, column in spec.columns.items():
        if column.type == "number" and column.decimals is None:
            columns[name] = replace(column, decimals=spec.decimals)
    for name in header if spec.wide else ():
        if (year := read_wide_year(name)) and name not in columns:
            label = Phrase(str(year), spec.location)
            year_column = TranslationColumn(location=spec.location, type="number", label=label, blank=True)
            columns[name] = replace(year_column, decimals=spec.decimals)
    for name, column in spec.columns.items():
        tags = [tag for tag in others if f"{name}.{tag}" in header] if column.type == "text" else []
        found = {tag: Text(f"{name}.{tag}", column.location) for tag in tags}
        for own in map(str, found.values()):
            translation = TranslationColumn(location=column.location, type="text", label=column.label, blank=True)
            columns.setdefault(own, replace(translation, private=column.private))
        if found:
            columns[name] = replace(column, languages={**found, **column.languages})
    return replace(spec, columns=columns)


def read_wide_year(name: str) -> int:
    """The year that a column's name is; 0 for other names."""
    year = int(found[1]) if (found := _WIDE_YEAR.fullmatch(name)) else 0
    return year if 1300 <= year <= 1450 or 1900 <= year <= 2100 else 0


def turn_years(table: Table, keys: Iterable[str]) -> Table:
    """A ``wide`` table the other way round: a row for each year, a column for each of the keys."""
    years = {name: str(year) for name in table.spec.columns if (year := read_wide_year(name))}
    columns = {
        key: Column(location=table.spec.location, type="number", label=Phrase(table.row_name(key), table.spec.location))
        for key in keys
    }
    rows = {year: {"year": year, **{key: table.by_key[key][name] for key in columns}} for name, year in years.items()}
    columns["year"] = Column(location=table.spec.location, type="year")
    key = (Text("year", table.spec.location),)
    return Table(replace(table.spec, key=key, columns=columns), tuple(rows.values()), (), rows)


def _check_decimals(spec: TableSpec) -> Iterator[Problem]:
    parts: list[TableSpec | Column] = [spec, *spec.columns.values()]
    for part in parts:
        if part.decimals is not None and not 0 <= part.decimals <= MAX_DECIMALS:
            hint = f"write 'decimals: 1', or another number from 0 to {MAX_DECIMALS}"
            message = f"no number has {part.decimals} decimals"
            yield part.location.problem(message, hint, kind="decimals", token="decimals")
    for name, column in spec.columns.items():
        if column.decimals is not None and column.type != "number":
            message = f"the column '{name}' has no numbers to round"
            yield column.location.problem(message, "leave out 'decimals'", kind="decimals", token="decimals")


def _check_translation_columns(spec: TableSpec, found: References) -> Iterator[Problem]:
    for name, column in spec.columns.items():
        for tag, other in column.languages.items():
            yield from found.find_unknown_names((Text(tag, other.location),), "language")
            if column.type != "text":
                message = f"the column '{name}' has no words that another could hold"
                yield other.problem(message, "only a column of 'type: text' has 'languages'", kind="column-type")
            elif other not in spec.columns:
                yield from found.find_unknown_names((other,), "column", spec.columns)
            elif spec.columns[other].type != "text" or other == name:
                message = f"the column '{other}' does not hold the words of '{name}'"
                yield other.problem(message, "name another column of 'type: text'", kind="column-type")
            elif f"{name}.{tag}" in spec.columns and other != f"{name}.{tag}":
                message = f"'{name}' in the language '{tag}' stands in '{other}' and in '{name}.{tag}'"
                yield other.problem(message, "keep one of them", kind="column-twice")
            elif spec.columns[other].private != column.private:
                message = f"of '{name}' and '{other}', which have the same words, one is private"
                yield other.problem(message, "write 'private: true' for both", kind="private")


def _read_sound_grid(
    folder: Path, spec: TableSpec, found: References, others: Collection[str]
) -> tuple[TableSpec, Grid] | None:
    found.problems += found.find_broken_references(spec)
    if spec.other_sheets:
        message = "'other_sheets' has no effect: PDFs carry only what is printed"
        hint = "take it out; 'workbooks: whole' in publication.yaml asks for workbooks as they are"
        problem = spec.location.problem(message, hint, kind="other-sheets", token="other_sheets")
        found.add_problem(replace(problem, severity="warning"))
    by_row = [name for name, column in spec.columns.items() if column.type == "sources" and not column.blank]
    if not spec.sources and not by_row:
        message, hint = f"the table '{spec.id}' names no source", "add 'sources: [id]', or such a column"
        found.add_problem(spec.location.problem(message, hint, kind="no-source"))
    if not (is_dataset_file(spec.file) and spec.file.startswith("tables/")):
        # Only files in the dataset's list are hashed and carried.
        message = "the table lies outside the publication's tables/"
        hint = "move the file into tables/, and write 'file: tables/NAME.csv' or NAME.xlsx"
        if spec.file.startswith("tables/") and Path(spec.file).suffix.lower() not in (".csv", ".xlsx"):
            message, hint = "a table is a .csv or .xlsx file", "save it as .xlsx, and name that file here"
        found.add_problem(spec.file.location.problem(message, hint, kind="outside"))
        return None
    try:
        grid = _add_codes(read_grid(folder / spec.file, spec.layout), spec)
    except Problems as raised:
        found.problems += raised.problems
        return None
    translated = [f"{name}.{tag}" for name in spec.columns for tag in others]
    header = cell_values.match_declared_names(grid.header, [*spec.columns, *translated])
    spec = add_translation_columns(spec, header, others)
    found.problems += _check_decimals(spec)
    found.problems += _check_translation_columns(spec, found)
    columns = {name: index for index, name in enumerate(header) if name in spec.columns}
    missing = [name for name in spec.columns if name not in columns]
    faults = [*_check_header(spec, grid, header, missing)]
    if missing and (title := _find_fitting_sheet(folder / spec.file, spec, grid)):
        message = f"this sheet has no column '{missing[0]}'; the sheet '{title}' has all columns of '{spec.id}'"
        faults = [grid.header_row.location.problem(message, f"write 'sheet: {title}' in tables.yaml", kind="columns")]
    found.problems += faults
    keyed = found.check_names(spec.key, "column", spec.columns)
    if not keyed or missing or any(fault.severity == "error" for fault in faults):
        return None
    grid = grid.select_columns([*columns.values()], [*columns])
    found.problems += find_doubtful_cells(grid)
    return spec, grid


def _find_fitting_sheet(file: Path, spec: TableSpec, grid: Grid) -> str:  # empty if none
    for title in grid.other_sheets:
        with suppress(Problems):
            header = read_grid(file, spec.layout._replace(sheet=Text(title, spec.location))).header
            if {*spec.columns} <= {*cell_values.match_declared_names(header, spec.columns)}:
                return title
    return ""


def _check_header(spec: TableSpec, grid: Grid, header: list[str], missing: list[str]) -> Iterator[Problem]:
    place, slips = replace(grid.header_row.location, column=0), 0
    for index, name in enumerate(header):
        if name in header[:index] and name in spec.columns:
            message = f"the columns '{grid.header[header.index(name)]}' and '{grid.header[index]}' are one"
            yield grid.header_row.cell_location(index).problem(message, "keep one of them", kind="column-name")
            continue
        if not name or name in spec.columns:
            continue
        hint = suggest_nearest(name, missing or spec.columns)
        if (missing and hint.startswith("did you mean")) or name.rpartition(".")[0] in spec.columns:
            message, slips = f"the column '{name}' is not declared in tables.yaml", slips + 1
            yield place.problem(message, hint, kind="columns")
    for name in missing if not slips else ():
        hint = "add it to the header, or take it out of tables.yaml"
        yield place.problem(f"the column '{name}' is missing", hint, kind="columns")


def _read_table(spec: TableSpec, grid: Grid, found: References) -> Table:
    rows, faulty = _normalise_rows(spec, grid)
    found.problems += faulty.values()
    by_key: dict[str, Mapping[str, str]] = {}
    first: dict[str, int] = {}
    for row, line in zip(rows, grid.rows, strict=True):
        key = ",".join(row[name] for name in spec.key)
        if key in by_key:
            hint = f"it stands first in {'row' if line.location.sheet else 'line'} {first[key]}"
            place = line.cell_location(grid.header.index(spec.key[0]))
            found.add_problem(place.problem(f"the row '{key}' stands twice", hint, kind="row-twice"))
        by_key[key] = row
        first.setdefault(key, line.location.line)
    for index, name in enumerate(grid.header):
        sound = [pair for number, pair in enumerate(zip(rows, grid.rows, strict=True)) if (number, index) not in faulty]
        _check_cells(name, index, spec.columns[name], sound, found)
    return Table(spec, rows, grid.rows, by_key)


def read_rows(file: Path, spec: TableSpec) -> tuple[Mapping[str, str], ...]:
    """The rows of a table's file, or of another one like it, in the declared columns that it has."""
    grid = read_newer_grid(file, spec)
    header = cell_values.match_declared_names(grid.header, spec.columns)
    names = [name for name in spec.columns if name in header]
    return _normalise_rows(spec, grid.select_columns([header.index(name) for name in names], names))[0]


def _add_codes(grid: Grid, spec: TableSpec) -> Grid:  # made from other columns, whose places they have
    header = cell_values.match_declared_names(grid.header, spec.columns)
    for name, column in spec.columns.items():
        if not column.codes and not column.from_:
            continue
        rule, source = column.codes or "", column.from_ or ""
        if rule not in (*CODE_RULES, *list_codes()) or (source not in header and rule != "rows") or name in header:
            message = f"the column '{name}' does not say from which names its codes are made"
            hint = f"write 'from: COLUMN' of the file and 'codes: {'|'.join((*CODE_RULES, *list_codes()))}'"
            hint = f"the file has a column '{name}': give this one another name" if name in header else hint
            raise Problems(column.location.problem(message, hint, kind="no-codes"))
        at, own = header.index(source) if source else 0, {fold_name(key): code for key, code in column.names.items()}
        known = own if rule in CODE_RULES else load_codes(rule) | own
        rows, problems = list[Row](), ProblemList()
        for number, row in enumerate(grid.rows, 1):
            code = str(number) if rule == "rows" else known.get(fold_name(row.cells[at]), "")
            code = code or (romanise(row.cells[at]) if rule == "latin" else "")
            if not code and row.cells[at]:
                message = f"'{row.cells[at]}' is no name that '{rule}' knows"
                hint = "or say it in tables.yaml: 'names: {NAME: CODE}'"
                hint = f"{suggest_nearest(fold_name(row.cells[at]), known)}; {hint}"
                problems.append(row.cell_location(at).problem(message, hint, kind="no-codes", token=row.cells[at]))
            rows.append(replace(row, cells=(*row.cells, code), file_columns=(*row.file_columns, row.file_columns[at])))
        problems.raise_all()
        head = grid.header_row
        columns = (*head.file_columns, head.file_columns[at])
        head, header = replace(head, cells=(*head.cells, name), file_columns=columns), [*header, name]
        grid = replace(grid, header_row=head, rows=tuple(rows))
    return grid


def read_newer_grid(file: Path, spec: TableSpec) -> Grid:
    """The table in a newer file, where that of the spec stands; in a file of another kind or sheet from its top."""
    is_alike = file.suffix.lower() == Path(spec.file).suffix.lower()
    layout = spec.layout if is_alike else TableLayout(skip=spec.skip, empty=spec.empty)
    if spec.sheet and is_alike:
        first = read_file_rows(file)
        is_there = str(spec.sheet) in (first.place.sheet, *first.other_sheets)
        layout = layout if is_there else layout._replace(sheet=None)
    return _add_codes(read_grid(file, layout), spec)


def _normalise_rows(spec: TableSpec, grid: Grid) -> tuple[tuple[dict[str, str], ...], dict[tuple[int, int], Problem]]:
    columns = [spec.columns[name] for name in grid.header]
    reader = CellReader.from_grid(grid, [index for index, one in enumerate(columns) if one.type == "number"])
    padded = cache(partial(cell_values.zero_padded_width, grid))

    def normalise(index: int, line: Row) -> str | CellProblem:
        return cell_values.normalise_cell(reader, grid.header[index], columns[index], line, index, padded(index))

    # A column repeats its texts: each is normalised once, in the first of its rows.
    changed: dict[int, dict[str, str | CellProblem]] = {}
    for index in (index for index, one in enumerate(columns) if one.type in cell_values.NORMALISED_TYPES):
        first = {line.cells[index]: line for line in reversed(grid.rows) if index not in line.typed_cells}
        others = {cell: new for cell, line in first.items() if (new := normalise(index, line)) != cell}
        if others:
            changed[index] = others
    rows, faulty = list[dict[str, str]](), dict[tuple[int, int], Problem]()
    for number, line in enumerate(grid.rows):
        row = dict(zip(grid.header, line.cells, strict=True))
        for index in sorted({*line.typed_cells, *changed}) if line.typed_cells else changed:
            cell = line.cells[index]
            new = normalise(index, line) if index in line.typed_cells else changed[index].get(cell, cell)
            if isinstance(new, CellProblem):
                place = line.cell_location(index)
                faulty[number, index] = place.problem(new.message, new.hint, kind=new.kind, token=cell)
            else:
                row[grid.header[index]] = new
        rows.append(row)
    return tuple(rows), faulty


def _check_cells(
    name: str, index: int, column: Column, rows: Sequence[tuple[Mapping[str, str], Row]], found: References
) -> None:
    known_sources = set(found.names["source"] or ())
    numbers = [row[name] for row, _ in rows] if column.type == "number" else []
    # A column of whole numbers counts. In a column with decimals, 142.0 tells the precision.
    measured = any(re.search(r"\.\d*[1-9]", one) for one in numbers)
    counts = not measured and any(one.lstrip("-").isdecimal() for one in numbers)
    long = next((pair for pair in rows if numbers and _LONG_DECIMALS.search(pair[0][name])), None)
    if long:
        message = f"'{name}' has {long[0][name]}: readers see all of its decimals"
        hint, place = "say in tables.yaml to how many, as in 'decimals: 1'", long[1].cell_location(index)
        found.add_problem(place.problem(message, hint, kind="long-number", severity="warning"))
    sound = set[str]()  # a column repeats its cells
    for row, line in rows:
        if (cell := row[name]) in sound:
            continue
        fault = _find_cell_problem(name, column, cell)
        if counts and "." in cell:
            whole = cell.partition(".")[0]
            fault = CellProblem("no-count", f"'{name}' has whole numbers, not '{cell}'", f"write {whole}")
        if fault:
            place = line.cell_location(index)
            found.add_problem(place.problem(fault.message, fault.hint, kind=fault.kind, token=line.cells[index]))
        elif column.type == "sources" and not known_sources.issuperset(cell.split()):
            place = line.cell_location(index)
            found.check_names((Text(source, place) for source in cell.split()), "source")
        else:
            sound.add(cell)


def _find_cell_problem(name: str, column: Column, cell: str) -> CellProblem | None:
    if not cell:
        hint = "a column that may be empty says 'blank: true'"
        if column.type in ("choice", "key"):
            hint = "it is needed in every row"
        elif column.blank:
            return None
        return CellProblem("empty-cell", f"'{name}' is empty", hint)
    if column.type == "choice" and cell not in column.choices:
        return CellProblem("no-choice", f"'{cell}' is no value of '{name}'", suggest_nearest(cell, column.choices))
    form, hint = _CELL_FORMS.get(column.type, (None, ""))
    if form and len(cell) > MAX_DIGITS:
        return CellProblem("too-large", f"'{name}' has a number of more than {MAX_DIGITS} digits", hint)
    if column.type == "number" and not column.unit and cell_values.strip_percent_sign(cell) != cell:
        hint = "where the column holds percentages, say \"unit: '%'\" in tables.yaml; else leave the sign out"
    elif form and not any(map(str.isdigit, cell)):
        hint = "empty the cell" + ("" if column.blank else ", and write 'blank: true' for the column in tables.yaml")
    if form and not form.fullmatch(cell):
        return CellProblem(f"no-{column.type}", f"'{name}' is a {column.type}, not '{cell}'", hint)
    return None


def _check_keys(name: str, column: Column, table: Table | None, found: References) -> None:
    if column.table is None:
        message = f"the key column '{name}' does not say to which table it points"
        found.add_problem(column.location.problem(message, "add 'table: NAME'", kind="no-table"))
    elif found.check_names((column.table,), "table") and column.table in found.tables and table:
        target = found.tables[column.table].by_key
        for row, line in zip(table.rows, table.lines, strict=True):
            if (cell := row[name]) and cell not in target:
                message, hint = f"the table '{column.table}' has no row '{cell}'", suggest_nearest(cell, target)
                place = line.cell_location([*row].index(name))
                found.add_problem(place.problem(message, hint, kind="unknown-row", token=cell))


def select_similar_rows(table: Table, within: str | None, key: str) -> list[tuple[str, Mapping[str, str]]]:
    """Keys and rows of a table: all, or those with the same cell in ``within`` as the row ``key``."""
    codes = table.alike(within, key) if within and key in table.by_key else table.by_key
    return [(code, table.by_key[code]) for code in codes]


def find_doubtful_cells(grid: Grid) -> Iterator[Problem]:
    """Problems of cells that may mean something else than they hold: merged cells, hidden rows."""
    first, last = grid.header_row.location.line, grid.rows[-1].location.line if grid.rows else 0
    for top, left, bottom, right in grid.merged_ranges:
        columns = list(dict.fromkeys(at + 1 for at in grid.header_row.file_columns if left <= at + 1 <= right))
        if len(columns) * (min(bottom, last) - max(top, first) + 1) > 1:
            place = replace(grid.header_row.location, line=max(top, first), column=columns[0])
            merged = f"{cell_address(top, left)}:{cell_address(bottom, right)}"
            message = f"the cells {merged} are merged, and only the first of them holds a value"
            yield place.problem(message, "unmerge them, and fill in each", kind="merged-cells")
    if grid.hidden_rows:
        place = replace(grid.header_row.location, line=min(grid.hidden_rows), column=0)
        message = f"rows that are hidden in the sheet are left out: {len(grid.hidden_rows)}"
        hint = "unhide them in the sheet, or write 'skip: [hidden]' if that is meant"
        yield place.problem(message, hint, kind="hidden-row", severity="warning")
