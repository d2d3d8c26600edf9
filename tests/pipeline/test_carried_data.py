"""What the PDF of one row carries: the whole publication, or nothing of other people's rows."""

import re
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from tests.pipeline.rows import sheets
from tests.support import append, problems_of, run_badly, run_well
from tipbrief.check import publication
from tipbrief.check.publication import load_publication
from tipbrief.files import hash_of
from tipbrief.language.dates import Date
from tipbrief.ledger.status import find_status_by_pdf
from tipbrief.pdf.embedded_files import read_provenance
from tipbrief.pipeline.run import build_documents, deliver_editions, write_index_and_collection
from tipbrief.pipeline.session import Session

SECRETS = {f"ROW-S{at}": f"راز{letter}ان" for at, letter in enumerate("بپتثجچحخدذرزژسشصضطظع")}
SHEETS = ["each-ROW-S3", "each-ROW-S7"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sheets for rows with secret words, which carry nothing."""
    folder = sheets(tmp_path / "wells")
    rows = "".join(f"{key},{word},{7340000 + at},open,\n" for at, (key, word) in enumerate(SECRETS.items()))
    append(folder / "tables" / "places.csv", rows)
    brief = folder / "briefs" / "each.yaml"
    brief.write_text(brief.read_text(encoding="utf-8") + "carry: none\n", encoding="utf-8")
    return folder


def _all_text(pdf: bytes) -> str:
    """All that stands in a PDF: its objects, streams, metadata and texts."""
    found = []
    with pikepdf.open(BytesIO(pdf)) as parts:
        for one in parts.objects:
            if isinstance(one, pikepdf.Stream):
                found += [one.read_raw_bytes(), one.read_bytes()]
            else:
                found.append(one.unparse(resolved=True))
            found += [str(value).encode() for value in _strings(one)]
    return b"\n".join(found).decode("utf-8", "replace")


def _strings(item: object) -> list[pikepdf.String]:
    if isinstance(item, pikepdf.String):
        return [item]
    if isinstance(item, pikepdf.Array):
        return [text for one in item if not getattr(one, "is_indirect", False) for text in _strings(one)]
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        values = [value for _, value in item.items() if not getattr(value, "is_indirect", False)]
        return [text for one in values for text in _strings(one)]
    return []


@pytest.mark.parametrize(
    "form", [{}, {"profile": "pdf2"}, {"profile": "grey", "paper": "a5"}], ids=["office", "pdf2", "a5"]
)
def test_nothing_of_another_row_is_in_a_document_that_carries_none(
    folder: Path, tmp_path: Path, form: dict[str, str]
) -> None:
    built = deliver_editions(Session.open(folder, **form), SHEETS, tmp_path / "out", Date(2026, 11, 30))
    for item, own in zip(sorted(built, key=lambda one: one.name), ("ROW-S3", "ROW-S7"), strict=True):
        pdf, html = (file.path.read_bytes() for file in item.files)
        text = _all_text(pdf) + html.decode()
        assert SECRETS[own] in text
        for key, word in SECRETS.items():
            if key != own:
                assert word not in text
                assert word[::-1] not in text
                assert not re.search(rf"\b(?:{key}|{7340000 + int(key[5:])})\b", text)
        carried = read_provenance(pdf, Path())
        assert [*carried.files] == ["tipbrief.json"]
        assert carried.is_intact
        ledger = Session.open(folder, **form).ledger
        assert find_status_by_pdf(ledger, hash_of(pdf), carried.edition).state == "current"


def test_verify_says_that_nothing_is_carried_and_the_one_who_leaves_it_out_does_not_pass(
    folder: Path, tmp_path: Path
) -> None:
    (item,) = build_documents(Session.open(folder), SHEETS[:1], tmp_path / "out")
    pdf = item.files[0].path
    done = run_well("verify", pdf)
    assert "warning: the PDF carries no data, with which its page could be compared" in done.output
    run_badly("verify", "--strict", pdf)
    run_badly("verify", "--rebuild", pdf)
    told = run_badly("diff", pdf, pdf, status=2).output
    assert "the PDF carries no data" in told
    assert "such as WORLD/1" in told
    # A file beside it that is not named is no sound thing.
    with pikepdf.open(pdf, allow_overwriting_input=True) as parts:
        parts.attachments["tables/places.csv"] = b"code,name\n"
        parts.save(pdf)
    assert "the data that the PDF carries are not those from which it was made" in run_badly("verify", pdf).output


def test_the_pdf_of_all_sheets_carries_no_more_than_they(folder: Path, tmp_path: Path) -> None:
    session = Session.open(folder)
    names = [name for name in session.documents if name.startswith("each-")]
    built = build_documents(session, names, tmp_path / "out")
    files = write_index_and_collection(session, built, tmp_path / "out", together=True)
    (whole,) = [file.path for file in files if file.path.suffix == ".pdf"]
    assert [*read_provenance(whole.read_bytes(), whole).files] == ["tipbrief.json"]


def test_many_pdfs_that_carry_all_rows_are_a_warning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "MAX_CARRIED_ROWS", 20)
    assert not [one for one in load_publication(folder).warnings if one.kind == "carried-rows"]
    brief = folder / "briefs" / "each.yaml"
    brief.write_text(brief.read_text(encoding="utf-8").replace("carry: none", "carry: all"), encoding="utf-8")
    (told,) = [one for one in load_publication(folder).warnings if one.kind == "carried-rows"]
    assert told.message == "each of 28 PDFs carries the rows of all others"
    brief.write_text(brief.read_text(encoding="utf-8").replace("carry: all", "carry: some"), encoding="utf-8")
    assert "carry" in problems_of(load_publication, folder)[0].message
