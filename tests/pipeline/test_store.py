"""An entry comes back whole or not at all, the folder stays bounded, and no fault of it stops a build."""

import errno
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, get_args
from zlib import crc32

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import append, environment, figures_brief, wells
from tipbrief.assets import find_shipped_folder
from tipbrief.pipeline import document, store
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.run import build_documents
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store, code_fingerprint, default_folder, entry_key, store_key
from tipbrief.typeset.patches.registry import SAFE_MODE_VARIABLE

KEY = entry_key("the brief")
ENTRY = {"pdf": b"%PDF-1.7\n\x00\xff", "html": "<p>نو</p>".encode(), "برگه": b"2"}
HOUR = 3600

# Makes a process of its own: `kept` is the cache in the folder that is its first argument.
PRELUDE = """\
import os, signal, sys
from pathlib import Path
from tipbrief.pipeline.store import Store
kept = Store(Path(sys.argv[1]))
"""


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    return Store(tmp_path / "made" / "for it")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A cache for all examples of a test by hypothesis: each puts its entry first."""
    return Store(tmp_path_factory.mktemp("cache"))


def only_file(kept: Store) -> Path:
    (file,) = kept.folder.iterdir()
    return file


def names(kept: Store) -> set[str]:
    return {path.name for path in kept.folder.iterdir()}


def process(script: str, *words: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PRELUDE + script, *map(str, words)], env=environment())


@given(st.dictionaries(st.text(), st.binary()))
def test_any_entry_comes_back_and_no_other(shared: Store, entry: dict[str, bytes]) -> None:
    shared.write_entry(KEY, entry)
    for cache_ in (shared, Store(shared.folder)):
        found = cache_.read_entry(KEY)
        assert found == entry
        assert list(found) == list(entry)
    assert shared.read_entry(entry_key("another brief")) is None


def test_the_latest_entry_of_a_key_is_kept_for_its_owner_alone_and_nothing_beside_it(kept: Store) -> None:
    for entry in (ENTRY, {"pdf": b"new"}):
        kept.write_entry(KEY, entry)
        assert kept.read_entry(KEY) == entry
    assert only_file(kept).name == f"{KEY}.brief"
    assert (kept.folder.stat().st_mode | only_file(kept).stat().st_mode) & 0o077 == 0


def test_an_entry_is_made_once_and_again_where_it_is_damaged_or_has_other_names(kept: Store) -> None:
    makes: list[str] = []

    def make() -> dict[str, bytes]:
        makes.append("made")
        return ENTRY

    def get(*names: str) -> object:
        return kept.get_or_make(KEY, names or [*ENTRY], make)

    assert (get(), get(), len(makes)) == (ENTRY, ENTRY, 1)
    only_file(kept).write_bytes(b"damaged")
    assert (get(), get(), len(makes)) == (ENTRY, ENTRY, 2)
    kept.write_entry(KEY, {"pdf": b""})
    assert (get(), get(), len(makes)) == (ENTRY, ENTRY, 3)
    kept.folder.chmod(0o777)
    assert (get(), get(), len(makes)) == (ENTRY, ENTRY, 5)


def test_there_are_four_kinds_of_entries() -> None:
    package = Path(store.__file__).parents[1]
    used = {
        kind
        for file in package.rglob("*.py")
        for kind in re.findall(r'\bstore_key\(\s*"(\w+)"', file.read_text(encoding="utf-8"))
    }
    assert used == {*get_args(store.Kind)} == {"answer", "dependencies", "pages", "template"}
    assert len({store_key(kind, "a") for kind in get_args(store.Kind)}) == 4


@pytest.mark.parametrize("kind", get_args(store.Kind))
def test_what_another_version_of_the_program_stored_is_not_used(
    kept: Store, kind: store.Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.write_entry(store_key(kind, "a"), ENTRY)
    with monkeypatch.context() as patch:
        patch.setattr(store, "code_fingerprint", lambda: "another")
        assert kept.read_entry(store_key(kind, "a")) is None
    assert kept.read_entry(store_key(kind, "a")) == ENTRY


@pytest.fixture(scope="module")
def sound(shared: Store) -> bytes:
    """The file of a sound entry."""
    shared.write_entry(KEY, ENTRY)
    return (shared.folder / f"{KEY}.brief").read_bytes()


def test_every_flipped_bit_and_every_cut_is_found(shared: Store, sound: bytes) -> None:
    file = shared.folder / f"{KEY}.brief"
    for at in range(len(sound)):
        changed = (sound[:at] + bytes([sound[at] ^ bit]) + sound[at + 1 :] for bit in (0x01, 0x20, 0x80))
        for damaged in (sound[:at], *changed):
            file.write_bytes(damaged)
            assert shared.read_entry(KEY) is None, at
    shared.write_entry(KEY, ENTRY)
    assert shared.read_entry(KEY) == ENTRY


def with_checksum(body: bytes) -> bytes:
    return b"%08x\n%b" % (crc32(store.FORMAT_MARK + KEY.encode() + body), body)


def test_a_file_that_is_not_this_entry_or_of_another_form_is_none(
    kept: Store, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.write_entry(KEY, ENTRY)
    nonsense = (
        '{"pdf": -1}', '{"pdf": 1e400}', '{"pdf": 99}', '{"pdf": "x"}', '{"pdf": null}', "[]", "7", "",
        "\xff", '{"pdf": ' + "[" * 100_000, '{"pdf": ' + "9" * 5000 + "}",
    )  # fmt: skip
    for damaged in (
        b"\n", b"garbage" + sound, sound + b"more", sound.replace(b'"pdf": 1', b'"pdf": 2'),
        sound.replace(b'"pdf"', b'"pfd"'), bytes(len(sound)),  # as a power failure may leave it
        *(with_checksum(header.encode() + b"\n%PDF") for header in nonsense),
    ):  # fmt: skip
        only_file(kept).write_bytes(damaged)
        assert kept.read_entry(KEY) is None, damaged
    only_file(kept).write_bytes(sound)
    only_file(kept).rename(kept.folder / f"{entry_key('another brief')}.brief")
    assert kept.read_entry(entry_key("another brief")) is None
    kept.write_entry(KEY, ENTRY)
    monkeypatch.setattr(store, "FORMAT_MARK", b"tipbrief entry 0\n")
    assert kept.read_entry(KEY) is None


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_what_stands_in_the_place_of_the_folder_or_of_an_entry_is_no_fault(
    tmp_path: Path, kept: Store, name: str
) -> None:
    (tmp_path / "file").write_text("mine")
    (kept.folder / f"{KEY}.brief").mkdir(parents=True, mode=0o700)
    for one in (Store(tmp_path / name), kept):
        one.write_entry(KEY, ENTRY)
        assert one.read_entry(KEY) is None
        one.remove_old_entries()
    assert (tmp_path / "file").read_text() == "mine"
    assert names(kept) == {f"{KEY}.brief"}
    os.mkfifo(kept.folder / f"{entry_key('pipe')}.brief")
    assert kept.read_entry(entry_key("pipe")) is None, "it is not waited for"


@pytest.mark.parametrize("step", ["open", "replace", "utime"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_what_cannot_be_written_is_no_fault_and_leaves_the_old(
    kept: Store, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    kept.write_entry(KEY, ENTRY)
    monkeypatch.setattr(os, step, fail)
    if step != "utime":
        kept.write_entry(KEY, {})
        monkeypatch.undo()
    assert kept.read_entry(KEY) == ENTRY
    assert names(kept) == {f"{KEY}.brief"}


def homeless(_: str) -> NoReturn:
    raise RuntimeError("could not determine the home directory")


@pytest.mark.parametrize("answer", [lambda _: Path("~/.cache/tipbrief"), homeless], ids=["older", "newer"])
def test_without_a_home_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: Callable[[str], Path]
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", answer)
    monkeypatch.chdir(tmp_path)
    kept = Store(default_folder())
    kept.write_entry(KEY, ENTRY)
    assert kept.read_entry(KEY) is None
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / name)
    assert default_folder() == tmp_path / "tipbrief", "else it is the user's"


def filled(kept: Store, count: int) -> list[str]:
    """``count`` entries of one size, the first one used the longest ago."""
    keys = [entry_key("brief", str(number)) for number in range(count)]
    for number, name in enumerate(keys):
        kept.write_entry(name, ENTRY)
        age(kept.folder / f"{name}.brief", HOUR * (count - number))
    return keys


def age(file: Path, seconds: float) -> None:
    changed = file.stat().st_mtime - seconds
    os.utime(file, (changed, changed))


def size(kept: Store) -> int:
    return sum(path.stat().st_size for path in kept.folder.iterdir())


def test_trim_removes_the_longest_unused_until_the_bound_holds(kept: Store) -> None:
    keys = filled(kept, 6)
    one = size(kept) // 6
    kept.remove_old_entries()
    assert len(names(kept)) == 6, "what fits is left"
    assert kept.read_entry(keys[0]) == ENTRY  # now the one used last
    for most_bytes, left in ((3 * one, (0, 4, 5)), (3 * one - 1, (0, 5)), (0, ())):
        kept.most_bytes = most_bytes
        kept.remove_old_entries()
        assert names(kept) == {f"{keys[at]}.brief" for at in left}


def test_the_first_put_of_a_run_keeps_the_bound(kept: Store) -> None:
    keys = filled(kept, 4)
    next_run = Store(kept.folder, most_bytes=size(kept) // 2)
    next_run.write_entry(entry_key("new"), ENTRY)
    assert size(kept) <= next_run.most_bytes
    assert names(kept) == {f"{entry_key('new')}.brief", f"{keys[3]}.brief"}


def test_a_long_run_exceeds_the_bound_by_an_eighth_at_most(tmp_path: Path) -> None:
    kept = Store(tmp_path, most_bytes=100_000)
    largest = 0
    for number in range(300):
        kept.write_entry(entry_key(str(number)), {"pdf": bytes(1000)})
        largest = max(largest, size(kept))
    assert 100_000 < largest < 112_500 + 2000
    kept.remove_old_entries()
    assert 98_000 < size(kept) <= 100_000


def test_trim_is_rare_and_what_is_larger_than_the_whole_cache_drives_nothing_out(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trimmed: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(Store, "remove_old_entries", lambda _: trimmed.append("once"))
        filled(kept, 50)
    assert trimmed == ["once"]
    small = Store(kept.folder, most_bytes=size(kept))
    small.write_entry(KEY, {"pdf": bytes(size(kept))})
    assert small.read_entry(KEY) is None
    assert len(names(kept)) == 50


def test_trim_removes_nothing_that_the_cache_did_not_write(kept: Store) -> None:
    kept.write_entry(KEY, ENTRY)
    mine = ["notes.txt", "ab.brief", f"{KEY}.pdf", ".report-0123456789abcdef", f"{KEY}.brief.bak"]
    for name in mine:
        (kept.folder / name).write_text("mine")
        age(kept.folder / name, 1000 * HOUR)
    kept.most_bytes = 0
    kept.remove_old_entries()
    assert names(kept) == {*mine}


KILLED = """\
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
kept.write_entry(sys.argv[2], {"pdf": bytes(100_000)})
"""


def test_a_writer_killed_before_the_rename_leaves_no_half_entry(kept: Store) -> None:
    assert process(KILLED, kept.folder, KEY).wait() == -signal.SIGKILL
    left = only_file(kept)
    assert left.name.startswith(f".{KEY}.brief-")
    assert kept.read_entry(KEY) is None
    kept.write_entry(KEY, ENTRY)
    assert process(KILLED, kept.folder, KEY).wait() == -signal.SIGKILL
    assert kept.read_entry(KEY) == ENTRY
    age(left, HOUR - 60)
    kept.remove_old_entries()
    assert left.exists(), "it could be another process's, at work"
    age(left, 120)
    age(kept.folder, 2 * HOUR)  # in which nothing was written since
    kept.remove_old_entries()
    assert not left.exists()


# Different things under one key, which no caller does, so that a mixture would be seen.
WRITER = """\
letter = sys.argv[3].encode()
for length in range(400):
    kept.write_entry(sys.argv[2], {"pdf": letter * length * 500, "html": letter * length})
    kept.remove_old_entries()
"""


def test_two_writers_and_a_reader_at_once_never_see_a_mixture(kept: Store) -> None:
    kept.write_entry(KEY, {"pdf": b"", "html": b""})
    writers = [process(WRITER, kept.folder, KEY, letter) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        entry = kept.read_entry(KEY)
        assert entry is not None
        letters, length = set(entry["html"]), len(entry["html"])
        assert len(letters) == (length > 0)
        assert entry == {"pdf": bytes(letters) * length * 500, "html": bytes(letters) * length}
        seen.add((length, *letters))
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(seen) > 1
    assert names(kept) == {f"{KEY}.brief"}


def test_a_key_is_the_same_for_the_same_parts_in_every_process(tmp_path: Path) -> None:
    """Of a mapping the order does not count, and of a file the place."""
    bytes_ = hashlib.sha256(b"c").hexdigest()
    whole = f'["\\u0646\\u0648", ["bytes", "{bytes_}"], {{"x": "1"}}]'
    assert entry_key("نو", b"c", {"x": "1"}) == hashlib.sha256(whole.encode()).hexdigest()
    assert entry_key({"WeasyPrint": "70.0", "Pango": "1.5"}) == entry_key({"Pango": "1.5", "WeasyPrint": "70.0"})
    one, other = tmp_path / "one.ttf", tmp_path / "other.ttf"
    for file in (one, other):
        file.write_bytes(b"glyphs")
    before = entry_key(one)
    assert entry_key(other) == before
    one.write_bytes(b"other glyphs")
    assert entry_key(one) != before


def test_keys_are_unambiguous(tmp_path: Path) -> None:
    (tmp_path / "font").write_bytes(b"ab")
    font = tmp_path / "font"
    parts: list[tuple[Any, ...]] = [
        (), ("",), (b"",), ("", ""), ("ab", "c"), ("a", "bc"), ("abc",), (b"abc",), ("c", "ab"), ("ab",),
        (b"ab",), (font,), (str(font),), ({},), ({"a": "b"},), ({"a": b"b"},), ({"b": "a"},),
        ({"a": "b", "c": "d"},), ({"a": "b"}, {"c": "d"}), ({"a": "b"}, "c", "d"), ({"a": {"b": "c"}},),
        ("a", "b"), ('["a"]',), ('{"a": "b"}',), ("bytes", "a"), ("\ud800",), ("?",),
    ]  # fmt: skip
    assert len({entry_key(*each) for each in parts}) == len(parts)


tuples = st.lists(st.text("ab:1s") | st.binary(max_size=3) | st.dictionaries(st.text("ab"), st.text("ab")))


@given(tuples, tuples)
def test_two_keys_are_the_same_only_for_the_same_parts(one: list[Any], other: list[Any]) -> None:
    assert (entry_key(*one) == entry_key(*other)) == (one == other)


def test_every_change_of_the_code_changes_its_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, room, data = code_fingerprint.__wrapped__, tmp_path / "room", tmp_path / "data"
    room.mkdir()
    shutil.copytree(find_shipped_folder("data") / "maps", data / "maps")
    shutil.copytree(find_shipped_folder("data") / "counted", data / "counted")
    shutil.copytree(find_shipped_folder("data") / "codes", data / "codes")
    monkeypatch.setattr(store, "find_shipped_folder", lambda kind: tmp_path / kind)
    (room / "engine.py").write_text("one = 1\n")
    seen = [taken(tmp_path)]
    (room / "notes.md").write_text("no code")
    assert taken(tmp_path) == seen[0]
    for change in (
        lambda: (room / "engine.py").write_text("one = 2\n"),
        lambda: (room / "fa-AF.yaml").write_text("edition: ویرایش\n", encoding="utf-8"),
        lambda: (room / "ps.po").write_text('msgid "Edition"\n', encoding="utf-8"),
        lambda: (room / "words.txt").write_text("svg path\n"),
        lambda: (room / "further.py").touch(),
        lambda: (room / "engine.py").rename(room / "motor.py"),
        lambda: (room / "motor.py").rename(tmp_path / "motor.py"),
        lambda: append(next((data / "maps").iterdir()), " "),
        lambda: append(data / "counted" / "fa-AF.txt", " "),
        lambda: append(data / "codes" / "world.yaml", " "),
    ):
        change()
        seen.append(taken(tmp_path))
    assert len({*seen}) == len(seen) == 11


@pytest.mark.parametrize(
    "entry",
    [
        {}, {"pdf": b"x", "html": b"", "pages": b"1"}, {"pdf": b"", "html": b""},
        {"pdf": b"", "html": b"", "pages": b"x"},
        {"pdf": b"", "html": b"", "pages": b"9" * 5000, "notes": b"[]"}, {"log": b"[" * 100_000}, {"log": b"[]"},
        {"log": b'{"one": [[], "", "", ""]}'}, {"pdf": b"", "html": b"", "pages": b"1", "notes": b"[" * 100_000},
    ],
)  # fmt: skip
def test_an_entry_that_holds_something_else_is_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: dict[str, bytes]
) -> None:
    """As whoever could write there would put it: the document is made, and what was put there is not used."""
    monkeypatch.setattr(Store, "read_entry", lambda *_: entry)
    session = Session.open(wells(tmp_path / "wells", one=figures_brief("wells")))
    names: list[str] = []

    def make(composed: document.ComposedDocument, step: object = None) -> Rendering:
        names.append(composed.name)
        return Rendering(b"pdf", b"html", 1, True, b"bare")

    monkeypatch.setattr(document, "render_document", make)
    (built,) = build_documents(session, ["one"], tmp_path / "out")
    assert (names, built.fresh) == (["one"], True)
    assert (tmp_path / "out" / "wells-one.pdf").read_bytes() == b"pdf"


@pytest.mark.parametrize(
    ("own", "above", "used"), [(0o700, 0o755, True), (0o770, 0o755, False), (0o702, 0o755, False),
     (0o755, 0o775, True), (0o700, 0o777, False), (0o700, 0o1777, True)],
)  # fmt: skip
def test_a_folder_into_which_others_may_write_is_not_used(tmp_path: Path, own: int, above: int, used: bool) -> None:
    kept = Store(tmp_path / "above" / "tipbrief")
    kept.write_entry(KEY, ENTRY)
    assert kept.read_entry(KEY) == ENTRY
    kept.folder.chmod(own)
    kept.folder.parent.chmod(above)
    assert kept.is_writable_by_others is not used
    kept.write_entry(entry_key("new"), ENTRY)
    assert kept.read_entry(KEY) == kept.read_entry(entry_key("new")) == (ENTRY if used else None)
    assert (kept.folder / f"{entry_key('new')}.brief").exists() is used


def test_safe_mode_neither_reads_nor_writes(kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that an earlier run made with patches would hide what safe mode is to show."""
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    document.compose_document(Session.open(folder, store=kept), "one").load_or_render()
    before = names(kept)
    monkeypatch.setenv(SAFE_MODE_VARIABLE, "1")
    composed = document.compose_document(Session.open(folder, store=kept), "one")
    assert not kept.has_entry(composed.store_key)
    assert composed.load_rendering() is None
    composed.load_or_render()
    kept.write_entry(entry_key("new"), ENTRY)
    assert names(kept) == before
    monkeypatch.delenv(SAFE_MODE_VARIABLE)
    assert composed.load_rendering()


def test_a_folder_of_another_user_is_not_used_and_the_editor_is_told(
    kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.write_entry(KEY, ENTRY)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    os.chown(kept.folder, 4712, -1) if os.getuid() == 0 else None
    assert kept.read_entry(KEY) is None
    session = Session.open(wells(tmp_path / "wells", one=figures_brief("wells")), store=kept)
    told = [problem for problem in session.warnings if problem.file == kept.folder]
    assert [problem.severity for problem in told] == ["warning"]
    assert "others may write into this folder" in told[0].message
    assert "XDG_CACHE_HOME" in told[0].hint
