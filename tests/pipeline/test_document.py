"""One document: what is held while it is made, and what stands on its pages."""

from dataclasses import replace
from pathlib import Path
from weakref import WeakSet

import pytest

from tests.support import HEAD, SOURCES, change, figures_brief, pdf_text, wells
from tipbrief.pipeline import document
from tipbrief.pipeline.session import Session
from tipbrief.typeset import engine

pytestmark = pytest.mark.usefixtures("empty_cache")


def test_its_layout_is_gone_when_it_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, found = WeakSet[engine.Layout](), dict[str, int]()
    begin = engine.Layout.__init__

    def noted(self: engine.Layout, *given: object) -> None:
        begin(self, *given)  # type: ignore[arg-type]
        held.add(self)
        found["typeset"] = len(held)

    monkeypatch.setattr(engine.Layout, "__init__", noted)
    session = Session.open(wells(tmp_path / "wells", one=figures_brief("countries, newest")))
    composed = document.compose_document(session, "one")
    document.render_document(composed, lambda step: found.setdefault(step, len(held)) and None)
    assert found == {"typeset": 1, "verify": 0}


def test_the_points_of_a_text_above_a_list_are_lines_and_no_names_in_columns(tmp_path: Path) -> None:
    points = "    text: |\n      - " + "\n      - ".join(f"نشانی این چاه {word} است؛" for word in ("آن", "این", "دیگر"))
    brief = f"{HEAD}  - list: {{table: chosen, show: iso3.name, intro: note, title: برگزیده‌ها}}\n{SOURCES}"
    folder = wells(tmp_path / "wells", one=brief)
    change(folder / "texts.yaml", "    text: این برگه تنها برای آزمایش است.", points)
    session = Session.open(folder)
    made = document.render_document(document.compose_document(session, "one"))
    assert [line.strip() for line in pdf_text(made.pdf).splitlines() if line.strip()[:1] == "–"] == [
        f"– نشانی این چاه {word} است؛" for word in ("آن", "این", "دیگر")
    ]


def test_the_key_of_stored_pages_follows_from_all_that_makes_them(tmp_path: Path) -> None:
    session = Session.open(wells(tmp_path / "wells", one=figures_brief("countries, newest")))
    composed = document.compose_document(session, "one")
    other_programs = replace(session)
    vars(other_programs)["engine_hash"] = "other"
    forms = [replace(session, paper="a5"), replace(session, paper="letter"), replace(session, profile="grey")]
    keys = [replace(composed, session=one).store_key for one in (session, other_programs, *forms)]
    keys.append(replace(composed, neutral_hash="other").store_key)
    keys.append(replace(composed, edition=replace(composed.edition, number=9)).store_key)
    assert len({*keys}) == len(keys)
