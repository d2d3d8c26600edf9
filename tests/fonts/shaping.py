"""What the tests of fonts share: fonts changed for a test, and text shaped by HarfBuzz."""

from collections.abc import Callable
from pathlib import Path

import uharfbuzz as hb
from fontTools.ttLib import TTFont

from tipbrief.assets import find_shipped_folder

FONTS = find_shipped_folder("fonts")
UPSTREAM = FONTS / "upstream" / "Vazirmatn-Regular.ttf"
PREPARED = FONTS / "prepared" / "Vazirmatn-Regular.ttf"


def changed(tmp_path: Path, change: Callable[[TTFont], object]) -> Path:
    """A published font with a change."""
    with TTFont(UPSTREAM) as font:
        change(font)
        font.save(tmp_path / "changed.ttf")
    return tmp_path / "changed.ttf"


def renamed(name: str, to: Path) -> None:
    """A prepared font under another family name."""
    with TTFont(PREPARED) as font:
        for record in font["name"].names:
            if record.nameID in (1, 4, 6, 16):
                record.string = name
        font.save(to)


def harfbuzz(font: Path | bytes) -> hb.Font:
    return hb.Font(hb.Face(font.read_bytes() if isinstance(font, Path) else font))


def shaped(font: hb.Font, text: str, **features: bool) -> hb.Buffer:
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.language = "fa"
    hb.shape(font, buffer, features)
    return buffer
