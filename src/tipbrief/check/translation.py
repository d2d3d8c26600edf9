"""Translation: a publication in another of its languages, with the texts of its PO file."""

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.check.blocks import Brief, Document
from tipbrief.check.models import Choice, Table, TableSpec, TranslatedCell
from tipbrief.check.phrases import (
    REASONS,
    as_asked,
    cell_context,
    cells_of,
    changed_parts,
    columns_in,
    reason_context,
)
from tipbrief.check.publication import Publication, words_of
from tipbrief.check.references import References
from tipbrief.check.tables import with_translations
from tipbrief.check.texts import REFERENCE, numbered_names, text_faults
from tipbrief.files import within
from tipbrief.language.language import Language
from tipbrief.load.places import Place, Text
from tipbrief.load.po_file import Entry, PoFile, read_po
from tipbrief.load.schema import Phrase
from tipbrief.problems import Found, Problem, Problems

FOLDER = "translations"
_MOST_TOLD = 20  # texts that are not translated; the others are counted
_SHOWN = 40  # letters of a text in a message


@limits.bounded("the check of the translation")
def translated(
    publication: Publication,
    language: Language,
    covered: Collection[int] | None = None,
    reasons: Iterable[Text] = (),
) -> Publication:
    """The publication in one of its languages; ``Problems`` says what is wrong with its translation.

    ``reasons`` are those of the ledger's corrections. What is not translated, or was from another text than
    it is now, stays in the language of the files, and is in ``untranslated``.
    """
    po = read_translation(publication.folder, language)
    work = _Translation(publication, language, po)
    parts = changed_parts(publication, work.said)
    specs = parts.pop("specs")
    tables = {name: work.table(table, specs[name]) for name, table in publication.tables.items()}
    told = {words: work.reason(reason) for words, reason in {str(one): one for one in reasons}.items()}
    work.check(covered, specs)
    return replace(
        publication,
        **parts,
        tables=tables,
        documents=_documents(publication, parts["briefs"], language),
        language=language,
        unreviewed=not po.header("X-Reviewed-By"),
        untranslated=work.untranslated(),
        waiting=work.waiting,
        reasons=told,
        warnings=work.found.in_order(),
    )


def file_of(folder: Path, language: Language) -> Path:
    """The PO file of a language, whether it is there or not; a problem where a link leads out."""
    file = folder / FOLDER / f"{language.tag}.po"
    within(folder, file)
    return file


def read_translation(folder: Path, language: Language) -> PoFile:
    """What the PO file of a language holds: nothing, where there is none yet."""
    file = file_of(folder, language)
    if not os.path.lexists(file):
        return PoFile(file)
    po = read_po(file)
    said = po.header("Language").replace("_", "-")
    if said and said.partition("-")[0].casefold() != language.tag.partition("-")[0].casefold():
        message = f"the header says that this is the language '{said}', the file's name '{language.tag}'"
        hint = "is it the file of another language? else correct its line 'Language:'"
        raise Problems(po.place.problem(message, hint, kind="po-language", token=f"Language: {said}"))
    return po


def _documents(
    publication: Publication, briefs: Mapping[str, Brief], language: Language
) -> dict[str, Document]:
    """The documents in a language, each named ``world.ps``."""
    named = {f"{one.name}.{language.tag}": one for one in publication.documents.values()}
    return {name: replace(one, name=name, brief=briefs[one.brief.id]) for name, one in named.items()}


@dataclass
class _Translation:
    """A publication on its way into another language."""

    publication: Publication
    language: Language
    po: PoFile
    found: Found = field(default_factory=Found)
    waiting: int = 0  # texts that are not translated
    told: list[Problem] = field(default_factory=list)  # the first of them
    used: set[str] = field(default_factory=set)
    done: list[Text] = field(default_factory=list)
    entries: dict[str, Entry] = field(init=False)
    reasons: dict[str, Entry] = field(init=False)

    def __post_init__(self) -> None:
        self.entries = {entry.context: entry for entry in self.po.entries if entry.context}
        self.reasons = {e.source: e for e in self.po.entries if e.context.startswith(REASONS)}

    @property
    def _source(self) -> Language:
        return self.publication.language

    def said(self, context: str, phrase: Phrase, what: str = "") -> Phrase:
        """A phrase in the language: as its entry has it, else as it stands."""
        entry = self.entries.get(context)
        self.used.add(context)
        asks = f"tipbrief translate {self.language.tag}"
        new = f"a text is not in {self.language.english} yet"
        old = f"the text has changed since it was put into {self.language.english}"
        if entry is None:
            return self._left(phrase, new, phrase.place, f"{asks} asks for it")
        if not entry.text:
            return self._left(phrase, new, entry.place, "translate it")
        if entry.source != as_asked(phrase):
            return self._left(phrase, old, entry.place, f"{asks} puts the text of now above it")
        if entry.fuzzy:
            message = old if entry.previous else "this translation is marked as fuzzy"
            hint = "see whether it is right, and take the mark 'fuzzy' away"
            return self._left(phrase, message, entry.place, hint)
        if _in_another_script(entry, self._source, self.language):
            message = f"no letter of {self.language.english} stands in this translation: was it translated?"
            told = entry.place.problem(message, "translate it", kind="another-script", severity="warning")
            self.found.append(told)
        kind = type(phrase)
        if faults := [*_placeholders(entry)]:
            self.found += faults
            kind = Phrase
        self.done.append(new := kind(entry.text, entry.place))
        return new

    def _left(self, phrase: Phrase, message: str, place: Place, hint: str) -> Phrase:
        """A phrase as it stands, in the language of the files."""
        self.waiting += 1
        if len(self.told) < _MOST_TOLD:
            shown = " ".join(phrase.split())
            shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
            message = f"{message}: {shown}"
            self.told.append(place.problem(message, hint, kind="untranslated", severity="warning"))
        return type(phrase)(phrase, phrase.place, self._source.tag)

    def table(self, table: Table, spec: Any) -> Table:
        """A table with its words in the language."""
        spec = with_translations(
            spec, table.spec.columns, [one.tag for one in self.publication.languages[1:]]
        )
        if text_keys := [key for key in spec.key if spec.columns[key].type == "text"]:
            message = f"the words of the key '{text_keys[0]}' are not translated"
            hint = "by a key rows are found: make one of codes, and put the words into a column of their own"
            self.found.append(spec.place.problem(message, hint, kind="text-key", severity="warning"))
        new: dict[str, dict[str, str]] = {}
        for column, own in columns_in(table.spec, self.language.tag).items():
            for key, cell in cells_of(table, column):
                words: str = self._own(table, key, own, cell) if own else self._cell(table, key, column, cell)
                new.setdefault(key, {})[column] = words
        if not new:
            return replace(table, spec=spec)
        by_key = {key: {**row, **new[key]} if key in new else row for key, row in table.by_key.items()}
        return Table(spec, tuple(by_key.values()), table.lines, by_key)

    def _own(self, table: Table, key: str, column: str, cell: Phrase) -> Text:
        """A cell of the column that has the words of another in this language."""
        if words := table.by_key[key][column]:
            return TranslatedCell(words, cell.place, column=column, value=words)
        return self._left(cell, f"'{column}' is empty", cell.place, "fill in the cell")

    def _cell(self, table: Table, key: str, column: str, cell: Phrase) -> Text:
        said = self.said(cell_context(table, key, column), cell)
        return said if said.language else TranslatedCell(said, said.place, column=column, value=str(cell))

    def reason(self, reason: Text) -> Text:
        """Why a value was changed. It is known by its words: several changes may have the same."""
        entry = self.reasons.get(as_asked(reason))
        context = entry.context if entry else reason_context(reason)
        return self.said(context, Phrase(reason, reason.place))

    def check(self, covered: Collection[int] | None, specs: Mapping[str, TableSpec]) -> None:
        """``Problems`` says what is wrong in the translated texts."""
        of = self.publication
        known = References(self.found, {"figure": of.figures, "source": of.sources})
        words = words_of(of.folder, self.language)
        texts = (self.language, known, of.values, words, covered, self.done)
        faults = text_faults(*texts, row=None, names=numbered_names(specs))
        self.found += map(_as_translated, faults)
        self.found += self._strange()
        for name, spec in specs.items():
            was = of.tables[name].spec.columns
            for column, declared in spec.columns.items():
                self.found += _alike(was[column].choices, declared.choices)
        if any(problem.severity == "error" for problem in self.found):
            self.found += self.untranslated()
            raise Problems(self.found.in_order())

    def _strange(self) -> Iterator[Problem]:
        """A warning where entries are of texts that the publication has not, as it was or will be another."""
        strange = [
            entry
            for context, entry in self.entries.items()
            if context not in self.used and not context.startswith(REASONS)
        ]
        if strange:
            message = f"'{strange[0].context}' is no text of the publication"
            message += f", nor are {len(strange) - 1} more" if strange[1:] else ""
            hint = f"tipbrief translate {self.language.tag} brings the file up to date"
            yield strange[0].place.problem(message, hint, kind="strange-entry", severity="warning")

    def untranslated(self) -> tuple[Problem, ...]:
        """What was left; beyond the first ones they are counted."""
        tag, name, none = self.language.tag, self.language.english, not self.po.entries
        if not self.waiting:
            return ()
        if none:
            count = f"{self.waiting} texts stand in {self._source.english}"
            message = f"there is no translation into {name} yet: {count}"
            hint = f"tipbrief translate {tag} makes {FOLDER}/{tag}.po"
        else:
            message = f"{self.waiting - len(self.told)} more texts are not in {name} yet"
            hint = f"tipbrief translate {tag} brings the file up to date, and lists them"
        file = self.publication.imprint.place.file if none else self.po.file
        rest = Problem(message, file, hint=hint, kind="untranslated", severity="warning")
        if none:
            return (rest,)
        return (*self.told, rest) if self.waiting > len(self.told) else tuple(self.told)


def _in_another_script(entry: Entry, source: Language, target: Language) -> bool:
    """Whether a translation has only letters that its language has not; one word alone may be a name."""
    if " " not in entry.text and entry.text != entry.source:
        return False
    if not _letters(target.alphabet).isdisjoint(REFERENCE.sub("", entry.text)):
        return False
    found, ours = _scripts(entry.text), _scripts(target.alphabet)
    return bool(found) and not found & ours and bool(_scripts(entry.source) & _scripts(source.alphabet))


def _scripts(text: str) -> set[str]:
    """The scripts of the letters of a text, as their names in Unicode begin: ARABIC, LATIN."""
    words = REFERENCE.sub("", text)
    return {_script(one) for one in set(words) if one.isalpha()}


@lru_cache(100)
def _letters(alphabet: str) -> frozenset[str]:
    return frozenset(filter(str.isalpha, alphabet.lower() + alphabet.upper()))


@lru_cache(1000)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _as_translated(problem: Problem) -> Problem:
    """A fault of a text with what a translator can do: new placeholders are written into the source first."""
    if problem.kind not in ("typed-value", "typed-number"):
        return problem
    hint = "a translation has the numbers of its source, as {…}: take this one out"
    return replace(problem, hint=f"{hint}{''.join(problem.hint.partition('; of a year')[1:])}")


def _alike(was: Mapping[str, Choice], now: Mapping[str, Choice]) -> Iterator[Problem]:
    """A problem for each value of a column that only in its translation has the name of one before it."""
    for what in ("label", "short"):
        seen = dict[str, str]()
        for name, choice in now.items():
            text, source = getattr(choice, what), str(getattr(was[name], what))
            if text and not text.language and seen.setdefault(text, source) != source:
                message = f"'{text}' is the '{what}' of another value of the column, too"
                yield text.problem(message, "readers cannot tell them apart: give each its own", kind="alike")


def _placeholders(entry: Entry) -> Iterator[Problem]:
    """The problem of a translation that has not exactly the placeholders of its source."""
    if "{" not in entry.source and "{" not in entry.text:
        return
    ours, theirs = (Counter(placeholders(text)) for text in (entry.source, entry.text))
    missing, strange = [*(ours - theirs).elements()], [*(theirs - ours).elements()]
    place = Text(entry.text, entry.place)
    for name in strange:
        span = next((one.span() for one in REFERENCE.finditer(entry.text) if one[0] == name), (0, 0))
        instead = f"write {missing.pop(0)} here" if missing else "take it out"
        message = f"'{name}' is not in the source text" if name not in ours else f"'{name}' stands too often"
        hint = f"{instead}: what stands between {{ and }} stays as it is in the source"
        yield place.problem(message, hint, span, kind="placeholder")
    for name in missing:
        message, hint = f"the translation lacks {name}", "write it where the language wants it, exactly so"
        yield place.problem(message, hint, kind="placeholder")


def placeholders(text: str) -> list[str]:
    """What a text prints of the dataset: ``{wells}``, ``{@survey}``."""
    return [f"{{{' '.join(found[1].split())}}}" for found in REFERENCE.finditer(text)]
