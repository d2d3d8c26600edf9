"""The fonts in a PDF: what their codes stand for, and which characters they lack."""

import re
from typing import Any

import pikepdf

# A subset has a tag of six letters before its name.
SUBSET_TAG = re.compile(r"[A-Z]{6}\+")
_TO_UNICODE = re.compile(rb"<([0-9a-f]{4})> <((?:[0-9a-f]{4})+)>")
_TO_GLYPH_0 = re.compile(rb"<([0-9a-f]{4})> 0\s")


def unicode_values(font: Any) -> dict[bytes, bytes]:
    """The text of each code of a font that WeasyPrint wrote, both in hexadecimal digits."""
    return dict(_TO_UNICODE.findall(font.ToUnicode.read_bytes()))


def missing_glyphs(document: pikepdf.Pdf) -> list[tuple[str, str]]:
    """Font and character of each glyph 0, the empty box that stands for what the font lacks.

    WeasyPrint gives each such character a code of its own, which the font's /Encoding leads to glyph 0.
    """
    found = []
    dictionaries = (item for item in document.objects if isinstance(item, pikepdf.Dictionary))
    for item in (one for one in dictionaries if one.get("/Type") == "/Font"):
        if all(isinstance(item.get(key), pikepdf.Stream) for key in ("/Encoding", "/ToUnicode")):
            name = SUBSET_TAG.sub("", str(item.get("/BaseFont", "")).lstrip("/"))
            values = unicode_values(item)
            for code in _TO_GLYPH_0.findall(item.Encoding.read_bytes()):
                character = bytes.fromhex(values.get(code, b"fffd").decode())
                found.append((name, character.decode("utf-16-be", "replace")))
    return found
