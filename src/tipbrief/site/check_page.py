"""The page "Is my print current?": one file with every edition, its hashes and its changes since."""

import json
import re
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from markupsafe import Markup

from tipbrief.assets import find_shipped_folder
from tipbrief.compose.templates import render_page_html
from tipbrief.fonts.font_library import page_font_css
from tipbrief.language.dates import Date
from tipbrief.language.language import Language, read_data_file
from tipbrief.ledger.entries import Edition
from tipbrief.ledger.status import Status, ValueChange
from tipbrief.load.source_text import read_text
from tipbrief.site.pages import SitePages
from tipbrief.site.site_data import CHECK_FILE

_STATES = ("current", "superseded", "withdrawn")
_HASH_BYTES, _HASH_LETTERS = 16, 22  # half of a sha256, which is safe enough against forgery
_WORDS_FILE, _PLACEHOLDER = Path(__file__).with_name("check_page_words.yaml"), re.compile(r"%\((\w+)\)s")


def check_page_file(pages: SitePages) -> tuple[str, bytes]:
    """The name and the content of the page, with its data, styles and script embedded."""
    first, publications, site_data = pages.session.publication, pages.publications, pages.site_data
    data = json.dumps(_CheckPageData(pages).to_dict(), ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c")  # nothing in the data can end the script
    script = f"const data = {data}\n" + read_text(find_shipped_folder("templates") / "check.js")
    listed: dict[Language, list[tuple[str, str]]] = {one.language: [] for one in publications}
    for brief in site_data.editions_by_document:
        if page := site_data.page_path_of(brief):
            listed[site_data.publication_of(brief).language].append((site_data.title_of(brief), page))
    html = render_page_html(
        pages.session.environment,
        "site/check.html.j2",
        alternates={},
        publication=first,
        language=first.language,
        imprint=first.imprint,
        words=_page_phrases(first.language),
        spoken=[one.language for one in publications],
        listed=listed.items(),
        example=[*site_data.editions_by_document.values()][-1][-1][0],
        home=pages.language_page("index", "html", publications[0]),
        fonts=Markup(page_font_css(pages.session.fonts)),
        script=script,
    )
    return CHECK_FILE, html.encode()


def load_page_words() -> dict[str, str]:
    """The texts of the page in English, by the names that its script uses."""
    return read_data_file(_WORDS_FILE)


def _page_phrases(language: Language) -> dict[str, str]:
    """The texts of the page in a language. The script fills in names in braces."""
    translated = {name: language.catalogue.gettext(english) for name, english in load_page_words().items()}
    return {name: _PLACEHOLDER.sub(r"{\1}", text) for name, text in translated.items()} | {"comma": language.comma}


class _CheckPageData:
    """The data of the script. Values that many editions share are stored once and named by their index."""

    def __init__(self, pages: SitePages) -> None:
        self._pages, self._site_data, self._edition_pdfs = pages, pages.site_data, pages.edition_pdfs
        self._days: dict[str, int] = defaultdict(lambda: len(self._days))  # each value with its index
        self._changes: dict[tuple[int, int, tuple[str, ...]], int] = defaultdict(lambda: len(self._changes))
        self._steps: dict[tuple[int, tuple[tuple[str, ...], ...]], int] = defaultdict(lambda: len(self._steps))
        self._document_names = [*self._site_data.editions_by_document]

    def to_dict(self) -> dict[str, object]:
        documents = [self._document_row(*item) for item in self._site_data.editions_by_document.items()]
        until = self._days[max(file.date.iso() for file in self._site_data.ledger.entry_files)]
        days = [Date.parse(day) for day in self._days]
        spoken = [
            {
                "tag": one.language.tag, "dir": one.language.direction, "digits": one.language.digit_signs,
                "words": _page_phrases(one.language), "days": [one.language.gregorian_date(day) for day in days],
                "reasons": [reasons[at] for _, _, reasons in self._changes],
                "steps": [texts[at] for _, texts in self._steps],
            }
            for at, one in enumerate(self._pages.publications)
        ]  # fmt: skip
        return {
            "publication": str(self._pages.session.publication.imprint.id),
            "until": until,
            "states": _STATES,
            "spoken": spoken,
            "changes": [[kind, day] for kind, day, _ in self._changes],
            "steps": [change for change, _ in self._steps],
            "documents": documents,
        }

    def _document_row(self, brief: str, editions: Sequence[tuple[Edition, Status]]) -> list[object]:
        newest = editions[-1][1].newest or editions[-1][0]
        html = self._pages.html_files.get(brief)
        latest = next(at for at, (one, _) in enumerate(editions) if one == newest)
        status = editions[latest][1]
        return [
            brief.upper(),
            self._pages.publications.index(self._site_data.publication_of(brief)),
            self._site_data.title_of(brief),
            self._site_data.page_path_of(brief),
            next((pdf.path for pdf in self._edition_pdfs.pdfs_of_edition(newest) if pdf.path), ""),
            html.path.name if html else "",
            latest,
            self._step_indexes(status.pending, brief),
            [self._document_names.index(other.brief) for other in status.newer],
            [self._edition_row(brief, *one, newest) for one in editions],
        ]

    def _edition_row(self, brief: str, one: Edition, status: Status, newest: Edition) -> list[object]:
        digests = (bytes.fromhex(file.sha256)[:_HASH_BYTES] for file in self._edition_pdfs.pdfs_of_edition(one))
        hashes = "".join(urlsafe_b64encode(digest)[:_HASH_LETTERS].decode("ascii") for digest in digests)
        return [
            one.number,
            one.code,
            self._days[one.date.iso()],
            _STATES.index(status.state),
            hashes,
            self._step_indexes(status.moved, brief),
            int(one.prints.keys() != newest.prints.keys()),
        ]

    def _step_indexes(self, moved: Iterable[ValueChange], brief: str) -> list[int]:
        """The indexes of steps, each with its texts in all languages."""
        moved, found = [*moved], []
        notices = (self._site_data.correction_notices(moved, brief, one) for one in self._pages.publications)
        for same in zip(*notices, strict=True):
            day = self._days[same[0].date.iso()]
            reasons = tuple(one.reason for one in same)
            change = self._changes[int(same[0].kind == "revision"), day, reasons]
            for texts in zip(*(one.steps for one in same), strict=True):
                plain = tuple(tuple(Markup(part).striptags() for part in step) for step in texts)
                found.append(self._steps[change, plain])
        return found
