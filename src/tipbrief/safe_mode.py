"""The plain way: nothing is taken over from other documents or runs, and WeasyPrint is as it came."""

import os

SAFE_MODE_VARIABLE = "TIPBRIEF_PLAIN"


def is_safe_mode() -> bool:
    """Whether the user asks for it."""
    return os.environ.get(SAFE_MODE_VARIABLE, "0") != "0"
