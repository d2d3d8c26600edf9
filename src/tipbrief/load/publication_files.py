"""The list of a publication's files: those that are read, hashed, and carried in PDFs."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tipbrief.assets import find_shipped_folder
from tipbrief.files import read_bytes, resolve_within, unpack_parts
from tipbrief.fonts.font_library import read_publication_manifest
from tipbrief.language.language import read_data_file
from tipbrief.problems import Problem, ProblemList, Problems, detect_encoding, report_os_errors

MAX_DATASET_BYTES = 10_000_000  # of all files together
MAX_DATASET_FILES = 900
MIME_TYPES: dict[str, str] = read_data_file(Path(__file__).with_suffix(".yaml"))
_RASTER_SUFFIXES = (".png", ".jpg", ".jpeg")
PICTURE_SUFFIXES = (*_RASTER_SUFFIXES, ".svg")
WORKBOOK_SUFFIX = ".xlsx"
_TEMPLATE_FOLDER, _PICTURE_FOLDER, _FONT_FOLDER = "templates/", "pictures/", "fonts/"
_DATASET_FOLDERS = ("briefs", "tables", "maps", "translations", "pictures", "templates", "fonts", "fonts/web")
# This template is used though none of its name is shipped: A4 needs no styles of its own.
_OPTIONAL_TEMPLATE = "css/a4.css"
_OLD_LEDGER = "ledger.yaml"
_FILE_ORDER = (
    "publication.yaml", "sources.yaml", "figures.yaml", "tables.yaml", "texts.yaml", "words.txt",
    "theme.css", *_DATASET_FOLDERS,
)  # fmt: skip
_PATH_PATTERN = re.compile(
    rf"{'|'.join(map(re.escape, _FILE_ORDER))}|briefs/[^./][^/]*\.yaml|tables/(?!~\$)[^./][^/]*\.(?:csv|xlsx)"
    r"|maps/[^./][^/]*\.geojson|translations/[^./][^/]*\.po|pictures/[^./][^/]*"
    r"|templates(?:/[^/]+)+|fonts/(?:manifest\.json|[^./][^/]*\.txt|web/[^./][^/]*\.woff2)"
)
_BACKUP_NAME = re.compile(r"\..*|.*~|#.*#|.*\.(?:bak|orig|rej|tmp)")
_FONTS_KEY = re.compile(r"^fonts\s*:", re.M)
_WORD_PATTERN = re.compile(r"[^\W_]+")


def is_dataset_file(name: str) -> bool:
    """Whether a file of this name can belong to the dataset of a publication."""
    if name.startswith(_TEMPLATE_FOLDER) and name.endswith(".woff2"):  # only prepared fonts are used
        return False
    endings = PICTURE_SUFFIXES if name.startswith(_PICTURE_FOLDER) else tuple(MIME_TYPES)
    # Hidden files belong to an editor or to the system.
    return name.endswith(endings) and "/." not in name and bool(_PATH_PATTERN.fullmatch(name))


def is_publication_file(name: str) -> bool:
    """Whether a name in a publication's folder is one of its files or folders, and no backup of an editor."""
    return bool(_PATH_PATTERN.fullmatch(name)) and not _BACKUP_NAME.fullmatch(name.rpartition("/")[2])


def list_dataset_files(folder: Path) -> dict[str, Path]:
    """The files of a publication's dataset by name; a problem if a link leads out of the folder."""
    # Of templates those named like a shipped one or in a file, of pictures those named, of fonts the named families.
    parts = {name: path for name, path in _find_files(folder).items() if is_dataset_file(name)}
    idle = {*_find_unused_fonts(folder, parts), *_find_unused_templates(parts), *_find_unused_pictures(parts)}
    return {name: path for name, path in parts.items() if name not in idle}


def _find_unused_pictures(parts: Mapping[str, Path]) -> set[str]:
    unused = {name for name in parts if name.startswith(_PICTURE_FOLDER)}
    for name, path in parts.items() if unused else ():
        if not name.endswith((*PICTURE_SUFFIXES, ".woff2")):
            text = "\n".join(_read_texts(path))
            unused = {one for one in unused if one not in text}
    return unused


def _find_unused_templates(parts: Mapping[str, Path]) -> set[str]:
    """The files in templates/ that neither replace a shipped template nor are named by a file in use."""
    unused = {name for name in parts if name.startswith(_TEMPLATE_FOLDER)}
    if not unused:
        return unused
    shipped = find_shipped_folder("templates")
    paths = {name: name.removeprefix(_TEMPLATE_FOLDER) for name in unused}
    used = {name for name, path in paths.items() if path == _OPTIONAL_TEMPLATE or os.path.isfile(shipped / path)}
    found, words = [name for name in parts if name not in unused] + sorted(used), set[str]()
    unused -= used
    while found:
        for name in (name for name in found if not name.endswith((*_RASTER_SUFFIXES, ".woff2"))):
            words |= {word for text in _read_texts(parts[name]) for word in _split_words(text)}
        # Words are compared, not names: a template may compose a name, such as flags/{{ row.iso3 }}.png.
        found = [name for name in unused if _split_words(Path(name.removesuffix(".j2")).stem) <= words]
        unused -= {*found}
    return unused


def _find_unused_fonts(folder: Path, parts: Mapping[str, Path]) -> set[str]:
    """The files in fonts/ of families that the publication does not name; all files if it names none."""
    idle = {name for name in parts if name.startswith(_FONT_FOLDER)}
    if not idle or "publication.yaml" not in parts:
        return idle
    text = read_bytes(parts["publication.yaml"], MAX_DATASET_BYTES).decode("utf-8", "replace")
    if not _FONTS_KEY.search(text):
        return idle
    with suppress(Problems):  # the reader of the fonts reports a wrong manifest
        entries = (entry for entry in read_publication_manifest(folder) if entry["family"] in text)
        used = {_FONT_FOLDER + entry["woff2"]["file"] for entry in entries}
        return {name for name in idle if name.endswith(".woff2") and name not in used} if used else idle
    return set()


def find_unused_files(folder: Path, parts: Collection[str]) -> Iterator[Problem]:
    """A warning for each file in pictures/, templates/ and fonts/ not among the ``parts``, and for an old ledger."""
    if os.path.isfile(old_ledger := folder / _OLD_LEDGER):
        message = "this ledger of an older tipbrief is not read: its editions are unknown here"
        hint = "the ledger is the folder ledger/; move this file away, or deliver with the version that wrote it"
        yield Problem(message, old_ledger, hint=hint, severity="warning", kind="old-ledger")
    for name, path in _find_files(folder).items():
        if name not in parts and not _BACKUP_NAME.fullmatch(path.name):
            is_named = is_dataset_file(name) and not name.startswith(_FONT_FOLDER)
            size, why = f"{os.stat(path).st_size / 1000:.0f} KB", "nothing names it" if is_named else "nothing uses it"
            message = f"no PDF carries this file of {size}: {why}"
            room = name.partition("/")[0]
            hint = f"delete it, or move it out of {room}/"
            if room == "pictures" and not is_dataset_file(name):
                hint += "; a picture is a PNG, JPEG or SVG, and its name ends with .png, .jpg, .jpeg or .svg"
            if name.startswith(_FONT_FOLDER):
                hint = "name its family in publication.yaml, such as fonts: [Sahel]; or delete fonts/"
            elif is_dataset_file(name):
                hint = f"{hint}; or name it where it is shown"
            yield Problem(message, path, hint=hint, severity="warning", kind="not-carried")


def _read_texts(path: Path) -> list[str]:
    content = read_bytes(path, MAX_DATASET_BYTES)
    parts: Iterable[bytes] = [content]
    if path.suffix == WORKBOOK_SUFFIX:
        parts = []
        with suppress(Problems):  # the reader of the table reports them
            parts = unpack_parts(content, path).values()
    return [part.decode(detect_encoding(part), "replace") for part in parts]


def _split_words(text: str) -> set[str]:
    return set(_WORD_PATTERN.findall(text.casefold()))


def _find_files(folder: Path) -> dict[str, Path]:
    found, problems, seen, waiting = dict[str, Path](), ProblemList(), set[Path](), [(folder, "")]
    while waiting:
        room, above = waiting.pop()
        with report_os_errors("the folder cannot be read", room):
            paths = [*room.iterdir()]
        for path in paths:
            name = above + path.name
            if not _PATH_PATTERN.fullmatch(name):
                continue
            with problems.catch():
                # A file that is no link lies in its folder, which was resolved before.
                checked = not above or os.path.islink(path) or os.path.isdir(path)
                place = resolve_within(folder, path) if checked else path
                if name not in _DATASET_FOLDERS and not (name.startswith("templates/") and os.path.isdir(path)):
                    found[name] = path
                elif path.name[0] == ".":
                    continue
                elif place in seen:  # a link may lead into a folder above it
                    hint = "put a copy in the place of the link"
                    raise Problems("this folder has two names in the publication", path, hint=hint)
                else:
                    seen.add(place)
                    waiting.append((path, f"{name}/"))
        if len(found) > MAX_DATASET_FILES:
            raise Problems(f"the publication has more than {MAX_DATASET_FILES:,} files", folder)
    problems.raise_all()
    return dict(sorted(found.items(), key=lambda one: (_FILE_ORDER.index(one[0].partition("/")[0]), one[1])))
