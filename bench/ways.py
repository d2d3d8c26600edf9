"""The ways that are compared: this checkout, with LONG=1 the same without its reuses, and another checkout.

``BEFORE=folder`` names the other one, such as a worktree of an earlier commit. Each way has copies of the
shipped publication for itself, of which it may correct the figures.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clock import Took, command

HERE = Path(__file__).resolve().parents[1]
SHIPPED = HERE / "data" / "tip-2025"
# What would make one way another, or keep it from what an installed program has.
_NOT_OURS = ("TIPBRIEF_SAFE", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Way:
    """A checkout, and what of it is switched off."""

    name: str
    checkout: Path
    switches: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Its name."""
        return self.name

    def env(self, **more: str) -> dict[str, str]:
        """What its processes are told."""
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
        return {**kept, "PYTHONPATH": str(self.checkout / "src"), **dict(self.switches), **more}


NOW = Way("now", HERE)
PLAIN = Way("plain", HERE, (("TIPBRIEF_SAFE", "1"),))


def ways() -> list[Way]:
    """This checkout, then those it is held against; the last is what is called today's way."""
    before = os.environ.get("BEFORE", "")
    return [
        NOW,
        *([PLAIN] if os.environ.get("LONG") else []),
        *([Way("before", Path(before).resolve())] if before else []),
    ]


@dataclass(frozen=True)
class Place:
    """A copy of a publication, with a cache and a folder of its own, for one way."""

    way: Way
    folder: Path

    @property
    def publication(self) -> Path:
        """The copy."""
        return self.folder / "publication"

    def restore(self) -> None:
        """Make the copy anew; what was built and kept stays."""
        shutil.rmtree(self.publication, ignore_errors=True)
        shutil.copytree(SHIPPED, self.publication)

    @property
    def out(self) -> Path:
        """What is built from it."""
        return self.folder / "out"

    @property
    def env(self) -> dict[str, str]:
        """What its processes are told."""
        return self.way.env(XDG_CACHE_HOME=str(self.folder / "cache"))

    def tipbrief(self, name: str, *words: str, watched: bool = False) -> Took:
        """Run a command on the copy."""
        if name == "build" or "--deliver" in words:
            words = (*words, "--out", str(self.out))
        return self.command(name, *words, "--publication", str(self.publication), watched=watched)

    def command(self, *words: str, watched: bool = False) -> Took:
        """Run a command of this way."""
        return command([sys.executable, "-m", "tipbrief", *words], self.folder, self.env, watched=watched)


@contextmanager
def place(way: Way, publication: Path | None = None) -> Iterator[Place]:
    """A place where nothing was built yet."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        made = Place(way, Path(name))
        shutil.copytree(publication or SHIPPED, made.publication)
        yield made


def from_nothing(way: Way, *words: str, publication: Path | None = None) -> Took:
    """What a command takes where nothing was built yet."""
    with place(way, publication) as made:
        return made.tipbrief(*words, watched=True)


class Maker:
    """A process of one way that stays open and does what it is asked (``maker.py``)."""

    def __init__(self, made: Place, **more: str) -> None:
        # That of the other checkout, if there is one: names differ between them.
        script = str(made.way.checkout / "bench" / "maker.py")
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", script, str(made.publication), str(made.out)],
            env={**made.env, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, what: str, *given: object) -> None:
        """Ask; the answer may be fetched later."""
        assert self._process.stdin
        print(json.dumps([what, *given]), file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        """What was asked for."""
        assert self._process.stdout
        if not (line := self._process.stdout.readline()):
            raise SystemExit("a process of the bench died")
        return json.loads(line)

    def ask(self, what: str, *given: object) -> Any:
        """Ask, and wait for the answer."""
        self.begin(what, *given)
        return self.answer()

    def end(self) -> None:
        """It is not needed any more."""
        self._process.communicate()


@contextmanager
def makers(places: Mapping[Way, Place]) -> Iterator[dict[Way, Maker]]:
    """A process for each way."""
    found = {way: Maker(made) for way, made in places.items()}
    try:
        yield found
    finally:
        for one in found.values():
            one.end()
