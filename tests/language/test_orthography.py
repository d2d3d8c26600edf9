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
from tipbrief.language.language import load_language
from tipbrief.language.word_lists import SpellingFault, WordLists, load_language_words

CORPUS = Path(__file__).with_name("orthography")
DARI = load_language("fa-AF")
WORDS = load_language_words(DARI)
ZWNJ = "\u200c"

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

# Words that begin or end as a fault does, and are right.
RIGHT = """
میان میدان میراث میلیون میز میزان میهن میوه میر میرزا میخ میل میلاد میمون میثاق میعاد میانه میانگین
میدانی میزبان میانجی میگسار میکروب میده نمی نمک نمایش تنها تنهایی تنهای بها بهای بهایی رها رهایی
رهایش گناه اشتها اشتهای پهنا پهنای منتها انتها انتهای نهایت نهایی فقها اژدها اژدهای طاها گران‌بها
نهادهای کشورها روزهای قراردادهای درآمدهای بیمار بیماری بیان بیش بیشتر بیست بین بیرون بیداد بیدار
بیکار بیکاری بیگانه بیچاره بیهوده بیمه بینا بینش بیابان بیانیه بیرق بیعت بید بیل بیوه بیزار بیروت
بینی بیت بیاید بیافتند اندیشه اندک اندوه اندازه اندام پیوند خداوند مانند چند سوگند ایمان ایستاد
امروز امید اید خوانده رهاند جهاند گاهی راهی آگاهی گروهی
"""

SENTENCES = (
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


def rows() -> list[list[str]]:
    """Wrong text, rule, right text."""
    text = (CORPUS / "faulty.tsv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return [re.sub(r"\\u(\w{4})", lambda found: chr(int(found[1], 16)), line).split("\t") for line in lines]


def applied(text: str, finding: SpellingFault) -> str:
    return text[: finding.start] + finding.replacement + text[finding.end :]


def rules(text: str, words: WordLists = WORDS) -> list[str]:
    return [finding.rule for finding in lint(text, DARI, words)]


def test_faulty_rows_are_many_and_cover_every_rule_with_a_fixed_remedy() -> None:
    assert len(rows()) >= 60
    assert {rule for _, rule, _ in rows()} == {
        "zwnj-verb", "zwnj-plural", "zwnj-privative", "zwnj-copula", "zwnj-compound", "zwnj-doubled",
        "zwnj-edge", "arabic-letter", "ascii-punctuation", "quote-mark", "digits", "separator", "percent",
        "range", "double-space", "space-before", "space-after", "space-inside", "ellipsis", "tatweel",
        "presentation-form", "heh-yeh", "nested-quote", "bidi-control", "invisible", "nfc",
    }  # fmt: skip


@pytest.mark.parametrize(("wrong", "rule", "right"), rows())
def test_faulty_text_is_found_and_its_remedy_is_clean(wrong: str, rule: str, right: str) -> None:
    found = [finding for finding in lint(wrong, DARI, WORDS) if finding.rule == rule]
    assert [applied(wrong, finding) for finding in found] == [right]
    assert lint(right, DARI, WORDS) == []


@pytest.mark.parametrize(("wrong", "right"), ARTICLE)
def test_every_changed_spelling_of_the_article_is_found(wrong: str, right: str) -> None:
    text = f"در گزارش آمده که {wrong} در جهان"
    assert [applied(text, finding) for finding in lint(text, DARI, WORDS)] == [text.replace(wrong, right)]
    assert lint(text.replace(wrong, right), DARI, WORDS) == []


def test_quotation_marks_of_the_article() -> None:
    text = 'با "سیاست یا مشخصۀ" مستند. گفت: "جنایتی است که ویرانگر است."'
    marks = [finding.replacement for finding in lint(text, DARI, WORDS) if finding.rule == "quote-mark"]
    assert marks == ["«", "»", "«", "»"]


@pytest.mark.parametrize("text", [*RIGHT.split(), *SENTENCES])
def test_what_is_right_is_silent(text: str) -> None:
    assert lint(text, DARI, WORDS) == []


def test_no_false_alarm_in_two_thousand_words_and_many_without_their_zwnj() -> None:
    text = (CORPUS / "clean.txt").read_text(encoding="utf-8")
    assert len(text.split()) >= 2000
    assert [(f.rule, text[f.start : f.end]) for f in lint(text, DARI, WORDS)] == []
    found = [f for f in lint(text.replace(ZWNJ, ""), DARI, WORDS) if f.rule.startswith("zwnj")]
    assert len(found) > 0.75 * text.count(ZWNJ)


@pytest.mark.parametrize(
    ("text", "places"), [("«نه", [0]), ("نه»", [2]), ("(نه]", [0, 3]), ("«نه (بلی»", [4]), ("«نه\n\nبلی»", [0, 8])]
)
def test_unbalanced(text: str, places: list[int]) -> None:
    found = [finding for finding in lint(text, DARI, WORDS) if finding.rule == "unbalanced"]
    assert [finding.start for finding in found] == places


def test_severity_and_message() -> None:
    (verb,) = lint("میشود", DARI, WORDS)
    assert verb == SpellingFault("zwnj-verb", 0, 5, "error", "no ZWNJ after می", f"می{ZWNJ}شود")
    assert [f.severity for f in lint("آنها شامل اند", DARI, WORDS)] == ["warning", "warning"]
    (hidden,) = lint("سلا\u200bم", DARI, WORDS)
    assert hidden.message.startswith("ZERO WIDTH SPACE U+200B: ")


def test_order_and_two_faults_in_one_word() -> None:
    assert [(f.rule, f.replacement) for f in lint("ميشود، كتابها", DARI, WORDS)] == [
        ("arabic-letter", "میشود"),
        ("zwnj-verb", f"می{ZWNJ}شود"),
        ("arabic-letter", "کتابها"),
        ("zwnj-plural", f"کتاب{ZWNJ}ها"),
    ]


def test_one_finding_for_a_word_with_its_zwnj_beside_the_space() -> None:
    assert rules(f"آب می{ZWNJ} رود") == ["zwnj-verb"]
    assert rules(f"کتاب {ZWNJ}ها{ZWNJ} را") == ["zwnj-plural", "zwnj-edge"]


def test_neither_text_without_dari_nor_the_inside_of_references_is_looked_at() -> None:
    assert lint('"Trafficking in Persons", 2025 ...', DARI, WORDS) == []
    assert lint("{a, b; c? 12 كي» (}", DARI, WORDS) == []
    assert rules("شمار {a, 1 ?}  تن") == ["double-space"]


def test_a_remedy_keeps_what_stands_beside_its_word() -> None:
    (found,) = lint("ا\u0653/WHO{a}", DARI, WORDS)
    assert (found.rule, found.replacement) == ("nfc", "آ/WHO{a}")


def test_accepted_words(tmp_path: Path) -> None:
    own = tmp_path / "words.txt"
    own.write_text("# ours\nآنها\nعلي  # his own spelling\nشامل اند\nخانه‌ی\n+93\n", encoding="utf-8")
    text = "«آنها» شامل اند؛ علي، خانه‌ی +93."
    assert rules(text) == ["zwnj-plural", "zwnj-copula", "arabic-letter", "heh-yeh", "digits"]
    assert rules(text, load_language_words(DARI, own)) == []
    assert rules("اینها، «آنها", load_language_words(DARI, own)) == ["zwnj-plural", "unbalanced"]


def test_a_publication_extends_verbs_and_compounds(tmp_path: Path) -> None:
    (tmp_path / "verbs.txt").write_text("تلفنید تلفن\n", encoding="utf-8")
    (tmp_path / "compounds.txt").write_text("خط‌مشی\nشب‌نامه spaced\nهم‌سایه joined\nبی‌قید‌وشرط\n", encoding="utf-8")
    words = load_language_words(DARI, *tmp_path.iterdir())
    text = "می تلفند خط مشی خطمشی شب نامه شبنامه هم سایه همسایه"
    assert rules(text) == []
    assert rules(text, words) == ["zwnj-verb", *4 * ["zwnj-compound"]]
    assert rules("بیقیدوشرط", words) == ["zwnj-privative"]


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
    bare = replace(WORDS, accepted_words=set(), checksum="none")
    assert [word for word in sorted(WORDS.accepted_words) if not lint(word, DARI, bare)] == []


PIECES = (
    "می نمی شود رفت ها های کتاب خانه اند ام ای ی بی سابقه بچه بازی کننده ۀ ه ا و ي ك {a} {@b} WHO 12 ۱۲ ٤ "
    ". , ، ؛ ? ؟ % ٪ - « » ‹ › ( ) \" ' ... ـ \u0654 \u0653 \u200c \u200f \u200b \ufeff \ufedb \ue000 \u0301"
)
GAPS = (" ", "\n", "\n\n", "\u00a0", "\t")
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from([*PIECES.split(), *GAPS]), max_size=30).map("".join))


@given(TEXTS)
def test_a_zwnj_remedy_removes_its_finding(text: str) -> None:
    for finding in lint(text, DARI, WORDS):
        if finding.rule.startswith("zwnj"):
            wrong, after = text[finding.start : finding.end], applied(text, finding)
            assert not any(
                f.rule == finding.rule and f.start == finding.start and after[f.start : f.end] == wrong
                for f in lint(after, DARI, WORDS)
            )


def timed(text: str) -> float:
    start = time.process_time()
    lint(text, DARI, WORDS)
    return time.process_time() - start


def test_speed() -> None:
    text = (CORPUS / "clean.txt").read_text(encoding="utf-8") * 5
    assert len(text.split()) >= 10_000
    # 0.051 s when measured; the bound leaves room for a busy machine.
    assert min(timed(text) for _ in range(3)) < 0.3
