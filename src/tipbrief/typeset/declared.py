"""Declared: what cffi finds in WeasyPrint's declarations of Pango and its kin.

To parse them takes it 30 ms at each start, and each call's first time more. So it stands in a file of ours,
which ``python -m tools.declarations`` makes, for the very module of WeasyPrint from which it was made.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tipbrief.typeset.late_imports import are_these

FILE = Path(__file__).with_suffix(".json")
MODULE = "text/ffi.py"
# What we call and WeasyPrint does not; told to a cffi that parses before the first call.
OURS = "void pango_layout_line_get_x_ranges(PangoLayoutLine *, int, int, int **, int *); void g_free(void *);"


@contextlib.contextmanager
def known_declarations() -> Iterator[None]:
    """While WeasyPrint is imported, what it gets of cffi knows the declarations before they are told."""
    cffi = ModuleType("cffi")
    with contextlib.suppress(ImportError):  # another cffi, or none: WeasyPrint will find out
        known = json.loads(FILE.read_text(encoding="ascii"))
        if "cffi" not in sys.modules and are_these({MODULE: known["made_for"]}):
            declared = _declared(_as_bytes(known["found"]))
            cffi.FFI = lambda: declared  # type: ignore[attr-defined]
            sys.modules["cffi"] = cffi
    try:
        yield
    finally:
        if sys.modules.get("cffi") is cffi:
            del sys.modules["cffi"]


def _declared(found: dict[str, Any]) -> Any:
    import _cffi_backend

    class Declared(_cffi_backend.FFI):  # type: ignore[misc]
        def cdef(self, _: str) -> None:
            pass

    return Declared(MODULE, **found)


def _as_bytes(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _as_bytes(one) for name, one in part.items()}
    if isinstance(part, list):
        return tuple(map(_as_bytes, part))
    return part.encode("latin-1") if isinstance(part, str) else part
