"""A brief for each row of a table: which are built, what is built again, what a fault among many leaves."""

import errno
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.pipeline.rows import EACH, sheets
from tests.support import PATIENCE, append, change, contents, environment, problems_of, run, run_badly, run_well
from tipbrief import files
from tipbrief.cli import build_commands
from tipbrief.compose import html_page
from tipbrief.deliver import output_folder as folder_of_outputs
from tipbrief.language.dates import Date
from tipbrief.language.language import load_language, sort_key
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.document import ComposedDocument
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.run import BuildResult, PartialFailure, build_documents, deliver_editions
from tipbrief.pipeline.selection import select_documents
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.pool import local_pool
from tipbrief.problems import Problem, Problems

DAY = Date(2026, 11, 25)
pytestmark = pytest.mark.usefixtures("empty_cache")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sheets(tmp_path / "wells")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def at_write(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, BaseException], None]:
    """Makes the n-th file that is written the last: half of it is there where the disk is full."""

    def fail(nth: int, fault: BaseException) -> None:
        whole, count = files.write_new, []

        def write_new(file: Path, content: bytes, mode: int | None = None, *, synced: bool = True) -> None:
            count.append(file)
            if len(count) == nth:
                whole(file, content[:10], mode, synced=synced)
                raise fault
            whole(file, content, mode, synced=synced)

        other = SimpleNamespace(**{**vars(files), "write_new": write_new})
        monkeypatch.setattr(folder_of_outputs, "filesystem", other)

    return fail


@pytest.fixture
def typeset(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the documents that are made, in order; nothing is really typeset."""
    made: list[str] = []

    def make(one: ComposedDocument, step: Callable[[str], None] = lambda step: None) -> Rendering:
        made.append(one.name)
        page = one.html().encode()
        bare = hashlib.sha256(page).hexdigest().encode()
        return Rendering(document.attach_dataset(one.session, one.edition, bare), page, 1, True, bare)

    def with_dataset(session: Session, _: Edition, bare: bytes) -> bytes:
        return bare + session.data_hash.encode()

    monkeypatch.setattr(document, "render_document", make)
    monkeypatch.setattr(document, "attach_dataset", with_dataset)
    return made


def overflow(folder: Path, key: str = "PAK") -> None:
    """Give one row a word that its page cannot hold."""
    long = "آبادی" * 400
    change(folder / "texts.yaml", "prose:\n", f"prose:\n  far:\n    text: {long}\n")
    places = folder / "tables" / "places.csv"
    text = re.sub(f"(?m)^({key},.*),[^,\n]*$", r"\1,far", places.read_text("utf-8"))
    places.write_text(text, encoding="utf-8")


def is_true(out: Path) -> bool:
    """Whether the manifest says the truth of all files, and there is nothing else but pages with faults."""
    files = {name: data for name, data in contents(out).items() if not name.endswith(".faulty.pdf")}
    listed = json.loads(files.pop("manifest.json"))["files"]
    sums = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    return {name: (one["bytes"], one["sha256"]) for name, one in listed.items()} == sums


def documents(out: Path) -> set[str]:
    """The documents in a folder, each with both of its files."""
    pdfs, htmls = ({path.stem for path in out.glob(f"wells-*.{end}")} for end in ("pdf", "html"))
    pdfs = {stem for stem in pdfs if not stem.endswith(".faulty")}
    assert pdfs == htmls
    return {stem.removeprefix("wells-") for stem in pdfs}


def built(folder: Path, out: Path, *names: str) -> list[BuildResult]:
    return build_documents(Session.open(folder), names or ["each"], out)


def test_without_names_the_single_ones_are_meant_and_with_keys_some_rows(folder: Path) -> None:
    session = Session.open(folder)
    assert select_documents(session.publications, []) == ["one"]
    assert select_documents(session.publications, [], everything=True) == [*EACH, "one"]
    for everything in (False, True):
        assert select_documents(session.publications, ["each"], everything=everything) == EACH
    assert select_documents(session.publications, ["one", "each-PAK", "each-PAK", "one"]) == ["one", "each-PAK"]
    assert select_documents(session.publications, ["each"], only=["PAK", "AFG"]) == ["each-AFG", "each-PAK"]
    assert select_documents(session.publications, [], only=["PAK"]) == ["each-PAK"]
    assert select_documents(session.publications, [], only=["PAK"], everything=True) == ["each-PAK"]


@pytest.mark.parametrize(
    ("names", "only", "problem"),
    [
        (["each"], ["AFGH"], Problem("'each' has no document 'AFGH'", hint="did you mean 'AFG'?")),
        (["each"], ["afgg"], Problem("'each' has no document 'afgg'", hint="did you mean 'AFG'?")),
        (["one"], ["AFG"], Problem("'one' is one document, and has no rows", hint="leave out --only")),
        (["eachh"], [], Problem("there is no brief 'eachh'", hint="did you mean 'each'?")),
        (["each-AFQ"], [], Problem("there is no brief 'each-AFQ'", hint="did you mean 'each-AFG'?")),
    ],
)
def test_what_is_unknown_gets_the_nearest(folder: Path, names: list[str], only: list[str], problem: Problem) -> None:
    problems = problems_of(select_documents, Session.open(folder).publications, names, only=only)
    assert problems == [problem]


def test_a_key_of_two_columns_is_named_as_its_file(folder: Path) -> None:
    change(folder / "briefs" / "each.yaml", "for_each: places", "for_each: past")
    change(folder / "briefs" / "each.yaml", "{row.name}", "{row.state}")
    change(folder / "briefs" / "each.yaml", "ژرفا {row.depth}", "سال {row.year}")
    change(folder / "briefs" / "each.yaml", "  - note: memo\n", "")
    assert select_documents(Session.open(folder).publications, ["each"], only=["AFG-2018"]) == ["each-AFG-2018"]


def test_where_no_brief_is_a_single_document_one_must_be_named(folder: Path, out: Path) -> None:
    (folder / "briefs" / "one.yaml").unlink()
    done = run("build", "--publication", folder, "--out", out)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[:2] == [
        "every brief here has a document for each row of a table",
        "    hint: name one, or build all: tipbrief build each, or tipbrief build --all",
    ]


def test_list_shows_briefs_and_rows(folder: Path) -> None:
    done = run_well("list", "--publication", folder, quiet=True)
    each, one = done.stdout.splitlines()
    assert re.fullmatch(r"each +8 documents, one for each row of 'places'", each)
    assert re.fullmatch(r"one +not delivered +چاه‌ها", one)
    rows = run("list", "each", "--publication", folder).stdout.splitlines()
    assert sorted(line.split()[0] for line in rows) == sorted(EACH)
    names = [line.split(maxsplit=3)[3] for line in rows]
    assert names == sorted(names, key=lambda name: sort_key(name, load_language("fa-AF"))), "as a dictionary has them"
    assert names[0] == "افغانستان"
    assert run("list", "eech", "--publication", folder).exit_code == 1


def test_list_composes_few_documents(folder: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a fresh clone none was composed yet: it shows what was delivered, and says how many it did not compare."""
    run_well("build", "each", "--deliver", "--publication", folder, "--out", out)
    append(folder / "texts.yaml", "")
    signatures = run("list", "each", "--publication", folder).stdout.splitlines()
    composed: list[str] = []
    whole = document.compose_document
    monkeypatch.setattr(document, "compose_document", lambda *given: composed.append(given[1]) or whole(*given))
    for most in (0, 3, len(EACH)):
        composed.clear()
        monkeypatch.setattr(build_commands, "MAX_COMPOSED", most)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / f"fresh{most}"))
        shown = run_well("list", "each", "--publication", folder).stdout.splitlines()
        assert len(composed) == most
        assert shown[: len(EACH)] == signatures
        left = f"{len(EACH) - most} of them were not compared with their editions: tipbrief build --all --language all"
        assert shown[len(EACH) :] == [left] * (most < len(EACH))
    assert all(" · " in line for line in signatures)


def test_only_on_the_command_line(folder: Path, out: Path, typeset: list[str]) -> None:
    done = run_well("build", "each", "--only", "TJK, AFG,", "--publication", folder, "--out", out, quiet=True)
    assert documents(out) == {"each-AFG", "each-TJK"} == set(typeset)
    assert "index.html" not in done.stdout
    (out / "index.html").write_text("older", encoding="utf-8")
    done = run("build", "each", "--only", "PAK", "--publication", folder, "--out", out)
    assert "index.html and the PDF of all sheets are left as they were: tipbrief build --all" in done.stdout
    assert (out / "index.html").read_text("utf-8") == "older"


def test_what_is_unchanged_is_not_even_composed(
    folder: Path, out: Path, typeset: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = built(folder, out)
    assert typeset == EACH
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    monkeypatch.setattr(html_page, "begin_page", lambda *args, **settings: pytest.fail("composed again"))
    told: list[tuple[str, str]] = []
    again = build_documents(Session.open(folder), ["each"], out, lambda name, step: told.append((name, step)))
    assert [(one.name, one.files, one.page_count, one.fresh) for one in again] == [
        (one.name, one.files, one.page_count, False) for one in first
    ]
    assert [one.edition.name for one in again] == [one.edition.name for one in first]
    assert [name for name, step in told if step == "deliver"] == EACH
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


@pytest.mark.parametrize("name", ["wells-each-PAK.pdf", "wells-each-PAK.html", "manifest.json"])
@pytest.mark.parametrize("how", ["deleted", "altered"])
def test_a_file_that_is_not_as_it_was_is_written_again(
    folder: Path, out: Path, typeset: list[str], name: str, how: str
) -> None:
    built(folder, out)
    before = contents(out)
    if how == "deleted":
        (out / name).unlink()
    else:
        (out / name).write_bytes(before[name][:-2] + b"x\n")
    built(folder, out)
    assert contents(out) == before
    assert typeset == EACH, "from the cache"


def test_workers_make_what_is_not_kept(folder: Path, out: Path) -> None:
    built(folder, out, EACH[1], *EACH[5:7])
    after = build_documents(Session.open(folder), ["each"], out, workers=lambda: local_pool(2))
    assert [one.name for one in after] == list(EACH)
    assert [one.name for one in after if not one.fresh] == [EACH[1], *EACH[5:7]]
    assert documents(out) == {*EACH}
    assert is_true(out)


@pytest.mark.parametrize("workers", [None, 2])
def test_a_document_with_bad_data_stops_no_other(folder: Path, out: Path, workers: int | None) -> None:
    built(folder, out, "each-PAK")
    old = contents(out)
    overflow(folder)
    called = (lambda: local_pool(workers)) if workers else None
    with pytest.raises(PartialFailure) as raised:
        build_documents(Session.open(folder), ["each"], out, workers=called)
    assert list(raised.value.problems_by_document) == ["each-PAK"]
    assert raised.value.problems[0].message.startswith("each-PAK: ")
    assert [one.name for one in raised.value.results] == [name for name in EACH if name != "each-PAK"]
    assert documents(out) == {*EACH}
    for name in ("wells-each-PAK.pdf", "wells-each-PAK.html"):
        assert contents(out)[name] == old[name]
    assert is_true(out)


def test_a_card_that_cannot_be_made_stops_no_other(folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ComposedDocument.render_card

    def card(piece: ComposedDocument) -> bytes:
        if piece.name == "each-AFG":
            raise Problems(Problem("it cannot stand on a square"))
        return whole(piece)

    monkeypatch.setattr(ComposedDocument, "render_card", card)
    with pytest.raises(PartialFailure, match="each-AFG: it cannot stand on a square") as raised:
        build_documents(Session.open(folder), ["each-AFG", "each-AND"], out, png=100)
    assert [one.name for one in raised.value.results] == ["each-AND"]
    assert {*contents(out)} == {
        *(f"wells-each-AND{end}" for end in (".pdf", ".html", "-1.png", "-card.png")), "manifest.json",
    }  # fmt: skip


def test_the_summary_names_what_was_not_built(
    folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch, typeset: list[str]
) -> None:
    whole = document.render_document
    failing, new = ("each-IRN", "each-PAK"), "each-EGY"
    built(folder, out, *(name for name in EACH if name not in (*failing, new)))

    def make(one: ComposedDocument, step: Callable[[str], None] = lambda step: None) -> Rendering:
        if one.name in failing:
            raise Problems(Problem("too long"))
        return whole(one, step)

    monkeypatch.setattr(document, "render_document", make)
    done = run_badly("build", "each", "--publication", folder, "--out", out)
    assert done.stdout.splitlines()[0] == f"6 of 8 documents in {out}: 1 typeset, 5 unchanged"
    lines = done.stderr.splitlines()
    assert lines[-5:] == [
        "each-PAK: too long",
        "each-IRN: too long",
        "2 problems",
        "not built, earlier files unchanged: each-PAK, each-IRN",
        "index.html and the PDF of all sheets wait until all are built",
    ]
    # Nor is that remembered as a whole run.
    assert run("build", "each", "--publication", folder, "--out", out).exit_code == 1


def test_where_one_fails_nothing_is_delivered(folder: Path, out: Path) -> None:
    deliver_editions(Session.open(folder), ["each-AFG", "each-PAK"], out, DAY)
    change(folder / "texts.yaml", "چاهی که {countries} کشور", "این چاهی که {countries} کشور")
    overflow(folder)
    before = contents(out), contents(folder)
    names = ["each-AFG", "each-PAK", "each-TJK"]
    first, *_, problem = problems_of(deliver_editions, Session.open(folder), names, out, DAY)
    assert first.message.startswith("each-PAK: ")
    assert (contents(out), contents(folder)) == before
    assert problem.message == "2 of 3 documents could be delivered, and wait for the others"
    assert problem.hint == "these alone: tipbrief build each --only AFG,TJK --deliver"
    run_well(*problem.hint.split()[3:], "--publication", folder, "--out", out)
    assert contents(folder) != before[1]


@pytest.mark.parametrize("nth", [1, 4, 5, 12, 17])
def test_a_full_disk_keeps_what_is_finished(
    folder: Path, out: Path, typeset: list[str], at_write: Callable[[int, BaseException], None], nth: int
) -> None:
    """Of each document first the PDF is written, then the HTML."""
    at_write(nth, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    if nth == 17:  # the manifest
        with pytest.raises(Problems, match="No space left on device"):
            built(folder, out)
        assert contents(out) == {}
        return
    with pytest.raises(PartialFailure, match="cannot be written: No space left on device") as raised:
        built(folder, out)
    ready = EACH[: (nth - 1) // 2]
    assert [one.name for one in raised.value.results] == ready
    assert list(raised.value.problems_by_document) == EACH[len(ready) :]
    assert len(raised.value.problems) == 1
    assert documents(out) == set(ready)
    assert is_true(out)


def test_an_interrupted_publishing_is_finished(
    folder: Path, out: Path, typeset: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.replace

    def replace(self: Path, target: Path) -> Path:
        result = whole(self, target)
        if target.name == f"wells-{EACH[2]}.pdf":
            monkeypatch.setattr(Path, "replace", whole)
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr("tipbrief.pipeline.run.DOCUMENTS_PER_PUBLISH", 4)
    with pytest.raises(KeyboardInterrupt):
        built(folder, out)
    assert documents(out) == {*EACH[:4]}
    assert is_true(out)


def test_who_stops_a_build_keeps_no_half_document(
    folder: Path, out: Path, typeset: list[str], at_write: Callable[[int, BaseException], None]
) -> None:
    at_write(8, KeyboardInterrupt())  # the HTML of the fourth
    with pytest.raises(KeyboardInterrupt):
        built(folder, out)
    assert documents(out) == {*EACH[:3]}
    assert is_true(out)


@pytest.mark.parametrize("words", ["", " ", ","])
def test_no_row_is_not_every_row(folder: Path, out: Path, words: str) -> None:
    done = run_badly("build", "each", "--only", words, "--publication", folder, "--out", out, status=2)
    assert "--only names no row" in done.stderr
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.parametrize("again", [None, 0.05])
def test_ctrl_c_ends_soon_and_keeps_what_is_finished(folder: Path, out: Path, again: float | None) -> None:
    """Also where it is pressed a second time, while the workers are told to stop."""
    rows = "".join(f"X{number:02},ایران,{number},open,\n" for number in range(60))
    append(folder / "tables" / "places.csv", rows)
    # The progress is told at once, so that one knows when workers are busy.
    script = "from tipbrief.cli import main, common\ncommon.SECONDS_BETWEEN_LINES = 0\nmain.main()\n"
    command = [sys.executable, "-c", script, "build", "each", "--publication", folder, "--out", out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment(), text=True, start_new_session=True, **pipes) as process:
        assert process.stderr
        begun = [process.stderr.readline() for _ in range(5)]
        os.killpg(process.pid, signal.SIGINT)
        if again is not None:
            time.sleep(again)
            os.killpg(process.pid, signal.SIGINT)
        # Both pipes are closed when the last worker has ended.
        said, told = process.communicate(timeout=PATIENCE)
    assert re.fullmatch(r"5 of 68 documents, about \d+ s left\n", begun[-1])
    assert said == ""
    lines = told.splitlines()
    if again is None:
        assert process.returncode == 130
        assert lines[-1] == "stopped; what was finished is kept"
    else:  # the second may come when Python is about to end
        assert process.returncode in (130, -signal.SIGINT)
        lines = [line for line in lines if " of 68" in line] + [""]
    assert all(re.fullmatch(r"\d+ of 68, about \d+ s left", line) for line in lines[:-1]), told
    assert 4 <= len(documents(out)) < 68
    assert is_true(out)
