"""WeasyPrint, Pango and HarfBuzz: loaded only when something is typeset."""

import contextlib
import ctypes
import ctypes.util
import functools
import io
import re
import sys
from collections.abc import Iterator
from typing import Any

from tipbrief.problems import Problems
from tipbrief.typeset.declared import known_declarations
from tipbrief.typeset.late_imports import fonts_tools_later

INSTALL_COMMANDS = {
    "linux": "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0 (Debian), dnf install pango (Fedora)",
    "darwin": "brew install pango",
    "win32": "install MSYS2, then: pacman -S mingw-w64-ucrt-x86_64-pango",
}


def import_weasyprint() -> Any:
    """WeasyPrint, or a problem that says how to install the libraries that it needs."""
    said = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(said),
            _skip_library_search(),
            _skip_certificates(),
            fonts_tools_later(),
            known_declarations(),
        ):
            import weasyprint
    except OSError as fault:
        library = re.search("'([^']+)'", str(fault))
        message = f"a library that typesets the PDF is missing: {library[1] if library else fault}"
        raise Problems(message, hint=install_hint()) from None
    return weasyprint


@functools.cache
def box_classes() -> Any:
    """WeasyPrint's kinds of boxes, which are asked for at each box of a page."""
    from weasyprint.formatting_structure import boxes

    return boxes


def install_hint() -> str:
    """The command that installs Pango on this kind of machine."""
    return INSTALL_COMMANDS.get(sys.platform, "install Pango 1.44 or newer and HarfBuzz")


@contextlib.contextmanager
def _skip_library_search() -> Iterator[None]:
    # ctypes.util.find_library starts ldconfig, gcc and ld for each name that WeasyPrint tries before the
    # soname: an eighth of a second at each start. Without it, the sonames that follow in its list are loaded.
    find = ctypes.util.find_library
    if sys.platform == "linux" and "weasyprint" not in sys.modules:
        ctypes.util.find_library = lambda name: None
    try:
        yield
    finally:
        ctypes.util.find_library = find


@contextlib.contextmanager
def _skip_certificates() -> Iterator[None]:
    # Each of three style sheets of WeasyPrint's own gets something that could fetch more, and for that reads
    # the system's certificates: 16 ms. They name nothing to fetch.
    from urllib import request

    handler = request.HTTPSHandler
    if "weasyprint" not in sys.modules:
        request.HTTPSHandler = lambda **_: request.UnknownHandler()  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        request.HTTPSHandler = handler  # type: ignore[misc]


def engine_versions() -> dict[str, str]:
    """The versions of WeasyPrint, Pango and HarfBuzz; an empty text where a library is missing.

    Read without importing WeasyPrint, which takes as long as all else where nothing is to be typeset.
    """
    from importlib import metadata

    return {"WeasyPrint": metadata.version("weasyprint"), **library_versions()}


def library_versions() -> dict[str, str]:
    """The versions of the system's libraries, Pango and HarfBuzz."""
    pango, harfbuzz = _load_library("pango-1.0"), _load_library("harfbuzz")
    if pango is None:
        import_weasyprint()  # a problem that says how to install it, or it finds Pango by other names
    number = pango.pango_version() if pango else 0
    if harfbuzz:
        harfbuzz.hb_version_string.restype = ctypes.c_char_p
    return {
        "Pango": f"{number // 10000}.{number // 100 % 100}.{number % 100}" if number else "found",
        "HarfBuzz": harfbuzz.hb_version_string().decode() if harfbuzz else "found",
        "HarfBuzz subset": "found" if _load_library("harfbuzz-subset") else "",
    }


def _load_library(name: str) -> ctypes.CDLL | None:
    for file in (f"lib{name}.so.0", f"lib{name}.0.dylib", f"lib{name}-0.dll"):
        with contextlib.suppress(OSError):
            return ctypes.CDLL(file)
    return None
