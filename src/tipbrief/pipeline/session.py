"""A session: a publication that was read once, and the tools with which its documents are made."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tipbrief.fonts.font_library import coverage, family_names
from tipbrief.ledger import editions
from tipbrief.ledger.entries import split_document_name
from tipbrief.pipeline import memos
from tipbrief.pipeline.inputs import Inputs, hash_template_files
from tipbrief.pipeline.rendering import create_typesetter
from tipbrief.pipeline.store import Store, default_folder
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from jinja2 import Environment

    from tipbrief.pipeline.workers.process import EarlyWorker
    from tipbrief.typeset.engine import Typesetter


class Tools:
    """The store; the typesetter and the templates, each loaded when it is asked for with other inputs."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.sound_texts = store, memos.SoundTexts(store, folder)
        self.typesetter_for = lru_cache(maxsize=1)(create_typesetter)
        self.templates_for = lru_cache(maxsize=1)(self.load_templates)

    def load_templates(self, own: Path, shipped: Path, theme: str, files_hash: str) -> Environment:
        """The templates, the publication's own first; ``files_hash`` is a hash of all their files."""
        # Imported here, since many commands compose nothing.
        from tipbrief.compose.templates import create_environment
        from tipbrief.pipeline.template_cache import TemplateBytecodeCache

        return create_environment([own], shipped, theme, TemplateBytecodeCache(self.store))


@dataclass(frozen=True, eq=False)
class Session(Inputs):
    """The inputs of a build and its tools. With other inputs it is another session (``dataclasses.replace``)."""

    tools: Tools
    early_worker: EarlyWorker | None = None
    memo_entries: dict[str, memos.MemoEntries] = field(default_factory=dict)  # dependency logs, read or made, by key
    _fingerprint_memos: dict[str, memos.FingerprintMemo] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def open(cls, folder: Path, *, store: Store | None = None, **form: Any) -> Session:
        """Read and check a publication as ``Inputs.read_folder`` does; the store is by default the user's."""
        tools = Tools(store or Store(default_folder()), folder)
        try:
            return cls.read_folder(folder, tools=tools, **form)
        finally:
            tools.sound_texts.save()

    def reopen(self, **form: Any) -> Session:
        """The session as the files are now, in the same languages and form, or in another ``form``."""
        same = {"languages": [*self.translations], "paper": self.paper, "profile": self.profile}
        session = Session.read_folder(self.folder, ledger=self.ledger, tools=self.tools, **(same | form))
        return replace(session, templates=self.templates)

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
        """The memo of the fingerprints in the language of a document."""
        tag, whole = split_document_name(name)[1], self.publication_for(name)
        if tag not in self._fingerprint_memos:
            key = memos.fingerprint_memo_key(self, whole, self.template_files_hash)
            self._fingerprint_memos[tag] = memos.FingerprintMemo(self.store, key, whole, self.memo_entries)
        return self._fingerprint_memos[tag]

    def save_memos(self) -> None:
        """Store the new sound texts; and the new fingerprints, if nothing was changed meanwhile."""
        self.tools.sound_texts.save()
        if new := [memo for memo in self._fingerprint_memos.values() if memo.key and memo.has_new_entries]:
            with suppress(Problems):
                self.require_unchanged()
                if hash_template_files(self.folder, self.templates) == self.template_files_hash:
                    for memo in new:
                        memo.save()
