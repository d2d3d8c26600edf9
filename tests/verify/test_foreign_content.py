"""Whatever is put into a finished PDF is found; what a build writes is not."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Stream, String

from tests.pdf.pages import changed
from tests.support import run_badly, run_well
from tests.verify.test_audit import QUICK
from tipbrief.pdf.attachments import Attachment, data_hash
from tipbrief.pdf.pdf_file import open_untrusted_pdf
from tipbrief.pipeline.carried_publication import CarriedPublications
from tipbrief.problems import Problems
from tipbrief.verify.audit import Expectation, audit_pdf

Change = Callable[[Any], object]
FAMILIES = ("Vazirmatn",)


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def drawing(pdf: Any) -> Stream:
    entries = Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 99, 99]))
    return Stream(pdf, b"1 g 0 0 99 99 re f", entries)


def link(pdf: Any, place: int = 0) -> Any:
    """A link to an address, by its place among them."""
    return [note for page in pdf.pages for note in page.obj.Annots if "/URI" in note.get("/A", {})][place]


def file(pdf: Any, name: str) -> Any:
    names = list(pdf.Root.Names.EmbeddedFiles.Names)
    return names[2 * [str(one) for one in names[::2]].index(name) + 1]


def read(pdf: Any, name: str) -> bytes:
    return bytes(file(pdf, name).EF.F.read_bytes())


def write(pdf: Any, name: str, data: bytes) -> None:
    stream = file(pdf, name).EF.F
    stream.write(data)
    stream.Params.Size, stream.Params.CheckSum = len(data), String(hashlib.md5(data).digest())


def state(pdf: Any, **facts: object) -> None:
    told = json.loads(read(pdf, "tipbrief.json"))
    told["edition"] |= facts
    names = list(pdf.Root.Names.EmbeddedFiles.Names)[::2]
    told["data"] = data_hash(tuple(Attachment(str(name), read(pdf, str(name))) for name in names))
    write(pdf, "tipbrief.json", (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())


def with_other_figure(pdf: Any) -> None:
    figures = read(pdf, "figures.yaml")
    place = re.search(rb"\nchild_soldier_governments:.*?value: *\"?(\d)", figures, re.S) or re.search(
        rb"value: *\"?(\d)", figures
    )
    assert place
    write(pdf, "figures.yaml", figures[: place.start(1)] + b"7" + figures[place.start(1) :])


def spoken(pdf: Any, pattern: str) -> Any:
    items = (item for item in pdf.objects if isinstance(item, Dictionary) and item.get("/Type") == Name.StructElem)
    return next(item for item in items if re.search(pattern, str(item.get("/ActualText", ""))))


def without_third_word(pdf: Any) -> None:
    item = spoken(pdf, r"\S+( \S+){9}")
    words = str(item.ActualText).split()
    item.ActualText = String(" ".join(words[:3] + words[4:]))


def cut_font(pdf: Any) -> None:
    fonts = (item for item in pdf.objects if isinstance(item, Dictionary) and "/FontFile2" in item)
    file = next(fonts).FontFile2
    file.write(file.read_bytes()[:6000])


def on_content(change: Callable[[bytes], bytes]) -> Change:
    return lambda pdf: pdf.pages[0].obj.Contents.write(change(pdf.pages[0].obj.Contents.read_bytes()))


def on_metadata(pattern: bytes, by: bytes) -> Change:
    return lambda pdf: pdf.Root.Metadata.write(re.sub(pattern, by, pdf.Root.Metadata.read_bytes(), count=1))


def on_root(key: str, value: Callable[[], Any] = Dictionary) -> Change:
    return lambda pdf: pdf.Root.__setitem__(f"/{key}", value())


def on_link(kind: str) -> Change:
    return lambda pdf: link(pdf).__setitem__("/A", Dictionary(S=Name(f"/{kind}"), F=String("cmd.exe")))


def note(kind: str) -> Change:
    def add(pdf: Any) -> None:
        look = Dictionary(N=drawing(pdf))
        entries = Dictionary(Type=Name.Annot, Subtype=Name(f"/{kind}"), Rect=Array([10, 10, 300, 300]), AP=look)
        pdf.pages[0].obj.Annots.append(pdf.make_indirect(entries))

    return add


def attached(name: str) -> Change:
    return lambda pdf: pdf.attachments.__setitem__(name, pikepdf.AttachedFileSpec(pdf, b"MZ", filename=name))


ROOT_KEYS = ("AA", "AcroForm", "OCProperties", "Collection", "Perms", "Requirements", "URI", "Threads", "DSS", "Dests")
ACTIONS = ("Launch", "GoToR", "GoToE", "SubmitForm", "ImportData", "ResetForm", "Named", "Hide", "Movie", "Rendition")
NOTES = ("Stamp", "Ink", "FileAttachment", "FreeText", "Highlight", "Square", "Redact", "Screen", "RichMedia", "Popup")
Changes = list[tuple[Change, str]]
# What is found in one PDF: no more of each list than are told.
IN_CATALOGUE: Changes = [
    (on_root("OpenAction", script), "Catalog has OpenAction"),
    *((on_root(key), f"Catalog has {key}") for key in ROOT_KEYS),
    (lambda pdf: pdf.Root.AcroForm.__setitem__("/XFA", String("x")), "Catalog/AcroForm has XFA"),
    (lambda pdf: pdf.Root.Names.__setitem__("/JavaScript", Dictionary()), "has JavaScript"),
    (lambda pdf: pdf.pages[0].obj.__setitem__("/AA", Dictionary()), "page 1: Page has AA"),
    (lambda pdf: pdf.pages[0].obj.__setitem__("/Rotate", 180), "page 1: Page has Rotate"),
    (lambda pdf: pdf.pages[0].obj.__setitem__("/UserUnit", 2), "page 1: Page has UserUnit"),
    (lambda pdf: pdf.pages[0].obj.Resources.Font.__setitem__("/AA", String("x")), "resources/Font has AA"),
]
ON_PAGES: Changes = [
    *((note(kind), f"page 1: Annot is {kind}") for kind in NOTES),
    (lambda pdf: spoken(pdf, ".").__setitem__("/E", "other"), "StructElem has E"),
    (lambda pdf: link(pdf, -1).A.__setitem__("/Next", script()), "Action has Next"),
    (lambda pdf: link(pdf, -2).A.__setitem__("/URI", "https://evil.example"), "leads to https://evil"),
    (attached("report.exe"), "the file 'report.exe' is attached"),
    (lambda pdf: file(pdf, "figures.yaml").__setitem__("/UF", "figures.exe"), "is shown as figures.exe"),
    (lambda pdf: spoken(pdf, r"\d").__setitem__("/ActualText", "9999"), "screen readers say «9999»"),
    (lambda pdf: spoken(pdf, r"^\D{20,}").__delitem__("/ActualText"), "has no /ActualText"),
    (
        on_content(lambda data: re.sub(rb"(/MCID \d+) (?=>>\nBDC)", rb"\1 /ActualText (99) ", data, count=1)),
        "page 1: a mark in its content has ActualText",
    ),
]
IN_FACTS: Changes = [
    *((on_link(kind), f"is {kind}") for kind in ACTIONS),  # each of another link
    (without_third_word, "screen readers say"),
    (on_metadata(rb"(<dc:title>.*?<rdf:li[^>]*>)[^<]*", rb"\1Other"), "the PDF's title is «Other» and"),
    (on_metadata(rb"(<xmp:CreateDate>)\d{4}", rb"\g<1>1999"), "the PDF's dcterms.created is «1999"),
    (on_metadata(b"<xmp:CreatorTool>", b"<xmp:Label>x</xmp:Label>\\g<0>"), "xmp:Label"),
    (lambda pdf: pdf.Root.PageLabels.Nums[1].__setitem__("/P", "99"), "the pages are called 99"),
    (lambda pdf: pdf.Root.Outlines.First.__setitem__("/Title", "False"), "a bookmark is called «False»"),
]
FILES: Changes = [
    (lambda pdf: write(pdf, "chart-1.csv", read(pdf, "chart-1.csv").replace(b"33", b"34")), "'chart-1.csv' has other"),
    (lambda pdf: file(pdf, "chart-2.csv").__setitem__("/AFRelationship", Name.Source), "'chart-2.csv' is described as"),
    (attached("chart-7.csv"), "the file 'chart-7.csv' is attached"),
]
ALONE: Changes = [
    (cut_font, "is damaged"),
    (with_other_figure, "their hash is another"),
    (lambda pdf: (with_other_figure(pdf), state(pdf)), "the PDF"),
    (lambda pdf: state(pdf, number=99), "says that it is"),
    (lambda pdf: write(pdf, "tipbrief.json", read(pdf, "tipbrief.json") + b" "), "'tipbrief.json' was"),
]


@pytest.fixture(scope="module")
def sheet(world: Path) -> Path:
    """The shipped brief, as it was built."""
    return world / "tip-2025-world.pdf"


@pytest.fixture(scope="module")
def publications() -> Iterator[CarriedPublications]:
    with CarriedPublications() as found:
        yield found


def test_what_a_build_writes_is_sound(publications: CarriedPublications, world: Path, golden: Path) -> None:
    for path in (*world.glob("*.pdf"), *golden.glob("*.pdf")):
        assert publications.audit_file(path).problems == ()


@pytest.mark.parametrize("changes", [IN_CATALOGUE, ON_PAGES, IN_FACTS, FILES, *([one] for one in ALONE)])
def test_changes_are_found(publications: CarriedPublications, sheet: Path, tmp_path: Path, changes: Changes) -> None:
    pdf = changed(sheet.read_bytes(), lambda document: [alter(document) for alter, _ in changes])
    (tmp_path / sheet.name).write_bytes(pdf)
    (tmp_path / sheet.name).with_suffix(".html").write_bytes(sheet.with_suffix(".html").read_bytes())
    problems = publications.audit_file(tmp_path / sheet.name).problems
    found = [one.message for one in problems if one.severity == "error"]
    assert [message for _, message in changes if not any(message in one for one in found)] == [], found


def test_hidden_bytes_are_found(sheet: Path) -> None:
    pdf = b"MZ\n" + sheet.read_bytes() + b"startxref\n0\n%%EOF\nPK\x03\x04"
    found = [one.message for one in audit_pdf(pdf, Expectation(), sheet.with_suffix(".html").read_text()).problems]
    for message in ("stands behind the end of the PDF", "stands before the PDF", "2 versions of it are in the file"):
        assert any(message in one for one in found), found


KEYS = ("AA", "OpenAction", "JS", "AP", "Launch", "XFA", "RichMediaContent", "EF", "OC", "PieceInfo", "MyKey")


@settings(QUICK, max_examples=4)
@given(places=st.lists(st.integers(0, 10**6), min_size=len(KEYS), max_size=len(KEYS)))
def test_a_key_that_we_never_write_is_found_in_any_object_that_draws_nothing(sheet: Path, places: list[int]) -> None:
    where = {}

    def change(pdf: Any) -> None:
        known = (Name.XRef, Name.ObjStm, Name.Metadata)  # of the last, qpdf writes no keys but its own
        items = [item for item in pdf.objects if isinstance(item, (Dictionary, Stream))]
        drawn = {"/FunctionType", "/ShadingType", "/PatternType", "/BBox", "/Group", "/ca", "/CA"}
        items = [item for item in items if item.get("/Type") not in known and not drawn & {*item.keys()}]
        for place, key in zip(places, KEYS, strict=True):
            free = [item for item in items if f"/{key}" not in item]
            item = free[place % len(free)]
            where[key] = str(item.get("/Type"))
            item[f"/{key}"] = String("x")

    report = audit_pdf(changed(sheet.read_bytes(), change), Expectation(), sheet.with_suffix(".html").read_text())
    found = [one.message for one in report.problems if one.kind == "foreign-content"]
    assert {key: kind for key, kind in where.items() if not any(key in one for one in found)} == {}


def test_a_pdf_is_made_anew(publications: CarriedPublications, sheet: Path, tmp_path: Path) -> None:
    report = publications.audit_file(sheet, rebuild=True)
    assert (report.made_anew, report.problems) == (True, ())
    assert "; made anew, it has the same bytes; no errors" in report.summary()
    (tmp_path / sheet.name).write_bytes(changed(sheet.read_bytes(), on_content(lambda data: data + b"\n0 0 9 9 re n")))
    report = publications.audit_file(tmp_path / sheet.name, rebuild=True)
    assert report.made_anew is False
    assert any(one.message.startswith("made anew, the PDF differs: the drawing of page 1") for one in report.problems)


def test_the_strict_pass_no_pdf_that_cannot_be_made_anew(sheet: Path, tmp_path: Path) -> None:
    """Such as one with two named places exchanged, which nothing on the page shows."""

    def exchange(pdf: Any) -> None:
        names = pdf.Root.Names.Dests.Names
        names[1], names[3] = names[3], names[1]

    (tmp_path / sheet.name).write_bytes(changed(sheet.read_bytes(), exchange))
    run_well("verify", tmp_path / sheet.name)
    assert "made anew, the PDF differs" in run_badly("verify", "--strict", tmp_path / sheet.name).output
    run_well("verify", "--strict", sheet)


def test_only_what_a_library_raises_is_called_damage(sheet: Path) -> None:
    def fail(which: str) -> None:
        with open_untrusted_pdf(sheet.read_bytes()) as pdf:
            if which == "a wrong call":
                audit_pdf()  # type: ignore[call-arg]
            elif which == "an attribute of ours":
                Expectation().none  # type: ignore[attr-defined]  # noqa: B018
            else:
                pdf.Root.Nothing.read_bytes()

    with pytest.raises(TypeError):
        fail("a wrong call")
    with pytest.raises(AttributeError):
        fail("an attribute of ours")
    with pytest.raises(Problems, match="damaged"):
        fail("a key that is missing")
