"""A session is opened once: what it follows from is in its state, and nothing in it changes."""

import dataclasses
import shutil
import zlib
from pathlib import Path

import pytest

from tests.corrections.support import planned
from tests.pipeline.rows import sheets
from tests.pipeline.tongues import in_languages, translate
from tests.support import append, change, state_of
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sheets(tmp_path / "wells")


@pytest.mark.parametrize("part", ["figures.yaml", "tables/places.csv", "templates/css/a4.css", "theme.css", "ledger"])
def test_what_documents_follow_from_is_noticed(folder: Path, part: str) -> None:
    state = state_of(Session.open(folder))
    if part == "ledger":
        planned(folder, ("change", "-8")).write_change()
        change(folder / "figures.yaml", "  value: -8", "  value: -7")
    elif part.endswith(".css"):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        (folder / part).write_text("p { color: red }")
    else:
        append(folder / part, "\n")
    assert state_of(Session.open(folder)) != state


def test_paper_profile_shipped_templates_and_what_packs_pdfs_are_noticed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [state_of(Session.open(folder)), state_of(Session.open(folder, paper="letter"))]
    states.append(state_of(Session.open(folder, profile="grey")))
    templates = Path(shutil.copytree(Session.open(folder).templates, tmp_path / "templates"))
    elsewhere = dataclasses.replace(Session.open(folder), templates=templates)
    assert state_of(elsewhere) == states[0], "where they are does not matter"
    (templates / "css" / "common.css").write_text("", encoding="utf-8")
    states.append(state_of(dataclasses.replace(elsewhere)))
    # The pages of a worker elsewhere stay as it packed them.
    monkeypatch.setattr(zlib, "ZLIB_RUNTIME_VERSION", "another")
    states.append(state_of(Session.open(folder)))
    assert len({*states}) == 5


def test_pages_follow_from_the_shipped_styles_of_their_paper(folder: Path, tmp_path: Path) -> None:
    templates = Path(shutil.copytree(Session.open(folder).templates, tmp_path / "templates"))

    def keys() -> list[str]:
        opened = [Session.open(folder, paper=paper) for paper in ("a4", "a5")]
        return [compose_document(dataclasses.replace(one, templates=templates), "one").store_key for one in opened]

    before = keys()
    append(templates / "css" / "a5.css", "p { color: #ff0000 }")
    assert [now == was for now, was in zip(keys(), before, strict=True)] == [True, False]


def test_with_another_publication_it_is_another_session(folder: Path) -> None:
    session = Session.open(folder)
    first = compose_document(session, "one")
    values = {**session.publication.values, "wells": session.publication.values["wells"] + 1}
    other = dataclasses.replace(session, publication=dataclasses.replace(session.publication, values=values))
    assert (first.prints, compose_document(other, "one").prints) == ({"wells": "12345.5"}, {"wells": "12346.5"})
    assert compose_document(session, "one") == first
    with pytest.raises(dataclasses.FrozenInstanceError):
        session.ledger = Ledger("wells")  # type: ignore[misc]


def test_a_save_while_the_files_are_read_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*where: object) -> Ledger:
        append(folder / "figures.yaml", "# saved when it was read already\n")
        return whole(*where)  # type: ignore[arg-type]

    whole = ledger_folder.read_ledger
    monkeypatch.setattr(ledger_folder, "read_ledger", read)
    with pytest.raises(Problems, match="the publication was changed while it was built"):
        Session.open(folder)


def test_the_next_session_knows_what_is_new_and_takes_over_the_rest(folder: Path) -> None:
    session = Session.open(folder)
    was, engine = compose_document(session, "one"), session.engine_hash
    typesetter, environment = session.typesetter, session.environment
    change(folder / "figures.yaml", "value: 12345.5", "value: 12346.5")
    new = session.reopen()
    assert compose_document(new, "one").prints == {"wells": "12346.5"}
    assert (was.prints, new.publication) == ({"wells": "12345.5"}, Session.open(folder).publication)
    assert new.typesetter is typesetter
    assert new.environment is environment
    assert (new.engine_hash, state_of(new)) == (engine, state_of(Session.open(folder)))


@pytest.mark.parametrize("part", ["templates/blocks/badge.html.j2", "templates/more.html", "theme.css"])
def test_the_next_session_reads_changed_looks_anew(folder: Path, part: str) -> None:
    badge = folder / "templates" / "blocks" / "badge.html.j2"
    badge.parent.mkdir(parents=True)
    badge.write_text("{% include 'more.html' %}")
    for name in ("templates/more.html", "theme.css", part):
        (folder / name).write_text("p { color: #123456 }")
    session = Session.open(folder)
    was = compose_document(session, "each-AFG")
    (folder / part).write_text("p { color: #654321 }")
    new = session.reopen()
    assert new.environment is not session.environment
    plain = compose_document(Session.open(folder), "each-AFG")
    assert compose_document(new, "each-AFG").neutral_hash == plain.neutral_hash != was.neutral_hash


def test_the_next_session_is_in_the_same_form_and_languages(tmp_path: Path) -> None:
    folder = in_languages(tmp_path / "wells", "fa-AF", "ps")
    translate(folder, "ps")
    session = Session.open(folder, paper="letter", profile="grey", languages=["ps"])
    new = session.reopen()
    assert (new.paper, new.profile, [*new.translations]) == ("letter", "grey", ["ps"])
    assert state_of(new) == state_of(session)


def test_a_pdf_names_what_makes_shapes_coarser_only_where_a_publication_has_its_own(folder: Path) -> None:
    assert "shapely" not in Session.open(folder).versions
    (folder / "maps").mkdir()
    shape = '{"type": "Feature", "properties": {"nr": 1}, "geometry": {"type": "Point", "coordinates": [65, 35]}}'
    (folder / "maps/own.geojson").write_text(f'{{"type": "FeatureCollection", "features": [{shape}]}}')
    assert Session.open(folder).versions["shapely"]
