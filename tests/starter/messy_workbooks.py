"""Workbooks as people really have them, made here: titles, serial numbers, totals, notes, merged cells."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl

PROVINCES = """
بدخشان بادغیس بغلان بلخ بامیان دایکندی فراه فاریاب غزنی غور هلمند هرات جوزجان کابل کندهار کاپیسا خوست کنر کندز لغمان
لوگر ننگرهار نیمروز نورستان پکتیا پکتیکا پنجشیر پروان سمنگان سرپل تخار ارزگان وردک زابل
""".split()  # noqa: SIM905
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def save(file: Path, sheets: dict[str, Sequence[Sequence[object]]], merged: str = "") -> Path:
    """A workbook with these sheets; ``merged`` are ranges of the first."""
    book = openpyxl.Workbook()
    for place, (name, rows) in enumerate(sheets.items()):
        sheet = book.active if place == 0 else book.create_sheet()
        sheet.title = name
        for row in rows:
            sheet.append(list(row))
        for cells in merged.split() if place == 0 else ():
            sheet.merge_cells(cells)
    book.save(file)
    return file


def provinces_in_dari(file: Path) -> Path:
    """Provinces in Dari with two title rows, serial numbers, a total in Persian digits' neighbourhood, and a note."""
    wells = [(137 * place) % 900 + 40 for place in range(34)]
    people = [(7919 * place) % 90_000 + 12_000 for place in range(34)]
    rows: list[Sequence[object]] = [
        ("وزارت انکشاف دهات", None, None, None, None),
        ("چاه‌های آب آشامیدنی در ولایات (نمونه)", None, None, None, None),
        (None,) * 5,
        ("شماره", "ولایت", "تعداد چاه", "نفوس مستفید", "حالت"),
    ]
    states = ("فعال", "نیمه‌فعال", "غیرفعال")
    rows += [
        (n + 1, name, wells[n], str(people[n]).translate(PERSIAN), states[n % 3]) for n, name in enumerate(PROVINCES)
    ]
    rows += [(None, "مجموع", sum(wells), str(sum(people)).translate(PERSIAN), None)]
    rows += [(None,) * 5, ("یادداشت: ارقام این جدول نمونه است و از هیچ ریاستی نیامده است.", None, None, None, None)]
    return save(file, {"چاه‌ها": rows}, "A1:E1 A2:E2 A41:E41")


def countries_by_years(file: Path) -> Path:
    """Countries by years in columns, as the World Bank gives them, with a metadata sheet."""
    years = range(1990, 2025)
    names = {"AFG": "Afghanistan", "PAK": "Pakistan", "IRN": "Iran, Islamic Rep.", "TJK": "Tajikistan",
             "UZB": "Uzbekistan", "TKM": "Turkmenistan", "CHN": "China"}  # fmt: skip
    rows: list[Sequence[object]] = [
        ("Data Source", "World Development Indicators"), (), ("Last Updated Date", "2025-07-01"), (),
        ("Country Name", "Country Code", "Indicator Name", "Indicator Code", *map(str, years)),
    ]  # fmt: skip
    for place, (code, name) in enumerate(names.items()):
        cells = [round(20 + place * 7 + (year - 1990) * (1.1 - place / 9), 1) for year in years]
        cells[3:6] = [None if place % 2 else ".."] * 3
        rows.append((name, code, "People using safe water (% of population)", "SH.H2O.SMDW.ZS", *cells))
    meta = [("Country Code", "Region"), *((code, "Asia") for code in names)]
    return save(file, {"Data": rows, "Metadata - Countries": meta})


def pashto_with_merged_headers(file: Path) -> Path:
    """A Pashto table whose header has two rows, the upper of them merged."""
    rows: list[Sequence[object]] = [
        ("د ښوونځیو شمېرنه", None, None, None, None, None),
        ("ولسوالي", "ښوونځي", "زده کوونکي ۱۴۰۲", None, "زده کوونکي ۱۴۰۳", None),
        (None, None, "هلکان", "نجونې", "هلکان", "نجونې"),
    ]
    for place, name in enumerate(("پغمان", "ده سبز", "شکردره", "استالف", "قره باغ", "میر بچه کوټ")):
        rows.append((name, 4 + place, 1200 + 31 * place, 900 + 17 * place, 1300 + 29 * place, 950 + 19 * place))
    rows.append(("ټول", *(sum(int(row[at]) for row in rows[3:]) for at in range(1, 6))))  # type: ignore[call-overload]
    return save(file, {"کابل": rows}, "A1:F1 A2:A3 B2:B3 C2:D2 E2:F2")


def two_sheets_with_notes(file: Path) -> Path:
    """A sheet of notes before that of the table, which has notes below it."""
    notes = [("About this workbook",), ("It is made up for a test.",), ("Nobody counted these wells.",)]
    rows: list[Sequence[object]] = [
        ("Wells by village", None, None, None), (),
        ("village", "district", "depth (m)", "state"),
        ("Bagh", "Enjil", 48, "working"), ("Chinar", "Enjil", 61, "working"), ("Darra", "Guzara", "n/a", "dry"), (),
        ("Karez", "Guzara", 52, "working"), ("Pul", "Enjil", 70, "dry"), ("Qala", "Karukh", 44, "working"), (),
        ("Note: depths were measured by rope.", None, None, None), ("Source: made up", None, None, None),
    ]  # fmt: skip
    return save(file, {"Notes": notes, "Wells": rows})


WORKBOOKS = {
    "provinces": (provinces_in_dari, "fa-AF"),
    "countries": (countries_by_years, "en"),
    "schools": (pashto_with_merged_headers, "ps"),
    "wells": (two_sheets_with_notes, "en"),
}
