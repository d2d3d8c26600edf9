"""A real mail server at a free port of this computer, and messages for it."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.support import BASE
from tipbrief.check.publication import load_publication
from tipbrief.language.language import load_language
from tipbrief.mail.message import Body, Mail, parse_addresses
from tipbrief.mail.sent_log import Outcome

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
NAMES = ("amina", "basir", "laila", "nasir")
PEOPLE = tuple(f"{name}@example.org" for name in NAMES)
Post = Callable[..., list[Outcome]]  # the fixture that sends


def one_mail(*to: str, subject: str = "قاچاق انسان", pdf: bytes = b"%PDF-1.7\n.\r\n..\x00\xff" * 9000) -> list[Mail]:
    """One message for these people, or for all whom we know."""
    body = Body(
        subject,
        subject,
        ("متن",),
        (),
        "",
        language=load_language("fa-AF"),
        colours=load_publication(BASE).imprint.colours,
    )
    return [Mail(body, parse_addresses("desk@example.org", to or PEOPLE), pdf, "tip.pdf", AT)]


def mail_for_each(*to: str) -> list[Mail]:
    """The same for each of them alone."""
    return one_mail(*to)[0].split_by_recipient()


@dataclass
class MailServer:
    """What the mail server does: whom it refuses, when it drops the line; and what has arrived."""

    refused: dict[str, str] = field(default_factory=dict)
    drop: str = ""  # the command, or the recipient, at which the line breaks
    answer: str = "250 OK, queued as 4711"
    senders: list[str] = field(default_factory=list)  # its next answers to a sender; without one it agrees
    forgets: bool = False  # it agrees to a recipient, and refuses DATA for want of one
    arrived: list[tuple[str, bytes]] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def people(self) -> list[str]:
        return [to for to, _ in self.arrived]

    def _dropped(self, server: SMTP, at: str) -> bool:
        if self.drop == at:
            cast(asyncio.Transport, server.transport).abort()
        return self.drop == at

    async def handle_MAIL(self, server: SMTP, _s: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.senders.pop(0) if self.senders else "250 OK"
        if answer.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(self, server: SMTP, _s: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        if self._dropped(server, address):
            return "421 closing"
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos += [address] * (not self.forgets)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _s: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250") and not self._dropped(server, "DATA"):
            self.arrived += [(to, envelope.content) for to in envelope.rcpt_tos]
            if self._dropped(server, "answer"):
                return ""
        return self.answer

    def login(self, _server: Any, _s: Any, _e: Any, _mechanism: str, given: Any) -> AuthResult:
        self.logins.append(cast(LoginPassword, given).password)
        return AuthResult(success=given == LoginPassword(b"desk", b"right"), handled=False)


@contextmanager
def running(
    office: MailServer, tls: ssl.SSLContext | None = None, *, at_once: bool = False, **options: Any
) -> Iterator[MailServer]:
    """The server in a thread of its own; ``at_once`` where TLS begins with the first byte."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        office.port = free.getsockname()[1]
    controller = Controller(
        office,
        "127.0.0.1",
        office.port,
        ssl_context=tls if at_once else None,
        tls_context=None if at_once else tls,
        authenticator=office.login,
        auth_require_tls=not at_once and tls is not None,
        **options,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
