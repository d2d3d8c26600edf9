"""Attachments: the files that a PDF carries, their names, and the hash of the dataset."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from tipbrief.files import read_bytes
from tipbrief.language.language import read_data_file
from tipbrief.language.numbers import LATIN_DIGIT_TABLE, NUMBER, THOUSANDS_SEPARATOR
from tipbrief.load import publication_files
from tipbrief.load.picture_cleaning import clean_addresses, clean_picture, is_part_of_page
from tipbrief.problems import Problem, ProblemList, Problems, name_file

BUILD_INFO_FILE, LEDGER_FILE, OWN_VALUES_FILE = "tipbrief.json", "ledger.json", "tables/own.csv"
_OWN_FILES: dict[str, list[str]] = read_data_file(Path(__file__).with_suffix(".yaml"))
# A cell that is nothing but a number is written for programs.
_CHART_NUMBER = re.compile(rf"[-\u2212]?(?:{NUMBER.pattern})[\u066a%]?")
_FOR_PROGRAMS = LATIN_DIGIT_TABLE | str.maketrans("\u2212\u066a", "-%", ",")
_PORTABLE_NAME = re.compile(r"(?!.{101})[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
# Windows opens a device, not a file.
_WINDOWS_DEVICE_NAME = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.I)


@dataclass(frozen=True)
class Attachment:
    """A file that the PDF carries. The name may have folders: ``tables/history.csv``."""

    name: str
    data: bytes

    def __post_init__(self) -> None:
        if problem := name_problem(self.name):
            raise Problems(problem)

    # Kept with the file, and known in a worker by the next document: many PDFs carry the same dataset.
    @cached_property
    def compressed_data(self) -> bytes:
        """The content as the PDF has it."""
        return zlib.compress(self.data, 9)

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpack_attachment, (self.name, self.compressed_data)


@lru_cache(256)
def _unpack_attachment(name: str, compressed_data: bytes) -> Attachment:
    found = Attachment(name, zlib.decompress(compressed_data))
    found.__dict__["compressed_data"] = compressed_data
    return found


def read_dataset(folder: Path) -> list[Attachment]:
    """The files of a publication, without its ledger."""
    files = publication_files.list_dataset_files(folder)
    problems = ProblemList(problem for name, path in files.items() if (problem := name_problem(name, path)))
    contents = dict[str, bytes]()
    for name, path in files.items() if not problems else ():
        with problems.catch(), name_file(path):
            content = read_bytes(path, publication_files.MAX_DATASET_BYTES)
            contents[name] = _clean_file(name, content)
    if (size := sum(map(len, contents.values()))) > publication_files.MAX_DATASET_BYTES:
        limits = f"{size / 1e6:.1f} MB; a PDF carries at most {publication_files.MAX_DATASET_BYTES / 1e6:.0f} MB"
        hint = f"the largest file is {max(contents, key=lambda name: len(contents[name]))}"
        problems.append(Problem(f"the publication has {limits}", folder, hint=hint))
    problems.raise_all()
    return [Attachment(name, content) for name, content in contents.items()]


def _clean_file(name: str, content: bytes) -> bytes:
    """A file of a publication; of a picture only what it shows."""
    if name.endswith(publication_files.PICTURE_SUFFIXES) and not (
        name.startswith("templates/") and is_part_of_page(content)
    ):
        return clean_picture(content).data
    if name.endswith((".css", ".j2", ".js", ".svg")) and b"data:" in content:
        with suppress(UnicodeDecodeError):  # the reader of templates reports it
            return clean_addresses(content.decode(), has_jinja=True).encode()
    return content


def list_attachments(
    dataset: Sequence[Attachment], versions: Mapping[str, str], edition: Mapping[str, str | int], ledger: str
) -> list[Attachment]:
    """What a PDF carries: ``tipbrief.json`` and, unless its facts say no, the dataset and the ledger of the brief."""
    facts = format_build_info(data_hash(tuple(dataset)), edition, versions)
    dataset = () if edition.get("carry") == "none" else dataset
    own = {LEDGER_FILE: ledger.encode(), BUILD_INFO_FILE: facts}
    return [*dataset, *(Attachment(name, data) for name, data in own.items() if data)]


def chart_file(number: int, rows: Iterable[Iterable[str]]) -> Attachment:
    """The printed numbers of a chart as CSV: its rows, those of its head first."""
    lines = csv.writer(text := io.StringIO(), lineterminator="\n")
    for row in rows:
        cells = [cell.replace(THOUSANDS_SEPARATOR, "").strip("\u200e\u200f ") for cell in row]
        lines.writerow([one.translate(_FOR_PROGRAMS) if _CHART_NUMBER.fullmatch(one) else one for one in cells])
    return Attachment(f"chart-{number}.csv", text.getvalue().encode("utf-8-sig"))


def describe_attachment(name: str) -> list[str]:
    """What an attached file is to what has it, its media type, and what readers of a PDF see beside its name."""
    kind = publication_files.MIME_TYPES.get(Path(name).suffix, "")
    usual = ["Source", kind, f"{name} of the publication from which this document was made"]
    return next((said for pattern, said in _OWN_FILES.items() if re.fullmatch(pattern, name)), usual)


def is_source(name: str) -> bool:
    """Whether the document was made from an attached file of this name: else the file was made from the document."""
    return describe_attachment(name)[0] == "Source"


def format_build_info(dataset_hash: str, edition: Mapping[str, str | int], versions: Mapping[str, str]) -> bytes:
    """The content of ``tipbrief.json``."""
    facts = {"data": dataset_hash, "edition": dict(edition), "versions": dict(sorted(versions.items()))}
    return (json.dumps(facts, ensure_ascii=False, indent=1) + "\n").encode()


@lru_cache(8)  # each document of a run asks of the dataset of its language
def data_hash(attachments: tuple[Attachment, ...]) -> str:
    """The sha256 over names and contents of a dataset, whatever the order; the ledger is no part of it."""
    whole = hashlib.sha256()
    for item in sorted(attachments, key=lambda item: item.name):
        if item.name not in (LEDGER_FILE, BUILD_INFO_FILE) and is_source(item.name):
            whole.update(f"{item.name}\0{len(item.data)}\0".encode() + item.data)
    return whole.hexdigest()


def name_problem(name: str, path: Path | None = None) -> Problem | None:
    """A problem where a file of this name cannot be unpacked on every machine."""
    if all(_PORTABLE_NAME.fullmatch(part) and not _WINDOWS_DEVICE_NAME.fullmatch(part) for part in name.split("/")):
        return None
    hint = "name it with Latin letters, digits, '-', '_' and '.' only"
    return Problem(f"the file name '{name}' cannot be carried in a PDF to every machine", path, hint=hint)
