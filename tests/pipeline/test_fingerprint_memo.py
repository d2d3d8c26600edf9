"""A document is composed only if something that it read has changed; without the record it says the same."""

import csv
import dataclasses
import re
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from PIL import Image

from tests.corrections.support import planned
from tests.pipeline.tongues import translate
from tests.support import GOLDEN, append, change, contents
from tipbrief.check.publication import Publication
from tipbrief.ledger.entries import Edition
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline import memos
from tipbrief.pipeline.document import ComposedDocument, compose_document
from tipbrief.pipeline.selection import ALL_LANGUAGES
from tipbrief.pipeline.session import Session, Tools
from tipbrief.pipeline.store import Store
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.patches.registry import SAFE_MODE_VARIABLE

# A block of the publication's own that asks in ways in which no shipped one does.
CURIOUS = """
{{ figures.wells.value | number }} {{ publication.documents | length }} {{ tables.places.lines | length }}
{% for name in publication.reasons %}{{ name }}{% endfor %}
{% for row in tables.past.rows if row.year == '2022' %}{{ row.basis }}{% endfor %}
{{ publication.untranslated_count }} {{ publication.untranslated | length }}
{{ tables.places.by_key | length }} {{ 'PAK' in tables.chosen.by_key }}
{{ tables.places.alike('state', 'AFG') | join }} {{ tables.past.by_key.get('TJK,2018', '') | length }}
"""
ROW = ("AFG", "AND", "PAK", "TJK")
NAMES = {f"{name}{tag}" for name in ("all", *(f"each-{key}" for key in ROW)) for tag in ("", ".ps")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All kinds of blocks in two languages, with corrections, pictures, styles and a template of its own."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path_factory.mktemp("record") / "wells"))
    change(folder / "publication.yaml", "language: fa-AF", "languages: [fa-AF, ps]")
    append(folder / "theme.css", "p { color: #123456 }\n")
    block = folder / "templates" / "blocks" / "quotation.html.j2"
    block.parent.mkdir(parents=True)
    block.write_text(f'<img src="pictures/stray.png">{CURIOUS}', encoding="utf-8")
    # Named where no list of files sees it.
    block.write_text(block.read_text().replace("stray.png", "{{ 'str' ~ 'ay' }}.png"), encoding="utf-8")
    shutil.copy(folder / "pictures" / "well.png", folder / "pictures" / "stray.png")
    translate(folder, "ps")
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "wells"))


@pytest.fixture(scope="module")
def cache(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What the documents of the whole said."""
    cache = Store(tmp_path_factory.mktemp("cache") / "kept")
    pieces(opened(whole, cache)), opened(whole, cache)
    return cache


def opened(folder: Path, cache: Store) -> Session:
    return Session.open(folder, store=cache, languages=[ALL_LANGUAGES])


def pieces(session: Session) -> dict[str, tuple[str, str, dict[str, str], Edition]]:
    """What each document says; what was new is in the record then."""
    found = {name: compose_document(session, name) for name in session.documents}
    session.save_memos()
    return {name: _told(piece) for name, piece in found.items()}


def _told(piece: ComposedDocument) -> tuple[str, str, dict[str, str], Edition]:
    return piece.neutral_hash, piece.content, dict(piece.prints), piece.edition


def from_nothing(session: Session, tmp_path: Path) -> dict[str, tuple[str, str, dict[str, str], Edition]]:
    empty = Store(tmp_path / "empty")
    shutil.rmtree(empty.folder, ignore_errors=True)
    tools = Tools(empty, session.folder)
    tools.templates_for = session.tools.templates_for  # these templates are compiled already
    return pieces(dataclasses.replace(session, tools=tools, memo_entries={}))


def copy_of(cache: Store, to: Path) -> Store:
    """The same record, which a test may change."""
    shutil.copytree(cache.folder, to, dirs_exist_ok=True)
    to.chmod(0o700)
    return Store(to)


def test_where_nothing_changed_nothing_is_composed(
    folder: Path, cache: Store, composed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(folder, cache)
    found = pieces(session)
    assert {*found} == NAMES
    assert composed == []
    assert found == from_nothing(session, tmp_path)
    assert {*composed} == NAMES
    # That texts wait for their translation no document says.
    composed.clear()
    told = (Problem("a text is not in Pashto yet"),)
    waits = dataclasses.replace(session.translations["ps"], untranslated_count=7, untranslated=told)
    waiting = dataclasses.replace(session, translations={"ps": waits})
    found = pieces(waiting)
    assert composed == []
    assert found == from_nothing(waiting, tmp_path)
    monkeypatch.setenv(SAFE_MODE_VARIABLE, "1")
    composed.clear()
    assert pieces(opened(folder, cache)) == found
    assert {*composed} == NAMES, "in safe mode there is no record"


def lines_changed(text: str) -> Iterator[str]:
    """The text with one line after another changed: its last number, else its last word."""
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        other = re.sub(r"\d(?=\D*$)", lambda found: str((int(found[0]) + 1) % 10), line, count=1)
        if other == line:
            other = re.sub(r"([آ-ی]+)(?=[^آ-ی]*$)", r"\1 آب", line, count=1)
        if other != line:
            yield "".join([*lines[:at], other, *lines[at + 1 :]])


def cells_changed(text: str) -> Iterator[str]:
    """The table with one cell after another changed, without its last row, and in another order."""
    header, *rows = csv.reader(StringIO(text))
    for at, row in enumerate(rows):
        for index in range(len(header)):
            # What another row has there is sound in a column of choices, too.
            other = next((one[index] for one in rows if one[index] != row[index]), f"{row[index]}7")
            changed = [[*one] for one in rows]
            changed[at][index] = f"{row[index]}5" if row[index].isdecimal() else other
            out = StringIO()
            csv.writer(out, lineterminator="\n").writerows([header, *changed])
            yield out.getvalue()
    yield "".join(text.splitlines(keepends=True)[:-1])
    head, first, *rest = text.splitlines(keepends=True)
    yield "".join([head, *rest, first])


@pytest.mark.parametrize(
    "name",
    [
        "figures.yaml", "places",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("chosen", "digging", "past", "remarks")),
    ],
)  # fmt: skip
def test_each_value_and_each_cell(name: str, folder: Path, cache: Store, composed: list[str], tmp_path: Path) -> None:
    table = not name.endswith(".yaml")
    file = folder / (f"tables/{name}.csv" if table else name)
    was, sound, spared = file.read_text(encoding="utf-8"), 0, 0
    session = opened(folder, cache)
    for text in (cells_changed if table else lines_changed)(was):
        file.write_text(text, encoding="utf-8")
        try:
            session = dataclasses.replace(opened(folder, cache), tools=session.tools)
        except Problems:
            continue  # no such publication can be
        composed.clear()
        try:
            now = {one: _told(compose_document(session, one)) for one in session.documents}
        except Problems:
            continue  # the curious template could not be filled
        again = {*composed}
        plain = dataclasses.replace(session, memo_entries={session.fingerprint_memo(one).key: {} for one in now})
        for one in now.keys() - again:
            assert now[one] == _told(compose_document(plain, one)), text
        sound, spared = sound + 1, spared + len(now.keys() - again)
    assert sound >= 5
    assert spared, "what did not read it was not composed"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("publication.yaml", "published: 2025", "published: 2024"),
        ("sources.yaml", "publisher: ", "publisher: New "),
        ("texts.yaml", "چاه", "چاه آب"),
        ("tables.yaml", "label: ژرفا", "label: ژرفای چاه"),
        ("tables.yaml", "colour: '#cfe0e2'", "colour: '#cfe0e3'"),
        ("briefs/all.yaml", "title: جدول چاه‌ها", "title: جدول همۀ چاه‌ها"),
        ("briefs/each.yaml", "subject: برگۀ", "subject: این برگۀ"),
        ("translations/ps.po", "ټول", "ټول ټول"),
        ("theme.css", "#123456", "#123457"),
        ("templates/blocks/quotation.html.j2", "lines", "rows"),
    ],
)
def test_each_file(
    file: str, old: str, new: str, folder: Path, cache: Store, composed: list[str], tmp_path: Path
) -> None:
    before = pieces(opened(folder, cache))
    assert not composed
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    session = opened(folder, copy_of(cache, tmp_path / "kept"))
    now = pieces(session)
    reading = {name for name in NAMES if name.endswith(".ps")} if file.endswith("ps.po") else NAMES
    assert {*composed} == reading
    assert now == from_nothing(session, tmp_path)
    assert now != before or file.startswith("templates")


def test_a_picture_that_no_list_of_files_has(folder: Path, cache: Store, composed: list[str], tmp_path: Path) -> None:
    before = pieces(opened(folder, cache))
    stray = folder / "pictures" / "stray.png"
    Image.new("RGB", (9, 9), "#123456").save(stray)
    session = opened(folder, copy_of(cache, tmp_path / "kept"))
    assert "pictures/stray.png" not in {item.name for item in session.dataset}
    now = pieces(session)
    assert now["all"] != before["all"]
    assert now == from_nothing(session, tmp_path)


def test_shipped_templates_fonts_paper_and_profile(
    folder: Path, cache: Store, composed: list[str], tmp_path: Path
) -> None:
    session = opened(folder, copy_of(cache, tmp_path / "kept"))
    templates = Path(shutil.copytree(session.templates, tmp_path / "templates"))
    moved = dataclasses.replace(session, templates=templates)
    assert pieces(moved)
    assert composed == [], "where they are does not matter"
    append(templates / "css" / "common.css", "\n")
    font = tmp_path / "font.woff2"
    font.write_bytes(session.fonts[0].woff2.read_bytes() + b"\0")
    faces = (dataclasses.replace(session.fonts[0], woff2=font), *session.fonts[1:])
    others = [
        dataclasses.replace(session, templates=templates),
        dataclasses.replace(session, fonts=faces),
        dataclasses.replace(session, paper="letter"),
        dataclasses.replace(session, profile="grey"),
    ]
    for other in others:
        composed.clear()
        now = pieces(other)
        assert {*composed} == NAMES
        assert now == from_nothing(other, tmp_path)


def test_a_correction_is_told_where_it_was_printed(
    folder: Path, cache: Store, composed: list[str], tmp_path: Path
) -> None:
    planned(folder, ("past[AFG,2021].state", "dry")).write_change()
    composed.clear()
    session = opened(folder, copy_of(cache, tmp_path / "kept"))
    now = pieces(session)
    assert {*composed} < NAMES
    assert {"all", "each-AFG"} <= {*composed}
    assert "each-AND" not in composed
    assert now == from_nothing(session, tmp_path)
    composed.clear()
    without = dataclasses.replace(session, ledger=Ledger("wells"))
    assert pieces(without) == from_nothing(without, tmp_path)


def test_what_was_changed_meanwhile_is_not_kept(
    folder: Path, cache: Store, composed: list[str], tmp_path: Path
) -> None:
    append(folder / "theme.css", "\n")
    session = opened(folder, copy_of(cache, tmp_path / "kept"))
    found = {name: compose_document(session, name) for name in session.documents}
    append(folder / "theme.css", "\n")
    before = contents(session.store.folder)
    session.save_memos()
    assert contents(session.store.folder) == before
    assert len(found) == len(NAMES)


def test_what_grows_too_large_is_not_kept(
    whole: Path, tmp_path: Path, composed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for most, made_again in (300_000, 0), (10, 2):
        monkeypatch.setattr(memos, "_MAX_MEMO_BYTES", most)
        for _ in range(2):
            composed.clear()
            session = Session.open(whole, store=Store(tmp_path / str(most)))
            for name in ("all", "each-AFG"):
                compose_document(session, name)
            session.save_memos()
        assert len(composed) == made_again


@pytest.mark.parametrize("record", [b"[]", b"{", b'{"all": 1, "all.ps": [[["cells", "none"]], 1, 2, 3, 4]}'])
def test_another_file_in_its_place_is_no_record(
    record: bytes, folder: Path, cache: Store, composed: list[str], tmp_path: Path
) -> None:
    kept = copy_of(cache, tmp_path / "kept")
    for file in kept.folder.iterdir():
        kept.write_entry(file.stem, {"log": record})
    session = opened(folder, kept)
    assert pieces(session) == from_nothing(session, tmp_path)


def test_a_document_that_failed_leaves_nothing_to_the_next(folder: Path, tmp_path: Path) -> None:
    append(folder / "templates" / "blocks" / "quotation.html.j2", "{{ nothing }}")
    session = opened(folder, Store(tmp_path / "kept"))
    with pytest.raises(Problems):
        compose_document(session, "all")
    assert "wells" not in compose_document(session, "each-AFG").prints


def test_each_field_of_a_publication_is_noted_or_in_the_name_of_the_record() -> None:
    noted = {"values", "figures", "tables", "documents", "reasons"}
    of_files = {"imprint", "sources", "texts", "briefs", "languages", "language", "shapes", "pictures"}
    of_translation = {"unreviewed"}
    hidden = {"folder", "warnings", "untranslated", "untranslated_count"}  # from templates
    fields = {one.name for one in dataclasses.fields(Publication)}
    assert fields == noted | of_files | of_translation | hidden
