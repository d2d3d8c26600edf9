"""A random change of a finished PDF that a reader sees, hears or follows is an error."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, String

from tests.pdf.pages import changed
from tipbrief.pdf.pdf_file import unicode_values
from tipbrief.pipeline.carried_publication import CarriedPublications
from tipbrief.verify.html_text import TOKEN_OR_SIGN, split_into_tokens

Change = Callable[[Any, Random], None]


def objects(pdf: Any, kind: str, *keys: str) -> list[Any]:
    items = [item for item in pdf.objects if isinstance(item, Dictionary) and item.get("/Type") == kind]
    return [item for item in items if all(key in item for key in keys)]


def exchange_outlines(pdf: Any, random: Random) -> None:
    item = random.choice(objects(pdf, "/Font", "/ToUnicode"))
    file = item.DescendantFonts[0].FontDescriptor.FontFile2
    font = TTFont(io.BytesIO(file.read_bytes()))
    glyphs = font["glyf"].glyphs
    used = [font.getGlyphName(int(code, 16)) for code in unicode_values(item) if int(code, 16)]
    one, other = random.sample([name for name in used if font["glyf"][name].numberOfContours > 0], 2)
    glyphs[one], glyphs[other] = glyphs[other], glyphs[one]
    font.save(out := io.BytesIO())
    file.write(out.getvalue())
    file.Length1 = len(out.getvalue())


def exchange_fonts(pdf: Any, random: Random) -> None:
    one, other = random.sample(objects(pdf, "/FontDescriptor"), 2)
    one.FontFile2, other.FontFile2 = other.FontFile2, one.FontFile2


def widen(pdf: Any, random: Random) -> None:
    widths = random.choice([some for item in objects(pdf, "/Font", "/W") for some in item.W.as_list()[1::2]])
    widths[0] = 3 * int(widths[0]) + 99


def tag_otherwise(pdf: Any, random: Random) -> None:
    tags = ("/LI", "/LBody", "/TD", "/TR", "/H1", "/H2")
    random.choice([one for one in objects(pdf, "/StructElem") if str(one.S) in tags]).S = Name.Div


def say_otherwise(pdf: Any, random: Random) -> None:
    texts = [(item, key) for key in ("/ActualText", "/Alt") for item in objects(pdf, "/StructElem", key)]
    item, key = random.choice([one for one in texts if len({*split_into_tokens(str(one[0][one[1]]))}) > 3])
    tokens = split_into_tokens(str(item[key]), TOKEN_OR_SIGN)
    place = random.choice([n for n in range(len(tokens) - 1) if tokens[n] != tokens[n + 1]])
    one, other = tokens[place : place + 2]
    tokens[place : place + 2] = random.choice([[other, one], [one, "−", other], [one, "99", other]])
    item[key] = String(" ".join(tokens))


def say_nothing(pdf: Any, random: Random) -> None:
    random.choice([one for one in objects(pdf, "/StructElem", "/Alt") if str(one.S) == "/Figure"]).Alt = String("")


def move_link(pdf: Any, random: Random) -> None:
    note = random.choice(objects(pdf, "/Annot"))
    shift = random.choice([-40, -20, 20, 40])
    note.Rect = Array([float(edge) + shift * (place % 2) for place, edge in enumerate(note.Rect)])


def repeat_link(pdf: Any, random: Random) -> None:
    notes = random.choice([*pdf.pages]).obj.Annots
    notes.append(pdf.make_indirect(Dictionary(dict(random.choice([*notes]).items()))))


def hide_link(pdf: Any, random: Random) -> None:
    random.choice(objects(pdf, "/Annot")).F = random.choice([0, 1, 2, 32])


CHANGES: tuple[Change, ...] = (
    exchange_outlines, exchange_fonts, widen, tag_otherwise, say_otherwise, say_nothing, move_link, repeat_link,
    hide_link,
)  # fmt: skip


@pytest.fixture(scope="module")
def publications() -> Iterator[CarriedPublications]:
    with CarriedPublications() as found:
        yield found


@pytest.mark.slow
@settings(max_examples=30)
@given(change=st.sampled_from(CHANGES), seed=st.integers(0, 10**6))
def test_a_random_change_is_an_error(
    publications: CarriedPublications, world: Path, tmp_path_factory: pytest.TempPathFactory, change: Change, seed: int
) -> None:
    sheet = min(world.glob("*.pdf"))
    copy = tmp_path_factory.mktemp("changed") / sheet.name
    copy.write_bytes(changed(sheet.read_bytes(), lambda pdf: change(pdf, Random(seed))))
    copy.with_suffix(".html").write_bytes(sheet.with_suffix(".html").read_bytes())
    assert [one for one in publications.audit_file(copy).problems if one.severity == "error"] != []
