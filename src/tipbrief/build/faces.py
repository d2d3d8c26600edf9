"""The faces with which a publication is printed: those that its ``fonts:`` names, else the shipped ones."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tipbrief.assets import shipped
from tipbrief.fonts.own import own_faces
from tipbrief.fonts.shelf import Face, families_of, shelf, twins
from tipbrief.load.yaml_nodes import Keyed, Scalar, Sequence, YamlNode, read_yaml
from tipbrief.problems import Problem, Problems, nearest

if TYPE_CHECKING:
    from tipbrief.typeset.engine import Typesetter

MOST_FAMILIES = 4


def faces_of(folder: Path) -> tuple[tuple[Face, ...], list[Problem]]:
    """The faces of the publication in a folder, and what is wrong with them; then the shipped faces."""
    own = shelf(shipped("fonts"))
    named = _named(folder)
    if not named:
        return own, []
    families = list(dict.fromkeys(node.text for node in named))
    if len(families) > MOST_FAMILIES:
        message = f"the publication has more than {MOST_FAMILIES} families of fonts"
        return own, [named[0].place.problem(message, "one is enough, and one for what it lacks")]
    try:
        faces, missing = own_faces(folder, families, own)
    except Problems as raised:
        return own, raised.problems
    found = [_missing(node, faces + own) for node in named if node.text in missing]
    return (own, found) if found else (faces, [])


def typesetter_of(faces: tuple[Face, ...]) -> Typesetter:
    """WeasyPrint with these faces."""
    from tipbrief.typeset.engine import Typesetter

    return Typesetter(faces[0].ttf.parent, twins(faces))


def _missing(node: Scalar, known: tuple[Face, ...]) -> Problem:
    message = f"the font '{node.text}' is not in the publication's fonts/"
    near = nearest(node.text, families_of(known))
    hint = "put its files there, prepared: tipbrief fonts prepare --font FILE"
    return node.place.problem(message, near if near.startswith("did") else hint, kind="no-such-font")


def _named(folder: Path) -> list[Scalar]:
    """The families that ``publication.yaml`` names; their form is checked where all is read."""
    node: YamlNode | None = None
    with suppress(Problems):
        whole = read_yaml(folder / "publication.yaml")
        node = whole.items.get("fonts") if isinstance(whole, Keyed) else None
    items = node.items if isinstance(node, Sequence) else [node]
    return [one for one in items if isinstance(one, Scalar) and one.text]
