"""Pictures for messengers as PNG: the pages of a PDF, and a square card of a brief's headline figures."""

import contextlib
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pypdfium2
from jinja2 import Environment
from PIL import Image

from tipbrief.check.blocks import BadgeBlock, Document, FiguresBlock, LeadBlock, every_block
from tipbrief.check.markdown import strip_markdown
from tipbrief.check.publication import Publication
from tipbrief.check.row_blocks import RecordBlock
from tipbrief.check.tables import row_sources
from tipbrief.check.texts import REFERENCE
from tipbrief.compose import html_page
from tipbrief.compose.formatting import ROW_PREFIX, headline_sources
from tipbrief.fonts.font_library import FontFace
from tipbrief.problems import Problems
from tipbrief.typeset.engine import Typesetter

CARD_PIXELS = 1080  # pixels; Telegram, WhatsApp and Facebook show this size unreduced
MAX_CARD_FIGURES = 6
# The sizes that the letters of a card may take, tried in this order until all fits.
_LETTER_SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64, 0.58, 0.52)
_MAX_OPENING_LENGTH = 240  # letters of the lead
_SENTENCE_END = re.compile(r"(?<=[.?\u061f!…])((?:\{@[^}]*\})?)\s+")
_FIT_STYLE = '<style id="fit" media="print">'


def render_page_pictures(pdf: bytes, width: int) -> list[bytes]:
    """Each page of a PDF as a PNG of this width in pixels, on white."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        pictures = []
        for page in document:
            # PDFium rounds the size up: half a pixel less gives exactly this width.
            picture, file = page.render(scale=(width - 0.5) / page.get_width()).to_pil(), io.BytesIO()
            try:  # a palette makes the file a third as large; this method keeps white and all hues
                picture = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            except ValueError:  # Pillow raises it if memory is short
                raise MemoryError from None
            picture.save(file, "PNG", optimize=True)
            pictures.append(file.getvalue())
        return pictures


def compose_card_html(
    publication: Publication, name: str, faces: tuple[FontFace, ...], env: Environment, **shown: Any
) -> str:
    """The HTML of a document's card: title, headline figures, publishers and date. ``shown``: as in a page."""
    more = _select_card_content(publication, publication.documents[name])
    return html_page.compose_page(publication, name, faces, env, template="card.html.j2", more=more, **shown)


def render_card(typesetter: Typesetter, html: str) -> bytes:
    """The card as a PNG, its letters as large as fits. Problems if it is too full."""
    for size in _LETTER_SCALES:
        pages = typesetter.lay_out(_set_card_size(html, size)).page_fills
        if len(pages) == 1:
            # Leftover space is spread between the head, the figures and the foot.
            rest = max((pages[0].height - pages[0].foot) / 2 - 0.1, 0.0)
            pdf = typesetter.typeset_html(_set_card_size(html, size, rest)).raw_pdf
            return render_page_pictures(pdf, CARD_PIXELS)[0]
    hint = "shorten the brief's title, the labels of its first figures, or how its lead begins"
    raise Problems("the card has too much on it for a square", hint=hint)


def _set_card_size(html: str, size: float, rest: float = 0.0) -> str:
    return html.replace(_FIT_STYLE, f"{_FIT_STYLE}:root {{ --size: {size}; --rest: {rest:.2f}mm; }}")


def _select_card_content(publication: Publication, document: Document) -> dict[str, object]:
    """The content of a card: the first figures, or the badge, or the beginning of the lead; and the publishers."""
    blocks = list(every_block(document.brief.blocks))
    sources: Iterable[str]
    content: dict[str, object] = {"headline": (), "badge": None, "opening": ""}
    if figures := next((block for block in blocks if isinstance(block, FiguresBlock)), None):
        content["headline"] = names = figures.figures[:MAX_CARD_FIGURES]
        sources = _find_sources(publication, document, names)
    elif badge := next((block for block in blocks if isinstance(block, (BadgeBlock, RecordBlock))), None):
        table = publication.tables[str(document.brief.for_each)]
        content["badge"] = badge
        sources = row_sources(table, table.by_key[document.key])
    else:
        leads = (publication.texts.prose[block.prose] for block in blocks if isinstance(block, LeadBlock))
        opening = next((opening_sentences(lead.text) for lead in leads), str(document.brief.subtitle))
        content["opening"] = opening
        sources = _find_sources(publication, document, [found[1].strip() for found in REFERENCE.finditer(opening)])
    publishers = (str(publication.sources[source].publisher) for source in sources)
    return {**content, "publishers": list(dict.fromkeys(publishers))}


def opening_sentences(text: str) -> str:
    """The first sentences of a text, as many as fit on a card."""
    paragraph = strip_markdown(text)[0]
    ends = [found.end(1) for found in _SENTENCE_END.finditer(paragraph)] + [len(paragraph)]
    return paragraph[: max((end for end in ends if end <= _MAX_OPENING_LENGTH), default=ends[0])]


def _find_sources(publication: Publication, document: Document, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name.startswith("@"):
            yield from (source for source in name[1:].split() if source in publication.sources)
        elif name in publication.figures or name.startswith(ROW_PREFIX):
            yield from headline_sources(publication, document, name)
