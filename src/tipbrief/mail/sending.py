"""Send finished e-mails, each to nobody twice: a log says what was sent to whom."""

import json
import os
import smtplib
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tipbrief.files import Lock, read_bytes
from tipbrief.mail.message import Mail, message
from tipbrief.mail.smtp import Answer, Line, Server, answer_text, connection, reason
from tipbrief.problems import Problem, Problems

_MOST_LOG = 32_000_000  # bytes
_ENTRY = b'{"at": '

State = Literal["sent", "already", "refused", "unknown", "unsent"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message for one recipient, in the server's words.

    ``already``: an earlier run sent it. ``refused``: the server did not take it. ``unknown``: an earlier or
    this run tried, and no answer came. ``unsent``: it was not tried. Another run tries ``refused`` and
    ``unsent`` again, never ``unknown``.
    """

    recipient: str
    state: State
    reply: str

    @property
    def sent(self) -> bool:
        """Whether the server has taken the message, now or earlier."""
        return self.state in ("sent", "already")


class LogFault(Problems):
    """The sending log cannot be read or written."""

    def __init__(self, path: Path, why: str | None, done: str) -> None:
        message = f"the sending log '{path}' cannot be {done}: {why}"
        hint = "name another file: --log. Without one nothing is sent, so that nobody gets a message twice"
        super().__init__(Problem(message, hint=hint))


class SentLog:
    """The sending log: a file of JSON lines, each on the disk before the next step is taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: dict[tuple[str, str], tuple[int, str, str]] = {}
        try:
            content = read_bytes(path, _MOST_LOG) if path.exists() else b""
        except Problems as raised:
            raise LogFault(path, raised.problems[0].message, "read") from None
        except OSError as fault:
            raise LogFault(path, fault.strerror, "read") from fault
        self._torn = bool(content) and not content.endswith(b"\n")
        self._lines = content.count(b"\n") + self._torn
        for number, line in enumerate(content.split(b"\n"), 1):
            text = line.strip(b"\0\r ")  # after a power failure there may be zeros
            if not text.startswith(_ENTRY[: len(text)]):
                raise LogFault(path, f"line {number} is of something else", "read")
            # A torn line is the end of a run that broke off. Nothing is lost with it: a try is written
            # before its answer, and what was tried without an answer is not sent again.
            with suppress(ValueError, LookupError, TypeError, RecursionError):
                entry = json.loads(text)
                key, to, state, at = (str(entry[name]) for name in ("key", "to", "state", "at"))
                self._last[key, to.casefold()] = (number, state, at)

    def earlier(self, mail: Mail, recipient: str) -> Outcome | None:
        """What became of this mail in an earlier run; None where it may be sent to the recipient."""
        line, state, at = self._last.get((mail.key, recipient.casefold()), (0, "", ""))
        if state == "sent":
            return Outcome(recipient, "already", f"sent on {at}")
        if state == "trying":
            remedy = f"delete line {line} of {self.path} (of several, the last first) and run again"
            reply = f"tried on {at}, and the server's answer is not known. Ask the recipient; "
            return Outcome(recipient, "unknown", f"{reply}if nothing came, {remedy}")
        return None

    def ready(self) -> None:
        """Problems where the log cannot be written: to be found before anything is sent."""
        self._append("")

    def write(self, mail: Mail, recipients: Sequence[str], state: str, reply: str = "") -> None:
        """Add one line for each of these recipients, and wait until they are on the disk."""
        at, key = mail.date.isoformat(timespec="seconds"), mail.key
        entries = [{"at": at, "state": state, "to": to, "reply": reply, "key": key} for to in recipients]
        self._append("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries))
        for to in recipients:
            self._lines += 1
            self._last[key, to.casefold()] = (self._lines, state, at)

    def _append(self, text: str) -> None:
        try:
            with self.path.open("ab") as file:
                file.write((("\n" if self._torn else "") + text).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            self._torn = True
            raise LogFault(self.path, fault.strerror, "written") from fault
        self._torn = False


@contextmanager
def opened_log(path: Path) -> Iterator[SentLog]:
    """The sending log at ``path``, for one run at a time: another one waits, and reads what this has sent."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise LogFault(path, fault.strerror, "written") from fault
    with Lock(path.parent):
        yield SentLog(path)


def send(
    server: Server, mails: Iterable[Mail], log: SentLog, context: ssl.SSLContext | None = None
) -> Iterator[Outcome]:
    """Send what the log does not know as sent, and tell at once what became of it for each recipient.

    Problems where the server cannot be used at all; a line that breaks later ends the run, not the program.
    ``context`` verifies the server's certificate; without one, the computer's authorities do.
    """
    server.check()
    log.ready()
    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[Mail, list[str]]] = []
    for mail in mails:
        waiting.append((mail, []))
        for recipient in (box.address for box in mail.addresses.recipients):
            if (mark := (mail.key, recipient.casefold())) in seen:
                continue
            seen.add(mark)
            if outcome := log.earlier(mail, recipient):
                yield outcome
            else:
                waiting[-1][1].append(recipient)
    if not (waiting := [(mail, recipients) for mail, recipients in waiting if recipients]):
        return
    stopped = ""
    with connection(server, context or ssl.create_default_context()) as line:
        for mail, recipients in waiting:
            left = dict.fromkeys(recipients)
            try:
                first = mail is waiting[0][0]
                for outcome in () if stopped else _delivery(line, mail, recipients, log, first):
                    del left[outcome.recipient]
                    yield outcome
            except OSError as fault:  # smtplib's own faults are of this kind too
                stopped = f"the line to the server broke: {reason(fault)}. Run again to send what is left"
            except LogFault as fault:
                stopped = str(fault)
            yield from (Outcome(recipient, "unsent", stopped) for recipient in left)


def _delivery(
    line: Line, mail: Mail, recipients: Iterable[str], log: SentLog, first: bool
) -> Iterator[Outcome]:
    """Give one message to the server for these recipients; a sender refused at the ``first`` is a problem."""
    content, sender = message(mail), mail.addresses.sender.address
    line.begin(len(content))
    line.rset()  # what the server did not take of the message before is forgotten
    answer: Answer = line.mail(sender, [f"size={len(content)}"] if line.has_extn("size") else [])
    welcome = answer[0] == 250
    if first and not welcome:
        hint = "send from the address of the account, and log in if the server asks for it"
        if answer[0] == 552:
            hint = f"the message is too large for it: {len(content) / 1024:.0f} KB"
        raise Problems(f"the server refuses mail from '{sender}': {answer_text(answer)}", hint=hint)
    taken = []
    for recipient in recipients:
        answer = line.rcpt(recipient) if welcome else answer
        if welcome and answer[0] in (250, 251):
            taken.append(recipient)
        else:
            yield Outcome(recipient, "refused", answer_text(answer))
    if not taken:
        return
    log.write(mail, taken, "trying")
    given = True
    try:
        answer = line.data(content)
        if answer[0] // 100 not in (2, 4, 5):
            raise smtplib.SMTPServerDisconnected("it answered something else than SMTP")
    except smtplib.SMTPDataError as fault:  # whatever it says, it was not given the message
        answer, given = (fault.smtp_code, fault.smtp_error), False
    except OSError as fault:
        lost = f"the line broke before the server's answer: {reason(fault)}"
        yield from (Outcome(to, "unknown", f"{lost}. Ask the recipient whether it came") for to in taken)
        raise
    state: State = "sent" if given and answer[0] < 300 else "refused"
    try:
        log.write(mail, taken, state, answer_text(answer))
    finally:  # also where the disk is full, the server has taken it
        yield from (Outcome(to, state, answer_text(answer)) for to in taken)
