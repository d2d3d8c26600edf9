"""Prints: the PDFs that were delivered, by their sha256, and where the site has their bytes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tipbrief.files import hash_of, read_bytes
from tipbrief.ledger.entries import Edition, parted
from tipbrief.ledger.ledger import Ledger
from tipbrief.pdf.opening import LARGEST
from tipbrief.problems import Problems
from tipbrief.site.addresses import PRINTS, print_path

_FORM = re.compile("[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True)
class Print:
    """A PDF of an edition that was delivered; ``path`` is empty where nobody has its bytes any more.

    ``form`` is its paper and profile, such as ``a5-grey``; empty for the usual ones.
    """

    edition: Edition
    sha256: str
    path: str = ""
    size: int = 0
    form: str = ""


class Prints:
    """All PDFs that a ledger knows; those of the site in ``out`` are found there, others can be added."""

    def __init__(self, ledger: Ledger, out: Path) -> None:
        self.out, self._publication = out, ledger.publication
        self._of: dict[str, dict[str, Print]] = {}
        self._wanted: dict[str, Edition] = {}
        for one in (one for brief in ledger.briefs for one in ledger.listed(brief)):
            # The first is the one of the edition itself, the others are its reprints.
            known = dict.fromkeys([one.pdf, *sorted(ledger.pdfs(one))])
            self._of[one.signature] = {sha256: Print(one, sha256) for sha256 in known if sha256}
            self._wanted |= dict.fromkeys(self._of[one.signature], one)
        for file in sorted((out / PRINTS).glob("*.pdf")):
            if (pdf := _read(file)) is None:
                continue
            if found := self._wanted.get(sha256 := hash_of(pdf)):
                stem = print_path(found, sha256, "").removesuffix(".pdf")
                form = f"{PRINTS}/{file.stem}".removeprefix(stem).removeprefix("-")
                if print_path(found, sha256, form) == f"{PRINTS}/{file.name}":
                    self._know(Print(found, sha256, f"{PRINTS}/{file.name}", len(pdf), form))

    def _know(self, one: Print) -> None:
        self._of[one.edition.signature][one.sha256] = one

    def taken(self, pdf: bytes, name: str) -> Mapping[str, bytes]:
        """The file to write for a PDF of this name; none where it was not delivered, or is there already."""
        one = self._wanted.get(sha256 := hash_of(pdf))
        if one is None or self._of[one.signature][sha256].path:
            return {}
        form = self._form(one, name)
        path = print_path(one, sha256, form)
        self._know(Print(one, sha256, path, len(pdf), form))
        return {path: pdf}

    def _form(self, one: Edition, name: str) -> str:
        """``a5-grey`` of ``tip-2025-world-a5-grey.ps.pdf``."""
        plain, tag = parted(one.brief)
        stem = name.removesuffix(".pdf").removesuffix(f".{tag}" if tag else "")
        form = stem.removeprefix(f"{self._publication}-{plain}").removeprefix("-")
        return form if form != stem and _FORM.fullmatch(form) else ""

    def found_in(self, folder: Path) -> Iterator[tuple[str, bytes]]:
        """The files to write for those PDFs of a folder that are not there yet."""
        for file in sorted(folder.glob("*.pdf")):
            if (pdf := _read(file)) is not None:
                yield from self.taken(pdf, file.name).items()

    @property
    def found(self) -> list[Print]:
        """All PDFs that are there."""
        return [one for prints in self._of.values() for one in prints.values() if one.path]

    def of(self, one: Edition) -> list[Print]:
        """The PDFs of an edition, its first one first, then those in the usual form."""
        first, *others = self._of[one.signature].values()
        return [first, *sorted(others, key=lambda other: (other.form, not other.path))]

    @property
    def missing(self) -> list[Edition]:
        """The editions of which no PDF is there."""
        known = [[*prints.values()] for prints in self._of.values()]
        return [prints[0].edition for prints in known if prints and not any(one.path for one in prints)]


def _read(file: Path) -> bytes | None:
    try:
        return read_bytes(file, LARGEST)
    except Problems:
        return None
