"""Load: YAML and CSV files into values that remember where they stand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tipbrief.problems import Problem, Problems, nearest

MOST_BYTES = 10_000_000
MOST_DEPTH = 20
_INDENTED_BY_TAB = re.compile(r"^ *\t+(?=\s*\S)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: file, first line and column, last line (all from 1)."""

    file: Path
    line: int = 0
    column: int = 0
    end: int = 0

    def problem(self, message: str, hint: str = "", *, token: str = "", nth: int = 0) -> Problem:
        """A problem here, or at the ``nth`` occurrence of ``token`` inside the value's lines."""
        if token and (found := self._find(token, nth)):
            return Problem(message, self.file, *found, hint=hint, length=len(token))
        return Problem(message, self.file, self.line, self.column, hint)

    def _find(self, token: str, nth: int) -> tuple[int, int] | None:
        lines = self.file.read_text(encoding="utf-8-sig").splitlines()
        for number in range(self.line, max(self.line, self.end) + 1):
            start = self.column - 1 if number == self.line else 0
            while number <= len(lines) and (at := lines[number - 1].find(token, start)) >= 0:
                if not nth:
                    return number, at + 1
                nth, start = nth - 1, at + len(token)
        return None


class Text(str):
    """A text that knows its place."""

    __slots__ = ("place",)
    place: Place

    def __new__(cls, text: str, place: Place) -> Text:
        """A text as it stands at ``place``."""
        new = super().__new__(cls, text)
        new.place = place
        return new


@dataclass(frozen=True, slots=True)
class Scalar:
    """A YAML scalar: its text, and the YAML type that it would have without our care."""

    text: str
    kind: str  # str, int, float, bool, null, timestamp …
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A YAML list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Keyed:
    """A YAML mapping: its values and the places of its keys."""

    items: Mapping[str, Node]
    keys: Mapping[str, Place]
    place: Place


Node = Scalar | Sequence | Keyed


def read_text(file: Path) -> str:
    """The text of a UTF-8 file; a problem where it is missing, too large or not UTF-8."""
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise Problems(
                Problem(
                    f"the file has {size / 1e6:.0f} MB; tipbrief reads at most {MOST_BYTES / 1e6:.0f} MB",
                    file,
                    hint="a brief is made from a small dataset: keep only the rows that it prints",
                )
            )
        raw = file.read_bytes()
    except FileNotFoundError:
        raise Problems(Problem("the file is missing", file, hint=_similar_files(file))) from None
    except OSError as fault:
        raise Problems(Problem(f"the file cannot be read: {fault.strerror}", file)) from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Problems(Problem("the file is UTF-16, not UTF-8", file, 1, 1, hint="save it as UTF-8"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = raw[: fault.start].decode("utf-8", "replace")
        raise Problems(
            Problem(
                f"byte 0x{raw[fault.start]:02x} is not UTF-8",
                file,
                before.count("\n") + 1,
                len(before) - before.rfind("\n"),
                hint="save the file as UTF-8 (it may be Windows-1256)",
            )
        ) from None


def read_yaml(file: Path) -> Keyed:
    """A YAML file whose top is a mapping. Aliases, tabs and doubled keys are problems."""
    text = read_text(file)
    tabs = [
        Problem("a tab stands in the indentation", file, number, found.end(), hint="indent with spaces")
        for number, line in enumerate(text.splitlines(), 1)
        if (found := _INDENTED_BY_TAB.match(line))
    ]
    if tabs:
        raise Problems(tabs)
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as fault:
        raise Problems(_yaml_problem(file, fault)) from None
    except yaml.reader.ReaderError as fault:
        line = text[: fault.position].count("\n") + 1
        raise Problems(
            Problem(f"the character U+{ord(str(fault.character)):04X} is not allowed in YAML", file, line)
        ) from None
    except RecursionError:
        raise Problems(Problem(f"lists and mappings are nested deeper than {MOST_DEPTH}", file)) from None
    builder = _Builder(file)
    node = builder.build(root, 0) if root is not None else None
    if builder.problems:
        raise Problems(builder.problems)
    if not isinstance(node, Keyed):
        place = node.place if node else Place(file, 1, 1)
        raise Problems(place.problem("the file must hold 'key: value' lines"))
    return node


@dataclass
class _Builder:
    """Turns the composed YAML into nodes, collecting what it must refuse."""

    file: Path
    problems: list[Problem] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def build(self, node: yaml.Node, depth: int) -> Node | None:
        place = Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1, _last_line(node))
        if id(node) in self.seen:
            self.problems.append(
                place.problem(
                    "an alias (*name) repeats a part of the file",
                    "write the values out; tipbrief reads no YAML aliases",
                )
            )
            return None
        self.seen.add(id(node))
        if depth > MOST_DEPTH:
            self.problems.append(place.problem(f"lists and mappings are nested deeper than {MOST_DEPTH}"))
            return None
        if isinstance(node, yaml.ScalarNode):
            if not node.tag.startswith("tag:yaml.org,2002:"):
                self.problems.append(place.problem(f"the tag '{node.tag}' is not known here", "remove it"))
            return Scalar(node.value, node.tag.rpartition(":")[2], place)
        if isinstance(node, yaml.SequenceNode):
            items = [self.build(item, depth + 1) for item in node.value]
            return Sequence(tuple(item for item in items if item is not None), place)
        return self._mapping(node, place, depth)

    def _mapping(self, node: yaml.Node, place: Place, depth: int) -> Keyed:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key_place = Place(self.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(key_place.problem("a key must be a single word"))
                continue
            key = key_node.value
            if key in values:
                self.problems.append(
                    key_place.problem(
                        f"the key '{key}' stands twice",
                        f"it stands first in line {keys[key].line}; remove one",
                    )
                )
                continue
            if (value := self.build(value_node, depth + 1)) is not None:
                values[key], keys[key] = value, key_place
        return Keyed(values, keys, place)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CSV file, with the line in which it starts."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A CSV file: header and rows, all rows as wide as the header."""

    file: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def place(self, row: Row, column: int) -> Place:
        """Where a cell stands. Columns are found only when somebody asks."""
        line = read_text(self.file).splitlines()[row.line - 1]
        position, quoted, index = 0, False, 0
        for position, char in enumerate(line):  # noqa: B007 - the last position is the answer
            if index == column:
                break
            if char == '"':
                quoted = not quoted
            elif char == "," and not quoted:
                index += 1
        else:
            position = len(line)
        return Place(self.file, row.line, position + 1, row.line)


def read_csv(file: Path) -> Grid:
    """A comma-separated UTF-8 file with a header line; every row must have a cell for each column."""
    text = read_text(file)
    reader = csv.reader(io.StringIO(text), strict=True)
    problems: list[Problem] = []
    rows: list[Row] = []
    header: tuple[str, ...] = ()
    try:
        for line, cells in _numbered(reader):
            if not cells:
                continue
            if not header:
                header = tuple(cell.strip() for cell in cells)
                problems += _header_problems(file, header, text)
            elif len(cells) != len(header):
                fewer = len(cells) < len(header)
                problems.append(
                    Problem(
                        f"the row has {len(cells)} cells, the header has {len(header)}",
                        file,
                        line,
                        1,
                        hint=f"'{header[len(cells)]}' and what follows it are missing"
                        if fewer
                        else 'a text that holds a comma must stand in quotes: "a, b"',
                    )
                )
            else:
                rows.append(Row(tuple(cell.strip() for cell in cells), line))
    except csv.Error as fault:
        raise Problems(
            Problem(f"the row cannot be read: {fault}", file, reader.line_num, 1, 'is a quote " left open?')
        ) from None
    if not header:
        problems.append(Problem("the table is empty", file, hint="its first line names the columns"))
    if problems:
        raise Problems(problems)
    return Grid(file, header, tuple(rows))


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    start = 1
    for cells in reader:
        yield start, cells
        start = reader.line_num + 1  # type: ignore[attr-defined]


def _header_problems(file: Path, header: tuple[str, ...], text: str) -> list[Problem]:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return [
            Problem(
                "the columns are not separated by commas",
                file,
                1,
                1,
                "save the table as 'CSV, comma separated, UTF-8'",
            )
        ]
    return [
        Problem(f"the column '{name}' stands twice" if name else "a column has no name", file, 1, 1)
        for index, name in enumerate(header)
        if not name or name in header[:index]
    ]


def _last_line(node: yaml.Node) -> int:
    # A block scalar ends at the start of the line that follows it.
    end = node.end_mark
    return int(end.line + 1 if end.column else max(end.line, node.start_mark.line + 1))


def _yaml_problem(file: Path, fault: yaml.MarkedYAMLError) -> Problem:
    mark = fault.problem_mark or fault.context_mark
    what = fault.problem or fault.context or "cannot be read"
    hint = ""
    if "mapping values are not allowed" in what:
        what, hint = "a second ': ' stands in one line", "put a text that holds ': ' into quotes"
    elif "could not find expected ':'" in what:
        what, hint = "a line has no 'key: value'", "is a ':' missing, or the indentation of a text?"
    elif "undefined alias" in what:
        hint = "put a text that starts with * into quotes"
    elif "did not find expected" in what or "expected <block end>" in what:
        hint = "compare the indentation with the lines above"
    elif "cannot start any token" in what:
        hint = "put a text that starts with this character into quotes"
    elif "quoted scalar" in (fault.context or ""):
        hint = "a quote is left open"
    if mark is None:
        return Problem(f"YAML: {what}", file, hint=hint)
    return Problem(f"YAML: {what}", file, mark.line + 1, mark.column + 1, hint)


def _similar_files(file: Path) -> str:
    there = sorted(path.name for path in file.parent.glob("*" + file.suffix)) if file.parent.is_dir() else []
    return nearest(file.name, there) if there else f"the folder {file.parent} has no {file.suffix} file"
