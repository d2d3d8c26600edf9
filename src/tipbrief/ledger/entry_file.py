"""The file of one ledger entry: JSON with a head and, below it, one fact per line."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tipbrief.files import hash_of
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, Edition, Fact, Reprint
from tipbrief.load.source_text import INVISIBLE_CHARACTER, SourceLocation
from tipbrief.problems import Problem, Problems

RESTORE_HINT = "take what stood there from version control or another older copy of the ledger"
ENTRY_KINDS = ("delivery", "correction", "revision", "withdrawal")
ENTRY_FILE_NAME = re.compile(rf"([0-9]{{4,9}})-({'|'.join(ENTRY_KINDS)})-([0-9a-f]{{12}})\.json(?:\.gz)?")
_FACTS_START, _FACTS_END = '"facts": [', "\n]\n}\n"
# A long ledger has many such lines: this reads what is searched in all of them, the rest is parsed on demand.
_DELIVERY_LINE = re.compile(
    r'\n\{"(edition|reprint)": "([\w.-]{1,200})", "number": ([1-9][0-9]{0,8}), '
    r'"code": "([0-9a-f]{4}|[0-9a-f]{8})"(?:, )?(.*\}),?$',
    re.ASCII | re.MULTILINE,
)
_LINE_START = re.compile(rb'\{"edition": "([\w.-]+)"')
_SHARING_BRIEF = re.compile(rb'\n\{"edition": "([\w.-]+)".*, "shares": ')
_PDF_HASH = re.compile(rb'"pdf": "([0-9a-f]{64})"')
_REASON_LINE = re.compile(r'\n"reason": .*')
# Escapes that tipbrief never writes, among them halves of surrogate pairs.
_FORBIDDEN_ESCAPE = re.compile(r'(?<!\\)(?:\\\\)*\\[^"\\/nrt]')
_MIN_SHARING, _MIN_SHARED = 20, 100  # editions, and values in all of them; fewer stand in each line
_PUBLICATION_ID = re.compile("[a-z][a-z0-9_-]*")
_EDITION_PATTERNS = {
    "brief": re.compile(r"[\w.-]{1,200}", re.ASCII), "code": re.compile("[0-9a-f]{4}|[0-9a-f]{8}"),
    **dict.fromkeys(("content", "data"), re.compile("[0-9a-f]{64}")), "pdf": re.compile("([0-9a-f]{64})?"),
}  # fmt: skip
_T = TypeVar("_T")


class DeliveryLine(NamedTuple):
    """The line of an edition or a reprint: its brief, number and code, and the rest as bytes."""

    kind: str
    brief: str
    number_text: str
    code: str
    json_tail: bytes

    @property
    def signature(self) -> str:
        """``WORLD/3 · 9f2c``."""
        return f"{self.brief.upper()}/{self.number_text} · {self.code}"

    @property
    def pdf_hash(self) -> str:
        """The sha256 of the PDF."""
        found = _PDF_HASH.search(self.json_tail)
        return found[1].decode() if found else ""


@dataclass(frozen=True)
class EntryFile:
    """An entry: its head, and its facts: the lines of a delivery, changes, or withdrawn ids."""

    number: int
    raw_bytes: bytes  # a text with several alphabets takes twice the memory
    head: Mapping[str, Any]
    changes: tuple[Change, ...]
    withdrawn_ids: list[str]
    seal_hash: str  # sha256 of the text without the reason
    file: Path

    @cached_property
    def lines(self) -> list[DeliveryLine]:
        """The lines of a delivery, split on demand."""
        text = self.raw_bytes.decode() if self.kind == "delivery" else ""
        facts = text.partition(_FACTS_START)[2].removesuffix(_FACTS_END)
        lines = [DeliveryLine._make((*own, rest.encode())) for *own, rest in _DELIVERY_LINE.findall(facts)]
        if len(lines) != facts.count("\n"):
            raise Problems(describe_unreadable_entry(self.file, "one of its lines is not laid out as such"))
        return lines

    @cached_property
    def prints(self) -> Mapping[str, str]:
        """The values that its editions print and earlier ones do not; the first of each name."""
        found = dict[str, str]()
        with self._report_unreadable():
            tails = [line.json_tail.decode() for line in self.lines if b'"prints"' in line.json_tail]
            # All at once, since each call of the parser costs more than what it parses.
            records = _parse_object(f'{{"lines": [{",".join("{" + tail for tail in tails)}]}}')["lines"]
            if len(records) != len(tails):
                raise ValueError("one of its lines is not laid out as such")
            for record in [*({"prints": group} for group in self.head.get("shared", ())), *reversed(records)]:
                found.update(_parse_prints(record))
        return found

    @property
    def seal(self) -> str:
        """The short hash by which other entries name this one."""
        return self.seal_hash[:12]

    @property
    def kind(self) -> str:
        """One of ``ENTRY_KINDS``."""
        return str(self.head["kind"])

    @property
    def name(self) -> str:
        """The name of the file: ``0003-correction-5d1c07e2a3b4.json``."""
        return f"{self.number:04}-{self.kind}-{self.seal}.json"

    @property
    def date(self) -> Date:
        """The day of the entry."""
        return Date.parse(self.head["date"])

    def read_edition(self, line: DeliveryLine, earlier: Mapping[str, str]) -> Edition:
        """The edition of a line; ``earlier`` are the values that the edition before it prints."""
        record = {"edition": line.brief, "number": int(line.number_text), "code": line.code}
        with self._report_unreadable():
            whole = {**_parse_object("{" + line.json_tail.decode()), **self.head, **record}
            for number in _require_list(int, whole, "shares") if "shares" in whole else ():
                if not 0 <= number < len(whole.get("shared", ())):
                    raise ValueError(f"it has no shared values {number}")
                whole["prints"] = whole["shared"][number] | _require_value(dict, whole, "prints", {})
            return parse_edition(whole, earlier)

    @contextmanager
    def _report_unreadable(self) -> Iterator[None]:
        try:
            yield
        except ValueError as fault:
            raise Problems(describe_unreadable_entry(self.file, fault)) from None


@lru_cache(maxsize=1000)
def find_briefs(entry: bytes, text: bytes) -> Collection[str]:
    """The briefs of an entry's editions in whose lines a text stands, or in values that they share with others."""
    found, at = set[str](), -1
    while (at := entry.find(text, at + 1)) >= 0:
        start = entry.rfind(b"\n", 0, at) + 1
        if line := _LINE_START.match(entry, start):
            found.add(line[1].decode())
        elif entry.startswith(b'"shared"', start):
            found.update(brief.decode() for brief in _SHARING_BRIEF.findall(entry))
        at = entry.find(b"\n", at)
    return found


def parse_entry(text: str, number: int, file: Path) -> EntryFile:
    """Parse the text of an entry; ValueError says what is wrong with it."""
    top, mark, facts = text.partition(_FACTS_START)
    if not mark or not facts.endswith(_FACTS_END):
        raise ValueError("it has no list 'facts'")
    head, facts = _parse_object(top + mark + "]}"), facts.removesuffix(_FACTS_END)
    kind = _require_value(str, head, "kind")
    if kind not in ENTRY_KINDS:
        raise ValueError(f"'{kind}' is no kind of entry")
    _require_list(str, head, "after")
    _require_list(dict, {"shared": [], **head}, "shared")
    _require_list(str, {"mended": [], **head}, "mended")
    for packed in _require_value(dict, head, "files", {}).values():
        if not isinstance(packed, dict) or {*map(type, map({"old": "", **packed}.get, ("old", "new")))} != {str}:
            raise ValueError("the key 'files' holds something else than it should")
    require_publication_id(_require_value(str, head, "publication"))
    parse_day(_require_value(str, head, "date"))
    changes, withdrawn = tuple[Change, ...](), list[str]()
    if kind == "withdrawal":
        withdrawn = _require_list(str, _parse_object(f'{{"facts": [{facts}]}}'), "facts")
    elif kind != "delivery":
        place = SourceLocation(file, 1, 1, text.count("\n"))
        records = _require_list(dict, _parse_object(f'{{"facts": [{facts}]}}'), "facts")
        changes = tuple(parse_change(_join_head(head, one), place) for one in records)
    # The reason is not part of the hash: its wording may be improved later.
    sealed = _REASON_LINE.sub("", text, count=1) if changes else text
    return EntryFile(number, text.encode(), head, changes, withdrawn, hash_of(sealed.encode()), file)


def _join_head(head: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
    """The line of a change joined with the head, which may have several reasons."""
    if not isinstance(reasons := head.get("reason"), list):
        return {**line, **head}
    if not 0 <= (number := _require_value(int, line, "because", 0)) < len(reasons):
        raise ValueError(f"it has no reason {number}")
    return {**head, **line, "reason": reasons[number]}


def _parse_prints(record: Mapping[str, Any]) -> dict[str, str]:  # only what differs from the edition before
    found = {**_require_value(dict, record, "prints", {}), **_require_value(dict, record, "changed", {})}
    if not {*map(type, found.values())} <= {str}:
        raise ValueError("what it prints is something else than texts")
    return found


def parse_edition(record: Mapping[str, Any], earlier: Mapping[str, str]) -> Edition:
    """An edition from its line joined with the head; ``earlier`` are the values that the edition before it prints."""
    new = _parse_prints(record)
    prints = {**earlier, **new}
    for name in _require_list(str, record, "no longer") if "no longer" in record else ():
        prints.pop(name, None)
    if new or len(prints) > len(earlier):
        prints = dict(sorted(prints.items()))
    edition = Edition(
        brief=_require_value(str, record, "edition"), number=_require_value(int, record, "number"),
        code=_require_value(str, record, "code"), date=parse_day(_require_value(str, record, "date")),
        content=_require_value(str, record, "content"), data=_require_value(str, record, "data"),
        pdf=_require_value(str, record, "pdf", ""), prints=prints,
    )  # fmt: skip
    for name, pattern in _EDITION_PATTERNS.items():
        if not pattern.fullmatch(value := getattr(edition, name)):
            raise ValueError(f"its {name} cannot be '{value[:80]}'")
    if not 0 < edition.number < 10**9:
        raise ValueError("its number is none that an edition can have")
    return edition


def parse_change(record: Mapping[str, Any], place: SourceLocation) -> Change:
    """A correction or revision from its line joined with the head."""
    kind, also = _require_value(str, record, "kind"), _require_value(dict, record, "also", {})
    reason, documents = _require_value(str, record, "reason", ""), _require_value(dict, record, "documents", {})
    if not {*map(type, documents.values())} <= {str}:
        raise ValueError("the title of a document is no text")
    if not reason.strip():
        raise ValueError("it has no reason")
    if not all(isinstance(step, list) and [*map(type, step)] == [str, str] for step in also.values()):
        raise ValueError("the key 'also' holds something else than old and new values")
    return Change(
        kind="correction" if kind == "correction" else "revision", name=_require_value(str, record, "name"),
        was=_require_value(str, record, "was"), now=_require_value(str, record, "now"),
        date=parse_day(_require_value(str, record, "date")), reason=reason, location=place,
        source=_require_value(str, record, "source", ""), also={name: (was, now) for name, (was, now) in also.items()},
        documents=documents,
    )  # fmt: skip


@lru_cache(maxsize=1000)
def parse_day(text: str) -> Date:
    """A full date; ValueError if the day is missing."""
    if not (date := Date.parse(text)).day:
        raise ValueError(f"{text} is no day")
    return date


def require_publication_id(text: str) -> str:
    """The id of a publication; ValueError if it can be none."""
    if not _PUBLICATION_ID.fullmatch(text):
        raise ValueError(f"'{text[:80]}' is no id of a publication")
    return text


def build_fact_head(fact: Fact) -> dict[str, Any]:
    """The keys that all facts of one entry share."""
    if isinstance(fact, Change):
        own = {"kind": fact.kind, "date": fact.date.iso(), "reason": fact.reason, "source": fact.source}
        return {**own, **fact.head}
    if isinstance(fact, Edition):
        return {"kind": "delivery", "date": fact.date.iso(), "data": fact.data}
    return {"kind": "delivery" if isinstance(fact, Reprint) else "withdrawal", "date": fact.date.iso()}


def build_fact_line(fact: Edition | Reprint | Change, earlier: Edition | None = None) -> dict[str, Any]:
    """The line of a fact. For an edition it has what differs from the ``earlier`` one; a reprint is of ``earlier``."""
    if isinstance(fact, Change):
        step: dict[str, Any] = {"name": fact.name, "was": fact.was, "now": fact.now}
        if "from" in fact.head:
            number, other_kind = fact.head["reason"].index(fact.reason), fact.kind != fact.head["kind"]
            step |= ({"because": number} if number else {}) | ({"kind": fact.kind} if other_kind else {})
        return step | {key: value for key in ("also", "documents") if (value := getattr(fact, key))}
    if isinstance(fact, Reprint):
        code = earlier.code if earlier else ""
        return {"reprint": fact.brief, "number": fact.number, "code": code, "pdf": fact.pdf}
    before = earlier.prints if earlier else {}
    other = sorted(fact.prints.items() - before.items())
    new, changed = ({name: value for name, value in other if (name in before) == known} for known in (False, True))
    gone = sorted(before.keys() - fact.prints.keys())
    more = {"pdf": fact.pdf, "prints": new, "changed": changed, "no longer": gone}
    line = {"edition": fact.brief, "number": fact.number, "code": fact.code, "content": fact.content}
    return line | {key: value for key, value in more.items() if value}


def extract_shared_values(lines: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Take the values that the same editions print out of their lines, and return each group of them once."""
    # Sheets of a thousand rows that all draw the same column would else record a million values.
    editions, holders = [line for line in lines if "prints" in line], defaultdict[tuple[str, str], list[int]](list)
    uses = Counter(name for line in editions for name in line["prints"])
    for at, line in enumerate(editions):
        for item in line["prints"].items():
            if uses[item[0]] >= _MIN_SHARING:  # most names are of one row, and not worth a list
                holders[item].append(at)
    groups = defaultdict[tuple[int, ...], dict[str, str]](dict)
    for (name, value), places in holders.items():
        if len(places) >= _MIN_SHARING:
            groups[tuple(places)][name] = value
    shared = {held: group for held, group in groups.items() if len(held) * len(group) >= _MIN_SHARED}
    for number, (held, group) in enumerate(shared.items()):
        for at in held:
            own = {name: value for name, value in editions[at].pop("prints", {}).items() if name not in group}
            editions[at] |= {"prints": own} if own else {}
            editions[at]["shares"] = [*editions[at].pop("shares", ()), number]
    return [*shared.values()]


def format_entry(head: Mapping[str, Any], lines: Iterable[Mapping[str, Any] | str]) -> str:
    """The text of an entry's file: each key and each fact on its own line."""
    keys = "".join(f"{_encode_json(key)}: {_encode_json(value)},\n" for key, value in head.items() if value != "")
    return f'{{\n{keys}"facts": [\n' + ",\n".join(map(_encode_json, lines)) + "\n]\n}\n"


def format_extract(publication: str, facts: Iterable[Edition | Change]) -> str:
    """The extract that a PDF carries: the editions and changes of one brief, each line with its head."""
    lines: list[dict[str, Any]] = []
    earlier = None
    for fact in facts:
        lines.append(build_fact_head(fact) | build_fact_line(fact, earlier))
        earlier = fact if isinstance(fact, Edition) else earlier
    return format_entry({"publication": publication}, lines) if lines else ""


def parse_extract(text: str, file: Path) -> tuple[str, list[Fact]]:
    """The publication and the facts of an extract; ValueError says what is wrong with it."""
    whole, facts = _parse_object(text), list[Fact]()
    prints: Mapping[str, str] = {}
    for record in _require_list(dict, whole, "facts"):
        if "edition" in record:
            facts.append(edition := parse_edition(record, prints))
            prints = edition.prints
        else:
            facts.append(parse_change(record, SourceLocation(file)))
    return require_publication_id(_require_value(str, whole, "publication")), facts


def describe_unreadable_entry(file: Path, why: object) -> Problem:
    """The problem of an entry that cannot be read."""
    return Problem(f"this entry of the ledger cannot be read: {why}", file, hint=RESTORE_HINT)


def _parse_object(text: str) -> dict[str, Any]:
    hidden = None if text.isascii() and "\x7f" not in text else INVISIBLE_CHARACTER.search(text)
    if hidden := hidden or ("\\" in text and _FORBIDDEN_ESCAPE.search(text)) or None:
        raise ValueError(f"it holds {hidden[0]!a}, which no entry can")
    try:
        found = _JSON_DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it is not laid out as an entry")
    return found


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("one of its keys stands twice")
    return found


def _parse_whole_number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(f"the number {text[:20]} is none that it can hold")
    return int(text)


_encode_json = partial(json.dumps, ensure_ascii=False)
_JSON_DECODER = json.JSONDecoder(
    parse_int=_parse_whole_number, parse_float=_parse_whole_number, parse_constant=_parse_whole_number,
    object_pairs_hook=_reject_duplicate_keys,
)  # fmt: skip


def _require_value(kind: type[_T], record: Mapping[str, Any], key: str, default: _T | None = None) -> _T:
    value = record.get(key, default)
    if type(value) is not kind:  # isinstance would take a bool for an int
        raise ValueError(f"the key '{key}' is missing, or holds something else")
    return value


def _require_list(kind: type[_T], record: Mapping[str, Any], key: str) -> list[_T]:
    values = _require_value(list, record, key)
    if not all(isinstance(value, kind) for value in values):
        raise ValueError(f"the key '{key}' holds something else than it should")
    return values
