"""Pictures of pages, and the square card, whose words are read back from its PDF."""

import dataclasses
import io
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from tests.support import GOLDEN, pdf_text, problem_of
from tipbrief.check.blocks import FiguresBlock, LeadBlock
from tipbrief.check.publication import Publication
from tipbrief.compose import html_writer
from tipbrief.handouts.picture_export import (
    CARD_PIXELS,
    compose_card_html,
    opening_sentences,
    render_card,
    render_page_pictures,
)
from tipbrief.language.dates import Date
from tipbrief.language.unicode_text import normal_form
from tipbrief.ledger import editions
from tipbrief.ledger.entries import Edition
from tipbrief.load.schema import RichText
from tipbrief.pipeline.session import Session
from tipbrief.typeset.engine import Layout, Typesetter, TypesettingResult

SECOND = Edition(brief="all", number=2, code="a1b2", date=Date(2025, 10, 4))
NAMES = ["wells", "countries", "newest", "change", "both", "open"]


@pytest.fixture(scope="module")
def wells() -> Session:
    return Session.open(GOLDEN)


class Watching(Typesetter):
    """Keeps the last PDF that was typeset."""

    def __init__(self, session: Session) -> None:
        self.inner, self.pdf = session.typesetter, b""

    def lay_out(self, html: str) -> Layout:
        return self.inner.lay_out(html)

    def typeset_html(self, html: str) -> TypesettingResult:
        made = self.inner.typeset_html(html)
        self.pdf = made.raw_pdf
        return made


def altered(publication: Publication, name: str, **changes: Any) -> Publication:
    document = publication.documents[name]
    changed = dataclasses.replace(document, brief=dataclasses.replace(document.brief, **changes))
    return dataclasses.replace(publication, documents={**publication.documents, name: changed})


def with_figures(publication: Publication, name: str, figures: Sequence[str]) -> Publication:
    """The brief with these figures; without any, the block is gone."""
    blocks = publication.documents[name].brief.blocks
    kept = [
        dataclasses.replace(block, figures=tuple(figures)) if isinstance(block, FiguresBlock) else block
        for block in blocks
        if figures or not isinstance(block, FiguresBlock)
    ]
    return altered(publication, name, blocks=tuple(kept))


def titled(publication: Publication, name: str, title: str) -> Publication:
    return altered(publication, name, title=RichText(title, publication.documents[name].brief.location))


def html_of(session: Session, name: str, publication: Publication | None = None, **given: Any) -> str:
    whole = publication or session.publication
    return compose_card_html(whole, name, session.fonts, session.environment, **given)


def words(html: str) -> str:
    """What the card says, without its source marks, which it hides."""
    body = html[html.index("<body") :]
    body = re.sub(r'<sup class="cite">.*?</sup>', "", body)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


def letters(text: str) -> str:
    """All letters and digits of a text, sorted: the order is the reader's own."""
    return "".join(sorted(re.findall(r"[^\W_]", normal_form(text))))


def image(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG"
    return picture.convert("RGB")


def ink(picture: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether anything in this part of the picture is not white."""
    return picture.crop(box).getextrema() != ((255, 255),) * 3


def test_a_card_tells_title_figures_source_publisher_and_date(wells: Session) -> None:
    html = html_of(wells, "all")
    said = words(html)
    publication, brief = wells.publication, wells.publication.documents["all"].brief
    (block,) = [block for block in brief.blocks if isinstance(block, FiguresBlock)]
    for name in block.figures:
        assert f">{html_writer.format_figure(publication, name)}</span>" in html
        assert html_writer.plain_text(publication.figures[name].label, publication) in said
    assert html_writer.plain_text(brief.title, publication) in said
    assert html_writer.plain_text(publication.imprint.series, publication) in said
    assert str(publication.imprint.publisher).replace(" ", "") in said.replace(" ", "")
    assert "پیش‌نویس نسخۀ ۱" in said
    source = publication.sources[publication.figure_sources(block.figures[0])[0]]
    assert str(source.publisher) in said


def test_a_card_has_at_most_six_figures(wells: Session) -> None:
    html = html_of(wells, "all", with_figures(wells.publication, "all", [*NAMES, "wells"]))
    assert html.count('<span class="figure-value">') == 6
    assert "count-6" in html


def test_an_edition_is_told_with_its_date_and_address_and_is_no_draft(wells: Session) -> None:
    imprint = dataclasses.replace(wells.publication.imprint, address="https://example.org/wells/")
    html = html_of(wells, "all", dataclasses.replace(wells.publication, imprint=imprint), edition=SECOND)
    assert "نسخۀ ۲ · " in words(html)
    assert "، ۴ اکتوبر ۲۰۲۵" in words(html)
    assert ">example.org/wells</span>" in html
    assert "پیش‌نویس" not in html
    assert 'class="draft"' not in html


def test_a_corrected_figure_carries_its_mark_and_the_card_says_what_it_means(wells: Session) -> None:
    told = editions.list_change_notices(wells.ledger, "all")
    html = html_of(wells, "all", edition=SECOND, told=told)
    assert "۱۲٬۳۴۵٫۵<sup" in html
    assert "† تصحیح یا بازنگری شده است" in words(html)
    only = [item for item in told if item.kind == "correction"]
    assert "† تصحیح شده است" in words(html_of(wells, "all", edition=SECOND, told=only))
    untouched = with_figures(wells.publication, "all", ["countries", "change"])
    assert "†" not in html_of(wells, "all", untouched, edition=SECOND, told=told)


def test_without_figures_a_card_has_the_first_sentences_of_the_lead(session: Session) -> None:
    html = html_of(session, "world", with_figures(session.publication, "world", []))
    (opening,) = re.findall(r'<p class="opening">(.*?)</p>', html, re.S)
    lead = html_writer.plain_text(session.publication.texts.prose["lead"].text, session.publication)
    said = " ".join(re.sub(r"<sup.*?</sup>|<[^>]+>", "", opening).split())
    assert " ".join(lead.split()).startswith(said[:-1])
    assert said.endswith(".")
    assert len(said) < len(lead)
    assert "منابع:" in words(html) or "منبع:" in words(html)


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("یک. دو.", "یک. دو."),
        ("یک است؟ دو", "یک است؟ دو"),
        ("آغاز.\n\nپایان.", "آغاز."),
        ("الف. " + "ب " * 200 + ".", "الف."),
        ("ب " * 200 + "پایان. دیگر.", "ب " * 200 + "پایان."),
        ("با {figure} است.{@one two} " + "ب " * 200, "با {figure} است.{@one two}"),
        ("در ۲٫۵ متر. و", "در ۲٫۵ متر. و"),
    ],
)
def test_an_opening_ends_with_a_sentence(text: str, opening: str) -> None:
    assert opening_sentences(text) == opening


def test_without_figures_and_lead_a_card_has_the_subtitle(wells: Session) -> None:
    blocks = wells.publication.documents["all"].brief.blocks
    kept = tuple(block for block in blocks if not isinstance(block, (FiguresBlock, LeadBlock)))
    html = html_of(wells, "all", altered(wells.publication, "all", blocks=kept))
    subtitle = html_writer.plain_text(wells.publication.documents["all"].brief.subtitle, wells.publication)
    assert f'<p class="opening">{subtitle}</p>' in html


def test_a_card_of_one_row_has_its_badge(session: Session) -> None:
    said = words(html_of(session, "country-AFG"))
    row = session.publication.tables["placements"].by_key["AFG"]
    choice = session.publication.tables["placements"].spec.columns["tier"].choices[row["tier"]]
    assert row["name"] in said
    assert str(choice.label) in said
    assert "منابع:" in said


def test_more_than_three_publishers_are_counted(wells: Session) -> None:
    whole = with_figures(wells.publication, "all", ["wells"])
    told = ["منبع: نشر ا.", "منابع: نشر ا، نشر ب.", "نشر ب، نشر پ.", "نشر ب، نشر پ و ۱ منبع دیگر."]
    sources = {
        name: dataclasses.replace(source, publisher=RichText(f"نشر {letter}", source.location))
        for letter, (name, source) in zip("ابپت", whole.sources.items(), strict=False)
    }
    for count, said in enumerate(told, 1):
        figure = dataclasses.replace(whole.figures["wells"], sources=tuple(sources)[:count])
        changed = dataclasses.replace(whole, sources=sources, figures={**whole.figures, "wells": figure})
        assert said in words(html_of(wells, "all", changed))


LONG = "چاه‌های آب در {countries} کشور، و چرا شمارش آن‌ها از یک سال به سال دیگر چنین دگرگون شده است"


@pytest.mark.parametrize("figures", [1, 2, 3, 4, 5, 6, 0])
@pytest.mark.parametrize("title", ["چاه‌ها", LONG], ids=["short", "long"])
def test_every_card_is_a_square_with_all_its_words_and_a_white_rim(wells: Session, figures: int, title: str) -> None:
    publication = titled(with_figures(wells.publication, "all", NAMES[:figures]), "all", title)
    html = html_of(wells, "all", publication)
    watching = Watching(wells)
    picture = image(render_card(watching, html))
    assert picture.size == (CARD_PIXELS, CARD_PIXELS)
    # 8 mm of rim are 80 pixels, 7 mm below; letters may reach a little into it.
    for box in ((0, 0, 1080, 60), (0, 1020, 1080, 1080), (0, 0, 60, 1080), (1020, 0, 1080, 1080)):
        assert not ink(picture, box), f"something lies in the rim {box}"
    assert ink(picture, (0, 60, 1080, 300))
    assert ink(picture, (0, 960, 1080, 1020)), "the foot hangs at the foot"
    assert letters(pdf_text(watching.pdf)) == letters(words(html))


def test_a_long_number_fits(wells: Session) -> None:
    values = {**wells.publication.values, "wells": wells.publication.values["wells"] + 10**15}
    for names in (["wells"], ["wells", "newest"], ["wells", "newest", "countries"]):
        publication = dataclasses.replace(with_figures(wells.publication, "all", names), values=values)
        picture = image(render_card(wells.typesetter, html_of(wells, "all", publication)))
        assert not ink(picture, (0, 0, 60, 1080)), names


def test_a_card_is_a_small_file_and_the_same_each_time(session: Session) -> None:
    html = html_of(session, "world")
    drawn = render_card(session.typesetter, html)
    assert drawn == render_card(session.typesetter, html)
    assert len(drawn) < 120_000


def test_what_cannot_stand_on_a_square_is_a_problem(wells: Session) -> None:
    html = html_of(wells, "all", titled(wells.publication, "all", "دراز " * 400))
    problem = problem_of(render_card, wells.typesetter, html)
    assert "too much on it" in problem.message
    assert "shorten" in problem.hint


def sheet(*sizes: tuple[float, float]) -> bytes:
    """A PDF of pages of these sizes, with a black square at the top right of each."""
    pdf = pikepdf.new()
    for width, height in sizes:
        pdf.add_blank_page(page_size=(width, height))
        content = f"0 g {width - 50} {height - 50} 50 50 re f".encode()
        pdf.pages[-1].Contents = pdf.make_stream(content)
    file = io.BytesIO()
    pdf.save(file)
    return file.getvalue()


@pytest.mark.parametrize("width", [1, 333, 1000, 1200, 1201])
def test_each_page_is_as_wide_as_was_asked(width: int) -> None:
    # A4 in points is no whole number, and 595.276 * (1200 / 595.276) may be more than 1200.
    drawn = render_page_pictures(sheet((595.276, 841.89), (612, 792), (300, 100)), width)
    assert [image(page).width for page in drawn] == [width] * 3
    heights = [round(width * height / wide) for wide, height in ((595.276, 841.89), (612, 792), (300, 100))]
    assert [image(page).height for page in drawn] == pytest.approx(heights, abs=1)


def test_a_page_is_drawn_on_white_with_its_right_at_the_right() -> None:
    (page,) = render_page_pictures(sheet((200, 100)), 400)
    picture = image(page)
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert picture.getpixel((395, 5)) == (0, 0, 0)
    assert picture.getpixel((395, 195)) == (255, 255, 255)


@pytest.mark.slow
def test_the_pages_of_a_brief_are_small_files_and_the_same_each_time(world: Path) -> None:
    pdf = (world / "tip-2025-world.pdf").read_bytes()
    drawn = render_page_pictures(pdf, 1200)
    assert drawn == render_page_pictures(pdf, 1200)
    assert len(drawn) == 2
    for page in drawn:
        assert image(page).size == (1200, 1697)
        assert len(page) < 250_000
    with pypdfium2.PdfDocument(pdf) as document:
        exact = document[0].render(scale=1199.5 / document[0].get_width()).to_pil()
    far = max(abs(a - b) for a, b in zip(exact.tobytes(), image(drawn[0]).tobytes(), strict=True))
    assert far < 12, "the palette changes a colour"


def test_a_picture_for_which_there_is_no_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow says then that there was a "quantization error"."""

    def without_memory(*_: object, **__: object) -> None:
        raise ValueError("quantization error")

    monkeypatch.setattr(Image.Image, "quantize", without_memory)
    with pytest.raises(MemoryError):
        render_page_pictures(sheet((300, 100)), 100)
