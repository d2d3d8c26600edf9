"""The faults that docs/upstream.md reports of readers whose versions are pinned are still there.

Where one of these tests fails with a newer version, the report has done its work: take it out of the docs.
"""

from pathlib import Path

import pikepdf
import pytest

from tools import readers, upstream


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upstream")
    upstream.write(folder)
    return folder


def test_each_reported_file_is_written_and_sound(files: Path) -> None:
    reports = Path(upstream.__file__).parents[1] / "docs" / "upstream.md"
    named = {line.split("`")[1] for line in reports.read_text("utf-8").splitlines() if "**File:**" in line}
    assert {file.name for file in files.iterdir()} == named
    for file in files.iterdir():
        with pikepdf.open(file) as pdf:
            assert not pdf.check_pdf_syntax()


def test_pdfium_turns_latin_words_round_and_does_not_find_heh_with_hamza(files: Path) -> None:
    assert readers.pdfium(files / "backwards.pdf") == "org.example ,Earth Natural"
    assert readers.search_pdfium(files / "canonical.pdf", upstream.CANONICAL.split()) == [0, 1, 1, 1, 1]


def test_pypdf_turns_persian_digits_round(files: Path) -> None:
    assert readers.by_pypdf(files / "number.pdf") == "گزارش ۵۲۰۲ نشر شد"


def test_what_they_should_read_is_in_the_files(files: Path) -> None:
    assert readers.pdfium(files / "number.pdf") == "گزارش ۲۰۲۵ نشر شد"
    assert "می\u200cشود" in readers.pdfium(files / "zwnj.pdf")
    assert readers.by_pypdf(files / "backwards.pdf") == "Natural Earth, example.org"
    assert readers.by_pypdf(files / "canonical.pdf") == upstream.CANONICAL
