"""The shelf of prepared fonts: what is on it, which characters it covers, and its embedding in the HTML.

    fonts/upstream/   the fonts as published, and source.txt, which says where they came from
    fonts/prepared/   for the PDF, TrueType: the only fonts that WeasyPrint sees
    fonts/web/        for the HTML, WOFF2: the same faces
    fonts/manifest.json

Reading the shelf needs no fontTools, which takes a quarter of a second to import.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tipbrief.files import replace_file
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from tipbrief.fonts.preparation import Description, Prepared

MANIFEST = "manifest.json"
PREPARE_HINT = "run: tipbrief fonts prepare"


@dataclass(frozen=True)
class Face:
    """One weight of a family, in its two prepared files. ``sha256`` is that of the TrueType file."""

    family: str
    weight: int
    ttf: Path
    woff2: Path
    version: str
    licence: str
    sha256: str
    characters: str


@dataclass(frozen=True)
class Preparation:
    """A face just prepared, and what could not be done for it."""

    face: Face
    notes: tuple[str, ...]


def shelf(fonts: Path) -> tuple[Face, ...]:
    """The faces that the manifest lists, lightest first; their files must be there, and unchanged."""
    manifest = fonts / MANIFEST
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["faces"]
        faces = [(_face(fonts, entry), entry) for entry in listed]
    except FileNotFoundError:
        raise Problems(Problem("the fonts have no manifest", manifest, hint=PREPARE_HINT)) from None
    except (ValueError, LookupError, TypeError) as error:
        raise Problems(
            Problem(f"the fonts' manifest cannot be read: {error}", manifest, hint=PREPARE_HINT)
        ) from None
    problems = [
        problem
        for face, entry in faces
        for path, kind in ((face.ttf, "ttf"), (face.woff2, "woff2"))
        for problem in _file_problems(path, entry[kind]["sha256"])
    ]
    if problems:
        raise Problems(problems)
    return tuple(face for face, _ in faces)


def coverage(faces: Iterable[Face]) -> frozenset[int]:
    """The characters that all the faces have."""
    sets = [_from_ranges(face.characters) for face in faces]
    return frozenset.intersection(*sets) if sets else frozenset()


def font_face_css(faces: Iterable[Face]) -> str:
    """One ``@font-face`` rule a face, the font inside it."""
    return "\n".join(
        f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; font-style: normal; '
        f'font-display: block; src: url({_data_uri(face)}) format("woff2"); }}'
        for face in faces
    )


def twins(faces: Iterable[Face]) -> dict[str, Path]:
    """The TrueType file of the same face for each address that ``font_face_css`` writes."""
    return {_data_uri(face): face.ttf for face in faces}


def prepare(source: Path) -> Prepared:
    """Prepare one font; Problems when it cannot be used."""
    from tipbrief.fonts import preparation

    return preparation.prepare(source)


def is_safe(path: Path) -> list[str]:
    """The reasons why text set in this font would be read back wrong; none when it is safe."""
    from tipbrief.fonts import preparation

    return preparation.is_safe(path)


def prepare_shelf(fonts: Path) -> list[Preparation]:
    """Recreate the prepared files and the manifest from ``fonts/upstream``."""
    upstream = fonts / "upstream"
    sources = sorted(upstream.glob("*.ttf"))
    if not sources:
        raise Problems(Problem("the folder has no font to prepare", upstream, hint="put .ttf files there"))
    return _write_shelf(fonts, _prepare_all(sources))


def prepare_file(source: Path, out: Path) -> list[Preparation]:
    """Add one font to the shelf in ``out``, which is made when it does not exist."""
    upstream = out / "upstream"
    kept = upstream / f"{source.stem}.ttf"
    others = [path for path in sorted(upstream.glob("*.ttf")) if path != kept]
    prepared = _prepare_all([*others, source])
    data = source.read_bytes()
    upstream.mkdir(parents=True, exist_ok=True)
    _write(kept, data)
    return _write_shelf(out, prepared)


def _prepare_all(sources: Sequence[Path]) -> list[tuple[Path, Prepared, Description]]:
    """All fonts prepared, in the order of family and weight, or the problems of all."""
    from tipbrief.fonts import preparation

    done: dict[tuple[str, int], tuple[Path, Prepared, Description]] = {}
    problems: list[Problem] = []
    for source in sources:
        try:
            prepared = preparation.prepare(source)
        except Problems as fault:
            problems += fault.problems
            continue
        told = preparation.describe(prepared.ttf)
        first = done.setdefault((told.family, told.weight), (source, prepared, told))[0]
        if first != source:
            problems.append(
                Problem(
                    f"the font is {told.family} {told.weight}, as {first.name} is",
                    source,
                    hint="keep one of the two",
                )
            )
    if problems:
        raise Problems(problems)
    return [done[key] for key in sorted(done)]


def _write_shelf(fonts: Path, prepared: list[tuple[Path, Prepared, Description]]) -> list[Preparation]:
    from tipbrief.fonts.preparation import REPERTOIRE_IN_WORDS

    note = fonts / "upstream" / "source.txt"
    entries = []
    for source, font, told in prepared:
        entry = {
            "family": told.family,
            "weight": told.weight,
            "version": told.version,
            "licence": told.licence,
            "upstream": _write(fonts / "upstream" / f"{source.stem}.ttf", source.read_bytes(), fonts),
            "ttf": _write(fonts / "prepared" / f"{source.stem}.ttf", font.ttf, fonts),
            "woff2": _write(fonts / "web" / f"{source.stem}.woff2", font.woff2, fonts),
            "characters": _to_ranges(told.characters),
        }
        entries.append(entry)
    _remove_others(fonts, entries)
    manifest = {
        "source": note.read_text(encoding="utf-8").strip() if note.exists() else "given by the user",
        "repertoire": REPERTOIRE_IN_WORDS,
        "faces": entries,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    _write(fonts / MANIFEST, text.encode())
    return [
        Preparation(_face(fonts, entry), font.notes)
        for entry, (_, font, _) in zip(entries, prepared, strict=True)
    ]


def _remove_others(fonts: Path, entries: list[dict[str, Any]]) -> None:
    """A prepared font whose upstream is gone would still be seen by fontconfig."""
    named = {fonts / entry[kind]["file"] for entry in entries for kind in ("ttf", "woff2")}
    for path in (*(fonts / "prepared").glob("*.ttf"), *(fonts / "web").glob("*.woff2")):
        if path not in named:
            path.unlink()


def _write(path: Path, data: bytes, base: Path | None = None) -> dict[str, str | int]:
    """Write by rename, so that no half file is ever seen; what the manifest says of the file."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    name = path.relative_to(base).as_posix() if base else path.name
    return {"file": name, "bytes": len(data), "sha256": sha256(data).hexdigest()}


def _face(fonts: Path, entry: dict[str, Any]) -> Face:
    return Face(
        family=entry["family"],
        weight=entry["weight"],
        ttf=fonts / entry["ttf"]["file"],
        woff2=fonts / entry["woff2"]["file"],
        version=entry["version"],
        licence=entry["licence"],
        sha256=entry["ttf"]["sha256"],
        characters=entry["characters"],
    )


def _file_problems(path: Path, expected: str) -> list[Problem]:
    try:
        found = sha256(path.read_bytes()).hexdigest()
    except OSError:
        return [Problem("the manifest lists a font file that is missing", path, hint=PREPARE_HINT)]
    if found != expected:
        return [Problem("the font file is not the one that the manifest lists", path, hint=PREPARE_HINT)]
    return []


@lru_cache(maxsize=32)
def _data_uri(face: Face) -> str:
    return "data:font/woff2;base64," + b64encode(face.woff2.read_bytes()).decode("ascii")


@lru_cache(maxsize=32)
def _from_ranges(ranges: str) -> frozenset[int]:
    found: set[int] = set()
    for part in ranges.split():
        first, _, last = part.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


def _to_ranges(characters: frozenset[int]) -> str:
    """Code points as ``0020-007e 00a0``."""
    starts = sorted(c for c in characters if c - 1 not in characters)
    ends = sorted(c for c in characters if c + 1 not in characters)
    return " ".join(f"{a:04x}" if a == b else f"{a:04x}-{b:04x}" for a, b in zip(starts, ends, strict=True))
