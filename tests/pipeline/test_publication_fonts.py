"""A publication in a font of its own: PDF and HTML are drawn with it, and can be built again from the PDF."""

import contextlib
import re
import shutil
from pathlib import Path

import pytest

from tests.fonts.families import FAMILY, own_family, published
from tests.support import BASE, GOLDEN, change, run
from tipbrief.fonts.font_library import coverage, family_names
from tipbrief.pdf.embedded_files import read_provenance, unpack_publication
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.inputs import check_publication, find_publication_fonts
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem
from tipbrief.verify import audit


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up publication with a family that lacks one letter: change nothing in it."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path_factory.mktemp("own") / "wells"))
    return own_family(folder, tmp_path_factory)


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "wells"))


def told(folder: Path) -> list[Problem]:
    return [one for one in check_publication(folder)[1] if one.kind != "not-carried"]


def test_pdf_and_html_are_drawn_with_it_alone_and_the_audit_knows_it(folder: Path, tmp_path: Path) -> None:
    session = Session.open(folder)
    made = compose_document(session, "all").load_or_render()
    html = made.html.decode()
    assert set(re.findall('font-family: "([^"]+)"', html)) == {FAMILY}
    assert f':root {{ --family: "{FAMILY}"; }}' in html
    assert html.count("data:font/woff2;base64,") == 2
    (tmp_path / "all.pdf").write_bytes(made.pdf)
    (tmp_path / "all.html").write_bytes(made.html)
    report = audit.audit_file(tmp_path / "all.pdf")
    assert report.problems == ()
    assert {font.name.partition("-")[0] for font in report.fonts} == {FAMILY}
    assert report.words == report.readings[0].found > 100
    strict = audit.Expectation(paper=None, language=None)
    assert "not one of ours" in audit.audit_pdf(made.pdf, strict).problems[0].message


def test_what_a_pdf_carries_is_enough_to_make_it_again(folder: Path, tmp_path: Path) -> None:
    session = Session.open(folder)
    made = compose_document(session, "all").load_or_render()
    carried = read_provenance(made.pdf, tmp_path)
    assert [name for name in carried.publication_files if name.startswith("fonts/")] == [
        "fonts/manifest.json", "fonts/web/Sefid-Bold.woff2", "fonts/web/Sefid-Regular.woff2",
    ]  # fmt: skip
    assert [name for name in carried.versions if FAMILY in name] == [f"{FAMILY} 400", f"{FAMILY} 700"]
    unpack_publication(carried, tmp_path / "again")
    again = Session.open(tmp_path / "again")
    assert again.engine_hash == session.engine_hash
    assert again.dataset_for("all") == session.dataset_for("all")
    assert compose_document(again, "all").neutral_hash == compose_document(session, "all").neutral_hash


def test_another_font_is_another_look_and_the_same_words(folder: Path) -> None:
    own = compose_document(Session.open(folder), "all")
    change(folder / "publication.yaml", f"fonts: [{FAMILY}]\n", "")
    ours = compose_document(Session.open(folder), "all")
    assert own.content == ours.content
    assert (own.neutral_hash, own.store_key) != (ours.neutral_hash, ours.store_key)
    assert {one.kind for one in Session.open(folder).warnings} == {"not-carried"}, "nothing uses the fonts"


def test_what_the_font_lacks_is_a_problem_or_drawn_with_the_next_one_that_is_named(folder: Path) -> None:
    change(folder / "publication.yaml", "publisher: ", "publisher: Weiß ")
    (found,) = told(folder)
    assert found.message == "the fonts have no character U+00DF 'ß'"
    change(folder / "publication.yaml", f"[{FAMILY}]", f"[{FAMILY}, Vazirmatn]")
    assert told(folder) == []
    faces, _ = find_publication_fonts(folder)
    assert family_names(faces) == (FAMILY, "Vazirmatn")
    assert ord("ß") in coverage(faces)
    assert f'--family: "{FAMILY}", "Vazirmatn"' in compose_document(Session.open(folder), "all").html()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("[Sefit]", "the font 'Sefit' is not in the publication's fonts/"),
        ("[a, b, c, d, e]", "the publication has more than 4 families of fonts"),
        ("{family: Sefid}", "an item of 'fonts' is a text, not a list or mapping"),
        ("[[Sefid]]", "an item of 'fonts' is a text, not a list or mapping"),
    ],
)
def test_fonts_that_are_not_there_are_told_at_their_place(folder: Path, said: str, message: str) -> None:
    change(folder / "publication.yaml", f"fonts: [{FAMILY}]", f"fonts: {said}")
    found = told(folder)[0]
    assert found.message == message
    assert found.file == folder / "publication.yaml"
    assert found.line


def test_a_faulty_font_is_told_beside_the_other_faults(folder: Path) -> None:
    change(folder / "publication.yaml", "publisher: ", "publischer: ")
    (folder / "fonts" / "web" / "Sefid-Bold.woff2").write_bytes(b"wOF2")
    assert {one.file for one in told(folder)} == {
        folder / "publication.yaml", folder / "fonts" / "web" / "Sefid-Bold.woff2",
    }  # fmt: skip


@pytest.mark.slow
def test_the_command_prepares_into_the_publication_and_says_what_to_write(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BASE, tmp_path / "publication"))
    regular, bold = published(tmp_path / "published")
    done = run("fonts", "prepare", "--publication", folder, "--font", regular)
    assert done.exit_code == 0, done.output
    assert "still needed: the bold face of Sefid, of weight 700" in done.output
    done = run("fonts", "prepare", "--publication", folder, "--font", bold)
    assert done.output.endswith(
        f"write into {folder}/publication.yaml:\n  fonts: [Sefid]\n"
        "or fonts: [Sefid, Vazirmatn], to draw with Vazirmatn what Sefid lacks\n"
    )
    assert "still needed" not in done.output
    with (folder / "publication.yaml").open("a") as file:
        file.write("fonts: Sefid\n")
    assert check_publication(folder)[1] == []
    listed = run("fonts", "--publication", folder)
    with contextlib.chdir(folder / "briefs"):
        assert run("fonts").stdout == listed.stdout
    assert re.findall("^(.*)  version", listed.output, re.M) == ["Sefid 400", "Sefid 700"]
    assert run("fonts", "prepare", "--publication", folder).exit_code == 2
