"""The dataset that a PDF carries: the files of a publication, reduced to what a brief prints.

YAML files keep the entries that are printed, without comments. Each table becomes a CSV file
with the printed columns, named after the table. The reduced publication gives the same pages.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tipbrief.check.block_base import list_package_templates
from tipbrief.check.blocks import Brief, MapChart, every_block
from tipbrief.check.cell_values import CellReader
from tipbrief.check.maps.shapes import MAPS_FOLDER
from tipbrief.check.models import TEXT_GROUPS, Table
from tipbrief.check.printed_names import PrintedNames, is_carried_whole, reduce_publication
from tipbrief.check.publication import Publication
from tipbrief.check.translation.phrases import REASON_PREFIX, collect_texts
from tipbrief.check.translation.translator import TRANSLATIONS_FOLDER
from tipbrief.files import hash_of
from tipbrief.language.language import LOADER, Language
from tipbrief.language.unicode_text import normal_form
from tipbrief.load.po_file import PoEntry, PoFile, format_po, parse_po
from tipbrief.load.publication_files import PICTURE_SUFFIXES, WORKBOOK_SUFFIX
from tipbrief.pdf.attachments import Attachment

_WIDTH = 100  # letters of a line of YAML
# What says how a table's own file is read; the carried file needs none of it.
_LAYOUT_KEYS = {"file", "sheet", "header_row", "last_row", "skip", "empty", "from"}
# Of a column: how its cells were made or tested.
_INPUT_KEYS = {"codes", "from", "names", "check"}
_MAIL_KEY, _CHECK_KEY = "mail", "check"
_PLAIN_NUMBERS = CellReader(decimal_mark="")
# The kinds of names on which the carried part of a file depends.
_KINDS_OF_FILES = {
    "sources.yaml": {"source"},
    "figures.yaml": {"figure", "column", "table"},
    "tables.yaml": {"column", "table"},
    "texts.yaml": {*TEXT_GROUPS},
}
FileKey = tuple[str, frozenset[tuple[str, ...]]]


@dataclass(frozen=True, eq=False)
class PrintedPart:
    """The part of a publication that documents of a brief print: they are composed from it.

    ``source`` is the publication in its first language, ``translation`` in that of the
    documents, and ``dataset`` are all its files.
    """

    source: Publication
    translation: Publication
    brief: Brief
    names: PrintedNames
    dataset: Sequence[Attachment]
    known_files: dict[FileKey, Attachment | None]  # that other parts of it carry

    @cached_property
    def publication(self) -> Publication:
        """The part in the language of the documents."""
        return reduce_publication(self.translation, self.brief, self.names)

    @cached_property
    def carried_files(self) -> list[Attachment]:
        """The files that their PDFs carry."""
        part = reduce_publication(self.source, self.brief, self.names)
        language = self.translation.language
        reducer = _DatasetReducer(part, self.brief, self.names, language)
        return reducer.reduce_files(self.dataset, self.known_files)

    @cached_property
    def names_hash(self) -> str:
        """A hash of the names that they print."""
        return hash_of(repr(sorted(self.names.freeze())).encode())


def read_own_templates(dataset: Iterable[Attachment]) -> str:
    """The text of a publication's own templates, and of those of other packages' blocks."""
    texts = [
        item.data.decode("utf-8", "replace")
        for item in dataset
        if item.name.startswith("templates/") and item.name.endswith(".j2")
    ]
    for folder in list_package_templates():
        for file in sorted(folder.rglob("*.j2")):
            texts.append(file.read_text(encoding="utf-8", errors="replace"))
    return "\n".join(texts)


def carried_file_name(table: Table) -> str:
    """The name of the CSV file in which a PDF carries a table."""
    return f"tables/{table.spec.id}.csv"


class _DatasetReducer:
    def __init__(
        self,
        publication: Publication,
        brief: Brief,
        names: PrintedNames,
        language: Language,
    ) -> None:
        self._publication = publication
        self._names = names
        self._language = language
        self._tables = publication.tables
        self._brief_id = brief.id
        maps = [block for block in every_block(brief.blocks) if isinstance(block, MapChart)]
        self._shapes = {str(chart.shapes): str(chart.key or "") for chart in maps}
        self._yaml_filters: dict[str, Callable[[yaml.Node], None]] = {
            "publication.yaml": self._reduce_imprint,
            "sources.yaml": lambda root: _keep_keys(root, names.entries["source"]),
            "figures.yaml": self._reduce_figures,
            "tables.yaml": self._reduce_tables,
            "texts.yaml": self._reduce_texts,
            f"briefs/{brief.id}.yaml": lambda root: None,
        }

    def reduce_files(
        self, dataset: Iterable[Attachment], known_files: dict[FileKey, Attachment | None]
    ) -> list[Attachment]:
        """The files that are carried of all files of the publication.

        ``known_files`` are those that other parts of the same publication carry: files that
        are the same are reduced, and packed, once.
        """
        carried = dict[str, Attachment]()
        for item in dataset:
            key = item.name, self._relevant_names(item.name)
            if key not in known_files:
                data = self.reduce_file(item.name, item.data)
                known_files[key] = Attachment(item.name, data) if data is not None else None
            if file := known_files[key]:
                carried[item.name] = file
        for table in self._tables.values():
            if is_carried_whole(self._publication, table.spec):
                continue
            name = carried_file_name(table)
            key = name, frozenset((column,) for column in table.spec.columns)
            if key not in known_files:
                known_files[key] = Attachment(name, _format_table(table))
            if file := known_files[key]:
                carried[name] = file
        if words := carried.get("words.txt"):
            carried["words.txt"] = Attachment("words.txt", _reduce_words(words.data, carried.values()))
        return [carried[name] for name in sorted(carried)]

    def _relevant_names(self, file_name: str) -> frozenset[tuple[str, ...]]:
        """The printed names on which the carried part of a file depends."""
        names = self._names.freeze()
        kinds = _KINDS_OF_FILES.get(file_name)
        if kinds is not None:
            return frozenset(name for name in names if name[0] in kinds)
        if file_name.startswith(TRANSLATIONS_FOLDER):
            return names | {("translation", self._language.tag)}
        pictures = {name for name in names if name[0] == "picture"}
        return frozenset(pictures | {("brief", self._brief_id)})

    def reduce_file(self, name: str, data: bytes) -> bytes | None:
        """The part of a file that is carried; None for a file that is not."""
        folder = name.partition("/")[0]
        if name in self._yaml_filters:
            return self._reduce_yaml(data, self._yaml_filters[name])
        if folder in ("briefs", "tables"):
            return self._reduce_workbook(name, data)
        if folder == TRANSLATIONS_FOLDER:
            return self._reduce_translation(name, data)
        if folder == "pictures":
            return data if name in self._names.entries["picture"] else None
        if name.startswith(MAPS_FOLDER):
            return self._reduce_shapes(name, data)
        return data

    def _reduce_yaml(self, data: bytes, drop_unprinted: Callable[[yaml.Node], None]) -> bytes:
        root: Any = yaml.compose(data, Loader=LOADER)
        drop_unprinted(root)
        text = yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True, width=_WIDTH)
        return text.encode()

    def _reduce_imprint(self, root: yaml.Node) -> None:
        _drop_keys(root, {_MAIL_KEY})

    def _reduce_figures(self, root: yaml.Node) -> None:
        _keep_keys(root, self._names.entries["figure"])
        for name, figure in root.value:
            if self._publication.figures[name.value].check is None:
                _drop_keys(figure, {_CHECK_KEY})

    def _reduce_texts(self, root: yaml.Node) -> None:
        kinds = {group: kind for kind, group in TEXT_GROUPS.items()}
        for group, entries in root.value:
            _keep_keys(entries, self._names.entries[kinds[group.value]])
        root.value = [pair for pair in root.value if pair[1].value]

    def _reduce_tables(self, root: yaml.Node) -> None:
        _keep_keys(root, self._tables)
        for name, spec in root.value:
            table = self._tables[name.value]
            is_whole = is_carried_whole(self._publication, table.spec)
            columns = _find_value(spec, "columns")
            for _, column in columns.value:
                _drop_keys(column, {_CHECK_KEY} if is_whole else _INPUT_KEYS)
            if is_whole:
                continue
            _keep_keys(columns, table.spec.columns)
            _drop_keys(spec, _LAYOUT_KEYS)
            key = yaml.ScalarNode("tag:yaml.org,2002:str", "file")
            file = yaml.ScalarNode("tag:yaml.org,2002:str", carried_file_name(table))
            spec.value.insert(0, (key, file))

    def _reduce_workbook(self, name: str, data: bytes) -> bytes | None:
        """The workbook of a table that the publication asks to carry whole."""
        specs = [table.spec for table in self._tables.values() if table.spec.file == name]
        is_whole = any(is_carried_whole(self._publication, spec) for spec in specs)
        return data if is_whole else None

    def _reduce_translation(self, name: str, data: bytes) -> bytes | None:
        """The entries of printed texts, without comments and without those of other texts."""
        if Path(name).stem != self._language.tag:
            return None
        # The reasons of corrections are told in notices, whichever document they concern.
        new_contexts = self._map_contexts()
        po = parse_po(Path(name), data.decode())
        entries = [
            _strip_comments(entry, new_contexts.get(entry.context, entry.context))
            for entry in po.entries
            if entry.context in new_contexts or entry.context.startswith(REASON_PREFIX)
        ]
        reduced = PoFile(po.file, po.headers, (), tuple(entries))
        return format_po(reduced).encode()

    def _map_contexts(self) -> dict[str, str]:
        """The contexts of all printed texts, each with that which it has in the carried files."""
        texts = collect_texts(self._publication, self._language)
        contexts = {text.context: text.context for text in texts}
        for table in self._tables.values():
            if is_carried_whole(self._publication, table.spec):
                continue
            prefix = f"{table.spec.file}:"
            for context in [name for name in contexts if name.startswith(prefix)]:
                key_and_column = context.removeprefix(prefix)
                column = key_and_column.rpartition(".")[2]
                key = key_and_column.rpartition(".")[0]
                if key in table.by_key and column in table.spec.columns:
                    contexts[context] = f"{carried_file_name(table)}:{key_and_column}"
        return contexts

    def _reduce_shapes(self, name: str, data: bytes) -> bytes | None:
        """The outlines of a map that is drawn, with the property that holds their keys."""
        if name not in self._shapes:
            return None
        key = self._shapes[name]
        features = [
            {
                "type": "Feature",
                "properties": {key: (feature.get("properties") or {}).get(key)},
                "geometry": feature.get("geometry"),
            }
            for feature in json.loads(data)["features"]
        ]
        shapes = {"type": "FeatureCollection", "features": features}
        return json.dumps(shapes, ensure_ascii=False, separators=(",", ":")).encode()


def _strip_comments(entry: PoEntry, context: str) -> PoEntry:
    return replace(
        entry,
        context=context,
        translator_comments=(),
        developer_comments=(),
        source_references=(),
    )


def _format_table(table: Table) -> bytes:
    text = io.StringIO()
    lines = csv.DictWriter(text, [*table.spec.columns], lineterminator="\n")
    lines.writeheader()
    numbers = {name for name, column in table.spec.columns.items() if column.type == "number"}
    for row in table.rows:
        cells = {name: str(row[name]) for name in table.spec.columns}
        for name in numbers:
            cells[name] = _PLAIN_NUMBERS.format_number(cells[name])
        lines.writerow(cells)
    # Without the mark, spreadsheet programs take the file for one of their own encoding.
    return text.getvalue().encode("utf-8-sig")


def _reduce_words(words: bytes, files: Iterable[Attachment]) -> bytes:
    """The accepted words that stand in the carried texts."""
    endings = (*PICTURE_SUFFIXES, WORKBOOK_SUFFIX, ".woff2")
    texts = [
        file.data.decode("utf-8", "replace")
        for file in files
        if file.name != "words.txt" and not file.name.endswith(endings)
    ]
    printed = normal_form("\n".join(texts)).casefold()
    lines = words.decode("utf-8-sig").splitlines()
    return "".join(f"{line}\n" for line in lines if _is_printed(line, printed)).encode()


def _is_printed(line: str, printed: str) -> bool:
    word = normal_form(line.partition("#")[0])
    stem = word.removesuffix("\u0647")  # it ends otherwise before an ending
    return bool(stem) and stem.casefold() in printed


def _keep_keys(mapping: yaml.Node, names: Iterable[str]) -> None:
    mapping.value = [pair for pair in mapping.value if pair[0].value in names]


def _drop_keys(mapping: yaml.Node, names: Iterable[str]) -> None:
    mapping.value = [pair for pair in mapping.value if pair[0].value not in names]


def _find_value(mapping: yaml.Node, name: str) -> yaml.Node:
    """The value of a key that a sound file has."""
    values: dict[str, yaml.Node] = {key.value: value for key, value in mapping.value}
    return values[name]
