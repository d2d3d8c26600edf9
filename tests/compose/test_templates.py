"""A publication's own templates come before the shipped ones, and a fault in one is a problem at its line."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import problem_of, problems_of
from tipbrief.assets import find_shipped_folder
from tipbrief.compose.templates import (
    bare_address,
    draw_qr_code,
    find_typed_numbers,
    split_sources,
    status_page_address,
)
from tipbrief.language.dates import Date
from tipbrief.language.language import load_language
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session

TEMPLATES = find_shipped_folder("templates")


def template(folder: Path, name: str, content: str) -> Path:
    """A template of the publication's own."""
    path = folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_a_publications_own_template_takes_the_place_of_the_shipped_one(tip_2025: Path) -> None:
    template(tip_2025, "blocks/lead.html.j2", '<p class="mine">{{ values.governments | number }}</p>')
    template(tip_2025, "css/screen.css", "body { color: teal; }")
    changed = compose_document(Session.open(tip_2025), "world").html()
    assert "body { color: teal; }" in changed
    assert '<p class="mine">۱۸۸</p>' in changed
    assert '<div class="lead">' not in changed
    assert 'class="quotation' in changed, "the others are the shipped ones"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("<p>\n{% if %}</p>", 2, "Expected an expression"),
        ("<p>\n\n{{ block.prose", 3, "unexpected end of template"),
        ("<p>\n{% include 'x' %}\n{% foo %}", 3, "unknown tag 'foo'"),
        ("<p>\n<b>\n{{ nobody }}", 3, "'nobody' is undefined"),
        ("<p>{{ values['no-such'] | number }}", 1, "TypeError: "),
        ("<p>\n{{ block.nothing }}", 2, "has no attribute 'nothing'"),
        ("<p>\n{{ 'x' | nofilter }}", 2, "No filter named 'nofilter'"),
        ("<p>\n{{ 'x' | number }}", 2, "InvalidOperation: "),
        ("<p>\n{{ 7 // 0 }}", 2, "ZeroDivisionError: "),
        ("<p>\n{{ rich(block.location) }}", 2, "'location' of 'LeadBlock' object is unsafe"),
        ("<p>\n{{ rich('{no-such}') }}", 2, "KeyError: 'no-such'"),
        ("{% include 'blocks/nowhere.html.j2' %}", 1, "there is no 'blocks/nowhere.html.j2'"),
    ],
)
def test_a_fault_in_a_template_is_a_problem_with_its_file_and_line(
    wells: Path, content: str, line: int, message: str
) -> None:
    file = template(wells, "blocks/lead.html.j2", content)
    problem = problem_of(lambda: compose_document(Session.open(wells), "all").html())
    assert (problem.file, problem.line) == (file, line)
    assert problem.message.startswith("the template cannot be used: ")
    assert message in problem.message


def test_the_shipped_templates_type_no_number() -> None:
    assert find_typed_numbers(TEMPLATES) == []
    for file in {*TEMPLATES.rglob("*.j2")} - {*(TEMPLATES / "export").rglob("*")}:
        bare = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<[^>]*>", "", file.read_text("utf-8"), flags=re.S)
        assert not re.search("[0-9]", bare), file


def test_a_number_typed_into_a_template_of_ones_own_is_a_problem(wells: Path) -> None:
    file = template(wells, "blocks/lead.html.j2", "<p style='top: 7px'>\n  از ۱۸۸ حکومت</p>")
    problems = problems_of(lambda: compose_document(Session.open(wells), "all").html())
    assert [(p.message, p.file, p.line, p.column) for p in problems] == [
        ("the number '۱۸۸' is typed into a template", file, 2, 6)
    ]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://www.example.org/a/b?c", "example.org/a/b?c"),
        ("https://www.example.org/a/b/", "example.org/a/b"),
        ("http://example.org:8080/", "example.org:8080"),
        ("https://wwwhat.org/", "wwwhat.org"),
    ],
)
def test_an_address_is_printed_whole(address: str, shown: str) -> None:
    assert bare_address(address) == shown


def source(title: str, date: Date | None = None) -> Any:
    other: dict[str, Any] = {
        "read": None,
        "original": None,
        "read_at": None,
        "addresses": {"address": "https://example.org/"},
    }
    return SimpleNamespace(title=title, publisher="Somebody", date=date, **other)


def test_sources_stand_in_two_columns_of_about_as_many_lines() -> None:
    english = load_language("en")
    long, short = source("A title of so many words that with its address it needs two lines"), source("Title")
    listed = list(enumerate([long, long, short, short, short, short], start=1))
    assert [[number for number, _ in half] for half in split_sources(english, listed, 210)] == [[1, 2], [3, 4, 5, 6]]
    assert split_sources(english, listed[:1], 210) == [listed[:1]], "no empty column"
    assert split_sources(english, [], 210) == []


@pytest.mark.parametrize(
    ("tag", "title", "date", "width", "lines"),
    [
        ("fa-AF", "مجموعه " * 7, None, 210, 1),
        ("en", "meeting " * 7, None, 210, 2),
        ("en", "x" * 52, None, 210, 2),
        ("en", "x" * 52, None, 215.9, 1),
        ("en", "x" * 42, Date(2025), 210, 1),
        ("en", "x" * 42, Date(2025, 9, 29), 210, 2),
    ],
)
def test_persian_letters_are_narrower_and_a_date_is_as_long_as_it_is_printed(
    tag: str, title: str, date: Date | None, width: float, lines: int
) -> None:
    listed = list(enumerate([source(title, date), source("Title"), source("Title")], start=1))
    assert len(split_sources(load_language(tag), listed, width)[0]) == 3 - lines


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("https://example.org/tip", "https://example.org/tip/c/WORLD.PS-3-9f2c.html"),
        ("https://example.org/", "https://example.org/c/WORLD.PS-3-9f2c.html"),
        ("https://example.org", "https://example.org/c/WORLD.PS-3-9f2c.html"),
        ("https://example.org/v1.2/tip/", "https://example.org/v1.2/tip/c/WORLD.PS-3-9f2c.html"),
        ("https://example.org/tip.html", "https://example.org/tip.html#WORLD.PS-3-9f2c"),
        ("https://example.org/?tip=1", "https://example.org/?tip=1#WORLD.PS-3-9f2c"),
    ],
)
def test_a_code_leads_to_the_page_of_its_edition_on_a_site_else_to_the_page(address: str, leads: str) -> None:
    one = Edition(brief="world.ps", number=3, code="9f2c", date=Date(2026, 11, 26))
    assert status_page_address(one, address) == leads


@pytest.mark.parametrize("letters", [10, 40, 60, 110])
def test_a_code_is_large_enough_for_a_copy_of_a_copy(letters: int) -> None:
    drawn = draw_qr_code("x" * letters)
    (squares,), (width,) = (re.findall(form, drawn) for form in (r'viewBox="0 0 (\d+)', r"--qr: ([\d.]+)mm"))
    square = float(width) / int(squares)
    assert round(square, 2) >= 0.4
    assert round(square * (int(squares) - 8), 1) >= 13
