"""What a finished PDF carries: its edition, its dataset, its versions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pikepdf import Dictionary

from tipbrief.pdf import tag_tree
from tipbrief.pdf.attachments import FACTS, Attachment, data_hash, name_problem
from tipbrief.problems import Problem, Problems

# The parts of a PDF's catalogue that ours have.
_CATALOG = {
    "/Lang", "/MarkInfo", "/Metadata", "/Names", "/Outlines", "/OutputIntents", "/Pages", "/StructTreeRoot",
    "/Type", "/ViewerPreferences",
}  # fmt: skip


def contents(pdf: bytes) -> dict[str, bytes]:
    """The files that a PDF carries, by name."""
    with tag_tree.opened(pdf) as document:
        return {name: item.get_file().read_bytes() for name, item in sorted(document.attachments.items())}


def strange_parts(pdf: bytes) -> str:
    """What a PDF of ours never has before it gets its dataset: actions, forms, files, links into programs."""
    with tag_tree.opened(pdf) as document:
        names = document.Root.get("/Names", Dictionary())
        found = document.Root.keys() - _CATALOG | names.keys() - {"/Dests"}
        for page in document.pages:
            found |= page.obj.keys() & {"/AA"}
            for note in page.obj.get("/Annots", ()):
                action = note.get("/A", Dictionary()).get("/S", "/URI")
                found |= note.keys() & {"/AA"} | {str(note.Subtype), str(action)} - {"/Link", "/URI", "/GoTo"}
    return ", ".join(sorted(found))


def unpack(pdf: bytes, folder: Path) -> list[Path]:
    """Write the files that a PDF carries into ``folder``: all, or none where one may not be written."""
    files = contents(pdf)
    home = folder.resolve()
    problems = [problem for name in files if (problem := name_problem(name))]
    if not problems:
        for name, data in files.items():
            target = home / name
            hint = "choose an empty folder"
            if not target.resolve().is_relative_to(home):
                problems.append(Problem("a link leads out of the folder", target, hint=hint))
            elif target.exists() and not (target.is_file() and target.read_bytes() == data):
                hint += ", or move the file away"
                problems.append(Problem("the file is there already, with other contents", target, hint=hint))
    if problems:
        raise Problems(problems)
    for name, data in files.items():
        try:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_bytes(data)
        except OSError as fault:
            raise Problems(f"the file cannot be written: {fault.strerror}", home / name) from fault
    return [folder / name for name in files]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a PDF says that it was made from. ``data`` is the hash that it names.

    ``edition`` has ``publication``, ``brief``, ``number`` and ``code``, which is empty in a draft.
    """

    files: Mapping[str, bytes]
    data: str
    edition: Mapping[str, Any]
    versions: Mapping[str, str]

    @property
    def unchanged(self) -> bool:
        """Whether the files inside are those whose hash the PDF names."""
        files = [Attachment(name, data, "", "") for name, data in self.files.items()]
        return data_hash(files) == self.data

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, the files by their sizes."""
        said = {"edition": dict(self.edition), "data": self.data, "unchanged": self.unchanged}
        sizes = {name: len(data) for name, data in self.files.items()}
        return {**said, "versions": dict(self.versions), "files": sizes}


def carried_by(pdf: bytes, name: Path) -> Carried:
    """What a PDF of ours carries; a problem for any other PDF."""
    try:
        files = contents(pdf)
    except Problems as raised:
        raise Problems(replace(problem, file=name) for problem in raised.problems) from None
    try:
        facts = json.loads(files[FACTS])
        edition = {name: facts["edition"][name] for name in ("publication", "brief", "number", "code")}
        versions = {str(name): str(version) for name, version in facts["versions"].items()}
        return Carried(files, str(facts["data"]), edition, versions)
    except (KeyError, ValueError, AttributeError, TypeError):
        hint = (
            "only PDFs that tipbrief build wrote say what they were made from; of another print, such as an "
            "imposed one, ask by the code in its footer: tipbrief status"
        )
        raise Problems("this PDF carries no dataset of tipbrief", name, hint=hint) from None
