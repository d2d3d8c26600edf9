"""Typeset pages without and with reuses, in turns and in a process of their own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.support import environment

_SCRIPT = """
import hashlib, importlib, json, os, sys
from tipbrief.assets import find_shipped_folder
from tipbrief.fonts.font_library import load_fonts, truetype_files
from tipbrief.problems import Problems
from tipbrief.typeset.engine import Typesetter

asked = json.load(sys.stdin)
faces = truetype_files(load_fonts(find_shipped_folder("fonts")))
address = next(iter(faces))
lines = shaped = 0

def turn(typesetter, pages):
    made = []
    for page in pages:
        try:
            made.append(hashlib.sha256(typesetter.typeset_html(page.replace("ADDRESS", address)).final_pdf).hexdigest())
        except Problems as found:
            made.append(str(found))
    return made

def count():
    from weasyprint.layout import inline
    from weasyprint.text.line_break import Layout
    split, first_line = inline.split_inline_box, Layout.get_first_line
    def split_inline_box(context, box, *more):
        global lines
        lines += type(box).__name__ == "LineBox"
        return split(context, box, *more)
    def get_first_line(layout):
        global shaped
        shaped += 1
        return first_line(layout)
    inline.split_inline_box, Layout.get_first_line = split_inline_box, get_first_line

plain, keeping = (Typesetter(find_shipped_folder("fonts") / "prepared", faces) for _ in range(2))
count()
print(json.dumps([turn(plain, asked["pages"]), lines, shaped]))
for name in asked["reuses"]:
    importlib.import_module("tipbrief.typeset.patches." + name).apply_patch()
lines = shaped = 0
print(json.dumps([turn(keeping, asked["pages"]), lines, shaped]))
print(json.dumps([turn(keeping, asked["pages"][::-1])]), flush=True)
os._exit(0)  # a thread of Pango's may outlive its library, which is a crash
"""


@dataclass(frozen=True)
class Turns:
    """What became of the pages: the hash of each PDF, or what is wrong with the page."""

    plain: list[str]
    plain_lines: int  # how many lines were laid out
    plain_shaped: int  # how often Pango was asked to shape a text
    kept: list[str]
    lines: int
    shaped: int
    back: list[str]  # once more, from the last to the first

    def require_same(self) -> None:
        """Fail where a page has other bytes with the reuses, whatever was typeset before it."""
        assert self.kept == self.plain
        assert self.back == self.plain[::-1]


def run_script(script: str, asked: object = None, **env: str) -> list[Any]:
    """What a script prints in a process of its own, a JSON value a line; it is asked on its standard input."""
    command = [sys.executable, "-W", "ignore", "-c", script]
    options: dict[str, Any] = {"env": environment(**env), "capture_output": True, "text": True}
    done = subprocess.run(command, input=json.dumps(asked), check=False, **options)
    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def turns(pages: list[str], *reuses: str) -> Turns:
    """Typeset pages without and with these reuses, in turns."""
    plain, kept, back = run_script(_SCRIPT, {"pages": pages, "reuses": reuses}, TIPBRIEF_SAFE="1")
    return Turns(*plain, *kept, *back)


def page(body: str, styles: str = "", direction: str = "rtl", lang: str = "fa-AF") -> str:
    """An HTML text that the engine takes."""
    return (
        f'<!DOCTYPE html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"><title>t</title>'
        f"<style>@page {{ size: A5 }} html {{ font-family: Vazirmatn, Estedad }} {styles}</style></head>"
        f"<body>{body}</body></html>"
    )
