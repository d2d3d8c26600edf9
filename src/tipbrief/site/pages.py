"""The pages of the site: editions, documents, corrections, "Is my print current?", start pages; and its feeds."""

import json
import re
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from markupsafe import Markup

from tipbrief import limits
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.templates import render_page_html, render_template
from tipbrief.deliver.index import DeliveredDocument, index_html, kilobytes
from tipbrief.deliver.output_folder import OutputFile
from tipbrief.export.data_package import DATA_FILE, encode_json
from tipbrief.fonts.font_library import page_font_css
from tipbrief.language.dates import Date
from tipbrief.language.language import Language, read_data_file, sort_key
from tipbrief.ledger.entries import Change, Edition, split_document_name
from tipbrief.ledger.status import Status, ValueChange, list_value_changes
from tipbrief.load.source_text import read_text
from tipbrief.pipeline.selection import document_name
from tipbrief.pipeline.store import store_key
from tipbrief.site.site_data import (
    CHECK_FILE,
    EDITIONS_FILE,
    STYLE_FILE,
    CorrectionNotice,
    EditionPair,
    EditionPdfs,
    SiteData,
)

_STATES = ("current", "superseded", "withdrawn")
_HASH_BYTES, _HASH_LETTERS = 16, 22  # half of a sha256, which is safe enough against forgery
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_MOST_PLAIN_DATA = 800_000  # characters; more are packed, so that the page loads in a second
_PACKED_DATA = """\
(async () => {
const packed = new Blob([Uint8Array.from(atob('%s'), letter => letter.charCodeAt(0))]).stream()
const data = await new Response(packed.pipeThrough(new DecompressionStream('deflate'))).json()
%s})()
"""
# The texts of the check page in English, by the names that its script uses.
load_page_words = partial(read_data_file, Path(__file__).with_name("check_page_words.yaml"))
_STYLE_LINK = Markup('<link rel="stylesheet" href="{}">')
# The name of a page, its template, the same page in other languages, and what the template shows.
Page: TypeAlias = tuple[str, str, Sequence[tuple[Language, str]], Mapping[str, Any]]
_FEED_LINK = Markup('\n<link rel="alternate" type="{}" href="{}" title="{}">')


def relative_url(page: str, to: str) -> str:
    """The relative address of a file of the site, seen from a page of it."""
    return "../" * page.count("/") + quote(to)


class SitePages:
    """The pages of the site. ``html_files`` are the HTML files of the newest editions, by document."""

    def __init__(self, site_data: SiteData, edition_pdfs: EditionPdfs, html_files: Mapping[str, OutputFile]) -> None:
        self.site_data, self.edition_pdfs, self.html_files = site_data, edition_pdfs, html_files
        self.session, self.publications = site_data.session, site_data.publications
        self.language_page = site_data.language_page

    def _render_page(
        self, whole: Publication, name: str, kind: str, others: Iterable[tuple[Language, str]], shown: Mapping[str, Any]
    ) -> tuple[str, bytes]:
        def to(file: str) -> str:
            return relative_url(name, file)

        limits.begin_step(name)  # each page has the time of one: a document may have hundreds
        title = whole.language.gettext("Corrections and revisions")
        feeds = [
            _FEED_LINK.format(kind, to(self.language_page("corrections", ending, whole)), title)
            for kind, ending in (("application/atom+xml", "atom"), ("application/feed+json", "json"))
        ]
        home = next((one for one in self.publications if one.language is whole.language), self.publications[0])
        links = _STYLE_LINK.format(to(STYLE_FILE)) + Markup().join(feeds)
        context = {**shown, "links": links, "to": to, "check": CHECK_FILE, "prints": self.edition_pdfs.pdfs_of_edition}
        context |= {"home": self.language_page("index", "html", home)}
        context |= {"corrections": self.language_page("corrections", "html", whole), "kilobytes": kilobytes}
        context |= {"others": [(language, to(file)) for language, file in others]}
        return name, render_page_html(self.session.environment, f"site/{kind}.html.j2", whole, **context).encode()

    def render_document_pages(self) -> Iterator[tuple[str, bytes]]:
        """The pages of all documents and their editions, from the store where all that they show is as it was."""
        data, session = self.site_data, self.session
        for brief, editions in data.editions_by_document.items():
            whole, pages = data.publication_of(brief), [*self._edition_pages(brief), *self._document_page(brief)]
            named = {one.signature: one for edition, status in editions for one in (edition, *status.newer)}
            files = [(f.path, f.size, f.form) for one in named.values() for f in self.edition_pdfs.pdfs_of_edition(one)]
            memo = session.language_memo(whole)
            inputs = [pages, files, [one.language for one in self.publications]]
            text = json.dumps(inputs, default=lambda one: one.tag if isinstance(one, Language) else repr(one))
            key = store_key("pages", "site", memo.key, text)
            found = session.store.read_entry(key) if memo.key else None
            if found is None:
                memo.tracker.take_dependencies()  # of a document that failed
                memo.tracker.own_row = "", ""
                found = dict(self._render_page(memo.tracker.publication, *page) for page in pages)
                # The key does not know figures and tables: pages that read them are rendered each time.
                if memo.key and not memo.tracker.take_dependencies():
                    session.store.write_entry(key, found)
            yield from found.items()

    def _edition_pages(self, brief: str) -> Iterator[Page]:  # to which their codes lead
        data, whole = self.site_data, self.site_data.publication_of(brief)
        title, own_page = data.title_of(brief), data.page_path_of(brief)
        for edition, status in data.editions_by_document[brief]:
            newer = list[tuple[Edition, Language, str]]()
            for other in status.newer:
                # The page of the document, or of its newest edition if the document no longer exists.
                page = data.page_path_of(other.brief) or data.editions_by_document[other.brief][-1][0].page
                newer.append((other, data.publication_of(other.brief).language, relative_url(edition.page, page)))
            shown = {"title": title, "edition": edition, "status": status, "newer": newer, "page": own_page}
            shown |= {"told": data.correction_notices(status.moved, brief, whole)}
            shown |= {"pending": data.correction_notices(status.pending, brief, whole)}
            shown |= {"added": edition.prints.keys() != (status.newest or edition).prints.keys()}
            yield edition.page, "code", [], shown

    def _document_page(self, brief: str) -> Iterator[Page]:  # if it still exists and has a delivered edition
        data, first, whole = self.site_data, self.session.publication, self.site_data.publication_of(brief)
        if page := data.page_path_of(brief):
            document, file = self.session.documents[brief], self.html_files.get(brief)
            last = data.ledger.last_edition(brief)
            newest, status = next(pair for pair in data.editions_by_document[brief] if pair[0] == last)
            plain = split_document_name(brief)[0]
            names = [(one.language, document_name(first, plain, one.language)) for one in self.publications]
            others = [(language, data.page_path_of(name)) for language, name in names if name != brief]
            shown = {"title": data.title_of(brief), "newest": newest, "html": file.name if file else ""}
            shown |= {"text": self.session.file_name(brief, "md") if file else ""}
            shown |= {"subtitle": plain_text(document.brief.subtitle, whole, document)}
            shown |= {"pending": data.correction_notices(status.pending, brief, whole)}
            shown |= {"history": self._edition_history(brief, whole)}
            yield page, "document", [other for other in others if other[1]], shown

    def _edition_history(self, brief: str, whole: Publication) -> list[tuple[Edition, bool, list[CorrectionNotice]]]:
        """The editions, newest first, each with whether it was withdrawn and the corrections that it announced."""
        told: dict[str, list[CorrectionNotice]] = {}
        for (one, changes), (after, _) in pairwise(self.site_data.ledger.history(brief)):
            moved = list_value_changes(one.prints, changes)
            told[after.signature] = self.site_data.correction_notices(moved, brief, whole)
        return [
            (one, status.state == "withdrawn", told.get(one.signature, []))
            for one, status in reversed(self.site_data.editions_by_document[brief])
        ]

    def render_correction_pages(self) -> Iterator[tuple[str, bytes]]:
        """The pages of all corrections, one per language."""
        for whole in self.publications:
            pages = {one.language: self.language_page("corrections", "html", one) for one in self.publications}
            data, told = self.site_data, list[tuple[CorrectionNotice, list[Any]]]()
            for one, touched in data.corrections_in_language(whole):  # each with its documents by their titles
                rows = [(data.title_of(name), data.page_path_of(name), *pair) for name, pair in touched.items()]
                told.append((one, sorted(rows, key=lambda row: (sort_key(row[0], whole.language), row[1]))))
            atom, feed = (self.language_page("corrections", ending, whole) for ending in ("atom", "json"))
            feeds = [("Atom", atom), ("JSON Feed", feed), (EDITIONS_FILE, EDITIONS_FILE)]
            shown: dict[str, Any] = {"withdrawn": data.ledger.withdrawn_documents, "feeds": feeds}
            shown |= {"title": whole.language.gettext("Corrections and revisions"), "corrections_told": told}
            yield self._render_page(whole, pages.pop(whole.language), "corrections", pages.items(), shown)

    def render_start_pages(self) -> Iterator[tuple[str, bytes]]:
        """The start page of each language, an index of all its documents."""
        files = {one.language.tag: self.language_page("index", "html", one) for one in self.publications}
        look, folder = (self.session.fonts, self.session.environment), self.edition_pdfs.site_folder
        for whole in self.publications:
            listed = []
            for brief in self.site_data.editions_by_document:
                newest = self.site_data.ledger.last_edition(brief)
                if newest and self.site_data.publication_of(brief) is whole and brief in whole.documents:
                    pdf = next((one for one in self.edition_pdfs.pdfs_of_edition(newest) if one.path), None)
                    file = OutputFile(folder, pdf.path, pdf.size, pdf.sha256) if pdf else None
                    page = self.site_data.page_path_of(brief)
                    listed.append(DeliveredDocument(brief, file, self.html_files.get(brief), newest, page))
            words = whole.language.gettext
            corrections = self.language_page("corrections", "html", whole)
            links = [(words("Is my print current?"), CHECK_FILE), (words("Corrections and revisions"), corrections)]
            if (folder / DATA_FILE).is_file():
                links.append((words("Data for other programs"), DATA_FILE))
            indexes = files if len(files) > 1 else {}
            html = index_html(whole, listed, *look, indexes, pages=links)
            yield files[whole.language.tag], html.encode()


def check_page_file(pages: SitePages) -> tuple[str, bytes]:
    """The name and the content of the page, with its data, styles and script embedded."""
    first, publications, site_data = pages.session.publication, pages.publications, pages.site_data
    data = json.dumps(_collect_check_data(pages), ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c")  # nothing in the data can end the script
    script, many = read_text(find_shipped_folder("templates") / "check.js"), len(data) > _MOST_PLAIN_DATA
    packed = b64encode(zlib.compress(data.encode(), 9)).decode() if many else ""
    script = _PACKED_DATA % (packed, script) if many else f"const data = {data}\n{script}"
    listed: dict[Language, list[tuple[str, str]]] = {one.language: [] for one in publications}
    for brief in () if many else site_data.editions_by_document:  # the index lists very many, too
        if page := site_data.page_path_of(brief):
            listed[site_data.publication_of(brief).language].append((site_data.title_of(brief), page))
    shown: dict[str, Any] = {"words": _page_phrases(first.language), "spoken": [*listed], "listed": listed.items()}
    shown |= {"example": [*site_data.editions_by_document.values()][-1][-1][0], "script": script}
    shown |= {"home": pages.language_page("index", "html", publications[0])}
    shown |= {"fonts": Markup(page_font_css(pages.session.fonts))}
    html = render_page_html(pages.session.environment, "site/check.html.j2", first, **shown)
    return CHECK_FILE, html.encode()


def _page_phrases(language: Language) -> dict[str, str]:  # the script fills in names in braces
    translated = {name: language.catalogue.gettext(english) for name, english in load_page_words().items()}
    return {name: _PLACEHOLDER.sub(r"{\1}", text) for name, text in translated.items()} | {"comma": language.comma}


def _collect_check_data(pages: SitePages) -> dict[str, object]:
    """The data of the page. Values that many editions share are stored once and named by their index."""
    data, prints, publications = pages.site_data, pages.edition_pdfs, pages.publications
    days: dict[str, int] = defaultdict(lambda: len(days))  # each value with its index
    changes: dict[tuple[int, int, tuple[str, ...]], int] = defaultdict(lambda: len(changes))
    steps: dict[tuple[int, tuple[tuple[str, ...], ...]], int] = defaultdict(lambda: len(steps))

    def index_steps(moved: Sequence[ValueChange], brief: str) -> list[int]:  # of texts in all languages
        found = []
        for same in zip(*(data.correction_notices(moved, brief, one) for one in publications), strict=True):
            change = changes[int(same[0].kind == "revision"), days[same[0].date.iso()], tuple(n.reason for n in same)]
            blank = [[("", "", "")] * len(same)] if not same[0].steps else []  # what has a reason and no value
            for texts in chain(blank, zip(*(one.steps for one in same), strict=True)):
                found.append(steps[change, tuple(tuple(Markup(part).striptags() for part in step) for step in texts)])
        return found

    def edition_row(brief: str, one: Edition, status: Status, newest: Edition) -> list[object]:
        digests = (bytes.fromhex(file.sha256)[:_HASH_BYTES] for file in prints.pdfs_of_edition(one))
        hashes = "".join(urlsafe_b64encode(digest)[:_HASH_LETTERS].decode("ascii") for digest in digests)
        day, state = days[one.date.iso()], _STATES.index(status.state)
        has_other_values = int(one.prints.keys() != newest.prints.keys())
        return [one.number, one.code, day, state, hashes, index_steps(status.moved, brief), has_other_values]

    documents, names = list[list[object]](), [*data.editions_by_document]
    for brief, editions in data.editions_by_document.items():
        newest = editions[-1][1].newest or editions[-1][0]
        html = pages.html_files.get(brief)
        latest = next(at for at, (one, _) in enumerate(editions) if one == newest)
        status = editions[latest][1]
        row = [brief.upper(), publications.index(data.publication_of(brief)), data.title_of(brief)]
        row += [data.page_path_of(brief), next((pdf.path for pdf in prints.pdfs_of_edition(newest) if pdf.path), "")]
        row += [html.name if html else "", latest, index_steps(status.pending, brief)]
        row += [[names.index(other.brief) for other in status.newer]]
        documents.append([*row, [edition_row(brief, *one, newest) for one in editions]])
    until = days[max(file.date.iso() for file in data.ledger.entry_files)]
    dates = [Date.parse(day) for day in days]
    spoken = [
        {
            "tag": one.language.tag, "dir": one.language.direction, "digits": one.language.digit_signs,
            "words": _page_phrases(one.language), "days": [one.language.gregorian_date(day) for day in dates],
            "reasons": [reasons[at] for _, _, reasons in changes], "steps": [texts[at] for _, texts in steps],
        }
        for at, one in enumerate(publications)
    ]  # fmt: skip
    return {
        "publication": str(pages.session.publication.imprint.id), "until": until, "states": _STATES, "spoken": spoken,
        "changes": [[kind, day] for kind, day, _ in changes], "steps": [change for change, _ in steps],
        "documents": documents,
    }  # fmt: skip


def editions_files(pages: SitePages) -> Iterator[tuple[str, bytes]]:
    """The file editions.json: every edition with its state, files and changes since, and every correction."""
    data, publication = pages.site_data, pages.session.publication
    imprint, title = publication.imprint, plain_text(publication.imprint.title, publication)
    whole = {"publication": str(imprint.id), "title": title, "address": str(imprint.address or "")}
    editions = [_edition_entry(pages, *one) for own in data.editions_by_document.values() for one in own]
    corrections = [_correction_entry(*one) for one in data.corrections]
    yield EDITIONS_FILE, encode_json(whole | {"editions": editions, "corrections": corrections})


def _edition_entry(pages: SitePages, one: Edition, status: Status) -> dict[str, object]:
    tag = split_document_name(one.brief)[1] or pages.session.publication.language.tag
    document = {"document": one.brief, "language": tag, "title": pages.site_data.title_of(one.brief)}
    edition = {"number": one.number, "code": one.code, "date": one.date.iso(), "state": status.state}
    edition |= {"newest": (status.newest or one).path, "page": one.page}
    pdfs = pages.edition_pdfs.pdfs_of_edition(one)
    files = [{"sha256": file.sha256, "path": file.path or None, "form": file.form} for file in pdfs]
    keys = ("name", "was", "now", "kind", "date")
    moved, pending = ([{key: getattr(one, key) for key in keys} for one in of] for of in (status.moved, status.pending))
    return {**document, **edition, "files": files, "changed": moved, "not_printed_yet": pending}


def _correction_entry(seal: str, changes: Sequence[Change], touched: Mapping[str, EditionPair]) -> dict[str, object]:
    first, steps = changes[0], chain.from_iterable(change.steps.items() for change in changes)
    head = {"kind": first.kind, "date": first.date.iso(), "reason": first.reason, "source": first.source}
    values = {name: {"was": was, "now": now} for name, (was, now) in steps}
    documents = {brief: [before.path, after.path if after else None] for brief, (before, after) in touched.items()}
    return {"entry": seal, **head, "values": values, "documents": documents}


def feed_files(pages: SitePages) -> Iterator[tuple[str, bytes]]:
    """The feeds of the corrections in each language, as Atom (RFC 4287) and as JSON Feed 1.1."""
    for whole in pages.publications:
        corrections, imprint = pages.site_data.corrections_in_language(whole), whole.imprint
        site_url = str(imprint.address).rstrip("/") + "/" if imprint.address else ""  # else the addresses are relative
        html_url = site_url + pages.language_page("corrections", "html", whole)
        atom_file, json_file = (pages.language_page("corrections", ending, whole) for ending in ("atom", "json"))
        title, words = plain_text(imprint.title, whole), whole.language.gettext("Corrections and revisions")
        feed: dict[str, Any] = {"version": "https://jsonfeed.org/version/1.1", "title": f"{title} · {words}"}
        feed |= {
            "language": whole.language.tag,
            "home_page_url": site_url + pages.language_page("index", "html", whole),
        }
        feed |= {"feed_url": site_url + json_file, "authors": [{"name": plain_text(imprint.publisher, whole)}]}
        feed |= {"items": [_build_entry(whole, html_url, *correction) for correction in corrections]}
        updated = (corrections[0][0].date if corrections else imprint.published).iso()
        context = {"language": whole.language, "identifier": _make_identifier(whole), "feed": feed, "page": html_url}
        context |= {"updated": f"{updated}T00:00:00Z", "address": site_url + atom_file}
        yield atom_file, render_template(pages.session.environment, "site/corrections.atom.j2", **context).encode()
        yield json_file, encode_json(feed)


def _make_identifier(whole: Publication, *parts: str) -> str:  # does not depend on the site's address
    return uuid5(NAMESPACE_URL, "/".join(["tipbrief", str(whole.imprint.id), whole.language.tag, *parts])).urn


def _build_entry(
    whole: Publication, html_url: str, one: CorrectionNotice, touched: Mapping[str, EditionPair]
) -> dict[str, str]:
    words = whole.language.gettext
    kind, form = words("Correction"), "%(was)s was wrong; %(now)s is correct"
    if one.kind == "revision":
        kind, form = words("Revision"), "formerly %(was)s, now %(now)s"
    steps = [[Markup(part).striptags() for part in step] for step in one.steps]
    lines = [f"{name}: {words(form, was=was, now=now)}" for name, was, now in steps]
    lines += [f"{name}: {words('This print was withdrawn')}" for name in one.withdrawn]
    names = dict.fromkeys([*(name for name, _, _ in steps), *one.withdrawn])
    if editions := ", ".join(after.signature for _, after in touched.values() if after):
        corrected = words("In these editions: %(editions)s", editions=editions)
    else:
        corrected = words("Corrected since, and not printed yet")
    title, url = f"{kind}: {whole.language.comma.join(names)}", f"{html_url}#{one.seal}"
    about = {"id": _make_identifier(whole, one.seal), "title": title, "url": url}
    text = "\n".join([*lines, one.reason, corrected])
    return about | {"date_published": f"{one.date.iso()}T00:00:00Z", "content_text": text}
