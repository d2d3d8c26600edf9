"""Send finished e-mails, each to nobody twice."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tipbrief.mail.message import Mail, message
from tipbrief.mail.sent_log import LogFault, SentLog
from tipbrief.mail.smtp import Answer, Server, answer_text, connection, reason
from tipbrief.problems import Problem, Problems

State = Literal["sent", "already", "refused", "unknown", "unsent"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message for one recipient, in the server's words.

    ``already``: an earlier run sent it. ``refused``: the server did not take it. ``unknown``: an earlier or
    this run tried, and no answer came. ``unsent``: it was not tried. Another run tries ``refused`` and
    ``unsent`` again, never ``unknown``.
    """

    recipient: str
    state: State
    reply: str

    @property
    def sent(self) -> bool:
        """Whether the server has taken the message, now or earlier."""
        return self.state in ("sent", "already")


def send(
    server: Server,
    mails: Sequence[Mail],
    log: SentLog,
    *,
    progress: Callable[[Outcome], None],
    context: ssl.SSLContext | None = None,
) -> list[Outcome]:
    """Send what the log does not know as sent; Problems where the server cannot be used at all.

    ``context`` verifies the server's certificate; without one, the computer's authorities do.
    """
    server.check()
    log.ready()
    run = _Run(log, progress)
    waiting = [(mail, recipients) for mail in mails if (recipients := run.waiting(mail))]
    if waiting:
        with connection(server, context or ssl.create_default_context()) as line:
            for mail, recipients in waiting:
                run.deliver(line, mail, recipients)
    return run.outcomes


class _Run:
    """One run: what became of each recipient so far, and why it stopped, where it did."""

    def __init__(self, log: SentLog, progress: Callable[[Outcome], None]) -> None:
        self.outcomes: list[Outcome] = []
        self._log, self._progress = log, progress
        self._seen: set[tuple[str, str]] = set()
        self._first, self._stopped = True, ""

    def waiting(self, mail: Mail) -> list[str]:
        """The recipients to whom the message was never sent, each once; the others are told of."""
        left = []
        for recipient in (box.address for box in mail.addresses.recipients):
            mark = (mail.key, recipient.casefold())
            if mark in self._seen:
                continue
            self._seen.add(mark)
            line, state, at = self._log.last(mail, recipient)
            if state == "sent":
                self._tell([recipient], "already", f"sent on {at}")
            elif state == "trying":
                remedy = f"delete line {line} of {self._log.path} (of several, the last first) and run again"
                reply = f"tried on {at}, and the server's answer is not known. Ask the recipient; "
                self._tell([recipient], "unknown", f"{reply}if nothing came, {remedy}")
            else:
                left.append(recipient)
        return left

    def deliver(self, line: smtplib.SMTP, mail: Mail, recipients: Sequence[str]) -> None:
        """Give one message to the server for these recipients; a lost line ends the run, not the program."""
        told, content = len(self.outcomes), message(mail)
        try:
            if not self._stopped and (taken := self._taken(line, mail, len(content), recipients)):
                self._give(line, mail, content, taken)
        except OSError as fault:  # smtplib's own faults are of this kind too
            self._stopped = f"the line to the server broke: {reason(fault)}. Run again to send what is left"
        except LogFault as fault:
            self._stopped = str(fault)
        done = {outcome.recipient for outcome in self.outcomes[told:]}
        self._tell([to for to in recipients if to not in done], "unsent", self._stopped)

    def _taken(self, line: smtplib.SMTP, mail: Mail, size: int, recipients: Sequence[str]) -> list[str]:
        """The recipients for whom the server takes the message."""
        line.rset()  # what the server did not take of the message before is forgotten
        sender = mail.addresses.sender.address
        answer: Answer = line.mail(sender, [f"size={size}"] if line.has_extn("size") else [])
        if answer[0] != 250 and self._first:
            hint = "send from the address of the account, and log in if the server asks for it"
            if answer[0] == 552:
                hint = f"the message is too large for it: {size / 1024:.0f} KB"
            raise Problems(
                Problem(f"the server refuses mail from '{sender}': {answer_text(answer)}", hint=hint)
            )
        self._first = False
        if answer[0] != 250:
            self._tell(recipients, "refused", answer_text(answer))
            return []
        taken = []
        for recipient in recipients:
            answer = line.rcpt(recipient)
            if answer[0] in (250, 251):
                taken.append(recipient)
            else:
                self._tell([recipient], "refused", answer_text(answer))
        return taken

    def _give(self, line: smtplib.SMTP, mail: Mail, content: bytes, taken: Sequence[str]) -> None:
        self._log.write(mail, taken, "trying")
        try:
            answer: Answer = line.data(content)
            if answer[0] // 100 not in (2, 4, 5):
                raise smtplib.SMTPServerDisconnected("it answered something else than SMTP")
        except smtplib.SMTPDataError as fault:  # refused before the message was given
            answer = (fault.smtp_code, fault.smtp_error)
        except OSError as fault:
            lost = f"the line broke before the server's answer: {reason(fault)}"
            self._tell(taken, "unknown", f"{lost}. Ask the recipient whether it came")
            raise
        state: State = "sent" if answer[0] < 300 else "refused"
        try:
            self._log.write(mail, taken, state, answer_text(answer))
        finally:
            self._tell(taken, state, answer_text(answer))

    def _tell(self, recipients: Sequence[str], state: State, reply: str) -> None:
        for recipient in recipients:
            self.outcomes.append(Outcome(recipient, state, reply))
            self._progress(self.outcomes[-1])
