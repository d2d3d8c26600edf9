"""Leaves: what the boxes of laid-out pages say, in the order in which they are tagged."""

from __future__ import annotations

from typing import NamedTuple


class PictureDataCell(NamedTuple):
    """A cell of a table that is only heard; ``scope`` says what it heads, or is empty."""

    text: str
    scope: str = ""


class PictureData(NamedTuple):
    """The numbers that a picture shows, as a table: the rows of its head and of its body."""

    caption: str
    head: tuple[tuple[PictureDataCell, ...], ...]
    body: tuple[tuple[PictureDataCell, ...], ...]


class TextRun(NamedTuple):
    """A text or a picture: its text and language; what is said for it; if it is only seen, or only heard.

    In both texts a line ends with a line feed, and with two where it was ended on purpose. A picture may have
    numbers. Only heard is what an empty cell or item says.
    """

    text: str
    language: str
    spoken_text: str
    is_visual_only: bool = False
    picture_data: PictureData | None = None
    is_drawn: bool = True
