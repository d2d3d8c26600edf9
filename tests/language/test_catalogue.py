"""The program's own words: each that is said is in every catalogue, and no other."""

import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tests.support import PACKAGE, ROOT
from tipbrief.language.language import Catalogue, fill_placeholders, known_languages, load_language
from tools import catalogues

FILES = sorted(catalogues.CATALOGUES.glob("*.po"))


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def messages(tag: str) -> Iterator[Message]:
    return (one for one in catalogues.read(catalogues.CATALOGUES / f"{tag}.po") if one.id)


def placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"%\(\w+\)s|\{\w+\}", text)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_is_translated_with_its_placeholders(file: Path) -> None:
    for one in messages(file.stem):
        ours = one.id if isinstance(one.id, str) else one.id[1]
        assert not one.fuzzy
        for text in texts(one):
            assert text, one.id
            assert placeholders(text) in (placeholders(ours), placeholders(ours.replace("%(count)s ", "")))


ALL = sorted(file for file in PACKAGE.rglob("*.po") if "shipped" not in file.parts)  # where a wheel has data


@pytest.mark.parametrize("file", ALL, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_our_reader_says_what_babel_reads(file: Path) -> None:
    ours, theirs = Catalogue(file), catalogues.read(file)
    for message in theirs:
        if isinstance(message.id, str):
            assert ours.gettext(message.id) == (message.string or message.id) or not message.id
            continue
        for count in (0, 1, 2, 11, 100):
            form = message.string[gettext.c2py(theirs.plural_expr)(count)]
            assert ours.ngettext(*message.id, count) == form
    assert ours.gettext("what nobody says") == "what nobody says"
    assert [ours.ngettext("a", "b", count) for count in (1, 2)] == ["a", "b"]


def test_what_is_doubtful_is_said_in_english(tmp_path: Path) -> None:
    file = tmp_path / "ps.po"
    head = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n'
    long = 'msgid "a \\"b\\"\\n"\n"c\\\\n"\nmsgstr ""\n"x\\t"\n"y"\n'
    fuzzy = '#, fuzzy\nmsgid "old"\nmsgstr "kept"\n'
    forms = 'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "1"\nmsgstr[1] "2"\n'
    file.write_text("\n".join([head, long, fuzzy, forms, forms.replace("many", "more").replace("2", "")]))
    found = Catalogue(file)
    assert found.gettext('a "b"\nc\\n') == "x\ty"
    assert found.gettext("old") == "old"
    assert [found.ngettext("one", "many", count) for count in (0, 1, 2)] == ["1", "1", "2"]
    assert [found.ngettext("one", "more", count) for count in (1, 2)] == ["one", "more"]
    assert Catalogue(tmp_path / "none.po").gettext("x") == "x"


def test_every_language_but_english_has_a_catalogue() -> None:
    assert {file.stem for file in FILES} == {*known_languages()} - {"en"}


def test_the_catalogues_are_as_the_tool_writes_them() -> None:
    said = catalogues.said()
    for file in FILES:
        assert file.read_bytes() == catalogues.written(file, said), f"run {ROOT.name}/tools/catalogues.py"


def test_numbers_and_plurals_are_those_of_the_language() -> None:
    dari, english = load_language("fa-AF"), load_language("en")
    assert dari.gettext("%(title)s, page %(number)s", title="یمن 2", number=12) == "یمن 2، صفحۀ ۱۲"
    assert english.gettext("%(title)s, page %(number)s", title="Yemen", number=1200) == "Yemen, page 1,200"
    assert [english.ngettext("Source", "Sources", count) for count in (0, 1, 2)] == ["Sources", "Source", "Sources"]
    assert [dari.ngettext("Source", "Sources", count) for count in (0, 1, 2)] == ["منبع", "منبع", "منابع"]


def test_no_letter_of_our_readers_stands_elsewhere() -> None:
    """Words of a language are in its description, its catalogue, or the rules for it."""
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.yaml"), *(ROOT / "templates").rglob("*.*")]
    files = [file for file in files if {"language", "examples", "shipped"}.isdisjoint(file.relative_to(ROOT).parts)]
    assert len(files) > 100
    letters = re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
    assert [str(file) for file in files if letters.search(file.read_text(encoding="utf-8"))] == []


def test_every_word_of_a_template_goes_through_the_catalogues() -> None:
    for file in {*(ROOT / "templates").rglob("*.j2")} - {*(ROOT / "templates" / "export").rglob("*")}:
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", file.read_text(encoding="utf-8"), flags=re.S)
        bare = re.sub(
            r"<(style|title|generator|script)\b.*?</\1>|<[^>]*>|&\w+;|\"\w+\":(?: \"Draft\")?", " ", bare, flags=re.S
        )
        assert re.findall(r"[^\W\d_]{2,}", bare) in ([], ["PDF"], ["PDF"] * 2, ["PDF"] * 3), file.name


def test_only_names_are_filled_in() -> None:
    assert fill_placeholders("%(a)s %% %(a)9s %s", {"a": "x"}) == "x % %(a)9s %s"
