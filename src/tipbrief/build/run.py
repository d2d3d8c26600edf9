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
from tipbrief.build import cache, document
from tipbrief.build.asked import named
from tipbrief.build.document import Piece, piece_of
from tipbrief.build.made import Made
from tipbrief.build.session import Session
from tipbrief.build.workers import Workers, made_by
from tipbrief.compose.profiles import DEFAULT, DEFAULT_PAPER
from tipbrief.deliver.folder import Delivery, Entries, Written, all_there, entries_of
from tipbrief.language.dates import Date
from tipbrief.ledger import editions, store
from tipbrief.ledger.entries import Edition, Reprint, parted
from tipbrief.ledger.ledger import Ledger
from tipbrief.problems import Problem, Problems

Done = TypeVar("Done")

# Told of each document and the step that it has come to.
OnStep = Callable[[str, str], None]
# So many documents are made here sooner than workers are called together.
MADE_ALONE = 3
# Finished documents get their names at the latest when so many wait for it.
PUBLISHED_AFTER = 60
FEW = 5  # places in a message


@dataclass(frozen=True, slots=True)
class Built:
    """One document that was built: its edition, pages and files, PDF and HTML first; whether typeset anew.

    ``notes`` are warnings of its pages.
    """

    name: str
    edition: Edition
    pages: int
    files: tuple[Written, ...]
    fresh: bool
    notes: tuple[Problem, ...] = ()


class Partly(Problems):
    """What is wrong with some documents, raised when the others are ``built``."""

    def __init__(self, built: Sequence[Built], failed: Mapping[str, Sequence[Problem]]) -> None:
        super().__init__(problem for problems in failed.values() for problem in problems)
        self.built, self.failed = list(built), dict(failed)


def build_documents(
    session: Session,
    names: Sequence[str],
    out: Path,
    step: OnStep = lambda name, step: None,
    workers: Callable[[], Workers] | None = None,
    png: int | None = None,
) -> list[Built]:
    """Build the named documents, by default all single ones; a problem leaves earlier files as they were.

    ``Partly`` tells of the problems when the others are built.
    """
    run = _Documents(session, named(session, names), out, step, workers, png)
    if built := run.as_before():
        for same in built:
            step(same.name, "deliver")
        return built
    found: dict[str, Built | Problems] = {}
    with Delivery(out, session.versions) as delivery:
        try:
            for name, one in run.documents(delivery):
                found[name] = one
                if len(found) % PUBLISHED_AFTER == 0:
                    delivery.publish()
        finally:
            # What is finished is kept, also where somebody stopped the run.
            delivery.publish()
            session.keep_records()
    # Of what a full disk did not take, nothing more is said.
    all_ = {name: found.get(name, Problems(())) for name in run.names}
    built = [one for one in all_.values() if isinstance(one, Built)]
    if len(built) < len(all_):
        raise Partly(built, {name: one.problems for name, one in all_.items() if isinstance(one, Problems)})
    run.remember(built)
    return built


def made_documents(
    session: Session,
    names: Sequence[str],
    step: OnStep = lambda name, step: None,
    workers: Callable[[], Workers] | None = None,
) -> Iterator[tuple[str, tuple[Piece, Made] | Problems]]:
    """Each of the documents, made or kept, as it is finished; no file is written."""
    for name, one in _Documents(session, names, Path(), step, workers, None).made():
        step(name, "deliver")
        yield name, one


def deliver_editions(
    session: Session,
    names: Sequence[str],
    out: Path,
    date: Date,
    step: OnStep = lambda name, step: None,
    workers: Callable[[], Workers] | None = None,
    png: int | None = None,
    untranslated: bool = False,
    record: Callable[[list[Edition | Reprint]], object] | None = None,
) -> list[Built]:
    """Build, and give each document that says something new a new edition: all of them, or none.

    The ledger decides: before it is written nothing has happened; after it the editions exist, and a plain
    build gives them even where their files could not be written any more. Only with ``untranslated``, a
    language of which texts are not translated, or not any more: they are marked in it. Who has more to write
    into the ledger with the editions gives a ``record``, which is called where there are none, too.
    """
    date, names = store.dated(session.ledger, date), named(session, names)
    if not untranslated:
        _require_translated(session, names)
    run = _Documents(session, names, out, step, workers, png, date)
    with Delivery(out, session.versions) as delivery:
        found = dict(run.documents(delivery))
        session.keep_records()
        if failed := [one for one in found.values() if isinstance(one, Problems)]:
            problems = [problem for one in failed for problem in one.problems]
            # What comes with a correction can be delivered without the others only when that is recorded.
            others = [] if record else _others(session, found, untranslated)
            raise Problems([*problems, *others])
        built = [one for name in run.names if isinstance(one := found[name], Built)]
        entries = [entry for one in built for entry in _ledger_entries(session.ledger, one, date)]
        if entries or record:
            delivery.settle()
            (record or partial(store.append, session.folder, session.ledger))(entries)
        try:
            delivery.publish()
        except Problems as raised:
            if not entries:
                raise
            hint = "the ledger has the editions: free the folder, then: tipbrief build"
            raise Problems(replace(problem, hint=hint) for problem in raised.problems) from None
    return built


def _others(session: Session, found: Mapping[str, Built | Problems], untranslated: bool) -> list[Problem]:
    """That the others wait for what cannot be delivered, and how an editor in haste delivers them alone."""
    documents = session.documents

    def keys(names: Iterable[str]) -> dict[str, list[str]]:
        """The briefs in each language, as commands name them, with the keys of their documents."""
        briefs: dict[str, list[str]] = {}
        for name in names:
            (plain, tag), brief = parted(name), documents[name].brief.id
            own = briefs.setdefault(f"{brief}.{tag}" if tag else brief, [])
            own += [plain.removeprefix(f"{brief}-")] if documents[name].key else []
        return briefs

    ready = [name for name in documents if isinstance(found.get(name), Built)]
    if not ready:
        return []
    whole = keys(documents)
    form = f" --paper {session.paper}" * (session.paper != DEFAULT_PAPER)
    form += f" --profile {session.profile}" * (session.profile != DEFAULT)
    form += " --untranslated mark" * untranslated
    commands = [
        f"tipbrief build {brief}{(' --only ' + ','.join(own)) * (own != whole[brief])}{form} --deliver"
        for brief, own in keys(ready).items()
    ]
    message = f"{len(ready)} of {len(found)} documents could be delivered, and wait for the others"
    return [Problem(message, hint=f"these alone: {'; '.join(commands)}", kind="waiting")]


def _ledger_entries(known: Ledger, built: Built, date: Date) -> list[Edition | Reprint]:
    """What the ledger must add: a new edition, or another PDF of one."""
    edition, pdf = built.edition, built.files[0].sha256
    if edition != known.last(edition.brief):
        return [replace(edition, pdf=pdf)]
    if pdf in known.pdfs(edition):
        return []
    return [Reprint(brief=edition.brief, number=edition.number, date=date, pdf=pdf)]


def _require_translated(session: Session, names: Sequence[str]) -> None:
    """Problems where documents would be delivered in a language into which not all is translated."""
    problems = []
    for whole in {session.of(name).language.tag: session.of(name) for name in names}.values():
        if count := whole.waiting:
            tag, told = whole.language.tag, whole.untranslated
            places = [*dict.fromkeys(one.where(session.folder) for one in told)]
            message = f"{count} text{'s' * (count != 1)} of the sheets in {whole.language.english} would be "
            message += f"delivered untranslated: {', '.join(places[:FEW])}{', …' * (count > FEW)}"
            hint = f"translate them, tipbrief translate {tag}; or leave '{tag}' out; or print the source's "
            hint += "sentences, marked: --untranslated mark"
            problems.append(Problem(message, hint=hint, kind="untranslated"))
    if problems:
        raise Problems(problems)


@dataclass(frozen=True)
class _Documents:
    """The documents of one run, on their way into a folder; with a ``date`` as editions of that day."""

    session: Session
    names: Sequence[str]
    out: Path
    step: OnStep
    workers: Callable[[], Workers] | None
    png: int | None
    date: Date | None = None

    def documents(self, delivery: Delivery) -> Iterator[tuple[str, Built | Problems]]:
        """Each document as it is finished, on its way into the folder; or what is wrong with it."""
        for name, one in self.made():
            limits.begin(name)
            self.step(name, "deliver")
            try:
                if isinstance(one, Problems):
                    raise one
                piece, made = one
                with limits.bounded(name, limits.SECONDS_IN_ALL):
                    files = self._files(piece, made)
            except Problems as raised:
                yield name, self._of(name, raised)
                continue
            try:
                written = tuple(delivery.add(files))
            except Problems as raised:
                yield name, raised
                return  # a full disk takes no other document either
            notes = tuple(self._of(name, Problems(made.notes)).problems)
            yield name, Built(name, piece.edition, made.pages, written, made.fresh, notes)

    def made(self) -> Iterator[tuple[str, tuple[Piece, Made] | Problems]]:
        """Each document, made or kept; workers begin with the first while the rest are still composed."""
        missing: dict[str, Piece] = {}
        aside: deque[tuple[str, Piece | Problems]] = deque()

        def wanted() -> Iterator[Edition]:
            for name in self.names:
                piece = self._piece(name)
                if isinstance(piece, Problems) or piece.is_kept:
                    aside.append((name, piece))
                else:
                    missing[name] = piece
                    yield piece.edition

        def others() -> Iterator[tuple[str, tuple[Piece, Made] | Problems]]:
            while aside:
                name, piece = aside.popleft()
                # Only now is its PDF read, so that many of them do not fill the memory.
                if isinstance(piece, Problems):
                    yield name, piece
                elif kept := piece.kept():
                    yield name, (piece, kept)
                else:  # it was removed meanwhile
                    yield name, checked(piece, self._made_here(piece.edition))

        def checked(piece: Piece, made: Made | Problems) -> tuple[Piece, Made] | Problems:
            # Before it is kept or delivered: its templates and pictures were read only now.
            self.session.require_unchanged()
            return made if isinstance(made, Problems) else (piece, piece.keep(made))

        coming = wanted()
        first = list(islice(coming, MADE_ALONE + 1 if self.workers else None))
        made: Iterator[tuple[Edition, Made | Problems]]
        made = ((edition, self._made_here(edition)) for edition in first)
        if self.workers and len(first) > MADE_ALONE:
            made = made_by(self.workers(), self.session, chain(first, coming))
        elif self.session.press and first:
            # While it typesets the first one, the kept ones get what they carry.
            edition = first.pop(0)
            begun = self._limited(edition, document.begun)
            yield from others()
            self.session.keep_records()
            one = begun if isinstance(begun, Problems) else self._limited(edition, lambda *_: begun())
            made = chain([(edition, one)], made)
        for edition, one in made:
            piece = missing.pop(edition.brief)
            yield piece.name, checked(piece, one)
            yield from others()
        yield from others()

    def _made_here(self, edition: Edition) -> Made | Problems:
        return self._limited(edition, document.make)

    def _limited(
        self, edition: Edition, does: Callable[[Session, Edition, Callable[[str], None]], Done]
    ) -> Done | Problems:
        """What is done for a document within its limits, or what is wrong with it."""
        try:
            with limits.bounded(edition.brief, limits.SECONDS_IN_ALL):
                return does(self.session, edition, partial(self.step, edition.brief))
        except Problems as raised:
            return raised

    def _piece(self, name: str) -> Piece | Problems:
        limits.begin(name)
        self.step(name, "compose")
        try:
            piece = piece_of(self.session, name)
            return piece.delivered(self.date) if self.date and piece.edition.draft else piece
        except Problems as raised:
            return raised

    def _of(self, name: str, raised: Problems) -> Problems:
        """The problems, each with the name of its document where a brief has many, or is in a translation."""
        whole = self.session.of(name)
        if not self.session.documents[name].key and whole.language.tag == whole.languages[0].tag:
            return raised
        return Problems(replace(one, message=f"{name}: {one.message}") for one in raised.problems)

    def _files(self, piece: Piece, made: Made) -> dict[str, bytes]:
        """PDF and HTML of a document, and on wish its pages and a card as pictures ``png`` wide."""
        name_of = partial(self.session.file_name, piece.name)
        files = {name_of("pdf"): made.pdf, name_of("html"): made.html}
        if self.png:
            from tipbrief.handouts import pictures

            shown = pictures.pages(made.pdf, self.png)
            files |= {name_of("png", str(number)): picture for number, picture in enumerate(shown, 1)}
            files[name_of("png", "card")] = piece.card()
            self.session.require_unchanged()
        return files

    # Nothing changed

    @property
    def _key(self) -> str:
        asked = json.dumps([*self.names, self.png])
        return cache.key("run", self.session.state, asked, os.path.realpath(self.out))

    def as_before(self) -> list[Built]:
        """What an earlier run built from the same, if its files are all still there as it wrote them."""
        built = self.session.cache.read(self._key, self._built_then) or []
        return built if all_there([file for one in built for file in one.files], self.out) else []

    def _built_then(self, found: Mapping[str, bytes]) -> list[Built]:
        built = [self._built(*row) for row in json.loads(found["built"])]
        return built if [one.name for one in built] == self.names else []

    def _built(self, name: str, draft: bool, pages: int, files: Entries, notes: list[list[str]]) -> Built:
        known, published = self.session.ledger, self.session.publication.imprint.published
        edition = (None if draft else known.last(name)) or editions.draft(known, name, published)
        pdf, html, *pictures = Written.below(self.out, files)
        told = document.told_again(self.session, name, notes)
        return Built(name, edition, int(pages), (pdf, html, *pictures), False, told)

    def remember(self, built: Sequence[Built]) -> None:
        """Know at the next run what this one built."""
        rows = [
            [one.name, one.edition.draft, one.pages, files, document.notes_of(one.notes)]
            for one, files in ((one, entries_of(one.files, self.out)) for one in built)
        ]
        self.session.cache.put(self._key, {"built": json.dumps(rows).encode()})
