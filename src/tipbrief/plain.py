"""The plain way: nothing is taken over from other documents or runs, and WeasyPrint is as it came."""

import os

PLAIN = "TIPBRIEF_PLAIN"


def plain_way() -> bool:
    """Whether the user asks for it."""
    return os.environ.get(PLAIN, "0") != "0"
