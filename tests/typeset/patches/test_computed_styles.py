"""What is kept of styles: never more than so many, nothing after its fonts."""

import gc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import problems_of
from tests.typeset.patches.pages import odd_pages
from tipbrief.assets import find_shipped_folder
from tipbrief.fonts.font_library import load_fonts, truetype_files
from tipbrief.typeset.engine import Typesetter


def a_typesetter() -> Typesetter:
    faces = load_fonts(find_shipped_folder("fonts"))
    return Typesetter(faces[0].ttf.parent, truetype_files(faces))


def store_of(typesetter: Typesetter) -> Any:
    """What is kept of the styles with the fonts of this typesetter."""
    from tipbrief.typeset.patches import computed_styles

    return computed_styles._find_store(typesetter._font_arguments["font_config"])


def page(number: int, elements: int = 5) -> str:
    """A page with a style for each of its elements that no other one has."""
    own = "".join(f"<p style='margin: 0 {number * 100 + n}px'>x</p>" for n in range(elements))
    return f'<!DOCTYPE html><html lang="fa-AF"><head><title>x</title></head><body><b>x</b>{own}</body></html>'


def test_never_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    typesetter = a_typesetter()
    from tipbrief.typeset.patches import computed_styles

    monkeypatch.setattr(computed_styles, "MAX_STYLES", 300)
    styles = []
    for number in range(60):
        typesetter.lay_out(page(number, 1 + number % 9).replace("<p", f"<p class='c{number}'"))
        of = store_of(typesetter)
        assert of.style_count == sum(_count(below) for below in of.roots.values()) <= 300
        styles.append(of.style_count)
    assert styles != sorted(styles), "something was forgotten"
    typesetter.lay_out(page(99, 900))
    assert store_of(typesetter).style_count == 300


def _count(below: dict) -> int:  # type: ignore[type-arg]
    return len(below) + sum(_count(said.children) for said in below.values())


def test_nothing_is_kept_after_its_fonts() -> None:
    typesetter = a_typesetter()
    from tipbrief.typeset.patches import computed_styles

    gc.collect()
    before = len(computed_styles._stores)
    typesetter.lay_out(page(0))
    assert len(computed_styles._stores) == before + 1
    del typesetter
    gc.collect()
    assert len(computed_styles._stores) <= before


def test_what_was_computed_with_other_fonts_is_forgotten() -> None:
    typesetter = a_typesetter()
    html = odd_pages("")["units of fonts"]
    typesetter.lay_out(html)
    before = store_of(typesetter)
    typesetter.lay_out(html)
    assert store_of(typesetter) is before
    face = f"@font-face {{ font-family: Other; src: url({next(iter(typesetter._font_names.values()))}) }}"
    typesetter.lay_out(html.replace("<style>", f"<style>{face}", 1))
    assert store_of(typesetter) is not before


SHEET = "p { text-indent: 1em } p::before { content: 'x' } b { margin: 1em }"


def styled(typesetter: Typesetter, styles: str = SHEET) -> Callable[..., Any]:
    """The styles of a page by the names of its elements, as layout asks for them."""
    from weasyprint import HTML
    from weasyprint.css import get_all_computed_styles

    html = "<!DOCTYPE html><html><head><title>x</title></head><body><p>x<b>x</b></p></body></html>"
    page = HTML(string=html, **typesetter._resource_arguments)
    sheets = [typesetter._style_sheet(styles)[0]]
    style_for = get_all_computed_styles(page, sheets, font_config=typesetter._font_arguments["font_config"])
    elements = {element.tag: element for element in page.etree_element.iter()}
    return lambda name, pseudo=None: style_for(elements[name], pseudo)


@pytest.mark.parametrize("written", ["html", "body", "p"])
def test_what_layout_writes_stays_in_its_document(written: str) -> None:
    typesetter = a_typesetter()
    asked: list[Callable[[Any], Any]] = [
        lambda of: of("p")["text_indent"].value,
        lambda of: of("b")["font_size"],
        lambda of: of("b")["margin_left"].value,
        lambda of: of("p", "before")["font_size"],
        lambda of: of("p", "before")["text_indent"].value,
        lambda of: of("b").anonymous_style["font_size"],
        lambda of: of("p").anonymous_style["text_indent"].value,
    ]
    own = styled(typesetter)
    own(written)["font_size"] = 99
    assert [ask(own) for ask in asked] == [99] * len(asked)
    after = styled(typesetter)
    assert [ask(after) for ask in asked] == [16] * len(asked)


def test_the_same_value_written_again_is_no_change() -> None:
    of = styled(a_typesetter())
    of("p")["font_size"] = of("p")["font_size"]
    assert of("p").memo
    of("p")["font_size"] = 99
    assert not of("p").memo


@pytest.mark.parametrize("pseudo", ["first-line", "first-letter"])
def test_a_document_whose_lines_have_styles_is_styled_by_weasyprint_alone(pseudo: str) -> None:
    of = styled(a_typesetter(), f"{SHEET} p::{pseudo} {{ color: red }}")
    assert of("b").memo is of("p", pseudo).memo is None


def test_a_style_that_warns_warns_in_each_document() -> None:
    typesetter = a_typesetter()
    html = odd_pages("")["a calculation that cannot be"]
    told = [[problem.message for problem in problems_of(typesetter.lay_out, html)] for _ in range(3)]
    assert told == [told[0]] * 3


@pytest.mark.parametrize("of_page", ["width: 10vw", "font-size: 10vw", "background: red; border-radius: 9vw"])
def test_a_size_of_the_first_page_is_that_of_its_document(of_page: str) -> None:
    """The styles of elements are the same, those of pages are not."""
    sizes = ["100mm 100mm", "200mm 100mm", "100mm 100mm"]
    pages = [
        f"<!DOCTYPE html><html lang='en'><head><title>x</title><style>p {{ background: red; {of_page} }}"
        f"</style><style>@page {{ size: {size}; margin: 0 }}</style></head><body><p>x</p></body></html>"
        for size in sizes
    ]
    typesetter = a_typesetter()
    came = [typesetter.typeset_html(page).raw_pdf for page in pages]
    assert came[1] == a_typesetter().typeset_html(pages[1]).raw_pdf
    assert came[2] == came[0] != came[1]


@pytest.mark.parametrize("before", [["padding_top"], ["padding_top", "margin_top"]])
@pytest.mark.parametrize("variables", ["--a: var(--b, 1px); --b: var(--a, 2px)", "--b: calc(var(--b, 2px))"])
def test_what_variables_that_are_made_of_each_other_say_depends_on_this_document_alone(
    before: list[str], variables: str
) -> None:
    sheet = f"p {{ {variables}; padding-top: var(--a); margin-top: var(--b) }} b {{ text-indent: var(--b) }}"

    def asked(typesetter: Typesetter, *names: str) -> list[Any]:
        of = styled(typesetter, sheet)
        return [*(of("p")[name] for name in names), of("b")["text_indent"]]

    typesetter = a_typesetter()
    asked(typesetter, *before)
    assert asked(typesetter, "margin_top", "padding_top") == asked(a_typesetter(), "margin_top", "padding_top")


def test_anchors_are_told_as_weasyprint_tells_them() -> None:
    typesetter = a_typesetter()
    from weasyprint import HTML
    from weasyprint.css import StyleFor

    from tipbrief.typeset.patches import computed_styles

    sheet = typesetter._style_sheet("i::marker { -weasy-anchor: 'e' } p::before { -weasy-anchor: 'b' }")[0]
    body = "<p id='a'>x</p><p>x</p><h1 id='d'>x<i>x</i></h1>"
    html = f"<!DOCTYPE html><html><head><title>x</title></head><body>{body}{body}</body></html>"
    page = HTML(string=html, **typesetter._resource_arguments)
    told: list[list[str]] = [[], []]
    for way, names in zip((computed_styles._original_init, computed_styles._compute_all_styles), told, strict=True):
        of, collector = StyleFor.__new__(StyleFor), SimpleNamespace(collect_anchor=names.append)
        way(of, page, [(sheet, "author", None)], False, typesetter._font_arguments["font_config"], collector)
    assert told[0] == told[1]
    assert {"a", "b", "d", "e"} <= {*told[0]}


def test_what_is_written_to_the_style_of_anonymous_boxes_stays_in_its_document() -> None:
    typesetter = a_typesetter()
    before, after = styled(typesetter), styled(typesetter)
    written, again = (of("p").anonymous_style for of in (before, after))
    written["white_space"] = "pre-wrap"
    assert written.memo is None
    assert written.anonymous_style["white_space"] == "pre-wrap"
    assert again["white_space"] == again.anonymous_style["white_space"] == "normal"
