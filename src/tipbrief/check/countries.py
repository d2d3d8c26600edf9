"""The countries that the map of the world has, and those that it lacks."""

import csv
from functools import cache

from tipbrief.assets import shipped

# Countries and territories with a code of ISO 3166, and no place on the map.
OFF_THE_MAP = "ATA ATF BES BVT CCK CXR GIB GLP GUF HMD IOT MTQ MYT REU SGS SJM TKL TUV UMI"


@cache
def on_the_map() -> frozenset[str]:
    """The codes of all countries on the map: ISO 3166, three letters, and XKX."""
    with (shipped("data") / "maps" / "world.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row[0] for row in csv.reader(file)) - {"iso3"}
