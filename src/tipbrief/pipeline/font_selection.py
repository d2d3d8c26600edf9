"""The faces with which a publication is printed: those that its ``fonts:`` names, else the shipped ones."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tipbrief.assets import find_shipped_folder
from tipbrief.fonts.font_library import FontFace, family_names, find_family_fonts, load_fonts, truetype_files
from tipbrief.load.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence, read_yaml
from tipbrief.problems import Problem, Problems, suggest_nearest

if TYPE_CHECKING:
    from tipbrief.typeset.engine import Typesetter

MOST_FAMILIES = 4


def find_publication_fonts(folder: Path) -> tuple[tuple[FontFace, ...], list[Problem]]:
    """The faces of the publication in a folder, and what is wrong with them; then the shipped faces."""
    own = load_fonts(find_shipped_folder("fonts"))
    named = _read_family_names(folder)
    if not named:
        return own, []
    families = list(dict.fromkeys(node.text for node in named))
    if len(families) > MOST_FAMILIES:
        message = f"the publication has more than {MOST_FAMILIES} families of fonts"
        return own, [named[0].location.problem(message, "one is enough, and one for what it lacks")]
    try:
        faces, missing = find_family_fonts(folder, families, own)
    except Problems as raised:
        return own, raised.problems
    found = [_missing_family_problem(node, faces + own) for node in named if node.text in missing]
    return (own, found) if found else (faces, [])


def create_typesetter(faces: tuple[FontFace, ...]) -> Typesetter:
    """WeasyPrint with these faces."""
    from tipbrief.typeset.engine import Typesetter

    return Typesetter(faces[0].ttf.parent, truetype_files(faces))


def _missing_family_problem(node: YamlScalar, known: tuple[FontFace, ...]) -> Problem:
    message = f"the font '{node.text}' is not in the publication's fonts/"
    near = suggest_nearest(node.text, family_names(known))
    hint = "put its files there, prepared: tipbrief fonts prepare --font FILE"
    return node.location.problem(message, near if near.startswith("did") else hint, kind="no-such-font")


def _read_family_names(folder: Path) -> list[YamlScalar]:
    """The families that ``publication.yaml`` names; their form is checked where all is read."""
    node: YamlNode | None = None
    with suppress(Problems):
        whole = read_yaml(folder / "publication.yaml")
        node = whole.items.get("fonts") if isinstance(whole, YamlMapping) else None
    items = node.items if isinstance(node, YamlSequence) else [node]
    return [one for one in items if isinstance(one, YamlScalar) and one.text]
