"""Nothing but the picture is left of a picture's file; and the picture is the same."""

import base64
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageFile, ImageOps, JpegImagePlugin

from tests.load import telling_pictures
from tests.load.telling_pictures import FORMS, SECRET, chunk, insert, photograph, png, segment, wide_profile
from tipbrief.assets import find_shipped_folder
from tipbrief.load.picture_cleaning import clean_addresses, clean_picture, clean_picture_file
from tipbrief.problems import Problems

RASTERS = [*telling_pictures.jpegs(), *telling_pictures.pngs()]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
HIDDEN = b"KarimKarimiOfHerat34N69E"
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
    """Size and colours of a picture as it is seen: a transparent pixel has none."""
    with Image.open(io.BytesIO(data)) as image:
        seen = image.convert("RGBA")
        seen.paste((0, 0, 0, 0), None, seen.getchannel("A").point([255] + [0] * 255))
        return bytes(str(image.size), "ascii") + seen.tobytes()


def upright(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return ImageOps.exif_transpose(image).convert("RGBA").tobytes()


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
    clean = clean_picture(plain).data
    assert clean_picture(plain[:33] + parts + plain[33:]).data == clean
    assert clean_picture(plain[:-12] + parts + plain[-12:]).data == clean
    assert pixels(clean) == pixels(plain)


@given(st.sampled_from(["JPEG", "PNG"]), st.sampled_from(["RGB", "P", "RGBA"]), st.floats(1, 2.6), st.integers(0, 2))
def test_other_colours_become_those_of_srgb(kind: str, mode: str, gamma: float, sampling: int) -> None:
    secret, mode = SECRET.encode(), "RGB" if kind == "JPEG" else mode
    options = {"quality": 100, "subsampling": sampling} if kind == "JPEG" else {}
    data = photograph(kind, mode, icc_profile=wide_profile(secret, gamma), **options)
    clean = clean_picture(data)
    assert (secrets_of(clean.data), clean.findings, clean.mode) == ([], (), mode)
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(clean.data)) as after:
        assert "icc_profile" not in after.info
        wide = ImageCms.ImageCmsProfile(io.BytesIO(wide_profile(gamma=gamma)))
        wanted = ImageCms.profileToProfile(before.convert("RGB"), wide, ImageCms.createProfile("sRGB"))
        if isinstance(before, JpegImagePlugin.JpegImageFile) and isinstance(after, JpegImagePlugin.JpegImageFile):
            assert after.quantization == before.quantization
            assert JpegImagePlugin.get_sampling(after) == JpegImagePlugin.get_sampling(before) == sampling
        differences = ImageChops.difference(wanted, after.convert("RGB")).getextrema()
        # A coarse grid of colours moves more than rounding does.
        assert max(most for _, most in differences) <= (2 if kind == "PNG" or not sampling else 40)
    again = clean_picture(clean.data)
    assert (again.data, again.findings) == (clean.data, ())


def test_profiles_without_other_colours_leave_the_coded_picture() -> None:
    srgb = telling_pictures.profile(SECRET.encode())
    grey = wide_profile(SECRET.encode(), colours=b"GRAY")
    for mode, icc in (("RGB", srgb), ("RGB", grey), ("L", grey), ("L", srgb), ("CMYK", wide_profile()), ("RGB", b"x")):
        assert clean_picture(photograph("JPEG", mode, icc_profile=icc)).data == photograph("JPEG", mode)


def test_a_profile_of_srgb_leaves_the_coding() -> None:
    coded = photograph("JPEG", progressive=True)
    assert clean_picture(photograph("JPEG", progressive=True, icc_profile=SRGB)).data == coded


def test_colours_of_a_jpeg_of_two_frames_are_converted() -> None:
    file, frame = io.BytesIO(), Image.open(io.BytesIO(photograph("JPEG")))
    frame.save(file, "MPO", save_all=True, append_images=[frame], icc_profile=wide_profile())
    one = photograph("JPEG", icc_profile=wide_profile())
    assert clean_picture(file.getvalue()).data == clean_picture(one).data


@pytest.mark.parametrize(
    "data",
    [
        png(8, 1, 4, 3, zlib.compress(b"\0\x01\x01\0\0"), PLTE=b"\1\2\3\4\5\6" + HIDDEN[:24]),
        png(8, 1, 8, 3, zlib.compress(b"\0" + bytes(range(8))), PLTE=HIDDEN[:24], tRNS=bytes(8)),
        png(8, 1, 8, 6, zlib.compress(b"\0" + b"".join(HIDDEN[n : n + 3] + b"\0" for n in range(0, 24, 3)))),
        png(8, 1, 8, 4, zlib.compress(b"\0" + b"".join(HIDDEN[n : n + 1] + b"\0" for n in range(8)))),
        png(8, 1, 8, 2, zlib.compress(b"\0" + bytes(24)), tRNS=HIDDEN[:6]),
    ],
    ids=["unused in a palette", "transparent in a palette", "transparent", "transparent grey", "transparent colour"],
)
def test_colours_that_nobody_sees_do_not_go_out(data: bytes) -> None:
    clean = clean_picture(data)
    texts = [*unpacked(clean.data)]
    assert not any(HIDDEN[start : start + 3] in text for start in range(22) for text in texts)
    assert pixels(clean.data) == pixels(data)


def test_what_a_png_says_is_told_wherever_it_stands() -> None:
    silent = (
        "eXIf in",
        "eXIf behind",
        "iCCP",
        "tRNS",
        "behind the compression",
        "more rows",
        "interlaced",
        "as Pillow",
    )
    for name, data in telling_pictures.pngs():
        if is_sound(data) and not name.startswith(silent):
            assert {*clean_picture(data).findings} & {"other notes", "names of people or owners"}, name
    place = b"exif:GPSLatitude"
    plain = photograph("PNG", "P")
    for data in (plain + place, plain[:33] + chunk(b"iTXt", place) + plain[33:], plain[:-12] + chunk(b"IEND", place)):
        assert "the place where it was taken" in clean_picture(data).findings


@given(st.data())
def test_any_png_keeps_its_pixels_and_nothing_else(data: st.DataObject) -> None:
    draw = data.draw
    colours, depths = draw(
        st.sampled_from([(0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8,)), (6, (8,))])
    )
    depth, width, height = draw(st.sampled_from(depths)), draw(st.integers(1, 20)), draw(st.integers(1, 20))
    length = (width * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colours] + 7) // 8
    rows = b"".join(b"\0" + draw(st.binary(min_size=length, max_size=length)) for _ in range(height))
    secret = SECRET.encode()
    chunks = dict.fromkeys(draw(st.sets(st.sampled_from(["tEXt", "prVt", "bKGD", "tIME", "sBIT", "iCCP"]))), secret)
    if colours == 3:
        chunks["PLTE"] = draw(st.binary(min_size=3 << depth, max_size=3 << depth))
    if "iCCP" in chunks:
        chunks["iCCP"] = secret + b"\0\0" + zlib.compress(wide_profile(secret)[:200])
    if size := {0: 2, 2: 6, 3: 1 << depth}.get(colours):
        chunks |= {"tRNS": draw(st.binary(min_size=size, max_size=size))} if draw(st.booleans()) else {}
    stream = zlib.compress(rows + secret * draw(st.booleans())) + secret * draw(st.booleans())
    file = png(width, height, depth, colours, stream, **chunks) + secret * draw(st.booleans())
    clean = clean_picture(file)
    assert secrets_of(clean.data) == []
    if depth < 16 or colours:  # Pillow does not convert these
        assert pixels(clean.data) == pixels(file)
    again = clean_picture(clean.data)
    assert (again.data, again.findings, again.pixels_hash) == (clean.data, (), clean.pixels_hash)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_file_in_which_nothing_is_found_is_left_as_it_is(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "a"
    options = {"quality": 30} if kind == "JPEG" else {"compress_level": 0}
    data = photograph(kind, icc_profile=wide_profile(), **options)
    file.write_bytes(data)
    assert (clean_picture_file(file)[1], file.read_bytes()) == (False, data)
    file.write_bytes(data + SECRET.encode())
    picture, is_changed = clean_picture_file(file)
    assert (is_changed, file.read_bytes()) == (True, picture.data)


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
        clean = clean_picture(file.read_bytes())
        assert clean.findings == (), file.name
        assert clean.mime == "image/png" or clean.data == file.read_bytes(), file.name


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
