"""A session: a publication opened once, and what all its documents are made with."""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tipbrief import __version__
from tipbrief.assets import shipped
from tipbrief.build.cache import Cache, code_fingerprint, default_folder, key, tree
from tipbrief.build.faces import faces_of, typesetter_of
from tipbrief.build.kept import faults_kept, keep_styles, know_prints, know_styles
from tipbrief.build.languages import document_name, languages_named
from tipbrief.build.record import Record, named_files, record_name
from tipbrief.check.blocks import Document
from tipbrief.check.publication import Publication, load
from tipbrief.check.translation import translated
from tipbrief.compose import profiles
from tipbrief.files import hash_of
from tipbrief.fonts.shelf import Face, coverage, families_of, font_face_css
from tipbrief.language.language import Language
from tipbrief.ledger import editions, journal, store
from tipbrief.ledger.entries import parted
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.printed_values import PrintedValues
from tipbrief.ledger.proof import require_sound
from tipbrief.pdf import attachments
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.libraries import engine_versions

if TYPE_CHECKING:
    from jinja2 import Environment

    from tipbrief.build.press import Press
    from tipbrief.typeset.engine import Typesetter


@dataclass(frozen=True, eq=False)
class Session:
    """The checked publication with its ledger and fonts; templates, typesetter and versions when needed.

    ``translations`` has the same publication in those of its other languages that were asked for, by their
    tags. Nothing in it changes: with another publication or ledger it is another session
    (``dataclasses.replace``).
    """

    folder: Path
    publication: Publication
    ledger: Ledger
    dataset: list[attachments.Attachment]
    faces: tuple[Face, ...]
    paper: str
    profile: str
    cache: Cache
    templates: Path
    translations: Mapping[str, Publication] = field(default_factory=lambda: MappingProxyType({}))
    press: Press | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        paper: str = profiles.DEFAULT_PAPER,
        profile: str = profiles.DEFAULT,
        cache: Cache | None = None,
        languages: Sequence[str] = (),
        ledger: Ledger | None = None,
    ) -> Session:
        """Read and check a publication, in its first language and in ``languages``, or ``EVERY`` one.

        The cache is by default the user's; ``ledger`` is what is known of its ledger.
        """
        # Both as they are at one moment: what another run corrects between would look changed by hand.
        with store.locked(folder):
            journal.put_back(folder)
            # First, for an editor's program knows no lock: what is saved from here on is noticed.
            dataset: list[attachments.Attachment] = []
            with suppress(Problems):  # told at the end: what is wrong in the files themselves is more urgent
                dataset = attachments.dataset_of(folder)
            faces, faults = faces_of(folder)
            cache = cache or Cache(default_folder())
            with faults_kept(cache, folder):
                whole = load(folder, coverage(faces))
                if faults:
                    raise Problems(faults)
                known = store.read(folder, str(whole.imprint.id), ledger)
                know_prints(cache, known)
                others = [one for one in languages_named(whole, languages) if one.tag != whole.language.tag]
                read = translations_of(whole, known, others, coverage(faces))
            made = cls(
                folder, whole, known, dataset, faces, paper, profile, cache, shipped("templates"), read
            )
            made.require_unchanged()
        return made

    def renewed(self, **other: Any) -> Session:
        """The session as the files are now, in the same languages and form, or ``other`` ones.

        What the files did not change is taken over, such as WeasyPrint.
        """
        same = {"languages": [*self.translations], "paper": self.paper, "profile": self.profile}
        new = Session.open(self.folder, cache=self.cache, ledger=self.ledger, **(same | other))
        # What the ledger's entries say together is found out when it is asked for, and then known.
        ledger = self.ledger if new.ledger == self.ledger else new.ledger
        new = replace(new, templates=self.templates, ledger=ledger)
        known = ["typesetter", "versions"] if new.faces == self.faces else []
        if known and new._looks and new._looks == self._looks:
            known += ["theme", "environment", "engine"]
            known += ["form"] if (new.paper, new.profile) == (self.paper, self.profile) else []
        new.__dict__.update((name, self.__dict__[name]) for name in known if name in self.__dict__)
        return new

    def with_values(self, publication: Publication, **other: Any) -> Session:
        """The session as other values and rows would make it; what follows from other files is taken over."""
        new = replace(self, publication=publication, **other)
        known = ("_looks", "_own_then", "typesetter", "versions", "theme", "environment", "engine", "form")
        new.__dict__.update((name, self.__dict__[name]) for name in known if name in self.__dict__)
        wholes = {"": publication, **new.translations}
        new._records.update((tag, one.of(wholes[tag])) for tag, one in self._records.items())
        return new

    @cached_property
    def _looks(self) -> str:
        """One hash of the files of templates and styles, as they were when this was asked first; or empty."""
        own, theme = named_files(self.folder), self.folder / "theme.css"
        styles = theme.read_bytes() if theme.is_file() else b""
        return key(own, tree(self.templates), styles) if own is not None else ""

    @property
    def paper_styles(self) -> str:
        """What the styles of another paper than the usual follow from; those are in each neutral page."""
        return self._looks if self.paper != profiles.DEFAULT_PAPER else ""

    def require_unchanged(self) -> None:
        """A problem where the publication's files are not those any more that were checked."""
        if attachments.dataset_of(self.folder) != self.dataset:
            hint = "build it again; what was finished before is kept"
            message = "the publication was changed while it was built"
            raise Problems(message, self.folder, hint=hint, kind="changed-meanwhile")

    @cached_property
    def warnings(self) -> list[Problem]:
        """What is doubtful in the publication and its ledger; what cannot be printed is a problem."""
        found = editions.findings(self.ledger, self.publication, coverage(self.faces))
        if errors := [problem for problem in found if problem.severity == "error"]:
            raise Problems(errors)
        if self.cache.distrusted:
            message = "others may write into this folder for what was built: nothing in it is used"
            hint = "make it yours alone (chmod 700), or name another one in XDG_CACHE_HOME"
            found.append(Problem(message, self.cache.folder, hint=hint, severity="warning"))
        wholes = [self.publication, *self.translations.values()]
        told = [problem for whole in wholes for problem in (*whole.warnings, *whole.untranslated)]
        told += [problem for problem in self.theme[1] if problem.severity == "warning"]
        return [*dict.fromkeys(told), *found]

    def of(self, name: str) -> Publication:
        """The publication in the language of the document of this name."""
        tag = parted(name)[1]
        return self.translations[tag] if tag else self.publication

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """The documents by their names, in every language that was asked for."""
        wholes = (self.publication, *self.translations.values())
        return {name: one for whole in wholes for name, one in whole.documents.items()}

    def printed(self, name: str) -> PrintedValues:
        """The publication of a document, which knows what its briefs print."""
        tag = parted(name)[1]
        if tag not in self._printed:
            self._printed[tag] = PrintedValues(self.of(name))
        return self._printed[tag]

    @cached_property
    def _printed(self) -> dict[str, PrintedValues]:
        return {}

    def record(self, name: str) -> Record:
        """What the documents in the language of this one said, by what they read."""
        tag = parted(name)[1]
        if tag not in self._records:
            self._records[tag] = Record(self.cache, self._record_name(tag, self._own_then), self.of(name))
        return self._records[tag]

    def _record_name(self, tag: str, own: str) -> str:
        whole = self.translations[tag] if tag else self.publication
        return record_name(self.publication, whole, self.dataset, own)

    def _own(self) -> str:
        """One hash of what is read besides the dataset, but the ledger; empty where that cannot be said."""
        files, fonts = named_files(self.folder), hash_of(font_face_css(self.faces).encode())
        return "" if files is None else key(files, tree(self.templates), fonts, self.paper, self.profile)

    @cached_property
    def _own_then(self) -> str:
        return self._own()

    @cached_property
    def _records(self) -> dict[str, Record]:
        return {}

    def keep_records(self) -> None:
        """Keep what documents said for the next run, if nothing was changed meanwhile."""
        with suppress(Problems):
            if grown := {tag: one for tag, one in self._records.items() if one.grown}:
                self.require_unchanged()
                keep_styles(self.cache)
                own = self._own()
            for tag, one in grown.items():
                one.keep(self._record_name(tag, own))

    @cached_property
    def environment(self) -> Environment:
        """The templates, the publication's own first."""
        # Many a command composes nothing, and is done before this is loaded.
        from tipbrief.build.compiled import CompiledTemplates
        from tipbrief.compose.templates import environment, template_numbers

        own = self.folder / "templates"
        _ = self._looks  # before a template is read
        know_styles(self.cache)
        styles, told = self.theme
        if problems := [*template_numbers(own), *(one for one in told if one.severity == "error")]:
            raise Problems(problems)
        return environment([own], self.templates, styles, CompiledTemplates(self.cache))

    @cached_property
    def theme(self) -> tuple[str, list[Problem]]:
        """The publication's own styles, and what is wrong or doubtful in them."""
        from tipbrief.compose.styles import theme_of

        return theme_of(self.folder, families_of(self.faces))

    @cached_property
    def form(self) -> tuple[profiles.Paper, profiles.Profile]:
        """The paper and the profile in which documents are printed; what they say is judged without them."""
        known = profiles.load_profiles(self.folder / "templates", self.templates)
        paper = profiles.one_named(self.paper, "paper", profiles.PAPERS)
        return paper, profiles.one_named(self.profile, "profile", known)

    @cached_property
    def typesetter(self) -> Typesetter:
        """WeasyPrint with the faces, for as many briefs as are built."""
        return typesetter_of(self.faces)

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of the programs and fonts that make a PDF."""
        fonts = {f"{face.family} {face.weight}": face.version for face in self.faces}
        return {"tipbrief": __version__, **engine_versions(), **fonts}

    @cached_property
    def data_hash(self) -> str:
        """The sha256 of the dataset."""
        return attachments.data_hash(self.dataset)

    @cached_property
    def engine(self) -> str:
        """What, with the HTML, makes the bytes of a PDF: programs, fonts, files that templates may show."""
        shown = {item.name: item.data for item in self.dataset if item.name.startswith("templates/")}
        fonts = {face.ttf.name: face.ttf for face in self.faces}
        return key(code_fingerprint(), self.versions, zlib.ZLIB_RUNTIME_VERSION, fonts, shown)

    @cached_property
    def look(self) -> str:
        """One hash of what the documents follow from, but the ledger: dataset, templates, programs.

        Also of files that no name in the dataset leads to: a template may put a name together.
        """
        shown = self._looks, tree(self.templates)
        return key(self.engine, self.data_hash, *shown, self.paper, self.profile)

    @property
    def state(self) -> str:
        """One hash of all that the documents follow from, the ledger too."""
        return key(self.look, self.ledger.state)

    def file_name(self, name: str, ending: str, part: str = "") -> str:
        """The name of a document's file, or of a part of it; another paper or form than the usual is in it.

        ``tip-2025-world-a5-grey.ps.pdf``: its language stands last.
        """
        plain, tag = parted(name)
        form = [self.paper] if self.paper != profiles.DEFAULT_PAPER else []
        form += [self.profile] if self.profile != profiles.DEFAULT else []
        form += [part] if part else []
        stem = "-".join([self.publication.imprint.id, plain, *form])
        return ".".join(filter(None, (stem, tag, ending)))

    def alternates(self, name: str) -> dict[str, str]:
        """The HTML files of a document in each language of the publication, where there are several."""
        if len(self.publication.languages) == 1:
            return {}
        plain = parted(name)[0]
        return {
            one.tag: self.file_name(document_name(self.publication, plain, one), "html")
            for one in self.publication.languages
        }


def translations_of(
    publication: Publication, known: Ledger, others: Sequence[Language], covered: Collection[int]
) -> dict[str, Publication]:
    """The publication in other languages, by their tags; all that is wrong with any of them is told."""
    found: dict[str, Publication] = {}
    problems: list[Problem] = []
    for one in others:
        try:
            found[one.tag] = translated(publication, one, covered, editions.reasons_told(known, one))
        except Problems as raised:
            problems += raised.problems
    if any(problem.severity == "error" for problem in problems):
        raise Problems(dict.fromkeys(problems))
    return found


def examined(folder: Path) -> tuple[Publication | None, list[Problem]]:
    """A publication, None where it has errors; and all that is wrong or doubtful in its files.

    It is examined in all its languages.
    """
    from tipbrief.compose.styles import theme_of
    from tipbrief.compose.templates import template_numbers

    found = template_numbers(folder / "templates") if os.path.isdir(folder) else []
    try:
        with store.locked(folder):
            # Else what a killed correction left half done would be laid at the editor's door.
            journal.put_back(folder)
            faces, faults = faces_of(folder)
            covered = coverage(faces)
            found += faults
            found += theme_of(folder, families_of(faces))[1]
            whole = load(folder, covered)
            found += whole.warnings
            known = store.read(folder, str(whole.imprint.id))
            require_sound(known)
            found += editions.findings(known, whole, covered)
            others = translations_of(whole, known, whole.languages[1:], covered)
            found += [one for other in others.values() for one in (*other.warnings, *other.untranslated)]
    except Problems as raised:
        return None, found + raised.problems
    return None if any(one.severity == "error" for one in found) else whole, [*dict.fromkeys(found)]
