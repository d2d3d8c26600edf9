"""The site in its folder: what is written, what stays, and that each page is whole at any moment."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock
from urllib.parse import unquote, urlsplit

import pytest

from tests.ledger.samples import corrected, deliver
from tests.pipeline.tongues import in_languages, translate
from tests.site.conftest import REASON, Told, day
from tests.support import GOLDEN, append, change, contents, run_badly, run_well
from tipbrief.assets import find_shipped_folder
from tipbrief.deliver import output_folder
from tipbrief.deliver.output_folder import Delivery
from tipbrief.files import hash_of
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems
from tipbrief.site import generator, pages
from tipbrief.site.generator import write_site
from tipbrief.site.site_data import SiteData

HREF = re.compile(r'\shref="([^"]*)"')
Seen = dict[str, tuple[int, int]]


def lost(out: Path) -> list[str]:
    """The links that lead to no file of the site, or out of it: of all pages to which a start page leads."""
    out, found = out.resolve(), []
    waiting, read = [*out.glob("*.html")], set[Path]()
    while waiting:
        page = waiting.pop()
        if page in read or page.suffix != ".html":
            continue
        read.add(page)
        for href in HREF.findall(page.read_text(encoding="utf-8")):
            address = urlsplit(href)
            target = (page.parent / unquote(address.path)).resolve() if address.path else page
            if address.scheme:
                continue
            if target.is_file() and target.is_relative_to(out):
                waiting.append(target)
            else:
                found.append(f"{page.relative_to(out)}: {href}")
    return found


def seen(out: Path) -> Seen:
    """Each file, and when it was written."""
    states = ((path, path.stat()) for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): (state.st_ino, state.st_mtime_ns) for path, state in states}


def test_each_edition_has_its_page_and_the_very_file_that_was_delivered(told: Told, made: Path) -> None:
    known = ledger_folder.read_ledger(told.folder, "wells")
    delivered = {hash_of(pdf.read_bytes()) for out in told.outs for pdf in out.glob("*.pdf")}
    there = {hash_of(pdf.read_bytes()): pdf.name for pdf in (made / "e").glob("*.pdf")}
    assert there.keys() == delivered
    for one in (one for brief in known.briefs for one in known.all_editions(brief)):
        assert (made / one.page).is_file()
        assert known.pdf_hashes(one) <= there.keys()
        for sha256 in known.pdf_hashes(one):
            assert there[sha256] == f"{one.path}-{sha256[:8]}.pdf"


def test_an_edition_of_whose_pdf_the_ledger_has_no_hash_has_its_page(tmp_path: Path) -> None:
    session = Session.open(Path(shutil.copytree(GOLDEN, tmp_path / "wells")))
    made = write_site(session, tmp_path / "site", tmp_path)
    known = [one for brief in session.ledger.briefs for one in session.ledger.all_editions(brief)]
    assert any(not session.ledger.pdf_hashes(one) for one in known)
    assert {one.page for one in known} <= {file.path.relative_to(tmp_path / "site").as_posix() for file in made.files}


def test_all_pages_lead_to_one_another_with_relative_links(made: Path) -> None:
    assert lost(made) == []
    names = contents(made).keys()
    (to_print, to_data) = re.findall(r'href="(e/[^"]*)"', (made / "wells-one.html").read_text(encoding="utf-8"))
    assert to_data == f"{to_print}#pagemode=attachments", "of the same edition"
    assert {"index.html", "check.html", "corrections.html", "corrections.atom", "corrections.json"} <= names
    assert {"d/one.html", "d/two.html", "wells-one.html", "editions.json", "manifest.json"} <= names


def test_the_manifest_has_the_sha256_of_each_file(made: Path) -> None:
    files = contents(made)
    listed = json.loads(files.pop("manifest.json"))["files"]
    assert {name: hash_of(content) for name, content in files.items()} == {
        name: entry["sha256"] for name, entry in listed.items()
    }


@pytest.mark.parametrize("kept", [True, False], ids=["cache", "no-cache"])
def test_where_nothing_changed_nothing_is_written(
    told: Told, made: Path, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kept:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = seen(made)
    assert told.site(made, told.outs[1]).new_file_count == 0
    assert seen(made) == before


def test_an_old_edition_stays_where_nobody_else_has_it(told: Told, made: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(made, tmp_path / "site"))
    before = seen(out)
    site = told.site(out, tmp_path / "nowhere")
    assert (site.new_file_count, site.signatures_without_pdf) == (0, [])
    assert seen(out) == before


def test_a_file_that_was_changed_in_the_site_is_put_right(told: Told, made: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(made, tmp_path / "site"))
    pdf = next((out / "e").glob("ONE-1-*.pdf"))
    pdf.write_bytes(pdf.read_bytes() + b"\n")
    (out / "index.html").write_text("gone")
    assert told.site(out, told.outs[0]).new_file_count == 0, "the manifest had both as they are now"
    assert contents(out) == contents(made)


def test_of_an_edition_that_nobody_has_the_page_says_so(told: Told, tmp_path: Path) -> None:
    site = told.site(tmp_path / "site", tmp_path / "nowhere")
    assert [name.partition(" ")[0] for name in site.signatures_without_pdf] == ["ONE/1", "ONE/2"]
    (page,) = (tmp_path / "site" / "c").glob("ONE-1-*.html")
    assert "فایل آن نگهداری نشده است." in page.read_text()
    assert lost(tmp_path / "site") == []
    site = told.site(tmp_path / "site", told.outs[0])
    assert [name.partition(" ")[0] for name in site.signatures_without_pdf] == ["ONE/2"], "it looks for it each time"


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("at", range(18))
def test_a_killed_run_leaves_every_page_whole(
    told: Told, made: Path, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "site"
    first = Path(shutil.copytree(told.folder, tmp_path / "wells"))
    shutil.rmtree(first / "ledger")
    shutil.copytree(told.folder / "ledger", first / "ledger")
    for entry in sorted((first / "ledger").glob("*.json"))[2:]:
        entry.unlink()  # the site of the first two entries: a delivery of one document, and a correction
    Told(first, told.outs).site(out, told.outs[0])
    old = contents(out)
    names, real = [0], output_folder._rename_file

    def killed(temporary: str, target: Path) -> None:
        names[0] += 1
        if names[0] > at:
            raise _Killed
        real(temporary, target)

    with monkeypatch.context() as patch:
        patch.setattr(output_folder, "_rename_file", killed)
        # As kill -9 does it: nobody removes what was not named yet.
        patch.setattr(Delivery, "__exit__", lambda *_: None)
        with pytest.raises(_Killed):
            told.site(out, told.outs[1])
    assert lost(out) == []
    assert contents(out).keys() >= old.keys()
    assert not {name for name in contents(out) if "/." in f"/{name}"}, "they could be uploaded"
    assert [*tmp_path.glob(".site-*/*")], "it was killed"
    told.site(out, told.outs[1])
    assert contents(out) == contents(made)


def test_a_draft_is_not_published(told: Told, copy: Told, made: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(made, tmp_path / "site"))
    day(3, "correct", "wells", "12348.5", "--reason", "هنوز نه", folder=copy.folder)
    site = copy.site(out, told.outs[0])
    assert site.draft_names == ["one"]
    assert (out / "wells-one.html").read_bytes() == (made / "wells-one.html").read_bytes()
    (page,) = (out / "c").glob("ONE-3-*.html")
    assert "این برگه تازه است" in page.read_text()
    assert "از آن پس تصحیح شده و هنوز چاپ نشده" in page.read_text()
    assert "هنوز نه" in page.read_text()


def test_a_correction_lists_only_values_that_documents_of_its_language_printed(copy: Told) -> None:
    """One entry of the ledger corrects a value that an edition printed and one that none did."""
    day(3, "correct", "wells", "12348.5", "change", "-8", "--reason", "هر دو نادرست بود", folder=copy.folder)
    session = copy.session()
    entry = session.ledger.entry_files[-1]
    assert {name for one in entry.changes for name in one.steps} == {"wells", "change"}
    (notice, touched), *_ = SiteData(session).corrections_in_language(session.publication)
    assert (notice.reason, [*touched]) == ("هر دو نادرست بود", ["one"])
    assert [(was.striptags(), now.striptags()) for _, was, now in notice.steps] == [("۱۲٬۳۴۷٫۵", "۱۲٬۳۴۸٫۵")]


def test_each_language_lists_the_corrections_of_its_own_documents(tmp_path: Path) -> None:
    folder = in_languages(tmp_path / "wells", "fa-AF", "ps")
    translate(folder, "ps")
    ledger = deliver(deliver(Ledger("wells"), "one", wells="1"), "one.ps", wells="1", countries="4")
    ledger = deliver(ledger, "each-AFG", newest="900")
    for name, was, now in (("countries", "4", "5"), ("wells", "1", "2"), ("newest", "900", "901")):
        ledger = ledger.with_entries([corrected(name, was, now, reason=name)])
    session = replace(Session.open(folder, languages=["all"]), ledger=ledger)
    first, pashto = (SiteData(session).corrections_in_language(whole) for whole in session.publications)
    assert [(one.reason, [*touched]) for one, touched in first] == [("newest", ["each-AFG"]), ("wells", ["one"])]
    assert [(one.reason, [*touched]) for one, touched in pashto] == [("wells", ["one.ps"]), ("countries", ["one.ps"])]


def test_another_paper_that_was_delivered_stands_beside_the_first(copy: Told, tmp_path: Path) -> None:
    day(3, "build", "two", "--paper", "a5", "--deliver", "--out", tmp_path / "a5", folder=copy.folder)
    copy.site(tmp_path / "site", tmp_path / "a5")
    assert list((tmp_path / "site" / "e").glob("TWO-1-*-a5.pdf"))
    assert "PDF (a5)" in (tmp_path / "site" / "d" / "two.html").read_text()


def test_without_an_edition_there_is_nothing_to_tell(tmp_path: Path, copy: Told) -> None:
    shutil.rmtree(copy.folder / "ledger")
    with pytest.raises(Problems, match="no edition was delivered yet"):
        copy.site(tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("file", "more", "said"),
    [
        ("templates/site/code.html.j2", "<script>alert(1)</script>", "a page may not have '<script'"),
        ("templates/css/site.css", "@import url(https://example.org/x.css);", "styles may have no '@import'"),
    ],
)
def test_a_publication_puts_nothing_into_the_site_that_runs_or_loads(
    copy: Told, file: str, more: str, said: str, tmp_path: Path
) -> None:
    from tests.support import ROOT

    own = copy.folder / file
    own.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / file, own)
    if file.endswith(".j2"):
        own.write_text(own.read_text().replace("{% block content %}", "{% block content %}" + more))
    else:
        append(own, more)
    with pytest.raises(Problems, match=said):
        copy.site(tmp_path / "site")


def test_a_changed_entry_of_the_ledger_is_told(told: Told, copy: Told, made: Path, tmp_path: Path) -> None:
    entry = min((copy.folder / "ledger").glob("*.json"))
    pdf = next(told.outs[0].glob("*one.pdf"))
    sha256 = hash_of(pdf.read_bytes())
    entry.write_text(entry.read_text().replace(sha256, sha256[::-1]))
    for words in (("status", pdf), ("site", "--out", tmp_path / "site")):
        done = run_badly(*words, "--publication", copy.folder)
        assert entry.name in done.output
    assert not (tmp_path / "site").exists()


def test_the_site_has_the_text_of_each_page_and_the_data(told: Told, made: Path) -> None:
    for name in ("one", "two"):
        html = (made / f"wells-{name}.html").read_text(encoding="utf-8")
        link = f'<link rel="alternate" type="text/markdown" href="wells-{name}.md">'
        assert link in html.partition("</head>")[0]
        text = (made / f"wells-{name}.md").read_text(encoding="utf-8")
        last = ledger_folder.read_ledger(told.folder, "wells").last_edition(name)
        assert last
        assert last.signature in text
        assert f'href="../wells-{name}.md"' in (made / "d" / f"{name}.html").read_text(encoding="utf-8")
    data = made / "data"
    assert json.loads((data / "datapackage.json").read_text(encoding="utf-8"))["name"] == "wells"
    assert "wells,چاه &lt;ژرف&gt;" not in (data / "figures.csv").read_text(encoding="utf-8")
    assert 'href="data/datapackage.json"' in (made / "index.html").read_text(encoding="utf-8")


def test_data_that_no_edition_has_stay_out_of_the_site(copy: Told, tmp_path: Path) -> None:
    site = tmp_path / "site"
    copy.site(site)
    before = (site / "data" / "figures.csv").read_bytes()
    run_well(
        "correct", "wells", "99999.5", "--reason", REASON, "--yes", "--source", "survey", "--publication", copy.folder
    )
    copy.site(site)
    assert (site / "data" / "figures.csv").read_bytes() == before
    copy.site(tmp_path / "new")
    assert not (tmp_path / "new" / "data").exists()
    assert "data/datapackage.json" not in (tmp_path / "new" / "index.html").read_text(encoding="utf-8")


def test_texts_of_unchanged_documents_are_not_written_again(
    told: Told, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.site(tmp_path / "site")
    monkeypatch.setattr(generator, "export_document", lambda *_: pytest.fail("it is in the store"))
    told.site(tmp_path / "again")
    assert (tmp_path / "again" / "wells-one.md").read_bytes() == (made / "wells-one.md").read_bytes()


def test_pages_from_the_store_are_as_if_rendered_anew(
    copy: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, delivered, own = tmp_path / "site", tmp_path / "out", copy.folder / "templates" / "site"

    def write_template() -> None:
        own.mkdir(parents=True)
        page = (find_shipped_folder("templates") / "site" / "code.html.j2").read_text(encoding="utf-8")
        reading = "{% block content %}{{ publication.figures['part'].value }}"
        (own / "code.html.j2").write_text(page.replace("{% block content %}", reading), encoding="utf-8")

    def correct(name: str, value: str) -> None:
        day(3, "correct", name, value, "--reason", "شمارش نو", "--yes", folder=copy.folder)

    steps: list[Callable[[], object]] = [
        lambda: copy.site(out, copy.outs[0]),
        lambda: correct("wells", "12348.5"),
        lambda: day(3, "build", "--deliver", "--out", delivered, folder=copy.folder),
        lambda: change(copy.folder / "publication.yaml", "<tipbrief>", "نو"),
        lambda: min((out / "e").glob("ONE-1-*.pdf")).unlink(),
        write_template,
        lambda: correct("part", "0.75"),
        lambda: day(3, "build", "two", "--paper", "a5", "--deliver", "--out", delivered, folder=copy.folder),
    ]
    for number, step in enumerate(steps):
        step()
        copy.site(out, delivered)
        anew = Path(shutil.copytree(out, tmp_path / str(number)))
        with monkeypatch.context() as patched:
            patched.setenv("XDG_CACHE_HOME", str(tmp_path / f"cache-{number}"))
            copy.site(anew, delivered)
        assert contents(anew) == contents(out), number
    (own / "code.html.j2").unlink()
    copy.site(out, delivered)
    with mock.patch.object(pages, "render_page_html", wraps=pages.render_page_html) as render:
        copy.site(out, delivered)
    assert {call.args[1] for call in render.mock_calls} == {"site/corrections.html.j2", "site/check.html.j2"}
