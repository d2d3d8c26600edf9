import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.check.support import anew, messages
from tests.support import BASE, change, problems_of
from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import every_block
from tipbrief.check.publication import load_publication
from tipbrief.check.texts import every_text
from tipbrief.compose.html_page import compose_page
from tipbrief.compose.templates import create_environment
from tipbrief.problems import Problems


def test_what_a_publication_holds() -> None:
    publication = load_publication(BASE)
    assert publication.values == {"governments": 13, "first": 1, "pattern": 2}
    assert set(publication.sources) == {"report", "news"}
    assert set(publication.tables) == {"placements", "listed"}
    blocks = publication.briefs["main"].blocks
    assert [block.kind for block in blocks] == ["lead", "figures", "share", "list", "quotation", "sources"]
    assert tuple(every_block(blocks)) == blocks
    assert publication.warnings == ()
    texts = list(every_text([publication.texts, publication.briefs]))
    assert {"وزیر خارجه", "ردیف‌ها"} < set(texts)
    assert all(text.location.line for text in texts)


@pytest.mark.parametrize("name", ["sources.yaml", "figures.yaml", "tables.yaml", "texts.yaml"])
@pytest.mark.parametrize("content", [b"a: [\n", b"\xff\xff", b"- a\n", b""])
def test_a_file_that_cannot_be_read_makes_nothing_else_wrong(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert [problem.file and problem.file.name for problem in problems_of(load_publication, folder)] == [name]


@pytest.mark.parametrize(
    ("name", "missed"),
    [("figures", "figure 'governments'"), ("tables", "table 'placements'"), ("texts", "prose 'lead'")],
)
def test_a_file_that_is_not_there_defines_nothing(folder: Path, name: str, missed: str) -> None:
    (folder / f"{name}.yaml").unlink()
    assert f"there is no {missed}" in messages(folder)


def test_what_is_faulty_is_still_known_by_its_name(folder: Path) -> None:
    change(folder / "sources.yaml", "  publisher: خبرگزاری\n", "")
    change(folder / "figures.yaml", "  value: 13\n", "  value: x\n")
    change(folder / "texts.yaml", "    speaker: وزیر خارجه\n", "")
    change(folder / "tables.yaml", "note: {type: text, ", "note: {type: txt, ")
    assert [message.partition(":")[0] for message in messages(folder)] == [
        "'value' is a number, not 'x'",
        "'news'",
        "'type' is one of text, code, number, year, choice, key, sources, not 'txt'",
        "'minister'",
    ]


def test_a_faulty_imprint_or_word_list_hides_nothing(folder: Path) -> None:
    change(folder / "publication.yaml", "id: sample\n", "")
    (folder / "words.txt").write_bytes(b"\xff")
    change(folder / "texts.yaml", "{first}", "{frist} ۱۲")
    change(folder / "briefs/main.yaml", "quotation: minister", "quotation: nobody")
    assert messages(folder) == [
        "there is no quotation 'nobody'",
        "the publication: the key 'id' is missing",
        "there is no figure 'frist'",
        "the number '۱۲' is typed into a text",
        "the word list is not UTF-8",
    ]


def test_warnings_do_not_stop_a_publication(folder: Path) -> None:
    change(folder / "sources.yaml", "title: خبر روز", "title: بی خطر")
    publication = load_publication(folder)
    assert [(p.severity, p.line, p.column) for p in publication.warnings] == [("warning", 7, 10)]


def test_accepted_words_are_no_faults(folder: Path) -> None:
    change(folder / "sources.yaml", "title: خبر روز", "title: قانونهای نو")
    assert len(messages(folder)) == 1
    (folder / "words.txt").write_text("قانونهای\n", encoding="utf-8")
    assert load_publication(folder).warnings == ()


def test_characters_are_checked_only_where_the_fonts_are_known(folder: Path) -> None:
    change(folder / "tables/listed.csv", "از سال ۲۰۲۰", '"از\nسال"')
    assert load_publication(folder).warnings == ()
    problems = problems_of(load_publication, folder, {*range(0x20, 0x2100)} - {ord("ل")})
    in_table = [p for p in problems if p.file and p.file.suffix == ".csv"]
    assert [(p.line, p.column) for p in in_table] == [(4, 3)]


ENVIRONMENT = create_environment((), find_shipped_folder("templates"))
FILES = sorted(path.relative_to(BASE).as_posix() for path in BASE.rglob("*.*"))
PIECES = [
    *("", "\n", " ", "  ", "\t", ":", ": ", "- ", "{", "}", "[", "]", "'", '"', "#", "*", "&a ", "!x ", ","),
    *("0", "-1", "۱۲", "1e9", "no", "~", "null", "9" * 400, "\u060b", "\u2028", "\ufeff", "ي", "../", "page"),
    *("{first}", "{@x}", "{{ 7 }}", "value: 1", "sum: [first]", "table", "iso3"),
]


def survives(folder: Path) -> None:
    problems = []
    try:
        publication = load_publication(folder, range(0x20, 0x700))
        for name in publication.briefs:
            compose_page(publication, name, (), ENVIRONMENT)
    except Problems as raised:
        problems = raised.problems
    assert all(problem.message and problem.format(folder) for problem in problems)


@pytest.mark.slow
@given(st.sampled_from(FILES), st.integers(0, 2000), st.integers(0, 30), st.sampled_from(PIECES))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_edit_makes_the_check_fall(tmp_path: Path, name: str, at: int, cut: int, piece: str) -> None:
    folder = anew(tmp_path)
    text = (folder / name).read_text(encoding="utf-8")
    at %= len(text) + 1
    (folder / name).write_text(text[:at] + piece + text[at + cut :], encoding="utf-8")
    survives(folder)


@given(name=st.sampled_from(FILES), seed=st.integers(0, 10**6))
@settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_shuffled_file_makes_the_check_fall(tmp_path: Path, name: str, seed: int) -> None:
    folder = anew(tmp_path)
    lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 3)):
        lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))
    (folder / name).write_text("".join(lines), encoding="utf-8")
    survives(folder)


def test_a_folder_without_anything_of_a_publication_is_none(tmp_path: Path) -> None:
    (tmp_path / "schools.csv").write_text("code,n\na,1\n", encoding="utf-8")
    assert messages(tmp_path) == [f"there is no publication in '{tmp_path}'"]


def test_names_that_no_file_could_have_are_problems_at_their_place(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BASE, tmp_path / "publication"))
    change(folder / "publication.yaml", "id: sample", f"id: {'x' * 300}\naddress: https://example.org/{'a' * 2400}")
    (folder / "briefs" / "main.yaml").rename(folder / "briefs" / f"{'b' * 90}.yaml")
    found = {(one.file.name[:11], one.line): one for one in problems_of(load_publication, folder) if one.file}
    assert found["publication", 1].message.endswith("is no good id")
    assert "at most 60" in found["publication", 1].hint
    assert found["publication", 2].message.endswith("is no address")
    assert "at most 500 characters" in found["publication", 2].hint
