"""What docs/contributing/upstream.md reports is still so: faults of readers, and patches for WeasyPrint and pydyf.

Where one of these tests fails with a newer version, the report has done its work: take it out of the docs.
"""

import re
import shutil
import subprocess
from importlib import util
from pathlib import Path

import pikepdf
import pytest

from tests.support import run_python
from tools import readers, upstream

REPORTS = (Path(upstream.__file__).parents[1] / "docs" / "contributing" / "upstream.md").read_text("utf-8")
# By heading: the patch and its tests.
PATCHES = {
    heading: (patch, tests)
    for heading, patch, tests in re.findall(
        r"^## ([^\n]+)\n(?:(?!^## ).)*?^```diff\n(.*?)^```\n+```python\n(.*?)^```", REPORTS, re.M | re.S
    )
}
IMPORTS = "import io, pydyf\nfrom unittest import mock\nfrom weasyprint import HTML\nfrom weasyprint.pdf import fonts\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upstream")
    upstream.write(folder)
    return folder


def test_each_reported_file_is_written_and_sound(files: Path) -> None:
    named = {line.split("`")[1] for line in REPORTS.splitlines() if "**File:**" in line}
    assert {file.name for file in files.iterdir()} == named
    for file in files.iterdir():
        with pikepdf.open(file) as pdf:
            assert not pdf.check_pdf_syntax()


def test_pdfium_turns_latin_words_round_and_does_not_find_heh_with_hamza(files: Path) -> None:
    assert readers.pdfium(files / "backwards.pdf") == "org.example ,Earth Natural"
    assert readers.search_pdfium(files / "canonical.pdf", upstream.CANONICAL.split()) == [0, 1, 1, 1, 1]


def test_pypdf_turns_persian_digits_round(files: Path) -> None:
    assert readers.by_pypdf(files / "number.pdf") == "گزارش ۵۲۰۲ نشر شد"


def test_poppler_parts_a_raised_mark_from_its_word(files: Path) -> None:
    done = subprocess.run(["pdftotext", files / "tanwin.pdf", "-"], capture_output=True, encoding="utf-8", check=True)
    assert "لطفا ً" in done.stdout
    assert "لطفاً" in readers.pdfium(files / "tanwin.pdf")


def test_what_they_should_read_is_in_the_files(files: Path) -> None:
    assert readers.pdfium(files / "number.pdf") == "گزارش ۲۰۲۵ نشر شد"
    assert "می\u200cشود" in readers.pdfium(files / "zwnj.pdf")
    assert readers.by_pypdf(files / "backwards.pdf") == "Natural Earth, example.org"
    assert readers.by_pypdf(files / "canonical.pdf") == upstream.CANONICAL


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """WeasyPrint and pydyf with all patches."""
    folder = tmp_path_factory.mktemp("patched")
    for package in ("weasyprint", "pydyf"):
        spec = util.find_spec(package)
        assert spec
        assert spec.origin
        shutil.copytree(Path(spec.origin).parent, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for patch, _ in PATCHES.values():
        subprocess.run(["git", "apply", "-"], input=patch, cwd=folder, text=True, check=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("heading", PATCHES)
def test_each_patch_is_needed_and_works_with_all_others(patched: Path, tmp_path: Path, heading: str) -> None:
    (tmp_path / "test_patch.py").write_text(IMPORTS + PATCHES[heading][1], encoding="utf-8")
    words = ("-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", "test_patch.py")
    for way, expected in (("", 1), (str(patched), 0)):
        done = run_python(*words, cwd=tmp_path, PYTHONPATH=way)
        assert done.returncode == expected, f"{'with' if way else 'without'} the patches: {done.stdout}"


def test_all_fixes_at_run_time_stand_there_as_patches() -> None:
    assert len(PATCHES) == REPORTS.partition("## Without a diff yet")[0].count("\n## ") == 10
