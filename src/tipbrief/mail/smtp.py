"""The line to a mail server, and its faults in words."""

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from tipbrief.problems import Problem, Problems

Security = Literal["starttls", "tls", "none"]
Answer = tuple[int, bytes | str]

USUAL_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 587}
# The name of this computer is nobody's business; mail servers take this one from a program that logs in.
_HELLO = "[127.0.0.1]"
# A server may keep nobody: bytes of an answer, of a message that is given at once, and a second at least.
_MOST_ANSWERED, _PART, _SLOWEST = 64 * 1024, 16 * 1024, 4000


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server that takes the messages, and how to speak to it."""

    host: str
    port: int = USUAL_PORTS["starttls"]
    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = "starttls"
    timeout: float = 30

    def check(self) -> None:
        """Problems where nobody should log in like this."""
        found = []
        if self.user and self.security == "none":
            hint = "use starttls or tls, or a server that asks for no password"
            found.append(Problem("the password would go over a line that everybody can read", hint=hint))
        if not (self.user + self.password).isascii():
            message = "the user name or the password holds other than Latin letters, digits and marks"
            found.append(Problem(message, hint="mail servers take no others; is the keyboard set to Dari?"))
        if found:
            raise Problems(found)


class Line(smtplib.SMTP):
    """A line to a server that has so many seconds for each answer, twice as many for the way to one aim."""

    def __init__(self, server: Server, **settings: Any) -> None:
        self._patience = server.timeout
        self.begin()
        super().__init__(server.host, server.port, _HELLO, timeout=server.timeout, **settings)

    def begin(self, size: int = 0) -> None:
        """From here the server has its time for all that is needed to give it a message of this size."""
        self._end = time.monotonic() + 2 * self._patience + size / _SLOWEST

    def left(self, until: float) -> float:
        """The seconds that the server still has."""
        if (seconds := min(until, self._end) - time.monotonic()) <= 0:
            raise TimeoutError("timed out")
        return seconds

    def getreply(self) -> tuple[int, bytes]:
        """The server's answer, as smtplib reads it."""
        if self.file is None and self.sock:
            self.file = _Answers(self, self.sock)
        if self.file is not None:
            self.file.begin(time.monotonic() + self._patience)
        return super().getreply()

    def send(self, s: Any) -> None:
        """Give the server a command or a message."""
        content = s.encode(self.command_encoding) if isinstance(s, str) else s
        for begun in range(0, len(content), _PART):
            if self.sock:
                self.sock.settimeout(self.left(time.monotonic() + self._patience))
            super().send(content[begun : begun + _PART])


class _TlsLine(Line, smtplib.SMTP_SSL):
    """The same over a line that is encrypted from the first byte."""


class _Answers:
    """What a server answers, line by line. The time is that of the whole, however slowly it drips."""

    def __init__(self, line: Line, sock: socket.socket) -> None:
        self._line, self._sock, self._read = line, sock, b""

    def begin(self, until: float) -> None:
        """The next answer begins, and must be here until then."""
        self._until, self._left = until, _MOST_ANSWERED

    def readline(self, most: int) -> bytes:
        """The next line, at most so much of it; nothing where the line is closed."""
        while b"\n" not in self._read and len(self._read) < most:
            self._sock.settimeout(self._line.left(self._until))
            if not (part := self._sock.recv(most)):
                break
            self._read += part
        line = self._read[: self._read.find(b"\n") + 1 or most][:most]
        self._read = self._read[len(line) :]
        self._left -= len(line)
        if self._left < 0:
            raise OSError("its answer does not end")
        return line

    def close(self) -> None:
        """Nothing more is read."""
        self._read = b""


@contextmanager
def connection(server: Server, context: ssl.SSLContext) -> Iterator[Line]:
    """A line to the server, encrypted and logged in as wanted; Problems where there is none."""
    with ExitStack() as stack:
        try:
            line = _TlsLine(server, context=context) if server.security == "tls" else Line(server)
            stack.callback(line.close)
            if server.security == "starttls":
                line.starttls(context=context)
            if server.user:
                line.login(server.user, server.password)
            line.ehlo_or_helo_if_needed()
        except (OSError, ValueError) as fault:  # the latter where an answer is none
            message, hint = _fault_in_words(server, fault)
            raise Problems(message, hint=hint) from fault
        yield line
        line.begin()
        with suppress(OSError):
            line.quit()


def _fault_in_words(server: Server, fault: OSError | ValueError) -> tuple[str, str]:
    """What went wrong before the first message, and a hint; the more special faults come first."""
    place, why = f"{server.host}:{server.port}", reason(fault)
    port = "port: is it the right one? Servers mostly take starttls at 587, tls at 465"
    connect = f"check the internet connection, and the {port}"
    match fault:
        case ssl.SSLCertVerificationError():
            ask = "check the server's name; else ask who runs it"
            hint = f"{ask}. Without a trusted certificate nothing is sent"
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


def answer_text(answer: Answer) -> str:
    """A server's answer in one line, fit for the screen."""
    code, text = answer
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join("".join(c if c.isprintable() else " " for c in shown).split())
    return f"{code} {line}"[:300].rstrip()


def reason(fault: OSError | ValueError) -> str:
    """Why a line failed, in one line."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return answer_text((fault.smtp_code, fault.smtp_error))
    told = (getattr(fault, name, "") for name in ("verify_message", "reason", "strerror"))
    return str(next(filter(None, told), "") or fault or type(fault).__name__)
