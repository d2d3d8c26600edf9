"""Feeds: a library reads them, and they have one entry a correction or revision."""

import json
from pathlib import Path

import feedparser
from jsonschema import Draft202012Validator, FormatChecker

from tests.site.conftest import BETTER, REASON, Told, day
from tests.support import change

TEXT = {"type": "string", "minLength": 1}
# Of JSON Feed 1.1: what is required, and the form of what we write.
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": TEXT,
        "home_page_url": {"type": "string", "format": "uri-reference"},
        "feed_url": {"type": "string", "format": "uri-reference"},
        "language": TEXT,
        "authors": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content_text"],
                "properties": {"id": TEXT, "url": TEXT, "title": TEXT, "content_text": TEXT},
            },
        },
    },
}


def test_atom_has_an_entry_for_each_correction_newest_first(made: Path) -> None:
    feed = feedparser.parse((made / "corrections.atom").read_bytes())
    assert (feed.version, feed.bozo) == ("atom10", 0)
    assert feed.feed.id.startswith("urn:uuid:")
    assert feed.feed.updated == "2026-11-27T00:00:00Z"
    assert feed.feed.author == "آزمون <tipbrief>"
    assert [entry.updated for entry in feed.entries] == ["2026-11-27T00:00:00Z", "2026-11-26T00:00:00Z"]
    revised, corrected = feed.entries
    assert (BETTER in revised.content[0].value, REASON in corrected.content[0].value) == (True, True)
    assert "۱۲٬۳۴۵٫۵ نادرست بود؛ درست آن ۱۲٬۳۴۶٫۵ است" in corrected.content[0].value
    assert "ONE/2" in corrected.content[0].value
    assert revised.title.startswith("بازنگری")
    assert len({feed.feed.id, *(entry.id for entry in feed.entries)}) == 3


def test_json_feed_is_one_and_says_the_same(made: Path) -> None:
    feed = json.loads((made / "corrections.json").read_text())
    Draft202012Validator(JSON_FEED, format_checker=FormatChecker()).validate(feed)
    atom = feedparser.parse((made / "corrections.atom").read_bytes())
    assert [item["id"] for item in feed["items"]] == [entry.id for entry in atom.entries]
    assert [item["url"] for item in feed["items"]] == [entry.link for entry in atom.entries]
    assert feed["feed_url"] == "https://example.org/w/corrections.json"


def test_an_entry_leads_to_its_place_on_the_page_of_corrections(made: Path) -> None:
    page = (made / "corrections.html").read_text()
    for entry in feedparser.parse((made / "corrections.atom").read_bytes()).entries:
        start, _, seal = entry.link.partition("#")
        assert start == "https://example.org/w/corrections.html"
        assert f'id="{seal}"' in page


def test_a_reprint_is_no_entry_and_what_nobody_printed_is_none(copy: Told, made: Path, tmp_path: Path) -> None:
    day(3, "correct", "change", "-8", "--reason", "کسی ندید", folder=copy.folder)
    day(3, "build", "--paper", "a5", "--deliver", "--out", tmp_path / "a5", folder=copy.folder)
    copy.site(tmp_path / "site")
    for name in ("corrections.atom", "corrections.json"):
        assert (tmp_path / "site" / name).read_bytes() == (made / name).read_bytes()


def test_without_an_address_links_are_relative(copy: Told, tmp_path: Path) -> None:
    change(copy.folder / "publication.yaml", "address: https://example.org/w\n", "")
    copy.site(tmp_path / "site")
    feed = feedparser.parse((tmp_path / "site" / "corrections.atom").read_bytes())
    assert feed.entries[0].link.startswith("corrections.html#")


def test_editions_for_programs_name_state_files_and_what_changed(made: Path) -> None:
    whole = json.loads((made / "editions.json").read_text())
    editions = {(one["document"], one["number"]): one for one in whole["editions"]}
    assert {key: one["state"] for key, one in editions.items()} == {
        ("one", 1): "superseded", ("one", 2): "superseded", ("one", 3): "current", ("two", 1): "current",
    }  # fmt: skip
    first = editions["one", 1]
    assert [(step["was"], step["now"], step["kind"]) for step in first["changed"]] == [
        ("12345.5", "12346.5", "correction"),
        ("12346.5", "12347.5", "revision"),
    ]
    assert first["newest"] in editions["one", 3]["page"]
    files = [file["path"] for one in whole["editions"] for file in one["files"]]
    assert all((made / path).is_file() for path in files)
    assert len(editions["two", 1]["files"]) == 1, "its PDF carries nothing of what changed"
    assert [(one["kind"], one["reason"], one["values"]) for one in whole["corrections"]] == [
        ("correction", REASON, {"wells": {"was": "12345.5", "now": "12346.5"}}),
        ("revision", BETTER, {"wells": {"was": "12346.5", "now": "12347.5"}}),
    ]
    assert [[*one["documents"]] for one in whole["corrections"]] == [["one"], ["one"]]
    for one, (old, new) in zip(whole["corrections"], [(1, 2), (2, 3)], strict=True):
        assert [path.rpartition("-")[0] for path in one["documents"]["one"]] == [f"ONE-{old}", f"ONE-{new}"]
