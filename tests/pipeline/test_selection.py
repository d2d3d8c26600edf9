"""The words of a command stand for documents, each in one of the publication's languages."""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.pipeline.rows import EACH
from tests.pipeline.tongues import in_languages
from tests.support import problem_of
from tipbrief.pipeline.selection import select_documents
from tipbrief.pipeline.session import Session


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = in_languages(tmp_path_factory.mktemp("tongues") / "wells", "fa-AF", "ps", "fa-IR")
    return Session.open(folder, languages=["ps", "fa-IR"])


def test_to_name_all_of_many_documents_takes_time_in_proportion(session: Session) -> None:
    """A run names all its documents: 30,000 took longer than a command may."""
    whole = session.publication
    names = [f"each-R{at}" for at in range(20_000)]
    one = whole.documents["each-AFG"]
    many = dataclasses.replace(whole, documents={name: dataclasses.replace(one, name=name) for name in names})
    begin = time.process_time()
    assert select_documents([many], names) == names
    assert time.process_time() - begin < 3, "it takes 0.1 s; in proportion to the square, 18 s"


@pytest.mark.parametrize(
    ("names", "languages", "found"),
    [
        ([], [], ["one"]),
        (["one"], ["ps"], ["one.ps"]),
        (["one"], ["PS", "fa-af"], ["one", "one.ps"]),
        (["one"], ["all"], ["one", "one.ps", "one.fa-IR"]),
        ([], ["fa-IR", "ps"], ["one.ps", "one.fa-IR"]),
        (["one.ps"], [], ["one.ps"]),
        (["one.ps"], ["all"], ["one.ps"]),
        (["one.fa-AF", "one"], [], ["one"]),
        (["one", "one.ps"], [], ["one", "one.ps"]),
        (["each.ps"], [], [f"{name}.ps" for name in EACH]),
        (["each-AFG.ps", "one"], [], ["one", "each-AFG.ps"]),
        (["each-AFG"], ["ps", "fa-IR"], ["each-AFG.ps", "each-AFG.fa-IR"]),
    ],
)
def test_which_documents_are_asked_for(
    session: Session, names: Sequence[str], languages: Sequence[str], found: Sequence[str]
) -> None:
    assert select_documents(session.publications, names, languages=languages) == found


def test_rows_and_everything_in_a_language(session: Session) -> None:
    assert select_documents(session.publications, ["each"], only=["pak"], languages=["ps"]) == ["each-PAK.ps"]
    every = select_documents(session.publications, [], everything=True, languages=["all"])
    assert sorted(every) == sorted(session.documents)
    assert len(every) == 3 * len(select_documents(session.publications, [], everything=True))


ADD_ENGLISH = (
    "it has fa-AF, ps, fa-IR; to add it, write languages: [fa-AF, ps, fa-IR, en] in "
    "publication.yaml, then: tipbrief translate en"
)


@pytest.mark.parametrize(
    ("name", "languages", "said"),
    [
        ("one", ["xx"], ("there is no language 'xx'",
                         "known: fa-AF (Dari), ps (Pashto), fa-IR (Iranian Persian), all")),
        ("one", ["EN"], ("the publication 'wells' is not in English ('en')", ADD_ENGLISH)),
        ("one.ps", ["fa-IR"], ("'one.ps' is in another language than was asked for",
                               "leave out --language, or write 'one'")),
        ("one.pdf", [], ("there is no brief 'one.pdf'", "did you mean 'one.ps'?")),
        ("onne.ps", [], ("there is no brief 'onne'", "did you mean 'one'?")),
    ],
)  # fmt: skip
def test_what_is_not_there(session: Session, name: str, languages: Sequence[str], said: tuple[str, str]) -> None:
    found = problem_of(select_documents, session.publications, [name], languages=languages)
    assert (found.message, found.hint) == said


def test_a_name_that_is_wrong_in_three_languages_is_told_once(session: Session) -> None:
    found = problem_of(select_documents, session.publications, ["each"], only=["XXX"], languages=["all"])
    assert found.message == "'each' has no document 'XXX'"


def test_files_are_named_after_document_form_and_language(session: Session, tmp_path: Path) -> None:
    assert session.file_name("one", "pdf") == "wells-one.pdf"
    assert session.file_name("each-AFG.fa-IR", "html") == "wells-each-AFG.fa-IR.html"
    small = Session.open(session.folder, paper="a5", profile="grey")
    assert small.file_name("one.ps", "pdf") == "wells-one-a5-grey.ps.pdf"
    assert small.file_name("one.ps", "png", "card") == "wells-one-a5-grey-card.ps.png"
    assert small.alternates("one.ps") == {
        "fa-AF": "wells-one-a5-grey.html",
        "ps": "wells-one-a5-grey.ps.html",
        "fa-IR": "wells-one-a5-grey.fa-IR.html",
    }
