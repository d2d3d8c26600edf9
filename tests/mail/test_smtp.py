"""The line to a real mail server: encrypted, logged in; where it cannot be used, nothing is sent."""

import base64
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from aiosmtpd.smtp import AuthResult

from tests.mail_server import PEOPLE, MailServer, Post, one_mail, running
from tests.support import PATIENCE, problems_of
from tipbrief.mail.sending import SmtpServer
from tipbrief.problems import Problem

Refusal = Callable[..., Problem]


@pytest.fixture
def refusal(post: Post, office: MailServer, log: Path) -> Refusal:
    """Why nothing can be sent with these settings."""

    def refusal(**changes: Any) -> Problem:
        problems = problems_of(post, one_mail(), **changes)
        assert office.arrived == []
        assert not log.exists() or log.read_bytes() == b""
        (problem,) = problems
        assert problem.hint
        return problem

    return refusal


def test_it_logs_in_over_the_encrypted_line(post: Post, office: MailServer) -> None:
    post(one_mail(), user="desk", password="right")
    assert (office.people, office.logins) == ([*PEOPLE], [b"right"])


@pytest.mark.parametrize("token", ["right", "old"])
def test_it_logs_in_with_a_token_of_oauth(post: Post, office: MailServer, refusal: Refusal, token: str) -> None:
    logins: list[bytes] = []

    async def auth(server: Any, words: list[str]) -> AuthResult:
        logins.append(base64.b64decode(words[1]))
        if token == "old":
            await server.push("334 e30=")
            await server._reader.readline()
        return AuthResult(success=token == "right", handled=False)

    office.auth_XOAUTH2 = auth  # type: ignore[attr-defined]
    if token == "right":
        post(one_mail(), user="desk", token=token)
        assert office.people == [*PEOPLE]
    else:
        assert "refuses the login of 'desk': 5" in refusal(user="desk", token=token).message
    assert logins == [f"user=desk\1auth=Bearer {token}\1\1".encode()]


def test_tls_from_the_first_byte(certified: ssl.SSLContext, post: Post, office: MailServer) -> None:
    with running(MailServer(), certified, at_once=True) as other:
        post(one_mail(), port=other.port, security="tls")
    assert (other.people, office.people) == ([*PEOPLE], [])


def test_a_password_is_not_shown() -> None:
    assert "right" not in repr(SmtpServer("mail.example.org", user="desk", password="right"))


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
        assert refusal(port=other.port).hint == "the message is too large for it: 195 KB"


def test_nobody_at_the_port_is_a_problem(refusal: Refusal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        assert "no mail server answers" in refusal(port=taken.getsockname()[1]).message


def test_a_server_that_does_not_answer_is_a_problem(refusal: Refusal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        problem = refusal(port=silent.getsockname()[1], timeout=0.05)
    assert "did not answer within 0.05 seconds" in problem.message


@pytest.mark.parametrize("fault", [socket.gaierror(-2, "Name or service not known"), UnicodeError("long")])
def test_an_unknown_server_is_a_problem(refusal: Refusal, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Mock(side_effect=fault))
    assert "no mail server 'mail.example.invalid'" in refusal(host="mail.example.invalid").message


@contextmanager
def hostile(acts: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that does this with who comes."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            line, _ = listening.accept()
            with tls.wrap_socket(line, server_side=True) if tls else line as line:
                acts(line)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        listening.close()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def for_ever(part: bytes, pause: float = 0) -> Callable[[socket.socket], None]:
    def act(line: socket.socket) -> None:
        while line.send(part):
            time.sleep(pause)

    return act


def answers(*texts: bytes) -> Callable[[socket.socket], None]:
    def act(line: socket.socket) -> None:
        for text in texts:
            line.sendall(text)
            line.recv(4096)

    return act


@pytest.mark.parametrize(
    ("acts", "said"),
    [
        (for_ever(b"2", 0.02), "did not answer within 0.1 seconds"),
        (for_ever(b"220-welcome\r\n", 0.02), "did not answer within 0.1 seconds"),
        (for_ever(b"220-welcome\r\n"), "its answer does not end"),
        (for_ever(b"2" * 100_000), "Line too long|its answer does not end"),
        (answers(b"220 \x1b[2J\r\n", b"\xff\xfe\0\r\n"), "no line to 127.0.0.1"),
        (lambda line: None, "Connection unexpectedly closed"),
        (answers(b"220 hi\r\n", b"250-a\r\n250 STARTTLS\r\n", b"220 go\r\n", b"no TLS"), "no encrypted line"),
    ],
)  # fmt: skip
def test_a_server_keeps_nobody(refusal: Refusal, acts: Callable[[socket.socket], None], said: str) -> None:
    with hostile(acts) as port:
        problem = refusal(port=port, timeout=0.1 if "within" in said else PATIENCE)
    assert any(part in problem.message for part in said.split("|"))
    assert f"127.0.0.1:{port}" in problem.message
    assert "\x1b" not in problem.message


@pytest.mark.parametrize("challenge", [b"334 A\r\n", b"334 \xff\r\n", b"334\r\n", b"334 !\r\n" * 20])
def test_a_challenge_that_is_none(refusal: Refusal, certified: ssl.SSLContext, challenge: bytes) -> None:
    acts = answers(b"220 hi\r\n", b"250-a\r\n250 AUTH CRAM-MD5 LOGIN\r\n", challenge, challenge, challenge)
    with hostile(acts, certified) as port:
        problem = refusal(port=port, security="tls", user="desk", password="right")
    assert f"127.0.0.1:{port}" in problem.message


def test_all_steps_together_have_their_time(post: Post) -> None:
    steps = list[bytes]()

    def slow(line: socket.socket) -> None:
        for text in (b"220 hi\r\n", *[b"250 yes\r\n"] * 99):
            time.sleep(0.1)
            line.sendall(text)
            steps.append(line.recv(4096))

    with hostile(slow) as port:
        people = one_mail(*(f"p{number}@example.org" for number in range(90)), pdf=b"%PDF-1.7")
        outcomes = post(people, port=port, timeout=0.2, security="none")
    assert {outcome.state for outcome in outcomes} == {"unsent"}
    assert len(steps) < 50


def test_a_password_needs_an_encrypted_line(refusal: Refusal) -> None:
    seen: list[bytes] = []

    def strips(line: socket.socket) -> None:  # as somebody between us and the server does
        for text in (b"220 hi\r\n", b"250-me\r\n250 AUTH LOGIN PLAIN\r\n", b"500 no\r\n", b"500 no\r\n"):
            line.sendall(text)
            seen.append(line.recv(4096))

    with hostile(strips) as port:
        problem = refusal(port=port, user="desk", password="right")
    assert "offers no encryption" in problem.message
    assert not [said for said in seen if b"AUTH" in said]
