"""Styles: a publication's own follow the shipped ones; none lead out of the page or name other fonts."""

import re
import shutil
from pathlib import Path

import pypdfium2
import pytest

from tests.support import BASE, GOLDEN, PACKAGE, ROOT, TIP_2025, contents, letters_on, problems_of, run_well
from tipbrief.assets import find_shipped_folder
from tipbrief.colour_contrast import dark_mode_colour
from tipbrief.compose.stylesheets import COLOUR_PROPERTIES, MAX_THEME_LETTERS, load_theme, style_faults
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.inputs import check_publication
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem

OURS = ("Vazirmatn",)
WRITER = (PACKAGE / "compose" / "html_writer.py").read_text(encoding="utf-8")
# Of the pages that are made of a publication; the page around a watch has colours and fonts of its own.
FILES = [
    path
    for path in (ROOT / "templates").rglob("*")
    # These pages are the editor's own, and no edition.
    if path.suffix in (".css", ".j2", ".svg") and path.stem.partition(".")[0] not in ("watch", "drafts")
]


def faults(css: str, families: tuple[str, ...] = OURS) -> list[str]:
    return [one.message for one in style_faults(css, families)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small sound publication."""
    return Path(shutil.copytree(BASE, tmp_path / "publication"))


def themed(folder: Path, css: str) -> list[Problem]:
    (folder / "theme.css").write_text(css, encoding="utf-8")
    return load_theme(folder, OURS)[1]


def test_shipped_styles_take_every_colour_from_the_publication() -> None:
    """A photocopy is black and white; large print has black letters; the square code is read by a machine."""
    found = {
        (path.name, colour)
        for path in FILES
        for colour in re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text(encoding="utf-8"))
        if path.stem != "grey"
    }
    assert found == {
        ("screen.css", "#ffffff"),  # behind the square code, also on dark screens
        ("map.html.j2", "#ffffff"),  # paper
        ("lines.html.j2", "#ffffff"),  # paper, inside an open mark
        ("pictogram.html.j2", "#ffffff"),  # the same
        ("strip.html.j2", "#ffffff"),  # paper, inside a year that is inferred
        ("large.css", "#000000"),
        ("large.css", "#333a3e"),
    }


def test_shipped_styles_have_no_fault() -> None:
    """Of the families that a page has: what is no template yet can be looked at as it stands."""
    for path in FILES:
        if path.suffix == ".css" and "{{" not in (text := path.read_text(encoding="utf-8")):
            assert faults(text) == [], path


def test_the_colours_of_a_page_are_those_of_the_publication_by_day_and_night() -> None:
    html = compose_document(Session.open(GOLDEN), "all").html()
    day, night = (
        dict(re.findall(r"(--[a-z-]+): (#\w+);", root)) for root in re.findall(r":root \{ (--paper.*?) \}", html)
    )
    assert day.keys() == night.keys() == COLOUR_PROPERTIES
    assert night == {name: dark_mode_colour(colour) for name, colour in day.items()}


@pytest.mark.parametrize(
    ("css", "said"),
    [
        ("p { font-family: Georgia }", "the font 'Georgia' is not there"),
        ("p { FONT-FAMILY: 'Times New Roman' }", "the font 'Times New Roman' is not there"),
        ("p { font-family: Vazirmatn, serif }", "the font 'serif' is not there"),
        ("p { font-family: initial }", "the font 'initial' is not there"),
        ("p { f\\6fnt-family: G\\65orgia }", "the font 'Georgia' is not there"),
        ("p { font: bold 9pt/1.2 Arial, Vazirmatn }", "the font 'Arial' is not there"),
        ("p { font: caption }", "the font 'caption' is not there"),
        ("p { font-family: var(--x) }", "the font 'var(--x)' is not there"),
        ("p { font-family: var(--family, Arial) }", "the font 'var(--family, Arial)' is not there"),
        (":root { --family: Arial }", "the font 'Arial' is not there"),
        ("@page { @top-left { font-family: Arial } }", "the font 'Arial' is not there"),
        ("@media screen { @supports (a: b) { p { font-family: Arial } } }", "the font 'Arial' is not there"),
        ("p { b { font-family: Arial } }", "the font 'Arial' is not there"),
        ("@import 'x.css';", "styles may have no '@import'"),
        ("@\\69mport url(data:text/css,p);", "styles may have no '@import'"),
        ("@font-face { font-family: x; src: url(data:font/ttf,x) }", "styles may have no '@font-face'"),
        ("@media print { @font-face { font-family: x } }", "styles may have no '@font-face'"),
        ("p { background: url(https://x) }", "the page would lose 'https://x': it has all inside"),
        ("p { background: u\\72l('//x') }", "the page would lose '//x': it has all inside"),
        ("p { background: image-set('a.png' 1x) }", "the page would lose 'a.png': it has all inside"),
        ("p { --x: url(../a.png) }", "the page would lose '../a.png': it has all inside"),
        ("p { src: url(data:font/ttf,x) }", "the page would lose 'data:font/ttf,x': it has all inside"),
        *((css, "") for css in (
            'p { font-family: "Vazirmatn" }', "p { font: inherit }",
            "p { font-family: var(--family) }", "p { font-family: inherit; font-size: 9pt }",
            'p { font: 700 9pt/12pt "Vazirmatn" }', "@page { @bottom-left { font-family: Vazirmatn } }",
            "p { background: url(templates/a.png) }", "p { background: url('./templates/a.png') }",
            "p { fill: url(#dots) }", "p { background: url(data:image/png;base64,AA==) }",
            "a:hover { color: red }", "@media print { @page { margin: 0 } p { font: 9pt var(--family) } }",
            "p { color: red",
        )),
        ("p { margin-top: 1e400px }", "no page has room for '1e400px'"),
        ("p { width: calc(2 * -1e99mm) }", "no page has room for '-1e99mm'"),
        ("p", "the styles cannot be read: "),
    ],
)  # fmt: skip
def test_what_styles_may_and_may_not_do(css: str, said: str) -> None:
    found = faults(css)
    assert len(found) == bool(said)
    assert not found or found[0].startswith(said)


def test_the_theme_follows_the_shipped_styles_and_the_profile(folder: Path) -> None:
    assert themed(folder, "/* mine */ .lead { font-size: 13pt }") == []
    html = compose_document(Session.open(folder), "main").html()
    assert html.index(".lead { color: var(--ink); }") < html.index("Office printers") < html.index("/* mine */")
    assert check_publication(folder)[1] == []


def test_the_theme_is_part_of_the_dataset_and_makes_the_page_anew(folder: Path) -> None:
    before = Session.open(folder)
    was = compose_document(before, "main")
    themed(folder, ".lead { font-size: 13pt }")
    after = Session.open(folder)
    assert before.data_hash != after.data_hash
    assert {one.name for one in after.dataset} - {one.name for one in before.dataset} == {"theme.css"}
    assert was.content == compose_document(after, "main").content, "it says the same"
    assert was.neutral_hash != compose_document(after, "main").neutral_hash


@pytest.mark.parametrize(
    ("css", "severity", "said"),
    [
        (":root { --accent: #f00 }", "error", "'--accent' is a colour of the publication"),
        (":root { --foot-colour: red }", "error", "'--foot-colour' is a colour of the publication"),
        ("p { color: #ff0000 }", "warning", "'color' has a colour of its own"),
        ("p { border: 1pt solid Tomato }", "warning", "'border' has a colour of its own"),
        ("p { fill: image(rgb(1 2 3), transparent) }", "warning", "'fill' has a colour of its own"),
        ("p::before { content: '138' }", "error", "styles print no words and no numbers"),
        ("p::before { content: 'a' attr(x) }", "error", "styles print no words and no numbers"),
        ("p { content: '</' }", "error", "styles have no '</'"),
        ("p { font-family: Arial }", "error", "the font 'Arial' is not there"),
        ("p { --joins: 'fina' 0; font-feature-settings: var(--joins) }", "error",
         "the feature 'fina' gives letters the form of another place in their word"),
        ("p { font-feature-settings: 'kern', 'medi' 0 }", "error",
         "the feature 'medi' gives letters the form of another place in their word"),
    ],
)  # fmt: skip
def test_what_a_theme_may_not_do(folder: Path, css: str, severity: str, said: str) -> None:
    found = themed(folder, "\n" + css)
    assert (found[0].severity, found[0].message, found[0].line) == (severity, said, 2)
    assert found[0] in check_publication(folder)[1]
    session = Session.open(folder)
    if severity == "warning":
        assert found[0] in session.warnings
        return
    assert found[0] in problems_of(compose_document, session, "main")


@pytest.mark.parametrize(
    "css",
    [
        "p { font-feature-settings: 'tnum', 'liga' 0 }",
        "p { color: currentColor; background: transparent }",
        "p::before { content: '– ' }",
        "p { width: 50% }",
    ],
)
def test_what_a_theme_may_do(folder: Path, css: str) -> None:
    assert themed(folder, css) == []


def test_addresses_break_where_a_theme_has_larger_letters(tmp_path: Path) -> None:
    folder = shutil.copytree(TIP_2025, tmp_path / "tip")
    (folder / "theme.css").write_text(".sources { font-size: 8pt } h1 { font-size: 14pt; line-height: 18pt }")
    for name in ("country-CHN", "country-CHN.en"):
        run_well("build", name, "--publication", folder, "--out", tmp_path / "out")


@pytest.mark.parametrize(("profile", "moves"), [("office", True), ("grey", False)])
def test_a_theme_sets_the_margins_of_the_usual_profile(folder: Path, tmp_path: Path, profile: str, moves: bool) -> None:
    (brief,) = (folder / "briefs").glob("*.yaml")
    words = ["build", brief.stem, "--publication", folder, "--profile", profile, "--out"]
    run_well(*words, tmp_path / "before")
    (folder / "theme.css").write_text("@page { margin-top: 30mm; }", encoding="utf-8")
    run_well(*words, tmp_path / "after")
    tops = []
    for name in ("before", "after"):
        (pdf,) = (tmp_path / name).glob("*.pdf")
        with pypdfium2.PdfDocument(pdf) as document:
            tops.append(min(y for *_, y in letters_on(document[0])))
    assert tops[1] - tops[0] == pytest.approx(30 - 12.7 if moves else 0, abs=0.1)


def test_a_theme_has_bounds(folder: Path, tmp_path: Path) -> None:
    assert themed(folder, "p { }" * MAX_THEME_LETTERS)[0].kind == "too-large"
    assert "nested too deep" in themed(folder, "@media print {" * 5_000)[0].message
    (tmp_path / "secret.css").write_text("p { }")
    (folder / "theme.css").unlink()
    (folder / "theme.css").symlink_to(tmp_path / "secret.css")
    assert load_theme(folder, OURS)[1][0].message == "a link leads out of the publication"


def test_the_hooks_that_are_documented_are_there() -> None:
    text = (ROOT / "docs" / "reference" / "styles.md").read_text(encoding="utf-8")
    templates = find_shipped_folder("templates")
    used = "".join(one.decode() for name, one in contents(templates).items() if name.endswith((".css", ".j2")))
    # Of some the template makes the name first: {% set form = "figures in-rows" %}
    written = re.findall(r"""class="([^">]*)|\("([^"]*)",""", used + WRITER)
    classes = {name for one in written for name in re.findall(r"[\w-]+", "".join(one))}
    table = [line.partition("|")[2].partition("|")[0] for line in text.splitlines() if line.startswith("| `")]
    hooks = {hook for line in table for hook in re.findall(r"`([.-][\w.-]+)`", line)}
    properties = {hook for hook in hooks if hook.startswith("--")}
    assert properties <= {*re.findall(r"var\((--[\w-]+)\)", used)} | COLOUR_PROPERTIES | {"--family"}
    assert {hook[1:] for hook in hooks - properties} <= classes
    assert properties >= COLOUR_PROPERTIES | {"--family"}
    assert len(hooks) > 30
