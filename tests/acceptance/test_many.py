"""A brief for each row of a table: which are built, what is built again, what a fault among many leaves."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import tipbrief
from tipbrief.build import workers as crew
from tipbrief.build.run import Built, Partly, build, deliver, named
from tipbrief.build.session import Made, Workshop
from tipbrief.cli import progress as progress_bar
from tipbrief.cli.common import FEW
from tipbrief.cli.main import main
from tipbrief.corrections.correction import correct
from tipbrief.deliver.folder import Delivery
from tipbrief.language.alphabet import sort_key
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Edition
from tipbrief.problems import Problem, Problems

PUBLICATION = Path(__file__).parents[1] / "golden" / "publication"
SOURCE = str(Path(tipbrief.__path__[0]).parent)
ROWS = {"IRN": "ایران", "IRQ": "عراق", "TUR": "ترکیه", "EGY": "مصر"}
KEYS = ["AFG", "AND", "PAK", "TJK", *ROWS]
EACH = [f"each-{key}" for key in KEYS]
HEAD = "title: {title}\nsubtitle: {subtitle}\nshort: چاه\nsubject: برگۀ آزمایشی\npages: 1\nblocks:\n"
SHEET = (
    "for_each: places\n"
    + HEAD.format(title="'{row.name}'", subtitle="ژرفا {row.depth}")
    + "  - badge: {by: state, title: حالت}\n  - note: memo\n  - sources: {title: منابع}\n"
)
SINGLE = HEAD.format(title="چاه‌ها", subtitle="برگۀ کوتاه") + (
    "  - figures: [wells]\n  - sources: {title: منابع}\n"
)
DAY = Date(2026, 11, 25)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with a single brief and a small sheet for each of eight rows."""
    copy = Path(shutil.copytree(PUBLICATION, tmp_path / "wells"))
    shutil.rmtree(copy / "briefs")
    (copy / "briefs").mkdir()
    (copy / "ledger.yaml").unlink()
    (copy / "briefs" / "each.yaml").write_text(SHEET, encoding="utf-8")
    (copy / "briefs" / "one.yaml").write_text(SINGLE, encoding="utf-8")
    with (copy / "tables" / "places.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{key},{name},7,open,\n" for key, name in ROWS.items())
    return copy


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def typeset(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the documents that are made, in order; nothing is really typeset."""
    made: list[str] = []

    def make(self: Workshop, edition: Edition, step: Callable[[str], None] = lambda step: None) -> Made:
        made.append(edition.brief)
        page = self.html(edition.brief).encode()
        return Made(hashlib.sha256(page).hexdigest().encode(), page, 1, True)

    monkeypatch.setattr(Workshop, "make", make)
    return made


def change(file: Path, old: str, new: str) -> None:
    content = file.read_text(encoding="utf-8")
    assert content.count(old) == 1
    file.write_text(content.replace(old, new), encoding="utf-8")


def overflow(folder: Path, key: str = "PAK") -> None:
    """Give one row a text that its page cannot hold."""
    long = "آب آبادی است و چاه سوراخی در زمین است. " * 400
    change(folder / "texts.yaml", "prose:\n", f"prose:\n  far:\n    text: {long}\n")
    places = folder / "tables" / "places.csv"
    lines = [
        line.rsplit(",", 1)[0] + ",far" if line.startswith(key) else line
        for line in places.read_text("utf-8").splitlines()
    ]
    places.write_text("\n".join(lines) + "\n", encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def is_true(out: Path) -> bool:
    """Whether the manifest says the truth of all files, and there is nothing else in the folder."""
    listed = json.loads((out / "manifest.json").read_text("utf-8"))["files"]
    found = {path.name: path.read_bytes() for path in out.iterdir() if path.name != "manifest.json"}
    return bool(
        listed
        == {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in found.items()
        }
    )


def documents(out: Path) -> set[str]:
    """The documents in a folder, each with both of its files."""
    pdfs, htmls = ({path.stem for path in out.glob(f"wells-*.{end}")} for end in ("pdf", "html"))
    assert pdfs == htmls
    return {stem.removeprefix("wells-") for stem in pdfs}


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def built(folder: Path, out: Path, *names: str) -> list[Built]:
    return build(Workshop(folder), names or ["each"], out)


# Which documents


def test_without_names_the_single_ones_are_meant(folder: Path) -> None:
    shop = Workshop(folder)
    assert named(shop, []) == ["one"]
    assert named(shop, [], everything=True) == [*EACH, "one"]
    assert named(shop, ["each"]) == named(shop, ["each"], everything=True) == EACH
    assert named(shop, ["one", "each-PAK", "each-PAK", "one"]) == ["one", "each-PAK"]


def test_only_some_rows(folder: Path) -> None:
    shop = Workshop(folder)
    assert named(shop, ["each"], only=["PAK", "AFG"]) == ["each-AFG", "each-PAK"]
    assert named(shop, [], only=["PAK"]) == named(shop, [], only=["PAK"], everything=True) == ["each-PAK"]


@pytest.mark.parametrize(
    ("names", "only", "problem"),
    [
        (["each"], ["AFGH"], Problem("'each' has no document 'AFGH'", hint="did you mean 'AFG'?")),
        ([], ["afg"], Problem("'each' has no document 'afg'", hint="did you mean 'AFG'?")),
        (["one"], ["AFG"], Problem("'one' is one document, and has no rows", hint="leave out --only")),
        (["eachh"], [], Problem("there is no brief 'eachh'", hint="did you mean 'each'?")),
        (["each-AFQ"], [], Problem("there is no brief 'each-AFQ'", hint="did you mean 'each-AFG'?")),
    ],
)
def test_what_is_unknown_gets_the_nearest(
    folder: Path, names: list[str], only: list[str], problem: Problem
) -> None:
    with pytest.raises(Problems) as raised:
        named(Workshop(folder), names, only=only)
    assert raised.value.problems == [problem]


def test_a_key_of_two_columns_is_named_as_its_file(folder: Path) -> None:
    change(folder / "briefs" / "each.yaml", "for_each: places", "for_each: past")
    change(folder / "briefs" / "each.yaml", "{row.name}", "{row.state}")
    change(folder / "briefs" / "each.yaml", "ژرفا {row.depth}", "سال {row.year}")
    change(folder / "briefs" / "each.yaml", "  - note: memo\n", "")
    assert named(Workshop(folder), ["each"], only=["AFG-2018"]) == ["each-AFG-2018"]


def test_where_no_brief_is_a_single_document_one_must_be_named(folder: Path, out: Path) -> None:
    (folder / "briefs" / "one.yaml").unlink()
    done = run("build", "--publication", folder, "--out", out)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[:2] == [
        "every brief here has a document for each row of a table",
        "    hint: name one, or build all: tipbrief build each, or tipbrief build --all",
    ]


def test_list_shows_briefs_and_rows(folder: Path) -> None:
    done = run("list", "--publication", folder)
    assert (done.exit_code, done.stderr) == (0, "")
    each, one = done.stdout.splitlines()
    assert re.fullmatch(r"each +8 documents, one for each row of 'places'", each)
    assert re.fullmatch(r"one +not delivered +چاه‌ها", one)
    rows = run("list", "each", "--publication", folder).stdout.splitlines()
    assert sorted(line.split()[0] for line in rows) == sorted(EACH)
    names = [line.split(maxsplit=3)[3] for line in rows]
    assert names == sorted(names, key=sort_key), "as a dictionary has them"
    assert names[0] == "افغانستان"
    assert run("list", "eech", "--publication", folder).exit_code == 1


def test_only_on_the_command_line(folder: Path, out: Path, typeset: list[str]) -> None:
    done = run("build", "each", "--only", "TJK, AFG,", "--publication", folder, "--out", out)
    assert (done.exit_code, done.stderr) == (0, "")
    assert documents(out) == {"each-AFG", "each-TJK"} == set(typeset)
    assert "index.html" not in done.stdout
    (out / "index.html").write_text("older", encoding="utf-8")
    done = run("build", "each", "--only", "PAK", "--publication", folder, "--out", out)
    assert "index.html and the PDF of all sheets are left as they were: tipbrief build --all" in done.stdout
    assert (out / "index.html").read_text("utf-8") == "older"


# Nothing changed, and something changed


def test_what_is_unchanged_is_not_even_composed(
    folder: Path, out: Path, typeset: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = built(folder, out)
    assert typeset == EACH
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    monkeypatch.setattr(Workshop, "piece", lambda self, name: pytest.fail("composed again"))
    told: list[tuple[str, str]] = []
    again = build(Workshop(folder), ["each"], out, lambda name, step: told.append((name, step)))
    assert [(one.name, one.files, one.pages, one.fresh) for one in again] == [
        (one.name, one.files, one.pages, False) for one in first
    ]
    assert [one.edition.name for one in again] == [one.edition.name for one in first]
    assert told == [(name, "deliver") for name in EACH]
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


@pytest.mark.parametrize("part", ["figures.yaml", "tables/places.csv", "templates/css/own.css", "ledger"])
def test_what_documents_follow_from_is_noticed(folder: Path, out: Path, part: str) -> None:
    state = Workshop(folder).state
    if part == "ledger":
        correct(
            Workshop(folder), [("change", "-8")], reason="خطا", kind="correction", source="", date=DAY
        ).make()
        change(folder / "figures.yaml", "  value: -8", "  value: -7")
    elif part.startswith("templates"):
        (folder / part).parent.mkdir(parents=True)
        (folder / part).write_text("p { color: red }")
    else:
        with (folder / part).open("a", encoding="utf-8") as file:
            file.write("\n")
    assert Workshop(folder).state != state


def test_paper_profile_and_shipped_templates_are_noticed(folder: Path, tmp_path: Path) -> None:
    states = [Workshop(folder).state, Workshop(folder, paper="letter").state]
    states.append(Workshop(folder, profile="grey").state)
    templates = Path(shutil.copytree(Workshop(folder).templates, tmp_path / "templates"))
    assert Workshop(folder, templates).state == states[0], "where they are does not matter"
    (templates / "css" / "common.css").write_text("", encoding="utf-8")
    states.append(Workshop(folder, templates).state)
    assert len({*states}) == 4


def test_only_documents_that_print_a_cell_are_typeset_again(
    folder: Path, out: Path, typeset: list[str]
) -> None:
    deliver(Workshop(folder), ["each"], out, DAY)
    typeset.clear()
    correct(
        Workshop(folder), [("places[TJK].depth", "81")], reason="خطا", kind="correction", source="", date=DAY
    ).make()
    after = built(folder, out)
    assert typeset == ["each-TJK"]
    assert [one.name for one in after if one.fresh] == ["each-TJK"]


def test_workers_make_what_is_not_kept(folder: Path, out: Path) -> None:
    built(folder, out, EACH[1], *EACH[5:7])
    after = build(Workshop(folder), ["each"], out, crew=lambda: crew.local(2))
    assert [one.name for one in after] == list(EACH)
    assert [one.name for one in after if not one.fresh] == [EACH[1], *EACH[5:7]]
    assert documents(out) == {*EACH}
    assert is_true(out)


# One among many


@pytest.mark.parametrize("workers", [None, 2])
def test_a_document_with_bad_data_stops_no_other(folder: Path, out: Path, workers: int | None) -> None:
    built(folder, out, "each-PAK")
    old = contents(out)
    overflow(folder)
    with pytest.raises(Partly) as raised:
        build(Workshop(folder), ["each"], out, crew=(lambda: crew.local(workers)) if workers else None)
    assert list(raised.value.failed) == ["each-PAK"]
    assert raised.value.problems[0].message.startswith("each-PAK: ")
    assert [one.name for one in raised.value.built] == [name for name in EACH if name != "each-PAK"]
    assert documents(out) == {*EACH}
    for name in ("wells-each-PAK.pdf", "wells-each-PAK.html"):
        assert contents(out)[name] == old[name]
    assert is_true(out)


def test_the_summary_names_what_was_not_built(
    folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch, typeset: list[str]
) -> None:
    whole = Workshop.make

    def make(self: Workshop, edition: Edition, step: Callable[[str], None] = lambda step: None) -> Made:
        if edition.brief in ("each-IRN", "each-PAK"):
            raise Problems(Problem("too long"))
        return whole(self, edition, step)

    monkeypatch.setattr(Workshop, "make", make)
    monkeypatch.setattr(crew, "local", None)
    monkeypatch.setattr("tipbrief.build.run._FEW", 99)
    done = run("build", "each", "--publication", folder, "--out", out)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == f"6 of 8 documents in {out}: 6 typeset, 0 unchanged"
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
    deliver(Workshop(folder), ["each-AFG", "each-PAK"], out, DAY)
    change(folder / "texts.yaml", "چاهی که {countries} کشور", "این چاهی که {countries} کشور")
    overflow(folder)
    before, ledger = contents(out), contents(folder / "ledger")
    with pytest.raises(Problems, match="each-PAK: "):
        deliver(Workshop(folder), ["each-AFG", "each-PAK", "each-TJK"], out, DAY)
    assert contents(out) == before
    assert contents(folder / "ledger") == ledger


# A disk that is full, and somebody who stops it


@pytest.mark.parametrize("nth", [1, 4, 5, 12, 17])
def test_a_full_disk_keeps_what_is_finished(
    folder: Path, out: Path, typeset: list[str], monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """The n-th file that is written, half of it: of each document first the PDF, then the HTML."""
    whole, count = os.fsync, []

    def fsync(handle: int) -> None:
        count.append(handle)
        if len(count) == nth:
            os.ftruncate(handle, 10)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    if nth == 17:  # the manifest
        with pytest.raises(Problems, match="No space left on device"):
            built(folder, out)
        assert contents(out) == {}
        return
    with pytest.raises(Partly, match="cannot be written: No space left on device") as raised:
        built(folder, out)
    ready = EACH[: (nth - 1) // 2]
    assert [one.name for one in raised.value.built] == ready
    assert list(raised.value.failed) == EACH[len(ready) :]
    assert len(raised.value.problems) == 1
    assert documents(out) == set(ready)
    assert is_true(out)


def test_an_interrupted_publishing_is_finished(
    folder: Path, out: Path, typeset: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, count = Path.replace, []

    def replace(self: Path, target: Path) -> Path:
        result = whole(self, target)
        if target.suffix == ".pdf":
            count.append(target)
            if len(count) == 3:
                raise KeyboardInterrupt
        return result

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr("tipbrief.build.run._MANY", 4)
    with pytest.raises(KeyboardInterrupt):
        built(folder, out)
    assert documents(out) == {*EACH[:4]}
    assert is_true(out)


def test_who_stops_a_build_keeps_no_half_document(
    folder: Path, out: Path, typeset: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Delivery._stage

    def stage(self: Delivery, name: str, content: bytes, staged: dict[Path, Path]) -> None:
        whole(self, name, content, staged)
        if name == "wells-each-TJK.html":
            raise KeyboardInterrupt

    monkeypatch.setattr(Delivery, "_stage", stage)
    with pytest.raises(KeyboardInterrupt):
        built(folder, out)
    assert documents(out) == {*EACH[:3]}
    assert is_true(out)


@pytest.mark.parametrize("words", ["", " ", ","])
def test_no_row_is_not_every_row(folder: Path, out: Path, words: str) -> None:
    done = run("build", "each", "--only", words, "--publication", folder, "--out", out)
    assert done.exit_code == 2
    assert "--only names no row" in done.stderr
    assert not out.exists()


@pytest.mark.parametrize("again", [None, 0.02, 0.1])
def test_ctrl_c_ends_soon_and_keeps_what_is_finished(folder: Path, out: Path, again: float | None) -> None:
    """Also where it is pressed a second time, while the workers are told to stop."""
    with (folder / "tables" / "places.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"X{number:02},ایران,{number},open,\n" for number in range(60))
    # The progress is told at once, so that one knows when workers are busy.
    script = "from tipbrief.cli import main, progress\nprogress.SECONDS_BETWEEN_LINES = 0\nmain.main()\n"
    command = [sys.executable, "-c", script, "build", "each", "--publication", folder, "--out", out]
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr
        begun = [process.stderr.readline() for _ in range(5)]
        os.killpg(process.pid, signal.SIGINT)
        if again is not None:
            time.sleep(again)
            os.killpg(process.pid, signal.SIGINT)
        # Both pipes are closed when the last worker has ended.
        said, told = process.communicate(timeout=8)
    assert re.fullmatch(r"5 of 68, about \d+ s left\n", begun[-1])
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


# How far it is


def progress(capsys: pytest.CaptureFixture[str], count: int) -> str:
    with progress_bar.Progress(count) as shown:
        for number in range(count):
            shown.step(str(number), "compose")
            shown.step(str(number), "deliver")
    return capsys.readouterr().err


def test_in_a_pipe_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    lines = progress(capsys, 8).splitlines()
    assert len(lines) == 4
    assert lines[0] == "2 of 8, about 12 s left"
    assert lines[-1] == "8 of 8, about 0 s left"


def test_of_few_documents_a_pipe_gets_no_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_bar, "SECONDS_BETWEEN_LINES", -1)
    assert progress(capsys, FEW) == ""
    assert progress(capsys, FEW + 1) != ""


def test_on_a_terminal_a_bar(folder: Path, out: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tipbrief", "build", "each", "--publication", folder, "--out", out]
    env: dict[str, Any] = {**os.environ, "TERM": "xterm", "PYTHONPATH": SOURCE}
    with subprocess.Popen(
        command, env=env, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # Linux says so at the end
            pass
    os.close(ours)
    assert process.returncode == 0, shown.decode()
    text = shown.decode()
    assert re.search(r"building +\[#+-+\] +\d+% ", text)
    assert "100%" in text
    assert "each-EGY: deliver" in text
    assert not re.search(r"of 8, about", text)


def test_the_bar_tells_the_remaining_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown, clock = Terminal(), iter(range(1000))
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr("time.time", lambda: float(next(clock)))
    with progress_bar.Progress(40) as bar:
        for number in range(20):
            bar.step(str(number), "deliver")
        monkeypatch.undo()
    assert re.search(r"\] +50% +00:0\d:\d\d +19: deliver", shown.getvalue()), shown.getvalue()[-300:]
