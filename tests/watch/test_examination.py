"""What the watch says of a publication is what `check` says."""

from pathlib import Path

import pytest

from tests.pipeline.tongues import in_languages, translate
from tests.support import append, change
from tipbrief.pipeline.inputs import check_publication
from tipbrief.pipeline.session import Session
from tipbrief.watch.preview_worker import find_publication_problems


def _same(folder: Path) -> list[str]:
    found = find_publication_problems(Session.open(folder))[0]
    expected = check_publication(folder)[1]
    assert {*found} == {*expected}
    assert len(found) == len(expected)
    return [one.kind for one in found]


def test_of_one_with_warnings_and_untranslated_texts(tmp_path: Path) -> None:
    folder = in_languages(tmp_path / "wells", "fa-AF", "ps", "fa-IR")
    translate(folder, "fa-IR")
    (folder / "pictures").mkdir()
    (folder / "pictures" / "idle.txt").write_text("x")
    (folder / "theme.css").write_text("h1 { font-family: Nowhere }")
    kinds = _same(folder)
    assert {"not-carried"} < {*kinds}


@pytest.mark.parametrize("tag", ["ps", "fa-IR"])
def test_of_one_with_a_faulty_translation(tmp_path: Path, tag: str) -> None:
    folder = in_languages(tmp_path / "wells", "fa-AF", "ps", "fa-IR")
    for one in ("ps", "fa-IR"):
        translate(folder, one)
    append(folder / "translations" / f"{tag}.po", "\nmsgid")
    assert _same(folder)


def test_of_a_sound_publication_and_one_whose_values_were_changed_by_hand(tip_2025: Path) -> None:
    assert _same(tip_2025) == []
    change(tip_2025 / "figures.yaml", "value: 138", "value: 139")
    assert _same(tip_2025)
