"""A PO file brought up to date: what is translated stays, what changed is fuzzy, what is new is asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tipbrief.check.translation.phrases import TranslatableText
from tipbrief.language.language import Language
from tipbrief.load.po_file import MOST_PO_ENTRIES, PoEntry, PoFile
from tipbrief.problems import Problems

_REVIEWER_HEADER = "X-Reviewed-By"
_HEADER_NOTES = (
    "What stands between { and } stays as it is: numbers, dates and sources come in its place. It may move.",
    "An entry marked 'fuzzy' is of an older text: translate what changed, and take the mark away.",
    "Who has read all of it as a native speaker writes a name behind X-Reviewed-By. Until then each sheet",
    "says that no native reader has reviewed the translation.",
)


@dataclass(frozen=True, slots=True)
class PoUpdate:
    """A PO file as it is now, and of the texts those that wait for a translation, by why they do."""

    po: PoFile
    new: Sequence[TranslatableText]
    stale: Sequence[TranslatableText]
    removed_count: int


def update_po(po: PoFile, asked: Sequence[TranslatableText], language: Language, folder: Path) -> PoUpdate:
    """The file with an entry for each text that is asked for, in their order.

    A text that is elsewhere now takes its finished translation along, also from a text that was gone.
    """
    if len(asked) > MOST_PO_ENTRIES:
        hint = "let columns such as name.ps hold the words of tables"
        raise Problems(f"the publication has more than {MOST_PO_ENTRIES:,} texts", po.file, hint=hint, kind="too-large")
    memory = _TranslationMemory(po, asked)
    entries = [memory.build_entry(one, folder) for one in asked]
    states = [(one, entry) for one, entry in zip(asked, entries, strict=True) if not entry.is_translated]
    made = PoFile(
        po.file,
        _complete_headers(po.headers, language),
        po.header_comments or tuple(_HEADER_NOTES),
        tuple(entries),
        tuple(memory.find_removed(entries)),
    )
    before = {entry.source for entry in po.obsolete_entries}
    return PoUpdate(
        made,
        [one for one, entry in states if not entry.text],
        [one for one, entry in states if entry.text],
        sum(entry.source not in before for entry in made.obsolete_entries),
    )


def _complete_headers(there: Mapping[str, str], language: Language) -> dict[str, str]:
    from babel.messages.plurals import get_plural

    plural = get_plural(language.locale)
    usual = {
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language.tag.replace("-", "_"),
        "Plural-Forms": f"nplurals={plural.num_plurals}; plural={plural.plural_expr};",
        _REVIEWER_HEADER: "",
    }
    known = {name.casefold() for name in there}
    return {**there, **{name: value for name, value in usual.items() if name.casefold() not in known}}


@dataclass
class _TranslationMemory:
    """What a PO file knows of the texts that are asked for now."""

    po: PoFile
    texts: Sequence[TranslatableText]
    _by_context: dict[str, PoEntry] = field(init=False)
    _by_likeness: dict[tuple[str, ...], PoEntry] = field(default_factory=dict)
    _sources_elsewhere: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._by_context = {entry.context: entry for entry in self.po.entries}
        for entry in (*self.po.entries, *self.po.obsolete_entries):
            for key in _likeness_keys(entry.source, entry.context) if entry.is_translated else ():
                self._by_likeness.setdefault(key, entry)
        at = self._by_context
        self._sources_elsewhere = {
            one.source for one in self.texts if one.context not in at or at[one.context].source != one.source
        }

    def build_entry(self, one: TranslatableText, folder: Path) -> PoEntry:
        """The entry of a text."""
        there, source = self._by_context.get(one.context), one.source
        said = PoEntry(source=source)
        if there and there.source == source:
            said = there
        elif there and there.fuzzy and there.previous_source == source:
            said = replace(there, fuzzy=False, previous_source="")  # changed, and changed back
        elif known := self._find_similar(one):
            said = replace(known, previous_source="")
        elif there and there.text and there.source not in self._sources_elsewhere:
            said = replace(there, fuzzy=True, previous_source=there.previous_source if there.fuzzy else there.source)
        told, found_at = (one.purpose,), (one.location(folder),)
        return replace(said, context=one.context, source=source, developer_comments=told, source_references=found_at)

    def _find_similar(self, one: TranslatableText) -> PoEntry | None:
        """The finished translation of the same text in the place that is most like this one."""
        found = (self._by_likeness.get(key) for key in _likeness_keys(one.source, one.context))
        return next(filter(None, found), None)

    def find_removed(self, entries: Iterable[PoEntry]) -> Iterator[PoEntry]:
        """Translations of texts that nobody asks for any more, each once; not more than there are texts."""
        kept = {text for entry in entries for text in (entry.source, entry.previous_source)}
        told = {entry.source: entry for entry in (*self.po.obsolete_entries, *self.po.entries) if entry.text}
        left = [entry for entry in told.values() if kept.isdisjoint((entry.source, entry.previous_source or None))]
        yield from (
            replace(entry, developer_comments=(), source_references=()) for entry in left[-max(len(self.texts), 1) :]
        )


def _likeness_keys(source: str, context: str) -> list[tuple[str, ...]]:
    """A text by its words and its place: the same field of the same file, the same field, any."""
    file, what = context.partition(":")[0], context.rpartition(".")[2]
    return [(source, what, file), (source, what), (source,)]
