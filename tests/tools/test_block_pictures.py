"""The gallery of blocks: each has a section with YAML and a picture, and the pictures are what the tool draws now."""

from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageChops, ImageStat

from tests.support import ROOT
from tipbrief.check.blocks import BLOCKS
from tools.block_pictures import FOLDER, draw_pictures

PAGE = ROOT / "docs" / "reference" / "blocks.md"


def test_every_block_has_a_section_with_its_yaml_and_its_picture() -> None:
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    assert sorted(section.partition("\n")[0] for section in sections) == sorted(BLOCKS)
    for section in sections:
        kind = section.partition("\n")[0]
        (one,) = yaml.safe_load(section.partition("```yaml\n")[2].partition("```")[0])
        assert kind in ([one] if isinstance(one, str) else one), kind
        assert f"](blocks/{kind}.png)" in section, kind
    assert sorted(file.stem for file in FOLDER.iterdir()) == sorted(BLOCKS)


@pytest.mark.slow
def test_the_pictures_are_those_that_are_drawn_now(tmp_path: Path) -> None:
    """Each example is valid and becomes a document, too: the pictures are cut out of these."""
    draw_pictures(tmp_path, tmp_path / "pictures")
    for kind in BLOCKS:
        with Image.open(FOLDER / f"{kind}.png") as kept, Image.open(tmp_path / "pictures" / f"{kind}.png") as drawn:
            assert kept.size == drawn.size, kind
            difference = ImageChops.difference(kept.convert("L"), drawn.convert("L"))
            # Another version of pdfium may smooth its letters in another way.
            assert ImageStat.Stat(difference).mean[0] < 1, f"python -m tools.block_pictures: {kind}"
