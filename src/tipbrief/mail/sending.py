"""The sending of e-mails. A log of what was sent to whom ensures that nobody gets an e-mail twice."""

import json
import os
import smtplib
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tipbrief.files import FolderLock, read_bytes
from tipbrief.mail.message import Mail, compose_message
from tipbrief.problems import Problem, Problems

Security = Literal["starttls", "tls", "none"]
SmtpReply = tuple[int, bytes | str]
SendingState = Literal["sent", "already", "refused", "unknown", "unsent"]

DEFAULT_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 587}
_MAX_LOG_BYTES = 32_000_000  # bytes
_ENTRY_START = b'{"at": '
# The name of this computer stays private. Mail servers accept this one from a program that logs in.
_HELLO_NAME = "[127.0.0.1]"
# Limits against a server that never ends: bytes of a reply, bytes sent at once, and the slowest speed.
_MAX_REPLY_BYTES, _CHUNK_BYTES, _MIN_BYTES_PER_SECOND = 64 * 1024, 16 * 1024, 4000


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server that takes the messages, and how to connect to it."""

    host: str
    port: int = DEFAULT_PORTS["starttls"]
    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = "starttls"
    timeout: float = 30

    def require_safe_login(self) -> None:
        """Problems if the login is not safe."""
        found = []
        if self.user and self.security == "none":
            hint = "use starttls or tls, or a server that asks for no password"
            found.append(Problem("the password would go over a line that everybody can read", hint=hint))
        if not (self.user + self.password).isascii():
            message = "the user name or the password holds other than Latin letters, digits and marks"
            found.append(Problem(message, hint="mail servers take no others; is the keyboard set to Dari?"))
        if found:
            raise Problems(found)


class SmtpConnection(smtplib.SMTP):
    """A connection with a time limit for each reply, and twice that time for each message."""

    def __init__(self, server: SmtpServer, **settings: Any) -> None:
        self._reply_seconds = server.timeout
        self.start_deadline()
        super().__init__(server.host, server.port, _HELLO_NAME, timeout=server.timeout, **settings)

    def start_deadline(self, size: int = 0) -> None:
        """Start the time limit for all that is needed to send a message of this size."""
        self._deadline = time.monotonic() + 2 * self._reply_seconds + size / _MIN_BYTES_PER_SECOND

    def seconds_left(self, until: float) -> float:
        """The seconds that the server still has. TimeoutError if there are none."""
        if (seconds := min(until, self._deadline) - time.monotonic()) <= 0:
            raise TimeoutError("timed out")
        return seconds

    def getreply(self) -> tuple[int, bytes]:
        """Read the server's reply, as smtplib does, with its time limit."""
        if self.file is None and self.sock:
            self.file = _ReplyReader(self, self.sock)
        if self.file is not None:
            self.file.start_reply(time.monotonic() + self._reply_seconds)
        return super().getreply()

    def send(self, s: Any) -> None:
        """Send a command or a message, in chunks that each have a time limit."""
        content = s.encode(self.command_encoding) if isinstance(s, str) else s
        for start in range(0, len(content), _CHUNK_BYTES):
            if self.sock:
                self.sock.settimeout(self.seconds_left(time.monotonic() + self._reply_seconds))
            super().send(content[start : start + _CHUNK_BYTES])


class _TlsSmtpConnection(SmtpConnection, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class _ReplyReader:
    """The replies of a server, line by line. The time limit is for a whole reply, however slowly it comes."""

    def __init__(self, connection: SmtpConnection, sock: socket.socket) -> None:
        self._connection, self._sock, self._buffer = connection, sock, b""

    def start_reply(self, until: float) -> None:
        """Start the next reply, which must be complete at this time."""
        self._reply_deadline, self._bytes_left = until, _MAX_REPLY_BYTES

    def readline(self, most: int) -> bytes:
        """The next line, at most ``most`` bytes; empty if the connection is closed."""
        while b"\n" not in self._buffer and len(self._buffer) < most:
            self._sock.settimeout(self._connection.seconds_left(self._reply_deadline))
            if not (part := self._sock.recv(most)):
                break
            self._buffer += part
        line = self._buffer[: self._buffer.find(b"\n") + 1 or most][:most]
        self._buffer = self._buffer[len(line) :]
        self._bytes_left -= len(line)
        if self._bytes_left < 0:
            raise OSError("its answer does not end")
        return line

    def close(self) -> None:
        self._buffer = b""


@contextmanager
def open_connection(server: SmtpServer, context: ssl.SSLContext) -> Iterator[SmtpConnection]:
    """A connection to the server, encrypted and logged in. Problems if that fails."""
    with ExitStack() as stack:
        try:
            tls = server.security == "tls"
            connection = _TlsSmtpConnection(server, context=context) if tls else SmtpConnection(server)
            stack.callback(connection.close)
            if server.security == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
            connection.ehlo_or_helo_if_needed()
        except (OSError, ValueError) as fault:  # a ValueError if a reply is no SMTP
            message, hint = _explain_connection_fault(server, fault)
            raise Problems(message, hint=hint) from fault
        yield connection
        connection.start_deadline()
        with suppress(OSError):
            connection.quit()


def _explain_connection_fault(server: SmtpServer, fault: OSError | ValueError) -> tuple[str, str]:
    """A message and a hint for a fault before the first e-mail. Special faults come before general ones."""
    place, why = f"{server.host}:{server.port}", describe_cause(fault)
    port = "port: is it the right one? Servers mostly take starttls at 587, tls at 465"
    connect = f"check the internet connection, and the {port}"
    match fault:
        case ssl.SSLCertVerificationError():
            hint = "check the server's name; else ask who runs it. Without a trusted certificate nothing is sent"
            return f"the certificate of '{server.host}' is not trusted: {why}", hint
        case ssl.SSLError():
            return f"no encrypted line to {place}: {why}", f"the {port}"
        case smtplib.SMTPAuthenticationError():
            hint = "check the name and the password; some providers want an app password"
            return f"{place} refuses the login of '{server.user}': {why}", hint
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(fault):
            return f"{place} offers no encryption (STARTTLS)", f"nothing was sent. The {port}"
        case smtplib.SMTPNotSupportedError():
            return f"{place} takes no login", "leave out the user name, or name the server that takes it"
        case socket.gaierror() | UnicodeError():
            return f"there is no mail server '{server.host}'", "check its name, and the internet connection"
        case ConnectionRefusedError():
            return f"no mail server answers at {place}", f"the {port}"
        case _ if isinstance(fault, TimeoutError) or isinstance(fault.__context__, TimeoutError):
            return f"{place} did not answer within {server.timeout:g} seconds", connect
        case ValueError():
            return f"{place} answers what no mail server answers: {why}", f"the {port}"
        case smtplib.SMTPResponseException():
            return f"{place} takes no mail now: {why}", "try again later, or ask who runs the server"
        case _:
            return f"no line to {place}: {why}", connect


def describe_reply(reply: SmtpReply) -> str:
    """A server's reply in one printable line."""
    code, text = reply
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join("".join(c if c.isprintable() else " " for c in shown).split())
    return f"{code} {line}"[:300].rstrip()


def describe_cause(fault: OSError | ValueError) -> str:
    """The cause of a connection fault, in one line."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return describe_reply((fault.smtp_code, fault.smtp_error))
    causes = (getattr(fault, name, "") for name in ("verify_message", "reason", "strerror"))
    return str(next(filter(None, causes), "") or fault or type(fault).__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a message for one recipient, with the server's reply.

    ``already``: an earlier run sent it. ``unknown``: this or an earlier run tried, and no reply came. ``unsent``: it
    was not tried. Another run tries ``refused`` and ``unsent`` again, never ``unknown``.
    """

    recipient: str
    state: SendingState
    reply: str

    @property
    def is_sent(self) -> bool:
        """Whether the server took the message, now or earlier."""
        return self.state in ("sent", "already")


class LogFault(Problems):
    """The sending log cannot be read or written."""

    def __init__(self, path: Path, why: str | None, done: str) -> None:
        message = f"the sending log '{path}' cannot be {done}: {why}"
        hint = "name another file: --log. Without one nothing is sent, so that nobody gets a message twice"
        super().__init__(Problem(message, hint=hint))


class SendingLog:
    """The sending log: a file of JSON lines, each synced to the disk before the next step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last_states: dict[tuple[str, str], tuple[int, str, str]] = {}
        try:
            content = read_bytes(path, _MAX_LOG_BYTES) if path.exists() else b""
        except Problems as raised:
            raise LogFault(path, raised.problems[0].message, "read") from None
        except OSError as fault:
            raise LogFault(path, fault.strerror, "read") from fault
        self._has_torn_line = bool(content) and not content.endswith(b"\n")
        self._line_count = content.count(b"\n") + self._has_torn_line
        for number, line in enumerate(content.split(b"\n"), 1):
            text = line.strip(b"\0\r ")  # a power failure may leave zeros
            if not text.startswith(_ENTRY_START[: len(text)]):
                raise LogFault(path, f"line {number} is of something else", "read")
            # A torn line is the end of a run that broke off. Nothing is lost: a try is written before its
            # reply comes, and a try without a reply is not sent again.
            with suppress(ValueError, LookupError, TypeError, RecursionError):
                entry = json.loads(text)
                key, to, state, at = (str(entry[name]) for name in ("key", "to", "state", "at"))
                self._last_states[key, to.casefold()] = (number, state, at)

    def find_earlier_outcome(self, mail: Mail, recipient: str) -> Outcome | None:
        """The outcome of this mail in an earlier run; None if it may be sent to the recipient."""
        line, state, at = self._last_states.get((mail.content_hash, recipient.casefold()), (0, "", ""))
        if state == "sent":
            return Outcome(recipient, "already", f"sent on {at}")
        if state == "trying":
            remedy = f"if nothing came, delete line {line} of {self.path} (of several, the last first) and run again"
            reply = f"tried on {at}, and the server's answer is not known. Ask the recipient; {remedy}"
            return Outcome(recipient, "unknown", reply)
        return None

    def write_state(self, mail: Mail, recipients: Sequence[str], state: str, reply: str = "") -> None:
        """Append one line for each recipient, and sync them to the disk."""
        at, key = mail.date.isoformat(timespec="seconds"), mail.content_hash
        entries = [{"at": at, "state": state, "to": to, "reply": reply, "key": key} for to in recipients]
        self.append_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries))
        for to in recipients:
            self._line_count += 1
            self._last_states[key, to.casefold()] = (self._line_count, state, at)

    def append_text(self, text: str) -> None:
        """Append lines and sync them to the disk. Problems if the log cannot be written."""
        try:
            with self.path.open("ab") as file:
                file.write((("\n" if self._has_torn_line else "") + text).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            self._has_torn_line = True
            raise LogFault(self.path, fault.strerror, "written") from fault
        self._has_torn_line = False


@contextmanager
def open_log(path: Path) -> Iterator[SendingLog]:
    """The sending log at ``path``, locked: another run waits, and then reads what this one has sent."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise LogFault(path, fault.strerror, "written") from fault
    with FolderLock(path.parent):
        yield SendingLog(path)


def send_mails(
    server: SmtpServer, mails: Iterable[Mail], log: SendingLog, context: ssl.SSLContext | None = None
) -> Iterator[Outcome]:
    """Send what was not sent before, and yield the outcome for each recipient at once.

    Problems if the server cannot be used at all. If the connection breaks later, the rest is ``unsent``.
    ``context`` verifies the server's certificate; by default it trusts the computer's authorities.
    """
    server.require_safe_login()
    log.append_text("")  # a log that cannot be written is found before anything is sent
    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[Mail, list[str]]] = []
    for mail in mails:
        waiting.append((mail, []))
        for recipient in (box.address for box in mail.addresses.recipients):
            if (key := (mail.content_hash, recipient.casefold())) in seen:
                continue
            seen.add(key)
            if outcome := log.find_earlier_outcome(mail, recipient):
                yield outcome
            else:
                waiting[-1][1].append(recipient)
    if not (waiting := [(mail, recipients) for mail, recipients in waiting if recipients]):
        return
    stop_reason = ""
    with open_connection(server, context or ssl.create_default_context()) as connection:
        for mail, recipients in waiting:
            left = dict.fromkeys(recipients)
            try:
                is_first = mail is waiting[0][0]
                for outcome in () if stop_reason else _deliver_mail(connection, mail, recipients, log, is_first):
                    del left[outcome.recipient]
                    yield outcome
            except OSError as fault:  # smtplib's faults are of this kind too
                stop_reason = f"the line to the server broke: {describe_cause(fault)}. Run again to send what is left"
            except LogFault as fault:
                stop_reason = str(fault)
            yield from (Outcome(recipient, "unsent", stop_reason) for recipient in left)


def _deliver_mail(
    connection: SmtpConnection, mail: Mail, recipients: Iterable[str], log: SendingLog, is_first: bool
) -> Iterator[Outcome]:
    """Send one message to these recipients. Problems if the server refuses the sender of the first message."""
    content, sender = compose_message(mail), mail.addresses.sender.address
    connection.start_deadline(len(content))
    connection.rset()  # forget what the server did not take of the message before
    size = [f"size={len(content)}"] if connection.has_extn("size") else []
    reply: SmtpReply = connection.mail(sender, size)
    sender_accepted = reply[0] == 250
    if is_first and not sender_accepted:
        hint = "send from the address of the account, and log in if the server asks for it"
        if reply[0] == 552:
            hint = f"the message is too large for it: {len(content) / 1024:.0f} KB"
        raise Problems(f"the server refuses mail from '{sender}': {describe_reply(reply)}", hint=hint)
    accepted = []
    for recipient in recipients:
        reply = connection.rcpt(recipient) if sender_accepted else reply
        if sender_accepted and reply[0] in (250, 251):
            accepted.append(recipient)
        else:
            yield Outcome(recipient, "refused", describe_reply(reply))
    if not accepted:
        return
    log.write_state(mail, accepted, "trying")
    state: SendingState = "refused"
    try:
        reply = connection.data(content)
        if reply[0] // 100 not in (2, 4, 5):
            raise smtplib.SMTPServerDisconnected("it answered something else than SMTP")
        if reply[0] < 300:
            state = "sent"
    except smtplib.SMTPDataError as fault:  # the message was not transmitted, whatever the reply says
        reply = fault.smtp_code, fault.smtp_error
    except OSError as fault:
        lost = f"the line broke before the server's answer: {describe_cause(fault)}"
        yield from (Outcome(to, "unknown", f"{lost}. Ask the recipient whether it came") for to in accepted)
        raise
    try:
        log.write_state(mail, accepted, state, describe_reply(reply))
    finally:  # even if the disk is full, the server has taken the message
        yield from (Outcome(to, state, describe_reply(reply)) for to in accepted)
