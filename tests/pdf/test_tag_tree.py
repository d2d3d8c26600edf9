"""The tags as they are read and written back."""

import re

from tests.pdf.pages import SVG, made, nodes, opened, parent_tree
from tipbrief.pdf import tag_tree


def test_all_is_held_once_and_found_by_its_place(archived: bytes) -> None:
    document = opened(archived)
    parents = parent_tree(document)
    numbers = {page.obj.objgen: int(page.obj.StructParents) for page in document.pages}
    held: dict[int, set[int]] = {number: set() for number in numbers.values()}
    for node in tag_tree.read_tags(document).walk():
        for kid in node.kids:
            if isinstance(kid, tag_tree.TagNode):
                assert kid.source.P.objgen == node.source.objgen, "it knows the element around it"
            elif isinstance(kid, tag_tree.Marked):
                assert parents[numbers[kid.page]][kid.number].objgen == node.source.objgen
                assert "/ActualText" not in node.source
                assert kid.number not in held[numbers[kid.page]]
                held[numbers[kid.page]].add(kid.number)
    for page in document.pages:
        marks = re.findall(rb"/MCID (\d+)", page.obj.Contents.read_bytes())
        assert set(map(int, marks)) == held[int(page.obj.StructParents)]


def test_a_list_laid_out_as_a_table_is_one_list() -> None:
    css = "ul { display: table; list-style: none } li { display: table-cell }"
    assert len(nodes(made("<ul><li>یک</li><li>دو</li></ul>", css), "L")) == 1


def test_no_paragraph_holds_another() -> None:
    pdf = made(f"<p>پیش {SVG} پس</p>")
    (paragraph,) = nodes(pdf, "P")
    assert [kid.tag for kid in paragraph.elements][1] == "Figure"
    said = [str(one.source.get("/ActualText", "")) for one in paragraph.walk()]
    assert [text for text in said if text] == ["پیش", "پس"]
