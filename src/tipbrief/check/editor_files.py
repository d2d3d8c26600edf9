"""The files for editors' YAML support: a schema of each file, and the line in the file that names it."""

import json
from pathlib import Path, PurePosixPath

from tipbrief.check.descriptions import FILES
from tipbrief.check.json_schema import names_in, schemas
from tipbrief.files import Lock, read_bytes, replace_file, within
from tipbrief.pdf.dataset import dataset_files
from tipbrief.problems import Problems

FOLDER = "schema"
_MARK = "# yaml-language-server:"
_BOM = b"\xef\xbb\xbf"


def schema_file(name: str) -> str:
    """The schema of a file of the publication: ``schema/figures.json``, ``schema/brief.json``."""
    of = "brief" if name.startswith("briefs/") else PurePosixPath(name).stem
    return f"{FOLDER}/{of}.json"


def schema_line(name: str) -> str:
    """The line by which an editor finds the schema of a file: its address, seen from the file."""
    return f"{_MARK} $schema={'../' * name.count('/')}{schema_file(name)}"


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into a publication, and their lines into its files; what was changed."""
    with Lock(folder):
        made = schemas(names_in(folder))
        place = within(folder, folder / FOLDER)
        try:
            place.mkdir(exist_ok=True)
        except OSError as fault:
            raise Problems(f"the folder cannot be made: {fault.strerror}", folder / FOLDER) from None
        wanted = {schema_file(name): _as_bytes(made[name]) for name in FILES}
        changed = [file for name, new in wanted.items() if _replaced(file := folder / name, new)]
        names = [
            name for name in dataset_files(folder) if name.endswith(".yaml") and schema_file(name) in wanted
        ]
        return changed + [folder / name for name in names if _named(folder / name, schema_line(name))]


def _as_bytes(schema: object) -> bytes:
    return (json.dumps(schema, ensure_ascii=False, indent=1) + "\n").encode()


def _replaced(file: Path, new: bytes) -> bool:
    if file.exists() and read_bytes(file) == new:
        return False
    replace_file(file, new)
    return True


def _named(file: Path, line: str) -> bool:
    """Whether a file got its line; one that has such a line keeps it, and so does one that is no text."""
    was = read_bytes(file)
    mark = _BOM if was.startswith(_BOM) else b""
    if _MARK.encode() in was or b"\0" in was:
        return False
    end = b"\r\n" if b"\r\n" in was else b"\n"
    replace_file(file, mark + line.encode() + end + was.removeprefix(mark), was=was)
    return True
