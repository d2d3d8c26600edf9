"""A publication's own fonts, in its folder fonts/. They are untrusted, so each is rebuilt before use.

Only fonts/manifest.json and fonts/web/ are read, which every PDF carries. Renderers see only what fontTools
wrote. A font must be prepared.
"""

import atexit
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.files import create_process_folder, read_bytes, report_temporary_file_errors, resolve_within
from tipbrief.fonts import font_library
from tipbrief.fonts.font_library import FontFace
from tipbrief.problems import Problem, Problems

FONTS_FOLDER = "fonts"
MOST_FACES = 12
MOST_MANIFEST = 200_000
MOST_BYTES = 400_000  # of a prepared font; the shipped ones have 29,000
REQUIRED_WEIGHTS = {400: "regular", 700: "bold"}
_FAMILY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,59}")
_VERSION_TEXT = re.compile(r"[ -~]{0,60}")
_PREPARE_FONT_HINT = "run: tipbrief fonts prepare --font FILE"


def read_publication_manifest(publication: Path) -> list[dict[str, Any]]:
    """The entries of the manifest of a publication's fonts; none if there is no manifest."""
    manifest = publication / FONTS_FOLDER / font_library.FONT_MANIFEST
    if not os.path.lexists(manifest):
        return []
    resolve_within(publication, manifest)
    entries = font_library.read_font_manifest(manifest, _PREPARE_FONT_HINT, MOST_MANIFEST)
    if len(entries) > MOST_FACES:
        message = f"the manifest lists more than {MOST_FACES} fonts"
        raise Problems(message, manifest, hint="a publication needs two or three weights of a family")
    return entries


def find_family_fonts(
    publication: Path, families: Sequence[str], shipped: Sequence[FontFace]
) -> tuple[tuple[FontFace, ...], list[str]]:
    """The faces of these families, in their order, and the families that are missing.

    A publication's own family replaces a shipped one. Problems if one of its own fonts is faulty.
    """
    entries = read_publication_manifest(publication)
    faces: list[FontFace] = []
    problems: list[Problem] = []
    files: dict[str, bytes] = {}
    for family in families:
        own = [entry for entry in entries if entry["family"] == family]
        for entry in own:
            try:
                faces.append(_load_font_face(publication, entry, files))
            except Problems as raised:
                problems += raised.problems
        weights = {entry["weight"] for entry in own}
        hint = f"prepare that file of the family, too: {_PREPARE_FONT_HINT.removeprefix('run: ')}"
        for weight, called in REQUIRED_WEIGHTS.items() if own else ():
            if weight not in weights:
                message = f"the family '{family}' has no {called} face, of weight {weight}"
                manifest = publication / FONTS_FOLDER / font_library.FONT_MANIFEST
                problems.append(Problem(message, manifest, hint=hint, kind="font-weight"))
        others = [] if own else [face for face in shipped if face.family == family]
        for face in others:
            files[face.ttf.name], files[face.woff2.name] = face.ttf.read_bytes(), face.woff2.read_bytes()
        faces += others
    if problems:
        raise Problems(problems)
    known = {face.family for face in faces}
    missing = [family for family in families if family not in known]
    faces.sort(key=lambda face: (families.index(face.family), face.weight))
    if not all(face in shipped for face in faces):
        folder = _write_font_folder(tuple(sorted(files.items())))
        faces = [
            replace(face, ttf=folder / "ttf" / face.ttf.name, woff2=folder / "web" / face.woff2.name) for face in faces
        ]
    return tuple(faces), missing


def _load_font_face(publication: Path, entry: Mapping[str, Any], files: dict[str, bytes]) -> FontFace:
    """The face of a rebuilt font. Its bytes go into ``files``."""
    path = publication / FONTS_FOLDER / entry["woff2"]["file"]
    resolve_within(publication, path)
    data = read_bytes(path, MOST_BYTES)
    if sha256(data).hexdigest() != entry["woff2"]["sha256"]:
        raise Problems("the font file is not the one that the manifest lists", path, hint=_PREPARE_FONT_HINT)
    with limits.limit_step(path):
        face, ttf = _rebuild_font_face(data, path)
    if (face.family, face.weight) != (entry["family"], entry["weight"]):
        message = f"the font is {face.family} {face.weight}, and its manifest says otherwise"
        raise Problems(message, path, hint=_PREPARE_FONT_HINT)
    files[face.ttf.name], files[face.woff2.name] = ttf, data
    return face


@lru_cache(maxsize=MOST_FACES)
def _rebuild_font_face(data: bytes, path: Path) -> tuple[FontFace, bytes]:
    """The face of a rebuilt font, with file names but no folder, and its TrueType file."""
    from tipbrief.fonts.preparation import rebuild_font

    font = rebuild_font(data, path)
    for what, form, text in (("name", _FAMILY_NAME, font.family), ("version", _VERSION_TEXT, font.version)):
        if not form.fullmatch(text):
            hint = "it has Latin letters, digits, spaces, '-' and '_' only"
            raise Problems(f"the {what} of the font's family cannot be printed", path, hint=hint)
    digest = sha256(font.ttf).hexdigest()
    ttf, woff2 = (Path(f"{digest[:12]}.{ending}") for ending in ("ttf", "woff2"))
    licence = font.licence if font.licence.isprintable() else ""
    characters = font_library.format_ranges(font.characters)
    return FontFace(font.family, font.weight, ttf, woff2, font.version, licence, digest, characters), font.ttf


@lru_cache(maxsize=8)
def _write_font_folder(files: tuple[tuple[str, bytes], ...]) -> Path:
    """A folder with these files, TrueType apart from WOFF2. It is removed when the process ends."""
    folder = create_process_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with report_temporary_file_errors():
        for kind in ("ttf", "web"):
            (folder / kind).mkdir()
        for name, data in files:
            (folder / ("ttf" if name.endswith(".ttf") else "web") / name).write_bytes(data)
    return folder
