"""The files of a new publication in any language, from an example or from a user's table."""

import csv
import io
import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tipbrief.assets import find_shipped_folder
from tipbrief.check.json_schema import schema_line, write_schemas
from tipbrief.check.publication import load_publication
from tipbrief.check.texts import lint
from tipbrief.files import read_bytes, write_new
from tipbrief.fonts.font_library import coverage, load_fonts
from tipbrief.language.dates import Date
from tipbrief.language.language import Language, read_data_file
from tipbrief.language.word_lists import load_language_words
from tipbrief.load.publication_files import WORKBOOK_SUFFIX
from tipbrief.problems import Problems, join_first_names, report_os_errors
from tipbrief.starter import column_types
from tipbrief.starter.column_types import ColumnGuess, TableGuess

_HERE = Path(__file__).parent
MAX_ROWS, MAX_COLUMNS = 40, 5  # of the printed table
MAX_FIGURES = 4  # side by side
# From light to dark, so that a grey photocopy keeps the order; each with its text colour.
_TONES = tuple(zip(("#cfe0e2", "#97bac1", "#3b7482", "#0b3540"), ("#1c2326",) * 2 + ("#ffffff",) * 2, strict=True))
_TONES_BY_COUNT = {2: _TONES[::3], 3: (_TONES[0], *_TONES[2:]), 4: _TONES, 5: (*_TONES, ("#ffffff", "#1c2326"))}
_PLAIN_SCALAR = re.compile(r"[A-Za-z][A-Za-z_-]*")
_YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
_FILE_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class StarterPublication:
    """The files of a new publication by name, and messages on how its table was understood."""

    def __init__(self, folder: Path, language: Language, today: Date, table: Path | None) -> None:
        self.language, self._spelling = language, load_language_words(language)
        self._words = read_data_file(column_types.EXAMPLES_FOLDER / f"{language.tag}.yaml")
        self.messages: list[str] = []
        self.files: dict[str, bytes] = {}
        self.table = table
        guesses = self._add_own_table(table) if table else self._add_example_table()
        values = self._template_values(guesses) | {"tag": language.tag, "today": today.iso()}
        values["id"] = _file_name(folder.absolute().name, "publication")
        places = Environment(
            loader=FileSystemLoader(_HERE / "files"),
            undefined=StrictUndefined,
            variable_start_string="$(",
            variable_end_string=")",
            line_statement_prefix="%%",
            keep_trailing_newline=True,
        )
        places.filters["yaml"] = _quote_yaml
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
        self._write_table("gardens.csv", _csv_bytes([[one.header for one in columns], *rows]))
        return TableGuess(columns, "code", "name", rows)

    def _add_own_table(self, table: Path) -> TableGuess:
        grid = column_types.read_table(table)
        if not grid.rows:
            raise Problems("the table has no rows", table, hint="a sheet is made from rows", kind="empty-file")
        guesses, suffix = column_types.guess_columns(grid), table.suffix.lower()
        if found := [*column_types.find_table_problems(grid, guesses)]:
            raise Problems(found)
        name = _file_name(table.stem, "table")
        if guesses.counts_rows:
            self._write_table(f"{name}.csv", _csv_bytes([[one.header for one in guesses.columns], *guesses.rows]))
            counted = f"no column has a code for each row, so '{guesses.key}' counts them"
            self.messages.append(f"{self.table_file}: {counted}")
        else:
            suffix = suffix if suffix == WORKBOOK_SUFFIX else ".csv"
            self._write_table(f"{name}{suffix}", read_bytes(table))
        for one in guesses.columns:
            shown_unit = f"printed without the {one.shown_unit} that its cells show: say it in 'label'"
            notes = {
                "the key": one.header == guesses.key,
                "the title of each sheet": one.header == guesses.name,
                "per cent": one.unit,
                shown_unit: one.shown_unit,
                f"since {one.non_number_cell} is no number": one.non_number_cell,
            }
            parts = [f"column '{one.header}': {one.type}", *(note for note, applies in notes.items() if applies)]
            self.messages.append(", ".join(parts))
        if guesses.ends_in_total:
            name = guesses.column_cells(guesses.name)[-1]
            self.messages.append(
                f"  the last row, '{name}', is the sum of the others: take it out of the table, "
                "or it is counted with them; a figure adds them up (docs/reference/numbers.md)"
            )
        if any(one.non_number_cell for one in guesses.columns):
            self.messages.append(
                "  for numbers: 12 in the table, or 12% in each cell, not $12 or +12, -8 and not (8), and "
                "an empty cell where there is none; 'type: number' in tables.yaml"
            )
        return guesses

    def _write_table(self, name: str, content: bytes) -> None:
        self.table_file = f"tables/{name}"
        self.files[self.table_file] = content

    def _template_values(self, guesses: TableGuess) -> dict[str, Any]:
        """The texts and names with which the templates of the files are filled in."""
        found: dict[str, Any] = {
            **self._words,
            "table": Path(self.table_file).stem,
            "table_file": self.table_file,
            "key": guesses.key,
            "columns": guesses.columns,
            "column_label": self._column_label,
            "choice_label": self._correct_spelling if self.table else self._words["choices"].get,
            "tones": _TONES_BY_COUNT,
            "first_key": guesses.column_cells(guesses.key)[0],
            "reported": "trees",
            "counted": "gardens",
            **self._block_columns(guesses),
        }
        if not self.table:
            return found
        other_texts = {"lead": "lead_of_table", "reported_label": "number_label", "counted_label": "rows_label"}
        own = {name: self._words[other] for name, other in other_texts.items()}
        own |= {"table_title": self._words["table_heading"], "reported": "example", "counted": "rows"}
        return found | own

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
        found = [one for one in faults if one.severity == "error" or one.rule == "medial-ye"]
        for fault in sorted(found, key=lambda one: one.start, reverse=True):
            if fault.replacement is not None:
                text = text[: fault.start] + fault.replacement + text[fault.end :]
        return text

    def _block_columns(self, guesses: TableGuess) -> dict[str, Any]:
        """The columns that the blocks of the two briefs print."""
        # A code is printed only if it is the name of the row.
        named = {guesses.name} - ({guesses.key} if guesses.counts_rows else set())
        columns = guesses.columns_of("text", "number", "year", "choice", "code")
        fit = [one.header for one in columns if one.type != "code" or one.header in named]
        if (rows := len(guesses.rows)) > MAX_ROWS:
            self.messages.append(f"briefs/sheet.yaml: no table, since {rows:,} rows are more than {MAX_ROWS}")
        elif left := fit[MAX_COLUMNS:]:
            self.messages.append(f"briefs/sheet.yaml: the table is without {join_first_names(left, MAX_COLUMNS)}")
        choices = guesses.columns_of("choice")[:1]
        numbers = [one for one in guesses.columns_of("number") if not one.blank][:MAX_FIGURES]
        known = {guesses.name, *(one.header for one in [*numbers, *choices])}
        rest = [one.header for one in columns if one.type != "code" and one.header not in known]
        return {
            "choices": choices,
            "numbers": [f"row.{one.header}" for one in numbers],
            "name_column": guesses.name,
            "sheet_columns": fit[:MAX_COLUMNS] if rows <= MAX_ROWS else [],
            # The row's name comes first, before cells that may be empty.
            "row_columns": [guesses.name, *rest][:MAX_COLUMNS] if rest else [],
        }


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
        of_table = [replace(one, file=table) for one in found if one.file and one.file.parent.name == "tables"]
        # The other files are gone with the folder.
        raise Problems(of_table or dict.fromkeys(replace(one, file=table, line=0, column=0) for one in found)) from None


def _empty_folder(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _file_name(given: str, otherwise: str) -> str:
    name = re.sub(r"[^a-z0-9_]+", "-", given.casefold()).strip("-")
    return name if _FILE_NAME.fullmatch(name) else otherwise


def _quote_yaml(text: str) -> str:
    """A text as a YAML scalar, quoted if necessary."""
    if _PLAIN_SCALAR.fullmatch(text) and text.casefold() not in _YAML_WORDS:
        return text
    return "'" + " ".join(text.split()).replace("'", "''") + "'"


def _csv_bytes(lines: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue().encode()
