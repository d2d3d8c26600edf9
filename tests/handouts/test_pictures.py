"""The pages of a PDF as pictures: as wide as was asked, on white, small, the same each time."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from tipbrief.handouts import pictures


def image(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG"
    return picture.convert("RGB")


def sheet(*sizes: tuple[float, float]) -> bytes:
    """A PDF of pages of these sizes, with a black square at the top right of each."""
    pdf = pikepdf.new()
    for width, height in sizes:
        pdf.add_blank_page(page_size=(width, height))
        content = f"0 g {width - 50} {height - 50} 50 50 re f".encode()
        pdf.pages[-1].Contents = pdf.make_stream(content)
    file = io.BytesIO()
    pdf.save(file)
    return file.getvalue()


@pytest.mark.parametrize("width", [1, 333, 1000, 1200, 1201])
def test_each_page_is_as_wide_as_was_asked(width: int) -> None:
    # A4 in points is no whole number, and 595.276 * (1200 / 595.276) may be more than 1200.
    pages = pictures.pages(sheet((595.276, 841.89), (612, 792), (300, 100)), width)
    assert [image(page).width for page in pages] == [width] * 3
    heights = [round(width * height / wide) for wide, height in ((595.276, 841.89), (612, 792), (300, 100))]
    assert [image(page).height for page in pages] == pytest.approx(heights, abs=1)


def test_a_page_is_drawn_on_white_with_its_right_at_the_right() -> None:
    (page,) = pictures.pages(sheet((200, 100)), 400)
    picture = image(page)
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert picture.getpixel((395, 5)) == (0, 0, 0)
    assert picture.getpixel((395, 195)) == (255, 255, 255)


@pytest.mark.slow
def test_the_pages_of_a_brief_are_small_files_and_the_same_each_time(world: Path) -> None:
    pdf = (world / "tip-2025-world.pdf").read_bytes()
    pages = pictures.pages(pdf, 1200)
    assert pages == pictures.pages(pdf, 1200)
    assert len(pages) == 2
    for page in pages:
        assert image(page).size == (1200, 1697)
        assert len(page) < 250_000
    with pypdfium2.PdfDocument(pdf) as document:
        exact = document[0].render(scale=1199.5 / document[0].get_width()).to_pil()
    far = max(abs(a - b) for a, b in zip(exact.tobytes(), image(pages[0]).tobytes(), strict=True))
    assert far < 12, "the palette changes a colour"
