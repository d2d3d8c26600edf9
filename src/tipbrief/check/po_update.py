"""A PO file brought up to date: what is translated stays, what changed is fuzzy, what is new is asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tipbrief.check.phrases import Asked
from tipbrief.language.language import Language
from tipbrief.load.po_file import MOST_ENTRIES, Entry, PoFile
from tipbrief.problems import Problems

_REVIEWER = "X-Reviewed-By"
_NOTES = (
    "What stands between { and } stays as it is: numbers, dates and sources come in its place. It may move.",
    "An entry marked 'fuzzy' is of an older text: translate what changed, and take the mark away.",
    "Who has read all of it as a native speaker writes a name behind X-Reviewed-By. Until then each sheet",
    "says that no native reader has reviewed the translation.",
)


@dataclass(frozen=True, slots=True)
class Updated:
    """A PO file as it is now, and of the texts those that wait for a translation, by why they do."""

    po: PoFile
    new: Sequence[Asked]
    stale: Sequence[Asked]
    gone: int


def updated(po: PoFile, asked: Sequence[Asked], language: Language, folder: Path) -> Updated:
    """The file with an entry for each text that is asked for, in their order.

    A text that is elsewhere now takes its finished translation along, also from a text that was gone.
    """
    if len(asked) > MOST_ENTRIES:
        hint = "let columns such as name.ps hold the words of tables"
        raise Problems(
            f"the publication has more than {MOST_ENTRIES:,} texts", po.file, hint=hint, kind="too-large"
        )
    memory = _Memory(po, asked)
    entries = [memory.entry(one, folder) for one in asked]
    states = [(one, entry) for one, entry in zip(asked, entries, strict=True) if not entry.done]
    made = PoFile(
        po.file,
        _headers(po.headers, language),
        po.notes or tuple(_NOTES),
        tuple(entries),
        tuple(memory.gone(entries)),
    )
    before = {entry.source for entry in po.gone}
    return Updated(
        made,
        [one for one, entry in states if not entry.text],
        [one for one, entry in states if entry.text],
        sum(entry.source not in before for entry in made.gone),
    )


def _headers(there: Mapping[str, str], language: Language) -> dict[str, str]:
    from babel.messages.plurals import get_plural

    plural = get_plural(language.locale)
    usual = {
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language.tag.replace("-", "_"),
        "Plural-Forms": f"nplurals={plural.num_plurals}; plural={plural.plural_expr};",
        _REVIEWER: "",
    }
    known = {name.casefold() for name in there}
    return {**there, **{name: value for name, value in usual.items() if name.casefold() not in known}}


@dataclass
class _Memory:
    """What a PO file knows of the texts that are asked for now."""

    po: PoFile
    asked: Sequence[Asked]
    _at: dict[str, Entry] = field(init=False)
    _finished: dict[tuple[str, ...], Entry] = field(default_factory=dict)
    _moved: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._at = {entry.context: entry for entry in self.po.entries}
        for entry in (*self.po.entries, *self.po.gone):
            for key in _likeness(entry.source, entry.context) if entry.done else ():
                self._finished.setdefault(key, entry)
        at = self._at
        self._moved = {
            one.source for one in self.asked if one.context not in at or at[one.context].source != one.source
        }

    def entry(self, one: Asked, folder: Path) -> Entry:
        """The entry of a text."""
        there, source = self._at.get(one.context), one.source
        said = Entry(source=source)
        if there and there.source == source:
            said = there
        elif there and there.fuzzy and there.previous == source:
            said = replace(there, fuzzy=False, previous="")  # changed, and changed back
        elif known := self._elsewhere(one):
            said = replace(known, previous="")
        elif there and there.text and there.source not in self._moved:
            said = replace(there, fuzzy=True, previous=there.previous if there.fuzzy else there.source)
        told, found_at = (one.what,), (one.found_at(folder),)
        return replace(said, context=one.context, source=source, told=told, found_at=found_at)

    def _elsewhere(self, one: Asked) -> Entry | None:
        """The finished translation of the same text in the place that is most like this one."""
        found = (self._finished.get(key) for key in _likeness(one.source, one.context))
        return next(filter(None, found), None)

    def gone(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Translations of texts that nobody asks for any more, each once; not more than there are texts."""
        kept = {text for entry in entries for text in (entry.source, entry.previous)}
        told = {entry.source: entry for entry in (*self.po.gone, *self.po.entries) if entry.text}
        left = [entry for entry in told.values() if kept.isdisjoint((entry.source, entry.previous or None))]
        yield from (replace(entry, told=(), found_at=()) for entry in left[-max(len(self.asked), 1) :])


def _likeness(source: str, context: str) -> list[tuple[str, ...]]:
    """A text by its words and its place: the same field of the same file, the same field, any."""
    file, what = context.partition(":")[0], context.rpartition(".")[2]
    return [(source, what, file), (source, what), (source,)]
