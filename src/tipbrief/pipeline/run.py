"""A run: many documents are built into a folder, with index and collection, or delivered as editions, together."""

import json
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from tipbrief import limits
from tipbrief.check.blocks import Brief
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.profiles import DEFAULT_PAPER, DEFAULT_PROFILE
from tipbrief.deliver.index import ContentsEntry, DeliveredDocument, badge_choice, contents_html, index_html
from tipbrief.deliver.output_folder import Delivery, OutputFile, write_outputs
from tipbrief.files import hash_of
from tipbrief.language.dates import Date
from tipbrief.language.language import sort_key
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.entries import Edition, Reprint, split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.pdf.attachments import list_attachments
from tipbrief.pipeline import document
from tipbrief.pipeline.document import ComposedDocument, compose_document, edition_facts
from tipbrief.pipeline.rendering import FaultyPages, Rendering, render_pdf
from tipbrief.pipeline.selection import document_name, select_documents
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import encode_entry, store_key
from tipbrief.pipeline.workers.pool import call_with_workers
from tipbrief.pipeline.workers.process import WorkerExecutor, do_work, ignore_repeated_interrupts
from tipbrief.problems import Problem, ProblemList, Problems

Result = TypeVar("Result")
DocumentResult: TypeAlias = tuple[ComposedDocument, Rendering] | Problems
# It is called with each document and the step that it has come to.
OnStep = Callable[[str, str], None]
StartWorkers: TypeAlias = Callable[[], WorkerExecutor] | None
MAX_WITHOUT_WORKERS = 3  # documents; for so few it takes longer to start workers
DOCUMENTS_PER_PUBLISH = 60  # finished documents, which get their names together
MAX_PLACES_SHOWN = 5  # places in a message
MAX_VOLUME_PAGES = 300  # of a collection; each takes a third of a MB of memory while they are put together


@dataclass(frozen=True, slots=True)
class BuildResult:
    """One document that was built: its edition, page count and files, the PDF and the HTML first."""

    name: str
    edition: Edition
    page_count: int
    files: tuple[OutputFile, ...]
    fresh: bool  # typeset just now
    notes: tuple[Problem, ...] = ()  # warnings about its pages


class PartialFailure(Problems):
    """The problems with some documents, raised when the others are built."""

    def __init__(self, built: Sequence[BuildResult], failed: Mapping[str, Sequence[Problem]]) -> None:
        super().__init__(problem for problems in failed.values() for problem in problems)
        self.results, self.problems_by_document = list(built), dict(failed)


def build_documents(
    session: Session, names: Sequence[str], out: Path, step: OnStep = lambda name, step: None, **form: Any
) -> list[BuildResult]:
    """Build the named documents, by default all single ones. A problem leaves earlier files as they were."""
    # ``form``: see ``DocumentRun``. A shard may have no documents.
    # ``PartialFailure`` is raised if there were problems, when the other documents are built.
    run = DocumentRun(session, names, step, **form)
    run = run if run.is_shard else replace(run, names=select_documents(session.publications, names))
    found: dict[str, BuildResult | Problems] = {}
    due = DOCUMENTS_PER_PUBLISH
    with ignore_repeated_interrupts(), Delivery(out, session.versions, session.ledger.list_pdf_hashes) as delivery:
        try:
            for name, one in run.write_documents(delivery):
                found[name] = one
                if len(found) >= due:
                    delivery.publish()
                    due += max(DOCUMENTS_PER_PUBLISH, due // 10)  # the manifest is written each time, and grows
        finally:
            # Finished documents are published also if the user stops the run.
            delivery.publish()
            session.save_memos()
    # Files that did not fit on the disk are not mentioned again.
    all_ = {name: found.get(name, Problems(())) for name in run.names}
    built = [one for one in all_.values() if isinstance(one, BuildResult)]
    if len(built) < len(all_):
        raise PartialFailure(built, {name: one.problems for name, one in all_.items() if isinstance(one, Problems)})
    return built


def deliver_editions(
    session: Session,
    names: Sequence[str],
    out: Path,
    date: Date,
    untranslated: bool = False,
    record: Callable[[list[Edition | Reprint]], object] | None = None,
    **form: Any,
) -> list[BuildResult]:
    """Build, and give each document that says something new a new edition: all of them, or none."""
    # The ledger decides: before it is written nothing has happened; after it the editions exist, and a later build
    # makes their files if they could not be written. Languages with texts that are not translated are delivered only
    # with ``untranslated``: the texts are marked in them. ``record`` writes the entries into the ledger, by default as
    # one entry; it is called also if there are none. ``form``: see ``DocumentRun``.
    date, names = ledger_folder.next_entry_date(session.ledger, date), select_documents(session.publications, names)
    if not untranslated:
        require_translated(session, names)
    run = DocumentRun(session, names, date=date, **form)
    with Delivery(out, session.versions, session.ledger.list_pdf_hashes) as delivery:
        found = dict(run.write_documents(delivery))
        limits.begin_step(out)  # what follows is done for all together, and each part has the time of a step
        session.save_memos()
        if failed := [one for one in found.values() if isinstance(one, Problems)]:
            problems = [problem for one in failed for problem in one.problems]
            # Documents of a correction can be delivered without the others only when it is recorded.
            others = [] if record else _describe_waiting_documents(session, found, untranslated)
            raise Problems([*problems, *others])
        built = [one for name in run.names if isinstance(one := found[name], BuildResult)]
        entries = [entry for one in built for entry in _ledger_entries(session.ledger, one, date)]
        if entries or record:
            delivery.sync_files()
            limits.begin_step()
            (record or partial(ledger_folder.append_entry, session.folder, session.ledger))(entries)
        try:
            limits.begin_step()
            delivery.publish()
        except Problems as raised:
            if not entries:
                raise
            hint = "the ledger has the editions: free the folder, then: tipbrief build"
            raise Problems(replace(problem, hint=hint) for problem in raised.problems) from None
    # The ledger has what they print; here it would fill the memory.
    return [replace(one, edition=replace(one.edition, prints={})) for one in built]


def _describe_waiting_documents(
    session: Session, found: Mapping[str, BuildResult | Problems], untranslated: bool
) -> list[Problem]:
    """A problem that says how many documents wait for the faulty ones, and how to deliver them alone."""
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
    edition, pdf = built.edition, built.files[0].sha256
    if edition != known.last_edition(edition.brief):
        return [replace(edition, pdf=pdf)]
    if pdf in known.pdf_hashes(edition):
        return []
    return [Reprint(brief=edition.brief, number=edition.number, date=date, pdf=pdf)]


def require_translated(session: Session, names: Sequence[str]) -> None:
    """Raise problems if documents would be delivered in a language into which not all is translated."""
    problems = ProblemList()
    for tag, whole in {(one := session.publication_for(name)).language.tag: one for name in names}.items():
        if count := whole.untranslated_count:
            texts = whole.untranslated[:count]  # reasons, which hold up nothing, come last
            places = [*dict.fromkeys(one.format_location(session.folder) for one in texts)]
            shown = ", ".join(places[:MAX_PLACES_SHOWN]) + ", …" * (count > MAX_PLACES_SHOWN)
            message = f"{count} text{'s' * (count != 1)} of the sheets in {whole.language.english} would be "
            message += f"delivered untranslated: {shown}"
            hint = f"translate them, tipbrief translate {tag}; or leave '{tag}' out; or print the source's "
            hint += "sentences, marked: --untranslated mark"
            problems.append(Problem(message, hint=hint, kind="untranslated"))
    problems.raise_all()


@dataclass(frozen=True)
class DocumentRun:
    """The documents of one run; with a ``date`` they become editions of that day. A shard's files are store entries."""

    session: Session
    names: Sequence[str]
    step: OnStep = lambda name, step: None
    workers: StartWorkers = None
    png: int | None = None  # the width of pictures
    date: Date | None = None
    is_shard: bool = False

    def write_documents(self, delivery: Delivery) -> Iterator[tuple[str, BuildResult | Problems]]:
        """Each document as it is finished, with its files staged for delivery; or the problems with it."""
        for name, one in self.render_all():
            limits.begin_step(name)
            try:
                if isinstance(one, Problems):
                    raise one
                composed, rendering = one
                with limits.limit_step(name, limits.DOCUMENT_SECONDS):
                    files = self._output_files(composed, rendering)
            except Problems as raised:
                self.step(name, "deliver")
                found = [*document.locate_page_faults(self.session, name, raised.problems)]
                if isinstance(raised, FaultyPages):
                    file = delivery.write_faulty_pages(self.session.file_name(name, "faulty.pdf"), raised.pdf)
                    hint = "; ".join(filter(None, (found[-1].hint, f"the pages are in {file}, crossed out")))
                    found[-1] = replace(found[-1], hint=hint)
                yield name, self.add_document_name(name, Problems(found))
                continue
            try:
                written = tuple(delivery.add_files(files))
            except Problems as raised:
                yield name, raised
                return  # a full disk takes no other document either
            delivery.remove_faulty_pages(self.session.file_name(name, "faulty.pdf"))
            self.step(name, "deliver")  # a document that is reported as finished survives Ctrl-C
            notes = tuple(self.add_document_name(name, Problems(rendering.notes)).problems)
            # What it prints is asked for only where it is delivered, and would fill the memory.
            edition = composed.edition if self.date else replace(composed.edition, prints={})
            self.session.ledger.forget_editions(name)
            yield name, BuildResult(name, edition, rendering.page_count, written, rendering.fresh, notes)

    def render_all(self) -> Iterator[tuple[str, DocumentResult]]:
        """Each document, rendered or from the store. Workers begin with the first while others are composed."""
        to_render: dict[str, ComposedDocument] = {}
        stored_or_faulty = deque[str]()  # names alone: what they print is composed again, and does not fill the memory

        def compose_all() -> Iterator[ComposedDocument]:
            for name in self.names:
                self.step(name, "compose")
                composed = self.compose(name)
                if isinstance(composed, Problems) or self.session.store.has_entry(composed.store_key):
                    stored_or_faulty.append(name)
                else:
                    to_render[name] = composed
                    yield composed

        def load_stored() -> Iterator[tuple[str, DocumentResult]]:
            while stored_or_faulty:
                name = stored_or_faulty.popleft()
                composed = self.compose(name)
                if isinstance(composed, Problems):
                    yield name, composed
                elif found := composed.load_rendering():
                    yield name, (composed, found)
                else:  # it was removed meanwhile
                    yield name, save(composed, self._run_within_limits(composed, document.render_document))

        def save(composed: ComposedDocument, rendering: Rendering | Problems) -> DocumentResult:
            # Checked before it is stored or delivered, since its templates and pictures were read only now.
            self.session.require_unchanged()
            return rendering if isinstance(rendering, Problems) else (composed, composed.save_rendering(rendering))

        coming = compose_all()
        first = list(islice(coming, MAX_WITHOUT_WORKERS + 1))
        every = chain(first, coming)
        rendered: Iterator[tuple[str, Rendering | Problems]]
        rendered = ((one.name, self._run_within_limits(one, document.render_document)) for one in every)
        if self.workers and len(first) > MAX_WITHOUT_WORKERS:
            calls = ((one.name, self._run_within_limits(one, self._prepare_call)) for one in every)
            made = call_with_workers(self.workers(), calls)
            rendered = ((name, one if isinstance(one, Problems) else one[0]) for name, one in made)
        elif self.session.early_worker and first:
            # While it typesets the first one, the stored ones get their attachments.
            one = next(every)
            finish = self._run_within_limits(one, document.start_rendering)
            yield from load_stored()
            self.session.save_memos()
            first_result = finish if isinstance(finish, Problems) else self._run_within_limits(one, lambda *_: finish())
            rendered = chain([(one.name, first_result)], rendered)
        for name, result in rendered:
            yield name, save(to_render.pop(name), result)
            yield from load_stored()
        yield from load_stored()

    def _run_within_limits(
        self, composed: ComposedDocument, work: Callable[[ComposedDocument, Callable[[str], None]], Result]
    ) -> Result | Problems:
        try:
            with limits.limit_step(composed.name, limits.DOCUMENT_SECONDS):
                return work(composed, partial(self.step, composed.name))
        except Problems as raised:
            return raised

    def _prepare_call(self, one: ComposedDocument, step: Callable[[str], None]) -> Callable[[], Any]:
        what = (one.name, limits.DOCUMENT_SECONDS, self.session.fonts, render_pdf)
        return partial(do_work, *what, *one.rendering_arguments())

    def compose(self, name: str) -> ComposedDocument | Problems:
        """A document of the run, as the edition that it becomes; or the problems with it."""
        limits.begin_step(name)
        try:
            composed = compose_document(self.session, name)
            return composed.as_next_edition(self.date) if self.date and composed.edition.draft else composed
        except Problems as raised:
            return raised

    def add_document_name(self, name: str, raised: Problems) -> Problems:
        """The problems, each with the document's name if its brief has many documents or it is a translation."""
        whole = self.session.publication_for(name)
        if not self.session.documents[name].key and whole.language.tag == whole.languages[0].tag:
            return raised
        return Problems(replace(one, message=f"{name}: {one.message}") for one in raised.problems)

    def _output_files(self, composed: ComposedDocument, rendering: Rendering) -> dict[str, bytes]:
        """PDF and HTML of a document; with ``png`` also its pages and a card as pictures."""
        if self.is_shard:
            return {f"{composed.name}.brief": encode_entry(composed.store_key, composed.format_pages(rendering))}
        name_of = partial(self.session.file_name, composed.name)
        files = {name_of("pdf"): rendering.pdf, name_of("html"): rendering.html}
        if self.png:
            from tipbrief.handouts import picture_export

            pictures = picture_export.render_page_pictures(rendering.pdf, self.png)
            files |= {name_of("png", str(number)): picture for number, picture in enumerate(pictures, 1)}
            files[name_of("png", "card")] = composed.render_card()
            self.session.require_unchanged()
        return files


def write_index_and_collection(
    session: Session, built: Sequence[BuildResult], out: Path, *, together: bool, workers: StartWorkers = None
) -> list[OutputFile]:
    """Write the index of each language and, with ``together``, the collection of each brief with ``for_each``."""
    # Nothing is written for a language unless all documents of such a brief were built.
    by_language = {
        whole.language.tag: (whole, [one for one in built if session.publication_for(one.name) is whole])
        for whole in session.publications
    }
    complete = {tag: both for tag, both in by_language.items() if _complete_briefs(*both)}
    languages = session.publication.languages
    indexes = {one.tag: f"{document_name(session.publication, 'index', one)}.html" for one in languages}
    # An index links to those that exist already or are written with it.
    linked = {tag: name for tag, name in indexes.items() if tag in complete or (out / name).is_file()}
    limits.return_free_memory()  # of the ledger's entry
    # One after the other: all volumes together would fill the memory.
    return [
        file
        for _, own in complete.values()
        for name, content in _language_files(session, own, linked, workers, together=together)
        for file in write_outputs(out, {name: content}, session.versions)
    ]


def _complete_briefs(publication: Publication, built: Iterable[BuildResult]) -> list[Brief]:
    """The briefs with ``for_each`` of which every document was built."""
    names = {one.name for one in built}
    missing = {one.brief.id for one in publication.documents.values() if one.name not in names}
    return [one for one in publication.briefs.values() if one.for_each and one.id not in missing]


def _language_files(
    session: Session, built: Sequence[BuildResult], indexes: Mapping[str, str], workers: StartWorkers, *, together: bool
) -> Iterator[tuple[str, bytes]]:  # the volumes of collections, then the index, which links to the others
    whole = session.publication_for(built[0].name)
    sums = [[one.edition.signature, *(file.sha256 for file in one.files)] for one in built]
    sums_hash = hash_of(json.dumps(sums).encode())

    def key_of(name: str) -> str:
        # The ledger is left out: a delivery adds to it only what the editions say already.
        return store_key("pages", session.hash_without_ledger, sums_hash, json.dumps([*indexes.items()]), name)

    briefs = _complete_briefs(whole, built) if together else []
    begin = dict(chain.from_iterable(_collections(session, whole, brief, built) for brief in briefs))
    missing = [name for name in begin if not session.store.has_entry(key_of(name))]

    def prepare(name: str) -> Callable[[], bytes]:
        limits.begin_step(name)  # each has the time of one: there may be a hundred volumes
        return begin[name]()

    # Workers make several, as this process would keep the memory, and they are found in the store.
    if workers and len(missing) > 1 and session.store.is_usable:
        for name, made in call_with_workers(workers(), ((name, prepare(name)) for name in missing)):
            if isinstance(made, Problems):
                raise made
            session.store.write_entry(key_of(name), {"file": made})
    listed = [DeliveredDocument(one.name, one.files[0], one.files[1], one.edition) for one in built]
    look = (whole, listed, session.fonts, session.environment, indexes if len(indexes) > 1 else {})
    begin[indexes[whole.language.tag]] = lambda: lambda: index_html(*look).encode()

    def read_or_make(name: str) -> tuple[str, bytes]:
        limits.begin_step(name)
        found = session.store.get_or_make(key_of(name), ["file"], lambda: {"file": begin[name]()()})["file"]
        session.require_unchanged()
        return name, found

    yield from map(read_or_make, begin)


def _collections(
    session: Session, whole: Publication, brief: Brief, built: Sequence[BuildResult]
) -> Iterator[tuple[str, Callable[[], Callable[[], bytes]]]]:
    """The collection of a brief, or its volumes, by file name: each with a call that prepares the one that makes it."""
    sheets, dates = [], []
    for one in built:
        document = whole.documents[one.name]
        if document.brief is brief:
            title, choice = plain_text(brief.title, whole, document), badge_choice(whole, document)
            note = str(choice.label) if choice else ""
            sheets.append(ContentsEntry(one.name, title, note, one.page_count, one.files[0].path.read_bytes))
            dates.append(one.edition.date)
    sheets.sort(key=lambda sheet: sort_key(sheet.title, whole.language))
    count = min(len(sheets), math.ceil(sum(sheet.pages for sheet in sheets) / MAX_VOLUME_PAGES))
    count = {"volumes": count, "one": 1, "none": 0}[brief.collection]
    # The collection is no edition, but each sheet in it is one.
    none = Edition(brief=document_name(whole, brief.id, whole.language), number=0, code="", date=max(dates))

    def prepare(part: Sequence[ContentsEntry]) -> Callable[[], bytes]:
        # Imported here, since its library takes longer to load than a build where nothing changed.
        from tipbrief.deliver.collection import merge_sheets, typeset_contents
        from tipbrief.pdf.pdf_draft import attach_files

        title = f"{whole.tables[str(brief.for_each)].spec.title}"
        title += f": {part[0].title} – {part[-1].title}" * (count > 1)
        look = (whole, session.fonts, session.environment, part)
        html = partial(contents_html, *look, title=title, date=none.date)
        contents = typeset_contents(session.typesetter, html, part, session.paper_and_profile[1].standard)
        dataset = session.dataset_for(none.brief) if brief.carry != "own" else []
        attachments = list_attachments(dataset, session.versions, edition_facts(session, none), "")
        first = attach_files(contents, attachments, none.date)
        return partial(merge_sheets, first, part, session.fonts, whole.language.tag)

    for number in range(count):
        part = sheets[len(sheets) * number // count : len(sheets) * (number + 1) // count]
        ending = f"{number + 1}-of-{count}.pdf" if count > 1 else "pdf"
        yield session.file_name(none.brief, ending), partial(prepare, part)
