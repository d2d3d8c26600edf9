"""Text runs: the texts and pictures of laid-out pages, in the order of their tags."""

from typing import NamedTuple


class PictureDataCell(NamedTuple):
    """A cell of a table for screen readers; ``scope`` is Row or Column for a header cell, else empty."""

    text: str
    scope: str = ""


class PictureData(NamedTuple):
    """The numbers that a picture shows, as a table: the rows of its head and of its body."""

    caption: str
    head: tuple[tuple[PictureDataCell, ...], ...]
    body: tuple[tuple[PictureDataCell, ...], ...]


class TextRun(NamedTuple):
    """A text or a picture, its language, and the text that screen readers say for it."""

    text: str  # a line ends with a line feed, and a forced break is two
    language: str
    spoken_text: str
    is_visual_only: bool = False
    picture_data: PictureData | None = None
    is_drawn: bool = True  # if not, it holds what an empty cell or item says


class LinkTargets(NamedTuple):
    """The index of the text run to which each anchor and each bookmark leads; None if no tag holds that text."""

    anchors: dict[str, int | None]
    bookmarks: list[int | None]
