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
from tipbrief.typeset.marks import add_marks
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
OPTIONAL = [name for names in REPLACED_NAMES.values() for name in names]
NEEDED = registry.list_needed_names()
# Python's own names cannot be renamed; ``parse`` is tinyhtml5's public name, and others have it, too.
NOT_RENAMED = re.compile(r"__\w+__|parse|path")


def identifier(name: str) -> str:
    """What is renamed: the last part of a name that may be."""
    return next(part for part in reversed(re.split("[:.]", name)) if not NOT_RENAMED.fullmatch(part))


def write_sources(folder: Path, renamed: str = "") -> str:
    """WeasyPrint and its libraries in a folder, with an identifier that is another one; else as they are."""
    for package in PACKAGES:
        spec = util.find_spec(package)
        assert spec
        assert spec.origin
        source, copy = Path(spec.origin).parent, folder / package
        shutil.copytree(source, copy, copy_function=os.symlink, ignore=shutil.ignore_patterns("__pycache__"))
        for file in source.rglob("*.py") if renamed else ():
            text = file.read_text(encoding="utf-8")
            if (other := re.sub(rf"\b{renamed}\b", f"{renamed}_of_old", text)) != text:
                (copy / file.relative_to(source)).unlink()
                (copy / file.relative_to(source)).write_text(other, encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def page(documents: list[str]) -> str:
    return documents[2]  # of one page, in English


def require_same_or_named(page: str, faces: dict[str, Any], names: list[str], folder: Path) -> None:
    plain = write_sources(folder / "plain")
    renamed = dict.fromkeys(map(identifier, names))
    folders = [plain, *(write_sources(folder / name, name) for name in renamed)]
    word = "Somalia"
    assert word in page.partition("</head>")[2]
    same, *others = run_script(TYPESET, {"page": page, "word": word, "folders": folders, **faces})
    assert len(same) == 64
    assert len(others) == len(renamed)
    for name, came in zip(renamed, others, strict=True):
        if isinstance(came, list):
            assert re.match("tipbrief needs WeasyPrint 70|typesetting: ", came[0]), (name, came)
        else:
            assert came == same, (name, came)
    found = dict(zip(renamed, others, strict=True))
    # A name that the product needs is missed before anything is typeset.
    for name in names:
        if name in NEEDED and identifier(name) == re.split("[:.]", name)[-1]:
            assert found[identifier(name)][0].startswith("tipbrief needs WeasyPrint 70"), name


def test_some_names(page: str, given_faces: dict[str, Any], tmp_path: Path) -> None:
    names = [*(names[0] for names in REPLACED_NAMES.values()), *NEEDED[::9]]
    require_same_or_named(page, given_faces, names, tmp_path)


@pytest.mark.slow
def test_all_names(page: str, given_faces: dict[str, Any], tmp_path: Path) -> None:
    require_same_or_named(page, given_faces, [*OPTIONAL, *NEEDED], tmp_path)
