"""The shipped publication comes with its first editions delivered: a build gives the real thing."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from tests.compose.test_profiles import below
from tests.support import TIP_2025, run_well
from tipbrief.pdf.embedded_files import read_provenance
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session


def test_every_document_says_what_its_last_edition_said() -> None:
    session = Session.open(TIP_2025)
    drafts = [name for name in session.publication.documents if compose_document(session, name).edition.draft]
    assert drafts == [], "words or values changed: correct them, then: tipbrief build --all --deliver"


def test_the_built_brief_and_its_page_are_the_edition_and_status_knows_it(world: Path) -> None:
    pdf = world / "tip-2025-world.pdf"
    ledger = Session.open(TIP_2025).ledger
    edition = ledger.last_edition("world")
    assert edition is not None
    said = read_provenance(pdf.read_bytes(), pdf).edition
    assert (said["brief"], said["number"], said["code"]) == ("world", edition.number, edition.code)
    done = run_well("status", pdf, quiet=True)
    assert done.stdout.startswith(f"{edition.signature} (in Dari) is current")
    known = hashlib.sha256(pdf.read_bytes()).hexdigest() in ledger.pdf_hashes(edition)
    # Other versions of the programs make other bytes; status says so.
    assert ("the file is one that was delivered" in done.stdout) == known
    html = pdf.with_suffix(".html").read_text(encoding="utf-8")
    assert f'<span dir="ltr" lang="en">{edition.signature}</span>' in html
    assert "پیش‌نویس" not in html


@pytest.mark.slow
def test_every_name_of_a_choice_has_room() -> None:
    """In the segments of a bar, and before its row of years."""
    session = Session.open(TIP_2025)
    by_region: dict[str, str] = {}
    for document in session.publication.documents.values():
        if document.key:
            row = session.publication.tables["placements"].by_key[document.key]
            by_region.setdefault(row["region"], document.name)
    labels = Counter[str]()
    for name in ["world", *by_region.values()]:
        page = session.typesetter.lay_out(compose_document(session, name).html()).document.pages[0]
        for cell in below(page._page_box):
            if type(cell).__name__ != "TableCellBox":
                continue
            if cell.element.tag == "th" and cell.element.get("scope") == "row":
                kind = "row"
            elif "segment " in cell.element.get("class", ""):
                kind = "segment"
            else:
                continue
            lines = [line for line in below(cell) if type(line).__name__ == "LineBox"]
            assert kind == "segment" or len(lines) == 1, (name, "a name is broken")
            for line in lines:
                if line.element_tag == "span" or kind == "row":
                    labels[kind] += 1
                    width = sum(text.width for text in below(line) if type(text).__name__ == "TextBox")
                    assert width < cell.width, (name, line.element.text)
    assert labels["segment"] > 3
    assert labels["row"] > 70
