"""PO files: what translators' tools write is read with its lines, and what is written they can read."""

import contextlib
import io
import time
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po as babels_read
from babel.messages.pofile import write_po as babels_write
from hypothesis import given
from hypothesis import strategies as st

from tests.load.support import written
from tests.support import problem_of, problems_of
from tipbrief.load import po_file
from tipbrief.load.po_file import PoEntry, PoFile, format_po, read_po
from tipbrief.problems import Problems

HEAD = 'msgid ""\nmsgstr ""\n"Language: ps\\n"\n"X-Reviewed-By: \\n"\n"X-Generator: Poedit 3.4\\n"\n\n'
WHOLE = HEAD + (
    "# A note of a translator.\n"
    "#. heading\n"
    "#: texts.yaml:9\n"
    "#, fuzzy, no-wrap\n"
    '#| msgid "an older "\n'
    '#| "text"\n'
    'msgctxt "texts.yaml:prose.lead.title"\n'
    'msgid "a \\"new\\" text"\n'
    'msgstr ""\n'
    '"words,\\n"\n'
    '"\\n"\n'
    '"and \\\\ more"\n'
    "\n"
    'msgctxt "b"\r\n'
    'msgid "second"\r\n'
    'msgstr ""\r\n'
    "\n"
    "# kept\n"
    '#~ msgctxt "c"\n'
    '#~ msgid "gone"\n'
    '#~ msgstr "departed"\n'
)


def read(folder: Path, text: str) -> PoFile:
    return read_po(written(folder, text, "ps.po"))


def said(folder: Path, text: str) -> list[tuple[int, str]]:
    """What is wrong with a file: lines and messages."""
    problems = problems_of(read, folder, text)
    assert all(problem.kind and problem.hint for problem in problems)
    return [(problem.line, problem.message) for problem in problems]


def test_all_that_an_entry_has(tmp_path: Path) -> None:
    po = read(tmp_path, WHOLE)
    assert po.headers == {"Language": "ps", "X-Reviewed-By": "", "X-Generator": "Poedit 3.4"}
    assert (po.header("x-generator"), po.header("X-None")) == ("Poedit 3.4", "")
    first, second = po.entries
    assert first == PoEntry(
        context="texts.yaml:prose.lead.title", source='a "new" text', text="words,\n\nand \\ more",
        fuzzy=True, previous_source="an older text", flags=("no-wrap",),
        translator_comments=("A note of a translator.",), developer_comments=("heading",),
        source_references=("texts.yaml:9",),
    )  # fmt: skip
    assert (second.context, second.source, second.text, second.is_translated) == ("b", "second", "", False)
    assert [(one.source, one.text, one.translator_comments) for one in po.obsolete_entries] == [
        ("gone", "departed", ("kept",))
    ]


def test_an_entry_knows_where_its_translation_stands(tmp_path: Path) -> None:
    entry = read(tmp_path, HEAD + 'msgid "x"\nmsgstr ""\n"one "\n"two\\n"\n').entries[0]
    assert (entry.location.line, entry.location.column, entry.location.end_line) == (8, 9, 10)
    found = entry.location.problem("wrong", token="two")
    assert (found.line, found.column, found.length) == (10, 2, 3)


def test_what_is_read_is_written_again_but_for_the_form_of_lines(tmp_path: Path) -> None:
    po = read(tmp_path, WHOLE)
    again = read(tmp_path, format_po(po))
    assert again == po
    assert format_po(again) == format_po(po)
    assert '#~ msgid "gone"' in format_po(po)


LETTERS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], include_characters="\n\t"))
SAID = LETTERS.map(str.strip)


@given(st.dictionaries(LETTERS.filter(str.strip), st.tuples(SAID, SAID, st.booleans()), max_size=5))
def test_any_texts_come_back_also_through_babel(texts: dict[str, tuple[str, str, bool]]) -> None:
    file = Path("ps.po")
    entries = tuple(
        PoEntry(context=context, source=source or "x", text=text, fuzzy=fuzzy, previous_source="older" if fuzzy else "")
        for context, (source, text, fuzzy) in texts.items()
    )
    whole = format_po(PoFile(file, {"Language": "ps", "Content-Type": "text/plain; charset=UTF-8"}, (), entries))
    reader = po_file._PoReader(file)
    for number, line in enumerate(whole.split("\n"), 1):
        reader.read_line(number, line)
    reader.finish_entry()
    assert (reader.problems, reader.build_file().entries) == ([], entries)
    theirs = babels_read(io.BytesIO(whole.encode()), abort_invalid=True)
    for entry in entries:
        found = theirs.get(entry.source, entry.context)
        assert found is not None
        assert (found.string, found.fuzzy) == (entry.text, entry.fuzzy)


def test_what_babel_writes_is_read(tmp_path: Path) -> None:
    catalogue = Catalog(locale="ps")
    long = "د {governments} حکومتونو " * 20
    catalogue.add("long", long.strip(), context="texts.yaml:prose.lead.text", locations=[("a b.yaml", 3)])
    catalogue.add("empty", "", flags=("fuzzy",), user_comments=["see above"])
    made = io.BytesIO()
    babels_write(made, catalogue, width=76)
    entries = {entry.source: entry for entry in read(tmp_path, made.getvalue().decode()).entries}
    assert entries["long"].text == long.strip()
    assert (entries["empty"].fuzzy, entries["empty"].translator_comments) == (True, ("see above",))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('msgid "a\nmsgstr "b"\n', 7, "a quotation mark stands inside a text, or is left open"),
        ('msgid "a"\nmsgstr "b "c" d"\n', 8, "a quotation mark stands inside a text, or is left open"),
        ('msgid "a"\nmsgstr b\n', 8, "a text stands without quotation marks"),
        ('#: x\n"a"\nmsgid "b"\nmsgstr "c"\n', 8, "a text stands after nothing of which it is"),
        ('msgid "a"\n\nmsgid "b"\nmsgstr "c"\n', 7, "the entry has no msgstr"),
        ('msgctxt "a"\nmsgstr "c"\n', 7, "the entry has no msgid"),
        ('msgid "a"\n', 7, "the entry has no msgstr"),
        ('msgid "a"\nmsgstr "b"\nmsgstr "c"\n', 9, "'msgstr' stands twice in one entry"),
        ('msgid "a"\nmsgstr "50 \\% b"\n', 8, "'\\%' means nothing in a PO file"),
        ('msgid ""\nmsgstr "Language: fa\\n"\n', 7, "the header stands twice"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    assert said(tmp_path, HEAD + text)[0] == (line, message)


def test_one_fault_hides_no_other(tmp_path: Path) -> None:
    text = 'msgid "a"\nmsgstr "b\n\nmsgid "c"\nmsgid_plural "d"\nmsgstr[0] "e"\n\nmsgid "f"\nmsgstr "\\z"\n'
    assert [line for line, _ in said(tmp_path, HEAD + text)] == [8, 10, 15]


@pytest.mark.parametrize("charset", ["iso-8859-6", "windows-1256", "UTF-16"])
def test_a_header_of_another_encoding(tmp_path: Path, charset: str) -> None:
    text = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset={charset}\\n"\n'
    assert said(tmp_path, text) == [(3, f"the header says charset={charset}")]
    assert read(tmp_path, text.replace(charset, "utf-8")).entries == ()


def test_another_encoding(tmp_path: Path) -> None:
    written(tmp_path, 'msgid "a"\nmsgstr "سلام"\n'.encode("cp1256"), "ps.po")
    problem = problem_of(read_po, tmp_path / "ps.po")
    assert (problem.line, problem.message.rpartition("x")[0]) == (2, "the file is not UTF-8: byte 0")


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = 'msgid "{}"\nmsgstr "{}"\n\n'
    assert said(tmp_path, entry.format("a", "b" * 50_001)) == [(1, "a text has more than 50,000 letters")]
    with pytest.raises(Problems, match="the file has more than 1,000,000 lines"):
        read(tmp_path, "\n" * 1_000_000)
    monkeypatch.setattr(po_file, "MAX_PO_ENTRIES", 3)
    with pytest.raises(Problems, match="the file has more than 3 entries"):
        read(tmp_path, "".join(entry.format(number, "x") for number in range(4)))


@pytest.mark.parametrize("part", ['"\\n', "\\", '"', "#~ ", 'msgid "a"\n', '#| msgid "a"\n', "#, a\n", '""\n'])
def test_hostile_files_are_read_in_linear_time(tmp_path: Path, part: str) -> None:
    start = time.process_time()
    for text in (part * 100_000, f'msgid "{part * 100_000}', f'msgid "a"\nmsgstr "{part * 100_000}"\n'):
        with contextlib.suppress(Problems):
            read(tmp_path, text)
    assert time.process_time() - start < 8
