"""The page "Is my print current?": what it knows, and how large it is. What it answers: tests/acceptance."""

import json
import re
from base64 import urlsafe_b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.site.conftest import BETTER, REASON, Told
from tests.support import TIP_2025
from tipbrief.language.dates import Date
from tipbrief.ledger import editions, ledger_folder
from tipbrief.ledger.entries import Change, Edition, Fact
from tipbrief.pipeline.session import Session
from tipbrief.site.pages import SitePages, check_page_file
from tipbrief.site.site_data import EditionPdfs, SiteData

MAX_BYTES = 1_000_000


def data_of(page: str) -> Any:
    found = re.search(r"<script>const data = (.*)\n", page)
    assert found
    return json.loads(found[1])


def test_it_knows_each_edition_and_the_hash_of_each_file(told: Told, made: Path) -> None:
    data, known = data_of((made / "check.html").read_text()), ledger_folder.read_ledger(told.folder, "wells")
    for name, *_, rows in data["documents"]:
        listed = known.all_editions(name.lower())
        assert [(row[0], row[1]) for row in rows] == [(one.number, one.code) for one in listed]
        for one, row in zip(listed, rows, strict=True):
            halves = {urlsafe_b64decode(half + "==").hex() for half in re.findall(".{22}", row[4])}
            assert halves == {sha256[:32] for sha256 in known.pdf_hashes(one)}


def test_what_editions_share_stands_once(made: Path) -> None:
    text = (made / "check.html").read_text()
    assert (text.count(REASON), text.count(BETTER)) == (1, 1)
    (one, *_) = [row[-1] for row in data_of(text)["documents"] if row[0] == "ONE"]
    assert [row[5] for row in one] == [[0, 1], [1], []]


def test_nothing_in_the_data_ends_the_script(made: Path) -> None:
    text = (made / "check.html").read_text()
    assert "چاه <ژرف>" in str(data_of(text)["spoken"])
    script = text.partition("<script>")[2]
    assert "<ژرف>" not in script
    assert script.count("</script>") == text.count("<script") == 1


@pytest.mark.slow
def test_ten_editions_of_each_sheet_in_three_languages_are_less_than_a_megabyte(tmp_path: Path) -> None:
    session = Session.open(TIP_2025, languages=["all"])
    known = session.ledger
    for number in range(8):
        facts: list[Fact] = []
        was = known.latest_values["governments"]
        facts.append(
            Change(
                kind="correction", name="governments", was=was, now=str(int(was) + 1),
                date=Date(2026, 12, 1 + number), reason=f"خطای رونویسی در برگۀ {number}",
            )
        )  # fmt: skip
        known = known.with_entries(facts)
        made: list[Edition] = []
        for brief in known.briefs:
            last = known.last_edition(brief)
            assert last
            prints = last.prints | ({"governments": str(int(was) + 1)} if "governments" in last.prints else {})
            day = Date(2026, 12, 1 + number)
            one = editions.create_edition(known, brief, date=day, content=last.content, data=last.data, prints=prints)
            made.append(replace(one, pdf=f"{number:02d}{len(made):06d}" * 8))
        known = known.with_entries(made)
    session = replace(session, ledger=known)
    pages = SitePages(SiteData(session), EditionPdfs(known, tmp_path), {})
    _, page = check_page_file(pages)
    every = sum(len(known.valid_editions(brief)) for brief in known.briefs)
    assert every >= 5670
    assert sum(len(row[-1]) for row in data_of(page.decode())["documents"]) == every
    assert len(page) <= MAX_BYTES
