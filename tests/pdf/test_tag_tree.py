"""The tags as they are read and written back."""

import re
from itertools import pairwise

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
            elif isinstance(kid, tag_tree.MarkedContent):
                assert parents[numbers[kid.page]][kid.number].objgen == node.source.objgen
                assert "/ActualText" not in node.source
                assert kid.number not in held[numbers[kid.page]]
                held[numbers[kid.page]].add(kid.number)
    for page in document.pages:
        marks = re.findall(rb"/MCID (\d+)", page.obj.Contents.read_bytes())
        assert set(map(int, marks)) == held[int(page.obj.StructParents)]


def test_no_element_stands_where_nothing_is_said_but_one_for_each_text(archived: bytes) -> None:
    for node in tag_tree.read_tags(opened(archived)).walk():
        silent = [kid.tag == "NonStruct" and "/ActualText" not in kid.source for kid in node.elements]
        # Into an item goes the space between it and the next one.
        assert (True, True) not in {*pairwise(silent)} or node.tag == "LBody"
        for kid in node.elements:
            assert kid.kids or kid.tag in ("TH", "TD"), "what is empty says nothing"
            if kid.tag == "NonStruct" and "/ActualText" not in kid.source:
                assert {type(one) for one in kid.kids} == {tag_tree.MarkedContent}


def test_the_texts_of_a_block_hang_on_one_element_of_each_page() -> None:
    words = " ".join(f"<b>{number}</b> one" for number in range(60))
    pdf = made(f"<p>{words}</p>", "@page { size: 60mm 40mm }")
    pages = {page.obj.objgen for page in opened(pdf).pages}
    held = [[one.page for one in node.kids] for node in nodes(pdf, "NonStruct")]
    assert len(held) == len(pages) > 1
    assert [{*places} for places in held] == [{places[0]} for places in held]
    assert len(held[0]) > 1


def test_a_list_laid_out_as_a_table_is_one_list_and_no_paragraph_holds_another() -> None:
    css = "ul { display: table; list-style: none } li { display: table-cell }"
    assert len(nodes(made("<ul><li>یک</li><li>دو</li></ul>", css), "L")) == 1
    pdf = made(f"<p>پیش {SVG} پس</p>")
    (paragraph,) = nodes(pdf, "P")
    assert [kid.tag for kid in paragraph.elements][1] == "Figure"
    said = [str(one.source.get("/ActualText", "")) for one in paragraph.walk()]
    assert [text for text in said if text] == ["پیش", "پس"]
