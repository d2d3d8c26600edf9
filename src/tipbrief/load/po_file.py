"""PO files: read into entries that know their lines, and written again."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tipbrief.load.schema import LONGEST_TEXT
from tipbrief.load.source_text import MAX_TEXT_BYTES, SourceLocation, read_text
from tipbrief.problems import Problem, ProblemList, Problems

MAX_PO_ENTRIES, MAX_LINES = 50_000, 1_000_000
# A quoted text after its keyword, or without one if it continues the line before.
_TEXT_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(\[\d{1,3}\])?\s*)?"((?:[^"\\]|\\.)*+)"')
_COMMENT_MARK = re.compile(r"#~\||#[~|,:.]?")
_ESCAPE_SEQUENCE = re.compile(r"\\(.)")
_ESCAPE_CHARACTERS = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE_TABLE = str.maketrans({"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"})
_CHARSET = re.compile(r"charset=\s*([^\s;]*)")
_KEEP_ONE_HINT = "keep the right one of both, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"
_REWRITE_HINT = "tipbrief translate LANGUAGE writes it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoEntry:
    """A text and its translation. The location is that of the translation."""

    context: str = ""
    source: str
    text: str = ""
    fuzzy: bool = False  # the translation is uncertain, or belongs to another text
    previous_source: str = ""  # that other text, if it is known
    flags: tuple[str, ...] = ()  # except fuzzy
    translator_comments: tuple[str, ...] = ()
    developer_comments: tuple[str, ...] = ()  # for translators
    source_references: tuple[str, ...] = ()  # file:line
    location: SourceLocation = field(default=SourceLocation(Path()), compare=False)

    @property
    def is_translated(self) -> bool:
        """Whether it has a translation that is not fuzzy."""
        return bool(self.text.strip()) and not self.fuzzy


@dataclass(frozen=True, slots=True)
class PoFile:
    """The content of a PO file: headers, entries in order, and entries of texts that were removed."""

    file: Path
    headers: Mapping[str, str] = field(default_factory=dict)
    header_comments: tuple[str, ...] = ()
    entries: tuple[PoEntry, ...] = ()
    obsolete_entries: tuple[PoEntry, ...] = ()
    location: SourceLocation = field(default=SourceLocation(Path()), compare=False)

    def header(self, name: str) -> str:
        """The value of a header; empty if there is none."""
        return next((value for key, value in self.headers.items() if key.casefold() == name.casefold()), "")


def read_po(file: Path) -> PoFile:
    """The content of a PO file. ``Problems`` has all faults of its form."""
    return parse_po(file, read_text(file, _KEEP_ONE_HINT, MAX_TEXT_BYTES))


@lru_cache(4)  # a correction reads a publication twice: as it is, and as it would be
def parse_po(file: Path, text: str) -> PoFile:
    """The content of a PO file with this text."""
    reader, lines = _PoReader(file), text.split("\n")
    if len(lines) > MAX_LINES:
        raise Problems(f"the file has more than {MAX_LINES:,} lines", file, kind="too-large")
    for number, line in enumerate(lines, 1):
        reader.read_line(number, line)
    reader.finish_entry()
    if reader.problems:
        raise Problems(reader.problems.as_sorted_tuple())
    return reader.build_file()


@dataclass
class _PartialEntry:
    line: int
    comments: dict[str, list[str]] = field(default_factory=dict)  # by their signs
    texts: dict[str, list[str]] = field(default_factory=dict)  # by their keywords
    last_keyword: str = ""  # of the text that the next line may continue
    text_spans: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # first line, column, last line
    is_obsolete: bool = False
    is_plural: bool = False
    has_bad_line: bool = False  # a line cannot be read, so what the entry lacks is no further fault

    def text(self, name: str) -> str:
        return "".join(self.texts.get(name, ()))


class _PoReader:
    def __init__(self, file: Path) -> None:
        self.file, self.problems = file, ProblemList()
        self.current_entry: _PartialEntry | None = None
        self.header: _PartialEntry | None = None
        self.entries, self.obsolete_entries = dict[str, PoEntry](), list[PoEntry]()

    def build_file(self) -> PoFile:
        head = self.header or _PartialEntry(1)
        lines = (line.partition(":") for line in head.text("msgstr").split("\n"))
        headers = {name.strip(): value.strip() for name, _, value in lines if name.strip()}
        notes, place = head.comments.get("#", ()), self._text_location(head, "msgstr")
        return PoFile(self.file, headers, tuple(notes), (*self.entries.values(),), (*self.obsolete_entries,), place)

    def read_line(self, number: int, whole: str) -> None:
        line = whole.strip()
        mark = found[0] if (found := _COMMENT_MARK.match(line)) else ""
        rest = line[len(mark) :].strip()
        if mark in ("#", "#.", "#:", "#,"):
            self._entry_for_line(number, mark).comments.setdefault(mark, []).append(rest)
        elif rest and (text := _TEXT_LINE.fullmatch(rest)):
            self._read_text_line(number, whole.index('"') + 2, mark, text)
        elif rest:
            self._entry_for_line(number, rest.split('"')[0].split()[0] if rest[0] != '"' else "").has_bad_line = True
            self._add_problem(number, *_describe_bad_line(rest))

    def _read_text_line(self, number: int, column: int, mark: str, text: re.Match[str]) -> None:
        keyword, plural, quoted = text.groups()
        before = "#|" if "|" in mark else ""
        draft = self._entry_for_line(number, before + (keyword or ""))
        draft.is_obsolete |= "~" in mark
        name = before + keyword if keyword else draft.last_keyword
        if not name.startswith(before or "msg"):
            hint = f"write msgid or msgstr before it; {_REWRITE_HINT}"
            self._add_problem(number, "a text stands after nothing of which it is", hint)
            return
        draft.is_plural |= bool(plural) or keyword == "msgid_plural"
        if keyword and name in draft.texts and not draft.is_plural:
            self._add_problem(number, f"'{keyword}' stands twice in one entry", "keep one")
        draft.last_keyword = name
        first, column, _ = draft.text_spans.get(name, (number, column, number))
        draft.text_spans[name] = first, column, number
        draft.texts.setdefault(name, []).append(self._unescape(number, quoted))

    def _entry_for_line(self, number: int, begins: str) -> _PartialEntry:
        texts = self.current_entry.texts if self.current_entry else {}
        over = begins not in ("", "msgstr", "msgid_plural", "#|msgid_plural") and "msgstr" in texts
        if over or (begins in texts and begins != "msgstr") or (begins == "msgctxt" and "msgid" in texts):
            self.finish_entry()
        if self.current_entry is None:
            self.current_entry = _PartialEntry(number)
        return self.current_entry

    def finish_entry(self) -> None:
        draft, self.current_entry = self.current_entry, None
        if draft is None or draft.has_bad_line or not draft.texts:
            return
        at = min(first for first, _, _ in draft.text_spans.values())
        lacking = [name for name in ("msgid", "msgstr") if name not in draft.texts]
        if draft.is_plural:
            message = "the entry has forms for one and for many, which no text of a publication has"
            self._add_problem(at, message, "write one msgid and one msgstr", "plural")
        elif lacking:
            self._add_problem(at, f"the entry has no {lacking[0]}", _REWRITE_HINT)
        elif not draft.text("msgid") and not draft.text("msgctxt") and not draft.is_obsolete:
            self._set_header(draft)
        else:
            self._add_entry(draft, at)

    def _set_header(self, draft: _PartialEntry) -> None:
        if self.header:
            hint = f"the first is in line {self.header.line}; keep one"
            self._add_problem(draft.line, "the header stands twice", hint, "entry-twice")
        self.header = self.header or draft
        charset = _CHARSET.search(draft.text("msgstr"))
        if charset and charset[1].upper() not in ("UTF-8", "UTF8", "CHARSET", ""):
            place = self._text_location(draft, "msgstr")
            message, hint = f"the header says charset={charset[1]}", "save the file as UTF-8, and write charset=UTF-8"
            self.problems.append(place.problem(message, hint, kind="not-utf-8", token=charset[0]))

    def _add_entry(self, draft: _PartialEntry, at: int) -> None:
        flags = [flag.strip() for line in draft.comments.get("#,", ()) for flag in line.split(",")]
        entry = PoEntry(
            context=draft.text("msgctxt"),
            source=draft.text("msgid"),
            text=draft.text("msgstr").strip(),
            fuzzy="fuzzy" in flags,
            previous_source=draft.text("#|msgid"),
            flags=tuple(flag for flag in flags if flag not in ("", "fuzzy")),
            translator_comments=tuple(draft.comments.get("#", ())),
            developer_comments=tuple(draft.comments.get("#.", ())),
            source_references=tuple(draft.comments.get("#:", ())),
            location=self._text_location(draft, "msgstr"),
        )
        if len(self.entries) + len(self.obsolete_entries) == MAX_PO_ENTRIES:
            raise Problems(f"the file has more than {MAX_PO_ENTRIES:,} entries", self.file, kind="too-large")
        if max(len(entry.source), len(entry.text), len(entry.context)) > LONGEST_TEXT:
            hint = "divide the text of which it is"
            self._add_problem(at, f"a text has more than {LONGEST_TEXT:,} letters", hint, "too-large")
        name = entry.context or f"\0{entry.source}"
        if draft.is_obsolete:
            self.obsolete_entries.append(entry)
        elif other := self.entries.get(name):
            message = f"the entry of '{entry.context or entry.source[:40]}' stands twice"
            self._add_problem(at, message, f"it stands first in line {other.location.line}; delete one", "entry-twice")
        else:
            self.entries[name] = entry

    def _text_location(self, draft: _PartialEntry, name: str) -> SourceLocation:
        first, column, last = draft.text_spans.get(name, (draft.line, 1, draft.line))
        return SourceLocation(self.file, first, column, last)

    def _unescape(self, number: int, quoted: str) -> str:
        unknown = [one[0] for one in _ESCAPE_SEQUENCE.finditer(quoted) if one[1] not in _ESCAPE_CHARACTERS]
        if unknown:
            message = f"'{unknown[0]}' means nothing in a PO file"
            self._add_problem(number, message, "write \\\\ for a \\ that is printed")
        return _ESCAPE_SEQUENCE.sub(lambda one: _ESCAPE_CHARACTERS.get(one[1], ""), quoted)

    def _add_problem(self, line: int, message: str, hint: str, kind: str = "po-syntax") -> None:
        self.problems.append(Problem(message, self.file, line, 1, hint, kind=kind))


def _describe_bad_line(line: str) -> tuple[str, str]:
    if line.startswith(("msg", '"')) and '"' in line:
        return "a quotation mark stands inside a text, or is left open", 'write \\" inside a text, and " at its end'
    if line.startswith("msg"):
        return "a text stands without quotation marks", 'put it between two "'
    hint = 'a comment begins with #, a text stands between two " after its msgid or msgstr'
    return "this is no line of a PO file", hint


def format_po(po: PoFile) -> str:
    """The text of the file."""
    head = "".join(f"{name}: {value}\n" for name, value in po.headers.items())
    blocks = [[*_format_comments("#", po.header_comments), 'msgid ""', *_format_text("msgstr", head)]]
    blocks += [[*_format_entry(entry, "")] for entry in po.entries]
    blocks += [[*_format_entry(entry, "#~ ")] for entry in po.obsolete_entries]
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _format_entry(entry: PoEntry, gone: str) -> Iterator[str]:
    yield from _format_comments("#", entry.translator_comments)
    yield from _format_comments("#.", entry.developer_comments)
    yield from _format_comments("#:", entry.source_references)
    if flags := [*["fuzzy"][: entry.fuzzy], *entry.flags]:
        yield f"#, {', '.join(flags)}"
    if entry.previous_source:
        yield from _format_text("msgid", entry.previous_source, "#~| " if gone else "#| ")
    if entry.context:
        yield from _format_text("msgctxt", entry.context, gone)
    yield from _format_text("msgid", entry.source, gone)
    yield from _format_text("msgstr", entry.text, gone)


def _format_comments(sign: str, lines: Iterable[str]) -> Iterator[str]:
    yield from (f"{sign} {line}".rstrip() for line in lines)


def _format_text(keyword: str, text: str, before: str = "") -> Iterator[str]:
    lines = [f'"{line.translate(_ESCAPE_TABLE)}"' for line in re.findall(r"[^\n]*\n|[^\n]+", text)] or ['""']
    first = [f"{keyword} {lines[0]}"] if len(lines) == 1 else [f'{keyword} ""', *lines]
    yield from (before + line for line in first)
