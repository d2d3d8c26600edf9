"""Which words are found, and in order, however a reader turns the lines."""

import random
from difflib import SequenceMatcher

from tipbrief.verify.alignment import Reading, Stream, compare
from tipbrief.verify.html_text import read_printed_blocks, split_into_tokens
from tipbrief.verify.readers import Line


def compared(promised: str, *pages: list[str], reach: int = 8) -> Reading:
    lines = [
        Line(number, tuple(split_into_tokens(line))) for number, read in enumerate(pages, start=1) for line in read
    ]
    return compare("reader", read_printed_blocks(promised), lines, reach)


def test_a_raised_mark_may_turn_the_parts_of_its_line() -> None:
    reading = compared(
        "<p>این گزارش سالانه است<sup>۱۰</sup> و از اپریل تا مارچ</p>",
        ["و از ۱۰ این گزارش سالانه است", "اپریل تا مارچ"],
    )
    assert (reading.found, reading.in_order) == (10, 10)
    without_mark = compared("<p>این گزارش سالانه است و از اپریل</p>", ["و از این گزارش سالانه است", "اپریل"])
    assert [item.token for item in without_mark.displaced] == ["و", "از"]


def test_two_raised_marks_may_turn_three_parts_of_a_line() -> None:
    reading = compared(
        "<h2>برگۀ نمونه</h2>"
        "<p>جدول ۳۴ سطر دارد.<sup>۱</sup> رقم ۴۸۰ نمونه است؛<sup>۲</sup> منابع خود را بنویسید.</p>"
        "<p>جدول</p>",
        ["برگۀ نمونه", "۲ منابع خود را بنویسید", "۱ رقم ۴۸۰ نمونه است", "جدول ۳۴ سطر دارد", "جدول"],
    )
    assert (reading.found, reading.lost, reading.displaced) == (17, [], [])
    without = compared("<h2>برگۀ نمونه</h2><p>سطر دارد رقم نمونه است منابع خود</p>",
                       ["برگۀ نمونه", "منابع خود", "رقم نمونه است", "سطر دارد"])  # fmt: skip
    assert len(without.displaced) == 4


def test_a_vowel_mark_is_not_compared_and_may_turn_the_parts_of_its_line() -> None:
    read = ["و از این گزارش سالانه مثلا،ً", "اپریل تا مارچ"]
    reading = compared("<p>این گزارش سالانه مثلاً، و از اپریل تا مارچ</p>", read)
    assert (reading.found, reading.in_order) == (9, 9)
    read = ["است کار این گفتنی", "سالانه گزارش مثلا"]
    reading = compared("<p>این کار مثلاً گزارش سالانه گفتنی است</p>", read)
    assert (reading.found, reading.displaced) == (7, [])


def test_a_raised_mark_may_be_glued_to_its_number() -> None:
    for read in ("سال ۶۲۰۲۳ بود", "سال ۲۰۲۳۶ بود", "سال ۲۰۲۳ بود ۶"):
        reading = compared("<p>سال ۲۰۲۳<sup>۶</sup> بود</p>", [read])
        assert (reading.found, reading.lost, reading.displaced) == (4, [], [])
    assert compared("<p>سال ۲۰۲۳ ۶ بود</p>", ["سال ۶۲۰۲۳ بود"]).found == 2
    # What is one with its mark may look like a number that is one with another.
    chain = "<p>ردیف ۲<sup>۵</sup> روی نقشه</p><p>گزارش ۲۵<sup>۱</sup> آمد</p>"
    reading = compared(chain, ["ردیف ۲۵ روی نقشه", "گزارش ۲۵۱ آمد"])
    assert (reading.found, reading.lost, reading.displaced) == (9, [], [])


def test_a_long_block_has_the_first_choice() -> None:
    reading = compared("<p>ردیف دوم</p><p>فهرست نظارت ردیف دوم</p>", ["فهرست نظارت ردیف دوم", "ردیف", "دوم"])
    assert (reading.found, reading.in_order) == (6, 6)


def test_what_is_painted_late_may_stand_between_the_parts_of_a_block_on_two_pages() -> None:
    first = "گزارش سالانۀ وزارت خارجۀ ایالات متحده"
    second = "کار حکومت را در مبارزه با قاچاق انسان سنجیده است"
    late = " ".join(f"نشان{letter}" for letter in "ابپتثجچحخدذرزژسشصض")
    block = f"<p>{first} {second}</p><p>{late}</p>"
    whole = len(f"{first} {second} {late}".split())
    for one, other in ((first, second), (second, first)):
        promised = f"<p>{one} {other}</p><p>{late}</p>"
        over = compared(promised, [one, late], [other])
        assert (over.in_order, over.displaced) == (whole, [])
    assert compared(block, [first, late, second]).in_order < whole
    assert compared(block, [second], [first, late]).in_order < whole


def test_words_of_a_footer_are_not_taken_for_those_of_a_block_that_goes_on_overleaf() -> None:
    first = "قاچاق انسان نام فراگیر جرمی است که در آن قاچاقچیان بزرگسالان یا کودکان را"
    second = "به کار یا به عمل جنسی تجارتی وادار می‌کنند و به زیان آنان سود می‌برند ایالات متحده دو شکل اصلی"
    footer = "قاچاق انسان در جهان نومبر صفحۀ از ویرایش هر چاپ یک نسخه است پیش از پخش بپرسید که آیا تازه‌تری هست"
    promised = f"<p>{first} {second}</p><p>{footer}</p>"
    assert compared(promised, [first, footer], [second]).displaced == []


def test_a_word_that_is_in_the_footer_too_does_not_keep_the_words_before_it_from_overleaf() -> None:
    first = "متحده ایالات یې دوې اصلي بڼې پېژني جنسي قاچاق جبري کار هر کله چې داسې کس په سوداګریز جنسي"
    second = "عمل کې وکارول شي جرم دی که زور یا جبر پکې وي او که نه وي"
    footer = "افغانستان، د انساني قاچاق راپور، مخ له څخه لا نه ده خپره شوې"
    promised = f"<p>{first} {second}</p><p>{footer}</p>"
    assert compared(promised, [first, footer], [second, footer], reach=20).displaced == []
    header = "که زور"
    promised = f"<p>{second} {first}</p><p>{header}</p>"
    assert compared(promised, [second], [header, first], reach=20).displaced == []


def test_the_last_word_of_a_page_may_by_chance_be_the_one_before_what_goes_on_overleaf() -> None:
    """«Page 3 of 6» stands before the words that follow an «of» of the block: a run of it over two pages."""
    first = "Tier 2 Watch List: The government does not fully meet the standards of the law of"
    second = "2000 and makes efforts, but is under watch: for instance victims are many, and action is late"
    chart = ["Watch List", "Tier 2", "Tier 2"]
    footer = "Angola, 2025 report. This sheet may have been updated; ask before you hand it out. Page 3 of 6"
    promised = "".join(f"<p>{block}</p>" for block in (f"{first} {second}", *chart, footer))
    assert compared(promised, [first, *chart, footer], [second]).displaced == []


FOOT = "قاچاق انسان در جهان نومبر صفحۀ از هنوز توزیع نشده است"


def test_a_raised_mark_may_turn_the_last_line_of_a_page_of_a_block_that_goes_on_overleaf() -> None:
    """The line's first part stands last on the page; what goes on overleaf is its second."""
    first = "به گزارش صدای امریکا برای درک دقیق از مقیاس آن بر منابع گوناگون تکیه شده و چندین سازمان در"
    one, other = "تهیۀ معلومات دخیل بوده‌اند", "به گفتۀ رویترز نزدیک"
    second = "به سه ماه دیرتر نشر شد پس از برکناری بیشتر کارمندان دفتر آن"
    promised = f"<p>{first} {one}.<sup>۱۱</sup> {other} {second}</p><p>{FOOT}</p>"
    assert compared(promised, [first, f"۱۱ {other} {one}", FOOT], [second, FOOT]).displaced == []
    without = compared(promised.replace("<sup>۱۱</sup>", ""), [first, f"{other} {one}", FOOT], [second, FOOT])
    assert len(without.displaced) == 4


def test_of_the_words_around_a_raised_mark_the_nearest_are_taken() -> None:
    """A longer block chooses first: it leaves to a shorter one the same word, some lines above."""
    above = "طرف به پروتوکول پالرمو پیوسته‌اند و نهاد هماهنگ‌کننده دارند"
    begins = "شمارۀ سالانه سال را در بر دارد"
    goes_on = "گزارش صدای امریکا برای درک دقیق از مقیاس قاچاق انسان"
    promised = f"<p>{above}</p><p>{begins}.<sup>۱۰</sup> به {goes_on}</p>"
    reading = compared(promised, [above, f"به ۱۰ {begins}", goes_on])
    assert (reading.lost, reading.displaced) == ([], [])


def test_the_longest_run_is_that_of_difflib_whatever_is_claimed() -> None:
    """All words of a part in one place are found without it, the same place and no other."""
    chosen, whole = random.Random(15), 0
    for _ in range(3000):
        words = chosen.choices("abcd", k=chosen.randint(1, 30))
        stream = Stream([Line(1, tuple(words))])
        for place in chosen.sample(range(len(words)), chosen.randint(0, len(words) // 3)):
            stream.claim_word(place)
        wanted = chosen.choices("abcde", k=chosen.randint(1, 4))
        stream._matcher.set_seq1(wanted)
        first, start = chosen.randint(0, len(wanted)), chosen.randint(0, len(words))
        part = first, chosen.randint(first, len(wanted)), start, chosen.randint(start, len(words))
        matcher = SequenceMatcher(None, wanted, stream.free, autojunk=False)
        found = stream._longest(*part)
        assert found == tuple(matcher.find_longest_match(*part))
        whole += found[2] == part[1] - part[0] > 1
    assert whole > 30


COPY = "شمارش از می تا میزان پایید و چاه تازه یافت شد"
TAIL = "کارمندان World Water Week نیز آمدند"


def test_a_paragraph_on_two_pages_of_which_a_mark_turns_the_last_line_is_found_on_each() -> None:
    """The first does not take what stands turned on the second page for what goes on there."""
    promised = f"<p>{COPY}.<sup>۲، ۳</sup> {TAIL}</p>"
    read = [TAIL, f"۲ ۳ {COPY}", FOOT]
    reading = compared(f"{promised}{promised}<p>{FOOT}</p>", read, read[:2])
    assert (reading.lost, reading.displaced) == ([], [])
    torn = compared(f"{promised}{promised}<p>{FOOT}</p>", read, [TAIL[::-1], f"۲ ۳ {COPY}"])
    assert torn.lost
    assert len(compared(promised.replace("<sup>۲، ۳</sup>", ""), read[:2]).displaced) == 6


def test_what_goes_on_overleaf_is_found_there_whatever_else_its_page_has() -> None:
    first = "گزارش سالانۀ وزارت خارجۀ ایالات متحده از سال نخست تا سال بیستم می‌گوید که"
    second = "کار حکومت را در مبارزه با قاچاق انسان سنجیده است"
    other = "حکومت را انسان در قاچاق است"
    late = " ".join(f"نشان{letter}" for letter in "ابپتثجچحخدذرزژسشصض")
    promised = f"<p>{first} {second}</p><p>{other}</p><p>{late}</p>"
    for shown in (other, "حکومت را", "است"):
        promised = f"<p>{first} {second}</p><p>{shown}</p><p>{late}</p>"
        assert compared(promised, [first, shown, late], [second]).displaced == []


def test_words_go_on_behind_the_parts_of_a_line_that_marks_turned() -> None:
    first = "له انساني او قاچاق کې اوبه هېواد پر ځای نه کېږي"
    second, line = "چې په تله سپټمبر کې شوی دی", "خو بیا هم نور خلک راغلل"
    promised = f"<p>{first}.<sup>۱</sup> {second} {line}</p><p>نور</p>"
    reading = compared(promised, [f"{second} ۱ {first}", line, "نور"])
    assert (reading.lost, reading.displaced) == ([], [])


def test_a_block_that_stands_in_one_piece_chooses_before_a_longer_one_that_does_not() -> None:
    """The longer one would take a word out of the middle of it for its own last one, overleaf."""
    longer = "گزارش سالانۀ وزارت خارجۀ ایالات متحده همه را گفته و نوشته و چاپ کرده"
    whole = "چاه‌های روستا ژرف است در بهار و تابستان"
    promised = f"<p>{longer} است</p><p>{whole}</p>"
    assert compared(promised, [longer, whole], ["است"]).displaced == []


def test_a_number_that_stands_by_itself_is_no_number_with_its_mark() -> None:
    promised = "<p>در سال ۱<sup>۲</sup> آب بود</p><p>شمار چاه‌های کنده ۱۲ است</p>"
    read = ["در سال ۱ آب بود ۲", "شمار چاه‌های کنده ۱۲ است"]
    assert compared(promised, read).lost == []
    assert [one.token for one in compared(promised, [read[0], read[1].replace("۱۲", "۱۳")]).lost] == ["۱۲"]


def test_letters_of_two_scripts_are_two_words() -> None:
    assert split_into_tokens("PDFها و PDF\u200cها و می‌شود") == ["PDF", "ها", "و", "PDF", "ها", "و", "می‌شود"]
