"""A family of fonts for tests: ours under another name, prepared into the fonts/ of a publication."""

from pathlib import Path

from fontTools.ttLib import TTFont

from tests.fonts.shaping import FONTS
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


def own_family(publication: Path, said: str = f"[{FAMILY}]", without: str = "") -> Path:
    """The publication with this family in its fonts/, and ``fonts:`` in its imprint."""
    sources = published(publication.parent / "published", without=without)
    font_library.add_fonts(sources, publication / "fonts")
    with (publication / "publication.yaml").open("a", encoding="utf-8") as file:
        file.write(f"fonts: {said}\n")
    return publication
