"""A publication of many documents: a small sheet for each of eight rows, and a brief that is a single one."""

from pathlib import Path

from tests.support import SOURCES, figures_brief, wells

ROWS = {"IRN": "ایران", "IRQ": "عراق", "TUR": "ترکیه", "EGY": "مصر"}
EACH = [f"each-{key}" for key in ("AFG", "AND", "PAK", "TJK", *ROWS)]
SHEET = (
    "for_each: places\ntitle: '{row.name}'\nsubtitle: ژرفا {row.depth}\nshort: چاه\nsubject: برگۀ آزمایشی\n"
    "pages: 1\nblocks:\n  - badge: {by: state, title: حالت}\n  - note: memo\n" + SOURCES
)


def sheets(to: Path, more: int = 0) -> Path:
    """The briefs ``each`` and ``one``, of which nothing was delivered yet; with so many more rows."""
    copy = wells(to, each=SHEET, one=figures_brief("wells"))
    with (copy / "tables" / "places.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{key},{name},7,open,\n" for key, name in ROWS.items())
        file.writelines(f"ROW-{at},ردیف {at},{at},open,\n" for at in range(more))
    return copy
