"""A correction and the editions that print it in one command: what is left on the disk, and what is said."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.corrections.support import DAY, REASON
from tests.pipeline.rows import sheets
from tests.pipeline.tongues import in_languages, translate
from tests.support import GOLDEN, append, change, contents, run, run_badly, run_well, told_by
from tipbrief import limits
from tipbrief.files import override_contents
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.editions import draft_edition
from tipbrief.pipeline import document
from tipbrief.pipeline import run as runs
from tipbrief.problems import Problems

FIVE = ("AFG", "AND", "PAK", "TJK", "IRN")


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a publication in two languages, all that was delivered of it, and the index."""
    home = tmp_path_factory.mktemp("tongues")
    folder = in_languages(home / "wells", "fa-AF", "ps")
    append(folder / "figures.yaml", "\nidle: {label: بیکار, kind: reported, value: 5, sources: [survey]}\n")
    translate(folder, "ps")
    words = ("build", "--all", "--language", "all", "--deliver", "--publication", folder)
    run_well(*words, "--out", home / "out")
    return home


@pytest.fixture
def home(delivered: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(delivered, tmp_path / "home"))


@pytest.fixture
def correct(home: Path) -> Callable[..., Any]:
    """Correct values there and deliver what prints them."""
    more = ("--reason", REASON, "--deliver", "--publication", home / "wells", "--out", home / "out")
    return lambda *words, status=0: run_badly("correct", *words, *more, status=status)


def known(home: Path) -> list[str]:
    return told_by(ledger_folder.read_ledger(home / "wells", "wells"))


@pytest.mark.parametrize(
    ("wanted", "documents"),
    [
        (["wells", "12346.5", "places[PAK].depth", "81"], ["each-PAK", "one"]),
        # More than are made without workers, who must see the values, too.
        ([word for key in FIVE for word in (f"places[{key}].depth", "9")],
         [f"each-{key}" for key in FIVE]),
    ],
)  # fmt: skip
def test_it_leaves_what_two_commands_leave(
    correct: Callable[..., Any], home: Path, delivered: Path, tmp_path: Path, wanted: list[str],
    documents: list[str],
) -> None:  # fmt: skip
    correct("--yes", *wanted)
    documents = [*documents, *(f"{name}.ps" for name in documents)]
    two = Path(shutil.copytree(delivered, tmp_path / "two"))
    where = ("--publication", two / "wells")
    assert run("correct", "--yes", *wanted, "--reason", REASON, *where).exit_code == 0
    assert run("build", *documents, "--deliver", *where, "--out", two / "out").exit_code == 0
    for place in ("wells", "out"):
        assert contents(home / place) == contents(two / place)
    assert contents(home / "out") != contents(delivered / "out")
    assert known(home)[-len(documents) :] == [f"{name.upper()}/2" for name in documents]


def test_it_says_which_editions_there_are_now_and_what_waits(correct: Callable[..., Any], home: Path) -> None:
    done = correct("wells", "12348.5")
    assert done.stderr == ""
    first, second, edition, pdf, html, *pashto, waits = done.stdout.splitlines()
    assert first == "wells  12345.5 → 12348.5"
    assert second == f"recorded as a correction in {home / 'wells' / 'ledger'}"
    assert re.fullmatch(r"one: ONE/2 · [0-9a-f]{4}", edition)
    assert pdf.startswith(f"  {home / 'out' / 'wells-one.pdf'} (")
    assert html.startswith(f"  {home / 'out' / 'wells-one.html'} (")
    assert re.fullmatch(r"one.ps: ONE.PS/2 · [0-9a-f]{4}", pashto[0])
    assert waits == "the reason waits to be translated into Pashto: tipbrief translate ps"
    assert known(home)[-3:] == ["wells", "ONE/2", "ONE.PS/2"]
    translate(home / "wells", "ps")
    done = correct("wells", "12347.5")
    assert done.stderr == "", "the same reason is translated now"
    assert known(home)[-3:] == ["wells", "ONE/3", "ONE.PS/3"]
    assert "waits" not in done.stdout


def test_of_sheets_for_rows_the_index_stays(correct: Callable[..., Any], home: Path) -> None:
    before = contents(home / "out")
    done = correct("--yes", *(word for key in (*FIVE, "IRQ") for word in (f"places[{key}].depth", "9")))
    *_, count, index, named, waits = done.stdout.splitlines()
    assert count == f"12 of 12 documents in {home / 'out'}: 12 typeset, 0 unchanged"
    assert index == "index.html and the PDF of all sheets are left as they were: tipbrief build --all"
    assert re.fullmatch(r"delivered: (EACH-[A-Z]{3}(\.PS)?/2 · [0-9a-f]{4}(, )?){12}", named)
    assert waits.startswith("the reason waits to be translated into Pashto")
    after = contents(home / "out")
    changed = {name for name in before if after[name] != before[name]}
    assert {name.split("/")[0] for name in after.keys() - before.keys()} == {"earlier"}
    sheets = {f"wells-each-{key}.{ending}" for key in (*FIVE, "IRQ") for ending in ("pdf", "html", "ps.pdf", "ps.html")}
    assert changed == {*sheets, "manifest.json"}


def test_where_a_language_alone_prints_it_and_waits_nothing_is_delivered(
    correct: Callable[..., Any], home: Path
) -> None:
    places = home / "wells" / "tables" / "places.csv"
    header, *rows = places.read_text(encoding="utf-8").splitlines()
    more = [f"{header},name.ps", *(f"{row},ښار {'ا' * at}" for at, row in enumerate(rows))]
    places.write_text("\n".join(more) + "\n", encoding="utf-8")
    words = ("build", "each", "--only", "PAK", "--language", "all", "--deliver", "--publication", home / "wells")
    assert run(*words, "--out", home / "out").exit_code == 0
    change(home / "wells" / "texts.yaml", "prose:\n", "prose:\n  more:\n    text: همه\n")
    before = contents(home / "out")
    done = correct("places[PAK].name.ps", "ځمکه")
    assert done.stdout.splitlines()[-1].startswith("not delivered in Pashto, where texts wait: ")
    assert known(home)[-1] == "places[PAK].name.ps"
    assert contents(home / "out") == before


@pytest.mark.parametrize("one_file", [True, False])
def test_the_first_editions_and_those_after_a_ledger_in_one_file(tmp_path: Path, one_file: bool) -> None:
    folder = sheets(tmp_path / "wells")
    if one_file:
        book = ledger_folder.read_ledger(GOLDEN, "wells")
        (folder / "ledger.json").write_text(book.format_extract_until(draft_edition(book, "all", DAY)), "utf-8")
    before = told_by(ledger_folder.read_ledger(folder, "wells"))
    wanted = [word for key in FIVE for word in (f"places[{key}].depth", "9")]
    where = ("--publication", folder, "--out", tmp_path / "out")
    run_well("correct", "--yes", *wanted, "--reason", REASON, "--deliver", *where)
    assert not (folder / "ledger.json").exists()
    told = told_by(ledger_folder.read_ledger(folder, "wells"))
    assert told == [*before, *wanted[::2], *(f"EACH-{key}/1" for key in FIVE)]
    assert run("check", "--publication", folder).exit_code == 0


def test_what_no_document_prints_is_recorded_and_nothing_is_delivered(correct: Callable[..., Any], home: Path) -> None:
    before = contents(home / "out")
    done = correct("idle", "6")
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "no brief prints it: nothing is delivered"
    assert known(home)[-1] == "idle"
    assert contents(home / "out") == before


def test_where_a_page_does_not_fit_nothing_is_changed(correct: Callable[..., Any], home: Path) -> None:
    long = "آب آبادی است و چاه سوراخی در زمین است. " * 400
    change(home / "wells" / "texts.yaml", "prose:\n", f"prose:\n  far:\n    text: {long}\n")
    change(home / "wells" / "briefs" / "one.yaml", "blocks:\n", "blocks:\n  - prose: far\n")
    before = contents(home)
    done = correct("wells", "12346.5", status=1)
    assert "one.yaml" in done.stderr
    assert done.stderr.endswith("nothing was changed; without --deliver the correction is recorded alone\n")
    assert contents(home) == before


def test_where_the_folder_cannot_be_written_nothing_is_changed(correct: Callable[..., Any], home: Path) -> None:
    shutil.rmtree(home / "out")
    (home / "out").write_text("")
    before = contents(home)
    done = run("correct", "wells", "7000", "--reason", REASON, "--deliver",
               "--publication", home / "wells", "--out", home / "out" / "deep")  # fmt: skip
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
    assert contents(home) == before


@pytest.mark.parametrize(
    ("place", "name"),
    [(ledger_folder, "append_entry"), (runs.Delivery, "publish")],
    ids=["the editions", "their files"],
)
def test_what_fails_after_the_correction_is_recorded_leaves_it_there(
    correct: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    whole, calls = getattr(place, name), list[Any]()

    def fails(*args: Any) -> Any:
        calls.append(args)
        if name == "append_entry" and len(calls) == 1:
            return whole(*args)
        raise Problems("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(place, name, fails)
        done = correct("wells", "12346.5", status=1)
    assert "No space left on device" in done.stderr
    assert done.stderr.endswith("the correction is recorded. Next: tipbrief build --language all --deliver\n")
    assert "wells" in known(home)
    where = ("--publication", home / "wells", "--out", home / "out")
    assert run("build", "--language", "all", "--deliver", *where).exit_code == 0
    assert known(home)[-3:] == ["wells", "ONE/2", "ONE.PS/2"]


def test_what_another_run_records_meanwhile_is_not_lost(
    correct: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = document.render_document

    def meanwhile(*args: Any) -> Any:
        other = ("correct", "idle", "6", "--reason", REASON, "--publication", home / "wells")
        with override_contents({}):  # as in another process
            assert run(*other).exit_code == 0 or known(home)[-1] == "idle"
        return whole(*args)

    monkeypatch.setattr(document, "render_document", meanwhile)
    before = contents(home / "out")
    done = correct("wells", "12349.5", status=1)
    assert "nothing was changed" in done.stderr
    assert known(home)[-1] == "idle"
    assert contents(home / "out") == before


def test_doubtful_numbers_are_asked_for_before_anything_is_made(correct: Callable[..., Any], home: Path) -> None:
    before = contents(home)
    done = correct("wells", "7", status=1)
    assert "if this is right, add --yes" in done.stderr
    assert contents(home) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["wells", "7000", "--deliver", "--dry-run"], "--dry-run changes nothing, and so nothing is "),
        (["--undo", "--deliver"], "--undo takes back what no edition has printed: leave out --deliver and --from"),
        (["wells", "7000", "--out", "out"], "--out is where --deliver writes: give both, or neither"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together(home: Path, words: list[str], said: str) -> None:
    before = contents(home)
    done = run_badly("correct", *words, "--reason", REASON, "--publication", home / "wells", status=2)
    assert said in done.stderr
    assert contents(home) == before


@pytest.mark.skipif(limits.usable_cores() < 2, reason="nothing is typeset ahead")
@pytest.mark.parametrize("values", [["wells", "12346.5"], ["places[PAK].depth", "1210"]])
def test_the_page_that_is_typeset_ahead_changes_nothing(
    home: Path, tmp_path: Path, tipbrief: Callable[..., Any], values: list[str]
) -> None:
    """It may be gone, foreign or broken: what is delivered is the same."""
    found = set[bytes]()
    for number, page in enumerate(
        (None, b"", b"\xff<!DOCTYPE html>", b"<!DOCTYPE html><html>" + b"<p>a" * 20_000, b"as it is")
    ):
        own = Path(shutil.copytree(home, tmp_path / f"home{number}"))
        for file in (own / "out").glob("wells-*.html") if page != b"as it is" else ():
            file.unlink() if page is None else file.write_bytes(page)
        words = ("--reason", REASON, "--deliver", "--publication", own / "wells", "--out", own / "out")
        done = tipbrief("correct", *values, *words)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        found.add(b"".join(file.read_bytes() for file in sorted((own / "out").glob("wells-*.pdf"))))
    assert len(found) == 1
