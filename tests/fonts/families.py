"""A family of fonts for tests: ours under another name, prepared into the fonts/ of a publication."""

import shutil
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tests.fonts.shaping import FONTS
from tests.support import made_once
from tipbrief.fonts import font_library

FAMILY = "Sefid"


def published(folder: Path, family: str = FAMILY, without: str = "") -> list[Path]:
    """Two weights of a family as they are published; ``without`` are characters that it lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_published(folder, style, family, without) for style in ("Regular", "Bold")]


def _published(folder: Path, style: str, family: str, without: str) -> Path:
    with TTFont(FONTS / "upstream" / f"Vazirmatn-{style}.ttf") as font:
        for record in font["name"].names:
            if record.nameID in (1, 3, 4, 6, 16):
                record.string = record.toUnicode().replace("Vazirmatn", family)
        for table in font["cmap"].tables:
            for character in without:
                table.cmap.pop(ord(character), None)
        font.save(folder / f"{family}-{style}.ttf")
    return folder / f"{family}-{style}.ttf"


def own_family(publication: Path, folders: pytest.TempPathFactory) -> Path:
    """The publication with this family, which lacks ß, in its fonts/, and ``fonts:`` in its imprint."""

    def prepare(folder: Path) -> None:
        font_library.add_fonts(published(folder, without="ß"), folder / "fonts")

    shutil.copytree(made_once(folders, "own-family", prepare) / "fonts", publication / "fonts")
    with (publication / "publication.yaml").open("a", encoding="utf-8") as file:
        file.write(f"fonts: [{FAMILY}]\n")
    return publication
