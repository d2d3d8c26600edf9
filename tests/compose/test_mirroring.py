"""One set of styles for both directions: no style names a side, a page is the mirror image of its twin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.html_tree import read_html
from tests.support import GOLDEN, TIP_2025
from tipbrief.assets import find_shipped_folder
from tipbrief.compose import html_page as compose
from tipbrief.compose.profiles import PAPERS, load_profiles
from tipbrief.language.language import Language, load_language
from tipbrief.load.source_text import Text
from tipbrief.pipeline.session import Session

TEMPLATES = find_shipped_folder("templates")
PROFILES = load_profiles(None, TEMPLATES)
# Sides in names and in values; and four lengths of which the second is not the last.
SIDE = re.compile(r"(?<![\w@-])(?:[a-z]+-)?(?:left|right)(?:-[a-z]+)?\s*:|:\s*(?:left|right)\b")
FOUR = re.compile(r"(?<![\w-])(?:margin|padding|border-width|inset):((?:\s+(?:calc\(.*?\)|[^\s;}]+)){4})\s*[;}]")
LENGTH = re.compile(r"calc\(.*?\)(?=\s|$)|\S+")


def sides_in(styles: str) -> list[str]:
    """What of the styles is other at the left than at the right."""
    uneven = [found[0] for found in FOUR.finditer(styles) if len({*LENGTH.findall(found[1])[1::2]}) > 1]
    return [*(found[0] for found in SIDE.finditer(styles)), *uneven]


@pytest.mark.parametrize(
    "styles",
    [
        "p { margin-left: 0; }", "p { text-align: right; }", "p{left:0}", "p { border-right-color: red; }",
        "p { float: left }", "p { padding: 0 1mm 0 2mm; }", "p { margin: 0 calc(100% - 1mm) 0 0; }",
    ],
)  # fmt: skip
def test_a_side_is_seen(styles: str) -> None:
    assert len(sides_in(styles)) == 1


def files(*endings: str) -> list[str]:
    found = (path for path in TEMPLATES.rglob("*") if path.suffix in endings)
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in found)


@pytest.mark.parametrize("name", files(".css"))
def test_no_style_names_a_side(name: str) -> None:
    lines = (TEMPLATES / name).read_text(encoding="utf-8").splitlines()
    # The boxes of a page's margin have no other names.
    assert sides_in("\n".join(line for line in lines if not line.startswith("@page"))) == []


@pytest.mark.parametrize("name", [name for name in files(".j2") if name != "mail.html.j2"])
def test_no_style_in_a_template_names_a_side(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert [side for styles in re.findall('style="([^"]*)"', text) for side in sides_in(styles + ";")] == []


@dataclass(frozen=True)
class Placed:
    """A box that is laid out: its element, its left edge, its width, and the width of its page."""

    element: str
    left: float
    width: float
    page: float


def placed(session: Session, html: str) -> Iterator[Placed]:
    """The boxes that are laid out, but those of lines and of what stands in them."""
    from weasyprint.formatting_structure import boxes

    def inside(box: Any, page: float) -> Iterator[Placed]:
        box = getattr(box, "_box", box)
        kinds = (boxes.BlockBox, boxes.TableCellBox, boxes.InlineBlockBox, boxes.TableBox)
        if isinstance(box, kinds):
            element = f"{box.element_tag}.{box.element.get('class', '')}"
            yield Placed(element, box.border_box_x(), box.border_width(), page)
        for child in getattr(box, "children", ()):
            if not isinstance(child, boxes.MarginBox):
                yield from inside(child, page)

    for page in session.typesetter.lay_out(html).document.pages:
        yield from inside(page._page_box, page._page_box.margin_width())


PAPERS_AND_PROFILES = [*(("a4", name) for name in PROFILES if name != "press"), ("letter", "office"), ("a5", "office")]


@pytest.mark.parametrize(
    ("folder", "name", "paper", "profile"),
    [
        *((GOLDEN, "all", *form) for form in PAPERS_AND_PROFILES), (TIP_2025, "world", "a4", "office"),
        (TIP_2025, "country-AFG", "a5", "office"),
    ],
)  # fmt: skip
def test_a_page_from_left_to_right_is_the_mirror_image(folder: Path, name: str, paper: str, profile: str) -> None:
    session = Session.open(folder)

    def boxes_of(written: Language) -> list[Placed]:
        what = replace(session.publication, language=written), name, session.fonts, session.environment
        html = compose.compose_page(*what, paper=PAPERS[paper], profile=PROFILES[profile])
        # Letters of one size, so that pages begin alike.
        return [*placed(session, re.sub(r"--(letters|lines|small-lines): \.\d+", r"--\1: 1", html))]

    dari = session.publication.language
    assert dari.rtl
    from_right, from_left = boxes_of(dari), boxes_of(replace(dari, direction="ltr"))
    assert len(from_right) > 100
    for one, other in zip(from_right, from_left, strict=True):
        if one.element.startswith("li.name"):  # on a map, which has no direction
            continue
        mirrored = replace(one, left=one.page - one.left - one.width)
        assert other.element == mirrored.element
        assert (other.left, other.width) == pytest.approx((mirrored.left, mirrored.width), abs=0.6), other


def test_a_quotation_is_set_in_its_direction_and_names_its_language() -> None:
    session = Session.open(GOLDEN)
    quotations = session.publication.texts.quotations
    found = {}
    for written in (load_language("fa-AF"), load_language("en")):
        for original in ("More water.", "آب بیشتر."):
            texts = {key: replace(one, original=Text(original, one.location)) for key, one in quotations.items()}
            whole = replace(
                session.publication, language=written, texts=replace(session.publication.texts, quotations=texts)
            )
            html = compose.compose_page(whole, "all", session.fonts, session.environment)
            (shown,) = (one for one in read_html(html).all("p") if one.attributes.get("class") == "original")
            found[written.tag, shown.text] = shown.attributes["dir"], shown.attributes.get("lang")
    assert found == {
        ("fa-AF", "“More water.”"): ("ltr", "en"),
        ("fa-AF", "«آب بیشتر.»"): ("rtl", None),
        ("en", "“More water.”"): ("ltr", None),
        ("en", "«آب بیشتر.»"): ("rtl", "fa"),
    }
