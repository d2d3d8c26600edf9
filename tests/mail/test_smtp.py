"""The line to a real mail server: encrypted, logged in; where it cannot be used, nothing is sent."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.mail_server import PEOPLE, MailServer, Post, one_mail, running
from tipbrief.mail.sending import send
from tipbrief.mail.sent_log import SentLog
from tipbrief.mail.smtp import Server
from tipbrief.problems import Problems


def test_it_logs_in_over_the_encrypted_line(post: Post, office: MailServer) -> None:
    post(one_mail(), user="desk", password="right")
    assert (office.people, office.logins) == ([*PEOPLE], [b"right"])


def test_tls_from_the_first_byte(certified: ssl.SSLContext, post: Post, office: MailServer) -> None:
    with running(MailServer(), certified, at_once=True) as other:
        post(one_mail(), port=other.port, security="tls")
    assert (other.people, office.people) == ([*PEOPLE], [])


def test_a_password_is_not_shown() -> None:
    assert "right" not in repr(Server("mail.example.org", user="desk", password="right"))


# --- the server cannot be used: nothing is sent


def refusal(office: MailServer, log: Path, context: ssl.SSLContext | None, **changes: Any) -> str:
    server = replace(Server("127.0.0.1", office.port, timeout=10), **changes)
    with pytest.raises(Problems) as raised:
        send(server, one_mail(), SentLog(log), progress=lambda _: None, context=context)
    assert office.arrived == []
    assert not log.exists() or log.read_bytes() == b""
    (problem,) = raised.value.problems
    assert problem.hint
    return problem.message


def test_a_server_without_starttls_gets_nothing_unless_told_otherwise(
    log: Path, trusted: ssl.SSLContext
) -> None:
    with running(MailServer()) as office:
        assert "offers no encryption" in refusal(office, log, trusted)
        assert "everybody can read" in refusal(
            office, log, trusted, security="none", user="desk", password="right"
        )
        assert office.logins == []
        server = Server("127.0.0.1", office.port, security="none", timeout=10)
        outcomes = send(server, one_mail(), SentLog(log), progress=lambda _: None)
    assert [outcome.state for outcome in outcomes] == ["sent"] * 4


def test_a_certificate_of_a_stranger_is_a_problem(office: MailServer, log: Path) -> None:
    assert "certificate of '127.0.0.1' is not trusted: " in refusal(office, log, None)


def test_a_certificate_for_another_name_is_a_problem(
    office: MailServer, log: Path, trusted: ssl.SSLContext
) -> None:
    assert "certificate of 'localhost' is not trusted" in refusal(office, log, trusted, host="localhost")


def test_tls_to_a_port_that_starts_in_clear_is_a_problem(
    office: MailServer, log: Path, trusted: ssl.SSLContext
) -> None:
    assert "no encrypted line to 127.0.0.1" in refusal(office, log, trusted, security="tls")


def test_a_refused_login_is_a_problem(office: MailServer, log: Path, trusted: ssl.SSLContext) -> None:
    said = refusal(office, log, trusted, user="desk", password="wrong")
    assert "refuses the login of 'desk': 535" in said
    assert "wrong" not in said


def test_a_password_in_dari_letters_is_a_problem(
    office: MailServer, log: Path, trusted: ssl.SSLContext
) -> None:
    assert "other than Latin letters" in refusal(office, log, trusted, user="desk", password="رمز")


def test_a_refused_sender_is_a_problem(office: MailServer, log: Path, trusted: ssl.SSLContext) -> None:
    office.senders = ["550 5.7.1 not \x1b[31m yours"]
    assert refusal(office, log, trusted).endswith(
        "refuses mail from 'desk@example.org': 550 5.7.1 not [31m yours"
    )


def test_a_message_that_is_too_large_is_a_problem(
    certified: ssl.SSLContext, log: Path, trusted: ssl.SSLContext
) -> None:
    with running(MailServer(), certified, data_size_limit=1000) as office:
        assert "too large for the server (194 KB)" in refusal(office, log, trusted)


def test_nobody_at_the_port_is_a_problem(log: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        assert "no mail server answers" in refusal(MailServer(port=taken.getsockname()[1]), log, None)


def test_a_server_that_does_not_answer_is_a_problem(log: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "did not answer within 0.05 seconds" in refusal(MailServer(port=port), log, None, timeout=0.05)


@pytest.mark.parametrize(
    "fault", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")]
)
def test_an_unknown_server_is_a_problem(log: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert "no mail server 'mail.example.invalid'" in refusal(
        MailServer(), log, None, host="mail.example.invalid"
    )
