"""The text of an HTML page: its words block by block, and its whole text.

The whole text identifies an edition, so it must not change when an HTML library changes: hence a parser of our own.
It is also five times as fast as that of the standard library, and each correction reads all documents. A word is a
run of letters with the ZWNJ between them; a number is a run of digits.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import groupby
from pathlib import Path

from tipbrief.language.language import read_data_file
from tipbrief.language.unicode_text import normal_form

# Readers take a raised vowel mark for a line of its own, and put it elsewhere.
_VOWELS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
_VOWEL_MARKS = re.compile(f"[{_VOWELS}]+")
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"  # without × and ÷
# Letters of two scripts part, as letters and digits do: readers make two words of PDF with a Persian ending.
# Raised and lowered digits are letters to Python, and stand beside a word as a number does.
_SMALL_DIGIT = "\u00b2\u00b3\u00b9\u2070-\u2099"
_WORD = "|".join(
    rf"{letters}(?:[{_VOWELS}]*+[\u200c\u200d]*+{letters})*+[{_VOWELS}]*+"
    for letters in (rf"[{_LATIN}]++", rf"[^\W\d_{_LATIN}{_SMALL_DIGIT}]++")
)
_OTHER_DIGITS = r"(?:(?![0-9])\d)+"  # not of Latin ones, which begin another number
TOKEN = re.compile(
    rf"{_WORD}|[0-9]+(?:[.,][0-9]+)*|{_OTHER_DIGITS}(?:[\u066b\u066c]{_OTHER_DIGITS})*|[{_SMALL_DIGIT}]+"
)
TOKEN_OR_SIGN = re.compile(rf"{TOKEN.pattern}|[−+±%\u066a‰<>≤≥=]")
# PDFium reads these signs as letters or as other signs: both sides are compared so.
READ_AS = str.maketrans(
    {"®": "R", "™": "TM", "№": "No", "\ufdfc": "\u0631\u06cc\u0627\u0644", "¼": "1/4", "½": "1/2", "¾": "3/4"}
    | {"…": "...", "≠": "=/"}
    | dict.fromkeys("¨¯´¸", "")  # as marks of the letter before
)
# A style sheet or script, a comment, a declaration, or a tag, which alone has the groups two and three.
# What does not end goes on to the end of all: to look for its end again and again would take very long.
_MARKUP = re.compile(
    r"<(?:(?i:(style|script)\b[^<]*+(?:<(?!/\1\b)[^<]*+)*+(?:</\1\s*+|\Z))|"
    r"!--[^-]*+(?:-(?!->)[^-]*+)*+(?:--|\Z)|[!?][^>]*+|"
    r"(/?[A-Za-z][^\s/>]*+)([^>\"']*+(?:(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))[^>\"']*+)*+))(?:>|\Z)"
)
_ATTRIBUTE = re.compile(r"([^\s\"'>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++)))?+")
# The attributes that a reader sees, hears or follows; data-sum is the hash of a picture.
_CONTENT_ATTRIBUTE = re.compile(r'\b(?:alt|aria-label|href|data-foot|data-sum|data-drawn)="([^"]*)"')
_SPOKEN_ATTRIBUTE = re.compile(r'\b(?:alt|aria-label)="([^"]*)"')
# Texts for screen readers only, and ways to other files; links from a mark to its source, and of a drawn code.
_UNCOUNTED_CLASS = re.compile(r'\bclass="(?:heard|ways|back)"')
_UNCOUNTED_LINK = re.compile(r'\bhref="#(?:source-\d|corrections")|\bclass="current"')
# A mark of several sources is one text, though each number is a link.
_SOURCE_MARK = re.compile(r'<sup class="cite">(?:[^<]|</?a\b[^>]*>)*</sup>')
_SOURCE_LINK_START, _SOURCE_ID = 'href="#source-', re.compile(r'\bid="source-(\d{1,4})"', re.ASCII)
_TAG = re.compile(r"<[^>]*>")
_DIGIT = re.compile(r"\d")
_VISUAL_ONLY = 'aria-hidden="true"'
MAX_CACHED = 4000  # blocks, and words
UNPRINTED_TAGS, _VOID_TAGS, INLINE_TAGS = (
    frozenset(read_data_file(Path(__file__).with_suffix(".yaml"))[kind].split())
    for kind in ("unprinted", "void", "inline")
)


@dataclass(frozen=True, slots=True)
class PageHead:
    """What the HTML says of itself: languages, its own first; title and other facts by name; links; element counts."""

    languages: Sequence[str]
    facts: Mapping[str, str]
    links: Mapping[str, Sequence[str]]  # the words and numbers of all links to an address
    elements: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PrintedBlock:
    """The words and numbers of one paragraph, heading, list item or cell, in order; none if it has signs alone."""

    tokens: tuple[str, ...]
    rtl: bool
    text: str  # a line for each part between tags
    visual_only: frozenset[int] = frozenset()  # places of words hidden from screen readers, as a chart's labels


def split_into_tokens(text: str, pattern: re.Pattern[str] = TOKEN) -> list[str]:
    """The words and numbers of a text, in the normal form and without vowel marks."""
    return [token for part in text.split() for token in _find_tokens(part, pattern)]


# Most words of a sheet stand on others of its series, too.
@lru_cache(MAX_CACHED)
def _find_tokens(part: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(pattern.findall(readable_form(part)))


def readable_form(text: str) -> str:
    """A text as it is compared: in the normal form and in small letters, without vowel marks, as PDFium reads it."""
    # A style may print capitals, which say the same.
    return _VOWEL_MARKS.sub("", normal_form(text.translate(READ_AS))).casefold()


@lru_cache(MAX_CACHED)
def normal_token(token: str) -> str:
    """A word or number as it is compared."""
    return readable_form(token)


def text_without_tags(html: str, between: str = "") -> str:
    """The text of a part of a page, with the same in place of each tag."""
    return unescape(_TAG.sub(between, html))


def remove_head(html: str) -> str:
    """A page without its head, which has the fonts, and is far longer than all that is printed."""
    start, end = html.find("<head"), html.find("</head>")
    return html[:start] + html[end:] if 0 <= start < end else html


def whole_text(html: str) -> str:
    """All that a page says, its words and what its attributes say; each white space is one space."""
    # Not to which files its head leads: that the same is there in another language makes it no other edition.
    # Nor what is only heard of it: of a drawing, its ``data-drawn`` tells all that it shows.
    texts: list[str] = []
    heard, depth = "", 0  # the element that is only heard, and how many of its name are open in it
    drawn = False
    html = _SOURCE_MARK.sub(lambda mark: f" {_TAG.sub('', mark[0])} ", html)
    for text, tag, attributes in _iterate_texts_and_tags(html):
        if heard:
            depth += (tag == heard) - (tag == f"/{heard}")
            heard = heard if depth else ""
            continue
        texts.append(text)
        drawn = 'data-drawn="' in attributes if tag == "svg" else drawn
        is_unseen = "class=" in attributes and _UNCOUNTED_CLASS.search(attributes) and _is_hidden(attributes)
        # What a template of one's own shows under such a class is read.
        if (drawn and tag == "title") or (is_unseen and tag not in _VOID_TAGS):
            heard, depth = tag, 1
        elif '="' in attributes and tag != "link" and not (tag == "a" and _UNCOUNTED_LINK.search(attributes)):
            texts += _CONTENT_ATTRIBUTE.findall(attributes)
    return " ".join(unescape(" ".join(texts)).split())


def read_printed_blocks(html: str) -> list[PrintedBlock]:
    """The printed text of a page, block by block in the order of the source."""
    # The number of a source, which its list has from a style, is expected in the digits of the marks.
    blocks: list[PrintedBlock] = []
    texts: list[tuple[bool, bool, str]] = []  # whether each is raised, and only seen
    # The elements around, each with whether it is hidden, raised, only seen, and set from right to left.
    opened = [("", False, False, False, False)]
    open_names: Counter[str] = Counter()
    zero, leads = "", False  # of the marks, and whether the text is that of one
    for text, tag, attributes in _iterate_texts_and_tags(html):
        _, hidden, raised, seen, rtl = opened[-1]
        if not hidden:
            texts.append((raised, seen, unescape(text) + (" " if tag == "br" else "")))
        if leads and not zero and (digit := _DIGIT.search(text)):
            zero = chr(ord(digit[0]) - int(digit[0]))
        name = tag.removeprefix("/")
        if not name:
            continue
        leads = not zero and tag == "a" and _SOURCE_LINK_START in attributes
        if name not in INLINE_TAGS:
            blocks += _build_block(tuple(texts), rtl)
            texts.clear()
            if zero and tag == "li" and (source := _SOURCE_ID.search(attributes)):
                digits = {ord("0") + n: ord(zero) + n for n in range(10)}
                texts.append((False, False, source[1].translate(digits) + " "))
        if name != tag:
            while open_names[name] and len(opened) > 1:  # without this count, a search for each end
                last, *_ = opened.pop()
                open_names[last] -= 1
                if last == name:
                    break
        elif name == "body":
            # A head may have no end tag.
            opened = [*opened[:1], (name, _is_hidden(attributes), False, False, _is_rtl(attributes, around=rtl))]
            open_names = Counter([name])
        elif name not in _VOID_TAGS and not (hidden and attributes.endswith("/")):
            hidden = hidden or name in UNPRINTED_TAGS or _is_hidden(attributes)
            rtl = rtl if name in INLINE_TAGS or "dir" not in attributes.lower() else _is_rtl(attributes, around=rtl)
            seen = seen or _VISUAL_ONLY in attributes
            opened.append((name, hidden, raised or name in ("sup", "sub"), seen, rtl))
            open_names[name] += 1
    return [*blocks, *_build_block(tuple(texts), opened[-1][-1])]


def read_page_head(html: str) -> PageHead:
    """The languages, the facts, the links and the elements of a page."""
    facts, languages = dict[str, str](), dict[str, None]()
    links, address = defaultdict[str, list[str]](list), ""
    title, elements = False, Counter[str]()
    for text, tag, attributes in _iterate_texts_and_tags(html):
        elements[tag] += 1
        if title:
            facts.setdefault("title", unescape(text))  # the first one: a drawing has one, too
        if address:
            links[address] += split_into_tokens(unescape(text))
        title = tag == "title"
        address = "" if tag == "/a" else address
        if tag == "a" or "lang=" in attributes or tag == "meta":
            given = {name: unescape(value) for name, value in _parse_attributes(attributes).items()}
            languages |= dict.fromkeys(filter(None, [given.get("lang", "")]))
            address = given.get("href", "") if tag == "a" else address
            if tag == "meta" and "name" in given:
                facts[given["name"]] = given.get("content", "")
    return PageHead([*languages], facts, links, elements)


def read_spoken_tokens(html: str) -> list[str]:
    """All words, numbers and signs of a page, in order, with those that it only says: hidden ones, labels, titles."""
    texts: list[str] = []
    for text, tag, attributes in _iterate_texts_and_tags(html):
        texts.append(text)
        if tag.removeprefix("/") not in INLINE_TAGS or tag == "br" or "hidden" in attributes:
            texts.append(" ")
        if '="' in attributes:
            texts += (f" {said} " for said in _SPOKEN_ATTRIBUTE.findall(attributes))
    return split_into_tokens(unescape(_join_texts(texts)), TOKEN_OR_SIGN)


def _iterate_texts_and_tags(html: str) -> Iterator[tuple[str, str, str]]:
    """The text before each tag, the tag, and its attributes; the tag is empty for a style sheet, script or comment."""
    parts = _MARKUP.split(html)
    for text, tag, attributes in zip(parts[::4], [*parts[2::4], ""], [*parts[3::4], ""], strict=True):
        yield text, (tag or "").lower(), attributes or ""


def _parse_attributes(attributes: str) -> dict[str, str]:
    return {name.lower(): one or other or bare for name, one, other, bare in _ATTRIBUTE.findall(attributes)}


@lru_cache(MAX_CACHED)
def _is_hidden(attributes: str) -> bool:
    plain = attributes.lower()
    given = _parse_attributes(attributes) if "hidden" in plain or "style" in plain else {}
    return "hidden" in given or "display:none" in given.get("style", "").replace(" ", "")


def _is_rtl(attributes: str, *, around: bool) -> bool:
    given = _parse_attributes(attributes).get("dir", "").lower()
    return given == "rtl" if given in ("rtl", "ltr") else around


# Most blocks of a sheet stand on others of its series, too.
@lru_cache(MAX_CACHED)
def _build_block(texts: tuple[tuple[bool, bool, str], ...], rtl: bool) -> tuple[PrintedBlock, ...]:
    """The block of some texts, if anything is printed. A tag ends a number, not a word; a raised mark does."""
    tokens: list[str] = []
    visual_only: set[int] = set()
    for (_, seen), neighbours in groupby(texts, key=lambda item: item[:2]):
        found = split_into_tokens(_join_texts(text for *_, text in neighbours))
        visual_only |= {*range(len(tokens), len(tokens) + len(found))} if seen else set()
        tokens += found
    text = "\n".join(text for *_, text in texts)
    if not text.strip():
        return ()
    return (PrintedBlock(tuple(tokens), rtl, text, frozenset(visual_only)),)


def _join_texts(texts: Iterable[str]) -> str:  # two numbers that only their places tell apart stay two
    found = ""
    for text in texts:
        found += f" {text}" if found[-1:].isdigit() and text[:1].isdigit() else text
    return found
