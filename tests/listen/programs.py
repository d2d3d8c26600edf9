"""The programs that are listened to: Firefox, Chromium, and Orca, which reads aloud what Firefox shows."""

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tests.browser import CHROMIUM
from tests.html_tree import Element, read_html
from tests.listen.account import Node, letters
from tests.listen.desk import HEIGHT, INSTALL, WIDTH, Desk
from tests.support import PATIENCE

FIREFOX = ("firefox-esr", "firefox")
# No questions, no offers and no pages of its own.
SETTINGS = """
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.translations.enable", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
"""
# An utterance may have several lines.
SPEECH = re.compile(r"SPEECH OUTPUT: '(.*?)'(?: \{[^\n]*\}| None)?$", re.MULTILINE | re.DOTALL)
BREATH, PAUSE = 0.5, 3  # seconds between two looks; and looks at which nobody says or does anything


@dataclass(frozen=True)
class Page:
    """A file of a document, and what its HTML says."""

    file: Path
    html: Element

    @classmethod
    def of(cls, file: Path) -> "Page":
        return cls(file, read_html(file.with_suffix(".html").read_text(encoding="utf-8")))

    @property
    def title(self) -> str:
        return self.html.one("head").one("title").text

    @property
    def headings(self) -> list[str]:
        return [one.text for one in self.html.all() if one.tag in ("h1", "h2", "h3", "h4")]

    @property
    def lists(self) -> tuple[list[list[Element]], list[list[Element]]]:
        """The items of each list: on paper, where the columns of sources are one, and on screens."""
        lists = [one for one in self.html.all() if one.tag in ("ul", "ol")]
        paper = list[list[Element]]()
        for one in lists:
            if one.attributes.get("start", "1") != "1":
                paper[-1] += one.all("li")
            else:
                paper.append(one.all("li"))
        return paper, [one.all("li") for one in lists]

    @property
    def sources(self) -> list[list[str]]:
        """The addresses in each source, in order."""
        found = [one for one in self.html.all("li") if one.attributes.get("id", "").startswith("source-")]
        links = [[link.attributes.get("href", "") for link in one.all("a")] for one in found]
        return [[address for address in one if address.startswith("http")] for one in links]

    @property
    def ways(self) -> str:
        """The links to other files, which only a screen has."""
        return self.html.one("nav", "ways").text

    @property
    def back(self) -> str:
        """What the way back from a source is called."""
        return self.html.all("a", "back")[0].attributes["aria-label"]

    @property
    def marks(self) -> list[str]:
        """What each number of the source marks is to be told as."""
        return [one.attributes["aria-label"] for mark in self.html.all("sup", "cite") for one in mark.all("a")]

    @property
    def charts(self) -> list[str]:
        """What each chart is to be told as."""
        return [drawing.one("title").text for drawing in self.html.all("svg")]

    @property
    def code(self) -> str:
        """The edition as the feet of the pages have it, or its draft."""
        return self.html.one("body").attributes["data-edition"]

    def is_told_to_its_end(self, told: Node) -> bool:
        # Behind its last mark: a mark is told by its name.
        parts = self.html.all("p", "colophon")[-1].parts
        end = [words for part in parts if isinstance(part, str) and (words := letters(part))][-1]
        return any(end in letters(node.said) for node in told.walk())

    def is_whole(self, told: Node) -> bool:
        """Whether a program tells its end, and leads to all sources, which Firefox adds later."""
        links = {node.address for node in told.all("link")}
        return links >= set().union(*self.sources) and self.is_told_to_its_end(told)


def _found(names: tuple[str, ...]) -> str:
    program = next(filter(shutil.which, names), None)
    assert program, f"no {names[0]}; {INSTALL}"
    return program


@dataclass(frozen=True)
class Firefox:
    """One Firefox, which shows one document after the other."""

    desk: Desk

    def show(self, page: Page) -> Node:
        profile = self.desk.folder / "firefox"
        profile.mkdir(exist_ok=True)
        (profile / "user.js").write_text(SETTINGS)
        # Where it runs already, this gives it the address and ends.
        size = ("--width", str(WIDTH), "--height", str(HEIGHT))
        self.desk.start(_found(FIREFOX), "--profile", profile, *size, page.file.as_uri())
        pdf = page.file.suffix == ".pdf"
        name = f"{page.title} - {page.file.name}" if pdf else page.title
        return self.desk.listen("firefox", lambda told: told.name == name and page.is_whole(told))


@dataclass(frozen=True)
class Chromium:
    """One Chromium, with these features that are off in it else."""

    desk: Desk
    features: str = ""

    def show(self, page: Page) -> Node:
        flags = (
            "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--force-renderer-accessibility", f"--user-data-dir={self.desk.folder / 'chromium'}",
            f"--window-size={WIDTH},{HEIGHT}", "--window-position=0,0", f"--enable-features={self.features}",
        )  # fmt: skip
        self.desk.start(_found(CHROMIUM), *flags, page.file.as_uri())
        frame = "document frame" if page.file.suffix == ".pdf" else "document web"
        return self.desk.listen("chrom", lambda told: bool(told.all(frame)) and page.is_told_to_its_end(told))


@dataclass(frozen=True)
class Orca:
    """Orca, told to read all that Firefox shows."""

    desk: Desk

    @property
    def log(self) -> Path:
        return self.desk.folder / "orca.log"

    def read(self, page: Page) -> list[str]:
        """What it says of the HTML, from its head to its end."""
        # With no window manager, a window has the keyboard while the pointer is in it.
        self.desk.press("mousemove", "700", "400")
        self.desk.start("orca", f"--debug-file={self.log}")
        said = self._said(0)
        # It knows in which program it is when the focus moves.
        for key in ("Tab", "ctrl+Home"):
            self.desk.press("key", key)
            said = self._said(len(said))
        self.desk.press("key", "KP_Add")
        return self._said(len(said), letters(page.html.all("p", "edition")[-1].text))[len(said) :]

    def _said(self, before: int, end: str = "") -> list[str]:
        """All that it said, once that is more than before, ends so, and nothing is added any more."""
        late, said, quiet = time.monotonic() + PATIENCE, [""], 0
        while time.monotonic() < late:
            time.sleep(BREATH)
            log = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
            now = [" ".join(one.split()) for one in SPEECH.findall(log) if one != "left shift"]
            if now != said:
                late, said, quiet = time.monotonic() + PATIENCE, now, 0
            elif len(said) > before and letters("".join(said)).endswith(end):
                quiet = quiet + 1 if self.desk.at_rest else 0
                if quiet == PAUSE:
                    return said
            else:
                # It keeps the last it wrote to itself until there is more: a key that does nothing else.
                self.desk.press("key", "shift")
        raise AssertionError(f"Orca came to no end: {said[-3:]}")
