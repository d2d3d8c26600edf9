"""Write what cffi finds in WeasyPrint's declarations, in the form in which it takes it back."""

import io
import json
import re
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cffi
from cffi.recompiler import make_py_source

from tipbrief.files import hash_of
from tipbrief.typeset.declared import FILE, MODULE, OURS


def text() -> str:
    """The file as it is to be."""
    package = find_spec("weasyprint")
    module = (Path(str(package and package.origin)).parent / MODULE).read_bytes()
    told, written = cffi.FFI(), io.StringIO()
    for declarations in (*re.findall(r"ffi\.cdef\('''(.*?)'''\)", module.decode(), re.S), OURS):
        told.cdef(declarations)
    make_py_source(told, FILE.stem, written)
    # What cffi writes is one call with all that it found.
    code = written.getvalue().replace("import _cffi_backend", "")
    known = {"_cffi_backend": SimpleNamespace(FFI=lambda _, **found: found)}
    exec(code, known)
    return json.dumps({"made_for": hash_of(module), "found": _as_text(known["ffi"])}, indent=1) + "\n"


def _as_text(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _as_text(one) for name, one in part.items()}
    if isinstance(part, tuple):
        return [*map(_as_text, part)]
    return part.decode("latin-1") if isinstance(part, bytes) else part


if __name__ == "__main__":
    FILE.write_text(text(), encoding="ascii")
