"""The dataset: the one list of a publication's files, which are read, hashed, carried in PDFs, and tried."""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from tipbrief.files import read_bytes, unpacked, within
from tipbrief.problems import Problem, Problems, encoding_of

MOST_CARRIED = 10_000_000  # bytes of all files
MOST_FILES = 900
# What the files are to a program that opens them.
MIME = {
    ".yaml": "application/yaml", ".json": "application/json", ".csv": "text/csv", ".css": "text/css",
    ".txt": "text/plain", ".j2": "text/plain", ".js": "text/javascript", ".svg": "image/svg+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".geojson": "application/geo+json",
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".po": "text/x-gettext-translation",
}  # fmt: skip
_PICTURES = (".png", ".jpg", ".jpeg")
_DRAWN = (*_PICTURES, ".svg")
WORKBOOK = ".xlsx"
_ROOMS = ("briefs", "tables", "maps", "translations", "pictures", "templates")
_ORDER = (
    "publication.yaml", "sources.yaml", "figures.yaml", "tables.yaml", "texts.yaml", "words.txt", *_ROOMS,
)  # fmt: skip
_PLACE = re.compile(
    rf"{'|'.join(map(re.escape, _ORDER))}|briefs/[^./][^/]*\.yaml|tables/(?!~\$)[^./][^/]*\.(?:csv|xlsx)"
    r"|maps/[^./][^/]*\.geojson|translations/[^./][^/]*\.po|pictures/[^./][^/]*"
    r"|templates(?:/[^/]+)+"
)
_COPY = re.compile(r"\..*|.*~|#.*#|.*\.(?:bak|orig|rej|tmp)")
_WORD = re.compile(r"[^\W_]+")


def is_part(name: str) -> bool:
    """Whether the dataset of a publication can hold a file of this name."""
    endings = _DRAWN if name.startswith("pictures/") else tuple(MIME)
    # Hidden files are an editor's or the system's.
    return name.endswith(endings) and "/." not in name and bool(_PLACE.fullmatch(name))


def dataset_files(folder: Path) -> dict[str, Path]:
    """The files of a publication's dataset by name; a problem where a link leads out of the folder.

    Of the pictures in pictures/ and templates/ only those belong to it that a text of the dataset names.
    """
    parts = {name: path for name, path in _found(folder).items() if is_part(name)}
    if pictures := {
        name for name in parts if name.endswith(_DRAWN if name.startswith("pictures/") else _PICTURES)
    }:
        texts = [
            text.decode(encoding_of(text), "replace")
            for name, path in parts.items()
            if name not in pictures
            for text in _texts(path)
        ]
        words = {word for text in texts for word in _words(text)}
        unused = {name for name in pictures if not _is_named(name, texts, words)}
        parts = {name: path for name, path in parts.items() if name not in unused}
    return parts


def left_out(folder: Path, parts: Collection[str]) -> Iterator[Problem]:
    """A warning for each file in pictures/ or templates/ that is none of the ``parts`` of the dataset."""
    for name, path in _found(folder).items():
        if name not in parts and not _COPY.fullmatch(path.name):
            message = f"no PDF carries this file of {os.stat(path).st_size / 1000:.0f} KB: nothing uses it"
            room = name.partition("/")[0]
            hint = f"delete it, or move it out of {room}/"
            if room == "pictures" and not is_part(name):
                hint += "; a picture is a PNG, JPEG or SVG, and its name ends with .png, .jpg, .jpeg or .svg"
            if is_part(name):
                message, hint = message.replace("uses", "names"), f"{hint}; or name it where it is shown"
            yield Problem(message, path, hint=hint, severity="warning", kind="not-carried")


def _texts(path: Path) -> Iterable[bytes]:
    """What a file says: of a workbook its parts, as those are packed."""
    content = read_bytes(path, MOST_CARRIED)
    if path.suffix != WORKBOOK:
        return [content]
    try:
        return unpacked(content, path).values()
    except Problems:  # which are told where its table is read
        return []


def _is_named(name: str, texts: Collection[str], words: set[str]) -> bool:
    """Whether the texts, which have these words, name a picture."""
    if name.startswith("pictures/"):
        return any(name in text for text in texts)
    # By its words, as a template may make a name of what the dataset says: flags/{{ row.iso3 }}.png
    return _words(Path(name).stem) <= words


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _found(folder: Path) -> dict[str, Path]:
    """What stands in the places of a dataset's files, by name, in order; links inside are followed."""
    found, problems, seen, waiting = dict[str, Path](), list[Problem](), set[Path](), [folder]
    while waiting:
        for path in _entries(waiting.pop()):
            name = path.relative_to(folder).as_posix()
            if not _PLACE.fullmatch(name):
                continue
            try:
                place = within(folder, path)
            except Problems as raised:
                problems += raised.problems
                continue
            if name not in _ROOMS and not (name.startswith("templates/") and os.path.isdir(path)):
                found[name] = path
            elif path.name[0] == ".":
                continue
            elif place in seen:  # or a link leads round for ever
                hint = "put a copy in the place of the link"
                problems.append(Problem("this folder has two names in the publication", path, hint=hint))
            else:
                seen.add(place)
                waiting.append(path)
        if len(found) > MOST_FILES:
            raise Problems(f"the publication has more than {MOST_FILES:,} files", folder)
    if problems:
        raise Problems(problems)
    return dict(sorted(found.items(), key=lambda one: (_ORDER.index(one[0].partition("/")[0]), one[1])))


def _entries(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()]
    except OSError as fault:
        raise Problems(f"the folder cannot be read: {fault.strerror}", folder) from None
