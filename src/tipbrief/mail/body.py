"""What an e-mail with a brief says: its lead and headline figures, as plain text and as a page."""

import unicodedata
from dataclasses import dataclass, field
from functools import cache, partial

from jinja2 import Environment

from tipbrief.assets import shipped
from tipbrief.check.blocks import FiguresBlock, LeadBlock, every_block
from tipbrief.check.markdown import words_of
from tipbrief.check.models import Colours
from tipbrief.check.publication import Publication
from tipbrief.compose.cells import headline_label, headline_value
from tipbrief.compose.templates import environment, rendered
from tipbrief.compose.writer import plain_text
from tipbrief.language.language import Language
from tipbrief.language.text import LRM, RLM
from tipbrief.ledger.entries import Edition


@dataclass(frozen=True, slots=True)
class Body:
    """What an e-mail says: a brief's lead and headline figures, and where the newest edition is."""

    subject: str
    title: str
    lead: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    edition: str
    signature: str = ""
    address: str = ""
    publisher: str = ""
    # Not in the text of its fields, of which the identifier of the message is made: its sets have no order.
    language: Language = field(kw_only=True, repr=False)
    colours: Colours = field(kw_only=True, repr=False)


def body_of(publication: Publication, edition: Edition, subject: str = "") -> Body:
    """What is said of a brief's edition, under its title or another ``subject``."""
    document, words = publication.documents[edition.brief], publication.language.words
    blocks = list(every_block(document.brief.blocks))
    leads = [publication.texts.prose[block.prose].text for block in blocks if isinstance(block, LeadBlock)]
    figures = next((block.figures for block in blocks if isinstance(block, FiguresBlock)), ())
    title = " ".join(plain_text(document.brief.title, publication, document).split())
    paragraphs = [part for lead in leads for part in words_of(lead)]
    of, plain = (publication, document), partial(plain_text, publication=publication, document=document)
    shown = [(headline_value(*of, name), plain(headline_label(*of, name))) for name in figures]
    return Body(
        subject=subject.strip() or title,
        title=title,
        lead=tuple(plain_text(part, publication, document) for part in paragraphs),
        figures=tuple(shown),
        edition=words("Draft of edition %(number)s", number=edition.number)
        if edition.draft
        else words("Edition %(number)s", number=edition.number),
        signature="" if edition.draft else edition.signature,
        address=str(publication.imprint.address or ""),
        publisher=plain_text(publication.imprint.publisher, publication, document),
        language=publication.language,
        colours=publication.imprint.colours,
    )


def mail_text(body: Body, pdf_name: str) -> str:
    """The e-mail's text for programs that show no pages."""
    figures = [f"• {value} — {label}" for value, label in body.figures]
    edition = " · ".join(filter(None, (body.edition, body.signature)))
    words, rtl = body.language.words, body.language.rtl
    newest = [words("Latest edition:"), body.address] if body.address else []
    parts = [[body.title], *([text] for text in body.lead), figures]
    parts += [[f"{words('Attached:')} {pdf_name}", edition], newest, [body.publisher]]
    written = ("\n".join(_directed(line, rtl=rtl) for line in lines if line) for lines in parts)
    return "\n\n".join(part for part in written if part) + "\n"


def mail_page(body: Body, pdf_name: str) -> str:
    """The e-mail's text as a page."""
    return rendered(_templates(), "mail.html.j2", body=body, pdf_name=pdf_name, language=body.language)


@cache
def _templates() -> Environment:
    return environment([], shipped("templates"))


def _directed(line: str, *, rtl: bool) -> str:
    """The line with a mark before it where its first word, of the other script, would turn it around."""
    kinds = [kind for kind in map(unicodedata.bidirectional, line) if kind in ("L", "R", "AL")]
    turned = kinds and (kinds[0] == "L") == rtl and ("AL" if rtl else "L") in kinds
    return (RLM if rtl else LRM) + line if turned else line
