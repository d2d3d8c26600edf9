"""A text is shaped once, and breaks as it does in WeasyPrint."""

from collections import OrderedDict
from types import SimpleNamespace

import pytest

from tests.typeset.patches.turns import page, turns

ENGLISH = "Extraordinarily long characterisations of nongovernmental organisations\u00a0are broken. " * 4
DARI = "هر خط دری از راست به چپ می‌رود و در آن عدد ۱۲۳٫۴ و واژهٔ Latin می‌آید. " * 4

STYLES = (
    "",
    "p { hyphens: auto }",
    "p { hyphens: auto; hyphenate-character: '·'; hyphenate-limit-chars: 12 4 6 }",
    "p { hyphens: auto; hyphenate-limit-zone: 30% }",
    "p { hyphens: auto; hyphenate-limit-zone: calc(10% + 1px) }",
    "p { letter-spacing: 1.5pt }",
    "p { word-spacing: 3pt }",
    "p { text-align: justify }",
    "p { text-align: justify; letter-spacing: -.2pt }",
    "p { white-space: pre-wrap; tab-size: 9 }",
    "p { white-space: pre-wrap; tab-size: 30px }",
    "p { white-space: nowrap }",
    "p { word-break: break-all }",
    "p { overflow-wrap: anywhere; width: 9mm }",
    "p { font-feature-settings: 'kern' 0, 'ss01' 1; font-kerning: none }",
    "p { font-variant-caps: small-caps; font-variant-numeric: tabular-nums }",
    "p { font-weight: 700; font-size: 15.5px; line-height: 2.2 }",
    "p { font-size: 0 } b { font-size: 10px }",
    "b { vertical-align: middle; line-height: 30px }",
    "p::first-line { font-size: 20px } p::first-letter { font-size: 30px; float: inline-start }",
    "p { display: flex } b { float: inline-start }",
    "p { display: table-cell; width: 1% } b { display: inline-block; direction: ltr }",
)


def pages() -> list[str]:
    body = f"<p>{ENGLISH}<b>well-known</b>\tco\u00adop\u00aderation, a\nb</p>"
    body += f"<p lang='ps' dir='rtl'>{DARI}<b>۱۲</b></p>"
    drawn = "<svg viewBox='0 0 99 20'><text x='50' y='9' text-anchor='middle'>Two ۲ words</text></svg>"
    narrow = "body { width: 45mm } "
    made = [page(body, narrow + one, "ltr", "en") for one in STYLES]
    return [*made, page(body + drawn, narrow), page(body + drawn, narrow + STYLES[7])]


def test_texts_break_as_they_do_in_weasyprint() -> None:
    made = turns(pages(), "shaping")
    made.require_same()
    assert made.shaped < made.plain_shaped


def test_a_text_is_asked_for_once_and_anew_where_a_face_was_added() -> None:
    later = "p { font-family: Later, Vazirmatn }"
    face = "@font-face { font-family: Later; src: url(ADDRESS) } "
    fallback, with_face = page(f"<p>{DARI}</p>", later), page(f"<p>{DARI}</p>", face + later)
    made = turns([fallback] * 3 + [with_face] + [fallback] * 3, "shaping")
    assert made.plain[0] != made.plain[4]  # the font configuration has the face from then on
    assert made.kept == made.plain
    assert made.shaped * 3 < made.plain_shaped


def test_what_is_asked_for_stays_and_what_is_not_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    from tipbrief.typeset.patches import shaping

    asked: list[str] = []

    def split(text: str, *_: object) -> tuple[object, str]:
        asked.append(text)
        return SimpleNamespace(), text

    def ask(text: str) -> None:
        assert shaping.split_first_line(text, {"white_space": "normal"}, None, 9.0, 0.0)[1] == text

    monkeypatch.setattr(shaping, "_lines", OrderedDict())
    monkeypatch.setattr(shaping, "_MAX_LINES", 10)
    monkeypatch.setattr(shaping, "_split_first_line", split)
    monkeypatch.setattr(shaping, "_find_shaping_style", lambda style: "letters")
    for number in range(100):
        ask("often")
        ask(str(number))
    assert len(shaping._lines) == 10
    ask("0")
    ask("99")
    assert [asked.count(text) for text in ("often", "0", "99")] == [1, 2, 1]
    long = "x" * 1001
    ask(long)
    ask(long)
    assert asked.count(long) == 2, "it would take the room of many"
