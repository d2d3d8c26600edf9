"""The workshop: what makes one document, and what many documents share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from jinja2 import Environment

from tipbrief import __version__
from tipbrief.assets import shipped
from tipbrief.build import cache
from tipbrief.check.publication import Publication, load
from tipbrief.compose import page as compose
from tipbrief.compose import profiles
from tipbrief.compose.templates import environment, typed_numbers
from tipbrief.fonts.shelf import Face, coverage, shelf, twins
from tipbrief.language.dates import Date
from tipbrief.ledger import editions, journal
from tipbrief.ledger import store as ledger
from tipbrief.ledger.entries import Edition
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.printed_values import PrintedValues
from tipbrief.pdf import attachments
from tipbrief.problems import Problem, Problems
from tipbrief.typeset import engine
from tipbrief.typeset.fit import fitted
from tipbrief.typeset.libraries import engine_versions


@dataclass(frozen=True, slots=True)
class Piece:
    """What a brief says: a hash of its HTML without an edition, the edition that it is, what it prints."""

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


@dataclass
class Workshop:
    """What many builds share: the checked publication, its ledger, fonts, templates and the typesetter."""

    folder: Path
    templates: Path = field(default_factory=lambda: shipped("templates"))
    fonts: Path = field(default_factory=lambda: shipped("fonts"))
    paper: str = profiles.DEFAULT_PAPER
    profile: str = profiles.DEFAULT
    store: cache.Cache = field(default_factory=lambda: cache.Cache(cache.default_folder()))

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """The faces of the fonts folder."""
        return shelf(self.fonts)

    @cached_property
    def _opened(self) -> tuple[Publication, Ledger]:
        # Both as they are at one moment: what another run corrects between would look changed by hand.
        with ledger.locked(self.folder):
            journal.put_back(self.folder)
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
    def warnings(self) -> list[Problem]:
        """What is doubtful in the publication and its ledger; what cannot be printed is a problem."""
        found = editions.findings(self.ledger, self.publication, coverage(self.faces))
        if errors := [problem for problem in found if problem.severity == "error"]:
            raise Problems(errors)
        return [*self.publication.warnings, *found]

    @cached_property
    def printed(self) -> PrintedValues:
        """The publication that knows what its briefs print."""
        return PrintedValues(self.publication)

    @cached_property
    def environment(self) -> Environment:
        """The templates, the publication's own first."""
        own = self.folder / "templates"
        if problems := typed_numbers(own):
            raise Problems(problems)
        return environment([own] if own.is_dir() else [], self.templates)

    @cached_property
    def typesetter(self) -> engine.Typesetter:
        """WeasyPrint with the faces, for as many briefs as are built."""
        prepared = self.faces[0].ttf.parent
        return engine.Typesetter(prepared, twins(self.faces), (self.folder, self.templates))

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of the programs and fonts that make a PDF."""
        fonts = {f"{face.family} {face.weight}": face.version for face in self.faces}
        return {"tipbrief": __version__, **engine_versions(), **fonts}

    @cached_property
    def dataset(self) -> list[attachments.Attachment]:
        """The files of the publication, which each PDF carries."""
        return attachments.dataset_of(self.folder)

    @cached_property
    def data_hash(self) -> str:
        """The sha256 of the dataset."""
        return attachments.data_hash(self.dataset)

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

    @cached_property
    def look(self) -> str:
        """One hash of what the documents follow from, but the ledger: dataset, templates, programs."""
        templates = {path.relative_to(self.templates).as_posix(): path
                     for path in sorted(self.templates.rglob("*")) if path.is_file()}  # fmt: skip
        return cache.key(self._engine, self.data_hash, templates, self.paper, self.profile)

    @property
    def state(self) -> str:
        """One hash of all that the documents follow from, the ledger too, as it is now."""
        return cache.key(self.look, self.ledger.state)

    def stem(self, name: str) -> str:
        """The name of a document's files without ending; another paper or form than the usual is in it."""
        form = [self.paper] if self.paper != profiles.DEFAULT_PAPER else []
        form += [self.profile] if self.profile != profiles.DEFAULT else []
        return "-".join([compose.file_stem(self.publication, name), *form])

    def html(self, name: str) -> str:
        """The composed HTML of a brief."""
        return self.page(self.piece(name))

    def page(self, piece: Piece) -> str:
        """The HTML of a brief, with the edition that it is."""
        return self._composed(self.publication, piece.edition, *self._form)

    def card(self, piece: Piece) -> str:
        """The HTML of a document's square card."""
        from tipbrief.handouts.card import card_html

        told = editions.told(self.ledger, piece.name)
        return card_html(
            self.publication, piece.name, self.faces, self.environment, edition=piece.edition, told=told
        )

    def piece(self, name: str) -> Piece:
        """The composed brief: as the last edition where it says the same, else as a draft of the next."""
        published = self.publication.imprint.published
        # What it says is judged without what it calls itself.
        neutral = Edition(brief=name, number=0, code="0000", date=published)
        html = self._composed(self.printed.publication, neutral)
        prints = self.printed.taken()
        content = editions.content_of(html, prints)
        last = self.ledger.last(name)
        edition = last if last and last.content == content else editions.draft(self.ledger, name, published)
        return Piece(name, cache.key(html), edition, content, prints)

    def delivered(self, piece: Piece, date: Date) -> Piece:
        """The same as the next edition; a problem where a value changed of which the ledger does not know."""
        if strange := editions.undocumented(self.ledger, piece.prints):
            raise Problems(
                Problem(
                    f"'{name}' is {was} by the ledger and {now} in the dataset, and nothing says why",
                    self.folder / ledger.FOLDER,
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

    def key(self, piece: Piece) -> str:
        """What the bytes of a document's PDF follow from, as one hash."""
        paper, profile = self._form
        # An edition keeps its bytes when the dataset changes where it prints nothing. The page follows from
        # what it says and the edition; it is composed only where it is typeset.
        return cache.key(
            self._engine,
            piece.neutral,
            paper.name,
            profile.css_text,
            str(profile.drawing),
            json.dumps(self._facts(piece.edition)),
            piece.edition.date.iso(),
            self._carried(piece.edition),
            self.data_hash if piece.edition.draft else "",
            str(self.publication.documents[piece.name].brief.pages),
        )

    def made(self, piece: Piece, step: Callable[[str], None] = lambda step: None) -> Made:
        """The verified PDF of a document: from the cache, where the same was made before."""
        return self.kept(piece) or self.keep(piece, self.make(piece.edition, step))

    def kept(self, piece: Piece) -> Made | None:
        """The PDF of a document, if the same was made before."""
        found = self.store.get(self.key(piece))
        return (
            Made(found.files["pdf"], found.files["html"], int(found.facts["pages"]), False) if found else None
        )

    def keep(self, piece: Piece, made: Made) -> Made:
        """Put a PDF into the cache."""
        files = {"pdf": made.pdf, "html": made.html}
        self.store.put(self.key(piece), cache.Entry(files, {"pages": made.pages}))
        return made

    def make(self, edition: Edition, step: Callable[[str], None] = lambda step: None) -> Made:
        """Typeset and verify a document as an edition."""
        # Only here, as their libraries take longer to load than a build takes where nothing changed.
        from tipbrief.pdf import archive
        from tipbrief.verify import audit

        brief = self.publication.documents[edition.brief].brief
        paper, profile = self._form
        pages = profiles.promised(brief.pages, paper, profile)
        step("typeset")
        html = self._composed(self.publication, edition, *self._form)
        if pages is None:
            made = self.typesetter.typeset(html)
        else:
            fit = fitted(self.typesetter, html, pages, brief.place)
            html, made = fit.html, fit.typeset
        pdf = archive.finish(
            made.pdf,
            leaves=made.leaves,
            attachments=attachments.attachments_of(
                self.dataset, self.versions, self._facts(edition), self._carried(edition)
            ),
            created=edition.date,
        )
        step("verify")
        expected = audit.Expected(pages=pages, paper=(paper.width, paper.height))
        audit.require(pdf, html, expected, name=f"{self.stem(edition.brief)}.pdf")
        return Made(pdf, html.encode(), made.pages, True)

    def _facts(self, edition: Edition) -> dict[str, str | int]:
        return {
            "publication": str(self.publication.imprint.id),
            "brief": edition.brief,
            "number": edition.number,
            "code": edition.code,
        }

    def _carried(self, edition: Edition) -> str:
        return self.ledger.part(edition).packed

    def _composed(
        self,
        whole: Publication,
        edition: Edition,
        paper: profiles.Paper = profiles.PAPERS[profiles.DEFAULT_PAPER],
        profile: profiles.Profile | None = None,
    ) -> str:
        told = editions.told(self.ledger, edition.brief)
        return compose.compose(
            whole,
            edition.brief,
            self.faces,
            self.environment,
            edition=edition,
            told=told,
            paper=paper,
            profile=profile,
        )

    @cached_property
    def _form(self) -> tuple[profiles.Paper, profiles.Profile]:
        """The paper and the profile in which documents are printed; what they say is judged without them."""
        own = self.folder / "templates"
        known = profiles.load(own if own.is_dir() else None, self.templates)
        return profiles.paper_named(self.paper), profiles.profile_named(self.profile, known)
