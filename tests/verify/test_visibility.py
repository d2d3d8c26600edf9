"""Visibility: a style or a change of the PDF that hides a text is an error with page, text and cause."""

from collections.abc import Callable

import pytest
from pikepdf import Name

from tests.verify.altered import ComposedPage, Instructions, edit_page, errors_of, operator, places_of

SIZE, EDGE, CUT = "points high", "beyond the edge of the page", "cut off"
CONTRAST, INK = "contrast of 1.0 to its ground", "of the ink of a part of it is seen"


@pytest.mark.parametrize(
    ("css", "cause"),
    [
        (".figure-value { color: var(--paper) }", CONTRAST),
        (".figure-value { color: #fdfdfd }", CONTRAST),
        ("ul.figures { background: #0f4c5c } .figure-value { color: #0f4c5c }", CONTRAST),
        ("@page { @bottom-left { color: #fff } @bottom-right { color: #fff } }", CONTRAST),
        (".figure-value { color: transparent }", INK),
        (".figure-value { opacity: 0 }", INK),
        (".lead { opacity: .08 }", INK),
        (".lead p { background: linear-gradient(#000, #000); color: #111 }", INK),
        (".lead { position: relative; z-index: -1 } main { background: #fff }", INK),
        (".figure-value { font-size: .1pt }", SIZE),
        (".sources li { font-size: 3pt }", SIZE),
        (".figure-value { transform: scale(.1); display: inline-block }", SIZE),
        (".figure-value { transform: scaleX(-1); display: inline-block }", "mirrored"),
        (".figure-value { transform: rotate(180deg); display: inline-block }", "upside down"),
        (".figure-value { transform: scale(.3, 1); display: inline-block }", "pressed together"),
        (".figure-value { transform: skew(40deg); display: inline-block }", "slanted"),
        (".figure-value { text-decoration: line-through }", "struck through"),
        (".lead { overflow: hidden; height: 8mm }", CUT),
        (".lead { position: relative; left: 250mm }", EDGE),
        (".lead { text-indent: -99cm }", EDGE),
    ],
)
def test_a_style_that_hides_a_text_is_an_error(world_page: ComposedPage, css: str, cause: str) -> None:
    assert world_page.error(css, cause).startswith(("page 1: the text «", "page 2: the text «"))


@pytest.mark.parametrize(
    "css",
    [
        "",
        "body { color: #333 }",
        ".lead { background: #eef; opacity: .9 }",
        ".figures { background: linear-gradient(#fff, #eee); border: 2pt solid #0f4c5c; border-radius: 3mm }",
        ".masthead { background: #0f4c5c } .masthead * { color: #fff !important }",
        "h2 { text-decoration: underline; border-bottom: 1pt solid #ccc }",
        ".figure-value { color: #a8432f; border-bottom: .5pt dotted #333 }",
        "main { font-size: 95% }",
    ],
)
def test_a_sound_style_is_no_error(world_page: ComposedPage, css: str) -> None:
    assert world_page.errors(css) == []


Change = Callable[[Instructions], None]


def number_of(instructions: Instructions) -> int:
    """The place of the end of a text that stands on white: the last of the first column."""
    return places_of(instructions, "ET")[-30]


def before(*inserted: object) -> Change:
    """Insert some operators before a text begins to be shown."""

    def change(instructions: Instructions) -> None:
        end = number_of(instructions)
        shown = max(n for n in places_of(instructions, "TJ") if n < end)
        instructions[shown:shown] = inserted

    return change


def around(*inserted: object) -> Change:
    """Insert some operators before a text block, and restore the state after it."""

    def change(instructions: Instructions) -> None:
        end = number_of(instructions)
        begin = max(n for n in places_of(instructions, "BT") if n < end)
        instructions.insert(end + 1, operator("Q"))
        instructions[begin:begin] = [operator("q"), *inserted]

    return change


def scaled(across: float, down: float) -> Change:
    def change(instructions: Instructions) -> None:
        place = max(n for n in places_of(instructions, "Tm") if n < number_of(instructions))
        a, b, c, d, x, y = map(float, instructions[place].operands)
        instructions[place] = operator("Tm", a * across, b, c, d * down, x, y)

    return change


def covered_by(colour: float, height: float) -> Change:
    def change(instructions: Instructions) -> None:
        end = number_of(instructions)
        place = max(n for n in places_of(instructions, "Tm") if n < end)
        x, y = (float(value) for value in list(instructions[place].operands)[4:])
        box = operator("re", x, y - height + 1, 60, height)
        instructions += [operator("rg", colour, colour, colour), box, operator("f")]
        # The page's own scale is no longer in force at the end of the content.
        instructions[-3:-3] = [operator("cm", 0.75, 0, 0, 0.75, 0, 0)]

    return change


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (before(operator("Tr", 3)), "not filled"),
        (before(operator("Tr", 1)), "not filled"),
        (before(operator("Tr", 7)), "not filled"),
        (before(operator("w", 8), operator("Tr", 2)), "thick outlines"),
        (before(operator("rg", 1, 1, 1)), "contrast of 1.0"),
        (before(operator("rg", 0.95, 0.97, 0.97)), "contrast of 1.1"),
        (before(operator("gs", Name("/clear"))), "ink"),
        (around(operator("gs", Name("/faint"))), "ink"),
        (around(operator("re", 0, 0, 20, 20), operator("W"), operator("n")), "is not seen"),
        (before(operator("Tc", -8)), "is not seen"),
        (scaled(0.3, 0.3), SIZE),
        (scaled(-1, 1), "mirrored"),
        (scaled(1, -1), "mirrored"),
        (scaled(2.5, 1), "pulled apart"),
        (covered_by(1, 14), "painted over it"),
        (covered_by(0.2, 14), "painted over it"),
    ],
)
def test_a_text_that_a_changed_pdf_hides_is_an_error(
    country_pdf: tuple[bytes, str], change: Change, cause: str
) -> None:
    pdf, html = country_pdf
    found = errors_of(edit_page(pdf, change), html)
    assert any(one.startswith("page 1: the text «") and cause in one for one in found), found


def test_an_unchanged_pdf_is_sound(country_pdf: tuple[bytes, str]) -> None:
    pdf, html = country_pdf
    assert errors_of(edit_page(pdf, lambda _: None), html) == []
