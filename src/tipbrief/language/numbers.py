"""Numbers in Persian digits, and read from any."""

import re
from decimal import Decimal

from tipbrief.language.text import LRI, PDI, RLM

# Each script's ten digits, and what stands between them: groups of three, decimals, per cent.
LATIN_DIGITS, PERSIAN_DIGITS, ARABIC_DIGITS = "0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"
THOUSANDS, DECIMALS, PERCENT = "٬", "٫", "٪"
ANY_DIGIT = LATIN_DIGITS + PERSIAN_DIGITS + ARABIC_DIGITS
_TO_PERSIAN = str.maketrans(LATIN_DIGITS + ARABIC_DIGITS, PERSIAN_DIGITS * 2)
TO_LATIN = str.maketrans(PERSIAN_DIGITS + ARABIC_DIGITS + DECIMALS, LATIN_DIGITS * 2 + ".", THOUSANDS)
NUMBER = re.compile(rf"[{ANY_DIGIT}]+(?:[{THOUSANDS},][{ANY_DIGIT}]{{3}})*(?:[{DECIMALS}.][{ANY_DIGIT}]+)?")
MOST_DIGITS = 18  # of a number: sums are exact, and no line is too short for it
# Nouns that follow a number of things, and measures: of them a number may have decimals.
_COUNTED = (
    "نفر تن شخص فرد قربانی کودک طفل زن مرد دختر پسر خانواده خانوار فامیل کارگر شاگرد متعلم مهاجر پناهنده "
    "زندانی متهم مظنون محکوم کشته زخمی مورد قضیه دوسیه پرونده پیگرد محکومیت کشور حکومت ولایت ولسوالی "
    "قریه شهر مکتب خانه باب جلد عدد دانه دستگاه بار مرتبه رأس"
)
_MEASURED = (
    "فیصد درصد ٪ درجه متر کیلومتر سانتی‌متر میلی‌متر هکتار جریب کیلو کیلوگرام گرام لیتر ساعت دقیقه ثانیه "
    "روز هفته ماه سال هزار میلیون میلیارد افغانی دالر یورو کلدار روپیه تومان ریال وات کیلووات بشکه نمره"
)
_FOLLOWED = re.compile(r"[\s\u00a0]*(?:[٪%$€]|([^\W\d_][\w\u200c]*))")
_BEFORE_YEAR = re.compile(r"(?:سال|گزارش|سنه|مورخ)\S*[\s\u00a0]+\Z")
PERSIAN_NUMBER = re.compile(rf"[{PERSIAN_DIGITS}]+(?:[{THOUSANDS}{DECIMALS}][{PERSIAN_DIGITS}]+)*")


def digits(text: object) -> str:
    """The text with Latin and Arabic digits written as Persian ones."""
    return str(text).translate(_TO_PERSIAN)


def number(value: int | Decimal) -> str:
    """A number in Persian digits: groups of three with ٬, decimals after ٫.

    A minus is U+2212, kept at the right side of its digits by an isolate.
    """
    # The format "f": a Decimal would print as 1E+3 else.
    shown = digits(f"{abs(Decimal(value)):,f}".replace(",", THOUSANDS).replace(".", DECIMALS))
    return f"{LRI}\u2212{shown}{PDI}" if value < 0 else shown


def is_count(text: str, start: int, end: int) -> bool:
    """Whether the number there, which may be a year, is one of things or of a measure: «۱۴۸۰ نفر»."""
    if not (found := _FOLLOWED.match(text, end)) or _BEFORE_YEAR.search(text[max(0, start - 40) : start]):
        return False
    return found[1] is None or found[1] in f"{_COUNTED} {_MEASURED}".split()


def counts(unit: str) -> bool:
    """Whether what has this unit is counted, so that it is whole and not less than none."""
    return {*_MEASURED.split()}.isdisjoint(unit.split())


def percent(value: int | Decimal) -> str:
    """A number with ٪; the mark between them keeps the sign on the same side everywhere."""
    return f"{number(value)}{RLM}{PERCENT}"


def parse_number(text: str) -> Decimal:
    """The value of a number matched by ``NUMBER``, whatever its digits and separators."""
    return Decimal(text.translate(TO_LATIN).replace(",", ""))
