"""Nothing but the picture is left of a picture's file; and the picture is the same."""

import base64
import io
import re
import zlib
from collections.abc import Iterator

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile, ImageOps

from tests.load import telling_pictures
from tests.load.telling_pictures import FORMS, SECRET, chunk, insert, photograph, segment
from tipbrief.assets import find_shipped_folder
from tipbrief.load.picture_cleaning import clean_addresses, clean_picture
from tipbrief.problems import Problems

RASTERS = [*telling_pictures.jpegs(), *telling_pictures.pngs()]
CHUNKS = st.sampled_from([b"tEXt", b"zTXt", b"prVt", b"tIME", b"sPLT", b"gAMA", b"cHRM", b"pHYs"])
# Pillow warns of an index of frames that it cannot read.
pytestmark = pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
DRAWINGS = [*telling_pictures.drawings(), *telling_pictures.drawings_with_pictures()]


def unpacked(data: bytes) -> Iterator[bytes]:
    """Bytes, what is compressed in them, and what is written in base64, also inside each other."""
    yield data
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        try:
            yield zlib.decompressobj().decompress(data[found.start() :])
        except zlib.error:
            continue
    for found in re.finditer(rb"base64,([A-Za-z0-9+/=]+)", data):
        yield from unpacked(base64.b64decode(found[1]))


def secrets_of(data: bytes) -> list[bytes]:
    """The secrets in bytes, whole or as far as short fields hold them."""
    return [form for text in unpacked(data) for form in FORMS if form in text or form[:4] in text]


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return bytes(str((image.mode, image.size)), "ascii") + image.tobytes()


def upright(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return ImageOps.exif_transpose(image).tobytes()


def is_sound(data: bytes) -> bool:
    """Whether Pillow itself decodes a photograph, as it is set before WeasyPrint is loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)
        try:
            return bool(pixels(data))
        except Exception:
            return False


def test_there_are_enough_of_them() -> None:
    whole = [data for _, data in RASTERS if is_sound(data)]
    assert len(whole) + len(DRAWINGS) > 220
    silent = [name for name, data in (*RASTERS, *DRAWINGS) if not secrets_of(data)]
    assert silent == []


@pytest.mark.parametrize("data", [one[1] for one in RASTERS], ids=[one[0] for one in RASTERS])
def test_a_photograph_keeps_its_pixels_and_nothing_else(data: bytes) -> None:
    if not is_sound(data):
        with pytest.raises(Problems, match="it is damaged"):
            clean_picture(data)
        return
    clean = clean_picture(data)
    assert secrets_of(clean.data) == []
    assert pixels(clean.data) == pixels(data)
    assert upright(clean.data) == upright(data)
    again = clean_picture(clean.data)
    assert (again.data, again.findings) == (clean.data, ())


@pytest.mark.parametrize("data", [one[1] for one in DRAWINGS], ids=[one[0] for one in DRAWINGS])
def test_a_drawing_keeps_what_draws_and_nothing_else(data: bytes) -> None:
    clean = clean_picture(data)
    assert secrets_of(clean.data) == []
    again = clean_picture(clean.data)
    assert (again.data, again.findings) == (clean.data, ())


@given(st.permutations(range(8)), st.lists(st.binary(max_size=40), min_size=8, max_size=8), st.integers(2, 5))
def test_segments_in_any_order_leave_the_picture(order: list[int], contents: list[bytes], place: int) -> None:
    plain = photograph("JPEG", progressive=True)
    parts = [segment((0xE1, 0xE3, 0xEB, 0xED, 0xEF, 0xFE, 0xE2, 0xE5)[number], contents[number]) for number in order]
    data = insert(plain, b"".join(parts), place)
    assert clean_picture(data).data == plain
    assert pixels(data) == pixels(plain)


@given(st.integers(1, 8), st.sampled_from(["JPEG", "PNG"]), st.sampled_from(["RGB", "L"]))
def test_the_way_up_stays(orientation: int, kind: str, mode: str) -> None:
    data = photograph(kind, mode, exif=telling_pictures.exif_block(orientation=orientation))
    clean = clean_picture(data)
    assert upright(clean.data) == upright(data)
    assert (b"Exif" in clean.data or b"eXIf" in clean.data) == (orientation > 1)
    assert "the place where it was taken" in clean.findings
    with Image.open(io.BytesIO(data)) as image:
        assert (clean.width, clean.height) == ImageOps.exif_transpose(image).size


@given(st.lists(CHUNKS))
def test_chunks_in_any_order_leave_the_picture(names: list[bytes]) -> None:
    plain = photograph("PNG", "P")
    parts = b"".join(chunk(name, b"\xff" * 32) for name in names)
    assert clean_picture(plain[:33] + parts + plain[33:]).data == plain
    assert clean_picture(plain[:-12] + parts + plain[-12:]).data == plain


def test_a_profile_keeps_its_colours() -> None:
    from PIL import ImageCms

    wide = ImageCms.createProfile("sRGB")
    data = ImageCms.ImageCmsProfile(wide).tobytes()
    for kind in ("JPEG", "PNG"):
        clean = clean_picture(photograph(kind, icc_profile=data))
        with Image.open(io.BytesIO(clean.data)) as image:
            kept = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
            into = ImageCms.createProfile("LAB")
            plain = Image.open(io.BytesIO(photograph("PNG")))
            seen = [
                ImageCms.applyTransform(plain, ImageCms.buildTransform(one, into, "RGB", "LAB")).tobytes()
                for one in (kept, ImageCms.ImageCmsProfile(io.BytesIO(data)))
            ]
            assert seen[0] == seen[1]
            assert ImageCms.getProfileDescription(kept).strip() == "icc"


DRAWN = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" viewBox="0 0 120 80"
 xmlns:inkscape="urn:i" inkscape:version="1"><style>.home{fill:#a8432f;stroke:navy} #karim>rect{opacity:.5}
 @media print{.far{fill:teal}}</style><defs><linearGradient id="sky" x1="0" x2="1"><stop offset="0" stop-color="#fff"/>
 <stop offset="100%" style="stop-color:rgb(20,40,60);stop-opacity:1"/></linearGradient>
 <linearGradient id="dusk" x:href="#sky" gradientTransform="rotate(45)"/>
 <clipPath id="cut"><circle cx="30" cy="30" r="25"/></clipPath><path id="leaf" d="M0 0l10-5a4 4 0 0110 5z"/>
 <pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><circle r="2" cx="3" cy="3"/></pattern>
 <marker id="tip" viewBox="0 0 6 6" refX="3" refY="3" markerWidth="4" markerHeight="4" orient="auto">
 <path d="M0 0L6 3L0 6z"/></marker><mask id="veil"><rect width="120" height="40" fill="white"/></mask></defs>
 <rect width="120" height="80" style="fill:url(#dusk);-inkscape-stroke:none"/>
 <g id="karim" class="home wide" inkscape:label="Karim" transform="translate(5,5) scale(1.5 1)" clip-path="url(#cut)">
 <rect width="40" height="30" rx="3"/></g><use x:href="#leaf" x="60" y="40" class="far" transform="rotate(-20 60 40)"/>
 <g mask="url(#veil)" stroke-linejoin="round" fill="none"><polyline points="10,70 40,20 70,60" stroke="#123"
 stroke-width="2.5" stroke-dasharray="4 2" marker-end="url(#tip)"/></g><rect x="80" width="30" height="30"
 fill="url(#dots)"/><ellipse cx="90" cy="60" rx="20" ry="9" fill-opacity="40%" fill="hsl(120, 50%, 40%)"/>
 <text x="10" y="60" font-family="Vazirmatn, serif" font-size="12" text-anchor="start">A<tspan dy="3">b</tspan></text>
 <g display="none"><path d="M0 0H99"/></g><line x1="0" y1="79" x2="120" y2="79" stroke="currentColor"/></svg>"""


def test_a_drawing_looks_the_same() -> None:
    clean = clean_picture(DRAWN.encode())
    assert not re.search(rb"arim|inkscape|home|sky|leaf", clean.data)
    assert drawn(clean.data) == drawn(DRAWN.encode())
    assert clean_picture(clean.data).data == clean.data


def drawn(drawing: bytes) -> bytes:
    """The pixels of a drawing on a page."""
    import weasyprint

    address = f"data:image/svg+xml;base64,{base64.b64encode(drawing).decode()}"
    styles = "@page{size:130mm 90mm;margin:0} img{width:120mm}"
    pdf = weasyprint.HTML(string=f'<style>{styles}</style><img src="{address}">').write_pdf()
    return bytes(pypdfium2.PdfDocument(pdf)[0].render(scale=1.5).to_pil().tobytes())


def test_the_examples_pictures_are_clean() -> None:
    for file in (find_shipped_folder("data") / "examples").rglob("pictures/*"):
        assert clean_picture(file.read_bytes()).data == file.read_bytes(), file.name


def test_the_shipped_styles_are_clean() -> None:
    for file in find_shipped_folder("templates").rglob("*.css"):
        text = file.read_text(encoding="utf-8")
        assert clean_addresses(text, has_jinja=True) == text, file.name
        text = re.sub(r"\{\{.*?\}\}", "0f4c5c", text)
        assert clean_addresses(text) == text, file.name


def test_addresses_of_a_text_are_clean() -> None:
    plain = base64.b64encode(photograph("PNG")).decode()
    telling = base64.b64encode(photograph("PNG") + SECRET.encode()).decode()
    for form in ('url("data:image/png;base64,{}")', "url(data:image/png;base64,{})", "src='data:image/png;base64,{}'"):
        assert clean_addresses(f"a{form.format(telling)}b") == f"a{form.format(plain)}b"
        assert clean_addresses(form.format(plain)) == form.format(plain)
    assert (
        clean_addresses("url(data:font/woff2;base64,AAAA) data: 3, 4") == "url(data:font/woff2;base64,AAAA) data: 3, 4"
    )
    assert clean_addresses(f"url(data:image/gif;base64,{telling[::-1]})") == "url(data:,)"
