"""The examination of the installation: what is there, what is missing, and the command that installs it."""

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
from tipbrief.typeset import libraries
from tipbrief.typeset.patches.registry import PATCHES, why_patches_are_off


@dataclass(frozen=True, slots=True)
class Requirement:
    """One part of the installation. ``present`` is None if it is missing and optional."""

    name: str
    present: bool | None
    detail: str
    remedy: str = ""


def examine_installation() -> list[Requirement]:
    """Look for Python, the packages, the system libraries, the fonts and the optional tools."""
    found = [Requirement("Python", sys.version_info >= (3, 11), _describe_python(), "install Python 3.11 or newer")]
    found += [_check_package(name) for name in libraries.declared_packages()]
    try:
        versions = libraries.library_versions()
        found += [Requirement(name, True, detail) for name, detail in versions.items() if detail]
        if not versions["HarfBuzz subset"]:
            slow = "fonts are subset more slowly"
            found.append(Requirement("HarfBuzz subset", False, slow, libraries.install_hint()))
    except Problems as raised:
        found.append(Requirement("Pango", False, raised.problems[0].message, libraries.install_hint()))
    except ImportError:
        pass  # a package, listed above
    try:
        fonts = font_library.load_fonts(find_shipped_folder("fonts"))
        found.append(Requirement("fonts", True, ", ".join(f"{font.family} {font.weight}" for font in fonts)))
    except Problems as raised:
        found.append(Requirement("fonts", False, raised.problems[0].message, raised.problems[0].hint))
    unused = why_patches_are_off()  # without patches pages are the same, and take longer
    detail = f"{', '.join(PATCHES)}{' not' * bool(unused)} applied{f': {unused}' * bool(unused)}"
    found.append(Requirement("patches", None if unused else True, detail))
    found.append(_check_package("distributed", None, "Dask, for tipbrief build --cluster"))
    found.append(Requirement("cache", True, f"{default_folder()}, safe to delete"))
    path = shutil.which("pdftotext")
    found.append(Requirement("pdftotext", bool(path) or None, path or "a second reader for tipbrief verify"))
    return found


def _describe_python() -> str:  # and whether it was built for speed, as tools/python.sh prefers it
    arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
    # Debian builds its packages for speed and does not say so in the arguments.
    fast = sys.base_prefix == "/usr" or "--enable-optimizations" in arguments
    slow = "built without profile-guided optimisation (PGO): pages take up to a third more time"
    return f"{platform.python_version()}, {'built for speed (PGO)' if fast else slow}"


def _check_package(name: str, absent: bool | None = False, detail: str = "") -> Requirement:
    try:
        fault = libraries.describe_wrong_version(name)
        return Requirement(name, not fault, fault or metadata.version(name), libraries.package_hint(name))
    except metadata.PackageNotFoundError:
        return Requirement(name, absent, detail, libraries.package_hint(name))
