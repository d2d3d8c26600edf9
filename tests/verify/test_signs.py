"""Honest tables and figures are sound: cells of signs alone, and numbers that stand beside one another."""

import json
from html import escape
from pathlib import Path
from random import Random

import pytest

from tests.support import FONTS, fit_document
from tests.verify.test_audit import LEFT_TO_RIGHT, RIGHT_TO_LEFT, faults, page
from tipbrief.pipeline import document
from tipbrief.pipeline.session import Session
from tipbrief.typeset.engine import Typesetter
from tipbrief.verify import pdfium
from tipbrief.verify.audit import Expectation, audit_pdf

SIGNS_ALONE = [
    "..",
    "…",
    "*",
    "†",
    "—",
    "؟",
    "?",
    "%",
    "+",
    "[?]",
    "-",
    "–",
    "−",
    "n/a",
    "(…)",
    "**",
    "™",
    "№",
    "½",
    "®",
]
SIGNS = "!#$%&'()*+,-./:;<=>?@[]^_|~¡¢£¤¥¦§©¬°±¶·¿×÷،؍؛؟٪٭—–‘’“”«»„†‡•‰′″‹›⁄€−≈≠≤≥"
WORDS = {
    "fa-AF": ["آب", "کشور", "کتاب‌ها", "می‌رود", "۱۲٬۳۴۵", "۷٫۵٪", "km", "½", "۳½"],
    "ps": ["اوبه", "هېواد", "ښوونځی", "۱۲٬۳۴۵", "۷٫۵", "GDP"],
    "en": ["water", "Côte", "don’t", "12,345", "7.5%", "CO2", "m²"],
}
ROOTS = {"fa-AF": RIGHT_TO_LEFT, "ps": 'lang="ps" dir="rtl"', "en": LEFT_TO_RIGHT}
COLOURS = ("#1c2326", "#0f4c5c", "#a8432f", "#566167", "#b8c0c3", "#eef1f2")
COLOUR_NAMES = ("ink", "accent", "signal", "grey", "line", "tint")


@pytest.fixture(scope="module")
def press() -> Typesetter:
    return Typesetter(FONTS / "prepared", {})


def random_cell(random: Random, tag: str) -> str:
    """A cell as offices write them: a sign alone, some signs, or words and numbers with signs between them."""
    if random.random() < 0.4:
        return random.choice(SIGNS_ALONE)
    signs = ["".join(random.choices(SIGNS, k=random.randint(1, 3))) for _ in range(2)]
    if random.random() < 0.3:
        return signs[0]
    return " ".join([random.choice(WORDS[tag]), *random.sample(signs, random.randint(0, 2))])


def random_table(random: Random, tag: str) -> str:
    """A table of such cells, with such heads."""
    lines = []
    for name in ("th", *["td"] * random.randint(1, 12)):
        cells = (escape(random_cell(random, tag)) for _ in range(3))
        lines.append("<tr>" + "".join(f"<{name}>{cell}</{name}>" for cell in cells) + "</tr>")
    return f"<table>{''.join(lines)}</table>"


SEEDS = [*range(20), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 170))]


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_of_any_signs_are_sound(press: Typesetter, seed: int) -> None:
    tag = [*WORDS][seed % 3]
    random = Random(seed)
    tables = "".join(random_table(random, tag) for _ in range(3))
    html = page(
        f"<h1>{WORDS[tag][0]}</h1>{tables}",
        "table { width: 100%; table-layout: fixed; line-height: 1.5 } td, th { padding: 0 2mm }",
        root=ROOTS[tag],
    )
    assert faults(press, html, expected=Expectation(language=tag), thorough=False) == []


@pytest.mark.parametrize("sign", SIGNS_ALONE)
def test_a_sign_that_a_style_adds_is_found_beside_cells_of_signs(press: Typesetter, sign: str) -> None:
    table = f"<table><tr><td>کشور</td><td>۱۲</td></tr><tr><td>آب</td><td>{sign}</td></tr></table>"
    html = page(f"<p>متن</p>{table}")
    added = html.replace("</style>", " p::before { content: '§ ' } </style>")
    assert faults(press, html) == []
    assert faults(press, added, html) == ["page 1: the sign «§» is printed, and the HTML does not have it"]


@pytest.mark.parametrize(
    "style",
    [
        "body { text-transform: uppercase }",
        "p { text-transform: capitalize }",
        "p { text-transform: lowercase }",
        "h1 { font-variant: small-caps }",
        "p::first-letter { font-size: 180%; line-height: 1 }",
        "h1 { letter-spacing: .05em }",
        "h1 { background: linear-gradient(90deg, #eef1f2, #ffffff) }",
        "p { background: linear-gradient(rgba(0, 0, 0, .08), rgba(0, 0, 0, 0)) }",
        "table { background: radial-gradient(#eef1f2, #ffffff) }",
        "h1 { box-shadow: 0 1mm 2mm rgba(0, 0, 0, .2); border-radius: 2mm; background: #eef1f2 }",
        "p { opacity: .85 }",
        "h1 { text-decoration: underline; border-bottom: 3pt double #0f4c5c }",
        "tr { background: #eef1f2 } td, th { border: .5pt solid #888 }",
        "ul { list-style: disc inside }",
        "h1::before { content: ''; display: inline-block; width: 3mm; height: 3mm; background: #a8432f }",
    ],
)
def test_ordinary_design_is_sound_in_the_build_and_in_verify(press: Typesetter, style: str) -> None:
    html = page(
        "<h1>Human trafficking in the world</h1><p>The report of 2025 says that 133,943 victims were found.</p>"
        "<ul><li>Iran</li><li>North Korea</li></ul>"
        "<table><tr><th>Year</th><th>Victims</th></tr><tr><td>2023</td><td>133,943</td></tr></table>",
        style,
        root=LEFT_TO_RIGHT,
    )
    pdf = press.typeset_html(html).final_pdf
    for thorough in (False, True):
        report = audit_pdf(pdf, Expectation(pages=1, language="en"), html, thorough=thorough)
        assert [one.message for one in report.problems if one.severity == "error"] == []


@pytest.mark.parametrize("gap", ["0", "-.5pt", "-2pt"])
def test_two_numbers_that_touch_are_an_error(press: Typesetter, gap: str) -> None:
    cells = "<li>974.580338</li><li>428.801</li>"
    style = f"li {{ display: inline-block; margin-inline-end: {gap} }}"
    html = page(f"<p>Figures</p><ul>{cells}</ul>", style, root=LEFT_TO_RIGHT)
    found = faults(press, html, expected=Expectation(pages=1, language="en"))
    assert any("touch" in message or "overlap" in message for message in found)


def write_figures(random: Random, tag: str, folder: Path) -> None:
    """A publication whose only sheet has one to nine figures, of one to fourteen digits and up to six decimals."""
    (folder / "briefs").mkdir(parents=True)
    word = WORDS[tag][0]
    figures = {}
    for number in range(random.randint(1, 9)):
        digits, decimals = random.randint(1, 14), random.randint(0, 6)
        value = random.randint(10 ** (digits - 1), 10**digits - 1)
        if decimals:
            value %= 10 ** (15 - decimals)
        part = random.randint(1, 10**decimals) if decimals else 0
        shown = float(f"{value}.{part:0{decimals}d}") if decimals else value
        figures[f"f{number}"] = {"kind": "reported", "value": shown, "label": word, "sources": ["s"]}
    block: dict[str, object] = {"figures": [*figures]}
    block = random.choice(
        [block, {"panel": {"blocks": [block]}}, {"columns": {"widths": "1:1", "left": [block], "right": [block]}}]
    )
    texts = dict.fromkeys(("title", "publisher"), word)
    files = {
        "sources": {"s": {**texts, "address": "https://example.org/x"}},
        "figures": figures,
        "publication": {
            **texts, "id": "figures", "series": word, "language": tag, "published": "2025-10-01",
            "colours": dict(zip(COLOUR_NAMES, COLOURS, strict=True)),
        },
        "briefs/main": {
            "title": word, "subtitle": word, "short": word, "subject": word, "pages": "auto",
            "blocks": [block, {"sources": {"title": word}}],
        },
    }  # fmt: skip
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def touching_numbers(pdf: bytes) -> list[tuple[str, str]]:
    """The pairs of headline figures, of one line, that lack a gap between them."""
    found = []
    with pdfium.open_with_pdfium(pdf) as opened:
        for sheet in opened.pages:
            numbers = [text for text in sheet.texts if text.text.strip()[-1:].isdigit() and text.size > 9]
            for place, text in enumerate(numbers):
                for other in numbers[:place]:
                    box, beside = sheet.letter_box(text), sheet.letter_box(other)
                    gap = max(box[0], beside[0]) - min(box[2], beside[2])
                    if abs(text.baseline - other.baseline) < 1 and gap < 0.1 * min(text.size, other.size):
                        found.append((text.text, other.text))
    return found


@pytest.mark.parametrize(
    "seed", [27, 34, *range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(50, 250))]
)
def test_figures_of_any_length_stand_apart_or_are_refused(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    tag = [*WORDS][seed % 3]
    write_figures(random, tag, tmp_path / "figures")
    form = {
        "paper": random.choice(["a4", "a5", "letter"]),
        "profile": random.choice(["office", "screen", "large", "grey"]),
    }
    session = Session.open(tmp_path / "figures", **form)
    fit = fit_document(document.compose_document(session, "main"))
    pdf = fit.typesetting.final_pdf
    report = audit_pdf(pdf, Expectation(language=tag, paper=None), fit.html, thorough=False)
    errors = [one.message for one in report.problems if one.severity == "error"]
    if errors:
        assert all("touch" in one or "overlap" in one or "place of" in one for one in errors)
        return
    assert touching_numbers(pdf) == []
