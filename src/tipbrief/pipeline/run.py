"""A run over many documents: which are asked for, how each is made, and the delivery of editions."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from tipbrief import limits
from tipbrief.compose.profiles import DEFAULT_PAPER, DEFAULT_PROFILE
from tipbrief.deliver.output_folder import (
    Delivery,
    ManifestEntries,
    OutputFile,
    are_unchanged,
    manifest_entries,
)
from tipbrief.language.dates import Date
from tipbrief.ledger import editions, ledger_folder
from tipbrief.ledger.entries import Edition, Reprint, split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline import document, store
from tipbrief.pipeline.document import ComposedDocument, compose_document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.selection import select_documents
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.pool import WorkerPool, render_with_workers
from tipbrief.pipeline.workers.process import ignore_repeated_interrupts
from tipbrief.problems import Problem, Problems

Result = TypeVar("Result")

# Told of each document and the step that it has come to.
OnStep = Callable[[str, str], None]
# So many documents are made here sooner than workers are called together.
MOST_WITHOUT_WORKERS = 3
# Finished documents get their names at the latest when so many wait for it.
DOCUMENTS_PER_PUBLISH = 60
MOST_PLACES_SHOWN = 5  # places in a message


@dataclass(frozen=True, slots=True)
class BuildResult:
    """One document that was built: its edition, pages and files, PDF and HTML first; whether typeset anew.

    ``notes`` are warnings of its pages.
    """

    name: str
    edition: Edition
    page_count: int
    files: tuple[OutputFile, ...]
    fresh: bool
    notes: tuple[Problem, ...] = ()


class PartialFailure(Problems):
    """What is wrong with some documents, raised when the others are ``built``."""

    def __init__(self, built: Sequence[BuildResult], failed: Mapping[str, Sequence[Problem]]) -> None:
        super().__init__(problem for problems in failed.values() for problem in problems)
        self.results, self.problems_by_document = list(built), dict(failed)


def build_documents(
    session: Session,
    names: Sequence[str],
    out: Path,
    step: OnStep = lambda name, step: None,
    workers: Callable[[], WorkerPool] | None = None,
    png: int | None = None,
) -> list[BuildResult]:
    """Build the named documents, by default all single ones; a problem leaves earlier files as they were.

    ``Partly`` tells of the problems when the others are built.
    """
    run = _DocumentRun(session, select_documents(session, names), out, step, workers, png)
    if built := run.load_earlier_results():
        for same in built:
            step(same.name, "deliver")
        return built
    found: dict[str, BuildResult | Problems] = {}
    with ignore_repeated_interrupts(), Delivery(out, session.versions) as delivery:
        try:
            for name, one in run.write_documents(delivery):
                found[name] = one
                if len(found) % DOCUMENTS_PER_PUBLISH == 0:
                    delivery.publish()
        finally:
            # What is finished is kept, also where somebody stopped the run.
            delivery.publish()
            session.save_fingerprint_memos()
    # Of what a full disk did not take, nothing more is said.
    all_ = {name: found.get(name, Problems(())) for name in run.names}
    built = [one for one in all_.values() if isinstance(one, BuildResult)]
    if len(built) < len(all_):
        raise PartialFailure(built, {name: one.problems for name, one in all_.items() if isinstance(one, Problems)})
    run.save_results(built)
    return built


def render_documents(
    session: Session,
    names: Sequence[str],
    step: OnStep = lambda name, step: None,
    workers: Callable[[], WorkerPool] | None = None,
) -> Iterator[tuple[str, tuple[ComposedDocument, Rendering] | Problems]]:
    """Each of the documents, made or kept, as it is finished; no file is written."""
    for name, one in _DocumentRun(session, names, Path(), step, workers, None).render_all():
        step(name, "deliver")
        yield name, one


def deliver_editions(
    session: Session,
    names: Sequence[str],
    out: Path,
    date: Date,
    step: OnStep = lambda name, step: None,
    workers: Callable[[], WorkerPool] | None = None,
    png: int | None = None,
    untranslated: bool = False,
    record: Callable[[list[Edition | Reprint]], object] | None = None,
) -> list[BuildResult]:
    """Build, and give each document that says something new a new edition: all of them, or none.

    The ledger decides: before it is written nothing has happened; after it the editions exist, and a plain
    build gives them even where their files could not be written any more. Only with ``untranslated``, a
    language of which texts are not translated, or not any more: they are marked in it. Who has more to write
    into the ledger with the editions gives a ``record``, which is called where there are none, too.
    """
    date, names = ledger_folder.next_entry_date(session.ledger, date), select_documents(session, names)
    if not untranslated:
        _require_translated(session, names)
    run = _DocumentRun(session, names, out, step, workers, png, date)
    with Delivery(out, session.versions) as delivery:
        found = dict(run.write_documents(delivery))
        session.save_fingerprint_memos()
        if failed := [one for one in found.values() if isinstance(one, Problems)]:
            problems = [problem for one in failed for problem in one.problems]
            # What comes with a correction can be delivered without the others only when that is recorded.
            others = [] if record else _describe_waiting_documents(session, found, untranslated)
            raise Problems([*problems, *others])
        built = [one for name in run.names if isinstance(one := found[name], BuildResult)]
        entries = [entry for one in built for entry in _ledger_entries(session.ledger, one, date)]
        if entries or record:
            delivery.sync_files()
            (record or partial(ledger_folder.append_entry, session.folder, session.ledger))(entries)
        try:
            delivery.publish()
        except Problems as raised:
            if not entries:
                raise
            hint = "the ledger has the editions: free the folder, then: tipbrief build"
            raise Problems(replace(problem, hint=hint) for problem in raised.problems) from None
    return built


def _describe_waiting_documents(
    session: Session, found: Mapping[str, BuildResult | Problems], untranslated: bool
) -> list[Problem]:
    """That the others wait for what cannot be delivered, and how an editor in haste delivers them alone."""
    documents = session.documents

    def keys(names: Iterable[str]) -> dict[str, list[str]]:
        """The briefs in each language, as commands name them, with the keys of their documents."""
        briefs: dict[str, list[str]] = {}
        for name in names:
            (plain, tag), brief = split_document_name(name), documents[name].brief.id
            own = briefs.setdefault(f"{brief}.{tag}" if tag else brief, [])
            own += [plain.removeprefix(f"{brief}-")] if documents[name].key else []
        return briefs

    ready = [name for name in documents if isinstance(found.get(name), BuildResult)]
    if not ready:
        return []
    whole = keys(documents)
    form = f" --paper {session.paper}" * (session.paper != DEFAULT_PAPER)
    form += f" --profile {session.profile}" * (session.profile != DEFAULT_PROFILE)
    form += " --untranslated mark" * untranslated
    commands = [
        f"tipbrief build {brief}{(' --only ' + ','.join(own)) * (own != whole[brief])}{form} --deliver"
        for brief, own in keys(ready).items()
    ]
    message = f"{len(ready)} of {len(found)} documents could be delivered, and wait for the others"
    return [Problem(message, hint=f"these alone: {'; '.join(commands)}", kind="waiting")]


def _ledger_entries(known: Ledger, built: BuildResult, date: Date) -> list[Edition | Reprint]:
    """What the ledger must add: a new edition, or another PDF of one."""
    edition, pdf = built.edition, built.files[0].sha256
    if edition != known.last_edition(edition.brief):
        return [replace(edition, pdf=pdf)]
    if pdf in known.pdf_hashes(edition):
        return []
    return [Reprint(brief=edition.brief, number=edition.number, date=date, pdf=pdf)]


def _require_translated(session: Session, names: Sequence[str]) -> None:
    """Problems where documents would be delivered in a language into which not all is translated."""
    problems = []
    for whole in {session.publication_for(name).language.tag: session.publication_for(name) for name in names}.values():
        if count := whole.untranslated_count:
            tag, told = whole.language.tag, whole.untranslated
            places = [*dict.fromkeys(one.format_location(session.folder) for one in told)]
            message = f"{count} text{'s' * (count != 1)} of the sheets in {whole.language.english} would be "
            message += (
                f"delivered untranslated: {', '.join(places[:MOST_PLACES_SHOWN])}{', …' * (count > MOST_PLACES_SHOWN)}"
            )
            hint = f"translate them, tipbrief translate {tag}; or leave '{tag}' out; or print the source's "
            hint += "sentences, marked: --untranslated mark"
            problems.append(Problem(message, hint=hint, kind="untranslated"))
    if problems:
        raise Problems(problems)


@dataclass(frozen=True)
class _DocumentRun:
    """The documents of one run, on their way into a folder; with a ``date`` as editions of that day."""

    session: Session
    names: Sequence[str]
    out: Path
    step: OnStep
    workers: Callable[[], WorkerPool] | None
    png_width: int | None
    date: Date | None = None

    def write_documents(self, delivery: Delivery) -> Iterator[tuple[str, BuildResult | Problems]]:
        """Each document as it is finished, on its way into the folder; or what is wrong with it."""
        for name, one in self.render_all():
            limits.begin_step(name)
            try:
                if isinstance(one, Problems):
                    raise one
                piece, made = one
                with limits.limit_step(name, limits.DOCUMENT_SECONDS):
                    files = self._output_files(piece, made)
            except Problems as raised:
                self.step(name, "deliver")
                yield name, self._add_document_name(name, raised)
                continue
            try:
                written = tuple(delivery.add_files(files))
            except Problems as raised:
                yield name, raised
                return  # a full disk takes no other document either
            self.step(name, "deliver")  # a document that is reported as finished survives Ctrl-C
            notes = tuple(self._add_document_name(name, Problems(made.notes)).problems)
            yield name, BuildResult(name, piece.edition, made.page_count, written, made.fresh, notes)

    def render_all(self) -> Iterator[tuple[str, tuple[ComposedDocument, Rendering] | Problems]]:
        """Each document, made or kept; workers begin with the first while the rest are still composed."""
        missing: dict[str, ComposedDocument] = {}
        aside: deque[tuple[str, ComposedDocument | Problems]] = deque()

        def wanted() -> Iterator[Edition]:
            for name in self.names:
                piece = self._compose_for_run(name)
                if isinstance(piece, Problems) or piece.is_stored:
                    aside.append((name, piece))
                else:
                    missing[name] = piece
                    yield piece.edition

        def others() -> Iterator[tuple[str, tuple[ComposedDocument, Rendering] | Problems]]:
            while aside:
                name, piece = aside.popleft()
                # Only now is its PDF read, so that many of them do not fill the memory.
                if isinstance(piece, Problems):
                    yield name, piece
                elif kept := piece.load_rendering():
                    yield name, (piece, kept)
                else:  # it was removed meanwhile
                    yield name, checked(piece, self._render_here(piece.edition))

        def checked(
            piece: ComposedDocument, made: Rendering | Problems
        ) -> tuple[ComposedDocument, Rendering] | Problems:
            # Before it is kept or delivered: its templates and pictures were read only now.
            self.session.require_unchanged()
            return made if isinstance(made, Problems) else (piece, piece.save_rendering(made))

        coming = wanted()
        first = list(islice(coming, MOST_WITHOUT_WORKERS + 1 if self.workers else None))
        made: Iterator[tuple[Edition, Rendering | Problems]]
        made = ((edition, self._render_here(edition)) for edition in first)
        if self.workers and len(first) > MOST_WITHOUT_WORKERS:
            made = render_with_workers(self.workers(), self.session, chain(first, coming))
        elif self.session.early_worker and first:
            # While it typesets the first one, the kept ones get what they carry.
            edition = first.pop(0)
            begun = self._run_within_limits(edition, document.start_rendering)
            yield from others()
            self.session.save_fingerprint_memos()
            one = begun if isinstance(begun, Problems) else self._run_within_limits(edition, lambda *_: begun())
            made = chain([(edition, one)], made)
        for edition, one in made:
            piece = missing.pop(edition.brief)
            yield piece.name, checked(piece, one)
            yield from others()
        yield from others()

    def _render_here(self, edition: Edition) -> Rendering | Problems:
        return self._run_within_limits(edition, document.render_document)

    def _run_within_limits(
        self, edition: Edition, does: Callable[[Session, Edition, Callable[[str], None]], Result]
    ) -> Result | Problems:
        """What is done for a document within its limits, or what is wrong with it."""
        try:
            with limits.limit_step(edition.brief, limits.DOCUMENT_SECONDS):
                return does(self.session, edition, partial(self.step, edition.brief))
        except Problems as raised:
            return raised

    def _compose_for_run(self, name: str) -> ComposedDocument | Problems:
        limits.begin_step(name)
        self.step(name, "compose")
        try:
            piece = compose_document(self.session, name)
            return piece.as_next_edition(self.date) if self.date and piece.edition.draft else piece
        except Problems as raised:
            return raised

    def _add_document_name(self, name: str, raised: Problems) -> Problems:
        """The problems, each with the name of its document where a brief has many, or is in a translation."""
        whole = self.session.publication_for(name)
        if not self.session.documents[name].key and whole.language.tag == whole.languages[0].tag:
            return raised
        return Problems(replace(one, message=f"{name}: {one.message}") for one in raised.problems)

    def _output_files(self, piece: ComposedDocument, made: Rendering) -> dict[str, bytes]:
        """PDF and HTML of a document, and on wish its pages and a card as pictures ``png`` wide."""
        name_of = partial(self.session.file_name, piece.name)
        files = {name_of("pdf"): made.pdf, name_of("html"): made.html}
        if self.png_width:
            from tipbrief.handouts import picture_export

            shown = picture_export.render_page_pictures(made.pdf, self.png_width)
            files |= {name_of("png", str(number)): picture for number, picture in enumerate(shown, 1)}
            files[name_of("png", "card")] = piece.render_card()
            self.session.require_unchanged()
        return files

    # Nothing changed

    @property
    def _store_key(self) -> str:
        asked = json.dumps([*self.names, self.png_width])
        return store.entry_key("run", self.session.state, asked, os.path.realpath(self.out))

    def load_earlier_results(self) -> list[BuildResult]:
        """What an earlier run built from the same, if its files are all still there as it wrote them."""
        built = self.session.store.parse_entry(self._store_key, self._decode_results) or []
        return built if are_unchanged([file for one in built for file in one.files], self.out) else []

    def _decode_results(self, found: Mapping[str, bytes]) -> list[BuildResult]:
        built = [self._decode_result(*row) for row in json.loads(found["built"])]
        return built if [one.name for one in built] == self.names else []

    def _decode_result(
        self, name: str, draft: bool, pages: int, files: ManifestEntries, notes: list[list[str]]
    ) -> BuildResult:
        known, published = self.session.ledger, self.session.publication.imprint.published
        edition = (None if draft else known.last_edition(name)) or editions.draft_edition(known, name, published)
        pdf, html, *pictures = OutputFile.from_manifest(self.out, files)
        told = document.restore_notes(self.session, name, notes)
        return BuildResult(name, edition, int(pages), (pdf, html, *pictures), False, told)

    def save_results(self, built: Sequence[BuildResult]) -> None:
        """Know at the next run what this one built."""
        rows = [
            [one.name, one.edition.draft, one.page_count, files, document.encode_notes(one.notes)]
            for one, files in ((one, manifest_entries(one.files, self.out)) for one in built)
        ]
        self.session.store.write_entry(self._store_key, {"built": json.dumps(rows).encode()})
