"""Papers and print profiles: each profile is a CSS file and a line in profiles.yaml."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar

from markupsafe import Markup

from tipbrief.check.blocks import AUTO, PageCount
from tipbrief.files import resolve_within
from tipbrief.load.schema import Model, ModelReader
from tipbrief.load.source_text import Text, read_text
from tipbrief.load.yaml_nodes import read_yaml
from tipbrief.pdf.standards import DEFAULT_STANDARD, STANDARDS, Standard
from tipbrief.problems import Problems, suggest_nearest

PROFILES_FILE = "profiles.yaml"
DEFAULT_PROFILE, DEFAULT_PAPER = "office", "a4"
NamedItem = TypeVar("NamedItem")
_ID = re.compile(r"""(?:\bid="|url\(#|href="#)[\w-]+""")
_STROKE_WIDTH = re.compile(r"(stroke-width: )([\d.]+)")  # of the styles; those of a pattern scale with it
_SVG_CONTENT = re.compile(r"\s*(?:<\?xml.*?\?>\s*)?<svg\b[^>]*>(.*)</svg>\s*", re.S)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper size. A ``narrow`` one has no text columns, and promised page counts do not apply."""

    name: str
    width: float  # millimetres
    height: float
    narrow: bool = False

    @property
    def size(self) -> str:
        """The size in CSS."""
        return f"{self.width:g}mm {self.height:g}mm"


PAPERS = {
    "a4": Paper("a4", 210, 297),
    "letter": Paper("letter", 215.9, 279.4),
    "a5": Paper("a5", 148, 210, narrow=True),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A print profile: its styles, what it adds to each drawing, and whether promised page counts apply."""

    name: str
    css_text: str
    drawing: Markup
    keeps_budget: bool
    grey_pictures: bool = False  # photographs lose their colours
    standard: Standard = DEFAULT_STANDARD  # the PDF standard that its PDFs claim


class _ProfileEntry(Model):
    """One line of ``profiles.yaml``."""

    css: Text
    drawing: Text | None = None
    budget: bool = True
    pictures: Literal["grey"] | None = None
    standard: Literal["PDF/A-3a", "PDF/A-4f"] = "PDF/A-3a"


class DrawingStyles:
    """Gives each drawing what the profile adds to it; ids in it become unique."""

    def __init__(self, profile: Profile | None) -> None:
        self._profile_svg = profile.drawing if profile else Markup()
        self.number = 0

    def __call__(self, scale: float = 1) -> Markup:
        """What the next drawing gets; ``scale`` is the factor for the width of lines."""
        self.number += 1
        own = _ID.sub(lambda found: f"{found[0]}-{self.number}", self._profile_svg)
        if scale != 1:
            own = _STROKE_WIDTH.sub(lambda found: f"{found[1]}{float(found[2]) * scale:.4g}", own)
            own = own.replace("<pattern ", f'<pattern patternTransform="scale({scale:.4g})" ')
        return Markup(own)


def load_profiles(own: Path | None, templates: Path) -> dict[str, Profile]:
    """The shipped profiles, and those of a publication's own templates, which may replace them."""
    folders = [folder for folder in (own, templates) if folder is not None]
    reader, entries = ModelReader(), dict[str, _ProfileEntry]()
    for folder in reversed(folders):
        if file := find_template_file(PROFILES_FILE, [folder]):
            kind: Any = Mapping[str, _ProfileEntry]
            entries |= reader.read_value(kind, read_yaml(file), f"'{PROFILES_FILE}'") or {}
    problems, profiles = reader.problems, dict[str, Profile]()
    for name, entry in entries.items():
        with problems.catch():
            drawing = _read_drawing(entry.drawing, folders) if entry.drawing else Markup()
            css_text, grey = _read_template_text(entry.css, folders), entry.pictures == "grey"
            profiles[name] = Profile(name, css_text, drawing, entry.budget, grey, STANDARDS[entry.standard])
    problems.raise_all()
    return profiles


def find_template_file(name: str, folders: Sequence[Path]) -> Path | None:
    """The file in the first folder that has it; a link must not lead out of the publication."""
    parts = [part for part in PurePosixPath(name).parts if part != "/"]
    for folder in folders if "\0" not in name and ".." not in parts else ():
        path = folder.joinpath(*parts)
        try:
            if not os.path.lexists(path):
                continue
        except (OSError, ValueError):  # a character that the system's encoding does not have
            continue
        resolve_within(folder.parent, path)
        return path
    return None


def require_named(name: str, what: str, known: Mapping[str, NamedItem]) -> NamedItem:
    """The paper, profile or document with this name; ``what`` they are called, for the problem."""
    if name not in known:
        raise Problems(f"there is no {what} '{name}'", hint=suggest_nearest(name, known))
    return known[name]


def promised_page_count(pages: PageCount, paper: Paper, profile: Profile) -> int | None:
    """The number of pages that a brief promises on this paper and profile, or None."""
    return pages if pages != AUTO and profile.keeps_budget and not paper.narrow else None


def _read_template_text(name: Text, folders: list[Path]) -> str:  # the publication's own comes first
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise Problems(name.problem(f"'{name}' lies outside the templates", "name a file below templates/"))
    if file := find_template_file(name, folders):
        return read_text(file)
    raise Problems(name.problem(f"there is no file '{name}' in the templates", "see its folder and its name"))


def _read_drawing(name: Text, folders: list[Path]) -> Markup:
    if found := _SVG_CONTENT.fullmatch(_read_template_text(name, folders)):
        return Markup(found[1].strip())
    raise Problems(name.problem(f"'{name}' is no drawing", "write <svg>…</svg> with the styles and patterns inside"))
