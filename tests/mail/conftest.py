"""A mail server with a certificate, and a way to send to it."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.mail_server import MailServer, Post, running
from tests.support import PATIENCE
from tipbrief.mail.message import Mail
from tipbrief.mail.sending import SmtpServer, send_mails
from tipbrief.mail.sent_log import Outcome, SendingLog


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def trusted(authority: trustme.CA) -> ssl.SSLContext:
    """What a sender needs to trust the server."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="session")
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """What the server needs to be trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def office(certified: ssl.SSLContext) -> Iterator[MailServer]:
    with running(MailServer(), certified, require_starttls=True) as office:
        yield office


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "sent.jsonl"


@pytest.fixture
def post(office: MailServer, log: Path, trusted: ssl.SSLContext) -> Post:
    """Send over an encrypted line, every run with the log as it is on the disk."""

    def post(mails: list[Mail], **changes: Any) -> list[Outcome]:
        server = replace(SmtpServer("127.0.0.1", office.port, timeout=PATIENCE, context=trusted), **changes)
        return list(send_mails(server, mails, SendingLog(log)))

    return post
