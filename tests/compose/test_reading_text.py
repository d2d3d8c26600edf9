"""What a document says as text: every word and number, in logical order, in three forms."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support import GOLDEN, TIP_2025, run_well
from tipbrief.compose.reading_text import ENDINGS, Form, write_reading_text
from tipbrief.language.language import load_language
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.verify.html_text import read_printed_blocks, split_into_tokens

DARI = load_language("fa-AF")


@pytest.mark.parametrize("form", ENDINGS)
@pytest.mark.parametrize("name", ["world", "world.ps", "world.en", "country-AFG", "all"])
def test_it_has_every_word_and_number_that_is_printed(name: str, form: Form) -> None:
    session = Session.open(GOLDEN if name == "all" else TIP_2025, languages=[name.partition(".")[2] or "fa-AF"])
    language, html = session.publication_for(name).language, compose_document(session, name).html()
    text = write_reading_text(html, language, form)
    said = Counter(split_into_tokens(text.replace("\\", "")))
    printed = Counter[str]()
    for block in read_printed_blocks(html):
        kept = [token for place, token in enumerate(block.tokens) if place not in block.visual_only]
        printed += Counter(token.replace("٬", "").replace(",", "") if form == "spoken" else token for token in kept)
    lost = printed - said
    # Marks of sources are not spoken, and their numbers stand in no list there.
    assert form == "spoken" or not lost, lost
    assert not [token for token in lost if not token[0].isdigit()]
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (
            "md",
            "## یک [۲]\n\n- [الف](https://a.example/)\n- ب\\*\n\n۲. منبع\n\n| س | ت |\n| --- | --- |\n| ۱ | ۲٬۰۰۰ |\n",
        ),
        ("txt", "یک [۲]\n\n- الف <https://a.example/>\n- ب*\n\n۲. منبع\n\nس، ت.\n\n۱، ۲٬۰۰۰.\n"),
        ("spoken", "یک\nالف\nب*\nمنبع\nس، ت.\n۱، ۲۰۰۰.\n"),
    ],
)
def test_each_form_is_written_so(form: Form, text: str) -> None:
    html = (
        '<body><h2>یک<sup class="cite"><a href="#source-2" aria-label="منبع ۲">‏۲</a></sup></h2>'
        '<ul><li><a href="https://a.example/">الف</a></li><li>ب*</li></ul><ol><li id="source-2">منبع</li></ol>'
        '<table><tr><th>س</th><th>ت</th></tr><tr><td>۱</td><td>۲٬۰۰۰</td></tr></table><p aria-hidden="true">نه</p>'
    )
    assert write_reading_text(html, DARI, form) == text


def test_export_writes_three_files_for_each_document(tmp_path: Path) -> None:
    words = ("each", "--only", "AFG,PAK", "--publication", GOLDEN, "--out", tmp_path)
    written = run_well("export", *words).stdout.split()
    assert [Path(one).name for one in written] == [
        f"wells-each-{key}.{ending}" for key in ("AFG", "PAK") for ending in ENDINGS.values()
    ]
    assert all(Path(one).read_text(encoding="utf-8").strip() for one in written)
