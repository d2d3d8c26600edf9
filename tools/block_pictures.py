"""Draw the pictures of docs/reference/blocks/: the example of each block, built and cut out of its page."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops

from tipbrief.check.json_schema import Topic, list_topics

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference" / "blocks"
WELLS = ROOT / "tests" / "reference"  # the publication of which the examples are
_WITHOUT_PICTURE = ("page", "sources", "corrections")
_SCALE = 1.25  # pixels a point
_MARGIN = 6  # pixels around a block


def draw_pictures(folder: Path) -> None:
    """Write a picture for each block; ``folder`` is for the publication and its outputs."""
    publication = Path(shutil.copytree(WELLS, folder / "wells"))
    heads = {brief: (WELLS / "briefs" / f"{brief}.yaml").read_text(encoding="utf-8") for brief in ("one", "each")}
    for file in (publication / "briefs").iterdir():
        file.unlink()
    topics = [one for name, one in list_topics().items() if name.startswith("block ")]
    topics = [one for one in topics if _kind(one) not in _WITHOUT_PICTURE]
    for topic in topics:
        # An example that needs a row is refused in a brief without one.
        for head in heads.values():
            file = publication / "briefs" / f"{_kind(topic)}.yaml"
            file.write_text(_brief_of(head, topic), encoding="utf-8")
            if _run("list", _kind(topic), "--publication", publication).returncode == 0:
                break
    done = _run("build", "--all", "--publication", publication, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    FOLDER.mkdir(exist_ok=True)
    for topic in topics:
        kind = _kind(topic)
        files = sorted((folder / "out").glob(f"wells-{kind}-*.pdf")) or [folder / "out" / f"wells-{kind}.pdf"]
        # Some rows have nothing to show: the tallest block is the picture.
        pictures = [picture for file in files if (picture := _cut_block(file))]
        max(pictures, key=lambda one: one.height).save(FOLDER / f"{kind}.png", optimize=True)


def _kind(topic: Topic) -> str:
    return topic.name.removeprefix("block ")


def _brief_of(head: str, topic: Topic) -> str:
    top = head.partition("blocks:\n")[0].replace("pages: 1", "pages: auto")
    example = "".join(f"  {line}\n" for line in topic.example.splitlines())
    return f"{top}blocks:\n{example}  - sources: {{title: Sources}}\n"


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tipbrief", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _cut_block(file: Path) -> Image.Image | None:
    """What stands on the first page between the subtitle and the sources, if anything does."""
    page = pypdfium2.PdfDocument(file)[0]
    text = page.get_textpage()
    lines = [(text.get_text_bounded(*text.get_rect(at)), text.get_rect(at)) for at in range(text.count_rects())]
    top = max(bottom for words, (_, bottom, _, _) in lines if words.startswith(("In ", "A well")))
    foot = max(over for words, (_, _, _, over) in lines if words.strip() == "Sources")
    whole = page.render(scale=_SCALE).to_pil().convert("RGB")
    height = page.get_height()
    part = whole.crop((0, int((height - top + 4) * _SCALE), whole.width, int((height - foot - 12) * _SCALE)))
    box = ImageChops.difference(part, Image.new("RGB", part.size, "white")).getbbox()
    if not box:
        return None
    left, upper, right, lower = box
    part = part.crop(
        (max(left - _MARGIN, 0), max(upper - _MARGIN, 0), right + _MARGIN, min(lower + _MARGIN, part.height))
    )
    return part.quantize(24)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        draw_pictures(Path(temporary))
