"""Follow the lesson as it is written, and draw its pictures: ``python -m tools.lesson``."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pypdfium2
from PIL import Image

LESSON = Path(__file__).parents[1] / "docs" / "tutorial"
PAGES = ("README.md", "fa-AF.md")
_FILES = ("schools-example.xlsx", "en.po", "pictures")  # what the lesson asks to copy
_BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```", re.M | re.S)
_PICTURES = {"1-first": "schools-sheet.pdf", "2-dari": "schools-sheet.pdf", "3-english": "schools-sheet.en.pdf"}
_SCALE = 1.1  # pixels a point
# What differs from one day and machine to the next: codes, sizes, names of entries.
_VARIABLE = re.compile(r"(?<=· )[0-9a-f]{4}\b|\d+(?= KB)|(?<=-)[0-9a-f]{12}\b|\d{4}-\d\d-\d\d|:\d+/\w+/")


def list_commands(page: str) -> list[str]:
    """The commands of a page, in their order."""
    blocks = _BLOCK.findall((LESSON / page).read_text(encoding="utf-8"))
    return [line for kind, _, text in blocks if kind == "sh" for line in text.splitlines()]


def follow_lesson(page: str, folder: Path, after: Callable[[str, Path], None] = lambda command, folder: None) -> None:
    """Do in ``folder`` what a page says, and compare what it shows; ``after`` is called after each command.

    Blocks are commands (``sh``, ``refused`` for those that must fail), files (``yaml``, ``po`` for one entry), and,
    without a word, what the last command prints.
    """
    for name in _FILES:
        copy = shutil.copytree if (LESSON / name).is_dir() else shutil.copy
        copy(LESSON / name, folder / name)
    env = os.environ | {"XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "100"}
    printed = ""
    for kind, name, text in _BLOCK.findall((LESSON / page).read_text(encoding="utf-8")):
        if kind == "yaml":
            (folder / name).write_text(text, encoding="utf-8")
        elif kind == "po":
            _translate_entry(folder / name, text)
        elif kind == "sh":
            for command in text.splitlines():
                if command.startswith("cd "):
                    folder /= command.removeprefix("cd ")
                    continue
                printed = _run(command, folder, env, is_refused=name == "refused")
                after(command, folder)
        else:
            known = {_mask(line) for line in printed.splitlines()}
            missing = [line for line in text.splitlines() if line != "…" and _mask(line) not in known]
            assert not missing, f"{page} shows {missing}, but this was printed:\n{printed}"


def _run(command: str, folder: Path, env: dict[str, str], *, is_refused: bool) -> str:
    """What a command prints. ``watch`` is ended as by Ctrl-C when it has printed its address."""
    line = command.replace("tipbrief", f"exec {sys.executable} -m tipbrief", 1)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(line, shell=True, cwd=folder, env=env, **streams) as process:  # type: ignore[call-overload]
        if command == "tipbrief watch":
            printed = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            printed += process.communicate()[0]
            return printed
        printed = process.communicate()[0]
    assert (process.returncode != 0) == is_refused, f"{command}\n{printed}"
    return printed


def _translate_entry(file: Path, entry: str) -> None:
    before = file.read_text(encoding="utf-8")
    original, translation = entry.rstrip("\n").split("\n")
    assert f'{original}\nmsgstr ""' in before, f"{file} has no entry {original} to be translated"
    file.write_text(before.replace(f'{original}\nmsgstr ""', f"{original}\n{translation}"), encoding="utf-8")


def _mask(line: str) -> str:
    return _VARIABLE.sub("*", line).rstrip()


def draw_pictures(pictures: Path) -> None:
    """Follow the lesson, and draw the pages that it shows as they are then."""
    with tempfile.TemporaryDirectory() as temporary:

        def draw(command: str, folder: Path) -> None:
            if command == "tipbrief watch":  # it writes no files
                _run("tipbrief build", folder, dict(os.environ), is_refused=False)
                _draw_page("1-first", folder, pictures)
            elif command.endswith("--language all --deliver"):
                _draw_page("2-dari", folder, pictures)
                _draw_page("3-english", folder, pictures)

        follow_lesson(PAGES[0], Path(temporary), draw)


def _draw_page(name: str, folder: Path, pictures: Path) -> None:
    """All pages side by side, the first where reading begins."""
    pages = [page.render(scale=_SCALE).to_pil() for page in pypdfium2.PdfDocument(folder / "out" / _PICTURES[name])]
    pages = pages if ".en." in _PICTURES[name] else pages[::-1]
    width, height = pages[0].size
    whole = Image.new("RGB", (width * len(pages), height), "white")
    for at, page in enumerate(pages):
        whole.paste(page, (at * width, 0))
    whole.quantize(96).save(pictures / f"{name}.png", optimize=True)


if __name__ == "__main__":
    draw_pictures(LESSON)
