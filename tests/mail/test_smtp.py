"""The line to a real mail server: encrypted, logged in; where it cannot be used, nothing is sent."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from tests.mail_server import PEOPLE, MailServer, Post, one_mail, running
from tipbrief.mail.smtp import Server
from tipbrief.problems import Problem, Problems

Refusal = Callable[..., Problem]


@pytest.fixture
def refusal(post: Post, office: MailServer, log: Path) -> Refusal:
    """Why nothing can be sent with these settings."""

    def refusal(**changes: Any) -> Problem:
        with pytest.raises(Problems) as raised:
            post(one_mail(), **changes)
        assert office.arrived == []
        assert not log.exists() or log.read_bytes() == b""
        (problem,) = raised.value.problems
        assert problem.hint
        return problem

    return refusal


def test_it_logs_in_over_the_encrypted_line(post: Post, office: MailServer) -> None:
    post(one_mail(), user="desk", password="right")
    assert (office.people, office.logins) == ([*PEOPLE], [b"right"])


def test_tls_from_the_first_byte(certified: ssl.SSLContext, post: Post, office: MailServer) -> None:
    with running(MailServer(), certified, at_once=True) as other:
        post(one_mail(), port=other.port, security="tls")
    assert (other.people, office.people) == ([*PEOPLE], [])


def test_a_password_is_not_shown() -> None:
    assert "right" not in repr(Server("mail.example.org", user="desk", password="right"))


def test_a_server_without_starttls_gets_nothing_unless_told_otherwise(refusal: Refusal, post: Post) -> None:
    with running(MailServer()) as other:
        assert "offers no encryption" in refusal(port=other.port).message
        readable = refusal(port=other.port, security="none", user="desk", password="right")
        assert "everybody can read" in readable.message
        assert (other.logins, other.arrived) == ([], [])
        post(one_mail(), port=other.port, security="none")
    assert other.people == [*PEOPLE]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"context": None}, "certificate of '127.0.0.1' is not trusted: "),
        ({"host": "localhost"}, "certificate of 'localhost' is not trusted: "),
        ({"security": "tls"}, "no encrypted line to 127.0.0.1"),
        ({"user": "desk", "password": "wrong"}, "refuses the login of 'desk': 535"),
        ({"user": "desk", "password": "رمز"}, "other than Latin letters"),
    ],
)
def test_what_is_not_safe_or_refused_is_a_problem(refusal: Refusal, changes: Any, said: str) -> None:
    problem = refusal(**changes)
    assert said in problem.message
    assert "wrong" not in problem.message


def test_a_refused_sender_is_a_problem(refusal: Refusal, office: MailServer) -> None:
    office.senders = ["550 5.7.1 not \x1b[31m yours"]
    said = "the server refuses mail from 'desk@example.org': 550 5.7.1 not [31m yours"
    assert refusal().message == said


def test_a_message_that_is_too_large_is_a_problem(refusal: Refusal, certified: ssl.SSLContext) -> None:
    with running(MailServer(), certified, data_size_limit=1000) as other:
        assert refusal(port=other.port).hint == "the message is too large for it: 194 KB"


def test_nobody_at_the_port_is_a_problem(refusal: Refusal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        assert "no mail server answers" in refusal(port=taken.getsockname()[1]).message


def test_a_server_that_does_not_answer_is_a_problem(refusal: Refusal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        problem = refusal(port=silent.getsockname()[1], timeout=0.05)
    assert "did not answer within 0.05 seconds" in problem.message


@pytest.mark.parametrize("fault", [socket.gaierror(-2, "Name or service not known"), UnicodeError("long")])
def test_an_unknown_server_is_a_problem(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Mock(side_effect=fault))
    assert "no mail server 'mail.example.invalid'" in refusal(host="mail.example.invalid").message
