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
REUSES: dict[str, tuple[str, ...]] = {
    "mends": (
        "weasyprint/layout/__init__.py",
        "weasyprint/layout/float.py",
        "weasyprint/layout/inline.py",
        "weasyprint/svg/__init__.py",
        "weasyprint/svg/path.py",
        "weasyprint/svg/shapes.py",
        "pydyf/__init__.py",
    ),
    "shaped_text": (
        "weasyprint/css/__init__.py",
        "weasyprint/css/computed_values.py",
        "weasyprint/css/units.py",
        "weasyprint/layout/inline.py",
        "weasyprint/layout/preferred.py",
        "weasyprint/text/fonts.py",
        "weasyprint/text/line_break.py",
    ),
    "drawn_lines": (
        "weasyprint/css/__init__.py",
        "weasyprint/draw/text.py",
        "weasyprint/pdf/fonts.py",
        "weasyprint/pdf/stream.py",
        "weasyprint/svg/text.py",
        "weasyprint/text/fonts.py",
        "weasyprint/text/line_break.py",
        "pydyf/__init__.py",
    ),
    "svg_paths": (
        "weasyprint/svg/__init__.py",
        "weasyprint/svg/path.py",
        "weasyprint/svg/utils.py",
        "pydyf/__init__.py",
    ),
}
MADE_FOR: dict[str, str] = {
    "pydyf/__init__.py": "0b10add9e640961db4636205686066e2b955fba63cad51e602a69250ef1df0d6",
    "weasyprint/css/__init__.py": "77ad7287f90d7cfaf85eb00ebe7af47d2bedfb856d7dc68717152f2d8a7605fd",
    "weasyprint/css/computed_values.py": "0dec45caf60428b168e756a800e8a5cf8f0d836d415d8a5e75b7b88a19ca75d9",
    "weasyprint/css/units.py": "7f2c5900d751be49439a412f540b5a8fb41925c3a1597e5e41ededab4714b883",
    "weasyprint/draw/text.py": "c9a450aa209277e760227e1fed2da492647bd28e5a5ebc4c9d8aaedecc400d77",
    "weasyprint/layout/__init__.py": "f226ba97ad21e44772b571aa64bfd446ecf3080d236c4861dcab25407a04d66a",
    "weasyprint/layout/float.py": "4e6cc308ad2a7d2a1aecb24b8517790fd4e154d839396ebb38dd3674e111c7c3",
    "weasyprint/layout/inline.py": "0e7c1569330f54734ed61b568789c4f279ba103c0385115efa6444f3c43b96b4",
    "weasyprint/layout/preferred.py": "a7973703cd8ac5fada246b35e7fea6e728a364002adc5dbb248ee08f084c0a6e",
    "weasyprint/pdf/fonts.py": "9ad9a202a416b84585e59d758e6b5e1b35604807dc3fa4472b6829bc5c4cdcb7",
    "weasyprint/pdf/stream.py": "4faf9169d1970d4688b9cf41f733659ca6b1c4c098707c64f67c47a07309e81e",
    "weasyprint/svg/__init__.py": "eb1ee636d1f85e538a1fc7c71845adead1f58c0f4d8b6d5470e1ffc88f933abd",
    "weasyprint/svg/path.py": "5139ec67a99ab9fbdb4ebf54b775a96e3b1fca995a18a726786dc3353920f71a",
    "weasyprint/svg/shapes.py": "279a600d0dbdb983d56b1901c148dd5dfd2450d65773b2d9e6c646dca85279c5",
    "weasyprint/svg/text.py": "743266ead497a963fa836a0ceb68a8c37bc0be415167c4e10ab2be92ffd30bd8",
    "weasyprint/svg/utils.py": "6e1d2c4c959b495339b9adecd767d2bd0b77e30d01171eb026b28ea427ae90cb",
    "weasyprint/text/fonts.py": "59d74d0c161349b8416f1d13466e16dd47c1161f0a397ff1e4ca70814eb36091",
    "weasyprint/text/line_break.py": "1f5a855ad992e0bebaf5512d2b806fd991090e0e91bf79d3d5a3a0176b22af97",
}


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
