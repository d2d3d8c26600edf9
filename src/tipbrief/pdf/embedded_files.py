"""Read the files embedded in a finished PDF: its edition, its dataset, its versions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pikepdf

from tipbrief.files import write_new
from tipbrief.language.language import known_languages
from tipbrief.load.publication_files import MAX_DATASET_BYTES, is_dataset_file
from tipbrief.pdf.attachments import BUILD_INFO_FILE, LEDGER_FILE, Attachment, data_hash, is_source, name_problem
from tipbrief.pdf.pdf_file import decompress_stream, iterate_leaf_nodes, open_untrusted_pdf
from tipbrief.problems import Problem, ProblemList, Problems, name_file, report_os_errors

MAX_ATTACHMENTS = 1000
_MAX_CONTENT_BYTES = 2 * MAX_DATASET_BYTES + 1_000_000  # the dataset, the ledger, the facts
# Letters of a fact, the highest number, and how many programs and fonts have a version.
_LONGEST_FACT, _HIGHEST_EDITION, _MAX_VERSIONS = 200, 999_999_999, 500
# What a PDF says of its edition, in this order; the last three where they are not the usual ones.
_EDITION_KEYS = ("publication", "brief", "number", "code", "paper", "profile", "carry")


def read_embedded_files(pdf: bytes) -> dict[str, bytes]:
    """The files that a PDF carries, by name."""
    with open_untrusted_pdf(pdf) as document:
        files: dict[str, bytes] = {}
        size = 0
        for name, file in iterate_file_specifications(document):
            data = decompress_stream(file.EF.get("/UF", file.EF.get("/F")))
            size += len(data)
            is_full = len(files) == MAX_ATTACHMENTS or size > _MAX_CONTENT_BYTES
            if is_full or name in files or len(name) > _LONGEST_FACT:
                most = f"at most {MAX_ATTACHMENTS} files with {_MAX_CONTENT_BYTES / 1e6:.0f} MB"
                hint = f"{most}, each with a name of its own"
                raise Problems("the PDF carries what no publication has", hint=hint)
            files[name] = data
        return dict(sorted(files.items()))


def iterate_file_specifications(document: pikepdf.Pdf) -> Iterator[tuple[str, Any]]:
    """The attached files by name. qpdf's own list of them would follow a tree that leads to itself."""
    names: Any = document.Root.get("/Names", {})
    if "/EmbeddedFiles" in names:
        for leaf in iterate_leaf_nodes(names.EmbeddedFiles):
            pairs = list(leaf.get("/Names", []))
            yield from zip(map(str, pairs[::2]), pairs[1::2], strict=True)


def _select_publication_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that a publication can hold; Problems where a name leads elsewhere, or two become one."""
    ours = (BUILD_INFO_FILE, LEDGER_FILE)
    held = {name: data for name, data in files.items() if is_dataset_file(name) or name in ours}
    problems = ProblemList(problem for name in files if (problem := name_problem(name)))
    spelled: dict[str, str] = {}
    for name in held:
        path = PurePosixPath(name)
        folders = [str(folder) for folder in path.parents[:-1]]
        is_taken = any(folder in held or spelled.setdefault(folder.lower(), folder) != folder for folder in folders)
        if is_taken or spelled.setdefault(name.lower(), name) != name:
            problems.append(Problem(f"the PDF carries two files of one name: '{name}' is the second"))
    problems.raise_all()
    return held


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a PDF says that it was made from."""

    files: Mapping[str, bytes]
    publication_files: Mapping[str, bytes]  # those that a publication can hold: they alone are unpacked
    dataset_hash: str  # that it names
    edition: Mapping[str, Any]  # _EDITION_KEYS; the code is empty in a draft
    versions: Mapping[str, str]
    language: str = ""  # the tag of one that we know

    @property
    def carries_data(self) -> bool:
        """Whether the whole dataset is to be inside."""
        return str(self.edition.get("carry", "all")) == "all"

    @property
    def is_intact(self) -> bool:
        """Whether the files inside are those whose hash the PDF names, or none, and it says so."""
        is_empty = self.edition.get("carry") == "none" and {*filter(is_source, self.files)} == {BUILD_INFO_FILE}
        return is_empty or data_hash(tuple(Attachment(*item) for item in self.files.items())) == self.dataset_hash

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, the files by their sizes."""
        provenance = {"edition": dict(self.edition), "data": self.dataset_hash, "unchanged": self.is_intact}
        sizes = {name: len(data) for name, data in self.files.items()}
        return {**provenance, "language": self.language, "versions": dict(self.versions), "files": sizes}


def read_provenance(pdf: bytes, name: Path) -> Provenance:
    """What a PDF of ours carries; a problem for any other PDF."""
    with name_file(name):
        files = read_embedded_files(pdf)
        facts = _parse_build_info(files.get(BUILD_INFO_FILE, b""))
        if facts is None:
            hint = (
                "only PDFs that tipbrief build wrote say what they were made from; of another print, such as "
                "an imposed one, ask by the code in its footer: tipbrief status"
            )
            raise Problems("this PDF carries no dataset of tipbrief", hint=hint)
        with open_untrusted_pdf(pdf) as document:
            tag = str(document.Root.get("/Lang", ""))
        tag = tag if tag in known_languages() else ""
        return Provenance(files, _select_publication_files(files), *facts, tag)


def _parse_build_info(text: bytes) -> tuple[str, dict[str, Any], dict[str, str]] | None:
    """The hash of the data, the edition, the versions; nothing where a build wrote none of it."""
    try:
        facts = json.loads(text)
        number, others = facts["edition"]["number"], {**facts["edition"], "number": ""}
        named = [key for key in _EDITION_KEYS if key in others or key in _EDITION_KEYS[:4]]
        edition = {key: _require_short_text(others[key]) for key in named} | {"number": number}
        is_number = type(number) is int and 0 <= number <= _HIGHEST_EDITION
        if not is_number or len(facts["versions"]) > _MAX_VERSIONS:
            return None
        versions = {_require_short_text(key): _require_short_text(one) for key, one in facts["versions"].items()}
        return _require_short_text(facts["data"]), edition, versions
    except (KeyError, ValueError, AttributeError, TypeError, RecursionError):
        return None


def _require_short_text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_FACT or not value.isprintable():
        raise ValueError("no name, and no word")
    return value


def unpack_publication(carried: Provenance, folder: Path) -> list[Path]:
    """Write what a publication can hold into a folder that is new or empty; the same again is no fault."""
    files = carried.publication_files
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        same = path.is_dir() or (path.is_file() and name in files and path.read_bytes() == files[name])
        if path.is_symlink() or not same:
            hint = "choose an empty folder, or a new one"
            raise Problems(f"the folder is not empty: it has '{name}'", folder, hint=hint)
    for name, data in files.items():
        target = folder / name
        with report_os_errors("the file cannot be written", target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                write_new(target, data, synced=False)
    return [folder / name for name in files]
