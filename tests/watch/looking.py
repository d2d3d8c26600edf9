"""Looking at a watch in a real browser; and the command as a process of its own."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.browser import Tab
from tests.support import environment

LETTERS: dict[str, dict[str, Any]] = {one: {"text": one} for one in "+-0"} | {
    "Tab": {"windowsVirtualKeyCode": 9},
    "Enter": {"windowsVirtualKeyCode": 13, "text": "\r"},
}


@contextlib.contextmanager
def watching(*words: str | Path, **more: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The command as a process of its own, and the address that it printed."""
    command = [sys.executable, "-m", "tipbrief", "watch", *map(str, words)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment(**more), start_new_session=True, **pipes) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().strip()
            assert "Ctrl-C" in process.stdout.readline()
            yield process, address
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    """A port that the system gives nobody of its own accord: it is still free in a moment."""
    while True:
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", 10_000 + secrets.randbelow(20_000)))
            return int(one.getsockname()[1])


def place(at: int) -> str:
    return f"document.querySelector('.place[data-at=\"{at}\"]')"


class Looking:
    """A tab of the browser that shows the page of a watch."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab

    def open(self, address: str, width: int = 1200, scheme: str = "light", *, calm: bool = False) -> None:
        """Load the page in a window of this width."""
        self.tab.events.clear()
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.tab.call(f"{domain}.enable")
        self.tab.prefer(scheme, motion="reduce" if calm else "no-preference")
        window = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 800}
        self.tab.call("Emulation.setDeviceMetricsOverride", **window)
        rights = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        # Only a page that has the focus may copy.
        self.tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.tab.load(address)
        session, self.tab.session = self.tab.session, ""  # rights are the browser's
        self.tab.call("Browser.grantPermissions", permissions=rights)
        self.tab.session = session

    def wait(self, truth: str) -> None:
        """Wait until an expression is true."""
        self.tab.until(truth)

    def text(self, selector: str) -> str:
        return str(self.tab.evaluate(f"document.querySelector('{selector}').textContent"))

    def point(self, at: int) -> None:
        """Move the mouse over a place."""
        box = self.tab.evaluate(f"{place(at)}.getBoundingClientRect().toJSON()")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.at = {"x": x, "y": y, "button": "left", "clickCount": 1}

    def click(self) -> None:
        """Click where the mouse is."""
        self.tab.call("Input.dispatchMouseEvent", type="mousePressed", **self.at)
        self.tab.call("Input.dispatchMouseEvent", type="mouseReleased", **self.at)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.call("Input.dispatchKeyEvent", type="keyDown", key=key, **LETTERS.get(key, {}))
            self.tab.call("Input.dispatchKeyEvent", type="keyUp", key=key)
