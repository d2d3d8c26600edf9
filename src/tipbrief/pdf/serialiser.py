"""Serialise the objects of a PDF: each stream is packed once, and the same objects give the same bytes.

What the PDF carries stands behind the pages, with a table of its own, so that the pages stay as they are.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from struct import pack
from typing import Any, NamedTuple

import pikepdf
import pydyf

from tipbrief.pdf.standards import DEFAULT_STANDARD
from tipbrief.problems import Problems

COMPRESSION_LEVEL = 6  # of packing; 9 takes twice as long, for a hundredth of the size
_OBJECTS_PER_STREAM = 200  # objects that are packed as one: a reader unpacks them all for one of them
_FILE_HEADER = b"%%PDF-%b\n%%\xf0\x9f\x96\xa4\n"
# The end of a PDF that carries nothing but charts: lists of files and names, the table of these two, the trailer.
_END_WITHOUT_FILES = re.compile(
    rb"(\d+) 0 obj\n\[ \]\nendobj\n\d+ 0 obj\n<< ((?:/Dests \d+ 0 R )?(?:/EmbeddedFiles .{,99999}?>> )?)>>\nendobj\n"
    rb"(\d+) 0 obj\n<< /ID \[ <([0-9a-f]{32})> <\4> \] /Index \[ \d+ 2 \d+ 1 \] (?:/Info (\d+) 0 R )?/Length 21 "
    rb"/Prev (\d+) /Root (\d+) 0 R /Size \d+ /Type /XRef /W \[ 1 4 2 \] >>\nstream\n.{21}\nendstream\n"
    rb"endobj\nstartxref\n\d+\n%%EOF\n",
    re.S,
)
_LISTED_FILE = re.compile(rb"(\([\w.-]+\)) (\d+ 0 R )")


class PdfObject(NamedTuple):
    """An object of a PDF: its number, its text, and where it is a stream what it holds, packed."""

    number: int
    text: bytes
    data: bytes | None = None


class EmbeddedFile(NamedTuple):
    """An attached file: its name, its file specification without the reference to the stream, and the stream."""

    name: bytes
    entries: Mapping[str, bytes]
    stream: bytes


class _PageSection(NamedTuple):
    """A PDF without its lists of files and names; it keeps ``files`` and the next object number for them."""

    data: bytes
    files_number: int
    names: bytes  # those of places, and of the files of charts
    next_object_number: int  # the first number that nothing has
    digest: bytes
    info_number: int  # 0: PDF 2.0 has none
    table_offset: int  # the place of the table of all these objects
    root_number: int


def serialise_pdf(pdf: Any, version: str = DEFAULT_STANDARD.version) -> bytes:
    """The bytes of a PDF of pydyf, which carries nothing yet but charts; without /Info where nothing is in it."""
    if pdf.info and pdf.info.number is None:
        pdf.add_object(pdf.info)
    files, names = _ensure_file_lists(pdf)
    items = [_convert_object(one) for one in pdf.objects if one.free != "f" and one is not files and one is not names]
    inside = serialise_object(names).removeprefix(b"<< ").removesuffix(b">>")
    pages = _compose_page_section(items, version, pdf.catalog.number, pdf.info.number or 0, files.number, inside)
    return _append_file_section(pages)


def append_files(pdf: bytes, files: Sequence[EmbeddedFile]) -> bytes:
    """Attach files to a PDF that this module wrote without attachments."""
    at = pdf.rfind(b" 0 obj\n[ ]\nendobj\n")
    start = pdf.rfind(b"\n", 0, at) + 1
    if at < 0 or not (end := _END_WITHOUT_FILES.fullmatch(pdf, start)):
        raise Problems("the PDF was not written by tipbrief", hint="build it again")
    number, names, free, digest, info, table, root = end.groups()
    pages = _PageSection(pdf[:start], int(number), names, int(free), digest, int(info or 0), int(table), int(root))
    return _append_file_section(pages, files)


def serialise_object(item: Any) -> bytes:
    """An object of pydyf, or a part of one, as qpdf writes it."""
    kind = type(item)
    if kind is bytes:
        return item  # type: ignore[no-any-return]
    if kind is int:
        return b"%d" % item
    if kind is str:
        return item.encode("ascii")  # type: ignore[no-any-return]
    if isinstance(item, dict):
        # Most that stands in them are references, which are bytes.
        inside = [
            label + (value if type(value := item[key]) is bytes else serialise_object(value))
            for key, label in _serialise_keys(tuple(item))
        ]
        return b" ".join([b"<<", *inside, b">>"])
    if isinstance(item, list):
        texts = [one if type(one) is bytes else serialise_object(one) for one in item]
        return b" ".join([b"[", *texts, b"]"])
    if isinstance(item, pydyf.String):
        return serialise_string(item.string)
    return pydyf._to_bytes(item).rstrip(b".")  # type: ignore[no-any-return]


@lru_cache(1000)
def _serialise_keys(keys: tuple[str, ...]) -> list[tuple[str, bytes]]:
    return [(key, b"/%b " % key.encode("ascii")) for key in sorted(keys)]


def serialise_string(string: str | bytes) -> bytes:
    """A string of a PDF, as qpdf writes it."""
    if isinstance(string, str):
        string = string.encode("ascii") if string.isascii() else b"\xfe\xff" + string.encode("utf-16-be")
    return pikepdf.String(string).unparse()


def serialise_stream(entries: Mapping[str, bytes], data: bytes) -> bytes:
    """A stream that stands in no object yet; its data are packed as its entries say."""
    return _format_stream(serialise_object({**entries, "Length": len(data)}), data)


def _format_stream(text: bytes, data: bytes) -> bytes:
    return b"%b\nstream\n%b\nendstream" % (text, data)


def read_stream_content(stream: Any) -> bytes:
    """What a stream of pydyf holds."""
    return b"\n".join([part if type(part) is bytes else serialise_object(part) for part in stream.stream])


def _ensure_file_lists(pdf: Any) -> tuple[Any, ...]:  # of files and of names, written behind the pages
    if "AF" not in pdf.catalog:
        files, names = pydyf.Array(), pdf.catalog.get("Names", pydyf.Dictionary())
        places = {key: item for key, item in names.items() if key != "EmbeddedFiles"}
        for item in (files, names, *places.values()):
            pdf.add_object(item)
        names.update({key: item.reference for key, item in places.items()})
        pdf.catalog.update({"AF": files.reference, "Names": names.reference})
    return tuple(pdf.objects[int(pdf.catalog[key][:-4])] for key in ("AF", "Names"))


def _convert_object(item: Any) -> PdfObject:
    if not isinstance(item, pydyf.Stream):
        return PdfObject(item.number, serialise_object(item))
    data, entries = read_stream_content(item), dict(item.extra)
    if "Filter" not in entries and entries.get("Type") != "/Metadata":  # which all shall read
        entries["Filter"], data = "/FlateDecode", zlib.compress(data, COMPRESSION_LEVEL)
    return PdfObject(item.number, serialise_object({**entries, "Length": len(data)}), data)


def _compose_page_section(
    items: Sequence[PdfObject], version: str, root: int, info: int, files: int, names: bytes
) -> _PageSection:  # what can be reached from the catalogue, streams first, and a table of it
    items = _find_reachable_objects(items, (root, info), names)
    head = _FILE_HEADER % version.encode()
    parts, places, at = [head], {0: (0, 0, 0xFFFF)}, len(head)
    free = 1 + max(files + 1, *(item.number for item in items))
    small = iter([item for item in items if item.data is None])
    streams = [(item.number, item.text, item.data) for item in items if item.data is not None]
    for number, text, data in chain(streams, _compose_object_streams(small, free, places)):
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, _format_stream(text, data)))
        places[number] = (1, at, 0)
        at += len(parts[-1])
        free = max(free, number + 1)
    places[free] = (1, at, 0)
    # Not even as free: PDFium would take them for that.
    numbers = [number for number in range(free + 1) if number not in (files, files + 1)]
    rows = b"".join([pack(">BIH", *places.get(number, (0, 0, 0xFFFF))) for number in numbers])
    digest = hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest().encode()
    data = zlib.compress(rows, COMPRESSION_LEVEL)
    entries = {"Filter": b"/FlateDecode", **_trailer(root, info, digest, free + 1)}
    entries["Index"] = b"[ 0 %d %d %d ]" % (files, files + 2, free - files - 1)
    parts.append(b"%d 0 obj\n%b\nendobj\n" % (free, serialise_stream(entries, data)))
    return _PageSection(b"".join(parts), files, names, free + 1, digest, info, at, root)


def _find_reachable_objects(items: Iterable[PdfObject], roots: Iterable[int], names: bytes) -> list[PdfObject]:
    """The objects to which others lead, from the first on, in the order of their numbers."""
    held = {item.number: item for item in items}
    waiting = [*roots, *_find_references(names)]
    found: dict[int, PdfObject] = {}
    while waiting:
        number = waiting.pop()
        if number in held and number not in found:
            found[number] = item = held[number]
            waiting += _find_references(item.text)
    return [found[number] for number in sorted(found)]


def _find_references(text: bytes) -> list[int]:  # in qpdf's text; four times as fast as by a pattern
    ends = [part[part.rfind(b" ") + 1 :] for part in text.split(b" 0 R")[:-1]]
    return [int(number) for number in ends if number.isdigit()]


def _compose_object_streams(
    small: Iterable[PdfObject], number: int, places: dict[int, tuple[int, int, int]]
) -> Iterable[tuple[int, bytes, bytes]]:  # numbered from number on; notes in places where each object is
    while some := list(islice(small, _OBJECTS_PER_STREAM)):
        heads, at = [], 0
        for index, item in enumerate(some):
            heads.append(b"%d %d " % (item.number, at))
            at += len(item.text) + 1
            places[item.number] = (2, number, index)
        head = b"".join(heads)
        data = zlib.compress(head + b"\n".join([item.text for item in some]), COMPRESSION_LEVEL)
        entries = b"<< /Filter /FlateDecode /First %d /Length %d /N %d /Type /ObjStm >>"
        yield number, entries % (len(head), len(data), len(some)), data
        number += 1


def _append_file_section(pages: _PageSection, files: Sequence[EmbeddedFile] = ()) -> bytes:  # its ID: the hash of both
    free, count = pages.next_object_number, len(files)
    texts, small, names = [], [], dict(_LISTED_FILE.findall(pages.names))
    for number, file in enumerate(files, free):
        place, reference = b"%d 0 R" % number, b"%d 0 R " % (number + count)
        texts.append((number, file.stream))
        entries = {**file.entries, "EF": b"<< /F %b /UF %b >>" % (place, place)}
        small.append(PdfObject(number + count, serialise_object(entries)))
        names[file.name] = reference
    embedded = b"".join([b"%b %b" % pair for pair in sorted(names.items())])
    embedded = b"/EmbeddedFiles << /Names [ %b] >> " % embedded if names else b""
    texts = [
        (pages.files_number, b"[ %b]" % b"".join([names[file.name] for file in files])),
        (pages.files_number + 1, b"<< %b%b>>" % (pages.names.partition(b"/EmbeddedFiles")[0], embedded)),
        *texts,
    ]
    places: dict[int, tuple[int, int, int]] = {}
    for number, text, data in _compose_object_streams(iter(small), free + 2 * count, places):
        texts.append((number, _format_stream(text, data)))
    parts, at = [pages.data], len(pages.data)
    for number, text in texts:
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, text))
        places[number] = (1, at, 0)
        at += len(parts[-1])
    last = texts[-1][0] + 1 if files else free
    places[last] = (1, at, 0)
    digest = hashlib.md5(pages.digest + b"".join(parts[1:]), usedforsecurity=False).hexdigest().encode()
    entries = _trailer(pages.root_number, pages.info_number, digest if files else pages.digest, last + 1)
    entries["Index"] = b"[ %d 2 %d %d ]" % (pages.files_number, free, last + 1 - free)
    entries["Prev"] = b"%d" % pages.table_offset
    rows = b"".join([pack(">BIH", *places[number]) for number in sorted(places)])
    end = b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (last, serialise_stream(entries, rows), at)
    return b"".join([*parts, end])


def _trailer(root: int, info: int, digest: bytes, size: int) -> dict[str, bytes]:
    entries = {
        "Type": b"/XRef", "W": b"[ 1 4 2 ]", "Size": b"%d" % size, "Root": b"%d 0 R" % root,
        "ID": b"[ <%b> <%b> ]" % (digest, digest),
    }  # fmt: skip
    return {**entries, "Info": b"%d 0 R" % info} if info else entries
