"""A text in which no fault was found is known to the next process, and to no other list, language or program."""

import shutil
from pathlib import Path

import pytest

from tests.support import GOLDEN, append, change
from tipbrief.check import texts
from tipbrief.compose import stylesheets
from tipbrief.language import orthography
from tipbrief.ledger.entry_file import EntryFile
from tipbrief.ledger.ledger_folder import read_ledger
from tipbrief.pipeline import memos, store
from tipbrief.pipeline.selection import ALL_LANGUAGES
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store
from tipbrief.problems import Problems
from tipbrief.typeset.patches.registry import SAFE_MODE_VARIABLE

FAULTY = "متن ؛ غلط"  # with a space before its mark


class Reading:
    """The texts that are checked when the publication is opened as by another process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, store: Store) -> None:
        self.folder, self.store, self.texts = folder, store, list[str]()
        plain = orthography.find_spelling_faults

        def note(text: str, *given: object) -> object:
            self.texts.append(text)
            return plain(text, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(orthography, "find_spelling_faults", note)

    def __call__(self) -> list[str]:
        texts.FAULTS_BY_TEXT.clear()
        self.texts.clear()
        Session.open(self.folder, store=self.store, languages=[ALL_LANGUAGES])
        return [*self.texts]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Reading:
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "wells"))
    return Reading(monkeypatch, folder, Store(tmp_path / "store"))


def test_a_sound_text_is_checked_once(read: Reading) -> None:
    assert len(read()) > 20
    assert read() == []
    change(read.folder / "publication.yaml", "title: ", "title: و ")
    assert len(read()) == 1
    assert read() == []


def test_another_word_list_language_or_program_checks_again(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    every = len(read())
    append(read.folder / "words.txt", "کژگاه\n")
    assert len(read()) == every
    assert read() == []
    change(read.folder / "publication.yaml", "fa-AF", "fa-IR")
    assert len(read()) == every
    monkeypatch.setattr(store, "code_fingerprint", lambda: "another program")
    assert len(read()) == every
    monkeypatch.setenv(SAFE_MODE_VARIABLE, "1")
    assert len(read()) == len(read()) == every


def test_faults_are_reported_again(read: Reading) -> None:
    change(read.folder / "publication.yaml", "title: ", f"title: {FAULTY} ")
    reported = []
    for _ in range(2):
        with pytest.raises(Problems, match="space") as raised:
            read()
        reported.append(raised.value.problems)
    assert reported[0] == reported[1]
    assert len(read.texts) == 1


def test_an_entry_of_another_form_is_not_believed(read: Reading) -> None:
    every = len(read())
    (entry,) = (one for one in read.store.folder.iterdir() if b'{"texts"' in one.read_bytes())
    for content in (b"[1]", b"{}1", b"null", b'[["a"]]', b'[["a", "b", 3]]', b"\xff"):
        read.store.write_entry(entry.stem, {"texts": content})
        assert len(read()) == every
        read.store.write_entry(entry.stem, {"another": content})
        assert len(read()) == every


def test_styles_without_fault_and_printed_values_are_read_once(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = "p { margin: 0 }\n" * 100
    monkeypatch.setattr(memos, "_SMALL_ENTRY", 0)
    found = []
    for _ in range(2):
        texts.FAULTS_BY_TEXT.clear()
        known = memos.SoundTexts(read.store, read.folder)
        pages = sound, sound + "@import 'other.css';"
        found.append([stylesheets.style_faults.__wrapped__(page, ("Vazirmatn",)) for page in pages])
        known.save()
        memos.recall_printed_values(read.store, ledger := read_ledger(GOLDEN, ""))
        found[-1].append([file.prints for file in ledger.entry_files])
        monkeypatch.setattr(EntryFile, "lines", None)  # no entry is parsed again, nor are styles
        monkeypatch.setattr(stylesheets, "_nodes", lambda nodes: nodes if len(nodes) > 100 else 1 / 0)
    assert found[0] == found[1]
    assert [*map(bool, found[0])] == [False, True, True]
