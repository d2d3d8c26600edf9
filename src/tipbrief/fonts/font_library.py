"""The font library: the prepared fonts, shipped or a publication's own, and their embedding in HTML.

Reading it needs no fontTools, which takes 0.25 s to import. A publication's own folder is untrusted: only its
manifest and web/ are read, and each font is rebuilt, so that renderers see only what fontTools wrote.
"""

import atexit
import json
import os
import re
import shutil
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from tipbrief import files as filesystem
from tipbrief import limits
from tipbrief.assets import find_shipped_folder
from tipbrief.problems import Problem, ProblemList, Problems

PREPARE_HINT = "run: tipbrief fonts prepare"
OTHER_FOLDER_HINT = "choose an empty folder, or one with fonts that tipbrief prepared"
FONT_MANIFEST = "manifest.json"
# The files of a font face, by their names in the manifest.
_FILE_TEMPLATES = {"upstream": "upstream/{}.ttf", "ttf": "prepared/{}.ttf", "woff2": "web/{}.woff2"}
# Pages other than documents need only these weights; a third would make such a page half as large again.
PAGE_WEIGHTS = (400, 700)
_FONT_FILE_NAME = re.compile(r"(?:upstream|prepared|web)/[^./\\][^/\\]*\.(?:ttf|woff2)")
FONTS_FOLDER = "fonts"
URDU_LETTERS = "\u06ba\u06c1\u06c2\u06c3"  # which the shipped fonts lack, and their upstream files have
MAX_FACES = 12
MAX_MANIFEST = 200_000
MAX_BYTES = 400_000  # of a prepared font; the shipped ones have 29,000
REQUIRED_WEIGHTS = {400: "regular", 700: "bold"}
_FAMILY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,59}")
_VERSION_TEXT = re.compile(r"[ -~]{0,60}")
_PREPARE_FONT_HINT = "run: tipbrief fonts prepare --font FILE"


@dataclass(frozen=True)
class FontFace:
    """One weight of a family, in its two prepared files. ``sha256`` is that of the TrueType file."""

    family: str
    weight: int
    ttf: Path
    woff2: Path
    version: str
    licence: str
    sha256: str
    characters: str


def load_fonts(fonts: Path) -> tuple[FontFace, ...]:
    """The faces that the manifest lists, lightest first. Problems if a file is missing or changed."""
    manifest = fonts / FONT_MANIFEST
    if not os.path.lexists(manifest):
        raise Problems("the fonts have no manifest", manifest, hint=PREPARE_HINT)
    entries = read_font_manifest(manifest, PREPARE_HINT)
    if problems := [
        Problem(fault, path, hint=PREPARE_HINT)
        for entry in entries
        for kind in ("ttf", "woff2")
        if (fault := _find_file_fault(path := fonts / entry[kind]["file"], entry[kind]["sha256"]))
    ]:
        raise Problems(problems)
    return tuple(_build_font_face(fonts, entry) for entry in entries)


def family_names(faces: Iterable[FontFace]) -> tuple[str, ...]:
    """The families in their order. A character that the first lacks is drawn with the next."""
    return tuple(dict.fromkeys(face.family for face in faces))


def coverage(faces: Iterable[FontFace]) -> frozenset[int]:
    """The characters that at least one family has in all its faces."""
    families: dict[str, list[frozenset[int]]] = {}
    for face in faces:
        families.setdefault(face.family, []).append(_parse_ranges(face.characters))
    return frozenset().union(*(frozenset.intersection(*sets) for sets in families.values()))


def font_face_css(faces: Iterable[FontFace]) -> str:
    """CSS with one ``@font-face`` rule per face, its font embedded, and ``--family``, the families in their order."""
    faces = list(faces)
    rules = [
        f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; font-style: normal; '
        f'font-display: block; src: url({_data_uri(face)}) format("woff2"); }}'
        for face in faces
    ]
    families = ", ".join(f'"{family}"' for family in family_names(faces))
    return "\n".join([*rules, f":root {{ --family: {families}; }}"])


def page_font_css(faces: Iterable[FontFace]) -> str:
    """The CSS of the fonts of a page that is no document: an index, or a page of the site."""
    return font_face_css(face for face in faces if face.weight in PAGE_WEIGHTS)


def truetype_files(faces: Iterable[FontFace]) -> dict[str, Path]:
    """The TrueType file of each face, by the address that ``font_face_css`` writes for it."""
    return {_data_uri(face): face.ttf for face in faces}


def prepare_upstream_fonts(fonts: Path) -> list[tuple[FontFace, tuple[str, ...]]]:
    """Recreate the prepared files and the manifest from ``fonts/upstream``. Return each face with notes."""
    upstream = fonts / "upstream"
    sources = sorted(upstream.glob("*.ttf"))
    if not sources:
        raise Problems("the folder has no font to prepare", upstream, hint="put .ttf files there")
    return _write_library(fonts, sources)


def add_fonts(sources: Sequence[Path], out: Path) -> list[tuple[FontFace, tuple[str, ...]]]:
    """Add fonts to the library in ``out``, which is created if it is missing. Return each face with notes."""
    others = {out / name for name in _previous_files(out) if name.startswith("upstream/")}
    new = {out / "upstream" / f"{source.stem}.ttf" for source in sources}
    return _write_library(out, [*sorted(others - new), *sources])


def read_font_manifest(manifest: Path, hint: str, most: int = filesystem.DEFAULT_MAX_BYTES) -> list[dict[str, Any]]:
    """The entries of a manifest, one per face. Problems if tipbrief did not write it."""
    try:
        entries: list[dict[str, Any]] = json.loads(filesystem.read_bytes(manifest, most))["faces"]
        for entry in entries:
            _build_font_face(manifest.parent, entry)
            if not isinstance(entry["family"], str) or not isinstance(entry["weight"], int):
                raise ValueError("a face needs a family and a weight")
            for name in (entry[kind]["file"] for kind in _FILE_TEMPLATES):
                if not _FONT_FILE_NAME.fullmatch(name):
                    raise ValueError(f"'{name}' is no file of a font library")
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Problems(f"the fonts' manifest cannot be read: {error}", manifest, hint=hint) from None
    return entries


def _previous_files(fonts: Path) -> set[str]:  # all others belong to the user
    manifest = fonts / FONT_MANIFEST
    entries = read_font_manifest(manifest, OTHER_FOLDER_HINT) if os.path.lexists(manifest) else []
    return {entry[kind]["file"] for entry in entries for kind in _FILE_TEMPLATES}


@lru_cache(1)
def prepare_urdu_fonts() -> tuple[FontFace, ...]:
    """The shipped fonts with the letters of Urdu, made for this process. Documents keep the others, and their bytes."""
    folder = filesystem.create_process_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    sources = sorted((find_shipped_folder(FONTS_FOLDER) / "upstream").glob("*.ttf"))
    return tuple(face for face, _ in _write_library(folder, sources, URDU_LETTERS))


def _write_library(fonts: Path, sources: Sequence[Path], letters: str = "") -> list[tuple[FontFace, tuple[str, ...]]]:
    from tipbrief.fonts.preparation import REPERTOIRE_IN_WORDS, prepare_all_fonts

    prepared = prepare_all_fonts(sources, letters)
    note = fonts / "upstream" / "source.txt"
    previous, files = _previous_files(fonts), dict[str, bytes]()
    entries: list[dict[str, Any]] = []
    for source, font in prepared:
        entry = {name: getattr(font, name) for name in ("family", "weight", "version", "licence")}
        for kind, content in zip(_FILE_TEMPLATES, (filesystem.read_bytes(source), font.ttf, font.woff2), strict=True):
            name = _FILE_TEMPLATES[kind].format(source.stem)
            files[name] = content
            entry[kind] = {"file": name, "bytes": len(content), "sha256": sha256(content).hexdigest()}
        entries.append({**entry, "characters": format_ranges(font.characters)})
    manifest = {
        "source": filesystem.read_bytes(note).decode().strip() if note.exists() else "given by the user",
        "repertoire": REPERTOIRE_IN_WORDS,
        "faces": entries,
    }
    files[FONT_MANIFEST] = f"{json.dumps(manifest, ensure_ascii=False, indent=2)}\n".encode()
    previous.add(FONT_MANIFEST)
    new = {name for name in files if not (fonts / name).is_file() or filesystem.read_bytes(fonts / name) != files[name]}
    if strange := [fonts / name for name in sorted(new - previous) if os.path.lexists(fonts / name)]:
        message = "the file is there already, and was not made by tipbrief"
        raise Problems(Problem(message, path, hint=OTHER_FOLDER_HINT) for path in strange)
    for name in (name for name in files if name in new):
        (fonts / name).parent.mkdir(parents=True, exist_ok=True)
        filesystem.replace_file(fonts / name, files[name])
    # Fontconfig would still see a prepared font whose upstream file is gone.
    for name in previous - files.keys():
        (fonts / name).unlink(missing_ok=True)
    faces = [_build_font_face(fonts, entry) for entry in entries]
    return [
        (face, (*font.notes, *_write_contact_sheet(face, font.unusual)))
        for face, (_, font) in zip(faces, prepared, strict=True)
    ]


def _write_contact_sheet(face: FontFace, unusual: str) -> tuple[str, ...]:
    """Write a page with the unusual characters beside Vazirmatn's, and return a note; or remove an older page."""
    sheet = face.ttf.with_suffix(".html")
    if not unusual:
        sheet.unlink(missing_ok=True)
        return ()
    shipped = load_fonts(find_shipped_folder(FONTS_FOLDER))[0]
    texts = [c if c.isdigit() else f"{c} {c}{c}{c}" for c in unusual]  # a letter alone, and in its other forms
    rows = "".join(f"<tr><td>{text}<td>{text}" for text in texts)
    css = font_face_css([replace(shipped, family="Known"), replace(face, family="Own")])
    css += "td, th { font: 3em Own; padding: 0 1em } td:first-child { font-family: Known } th { font: 1em sans-serif }"
    head = f'<!DOCTYPE html><meta charset="utf-8"><title>{face.ttf.stem}</title><style>{css}</style>'
    filesystem.replace_file(sheet, f"{head}<table><tr><th>{shipped.family}<th>{face.ttf.stem}{rows}</table>".encode())
    return (f"unusual outlines: {' '.join(unusual)}; compare them with those of {shipped.family} in {sheet}",)


def _build_font_face(fonts: Path, entry: dict[str, Any]) -> FontFace:
    fields = {name: entry[name] for name in ("family", "weight", "version", "licence", "characters")}
    ttf, woff2 = (fonts / entry[kind]["file"] for kind in ("ttf", "woff2"))
    return FontFace(**fields, ttf=ttf, woff2=woff2, sha256=entry["ttf"]["sha256"])


def _find_file_fault(path: Path, expected: str) -> str:
    try:
        unchanged = sha256(filesystem.read_bytes(path)).hexdigest() == expected
    except Problems:
        return "the manifest lists a font file that is missing"
    return "" if unchanged else "the font file is not the one that the manifest lists"


@lru_cache(maxsize=32)
def _data_uri(face: FontFace) -> str:
    return "data:font/woff2;base64," + b64encode(face.woff2.read_bytes()).decode("ascii")


@lru_cache(maxsize=32)
def _parse_ranges(ranges: str) -> frozenset[int]:
    found: set[int] = set()
    for part in ranges.split():
        first, _, last = part.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


def format_ranges(characters: frozenset[int]) -> str:
    """Code points in the form ``0020-007e 00a0``."""
    starts = sorted(c for c in characters if c - 1 not in characters)
    ends = sorted(c for c in characters if c + 1 not in characters)
    return " ".join(f"{a:04x}" if a == b else f"{a:04x}-{b:04x}" for a, b in zip(starts, ends, strict=True))


def read_publication_manifest(publication: Path) -> list[dict[str, Any]]:
    """The entries of the manifest of a publication's fonts; none if there is no manifest."""
    manifest = publication / FONTS_FOLDER / FONT_MANIFEST
    if not os.path.lexists(manifest):
        return []
    filesystem.resolve_within(publication, manifest)
    entries = read_font_manifest(manifest, _PREPARE_FONT_HINT, MAX_MANIFEST)
    if len(entries) > MAX_FACES:
        message = f"the manifest lists more than {MAX_FACES} fonts"
        raise Problems(message, manifest, hint="a publication needs two or three weights of a family")
    return entries


def find_family_fonts(
    publication: Path, families: Sequence[str], shipped: Sequence[FontFace]
) -> tuple[tuple[FontFace, ...], list[str]]:
    """The faces of these families, in order, and the missing families. Problems if an own font is faulty."""
    # A publication's own family replaces a shipped one.
    entries = read_publication_manifest(publication)
    faces: list[FontFace] = []
    problems = ProblemList()
    files: dict[str, bytes] = {}
    for family in families:
        own = [entry for entry in entries if entry["family"] == family]
        for entry in own:
            with problems.catch():
                faces.append(_load_font_face(publication, entry, files))
        weights = {entry["weight"] for entry in own}
        hint = f"prepare that file of the family, too: {_PREPARE_FONT_HINT.removeprefix('run: ')}"
        for weight, called in REQUIRED_WEIGHTS.items() if own else ():
            if weight not in weights:
                message = f"the family '{family}' has no {called} face, of weight {weight}"
                manifest = publication / FONTS_FOLDER / FONT_MANIFEST
                problems.append(Problem(message, manifest, hint=hint, kind="font-weight"))
        others = [] if own else [face for face in shipped if face.family == family]
        for face in others:
            files[face.ttf.name], files[face.woff2.name] = face.ttf.read_bytes(), face.woff2.read_bytes()
        faces += others
    problems.raise_all()
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
    filesystem.resolve_within(publication, path)
    data = filesystem.read_bytes(path, MAX_BYTES)
    if sha256(data).hexdigest() != entry["woff2"]["sha256"]:
        raise Problems("the font file is not the one that the manifest lists", path, hint=_PREPARE_FONT_HINT)
    with limits.limit_step(path):
        face, ttf = _rebuild_font_face(data, path)
    if (face.family, face.weight) != (entry["family"], entry["weight"]):
        message = f"the font is {face.family} {face.weight}, and its manifest says otherwise"
        raise Problems(message, path, hint=_PREPARE_FONT_HINT)
    files[face.ttf.name], files[face.woff2.name] = ttf, data
    return face


@lru_cache(maxsize=MAX_FACES)
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
    characters = format_ranges(font.characters)
    return FontFace(font.family, font.weight, ttf, woff2, font.version, licence, digest, characters), font.ttf


@lru_cache(maxsize=8)
def _write_font_folder(files: tuple[tuple[str, bytes], ...]) -> Path:  # removed when the process ends
    folder = filesystem.create_process_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with filesystem.report_temporary_file_errors():
        for kind in ("ttf", "web"):
            (folder / kind).mkdir()
        for name, data in files:
            (folder / ("ttf" if name.endswith(".ttf") else "web") / name).write_bytes(data)
    return folder
