"""All texts that are translated, each with its path and what it is."""

import dataclasses
import re
import string
from pathlib import Path

from tests.check.support import in_languages
from tests.support import TIP_2025, change
from tipbrief.check.publication import load_publication
from tipbrief.check.translation.phrases import collect_texts, map_phrases, map_publication_phrases, unwrap_lines
from tipbrief.language.language import load_language
from tipbrief.load.schema import Phrase
from tipbrief.load.source_text import SourceLocation, Text

PS = load_language("ps")


def asked(folder: Path, *reasons: Text) -> dict[str, tuple[str, str]]:
    """File and line, and what it is, of each text by its path."""
    return {
        one.context: (one.location(folder), one.purpose) for one in collect_texts(load_publication(folder), PS, reasons)
    }


def test_each_text_has_a_path_a_place_and_a_purpose(folder: Path) -> None:
    found = asked(in_languages(folder, "ps"))
    assert found["publication.yaml:title"] == ("publication.yaml:2", "title of the publication")
    assert found["sources.yaml:news.publisher"] == ("sources.yaml:8", "publisher of a source")
    assert found["figures.yaml:first.label"] == ("figures.yaml:7", "label under a large number")
    assert found["tables.yaml:placements.columns.tier.choices.1.short"] == (
        "tables.yaml:11", "in a narrow box: as short as can be",
    )  # fmt: skip
    assert found["texts.yaml:prose.lead.text"] == ("texts.yaml:3", "text")
    assert found["briefs/main.yaml:blocks.2.title"] == ("briefs/main.yaml:9", "heading")
    assert found["tables/placements.csv:KEN.name"] == ("tables/placements.csv:3", "cell of 'حکومت'")
    assert found["tables/listed.csv:SYR.note"] == ("tables/listed.csv:3", "cell of 'note'")
    assert "tables/listed.csv:AFG.note" not in found, "an empty cell is no text"
    assert not [path for path in found if re.search(r"\.(id|\w*colour|file|address|sources|iso3)$", path)]


def test_they_stand_in_the_order_of_the_files(folder: Path) -> None:
    files = [context.partition(":")[0] for context in asked(in_languages(folder, "ps"))]
    assert [*dict.fromkeys(files)] == [
        "publication.yaml", "sources.yaml", "figures.yaml", "tables.yaml", "texts.yaml", "briefs/main.yaml",
        "tables/placements.csv", "tables/listed.csv",
    ]  # fmt: skip


def test_a_quotation_is_asked_for_with_the_words_as_they_were_said(folder: Path) -> None:
    change(folder / "texts.yaml", "    speaker:", "    original: Human trafficking is a crime.\n    speaker:")
    what = asked(in_languages(folder, "ps"))["texts.yaml:quotations.minister.text"][1]
    assert what == "quotation; as it was said: Human trafficking is a crime."


def test_every_printed_text_of_the_shipped_publication_is_asked_for() -> None:
    """No letter of the source is left in what is printed, when each text is put into Latin letters."""
    whole = load_publication(TIP_2025)
    latin = map_publication_phrases(whole, lambda path, text, what: type(text)("x", text.location))
    kept = [text for part in latin.values() for text in strings(part) if re.search("[ا-ی]", text)]
    # Words that are only checked or looked up: the units of figures.
    assert {*kept} <= {str(figure.unit) for figure in whole.figures.values() if figure.unit}


def strings(part: object) -> list[str]:
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        return [text for item in part.values() for text in strings(item)]
    if isinstance(part, tuple):
        return [text for item in part for text in strings(item)]
    if isinstance(part, SourceLocation) or not dataclasses.is_dataclass(part):
        return []
    return [text for one in dataclasses.fields(part) for text in strings(getattr(part, one.name))]


def test_what_does_not_change_stays_the_same_object(folder: Path) -> None:
    whole = load_publication(folder)
    assert map_phrases(whole.texts, "texts.yaml:", lambda path, text, what: text) is whole.texts
    new = map_phrases(whole.texts, "texts.yaml:", lambda path, text, what: Phrase("new", text.location))
    assert new.prose["lead"].text == "new"
    assert new.prose["lead"].sources is whole.texts.prose["lead"].sources


def test_the_line_breaks_of_a_file_are_not_those_of_a_text() -> None:
    assert unwrap_lines(" one\n two \n\n\n three\tfour") == "one two\n\nthree four"


def test_a_reason_has_the_name_of_its_entry(folder: Path) -> None:
    entry = SourceLocation(folder / "ledger" / "0004-correction-ab12.json", 1, 1, 9)
    old = SourceLocation(folder / "ledger.yaml", 12, 3, 19)
    found = asked(folder, Text("یک کشور", entry), Text("دو کشور", old))
    assert found["ledger/0004-correction-ab12.json:reason"][0] == "ledger/0004-correction-ab12.json:1"
    assert found["ledger/ledger.yaml:12.reason"][1] == "why a value was changed"


def test_every_purpose_is_of_a_field_that_there_is() -> None:
    from tipbrief.check import blocks, models
    from tipbrief.check.translation import phrases

    for name in (name for name in phrases.PURPOSES if name[0] in string.ascii_uppercase):
        model, _, field = name.partition(".")
        kind = getattr(models, model, None) or getattr(blocks, model)
        assert field in kind.__dataclass_fields__, name
