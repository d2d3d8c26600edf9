"""Surplus: words and signs that a page shows and its HTML does not have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import unescape

from tipbrief.language.language import known_languages, load_language
from tipbrief.verify.html_text import PrintedBlock, split_into_tokens, text_without_tags
from tipbrief.verify.painted_objects import PaintedText
from tipbrief.verify.pdfium import PdfiumDocument, PdfiumPage
from tipbrief.verify.word_comparison import TaggedBlock, UntaggedText

_BODY = re.compile(r"<body\b[^>]*>")
# What the template gives the page's own foot to print.
_FOOT = re.compile(r'\bdata-(foot|edition|code|newest)="([^"]*)"')
_LANGUAGE = re.compile(r'<html\b[^>]*\blang="([\w-]{1,35})"')
_DRAWN_TEXT = re.compile(r"<text\b[^>]*>(.*?)</text>", re.S)
_TABLE_HEAD = re.compile(r"<thead\b.*?</thead>", re.S)
_SOURCE_ITEM = re.compile(r'<li\b[^>]*\bid="source-\d')
# Line ends and lists may add the excluded ones; vowel marks go with their letters.
_SIGN = re.compile("[^\\w\\s\u00ad\u064b-\u065f•‐–-]|_")
_BULLETS = ("– ", "• ")  # the whole text of a list item's mark
_SIGN_BEFORE_DIGIT = re.compile(r"[-‐–]\s?\d|\d\s?[-‐–]")
# PDFium mirrors them in text from right to left.
_MIRRORED = str.maketrans("»›)]}>≥”", "«‹([{<≤“")


def find_surplus(
    document: PdfiumDocument,
    html: str,
    blocks: Sequence[PrintedBlock],
    tagged: Sequence[TaggedBlock],
    untagged: Sequence[UntaggedText],
) -> Iterator[tuple[int, str]]:
    """What pages show and the HTML lacks, each with its page: words and numbers, signs; and a lost edition code."""
    body = next(iter(_BODY.findall(html)), "")
    foot = {name: unescape(text) for name, text in _FOOT.findall(body)}
    count = len(document.pages)
    expected = Counter(token for block in blocks for token in block.tokens)
    for text in _DRAWN_TEXT.findall(html):
        expected.update(split_into_tokens(text_without_tags(text, " ")))
    heads = [text_without_tags(head, " ") for head in _TABLE_HEAD.findall(html)] * (count - 1)  # again on each page
    expected.update(token for head in heads for token in split_into_tokens(head))
    known = Counter(token for text in foot.values() for token in split_into_tokens(text))
    numbered = _page_number_tokens(html, count)
    for page, numbers in zip(document.pages, numbered, strict=True):
        loose = Counter(token for one in untagged if one.page is page for token in one.tokens)
        for name, what in (("code", "the edition's code"), ("newest", "that there may be a newer edition")):
            if lost := Counter(split_into_tokens(foot.get(name, ""))) - loose:
                yield page.number, f"{what} is not printed: «{' '.join(lost)}» is missing"
        expected += known & loose
        expected += numbers & (loose - known)
    list_numbers = _find_list_numbers(html, tagged)
    expected += list_numbers
    shown = Counter(token for block in tagged for line in block for token in line.tokens)
    shown.update(token for one in untagged for token in one.tokens)
    if surplus := shown - expected:
        pages = {token: line.page.number for block in tagged for line in block for token in line.tokens}
        pages |= {token: one.page.number for one in untagged for token in one.tokens if token in surplus}
        for token in surplus:
            yield pages[token], f"«{token}» is printed, and the HTML does not say it"
    texts = [*(block.text for block in blocks), *heads, "." * list_numbers.total()]
    yield from _find_surplus_signs(document.pages, html, texts, foot)


def _find_list_numbers(html: str, tagged: Sequence[TaggedBlock]) -> Counter[str]:
    """The numbers that a style sets beside the items of numbered lists, in the digits of the HTML's language."""
    tag = next(iter(_LANGUAGE.findall(html)), "")
    shown = Counter(tuple(sorted(token for line in block for token in line.tokens)) for block in tagged)
    numbers = Counter[str]()
    for numbered in html.split("<ol")[1:] if tag in known_languages() else ():
        for count, item in enumerate(numbered.partition("</ol>")[0].split("<li")[1:], 1):
            if 'id="source-' in item:  # sources have theirs in the text
                continue
            number = load_language(tag).digits(count)
            words = tuple(sorted([number, *split_into_tokens(text_without_tags(f"<li{item}"))]))
            if shown[words]:
                shown[words] -= 1
                numbers[number] += 1
    return numbers


def _page_number_tokens(html: str, count: int) -> list[Counter[str]]:
    """What each page's number adds, as the catalogue of the HTML's language words it."""
    tag = next(iter(_LANGUAGE.findall(html)), "")
    if tag not in known_languages():
        return [Counter(split_into_tokens(f"{number} {count}")) for number in range(1, count + 1)]
    language = load_language(tag)
    found = []
    for number in range(1, count + 1):
        values = {"page": language.digits(number), "pages": language.digits(count)}
        long = Counter(split_into_tokens(language.gettext("Page %(page)s of %(pages)s", **values)))
        found.append(long | Counter(split_into_tokens(language.gettext("Page %(page)s", page=values["page"]))))
    return found


def _find_surplus_signs(
    pages: Sequence[PdfiumPage], html: str, texts: Iterable[str], foot: dict[str, str]
) -> Iterator[tuple[int, str]]:
    """Signs that styles add, such as a minus before a number."""
    expected = _count_signs("\n".join(texts))
    for text in _DRAWN_TEXT.findall(html):
        expected += _count_signs(text_without_tags(text))
    expected["."] += len(_SOURCE_ITEM.findall(html))
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
            gap = max(one.box[0] - last.box[2], last.box[0] - one.box[2])
            found += " " if gap < one.size and abs(one.box[1] - last.box[1]) < one.size else " x "
        found, last = found + one.text, one
    return found


def _count_signs(text: str) -> Counter[str]:
    plain = text.replace("…", "...")
    signs = Counter(filter(str.isprintable, "".join(_SIGN.findall(plain)).translate(_MIRRORED)))
    if dashes := len(_SIGN_BEFORE_DIGIT.findall(plain)):
        signs["–"] = dashes
    return signs
