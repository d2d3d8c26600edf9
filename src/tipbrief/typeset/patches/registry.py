"""In use: which reuses stand in for functions of WeasyPrint, and the sources for which each is proven.

Each is a module of this folder with a function ``put``, which says what it stands in for, why the result is
the same, by what key and within what bound. With any other source than that for which it was made, or with
``TIPBRIEF_PLAIN=1``, WeasyPrint's own way is taken: the bytes are the same.
"""

import functools
import sys
from collections.abc import Callable, Iterator
from importlib import import_module, util
from pathlib import Path
from typing import Any

from tipbrief.files import hash_of
from tipbrief.safe_mode import SAFE_MODE_VARIABLE, is_safe_mode

# By module of this folder: the files whose functions it replaces or calls inside, and those on which its
# proof rests. Put into place in this order.
PATCHES: dict[str, tuple[str, ...]] = {
    "html_tree": (
        "tinyhtml5/__init__.py",
        "tinyhtml5/constants.py",
        "tinyhtml5/inputstream.py",
        "tinyhtml5/parser.py",
        "tinyhtml5/tokenizer.py",
        "tinyhtml5/treebuilder.py",
        "weasyprint/__init__.py",
        "weasyprint/urls.py",
    ),
    "computed_styles": (
        "cssselect2/__init__.py",
        "cssselect2/compiler.py",
        "cssselect2/tree.py",
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
    "page_styles": ("weasyprint/css/__init__.py", "weasyprint/layout/page.py"),
    "table_styles": ("weasyprint/css/__init__.py", "weasyprint/formatting_structure/build.py"),
    "percentages": (
        "weasyprint/layout/percent.py",
        "weasyprint/layout/absolute.py",
    ),
    "box_flow": ("weasyprint/formatting_structure/boxes.py",),
    "undecorated_boxes": (
        "weasyprint/anchors.py",
        "weasyprint/document.py",
        "weasyprint/draw/__init__.py",
        "weasyprint/draw/border.py",
        "weasyprint/draw/color.py",
        "weasyprint/formatting_structure/boxes.py",
        "weasyprint/layout/absolute.py",
        "weasyprint/layout/background.py",
        "weasyprint/layout/percent.py",
    ),
    "upstream_fixes": (
        "cssselect2/__init__.py",
        "cssselect2/compiler.py",
        "cssselect2/tree.py",
        "weasyprint/css/__init__.py",
        "weasyprint/document.py",
        "weasyprint/formatting_structure/boxes.py",
        "weasyprint/html.py",
        "weasyprint/images.py",
        "weasyprint/layout/__init__.py",
        "weasyprint/layout/float.py",
        "weasyprint/layout/inline.py",
        "weasyprint/layout/page.py",
        "weasyprint/pdf/fonts.py",
        "weasyprint/svg/__init__.py",
        "weasyprint/svg/path.py",
        "weasyprint/svg/shapes.py",
        "weasyprint/text/line_break.py",
        "pydyf/__init__.py",
    ),
    "shaping": (
        "weasyprint/css/__init__.py",
        "weasyprint/css/computed_values.py",
        "weasyprint/css/units.py",
        "weasyprint/layout/inline.py",
        "weasyprint/layout/preferred.py",
        "weasyprint/text/fonts.py",
        "weasyprint/text/line_break.py",
    ),
    "line_drawing": (
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
# Those that keep something with what another one keeps: without that they are not used either.
REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "page_styles": ("computed_styles",),
    "table_styles": ("computed_styles",),
    "percentages": ("computed_styles",),
    "box_flow": ("computed_styles",),
    "undecorated_boxes": ("computed_styles",),
    "line_drawing": ("shaping",),
}
# How the sha256 of each file begins in WeasyPrint 70.0, cssselect2 0.10.1, pydyf 0.13 and tinyhtml5 2.1.
SOURCE_HASHES: dict[str, str] = {
    "cssselect2/__init__.py": "72a31505ee09e256b373cc2082ef9211dcda9cc2",
    "cssselect2/compiler.py": "a0657f590793455b0b4b08a0d96df73ab9958615",
    "cssselect2/tree.py": "1a971934a93983d9af2195c54067442a157477510",
    "pydyf/__init__.py": "0b10add9e640961db4636205686066e2b955fba6",
    "tinyhtml5/__init__.py": "d4ab84e535bf6d869bb0ad0c7b7fdeaf10a323c5",
    "tinyhtml5/constants.py": "5af54750ab78d7d04c2bc4abd35a1b62f00e2965",
    "tinyhtml5/inputstream.py": "1c89c26bad4745509ecdc087d80a993111886b2a",
    "tinyhtml5/parser.py": "9655914ae671d6683e36e2f2a596a3483220618c",
    "tinyhtml5/tokenizer.py": "c5f1a5d7f5e6d933a123e4519d9ed0084458d86b",
    "tinyhtml5/treebuilder.py": "7f95e5c98bb28789f17c2ccfc01b82e2501fd0da",
    "weasyprint/__init__.py": "7cd0f4ae8569eac9e1a9dc5e58a2c7aed8b164c0",
    "weasyprint/anchors.py": "c9778a69d84f23b2a40592563d24e3497e808f57",
    "weasyprint/css/__init__.py": "77ad7287f90d7cfaf85eb00ebe7af47d2bedfb85",
    "weasyprint/css/computed_values.py": "0dec45caf60428b168e756a800e8a5cf8f0d836d",
    "weasyprint/css/targets.py": "dc7a175f80bbca473564d4462cc60a240c6f4a45",
    "weasyprint/css/units.py": "7f2c5900d751be49439a412f540b5a8fb41925c3",
    "weasyprint/document.py": "f08f91af64563f5fb27596828891fb326262511a",
    "weasyprint/draw/__init__.py": "fb6fcee79a80059c72a3142ef941d4968e3aeedd",
    "weasyprint/draw/border.py": "cee7e6540a8bbae058c88f6adc9994ab089a7361",
    "weasyprint/draw/color.py": "c68aaae8b9a4c8dd7176e6d7d109be30acbbc628",
    "weasyprint/draw/text.py": "c9a450aa209277e760227e1fed2da492647bd28e",
    "weasyprint/formatting_structure/boxes.py": "8ffd28ab74a149f0097208fcba6a80df0c8bb01e",
    "weasyprint/formatting_structure/build.py": "335ad8b541295d6b9c5b71830d5184cd692f730d",
    "weasyprint/html.py": "a11b729157862291a6ecf7b7b3517c59d4242ea0",
    "weasyprint/images.py": "a1637ab32a69f6f9e0a113d7d82dc4e91243a22b",
    "weasyprint/layout/__init__.py": "f226ba97ad21e44772b571aa64bfd446ecf3080d",
    "weasyprint/layout/absolute.py": "240e268cec1e66dda1f87aec6bdd671e7bf36439",
    "weasyprint/layout/background.py": "3d98949e4fe71bc71a96bc7e4c10c137a25a36a0",
    "weasyprint/layout/block.py": "9457dca0528c378f3ff6dd2ca5126d04ca017542",
    "weasyprint/layout/float.py": "4e6cc308ad2a7d2a1aecb24b8517790fd4e154d8",
    "weasyprint/layout/inline.py": "0e7c1569330f54734ed61b568789c4f279ba103c",
    "weasyprint/layout/page.py": "d99c5aceb36d458619a9cecb466a09df8827b916",
    "weasyprint/layout/percent.py": "bac190e240dce17b4342feb99423e8232433d372",
    "weasyprint/layout/preferred.py": "a7973703cd8ac5fada246b35e7fea6e728a36400",
    "weasyprint/pdf/fonts.py": "9ad9a202a416b84585e59d758e6b5e1b35604807",
    "weasyprint/pdf/stream.py": "4faf9169d1970d4688b9cf41f733659ca6b1c4c0",
    "weasyprint/svg/__init__.py": "eb1ee636d1f85e538a1fc7c71845adead1f58c0f",
    "weasyprint/svg/path.py": "5139ec67a99ab9fbdb4ebf54b775a96e3b1fca99",
    "weasyprint/svg/shapes.py": "279a600d0dbdb983d56b1901c148dd5dfd2450d6",
    "weasyprint/svg/text.py": "743266ead497a963fa836a0ceb68a8c37bc0be41",
    "weasyprint/svg/utils.py": "6e1d2c4c959b495339b9adecd767d2bd0b77e30d",
    "weasyprint/text/fonts.py": "59d74d0c161349b8416f1d13466e16dd47c1161f",
    "weasyprint/text/line_break.py": "1f5a855ad992e0bebaf5512d2b806fd991090e0e",
    "weasyprint/urls.py": "e9bcafd1a4edee60203bc536250f6d4b4e3ee6d3",
}


@functools.cache
def apply_patches() -> None:
    """Put each reuse into its place, once in a process, when WeasyPrint is imported."""
    for name, why_not in list_patches():
        if not why_not:
            import_module(f"{__package__}.{name}").apply_patch()


def replace_function(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Put a function into the place of another, in each module of WeasyPrint that has it."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "weasyprint":
            for at in [at for at, held in vars(module).items() if held is old]:
                setattr(module, at, new)


def list_patches() -> Iterator[tuple[str, str]]:
    """Each reuse, and why it is not used; an empty text where it is. WeasyPrint is not imported."""
    if is_safe_mode():
        yield from ((name, f"{SAFE_MODE_VARIABLE} is set") for name in PATCHES)
        return
    other = {file for file, made_for in SOURCE_HASHES.items() if not _hash_source(file).startswith(made_for)}
    for name, files in PATCHES.items():
        needed = [*files, *(file for needs in REQUIREMENTS.get(name, ()) for file in PATCHES[needs])]
        package = next((file.partition("/")[0] for file in needed if file in other), "")
        yield name, f"{package} {_package_version(package)} is not the one it was made for" if package else ""


def _package_version(package: str) -> str:
    from importlib.metadata import version  # which takes longer to load than all else here

    return version(package)


def _hash_source(file: str) -> str:
    package, _, rest = file.partition("/")
    found = util.find_spec(package)
    if not found or not found.origin:
        return ""
    try:
        return hash_of((Path(found.origin).parent / rest).read_bytes())
    except OSError:
        return ""
