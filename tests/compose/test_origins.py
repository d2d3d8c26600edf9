"""Pages that are read for their marks: the same page, with a mark around each value of the dataset."""

import re
from pathlib import Path

import pytest

from tests.support import GOLDEN, TIP_2025
from tipbrief.assets import shipped
from tipbrief.check.publication import Publication, load
from tipbrief.check.translation import translated
from tipbrief.compose.origins import Origin, Origins
from tipbrief.compose.page import compose
from tipbrief.compose.profiles import PAPERS
from tipbrief.compose.templates import environment
from tipbrief.language.language import language
from tipbrief.problems import Problems
from tipbrief.typeset.marks import MARK, number_of, unmarked

TEMPLATES = shipped("templates")
QUAKES = TIP_2025.parent / "examples" / "earthquakes"
PICTURE = re.compile(r'src="[^"]*"')  # put in when a page is finished
PAGE = "<!DOCTYPE html><html><head></head><body>{}</body></html>"


@pytest.mark.parametrize("tag", ["fa-AF", "ps", "en"])
@pytest.mark.parametrize("folder", [TIP_2025, QUAKES, GOLDEN], ids=lambda one: one.name)
def test_without_its_marks_a_page_is_the_one_that_is_delivered(folder: Path, tag: str) -> None:
    whole = load(folder)
    if tag not in [one.tag for one in whole.languages]:
        pytest.skip("it is not translated into that")
    if tag != whole.language.tag:
        whole = translated(whole, language(tag))
    env = environment([folder / "templates"], TEMPLATES)
    for name in [*whole.documents][::9]:
        marked = compose(whole, name, (), env, paper=PAPERS["a5"], origins=Origins())
        plain = compose(whole, name, (), env, paper=PAPERS["a5"])
        assert len(MARK.findall(marked)) > 50
        assert body(unmarked(marked)) == body(plain)


def body(page: str) -> str:
    return PICTURE.sub("src", page.partition("</head>")[2])


def marks(publication: Publication, tmp_path: Path, text: str) -> tuple[str, list[Origin]]:
    """What a template of the publication prints, and the origins that stand in it, in order."""
    (tmp_path / "brief.html.j2").write_text(PAGE.format(text), encoding="utf-8")
    origins = Origins()
    page = compose(publication, "each-AFG", (), environment([tmp_path], TEMPLATES), origins=origins)
    numbers = [number_of(found[1]) for found in MARK.finditer(page) if found[1]]
    return body(unmarked(page)), [origins.found[number] for number in numbers]


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


def test_a_text_is_known_by_its_place_and_what_stands_in_it_is_marked_too(
    made_up: Publication, tmp_path: Path
) -> None:
    _, (title, name) = marks(made_up, tmp_path, "{{ rich(brief.title) }}")
    assert title.place == made_up.briefs["each"].title.place
    assert name.cell == ("places", "AFG", "name")


def test_what_a_template_decides_is_the_same(made_up: Publication, tmp_path: Path) -> None:
    text = (
        "{{ (values['wells'] | number) | length }} {{ rich(brief.title) == rich(brief.title) }}"
        "{{ ' lost' if rich(brief.title) != value('row.name') }}"
    )
    marked, _ = marks(made_up, tmp_path, text)
    assert marked == body(compose(made_up, "each-AFG", (), environment([tmp_path], TEMPLATES)))


@pytest.mark.parametrize(
    "text",
    ["{{ row.name._origins }}", "{{ row._at }}", "{{ row.name.place.file }}", "{{ values.x._origins }}"],
)
def test_marks_open_nothing(made_up: Publication, tmp_path: Path, text: str) -> None:
    with pytest.raises(Problems):
        marks(made_up, tmp_path, text)


def test_more_is_printed_than_there_are_marks(
    made_up: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tipbrief.compose.origins.MOST", 1)
    printed, found = marks(made_up, tmp_path, "{{ row.name }} {{ value('wells') }} {{ row.name }}")
    assert len(found) == 2
    assert "\U000f0000" not in printed
