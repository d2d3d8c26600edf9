"""Delivering: what becomes an edition and what stays one; crashes, a full disk, two runs at once."""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from tests.corrections.support import DAY, NEXT_DAY, REASON, planned, wells_printing
from tests.support import GOLDEN, change, contents, environment, pdf_text, problem_of, problems_of, run_well, told_by
from tipbrief.language.dates import Date
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.editions import draft_edition
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.status import find_status_by_code
from tipbrief.pdf import embedded_files
from tipbrief.pipeline import store
from tipbrief.pipeline.run import BuildResult, build_documents, deliver_editions
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems

BRIEFS = {"one": "wells, newest", "two": "countries, open"}
DRAFT = r"پیش\s*نویس"  # PDFium parts a line at its first ZWNJ
NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with two small briefs, of which nothing was delivered yet."""
    return wells_printing(tmp_path / "wells", BRIEFS)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def known(folder: Path) -> Ledger:
    return ledger_folder.read_ledger(folder, "wells")


def names(folder: Path) -> list[str]:
    return told_by(known(folder))


def delivered(folder: Path, out: Path, *briefs: str, date: Date = DAY) -> list[BuildResult]:
    return deliver_editions(Session.open(folder), briefs, out, date)


def turned(code: str) -> str:
    """A code as PDFium reads it between Dari words."""
    return "".join(reversed(re.findall("[0-9]+|[a-f]+", code)))


def test_the_first_delivery_gives_number_one_and_a_code(folder: Path, out: Path) -> None:
    built = delivered(folder, out)
    assert names(folder) == ["ONE/1", "TWO/1"]
    for item in built:
        entry = known(folder).last_edition(item.name)
        assert entry
        assert entry.date == DAY
        assert len(entry.code) == 4
        assert (item.edition.name, item.edition.code, item.page_count) == (entry.name, entry.code, 1)
        pdf = out / f"wells-{item.name}.pdf"
        assert entry.pdf == hashlib.sha256(pdf.read_bytes()).hexdigest()
        said = embedded_files.read_provenance(pdf.read_bytes(), pdf)
        assert (said.edition["number"], said.edition["code"]) == (1, entry.code)
        assert entry.data == Session.open(folder).data_hash, "of the whole dataset"
        assert said.is_intact
        assert "نسخۀ ۱ · " in pdf_text(pdf)
        assert turned(entry.code) in pdf_text(pdf)
        assert "این برگه ممکن است تازه شده باشد" in pdf_text(pdf)
        assert f"{entry.name} · {entry.code}" in pdf.with_suffix(".html").read_text("utf-8")
        assert not re.search(DRAFT, pdf_text(pdf))
    assert [dict(edition.prints) for name in BRIEFS for edition in known(folder).valid_editions(name)] == [
        {"newest": "900", "wells": "12345.5"},
        {"countries": "4", "open": "2"},
    ]


def test_a_build_afterwards_gives_the_same_bytes_with_and_without_the_cache_and_from_the_pdf(
    folder: Path, out: Path, tmp_path: Path
) -> None:
    delivered(folder, out)
    before = contents(out)
    kept = build_documents(Session.open(folder), [], tmp_path / "kept")
    anew = build_documents(Session.open(folder, store=store.Store(tmp_path / "empty")), [], tmp_path / "anew")
    assert [item.fresh for item in (*kept, *anew)] == [False, False, True, True]
    pdf = out / "wells-one.pdf"
    embedded_files.unpack_publication(embedded_files.read_provenance(pdf.read_bytes(), pdf), tmp_path / "unpacked")
    other = store.Store(tmp_path / "other")
    (again,) = build_documents(Session.open(tmp_path / "unpacked", store=other), ["one"], tmp_path / "again")
    assert again.edition.name == "ONE/1"
    assert contents(tmp_path / "kept") == contents(tmp_path / "anew") == before
    assert (tmp_path / "again" / "wells-one.pdf").read_bytes() == before["wells-one.pdf"]


def test_changed_content_is_a_draft_until_it_is_delivered(folder: Path, out: Path) -> None:
    delivered(folder, out)
    change(folder / "briefs" / "one.yaml", "title: چاه‌ها\n", "title: چاه‌ها و آب\n")
    one, two = build_documents(Session.open(folder), [], out)
    assert (one.edition.name, one.edition.draft) == ("ONE/2", True)
    assert (two.edition.name, two.edition.draft) == ("TWO/1", False)
    page = pdf_text(out / "wells-one.pdf")
    assert len(re.findall(f"{DRAFT} نسخۀ ۲", page)) >= 2, "in the masthead and below the page"
    assert "هنوز توزیع نشده است" in page
    assert "ONE" not in page
    assert names(folder) == ["ONE/1", "TWO/1"]
    one, two = delivered(folder, out, date=NEXT_DAY)
    assert (one.edition.name, two.edition.name) == ("ONE/2", "TWO/1")
    # The other says the same, and its PDF carries nothing of what changed.
    assert names(folder) == ["ONE/1", "TWO/1", "ONE/2"]
    page = pdf_text(out / "wells-one.pdf")
    assert not re.search(DRAFT, page)
    assert turned(one.edition.code) in page
    assert "۲۶ نومبر ۲۰۲۶" in page


def test_where_nothing_changed_a_delivery_adds_nothing(folder: Path, out: Path) -> None:
    delivered(folder, out)
    before = contents(folder), contents(out)
    assert [item.fresh for item in delivered(folder, out, date=NEXT_DAY)] == [False, False]
    assert [item.edition.name for item in delivered(folder, out, "one", "one", date=NEXT_DAY)] == ["ONE/1"]
    assert (contents(folder), contents(out)) == before


def test_another_look_is_another_print_of_the_same_edition(folder: Path, out: Path) -> None:
    delivered(folder, out, "one")
    first = (out / "wells-one.pdf").read_bytes()
    (folder / "templates" / "css").mkdir(parents=True)
    (folder / "templates" / "css" / "a4.css").write_text("h1 { letter-spacing: 0.5pt; color: #345678 }\n")
    (item,) = delivered(folder, out, "one", date=NEXT_DAY)
    assert item.edition.name == "ONE/1"
    assert names(folder) == ["ONE/1", "again ONE/1"]
    second = (out / "wells-one.pdf").read_bytes()
    assert second != first
    sums = {hashlib.sha256(pdf).hexdigest() for pdf in (first, second)}
    assert known(folder).pdf_hashes(item.edition) == sums
    delivered(folder, out, "one", date=NEXT_DAY)
    assert names(folder) == ["ONE/1", "again ONE/1"]


def test_only_briefs_that_print_the_change_get_a_new_edition(folder: Path, out: Path) -> None:
    delivered(folder, out)
    before = contents(out)
    planned(folder, ("wells", "12346.5")).write_change()
    one, two = delivered(folder, out, date=NEXT_DAY)
    assert (one.edition.name, one.fresh) == ("ONE/2", True)
    assert (two.edition.name, two.fresh) == ("TWO/1", False)
    assert names(folder) == ["ONE/1", "TWO/1", "wells", "ONE/2"]
    after = contents(out)
    assert after["wells-two.html"] == before["wells-two.html"]
    assert after["wells-two.pdf"] == before["wells-two.pdf"]
    assert after["wells-one.pdf"] != before["wells-one.pdf"]


@pytest.mark.parametrize(
    ("file", "old", "new", "brief", "name", "was", "now", "recorded"),
    [
        ("figures.yaml", "value: 12345.5", "value: 12346", "one", "wells", "12345.5", "12346", "wells"),
        ("tables/digging.csv", "2023,900", "2023,901", "one", "newest", "900", "901", "digging[2023].dug"),
        ("tables/places.csv", "AND,اندورا", "IRN,ایران,,dry,\nAND,اندورا", "two", "countries", "4", "5",
         "countries"),
        ("tables/places.csv", "80,open", "80,dry", "two", "open", "2", "1", "open"),
    ],
)  # fmt: skip
def test_a_value_changed_by_hand_stops_delivery_until_it_is_recorded(
    folder: Path, out: Path, file: str, old: str, new: str, brief: str, name: str, was: str, now: str,
    recorded: str,
) -> None:  # fmt: skip
    delivered(folder, out)
    change(folder / file, old, new)
    before = contents(folder), contents(out)
    problem, other = problems_of(delivered, folder, out, date=NEXT_DAY)
    assert problem.message == (f"'{name}' is {was} by the ledger and {now} in the dataset, and nothing says why")
    assert other.kind == "waiting"
    assert problem.hint == f"record it: tipbrief correct '{name}' '{now}' --reason '…'; or put {was} back"
    assert (contents(folder), contents(out)) == before

    # What the hint says, works.
    planned(folder, (name, now)).write_change()
    after = contents(folder)
    assert {path: after[path] for path in before[0]} == before[0]
    assert len(after) == len(before[0]) + 1, "an entry"
    assert names(folder)[2:] == [recorded]
    assert known(folder).changes[-1].steps[name] == (was, now)
    delivered(folder, out, date=NEXT_DAY)
    assert names(folder)[3:] == [f"{brief.upper()}/2"]


def codes(pdf: Path) -> list[str]:
    """What a telephone reads from the page."""
    with pypdfium2.PdfDocument(pdf) as document:
        picture = document[0].render(scale=3, grayscale=True)
        rows = memoryview(picture.buffer).cast("B", (picture.height, picture.stride))
        return [found.text for found in zxingcpp.read_barcodes(rows)]


def test_an_edition_with_an_address_has_a_code_for_telephones_and_says_it_in_words(folder: Path, out: Path) -> None:
    delivered(folder, out, "two")
    assert codes(out / "wells-two.pdf") == [], "it has no address"
    change(folder / "publication.yaml", "language: fa-AF\n", "language: fa-AF\naddress: https://example.org/tip\n")
    build_documents(Session.open(folder), ["one"], out)
    assert codes(out / "wells-one.pdf") == [], "a draft is not to be found under the address"
    (item,) = delivered(folder, out, "one", "one")
    assert item.edition.name == "ONE/1", "named twice, it gets one edition"
    assert codes(out / "wells-one.pdf") == [f"https://example.org/tip/c/ONE-1-{item.edition.code}.html"]
    page = pdf_text(out / "wells-one.pdf")
    assert "تازهترین نسخه در tip/org.example است" in page, "read with the address turned round"
    assert turned(item.edition.code) in page
    found = find_status_by_code(known(folder), codes(out / "wells-one.pdf")[0])
    assert (found.state, found.edition) == ("current", known(folder).last_edition("one"))


@pytest.mark.parametrize("failing", ["manifest", "rename"])
def test_a_full_disk_after_the_ledger_keeps_the_edition(
    folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    whole, opened = Path.replace, os.open

    def rename(path: Path, target: Path) -> Path:
        if target.parent == out:
            raise NO_SPACE
        return whole(path, target)

    def temporary(path: Any, *args: Any, **settings: Any) -> int:
        if "/.manifest" in str(path):
            raise NO_SPACE
        return opened(path, *args, **settings)

    with monkeypatch.context() as patch:
        if failing == "rename":
            patch.setattr(Path, "replace", rename)
        else:
            patch.setattr(os, "open", temporary)
        problem = problem_of(delivered, folder, out)
    assert "cannot be written: No space left on device" in problem.message
    assert problem.hint == "the ledger has the editions: free the folder, then: tipbrief build"
    assert names(folder) == ["ONE/1", "TWO/1"]
    assert contents(out) == {}
    built = build_documents(Session.open(folder), [], out)
    assert [(item.edition.name, item.edition.draft) for item in built] == [("ONE/1", False), ("TWO/1", False)]
    for entry in filter(None, map(known(folder).last_edition, BRIEFS)):
        pdf = out / f"wells-{entry.brief}.pdf"
        assert hashlib.sha256(pdf.read_bytes()).hexdigest() == entry.pdf


def test_a_full_disk_before_the_ledger_delivers_nothing(
    folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise NO_SPACE

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Problems, match="No space left on device"):
        delivered(folder, out)
    assert names(folder) == []
    assert contents(out) == {}


def test_a_full_disk_during_a_correction_changes_nothing(
    folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(folder, out)
    before, whole = contents(folder), Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.parent.name == "ledger":
            raise NO_SPACE
        return whole(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Problems, match="No space left on device"):
        planned(folder, ("closed", "2"), ("places[AND].state", "shut")).write_change()
    assert contents(folder) == before


# Killed at each step

SERVER = """
import json, os, sys, tempfile
from tipbrief.cli.main import main
from tipbrief.pipeline.run import Session  # before the forks: each child has it then

left, watched = 0, ()

def mortal(whole, name):
    def step(*args, **kwargs):
        global left
        paths = [os.fspath(one) for one in args if isinstance(one, (str, os.PathLike))]
        reads = name == "open" and not args[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if name == "fsync" or any(path.startswith(watched) for path in paths) and not reads:
            left -= 1
            if left == 0:
                os._exit(137)  # as by SIGKILL: nothing is tidied up
        return whole(*args, **kwargs)
    return step

for name in ("open", "replace", "rename", "unlink", "remove", "chmod", "mkdir", "fsync"):
    setattr(os, name, mortal(getattr(os, name), name))

for line in sys.stdin:
    steps, folders, words = json.loads(line)
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            os.dup2(said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            left, watched = steps, tuple(folders)
            try:
                main(words)
            except SystemExit as end:
                sys.stderr.flush()
                os._exit(end.code or 0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        print(json.dumps([status, said.read().decode()]), flush=True)
"""

Killing = Callable[..., tuple[int, str]]


def start(script: str, *words: str | Path) -> subprocess.Popen[str]:
    env = environment(SOURCE_DATE_EPOCH="1795651200")
    command = [sys.executable, "-c", script, *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=env, text=True, stdin=pipe, stdout=pipe, stderr=pipe)


@pytest.fixture(scope="module")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killing]:
    """Runs a command that is killed at a step: exit status and messages; 0 is no step, and 137 a death.

    A step is each call that changes a file of the publication or of the output.
    """
    with start(SERVER) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        to, from_ = server.stdin, server.stdout

        def run(step: int, *words: str | Path, within: Sequence[Path] = ()) -> tuple[int, str]:
            to.write(json.dumps([step, [*map(str, within)], [*map(str, words)]]) + "\n")
            to.flush()
            status, said = json.loads(from_.readline())
            assert "Traceback" not in said, said
            return status, said

        yield run
        to.close()


def shown(folder: Path) -> dict[str, bytes]:
    """The files below a folder but for temporary ones, which nobody takes for finished."""
    return {name: data for name, data in contents(folder).items() if not Path(name).name.startswith(".")}


def fresh(pristine: Path, folder: Path, out: Path) -> None:
    for place in (folder, out):
        shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(pristine / "wells", folder)
    if (pristine / "out").exists():
        shutil.copytree(pristine / "out", out)


def state_of(*places: Path) -> list[dict[str, bytes]]:
    """All that lies there, what is temporary under a name that each run would give it."""
    return [{re.sub("-[0-9a-f]{16}$", "", name): data for name, data in contents(place).items()} for place in places]


def editions(folder: Path) -> list[str]:
    return [name for name in names(folder) if "/" in name]


def killed_everywhere(
    kill: Killing, pristine: Path, folder: Path, out: Path, words: list[str | Path], check: Callable[[], int],
    again: list[str | Path] | None = None,
) -> list[int]:  # fmt: skip
    """Run a command, killed at each step in turn until it survives; after each death run it, or ``again``.

    ``check`` says how much the killed run had recorded. How much that was at each step.
    """
    fresh(pristine, folder, out)
    assert kill(0, *words) == (0, "")
    whole, old = (shown(folder), shown(out)), (shown(pristine / "wells"), shown(pristine / "out"))
    states, before_step = list[int](), list[dict[str, bytes]]()
    for step in range(1, 200):
        fresh(pristine, folder, out)
        status, said = kill(step, *words, within=[folder, out])
        if status == 0:
            assert (shown(folder), shown(out)) == whole
            return states
        assert (status, said) == (137, "")
        if (left := state_of(folder, out)) == before_step:
            states.append(states[-1])
            continue  # what the next run finds is the same
        before_step = left
        for place, before, after in zip((folder, out), old, whole, strict=True):
            for name, content in shown(place).items():
                assert content in (before.get(name), after.get(name)), f"{name}, killed at step {step}"
        if "manifest.json" in shown(out):
            json.loads((out / "manifest.json").read_text("utf-8"))
        states.append(recorded := check())
        if editions(folder) == editions(pristine / "wells"):
            assert shown(out) == old[1], f"handouts that no ledger knows, killed at step {step}"
        status, said = kill(0, *(again if again and recorded else words))
        if recorded and words[0] == "correct" and not again:
            assert status == 1
            assert "'closed' is 2 already" in said
        else:
            assert (status, said) == (0, ""), f"killed at step {step}"
        assert (shown(folder), shown(out)) == whole, f"killed at step {step}"
    raise AssertionError("it never survives")


@pytest.fixture
def pristine(folder: Path, out: Path, tmp_path: Path) -> Path:
    """The first editions delivered, and the next ones in the cache, so that no run need typeset."""
    delivered(folder, out)
    place = tmp_path / "pristine"
    shutil.copytree(folder, place / "wells")
    shutil.copytree(out, place / "out")
    return place


@pytest.mark.slow
@pytest.mark.parametrize("first", [False, True])
def test_a_delivery_killed_at_any_step_loses_and_doubles_nothing(
    kill: Killing, pristine: Path, folder: Path, out: Path, first: bool
) -> None:
    before, after = ["ONE/1", "TWO/1"], ["ONE/1", "TWO/1", "ONE/2", "TWO/2"]
    if first:
        before, after = [], ["ONE/1"]
        shutil.rmtree(pristine / "wells" / "ledger")
        shutil.rmtree(pristine / "out")
    for name in () if first else BRIEFS:
        brief = pristine / "wells" / "briefs" / f"{name}.yaml"
        change(brief, "title: چاه‌ها\n", "title: چاه‌ها و آب\n")

    def check() -> bool:
        assert names(folder) in (before, after)
        return names(folder) == after

    words = ["build", *(["one"] if first else []), "--deliver", "--publication", folder, "--out", out]
    assert len(killed_everywhere(kill, pristine, folder, out, words, check)) > (10 if first else 15)


CORRECTION = ["correct", "closed", "2", "places[AND].state", "shut", "--reason", REASON]


@pytest.mark.slow
def test_a_correction_killed_with_its_delivery_is_finished_by_the_next_command(
    kill: Killing, pristine: Path, folder: Path, out: Path
) -> None:
    where = ["--deliver", "--publication", folder, "--out", out]
    words, first = ["correct", "wells", "7000", "--reason", REASON, *where], ["ONE/1", "TWO/1"]

    def check() -> int:
        value = Session.open(folder).publication.values["wells"]  # which puts back what is half done
        recorded = names(folder)[len(first) :]
        assert (recorded, value) in (
            ([], Decimal("12345.5")), (["wells"], 7000), (["wells", "ONE/2"], 7000),
        )  # fmt: skip
        return len(recorded)

    states = killed_everywhere(kill, pristine, folder, out, words, check, ["build", "one", *where])
    assert names(folder) == [*first, "wells", "ONE/2"]
    assert sorted({*states}) == [0, 1, 2]
    assert states == sorted(states)


@pytest.mark.slow
def test_a_correction_killed_at_any_step_is_made_once_and_a_ledger_in_one_file_becomes_a_folder(
    kill: Killing, pristine: Path, folder: Path, out: Path
) -> None:
    shutil.rmtree(pristine / "wells" / "ledger")
    book = ledger_folder.read_ledger(GOLDEN, "wells")
    (pristine / "wells" / "ledger.json").write_text(book.format_extract_until(draft_edition(book, "all", DAY)), "utf-8")
    old = names(pristine / "wells")

    def check() -> bool:
        recorded = names(folder) != old
        assert names(folder) == [*old, *["closed", "places[AND].state"] * recorded]
        # Whatever half was written, the next run finds a publication in order.
        whole = Session.open(folder).publication
        state, value = whole.tables["places"].by_key["AND"]["state"], whole.values["closed"]
        assert (state, str(value)) == (("shut", "2") if recorded else ("dry", "1"))
        return recorded

    assert len(killed_everywhere(kill, pristine, folder, out, [*CORRECTION, "--publication", folder], check)) > 15
    assert not (folder / "ledger.json").exists()


def half_done(kill: Killing, pristine: Path, folder: Path, out: Path) -> None:
    """A correction killed when it had changed the first of its files."""
    for step in range(1, 100):
        fresh(pristine, folder, out)
        assert kill(step, *CORRECTION, "--publication", folder, within=[folder])[0] == 137
        if b"value: 2" in (folder / "figures.yaml").read_bytes():
            break
    assert b",dry" in (folder / "tables" / "places.csv").read_bytes()


def test_a_killed_correction_of_what_was_never_delivered_is_made_once(
    kill: Killing, pristine: Path, folder: Path, out: Path
) -> None:
    shutil.rmtree(pristine / "wells" / "ledger")
    half_done(kill, pristine, folder, out)
    assert names(folder) == []
    assert kill(0, *CORRECTION, "--publication", folder) == (0, "")
    assert names(folder) == ["closed", "places[AND].state"]


def test_check_puts_back_what_a_killed_correction_left_but_not_what_was_edited_since(
    kill: Killing, pristine: Path, folder: Path, out: Path
) -> None:
    """Else the editor would be told to mend what she never touched, or lose what she did."""
    half_done(kill, pristine, folder, out)
    figures = folder / "figures.yaml"
    left, note = figures.read_bytes(), (folder / ledger_folder.JOURNAL_NAME).read_bytes()
    run_well("check", "--publication", folder, quiet=True)
    assert b"value: 1" in figures.read_bytes()
    assert not (folder / ledger_folder.JOURNAL_NAME).exists()

    edited = left.replace(b"value: 2", b"value: 1").replace(b"value: -7", b"value: -8")
    figures.write_bytes(edited)
    (folder / ledger_folder.JOURNAL_NAME).write_bytes(note)
    build_documents(Session.open(folder), [], out)
    assert figures.read_bytes() == edited
    assert not (folder / ledger_folder.JOURNAL_NAME).exists()


# Two runs at once

RACER = """
import sys
from tipbrief.cli.main import main
from tipbrief.ledger import ledger_folder as ledger
from tipbrief.ledger import ledger_folder as undo

waited = []

def late(write):
    def wait(*args, **kwargs):
        # Once, before it holds the lock: who waits with it would keep the other from coming so far.
        if not waited:
            waited.append(write)
            print("ready", flush=True)
            sys.stdin.readline()
        return write(*args, **kwargs)
    return wait

ledger.append_entry = late(ledger.append_entry)
undo.change_files_together = late(undo.change_files_together)
main(sys.argv[1:])
"""


def racer(*words: str | Path) -> subprocess.Popen[str]:
    """A command that has read all, and waits before it writes."""
    child = start(RACER, *words)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def race(*commands: list[str | Path], at_once: bool) -> list[tuple[int, str]]:
    """Run them until each is about to write, and let them write at the same time, or one after another."""
    children = [racer(*words) for words in commands]
    ended: list[tuple[int, str]] = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
        if not at_once:
            ended.append((child.wait(), child.communicate()[1]))
    return ended or [(child.wait(), child.communicate()[1]) for child in children]


def test_of_two_deliveries_at_once_one_wins_and_the_other_says_run_again(
    kill: Killing, pristine: Path, folder: Path, out: Path
) -> None:
    change(folder / "briefs" / "one.yaml", "title: چاه‌ها\n", "title: چاه‌ها و آب\n")
    words: list[str | Path] = ["build", "one", "--deliver", "--publication", folder, "--out", out]
    done = race(words, words, at_once=True)
    assert sorted(status for status, _ in done) == [0, 1]
    (said,) = (said for status, said in done if status)
    assert "the ledger was changed by another run in the meantime" in said
    assert "hint: nothing was recorded; run the command again" in said
    assert names(folder) == ["ONE/1", "TWO/1", "ONE/2"]
    assert not [name for name in contents(out) if name.startswith(".")]
    assert kill(0, *words) == (0, "")
    assert names(folder) == ["ONE/1", "TWO/1", "ONE/2"]
    assert hashlib.sha256((out / "wells-one.pdf").read_bytes()).hexdigest() in known(folder).pdf_hashes(
        known(folder).valid_editions("one")[1]
    )


@pytest.mark.parametrize("first", ["delivery", "correction"])
def test_of_a_delivery_and_a_correction_at_once_the_first_wins(
    kill: Killing, pristine: Path, folder: Path, out: Path, first: str
) -> None:
    change(folder / "briefs" / "one.yaml", "title: چاه‌ها\n", "title: چاه‌ها و آب\n")
    delivery: list[str | Path] = ["build", "one", "--deliver", "--publication", folder, "--out", out]
    correction: list[str | Path] = ["correct", "wells", "7000", "--reason", REASON, "--publication", folder]
    before = (folder / "figures.yaml").read_bytes()
    early, late = (delivery, correction) if first == "delivery" else (correction, delivery)
    won, lost = race(early, late, at_once=False)
    assert won == (0, "")
    assert lost[0] == 1
    assert "run the command again" in lost[1]
    if first == "delivery":
        assert names(folder) == ["ONE/1", "TWO/1", "ONE/2"]
        assert (folder / "figures.yaml").read_bytes() == before
    else:
        assert names(folder) == ["ONE/1", "TWO/1", "wells"]
    assert kill(0, *late) == (0, "")
    assert names(folder)[2:] == (["ONE/2", "wells"] if first == "delivery" else ["wells", "ONE/2"])


def is_locked(folder: Path) -> bool:
    """Whether another opening of the folder cannot have its lock."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def test_a_correction_made_while_a_delivery_opens_the_publication_is_not_taken_for_a_change_by_hand(
    pristine: Path, folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dataset and ledger are read as they are at one moment, under the lock of who writes them."""
    held: list[bool] = []
    read = ledger_folder.read_ledger

    def spy(*args: object) -> Ledger:
        held.append(is_locked(folder))
        return read(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger_folder, "read_ledger", spy)
    assert Session.open(folder).ledger.last_edition("one")
    assert held == [True]
    assert not is_locked(folder)
