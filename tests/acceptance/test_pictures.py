"""A photograph and a logo from the file to the PDF, the page and the card; in greys, and as an edition."""

import base64
import re
import shutil
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from tests.html_tree import read_html
from tests.support import GOLDEN, HEAD, SOURCES, change, run, run_badly, run_well, wells
from tipbrief.pdf.embedded_files import read_embedded_files
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session

IMAGE = """\
  - image:
      file: pictures/well.jpg
      alt: چاهی میان دو کوه
      caption: چاهی در دامنۀ کوه.
      credit: کریم
      sources: [survey]
      width: 50
"""
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 40"><rect width="80" height="40" fill="#0f4c5c"/></svg>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with a photograph, taken with the camera turned, and a logo."""
    copy = wells(tmp_path / "wells", one=f"{HEAD}{IMAGE}{SOURCES}")
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = Image.new("RGB", (500, 800), "#a8432f")
    photo.save(copy / "pictures" / "well.jpg", exif=exif)
    (copy / "pictures" / "well.png").unlink()
    (copy / "pictures" / "logo.svg").write_text(LOGO, encoding="utf-8")
    change(copy / "publication.yaml", "colours:\n", "logo: {file: pictures/logo.svg, alt: نشان}\ncolours:\n")
    return copy


def built(folder: Path, *words: str) -> tuple[bytes, str]:
    """The PDF and the HTML of the one brief."""
    out = folder.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    run_well("build", "--publication", folder, "--out", out, *words, quiet=True)
    return next(out.glob("*.pdf")).read_bytes(), next(out.glob("*.html")).read_text(encoding="utf-8")


def drawn(pdf: bytes) -> list[tuple[str, int, int]]:
    """Colours and size of each photograph in a PDF."""
    with pikepdf.open(BytesIO(pdf)) as document:
        images = [one for one in document.objects if isinstance(one, pikepdf.Stream)]
        images = [one for one in images if one.get("/Subtype") == "/Image"]
        return [(str(one.ColorSpace), int(one.Width), int(one.Height)) for one in images]


def spoken(pdf: bytes) -> list[str]:
    """The alternative texts in a PDF, in the order of its objects."""
    with pikepdf.open(BytesIO(pdf)) as document:
        elements = [one for one in document.objects if isinstance(one, pikepdf.Dictionary)]
        return sorted(str(one.Alt) for one in elements if one.get("/S") == "/Figure")


def test_pictures_are_in_the_pdf_and_in_the_page(folder: Path) -> None:
    pdf, html = built(folder)
    assert drawn(pdf) == [("/DeviceRGB", 800, 500)], "upright"
    assert spoken(pdf) == ["نشان", "چاهی میان دو کوه"]
    logo, photo = read_html(html).all("img")
    assert (logo.attributes["alt"], photo.attributes["alt"]) == ("نشان", "چاهی میان دو کوه")
    for one, name in ((logo, "logo.svg"), (photo, "well.jpg")):
        data = base64.b64decode(one.attributes["src"].partition("base64,")[2])
        assert data == read_embedded_files(pdf)[f"pictures/{name}"] == (folder / "pictures" / name).read_bytes()
    assert "تصویر: کریم" in re.sub("<[^>]*>", "", html)
    assert '<p class="publisher">' in html


@pytest.mark.parametrize("form", [("--paper", "a5"), ("--profile", "large"), ("--profile", "screen")])
def test_pictures_stand_on_every_paper(folder: Path, form: tuple[str, str]) -> None:
    assert spoken(built(folder, *form)[0]) == ["نشان", "چاهی میان دو کوه"]


def test_photographs_have_no_colours_where_nothing_has(folder: Path) -> None:
    pdf, html = built(folder, "--profile", "grey")
    assert drawn(pdf) == [("/DeviceGray", 800, 500)]
    found = re.search('data:image/jpeg;base64,([^"]*)', html)
    assert found
    with Image.open(BytesIO(base64.b64decode(found[1]))) as image:
        assert image.mode == "L"


def test_the_card_has_the_logo(folder: Path) -> None:
    card = compose_document(Session.open(folder), "one").render_card()
    with Image.open(BytesIO(card)) as image:
        assert (0x0F, 0x4C, 0x5C) in {colour for _, colour in image.convert("RGB").getcolors(1 << 20) or ()}


def test_another_photograph_is_another_edition(folder: Path) -> None:
    assert run("build", "--publication", folder, "--out", folder.parent / "out", "--deliver").exit_code == 0
    assert not compose_document(Session.open(folder), "one").edition.draft
    Image.new("RGB", (800, 500), "#0f4c5c").save(folder / "pictures" / "well.jpg")
    assert compose_document(Session.open(folder), "one").edition.draft


def test_another_logo_is_the_same_edition(folder: Path) -> None:
    assert run("build", "--publication", folder, "--out", folder.parent / "out", "--deliver").exit_code == 0
    change(folder / "pictures" / "logo.svg", "#0f4c5c", "#1c2326")
    assert not compose_document(Session.open(folder), "one").edition.draft


@pytest.mark.parametrize(
    "form",
    [
        ("--paper", "a5"),
        pytest.param(("--profile", "grey"), marks=pytest.mark.slow),
        pytest.param(("--profile", "large"), marks=pytest.mark.slow),
    ],
)
def test_the_made_up_publication_reads_back_in_every_form(form: tuple[str, str], tmp_path: Path) -> None:
    done = run("build", "all", "--publication", GOLDEN, "--out", tmp_path, *form)
    assert (done.exit_code, done.stderr) == (0, "")


def test_another_photograph_is_a_difference(folder: Path) -> None:
    copy = shutil.copytree(folder, folder.parent / "copy")
    assert run("diff", folder, copy).exit_code == 0
    Image.new("RGB", (640, 400), "#0f4c5c").save(copy / "pictures" / "well.jpg")
    done = run_badly("diff", folder, copy)
    assert re.search(r"pictures\n  pictures/well\.jpg  800 × 500 \(\w+\) → 640 × 400 \(\w+\)", done.stdout)
