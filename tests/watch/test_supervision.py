"""The process that makes the pages, in truth: what is saved is shown; faults, deaths and lost folders end."""

import multiprocessing
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support import change, contents
from tests.watch.support import Watching, is_sound, messages, small, watching_of
from tipbrief import limits
from tipbrief.problems import Problems
from tipbrief.watch.preview_worker import View


def _digests(state: dict[str, Any]) -> list[str]:
    return [page["image"] for page in state["pages"]]


def test_an_edit_is_shown_and_only_the_page_that_it_changed_is_another(watching: Watching, folder: Path) -> None:
    before = watching.until("current")
    assert before["view"] == {"document": "one", "language": "fa-AF", "paper": "a4", "profile": "office"}
    assert (messages(before), before["changed"]) == ([], [])
    change(folder / "figures.yaml", "value: 12345.5", "value: 777.5")
    after = watching.until("current", lambda state: _digests(state)[0] != _digests(before)[0])
    assert _digests(after)[1] == _digests(before)[1]
    places = watching.watched.areas.get(after["places"])
    assert places
    changed = [places[index] for index in after["changed"]]
    assert {(one["name"], one["value"], one["file"]) for one in changed} == {("wells", "777.5", "figures.yaml")}
    assert watching.watched.pictures.get(_digests(before)[0])  # whoever was told of it may not have it yet


def test_under_a_fault_the_last_good_pages_stay_until_it_is_mended(watching: Watching, folder: Path) -> None:
    good = watching.until("current")
    change(folder / "figures.yaml", "value: 12345.5", "value: many")
    state = watching.until("faults")
    (problem,) = [one for one in state["problems"] if one["severity"] == "error"]
    assert (problem["file"], problem["kind"]) == ("figures.yaml", "no-number")
    assert problem["source"] == "  value: many"
    assert state["pages"] == good["pages"]
    change(folder / "figures.yaml", "value: many", "value: 12345.5")
    assert _digests(watching.until("current", is_sound)) == _digests(good)
    text = (folder / "sources.yaml").read_text()
    (folder / "sources.yaml").unlink()
    assert messages(watching.until("faults"))[0] == "the file is missing"
    (folder / "sources.yaml").write_text(text)
    watching.until("current", is_sound)


def test_a_folder_that_is_lost_and_comes_back(watching: Watching, folder: Path) -> None:
    away = folder.with_name("away")
    folder.rename(away)
    state = watching.until("lost")
    assert state["note"] == f"there is no publication in '{folder}'"
    assert len(state["pages"]) == 2
    away.rename(folder)
    assert watching.until("current", lambda state: not state["note"])
    shutil.rmtree(folder)
    watching.until("lost")


def test_another_folder_in_its_place_is_shown_and_watched(watching: Watching, folder: Path) -> None:
    first = watching.until("current")
    other = small(folder.with_name("other"))
    change(other / "figures.yaml", "value: 12345.5", "value: 777.5")
    folder.rename(folder.with_name("away"))
    other.rename(folder)
    second = watching.until("current", lambda state: _digests(state)[0] != _digests(first)[0])
    change(folder / "figures.yaml", "value: 777.5", "value: 888.5")
    watching.until("current", lambda state: _digests(state)[0] != _digests(second)[0])


def test_a_process_that_is_killed_is_told_and_begun_anew(watching: Watching) -> None:
    (child,) = multiprocessing.active_children()
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    assert "ended by the system" in watching.until("lost")["note"]
    watching.until("current")
    (other,) = multiprocessing.active_children()
    assert other.pid != child.pid


def test_what_kills_each_process_is_given_up_until_it_is_changed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here all that it takes is to begin.
    deadly = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    (tmp_path / "sitecustomize.py").write_text(deadly)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    with watching_of(folder) as found:
        assert "ended by the system" in messages(found.until("faults"))[0]
        monkeypatch.undo()
        change(folder / "figures.yaml", "value: 12345.5", "value: 777.5")
        found.until("current", is_sound)


@pytest.mark.slow
def test_a_template_without_end_is_stopped_and_told(watching: Watching, folder: Path) -> None:
    good = watching.until("current")
    block = folder / "templates" / "blocks" / "figures.html.j2"
    block.parent.mkdir(parents=True)
    block.write_text("{% for _ in range(9999) %}" * 3 + "{% endfor %}" * 3)
    state = watching.until("faults")
    assert f"takes more than {limits.STEP_SECONDS:.0f} s of computing" in " ".join(messages(state))
    assert state["pages"] == good["pages"]
    block.unlink()
    assert _digests(watching.until("current")) == _digests(good)


def test_a_disk_without_room_is_told_and_left_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> Path:
        raise Problems("no temporary file can be written: No space left on device")

    monkeypatch.setattr("tipbrief.pipeline.workers.process.create_process_folder", full)
    with watching_of(folder) as found:
        assert "No space left" in messages(found.until("faults"))[0]
        monkeypatch.undo()
        change(folder / "figures.yaml", "value: 12345.5", "value: 777.5")
        found.until("current")


def test_a_cache_that_cannot_be_written_keeps_nothing_and_hinders_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with watching_of(folder) as found:
        found.until("current", is_sound)


def test_who_looks_elsewhere_is_served_first_and_the_other_stays_current(watching: Watching, folder: Path) -> None:
    other, before = View("each-AFG"), contents(folder)
    watching.watched.look_at(other)
    watching.until("current", view=other)
    assert contents(folder) == before, "nothing is written into the publication"
    seen = watching.until("current")["revision"]
    change(folder / "figures.yaml", "value: 12345.5", "value: 777.5")
    watching.until("current", lambda state: state["pages"][0]["of"] > seen)
    assert watching.watched.describe_view(other)["status"] == "current"
