"""Messages go to a real mail server over an encrypted line, whole, and to nobody twice."""

import errno
import json
import os
import smtplib
import ssl
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.mail_server import NAMES, PEOPLE, MailServer, Post, mail_for_each, one_mail
from tests.support import PATIENCE, problem_of
from tipbrief.mail.message import Mail, compose_message
from tipbrief.mail.sending import SmtpConnection, SmtpServer, send_mails
from tipbrief.mail.sent_log import Outcome, SendingLog, open_log
from tipbrief.problems import Problems

SENT, REFUSED, UNSENT, ALREADY = (dict.fromkeys(NAMES, it) for it in ("sent", "refused", "unsent", "already"))


def states(outcomes: list[Outcome]) -> dict[str, str]:
    assert len({outcome.recipient for outcome in outcomes}) == len(outcomes)
    return {outcome.recipient.partition("@")[0]: outcome.state for outcome in outcomes}


def entries(log: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [(line["to"].partition("@")[0], line["state"]) for line in lines]


@pytest.mark.parametrize("mails", [one_mail(), mail_for_each()], ids=["one for all", "one for each"])
def test_the_message_arrives_whole(post: Post, office: MailServer, mails: list[Mail]) -> None:
    outcomes = post(mails)
    assert states(outcomes) == SENT
    assert {outcome.reply for outcome in outcomes} == {"250 OK, queued as 4711"}
    assert all(outcome.state in ("sent", "already") for outcome in outcomes)
    assert office.people == [*PEOPLE]
    for (_, content), mail in zip(office.arrived, mails * (4 // len(mails)), strict=True):
        assert content == compose_message(mail)


UNKNOWN, NOBODY = {"amina": "unknown"}, {"basir": "refused"}
BROKEN, NO_SUCH_USER = "the line to the server broke: ", {"refused": {PEOPLE[1]: "550 5.1.1 no such user"}}
# The server's trouble, the messages; the states, a reply, the log's last entry; the states of another run.
TROUBLES: list[tuple[Any, ...]] = [
    (NO_SUCH_USER, one_mail(), SENT | NOBODY, "550 5.1.1 no such user", "sent", ALREADY | {"basir": "sent"}),
    (NO_SUCH_USER, mail_for_each(), SENT | NOBODY, "550 5.1.1 no", "sent", ALREADY | {"basir": "sent"}),
    ({"senders": ["250 OK", "451 slower"]}, mail_for_each(), SENT | NOBODY, "451 slower", "sent",
     ALREADY | {"basir": "sent"}),
    ({"refused": dict.fromkeys(PEOPLE, "450 later")}, one_mail(), REFUSED, "450 later", "", SENT),
    ({"forgets": True}, mail_for_each(), REFUSED, "503 ", "refused", SENT),  # before the message is given
    ({"answer": "554 5.7.1 looks like spam"}, one_mail(), REFUSED, "554 5.7.1 looks", "refused", SENT),
    ({"answer": "what?"}, mail_for_each(), UNSENT | UNKNOWN, BROKEN, "trying", SENT | UNKNOWN),
    ({"answer": "354 go on"}, mail_for_each(), UNSENT | UNKNOWN, BROKEN, "trying", SENT | UNKNOWN),
    ({"drop": PEOPLE[2]}, one_mail(), UNSENT, BROKEN, "", SENT),
    ({"drop": PEOPLE[1]}, mail_for_each(), UNSENT | {"amina": "sent"}, BROKEN, "sent",
     SENT | {"amina": "already"}),
]  # fmt: skip


@pytest.mark.parametrize(("trouble", "mails", "then", "reply", "last", "again"), TROUBLES)
def test_each_is_told_what_became_of_it_and_another_run_sends_the_rest(
    post: Post,
    office: MailServer,
    log: Path,
    trouble: dict[str, Any],
    mails: list[Mail],
    then: dict[str, str],
    reply: str,
    last: str,
    again: dict[str, str],
) -> None:
    for name, value in trouble.items():
        setattr(office, name, value)
    outcomes = post(mails)
    assert states(outcomes) == then
    assert all(one.reply.startswith(reply) for one in outcomes if one.state in ("refused", "unsent"))
    tried = [name for name, state in then.items() if state in ("sent", "unknown", last)]
    assert dict(entries(log)) == dict.fromkeys(tried, last)
    for name in trouble:
        setattr(office, name, getattr(MailServer(), name))
    assert states(post(mails)) == again
    assert sorted(office.people) == [to for to, name in zip(PEOPLE, NAMES, strict=True) if again[name] != "unknown"]


@pytest.mark.parametrize("at", ["DATA", "answer"])
def test_a_try_without_an_answer_is_not_repeated_but_told(post: Post, office: MailServer, log: Path, at: str) -> None:
    office.drop = at
    outcomes = post(mail_for_each())
    rest = dict.fromkeys(NAMES[1:], "unsent")
    assert states(outcomes) == {"amina": "unknown", **rest}
    assert "Ask the recipient" in outcomes[0].reply
    assert entries(log) == [("amina", "trying")]
    office.drop = ""
    outcomes = post(mail_for_each())
    assert states(outcomes) == {**SENT, "amina": "unknown"}
    (unknown,) = (o for o in outcomes if o.state == "unknown")
    assert "tried on 2026-11-25T09:30:00+00:00, " in unknown.reply
    assert f"delete line 1 of {log}" in unknown.reply
    assert office.people == [*PEOPLE[:1] * (at == "answer"), *PEOPLE[1:]]
    # The remedy works.
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[1:]))
    assert states(post(mail_for_each())) == {**ALREADY, "amina": "sent"}


def test_who_agrees_before_the_message_has_not_taken_it(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def instead(*_: object) -> NoReturn:
        raise smtplib.SMTPDataError(250, b"fine")

    monkeypatch.setattr(SmtpConnection, "data", instead)
    assert {(one.state, one.reply) for one in post(one_mail())} == {("refused", "250 fine")}
    monkeypatch.undo()
    assert all(one.state == "sent" for one in post(one_mail()))


def test_a_second_run_sends_nothing_and_needs_no_server(post: Post, office: MailServer) -> None:
    post(one_mail())
    outcomes = post(mail_for_each(), port=1, host="nowhere.invalid")
    assert states(outcomes) == ALREADY
    assert outcomes[0].reply == "sent on 2026-11-25T09:30:00+00:00"
    assert len(office.arrived) == 4


def test_another_message_and_a_new_recipient_are_sent(post: Post, office: MailServer) -> None:
    post(one_mail(*PEOPLE[:2]))
    assert states(post(one_mail(*PEOPLE[:3]))) == {"amina": "already", "basir": "already", "laila": "sent"}
    assert states(post(one_mail(*PEOPLE[:2], subject="other"))) == {"amina": "sent", "basir": "sent"}


def test_a_recipient_named_twice_gets_one(post: Post, office: MailServer) -> None:
    assert len(post([*one_mail("a@example.org", "A@example.org"), *mail_for_each("a@Example.org")])) == 1
    assert office.people == ["a@example.org"]


def test_a_try_is_on_the_disk_before_the_end_of_the_message_and_the_answer_right_after(
    post: Post, office: MailServer, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, send, data = os.fsync, smtplib.SMTP.send, smtplib.SMTP.data

    def synced(handle: int) -> None:
        fsync(handle)
        steps.append("disk " + (entries(log)[-1][1] if log.read_bytes() else "ready"))

    def given(smtp: smtplib.SMTP, part: bytes) -> None:
        steps.extend(["part", "end"] if part.endswith(b"\r\n.\r\n") else ["part"] * (len(part) > 1000))
        send(smtp, part)

    def taken(smtp: smtplib.SMTP, content: bytes) -> Any:
        answer = data(smtp, content)
        steps.append("taken")
        return answer

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(smtplib.SMTP, "send", given)
    monkeypatch.setattr(smtplib.SMTP, "data", taken)
    post(mail_for_each(*PEOPLE[:2]))
    last = ["disk trying", "part", "end", "taken", "disk sent"]
    parts = (len(steps) - 1) // 2 - len(last)
    assert parts > 3
    assert steps == ["disk ready", *[*["part"] * parts, *last] * 2]


@pytest.mark.parametrize(("at", "then"), [("part", "sent"), ("end", "unknown")])
def test_a_crash_before_the_end_of_a_message_is_no_try_and_a_later_one_is(
    post: Post, office: MailServer, log: Path, monkeypatch: pytest.MonkeyPatch, at: str, then: str
) -> None:
    send = smtplib.SMTP.send

    def crash(smtp: smtplib.SMTP, part: bytes) -> None:
        if len(part) > 1000 and at == ("end" if part.endswith(b"\r\n.\r\n") else "part"):
            raise KeyboardInterrupt
        send(smtp, part)

    monkeypatch.setattr(smtplib.SMTP, "send", crash)
    with pytest.raises(KeyboardInterrupt):
        post(one_mail(*PEOPLE[:1]))
    monkeypatch.undo()
    assert states(post(one_mail(*PEOPLE[:2]))) == {"amina": then, "basir": "sent"}
    assert office.people.count(PEOPLE[0]) == (then == "sent")


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
    log.write_text('\n{"at": "torn', "utf-8")
    office.drop = "answer"
    sent, server = SendingLog(log), SmtpServer("127.0.0.1", office.port, timeout=PATIENCE, context=trusted)
    for reply in (
        "Ask the recipient whether it came",
        f"delete line 3 of {log} (of several, the last first) and run again",
    ):
        (outcome,) = send_mails(server, one_mail(PEOPLE[0]), sent)
        assert outcome.reply.endswith(reply)
    assert log.read_bytes().splitlines()[2].count(b"trying") == 1


def test_lines_that_are_none_are_passed_over(post: Post, office: MailServer, log: Path) -> None:
    noise = b'{"at": \n\0\0\0\n{"at": "\xff"}\n{"at": {}, "key": [], "to": 7, "state": null}\n{"a\n\n'
    noise += b'{"at": ' + b"[" * 100_000 + b"\n"
    post(mail_for_each(*PEOPLE[:1]))
    log.write_bytes(noise + log.read_bytes().replace(b"\n", b"\n" + noise))
    assert states(post(mail_for_each(*PEOPLE[:2]))) == {"amina": "already", "basir": "sent"}


def test_a_log_that_cannot_be_written_is_found_before_sending(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for path in (tmp_path, tmp_path / "file" / "sent.jsonl"):
        with pytest.raises(Problems, match=r"the sending log .* cannot be"):
            list(send_mails(SmtpServer("nowhere.invalid"), one_mail(), SendingLog(path)))
        assert "name another file: --log" in problem_of(open_log(path).__enter__).hint


@pytest.mark.parametrize("arrived", [0, 1])  # the disk is full before the first message, or right after it
def test_a_full_disk_stops_the_run(
    post: Post, office: MailServer, monkeypatch: pytest.MonkeyPatch, arrived: int
) -> None:
    calls: list[int] = []

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2 + arrived:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    outcomes = post(mail_for_each(*PEOPLE[:2]))
    assert states(outcomes) == {"amina": "sent" if arrived else "unsent", "basir": "unsent"}
    assert outcomes[1].reply.endswith("cannot be written: No space left on device")
    assert len(office.arrived) == arrived


def test_three_runs_at_once_send_one_message(office: MailServer, log: Path, trusted: ssl.SSLContext) -> None:
    server, found = SmtpServer("127.0.0.1", office.port, timeout=PATIENCE, context=trusted), list[Outcome]()

    def run() -> None:
        with open_log(log.parent / "new" / "sent.jsonl") as sent:
            found.extend(send_mails(server, one_mail(PEOPLE[0]), sent))

    runs = [threading.Thread(target=run) for _ in range(3)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert sorted(outcome.state for outcome in found) == ["already", "already", "sent"]
    assert office.people == [PEOPLE[0]]


@pytest.mark.parametrize(
    "content",
    ["title: figures\n", "[" * 100_000, '{"at": "x"}\n\x1b[2J\n', "\ufeff{}", None, 129_000_000],
    ids=["a file of the publication", "nested", "partly", "JSON", "a pipe", "too large"],
)
def test_a_log_that_is_none_is_told_and_left_as_it_is(log: Path, content: str | int | None) -> None:
    if content is None:
        os.mkfifo(log)
    elif isinstance(content, int):
        log.touch()
        os.truncate(log, content)
    else:
        log.write_text(content, "utf-8")
    before = log.stat().st_size
    with pytest.raises(Problems, match=r"the sending log .* cannot be read") as raised, open_log(log):
        pytest.fail("it was opened")
    assert "--log" in raised.value.problems[0].hint
    assert log.stat().st_size == before
