"""The order of the Dari alphabet: sort keys, and the letter under which a name stands in an index."""

from __future__ import annotations

from functools import cache
from typing import Any

_LOCALE = "fa-AF"
# Unicode's rules for Dari are those of Pashto, where ه stands before و and a ZWNJ counts as a space.
# A Dari alphabet ends و ه ی, and a ZWNJ only shapes the letters beside it.
_RULES = f"""
[import {_LOCALE}]
&و<ه<<<ۀ<<<ه\u0654<<*ەہھةۃ
&[last tertiary ignorable]=\u200c=\u200d
"""


def sort_key(text: str) -> bytes:
    """Bytes that stand in the order of the Dari alphabet, word by word; hamza counts after all letters."""
    key: bytes = _collator().getSortKey(text)
    return key


def first_letter(text: str) -> str:
    """The letter of the Dari alphabet under which a text is listed; «…» when it begins with no such letter.

    آ is a letter of its own before ا, as in Dari dictionaries; أ and إ stand under ا, ؤ under و, ئ under ی.
    """
    index = _index()
    label: str = index.getBucket(index.getBucketIndex(text))[0]
    return label


# ICU is imported where it is used: reading and checking a dataset needs no order, and should not wait for it.
@cache
def _collator() -> Any:
    from icu import RuleBasedCollator

    return RuleBasedCollator(_RULES)


@cache
def _index() -> Any:
    from icu import AlphabeticIndex, Locale

    index = AlphabeticIndex(_collator())
    index.addLabels(Locale(_LOCALE))
    return index.buildImmutableIndex()
