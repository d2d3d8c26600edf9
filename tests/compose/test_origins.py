"""Pages that are read for their marks: the same page, with a mark around each value of the dataset."""

import re
from pathlib import Path

import pytest

from tests.support import GOLDEN, TIP_2025
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.translation.translator import translate_publication
from tipbrief.compose.html_page import compose_page
from tipbrief.compose.profiles import PAPERS
from tipbrief.compose.provenance import Origin, OriginIndex, split_sentences
from tipbrief.compose.templates import create_environment
from tipbrief.language.language import load_language
from tipbrief.language.unicode_text import MARK, read_mark_number, remove_marks
from tipbrief.problems import Problems

TEMPLATES = find_shipped_folder("templates")
QUAKES = TIP_2025.parent / "examples" / "earthquakes"
PICTURE = re.compile(r'src="[^"]*"')  # put in when a page is finished
PAGE = "<!DOCTYPE html><html><head></head><body>{}</body></html>"


@pytest.mark.parametrize("tag", ["fa-AF", "ps", "en"])
@pytest.mark.parametrize("folder", [TIP_2025, QUAKES, GOLDEN], ids=lambda one: one.name)
def test_without_its_marks_a_page_is_the_one_that_is_delivered(folder: Path, tag: str) -> None:
    whole = load_publication(folder)
    if tag not in [one.tag for one in whole.languages]:
        pytest.skip("it is not translated into that")
    if tag != whole.language.tag:
        whole = translate_publication(whole, load_language(tag))
    env = create_environment([folder / "templates"], TEMPLATES)
    for name in [*whole.documents][::30]:
        marked = compose_page(whole, name, (), env, paper=PAPERS["a5"], origins=OriginIndex())
        plain = compose_page(whole, name, (), env, paper=PAPERS["a5"])
        assert len(MARK.findall(marked)) > 50
        assert body(remove_marks(marked)) == body(plain)


def body(page: str) -> str:
    return PICTURE.sub("src", page.partition("</head>")[2])


def marks(publication: Publication, tmp_path: Path, text: str) -> tuple[str, list[Origin]]:
    """What a template of the publication prints, and the origins that stand in it, in order."""
    (tmp_path / "brief.html.j2").write_text(PAGE.format(text), encoding="utf-8")
    origins = OriginIndex()
    page = compose_page(publication, "each-AFG", (), create_environment([tmp_path], TEMPLATES), origins=origins)
    numbers = [read_mark_number(found[1]) for found in MARK.finditer(page) if found[1]]
    return body(remove_marks(page)), [origins.by_number[number] for number in numbers]


@pytest.mark.parametrize(
    ("text", "figure", "cell"),
    [
        ("{{ values['wells'] | number }}", "wells", None),
        ("{{ figures['wells'].value | number }}", "wells", None),
        ("{{ value('wells') }}", "wells", None),
        ("{{ row.name }}", "", ("places", "AFG", "name")),
        ("{{ row['name'] | upper }}", "", ("places", "AFG", "name")),
        ("{{ '(' ~ row.name ~ ')' }}", "", ("places", "AFG", "name")),
        ("{{ 'mine' | of(row.name) }}", "", ("places", "AFG", "name")),
        ("{{ [row.name, 'and'] | join(' ') }}", "", ("places", "AFG", "name")),
        ('<i title="{{ row.name }}"></i>', "", ("places", "AFG", "name")),
    ],
)
def test_what_a_template_of_the_publication_prints_is_marked(
    made_up: Publication, tmp_path: Path, text: str, figure: str, cell: tuple[str, str, str] | None
) -> None:
    (found,) = marks(made_up, tmp_path, text)[1]
    assert (found.figure, found.cell) == (figure, cell)


def test_a_text_is_known_by_its_place_and_what_stands_in_it_is_marked_too(made_up: Publication, tmp_path: Path) -> None:
    _, (title, name) = marks(made_up, tmp_path, "{{ rich(brief.title) }}")
    assert title.place == made_up.briefs["each"].title.location
    assert name.cell == ("places", "AFG", "name")


def test_what_a_template_decides_is_the_same(made_up: Publication, tmp_path: Path) -> None:
    text = (
        "{{ (values['wells'] | number) | length }} {{ rich(brief.title) == rich(brief.title) }}"
        "{{ ' lost' if rich(brief.title) != value('row.name') }}"
    )
    marked, _ = marks(made_up, tmp_path, text)
    assert marked == body(compose_page(made_up, "each-AFG", (), create_environment([tmp_path], TEMPLATES)))


@pytest.mark.parametrize(
    "text", ["{{ row.name._origins }}", "{{ row._at }}", "{{ row.name.location.file }}", "{{ values.x._origins }}"]
)
def test_marks_open_nothing(made_up: Publication, tmp_path: Path, text: str) -> None:
    with pytest.raises(Problems):
        marks(made_up, tmp_path, text)


def test_more_is_printed_than_there_are_marks(
    made_up: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tipbrief.compose.provenance.MAX_MARKS", 1)
    printed, found = marks(made_up, tmp_path, "{{ row.name }} {{ value('wells') }} {{ row.name }}")
    assert len(found) == 2
    assert "\U000f0000" not in printed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two? Three", ["One. ", "Two? ", "Three"]),
        ("The U.S. State Department. It did.", ["The U.S. State Department. ", "It did."]),
        ("At 5 p.m. today.{@one two} Then", ["At 5 p.m. today.{@one two} ", "Then"]),
        ("چرا؟ «چون۔» بلی.", ["چرا؟ ", "«چون۔» ", "بلی."]),
    ],
)
def test_a_text_is_parted_where_sentences_begin(text: str, parts: list[str]) -> None:
    assert split_sentences(text) == parts
