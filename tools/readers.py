"""Readers: the words, numbers and hits that programs which read PDFs find in finished documents.

``python -m tools.readers FOLDER [FOLDER]``: the tables of docs/explanation/text-layer.md, from the world brief in three
languages and one country sheet, each PDF with its HTML beside it. Of two folders, what the second one's PDFs
lose against the first one's. A reader that is not installed is left out. ``--python`` names a Python that has
pdfminer.six, pdfplumber and markitdown[pdf], which are asked, too.

Firefox, with the pdf.js inside it, is asked by WebDriver BiDi, which it speaks itself. MuPDF is its program
``mutool``, since the binding is under the AGPL.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import websocket

from tipbrief.language.unicode_text import ZWNJ
from tipbrief.verify.html_text import PrintedBlock, read_printed_blocks, split_into_tokens

_SECONDS = 60.0
_JARS = [f"/usr/share/java/{name}.jar" for name in ("pdfbox2", "pdfbox2-tools", "fontbox2", "commons-logging")]
_SYSTEM_PYTHON = "/usr/bin/python3"  # sees the bindings of the system's libraries

# What is typed, and what is printed for it.
QUERIES = {
    "world": {
        "قاچاق انسان": "قاچاق انسان",
        "خارجۀ": "خارجۀ",
        "می‌شود": "می‌شود",
        "میشود": "می‌شود",
        "۲۰۲۵": "۲۰۲۵",
        "2025": "۲۰۲۵",
        "Natural Earth": "Natural Earth",
        "در آن قاچاقبران از": "در آن قاچاقبران از",
    },
    "country-AFG": {
        "قاچاق انسان": "قاچاق انسان",
        "خارجۀ": "خارجۀ",
        "بچه‌بازی": "بچه‌بازی",
        "بچهبازی": "بچه‌بازی",
        "۲۰۲۵": "۲۰۲۵",
        "2025": "۲۰۲۵",
        "Natural Earth": "Natural Earth",
        "کامل برآورده نمی‌کند و": "کامل برآورده نمی‌کند و",
    },
    "world.ps": {
        "انساني قاچاق": "انساني قاچاق",
        "درېیمه درجه": "درېیمه درجه",
        "کېږي": "کېږي",
        "سوداګریز": "سوداګریز",
        "۲۰۲۵": "۲۰۲۵",
        "2025": "۲۰۲۵",
        "Natural Earth": "Natural Earth",
        "چې پکې قاچاقبران له": "چې پکې قاچاقبران له",
    },
    "world.en": {
        "human trafficking": "human trafficking",
        "Watch List": "Watch List",
        "convictions": "convictions",
        "Afghanistan": "Afghanistan",
        "133,943": "133,943",
        "2025": "2025",
        "Natural Earth": "Natural Earth",
        "themselves been involved in": "themselves been involved in",
    },
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many words, numbers and words with ZWNJ there are, or were found, and the hits of each query."""

    words: int
    numbers: int
    zwnj: int
    hits: tuple[int, ...]

    @property
    def figures(self) -> str:
        """All but the hits."""
        return f"{self.words:,} / {self.numbers} / {self.zwnj}"


def _ran(*words: str | Path) -> str:
    done = subprocess.run(list(map(str, words)), capture_output=True, check=True, timeout=_SECONDS, encoding="utf-8")
    return done.stdout


def poppler(pdf: Path) -> str:
    """The text by poppler's pdftotext."""
    return _ran("pdftotext", "-enc", "UTF-8", pdf, "-")


def pdfium(pdf: Path) -> str:
    """The text by PDFium, which Chromium uses."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def mupdf(pdf: Path) -> str:
    """The text by MuPDF."""
    return _ran("mutool", "draw", "-q", "-F", "txt", pdf)


def by_pypdf(pdf: Path) -> str:
    """The text by pypdf."""
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)


def pdfbox(pdf: Path, *how: str) -> str:
    """The text by PDFBox, in the order of painting."""
    extract = ["org.apache.pdfbox.tools.ExtractText", *how, "-console", "-encoding", "UTF-8"]
    return _ran("java", "-cp", os.pathsep.join(_JARS), *extract, pdf)


def pdfbox_sorted(pdf: Path) -> str:
    """The text by PDFBox, line by line."""
    return pdfbox(pdf, "-sort")


# What a program in another Python prints of a file.
_MORE_READERS = {
    "pdfminer.six": "from pdfminer.high_level import extract_text; print(extract_text(sys.argv[1]))",
    "pdfplumber": "import pdfplumber\nfor page in pdfplumber.open(sys.argv[1]).pages: print(page.extract_text())",
    "markitdown": "from markitdown import MarkItDown; print(MarkItDown().convert(sys.argv[1]).text_content)",
}
_MUPDF_SEARCH = """
var found = [], document = Document.openDocument(scriptArgs[0])
for (var query = 1; query < scriptArgs.length; ++query) {
  var hits = 0
  for (var page = 0; page < document.countPages(); ++page)
    hits += document.loadPage(page).search(scriptArgs[query]).length
  found.push(hits)
}
print(JSON.stringify(found))
"""
_POPPLER_SEARCH = """
import json, sys, gi
gi.require_version("Poppler", "0.18")
from gi.repository import Poppler
document = Poppler.Document.new_from_file(sys.argv[1])
how = Poppler.FindFlags.DEFAULT | Poppler.FindFlags.MULTILINE
pages = [document.get_page(page) for page in range(document.get_n_pages())]
whole = lambda hits: sum(not hit.find_get_match_continued() for hit in hits)
hits = lambda query: sum(whole(page.find_text_with_options(query, how)) for page in pages)
print(json.dumps(list(map(hits, sys.argv[2:]))))
"""
_PDFJS_TEXT = """(async () => {
  const {pdfDocument} = PDFViewerApplication, texts = []
  for (let page = 1; page <= pdfDocument.numPages; page++) {
    const {items} = await (await pdfDocument.getPage(page)).getTextContent({disableNormalization: true})
    texts.push(items.map(item => item.str + (item.hasEOL ? '\\n' : '')).join(''))
  }
  return texts.join('\\n')
})()"""
_PDFJS_SEARCH = """(async query => {
  const {eventBus, findController, pagesCount} = PDFViewerApplication
  const answered = new Promise(done => eventBus.on('updatefindcontrolstate', function hear({state}) {
    if (state === 3) return // it still looks
    eventBus.off('updatefindcontrolstate', hear)
    done()
  }))
  eventBus.dispatch('find', {source: null, type: '', query, caseSensitive: false, entireWord: false,
    highlightAll: true, findPrevious: false, matchDiacritics: false})
  await answered
  while (Object.keys(findController.pageMatches).length < pagesCount)
    await new Promise(wait => setTimeout(wait, 20))
  return Object.values(findController.pageMatches).reduce((sum, hits) => sum + hits.length, 0)
})"""


def search_mupdf(pdf: Path, queries: Sequence[str]) -> list[int]:
    """The hits by MuPDF's own search."""
    with tempfile.NamedTemporaryFile("w", suffix=".js") as script:
        script.write(_MUPDF_SEARCH)
        script.flush()
        found: list[int] = json.loads(_ran("mutool", "run", script.name, pdf, *queries))
    return found


def search_poppler(pdf: Path, queries: Sequence[str]) -> list[int]:
    """The hits in viewers such as Evince."""
    found: list[int] = json.loads(_ran(_SYSTEM_PYTHON, "-I", "-c", _POPPLER_SEARCH, pdf.absolute().as_uri(), *queries))
    return found


def search_pdfium(pdf: Path, queries: Sequence[str]) -> list[int]:
    """The hits by the library's own search; Chromium's find bar folds more."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage() for page in document]

        def hits(query: str) -> int:
            found = [page.search(query) for page in pages]
            return sum(1 for search in found for _ in iter(search.get_next, None))

        return [hits(query) for query in queries]


class Firefox:
    """A Firefox that shows one PDF after another, with its pdf.js."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(f"{address}/session", _SECONDS, suppress_origin=True)
        self._number, self._shown = 0, ""
        self._call("session.new", capabilities={})
        self._window = self._call("browsingContext.getTree")["contexts"][0]["context"]

    def _call(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._number:
            pass
        return answer["result"]

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, or of what it promises, in the page of the viewer."""
        where = {"context": self._window}
        answer = self._call("script.evaluate", expression=expression, target=where, awaitPromise=True)
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def show(self, pdf: Path) -> None:
        """Open a PDF, if it is not shown, and wait until it is there."""
        url = pdf.absolute().as_uri()
        if url != self._shown:
            self._call("browsingContext.navigate", context=self._window, url=url, wait="complete")
            self._shown = url
        while not self.evaluate("!!globalThis.PDFViewerApplication?.pdfViewer?.pageViewsReady"):
            time.sleep(0.05)

    def text(self, pdf: Path) -> str:
        """The text by pdf.js."""
        self.show(pdf)
        return str(self.evaluate(_PDFJS_TEXT))

    def search(self, pdf: Path, queries: Sequence[str]) -> list[int]:
        """The hits of Firefox's find bar."""
        self.show(pdf)
        return [int(self.evaluate(f"{_PDFJS_SEARCH}({json.dumps(query)})")) for query in queries]


@contextlib.contextmanager
def firefox() -> Iterator[Firefox]:
    """A Firefox without a window, until the end."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "no Firefox: apt-get install firefox-esr"
    with tempfile.TemporaryDirectory(prefix="tipbrief-firefox-", ignore_cleanup_errors=True) as folder:
        words = [program, "--headless", "--no-remote", "--profile", folder, "--remote-debugging-port", "0"]
        browser = subprocess.Popen(
            words,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOME": folder},
        )
        try:
            assert browser.stderr
            said = next(line for line in browser.stderr if "BiDi listening on" in line)
            yield Firefox(said.split()[-1])
        finally:
            browser.terminate()
            browser.wait()


Search = Callable[[Path, Sequence[str]], Sequence[int]]


def search_in_text(text: str, queries: Sequence[str]) -> list[int]:
    """How often each query stands in a text; the end of a line is a space."""
    folded = " ".join(text.split()).casefold()
    return [folded.count(query.casefold()) for query in queries]


def expected(html: str, queries: Mapping[str, str]) -> Count:
    """What an HTML page prints."""
    blocks = read_printed_blocks(html)
    words = [word for block in blocks for word in _words(block)]
    return Count(
        len(words),
        sum(len(block.tokens) for block in blocks) - len(words),
        sum(ZWNJ in word for word in words),
        tuple(sum(_printed(block, query) for block in blocks) for query in queries.values()),
    )


def _printed(block: PrintedBlock, query: str) -> int:
    if query[0].isdigit():
        return block.tokens.count(query)
    return " ".join(_words(block)).casefold().count(query.casefold())


def _words(block: PrintedBlock) -> list[str]:
    return [token for token in block.tokens if not token[0].isdigit()]


def count(html: str, text: str, hits: Sequence[int] = ()) -> Count:
    """What of the words and numbers of an HTML page a reader's text has, in whatever order."""
    blocks, read = read_printed_blocks(html), Counter(split_into_tokens(text))
    words = Counter(word for block in blocks for word in _words(block)) & read
    numbers = Counter(token for block in blocks for token in block.tokens if token[0].isdigit()) & read
    zwnj = sum(times for word, times in words.items() if ZWNJ in word)
    return Count(words.total(), numbers.total(), zwnj, tuple(hits))


def measure(folder: Path, name: str, browser: Firefox, python: str = "") -> dict[str, Count]:
    """What each reader finds in one document; the HTML first. ``python`` has further ones."""
    pdf = folder / f"tip-2025-{name}.pdf"
    html, queries = pdf.with_suffix(".html").read_text("utf-8"), QUERIES[name]
    readers: dict[str, tuple[Callable[[Path], str], Search | None]] = {
        "PDFium": (pdfium, search_pdfium),
        "poppler": (poppler, search_poppler),
        "MuPDF": (mupdf, search_mupdf),
        "PDFBox, sorted": (pdfbox_sorted, None),
        "PDFBox": (pdfbox, None),
        "pypdf": (by_pypdf, None),
        "pdf.js": (browser.text, browser.search),
    }
    for reader, program in _MORE_READERS.items() if python else ():
        readers[reader] = (partial(_ran, python, "-c", f"import sys; {program}"), None)
    found = {"HTML": expected(html, queries)}
    for reader, (extract, search) in readers.items():
        try:
            text = extract(pdf)
            hits = search(pdf, [*queries]) if search else search_in_text(text, [*queries])
        except (FileNotFoundError, subprocess.CalledProcessError) as missing:
            print(f"{reader} is left out: {missing}", file=sys.stderr)
            continue
        found[reader] = count(html, text, hits)
    return found


def tables(found: Mapping[str, Mapping[str, Count]]) -> Iterator[str]:
    """The figures of all documents in Markdown: words, numbers and words with ZWNJ, then the hits."""
    readers = next(iter(found.values()))
    yield from _table(
        ["reader", *found],
        ([reader, *(one[reader].figures for one in found.values())] for reader in readers),
    )
    for name, one in found.items():
        columns = [name, *(f"«{query}»" for query in QUERIES[name])]
        yield from _table(columns, ([reader, *map(str, count.hits)] for reader, count in one.items()))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "\n" + _row(columns)
    yield "|---" * len(columns) + "|"
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def lost(name: str, before: Mapping[str, Count], after: Mapping[str, Count]) -> Iterator[str]:
    """What readers find less of than before, measured by what the HTML has."""
    for reader, one in after.items():
        for field in ("words", "numbers", "zwnj"):
            gone = [getattr(found["HTML"], field) - getattr(found[reader], field) for found in (before, after)]
            if gone[1] > gone[0]:
                yield f"{reader}: {gone[1]} {field} not found, before {gone[0]}"
        for query, was, now in zip(QUERIES[name], before[reader].hits, one.hits, strict=True):
            if now < was:
                yield f"{reader}: {now} hits of «{query}», before {was}"


def main() -> None:
    """Print the tables of one folder, or what a second one loses."""
    asked = argparse.ArgumentParser(prog="python -m tools.readers", description=main.__doc__)
    asked.add_argument("folder", type=Path, help="where tipbrief build wrote these documents")
    asked.add_argument("after", type=Path, nargs="?", help="where it wrote them after a change")
    asked.add_argument("--python", default="", help="a Python that has pdfminer.six, pdfplumber and markitdown[pdf]")
    given = asked.parse_args()
    folders = [folder for folder in (given.folder, given.after) if folder]
    for folder in folders:
        if gone := [name for name in QUERIES if not (folder / f"tip-2025-{name}.pdf").is_file()]:
            remedy = f"tipbrief build --all --language all --out {folder}"
            asked.error(f"{folder} has no {', '.join(gone)}: {remedy}")
    with firefox() as browser:
        found = [{name: measure(folder, name, browser, given.python) for name in QUERIES} for folder in folders]
    for one in found:
        print(*tables(one), sep="\n")
    for name in QUERIES if len(found) == 2 else ():
        for loss in lost(name, found[0][name], found[1][name]):
            print(f"{name}: {loss}")


if __name__ == "__main__":
    main()
