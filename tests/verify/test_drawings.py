"""Drawings: a chart, a map or a legend that is not what the HTML and its numbers say is an error."""

from collections.abc import Callable, Iterator

import pytest

from tests.verify.altered import ComposedPage, Instructions, edit_page, errors_of, operator, places_of


@pytest.mark.parametrize(
    ("css", "cause"),
    [
        (".segment { width: 20% !important }", "not as long as its number"),
        (".segment.tone-2 { background-color: #a8432f !important }", "in another colour"),
        (".swatch.tone-4 { background-color: #cfe0e2 !important }", "no colour beside it, or another"),
        (".swatch { display: none }", "no colour beside it, or another"),
        (".drawing { transform: scaleX(-1) }", "mirrored"),
        (".plot .drawing { transform: scaleY(-1) }", "in another place"),
        (".map .drawing svg { opacity: .05 }", "faded"),
        (".map .drawing { display: none }", "not printed with all its shapes"),
        (".axis span:first-child::after { margin-inline-start: 5mm !important }", "under another bar"),
        (".axis span:first-child::after { margin-inline-start: 90mm !important }", "under another bar"),
        (".axis { direction: ltr }", "under another bar"),
    ],
)
def test_a_style_that_changes_a_chart_is_an_error(world_page: ComposedPage, css: str, cause: str) -> None:
    world_page.error(css, cause)


def iterate_boxes(instructions: Instructions) -> Iterator[tuple[int, int, list[float]]]:
    """Each filled box: the places of its colour, of its path, and its edges."""
    for end in places_of(instructions, "f"):
        if str(instructions[end - 1].operator) == "re":
            colour = max(n for n in places_of(instructions, "rg") if n < end)
            yield colour, end - 1, [float(one) for one in instructions[end - 1].operands]


def change_segment(change: Callable[[Instructions, int, int, list[float]], None]) -> Callable[[Instructions], None]:
    """Change the longest segment of the shares, the second of five."""

    def edit(instructions: Instructions) -> None:
        row = [one for one in iterate_boxes(instructions) if 30 < one[2][3] < 60 and 100 < one[2][2] < 200]
        change(instructions, *row[0])

    return edit


def narrow(instructions: Instructions, _: int, path: int, box: list[float]) -> None:
    instructions[path] = operator("re", box[0], box[1], 0.8 * box[2], box[3])


def lower(instructions: Instructions, _: int, path: int, box: list[float]) -> None:
    instructions[path] = operator("re", *box[:3], 0.5 * box[3])


def recolour(instructions: Instructions, colour: int, _: int, __: list[float]) -> None:
    instructions[colour] = operator("rg", 0.6, 0.2, 0.1)


def remove(instructions: Instructions, _: int, path: int, __: list[float]) -> None:
    instructions[path + 1] = operator("n")


@pytest.mark.parametrize("change", [narrow, lower, recolour, remove])
def test_a_changed_segment_is_an_error(
    country_pdf: tuple[bytes, str], change: Callable[[Instructions, int, int, list[float]], None]
) -> None:
    pdf, html = country_pdf
    errors = errors_of(edit_page(pdf, change_segment(change)), html)
    assert any("segment" in one for one in errors), errors


@pytest.mark.parametrize(("colour", "name"), [((1, 1, 1), "white"), ((0.6, 0.2, 0.1), "red")])
def test_a_shape_in_another_colour_is_an_error(
    country_pdf: tuple[bytes, str], colour: tuple[float, ...], name: str
) -> None:
    def paint(instructions: Instructions) -> None:
        first = min(n for n in places_of(instructions, "rg") if _opens_drawing(instructions, n))
        instructions[first] = operator("rg", *colour)

    pdf, html = country_pdf
    errors = errors_of(edit_page(pdf, paint), html)
    assert any("in another colour" in one for one in errors), (name, errors)


def _opens_drawing(instructions: Instructions, place: int) -> bool:
    """Whether a colour is that of a path with many corners, as a country has."""
    return sum(str(one.operator) == "l" for one in instructions[place : place + 60]) > 15
