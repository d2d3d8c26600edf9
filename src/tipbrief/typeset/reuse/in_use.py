"""In use: which reuses stand in for functions of WeasyPrint, and the sources for which each is proven.

Each is a module of this folder with a function ``put``, which says what it stands in for, why the result is
the same, by what key and within what bound. With any other source than that for which it was made, or with
``TIPBRIEF_PLAIN=1``, WeasyPrint's own way is taken: the bytes are the same.
"""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module, metadata, util
from pathlib import Path
from typing import Any

from tipbrief.files import hash_of

PLAIN = "TIPBRIEF_PLAIN"

# By module of this folder: the files whose functions it replaces or calls inside, and those on which its
# proof rests. Put into place in this order.
REUSES: dict[str, tuple[str, ...]] = {
    "styles": (
        "weasyprint/css/__init__.py",
        "weasyprint/css/computed_values.py",
        "weasyprint/css/targets.py",
        "weasyprint/css/units.py",
        "weasyprint/formatting_structure/boxes.py",
        "weasyprint/formatting_structure/build.py",
        "weasyprint/layout/__init__.py",
        "weasyprint/layout/block.py",
        "weasyprint/layout/inline.py",
        "weasyprint/layout/page.py",
        "weasyprint/text/fonts.py",
        "weasyprint/text/line_break.py",
    ),
    "percentages": ("weasyprint/layout/percent.py", "weasyprint/layout/absolute.py"),
    "flow": ("weasyprint/formatting_structure/boxes.py",),
    "backgrounds": (
        "weasyprint/layout/absolute.py",
        "weasyprint/layout/background.py",
        "weasyprint/layout/percent.py",
    ),
}
# Those that keep something with what another one keeps: without that they are not used either.
NEEDS: dict[str, tuple[str, ...]] = dict.fromkeys(("percentages", "flow", "backgrounds"), ("styles",))
# How the sha256 of each file begins in WeasyPrint 70.0 and pydyf 0.13.
MADE_FOR: dict[str, str] = {
    "weasyprint/css/__init__.py": "77ad7287f90d7cfaf85eb00ebe7af47d2bedfb85",
    "weasyprint/css/computed_values.py": "0dec45caf60428b168e756a800e8a5cf8f0d836d",
    "weasyprint/css/targets.py": "dc7a175f80bbca473564d4462cc60a240c6f4a45",
    "weasyprint/css/units.py": "7f2c5900d751be49439a412f540b5a8fb41925c3",
    "weasyprint/formatting_structure/boxes.py": "8ffd28ab74a149f0097208fcba6a80df0c8bb01e",
    "weasyprint/formatting_structure/build.py": "335ad8b541295d6b9c5b71830d5184cd692f730d",
    "weasyprint/layout/__init__.py": "f226ba97ad21e44772b571aa64bfd446ecf3080d",
    "weasyprint/layout/absolute.py": "240e268cec1e66dda1f87aec6bdd671e7bf36439",
    "weasyprint/layout/background.py": "3d98949e4fe71bc71a96bc7e4c10c137a25a36a0",
    "weasyprint/layout/block.py": "9457dca0528c378f3ff6dd2ca5126d04ca017542",
    "weasyprint/layout/inline.py": "0e7c1569330f54734ed61b568789c4f279ba103c",
    "weasyprint/layout/page.py": "d99c5aceb36d458619a9cecb466a09df8827b916",
    "weasyprint/layout/percent.py": "bac190e240dce17b4342feb99423e8232433d372",
    "weasyprint/text/fonts.py": "59d74d0c161349b8416f1d13466e16dd47c1161f",
    "weasyprint/text/line_break.py": "1f5a855ad992e0bebaf5512d2b806fd991090e0e",
}


@functools.cache
def put_in_place() -> None:
    """Put each reuse into its place, once in a process, when WeasyPrint is imported."""
    for name, why_not in standing():
        if not why_not:
            import_module(f"{__package__}.{name}").put()


def put_for(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Put a function into the place of another, in each module of WeasyPrint that has it."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "weasyprint":
            for at in [at for at, held in vars(module).items() if held is old]:
                setattr(module, at, new)


def standing() -> Iterator[tuple[str, str]]:
    """Each reuse, and why it is not used; an empty text where it is. WeasyPrint is not imported."""
    if os.environ.get(PLAIN, "0") != "0":
        yield from ((name, f"{PLAIN} is set") for name in REUSES)
        return
    other = {file for file, made_for in MADE_FOR.items() if not _hash_of_installed(file).startswith(made_for)}
    for name, files in REUSES.items():
        needed = [*files, *(file for needs in NEEDS.get(name, ()) for file in REUSES[needs])]
        package = next((file.partition("/")[0] for file in needed if file in other), "")
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
