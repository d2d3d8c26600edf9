"""What the tests of corrections share: the small publication with more in it, and its files."""

import shutil
from pathlib import Path
from typing import Any

from tests.support import BASE, HEAD, SOURCES, append, figures_brief, wells
from tipbrief.corrections.amendment import Amendment
from tipbrief.corrections.correction import Correction, plan_correction
from tipbrief.language.dates import Date
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems

DAY, NEXT_DAY = Date(2026, 11, 25), Date(2026, 11, 26)
REASON = "خطای رونویسی"
CLOSED = """\
closed:
  label: کشور با چاه بسته
  kind: reported
  value: 1
  check: {table: places, where: {state: shut}}
  sources: [survey]
"""

MORE_FIGURES = """\
kenya:
  label: قربانی
  kind: reported
  cell: {table: placements, row: KEN, column: victims}
big: {label: کلان, kind: reported, value: 1_000, sources: [report]} # not {value: 1000}
total:
  label: مجموع
  kind: derived
  sum: [governments, pattern]
all:
  label: همه
  kind: counted
  count: {table: placements}
third:
  label: در ردیف سوم
  kind: counted
  count: {table: placements, where: {iso3: KEN, tier: '3'}}
"""
MORE_TABLES = """\
years:
  file: tables/years.csv
  title: سال‌ها
  key: [iso3, year]
  sources: [report]
  columns:
    iso3: {type: key, table: placements}
    year: {type: year}
    began: {type: year, blank: true}
    near: {type: key, table: placements, blank: true}
    mark: {type: code}
    note: {type: text}
    rate: {type: number}
"""
YEARS = 'iso3,year,began,near,mark,note,rate\nAFG,2024,1999,KEN,x1,"a, b",1.5\nAFG,2025,,SYR,x2,c,2\n'


def every_kind(folder: Path) -> Path:
    """The small sound publication, with figures and a table of every kind."""
    shutil.copytree(BASE, folder)
    append(folder / "figures.yaml", MORE_FIGURES)
    append(folder / "tables.yaml", MORE_TABLES)
    (folder / "tables" / "years.csv").write_text(YEARS, encoding="utf-8")
    return folder


def print_table(folder: Path, table: str, columns: str) -> None:
    """Add a brief that prints these columns of a table: the ledger records only what is printed."""
    brief = HEAD.replace("pages: 1", "pages: auto")
    brief += f"  - table: {{table: {table}, columns: [{columns}], title: چیزها}}\n{SOURCES}"
    (folder / "briefs" / f"{table}.yaml").write_text(brief, encoding="utf-8")


def wells_printing(to: Path, briefs: dict[str, str]) -> Path:
    """The made-up publication with small briefs of these figures, of which nothing was delivered yet."""
    made = wells(to, **{name: figures_brief(figures) for name, figures in briefs.items()})
    append(made / "figures.yaml", CLOSED)
    return made


def planned(folder: Path, *wanted: tuple[str, str], **settings: Any) -> Correction:
    """A correction of the next day, or of the last day in the ledger where that is later."""
    session = Session.open(folder)
    day = max([NEXT_DAY, *(file.date for file in session.ledger.entry_files)])
    usual: dict[str, Any] = {"reason": REASON, "kind": "correction", "source": "", "date": day}
    sure = settings.pop("sure", False) or "reasons" in settings
    made = plan_correction(session, wanted, **(usual | settings))
    if made.doubts and not sure:
        raise Problems(made.doubts)
    return made


def write(folder: Path, amended: Amendment) -> None:
    for name, content in amended.files.items():
        (folder / name).write_bytes(content)
