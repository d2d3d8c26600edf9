"""One entry of the ledger as the text of its file: a head, and below it the facts, one a line."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, Edition, Fact, Reprint
from tipbrief.load.places import Place
from tipbrief.load.text_files import HIDDEN
from tipbrief.problems import Problem, Problems

RESTORE = "take what stood there from version control or another older copy of the ledger"
KINDS = ("delivery", "correction", "revision", "withdrawal")
NAME = re.compile(rf"([0-9]{{4,9}})-({'|'.join(KINDS)})-([0-9a-f]{{12}})\.json")
_FACTS, _END = '"facts": [', "\n]\n}\n"
# A long ledger has many of them: what is looked for in all is read at once, the rest when it is asked for.
_LINE = re.compile(
    r'\n\{"(edition|reprint)": "([\w.-]{1,200})", "number": ([1-9][0-9]{0,8}), '
    r'"code": "([0-9a-f]{4}|[0-9a-f]{8})"(?:, )?(.*\}),?$',
    re.ASCII | re.MULTILINE,
)
_PDF = re.compile(rb'"pdf": "([0-9a-f]{64})"')
_REASON = re.compile(r'\n"reason": .*')
# Letters that we never write as \\…, among them halves of such as need two.
_ESCAPED = re.compile(r'(?<!\\)(?:\\\\)*\\[^"\\/nrt]')
_ID = re.compile("[a-z][a-z0-9_-]*")
_FORMS = {
    "brief": re.compile(r"[\w.-]{1,200}", re.ASCII), "code": re.compile("[0-9a-f]{4}|[0-9a-f]{8}"),
    **dict.fromkeys(("content", "data"), re.compile("[0-9a-f]{64}")), "pdf": re.compile("([0-9a-f]{64})?"),
}  # fmt: skip
_T = TypeVar("_T")


class SignedLine(NamedTuple):
    """The line of an edition or a reprint: what it is of, and the rest as its bytes."""

    kind: str
    brief: str
    digits: str
    code: str
    rest: bytes

    @property
    def signature(self) -> str:
        """``WORLD/3 · 9f2c``."""
        return f"{self.brief.upper()}/{self.digits} · {self.code}"

    @property
    def pdf(self) -> str:
        """The sha256 of its PDF."""
        found = _PDF.search(self.rest)
        return found[1].decode() if found else ""


@dataclass(frozen=True)
class EntryFile:
    """An entry: what its head says, and its facts: lines of a delivery, changes, or what was withdrawn.

    It is held as the bytes of its file, since a text of several alphabets takes twice as much.
    """

    number: int
    written: bytes
    head: Mapping[str, Any]
    changes: tuple[Change, ...]
    withdrawn: list[str]
    sum: str  # sha256 of what is sealed
    file: Path

    @property
    def text(self) -> str:
        """All that it says."""
        return self.written.decode()

    @cached_property
    def lines(self) -> list[SignedLine]:
        """The lines of a delivery; a long ledger has many, which not every question needs."""
        facts = self.text.partition(_FACTS)[2].removesuffix(_END) if self.kind == "delivery" else ""
        lines = [SignedLine._make((*own, rest.encode())) for *own, rest in _LINE.findall(facts)]
        if len(lines) != facts.count("\n"):
            raise Problems(unreadable(self.file, "one of its lines is not laid out as such"))
        return lines

    @cached_property
    def prints(self) -> Mapping[str, str]:
        """What its lines say that editions print otherwise than those before; the first of each name."""
        found = dict[str, str]()
        for line in self.lines if b'"prints"' in self.written else ():
            if b'"prints"' in line.rest:
                for name, value in self.edition(line, {}).prints.items():
                    found.setdefault(name, value)
        return found

    @property
    def seal(self) -> str:
        """By which other entries know it."""
        return self.sum[:12]

    @property
    def kind(self) -> str:
        """One of ``KINDS``."""
        return str(self.head["kind"])

    @property
    def name(self) -> str:
        """``0003-correction-5d1c07e2a3b4.json``."""
        return f"{self.number:04}-{self.kind}-{self.seal}.json"

    @property
    def date(self) -> Date:
        """The day of the entry."""
        return Date.parse(self.head["date"])

    def edition(self, line: SignedLine, earlier: Mapping[str, str]) -> Edition:
        """The edition in a line; ``Problems`` where it cannot be read."""
        record = {"edition": line.brief, "number": int(line.digits), "code": line.code}
        try:
            return edition_of(
                {**_object("{" + line.rest.decode()), **self.head, **record}, earlier, Place(self.file)
            )
        except ValueError as fault:
            raise Problems(unreadable(self.file, fault)) from None


def parsed(text: str, number: int, file: Path) -> EntryFile:
    """An entry from its text; ValueError says why it is none."""
    top, mark, facts = text.partition(_FACTS)
    if not mark or not facts.endswith(_END):
        raise ValueError("it has no list 'facts'")
    head, facts = _object(top + mark + "]}"), facts.removesuffix(_END)
    kind = _of(str, head, "kind")
    if kind not in KINDS:
        raise ValueError(f"'{kind}' is no kind of entry")
    _list_of(str, head, "after")
    publication_of(_of(str, head, "publication"))
    day_of(_of(str, head, "date"))
    changes, withdrawn = tuple[Change, ...](), list[str]()
    if kind == "withdrawal":
        withdrawn = _list_of(str, _object(f'{{"facts": [{facts}]}}'), "facts")
    elif kind != "delivery":
        place = Place(file, 1, 1, text.count("\n"))
        records = _list_of(dict, _object(f'{{"facts": [{facts}]}}'), "facts")
        changes = tuple(change_of(one | head, place) for one in records)
    # A reason is not sealed: it may be worded better.
    sealed = _REASON.sub("", text, count=1) if changes else text
    digest = hashlib.sha256(sealed.encode()).hexdigest()
    return EntryFile(number, text.encode(), head, changes, withdrawn, digest, file)


def edition_of(record: Mapping[str, Any], earlier: Mapping[str, str], place: Place) -> Edition:
    """An edition from its line and the head above; ``earlier`` is what the edition before it printed."""
    new, changed = _of(dict, record, "prints", {}), _of(dict, record, "changed", {})
    if not {*map(type, new.values()), *map(type, changed.values())} <= {str}:
        raise ValueError("what it prints is something else than texts")
    prints = {**earlier, **new, **changed}
    for name in _list_of(str, record, "no longer") if "no longer" in record else ():
        prints.pop(name, None)
    if new or len(prints) > len(earlier):
        prints = dict(sorted(prints.items()))
    return sound_edition(Edition(
        brief=_of(str, record, "edition"), number=_of(int, record, "number"), code=_of(str, record, "code"),
        date=day_of(_of(str, record, "date")), content=_of(str, record, "content"),
        data=_of(str, record, "data"), pdf=_of(str, record, "pdf", ""), place=place,
        prints=prints,
    ))  # fmt: skip


def change_of(record: Mapping[str, Any], place: Place) -> Change:
    """A correction or revision from its line and the head above."""
    kind, also = _of(str, record, "kind"), _of(dict, record, "also", {})
    if not all(isinstance(step, list) and [*map(type, step)] == [str, str] for step in also.values()):
        raise ValueError("the key 'also' holds something else than old and new values")
    return Change(
        kind="correction" if kind == "correction" else "revision", name=_of(str, record, "name"),
        was=_of(str, record, "was"), now=_of(str, record, "now"), date=day_of(_of(str, record, "date")),
        reason=reason_of(_of(str, record, "reason", "")), source=_of(str, record, "source", ""),
        also={name: (was, now) for name, (was, now) in also.items()}, place=place,
    )  # fmt: skip


@lru_cache(maxsize=1000)
def day_of(text: str) -> Date:
    """The day of an entry, which is known in full."""
    if not (date := Date.parse(text)).day:
        raise ValueError(f"{text} is no day")
    return date


def publication_of(text: str) -> str:
    """The id of the publication, by which an entry says whose it is."""
    if not _ID.fullmatch(text):
        raise ValueError(f"'{text[:80]}' is no id of a publication")
    return text


def reason_of(text: str) -> str:
    """The reason of a change, which is printed."""
    if not text.strip():
        raise ValueError("it has no reason")
    return text


def sound_edition(one: Edition) -> Edition:
    """The same edition; ValueError where something in it can be none."""
    for name, form in _FORMS.items():
        if not form.fullmatch(value := getattr(one, name)):
            raise ValueError(f"its {name} cannot be '{value[:80]}'")
    if not 0 < one.number < 10**9:
        raise ValueError("its number is none that an edition can have")
    return one


def head_of(fact: Fact) -> dict[str, str]:
    """What facts of one entry have in common."""
    if isinstance(fact, Change):
        return {"kind": fact.kind, "date": fact.date.iso(), "reason": fact.reason, "source": fact.source}
    if isinstance(fact, Edition):
        return {"kind": "delivery", "date": fact.date.iso(), "data": fact.data}
    return {"kind": "delivery" if isinstance(fact, Reprint) else "withdrawal", "date": fact.date.iso()}


def line_of(fact: Edition | Reprint | Change, earlier: Edition | None = None) -> dict[str, Any]:
    """A fact as it stands in its line; of an edition, what it prints otherwise than the ``earlier`` one.

    A reprint is of the ``earlier`` one.
    """
    if isinstance(fact, Change):
        step = {"name": fact.name, "was": fact.was, "now": fact.now}
        return {**step, "also": fact.also} if fact.also else step
    if isinstance(fact, Reprint):
        code = earlier.code if earlier else ""
        return {"reprint": fact.brief, "number": fact.number, "code": code, "pdf": fact.pdf}
    before = earlier.prints if earlier else {}
    other = sorted(fact.prints.items() - before.items())
    more = {
        "pdf": fact.pdf,
        "prints": {name: value for name, value in other if name not in before},
        "changed": {name: value for name, value in other if name in before},
        "no longer": sorted(before.keys() - fact.prints.keys()),
    }
    line = {"edition": fact.brief, "number": fact.number, "code": fact.code, "content": fact.content}
    return line | {key: value for key, value in more.items() if value}


def entry_text(head: Mapping[str, Any], lines: Iterable[Mapping[str, Any] | str]) -> str:
    """An entry as the text of its file: each key and each fact on a line of its own."""
    keys = "".join(f"{_json(key)}: {_json(value)},\n" for key, value in head.items() if value != "")
    return f'{{\n{keys}"facts": [\n' + ",\n".join(map(_json, lines)) + "\n]\n}\n"


def part_text(publication: str, facts: Iterable[Edition | Change]) -> str:
    """The editions of one brief and their changes, as a PDF carries them: each line with its head."""
    lines: list[dict[str, Any]] = []
    earlier = None
    for fact in facts:
        lines.append(head_of(fact) | line_of(fact, earlier))
        earlier = fact if isinstance(fact, Edition) else earlier
    return entry_text({"publication": publication}, lines) if lines else ""


def part_read(text: str, file: Path) -> tuple[str, list[Fact]]:
    """The publication and the facts of such a text; ValueError says why it is none."""
    whole, facts = _object(text), list[Fact]()
    prints: Mapping[str, str] = {}
    for record in _list_of(dict, whole, "facts"):
        if "edition" in record:
            facts.append(made := edition_of(record, prints, Place(file)))
            prints = made.prints
        else:
            facts.append(change_of(record, Place(file)))
    return publication_of(_of(str, whole, "publication")), facts


def unreadable(file: Path, why: object) -> Problem:
    """The problem of an entry that cannot be read."""
    return Problem(f"this entry of the ledger cannot be read: {why}", file, hint=RESTORE)


def _object(text: str) -> dict[str, Any]:
    """What stands in JSON, if it is an object with what an entry may hold: texts and small whole numbers."""
    hidden = None if text.isascii() and "\x7f" not in text else HIDDEN.search(text)
    if hidden := hidden or ("\\" in text and _ESCAPED.search(text)) or None:
        raise ValueError(f"it holds {hidden[0]!a}, which no entry can")
    try:
        found = _READER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it is not laid out as an entry")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("one of its keys stands twice")
    return found


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(f"the number {text[:20]} is none that it can hold")
    return int(text)


_READER = json.JSONDecoder(
    parse_int=_number, parse_float=_number, parse_constant=_number, object_pairs_hook=_unique
)


def _of(kind: type[_T], record: Mapping[str, Any], key: str, default: _T | None = None) -> _T:
    value = record.get(key, default)
    if type(value) is not kind:  # a truth value would be a number
        raise ValueError(f"the key '{key}' is missing, or holds something else")
    return value


def _list_of(kind: type[_T], record: Mapping[str, Any], key: str) -> list[_T]:
    values = _of(list, record, key)
    if not all(isinstance(value, kind) for value in values):
        raise ValueError(f"the key '{key}' holds something else than it should")
    return values


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
