"""What sentences, records and groups say of a row's history and of its peers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from tipbrief.check.block_base import keys_within
from tipbrief.check.blocks import Document, StripChart
from tipbrief.check.models import Choice, Table
from tipbrief.check.publication import Publication
from tipbrief.check.row_blocks import PLACEHOLDER, ChangeBlock, GroupsBlock, HistoryBlock, RecordBlock
from tipbrief.check.tables import row_sources
from tipbrief.compose.formatting import TableRow, format_cell
from tipbrief.compose.provenance import derive_text
from tipbrief.language.language import Language, sort_key
from tipbrief.load.source_text import Text

YearRows = Mapping[int, TableRow]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A sentence of change, a remark on the basis of the earlier year; the first year, and who was alike in it."""

    sentence: str
    remark: str
    sources: tuple[str, ...]
    beginning: str


def read_years(publication: Publication, block: HistoryBlock | StripChart, key: str) -> YearRows:
    """The rows of a key by their years, the oldest first; that of the ``end`` is from the table ``latest``."""
    rows = publication.tables[block.table].by_key
    years = ((year, f"{key},{year}") for year in range(block.start, block.end))
    found = {year: rows[name] for year, name in years if name in rows}
    return {**found, block.end: publication.tables[block.latest].by_key[key]}


def change(publication: Publication, block: ChangeBlock, key: str) -> RowChange | None:
    """How the choice of a row compares with that of an earlier year; None if nothing is known of that."""
    before, latest = publication.tables[block.table], publication.tables[block.latest]
    language, now, values = publication.language, latest.by_key[key], describe_row(publication, block, key)
    row = before.by_key[earlier] if (earlier := f"{key},{block.since}") in before.by_key else None
    if row is None and not block.end:
        return None
    then, order, sentence = (row or now)[block.by], [str(name) for name in block.order], block.stayed
    if then != now[block.by]:
        steps = [order.index(one) for one in (then, now[block.by]) if one in order]
        sentence = block.otherwise if len(steps) < 2 else block.rose if steps[1] > steps[0] else block.fell
    elif block.always and "before" not in values:
        sentence = block.always
    values |= {"then": latest.spec.columns[block.by].choices[then].label}
    words, tail = _fill(sentence, values, language), block.returned if "last" in values else block.first_time
    if tail and then != now[block.by]:
        words = language.semicolon.join((words, _fill(tail, values, language)))
    basis = before.spec.columns[block.basis].choices.get(row[block.basis]) if block.basis and row else None
    remark = f"{language.digits(block.since)}: {basis.label}" if basis and basis.remark else ""
    sources = [*row_sources(before, row), *row_sources(latest, now)] if row else row_sources(latest, now)
    if block.end and then == now[block.by]:
        remark, sources = "", [*strip_sources(publication, block, read_years(publication, block, key))]
    beginning = _describe_beginning(publication, block, key, values)
    return RowChange(derive_text(words, sentence), remark, tuple(dict.fromkeys(sources)), beginning)


def describe_row(publication: Publication, block: HistoryBlock, key: str) -> dict[str, str]:
    """What sentences may say of a row, by the names of ``ROW_PLACEHOLDERS``; without what is not known of it."""
    latest, language = publication.tables[block.latest], publication.language
    choices, now = latest.spec.columns[block.by].choices, latest.by_key[key][block.by]
    found = {"now": str(choices[now].label)}
    if not block.end:
        return found
    picks = {year: row[block.by] for year, row in read_years(publication, block, key).items()}
    known, other = [*picks], [year for year, pick in picks.items() if pick != now]
    held = next(year for year in known if not other or year > other[-1])
    runs = [[*run] for _, run in groupby(known, lambda year: (picks[year], year - known.index(year)))]
    longest = max(runs, key=lambda run: (len(run), run[-1]))
    found |= {
        "first": str(known[0]), "at_first": choices[picks[known[0]]].label, "held": str(held),
        "known": str(len(known)), "own": str(len(known) - len(other)),
        "run": year_range(longest[0], longest[-1], language), "run_choice": choices[picks[longest[0]]].label,
    }  # fmt: skip
    earlier = [year for year in known[:-1] if picks[year] == now]
    found |= {"year": str(other[-1]), "before": choices[picks[other[-1]]].label} if other else {}
    found |= {"last": str(earlier[-1])} if earlier else {}
    return found | (_compare_with_peers(publication, block, key, now) if block.within else {})


def _compare_with_peers(publication: Publication, block: HistoryBlock, key: str, now: str) -> dict[str, str]:
    """The name of what ``within`` points to, and how many others in it are higher, lower or equal in the order."""
    latest, order = publication.tables[block.latest], [str(name) for name in block.order]
    found = {"within": format_cell(publication, latest.spec.id, latest.by_key[key], str(block.within))}
    others = [latest.by_key[one][block.by] for one in latest.alike(str(block.within), key) if one != key]
    if now in order and (steps := [order.index(one) - order.index(now) for one in others if one in order]):
        higher, lower = sum(one > 0 for one in steps), sum(one < 0 for one in steps)
        numbers = {"higher": higher, "lower": lower, "equal": steps.count(0), "group": len(steps)}
        found |= {name: str(number) for name, number in numbers.items()}
    return found


def _describe_beginning(publication: Publication, block: ChangeBlock, key: str, values: Mapping[str, str]) -> str:
    """The choice of the first year, and the rows ``within`` that had the same, by their choice today."""
    if not (block.company and block.alone and block.within):
        return ""
    history, latest, language = publication.tables[block.table], publication.tables[block.latest], publication.language
    pairs = {one: f"{one},{values['first']}" for one in latest.alike(block.within, key) if one != key}
    start = next(iter(read_years(publication, block, key).values()))[block.by]
    alike = [one for one, name in pairs.items() if name in history.by_key and history.by_key[name][block.by] == start]
    alike.sort(key=lambda one: sort_key(latest.row_name(one), language))
    found = ((choice, [latest.row_name(one) for one in some]) for choice, some in group_keys(latest, alike, block.by))
    names = language.semicolon.join(f"{language.comma.join(some)} ({choice.short})" for choice, some in found)
    if not names and not history.by_key.keys() >= {*pairs.values()}:
        return ""  # another of which that year is not known may have had the same
    return _fill(block.company if names else block.alone, {**values, "names": names}, language)


def record(publication: Publication, block: RecordBlock, key: str) -> list[tuple[str, str]]:
    """The numbers of a record with their labels; without those of which something is not known."""
    values, language = describe_row(publication, block, key), publication.language
    said = [one for one in block.figures if {*PLACEHOLDER.findall(one.value + one.label)} <= values.keys()]
    return [(_fill(one.value, values, language), _fill(one.label, values, language)) for one in said]


def groups(publication: Publication, block: GroupsBlock, document: Document) -> list[tuple[Choice, list[TableRow]]]:
    """The rows of each choice that has some, in the order of the choices, by their names in each."""
    table, keys = publication.tables[block.table], keys_within(publication.tables, block, document)
    if block.neighbours:
        beside = publication.shapes[block.neighbours].neighbours.get(document.key, "").split()
        keys = [key for key in keys if (key in beside) != bool(block.within) and key != document.key]
    keys.sort(key=lambda key: sort_key(table.row_name(key), publication.language))
    return [(choice, [table.by_key[key] for key in some]) for choice, some in group_keys(table, keys, block.by)]


def group_keys(table: Table, keys: Sequence[str], by: str) -> list[tuple[Choice, list[str]]]:
    """The keys of the rows with each choice that has some, in the order of the choices."""
    picks, choices = {key: table.by_key[key][by] for key in keys}, table.spec.columns[by].choices
    return [(choices[name], [key for key in keys if picks[key] == name]) for name in choices if name in picks.values()]


def since_year(publication: Publication, block: GroupsBlock, key: str) -> str:
    """The first of the years known in which a row has had its present choice without another between."""
    table, now = publication.tables[str(block.since)], publication.tables[block.table].by_key[key][block.by]
    names = sorted(table.find_keys(table.spec.key[0], key), reverse=True)
    alike = [*takewhile(lambda name: table.by_key[name][block.by] == now, names)]
    return alike[-1].rpartition(",")[2] if alike else str(block.end)


def _fill(phrase: Text, values: Mapping[str, str], language: Language) -> str:
    return derive_text(language.digits(PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), phrase)), phrase)


def strip_sources(publication: Publication, block: HistoryBlock | StripChart, rows: YearRows) -> tuple[str, ...]:
    """The first source of each year's row."""
    former = first_sources(publication.tables[block.table], [row for year, row in rows.items() if year != block.end])
    return (*former, *({*first_sources(publication.tables[block.latest], [rows[block.end]])} - {*former}))


def first_sources(table: Table, rows: Sequence[TableRow]) -> tuple[str, ...]:
    """The first source of each row."""
    return tuple(dict.fromkeys(row_sources(table, row)[0] for row in rows))


def year_range(start: int, end: int, language: Language) -> str:
    """A range of years, or one year."""
    return language.digits(start if start == end else f"{start}–{end}")
