"""Safe mode: nothing is taken over from other documents or earlier runs, and WeasyPrint is not patched."""

import os

SAFE_MODE_VARIABLE = "TIPBRIEF_SAFE"


def is_safe_mode() -> bool:
    """Whether the user asks for safe mode."""
    return os.environ.get(SAFE_MODE_VARIABLE, "0") != "0"
