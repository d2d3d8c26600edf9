"""PO files, as translators' tools write them: read into entries that know their lines, and written again."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tipbrief.load.places import Place
from tipbrief.load.schema import MOST_LETTERS
from tipbrief.load.text_files import MOST_TEXT_BYTES, read_text
from tipbrief.problems import Found, Problem, Problems

MOST_ENTRIES, MOST_LINES = 50_000, 1_000_000
# What stands before a text: of which field it is, or none where it goes on from the line before.
_TEXT = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(\[\d{1,3}\])?\s*)?"((?:[^"\\]|\\.)*+)"')
_MARK = re.compile(r"#~\||#[~|,:.]?")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_WRITTEN = str.maketrans({"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"})
_CHARSET = re.compile(r"charset=\s*([^\s;]*)")
_KEEP_ONE = "keep the right one of both, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"
_AGAIN = "tipbrief translate LANGUAGE writes it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A text and its translation. ``place`` is that of the translation.

    A fuzzy one is of another text, ``previous`` where that is known, or somebody is not sure of it.
    """

    context: str = ""
    source: str
    text: str = ""
    fuzzy: bool = False
    previous: str = ""
    flags: tuple[str, ...] = ()  # others than fuzzy
    notes: tuple[str, ...] = ()  # of translators
    told: tuple[str, ...] = ()  # to translators
    found_at: tuple[str, ...] = ()  # file:line
    place: Place = field(default=Place(Path()), compare=False)

    @property
    def done(self) -> bool:
        """Whether somebody translated it, and nothing is doubtful in that."""
        return bool(self.text.strip()) and not self.fuzzy


@dataclass(frozen=True, slots=True)
class PoFile:
    """What a PO file holds: its headers, its entries in order, and those of texts that are gone."""

    file: Path
    headers: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    gone: tuple[Entry, ...] = ()
    place: Place = field(default=Place(Path()), compare=False)

    def header(self, name: str) -> str:
        """A line of the header; empty where there is none."""
        return next((value for key, value in self.headers.items() if key.casefold() == name.casefold()), "")


# Reading


def read_po(file: Path) -> PoFile:
    """A PO file in UTF-8; ``Problems`` holds all that is wrong with its form."""
    return _read(file, read_text(file, _KEEP_ONE, MOST_TEXT_BYTES))


@lru_cache(4)  # a correction looks at a publication as it is, and as it would be
def _read(file: Path, text: str) -> PoFile:
    reader, lines = _Reader(file), text.split("\n")
    if len(lines) > MOST_LINES:
        raise Problems(f"the file has more than {MOST_LINES:,} lines", file, kind="too-large")
    for number, line in enumerate(lines, 1):
        reader.read(number, line)
    reader.finish()
    if reader.problems:
        raise Problems(reader.problems.in_order())
    return reader.whole()


@dataclass
class _Draft:
    """An entry of which not all lines are read. Its texts are by the words before them."""

    line: int
    marked: dict[str, list[str]] = field(default_factory=dict)  # comments, by their signs
    texts: dict[str, list[str]] = field(default_factory=dict)
    last: str = ""  # the text that the next line may carry on
    lines: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # first, column, last
    gone: bool = False
    plural: bool = False
    broken: bool = False  # a line of it cannot be read: what it lacks is no fault of its own

    def text(self, name: str) -> str:
        return "".join(self.texts.get(name, ()))


@dataclass
class _Reader:
    """Takes the lines of a PO file one by one."""

    file: Path
    problems: Found = field(default_factory=Found)
    draft: _Draft | None = None
    header: _Draft | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    gone: list[Entry] = field(default_factory=list)

    def whole(self) -> PoFile:
        """All that was read."""
        head = self.header or _Draft(1)
        lines = (line.partition(":") for line in head.text("msgstr").split("\n"))
        headers = {name.strip(): value.strip() for name, _, value in lines if name.strip()}
        notes, place = head.marked.get("#", ()), self._place(head, "msgstr")
        return PoFile(self.file, headers, tuple(notes), (*self.entries.values(),), (*self.gone,), place)

    def read(self, number: int, whole: str) -> None:
        """One more line."""
        line = whole.strip()
        mark = found[0] if (found := _MARK.match(line)) else ""
        rest = line[len(mark) :].strip()
        if mark in ("#", "#.", "#:", "#,"):
            self._draft_at(number, mark).marked.setdefault(mark, []).append(rest)
        elif rest and (text := _TEXT.fullmatch(rest)):
            self._read_text(number, whole.index('"') + 2, mark, text)
        elif rest:
            self._draft_at(number, rest.split('"')[0].split()[0] if rest[0] != '"' else "").broken = True
            self._refuse(number, *_broken(rest))

    def _read_text(self, number: int, column: int, mark: str, text: re.Match[str]) -> None:
        keyword, plural, quoted = text.groups()
        before = "#|" if "|" in mark else ""
        draft = self._draft_at(number, before + (keyword or ""))
        draft.gone |= "~" in mark
        name = before + keyword if keyword else draft.last
        if not name.startswith(before or "msg"):
            self._refuse(
                number,
                "a text stands after nothing of which it is",
                f"write msgid or msgstr before it; {_AGAIN}",
            )
            return
        draft.plural |= bool(plural) or keyword == "msgid_plural"
        if keyword and name in draft.texts and not draft.plural:
            self._refuse(number, f"'{keyword}' stands twice in one entry", "keep one")
        draft.last = name
        first, column, _ = draft.lines.get(name, (number, column, number))
        draft.lines[name] = first, column, number
        draft.texts.setdefault(name, []).append(self._unescaped(number, quoted))

    def _draft_at(self, number: int, begins: str) -> _Draft:
        """The entry to which a line belongs that begins so: a new one where that before it is over."""
        texts = self.draft.texts if self.draft else {}
        over = begins not in ("", "msgstr", "msgid_plural", "#|msgid_plural") and "msgstr" in texts
        if over or (begins in texts and begins != "msgstr") or (begins == "msgctxt" and "msgid" in texts):
            self.finish()
        if self.draft is None:
            self.draft = _Draft(number)
        return self.draft

    def finish(self) -> None:
        """The entry is over."""
        draft, self.draft = self.draft, None
        if draft is None or draft.broken or not draft.texts:
            return
        at = min(first for first, _, _ in draft.lines.values())
        lacking = [name for name in ("msgid", "msgstr") if name not in draft.texts]
        if draft.plural:
            message = "the entry has forms for one and for many, which no text of a publication has"
            self._refuse(at, message, "write one msgid and one msgstr", "plural")
        elif lacking:
            self._refuse(at, f"the entry has no {lacking[0]}", _AGAIN)
        elif not draft.text("msgid") and not draft.text("msgctxt") and not draft.gone:
            self._head(draft)
        else:
            self._enter(draft, at)

    def _head(self, draft: _Draft) -> None:
        if self.header:
            hint = f"the first is in line {self.header.line}; keep one"
            self._refuse(draft.line, "the header stands twice", hint, "entry-twice")
        self.header = self.header or draft
        charset = _CHARSET.search(draft.text("msgstr"))
        if charset and charset[1].upper() not in ("UTF-8", "UTF8", "CHARSET", ""):
            place = self._place(draft, "msgstr")
            message, hint = (
                f"the header says charset={charset[1]}",
                "save the file as UTF-8, and write charset=UTF-8",
            )
            self.problems.append(place.problem(message, hint, kind="not-utf-8", token=charset[0]))

    def _enter(self, draft: _Draft, at: int) -> None:
        flags = [flag.strip() for line in draft.marked.get("#,", ()) for flag in line.split(",")]
        entry = Entry(
            context=draft.text("msgctxt"),
            source=draft.text("msgid"),
            text=draft.text("msgstr").strip(),
            fuzzy="fuzzy" in flags,
            previous=draft.text("#|msgid"),
            flags=tuple(flag for flag in flags if flag not in ("", "fuzzy")),
            notes=tuple(draft.marked.get("#", ())),
            told=tuple(draft.marked.get("#.", ())),
            found_at=tuple(draft.marked.get("#:", ())),
            place=self._place(draft, "msgstr"),
        )
        if len(self.entries) + len(self.gone) == MOST_ENTRIES:
            raise Problems(f"the file has more than {MOST_ENTRIES:,} entries", self.file, kind="too-large")
        if max(len(entry.source), len(entry.text), len(entry.context)) > MOST_LETTERS:
            hint = "divide the text of which it is"
            self._refuse(at, f"a text has more than {MOST_LETTERS:,} letters", hint, "too-large")
        name = entry.context or f"\0{entry.source}"
        if draft.gone:
            self.gone.append(entry)
        elif other := self.entries.get(name):
            message = f"the entry of '{entry.context or entry.source[:40]}' stands twice"
            self._refuse(
                at, message, f"it stands first in line {other.place.line}; delete one", "entry-twice"
            )
        else:
            self.entries[name] = entry

    def _place(self, draft: _Draft, name: str) -> Place:
        first, column, last = draft.lines.get(name, (draft.line, 1, draft.line))
        return Place(self.file, first, column, last)

    def _unescaped(self, number: int, quoted: str) -> str:
        if strange := next((one for one in _ESCAPE.finditer(quoted) if one[1] not in _ESCAPED), None):
            self._refuse(
                number, f"'{strange[0]}' means nothing in a PO file", "write \\\\ for a \\ that is printed"
            )
        return _ESCAPE.sub(lambda one: _ESCAPED.get(one[1], ""), quoted)

    def _refuse(self, line: int, message: str, hint: str, kind: str = "po-syntax") -> None:
        self.problems.append(Problem(message, self.file, line, 1, hint, kind=kind))


def _broken(line: str) -> tuple[str, str]:
    """Message and hint for a line that is none of a PO file."""
    if line.startswith(("msg", '"')) and '"' in line:
        return (
            "a quotation mark stands inside a text, or is left open",
            'write \\" inside a text, and " at its end',
        )
    if line.startswith("msg"):
        return "a text stands without quotation marks", 'put it between two "'
    return (
        "this is no line of a PO file",
        'a comment begins with #, a text stands between two " after its msgid or msgstr',
    )


# Writing


def po_text(po: PoFile) -> str:
    """The file as it is written."""
    head = "".join(f"{name}: {value}\n" for name, value in po.headers.items())
    blocks = [[*_comments("#", po.notes), 'msgid ""', *_quoted("msgstr", head)]]
    blocks += [[*_entry(entry, "")] for entry in po.entries]
    blocks += [[*_entry(entry, "#~ ")] for entry in po.gone]
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _entry(entry: Entry, gone: str) -> Iterator[str]:
    yield from _comments("#", entry.notes)
    yield from _comments("#.", entry.told)
    yield from _comments("#:", entry.found_at)
    if flags := [*["fuzzy"][: entry.fuzzy], *entry.flags]:
        yield f"#, {', '.join(flags)}"
    if entry.previous:
        yield from _quoted("msgid", entry.previous, "#~| " if gone else "#| ")
    if entry.context:
        yield from _quoted("msgctxt", entry.context, gone)
    yield from _quoted("msgid", entry.source, gone)
    yield from _quoted("msgstr", entry.text, gone)


def _comments(sign: str, lines: Iterable[str]) -> Iterator[str]:
    yield from (f"{sign} {line}".rstrip() for line in lines)


def _quoted(keyword: str, text: str, before: str = "") -> Iterator[str]:
    """A text behind its word; one of several lines is written as such."""
    lines = [f'"{line.translate(_WRITTEN)}"' for line in re.findall(r"[^\n]*\n|[^\n]+", text)] or ['""']
    first = [f"{keyword} {lines[0]}"] if len(lines) == 1 else [f'{keyword} ""', *lines]
    yield from (before + line for line in first)
