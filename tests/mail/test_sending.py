"""Messages go to a real mail server over an encrypted line, whole, and to nobody twice."""

from __future__ import annotations

import email
import email.policy
import errno
import hashlib
import json
import os
import smtplib
import ssl
from pathlib import Path
from typing import Any, cast

import pytest

from tests.mail_server import NAMES, PEOPLE, MailServer, Post, mail_for_each, one_mail
from tipbrief.mail.message import Mail, message
from tipbrief.mail.sending import Outcome, send
from tipbrief.mail.sent_log import SentLog
from tipbrief.mail.smtp import Server
from tipbrief.problems import Problems

ALL_SENT = dict.fromkeys(NAMES, "sent")


def states(outcomes: list[Outcome]) -> dict[str, str]:
    assert len({outcome.recipient for outcome in outcomes}) == len(outcomes)
    return {outcome.recipient.partition("@")[0]: outcome.state for outcome in outcomes}


def entries(log: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [(line["to"].partition("@")[0], line["state"]) for line in lines]


@pytest.mark.parametrize("mails", [one_mail(), mail_for_each()], ids=["one for all", "one for each"])
def test_the_message_arrives_whole(post: Post, office: MailServer, mails: list[Mail]) -> None:
    outcomes = post(mails)
    assert states(outcomes) == ALL_SENT
    assert {outcome.reply for outcome in outcomes} == {"250 OK, queued as 4711"}
    assert all(outcome.sent for outcome in outcomes)
    assert office.people == [*PEOPLE]
    for (_, content), mail in zip(office.arrived, mails * (4 // len(mails)), strict=True):
        assert content == message(mail)
        whole = email.message_from_bytes(content, policy=email.policy.default)
        (pdf,) = whole.iter_attachments()
        assert hashlib.sha256(cast(bytes, pdf.get_content())).digest() == hashlib.sha256(mail.pdf).digest()


# --- some get it, some do not


@pytest.mark.parametrize("mails", [one_mail(), mail_for_each()], ids=["one for all", "one for each"])
def test_one_refused_recipient_stops_nobody_else(post: Post, office: MailServer, mails: list[Mail]) -> None:
    office.refused = {PEOPLE[1]: "550 5.1.1 no such user"}
    outcomes = post(mails)
    assert states(outcomes) == {**ALL_SENT, "basir": "refused"}
    assert [o.reply for o in outcomes if o.state == "refused"] == ["550 5.1.1 no such user"]
    office.refused = {}
    assert states(post(mails)) == {**dict.fromkeys(NAMES, "already"), "basir": "sent"}
    assert sorted(office.people) == [*PEOPLE]


def test_a_message_refused_before_it_is_given_may_be_sent_later(post: Post, office: MailServer) -> None:
    office.forgets = True
    outcomes = post(mail_for_each(*PEOPLE[:2]))
    assert states(outcomes) == {"amina": "refused", "basir": "refused"}
    assert outcomes[0].reply.startswith("503 ")
    office.forgets = False
    assert states(post(one_mail(*PEOPLE[:2]))) == {"amina": "sent", "basir": "sent"}


@pytest.mark.parametrize("answer", ["what?", "354 go on"])
def test_an_answer_that_is_none_counts_as_no_answer(post: Post, office: MailServer, answer: str) -> None:
    office.answer = answer
    assert states(post(mail_for_each(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "unsent"}
    office.answer = "250 OK"
    assert states(post(mail_for_each(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "sent"}


def test_when_all_are_refused_nothing_is_given(post: Post, office: MailServer, log: Path) -> None:
    office.refused = dict.fromkeys(PEOPLE, "450 later")
    assert set(states(post(one_mail())).values()) == {"refused"}
    assert log.read_bytes() == b""


def test_a_refused_message_may_be_sent_later(post: Post, office: MailServer, log: Path) -> None:
    office.answer = "554 5.7.1 looks like spam"
    outcomes = post(one_mail())
    assert {(o.state, o.reply) for o in outcomes} == {("refused", "554 5.7.1 looks like spam")}
    assert entries(log) == [*((n, "trying") for n in NAMES), *((n, "refused") for n in NAMES)]
    office.answer = "250 OK"
    assert states(post(one_mail())) == ALL_SENT


def test_a_line_that_breaks_before_the_message_leaves_it_unsent(
    post: Post, office: MailServer, log: Path
) -> None:
    office.drop = PEOPLE[2]
    outcomes = post(one_mail())
    assert states(outcomes) == dict.fromkeys(NAMES, "unsent")
    assert all("Run again" in o.reply for o in outcomes)
    assert log.read_bytes() == b""
    office.drop = ""
    assert states(post(one_mail())) == ALL_SENT


def test_a_line_that_breaks_halfway_tells_who_got_it(post: Post, office: MailServer) -> None:
    office.drop = PEOPLE[2]
    halfway = {"amina": "sent", "basir": "sent", "laila": "unsent", "nasir": "unsent"}
    assert states(post(mail_for_each())) == halfway
    office.drop = ""
    again = {"amina": "already", "basir": "already", "laila": "sent", "nasir": "sent"}
    assert states(post(mail_for_each())) == again
    assert office.people == [*PEOPLE]


def test_a_sender_refused_halfway_stops_nobody(post: Post, office: MailServer) -> None:
    office.senders = ["250 OK", "451 slower"]
    assert states(post(mail_for_each())) == {**ALL_SENT, "basir": "refused"}


# --- never twice


@pytest.mark.parametrize("at", ["DATA", "answer"])
def test_a_try_without_an_answer_is_not_repeated_but_told(
    post: Post, office: MailServer, log: Path, at: str
) -> None:
    office.drop = at
    outcomes = post(mail_for_each())
    rest = dict.fromkeys(NAMES[1:], "unsent")
    assert states(outcomes) == {"amina": "unknown", **rest}
    assert "Ask the recipient" in outcomes[0].reply
    assert entries(log) == [("amina", "trying")]
    office.drop = ""
    outcomes = post(mail_for_each())
    assert states(outcomes) == {**ALL_SENT, "amina": "unknown"}
    (unknown,) = (o for o in outcomes if o.state == "unknown")
    assert not unknown.sent
    assert "tried on 2026-11-25T09:30:00+00:00, " in unknown.reply
    assert f"delete line 1 of {log}" in unknown.reply
    assert office.people == [*PEOPLE[:1] * (at == "answer"), *PEOPLE[1:]]
    # The remedy works.
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[1:]))
    assert states(post(mail_for_each())) == {**dict.fromkeys(NAMES, "already"), "amina": "sent"}


def test_a_second_run_sends_nothing_and_needs_no_server(post: Post, office: MailServer) -> None:
    post(one_mail())
    outcomes = post(mail_for_each(), port=1, host="nowhere.invalid")
    assert states(outcomes) == dict.fromkeys(NAMES, "already")
    assert outcomes[0].reply == "sent on 2026-11-25T09:30:00+00:00"
    assert len(office.arrived) == 4


def test_another_message_and_a_new_recipient_are_sent(post: Post, office: MailServer) -> None:
    post(one_mail(*PEOPLE[:2]))
    assert states(post(one_mail(*PEOPLE[:3]))) == {"amina": "already", "basir": "already", "laila": "sent"}
    assert states(post(one_mail(*PEOPLE[:2], subject="other"))) == {"amina": "sent", "basir": "sent"}


def test_a_recipient_named_twice_gets_one(post: Post, office: MailServer) -> None:
    assert len(post([*one_mail("a@example.org", "A@example.org"), *mail_for_each("a@Example.org")])) == 1
    assert office.people == ["a@example.org"]


def test_a_try_is_on_the_disk_before_the_message_and_the_answer_right_after(
    post: Post, office: MailServer, log: Path, monkeypatch: pytest.MonkeyPatch
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
    post(mail_for_each(*PEOPLE[:2]))
    assert steps == ["disk ready", *["disk trying", "give", "taken", "disk sent"] * 2]


def test_a_crash_while_sending_leaves_a_try(
    post: Post, office: MailServer, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(smtplib.SMTP, "data", crash)
    with pytest.raises(KeyboardInterrupt):
        post(one_mail(*PEOPLE[:1]))
    monkeypatch.undo()
    assert states(post(one_mail(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "sent"}


def test_every_torn_end_of_the_log_is_survived(post: Post, office: MailServer, log: Path) -> None:
    post(mail_for_each(*PEOPLE[:1]))
    trying, sent = log.read_bytes().splitlines(keepends=True)
    for end in (0, 1, len(sent) // 2, len(sent) - 2):
        log.write_bytes(trying + sent[:end])
        assert states(post(mail_for_each(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "sent"}
        assert states(post(mail_for_each(*PEOPLE[:2]))) == {"amina": "unknown", "basir": "already"}
        assert log.read_bytes().startswith(trying + sent[:end] + b"\n" * (end > 0) + b'{"at": ')
    log.write_bytes(trying + sent[:-1])
    assert states(post(mail_for_each(*PEOPLE[:2]))) == {"amina": "already", "basir": "sent"}
    assert office.people.count(PEOPLE[0]) == 1


def test_the_line_to_delete_is_named_in_a_log_that_is_still_open(
    office: MailServer, log: Path, trusted: ssl.SSLContext
) -> None:
    log.write_text("\ntorn", "utf-8")
    office.drop = "answer"
    sent, server = SentLog(log), Server("127.0.0.1", office.port, timeout=10)
    for reply in (
        "Ask the recipient whether it came",
        f"delete line 3 of {log} (of several, the last first) and run again",
    ):
        (outcome,) = send(server, one_mail(PEOPLE[0]), sent, trusted)
        assert outcome.reply.endswith(reply)
    assert log.read_bytes().splitlines()[2].count(b"trying") == 1


@pytest.mark.parametrize(
    "noise", [b"\xff\xfe\n", b"[]\n", b"7\n", b'{"key": "k"}\n', b"null\n", b"\0\0\0\n\n"]
)
def test_lines_that_are_none_are_passed_over(post: Post, office: MailServer, log: Path, noise: bytes) -> None:
    post(mail_for_each(*PEOPLE[:1]))
    log.write_bytes(noise + log.read_bytes().replace(b"\n", b"\n" + noise))
    assert states(post(mail_for_each(*PEOPLE[:2]))) == {"amina": "already", "basir": "sent"}


def test_a_log_that_cannot_be_written_is_found_before_sending(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for path in (tmp_path, tmp_path / "file" / "sent.jsonl"):
        with pytest.raises(Problems, match=r"the sending log .* cannot be"):
            list(send(Server("nowhere.invalid"), one_mail(), SentLog(path)))


@pytest.mark.parametrize(
    ("failing", "expected", "arrived"),
    [
        (2, {"amina": "unsent", "basir": "unsent"}, 0),  # before the first message
        (3, {"amina": "sent", "basir": "unsent"}, 1),  # right after it was taken
    ],
)
def test_a_full_disk_stops_the_run(
    post: Post,
    office: MailServer,
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
    outcomes = post(mail_for_each(*PEOPLE[:2]))
    assert states(outcomes) == expected
    assert outcomes[1].reply.endswith("cannot be written: No space left on device")
    assert len(office.arrived) == arrived
