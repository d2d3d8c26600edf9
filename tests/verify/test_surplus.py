"""Surplus: what a page prints and its HTML does not say is an error."""

import pytest
from pikepdf import Name

from tests.verify.altered import ComposedPage, Instructions, edit_page, errors_of, operator, places_of


@pytest.mark.parametrize(
    ("css", "found"),
    [
        (".figure-value::before { content: '−' }", "the sign «−» is printed, 4 times"),
        (".figure-value::before { content: '-' }", "the sign «–» is printed, 4 times"),
        (".figure-value::after { content: '٪' }", "the sign «٪» is printed"),
        (".figure-value::after { content: counter(pages) }", "«2» is printed"),
        ("h1::after { content: ' نیست' }", "«نیست» is printed"),
        ("@page { @top-center { content: 'دروغ' } }", "«دروغ» is printed"),
        ("@page { @top-center { content: '88' } }", "«88» is printed"),
        ("@page { @bottom-left { content: none } @bottom-right { content: none } }", "edition's code is not printed"),
    ],
)
def test_a_style_that_adds_a_text_is_an_error(world_page: ComposedPage, css: str, found: str) -> None:
    assert world_page.error(css, found).startswith("page ")


@pytest.mark.parametrize("tag", [False, True])
def test_a_text_added_to_a_finished_pdf_is_an_error(country_pdf: tuple[bytes, str], tag: bool) -> None:
    """The same word once more, elsewhere on the page."""

    def repeat(instructions: Instructions) -> None:
        begin, end = places_of(instructions, "BT")[2], places_of(instructions, "ET")[2]
        copy = instructions[begin : end + 1]
        place = next(n for n, one in enumerate(copy) if str(one.operator) == "Tm")
        copy[place] = operator("Tm", *[float(one) for one in copy[place].operands][:5], 300.0)
        if tag:
            instructions[end + 1 : end + 1] = copy
        else:
            instructions += [operator("BMC", Name("/Artifact")), *copy, operator("EMC")]

    pdf, html = country_pdf
    assert any("is printed, and the HTML does not" in one for one in errors_of(edit_page(pdf, repeat), html))


def test_a_text_taken_out_of_a_finished_pdf_is_an_error(country_pdf: tuple[bytes, str]) -> None:
    def remove(instructions: Instructions) -> None:
        del instructions[places_of(instructions, "BT")[2] : places_of(instructions, "ET")[2] + 1]

    pdf, html = country_pdf
    assert any("is not read back" in one for one in errors_of(edit_page(pdf, remove), html))


@pytest.mark.parametrize("position", ["inside", "outside; margin-right: 10mm"])
def test_only_the_numbers_of_a_list_may_stand_before_its_items(country_page: ComposedPage, position: str) -> None:
    items = "<li>گزارش نخست ۲۰۲۵</li><li>گزارش دوم را <b>بخوانید</b>.</li>"
    changed = country_page.html.replace("<p>", f"<ol class='own'>{items}</ol><p>", 1)
    page = ComposedPage(country_page.session, country_page.edition, changed)
    numbered = f".own {{ list-style: persian {position} }}"
    assert page.errors(numbered) == []
    for other in (".own { counter-reset: list-item 4 }", ".own b::before { content: '2' }"):
        assert page.error(numbered + other, "is printed, and the HTML does not say it")
