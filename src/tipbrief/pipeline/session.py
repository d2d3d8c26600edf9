"""A session: a publication that was read once, and the tools with which its documents are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tipbrief import __version__
from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import Brief, Document
from tipbrief.check.maps.shapes import MAPS_FOLDER
from tipbrief.check.models import Table
from tipbrief.check.printed_names import (
    PrintedNames,
    collect_printed_names,
    collect_told_names,
    is_carried_whole,
)
from tipbrief.check.publication import Publication, load_publication
from tipbrief.compose import profiles
from tipbrief.files import FolderLock, hash_of
from tipbrief.fonts.font_library import FontFace, coverage, family_names, font_face_css
from tipbrief.ledger import editions, ledger_folder
from tipbrief.ledger.entries import split_cell_name, split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.pdf import attachments
from tipbrief.pipeline import memos
from tipbrief.pipeline.carried_dataset import FileKey, PrintedPart, read_own_templates
from tipbrief.pipeline.inputs import find_publication_fonts, hash_template_files, load_translations
from tipbrief.pipeline.ledger_proof import read_proven_ledger
from tipbrief.pipeline.rendering import create_typesetter
from tipbrief.pipeline.selection import document_name, select_languages
from tipbrief.pipeline.store import Store, code_fingerprint, default_folder, entry_key, files_below
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.libraries import engine_versions
from tipbrief.typeset.patches.registry import installed_version

if TYPE_CHECKING:
    from jinja2 import Environment

    from tipbrief.pipeline.workers.process import EarlyWorker
    from tipbrief.typeset.engine import Typesetter


_PartKey = tuple[str, str, frozenset[tuple[str, ...]]]


def _read_step(step: tuple[str, str, str]) -> tuple[str, str, tuple[str, ...]]:
    name, was, now = step
    table_or_figure, _, column = split_cell_name(name)
    return table_or_figure, column, (was, now)


class Tools:
    """The store; the typesetter and the templates, each loaded when it is asked for with other inputs."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.sound_texts = store, memos.SoundTexts(store, folder)
        self.typesetter_for = lru_cache(maxsize=1)(create_typesetter)
        self.templates_for = lru_cache(maxsize=1)(self.load_templates)

    def load_templates(self, own: Path, shipped: Path, theme: str, files_hash: str) -> Environment:
        """The templates, the publication's own first; ``files_hash`` is a hash of all their files."""
        # Imported here, since many commands compose nothing.
        import jinja2

        from tipbrief.compose.templates import create_environment

        compiled = memos.CompiledTemplates(self.store, jinja2.__version__)
        return create_environment([own], shipped, theme, jinja2.MemcachedBytecodeCache(compiled))


@dataclass(frozen=True, eq=False)
class Session:
    """The checked publication, its tools, and the form of its pages. With other inputs it is another session."""

    folder: Path
    publication: Publication
    translations: Mapping[str, Publication]  # in the other languages that were asked for, by tag
    ledger: Ledger
    dataset: list[attachments.Attachment]
    fonts: tuple[FontFace, ...]
    templates: Path  # the shipped ones
    tools: Tools
    paper: str = profiles.DEFAULT_PAPER
    profile: str = profiles.DEFAULT_PROFILE
    early_worker: EarlyWorker | None = None
    memo_entries: dict[str, memos.MemoEntries] = field(default_factory=dict)  # dependency logs, read or made, by key
    # By the identity of the publication from which their documents are composed.
    _fingerprint_memos: dict[int, memos.FingerprintMemo] = field(default_factory=dict, init=False, repr=False)
    # What each brief prints, and what each document is composed from.
    _names_of_brief: dict[str, PrintedNames] = field(default_factory=dict, init=False, repr=False)
    _parts: dict[_PartKey, PrintedPart] = field(default_factory=dict, init=False, repr=False)
    _carried_files: dict[FileKey, attachments.Attachment | None] = field(default_factory=dict, init=False, repr=False)
    _part_of_document: dict[str, PrintedPart] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def open(cls, folder: Path, *, store: Store | None = None, **form: Any) -> Session:
        """Read and check a publication, by default in its first language and usual form; the store is the user's."""
        tools = Tools(store or Store(default_folder()), folder)
        try:
            return cls._read_folder(folder, tools, **form)
        finally:
            tools.sound_texts.save()

    def reopen(self, **form: Any) -> Session:
        """The session as the files are now, in the same languages and form, or in another ``form``."""
        same = {"languages": [*self.translations], "paper": self.paper, "profile": self.profile}
        session = self._read_folder(self.folder, self.tools, ledger=self.ledger, **(same | form))
        return replace(session, templates=self.templates)

    @classmethod
    def _read_folder(
        cls, folder: Path, tools: Tools, *, languages: Sequence[str] = (), ledger: Ledger | None = None, **form: Any
    ) -> Session:  # ledger: what is known of it
        # Under one lock: otherwise a correction between the two reads would look like a change by hand.
        with FolderLock(folder):
            ledger_folder.undo_unfinished_change(folder)
            # First, since an editor's program knows no lock: what is saved from here on is noticed.
            dataset: list[attachments.Attachment] = []
            with suppress(Problems):  # require_unchanged raises it again, after the problems in the files
                dataset = attachments.read_dataset(folder)
            fonts, problems = find_publication_fonts(folder)
            covered = coverage(fonts)
            publication = load_publication(folder, covered)
            if problems:
                raise Problems(problems)
            known = read_proven_ledger(folder, str(publication.imprint.id), ledger)
            tags = [one for one in select_languages(publication, languages) if one.tag != publication.language.tag]
            translations = load_translations(publication, known, tags, covered)
            # An equal ledger keeps what was computed from its entries.
            known = ledger if ledger is not None and ledger == known else known
            templates = find_shipped_folder("templates")
            session = cls(folder, publication, translations, known, dataset, fonts, templates, tools, **form)
            session.require_unchanged()
        return session

    def require_unchanged(self) -> None:
        """Raise a problem if the publication's files changed since they were checked."""
        if attachments.read_dataset(self.folder) != self.dataset:
            hint = "build it again; what was finished before is kept"
            message = "the publication was changed while it was built"
            raise Problems(message, self.folder, hint=hint, kind="changed-meanwhile")

    @property
    def publications(self) -> list[Publication]:
        """The publication in each language that was asked for, its first one first."""
        return [self.publication, *self.translations.values()]

    def publication_for(self, name: str) -> Publication:
        """The publication in the language of a document."""
        tag = split_document_name(name)[1]
        return self.translations[tag] if tag else self.publication

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """The documents by name, in every language that was asked for."""
        return {name: one for whole in self.publications for name, one in whole.documents.items()}

    @cached_property
    def print_profiles(self) -> Mapping[str, profiles.Profile]:
        """The shipped print profiles, and the publication's own."""
        return profiles.load_profiles(self.folder / "templates", self.templates)

    @cached_property
    def paper_and_profile(self) -> tuple[profiles.Paper, profiles.Profile]:
        """The paper and the profile of the pages. What a document says is judged without them."""
        paper = profiles.require_named(self.paper, "paper", profiles.PAPERS)
        return paper, profiles.require_named(self.profile, "profile", self.print_profiles)

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of the programs and fonts that make the PDFs of the publication."""
        return self._list_versions(self.dataset)

    def versions_for(self, name: str) -> dict[str, str]:
        """The versions of the programs and fonts that make the PDF of a document."""
        return self._list_versions(self.dataset_for(name))

    def _list_versions(self, files: Sequence[attachments.Attachment]) -> dict[str, str]:
        fonts = {f"{face.family} {face.weight}": face.version for face in self.fonts}
        # It makes shapes of a publication's own coarser; others are shipped as they are.
        has_maps = any(one.name.startswith(MAPS_FOLDER) for one in files)
        maps = {"shapely": installed_version("shapely")} if has_maps else {}
        return {"tipbrief": __version__, **engine_versions(), **maps, **fonts}

    @cached_property
    def data_hash(self) -> str:
        """The sha256 of the dataset."""
        return attachments.data_hash(tuple(self.dataset))

    @cached_property
    def engine_hash(self) -> str:
        """A hash of what makes the bytes of a PDF from its HTML: programs, fonts, files that templates may show."""
        shown = {item.name: item.data for item in self.dataset if item.name.startswith("templates/")}
        fonts = {face.ttf.name: face.sha256 for face in self.fonts}
        return entry_key(code_fingerprint(), self.versions, fonts, shown)

    @cached_property
    def template_files_hash(self) -> str:
        """A hash of templates, pictures and styles, as they were when it was asked first; empty if unknown."""
        return hash_template_files(self.folder, self.templates)

    @cached_property
    def hash_without_ledger(self) -> str:
        """A hash of all that the documents follow from, except the ledger."""
        files = self.template_files_hash, files_below(self.templates)
        return entry_key(self.engine_hash, self.data_hash, *files, self.paper, self.profile)

    def dataset_for(self, name: str) -> list[attachments.Attachment]:
        """The files that a document's PDF carries: what documents of its brief print."""
        return self.printed_part(name).carried_files

    def printed_names(self, name: str) -> PrintedNames:
        """What documents of the brief print, and what this one tells of corrections."""
        return self.printed_part(name).names

    def printed_part(self, name: str) -> PrintedPart:
        """The part of the publication from which a document is composed; others may share it."""
        if name not in self._part_of_document:
            brief, names = self.find_brief(name), self._collect_names(name)
            publication = self.publication_for(name)
            key = brief.id, publication.language.tag, names.freeze()
            if key not in self._parts:
                whole = self.publication, publication
                self._parts[key] = PrintedPart(*whole, brief, names, self.dataset, self._carried_files)
            self._part_of_document[name] = self._parts[key]
        return self._part_of_document[name]

    def _collect_names(self, name: str) -> PrintedNames:
        brief = self.find_brief(name)
        if brief.id not in self._names_of_brief:
            self._names_of_brief[brief.id] = collect_printed_names(self.publication, brief, self._own_templates)
        names = self._names_of_brief[brief.id]
        notices = editions.list_change_notices(self.ledger, name)
        steps = [_read_step(step) for notice in notices for step in notice.steps]
        return collect_told_names(self.publication, brief, names, steps) if steps else names

    def list_unrecorded_columns(self, table: Table) -> frozenset[str]:
        """The columns of which the ledger records nothing: private ones, and what no document prints."""
        printed = set[str]()
        for brief in self.publication.briefs:
            printed |= self._collect_names(brief).columns[table.spec.id]
        unprinted = table.spec.columns.keys() - printed
        return table.spec.private_columns | unprinted

    def list_unprinted(self, names: Iterable[str]) -> list[str]:
        """What the PDFs of documents carry and no page prints: columns, and whole workbooks."""
        unprinted = dict[str, None]()
        for brief in {self.find_brief(name).id: self.find_brief(name) for name in names}.values():
            if brief.carry != "all":
                continue
            printed = self.printed_names(brief.id)
            for table, column in sorted(printed.unprinted_columns):
                if not self._is_seen_key(brief, table, column):
                    unprinted[f"{table}.{column}"] = None
            for table in sorted(printed.entries["table"]):
                spec = self.publication.tables[table].spec
                if is_carried_whole(self.publication, spec):
                    unprinted[str(spec.file)] = None
        return [*unprinted]

    def _is_seen_key(self, brief: Brief, table: str, column: str) -> bool:
        """Whether files are named after a column's cells, or it has only keys of other rows or years."""
        spec = self.publication.tables[table].spec
        names_files = table == brief.for_each and column in spec.key
        return names_files or spec.columns[column].type in ("key", "year")

    def find_brief(self, name: str) -> Brief:
        """The brief of a document, or of a collection, which has the brief's own name."""
        plain_name = split_document_name(name)[0]
        if plain_name in self.publication.briefs:
            return self.publication.briefs[plain_name]
        documents = self.publication.documents
        return profiles.require_named(plain_name, "brief", documents).brief

    @cached_property
    def _own_templates(self) -> str:
        """The text of the publication's own templates, and of those of other packages' blocks."""
        return read_own_templates(self.dataset)

    def file_name(self, name: str, ending: str, part: str = "") -> str:
        """The name of a document's file, or of a part of it, such as ``tip-2025-world-a5-grey.ps.pdf``."""
        plain, tag = split_document_name(name)
        paper = self.paper if self.paper != profiles.DEFAULT_PAPER else ""
        profile = self.profile if self.profile != profiles.DEFAULT_PROFILE else ""
        stem = "-".join(filter(None, (self.publication.imprint.id, plain, paper, profile, part)))
        return ".".join(filter(None, (stem, tag, ending)))

    def alternates(self, name: str) -> dict[str, str]:
        """The HTML files of a document in each language, by tag; empty if the publication has one language."""
        languages, plain = self.publication.languages, split_document_name(name)[0]
        if len(languages) == 1:
            return {}
        return {one.tag: self.file_name(document_name(self.publication, plain, one), "html") for one in languages}

    @property
    def store(self) -> Store:
        """What is kept on disk."""
        return self.tools.store

    @property
    def typesetter(self) -> Typesetter:
        """WeasyPrint with the fonts."""
        return self.tools.typesetter_for(self.fonts)

    @cached_property
    def theme(self) -> tuple[str, list[Problem]]:
        """The publication's own styles, and the problems in them."""
        from tipbrief.compose.stylesheets import load_theme

        return load_theme(self.folder, family_names(self.fonts))

    @cached_property
    def environment(self) -> Environment:
        """The templates, the publication's own first."""
        from tipbrief.compose.templates import find_typed_numbers

        files_hash, own = self.template_files_hash, self.folder / "templates"  # the hash first: before they are read
        styles, problems = self.theme
        if errors := [*find_typed_numbers(own), *(one for one in problems if one.severity == "error")]:
            raise Problems(errors)
        load = self.tools.templates_for if files_hash else self.tools.load_templates
        return load(own, self.templates, styles, files_hash)

    @cached_property
    def warnings(self) -> list[Problem]:
        """The warnings of the publication and its ledger; an error in the ledger is raised."""
        memos.recall_printed_values(self.store, self.ledger)
        found = editions.find_ledger_problems(self.ledger, self.publication, coverage(self.fonts))
        if errors := [problem for problem in found if problem.severity == "error"]:
            raise Problems(errors)
        if self.store.is_writable_by_others:
            message = "others may write into this folder for what was built: nothing in it is used"
            hint = "make it yours alone (chmod 700), or name another one in XDG_CACHE_HOME"
            found.append(Problem(message, self.store.folder, hint=hint, severity="warning"))
        first = [problem for whole in self.publications for problem in (*whole.warnings, *whole.untranslated)]
        first += [problem for problem in self.theme[1] if problem.severity == "warning"]
        return [*dict.fromkeys(first), *found]

    def fingerprint_memo(self, name: str) -> memos.FingerprintMemo:
        """The memo of the fingerprints of documents that print the same names as this one."""
        part = self.printed_part(name)
        return self._open_memo(part.publication, part.brief.id, part.names_hash)

    def language_memo(self, publication: Publication) -> memos.FingerprintMemo:
        """The memo of pages that are no documents, in the language of a publication."""
        return self._open_memo(publication)

    def _open_memo(self, publication: Publication, *others: str) -> memos.FingerprintMemo:
        if id(publication) not in self._fingerprint_memos:
            fonts_hash = hash_of(font_face_css(self.fonts).encode())
            parts = self.template_files_hash, fonts_hash, self.paper, self.profile, *others
            key = memos.fingerprint_memo_key(self.publication, publication, self.dataset, *parts)
            memo = memos.FingerprintMemo(self.store, key, publication, self.memo_entries)
            self._fingerprint_memos[id(publication)] = memo
        return self._fingerprint_memos[id(publication)]

    def save_memos(self) -> None:
        """Store the new sound texts; and the new fingerprints, if nothing was changed meanwhile."""
        self.tools.sound_texts.save()
        if new := [memo for memo in self._fingerprint_memos.values() if memo.key and memo.has_new_entries]:
            with suppress(Problems):
                self.require_unchanged()
                if hash_template_files(self.folder, self.templates) == self.template_files_hash:
                    for memo in new:
                        memo.save()
