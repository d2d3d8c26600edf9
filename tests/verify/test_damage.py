"""Planted damage: whatever a PDF lacks or has elsewhere is an error, in both directions."""

import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from tests.support import FONTS
from tests.verify.test_audit import ENGLISH_BRIEF, LEFT_TO_RIGHT, page
from tipbrief.language.unicode_text import ZWNJ
from tipbrief.pdf.tag_tree import read_tags
from tipbrief.typeset.engine import Typesetter
from tipbrief.verify.html_text import PrintedBlock, read_printed_blocks
from tipbrief.verify.pdfium import MarkedText, open_with_pdfium
from tipbrief.verify.word_comparison import compare_words, read_tagged_blocks
from tipbrief.verify.word_problems import find_word_problems

Blocks = list[PrintedBlock]
OTHER_DIGITS = str.maketrans("0123456789۰۱۲۳۴۵۶۷۸۹", "۰۱۲۳۴۵۶۷۸۹0123456789")


def places(blocks: Blocks, which: Callable[[str], bool]) -> list[tuple[int, int]]:
    return [(b, t) for b, block in enumerate(blocks) for t, token in enumerate(block.tokens) if which(token)]


def put(blocks: Blocks, place: tuple[int, int], *tokens: str) -> Blocks:
    """The blocks with other words in place of one."""
    b, t = place
    old = blocks[b]
    if t in old.visual_only:
        return blocks  # it may stand elsewhere
    shift = len(tokens) - 1
    visual_only = frozenset(n + shift * (n > t) for n in old.visual_only)
    return [
        *blocks[:b],
        replace(old, tokens=(*old.tokens[:t], *tokens, *old.tokens[t + 1 :]), visual_only=visual_only),
        *blocks[b + 1 :],
    ]


def plant_damage(blocks: Blocks, chosen: random.Random) -> Iterator[tuple[str, Blocks]]:
    """One damage of each kind: what the HTML would say had the PDF been damaged so."""
    words = places(blocks, lambda token: len(token) > 2 and not token[0].isdigit())
    numbers = places(blocks, lambda token: token[0].isdigit())
    joined = places(blocks, lambda token: ZWNJ in token)
    for kind, among in (("word", words), ("number", numbers)):
        b, t = chosen.choice(among)
        token = blocks[b].tokens[t]
        other = chosen.choice([blocks[x].tokens[y] for x, y in among if blocks[x].tokens[y] != token])
        yield f"a {kind} lost", put(blocks, (b, t), token, other)
        yield f"a {kind} whose copy stands elsewhere", put(blocks, (b, t), other)
        yield f"a {kind} twice", put(blocks, (b, t), token, token)
    b, t = chosen.choice(words)
    token, at = blocks[b].tokens[t], chosen.randrange(len(blocks[b].tokens[t]))
    yield "a letter changed", put(blocks, (b, t), token[:at] + ("ق" if token[at] != "ق" else "ف") + token[at + 1 :])
    swapped_letters = token[1] + token[0] + token[2:] if token[0] != token[1] else "قف"
    yield "two letters exchanged", put(blocks, (b, t), swapped_letters)
    b, t = chosen.choice(numbers)
    token = blocks[b].tokens[t]
    yield "digits of another script", put(blocks, (b, t), token.translate(OTHER_DIGITS))
    yield "another digit", put(blocks, (b, t), token[:-1] + chr(ord(token[-1]) + (1 if int(token[-1]) < 9 else -1)))
    if joined:
        b, t = chosen.choice(joined)
        yield "a ZWNJ lost", put(blocks, (b, t), blocks[b].tokens[t].replace(ZWNJ, ""))
    long = [n for n, block in enumerate(blocks) if len(block.tokens) > 4 and not block.visual_only]
    one, other = sorted(chosen.sample(long, 2))
    if blocks[one].tokens != blocks[other].tokens:
        swapped = [*blocks]
        swapped[one], swapped[other] = blocks[other], blocks[one]
        yield "two blocks swapped", swapped
    yield "a paragraph repeated", [*blocks[:one], blocks[one], *blocks[one:]]
    yield "a paragraph lost", [*blocks[:one], blocks[other], *blocks[one:]]
    wide = [n for n in long if len({*blocks[n].tokens}) > 16]
    if wide:
        block = blocks[n := chosen.choice(wide)]
        yield "a paragraph turned", [*blocks[:n], replace(block, tokens=block.tokens[::-1]), *blocks[n + 1 :]]
        half = len(block.tokens) // 2
        turned = replace(block, tokens=(*block.tokens[half:], *block.tokens[:half]))
        yield "the halves of a paragraph swapped", [*blocks[:n], turned, *blocks[n + 1 :]]


def find_overlooked(pdf: bytes, html: str, seeds: Sequence[int]) -> Iterator[tuple[str, bool]]:
    """Each planted damage, and whether it is overlooked; first the sound text, and whether it is refused."""
    with pikepdf.open(io.BytesIO(pdf)) as parts, open_with_pdfium(pdf) as document:
        blocks = read_printed_blocks(html)
        tagged, untagged = read_tagged_blocks(MarkedText(document, parts), read_tags(parts))

        def is_refused(some: Blocks) -> bool:
            readings = compare_words(document, some, tagged, untagged)
            return any(one.severity == "error" for one in find_word_problems(document, readings))

        yield "sound", is_refused(blocks)
        for seed in seeds:
            for kind, damaged in plant_damage(blocks, random.Random(seed)):
                if damaged != blocks:
                    yield kind, not is_refused(damaged)


@pytest.mark.parametrize("language", ["fa-AF", "en"])
def test_every_damage_is_an_error(world: Path, language: str) -> None:
    """Of the shipped brief, and of an English page with Persian in its lines."""
    if language == "en":
        html = page(ENGLISH_BRIEF, root=LEFT_TO_RIGHT)
        pdf = Typesetter(FONTS / "prepared", {}).typeset_html(html).raw_pdf
    else:
        file = world / "tip-2025-world.pdf"
        pdf, html = file.read_bytes(), file.with_suffix(".html").read_text("utf-8")
    found = [*find_overlooked(pdf, html, range(12))]
    assert [kind for kind, wrong in found if wrong] == []
    assert len(found) > 150
