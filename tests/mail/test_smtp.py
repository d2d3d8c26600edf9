"""Messages go to a real mail server over an encrypted line, whole, and to nobody twice."""

from __future__ import annotations

import asyncio
import email
import email.policy
import errno
import hashlib
import json
import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tipbrief.mail.message import Letter, message
from tipbrief.mail.sent_log import Sent
from tipbrief.mail.smtp import Envelope, Outcome, Server, send
from tipbrief.problems import Problems

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
PDF = b"%PDF-1.7\n.\r\n..\r\n\x00\xff" * 9000
NAMES = ("amina", "basir", "laila", "nasir")
PEOPLE = tuple(f"{name}@example.org" for name in NAMES)


@dataclass
class Office:
    """What the mail server does: whom it refuses, when it drops the line; and what has arrived."""

    refused: dict[str, str] = field(default_factory=dict)
    drop: str = ""  # the command, or the recipient, at which the line breaks
    answer: str = "250 OK, queued as 4711"
    sender: str = "250 OK"
    arrived: list[tuple[str, bytes]] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def people(self) -> list[str]:
        return [to for to, _ in self.arrived]

    def _drop(self, server: SMTP, at: str) -> bool:
        if self.drop == at:
            cast(asyncio.Transport, server.transport).abort()
        return self.drop == at

    async def handle_MAIL(self, server: SMTP, _s: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.sender.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.sender

    async def handle_RCPT(self, server: SMTP, _s: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        if self._drop(server, address):
            return "421 closing"
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _s: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250") and not self._drop(server, "DATA"):
            self.arrived += [(to, envelope.content) for to in envelope.rcpt_tos]
            if self._drop(server, "answer"):
                return ""
        return self.answer

    def login(self, _server: Any, _s: Any, _e: Any, _mechanism: str, given: Any) -> AuthResult:
        self.logins.append(cast(LoginPassword, given).password)
        return AuthResult(success=given == LoginPassword(b"desk", b"right"), handled=False)


@contextmanager
def opened(
    office: Office, *, tls: ssl.SSLContext | None, at_once: bool = False, **options: Any
) -> Iterator[Office]:
    """The server, at a free port, in a thread of its own."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()

        def made() -> SMTP:
            return SMTP(
                office,
                hostname="mail.example.org",
                tls_context=None if at_once else tls,
                authenticator=office.login,
                auth_require_tls=not at_once and tls is not None,
                loop=loop,
                **options,
            )

        server = await loop.create_server(made, "127.0.0.1", 0, ssl=tls if at_once else None)
        office.port = server.sockets[0].getsockname()[1]
        started.set_result((loop, end))
        await end.wait()
        server.close()
        await server.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    loop, end = started.result(timeout=10)
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(timeout=10)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusted(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def certified(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def office(certified: ssl.SSLContext) -> Iterator[Office]:
    with opened(Office(), tls=certified, require_starttls=True) as office:
        yield office


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "sent.jsonl"


@pytest.fixture
def post(office: Office, log: Path, trusted: ssl.SSLContext) -> Callable[..., list[Outcome]]:
    """Send over an encrypted line, every run with the log as it is on the disk."""

    def post(envelopes: list[Envelope], **changes: Any) -> list[Outcome]:
        told: list[Outcome] = []
        server = replace(Server("127.0.0.1", office.port, timeout=10), **changes)
        outcomes = send(server, envelopes, Sent(log), at=AT, progress=told.append, context=trusted)
        assert told == outcomes
        return outcomes

    return post


def letter(*to: str) -> bytes:
    return message(
        Letter("قاچاق انسان", "قاچاق انسان", ("متن",), (), ""),
        sender="desk@example.org",
        to=to,
        pdf=PDF,
        pdf_name="tip.pdf",
        date=AT,
        message_id="<1@example.org>",
        draft=False,
    )


def for_all(*to: str, key: str = "k") -> list[Envelope]:
    return [Envelope(key, "desk@example.org", to or PEOPLE, letter(*(to or PEOPLE)))]


def for_each(*to: str, key: str = "k") -> list[Envelope]:
    return [Envelope(key, "desk@example.org", (one,), letter(one)) for one in to or PEOPLE]


def states(outcomes: list[Outcome]) -> dict[str, str]:
    assert len({outcome.recipient for outcome in outcomes}) == len(outcomes)
    return {outcome.recipient.partition("@")[0]: outcome.state for outcome in outcomes}


def entries(log: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [(line["to"].partition("@")[0], line["state"]) for line in lines]


Post = Callable[..., list[Outcome]]
ALL_SENT = dict.fromkeys(NAMES, "sent")


# --- what arrives


@pytest.mark.parametrize("envelopes", [for_all(), for_each()], ids=["one for all", "one for each"])
def test_the_message_arrives_whole(post: Post, office: Office, envelopes: list[Envelope]) -> None:
    outcomes = post(envelopes)
    assert states(outcomes) == ALL_SENT
    assert {outcome.reply for outcome in outcomes} == {"250 OK, queued as 4711"}
    assert all(outcome.sent for outcome in outcomes)
    assert office.people == [*PEOPLE]
    for (_, content), envelope in zip(
        office.arrived, envelopes * 4 if len(envelopes) == 1 else envelopes, strict=True
    ):
        assert content == envelope.message
        whole = email.message_from_bytes(content, policy=email.policy.default)
        (pdf,) = whole.iter_attachments()
        assert hashlib.sha256(cast(bytes, pdf.get_content())).digest() == hashlib.sha256(PDF).digest()


def test_a_line_of_one_period_does_not_end_the_message(post: Post, office: Office) -> None:
    content = b"Subject: x\r\n\r\n.\r\n..\r\nend\r\n"
    post([Envelope("k", "desk@example.org", PEOPLE[:1], content)])
    assert office.arrived == [(PEOPLE[0], content)]


def test_it_logs_in_over_the_encrypted_line(post: Post, office: Office) -> None:
    assert states(post(for_all(), user="desk", password="right")) == ALL_SENT
    assert office.logins == [b"right"]


def test_tls_from_the_first_byte(certified: ssl.SSLContext, trusted: ssl.SSLContext, log: Path) -> None:
    with opened(Office(), tls=certified, at_once=True) as office:
        server = Server("127.0.0.1", office.port, security="tls", timeout=10)
        send(server, for_all(), Sent(log), at=AT, progress=lambda _: None, context=trusted)
    assert office.people == [*PEOPLE]


def test_a_password_is_not_shown() -> None:
    assert "right" not in repr(Server("mail.example.org", user="desk", password="right"))


# --- the server cannot be used: nothing is sent


def refusal(office: Office, log: Path, context: ssl.SSLContext | None, **changes: Any) -> str:
    server = replace(Server("127.0.0.1", office.port, timeout=10), **changes)
    with pytest.raises(Problems) as raised:
        send(server, for_all(), Sent(log), at=AT, progress=lambda _: None, context=context)
    assert office.arrived == []
    assert not log.exists() or log.read_bytes() == b""
    (problem,) = raised.value.problems
    assert problem.hint
    return problem.message


def test_a_server_without_starttls_gets_nothing_unless_told_otherwise(
    log: Path, trusted: ssl.SSLContext
) -> None:
    with opened(Office(), tls=None) as office:
        assert "offers no encryption" in refusal(office, log, trusted)
        assert "everybody can read" in refusal(
            office, log, trusted, security="none", user="desk", password="right"
        )
        assert office.logins == []
        server = Server("127.0.0.1", office.port, security="none", timeout=10)
        outcomes = send(server, for_all(), Sent(log), at=AT, progress=lambda _: None)
    assert states(outcomes) == ALL_SENT


def test_a_certificate_of_a_stranger_is_a_problem(office: Office, log: Path) -> None:
    assert "certificate of '127.0.0.1' is not trusted: " in refusal(office, log, None)


def test_a_certificate_for_another_name_is_a_problem(
    office: Office, log: Path, trusted: ssl.SSLContext
) -> None:
    assert "certificate of 'localhost' is not trusted" in refusal(office, log, trusted, host="localhost")


def test_tls_to_a_port_that_starts_in_clear_is_a_problem(
    office: Office, log: Path, trusted: ssl.SSLContext
) -> None:
    assert "no encrypted line to 127.0.0.1" in refusal(office, log, trusted, security="tls")


def test_a_refused_login_is_a_problem(office: Office, log: Path, trusted: ssl.SSLContext) -> None:
    said = refusal(office, log, trusted, user="desk", password="wrong")
    assert "refuses the login of 'desk': 535" in said
    assert "wrong" not in said


def test_a_password_in_dari_letters_is_a_problem(office: Office, log: Path, trusted: ssl.SSLContext) -> None:
    assert "other than Latin letters" in refusal(office, log, trusted, user="desk", password="رمز")


def test_a_refused_sender_is_a_problem(office: Office, log: Path, trusted: ssl.SSLContext) -> None:
    office.sender = "550 5.7.1 not \x1b[31m yours"
    assert refusal(office, log, trusted).endswith(
        "refuses mail from 'desk@example.org': 550 5.7.1 not [31m yours"
    )


def test_a_message_that_is_too_large_is_a_problem(
    certified: ssl.SSLContext, log: Path, trusted: ssl.SSLContext
) -> None:
    with opened(Office(), tls=certified, data_size_limit=1000) as office:
        assert "too large for the server (2" in refusal(office, log, trusted)


def test_nobody_at_the_port_is_a_problem(log: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        assert "no mail server answers" in refusal(Office(port=taken.getsockname()[1]), log, None)


def test_a_server_that_does_not_answer_is_a_problem(log: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "did not answer within 0.05 seconds" in refusal(Office(port=port), log, None, timeout=0.05)


@pytest.mark.parametrize(
    "fault", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")]
)
def test_an_unknown_server_is_a_problem(log: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert "no mail server 'mail.example.invalid'" in refusal(
        Office(), log, None, host="mail.example.invalid"
    )


@pytest.mark.parametrize("bad", ["کریم@example.org", "Karim <k@example.org>", "a@b.c\r\nDATA", "", "a b@c.d"])
def test_only_bare_addresses_go_to_the_server(office: Office, log: Path, bad: str) -> None:
    for envelope in (Envelope("k", "a@example.org", (bad,), b""), Envelope("k", bad, PEOPLE, b"")):
        with pytest.raises(Problems, match="no bare mail address"):
            send(Server("127.0.0.1", office.port), [envelope], Sent(log), at=AT, progress=lambda _: None)


# --- some get it, some do not


@pytest.mark.parametrize("envelopes", [for_all(), for_each()], ids=["one for all", "one for each"])
def test_one_refused_recipient_stops_nobody_else(
    post: Post, office: Office, envelopes: list[Envelope]
) -> None:
    office.refused = {PEOPLE[1]: "550 5.1.1 no such user"}
    outcomes = post(envelopes)
    assert states(outcomes) == {**ALL_SENT, "basir": "refused"}
    assert [o.reply for o in outcomes if o.state == "refused"] == ["550 5.1.1 no such user"]
    office.refused = {}
    assert states(post(envelopes)) == {**dict.fromkeys(NAMES, "already"), "basir": "sent"}
    assert sorted(office.people) == [*PEOPLE]


def test_a_message_refused_before_it_is_given_may_be_sent_later(
    post: Post, office: Office, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(*_: Any) -> str:
        return "250 OK"  # and remember nobody: DATA is refused

    monkeypatch.setattr(office, "handle_RCPT", forget, raising=False)
    outcomes = post(for_each(*PEOPLE[:2]))
    assert states(outcomes) == {"amina": "refused", "basir": "refused"}
    assert outcomes[0].reply.startswith("503 ")
    monkeypatch.undo()
    assert states(post(for_all(*PEOPLE[:2]))) == {"amina": "sent", "basir": "sent"}


@pytest.mark.parametrize("answer", ["what?", "354 go on"])
def test_an_answer_that_is_none_counts_as_no_answer(post: Post, office: Office, answer: str) -> None:
    office.answer = answer
    assert states(post(for_each(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "unsent"}
    office.answer = "250 OK"
    assert states(post(for_each(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "sent"}


def test_when_all_are_refused_nothing_is_given(post: Post, office: Office, log: Path) -> None:
    office.refused = dict.fromkeys(PEOPLE, "450 later")
    assert set(states(post(for_all())).values()) == {"refused"}
    assert log.read_bytes() == b""


def test_a_refused_message_may_be_sent_later(post: Post, office: Office, log: Path) -> None:
    office.answer = "554 5.7.1 looks like spam"
    outcomes = post(for_all())
    assert {(o.state, o.reply) for o in outcomes} == {("refused", "554 5.7.1 looks like spam")}
    assert entries(log) == [*((n, "trying") for n in NAMES), *((n, "refused") for n in NAMES)]
    office.answer = "250 OK"
    assert states(post(for_all())) == ALL_SENT


def test_a_line_that_breaks_before_the_message_leaves_it_unsent(
    post: Post, office: Office, log: Path
) -> None:
    office.drop = PEOPLE[2]
    outcomes = post(for_all())
    assert states(outcomes) == dict.fromkeys(NAMES, "unsent")
    assert all("Run again" in o.reply for o in outcomes)
    assert log.read_bytes() == b""
    office.drop = ""
    assert states(post(for_all())) == ALL_SENT


def test_a_line_that_breaks_halfway_tells_who_got_it(post: Post, office: Office) -> None:
    office.drop = PEOPLE[2]
    halfway = {"amina": "sent", "basir": "sent", "laila": "unsent", "nasir": "unsent"}
    assert states(post(for_each())) == halfway
    office.drop = ""
    again = {"amina": "already", "basir": "already", "laila": "sent", "nasir": "sent"}
    assert states(post(for_each())) == again
    assert office.people == [*PEOPLE]


def test_a_sender_refused_halfway_stops_nobody(
    post: Post, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = office.handle_MAIL
    seen: list[str] = []

    async def second_refused(server: SMTP, s: Any, envelope: Any, address: str, options: Any) -> str:
        seen.append(address)
        office.sender = "451 slower" if len(seen) == 2 else "250 OK"
        return await handle(server, s, envelope, address, options)

    monkeypatch.setattr(office, "handle_MAIL", second_refused, raising=False)
    outcomes = post(for_each())
    assert states(outcomes) == {**ALL_SENT, "basir": "refused"}


# --- never twice


@pytest.mark.parametrize("at", ["DATA", "answer"])
def test_a_try_without_an_answer_is_not_repeated_but_told(
    post: Post, office: Office, log: Path, at: str
) -> None:
    office.drop = at
    outcomes = post(for_each())
    rest = dict.fromkeys(NAMES[1:], "unsent")
    assert states(outcomes) == {"amina": "unknown", **rest}
    assert "Ask the recipient" in outcomes[0].reply
    assert entries(log) == [("amina", "trying")]
    office.drop = ""
    outcomes = post(for_each())
    assert states(outcomes) == {**ALL_SENT, "amina": "unknown"}
    (unknown,) = (o for o in outcomes if o.state == "unknown")
    assert not unknown.sent
    assert "tried on 2026-11-25T09:30:00+00:00, " in unknown.reply
    assert f"delete line 1 of {log}" in unknown.reply
    assert office.people == [*PEOPLE[:1] * (at == "answer"), *PEOPLE[1:]]
    # The remedy works.
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[1:]))
    assert states(post(for_each())) == {**dict.fromkeys(NAMES, "already"), "amina": "sent"}


def test_a_second_run_sends_nothing_and_needs_no_server(post: Post, office: Office) -> None:
    post(for_all())
    outcomes = post(for_each(), port=1, host="nowhere.invalid")
    assert states(outcomes) == dict.fromkeys(NAMES, "already")
    assert outcomes[0].reply == "sent on 2026-11-25T09:30:00+00:00"
    assert len(office.arrived) == 4


def test_another_message_and_a_new_recipient_are_sent(post: Post, office: Office) -> None:
    post(for_all(*PEOPLE[:2]))
    assert states(post(for_all(*PEOPLE[:3]))) == {"amina": "already", "basir": "already", "laila": "sent"}
    assert states(post(for_all(*PEOPLE[:2], key="other"))) == {"amina": "sent", "basir": "sent"}


def test_a_recipient_named_twice_gets_one(post: Post, office: Office) -> None:
    assert len(post([*for_all("a@example.org", "A@example.org"), *for_each("a@Example.org")])) == 1
    assert office.people == ["a@example.org"]


def test_a_try_is_on_the_disk_before_the_message_and_the_answer_right_after(
    post: Post, office: Office, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, data = os.fsync, smtplib.SMTP.data

    def synced(handle: int) -> None:
        fsync(handle)
        steps.append("disk " + (entries(log)[-1][1] if log.read_bytes() else "ready"))

    def given(smtp: smtplib.SMTP, content: bytes) -> Any:
        steps.append("give")
        answer = data(smtp, content)
        steps.append("taken")
        return answer

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(smtplib.SMTP, "data", given)
    post(for_each(*PEOPLE[:2]))
    assert steps == ["disk ready", *["disk trying", "give", "taken", "disk sent"] * 2]


def test_a_crash_while_sending_leaves_a_try(
    post: Post, office: Office, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(smtplib.SMTP, "data", crash)
    with pytest.raises(KeyboardInterrupt):
        post(for_all(*PEOPLE[:1]))
    monkeypatch.undo()
    assert states(post(for_all(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "sent"}


def test_every_torn_end_of_the_log_is_survived(post: Post, office: Office, log: Path) -> None:
    post(for_each(*PEOPLE[:1]))
    trying, sent = log.read_bytes().splitlines(keepends=True)
    for end in (0, 1, len(sent) // 2, len(sent) - 2):
        log.write_bytes(trying + sent[:end])
        assert states(post(for_each(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "sent"}
        assert states(post(for_each(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "already"}
        assert log.read_bytes().startswith(trying + sent[:end] + b"\n" * (end > 0) + b'{"at": ')
    log.write_bytes(trying + sent[:-1])
    assert states(post(for_each(*PEOPLE[:2]))) == {"amina": "already", "basir": "sent"}
    assert office.people.count(PEOPLE[0]) == 1


def test_the_line_to_delete_is_named_in_a_log_that_is_still_open(
    office: Office, log: Path, trusted: ssl.SSLContext
) -> None:
    log.write_text("\ntorn", "utf-8")
    office.drop = "answer"
    sent, server = Sent(log), Server("127.0.0.1", office.port, timeout=10)
    for reply in (
        "Ask the recipient whether it came",
        f"delete line 3 of {log} (of several, the last first) and run again",
    ):
        (outcome,) = send(server, for_all(PEOPLE[0]), sent, at=AT, progress=lambda _: None, context=trusted)
        assert outcome.reply.endswith(reply)
    assert log.read_bytes().splitlines()[2].count(b"trying") == 1


@pytest.mark.parametrize(
    "noise", [b"\xff\xfe\n", b"[]\n", b"7\n", b'{"key": "k"}\n', b"null\n", b"\0\0\0\n\n"]
)
def test_lines_that_are_none_are_passed_over(post: Post, office: Office, log: Path, noise: bytes) -> None:
    post(for_each(*PEOPLE[:1]))
    log.write_bytes(noise + log.read_bytes().replace(b"\n", b"\n" + noise))
    assert states(post(for_each(*PEOPLE[:2]))) == {"amina": "already", "basir": "sent"}


def test_a_log_that_cannot_be_written_is_found_before_sending(office: Office, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "sent.jsonl"):
        with pytest.raises(Problems, match=r"the sending log .* cannot be"):
            send(Server("127.0.0.1", office.port), for_all(), Sent(path), at=AT, progress=lambda _: None)
    assert office.arrived == []


@pytest.mark.parametrize(
    ("failing", "expected", "arrived"),
    [
        (2, {"amina": "unsent", "basir": "unsent"}, 0),  # before the first message
        (3, {"amina": "sent", "basir": "unsent"}, 1),  # right after it was taken
    ],
)
def test_a_full_disk_stops_the_run(
    post: Post,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
    expected: dict[str, str],
    arrived: int,
) -> None:
    calls: list[int] = []

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    outcomes = post(for_each(*PEOPLE[:2]))
    assert states(outcomes) == expected
    assert outcomes[1].reply.endswith("cannot be written: No space left on device")
    assert len(office.arrived) == arrived
