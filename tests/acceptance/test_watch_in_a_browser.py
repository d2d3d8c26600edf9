"""A publication that is edited while its pages are looked at, in a real browser."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.browser import Tab
from tests.support import change
from tests.watch.looking import Looking, watching

pytestmark = pytest.mark.slow
SHADES = "[...document.querySelectorAll('.page')].map(page => page.dataset.image).join()"
STATUS = "document.body.dataset.status"
SCROLLED = "document.querySelector('.pages').scrollTop"


def saved(file: Path, old: str, new: str) -> None:
    """Change a file as editors save it: another one takes its name."""
    copy = file.with_name(f".{file.name}.swp")
    shutil.copyfile(file, copy)
    change(copy, old, new)
    copy.replace(file)


class Edited(Looking):
    """The page of a publication that is watched."""

    process: "subprocess.Popen[str]"

    def settled(self) -> str:
        """The pages, when all of them are there."""
        self.wait(f"{STATUS} === 'current' && {SHADES} && ![...{SHADES}.split(',')].includes('')")
        return str(self.tab.evaluate(SHADES))

    def changed_from(self, before: str) -> str:
        """The pages, when they are others."""
        self.wait(f"{STATUS} === 'current' && {SHADES} !== '{before}'")
        return self.settled()


@pytest.fixture
def edited(tab: Tab, tip_2025: Path) -> Iterator[Edited]:
    with watching("world", "--publication", tip_2025, TIPBRIEF_LANGUAGE="en") as (process, address):
        looking = Edited(tab)
        looking.process = process
        looking.open(address)
        looking.settled()
        looking.wait("document.querySelectorAll('.document').length > 180")
        yield looking


def test_each_save_is_seen_where_the_reader_is_also_after_a_worker_was_killed(edited: Edited, tip_2025: Path) -> None:
    first = edited.settled()
    edited.press("+")
    edited.tab.evaluate("document.querySelector('.pages').scrollTo(0, 1500)")
    edited.tab.evaluate("document.querySelector('#find').focus()")
    saved(tip_2025 / "texts.yaml", "نهاد هماهنگ‌کننده", "نهاد همآهنگ")
    second = edited.changed_from(first)
    assert edited.tab.evaluate(SCROLLED) == 1500
    assert edited.tab.evaluate("document.activeElement.id") == "find"
    (tip_2025 / "theme.css").write_text("h2 { text-decoration: underline; }\n")
    third = edited.changed_from(second)
    (tip_2025 / "theme.css").unlink()
    assert edited.changed_from(third) == second, "the same files, the same pages"
    saved(tip_2025 / "texts.yaml", "نهاد همآهنگ", "نهاد هماهنگ‌کننده")
    assert edited.changed_from(second) == first
    assert edited.tab.evaluate(SCROLLED) == 1500
    for worker in descendants(edited.process.pid)[1:]:
        with suppress(ProcessLookupError):  # it ends with another
            os.kill(worker, signal.SIGKILL)
    saved(tip_2025 / "texts.yaml", "نهاد هماهنگ‌کننده", "نهاد همآهنگ")
    assert edited.changed_from(first) == second, "by a worker that is begun anew"


def test_what_is_pointed_at_leads_to_its_line_and_what_changed_lights_up(edited: Edited, tip_2025: Path) -> None:
    edited.wait("document.querySelectorAll('.place').length > 300")
    named = "[...document.querySelectorAll('.place')].find(one => one.ariaLabel.startsWith('Figure pattern: 13'))"
    edited.point(edited.tab.evaluate(f"Number({named}.dataset.at)"))
    edited.wait("!document.querySelector('.card').hidden")
    file, line, column = edited.text(".card code").split(":")
    written = (tip_2025 / file).read_text("utf-8").splitlines()[int(line) - 1]
    assert (file, written[int(column) - 1 :].partition(" ")[0]) == ("figures.yaml", "13")
    edited.tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=5, y=5)
    edited.wait("document.querySelector('.card').hidden")
    # Two lines are put in above it: it stands elsewhere now, and is what it was.
    figures = tip_2025 / "figures.yaml"
    figures.write_text("# one\n# two\n" + figures.read_text("utf-8"), encoding="utf-8")
    edited.wait(f"{named}?.ariaLabel.endsWith('figures.yaml:{int(line) + 2}:{column}')")
    assert edited.tab.evaluate("document.querySelectorAll('.changed').length") == 0
    lit = "[...document.querySelectorAll('.changed')].map(one => one.ariaLabel.split(' ')[1])"
    with edited.tab.seeing(f"{lit}.length && {lit}") as seen:
        saved(tip_2025 / "texts.yaml", "نهاد هماهنگ‌کننده", "نهاد همآهنگ")
    assert {name.partition(".")[0] for name in seen[0]} == {"prose"}
    edited.wait("document.querySelectorAll('.changed').length === 0")


def test_a_fault_and_its_cure_and_a_folder_that_is_renamed_and_comes_back(edited: Edited, tip_2025: Path) -> None:
    before = edited.settled()
    saved(tip_2025 / "texts.yaml", "{laws}", "{lawss}")
    edited.wait(f"{STATUS} === 'faults'")
    assert edited.tab.evaluate(SHADES) == before, "the last good ones"
    assert "'lawss'" in edited.text(".problems li")
    assert edited.text(".problems .where").startswith("texts.yaml:")
    saved(tip_2025 / "texts.yaml", "{lawss}", "{laws}")
    edited.wait("document.querySelector('.problems:not([hidden])')?.classList.contains('faulty') !== true")
    assert edited.settled() == before
    away = tip_2025.rename(tip_2025.with_name("away"))
    edited.wait(f"{STATUS} === 'lost' || {STATUS} === 'faults'")
    assert edited.tab.evaluate(SHADES) == before
    away.rename(tip_2025)
    edited.wait(f"{STATUS} === 'current'")
    assert edited.settled() == before


def test_another_document_language_and_paper(edited: Edited) -> None:
    first = edited.settled()
    edited.tab.evaluate("document.querySelector('[data-name=country-AFG]').click()")
    second = edited.changed_from(first)
    edited.tab.evaluate("document.querySelector('input[value=ps]').click()")
    third = edited.changed_from(second)
    edited.tab.evaluate("document.querySelector('input[value=a5]').click()")
    edited.changed_from(third)
    assert edited.tab.evaluate("location.hash") == "#country-AFG/ps/a5/office"
    assert edited.tab.evaluate("document.querySelector('.page').dataset.width") == "148"


def descendants(pid: int) -> list[int]:
    """The processes that a process began, and those that these began."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # threads come and go
            for child in map(int, children.read_text().split()):
                found += [child, *descendants(child)]
    return found
