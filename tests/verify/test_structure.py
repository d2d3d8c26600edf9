"""What a screen reader would miss, and validators pass."""

import pikepdf
import pytest

from tests.pdf.pages import SVG, made, typeset
from tipbrief.pdf import tag_tree
from tipbrief.verify.structure import structure


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ("<h1>یک</h1><h3>سه</h3>", "«سه» is H3 after H1"),
        ("<h2>دو</h2>", "«دو» is H2 as the first heading"),
        ("<table><tr><td>۱</td></tr></table>", "a table has no header cells"),
    ],
)
def test_warnings(body: str, warning: str) -> None:
    (problem,) = structure(made(body)).warnings
    assert warning in problem.message
    assert problem.severity == "warning"


def test_unfinished_tags_are_warned_of() -> None:
    raw = typeset(f"<p>متن</p><table><tr><th>سر<tr><td>۱</table>{SVG}", "@page { size: A6 }")
    messages = " ".join(problem.message for problem in structure(raw.pdf).warnings)
    assert "the text of a P has no /ActualText" in messages
    assert "does not say whether it heads a column or a row" in messages


@pytest.mark.parametrize("box", [[10, 20, 5, 30], [0, 0, 10, 2000], [1, 2]])
def test_wrong_boxes_and_empty_alternatives_are_warned_of(box: list[int]) -> None:
    with tag_tree.opened(made(SVG)) as document:
        (figure,) = (one for one in tag_tree.read_tags(document).walk() if one.tag == "Figure")
        figure.source.A.BBox = pikepdf.Array(box)
        figure.source.Alt = pikepdf.String(" ")
        messages = [problem.message for problem in structure(tag_tree.saved(document)).warnings]
    unplaced = "the box of the picture «» does not lie on its page"
    assert messages == ["a picture has no alternative text", unplaced]
