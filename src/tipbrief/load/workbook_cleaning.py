"""Workbook cleaning: an .xlsx with the values of its sheets, without what says who made it, where and when."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import fromstring

from tipbrief.files import pack_parts, unpack_parts
from tipbrief.language.language import read_data_file
from tipbrief.problems import Problems

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = f' xmlns="{_MAIN}" xmlns:r="{_OFFICE}"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# The elements that stay, each with its attributes; the workbook is written anew with these alone.
_KEPT: dict[str, str] = read_data_file(Path(__file__).with_suffix(".yaml"))
_PLAIN_VALUE = re.compile(
    r"-?[0-9.]{1,20}|[A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?|true|false|[nsbed]|str|inlineStr|visible|hidden"
    r"|veryHidden|none|gray125|solid"
)
_FREE_ATTRIBUTES = {"name", "formatCode"}
_PARTS_OF_TYPES = {"worksheet": "worksheets/sheet{}.xml", "sharedStrings": "sharedStrings.xml", "styles": "styles.xml"}
_NAMING_ELEMENTS = {"creator", "lastModifiedBy", "Manager", "Company", "author"}
_NAMING_ATTRIBUTES = {"displayName", "userName"}
_NAMING_PARTS = re.compile(r"docProps/.*\.xml|xl/workbook\.xml|xl/(?:comments|persons|threadedComments).*\.xml", re.I)
_PROGRAMS = re.compile(r"openpyxl|tipbrief|XlsxWriter|Apache POI|Microsoft (?:Office|Excel)|SheetJS|\s*", re.I)
_LOCAL_PATH = re.compile(r"(?:file:|[A-Z]:\\|\\\\|/(?:home|Users)/).*", re.I)


def find_names(parts: Mapping[str, bytes]) -> tuple[str, ...]:
    """The names of people and the paths that the parts of a workbook tell beside its cells, each once."""
    found: list[str] = []
    for name, part in parts.items():
        if _NAMING_PARTS.fullmatch(name) or name.endswith(".rels"):
            for element in fromstring(part).iter():
                values = [one for key, one in element.items() if key in _NAMING_ATTRIBUTES or _LOCAL_PATH.match(one)]
                values += [element.text or ""] if _local_name(element) in _NAMING_ELEMENTS else []
                found += (value.strip() for value in values if not _PROGRAMS.fullmatch(value))
    return tuple(dict.fromkeys(found))


@lru_cache(16)
def clean_workbook(content: bytes, file: Path) -> bytes:
    """The clean file of a workbook; a problem if it is damaged."""
    try:
        parts = _clean_parts(unpack_parts(content, file))
    except (KeyError, IndexError, StopIteration, ValueError, SyntaxError):
        hint = "open it in a spreadsheet program, and save it anew"
        raise Problems("the workbook is damaged", file, hint=hint, kind="damaged") from None
    return pack_parts(parts, 9)


def _clean_parts(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    whole = next(path for kind, path, _ in _read_relations(parts, "") if kind == "officeDocument")
    relations = [one for one in _read_relations(parts, whole) if one[0] in _PARTS_OF_TYPES]
    book, read = fromstring(parts[whole]), {path: fromstring(parts[path]) for _, path, _ in relations}
    sheets = {identity: read[path] for kind, path, identity in relations if kind == "worksheet"}
    used = {
        int(value.text or 0)
        for sheet in sheets.values()
        for cell in sheet.iter(f"{{{_MAIN}}}c")
        if cell.get("t") == "s"
        for value in cell.iter(f"{{{_MAIN}}}v")
    }
    numbers: dict[str, int] = {}
    for holder in book.iter(f"{{{_MAIN}}}sheets"):
        for sheet in [*holder]:
            if (identity := sheet.get(f"{{{_OFFICE}}}id", "")) in sheets:
                numbers[identity] = len(numbers) + 1
                sheet.set("id", f"rId{numbers[identity]}")
            else:  # a sheet with a chart
                holder.remove(sheet)
    written, links, types = dict[str, bytes](), list[str](), list[str]()
    for kind, path, identity in relations:
        number = numbers[identity] if kind == "worksheet" else ""
        name, identity = _PARTS_OF_TYPES[kind].format(number), f"rId{number or kind}"
        if kind == "sharedStrings":  # texts that were deleted from the cells stay in the file
            for index, text in enumerate(read[path]):
                if index not in used:
                    text.clear()
        written[f"xl/{name}"] = _write_element(read[path], _NAMESPACES).encode()
        links.append(f'<Relationship Id="{identity}" Type="{_OFFICE}/{kind}" Target="{name}"/>')
        types.append(f'<Override PartName="/xl/{name}" ContentType="{_CONTENT_TYPE}.{kind}+xml"/>')
    to_book = f'<Relationship Id="book" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    related = f'<Relationships xmlns="{_PACKAGE}/relationships">%s</Relationships>'
    types.append(f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT_TYPE}.sheet.main+xml"/>')
    types.insert(0, f'<Default Extension="rels" ContentType="{_RELATIONS_TYPE}"/>')
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{"".join(types)}</Types>'.encode(),
        "_rels/.rels": (related % to_book).encode(),
        "xl/workbook.xml": _write_element(book, _NAMESPACES).encode(),
        "xl/_rels/workbook.xml.rels": (related % "".join(links)).encode(),
        **written,
    }


def _read_relations(parts: Mapping[str, bytes], part: str) -> Iterator[tuple[str, str, str]]:  # kind, path, id
    folder, name = posixpath.split(part)
    for one in fromstring(parts[posixpath.join(folder, "_rels", f"{name}.rels")]):
        if one.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/", folder, one.get("Target", ""))).lstrip("/")
            yield one.get("Type", "").rpartition("/")[2], path, one.get("Id", "")


def _write_element(element: Element, attributes: str = "") -> str:
    name = _local_name(element)
    for key in _KEPT[name].split():
        value = element.get(key)
        if value is not None and (key in _FREE_ATTRIBUTES or _PLAIN_VALUE.fullmatch(value)):
            attributes += f" {key}={quoteattr(value)}"
    if name == "sheet":
        attributes += f' r:id="{element.get("id")}"'
    inside = "".join(_write_element(child) for child in element if _local_name(child) in _KEPT)
    if name in ("t", "v") and element.text:
        attributes += ' xml:space="preserve"' if name == "t" else ""
        inside = escape(element.text)
    return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"


def _local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
