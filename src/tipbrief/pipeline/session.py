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
from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import Document
from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.translation.translator import translate_publication
from tipbrief.compose import profiles
from tipbrief.compose.dependency_log import DependencyTracker
from tipbrief.files import hash_of
from tipbrief.fonts.font_library import FontFace, coverage, family_names, font_face_css
from tipbrief.language.language import Language
from tipbrief.ledger import editions, journal, ledger_folder
from tipbrief.ledger.consistency import require_readable_entries
from tipbrief.ledger.entries import split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.pdf import attachments
from tipbrief.pipeline.fingerprint_memo import FingerprintMemo, fingerprint_memo_key, template_file_hashes
from tipbrief.pipeline.font_selection import create_typesetter, find_publication_fonts
from tipbrief.pipeline.languages import document_name, select_languages
from tipbrief.pipeline.memos import load_entry_prints, load_sound_styles, remember_faults, save_sound_styles
from tipbrief.pipeline.store import Store, code_fingerprint, default_folder, entry_key, files_below
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.libraries import engine_versions

if TYPE_CHECKING:
    from jinja2 import Environment

    from tipbrief.pipeline.workers.early_worker import EarlyWorker
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
    fonts: tuple[FontFace, ...]
    paper: str
    profile: str
    store: Store
    templates: Path
    translations: Mapping[str, Publication] = field(default_factory=lambda: MappingProxyType({}))
    early_worker: EarlyWorker | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        paper: str = profiles.DEFAULT_PAPER,
        profile: str = profiles.DEFAULT_PROFILE,
        cache: Store | None = None,
        languages: Sequence[str] = (),
        ledger: Ledger | None = None,
    ) -> Session:
        """Read and check a publication, in its first language and in ``languages``, or ``EVERY`` one.

        The cache is by default the user's; ``ledger`` is what is known of its ledger.
        """
        # Both as they are at one moment: what another run corrects between would look changed by hand.
        with ledger_folder.lock_publication(folder):
            journal.undo_unfinished_change(folder)
            # First, for an editor's program knows no lock: what is saved from here on is noticed.
            dataset: list[attachments.Attachment] = []
            with suppress(Problems):  # told at the end: what is wrong in the files themselves is more urgent
                dataset = attachments.read_dataset(folder)
            faces, faults = find_publication_fonts(folder)
            cache = cache or Store(default_folder())
            with remember_faults(cache, folder):
                whole = load_publication(folder, coverage(faces))
                if faults:
                    raise Problems(faults)
                known = ledger_folder.read_ledger(folder, str(whole.imprint.id), ledger)
                load_entry_prints(cache, known)
                others = [one for one in select_languages(whole, languages) if one.tag != whole.language.tag]
                read = load_translations(whole, known, others, coverage(faces))
            made = cls(
                folder,
                whole,
                known,
                dataset,
                faces,
                paper,
                profile,
                cache,
                find_shipped_folder("templates"),
                read,
            )
            made.require_unchanged()
        return made

    def reopen(self, **other: Any) -> Session:
        """The session as the files are now, in the same languages and form, or ``other`` ones.

        What the files did not change is taken over, such as WeasyPrint.
        """
        same = {"languages": [*self.translations], "paper": self.paper, "profile": self.profile}
        new = Session.open(self.folder, cache=self.store, ledger=self.ledger, **(same | other))
        # What the ledger's entries say together is found out when it is asked for, and then known.
        ledger = self.ledger if new.ledger == self.ledger else new.ledger
        new = replace(new, templates=self.templates, ledger=ledger)
        known = ["typesetter", "versions"] if new.fonts == self.fonts else []
        if known and new._template_files_hash and new._template_files_hash == self._template_files_hash:
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
        new._fingerprint_memos.update(
            (tag, one.for_publication(wholes[tag])) for tag, one in self._fingerprint_memos.items()
        )
        return new

    @cached_property
    def _template_files_hash(self) -> str:
        """One hash of the files of templates and styles, as they were when this was asked first; or empty."""
        own, theme = template_file_hashes(self.folder), self.folder / "theme.css"
        styles = theme.read_bytes() if theme.is_file() else b""
        return entry_key(own, files_below(self.templates), styles) if own is not None else ""

    @property
    def paper_styles_hash(self) -> str:
        """What the styles of another paper than the usual follow from; those are in each neutral page."""
        return self._template_files_hash if self.paper != profiles.DEFAULT_PAPER else ""

    def require_unchanged(self) -> None:
        """A problem where the publication's files are not those any more that were checked."""
        if attachments.read_dataset(self.folder) != self.dataset:
            hint = "build it again; what was finished before is kept"
            message = "the publication was changed while it was built"
            raise Problems(message, self.folder, hint=hint, kind="changed-meanwhile")

    @cached_property
    def warnings(self) -> list[Problem]:
        """What is doubtful in the publication and its ledger; what cannot be printed is a problem."""
        found = editions.find_ledger_problems(self.ledger, self.publication, coverage(self.fonts))
        if errors := [problem for problem in found if problem.severity == "error"]:
            raise Problems(errors)
        if self.store.is_writable_by_others:
            message = "others may write into this folder for what was built: nothing in it is used"
            hint = "make it yours alone (chmod 700), or name another one in XDG_CACHE_HOME"
            found.append(Problem(message, self.store.folder, hint=hint, severity="warning"))
        wholes = [self.publication, *self.translations.values()]
        told = [problem for whole in wholes for problem in (*whole.warnings, *whole.untranslated)]
        told += [problem for problem in self.theme[1] if problem.severity == "warning"]
        return [*dict.fromkeys(told), *found]

    def publication_for(self, name: str) -> Publication:
        """The publication in the language of the document of this name."""
        tag = split_document_name(name)[1]
        return self.translations[tag] if tag else self.publication

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """The documents by their names, in every language that was asked for."""
        wholes = (self.publication, *self.translations.values())
        return {name: one for whole in wholes for name, one in whole.documents.items()}

    def value_tracker(self, name: str) -> DependencyTracker:
        """The publication of a document, which knows what its briefs print."""
        tag = split_document_name(name)[1]
        if tag not in self._value_trackers:
            self._value_trackers[tag] = DependencyTracker(self.publication_for(name))
        return self._value_trackers[tag]

    @cached_property
    def _value_trackers(self) -> dict[str, DependencyTracker]:
        return {}

    def fingerprint_memo(self, name: str) -> FingerprintMemo:
        """What the documents in the language of this one said, by what they read."""
        tag = split_document_name(name)[1]
        if tag not in self._fingerprint_memos:
            self._fingerprint_memos[tag] = FingerprintMemo(
                self.store,
                self._fingerprint_memo_key(tag, self._initial_other_inputs_hash),
                self.publication_for(name),
            )
        return self._fingerprint_memos[tag]

    def _fingerprint_memo_key(self, tag: str, own: str) -> str:
        whole = self.translations[tag] if tag else self.publication
        return fingerprint_memo_key(self.publication, whole, self.dataset, own)

    def _hash_other_inputs(self) -> str:
        """One hash of what is read besides the dataset, but the ledger; empty where that cannot be said."""
        files, fonts = template_file_hashes(self.folder), hash_of(font_face_css(self.fonts).encode())
        return "" if files is None else entry_key(files, files_below(self.templates), fonts, self.paper, self.profile)

    @cached_property
    def _initial_other_inputs_hash(self) -> str:
        return self._hash_other_inputs()

    @cached_property
    def _fingerprint_memos(self) -> dict[str, FingerprintMemo]:
        return {}

    def save_fingerprint_memos(self) -> None:
        """Keep what documents said for the next run, if nothing was changed meanwhile."""
        with suppress(Problems):
            if grown := {tag: one for tag, one in self._fingerprint_memos.items() if one.has_new_entries}:
                self.require_unchanged()
                save_sound_styles(self.store)
                own = self._hash_other_inputs()
            for tag, one in grown.items():
                one.save_memo(self._fingerprint_memo_key(tag, own))

    @cached_property
    def environment(self) -> Environment:
        """The templates, the publication's own first."""
        # Many a command composes nothing, and is done before this is loaded.
        from tipbrief.compose.templates import create_environment, find_typed_numbers
        from tipbrief.pipeline.template_cache import TemplateBytecodeCache

        own = self.folder / "templates"
        _ = self._template_files_hash  # before a template is read
        load_sound_styles(self.store)
        styles, told = self.theme
        if problems := [*find_typed_numbers(own), *(one for one in told if one.severity == "error")]:
            raise Problems(problems)
        return create_environment([own], self.templates, styles, TemplateBytecodeCache(self.store))

    @cached_property
    def theme(self) -> tuple[str, list[Problem]]:
        """The publication's own styles, and what is wrong or doubtful in them."""
        from tipbrief.compose.stylesheets import load_theme

        return load_theme(self.folder, family_names(self.fonts))

    @cached_property
    def paper_and_profile(self) -> tuple[profiles.Paper, profiles.Profile]:
        """The paper and the profile in which documents are printed; what they say is judged without them."""
        known = profiles.load_profiles(self.folder / "templates", self.templates)
        paper = profiles.require_named(self.paper, "paper", profiles.PAPERS)
        return paper, profiles.require_named(self.profile, "profile", known)

    @cached_property
    def typesetter(self) -> Typesetter:
        """WeasyPrint with the faces, for as many briefs as are built."""
        return create_typesetter(self.fonts)

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of the programs and fonts that make a PDF."""
        fonts = {f"{face.family} {face.weight}": face.version for face in self.fonts}
        return {"tipbrief": __version__, **engine_versions(), **fonts}

    @cached_property
    def data_hash(self) -> str:
        """The sha256 of the dataset."""
        return attachments.data_hash(self.dataset)

    @cached_property
    def engine_hash(self) -> str:
        """What, with the HTML, makes the bytes of a PDF: programs, fonts, files that templates may show."""
        shown = {item.name: item.data for item in self.dataset if item.name.startswith("templates/")}
        fonts = {face.ttf.name: face.ttf for face in self.fonts}
        return entry_key(code_fingerprint(), self.versions, zlib.ZLIB_RUNTIME_VERSION, fonts, shown)

    @cached_property
    def hash_without_ledger(self) -> str:
        """One hash of what the documents follow from, but the ledger: dataset, templates, programs.

        Also of files that no name in the dataset leads to: a template may put a name together.
        """
        shown = self._template_files_hash, files_below(self.templates)
        return entry_key(self.engine_hash, self.data_hash, *shown, self.paper, self.profile)

    @property
    def state(self) -> str:
        """One hash of all that the documents follow from, the ledger too."""
        return entry_key(self.hash_without_ledger, self.ledger.content_hash)

    def file_name(self, name: str, ending: str, part: str = "") -> str:
        """The name of a document's file, or of a part of it; another paper or form than the usual is in it.

        ``tip-2025-world-a5-grey.ps.pdf``: its language stands last.
        """
        plain, tag = split_document_name(name)
        form = [self.paper] if self.paper != profiles.DEFAULT_PAPER else []
        form += [self.profile] if self.profile != profiles.DEFAULT_PROFILE else []
        form += [part] if part else []
        stem = "-".join([self.publication.imprint.id, plain, *form])
        return ".".join(filter(None, (stem, tag, ending)))

    def alternates(self, name: str) -> dict[str, str]:
        """The HTML files of a document in each language of the publication, where there are several."""
        if len(self.publication.languages) == 1:
            return {}
        plain = split_document_name(name)[0]
        return {
            one.tag: self.file_name(document_name(self.publication, plain, one), "html")
            for one in self.publication.languages
        }


def load_translations(
    publication: Publication, known: Ledger, others: Sequence[Language], covered: Collection[int]
) -> dict[str, Publication]:
    """The publication in other languages, by their tags; all that is wrong with any of them is told."""
    found: dict[str, Publication] = {}
    problems: list[Problem] = []
    for one in others:
        try:
            found[one.tag] = translate_publication(publication, one, covered, editions.list_notice_reasons(known, one))
        except Problems as raised:
            problems += raised.problems
    if any(problem.severity == "error" for problem in problems):
        raise Problems(dict.fromkeys(problems))
    return found


def check_publication(folder: Path) -> tuple[Publication | None, list[Problem]]:
    """A publication, None where it has errors; and all that is wrong or doubtful in its files.

    It is examined in all its languages.
    """
    from tipbrief.compose.stylesheets import load_theme
    from tipbrief.compose.templates import find_typed_numbers

    found = find_typed_numbers(folder / "templates") if os.path.isdir(folder) else []
    try:
        with ledger_folder.lock_publication(folder):
            # Else what a killed correction left half done would be laid at the editor's door.
            journal.undo_unfinished_change(folder)
            faces, faults = find_publication_fonts(folder)
            covered = coverage(faces)
            found += faults
            found += load_theme(folder, family_names(faces))[1]
            whole = load_publication(folder, covered)
            found += whole.warnings
            known = ledger_folder.read_ledger(folder, str(whole.imprint.id))
            require_readable_entries(known)
            found += editions.find_ledger_problems(known, whole, covered)
            others = load_translations(whole, known, whole.languages[1:], covered)
            found += [one for other in others.values() for one in (*other.warnings, *other.untranslated)]
    except Problems as raised:
        return None, found + raised.problems
    return None if any(one.severity == "error" for one in found) else whole, [*dict.fromkeys(found)]
