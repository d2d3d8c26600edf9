"""The files of a publication to begin with, in any language, with a table of one's own where one is given."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import yaml

from tipbrief.check.editor_files import schema_line, write_schemas
from tipbrief.files import read_bytes, write_new
from tipbrief.language.dates import Date
from tipbrief.language.language import Language
from tipbrief.language.orthography import lint
from tipbrief.language.spelling import load_words
from tipbrief.load.csv_rows import Grid, read_csv
from tipbrief.problems import Problems
from tipbrief.starter.columns import Guess, Guesses, guessed, numbered

_HERE = Path(__file__).parent
NUMBERS = "row_number"  # the column that numbers rows without a code
MOST_ROWS, MOST_COLUMNS = 40, 5  # of a table that is printed whole
# From light to dark, so that a grey photocopy keeps the order; each with the colour of its text.
_TONES = (
    ("#cfe0e2", "#1c2326"), ("#97bac1", "#1c2326"), ("#3b7482", "#ffffff"), ("#0b3540", "#ffffff"),
    ("#ffffff", "#1c2326"),
)  # fmt: skip
_SPREAD = {2: (0, 3), 3: (0, 2, 3), 4: (0, 1, 2, 3), 5: (0, 1, 2, 3, 4)}
_PLAIN = re.compile(r"[A-Za-z][A-Za-z_-]*")
_YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class Starter:
    """What is written: the files by their names, and what was taken for what."""

    def __init__(self, folder: Path, language: Language, today: Date, table: Path | None) -> None:
        self.language, self._spelling = language, load_words(language)
        self._words: dict[str, Any] = yaml.safe_load(
            (_HERE / "words" / f"{language.tag}.yaml").read_text(encoding="utf-8")
        )
        self.said: list[str] = []
        self.files: dict[str, bytes] = {}
        grid, guesses = self._own_table(table) if table else self._example_table()
        values = {**self._texts(), "id": _name(folder.absolute().name, "publication"), "tag": language.tag}
        values |= {"today": today.iso()} | self._names(grid, guesses, own=table is not None)
        for name in ("publication", "sources", "figures", "tables", "texts"):
            self._fill(f"{name}.yaml", f"{name}.yaml", values)
        self._fill("briefs/sheet.yaml", "sheet.yaml", values | {"blocks": self._whole(grid, guesses)})
        if table:
            self._fill("briefs/row.yaml", "row.yaml", values | self._row(guesses))
        self.key = guesses.key

    def _fill(self, name: str, template: str, values: Mapping[str, str]) -> None:
        text = (_HERE / "files" / template).read_text(encoding="utf-8")
        self.files[name] = f"{schema_line(name)}\n{Template(text).substitute(values)}".encode()

    def _texts(self) -> dict[str, str]:
        folded = ("lead", "lead_of_table", "how")  # block scalars, which need no quotes
        return {
            key: value if key in folded else _quoted(value)
            for key, value in self._words.items()
            if isinstance(value, str)
        }

    # The table

    def _example_table(self) -> tuple[Grid, Guesses]:
        words = self._words
        states = [*words["choices"]]
        rows = zip(
            words["rows"].items(), ("120", "200", "160"), (states[0], states[0], states[1]), strict=True
        )
        lines = [("code", "name", "trees", "state"), *((*row, trees, state) for row, trees, state in rows)]
        self.files[self._file("gardens.csv")] = _as_csv(lines)
        columns = (
            Guess("code", "code"), Guess("name", "text"), Guess("trees", "number"),
            Guess("state", "choice", choices=tuple(states)),
        )  # fmt: skip
        return Grid(Path(), lines[0], ()), Guesses(columns, "code", "name")

    def _own_table(self, table: Path) -> tuple[Grid, Guesses]:
        grid = read_csv(table)
        if not grid.rows:
            raise Problems(
                "the table has no rows", table, hint="a sheet is made from rows", kind="empty-file"
            )
        content = read_bytes(table)
        if not (guesses := guessed(grid)):
            grid = numbered(grid, NUMBERS)
            content, guesses = _as_csv([grid.header, *(row.cells for row in grid.rows)]), guessed(grid)
            self.said.append(f"no column has a code for each row: '{NUMBERS}' numbers them")
        assert guesses is not None, "numbers are codes"
        self.files[self._file(f"{_name(table.stem, 'table')}.csv")] = content
        for one in guesses.columns:
            use = " (key)" if one.header == guesses.key else " (title)" if one.header == guesses.name else ""
            self.said.append(f"column '{one.header}': {one.type}{use}")
        return grid, guesses

    def _file(self, name: str) -> str:
        self.table_file = f"tables/{name}"
        return self.table_file

    def _names(self, grid: Grid, guesses: Guesses, *, own: bool) -> dict[str, str]:
        """What the files are called by and hold, with the table of one's own or the example."""
        texts = self._texts()
        found = {
            "table": Path(self.table_file).stem,
            "table_file": self.table_file,
            "key": _quoted(guesses.key),
            "columns": "\n".join(self._column(one, own=own) for one in guesses.columns),
        }
        if not own:
            return found | {"reported": "trees", "counted": "gardens", "reported_value": "480"}
        first = grid.rows[0].cells[grid.header.index(guesses.key)]
        return found | {
            "reported": "example", "counted": "rows", "reported_value": "480", "lead": texts["lead_of_table"],
            "reported_label": texts["number_label"], "counted_label": texts["rows_label"],
            "table_title": texts["table_heading"], "first_key": first,
        }  # fmt: skip

    def _column(self, one: Guess, *, own: bool) -> str:
        labels = {"name": "name", "trees": "number", "state": "choice"}
        label = (
            self._spelt(one.header.replace("_", " ")) if own else self._words.get(labels.get(one.header, ""))
        )
        parts = [f"type: {one.type}", *([f"label: {_quoted(label)}"] if label else [])]
        parts += ["blank: true"] if one.blank else []
        if not one.choices:
            return f"    {_quoted(one.header)}: {{{', '.join(parts)}}}"
        lines = [f"    {_quoted(one.header)}:", *(f"      {part}" for part in parts), "      choices:"]
        for value, tone in zip(one.choices, _SPREAD[len(one.choices)], strict=True):
            colour, text = _TONES[tone]
            shown = _quoted(self._spelt(value) if own else self._words["choices"][value])
            look = f"colour: '{colour}', text_colour: '{text}'"
            lines.append(f"        {_quoted(value)}: {{label: {shown}, short: {shown}, {look}}}")
        return "\n".join(lines)

    def _spelt(self, text: str) -> str:
        """A text as the language writes it: a header may have the letters of another keyboard."""
        text = " ".join(text.split())
        found = [one for one in lint(text, self.language, self._spelling) if one.severity == "error"]
        for fault in sorted(found, key=lambda one: one.start, reverse=True):
            if fault.instead is not None:
                text = text[: fault.start] + fault.instead + text[fault.end :]
        return text

    # The blocks

    def _whole(self, grid: Grid, guesses: Guesses) -> str:
        heading, table = self._texts()["table_heading"], Path(self.table_file).stem
        blocks = [self._share(guesses.of("choice")[:1])]
        shown = [one.header for one in guesses.of("text", "number", "year", "choice")][:MOST_COLUMNS]
        if len(grid.rows) <= MOST_ROWS and shown:
            blocks.append(
                f"  - table:\n      table: {table}\n      columns: [{', '.join(map(_quoted, shown))}]\n"
                f"      title: {heading}"
            )
        return "\n".join(filter(None, blocks))

    def _share(self, choices: Sequence[Guess]) -> str:
        return "\n".join(
            f"  - share:\n      table: {Path(self.table_file).stem}\n      by: {_quoted(one.header)}\n"
            f"      title: {_quoted(self._label(one))}"
            for one in choices
        )

    def _label(self, one: Guess) -> str:
        return (
            str(self._words["choice"]) if one.header == "state" else self._spelt(one.header.replace("_", " "))
        )

    def _row(self, guesses: Guesses) -> dict[str, str]:
        numbers = guesses.of("number")[:3]
        said = [f"{self._label(one)}: {{row.{one.header}}}" for one in numbers if not one.blank]
        badges = [f"  - badge:\n      by: {_quoted(one.header)}" for one in guesses.of("choice")[:1]]
        title = _quoted(f"{{row.{guesses.name}}}")
        subtitle = _quoted(self.language.listed(*said)) if said else self._texts()["title"]
        blocks = "\n".join(filter(None, [*badges, self._share(guesses.of("choice")[:1])]))
        return {"row_title": title, "row_subtitle": subtitle, "blocks": blocks or "  - lead: lead"}


def begin(folder: Path, starter: Starter) -> list[Path]:
    """Write a publication into a new or empty folder; what was written."""
    try:
        if folder.exists() and any(folder.iterdir()):
            hint = "name a folder that is new or empty"
            raise Problems("the folder is not empty", folder, hint=hint, kind="not-empty")
        for name, content in starter.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_new(folder / name, content)
    except OSError as fault:
        raise Problems(f"the folder cannot be written: {fault.strerror}", folder) from None
    return [folder / name for name in starter.files] + write_schemas(folder)


def _name(given: str, otherwise: str) -> str:
    name = re.sub(r"[^a-z0-9_]+", "-", given.casefold()).strip("-")
    return name if _NAME.fullmatch(name) else otherwise


def _quoted(text: str) -> str:
    """A text as YAML has it, in quotes where it needs them."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _YAML_WORDS:
        return text
    return "'" + " ".join(text.split()).replace("'", "''") + "'"


def _as_csv(lines: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue().encode()
