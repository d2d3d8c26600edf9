"""A real browser: Debian's Chromium, driven through its DevTools protocol, and what is asked of a page."""

import base64
import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import websocket
from PIL import Image

from tests.support import PATIENCE, until
from tipbrief.colour_contrast import contrast_ratio

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip


@dataclass
class Tab:
    """One page of the browser and what it has reported."""

    socket: websocket.WebSocket
    target: str = ""
    session: str = ""
    number: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        self.socket.send(json.dumps(message | ({"sessionId": self.session} if self.session else {})))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def reported(self, *methods: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event.get("method") in methods]

    def evaluate(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, truth: str) -> Any:
        """The value of an expression as soon as it is true, on a page that may give way to another."""
        said: object = None

        def now() -> Any:
            nonlocal said
            try:
                said = self.evaluate(truth)
            except AssertionError as fault:  # what it asks is not there yet, or not any more
                said = fault
                return None
            return said

        return until(now, lambda: f"{truth}: {said}")

    @contextlib.contextmanager
    def seeing(self, truth: str) -> Iterator[list[Any]]:
        """What happens here makes an expression true for a moment: its first true value is added.

        The page itself looks, from before: whoever asks from outside may come late.
        """
        self.evaluate(f"""window.seen = new Promise(told => {{
          const look = () => {{ const found = {truth}; found ? told(found) : setTimeout(look, 10) }}
          look()
        }}), null""")
        seen: list[Any] = []
        yield seen
        seen.append(self.evaluate("window.seen"))

    def load(self, address: str) -> None:
        """Go to another page, and wait until it has all that it loads, and its fonts."""
        self.call("Page.setLifecycleEventsEnabled", enabled=True)
        page = self.call("Page.navigate", url=address)["loaderId"]
        # Of this page: what was shown before may just have been loaded, too.
        while ("load", page) not in [(one["name"], one["loaderId"]) for one in self.reported("Page.lifecycleEvent")]:
            self.events.append(json.loads(self.socket.recv()))
        self.evaluate("document.fonts.ready.then(() => null)")

    def barriers(self) -> list[tuple[str, str]]:
        """What axe finds on the page shown that keeps somebody from using it: its rule, and where."""
        self.evaluate((files("axe_core_python") / "axe.min.js").read_text("utf-8") + "\n;null")
        # It leaves this rule of level A out by default.
        found = self.evaluate("axe.run({rules: {'link-in-text-block': {enabled: true}}}).then(said => said.violations)")
        return [(one["id"], node["html"]) for one in found for node in one["nodes"]]

    def prefer(self, scheme: str, media: str = "screen", motion: str = "no-preference") -> None:
        """Emulate what a reader prefers; the scheme may be ``forced`` (white on black) or ``more`` (contrast)."""
        is_forced = scheme == "forced"
        wanted = {
            "prefers-color-scheme": {"forced": "dark", "more": "light"}.get(scheme, scheme),
            "forced-colors": "active" if is_forced else "none",
            "prefers-contrast": "more" if scheme in ("forced", "more") else "no-preference",
            "prefers-reduced-motion": motion,
        }
        features = [{"name": name, "value": value} for name, value in wanted.items()]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def looks(self, kinds: Sequence[str]) -> dict[str, int]:
        """For each kind of element: how many of them have different colours."""
        found, picture = dict[str, int](), Image.open(io.BytesIO(self.picture())).convert("RGB")
        for kind in kinds:
            places = self.evaluate(PLACES_OF % kind)
            colours = [picture.crop(place).getcolors(1 << 20) or [] for place in places]
            # A hatching has two colours; the letters in a box have little of any.
            main = [[shade for count, shade in one if 9 * count > sum(n for n, _ in one)] for one in colours]
            found[kind] = len({frozenset(one) for one in main})
        return found

    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """The mean colour of each kind of shape that the maps draw, of pixels that no other shape covers."""
        places = self.evaluate(PLACES_OF_SHAPES)
        picture = Image.open(io.BytesIO(self.picture())).convert("RGB")
        colours = {kind: [picture.getpixel((x, y)) for x, y in some] for kind, some in places.items()}
        return {
            kind: tuple(round(sum(part) / len(some)) for part in zip(*some, strict=True))
            for kind, some in colours.items()
        }

    def show(
        self, path: Path, width: int, *, media: str = "screen", scheme: str = "light", scripts: bool = True
    ) -> None:
        """Open a file in a window of this width, and wait until it is drawn with all its fonts."""
        self.events.clear()
        for domain in ("Page", "Network", "Runtime", "Log", "DOM", "CSS"):
            self.call(f"{domain}.enable")
        self.prefer(scheme, media)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        window = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 800}
        self.call("Emulation.setDeviceMetricsOverride", **window)
        self.load(path.as_uri())

    def picture(self) -> bytes:
        # Beyond the window only where there is more: else what is written from the right is moved aside.
        beyond = self.evaluate("document.documentElement.scrollHeight > innerHeight")
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=beyond)
        return base64.b64decode(shot["data"])

    def printed(self) -> bytes:
        """The PDF that the browser's print dialog would make, without its "background graphics"."""
        made = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(made["data"])


def _address(folder: Path, browser: subprocess.Popen[bytes]) -> str:
    """Where the browser listens; it writes this file when it does."""
    port = folder / "DevToolsActivePort"

    def told() -> list[str]:
        assert browser.poll() is None, f"the browser ended with status {browser.returncode}"
        lines = port.read_text().split("\n") if port.exists() else []
        return lines if len(lines) > 1 else []

    number, path = until(told, lambda: "the browser listens")
    return f"ws://127.0.0.1:{number}{path}"


@contextlib.contextmanager
def started() -> Iterator[str]:
    """The address of a browser that runs until the end."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert program, "no Chromium: apt-get install chromium"
    # Other tests leave the configuration by which our typesetter sees no fonts but ours.
    environment = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
    with tempfile.TemporaryDirectory(prefix="tipbrief-browser-", ignore_cleanup_errors=True) as folder:
        browser = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**environment, "TMPDIR": folder},
            start_new_session=True,
        )
        try:
            yield _address(Path(folder), browser)
        finally:
            browser.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                browser.wait(5)
            # Its group has the renderers and whatever else it started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()


@contextlib.contextmanager
def opened(address: str) -> Iterator[Tab]:
    """A new tab of the browser at this address."""
    socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
    try:
        tab = Tab(socket)
        tab.target = tab.call("Target.createTarget", url="about:blank")["targetId"]
        tab.session = tab.call("Target.attachToTarget", targetId=tab.target, flatten=True)["sessionId"]
        yield tab
        tab.session = ""
        tab.call("Target.closeTarget", targetId=tab.target)
    finally:
        socket.close()


# The narrowest window that everything must fit, in each way to see it; and wide ones.
EXAMINED = (
    (320, "light"), (320, "dark"), (320, "forced"), (320, "more"), (1280, "dark"), (1280, "forced"),
)  # fmt: skip
# The places of elements on the whole page, without their edges.
PLACES_OF = """[...document.querySelectorAll('%s')].map(element => {
  const box = element.getBoundingClientRect()
  return [box.left + scrollX + 2, box.top + scrollY + 2, box.right + scrollX - 2, box.bottom + scrollY - 2]
}).filter(box => box[2] > box[0] && box[3] > box[1]).map(box => box.map(Math.round))"""
# The places of pixels inside the shapes of maps, by class: the shapes are painted once more, each class in a colour of
# its own, and all edges black. To ask the page for what lies below each pixel would take minutes.
PLACES_OF_SHAPES = """(() => {
  const found = {}
  for (const svg of document.querySelectorAll('.map .drawing svg')) {
    const box = svg.getBoundingClientRect(), whole = svg.viewBox.baseVal
    const width = Math.floor(box.width), height = Math.floor(box.height), scale = box.width / whole.width
    const shapes = [...svg.querySelectorAll(':scope > path, :scope > circle')]
    const kinds = [...new Set(shapes.map(shape => shape.getAttribute('class')))]
    const canvas = Object.assign(document.createElement('canvas'), {width, height})
    const brush = canvas.getContext('2d', {willReadFrequently: true})
    brush.setTransform(scale, 0, 0, scale, -whole.x * scale, -whole.y * scale)
    brush.lineWidth = 4 / scale
    for (const shape of shapes) {
      const own = name => shape.getAttribute(name), style = getComputedStyle(shape)
      const path = new Path2D(own('d') || '')
      if (shape.tagName === 'circle') path.arc(own('cx'), own('cy'), own('r'), 0, 7)
      brush.fillStyle = `rgb(${1 + kinds.indexOf(own('class'))}, 0, 0)`
      if (style.fill !== 'none') brush.fill(path, style.fillRule)
      brush.stroke(path)
    }
    const pixels = brush.getImageData(0, 0, width, height).data
    const at = (x, y) => pixels[4 * (y * width + x)]
    for (let y = 2; y < height - 2; y++)
      for (let x = 2; x < width - 2; x++) {
        const kind = at(x, y)
        if (kind && [at(x - 2, y), at(x + 2, y), at(x, y - 2), at(x, y + 2)].every(one => one === kind))
          (found[kinds[kind - 1]] ??= []).push([x, y, box.left + scrollX, box.top + scrollY])
      }
  }
  return Object.fromEntries(Object.entries(found)
    .map(([kind, some]) => [kind, some.map(([x, y, left, top]) => [Math.round(x + left), Math.round(y + top)])]))
})()"""
# What reaches beyond the window, or out of the box that should hold it.
BEYOND = """[...document.querySelectorAll('body *')].filter(element => {
  const box = element.getBoundingClientRect()
  return box.width && !element.closest('svg, .heard') && (box.left < -0.5 || box.right > innerWidth + 0.5)
}).map(element => `${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`)"""
CLIPPED = """[...document.querySelectorAll('body *')].filter(element =>
  getComputedStyle(element).overflow !== 'visible' && !element.closest('svg, .heard')
  && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
).map(element => `${element.className}: ${element.textContent}`)"""
# Lines of text that lie over one another, such as labels of neighbours.
OVERLAPPING = """(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), boxes = []
  while (walker.nextNode()) {
    const node = walker.currentNode
    if (!node.data.trim() || node.parentElement.closest('svg, .heard')) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    const size = parseFloat(getComputedStyle(node.parentElement).fontSize)
    for (const box of range.getClientRects()) {
      // The letters alone, without the space between lines that belongs to the font.
      const inset = Math.max(0, (box.height - size) / 2)
      boxes.push([node.data.trim(), box.left + 1, box.right - 1, box.top + inset, box.bottom - inset])
    }
  }
  const found = []
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
    if (a[1] < b[2] && b[1] < a[2] && a[3] < b[4] && b[3] < a[4]) found.push(`${a[0]} / ${b[0]}`)
  }))
  return found
})()"""
FONT_SIZES = """[...document.querySelectorAll('body *')].filter(element =>
  !element.closest('svg, sup')
  && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
).map(element => [parseFloat(getComputedStyle(element).fontSize), element.className || element.tagName])"""
SMALLEST = 11.5  # px
# Each text with its colour, the colour behind it, and whether it is large. Letters on a hatched ground have a
# rim of the colour between the hatches.
TEXT_COLOURS = """(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = []
  while (walker.nextNode()) {
    const node = walker.currentNode
    if (!node.data.trim() || node.parentElement.closest('svg, .heard')) continue
    const own = getComputedStyle(node.parentElement), size = parseFloat(own.fontSize)
    if (!node.parentElement.getClientRects().length) continue
    let behind = node.parentElement
    const clear = 'rgba(0, 0, 0, 0)'
    while (behind && getComputedStyle(behind).backgroundColor === clear) behind = behind.parentElement
    found.push([node.data.trim(), own.color, behind ? getComputedStyle(behind).backgroundColor : 'none',
      size >= 24 || (size >= 18.66 && own.fontWeight >= 700)])
  }
  return found
})()"""


def colour(computed: str) -> str:
    """``rgb(20, 25, 27)`` as ``#14191b``."""
    parts = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", computed)
    assert parts, f"'{computed}' is no plain colour"
    return "#" + "".join(f"{int(part):02x}" for part in parts.groups())


def faint_texts(tab: Tab) -> list[tuple[str, str, str]]:
    """The texts of the page shown that do not stand off their ground: in grey seven to one, as large ones three."""
    root = "getComputedStyle(document.documentElement).getPropertyValue('--grey').trim()"
    grey, found = tab.evaluate(root), list[tuple[str, str, str]]()
    assert re.fullmatch("#[0-9a-f]{6}", grey), f"'{grey}' is no plain colour"
    for text, own, behind, large in tab.evaluate(TEXT_COLOURS):
        least = 7 if colour(own) == grey else 3 if large else 4.5
        if contrast_ratio(colour(own), colour(behind)) < least:
            found.append((text, own, behind))
    return found


def require_sound_page(tab: Tab, page: Path, width: int, scheme: str) -> None:
    """The page fits its window, has no small letters, reports nothing, and asks for nothing but itself."""
    tab.show(page, width, scheme=scheme)
    assert tab.evaluate("innerWidth") == width, "the phone zoomed out, since the page is wider"
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert [tab.evaluate(faults) for faults in (BEYOND, CLIPPED, OVERLAPPING)] == [[], [], []]
    assert [found for found in tab.evaluate(FONT_SIZES) if found[0] < SMALLEST] == []
    assert tab.reported("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded") == []
    asked = [event["request"]["url"] for event in tab.reported("Network.requestWillBeSent")]
    assert [address for address in asked if not address.startswith("data:")] == [page.as_uri()]
