"""Drawn lines: the glyphs of a line are written as PDF operators once.

Stands in for ``draw_first_line`` of ``weasyprint.draw.text``, and for ``Layout.reactivate`` and
``deactivate``: a layout is made again, and its text shaped again, only for a line that was not drawn before.

Why the result is the same: what is written follows from the letters, what their style says of letters
(``shaped_text.voice_of``), the spaces of justification, and the widths that the document has noted of these
glyphs so far. The first three are the key; the widths are compared, for WeasyPrint rounds a glyph's width at
the size at which a document shows it first, and kerns by that ever after. Place and colour are not in what is
kept. The document's fonts learn the same glyphs in the same order. A line whose font the document has not got
yet is drawn by WeasyPrint, which adds it; so are lines with an ellipsis, emojis, bitmaps, or characters that
no font has, each of which is warned of.

Needs ``shaped_text``. Bound: 5 MB of texts, operators and glyphs.
"""

from typing import Any

from weasyprint.draw import text as drawing
from weasyprint.text.line_break import Layout

from tipbrief.typeset.reuse.kept import Kept
from tipbrief.typeset.reuse.shaped_text import voice_of

MOST = 5_000_000
_A_LINE = 900  # bytes beside its text and operators
_MOST_WAYS = 4  # in which widths of one line may differ between documents
_MOST_GLYPHS = 20_000

# Of a glyph: its number, its letters, its width, whether that was measured for this line.
Glyph = tuple[int, str, int, bool]
# The name of a font and a size, a rise, or glyphs to show.
Step = tuple[str, int | float] | float | bytes


class Line:
    """A drawn line: its steps, and by each font's key what it knows of the glyphs."""

    __slots__ = ("fonts", "steps")

    def __init__(self, steps: tuple[Step, ...], fonts: tuple[tuple[int, tuple[Glyph, ...]], ...]) -> None:
        self.steps, self.fonts = steps, fonts


_lines: Kept[tuple[Line, ...]] = Kept(MOST)
_glyphs: dict[Glyph, Glyph] = {}
_draw_first_line = drawing.draw_first_line
_reactivate = Layout.reactivate


def put() -> None:
    """Draw each line once."""
    drawing.draw_first_line = draw_first_line
    Layout.reactivate = reactivate
    Layout.deactivate = deactivate


def reactivate(self: Any, style: Any) -> None:
    """Note with which style the layout is to be made again, should it be needed."""
    self.style = style


def deactivate(self: Any) -> None:
    """Let go of what Pango holds, if anything."""
    for name in ("layout", "language", "style"):
        self.__dict__.pop(name, None)


def draw_first_line(
    stream: Any, textbox: Any, text_overflow: Any, block_ellipsis: Any, matrix: Any
) -> list[Any]:
    """Draw a line as it was drawn before, or as WeasyPrint draws it; the emojis still to be drawn."""
    layout, style = textbox.pango_layout, textbox.style
    if text_overflow == "ellipsis" or block_ellipsis != "none":
        voice = None
    else:
        if not textbox.text.strip() or style["font_size"] < 1e-6:
            return []
        voice = voice_of(style)
    if voice is None:
        _reactivate(layout, style)
        return _drawn(stream, textbox, text_overflow, block_ellipsis, matrix)
    question = (layout.text, voice, layout.justification_spacing)
    weight = _A_LINE + 8 * len(layout.text)
    ways = _lines.find(question, weight) or ()
    for line in ways:
        if (fonts := _fonts_of(stream, line)) is not None:
            _draw_again(stream, line, fonts, matrix)
            return []
    record = _Record(stream)
    _reactivate(layout, style)
    emojis = _drawn(record, textbox, text_overflow, block_ellipsis, matrix)
    if record.usual:
        _lines.keep(question, (*ways[1 - _MOST_WAYS :], record.line()), weight)
    return emojis


def _drawn(*asked: Any) -> list[Any]:
    emojis: list[Any] = _draw_first_line(*asked)
    return emojis


def _fonts_of(stream: Any, line: Line) -> list[Any] | None:
    """The document's fonts for a line; None where it lacks one, or would place the glyphs otherwise."""
    fonts = []
    for key, glyphs in line.fonts:
        font = stream._fonts.get(key)
        if font is None:
            return None
        known = font.widths
        for glyph, _, width, measured in glyphs:
            met = known.get(glyph)
            if not (measured if met is None else met == width):
                return None
        fonts.append(font)
    return fonts


def _draw_again(stream: Any, line: Line, fonts: list[Any], matrix: Any) -> None:
    for font, (_, glyphs) in zip(fonts, line.fonts, strict=True):
        letters_of, width_of = font.to_unicode, font.widths
        for glyph, letters, width, _ in glyphs:
            if glyph not in letters_of:
                letters_of[glyph] = letters
            if glyph not in width_of:
                width_of[glyph] = width
    stream.set_text_matrix(*matrix.values)
    for step in line.steps:
        if type(step) is bytes:
            stream.stream.append(step)
        elif type(step) is tuple:
            stream.set_font_size(*step)
        else:
            stream.set_text_rise(step)


class _Record:
    """Stands before a document's stream while a line is drawn into it, and notes what is drawn."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.ink_rect, self.logical_rect = stream.ink_rect, stream.logical_rect
        self.set_text_matrix = stream.set_text_matrix
        self.steps: list[Step] = []
        self.fonts: dict[int, _Font] = {}
        self.usual = True

    def add_font(self, pango_font: Any) -> tuple[Any, float]:
        font, size = self.stream.add_font(pango_font)
        if font.svg or font.png or font.colr or font.bitmap:
            self.usual = False
        key = next(key for key, one in self.stream._fonts.items() if one is font)
        return self.fonts.setdefault(key, _Font(font, self)), size

    def set_font_size(self, name: str, size: float) -> None:
        self.steps.append((name, size))
        self.stream.set_font_size(name, size)

    def set_text_rise(self, rise: float) -> None:
        self.steps.append(rise)
        self.stream.set_text_rise(rise)

    def show_text(self, text: str) -> None:
        self.stream.show_text(text)
        self.steps.append(self.stream.stream[-1])

    def line(self) -> Line:
        fonts = tuple((key, font.glyphs()) for key, font in self.fonts.items())
        return Line(tuple(self.steps), fonts)


class _Font:
    """Stands before a document's font while a line is drawn, and notes what the line has to do with it."""

    def __init__(self, font: Any, record: _Record) -> None:
        self._font, self._record = font, record
        self.to_unicode = _Letters(font.to_unicode)
        self.widths = _Widths(font.widths)

    def __getattr__(self, name: str) -> Any:
        if name == "get_unused_glyph_id":  # a character that no font has
            self._record.usual = False
        return getattr(self._font, name)

    def glyphs(self) -> tuple[Glyph, ...]:
        """The line's glyphs of this font."""
        if len(_glyphs) > _MOST_GLYPHS:
            _glyphs.clear()
        made = (
            (glyph, self.to_unicode[glyph], width, glyph not in self.widths.met)
            for glyph, width in self.widths.items()
        )
        return tuple(_glyphs.setdefault(one, one) for one in made)


class _Letters(dict[int, str]):
    """The letters of a line's glyphs, which are told to the document where it knows none."""

    def __init__(self, known: dict[int, str]) -> None:
        super().__init__()
        self._known = known

    def __setitem__(self, glyph: int, letters: str) -> None:
        super().__setitem__(glyph, letters)
        self._known.setdefault(glyph, letters)


class _Widths(dict[int, int]):
    """The widths of a line's glyphs: those that the document had ``met``, and others, which it is told."""

    def __init__(self, known: dict[int, int]) -> None:
        super().__init__()
        self._known = known
        self.met: set[int] = set()

    def __contains__(self, glyph: object) -> bool:
        if super().__contains__(glyph):
            return True
        if glyph in self._known:
            super().__setitem__(glyph, self._known[glyph])
            self.met.add(glyph)
            return True
        return False

    def __setitem__(self, glyph: int, width: int) -> None:
        super().__setitem__(glyph, width)
        self._known[glyph] = width
