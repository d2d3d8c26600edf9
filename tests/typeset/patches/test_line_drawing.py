"""A line is drawn once, and its glyphs stand where WeasyPrint places them."""

from tests.typeset.patches.test_shaping import DARI, ENGLISH, pages
from tests.typeset.patches.turns import page, turns

MORE = (
    "p { text-decoration: underline overline line-through; text-underline-offset: 3px }",
    "p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis }",
    "p { max-lines: 2; block-ellipsis: auto; continue: discard }",
    "p { block-ellipsis: ' (more)'; max-lines: 3; continue: discard; hyphens: auto }",
    "p { visibility: hidden } b { visibility: visible; color: #a00 }",
    "p { transform: rotate(3deg); opacity: .5 }",
    "p { position: absolute; top: 10mm; inset-inline-start: 5mm }",
    "b { vertical-align: super; font-size: 60% } p { font-variant-position: super }",
)
SIZES = ("7px", "7.3px", "31px")


def by_size(first: str) -> str:
    """A page with one line in three sizes.

    WeasyPrint rounds a glyph's width at the size at which it shows it first, and kerns all others by it.
    """
    line = "AVA To Tafel, ۱۲۳٫۴۵ و لا الله"
    others = [one for one in SIZES if one != first]
    return page("".join(f"<p style='font-size: {size}'>{line}</p>" for size in (first, *others)))


def test_lines_are_drawn_as_in_weasyprint() -> None:
    body = f"<p>{ENGLISH}<b>bold</b></p><p dir='rtl'>{DARI}<b>۱۲</b></p>"
    styled = [page(body, "body { width: 60mm } " + one, "ltr", "en") for one in MORE]
    sizes = [by_size(first) for first in SIZES]
    missing = page(f"<p>{DARI} 漢 😀</p>")
    made = turns([missing, *sizes, *pages(), *styled, missing], "shaping", "line_drawing")
    made.require_same()
    assert made.shaped < made.plain_shaped * 0.6
    assert len({*made.plain[1:4]}) == 3
    assert made.plain[0].count("notdef") == 2
