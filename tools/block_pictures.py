"""Draw the pictures of docs/reference/blocks/: the example of each block, built and cut out of its page."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageOps

from tipbrief.check.json_schema import Topic, list_topics

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference" / "blocks"
WELLS = ROOT / "tests" / "reference"  # the publication of which the examples are
_TODAY = "1767225600"  # the day of the correction: 1 January 2026
_SCALE = 1.25  # pixels a point
_MARGIN = 6  # pixels around a block
_PAGE_SCALE = 0.3  # the same of whole pages
# Where an example alone shows nothing: what stands before and behind it.
_BEFORE = {"page": "  - lead: opening\n", "sources": "  - lead: opening\n"}
_BEHIND = {"page": "  - prose: how\n"}


def draw_pictures(folder: Path, pictures: Path = FOLDER) -> None:
    """Write a picture for each block into ``pictures``; ``folder`` is for the publication and its outputs."""
    publication = Path(shutil.copytree(WELLS, folder / "wells"))
    heads = {brief: (WELLS / "briefs" / f"{brief}.yaml").read_text(encoding="utf-8") for brief in ("one", "each")}
    for file in (publication / "briefs").iterdir():
        file.unlink()
    topics = [one for name, one in list_topics().items() if name.startswith("block ")]
    for topic in topics:
        # An example that needs a row is refused in a brief without one.
        for head in heads.values():
            file = publication / "briefs" / f"{_kind(topic)}.yaml"
            file.write_text(_brief_of(head, topic), encoding="utf-8")
            if _run("list", _kind(topic), "--publication", publication).returncode == 0:
                break
    out = ("--out", folder / "out")
    for words in (
        ("build", "--all", *out),
        # What was not delivered needs no correction.
        ("build", "corrections", "--deliver", *out),
        ("correct", "wells", "482", "--reason", "Two wells were missing", "--source", "survey"),
        ("build", "corrections", *out),
    ):
        done = _run(*words, "--publication", publication)
        assert done.returncode == 0, done.stdout + done.stderr
    pictures.mkdir(exist_ok=True)
    for topic in topics:
        kind = _kind(topic)
        files = sorted((folder / "out").glob(f"wells-{kind}-*.pdf")) or [folder / "out" / f"wells-{kind}.pdf"]
        # Some rows have nothing to show: the tallest block is the picture.
        drawn = [picture for file in files if (picture := _draw(kind, file))]
        max(drawn, key=lambda one: one.height).save(pictures / f"{kind}.png", optimize=True)


def _kind(topic: Topic) -> str:
    return topic.name.removeprefix("block ")


def _brief_of(head: str, topic: Topic) -> str:
    top = head.partition("blocks:\n")[0].replace("pages: 1", "pages: auto")
    kind, example = _kind(topic), "".join(f"  {line}\n" for line in topic.example.splitlines())
    if kind == "corrections":  # what is corrected is printed
        top = top.replace("In {places} places", "In {places} places there are {wells} wells")
    end = "" if kind == "sources" else "  - sources: {title: Sources}\n"
    return f"{top}blocks:\n{_BEFORE.get(kind, '')}{example}{_BEHIND.get(kind, '')}{end}"


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tipbrief", *map(str, words)]
    env = {**os.environ, "SOURCE_DATE_EPOCH": _TODAY}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def _draw(kind: str, file: Path) -> Image.Image | None:
    if kind == "page":
        return _draw_pages(file)
    return _cut_block(file, of_sources=kind == "sources")


def _draw_pages(file: Path) -> Image.Image:
    """All pages, small, beside each other."""
    pages = [page.render(scale=_PAGE_SCALE).to_pil().convert("RGB") for page in pypdfium2.PdfDocument(file)]
    framed = [ImageOps.expand(page, 1, "grey") for page in pages]
    width, height = framed[0].size
    whole = Image.new("RGB", ((width + _MARGIN) * len(framed) + _MARGIN, height + 2 * _MARGIN), "white")
    for at, page in enumerate(framed):
        whole.paste(page, (_MARGIN + at * (width + _MARGIN), _MARGIN))
    return whole.quantize(24)


def _cut_block(file: Path, of_sources: bool) -> Image.Image | None:
    """What stands on the first page between the subtitle and the sources, if anything does; or the sources."""
    page = pypdfium2.PdfDocument(file)[0]
    text = page.get_textpage()
    lines = [(text.get_text_bounded(*text.get_rect(at)), text.get_rect(at)) for at in range(text.count_rects())]
    top = max(bottom for words, (_, bottom, _, _) in lines if words.startswith(("In ", "A well"))) - 4
    foot = max(over for words, (_, _, _, over) in lines if words.strip() == "Sources") + 12
    if of_sources:
        top, foot = foot, min(bottom for words, (_, bottom, _, _) in lines if words.startswith("Nothing")) - 4
    whole = page.render(scale=_SCALE).to_pil().convert("RGB")
    height = page.get_height()
    part = whole.crop((0, int((height - top) * _SCALE), whole.width, int((height - foot) * _SCALE)))
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
