"""Text for voices: numbers in words, which a reader of words turns back into the numbers; a sentence a line."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.export.test_document_forms import export_known
from tipbrief.export.document_forms import load_template
from tipbrief.export.text_blocks import TextBlock, TextRun
from tipbrief.language.language import known_languages, load_language
from tipbrief.language.numbers import ANY_DIGIT, spell_number

# The words of this reader are typed here, not read from the languages' files.
UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "fa-AF": "صفر یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده",
    "ps": "صفر یو دوه درې څلور پنځه شپږ اووه اته نهه لس یوولس دوولس دیارلس څوارلس پنځلس شپاړس اوولس اتلس نولس",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "fa-AF": "بیست سی چهل پنجاه شصت هفتاد هشتاد نود",
    "ps": "شل دېرش څلوېښت پنځوس شپېته اویا اتیا نوي",
}
LARGE = {
    "en": {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    "fa-AF": {"صد": 100, "هزار": 10**3, "میلیون": 10**6, "میلیارد": 10**9, "تریلیون": 10**12},
    "fa-IR": {"هزار": 10**3, "میلیون": 10**6, "میلیارد": 10**9, "تریلیون": 10**12},
    "ps": {"سل": 100, "سوه": 100, "زر": 10**3, "زره": 10**3, "میلیون": 10**6, "میلیونه": 10**6, "میلیارد": 10**9,
           "میلیارده": 10**9, "تریلیون": 10**12, "تریلیونه": 10**12},
}  # fmt: skip
IRANIAN_HUNDREDS = "صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد"
TWENTIES = "یوویشت دوه_ویشت درویشت څلېرویشت پنځه_ویشت شپږویشت اووه_ویشت اته_ویشت نهه_ویشت"
MINUS = {"en": "minus", "fa-AF": "منفی", "fa-IR": "منفی", "ps": "منفي"}
AND = {"fa-AF": "و", "fa-IR": "و", "ps": "او"}


def read_number(text: str, tag: str) -> int:
    """The whole number that words say: each adds its value, and those of hundreds and more multiply what is before."""
    like = "fa-AF" if tag == "fa-IR" else tag
    small = {word: at for at, word in enumerate(UNITS[like].split())}
    small |= {word: 10 * at for at, word in enumerate(TENS[like].split(), 2)}
    if tag == "fa-IR":
        small |= {word: 100 * at for at, word in enumerate(IRANIAN_HUNDREDS.split(), 1)}
    if tag == "ps":
        small |= {word: at for at, word in enumerate(TWENTIES.split(), 21)}
        text = re.sub(r" (?=ویشت)", "_", text)
    words = [word for word in re.split(r"[ -]", text) if word != AND.get(tag)]
    sign = -1 if words[0] == MINUS[tag] else 1
    whole = part = 0
    for word in words[sign < 0 :]:
        if (factor := LARGE[tag].get(word, 0)) >= 1000:
            whole, part = whole + (part or 1) * factor, 0
        elif factor:
            # What stands before hundreds is a unit: 3 in "300".
            unit = part % 10 or 1
            part = part - part % 10 + unit * factor
        else:
            part += small[word]
    return sign * (whole + part)


NUMBERS = st.one_of(st.integers(-2000, 2000), st.integers(-(10**15) + 1, 10**15 - 1))


@pytest.mark.parametrize("tag", known_languages())
@given(value=NUMBERS)
def test_words_of_a_number_give_it_back(tag: str, value: int) -> None:
    assert read_number(spell_number(Decimal(value), load_language(tag).number_words), tag) == value


def test_each_number_below_a_thousand_has_words_of_its_own() -> None:
    for tag in known_languages():
        words = load_language(tag).number_words
        assert len({spell_number(Decimal(value), words) for value in range(1000)}) == 1000


def speak(text: str, tag: str) -> list[str]:
    blocks = [TextBlock(runs=[TextRun(text)])]
    written = load_template("document.spoken.txt").render(blocks=blocks, language=load_language(tag))
    return [line for line in written.splitlines() if line]


WELLS = "Of one thousand two hundred four wells zero point zero five percent; "
WELLS += "two thousand nineteen to two thousand twenty-one."
BOOKS = ["دوازده هزار و سیصد و چهل و پنج ممیز پنج کتاب.", "پنجاه و شش درصد آن!"]
NAMES = ["Ask A. B. Smith.", "zero zero seven “So.”", "WORLD/six · 41f8."]


@pytest.mark.parametrize(
    ("tag", "text", "said"),
    [
        ("fa-AF", "۷ میزان ۱۴۰۴", ["هفت میزان یک هزار و چهار صد و چهار."]),
        ("fa-IR", "۱۲٬۳۴۵٫۵ کتاب. ۵۶\u200f٪ آن!", BOOKS),
        ("ps", "\u2066−۷\u2069 متره، ۲۴٪", ["منفي اووه متره، څلېرویشت سلنه."]),
        ("en", "Of 1,204 wells 0.05%; 2019–2021:", [WELLS]),
        ("en", "Ask A. B. Smith. 007 “So.” WORLD/6 · 41f8", NAMES),
        ("en", "1234567890123456", ["one two three four five six seven eight nine zero one two three four five six."]),
        ("fa-AF", "۲۰۲۵-۰۹", ["دو هزار و بیست و پنج-صفر نه."]),
    ],
)
def test_numbers_are_said(tag: str, text: str, said: list[str]) -> None:
    assert speak(text, tag) == said


@pytest.mark.parametrize("name", ["world", "world.ps", "world.en", "country-AFG", "all"])
def test_a_document_for_voices_has_no_digits_marks_or_addresses(name: str) -> None:
    lines = export_known(name)[1]["spoken.txt"].decode().splitlines()
    ends = load_language(name.partition(".")[2] or "fa-AF").sentence_ends
    assert len(lines) > 30
    for line in lines:
        assert line.rstrip('»”")')[-1] in ends, line
        assert not re.search(r"[\u200e\u200f\u2066-\u2069†\[\]]|https?://", line), line
        for word in line.split():
            assert not {*word} & {*ANY_DIGIT} or re.search("[A-Za-z]", word), line
