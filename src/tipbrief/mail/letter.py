"""The letter that goes with a brief: its lead and its headline figures, in plain words."""

from __future__ import annotations

from tipbrief.check.blocks import FiguresBlock, LeadBlock, every_block
from tipbrief.check.publication import Publication
from tipbrief.compose.writer import plain_text, shown_value
from tipbrief.language.numbers import digits
from tipbrief.ledger.entries import Edition
from tipbrief.mail.message import Letter


def letter_of(publication: Publication, edition: Edition, subject: str = "") -> Letter:
    """The letter of a brief's edition, under its title or another ``subject``."""
    document = publication.documents[edition.brief]
    brief = document.brief
    blocks = list(every_block(brief.blocks))
    leads = [publication.texts.prose[block.prose].text for block in blocks if isinstance(block, LeadBlock)]
    figures = next((block.figures for block in blocks if isinstance(block, FiguresBlock)), ())
    title = plain_text(brief.title, publication, document)
    name = f"ویرایش {digits(edition.number)}"
    return Letter(
        subject=subject.strip() or title,
        title=title,
        lead=tuple(
            " ".join(plain_text(part, publication, document).split())
            for lead in leads
            for part in lead.split("\n\n")
        ),
        figures=tuple(
            (
                shown_value(publication, figure),
                plain_text(publication.figures[figure].label, publication, document),
            )
            for figure in figures
        ),
        edition=f"پیش‌نویس {name}" if edition.draft else f"{name} · {edition.signature}",
        address=str(publication.imprint.address or ""),
        publisher=plain_text(publication.imprint.publisher, publication, document),
    )
