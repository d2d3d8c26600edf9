"""What a PDF carries gives its page again, and nothing more is needed: a property of publications."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.random_publications import RandomPublication
from tests.support import GOLDEN, TIP_2025, append, change, problem_of, run_well, wells
from tipbrief.compose.html_page import compose_page
from tipbrief.compose.profiles import DEFAULT_PAPER, DEFAULT_PROFILE, PAPERS
from tipbrief.ledger import editions
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.selection import ALL_LANGUAGES
from tipbrief.pipeline.session import Session

DOCUMENTS_OF_EACH = 3


def compose_from_whole(session: Session, name: str) -> str:
    """The page of a document as if it were composed from the whole publication."""
    document = compose_document(session, name)
    return compose_page(
        session.publication_for(name),
        name,
        session.fonts,
        session.environment,
        edition=document.edition,
        paper=PAPERS[DEFAULT_PAPER],
        profile=session.print_profiles[DEFAULT_PROFILE],
        told=editions.list_change_notices(session.ledger, name),
        pdf_file=session.file_name(name, "pdf"),
        alternates=session.alternates(name),
    )


def unpack(session: Session, name: str, folder: Path) -> Session:
    """A session of nothing but what a document carries, and of the ledger."""
    for item in session.dataset_for(name):
        file = folder / item.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(item.data)
    language = session.publication_for(name).language
    again = Session.open(folder, languages=[language.tag])
    assert again.dataset_for(name) == session.dataset_for(name), "the same is carried once more"
    return again


def select_documents(session: Session, random: Random) -> Iterator[str]:
    """Some documents of each brief that carries its data."""
    for brief in session.publication.briefs.values():
        names = [name for name, one in session.documents.items() if one.brief.id == brief.id]
        if brief.carry == "all":
            yield from random.sample(names, min(len(names), DOCUMENTS_OF_EACH))


def check_documents(session: Session, random: Random) -> None:
    for name in select_documents(session, random):
        printed = compose_document(session, name).html()
        assert printed == compose_from_whole(session, name), name
        with tempfile.TemporaryDirectory() as folder:
            again = unpack(session, name, Path(folder))
            if not session.ledger.entry_files:
                assert compose_document(again, name).html() == printed, name


@pytest.mark.slow
@pytest.mark.parametrize("number", range(16))
def test_a_random_document_follows_from_what_it_carries(number: int, tmp_path: Path) -> None:
    random = Random(number)
    publication = RandomPublication(random, tmp_path / "publication")
    publication.write()
    if number % 3 == 0:
        publication.correct()

    check_documents(Session.open(publication.folder, languages=[ALL_LANGUAGES]), random)


@pytest.mark.parametrize("folder", [GOLDEN, TIP_2025], ids=["golden", "tip-2025"])
def test_a_document_follows_from_what_it_carries(folder: Path) -> None:
    check_documents(Session.open(folder, languages=[ALL_LANGUAGES]), Random(1))


BRIEF = (
    "title: چاه‌ها\nsubtitle: برگۀ کوتاه\nshort: چاه‌ها\nsubject: برگۀ آزمایشی\npages: 1\nblocks:\n"
    "  - table: {table: places, columns: [name], title: چاه‌ها}\n  - sources: {title: منابع}\n"
)


def test_more_is_carried_only_if_it_is_asked_for_and_then_named(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=BRIEF)
    append(folder / "tables.yaml", "# a telephone: 0799\n")
    files = {item.name: item.data for item in Session.open(folder).dataset_for("one")}
    assert files["tables/places.csv"].decode("utf-8-sig").splitlines()[0] == "iso3,name"
    assert b"0799" not in files["tables.yaml"]
    said = run_well("build", "one", "--publication", folder, "--out", tmp_path / "out").output
    assert "PDFs carry what no page prints: places.iso3\n" in said

    change(folder / "tables.yaml", "places:\n", "places:\n  carry: all\n")

    files = {item.name: item.data for item in Session.open(folder).dataset_for("one")}
    header = files["tables/places.csv"].decode("utf-8-sig").splitlines()[0]
    assert {"depth", "state"} <= {*header.split(",")}
    said = run_well("build", "one", "--publication", folder, "--out", tmp_path / "out").output
    assert "places.depth" in said


def test_a_template_of_ones_own_prints_the_columns_that_it_names(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=BRIEF)
    (folder / "templates" / "blocks").mkdir(parents=True)
    template = folder / "templates" / "blocks" / "table.html.j2"
    template.write_text("<p>{{ tables.places.rows[0]['depth'] }}</p>", encoding="utf-8")
    files = {item.name: item.data for item in Session.open(folder).dataset_for("one")}
    assert files["tables/places.csv"].decode("utf-8-sig").splitlines()[0] == "iso3,name,depth"

    template.write_text("<p>{{ tables.places.rows[0]['dep' ~ 'th'] }}</p>", encoding="utf-8")

    session = Session.open(folder)
    problem = problem_of(compose_document, session, "one")
    assert problem.file == template
