"""Exports of forms, with columns that not everybody may read, and honest public tables. All values are made up."""

import random
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

Cells = Callable[[random.Random, int], str]
NAMES = (
    "Gul Ahmad",
    "Zarmina Noor",
    "Karim Wali",
    "Fatima Jan",
    "Omid Sharif",
    "Laila Rahim",
    "Nasir Shah",
    "Mina Azad",
)
DARI_NAMES = ("گل احمد", "زرمینه نوری", "کریم ولی", "فاطمه جان", "امید شریف", "لیلا رحیم", "نصیر شاه", "مینا آزاد")
VILLAGES = ("Baghak", "Dara-e Sang", "Kariz", "Qala-e Naw", "Sar Ab", "Tangi", "Zarak", "Pul-e Surkh")
DARI_VILLAGES = ("باغک", "دره سنگ", "کاریز", "قلعه نو", "سرآب", "تنگی", "زرک", "پل سرخ")
PROVINCES = ("Kabul", "Herat", "Balkh", "Kandahar", "Nangarhar", "Badakhshan", "Takhar", "Kunduz")
DARI_PROVINCES = ("کابل", "هرات", "بلخ", "قندهار", "ننگرهار", "بدخشان", "تخار", "کندز")
COUNTRIES = ("Afghanistan", "France", "Pakistan", "Uzbekistan", "Germany", "Turkey", "Iran", "Italy")
THINGS = ("Central hospital", "North clinic", "District hospital", "Old clinic", "Health post 5", "City hospital",
          "East clinic", "Hospital of the river")  # fmt: skip


def _digits(numbers: random.Random, count: int) -> str:
    return "".join(str(numbers.randrange(10)) for _ in range(count))


def _luhn(numbers: random.Random) -> str:
    stem = "35" + _digits(numbers, 12)
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(stem)]
    return stem + str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def _iban(numbers: random.Random) -> str:
    account = _digits(numbers, 18)
    check = 98 - int(account + "131400") % 97  # D, E, 0, 0
    return f"DE{check:02}{account}"


def _of(words: tuple[str, ...]) -> Cells:
    return lambda numbers, place: words[place % len(words)]


CELLS: Mapping[str, Cells] = {
    "name": _of(NAMES),
    "dari name": _of(DARI_NAMES),
    "village": _of(VILLAGES),
    "dari village": _of(DARI_VILLAGES),
    "province": _of(PROVINCES),
    "dari province": _of(DARI_PROVINCES),
    "country": _of(COUNTRIES),
    "thing": _of(THINGS),
    "need": _of(("food", "water", "shelter", "food")),
    "dari need": _of(("غذا", "آب", "سرپناه", "غذا")),
    "yes": _of(("yes", "no")),
    "sex": _of(("female", "male")),
    "count": lambda numbers, place: str(numbers.randrange(1, 12)),
    "large": lambda numbers, place: str(numbers.randrange(1000, 90000)),
    "share": lambda numbers, place: f"{numbers.uniform(1, 90):.1f}",
    "long": lambda numbers, place: f"{numbers.uniform(1, 900):.6f}",
    "year": lambda numbers, place: str(2000 + place),
    "number": lambda numbers, place: str(place + 1),
    "code": lambda numbers, place: f"HH-{place + 1:03}",
    "lat": lambda numbers, place: f"{numbers.uniform(33, 37):.6f}",
    "lon": lambda numbers, place: f"{numbers.uniform(62, 71):.6f}",
    "point": lambda numbers, place: f"{numbers.uniform(33, 37):.6f} {numbers.uniform(62, 71):.6f} 1800.5 4.0",
    "pair": lambda numbers, place: f"{numbers.uniform(33, 37):.6f}, {numbers.uniform(62, 71):.6f}",
    "wkt": lambda numbers, place: f"POINT ({numbers.uniform(62, 71):.6f} {numbers.uniform(33, 37):.6f})",
    "dms": lambda numbers, place: f"{numbers.randrange(33, 37)}°{numbers.randrange(60)}'{numbers.randrange(60)}\"N",
    "phone": lambda numbers, place: f"07{_digits(numbers, 8)}",
    "foreign phone": lambda numbers, place: f"+93 7{_digits(numbers, 1)} {_digits(numbers, 3)} {_digits(numbers, 4)}",
    "dari phone": lambda numbers, place: ("07" + _digits(numbers, 8)).translate(
        str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
    ),
    "office phone": lambda numbers, place: f"020 {_digits(numbers, 3)} {_digits(numbers, 4)}",
    "mail": lambda numbers, place: f"person{place}@example.org",
    "uuid": lambda numbers, place: str(uuid.UUID(int=numbers.getrandbits(128), version=4)),
    "instance": lambda numbers, place: f"uuid:{uuid.UUID(int=numbers.getrandbits(128), version=4)}",
    "device": lambda numbers, place: f"collect:{_digits(numbers, 12)}",
    "imei": lambda numbers, place: _luhn(numbers),
    "sim": lambda numbers, place: f"8993{_digits(numbers, 15)}",
    "iban": lambda numbers, place: _iban(numbers),
    "born": lambda numbers, place: f"19{numbers.randrange(50, 99)}-{numbers.randrange(1, 13):02}-11",
    "dari born": lambda numbers, place: f"13{numbers.randrange(50, 99)}/{numbers.randrange(1, 13):02}/11",
    "identity": lambda numbers, place: f"{numbers.randrange(1400, 1405)}-{_digits(numbers, 4)}-{_digits(numbers, 5)}",
    "passport": lambda numbers, place: f"P{_digits(numbers, 8)}",
    "time": lambda numbers, place: f"2024-05-{place + 1:02}T09:3{place}:12.000+04:30",
    "user": lambda numbers, place: f"team_{'abcdefgh'[place % 8]}",
    "home": lambda numbers, place: f"Street {place + 1}, house {numbers.randrange(1, 90)}",
    "page": lambda numbers, place: f"https://www.example.org/{place}",
}

_TABLES = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
FORMS: Mapping[str, str] = _TABLES["forms"]
HONEST: Mapping[str, str] = _TABLES["honest"]
PROPOSED: Mapping[str, str] = _TABLES["proposed"]


def columns_of(form: str) -> list[tuple[str, str, bool]]:
    """The columns of a form: header, kind of its cells, and whether it must be private."""
    columns = []
    for column in form.split(";"):
        header, kind = column.strip().rsplit(" = ", 1)
        columns.append((header.removeprefix("!"), kind, header.startswith("!")))
    return columns


def fill_in(form: str, rows: int = 8, seed: int = 0) -> dict[str, list[str]]:
    """The cells of a form's columns. They are others for another seed."""
    numbers = random.Random(seed)
    filled = {}
    for header, kind, _ in columns_of(form):
        filled[header] = [CELLS[kind](numbers, place) for place in range(rows)]
    return filled
