"""Editions: what makes a new one, which corrections it must tell, whether a printed one is current."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import Any, Literal

from tipbrief.check import wording
from tipbrief.check.publication import Publication
from tipbrief.language import persian
from tipbrief.language.persian import Date
from tipbrief.ledger.entries import Change, Edition, Entry, Kind, Ledger, code_of
from tipbrief.ledger.prints import plain
from tipbrief.load.yaml_nodes import Place
from tipbrief.problems import Problem, nearest

_UNSEEN = re.compile(r"<(style|script)\b[^<]*(?:<(?!/\1>)[^<]*)*</\1>")
_SPOKEN = re.compile(r'\b(?:alt|aria-label|href|data-foot)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
# A code in the midst of a footer; a copy from right-to-left text may have its parts turned round.
_NAME, _CODE = r"(?P<name>[A-Za-z][A-Za-z0-9_-]*/[0-9]+)", r"\b(?P<code>[0-9A-Fa-f]{4,})\b"
_IN_A_FOOTER = (re.compile(rf"{_NAME}\W+{_CODE}"), re.compile(rf"{_CODE}\W+{_NAME}\b"))
_BETWEEN = re.compile(r"[\s·.,،:/-]+")


@dataclass(frozen=True, slots=True)
class Told:
    """A correction or revision as a brief tells it: the values that its readers saw, old and new."""

    kind: Kind
    date: Date
    reason: str
    source: str
    steps: tuple[tuple[str, str, str], ...]


def content_of(html: str, prints: Mapping[str, str]) -> str:
    """The sha256 of what a brief says: its words and its values, whatever their look."""
    words = _TAG.sub(lambda tag: f" {' '.join(_SPOKEN.findall(tag[0]))} ", _UNSEEN.sub(" ", html))
    whole = hashlib.sha256(" ".join(unescape(words).split()).encode())
    for name, value in sorted(prints.items()):
        whole.update(f"\0{name}={value}".encode())
    return whole.hexdigest()


def draft(ledger: Ledger, brief: str, published: Date) -> Edition:
    """The edition that comes next, which has no code yet; dated as the last one, or as the publication."""
    last = ledger.last(brief)
    return Edition(
        brief=brief, number=last.number + 1 if last else 1, code="", date=last.date if last else published
    )


def edition(
    ledger: Ledger, brief: str, *, date: Date, content: str, data: str, prints: Mapping[str, str]
) -> Edition:
    """The next edition of a brief, to be delivered: with its code, not yet in the ledger."""
    next_ = replace(draft(ledger, brief, date), date=date, content=content, data=data, prints=prints)
    return replace(next_, code=code_of(ledger.publication, next_, ledger.editions(brief)))


def told(ledger: Ledger, brief: str) -> tuple[Told, ...]:
    """What readers of earlier editions must be told, oldest first.

    Between two editions several changes of one kind are one; what was changed and changed back, nobody saw.
    """
    found: list[Told] = []
    for one in ledger.editions(brief):
        changes = ledger.after(one)
        steps: list[list[tuple[str, str, str]]] = [[] for _ in changes]
        for name in dict.fromkeys(name for change in changes for name in change.steps):
            for index, was, now in _runs(name, changes) if name in one.prints else ():
                steps[index].append((name, was, now))
        found += [
            Told(change.kind, change.date, change.reason, change.source, tuple(seen))
            for change, seen in zip(changes, steps, strict=True)
            if seen
        ]
    return tuple(found)


def _runs(name: str, changes: Sequence[Change]) -> list[tuple[int, str, str]]:
    """Which change tells of a name, with the value before and after: the last of each row of one kind."""
    runs: list[tuple[int, str, str]] = []
    for index, change in enumerate(changes):
        if name in change.steps:
            was, now = change.steps[name]
            if runs and changes[runs[-1][0]].kind == change.kind:
                was = runs.pop()[1]
            runs.append((index, was, now))
    if runs and runs[0][1] == runs[-1][2]:
        return []
    return [run for run in runs if run[1] != run[2]]


def carried(ledger: Ledger, edition: Edition) -> Ledger:
    """What a PDF of an edition takes along: the brief's editions so far and the changes of what they printed.

    The sums of the PDFs themselves stay outside: a file cannot contain its own.
    """
    entries: list[Entry] = []
    printed: set[str] = set()
    for entry in ledger.entries:
        if isinstance(entry, Edition) and entry.brief == edition.brief:
            entries.append(replace(entry, pdf=""))
            printed |= entry.prints.keys()
            if entry.number == edition.number:
                return Ledger(ledger.publication, tuple(entries))
        elif isinstance(entry, Change) and entry.steps.keys() & printed:
            entries.append(entry)
    return Ledger(ledger.publication, (*entries, *([] if edition.draft else [replace(edition, pdf="")])))


def recorded(ledger: Ledger) -> dict[str, str]:
    """The value that each name has by the ledger: as printed last, or as corrected since."""
    known: dict[str, str] = {}
    for entry in ledger.entries:
        if isinstance(entry, Edition):
            known.update(entry.prints)
        elif isinstance(entry, Change):
            known.update({name: now for name, (_, now) in entry.steps.items() if name in known})
    return known


def value_of(publication: Publication, name: str) -> str | None:
    """The plain value of a figure or of a cell ``table[key].column``; None where there is no such thing."""
    if name in publication.values:
        return plain(publication.values[name])
    table, _, rest = name.partition("[")
    key, _, column = rest.rpartition("].")
    if table in publication.tables and key in publication.tables[table].by_key:
        return publication.tables[table].by_key[key].get(column)
    return None


def changed_by_hand(ledger: Ledger, publication: Publication) -> dict[str, tuple[str, str]]:
    """Names whose value in the dataset is not that of the ledger: the value there, the value now."""
    return {
        name: (known, now)
        for name, known in recorded(ledger).items()
        if (now := value_of(publication, name)) is not None and now != known
    }


def findings(ledger: Ledger, publication: Publication, covered: Collection[int]) -> list[Problem]:
    """What an editor should know of ledger and dataset: what cannot be printed, what was not recorded."""
    found: list[Problem] = []
    for change in ledger.entries:
        if not isinstance(change, Change):
            continue
        found += wording.lacking(change.reason, change.place, covered)
        found += _unlabelled(change, publication)
        if change.source and change.source not in publication.sources:
            hint = nearest(change.source, publication.sources)
            found.append(change.place.problem(f"there is no source '{change.source}'", hint))
    place = Place(publication.folder / "ledger.yaml")
    for name, (was, now) in changed_by_hand(ledger, publication).items():
        hint = f"record it: tipbrief correct '{name}' '{now}' --reason '…'; or put {was} back"
        message = f"'{name}' is {was} by the ledger and {now} in the dataset, and nothing says why"
        found.append(replace(place.problem(message, hint), severity="warning"))
    for name, was in recorded(ledger).items():
        if was and value_of(publication, name) is None:
            hint = "readers of earlier editions have it: say in a text why it was taken out"
            message = f"'{name}' was printed as {was} and is gone from the dataset"
            found.append(replace(place.problem(message, hint), severity="warning"))
    return found


def _unlabelled(change: Change, publication: Publication) -> Iterator[Problem]:
    """Cells that a brief would call by the name of their column, for want of a better one."""
    for name in change.steps:
        table, bracket, rest = name.partition("[")
        column = rest.rpartition("].")[2]
        spec = publication.tables[table].spec.columns.get(column) if table in publication.tables else None
        if bracket and spec and not spec.label:
            message = (
                f"the column '{column}' has no label, by which the correction of '{name}' would be printed"
            )
            problem = spec.place.problem(message, "give it one in tables.yaml: label: …")
            yield replace(problem, severity="warning")


def undocumented(ledger: Ledger, prints: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What would be printed otherwise than the ledger knows it: the value there, the value printed."""
    known = recorded(ledger)
    return {name: (known[name], value) for name, value in prints.items() if known.get(name, value) != value}


# Status


@dataclass(frozen=True, slots=True)
class Moved:
    """A value that is another now, and why."""

    name: str
    was: str
    now: str
    kind: Kind
    date: str
    reason: str

    def line(self, *, isolate: bool) -> str:
        """``  tier_one  33 → 34  (correction of 2026-11-26: …)``."""
        first, last = ("\u2068", "\u2069") if isolate else ("", "")
        was, now = (f"{first}{value or 'nothing'}{last}" for value in (self.was, self.now))
        return f"  {self.name}  {was} → {now}  ({self.kind} of {self.date}: {first}{self.reason}{last})"


@dataclass(frozen=True, slots=True)
class Status:
    """Whether a printed edition is still the newest. ``delivered``: whether a PDF has the bytes delivered."""

    state: Literal["current", "superseded", "draft", "unknown"]
    edition: Edition | None = None
    newest: Edition | None = None
    moved: tuple[Moved, ...] = ()
    pending: tuple[Moved, ...] = ()
    delivered: bool | None = None
    hint: str = ""

    def summary(self, *, isolate: bool) -> str:
        """The same for a reader; ``isolate`` keeps Dari from turning the line round on a terminal."""
        if self.edition is None or self.newest is None:
            return self.state + (f": {self.hint}" if self.hint else "")
        name = self.edition.signature
        lines = [f"{name} is current, delivered on {self.edition.date.iso()}"]
        if self.state == "superseded":
            newest = f"{self.newest.signature}, delivered on {self.newest.date.iso()}"
            lines = [f"{name} is superseded by {newest}"]
            lines += [moved.line(isolate=isolate) for moved in _once(self.moved)]
            if self.edition.prints.keys() != self.newest.prints.keys():
                compared = f"tipbrief diff {self.edition.name} {self.newest.name}"
                lines.append(f"  values were added or taken out: {compared} lists them")
            elif not self.moved:
                lines.append("  no figure changed, only texts")
        if self.pending:
            lines.append("recorded since, and not delivered yet:")
            lines += [moved.line(isolate=isolate) for moved in _once(self.pending)]
        if self.delivered is not None:
            lines.append(
                "the file is one that was delivered"
                if self.delivered
                else "the file is not one that was delivered: it was built again, or changed"
            )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "state": self.state,
            "edition": _as_dict(self.edition),
            "newest": _as_dict(self.newest),
            "moved": [_fields(item) for item in self.moved],
            "pending": [_fields(item) for item in self.pending],
            "delivered": self.delivered,
            "hint": self.hint,
        }


def status(ledger: Ledger, query: str) -> Status:
    """The status of an edition named by its code: ``WORLD/3 · 9f2c``, in whatever digits, or ``9f2c``.

    The code may stand in a whole footer.
    """
    text = persian.normal_form(query.rpartition("#")[2]).translate(persian.TO_LATIN)
    if found := next(filter(None, (form.search(text) for form in _IN_A_FOOTER)), None):
        text = f"{found['name']} · {found['code']}"
    asked = _joined(text)
    every = [entry for entry in ledger.entries if isinstance(entry, Edition)]
    matching = [
        one for one in every if asked in (_joined(one.signature), _joined(one.name), _joined(one.code))
    ]
    if len(matching) == 1:
        (one,) = matching
        near = [other for other in every if asked == _joined(one.code) and _one_off(other.code, one.code)]
        if not near:
            return status_of(ledger, one)
        # Codes are kept apart within a brief.
        several = ", ".join(other.signature for other in (one, *near))
        return Status("unknown", hint=f"this may be one of several codes: {several}; write all of it")
    if matching:
        several = ", ".join(one.signature for one in matching)
        return Status("unknown", hint=f"several editions have this code: {several}; write all of it")
    if not every:
        return Status("unknown", hint="this ledger knows no edition: none was delivered yet")
    if same := next((one for one in every if _joined(one.name) == asked.rpartition("-")[0]), None):
        return Status("unknown", hint=f"{same.name} has another code: did you mean {same.signature}?")
    of_brief = [one for one in every if asked.startswith(_joined(one.brief) + "-")]
    return Status("unknown", hint=nearest(text, [one.signature for one in of_brief or every]))


def status_of_pdf(ledger: Ledger, sha256: str, claims: Mapping[str, Any]) -> Status:
    """The status of a PDF with these bytes, which says that it is the edition ``claims``."""
    every = [entry for entry in ledger.entries if isinstance(entry, Edition)]
    for one in every:
        if sha256 in ledger.pdfs(one):
            return status_of(ledger, one, delivered=True)
    if ledger.publication and claims["publication"] != ledger.publication:
        return Status(
            "unknown",
            hint=f"it is of the publication '{claims['publication']}', and this is the ledger of "
            f"'{ledger.publication}'; name the other one: --ledger",
        )
    name = f"{str(claims['brief']).upper()}/{claims['number']}"
    if not claims["number"]:
        return Status("unknown", hint="it holds many editions: ask by the code in the footer of a page")
    if not claims["code"]:
        since = next((one for one in every if one.name == name), None)
        delivered = (
            f"; the edition is {since.signature}, delivered on {since.date.iso()}"
            if since
            else ", which was not delivered yet"
        )
        return Status("draft", hint=f"it is a draft of {name}{delivered}")
    for one in every:
        if (one.name, one.code) == (name, claims["code"]):
            return status_of(ledger, one, delivered=False)
    return Status("unknown", hint=f"the ledger has no {name} · {claims['code']}; is it an older copy?")


def status_of(ledger: Ledger, one: Edition, *, delivered: bool | None = None) -> Status:
    """The status of a delivered edition: the newest, or what the newest prints otherwise."""
    newest = ledger.last(one.brief) or one
    pending = _moved({**one.prints, **newest.prints}, ledger.after(newest))
    if newest.number == one.number:
        return Status("current", one, newest, (), pending, delivered)
    between = [
        change
        for passed in ledger.editions(one.brief)
        if one.number <= passed.number < newest.number
        for change in ledger.after(passed)
    ]
    return Status("superseded", one, newest, _moved(one.prints, between), pending, delivered)


def _one_off(code: str, other: str) -> bool:
    return sum(a != b for a, b in zip(code, other, strict=True)) == 1


def _joined(text: str) -> str:
    """A code without regard to how its parts are parted: ``WORLD-3-9F2C``."""
    return _BETWEEN.sub("-", text).strip("-").upper()


def _moved(names: Iterable[str], changes: Sequence[Change]) -> tuple[Moved, ...]:
    """How the changes moved these names; of those that the newest edition lost, too: a reader has them."""
    return tuple(
        Moved(name, was, now, changes[index].kind, changes[index].date.iso(), changes[index].reason)
        for name in names
        for index, was, now in _runs(name, changes)
    )


def _once(moved: Sequence[Moved]) -> list[Moved]:
    """The same without cells for which a figure moved in the same way: it stands in that cell."""
    figures = {replace(one, name="") for one in moved if "[" not in one.name}
    return [one for one in moved if "[" not in one.name or replace(one, name="") not in figures]


def _as_dict(one: Edition | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"brief": one.brief, "number": one.number, "code": one.code, "date": one.date.iso()}


def _fields(item: Moved) -> dict[str, str]:
    return {name: getattr(item, name) for name in ("name", "was", "now", "kind", "date", "reason")}
