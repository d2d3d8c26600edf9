"""The documentation site of `make docs`: Sphinx reads README.md and docs/ as they are, and adds a menu and a search."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]

project = "tipbrief"
html_title = "tipbrief"
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "tools/*/README.md"]
# Folders in which nothing is looked for.
exclude_patterns = [".*", "bench", "build", "data", "dist", "fonts", "out", "src", "templates", "tests"]
extensions = ["myst_parser"]
myst_heading_anchors = 6
smartquotes = False  # two hyphens stay the beginning of an option
highlight_language = "none"
html_theme = "furo"
html_static_path = ["static", str(ROOT / "fonts" / "web")]
html_css_files = ["docs.css"]
html_copy_source = False
html_show_copyright = False
# Who opens the folder comes to the front page.
templates_path = ["templates"]
html_additional_pages = {"index": "front.html"}

_LINK = re.compile(r"\]\(([\w/-]+)\.md\)")
_ROW = re.compile(r"^\| (?:\[(\w[\w-]*)\]\S*|(\w[\w-]*)) \|.*", re.M)
# The file name of a page in another language ends with its tag: README.fa-AF.md.
_RIGHT_TO_LEFT = re.compile(r"[./](fa-AF|fa-IR|ps)$")


def add_menu(app: Sphinx, name: str, text: list[str]) -> None:
    """Add to the front page a menu of all pages, in the order of the table in docs/README.md."""
    if name != root_doc:
        return
    table = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    waiting = sorted(app.project.docnames - {root_doc, "docs/README"})
    for row in _ROW.finditer(table):
        named = [f"docs/{link}" for link in _LINK.findall(row[0])]
        rooms = tuple(f"{Path(link).parent.as_posix()}/" for link in named)
        pages = [*named, *(one for one in waiting if one.startswith(rooms) and one not in named)]
        waiting = [one for one in waiting if one not in pages]
        text[0] += _menu(row[1] or row[2], pages)
    text[0] += _menu("More", ["docs/README", *waiting])


def _menu(caption: str, pages: list[str]) -> str:
    return "\n".join(("", "", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""))


def turn_page(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: object) -> None:
    """Set the text of a page from right to left, if its name says a language that is written so."""
    if found := _RIGHT_TO_LEFT.search(name):
        for part in ("body", "toc"):
            context[part] = f'<div dir="rtl" lang="{found[1]}">{context[part]}</div>'


def setup(app: Sphinx) -> None:
    """Register what is added to Sphinx."""
    app.connect("source-read", add_menu)
    app.connect("html-page-context", turn_page)
