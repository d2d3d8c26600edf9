"""Translation: a publication becomes one in another of its languages, with the texts of its PO file."""

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.check.models import Choice, Table, TableSpec, TranslatedCell
from tipbrief.check.private_cells import hide_private_cells
from tipbrief.check.publication import Publication, load_word_lists
from tipbrief.check.references import References
from tipbrief.check.tables import add_translation_columns
from tipbrief.check.texts import REFERENCE, find_text_problems, names_with_numbers
from tipbrief.check.translation import phrases
from tipbrief.files import resolve_within
from tipbrief.language.language import Language
from tipbrief.load.po_file import PoEntry, PoFile, read_po
from tipbrief.load.schema import Phrase
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.problems import Problem, ProblemList, Problems

TRANSLATIONS_FOLDER = "translations"
_MAX_LISTED = 20  # untranslated texts; the others are counted
_EXCERPT_LENGTH = 40  # characters of a text in a message


@limits.limit_step("the check of the translation")
def translate_publication(
    publication: Publication, language: Language, covered: Collection[int] | None = None, reasons: Iterable[Text] = ()
) -> Publication:
    """The publication in one of its languages, with its ``untranslated`` texts. ``Problems`` if the PO is faulty."""
    # ``reasons`` are those of the ledger's corrections. A text without a valid translation stays as it is.
    po = read_translation(publication.folder, language)
    translator = _Translator(publication, language, po)
    parts = phrases.map_publication_phrases(publication, translator.translate_phrase)
    specs = parts.pop("specs")
    tables = {name: translator.translate_table(table, specs[name]) for name, table in publication.tables.items()}
    # A correction does not wait for the translation of its reason, which is printed as it is, and marked.
    waiting_count = translator.untranslated_count
    reasons_by_words = {str(one): one for one in reasons}
    translated_reasons = {words: translator.translate_reason(one) for words, one in reasons_by_words.items()}
    translator.check_translation(covered, specs)
    named = {f"{one.name}.{language.tag}": one for one in publication.documents.values()}
    return replace(
        publication,
        **parts,
        tables=tables,
        documents={name: replace(one, name=name, brief=parts["briefs"][one.brief.id]) for name, one in named.items()},
        language=language,
        unreviewed=not po.header("X-Reviewed-By"),
        untranslated=translator.list_untranslated(),
        untranslated_count=waiting_count,
        reasons=translated_reasons,
        warnings=translator.hide_private(translator.problems.as_sorted_tuple()),
    )


def list_other_translations(publication: Publication) -> set[str]:
    """The PO files of the other languages, of which a document has nothing."""
    others = (one.tag for one in publication.languages if one.tag != publication.language.tag)
    return {f"{TRANSLATIONS_FOLDER}/{tag}.po" for tag in others}


def read_translation(folder: Path, language: Language) -> PoFile:
    """The content of a language's PO file; empty if there is none yet. No link may lead out of the publication."""
    file = folder / TRANSLATIONS_FOLDER / f"{language.tag}.po"
    resolve_within(folder, file)
    if not os.path.lexists(file):
        return PoFile(file)
    po = read_po(file)
    tag = po.header("Language").replace("_", "-")
    if tag and tag.partition("-")[0].casefold() != language.tag.partition("-")[0].casefold():
        message = f"the header says that this is the language '{tag}', the file's name '{language.tag}'"
        hint = "is it the file of another language? else correct its line 'Language:'"
        raise Problems(po.location.problem(message, hint, kind="po-language", token=f"Language: {tag}"))
    return po


class _Translator:
    def __init__(self, publication: Publication, language: Language, po: PoFile) -> None:
        self.publication, self.language, self.po = publication, language, po
        self.entries = {entry.context: entry for entry in po.entries if entry.context}
        self.reasons = {e.source: e for e in po.entries if e.context.startswith(phrases.REASON_PREFIX)}
        self.contexts_in_use, self.translations = set[str](), list[Text]()
        self.problems, self.first_untranslated, self.untranslated_count = ProblemList(), list[Problem](), 0

    def translate_phrase(self, context: str, phrase: Phrase, what: str = "") -> Phrase:
        entry = self.entries.get(context)
        self.contexts_in_use.add(context)
        asks = f"tipbrief translate {self.language.tag}"
        new = f"a text is not in {self.language.english} yet"
        old = f"the text has changed since it was put into {self.language.english}"
        if entry is None:
            return self._leave_untranslated(phrase, new, phrase.location, f"{asks} asks for it")
        if not entry.text:
            return self._leave_untranslated(phrase, new, entry.location, "translate it")
        if entry.source != phrases.unwrap_lines(phrase):
            return self._leave_untranslated(phrase, old, entry.location, f"{asks} puts the text of now above it")
        if entry.fuzzy:
            message = old if entry.previous_source else "this translation is marked as fuzzy"
            hint = "see whether it is right, and take the mark 'fuzzy' away"
            return self._leave_untranslated(phrase, message, entry.location, hint)
        if _is_in_other_script(entry, self.publication.language, self.language):
            message = f"no letter of {self.language.english} stands in this translation: was it translated?"
            warning = entry.location.problem(message, "translate it", kind="another-script", severity="warning")
            self.problems.append(warning)
        kind = type(phrase)
        if faults := [*_check_placeholders(entry)]:
            self.problems += faults
            kind = Phrase
        self.translations.append(new := kind(entry.text, entry.location))
        return new

    def _leave_untranslated(self, phrase: Phrase, message: str, place: SourceLocation, hint: str) -> Phrase:
        self.untranslated_count += 1
        if len(self.first_untranslated) < _MAX_LISTED:
            shown = " ".join(phrase.split())
            shown = shown if len(shown) <= _EXCERPT_LENGTH else f"{shown[:_EXCERPT_LENGTH]}…"
            message = f"{message}: {shown}"
            self.first_untranslated.append(place.problem(message, hint, kind="untranslated", severity="warning"))
        return type(phrase)(phrase, phrase.location, self.publication.language.tag)

    def translate_table(self, table: Table, spec: Any) -> Table:
        spec = add_translation_columns(spec, table.spec.columns, [one.tag for one in self.publication.languages[1:]])
        if text_keys := [key for key in spec.key if spec.columns[key].type == "text"]:
            message = f"the words of the key '{text_keys[0]}' are not translated"
            hint = "by a key rows are found: make one of codes, and put the words into a column of their own"
            self.problems.append(spec.location.problem(message, hint, kind="text-key", severity="warning"))
        new: dict[str, dict[str, str]] = {}
        for column, own in phrases.translatable_columns(table.spec, self.language.tag).items():
            for key, cell in phrases.non_empty_cells(table, column):
                by_column = self._read_own_column(table, key, own, cell) if own else None
                new.setdefault(key, {})[column] = by_column or self._translate_cell(table, key, column, cell)
        for column in table.spec.private_columns:
            if table.spec.columns[column].type == "text":
                for key, cell in phrases.non_empty_cells(table, column):
                    private_cell = Text(cell, cell.location, self.publication.language.tag)
                    new.setdefault(key, {}).setdefault(column, private_cell)
        if not new:
            return replace(table, spec=spec)
        by_key = {key: {**row, **new[key]} if key in new else row for key, row in table.by_key.items()}
        return Table(spec, tuple(by_key.values()), table.lines, by_key)

    def _read_own_column(self, table: Table, key: str, column: str, cell: Phrase) -> Text:
        if words := table.by_key[key][column]:
            return TranslatedCell(words, cell.location, column=column, value=words)
        return self._leave_untranslated(cell, f"'{column}' is empty", cell.location, "fill in the cell")

    def _translate_cell(self, table: Table, key: str, column: str, cell: Phrase) -> Text:
        words = self.translate_phrase(phrases.cell_context(table, key, column), cell)
        return words if words.language else TranslatedCell(words, words.location, column=column, value=str(cell))

    def translate_reason(self, reason: Text) -> Text:
        """A translated reason. Several changes may have the same words, so an entry with these words serves all."""
        entry = self.reasons.get(phrases.unwrap_lines(reason))
        context = entry.context if entry else phrases.reason_context(reason)
        return self.translate_phrase(context, Phrase(reason, reason.location))

    def check_translation(self, covered: Collection[int] | None, specs: Mapping[str, TableSpec]) -> None:
        whole = self.publication
        known = References(self.problems, {"figure": whole.figures, "source": whole.sources})
        words = load_word_lists(whole.folder, self.language)
        texts = (self.language, known, whole.values, words, covered, self.translations)
        self.problems += map(_adapt_hint, find_text_problems(*texts, row=None, names=names_with_numbers(specs)))
        self.problems += self._find_unknown_entries()
        for name, spec in specs.items():
            was = whole.tables[name].spec.columns
            for column, declared in spec.columns.items():
                self.problems += _check_distinct_choices(was[column].choices, declared.choices)
        if any(problem.severity == "error" for problem in self.problems):
            self.problems += self.list_untranslated()
            raise Problems(self.hide_private(self.problems.as_sorted_tuple()))

    def _find_unknown_entries(self) -> Iterator[Problem]:
        unused = (entry for context, entry in self.entries.items() if context not in self.contexts_in_use)
        strange = [entry for entry in unused if not entry.context.startswith(phrases.REASON_PREFIX)]
        if strange:
            message = f"'{strange[0].context}' is no text of the publication"
            message += f", nor are {len(strange) - 1} more" if strange[1:] else ""
            hint = f"tipbrief translate {self.language.tag} brings the file up to date"
            yield strange[0].location.problem(message, hint, kind="strange-entry", severity="warning")

    def list_untranslated(self) -> tuple[Problem, ...]:
        tag, name, count = self.language.tag, self.language.english, self.untranslated_count
        if count and not self.po.entries:
            texts = f"{count} texts stand in {self.publication.language.english}"
            message = f"there is no translation into {name} yet: {texts}"
            hint = f"tipbrief translate {tag} makes {TRANSLATIONS_FOLDER}/{tag}.po"
            file = self.publication.imprint.location.file
            return (Problem(message, file, hint=hint, kind="untranslated", severity="warning"),)
        if not (others := count - len(self.first_untranslated)):
            return self.hide_private(self.first_untranslated)
        message = f"{others} more texts are not in {name} yet"
        hint = f"tipbrief translate {tag} brings the file up to date, and lists them"
        rest = Problem(message, self.po.file, hint=hint, kind="untranslated", severity="warning")
        return (*self.hide_private(self.first_untranslated), rest)

    def hide_private(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        tables = self.publication.tables
        specs = [table.spec for table in tables.values()]
        return tuple(hide_private_cells(problems, specs, tables, self.publication.folder))


def _is_in_other_script(entry: PoEntry, source: Language, target: Language) -> bool:
    """Whether a translation has no letter of its language. A single word may be a name."""
    if " " not in entry.text and entry.text != entry.source:
        return False
    found, ours = _find_scripts(entry.text), _find_scripts(target.alphabet)
    return bool(found) and not found & ours and bool(_find_scripts(entry.source) & _find_scripts(source.alphabet))


@lru_cache(100)  # most often asked of the alphabets
def _find_scripts(text: str) -> set[str]:  # such as LATIN
    words = REFERENCE.sub("", text)
    return {unicodedata.name(one, "").partition(" ")[0] for one in set(words) if one.isalpha()}


def _adapt_hint(problem: Problem) -> Problem:  # translators cannot add a figure
    if problem.kind not in ("typed-value", "typed-number"):
        return problem
    hint = "a translation has the numbers of its source, as {…}: take this one out"
    return replace(problem, hint=f"{hint}{''.join(problem.hint.partition('; of a year')[1:])}")


def _check_distinct_choices(was: Mapping[str, Choice], now: Mapping[str, Choice]) -> Iterator[Problem]:
    """A problem for each value of a column that gets the name of another value only by its translation."""
    for what in ("label", "short"):
        seen = dict[str, str]()
        for name, choice in now.items():
            text, source = getattr(choice, what), str(getattr(was[name], what))
            if text and not text.language and seen.setdefault(text, source) != source:
                message = f"'{text}' is the '{what}' of another value of the column, too"
                yield text.problem(message, "readers cannot tell them apart: give each its own", kind="alike")


def _check_placeholders(entry: PoEntry) -> Iterator[Problem]:
    source, translated = (Counter(find_placeholders(text)) for text in (entry.source, entry.text))
    missing, strange = [*(source - translated).elements()], [*(translated - source).elements()]
    place = Text(entry.text, entry.location)
    for name in strange:
        span = next((one.span() for one in REFERENCE.finditer(entry.text) if one[0] == name), (0, 0))
        instead = f"write {missing.pop(0)} here" if missing else "take it out"
        message = f"'{name}' stands too often" if name in source else f"'{name}' is not in the source text"
        hint = f"{instead}: what stands between {{ and }} stays as it is in the source"
        yield place.problem(message, hint, span, kind="placeholder")
    for name in missing:
        message, hint = f"the translation lacks {name}", "write it where the language wants it, exactly so"
        yield place.problem(message, hint, kind="placeholder")


def find_placeholders(text: str) -> list[str]:
    """The placeholders of a text: ``{wells}``, ``{@survey}``."""
    return [f"{{{' '.join(found[1].split())}}}" for found in REFERENCE.finditer(text)]
