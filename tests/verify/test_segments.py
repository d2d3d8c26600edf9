"""Segments of a share: as high as a label needs, and all alike."""

from pathlib import Path

import pytest
import yaml

from tests.support import HEAD, SOURCES, wells
from tipbrief.pipeline import document
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems


@pytest.mark.parametrize(
    ("label", "style", "told"),
    [
        (" ".join(["چاه"] * 14), "", ""),
        ("خشک", ".segment:first-child { background-clip: content-box; padding-bottom: 5mm }", "not equally high"),
        ("خشک", ".segment:last-child { background: none !important }", "not equally high"),
    ],
)
def test_segments_are_as_high_as_their_labels_and_as_one_another(
    tmp_path: Path, label: str, style: str, told: str
) -> None:
    narrow = "  - columns:\n      widths: '1:1:1'\n      right: [{share: {table: places, by: state, title: سهم}}]\n"
    narrow += "      middle: [{prose: how}]\n      left: [{prose: how}]\n"
    folder = wells(tmp_path / "wells", one=f"{HEAD}{narrow}{SOURCES}".replace("pages: 1", "pages: auto"))
    tables = yaml.safe_load((folder / "tables.yaml").read_text(encoding="utf-8"))
    tables["places"]["columns"]["state"]["choices"]["dry"]["label"] = label
    (folder / "tables.yaml").write_text(yaml.safe_dump(tables, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (folder / "theme.css").write_text(style, encoding="utf-8")
    session = Session.open(folder)
    found = ""
    try:
        document.render_document(document.compose_document(session, "one"))
    except Problems as raised:
        found = str(raised)
    assert told in found
    assert bool(found) == bool(told), found
