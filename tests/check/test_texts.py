import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.check.support import messages
from tests.load.support import written
from tests.support import append, change
from tipbrief.check import texts
from tipbrief.language.language import load_language
from tipbrief.language.word_lists import load_language_words
from tipbrief.load.schema import RichText
from tipbrief.load.source_text import SourceLocation
from tipbrief.problems import Problem

DARI = load_language("fa-AF")
NUMBERS = {"governments": "188", "pattern": "13", "share": "12.5", "big": "12345"}
VALUES = {name: Decimal(number) for name, number in NUMBERS.items()}


def rich(tmp_path: Path, text: str) -> RichText:
    """A text that stands in a file as it is."""
    file = written(tmp_path, text, f"{abs(hash(text))}.yaml")
    return RichText(text, SourceLocation(file, 1, 1, text.count("\n") + 1))


def references(text: RichText) -> list[Problem]:
    return list(texts.find_unknown_references(text, VALUES, ["voa", "press"]))


def numbers(text: RichText) -> list[Problem]:
    return list(texts.find_typed_numbers(text, {value: name for name, value in VALUES.items()}, DARI))


@pytest.mark.parametrize(
    "text",
    [
        "{governments} و {@voa press} و {@voa}{@press}",
        "{ pattern } در {2025-09-29}، {2025-09} و {2025}",
        "{{ governments }} {{no}} {% no %} } {",
        "متن",
        "سال ۲۰۲۵ و ۱۴۰۴ و 2025",
        "{governments} حکومت در {2025-09-29}",
        "COVID-19 و G20 و Section 7",
        "در سال ۲۰۲۳ کشور، گزارش ۲۰۲۵ حکومت، از ۱۴۰۲ تا ۱۴۰۳",
    ],
)
def test_what_a_text_may_say(tmp_path: Path, text: str) -> None:
    assert [*references(rich(tmp_path, text)), *numbers(rich(tmp_path, text))] == []


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("{}", (1, 1, 2), "there is no figure ''", "write the name of a figure between the braces"),
        ("{voa}", (1, 1, 5), "there is no figure 'voa'", "known: governments, pattern, share, big"),
        ("{@voa}{@voa pres}", (1, 13, 4), "there is no source 'pres'", "did you mean 'press'?"),
        ("voaa {@voaa}", (1, 8, 4), "there is no source 'voaa'", "did you mean 'voa'?"),
        ("{@voa\n  voaa}", (2, 3, 4), "there is no source 'voaa'", "did you mean 'voa'?"),
    ],
)  # fmt: skip
def test_references_that_lead_nowhere(
    tmp_path: Path, text: str, place: tuple[int, int, int], message: str, hint: str
) -> None:
    [problem] = references(rich(tmp_path, text))
    assert (problem.line, problem.column, problem.length) == place
    assert (problem.message, problem.hint) == (message, hint)


def test_known_names_decide_which_references_are_wrong(tmp_path: Path) -> None:
    assert [p.column for p in references(rich(tmp_path, "{no} {no}"))] == [1, 6]
    [problem] = texts.find_unknown_references(rich(tmp_path, "{pattern}"), (), ())
    assert problem.hint == "none is defined"
    text = rich(tmp_path, "{no} {@no} {2025-02-30}")  # names that are not known are not judged
    assert [p.message for p in texts.find_unknown_references(text, None, None)] == ["'2025-02-30' is not a date"]


@pytest.mark.parametrize(
    ("text", "columns", "name"),
    [
        ("کار ۱۸۸ حکومت", [5], "governments"),
        ("کار 188 حکومت", [5], "governments"),
        ("کار ١٨٨ حکومت", [5], "governments"),
        ("۱۳ و ۱۳", [1, 6], "pattern"),
        ("{2013-01-13} و ۱۳", [16], "pattern"),
        ("COVID-13 و ۱۳، و G13 و ۱۳", [12, 24], "pattern"),
        ("۱۲٬۳۴۵ تن", [1], "big"),
        ("12,345 تن", [1], "big"),
        ("۱۲۳۴۵ تن", [1], "big"),
        ("۱۲٫۵ در صد", [1], "share"),
        ("۱۲٫۵۰ در صد", [1], "share"),
    ],
)
def test_a_value_that_is_typed(tmp_path: Path, text: str, columns: list[int], name: str) -> None:
    problems = numbers(rich(tmp_path, text))
    assert [p.column for p in problems] == columns
    assert {p.hint for p in problems} == {f"write {{{name}}}, so that a correction reaches this text"}
    assert all(p.message.endswith(f"is the value of the figure '{name}'") for p in problems)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("در ۱۱۳ کشور", {"۱۱۳": 4}),
        ("۵۰٪ مردم", {"۵۰": 1}),
        ("سال ۲۱۰۰", {"۲۱۰۰": 5}),
        ("سال ۲٬۰۲۵", {"۲٬۰۲۵": 5}),
        ("{2025-09-30} ۳۰", {"۳۰": 14}),
        ("۱۱۳۰ و ۳۰", {"۱۱۳۰": 1, "۳۰": 8}),  # not inside the longer one
    ],
)
def test_another_number_that_is_typed(tmp_path: Path, text: str, places: dict[str, int]) -> None:
    assert [(p.message, p.column, p.length) for p in numbers(rich(tmp_path, text))] == [
        (f"the number '{shown}' is typed into a text", column, len(shown)) for shown, column in places.items()
    ]


def test_characters_that_the_fonts_lack(tmp_path: Path) -> None:
    place = SourceLocation(written(tmp_path, "x\nاب؋\u200b ؋😀\n", "a.csv"), 2, 1, 2)
    problems = list(texts.find_missing_characters("اب؋\u200b ؋😀", place, {ord(char) for char in "اب"}))
    other = "use another character, or add a font that has it (docs/how-to/fonts.md)"
    assert [(p.line, p.column, p.length, p.message, p.hint) for p in problems] == [
        (2, 3, 1, "the fonts have no character U+060B '؋'", "write the name of the currency"),
        (2, 4, 1, "the fonts have no character U+200B", other),
        (2, 7, 1, "the fonts have no character U+1F600 '😀'", other),
    ]


def test_faults_of_spelling_have_their_places_and_their_weight(tmp_path: Path) -> None:
    text = rich(tmp_path, "حکومت  ها گفته اند\nبی  کار، بی خطر.")
    problems = sorted(
        texts.find_spelling_problems(text, DARI, load_language_words(DARI)), key=lambda p: (p.line, p.column)
    )
    assert [(p.line, p.column, p.length, p.severity) for p in problems if "double-space" in p.message] == [
        (1, 6, 2, "error"),
        (2, 3, 2, "error"),
    ]
    assert {p.severity for p in problems} == {"error", "warning"}
    [copula] = [p for p in problems if "zwnj-copula" in p.message]
    assert (copula.column, copula.hint) == (11, "write 'گفته\u200cاند'")
    assert [p.hint for p in texts.find_spelling_problems(rich(tmp_path, "متن ؛"), DARI, load_language_words(DARI))] == [
        "delete it"
    ]


def test_the_digits_of_a_number_that_must_go_are_no_second_fault(tmp_path: Path) -> None:
    text, words = rich(tmp_path, "13 حکومت در 2025 و 12,345 تن"), load_language_words(DARI)
    typed = numbers(text)
    assert len(typed) == 2
    [year] = texts.find_spelling_problems(text, DARI, words, typed)
    assert (year.column, year.hint) == (13, "write '۲۰۲۵'")
    assert len(list(texts.find_spelling_problems(text, DARI, words))) > 3


@pytest.mark.parametrize(
    "text",
    ["متن **مهم** است", "<b>متن</b>", "متن<br/>", "[متن](https://example.org)", "__متن__", "متن&nbsp;و", "`متن`"],
)
def test_markup_that_would_be_printed_as_it_stands_is_warned_of(text: str, tmp_path: Path) -> None:
    (problem,) = texts.find_markup(text, SourceLocation(tmp_path / "texts.yaml", 3))
    assert (problem.severity, problem.kind, problem.line) == ("warning", "markup", 3)
    assert "is printed as it stands" in problem.message


@pytest.mark.parametrize("text", ["۳ < ۵ و ۷ > ۵", "آزمون <tipbrief>", "* متن *", "a_b__c", "AT&T؛", "[متن] (متن)"])
def test_signs_that_mark_nothing_are_a_text(text: str, tmp_path: Path) -> None:
    assert list(texts.find_markup(text, SourceLocation(tmp_path / "texts.yaml"))) == []


def test_markup_is_looked_for_in_a_time_that_grows_with_the_text(tmp_path: Path) -> None:
    place = SourceLocation(tmp_path / "texts.yaml")
    for piece in ("*", "**a", "_", "<b", "[a](x:", "`", "&a", "</"):
        assert list(texts.find_markup(piece * 30_000, place)) in ([], list(texts.find_markup(piece * 3, place)))


@pytest.mark.parametrize("text", ["۱۴۸۰ نفر", "۱۴۸۰\nنفر آمد", "۱۹۹۹٪", "1450 کشور", "۲۰۲۰ افغانی", "۱۴۸۰نفر"])
def test_a_number_of_things_is_no_year(tmp_path: Path, text: str) -> None:
    [problem] = numbers(rich(tmp_path, f"شمار {text}."))
    assert problem.message == f"the number '{text[:4]}' is typed into a text"
    assert problem.hint.endswith("of a year write «سال» before it")


def test_texts_full_of_faults_are_judged_in_time(folder: Path) -> None:
    many = ("كتاب می شود, ", "۱۲ و ", "{abc} ", "(", "\u200c ", "۱٬۲۳۴", "0", 'a "b ', "بی کار ", "))a ")
    texts_ = "".join(f"  big{n}:\n    text: است {one * (40_000 // len(one))}\n" for n, one in enumerate(many))
    append(folder / "texts.yaml", "  x:\n    text: x\n    speaker: x\n    date: 2025\n    sources: [news]\n")
    change(folder / "texts.yaml", "quotations:\n", texts_ + "quotations:\n")
    start = time.process_time()
    assert messages(folder)[-1] == "there are more than 500 faults"
    assert time.process_time() - start < 3
