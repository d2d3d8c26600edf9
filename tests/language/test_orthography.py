"""The linter of each language: what it finds, what it says, and where it is silent."""

import re
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import problems_of
from tipbrief.check.texts import lint
from tipbrief.language.language import known_languages, load_language
from tipbrief.language.orthography import ORTHOGRAPHIES
from tipbrief.language.word_lists import SpellingFault, WordLists, load_language_words
from tools import catalogues

CORPUS = Path(__file__).with_name("orthography")
TAGS = {"dari": "fa-AF", "pashto": "ps", "iranian": "fa-IR", "english": "en"}
DARI = load_language("fa-AF")
ZWNJ = "\u200c"
WORDS = {tag: load_language_words(load_language(tag)) for tag in known_languages()}


def faults(text: str, tag: str = "fa-AF", words: WordLists | None = None) -> list[SpellingFault]:
    return lint(text, load_language(tag), words or WORDS[tag])


def rules(text: str, tag: str = "fa-AF", words: WordLists | None = None) -> list[str]:
    return [found.rule for found in faults(text, tag, words)]


def rows() -> list[tuple[str, ...]]:
    """Language, wrong text, rule, right text."""
    found = list[tuple[str, ...]]()
    for spelling, tag in TAGS.items():
        lines = (CORPUS / f"{spelling}.tsv").read_text(encoding="utf-8").splitlines()
        for line in (one for one in lines if not one.startswith("#")):
            written = re.sub(r"\\u(\w{4})", lambda char: chr(int(char[1], 16)), line)
            found.append((tag, *written.split("\t")))
    return found


def applied(text: str, found: list[SpellingFault]) -> str:
    for one in reversed(found):
        text = text[: one.start] + (one.replacement or "") + text[one.end :]
    return text


@pytest.mark.parametrize(("tag", "wrong", "rule", "right"), rows())
def test_a_faulty_text_is_found_and_its_remedy_is_clean(tag: str, wrong: str, rule: str, right: str) -> None:
    found = [one for one in faults(wrong, tag) if one.rule == rule]
    assert found, rules(wrong, tag)
    if right != "-":
        assert applied(wrong, found) == right
        assert rule not in rules(right, tag)
    if tag == "fa-AF":
        assert (len(found), rules(right)) == (1, [])


def test_faults_of_many_kinds_are_planted() -> None:
    assert len({(tag, rule) for tag, _, rule, _ in rows()}) >= 45


@pytest.mark.parametrize("spelling", TAGS)
def test_the_clean_text_is_silent(spelling: str) -> None:
    text = (CORPUS / f"{spelling}.txt").read_text(encoding="utf-8")
    assert [(f.rule, text[f.start : f.end]) for f in faults(text, TAGS[spelling])] == []


# Words that begin or end as a fault does, and are right.
DARI_WORDS = """
میان میدان میراث میلیون میز میزان میهن میوه میر میرزا میخ میل میلاد میمون میثاق میعاد میانه میانگین
میدانی میزبان میانجی میگسار میکروب میده نمی نمک نمایش تنها تنهایی تنهای بها بهای بهایی رها رهایی
رهایش گناه اشتها اشتهای پهنا پهنای منتها انتها انتهای نهایت نهایی فقها اژدها اژدهای طاها گران‌بها
نهادهای کشورها روزهای قراردادهای درآمدهای بیمار بیماری بیان بیش بیشتر بیست بین بیرون بیداد بیدار
بیکار بیکاری بیگانه بیچاره بیهوده بیمه بینا بینش بیابان بیانیه بیرق بیعت بید بیل بیوه بیزار بیروت
بینی بیت بیاید بیافتند اندیشه اندک اندوه اندازه اندام پیوند خداوند مانند چند سوگند ایمان ایستاد
امروز امید اید خوانده رهاند جهاند گاهی راهی آگاهی گروهی
"""

DARI_SENTENCES = (
    "در ماه می رفتند.",
    "نشست ۱۲ می برگزار شد.",
    "زمانی که باران بارید، بهار آمد.",
    "این را به دست آورد و رفت.",
    "سی و اند سال گذشت.",
    "گفت که ای کاش می‌ماند.",
    "بی هیچ سخنی رفت.",
    "بی بی سی گزارش داد.",
    "آب روان است و ماه ایستاده.",
    "ساعت ۸:۳۰ و بخش ۱.۲.۳ و روز ۸.۷.۱۴۰۴ و ۱۴۰۴/۷/۸.",
    "شمارۀ ۰۷۰۰-۱۲۳۴۵۶ و ۲۰۲۵-۰۹-۳۰ را ببینید.",
    "در سال‌های ۱۴۰۰–۱۴۰۲، ۱٬۲۳۴٬۵۶۷ تن (۷۱٫۵٪) آمدند.",
    "۱) نخست\nالف) دوم",
    "«او گفت: ‹نه› و رفت»؛ (ببینید: [۱]).",
    "«… و رفت.» چه شد؟!",
    "نشانی https://example.org/a?b=1,2;c=3 و info@example.org و 3G و COVID-19 و Windows 11 و UNICEF‌ها.",
    "{total} تن، {share}٪ و {first}–{last} در {2025-09-29}.{@one two} پایان{@three}",
)

RIGHT = {
    "fa-AF": [*DARI_WORDS.split(), *DARI_SENTENCES],
    "ps": [
        "دا شی ښه شي او هغه ښه دی، دوی ښه دي.",  # both words
        "که څوک راځي، آن تر دې چې تا ته درکړم، باید هم هر یو را سره وي.",  # that Dari has, too
        "د جولای په ۱۵ مه، په تیر ۲۰۲۴ کال کې ۱۲ کسان دی.",  # months elsewhere
        "د اسد کورنۍ، د سرطان ناروغي، جدي ستونزې او د قوس شکل.",
        "{laws} هېوادونو {@un-treaties} د UNICEF په مرسته، د https://example.org/a?b=1,2 له مخې.",
        "مسؤلیت، جزء، شيء.",
    ],
    "fa-IR": [
        "میزان تولید، بیماری سرطان، اسد و جدی بودن کار.",
        "به میزان ۱۲۳۴۵ تن و سرطان ۳۵۰ نفر",
        "۱۲ آذر ۱۴۰۴ (۳ دسامبر ۲۰۲۵)، اوت و ژوئیه و مه.",
    ],
    "en": [
        "Afghanistan’s laws, the victims’ rights, the ’90s: “a ‘so-called’ law”.",
        "The word «قاچاق انسان» and قانون ۱۴۰۴، مادۀ ۳ are Dari; «۱۴۸۰ نفر؟» too.",
        "See https://example.org/a--b?c='d'&e=1,2 or write to a.b@example.org, please.",
        "{tier_one} governments (see {@voa-fa press}); 12.5%, 1,234, a ratio of 2 : 1, and 2025-09-29.",
        "Côte d’Ivoire, São Tomé and Príncipe, U.S. and .gov, and --deliver.",
        "1) one\na) two",
        "قانون",
        "",
    ],
}


@pytest.mark.parametrize(("tag", "text"), [(tag, text) for tag, texts in RIGHT.items() for text in texts])
def test_what_is_right_is_silent(tag: str, text: str) -> None:
    assert rules(text, tag) == []


def test_what_is_looked_at_is_of_the_language_alone() -> None:
    assert rules('Trafficking  in "Persons"...', "ps") == rules("قاچاق  انسان", "en") == []
    assert rules("گزارش گگ", "fa-AF") == rules("گزارش گگ", "fa-IR") == []
    assert "arabic-letter" in rules("گزارش", "ps")
    assert rules("سياسي", "fa-AF") == ["arabic-letter"], "the ye of Pashto is none of Dari"


def test_a_dari_text_among_pashto_ones_is_asked_for_once_a_paragraph() -> None:
    text = "این قانون برای همه است.\n\nدا قانون د ټولو لپاره دی.\n\nاین هم برای همه است."
    found = [one for one in faults(text, "ps") if one.rule == "untranslated"]
    assert [(one.start, one.severity, one.replacement) for one in found] == [
        (start, "warning", None) for start in (0, 52)
    ]
    assert found[0].message == "'این' looks like Dari: was it translated?"


def test_what_is_sure_is_an_error_and_what_is_likely_a_warning() -> None:
    weight = {text: [one.severity for one in faults(text, "ps")] for text in ("چی", "چي", "دولتی", "سياست", "گل")}
    assert weight == {
        "چی": ["error"], "چي": ["warning"], "دولتی": ["warning"], "سياست": ["warning"], "گل": ["error"],
    }  # fmt: skip


def test_months_are_told_once_and_by_numbers_of_a_date_alone() -> None:
    assert rules("د اپريل په ۷مه", "ps") == ["medial-ye"], "accepted as it is written with the right ye"
    assert rules("۵۰ قوس، {cases} سرطان", "fa-IR") == []
    assert rules("۵ قوس، ۱۴۰۴ قوس", "fa-IR") == ["month", "month"]
    assert rules("۱" * 5000 + " قوس", "fa-IR") == []


def test_messages_name_the_language_and_the_letter() -> None:
    (gaf,) = faults("گل", "ps")
    assert gaf.message.startswith("ARABIC LETTER GAF U+06AF: ")
    assert "Pashto writes" in gaf.message
    (digits,) = faults("سال 2025", "fa-IR")
    assert digits.message.startswith("Iranian Persian digits are")


def test_a_quotation_mark_in_english_knows_where_it_stands() -> None:
    text = '"A law," he said, "of \'some\' weight."\n\n"The victims\' rights" aren\'t.'
    right = "“A law,” he said, “of ‘some’ weight.”\n\n“The victims’ rights” aren’t."
    assert applied(text, faults(text, "en")) == right


def test_a_publication_extends_what_is_written_instead(tmp_path: Path) -> None:
    own = tmp_path / "instead.txt"
    own.write_text("کمېټه = کمیټه\nغیر قانوني = ناقانونه !\n", encoding="utf-8")
    pashto = load_language("ps")
    found = lint("کمېټه غیر قانوني ده", pashto, load_language_words(pashto, own))
    assert [(one.severity, one.replacement) for one in found] == [("warning", "کمیټه"), ("error", "ناقانونه")]
    own.write_text("کمېټه\nیو دوه درې = څلور\nیو = یو\n", encoding="utf-8")
    problems = problems_of(load_language_words, pashto, own)
    assert [problem.line for problem in problems] == [1, 2, 3]


def test_an_accepted_word_is_accepted_in_each_language(tmp_path: Path) -> None:
    own = tmp_path / "words.txt"
    own.write_text("گل\ncountry's\n", encoding="utf-8")
    for tag, text in (("ps", "«گل» دی"), ("en", "the “country's” law")):
        assert rules(text, tag)
        assert lint(text, load_language(tag), load_language_words(load_language(tag), own)) == []


def test_a_language_without_rules_is_not_looked_at() -> None:
    assert {load_language(tag).spelling for tag in known_languages()} <= {*ORTHOGRAPHIES, "none"}
    other = replace(load_language("ps"), spelling="none")
    assert lint("گل 2025 ...", other, load_language_words(other)) == []


@pytest.mark.parametrize("tag", known_languages())
def test_the_words_of_the_program_are_well_spelt(tag: str) -> None:
    for one in catalogues.read(catalogues.CATALOGUES / f"{tag}.po") if tag != "en" else catalogues.said():
        said = (one.string if tag != "en" else one.id) or ""
        for text in said if isinstance(said, list | tuple) else [said]:
            # What is filled in may be a number.
            bare = re.sub(r"%\((\w+)\)s", r"{\1}", text).strip()
            assert not one.id or faults(bare, tag) == [], text


def test_lists_hold_nothing_that_does_nothing() -> None:
    for spelling, tag in TAGS.items():
        words = WORDS[tag]
        for wrong, (right, severity) in words.replacements.items():
            found = [one for one in faults(wrong, tag) if one.replacement == right]
            assert [one.severity for one in found] == [severity], (spelling, wrong)
            assert not faults(right, tag), (spelling, right)
        for word in words.untranslated_words:
            assert "untranslated" in rules(word, tag), word
    bare = replace(WORDS["ps"], accepted_words=set(), checksum="none")
    for word in WORDS["ps"].accepted_words:
        assert lint(f"۱۲ {word} ۱۴۰۴", load_language("ps"), bare), word


# The words that the source article spells without their ZWNJ, and with other quotation marks.
ARTICLE = (
    ("میشوند", "می‌شوند"), ("محکومیتها", "محکومیت‌ها"), ("بیپیشینه", "بی‌پیشینه"),
    ("برنامههای", "برنامه‌های"),
    ("بخشها", "بخش‌ها"), ("گروهها", "گروه‌ها"), ("دستآورد", "دست‌آورد"), ("سازمانهای", "سازمان‌های"),
    ("رژیمهای", "رژیم‌های"), ("ارزشهای", "ارزش‌های"), ("میبخشد", "می‌بخشد"), ("میبرند", "می‌برند"),
    ("میشمارد", "می‌شمارد"), ("زمانیکه", "زمانی‌که"), ("میشود", "می‌شود"), ("گروههای", "گروه‌های"),
    ("سالها", "سال‌ها"), ("شامل اند", "شامل‌اند"), ("بچه بازی", "بچه‌بازی"), ("داشته اند", "داشته‌اند"),
    ("بوده اند", "بوده‌اند"), ("هماهنگ کنندۀ", "هماهنگ‌کنندۀ"), ("سهیم اند", "سهیم‌اند"),
)  # fmt: skip


def test_faulty_rows_are_many_and_cover_every_rule_with_a_fixed_remedy() -> None:
    assert [tag for tag, *_ in rows()].count("fa-AF") >= 60
    assert {rule for tag, _, rule, _ in rows() if tag == "fa-AF"} == {
        "zwnj-verb", "zwnj-plural", "zwnj-privative", "zwnj-copula", "zwnj-compound", "zwnj-doubled",
        "zwnj-edge", "arabic-letter", "ascii-punctuation", "quote-mark", "digits", "separator", "percent",
        "range", "double-space", "space-before", "space-after", "space-inside", "ellipsis", "tatweel",
        "presentation-form", "heh-yeh", "nested-quote", "bidi-control", "invisible", "nfc",
    }  # fmt: skip


@pytest.mark.parametrize(("wrong", "right"), ARTICLE)
def test_every_changed_spelling_of_the_article_is_found(wrong: str, right: str) -> None:
    text = f"در گزارش آمده که {wrong} در جهان"
    assert [applied(text, [finding]) for finding in faults(text)] == [text.replace(wrong, right)]
    assert faults(text.replace(wrong, right)) == []


def test_quotation_marks_of_the_article() -> None:
    text = 'با "سیاست یا مشخصۀ" مستند. گفت: "جنایتی است که ویرانگر است."'
    marks = [finding.replacement for finding in faults(text) if finding.rule == "quote-mark"]
    assert marks == ["«", "»", "«", "»"]


def test_no_false_alarm_in_two_thousand_words_and_many_without_their_zwnj() -> None:
    text = (CORPUS / "dari.txt").read_text(encoding="utf-8")
    assert len(text.split()) >= 2000
    assert [(f.rule, text[f.start : f.end]) for f in faults(text)] == []
    found = [f for f in faults(text.replace(ZWNJ, "")) if f.rule.startswith("zwnj")]
    assert len(found) > 0.75 * text.count(ZWNJ)


@pytest.mark.parametrize(
    ("text", "places"), [("«نه", [0]), ("نه»", [2]), ("(نه]", [0, 3]), ("«نه (بلی»", [4]), ("«نه\n\nبلی»", [0, 8])]
)
def test_unbalanced(text: str, places: list[int]) -> None:
    found = [finding for finding in faults(text) if finding.rule == "unbalanced"]
    assert [finding.start for finding in found] == places


def test_severity_and_message() -> None:
    (verb,) = faults("میشود")
    assert verb == SpellingFault("zwnj-verb", 0, 5, "error", "no ZWNJ after می", f"می{ZWNJ}شود")
    assert [f.severity for f in faults("آنها شامل اند")] == ["warning", "warning"]
    (hidden,) = faults("سلا\u200bم")
    assert hidden.message.startswith("ZERO WIDTH SPACE U+200B: ")


def test_order_and_two_faults_in_one_word() -> None:
    assert [(f.rule, f.replacement) for f in faults("ميشود، كتابها")] == [
        ("arabic-letter", "میشود"),
        ("zwnj-verb", f"می{ZWNJ}شود"),
        ("arabic-letter", "کتابها"),
        ("zwnj-plural", f"کتاب{ZWNJ}ها"),
    ]


def test_one_finding_for_a_word_with_its_zwnj_beside_the_space() -> None:
    assert rules(f"آب می{ZWNJ} رود") == ["zwnj-verb"]
    assert rules(f"کتاب {ZWNJ}ها{ZWNJ} را") == ["zwnj-plural", "zwnj-edge"]


def test_neither_text_without_dari_nor_the_inside_of_references_is_looked_at() -> None:
    assert faults('"Trafficking in Persons", 2025 ...') == []
    assert faults("{a, b; c? 12 كي» (}") == []
    assert rules("شمار {a, 1 ?}  تن") == ["double-space"]


def test_a_remedy_keeps_what_stands_beside_its_word() -> None:
    (found,) = faults("ا\u0653/WHO{a}")
    assert (found.rule, found.replacement) == ("nfc", "آ/WHO{a}")


def test_accepted_words(tmp_path: Path) -> None:
    own = tmp_path / "words.txt"
    own.write_text("# ours\nآنها\nعلي  # his own spelling\nشامل اند\nخانه‌ی\n+93\n", encoding="utf-8")
    text = "«آنها» شامل اند؛ علي، خانه‌ی +93."
    assert rules(text) == ["zwnj-plural", "zwnj-copula", "arabic-letter", "heh-yeh", "digits"]
    assert rules(text, words=load_language_words(DARI, own)) == []
    assert rules("اینها، «آنها", words=load_language_words(DARI, own)) == ["zwnj-plural", "unbalanced"]


def test_a_publication_extends_verbs_and_compounds(tmp_path: Path) -> None:
    (tmp_path / "verbs.txt").write_text("تلفنید تلفن\n", encoding="utf-8")
    (tmp_path / "compounds.txt").write_text("خط‌مشی\nشب‌نامه spaced\nهم‌سایه joined\nبی‌قید‌وشرط\n", encoding="utf-8")
    words = load_language_words(DARI, *tmp_path.iterdir())
    text = "می تلفند خط مشی خطمشی شب نامه شبنامه هم سایه همسایه"
    assert rules(text) == []
    assert rules(text, words=words) == ["zwnj-verb", *4 * ["zwnj-compound"]]
    assert rules("بیقیدوشرط", words=words) == ["zwnj-privative"]


def test_bad_word_lists_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "compounds.txt").write_text("خط‌مشی\nهمسایه\nخط‌مشی never\n", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes(b"\xe9\n")
    problems = problems_of(
        load_language_words, DARI, tmp_path / "compounds.txt", tmp_path / "latin.txt", tmp_path / "none.txt"
    )
    assert [(p.file.name, p.line, p.message) for p in problems if p.file] == [
        ("compounds.txt", 2, "'همسایه' is not a compound"),
        ("compounds.txt", 3, "'خط‌مشی never' is not a compound"),
        ("latin.txt", 0, "the word list is not UTF-8"),
        ("none.txt", 0, "the file cannot be read: No such file or directory"),
    ]


def test_shipped_lists_have_no_line_twice_and_are_normal() -> None:
    for file in (Path(__file__).parents[2] / "data" / "orthography").glob("*/*.txt"):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
        assert len(lines) == len(set(lines)), file.name
        assert all(unicodedata.is_normalized("NFC", line) for line in lines), file.name


def test_every_accepted_word_is_needed() -> None:
    bare = replace(WORDS["fa-AF"], accepted_words=set(), checksum="none")
    assert [word for word in sorted(WORDS["fa-AF"].accepted_words) if not lint(word, DARI, bare)] == []


PIECES = (
    "می نمی شود رفت ها های کتاب خانه اند ام ای بی سابقه بچه بازی کننده و "
    "چي کي دی گ ك ي ې ۍ ئ ى ه ۀ ـ قوس نومبر است می‌شود {a} {@b} WHO It's don't 12 ۱۲ ٤ . , ، ؛ ? ؟ % ٪ - -- "
    "« » ‹ › ( ) [ ] \" ' ` “ ” ‘ ’ << ... \u0654 \u0653 \u200c \u200f \u200b \ufeff \ufb01 \ufedb \ue000 \u0301"
    " ... ا ی"
)
GAPS = (" ", "\n", "\n\n", "\u00a0", "\t")
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from([*PIECES.split(), *GAPS]), max_size=30).map("".join))


@given(TEXTS)
def test_a_zwnj_remedy_removes_its_finding(text: str) -> None:
    for finding in faults(text):
        if finding.rule.startswith("zwnj"):
            wrong, after = text[finding.start : finding.end], applied(text, [finding])
            assert not any(
                f.rule == finding.rule and f.start == finding.start and after[f.start : f.end] == wrong
                for f in faults(after)
            )


@given(TEXTS, st.sampled_from(known_languages()))
def test_never_raises_and_places_lie_inside(text: str, tag: str) -> None:
    found = faults(text, tag)
    assert all(0 <= f.start < f.end <= len(text) for f in found)
    assert all(f.replacement != text[f.start : f.end] for f in found)
    assert [f.start for f in found] == sorted(f.start for f in found)


UNITS = [*"يa'\"«“-۱.،میه({A\u200c \ue000", "ب ", "a ", "a.", "a@", "ۍ\u0654", "می", "ها ", "۱."]


@pytest.mark.parametrize("tag", known_languages())
@pytest.mark.parametrize("unit", UNITS)
def test_no_text_takes_long(tag: str, unit: str) -> None:
    start = time.process_time()
    faults("بa" + unit * 20_000, tag)
    assert time.process_time() - start < 2
