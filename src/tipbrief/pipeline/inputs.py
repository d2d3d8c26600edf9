"""The inputs of a build: the publication in its languages, its ledger, dataset and fonts, as they were read."""

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Self

from tipbrief import __version__
from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import Document
from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.translation.translator import translate_publication
from tipbrief.compose import profiles
from tipbrief.files import FolderLock, hash_of, read_bytes
from tipbrief.fonts.font_library import FontFace, coverage, family_names, find_family_fonts, load_fonts
from tipbrief.language.language import Language
from tipbrief.ledger import editions, journal, ledger_folder
from tipbrief.ledger.consistency import find_faulty_entries, require_readable_entries
from tipbrief.ledger.entries import split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.load.publication_files import MAX_DATASET_BYTES, MAX_DATASET_FILES
from tipbrief.load.yaml_nodes import read_scalars
from tipbrief.pdf import attachments
from tipbrief.pipeline.selection import document_name, select_languages
from tipbrief.pipeline.store import Store, code_fingerprint, default_folder, entry_key, files_below, store_key
from tipbrief.problems import Problem, ProblemList, Problems, suggest_nearest
from tipbrief.typeset.libraries import engine_versions

MAX_FAMILIES = 4


@dataclass(frozen=True, eq=False)
class Inputs:
    """The checked publication with its ledger and fonts, and the form of the pages: paper and profile."""

    folder: Path
    publication: Publication
    translations: Mapping[str, Publication]  # in the other languages that were asked for, by tag
    ledger: Ledger
    dataset: list[attachments.Attachment]
    fonts: tuple[FontFace, ...]
    paper: str
    profile: str
    templates: Path  # the shipped ones

    @classmethod
    def read_folder(
        cls,
        folder: Path,
        *,
        paper: str = profiles.DEFAULT_PAPER,
        profile: str = profiles.DEFAULT_PROFILE,
        languages: Sequence[str] = (),
        ledger: Ledger | None = None,
        **others: Any,
    ) -> Self:
        """Read and check a publication in its first language and in ``languages``.

        ``ledger`` is what is known of its ledger, ``others`` are the fields of a subclass.
        """
        # Under one lock: otherwise a correction between the two reads would look like a change by hand.
        with FolderLock(folder):
            journal.undo_unfinished_change(folder)
            # First, since an editor's program knows no lock: what is saved from here on is noticed.
            dataset: list[attachments.Attachment] = []
            with suppress(Problems):  # require_unchanged raises it again, after the problems in the files
                dataset = attachments.read_dataset(folder)
            fonts, problems = find_publication_fonts(folder)
            covered = coverage(fonts)
            publication = load_publication(folder, covered)
            if problems:
                raise Problems(problems)
            known = ledger_folder.read_ledger(folder, str(publication.imprint.id), ledger)
            tags = [one for one in select_languages(publication, languages) if one.tag != publication.language.tag]
            inputs = cls(
                folder=folder,
                publication=publication,
                translations=load_translations(publication, known, tags, covered),
                # An equal ledger keeps what was computed from its entries.
                ledger=ledger if ledger is not None and ledger == known else known,
                dataset=dataset,
                fonts=fonts,
                paper=paper,
                profile=profile,
                templates=find_shipped_folder("templates"),
                **others,
            )
            inputs.require_unchanged()
        return inputs

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
    def paper_and_profile(self) -> tuple[profiles.Paper, profiles.Profile]:
        """The paper and the profile of the pages. What a document says is judged without them."""
        known = profiles.load_profiles(self.folder / "templates", self.templates)
        paper = profiles.require_named(self.paper, "paper", profiles.PAPERS)
        return paper, profiles.require_named(self.profile, "profile", known)

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

    @property
    def state(self) -> str:
        """A hash of all that the documents follow from."""
        return entry_key(self.hash_without_ledger, self.ledger.content_hash)

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


def hash_template_files(folder: Path, shipped: Path) -> str:
    """A hash of the files that templates can name, also of those that no list of the dataset has.

    Empty if it cannot be computed: the faults of such files are reported where they are used.
    """
    paths, theme = list[Path](), folder / "theme.css"
    for place, folders, names in chain(os.walk(folder / "templates"), os.walk(folder / "pictures")):
        paths += (Path(place, one) for one in names)
        if len(paths) > MAX_DATASET_FILES or any(os.path.islink(Path(place, one)) for one in folders):
            return ""
    with suppress(OSError, Problems):
        own = {path.relative_to(folder).as_posix(): hash_of(read_bytes(path, MAX_DATASET_BYTES)) for path in paths}
        return entry_key(own, files_below(shipped), theme.read_bytes() if theme.is_file() else b"")
    return ""


def load_translations(
    publication: Publication, ledger: Ledger, languages: Sequence[Language], covered: Collection[int]
) -> dict[str, Publication]:
    """The publication in these languages, by tag; all problems of all of them are raised together."""
    found: dict[str, Publication] = {}
    problems = ProblemList()
    for one in languages:
        with problems.catch():
            found[one.tag] = translate_publication(publication, one, covered, editions.list_notice_reasons(ledger, one))
    problems.raise_all()
    return found


def check_publication(folder: Path) -> tuple[Publication | None, list[Problem]]:
    """Check a publication in all its languages: the publication, None if it has errors, and all problems."""
    from tipbrief.compose.stylesheets import load_theme
    from tipbrief.compose.templates import find_typed_numbers

    found = find_typed_numbers(folder / "templates") if os.path.isdir(folder) else []
    try:
        with FolderLock(folder):
            # Otherwise what a killed correction left half done would be reported to the editor.
            journal.undo_unfinished_change(folder)
            fonts, problems = find_publication_fonts(folder)
            covered = coverage(fonts)
            found += [*problems, *load_theme(folder, family_names(fonts))[1]]
            whole = load_publication(folder, covered)
            found += whole.warnings
            known = ledger_folder.read_ledger(folder, str(whole.imprint.id))
            found += _prove_ledger(known)
            found += editions.find_ledger_problems(known, whole, covered)
            others = load_translations(whole, known, whole.languages[1:], covered)
            found += [one for other in others.values() for one in (*other.warnings, *other.untranslated)]
    except Problems as raised:
        return None, found + raised.problems
    return None if any(one.severity == "error" for one in found) else whole, [*dict.fromkeys(found)]


def _prove_ledger(ledger: Ledger) -> list[Problem]:
    """The entries that do not follow from those before them. A proof is remembered by all bytes of the entries."""
    store, entries = Store(default_folder()), "".join(hash_of(file.raw_bytes) for file in ledger.entry_files)
    key = store_key("answer", "the entries follow from each other", ledger.publication, entries)
    if store.read_entry(key) is not None:
        return []
    require_readable_entries(ledger)
    found = [*find_faulty_entries(ledger)]
    if not found:
        store.write_entry(key, {"proof": b""})
    return found


def find_publication_fonts(folder: Path) -> tuple[tuple[FontFace, ...], list[Problem]]:
    """The fonts that a publication names, else the shipped ones; and the problems with them."""
    shipped = load_fonts(find_shipped_folder("fonts"))
    named = read_scalars(folder / "publication.yaml", "fonts")  # checked when the whole publication is read
    if not named:
        return shipped, []
    families = list(dict.fromkeys(node.text for node in named))
    if len(families) > MAX_FAMILIES:
        message = f"the publication has more than {MAX_FAMILIES} families of fonts"
        return shipped, [named[0].location.problem(message, "one is enough, and one for what it lacks")]
    try:
        fonts, missing = find_family_fonts(folder, families, shipped)
    except Problems as raised:
        return shipped, raised.problems
    found, hint = list[Problem](), "put its files there, prepared: tipbrief fonts prepare --font FILE"
    for node in named:
        if node.text in missing:
            message = f"the font '{node.text}' is not in the publication's fonts/"
            near = suggest_nearest(node.text, family_names(fonts + shipped))
            shown = near if near.startswith("did") else hint
            found.append(node.location.problem(message, shown, kind="no-such-font"))
    return (shipped, found) if found else (fonts, [])
