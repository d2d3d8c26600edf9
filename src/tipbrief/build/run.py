"""Build: the six rooms in order for each document, the loop over many, and the delivery of editions."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from tipbrief.build import cache
from tipbrief.build.session import Made, Piece, Workshop
from tipbrief.build.workers import Crew, made_by, order_of
from tipbrief.deliver.folder import Delivery, Written, is_listed
from tipbrief.language.dates import Date
from tipbrief.ledger import store
from tipbrief.ledger.entries import Edition, Reprint
from tipbrief.ledger.ledger import Ledger
from tipbrief.problems import Problem, Problems, nearest

Step = Callable[[str, str], None]
# So many documents are made here sooner than workers are called together.
_FEW = 3
# Finished documents get their names at the latest when so many wait for it.
_MANY = 20


@dataclass(frozen=True, slots=True)
class Built:
    """One document that was built: its edition, pages and files, and whether it was typeset anew."""

    name: str
    edition: Edition
    pages: int
    files: tuple[Written, ...]
    fresh: bool


class Partly(Problems):
    """What is wrong with some documents, raised when the others are ``built``."""

    def __init__(self, built: Sequence[Built], failed: Mapping[str, Sequence[Problem]]) -> None:
        super().__init__(problem for problems in failed.values() for problem in problems)
        self.built, self.failed = list(built), dict(failed)


def build(
    workshop: Workshop,
    names: Sequence[str],
    out: Path,
    step: Step = lambda name, step: None,
    crew: Callable[[], Crew] | None = None,
    png: int | None = None,
) -> list[Built]:
    """Build the named documents, by default all single ones; a problem leaves earlier files as they were.

    ``Partly`` tells of the problems when the others are built.
    """
    names = named(workshop, names)
    if built := _as_before(workshop, names, out, png):
        for one in built:
            step(one.name, "deliver")
        return built
    failed: dict[str, Sequence[Problem]] = {}
    with Delivery(out, workshop.versions) as delivery:
        try:
            pieces = (_piece(workshop, name, step) for name in names)
            for piece, made in _made(workshop, pieces, step, crew):
                step(piece.name, "deliver")
                if isinstance(made, Problems):
                    failed[piece.name] = made.problems
                    continue
                files = _files(workshop, piece, made, png)
                try:
                    written = delivery.add(files)
                except Problems as raised:
                    failed[piece.name] = raised.problems
                    break  # a full disk takes no other document either
                built.append(Built(piece.name, piece.edition, made.pages, tuple(written), made.fresh))
                if len(built) % _MANY == 0:
                    delivery.publish()
        finally:
            # What is finished is kept, also where somebody stopped the run.
            delivery.publish()
    built.sort(key=lambda one: names.index(one.name))
    if failed:
        ready = {one.name for one in built}
        raise Partly(built, {name: failed.get(name, ()) for name in names if name not in ready})
    _remember(workshop, names, out, png, built)
    return built


def deliver(
    workshop: Workshop,
    names: Sequence[str],
    out: Path,
    date: Date,
    step: Step = lambda name, step: None,
    crew: Callable[[], Crew] | None = None,
    png: int | None = None,
) -> list[Built]:
    """Build, and give each document that says something new a new edition: all of them, or none.

    The ledger decides: before it is written nothing has happened; after it the editions exist, and a plain
    build gives them even where their files could not be written any more.
    """
    names = named(workshop, names)
    built: list[Built] = []
    entries: list[Edition | Reprint] = []
    problems: list[Problem] = []
    with Delivery(out, workshop.versions) as delivery:
        pieces = (_piece(workshop, name, step, date) for name in names)
        for piece, made in _made(workshop, pieces, step, crew):
            step(piece.name, "deliver")
            if isinstance(made, Problems):
                problems += made.problems
                continue
            entries += _entries(workshop.ledger, piece.edition, hashlib.sha256(made.pdf).hexdigest(), date)
            files = delivery.add(_files(workshop, piece, made, png))
            built.append(Built(piece.name, piece.edition, made.pages, tuple(files), made.fresh))
        if problems:
            raise Problems(problems)
        if entries:
            entries.sort(key=lambda entry: names.index(entry.brief))
            workshop.ledger = store.append(workshop.folder, workshop.ledger, entries)
        try:
            delivery.publish()
        except Problems as raised:
            if not entries:
                raise
            hint = "the ledger has the editions: free the folder, then: tipbrief build"
            raise Problems(replace(problem, hint=hint) for problem in raised.problems) from None
    built.sort(key=lambda one: names.index(one.name))
    return built


def named(
    workshop: Workshop, names: Sequence[str], *, only: Sequence[str] = (), everything: bool = False
) -> list[str]:
    """The documents that were asked for: of these briefs, or single ones; unknown names are problems.

    None named: those of every brief that is a single document, with ``everything`` all. ``only`` are keys:
    with them, those of the briefs that have many.
    """
    briefs = workshop.publication.briefs
    documents = workshop.publication.documents
    found: dict[str, None] = {}
    problems = []
    for name in names or [name for name in briefs if not only or briefs[name].for_each]:
        # By what stands for the key in the document's name: a key of two columns has a comma.
        of_brief = {
            one.name.removeprefix(f"{name}-"): one for one in documents.values() if one.brief.id == name
        }
        if name in documents:
            if only:
                hint = "leave out --only"
                problems.append(Problem(f"'{name}' is one document, and has no rows", hint=hint))
            found[name] = None
        elif not of_brief:
            known = dict.fromkeys([*briefs, *documents])
            problems.append(Problem(f"there is no brief '{name}'", hint=nearest(name, known)))
        elif names or only or everything:
            problems += [
                Problem(f"'{name}' has no document '{key}'", hint=nearest(key, of_brief))
                for key in only
                if key not in of_brief
            ]
            found |= {one.name: None for key, one in of_brief.items() if not only or key in only}
    if not found and not problems:
        hint = f"name one, or build all: tipbrief build {next(iter(briefs))}, or tipbrief build --all"
        problems.append(Problem("every brief here has a document for each row of a table", hint=hint))
    if problems:
        raise Problems(problems)
    return list(found)


def _piece(
    workshop: Workshop, name: str, step: Step, date: Date | None = None
) -> tuple[str, Piece | Problems]:
    """What a document says, as the next edition where a date is given and it says something new."""
    step(name, "compose")
    try:
        piece = workshop.piece(name)
        return name, workshop.delivered(piece, date) if date and piece.edition.draft else piece
    except Problems as raised:
        return name, raised


def _made(
    workshop: Workshop,
    pieces: Iterator[tuple[str, Piece | Problems]],
    step: Step,
    crew: Callable[[], Crew] | None,
) -> Iterator[tuple[Piece, Made | Problems]]:
    """What was made of each, or what is wrong with it."""
    missing: list[Piece] = []
    for name, piece in pieces:
        if isinstance(piece, Problems):
            yield _without(workshop, name, piece)
        elif kept := workshop.kept(piece):
            yield piece, kept
        else:
            missing.append(piece)
            if crew and len(missing) > _FEW:
                yield from _made_by_crew(workshop, crew(), missing, pieces)
                return
    for piece in missing:
        try:
            yield piece, workshop.keep(piece, workshop.make(piece.edition, partial(step, piece.name)))
        except Problems as raised:
            yield piece, _of(workshop, piece.name, raised)


def _made_by_crew(
    workshop: Workshop, crew: Crew, first: Sequence[Piece], rest: Iterator[tuple[str, Piece | Problems]]
) -> Iterator[tuple[Piece, Made | Problems]]:
    """The same with workers, who begin with the first pieces while the rest are still composed."""
    missing: dict[str, Piece] = {}
    aside: deque[tuple[str, Piece | Problems]] = deque()

    def wanted() -> Iterator[Edition]:
        for name, piece in chain(((piece.name, piece) for piece in first), rest):
            if isinstance(piece, Problems) or workshop.kept(piece):
                aside.append((name, piece))
            else:
                missing[name] = piece
                yield piece.edition

    for edition, made in made_by(crew, order_of(workshop), wanted()):
        piece = missing.pop(edition.brief)
        if isinstance(made, Problems):
            yield piece, _of(workshop, edition.brief, made)
        else:
            yield piece, workshop.keep(piece, made)
        # What was wanted last is given out when all is composed: after it there is nothing more aside.
        while aside:
            name, other = aside.popleft()
            if isinstance(other, Problems):
                yield _without(workshop, name, other)
            else:  # only now is its PDF read, so that many of them do not fill the memory
                yield other, workshop.made(other)


def _without(workshop: Workshop, name: str, raised: Problems) -> tuple[Piece, Problems]:
    """A document that cannot even be composed."""
    nothing = Edition(brief=name, number=0, code="", date=workshop.publication.imprint.published)
    return Piece(name, "", nothing, "", {}), _of(workshop, name, raised)


def _of(workshop: Workshop, name: str, raised: Problems) -> Problems:
    """The problems, each with the name of its document where a brief has many."""
    if not workshop.publication.documents[name].key:
        return raised
    return Problems(replace(one, message=f"{name}: {one.message}") for one in raised.problems)


def _entries(known: Ledger, edition: Edition, pdf: str, date: Date) -> list[Edition | Reprint]:
    """What the ledger must add: a new edition, or another PDF of one."""
    if edition != known.last(edition.brief):
        return [replace(edition, pdf=pdf)]
    if pdf in known.pdfs(edition):
        return []
    return [Reprint(brief=edition.brief, number=edition.number, date=date, pdf=pdf)]


def _files(workshop: Workshop, piece: Piece, made: Made, png: int | None) -> dict[str, bytes]:
    """The files of a document: PDF and HTML, and on wish its pages and a card as pictures ``png`` wide."""
    stem = workshop.stem(piece.name)
    files = {f"{stem}.pdf": made.pdf, f"{stem}.html": made.html}
    if png:
        from tipbrief.handouts import pictures
        from tipbrief.handouts.card import card

        shown = pictures.pages(made.pdf, png)
        files |= {f"{stem}-{number}.png": picture for number, picture in enumerate(shown, 1)}
        files[f"{stem}-card.png"] = card(workshop.typesetter, workshop.card(piece))
    return files


# Nothing changed


def _as_before(workshop: Workshop, names: Sequence[str], out: Path, png: int | None) -> list[Built]:
    """What an earlier run built from the same, if its files are all still there as it wrote them."""
    found = workshop.store.get(_run(workshop, names, out, png))
    if found is None:
        return []
    built = []
    for one in json.loads(found.files["built"]):
        edition = workshop.ledger.last(one["name"])
        if edition is None or edition.number != one["number"]:
            edition = replace(_draft(workshop, one["name"]), number=one["number"])
        files = tuple(Written(out / name, size, sha256) for name, size, sha256 in one["files"])
        if not all(file.is_there() for file in files):
            return []
        built.append(Built(one["name"], edition, one["pages"], files, False))
    return built if is_listed((file for one in built for file in one.files), out) else []


def _remember(
    workshop: Workshop, names: Sequence[str], out: Path, png: int | None, built: Sequence[Built]
) -> None:
    listed = [
        {
            "name": one.name,
            "number": one.edition.number,
            "pages": one.pages,
            "files": [(file.path.name, file.size, file.sha256) for file in one.files],
        }
        for one in built
    ]
    entry = cache.Entry({"built": json.dumps(listed).encode()}, {})
    workshop.store.put(_run(workshop, names, out, png), entry)


def _run(workshop: Workshop, names: Sequence[str], out: Path, png: int | None) -> str:
    return cache.key("run", workshop.state, json.dumps([*names, png]), str(out.resolve()))


def _draft(workshop: Workshop, name: str) -> Edition:
    return Edition(brief=name, number=0, code="", date=workshop.publication.imprint.published)
