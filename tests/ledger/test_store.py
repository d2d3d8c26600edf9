"""The ledger: what it holds is read as it was written, nothing in it is lost, and what is wrong is found."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

import tipbrief
from tipbrief.files import replace_file
from tipbrief.language.dates import Date
from tipbrief.ledger import entries, store
from tipbrief.ledger.entries import Change, Edition, Entry, Ledger, Reprint, code_of
from tipbrief.ledger.store import FILE, append, grown, read
from tipbrief.ledger.yaml_form import dump
from tipbrief.problems import Problem, Problems

DAY = Date(2026, 11, 25)
SUM = "ab" * 32


def delivered(book: Ledger, brief: str, prints: dict[str, str], **given: str) -> Edition:
    """The next edition of a brief, with its code."""
    earlier = book.editions(brief)
    made = Edition(
        brief=brief, number=len(earlier) + 1, code="", date=DAY,
        content=given.get("content", SUM), data=given.get("data", SUM), prints=prints,
        pdf=given.get("pdf", ""),
    )  # fmt: skip
    return replace(made, code=code_of(book.publication, made, earlier))


def corrected(name: str, was: str, now: str, reason: str = "اشتباه چاپی") -> Change:
    return Change(kind="correction", name=name, was=was, now=now, date=DAY, reason=reason)


def sample() -> Ledger:
    """WORLD/1, COUNTRY-AFG/1, a correction, WORLD/2, a reprint of it, a correction."""
    book = Ledger("tip")
    book = book.with_entries([delivered(book, "world", {"one": "33", "two": "7"}, pdf="cd" * 32)])
    book = book.with_entries([delivered(book, "country-AFG", {"one": "33", "placements[AFG].tier": "2WL"})])
    book = book.with_entries([corrected("one", "33", "34")])
    book = book.with_entries([delivered(book, "world", {"one": "34", "two": "7"}, content="ef" * 32)])
    reprint = Reprint(brief="world", number=2, date=DAY, pdf="12" * 32)
    return book.with_entries([reprint, corrected("two", "7", "8")])


def laid(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes(text.encode())
    return folder


def faults(folder: Path, publication: str = "tip") -> list[Problem]:
    """What is wrong with the ledger; all of it stands in this file."""
    with pytest.raises(Problems) as raised:
        read(folder, publication)
    assert {problem.file for problem in raised.value.problems} == {folder / FILE}
    return raised.value.problems


def fault(folder: Path, publication: str = "tip") -> Problem:
    (problem,) = faults(folder, publication)
    return problem


def line_of(text: str, part: str) -> int:
    assert text.count(part) == 1, text.count(part)
    return text[: text.index(part)].count("\n") + 1


# ---- what is written is read ----

WORDS = st.one_of(
    st.text(
        # What a dataset can hold: read_text refuses the rest.
        st.characters(
            exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufffe\uffff\ufeff",
            include_characters="\t\n",
        ),
        max_size=30,
    ),
    st.sampled_from(
        ["", "#", "# x", "007", "1e5", "NO", "null", "~", "a=b", "100%", "%41", "%", "it's", '"q"',
         "a -> b", " -> ", "->", "-> ", " ", "a  b", "- x", "{a", "[b", "&c", "*d", "!e", "|", ">", "@", "`",
         "a: b", "<<", "درست: ۳۳ ٪", "می\u200cشود", "\u2066x\u2069", "=======", "a\nb", "\n\n", "x" * 300,
         "2025-01-01", "...", "---"]
    ),
)  # fmt: skip
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True) | st.sampled_from(["no", "on", "null", "yes"])
BRIEFS = NAMES | st.sampled_from(["country-AFG", "country-NO"])
KEYS = WORDS.map(lambda text: " ".join(text.split()))
CELLS = st.builds(entries.cell_name, NAMES, KEYS, NAMES)
REASONS = WORDS.map(lambda text: " ".join(text.split())).filter(bool)
HASHES = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
DATES = st.sampled_from([DAY, Date(2025), Date(2025, 9)])


@st.composite
def books(draw: st.DrawFn) -> Ledger:
    """A ledger in order, of any words."""
    book = Ledger(draw(NAMES))
    known: dict[str, str] = {}
    for kind in draw(st.lists(st.sampled_from(["edition", "change", "reprint"]), max_size=8)):
        entry: Entry
        if kind == "edition":
            prints = draw(st.dictionaries(NAMES | CELLS, WORDS, max_size=6))
            prints = {name: known.setdefault(name, value) for name, value in prints.items()}
            hashes = {name: draw(HASHES) for name in ("content", "data", "pdf")}
            entry = delivered(book, draw(BRIEFS), prints, **hashes)
        elif kind == "change":
            steps = draw(st.dictionaries(NAMES | CELLS, st.tuples(WORDS, WORDS), min_size=1, max_size=4))
            steps = {name: (known.get(name, was), now) for name, (was, now) in steps.items()}
            known |= {name: now for name, (_, now) in steps.items() if name in known}
            (name, (was, now)), *others = steps.items()
            entry = Change(
                kind=draw(st.sampled_from(["correction", "revision"])), name=name, was=was, now=now,
                date=draw(DATES), reason=draw(REASONS), source=draw(st.just("") | NAMES), also=dict(others),
            )  # fmt: skip
        else:
            editions = [one for one in book.entries if isinstance(one, Edition)]
            if not editions:
                continue
            one = draw(st.sampled_from(editions))
            entry = Reprint(brief=one.brief, number=one.number, date=draw(DATES), pdf=draw(HASHES))
        book = book.with_entries([entry])
    return book


@given(books())
@settings(max_examples=120)
def test_what_is_written_is_read(book: Ledger) -> None:
    with tempfile.TemporaryDirectory() as folder:
        again = read(laid(Path(folder), dump(book)), book.publication)
    assert (again.publication, again.entries) == (book.publication, book.entries)
    assert dump(again).encode() == again.raw == dump(book).encode()


def test_a_ledger_to_read(tmp_path: Path) -> None:
    """Its form: merged by line, read by people. Changing it makes every ledger handed out unreadable."""
    also = {"sum": ("1 -> 2", "")}
    book = Ledger("tip")
    prints = {"no": "33", "placements[AFG].tier": "2WL", "placements[a b].tier": "", "bare": "a b=%"}
    edition = delivered(book, "no", prints, pdf=SUM)
    book = book.with_entries([edition, replace(corrected("no", "33", "034"), source="voa-fa", also=also)])
    head, entries = dump(book).split("entries:\n")
    assert head.endswith("publication: tip\n")
    assert entries == (
        f"""\
  - edition: 'no'
    number: 1
    code: '{edition.code}'
    date: 2026-11-25
    content: '{SUM}'
    data: '{SUM}'
    prints:
      figures: >-
        no=33 bare=a%20b%3D%25
      placements.tier: >-
        AFG=2WL a%20b=
    pdf: '{SUM}'
    seal: '8c15889e'
  - correction: 'no'
    was: '33'
    now: '034'
    date: 2026-11-25
    reason: 'اشتباه چاپی'
    source: voa-fa
    also:
      'sum': '1%20-> 2 -> %'
    seal: 'f87b7a3e after 8c15889e'
"""
    )
    assert read(laid(tmp_path, dump(book)), "tip").entries == book.entries


def test_long_lines_are_folded(tmp_path: Path) -> None:
    book = Ledger("tip")
    prints = {f"placements[K{number}].tier": "2WL" for number in range(200)}
    book = book.with_entries([delivered(book, "world", prints)])
    assert max(map(len, dump(book).splitlines())) < 115
    assert read(laid(tmp_path, dump(book)), "tip").entries == book.entries


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    assert read(tmp_path, "tip") == Ledger("tip")
    assert read(laid(tmp_path, dump(Ledger("tip"))), "tip").entries == ()


def test_a_ledger_by_the_name_of_its_file(tmp_path: Path) -> None:
    laid(tmp_path, dump(sample()))
    assert read(tmp_path / FILE, "").entries == sample().entries


# ---- it only grows ----

EDITED: dict[str, Callable[[str], bytes]] = {
    "as written": lambda text: text.encode(),
    "a remark": lambda text: text.replace("  - corr", "  # ask VOA\n\n  - corr", 1).encode() + b"# end\n\n",
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "no final newline": lambda text: text.rstrip("\n").encode(),
    "a remark without newline": lambda text: text.encode() + b"    # end",
    "BOM": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "BOM, CRLF, no final newline": lambda text: (
        b"\xef\xbb\xbf" + text.rstrip("\n").replace("\n", "\r\n").encode()
    ),
    "spaces at the ends of lines": lambda text: text.replace("'\n", "'  \n").encode() + b"   \n",
    "other quotes": lambda text: text.replace(f"'{SUM}'", f'"{SUM}"').encode(),
    "a document's beginning": lambda text: b"---\n" + text.encode(),
}


@pytest.mark.parametrize("edited", EDITED.values(), ids=EDITED)
def test_every_earlier_byte_stays(edited: Callable[[str], bytes], tmp_path: Path) -> None:
    raw = edited(dump(sample()))
    (tmp_path / FILE).write_bytes(raw)
    book = read(tmp_path, "tip")
    assert book.entries == sample().entries
    more = [delivered(book, "world", {"one": "34", "two": "8"}), corrected("two", "8", "9")]
    grew = append(tmp_path, book, more)
    now = (tmp_path / FILE).read_bytes()
    assert now.startswith(raw)
    assert grew.raw == now
    assert grew.entries == read(tmp_path, "tip").entries == (*sample().entries, *more)
    assert not (b"\r\n" in raw and re.search(rb"[^\r]\n", now.removeprefix(raw)))
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    # And once more, on what it gave.
    append(tmp_path, grew, [corrected("two", "9", "10")])
    assert (tmp_path / FILE).read_bytes().startswith(now)
    assert len(read(tmp_path, "tip").entries) == len(sample().entries) + 3


def test_the_first_entry_makes_the_file(tmp_path: Path) -> None:
    first = delivered(Ledger("tip"), "world", {"one": "33"})
    append(tmp_path, read(tmp_path, "tip"), [first])
    assert (tmp_path / FILE).read_text("utf-8") == dump(Ledger("tip", (first,)))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o644


def test_a_ledger_that_changed_since_it_was_read(tmp_path: Path) -> None:
    laid(tmp_path, dump(sample()))
    mine, theirs = read(tmp_path, "tip"), read(tmp_path, "tip")
    append(tmp_path, theirs, [corrected("two", "8", "9", "theirs")])
    after, value = (tmp_path / FILE).read_bytes(), tmp_path / "figures.yaml"
    with pytest.raises(Problems) as raised:
        append(tmp_path, mine, [corrected("two", "8", "10", "mine")], {value: b"two: 10\n"})
    (problem,) = raised.value.problems
    assert (problem.message, problem.file) == (
        "the ledger was changed by another run in the meantime",
        tmp_path / FILE,
    )
    assert "run the command again" in problem.hint
    assert (tmp_path / FILE).read_bytes() == after
    assert not value.exists()


@pytest.mark.parametrize("raw", ["", dump(sample())])
def test_a_ledger_that_came_or_went_since_it_was_read(raw: str, tmp_path: Path) -> None:
    if raw:
        laid(tmp_path, raw)
    book = read(tmp_path, "tip")
    (tmp_path / FILE).unlink() if raw else laid(tmp_path, dump(sample()))
    with pytest.raises(Problems, match="changed by another run"):
        append(tmp_path, book, [corrected("new", "1", "2")])
    assert (tmp_path / FILE).exists() != bool(raw)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("  - ", "    - "),
        ("entries:", "'entries':\n  []\nelse:"),
        ("publication: tip\nentries:\n", "entries:\n"),
    ],
)
def test_a_ledger_laid_out_anew(was: str, now: str, tmp_path: Path) -> None:
    """What was rewritten by another program so that entries at its end are none: nothing is written."""
    text = dump(sample())
    text = "".join(
        re.sub("^  ", "    ", line) if was == "  - " and line.startswith("  ") else line
        for line in text.splitlines(keepends=True)
    ).replace(was, now)
    if was.startswith("pub"):
        text += "publication: tip\n"
    laid(tmp_path, text)
    value = tmp_path / "figures.yaml"
    try:
        book = read(tmp_path, "tip")
    except Problems:
        return
    with pytest.raises(Problems, match="the ledger would not be in order any more") as raised:
        append(tmp_path, book, [corrected("two", "8", "9")], {value: b""})
    assert "nothing was recorded" in raised.value.problems[0].hint
    assert (tmp_path / FILE).read_text("utf-8") == text
    assert not value.exists()


@pytest.mark.parametrize(
    "entry",
    [
        corrected("two", "8", "9", "two\nlines"),
        corrected("two", "8", "9", ""),
        corrected("two", "7", "9"),
        Reprint(brief="world", number=3, date=DAY, pdf=SUM),
        Edition(brief="world", number=3, code="0000", date=DAY, content=SUM, data=SUM),
        replace(delivered(sample(), "world", {}), number=4),
        delivered(sample(), "world", {"one": "35"}),
        delivered(sample(), "first", {"one": "35"}),  # another brief, but one dataset
    ],
)
def test_what_could_not_be_read_is_not_written(entry: Entry, tmp_path: Path) -> None:
    laid(tmp_path, dump(sample()))
    with pytest.raises(Problems, match="the ledger would not be in order any more") as raised:
        append(tmp_path, read(tmp_path, "tip"), [entry])
    assert raised.value.problems[0].file == tmp_path / FILE
    assert (tmp_path / FILE).read_text("utf-8") == dump(sample())


def test_the_dataset_is_written_before_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between leaves a value of which the ledger does not know, which the next delivery finds."""
    laid(tmp_path, dump(sample()))
    written: list[str] = []

    def crash(file: Path, content: bytes) -> None:
        if file.name == FILE:
            raise KeyboardInterrupt
        written.append(file.name)

    monkeypatch.setattr(store, "replace_file", crash)
    book = read(tmp_path, "tip")
    with pytest.raises(KeyboardInterrupt):
        append(tmp_path, book, [corrected("two", "8", "9")], {tmp_path / "a.csv": b"", tmp_path / "b": b""})
    assert written == ["a.csv", "b"]
    assert read(tmp_path, "tip") == book


def test_it_waits_for_another_run(tmp_path: Path) -> None:
    laid(tmp_path, dump(sample()))
    book, ended = read(tmp_path, "tip"), list[object]()

    def run() -> None:
        try:
            ended.append(append(tmp_path, book, [corrected("two", "8", "9", "mine")]))
        except Problems as found:
            ended.append(found)

    thread = threading.Thread(target=run)
    with FileLock(store._lock_of(tmp_path / FILE)):
        thread.start()
        thread.join(0.3)
        assert ended == []
        (tmp_path / FILE).write_bytes(grown(book, [corrected("two", "8", "9", "theirs")]).raw)
    thread.join()
    assert isinstance(ended[0], Problems)
    last = read(tmp_path, "tip").entries[-1]
    assert isinstance(last, Change)
    assert last.reason == "theirs"


ROUNDS = 5
RUN = """
import sys
from pathlib import Path
from tipbrief.ledger.store import Change, append, read
from tipbrief.language.persian import Date
from tipbrief.problems import Problems
folder, who = Path(sys.argv[1]), sys.argv[2]
while True:
    book = read(folder, "tip")
    was = book.entries[-1].now
    print("ready", flush=True)
    if not sys.stdin.readline():
        break
    change = Change(kind="correction", name="two", was=was, now=was + who, date=Date(2026), reason=who)
    try:
        append(folder, book, [change])
        print("won", flush=True)
    except Problems as found:
        print(found, flush=True)
    sys.stdin.readline()
"""


def test_two_processes_at_once(tmp_path: Path) -> None:
    laid(tmp_path, dump(sample()))
    source = Path(tipbrief.__file__).parents[1]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path), who],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=source,
        )
        for who in "ab"
    ]  # fmt: skip

    def say(text: str) -> None:
        for run in runs:
            assert run.stdin
            run.stdin.write(text)
            run.stdin.flush()

    def said() -> list[str]:
        return [run.stdout.readline().strip() for run in runs if run.stdout]

    for _ in range(ROUNDS):
        assert said() == ["ready", "ready"]
        say("go\n")
        assert sorted(said()) == ["the ledger was changed by another run in the meantime", "won"]
        say("next\n")
    said()
    for run in runs:
        run.communicate()
        assert run.returncode == 0
    assert len(read(tmp_path, "tip").entries) == len(sample().entries) + ROUNDS


def test_a_file_keeps_its_rights_and_is_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "figures.yaml"
    file.write_text("old")
    file.chmod(0o640)
    replace_file(file, b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o640)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Problems, match="the file cannot be written: No space left on device"):
        replace_file(file, b"newer")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(Problems) as raised:
        replace_file(tmp_path / "gone" / "figures.yaml", b"new")
    assert raised.value.problems[0].hint == "make the folder first"


# ---- codes ----


@given(st.text("ab", min_size=1, max_size=2), st.integers(2, 40))
@settings(max_examples=30)
def test_codes_of_a_brief_differ_in_two_characters(publication: str, count: int) -> None:
    book = Ledger(publication)
    for number in range(count):
        book = book.with_entries([delivered(book, "world", {"one": str(number % 3)})])
    codes = [one.code for one in book.editions("world")]
    assert all(re.fullmatch("[0-9a-f]{4}", code) for code in codes)
    for index, code in enumerate(codes):
        for other in codes[:index]:
            assert sum(a != b for a, b in zip(code, other, strict=True)) >= 2


def test_codes_of_very_many_editions() -> None:
    taken: list[Edition] = []
    for number in range(1, 400):
        one = Edition(brief="world", number=number, code="", date=DAY)
        taken.append(replace(one, code=code_of("tip", one, taken)))
    near = {code for one in taken for code in _neighbours(one.code)}
    assert not near & {one.code for one in taken}
    assert len({one.code for one in taken}) == len(taken)


def _neighbours(code: str) -> set[str]:
    return {code[:at] + other + code[at + 1 :] for at in range(4) for other in "0123456789abcdef"} - {code}


def test_a_code_is_always_the_same() -> None:
    """Printed on paper: another way to make it would call every edition handed out changed by hand."""
    one = Edition(
        brief="world", number=1, code="", date=DAY, content=SUM, data=SUM, prints={"b": "2", "a": "1"}
    )
    assert code_of("tip", one, []) == "be27"
    assert code_of("tip", replace(one, prints={"a": "1", "b": "2"}, pdf=SUM), []) == "be27"


OTHER = [
    {"brief": "word"},
    {"number": 2},
    {"date": Date(2026, 11, 24)},
    {"content": "ac" + SUM[2:]},
    {"data": "ac" + SUM[2:]},
    {"prints": {"a": "1", "b": "3"}},
    {"prints": {"a": "1"}},
]


@pytest.mark.parametrize("changed", OTHER)
def test_a_code_depends_on_all_that_an_edition_is(changed: dict[str, object]) -> None:
    one = Edition(
        brief="world", number=1, code="", date=DAY, content=SUM, data=SUM, prints={"b": "2", "a": "1"}
    )
    assert code_of("tip", replace(one, **changed), []) != code_of("tip", one, []) != code_of("pit", one, [])  # type: ignore[arg-type]


# ---- what was edited by hand ----

HAND = [
    (r"(?<=edition: world\n    number: 2\n    code: ')....", "0000"),
    (r"(?<=number: 2\n    code: '....'\n    date: )2026-11-25", "2026-11-24"),
    ("efef", "efee"),
    (rf"(?<=    content: '{'ef' * 32}'\n    data: ')ab", "aa"),
    ("one=34 two=7", "one=34 two=8"),
    ("one=34 two=7", "one=34 two=7 three=3"),
    (r"one=34 two=7", "one=34"),
    (r"one=34 two=7", "one=34 owt=7"),
]


@pytest.mark.parametrize(("was", "now"), HAND)
def test_an_edition_changed_by_hand_is_named(was: str, now: str, tmp_path: Path) -> None:
    text = dump(sample())
    changed = re.sub(was, now, text, count=1)
    assert changed != text
    found = fault(laid(tmp_path, changed))
    assert found.message.startswith("the edition WORLD/2 was changed by hand: its code ")
    assert found.source_line.strip() == "- edition: world"
    assert found.line == [n for n, line in enumerate(text.split("\n"), 1) if "edition: world" in line][1]
    assert "version control" in found.hint


def without(text: str, *begins: str) -> str:
    """The text without the entries that begin so."""
    head, *entries = re.split(r"(?m)^(?=  - )", text)
    kept = [entry for entry in entries if not entry.startswith(tuple(f"  - {one}" for one in begins))]
    assert len(kept) < len(entries)
    return head + "".join(kept)


def entry_of(text: str, begins: str) -> str:
    found = [one for one in re.split(r"(?m)^(?=  - )", text) if begins in one]
    assert len(found) == 1
    return found[0]


def many(count: int) -> Ledger:
    book = Ledger("tip")
    for number in range(1, count + 1):
        book = book.with_entries([delivered(book, "world", {"one": "33"}, content=f"{number:064x}")])
    return book


def test_a_missing_edition(tmp_path: Path) -> None:
    text = dump(many(5))
    found = fault(laid(tmp_path, text.replace(entry_of(text, "number: 2\n"), "")))
    assert found.message == "the edition WORLD/2 is missing above WORLD/3"
    assert found.line == line_of(text, entry_of(text, "number: 2\n"))  # where the third stands now
    assert "version control" in found.hint
    found = fault(laid(tmp_path, text.replace(entry_of(text, "number: 1\n"), "")))
    assert found.message == "the edition WORLD/1 is missing above WORLD/2"
    # Two lost, two problems, and each is said once.
    for number in (2, 4):
        text = text.replace(entry_of(text, f"number: {number}\n"), "")
    assert [one.message for one in faults(laid(tmp_path, text))] == [
        "the edition WORLD/2 is missing above WORLD/3",
        "the edition WORLD/4 is missing above WORLD/5",
    ]


def test_editions_in_the_wrong_order(tmp_path: Path) -> None:
    text = dump(many(3))
    second = entry_of(text, "number: 2\n")
    found = faults(laid(tmp_path, text.replace(second, "") + second))
    assert [one.message for one in found] == ["WORLD/3 stands above WORLD/2", "WORLD/2 stands below WORLD/3"]
    assert {one.hint for one in found} == {"put the entries back in order"}


def test_two_editions_with_one_number(tmp_path: Path) -> None:
    text = dump(many(2))
    other = dump(many(1).with_entries([delivered(many(1), "world", {"one": "33"}, content="ab" * 32)]))
    both = text + entry_of(other, "number: 2\n")
    found = fault(laid(tmp_path, both))
    first = line_of(both, entry_of(text, "number: 2\n"))
    assert found.message == f"the edition WORLD/2 stands twice, first in line {first}"
    assert found.line == line_of(both, entry_of(other, "number: 2\n"))
    assert "keep the one that was handed out, delete the other" in found.hint
    twice = text + entry_of(text, "number: 2\n")  # the same on both sides
    assert "stands twice" in fault(laid(tmp_path, twice)).message


def test_an_entry_taken_out_is_noticed_by_the_one_below(tmp_path: Path) -> None:
    """Also the last edition of a brief, and a reprint, which nothing else misses."""
    text = dump(sample())
    head, *listed = re.split(r"(?m)^(?=  - )", text)
    for index in range(len(listed) - 1):
        left = head + "".join(listed[:index] + listed[index + 1 :])
        assert faults(laid(tmp_path, left))[0].line > head.count("\n")
    found = fault(laid(tmp_path, text.replace(entry_of(text, "edition: country-AFG"), "")))
    assert re.fullmatch(
        "this entry was written below another one, which is sealed [0-9a-f]{8}", found.message
    )
    assert "- correction: 'one'" in found.source_line
    assert "entries are gone between" in found.hint


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("cd" * 32, "ce" * 32),
        ("12" * 32, "13" * 32),
        ("now: '8'", "now: '9'"),
        ("date: 2026-11-25\n    reason", "date: 2026-11-24\n    reason"),
    ],
)
def test_what_no_code_protects_is_sealed(was: str, now: str, tmp_path: Path) -> None:
    text = dump(sample())
    found = fault(laid(tmp_path, text.replace(was, now, 1)))
    assert re.fullmatch("this entry was changed by hand: its seal [0-9a-f]{8} does not fit it", found.message)
    assert found.line == text[: text.index(was)].count("\n", 0, text[: text.index(was)].rindex("  - ")) + 1
    assert found.hint.startswith("take what stood there from version control")


def test_a_reason_may_be_worded_better(tmp_path: Path) -> None:
    book = read(laid(tmp_path, dump(sample()).replace("اشتباه چاپی", "اشتباه در جمع", 1)), "tip")
    (change, _) = (entry for entry in book.entries if isinstance(entry, Change))
    assert change.reason == "اشتباه در جمع"


CONFLICT = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> corrections\n"


def test_a_merge_that_was_not_finished(tmp_path: Path) -> None:
    text = dump(sample())
    mine, theirs = (
        entry_of(dump(Ledger("tip", (corrected(name, "8", "9"),))), "correction") for name in ("two", "three")
    )
    conflict = text + CONFLICT.format(mine, theirs)
    found = fault(laid(tmp_path, conflict))
    assert found.line == line_of(conflict, "<<<<<<<")
    assert found.message.startswith("a merge was not finished")
    assert found.hint == "join their entries: tipbrief merge"
    # What is left when somebody deleted some of the marks.
    for mark in ("<<<<<<<", "=======", ">>>>>>>"):
        marked = text + mine + f"{mark} main\n" + theirs
        found = fault(laid(tmp_path, marked))
        assert (found.line, "merge" in found.message) == (line_of(marked, mark), True)
        assert fault(laid(tmp_path, marked.replace("\n", "\r\n"))).line == line_of(marked, mark)
    # By hand it is not whole.
    found = faults(laid(tmp_path, text + mine + theirs))
    assert {one.message for one in found} == {"this entry was written as the first"}
    assert all("tipbrief merge" in one.hint for one in found)


def test_a_merge_of_two_corrections_of_one_figure(tmp_path: Path) -> None:
    book = sample().with_entries([corrected("two", "8", "9"), corrected("two", "8", "10")])
    found = fault(laid(tmp_path, dump(book)))
    assert found.message == "by this correction 'two' was 8, by the entries above it was 9"
    assert found.line == dump(book).count("\n", 0, dump(book).rindex("- correction")) + 1
    assert found.hint.startswith(
        "a correction is missing above, stands in the wrong place, or stands twice; "
    )


def test_a_correction_deleted_by_hand(tmp_path: Path) -> None:
    text = dump(sample())
    found = fault(laid(tmp_path, without(text, "correction: 'one'")))
    assert found.message == "WORLD/2 prints 'one' as 34, by the entries above it is 33"
    assert "edition: world" in found.source_line
    assert found.hint.startswith("a correction is missing above")


def test_a_correction_deleted_in_a_row(tmp_path: Path) -> None:
    steps = [corrected("two", str(number), str(number + 1)) for number in (8, 9, 10)]
    text = dump(sample().with_entries(steps))
    found = fault(laid(tmp_path, text.replace(entry_of(text, "was: '9'"), "")))
    assert found.message == "by this correction 'two' was 10, by the entries above it was 9"


def test_what_followed_is_part_of_the_row(tmp_path: Path) -> None:
    change = replace(corrected("three", "1", "2"), also={"two": ("8", "9")})
    book = sample().with_entries([change])
    book = book.with_entries([delivered(book, "world", {"one": "34", "two": "9"})])
    assert read(laid(tmp_path, dump(book)), "tip").entries == book.entries
    found = fault(laid(tmp_path, dump(book).replace("8 -> 9", "8 -> 10")))
    assert found.message == "WORLD/3 prints 'two' as 9, by the entries above it is 10"


def test_a_brief_cannot_print_another_value_than_its_neighbour(tmp_path: Path) -> None:
    book = sample()
    book = book.with_entries([delivered(book, "country-AFG", {"one": "33"})])  # it was corrected since
    found = fault(laid(tmp_path, dump(book)))
    assert found.message == "COUNTRY-AFG/2 prints 'one' as 33, by the entries above it is 34"


def test_a_reprint_of_an_edition_that_is_not_there(tmp_path: Path) -> None:
    text = dump(sample())
    found = fault(
        laid(tmp_path, text.replace("reprint: world\n    number: 2", "reprint: world\n    number: 3"))
    )
    assert found.message == "there is no edition WORLD/3 above this reprint"
    assert "reprint: world" in found.source_line


def test_another_publication(tmp_path: Path) -> None:
    found = fault(laid(tmp_path, dump(sample())), "press-freedom")
    assert found.message == "this is the ledger of the publication 'tip', not of 'press-freedom'"
    assert found.line == line_of(dump(sample()), "publication: tip")
    assert "put the right ledger.yaml here" in found.hint
    assert read(tmp_path, "").publication == "tip"  # asked by one who knows no publication


HEAD = "publication: tip\nentries:\n"
WORLD = HEAD + "  - edition: world\n    "
REVISION = HEAD + "  - revision: 'a'\n    "
EDITION = f"number: 1\n    code: '3a7e'\n    date: 2026-11-25\n    content: '{SUM}'\n    data: '{SUM}'\n"
SEAL = "    seal: x\n"
UNREADABLE = {
    HEAD + "  - erratum: one\n": (3, "this is no entry of a ledger"),
    HEAD + "  - one\n": (3, "this is no entry of a ledger"),
    HEAD + "  one: 1\n": (1, "the ledger has no list 'entries'"),
    "publication: tip\n": (1, "the ledger has no list 'entries'"),
    "entries:\n": (1, "the ledger: the key 'publication' is missing"),
    WORLD + f"{EDITION}    pages: 2\n": (9, "the edition: the key 'pages' is not known"),
    WORLD + EDITION.replace("3a7e", "3a7") + SEAL: (3, "'3a7' is no code of an edition"),
    WORLD + EDITION.replace(SUM, "ab", 1) + SEAL: (3, "'ab' is no sha256"),
    WORLD + f"{EDITION}    prints:\n      figures: one\n    seal: x\n": (3, "'one' is not 'NAME=VALUE'"),
    WORLD + EDITION.replace("2026-11-25", "2026-11-31"): (6, "'2026-11-31' is not a date"),
    WORLD + EDITION.replace("number: 1", "number: one"): (4, "is a whole number"),
    HEAD + f"  - reprint: world\n    {EDITION}": (3, "the reprint: the key 'pdf' is missing"),
    REVISION + "was: '1'\n    now: '2'\n    date: 2026\n": (3, "'reason' is missing"),
    REVISION + "was: 1\n    now: '2'\n    date: 2026\n    reason: x\n": (4, "reads 1 without"),
    REVISION + "was: '1'\n    now: '2'\n    date: 2026\n    reason: x\n    also: {b: '3'}\n" + SEAL:
        (3, "'3' is not 'OLD -> NEW'"),
    REVISION + "was: '1'\n    now: '2'\n    date: 2026\n    reason: x\n": (3, "'seal' is missing"),
    HEAD + "  - revision: 'a\n": (3, "a quotation mark is left open"),
    HEAD + "\t- revision: a\n": (3, "a tab stands in the indentation"),
    "a ledger\n": (1, "no 'key: value' lines"),
    "": (0, "the ledger is empty"),
    " \n\n": (0, "the ledger is empty"),
    "# all gone\n": (0, "the file has no entries"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), UNREADABLE.items(), ids=[said for _, said in UNREADABLE.values()])
def test_what_is_no_ledger(text: str, said: tuple[int, str], tmp_path: Path) -> None:
    found = faults(laid(tmp_path, text))
    assert [(one.line, said[1] in one.message) for one in found if said[1] in one.message] == [
        (said[0], True)
    ]
    assert all(one.hint for one in found), [one.message for one in found if not one.hint]


def test_all_faults_at_once(tmp_path: Path) -> None:
    text = HEAD + "  - erratum: one\n" + f"  - edition: world\n    {EDITION}{SEAL}".replace("3a7e", "3a7")
    assert len(faults(laid(tmp_path, text))) == 2


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert fault(tmp_path).message == "the ledger cannot be read: Is a directory"


def test_a_file_of_bytes_in_its_place(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"%PDF-1.7\n\xff\xfe")
    assert "the file is not UTF-8" in fault(tmp_path).message


# ---- what it answers ----


def test_what_is_in_it() -> None:
    book = sample()
    first, second = book.editions("world")
    assert (first.name, first.signature) == ("WORLD/1", f"WORLD/1 · {first.code}")
    assert book.last("world") is second
    assert book.last("nothing") is None
    assert [change.name for change in book.after(first)] == ["one"]
    assert [change.name for change in book.after(second)] == ["two"]
    afghan: Sequence[Edition] = book.editions("country-AFG")
    assert [change.name for change in book.after(afghan[0])] == ["one", "two"]
    assert book.pdfs(first) == {"cd" * 32}
    assert book.pdfs(second) == {"12" * 32}
    assert not first.draft
    assert Edition(brief="world", number=3, code="", date=DAY).draft
    assert Edition(brief="world", number=3, code="", date=DAY).signature == "WORLD/3"
