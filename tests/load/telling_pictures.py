"""Pictures with a secret in each container and position that their formats have."""

import io
import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator

from PIL import Image

SECRET = "KarimKarimi-34N69E-SN0815"
FORMS = tuple(SECRET.encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
XAP, IPTC_CITY = b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\x40\x1c\x02\x5a\0\x20"
ENCODINGS = ("ascii", "utf-16-le", "utf-16-be")


def photograph(kind: str, mode: str = "RGB", **more: object) -> bytes:
    """A picture whose pixels all differ."""
    file = io.BytesIO()
    image = Image.linear_gradient("L").resize((48, 32))
    whole = Image.merge("RGB", (image, image.rotate(180), image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)))
    whole.convert(mode).save(file, kind, **more)
    return file.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff%c%b%b" % (marker, struct.pack(">H", len(content) + 2), content)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def exif_block(secret: str = SECRET, orientation: int = 1) -> bytes:
    """Exif with an owner, a camera, a serial number, a place, and a thumbnail."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B], exif[0x010F], exif[0x8298] = secret, secret, secret
    camera, place = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    camera[0xA431] = camera[0xA430] = secret
    camera[0x9286] = b"UNICODE\0" + secret.encode("utf-16-le")
    camera[0x927C] = secret.encode()  # of the maker
    place[1], place[29] = "N", secret
    return exif.tobytes()


def jpeg_parts(data: bytes) -> list[bytes]:
    """The segments of a JPEG before its scan, and the scan with what follows."""
    parts, position = [data[:2]], 2
    while data[position + 1] != 0xDA:
        length = struct.unpack(">H", data[position + 2 : position + 4])[0]
        parts.append(data[position : position + 2 + length])
        position += 2 + length
    return [*parts, data[position:]]


def insert(data: bytes, part: bytes, place: int = 2) -> bytes:
    parts = jpeg_parts(data)
    return b"".join((*parts[:place], part, *parts[place:]))


def xmp(secret: str) -> bytes:
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:li dc:creator="{secret}">{secret}</rdf:li></x:xmpmeta>'.encode()


def profile(secret: bytes) -> bytes:
    """A profile of primaries and curves with a secret in its texts, its head and behind its tags."""
    from PIL import ImageCms

    plain = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    start = plain.find(b"mluc")
    plain[start + 28 : start + 28 + len(secret)] = secret
    plain[48:56], plain[84:100] = secret[:8], secret[:16]
    return bytes(plain) + secret


ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def wide_profile(secret: bytes = b"", gamma: float = 2.2, colours: bytes = b"RGB ") -> bytes:
    """A profile of the colours of Adobe RGB with a secret in its texts."""
    white = (0.9642, 1.0, 0.8249)
    numbers = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"), (*ADOBE_RGB, white), strict=True))
    tags = {
        name: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(one * 65536) for one in triple))
        for name, triple in numbers.items()
    }
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC", b"kTRC"), curve)
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", len(secret) + 1) + secret + b"\0" * 79
    tags |= dict.fromkeys((b"cprt", b"Prv7"), b"text\0\0\0\0" + secret + b"\0")
    entries, contents, start = b"", b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        entries += struct.pack(">4sII", name, start + len(contents), len(content))
        contents += content + b"\0" * (-len(content) % 4)
    size, light = start + len(contents), (0xF6D6, 0x10000, 0xD32D)
    head = struct.pack(">I4sI4s4s4s12x4s28xIII", size, b"", 0x2400000, b"mntr", colours, b"XYZ ", b"acsp", *light)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + contents


def jpegs() -> Iterator[tuple[str, bytes]]:
    plain = photograph("JPEG")
    progressive = photograph("JPEG", progressive=True, restart_marker_blocks=1)
    for encoding in ENCODINGS:
        text = SECRET.encode(encoding)
        for number in (*range(0xE0, 0xF0), 0xFE, 0xF0, 0xFD, 0xDE, 0xDF, 0xC8):
            yield f"segment {number:x} in {encoding}", insert(plain, segment(number, text))
        for name in (
            b"JFIF\0\1\2\0",
            b"JFXX\0\x13",
            b"Exif\0\0",
            XAP,
            b"MPF\0",
            b"Adobe\0",
        ):
            marker = {b"JF": 0xE0, b"MP": 0xE2, b"Ad": 0xEE}.get(name[:2], 0xE1)
            yield f"{name!r} in {encoding}", insert(plain, segment(marker, name + text), 1)
        yield (
            f"XMP in {encoding}",
            insert(plain, segment(0xE1, XAP + xmp(SECRET).decode().encode(encoding))),
        )
        yield (
            f"IPTC in {encoding}",
            insert(plain, segment(0xED, IPTC_CITY + text)),
        )
        yield f"tail in {encoding}", plain + text
        yield f"between segments in {encoding}", insert(plain, text)
        yield f"before the end in {encoding}", plain[:-2] + segment(0xFE, text) + plain[-2:]
        yield f"progressive, tail in {encoding}", progressive + text
        for name, icc in (("profile", profile(text)), ("broken profile", profile(text)[:90] + text)):
            yield f"{name} in {encoding}", insert(plain, segment(0xE2, b"ICC_PROFILE\0\1\1" + icc))
    deflated = zlib.compress(SECRET.encode())
    yield "compressed", insert(plain, segment(0xE5, deflated))
    first = b"Exif\0\0" + b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
    yield "second Exif", insert(plain, segment(0xE1, first) + segment(0xE1, exif_block()))
    for orientation in (1, 6):
        yield f"Exif, orientation {orientation}", photograph("JPEG", exif=exif_block(orientation=orientation))
    yield "thumbnail", photograph("JPEG", exif=exif_block()[:-1] + photograph("JPEG", comment=SECRET))
    frames = [Image.open(io.BytesIO(photograph("JPEG", exif=exif_block()))) for _ in range(2)]
    file = io.BytesIO()
    frames[0].save(file, "MPO", save_all=True, append_images=frames[1:], exif=exif_block())
    yield "second frame", file.getvalue()
    yield "motion photo", plain + b"\0\0\0\x18ftypmp42" + SECRET.encode() + deflated
    yield "comment", photograph("JPEG", comment=SECRET)
    for name, mark in (("frame", 0xC0), ("scan", 0xDA), ("restart", 0xDD), ("quantisation", 0xDB), ("codes", 0xC4)):
        data = photograph("JPEG", restart_marker_blocks=1) if mark == 0xDD else plain
        start = data.index(b"\xff%c" % mark)
        length = struct.unpack(">H", data[start + 2 : start + 4])[0]
        end = start + 2 + length
        longer = segment(mark, data[start + 4 : end] + b"\xff" * 1 + SECRET.encode())
        yield f"{name} too long", data[:start] + longer + data[end:]
    yield "tables behind the scan", plain[:-2] + segment(0xDB, b"\3" + (SECRET.encode() * 3)[:64]) + plain[-2:]
    yield "grey", photograph("JPEG", "L", comment=SECRET)


def png(width: int, height: int, depth: int, colours: int, stream: bytes, **chunks: bytes) -> bytes:
    """A PNG with these compressed rows, and these chunks before them."""
    head = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        *((name.encode(), part) for name, part in chunks.items()),
        (b"IDAT", stream),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def pngs() -> Iterator[tuple[str, bytes]]:
    plain, palette = photograph("PNG"), photograph("PNG", "P")
    head, end = plain[:33], len(plain) - 12
    for encoding in ENCODINGS:
        text = SECRET.encode(encoding)
        packed = zlib.compress(text)
        texts = {
            b"tEXt": b"Author\0" + text, b"zTXt": b"Raw profile type xmp\0\0" + packed,
            b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0" + packed, b"eXIf": b"MM\0*\0\0\0\x08\0\0" + text,
            b"iCCP": SECRET.encode() + b"\0\0" + zlib.compress(profile(text)), b"prVt": text, b"tIME": text[:7],
            b"sPLT": b"Karim\0" + text, b"acTL": text[:8], b"bKGD": text[:6], b"hIST": text, b"caBX": text,
            b"iDOT": text,
            b"gAMA": text[:4], b"cHRM": (text * 2)[:32], b"pHYs": text[:9], b"PLTE": (text * 3)[:48], b"tRNS": text[:6],
        }  # fmt: skip
        for name, content in texts.items():
            if name != b"tRNS" or encoding == "ascii":
                yield f"{name.decode()} in {encoding}", head + chunk(name, content) + plain[33:]
            if name not in (b"PLTE", b"tRNS", b"acTL", b"iCCP", b"sPLT", b"bKGD", b"hIST"):
                yield (
                    f"{name.decode()} behind the pixels in {encoding}",
                    plain[:end] + chunk(name, content) + plain[end:],
                )
        yield f"tail in {encoding}", plain + text
        yield f"in the end in {encoding}", plain[:-12] + chunk(b"IEND", text)
        yield f"behind the compression in {encoding}", head + chunk(b"IDAT", pixel_stream(plain) + text) + plain[end:]
        rows = zlib.decompress(pixel_stream(plain)) + text
        yield f"more rows in {encoding}", head + chunk(b"IDAT", zlib.compress(rows)) + plain[end:]
        yield f"palette, tail in {encoding}", palette + text
    yield "interlaced", _interlaced() + SECRET.encode()
    info = __import__("PIL.PngImagePlugin", fromlist=["PngInfo"]).PngInfo()
    info.add_text("Author", SECRET, zip=True)
    info.add_itxt("XML:com.adobe.xmp", xmp(SECRET).decode(), zip=True)
    yield "as Pillow writes it", photograph("PNG", pnginfo=info, exif=exif_block())


def pixel_stream(data: bytes) -> bytes:
    """The compressed pixels of a PNG."""
    stream, position = b"", 8
    while position < len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        stream += data[position + 8 : position + 8 + length] if name == b"IDAT" else b""
        position += 12 + length
    return stream


def _interlaced() -> bytes:
    """Five by three pixels in the seven passes of Adam7."""
    head = struct.pack(">IIBBBBB", 5, 3, 8, 0, 0, 0, 1)
    passes = ((1, 1), (1, 1), (2, 0), (1, 1), (3, 1), (2, 2), (5, 1))
    rows = b"".join(b"\0" + bytes(range(wide)) for wide, many in passes for _ in range(many))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" xmlns:inkscape="urn:i" {}'
    ' viewBox="0 0 40 20">{}<rect width="40" height="20" fill="#0f4c5c"/></svg>'
)


def drawings() -> Iterator[tuple[str, bytes]]:
    for attribute in (
        "inkscape:export-filename", "inkscape:label", "id", "class", "data-name", "aria-label", "style", "fill",
        "version", "result", "in", "onload",
        "font-family", "transform", "lang", "xml:lang", "xml:base", "role", "preserveAspectRatio",
        "href", "x:href", "begin",
    ):  # fmt: skip
        yield f"attribute {attribute}", DRAWING.format(f'{attribute}="{SECRET}"', "").encode()
    for style in (f"--a:{SECRET}", f"-inkscape-font-specification:{SECRET}", f"fill:red/*{SECRET}*/", f"fill:{SECRET}",
                  f"fill:url(#{SECRET})", f"font-family:{SECRET}"):  # fmt: skip
        yield f"style {style}", DRAWING.format(f'style="{style}"', "").encode()
        yield f"rule {style}", DRAWING.format("", f"<style>.a{{{style}}}</style>").encode()
    inside = base = f"<a>{SECRET}</a>"
    for part in (
        f"<!-- {SECRET} -->", f"<?a {SECRET}?>", f"<metadata>{SECRET}</metadata>", f"<title>{SECRET}</title>",
        f"<desc>{SECRET}</desc>", f"<inkscape:view name='{SECRET}'/>", f"<g id='{SECRET}'/><use x:href='#{SECRET}'/>",
        f"<style>.{SECRET}{{fill:red}} #{SECRET}{{fill:red}} @page {SECRET}{{}} [a={SECRET}]{{}}</style>"
        f"<g class='{SECRET} b'/>", f"<style>/*{SECRET}*/ @import '{SECRET}';</style>", inside, f"<g>{SECRET}</g>",
        f"<g display='none' a='{SECRET}'>{base}</g>", f"<defs><g class='{SECRET}'>{base}</g></defs>",
        f"<path d='M0 0L1 1 {SECRET}'/>", f"<path d='{SECRET}'/>", f"<{SECRET}/>", f"<polygon points='{SECRET}'/>",
        f"<linearGradient id='{SECRET}'/><rect fill='url(#{SECRET})'/>", f"<![CDATA[{SECRET}]]>", f"<b>{SECRET}</b>",
    ):  # fmt: skip
        yield f"element {part[:30]}", DRAWING.format("", part).encode()
    whole = DRAWING.format("", f"<!-- {SECRET} -->")
    yield "in UTF-16", f'<?xml version="1.0" encoding="utf-16"?>{whole}'.encode("utf-16")
    yield "before the element", f"<!-- {SECRET} -->\n{whole}".encode()
    yield "behind the element", f"{whole}\n<!-- {SECRET} -->\n".encode()
    yield "type of the document", f'<!DOCTYPE svg PUBLIC "{SECRET}" "a">{whole}'.encode()


def drawings_with_pictures() -> Iterator[tuple[str, bytes]]:
    for name, data in (("png", photograph("PNG") + SECRET.encode()), ("jpeg", photograph("JPEG", comment=SECRET))):
        for href in ("href", "x:href"):
            address = f"data:image/{name};base64,{b64encode(data).decode()}"
            image = f'<image width="9" height="9" {href}="{address}"/>'
            yield f"{name} in {href}", DRAWING.format("", image).encode()
    inner = DRAWING.format("", f"<desc>{SECRET}</desc>").encode()
    address = f"data:image/svg+xml;base64,{b64encode(inner).decode()}"
    yield "drawing in drawing", DRAWING.format("", f'<image width="9" height="9" href="{address}"/>').encode()
