"""What a page tells search engines of itself, in three languages: true, escaped, counted for nothing."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.support import TIP_2025, change, figures_brief, problem_of, run_well, wells
from tipbrief.compose.html_writer import plain_text
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.verify.html_text import read_printed_blocks, whole_text

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.S)


def read_data(html: str) -> dict[str, Any]:
    """What a browser has as the text of the only script."""
    (script,) = LexborHTMLParser(html).css("script")
    assert script.attributes == {"type": "application/ld+json"}
    assert script.parent
    assert script.parent.tag == "head"
    found: dict[str, Any] = json.loads(script.text())
    return found


@pytest.mark.parametrize("name", ["world", "world.ps", "world.en", "country-AFG", "country-AFG.ps"])
def test_it_says_what_the_publication_says(name: str) -> None:
    session = Session.open(TIP_2025, languages=["all"])
    document, whole = compose_document(session, name), session.publication_for(name)
    html, edition = document.html(), document.edition
    found = read_data(html)
    assert (found["@context"], found["@type"]) == ("https://schema.org", "Report")
    assert found["name"] == LexborHTMLParser(html).css_first("h1").text()
    assert found["inLanguage"] == whole.language.tag
    assert found["identifier"] == [edition.signature]
    assert (found["version"], found["dateModified"]) == (edition.number, edition.date.iso())
    assert found["datePublished"] == whole.imprint.published.iso()
    assert found["creator"] == found["publisher"] == {"@type": "Organization", "name": str(whole.imprint.publisher)}
    dataset = {"@type": "Dataset", "identifier": whole.imprint.id, "name": plain_text(whole.imprint.title, whole)}
    assert found["isBasedOn"] == dataset
    cited = [one["name"] for one in found["citation"]]
    printed = LexborHTMLParser(html).css('[id^="source-"]')
    assert len(cited) == len(printed)
    assert all(title[:20] in item.text() for title, item in zip(cited, printed, strict=True))
    notes = LexborHTMLParser(html).css("#corrections li")
    told = [one["text"] for one in found["correction"]]
    assert all(any(text in note.text() for note in notes) for text in told)
    assert bool(told) == bool(name.startswith("country-AFG"))


def test_it_has_doi_licence_and_address(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    more = "doi: 10.5281/zenodo.12\nlicence: https://a.example/by\naddress: https://a.example/w/\n"
    change(folder / "publication.yaml", "publisher:", f"{more}publisher:")
    run_well("build", "--deliver", "--publication", folder, "--out", tmp_path / "out")
    found = read_data((tmp_path / "out" / "wells-one.html").read_text(encoding="utf-8"))
    doi = "https://doi.org/10.5281/zenodo.12"
    assert found["identifier"][1:] == [doi]
    assert (found["license"], found["isBasedOn"]["license"]) == ("https://a.example/by", "https://a.example/by")
    assert found["isBasedOn"]["identifier"] == doi
    assert found["url"].startswith("https://a.example/w/c/ONE-1-")
    assert "zenodo" not in " ".join(block.text for block in read_printed_blocks(compose(folder)))


def compose(folder: Path) -> str:
    return compose_document(Session.open(folder), "one").html()


def test_no_text_gets_out_of_it_and_none_of_it_is_counted(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    evil = '</script><img src=x onerror=alert()> & "{{ a * a }}" \\\\ <!--'
    change(folder / "briefs" / "one.yaml", "subject: برگۀ آزمایشی", f"subject: '{evil}'")
    html = compose(folder)
    assert read_data(html)["description"] == evil
    assert not [one for one in LexborHTMLParser(html).css("img, script") if one.tag == "img"]
    bare = SCRIPT.sub("", html)
    assert whole_text(html) == whole_text(bare)
    assert read_printed_blocks(html) == read_printed_blocks(bare)


def test_a_title_with_figures_prints_none_of_them(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    before = compose_document(Session.open(folder), "one")
    change(folder / "publication.yaml", "title: چاه‌های آب", "title: '{newest} چاه'")
    after = compose_document(Session.open(folder), "one")
    assert (after.prints, after.content) == (before.prints, before.content)
    assert read_data(after.html())["isBasedOn"]["name"] == "نمونۀ آزمایشی"


@pytest.mark.parametrize(
    "script",
    ['<script type="application/ld+json">{}<b></script>', "<script type=application/ld+json>{}</script>",
     '<script type="application/ld+json" src="x">{}</script>', '<script type="application/ld+json">{}</script>' * 2],
)  # fmt: skip
def test_no_other_script_gets_into_a_page(script: str, tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    block = folder / "templates" / "blocks" / "figures.html.j2"
    block.parent.mkdir(parents=True)
    block.write_text(f"{script}\n", encoding="utf-8")
    assert "a page may not have '<script'" in problem_of(compose, folder).message
