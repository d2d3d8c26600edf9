"""All sheets in one PDF: they look, read and are tagged as before, and each thing is stored once."""

import gc
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Stream
from PIL import ImageChops

from tests.pdf.pages import parent_tree, structure_in
from tests.support import problem_of
from tests.verapdf.runner import FLAVOURS, validate
from tests.verapdf.runner import NEWER as NEWER_FLAVOURS
from tests.verify.altered import edit_page, operator
from tipbrief.deliver.collection import merge_sheets, typeset_contents
from tipbrief.deliver.index import ContentsEntry, contents_html
from tipbrief.language.language import load_language
from tipbrief.pdf import tag_tree
from tipbrief.pdf.attachments import Attachment, list_attachments
from tipbrief.pdf.embedded_files import read_embedded_files, read_provenance
from tipbrief.pdf.pdf_draft import attach_files
from tipbrief.pdf.pdf_file import parse_pdf
from tipbrief.pdf.standards import PDF_2_STANDARD
from tipbrief.pdf.tag_tree import read_tags
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.verify import pdfium
from tipbrief.verify.audit import Expectation, audit_pdf
from tipbrief.verify.html_text import read_printed_blocks
from tipbrief.verify.pdfium import MarkedText, open_with_pdfium
from tipbrief.verify.word_comparison import compare_words, poppler_text, read_tagged_blocks

DARI = load_language("fa-AF")
digits = DARI.digits

NAMES = ("AFG", "USA", "ABW", "CHN", "HTI", "YEM")
SERIES = "برگۀ معلوماتی · گزارش قاچاق انسان، سال ۲۰۲۵"
HEADING = "فهرست"
FACTS = {"publication": "tip-2025", "brief": "country", "number": 0, "code": ""}
# Two pages, a table whose cells name their headers, and a link from one page to the other.
TWO_PAGES = """<!DOCTYPE html><html lang="{language}" dir="rtl"><head><title>{title}</title>
<meta name="generator" content="tipbrief"><style>@page {{ size: A4; margin: 20mm }}
html {{ font: 10pt/1.7 Vazirmatn }} h2 {{ break-before: page }}</style></head>
<body><h1>{title}</h1><p>متن می‌آید.</p><p><a href="#note">یادداشت</a></p>
<table><tr><th>سال</th><th>شمار</th></tr><tr><td>{title}</td><td>۲</td></tr></table>
<h2 id="note">پایان</h2><p>پایان {title}.</p></body></html>"""


@dataclass
class Made:
    """A combined PDF, the sheets in it, and how it was made."""

    session: Session
    sheets: list[ContentsEntry]

    @cached_property
    def pdf(self) -> bytes:
        return self.again(self.sheets, self.listed)

    @property
    def before(self) -> int:
        """The number of pages of the list of contents."""
        return len(pypdfium2.PdfDocument(self.pdf)) - sum(sheet.pages for sheet in self.sheets)

    @property
    def attachments(self) -> list[Attachment]:
        dataset, versions = self.session.dataset_for("country"), self.session.versions
        return list_attachments(dataset, versions, FACTS, "publication: tip-2025\n")

    def listed(self, pages: Mapping[str, int]) -> str:
        of, date = self.session, self.session.publication.imprint.published
        env = of.environment
        return contents_html(of.publication, of.fonts, env, self.sheets, pages, title="حکومت‌ها", date=date)

    def again(self, sheets: list[ContentsEntry], listed: Callable[[Mapping[str, int]], str]) -> bytes:
        standard = self.session.paper_and_profile[1].standard
        first = typeset_contents(self.session.typesetter, listed, sheets, standard)
        first = attach_files(first, self.attachments, self.session.publication.imprint.published)
        return merge_sheets(first, sheets, self.session.fonts, DARI.tag)


@pytest.fixture(scope="module")
def six(session: Session) -> Made:
    """Six of the shipped sheets."""
    sheets = []
    for key in NAMES:
        made = compose_document(session, f"country-{key}").load_or_render()
        title = session.publication.tables["placements"].by_key[key]["name"]
        sheets.append(ContentsEntry(f"country-{key}", title, "ردیف", made.page_count, lambda made=made: made.pdf))  # type: ignore[misc]
    return Made(session, sheets)


def two_pages(session: Session, key: str, title: str, language: str) -> ContentsEntry:
    layout = session.typesetter.lay_out(TWO_PAGES.format(title=title, language=language))
    pdf = layout.render_pdf(session.paper_and_profile[1].standard).final_pdf
    return ContentsEntry(f"country-{key}", title, "", 2, lambda: pdf)


@pytest.fixture(scope="module")
def tables(session: Session) -> Made:
    """Sheets of two pages with tables; one is in Pashto."""
    told = (("AFG", "افغانستان", "fa-AF"), ("USA", "امریکا", "ps"), ("YEM", "یمن", "fa-AF"))
    return Made(session, [two_pages(session, *one) for one in told])


@pytest.fixture(scope="module")
def newer(session: Session) -> Made:
    """A sheet of each of these kinds, by the newer standard."""
    one = session.reopen(profile="pdf2")
    made = compose_document(one, "country-AFG").load_or_render()
    sheet = ContentsEntry("country-AFG", "افغانستان", "ردیف", made.page_count, lambda: made.pdf)
    told = (("USA", "امریکا", "ps"), ("YEM", "یمن", "fa-AF"))
    return Made(one, [sheet, *(two_pages(one, *each) for each in told)])


@pytest.fixture(params=["six", "tables"])
def made(request: pytest.FixtureRequest) -> Made:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def parts(pdf: pikepdf.Pdf) -> list[Any]:
    (document,) = pdf.Root.StructTreeRoot.K
    assert Name.Document == document.S
    assert pdf.Root.StructTreeRoot == document.P
    return list(document.K)


def below(element: Any) -> Iterator[Any]:
    yield element
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, Dictionary) and "/S" in kid:
            yield from below(kid)


def test_each_page_looks_and_reads_as_in_its_own_sheet(made: Made) -> None:
    whole, number = pypdfium2.PdfDocument(made.pdf), made.before
    poppler = (poppler_text(made.pdf) or "").split("\f")
    for sheet in made.sheets:
        alone = pypdfium2.PdfDocument(sheet.pdf())
        poppler_alone = (poppler_text(sheet.pdf()) or "").split("\f")
        for own, page in enumerate(alone):
            text = page.get_textpage().get_text_range()
            assert len(text) > 10
            assert whole[number].get_textpage().get_text_range() == text
            if poppler_alone != [""]:
                assert poppler[number] == poppler_alone[own]
            pictures = (one.render(scale=1.2).to_pil() for one in (whole[number], page))
            assert ImageChops.difference(*pictures).getbbox() is None
            number += 1
    assert number == len(whole)


def test_the_list_comes_first_and_says_where_each_sheet_is(made: Made) -> None:
    with parse_pdf(made.pdf) as pdf:
        numbers = {page.objgen: index for index, page in enumerate(pdf.pages, 1)}
        links = [link for page in pdf.pages[: made.before] for link in page.Annots]
        leads = [(numbers[link.Dest[0].objgen], str(link.Contents)) for link in links]
    expected, number = [], made.before + 1
    for sheet in made.sheets:
        expected.append((number, f"{sheet.title}، صفحۀ {digits(number)}"))
        number += sheet.pages
    assert leads == expected
    spoken = [element.text for element in structure_in(made.pdf).elements]
    assert spoken[2:4] == [SERIES, "حکومت‌ها"]
    for sheet, (number, _) in zip(made.sheets, expected, strict=True):
        assert " ".join(filter(None, (sheet.title, sheet.note, digits(number)))) in spoken


def test_links_of_the_list_cover_the_line(six: Made) -> None:
    with parse_pdf(six.pdf) as pdf:
        for link in pdf.pages[0].Annots:
            left, low, right, high = map(float, link.Rect)
            assert right - left > 200
            assert 10 < high - low < 20


def test_bookmarks_and_labels(made: Made) -> None:
    with parse_pdf(made.pdf) as pdf, pdf.open_outline() as outline:
        numbers = {page.objgen: index for index, page in enumerate(pdf.pages)}
        marks = [(item.title, numbers[item.destination[0].objgen]) for item in outline.root]
        assert [page.label for page in pdf.pages] == [digits(n) for n in range(1, len(pdf.pages) + 1)]
        assert pdf.Root.PageMode == Name.UseOutlines
    starts = [made.before + sum(sheet.pages for sheet in made.sheets[:n]) for n in range(len(made.sheets))]
    assert marks == [(HEADING, 0), *zip([sheet.title for sheet in made.sheets], starts, strict=True)]


def test_the_tags_of_each_sheet_are_one_part(made: Made) -> None:
    outlines = [structure_in(sheet.pdf()).outline() for sheet in made.sheets]
    lines = structure_in(made.pdf).outline().splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("  Part")]
    assert lines[0] == "Document"
    ends = [*starts[1:], len(lines)]
    for outline, start, end in zip(outlines, starts[1:], ends[1:], strict=True):
        assert [line[2:] for line in lines[start + 1 : end]] == outline.splitlines()[1:]
    with parse_pdf(made.pdf) as pdf:
        titles = [str(part.T) for part in parts(pdf)]
        assert titles == [HEADING, *(sheet.title for sheet in made.sheets)]


def test_what_is_marked_on_a_page_is_held_by_an_element_on_it(made: Made) -> None:
    with parse_pdf(made.pdf) as pdf:
        held = parent_tree(pdf)
        keys = list(held)
        assert keys == sorted(keys)
        assert len(pdf.Root.StructTreeRoot.ParentTree.Nums) == 2 * len(keys)
        assert pdf.Root.StructTreeRoot.ParentTreeNextKey > keys[-1]
        for page in pdf.pages:
            marked = {int(n) for n in re.findall(rb"/MCID (\d+)", page.Contents.read_bytes())}
            elements = held.pop(int(page.StructParents))
            assert marked
            for number in marked:
                assert elements[number].Pg.objgen == page.objgen
                kids = elements[number].K
                assert number in (list(kids) if isinstance(kids, Array) else [kids])
            for link in page.obj.get("/Annots", []):
                element = held.pop(int(link.StructParent))
                assert Name.Link == element.S
                places = [kid for kid in element.K if isinstance(kid, Dictionary) and "/Obj" in kid]
                assert link.objgen in [place.Obj.objgen for place in places]
        assert not held


def test_a_sheet_keeps_its_language_and_each_cell_finds_the_headers_of_its_own_table(tables: Made) -> None:
    with parse_pdf(tables.pdf) as pdf:
        assert [str(part.Lang) for part in parts(pdf)] == ["fa-AF", "fa-AF", "ps", "fa-AF"]
        names = list(pdf.Root.StructTreeRoot.IDTree.Names)
        found = {bytes(names[at]): names[at + 1] for at in range(0, len(names), 2)}
        assert list(found) == sorted(found)
        assert len(found) == 2 * len(tables.sheets)
        for name, element in found.items():
            assert bytes(element.ID) == name
        cells = 0
        for part in parts(pdf):
            own = {element.objgen for element in below(part)}
            for element in below(part):
                for header in element.get("/A", Dictionary()).get("/Headers", []):
                    assert found[bytes(header)].objgen in own
                    assert found[bytes(header)].S == Name.TH
                    cells += 1
        assert cells >= 2 * len(tables.sheets)


def test_links_inside_a_sheet_stay_in_it(tables: Made) -> None:
    with parse_pdf(tables.pdf) as pdf:
        numbers = {page.objgen: index for index, page in enumerate(pdf.pages)}
        leads = [
            (index, numbers[link.Dest[0].objgen])
            for index, page in enumerate(pdf.pages)
            if index >= tables.before
            for link in page.obj.get("/Annots", [])
        ]
    assert leads == [(number, number + 1) for number in (tables.before + 2 * n for n in range(3))]


def test_each_thing_is_stored_once(six: Made) -> None:
    with parse_pdf(six.pdf) as pdf:
        streams = [item for item in pdf.objects if isinstance(item, Stream)]
        stored = Counter((Dictionary(dict(item.items())).unparse(), item.read_raw_bytes()) for item in streams)
        dictionaries = [item for item in pdf.objects if isinstance(item, Dictionary)]
        fonts = {str(item.BaseFont)[8:] for item in dictionaries if item.get("/Subtype") == "/Type0"}
        files = sum("/Length1" in item for item in streams)
        assert sum("/N" in item and item.get("/Type") != "/ObjStm" for item in streams) == 1  # the profile
    assert max(stored.values()) == 1
    assert fonts == {"Vazirmatn", "Vazirmatn-Bold", "Vazirmatn-Ultra-Bold"}
    assert files == len(fonts)
    assert len(six.pdf) < 0.5 * sum(len(sheet.pdf()) for sheet in six.sheets)


def test_the_dataset_is_carried_once(six: Made) -> None:
    assert read_embedded_files(six.pdf) == {item.name: item.data for item in six.attachments}
    assert read_provenance(six.pdf, Path("all.pdf")).edition == FACTS
    with parse_pdf(six.pdf) as pdf:
        kinds = Counter(str(item.get("/Type", "")) for item in pdf.objects if isinstance(item, Stream))
        assert kinds["/EmbeddedFile"] == len(six.attachments) == len(pdf.Root.AF)


def test_the_audit_finds_nothing(made: Made) -> None:
    report = audit_pdf(made.pdf, Expectation(pages=made.before + sum(sheet.pages for sheet in made.sheets)))
    assert report.problems == ()
    assert report.claims == ("PDF/A-3A", "PDF/UA-1")
    assert (report.title, report.language, report.direction) == ("حکومت‌ها", "fa-AF", "R2L")


def test_the_audit_reads_one_sheet_after_the_other(six: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    class Page(pdfium.PdfiumPage):
        def __init__(self, document: Any, index: int) -> None:
            super().__init__(document, index)
            gc.collect()
            read.append(sum(isinstance(one, pdfium.PdfiumPage) for one in gc.get_objects()))

    pages = six.before + sum(sheet.pages for sheet in six.sheets)
    stamp = [operator("re", 0, 0, 999, 999), operator("f")]
    covered = edit_page(six.pdf, lambda instructions: instructions.extend(stamp), pages - 1)
    monkeypatch.setattr(pdfium, "PdfiumPage", Page)
    report = audit_pdf(covered, Expectation(pages=pages))
    assert {one.message.partition(":")[0] for one in report.problems} == {f"page {pages}"}
    assert len(read) == pages
    assert max(read) < pages


def test_the_audit_reads_the_list(six: Made) -> None:
    pages = {sheet.name: number for number, sheet in enumerate(six.sheets, six.before + 1)}
    blocks = read_printed_blocks(six.listed(pages))
    with parse_pdf(six.pdf) as parts, open_with_pdfium(six.pdf) as document:
        (reading,) = compare_words(document, blocks, *read_tagged_blocks(MarkedText(document, parts), read_tags(parts)))
    assert reading.found == sum(len(block.tokens) for block in blocks) > 30


def test_by_the_newer_standard_all_that_leads_leads_to_elements(newer: Made) -> None:
    pages = newer.before + sum(sheet.pages for sheet in newer.sheets)
    report = audit_pdf(newer.pdf, Expectation(pages=pages, standard=PDF_2_STANDARD))
    assert report.problems == ()
    with parse_pdf(newer.pdf) as pdf:
        assert (pdf.pdf_version, "/Info" in pdf.trailer) == ("2.0", False)
        listed, *sheets = parts(pdf)
        namespace = pdf.Root.StructTreeRoot.Namespaces[0]
        assert all(one.NS.objgen == namespace.objgen for one in (listed.P, listed, *sheets))
        links = [link for page in pdf.pages[: newer.before] for link in page.Annots]
        assert [link.A.SD[0].objgen for link in links] == [part.objgen for part in sheets]
        with pdf.open_outline() as outline:
            leads = [item.obj.A.SD[0].objgen for item in outline.root]
        assert leads == [part.objgen for part in (listed, *sheets)]
        for part, page in zip(sheets[1:], pdf.pages[newer.before + newer.sheets[0].pages :: 2], strict=True):
            (inside,) = page.Annots
            assert inside.A.SD[0].objgen in {element.objgen for element in below(part)}
            assert inside.A.SD[0].S == "/H2"


@pytest.mark.slow
def test_verapdf_passes_both_claims(
    six: Made, tables: Made, newer: Made, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    verdicts = []
    for flavours, whole in ((FLAVOURS, (six, tables)), (NEWER_FLAVOURS, (newer,))):
        files = []
        for number, one in enumerate(whole):
            files.append(tmp_path / f"{number}-{flavours[0]}.pdf")
            files[-1].write_bytes(one.pdf)
        verdicts += validate(files, pytestconfig.cache.mkdir("verapdf"), flavours)  # type: ignore[union-attr]
    assert len(verdicts) == 2 * len(FLAVOURS) + len(NEWER_FLAVOURS)
    assert all(verdict.compliant for verdict in verdicts), "\n".join(map(str, verdicts))


def test_the_same_sheets_give_the_same_bytes(made: Made) -> None:
    assert made.again(made.sheets, made.listed) == made.pdf


@pytest.mark.slow
def test_a_list_of_many_pages_counts_itself(tables: Made, session: Session) -> None:
    names = [name for name in session.publication.documents if name.startswith("country-")]
    sheets = [replace(tables.sheets[0], name=name) for name in names]
    made = Made(session, sheets)
    assert made.before == 2
    with parse_pdf(made.pdf) as pdf:
        numbers = {page.objgen: index for index, page in enumerate(pdf.pages)}
        leads = [numbers[link.Dest[0].objgen] for page in pdf.pages[:2] for link in page.Annots]
    assert leads == [2 + 2 * index for index in range(len(sheets))]


def told(made: Made, sheets: list[ContentsEntry], listed: Callable[[Mapping[str, int]], str]) -> str:
    return problem_of(made.again, sheets, listed).message


def broken(change: Callable[[pikepdf.Pdf], None], sheet: ContentsEntry) -> ContentsEntry:
    with parse_pdf(sheet.pdf()) as pdf:
        change(pdf)
        data = tag_tree.save_to_bytes(pdf)
    return replace(sheet, pdf=lambda: data)


def test_what_cannot_be_put_together_is_a_problem(tables: Made, newer: Made) -> None:
    first, *rest = tables.sheets
    roles = {"/RoleMap": Dictionary(Box=Name.Div)}
    for wrong, message in (
        (replace(first, pages=3), "the PDF has 2 pages, where 3 were expected"),
        (replace(first, pdf=newer.sheets[1].pdf), "the PDF follows another standard than the list"),
        (replace(first, pdf=lambda: b"%PDF-1.7"), "the PDF is cut short"),
        (broken(lambda pdf: pdf.Root.__delitem__("/StructTreeRoot"), first), "the PDF is not tagged"),
        (
            broken(lambda pdf: pdf.Root.StructTreeRoot.update(roles), first),
            "tags with a RoleMap cannot be put together",
        ),
    ):
        assert told(tables, [wrong, *rest], tables.listed) == f"country-AFG: {message}"


def test_a_link_of_the_list_to_no_sheet_is_a_problem(tables: Made) -> None:
    html = TWO_PAGES.format(title="فهرست", language="fa-AF").replace("#note", "sheet:country-XXX")
    message = "the list of contents links to 'country-XXX', which is no sheet"
    assert told(tables, tables.sheets, lambda pages: html) == message


def test_a_list_that_does_not_settle_is_a_problem(tables: Made) -> None:
    one = TWO_PAGES.format(title="فهرست", language="fa-AF").replace("#note", "sheet:country-AFG")

    def flips(pages: Mapping[str, int]) -> str:
        return one if pages["country-AFG"] % 2 == 0 else one.replace("break-before: page", "")

    message = "the list of contents is longer or shorter with each try"
    assert told(tables, tables.sheets, flips) == message
