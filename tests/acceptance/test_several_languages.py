"""One dataset in several languages: built, delivered, corrected, handed out and asked for in each of them."""

import email
import json
import re
import shutil
from email.policy import default
from pathlib import Path

import pikepdf
import pytest

from tests.corrections.support import planned
from tests.html_tree import read_html
from tests.pipeline.rows import EACH
from tests.pipeline.tongues import WORDS, in_languages, translate
from tests.support import change, contents, run, run_badly, run_well, write_own_words
from tipbrief.check.translation.translator import TRANSLATIONS_FOLDER
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline.session import Session

TAGS = ("ps", "fa-IR")
REASON = "خطای رونویسی"
NAMES = ["one", *EACH]


def suffixes() -> list[str]:
    return ["", *(f".{tag}" for tag in TAGS)]


def last(folder: Path, name: str) -> Edition:
    found = Session.open(folder).ledger.last_edition(name)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a publication in three languages, and all that was delivered of it."""
    home = tmp_path_factory.mktemp("tongues")
    folder = in_languages(home / "wells", "fa-AF", *TAGS)
    places = folder / "tables" / "places.csv"
    header, *rows = places.read_text(encoding="utf-8").splitlines()
    names = [f"{row},{'ښار' if at else 'ځمکه'} {'ا' * at}" for at, row in enumerate(rows)]
    places.write_text("\n".join([f"{header},name.ps", *names]) + "\n", encoding="utf-8")
    for tag in TAGS:
        translate(folder, tag)
    words = ("build", "--all", "--language", "all", "--deliver", "--publication", folder)
    # On a fixed day, since codes depend on it: a bare code must not be that of another edition by chance.
    done = run(*words, "--out", home / "out", SOURCE_DATE_EPOCH="1760000000")
    assert (done.exit_code, "warning" in done.stderr) == (0, False)
    return home


@pytest.fixture
def story(delivered: Path, tmp_path: Path) -> Path:
    """A copy of the publication, to change."""
    return Path(shutil.copytree(delivered / "wells", tmp_path / "wells"))


def test_each_document_has_its_files_in_each_language(delivered: Path) -> None:
    files = {f"wells-{name}{tag}{kind}" for name in NAMES for tag in suffixes() for kind in (".pdf", ".html")}
    files |= {f"index{tag}.html" for tag in suffixes()} | {f"wells-each{tag}.pdf" for tag in suffixes()}
    assert contents(delivered / "out").keys() == files | {"manifest.json"}


def test_each_language_has_its_own_editions_in_one_ledger(delivered: Path) -> None:
    ledger = Session.open(delivered / "wells").ledger
    assert {*ledger.briefs} == {f"{name}{tag}" for name in NAMES for tag in suffixes()}
    assert len(ledger.entry_files) == 1
    assert [last(delivered / "wells", f"one{tag}").name for tag in suffixes()] == [
        "ONE/1", "ONE.PS/1", "ONE.FA-IR/1",
    ]  # fmt: skip


def test_what_did_not_change_is_in_all_languages_as_before(delivered: Path) -> None:
    before = contents(delivered / "out")
    words = ("build", "--all", "--language", "all", "--publication", delivered / "wells")
    done = run(*words, "--out", delivered / "out")
    assert done.stdout.startswith(f"27 of 27 documents in {delivered / 'out'}: 0 typeset, 27 unchanged")
    assert contents(delivered / "out") == before


@pytest.mark.parametrize(("tag", "spoken"), [("", "Dari"), (".ps", "Pashto"), (".fa-IR", "Iranian Persian")])
def test_a_pdf_says_its_language_to_each_who_asks(delivered: Path, tag: str, spoken: str) -> None:
    pdf = delivered / "out" / f"wells-each-AFG{tag}.pdf"
    edition = last(delivered / "wells", f"each-AFG{tag}").signature
    said = run("inspect", pdf).stdout
    assert said.startswith(f"is    {edition}, of the publication wells, in {spoken}\n")
    said = run("status", pdf, "--publication", delivered / "wells").stdout
    assert said.startswith(f"{edition} (in {spoken}) is current")
    run_well("verify", pdf, "--strict", quiet=True)


def test_the_ledger_alone_knows_what_is_asked_for_in_any_spelling(delivered: Path) -> None:
    one = last(delivered / "wells", "one.ps")
    for asked in (one.signature, "one.ps/1", f"https://example.org/wells#ONE.PS-1-{one.code}", one.code):
        said = run("status", asked, "--ledger", delivered / "wells" / "ledger").stdout
        assert said.startswith(f"{one.signature} (in Pashto) is current"), asked
    told = json.loads(run("status", "one/1", "--publication", delivered / "wells", "--format", "json").stdout)
    assert (told["edition"]["language"], told["newer"]) == ("fa-AF", [])


def test_a_pdf_that_says_another_language_than_it_is_read_in_is_told(delivered: Path, tmp_path: Path) -> None:
    for tag, said in (("en", "reading direction is 'R2L', not 'L2R'"), ("tg", "language is 'tg'")):
        with pikepdf.open(delivered / "out" / "wells-one.ps.pdf") as pdf:
            pdf.Root.Lang = pikepdf.String(tag)
            pdf.save(tmp_path / "one.pdf")
        done = run_badly("verify", tmp_path / "one.pdf")
        assert said in done.stderr


def test_the_pdf_of_all_sheets_is_in_its_language(delivered: Path) -> None:
    with pikepdf.open(delivered / "out" / "wells-each.ps.pdf") as pdf:
        assert str(pdf.Root.Lang) == "ps"
        (top,) = pdf.Root.StructTreeRoot.K
        assert [str(part.Lang) for part in top.K] == ["ps"] * 9
        titles = [str(part.T) for part in top.K[1:]]
    assert titles == ["ځمکه ټول", *(f"ښار {'ا' * at} ټول" for at in range(1, 8))]
    run_well("verify", delivered / "out" / "wells-each.ps.pdf", quiet=True)


def test_each_index_is_in_its_alphabet_and_leads_to_the_others(delivered: Path) -> None:
    html = (delivered / "out" / "index.ps.html").read_text(encoding="utf-8")
    shown = read_html(html)
    assert shown.one("html").attributes["lang"] == "ps"
    assert [one.text for one in shown.one("nav", "letters").all("a")][:2] == ["ځ", "ښ"]
    links = [one.attributes["href"] for one in shown.one("p", "languages").all("a")]
    assert links == ["index.html", "index.fa-IR.html"]
    files = {one.attributes["href"] for one in shown.one("main").all("a")}
    pages = {file for file in files if not file.startswith("#")}
    assert {file for file in pages if not re.fullmatch(r"wells-[\w-]+\.ps\.(pdf|html)", file)} == set()
    for file in (*links, *pages):
        assert (delivered / "out" / file).is_file()


def test_an_index_leads_to_no_index_that_is_not_there(story: Path, tmp_path: Path) -> None:
    words = ("build", "--all", "--publication", story, "--out", tmp_path / "out")
    run(*words, "--language", "ps")
    assert 'class="languages"' not in (tmp_path / "out" / "index.ps.html").read_text(encoding="utf-8")
    run(*words)
    html = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert [one.attributes["href"] for one in read_html(html).one("p", "languages").all("a")] == ["index.ps.html"]


def test_list_shows_every_language(delivered: Path) -> None:
    words = ("list", "--publication", delivered / "wells")
    lines = run(*words).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["each", "one", "one.ps", "one.fa-IR"]
    assert lines[0].endswith("8 documents, one for each row of 'places', in each of fa-AF, ps, fa-IR")
    assert last(delivered / "wells", "one.ps").signature in lines[2]
    rows = run(*words[:1], "each.ps", *words[1:]).stdout.splitlines()
    assert len(rows) == 8
    assert rows[0].split()[1].startswith("EACH-") and rows[0].endswith("ځمکه ټول")  # noqa: PT018
    assert len(run(*words[:1], "each", *words[1:]).stdout.splitlines()) == 24


def test_mail_and_pictures_in_a_language(story: Path, tmp_path: Path) -> None:
    to = ("--to", "a@example.org", "--out", tmp_path / "one.eml", "--publication", story)
    for words in (("mail", "one", "--language", "ps"), ("mail", "one.ps")):
        run_well(*words, *to, quiet=True)
        sent = email.message_from_bytes((tmp_path / "one.eml").read_bytes(), policy=default)
        (attached,) = sent.iter_attachments()
        assert attached.get_filename() == "wells-one.ps.pdf"
        page = sent.get_body(("html",))
        assert page is not None
        assert read_html(page.get_content()).one("html").attributes["lang"] == "ps"
    words = ("build", "one.ps", "--paper", "a5", "--png", "200", "--publication", story, "--out", tmp_path)
    assert run(*words).exit_code == 0
    names = {name for name in contents(tmp_path) if name.endswith(".png")}
    assert names == {"wells-one-a5-1.ps.png", "wells-one-a5-card.ps.png"}
    assert run("impose", tmp_path / "wells-one-a5.ps.pdf", "--as", "2-up").exit_code == 0
    assert (tmp_path / "wells-one-a5-2-up.ps.pdf").is_file()


def test_a_correction_reaches_every_language_and_makes_nothing_stale(story: Path, tmp_path: Path) -> None:
    before = contents(story / TRANSLATIONS_FOLDER)
    words = ("--publication", story)
    done = run_well("correct", "wells", "12346.5", "--reason", REASON, *words, quiet=True)
    build = "tipbrief build --language all"
    assert f"printed by: one, one.ps, one.fa-IR. Next: {build}, then {build} --deliver" in done.stdout
    waits = "the reason waits to be translated into Pashto and Iranian Persian: tipbrief translate ps, "
    assert done.stdout.endswith(f"{waits}tipbrief translate fa-IR\n")
    assert contents(story / TRANSLATIONS_FOLDER) == before

    # No language waits for the reason: it is printed in Dari, and marked.
    run_well("build", "--deliver", *words, "--out", tmp_path / "out", quiet=True)
    done = run("status", "one.ps/1", *words)
    assert f"the sheet in Dari is newer: {last(story, 'one').signature}" in done.stdout
    assert "the sheet in" not in run("status", "one/2", *words).stdout
    run_well("build", "--language", "all", "--deliver", *words, "--out", tmp_path / "out")
    for tag in TAGS:
        html = (tmp_path / "out" / f"wells-one.{tag}.html").read_text(encoding="utf-8")
        assert f'<span class="untranslated" dir="rtl" lang="fa-AF">{REASON}</span>' in html
        assert last(story, f"one.{tag}").number == 2

    # Its translation is a new edition of that language alone.
    translate(story, "ps")
    run_well("build", "--language", "ps", "--deliver", *words, "--out", tmp_path / "out", quiet=True)
    html = (tmp_path / "out" / "wells-one.ps.html").read_text(encoding="utf-8")
    assert REASON not in html
    assert "ټول" in read_html(html).one("", "corrections").text
    assert run("status", "one.ps/2", *words).exit_code == 1
    assert [last(story, name).number for name in ("one", "one.ps", "one.fa-IR")] == [2, 3, 2]


def test_a_changed_sentence_stops_its_delivery_in_other_languages_alone(story: Path, tmp_path: Path) -> None:
    change(story / "briefs" / "one.yaml", "title: چاه‌ها", "title: چاه‌ها و آب")
    words = ("--publication", story, "--out", tmp_path / "out")
    done = run("build", "--language", "all", *words)
    assert done.exit_code == 0
    assert done.stderr.count(": warning: ") == 2
    done = run_badly("build", "--language", "ps,fa-AF", "--deliver", *words)
    (line,) = (line for line in done.stderr.splitlines() if "would be delivered" in line)
    assert re.match(r"1 text of the sheets in Pashto would be delivered untranslated: translations/ps\.po:\d", line)
    assert last(story, "one").number == 1
    assert run("build", "--deliver", *words).exit_code == 0
    assert last(story, "one").number == 2


@pytest.mark.parametrize(
    ("file", "old", "failed"),
    [("tables/places.csv", "ښار ", "each-"), ("translations/ps.po", 'msgid "چاه‌ها"\nmsgstr "', "one.ps")],
)
def test_what_cannot_be_made_in_one_language_stops_no_other(
    story: Path, tmp_path: Path, file: str, old: str, failed: str
) -> None:
    long = f"{'ځمکه' * 400} "
    text = (story / file).read_text(encoding="utf-8")
    (story / file).write_text(text.replace(old, old + long, 1), encoding="utf-8")
    words = ("build", "--all", "--language", "all", "--publication", story, "--out", tmp_path)
    done = run_badly(*words)
    assert f"not built, earlier files unchanged: {failed}" in done.stderr
    indexes = {name for name in contents(tmp_path) if name.startswith("index")}
    assert indexes == {"index.html", "index.fa-IR.html"}


def test_english_can_be_the_first_language(tmp_path: Path) -> None:
    folder = tmp_path / "water"
    run_well("new", folder, "--language", "en")
    write_own_words(folder, "en")
    change(folder / "publication.yaml", "languages: [en]", "languages: [en, fa-AF]")
    change(folder / "figures.yaml", "value: 480", "value: 12345")
    translate(folder, "fa-AF")
    words = ("build", "--language", "all", "--deliver", "--publication", folder, "--out", tmp_path / "out")
    done = run_well(*words, quiet=True)
    assert [line.split()[0] for line in done.stdout.splitlines() if line[0] != " "] == [
        "sheet:",
        "sheet.fa-AF:",
        "PDFs",
    ]
    for name, tag, direction, number in (("sheet", "en", "ltr", "12,345"), ("sheet.fa-AF", "fa-AF", "rtl", "۱۲٬۳۴۵")):
        html = (tmp_path / "out" / f"water-{name}.html").read_text(encoding="utf-8")
        assert read_html(html).one("html").attributes == {"lang": tag, "dir": direction}
        assert number in html
        done = run_well("verify", tmp_path / "out" / f"water-{name}.pdf", "--strict", quiet=True)
    done = run("status", "sheet.fa-af/1", "--publication", folder)
    assert done.stdout.startswith(f"{last(folder, 'sheet.fa-AF').signature} (in Dari) is current")
    assert "(in English) is current" in run("status", "sheet/1", "--publication", folder).stdout
    assert "in English" in run("correct", "trees", "12346", "--publication", folder).stderr


def test_a_language_of_which_nothing_is_translated_yet_can_be_looked_at(tmp_path: Path) -> None:
    folder = in_languages(tmp_path / "water", "fa-AF", "en", "ps")
    run_well("build", "--language", "en,ps", "--publication", folder, "--out", tmp_path / "out")
    page = read_html((tmp_path / "out" / "wells-one.en.html").read_text(encoding="utf-8"))
    (heading,) = page.all("h1")
    assert {(span.attributes["lang"], span.attributes["dir"]) for span in heading.all("span", "untranslated")} == {
        ("fa-AF", "rtl")
    }
    assert "Text underlined with dots has not been translated yet." in page.all("p", "edition")[-1].text
    run_badly("build", "--language", "en", "--publication", folder, "--out", tmp_path / "no", "--deliver")
    assert not (tmp_path / "no").exists()


def test_a_copy_may_be_printed_in_a_language_of_its_own(tip_2025: Path, tmp_path: Path) -> None:
    change(tip_2025 / "publication.yaml", "languages: [fa-AF, ps, en]", "languages: [fa-IR]")
    shutil.rmtree(tip_2025 / "translations")
    shutil.rmtree(tip_2025 / "ledger")
    run_well("build", "world", "--publication", tip_2025, "--out", tmp_path / "out")
    words = (tmp_path / "out" / "tip-2025-world.html").read_text(encoding="utf-8")
    assert ("آذر" in words, "نوامبر" in words, "قوس" in words, "نومبر" in words) == (True, True, False, False)


@pytest.mark.slow
def test_the_world_brief_has_room_for_a_correction_in_every_language(tip_2025: Path, tmp_path: Path) -> None:
    planned(tip_2025, ("tier_one", "34"), ("placements[ALB].tier", "1")).write_change()
    run_well("build", "world", "--language", "all", "--out", tmp_path / "out", "--publication", tip_2025)
    assert len([*(tmp_path / "out").glob("*.pdf")]) == 3


@pytest.mark.slow
def test_a_reason_is_printed_in_its_own_language_and_marked_until_it_is_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WORDS, "en", "all")
    folder = in_languages(tmp_path / "wells", "fa-AF", "ps", "en", "fa-IR")
    out = tmp_path / "out"
    tags = {"ps": "(دلیل په دري ژبه)", "en": "(reason in Dari)", "fa-IR": "(دلیل به زبان دری)"}
    for tag in tags:
        translate(folder, tag)
    both = ("--publication", folder, "--out", out)
    run_well("build", "one", "--language", "all", "--deliver", *both)

    done = run_well("correct", "wells", "12346.5", "--reason", REASON, "--deliver", *both)
    assert "the reason waits to be translated into Pashto and English and Iranian Persian" in done.output
    for tag, mark in tags.items():
        page = (out / f"wells-one.{tag}.html").read_text(encoding="utf-8")
        assert f'<span class="untranslated" dir="rtl" lang="fa-AF">{REASON}</span> {mark}.' in page
        run_well("verify", "--rebuild", out / f"wells-one.{tag}.pdf")
    assert "دلیل به زبان" not in (out / "wells-one.html").read_text(encoding="utf-8")
    unchanged = run_well("build", "one", "--language", "all", "--deliver", *both)
    assert "ONE.EN/2" in unchanged.output

    translate(folder, "en")
    run_well("build", "one", "--language", "en", "--deliver", *both)
    page = (out / "wells-one.en.html").read_text(encoding="utf-8")
    assert "ONE.EN/3" in page
    assert REASON not in page
    assert "reason in" not in page

    # A sentence still waits.
    change(folder / "texts.yaml", "prose:\n", "prose:\n  more:\n    text: همه\n")
    done = run("correct", "wells", "12347.5", "--reason", REASON, "--deliver", *both)
    assert "not delivered in Pashto and English and Iranian Persian, where texts wait" in done.output
