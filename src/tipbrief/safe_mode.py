"""Safe mode, for comparisons: WeasyPrint is not patched, the store is not used, each document is composed anew."""

import os

SAFE_MODE_VARIABLE = "TIPBRIEF_SAFE"


def is_safe_mode() -> bool:
    """Whether the user asks for safe mode."""
    return os.environ.get(SAFE_MODE_VARIABLE, "0") != "0"
