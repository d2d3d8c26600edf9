"""What is installed of what tipbrief needs, and the command that installs what is missing."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata

from tipbrief.assets import shipped
from tipbrief.build.cache import default_folder
from tipbrief.fonts import shelf
from tipbrief.problems import Problems
from tipbrief.typeset.libraries import engine_versions, install_hint

PACKAGES = (
    "weasyprint", "jinja2", "pyyaml", "fonttools", "click", "jdatetime", "pypdfium2", "pikepdf", "pillow",
    "filelock", "platformdirs", "segno",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for; ``present`` is None where it may be missing."""

    name: str
    present: bool | None
    detail: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Look for Python, the packages, the system libraries, the fonts and the optional tools."""
    recent = sys.version_info >= (3, 11)
    findings = [Finding("Python", recent, platform.python_version(), "install Python 3.11 or newer")]
    for name in PACKAGES:
        try:
            findings.append(Finding(name, True, metadata.version(name)))
        except metadata.PackageNotFoundError:
            findings.append(Finding(name, False, "", f"{sys.executable} -m pip install {name}"))
    try:
        findings += [Finding(name, True, detail) for name, detail in engine_versions().items() if detail]
        if not engine_versions()["HarfBuzz subset"]:
            findings.append(Finding("HarfBuzz subset", False, "fonts are subset more slowly", install_hint()))
    except Problems as found:
        findings.append(Finding("Pango", False, found.problems[0].message, install_hint()))
    try:
        faces = shelf.shelf(shipped("fonts"))
        findings.append(Finding("fonts", True, ", ".join(f"{face.family} {face.weight}" for face in faces)))
    except Problems as found:
        findings.append(Finding("fonts", False, found.problems[0].message, found.problems[0].hint))
    try:
        findings.append(Finding("distributed", True, metadata.version("distributed")))
    except metadata.PackageNotFoundError:
        findings.append(Finding("distributed", None, "Dask, for tipbrief build --cluster"))
    findings.append(Finding("cache", True, f"{default_folder()}, safe to delete"))
    for tool, purpose in (("pdftotext", "a second reader for tipbrief verify"),):
        path = shutil.which(tool)
        findings.append(Finding(tool, True if path else None, path or purpose))
    return findings
