"""The prepared fonts draw the brief as the published ones do.

Every glyph has its place. WeasyPrint writes places in thousandths of an em and cuts the rest off; where one
glyph became two, some places are cut one thousandth differently: a hundredth of a point, which no eye sees,
but which shades the edge of a few letters. Therefore a bound instead of equality: no pixel may change by more
than a sixth of the way from black to white, and no more than one in a thousand at all.
"""

from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops

from tests.support import FONTS, TIP_2025
from tipbrief.fonts.font_library import truetype_files
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.typeset.engine import Typesetter

MOST_CHANGED, MOST_SHADE = 0.001, 255 // 6


def pictures(pdf: bytes) -> list[Image.Image]:
    return [page.render(scale=100 / 72).to_pil().convert("L") for page in pypdfium2.PdfDocument(pdf)]


def typeset_with(session: Session, folder: Path) -> bytes:
    files = {uri: folder / prepared.name for uri, prepared in truetype_files(session.fonts).items()}
    typesetter = Typesetter(folder, files)
    return typesetter.typeset_html(compose_document(session, "world").html()).raw_pdf


@pytest.mark.slow
def test_pages_are_the_same_to_the_eye() -> None:
    session = Session.open(TIP_2025)
    published = typeset_with(session, FONTS / "upstream")
    prepared = typeset_with(session, FONTS / "prepared")
    assert published != prepared, "both were set in the same fonts"
    ours, theirs = pictures(prepared), pictures(published)
    assert len(ours) == len(theirs) >= 2  # as they come, not fitted
    for one, other in zip(ours, theirs, strict=True):
        shades = ImageChops.difference(one, other).histogram()
        assert max(shade for shade, count in enumerate(shades) if count) <= MOST_SHADE
        assert sum(shades[1:]) <= MOST_CHANGED * sum(shades)
