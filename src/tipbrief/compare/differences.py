"""Differences between two states of a publication: figures, cells, texts, sources, pictures, briefs; as lines."""

import dataclasses
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.check.blocks import Block, Brief, every_block, inner_blocks
from tipbrief.check.models import Table
from tipbrief.check.printed_names import collect_printed_names
from tipbrief.check.publication import Publication, load_publication
from tipbrief.files import read_bytes, write_new
from tipbrief.language.dates import Date
from tipbrief.language.language import read_data_file
from tipbrief.language.unicode_text import FSI, PDI
from tipbrief.ledger import editions, ledger_folder
from tipbrief.ledger.entries import Edition, split_document_name
from tipbrief.ledger.status import find_status_by_code
from tipbrief.load.schema import Model, RowSelector
from tipbrief.pdf.attachments import read_dataset
from tipbrief.pipeline.ledger_proof import read_proven_ledger
from tipbrief.problems import RIGHT_TO_LEFT_LETTER, Problems, join_first_names

_ENTRIES_FILE = Path(__file__).with_name("entries.yaml")
_MAIN_FIELD = ""  # the field that is shown without a name: a figure's value, a text's words
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
MAX_LISTED = 8
_OLD_PRIVATE, _NEW_PRIVATE = "private", "private, another value"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; ``was`` is empty for something new, ``now`` for something removed."""

    group: str
    name: str
    was: str
    now: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """One named part: its fields as texts, and the text that is shown if it is new or removed."""

    fields: Mapping[str, str]
    short: str = ""
    label: str = ""


_NO_PART = _Part({})
_NamedParts = Iterable[tuple[str, _Part]]


def compare_publications(old: Publication, new: Publication) -> list[Difference]:
    """All differences in content between two publications, in the order of the dataset."""
    found = list(_compare_parts("figure", _figure_parts(old), _figure_parts(new)))
    found += _compare_parts("cell", _table_parts(old), _table_parts(new))
    for name in (name for name in new.tables if name in old.tables):
        found += _table_differences(name, old, new)
    entries: Any = read_data_file(_ENTRIES_FILE)
    for group, *entry in entries:
        found += _compare_parts(group, _entry_parts(old, *entry), _entry_parts(new, *entry))
    for name in (name for name in new.briefs if name in old.briefs):
        found += _block_differences(f"brief {name}", old.briefs[name], new.briefs[name])
    found += _compare_parts("picture", _picture_parts(old), _picture_parts(new))
    imprints = ([("", _Part(_field_texts(publication.imprint)))] for publication in (old, new))
    return [*found, *_compare_parts("publication", *imprints)]


def compare_printed_values(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """The differences between the plain values that two editions printed, given by name."""
    found = []
    for name in _merge_names(old, new):
        was, now = (_plain_number(str(printed.get(name, ""))) for printed in (old, new))
        if was != now:
            found.append(Difference("cell" if "[" in name else "figure", name, was, now))
    return sorted(found, key=lambda one: one.group != "figure")


def _compare_parts(group: str, old: _NamedParts, new: _NamedParts) -> Iterator[Difference]:
    old_parts, new_parts = dict(old), dict(new)
    for name in _merge_names(old_parts, new_parts):
        was, now = old_parts.get(name, _NO_PART), new_parts.get(name, _NO_PART)
        whole = name in old_parts and name in new_parts
        for part in _merge_names(was.fields, now.fields) if whole else [_MAIN_FIELD]:
            before = was.fields.get(part, "") if whole else was.short
            after = now.fields.get(part, "") if whole else now.short
            if before != after:
                label = now.label or was.label
                shown = "" if label in (before, after) else label
                yield Difference(group, ": ".join(filter(None, (name, part))), before, after, shown)


def _picture_parts(publication: Publication) -> _NamedParts:
    for name, one in publication.pictures.items():
        text = f"{one.width:g} × {one.height:g} ({one.sum})"
        yield name, _Part({_MAIN_FIELD: text}, text)


def _merge_names(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """The names of both, in the order of the new; a removed one follows the name that it followed."""
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
    if isinstance(value, RowSelector):
        return value.text
    if isinstance(value, tuple):
        return ", ".join(_as_text(item) for item in value)
    # Line breaks are layout; a blank line separates paragraphs.
    parts = str(value).replace("\r\n", "\n").split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())


def _plain_number(text: str) -> str:  # 33 for 33.00; 007 stays
    if not _DECIMAL.fullmatch(text):
        return text
    plain = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if plain == "-0" else plain


def _field_texts(value: Any, name: str = "") -> dict[str, str]:
    if isinstance(value, Model):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        del value["location"]
    if isinstance(value, Mapping):
        inner = (_field_texts(item, f"{name}.{key}".lstrip(".")) for key, item in value.items())
        return {field: text for texts in inner for field, text in texts.items()}
    if isinstance(value, tuple) and any(isinstance(item, Model) for item in value):
        return {}  # blocks inside a block are compared by themselves
    return {name: _as_text(value)}


def _figure_parts(publication: Publication) -> _NamedParts:
    for name, figure in publication.figures.items():
        value = _as_text(publication.values[name])  # also of a figure that is counted, or is a cell
        yield name, _Part({_MAIN_FIELD: value, **_field_texts(figure), "value": ""}, value, _as_text(figure.label))


def _entry_parts(publication: Publication, what: str, where: str, short: str, label: str) -> _NamedParts:
    for name, item in attrgetter(where)(publication).items():
        fields = _field_texts(item)
        words = fields.pop("text", "")
        shown = words or fields[short], fields.get(label, "")
        yield f"{what} {name}", _Part({_MAIN_FIELD: words, **fields}, *shown)


def _table_parts(publication: Publication) -> _NamedParts:
    for name, table in publication.tables.items():
        own = {field: text for field, text in _field_texts(table.spec).items() if not field.startswith("columns.")}
        yield name, _Part(own, f"{len(table.rows)} rows", own["title"])


def _table_differences(name: str, old: Publication, new: Publication) -> Iterator[Difference]:
    was, now = old.tables[name], new.tables[name]
    yield from _compare_parts("cell", _column_parts(was), _column_parts(now))
    private = was.spec.private_columns | now.spec.private_columns
    old_rows = _row_parts(old, was, now, dict.fromkeys(private, _OLD_PRIVATE))
    new_rows = _row_parts(new, now, was, dict.fromkeys(private, _NEW_PRIVATE))
    yield from _compare_parts("cell", old_rows, new_rows)
    orders = ([k for k in one.by_key if k in other.by_key] for one, other in ((was, now), (now, was)))
    if moved := [keys for keys in zip(*orders, strict=True) if keys[0] != keys[1]]:
        before, after = (join_first_names(keys, MAX_LISTED) for keys in zip(*moved, strict=True))
        yield Difference("cell", f"{name}: order of rows", before, after, _as_text(now.spec.title))


def _column_parts(table: Table) -> _NamedParts:
    for name, column in table.spec.columns.items():
        keys = () if column.private else table.by_key
        filled = [text for key in keys if (text := _plain_cell(table, key, name))]
        short = column.type + (f": {join_first_names(filled, MAX_LISTED)}" if filled else ", no cell filled")
        yield f"{table.spec.id}.{name}", _Part(_field_texts(column), short, _as_text(column.label))


def _row_parts(publication: Publication, table: Table, other: Table, private: Mapping[str, str]) -> _NamedParts:
    """The rows that the other table does not have, and the cells of rows that differ."""
    # ``private`` has what is shown in place of a private cell that differs, by column.
    columns = [name for name in table.spec.columns if name in other.spec.columns]
    for key, row in table.by_key.items():
        if row == other.by_key.get(key):
            continue
        name, label = f"{table.spec.id}[{key}]", _row_name(publication, table, key)
        if key not in other.by_key:
            public = [column for column in table.spec.columns if column not in private]
            filled = (_plain_cell(table, key, column) for column in public)
            yield name, _Part({}, " · ".join(shorten_text(text, MAX_LISTED) for text in filled if text), label)
            continue
        for column in columns:
            labels = label, _as_text(table.spec.columns[column].label)
            text = _plain_cell(table, key, column)
            if column in private and text == _plain_cell(other, key, column):
                continue
            text = private.get(column, text)
            cell = {_MAIN_FIELD: text}
            yield f"{name}.{column}", _Part(cell, label=publication.language.comma.join(filter(None, labels)))


def _plain_cell(table: Table, key: str, column: str) -> str:
    text = _as_text(table.by_key[key][column])
    return _as_text(Decimal(text)) if text and table.spec.columns[column].type == "number" else text


def _row_name(publication: Publication, table: Table, key: str) -> str:
    """The name of a row for readers: its first labelled text, or that of the row to which its key points."""
    row, first = table.by_key[key], table.spec.key[0]
    column = table.spec.columns[first]
    if column.type == "key" and column.table:
        table = publication.tables[column.table]
        row = table.by_key[row[first]]
    named = (n for n, c in table.spec.columns.items() if c.type == "text" and c.label and not c.blank)
    return next((_as_text(row[column]) for column in named), "")


def _block_differences(name: str, old: Brief, new: Brief) -> Iterator[Difference]:
    was, now = _block_parts(old), _block_parts(new)
    named = ([(f"{name}: {block}", part) for block, part in parts.items()] for parts in (was, now))
    yield from _compare_parts("brief", *named)
    orders = []
    for brief, parts in ((old, was), (new, now)):
        names = dict(zip(map(id, every_block(brief.blocks)), parts, strict=True))
        kept = {block: part for block, part in names.items() if part in was and part in now}
        orders.append(" ".join(_block_order(brief.blocks, kept)))
    if orders[0] != orders[1]:
        yield Difference("brief", f"{name}: order of blocks", *orders)


def _block_parts(brief: Brief) -> dict[str, _Part]:  # by kind and content
    parts: dict[str, _Part] = {}
    times: Counter[str] = Counter()
    for block in every_block(brief.blocks):
        fields = _field_texts(block)
        what = next(filter(None, map(fields.get, ("prose", "table", "quotation", "definition"))), "")
        name = f"{block.kind} {'.'.join(filter(None, (what, fields.get('column'))))}".rstrip()
        times[name] += 1
        number = f" #{times[name]}" if times[name] > 1 else ""
        parts[name + number] = _Part(fields, "a block", fields.get("title", ""))
    return parts


def _block_order(blocks: Iterable[Block], names: Mapping[int, str]) -> Iterator[str]:
    """The order of the blocks that have ``names``, with the columns and panels around them."""
    for block in blocks:
        if block.is_container:
            values = vars(block).values()
            parts = [" ".join(_block_order(value, names)) for value in values if isinstance(value, tuple)]
            if inner := " | ".join(filter(None, parts)):
                yield " ".join([block.kind, *(value for value in values if isinstance(value, str))])
                yield f"( {inner} )"
        else:
            if name := names.get(id(block)):
                yield name.replace(" ", ":")
            yield from _block_order(inner_blocks(block), names)


def shorten_text(text: str, most: int) -> str:
    """At most so many words of a text."""
    words = text.split(" ")
    return text if len(words) <= most else " ".join(words[:most]) + " …"


def compare_sides(old: str, new: str, folder: Path | None = None) -> list[Difference]:
    """The differences between two sides as typed: folders, PDFs, or editions of the ledger in ``folder``."""
    with TemporaryDirectory(prefix="tipbrief-") as unpacked:
        sides = [_load_side(given, Path(unpacked) / str(index), folder) for index, given in enumerate((old, new))]
        briefs = {brief for given in (old, new) if (brief := _read_brief_name(given))}
        if len(briefs) == 1:
            (brief,) = briefs
            sides = [_reduce_side(side, brief, Path(unpacked, f"{index}-{brief}")) for index, side in enumerate(sides)]
    publications = [side for side in sides if isinstance(side, Publication)]
    if len(publications) == 2:
        return compare_publications(*publications)
    # Of an edition, the ledger has only the printed values.
    printed = next(side.prints for side in sides if isinstance(side, Edition))
    values = [
        side.prints
        if isinstance(side, Edition)
        else {name: now for name in printed if (now := editions.find_dataset_value(side, name)) is not None}
        for side in sides
    ]
    return compare_printed_values(*values)


def _read_brief_name(given: str) -> str:
    """The name of the brief of a PDF; empty for other sides."""
    if not os.path.isfile(given):
        return ""
    from tipbrief.pdf.embedded_files import read_provenance
    from tipbrief.pdf.pdf_file import LARGEST_PDF

    path = Path(given)
    with limits.limit_step(path):
        edition = read_provenance(read_bytes(path, LARGEST_PDF), path).edition
    return split_document_name(str(edition["brief"]))[0]


def _reduce_side(side: Edition | Publication, name: str, folder: Path) -> Edition | Publication:
    """A side as the PDF of a document of this name would carry it: PDFs carry only what is printed."""
    if isinstance(side, Edition):
        return side
    document = side.documents.get(name)
    brief = document.brief if document else side.briefs.get(name)
    if brief is None:
        return side
    from tipbrief.pipeline.carried_dataset import PrintedPart, read_own_templates

    dataset = read_dataset(side.folder)
    names = collect_printed_names(side, brief, read_own_templates(dataset))
    for item in PrintedPart(side, side, brief, names, dataset, {}).carried_files:
        (folder / item.name).parent.mkdir(parents=True, exist_ok=True)
        write_new(folder / item.name, item.data, synced=False)
    return load_publication(folder)


def _load_side(given: str, unpacked: Path, folder: Path | None) -> Edition | Publication:
    path = Path(given)
    if os.path.isdir(given):  # false for a text too long for a path; Path.is_dir would raise
        # A comparison does not change a folder, which may be another person's.
        if os.path.lexists(path / ledger_folder.JOURNAL_NAME):
            hint = "let it end; where it was stopped, have it put back first: tipbrief check --publication DIR"
            raise Problems("a correction in this folder has not ended", path, hint=hint)
        return load_publication(path)
    if os.path.isfile(given) or path.suffix.lower() == ".pdf":
        # Imported here: pikepdf takes longer to load than a comparison of editions.
        from tipbrief.pdf.embedded_files import read_provenance, unpack_publication
        from tipbrief.pdf.pdf_file import LARGEST_PDF

        with limits.limit_step(path):
            if not (carried := read_provenance(read_bytes(path, LARGEST_PDF), path)).carries_data:
                hint = "name its edition by the code, such as WORLD/1"
                raise Problems("the PDF does not carry the whole publication", path, hint=hint)
            unpack_publication(carried, unpacked)
            try:
                return load_publication(unpacked)
            except Problems as raised:  # name the files as files of the PDF: the unpacked ones are deleted
                places = (path / os.path.relpath(one.file or unpacked, unpacked) for one in raised.problems)
                raise Problems(map(lambda one, at: replace(one, file=at), raised.problems, places)) from None
    found = find_status_by_code(read_proven_ledger(folder or default_publication(), ""), given)
    if found.edition is None:
        raise Problems(f"'{given}' is no folder, no PDF, and no edition of the ledger", hint=found.hint)
    return found.edition


_HEADINGS = {"cell": "tables", "publication": "publication"}
_PARAGRAPH_MARK = "¶"
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
# They move the cursor or reverse the line. They are shown by name, since a difference may be in them alone.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MAX_WORDS_IN_LINE = 12  # words: longer texts are compared word by word
_MAX_PAIRS = 100_000  # of equal words, which take time; for longer texts only the first difference is shown
_CONTEXT_WORDS = 3  # words shown on either side of a changed word


def format_differences(differences: Sequence[Difference], *, isolate: bool) -> str:
    """The differences as lines, with a heading for each group; ``isolate`` keeps their order on a bidi terminal."""
    lines: list[str] = []
    for group, members in groupby(differences, key=lambda one: one.group):
        lines.append(_HEADINGS.get(group, f"{group}s"))
        for one in members:
            name, was, now, label = map(_show_invisible, (one.name, one.was, one.now, one.label))
            lines += _format_difference(name, was, now, label, isolate)
    return "\n".join(lines)


def _format_difference(name: str, was: str, now: str, label: str, isolate: bool) -> list[str]:
    def run(text: str) -> str:
        return _isolate_text(text, isolate and bool(RIGHT_TO_LEFT_LETTER.search(text)))

    head = f"  {run(name)}"
    tail = f"   ({run(shorten_text(label, MAX_LISTED))})" if label else ""
    if not was or not now:
        return [f"{head}  {'new' if now else 'gone'}: {run(shorten_text(was or now, 2 * _MAX_WORDS_IN_LINE))}{tail}"]
    if max(len(was.split()), len(now.split())) <= _MAX_WORDS_IN_LINE:
        return [f"{head}  {run(was)} → {run(now)}{tail}"]
    return [head + tail, *(f"    {excerpt}" for excerpt in _excerpts(was.split(), now.split(), isolate))]


def _excerpts(was: list[str], now: list[str], isolate: bool) -> Iterator[str]:
    """The differences between two texts, each as ``…words before [-was-]{+now+} and after…``."""
    if sum(map(Counter(now).__getitem__, was)) > _MAX_PAIRS:
        different = (at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b)
        start = next(different, min(len(was), len(now)))
        rests = (shorten_text(" ".join(words[start:]), 2 * _MAX_WORDS_IN_LINE) for words in (was, now))
        marks = zip(("[-{}-]", "{{+{}+}}"), rests, strict=True)
        yield from (f"…{_isolate_text(form.format(text), isolate)}" for form, text in marks if text)
        return
    for group in SequenceMatcher(None, was, now, autojunk=False).get_grouped_opcodes(_CONTEXT_WORDS):
        (_, start, _, first, _), (_, _, end, _, last) = group[0], group[-1]
        apart = isolate and any(map(RIGHT_TO_LEFT_LETTER.search, was[start:end] + now[first:last]))
        pieces = []
        for same, i1, i2, j1, j2 in group:
            gone, new = _isolate_latin_runs(was[i1:i2], apart), _isolate_latin_runs(now[j1:j2], apart)
            changed = (("[-{}-]", gone), ("{{+{}+}}", new))
            marked = "".join(form.format(_isolate_text(text, apart)) for form, text in changed if text)
            pieces.append(gone if same == "equal" else marked)
        yield _isolate_text("…" * bool(start) + " ".join(pieces) + "…" * (end < len(was)), apart)


def _isolate_latin_runs(words: list[str], apart: bool) -> str:
    """The words as one text; with ``apart`` each Latin run is isolated, so that Dari sets the text's direction."""
    runs = groupby(words, key=lambda word: bool(_LATIN.search(word)))
    return " ".join(_isolate_text(" ".join(run), latin and apart) for latin, run in runs)


def _isolate_text(text: str, isolate: bool) -> str:
    return f"{FSI}{text}{PDI}" if isolate else text


def _show_invisible(text: str) -> str:
    line = " ".join(text.replace("\n\n", f" {_PARAGRAPH_MARK} ").split())
    return _INVISIBLE.sub(lambda found: f"<U+{ord(found[0]):04X}>", line)
