"""The log of sent e-mails: who was sent which edition, so that nobody gets it twice and old ones can be replaced."""

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tipbrief.files import FolderLock, hash_of, read_bytes, replace_file
from tipbrief.ledger.entries import Edition
from tipbrief.mail.message import Mail
from tipbrief.problems import Problem, Problems

# already: an earlier run sent it. unknown: a run tried, and no reply came. unsent: it was not tried.
SendingState = Literal["sent", "already", "refused", "unknown", "unsent"]
Entry = dict[str, Any]

_MAX_LOG_BYTES = 128_000_000  # bytes
_ENTRY_START = b'{"at": '
_ONLY_OWNER = 0o600  # the rights of a file with addresses
# A hashed address: the salt of the log, and the hash.
_HASHED_ADDRESS = re.compile(r"sha256:([0-9a-f]{32}):[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a message for one recipient, with the server's reply."""

    recipient: str
    state: SendingState  # only ``refused`` and ``unsent`` are tried again
    reply: str


@dataclass(frozen=True, slots=True)
class SentEdition:
    """An edition that somebody was sent, or may have been sent: its facts, and the identifier of the message."""

    facts: Mapping[str, str | int]
    message_id: str

    def is_edition(self, edition: Edition) -> bool:
        """Whether it is this one, in whatever form."""
        own = {"brief": edition.brief, "number": edition.number, "code": edition.code}
        return own.items() <= self.facts.items()


class LogFault(Problems):
    """The sending log cannot be read or written."""

    def __init__(self, path: Path, why: str | None, done: str) -> None:
        message = f"the sending log '{path}' cannot be {done}: {why}"
        hint = "name another file: --log. Without one nothing is sent, so that nobody gets a message twice"
        super().__init__(Problem(message, hint=hint))


class SendingLog:
    """The sending log: a file of JSON lines, each synced to the disk before the next step."""

    def __init__(self, path: Path, *, hashed: bool = False) -> None:
        self.path = path
        self._last_states: dict[tuple[str, str], tuple[int, str, str]] = {}
        self._editions: dict[str, dict[str, SentEdition]] = {}  # of each recipient, by their facts, oldest first
        entries = list(self._read_entries())
        salts = (found[1] for _, entry in entries if (found := _HASHED_ADDRESS.fullmatch(str(entry.get("to")))))
        self._salt = next(salts, "")
        if hashed and not self._salt:  # if one address is hashed, all are
            self._salt = secrets.token_hex(16)
            if entries:
                self._rewrite(self._hide_address)
                entries = list(self._read_entries())
        for number, entry in entries:
            with suppress(LookupError):
                self._remember(number, entry)

    def _read_entries(self) -> Iterator[tuple[int, Entry]]:  # with line numbers; a problem if the file is another
        try:
            content = read_bytes(self.path, _MAX_LOG_BYTES) if self.path.exists() else b""
        except Problems as raised:
            raise LogFault(self.path, raised.problems[0].message, "read") from None
        except OSError as fault:
            raise LogFault(self.path, fault.strerror, "read") from fault
        self._has_torn_line = bool(content) and not content.endswith(b"\n")
        self._line_count = content.count(b"\n") + self._has_torn_line
        for number, line in enumerate(content.split(b"\n"), 1):
            text = line.strip(b"\0\r ")  # a power failure may leave zeros
            if not text.startswith(_ENTRY_START[: len(text)]):
                raise LogFault(self.path, f"line {number} is of something else", "read")
            # A torn line is the end of a run that broke off. Nothing is lost: a try is written before its
            # reply comes, and a try without a reply is not sent again.
            with suppress(ValueError, RecursionError):
                yield number, json.loads(text)

    def _remember(self, number: int, entry: Entry) -> None:
        key, to, state, at = (str(entry[name]) for name in ("key", "to", "state", "at"))
        who, facts = self.identify(to), entry.get("edition")
        self._last_states[key, who] = (number, state, at)
        if isinstance(facts, dict) and facts.get("code") and facts.get("brief"):
            known, name = self._editions.setdefault(who, {}), json.dumps(facts, sort_keys=True)
            known.pop(name, None)
            if state != "refused":
                known[name] = SentEdition(facts, str(entry.get("id", "")))

    def identify(self, address: str) -> str:
        """The name of a recipient here: the address, or its hash. A hash stays as it is."""
        folded = address.casefold()
        if not self._salt or _HASHED_ADDRESS.fullmatch(folded):
            return folded
        return f"sha256:{self._salt}:{hash_of((self._salt + folded).encode())}"

    def _hide_address(self, entry: Entry) -> Entry:
        # A server's reply often repeats the address: its code remains.
        return {**entry, "to": self.identify(str(entry["to"])), "reply": str(entry.get("reply", ""))[:3]}

    def _rewrite(self, change: Callable[[Entry], Entry | None]) -> None:  # torn lines go: they have only addresses
        kept = [new for _, entry in self._read_entries() if "to" in entry and (new := change(entry))]
        replace_file(self.path, "".join(map(_format_entry, kept)).encode(), _ONLY_OWNER)

    def forget_recipient(self, address: str) -> int:
        """Remove the entries of a recipient from the file; return how many there were."""
        who, gone = self.identify(address), list[Entry]()
        pattern = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", re.I)

        def drop(entry: Entry) -> Entry | None:
            if self.identify(str(entry["to"])) == who:
                gone.append(entry)
                return None
            return {**entry, "reply": pattern.sub("…", str(entry.get("reply", "")))}

        if self.path.exists():
            self._rewrite(drop)
        return len(gone)

    def find_earlier_outcome(self, mail: Mail, recipient: str) -> Outcome | None:
        """The outcome of this mail in an earlier run; None if it may be sent to the recipient."""
        line, state, at = self._last_states.get((mail.key, self.identify(recipient)), (0, "", ""))
        if state == "sent":
            return Outcome(recipient, "already", f"sent on {at}")
        if state == "trying":
            remedy = f"if nothing came, delete line {line} of {self.path} (of several, the last first) and run again"
            reply = f"tried on {at}, and the server's answer is not known. Ask the recipient; {remedy}"
            return Outcome(recipient, "unknown", reply)
        return None

    @property
    def recipients(self) -> list[str]:
        """All who were sent an edition, or may have been; see ``identify``."""
        return [who for who, known in self._editions.items() if known]

    def editions_sent_to(self, recipient: str) -> list[SentEdition]:
        """The editions that somebody was sent, or may have been, oldest first."""
        return [*self._editions.get(self.identify(recipient), {}).values()]

    def write_state(self, mail: Mail, recipients: Sequence[str], state: str, reply: str = "") -> None:
        """Append one line for each recipient and document, and sync them to the disk."""
        at = mail.date.isoformat(timespec="seconds")
        entries: list[Entry] = []
        for to in recipients:
            for part in mail.parts:
                entry: Entry = {"at": at, "state": state, "to": to, "reply": reply, "key": part.key}
                entry |= {"edition": dict(part.facts), "id": mail.message_id} if part.facts else {}
                entries.append(self._hide_address(entry) if self._salt else entry)
        self.append_text("".join(map(_format_entry, entries)))
        for entry in entries:
            self._line_count += 1
            self._remember(self._line_count, entry)

    def append_text(self, text: str) -> None:
        """Append lines and sync them to the disk. Problems if the log cannot be written."""
        try:
            with open(self.path, "ab", opener=lambda path, flags: os.open(path, flags, _ONLY_OWNER)) as file:
                file.write((("\n" if self._has_torn_line else "") + text).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            self._has_torn_line = True
            raise LogFault(self.path, fault.strerror, "written") from fault
        self._has_torn_line = False


def _format_entry(entry: Entry) -> str:
    return json.dumps(entry, ensure_ascii=False) + "\n"


@contextmanager
def open_log(path: Path, *, hashed: bool = False) -> Iterator[SendingLog]:
    """The sending log at ``path``, locked: another run waits, and then reads what this one has sent."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise LogFault(path, fault.strerror, "written") from fault
    with FolderLock(path.parent):
        yield SendingLog(path, hashed=hashed)
