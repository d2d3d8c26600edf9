"""A desk at which nobody sits: a display, a bus and the accessibility of a desktop, all of them its own."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from tests.listen.account import Node
from tests.support import PATIENCE, until

# The system's Python has the bindings of AT-SPI, which a virtual environment does not see.
TELLER = ("/usr/bin/python3", "-I", str(Path(__file__).with_name("tree.py")))
ACCESSIBILITY = tuple(
    f"/usr/{folder}/at-spi-bus-launcher" for folder in ("libexec", "lib/at-spi2-core", "lib", "libexec/at-spi2")
)
# So tall that all pages of a sheet are seen at once: pdf.js tells only of those.
WIDTH, HEIGHT = 1300, 9000
INSTALL = "install it: tools/setup.sh --listen"


def _end(program: "subprocess.Popen[bytes]") -> None:
    """End a program with all that it started, which is in its group; a display takes its number back."""
    program.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()


def _first_line(pipe: int) -> str:
    """What a program writes when it listens, and where."""
    end, read = time.monotonic() + PATIENCE, b""
    while not read.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
        more = os.read(pipe, 4096) if ready else b""
        assert more, "a program of the desk does not start"
        read += more
    return read.decode().strip()


@dataclass(frozen=True)
class Desk:
    """Where programs run to be listened to."""

    folder: Path
    environment: dict[str, str]
    programs: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    sessions: set[int] = field(default_factory=set)  # one for each program, with all that it starts

    def start(self, *words: str | Path, pipe: tuple[int, ...] = ()) -> None:
        """Run a program until the desk is left."""
        assert shutil.which(words[0]), f"no {words[0]}; {INSTALL}"
        with (self.folder / "log").open("ab") as log:
            program = subprocess.Popen(
                [str(word) for word in words],
                env=self.environment,
                stdout=log,
                stderr=log,
                pass_fds=pipe,
                start_new_session=True,
            )
        self.programs.callback(_end, program)
        self.sessions.add(program.pid)

    @property
    def at_rest(self) -> bool:
        """Whether nobody at the desk has anything to do: whoever waits for a core still has."""
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, _, session, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
                if int(session) in self.sessions and state in "RD":
                    return False
        return True

    def serve(self, *words: str) -> str:
        """Run a program that is given the number of a pipe, and writes there where it is found."""
        out, into = os.pipe()
        self.programs.callback(os.close, out)
        self.start(*words, str(into), pipe=(into,))
        os.close(into)
        return _first_line(out)

    def wait_for_accessibility(self) -> None:
        """A program that starts before its bus is there tells nothing as long as it runs."""
        words = ("dbus-send", "--session", "--print-reply", "--dest=org.a11y.Bus")
        asked = [*words, "/org/a11y/bus", "org.a11y.Bus.GetAddress"]

        def answers() -> bool:
            done = subprocess.run(asked, env=self.environment, capture_output=True, check=False)
            return not done.returncode

        until(answers, lambda: "the accessibility of the desk")

    def press(self, *keys: str) -> None:
        subprocess.run(["xdotool", *keys], env=self.environment, check=True)

    def told(self, program: str) -> Node | None:
        """What a program tells just now of the page that it shows."""
        words = [*TELLER, program]
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False)
        # While programs start, the bus may not answer.
        told = json.loads(done.stdout) if done.returncode == 0 else None
        return Node.read(told) if told else None

    def listen(self, program: str, whole: Callable[[Node], bool]) -> Node:
        """What a program tells of a page once it is whole and stays as it is; or all that came."""
        end, before = time.monotonic() + PATIENCE, None
        while time.monotonic() < end:
            told = self.told(program)
            if told and told == before and whole(told) and self.at_rest:
                return told
            before = told
            time.sleep(0.2)
        assert before, f"{program} tells nothing: {(self.folder / 'log').read_text(errors='replace')[-2000:]}"
        return before


@contextlib.contextmanager
def laid() -> Iterator[Desk]:
    """A desk, with nothing of the user's: no settings, no fonts, no windows."""
    launcher = next(filter(os.path.exists, ACCESSIBILITY), None)
    assert launcher, f"no accessibility of a desktop; {INSTALL}"
    with tempfile.TemporaryDirectory(prefix="tipbrief-desk-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "run").mkdir(mode=0o700)
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": folder,
            "TMPDIR": folder,
            "XDG_RUNTIME_DIR": f"{folder}/run",
            "GSETTINGS_BACKEND": "memory",
            "GNOME_ACCESSIBILITY": "1",
            # Nobody speaks: Orca then writes at once what it would have spoken.
            "SPEECHD_CMD": "/bin/false",
        }
        desk = Desk(Path(folder), environment)
        with desk.programs:
            # Without -noreset it begins anew when its last client leaves, and turns away who comes just then.
            display = ("Xvfb", "-noreset", "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-displayfd")
            # It takes the first number that is free, which two at once may take for theirs.
            with FileLock(f"{tempfile.gettempdir()}/tipbrief-display.lock"):
                environment["DISPLAY"] = ":" + desk.serve(*display)
            bus = desk.serve("dbus-daemon", "--session", "--nofork", "--print-address")
            environment["DBUS_SESSION_BUS_ADDRESS"] = bus
            desk.start(launcher, "--launch-immediately")
            desk.wait_for_accessibility()
            yield desk
