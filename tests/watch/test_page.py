"""The page of a watch in a real browser, before a server whose states a test sets."""

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser import BEYOND, Tab, faint_texts
from tests.support import BASE, PATIENCE, until
from tests.watch.looking import Looking, free_port
from tests.watch.stand_in import PLACE, StandIn
from tipbrief.watch.preview_worker import View
from tipbrief.watch.server import Server, page_files

FAULT = {
    "severity": "error", "message": "there is no figure 'lawss'", "hint": "did you mean 'laws'?",
    "file": "texts.yaml", "line": 12, "column": 9, "source": "  text: {lawss}", "kind": "unknown-figure",
    "opens": True,
}  # fmt: skip
PLACES = [
    PLACE,
    {**PLACE, "x": 100, "y": 200, "page": 2, "print": 2},
    {**PLACE, "y": 60, "width": 120, "height": 30, "kind": "text", "name": "law", "value": "متن",
     "file": "texts.yaml", "line": 3, "column": 5, "same": 2, "print": 3},
]  # fmt: skip


def sheet(shade: int) -> bytes:
    """A page's picture, small, of one shade."""
    out = io.BytesIO()
    Image.new("L", (210, 297), shade).save(out, "PNG")
    return out.getvalue()


class Shown(Looking):
    """A page that is shown, and what may happen to it."""

    def __init__(self, tab: Tab, *, tag: str = "en", editor: tuple[str, ...] = ()) -> None:
        super().__init__(tab)
        self.tag, self.editor, self.watched = tag, editor, StandIn(BASE)
        self.begin(0)
        self.watched.areas["places"] = PLACES
        self.pages(10, 20)

    def begin(self, port: int, token: str = "") -> None:
        given = page_files(self.tag, View("", "", "", ""), edits=bool(self.editor))
        self.server = Server(self.watched, given, self.editor, port)  # type: ignore[arg-type]
        self.server._token = token or self.server._token
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def __enter__(self) -> "Shown":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self.server._uvicorn_server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()

    def pages(self, *shades: int, **more: Any) -> None:
        """Come to pages of these shades, with the places on them."""
        self.watched.pictures |= {f"grey{shade}": sheet(shade) for shade in shades}
        told = [{"image": f"grey{shade}", "width": 210, "height": 297, "of": 1} for shade in shades]
        self.watched.set(**{"pages": told, "places": "places", "status": "current", **more})

    def show(self, width: int = 1200, scheme: str = "light", *, calm: bool = False) -> None:
        self.open(self.server.address, width, scheme, calm=calm)
        self.wait("document.querySelectorAll('.place').length === 3")
        self.wait("document.querySelectorAll('.document').length === 2")
        self.tab.evaluate("document.fonts.ready.then(() => null)")  # else what is pointed at moves

    def heard(self, view: View, page: int) -> None:
        """Wait until the engine has heard what is looked at: the page shows its choice before it tells.

        Requests may come in another order than they were sent in; the newest is that with the highest number.
        """
        choices = self.watched.choices
        until(lambda: choices and choices[max(choices)] == (view, page), lambda: [*choices.items()][-1:])


NOTHING_KNOWN = dict[str, Any](documents=[], languages=[], papers=[], profiles=[])
LAST = "document.querySelector('.card').hidden"
SHADES = "[...document.querySelectorAll('.page')].map(page => page.dataset.image)"


@pytest.fixture
def shown(tab: Tab) -> Iterator[Shown]:
    with Shown(tab) as one:
        yield one


def test_it_shows_all_pages_and_asks_nobody_else(shown: Shown) -> None:
    shown.show()
    assert shown.tab.evaluate(SHADES) == ["grey10", "grey20"]
    assert shown.tab.evaluate("[...document.images].every(one => one.naturalWidth === 210)")
    assert [shown.text("h1"), shown.tab.evaluate("document.title")] == ["جهان", "جهان · tipbrief watch"]
    assert shown.text(".status") == "Up to date"
    asked = [event["request"]["url"] for event in shown.tab.reported("Network.requestWillBeSent")]
    asked = [one for one in asked if not one.startswith("data:")]
    assert len(asked) > 6
    assert [one for one in asked if not one.startswith(shown.server.address)] == []
    assert shown.tab.reported("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded") == []


def test_place_size_and_focus_stay_when_pages_come_anew(shown: Shown) -> None:
    shown.show()
    shown.press("+", "+")
    shown.tab.evaluate("document.querySelector('.pages').scrollTo(0, 700)")
    shown.tab.evaluate("document.querySelector('#find').focus()")
    where = "[document.querySelector('.pages').scrollTop, document.querySelector('.page').offsetWidth]"
    before = shown.tab.evaluate(where)
    shown.pages(30, 20)
    shown.wait(f"{SHADES}[0] === 'grey30'")
    assert shown.tab.evaluate(where) == before
    assert before[0] == 700
    assert shown.tab.evaluate("document.activeElement.id") == "find"


def test_what_is_in_the_middle_stays_there_when_the_size_changes(shown: Shown) -> None:
    shown.show()
    shown.tab.evaluate("document.querySelector('.pages').scrollTo(0, 1200)")
    middle = """(() => {
      const pane = document.querySelector('.pages').getBoundingClientRect(), y = pane.top + pane.height / 2
      const pages = [...document.querySelectorAll('.page')]
      const page = pages.find(one => one.getBoundingClientRect().bottom >= y)
      const box = page.getBoundingClientRect()
      return [page.dataset.label, (y - box.top) / box.height]
    })()"""
    label, share = shown.tab.evaluate(middle)
    for key in ("+", "+", "-", "0"):
        width = shown.tab.evaluate("document.querySelector('.page').offsetWidth")
        shown.press(key)
        assert shown.tab.evaluate("document.querySelector('.page').offsetWidth") != width
        assert shown.tab.evaluate(middle) == [label, pytest.approx(share, abs=0.01)]


def test_a_page_more_and_a_page_less_and_the_newest_of_many(shown: Shown) -> None:
    shown.show()
    shown.pages(10, 20, 30)
    shown.wait(f"{SHADES}.join() === 'grey10,grey20,grey30'")
    shown.pages(40)
    shown.wait(f"{SHADES}.join() === 'grey40'")
    for shade in range(50, 60):
        shown.pages(shade, 20)
    shown.wait(f"{SHADES}[0] === 'grey59'")


def test_what_is_pointed_at_says_what_it_is_and_where_else_it_stands_and_a_click_copies_it(shown: Shown) -> None:
    shown.show()
    shown.point(0)
    shown.wait("!document.querySelector('.card').hidden")
    assert shown.text(".card .value") == "138"
    assert "Figure laws" in shown.text(".card .about")
    assert "Source: voa-dari" in shown.text(".card .about")
    assert shown.text(".card code") == "figures.yaml:12:10"
    assert shown.text(".card .printed") == "printed 2 times, on page 1, 2"
    lit = "[...document.querySelectorAll('.same')].map(one => one.dataset.at).join()"
    assert shown.tab.evaluate(lit) == "0,1"
    shown.point(2)
    shown.wait(f"{lit} === '2'")
    shown.tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=1190, y=790)
    shown.wait(LAST)
    assert shown.tab.evaluate(lit) == ""
    shown.point(0)
    shown.click()
    shown.wait("document.querySelector('.card .what').textContent === 'Copied'")
    assert shown.tab.evaluate("navigator.clipboard.readText()") == "figures.yaml:12:10"


def test_or_opens_the_editor(tab: Tab, tmp_path: Path) -> None:
    with Shown(tab, editor=("touch", f"{tmp_path}/{{line}}-{{column}}")) as shown:
        shown.show()
        shown.point(0)
        shown.click()
        shown.wait("document.querySelector('.card .what').textContent === 'Opened in the editor'")
        until((tmp_path / "12-10").exists)
        shown.point(2)
        shown.click()  # the stand-in has no texts.yaml
        shown.wait("document.querySelector('.card .what').textContent === 'The editor cannot be started'")


def test_a_finger_opens_the_card_whose_button_does_it(shown: Shown) -> None:
    shown.show(390)
    shown.point(0)
    point = {"x": shown.at["x"], "y": shown.at["y"]}
    shown.tab.call("Emulation.setTouchEmulationEnabled", enabled=True)
    shown.tab.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[point])
    shown.tab.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    shown.wait("!document.querySelector('.card').hidden")
    assert shown.text(".card .what") == "Copy the place"
    shown.tab.evaluate("document.querySelector('.act').click()")
    shown.wait("document.querySelector('.card .what').textContent === 'Copied'")
    shown.tab.call("Emulation.setTouchEmulationEnabled", enabled=False)


def test_all_can_be_reached_with_the_keyboard(shown: Shown) -> None:
    shown.show()
    shown.tab.evaluate("document.querySelector('.pages').focus()")
    shown.press("Tab")
    shown.wait(f"!{LAST}")
    assert shown.text(".card code") == "figures.yaml:12:10"
    shown.press("ArrowDown")
    assert shown.text(".card code") == "texts.yaml:3:5"
    shown.press("Enter")
    shown.wait("document.querySelector('.card .what').textContent === 'Copied'")
    shown.press("ArrowUp")
    assert shown.text(".card code") == "figures.yaml:12:10"
    shown.watched.areas["others"] = [{**PLACES[2], "y": 15}, *PLACES[:2]]
    shown.pages(30, 20, places="others")
    shown.wait("[...document.querySelectorAll('.place')].some(one => one.style.top.startsWith('5.05'))")
    assert shown.tab.evaluate("document.activeElement.dataset.at") == "1", "it keeps the focus"
    shown.press("Escape")
    assert shown.tab.evaluate(LAST)


@pytest.mark.parametrize("calm", [False, True])
def test_what_changed_lights_up_for_a_moment(shown: Shown, calm: bool) -> None:
    shown.show(calm=calm)
    lit = "[...document.querySelectorAll('.changed')].map(one => one.dataset.at).join()"
    assert shown.tab.evaluate(lit) == ""
    shown.watched.areas["others"] = PLACES
    moving = "[...document.querySelectorAll('.changed')].map(one => [one.dataset.at, one.getAnimations().length])"
    with shown.tab.seeing(f"{lit} && {moving}") as seen:
        shown.pages(30, 20, changed=[1], places="others")
    assert seen == [[["1", 0 if calm else 1]]]
    shown.wait(f"{lit} === ''")
    shown.watched.set(note="again")  # a state of the same places
    shown.wait("document.querySelector('.status').textContent.endsWith('again')")
    assert shown.tab.evaluate(lit) == ""


def test_faults_stand_above_the_last_good_pages_and_go_and_warnings_are_counted(shown: Shown) -> None:
    shown.show()
    top = "document.querySelector('.page').getBoundingClientRect().top"
    before = shown.tab.evaluate(top)
    shown.watched.set(status="faults", problems=[FAULT])
    shown.wait("document.body.dataset.status === 'faults'")
    assert shown.text(".status") == "Faults: these are the last good pages"
    assert shown.tab.evaluate("document.querySelector('.problems').open")
    assert shown.text(".problems summary") == "one problem"
    for part in ("there is no figure 'lawss'", "  text: {lawss}", "hint: did you mean 'laws'?"):
        assert part in shown.text(".problems li")
    assert "grayscale" in shown.tab.evaluate("getComputedStyle(document.images[0]).filter")
    assert shown.tab.evaluate(top) == before, "the pages do not move"
    with shown.tab.seeing("document.querySelector('.status').textContent === 'Copied'"):
        shown.tab.evaluate("document.querySelector('.where').click()")
    assert shown.tab.evaluate("navigator.clipboard.readText()") == "texts.yaml:12:9"
    shown.pages(30, 20, problems=[])
    shown.wait("document.querySelector('.problems').hidden")
    shown.wait(f"{SHADES}[0] === 'grey30'")
    shown.wait("getComputedStyle(document.images[0]).filter === 'none'")
    shown.watched.set(problems=[{**FAULT, "severity": "warning"}, {**FAULT, "severity": "warning", "line": 2}])
    shown.wait("!document.querySelector('.problems').hidden")
    assert shown.text(".problems summary") == "2 problems"
    assert not shown.tab.evaluate("document.querySelector('.problems').open"), "warnings do not cover the page"
    assert "warning: there is no" in shown.text(".problems li")


def test_faults_of_the_pages_themselves_are_said_to_be_theirs(shown: Shown) -> None:
    shown.show()
    lost = {**FAULT, "file": "tip-2025-world.pdf", "line": 0, "column": 0, "source": "", "opens": False}
    shown.pages(30, 20, status="wrong", problems=[lost])
    shown.wait(f"{SHADES}[0] === 'grey30' && document.body.dataset.status === 'wrong'")
    assert shown.text(".status") == "Faults in these pages"
    assert shown.tab.evaluate("document.querySelector('.problems').open")
    assert shown.tab.evaluate("getComputedStyle(document.images[0]).filter") == "none", "new ones"
    assert shown.text(".problems .where") == "tip-2025-world.pdf"
    assert shown.tab.evaluate("document.querySelector('.problems button')") is None, "it leads nowhere"


def test_documents_can_be_chosen_while_the_first_has_faults(shown: Shown) -> None:
    known, shown.watched.contents = shown.watched.contents, NOTHING_KNOWN
    shown.watched.set(status="faults", pages=[], problems=[FAULT])
    shown.open(shown.server.address)
    shown.wait("document.body.dataset.status === 'faults'")
    assert shown.text(".status") == "Faults: this sheet has no pages yet"
    shown.watched.contents = known
    shown.watched.set()
    shown.wait("document.querySelectorAll('.document').length === 2")


def test_a_lost_engine_or_server_is_said_and_found_again(shown: Shown) -> None:
    shown.show()
    shown.watched.set(status="lost", note="there is no publication in wells")
    shown.wait("document.body.dataset.status === 'lost'")
    assert shown.text(".status") == "Interrupted – there is no publication in wells"
    shown.watched.set(status="current", note="")
    shown.end()
    port = free_port()
    shown.begin(port)
    shown.show()
    _, _, _, token, _ = shown.server.address.split("/")
    shown.end()
    shown.wait("document.body.dataset.status === 'lost'")
    assert "Is tipbrief watch still running?" in shown.text(".status")
    shown.pages(70, 20)
    shown.begin(port, "another")  # for a moment there is one who knows nothing of it
    shown.wait("document.querySelector('.status').textContent.includes('This address is an older one')")
    shown.end()
    shown.begin(port, token)
    shown.wait(f"document.body.dataset.status === 'current' && {SHADES}[0] === 'grey70'")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("جهان", "world"),
        ("WOR", "world"),
        ("afg", "country-AFG"),
        ("ستان", "country-AFG"),
        ("افغانستـان", "country-AFG"),
    ],
)
def test_a_document_is_found_by_any_part_of_its_name(shown: Shown, typed: str, found: str) -> None:
    shown.show()
    shown.tab.evaluate(f"Object.assign(document.querySelector('#find'), {{value: {json.dumps(typed)}}})")
    shown.tab.evaluate("document.querySelector('#find').dispatchEvent(new Event('input'))")
    left = "[...document.querySelectorAll('.documents li:not([hidden]) .document')].map(one => one.dataset.name)"
    assert shown.tab.evaluate(left) == [found]
    assert shown.text(".found") == "one sheet found"
    shown.tab.evaluate("document.querySelector('#find').focus()")
    shown.press("Enter")
    shown.wait(f"document.querySelector('[aria-current]').dataset.name === '{found}'")


def test_what_is_looked_at_is_heard_and_documents_and_papers_are_chosen_by_a_click_and_kept(shown: Shown) -> None:
    shown.show()
    shown.tab.evaluate("document.querySelector('.pages').scrollTo(0, 9999)")
    shown.heard(View(""), 2)
    shown.tab.evaluate("document.querySelector('[data-name=country-AFG]').click()")
    shown.wait("document.querySelector('h1').textContent === 'افغانستان'")
    shown.tab.evaluate("document.querySelector('input[value=letter]').click()")
    shown.wait("location.hash === '#country-AFG/fa-AF/letter/office'")
    shown.heard(View("country-AFG", "fa-AF", "letter", "office"), 1)
    assert len({tab for tab, _ in shown.watched.choices}) == 1
    assert len(shown.watched.choices) == len(shown.watched.looked_at), "each choice has a number of its own"
    assert shown.tab.evaluate("document.querySelector('.profiles').hidden"), "there is one"
    shown.tab.call("Page.reload")
    shown.wait("document.querySelector('input[value=letter]')?.checked === true")
    assert shown.text("h1") == "افغانستان"


@pytest.mark.parametrize("kept", ["#%/%E0%/a4/office", "#%", "#a/b/c/d/e"])
def test_an_address_that_was_cut_or_spoilt_shows_what_it_can(shown: Shown, kept: str) -> None:
    shown.open(shown.server.address + kept)
    shown.wait("document.querySelectorAll('.place').length === 3")
    assert shown.tab.reported("Runtime.exceptionThrown") == []
    assert shown.tab.evaluate("location.hash") == "#world/fa-AF/a4/office"


@pytest.mark.parametrize("scheme", ["light", "dark", "forced", "more"])
@pytest.mark.parametrize(("width", "tag"), [(320, "fa-AF"), (320, "en"), (1200, "ps"), (1200, "en")])
def test_it_fits_its_window_and_everybody_can_use_it(tab: Tab, width: int, tag: str, scheme: str) -> None:
    with Shown(tab, tag=tag) as shown:
        shown.show(width, scheme)
        assert tab.evaluate("document.documentElement.dir") == ("ltr" if tag == "en" else "rtl")
        for faulty in (False, True):
            if faulty:
                shown.watched.set(status="faults", problems=[FAULT])
                shown.wait("document.body.dataset.status === 'faults'")
            assert tab.barriers() == []
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            assert tab.evaluate(BEYOND) == []
            assert faint_texts(tab) == []
        if width > 800:
            shown.wait("document.querySelectorAll('fieldset span').length > 3")
            assert tab.looks(["fieldset span", ".document"]) == {"fieldset span": 2, ".document": 2}


def test_on_a_phone_the_documents_are_behind_a_button(shown: Shown) -> None:
    shown.show(390)
    there = "document.querySelector('nav').getClientRects().length > 0"
    assert not shown.tab.evaluate(there)
    shown.tab.evaluate("document.querySelector('.choose').click()")
    assert shown.tab.evaluate(there)
    shown.tab.evaluate("document.querySelector('[data-name=country-AFG]').click()")
    assert not shown.tab.evaluate(there)
