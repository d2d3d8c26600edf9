"""What sentences, records and groups say of a row's history and of its peers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
class History:
    """The choice of one row in each year that is known, the oldest first.

    ``{2015: "2", 2018: "3", 2019: "3"}`` says nothing of 2016 and 2017. The latest
    year is always known.
    """

    choices: Mapping[int, str]
    latest_year: int

    @property
    def current(self) -> str:
        """The choice of the latest year."""
        return self.choices[self.latest_year]

    @property
    def last_other_year(self) -> int | None:
        """The last year known to have another choice than the latest, if any."""
        other_years = [year for year, choice in self.choices.items() if choice != self.current]
        return max(other_years, default=None)

    @property
    def known_from(self) -> int:
        """The year from which all years known have the current choice."""
        last_other_year = self.last_other_year or 0
        return min(year for year in self.choices if year > last_other_year)

    @property
    def unbroken_from(self) -> int:
        """The first of the years up to the latest that are all known to have its choice."""
        year = self.latest_year
        while self.choices.get(year - 1) == self.current:
            year -= 1
        return year

    @property
    def held_since(self) -> int | None:
        """The year in which the current choice began; None if the years do not prove it."""
        year_before_is_known = self.unbroken_from - 1 in self.choices
        return self.unbroken_from if year_before_is_known else None

    @property
    def longest_run(self) -> tuple[int, int] | None:
        """The first and last of the most known years in a row with one choice.

        None if two runs are equally long.
        """
        runs: list[tuple[int, int]] = []
        for year, choice in self.choices.items():
            continues_run = self.choices.get(year - 1) == choice
            start = runs.pop()[0] if continues_run else year
            runs.append((start, year))

        lengths = [last - first for first, last in runs]
        longest = max(lengths)
        if lengths.count(longest) > 1:
            return None
        return runs[lengths.index(longest)]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A sentence of change, a remark on the basis of the earlier year; the first year, and who was alike in it."""

    sentence: str
    remark: str
    sources: tuple[str, ...]
    beginning: str


def read_years(publication: Publication, block: HistoryBlock | StripChart, key: str) -> YearRows:
    """The rows of a key by their years, the oldest first; that of the ``end`` is from the table ``latest``.

    A year whose choice is left blank is not known.
    """
    rows = publication.tables[block.table].by_key
    years = ((year, f"{key},{year}") for year in range(block.start, block.end))
    found = {year: rows[name] for year, name in years if name in rows and rows[name][block.by]}
    return {**found, block.end: publication.tables[block.latest].by_key[key]}


def read_history(publication: Publication, block: HistoryBlock, key: str) -> History:
    """The choices of a key by their years, the oldest first."""
    choices = {year: row[block.by] for year, row in read_years(publication, block, key).items()}
    return History(choices, block.end)


def change(publication: Publication, block: ChangeBlock, key: str) -> RowChange | None:
    """How the choice of a row compares with that of an earlier year; None if nothing is known of that."""
    before, latest = publication.tables[block.table], publication.tables[block.latest]
    language, now, values = publication.language, latest.by_key[key], describe_row(publication, block, key)
    row = before.by_key[earlier] if (earlier := f"{key},{block.since}") in before.by_key else None
    if row and not row[block.by]:
        row = None
    if row is None and not block.end:
        return None
    then = (row or now)[block.by]
    has_moved = then != now[block.by]
    values |= {"then": latest.spec.columns[block.by].choices[then].label}
    sentence = _choose_sentence(block, then, now[block.by], values)
    if sentence is None:
        return None
    words = _fill(sentence, values, language)
    tail = block.returned if "last" in values else block.first_time
    if tail and has_moved and block.end and _is_known(tail, values):
        words = language.semicolon.join((words, _fill(tail, values, language)))
    basis = before.spec.columns[block.basis].choices.get(row[block.basis]) if block.basis and row else None
    remark = f"{language.digits(block.since)}: {basis.label}" if basis and basis.remark else ""
    sources = [*row_sources(before, row), *row_sources(latest, now)] if row else row_sources(latest, now)
    if block.end and not has_moved:
        remark, sources = "", [*strip_sources(publication, block, read_years(publication, block, key))]
    beginning = _describe_beginning(publication, block, key, values)
    return RowChange(derive_text(words, sentence), remark, tuple(dict.fromkeys(sources)), beginning)


def _choose_sentence(block: ChangeBlock, then: str, now: str, values: Mapping[str, str]) -> Text | None:
    """The sentence for a row that had ``then`` and has ``now``; None if no sentence is known to be true.

    Where the choice stayed, it is the first sentence of which all is known.
    """
    if then == now:
        sentences = [block.stayed, block.unknown_before, block.known_years]
        if "before" not in values:
            sentences.insert(0, block.always)
        true_sentences = [sentence for sentence in sentences if sentence and _is_known(sentence, values)]
        return true_sentences[0] if true_sentences else None

    ranks = [str(name) for name in block.order]
    if then not in ranks or now not in ranks:
        return block.otherwise
    return block.rose if ranks.index(now) > ranks.index(then) else block.fell


def describe_row(publication: Publication, block: HistoryBlock, key: str) -> dict[str, str]:
    """What sentences may say of a row, by the names of ``ROW_PLACEHOLDERS``; without what is not known of it."""
    latest, language = publication.tables[block.latest], publication.language
    choices, now = latest.spec.columns[block.by].choices, latest.by_key[key][block.by]
    values = {"now": str(choices[now].label)}
    if not block.end:
        return values
    history = read_history(publication, block, key)
    years = [*history.choices]
    alike_years = [year for year in years if history.choices[year] == now]
    values |= {
        "first": str(years[0]),
        "at_first": choices[history.choices[years[0]]].label,
        "known": str(len(years)),
        "own": str(len(alike_years)),
        "known_from": str(history.known_from),
    }
    if history.held_since:
        values["held"] = str(history.held_since)
    if last_other_year := history.last_other_year:
        values["year"] = str(last_other_year)
        values["before"] = choices[history.choices[last_other_year]].label
        if last_other_year + 1 < history.known_from:
            values["unknown"] = year_range(last_other_year + 1, history.known_from - 1, language)
    if run := history.longest_run:
        values["run"] = year_range(*run, language)
        values["run_choice"] = choices[history.choices[run[0]]].label
    if len(alike_years) > 1:
        values["last"] = str(alike_years[-2])
    return values | (_compare_with_peers(publication, block, key, now) if block.within else {})


def _compare_with_peers(publication: Publication, block: HistoryBlock, key: str, now: str) -> dict[str, str]:
    """The name of what ``within`` points to, and how many others in it are higher, lower or equal in the order."""
    latest, order = publication.tables[block.latest], [str(name) for name in block.order]
    if not latest.by_key[key][str(block.within)]:
        return {}  # rows of no group are not alike in that
    found = {"within": format_cell(publication, latest.spec.id, latest.by_key[key], str(block.within))}
    others = [latest.by_key[one][block.by] for one in latest.alike(str(block.within), key) if one != key]
    if now in order and (steps := [order.index(one) - order.index(now) for one in others if one in order]):
        higher, lower = sum(one > 0 for one in steps), sum(one < 0 for one in steps)
        numbers = {"higher": higher, "lower": lower, "equal": steps.count(0), "group": len(steps)}
        found |= {name: str(number) for name, number in numbers.items()}
    return found


def _describe_beginning(publication: Publication, block: ChangeBlock, key: str, values: Mapping[str, str]) -> str:
    """The choice of the first year, and the rows ``within`` that had the same, by their choice today."""
    if not (block.company and block.alone and "within" in values) or values["first"] == str(block.end):
        return ""
    history, latest, language = publication.tables[block.table], publication.tables[block.latest], publication.language
    within = str(block.within)
    pairs = {one: f"{one},{values['first']}" for one in latest.alike(within, key) if one != key}
    start = next(iter(read_years(publication, block, key).values()))[block.by]
    alike = [one for one, name in pairs.items() if name in history.by_key and history.by_key[name][block.by] == start]
    alike.sort(key=lambda one: sort_key(latest.row_name(one), language))
    found = ((choice, [latest.row_name(one) for one in some]) for choice, some in group_keys(latest, alike, block.by))
    names = language.semicolon.join(f"{language.comma.join(some)} ({choice.short})" for choice, some in found)
    known = {name for name in pairs.values() if name in history.by_key and history.by_key[name][block.by]}
    if not names and len(known) < len(pairs):
        return ""  # another of which that year is not known may have had the same
    return _fill(block.company if names else block.alone, {**values, "names": names}, language)


def record(publication: Publication, block: RecordBlock, key: str) -> list[tuple[str, str]]:
    """The numbers of a record with their labels; without those of which something is not known."""
    values, language = describe_row(publication, block, key), publication.language
    figures = [figure for figure in block.figures if _is_known(figure.value + figure.label, values)]
    return [(_fill(figure.value, values, language), _fill(figure.label, values, language)) for figure in figures]


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
    """The year in which a row got its present choice, or "by" the first year up to now that is known without a gap."""
    table = publication.tables[str(block.since)]
    now = publication.tables[block.table].by_key[key][block.by]
    end = int(block.end or 0)
    names = table.find_keys(table.spec.key[0], key)
    years = {int(name.rpartition(",")[2]): table.by_key[name][block.by] for name in names}
    earlier = {year: choice for year, choice in years.items() if choice and year < end}
    history = History({**earlier, end: now}, end)
    year = publication.language.digits(history.unbroken_from)
    if history.held_since:
        return year
    return publication.language.gettext("by %(year)s", year=year)


def _is_known(phrase: str, values: Mapping[str, str]) -> bool:
    """Whether there is a value for all that a phrase says."""
    return {*PLACEHOLDER.findall(phrase)} <= values.keys()


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
