"""What differs between two states of a publication: figures, cells, texts, sources, pictures, briefs."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

from tipbrief.check.blocks import Block, Brief, every_block, inner_blocks
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication
from tipbrief.language.dates import Date
from tipbrief.problems import first_of

# What is compared entry by entry: its group, what one is called, where they are, the field that stands for
# one when it comes or goes (else its words do), and the field that says what it is.
_ENTRIES = (
    ("text", "prose", "texts.prose", "", "title"),
    ("text", "quotation", "texts.quotations", "", "speaker"),
    ("text", "definition", "texts.definitions", "", "term"),
    ("text", "event", "texts.timeline", "", ""),
    ("source", "source", "sources", "address", "title"),
    ("brief", "brief", "briefs", "title", "title"),
)
_MAIN = ""  # the field that needs no name: a figure's value, a text's words
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
LISTED = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was; ``was`` is empty where it is new, ``now`` where it is gone."""

    group: str
    name: str
    was: str
    now: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """One named part: its fields as plain texts, and the text that stands for it when it comes or goes."""

    fields: Mapping[str, str]
    short: str = ""
    label: str = ""


_NO_PART = _Part({})


def between(old: Publication, new: Publication) -> list[Difference]:
    """All that differs in content between two publications, in the order in which the dataset declares it."""
    found = list(_parts_between("figure", _figure_parts(old), _figure_parts(new)))
    found += _parts_between("cell", _table_parts(old), _table_parts(new))
    for name in (name for name in new.tables if name in old.tables):
        found += _table_differences(name, old, new)
    for group, *entry in _ENTRIES:
        found += _parts_between(group, _entry_parts(old, *entry), _entry_parts(new, *entry))
    for name in (name for name in new.briefs if name in old.briefs):
        found += _block_differences(f"brief {name}", old.briefs[name], new.briefs[name])
    found += _parts_between("picture", _picture_parts(old), _picture_parts(new))
    imprints = ({"": _Part(_texts_of(publication.imprint))} for publication in (old, new))
    return [*found, *_parts_between("publication", *imprints)]


def between_printed(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """What differs between the figures and cells that two editions printed, given as plain values by name."""
    found = []
    for name in _both(old, new):
        was, now = (_plain_number(str(printed.get(name, ""))) for printed in (old, new))
        if was != now:
            found.append(Difference("cell" if "[" in name else "figure", name, was, now))
    return sorted(found, key=lambda one: one.group != "figure")


def _parts_between(group: str, old: Mapping[str, _Part], new: Mapping[str, _Part]) -> Iterator[Difference]:
    for name in _both(old, new):
        was, now = old.get(name, _NO_PART), new.get(name, _NO_PART)
        whole = name in old and name in new
        for part in _both(was.fields, now.fields) if whole else [_MAIN]:
            before = was.fields.get(part, "") if whole else was.short
            after = now.fields.get(part, "") if whole else now.short
            if before != after:
                label = now.label or was.label
                shown = "" if label in (before, after) else label
                yield Difference(group, ": ".join(filter(None, (name, part))), before, after, shown)


def _picture_parts(publication: Publication) -> dict[str, _Part]:
    """The pictures by name, each by its size and the hash of its file."""
    told = {name: f"{one.width:g} × {one.height:g} ({one.sum})" for name, one in publication.pictures.items()}
    return {name: _Part({_MAIN: text}, text) for name, text in told.items()}


def _both(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """The names of both, in the order of the new; what is gone stands after what it stood after."""
    kept = dict.fromkeys(new)
    gone: dict[str | None, list[str]] = {}
    before = None
    for name in old:
        if name in kept:
            before = name
        else:
            gone.setdefault(before, []).append(name)
    yield from gone.get(None, ())
    for name in kept:
        yield name
        yield from gone.get(name, ())


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, Decimal):
        return _plain_number(f"{value:f}")
    if isinstance(value, Date):
        return value.iso()
    if isinstance(value, tuple):
        return ", ".join(_as_text(item) for item in value)
    # How a text is folded into lines is layout; a blank line parts paragraphs.
    parts = str(value).replace("\r\n", "\n").split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())


def _plain_number(text: str) -> str:
    """``33`` for ``33.00``; any other text, such as the code ``007``, as it is."""
    if not _DECIMAL.fullmatch(text):
        return text
    plain = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if plain == "-0" else plain


def _texts_of(value: Any, name: str = "") -> dict[str, str]:
    """All fields of a record by name, those of records inside it as ``colours.ink``."""
    if dataclasses.is_dataclass(value) and not isinstance(value, Date):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        del value["place"]
    if isinstance(value, Mapping):
        inner = (_texts_of(item, f"{name}.{key}".lstrip(".")) for key, item in value.items())
        return {field: text for texts in inner for field, text in texts.items()}
    if isinstance(value, tuple) and any(map(dataclasses.is_dataclass, value)):
        return {}  # blocks inside a block stand for themselves
    return {name: _as_text(value)}


def _figure_parts(publication: Publication) -> dict[str, _Part]:
    entries = {}
    for name, figure in publication.figures.items():
        value = _as_text(publication.values[name])
        # The value also of a figure that is counted, or stands in a cell.
        entries[name] = _Part({_MAIN: value, **_texts_of(figure), "value": ""}, value, _as_text(figure.label))
    return entries


def _entry_parts(publication: Publication, what: str, where: str, short: str, label: str) -> dict[str, _Part]:
    entries = {}
    for name, item in attrgetter(where)(publication).items():
        fields = _texts_of(item)
        words = fields.pop("text", "")
        part = _Part({_MAIN: words, **fields}, words or fields[short], fields.get(label, ""))
        entries[f"{what} {name}"] = part
    return entries


def _table_parts(publication: Publication) -> dict[str, _Part]:
    parts = {}
    for name, table in publication.tables.items():
        texts = _texts_of(table.spec)
        own = {field: text for field, text in texts.items() if not field.startswith("columns.")}
        parts[name] = _Part(own, f"{len(table.rows)} rows", own["title"])
    return parts


def _table_differences(name: str, old: Publication, new: Publication) -> Iterator[Difference]:
    was, now = old.tables[name], new.tables[name]
    yield from _parts_between("cell", _column_parts(was), _column_parts(now))
    yield from _parts_between("cell", _row_parts(old, was, now), _row_parts(new, now, was))
    orders = ([k for k in one.by_key if k in other.by_key] for one, other in ((was, now), (now, was)))
    if moved := [keys for keys in zip(*orders, strict=True) if keys[0] != keys[1]]:
        before, after = (first_of(keys, LISTED) for keys in zip(*moved, strict=True))
        yield Difference("cell", f"{name}: order of rows", before, after, _as_text(now.spec.title))


def _column_parts(table: Table) -> dict[str, _Part]:
    parts = {}
    for name, column in table.spec.columns.items():
        filled = [text for key in table.by_key if (text := _plain_cell(table, key, name))]
        short = column.type + (f": {first_of(filled, LISTED)}" if filled else ", no cell filled")
        parts[f"{table.spec.id}.{name}"] = _Part(_texts_of(column), short, _as_text(column.label))
    return parts


def _row_parts(publication: Publication, table: Table, other: Table) -> dict[str, _Part]:
    """The rows that the other table lacks, and the cells of those that are not the same in it."""
    parts: dict[str, _Part] = {}
    columns = [name for name in table.spec.columns if name in other.spec.columns]
    for key, row in table.by_key.items():
        if row == other.by_key.get(key):
            continue
        name, label = f"{table.spec.id}[{key}]", _row_name(publication, table, key)
        if key not in other.by_key:
            filled = (_plain_cell(table, key, column) for column in table.spec.columns)
            parts[name] = _Part({}, " · ".join(cut(text, LISTED) for text in filled if text), label)
            continue
        for column in columns:
            labels = label, _as_text(table.spec.columns[column].label)
            cell = {_MAIN: _plain_cell(table, key, column)}
            parts[f"{name}.{column}"] = _Part(cell, label=publication.language.listed(*filter(None, labels)))
    return parts


def _plain_cell(table: Table, key: str, column: str) -> str:
    text = _as_text(table.by_key[key][column])
    return _as_text(Decimal(text)) if text and table.spec.columns[column].type == "number" else text


def _row_name(publication: Publication, table: Table, key: str) -> str:
    """What a reader calls a row: its first text with a label, or that of the row to which its key points."""
    row, first = table.by_key[key], table.spec.key[0]
    column = table.spec.columns[first]
    if column.type == "key" and column.table:
        table = publication.tables[column.table]
        row = table.by_key[row[first]]
    named = (n for n, c in table.spec.columns.items() if c.type == "text" and c.label and not c.blank)
    return next((_as_text(row[column]) for column in named), "")


def _block_differences(name: str, old: Brief, new: Brief) -> Iterator[Difference]:
    was, now = _block_parts(old), _block_parts(new)
    named = ({f"{name}: {block}": part for block, part in parts.items()} for parts in (was, now))
    yield from _parts_between("brief", *named)
    orders = []
    for brief, parts in ((old, was), (new, now)):
        names = dict(zip(map(id, every_block(brief.blocks)), parts, strict=True))
        kept = {block: part for block, part in names.items() if part in was and part in now}
        orders.append(" ".join(_block_order(brief.blocks, kept)))
    if orders[0] != orders[1]:
        yield Difference("brief", f"{name}: order of blocks", *orders)


def _block_parts(brief: Brief) -> dict[str, _Part]:
    """The blocks of a brief, named by kind and by what they print: ``years enforcement.victims``."""
    parts: dict[str, _Part] = {}
    times: Counter[str] = Counter()
    for block in every_block(brief.blocks):
        fields = _texts_of(block)
        what = next(filter(None, map(fields.get, ("prose", "table", "quotation", "definition"))), "")
        name = f"{block.kind} {'.'.join(filter(None, (what, fields.get('column'))))}".rstrip()
        times[name] += 1
        unlike = f" #{times[name]}" if times[name] > 1 else ""
        parts[name + unlike] = _Part(fields, "a block", fields.get("title", ""))
    return parts


def _block_order(blocks: Iterable[Block], names: Mapping[int, str]) -> Iterator[str]:
    """The order of the blocks that have ``names``, with the columns and panels in which they stand."""
    for block in blocks:
        if block.arranges:
            values = vars(block).values()
            parts = [" ".join(_block_order(value, names)) for value in values if isinstance(value, tuple)]
            if inner := " | ".join(filter(None, parts)):
                yield " ".join([block.kind, *(value for value in values if isinstance(value, str))])
                yield f"( {inner} )"
        else:
            if name := names.get(id(block)):
                yield name.replace(" ", ":")
            yield from _block_order(inner_blocks(block), names)


def cut(text: str, most: int) -> str:
    """At most so many words of a text."""
    words = text.split(" ")
    return text if len(words) <= most else " ".join(words[:most]) + " …"
