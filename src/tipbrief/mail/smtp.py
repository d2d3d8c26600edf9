"""The line to a mail server, and its faults in words."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from tipbrief.problems import Problem, Problems

Security = Literal["starttls", "tls", "none"]
Answer = tuple[int, bytes | str]

USUAL_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 587}
# The name of this computer is nobody's business; mail servers take this one from a program that logs in.
_HELLO = "[127.0.0.1]"


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


@contextmanager
def connection(server: Server, context: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """A line to the server, encrypted and logged in as wanted; Problems where there is none."""
    with ExitStack() as stack:
        try:
            opened = partial(smtplib.SMTP_SSL, context=context) if server.security == "tls" else smtplib.SMTP
            line = opened(server.host, server.port, _HELLO, timeout=server.timeout)
            stack.callback(line.close)
            if server.security == "starttls":
                line.starttls(context=context)
            if server.user:
                line.login(server.user, server.password)
            line.ehlo_or_helo_if_needed()
        except (OSError, UnicodeError) as fault:
            message, hint = _fault_in_words(server, fault)
            raise Problems(message, hint=hint) from fault
        yield line
        with suppress(OSError):
            line.quit()


def _fault_in_words(server: Server, fault: OSError | UnicodeError) -> tuple[str, str]:
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


def reason(fault: OSError | UnicodeError) -> str:
    """Why a line failed, in one line."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return answer_text((fault.smtp_code, fault.smtp_error))
    told = (getattr(fault, name, "") for name in ("verify_message", "reason", "strerror"))
    return str(next(filter(None, told), "") or fault or type(fault).__name__)
