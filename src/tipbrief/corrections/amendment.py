"""Amendments: a new value at its one place in YAML, CSV or a workbook; all else in the file stays.

Workbooks with formulas are not written, as their other cells would be wrong: a problem says what to change there.
"""

import codecs
import io
import re
import zlib
from base64 import b85decode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

from tipbrief.check.cell_values import TO_LATIN_DIGITS, CellReader, is_percent_format, strip_percent_sign
from tipbrief.check.figures import select_rows
from tipbrief.check.models import Column, Figure, Table
from tipbrief.check.publication import Publication
from tipbrief.files import hash_of, override_contents, pack_parts, read_bytes, resolve_within, unpack_parts
from tipbrief.language.numbers import NUMBER, parse_number
from tipbrief.language.unicode_text import normal_form
from tipbrief.ledger.entries import Change, format_cell_name
from tipbrief.ledger.entry_file import EntryFile, describe_unreadable_entry
from tipbrief.load.grid import MAX_COLUMNS, TypedCell, find_cell_spans, read_grid
from tipbrief.load.publication_files import MAX_DATASET_BYTES
from tipbrief.load.source_text import SourceLocation, read_text
from tipbrief.load.yaml_nodes import YamlMapping, YamlScalar, read_yaml
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store, store_key
from tipbrief.problems import Problem, ProblemList, Problems, cell_address, name_file, suggest_nearest

FIGURES_FILE = "figures.yaml"
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CELL_NAME = re.compile(r"\s*([^\s\[\]]+)\s*\[(.*)\]\s*\.\s*(.*\S)\s*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")  # no line of text may have one
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# A cell in the XML of a sheet, and the beginning of any; a row's beginning; the number of a cell's format; a formula.
_SHEET_CELL = re.compile(r'<c\b([^>]*?\sr="([A-Z]{1,3}[0-9]{1,7})"[^>]*?)(?:/>|>.*?</c>)', re.S)
_CELL_START, _ESCAPED = re.compile(r"<c[\s/>]"), re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_SHEET_ROW = re.compile(r'<row\b[^>]*?\br="([0-9]{1,7})"[^>]*(?<!/)>')
_CELL_STYLE, _FORMULA = re.compile(r'\ss="([0-9]+)"'), re.compile(rb"<([\w.-]+:)?f[\s/>]")


@dataclass(frozen=True, slots=True)
class Amendment:
    """The new and old contents of files, by path below the publication's folder, and the new values by name."""

    files: Mapping[str, bytes]
    old_files: Mapping[str, bytes]
    values: Mapping[str, str]
    newer: Path | None = None  # the file of a table from which values come
    replaced: str = ""  # the table's file, of which it takes the place
    rows: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # that come or go: the old and new cells by name
    note: str = ""  # on its columns
    doubts: Sequence[Problem] = ()  # whether this is the whole file
    kept: Mapping[str, Change] = field(default_factory=dict)  # our corrections that the newer file lacks, by name
    mended: Sequence[str] = ()  # the names of those that it has

    def join(self, other: "Amendment") -> "Amendment":
        """Both amendments as one; a problem if they change the same file."""
        if both := self.files.keys() & other.files.keys():
            message = f"{min(both)} would be changed in two ways"
            raise Problems(message, hint="write the single values into the newer file, and give that alone")
        files, old = {**self.files, **other.files}, {**self.old_files, **other.old_files}
        return replace(other, files=files, old_files=old, values={**self.values, **other.values})

    def with_own_corrections(self, new: Publication) -> "Amendment":
        """The newer file with our corrections that it lacks; ``new`` is the publication with the newer file."""
        contents = {new.folder / name: content for name, content in self.files.items()}
        with override_contents(contents), name_file(self.newer):
            written = amend_files(new, [(name, one.now) for name, one in self.kept.items()])
        return replace(self, files={**self.files, **written.files})


@dataclass(frozen=True, slots=True)
class _ValueLocation:
    """The location of a value: the characters from ``start`` to ``end`` of a file's text."""

    file: str
    start: int
    end: int = field(compare=False)
    text: str = field(compare=False)
    name: str = field(compare=False)
    old_value: str = field(compare=False)
    column: Column | None = field(default=None, compare=False)  # None for a figure
    style: tuple[str, CellReader] | None = field(default=None, compare=False)  # of the table's file
    sheet_cell: SourceLocation | None = None  # of a workbook
    typed: TypedCell | None = field(default=None, compare=False)  # what the workbook's cell holds


def amend_files(
    publication: Publication, wanted: Sequence[tuple[str, str]], by_hand: Collection[str] = ()
) -> Amendment:
    """The contents of the files with all wanted changes, not yet written; ``Problems`` has the problems of all."""
    problems = ProblemList()
    edits: dict[_ValueLocation, str] = {}
    for name, value in wanted:
        with problems.catch():
            spot = _locate_value(publication, name)
            if spot in edits:
                raise Problems(f"'{spot.name}' is given twice", hint="give each place once, with its final value")
            edits[spot] = ""
            edits[spot] = _check_value(publication, spot, value, by_hand)
    problems.raise_all()
    was, files = dict[str, bytes](), dict[str, bytes]()
    for file in dict.fromkeys(spot.file for spot in edits):
        own = {spot: now for spot, now in edits.items() if spot.file == file}
        was[file] = read_bytes(publication.folder / file)
        # What was changed by hand stays: only the ledger learns of it.
        changes = {spot: now for spot, now in own.items() if not is_same_value(spot.column, spot.old_value, now)}
        edit = _edit_workbook if next(iter(own)).sheet_cell else _edit_file
        with problems.catch():
            files[file] = edit(file, was[file], changes) if changes else was[file]
    problems.raise_all()
    return Amendment(files, was, {spot.name: now for spot, now in edits.items()})


def _locate_value(publication: Publication, typed: str) -> _ValueLocation:
    if found := _CELL_NAME.fullmatch(typed):
        return _locate_cell(publication, *found.groups())
    name = typed.strip()
    figure = publication.figures.get(name)
    if figure is None:
        table = publication.tables.get(re.split(r"[\[.]", name)[0].strip())
        hint = f"a cell is named {example_cell_name(table)}" if table else suggest_nearest(name, publication.figures)
        raise Problems(f"there is no figure '{name}'", hint=hint)
    if figure.cell:
        return _locate_cell(publication, figure.cell.table, figure.cell.row, figure.cell.column)
    if figure.value is None:
        raise Problems(_derived_value_problem(publication, figure))
    path, value = publication.folder / FIGURES_FILE, f"{figure.value:f}"
    text, entry = read_text(path), read_yaml(path).items.get(figure.id)
    scalar = entry.items.get("value") if isinstance(entry, YamlMapping) else None
    if isinstance(scalar, YamlScalar) and scalar.text.lstrip("+").replace("_", "") == value:
        start = _line_start(text, scalar.location.line) + scalar.location.column - 1
        if text.startswith(scalar.text, start):
            end, file = start + len(scalar.text), path_below(publication.folder, FIGURES_FILE)
            return _ValueLocation(file, start, end, text, figure.id, value)
    if isinstance(scalar, YamlScalar) and _PLAIN_NUMBER.fullmatch(scalar.text) and Decimal(scalar.text) != figure.value:
        raise Problems(f"the value of '{figure.id}' was changed in the meantime", hint="run the command again")
    # A tag or an anchor stands before the number.
    message, hint = f"the value of '{figure.id}' is not written plainly", f"write it plainly: value: {value}"
    raise Problems(figure.location.problem(message, hint))


def _locate_cell(publication: Publication, name: str, typed_key: str, column: str) -> _ValueLocation:
    if (table := publication.tables.get(name)) is None:
        raise Problems(f"there is no table '{name}'", hint=suggest_nearest(name, publication.tables))
    spec, key, problems = table.spec, _find_row_key(table, typed_key), []
    if key is None:
        wrong = typed_key.strip().translate(TO_LATIN_DIGITS)
        whole = wrong.count(",") == len(spec.key) - 1
        # The user more likely means the same place in another year than another place in the same year.
        alike = [known for known in table.by_key if known.startswith(wrong.rpartition(",")[0] + ",")]
        hint = suggest_nearest(wrong, alike or table.by_key) if whole else f"a cell is named {example_cell_name(table)}"
        problems.append(Problem(f"the table '{name}' has no row '{wrong}'", hint=hint))
    if column not in spec.columns:
        hint = suggest_nearest(column, [other for other in spec.columns if other not in spec.key])
        problems.append(Problem(f"the table '{name}' has no column '{column}'", hint=hint))
    elif column in spec.key:
        hint = f"rows are added and removed by hand, in {spec.file}"
        problems.append(Problem(f"'{column}' says which row of '{name}' it is", hint=hint))
    elif spec.columns[column].codes:
        problems.append(Problem(f"'{column}' is made from '{spec.columns[column].from_}'", hint="correct that one"))
    elif spec.columns[column].private:
        hint = f"change it by hand in {spec.file}; then deliver the document: tipbrief build --deliver"
        problems.append(Problem(f"'{column}' is private, and the ledger records no value of it", hint=hint))
    if key is None or problems:
        raise Problems(problems)
    path, index = publication.folder / spec.file, list(table.by_key).index(key)
    cells, line = table.rows[index], table.lines[index]
    made = [name for name, one in spec.columns.items() if one.codes]
    width = len(cells) - len(made)  # columns that are made stand behind those of the file
    grid = read_grid(path, spec.layout).select_columns(line.file_columns[:width], [*cells][:width])
    if [(row.location, row.cells) for row in grid.rows[index : index + 1]] != [(line.location, line.cells[:width])]:
        raise Problems(f"the row '{key}' of '{name}' was changed in the meantime", hint="run the command again")
    at, declared = [*cells].index(column), spec.columns[column]
    spot = partial(_ValueLocation, path_below(publication.folder, spec.file), name=format_cell_name(name, key, column))
    numbers = (index for index, one in enumerate(cells) if spec.columns[one].type == "number")
    spot = partial(spot, old_value=cells[column], column=declared)
    spot = partial(spot, style=(line.separator, CellReader.from_grid(grid, numbers)), typed=line.typed_cells.get(at))
    if not line.separator:
        return spot(0, 0, "", sheet_cell=line.cell_location(at))
    text = read_text(path, utf_16=True)
    start, end = find_cell_spans(text, line.separator, _line_start(text, line.location.line))[line.file_columns[at]]
    return spot(start, end, text)


def _line_start(text: str, line: int) -> int:
    return sum(len(before) + 1 for before in text.split("\n")[: line - 1])


def _find_row_key(table: Table, typed: str) -> str | None:  # typed with spaces or Persian digits
    parts = ",".join(part.strip() for part in typed.split(","))
    return next((key for key in (typed.strip(), parts, parts.translate(TO_LATIN_DIGITS)) if key in table.by_key), None)


def _derived_value_problem(publication: Publication, figure: Figure) -> Problem:
    if figure.cells:
        table = publication.tables[figure.cells.table]
        message = f"'{figure.id}' is the {figure.operation} of '{figure.cells.column}' in '{table.spec.id}'"
        hint = f"correct the cell of a row, such as {example_cell_name(table, None, figure.cells.column)}"
        return figure.location.problem(message, hint)
    if figure.count is None:
        message = f"'{figure.id}' is the {figure.operation} of {', '.join(figure.operands)}"
        return figure.location.problem(message, "correct the figures of which it is made")
    count, table = figure.count, publication.tables[figure.count.table]
    where = " and ".join(f"{column} = {value}" for column, value in count.where.items())
    rows = f"rows of '{count.table}'" + (f" in which {where}" if where else "")
    hint = f"add or remove rows by hand, in {table.spec.file}"
    free = next((column for column in count.where if column not in table.spec.key), "")
    if free and table.rows:
        row = next(iter(select_rows(table, count)), table.rows[0])
        hint = f"correct the cell of a row, such as {example_cell_name(table, row, free)}"
    return figure.location.problem(f"'{figure.id}' counts the {rows}", hint)


def example_cell_name(table: Table, row: Mapping[str, str] | None = None, column: str = "COLUMN") -> str:
    """The name of a cell; without a row, it has the key columns in capitals."""
    key = ",".join(row[name] if row else name.upper() for name in table.spec.key)
    return format_cell_name(table.spec.id, key, column)


def path_below(folder: Path, name: str) -> str:
    """The path of a file below the folder with links resolved; its name if they lead out."""
    path, home = (folder / name).resolve(), folder.resolve()
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else name


def _check_value(publication: Publication, spot: _ValueLocation, value: str, by_hand: Collection[str]) -> str:
    if hidden := _CONTROL.search(value):
        message = f"the new value of '{spot.name}' holds the invisible character U+{ord(hidden[0]):04X}"
        raise Problems(message, hint="write it in one line, without such characters")
    now = _normalise_value(publication, spot, value.strip())
    if is_same_value(spot.column, spot.old_value, now) and spot.name not in by_hand:
        raise Problems(f"'{spot.name}' is {spot.old_value or 'empty'} already", hint="leave it out of the command")
    return now


def _normalise_value(publication: Publication, spot: _ValueLocation, value: str) -> str:
    column, name = spot.column, spot.name
    kind = column.type if column else "number"
    if not value:
        if column and column.blank and kind not in ("choice", "key"):
            return ""
        raise Problems(f"'{name}' must not be empty", hint='write its new value; one with spaces in quotes: "a b"')
    if kind in ("number", "year"):
        value = strip_percent_sign(value) if column and column.unit else value
        value = normal_form(value)  # a number copied from a page may have direction marks
    if kind == "number":
        sign = "-" if value.startswith(("-", "\u2212")) else ""
        if NUMBER.fullmatch(digits := value[len(sign) :]):
            number = parse_number(digits)
            return f"{sign if number else ''}{number:f}"
        raise Problems(f"'{name}' is a number, not '{value}'", hint="write 133943 or 133,943, in any digits")
    if kind == "year":
        if re.fullmatch("[0-9]{4}", year := value.translate(TO_LATIN_DIGITS)):
            return year
        raise Problems(f"'{name}' is a year, not '{value}'", hint="write 2025: four digits")
    if column and kind == "choice":
        if chosen := next((word for word in (value, value.translate(TO_LATIN_DIGITS)) if word in column.choices), ""):
            return chosen
        raise Problems(f"'{value}' is no value of '{name}'", hint=suggest_nearest(value, column.choices))
    if column and column.table and kind == "key":
        target = publication.tables[column.table]
        if (key := _find_row_key(target, value)) is not None:
            return key
        raise Problems(f"the table '{column.table}' has no row '{value}'", hint=suggest_nearest(value, target.by_key))
    if kind == "sources":
        known, ids = publication.sources, value.split()
        if unknown := [source for source in ids if source not in known]:
            raise Problems(Problem(f"there is no source '{u}'", hint=suggest_nearest(u, known)) for u in unknown)
        return " ".join(ids)
    return value.translate(TO_LATIN_DIGITS) if kind == "code" else value


def is_same_value(column: Column | None, was: str, now: str) -> bool:
    """Whether two values of a column, or of a figure, are one."""
    kind = column.type if column else "number"
    if kind == "number" and _PLAIN_NUMBER.fullmatch(was) and _PLAIN_NUMBER.fullmatch(now):
        return Decimal(was) == Decimal(now)
    return was.split() == now.split() if kind == "sources" else was == now


def _encode_cell(spot: _ValueLocation, now: str) -> str:  # its quotes, spaces and decimal separator stay
    separator, reader = spot.style or (",", None)
    if reader and spot.column and spot.column.type == "number":
        now = reader.format_number(now)
    raw = spot.text[spot.start : spot.end]
    quoted = raw.startswith('"')
    inner = raw[1:-1] if quoted else raw
    was = strip_percent_sign(inner.strip()) if spot.column and spot.column.unit else inner.strip()
    before, _, after = inner.partition(was) if was else (inner, "", "")
    if not quoted and not {separator, '"'} & {*now}:
        return before + now + after
    escaped = now.replace('"', '""')
    return f'"{before}{escaped}{after}"'


def _edit_file(file: str, was: bytes, edits: Mapping[_ValueLocation, str]) -> bytes:
    spots = sorted(edits, key=lambda spot: spot.start, reverse=True)
    text, mark = spots[0].text, next((one for one in _MARKS if was.startswith(one)), b"")
    if any(mark + spot.text.encode(_MARKS.get(mark, "utf-8")) != was for spot in spots):
        raise Problems(f"{file} was changed in the meantime", hint="nothing was changed; run the command again")
    for spot in spots:
        now = _encode_cell(spot, edits[spot]) if spot.column else edits[spot]
        text = text[: spot.start] + now + text[spot.end :]
    return mark + text.encode(_MARKS.get(mark, "utf-8"))


def _edit_workbook(file: str, was: bytes, edits: Mapping[_ValueLocation, str]) -> bytes:
    """The workbook with the new values in their cells. All other cells and parts stay as they are."""
    from openpyxl import load_workbook
    from openpyxl.cell.read_only import ReadOnlyCell

    parts, problems = unpack_parts(was, Path(file)), ProblemList()
    book = load_workbook(io.BytesIO(was), read_only=True)
    has_formulas = any(_FORMULA.search(part) for name, part in parts.items() if name.startswith("xl/worksheets/"))
    for sheet in dict.fromkeys(spot.sheet_cell.sheet for spot in edits if spot.sheet_cell):
        path = book[sheet]._worksheet_path
        xml, pieces = parts[path].decode("utf-8", "surrogateescape"), list[tuple[int, int, int, str]]()
        cells = {found[2]: found for found in _SHEET_CELL.finditer(xml)}
        rows = {int(found[1]): found.end() for found in _SHEET_ROW.finditer(xml)}
        # Else cells have no address, or one twice: a comment, or another writer's XML.
        is_plain = not has_formulas and len(cells) == len(_CELL_START.findall(xml))
        for spot, now in edits.items():
            place = spot.sheet_cell
            if place is None or place.sheet != sheet:
                continue
            address = cell_address(place.line, place.column)
            cell, typed = cells.get(address), spot.typed
            if not is_plain or (typed and typed.kind != "number") or place.line not in rows:
                message = f"'{spot.name}' stands in a workbook with formulas or unusual XML, or in a cell with a date"
                hint = f"change {spot.old_value or 'nothing'} to {now or 'nothing'} there"
                hint += ", make the other changes by hand, too," if len(edits) > 1 else ""
                problems.append(place.problem(message, f"{hint} and save it; then this command records it"))
                continue
            later = (cells.get(cell_address(place.line, column)) for column in range(place.column, MAX_COLUMNS))
            at = next((one.start() for one in later if one), xml.find("</row>", rows[place.line]))
            span = cell.span() if cell else (at, at)
            style = _CELL_STYLE.search(cell[1]) if cell else None
            form = ReadOnlyCell(book[sheet], 1, 1, None, style_id=int(style[1]) if style else 0).number_format
            head = f'<c r="{address}"' + (style[0] if style else "")
            pieces.append((*span, place.column, head + _format_sheet_value(spot, now, form)))
        for start, end, _, new in sorted(pieces, reverse=True):
            xml = xml[:start] + new + xml[end:]
        parts[path] = xml.encode("utf-8", "surrogateescape")
    problems.raise_all()
    return pack_parts(parts)


def _format_sheet_value(spot: _ValueLocation, now: str, form: str) -> str:
    """What a cell of a sheet holds, behind its address and format: a number where one stood, else a text."""
    from openpyxl.styles.numbers import is_date_format

    column, reader = spot.column, spot.style[1] if spot.style else None
    if not now:
        return "/>"
    kind = column.type if column else "number"
    was_blank = not spot.old_value and kind in ("number", "year") and not is_date_format(form)
    if _PLAIN_NUMBER.fullmatch(now) and (spot.typed or was_blank):
        is_percent = column and column.unit and is_percent_format(form)
        return f"><v>{Decimal(now).scaleb(-2 if is_percent else 0):f}</v></c>"
    text = reader.format_number(now) if reader and kind == "number" else _ESCAPED.sub("_x005F_", now)
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def keep_old_files(store: Store, contents: Iterable[bytes]) -> None:
    """Keep files that a change replaces on this computer, so that it can be undone."""
    for content in contents:
        store.write_entry(_old_file_key(hash_of(content)), {"content": content})


def _old_file_key(content_hash: str) -> str:
    return store_key("dependencies", "old-file", content_hash)


def restore_files(session: Session, entry: EntryFile) -> Amendment | None:
    """The files that a newer file has changed, as they were before; None if there are none."""
    folder = session.folder
    amended, problems = Amendment({}, {}, {}), ProblemList()
    for name, one in entry.head.get("files", {}).items():
        now = read_bytes(resolve_within(folder, folder / name))
        was = _read_old_file(session.store, entry, name, one)
        if hash_of(now) not in (one["new"], hash_of(was)):
            hint = "put it back as the correction left it, or correct its values anew"
            problems.append(Problem(f"{name} was changed since", entry.file, hint=hint))
        amended = amended.join(Amendment({name: was}, {name: now}, {}))
    problems.raise_all()
    return amended if amended.files else None


def _read_old_file(store: Store, entry: EntryFile, name: str, change: Mapping[str, str]) -> bytes:
    """A file before a change: from the ledger, or as this computer keeps it."""
    if "old" not in change:
        kept = store.read_entry(_old_file_key(change.get("was", "")))
        if kept and hash_of(kept["content"]) == change["was"]:
            return kept["content"]
        message = f"{name} has columns that are not printed, and no older version of it is kept here"
        hint = "correct its values anew, or record the older file: --from FILE"
        raise Problems(message, entry.file, hint=hint)
    try:
        return zlib.decompressobj().decompress(b85decode(change["old"]), MAX_DATASET_BYTES)
    except (ValueError, zlib.error) as fault:
        raise Problems(describe_unreadable_entry(entry.file, fault)) from None
