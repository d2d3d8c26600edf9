"""What is kept of styles: never more than so many, what was used of late longest, nothing after its fonts."""

import gc

import pytest

from tests.typeset.reuse.pages import odd_pages
from tipbrief.assets import shipped
from tipbrief.fonts.shelf import shelf, twins
from tipbrief.typeset.engine import Typesetter


def a_typesetter() -> Typesetter:
    faces = shelf(shipped("fonts"))
    return Typesetter(faces[0].ttf.parent, twins(faces))


def page(number: int, elements: int = 5) -> str:
    """A page with a style for each of its elements that no other one has."""
    own = "".join(f"<p style='margin: 0 {number * 100 + n}px'>x</p>" for n in range(elements))
    return f'<!DOCTYPE html><html lang="fa-AF"><head><title>x</title></head><body><b>x</b>{own}</body></html>'


def test_never_more_than_so_many_and_those_of_late(monkeypatch: pytest.MonkeyPatch) -> None:
    typesetter = a_typesetter()
    from tipbrief.typeset.reuse import styles

    monkeypatch.setattr(styles, "MOST", 300)
    monkeypatch.setattr(styles, "RECENT", 1)
    kept, always = [], set()
    for number in range(60):
        typesetter.lay_out(page(number))
        of = styles._kept_for(typesetter._faces["font_config"])
        assert of.styles == sum(_count(below) for below in of.roots.values()) <= 300
        kept.append(of.styles)
        always.add(id(next(iter(of.roots[None].values()))))
    assert kept != sorted(kept)  # something was forgotten
    assert len(always) == 1  # but not what every page has
    typesetter.lay_out(page(99, 900))
    assert styles._kept_for(typesetter._faces["font_config"]).styles == 300


def _count(below: dict) -> int:  # type: ignore[type-arg]
    return len(below) + sum(_count(said.below) for said in below.values())


def test_nothing_is_kept_after_its_fonts() -> None:
    typesetter = a_typesetter()
    from tipbrief.typeset.reuse import styles

    gc.collect()
    before = len(styles._kept)
    typesetter.lay_out(page(0))
    assert len(styles._kept) == before + 1
    del typesetter
    gc.collect()
    assert len(styles._kept) <= before


def test_what_was_computed_with_other_fonts_is_forgotten() -> None:
    typesetter = a_typesetter()
    from tipbrief.typeset.reuse import styles

    html = odd_pages("")["units of fonts"]
    typesetter.lay_out(html)
    before = styles._kept_for(typesetter._faces["font_config"])
    typesetter.lay_out(html)
    assert styles._kept_for(typesetter._faces["font_config"]) is before
    face = f"@font-face {{ font-family: Other; src: url({next(iter(typesetter._names.values()))}) }}"
    typesetter.lay_out(html.replace("<style>", f"<style>{face}", 1))
    assert styles._kept_for(typesetter._faces["font_config"]) is not before
