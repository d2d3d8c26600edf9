"""A document is composed once: what it says is judged by the same page that gets its edition."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import GOLDEN, TIP_2025, figures_brief, wells
from tipbrief.language.dates import Date
from tipbrief.pipeline.document import ComposedDocument, compose_document, compose_html
from tipbrief.pipeline.run import build_documents, deliver_editions
from tipbrief.pipeline.selection import ALL_LANGUAGES
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store
from tipbrief.problems import Problems

DAY = Date(2025, 10, 1)
FORMS = [
    {},
    {"paper": "a5"},
    {"profile": "grey"},
    {"paper": "letter", "profile": "large"},
    {"paper": "a5", "profile": "large"},
]
MOST = 40  # documents of a publication


def some_documents(folder: Path, tmp_path: Path, **form: str) -> Iterator[ComposedDocument]:
    """Documents in each language: as their last edition or a draft, and as the next edition."""
    session = Session.open(folder, store=Store(tmp_path / "store"), languages=[ALL_LANGUAGES], **form)
    for name in [*session.documents][:: max(1, len(session.documents) // MOST)]:
        composed = compose_document(session, name)
        assert composed.page, "it was composed now, by templates that do not read the edition"
        yield composed
        yield composed.as_next_edition(DAY)


@pytest.mark.parametrize("address", ["", "https://example.org/tip", "https://example.org/page.html"])
@pytest.mark.parametrize("publication", [TIP_2025, TIP_2025.parent / "examples" / "earthquakes", GOLDEN])
def test_the_page_with_its_edition_is_the_page_composed_for_it(publication: Path, address: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(publication, tmp_path / "publication"))
    imprint = folder / "publication.yaml"
    lines = [line for line in imprint.read_text(encoding="utf-8").splitlines() if not line.startswith("address:")]
    imprint.write_text("\n".join([*lines, f"address: {address}" * bool(address), ""]), encoding="utf-8")
    for one in some_documents(folder, tmp_path):
        assert one.html() == compose_html(one.session, one.edition), one.name
        assert (one.edition.code in one.html()) or one.edition.draft
        assert ('class="qr"' in one.html()) == bool(address and not one.edition.draft)


@pytest.mark.parametrize("form", FORMS)
def test_in_each_form_it_says_the_same_and_is_composed_for_it(form: dict[str, str], tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    content = next(some_documents(folder, tmp_path / "usual")).content
    for one in some_documents(folder, tmp_path, **form):
        assert one.html() == compose_html(one.session, one.edition)
        assert one.content == content


def test_a_document_is_composed_once_when_it_is_delivered(tmp_path: Path, composed: list[str]) -> None:
    session = Session.open(wells(tmp_path / "wells", one=figures_brief("wells")), store=Store(tmp_path / "store"))
    deliver_editions(session, ["one"], tmp_path / "out", DAY)
    assert composed == ["one"]


def test_own_templates_that_read_the_edition_are_filled_for_each(tmp_path: Path, composed: list[str]) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    (folder / "templates" / "blocks").mkdir(parents=True)
    text = "<p>{{ 'Nr ' ~ edition.number if edition.number > 1 else 'Nr 1' }}, {{ edition.code }}</p>"
    (folder / "templates" / "blocks" / "figures.html.j2").write_text(text, encoding="utf-8")
    session = Session.open(folder, store=Store(tmp_path / "store"))
    one = compose_document(session, "one").as_next_edition(DAY)
    assert one.page is None
    assert f"<p>Nr 1, {one.edition.code}</p>" in one.html()
    assert composed == ["one", "one"]


def test_own_parts_of_an_edition_are_checked_as_a_page_is(tmp_path: Path) -> None:
    """They are filled in last, and are a stranger's as all of its templates."""
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    (folder / "templates").mkdir(exist_ok=True)
    own, shipped = folder / "templates" / "edition.html.j2", TIP_2025.parents[1] / "templates" / "edition.html.j2"
    text = shipped.read_text(encoding="utf-8")
    own.write_text(text + "{{ edition_part('newest') }}Nr {{ edition.number }}", encoding="utf-8")
    built = build_documents(Session.open(folder, store=Store(tmp_path / "store")), ["one"], tmp_path / "out")
    assert 'data-newest="Nr 1"' in (tmp_path / "out" / built[0].files[1].name).read_text(encoding="utf-8")
    script = "{{ edition_part('code') }}{% if edition.draft %}<script>1</script>{% endif %}"
    own.write_text(text + script, encoding="utf-8")
    with pytest.raises(Problems, match="a page may not have '<script'"):
        build_documents(Session.open(folder, store=Store(tmp_path / "store")), ["one"], tmp_path / "out")


@pytest.mark.parametrize(("file", "was", "now"), [("brief", "newest", "newst"), ("edition", "signature", "sign")])
def test_a_part_that_no_template_has_is_a_problem(tmp_path: Path, file: str, was: str, now: str) -> None:
    """A sheet without its code in the foot could not be asked about."""
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    (folder / "templates").mkdir(exist_ok=True)
    text = (TIP_2025.parents[1] / "templates" / f"{file}.html.j2").read_text(encoding="utf-8")
    own = folder / "templates" / f"{file}.html.j2"
    own.write_text(text.replace(f"edition_part('{was}')", f"edition_part('{now}')"), encoding="utf-8")
    with pytest.raises(Problems) as raised:
        build_documents(Session.open(folder, store=Store(tmp_path / "store")), ["one"], tmp_path / "out")
    (problem,) = raised.value.problems
    asked, known = (now, was) if file == "brief" else (was, now)
    assert problem.message == f"edition.html.j2 has no part '{asked}'"
    assert known in problem.hint
