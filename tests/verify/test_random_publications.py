"""No sound publication is refused: random ones, with all kinds of blocks, papers, profiles and languages."""

from pathlib import Path
from random import Random

import pytest

from tests.random_builds import write
from tests.random_publications import RandomPublication
from tests.support import fit_document
from tipbrief.pipeline import document
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems
from tipbrief.verify.audit import audit_file

MOST_SHEETS = 3
# Together they have each kind of block, paper, profile, language and number of rows that the first 46 have.
SOME, OTHERS = (0, 2), (1, 3, 4, 7, 9, 10, 12, 13, 17, 21, 22, 24, 30, 31, 33, 39)


def find_errors(number: int, folder: Path) -> list[Problem]:
    """The errors that the thorough audit finds in sheets of the random publication with this number."""
    random = Random(number)
    publication = RandomPublication(random, folder / "publication")
    publication.write()
    if random.random() < 0.2:
        publication.correct()
    form = {"paper": publication.paper, "profile": publication.profile, "languages": publication.tags}
    try:
        session = Session.open(publication.folder, **form)
    except Problems as refused:
        pytest.skip(str(refused))
    found: list[Problem] = []
    for name in random.sample([*session.documents], min(len(session.documents), MOST_SHEETS)):
        composed = document.compose_document(session, name)
        edition, fit = composed.edition, fit_document(composed)
        pdf = folder / session.file_name(name, "pdf")
        pdf.write_bytes(document.attach_dataset(session, edition, fit.typesetting.final_pdf))
        pdf.with_suffix(".html").write_text(fit.html, encoding="utf-8")
        found += [one for one in audit_file(pdf).problems if one.severity == "error"]
    return found


@pytest.mark.parametrize("number", [*SOME, *(pytest.param(number, marks=pytest.mark.slow) for number in OTHERS)])
def test_no_sound_sheet_is_refused(number: int, tmp_path: Path) -> None:
    assert find_errors(number, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "name"), [(5, "each-FSM"), (74, "each-SRB"), (76, "all.ps"), (145, "each-AF-URU"), (332, "all.en")]
)
def test_sheets_that_were_refused_once_are_sound(number: int, name: str, tmp_path: Path) -> None:
    """Equal words in a table and in columns; a broken address; a segment with a label of four lines."""
    publication = write(number, tmp_path)
    form = {"paper": publication.paper, "profile": publication.profile, "languages": publication.tags}
    session = Session.open(publication.folder, **form)
    assert document.render_document(document.compose_document(session, name)).page_count > 0
