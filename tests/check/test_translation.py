"""A publication in another language: its texts from the PO file, its faults at their lines there."""

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.check.support import in_languages, in_pashto, pashto_of, put_into
from tests.support import TIP_2025, append, change, problem_of, problems_of
from tipbrief.check.models import TranslatedCell
from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.translation.phrases import unwrap_lines
from tipbrief.check.translation.translator import find_placeholders, translate_publication
from tipbrief.compose.dependency_log import DependencyTracker
from tipbrief.compose.formatting import format_cell
from tipbrief.compose.html_writer import HtmlWriter
from tipbrief.language.language import load_language
from tipbrief.load.schema import MarkdownText, Phrase, RichText
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.problems import Problem, Problems

HEADING = "briefs/main.yaml:blocks.2.title"
PS, EN = load_language("ps"), load_language("en")
LEAD = "د {governments} حکومتونو کار ارزول شوی؛ {first} حکومت په لومړۍ درجه کې دی.{@report}"


def said(folder: Path, tag: str = "ps", **more: object) -> list[tuple[str, str, str]]:
    """The errors of a translation: place, message, hint."""
    problems = problems_of(translate_publication, load_publication(folder), load_language(tag), **more)
    return [told(problem, folder) for problem in problems if problem.severity == "error"]


def told(problem: Problem, folder: Path) -> tuple[str, str, str]:
    assert problem.kind
    return problem.format_location(folder), problem.message, problem.hint


def entry_of(folder: Path, context: str, text: str, **more: str) -> None:
    """Give the entry of a path another translation."""
    file = folder / "translations" / "ps.po"
    whole = file.read_text("utf-8")
    at = re.compile(rf'(msgctxt "{re.escape(context)}"\nmsgid .*\nmsgstr )".*"')
    assert len(at.findall(whole)) == 1
    file.write_text(at.sub(lambda found: f'{found[1]}"{text}"', whole), "utf-8")


def line_of(folder: Path, context: str) -> int:
    """The line of the translation of a path."""
    lines = (folder / "translations" / "ps.po").read_text("utf-8").split("\n")
    return lines.index(f'msgctxt "{context}"') + 3


def test_every_text_is_that_of_the_file_and_of_its_own_kind(pashto: Path) -> None:
    source = load_publication(pashto)
    whole = translate_publication(source, PS)
    assert whole.language is PS
    assert (whole.untranslated, whole.warnings) == ((), ())
    lead = whole.texts.prose["lead"].text
    assert lead == pashto_of(unwrap_lines(source.texts.prose["lead"].text))
    assert (type(lead), type(whole.sources["news"].title)) == (MarkdownText, Phrase)
    assert lead.location.file == pashto / "translations" / "ps.po"
    assert lead.location.line == line_of(pashto, "texts.yaml:prose.lead.text")
    assert whole.tables["placements"].spec.columns["tier"].choices["1"].short == pashto_of("اول")
    assert whole.tables["placements"].by_key["KEN"]["name"] == pashto_of("کینیا")
    assert whole.tables["placements"].row_name("KEN") == pashto_of("کینیا")
    assert [*whole.tables["placements"].by_key.values()] == [*whole.tables["placements"].rows]
    assert whole.tables["listed"].by_key["SYR"]["note"] == pashto_of("از سال ۲۰۲۰")
    assert (whole.values, whole.figures["first"].count) == (source.values, source.figures["first"].count)
    assert source.imprint.title == "نمونه", "the source stays"


def test_documents_have_the_name_of_the_language(pashto: Path) -> None:
    whole = translate_publication(load_publication(pashto), PS)
    assert [*whole.documents] == ["main.ps"]
    assert whole.documents["main.ps"].name == "main.ps"
    assert whole.documents["main.ps"].brief is whole.briefs["main"]
    assert whole.briefs["main"].title == pashto_of("{governments} حکومت در گزارش")
    made_up = translate_publication(load_publication(TIP_2025), PS)
    assert made_up.documents["country-AFG.ps"].key == "AFG"


def test_it_goes_to_another_process(pashto: Path) -> None:
    whole = translate_publication(
        load_publication(pashto), PS, reasons=[Text("دلیل", SourceLocation(pashto / "ledger" / "1-x.json", 1))]
    )
    again = pickle.loads(pickle.dumps(whole.tables)), pickle.loads(pickle.dumps(whole.reasons))
    assert again == (whole.tables, whole.reasons)
    cell = again[0]["placements"].by_key["KEN"]["name"]
    assert isinstance(cell, TranslatedCell)
    assert (cell.column, cell.value) == ("name", "کینیا")
    assert again[1]["دلیل"].language == "fa-AF"


def test_a_reviewer_is_named_in_the_header(pashto: Path) -> None:
    file = pashto / "translations" / "ps.po"
    assert translate_publication(load_publication(pashto), PS).unreviewed
    change(file, "X-Reviewed-By: ", "X-Reviewed-By: Zarlasht")
    assert not translate_publication(load_publication(pashto), PS).unreviewed


def test_a_reason_of_two_changes_is_one_text(pashto: Path) -> None:
    reasons = [Text("نو شو", SourceLocation(pashto / "ledger" / f"{number}.json", 1)) for number in (1, 2)]
    translated = translate_publication(load_publication(pashto), PS, reasons=reasons)
    assert len(translated.untranslated) == 1
    assert translated.untranslated_count == 0, "a reason holds up no delivery"


def test_a_reason_is_known_by_its_words(pashto: Path) -> None:
    at = SourceLocation(pashto / "ledger" / "0002-correction-ab.json", 1, 1, 3)
    other = SourceLocation(pashto / "ledger" / "0003-correction-cd.json", 1, 1, 3)
    entry = '\nmsgctxt "ledger/0002-correction-ab.json:reason"\nmsgid "یکی کم بود"\nmsgstr "یو کم و"\n'
    append(pashto / "translations" / "ps.po", entry)
    reasons = [Text("یکی کم بود", at), Text("یکی کم بود", other), Text("دیگر", other)]
    whole = translate_publication(load_publication(pashto), PS, reasons=reasons)
    assert whole.reasons == {"یکی کم بود": "یو کم و", "دیگر": "دیگر"}
    assert (whole.reasons["یکی کم بود"].language, whole.reasons["دیگر"].language) == ("", "fa-AF")
    assert [problem.message for problem in whole.untranslated] == ["a text is not in Pashto yet: دیگر"]
    assert whole.untranslated[0].file == other.file


def test_without_a_file_all_stands_as_it_is_and_one_warning_says_so(folder: Path) -> None:
    source = load_publication(in_languages(folder, "ps"))
    whole = translate_publication(source, PS)
    (problem,) = whole.untranslated
    assert re.fullmatch(r"there is no translation into Pashto yet: \d\d texts stand in Dari", problem.message)
    assert problem.hint == "tipbrief translate ps makes translations/ps.po"
    assert problem.severity == "warning"
    title = whole.imprint.title
    assert (title, title.language, type(title)) == ("نمونه", "fa-AF", RichText)
    assert whole.tables["placements"].by_key["KEN"]["name"].language == "fa-AF"  # type: ignore[attr-defined]
    assert whole.unreviewed


def test_each_text_that_is_not_translated_is_told_up_to_some(folder: Path) -> None:
    first = iter([*["one"] * 3])
    put_into(in_languages(folder, "ps"), "ps", lambda entry: next(first, ""))
    found = translate_publication(load_publication(folder), PS).untranslated
    assert len(found) == 21
    message, at = found[0].message, found[0].format_location(folder)
    assert message == "a text is not in Pashto yet: گزارش سالانه"
    assert at.startswith("translations/ps.po:")
    assert found[-1].message.endswith("more texts are not in Pashto yet")
    assert found[-1].hint == "tipbrief translate ps brings the file up to date, and lists them"


def marked(folder: Path, *lines: str) -> None:
    """Put lines of comment before the entry of a heading."""
    context = f'msgctxt "{HEADING}"'
    change(folder / "translations" / "ps.po", context, "\n".join([*lines, context]))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: entry_of(folder, HEADING, ""), "a text is not in Pashto yet: ردیف‌ها"),
        (lambda folder: entry_of(folder, HEADING, " "), "a text is not in Pashto yet: ردیف‌ها"),
        (lambda folder: marked(folder, "#, fuzzy"), "this translation is marked as fuzzy: ردیف‌ها"),
        (lambda folder: marked(folder, "#, fuzzy", '#| msgid "x"'),
         "the text has changed since it was put into Pashto: ردیف‌ها"),
        (lambda folder: change(folder / "briefs" / "main.yaml", "title: ردیف‌ها", "title: همه"),
         "the text has changed since it was put into Pashto: همه"),
    ],
)  # fmt: skip
def test_what_is_missing_or_stale_stands_in_the_language_of_the_files(
    pashto: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(pashto)
    whole = translate_publication(load_publication(pashto), PS)
    (problem,) = whole.untranslated
    assert (problem.message, problem.severity, problem.kind) == (message, "warning", "untranslated")
    assert problem.line == line_of(pashto, HEADING)
    title = whole.briefs["main"].blocks[2].title  # type: ignore[attr-defined]
    assert (title.language, title.location.file.name) == ("fa-AF", "main.yaml")
    assert whole.briefs["main"].blocks[3].title.language == ""  # type: ignore[attr-defined]


def test_entries_of_no_text_are_told_once(pashto: Path) -> None:
    for number in range(3):
        append(pashto / "translations" / "ps.po", f'\nmsgctxt "x.{number}"\nmsgid "x"\nmsgstr "y"\n')
    (problem,) = translate_publication(load_publication(pashto), PS).warnings
    assert problem.message == "'x.0' is no text of the publication, nor are 2 more"
    assert problem.hint == "tipbrief translate ps brings the file up to date"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (LEAD.replace("{first}", "لومړی"), "the translation lacks {first}",
         "write it where the language wants it, exactly so"),
        (LEAD.replace("{@report}", "{@news}"), "'{@news}' is not in the source text",
         "write {@report} here: what stands between { and } stays as it is in the source"),
        (LEAD + " {governments}", "'{governments}' stands too often",
         "take it out: what stands between { and } stays as it is in the source"),
    ],
)  # fmt: skip
def test_placeholders_are_those_of_the_source(pashto: Path, text: str, message: str, hint: str) -> None:
    context = "texts.yaml:prose.lead.text"
    entry_of(pashto, context, text)
    (found,) = said(pashto)
    assert found[1:] == (message, hint)
    assert found[0].startswith(f"translations/ps.po:{line_of(pashto, context)}:")


def test_placeholders_may_move_and_have_spaces(pashto: Path) -> None:
    entry_of(pashto, "texts.yaml:prose.lead.text", "{ first } د{@report} {governments}")
    assert translate_publication(load_publication(pashto), PS).untranslated == ()
    assert find_placeholders("{a} {{b}} {@c  d}") == ["{a}", "{@c d}"]


def test_a_wrong_placeholder_is_pointed_to(pashto: Path) -> None:
    entry_of(pashto, "texts.yaml:prose.lead.text", LEAD.replace("{first}", "{لومړی}"))
    problem = problem_of(translate_publication, load_publication(pashto), PS)
    assert problem.source_line[problem.column - 1 :][: problem.length] == "{لومړی}"


@pytest.mark.parametrize(
    ("number", "message", "more"),
    [
        *((number, f"the number '{number}' is typed into a text", "") for number in ("۴۵", "45", "٤٥")),
        ("۱۳", "'۱۳' is the value of the figure 'governments'", ""),
        ("۲۰۲۵", "the number '۲۰۲۵' is typed into a text", "; of a year write «کال» before it"),
    ],
)
def test_no_number_is_typed_into_a_translation(pashto: Path, number: str, message: str, more: str) -> None:
    """Who translates is not sent to write a placeholder that the source has not."""
    entry_of(pashto, "texts.yaml:prose.lead.text", f"{LEAD} {number} حکومتونه")
    hint = f"a translation has the numbers of its source, as {{…}}: take this one out{more}"
    assert [found[1:] for found in said(pashto)] == [(message, hint)]


def test_a_name_may_have_a_number(pashto: Path) -> None:
    entry_of(pashto, "tables.yaml:placements.columns.tier.choices.1.label", "کتار ۱")
    entry_of(pashto, "texts.yaml:prose.lead.text", f"{LEAD} په کتار ۱ کې")
    assert translate_publication(load_publication(pashto), PS).warnings == ()
    entry_of(pashto, "texts.yaml:prose.lead.text", f"{LEAD} په کتار ۱۹ کې")
    assert [message for _, message, _ in said(pashto)] == ["the number '۱۹' is typed into a text"]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ("د فبروری میاشت", "spelling-month"),
        ("این کتاب است", "spelling-untranslated"),
    ],
)
def test_what_is_not_pashto_is_told_at_its_line(pashto: Path, more: str, kind: str) -> None:
    context = "texts.yaml:prose.lead.text"
    entry_of(pashto, context, f"{LEAD} {more}")
    try:
        found = list(translate_publication(load_publication(pashto), PS).warnings)
    except Problems as raised:
        found = raised.problems
    assert (found[0].kind, found[0].line) == (kind, line_of(pashto, context))
    assert found[0].file == pashto / "translations" / "ps.po"


def test_letters_that_no_font_has_and_markup_are_told(pashto: Path) -> None:
    covered = {*map(ord, (pashto / "translations" / "ps.po").read_text("utf-8") + LEAD)}
    assert translate_publication(load_publication(pashto), PS, covered).warnings == ()
    entry_of(pashto, "texts.yaml:prose.lead.text", f"{LEAD} ☃")
    assert [found[1] for found in said(pashto, covered=covered)] == ["the fonts have no character U+2603 '☃'"]
    entry_of(pashto, "texts.yaml:prose.lead.text", f"{LEAD} <b>x</b>")
    assert [one.kind for one in translate_publication(load_publication(pashto), PS).warnings] == ["markup"]


def test_the_header_says_which_language_it_is(pashto: Path) -> None:
    change(pashto / "translations" / "ps.po", "Language: ps", "Language: fa_AF")
    ((where, message, _),) = said(pashto)
    assert message == "the header says that this is the language 'fa-AF', the file's name 'ps'"
    assert where.startswith("translations/ps.po:")
    change(pashto / "translations" / "ps.po", "Language: fa_AF", "Language: ps_AF")
    assert translate_publication(load_publication(pashto), PS).untranslated == ()


@pytest.mark.parametrize(
    ("text", "told_so"), [("Placement in the report", True), ("CNN", False), ("د CNN راپور", False), ("2025: –", False)]
)
def test_a_text_in_the_letters_of_another_script_is_doubtful(pashto: Path, text: str, told_so: bool) -> None:
    entry_of(pashto, "publication.yaml:title", text)
    warnings = translate_publication(load_publication(pashto), PS).warnings
    line = line_of(pashto, "publication.yaml:title")
    message = "no letter of Pashto stands in this translation: was it translated?"
    expected = [(f"translations/ps.po:{line}:9", message, "translate it")] if told_so else []
    assert [told(problem, pashto) for problem in warnings if problem.kind == "another-script"] == expected


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("en", "add 'en' behind the first of the languages in publication.yaml, or delete the file"),
        ("fa-AF", "add 'fa-AF' behind the first of the languages in publication.yaml, or delete the file"),
        ("pz", "did you mean 'ps'?"),
    ],
)
def test_a_file_that_nothing_reads_is_told(pashto: Path, name: str, hint: str) -> None:
    (pashto / "translations" / f"{name}.po").write_text("", "utf-8")
    (problem,) = load_publication(pashto).warnings
    assert problem.message == f"nothing reads this file: the publication is not translated into '{name}'"
    assert problem.format_location(pashto) == f"translations/{name}.po"


KNOWN_LANGUAGES = "known: en (English), fa-AF (Dari), fa-IR (Iranian Persian), ps (Pashto)"
NO_LANGUAGE = "there is no language '{}'"


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        # The file of a language that is named is not called unread for another fault.
        ("ps]", "ps, ur]", NO_LANGUAGE.format("ur"), KNOWN_LANGUAGES),
        ("ps]", "ps, en_US]", NO_LANGUAGE.format("en_US"), "did you mean 'en'?"),
        ("ps]", "ps, fa-AG]", NO_LANGUAGE.format("fa-AG"), "did you mean 'fa-AF'?"),
        ("ps]", "ps]\nlanguage: en", "'language' is 'en', and the first of the 'languages' is 'fa-AF'",
         "delete the line 'language'"),
    ],
)  # fmt: skip
def test_languages_that_cannot_be(pashto: Path, old: str, new: str, message: str, hint: str) -> None:
    change(pashto / "publication.yaml", old, new)
    problem = problem_of(load_publication, pashto)
    assert (problem.message, problem.hint) == (message, hint)


def with_names(folder: Path, *names: str) -> Path:
    """The publication with a column of Pashto names beside that of names."""
    file = folder / "tables" / "placements.csv"
    lines = file.read_text("utf-8").splitlines()
    for number, name in enumerate(("name.ps", *names)):
        cells = lines[number].split(",")
        lines[number] = ",".join([*cells[:2], name, *cells[2:]])
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_names_stand_in_a_column_that_nobody_declares(folder: Path) -> None:
    with_names(in_languages(folder, "ps", "en"), "افغانستان", "کېنیا", "سوریه")
    put_into(folder, "ps", in_pashto)
    source = load_publication(folder)
    whole = translate_publication(source, PS)
    assert (whole.untranslated, whole.warnings) == ((), ())
    table = whole.tables["placements"]
    assert [row["name"] for row in table.rows] == ["افغانستان", "کېنیا", "سوریه"]
    assert table.row_name("KEN") == "کېنیا"
    assert format_cell(whole, "listed", {"iso3": "KEN"}, "iso3") == "کېنیا"
    assert table.spec.columns["name.ps"].label == pashto_of("حکومت")
    assert "name.ps" not in (folder / "translations" / "ps.po").read_text("utf-8")
    assert source.tables["placements"].row_name("KEN") == "کینیا"
    english = translate_publication(source, EN).tables["placements"]
    assert english.row_name("KEN") == "کینیا", "of which there is no translation"


def test_a_name_that_is_missing_is_told_at_its_row(folder: Path) -> None:
    with_names(in_languages(folder, "ps"), "افغانستان", "", "سوریه")
    put_into(folder, "ps", in_pashto)
    whole = translate_publication(load_publication(folder), PS)
    (problem,) = whole.untranslated
    assert (problem.format_location(folder), problem.message) == (
        "tables/placements.csv:3:1",
        "'name.ps' is empty: کینیا",
    )
    name = whole.tables["placements"].by_key["KEN"]["name"]
    assert (name, name.language) == ("کینیا", "fa-AF")  # type: ignore[attr-defined]


def test_another_column_may_hold_the_names(folder: Path) -> None:
    name = "name: {type: text, label: حکومت"
    more = ", languages: {en: english}}\n    english: {type: text}"
    change(folder / "tables.yaml", name + "}", name + more)
    with_names(in_languages(folder, "en"), "Afghanistan", "Kenya", "Syria")
    change(folder / "tables" / "placements.csv", "name.ps", "english")
    file = put_into(folder, "en", lambda entry: "")
    assert "placements.csv" not in file.read_text("utf-8"), "neither of both columns is asked for"
    whole = translate_publication(load_publication(folder), EN)
    assert whole.tables["placements"].row_name("KEN") == "Kenya"
    assert noted(whole, "placements", "KEN", "name") == {"placements[KEN].english": "Kenya"}


def test_a_corrected_name_in_another_language_is_no_text_that_waits_for_a_translation(folder: Path) -> None:
    name = "name: {type: text, label: حکومت"
    change(folder / "tables.yaml", name + "}", f"{name}, languages: {{en: english}}}}\n    english: {{type: text}}")
    with_names(in_languages(folder, "ps", "en"), "Afghanistan", "Kenya", "Syria")
    change(folder / "tables" / "placements.csv", "name.ps", "english")
    put_into(folder, "ps", in_pashto)
    writer = HtmlWriter(translate_publication(load_publication(folder), PS), set())
    assert str(writer.value_then("placements[KEN].english", "Kenia")) == '<span dir="ltr" lang="en">Kenia</span>'


def test_a_key_of_words_stays_and_is_told(folder: Path) -> None:
    change(folder / "tables.yaml", "    iso3: {type: code}\n    name", "    iso3: {type: text}\n    name")
    put_into(in_languages(folder, "ps"), "ps", in_pashto)
    whole = translate_publication(load_publication(folder), PS)
    assert [problem.message for problem in whole.warnings] == ["the words of the key 'iso3' are not translated"]
    assert whole.tables["placements"].by_key["KEN"]["iso3"] == "KEN"


def noted(whole: Publication, table: str, key: str, column: str) -> dict[str, str]:
    printed = DependencyTracker(whole)
    assert printed.publication.tables[table].by_key[key][column]
    return printed.take_printed_values()


def test_what_is_printed_is_recorded_by_the_value_of_the_dataset(folder: Path) -> None:
    with_names(in_languages(folder, "ps"), "افغانستان", "", "سوریې")
    put_into(folder, "ps", in_pashto)
    whole = translate_publication(load_publication(folder), PS)
    assert noted(whole, "placements", "SYR", "name") == {"placements[SYR].name.ps": "سوریې"}
    assert noted(whole, "placements", "KEN", "name") == {"placements[KEN].name": "کینیا"}
    assert noted(whole, "placements", "KEN", "tier") == {"placements[KEN].tier": "1"}
    assert noted(whole, "listed", "SYR", "note") == {"listed[SYR].note": "از سال ۲۰۲۰"}


def test_a_corrected_name_is_marked_and_called(folder: Path) -> None:
    with_names(in_languages(folder, "ps"), "افغانستان", "کېنیا", "سوریې")
    put_into(folder, "ps", in_pashto)
    source = load_publication(folder)
    whole, name = translate_publication(source, PS), "placements[KEN].name.ps"
    writer = HtmlWriter(whole, {name})
    assert writer.mark("placements", "name", "KEN")
    assert not writer.mark("placements", "name", "SYR")
    assert not HtmlWriter(source, {name}).mark("placements", "name", "KEN")
    assert writer.label(name) == f"کېنیا، {pashto_of('حکومت')}"
    assert writer.value_then(name, "کینیا") == "کینیا"
    then = str(writer.value_then("listed[SYR].note", "از سال ۲۰۱۹"))
    assert 'lang="fa-AF"' in then, "the words that were corrected were those of the files"


def test_many_rows_without_a_translation_are_counted(folder: Path) -> None:
    rows = "".join(f"X{number},name {number},1,,report\n" for number in range(5000))
    append(folder / "tables" / "placements.csv", rows)
    whole = translate_publication(load_publication(in_languages(folder, "ps")), PS)
    assert re.search(r"50\d\d texts stand in Dari", whole.untranslated[0].message)
