"""Two readers that the audit does not ask read no less of the world brief than before: docs/explanation/text-layer.md.

What is missing is pypdf's: it turns Persian digits round.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.readers import QUERIES, by_pypdf, count, expected, mupdf, search_in_text

READ = Callable[[Path], str]


@pytest.mark.parametrize(
    ("read", "words", "numbers", "zwnj"), [(mupdf, 1, 1, 1), (by_pypdf, 0.99, 0.55, 1)], ids=["MuPDF", "pypdf"]
)
def test_other_readers_read_no_less_than_they_did(
    world: Path, read: READ, words: float, numbers: float, zwnj: float
) -> None:
    pdf = world / "tip-2025-world.pdf"
    html, queries = pdf.with_suffix(".html").read_text("utf-8"), QUERIES["world"]
    printed, text = expected(html, queries), read(pdf)
    found = count(html, text)
    assert found.words >= words * printed.words
    assert found.numbers >= numbers * printed.numbers
    assert found.zwnj >= zwnj * printed.zwnj
    must_be_found = "قاچاق انسان", "خارجۀ", "می‌شود", "Natural Earth"
    in_html = dict(zip(queries, printed.hits, strict=True))
    for query, hits in zip(must_be_found, search_in_text(text, must_be_found), strict=True):
        assert hits >= in_html[query] > 0, query


def test_what_is_missing_or_turned_round_is_not_counted() -> None:
    html = "<p>وزارت خارجۀ امریکا در ۲۰۲۵ می‌شود</p>"
    assert count(html, "وزارت خارجه\u0654 امریکا در ۵۲۰۲ می شود").words == 4
    whole = count(html, "در ۲۰۲۵ وزارت خارجۀ امریکا می‌شود")
    assert (whole.words, whole.numbers, whole.zwnj) == (5, 1, 1)
    assert count(html, "امریکا امریکا").words == 1
