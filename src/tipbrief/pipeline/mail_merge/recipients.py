"""Recipients' files: who gets which document, from a table that no document carries; and how to forget somebody."""

import csv
import glob
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formataddr
from pathlib import Path

from tipbrief.files import hash_of, read_bytes, replace_file, resolve_within
from tipbrief.language.language import known_languages
from tipbrief.load.grid import Grid, Row, find_doubtful_cells, read_csv, read_workbook
from tipbrief.load.publication_files import WORKBOOK_SUFFIX, list_dataset_files
from tipbrief.load.source_text import SourceLocation
from tipbrief.mail.message import Mailbox, parse_addresses, to_one_line
from tipbrief.problems import Problem, Problems, detect_encoding, suggest_nearest

_SUFFIXES = (".csv", WORKBOOK_SUFFIX)
_LINK = re.compile(r"(?:https?://[!-;=?-~]+|[!-;=?-~]+@[!-;=?-~]+)?")  # as it may stand in a header
COLUMNS = ("address", "name", "brief", "key", "language", "paper", "profile", "unsubscribe")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person and one document: its brief, the key of its row, its language and form. What is empty is as usual.

    ``unsubscribe`` is where one asks for no more messages, an address of mail or of the web.
    """

    box: Mailbox
    brief: str = ""
    key: str = ""
    language: str = ""
    paper: str = ""
    profile: str = ""
    unsubscribe: str = ""
    location: SourceLocation = field(default=SourceLocation(Path()), compare=False)


def recipients_files(folder: Path, name: str | None) -> list[Path]:
    """The recipients' files of a publication, or the one of this name, which may be anywhere.

    A problem if documents carry it.
    """
    found = sorted(one for one in (folder / "recipients").glob("[!.~]*") if one.suffix.lower() in _SUFFIXES)
    for one in found:
        resolve_within(folder, one)
    if name is None:
        return found
    known = {one.stem: one for one in found}
    if len(same := [one.name for one in found if one.stem == name]) > 1:
        raise Problems(
            f"recipients/ has several tables '{name}': {', '.join(same)}", hint="rename or remove the others"
        )
    file = known.get(name) or Path(name)
    if not file.exists():
        carried = [one for one in (folder / "tables").glob(f"{glob.escape(name)}.*") if one.suffix in _SUFFIXES]
        hint = f"move {carried[0]} into recipients/, which no document carries" if carried else ""
        hint = hint or suggest_nearest(name, known) or "put it into recipients/, beside publication.yaml"
        raise Problems(f"there is no table of recipients '{name}'", hint=hint)
    content = hash_of(read_bytes(file))
    if any(hash_of(read_bytes(one)) == content for one in list_dataset_files(folder).values()):
        hint = "move it into recipients/, which no document carries"
        raise Problems("every document carries this file, with its addresses", file, hint=hint)
    return [file]


def read_recipients(file: Path) -> list[Recipient]:
    """The recipients in a CSV file or a workbook. Columns with other names are left out."""
    grid, found, problems = _read_grid(file), list[Recipient](), list[Problem]()
    header = [name.casefold() for name in grid.header]
    if "address" not in header:
        hint = f"the columns that are read: {', '.join(COLUMNS)}"
        raise Problems(grid.header_row.location.problem("the column 'address' is missing", hint))
    tags = {tag.casefold(): tag for tag in known_languages()}
    for row in grid.rows:
        cells = {name: row.cells[header.index(name)] if name in header else "" for name in COLUMNS}
        name, address, tag = cells.pop("name"), cells.pop("address"), cells["language"].casefold()
        if tag and tag not in tags:
            place = row.cell_location(header.index("language"))
            problems.append(place.problem(f"there is no language '{tag}'", suggest_nearest(tag, tags.values())))
        if not _LINK.fullmatch(cells["unsubscribe"]):
            place, hint = row.cell_location(header.index("unsubscribe")), "write stop@example.org or https://…"
            problems.append(place.problem(f"'{cells['unsubscribe']}' is no address", hint))
        cells["language"] = tags.get(tag, "")
        try:
            boxes = parse_addresses("", [address]).to
        except Problems as raised:
            place = row.cell_location(header.index("address"))
            problems += [place.problem(one.message, one.hint) for one in raised.problems]
            continue
        name = to_one_line(" ".join(name.split()))
        found += [Recipient(Mailbox(name or box.name, box.address), **cells, location=row.location) for box in boxes]
    if errors := [one for one in (*problems, *find_doubtful_cells(grid)) if one.severity == "error"]:
        raise Problems(errors)
    return found


def _read_grid(file: Path) -> Grid:
    return read_workbook(file) if file.suffix.lower() == WORKBOOK_SUFFIX else read_csv(file)


def format_refused(rows: Iterable[Recipient], replies: Mapping[str, str]) -> bytes:
    """A recipients' file with the rows of those whose address was refused, and the server's replies."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow([*COLUMNS, "reply"])
    for row in (row for row in rows if row.box.address in replies):
        others = (getattr(row, name) for name in COLUMNS[2:])
        table.writerow([row.box.address, row.box.name, *others, replies[row.box.address]])
    return text.getvalue().encode()


def forget_in_file(file: Path, address: str) -> int:
    """Remove somebody from a recipients' file; return the number of rows. What else the file says stays."""
    grid, content = _read_grid(file), read_bytes(file)
    column = next((at for at, name in enumerate(grid.header) if name.casefold() == "address"), 0)
    rows = [(row, others) for row in grid.rows if (others := _others_in_cell(row.cells[column], address)) is not None]
    if rows:
        change = _change_workbook if file.suffix.lower() == WORKBOOK_SUFFIX else _change_csv
        replace_file(file, change(content, rows, column), was=content)
    return len(rows)


def _others_in_cell(cell: str, address: str) -> str | None:
    """The other addresses of a cell; None if this one does not stand there."""
    try:
        boxes = parse_addresses("", [cell]).to
    except Problems:
        return None
    others = [one for one in boxes if one.address.casefold() != address.casefold()]
    return None if len(others) == len(boxes) else ", ".join(formataddr((one.name, one.address)) for one in others)


def _change_csv(content: bytes, rows: Sequence[tuple[Row, str]], column: int) -> bytes:
    encoding = "utf-16" if detect_encoding(content) == "utf-16" else "utf-8"  # which keeps a mark at the beginning
    lines = list(io.StringIO(content.decode(encoding), newline=""))
    for row, others in reversed(rows):
        text = io.StringIO(newline="")
        cells = [*row.cells[:column], others, *row.cells[column + 1 :]]
        if others:
            csv.writer(text, delimiter=row.separator).writerow(cells)
        lines[row.location.line - 1 : row.location.end_line] = [text.getvalue()]
    return "".join(lines).encode(encoding)


def _change_workbook(content: bytes, rows: Sequence[tuple[Row, str]], column: int) -> bytes:
    from openpyxl import load_workbook

    book, changed = load_workbook(io.BytesIO(content)), io.BytesIO()
    for row, others in reversed(rows):
        sheet, line = book[row.location.sheet], row.location.line
        if others:
            sheet.cell(line, row.file_columns[column] + 1).value = others
        else:
            sheet.delete_rows(line)
    book.save(changed)
    return changed.getvalue()
