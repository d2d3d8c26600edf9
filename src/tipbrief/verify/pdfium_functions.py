"""PDFium's functions and constants, with addresses as numbers: pypdfium2's objects take longer than PDFium."""

import ctypes
import struct
from functools import partial
from typing import Any

import pypdfium2.raw

# Called for each letter or object, with a ``c_void_p`` and ``Output.places``. Unchecked: that takes half of the time.
_UNCHECKED = {
    "FPDFText_GetTextObject", "FPDFText_GetCharOrigin", "FPDFText_GetCharBox", "FPDFText_GetMatrix",
    "FPDFPageObj_GetBounds", "FPDFPageObj_GetFillColor", "FPDFPageObj_GetStrokeColor", "FPDFPageObj_GetMatrix",
    "FPDFTextObj_GetFontSize", "FPDFPageObj_GetStrokeWidth",
}  # fmt: skip
_Room = ctypes.c_double * 6


class Output:
    """Up to six numbers that PDFium writes: ``places`` for them, and ``read`` for what was written there last."""

    def __init__(self, kinds: str) -> None:
        numbers, buffer = struct.Struct(kinds), _Room()
        self.places = [ctypes.byref(buffer, numbers.size // len(kinds) * n) for n in range(len(kinds))]
        self.read = partial(numbers.unpack_from, buffer)


def __getattr__(name: str) -> Any:
    found = getattr(pypdfium2.raw, name)
    if hasattr(found, "argtypes"):
        kinds = (found.restype, *(() if name in _UNCHECKED else found.argtypes))
        # PDFium's own structs are named so, and only it knows their parts.
        handles = [getattr(kind, "__name__", "").startswith("LP_struct_fpdf_") for kind in kinds]
        plain = (ctypes.c_void_p if is_handle else kind for kind, is_handle in zip(kinds, handles, strict=True))
        found = ctypes.PYFUNCTYPE(*plain)(ctypes.cast(found, ctypes.c_void_p).value or 0)
    globals()[name] = found
    return found
