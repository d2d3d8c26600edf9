"""Bring the program's catalogues up to what templates and modules say: new words come in, old ones go."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
CATALOGUES = ROOT / "src" / "tipbrief" / "language" / "catalogues"
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "counters": None,
    "words": None,
    "plural": (1, 2),
}


def said() -> Catalog:
    """All words of the program, in English."""
    found = Catalog(project="tipbrief", charset="utf-8")
    jinja = {"jinja2.ext": {"trimmed": "true"}}
    for folder, methods in (
        (
            ROOT / "templates",
            [("**.j2", "jinja2.ext:babel_extract"), ("css/**.css", "jinja2.ext:babel_extract")],
        ),
        (ROOT / "src" / "tipbrief", [("**.py", "python")]),
    ):
        for name, line, words, *_ in extract_from_dir(folder, methods, jinja, keywords=_KEYWORDS):
            found.add(words, locations=[((folder / name).relative_to(ROOT).as_posix(), line)])
    return found


def main() -> None:
    """Write the catalogues anew."""
    template = said()
    for file in sorted(CATALOGUES.glob("*.po")):
        with file.open("rb") as lines:
            known = read_po(lines)
        known.update(template, no_fuzzy_matching=True)
        known.header_comment = f"# The program's own words: {file.stem}."
        with file.open("wb") as out:
            write_po(out, known, width=100, no_location=True, ignore_obsolete=True, sort_output=True)


if __name__ == "__main__":
    main()
