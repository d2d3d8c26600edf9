"""The second publication: its tables say what its catalogue says, and it builds in all of its languages."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support import pdf_text, read_rows, run, run_well
from tipbrief.assets import find_shipped_folder
from tipbrief.check.maps.shapes import load_shipped_shapes
from tipbrief.check.publication import load_publication

QUAKES = find_shipped_folder("data") / "examples" / "earthquakes"


def rows(name: str) -> list[dict[str, str]]:
    return read_rows(QUAKES / "tables" / f"{name}.csv")


def test_the_example_has_no_fault_and_nothing_to_warn_of() -> None:
    assert load_publication(QUAKES).warnings == ()


def test_provinces_and_years_count_the_earthquakes_of_the_catalogue() -> None:
    quakes = rows("quakes")
    assert len(quakes) == 156
    assert min(float(quake["magnitude"]) for quake in quakes) == 5.5
    counts = Counter(quake["province"] for quake in quakes)
    provinces = {row["code"]: row for row in rows("provinces")}
    assert provinces.keys() == load_shipped_shapes("afghanistan-provinces").by_key.keys()
    for code, row in provinces.items():
        own = [quake for quake in quakes if quake["province"] == code]
        assert int(row["quakes"]) == counts[code] == len(own)
        strongest = max(own, key=lambda quake: float(quake["magnitude"]), default=None)
        told = (strongest["magnitude"], strongest["day"][:4]) if strongest else ("", "")
        assert (row["strongest"], row["in_year"]) == told
        among = {"none": range(1), "few": range(1, 3), "several": range(3, 10), "many": range(101, 1000)}
        assert len(own) in among[row["level"]]
    years = Counter(quake["day"][:4] for quake in quakes)
    assert {row["year"]: int(row["quakes"]) for row in rows("years")} == {
        str(year): years[str(year)] for year in range(1965, 2017)
    }


@pytest.mark.parametrize(
    ("brief", "said"),
    [
        pytest.param(
            "overview", {"": "مرزها", ".ps": "پولې", ".en": "Borders: Natural Earth, 2015."}, marks=pytest.mark.slow
        ),
        ("province", {"": "بدخشان", ".ps": "بدخشان", ".en": "Badakhshan on the map"}),
    ],
)
def test_it_builds_in_all_of_its_languages(brief: str, said: dict[str, str], tmp_path: Path) -> None:
    only = ("--only", "AF-BDS") if brief == "province" else ()
    run_well("build", brief, *only, "--language", "all", "--publication", QUAKES, "--out", tmp_path)
    name = f"earthquakes-{brief}{'-AF-BDS' if only else ''}"
    for language, words in said.items():
        pdf, html = (tmp_path / f"{name}{language}.{kind}" for kind in ("pdf", "html"))
        assert words in pdf_text(pdf)
        page = html.read_text(encoding="utf-8")
        assert page.count("data:image/svg+xml;base64") == (2 if brief == "overview" else 1), "the logo, and a picture"
        assert "border-bottom: 2pt solid var(--accent)" in page, "and its own styles"
        assert "Sahel" in page


def test_a_province_fits_the_shorter_paper_too(tmp_path: Path) -> None:
    """A map that is nearly as high as wide gives way to the text."""
    where = "--publication", QUAKES, "--out", tmp_path
    done = run("build", "province", "--only", "AF-BAL", "--paper", "letter", *where)
    assert (done.exit_code, done.stderr.count("warning")) == (0, 0), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["office", "grey"])
def test_it_builds_on_small_paper(profile: str, tmp_path: Path) -> None:
    """In Pashto the marks of sources stand beside letters of another font; in grey, high bars have thick edges."""
    form = ("--paper", "a5", "--profile", profile, "--language", "all")
    run_well("build", "overview", *form, "--publication", QUAKES, "--out", tmp_path)
    assert len([*tmp_path.glob("*.pdf")]) == 3
