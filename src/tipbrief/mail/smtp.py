"""Send finished e-mails by SMTP, each to nobody twice."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tipbrief.mail.sent_log import LogFault, Sent
from tipbrief.problems import Problem, Problems

Security = Literal["starttls", "tls", "none"]
State = Literal["sent", "already", "refused", "unknown", "unsent"]

# The name of this computer is nobody's business; mail servers take this one from a program that logs in.
_HELLO = "[127.0.0.1]"
_ADDRESS = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server that takes the messages, and how to speak to it."""

    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = "starttls"
    timeout: float = 30


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message and where it goes: bare addresses. ``key`` names its content, whatever its date."""

    key: str
    sender: str
    recipients: tuple[str, ...]
    message: bytes


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


def send(
    server: Server,
    envelopes: Sequence[Envelope],
    log: Sent,
    *,
    at: datetime,
    progress: Callable[[Outcome], None],
    context: ssl.SSLContext | None = None,
) -> list[Outcome]:
    """Send what the log does not know as sent; Problems where the server cannot be used at all.

    ``context`` verifies the server's certificate; without one, the computer's authorities do.
    """
    _check(server, envelopes)
    log.ready()
    run = _Run(log, at.isoformat(timespec="seconds"), progress)
    waiting = [(envelope, run.waiting(envelope)) for envelope in envelopes]
    if any(recipients for _, recipients in waiting):
        with _line(server, context or ssl.create_default_context()) as smtp:
            for envelope, recipients in waiting:
                run.transact(smtp, envelope, recipients)
    return run.outcomes


class _Run:
    """One run: what became of each recipient so far, and why it stopped, where it did."""

    def __init__(self, log: Sent, at: str, progress: Callable[[Outcome], None]) -> None:
        self.outcomes: list[Outcome] = []
        self._log, self._at, self._progress = log, at, progress
        self._seen: set[tuple[str, str]] = set()
        self._first, self._stopped = True, ""

    def waiting(self, envelope: Envelope) -> list[str]:
        """The recipients to whom the message was never sent, each once; the others are told of."""
        left = []
        for recipient in envelope.recipients:
            mark = (envelope.key, recipient.casefold())
            if mark in self._seen:
                continue
            self._seen.add(mark)
            line, state, at = self._log.state(envelope.key, recipient)
            if state == "sent":
                self._tell([recipient], "already", f"sent on {at}")
            elif state == "trying":
                self._tell(
                    [recipient],
                    "unknown",
                    f"tried on {at}, and the server's answer is not known. Ask the recipient; "
                    f"if nothing came, delete line {line} of {self._log.path} (of several, the last first) "
                    "and run again",
                )
            else:
                left.append(recipient)
        return left

    def transact(self, smtp: smtplib.SMTP, envelope: Envelope, recipients: Sequence[str]) -> None:
        """Give one message to the server for these recipients; a lost line ends the run, not the program."""
        told = len(self.outcomes)
        try:
            if recipients and not self._stopped:
                self._give(smtp, envelope, recipients)
        except OSError as fault:  # smtplib's own faults are of this kind too
            self._stopped = f"the line to the server broke: {_why(fault)}. Run again to send what is left"
        except LogFault as fault:
            self._stopped = str(fault)
        done = {outcome.recipient for outcome in self.outcomes[told:]}
        self._tell([to for to in recipients if to not in done], "unsent", self._stopped)

    def _give(self, smtp: smtplib.SMTP, envelope: Envelope, recipients: Sequence[str]) -> None:
        answer: tuple[int, bytes | str]
        size = [f"size={len(envelope.message)}"] if smtp.has_extn("size") else []
        smtp.rset()  # what the server did not take of the message before is forgotten
        answer = smtp.mail(envelope.sender, size)
        first, self._first = self._first, False
        if answer[0] != 250:
            if first:
                raise Problems(_sender_problem(envelope, answer))
            self._tell(recipients, "refused", _words(answer))
            return
        taken = []
        for recipient in recipients:
            answer = smtp.rcpt(recipient)
            if answer[0] in (250, 251):
                taken.append(recipient)
            else:
                self._tell([recipient], "refused", _words(answer))
        if not taken:
            return
        self._log.write(envelope.key, taken, "trying", self._at)
        try:
            answer = smtp.data(envelope.message)
            if answer[0] // 100 not in (2, 4, 5):
                raise smtplib.SMTPServerDisconnected("it answered something else than SMTP")
        except smtplib.SMTPDataError as fault:  # refused before the message was given
            answer = (fault.smtp_code, fault.smtp_error)
        except OSError as fault:
            lost = (
                f"the line broke before the server's answer: {_why(fault)}. Ask the recipient whether it came"
            )
            self._tell(taken, "unknown", lost)
            raise
        state: State = "sent" if answer[0] < 300 else "refused"
        try:
            self._log.write(envelope.key, taken, state, self._at, _words(answer))
        finally:
            self._tell(taken, state, _words(answer))

    def _tell(self, recipients: Sequence[str], state: State, reply: str) -> None:
        for recipient in recipients:
            self.outcomes.append(Outcome(recipient, state, reply))
            self._progress(self.outcomes[-1])


@contextmanager
def _line(server: Server, context: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """A line to the server, encrypted and logged in as wanted."""
    with ExitStack() as stack:
        try:
            smtp = _connect(server, context)
            stack.callback(smtp.close)
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                smtp.starttls(context=context)
                smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
        except (OSError, UnicodeError) as fault:
            raise Problems(_line_problem(server, fault)) from fault
        yield smtp
        with suppress(OSError):
            smtp.quit()


def _connect(server: Server, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=_HELLO, timeout=server.timeout, context=context
        )
    return smtplib.SMTP(server.host, server.port, local_hostname=_HELLO, timeout=server.timeout)


# --- faults in words


def _check(server: Server, envelopes: Sequence[Envelope]) -> None:
    found = [
        Problem(f"'{address}' is no bare mail address", hint="write it as name@example.org")
        for envelope in envelopes
        for address in (envelope.sender, *envelope.recipients)
        if not _ADDRESS.fullmatch(address)
    ]
    if server.user and server.security == "none":
        found.append(
            Problem(
                "the password would go over a line that everybody can read",
                hint="use starttls or tls, or a server that asks for no password",
            )
        )
    if not (server.user + server.password).isascii():
        found.append(
            Problem(
                "the user name or the password holds other than Latin letters, digits and marks",
                hint="mail servers take no others; is the keyboard set to Dari?",
            )
        )
    if found:
        raise Problems(found)


def _line_problem(server: Server, fault: OSError | UnicodeError) -> Problem:
    """What went wrong before the first message; the more special faults come first."""
    place = f"{server.host}:{server.port}"
    other = "is it the right one? Servers mostly take starttls at 587, tls at 465"
    match fault:
        case ssl.SSLCertVerificationError():
            what = f"the certificate of '{server.host}' is not trusted: {fault.verify_message}"
            hint = (
                "check the server's name; else ask who runs it. Without a trusted certificate nothing is sent"
            )
        case ssl.SSLError():
            what, hint = f"no encrypted line to {place}: {fault.reason or fault}", f"the port: {other}"
        case smtplib.SMTPAuthenticationError():
            what = (
                f"{place} refuses the login of '{server.user}': {_words((fault.smtp_code, fault.smtp_error))}"
            )
            hint = "check the name and the password; some providers want an app password"
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(fault):
            what, hint = f"{place} offers no encryption (STARTTLS)", f"nothing was sent. The port: {other}"
        case smtplib.SMTPNotSupportedError():
            what, hint = (
                f"{place} takes no login",
                "leave out the user name, or name the server that takes it",
            )
        case socket.gaierror() | UnicodeError():
            what, hint = (
                f"there is no mail server '{server.host}'",
                "check its name, and the internet connection",
            )
        case ConnectionRefusedError():
            what, hint = f"no mail server answers at {place}", f"the port: {other}"
        case _ if isinstance(fault, TimeoutError) or isinstance(fault.__context__, TimeoutError):
            what = f"{place} did not answer within {server.timeout:g} seconds"
            hint = f"check the internet connection, and the port: {other}"
        case smtplib.SMTPResponseException():
            what = f"{place} takes no mail now: {_words((fault.smtp_code, fault.smtp_error))}"
            hint = "try again later, or ask who runs the server"
        case _:
            what, hint = (
                f"no line to {place}: {_why(fault)}",
                f"check the internet connection, and the port: {other}",
            )
    return Problem(what, hint=hint)


def _sender_problem(envelope: Envelope, answer: tuple[int, bytes]) -> Problem:
    if answer[0] == 552:
        size = f"{len(envelope.message) / 1024:.0f} KB"
        return Problem(
            f"the message is too large for the server ({size}): {_words(answer)}", hint="make it smaller"
        )
    return Problem(
        f"the server refuses mail from '{envelope.sender}': {_words(answer)}",
        hint="send from the address of the account, and log in if the server asks for it",
    )


def _words(answer: tuple[int, bytes | str]) -> str:
    """A server's answer in one line, fit for the screen."""
    code, text = answer
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join("".join(c if c.isprintable() else " " for c in shown).split())
    return f"{code} {line}"[:300].rstrip()


def _why(fault: OSError | UnicodeError) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        return _words((fault.smtp_code, fault.smtp_error))
    return str(getattr(fault, "strerror", "") or fault or type(fault).__name__)
