"""The status of a printed edition: whether it is current, and what has changed since."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from typing import Any, Literal
from urllib.parse import unquote

from tipbrief.language.language import known_languages, load_language
from tipbrief.language.numbers import LATIN_DIGIT_TABLE
from tipbrief.ledger.entries import Change, ChangeKind, Edition, group_steps_by_name, split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.problems import suggest_nearest

# How a code is read: templates/check.js has the same rule.
_PART_LENGTH = 1000  # characters: a whole page that is pasted has its foot at one end
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LOOK_ALIKES = str.maketrans(
    dict.fromkeys("\u2044\u2215\u2571\\|", "/")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2022\u2027\u2219\u22c5\u25cf\u30fb", "·")
)
_ADDRESS = re.compile(r"(?:/c/|#)([^/?#\s]+?)(?:\.html)?(?:[?#].*)?$", re.IGNORECASE | re.ASCII)  # of the QR code
# PDFium, which is in Chrome and Edge, copies a line of a Dari or Pashto sheet from the right: it keeps each run of
# letters, of digits and of other signs, and turns the order of the runs. ``WORLD/6 · 41f8`` becomes ``8f41 · /6WORLD``.
_RUN = re.compile("[A-Za-z]+|[0-9#$%+,./:-]+|[^A-Za-z0-9#$%+,./:-]+")
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
_CACHE_SIZE = 10_000  # names and codes
_CODE_SEPARATOR = re.compile(r"[\s·.,\u060c:/-]+")


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A changed value, and why it changed."""

    name: str
    was: str
    now: str
    kind: ChangeKind
    date: str
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """The answer: whether an edition is still the newest."""

    # An other-file has the code of the newest edition but other bytes. An unknown code is one of no edition; a text
    # that cannot be read as a code says nothing about a sheet.
    state: Literal["current", "other-file", "superseded", "withdrawn", "draft", "unknown", "unreadable"]
    edition: Edition | None = None
    newest: Edition | None = None
    moved: tuple[ValueChange, ...] = ()
    pending: tuple[ValueChange, ...] = ()
    delivered: bool | None = None  # whether a PDF has the delivered bytes
    hint: str = ""
    newer: tuple[Edition, ...] = ()  # sheets of the document in other languages
    near: tuple[Edition, ...] = ()  # their codes differ in one character, or a viewer may have turned one

    def as_dict(self, first: str = "") -> dict[str, Any]:
        """The answer as plain values, for JSON."""
        plain = partial(_edition_as_dict, first=first)
        single = {"edition": self.edition and plain(self.edition), "newest": self.newest and plain(self.newest)}
        return asdict(self) | single | {"newer": [*map(plain, self.newer)], "near": [*map(plain, self.near)]}


@dataclass(frozen=True, slots=True)
class CodeReading:
    """What a text can be read as."""

    texts: tuple[str, ...]  # such as WORLD/6 · 41f8; what was typed, if it has no such part
    is_well_formed: bool  # whether it looks like a code, or like the name of an edition
    turned_code: str = ""  # a lone code, if PDFium turned its runs: it may as well be as it is printed


def find_status_by_code(ledger: Ledger, query: str) -> Status:
    """The status of the edition in a query, in any digits: a code, a whole footer, or the address in the QR code."""
    reading = read_printed_code(query)
    by_signature = {one.signature: one for text in reading.texts for one in _find_by_name(ledger, text)}
    matching = [*by_signature.values()]
    near: list[Edition] = []
    if not matching and len(reading.texts) == 1:
        # Only the codes of one brief differ in two characters at least.
        code = _normalise_code(reading.texts[0]).lower()
        near = ledger.find_by_code(code)
        matching = [one for one in near if one.code.lower() == code]
    near += [one for one in _find_by_turned_code(ledger, reading) if one not in near]
    if len(matching) == 1:
        others = tuple(one for one in near if one is not matching[0])
        return replace(find_edition_status(ledger, matching[0]), near=others)
    if matching:
        several = ", ".join(one.signature for one in matching)
        if len(reading.texts) > 1:
            return Status("unreadable", hint=f"this text has several codes: {several}; ask about one")
        return Status("unknown", hint=f"several editions have this code: {several}; write all of it")
    return _describe_unknown_code(ledger, reading)


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


def _find_by_name(ledger: Ledger, text: str) -> list[Edition]:
    """The editions whose name, or name with code, a text is."""
    wanted = _normalise_code(text)
    editions = [
        one for one in _editions_of_brief(ledger, wanted)
        if wanted in (_normalise_code(one.signature), _normalise_code(one.name))
    ]  # fmt: skip
    # WORLD.PS/1 and WORLD-PS/1 are the same when normalised: take the one that is written.
    return [one for one in editions if one.name in text.upper()] or editions


def _editions_of_brief(ledger: Ledger, wanted: str) -> list[Edition]:
    briefs = [brief for brief in ledger.briefs if wanted.startswith(_normalise_code(brief) + "-")]
    return [one for brief in briefs for one in ledger.all_editions(brief)]


def _describe_unknown_code(ledger: Ledger, reading: CodeReading) -> Status:
    """The answer to a code of no edition, and, as another answer, to what cannot be read as a code."""
    state: Literal["unknown", "unreadable"] = "unknown" if reading.is_well_formed else "unreadable"
    if not ledger.briefs:
        return Status(state, hint="this ledger knows no edition: none was delivered yet")
    text = reading.texts[0]
    wanted = _normalise_code(text)
    of_brief = _editions_of_brief(ledger, wanted)
    for one in of_brief:
        if _normalise_code(one.name) == wanted.rpartition("-")[0]:
            return Status(state, hint=f"{one.name} has another code: did you mean {one.signature}?")
    newest = [ledger.all_editions(brief)[-1] for brief in ledger.briefs]
    hint = suggest_nearest(text, [one.signature for one in of_brief or newest])
    if not hint and reading.is_well_formed:
        hint = "the code can be read, and no edition of this publication has it"
    if not hint:
        form = "it has 4 or 8 characters, digits and letters from a to f"
        hint = f"no code looks like this: {form}, as in {newest[0].signature}"
    return Status(state, hint=hint, near=tuple(_find_by_turned_code(ledger, reading)))


def _find_by_turned_code(ledger: Ledger, reading: CodeReading) -> list[Edition]:
    """The editions that a lone code may be of if it was copied from right-to-left text."""
    code = reading.turned_code.lower()
    if not code:
        return []
    return [one for one in ledger.find_by_code(code) if one.code.lower() == code]


def find_status_by_pdf(ledger: Ledger, sha256: str, claims: Mapping[str, Any]) -> Status:
    """The status of a PDF with this hash, which ``claims`` to be an edition."""
    if delivered := ledger.find_by_pdf(sha256):
        return find_edition_status(ledger, delivered, delivered=True)
    if ledger.publication and claims["publication"] != ledger.publication:
        theirs = f"it is of the publication '{claims['publication']}', and this is the ledger of"
        return Status("unknown", hint=f"{theirs} '{ledger.publication}'; name the other one: --ledger")
    name = f"{str(claims['brief']).upper()}/{claims['number']}"
    if not claims["number"]:
        return Status("unknown", hint="it holds many editions: ask by the code in the footer of a page")
    named = [one for one in ledger.all_editions(str(claims["brief"])) if one.number == claims["number"]]
    if not claims["code"]:
        since = named[-1] if named else None
        told = f"; the edition is {since.signature}, delivered on {since.date.iso()}" if since else ""
        return Status("draft", hint=f"it is a draft of {name}{told or ', which was not delivered yet'}")
    if same := next((one for one in named if one.code == claims["code"]), None):
        return find_edition_status(ledger, same, delivered=False)
    return Status("unknown", hint=f"the ledger has no {name} · {claims['code']}; is it an older copy?")


def find_edition_status(ledger: Ledger, one: Edition, *, delivered: bool | None = None) -> Status:
    """The status of a delivered edition: current, withdrawn, or superseded with the values that changed since."""
    newest = ledger.last_edition(one.brief) or one
    newer = tuple(_find_newer_translations(ledger, newest))
    if withdrawal := ledger.withdrawal_dates.get(one.signature):
        return Status("withdrawn", one, newest, (), (), delivered, withdrawal.iso(), newer)
    if row := ledger.withdrawn_documents.get(one.brief):
        gone = ValueChange(row.name, row.was, row.now, row.kind, row.date.iso(), row.reason)
        return Status("withdrawn", one, one, (gone,), (), delivered, row.date.iso())
    pending = list_value_changes({**one.prints, **newest.prints}, ledger.changes_after(newest))
    if newest.number == one.number:
        state: Literal["other-file", "current"] = "other-file" if delivered is False else "current"
        return Status(state, one, newest, (), pending, delivered, newer=newer)
    since = [changes for passed, changes in ledger.history(one.brief) if one.number <= passed.number < newest.number]
    between = [change for changes in since for change in changes]
    return Status("superseded", one, newest, list_value_changes(one.prints, between), pending, delivered, newer=newer)


def _find_newer_translations(ledger: Ledger, newest: Edition) -> Iterator[Edition]:
    positions = {one.signature: at for at, one in ledger.valid_editions_with_positions(newest.brief)}
    if (at := positions.get(newest.signature)) is None:
        return
    for brief in ledger.briefs_by_plain_name[split_document_name(newest.brief)[0]]:
        for position, one in ledger.valid_editions_with_positions(brief)[-1:] if brief != newest.brief else ():
            # The first sheet in a language counts only if one of its values differs.
            if ledger.predecessors[position] >> at & 1 and (
                one.number > 1 or any(newest.prints.get(name, value) != value for name, value in one.prints.items())
            ):
                yield one


def language_name(one: Edition, first: str) -> str:
    """The language of an edition in English; ``first`` is the tag of the publication's first, if it has several."""
    tag = split_document_name(one.brief)[1] or first
    return load_language(tag).english if tag in known_languages() else tag


@lru_cache(_CACHE_SIZE)  # the names of all briefs are compared with each code
def _normalise_code(text: str) -> str:
    return _CODE_SEPARATOR.sub("-", text).strip("-").upper()


def list_value_changes(names: Iterable[str], changes: Sequence[Change]) -> tuple[ValueChange, ...]:
    """How changes moved these names, also those that the newest edition no longer prints."""
    runs = group_steps_by_name(changes)
    return tuple(
        ValueChange(name, was, now, changes[index].kind, changes[index].date.iso(), changes[index].reason)
        for name in names
        for index, was, now in runs.get(name, ())
    )


def drop_repeated_cells(moved: Sequence[ValueChange]) -> list[ValueChange]:
    """The changes without cells whose figure changed in the same way."""
    figures = {replace(one, name="") for one in moved if "[" not in one.name}
    return [one for one in moved if "[" not in one.name or replace(one, name="") not in figures]


def _edition_as_dict(one: Edition, first: str) -> dict[str, Any]:
    language = split_document_name(one.brief)[1] or first
    return {"brief": one.brief, "number": one.number, "code": one.code, "date": one.date.iso(), "language": language}
