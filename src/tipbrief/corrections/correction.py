"""Corrections: plan a change of values, check its outcome, find the documents that print it, write it, undo it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.check.figures import COUNT_CONTRADICTS, collect_numbers, select_rows, sum_numbers
from tipbrief.check.models import Cells, Figure, Table
from tipbrief.check.publication import Publication, load_publication, load_word_lists
from tipbrief.check.tables import read_rows
from tipbrief.check.texts import REFERENCE, every_text, find_missing_characters, find_spelling_problems
from tipbrief.corrections import newer_file
from tipbrief.corrections.amendment import (
    FIGURES_FILE,
    Amendment,
    amend_files,
    example_cell_name,
    keep_old_files,
    restore_files,
)
from tipbrief.files import override_contents
from tipbrief.fonts.font_library import coverage
from tipbrief.language.dates import Date
from tipbrief.language.language import Language
from tipbrief.language.numbers import NUMBER, parse_number
from tipbrief.language.unicode_text import normal_form
from tipbrief.ledger import editions, ledger_folder
from tipbrief.ledger.entries import Change, ChangeKind, Withdrawal, format_cell_name, parse_count_key, split_cell_name
from tipbrief.ledger.entry_file import EntryFile
from tipbrief.ledger.ledger import Ledger
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.pdf.attachments import read_dataset
from tipbrief.pipeline.document import compose_document, compose_html, fingerprint_document
from tipbrief.pipeline.inputs import load_translations
from tipbrief.pipeline.memos import recall_printed_values
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, ProblemList, Problems, escape_invisible, find_override, suggest_nearest

_MAX_COMPARED_PAGES = 6
_BLANKED = "…"  # in place of the words of a private cell
_LONGEST_REASON = 1000  # characters; each document that prints the value prints the reason


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change that is checked but not written: the facts of the next entry, and files with new and old contents."""

    session: Session
    entries: tuple[Change | Withdrawal, ...]
    files: dict[Path, bytes]
    old_files: dict[Path, bytes]

    def write_change(self, delivered: Sequence[Any] = ()) -> None:
        """Write the dataset and the ledger; then add the editions ``delivered`` with it to the ledger."""
        folder, known = self.session.folder, self.session.ledger
        keep_old_files(self.session.store, self.old_files.values())
        if not self.entries:  # only private values change, of which the ledger records nothing
            with override_contents({}):
                ledger_folder.append_entry(folder, known, delivered, self.files, self.old_files)
            return
        (entry,) = self.entry_file
        together = ledger_folder.change_files_together(folder, self.files, entry.name, self.old_files)
        with override_contents({}), together:
            new = ledger_folder.append_entry(folder, known, self.entries, self.files, self.old_files)
            if delivered:
                ledger_folder.append_entry(folder, new, delivered)

    @property
    def entry_file(self) -> dict[Path, bytes]:
        """The path and content of the ledger's next entry; empty if nothing is recorded."""
        if not self.entries:
            return {}
        entry = ledger_folder.extend_ledger(self.session.ledger, self.entries).entry_files[-1]
        return {self.session.folder / ledger_folder.LEDGER_FOLDER / entry.name: entry.raw_bytes}


@dataclass(frozen=True)
class Correction(PlannedChange):
    """A planned correction, and the documents that print what it changes."""

    entries: tuple[Change, ...]
    new_session: Session  # after the correction
    briefs: tuple[str, ...]
    languages_without_reason: tuple[Language, ...]
    amended: Amendment
    doubts: Sequence[Problem]  # numbers that look mistyped, and rows that may have been left out

    @cached_property
    def groups(self) -> Mapping[str, Sequence[Change]]:
        """The changes in groups, in each the largest first."""
        earlier = self.session.ledger.changes if self.amended.newer else ()
        return newer_file.group_changes(self.new_session.publication, self.entries, earlier)

    @property
    def withdrawn_documents(self) -> list[str]:
        """The delivered documents of rows that are gone."""
        gone = (name for one in self.entries if not one.now for name in one.documents)
        return [name for name in gone if name in self.session.ledger.briefs]

    @property
    def ready_documents(self) -> tuple[str, ...]:
        """The documents in languages with complete translations."""
        return tuple(name for name in self.briefs if not self.new_session.publication_for(name).untranslated_count)

    @property
    def documents_by_language(self) -> Mapping[Language, Sequence[str]]:
        """The documents that print it."""
        found: dict[Language, list[str]] = {}
        for name in self.briefs:
            found.setdefault(self.new_session.publication_for(name).language, []).append(name)
        return found

    @property
    def texts_to_read(self) -> Sequence[tuple[str, str]]:
        """The sentences that name a changed figure or column, with their places: they may no longer be true."""
        names = {name for one in self.entries for name in one.steps}
        names |= {f"row.{split_cell_name(name)[2]}" for name in names}
        whole = self.new_session.publication
        sentences = [one for one in every_text([whole.texts, whole.briefs]) if len(REFERENCE.sub("", one).split()) > 2]
        return [
            (one.problem(one).format_location(self.session.folder), str(one))
            for one in sentences
            if any(found[1].strip() in names for found in REFERENCE.finditer(one))
        ]

    def page_html(self) -> bytes:
        """The changes as a page, to show them to a colleague."""
        from tipbrief.compose.html_writer import HtmlWriter  # most corrections load no templates
        from tipbrief.compose.templates import render_template

        whole = self.new_session.publication
        shown = HtmlWriter(whole, ())
        file_name = self.amended.newer.name if self.amended.newer else ""
        parts: dict[str, Any] = {
            "publication": whole, "language": whole.language, "name": escape_invisible(file_name),
            "groups": self.groups, "texts": self.texts_to_read, "sheets": [*self.documents_by_language.items()],
            "gone": self.withdrawn_documents, "pages": self._compose_pages(),
            "label": shown.label, "value": shown.value_then, "parts": split_cell_name,
        }  # fmt: skip
        return render_template(self.session.environment, "newer-file.html.j2", **parts).encode()

    def _compose_pages(self) -> Iterator[tuple[str, str, str]]:
        """The HTML of the first documents that print it, before and after it; empty before if a row is new."""
        for name in self.briefs[:_MAX_COMPARED_PAGES]:
            before = ""
            if name in self.session.documents:
                before = _compose_without_private_cells(self.session, name)
            with override_contents(self.files):
                yield name, before, _compose_without_private_cells(self.new_session, name)

    @property
    def session_for_delivery(self) -> Session:
        """The session after it, in the languages of the ready documents."""
        tags = {self.new_session.publication_for(name).language.tag for name in self.ready_documents}
        own = {tag: one for tag, one in self.new_session.translations.items() if tag in tags}
        return replace(self.new_session, translations=own)


def plan_correction(
    session: Session,
    wanted: Sequence[tuple[str, str]],
    *,
    newer: Path | None = None,  # a newer file of a table
    reasons: Path | None = None,  # the file with a reason for each group of its changes
    reason: str,
    kind: ChangeKind,
    source: str,
    reported: str = "",  # when and to whom the mistake of a source was reported
    date: Date,
) -> Correction:
    """Plan a correction; ``Problems`` has everything that is wrong with it. Nothing is written."""
    whole, reason = session.publication, " ".join(reason.split())
    date = ledger_folder.next_entry_date(session.ledger, date)
    recall_printed_values(session.store, session.ledger)
    changed = editions.find_manual_changes(session.ledger, whole)
    cells = {name: figure.cell for name in changed if (figure := whole.figures.get(name)) and figure.cell}
    by_cell = {format_cell_name(cell.table, cell.row, cell.column): changed[name] for name, cell in cells.items()}
    by_hand = {**by_cell, **changed}
    known = {**session.ledger.latest_values, **{name: was for name, (was, _) in by_hand.items()}}
    followed = [name for name, value in wanted if _has_value_already(whole, name, value, by_hand)]
    problems = ProblemList()
    with problems.catch():
        amended = amend_files(whole, [pair for pair in wanted if pair[0] not in followed], by_hand)
        if newer:
            ours = editions.find_own_corrections(session.ledger)
            amended = amended.join(newer_file.amend_table(session, newer, known, session.ledger.gone_rows, ours))
    problems += [] if reasons else _reason_problems(session, reason, source)
    problems.raise_all()
    new = load_outcome(whole, amended, coverage(session.fonts))
    if amended.replaced and amended.kept:
        amended = amended.with_own_corrections(new)
        new = load_outcome(whole, amended, coverage(session.fonts))
    before = {name: editions.find_dataset_value(whole, name) or "" for name in whole.values} | known
    names = [*amended.values, *dict.fromkeys(followed)]
    change, entries = partial(Change, kind=kind, date=date, reason=reason, source=source), list[Change]()
    for name in names:
        was = before.get(name, editions.find_dataset_value(whole, name) or "")
        entries.append(change(name=name, was=was, now=editions.find_dataset_value(new, name) or ""))
    for name, (was, now) in amended.rows.items():
        entries.append(change(name=name, was=was, now=now, documents=_find_row_documents(session, name)))
    groups = newer_file.group_changes(new, entries, session.ledger.changes if newer else ())
    if reasons:
        given = newer_file.read_reasons(reasons, groups)
        for text in {str(one.reason): one.reason for one in given.values()}.values():
            problems += [text.problem(one.message, one.hint) for one in _reason_problems(session, text, source)]
        problems.raise_all()
        pairs = [(one, given[one.name]) for one in entries]
        entries = [replace(one, kind=own.kind, reason=" ".join(own.reason.split())) for one, own in pairs]
    doubts = [*amended.doubts]
    for group, own in groups.items():
        if hint := next((hint for end, hint in newer_file.DOUBTS.items() if group.endswith(end)), ""):
            doubts += [Problem(f"'{one.name}' was {one.was}, and would be {one.now}", hint=hint) for one in own]
    # Readers notice, too, how counted and derived figures change.
    derived = [name for name in new.values if new.figures[name].value is None and name not in names]
    derived += [name for name in session.ledger.latest_values if parse_count_key(split_cell_name(name)[1])]
    values = {name: editions.find_dataset_value(new, name) or "" for name in derived}
    also = {name: (before[name], now) for name, now in values.items() if before.get(name, now) != now}
    if entries:
        entries[-1] = replace(entries[-1], also=also)
    head = newer_file.describe_newer_file(session, newer, amended, entries) if newer else {}
    head |= {"reported": escape_invisible(" ".join(reported.split()))} if reported.strip() else {}
    entries = [replace(one, head=head) for one in entries]
    files = {session.folder / name: content for name, content in amended.files.items()}
    old = {session.folder / name: content for name, content in amended.old_files.items()}
    traced = _trace_change(session, new, entries, files)
    return Correction(session, tuple(entries), files, old, *traced, amended, doubts)


def _compose_without_private_cells(session: Session, name: str) -> str:
    """The HTML of a document as others than its readers may see it: with its private cells blanked."""
    edition = compose_document(session, name).edition
    translations = {tag: _blank_private_cells(one) for tag, one in session.translations.items()}
    publication = _blank_private_cells(session.publication)
    return compose_html(replace(session, publication=publication, translations=translations), edition)


def _blank_private_cells(publication: Publication) -> Publication:
    tables = dict(publication.tables)
    for name, table in tables.items():
        # A number or a choice that is blanked is printed as one that is missing.
        blanked = dict.fromkeys(table.spec.private_columns, "")
        texts = [column for column in blanked if table.spec.columns[column].type == "text"]
        blanked |= dict.fromkeys(texts, _BLANKED)
        if blanked:
            rows = {key: {**row, **blanked} for key, row in table.by_key.items()}
            tables[name] = Table(table.spec, tuple(rows.values()), table.lines, rows)
    return replace(publication, tables=tables)


def _find_row_documents(session: Session, row: str) -> dict[str, str]:  # name: title
    from tipbrief.compose.html_writer import plain_text

    table, key, _ = split_cell_name(row)
    own = [one.id for one in session.publication.briefs.values() if one.for_each == table]
    plains = [f"{brief}-{key.replace(',', '-')}" for brief in own]
    names = [".".join(filter(None, (plain, tag))) for plain in plains for tag in ("", *session.translations)]
    known, titles = session.documents, dict.fromkeys(names, "")
    for name in filter(known.__contains__, names):
        titles[name] = plain_text(known[name].brief.title, session.publication_for(name), known[name])
    return titles


def _has_value_already(whole: Publication, name: str, value: str, by_hand: Collection[str]) -> bool:
    """Whether this is a sum or count that has the value already, since rows were changed by hand."""
    figure = whole.figures.get(name)
    if figure is None or name not in by_hand or figure.value is not None or figure.cell:
        return False
    number = normal_form(value.strip())
    return bool(NUMBER.fullmatch(number)) and parse_number(number) == whole.values[name]


def _trace_change(
    session: Session, new: Publication, entries: Sequence[Change], files: Mapping[Path, bytes]
) -> tuple[Session, tuple[str, ...], tuple[Language, ...]]:
    """The session after the change, the documents that print it, and the languages that lack the reason."""
    known, covered = session.ledger.with_entries(entries), coverage(session.fonts)
    with override_contents(files):
        # As PDFs carry them: of a workbook, only its values.
        after = {one.name: one for one in read_dataset(session.folder)}
        changed = {one.name for one in session.dataset if find_override(session.folder / one.name) is not None}
    dataset = [after.get(one.name, one) if one.name in changed else one for one in session.dataset]
    translations = load_translations(new, known, [one.language for one in session.translations.values()], covered)
    then = replace(session, publication=new, ledger=known, dataset=dataset, translations=translations)
    with limits.limit_command("the search for what prints it", 2 * len(session.documents)):
        briefs = _find_printing_documents(session, then, entries)
    texts = {one.reason for one in entries}
    told = [(one.language, map(one.reasons.get, texts)) for one in translations.values()]
    waiting = (spoken for spoken, found in told if any(reason and reason.language for reason in found))
    return then, briefs, tuple(waiting)


def _find_printing_documents(session: Session, then: Session, entries: Sequence[Change]) -> tuple[str, ...]:
    names = {name for entry in entries for name in entry.steps}
    documents = {one: fingerprint_document(session, one)[0] for one in session.documents if one in then.documents}
    session.save_memos()
    columns = [editions.find_cell_column(then.publication, name) for name in names]
    # A key or the sources of a row are not among the printed values, nor is a new row; what they lead to is.
    compares = any(column and column.type in ("key", "sources") for column in columns)
    compares |= any(entry.is_of_row for entry in entries)
    # Nor are private cells, which a newer file may change.
    compares |= any(table.spec.private_columns for table in then.publication.tables.values())
    found = {name for name, one in documents.items() if names & one.prints.keys()} | (then.documents.keys() - documents)
    for name, one in documents.items() if compares else ():
        if name not in found and one.content != fingerprint_document(then, name)[0].content:
            found.add(name)
    return tuple(filter(found.__contains__, then.documents))


def _reason_problems(session: Session, reason: str, source: str) -> list[Problem]:
    text, sources = Text(reason, SourceLocation(Path())), session.publication.sources
    language = session.publication.language
    found = [*find_missing_characters(text, text.location, coverage(session.fonts))]
    found += find_spelling_problems(text, language, load_word_lists(session.folder, language))
    problems = [Problem(f"the reason: {one.message}", hint=one.hint) for one in found if one.severity == "error"]
    if not any(map(str.isalnum, reason)):  # invisible characters are no reason
        hint = f"readers see it: --reason '…', in {language.english}"
        problems.append(Problem("a correction needs a reason", hint=hint))
    if len(reason) > _LONGEST_REASON:
        message = f"the reason has {len(reason)} characters, more than {_LONGEST_REASON}"
        problems.append(Problem(message, hint="say it in a sentence"))
    if source and source not in sources:
        problems.append(Problem(f"there is no source '{source}'", hint=suggest_nearest(source, sources)))
    return problems


def load_outcome(publication: Publication, amended: Amendment, covered: Collection[int] | None = None) -> Publication:
    """The publication after the changes; ``Problems`` says what they would break."""
    folder = publication.folder
    with override_contents({folder / name: content for name, content in amended.files.items()}):
        try:
            return load_publication(folder, covered)
        except Problems as raised:
            errors = [problem for problem in raised.problems if problem.severity == "error"]
            raise Problems([*amended.doubts, *_explain_errors(publication, amended, errors)]) from None


def _explain_errors(publication: Publication, amended: Amendment, errors: Sequence[Problem]) -> Iterator[Problem]:
    failed = {
        error: (figure, [*_find_other_changes(publication, amended, figure)])
        for figure in publication.figures.values()
        for error in errors  # that say that the figure differs from its check; changes do not move lines
        if error.kind == COUNT_CONTRADICTS and f"'{figure.id}'" in error.message
        if figure.check and figure.check.location.line == error.line
    }
    others = [pair for _, pairs in failed.values() for pair in pairs] or [("FIGURE", "VALUE")]
    given = [(name, f'"{now}"' if " " in now else now) for name, now in amended.values.items()]
    given = [("--from", str(amended.newer))] if amended.newer else given
    pairs = sorted(dict.fromkeys([*given, *others]), key=lambda pair: "[" in pair[0])
    command = " ".join(["tipbrief correct", *(f"{name} {value}" for name, value in pairs)])
    for error in errors:
        hint = error.hint
        if error in failed:
            hint = f"give {'both' if len(pairs) == 2 else 'all'} in one command: {command}"
            figure, found = failed[error]
            if figure.check and not figure.check.column and not figure.operation and not found:
                file = publication.tables[figure.check.table].spec.file
                hint = f"rows are added and removed by hand: change {file} and {FIGURES_FILE} in one go"
        newer = amended.newer if amended.replaced and error.file == publication.folder / amended.replaced else None
        yield replace(error, message=f"with this change, {error.message}", hint=hint, file=newer or error.file)


def _find_other_changes(publication: Publication, amended: Amendment, figure: Figure) -> Iterator[tuple[str, str]]:
    """What else to change so that a figure equals its check again; nothing if only a change of rows helps."""
    if figure.check is None or figure.operation:
        return
    given, check, table = amended.values, figure.check, publication.tables[figure.check.table]
    name = format_cell_name(figure.cell.table, figure.cell.row, figure.cell.column) if figure.cell else figure.id
    changed, where = replace(table, rows=read_rows(publication.folder / table.spec.file, table.spec)), check.where
    if check.column:
        cells = Cells(location=check.location, table=check.table, column=check.column, where=where)
        if not figure.count and name not in given:
            yield name, f"{sum_numbers(collect_numbers(changed, cells)[0]):f}"
        return
    count = len(select_rows(changed, check))
    free = next((column for column in where if column not in table.spec.key), "")
    if not figure.count and name not in given:
        yield name, str(count)
    elif free:
        fewer = name in given and count < Decimal(given[name])
        yield example_cell_name(table, None, free), where[free] if fewer else "VALUE"


@dataclass(frozen=True, slots=True)
class Undo(PlannedChange):
    """The planned undoing of a correction: for each value the one after it, and the one before it."""

    entry: EntryFile
    restored_values: dict[str, tuple[str, str]]


def plan_undo(session: Session, names: Sequence[str], date: Date) -> Undo:
    """Plan the undoing of the last correction, or of the last one that changed one of ``names``. Nothing is written."""
    whole, known = session.publication, session.ledger
    at = _find_last_change(known, names)
    entry = known.entry_files[at]
    _require_undelivered(known, at)
    restored, problems = dict[str, tuple[str, str]](), ProblemList()
    old_files = restore_files(session, entry)
    for change in entry.changes:
        value = editions.find_dataset_value(whole, change.name)
        if old_files or value == change.now:
            restored[change.name] = (change.now, change.was)
        elif value != change.was and not change.is_of_row:
            message = f"'{change.name}' is {value or 'gone'} now, and was left as {change.now}"
            hint = f"put {change.now or 'nothing'} there, or correct it anew"
            problems.append(Problem(message, entry.file, hint=hint))
    problems.raise_all()
    amended = old_files or amend_files(whole, [(name, was) for name, (_, was) in restored.items()])
    load_outcome(whole, amended, coverage(session.fonts))
    fact = Withdrawal(date=ledger_folder.next_entry_date(known, date), withdrawn_ids=(entry.seal,))
    files = {session.folder / name: content for name, content in amended.files.items()}
    old = {session.folder / name: content for name, content in amended.old_files.items()}
    return Undo(session, (fact,), files, old, entry, restored)


def _find_last_change(known: Ledger, names: Sequence[str]) -> int:  # its position; not a withdrawn one
    wanted = {"".join(name.split()) for name in names}
    for at in reversed(range(len(known.entry_files))):
        changed = {name for change in known.changes_in_entry(at) for name in change.steps}
        if changed and (not wanted or wanted & changed):
            return at
    of = f" of {', '.join(map(repr, names))}" if names else ""
    raise Problems(f"there is no correction{of} to take back", hint="tipbrief diff says what has changed")


def _require_undelivered(known: Ledger, at: int) -> None:
    names = {name for change in known.changes_in_entry(at) for name in change.steps}
    for later in range(at + 1, len(known.entry_files)):
        again = {name for change in known.changes_in_entry(later) for name in change.steps} & names
        if again and known.predecessors[later] >> at & 1:
            message = f"'{min(again)}' was changed again since"
            raise Problems(message, known.entry_files[later].file, hint="take that back first: without a name")
    for brief in known.briefs:
        for position, edition in known.valid_editions_with_positions(brief):
            told = names & edition.prints.keys() or {
                change.name for change in known.changes_in_entry(at) if brief in change.documents
            }
            if known.predecessors[position] >> at & 1 and told:
                message = f"'{min(told)}' was delivered so in {edition.signature}"
                hint = "correct it anew: the readers of that edition are told"
                raise Problems(message, known.entry_files[at].file, hint=hint)
