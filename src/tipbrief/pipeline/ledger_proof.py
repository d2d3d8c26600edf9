"""The proof of the ledger: whoever answers from it or adds to it reads it here; a proof is remembered."""

from pathlib import Path

from tipbrief.files import hash_of
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.consistency import find_faulty_entries, require_readable_entries
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline.store import Store, default_folder, store_key
from tipbrief.problems import Problem, Problems


def read_proven_ledger(where: Path, publication: str, known: Ledger | None = None) -> Ledger:
    """The ledger of a publication; ``Problems`` if an entry does not follow from those before it."""
    ledger = ledger_folder.read_ledger(where, publication, known)
    if ledger != known and (faults := find_ledger_faults(ledger)):
        raise Problems(faults)
    return ledger


def find_ledger_faults(ledger: Ledger) -> list[Problem]:
    """The problems of entries that cannot follow those before them."""
    # A proof is remembered by all bytes of the entries, so that it costs nothing the second time.
    entry_hashes = "".join(hash_of(file.raw_bytes) for file in ledger.entry_files)
    store = Store(default_folder())
    key = store_key("answer", "the entries follow from each other", ledger.publication, entry_hashes)
    if not ledger.entry_files or store.read_entry(key) is not None:
        return []
    require_readable_entries(ledger)
    faults = [*find_faulty_entries(ledger)]
    if not faults:
        store.write_entry(key, {"proof": b""})
    return faults
