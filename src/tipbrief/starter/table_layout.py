"""A user's table in its file: where it stands, and what of the file is left out, with the reasons."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tipbrief.check import cell_values
from tipbrief.check.cell_values import strip_percent_sign
from tipbrief.check.tables import read_wide_year
from tipbrief.language.language import TABLE_WORDS, read_data_file
from tipbrief.language.word_lists import fold_name
from tipbrief.load.grid import SEPARATORS, FileRows, Grid, Row, TableLayout, read_file_rows
from tipbrief.load.publication_files import WORKBOOK_SUFFIX
from tipbrief.load.schema import HIDDEN_ROWS, RowSelector
from tipbrief.load.source_text import SourceLocation, Text, read_text


class FoundTable(NamedTuple):
    """A table as it was found in a file: where it stands, and what of the file is left out, with the reason."""

    grid: Grid
    layout: TableLayout
    left_out: tuple[tuple[int, str, str], ...]  # rows: line, reason, words
    titles: tuple[str, ...]  # what stands above the table, the nearest first
    hidden_columns: tuple[str, ...]  # that are left out


def read_table(file: Path, sheet: str = "") -> FoundTable:
    """The table in a CSV file, or in a sheet of a workbook: the named one, or the first visible one with rows."""
    place = SourceLocation(file)
    found = read_file_rows(file, Text(sheet, place) if sheet else None, _find_separated_line(file))
    for name in found.other_sheets if not sheet else ():
        if sum(len(_filled_columns(row)) > 1 for row in found.rows) > 1:
            break
        found = read_file_rows(file, Text(name, place))
    layout, left_out = _LayoutFinder(found).find_layout()
    if found.other_sheets:
        layout = layout._replace(sheet=Text(found.place.sheet, place))
    grid = found.take_table(layout)
    hidden_names = [grid.header[column] for column in sorted(grid.hidden_columns)]
    named = [at for at, name in enumerate(grid.header) if name and at not in grid.hidden_columns]
    above = [row for row in found.rows if row.location.line < grid.header_row.location.line]
    titles = tuple("".join(row.cells) for row in reversed(above) if len(_filled_columns(row)) == 1)
    grid = grid.select_columns(named, [grid.header[at] for at in named])
    return FoundTable(grid, layout, left_out, titles, tuple(filter(None, hidden_names)))


def _find_separated_line(file: Path) -> int:
    """The first line of a CSV file with most separators, if its first line has far fewer; else 0."""
    lines = read_text(file, utf_16=True).splitlines()[:50] if file.suffix.lower() != WORKBOOK_SUFFIX else []
    counts = [max(map(line.count, SEPARATORS)) for line in lines if line.strip()]
    many = next((at for at, line in enumerate(lines, 1) if max(map(line.count, SEPARATORS)) * 3 > max(counts) * 2), 0)
    return many if counts and counts[0] * 3 < max(counts) * 2 else 0


class _LayoutFinder:
    """Finds which of the rows of a file are a table."""

    def __init__(self, found: FileRows) -> None:
        self._found = found
        self._shown = [row for row in found.rows if row.location.line not in found.hidden_rows]
        self._merged = {top for top, left, _, right in found.merged_ranges if left < right}
        ends = [0, *(row.location.end_line + 1 for row in found.rows)]
        starts = [row.location.line for row in found.rows]
        self._behind_gap = {start for start, end in zip(starts, ends, strict=False) if start > end}
        self._group_start = 0

    def find_layout(self) -> tuple[TableLayout, tuple[tuple[int, str, str], ...]]:
        """Where the table stands, and what is left out: why, and its words."""
        if not self._shown:
            return TableLayout(), ()
        head = self._find_header()
        start, end = head[0].location.line, head[-1].location.line
        body = [row for row in self._shown if row.location.line > end]
        self._head, self._full = head[-1], [row for row in body if len(_filled_columns(row)) > 1]
        self._numbers, most = _find_number_columns(self._full), len(self._full) * 7
        columns = range(len(self._head.cells))
        self._always = {at for at in columns if sum(at in _filled_columns(row) for row in self._full) * 10 > most}
        kept, last, reasons = list[Row](), 0, dict[int, str]()
        for index, row in enumerate(body):
            if self._begins_another_table(row, kept):
                last = body[index - 1].location.line
                break
            if reason := self._find_reason(row, kept):
                reasons[row.location.line], self._group_start = reason, len(kept)
            else:
                kept.append(row)
        hidden = [line for line in self._found.hidden_rows if end < line <= (last or line)]
        skip = [RowSelector.parse(HIDDEN_ROWS)] if hidden else []
        for row in (row for row in body if row.location.line in reasons):
            if not any(one.selects(row.location.line, row.cells) for one in skip):
                skip.append(_choose_selector(row, kept))
        cells = dict.fromkeys(one.cells[at] for at in sorted(_find_number_columns(kept, entirely=True)) for one in kept)
        empty = tuple(cell for cell in cells if cell in read_table_words("empty"))
        unnamed = any(
            cell and not name for row in kept for cell, name in zip(row.cells, self._head.cells, strict=False)
        )
        is_declared = start != self._found.rows[0].location.line or start != end or unnamed
        header = RowSelector.parse(f"{start}" if start == end else f"{start}-{end}") if is_declared else None
        reasons |= dict.fromkeys(hidden, "left out, hidden in the sheet")
        for line in (row.location.line for row in self._shown):
            if line < start or 0 < last < line:
                reasons[line] = "left out, above the header" if line < start else "left out, below the table"
        sums = _compare_sums(kept[-1], kept[:-1], self._numbers) if len(kept) > 2 else []
        if sums and all(sums):
            reasons[kept[-1].location.line] = "a row, although its numbers are the sums of the others (is it a total?)"
        texts = {row.location.line: shorten(" | ".join(filter(None, row.cells)), 60) for row in self._found.rows}
        left_out = ((line, why, texts.get(line, "")) for line, why in sorted(reasons.items()))
        return TableLayout(None, header, last or None, tuple(skip), empty), tuple(left_out)

    def _find_header(self) -> list[Row]:
        """The row with the names of the columns, the first that is nearly as full as any, or with another one two."""
        widest = max(len(_filled_columns(row)) for row in self._shown)
        able = [row for row in self._shown if len(_filled_columns(row)) * 5 >= widest * 3]
        head = next(filter(_has_names, able), able[0])
        at = self._shown.index(head)
        for upper, lower in zip(self._shown[max(0, at - 1) :], self._shown[max(1, at) : at + 2], strict=False):
            above, below = _filled_columns(upper), _filled_columns(lower)
            is_merged = upper.location.line in self._merged
            groups = len(above) > 1 if is_merged or above - below else False  # it names more than a title does
            groups = groups or (is_merged and min(above) > min(below))
            next_to = lower.location.line == upper.location.end_line + 1
            # Below a header without gaps stands a row of the table.
            is_second = lower is head or bool(above - below and not all(map(_has_names, self._shown[at + 2 :])))
            if groups and below - above and next_to and is_second and _has_names(upper) and _has_names(lower):
                return [upper, lower]
        return [head]

    def _begins_another_table(self, row: Row, kept: Sequence[Row]) -> bool:
        """Whether a row behind a gap has words under columns of numbers."""
        numbers = _find_number_columns(kept[:200]) if row.location.line in self._behind_gap and len(kept) > 1 else set()
        words = {row.cells[at] for at in _filled_columns(row) & numbers if not _is_number(row.cells[at])}
        return len(_filled_columns(row)) > 1 and bool(words - read_table_words("empty"))

    def _find_reason(self, row: Row, kept: Sequence[Row]) -> str:
        """Why a row below the header is no row of the table; empty if it is one."""
        filled, line = _filled_columns(row), row.location.line
        if len(filled) > 1 and all(row.cells[at] == self._head.cells[at] for at in filled):
            return "left out, the header again"
        first = next((row.cells[at] for at in sorted(filled - self._numbers)), "")
        is_total, begins = (fold_name(one) in read_table_words("totals") for one in (first, first.partition(" ")[0]))
        lacks = not self._always <= filled
        if filled & self._numbers and (is_total or begins or (lacks and row is self._full[-1])):
            groups = kept, kept[self._group_start :]  # of subtotals those above it, up to the one before
            sums = max((_compare_sums(row, one, self._numbers) for one in groups), key=sum)
            fits = bool(sums) and all(sums)
            if is_total or (begins and (fits or lacks)) or (lacks and fits and len(kept) > 2):
                return "left out, a total" + ("" if fits or not sums else ", but not the sum of the rows")
        if len(filled) != 1 or not self._full:
            return ""
        (at,) = filled
        longest = max((len(one.cells[at]) for one in self._full if at in _filled_columns(one)), default=0)
        alone = line in self._behind_gap or line in self._merged or len(row.cells[at]) > longest
        return "left out, words in one cell only" if alone or len(self._always - filled) > 1 else ""


def _filled_columns(row: Row) -> set[int]:
    return {at for at, cell in enumerate(row.cells) if cell or at in row.typed_cells}


def _is_number(cell: str) -> bool:
    return cell_values.read_number(strip_percent_sign(cell)) is not None


def _has_names(row: Row) -> bool:
    """Whether the cells can be names of columns: at most a third are numbers that are no years."""
    # 'n/a' is no name, and stands among numbers.
    filled = [at for at in _filled_columns(row) if row.cells[at] not in read_table_words("empty")]
    numbers = [at for at in filled if _is_number(row.cells[at]) and not read_wide_year(row.cells[at])]
    return len(numbers) * 3 <= len(filled)


def _find_number_columns(rows: Sequence[Row], *, entirely: bool = False) -> set[int]:
    """The columns with numbers in most of their cells, or in all, without those that say that there is none."""
    found = set[int]()
    for at in range(max((len(row.cells) for row in rows), default=0)):
        filled = [row.cells[at] for row in rows if at < len(row.cells) and row.cells[at]]
        cells = [cell for cell in filled if cell not in read_table_words("empty")]
        count = sum(map(_is_number, cells))
        if count == len(cells) if entirely else count * 3 > len(cells) * 2:
            found.add(at)
    return found


def _compare_sums(row: Row, rows: Sequence[Row], numbers: set[int]) -> list[bool]:
    """For each number of a row whether it is the sum of those above it, apart from years and numbers of rows."""
    found = list[bool]()
    for at in sorted(_filled_columns(row) & numbers):
        read = [cell_values.read_number(strip_percent_sign(one.cells[at])) for one in (*rows, row)]
        *values, last = (Decimal(one.number) if one else Decimal() for one in read)
        is_year = all(read_wide_year(one.cells[at]) for one in rows)
        if not is_year and values != [*range(1, len(rows) + 1)] and "%" not in row.cells[at]:
            found.append(sum(values) == last != 0)
    return found


def _choose_selector(row: Row, kept: Sequence[Row]) -> RowSelector:
    """What names a row in tables.yaml: its first words, or its number if rows of the table have them, too."""
    words = next((cell for cell in row.cells if cell and not _is_number(cell)), "")
    named = RowSelector.parse(shorten(words, 40) or str(row.location.line))
    is_sure = not named.first and not any(named.selects(one.location.line, one.cells) for one in kept)
    return named if is_sure else RowSelector.parse(str(row.location.line))


def shorten(text: str, most: int) -> str:
    """The beginning of a text, in one line."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most].rstrip() + "…"


@cache
def read_table_words(kind: str) -> frozenset[str]:
    """The words of this kind in ``table_words.yaml``; all but those for none in the form of ``fold_name``."""
    words: list[str] = read_data_file(TABLE_WORDS)[kind]
    return frozenset(words if kind == "empty" else map(fold_name, words))
