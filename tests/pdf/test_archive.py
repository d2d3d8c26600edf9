"""The finished PDF: its claims, its look, its attachments, and the same bytes each time."""

import re
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Name

from tests.pdf.pages import (
    DAY,
    PNG,
    carrying,
    finished,
    made,
    opened,
    parent_tree,
    require_same_look,
    structure_in,
    typeset,
)
from tipbrief.load.publication_files import MIME_TYPES
from tipbrief.pdf import pdf_draft, tag_tree
from tipbrief.pdf.attachments import Attachment, describe_attachment
from tipbrief.pdf.embedded_files import read_embedded_files
from tipbrief.problems import Problems
from tipbrief.typeset.engine import TypesettingResult


def test_picture_and_extracted_text_stay(raw_world: TypesettingResult, archived: bytes) -> None:
    require_same_look(raw_world.raw_pdf, archived)


def test_claims(archived: bytes) -> None:
    pdf = opened(archived)
    metadata = pdf.Root.Metadata.read_bytes()
    for once in (
        b"<pdfuaid:part>1<", b'pdfaid:part="3"', b'pdfaid:conformance="A"', b"</rdf:RDF>",
        b"pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/",
    ):  # fmt: skip
        assert metadata.count(once) == 1
    shown = pdf.Root.ViewerPreferences
    assert (shown.Direction, shown.DisplayDocTitle, pdf.Root.MarkInfo.Marked) == (Name.R2L, True, True)


def test_footers_are_artifacts() -> None:
    pdf = made("<p>متن</p>", '@page { @bottom-right { content: "پاصفحه" } }')
    document = opened(pdf)
    content = document.pages[0].Contents.read_bytes()
    held = {one.number for one in tag_tree.read_tags(document).iterate_marked_content()}
    assert {int(number) for number in re.findall(rb"/MCID (\d+)", content)} == held
    assert content.count(b"/Artifact <</Type /Pagination>> BDC") == 1
    parents = parent_tree(document)
    assert [number for number, parent in enumerate(parents[0]) if parent is not None] == sorted(held)


def test_pictures_are_not_interpolated() -> None:
    raw = typeset(f'<p><img src="{PNG}" alt="نقطه"></p>')

    def smoothed(pdf: bytes) -> list[bool]:
        streams = [item for item in opened(pdf).objects if isinstance(item, pikepdf.Stream)]
        images = [one for one in streams if one.get("/Subtype") == Name.Image]
        return [bool(one.get("/Interpolate", False)) for one in images]

    assert True in smoothed(raw.raw_pdf)
    assert smoothed(finished(raw)) == [False]


def test_each_attachment_is_entered_as_pdf_a_wants_it(archived: bytes, attachments: list[Attachment]) -> None:
    document = opened(archived)
    assert len(document.Root.AF) == len(attachments), "charts are those of their elements"
    for file, item in zip(document.Root.AF, sorted(attachments, key=lambda one: one.name), strict=True):
        assert str(file.F) == str(file.UF) == item.name.replace("/", "__")
        assert (file.AFRelationship, str(file.Desc)) == (Name.Source, describe_attachment(item.name)[2])
        stream = file.EF.F
        assert str(stream.Subtype) == f"/{MIME_TYPES[Path(item.name).suffix]}"
        assert str(stream.Params.ModDate) == str(stream.Params.CreationDate) == "D:20250929"
        assert int(stream.Params.Size) == len(item.data)


def test_another_dataset_makes_other_bytes(bare: bytes, archived: bytes, attachments: list[Attachment]) -> None:
    assert pdf_draft.attach_files(bare, attachments[::-1], DAY) == archived, "whatever their order"
    figures = next(item for item in attachments if item.name == "figures.yaml")
    other = replace(figures, data=figures.data.replace(b"2", b"3", 1))
    changed = [other if item == figures else item for item in attachments]
    assert pdf_draft.attach_files(bare, changed, DAY) != archived


def test_what_is_no_pdf_or_untagged_is_a_problem() -> None:
    for none in (b"", b"%PDF-1.7 nothing"):
        for reader in (read_embedded_files, structure_in):
            with pytest.raises(Problems):
                reader(none)
    pdf = carrying("a.txt")
    assert read_embedded_files(pdf) == {"a.txt": b"evil"}
    [warning] = structure_in(pdf).warnings
    assert "not tagged" in warning.message
