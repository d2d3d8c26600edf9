"""What a finished PDF carries: its edition, its dataset, its versions."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pikepdf

from tipbrief.files import write_new
from tipbrief.language.language import known_languages
from tipbrief.pdf.attachments import FACTS, LEDGER, OLD_LEDGER, Attachment, data_hash, name_problem
from tipbrief.pdf.dataset import MOST_CARRIED, is_part
from tipbrief.pdf.opening import leaves, of_anybody, unpacked
from tipbrief.problems import Problem, Problems

MOST_ATTACHED = 1000
_MOST_READ = 2 * MOST_CARRIED + 1_000_000  # the dataset, the ledger, the facts
# Letters of a fact, the highest number, and how many programs and fonts have a version.
_LONGEST, _MOST_EDITIONS, _MOST_VERSIONS = 200, 999_999_999, 500
# The parts of a PDF's catalogue that ours have.
_CATALOG = {
    "/AF", "/Lang", "/MarkInfo", "/Metadata", "/Names", "/Outlines", "/OutputIntents", "/PageLabels",
    "/Pages", "/StructTreeRoot", "/Type", "/ViewerPreferences",
}  # fmt: skip


def contents(pdf: bytes) -> dict[str, bytes]:
    """The files that a PDF carries, by name."""
    with of_anybody(pdf) as document:
        files: dict[str, bytes] = {}
        size = 0
        for name, stream in _named_streams(document):
            data = unpacked(stream)
            size += len(data)
            if name in files or len(files) == MOST_ATTACHED or size > _MOST_READ or len(name) > _LONGEST:
                most = f"at most {MOST_ATTACHED} files with {_MOST_READ / 1e6:.0f} MB"
                hint = f"{most}, each with a name of its own"
                raise Problems("the PDF carries what no publication has", hint=hint)
            files[name] = data
        return dict(sorted(files.items()))


def strange_parts(document: pikepdf.Pdf) -> str:
    """What a PDF of ours never has before it gets its dataset: actions, forms, files, links into programs."""
    names = document.Root.get("/Names", pikepdf.Dictionary())
    found = document.Root.keys() - _CATALOG | names.keys() - {"/Dests"}
    found |= {"/AF"} if document.Root.get("/AF") else set()
    leading: list[Any] = [item for item in document.objects if isinstance(item, pikepdf.Dictionary)]
    for page in document.pages:
        found |= page.obj.keys() & {"/AA"}
        for note in page.obj.get("/Annots", ()):
            found |= note.keys() & {"/AA"} | {str(note.Subtype)} - {"/Link"}
            leading.append(note)
    for item in leading:  # bookmarks are among them
        action = item.get("/A")
        if isinstance(action, pikepdf.Dictionary) and "/S" in action:
            found |= {str(action.S)} - {"/URI", "/GoTo"} | action.keys() & {"/Next"}
    return ", ".join(sorted(found))


def _named_streams(document: pikepdf.Pdf) -> Iterator[tuple[str, Any]]:
    """The attached files. qpdf's own list of them would follow a tree that leads to itself."""
    names: Any = document.Root.get("/Names", {})
    if "/EmbeddedFiles" in names:
        for leaf in leaves(names.EmbeddedFiles):
            pairs = list(leaf.get("/Names", []))
            for name, file in zip(pairs[::2], pairs[1::2], strict=True):
                yield str(name), file.EF.get("/UF", file.EF.get("/F"))


def _held_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that a publication can hold; Problems where a name leads elsewhere, or two become one."""
    ours = (FACTS, LEDGER, OLD_LEDGER)
    held = {name: data for name, data in files.items() if is_part(name) or name in ours}
    problems = [problem for name in files if (problem := name_problem(name))]
    spelled: dict[str, str] = {}
    for name in held:
        path = PurePosixPath(name)
        folders = [str(folder) for folder in path.parents[:-1]]
        if any(
            folder in held or spelled.setdefault(folder.lower(), folder) != folder for folder in folders
        ) or (spelled.setdefault(name.lower(), name) != name):
            problems.append(Problem(f"the PDF carries two files of one name: '{name}' is the second"))
    if problems:
        raise Problems(problems)
    return held


@dataclass(frozen=True, slots=True)
class Carried:
    """What a PDF says that it was made from. ``data`` is the hash that it names.

    ``edition`` has ``publication``, ``brief``, ``number`` and ``code``, which is empty in a draft. Of all its
    files those are ``held`` that a publication can hold: they alone are unpacked. ``language`` is the tag of
    one that we know, or empty.
    """

    files: Mapping[str, bytes]
    held: Mapping[str, bytes]
    data: str
    edition: Mapping[str, Any]
    versions: Mapping[str, str]
    language: str = ""

    @property
    def unchanged(self) -> bool:
        """Whether the files inside are those whose hash the PDF names."""
        files = [Attachment(name, data, "", "") for name, data in self.files.items()]
        return data_hash(files) == self.data

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, the files by their sizes."""
        said = {"edition": dict(self.edition), "data": self.data, "unchanged": self.unchanged}
        sizes = {name: len(data) for name, data in self.files.items()}
        return {**said, "language": self.language, "versions": dict(self.versions), "files": sizes}


def carried_by(pdf: bytes, name: Path) -> Carried:
    """What a PDF of ours carries; a problem for any other PDF."""
    try:
        files = contents(pdf)
        facts = _facts_in(files.get(FACTS, b""))
        if facts is None:
            hint = (
                "only PDFs that tipbrief build wrote say what they were made from; of another print, such as "
                "an imposed one, ask by the code in its footer: tipbrief status"
            )
            raise Problems("this PDF carries no dataset of tipbrief", hint=hint)
        return Carried(files, _held_of(files), *facts, _language_of(pdf))
    except Problems as raised:
        raise Problems(replace(problem, file=name) for problem in raised.problems) from None


def _language_of(pdf: bytes) -> str:
    with of_anybody(pdf) as document:
        tag = str(document.Root.get("/Lang", ""))
        return tag if tag in known_languages() else ""


def _facts_in(text: bytes) -> tuple[str, dict[str, Any], dict[str, str]] | None:
    """The hash of the data, the edition, the versions; nothing where a build wrote none of it."""
    try:
        facts = json.loads(text)
        edition = {key: _fact(facts["edition"][key]) for key in ("publication", "brief", "code")}
        edition["number"] = number = facts["edition"]["number"]
        if type(number) is not int or not 0 <= number <= _MOST_EDITIONS:
            return None
        if len(facts["versions"]) > _MOST_VERSIONS:
            return None
        versions = {_fact(key): _fact(version) for key, version in facts["versions"].items()}
        return _fact(facts["data"]), edition, versions
    except (KeyError, ValueError, AttributeError, TypeError, RecursionError):
        return None


def _fact(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise ValueError("no name, and no word")
    return value


def unpack(carried: Carried, folder: Path) -> list[Path]:
    """Write what a publication can hold into a folder that is new or empty; the same again is no fault."""
    files = carried.held
    for top, below, names in os.walk(folder):
        for path in (Path(top, name) for name in (*below, *names)):
            name = path.relative_to(folder).as_posix()
            same = path.is_dir() or (path.is_file() and name in files and path.read_bytes() == files[name])
            if path.is_symlink() or not same:
                hint = "choose an empty folder, or a new one"
                raise Problems(f"the folder is not empty: it has '{name}'", folder, hint=hint)
    for name, data in files.items():
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                write_new(target, data, synced=False)
        except OSError as fault:
            raise Problems(f"the file cannot be written: {fault.strerror}", target) from None
    return [folder / name for name in files]
