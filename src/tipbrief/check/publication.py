"""Check: a folder becomes a Publication, or the list of all its problems in one run."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.check.blocks import Brief, Document
from tipbrief.check.briefs import documents_of, faults_of, row_names
from tipbrief.check.contrast import faint_colours
from tipbrief.check.figures import Evaluation
from tipbrief.check.models import Figure, Imprint, Source, Table, TableSpec, Texts
from tipbrief.check.references import References
from tipbrief.check.tables import counted, read_tables, row_sources
from tipbrief.check.texts import directed, markup, missing_characters, numbered_names, text_faults
from tipbrief.language.language import Language, known_languages, language, nearest_language
from tipbrief.language.spelling import Words, load_words
from tipbrief.load.places import Place, Text
from tipbrief.load.schema import Reader
from tipbrief.load.yaml_nodes import Keyed, read_yaml
from tipbrief.pdf.attachments import name_problem
from tipbrief.pdf.dataset import dataset_files, left_out
from tipbrief.problems import Problem, Problems

_FIRST = "fa-AF"  # where a publication does not say
# What ``texts.yaml`` holds under which key.
_TEXT_GROUPS = {"prose": "prose", "quotation": "quotations", "definition": "definitions", "event": "timeline"}


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
    unreviewed: bool = False  # a translation that no native reader has seen
    untranslated: tuple[Problem, ...] = ()  # what stands in the language of the files, or was another text
    waiting: int = 0  # so many texts are untranslated, of which not each is told
    reasons: Mapping[str, Text] = field(default_factory=dict)  # of corrections, as they are printed
    warnings: tuple[Problem, ...] = ()

    def figure_sources(self, name: str) -> tuple[str, ...]:
        """The ids of all sources on which a figure rests, in the order in which they are named."""
        figure = self.figures[name]
        found = [str(source) for source in figure.sources]
        if figure.cell:
            table = self.tables[figure.cell.table]
            found += row_sources(table, table.by_key[figure.cell.row])[:1]
        if figure.count and not found:
            table = self.tables[figure.count.table]
            rows = counted(table, figure.count)
            found += table.spec.sources or [row_sources(table, row)[0] for row in rows]
        for part in figure.sum:
            found += self.figure_sources(part)
        return tuple(dict.fromkeys(found))


@limits.bounded("the check of the publication")
def load(folder: Path, covered: Collection[int] | None = None) -> Publication:
    """Read and check a publication; ``Problems`` holds everything that is wrong with it.

    ``covered`` are the characters that the fonts have; without it they are not checked.
    """
    if not os.path.isdir(folder):
        hint = "name its folder: --publication DIR"
        raise Problems(f"there is no publication in '{folder}'", hint=hint, kind="missing-folder")
    parts = dataset_files(folder)
    references = References()
    references.problems += filter(None, map(name_problem, parts, parts.values()))
    references.problems += left_out(folder, parts)
    files = _Files(folder, parts, references, Reader(references.problems))
    imprint = files.record("publication.yaml", Imprint, "the publication")
    references.names["language"] = known_languages()
    languages = _languages(imprint, references)
    references.problems += _no_translations(parts, imprint.tags[1:]) if imprint else ()
    sources = files.entries("source", "sources.yaml", Source, needed=True)
    figures = files.entries("figure", "figures.yaml", Figure)
    specs = files.entries("table", "tables.yaml", TableSpec)
    texts = files.texts()
    briefs = files.briefs()
    faulty = {problem.file for problem in references.problems}
    # Also of languages that are not printed: a copy may name others than what it was copied from.
    tables = read_tables(folder, specs, references, {*known_languages()} - {languages[0].tag})
    references.problems += faint_colours(imprint.colours) if imprint else ()
    values = Evaluation(figures, references, languages[0]).run()
    for group in _TEXT_GROUPS.values():
        for item in getattr(texts, group).values():
            references.problems += references.faults(item)
    of_texts = (languages[0], references, values, files.words(languages[0]), covered)
    faults_in = partial(text_faults, *of_texts, names=numbered_names(specs))
    references.problems += faults_in(imprint, figures, texts, specs, sources)
    for brief in briefs.values():
        references.problems += faults_in(brief, row=row_names(brief, tables))
        of_brief = replace(references, for_each=brief.for_each)
        references.problems += faults_of(brief, of_brief, whole=brief.place.file not in faulty)
    documents = documents_of(briefs, references)
    for row in (row for table in tables.values() for row in table.lines):
        whole_row = "\t".join(row.cells)
        references.problems += markup(whole_row, row.place)
        references.problems += directed(whole_row, row.place)
        if covered is not None:
            references.problems += missing_characters("".join(row.cells), row.place, covered)
    found = references.problems.in_order()
    if any(problem.severity == "error" for problem in found):
        raise Problems(found)
    whole = (imprint, sources, figures, values, tables, texts, briefs, documents)
    return Publication(folder, *whole, languages, languages[0], warnings=found)


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
        sound = not there or (node and items.keys() <= {*_TEXT_GROUPS.values()})
        for what, key in _TEXT_GROUPS.items():
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
