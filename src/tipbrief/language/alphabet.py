"""Alphabetical order: sort keys, and the letter under which a name stands in an index."""

import unicodedata
from collections.abc import Iterator
from functools import cache

from tipbrief.language.language import Language
from tipbrief.language.unicode_text import normal_form

OTHER_HEADING = "…"  # of texts that begin with no letter of the alphabet
_SPACE, _SIGN, _DIGIT, _LETTER, _FOREIGN = range(5)
_TATWEEL = "\u0640"
LetterPositions = dict[str, tuple[tuple[int, int], int, str]]
SortKey = tuple[tuple[tuple[int, int], ...], tuple[int, ...], tuple[bool, ...]]


def sort_key(text: str, language: Language) -> SortKey:
    """The key by which texts sort word by word: first by letters, then by forms and signs, then by case."""
    known = _parse_alphabet(language.alphabet)
    places, forms, capitals = list[tuple[int, int]](), list[int](), list[bool]()
    for part in _collation_elements(text, known):
        if unicodedata.category(part) == "Mn":
            forms.append(ord(part))
        else:
            place, form, _ = known.get(part) or (_non_letter_position(part), 0, "")
            places.append(place)
            forms.append(form)
            capitals.append(part.isupper())
    return tuple(places), tuple(forms), tuple(capitals)


def first_letter(text: str, language: Language) -> str:
    """The letter under which an index lists a text; «…» if the text begins with no letter of the alphabet.

    In Dari آ is a letter before ا, as in dictionaries. أ and إ stand under ا, ؤ under و, ئ under ی.
    """
    known = _parse_alphabet(language.alphabet)
    found = known.get(next(_collation_elements(text, known), ""))
    return found[2] if found else OTHER_HEADING


@cache
def _parse_alphabet(alphabet: str) -> LetterPositions:
    """For each letter its position, its number as a form of that letter, and its heading.

    An alphabet has one word for each heading of an index. After a slash follow further letters under that heading.
    Characters directly after a letter are its forms. They count only if all letters are the same.
    """
    found: LetterPositions = {}
    for group in alphabet.split():
        for forms in group.split("/"):
            place = _LETTER, len(found)
            found |= {letter: (place, form, group[0]) for form, letter in enumerate(forms)}
    return found


def _collation_elements(text: str, known: LetterPositions) -> Iterator[str]:
    """The characters that count. Only letters of the alphabet keep their signs; others are decomposed."""
    for char in normal_form(text):
        for part in char if char in known else unicodedata.normalize("NFD", char):
            if unicodedata.category(part) != "Cf" and part != _TATWEEL:
                yield part


def _non_letter_position(char: str) -> tuple[int, int]:
    if char.isdecimal():
        return _DIGIT, unicodedata.decimal(char)
    if char.isspace():
        return _SPACE, 0
    return (_FOREIGN if char.isalpha() else _SIGN), ord(char.lower())
