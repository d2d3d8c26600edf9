"""The sending of e-mails: the dialogue with the server, what to do when it breaks, and how fast to send."""

import io
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tipbrief.language.language import read_data_file
from tipbrief.mail.message import Mail, compose_message
from tipbrief.mail.sent_log import LogFault, Outcome, SendingLog, SendingState
from tipbrief.problems import Problem, ProblemList, Problems

Security = Literal["starttls", "tls", "none"]
SmtpReply = tuple[int, bytes | str]

DEFAULT_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 587}
# The name of this computer stays private. Mail servers accept this one from a program that logs in.
_HELLO_NAME = "[127.0.0.1]"
# Limits against a server that never ends: bytes of a reply, bytes sent at once, and the slowest speed.
_MAX_REPLY_BYTES, _CHUNK_BYTES, _MIN_BYTES_PER_SECOND = 64 * 1024, 16 * 1024, 4000
_MESSAGE_END = b"\r\n.\r\n"  # a server takes a message when it has this, not before
_FAULT_FILE = Path(__file__).with_name("connection_faults.yaml")
_RUN_AGAIN = "Run again to send what is left"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server that takes the messages, and how to connect to it."""

    host: str
    port: int = DEFAULT_PORTS["starttls"]
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # of OAuth, in place of a password
    security: Security = "starttls"
    timeout: float = 30
    # It verifies the server's certificate; by default it trusts the computer's authorities.
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def require_safe_login(self) -> None:
        """Problems if the login is not safe."""
        found = ProblemList()
        if self.user and self.security == "none":
            hint = "use starttls or tls, or a server that asks for no password"
            found.append(Problem("the password would go over a line that everybody can read", hint=hint))
        if not (self.user + self.password + self.token).isascii():
            message = "the user name or the password holds other than Latin letters, digits and marks"
            found.append(Problem(message, hint="mail servers take no others; is the keyboard set to Dari?"))
        found.raise_all()


class SmtpConnection(smtplib.SMTP):
    """A connection with a time limit for each reply, and twice that time for each message."""

    before_end: Callable[[], None] = staticmethod(lambda: None)  # called before the last chunk of a message

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
            self.file = io.BufferedReader(_ReplyReader(self, self.sock))
        if self.file is not None:
            self.file.raw.start_reply(time.monotonic() + self._reply_seconds)
        return super().getreply()

    def send(self, s: Any) -> None:
        """Send a command or a message, in chunks that each have a time limit."""
        content = s.encode(self.command_encoding) if isinstance(s, str) else s
        for start in range(0, len(content), _CHUNK_BYTES):
            if self.sock:
                self.sock.settimeout(self.seconds_left(time.monotonic() + self._reply_seconds))
            if content.endswith(_MESSAGE_END) and start + _CHUNK_BYTES >= len(content):
                self.before_end()
            super().send(content[start : start + _CHUNK_BYTES])


class _TlsSmtpConnection(SmtpConnection, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class _ReplyReader(io.RawIOBase):  # the time limit is for a whole reply, however slowly it comes
    def __init__(self, connection: SmtpConnection, sock: socket.socket) -> None:
        self._connection, self._sock = connection, sock

    def start_reply(self, until: float) -> None:
        self._reply_deadline, self._bytes_left = until, _MAX_REPLY_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._connection.seconds_left(self._reply_deadline))
        count = self._sock.recv_into(buffer)
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise OSError("its answer does not end")
        return count


@contextmanager
def open_connection(server: SmtpServer) -> Iterator[SmtpConnection]:
    """A connection to the server, encrypted and logged in. Problems if that fails."""
    context = server.context or ssl.create_default_context()
    with ExitStack() as stack:
        try:
            tls = server.security == "tls"
            connection = _TlsSmtpConnection(server, context=context) if tls else SmtpConnection(server)
            stack.callback(connection.close)
            if server.security == "starttls":
                connection.starttls(context=context)
            if server.user and server.token:
                connection.ehlo_or_helo_if_needed()
                word = f"user={server.user}\1auth=Bearer {server.token}\1\1"
                # A server that refuses the token says why in a challenge, and waits for an answer.
                connection.auth("XOAUTH2", lambda challenge=None: "" if challenge else word)
            elif server.user:
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
    """A message and a hint for a fault before the first e-mail."""
    known, kinds = read_data_file(_FAULT_FILE), {kind.__name__ for kind in type(fault).__mro__}
    if isinstance(fault.__context__, TimeoutError):
        kinds.add("TimeoutError")
    found = next(one for one in known["faults"] if one["kind"] in kinds and one.get("text", "") in str(fault))
    values = {name: getattr(server, name) for name in ("host", "user", "timeout")}
    values |= {"place": f"{server.host}:{server.port}", "why": describe_cause(fault), "port": known["port"]}
    return found["message"].format(**values), found["hint"].format(**values)


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


def send_mails(
    server: SmtpServer,
    mails: Iterable[Mail],
    log: SendingLog,
    *,
    limit: int = 0,
    pause: Callable[[], bool] | None = None,
) -> Iterator[Outcome]:
    """Send what was not sent before, and yield the outcome for each recipient at once."""
    # Problems if the server cannot be used at all. A line that breaks is opened again. After ``limit`` messages
    # ``pause`` is called, which waits. If a new line carries no message, or ``pause`` is False, the rest is ``unsent``.
    server.require_safe_login()
    log.append_text("")  # a log that cannot be written is found before anything is sent
    seen: set[tuple[str, str]] = set()
    connection: SmtpConnection | None = None
    count, carried, stop_reason = 0, 0, ""  # all messages, and those of this connection
    with ExitStack() as line:
        for mail in mails:
            left: dict[str, None] = {}
            for recipient in (box.address for box in mail.addresses.recipients):
                if (key := (mail.key, recipient.casefold())) in seen:
                    continue
                seen.add(key)
                if outcome := log.find_earlier_outcome(mail, recipient):
                    yield outcome
                else:
                    left[recipient] = None
            if left and limit and count and count % limit == 0 and not stop_reason:
                connection = None
                line.close()
                if pause is None or not pause():
                    stop_reason = f"the limit of {limit} messages is reached. {_RUN_AGAIN}"
            while left and not stop_reason:
                try:
                    if connection is None:
                        connection, carried = line.enter_context(open_connection(server)), 0
                    for outcome in _deliver_mail(connection, mail, [*left], log, is_first=not count):
                        del left[outcome.recipient]
                        yield outcome
                    count, carried = count + 1, carried + 1
                except (OSError, LogFault) as fault:  # smtplib's faults are of the first kind
                    if isinstance(fault, LogFault):
                        stop_reason = str(fault)
                    elif not carried:
                        stop_reason = f"the line to the server broke: {describe_cause(fault)}. {_RUN_AGAIN}"
                    if connection:
                        connection.close()  # it may wait for the end of a message
                    connection = None
                    line.close()
                except Problems as raised:
                    if not count:
                        raise
                    stop_reason = str(raised)
            yield from (Outcome(recipient, "unsent", stop_reason) for recipient in left)


def _deliver_mail(
    connection: SmtpConnection, mail: Mail, recipients: Iterable[str], log: SendingLog, *, is_first: bool
) -> Iterator[Outcome]:  # Problems if the server refuses the sender of the first message
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
    tries: list[str] = []

    def write_try() -> None:
        log.write_state(mail, accepted, "trying")
        tries.extend(accepted)

    connection.before_end = write_try
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
        yield from (Outcome(to, "unknown", f"{lost}. Ask the recipient whether it came") for to in tries)
        raise
    try:
        log.write_state(mail, accepted, state, describe_reply(reply))
    finally:  # even if the disk is full, the server has taken the message
        yield from (Outcome(to, state, describe_reply(reply)) for to in accepted)
