"""Maps of a publication's own shapes, and what its sheets say of them."""

import random
from pathlib import Path

import pytest
import shapely

from tests.check.support import messages
from tests.support import change, first_of, page_of
from tipbrief.check.blocks import MapChart
from tipbrief.check.publication import load_publication
from tipbrief.compose.maps import shape_map

SHAPES = {
    "AFG": '{"type": "Polygon", "coordinates": [[[60, 30], [63, 30], [63, 34], [60, 34], [60, 30]]]}',
    "PAK": '{"type": "Polygon", "coordinates": [[[63, 30], [66, 30], [66, 34], [63, 34], [63, 30]]]}',
    "XX": '{"type": "Polygon", "coordinates": [[[66, 30], [68, 30], [68, 34], [66, 34], [66, 30]]]}',
    "TJK": '{"type": "Point", "coordinates": [65, 35]}',
    "AND": "null",
}
FEATURES = ", ".join(
    f'{{"type": "Feature", "properties": {{"nr": "{code}"}}, "geometry": {geometry}}}'
    for code, geometry in SHAPES.items()
)
GEOJSON = f'{{"type": "FeatureCollection", "features": [{FEATURES}]}}\n'


@pytest.fixture
def own(wells: Path) -> Path:
    """The made-up publication, with a map of its own shapes."""
    (wells / "maps").mkdir()
    (wells / "maps" / "wells.geojson").write_text(GEOJSON, encoding="utf-8")
    change(
        wells / "briefs/all.yaml",
        "shapes: world\n      notes: false\n",
        "shapes: maps/wells.geojson\n      key: nr\n      borders: atlas\n",
    )
    return wells


def test_own_shapes_are_drawn_by_the_declared_property(own: Path) -> None:
    publication = load_publication(own)
    block = first_of(MapChart, publication)
    drawn = shape_map(publication, block)
    groups = {group.choice and str(group.choice.label): group for group in drawn.groups}
    assert [name for name, group in groups.items() if group.path] == [None, "باز", "بسته"]
    assert [name for name, group in groups.items() if group.dots] == ["باز"]
    assert drawn.missing == (publication.tables["places"].row_name("AND"),)
    assert drawn.empty
    atlas = publication.sources["atlas"]
    assert atlas.date
    assert drawn.borders == f"{atlas.publisher}، {publication.language.digits(atlas.date.year)}"
    assert drawn.box[:3] == (0, 0, 2000)


def test_the_sheet_says_what_the_map_lacks_and_whose_borders_it_shows(own: Path) -> None:
    html = page_of(load_publication(own), "all")
    drawn = html.partition("chart map")[2].partition("</section>")[0]
    assert '. باز: ۲؛ بسته: ۱؛ خشک: ۱؛ بدون معلومات: ۱؛ اندورا در نقشه نیست."><title>' in drawn
    assert ". باز: ۲؛ بسته: ۱؛ خشک: ۱.</title>" in drawn
    assert "مرزها: " in drawn
    assert "Example &amp; Sons" in drawn, "who drew them is named"
    assert 'class="cite"' in drawn.partition("borders")[2], "and cited"
    legend = drawn.partition("</ul>")[0]
    assert "بدون معلومات" in legend, "land without a row is named"
    assert "اندورا" in drawn.partition("</svg>")[2], "and what has no place"


def test_own_shapes_need_a_key_beside_whose_borders_they_are(own: Path) -> None:
    change(own / "briefs/all.yaml", "      key: nr\n", "")
    assert messages(own) == ["'maps/wells.geojson' does not say what its shapes are"]


def test_own_shapes_that_would_fill_the_page_are_refused(own: Path) -> None:
    file = own / "maps/wells.geojson"
    islands = [
        shapely.box(60 + x / 10, 30 + y / 10, 60.07 + x / 10, 30.07 + y / 10) for x in range(99) for y in range(99)
    ]
    geometry = shapely.to_geojson(shapely.MultiPolygon(islands))
    file.write_text(GEOJSON.replace(SHAPES["XX"], geometry), encoding="utf-8")
    [message] = messages(own)
    assert message.startswith("its shapes, made coarser, are still")


def test_own_shapes_that_only_cross_themselves_are_refused(own: Path) -> None:
    chance = random.Random(1)
    corners = [[chance.uniform(60, 70), chance.uniform(30, 40)] for _ in range(30_000)]
    geometry = f'{{"type": "Polygon", "coordinates": [{corners}]}}'
    file = own / "maps/wells.geojson"
    file.write_text(GEOJSON.replace(SHAPES["XX"], geometry), encoding="utf-8")
    assert messages(own) == ["the shape 'XX' cannot be drawn: its outline crosses itself again and again"]
