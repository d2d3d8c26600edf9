"""The two sides of a comparison: an edition of the ledger, a PDF, or the folder of a publication."""

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.check.publication import Publication, load
from tipbrief.compare.differences import Difference, between, between_printed
from tipbrief.files import read_bytes
from tipbrief.ledger import editions, journal, store
from tipbrief.ledger.entries import Edition
from tipbrief.ledger.status import status_of_code
from tipbrief.problems import Problems


def compared(old: str, new: str, folder: Path | None = None) -> list[Difference]:
    """What differs between two sides as they were typed; editions are those of the ledger in ``folder``."""
    with TemporaryDirectory(prefix="tipbrief-") as made:
        sides = [_side(given, Path(made) / str(index), folder) for index, given in enumerate((old, new))]
    wholes = [side for side in sides if isinstance(side, Publication)]
    if len(wholes) == 2:
        return between(*wholes)
    # Of an edition the ledger knows what it printed, and no more.
    printed = next(side.prints for side in sides if isinstance(side, Edition))
    values = [
        side.prints
        if isinstance(side, Edition)
        else {name: now for name in printed if (now := editions.value_of(side, name)) is not None}
        for side in sides
    ]
    return between_printed(*values)


def _side(given: str, unpacked: Path, folder: Path | None) -> Edition | Publication:
    path = Path(given)
    if os.path.isdir(given):  # a text too long for a path is none
        # Whoever compares a folder, perhaps another's, changes nothing in it.
        if os.path.lexists(path / journal.JOURNAL):
            hint = (
                "let it end; where it was stopped, have it put back first: tipbrief check --publication DIR"
            )
            raise Problems("a correction in this folder has not ended", path, hint=hint)
        return load(path)
    if os.path.isfile(given) or path.suffix.lower() == ".pdf":
        # Only here, as its library takes longer to load than editions take to be compared.
        from tipbrief.pdf.carried import carried_by, unpack
        from tipbrief.pdf.opening import LARGEST

        with limits.bounded(path):
            unpack(carried_by(read_bytes(path, LARGEST), path), unpacked)
            return _loaded_of(path, unpacked)
    found = status_of_code(store.read(folder or default_publication(), ""), given)
    if found.edition is None:
        message = f"'{given}' is no folder, no PDF, and no edition of the ledger"
        raise Problems(message, hint=found.hint)
    return found.edition


def _loaded_of(pdf: Path, unpacked: Path) -> Publication:
    """What a PDF carries, read; its faults named as files of the PDF: nobody will find those unpacked."""
    try:
        return load(unpacked)
    except Problems as raised:
        raise Problems(
            replace(one, file=pdf / os.path.relpath(one.file or unpacked, unpacked))
            for one in raised.problems
        ) from None
