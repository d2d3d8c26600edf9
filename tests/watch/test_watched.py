"""What is known of a view after each answer; without the process that gives the answers."""

from pathlib import Path
from typing import Any

import pytest

from tipbrief.problems import Problem
from tipbrief.watch import preview as module
from tipbrief.watch.preview import MAX_VIEWS, Preview
from tipbrief.watch.preview_worker import PreviewOrder, View, WorkerAnswer

ONE, TWO = View("one"), View("two")
SIZE = (210.0, 297.0)


def _picture(number: int, sizes: Any, png: bytes) -> WorkerAnswer:
    return WorkerAnswer("picture", page=number, page_sizes=sizes, png=png)


class Told:
    """A watched publication whose orders are only noted."""

    def __init__(self, folder: Path) -> None:
        self.watched = Preview(folder, ONE)
        self.orders: list[PreviewOrder] = []
        self.watched._supervisor.submit_order = self.orders.append  # type: ignore[method-assign]
        self.save()

    def save(self) -> None:
        with self.watched._condition:
            self.watched._save_count += 1
            self.watched._give_order()

    def say(self, answer: WorkerAnswer, view: View = ONE, order: int | None = None) -> dict[str, Any]:
        number = self.orders[-1].number if order is None else self.orders[order].number
        self.watched._receive_answer(number, view, answer)
        return self.watched.describe_view(view)

    def made(self, *pictures: bytes, view: View = ONE, places: Any = ()) -> dict[str, Any]:
        self.say(WorkerAnswer("composed", view=view), view)
        for number, png in enumerate(pictures, 1):
            self.say(_picture(number, (SIZE,) * len(pictures), png), view)
        self.say(WorkerAnswer("complete", areas=places), view)
        return self.say(WorkerAnswer("verified"), view)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def _place(name: str, value: str, line: int = 1) -> dict[str, Any]:
    return {"kind": "figure", "file": "figures.yaml", "name": name, "value": value, "line": line}


def test_each_page_takes_the_place_of_the_old_one(told: Told) -> None:
    old = told.made(b"1", b"2", b"3")["pages"]
    told.save()
    told.say(WorkerAnswer("composed", view=ONE))
    state = told.say(_picture(2, (SIZE, SIZE), b"new"))
    assert state["status"] == "making"
    new = module.hash_of(b"new")
    assert [page["image"] for page in state["pages"]] == [old[0]["image"], new]
    assert state["pages"][1]["of"] == state["revision"] > old[1]["of"]
    assert told.watched.pictures.get(state["pages"][1]["image"]) == b"new"


def test_a_page_that_is_not_there_yet_has_no_picture(told: Told) -> None:
    state = told.say(_picture(2, (SIZE, (297.0, 210.0)), b"2"))
    assert state["pages"][0] == {"image": "", "of": 0, "width": 210.0, "height": 297.0}


def test_what_changed_is_what_has_another_value_wherever_it_stands(told: Told) -> None:
    told.made(b"1", places=(_place("a", "1"), _place("b", "2"), _place("b", "2")))
    told.save()
    places = (_place("b", "2", line=9), _place("b", "2"), _place("b", "2"), _place("a", "3"))
    state = told.made(b"1", places=places)
    assert state["changed"] == [2, 3]
    assert told.watched.areas.get(state["places"]) == [*places]
    told.save()
    assert told.made(b"1", places=places)["changed"] == []


def test_an_older_order_brings_pages_but_does_not_say_how_it_stands(told: Told) -> None:
    told.made(b"1")
    told.save()
    told.save()
    assert told.say(_picture(1, (SIZE,), b"2"), order=-2)["pages"][0]["image"]
    assert told.say(WorkerAnswer("complete"), order=-2)["status"] == "making"
    assert told.say(WorkerAnswer("faults", (Problem("old"),)), order=-2)["problems"] == []
    assert told.say(WorkerAnswer("complete"))["status"] == "current"


def test_problems_of_the_document_and_of_all_stand_once(told: Told, tmp_path: Path) -> None:
    wrong = Problem("wrong", tmp_path / "figures.yaml", 3)
    told.made(b"1")
    told.save()
    told.say(WorkerAnswer("faults", (wrong,)))
    told.say(WorkerAnswer("publication", (wrong, Problem("doubtful", severity="warning"))))
    state = told.watched.describe_view(ONE)
    assert state["status"] == "faults"
    assert [one["message"] for one in state["problems"]] == ["wrong", "doubtful"]
    assert state["problems"][0]["file"] == "figures.yaml"
    told.save()
    assert told.watched.describe_view(ONE)["problems"] == state["problems"]  # until it is known better
    told.say(WorkerAnswer("composed", view=ONE))
    told.say(WorkerAnswer("publication", ()))
    assert told.watched.describe_view(ONE)["problems"] == []


def test_a_fault_of_the_pages_themselves_is_not_said_to_be_one_of_older_pages(told: Told) -> None:
    told.made(b"1")
    told.save()
    told.say(WorkerAnswer("composed", view=ONE))
    told.say(_picture(1, (SIZE,), b"2"))
    told.say(WorkerAnswer("complete"))
    state = told.say(WorkerAnswer("faults", (Problem("a word is lost", Path("one.pdf")),)))
    assert state["status"] == "wrong"
    assert [(one["file"], one["opens"]) for one in state["problems"]] == [("one.pdf", False)]
    told.save()
    assert told.say(WorkerAnswer("faults", (Problem("broken"),)))["status"] == "wrong", "those pages stay"
    told.save()
    assert told.made(b"3")["status"] == "current"
    told.save()
    assert told.say(WorkerAnswer("faults", (Problem("broken"),)))["status"] == "faults"


def test_a_problem_opens_where_its_file_is_one_of_the_publication_with_the_line_that_was_wrong(
    told: Told, tmp_path: Path
) -> None:
    (tmp_path / "figures.yaml").write_text("wrong\n")
    problems = [Problem("a", tmp_path / name, 1) for name in ("figures.yaml", "texts.yaml", "x.pdf")]
    state = told.say(WorkerAnswer("faults", (*problems, Problem("of no file"))))
    assert [one["opens"] for one in state["problems"]] == [True, False, False, False]
    (tmp_path / "figures.yaml").write_text("other\n")
    assert told.watched.describe_view(ONE)["problems"][0]["source"] == "wrong"


def test_a_lost_process_is_told_and_forgotten(told: Told) -> None:
    state = told.say(WorkerAnswer("faults", (Problem("it died"),), is_restarting=True))
    assert (state["status"], state["note"]) == ("lost", "it died")
    state = told.say(WorkerAnswer("composed", view=ONE))
    assert (state["status"], state["note"], state["problems"]) == ("making", "", [])
    assert told.say(WorkerAnswer("faults", (Problem("it died"),)))["status"] == "faults"


def test_orders_are_given_only_where_something_is_to_be_made(told: Told) -> None:
    told.watched.look_at(ONE)
    assert len(told.orders) == 1  # it is under way
    told.watched.look_at(ONE, page=2)
    assert [one.page for one in told.orders[-1].requests] == [2]
    told.made(b"1", b"2")
    told.watched.look_at(ONE, page=1)
    assert len(told.orders) == 2  # all is there
    told.watched.look_at(TWO)
    assert [one.view for one in told.orders[-1].requests] == [TWO]
    told.made(b"3", view=TWO)
    told.watched.look_at(ONE)
    assert len(told.orders) == 3
    told.save()
    assert [(one.view, one.has_complete_pages) for one in told.orders[-1].requests] == [(ONE, True), (TWO, True)]
    # Pages that nobody read back yet are made again.
    told.say(_picture(1, (SIZE,), b"4"))
    assert told.say(WorkerAnswer("complete"))["status"] == "current"
    told.watched.look_at(View("three"))
    assert [one.view for one in told.orders[-1].requests][:2] == [View("three"), ONE]


def test_what_nobody_asked_for_lately_is_not_made(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.watched.look_at(TWO)
    monkeypatch.setattr(module, "RECENT_SECONDS", -1.0)
    told.save()
    assert [one.view for one in told.orders[-1].requests] == [TWO]
    told.watched.look_at(ONE)  # who comes back gets it at once
    assert told.orders[-1].requests[0].view == ONE


def test_memory_has_bounds(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OLD_PICTURE_BYTES", 10)
    for number in range(30):
        view = View(f"document-{number}")
        told.watched.look_at(view)
        told.made(b"%05d" % number, view=view, places=(_place("a", str(number)),))
    assert len(told.watched._view_states) == MAX_VIEWS
    assert sum(map(len, told.watched.pictures.values())) <= 5 * MAX_VIEWS + 10
    assert len(told.watched.areas) <= 2 * MAX_VIEWS
    assert all(
        told.watched.pictures.get(told.watched.describe_view(view)["pages"][0]["image"])
        for view in told.watched._view_states
    )


def test_only_files_of_the_publication_are_opened(told: Told, tmp_path: Path) -> None:
    (tmp_path / "briefs").mkdir()
    for name in ("figures.yaml", "briefs/one.yaml", "secret.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "texts.yaml").symlink_to("/etc/passwd")
    (tmp_path / "ledger").mkdir()
    entry = tmp_path / "ledger" / "0001-delivery-0123456789ab.json"
    for file in (entry, entry.with_name("notes.json")):
        file.write_text("")
    assert told.watched.find_file("figures.yaml") == tmp_path / "figures.yaml"
    assert told.watched.find_file("briefs/one.yaml") == tmp_path / "briefs" / "one.yaml"
    assert told.watched.find_file(f"ledger/{entry.name}") == entry
    assert told.watched.find_file("ledger/notes.json") is told.watched.find_file("ledger/../secret.txt") is None
    for name in ("secret.txt", "texts.yaml", "sources.yaml", "../x", "/etc/passwd", "briefs", "", "a\0b"):
        assert told.watched.find_file(name) is None


def test_who_waits_is_woken_by_the_next_revision(told: Told) -> None:
    seen = told.watched.describe_view(ONE)["revision"]
    assert not told.watched.wait_for_revision(seen, 0)
    assert told.say(WorkerAnswer("composed", view=ONE))["revision"] == seen + 1
    assert told.watched.wait_for_revision(seen, 60)
