"""What differs between two states of a publication: figures, cells, texts, sources, briefs, the imprint."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tipbrief.check.blocks import Block, Brief, ColumnsBlock, PanelBlock, every_block
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication
from tipbrief.language.dates import Date

_TEXTS = {"prose": "prose", "quotation": "quotations", "definition": "definitions", "event": "timeline"}
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
    short: str
    label: str = ""


def between(old: Publication, new: Publication) -> list[Difference]:
    """All that differs in content between two publications, in the order in which the dataset declares it."""
    found = list(_parts_between("figure", _figure_parts(old), _figure_parts(new)))
    for name in _both(old.tables, new.tables):
        found += _table_differences(name, old, new)
    for what in _TEXTS:
        found += _parts_between("text", _text_parts(old, what), _text_parts(new, what))
    found += _parts_between("source", _source_parts(old), _source_parts(new))
    found += _parts_between("brief", _brief_parts(old), _brief_parts(new))
    for name in _both(old.briefs, new.briefs):
        if name in old.briefs and name in new.briefs:
            found += _block_differences(name, old.briefs[name], new.briefs[name])
    found += _parts_between("publication", _imprint_parts(old), _imprint_parts(new))
    return found


def between_printed(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """What differs between the figures and cells that two editions printed, given as plain values by name."""
    found = []
    for name in _both(old, new):
        was, now = (_plain_number(str(printed.get(name, ""))) for printed in (old, new))
        if was != now:
            found.append(Difference("cell" if "[" in name else "figure", name, was, now))
    return sorted(found, key=lambda one: one.group != "figure")


def as_dicts(differences: Iterable[Difference]) -> list[dict[str, str]]:
    """The differences as plain values, for ``--format json``."""
    return [dataclasses.asdict(one) for one in differences]


# Comparing


def _parts_between(group: str, old: Mapping[str, _Part], new: Mapping[str, _Part]) -> Iterator[Difference]:
    for name in _both(old, new):
        was, now = old.get(name), new.get(name)
        if was and now:
            for part in _both(was.fields, now.fields):
                before, after = was.fields.get(part, ""), now.fields.get(part, "")
                if before != after:
                    yield _difference(group, f"{name}: {part}" if part else name, before, after, now.label)
        elif now:
            yield _difference(group, name, "", now.short, now.label)
        elif was:
            yield _difference(group, name, was.short, "", was.label)


def _difference(group: str, name: str, was: str, now: str, label: str) -> Difference:
    return Difference(group, name, was, now, "" if label in (was, now) else label)


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


def _some_of(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED]) + (f", … ({len(names)} in all)" if len(names) > LISTED else "")


# The parts of a publication as plain texts


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


def _texts_of(record: Any) -> Iterator[tuple[str, str]]:
    """All fields of a record, those of records inside it as ``colours.ink``."""
    for declared in dataclasses.fields(record):
        if declared.name not in ("place", "id"):
            yield from _flattened(declared.name, getattr(record, declared.name))


def _flattened(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if dataclasses.is_dataclass(value) and not isinstance(value, Date):
        yield from ((f"{name}.{inner}", text) for inner, text in _texts_of(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flattened(f"{name}.{key}", item)
    elif isinstance(value, tuple) and any(dataclasses.is_dataclass(item) for item in value):
        return  # blocks inside a block stand for themselves
    else:
        yield name, _as_text(value)


def _figure_parts(publication: Publication) -> dict[str, _Part]:
    entries = {}
    for name, figure in publication.figures.items():
        value = _as_text(publication.values[name])
        # The value also of a figure that is counted, or stands in a cell.
        fields = {_MAIN: value, **dict(_texts_of(figure)), "value": ""}
        entries[name] = _Part(fields, value, _as_text(figure.label))
    return entries


def _text_parts(publication: Publication, what: str) -> dict[str, _Part]:
    entries = {}
    for name, item in getattr(publication.texts, _TEXTS[what]).items():
        fields = dict(_texts_of(item))
        words = fields.pop("text")
        label = next((fields[key] for key in ("title", "term", "speaker") if fields.get(key)), "")
        entries[f"{what} {name}"] = _Part({_MAIN: words, **fields}, words, label)
    return entries


def _source_parts(publication: Publication) -> dict[str, _Part]:
    return {
        f"source {name}": _Part(dict(_texts_of(source)), _as_text(source.address), _as_text(source.title))
        for name, source in publication.sources.items()
    }


def _brief_parts(publication: Publication) -> dict[str, _Part]:
    entries = {}
    for name, brief in publication.briefs.items():
        fields = dict(_texts_of(dataclasses.replace(brief, blocks=())))
        entries[f"brief {name}"] = _Part(fields, _as_text(brief.title), _as_text(brief.title))
    return entries


def _imprint_parts(publication: Publication) -> dict[str, _Part]:
    fields = {"id": _as_text(publication.imprint.id), **dict(_texts_of(publication.imprint))}
    return {name: _Part({_MAIN: text}, text) for name, text in fields.items()}


# Tables


def _table_differences(name: str, old: Publication, new: Publication) -> Iterator[Difference]:
    yield from _parts_between("cell", _table_parts(name, old), _table_parts(name, new))
    if name in old.tables and name in new.tables:
        yield from _parts_between("cell", _column_parts(old.tables[name]), _column_parts(new.tables[name]))
        yield from _row_differences(name, old, new)


def _table_parts(name: str, publication: Publication) -> dict[str, _Part]:
    if not (table := publication.tables.get(name)):
        return {}
    fields = dict(_texts_of(dataclasses.replace(table.spec, columns={})))
    return {name: _Part(fields, f"{len(table.rows)} rows", fields["title"])}


def _row_differences(name: str, old: Publication, new: Publication) -> Iterator[Difference]:
    was, now = old.tables[name], new.tables[name]
    columns = [column for column in now.spec.columns if column in was.spec.columns]
    for key in _both(was.by_key, now.by_key):
        one = f"{name}[{key}]"
        if key not in was.by_key:
            yield _difference("cell", one, "", _plain_row(now, key), _row_name(new, name, key))
        elif key not in now.by_key:
            yield _difference("cell", one, _plain_row(was, key), "", _row_name(old, name, key))
        elif was.by_key[key] != now.by_key[key]:
            for column in columns:
                before, after = _plain_cell(was, key, column), _plain_cell(now, key, column)
                if before != after:
                    labels = _row_name(new, name, key), _as_text(now.spec.columns[column].label)
                    label = "، ".join(filter(None, labels))
                    yield _difference("cell", f"{one}.{column}", before, after, label)
    first = [key for key in was.by_key if key in now.by_key]
    then = [key for key in now.by_key if key in was.by_key]
    if unlike := [index for index, key in enumerate(first) if key != then[index]]:
        part = slice(unlike[0], unlike[-1] + 1)
        before, after = _some_of(first[part]), _some_of(then[part])
        yield _difference("cell", f"{name}: order of rows", before, after, _as_text(now.spec.title))


def _column_parts(table: Table) -> dict[str, _Part]:
    entries = {}
    for name, column in table.spec.columns.items():
        first = _some_of([text for key in table.by_key if (text := _plain_cell(table, key, name))])
        short = f"{column.type}: {first}" if first else f"{column.type}, no cell filled"
        entries[f"{table.spec.id}.{name}"] = _Part(dict(_texts_of(column)), short, _as_text(column.label))
    return entries


def _plain_cell(table: Table, key: str, column: str) -> str:
    text = _as_text(table.by_key[key][column])
    return _as_text(Decimal(text)) if text and table.spec.columns[column].type == "number" else text


def _plain_row(table: Table, key: str) -> str:
    filled = [text for name in table.spec.columns if (text := _plain_cell(table, key, name))]
    return " · ".join(cut(text, LISTED) for text in filled)


def _row_name(publication: Publication, name: str, key: str) -> str:
    """What a reader calls a row: its first text with a label, or that of the row to which its key points."""
    table = publication.tables[name]
    row, first = table.by_key[key], table.spec.key[0]
    column = table.spec.columns[first]
    if column.type == "key" and column.table:
        table = publication.tables[column.table]
        row = table.by_key[row[first]]
    named = (n for n, c in table.spec.columns.items() if c.type == "text" and c.label and not c.blank)
    return next((_as_text(row[column]) for column in named), "")


# Blocks


def _block_differences(name: str, old: Brief, new: Brief) -> Iterator[Difference]:
    was, now = _block_parts(old), _block_parts(new)
    named = ({f"brief {name}: {block}": entry for block, entry in leaves.items()} for leaves in (was, now))
    yield from _parts_between("brief", *named)
    common = was.keys() & now.keys()
    before = " ".join(_block_order(old.blocks, iter(was), common))
    after = " ".join(_block_order(new.blocks, iter(now), common))
    if before != after:
        yield Difference("brief", f"brief {name}: order of blocks", before, after)


def _block_parts(brief: Brief) -> dict[str, _Part]:
    """The blocks that hold no others, named by kind and by what they print: ``years enforcement.victims``."""
    entries: dict[str, _Part] = {}
    times: Counter[str] = Counter()
    for block in every_block(brief.blocks):
        fields = dict(_texts_of(block))
        what = next(
            (fields[key] for key in ("prose", "table", "quotation", "definition") if key in fields), ""
        )
        name = f"{block.kind} {'.'.join(filter(None, (what, fields.get('column'))))}".rstrip()
        times[name] += 1
        entries[f"{name} #{times[name]}" if times[name] > 1 else name] = _Part(
            fields, "a block", fields.get("title", "")
        )
    return entries


def _block_order(blocks: Iterable[Block], names: Iterator[str], common: Collection[str]) -> Iterator[str]:
    """The order of the blocks named in ``common``, with the columns and panels in which they stand.

    ``names`` are those of all leaves, in the order of ``every_block``.
    """
    for block in blocks:
        if isinstance(block, ColumnsBlock):
            columns = (
                " ".join(_block_order(part, names, common))
                for part in (block.right, block.middle, block.left)
            )
            if inner := " | ".join(filter(None, columns)):
                yield f"columns {block.widths} ( {inner} )"
        elif isinstance(block, PanelBlock):
            if inner := " ".join(_block_order(block.blocks, names, common)):
                yield f"panel ( {inner} )"
        elif (name := next(names)) in common:
            yield name.replace(" ", ":")


def cut(text: str, most: int) -> str:
    """At most so many words of a text."""
    words = text.split(" ")
    return text if len(words) <= most else " ".join(words[:most]) + " …"
