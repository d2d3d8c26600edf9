"""The page of a watch: its HTML in its reader's language, styles, script and fonts, each read once."""

from collections.abc import Mapping
from dataclasses import asdict

import jinja2

from tipbrief.assets import shipped
from tipbrief.files import read_bytes
from tipbrief.fonts.shelf import shelf
from tipbrief.language.language import language
from tipbrief.watch.view import View

_WEIGHTS = (400, 700)


def page_files(tag: str, first: View, *, edits: bool) -> Mapping[str, tuple[str, bytes]]:
    """The files of the page by their names, each with its kind; ``edits`` where places open in an editor."""
    templates = shipped("templates")
    # Not the environment of publications, whose templates may be anybody's: this one is the program's own.
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    spoken = language(tag)
    words = {"_": spoken.catalogue.gettext, "ngettext": spoken.catalogue.ngettext}
    context = {"language": spoken, "first": asdict(first), "edits": edits, **words}
    html = env.get_template("watch.html.j2").render(context)
    fonts = [face.woff2 for face in shelf(shipped("fonts")) if face.weight in _WEIGHTS]
    return {
        "": ("text/html; charset=utf-8", html.encode()),
        "watch.js": ("text/javascript; charset=utf-8", read_bytes(templates / "watch.js")),
        "watch.css": ("text/css; charset=utf-8", read_bytes(templates / "css" / "watch.css")),
        **{font.name: ("font/woff2", read_bytes(font)) for font in fonts},
    }
