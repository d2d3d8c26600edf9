"""What is installed of what tipbrief needs, and the command that installs what is missing."""

import platform
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from importlib import metadata

from tipbrief.assets import find_shipped_folder
from tipbrief.fonts import font_library
from tipbrief.pipeline.store import default_folder
from tipbrief.problems import Problems
from tipbrief.typeset.libraries import describe_wrong_version, install_hint, library_versions, package_hint
from tipbrief.typeset.patches.registry import list_patches

REQUIRED_PACKAGES = (
    "weasyprint", "jinja2", "pyyaml", "fonttools", "click", "jalali-core", "pypdfium2", "pikepdf", "pillow",
    "platformdirs", "segno", "tinycss2", "email-validator",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that was looked for; ``present`` is None where it may be missing."""

    name: str
    present: bool | None
    detail: str
    remedy: str = ""


def examine_installation() -> list[Requirement]:
    """Look for Python, the packages, the system libraries, the fonts and the optional tools."""
    recent = sys.version_info >= (3, 11)
    found = [Requirement("Python", recent, _describe_python(), "install Python 3.11 or newer")]
    found += [_check_package(name, remedy=f"{sys.executable} -m pip install {name}") for name in REQUIRED_PACKAGES]
    try:
        versions = library_versions()
        found += [Requirement(name, True, detail) for name, detail in versions.items() if detail]
        if not versions["HarfBuzz subset"]:
            slowly = "fonts are subset more slowly"
            found.append(Requirement("HarfBuzz subset", False, slowly, install_hint()))
    except Problems as raised:
        found.append(Requirement("Pango", False, raised.problems[0].message, install_hint()))
    except ImportError:
        pass  # told above
    try:
        faces = ", ".join(
            f"{face.family} {face.weight}" for face in font_library.load_fonts(find_shipped_folder("fonts"))
        )
        found.append(Requirement("fonts", True, faces))
    except Problems as raised:
        found.append(Requirement("fonts", False, raised.problems[0].message, raised.problems[0].hint))
    found.append(_check_patches())
    found.append(_check_package("distributed", None, "Dask, for tipbrief build --cluster"))
    found.append(Requirement("cache", True, f"{default_folder()}, safe to delete"))
    path = shutil.which("pdftotext")
    found.append(Requirement("pdftotext", bool(path) or None, path or "a second reader for tipbrief verify"))
    return found


def _check_patches() -> Requirement:
    """Which patches of WeasyPrint are applied; without them pages are the same, and take longer."""
    patches = dict(list_patches())
    unused = next(filter(None, patches.values()), "")
    detail = f"{', '.join(patches)}{' not' * bool(unused)} applied{f': {unused}' * bool(unused)}"
    return Requirement("patches", None if unused else True, detail)


def _describe_python() -> str:
    """Which Python this is, and whether it was built for speed, as tools/python.sh prefers it."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
    # Debian's packages are, and do not say so.
    fast = sys.base_prefix == "/usr" or "--enable-optimizations" in arguments
    slowly = "built without profile-guided optimisation (PGO): pages take up to a third more time"
    return f"{platform.python_version()}, {'built for speed (PGO)' if fast else slowly}"


def _check_package(name: str, absent: bool | None = False, detail: str = "", remedy: str = "") -> Requirement:
    try:
        fault = describe_wrong_version(name)
        return Requirement(name, not fault, fault or metadata.version(name), package_hint(name))
    except metadata.PackageNotFoundError:
        return Requirement(name, absent, detail, remedy)
