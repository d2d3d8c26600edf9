"""The files of a publication to begin with, in any language, with a table of one's own where one is given."""

import csv
import io
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from string import Template

from tipbrief.check.editor_files import schema_line, write_schemas
from tipbrief.files import read_bytes, write_new
from tipbrief.language.dates import Date
from tipbrief.language.examples import example_words
from tipbrief.language.language import Language
from tipbrief.language.linter import lint
from tipbrief.language.spelling import Fault, load_words
from tipbrief.pdf.dataset import WORKBOOK
from tipbrief.problems import Problems, first_of
from tipbrief.starter.columns import Guess, Guesses, doubtful, guessed, read_table

_HERE = Path(__file__).parent
MOST_ROWS, MOST_COLUMNS = 40, 5  # of a table that is printed whole
MOST_FIGURES = 4  # of a row, side by side
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
        self._words = example_words(language.tag)
        self.said: list[str] = []
        self.files: dict[str, bytes] = {}
        self._own = table is not None
        guesses = self._own_table(table) if table else self._example_table()
        values = {**self._texts(), "id": _name(folder.absolute().name, "publication"), "tag": language.tag}
        values |= {"today": today.iso()} | self._names(guesses)
        for name in ("publication", "sources", "figures", "tables", "texts"):
            self._fill(f"{name}.yaml", f"{name}.yaml", values)
        self._fill("briefs/sheet.yaml", "sheet.yaml", values | {"blocks": self._whole(guesses)})
        if table:
            self._fill("briefs/row.yaml", "row.yaml", values | self._row(guesses))

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

    def _example_table(self) -> Guesses:
        words = self._words
        watered, dry = words["choices"]
        states = zip(words["rows"].items(), ("120", "200", "160"), (watered, watered, dry), strict=True)
        columns = (
            Guess("code", "code"), Guess("name", "text"), Guess("trees", "number"),
            Guess("state", "choice", choices=(watered, dry)),
        )  # fmt: skip
        rows = tuple((*row, trees, state) for row, trees, state in states)
        self._write_table("gardens.csv", _as_csv([[one.header for one in columns], *rows]))
        return Guesses(columns, "code", "name", rows)

    def _own_table(self, table: Path) -> Guesses:
        grid = read_table(table)
        if not grid.rows:
            raise Problems(
                "the table has no rows", table, hint="a sheet is made from rows", kind="empty-file"
            )
        guesses, suffix = guessed(grid), table.suffix.lower()
        if found := [*doubtful(grid, guesses)]:
            raise Problems(found)
        name = _name(table.stem, "table")
        if guesses.counts:
            content = _as_csv([[one.header for one in guesses.columns], *guesses.rows])
            self._write_table(f"{name}.csv", content)
            self.said.append(
                f"{self.table_file}: no column has a code for each row, so '{guesses.key}' counts them"
            )
        else:
            suffix = suffix if suffix == WORKBOOK else ".csv"
            self._write_table(f"{name}{suffix}", read_bytes(table))
        for one in guesses.columns:
            use = ", the key" if one.header == guesses.key else ""
            use += ", the title of each sheet" if one.header == guesses.name else ""
            use += ", per cent" if one.unit else ""
            use += (
                f", printed without the {one.beside} that its cells show: say it in 'label'"
                if one.beside
                else ""
            )
            use += f", since {one.but} is no number" if one.but else ""
            self.said.append(f"column '{one.header}': {one.type}{use}")
        if guesses.ends_in_total:
            named = guesses.cells(guesses.name)[-1]
            self.said.append(
                f"  the last row, '{named}', is the sum of the others: take it out of the table, "
                "or it is counted with them; a figure adds them up (docs/numbers.md)"
            )
        if any(one.but for one in guesses.columns):
            self.said.append(
                "  for numbers: 12 in the table, or 12% in each cell, not $12 or +12, -8 and not (8), and "
                "an empty cell where there is none; 'type: number' in tables.yaml"
            )
        return guesses

    def _write_table(self, name: str, content: bytes) -> None:
        self.table_file = f"tables/{name}"
        self.files[self.table_file] = content

    def _names(self, guesses: Guesses) -> dict[str, str]:
        """What the files are called by and hold, with the table of one's own or the example."""
        texts = self._texts()
        found = {
            "table": Path(self.table_file).stem,
            "table_file": self.table_file,
            "key": _quoted(guesses.key),
            "columns": "\n".join(map(self._column, guesses.columns)),
            "first_key": guesses.cells(guesses.key)[0],
        }
        if not self._own:
            return found | {"reported": "trees", "counted": "gardens", "reported_value": "480"}
        return found | {
            "reported": "example", "counted": "rows", "reported_value": "480", "lead": texts["lead_of_table"],
            "reported_label": texts["number_label"], "counted_label": texts["rows_label"],
            "table_title": texts["table_heading"],
        }  # fmt: skip

    def _column(self, one: Guess) -> str:
        label = self._label(one)
        parts = [f"type: {one.type}", *([f"label: {_quoted(label)}"] if label else [])]
        parts += [f"unit: '{one.unit}'"] if one.unit else []
        parts += ["blank: true"] if one.blank else []
        if not one.choices:
            return f"    {_quoted(one.header)}: {{{', '.join(parts)}}}"
        lines = [f"    {_quoted(one.header)}:", *(f"      {part}" for part in parts), "      choices:"]
        for value, tone in zip(one.choices, _SPREAD[len(one.choices)], strict=True):
            colour, text = _TONES[tone]
            shown = _quoted(self._spelt(value) if self._own else self._words["choices"][value])
            look = f"colour: '{colour}', text_colour: '{text}'"
            lines.append(f"        {_quoted(value)}: {{label: {shown}, short: {shown}, {look}}}")
        return "\n".join(lines)

    def _label(self, one: Guess) -> str:
        """What readers call a column: its header; of the example what the language says."""
        if self._own:
            return self._spelt(one.header.replace("_", " "))
        of = {"name": "name", "trees": "number", "state": "choice"}
        return str(self._words[of[one.header]]) if one.header in of else ""

    def _spelt(self, text: str) -> str:
        """A text as the language writes it: a header may have the letters of another keyboard."""
        text = " ".join(text.split())
        found = [one for one in lint(text, self.language, self._spelling) if _is_slip(one)]
        for fault in sorted(found, key=lambda one: one.start, reverse=True):
            if fault.instead is not None:
                text = text[: fault.start] + fault.instead + text[fault.end :]
        return text

    # The blocks

    def _whole(self, guesses: Guesses) -> str:
        blocks = [self._share(guesses)]
        # A code is printed where nothing else says whose row it is.
        named = {guesses.name} - ({guesses.key} if guesses.counts else set())
        told = guesses.of("text", "number", "year", "choice", "code")
        fit = [one.header for one in told if one.type != "code" or one.header in named]
        rows, left = len(guesses.rows), fit[MOST_COLUMNS:]
        if rows > MOST_ROWS:
            self.said.append(f"briefs/sheet.yaml: no table, since {rows:,} rows are more than {MOST_ROWS}")
            return blocks[0]
        if left:
            self.said.append(f"briefs/sheet.yaml: the table is without {first_of(left, MOST_COLUMNS)}")
        blocks.append(self._table(fit) if fit else "")
        return "\n".join(filter(None, blocks))

    def _table(self, columns: Sequence[str], within: str = "") -> str:
        """The first of these columns, of all rows or of the document's."""
        shown = ", ".join(map(_quoted, columns[:MOST_COLUMNS]))
        only = f"      within: {_quoted(within)}\n" if within else ""
        return (
            f"  - table:\n      table: {Path(self.table_file).stem}\n      columns: [{shown}]\n"
            f"{only}      title: {self._texts()['table_heading']}"
        )

    def _share(self, guesses: Guesses) -> str:
        """The first column of choices as a bar; nothing where there is none."""
        return "\n".join(
            f"  - share:\n      table: {Path(self.table_file).stem}\n      by: {_quoted(one.header)}\n"
            f"      title: {_quoted(self._label(one))}"
            for one in guesses.of("choice")[:1]
        )

    def _row(self, guesses: Guesses) -> dict[str, str]:
        numbers = [one for one in guesses.of("number") if not one.blank][:MOST_FIGURES]
        names = ", ".join(_quoted(f"row.{one.header}") for one in numbers)
        choices = guesses.of("choice")[:1]
        badges = [f"  - badge:\n      by: {_quoted(one.header)}" for one in choices]
        others = [one.header for one in guesses.of("text", "number", "year", "choice")]
        known = {guesses.name, *(one.header for one in [*numbers, *choices])}
        rest = [name for name in others if name not in known]
        # The row's name stands before cells that may be empty.
        table = self._table([guesses.name, *rest], guesses.key) if rest else ""
        blocks = [*badges, f"  - figures: [{names}]" if numbers else "", table, self._share(guesses)]
        title = _quoted(f"{{row.{guesses.name}}}")
        return {"row_title": title, "blocks": "\n".join(filter(None, blocks)) or "  - lead: lead"}


def begin(folder: Path, starter: Starter) -> list[Path]:
    """Write a publication into a new or empty folder; what was written."""
    try:
        if folder.exists() and any(folder.iterdir()):
            hint = "name a folder that is new or empty"
            raise Problems("the folder is not empty", folder, hint=hint, kind="not-empty")
        with ExitStack() as undone:
            undone.callback(_empty, folder)  # else it could not be begun again
            for name, content in starter.files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                write_new(folder / name, content)
            schemas = write_schemas(folder)
            undone.pop_all()
    except OSError as fault:
        hint = "name one in a place where you may write, such as your home folder"
        raise Problems(f"the folder cannot be written: {fault.strerror}", folder, hint=hint) from None
    return [folder / name for name in starter.files] + schemas


def _empty(folder: Path) -> None:
    """Remove all that is in a folder, which was empty."""
    for path in folder.iterdir() if folder.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_slip(fault: Fault) -> bool:
    """Whether a fault is one of letters and signs, not a choice of words."""
    return fault.severity == "error" or fault.rule == "medial-ye"


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
