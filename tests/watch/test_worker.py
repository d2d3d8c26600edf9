"""What the process that makes the pages answers to an order: the newest one alone."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from PIL import Image

from tests.pipeline.tongues import translate
from tests.support import TESTS, append, change
from tests.watch.support import small
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.watch.preview_worker import (
    DOTS_PER_INCH,
    PreviewOrder,
    PreviewWorker,
    View,
    ViewRequest,
    WorkerAnswer,
)

ONE = View("one")


class Pipe:
    """The other end of the way: takes answers, and has a newer order where ``newer`` says so."""

    def __init__(self) -> None:
        self.answers: list[tuple[View, WorkerAnswer]] = []
        self.newer: Callable[[WorkerAnswer], bool] = lambda last: False

    def poll(self) -> bool:
        return bool(self.answers) and self.newer(self.answers[-1][1])

    def send(self, answer: tuple[int, View, WorkerAnswer]) -> None:
        self.answers.append(answer[1:])

    def kinds(self, view: View = ONE) -> list[str]:
        return [answer.kind for of, answer in self.answers if of == view]


class Worker:
    """A worker in this process, and its orders."""

    def __init__(self, folder: Path) -> None:
        self.pipe = Pipe()
        self._worker: Any = PreviewWorker(folder, self.pipe)  # type: ignore[arg-type]
        self._number = self.saved = 0

    def make(self, *views: View, page: int = 1, finished: bool = False) -> Pipe:
        self._number += 1
        self.pipe.answers.clear()
        wanted = tuple(ViewRequest(view, page, finished) for view in views or (ONE,))
        self._worker.fulfil_order(PreviewOrder(self._number, self.saved, wanted))
        return self.pipe

    def of_kind(self, kind: str) -> list[Any]:
        return [answer for _, answer in self.pipe.answers if answer.kind == kind]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    """One for all tests that change nothing, but save as they like."""
    return Worker(small(tmp_path_factory.mktemp("watch") / "wells"))


@pytest.fixture
def worker(folder: Path) -> Worker:
    return Worker(folder)


def test_pages_are_those_of_the_pdf_that_is_built_to_the_pixel(shared: Worker) -> None:
    shared.make()
    session = Session.open(shared._worker._folder)
    with pypdfium2.PdfDocument(compose_document(session, "one").load_or_render().pdf) as built:
        pages = shared.of_kind("picture")
        assert [page.page for page in pages] == [1, 2]
        for page, expected in zip(pages, built, strict=True):
            shown = Image.open(io.BytesIO(page.png))
            drawn = expected.render(scale=DOTS_PER_INCH / 72).to_pil()
            assert shown.size == drawn.size == (1588, 2246)
            assert shown.tobytes() == drawn.tobytes()
            assert page.page_sizes == ((210.0, 297.0), (210.0, 297.0))


def test_the_page_that_is_looked_at_comes_first_and_what_is_looked_at_is_said_in_full(shared: Worker) -> None:
    shared.make(page=2)
    assert [page.page for page in shared.of_kind("picture")] == [2, 1]
    pages = ["composed", "picture", "picture", "complete"]
    assert shared.pipe.kinds() == [*pages, "verified", "publication"]
    shared.make(View(""), View("each-AFG", paper="a5", profile="grey"))
    said = [View("one", "fa-AF", "a4", "office"), View("each-AFG", "fa-AF", "a5", "grey")]
    assert [one.view for one in shared.of_kind("composed")] == said


@pytest.mark.parametrize("step", ["composed", "picture", "complete"])
def test_what_a_newer_order_makes_void_is_left(shared: Worker, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if step == "composed":  # not even laid out
        monkeypatch.delattr("tipbrief.typeset.engine._extract_style_sheets")
    shared.pipe.newer = lambda last: last.kind == step
    try:
        kinds = shared.make(page=2).kinds()
    finally:
        shared.pipe.newer = lambda last: False
    assert kinds[-1] == step
    assert kinds.count("picture") == {"composed": 0, "picture": 1, "complete": 2}[step]


def test_what_a_save_did_not_touch_is_not_made_again(worker: Worker, folder: Path) -> None:
    worker.make()
    worker.saved += 1
    change(folder / "tables" / "places.csv", "AND,", "AND,")
    assert worker.make(finished=True).kinds() == ["composed", "complete", "verified", "publication"]
    assert worker.make(finished=False).kinds().count("picture") == 2
    worker.saved += 1
    change(folder / "figures.yaml", "value: 12345.5", "value: 777")
    assert worker.make(finished=True).kinds().count("picture") == 2


def test_a_workbook_that_is_saved_is_read_again(worker: Worker, folder: Path) -> None:
    block = "  - table: {table: places, columns: [name, depth], title: جدول}\n  - page\n"
    change(folder / "briefs" / "one.yaml", "  - page\n", block)
    change(folder / "tables.yaml", "tables/places.csv", "tables/places.xlsx")
    (folder / "tables" / "places.csv").unlink()
    book = folder / "tables" / "places.xlsx"
    shutil.copy(TESTS / "spreadsheets" / "places-libreoffice.xlsx", book)
    worker.make()
    before = [page.png for page in worker.of_kind("picture")]
    sheets = openpyxl.load_workbook(book)
    sheets.worksheets[0]["C2"].value = 131.5
    sheets.save(book)
    worker.saved += 1
    worker.make(finished=True)
    now = [page.png for page in worker.of_kind("picture")]
    assert now[0] != before[0]
    assert now[1] == before[1]


def test_a_view_of_other_language_paper_or_profile_is_opened(worker: Worker, folder: Path) -> None:
    change(folder / "publication.yaml", "language: fa-AF", "languages: [fa-AF, ps]")
    translate(folder, "ps")
    for view in (View("one", "ps"), View("one", "fa-AF"), View("one", paper="a5"), View("one", profile="grey")):
        assert worker.make(view).kinds(view)[-1] == "publication"
        assert not worker.of_kind("faults")
    contents = worker.of_kind("publication")[0].contents
    assert [one["tag"] for one in contents["languages"]] == ["fa-AF", "ps"]
    assert {one["direction"] for one in contents["languages"]} == {"rtl"}
    one = next(one for one in contents["documents"] if one["name"] == "one")
    assert one["brief"] == "one"
    assert {*one["titles"]} == {"fa-AF", "ps"}
    assert contents["papers"] == ["a4", "letter", "a5"]
    assert "grey" in contents["profiles"]


def test_faults_are_told_and_gone_when_they_are_mended(worker: Worker, folder: Path) -> None:
    figures = (folder / "figures.yaml").read_text()
    for faulty in ("", "x: [", figures[: len(figures) // 2], figures.replace("12345.5", "many")):
        worker.saved += 1
        (folder / "figures.yaml").write_text(faulty)
        worker.make()
        assert worker.of_kind("faults")[0].problems
        assert worker.of_kind("publication")[0].contents is None
    worker.saved += 1
    (folder / "figures.yaml").write_text(figures)
    worker.make()
    assert not worker.of_kind("faults")
    assert not worker.of_kind("publication")[0].problems


def test_a_save_while_files_are_read_is_no_fault(worker: Worker, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = Session.require_unchanged

    def saved_meanwhile(session: Session) -> None:
        append(folder / "texts.yaml", "\n")
        monkeypatch.undo()
        changed(session)

    monkeypatch.setattr(Session, "require_unchanged", saved_meanwhile)
    assert worker.make().kinds() == ["publication"]
    worker.saved += 1
    assert worker.make().kinds().count("picture") == 2


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (View("noe"), "there is no document 'noe'"),
        (View("one", "en"), "the publication 'wells' is not in English ('en')"),
        (View("one", paper="a3"), "there is no paper 'a3'"),
        (View("one", profile="gold"), "there is no profile 'gold'"),
    ],
)
def test_a_view_of_what_there_is_not_is_a_fault(shared: Worker, view: View, message: str) -> None:
    shared.make(view)
    assert [one.message for one in shared.of_kind("faults")[0].problems] == [message]


def test_a_broken_template_is_a_fault_of_its_line(worker: Worker, folder: Path) -> None:
    block = folder / "templates" / "blocks" / "figures.html.j2"
    block.parent.mkdir(parents=True)
    block.write_text("\n{% for %}")
    worker.make()
    (problem,) = worker.of_kind("faults")[0].problems
    assert (problem.file, problem.line) == (block, 2)
    worker.saved += 1
    block.unlink()
    assert worker.make().kinds().count("picture") == 2


def test_what_the_finished_pdf_does_not_say_is_told_after_its_pages(worker: Worker, folder: Path) -> None:
    (folder / "theme.css").write_text("h1 { position: relative; left: 150mm }")
    worker.make()
    kinds = worker.pipe.kinds()
    assert kinds.index("faults") > kinds.index("complete")
    assert "verified" not in kinds


def test_a_fault_of_the_program_is_told_too(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tipbrief.watch.preview_worker.compose_document", lambda *_: 1 / 0)
    worker.make()
    (problem,) = worker.of_kind("faults")[0].problems
    assert "ZeroDivisionError" in problem.message
