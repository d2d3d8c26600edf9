"""Phrases: the texts of a publication to translate, each with its path, and the update of their PO file."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from tipbrief.check.models import Quotation, Table, TableSpec, TranslationColumn
from tipbrief.check.publication import Publication
from tipbrief.language.language import Language, read_data_file
from tipbrief.load.po_file import MAX_PO_ENTRIES, PoEntry, PoFile
from tipbrief.load.schema import Model, Phrase
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, Problems

REASON_PREFIX = "ledger/"
EXAMPLES_FOLDER = Path(__file__).parents[2] / "starter" / "examples"
_WORDS: dict[str, Any] = read_data_file(Path(__file__).with_suffix(".yaml"))
PURPOSES, EXAMPLE_TEXTS = _WORDS["purposes"], _WORDS["example_texts"]
EXAMPLE_ADDRESSES: Mapping[str, str] = _WORDS["example_addresses"]
# A function that changes a phrase. It gets the path, the phrase, and its purpose.
PhraseChange = Callable[[str, Phrase, str], Phrase]


class TranslatableText(NamedTuple):
    """A text to translate: its path, itself, its purpose."""

    context: str
    text: Text
    purpose: str

    @property
    def source(self) -> str:
        """The text as translators see it."""
        return unwrap_lines(self.text)

    def location(self, folder: Path) -> str:
        """File and line in the form of PO files."""
        file = self.text.location.file
        name = (file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix()
        return f"{name}:{self.text.location.line}"


def unwrap_lines(text: str) -> str:
    """A text without the line breaks of its file. Blank lines still divide paragraphs."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def collect_texts(publication: Publication, language: Language, reasons: Iterable[Text] = ()) -> list[TranslatableText]:
    """All texts that the PO file of a language must translate, in the order of the files."""
    found: dict[str, TranslatableText] = {}

    def add(context: str, phrase: Phrase, purpose: str) -> Phrase:
        found.setdefault(context, TranslatableText(context, phrase, purpose))
        return phrase

    map_publication_phrases(publication, add)
    for table in publication.tables.values():
        for column, own in translatable_columns(table.spec, language.tag).items():
            for key, phrase in non_empty_cells(table, column) if not own else ():
                add(cell_context(table, key, column), phrase, f"cell of '{table.spec.columns[column].label or column}'")
    for reason in reasons:
        add(reason_context(reason), Phrase(reason, reason.location), "why a value was changed")
    return [*found.values()]


def map_publication_phrases(publication: Publication, change: PhraseChange) -> dict[str, Any]:
    """The fields of a publication with their phrases changed, and the ``specs`` of its tables."""
    briefs = publication.briefs
    specs = {name: _drop_translation_columns(table.spec) for name, table in publication.tables.items()}
    return {
        "imprint": map_phrases(publication.imprint, "publication.yaml:", change),
        "sources": map_phrases(publication.sources, "sources.yaml:", change),
        "figures": map_phrases(publication.figures, "figures.yaml:", change),
        "specs": map_phrases(specs, "tables.yaml:", change),
        "texts": map_phrases(publication.texts, "texts.yaml:", change),
        "briefs": {name: map_phrases(brief, f"briefs/{name}.yaml:", change) for name, brief in briefs.items()},
    }


def require_own_words(publication: Publication, briefs: Collection[str]) -> None:
    """Raise a problem for each text and address that is still that of the example, in what ``briefs`` print."""
    file = EXAMPLES_FOLDER / f"{publication.language.tag}.yaml"
    words = read_data_file(file) if file.exists() else {}
    examples = {unwrap_lines(words[name]) for name in EXAMPLE_TEXTS if name in words}
    found: list[Problem] = []

    def compare(path: str, phrase: Phrase, purpose: str) -> Phrase:
        of_other_brief = path.startswith("briefs/") and path[len("briefs/") :].partition(".yaml:")[0] not in briefs
        is_of_source = path.startswith("sources.") and phrase == words.get("example")
        if (unwrap_lines(phrase) in examples or is_of_source) and not of_other_brief:
            found.append(phrase.location.problem("these are still the words of the example", kind="example-words"))
        return phrase

    map_publication_phrases(publication, compare)
    for source in publication.sources.values():
        for address in source.addresses.values():
            if address in EXAMPLE_ADDRESSES.values():
                message = "this is still the address of the example"
                found.append(address.problem(message, kind="example-words"))
    if found:
        hint = "write your own words in all these places, then deliver; a draft needs none"
        raise Problems([*found[:-1], replace(found[-1], hint=hint)])


def map_phrases(part: Any, path: str, change: PhraseChange, purpose: str = "") -> Any:
    """A part of a publication with all phrases changed. If nothing changes it is the part itself."""
    if isinstance(part, Phrase):
        return change(path, part, purpose)
    if isinstance(part, Model):
        was: dict[Any, Any] = {one.name: getattr(part, one.name) for one in fields(part)}
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
        return replace(part, **new)
    return tuple(new.values()) if isinstance(part, tuple) else new


def _find_purpose(model: Any, key: str) -> str:
    if not isinstance(model, Model):
        return ""
    names = [f"{one.__name__}.{key}" for one in type(model).__mro__]
    purpose: str = next((PURPOSES[name] for name in [*names, key] if name in PURPOSES), "text")
    if isinstance(model, Quotation) and key == "text" and model.original:
        return f"{purpose}; as it was said: {' '.join(model.original.split())}"
    return purpose


def translatable_columns(spec: TableSpec, tag: str) -> dict[str, str]:
    """The columns of words to translate, each with the column of the translation; empty if the PO file holds it."""
    # Key columns are not translated: they identify rows. Nor are private ones: translators are others.
    others = {str(other) for column in spec.columns.values() for other in column.languages.values()}
    return {
        name: column.languages.get(tag, "")
        for name, column in spec.columns.items()
        if column.type == "text" and name not in others and name not in spec.key
        if not column.private or tag in column.languages
    }


def non_empty_cells(table: Table, column: str) -> Iterator[tuple[str, Phrase]]:
    """The filled cells of a column, each with the key of its row."""
    for (key, row), line in zip(table.by_key.items(), table.lines, strict=True):
        if row[column]:
            yield key, Phrase(row[column], line.location)


def cell_context(table: Table, key: str, column: str) -> str:
    """The path of a cell."""
    return f"{table.spec.file}:{key}.{column}"


def reason_context(reason: Text) -> str:
    """The path of a reason in the ledger, whose entries never change: its file, and its line unless it is the first."""
    line = f"{reason.location.line}." if reason.location.line > 1 else ""
    return f"{REASON_PREFIX}{reason.location.file.name}:{line}reason"


def _drop_translation_columns(spec: TableSpec) -> TableSpec:
    columns = {name: one for name, one in spec.columns.items() if not isinstance(one, TranslationColumn)}
    return spec if len(columns) == len(spec.columns) else replace(spec, columns=columns)


class PoUpdate(NamedTuple):
    """An updated PO file, and the texts that wait for a translation because they are new or stale."""

    po: PoFile
    new: Sequence[TranslatableText]
    stale: Sequence[TranslatableText]
    removed_count: int


def update_po(po: PoFile, texts: Sequence[TranslatableText], language: Language, folder: Path) -> PoUpdate:
    """The file with an entry for each text, in their order; one that moved or returns keeps its translation."""
    if len(texts) > MAX_PO_ENTRIES:
        hint = "let columns such as name.ps hold the words of tables"
        raise Problems(f"the publication has more than {MAX_PO_ENTRIES:,} texts", po.file, hint=hint, kind="too-large")
    memory = _TranslationMemory(po, texts)
    entries = [memory.build_entry(one, folder) for one in texts]
    open_entries = [(one, entry) for one, entry in zip(texts, entries, strict=True) if not entry.is_translated]
    new = [one for one, entry in open_entries if not entry.text]
    stale = [one for one, entry in open_entries if entry.text]
    headers, notes = _complete_headers(po.headers, language), po.header_comments or tuple(_WORDS["notes"])
    obsolete, before = [*memory.find_removed(entries)], {entry.source for entry in po.obsolete_entries}
    updated = PoFile(po.file, headers, notes, tuple(entries), tuple(obsolete))
    return PoUpdate(updated, new, stale, sum(entry.source not in before for entry in obsolete))


def _complete_headers(there: Mapping[str, str], language: Language) -> dict[str, str]:
    from babel.messages.plurals import get_plural

    plural = get_plural(language.locale)
    forms = f"nplurals={plural.num_plurals}; plural={plural.plural_expr};"
    usual = {**_WORDS["headers"], "Language": language.tag.replace("-", "_"), "Plural-Forms": forms}
    known = {name.casefold() for name in there}
    return {**there, **{name: value for name, value in usual.items() if name.casefold() not in known}}


class _TranslationMemory:
    def __init__(self, po: PoFile, texts: Sequence[TranslatableText]) -> None:
        self.po, self.texts = po, texts
        self._by_context = {entry.context: entry for entry in po.entries}
        self._by_likeness = dict[tuple[str, ...], PoEntry]()
        for entry in (*po.entries, *po.obsolete_entries):
            for key in _likeness_keys(entry.source, entry.context) if entry.is_translated else ():
                self._by_likeness.setdefault(key, entry)
        kept = {entry.context: entry.source for entry in po.entries}
        self._moved_sources = {one.source for one in texts if kept.get(one.context) != one.source}

    def build_entry(self, text: TranslatableText, folder: Path) -> PoEntry:
        before, source = self._by_context.get(text.context), text.source
        similar = (self._by_likeness.get(key) for key in _likeness_keys(source, text.context))
        entry = PoEntry(source=source)
        if before and before.source == source:
            entry = before
        elif before and before.fuzzy and before.previous_source == source:
            entry = replace(before, fuzzy=False, previous_source="")  # the text changed, and changed back
        elif found := next(filter(None, similar), None):
            entry = replace(found, previous_source="")
        elif before and before.text and before.source not in self._moved_sources:
            previous = before.previous_source if before.fuzzy else before.source
            entry = replace(before, fuzzy=True, previous_source=previous)
        return replace(
            entry,
            context=text.context,
            source=source,
            developer_comments=(text.purpose,),
            source_references=(text.location(folder),),
        )

    def find_removed(self, entries: Iterable[PoEntry]) -> Iterator[PoEntry]:
        """The translations that no text uses any more, each once, and not more than there are texts."""
        used = {text for entry in entries for text in (entry.source, entry.previous_source)}
        known = {entry.source: entry for entry in (*self.po.obsolete_entries, *self.po.entries) if entry.text}
        unused = [entry for entry in known.values() if used.isdisjoint((entry.source, entry.previous_source or None))]
        for entry in unused[-max(len(self.texts), 1) :]:
            yield replace(entry, developer_comments=(), source_references=())


def _likeness_keys(source: str, context: str) -> list[tuple[str, ...]]:  # in the same field and file, field, anywhere
    file, what = context.partition(":")[0], context.rpartition(".")[2]
    return [(source, what, file), (source, what), (source,)]
