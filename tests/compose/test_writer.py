"""Texts and values as they are printed: Latin runs marked, digits Persian, per cent on its side."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import Markup

from tests.support import GOLDEN, append
from tipbrief.check.publication import Publication, load_publication
from tipbrief.compose import formatting, html_writer
from tipbrief.compose.formatting import format_text_cell
from tipbrief.compose.html_writer import HtmlWriter
from tipbrief.language.language import load_language
from tipbrief.load.schema import MarkdownText
from tipbrief.load.source_text import SourceLocation, Text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("سال 2025", "سال ۲۰۲۵"),
        ("از BBC و", 'از <span dir="ltr" lang="en">BBC</span> و'),
        ("<b>", '&lt;<span dir="ltr" lang="en">b</span>&gt;'),
        ("تنها دری", "تنها دری"),
        ("", ""),
    ],
)
def test_runs(given: str, shown: str) -> None:
    assert str(html_writer.bidi_html(given, load_language("fa-AF"))) == shown


def test_what_was_written_of_a_text_is_not_said_of_another_with_the_same_letters() -> None:
    dari, english = load_language("fa-AF"), load_language("en")
    shown = '<span dir="ltr" lang="en">BBC 1</span>'
    assert html_writer.bidi_html("BBC 1", dari) == shown
    assert html_writer.bidi_html("BBC 1", english) == "BBC 1"
    place = SourceLocation(Path("texts.yaml"))
    assert html_writer.bidi_html(Text("BBC 1", place), dari) == shown
    marked = f'<span class="untranslated" dir="ltr" lang="en">{html_writer.bidi_html("BBC 1", english)}</span>'
    assert html_writer.bidi_html(Text("BBC 1", place, "en"), dari) == marked
    assert html_writer.bidi_html("R&D", dari) == '<span dir="ltr" lang="en">R&amp;D</span>'
    assert html_writer.bidi_html(Markup("R&D"), dari) == '<span dir="ltr" lang="en">R&D</span>'


def test_a_figure_in_per_cent_carries_the_sign_on_its_side(wells: Path) -> None:
    share = "share:\n  label: سهم\n  kind: reported\n  value: 12\n  unit: ٪\n  sources: [survey]\n"
    append(wells / "figures.yaml", share)
    publication = load_publication(wells)
    assert formatting.format_figure(publication, "share") == "۱۲\u200f٪"
    assert formatting.format_figure(publication, "countries") == "۴"
    assert html_writer.plain_text("{share} از", publication) == "۱۲\u200f٪ از"


def test_a_telephone_number_keeps_the_order_of_its_groups_in_a_language_into_which_it_is_not_translated() -> None:
    number, place = "0700 123 456", SourceLocation(Path("places.csv"))
    assert format_text_cell(load_language("fa-AF"), number) == f"\u2066{number}\u2069"
    untranslated = format_text_cell(load_language("en"), Text(number, place, "fa-AF"))
    assert html_writer.bidi_html(untranslated, load_language("en")) == number, "and not from right to left"
    assert html_writer.language_of(format_text_cell(load_language("en"), Text("0700 الف", place, "fa-AF"))) == "fa-AF"


def test_a_key_is_printed_by_the_name_of_its_row(made_up: Publication) -> None:
    row = made_up.tables["chosen"].by_key["AFG"]
    assert formatting.format_cell(made_up, "chosen", row, "iso3") == "افغانستان"
    assert formatting.format_cell(made_up, "places", made_up.tables["places"].by_key["AFG"], "state") == "باز"
    assert formatting.format_cell(made_up, "places", made_up.tables["places"].by_key["PAK"], "depth") == "۱٬۲۰۰"


def passage(text: str, **more: str) -> str:
    return str(
        HtmlWriter(load_publication(GOLDEN)).passage(MarkdownText(text, SourceLocation(Path("texts.yaml"))), **more)
    )


def test_lists_bold_and_links_are_written() -> None:
    assert passage("از **{wells} چاه**:\n\n- یک\n- [دفتر](https://e.org/a_b?x=1&y=2)\n\n{@survey}") == (
        '<p>از <b><span class="num">۱۲٬۳۴۵٫۵</span> چاه</b>:</p>\n<ul>\n<li>یک</li>\n'
        '<li><a href="https://e.org/a_b?x=1&amp;y=2">دفتر</a> '
        '(<span class="address" dir="ltr" lang="en">e.org/a_b?x=1&amp;y=2</span>)</li>\n</ul>\n'
        '<p><sup class="cite"><a href="#source-1" aria-label="منبع ۱">\u200f۱</a></sup></p>'
    )


def test_an_address_that_is_written_is_not_written_twice() -> None:
    shown = '<a href="https://e.org/" dir="ltr" lang="en"><span dir="ltr" lang="en">e.org</span></a>'
    assert passage("[e.org](https://e.org/)") == f"<p>{shown}</p>"


def test_a_link_of_which_a_part_is_bold_is_one_and_a_mark_inside_it_stands_behind_it() -> None:
    whole = load_publication(GOLDEN)
    text = MarkdownText("[**{wells}{@survey}** چاه](https://e.org)", SourceLocation(Path("texts.yaml")))
    shown = str(HtmlWriter(whole, frozenset({"wells"})).passage(text))
    link, _, rest = shown.partition("</a>")
    assert link == '<p><a href="https://e.org"><b><span class="num">۱۲٬۳۴۵٫۵</span></b> چاه'
    assert re.findall(r'<sup class="\w+"|<span', rest) == ['<sup class="corrected"', '<sup class="cite"', "<span"]


def test_markup_in_a_passage_is_text() -> None:
    found = passage('<b>x</b> **<i>** [<s>](https://e.org/"><script>)')
    assert not re.search(r"<(?!/?(?:p|b|a|span)\b)", found)
    assert found.count("<b>") == 1
    assert 'href="https://e.org/&#34;&gt;&lt;script&gt;"' in found


def test_a_passage_in_one_line_and_as_plain_text() -> None:
    publication, place = load_publication(GOLDEN), SourceLocation(Path("texts.yaml"))
    text = MarkdownText("از **{wells}**\n\n- یک [دو](https://e.org)", place)
    assert str(HtmlWriter(publication).rich(text)) == (
        'از <b><span class="num">۱۲٬۳۴۵٫۵</span></b> '
        'یک <a href="https://e.org">دو</a> (<span class="address" dir="ltr" lang="en">e.org</span>)'
    )
    assert html_writer.plain_text(text, publication) == "از ۱۲٬۳۴۵٫۵ • یک دو"


def test_what_is_not_translated_is_marked_item_by_item() -> None:
    english = replace(load_publication(GOLDEN), language=load_language("en"))
    text = MarkdownText("الف\n\n- **ب**", SourceLocation(Path("texts.yaml")), "fa-AF")
    shown = str(HtmlWriter(english).passage(text))
    assert shown.count('class="untranslated"') == 2
    assert '<li><span class="untranslated" dir="rtl" lang="fa-AF"><b>ب</b></span>' in shown


def is_marked(html: str) -> bool:
    return '<sup class="corrected">' in html


def test_a_cell_reached_by_a_key_is_marked_where_it_was_corrected(made_up: Publication, tip: Publication) -> None:
    """As ``iso3.name`` in a table, and as ``{row.region.name}`` in a text."""
    rows = made_up.tables["chosen"].by_key
    writer = HtmlWriter(made_up, {"places[AFG].name"})
    assert [is_marked(writer.cell_html("chosen", rows[key], "iso3.name")) for key in ("AFG", "TJK")] == [True, False]
    assert not is_marked(HtmlWriter(made_up, {"places[AFG].depth"}).cell_html("chosen", rows["AFG"], "iso3.name"))

    document = tip.documents["country-AFG"]
    region = tip.tables["placements"].by_key["AFG"]["region"]
    other = next(key for key in tip.tables["regions"].by_key if key != region)
    marked = {
        name: is_marked(HtmlWriter(tip, {name}, document).rich("{row.region.name}"))
        for name in (
            f"regions[{region}].name", "placements[AFG].region", f"regions[{other}].name", f"regions[{region}].english",
            "placements[ALB].region",
        )
    }  # fmt: skip
    assert [*marked.values()] == [True, True, False, False, False]
