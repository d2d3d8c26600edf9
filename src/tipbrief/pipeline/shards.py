"""Shards: each makes every N-th document of a build, on any machine, into a folder: a part. All parts are gathered.

A part has an entry of the store for each document, a manifest with hashes, and ``part.json``, which says of which
build it is. Nothing in it is unpickled or run.
"""

import json
import logging
import math
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple

from tipbrief import limits
from tipbrief.deliver.output_folder import OUTPUT_MANIFEST, OutputFile, write_outputs
from tipbrief.files import hash_of, read_bytes
from tipbrief.language.dates import Date
from tipbrief.ledger.ledger import Ledger
from tipbrief.pipeline.run import MAX_WITHOUT_WORKERS, BuildResult, DocumentRun, OnStep
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import decode_entry, encode_entry
from tipbrief.problems import Problems

PART_FILE = "part.json"
_BUILD_AGAIN = "build its shard again, of the same files, with the same words"
_SCHEDULER_ADDRESS = re.compile(r"(tls://[^\s/]+|tcp://(localhost|127(\.\d{1,3}){3}|\[::1\])):\d{1,5}")
SCHEDULER_TIMEOUT = 5  # seconds; a scheduler that is there answers at once
SHARD_TIMEOUT = 3600  # seconds
MAX_SHARD_DOCUMENTS = 200  # of one task: its files come as one message


class Part(NamedTuple):
    """A part: which shard of so many, of which build, the command's parameters, and the names of its documents."""

    place: Path
    read_file: Callable[[str], bytes]
    number: int
    total: int
    build: Mapping[str, Any]
    request: Mapping[str, Any]
    documents: frozenset[str]

    def require_same_build(self, build: Mapping[str, Any], whose: str) -> None:
        """A problem that names the first thing in which this is a part of another build."""
        if differing := [what for what in build if self.build.get(what) != build[what]]:
            raise Problems(f"this part differs in its {differing[0]} from {whose}", self.place, hint=_BUILD_AGAIN)


def _describe_state(session: Session) -> dict[str, str]:  # what documents follow from, by the words in messages
    state = {"dataset": session.data_hash, "ledger": session.ledger.content_hash, "version": session.engine_hash}
    return {"publication": str(session.publication.imprint.id), **state, "template": session.hash_without_ledger}


def write_part_file(
    session: Session, built: Iterable[BuildResult], request: Mapping[str, Any], shard: tuple[int, int], out: Path
) -> list[OutputFile]:
    """Complete a part: say of which build it is, and which documents are in it."""
    build = {**request, "number of shards": shard[1], **_describe_state(session)}
    info = {"shard": shard, "build": build, "documents": [one.name for one in built]}
    return write_outputs(out, {PART_FILE: json.dumps(info).encode()}, session.versions)


def read_part(place: Path, read_file: Callable[[str], bytes]) -> Part:
    """A part, all files of which have the hashes of its manifest; else a problem."""
    limits.begin_step(place)
    try:
        info, manifest = (json.loads(read_file(name)) for name in (PART_FILE, OUTPUT_MANIFEST))
        build, (number, count) = {**info["build"]}, map(int, info["shard"])
        request: dict[str, Any] = {name: [*map(str, build[name])] for name in ("briefs", "only", "languages")}
        request |= {name: str(build[name]) for name in ("paper", "profile")} | {"everything": bool(build["everything"])}
        request["day"] = Date.parse(build["day"]) if build["day"] else None
        documents = frozenset(map(str, info["documents"]))
        for name in (PART_FILE, *(f"{name}.brief" for name in documents)):
            if hash_of(read_file(name)) != manifest["files"][name]["sha256"]:
                raise Problems(f"'{name}' does not have its hash", place, hint="copy the part again")
        return Part(place, read_file, number, count, build, request, documents)
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise Problems("this is no part of a build, or not a whole one", place, hint=_BUILD_AGAIN) from None


def _read_file(place: Path, name: str) -> bytes:
    if not (place / name).is_file():
        raise LookupError(name)
    return read_bytes(place / name, 200_000_000)


def gather_parts(places: Sequence[Path]) -> list[Part]:
    """The parts in these folders, which are all shards of one build; else a problem that names those that are not."""
    parts = [read_part(place, partial(_read_file, place)) for place in places]
    for part in parts:
        part.require_same_build(parts[0].build, f"that in {parts[0].place}")
    count = min(parts[0].total, 99_999)
    if missing := sorted({*range(1, count + 1)} - {part.number for part in parts}):
        shown = ", ".join(map(str, missing[:9])) + ", …" * (len(missing) > 9)
        hint = f"tipbrief build … --shard {missing[0]}/{count} --out part{missing[0]}"
        raise Problems(f"of {count} shards these are missing: {shown}", hint=hint)
    return parts


def store_parts(session: Session, parts: Iterable[Part], names: Iterable[str], date: Date | None) -> set[str]:
    """Put the pages of these documents into the store, where a build finds them. Returns the documents."""
    # What they say, and so their keys, is computed here: a part cannot put anything else into the store.
    run, wanted, stored = DocumentRun(session, [], date=date), {*names}, set[str]()
    ours, earlier = _describe_state(session), Ledger("", session.ledger.entry_files[:-1]).content_hash
    for part in parts:
        # A command that was killed may have recorded the editions: its parts are of the ledger before them.
        again = {"ledger": earlier} if date and part.build.get("ledger") == earlier else {}
        part.require_same_build(ours | again, "the publication here")
        for name in wanted & part.documents:
            data, composed = part.read_file(f"{name}.brief"), run.compose(name)
            if not isinstance(composed, Problems) and (pages := decode_entry(composed.store_key, data)):
                session.store.most_bytes += len(data)  # none is removed before it is used
                session.store.write_entry(composed.store_key, pages)
                if not session.store.has_entry(composed.store_key):
                    hint = "make room, make the folder yours alone (chmod 700), leave TIPBRIEF_SAFE unset"
                    raise Problems("the parts cannot be stored here", session.store.folder, hint=hint)
                stored.add(name)
    return stored


def build_on_cluster(address: str, session: Session, names: Sequence[str], date: Date | None, step: OnStep) -> set[str]:
    """Have a Dask cluster build as shards those of the documents that the store lacks. Returns those that it built."""
    run, built = DocumentRun(session, names, date=date), set[str]()
    # A document of which nothing is known is not composed here.
    known = (run.compose(name) for name in names if name in session.fingerprint_memo(name).entries)
    stored = {one.name for one in known if not isinstance(one, Problems) and session.store.has_entry(one.store_key)}
    missing = [name for name in names if name not in stored]
    if len(missing) <= MAX_WITHOUT_WORKERS:
        return built
    words = ["--publication", str(session.folder.resolve()), "--paper", session.paper, "--profile", session.profile]
    words += ["--deliver", "--untranslated", "mark"] * bool(date)
    noon = date and str(int(datetime(date.year, date.month, date.day, 12, tzinfo=UTC).timestamp()))
    client = _connect_to_cluster(address)
    try:
        if not (size := sum(client.nthreads().values())):
            raise Problems(f"the cluster '{address}' has no workers", hint="start one: dask worker ADDRESS")
        count = min(len(missing), max(2 * size, math.ceil(len(missing) / MAX_SHARD_DOCUMENTS)))
        shares = [[*words, "--", *missing[first::count]] for first in range(count)]
        for task in [client.submit(run_shard, share, noon, pure=False) for share in shares]:
            answer = bytes(task.result(SHARD_TIMEOUT))
            if not (files := decode_entry("", answer)):
                said = "a shard failed on the cluster: " + answer[-2000:].decode(errors="replace").strip()
                raise Problems(said, hint="its workers need the same folder")
            part = read_part(Path("cluster"), files.__getitem__)
            built |= store_parts(session, [part], missing, date)
            for name in part.documents:
                step(name, "deliver")
    except Problems:
        raise
    except Exception:  # whatever Dask makes of a lost scheduler or a strange answer
        hint = "what was finished is kept: build again for the rest"
        raise Problems("the cluster was lost, or sent no part of a build", hint=hint) from None
    finally:
        client.close(timeout=SCHEDULER_TIMEOUT)
    return built


def run_shard(words: Sequence[str], noon: str | None) -> bytes:
    """The files of a shard, or what the command says if it fails twice; this runs in a worker of the cluster."""
    variables = {**os.environ, "TIPBRIEF_CORES": "1"} | ({"SOURCE_DATE_EPOCH": noon} if noon else {})
    command, said = [sys.executable, "-m", "tipbrief", "build", "--shard", "1/1", "--out"], b""
    for _ in range(2):
        with TemporaryDirectory() as place:
            said = subprocess.run([*command, place, *words], env=variables, capture_output=True).stderr
            if Path(place, PART_FILE).exists():
                return encode_entry("", {one.name: one.read_bytes() for one in Path(place).iterdir()})
    return said


def _connect_to_cluster(address: str) -> Any:
    """A client of Dask that unpickles no objects; a problem if the address is unsafe, or nothing answers there."""
    if not _SCHEDULER_ADDRESS.fullmatch(address):
        message = f"'{address}' is no address of a cluster"
        if address.startswith("tcp://"):
            message = f"'{address}' is neither encrypted nor on this computer: anybody in between could answer"
        hint = "write it like tls://host:8786, with keys as in docs/how-to/cluster.md; here tcp://localhost:8786"
        raise Problems(message, hint=hint)
    try:
        distributed = import_module("distributed")
        # Dask unpickles in this one place. It needs an exception with a traceback, else it stops without a message.
        distributed.protocol.pickle.pickle = SimpleNamespace(**{**vars(pickle), "loads": _load_plain_values})
        distributed.client.clean_exception = lambda *_, **__: (RuntimeError, RuntimeError("a worker failed"), None)
        for noise in ("distributed", "distributed.client", "tornado.application"):  # its faults become our problems
            logging.getLogger(noise).setLevel(logging.CRITICAL)
        return distributed.Client(address, timeout=SCHEDULER_TIMEOUT, set_as_default=False)
    except ImportError:
        raise Problems("Dask is not installed here", hint="install it: pip install 'tipbrief[cluster]'") from None
    except Exception as fault:  # whatever Dask makes of somebody else's answer
        hint = "is the address right, and does its scheduler run? without --cluster, this computer does the work"
        raise Problems(f"the cluster '{address}' cannot be reached: {fault}", hint=hint) from None


class _PlainUnpickler(pickle.Unpickler):  # plain values alone: a pickle is a program
    def find_class(self, module: str, name: str) -> Any:  # the only one that an answer needs
        if (module, name) != ("builtins", "bytes"):
            raise pickle.UnpicklingError(name)
        return bytes


def _load_plain_values(data: Any, *, buffers: Sequence[Any] = ()) -> Any:  # None if any other object is in it
    with suppress(Exception):
        return _PlainUnpickler(BytesIO(data), buffers=buffers).load()
    return None
