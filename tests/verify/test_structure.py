"""What a screen reader would miss, and validators pass."""

from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.pdf.pages import SVG, changed, doubled, made, structure_in, typeset, typesetter
from tipbrief.pdf import tag_tree
from tipbrief.pdf.pdf_file import parse_pdf
from tipbrief.pdf.standards import DEFAULT_STANDARD, PDF_2_STANDARD
from tipbrief.verify.audit import Expectation, audit_pdf
from tipbrief.verify.structure import read_root_and_structure


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ("<h1>یک</h1><h3>سه</h3>", "«سه» is H3 after H1"),
        ("<h2>دو</h2>", "«دو» is H2 as the first heading"),
        ("<table><tr><td>۱</td></tr></table>", "a table has no header cells"),
    ],
)
def test_warnings(body: str, warning: str) -> None:
    (problem,) = structure_in(made(body)).warnings
    assert warning in problem.message
    assert problem.severity == "warning"


def test_unfinished_tags_are_warned_of() -> None:
    raw = typeset(f"<p>متن</p><table><tr><th>سر<tr><td>۱</table>{SVG}", "@page { size: A6 }")
    messages = " ".join(problem.message for problem in structure_in(raw.raw_pdf).warnings)
    assert "the text of a P has no /ActualText" in messages
    assert "does not say whether it heads a column or a row" in messages


@pytest.mark.parametrize("box", [[10, 20, 5, 30], [0, 0, 10, 2000], [1, 2]])
def test_wrong_boxes_and_empty_alternatives_are_warned_of(box: list[int]) -> None:
    with parse_pdf(made(SVG)) as document:
        (figure,) = (one for one in tag_tree.read_tags(document).walk() if one.tag == "Figure")
        figure.source.A.BBox = pikepdf.Array(box)
        figure.source.Alt = pikepdf.String(" ")
        messages = [problem.message for problem in structure_in(tag_tree.save_to_bytes(document)).warnings]
    unplaced = "the box of the picture «» does not lie on its page"
    assert messages == ["a picture has no alternative text", unplaced]


def bookmark_to_a_place(document: pikepdf.Pdf) -> None:
    bookmark = document.Root.Outlines.First
    bookmark.Dest = bookmark.A.D
    del bookmark.A


def name_of_a_place(document: pikepdf.Pdf) -> None:
    document.Root.Names.Dests.Names[1] = document.Root.Names.Dests.Names[1].D


PLACE = "a link or a bookmark leads to a place on a page, and to no element"


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (
            lambda document: document.Root.StructTreeRoot.K[0].__delitem__("/NS"),
            "the tags are not in the namespace of PDF 2.0",
        ),
        (bookmark_to_a_place, PLACE),
        (lambda document: document.Root.Outlines.First.A.__delitem__("/SD"), PLACE),
        (name_of_a_place, PLACE),
    ],
)
def test_what_pdf_ua_2_asks_for_is_looked_for_where_it_is_claimed(
    change: Callable[[pikepdf.Pdf], None], warning: str
) -> None:
    body = '<h1 id="a">سر</h1><p><a href="#a">به سر</a></p>'
    html = f'<html lang="fa-AF" dir="rtl"><title>برگه</title><body style="font: 9pt Vazirmatn">{body}</body>'
    pdf = typesetter().lay_out(html).render_pdf(PDF_2_STANDARD).final_pdf
    paper = Expectation(paper=None, standard=PDF_2_STANDARD)
    assert audit_pdf(pdf, paper, html, thorough=False).problems == ()
    (problem,) = audit_pdf(changed(pdf, change), paper, html, thorough=False).problems
    assert (problem.message, problem.severity) == (warning, "error")
    with parse_pdf(changed(pdf, change)) as document:
        assert read_root_and_structure(document, DEFAULT_STANDARD.claims)[1].warnings == (), (
            "who claims less is asked for less"
        )


def circle(document: pikepdf.Pdf) -> Any:
    node = document.make_indirect(Dictionary(S=Name.Div))
    node.K = Array([node])
    return node


def many_times(document: pikepdf.Pdf) -> Any:
    return doubled(document, "/K", Dictionary(S=Name.P, K=1), S=Name.Div)


def deep(document: pikepdf.Pdf) -> Any:
    node = document.make_indirect(Dictionary(S=Name.P, K=1))
    for _ in range(1000):
        node = document.make_indirect(Dictionary(S=Name.Div, K=node))
    return node


def lists_many_times(document: pikepdf.Pdf) -> Any:
    kids = document.make_indirect(Array([]))
    for _ in range(40):
        kids = document.make_indirect(Array([Dictionary(S=Name.Div, K=kids), Dictionary(S=Name.Div, K=kids)]))
    return kids


@pytest.mark.parametrize("tags", [circle, many_times, deep, lists_many_times])
def test_tags_without_end_are_told(tags: Callable[[pikepdf.Pdf], Any]) -> None:
    with parse_pdf(made(SVG)) as document:
        document.Root.StructTreeRoot.K = tags(document)
        (warning,) = read_root_and_structure(document)[1].warnings
    assert warning.message == "the tags of the PDF are nested too deeply, in a circle, or without number"


@pytest.mark.parametrize(
    "kids",
    [
        5, String("x"), Name.X, [None, True], [Dictionary(S=5, K=[String("x")])],
        [Dictionary(S=Name.P, K=[Dictionary(MCID=Dictionary())])],
        [Dictionary(S=Name.Figure, Pg=5, K=[1], A=5)],
        [Dictionary(S=Name.TH, A=[1], Lang=5, ActualText=5, Alt=Dictionary())],
        [Dictionary(S=Name.Link, K=[Dictionary(Obj=5)])],
        [Dictionary(S=Name.Figure, A=Dictionary(BBox=[String("x"), 1, 2, Name.X]))],
    ],
)  # fmt: skip
def test_tags_of_any_type_are_told(kids: Any) -> None:
    def change(document: pikepdf.Pdf) -> None:
        document.Root.StructTreeRoot.K = kids

    report = audit_pdf(changed(made(SVG), change), Expectation())
    assert report.problems
