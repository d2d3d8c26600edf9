"""Build: the six rooms in order for one brief, and the loop over many."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from jinja2 import Environment

from tipbrief import __version__, archive, cache, compose, editions, ledger, typeset, undo, verify
from tipbrief.assets import shipped
from tipbrief.deliver import Delivery, Written
from tipbrief.fit import fitted
from tipbrief.fonts import Face, coverage, shelf, twins
from tipbrief.ledger import Edition, Entry, Ledger, Reprint
from tipbrief.persian import Date
from tipbrief.printed import Witness
from tipbrief.problems import Problem, Problems, nearest
from tipbrief.publication import Publication, load


@dataclass(frozen=True, slots=True)
class Piece:
    """What a brief says: its HTML without an edition, the edition that it is, and what it prints."""

    name: str
    neutral: str
    edition: Edition
    content: str
    prints: dict[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """A verified PDF, the HTML from which it was typeset, its pages, and whether it was typeset just now."""

    pdf: bytes
    html: bytes
    pages: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class Built:
    """One brief that was built: its edition, pages and files, and whether it was typeset anew."""

    name: str
    edition: Edition
    pages: int
    files: tuple[Written, ...]
    fresh: bool


@dataclass
class Workshop:
    """What many builds share: the checked publication, its ledger, fonts, templates and the typesetter."""

    folder: Path
    templates: Path = field(default_factory=lambda: shipped("templates"))
    fonts: Path = field(default_factory=lambda: shipped("fonts"))
    store: cache.Cache = field(default_factory=lambda: cache.Cache(cache.default_folder()))

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """The faces of the fonts folder."""
        return shelf(self.fonts)

    @cached_property
    def _opened(self) -> tuple[Publication, Ledger]:
        # Both as they are at one moment: what another run corrects between would look changed by hand.
        with ledger.locked(self.folder):
            undo.put_back(self.folder)
            whole = load(self.folder, coverage(self.faces))
            return whole, ledger.read(self.folder, str(whole.imprint.id))

    @cached_property
    def publication(self) -> Publication:
        """The checked publication."""
        return self._opened[0]

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of the publication."""
        return self._opened[1]

    @cached_property
    def witness(self) -> Witness:
        """The publication that knows what its briefs print."""
        return Witness(self.publication)

    @cached_property
    def environment(self) -> Environment:
        """The templates, the publication's own first."""
        own = self.folder / "templates"
        if problems := compose.typed_numbers(own):
            raise Problems(problems)
        return compose.environment([own] if own.is_dir() else [], self.templates)

    @cached_property
    def typesetter(self) -> typeset.Typesetter:
        """WeasyPrint with the faces, for as many briefs as are built."""
        prepared = self.faces[0].ttf.parent
        return typeset.Typesetter(prepared, twins(self.faces), (self.folder, self.templates))

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of the programs and fonts that make a PDF."""
        fonts = {f"{face.family} {face.weight}": face.version for face in self.faces}
        return {"tipbrief": __version__, **typeset.engine_versions(), **fonts}

    @cached_property
    def dataset(self) -> list[archive.Attachment]:
        """The files of the publication, which each PDF carries."""
        return archive.dataset_of(self.folder)

    @cached_property
    def data_hash(self) -> str:
        """The sha256 of the dataset."""
        return archive.data_hash(self.dataset)

    @cached_property
    def _engine(self) -> str:
        """What, with the HTML, makes the bytes of a PDF: programs, fonts, files that templates may show."""
        shown = {item.name: item.data for item in self.dataset if item.name.startswith("templates/")}
        return cache.key(
            cache.code_fingerprint(),
            self.versions,
            {str(face.ttf.name): face.ttf for face in self.faces},
            shown,
        )

    def stem(self, name: str) -> str:
        """The name of a brief's files without ending."""
        return compose.file_stem(self.publication, name)

    def html(self, name: str) -> str:
        """The composed HTML of a brief."""
        return self.page(self.piece(name))

    def page(self, piece: Piece) -> str:
        """The HTML of a brief, with the edition that it is."""
        return self._composed(self.publication, piece.edition)

    def piece(self, name: str) -> Piece:
        """The composed brief: as the last edition where it says the same, else as a draft of the next."""
        published = self.publication.imprint.published
        # What it says is judged without what it calls itself.
        neutral = Edition(brief=name, number=0, code="0000", date=published)
        html = self._composed(self.witness.publication, neutral)
        prints = self.witness.testimony()
        content = editions.content_of(html, prints)
        last = self.ledger.last(name)
        edition = last if last and last.content == content else editions.draft(self.ledger, name, published)
        return Piece(name, html, edition, content, prints)

    def delivered(self, piece: Piece, date: Date) -> Piece:
        """The same as the next edition; a problem where a value changed of which the ledger does not know."""
        strange = editions.undocumented(self.ledger, piece.name, piece.prints)
        last = self.ledger.last(piece.name)
        if strange and last:
            raise Problems(
                Problem(
                    f"'{name}' was {was} in {last.name} and is {now} now, and the ledger does not say why",
                    self.folder / ledger.FILE,
                    hint=f"record it: tipbrief correct '{name}' '{now}' --reason '…'; or put {was} back",
                )
                for name, (was, now) in strange.items()
            )
        edition = editions.edition(
            self.ledger,
            piece.name,
            date=date,
            content=piece.content,
            data=self.data_hash,
            prints=piece.prints,
        )
        return replace(piece, edition=edition)

    def made(self, piece: Piece, step: Callable[[str], None] = lambda step: None) -> Made:
        """The verified PDF of a brief: from the cache, where the same was made before."""
        carried = ledger.dump(editions.carried(self.ledger, piece.edition))
        # An edition keeps its bytes when the dataset changes where it prints nothing.
        data = self.data_hash if piece.edition.draft else ""
        brief = self.publication.documents[piece.name].brief
        facts: dict[str, str | int] = {
            "publication": str(self.publication.imprint.id),
            "brief": piece.name,
            "number": piece.edition.number,
            "code": piece.edition.code,
        }
        # The page follows from what it says and the edition; it is composed only where it is typeset.
        key = cache.key(
            self._engine,
            piece.neutral,
            json.dumps(facts),
            piece.edition.date.iso(),
            carried,
            data,
            str(brief.pages),
        )
        if found := self.store.get(key):
            return Made(found.files["pdf"], found.files["html"], int(found.facts["pages"]), False)
        step("typeset")
        fit = fitted(self.typesetter, self.page(piece), brief.pages, brief.place)
        pdf = archive.finish(
            fit.typeset.pdf,
            leaves=fit.typeset.leaves,
            attachments=archive.attachments_of(self.dataset, self.versions, facts, carried),
            created=piece.edition.date,
        )
        step("verify")
        expected = verify.Expected(pages=brief.pages)
        verify.require(pdf, fit.html, expected, name=f"{self.stem(piece.name)}.pdf")
        made = Made(pdf, fit.html.encode(), fit.typeset.pages, True)
        self.store.put(key, cache.Entry({"pdf": pdf, "html": made.html}, {"pages": made.pages}))
        return made

    def _composed(self, whole: Publication, edition: Edition) -> str:
        told = editions.told(self.ledger, edition.brief)
        return compose.compose(whole, edition.brief, self.faces, self.environment, edition=edition, told=told)


def build(
    workshop: Workshop,
    names: Sequence[str],
    out: Path,
    step: Callable[[str, str], None] = lambda name, step: None,
) -> list[Built]:
    """Build the named briefs, all when none is named; a problem leaves earlier files as they were."""
    built = []
    for name in named(workshop, names):
        step(name, "compose")
        piece = workshop.piece(name)
        made = workshop.made(piece, partial(step, name))
        step(name, "deliver")
        with Delivery(out, workshop.versions) as delivery:
            files = delivery.add(_files(workshop, piece, made))
            delivery.publish()
        built.append(Built(name, piece.edition, made.pages, tuple(files), made.fresh))
    return built


def deliver(
    workshop: Workshop,
    names: Sequence[str],
    out: Path,
    date: Date,
    step: Callable[[str, str], None] = lambda name, step: None,
) -> list[Built]:
    """Build, and give each brief that says something new a new edition: all of them, or none.

    The ledger decides: before it is written nothing has happened; after it the editions exist, and a plain
    build gives them even where their files could not be written any more.
    """
    built: list[Built] = []
    entries: list[Entry] = []
    wanted = named(workshop, names)
    with Delivery(out, workshop.versions) as delivery:
        for name in wanted:
            step(name, "compose")
            piece = workshop.piece(name)
            if piece.edition.draft:
                piece = workshop.delivered(piece, date)
            made = workshop.made(piece, partial(step, name))
            step(name, "deliver")
            entries += _entries(workshop.ledger, piece.edition, hashlib.sha256(made.pdf).hexdigest(), date)
            files = delivery.add(_files(workshop, piece, made))
            built.append(Built(name, piece.edition, made.pages, tuple(files), made.fresh))
        if entries:
            workshop.ledger = ledger.append(workshop.folder, workshop.ledger, entries)
        try:
            delivery.publish()
        except Problems as raised:
            if not entries:
                raise
            hint = "the ledger has the editions: free the folder, then: tipbrief build"
            raise Problems(replace(problem, hint=hint) for problem in raised.problems) from None
    return built


def _entries(known: Ledger, edition: Edition, pdf: str, date: Date) -> list[Entry]:
    """What the ledger must add: a new edition, or another PDF of one."""
    if edition not in known.entries:
        return [replace(edition, pdf=pdf)]
    if pdf in known.pdfs(edition):
        return []
    return [Reprint(brief=edition.brief, number=edition.number, date=date, pdf=pdf)]


def _files(workshop: Workshop, piece: Piece, made: Made) -> dict[str, bytes]:
    stem = workshop.stem(piece.name)
    return {f"{stem}.pdf": made.pdf, f"{stem}.html": made.html}


def named(workshop: Workshop, names: Sequence[str]) -> list[str]:
    """The briefs that were named, all when none is; unknown ones are problems."""
    known = workshop.publication.briefs
    if unknown := [name for name in names if name not in known]:
        raise Problems(Problem(f"there is no brief '{name}'", hint=nearest(name, known)) for name in unknown)
    return list(dict.fromkeys(names) or known)
