"""A session in several languages: only those that are asked for are translated, and can be wrong."""

from pathlib import Path

import pytest

from tests.pipeline.tongues import in_languages, translate
from tests.support import append, change, problems_of, run_well, state_of
from tipbrief.pdf.embedded_files import read_provenance
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.inputs import check_publication
from tipbrief.pipeline.run import build_documents, write_index_and_collection
from tipbrief.pipeline.selection import ALL_LANGUAGES, read_first_language
from tipbrief.pipeline.session import Session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = in_languages(tmp_path / "wells", "fa-AF", "ps", "fa-IR")
    translate(made, "ps")
    translate(made, "fa-IR")
    return made


def break_po(folder: Path, tag: str) -> Path:
    """A translation that has a placeholder too many."""
    file = folder / "translations" / f"{tag}.po"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('msgstr "ټول"', 'msgstr "ټول {wells}"', 1), encoding="utf-8")
    return file


def test_each_document_is_in_its_language(folder: Path) -> None:
    session = Session.open(folder, languages=[ALL_LANGUAGES])
    assert [session.publication_for(name).language.tag for name in ("one", "one.ps", "each-AFG.fa-IR")] == [
        "fa-AF", "ps", "fa-IR",
    ]  # fmt: skip
    assert session.documents["each-AFG.ps"].key == "AFG"
    assert [*Session.open(folder).translations] == []
    assert [*Session.open(folder, languages=["PS"]).translations] == ["ps"]


def test_what_two_languages_print_is_one_value(folder: Path) -> None:
    session = Session.open(folder, languages=["ps"])
    pieces = [compose_document(session, name) for name in ("one", "one.ps")]
    assert pieces[0].prints == pieces[1].prints == {"wells": "12345.5"}
    assert pieces[0].content != pieces[1].content
    assert [piece.edition.name for piece in pieces] == ["ONE/1", "ONE.PS/1"]


def test_a_pdf_carries_the_translation_into_its_own_language_and_can_be_made_again_from_it(
    folder: Path, tmp_path: Path
) -> None:
    session, out = Session.open(folder, languages=[ALL_LANGUAGES]), tmp_path / "out"
    built = build_documents(session, [*session.documents], out)
    together = write_index_and_collection(session, built, out, together=True)
    pdfs = [one.path for one in (*together, *(item.files[0] for item in built)) if one.path.suffix == ".pdf"]
    assert len(pdfs) == len(built) + 3
    printed = {"publication.yaml", "sources.yaml", "figures.yaml", "tables.yaml", "texts.yaml"}
    for pdf in pdfs:
        tag = next((one for one in ("ps", "fa-IR") if pdf.name.endswith(f".{one}.pdf")), "")
        brief = pdf.name.partition("-")[2].partition(".")[0].partition("-")[0]
        translation = {f"translations/{tag}.po"} if tag else set[str]()
        carried = read_provenance(pdf.read_bytes(), pdf)
        assert carried.is_intact
        names = {name for name in carried.publication_files if not name.startswith("tables/")}
        names -= {"ledger.json", "tipbrief.json"}
        assert names == {*printed, f"briefs/{brief}.yaml", *translation}
    run_well("verify", "--rebuild", *(out / f"wells-one.{ending}" for ending in ("pdf", "ps.pdf", "fa-IR.pdf")))
    run_well("inspect", out / "wells-one.ps.pdf", "--extract", tmp_path / "unpacked")
    again = Session.open(tmp_path / "unpacked", languages=["ps"])
    (item,) = build_documents(again, ["one.ps"], tmp_path / "again")
    assert item.files[0].path.read_bytes() == (out / "wells-one.ps.pdf").read_bytes()


def test_only_a_language_that_is_asked_for_can_be_wrong(folder: Path) -> None:
    file = break_po(folder, "ps")
    for languages in ([], ["fa-IR"]):
        assert "one" in Session.open(folder, languages=languages).documents
    assert {one.file for one in problems_of(Session.open, folder, languages=["ps"])} == {file}
    whole, found = check_publication(folder)
    assert whole is None
    assert {one.file for one in found if one.severity == "error"} == {file}
    other = folder / "translations" / "fa-IR.po"
    append(other, "\nmsgid")
    assert {one.file for one in check_publication(folder)[1]} == {file, other}


def test_what_is_not_translated_is_told_with_the_language_that_lacks_it(folder: Path) -> None:
    assert Session.open(folder, languages=[ALL_LANGUAGES]).warnings == Session.open(folder).warnings
    change(folder / "briefs" / "one.yaml", "title: چاه‌ها", "title: چاه‌ها و آب")
    assert Session.open(folder).warnings == []
    for tag in ("ps", "fa-IR"):
        (found,) = Session.open(folder, languages=[tag]).warnings
        assert (found.severity, found.file) == ("warning", folder / "translations" / f"{tag}.po")
    assert len(check_publication(folder)[1]) == 2


def test_a_translation_is_a_part_of_what_documents_follow_from(folder: Path) -> None:
    state = state_of(Session.open(folder))
    append(folder / "translations" / "ps.po", "\n# a note\n")
    assert state_of(Session.open(folder)) != state


def test_the_first_language_of_several(folder: Path, tmp_path: Path) -> None:
    assert read_first_language(folder) == "fa-AF"
    change(folder / "publication.yaml", "[fa-AF, ps, fa-IR]", "[fa-AF]")
    assert read_first_language(folder) == read_first_language(tmp_path) == ""
    change(folder / "publication.yaml", "[fa-AF]", "[xx, ps]")
    assert read_first_language(folder) == ""
    (folder / "publication.yaml").write_text("languages: [")
    assert read_first_language(folder) == ""


@pytest.mark.usefixtures("empty_cache")
def test_what_is_wrong_with_a_document_in_another_language_names_it(folder: Path, tmp_path: Path) -> None:
    change(folder / "briefs" / "one.yaml", "pages: 1", "pages: 2")
    session = Session.open(folder, languages=[ALL_LANGUAGES])
    built = build_documents(session, ["one", "one.ps"], tmp_path / "out")
    assert [note.message for one in built for note in one.notes] == [
        "the brief fills 1 of its 2 pages",
        "one.ps: the brief fills 1 of its 2 pages",
    ]
