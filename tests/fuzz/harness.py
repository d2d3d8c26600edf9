"""Runs examples, each in a fresh copy of one workspace, and judges how the command ended and what it did."""

import base64
import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf

from tests.fuzz.examples import Example
from tests.support import GOLDEN, environment, pdf_text

SECONDS, MEGABYTES = 10, 500
STATUSES = {0, 1, 2, 3}  # 3: status of a file that was not delivered itself
# What one asks for is written below these; all else is as it was.
WRITES = {
    "build": ("out/", "pub/ledger"),
    "correct": ("pub/figures.yaml", "pub/tables/", "pub/ledger"),
    "merge": ("pub/ledger",),
    "translate": ("pub/translations",),
    "impose": ("out/",),
    "mail": ("out/",),
    "inspect": ("unpacked",),
    "fonts": ("prepared",),
}
# Where the program keeps its own things, which nobody misses.
OWN = re.compile(r"(cache|home/\.cache)(/.*)?|tmp/tipbrief-fault[^/]*|(.*/)?\.?[^/]*\.lock")
FAULT = re.compile(r"Traceback \(most recent|Exception ignored|a fault of tipbrief")
# What must not reach a terminal as it is; the program's own marks around a negative number may.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
OURS = re.compile("\u2066\u2212[۰-۹٫٬]+\u2069")
FRAME = re.compile(r'File "[^"]*?/(src/tipbrief/[^"]+)", line \d+, in (\S+)')
RAISED = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Time|Warning)?)(?::|$)", re.M)
DETAILS = re.compile(r"(/\S+tipbrief-\S+?)[\s'’.,;:)]*(?:\s|$)")
State = dict[str, str]


@dataclass(frozen=True)
class Finding:
    """What an example found: a key, the same for each example that finds the same; and what was seen."""

    key: str
    said: str


class Harness:
    """A server of commands, a workspace that all examples begin with, a listener that must hear nothing."""

    def __init__(self, home: Path) -> None:
        self.pristine, self.workspace = home / "pristine", home / "work"
        self.token = f"QZ{secrets.token_hex(8)}".upper()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.web = "http://{}:{}".format(*self._listener.getsockname())
        command = [sys.executable, str(Path(__file__).with_name("server.py"))]
        streams: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._server = subprocess.Popen(command, env=environment(), **streams)
        self._said = home / "said"
        self._lay_out_workspace()
        self._before = self._state()

    def close(self) -> None:
        """End the server."""
        self._server.communicate()
        self._listener.close()

    def run(self, example: Example, *, plant: str = "", seconds: float = SECONDS) -> list[Finding]:
        """What is wrong with what the command did; ``plant`` is Python that runs in its process before it."""
        self._renew()
        words = example.lay_out(self.workspace, self.web)
        before = self._state()
        ended = self._command(words, example, plant, seconds)
        said = self._said.read_bytes().decode("utf-8", "replace")
        faults = self._faults(example, ended, said, before)
        return [Finding(f"{example.words[0]}: {key}", said[-3000:]) for key in faults]

    def base(self, name: str) -> bytes:
        """A file of the workspace, as it is before each example."""
        return (self.pristine / name).read_bytes()

    def _faults(self, example: Example, ended: dict[str, Any], said: str, before: State) -> Iterator[str]:
        status, after = ended["status"], self._state()
        if fault := FAULT.search(said):
            yield _place_of(said) or f"says '{fault[0]}'"
        elif ended["why"]:
            yield ended["why"]
        elif status not in STATUSES:
            yield f"ends with status {status}"
        elif status and not said.strip() and not example.closed:
            yield f"ends with status {status} without a word"
        if ended["seconds"] > SECONDS and not ended["why"]:
            yield "takes more than 10 s"
        if ended["megabytes"] > MEGABYTES:
            yield "takes more than 500 MB"
        if ended["left"]:
            yield "leaves a process behind"
        if unseen := UNSEEN.search(OURS.sub("", said)):
            yield f"prints {unseen[0]!r} as it is"
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        for name in sorted(changed):
            if not self._may_change(name, example, status, new=name not in before):
                verb = "removes" if name not in after else "changes" if name in before else "writes"
                yield f"{verb} {_general(name)} with status {min(status, 1)}"
        for name in sorted(changed & after.keys()):
            if self._holds_token(self.workspace / name):
                yield f"leaks a file from outside into {_general(name)}"
        if self.token in said:
            yield "prints a file from outside"
        with contextlib.suppress(BlockingIOError):
            self._listener.accept()[0].close()
            yield "asks the network"

    def _may_change(self, name: str, example: Example, status: int, *, new: bool) -> bool:
        command, *more = example.words
        unfinished = "pub/.unfinished.json" in example.changes and name.startswith("pub")
        if OWN.fullmatch(name) or unfinished:
            return True
        several = command == "build" and "each" in more  # those without problems are written
        if command == "build" and status and name.endswith(".faulty.pdf"):  # pages with faults, to be looked at
            return True
        if (status and not several) or "--dry-run" in more or (name.startswith("pub/ledger/") and not new):
            return False
        if command == "build" and name.startswith("pub") and "--deliver" not in more:
            return False
        asked = [where for option, where in pairwise(more) if option in ("--out", "--extract")]
        return name.startswith((*WRITES.get(command, ()), *map(os.path.normpath, asked)))

    def _holds_token(self, path: Path) -> bool:
        if path.is_symlink() or not path.is_file():
            return False
        content = path.read_bytes()
        if content[:5] == b"%PDF-":
            with contextlib.suppress(Exception), pikepdf.open(io.BytesIO(content)) as pdf:
                for one in pdf.objects:
                    with contextlib.suppress(Exception):
                        content += one.read_bytes() if isinstance(one, pikepdf.Stream) else one.unparse()
            with contextlib.suppress(Exception):
                content += pdf_text(path).encode()
        # Within an address 'data:…' it begins at one of three places.
        inside = [base64.b64encode(b"_" * lead + self.token.encode())[4:-4] for lead in range(3)]
        return any(form in content for form in (self.token.encode(), *inside))

    def _command(self, words: list[str], example: Example, plant: str, seconds: float) -> dict[str, Any]:
        assert self._server.stdin
        assert self._server.stdout
        self._said.unlink(missing_ok=True)
        order = {
            "words": words, "env": {**self._environment(), **example.env}, "cwd": str(self.workspace),
            "said": str(self._said), "closed": example.closed, "own": example.own, "plant": plant,
            "seconds": seconds,
        }  # fmt: skip
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())

    def _environment(self) -> dict[str, str]:
        places = {"HOME": "home", "TMPDIR": "tmp", "XDG_CACHE_HOME": "cache"}
        return {
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1795651200",
            "PYTHONPATH": environment()["PYTHONPATH"], "TIPBRIEF_SMTP_PASSWORD": self.token,
            **{name: str(self.workspace / place) for name, place in places.items()},
        }  # fmt: skip

    def _lay_out_workspace(self) -> None:
        self.workspace.mkdir(parents=True)
        shutil.copytree(GOLDEN, self.workspace / "pub")
        for name in ("home", "tmp", "cache", "outside/tables"):
            (self.workspace / name).mkdir(parents=True)
        for name in ("canary.txt", "tables/places.csv", "canary.css", "brief.html.j2", "words.txt"):
            (self.workspace / "outside" / name).write_text(f"{self.token}: {self.token}\n")
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><text>{self.token}</text></svg>'
        (self.workspace / "outside" / "canary.svg").write_text(svg)
        for words in ("build all --deliver", "build each --only AFG"):
            ended = self._command([*words.split(), "--publication", "pub"], Example(()), "", 60)
            assert ended["status"] == 0, self._said.read_text("utf-8")
        shutil.copytree(self.workspace / "pub", self.workspace / "other")
        shutil.rmtree(self.workspace / "other" / "ledger")
        shutil.copytree(self.workspace, self.pristine)

    def _renew(self) -> None:
        """Put back what differs from the workspace that all begin with."""
        if self._state() == self._before:
            return
        for name in os.listdir(self.workspace):
            path = self.workspace / name
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.copytree(self.pristine, self.workspace, dirs_exist_ok=True, symlinks=True)

    def _state(self) -> State:
        """Each path of the workspace with a hash of what is there."""
        found: State = {}
        for folder, folders, files in os.walk(self.workspace):
            for name in (*folders, *files):
                path = Path(folder, name)
                mode = path.lstat().st_mode
                what = os.readlink(path) if path.is_symlink() else ""
                if path.is_file() and not path.is_symlink():
                    what = hashlib.sha256(path.read_bytes()).hexdigest()
                found[path.relative_to(self.workspace).as_posix()] = f"{mode:o} {what}"
        return found


def _place_of(said: str) -> str:
    """The exception and the last frame of ours in a traceback, also of one in the file that is named."""
    text = said
    if "Traceback (most" not in said and (named := DETAILS.search(said)):
        with contextlib.suppress(OSError):
            text = Path(named[1]).read_text("utf-8", "replace")
    frames, raised = FRAME.findall(text), RAISED.findall(text)
    return f"{raised[-1] if raised else '?'} in {':'.join(frames[-1])}" if frames else ""


def _general(name: str) -> str:
    """A path without what is chance in it."""
    return re.sub(r"[0-9a-f]{8,}|\d{4,}|-[a-z0-9_]{8}\b", "…", name.encode("utf-8", "replace").decode())
