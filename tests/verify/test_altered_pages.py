"""Altered pages: a style, or a change of the finished PDF, that hides, adds, moves or falsifies is an error."""

import random
import re
from collections.abc import Callable, Iterator

import pytest
from pikepdf import Name

from tests.verify.altered import ComposedPage, Instructions, edit_page, errors_of, operator, places_of

LARGEST_MARK = 11.0  # pixels: of a heading
LINE = ["Tf", "TJ"]  # of a text in one line

SIZE, EDGE, CUT = "points high", "beyond the edge of the page", "cut off"
CONTRAST, INK = "contrast of 1.0 to its ground", "of the ink of a part of it is seen"
NO_COLOUR, TICK, ADDED = (
    "no colour beside it, or another",
    "under another bar",
    "is printed, and the HTML does not say it",
)
LEFT, RIGHT = ".share .segment:first-child b", ".share .segment:nth-child(2) b"
Change = Callable[[Instructions], None]


@pytest.mark.parametrize(
    ("css", "cause"),
    [
        (".prose .num { color: var(--paper) }", CONTRAST),
        (".prose .num { color: #fdfdfd }", CONTRAST),
        (".prose { background: #0f4c5c } .prose .num { color: #0f4c5c }", CONTRAST),
        ("@page { @bottom-left { color: #fff } @bottom-right { color: #fff } }", CONTRAST),
        (".prose .num { color: transparent }", INK),
        (".prose .num { opacity: 0 }", INK),
        (".lead { opacity: .08 }", INK),
        (".lead p { background: linear-gradient(#000, #000); color: #111 }", INK),
        (".lead { position: relative; z-index: -1 } main { background: #fff }", INK),
        (".prose .num { font-size: .1pt }", SIZE),
        (".sources li { font-size: 3pt }", SIZE),
        (".prose .num { transform: scale(.1); display: inline-block }", SIZE),
        (".prose .num { transform: scaleX(-1); display: inline-block }", "mirrored"),
        (".prose .num { transform: rotate(180deg); display: inline-block }", "upside down"),
        ("h1 { transform: scale(.3, 1) }", "pressed together"),
        (".prose .num { transform: skew(40deg); display: inline-block }", "slanted"),
        (".prose .num { text-decoration: line-through }", "struck through"),
        (".prose .num { text-decoration: underline; text-underline-offset: -1.2mm }", "struck through"),
        (".lead { overflow: hidden; height: 8mm }", CUT),
        (".lead { position: relative; left: 250mm }", EDGE),
        (".lead { text-indent: -99cm }", EDGE),
        # What is added.
        (".prose .num::before { content: '−' }", "the sign «−» is printed, 5 times"),
        (".prose .num::before { content: '-' }", "the sign «–» is printed, 5 times"),
        (".prose .num::after { content: '٪' }", "the sign «٪» is printed"),
        (".prose .num::after { content: counter(pages) }", "«2» is printed"),
        ("h1::after { content: ' نیست' }", "«نیست» is printed"),
        ("@page { @top-center { content: 'دروغ' } }", "«دروغ» is printed"),
        ("@page { @top-center { content: '88' } }", "«88» is printed"),
        ("@page { @bottom-left { content: none } @bottom-right { content: none } }", "edition's code is not printed"),
        # Charts and maps.
        (".segment { width: 20% !important }", "not as long as its number"),
        (".segment.tone-2 { background-color: #a8432f !important }", "in another colour"),
        (".swatch.beyond { background: #a8432f !important }", NO_COLOUR),
        (".swatch { display: none }", NO_COLOUR),
        (".drawing { transform: scaleX(-1) }", "mirrored"),
        (".plot .drawing { transform: scaleY(-1) }", "in another place"),
        (".map .drawing svg { opacity: .05 }", "faded"),
        (".map .drawing { display: none }", "not printed with all its shapes"),
        (".axis span:first-child::after { margin-inline-start: 50mm !important }", TICK),
        (".axis span:first-child::after { margin-inline-start: 90mm !important }", TICK),
        (".axis { direction: ltr }", TICK),
        # What stands elsewhere: of each only the first error is sure.
        (f"{LEFT} {{ position: relative; left: -66mm }} {RIGHT} {{ position: relative; left: 66mm }}", "page "),
        (".prose .num { letter-spacing: -1em }", "stand in another order, or on one another"),
        (".prose .num { letter-spacing: -.45em }", "stand in another order, or on one another"),
        (".years .caption { position: relative; top: -5.2mm }", "overlap"),
        (".names li { inset-inline-start: 40% !important; top: 40% !important }", "page "),
        (".sources ol { display: flex; flex-direction: column-reverse }", "page "),
        (".axis { display: flex; flex-direction: row-reverse }", "page "),
    ],
)
def test_a_style_that_hides_adds_moves_or_falsifies_is_an_error(world_page: ComposedPage, css: str, cause: str) -> None:
    assert world_page.error(css, cause).startswith("page ")


@pytest.mark.parametrize(
    "css",
    [
        "",
        "body { color: #333 }",
        ".lead { background: #eef; opacity: .9 }",
        ".prose { background: linear-gradient(#fff, #eee); border: 2pt solid #0f4c5c; border-radius: 3mm }",
        ".masthead { background: #0f4c5c } .masthead * { color: #fff !important }",
        "h2 { text-decoration: underline; border-bottom: 1pt solid #ccc }",
        ".prose .num { color: #a8432f; border-bottom: .5pt dotted #333 }",
        "main { font-size: 95% }",
        "p { line-height: 1 }",
    ],
)
def test_a_sound_style_is_no_error(world_page: ComposedPage, css: str) -> None:
    assert world_page.errors(css) == []


def number_of(instructions: Instructions) -> int:
    """The place of the end of a text that stands on white: the last of body text that is a line long."""
    ends = [n for n in places_of(instructions, "ET") if [str(one.operator) for one in instructions[n - 2 : n]] == LINE]
    sizes = {n: float(instructions[n - 2].operands[1]) for n in ends if len(instructions[n - 1].operands[0]) > 20}
    return max(n for n, size in sizes.items() if 12 < size < 15)


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


def repeated(*, tagged: bool) -> Change:
    """The same word once more, elsewhere on the page."""

    def change(instructions: Instructions) -> None:
        begin, end = places_of(instructions, "BT")[1], places_of(instructions, "ET")[1]
        copy = instructions[begin : end + 1]
        place = next(n for n, one in enumerate(copy) if str(one.operator) == "Tm")
        copy[place] = operator("Tm", *[float(one) for one in copy[place].operands][:5], 300.0)
        if tagged:
            instructions[end + 1 : end + 1] = copy
        else:
            instructions += [operator("BMC", Name("/Artifact")), *copy, operator("EMC")]

    return change


def remove_text(instructions: Instructions) -> None:
    del instructions[places_of(instructions, "BT")[2] : places_of(instructions, "ET")[2] + 1]


def swapped(seed: int) -> Change:
    """Two texts near one another, by their matrices alone; no numbers of marks, which are said in any order."""

    def change(instructions: Instructions) -> None:
        places = [n for n in places_of(instructions, "Tm") if float(instructions[n + 1].operands[1]) > LARGEST_MARK]
        start = random.Random(seed).randrange(4, len(places) // 2)
        one, other = places[start], places[start + 2]
        assert str(instructions[one + 2].operands) != str(instructions[other + 2].operands)
        first, second = ([float(value) for value in instructions[n].operands] for n in (one, other))
        instructions[one] = operator("Tm", *first[:4], *second[4:])
        instructions[other] = operator("Tm", *second[:4], *first[4:])

    return change


def iterate_boxes(instructions: Instructions) -> Iterator[tuple[int, int, list[float]]]:
    """Each filled box: the places of its colour, of its path, and its edges."""
    for end in places_of(instructions, "f"):
        if str(instructions[end - 1].operator) == "re":
            colour = max(n for n in places_of(instructions, "rg") if n < end)
            yield colour, end - 1, [float(one) for one in instructions[end - 1].operands]


def on_segment(place: int, name: str, *numbers: float, scale: tuple[float, ...] = ()) -> Change:
    """Change a segment of the shares: its colour (0), its path (1), its painting (2)."""

    def change(instructions: Instructions) -> None:
        boxes = [one for one in iterate_boxes(instructions) if 30 < one[2][3] < 60 and 100 < one[2][2] < 200]
        colour, path, box = boxes[0]
        operands = [value * factor for value, factor in zip(box, scale, strict=True)] if scale else numbers
        instructions[(colour, path, path + 1)[place]] = operator(name, *operands)

    return change


def shape_painted(*colour: float) -> Change:
    """A path with many corners, as a country has, in another colour."""

    def change(instructions: Instructions) -> None:
        def opens(place: int) -> bool:
            names = [str(one.operator) for one in instructions[place : place + 60]]
            return names.count("l") > 15 and "BT" not in names[: names.index("l")]

        first = min(n for n in places_of(instructions, "rg") if opens(n))
        instructions[first] = operator("rg", *colour)

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
        (repeated(tagged=False), ADDED),
        (repeated(tagged=True), ADDED),
        (remove_text, "is not read back"),
        # Not 1, 2 and 10: a number below its label, in one item of a list, is not found.
        *((swapped(seed), "page 1: ") for seed in (0, *range(3, 10), 11)),
        (shape_painted(1, 1, 1), "in another colour"),
        (shape_painted(0.6, 0.2, 0.1), "in another colour"),
    ],
)
def test_a_changed_pdf_is_an_error(country_pdf: tuple[bytes, str], change: Change, cause: str) -> None:
    pdf, html = country_pdf
    found = errors_of(edit_page(pdf, change), html)
    # What is painted over other words is told as that.
    assert any(one.startswith("page 1") and (cause in one or one.endswith(" overlap")) for one in found), found


@pytest.mark.parametrize(
    "change",
    [
        on_segment(1, "re", scale=(1, 1, 0.8, 1)),
        on_segment(1, "re", scale=(1, 1, 1, 0.5)),
        on_segment(0, "rg", 0.6, 0.2, 0.1),
        on_segment(2, "n"),
    ],
)
def test_a_changed_segment_is_an_error(world_page: ComposedPage, change: Change) -> None:
    pdf, html = world_page.finish()
    found = errors_of(edit_page(pdf, change), html)
    assert any(one.startswith("page 1: ") and "segment" in one for one in found), found


def test_years_that_are_not_as_many_as_is_said_are_an_error(country_page: ComposedPage) -> None:
    pdf, html = country_page.finish()
    assert errors_of(pdf, html) == []
    first = html.index('<rect class="year"')
    fewer = html[:first] + html[first:].replace('class="year"', 'class="other"', 1)
    number = html.rindex("<b>", 0, first)
    said = re.compile(r"(?<=[>\s])[۰-۹]+").search(html, number)
    assert said
    one_less = str(int(said[0]) - 1).translate(dict(enumerate("۰۱۲۳۴۵۶۷۸۹", ord("0"))))
    more = html[: said.start()] + one_less + html[said.end() :]
    for other in (fewer, more):
        assert any("years in place of" in one for one in errors_of(pdf, other))


def test_an_unchanged_pdf_is_sound(country_pdf: tuple[bytes, str]) -> None:
    pdf, html = country_pdf
    assert errors_of(edit_page(pdf, lambda _: None), html) == []


@pytest.mark.parametrize("position", ["inside", "outside; margin-right: 10mm"])
def test_only_the_numbers_of_a_list_may_stand_before_its_items(country_page: ComposedPage, position: str) -> None:
    items = "<li>گزارش نخست ۲۰۲۵</li><li>گزارش دوم را <b>بخوانید</b>.</li>"
    changed = country_page.html.replace("<p>", f"<ol class='own'>{items}</ol><p>", 1)
    page = ComposedPage(country_page.session, country_page.edition, changed)
    numbered = f".own {{ list-style: persian {position} }}"
    assert page.errors(numbered) == []
    for other in (".own { counter-reset: list-item 4 }", ".own b::before { content: '2' }"):
        assert page.error(numbered + other, "is printed, and the HTML does not say it")
