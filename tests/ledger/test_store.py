"""The folder of the ledger: it only grows, by whole entries, and what is wrong in it is found."""

import gzip
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.samples import DAY, SUM, corrected, delivered, grown, sample, write_sealed
from tests.support import change, contents, figures_brief, problem_of, problems_of, run_badly, told_by, wells
from tipbrief.check.publication import load_publication
from tipbrief.files import FolderLock, hash_of, override_contents
from tipbrief.language.dates import Date
from tipbrief.ledger import ledger, ledger_folder
from tipbrief.ledger.consistency import require_readable_entries
from tipbrief.ledger.entries import Change, Edition, Fact, Reprint
from tipbrief.ledger.entry_file import EntryFile, format_entry, parse_entry
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.ledger_folder import (
    LEDGER_FOLDER,
    append_entry,
    next_entry_date,
    read_ledger,
    write_entries,
)
from tipbrief.ledger.status import find_status_by_code, find_status_by_pdf
from tipbrief.problems import Problem, Problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication's folder with the sample as its ledger."""
    write_entries(tmp_path, sample().entry_files)
    return tmp_path


def entry(folder: Path, number: int) -> Path:
    (found,) = (folder / LEDGER_FOLDER).glob(f"{number:04}-*.json")
    return found


def faults(folder: Path, publication: str = "tip") -> list[Problem]:
    problems = problems_of(read_ledger, folder, publication)
    assert all(problem.hint for problem in problems)
    return problems


def fault(folder: Path, publication: str = "tip") -> Problem:
    (problem,) = faults(folder, publication)
    return problem


def test_entries_that_are_tried_are_read_as_if_they_were_there(tmp_path: Path) -> None:
    files = {tmp_path / LEDGER_FOLDER / one.name: one.raw_bytes for one in sample().entry_files}
    with override_contents(files):
        assert read_ledger(tmp_path, "tip") == sample()
    assert read_ledger(tmp_path, "tip") == Ledger("tip")
    write_entries(tmp_path, sample().entry_files[:-1])
    with override_contents(files):
        assert read_ledger(tmp_path, "tip") == sample()
    assert len(read_ledger(tmp_path, "tip").entry_files) == len(files) - 1


EDITED: dict[str, Callable[[bytes], bytes]] = {
    "as written": lambda raw: raw,
    "CRLF": lambda raw: raw.replace(b"\n", b"\r\n"),
    "BOM": lambda raw: b"\xef\xbb\xbf" + raw,
    "a reason worded better": lambda raw: raw.replace("چاپی".encode(), "در جمع".encode()),
}


@pytest.mark.parametrize("edited", EDITED.values(), ids=EDITED)
def test_what_is_there_stays_byte_for_byte(folder: Path, edited: Callable[[bytes], bytes]) -> None:
    for path in (folder / LEDGER_FOLDER).iterdir():
        path.write_bytes(edited(path.read_bytes()))
    before, book = contents(folder), read_ledger(folder, "tip")
    assert told_by(book) == told_by(sample())
    assert (book == sample()) == (edited is not EDITED["a reason worded better"]), "a page that prints it is another"
    assert {one.reason for one in book.changes} == {edited("اشتباه چاپی".encode()).decode("utf-8-sig")}
    grew = append_entry(folder, book, [delivered(book, "world", {"one": "34", "two": "8"})])
    grew = append_entry(folder, grew, [corrected("two", "8", "9"), corrected("three", "1", "2")])
    after = contents(folder)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 2
    assert read_ledger(folder, "tip") == grew
    assert told_by(grew) == [*told_by(sample()), "WORLD/3", "two", "three"]


def test_entries_that_are_known_are_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known, parse, parsed_now = read_ledger(folder, "tip"), parse_entry, list[str]()

    def noting(text: str, number: int, file: Path) -> EntryFile:
        parsed_now.append(file.name)
        return parse(text, number, file)

    monkeypatch.setattr(ledger_folder, "parse_entry", noting)
    assert read_ledger(folder, "tip", known) == known
    assert parsed_now == []
    second = entry(folder, 2)
    second.write_bytes(second.read_bytes().replace(b"\n", b"\r\n"))
    assert read_ledger(folder, "tip", known).content_hash == known.content_hash
    assert parsed_now == [second.name]
    second.write_bytes(b"{")
    with pytest.raises(Problems):
        read_ledger(folder, "tip", known)


def test_no_ledger_is_an_empty_one_and_the_first_entry_makes_the_folder(tmp_path: Path) -> None:
    assert read_ledger(tmp_path, "tip") == Ledger("tip")
    (tmp_path / LEDGER_FOLDER).mkdir()  # by a run that was killed, or the editor
    (tmp_path / LEDGER_FOLDER / ".0001-delivery-5d1c07e2a3b4.json-x1").write_text("{")
    assert read_ledger(tmp_path, "tip") == Ledger("tip")
    shutil.rmtree(tmp_path / LEDGER_FOLDER)
    append_entry(tmp_path, read_ledger(tmp_path, "tip"), [delivered(Ledger("tip"), "world", {"one": "33"})])
    (made,) = (tmp_path / LEDGER_FOLDER).iterdir()
    assert made.stat().st_mode & 0o777 == 0o644
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / LEDGER_FOLDER).write_text("")
    with pytest.raises(Problems):
        append_entry(tmp_path / "other", Ledger("tip"), [corrected("one", "1", "2")])


@pytest.mark.parametrize("changed", ["more", "fewer", "reworded"])
def test_a_ledger_that_changed_since_it_was_read(folder: Path, changed: str) -> None:
    mine = read_ledger(folder, "tip")
    if changed == "more":
        append_entry(folder, read_ledger(folder, "tip"), [corrected("two", "8", "9", "theirs")])
    elif changed == "fewer":
        entry(folder, 6).unlink()
    else:
        change(entry(folder, 3), "اشتباه چاپی", "اشتباه در جمع")
    before = contents(folder)
    problem = problem_of(
        append_entry, folder, mine, [corrected("two", "8", "10", "mine")], {folder / "figures.yaml": b"two: 10\n"}
    )
    assert problem.message == "the ledger was changed by another run in the meantime"
    assert problem.hint == "nothing was recorded; run the command again"
    assert contents(folder) == before


@pytest.mark.parametrize(
    "fact",
    [
        corrected("two", "7", "9"),
        Reprint(brief="world", number=3, date=DAY, pdf=SUM),
        Edition(brief="world", number=3, code="0000", date=DAY, content=SUM, data=SUM),
        replace(delivered(sample(), "world", {}), number=4),
        replace(delivered(sample(), "world", {}), number=2),
        delivered(sample(), "world", {"one": "35"}),
        delivered(sample(), "first", {"one": "35"}),  # another brief, but one dataset
    ],
)
def test_what_is_not_true_after_the_rest_is_not_written(fact: Fact, folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(Problems, match="the ledger would not be in order any more"):
        append_entry(folder, read_ledger(folder, "tip"), [fact], {folder / "figures.yaml": b""})
    assert contents(folder) == before


def test_the_dataset_is_written_before_the_entry(folder: Path) -> None:
    """A crash between leaves a value of which the ledger does not know, which the next delivery finds."""
    book = read_ledger(folder, "tip")
    with pytest.raises(Problems):
        append_entry(folder, book, [corrected("two", "8", "9")], {folder / "a.csv": b"", folder / "gone" / "b": b""})
    assert (folder / "a.csv").exists()
    assert read_ledger(folder, "tip") == book


def test_it_waits_for_another_run(folder: Path) -> None:
    book, ended = read_ledger(folder, "tip"), list[object]()

    def run() -> None:
        try:
            ended.append(append_entry(folder, book, [corrected("two", "8", "9", "mine")]))
        except Problems as found:
            ended.append(found)

    thread = threading.Thread(target=run)
    with FolderLock(folder):
        thread.start()
        thread.join(0.3)
        assert ended == []
        write_entries(folder, grown(book, corrected("two", "8", "9", "theirs")).entry_files)
    thread.join()
    assert isinstance(ended[0], Problems)
    assert read_ledger(folder, "tip").changes[-1].reason == "theirs"


@pytest.mark.parametrize(
    ("number", "was", "now"),
    [
        (1, '"pdf": "cd', '"pdf": "ce'), (1, '"date": "2026-11-25"', '"date": "2026-11-24"'),
        (1, '"one": "33"', '"one": "34"'), (3, '"now": "34"', '"now": "35"'),
        (3, '"correction"', '"revision"'), (4, '"code": "', '"code":  "'),
        (5, '"reprint": "world"', '"reprint": "word"'), (6, "\n}\n", "\n}\n\n"),
    ],
)  # fmt: skip
def test_an_entry_changed_by_hand_is_named(number: int, was: str, now: str, folder: Path) -> None:
    file = entry(folder, number)
    text = file.read_text("utf-8")
    assert was in text
    file.write_text(text.replace(was, now, 1), "utf-8")
    found = faults(folder)[0]
    assert found.file == file
    assert "version control" in found.hint


def test_an_entry_that_is_gone_is_missed_by_the_next(folder: Path) -> None:
    """But for the last one, which version control shows."""
    files = sorted((folder / LEDGER_FOLDER).iterdir())
    for file, next_ in pairwise(files):
        raw = file.read_bytes()
        file.unlink()
        found = fault(folder)
        assert found.message == f"the entry before this one is gone: …-{file.name[-17:]}"
        assert found.file == next_
        file.write_bytes(raw)
    assert read_ledger(folder, "tip") == sample()


def test_an_entry_of_another_ledger_or_under_another_number(folder: Path) -> None:
    """Also where its numbers and hashes are right."""
    found = fault(folder, "press-freedom")
    assert found.message == "this is the ledger of the publication 'tip', not of 'press-freedom'"
    assert found.hint == "put the right ledger/ here; for a new publication delete it"
    assert read_ledger(folder, "").publication == "tip"  # asked by one who knows no publication
    last = entry(folder, 6)
    moved = last.rename(last.with_name(last.name.replace("0006", "0007")))
    assert "its number does not follow" in fault(folder).message
    moved.rename(last)
    write_entries(folder, grown(Ledger("pit"), corrected("a", "1", "2")).entry_files)
    assert all("it is of the publication '" in one.message for one in faults(folder))


def test_two_wordings_that_were_not_merged(folder: Path) -> None:
    file = entry(folder, 3)
    text = file.read_text("utf-8")
    reason = next(line for line in text.splitlines() if "reason" in line)
    both = f"<<<<<<< HEAD\n{reason}\n=======\n{reason.replace('چاپی', 'دیگر')}\n>>>>>>> fixes"
    file.write_text(text.replace(reason, both), "utf-8")
    found = fault(folder)
    assert (found.file, found.line) == (file, 5)
    assert found.message.startswith("a merge was not finished")
    assert found.hint.startswith("keep one of the two wordings")


HEAD = '{\n"publication": "tip",\n"kind": "delivery",\n"date": "2026-11-25",\n"after": [],\n'


def filled(line: str) -> str:
    return f'"facts": [\n{line}\n]\n}}\n'


END = filled("")
CORRECTION = HEAD.replace("delivery", "correction") + '"reason": "x",\n'
UNREADABLE = [
    ("", "it has no list 'facts'"),
    ("[]\n", "it has no list 'facts'"),
    (HEAD, "it has no list 'facts'"),
    (HEAD + '"facts": [\n', "it has no list 'facts'"),
    ("{\n" + END, "the key 'kind' is missing"),
    ("{" + HEAD + END, "Expecting property name"),
    (HEAD.replace("delivery", "erratum") + END, "'erratum' is no kind of entry"),
    (HEAD.replace('"2026-11-25"', "2026") + END, "the key 'date' is missing, or holds something else"),
    (HEAD.replace("11-25", "11-31") + END, "there is no such day"),
    (HEAD.replace("[]", "[[]]") + END, "the key 'after'"),
    (HEAD + '"data": ' + "[" * 100_000 + END, "nested too deeply"),
    (CORRECTION + filled("not json"), "Expecting value"),
    (CORRECTION + filled("1"), "the key 'facts'"),
    (CORRECTION + filled('{"name": "a", "was": 1}'), "the key 'was'"),
    (CORRECTION + filled('{"name": "a", "was": "1", "now": "2", "also": {"b": "3"}}'), "the key 'also'"),
    (CORRECTION.replace("correction", "withdrawal") + filled("1"), "the key 'facts'"),
    # What an entry has that is of a newer file of a table.
    (CORRECTION + '"files": [],\n' + END, "the key 'files'"),
    (CORRECTION + '"files": {"t.csv": {"old": "x"}},\n' + END, "the key 'files'"),
    (CORRECTION.replace('"x"', '["x"]') + filled('{"name": "a", "was": "1", "now": "2", "because": 1}'), "no reason 1"),
    (CORRECTION.replace('"x"', '["x"]') + filled('{"name": "a", "was": "1", "now": "2", "because": "0"}'), "'because'"),
    (CORRECTION.replace('"x"', "[1]") + filled('{"name": "a", "was": "1", "now": "2"}'), "the key 'reason'"),
    (CORRECTION + filled('{"name": "t[a]", "was": "1", "now": "", "documents": {"b": 1}}'), "is no text"),
]


LINES = [
    "1", *(f'{{"edition": "world", "number": 1{more}}}' for more in ("", ', "code": "00"')),
    *(
        f'{{"edition": "world", "number": 1, "code": "0000"{more}, "pdf": "{SUM}"}}'
        for more in (
            "", ', "content": 1', ', "content": "ab"', ', "content": "ab", "prints": {"a": []}',
            ', "content": "ab", "no longer": {}', ", \\",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_a_delivery_that_is_none_is_told_when_it_is_asked_for(line: str, tmp_path: Path) -> None:
    """Also of an entry that fits its name, as a stranger can make it."""
    write_entries(tmp_path, [parse_entry(HEAD + filled(line), 1, tmp_path)])
    book = read_ledger(tmp_path, "tip")
    asks = [lambda: book.last_edition("world"), lambda: find_status_by_code(book, "0000")]
    for ask in [*asks, lambda: book.find_by_pdf(SUM)] if "pdf" in line else asks:
        problem = problem_of(ask)
        assert problem.message.startswith(("this entry of the ledger cannot be read", "one of its lines"))
        assert problem.file == next((tmp_path / LEDGER_FOLDER).iterdir())


@pytest.mark.parametrize(("text", "said"), UNREADABLE)
def test_what_is_no_entry(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / LEDGER_FOLDER).mkdir()
    (tmp_path / LEDGER_FOLDER / "0001-delivery-5d1c07e2a3b4.json").write_text(text)
    assert said in fault(tmp_path).message
    (tmp_path / "one.json").write_text("{\n" + text)
    faults(tmp_path / "one.json")


def long_ledger(deliveries: int, documents: int) -> list[EntryFile]:
    """As many deliveries of as many documents."""
    files: list[EntryFile] = []
    for number in range(1, deliveries + 1):
        sums = [hash_of(f"{number} {document}".encode()) for document in range(documents)]
        lines = [
            {"edition": f"country-{at}", "number": number, "code": one[:4], "content": one, "pdf": one}
            | ({"prints": {"one": "1", f"t[{at}].tier": "2"}} if number == 1 else {})
            for at, one in enumerate(sums)
        ]
        head = {"publication": "tip", "kind": "delivery", "date": DAY.iso(), "data": SUM}
        after = [file.seal for file in files[-1:]]
        files.append(parse_entry(format_entry({**head, "after": after}, lines), number, Path()))
    return files


@pytest.mark.parametrize(("deliveries", "documents"), [(100, 188), (1500, 1)])
def test_a_long_ledger_is_read_asked_and_goes_on(deliveries: int, documents: int, tmp_path: Path) -> None:
    """It is a matter of a second; where the time grows with the square, of minutes."""
    book = Ledger("tip", long_ledger(deliveries, documents))
    write_entries(tmp_path, book.entry_files)
    begun = time.process_time()
    book = read_ledger(tmp_path, "tip")
    require_readable_entries(book)
    last = book.last_edition("country-0")
    assert last
    assert find_status_by_code(book, last.signature).state == "current"
    assert find_status_by_pdf(book, hash_of(b"1 0"), {}).edition == book.valid_editions("country-0")[0]
    new = [delivered(book, brief, dict(last.prints)) for brief in book.briefs[:1]]
    grew = append_entry(tmp_path, book, new)
    assert len(json.loads(grew.format_extract_until(new[0]))["facts"]) == deliveries + 1
    assert time.process_time() - begun < 8


def test_a_large_delivery_is_packed_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand editions take less than two megabytes. A correction stays a text, whose reason may be edited."""
    book = Ledger("tip", long_ledger(1, 10_000))
    first = book.last_edition("country-0")
    assert first
    monkeypatch.setattr(ledger_folder, "_MAX_PLAIN_BYTES", 900)
    write_entries(tmp_path, book.entry_files)
    (file,) = (tmp_path / LEDGER_FOLDER).iterdir()
    assert file.name == book.entry_files[0].name + ".gz"
    assert file.stat().st_size < 2_000_000 < len(book.entry_files[0].raw_bytes)
    assert read_ledger(tmp_path, "tip") == book
    assert read_ledger(tmp_path, "tip").last_edition("country-0") == first
    packed = file.read_bytes()
    grew = append_entry(tmp_path, book, [corrected("one", "1", "2" * 900)])
    assert {one.suffix for one in (tmp_path / LEDGER_FOLDER).iterdir()} == {".gz", ".json"}
    assert read_ledger(tmp_path, "tip") == grew
    assert file.read_bytes() == packed
    for damaged in (packed[:-20_000], packed[:100] + b"?" + packed[101:], b"{}", gzip.compress(b"{}" * 99)):
        file.write_bytes(damaged)
        assert faults(tmp_path)[0].message.startswith("this entry of the ledger cannot be read: ")
    # What is small may be large when it is unpacked.
    file.write_bytes(gzip.compress(bytes(ledger.MAX_LEDGER_BYTES * 4)))
    assert fault(tmp_path).message.startswith("a ledger of more than 50 MB is too long")
    # Somebody unpacked it, and kept both.
    file.write_bytes(packed)
    file.with_suffix("").write_bytes(gzip.decompress(packed))
    assert read_ledger(tmp_path, "tip") == grew
    assert len(read_ledger(tmp_path, "tip").entry_files) == 2


def test_what_is_too_long_is_said_before_it_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = read_ledger(folder, "tip")
    size = sum(path.stat().st_size for path in (folder / LEDGER_FOLDER).iterdir())
    for limits in (
        {"MAX_LEDGER_ENTRIES": 6, "MAX_LEDGER_BYTES": 10**6},
        {"MAX_LEDGER_ENTRIES": 7, "MAX_LEDGER_BYTES": size},
    ):
        for name, value in limits.items():
            monkeypatch.setattr(ledger_folder, name, value)
            monkeypatch.setattr(ledger, name, value)
        before = contents(folder)
        assert read_ledger(folder, "tip") == book
        with pytest.raises(Problems, match="is too long: tipbrief reads") as raised:
            append_entry(folder, book, [corrected("two", "8", "9")])
        assert raised.value.problems[0].hint.endswith("a copy with another id and without a ledger")
        assert contents(folder) == before
    monkeypatch.setattr(ledger_folder, "MAX_LEDGER_BYTES", size - 1)
    assert fault(folder).message.startswith("a ledger of more than 0 MB is too long")
    monkeypatch.setattr(ledger_folder, "MAX_LEDGER_ENTRIES", 5)
    assert fault(folder).message.startswith("a ledger of 6 entries is too long")


@pytest.mark.parametrize(
    "fact",
    [
        corrected("two", "8", "9"),
        Reprint(brief="world", number=2, date=DAY, pdf=SUM),
        delivered(sample(), "world", {"one": "34"}),
    ],
    ids=["correction", "reprint", "edition"],
)
def test_dates_do_not_run_backwards(fact: Edition | Reprint | Change, folder: Path) -> None:
    before = contents(folder)
    problem = problem_of(append_entry, folder, read_ledger(folder, "tip"), [replace(fact, date=Date(2026, 11, 24))])
    assert problem.message == "the clock says 2026-11-24, but the last entry of the ledger is of 2026-11-25"
    assert problem.hint.startswith("set the clock, or SOURCE_DATE_EPOCH")
    assert problem.file
    assert problem.file.parent == folder / LEDGER_FOLDER
    assert contents(folder) == before


def test_who_is_a_time_zone_behind_takes_the_day_of_the_last_entry() -> None:
    book = sample()
    assert next_entry_date(Ledger("tip"), Date(2020, 1, 1)) == Date(2020, 1, 1)
    for day in (Date(2026, 11, 24), DAY):
        assert next_entry_date(book, day) == DAY
    assert next_entry_date(book, Date(2031, 1, 1)) == Date(2031, 1, 1)
    for day in (Date(2026, 11, 23), Date(1970, 1, 1)):
        with pytest.raises(Problems, match=f"the clock says {day.iso()}"):
            next_entry_date(book, day)


@pytest.mark.parametrize(
    "command", [["correct", "laws", "139", "--reason", "رقم نادرست بود"], ["build", "world", "--deliver"]]
)
def test_the_commands_with_the_clock_set_back(command: list[str], tip_2025: Path) -> None:
    before = contents(tip_2025)
    out = ["--out", str(tip_2025 / "out")] * (command[0] == "build")
    done = run_badly(*command, *out, "--publication", tip_2025, SOURCE_DATE_EPOCH="1700000000")
    last = read_ledger(tip_2025, "").entry_files[-1].date.iso()
    assert f"the clock says 2023-11-14, but the last entry of the ledger is of {last}" in done.stderr
    assert contents(tip_2025) == before


LINE = f'{{"edition": "a", "number": 1, "code": "9f2c", "content": "{SUM}"}}'
SOUND = HEAD.replace('"after"', f'"data": "{SUM}",\n"after"')
STEP = '{"name": "a", "was": "1", "now": "2"}'
HOSTILE = {
    "nested": SOUND.replace("[]", "[" * 100_000) + filled(LINE),
    "nested in a line": SOUND + filled(LINE[:-1] + ', "prints": ' + '{"a":' * 100_000 + "}"),
    "nested in a change": CORRECTION + filled('{"name": ' + "[" * 100_000 + "}"),
    "a key twice": SOUND.replace('"kind"', '"kind": "delivery",\n"kind"') + filled(LINE),
    "a name twice": SOUND + filled(LINE[:-1] + ', "prints": {"a": "1", "a": "2"}}'),
    "half a letter": CORRECTION + filled(STEP.replace('"2"', r'"\ud800"')),
    "half a letter as a name": SOUND + filled(LINE[:-1] + r', "prints": {"\udcff": "1"}}'),
    "a control character": CORRECTION.replace('"x"', r'"\u001b[2J"') + filled(STEP),
    "a control character as it is": CORRECTION.replace('"x"', '"\x9b2J"') + filled(STEP),
    "a direction in a brief": SOUND + filled(LINE.replace('"a"', '"\u202ea"')),
    "a path as a brief": SOUND + filled(LINE.replace('"a"', '"../../a"')),
    "a brief of a MB": SOUND + filled(LINE.replace('"a"', f'"{"a" * 10**6}"')),
    "a number of 10,000 digits": SOUND.replace("[]", "[" + "9" * 10_000 + "]") + filled(LINE),
    "an edition of that number": SOUND + filled(LINE.replace("1,", f"{'1' * 10_000},", 1)),
    "no edition": SOUND + filled(LINE.replace('"number": 1', '"number": 0')),
    "an infinite number": SOUND.replace("[]", "[Infinity]") + filled(LINE),
    "a fraction": SOUND + filled(LINE[:-1] + ', "seen": 1e400}'),
    "a year": SOUND.replace("2026-11-25", "2026") + filled(LINE),
    "another publication": SOUND.replace('"tip"', '"\u2067tip"') + filled(LINE),
    "no reason": CORRECTION.replace('"x"', '" "') + filled(STEP),
    "no hash": SOUND + filled(LINE.replace(SUM, "ab")),
    "another brief in the head": SOUND.replace('"after"', '"edition": 1,\n"after"') + filled("{}"),
    "something after the line": SOUND + filled(LINE + ", x"),
    "a reprint without its PDF": SOUND + filled('{"reprint": "a", "number": 1, "code": "9f2c"}'),
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nonsense_under_a_name_that_fits_is_found(text: str, tmp_path: Path) -> None:
    """By what reads all, as 'check' does, and in the form in which a PDF carries it."""
    kind = "correction" if '"correction"' in text else "delivery"
    write_sealed(tmp_path, 1, kind, text)
    problems = problems_of(lambda: require_readable_entries(read_ledger(tmp_path, "tip")))
    for problem in problems:
        assert problem.file
        assert problem.file.parent == tmp_path / LEDGER_FOLDER
        assert problem.hint
        assert len(problem.format()) < 1000
        problem.format().encode()


def test_check_reads_every_line(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    text = (SOUND + filled(LINE)).replace('"tip"', f'"{load_publication(folder).imprint.id}"')
    write_sealed(folder, 1, "delivery", text)
    require_readable_entries(read_ledger(folder, ""))
    next((folder / LEDGER_FOLDER).iterdir()).unlink()
    write_sealed(folder, 1, "delivery", text.replace('"a"', '"a b"'))
    done = run_badly("check", "--publication", folder)
    assert "0001-delivery-" in done.stderr


def test_what_lies_in_the_folder_and_is_no_entry(folder: Path) -> None:
    there, last = folder / LEDGER_FOLDER, entry(folder, 6)
    (there / "README.txt").write_text("what this is")
    (there / "notes.json").write_text("{}")
    (there / "0012-delivery-5d1c07e2a3b4.json").write_bytes(b"\xff")
    (there / f"0007-delivery-{'5' * 200}.json").write_text("{}")
    (there / f"{'7' * 50}-delivery-5d1c07e2a3b4.json").write_text("{}")
    (there / "0008-delivery-5d1c07e2a3b4.json").mkdir()
    os.mkfifo(there / "0009-delivery-5d1c07e2a3b4.json")
    (there / "0010-delivery-5d1c07e2a3b4.json").symlink_to(last)
    (there / "0011-delivery-5d1c07e2a3b4.json").symlink_to("nothing")
    found = faults(folder)
    assert {problem.file.name[:4] for problem in found if problem.file} == {
        "note", "0007", "7777", "0008", "0009", "0010", "0011", "0012",
    }  # fmt: skip
    for said in ("its name is not that of an entry", "a folder, not a file", "a pipe, not a file", "can't decode"):
        assert any(said in problem.message for problem in found), said


def test_an_edition_that_prints_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its lines is short, and repeats all that was printed before."""
    monkeypatch.setattr(ledger, "MAX_PRINTED_VALUES", 100)
    write_entries(tmp_path, long_ledger(50, 1))
    assert len(read_ledger(tmp_path, "tip").valid_editions("country-0")) == 50
    write_entries(tmp_path, long_ledger(51, 1))
    with pytest.raises(Problems, match="the editions of 'country-0' print more than 100 values"):
        read_ledger(tmp_path, "tip").valid_editions("country-0")


def test_no_link_of_a_ledger_leads_out(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / LEDGER_FOLDER).symlink_to(folder / LEDGER_FOLDER)
    assert fault(home).message == "a link leads out of the publication"
    (home / LEDGER_FOLDER).unlink()
    (home / LEDGER_FOLDER).mkdir()
    (home / LEDGER_FOLDER / entry(folder, 1).name).symlink_to(entry(folder, 1))
    assert fault(home).message == "a link leads out of the publication"
    (home / "ledger.json").symlink_to(entry(folder, 1))
    assert fault(home).file == home / "ledger.json"
    (tmp_path / "named").symlink_to(folder)
    for way in (folder, folder / LEDGER_FOLDER, tmp_path / "named"):
        assert read_ledger(way, "") == sample(), "the folder itself may be a link"


@pytest.mark.parametrize(
    ("name", "make"),
    [
        (LEDGER_FOLDER, lambda path: path.write_text("nothing")),
        (LEDGER_FOLDER, lambda path: path.symlink_to("gone")),
        ("ledger.json", os.mkfifo),
    ],
)
def test_what_stands_in_the_place_of_the_ledger_is_not_passed_over(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    make(tmp_path / name)
    assert fault(tmp_path).file == tmp_path / name


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.json"
    path.write_text(sample().format_extract_until(sample().valid_editions("world")[-1]), "utf-8")
    return path


def test_reading_leaves_the_one_file_and_the_first_entry_turns_it_into_a_folder(file: Path) -> None:
    book, text = read_ledger(file.parent, "tip"), file.read_text("utf-8")
    assert file.read_text("utf-8") == text
    grew = append_entry(file.parent, book, [corrected("two", "7", "9")])
    assert [path.name for path in file.parent.iterdir()] == [LEDGER_FOLDER]
    again = read_ledger(file.parent, "tip")
    assert (again, told_by(again)) == (grew, [*told_by(book), "two"])
    assert again.valid_editions("world") == book.valid_editions("world")


def test_until_the_one_file_is_deleted_it_is_the_ledger_unless_the_folder_knows_more(file: Path) -> None:
    """A killed run may leave some entries, which the next one completes."""
    book, text = read_ledger(file, "tip"), file.read_text("utf-8")
    (file.parent / LEDGER_FOLDER).mkdir()
    (file.parent / LEDGER_FOLDER / book.entry_files[0].name).write_bytes(book.entry_files[0].raw_bytes)
    assert read_ledger(file.parent, "tip") == book
    ledger_folder.convert_to_folder(file.parent)
    assert not file.exists()
    assert read_ledger(file.parent, "tip") == book
    append_entry(file.parent, book, [corrected("two", "7", "9")])
    file.write_text(text, "utf-8")
    found = fault(file.parent)
    assert found.message == "ledger.json stands beside the folder ledger/, and each has entries of its own"
    assert found.hint == "join them: tipbrief merge"
    ledger_folder.convert_to_folder(file.parent)
    assert told_by(read_ledger(file.parent, "tip")) == [*told_by(book), "two"]


def test_a_ledger_that_changes_while_it_becomes_a_folder_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = ledger_folder.write_entries

    def late(*args: Any) -> None:
        written(*args)
        file.write_bytes(b"saved")

    monkeypatch.setattr(ledger_folder, "write_entries", late)
    with pytest.raises(Problems, match="changed in the meantime"):
        ledger_folder.convert_to_folder(file.parent)
    assert file.read_bytes() == b"saved"
