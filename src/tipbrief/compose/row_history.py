"""Row history: the choices of one row over the years, its place among the rows like it, and sentences of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from tipbrief.check.blocks import StripChart
from tipbrief.check.chart_blocks import PLACEHOLDER, ChangeBlock, GroupsBlock, HistoryBlock, RecordBlock
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources
from tipbrief.compose.provenance import derive_text
from tipbrief.language.language import Language, sort_key
from tipbrief.load.source_text import Text

YearRows = dict[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A sentence of change, a remark on the basis of the earlier year, that year's row; those who were alike."""

    sentence: str
    remark: str
    earlier: str
    sources: tuple[str, ...]
    beginning: str = ""  # the first year, and who had the same choice in it


@dataclass(frozen=True, slots=True)
class Record:
    """Numbers of a row's history as they are printed, each with its label."""

    figures: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]


def read_years(publication: Publication, block: HistoryBlock | StripChart, key: str) -> YearRows:
    """The rows of a key by their years, the oldest first; that of the ``end`` is from the table ``latest``."""
    rows = publication.tables[block.table].by_key
    years = ((year, f"{key},{year}") for year in range(block.start or block.end or 0, block.end or 0))
    found = {year: rows[name] for year, name in years if name in rows}
    return {**found, block.end or 0: publication.tables[block.latest].by_key[key]}


def change(publication: Publication, block: ChangeBlock, key: str) -> RowChange | None:
    """How the choice of a row compares with that of an earlier year; None if nothing is known of that."""
    before, latest = publication.tables[block.table], publication.tables[block.latest]
    language, now, values = publication.language, latest.by_key[key], describe_row(publication, block, key)
    row = before.by_key.get(earlier) if (earlier := f"{key},{block.since}") in before.by_key else None
    beginning = _describe_beginning(publication, block, key, values) if block.end else ""
    if (row is None or row[block.by] == now[block.by]) and block.held and block.always:
        sentence = _fill(block.held if "before" in values else block.always, values, language)
        sources = first_sources(publication, block, read_years(publication, block, key))
        return RowChange(sentence, "", earlier, sources, beginning)
    if row is None:
        return None
    values |= {"then": latest.spec.columns[block.by].choices[row[block.by]].label}
    sentence = _fill(_choose_sentence(block, row[block.by], now[block.by]), values, language)
    tail = block.returned if "last" in values else block.first_time
    if tail and row[block.by] != now[block.by]:
        sentence = derive_text(language.semicolon.join((sentence, _fill(tail, values, language))), sentence)
    basis = before.spec.columns[block.basis].choices.get(row[block.basis]) if block.basis else None
    remark = f"{language.digits(block.since)}: {basis.label}" if basis and basis.remark else ""
    sources = tuple(dict.fromkeys([*row_sources(before, row), *row_sources(latest, now)]))
    return RowChange(sentence, remark, earlier, sources, beginning)


def _choose_sentence(block: ChangeBlock, then: str, now: str) -> Text:
    order = [str(name) for name in block.order]
    if then == now:
        return block.stayed
    if {then, now} - {*order}:
        return block.otherwise
    return block.rose if order.index(now) > order.index(then) else block.fell


def describe_row(publication: Publication, block: HistoryBlock, key: str) -> dict[str, str]:
    """What sentences may say of a row, by the names of ``ROWPLACEHOLDERS``; without what is not known of it."""
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
    if other:
        found |= {"year": str(other[-1]), "before": choices[picks[other[-1]]].label}
    if earlier := [year for year in known[:-1] if picks[year] == now]:
        found["last"] = str(earlier[-1])
    return found | _compare_with_peers(publication, block, key, now)


def _compare_with_peers(publication: Publication, block: HistoryBlock, key: str, now: str) -> dict[str, str]:
    """The name of what ``within`` points to, and how many others in it are higher, lower or equal in the order."""
    if not block.within:
        return {}
    latest, order = publication.tables[block.latest], [str(name) for name in block.order]
    groups = latest.spec.columns[block.within].table
    cell = latest.by_key[key][block.within]
    found = {"within": publication.tables[groups].row_name(cell) if groups else cell}
    others = [latest.by_key[one][block.by] for one in latest.alike(block.within, key) if one != key]
    if now in order and (steps := [order.index(one) - order.index(now) for one in others if one in order]):
        ranks = {"higher": sum(one > 0 for one in steps), "lower": sum(one < 0 for one in steps)}
        ranks |= {"equal": steps.count(0), "group": len(steps)}
        found |= {name: str(number) for name, number in ranks.items()}
    return found


def _describe_beginning(publication: Publication, block: ChangeBlock, key: str, values: Mapping[str, str]) -> str:
    """The choice of the first year, and the rows ``within`` that had the same, by their choice today."""
    if not (block.company and block.alone and block.within):
        return ""
    history, latest, language = publication.tables[block.table], publication.tables[block.latest], publication.language
    first = values["first"]
    pairs = [(one, f"{one},{first}") for one in latest.alike(block.within, key) if one != key]
    start = read_years(publication, block, key)[int(first)][block.by]
    alike = [one for one, name in pairs if name in history.by_key and history.by_key[name][block.by] == start]
    names = language.semicolon.join(
        f"{language.comma.join(some)} ({choice.short or choice.label})"
        for name, choice in latest.spec.columns[block.by].choices.items()
        if (some := sort_names(latest, [one for one in alike if latest.by_key[one][block.by] == name], language))
    )
    return _fill(block.company if names else block.alone, {**values, "names": names}, language)


def record(publication: Publication, block: RecordBlock, key: str) -> Record:
    """Those figures of a record of which all is known."""
    values, language = describe_row(publication, block, key), publication.language
    said = [one for one in block.figures if {*PLACEHOLDER.findall(one.value + one.label)} <= values.keys()]
    figures = tuple((_fill(one.value, values, language), _fill(one.label, values, language)) for one in said)
    return Record(figures, first_sources(publication, block, read_years(publication, block, key)))


def since_year(publication: Publication, block: GroupsBlock, key: str) -> str:
    """The first of the years known in which a row has had its present choice; empty if it is new."""
    table, now, found = publication.tables[str(block.since)], publication.tables[block.table].by_key[key][block.by], ""
    for name in sorted(table.find_keys(table.spec.key[0], key), reverse=True):
        if table.by_key[name][block.by] != now:
            break
        found = name.rpartition(",")[2]
    return found


def _fill(phrase: Text, values: Mapping[str, str], language: Language) -> str:
    """A phrase with the values in place of its placeholders, and with the digits of the language."""
    words = PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), phrase)
    return derive_text(language.digits(words), phrase)


def sort_names(table: Table, keys: Sequence[str], language: Language) -> list[str]:
    """The names of rows by the alphabet."""
    return sorted((table.row_name(key) for key in keys), key=lambda name: sort_key(name, language))


def first_sources(publication: Publication, block: HistoryBlock | StripChart, rows: YearRows) -> tuple[str, ...]:
    """The first source of each year's row."""
    history, latest = publication.tables[block.table], publication.tables[block.latest]
    tables = {year: latest if year == block.end else history for year in rows}
    return tuple(dict.fromkeys(row_sources(tables[year], row)[0] for year, row in rows.items()))


def year_range(start: int, end: int, language: Language) -> str:
    """A range of years, or one year."""
    return language.digits(start if start == end else f"{start}–{end}")
