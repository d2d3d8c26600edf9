"""The ledger: which editions were delivered, and what was corrected; a file that only grows."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import quote, unquote

from filelock import FileLock

from tipbrief.dataset import Keyed, Place, Scalar, Text, read_yaml
from tipbrief.dataset import Sequence as Items
from tipbrief.persian import Date
from tipbrief.problems import Problem, Problems
from tipbrief.shape import Reader

FILE = "ledger.yaml"
Kind = Literal["correction", "revision"]
_HEAD = """\
# The ledger: which editions were delivered, with which figures, and what was corrected or revised since.
# tipbrief adds to it at its end ('build --deliver', 'correct'). Keep it with the dataset, and do not edit it.
"""
_RESTORE = (
    "take the entry from an older copy of the ledger: version control, or tipbrief inspect PDF --extract DIR"
)
_CHAIN = f"a correction is missing above, or stands in the wrong place; {_RESTORE}"
_CODE = re.compile(r"[0-9a-f]{4}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
_NAME = re.compile(r"(?!(?:null|true|false|yes|no|on|off)\Z)[a-z][a-z0-9_-]*", re.I)
_CODE_LENGTH = 4
_NOTHING = "%"  # an empty value
_NOWHERE = Place(Path())


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One delivered edition of a brief. ``prints``: its figures and table cells by name, as plain values."""

    brief: str
    number: int
    code: str
    date: Date
    content: str = ""
    data: str = ""
    prints: Mapping[str, str] = field(default_factory=dict)
    pdf: str = ""
    place: Place = field(default=_NOWHERE, compare=False)

    @property
    def name(self) -> str:
        """``WORLD/3``."""
        return f"{self.brief.upper()}/{self.number}"

    @property
    def signature(self) -> str:
        """``WORLD/3 · 9f2c``, as it is printed."""
        return f"{self.name} · {self.code}" if self.code else self.name

    @property
    def draft(self) -> bool:
        """Whether it was not delivered: only delivered editions have a code."""
        return not self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprint:
    """A further PDF of an edition: other programs, paper or form, the same content."""

    brief: str
    number: int
    date: Date
    pdf: str
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A correction or revision: what was where, what is there now, and the figures that followed from it."""

    kind: Kind
    name: str
    was: str
    now: str
    date: Date
    reason: str
    source: str = ""
    also: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    place: Place = field(default=_NOWHERE, compare=False)

    @property
    def steps(self) -> Mapping[str, tuple[str, str]]:
        """All names that it changed, with the old and the new value."""
        return {self.name: (self.was, self.now), **self.also}


Entry = Edition | Reprint | Change
T = TypeVar("T", Edition, Reprint)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries in the order in which they were made; ``raw`` is the file as it was read."""

    publication: str
    entries: tuple[Entry, ...] = ()
    raw: bytes = b""

    def editions(self, brief: str) -> list[Edition]:
        """The editions of a brief, oldest first."""
        return [entry for entry in self.entries if isinstance(entry, Edition) and entry.brief == brief]

    def last(self, brief: str) -> Edition | None:
        """The newest edition of a brief."""
        return next(reversed(self.editions(brief)), None)

    def after(self, edition: Edition) -> list[Change]:
        """The changes between an edition and the next one of the same brief, or until now."""
        found: list[Change] = []
        for entry in self.entries[self.entries.index(edition) + 1 :]:
            if isinstance(entry, Edition) and entry.brief == edition.brief:
                break
            if isinstance(entry, Change):
                found.append(entry)
        return found

    def pdfs(self, edition: Edition) -> set[str]:
        """The sha256 of every PDF in which an edition was delivered."""
        again = {
            entry.pdf
            for entry in self.entries
            if isinstance(entry, Reprint) and (entry.brief, entry.number) == (edition.brief, edition.number)
        }
        return {edition.pdf, *again} - {""}

    def with_entries(self, entries: Iterable[Entry]) -> Ledger:
        """The ledger with more entries at its end."""
        return replace(self, entries=(*self.entries, *entries))


def code_of(publication: str, edition: Edition, earlier: Sequence[Edition]) -> str:
    """The short code of an edition: a piece of its hash that differs in two places from all earlier codes.

    So one mistyped character never leads to another edition.
    """
    parts = [
        publication,
        edition.brief,
        str(edition.number),
        edition.date.iso(),
        edition.content,
        edition.data,
    ]
    parts += [f"{name}={value}" for name, value in sorted(edition.prints.items())]
    whole = hashlib.sha256("\0".join(parts).encode())
    taken = [one.code for one in earlier]
    while True:
        digest = whole.hexdigest()
        for start in range(len(digest) - _CODE_LENGTH + 1):
            code = digest[start : start + _CODE_LENGTH]
            if all(sum(a != b for a, b in zip(code, other, strict=True)) > 1 for other in taken):
                return code
        whole = hashlib.sha256(digest.encode())


def read(folder: Path, publication: str) -> Ledger:
    """The ledger of a publication, empty where there is none; ``Problems`` where it is not in order."""
    file = folder / FILE if folder.is_dir() else folder
    if not file.exists() and folder.is_dir():
        return Ledger(publication)
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise Problems(Problem(f"the ledger cannot be read: {fault.strerror}", file)) from None
    if not raw.strip():
        hint = "delete it where no edition was delivered yet; else take it from version control"
        raise Problems(Problem("the ledger is empty", file, hint=hint))
    reader = Reader()
    root = read_yaml(file)
    listed = Keyed({"entries": root.items["entries"]}, {}, root.place) if "entries" in root.items else root
    keys = {name: place for name, place in root.keys.items() if name != "entries"}
    head = reader.record(_Head, replace(root, keys=keys), "the ledger")
    entries = tuple(_entries(reader, listed))
    problems = reader.problems
    if head is not None and publication and head.publication != publication:
        problems.append(
            head.publication.problem(
                f"this is the ledger of the publication '{head.publication}', not of '{publication}'",
                "put the right ledger.yaml here; for a new publication delete it",
            )
        )
    if not problems:
        found = Ledger(str(head.publication), entries, raw)
        problems = list(_disorder(found))
        if not problems:
            return found
    raise Problems(problems)


def dump(ledger: Ledger) -> str:
    """A ledger as the text of its file."""
    lines = [f"{_HEAD}publication: {_named(ledger.publication)}\nentries:\n"]
    return "".join([*lines, *(_entry_text(entry) for entry in ledger.entries)])


def append(
    folder: Path, ledger: Ledger, entries: Sequence[Entry], files: Mapping[Path, bytes] | None = None
) -> Ledger:
    """Add entries to the file at its end, by rename; a problem where it changed since it was read.

    What could not be read afterwards is not written.

    ``files`` are written first: a crash between leaves a change that the ledger does not know, which the next
    delivery finds; the other way round the ledger would tell of a change that never was.
    """
    file, new = folder / FILE, grown(ledger, entries)
    _read_back(file, new)
    with locked(folder):
        there = file.read_bytes() if file.exists() else b""
        if there != ledger.raw:
            raise Problems(
                Problem(
                    "the ledger was changed by another run in the meantime",
                    file,
                    hint="nothing was recorded; run the command again",
                )
            )
        for path, content in (files or {}).items():
            replace_file(path, content)
        replace_file(file, new.raw)
    return new


def grown(ledger: Ledger, entries: Sequence[Entry]) -> Ledger:
    """The ledger with more entries at its end; what stood in its file stays as it was, byte for byte."""
    raw = ledger.raw or dump(Ledger(ledger.publication)).encode()
    if not raw.endswith(b"\n"):
        raw += b"\n"
    added = "".join(_entry_text(entry) for entry in entries).encode()
    if b"\r\n" in raw:
        added = added.replace(b"\n", b"\r\n")
    return Ledger(ledger.publication, (*ledger.entries, *entries), raw + added)


def _read_back(file: Path, new: Ledger) -> None:
    """A problem where the grown ledger is out of order, or its file was laid out anew by hand."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(new.raw)
        try:
            same = read(Path(folder), new.publication).entries == new.entries
            why = "" if same else "at its end no entry can be added"
        except Problems as found:
            why = found.problems[0].message
    if why:
        hint = "nothing was recorded; the ledger must end with its entries, laid out as tipbrief wrote them"
        raise Problems(Problem(f"the ledger would not be in order any more: {why}", file, hint=hint))


def replace_file(file: Path, content: bytes) -> None:
    """Write a file under a temporary name, then give it its own: never half a file."""
    try:
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
        handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            temporary.chmod(mode)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as fault:
        hint = "free the file; nothing in it was changed"
        raise Problems(Problem(f"the file cannot be written: {fault.strerror}", file, hint=hint)) from fault


def locked(folder: Path) -> FileLock:
    """The lock of a publication's ledger: on one machine, who comes first goes first."""
    return FileLock(_lock_of(folder / FILE), mode=0o666, is_singleton=True)


def _lock_of(file: Path) -> Path:
    # Not beside the ledger, where it would be one more file to keep out of version control.
    name = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tipbrief-{name}.lock"


# Reading


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reprint:
    place: Place
    reprint: Text
    number: int
    date: Date
    pdf: Text


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


_SHAPES = {"edition": _Edition, "reprint": _Reprint, "correction": _Correction, "revision": _Revision}


def _entries(reader: Reader, root: Keyed) -> Iterator[Entry]:
    listed = root.items.get("entries")
    if isinstance(listed, Scalar) and not listed.text:
        return
    if not isinstance(listed, Items):
        reader.problems.append(root.place.problem("the ledger has no list 'entries'", _RESTORE))
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
                reader.problems.append(made.place.problem(f"the {kind} cannot be read: {fault}", _RESTORE))


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
            place=made.place,
        )
    if isinstance(made, _Reprint):
        return Reprint(
            brief=str(made.reprint), number=made.number, date=made.date, pdf=_hash(made.pdf), place=made.place
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


def cell_name(table: str, key: str, column: str) -> str:
    """``placements[AFG].tier``."""
    return f"{table}[{key}].{column}"


# Order


def _disorder(ledger: Ledger) -> Iterator[Problem]:
    earlier: dict[str, list[Edition]] = {}
    known: dict[str, str] = {}
    for entry in ledger.entries:
        if isinstance(entry, Change):
            yield from _broken_chain(entry, known)
            known.update({name: now for name, (_, now) in entry.steps.items() if name in known})
        elif isinstance(entry, Reprint):
            if all(one.number != entry.number for one in earlier.get(entry.brief, ())):
                message = f"there is no edition {entry.brief.upper()}/{entry.number} above this reprint"
                yield entry.place.problem(message, _RESTORE)
        elif problem := _misplaced(ledger, entry, earlier.setdefault(entry.brief, [])):
            yield problem
        else:
            for name, value in entry.prints.items():
                if known.setdefault(name, value) != value:
                    message = (
                        f"{entry.name} prints '{name}' as {value}, by the entries above it is {known[name]}"
                    )
                    yield entry.place.problem(message, _CHAIN)
            known.update(entry.prints)


def _broken_chain(change: Change, known: Mapping[str, str]) -> Iterator[Problem]:
    for name, (was, _) in change.steps.items():
        if known.get(name, was) != was:
            message = f"by this {change.kind} '{name}' was {was}, by the entries above it was {known[name]}"
            yield change.place.problem(message, _CHAIN)


def _misplaced(ledger: Ledger, entry: Edition, earlier: list[Edition]) -> Problem | None:
    """What is wrong with an edition as such, which else is one of the earlier ones from now on."""
    if first := next((one for one in earlier if one.number == entry.number), None):
        return entry.place.problem(
            f"the edition {entry.name} stands twice, first in line {first.place.line}",
            "keep the one that was handed out, delete the other, then: tipbrief build --deliver",
        )
    due = max((one.number for one in earlier), default=0) + 1
    fits = entry.code == code_of(ledger.publication, entry, earlier)
    earlier.append(entry)
    if entry.number < due:
        message = f"{entry.name} stands below {entry.brief.upper()}/{due - 1}"
        return entry.place.problem(message, "put the entries back in order")
    if entry.number > due:
        name = f"{entry.brief.upper()}/{due}"
        if any(one.number == due for one in ledger.editions(entry.brief)):
            return entry.place.problem(f"{entry.name} stands above {name}", "put the entries back in order")
        return entry.place.problem(f"the edition {name} is missing above {entry.name}", _RESTORE)
    if not fits:
        message = f"the edition {entry.name} was changed by hand: its code {entry.code} does not fit it"
        return entry.place.problem(message, _RESTORE)
    return None


# Writing


def _entry_text(entry: Entry) -> str:
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
    return "".join(f"  {'- ' if not index else '  '}{line}\n" for index, line in enumerate(lines))


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
