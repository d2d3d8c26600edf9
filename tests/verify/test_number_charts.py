"""Charts of numbers that a theme alters: a bar, a point, a circle or a label that says something else is an error."""

from pathlib import Path
from typing import Any

import pytest

from tests.compose.test_number_charts import write
from tipbrief.pipeline.run import build_documents
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems

_ROWS = {"table": "rows", "show": "name", "title": "A"}
_MAP = {"table": "provinces", "of": "a", "form": "circles", "shapes": "afghanistan-provinces", "title": "A"}
_CHARTS: dict[str, dict[str, Any]] = {
    "lines": {"lines": {"table": "five", "columns": ["a"], "references": ["target"], "title": "A"}},
    "panels": {"lines": {"table": "panels", "columns": ["a"], "split": "region", "title": "A"}},
    "bars": {"bars": {**_ROWS, "column": "a"}},
    "several": {"bars": {**_ROWS, "columns": ["b", "c"]}},
    "stacked": {"bars": {**_ROWS, "columns": ["b", "c"], "form": "stacked"}},
    "range": {"bars": {**_ROWS, "columns": ["b", "c"], "form": "range"}},
    "circles": {"map": _MAP},
    "signs": {"pictogram": {"figure": "share", "title": "A"}},
}


def build(folder: Path, css: str, language: str, *charts: str) -> list[str]:
    """The messages of the errors of a sheet with these charts, and with these styles."""
    write(folder, *(_CHARTS[name] for name in charts), language=language)
    (folder / "theme.css").write_text(css, encoding="utf-8")
    session = Session.open(folder)
    try:
        build_documents(session, ["one"], folder / "out")
    except Problems as raised:
        return [one.message for one in raised.problems if one.severity == "error"]
    return []


@pytest.mark.parametrize("language", ["en", "fa-AF"])
def test_what_the_numbers_say_passes(tmp_path: Path, language: str) -> None:
    assert build(tmp_path, "", language, *_CHARTS) == []


@pytest.mark.parametrize(
    ("name", "css", "message"),
    [
        ("bars", ".own .amount, tr:nth-child(2) .amount { width: 40% }", "a bar is not as long as its number"),
        ("bars", "tr:last-child .amount { margin-inline-start: 30mm }", "or begins elsewhere"),
        ("bars", "tr:first-child .amount { display: none }", "has 0 bars for 1 parts"),
        ("several", ".amount.series-2 { width: 9mm }", "a bar is not as long as its number"),
        ("stacked", ".amount.series-2 { width: 9mm }", "a bar is not as long as its number"),
        ("stacked", ".amount.series-2 { margin-inline-start: 4mm }", "or begins elsewhere"),
        ("range", ".dot.series-2 { margin-inline-start: 5mm }", "or begins elsewhere"),
        ("range", "tr:first-child ~ tr .between { width: 50mm }", "or begins elsewhere"),
        ("lines", ".lines .tick { margin-inline-start: 4mm; text-align: start }", "at another time"),
        ("lines", ".drawing svg { transform: scale(-1, 1) }", "the drawing of «A»"),
        ("panels", ".one + .one svg { transform: scaleY(.5) }", "is stretched"),
    ],
)  # fmt: skip
def test_what_a_style_says_otherwise_is_an_error(tmp_path: Path, name: str, css: str, message: str) -> None:
    assert any(message in one for one in build(tmp_path, css, "fa-AF", name))


@pytest.mark.parametrize(
    ("template", "old", "new", "message"),
    [
        ("bars", "--part: {{ part.part }}", "--part: {{ part.part * part.part }}", "not as long as its number"),
        ("bars", "--start: {{ part.start }}", "--start: {{ part.start / 2 }}", "a bar does not begin at zero"),
        ("lines", "format(tick.at)", "format(100 - tick.at)", "at another time"),
        ("lines", "{{ time | round(4) }}", "{{ time + 9 if time < 1960 else time }}", "at its time"),
        ("map", 'r="{{ radius }}"', 'r="{{ radius / loop.index }}"', "not as large as its number"),
        ("pictogram", "' marked' if marked", "' marked' if not marked", "signs marked, which its words do not say"),
    ],
)  # fmt: skip
def test_a_template_that_draws_otherwise_is_an_error(
    tmp_path: Path, template: str, old: str, new: str, message: str
) -> None:
    shipped = Path("templates/blocks", f"{template}.html.j2").read_text(encoding="utf-8")
    assert shipped.count(old) == 1
    own = tmp_path / "templates" / "blocks"
    own.mkdir(parents=True)
    (own / f"{template}.html.j2").write_text(shipped.replace(old, new), encoding="utf-8")
    name = {"pictogram": "signs", "map": "circles"}.get(template, template)
    assert any(message in one for one in build(tmp_path, "", "en", name))
