"""The generator of the site: it writes all files, in an order in which no page leads to a missing one."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from tipbrief import limits
from tipbrief.compose.stylesheets import style_faults
from tipbrief.compose.templates import render_template
from tipbrief.deliver.output_folder import Delivery, OutputFile, manifest_entries, read_output_manifest
from tipbrief.export.data_package import DataPackage
from tipbrief.export.document_forms import export_document
from tipbrief.export.text_blocks import read_text_blocks
from tipbrief.files import FolderLock, hash_of, read_bytes, remove_temporary_files
from tipbrief.fonts.font_library import family_names, page_font_css
from tipbrief.pipeline.document import ComposedDocument, compose_document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.run import DocumentRun, OnStep, StartWorkers
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import store_key
from tipbrief.problems import Problem, ProblemList, Problems
from tipbrief.site.pages import SitePages, check_page_file, editions_files, feed_files
from tipbrief.site.site_data import SITE_FOLDERS, STYLE_FILE, EditionPdfs, SiteData, read_pdfs


@dataclass(frozen=True, slots=True)
class SiteResult:
    """The result of a run: all files of the site, how many are new, and the editions without a PDF."""

    files: Sequence[OutputFile]
    new_file_count: int
    signatures_without_pdf: Sequence[str]
    draft_names: Sequence[str]  # changed since their last edition, which is what the site shows


def write_site(
    session: Session, out: Path, delivered: Path, step: OnStep = lambda name, step: None, workers: StartWorkers = None
) -> SiteResult:
    """Write the site into ``out``. PDFs that are missing there are looked for in the folder ``delivered``."""
    if not session.ledger.briefs:
        hint = "deliver the first ones: tipbrief build --all --deliver"
        raise Problems(Problem("no edition was delivered yet: there is nothing to tell of", hint=hint))
    if os.path.realpath(out) == os.path.realpath(session.folder):  # it would wait for its own lock
        hint = "name a folder of its own: tipbrief site --out site"
        raise Problems(Problem("the site cannot stand in the publication's own folder", out, hint=hint))
    with Delivery(out, session.versions) as delivery, FolderLock(out):
        for folder in (out, *(out / name for name in SITE_FOLDERS)):
            remove_temporary_files(folder)
        before, private = read_output_manifest(out), _find_private_documents(session)
        prints = EditionPdfs(session.ledger, out, private)
        files = [OutputFile(out, one.path, one.size, one.sha256) for one in prints.pdfs_on_site]
        delivery.record_existing(files)

        def add_files(new: Iterable[tuple[str, bytes]]) -> None:
            for name, content in new:
                limits.begin_step(name)  # each has the time of one: there may be thousands
                files.extend(delivery.add_files({name: content}))

        for file, pdf in read_pdfs(delivered):
            add_files(prints.add_pdf(pdf, file.name).items())
        html, drafts = dict[str, OutputFile](), list[str]()
        known = session.ledger
        names = [one for one in known.briefs if one in session.documents and known.last_edition(one)]
        names = [one for one in names if one not in private]
        for name in names:
            limits.begin_step(name)
            drafts += [name] if compose_document(session, name).edition.draft else []
        same = [name for name in names if name not in drafts]
        problems, package = ProblemList(), DataPackage(session.publication)
        for name, one in DocumentRun(session, same, step, workers).render_all():
            step(name, "deliver")
            if isinstance(one, Problems):
                problems += one.problems
                continue
            composed, rendering = one
            add_files(prints.add_pdf(rendering.pdf, session.file_name(name, "pdf")).items())
            key = store_key("pages", session.template_files_hash, rendering.html)
            text = session.store.get_or_make(key, ["md"], partial(_export_markdown, session, *one))
            add_files([(session.file_name(name, "md"), text["md"])])
            printed = session.printed_names(name)
            package.add_document(session.documents[name], printed, composed.prints, rendering.html)
            add_files([(session.file_name(name, "html"), _lead_to_files(session, prints, name, rendering.html))])
            html[name] = files[-1]
        problems.raise_all()
        data = {} if drafts else package.files()  # as they were delivered, like the pages
        html |= _find_earlier_html(session, out, drafts)
        pages = SitePages(SiteData(session), prints, html)
        for group in (  # what pages lead to before them, the start pages last
            [(STYLE_FILE, _compose_style(session)), *data.items()],
            pages.render_document_pages(),
            chain(pages.render_correction_pages(), editions_files(pages), feed_files(pages), [check_page_file(pages)]),
            pages.render_start_pages(),
        ):
            add_files(group)
            delivery.publish()
        session.save_memos()
        fresh = sum(before.get(name) != entry for name, entry in manifest_entries(files).items())
        return SiteResult(files, fresh, [one.signature for one in prints.editions_without_pdf], drafts)


def _find_private_documents(session: Session) -> set[str]:
    """The delivered documents of briefs that print private cells: the site has their pages, but no file of them."""
    private = list[str]()
    for brief in session.publication.briefs.values():
        if brief.for_each and session.publication.tables[brief.for_each].spec.private_columns:
            for name in (name for name, one in session.documents.items() if one.brief.id == brief.id):
                limits.begin_step(name)
                compose_document(session, name)
                if session.fingerprint_memo(name).reads_private_cells(name):
                    private.append(f"{brief.id}-")
                    break
    return {name for name in session.ledger.briefs if name.startswith(tuple(private))}


def _find_earlier_html(session: Session, out: Path, drafts: Iterable[str]) -> dict[str, OutputFile]:
    """The HTML of drafts that the site has from their last edition, and which stays."""
    html = dict[str, OutputFile]()
    for name in drafts:
        file, last = session.file_name(name, "html"), session.ledger.last_edition(name)
        content = read_bytes(out / file) if (out / file).is_file() else b""
        if last and last.signature.encode() in content:
            html[name] = OutputFile(out, file, len(content), hash_of(content))
    return html


def _export_markdown(session: Session, document: ComposedDocument, rendering: Rendering) -> dict[str, bytes]:
    what = (session.publication_for(document.name), document.edition, session.fonts, ["markdown"])
    return export_document(read_text_blocks(rendering.html.decode()), *what)


def _lead_to_files(session: Session, prints: EditionPdfs, name: str, html: bytes) -> bytes:
    """The HTML of a document with its text named; links to its PDF lead to its edition's folder, or are gone."""
    edition = session.ledger.last_edition(name)
    paths = [one.path for one in prints.pdfs_of_edition(edition) if one.path] if edition else []
    link = rb'<a href="%b(#[a-z=]+)?">' % re.escape(quote(session.file_name(name, "pdf")).encode())
    if paths:
        html = re.sub(link, rb'<a href="%b\1">' % quote(paths[0]).encode(), html)
    else:
        html = re.sub(link + rb".*?</a>", b"", html)
    text = quote(session.file_name(name, "md")).encode()
    return html.replace(b"</head>", b'<link rel="alternate" type="text/markdown" href="%b">\n</head>' % text, 1)


def _compose_style(session: Session) -> bytes:  # with the fonts embedded
    what = {"language": session.publication.language, "imprint": session.publication.imprint}
    styles = render_template(session.environment, "css/site-page.css", **what)
    if faults := [*style_faults(styles, family_names(session.fonts))]:
        raise Problems(Problem(fault.message, hint=fault.hint, kind=fault.kind) for fault in faults)
    return f"{page_font_css(session.fonts)}\n{styles}".encode()
