"""What was found in texts and entries is known to the next process, and to no other text, list or program."""

import shutil
from pathlib import Path

import pytest
import tinycss2

from tests.support import GOLDEN, TIP_2025, append, change
from tipbrief.check import texts
from tipbrief.compose import stylesheets
from tipbrief.language import orthography
from tipbrief.ledger.entry_file import EntryFile
from tipbrief.pipeline import memos
from tipbrief.pipeline.document import fingerprint_document
from tipbrief.pipeline.languages import ALL_LANGUAGES
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store
from tipbrief.problems import Problems
from tipbrief.safe_mode import SAFE_MODE_VARIABLE

TEXT = "متن ؛ غلط"  # with a space before its mark


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN, tmp_path / "wells"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path) -> "Reading":
    return Reading(monkeypatch, folder, Store(tmp_path / "cache"))


class Reading:
    """The texts that are looked at when the publication is opened as by another process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, cache: Store) -> None:
        self.folder, self.cache, self.texts = folder, cache, list[str]()
        plain = orthography.find_spelling_faults

        def linted(text: str, *given: object) -> object:
            self.texts.append(text)
            return plain(text, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(orthography, "find_spelling_faults", linted)

    def __call__(self) -> list[str]:
        texts.FAULTS_BY_TEXT.clear()
        self.texts.clear()
        Session.open(self.folder, cache=self.cache, languages=[ALL_LANGUAGES])
        return [*self.texts]


def test_a_text_is_looked_at_once(read: Reading) -> None:
    assert len(read()) > 20
    assert read() == []
    change(read.folder / "publication.yaml", "title: ", "title: و ")
    assert len(read()) == 1
    assert read() == []


def test_another_word_list_language_or_program_looks_anew(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    every = len(read())
    append(read.folder / "words.txt", "کژگاه\n")
    assert len(read()) == every
    assert read() == []
    change(read.folder / "publication.yaml", "fa-AF", "fa-IR")
    assert len(read()) == every
    monkeypatch.setattr(memos, "code_fingerprint", lambda: "another program")
    assert len(read()) == every
    monkeypatch.setattr(memos, "installed_packages", lambda: "other libraries")
    assert len(read()) == every
    monkeypatch.setenv(SAFE_MODE_VARIABLE, "1")
    assert len(read()) == len(read()) == every


def test_faults_are_told_again(read: Reading) -> None:
    change(read.folder / "publication.yaml", "title: ", f"title: {TEXT} ")
    told = []
    for _ in range(2):
        with pytest.raises(Problems, match="space") as raised:
            read()
        told.append(raised.value.problems)
    assert told[0] == told[1]
    assert not read.texts


def test_what_others_wrote_in_its_place_is_not_believed(read: Reading) -> None:
    every = len(read())
    (entry,) = (one for one in read.cache.folder.iterdir() if b'{"faults"' in one.read_bytes())
    for content in (b"[]", b"{}", b"null", b'[["a"]]', b'[["a", "b", {"c": [[1]]}]]', b"\xff"):
        read.cache.write_entry(entry.stem, {"faults": content})
        assert len(read()) == every
        read.cache.write_entry(entry.stem, {"another": content})
        assert len(read()) == every


def test_what_a_large_entry_printed_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Store(tmp_path / "cache")
    monkeypatch.setenv(SAFE_MODE_VARIABLE, "1")
    plain = Session.open(TIP_2025, cache=cache).ledger
    monkeypatch.delenv(SAFE_MODE_VARIABLE)
    large = [file for file in plain.entry_files if len(file.raw_bytes) >= memos._LARGE_ENTRY_BYTES and file.prints]
    assert len(large) > 1
    assert Session.open(TIP_2025, cache=cache).ledger.latest_values == plain.latest_values
    again = Session.open(TIP_2025, cache=cache).ledger
    small = {file.name for file in plain.entry_files} - {file.name for file in large}
    read = set[str]()
    edition = EntryFile.read_edition

    def noted(file: EntryFile, *given: object) -> object:
        read.add(file.name)
        return edition(file, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(EntryFile, "read_edition", noted)
    assert again.latest_values == plain.latest_values
    assert read <= small
    monkeypatch.setattr(memos, "code_fingerprint", lambda: "another program")
    assert Session.open(TIP_2025, cache=cache).ledger.latest_values == plain.latest_values
    assert read >= {file.name for file in large}


def test_styles_are_looked_at_once(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = list[str]()
    plain = tinycss2.parse_stylesheet

    def parse(css: str, **how: bool) -> object:
        looked.append(css)
        return plain(css, **how)

    monkeypatch.setattr(tinycss2, "parse_stylesheet", parse)

    def said() -> int:
        stylesheets.FAULTLESS_SHEETS.clear()
        stylesheets.style_faults.cache_clear()
        looked.clear()
        session = Session.open(folder, cache=Store(tmp_path / "cache"))
        fingerprint_document(session, "all")
        session.save_fingerprint_memos()
        return len(looked)

    assert said() > 1
    change(folder / "texts.yaml", "prose:", "prose: # of the wells")
    change(folder / "publication.yaml", "title: ", "title: و ")
    assert said() == 0
    (folder / "theme.css").write_text("p { color: red }")
    assert said() >= 1
    (folder / "theme.css").write_text("p { font-family: Unknown }")
    with pytest.raises(Problems, match="font"):
        said()
    with pytest.raises(Problems, match="font"):
        said()
