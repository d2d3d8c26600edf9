"""When a document counts as unchanged: by its dependency log, and by the content of its last edition."""

from pathlib import Path

import pytest

from tests.corrections.support import DAY
from tests.support import HEAD, SOURCES, change, wells
from tipbrief.ledger.entries import Edition
from tipbrief.ledger.ledger_folder import append_entry
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session

pytestmark = pytest.mark.usefixtures("empty_cache")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return wells(tmp_path / "wells", one=f"{HEAD}  - prose: note\n  - figures: [countries, newest]\n{SOURCES}")


def compose(folder: Path) -> Edition:
    """The edition that the document is; what it read is kept."""
    session = Session.open(folder)
    edition = compose_document(session, "one").edition
    session.save_memos()
    return edition


def test_after_an_upgrade_of_a_package_a_document_is_composed_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, composed: list[str]
) -> None:
    """Another Jinja, or another tinycss2, may make another page of the same data."""
    (tmp_path / "packages" / "jinja2-3.1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    compose(folder), compose(folder)
    assert composed == ["one"], "the second time nothing has changed"
    (tmp_path / "packages" / "jinja2-3.1.0.dist-info").rename(tmp_path / "packages" / "jinja2-3.2.0.dist-info")
    compose(folder)
    assert composed == ["one", "one"]


@pytest.mark.parametrize(
    ("file", "was", "now"),
    [
        ("briefs/one.yaml", "[countries, newest]", "[countries]"),
        ("tables/digging.csv", "2023,900,", "2023,901,"),
        ("texts.yaml", "این برگه", "آن برگه"),
    ],
    ids=["a block", "a cell", "a word"],
)
def test_a_changed_document_does_not_have_the_code_of_the_last_edition(
    folder: Path, file: str, was: str, now: str
) -> None:
    session = Session.open(folder)
    edition = compose_document(session, "one").as_next_edition(DAY).edition
    append_entry(folder, session.ledger, [edition])
    again = compose(folder)
    assert (again.signature, again.draft) == (edition.signature, False), "unchanged, it is the last edition"
    change(folder / file, was, now)
    changed = compose(folder)
    assert (changed.number, changed.code, changed.draft) == (2, "", True)
