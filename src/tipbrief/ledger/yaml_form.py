"""The ledger as the text of its file: entries read from YAML, and written so that the file can only grow."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, Edition, Entry, Ledger, Reprint, cell_name
from tipbrief.load.places import Place, Text
from tipbrief.load.schema import Reader
from tipbrief.load.yaml_nodes import Keyed, Scalar, Sequence

_HEAD = """\
# The ledger: which editions were delivered, with which figures, and what was corrected or revised since.
# tipbrief adds to it at its end ('build --deliver', 'correct'). Keep it with the dataset, and do not edit it.
"""
RESTORE = "take what stood there from version control or another older copy of the ledger"
AFTER = " after "
_SEAL_LENGTH = 8
_CODE = re.compile(r"[0-9a-f]{4}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
_NAME = re.compile(r"(?!(?:null|true|false|yes|no|on|off)\Z)[a-z][a-z0-9_-]*", re.I)
_NOTHING = "%"  # an empty value


# Reading


def parsed(reader: Reader, root: Keyed) -> tuple[Text | None, tuple[Entry, ...]]:
    """Whose ledger it is, None where it does not say so, and its entries; the reader has the problems."""
    listed = Keyed({"entries": root.items["entries"]}, {}, root.place) if "entries" in root.items else root
    keys = {name: place for name, place in root.keys.items() if name != "entries"}
    head = reader.record(_Head, replace(root, keys=keys), "the ledger")
    return (head.publication if head else None), tuple(_entries(reader, listed))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    place: Place
    publication: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edition:
    place: Place
    edition: Text
    number: int
    code: Text
    date: Date
    content: Text
    data: Text
    prints: Mapping[str, Text] = field(default_factory=dict)
    pdf: Text | None = None
    seal: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reprint:
    place: Place
    reprint: Text
    number: int
    date: Date
    pdf: Text
    seal: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Correction:
    place: Place
    correction: Text
    was: Text
    now: Text
    date: Date
    reason: Text
    source: Text | None = None
    also: Mapping[str, Text] = field(default_factory=dict)
    seal: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Revision:
    place: Place
    revision: Text
    was: Text
    now: Text
    date: Date
    reason: Text
    source: Text | None = None
    also: Mapping[str, Text] = field(default_factory=dict)
    seal: Text


_SHAPES = {"edition": _Edition, "reprint": _Reprint, "correction": _Correction, "revision": _Revision}


def _entries(reader: Reader, root: Keyed) -> Iterator[Entry]:
    listed = root.items.get("entries")
    if isinstance(listed, Scalar) and not listed.text:
        return
    if not isinstance(listed, Sequence):
        reader.problems.append(root.place.problem("the ledger has no list 'entries'", RESTORE))
        return
    for node in listed.items:
        kind = next((name for name in _SHAPES if isinstance(node, Keyed) and name in node.items), None)
        if kind is None:
            hint = f"an entry begins with one of {', '.join(_SHAPES)}"
            reader.problems.append(node.place.problem("this is no entry of a ledger", hint))
        elif (made := reader.record(_SHAPES[kind], node, f"the {kind}")) is not None:
            try:
                yield _entry(kind, made)
            except ValueError as fault:
                reader.problems.append(made.place.problem(f"the {kind} cannot be read: {fault}", RESTORE))


def _entry(kind: str, made: _Edition | _Reprint | _Correction | _Revision) -> Entry:
    if isinstance(made, _Edition):
        return Edition(
            brief=str(made.edition),
            number=made.number,
            code=_coded(made.code),
            date=made.date,
            content=_hash(made.content),
            data=_hash(made.data),
            prints=_printed(made.prints),
            pdf=_hash(made.pdf) if made.pdf else "",
            seal=str(made.seal),
            place=made.place,
        )
    if isinstance(made, _Reprint):
        return Reprint(
            brief=str(made.reprint),
            number=made.number,
            date=made.date,
            pdf=_hash(made.pdf),
            seal=str(made.seal),
            place=made.place,
        )
    return Change(
        kind="correction" if kind == "correction" else "revision",
        name=str(made.correction if isinstance(made, _Correction) else made.revision),
        was=_unescaped(made.was),
        now=_unescaped(made.now),
        date=made.date,
        reason=str(made.reason),
        source=str(made.source or ""),
        also={name: _two(text) for name, text in made.also.items()},
        seal=str(made.seal),
        place=made.place,
    )


def _hash(text: Text) -> str:
    if not _HASH.fullmatch(text):
        raise ValueError(f"'{text}' is no sha256")
    return str(text)


def _coded(text: Text) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError(f"'{text}' is no code of an edition")
    return str(text)


def _two(text: str) -> tuple[str, str]:
    was, arrow, now = text.partition(" -> ")
    if not arrow:
        raise ValueError(f"'{text}' is not 'OLD -> NEW'")
    return _unescaped(was), _unescaped(now)


def _printed(groups: Mapping[str, Text]) -> dict[str, str]:
    found: dict[str, str] = {}
    for group, text in groups.items():
        table, _, column = group.partition(".")
        for item in text.split():
            name, sign, value = item.partition("=")
            if not sign:
                raise ValueError(f"'{item}' is not 'NAME=VALUE'")
            found[cell_name(table, unquote(name), column) if column else name] = unquote(value)
    return found


def _unescaped(text: str) -> str:
    return "" if text == _NOTHING else unquote(text)


# Writing


def dump(ledger: Ledger) -> str:
    """A ledger as the text of its file."""
    head = f"{_HEAD}publication: {_named(ledger.publication)}\nentries:\n"
    return head + entries_text(ledger.entries)


def entries_text(entries: Iterable[Entry], above: Entry | None = None) -> str:
    """Entries as their lines of the file, below the entry ``above`` them."""
    text = ""
    for entry in entries:
        lines = [*_lines(entry), f"seal: {_quoted(seal_of(entry, above))}"]
        text += "".join(f"  {'- ' if not index else '  '}{line}\n" for index, line in enumerate(lines))
        above = entry
    return text


def seal_of(entry: Entry, above: Entry | None) -> str:
    """The end of an entry, ``5d1c07e2 after 9f2c88aa``: a piece of its hash, and that of the entry above.

    So a change by hand is found, and that an entry is gone. A reason may be worded better.
    """
    kept = [line for line in _lines(entry) if not line.startswith("reason: ")]
    own = hashlib.sha256("\n".join(kept).encode()).hexdigest()[:_SEAL_LENGTH]
    return f"{own}{AFTER}{seal_of(above, None)}" if above else own


def _lines(entry: Entry) -> list[str]:
    lines: list[str] = []
    if isinstance(entry, Edition):
        lines += [
            f"edition: {_named(entry.brief)}",
            f"number: {entry.number}",
            f"code: {_quoted(entry.code)}",
        ]
        lines += [
            f"date: {entry.date.iso()}",
            f"content: {_quoted(entry.content)}",
            f"data: {_quoted(entry.data)}",
        ]
        if entry.prints:
            lines += ["prints:", *(f"  {line}" for line in _prints_lines(entry.prints))]
        if entry.pdf:
            lines.append(f"pdf: {_quoted(entry.pdf)}")
    elif isinstance(entry, Reprint):
        lines += [f"reprint: {_named(entry.brief)}", f"number: {entry.number}"]
        lines += [f"date: {entry.date.iso()}", f"pdf: {_quoted(entry.pdf)}"]
    else:
        lines += [f"{entry.kind}: {_quoted(entry.name)}", f"was: {_quoted(_escaped(entry.was))}"]
        lines += [f"now: {_quoted(_escaped(entry.now))}"]
        lines += [f"date: {entry.date.iso()}", f"reason: {_quoted(entry.reason)}"]
        if entry.source:
            lines.append(f"source: {_named(entry.source)}")
        if entry.also:
            lines.append("also:")
            for name, (was, now) in entry.also.items():
                lines.append(f"  {_quoted(name)}: {_quoted(f'{_escaped(was)} -> {_escaped(now)}')}")
    return lines


def _prints_lines(prints: Mapping[str, str]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for name, value in prints.items():
        table, bracket, rest = name.partition("[")
        key, _, column = rest.rpartition("].")
        group, name = (f"{table}.{column}", _item(key)) if bracket else ("figures", name)
        groups.setdefault(group, []).append(f"{name}={_item(value)}")
    for group, items in groups.items():
        yield f"{group if _PLAIN.fullmatch(group) else _quoted(group)}: >-"
        yield from textwrap.wrap(
            " ".join(items),
            100,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _item(text: str) -> str:
    return re.sub(r"[\s%=]", lambda found: quote(found[0]), text)


def _escaped(value: str) -> str:
    return re.sub(r"%|^\s|\s\Z|[^\S ]| (?=-> )", lambda found: quote(found[0]), value) or _NOTHING


def _named(text: str) -> str:
    return text if _NAME.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
