"""Where sentences begin."""

import pytest

from tipbrief.compose.provenance import split_sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two? Three", ["One. ", "Two? ", "Three"]),
        ("The U.S. State Department. It did.", ["The U.S. State Department. ", "It did."]),
        ("At 5 p.m. today.{@one two} Then", ["At 5 p.m. today.{@one two} ", "Then"]),
        ("چرا؟ «چون۔» بلی.", ["چرا؟ ", "«چون۔» ", "بلی."]),
    ],
)
def test_a_text_is_parted_where_sentences_begin(text: str, parts: list[str]) -> None:
    assert split_sentences(text) == parts
