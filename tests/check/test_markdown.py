"""The part of Markdown that prose may have; and that all else is a text as it stands."""

import re
import time
from pathlib import Path

import pytest

from tests.check.support import messages
from tests.support import change
from tipbrief.check.markdown import MarkdownPart, MarkdownRun, find_markdown_problems, parse_markdown, strip_markdown
from tipbrief.check.texts import find_markup, find_typed_numbers
from tipbrief.language.language import load_language
from tipbrief.load.schema import MarkdownText
from tipbrief.load.source_text import SourceLocation


def passage(tmp_path: Path, text: str) -> MarkdownText:
    file = tmp_path / "texts.yaml"
    file.write_text(text, encoding="utf-8")
    return MarkdownText(text, SourceLocation(file, 1, 1, text.count("\n") + 1))


def test_lists_bold_and_links_are_read() -> None:
    text = "الف **ب** پ\n\n- یک [دو](https://example.org/a_b?x=1)\n- **{three}**،\n  چهار\n\nپایان"
    assert parse_markdown(text) == (
        MarkdownPart(((MarkdownRun("الف "), MarkdownRun("ب", bold=True), MarkdownRun(" پ")),)),
        MarkdownPart(
            (
                (MarkdownRun("یک "), MarkdownRun("دو", address="https://example.org/a_b?x=1")),
                (MarkdownRun("{three}", bold=True), MarkdownRun("، چهار")),
            ),
            is_list=True,
        ),
        MarkdownPart(((MarkdownRun("پایان"),),)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "متن {a_b} و {c_d}{@x_y z_w} و {2025-09-29}",
        "2025. سالی بود",
        "۳ * ۴ = *x* و __y__ و `z` و ![a](b",
        "# نه\n> نه\n---\n    نه",
        "a\\b و C:\\x",
        "<b>x</b> &amp; {{ 7*7 }} {% raw %}",
        "متن - با خط",
        "[متن] (متن)",
    ],
)
def test_all_else_is_a_text_as_it_stands(text: str) -> None:
    assert strip_markdown(text) == [" ".join(text.split())]
    assert strip_markdown(f"{text}\n\n**b**") == [" ".join(text.split()), "b"], "beside Markdown, too"


def test_signs_can_be_printed() -> None:
    assert strip_markdown("ستاره \\*\\*چنین\\*\\* است") == ["ستاره **چنین** است"]
    assert strip_markdown("\\- نه") == ["- نه"]


def test_what_stands_in_braces_keeps_its_place() -> None:
    text = "**{a}** و [{b}](https://e.org) {@c d}\n\n- {e}\ue000{f}\n- {{ g }} {h"
    assert "".join(re.findall(r"[a-h]", " ".join(strip_markdown(text)))) == "abcdefgh"


def test_a_list_inside_an_item_goes_on_as_items() -> None:
    assert strip_markdown("- a\n  - b\n\n    c\n- d") == ["• a", "• b c", "• d"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[x](http://example.org)", "a link leads to 'http://example.org', which is no address with https://"),
        ("[x](javascript:1)", "a link leads to 'javascript:1', which is no address with https://"),
        ("[x](mailto:a@b.org)", "a link leads to 'mailto:a@b.org', which is no address with https://"),
        ("[x](/etc/passwd)", "a link leads to '/etc/passwd', which is no address with https://"),
        ("[x](https://e.org/{a})", "a link leads to 'https://e.org/{a}', which is no address with https://"),
        ("- a - b - c", "the items of a list stand in one line"),
    ],
)
def test_links_lead_to_the_web_and_items_stand_in_lines(tmp_path: Path, text: str, message: str) -> None:
    (problem,) = find_markdown_problems(passage(tmp_path, text))
    assert (problem.message, problem.line, problem.severity) == (message, 1, "error")


def test_a_sound_passage_has_no_fault(tmp_path: Path) -> None:
    text = passage(tmp_path, "- a **b**\n- [c](https://example.org/d-e_f)\n\ng - h")
    assert [*find_markdown_problems(text), *find_markup(text, text.location)] == []


@pytest.mark.parametrize("text", ["**x **y", "__x__", "<b>x</b>", "`x`", "**«x»**y **z**"])
def test_what_is_left_is_warned_of_in_a_passage(tmp_path: Path, text: str) -> None:
    assert [one.kind for one in find_markup(passage(tmp_path, text), SourceLocation(tmp_path / "texts.yaml"))] == [
        "markup"
    ]


def test_numbers_typed_into_lists_are_found(tmp_path: Path) -> None:
    text = passage(tmp_path, "- ۱۲ چاه\n- **۱۳** و [سال ۲۰۲۴](https://e.org/99)\n1. x")
    found = [(one.message, one.line) for one in find_typed_numbers(text, {}, load_language("fa-AF"))]
    assert found == [
        ("the number '۱۲' is typed into a text", 1),
        ("the number '۱۳' is typed into a text", 2),
        ("the number '1' is typed into a text", 3),
    ]


def test_passages_are_read_in_time() -> None:
    start = time.process_time()
    for piece in ("[", "[a](", "**a", "*", "- ", "[a](https://", "\\", "- a\n", "{a}**", "\ue000**"):
        parse_markdown(piece * (50_000 // len(piece)))
    assert time.process_time() - start < 5


def test_faults_of_a_passage_are_faults_of_the_publication(folder: Path) -> None:
    change(folder / "texts.yaml", "prose:\n", "prose:\n  more:\n    text: |\n      - [x](http://e.org)\n")
    assert "no address with https" in messages(folder)[0]
