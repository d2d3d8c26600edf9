"""In use: which reuses stand in for functions of WeasyPrint, and the sources for which each is proven.

Each is a module of this folder with a function ``put``, which says what it stands in for, why the result is
the same, by what key and within what bound. With any other source than that for which it was made, or with
``TIPBRIEF_PLAIN=1``, WeasyPrint's own way is taken: the bytes are the same.
"""

import functools
import os
from collections.abc import Iterator
from importlib import import_module, metadata, util
from pathlib import Path

from tipbrief.files import hash_of

PLAIN = "TIPBRIEF_PLAIN"

# By module of this folder: the files whose functions it replaces or calls inside, each with its sha256 in
# WeasyPrint 70.0 and pydyf 0.13. Put into place in this order.
REUSES: dict[str, tuple[str, ...]] = {}
MADE_FOR: dict[str, str] = {}


@functools.cache
def put_in_place() -> None:
    """Put each reuse into its place, once in a process, when WeasyPrint is imported."""
    for name, why_not in standing():
        if not why_not:
            import_module(f"{__package__}.{name}").put()


def standing() -> Iterator[tuple[str, str]]:
    """Each reuse, and why it is not used; an empty text where it is. WeasyPrint is not imported."""
    if os.environ.get(PLAIN, "0") != "0":
        yield from ((name, f"{PLAIN} is set") for name in REUSES)
        return
    other = {file for file, made_for in MADE_FOR.items() if _hash_of_installed(file) != made_for}
    for name, files in REUSES.items():
        package = next((file.partition("/")[0] for file in files if file in other), "")
        yield name, f"{package} {metadata.version(package)} is not the one it was made for" if package else ""


def _hash_of_installed(file: str) -> str:
    package, _, rest = file.partition("/")
    found = util.find_spec(package)
    if not found or not found.origin:
        return ""
    try:
        return hash_of((Path(found.origin).parent / rest).read_bytes())
    except OSError:
        return ""
