"""A publication's own fonts, in its fonts/. They may be a stranger's: none is believed, or drawn as it is.

Read is what every PDF carries, fonts/manifest.json and fonts/web/. Each font is taken apart and put together
anew, so that those who draw it see only what fontTools wrote, and must be prepared.
"""

import atexit
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.files import process_folder, read_bytes, room_for_temporary_files, within
from tipbrief.fonts import shelf
from tipbrief.fonts.shelf import Face
from tipbrief.problems import Problem, Problems

FOLDER = "fonts"
MOST_FACES = 12
MOST_MANIFEST = 200_000
MOST_BYTES = 400_000  # of a prepared font; those of ours have 29,000
NEEDED = {400: "regular", 700: "bold"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,59}")
_VERSION = re.compile(r"[ -~]{0,60}")
_AGAIN = "run: tipbrief fonts prepare --font FILE"


@dataclass(frozen=True, slots=True)
class _Read:
    """What a font says of itself, and its bytes as they are drawn."""

    family: str
    weight: int
    version: str
    licence: str
    characters: str
    ttf: bytes


def listed(publication: Path) -> list[dict[str, Any]]:
    """The faces that the manifest of a publication's fonts lists; none where there is no manifest."""
    manifest = publication / FOLDER / shelf.MANIFEST
    if not os.path.lexists(manifest):
        return []
    within(publication, manifest)
    entries = shelf.listed(manifest, _AGAIN, MOST_MANIFEST)
    if len(entries) > MOST_FACES:
        message = f"the manifest lists more than {MOST_FACES} fonts"
        raise Problems(message, manifest, hint="a publication needs two or three weights of a family")
    return entries


def own_faces(
    publication: Path, families: Sequence[str], shipped: Sequence[Face]
) -> tuple[tuple[Face, ...], list[str]]:
    """The faces of these families, in their order: its own, or shipped ones; and those missing.

    What is wrong with a font is a problem; a family that is neither here nor there is only named.
    """
    entries = listed(publication)
    faces: list[Face] = []
    problems: list[Problem] = []
    files: dict[str, bytes] = {}
    for family in families:
        own = [entry for entry in entries if entry["family"] == family]
        for entry in own:
            try:
                faces.append(_face(publication, entry, files))
            except Problems as raised:
                problems += raised.problems
        problems += _weights_missing(publication, family, [entry["weight"] for entry in own]) if own else ()
        others = [] if own else [face for face in shipped if face.family == family]
        for face in others:
            files[face.ttf.name], files[face.woff2.name] = face.ttf.read_bytes(), face.woff2.read_bytes()
        faces += others
    if problems:
        raise Problems(problems)
    known = {face.family for face in faces}
    faces.sort(key=lambda face: (families.index(face.family), face.weight))
    if all(face in shipped for face in faces):
        return tuple(faces), [family for family in families if family not in known]
    folder = _laid_out(tuple(sorted(files.items())))
    placed = (
        replace(one, ttf=folder / "ttf" / one.ttf.name, woff2=folder / "web" / one.woff2.name)
        for one in faces
    )
    return tuple(placed), [family for family in families if family not in known]


def _weights_missing(publication: Path, family: str, weights: Sequence[int]) -> list[Problem]:
    manifest = publication / FOLDER / shelf.MANIFEST
    return [
        Problem(
            f"the family '{family}' has no {called} face, of weight {weight}",
            manifest,
            hint=f"prepare that file of the family, too: {_AGAIN.removeprefix('run: ')}",
            kind="font-weight",
        )
        for weight, called in NEEDED.items()
        if weight not in weights
    ]


def _face(publication: Path, entry: Mapping[str, Any], files: dict[str, bytes]) -> Face:
    """A face whose file is read and looked at; its bytes go into ``files``."""
    path = publication / FOLDER / entry["woff2"]["file"]
    within(publication, path)
    data = read_bytes(path, MOST_BYTES)
    if sha256(data).hexdigest() != entry["woff2"]["sha256"]:
        raise Problems("the font file is not the one that the manifest lists", path, hint=_AGAIN)
    with limits.bounded(path):
        read = _read(data, path)
    if (read.family, read.weight) != (entry["family"], entry["weight"]):
        message = f"the font is {read.family} {read.weight}, and its manifest says otherwise"
        raise Problems(message, path, hint=_AGAIN)
    stem = f"{sha256(read.ttf).hexdigest()[:12]}"
    ttf, woff2 = Path(f"{stem}.ttf"), Path(f"{stem}.woff2")
    files[ttf.name], files[woff2.name] = read.ttf, data
    digest = sha256(read.ttf).hexdigest()
    said = (read.family, read.weight, ttf, woff2, read.version, read.licence, digest, read.characters)
    return Face(*said)


@lru_cache(maxsize=MOST_FACES)
def _read(data: bytes, path: Path) -> _Read:
    """A font put together anew; a problem where it is not prepared."""
    from tipbrief.fonts.preparation import rebuilt

    font = rebuilt(data, path)
    for what, form, said in (("name", _NAME, font.family), ("version", _VERSION, font.version)):
        if not form.fullmatch(said):
            hint = "it has Latin letters, digits, spaces, '-' and '_' only"
            raise Problems(f"the {what} of the font's family cannot be printed", path, hint=hint)
    return _Read(
        font.family,
        font.weight,
        font.version,
        font.licence if font.licence.isprintable() else "",
        shelf.as_ranges(font.characters),
        font.ttf,
    )


@lru_cache(maxsize=8)
def _laid_out(files: tuple[tuple[str, bytes], ...]) -> Path:
    """A folder with these files, TrueType apart from WOFF2, which is gone when the process ends."""
    folder = process_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with room_for_temporary_files():
        for kind in ("ttf", "web"):
            (folder / kind).mkdir()
        for name, data in files:
            (folder / ("ttf" if name.endswith(".ttf") else "web") / name).write_bytes(data)
    return folder
