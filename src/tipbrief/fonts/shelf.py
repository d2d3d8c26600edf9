"""The shelf of prepared fonts: what is on it, which characters it covers, and its embedding in the HTML.

    fonts/upstream/   the fonts as published, and source.txt, which says where they came from
    fonts/prepared/   for the PDF, TrueType: the only fonts that WeasyPrint sees
    fonts/web/        for the HTML, WOFF2: the same faces
    fonts/manifest.json

Reading the shelf needs no fontTools, which takes a quarter of a second to import.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from tipbrief.files import replace_file
from tipbrief.problems import Problem, Problems

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


def shelf(fonts: Path) -> tuple[Face, ...]:
    """The faces that the manifest lists, lightest first; their files must be there, and unchanged."""
    manifest = fonts / "manifest.json"
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["faces"]
        faces = [(_face(fonts, entry), entry) for entry in listed]
    except (OSError, ValueError, LookupError, TypeError) as error:
        absent = isinstance(error, FileNotFoundError)
        message = "the fonts have no manifest" if absent else f"the fonts' manifest cannot be read: {error}"
        raise Problems(message, manifest, hint=PREPARE_HINT) from None
    if problems := [
        Problem(fault, path, hint=PREPARE_HINT)
        for face, entry in faces
        for path, kind in ((face.ttf, "ttf"), (face.woff2, "woff2"))
        if (fault := _file_fault(path, entry[kind]["sha256"]))
    ]:
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


def prepare_shelf(fonts: Path) -> list[tuple[Face, tuple[str, ...]]]:
    """Recreate the prepared files and the manifest from ``fonts/upstream``: the faces, and notes on each."""
    upstream = fonts / "upstream"
    sources = sorted(upstream.glob("*.ttf"))
    if not sources:
        raise Problems("the folder has no font to prepare", upstream, hint="put .ttf files there")
    return _write_shelf(fonts, sources)


def prepare_file(source: Path, out: Path) -> list[tuple[Face, tuple[str, ...]]]:
    """Add one font to the shelf in ``out``, which is made when it does not exist."""
    kept = out / "upstream" / f"{source.stem}.ttf"
    others = [path for path in sorted(kept.parent.glob("*.ttf")) if path != kept]
    return _write_shelf(out, [*others, source])


def _write_shelf(fonts: Path, sources: Sequence[Path]) -> list[tuple[Face, tuple[str, ...]]]:
    from tipbrief.fonts.preparation import REPERTOIRE_IN_WORDS, prepared_fonts

    prepared = prepared_fonts(sources)
    note = fonts / "upstream" / "source.txt"
    entries: list[dict[str, Any]] = [
        {
            "family": font.family,
            "weight": font.weight,
            "version": font.version,
            "licence": font.licence,
            "upstream": _kept(fonts, f"upstream/{source.stem}.ttf", source.read_bytes()),
            "ttf": _kept(fonts, f"prepared/{source.stem}.ttf", font.ttf),
            "woff2": _kept(fonts, f"web/{source.stem}.woff2", font.woff2),
            "characters": _to_ranges(font.characters),
        }
        for source, font in prepared
    ]
    # A prepared font whose upstream is gone would still be seen by fontconfig.
    named = {fonts / entry[kind]["file"] for entry in entries for kind in ("ttf", "woff2")}
    for path in {*(fonts / "prepared").glob("*.ttf"), *(fonts / "web").glob("*.woff2")} - named:
        path.unlink()
    manifest = {
        "source": note.read_text(encoding="utf-8").strip() if note.exists() else "given by the user",
        "repertoire": REPERTOIRE_IN_WORDS,
        "faces": entries,
    }
    _kept(fonts, "manifest.json", f"{json.dumps(manifest, ensure_ascii=False, indent=2)}\n".encode())
    return [(_face(fonts, entry), font.notes) for entry, (_, font) in zip(entries, prepared, strict=True)]


def _kept(fonts: Path, name: str, data: bytes) -> dict[str, Any]:
    """Write a file of the shelf where it is not there already; what the manifest says of it."""
    path = fonts / name
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    return {"file": name, "bytes": len(data), "sha256": sha256(data).hexdigest()}


def _face(fonts: Path, entry: dict[str, Any]) -> Face:
    said = {name: entry[name] for name in ("family", "weight", "version", "licence", "characters")}
    ttf, woff2 = (fonts / entry[kind]["file"] for kind in ("ttf", "woff2"))
    return Face(**said, ttf=ttf, woff2=woff2, sha256=entry["ttf"]["sha256"])


def _file_fault(path: Path, expected: str) -> str:
    try:
        unchanged = sha256(path.read_bytes()).hexdigest() == expected
    except OSError:
        return "the manifest lists a font file that is missing"
    return "" if unchanged else "the font file is not the one that the manifest lists"


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
