"""PDFium's functions and constants, called with addresses as plain numbers, as pages need them thousands of times.

pypdfium2 makes an object of each address, and each of its calls lets other threads run: both take longer than PDFium.
"""

import ctypes
from typing import Any

import pypdfium2.raw

# It is called for each letter, with a ctypes.c_void_p and a number. They are not checked: that takes half of its time.
FPDFText_GetTextObject = ctypes.PYFUNCTYPE(ctypes.c_void_p)(
    ctypes.cast(pypdfium2.raw.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)


def __getattr__(name: str) -> Any:
    found = getattr(pypdfium2.raw, name)
    if hasattr(found, "argtypes"):
        kinds = (found.restype, *found.argtypes)
        # PDFium's own structs are named so, and only it knows their parts.
        handles = [getattr(kind, "__name__", "").startswith("LP_struct_fpdf_") for kind in kinds]
        plain = (ctypes.c_void_p if is_handle else kind for kind, is_handle in zip(kinds, handles, strict=True))
        found = ctypes.PYFUNCTYPE(*plain)(ctypes.cast(found, ctypes.c_void_p).value or 0)
    globals()[name] = found
    return found
