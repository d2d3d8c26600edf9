"""The other programs that make the same sheets: Chromium, Typst, the bare WeasyPrint loop."""

import base64
import contextlib
import html as markup
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from clock import Took, job, say, tree_cpu

from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import ShareChart, StripChart, every_block
from tipbrief.compose import charts
from tipbrief.pipeline.session import Session

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
PATIENCE = 30.0  # seconds
BROWSER, LOOP = "Chromium, one, warm", "bare WeasyPrint loop, a sixth, scaled"
SAMPLE = 6  # every so many sheets are typeset by the bare loop, which is slow
# In a process of its own, so that nothing is shared with us; its import is not counted.
BARE = """
import sys, time, weasyprint
first, *names = sys.argv[1:]
weasyprint.HTML(filename=first).write_pdf()
wall, cpu = time.perf_counter(), time.process_time()
for name in names:
    weasyprint.HTML(filename=name).write_pdf()
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def installed(
    session: Session, pages: Sequence[tuple[str, Path]], out: Path, cores: int
) -> dict[object, Callable[[], Took]]:
    """What can be measured here, by its name: the documents, each with its HTML, made by other programs."""
    files = [page for _, page in pages]
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    found: dict[object, Callable[[], Took]] = {LOOP: partial(_bare, files)}
    if program and find_spec("websocket"):
        found[BROWSER] = partial(_chromium, program, files, 1)
        found[browsers(cores)] = partial(_chromium, program, files, cores)
    else:
        say("Chromium or websocket-client is not installed: not measured")
    if find_spec("typst"):
        found["Typst, an equivalent sheet"] = partial(_typst, session, pages, out)
    else:
        say("Typst is not installed: not measured")
    return found


def browsers(count: int) -> str:
    """What so many browsers are called."""
    return f"Chromium, {count} at a time"


def _bare(files: Sequence[Path]) -> Took:
    """A plain loop of WeasyPrint over HTML files, warm, without any check."""
    sample = files[::SAMPLE]
    command = [sys.executable, "-W", "ignore", "-c", BARE, str(files[0]), *map(str, sample)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    wall, cpu = map(float, ran.stdout.split())
    return Took(wall, cpu).times(len(files) / len(sample))


def _chromium(program: str, files: Sequence[Path], count: int) -> Took:
    """So many warm Chromiums, each of which prints its part of HTML files one after the other."""
    import websocket

    with ExitStack() as stack:
        browsers, tabs = [], []
        for _ in range(count):
            pid, address = stack.enter_context(_browser(program))
            browsers.append(pid)
            tabs.append(_Tab(websocket.create_connection(address, suppress_origin=True, timeout=PATIENCE)))
            tabs[-1].print(files[0])

        def printed(number: int) -> None:
            for page in files[number::count]:
                tabs[number].print(page)

        with ThreadPoolExecutor(count) as pool:
            return job(lambda: [*pool.map(printed, range(count))], lambda: sum(map(tree_cpu, browsers)))


@contextlib.contextmanager
def _browser(program: str) -> Iterator[tuple[int, str]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        browser = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": name},
        )
        try:
            port, end = folder / "DevToolsActivePort", time.monotonic() + PATIENCE
            while not (port.exists() and port.read_text().count("\n")):
                if browser.poll() is not None or time.monotonic() > end:
                    raise SystemExit("Chromium does not start")
                time.sleep(0.02)
            number, path = port.read_text().split()
            yield browser.pid, f"ws://127.0.0.1:{number}{path}"
        finally:
            browser.terminate()
            browser.wait(PATIENCE)


class _Tab:
    """One page of the browser."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._number, self._session = socket, 0, ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")

    def print(self, page: Path) -> bytes:
        """Open a file, wait for its fonts, and give its PDF."""
        self._call("Page.navigate", url=page.as_uri())
        while json.loads(self._socket.recv()).get("method") != "Page.loadEventFired":
            pass
        ready = "document.fonts.ready.then(() => null)"
        self._call("Runtime.evaluate", expression=ready, awaitPromise=True)
        made = self._call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(made["data"])

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while (answer := json.loads(self._socket.recv())).get("id") != self._number:
            pass
        if "error" in answer:
            raise SystemExit(f"Chromium: {method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result


def _typst(session: Session, pages: Sequence[tuple[str, Path]], out: Path) -> Took:
    """Typst for sheets with the same contents, warm; the last PDF is left in ``out``."""
    import typst as engine

    contents = [_contents(session, name, page.read_text(encoding="utf-8")) for name, page in pages]
    compiler = engine.Compiler(
        input=str(Path(__file__).with_name("sheet.typ")),
        font_paths=[str(find_shipped_folder("fonts") / "upstream")],
        ignore_system_fonts=True,
    )

    def make(contents: Sequence[str]) -> None:
        for content in contents:
            pdf = compiler.compile(format="pdf", sys_inputs={"sheet": content})
            assert isinstance(pdf, bytes)
            (out / "typst.pdf").write_bytes(pdf)

    make(contents[:1])
    return job(partial(make, contents))


def _contents(session: Session, name: str, html: str) -> str:
    """What a sheet says, as JSON: its words from the HTML, its bars from the dataset."""
    whole = session.publication
    document = whole.documents[name]
    bars = []
    sections = [*_sections(html)]
    blocks = list(every_block(document.brief.blocks))
    charted = re.findall(r'<section class="chart (?:strip|share).*?</section>', html, re.S)
    for block, section in zip(
        (block for block in blocks if isinstance(block, StripChart | ShareChart)), charted, strict=True
    ):
        if isinstance(block, StripChart):
            segments = [
                (run.choice, run.percent, str(run.choice.short) if run.choice else "–")
                for run in charts.strip(whole, block, document.key).runs
            ]
        else:
            segments = [
                (share.choice, share.percent, whole.language.digits(share.count))
                for share in charts.shares(whole, block, document.key)
            ]
        bars.append(
            {
                "title": _title(section),
                "segments": [
                    {
                        "percent": percent,
                        "label": label,
                        "colour": str(choice.colour) if choice else "",
                        "ink": str(choice.text_colour) if choice else "#1c2326",
                    }
                    for choice, percent, label in segments
                ],
                "text": _words(section, "p"),
            }
        )
    drawn, sources = (next(section for kind, section in sections if kind == one) for one in ("map", "sources"))
    told = [section for kind, section in sections if kind not in ("map", "sources", "strip", "share")]
    listed = [
        {"words": _plain(words), "address": markup.unescape(address), "site": _plain(site)}
        for words, address, site in re.findall(r'<li id="source-\d+">(.*?)<a href="([^"]*)"[^>]*>(.*?)</a>', html, re.S)
    ]
    svg = re.search("<svg.*?</svg>", drawn, re.S)
    row = whole.tables[str(document.brief.for_each)].by_key[document.key]
    return json.dumps(
        {
            "name": row["name"],
            "english": row["english"],
            "series": _words(html, "p")[0],
            "foot": markup.unescape(html.partition('data-foot="')[2].partition('"')[0]),
            "map": {"title": _title(drawn), "svg": svg[0] if svg else ""},
            "bars": bars,
            "sections": [{"title": _title(section), "text": _words(section, "p", "li")} for section in told],
            "sources": {"title": _title(sources), "list": listed},
        },
        ensure_ascii=False,
    )


def _sections(html: str) -> Iterator[tuple[str, str]]:
    """The last class of each section, and its HTML."""
    for found in re.finditer(r'<section class="([^"]*)".*?</section>', html, re.S):
        yield found[1].split()[-1].removeprefix("chart-"), found[0]


def _title(section: str) -> str:
    return markup.unescape(section.partition('data-label="')[2].partition('"')[0]) if "data-label" in section else ""


def _words(html: str, *tags: str) -> list[str]:
    body = html[html.find("<body") :] if "<body" in html else html
    return [_plain(found[1]) for found in re.findall(rf"<({'|'.join(tags)})\b[^>]*>(.*?)</\1>", body, re.S)]


def _plain(html: str) -> str:
    marked = re.sub('<sup class="cite">(.*?)</sup>', r"⁅\1⁆", html)  # the template raises them
    return " ".join(markup.unescape(re.sub("<[^>]*>", "", marked)).split())
