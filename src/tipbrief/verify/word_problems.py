"""Word problems: words that a finished PDF lost, shows out of order, or has in surplus of its HTML."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import chain

from tipbrief.language.language import Language, known_languages, load_language
from tipbrief.language.unicode_text import ZWNJ
from tipbrief.problems import Problem
from tipbrief.verify.html_text import READ_AS, split_into_tokens, text_without_tags
from tipbrief.verify.painted_objects import PaintedText
from tipbrief.verify.pdfium import PageFaults, PdfiumDocument, PdfiumPage
from tipbrief.verify.word_comparison import Line, LostWord, PrintedBlocks, Reading, TaggedBlocks

_BODY = re.compile(r"<body\b[^>]*>")
# What the template gives the page's own foot to print.
_FOOT = re.compile(r'\bdata-(foot|edition|code|newest)="([^"]*)"')
_LANGUAGE = re.compile(r'<html\b[^>]*\blang="([\w-]{1,35})"')
_DRAWN_TEXT = re.compile(r"<text\b[^>]*>(.*?)</text>", re.S)
_TABLE_HEAD = re.compile(r"<thead\b.*?</thead>", re.S)
_NUMBERED_LIST = re.compile(r"<ol\b([^>]*)>(.*?)(?=</ol>|<ol\b)", re.S)
_LIST_START = re.compile(r'\bstart="?([0-9]{1,6})')
_SOURCE_ITEM = re.compile(r'<li\b[^>]*\bid="source-\d')
# Line ends and lists may add the excluded ones; vowel marks go with their letters.
_SIGN = re.compile("[^\\w\\s\u00ad\u0300-\u036f\u064b-\u065f•‐–-]")
_BULLETS = ("– ", "• ")  # the whole text of a list item's mark
# Beginning with one set of characters, both patterns are looked for ten times as fast.
_SIGN_BEFORE_DIGIT = re.compile(r"[-‐–\d](?:(?<!\d)\s?\d|(?<=\d)\s?[-‐–])")
# PDFium mirrors them in text from right to left.
_MIRRORED = str.maketrans("»›)]}>≥”’", "«‹([{<≤“‘")
MAX_WORDS = 10  # lost words that are told one by one
_LONGEST_QUOTATION = 60  # letters
PREPARE = "set the text in the prepared fonts; tipbrief fonts prepare makes them"


def find_word_problems(document: PdfiumDocument, readings: Sequence[Reading]) -> Iterator[Problem]:
    """Each word that is lost, once for all readers; and words out of order, where none is lost by the tags."""
    lost: defaultdict[str, list[tuple[str, LostWord]]] = defaultdict(list)
    for reading in readings:
        for item in reading.lost:
            if not (item.page and document.pages[item.page - 1].is_overlapped(item.token)):
                lost[item.token].append((reading.reader, item))
    by_page = sorted(lost.items(), key=lambda item: item[1][0][1].page or sys.maxsize)
    for token, items in by_page[:MAX_WORDS]:
        yield _lost_word_problem(document, token, items)
    if len(lost) > MAX_WORDS:
        yield Problem(f"… and {len(lost) - MAX_WORDS} more words are not read back", hint=PREPARE)
    displaced = readings[0].displaced
    if displaced and not readings[0].lost:
        shown = " ".join(item.token for item in displaced[:MAX_WORDS])
        message = f"{on_page(displaced[0].page)}words are read out of order ({len(displaced)} in all): «{shown}»"
        hint = "the tags, and the words on each line, must follow the HTML: position, float and dir change the order"
        yield Problem(message, hint=hint)


def _lost_word_problem(document: PdfiumDocument, token: str, items: Sequence[tuple[str, LostWord]]) -> Problem:
    readers = ", ".join(dict.fromkeys(reader for reader, _ in items))
    page = next((item.page for _, item in items if item.page), 0)
    instead = next((item.instead for _, item in items if item.instead), "")
    font = document.pages[page - 1].find_font_name(instead) if instead and page else ""
    notes = "; ".join(filter(None, [readers, f"font {font}" if font else ""]))
    if not instead:
        why = "it is not printed, its letters are read otherwise, or vowel marks part it"
        hint = f"{why}: write it without them"
    elif instead == token.replace(ZWNJ, ""):
        hint = f"the font loses the ZWNJ: {PREPARE}"
    elif sorted(instead) == sorted(token):
        hint = f"one glyph stands for two letters: {PREPARE}"
    else:
        hint = PREPARE
    word = f"{on_page(page)}«{token}»"
    message = f"{word} is read back as «{instead}» ({notes})" if instead else f"{word} is not read back ({notes})"
    return Problem(message, hint=hint)


def shorten(text: str) -> str:
    """A text as a problem quotes it."""
    return text if len(text) <= _LONGEST_QUOTATION else text[:_LONGEST_QUOTATION] + "…"


def on_page(page: int) -> str:
    """The head of a message about a page, where it is known."""
    return f"page {page}: " if page else ""


def find_surplus(
    document: PdfiumDocument, html: str, blocks: PrintedBlocks, tagged: TaggedBlocks, untagged: Sequence[Line]
) -> PageFaults:
    """What pages show and the HTML lacks, each with its page: words and numbers, signs; and a lost edition code."""
    foot = {name: unescape(text) for name, text in _FOOT.findall(next(iter(_BODY.findall(html)), ""))}
    count = len(document.pages)
    expected = Counter(token for block in blocks for token in block.tokens)
    for text in _DRAWN_TEXT.findall(html):
        expected.update(split_into_tokens(text_without_tags(text, " ")))
    heads = [text_without_tags(head, " ") for head in _TABLE_HEAD.findall(html)] * (count - 1)  # again on each page
    expected.update(token for head in heads for token in split_into_tokens(head))
    known = Counter(token for text in foot.values() for token in split_into_tokens(text))
    tag = next(iter(_LANGUAGE.findall(html)), "")
    language = load_language(tag) if tag in known_languages() else None
    for number, page in enumerate(document.pages, 1):
        loose = Counter(token for one in untagged if one.page is page for token in one.tokens)
        for name, what in (("code", "the edition's code"), ("newest", "that there may be a newer edition")):
            if lost := Counter(split_into_tokens(foot.get(name, ""))) - loose:
                yield page.number, f"{what} is not printed: «{' '.join(lost)}» is missing"
        expected += known & loose
        expected += _page_number_tokens(language, number, count) & (loose - known)
    list_numbers = _find_list_numbers(html, tagged, language)
    expected += list_numbers
    lines = [*chain.from_iterable(tagged), *untagged]
    if surplus := Counter(token for line in lines for token in line.tokens) - expected:
        pages = {token: line.page.number for line in lines for token in line.tokens}
        for token in surplus:
            if document.pages[pages[token] - 1].is_overlapped(token):
                continue
            yield pages[token], f"«{token}» is printed, and the HTML does not say it"
    texts = [*(block.text for block in blocks), *heads, "." * list_numbers.total()]
    yield from _find_surplus_signs(document.pages, html, texts, foot)


def _find_list_numbers(html: str, tagged: TaggedBlocks, language: Language | None) -> Counter[str]:
    """The numbers that a style sets beside the items of numbered lists: in Latin digits, or the HTML's own."""
    shown = Counter(tuple(sorted(token for line in block for token in line.tokens)) for block in tagged)
    numbers = Counter[str]()
    for attributes, numbered in _NUMBERED_LIST.findall(html):
        start = _LIST_START.search(attributes)
        for count, item in enumerate(numbered.split("<li")[1:], int(start[1]) if start else 1):
            if 'id="source-' in item:  # sources have theirs in the text
                continue
            words = split_into_tokens(text_without_tags(f"<li{item}"))
            for number in {str(count), language.digits(count) if language else str(count)}:
                # A strip is no list to its readers, so that numbers beside its years would be strange ones.
                alone = () if "class=" in attributes else (number,)
                if found := next((one for one in (tuple(sorted([number, *words])), alone) if one and shown[one]), ()):
                    shown[found] -= 1
                    numbers[number] += 1
    return numbers


def _page_number_tokens(language: Language | None, number: int, count: int) -> Counter[str]:
    """What a page's number adds, as the catalogue of the HTML's language words it."""
    if language is None:
        return Counter(split_into_tokens(f"{number} {count}"))
    values = {"page": language.digits(number), "pages": language.digits(count)}
    long = Counter(split_into_tokens(language.gettext("Page %(page)s of %(pages)s", **values)))
    return long | Counter(split_into_tokens(language.gettext("Page %(page)s", page=values["page"])))


def _find_surplus_signs(
    pages: Sequence[PdfiumPage], html: str, texts: Sequence[str], foot: dict[str, str]
) -> PageFaults:
    """Signs that styles add, such as a minus before a number."""
    expected = _count_signs("\n".join(texts))
    for text in _DRAWN_TEXT.findall(html):
        expected += _count_signs(text_without_tags(text))
    expected["."] += len(_SOURCE_ITEM.findall(html))
    # A cell of a dash may stand beside a cell of a number.
    expected["–"] += sum(text.strip() in ("-", "‐", "–") for text in texts)
    around = _count_signs("\n".join(foot.values()) + " · · ·")
    found, places = Counter[str](), dict[str, int]()
    for page in pages:
        signs = Counter[str]()
        for mark in (True, False):
            text = _join_texts(one for one in page.texts if (one.mark >= 0) == mark and one.text not in _BULLETS)
            signs += _count_signs(text) if mark else _count_signs(text) - around
        found += signs
        places |= dict.fromkeys(signs, page.number)
    for sign, number in (found - expected).items():
        times = "" if number == 1 else f", {number} times"
        yield places[sign], f"the sign «{sign}» is printed{times}, and the HTML does not have it"


def _join_texts(texts: Iterable[PaintedText]) -> str:
    """Texts with a letter between those that do not stand side by side: a dash belongs to no number elsewhere."""
    found, last = "", None
    for one in texts:
        if last:
            gap, reach = max(one.box[0] - last.box[2], last.box[0] - one.box[2]), min(one.size, last.size)
            found += " " if gap < reach and abs(one.box[1] - last.box[1]) < reach else " x "
        found, last = found + one.text, one
    return found


def _count_signs(text: str) -> Counter[str]:
    plain = text.translate(READ_AS)
    found = _SIGN.findall(plain) + ["_"] * plain.count("_")
    signs = Counter(sign.translate(_MIRRORED) for sign in found if sign.isprintable())
    if dashes := len(_SIGN_BEFORE_DIGIT.findall(plain)):
        signs["–"] = dashes
    return signs
