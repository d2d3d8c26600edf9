"""Another WeasyPrint: with any private name renamed, a brief has the same bytes, or there is a named problem."""

import os
import re
import shutil
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from tests.typeset.patches.replaced_names import REPLACED_NAMES
from tests.typeset.patches.turns import run_script
from tipbrief.typeset.patches import registry

# Reads a page and folders with other sources; sets the page with each of them, in a fork of one process.
TYPESET = """
import hashlib, json, os, sys
sys.dont_write_bytecode = True
from pathlib import Path
import cffi, PIL.Image, fontTools.subset, fontTools.ttLib.woff2, fontTools.varLib.instancer
from tipbrief.load.source_text import SourceLocation
from tipbrief.problems import Problems
from tipbrief.typeset.engine import Typesetter
from tipbrief.typeset.fit import fit_pages
from tipbrief.language.unicode_text import add_marks
from tipbrief.typeset.source_map import find_mark_areas

given = json.load(sys.stdin)
assert not {"weasyprint", "pydyf", "tinyhtml5", "cssselect2"} & set(sys.modules)

def typeset(html):
    typesetter = Typesetter(Path(given["fonts"]), {name: Path(file) for name, file in given["twins"].items()})
    fitted = fit_pages(typesetter, html, 1, SourceLocation(Path("brief.yaml"), 1))
    pdf = fitted.typesetting.final_pdf
    marked = html.replace(given["word"], add_marks(given["word"], 7), 1)
    areas = [(one.page, one.box) for one in find_mark_areas(fitted.layout, marked)]
    return hashlib.sha256(pdf + repr(areas).encode()).hexdigest()

for folder in given["folders"]:
    reading, writing = os.pipe()
    if not os.fork():
        sys.path.insert(0, folder)
        try:
            came = typeset(given["page"])
        except Problems as raised:
            came = [problem.message for problem in raised.problems]
        except BaseException as fault:
            came = {"fault": f"{type(fault).__name__}: {fault}"}
        os.write(writing, json.dumps(came).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as came:
        print(came.read() or '{"fault": "the process died"}', flush=True)
    os.wait()
"""
PACKAGES = tuple(registry.PROVEN_SOURCES)
NEEDED = registry.list_needed_names()
# Python's own names cannot be renamed; ``parse`` is tinyhtml5's public name, and others have it, too.
NOT_RENAMED = re.compile(r"__\w+__|parse|path")


def identifier(name: str) -> str:
    """What is renamed: the last part of a name that may be."""
    return next(part for part in reversed(re.split("[:.]", name)) if not NOT_RENAMED.fullmatch(part))


def write_sources(folder: Path, *renamed: str) -> str:
    """WeasyPrint and its libraries in a folder, with other identifiers in place of some; else as they are."""
    for package in PACKAGES:
        spec = util.find_spec(package)
        assert spec
        assert spec.origin
        source, copy = Path(spec.origin).parent, folder / package
        shutil.copytree(source, copy, copy_function=os.symlink, ignore=shutil.ignore_patterns("__pycache__"))
        for file in source.rglob("*.py") if renamed else ():
            text = file.read_text(encoding="utf-8")
            if (other := re.sub(rf"\b({'|'.join(renamed)})\b", r"\1_of_old", text)) != text:
                (copy / file.relative_to(source)).unlink()
                (copy / file.relative_to(source)).write_text(other, encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def page(documents: list[str]) -> str:
    return documents[2]  # of one page, in English


REPLACED_FIRST = [(names[0],) for names in REPLACED_NAMES.values()]
REPLACED_NEXT = [(name,) for names in REPLACED_NAMES.values() for name in names[1:]]
# A single word, or the name of a property, is that of other things, too: the import may fail before it is missed.
NEEDED_ALONE = [(name,) for name in NEEDED if re.fullmatch(r"[a-z]+|padding_\w+", identifier(name))]
_OTHERS = [name for name in NEEDED if (name,) not in NEEDED_ALONE]
NEEDED_TOGETHER = [tuple(_OTHERS[number::5]) for number in range(5)]


@pytest.mark.parametrize(
    "groups",
    [
        [*REPLACED_FIRST[:2], NEEDED_TOGETHER[0]],
        pytest.param(
            [*REPLACED_FIRST[2:], *REPLACED_NEXT, *NEEDED_ALONE, *NEEDED_TOGETHER[1:]], marks=pytest.mark.slow
        ),
    ],
    ids=["some", "all others"],
)
def test_a_renamed_name_changes_no_byte_or_is_named(
    page: str, given_faces: dict[str, Any], tmp_path: Path, groups: list[tuple[str, ...]]
) -> None:
    """The names of a group are renamed together."""
    plain = write_sources(tmp_path / "plain")
    folders = [plain, *(write_sources(tmp_path / names[0], *map(identifier, names)) for names in groups)]
    word = "Somalia"
    assert word in page.partition("</head>")[2]
    same, *others = run_script(TYPESET, {"page": page, "word": word, "folders": folders, **given_faces})
    assert len(same) == 64
    for names, came in zip(groups, others, strict=True):
        if isinstance(came, list):
            assert re.match("tipbrief needs WeasyPrint 70|typesetting: ", came[0]), (names, came)
        else:
            assert came == same, (names, came)
        # A name that the product needs is missed before anything is typeset.
        if any(name in NEEDED for name in names):
            assert came[0].startswith("tipbrief needs WeasyPrint 70"), (names, came)
        if len(names) > 1:
            assert {*names} <= {*came[0].partition("it lacks ")[2].split(", ")}, (names, came)
