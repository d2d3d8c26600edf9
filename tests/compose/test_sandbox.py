"""Templates are data: whatever a stranger writes into one, it reaches only what it prints."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from jinja2 import Undefined

from tests.support import BASE, page_of, problem_of, problems_of
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import load_publication
from tipbrief.compose.templates import create_environment, find_typed_numbers, render_template
from tipbrief.language.language import load_language
from tipbrief.limits import TimeLimitError

TEMPLATES = find_shipped_folder("templates")
HEAD = "<!DOCTYPE html><html><head></head><body>"
BODY = '{% for block in brief.blocks[:1] %}<p lang="fa">\n'
Fill = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The templates of a small publication's own."""
    publication = Path(shutil.copytree(BASE, tmp_path / "stranger"))
    (publication / "templates").mkdir()
    return publication / "templates"


@pytest.fixture
def fill(folder: Path) -> Fill:
    """Composes the page from a template; what is tried stands in its second line."""
    publication = load_publication(folder.parent)

    def filled(text: str) -> str:
        (folder / "brief.html.j2").write_text(f"{HEAD}{BODY}{text}{{% endfor %}}", encoding="utf-8")
        return page_of(publication, "main")

    return filled


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{% for name, table in tables.items() %}{{ table.lines[0].cells | join }}{% endfor %}",
        "{{ ''['__class__'] }}",
        "{{ '' | attr('__class__') }}",
        "{{ ['a'] | map(attribute='__class__') | first }}",
        "{{ [block] | sort(attribute='place.file') | first }}",
        "{{ ([block] | groupby('location'))[0].grouper.file }}",
        "{{ [block] | selectattr('place.file.write_text') | list | length }}",
        "{{ '{0.__class__}'.format(block) }}",
        "{{ '{0.location.file}'.format_map({'0': block}) }}",
        "{{ ('{0.__class__}' | safe).format(block) }}",
        "{{ ['{0.__class__}'] | map('format', block) | first }}",
        "{{ '%s' | format(block) }}",
        "{{ '%(x)s' % {'x': publication} }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{{ lipsum.__globals__['os'] }}",
        "{{ joiner.__init__ }}",
        "{{ namespace() }}",
        "{{ dict.mro() }}",
        "{{ range.__class__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ nobody.__init__.__globals__ }}",
        "{{ nobody._undefined_exception }}",
        "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}",
        "{% for x in [1] %}{{ loop._undefined }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
        "{% macro m() %}{{ caller.__init__ }}{% endmacro %}{% call m() %}{% endcall %}",
        "{% import 'css/a5.css' as m with context %}{{ m.__dict__ }}",
        "{{ publication.folder.joinpath('x').write_text('x') }}",
        "{{ publication.folder.parent }}",
        "{{ publication }}",
        "{{ publication ~ '' }}",
        "{{ [publication] | join }}",
        "{{ publication | safe }}",
        "{{ publication | urlencode }}",
        "{{ publication.figure_sources.__globals__ }}",
        "{{ publication.figure_sources.__self__ }}",
        "{{ block.location }}",
        "{{ block.location.file.write_text('x') }}",
        "{{ brief.title.location.file }}",
        "{{ brief.title.problem('x').source_line }}",
        "{{ block.variants['lead'].__init__ }}",
        "{{ block.variants.lead.mro() }}",
        "{{ rich.__self__.publication.folder }}",
        "{{ rich._function }}",
        "{{ rich }}",
        "{{ charts }}{{ charts.Decimal }}",
        "{{ charts.strip.__globals__ }}",
        "{{ maps.csv.sys }}{{ maps.json.codecs }}",
        "{{ maps.shipped('data') }}",
        "{{ drawing.__init__ }}",
        "{{ block() }}",
        "{{ values.update({}) }}",
        "{{ tables.clear() }}",
        "{{ [].append(1) }}",
        "{% set imprint.published.year = 1 %}",
        "{% do x %}",
        "{% include '../sources.yaml' %}",
        "{% include '/etc/passwd' %}",
        "{% include publication %}",
        "{{ get_flashed_messages }}{{ config }}{{ request }}",
    ],
)
def test_no_way_leads_from_a_template_to_the_program(fill: Fill, folder: Path, text: str) -> None:
    before = sorted(folder.parent.rglob("*"))
    problem = problem_of(fill, text)
    assert (problem.file, problem.line) == (folder / "brief.html.j2", 2)
    assert problem.message.startswith("the template cannot be used: ")
    assert str(folder.parent.parent) not in problem.message
    assert {*folder.parent.rglob("*")} - {*before} == {folder / "brief.html.j2"}


def test_what_templates_need_is_there(fill: Fill) -> None:
    html = fill(
        "{{ imprint.published.iso() }} {{ (choices or {'a': 1}).items() | length if false else 'x' }}"
        "{% macro m(a) %}{{ a | upper }}{{ caller() }}{% endmacro %}{% call m('b') %}c{% endcall %}"
        "{% for x in [1, [2]] recursive %}{{ loop(x) if x is sequence else x }}{% endfor %}"
        "{{ '%.2f' | format(1) }} {{ 'a' ~ 1 ~ '<' }} {{ 2.345 | round(1) }} {{ [1, 2] | sum }}"
        "{{ publication.sources | length }} {{ 'x' if false }}{{ [3, 1] | sort | join('،') }}"
    )
    assert "x" in html
    assert "Bc12" in html
    assert "1.00 a1&lt; 2.3 3" in html
    assert "1،3" in html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ 'x' * 10**10 }}", "a text has at most 10 million characters"),
        ("{% set x = 'x' * 9000000 %}{{ x ~ x }}", "a text has at most 10 million characters"),
        ("{% set x = 'x' * 9000000 %}{{ x + x }}", "a text has at most 10 million characters"),
        ("{% set x = 'x' * 9000 %}{{ x | replace('x', x) }}", "a text has at most 10 million characters"),
        ("{% set x = 'x' * 9000 %}{{ range(9000) | join(x) }}", "a text has at most 10 million characters"),
        ("{{ [1] * 10**10 }}", "a list has at most 10,000 items"),
        ("{{ 10**5000 }}", "the number is too large"),
        ("{% for x in range(10**9) %}x{% endfor %}", "a list has at most 10,000 items"),
        ("{{ '%999999999d' % 1 }}", "ValueError: write %d, %s or such as %.2f"),
        ("{{ '%.999999999f' | format(1) }}", "ValueError: write %d, %s or such as %.2f"),
        ("{{ 'x'.center(10**10) }}", "access to attribute 'center'"),
        ("{{ '1e999999' | decimal | number }}", "ValueError: '1e999999' is no number"),
        ("{{ 5 | solar }}", "AttributeError: "),
        ("{{ lipsum(n=10**9) }}", "'lipsum' is undefined"),
        ("{% include 'brief.html.j2' %}", "includes itself"),
        ("{% import 'brief.html.j2' as x with context %}", "includes itself"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested too deeply"),
        ("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "nested too deeply"),
        ("{{ " + "(" * 150 + "1" + ")" * 150 + " }}", "nested too deeply"),
    ],
)
def test_a_template_that_asks_too_much_is_a_problem_at_its_line(fill: Fill, text: str, said: str) -> None:
    problem = problem_of(fill, text)
    assert problem.file
    assert problem.file.name == "brief.html.j2"
    assert said in problem.message
    assert len(problem.message) < 300


@pytest.mark.parametrize("text", ["{% for x in range(9999) %}" + "x" * 2000 + "{% endfor %}", "{{ '\\ud800' }}"])
def test_a_page_that_cannot_be_delivered_is_a_problem(fill: Fill, text: str) -> None:
    assert problem_of(fill, text).message.startswith("the page has ")


def test_a_template_that_takes_too_long_is_a_problem_at_its_line(folder: Path) -> None:
    def endless() -> None:
        raise TimeLimitError

    env = create_environment([folder], TEMPLATES)
    (folder / "x.j2").write_text("<p>\n{% for x in range(9) %}\n{{ endless() }}{% endfor %}")
    problem = problem_of(render_template, env, "x.j2", endless=endless, language=load_language("fa-AF"))
    assert (problem.file, problem.line) == (folder / "x.j2", 3)
    assert problem.message == "the template cannot be used: it takes more than 5 s of computing"


def test_what_is_no_template_is_a_problem_with_its_name(folder: Path, tmp_path: Path) -> None:
    publication = load_publication(folder.parent)
    (tmp_path / "secret.txt").write_text("{{ 'secret' }}", encoding="utf-8")
    file = folder / "css" / "screen.css"
    file.parent.mkdir()

    def said() -> tuple[Path | None, str]:
        problem = problem_of(page_of, publication, "main")
        return problem.file, problem.message

    file.write_bytes(b"\xff\xfe\x00")
    assert said() == (file, "the file is UTF-16, not UTF-8")
    file.write_bytes(b"p { content: '\xe9' }")
    assert said() == (file, "the file is not UTF-8: byte 0xe9")
    file.unlink()
    file.mkdir()
    assert said() == (file, "this is a folder, not a file")
    file.rmdir()
    os.mkfifo(file)
    assert said() == (file, "this is a pipe, not a file")
    file.unlink()
    file.symlink_to(tmp_path / "secret.txt")
    assert said() == (file, "a link leads out of the publication")
    file.unlink()
    file.symlink_to(file)
    assert said()[1] == "its links lead nowhere"
    file.unlink()
    (folder / "own.css").write_text("p { color: teal }")
    file.symlink_to(folder / "own.css")
    assert "color: teal" in page_of(publication, "main")


def test_a_fault_in_a_style_that_a_page_includes_is_told_at_its_line(folder: Path) -> None:
    (folder / "css").mkdir()
    (folder / "css" / "screen.css").write_text("p {}\n{{ ''.__class__ }}")
    problems = problems_of(page_of, load_publication(folder.parent), "main")
    assert [(one.file, one.line) for one in problems] == [(folder / "css" / "screen.css", 2)]


def test_the_search_for_typed_numbers_reads_no_more_than_templates(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_text("۱۲۳", encoding="utf-8")
    (folder / "a.j2").symlink_to(tmp_path / "elsewhere.txt")
    (folder / "b.j2").write_bytes(b"\xff")
    (folder / "c.j2").mkdir()
    (folder / "d.j2").write_text("۱۲", encoding="utf-8")
    found = {problem.file: problem.message for problem in find_typed_numbers(folder)}
    assert [file.name for file in found if file] == ["a.j2", "b.j2", "c.j2", "d.j2"]
    assert "۱۲۳" not in "".join(found.values())


class _Kind:
    """Has a table as a class, which is the program's, unless an object has its own."""

    table: ClassVar = {"inside": 1}


@pytest.mark.parametrize("own_first", [True, False])
def test_what_one_object_may_give_another_of_its_kind_may_not(own_first: bool) -> None:
    env = create_environment([], TEMPLATES)
    plain, own = _Kind(), _Kind()
    own.__dict__["table"] = {"mine": 1}
    for thing in (own, plain, own, plain) if own_first else (plain, own, plain, own):
        found = env.getattr(thing, "table")
        assert found == {"mine": 1} if thing is own else isinstance(found, Undefined)


def test_what_is_asked_again_is_answered_alike() -> None:
    env = create_environment([], TEMPLATES)
    refused = ("Ab", "format"), ("Ab", "__class__"), ({}, "clear"), ([], "append"), (str, "mro"), ({}, "a")
    for _ in range(2):
        assert env.getattr("Ab", "lower")() == "ab"
        assert env.getattr({"a": 1}, "a") == 1
        for thing, name in refused:
            assert isinstance(env.getattr(thing, name), Undefined)
