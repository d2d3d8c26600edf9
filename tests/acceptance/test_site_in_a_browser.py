"""The site of the shipped publication with three editions, asked in a browser without a network."""

import re
import shutil
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from tests import browser
from tests.browser import Tab
from tests.site.test_site import lost
from tests.support import TIP_2025, change, made_once, run, run_well
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.entries import Edition
from tipbrief.ledger.ledger import Ledger
from tipbrief.site import pages

pytestmark = pytest.mark.slow

ADDRESS = "https://example.org/tip"
WRONG, BETTER = "یک کشور از شمار افتاده بود", "رقم تازه"
TAGS = {"world": "fa-AF", "world.ps": "ps", "world.en": "en"}
SAID = {
    "current": {"fa-AF": "این برگه تازه است", "ps": "دا پاڼه نوې ده", "en": "This print is current"},
    "superseded": {
        "fa-AF": "این برگه کهنه شده است", "ps": "دا پاڼه زړه شوې ده", "en": "This print is out of date",
    },
    "unknown": {
        "fa-AF": "هیچ برگه‌ای از این نشریه این کد را ندارد", "ps": "د دې خپرونې هېڅ پاڼه دا کوډ نه لري",
        "en": "No sheet of this publication has this code",
    },
    "unreadable": {
        "fa-AF": "این کد خوانده نمی‌شود", "ps": "دا کوډ نه لوستل کېږي", "en": "This code cannot be read",
    },
    "draft": {"fa-AF": "این پیش‌نویس است", "ps": "دا مسوده ده", "en": "This is a draft"},
    "changed": {
        "fa-AF": "کسی این فایل را تغییر داده است", "ps": "دا فایل چا بدل کړی دی",
        "en": "This file was changed by somebody",
    },
}  # fmt: skip


def _made(home: Path) -> None:
    folder = Path(shutil.copytree(TIP_2025, home / "tip-2025"))
    shutil.rmtree(folder / "ledger")
    (folder / "briefs" / "country.yaml").unlink()
    texts = (folder / "texts.yaml").read_text(encoding="utf-8")
    without_rows = re.sub(r"(?m)^  count_\w+:\n    text: .*\n\n?", "", texts)
    (folder / "texts.yaml").write_text(without_rows, encoding="utf-8")
    change(folder / "publication.yaml", "published: ", f"address: {ADDRESS}\npublished: ")

    def day(number: int, *words: str | Path) -> None:
        run_well(*words, "--publication", folder, SOURCE_DATE_EPOCH=str(1795564800 + 86400 * number))

    every = ("world", "--language", "all", "--untranslated", "mark")
    day(0, "build", *every, "--deliver", "--out", home / "1")
    day(1, "correct", "laws", "139", "--reason", WRONG)
    day(2, "build", *every, "--deliver", "--out", home / "2")
    day(3, "correct", "bodies", "156", "--reason", BETTER)
    day(3, "build", "world", "--language", "ps", "--untranslated", "mark", "--out", home / "draft")
    day(4, "build", *every, "--deliver", "--out", home / "3")
    day(5, "site", "--out", home / "site", "--delivered", home / "1")
    day(5, "site", "--out", home / "site", "--delivered", home / "2")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the publication, what was delivered, and its site: change nothing in it."""
    return made_once(tmp_path_factory, "site-of-three-editions", _made)


@pytest.fixture(scope="module")
def known(home: Path) -> Ledger:
    return ledger_folder.read_ledger(home / "tip-2025", "tip-2025")


def pdf_of(home: Path, out: str, name: str = "world") -> Path:
    tag = name.partition(".")[2]
    return home / out / ".".join(filter(None, ("tip-2025-world", tag, "pdf")))


class Asked:
    """The page in a tab, alone: a copy in a folder of its own, with the network off."""

    def __init__(self, tab: Tab, home: Path, folder: Path, width: int = 360, scheme: str = "light") -> None:
        self.tab = tab
        self.page = Path(shutil.copy(home / "site" / "check.html", folder))
        tab.call("Network.enable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        tab.call("Network.emulateNetworkConditions", **offline)
        tab.show(self.page, width, scheme=scheme)

    def code(self, text: str) -> str:
        """What it answers to a text that is typed."""
        typed = text.replace("\\", "\\\\").replace("'", "\\'")
        self.tab.evaluate(f"field.value = '{typed}'; form.requestSubmit()")
        return self.said

    def file(self, pdf: Path) -> str:
        """What it answers to a file that is chosen."""
        self.tab.evaluate("chooser.value = ''; answer.replaceChildren()")
        root = self.tab.call("DOM.getDocument")["root"]["nodeId"]
        node = self.tab.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
        self.tab.call("DOM.setFileInputFiles", files=[str(pdf)], nodeId=node)
        waiting = """new Promise(done => { const look = () =>
            answer.children.length ? done(null) : setTimeout(look, 20); look() })"""
        self.tab.evaluate(waiting)
        return self.said

    @property
    def said(self) -> str:
        # Without the marks of direction, which a reader does not see.
        return re.sub("[\u200e\u200f\u2066-\u2069]", "", str(self.tab.evaluate("answer.innerText")))

    @property
    def quiet(self) -> bool:
        """Whether it asked for nothing but itself, and reported no fault."""
        asked = {event["request"]["url"] for event in self.tab.reported("Network.requestWillBeSent")}
        return {url for url in asked if not url.startswith("data:")} == {self.page.as_uri()} and not (
            self.tab.reported("Runtime.exceptionThrown", "Log.entryAdded")
        )


@pytest.fixture
def asked(tab: Tab, home: Path, tmp_path: Path) -> Asked:
    return Asked(tab, home, tmp_path)


def spellings(one: Edition) -> list[str]:
    signature = one.signature
    fast, east = (signature.translate({48 + n: zero + n for n in range(10)}) for zero in (0x6F0, 0x660))
    return [
        signature, signature.lower(), one.path, one.path.lower(), one.path.replace("-", " "), one.name,
        fast, east,
        f"tipbrief, November 2026 · Edition {one.number} · {signature}", f"{one.code} · {one.name}",
        f"{ADDRESS}/{one.page}", f"{ADDRESS}#{one.path}", f"file:///media/usb/site/{one.page}",
        f"  {signature} . ",
    ]  # fmt: skip


@pytest.mark.parametrize("name", TAGS)
def test_each_edition_is_known_in_every_spelling_and_answered_in_its_language(
    asked: Asked, known: Ledger, name: str
) -> None:
    tag, editions = TAGS[name], known.all_editions(name)
    for one, state in zip(editions, ("superseded", "superseded", "current"), strict=True):
        for typed in spellings(one):
            said = asked.code(typed)
            assert said.startswith(SAID[state][tag]), typed
            assert one.signature in said
            assert (editions[-1].signature in said) or state == "current"
    assert asked.tab.evaluate("document.documentElement.lang") == tag
    assert asked.quiet


def test_packed_data_give_the_same_answers(
    tab: Tab, home: Path, known: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_MOST_PLAIN_DATA", 0)
    site = Path(shutil.copytree(home / "site", tmp_path / "site"))
    run_well("site", "--out", site, "--publication", home / "tip-2025")
    assert "const data = {" not in (site / "check.html").read_text(encoding="utf-8")
    first, *_, newest = known.all_editions("world")
    tab.show(site / "check.html", 360)
    for text, said in ((newest.signature, "current"), (first.signature, "superseded"), ("WORLD/9 · 0000", "unknown")):
        tab.evaluate(f"document.querySelector('#code').value = '{text}'; document.forms[0].requestSubmit()")
        assert SAID[said]["fa-AF"] in tab.evaluate("document.querySelector('.answer').textContent")


def test_an_old_one_is_told_what_was_wrong_and_what_is_right(asked: Asked, known: Ledger) -> None:
    first, second, _ = known.all_editions("world")
    said = asked.code(first.signature)
    assert "۱۳۸ نادرست بود؛ درست آن ۱۳۹ است" in said
    assert "۱۵۵ نادرست بود؛ درست آن ۱۵۶ است" in said
    assert (WRONG in said, BETTER in said) == (True, True)
    said = asked.code(second.signature)
    assert ("۱۳۸" in said, BETTER in said) == (False, True)
    assert "138 was wrong; 139 is correct" in asked.code(known.all_editions("world.en")[0].signature)


def test_the_reader_may_choose_another_language(asked: Asked, known: Ledger) -> None:
    asked.code(known.all_editions("world")[0].signature)
    asked.tab.evaluate("buttons[2].click()")
    assert asked.said.startswith(SAID["superseded"]["en"])
    assert "138 was wrong; 139 is correct" in asked.said
    assert asked.code(known.all_editions("world.ps")[0].signature).startswith(SAID["superseded"]["en"])
    assert asked.tab.evaluate("document.documentElement.dir") == "ltr"


def test_an_unknown_code_is_told_the_nearest_where_one_slip_was_made(asked: Asked, known: Ledger) -> None:
    one = known.all_editions("world")[0]
    asked.tab.evaluate("buttons[0].click()")
    other = "0" if one.code[0] != "0" else "1"
    slips = [f"{one.name} {other}{one.code[1:]}", one.path.replace("W", "V"), one.path.replace("OR", "RO")]
    slips += [one.path.replace("WORLD", "WOLD"), f"{one.path}7"]
    for typed in slips:
        said = asked.code(typed)
        assert said.startswith((SAID["unknown"]["fa-AF"], SAID["unreadable"]["fa-AF"])), typed
        assert one.signature in said, typed
    asked.tab.evaluate("answer.querySelector('button').click()")
    assert asked.said.startswith(SAID["superseded"]["fa-AF"])
    for typed in ("x", "😀", "<b>", "WORLD/1 · zzzz", "a" * 2000, "%", f"{ADDRESS}/c/%zz.html"):
        assert asked.code(typed).startswith(SAID["unreadable"]["fa-AF"]), typed
    for typed in ("WORLD/9 · 0000", "ZONE/1 · ffff", "ffff0000"):
        said = asked.code(typed)
        assert said.startswith(SAID["unknown"]["fa-AF"]), typed
        assert "جعلی" not in said, "a doubt is no reason to accuse"
    assert asked.quiet


def test_what_was_not_delivered_is_a_draft(asked: Asked, home: Path) -> None:
    assert asked.code("world / ۴").startswith(SAID["draft"]["fa-AF"])
    assert asked.file(pdf_of(home, "draft", "world.ps")).startswith(SAID["draft"]["ps"])


def forged(pdf: Path, to: Path) -> Path:
    """Another page under the same code: the PDF says that it is the same edition."""
    with pikepdf.open(pdf) as document:
        page = document.pages[0]
        page.Contents = document.make_stream(page.Contents.read_bytes().replace(b" Tf", b" Tf ", 1) + b"\n")
        document.save(to)
    return to


def one_byte(pdf: Path, to: Path) -> Path:
    """A PDF with one byte changed, in the picture of a page."""
    data = bytearray(pdf.read_bytes())
    at = data.index(b"stream\n") + 300
    data[at] ^= 1
    to.write_bytes(data)
    return to


@pytest.mark.parametrize("name", ["world", "world.en"])
def test_a_file_is_known_by_its_bytes_and_else_was_changed(asked: Asked, home: Path, name: str, tmp_path: Path) -> None:
    tag = TAGS[name]
    publication = ("--publication", home / "tip-2025")
    for out, state, status in (("1", "superseded", 1), ("2", "superseded", 1), ("3", "current", 0)):
        pdf = pdf_of(home, out, name)
        said = asked.file(pdf)
        assert said.startswith(SAID[state][tag])
        assert run("status", pdf, *publication).exit_code == status
        for spoil in (one_byte, forged):
            changed = spoil(pdf, tmp_path / "changed.pdf")
            assert asked.file(changed).startswith(SAID["changed"][tag]), (out, spoil)
            assert run("status", changed, *publication).exit_code in ((3,) if out == "3" else (1,))
    assert asked.quiet


def test_another_file_is_none_of_ours_unless_the_code_on_it_is_typed(
    asked: Asked, known: Ledger, tmp_path: Path
) -> None:
    strange = tmp_path / "strange.pdf"
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(strange)
    asked.tab.evaluate("buttons[0].click()")
    one = known.all_editions("world")[2]
    assert asked.file(strange).startswith("این فایل از ما نیست")
    assert asked.code(one.signature).startswith(SAID["changed"]["fa-AF"])
    assert asked.code(one.signature).startswith(SAID["current"]["fa-AF"]), "now a print is meant"
    assert asked.file(strange).startswith(SAID["changed"]["fa-AF"]), "the code was typed before"


def test_the_address_of_the_page_may_have_the_code(asked: Asked, known: Ledger) -> None:
    one = known.all_editions("world.en")[2]
    asked.tab.evaluate(f"location.hash = '{one.path}'")
    asked.tab.until("answer.children.length")
    assert asked.said.startswith(SAID["current"]["en"])


def test_prints_of_before_there_was_a_site_are_led_to_their_page(tab: Tab, home: Path, known: Ledger) -> None:
    one = known.all_editions("world")[0]
    tab.show(home / "site" / "index.html", 360)
    tab.evaluate(f"location.hash = '#{one.path}'; location.reload()")
    told = tab.until(f"location.href.endsWith('{one.page}') && document.querySelector('h1').innerText")
    assert told == SAID["superseded"]["fa-AF"]


def pages_of(home: Path, known: Ledger) -> list[str]:
    codes = [one.page for name in TAGS for one in (known.all_editions(name)[0], known.all_editions(name)[-1])]
    each = [f"{stem}{end}.html" for stem in ("index", "corrections", "d/world") for end in ("", ".ps", ".en")]
    return [*codes, *each, "check.html"]


@pytest.mark.parametrize(("width", "scheme"), browser.EXAMINED)
def test_axe_finds_nothing_and_all_fits(tab: Tab, home: Path, known: Ledger, width: int, scheme: str) -> None:
    for page in pages_of(home, known):
        tab.show(home / "site" / page, width, scheme=scheme)
        if page == "check.html":
            assert tab.looks(["[aria-pressed]"]) == {"[aria-pressed]": 2}
            tab.evaluate(f"field.value = '{known.all_editions('world')[0].path}'; form.requestSubmit()")
        assert tab.evaluate(browser.BEYOND) == [], page
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), page
        assert tab.barriers() == [], page
        assert browser.faint_texts(tab) == [], page


def test_all_is_there_without_javascript(tab: Tab, home: Path, known: Ledger) -> None:
    """From the start page to a code: document, edition, answer; and the page that asks leads there, too."""
    assert lost(home / "site") == []
    one = known.all_editions("world")[0]
    for page, leads in (
        ("index.html", "d/world.html"), ("d/world.html", f"../{one.page}"), ("check.html", "d/world.html"),
    ):  # fmt: skip
        tab.show(home / "site" / page, 360, scripts=False)
        tab.call("Emulation.setScriptExecutionDisabled", value=False)
        hidden = "getComputedStyle(document.querySelector('.ask, .search') || document.head).display"
        assert tab.evaluate(hidden) == "none"
        assert f'href="{leads}"' in tab.evaluate("document.querySelector('main').innerHTML")
    tab.show(home / "site" / one.page, 360, scripts=False)
    tab.call("Emulation.setScriptExecutionDisabled", value=False)
    said = tab.evaluate("document.body.innerText")
    assert SAID["superseded"]["fa-AF"] in said
    assert "۱۳۸ نادرست بود؛ درست آن ۱۳۹ است" in said
    font = tab.evaluate("[...document.fonts].filter(one => one.status === 'loaded').map(one => one.family)")
    assert set(font) == {'"Vazirmatn"'} or set(font) == {"Vazirmatn"}, "from the styles beside it"


def copied(picture: Image.Image, turn: float) -> Image.Image:
    """A copy: laid askew, a little blurred, with the noise of the glass."""
    askew = picture.rotate(turn, Image.Resampling.BICUBIC, fillcolor=255)
    slanted = askew.transform(
        askew.size, Image.Transform.AFFINE, (1, 0.01, 0, 0.006, 1, 0), Image.Resampling.BICUBIC, fillcolor=255
    )
    noise = Image.effect_noise(slanted.size, 25)
    return ImageChops.add(slanted.filter(ImageFilter.GaussianBlur(0.5)), noise, 1, -128)


def read(picture: Image.Image) -> list[str]:
    """What a telephone reads, which sees more dots than the page's picture has."""
    seen = picture.resize((picture.width * 3, picture.height * 3), Image.Resampling.BICUBIC)
    rows = memoryview(seen.tobytes()).cast("B", (seen.height, seen.width))
    return [found.text for found in zxingcpp.read_barcodes(rows)]


@pytest.mark.parametrize("name", ["world", "world.en"])
def test_the_code_is_read_from_a_copy_of_a_copy(home: Path, known: Ledger, name: str) -> None:
    one = known.all_editions(name)[-1]
    with pypdfium2.PdfDocument(pdf_of(home, "3", name)) as document:
        picture = document[0].render(scale=150 / 72, grayscale=True).to_pil().convert("L")
    wanted = [f"{ADDRESS}/{one.page}"]
    assert read(picture) == read(copied(copied(picture, 2), -1)) == wanted
    (found,) = zxingcpp.read_barcodes(memoryview(picture.tobytes()).cast("B", (picture.height, picture.width)))
    edge = found.position.top_right.x - found.position.top_left.x
    assert edge / 150 * 25.4 >= 12.9, "13 mm, as far as dots of a sixth of a millimetre say it"
