"""Each save is told, however an editor's program saves; what is none is not."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import PATIENCE, append
from tipbrief.watch.preview import watch_saves


class Told:
    """How often a save was told; where it begins, the first has come."""

    def __init__(self, folder: Path, templates: Path) -> None:
        self.count, self.stop = 0, threading.Event()
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._listen, args=(folder, templates))

    def __enter__(self) -> "Told":
        self._thread.start()
        self.more_than(0)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join()

    def _listen(self, *folders: Path) -> None:
        for _ in watch_saves(*folders, self.stop):
            with self._more:
                self.count += 1
                self._more.notify_all()

    def more_than(self, before: int) -> int:
        with self._more:
            assert self._more.wait_for(lambda: self.count > before, PATIENCE)
            return self.count


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    return tmp_path / "templates"


@pytest.fixture
def told(folder: Path, templates: Path) -> Iterator[Told]:
    with Told(folder, templates) as found:
        yield found


@pytest.mark.parametrize("name", ["figures.yaml", "tables/places.csv", "briefs/one.yaml", "theme.css"])
def test_a_file_is_saved_in_its_place(told: Told, folder: Path, name: str) -> None:
    append(folder / name, "\n")
    told.more_than(1)


def test_files_come_and_go_and_take_the_names_of_others(told: Told, folder: Path, templates: Path) -> None:
    new = folder / "figures.yaml.new"
    shutil.copy(folder / "figures.yaml", new)
    append(new, "\n")
    new.replace(folder / "figures.yaml")
    seen = told.more_than(1)
    (folder / "templates" / "css").mkdir(parents=True)
    (folder / "templates" / "css" / "a4.css").write_text("")
    seen = told.more_than(seen)
    shutil.rmtree(folder / "templates")
    seen = told.more_than(seen)
    (folder / "texts.yaml").unlink()
    seen = told.more_than(seen)
    (folder / "ledger").mkdir()
    seen = told.more_than(seen)
    (folder / "ledger" / "0001-delivery-000000000000.json").write_text("{}")
    seen = told.more_than(seen)
    (templates / "brief.html.j2").write_text("")
    told.more_than(seen)


def test_what_no_page_is_made_of_is_no_save(told: Told, folder: Path, templates: Path) -> None:
    assert told.count == 1, "at the beginning it is told once"
    names = ".figures.yaml.swp figures.yaml~ 4913 #figures.yaml# briefs/one.yaml.tmp out/one.pdf .git/index"
    for file in [*map(folder.joinpath, names.split()), templates / "#brief.html.j2#"]:
        file.parent.mkdir(exist_ok=True)
        file.write_text("x")
        file.touch()
    os.utime(folder)
    append(folder / "figures.yaml", "\n")
    assert told.more_than(1) == 2


def test_the_folder_gets_another_name_and_comes_back(told: Told, folder: Path) -> None:
    away = folder.with_name("away")
    folder.rename(away)
    seen = told.more_than(1)
    away.rename(folder)
    seen = told.more_than(seen)
    append(folder / "figures.yaml", "\n")
    seen = told.more_than(seen)
    new = folder.with_name("new")  # it is another one also where numbers of files are used again
    new.mkdir()
    shutil.rmtree(folder)
    seen = told.more_than(seen)
    new.rename(folder)
    told.more_than(seen)


def test_where_the_system_tells_nothing_it_is_looked_for(
    folder: Path, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*folders: Path, **how: object) -> Iterator[None]:
        raise RuntimeError("OS file watch limit reached")
        yield  # as in the library, it fails when the first change is asked for

    monkeypatch.setattr("tipbrief.watch.preview.watch", refused)
    with Told(folder, templates) as told:
        append(folder / "figures.yaml", "\n")
        told.more_than(1)


def test_a_link_that_leads_round_is_followed_by_nobody(folder: Path, templates: Path) -> None:
    (folder / "templates").mkdir()
    (folder / "templates" / "again").symlink_to(folder / "templates")
    (folder / "figures.yaml").unlink()
    (folder / "figures.yaml").symlink_to("nowhere.yaml")
    with Told(folder, templates) as told:
        append(folder / "texts.yaml", "\n")
        told.more_than(1)
