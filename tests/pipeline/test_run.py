"""The six rooms in order: what is built, what is not, and what stays as it was."""

import gc
import re
import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pypdfium2
import pytest

from tests.pipeline.rows import sheets
from tests.support import append, change, contents, figures_brief, problems_of, wells
from tipbrief import limits
from tipbrief.assets import find_shipped_folder
from tipbrief.deliver.output_folder import OutputFile
from tipbrief.language.dates import Date
from tipbrief.pdf.embedded_files import read_provenance
from tipbrief.pdf.standards import DEFAULT_STANDARD
from tipbrief.pipeline import run
from tipbrief.pipeline.document import ComposedDocument, compose_document
from tipbrief.pipeline.run import build_documents, deliver_editions, write_index_and_collection
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store
from tipbrief.pipeline.workers.pool import local_pool
from tipbrief.problems import Problem, Problems
from tipbrief.typeset import engine
from tipbrief.verify import audit

pytestmark = pytest.mark.usefixtures("empty_cache")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with two small briefs."""
    brief = figures_brief("countries, newest")
    return wells(tmp_path / "wells", one=brief, two=brief)


def test_all_briefs_are_built_when_none_is_named_else_only_those_and_each_step_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_documents(Session.open(folder), ["two"], tmp_path / "out")
    two = {"wells-two.pdf", "wells-two.html", "manifest.json"}
    assert set(contents(tmp_path / "out")) == two
    built = build_documents(Session.open(folder), [], tmp_path / "out")
    assert [(item.name, item.page_count) for item in built] == [("one", 1), ("two", 1)]
    assert set(contents(tmp_path / "out")) == {"wells-one.pdf", "wells-one.html", *two}
    steps: list[tuple[str, str]] = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    build_documents(Session.open(folder), [], tmp_path / "new", lambda *told: steps.append(told))
    # What every document says is known before the first is typeset.
    assert steps[:2] == [("one", "compose"), ("two", "compose")]
    assert steps[2:] == [(name, step) for name in ("one", "two") for step in ("typeset", "verify", "deliver")]
    for item in built:
        assert [file.path.suffix for file in item.files] == [".pdf", ".html"]
        assert all(file.path.stat().st_size == file.size for file in item.files)


@pytest.mark.parametrize("most_pages", [8, 5, 3, 1])
def test_a_collection_is_divided_into_volumes_in_the_order_of_the_alphabet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_pages: int
) -> None:
    session, out = Session.open(sheets(tmp_path / "wells")), tmp_path / "out"
    built = build_documents(session, [*session.documents], out)
    (whole,) = [file for file in write_index_and_collection(session, built, out, together=True) if not _is_html(file)]
    monkeypatch.setattr(run, "MAX_VOLUME_PAGES", most_pages)
    written = write_index_and_collection(session, built, out, together=True)
    volumes = [file.path for file in written if not _is_html(file)]
    count = -(-8 // most_pages)
    names = [f"wells-each.{number + 1}-of-{count}.pdf" for number in range(count)] if count > 1 else ["wells-each.pdf"]
    assert [path.name for path in volumes] == names
    titles = [_bookmarks(path) for path in volumes]
    assert [title for volume in titles for title in volume[1:]] == _bookmarks(whole.path)[1:]
    assert {len(volume) - 1 for volume in titles} <= {8 // count, -(-8 // count)}


def test_volumes_are_made_by_workers_which_start_only_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session, out, again = Session.open(sheets(tmp_path / "wells")), tmp_path / "out", tmp_path / "again"
    built = build_documents(session, [*session.documents], out)
    monkeypatch.setattr(run, "MAX_VOLUME_PAGES", 3)
    alone = write_index_and_collection(session, built, out, together=True)
    write_index_and_collection(session, built, again, together=True, workers=lambda: pytest.fail("all is stored"))
    assert all(contents(out)[file.path.name] == (again / file.path.name).read_bytes() for file in alone)
    monkeypatch.setattr(session.tools, "store", Store(tmp_path / "store"))
    with monkeypatch.context() as patch:
        patch.setattr("tipbrief.deliver.collection._PdfMerger", None)  # here; not in a worker
        by_workers = write_index_and_collection(session, built, out, together=True, workers=lambda: local_pool(2))
    assert by_workers == alone
    sheet = built[0].files[0].path
    sheet.write_bytes(sheet.read_bytes()[:2000])
    monkeypatch.setattr(session.tools, "store", Store(tmp_path / "empty"))
    words = {"together": True, "workers": lambda: local_pool(2)}
    (problem,) = problems_of(write_index_and_collection, session, built, out, **words)
    assert problem.message.startswith(f"{built[0].name}: ")
    assert problem.hint == "build the sheet again"


def test_each_volume_has_the_time_of_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred volumes must not together exceed what one document may take."""
    session, out = Session.open(sheets(tmp_path / "wells")), tmp_path / "out"
    built = build_documents(session, [*session.documents], out)
    monkeypatch.setattr(run, "MAX_VOLUME_PAGES", 3)
    done, begin, write = list[str](), limits.begin_step, run.write_outputs
    for _ in ("made", "in the store"):
        done.clear()
        with monkeypatch.context() as patch:
            patch.setattr(limits, "begin_step", lambda subject=None: (done.append(f"begun {subject}"), begin(subject)))
            patch.setattr(run, "write_outputs", lambda *given: (done.extend(given[1]), write(*given))[1])
            names = [file.path.name for file in write_index_and_collection(session, built, out, together=True)]
        assert len(names) == 4
        ends = [0, *(done.index(name) for name in names)]
        assert all(f"begun {name}" in done[a:b] for name, (a, b) in zip(names, pairwise(ends), strict=True))


@pytest.mark.parametrize(("wanted", "names"), [("one", ["wells-each.pdf"]), ("none", [])])
def test_a_brief_may_ask_for_one_collection_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, names: list[str]
) -> None:
    folder, out = sheets(tmp_path / "wells"), tmp_path / "out"
    change(folder / "briefs" / "each.yaml", "blocks:", f"collection: {wanted}\nblocks:")
    monkeypatch.setattr(run, "MAX_VOLUME_PAGES", 3)
    session = Session.open(folder)
    built = build_documents(session, [*session.documents], out)
    written = write_index_and_collection(session, built, out, together=True)
    assert [file.path.name for file in written if not _is_html(file)] == names


def _is_html(file: OutputFile) -> bool:
    return file.path.suffix == ".html"


def _bookmarks(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as pdf:
        return [mark.get_title() for mark in pdf.get_toc()]


def test_documents_in_the_store_are_not_all_held_at_once(tmp_path: Path) -> None:
    """Of 10,000 unchanged documents only the names wait; what each prints took 150 MB."""
    folder, out, most = sheets(tmp_path / "wells"), tmp_path / "out", 0
    names = [*Session.open(folder).documents]
    build_documents(Session.open(folder), names, out)

    def step(*_: str) -> None:
        nonlocal most
        most = max(most, sum(isinstance(one, ComposedDocument) for one in gc.get_objects()))

    built = build_documents(Session.open(folder), names, out, step)
    assert not any(one.fresh for one in built)
    assert 1 <= most <= 3 < len(names)
    assert not any(one.edition.prints for one in built)


def test_the_store_has_pages_without_their_fonts_and_gives_them_back_with_them(folder: Path, tmp_path: Path) -> None:
    session = Session.open(folder)
    made = compose_document(session, "one").load_or_render()
    stored = session.store.read_entry(compose_document(session, "one").store_key)
    assert stored
    assert b"font/woff2" in made.html
    assert b"font/woff2" not in zlib.decompress(stored["html"])
    again = compose_document(Session.open(folder), "one").load_rendering()
    assert again
    assert (again.pdf, again.html) == (made.pdf, made.html)


def test_while_the_press_typesets_the_kept_ones_are_delivered(folder: Path, tmp_path: Path) -> None:
    session, told = Session.open(folder), list[object]()
    build_documents(session, ["two"], tmp_path / "out")

    class Worker:
        def submit_work(self, *_: object, **__: object) -> object:
            told.append("asked")
            return lambda: told.append("called")

    def step(*what: str) -> None:
        told.append(what)

    pressed = replace(session, early_worker=cast("Any", Worker()))
    built = build_documents(pressed, ["one", "two"], tmp_path / "out", step)
    assert [(one.name, one.fresh) for one in built] == [("one", True), ("two", False)]
    assert told[2:] == [
        ("one", "typeset"), "asked", ("two", "deliver"), "called", ("one", "verify"), ("one", "deliver"),
    ]  # fmt: skip


def test_a_file_whose_name_a_template_puts_together_is_noticed(folder: Path, tmp_path: Path) -> None:
    own = folder / "templates"
    own.mkdir()
    shipped_brief = (find_shipped_folder("templates") / "brief.html.j2").read_text(encoding="utf-8")
    more = "{% include 'odd' ~ 'part.html.j2' %}</body>"
    (own / "brief.html.j2").write_text(shipped_brief.replace("</body>", more), encoding="utf-8")
    for said in ("<p>یک</p>", "<p>دو</p>"):
        (own / "oddpart.html.j2").write_text(said, encoding="utf-8")
        build_documents(Session.open(folder), ["one"], tmp_path / "out")
        assert said in (tmp_path / "out" / "wells-one.html").read_text(encoding="utf-8")


def test_one_unknown_name_builds_nothing(folder: Path, tmp_path: Path) -> None:
    assert problems_of(build_documents, Session.open(folder), ["one", "tow", "nowhere"], tmp_path / "out") == [
        Problem("there is no brief 'tow'", hint="did you mean 'two'?"),
        Problem("there is no brief 'nowhere'", hint="known: one, two"),
    ]
    assert not (tmp_path / "out").exists()


def test_a_draft_comes_with_another_number_of_pages_and_an_edition_does_not(folder: Path, tmp_path: Path) -> None:
    change(folder / "briefs" / "one.yaml", "pages: 1", "pages: 2")
    told = "the brief fills 1 of its 2 pages"
    # Made, kept in the cache, and as before: it is told each time.
    for out, fresh in (("out", True), ("out", False), ("other", False)):
        (made,) = build_documents(Session.open(folder), ["one"], tmp_path / out)
        assert (made.edition.draft, made.page_count, made.fresh) == (True, 1, fresh)
        assert [(note.severity, note.line, note.message) for note in made.notes] == [("warning", 5, told)]
    before = contents(tmp_path / "out")
    with pytest.raises(Problems, match=told):
        deliver_editions(Session.open(folder), ["one"], tmp_path / "out", Date(2026, 11, 26))
    assert contents(tmp_path / "out") == before
    change(folder / "briefs" / "one.yaml", "pages: 2", "pages: auto")
    (made,) = deliver_editions(Session.open(folder), ["one"], tmp_path / "out", Date(2026, 11, 26))
    assert (made.edition.name, made.notes) == ("ONE/1", ())


def test_a_changed_value_that_the_ledger_does_not_explain_is_no_edition(folder: Path, tmp_path: Path) -> None:
    deliver_editions(Session.open(folder), ["one"], tmp_path / "out", Date(2026, 11, 25))
    change(folder / "tables" / "digging.csv", "2023,900", "2023,901")
    before = contents(folder), contents(tmp_path / "out")
    # The ledger would refuse it, too, but could not say what to do.
    told = problems_of(deliver_editions, Session.open(folder), ["one"], tmp_path / "out", Date(2026, 11, 26))
    assert [(one.message, one.hint) for one in told] == [(
        "'newest' is 900 by the ledger and 901 in the dataset, and nothing says why",
        "record it: tipbrief correct 'newest' '901' --reason '…'; or put 900 back",
    )]  # fmt: skip
    assert (contents(folder), contents(tmp_path / "out")) == before
    (draft,) = build_documents(Session.open(folder), ["one"], tmp_path / "draft")
    assert draft.edition.draft, "to look at it is no edition"


def test_a_failed_audit_leaves_the_old_files(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_documents(Session.open(folder), ["one"], tmp_path / "out")
    before = contents(tmp_path / "out")
    change(folder / "figures.yaml", "در جدول", "در این جدول")

    def fail(*args: object, **kwargs: object) -> audit.AuditReport:
        raise Problems(Problem("«چاه» is not read back"))

    monkeypatch.setattr(audit, "require_no_errors", fail)
    with pytest.raises(Problems, match="not read back"):
        build_documents(Session.open(folder), ["one"], tmp_path / "out")
    assert contents(tmp_path / "out").keys() - before.keys() == {"wells-one.faulty.pdf"}
    assert before.items() <= contents(tmp_path / "out").items()


def test_what_is_delivered_is_what_was_typeset_and_audited(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typeset: list[str] = []
    audited: list[tuple[bytes, str, audit.Expectation, str]] = []
    lay_out, require = engine.Typesetter.lay_out, audit.require_no_errors

    def spy_layout(self: engine.Typesetter, html: str) -> engine.Layout:
        typeset.append(html)
        return lay_out(self, html)

    def spy_audit(pdf: bytes, html: str, expected: audit.Expectation, name: str = "") -> audit.AuditReport:
        audited.append((pdf, html, expected, name))
        return require(pdf, html, expected, name)

    monkeypatch.setattr(engine.Typesetter, "lay_out", spy_layout)
    monkeypatch.setattr(audit, "require_no_errors", spy_audit)
    build_documents(Session.open(folder), ["one"], tmp_path / "out")
    made = contents(tmp_path / "out")
    html = made["wells-one.html"].decode()
    # What is left over was put between the blocks of what was laid out.
    assert typeset[-1] == re.sub(r"(--size: [\d.]+;) --rest: [\d.]+px; }\n", r"\1 }\n", html)
    assert audited == [
        (made["wells-one.pdf"], html, audit.Expectation(pages=1, standard=DEFAULT_STANDARD), "wells-one.pdf")
    ]


def test_the_bytes_do_not_depend_on_what_was_built_before(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the dataset changed in what a delivered edition does not print, and so does not carry."""
    (delivered,) = deliver_editions(Session.open(folder), ["one"], tmp_path / "out", Date(2026, 11, 25))
    typeset: list[str] = []

    def files(number: int, cache: str) -> dict[str, bytes]:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / cache))
        built = build_documents(Session.open(folder), ["one"], tmp_path / str(number))
        typeset.extend(one.name for one in built if one.fresh)
        return contents(tmp_path / str(number))

    before = delivered.files[0].path.read_bytes()
    unused = "idle:\n  title: کتاب\n  publisher: چاپخانه\n  address: https://example.org/unused\n"
    append(folder / "sources.yaml", f"# nothing that is printed\n{unused}")
    warm, cold, again = files(1, "cache"), files(2, "empty"), files(3, "empty")
    assert typeset == ["one"], "only without a cache"
    assert warm == cold == again
    carried = read_provenance(warm["wells-one.pdf"], Path("wells-one.pdf"))
    assert carried.is_intact
    assert b"idle" not in carried.files["sources.yaml"]
    assert b"nothing" not in carried.files["sources.yaml"]
    assert warm["wells-one.pdf"] == before


@pytest.mark.parametrize("moment", [("one", "compose"), ("one", "typeset"), ("two", "typeset")])
def test_what_is_printed_and_carried_is_what_was_checked(folder: Path, tmp_path: Path, moment: tuple[str, str]) -> None:
    """An editor saves while many are built: what is finished is of the old dataset, and she is told."""
    session, new = Session.open(folder), "ادارۀ نو نمونه".encode()

    def save(*reached: str) -> None:
        if reached == moment:
            change(folder / "sources.yaml", "ادارۀ نمونه", "ادارۀ نو نمونه")

    with pytest.raises(Problems, match="the publication was changed while it was built") as raised:
        build_documents(session, [], tmp_path / "out", save)
    assert raised.value.problems[0].hint == "build it again; what was finished before is kept"
    pdfs = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.pdf")}
    assert sorted(pdfs) == (["wells-one.pdf"] if moment[0] == "two" else [])
    for pdf in pdfs.values():
        assert new not in read_provenance(pdf, folder).files["sources.yaml"]
    build_documents(Session.open(folder), [], tmp_path / "out")
    again = read_provenance((tmp_path / "out" / "wells-two.pdf").read_bytes(), folder)
    assert new in again.files["sources.yaml"]
