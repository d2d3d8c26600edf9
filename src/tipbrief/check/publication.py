"""Check: a folder becomes a Publication, or the list of all its problems in one run."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.check.blocks import Brief, Document, every_block
from tipbrief.check.briefs import documents_of, faults_of, row_faults, row_names
from tipbrief.check.contrast import faint_colours
from tipbrief.check.derivation import Derivation, cells_in, counted, exact
from tipbrief.check.figures import Evaluation
from tipbrief.check.models import TEXT_GROUPS, Count, Figure, Imprint, Source, Table, TableSpec, Texts
from tipbrief.check.pictures import FOLDER, Picture, coarse_logo, read_pictures
from tipbrief.check.references import References
from tipbrief.check.shapes import ROOM, MapShelf, Shapes
from tipbrief.check.tables import read_tables, row_sources
from tipbrief.check.texts import directed, markup, missing_characters, numbered_names, text_faults
from tipbrief.check.totals import unequal_totals
from tipbrief.language.language import Language, known_languages, language, nearest_language
from tipbrief.language.spelling import Words, load_words
from tipbrief.load.places import Place, Text
from tipbrief.load.schema import Reader
from tipbrief.load.yaml_nodes import Keyed, read_yaml
from tipbrief.pdf.attachments import name_problem
from tipbrief.pdf.dataset import dataset_files, left_out
from tipbrief.problems import Problem, Problems

_FIRST = "fa-AF"  # where a publication does not say


@dataclass(frozen=True, slots=True)
class Publication:
    """A checked dataset with its briefs, in one of its languages; the first is that of the files."""

    folder: Path
    imprint: Imprint
    sources: Mapping[str, Source]
    figures: Mapping[str, Figure]
    values: Mapping[str, Decimal]
    tables: Mapping[str, Table]
    texts: Texts
    briefs: Mapping[str, Brief]
    documents: Mapping[str, Document]
    languages: tuple[Language, ...]
    language: Language
    shapes: Mapping[str, Shapes] = field(default_factory=dict)  # that its maps draw
    unreviewed: bool = False  # a translation that no native reader has seen
    untranslated: tuple[Problem, ...] = ()  # what stands in the language of the files, or was another text
    waiting: int = 0  # so many texts are untranslated, of which not each is told
    reasons: Mapping[str, Text] = field(default_factory=dict)  # of corrections, as they are printed
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()

    def figure_sources(self, name: str) -> tuple[str, ...]:
        """The ids of all sources on which a figure rests, in the order in which they are named."""
        found, waiting, seen = list[str](), [name], set[str]()
        while waiting:
            if (one := waiting.pop()) not in seen:
                seen.add(one)
                found += self._own_sources(self.figures[one])
                waiting += reversed(self.figures[one].parts)
        return tuple(dict.fromkeys(found))

    def _own_sources(self, figure: Figure) -> list[str]:
        """The sources of a figure without those of figures of which it is derived."""
        found = [str(source) for source in figure.sources]
        if figure.cell:
            table = self.tables[figure.cell.table]
            found += row_sources(table, table.by_key[figure.cell.row])[:1]
        if (of := figure.count or figure.cells) and not found:
            table = self.tables[of.table]
            rows = counted(table, of) if isinstance(of, Count) else cells_in(table, of)[1]
            found += table.spec.sources or [row_sources(table, row)[0] for row in rows]
        return found

    def derivation(self, name: str) -> Derivation:
        """On how many rows a derived figure rests, and whether it was rounded."""
        figure = self.figures[name]
        values, rows, blank = [self.values[part] for part in figure.parts], list[Any](), 0
        if figure.cells:
            values, rows, blank = cells_in(self.tables[figure.cells.table], figure.cells)
        return Derivation(len(rows), blank, exact(figure.way, values) != Fraction(self.values[name]))


def require_folder(folder: Path) -> None:
    """A problem where there is no such folder, or it holds nothing of a publication."""
    if not os.path.isdir(folder) or not any(name.endswith(".yaml") for name in os.listdir(folder)):
        hint = "name its folder: --publication DIR"
        raise Problems(f"there is no publication in '{folder}'", hint=hint, kind="missing-folder")


@limits.bounded("the check of the publication")
def load(folder: Path, covered: Collection[int] | None = None) -> Publication:
    """Read and check a publication; ``Problems`` holds everything that is wrong with it.

    ``covered`` are the characters that the fonts have; without it they are not checked.
    """
    require_folder(folder)
    parts = dataset_files(folder)
    references = References(maps=MapShelf(parts))
    references.problems += filter(None, map(name_problem, parts, parts.values()))
    references.problems += left_out(folder, parts)
    files = _Files(folder, parts, references, Reader(references.problems))
    imprint = files.record("publication.yaml", Imprint, "the publication")
    references.names["language"] = known_languages()
    languages = _languages(imprint, references)
    _read_pictures(imprint, parts, references)
    references.problems += _no_translations(parts, imprint.tags[1:]) if imprint else ()
    sources = files.entries("source", "sources.yaml", Source, needed=True)
    references.sources = sources
    figures = files.entries("figure", "figures.yaml", Figure)
    specs = files.entries("table", "tables.yaml", TableSpec)
    texts = files.texts()
    briefs = files.briefs()
    faulty = {problem.file for problem in references.problems}
    # Also of languages that are not printed: a copy may name others than what it was copied from.
    tables = read_tables(folder, specs, references, {*known_languages()} - {languages[0].tag})
    references.problems += faint_colours(imprint.colours) if imprint else ()
    references.problems += unequal_totals(references)
    values = Evaluation(figures, references, languages[0]).run()
    for group in TEXT_GROUPS.values():
        for item in getattr(texts, group).values():
            references.problems += references.faults(item)
    of_texts = (languages[0], references, values, files.words(languages[0]), covered)
    faults_in = partial(text_faults, *of_texts, names=numbered_names(specs))
    references.problems += faults_in(imprint, figures, specs, sources)
    references.problems += faults_in(texts, row=None)
    by_kind = {what: getattr(texts, group) for what, group in TEXT_GROUPS.items()}
    references.problems += row_faults(briefs, by_kind, references)
    for brief in briefs.values():
        references.problems += faults_in(brief, row=row_names(brief, tables))
        of_brief = replace(references, for_each=brief.for_each)
        references.problems += faults_of(brief, of_brief, whole=brief.place.file not in faulty)
    if not faulty & {path for name, path in parts.items() if name.startswith("briefs/")}:
        references.problems += _no_maps(parts, briefs.values())
    documents = documents_of(briefs, references)
    for table in tables.values():
        parts_of_rows = [part for row in table.lines for part in row.parts()]
        # Almost always nothing is wrong with any: one look at all of them takes a tenth of one at each.
        if any(_doubts("\n".join(text for text, _ in parts_of_rows), table.spec.place, covered)):
            for text, place in parts_of_rows:
                references.problems += _doubts(text, place, covered)
    found = references.problems.in_order()
    if any(problem.severity == "error" for problem in found):
        raise Problems(found)
    whole = (imprint, sources, figures, values, tables, texts, briefs, documents)
    made = Publication(folder, *whole, languages, languages[0], warnings=found)
    return replace(made, shapes=references.maps.found, pictures=references.pictures)


def _doubts(text: str, place: Place, covered: Collection[int] | None) -> Iterator[Problem]:
    """What is wrong with the characters of cells."""
    yield from markup(text, place)
    yield from directed(text, place)
    if covered is not None:
        yield from missing_characters(text.replace("\t", ""), place, covered)


def _languages(imprint: Imprint | None, references: References) -> tuple[Language, ...]:
    """The languages of a publication; where that is not known, what is in the others' place."""
    if imprint is None:
        return (language(_FIRST),)
    tags = list(imprint.tags)
    if not tags:
        hint = "add 'languages: [fa-AF]'; the first is that of the files"
        references.add(imprint.place.problem("no language is named", hint, kind="missing-key"))
    for number, tag in enumerate(tags):
        if tag in tags[:number]:
            references.add(tag.problem(f"the language '{tag}' stands twice", kind="language-twice"))
    if imprint.language and imprint.language != tags[0]:
        message = f"'language' is '{imprint.language}', and the first of the 'languages' is '{tags[0]}'"
        hint = "delete the line 'language'"
        references.add(imprint.language.problem(message, hint, kind="language-twice"))
    unknown = [tag for tag in tags if tag not in known_languages()]
    for tag in unknown:
        hint = nearest_language(tag, known_languages())
        references.add(tag.problem(f"there is no language '{tag}'", hint, kind="unknown-language"))
    return (
        tuple(language(tag) for tag in dict.fromkeys(tags)) if tags and not unknown else (language(_FIRST),)
    )


def _read_pictures(imprint: Imprint | None, parts: Mapping[str, Path], references: References) -> None:
    """The pictures of the publication and its logo, or what is wrong with them, go into ``references``."""
    references.names["picture"] = [name for name in parts if name.startswith(FOLDER)]
    references.pictures = read_pictures(parts, references.problems)
    if imprint and imprint.logo:
        references.problems += references.faults(imprint.logo)
        references.problems += coarse_logo(imprint.logo, references.pictures)


def _no_translations(parts: Mapping[str, Path], tags: Collection[str]) -> Iterator[Problem]:
    """A warning for each PO file of a language that is not one of those into which it is translated."""
    for name, path in parts.items():
        tag = Path(name).stem
        if name.endswith(".po") and tag not in tags:
            message = f"nothing reads this file: the publication is not translated into '{tag}'"
            hint = nearest_language(tag, known_languages())
            if tag in known_languages():
                hint = (
                    f"add '{tag}' behind the first of the languages in publication.yaml, or delete the file"
                )
            yield Problem(message, path, hint=hint, severity="warning", kind="unused-translation")


def _no_maps(parts: Mapping[str, Path], briefs: Collection[Brief]) -> Iterator[Problem]:
    """A warning for each file of shapes that no map draws: all PDFs would carry it."""
    drawn = {getattr(block, "shapes", "") for brief in briefs for block in every_block(brief.blocks)}
    for name, path in parts.items():
        if name.startswith(ROOM) and name not in drawn:
            hint = f"name it in a map: 'shapes: {name}', or delete the file"
            message = "no map draws these shapes"
            yield Problem(message, path, hint=hint, severity="warning", kind="unused-shapes")


def words_of(folder: Path, language: Language) -> Words:
    """The word lists for the spelling of a publication in a language, its own among them."""
    accepted = folder / "words.txt"
    return load_words(language, *([accepted] if os.path.lexists(accepted) else []))


@dataclass
class _Files:
    """Reads the files of a publication; their faults and the names in them go into ``references``."""

    folder: Path
    parts: Collection[str]
    references: References
    reader: Reader

    def record(self, name: str, kind: Any, what: str, **given: Any) -> Any:
        """What a file holds; None where it cannot be read."""
        node = self._node(name)
        return node and self.reader.record(kind, node, what, **given)

    def _node(self, name: str) -> Keyed | None:
        try:
            return read_yaml(self.folder / name)
        except Problems as found:
            self.references.problems += found.problems
            return None

    def entries(self, what: str, name: str, kind: Any, *, needed: bool = False) -> dict[str, Any]:
        """The entries of a file by their names; each is a ``what``."""
        if not needed and name not in self.parts:
            self.references.names[what] = ()
            return {}
        node = self._node(name)
        self.references.names[what] = node.items.keys() if node else None
        return (node and self.reader.read(Mapping[str, kind], node, f"'{name}'")) or {}

    def texts(self) -> Texts:
        """The texts; none where there is no such file."""
        there = "texts.yaml" in self.parts
        node = self._node("texts.yaml") if there else None
        items = node.items if node else {}
        # The names of a group are not known where it cannot be read, or may be the one that is misspelt.
        sound = not there or (node and items.keys() <= {*TEXT_GROUPS.values()})
        for what, key in TEXT_GROUPS.items():
            group, absent = items.get(key), () if sound and key not in items else None
            self.references.names[what] = group.items.keys() if isinstance(group, Keyed) else absent
        return (node and self.reader.record(Texts, node, "the texts")) or Texts(place=Place(self.folder))

    def briefs(self) -> dict[str, Brief]:
        """The briefs that can be read."""
        names = [name for name in self.parts if name.startswith("briefs/")]
        if not names:
            message, hint = "the publication has no brief", "add briefs/NAME.yaml"
            self.references.add(Problem(message, self.folder / "briefs", hint=hint, kind="no-brief"))
        read = (self.record(name, Brief, "the brief", id=Path(name).stem) for name in names)
        return {brief.id: brief for brief in read if brief}

    def words(self, language: Language) -> Words | None:
        """The word lists for the check of spelling; None where the publication's own cannot be read."""
        try:
            return words_of(self.folder, language)
        except Problems as raised:
            self.references.problems += [replace(problem, kind="word-list") for problem in raised.problems]
            return None
