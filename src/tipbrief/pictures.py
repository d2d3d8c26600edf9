"""Pictures for messengers: the pages of a PDF, and a square card of a brief's headline figures, as PNG."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence

import pypdfium2
from jinja2 import Environment
from PIL import Image

from tipbrief import compose
from tipbrief.editions import Told
from tipbrief.fonts import Face
from tipbrief.ledger import Edition
from tipbrief.models import Brief, FiguresBlock, LeadBlock
from tipbrief.problems import Problem, Problems
from tipbrief.publication import Publication, every_block
from tipbrief.typeset import Typesetter

CARD = 1080  # pixels: what Telegram, WhatsApp and Facebook show without making it smaller
MOST_FIGURES = 6
# How much the letters of a card may shrink, in steps, until all stands on it.
_SIZES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64, 0.58, 0.52)
_OPENING = 240  # letters of the lead
_SENTENCE_END = re.compile(r"(?<=[.؟!…])((?:\{@[^}]*\})?)\s+")
_FIT = '<style id="fit" media="print">'


def pages(pdf: bytes, width: int) -> list[bytes]:
    """Each page of a PDF as a PNG of this width in pixels, on white."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        return [_png(page, width) for page in document]


def card_html(
    publication: Publication,
    name: str,
    faces: tuple[Face, ...],
    env: Environment,
    *,
    edition: Edition | None = None,
    told: Sequence[Told] = (),
) -> str:
    """The HTML of a brief's card: its title, its first figures or else how it begins, who says so and when."""
    brief = publication.briefs.get(name)
    headline = _headline(brief) if brief else ()
    more = {
        "headline": headline,
        "opening": "" if headline or brief is None else _opening(publication, brief),
        "publishers": _publishers(publication, headline),
        "longest": max((len(compose.shown_value(publication, figure)) for figure in headline), default=0),
    }
    return compose.compose(
        publication, name, faces, env, edition=edition, told=told, template="card.html.j2", more=more
    )


def card(typesetter: Typesetter, html: str) -> bytes:
    """The card as a PNG, its letters made smaller until all stands on it."""
    for size in _SIZES:
        sheets = typesetter.measure(_sized(html, size))
        if len(sheets) == 1:
            # What the square has left over parts the head, the figures and the foot.
            rest = max((sheets[0].height - sheets[0].foot) / 2 - 0.1, 0.0)
            (picture,) = pages(typesetter.typeset(_sized(html, size, rest)).pdf, CARD)
            return picture
    raise Problems(
        Problem(
            "the card has too much on it for a square",
            hint="shorten the brief's title, the labels of its first figures, or how its lead begins",
        )
    )


def _sized(html: str, size: float, rest: float = 0.0) -> str:
    return html.replace(_FIT, f"{_FIT}:root {{ --size: {size}; --rest: {rest:.2f}mm; }}")


def _headline(brief: Brief) -> tuple[str, ...]:
    blocks = (block for block in every_block(brief.blocks) if isinstance(block, FiguresBlock))
    block = next(blocks, None)
    return tuple(map(str, block.figures[:MOST_FIGURES])) if block else ()


def _opening(publication: Publication, brief: Brief) -> str:
    """The first sentences of the lead, as many as a card can hold; or else the subtitle."""
    lead = next((block for block in every_block(brief.blocks) if isinstance(block, LeadBlock)), None)
    if lead is None:
        return str(brief.subtitle)
    paragraph = " ".join(publication.texts.prose[lead.prose].text.split("\n\n")[0].split())
    ends = [found.end(1) for found in _SENTENCE_END.finditer(paragraph)] + [len(paragraph)]
    return paragraph[: max((end for end in ends if end <= _OPENING), default=ends[0])]


def _publishers(publication: Publication, figures: Sequence[str]) -> list[str]:
    """Who published what the figures rest on, in the order in which they are named."""
    sources = (publication.sources[source] for name in figures for source in publication.figure_sources(name))
    return list(dict.fromkeys(str(source.publisher) for source in sources))


def _png(page: pypdfium2.PdfPage, width: int) -> bytes:
    # PDFium rounds the size up: half a pixel less comes out as the width that was asked for.
    picture = page.render(scale=(width - 0.5) / page.get_width()).to_pil()
    # A palette makes the file a third as large; this method keeps white white, and each hue to the eye.
    picture = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
