"""The site: all its files from a publication and its ledger, in an order in which each page is whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tipbrief.build import cache
from tipbrief.build.document import piece_of
from tipbrief.build.run import OnStep, made_documents
from tipbrief.build.session import Session
from tipbrief.build.workers import Workers
from tipbrief.compose.styles import style_faults
from tipbrief.compose.templates import rendered
from tipbrief.deliver.folder import Delivery, Written, all_there, entries_of, manifest_of
from tipbrief.files import Lock, hash_of, read_bytes, remove_left_behind
from tipbrief.fonts.shelf import families_of, font_face_css
from tipbrief.problems import Problem, Problems
from tipbrief.site.addresses import FOLDERS, STYLE
from tipbrief.site.answers import Answers
from tipbrief.site.check_page import check_page
from tipbrief.site.feeds import editions_json, feeds
from tipbrief.site.pages import Pages
from tipbrief.site.prints import Prints

_WEIGHTS = (400, 700)


@dataclass(frozen=True, slots=True)
class Site:
    """What was written: all files of the site, how many of them are new, and the editions without a file.

    ``drafts`` are documents that say something else now than their last edition, which is what stands there.
    """

    files: Sequence[Written]
    fresh: int
    missing: Sequence[str]
    drafts: Sequence[str]


def write_site(
    session: Session,
    out: Path,
    delivered: Path,
    step: OnStep = lambda name, step: None,
    workers: Callable[[], Workers] | None = None,
) -> Site:
    """Write the site into ``out``; PDFs that are missing there are looked for in the folder ``delivered``."""
    if not session.ledger.briefs:
        hint = "deliver the first ones: tipbrief build --all --deliver"
        raise Problems(Problem("no edition was delivered yet: there is nothing to tell of", hint=hint))
    if os.path.realpath(out) == os.path.realpath(session.folder):  # whose lock it would wait for
        hint = "name a folder of its own: tipbrief site --out site"
        raise Problems(Problem("the site cannot stand in the publication's own folder", out, hint=hint))
    with Delivery(out, session.versions) as delivery, Lock(out):
        for folder in (out, *(out / name for name in FOLDERS)):
            remove_left_behind(folder)
        run = _Run(session, out, delivered, delivery)
        return run.as_before() or run.written(step, workers)


class _Run:
    """One run, on its way into a folder."""

    def __init__(self, session: Session, out: Path, delivered: Path, delivery: Delivery) -> None:
        self._session, self._out, self._delivered, self._delivery = session, out, delivered, delivery
        self._files: list[Written] = []

    def written(self, step: OnStep, workers: Callable[[], Workers] | None) -> Site:
        """Write all files: what pages lead to before them, the start pages last."""
        before, prints = manifest_of(self._out), Prints(self._session.ledger, self._out)
        self._files += [Written(self._out / one.path, one.size, one.sha256) for one in prints.found]
        self._delivery.keep(self._files)
        self._add(prints.found_in(self._delivered))
        html, drafts = self._documents(prints, step, workers)
        self._add([(STYLE, self._style())])
        self._delivery.publish()
        pages = Pages(Answers(self._session), prints, html)
        self._add(chain(pages.codes(), pages.documents()))
        self._delivery.publish()
        self._add(chain(pages.corrections(), editions_json(pages), feeds(pages), [check_page(pages)]))
        self._delivery.publish()
        self._add(pages.starts())
        self._delivery.publish()
        self._session.keep_records()
        entries = entries_of(self._files, self._out)
        fresh = sum(before.get(name) != entry for name, entry in entries.items())
        site = Site(self._files, fresh, [one.signature for one in prints.missing], drafts)
        told = {"missing": site.missing, "drafts": site.drafts, "files": entries}
        self._session.cache.put(self._key, {"site": json.dumps(told).encode()})
        return site

    def _add(self, files: Iterable[tuple[str, bytes]]) -> None:
        for name, content in files:
            self._files += self._delivery.add({name: content})

    def _documents(
        self, prints: Prints, step: OnStep, workers: Callable[[], Workers] | None
    ) -> tuple[dict[str, Written], list[str]]:
        """The HTML of the documents, and which are drafts: of these an earlier HTML is left where it was."""
        known, html = self._session.ledger, dict[str, Written]()
        names = [name for name in known.briefs if name in self._session.documents and known.last(name)]
        drafts = [name for name in names if piece_of(self._session, name).edition.draft]
        same = [name for name in names if name not in drafts]
        problems: list[Problem] = []
        for name, one in made_documents(self._session, same, step, workers):
            if isinstance(one, Problems):
                problems += one.problems
                continue
            _, made = one
            self._add(prints.taken(made.pdf, self._session.file_name(name, "pdf")).items())
            self._add([(self._session.file_name(name, "html"), made.html)])
            html[name] = self._files[-1]
        if problems:
            raise Problems(problems)
        for name in drafts:
            file = self._out / self._session.file_name(name, "html")
            last = known.last(name)
            content = read_bytes(file) if file.is_file() else b""
            if last and last.signature.encode() in content:
                html[name] = Written(file, len(content), hash_of(content))
        return html, drafts

    def _style(self) -> bytes:
        """The styles of all pages, with the fonts in them."""
        one = self._session
        what = {"language": one.publication.language, "imprint": one.publication.imprint}
        styles = rendered(one.environment, "css/site-page.css", **what)
        if faults := [*style_faults(styles, families_of(one.faces))]:
            raise Problems(Problem(fault.message, hint=fault.hint, kind=fault.kind) for fault in faults)
        fonts = font_face_css(face for face in one.faces if face.weight in _WEIGHTS)
        return f"{fonts}\n{styles}".encode()

    # Nothing changed

    @property
    def _key(self) -> str:
        """What the site follows from; of the folder of delivered PDFs, which there are."""
        there = sorted(self._delivered.glob("*.pdf"))
        seen = [[file.name, (state := file.stat()).st_size, state.st_mtime_ns] for file in there]
        return cache.key("site", self._session.state, os.path.realpath(self._out), json.dumps(seen))

    def as_before(self) -> Site | None:
        """The site as an earlier run wrote it from the same, if all its files are there as they were."""
        site = self._session.cache.read(self._key, self._site_then)
        return site if site and all_there(site.files, self._out) else None

    def _site_then(self, found: Mapping[str, bytes]) -> Site:
        told = json.loads(found["site"])
        return Site(Written.below(self._out, told["files"]), 0, told["missing"], told["drafts"])
