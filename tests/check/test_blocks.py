"""A new kind of block is one model and one template: one is made here, checked, and composed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest

from tests.check.support import anew, messages
from tests.support import change, page_of, problems_of
from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import BLOCKS, Block, every_block
from tipbrief.check.models import ColumnOf, FigureName, ProseName, TableName
from tipbrief.check.publication import load_publication
from tipbrief.check.references import References
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem

TEMPLATE = """\
<aside class="banner">{{ value(block.figure) }} {{ block.words.afg }}
{% for block in block.below %}{% include 'blocks/' ~ block.kind ~ '.html.j2' %}{% endfor %}</aside>
"""
BANNER = """\
  - banner:
      figure: first
      words: {afg: lead}
      table: placements
      columns: [victims]
      below: [lead: lead]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A publication that prints a block of a kind that tipbrief does not have."""

    class BannerBlock(Block, kind="banner"):
        """A figure, loudly, above other blocks."""

        figure: FigureName
        words: dict[str, ProseName]
        table: TableName
        columns: tuple[Annotated[Text, ColumnOf(type="number", is_drawn=True)], ...]
        year: Annotated[Text, ColumnOf(type="year")] | None = None
        row: Annotated[Text, ColumnOf(None)] | None = None
        below: tuple[Block, ...] = ()

        def find_problems(self, known: References) -> Iterator[Problem]:
            """It is no place for a whole dataset."""
            if len(self.columns) > 2:
                yield self.location.problem("a banner has two columns at most", kind="crowded")

    folder = anew(tmp_path)
    change(folder / "briefs" / "main.yaml", "  - quotation: minister\n", BANNER)
    (folder / "templates" / "blocks").mkdir(parents=True)
    (folder / "templates" / "blocks" / "banner.html.j2").write_text(TEMPLATE, encoding="utf-8")
    yield folder
    del BLOCKS["banner"]


def test_a_new_kind_of_block_is_composed_with_its_own_template(folder: Path) -> None:
    publication = load_publication(folder)
    assert [block.kind for block in every_block(publication.briefs["main"].blocks)][4:6] == ["banner", "lead"]
    [banner] = page_of(publication, "main").split('<aside class="banner">')[1:]
    assert banner.startswith('۱ lead\n<div class="lead">')


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "kind"),
    [
        ("figure: first", "figure: frist", (12, 15), "there is no figure 'frist'", "unknown-figure"),
        ("afg: lead", "afg: led", (13, 20), "there is no prose 'led'", "unknown-prose"),
        ("table: placements\n", "table: place\n", (14, 14), "there is no table 'place'", "unknown-table"),
        ("[victims]", "[victim]", (15, 17), "there is no column 'victim'", "unknown-column"),
        ("[victims]", "[name]", (15, 17), "the column 'name' has no numbers to draw", "column-type"),
        ("[victims]", "[victims, victims, victims]", (11, 5), "a banner has two columns at most", "crowded"),
        ("below:", "row: x\n      below:", (11, 5), "'banner' needs a row, and the brief has none", "no-row"),
        ("below:", "year: name\n      below:", (16, 13), "the column 'name' has no year", "column-type"),
        ("below: [lead: lead]", "below: [lead: led]", (16, 21), "there is no prose 'led'", "unknown-prose"),
        ("figure: first", "", (11, 5), "'banner': the key 'figure' is missing", "missing-key"),
        ("banner:", "baner:", (11, 5), "an item of 'blocks': 'baner' is not known", "unknown-variant"),
    ],
)
def test_a_new_kind_of_block_is_checked(
    folder: Path, old: str, new: str, place: tuple[int, int], message: str, kind: str
) -> None:
    change(folder / "briefs" / "main.yaml", old, new)
    # Nothing names the template of a misspelt block, of which there is a warning.
    [problem] = [one for one in problems_of(load_publication, folder) if one.severity == "error"]
    assert problem.file == folder / "briefs" / "main.yaml"
    assert ((problem.line, problem.column), problem.message, problem.kind) == (place, message, kind)


def test_numbers_less_than_nothing_are_not_drawn(folder: Path) -> None:
    change(folder / "tables" / "placements.csv", ",1200,", ",-1200,")
    assert "the column 'victims' has numbers less than 0, which are not drawn" in messages(folder)


def test_each_kind_of_block_has_its_template() -> None:
    templates = {path.name.partition(".")[0] for path in (find_shipped_folder("templates") / "blocks").iterdir()}
    assert BLOCKS.keys() == templates
