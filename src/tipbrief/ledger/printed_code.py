"""Reading the code of an edition from a text that was typed, copied or scanned. templates/check.js has the same rule.

PDFium, which is in Chrome and Edge, copies a line of a Dari or Pashto sheet from the right: it keeps each run of
letters, of digits and of other signs, and turns the order of the runs. ``WORLD/6 · 41f8`` becomes ``8f41 · /6WORLD``.
Turned once more, the text is as it is printed.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from tipbrief.language.numbers import LATIN_DIGIT_TABLE

_PART_LENGTH = 1000  # characters: a whole page that is pasted has its foot at one end
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LOOK_ALIKES = str.maketrans(
    dict.fromkeys("\u2044\u2215\u2571\\|", "/")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2022\u2027\u2219\u22c5\u25cf\u30fb", "·")
)
_ADDRESS = re.compile(r"(?:/c/|#)([^/?#\s]+?)(?:\.html)?(?:[?#].*)?$", re.IGNORECASE | re.ASCII)  # of the QR code
_RUN = re.compile("[A-Za-z]+|[0-9#$%+,./:-]+|[^A-Za-z0-9#$%+,./:-]+")  # as PDFium divides a line
_NAME = r"([A-Z][A-Z0-9_-]*(?:\.[A-Z][A-Z0-9-]*)?) ?[/-] ?([0-9]{1,9})"
_CODE = r"\b([0-9A-F]{8}|[0-9A-F]{4})\b"
_GAP = "[^A-Z0-9]{1,12}"
_FLAGS = re.IGNORECASE | re.ASCII
# A copy from right-to-left text may also have name and code in the other order.
_NAME_THEN_CODE = re.compile(rf"{_NAME}{_GAP}{_CODE}", _FLAGS)
_CODE_THEN_NAME = re.compile(rf"{_CODE}{_GAP}(?={_NAME}\b)", _FLAGS)
_NAME_ALONE = re.compile(r"[^A-Z0-9]*([A-Z][A-Z0-9_.-]* ?/ ?[0-9]{1,9})[^A-Z0-9]*", _FLAGS)
_SPACED_CODE = re.compile(r"[^A-Z0-9]*[A-Z][A-Z0-9_. -]* [0-9]{1,9} ([0-9A-F]{8}|[0-9A-F]{4})[^A-Z0-9]*", _FLAGS)
_BARE_CODE = re.compile(rf"[^A-Z0-9]*{_CODE}[^A-Z0-9]*", _FLAGS)


@dataclass(frozen=True, slots=True)
class CodeReading:
    """What a text can be read as."""

    texts: tuple[str, ...]  # such as WORLD/6 · 41f8; what was typed, if it has no such part
    is_well_formed: bool  # whether it looks like a code, or like the name of an edition
    turned_code: str = ""  # a lone code, if PDFium turned its runs: it may as well be as it is printed


def read_printed_code(typed: str) -> CodeReading:
    """The codes that a text can be read as, in any digits and with any separators."""
    text = _simplify(typed)
    if address := _ADDRESS.search(text):
        text = _simplify(unquote(address[1]))
    turned = turn_runs(text)
    footers = [*_find_footers(text), *_find_footers(turned)]
    if footers:
        return CodeReading(tuple(dict.fromkeys(footers)), is_well_formed=True)

    for order in (text, turned):
        if name := _NAME_ALONE.fullmatch(order):
            return CodeReading((name[1].replace(" ", ""),), is_well_formed=True)
    if code := _BARE_CODE.fullmatch(text):
        return CodeReading((code[1],), is_well_formed=True, turned_code=turn_runs(code[1]))
    return CodeReading((text,), is_well_formed=bool(_SPACED_CODE.fullmatch(text)))


def turn_runs(text: str) -> str:
    """The text with its runs of letters, digits and other signs in the other order."""
    return "".join(reversed(_RUN.findall(text)))


def _simplify(text: str) -> str:
    if len(text) > 2 * _PART_LENGTH:
        text = f"{text[:_PART_LENGTH]}\n{text[-_PART_LENGTH:]}"
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(text.translate(LATIN_DIGIT_TABLE).translate(_LOOK_ALIKES).split())


def _find_footers(text: str) -> list[str]:
    footers = [f"{name}/{number} · {code}" for name, number, code in _NAME_THEN_CODE.findall(text)]
    footers += [f"{name}/{number} · {code}" for code, name, number in _CODE_THEN_NAME.findall(text)]
    return footers
