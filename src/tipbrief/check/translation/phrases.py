"""Phrases: all texts of a publication that are translated, each with the path by which it is known."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tipbrief.check.models import Quotation, Table, TableSpec, TranslationColumn
from tipbrief.check.publication import Publication
from tipbrief.language.language import Language
from tipbrief.load.schema import Model, Phrase
from tipbrief.load.source_text import SourceLocation, Text

REASON_PREFIX = "ledger/"
# What a translator should know of a text: where it is printed. By class and field, or by field alone.
_PURPOSES = {
    "Imprint.title": "title of the publication",
    "Imprint.series": "line above the title of each sheet",
    "Imprint.publisher": "who publishes this",
    "Imprint.contact": "line for readers who find an error",
    "Logo.alt": "says what the logo shows, to those who do not see it",
    "ImageBlock.alt": "says what a picture shows, to those who do not see it",
    "ImageBlock.credit": "who made a picture",
    "ImageBlock.caption": "line under a picture",
    "Source.title": "title of a source",
    "Source.publisher": "publisher of a source",
    "Figure.label": "label under a large number",
    "TableSpec.title": "title of a table",
    "Column.label": "heading of a column",
    "Choice.label": "one of the values of a column",
    "Choice.short": "in a narrow box: as short as can be",
    "Choice.remark": "under a strip of years",
    "Choice.remark_one": "under a strip of years, of one year alone",
    "Prose.text": "text",
    "Quotation.text": "quotation",
    "Quotation.speaker": "who said it",
    "Definition.term": "term that is defined",
    "Definition.text": "definition",
    "Event.text": "entry of a timeline",
    "Brief.title": "title of a sheet",
    "Brief.subtitle": "line under the title of a sheet",
    "Brief.short": "short title, in the foot of each page",
    "Brief.subject": "what a sheet is about, for programs and catalogues",
    "title": "heading",
    "caption": "line under a chart",
    "part_label": "legend of a chart",
    "outline_label": "legend of a map",
    "no_data": "legend of a map: land without data",
}

# A phrase in another form, by its path, itself, and what it is to readers.
PhraseChange = Callable[[str, Phrase, str], Phrase]


@dataclass(frozen=True, slots=True)
class TranslatableText:
    """A text that is to be translated: its path, what it is to readers."""

    context: str
    text: Text
    purpose: str

    @property
    def source(self) -> str:
        """The text as translators see it."""
        return unwrap_lines(self.text)

    def location(self, folder: Path) -> str:
        """File and line, as a PO file names them."""
        file = self.text.location.file
        name = (file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix()
        return f"{name}:{self.text.location.line}"


def unwrap_lines(text: str) -> str:
    """A text without the line breaks of its file; what blank lines part stays parted."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def collect_texts(publication: Publication, language: Language, reasons: Iterable[Text] = ()) -> list[TranslatableText]:
    """All texts that the PO file of a language is asked for, in the order of the files."""
    found: dict[str, TranslatableText] = {}

    def ask(context: str, phrase: Phrase, what: str) -> Phrase:
        found.setdefault(context, TranslatableText(context, phrase, what))
        return phrase

    map_publication_phrases(publication, ask)
    for table in publication.tables.values():
        for column, own in translatable_columns(table.spec, language.tag).items():
            for key, phrase in non_empty_cells(table, column) if not own else ():
                label = table.spec.columns[column].label
                ask(cell_context(table, key, column), phrase, f"cell of '{label or column}'")
    for reason in reasons:
        ask(reason_context(reason), Phrase(reason, reason.location), "why a value was changed")
    return [*found.values()]


def map_publication_phrases(publication: Publication, change: PhraseChange) -> dict[str, Any]:
    """The fields of a publication that hold phrases, each as ``change`` has it; of tables their ``specs``."""
    of, briefs = publication, publication.briefs
    specs = {name: _drop_translation_columns(table.spec) for name, table in of.tables.items()}
    return {
        "imprint": map_phrases(of.imprint, "publication.yaml:", change),
        "sources": map_phrases(of.sources, "sources.yaml:", change),
        "figures": map_phrases(of.figures, "figures.yaml:", change),
        "specs": map_phrases(specs, "tables.yaml:", change),
        "texts": map_phrases(of.texts, "texts.yaml:", change),
        "briefs": {name: map_phrases(brief, f"briefs/{name}.yaml:", change) for name, brief in briefs.items()},
    }


def map_phrases(part: Any, path: str, change: PhraseChange, what: str = "") -> Any:
    """A part of a publication with each phrase as ``change`` has it; the part itself where it has none."""
    if isinstance(part, Phrase):
        return change(path, part, what)
    if isinstance(part, (str, int, SourceLocation)):
        return part
    if isinstance(part, Model):
        was: dict[Any, Any] = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    elif isinstance(part, Mapping):
        was = dict(part)
    elif isinstance(part, tuple):
        was = dict(enumerate(part))
    else:
        return part
    before = path if path.endswith(":") else f"{path}."
    new = {
        key: map_phrases(item, f"{before}{key}", change, _find_purpose(part, key) if isinstance(item, Phrase) else "")
        for key, item in was.items()
    }
    if all(new[key] is was[key] for key in was):
        return part
    if isinstance(part, Model):
        return dataclasses.replace(part, **new)
    return tuple(new.values()) if isinstance(part, tuple) else new


def _find_purpose(model: Any, field: str) -> str:
    if not isinstance(model, Model):
        return ""
    names = [f"{one.__name__}.{field}" for one in type(model).__mro__]
    what = next((_PURPOSES[name] for name in [*names, field] if name in _PURPOSES), "text")
    if isinstance(model, Quotation) and field == "text" and model.original:
        return f"{what}; as it was said: {' '.join(model.original.split())}"
    return what


# Cells


def translatable_columns(spec: TableSpec, tag: str) -> dict[str, str]:
    """The columns of words that readers of a language have translated, each with the column that does so.

    It is empty where the PO file does. A key stays: by it rows are found.
    """
    others = {str(other) for column in spec.columns.values() for other in column.languages.values()}
    return {
        name: column.languages.get(tag, "")
        for name, column in spec.columns.items()
        if column.type == "text" and name not in others and name not in spec.key
    }


def non_empty_cells(table: Table, column: str) -> Iterator[tuple[str, Phrase]]:
    """The cells of a column that are not empty, by the keys of their rows."""
    for (key, row), line in zip(table.by_key.items(), table.lines, strict=True):
        if row[column]:
            yield key, Phrase(row[column], line.location)


def cell_context(table: Table, key: str, column: str) -> str:
    """The path of a cell."""
    return f"{table.spec.file}:{key}.{column}"


def reason_context(reason: Text) -> str:
    """The path of a reason in the ledger, whose entries never change; in the old form it has its line."""
    line = f"{reason.location.line}." if reason.location.line > 1 else ""
    return f"{REASON_PREFIX}{reason.location.file.name}:{line}reason"


def _drop_translation_columns(spec: TableSpec) -> TableSpec:
    """A table as its file declares it, without the columns of translations that nobody declared."""
    columns = {name: one for name, one in spec.columns.items() if not isinstance(one, TranslationColumn)}
    return spec if len(columns) == len(spec.columns) else dataclasses.replace(spec, columns=columns)
