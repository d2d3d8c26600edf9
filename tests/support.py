"""What tests of several rooms need: places, the command, a wait, files that change, the text of a PDF."""

import csv
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pypdfium2
import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

import tipbrief
from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import Block, every_block
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.translation.phrases import EXAMPLE_ADDRESSES, EXAMPLE_TEXTS, EXAMPLES_FOLDER
from tipbrief.cli.main import main
from tipbrief.compose.html_page import compose_page
from tipbrief.compose.templates import create_environment
from tipbrief.language.language import read_data_file
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline.document import ComposedDocument
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.fit import FitResult, fit_pages

B = TypeVar("B", bound=Block)
T = TypeVar("T")
# Seconds in which all comes that ever comes, also where many are at work: only a fault is waited for so long.
PATIENCE = 120.0
TESTS = Path(__file__).parent
ROOT = TESTS.parent
FONTS = ROOT / "fonts"  # upstream, prepared
BASE = TESTS / "broken" / "base"  # the smallest sound publication
GOLDEN = TESTS / "golden" / "publication"  # a made-up one, with every kind of block
TIP_2025 = find_shipped_folder("data") / "tip-2025"
PACKAGE = Path(tipbrief.__path__[0])
# The top of a small brief, to which a test adds its blocks.
HEAD = "title: چاه‌ها\nsubtitle: برگۀ کوتاه\nshort: چاه‌ها\nsubject: برگۀ آزمایشی\npages: 1\nblocks:\n"
SOURCES = "  - sources: {title: منابع}\n"


def run(*words: str | Path, **environment: str) -> Result:
    """The command with these words, in this process."""
    return CliRunner(env=environment).invoke(main, [str(word) for word in words])


def run_badly(*words: str | Path, status: int = 1, **environment: str) -> Result:
    """The same of a command that must end with this status."""
    done = run(*words, **environment)
    assert done.exit_code == status, done.output
    return done


def run_well(*words: str | Path, quiet: bool = False, **environment: str) -> Result:
    """The same of a command that must end well; a ``quiet`` one says nothing on standard error."""
    done = run(*words, **environment)
    assert done.exit_code == 0, done.output
    assert not quiet or done.stderr == ""
    return done


def problems_of(act: Callable[..., object], *given: Any, **named: Any) -> list[Problem]:
    """The problems with which a call ends."""
    with pytest.raises(Problems) as raised:
        act(*given, **named)
    return raised.value.problems


def problem_of(act: Callable[..., object], *given: Any, **named: Any) -> Problem:
    """The only problem with which a call ends."""
    (problem,) = problems_of(act, *given, **named)
    return problem


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that imports the same tipbrief."""
    # A typesetter of this process leaves the name of its own list of fonts behind, which it takes with it.
    own = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
    return {**own, "PYTHONPATH": str(PACKAGE.parent), **more}


def until(found: Callable[[], T], what: Callable[[], object] = lambda: "it") -> T:
    """What is found, as soon as that is true; ``what`` did not come where it never is."""
    end = time.monotonic() + PATIENCE
    while not (one := found()):
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what()}"
        time.sleep(0.02)
    return one


def made_once(folders: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder for all processes of a test run, made by the first that needs it: change nothing in it."""
    base = folders.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{made}.lock"):
        if not made.exists():
            part = made.with_name(f"{name}.part")
            shutil.rmtree(part, ignore_errors=True)  # whoever made it was killed
            part.mkdir()
            make(part)
            part.rename(made)
    return made


def change(file: Path, old: str, new: str) -> None:
    """Put ``new`` in the place of the only ``old`` in a file; its line ends stay as they are."""
    text = file.read_bytes().decode()
    assert text.count(old) == 1, f"{file.name} has {old!r} {text.count(old)} times"
    file.write_bytes(text.replace(old, new).encode())


def append(file: Path, more: str) -> None:
    """Write more at the end of a file."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(more)


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too; none where there is no folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def first_of(kind: type[B], publication: Publication) -> B:
    """The first block of this kind in a brief that is a single document."""
    brief = next(brief for brief in publication.briefs.values() if not brief.for_each)
    return next(block for block in every_block(brief.blocks) if isinstance(block, kind))


def figures_brief(names: str) -> str:
    """A brief of one page that prints these figures, as in ``wells, newest``."""
    return f"{HEAD}  - figures: [{names}]\n{SOURCES}"


def wells(to: Path, **briefs: str) -> Path:
    """A copy of the made-up publication with these briefs alone, of which nothing was delivered yet."""
    copy = Path(shutil.copytree(GOLDEN, to))
    shutil.rmtree(copy / "briefs")
    (copy / "briefs").mkdir()
    shutil.rmtree(copy / "ledger")
    if not any("pictures/" in text for text in briefs.values()):  # of files that nothing names there is a warning
        shutil.rmtree(copy / "pictures")
    for name, text in briefs.items():
        (copy / "briefs" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return copy


def write_own_words(folder: Path, tag: str) -> None:
    """Change each text that ``new`` took from its example, so that it may be delivered."""
    words = read_data_file(EXAMPLES_FOLDER / f"{tag}.yaml")
    starts = sorted({str(words[name])[:12] for name in (*EXAMPLE_TEXTS, "example") if name in words}, key=len)
    for file in (*folder.glob("*.yaml"), *folder.glob("briefs/*.yaml")):
        text = file.read_text(encoding="utf-8")
        for start in starts:
            text = re.sub(rf"(?<!\w){re.escape(start)}", f"Our {start}" if tag == "en" else f"این {start}", text)
        for address in EXAMPLE_ADDRESSES.values():
            text = text.replace(address, f"{address}-of-our-own")
        file.write_text(text, encoding="utf-8")


def pdf_text(pdf: Path | bytes) -> str:
    """The text that PDFium reads on all pages; it parts some letters from their hamza."""
    with pypdfium2.PdfDocument(pdf) as document:
        read = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    return unicodedata.normalize("NFC", read)


def told_by(ledger: Ledger) -> list[str]:
    """What the entries tell, in order: ``ONE/1``, ``again ONE/1``, ``wells``, ``without ONE/1``."""
    found = []
    for file in ledger.entry_files:
        found += [f"{'again ' * (one.kind == 'reprint')}{one.brief.upper()}/{one.number_text}" for one in file.lines]
        found += [change.name for change in file.changes]
        found += [f"without {gone}" for gone in file.withdrawn_ids]
    return found


def letters_on(page: pypdfium2.PdfPage) -> Iterator[tuple[str, float, float]]:
    """The letters of a page, each with the middle of its box, in millimetres from the upper left corner."""
    text, height, mm = page.get_textpage(), page.get_height(), 25.4 / 72
    for index in range(text.count_chars()):
        left, foot, right, top = text.get_charbox(index, loose=True)
        if right > left:
            x, y = (left + right) / 2 * mm, (height - (foot + top) / 2) * mm
            yield chr(pypdfium2.raw.FPDFText_GetUnicode(text, index)), x, y


def run_python(*words: str | Path, cwd: Path | None = None, **more: str) -> "subprocess.CompletedProcess[str]":
    """Python with these words, in a process that imports the same tipbrief."""
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=environment(**more), capture_output=True, text=True, check=False)


def find_faults(folder: Path, covered: Iterable[int] | None = None) -> list[Problem]:
    """What is wrong with a publication; of a sound one, what it is warned of."""
    try:
        return [*load_publication(folder, covered).warnings]
    except Problems as raised:
        return raised.problems


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, each by its header."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def page_of(publication: Publication, name: str) -> str:
    """A page with the publication's own templates and the shipped ones, without fonts."""
    templates = create_environment([publication.folder / "templates"], find_shipped_folder("templates"))
    return compose_page(publication, name, (), templates)


def state_of(session: Session) -> tuple[str, str]:
    """Hashes of all that the documents follow from."""
    return session.hash_without_ledger, session.ledger.content_hash


def fit_document(composed: ComposedDocument) -> FitResult:
    """The fitted pages of a document, which are not verified."""
    return fit_pages(composed.session.typesetter, **composed.rendering_arguments()[0])


def with_rows(publication: Publication, name: str, rows: Mapping[str, Mapping[str, str]]) -> Publication:
    """The publication with these rows, by their keys, in one of its tables."""
    table = publication.tables[name]
    changed = Table(table.spec, tuple(rows.values()), table.lines[: len(rows)], rows)
    return replace(publication, tables={**publication.tables, name: changed})
