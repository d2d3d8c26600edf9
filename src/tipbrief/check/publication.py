"""The publication: a folder becomes a ``Publication``, or the list of all its problems."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.check import figures as figure_checks
from tipbrief.check import picture_files
from tipbrief.check import texts as text_checks
from tipbrief.check.blocks import BadgeBlock, Brief, Document, SourcesBlock, every_block
from tipbrief.check.maps.shapes import MAPS_FOLDER
from tipbrief.check.models import TEXT_GROUPS, Figure, Imprint, Source, Table, TableSpec, Texts
from tipbrief.check.printed_names import collect_printed_names, is_carried_whole
from tipbrief.check.private_cells import hide_private_cells
from tipbrief.check.publication_model import Publication as Publication
from tipbrief.check.references import KnownNames, References, check_colour_contrast, is_printable
from tipbrief.check.row_blocks import RecordBlock
from tipbrief.check.tables import read_tables
from tipbrief.language.language import Language, known_languages, load_language, nearest_language
from tipbrief.language.numbers import PERCENT_SIGNS
from tipbrief.language.word_lists import WordLists, load_language_words
from tipbrief.load.publication_files import find_unused_files, list_dataset_files
from tipbrief.load.schema import ModelReader, RichText
from tipbrief.load.source_text import SourceLocation
from tipbrief.load.yaml_nodes import YamlMapping, read_yaml
from tipbrief.pdf.attachments import name_problem
from tipbrief.problems import Problem, Problems, suggest_nearest

_ROW_CELL = re.compile(r"\{row\.([^.{}]+)\}")
_MAX_NAME_BYTES = 80  # of a brief: with the publication's id, a row's key and a language a file has at most 255
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
MAX_CARRIED_ROWS = 300  # of a table that each of its sheets carries whole; more is a warning
_DEFAULT_LANGUAGE = "fa-AF"  # of a publication that names none, or an unknown one


def list_documents(briefs: Mapping[str, Brief], references: References) -> dict[str, Document]:
    """The documents that the briefs print. Clashing and impossible file names are problems."""
    found: dict[str, Document] = {}
    taken: dict[str, str] = {}
    for brief in briefs.values():
        if len(brief.id.encode()) > _MAX_NAME_BYTES:
            message = f"the name of the brief has {len(brief.id)} letters; the names of its documents would be too long"
            references.add_problem(brief.location.problem(message, "give its file a short name", kind="file-name"))
        for document, place in _locate_documents(brief, references):
            if other := taken.get(document.name.casefold()):
                message = f"the documents '{other}' and '{document.name}' would have the same file name"
                hint = "files are named after briefs and keys: change one of them"
                references.add_problem(place.problem(message, hint, kind="file-name"))
            taken[document.name.casefold()] = document.name
            found[document.name] = document
    return found


def _locate_documents(brief: Brief, references: References) -> Iterator[tuple[Document, SourceLocation]]:
    if brief.for_each is None:
        yield Document(brief.id, brief), brief.location
    elif references.check_names((brief.for_each,), "table") and (table := references.tables.get(brief.for_each)):
        if not table.rows:
            message = f"the table '{brief.for_each}' has no row, and '{brief.id}' no document"
            hint = "add a row, or remove the brief"
            references.add_problem(brief.for_each.problem(message, hint, kind="no-document"))
        named = _ROW_CELL.fullmatch(brief.title.strip())
        places = {id(row): line.location for row, line in zip(table.rows, table.lines, strict=True)}
        for key in set(brief.row_pages) - set(table.by_key):
            message, hint = f"'row_pages' has no row '{key}' in '{brief.for_each}'", suggest_nearest(key, table.by_key)
            references.add_problem(brief.location.problem(message, hint, kind="unknown-row"))
        if brief.carry == "all" and len(table.rows) > MAX_CARRIED_ROWS:
            message = f"each of {len(table.rows):,} PDFs carries the rows of all others"
            hint = "where nobody may read another one's row, write 'carry: own'"
            problem = brief.location.problem(message, hint, kind="carried-rows", token="for_each")
            references.add_problem(replace(problem, severity="warning"))
        for key, row in table.by_key.items():
            name, place = key.replace(",", "-"), places[id(row)]
            document = Document(f"{brief.id}-{name}", brief, key)
            if not _FILE_NAME.fullmatch(name):
                message = f"the key '{key}' cannot be a part of a file's name, as '{brief.id}' needs it"
                hint = "write at most 60 Latin letters, digits, - and _"
                references.add_problem(place.problem(message, hint, kind="file-name"))
            if named and row.get(named[1]) == "":
                message = f"the row '{key}' has no '{named[1]}', which is the title of '{document.name}'"
                references.add_problem(place.problem(message, "fill in the cell", kind="no-title"))
            yield document, place


def printable_columns(brief: Brief, tables: Mapping[str, Table]) -> KnownNames:
    """The columns of the document's row that the texts of a brief may print: ``name``, ``region.name``."""
    if brief.for_each is None:
        return ()
    if (table := tables.get(brief.for_each)) is None:
        return None
    columns = table.spec.columns
    # A column such as name.ps is printed for name, in its language.
    names = [name for name, one in columns.items() if is_printable(one, tables) and "." not in name]
    for name, column in columns.items():
        if column.table and column.table in tables:
            names += [f"{name}.{further}" for further in tables[column.table].spec.columns]
    return names


def find_row_problems(
    briefs: Mapping[str, Brief], texts: Mapping[str, Mapping[str, Any]], references: References
) -> Iterator[Problem]:
    """Problems of the columns that texts print of a document's row, in all briefs that print these texts."""
    # ``texts`` are the texts of each kind, by name. A text that no brief prints may not name a row.
    unused = {id(one): one for group in texts.values() for one in group.values()}
    found = list[tuple[KnownNames, dict[int, Any]]]()  # the columns of each brief, with the texts that it prints
    for brief in briefs.values():
        known, printed = replace(references, for_each=brief.for_each), dict[int, Any]()
        for block in every_block(brief.blocks):
            for what, group in texts.items():
                printed |= {id(group[name]): group[name] for name in known.find_names(block, what) if name in group}
        found.append((printable_columns(brief, references.tables), printed))
        unused = {key: one for key, one in unused.items() if key not in printed}
    for row, printed in [*found, ((), unused)]:
        for text in text_checks.every_text([*printed.values()]):
            if isinstance(text, RichText):
                yield from text_checks.find_unknown_references(text, None, None, row)


def find_brief_problems(brief: Brief, references: References, *, whole: bool) -> Iterator[Problem]:
    """Problems of a brief's blocks. A brief that could not be read as a ``whole`` need not have sources."""
    blocks = list(every_block(brief.blocks))
    for block in blocks:
        if block.needs_row:
            yield from references.check_has_row(block)
        yield from references.find_broken_references(block)
        yield from block.find_problems(references)
    yield from picture_files.check_resolution(brief.blocks, references.pictures)
    cited = [index for index, block in enumerate(blocks) if isinstance(block, SourcesBlock)]
    if not cited and whole:
        message, hint = "the brief prints no sources", "end the blocks with '- sources: …'"
        yield brief.blocks[-1].location.problem(message, hint, kind="no-sources")
    elif cited and cited[0] != len(blocks) - 1:
        message, hint = "the sources must be the last block", "they number what stands above them"
        yield blocks[cited[0]].location.problem(message, hint, kind="sources-not-last")


def require_folder(folder: Path) -> None:
    """A problem if a folder does not exist, or holds no publication."""
    if not os.path.isdir(folder) or not any(name.endswith(".yaml") for name in os.listdir(folder)):
        hint = "name its folder: --publication DIR"
        raise Problems(f"there is no publication in '{folder}'", hint=hint, kind="missing-folder")


@limits.limit_step("the check of the publication")
def load_publication(folder: Path, covered: Collection[int] | None = None) -> Publication:
    """The publication, or ``Problems`` with all its faults. Characters must be ``covered`` by the fonts, if given."""
    require_folder(folder)
    parts = list_dataset_files(folder)
    references = References(files=parts)
    references.problems += filter(None, map(name_problem, parts, parts.values()))
    references.problems += find_unused_files(folder, parts)
    files = _FileReader(folder, parts, references, ModelReader(references.problems))
    imprint = files.read_record("publication.yaml", Imprint, "the publication")
    references.names["language"] = known_languages()
    languages = _read_languages(imprint, references)
    references.names["picture"] = [name for name in parts if name.startswith(picture_files.PICTURES_FOLDER)]
    references.pictures = picture_files.read_pictures(parts, references.problems)
    if imprint and imprint.logo:
        references.problems += references.find_broken_references(imprint.logo)
        references.problems += picture_files.check_logo_resolution(imprint.logo, references.pictures)
    references.problems += _find_unused_translations(parts, imprint.language_tags[1:]) if imprint else ()
    sources = files.read_entries("source", "sources.yaml", Source, needed=True)
    references.sources = sources
    for source in (one for one in sources.values() if not (one.address or one.read_at)):
        message, hint = f"the source '{source.id}' has no address", "add 'address', or 'read_at' if you read a copy"
        references.problems.append(source.location.problem(message, hint, kind="no-address"))
    figures = files.read_entries("figure", "figures.yaml", Figure)
    specs = files.read_entries("table", "tables.yaml", TableSpec)
    texts = files.read_texts()
    briefs = files.read_briefs()
    faulty = {problem.file for problem in references.problems}
    # The columns of all languages are read, not only of those that are printed: the publication may add a language.
    tables = read_tables(folder, specs, references, {*known_languages()} - {languages[0].tag})
    references.problems += check_colour_contrast(imprint.colours) if imprint else ()
    references.problems += figure_checks.check_totals(references)
    values = figure_checks.FigureEvaluator(figures, references, languages[0]).evaluate_figures()
    for group in TEXT_GROUPS.values():
        for item in getattr(texts, group).values():
            references.problems += references.find_broken_references(item)
    context = (languages[0], references, values, files.read_word_lists(languages[0]), covered)
    check_texts = partial(text_checks.find_text_problems, *context, names=text_checks.names_with_numbers(specs))
    references.problems += check_texts(imprint, figures, specs, sources)
    references.problems += check_texts(texts, row=None)
    references.values = values
    references.percentages = [name for name, one in figures.items() if one.measure in PERCENT_SIGNS]
    by_kind = {what: getattr(texts, group) for what, group in TEXT_GROUPS.items()}
    references.problems += find_row_problems(briefs, by_kind, references)
    for brief in briefs.values():
        references.problems += check_texts(brief, row=printable_columns(brief, tables))
        known = replace(references, for_each=brief.for_each)
        references.problems += find_brief_problems(brief, known, whole=brief.location.file not in faulty)
    for table in tables.values():
        references.problems += _find_private_problems(table.spec, briefs.values(), figures.values())
    if not faulty & {path for name, path in parts.items() if name.startswith("briefs/")}:
        references.problems += _find_unused_shapes(parts, briefs.values())
    documents = list_documents(briefs, references)
    for table in tables.values():
        parts_of_rows = [part for row in table.lines for part in row.searchable_parts()]
        # Most tables have no fault, and checking all texts at once takes a tenth of the time of checking each.
        if any(_check_characters("\n".join(text for text, _ in parts_of_rows), table.spec.location, covered)):
            for text, place in parts_of_rows:
                references.problems += _check_characters(text, place, covered)
    hide_private = partial(hide_private_cells, specs=specs.values(), tables=tables, folder=folder)
    _raise_errors(references, hide_private)
    whole = (imprint, sources, figures, values, tables, texts, briefs, documents)
    shapes, pictures = references.shapes, references.pictures
    publication = Publication(folder, *whole, languages, languages[0], shapes, pictures=pictures)
    references.problems += _find_carried_private_columns(publication)
    _raise_errors(references, hide_private)
    warnings = hide_private(references.problems.as_sorted_tuple())
    return replace(publication, warnings=tuple(warnings))


def _raise_errors(references: References, hide_private: Callable[[Iterable[Problem]], Iterable[Problem]]) -> None:
    problems = tuple(hide_private(references.problems.as_sorted_tuple()))
    if any(problem.severity == "error" for problem in problems):
        raise Problems(problems)


def _find_carried_private_columns(publication: Publication) -> Iterator[Problem]:
    """Problems of private columns that PDFs would carry: of all rows, or in a whole workbook."""
    for table in publication.tables.values():
        private = table.spec.private_columns
        if private and is_carried_whole(publication, table.spec):
            message = f"PDFs carry the whole workbook of '{table.spec.id}', and '{min(private)}' is private"
            hint = "take out 'workbooks: whole'"
            yield table.spec.location.problem(message, hint, kind="private")
    for brief in publication.briefs.values():
        if brief.carry != "all":
            continue
        printed = collect_printed_names(publication, brief).columns
        for name, columns in printed.items():
            if private := publication.tables[name].spec.private_columns & columns:
                message = f"the PDFs of '{brief.id}' carry what they print, and '{min(private)}' is private"
                yield brief.location.problem(message, "write 'carry: own', or 'carry: none'", kind="private")


def _find_private_problems(spec: TableSpec, briefs: Iterable[Brief], figures: Iterable[Figure]) -> Iterator[Problem]:
    """Problems of private columns that others would see: by PDFs, the index, or figures of all rows."""
    private = spec.private_columns
    for name in private:
        if name in (*spec.key, spec.name_column) or spec.columns[name].type in ("key", "sources"):
            message = f"the column '{name}' cannot be private: it names the rows, their sources, or other rows"
            yield spec.columns[name].location.problem(message, "make a column of its own private", kind="private")
    for brief in briefs if private else ():
        place, blocks = brief.location, every_block(brief.blocks)
        by = [one.by for one in blocks if isinstance(one, (BadgeBlock, RecordBlock))]
        texts = " ".join((brief.title, brief.subtitle, brief.short, brief.subject, *(f"{{row.{name}}}" for name in by)))
        if spec.id == brief.for_each and (shown := private & {*re.findall(r"\{\s*row\.([^.}\s]+)", texts)}):
            message = f"the column '{min(shown)}' is private, and the index shows titles, and what a badge shows"
            yield place.problem(message, "print it in a text of the blocks", kind="private")
    for figure in figures if private else ():
        for at in filter(None, (figure.cell, figure.count, figure.cells, figure.check)):
            columns = {*getattr(at, "where", ()), getattr(at, "column", None)}
            if getattr(at, "table", "") == spec.id and (read := private & columns):
                message = f"the figure '{figure.id}' reads '{min(read)}', which is private"
                yield figure.location.problem(message, "a figure is for all readers", kind="private")


def _check_characters(text: str, place: SourceLocation, covered: Collection[int] | None) -> Iterator[Problem]:
    yield from text_checks.find_markup(text, place)
    yield from text_checks.find_direction_characters(text, place)
    if covered is not None:
        yield from text_checks.find_missing_characters(text.replace("\t", ""), place, covered)


def _read_languages(imprint: Imprint | None, references: References) -> tuple[Language, ...]:
    if imprint is None:
        return (load_language(_DEFAULT_LANGUAGE),)
    tags = list(imprint.language_tags)
    if not tags:
        hint = "add 'languages: [fa-AF]'; the first is that of the files"
        references.add_problem(imprint.location.problem("no language is named", hint, kind="missing-key"))
    for number, tag in enumerate(tags):
        if tag in tags[:number]:
            references.add_problem(tag.problem(f"the language '{tag}' stands twice", kind="language-twice"))
    if imprint.language and imprint.language != tags[0]:
        message = f"'language' is '{imprint.language}', and the first of the 'languages' is '{tags[0]}'"
        references.add_problem(imprint.language.problem(message, "delete the line 'language'", kind="language-twice"))
    unknown = [tag for tag in tags if tag not in known_languages()]
    for tag in unknown:
        hint = nearest_language(tag, known_languages())
        references.add_problem(tag.problem(f"there is no language '{tag}'", hint, kind="unknown-language"))
    return tuple(map(load_language, dict.fromkeys(tags) if tags and not unknown else [_DEFAULT_LANGUAGE]))


def _find_unused_translations(parts: Mapping[str, Path], tags: Collection[str]) -> Iterator[Problem]:
    for name, path in parts.items():
        tag = Path(name).stem
        if name.endswith(".po") and tag not in tags:
            message = f"nothing reads this file: the publication is not translated into '{tag}'"
            hint = nearest_language(tag, known_languages())
            if tag in known_languages():
                hint = f"add '{tag}' behind the first of the languages in publication.yaml, or delete the file"
            yield Problem(message, path, hint=hint, severity="warning", kind="unused-translation")


def _find_unused_shapes(parts: Mapping[str, Path], briefs: Collection[Brief]) -> Iterator[Problem]:
    """A warning for each file of shapes that no map draws. PDFs would carry it, too."""
    drawn = {getattr(block, "shapes", "") for brief in briefs for block in every_block(brief.blocks)}
    for name, path in parts.items():
        if name.startswith(MAPS_FOLDER) and name not in drawn:
            hint = f"name it in a map: 'shapes: {name}', or delete the file"
            yield Problem("no map draws these shapes", path, hint=hint, severity="warning", kind="unused-shapes")


def load_word_lists(folder: Path, language: Language) -> WordLists:
    """The word lists of a language, with that of the publication."""
    accepted = folder / "words.txt"
    return load_language_words(language, *([accepted] if os.path.lexists(accepted) else []))


@dataclass
class _FileReader:
    folder: Path
    parts: Collection[str]
    references: References
    reader: ModelReader

    def read_record(self, name: str, kind: Any, what: str, **given: Any) -> Any:
        node = self._read_node(name)
        return node and self.reader.read_model(kind, node, what, **given)

    def _read_node(self, name: str) -> YamlMapping | None:
        with self.references.problems.catch():
            return read_yaml(self.folder / name)
        return None

    def read_entries(self, what: str, name: str, kind: Any, *, needed: bool = False) -> dict[str, Any]:
        """The entries of a file by their names. Each is a ``what``, such as a figure."""
        if not needed and name not in self.parts:
            self.references.names[what] = ()
            return {}
        node = self._read_node(name)
        self.references.names[what] = node.items.keys() if node else None
        return (node and self.reader.read_value(Mapping[str, kind], node, f"'{name}'")) or {}

    def read_texts(self) -> Texts:
        there = "texts.yaml" in self.parts
        node = self._read_node("texts.yaml") if there else None
        items = node.items if node else {}
        # The names of a group are unknown if the file cannot be read, or if the group's key may be misspelt.
        sound = not there or (node and items.keys() <= {*TEXT_GROUPS.values()})
        for what, key in TEXT_GROUPS.items():
            group, absent = items.get(key), () if sound and key not in items else None
            self.references.names[what] = group.items.keys() if isinstance(group, YamlMapping) else absent
        read = node and self.reader.read_model(Texts, node, "the texts")
        return read or Texts(location=SourceLocation(self.folder))

    def read_briefs(self) -> dict[str, Brief]:
        names = [name for name in self.parts if name.startswith("briefs/")]
        if not names:
            message, hint = "the publication has no brief", "add briefs/NAME.yaml"
            self.references.add_problem(Problem(message, self.folder / "briefs", hint=hint, kind="no-brief"))
        read = (self.read_record(name, Brief, "the brief", id=Path(name).stem) for name in names)
        return {brief.id: brief for brief in read if brief}

    def read_word_lists(self, language: Language) -> WordLists | None:  # None if unreadable
        try:
            return load_word_lists(self.folder, language)
        except Problems as raised:
            self.references.problems += [replace(problem, kind="word-list") for problem in raised.problems]
            return None
