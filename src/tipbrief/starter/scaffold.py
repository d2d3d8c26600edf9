"""The files of a new publication in any language, from an example or from a user's table."""

import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tipbrief.assets import find_shipped_folder
from tipbrief.check.chart_blocks import MAX_LINES
from tipbrief.check.json_schema import schema_line, write_schemas
from tipbrief.check.maps.shapes import list_shipped_shapes, load_shipped_shapes
from tipbrief.check.publication import load_publication
from tipbrief.check.tables import read_wide_year
from tipbrief.check.texts import find_direction_characters, lint
from tipbrief.check.translation.phrases import EXAMPLE_ADDRESSES
from tipbrief.files import read_bytes, write_new
from tipbrief.fonts.font_library import coverage, load_fonts
from tipbrief.language.dates import Date
from tipbrief.language.language import TABLE_WORDS, Language, read_data_file
from tipbrief.language.word_lists import load_language_words
from tipbrief.load.grid import Grid, TableLayout
from tipbrief.load.publication_files import WORKBOOK_SUFFIX
from tipbrief.problems import Problem, Problems, join_first_names, report_os_errors
from tipbrief.starter import column_types
from tipbrief.starter.column_types import ColumnGuess, TableGuess
from tipbrief.starter.table_layout import read_table, shorten

_HERE = Path(__file__).parent
MAX_ROWS, MAX_COLUMNS = 40, 5  # of the printed table
MAX_FIGURES = 4  # side by side
_SHOWN_YEARS = 4  # of a table with many years
_SHOWN_ROWS, _SHOWN_COLUMNS, _SHOWN_LETTERS = 3, 8, 20  # of the table, before it is taken
_HIDDEN = "•••"  # a private cell
_LONGEST_TITLE = 90
_NUMBER_OF_TITLE = re.compile(read_data_file(TABLE_WORDS)["number_of_title"], re.I)
_PLAIN_SCALAR = re.compile(r"[A-Za-z][A-Za-z_-]*")
_YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
# Of the templates: YAML has braces of its own.
_SYNTAX: Any = {"variable_start_string": "$(", "variable_end_string": ")", "line_statement_prefix": "%%"}
_FILE_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class StarterPublication:
    """The files of a new publication by name, and messages on how its table was understood."""

    def __init__(
        self,
        folder: Path,
        language: Language,
        today: Date,
        table: Path | None,
        sheet: str = "",
        *,
        finds_private: bool = True,
    ) -> None:
        self.language, self._spelling = language, load_language_words(language)
        self._words = read_data_file(column_types.EXAMPLES_FOLDER / f"{language.tag}.yaml")
        self.messages: list[str] = []
        self.files: dict[str, bytes] = {}
        self.table = table
        self.layout, self.shown_title = TableLayout(), ""
        guesses = self._add_own_table(table, sheet, finds_private) if table else self._add_example_table()
        self.private_columns = guesses.private_columns
        if self.private_columns:
            self.messages.append(_describe_private(self.private_columns))
        values = self._template_values(guesses) | {"tag": language.tag, "today": today.iso()}
        values["id"] = _file_name(folder.absolute().name, "publication")
        loader = FileSystemLoader(_HERE / "files")
        places = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True, **_SYNTAX)
        places.filters["yaml"] = _quote_yaml
        places.filters["row_yaml"] = lambda row: row.text if row.first else _quote_yaml(row.text)
        names = [f"{name}.yaml" for name in ("publication", "sources", "figures", "tables", "texts")]
        for name in [*names, "briefs/sheet.yaml", *(["briefs/row.yaml"] if table else [])]:
            text = places.get_template(name.removeprefix("briefs/")).render(values)
            self.files[name] = f"{schema_line(name)}\n{text}".encode()

    def _add_example_table(self) -> TableGuess:
        words = self._words
        watered, dry = words["choices"]
        states = zip(words["rows"].items(), ("120", "200", "160"), (watered, watered, dry), strict=True)
        state = ColumnGuess("state", "choice", choices=(watered, dry))
        columns = (ColumnGuess("code", "code"), ColumnGuess("name", "text"), ColumnGuess("trees", "number"), state)
        rows = tuple((*row, trees, state) for row, trees, state in states)
        lines = "".join(f"{','.join(line)}\n" for line in ([one.header for one in columns], *rows))
        # Without the mark, spreadsheet programs take a file for one of their own system's encoding.
        self.table_file = "tables/gardens.csv"
        self.files[self.table_file] = lines.encode("utf-8-sig")
        return TableGuess(columns, "code", "name", rows)

    def _add_own_table(self, table: Path, sheet: str, finds_private: bool) -> TableGuess:
        found = read_table(table, sheet)
        grid, self.layout = found.grid, found.layout
        self.shown_title = next(filter(None, map(self._title_text, found.titles)), "")
        if not grid.rows:
            raise Problems("the table has no rows", table, hint="a sheet is made from rows", kind="empty-file")
        places = zip(grid.header, map(grid.header_row.cell_location, range(len(grid.header))), strict=True)
        if hidden := [one for name, place in places for one in find_direction_characters(name, place)]:
            raise Problems(hidden)
        guesses = column_types.guess_columns(grid, finds_private=finds_private)
        suffix = WORKBOOK_SUFFIX if table.suffix.lower() == WORKBOOK_SUFFIX else ".csv"
        self.table_file = f"tables/{_file_name(table.stem, 'table')}{suffix}"
        self.files[self.table_file] = read_bytes(table)
        place = grid.header_row.location
        first, last = (grid.rows[at].location.line for at in (0, -1))
        head = self.layout.header_row.text if self.layout.header_row else place.line
        sheet = f"sheet {place.sheet}, " if place.sheet else ""
        self.messages.append(f"{table.name}: {sheet}header in row {head}, {len(grid.rows)} rows from {first} to {last}")
        self.messages += _preview_rows(grid, guesses.private_columns)
        for line, reason, words in found.left_out:
            quoted = _HIDDEN if guesses.private_columns else words
            self.messages.append(f"row {line} is {reason}: {quoted}")
        for name in found.hidden_columns:
            self.messages.append(f"column '{name}': left out, hidden in the sheet")
        if self.layout.empty:
            self.messages.append(f"read as empty: {', '.join(self.layout.empty)}")
        if grid.other_sheets:
            others = join_first_names(grid.other_sheets, 5)
            self.messages.append(f"other sheets, which no PDF carries: {others} (to read another one: --sheet NAME)")
        for one in guesses.columns:
            if one.header in guesses.years[1:]:
                continue
            shown_unit = f"printed without the {one.shown_unit} that its cells show: say it in 'label'"
            taken = ", ".join(f"{name} → {code}" for name, code in one.names.items())
            notes = {
                "the key": one.header == guesses.key,
                "the title of each sheet": one.header == guesses.name,
                "per cent": one.unit,
                shown_unit: one.shown_unit,
                f"made of '{one.source}' ({one.codes})": one.source,
                "the numbers of the rows: name them otherwise before you deliver": one.codes == "rows",
                f"doubtful, please look: {taken}": taken,
                f"and the other years to {(guesses.years or [''])[-1]}": one.header in guesses.years,
                f"since {one.non_number_cell} is no number": one.non_number_cell,
                f"rounded for print (decimals: {one.decimals})": one.decimals is not None,
                "private": one.private,
            }
            parts = [f"column '{one.header}': {one.type}", *(note for note, applies in notes.items() if applies)]
            self.messages.append(", ".join(parts))
        if any(one.non_number_cell for one in guesses.columns):
            self.messages.append(
                "  for numbers: 12 in the table, or 12% in each cell, not $12 or +12, -8 and not (8), and "
                "an empty cell where there is none; 'type: number' in tables.yaml"
            )
        return guesses

    def _title_text(self, text: str) -> str:
        """A text of the table as a title, without its number and year; empty if others are in it, or signs."""
        plain = _NUMBER_OF_TITLE.sub("", " ".join(text.replace("_", " ").split())).strip(" -–—:\u060c,.")
        is_fit = len(plain) <= _LONGEST_TITLE and not re.search(r"^\(|[\d{}@*\[\]]", plain)
        return self._correct_spelling(plain) if is_fit else ""

    def _template_values(self, guesses: TableGuess) -> dict[str, Any]:
        """The texts and names with which the templates of the files are filled in."""
        tones: Any = read_data_file(_HERE / "tones.yaml")
        counts = range(2, len(tones) + 1)
        found: dict[str, Any] = {
            **self._words, "addresses": EXAMPLE_ADDRESSES,
            "table": Path(self.table_file).stem, "table_file": self.table_file, "guesses": guesses,
            "columns": [one for one in guesses.columns if one.header not in guesses.years],
            "layout": self.layout, "column_label": self._column_label, "codes_of": _codes_yaml,
            "choice_label": self._correct_spelling if self.table else self._words["choices"].get,
            "tones": {count: [tones[at * (len(tones) - 1) // (count - 1)] for at in range(count)] for count in counts},
            "own": bool(self.table), "comma": self.language.comma, "reported": "example" if self.table else "trees",
            "counted": "rows" if self.table else "gardens", **self._block_columns(guesses),
        }  # fmt: skip
        if self.table:
            constant = (cell for one in guesses.columns_of("text") if (cell := guesses.find_constant(one.header)))
            self.shown_title = self.shown_title or self._title_text(next(constant, "") if guesses.years else "")
            heading = self.shown_title or self._words["table_heading"]
            title = self.shown_title or self._words["title"]
            found |= {"table_title": heading, "table_heading": heading, "title": title}
        return found

    def _column_label(self, one: ColumnGuess) -> str:
        """The label of a column: its header, or for the example its name in the language."""
        if self.table:
            return self._correct_spelling(one.header.replace("_", " "))
        of = {"name": "name", "trees": "number", "state": "choice"}
        return str(self._words[of[one.header]]) if one.header in of else ""

    def _correct_spelling(self, text: str) -> str:
        """A text with correct letters: a header may have those of another keyboard."""
        text = " ".join(text.split())
        # Only wrong letters and signs are replaced, not words.
        faults = lint(text, self.language, self._spelling)
        found = [one for one in faults if one.severity == "error" or one.rule in ("medial-ye", "ye")]
        for fault in sorted(found, key=lambda one: one.start, reverse=True):
            if fault.replacement is not None:
                text = text[: fault.start] + fault.replacement + text[fault.end :]
        return text

    def _block_columns(self, guesses: TableGuess) -> dict[str, Any]:
        """The columns that the blocks of the two briefs print."""
        # A code is printed only if it is the name of the row, and a text only if it is not the same everywhere.
        columns = guesses.columns_of("text", "number", "year", "choice", "code")
        codes = {one.header for one in columns if one.type == "code"} - {guesses.name}
        same = {one.header for one in columns if self.table and guesses.find_constant(one.header)}
        made = {one.header for one in columns if one.codes}
        left_out = codes | made | same
        others = len([one for one in columns if one.header not in left_out.union(guesses.years)])
        left_out |= {*guesses.years[: -max(1, min(_SHOWN_YEARS, MAX_COLUMNS - others))]}
        fit = [one.header for one in columns if one.header not in left_out]
        if (rows := len(guesses.rows)) > MAX_ROWS:
            self.messages.append(f"briefs/sheet.yaml: no table, since {rows:,} rows are more than {MAX_ROWS}")
        elif left := fit[MAX_COLUMNS:]:
            self.messages.append(f"briefs/sheet.yaml: the table is without {join_first_names(left, MAX_COLUMNS)}")
        choices = guesses.columns_of("choice")[:1]
        numbers = [one for one in guesses.columns_of("number") if one.header not in guesses.years]
        headlines = [one for one in numbers if not one.blank][:MAX_FIGURES]
        known = {guesses.name, guesses.key, *(one.header for one in [*headlines, *choices])}
        rest = [name for name in fit if name not in known]
        return self._drawings(guesses, [one.header for one in numbers]) | {
            "choices": choices,
            "numbers": [f"row.{one.header}" for one in headlines],
            "name_column": guesses.name,
            "sheet_columns": fit[:MAX_COLUMNS] if rows <= MAX_ROWS else [],
            # The row's name comes first, before cells that may be empty.
            "row_columns": [guesses.name, *rest][:MAX_COLUMNS] if rest else [],
        }

    def _drawings(self, guesses: TableGuess, numbers: Sequence[str]) -> dict[str, Any]:
        """What the table is good for: lines over years, a map of choices, bars of numbers."""
        keys, years = guesses.column_cells(guesses.key), guesses.years
        is_yearly = any(one.type == "year" for one in guesses.columns if one.header == guesses.key)
        cells = {name: [Decimal(cell) for cell in guesses.column_cells(name) if cell] for name in numbers}
        drawn = [name for name, own in cells.items() if any(own) and min(own) >= 0]
        newest = dict(zip(keys, guesses.column_cells(years[-1]), strict=True)) if years else {}
        span = sorted(map(read_wide_year, years)) or sorted(map(int, keys if is_yearly else ()))
        length = span[-1] - span[0] if span else 0
        choices = guesses.columns_of("choice")
        shapes = (name for name in list_shipped_shapes() if {*keys} <= load_shipped_shapes(name).by_key.keys())
        return {
            "shapes": next(shapes, "") if choices else "",
            "bars": drawn[:1] if self.table and not is_yearly and not years else [],
            "lines": drawn[:MAX_LINES] if is_yearly and length else [],
            "line_rows": sorted(newest, key=lambda key: -Decimal(newest[key] or 0))[:MAX_LINES],
            "start": span[0] if span else 0,
            "every": next((step for step in (1, 2, 5, 10) if length < step * 12), 20),
            "drawn_title": self._drawn_title,
        }

    def _drawn_title(self, number: str, name: str = "") -> str:
        """The title of a drawing, from the headers: which number it shows, by what."""
        shown, by = self._title_text(number), self._title_text(name)
        whole = self._words["by"].format(number=shown, name=by) if by else shown
        return whole[:1].upper() + whole[1:] if shown else self.shown_title or self._words["table_heading"]


def _preview_rows(grid: Grid, private: Collection[str]) -> list[str]:
    """The header and the first rows of a table, for its owner to look at, without the private cells."""
    lines = [" | ".join(shorten(name, _SHOWN_LETTERS) for name in grid.header_row.cells[:_SHOWN_COLUMNS])]
    for row in grid.rows[:_SHOWN_ROWS]:
        cells = zip(grid.header[:_SHOWN_COLUMNS], row.cells, strict=False)
        lines.append(" | ".join(_HIDDEN if name in private else shorten(cell, _SHOWN_LETTERS) for name, cell in cells))
    return lines


def _describe_private(columns: Mapping[str, str]) -> str:
    """The line that says which columns are private, and why."""
    by_kind = dict[str, list[str]]()
    for header, kind in columns.items():
        by_kind.setdefault(kind, []).append(f"'{shorten(header, _SHOWN_LETTERS)}'")
    parts = "; ".join(f"{kind}: {', '.join(headers)}" for kind, headers in by_kind.items())
    return f"private, and printed on no sheet: {parts}"


def write_publication(folder: Path, starter: StarterPublication) -> list[Path]:
    """Write a publication into a new or empty folder; the paths of the written files."""
    hint = "name one in a place where you may write, such as your home folder"
    with report_os_errors("the folder cannot be written", folder, hint):
        if folder.exists() and any(folder.iterdir()):
            hint = "name a folder that is new or empty"
            raise Problems("the folder is not empty", folder, hint=hint, kind="not-empty")
        with ExitStack() as undone:
            undone.callback(_empty_folder, folder)  # so that the command can be run again
            for name, content in starter.files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                write_new(folder / name, content)
            schemas = write_schemas(folder)
            if starter.table:
                _require_accepted_table(folder, starter.table)
            undone.pop_all()
    return [folder / name for name in starter.files] + schemas


def _require_accepted_table(folder: Path, table: Path) -> None:
    """Raise the problems that ``check`` has with a new publication, as problems of its table."""
    try:
        load_publication(folder, coverage(load_fonts(find_shipped_folder("fonts"))))
    except Problems as raised:
        found = [one for one in raised.problems if one.severity == "error"]
        places = dict[str, list[Problem]]()  # a currency sign is usually in every cell
        for one in found:
            if one.file and one.file.parent.name == "tables":
                places.setdefault(one.message, []).append(replace(one, file=table))
        of_table = [
            replace(first, message=f"{first.message}, here and in {len(more)} more places" if more else first.message)
            for first, *more in places.values()
        ]
        # The other files are gone with the folder.
        raise Problems(of_table or dict.fromkeys(replace(one, file=table, line=0, column=0) for one in found)) from None


def _empty_folder(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _file_name(given: str, otherwise: str) -> str:
    name = re.sub(r"[^a-z0-9_]+", "-", given.casefold()).strip("-")
    return name if _FILE_NAME.fullmatch(name) else otherwise


def _codes_yaml(one: ColumnGuess) -> str:
    """The keys of a column that is made of names."""
    names = ", ".join(f"{_quote_yaml(name)}: {code}" for name, code in one.names.items())
    keys = {"codes": one.codes, "from": one.source and _quote_yaml(one.source), "names": names and f"{{{names}}}"}
    return "".join(f", {key}: {value}" for key, value in keys.items() if value)


def _quote_yaml(text: str) -> str:
    """A text as a YAML scalar, quoted if necessary."""
    if _PLAIN_SCALAR.fullmatch(text) and text.casefold() not in _YAML_WORDS:
        return text
    return "'" + " ".join(text.split()).replace("'", "''") + "'"
