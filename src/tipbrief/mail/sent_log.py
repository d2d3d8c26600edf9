"""The sending log, by which nobody is sent the same message twice."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tipbrief.mail.message import Mail
from tipbrief.problems import Problem, Problems


class LogFault(Problems):
    """The sending log cannot be read or written."""

    def __init__(self, path: Path, fault: OSError, done: str) -> None:
        message = f"the sending log '{path}' cannot be {done}: {fault.strerror}"
        hint = "name another file: --log. Without one nothing is sent, so that nobody gets a message twice"
        super().__init__(Problem(message, hint=hint))


class SentLog:
    """The sending log: a file of JSON lines, each on the disk before the next step is taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: dict[tuple[str, str], tuple[int, str, str]] = {}
        try:
            content = path.read_bytes() if path.exists() else b""
        except OSError as fault:
            raise LogFault(path, fault, "read") from fault
        self._torn = bool(content) and not content.endswith(b"\n")
        self._lines = content.count(b"\n") + self._torn
        for number, line in enumerate(content.split(b"\n"), 1):
            # A torn line is the end of a run that broke off. Nothing is lost with it: a try is written
            # before its answer, and what was tried without an answer is not sent again.
            with suppress(ValueError, LookupError, TypeError):
                entry = json.loads(line)
                key, to, state, at = (str(entry[name]) for name in ("key", "to", "state", "at"))
                self._last[key, to.casefold()] = (number, state, at)

    def last(self, mail: Mail, recipient: str) -> tuple[int, str, str]:
        """Line, state and time of the last entry for this mail and recipient; 0 and empty without one."""
        return self._last.get((mail.key, recipient.casefold()), (0, "", ""))

    def ready(self) -> None:
        """Problems where the log cannot be written: to be found before anything is sent."""
        self._append("")

    def write(self, mail: Mail, recipients: Sequence[str], state: str, reply: str = "") -> None:
        """Add one line for each of these recipients, and wait until they are on the disk."""
        at, key = mail.date.isoformat(timespec="seconds"), mail.key
        entries = [{"at": at, "state": state, "to": to, "reply": reply, "key": key} for to in recipients]
        self._append("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries))
        for to in recipients:
            self._lines += 1
            self._last[key, to.casefold()] = (self._lines, state, at)

    def _append(self, text: str) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write((("\n" if self._torn else "") + text).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            self._torn = True
            raise LogFault(self.path, fault, "written") from fault
        self._torn = False
