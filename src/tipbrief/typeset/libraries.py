"""The libraries that typeset: WeasyPrint, Pango and HarfBuzz. They are loaded only when something is typeset."""

import contextlib
import ctypes
import functools
import io
import operator
import platform
import re
import sys
import zlib
from pathlib import Path
from typing import Any

from tipbrief.language.language import read_data_file
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.patches import registry
from tipbrief.typeset.patches.private_api import skip_library_search

_COMPARISONS = {">=": operator.ge, "<=": operator.le, "==": operator.eq, "<": operator.lt, ">": operator.gt}
_BOUND = re.compile(r"(>=|<=|==|<|>)([0-9.]+)")


def import_weasyprint() -> Any:
    """WeasyPrint, or a problem that says how to install it or the libraries that it needs."""
    require_version("weasyprint")
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), skip_library_search(), registry.explain_unproven_sources():
            import weasyprint
    except OSError as fault:
        library = re.search("'([^']+)'", str(fault))
        message = f"a library that typesets the PDF is missing: {library[1] if library else fault}"
        raise Problems(message, hint=install_hint()) from None
    except ImportError as fault:
        raise Problems(f"WeasyPrint cannot be loaded: {fault}", hint=package_hint("weasyprint")) from fault
    # cffi closes Pango at the end of the process, when a thread of Pango may still run: ctypes keeps it open.
    _load_library("pangoft2-1.0")
    registry.require_needed_names()
    return weasyprint


def install_hint() -> str:
    """The command that installs Pango on this kind of machine."""
    names = [sys.platform]
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            release = platform.freedesktop_os_release()
            names = [release["ID"], *release.get("ID_LIKE", "").split()]
    commands = read_data_file(Path(__file__).with_suffix(".yaml"))
    return next((str(commands[name]) for name in names if name in commands), "install Pango 1.44 or newer and HarfBuzz")


def require_version(package: str) -> None:
    """A problem if the installed version of a package is not in the range that tipbrief declares."""
    if fault := describe_wrong_version(package):
        raise Problems(fault, hint=package_hint(package))


def find_version_warnings() -> list[Problem]:
    """A warning if patches are off because of another WeasyPrint; pages are the same without them."""
    require_version("weasyprint")
    if registry.is_safe_mode() or not (found := registry.find_unproven_sources()):
        return []
    message = f"pages take longer, as the patches are off: {'; '.join(found.values())}"
    return [Problem(message, hint=registry.reinstall_hint(), severity="warning", kind="patches-off")]


def describe_wrong_version(package: str) -> str:
    """What is wrong with the installed version of a package; empty if it is in the declared range."""
    version, declared = registry.installed_version(package), declared_range(package)
    here = _version_numbers(version)
    inside = all(_COMPARISONS[sign](here, _version_numbers(end)) for sign, end in _BOUND.findall(declared))
    return "" if inside else f"tipbrief needs {package}{declared}; {version} is installed"


def declared_range(package: str) -> str:
    """The versions of a package that tipbrief declares, such as ``>=70,<71``; empty if it declares none."""
    return declared_packages().get(package, "")


@functools.cache
def declared_packages() -> dict[str, str]:
    """The packages that tipbrief declares to need, with their versions."""
    from importlib import metadata

    found = {}
    with contextlib.suppress(metadata.PackageNotFoundError):  # not installed, but run from its source
        for requirement in metadata.requires("tipbrief") or ():
            name, bounds = re.fullmatch(r"([\w.-]+)(?:\[[^\]]*\])?([^;]*).*", requirement).groups()  # type: ignore[union-attr]
            if "extra ==" not in requirement:
                found[name.lower()] = ",".join(sorted(bounds.replace(" ", "").strip("()").split(","), reverse=True))
    return found


def _version_numbers(version: str) -> list[int]:
    numbers = [int(number) for number in re.split("[^0-9.]", version)[0].split(".") if number]
    return numbers + [0] * (4 - len(numbers))  # 70 is 70.0


def package_hint(package: str) -> str:
    """The command that installs a version of a package that tipbrief can use."""
    return f"{sys.executable} -m pip install '{package}{declared_range(package)}'"


def engine_versions() -> dict[str, str]:
    """The versions of all that decides the bytes of a PDF; an empty text where a library is missing."""
    # Read without importing WeasyPrint, which takes as long as all else where nothing is to be typeset.
    require_version("weasyprint")
    packages = {"WeasyPrint": registry.installed_version("weasyprint"), "Pillow": registry.installed_version("pillow")}
    return {**packages, "zlib": zlib.ZLIB_RUNTIME_VERSION, **library_versions()}


def library_versions() -> dict[str, str]:
    """The versions of the system's libraries, Pango and HarfBuzz."""
    # WeasyPrint says how to install Pango, or finds it by other names (on Windows and with Homebrew).
    pango, harfbuzz = _load_library("pango-1.0") or import_weasyprint().text.ffi.pango, _load_library("harfbuzz")
    number = pango.pango_version()
    if harfbuzz:
        harfbuzz.hb_version_string.restype = ctypes.c_char_p
    return {
        "Pango": f"{number // 10000}.{number // 100 % 100}.{number % 100}",
        "HarfBuzz": harfbuzz.hb_version_string().decode() if harfbuzz else "found",
        "HarfBuzz subset": "found" if _load_library("harfbuzz-subset") else "",
    }


def _load_library(name: str) -> ctypes.CDLL | None:
    for file in (f"lib{name}.so.0", f"lib{name}.0.dylib", f"lib{name}-0.dll"):
        with contextlib.suppress(OSError):
            return ctypes.CDLL(file)
    return None
