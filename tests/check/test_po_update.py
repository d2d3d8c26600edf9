"""A PO file brought up to date: what is translated stays, and only what changed is fuzzy."""

from pathlib import Path

import pytest

from tests.check.support import in_languages
from tests.support import change, contents, problem_of, run_well
from tipbrief.check.publication import load_publication
from tipbrief.check.translation import phrases
from tipbrief.check.translation.phrases import TranslatableText, update_po
from tipbrief.language.language import load_language
from tipbrief.load.po_file import PoEntry, PoFile, read_po
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.pipeline.inputs import update_translation_file
from tipbrief.problems import Problems

TITLE, LIST_TITLE = "briefs/main.yaml:blocks.2.title", "briefs/main.yaml:blocks.3.title"


def entries(folder: Path, tag: str = "ps") -> dict[str, PoEntry]:
    return {entry.context: entry for entry in read_po(folder / "translations" / f"{tag}.po").entries}


def stale(folder: Path) -> set[str]:
    """The texts whose entries the command marks as fuzzy or leaves empty."""
    update_translation_file(folder, "ps")
    return {context for context, entry in entries(folder).items() if not entry.is_translated}


def test_a_new_file_asks_for_everything(folder: Path) -> None:
    done, written = update_translation_file(in_languages(folder, "ps"), "ps")
    assert written
    assert len(done.new) == len(done.po.entries) > 20
    po = read_po(folder / "translations" / "ps.po")
    assert po == done.po
    assert po.header("Language") == "ps"
    assert po.header("Plural-Forms") == "nplurals=2; plural=(n != 1);"
    assert any("X-Reviewed-By" in note for note in po.header_comments)
    assert po.headers["X-Reviewed-By"] == ""
    found = entries(folder)[LIST_TITLE]
    assert (found.source, found.text, found.developer_comments, found.source_references) == (
        "فهرست", "", ("heading",), ("briefs/main.yaml:10",)
    )  # fmt: skip


def test_a_file_that_is_up_to_date_is_not_written(pashto: Path) -> None:
    before, state = contents(pashto), (pashto / "translations" / "ps.po").stat()
    done, written = update_translation_file(pashto, "ps")
    assert (written, done.new, done.stale, done.removed_count) == (False, [], [], 0)
    assert contents(pashto) == before
    assert (pashto / "translations" / "ps.po").stat().st_mtime_ns == state.st_mtime_ns


def test_a_changed_text_makes_its_entry_fuzzy_and_no_other(pashto: Path) -> None:
    before = entries(pashto)
    change(pashto / "briefs" / "main.yaml", "title: ردیف‌ها", "title: همۀ ردیف‌ها")
    assert stale(pashto) == {TITLE}
    after = entries(pashto)
    assert (after[TITLE].text, after[TITLE].previous_source, after[TITLE].fuzzy) == (before[TITLE].text, "ردیف‌ها", True)
    assert {**after, TITLE: before[TITLE]} == before
    change(pashto / "briefs" / "main.yaml", "title: همۀ ردیف‌ها", "title: ردیف‌های همه")
    assert stale(pashto) == {TITLE}
    assert entries(pashto)[TITLE].previous_source == "ردیف‌ها", "of which the translation is"
    change(pashto / "briefs" / "main.yaml", "title: ردیف‌های همه", "title: ردیف‌ها")
    assert stale(pashto) == set(), "changed back"
    assert entries(pashto) == before
    assert read_po(pashto / "translations" / "ps.po").obsolete_entries == ()


def test_a_corrected_number_makes_nothing_stale(pashto: Path) -> None:
    before = (pashto / "translations" / "ps.po").read_bytes()
    run_well("correct", "governments", "14", "--reason", "یکی کم بود", "--publication", pashto)
    assert stale(pashto) == set(), "nor is the reason asked for, before a sheet in Pashto was delivered"
    assert (pashto / "translations" / "ps.po").read_bytes() == before


def test_other_line_breaks_change_no_text(pashto: Path) -> None:
    change(pashto / "texts.yaml", "را سنجیده است؛\n      {first}", "را\n      سنجیده است؛ {first}")
    assert stale(pashto) == set()


def test_a_text_in_another_place_takes_its_translation_along(pashto: Path) -> None:
    before = entries(pashto)
    block = "  - share: {table: placements, by: tier, title: در جهان}\n"
    change(pashto / "briefs" / "main.yaml", "  - share:", f"{block}  - share:")
    assert stale(pashto) == {TITLE}, "the new block alone is asked for"
    after = entries(pashto)
    assert after[TITLE].text == "", "its place had another text, which is elsewhere now"
    assert after[LIST_TITLE].text == before[TITLE].text
    assert after["briefs/main.yaml:blocks.4.title"].text == before[LIST_TITLE].text
    assert read_po(pashto / "translations" / "ps.po").obsolete_entries == ()


def test_the_same_text_elsewhere_is_translated_alike(pashto: Path) -> None:
    change(pashto / "briefs" / "main.yaml", "  - quotation: minister\n",
           "  - quotation: minister\n  - list: {table: listed, show: iso3.name, title: فهرست}\n")  # fmt: skip
    assert stale(pashto) == set()
    assert entries(pashto)["briefs/main.yaml:blocks.5.title"].text == entries(pashto)[LIST_TITLE].text


def test_of_several_translations_of_a_text_that_of_the_place_most_alike_is_taken(tmp_path: Path) -> None:
    known = [("a.yaml:x.label", "label"), ("b.yaml:x.short", "short of b"), ("c.yaml:x.short", "short of c")]
    po = PoFile(tmp_path, {}, (), tuple(PoEntry(context=at, source="اول", text=text) for at, text in known))
    places = ["c.yaml:y.short", "d.yaml:y.short", "d.yaml:y.title", "a.yaml:x.label"]
    asked = [TranslatableText(at, Text("اول", SourceLocation(tmp_path / "a.yaml", 1)), "") for at in places]
    made = update_po(po, asked, load_language("ps"), tmp_path).po
    assert [entry.text for entry in made.entries] == ["short of c", "short of b", "label", "label"]


def test_what_is_gone_is_kept_once_and_comes_back(pashto: Path) -> None:
    before = entries(pashto)
    text = "  - share: {table: placements, by: tier, title: ردیف‌ها}\n"
    change(pashto / "briefs" / "main.yaml", text, "")
    assert update_translation_file(pashto, "ps")[0].removed_count == 1
    assert [entry.source for entry in read_po(pashto / "translations" / "ps.po").obsolete_entries] == ["ردیف‌ها"]
    assert not update_translation_file(pashto, "ps")[1]
    change(pashto / "briefs" / "main.yaml", "  - list", f"{text}  - list")
    update_translation_file(pashto, "ps")
    assert entries(pashto) == before
    assert read_po(pashto / "translations" / "ps.po").obsolete_entries == ()


def test_what_is_gone_is_no_more_than_what_is_there(pashto: Path) -> None:
    file = pashto / "translations" / "ps.po"
    gone = "".join(f'\n#~ msgid "old {number}"\n#~ msgstr "x"\n' for number in range(1000))
    file.write_text(file.read_text("utf-8") + gone, "utf-8")
    update_translation_file(pashto, "ps")
    po = read_po(file)
    assert len(po.obsolete_entries) == len(po.entries)
    assert po.obsolete_entries[-1].source == "old 999"


def test_what_translators_and_their_tools_wrote_stays(pashto: Path) -> None:
    file = pashto / "translations" / "ps.po"
    change(file, "X-Reviewed-By: ", "X-Reviewed-By: Zarlasht")
    change(file, '"Language: ps\\n"', '"Language: ps\\n"\n"X-Generator: Poedit 3.4\\n"\n"Last-Translator: A\\n"')
    text = f'msgctxt "{TITLE}"'
    change(file, text, text.replace("msgctxt", "#, no-wrap\nmsgctxt"))
    change(file, f"#. heading\n#: briefs/main.yaml:9\n#, no-wrap\n{text}",
           f"# ask the editor\n#. heading\n#: briefs/main.yaml:9\n#, no-wrap\n{text}")  # fmt: skip
    change(pashto / "figures.yaml", "label: حکومت با الگو", "label: حکومت با الگوی مستند")
    update_translation_file(pashto, "ps")
    po = read_po(file)
    assert po.header("X-Reviewed-By") == "Zarlasht"
    assert list(po.headers)[:3] == ["MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
    assert (po.header("X-Generator"), po.header("Last-Translator")) == ("Poedit 3.4", "A")
    assert (entries(pashto)[TITLE].translator_comments, entries(pashto)[TITLE].flags) == (
        ("ask the editor",),
        ("no-wrap",),
    )


def test_entries_without_a_path_are_a_memory(folder: Path) -> None:
    file = in_languages(folder, "ps") / "translations" / "ps.po"
    file.parent.mkdir()
    file.write_text('msgid "فهرست"\nmsgstr "لړلیک"\n\nmsgid "دیگر"\nmsgstr "بل"\n', "utf-8")
    update_translation_file(folder, "ps")
    assert entries(folder)[LIST_TITLE].text == "لړلیک"
    assert [entry.source for entry in read_po(file).obsolete_entries] == ["دیگر"]


def test_a_file_that_cannot_be_read_stays_as_it_is(pashto: Path) -> None:
    file = pashto / "translations" / "ps.po"
    file.write_text(file.read_text("utf-8") + '\nmsgid "x\n', "utf-8")
    before = contents(pashto)
    with pytest.raises(Problems, match="a quotation mark stands inside a text, or is left open"):
        update_translation_file(pashto, "ps")
    assert contents(pashto) == before


def test_a_link_out_of_the_publication_is_not_written_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (in_languages(folder, "ps") / "translations").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Problems, match="a link leads out of the publication"):
        update_translation_file(folder, "ps")
    assert contents(tmp_path / "elsewhere") == {}


def test_a_number_in_a_text_of_many_rows_is_no_reason_to_wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "MAX_PO_ENTRIES", 5)
    with pytest.raises(Problems, match="the publication has more than 5 texts"):
        update_translation_file(in_languages(folder, "ps"), "ps")


@pytest.mark.parametrize(
    ("tag", "message", "hint"),
    [
        ("xx", "there is no language 'xx'", "known: fa-AF (Dari), ps (Pashto)"),
        ("all", "there is no language 'all'", "known: fa-AF (Dari), ps (Pashto)"),
        ("fa-AF", "Dari is the language of the publication's own files",
         "'languages: [fa-AF, …]' in publication.yaml names those into which it is translated"),
        ("en", "the publication 'sample' is not in English ('en')",
         "it has fa-AF, ps; to add it, write languages: [fa-AF, ps, en] in publication.yaml, "
         "then: tipbrief translate en"),
    ],
)  # fmt: skip
def test_only_a_language_of_the_publication_has_a_file(folder: Path, tag: str, message: str, hint: str) -> None:
    in_languages(folder, "ps")
    problem = problem_of(update_translation_file, folder, tag)
    assert (problem.message, problem.hint) == (message, hint)


def test_the_command_says_what_waits(pashto: Path) -> None:
    change(pashto / "publication.yaml", "[fa-AF, ps]", "[fa-AF, ps, en]")
    done = run_well("translate", "ps", "--publication", pashto, quiet=True)
    count = len(entries(pashto))
    assert done.stdout == f"translations/ps.po: {count} texts, up to date\nall are translated\n"
    change(pashto / "briefs" / "main.yaml", "title: ردیف‌ها", "title: همۀ ردیف‌ها")
    change(pashto / "briefs" / "main.yaml", "subtitle: گزارش سال ۲۰۲۵ چه می‌گوید", "subtitle: سخن گزارش")
    change(pashto / "tables" / "placements.csv", "SYR,سوریه", "LBY,لیبیا")
    change(pashto / "tables" / "listed.csv", "SYR", "LBY")
    done = run_well("translate", "PS", "--publication", pashto)
    assert done.stdout == (
        f"translations/ps.po: {count} texts, written\n"
        "1 gone from the publication: kept at the end of the file\n"
        "1 to be translated:\n"
        "  tables/placements.csv:4  LBY.name\n"
        "2 changed since they were translated (fuzzy):\n"
        "  briefs/main.yaml:2  subtitle\n"
        "  briefs/main.yaml:9  blocks.2.title\n"
    )
    done = run_well("translate", "en", "--publication", pashto)
    assert f"{count} to be translated:" in done.stdout
    assert f"  … and {count - 20} more" in done.stdout
    assert load_publication(pashto).warnings == ()
