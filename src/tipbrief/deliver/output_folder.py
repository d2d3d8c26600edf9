"""The output folder: files are published by rename, never half a file, and listed in a manifest."""

import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path
from typing import Any, Self, TypeAlias

from tipbrief import files as filesystem
from tipbrief.problems import Problems

OUTPUT_MANIFEST, EARLIER_FOLDER = "manifest.json", "earlier"
_MAX_BYTES = 10_000_000
_THREADS = 8  # a disk syncs this many files at once in little more time than one
_MAX_SECONDS = 3600.0  # temporary files that are older were left by a run that died
_SHA256 = re.compile("[0-9a-f]{64}")
# The entries of the manifest by file name: number of bytes and sha256.
ManifestEntries: TypeAlias = dict[str, dict[str, Any]]
# Each file by its temporary path.
StagedFiles: TypeAlias = dict[str, "OutputFile"]


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that was written; ``name`` may have folders: ``e/world-1.pdf``."""

    folder: Path  # the output folder: of many files only the names take memory
    name: str
    size: int
    sha256: str

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / self.name


class Delivery:
    """Files on their way into a folder: written under temporary names, then published together.

    A PDF whose hash ``find_delivered`` has is kept in the folder of earlier ones when another one takes its name.
    """

    def __init__(
        self, out: Path, versions: Mapping[str, str], find_delivered: Callable[[], Collection[str]] = tuple
    ) -> None:
        self._out, self._versions = out, versions  # of programs and fonts: others may give other bytes
        self._find_delivered = find_delivered
        self._added: list[tuple[StagedFiles, list[OutputFile]]] = []  # the new ones of each call, and all of them
        self._unsynced_files: list[str] = []
        self._staging: Path | None = None

    def __enter__(self) -> Self:
        with _report_write_errors(self._out):
            self._out.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *raised: object) -> None:
        _remove_files(path for staged, _ in self._added for path in staged)
        if self._staging and self._staging != self._out:
            shutil.rmtree(self._staging, ignore_errors=True)

    def add_files(self, files: Mapping[str, bytes]) -> list[OutputFile]:
        """Write files (``folder/name``) under temporary names, all or none. A file that exists unchanged is left."""
        written = [OutputFile(self._out, name, len(one), filesystem.hash_of(one)) for name, one in files.items()]
        # In one statement: Ctrl-C between two would publish files that the manifest does not list.
        self._added.append((self._stage_files(files, written), written))
        return written

    def write_faulty_pages(self, name: str, pdf: bytes) -> Path:
        """Write the pages of a document that is not delivered at once, crossed out; its PDF stays as it was."""
        from tipbrief.pdf.pdf_file import cross_out_pages  # only if there are faults: it takes long to load

        filesystem.replace_file(self._out / name, cross_out_pages(pdf))
        return self._out / name

    def remove_faulty_pages(self, name: str) -> None:
        """Remove such a file, when the document has no faults any more."""
        with suppress(OSError):
            os.unlink(self._out / name)

    def record_existing(self, written: Iterable[OutputFile]) -> None:
        """Add files that exist already to the manifest."""
        self._added.append(({}, [*written]))

    def sync_files(self) -> None:
        """Sync the written files to the disk, so that they survive a power failure."""
        with _report_write_errors(self._out):
            _run_in_threads(filesystem.sync_file, [*filter(os.path.exists, self._unsynced_files)])
        self._unsynced_files.clear()

    def publish(self) -> None:
        """Give all files their names, and add them to the folder's manifest."""
        # Another run may add its own files to the manifest at the same time.
        with filesystem.FolderLock(self._out):
            before = read_output_manifest(self._out)
            manifest = before | manifest_entries(one for _, written in self._added for one in written)
            whole = {"files": dict(sorted(manifest.items())), "versions": dict(sorted(self._versions.items()))}
            text = (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()
            written = OutputFile(self._out, OUTPUT_MANIFEST, len(text), filesystem.hash_of(text))
            self._added.append((self._stage_files({OUTPUT_MANIFEST: text}, [written]), []))
            new = {path: one for staged, _ in self._added for path, one in staged.items()}
            self.sync_files()
            with _report_write_errors(self._out):
                self._keep_delivered(before, new.values())
                # Pages come after the files to which they lead, and the manifest last: all files that it lists exist.
                steps = dict[int, list[str]]()
                for path, one in new.items():
                    step = 2 if one is written else 1 if one.name.endswith(".html") else 0
                    steps.setdefault(step, []).append(path)
                for _, paths in sorted(steps.items()):
                    _run_in_threads(lambda path: _rename_file(path, new[path].path), paths)
                self._added.clear()
                for folder in {str(self._out), *(os.path.dirname(one.path) for one in new.values())}:
                    filesystem.sync_folder(folder)
                # Recent temporary files may belong to another run.
                filesystem.remove_temporary_files(self._out, written.path.stat().st_mtime - _MAX_SECONDS)

    def _keep_delivered(self, before: ManifestEntries, new: Iterable[OutputFile]) -> None:  # for the site
        pdfs = [one for one in new if one.name in before and one.name.endswith(".pdf")]
        replaced = {one.path: before[one.name]["sha256"] for one in pdfs}
        delivered = self._find_delivered() if replaced else ()
        for target, sha256 in replaced.items():
            kept = self._out / EARLIER_FOLDER / sha256[:8] / target.name
            if sha256 in delivered and not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(target, kept)
                except OSError:  # not on every disk
                    shutil.copyfile(target, kept)

    def _stage_files(self, files: Mapping[str, bytes], written: Iterable[OutputFile]) -> StagedFiles:
        """Write files under temporary names."""
        staged: StagedFiles = {}
        with _report_write_errors(self._out), ExitStack() as undone:
            # Also after Ctrl-C: no half file may be published with the rest.
            undone.callback(_remove_files, staged)
            for (name, content), one in zip(files.items(), written, strict=True):
                target = one.path
                if target.is_dir():  # found now: the rename would fail when other files already have their names
                    raise IsADirectoryError(EISDIR, f"'{name}' is a folder")
                with suppress(OSError, ValueError, Problems):
                    if target.stat().st_size == one.size and filesystem.read_bytes(target, one.size) == content:
                        continue
                target.parent.mkdir(parents=True, exist_ok=True)
                if self._staging is None:
                    self._staging = _create_staging_folder(self._out)
                temporary = filesystem.temporary_name(self._staging / target.name)
                staged[str(temporary)] = one  # noted before it exists, so that Ctrl-C now leaves nothing behind
                self._unsynced_files.append(str(temporary))
                filesystem.write_new(temporary, content, filesystem.mode_of(target), synced=False)
            undone.pop_all()
        return staged


def _create_staging_folder(out: Path) -> Path:
    """A new hidden folder beside ``out`` for files that are not yet published; ``out`` itself if there can be none.

    ``out`` may be uploaded while a run is at work, or after one was killed.
    """
    place = Path(os.path.realpath(out))
    folder = filesystem.temporary_name(place)
    try:
        if place.parent.stat().st_dev != place.stat().st_dev:
            return out
        folder.mkdir()
        # Recent ones may belong to another run.
        filesystem.remove_temporary_folders(place, folder.stat().st_mtime - _MAX_SECONDS)
    except OSError:
        return out
    return folder


def _rename_file(temporary: str, target: Path) -> None:
    with suppress(FileNotFoundError):  # Ctrl-C interrupted the first try, and it has its name
        Path(temporary).replace(target)


def _run_in_threads(do: Callable[[str], None], files: Collection[str]) -> None:
    if len(files) < _THREADS:
        for file in files:
            do(file)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(do, files))  # raises what one of them has raised


def list_pdfs(folder: Path) -> list[Path]:
    """The PDFs in an output folder, and those of earlier editions that were kept there."""
    return sorted([*folder.glob("*.pdf"), *folder.glob(f"{EARLIER_FOLDER}/*/*.pdf")])


def write_outputs(out: Path, files: Mapping[str, bytes], versions: Mapping[str, str]) -> list[OutputFile]:
    """Write the files into ``out``, all or none, and add them to its manifest."""
    with Delivery(out, versions) as delivery:
        written = delivery.add_files(files)
        delivery.publish()
    return written


def manifest_entries(written: Iterable[OutputFile]) -> ManifestEntries:
    """The manifest entries of files."""
    return {one.name: {"bytes": one.size, "sha256": one.sha256} for one in written}


def _remove_files(staged: Iterable[str]) -> None:
    for temporary in staged:
        Path(temporary).unlink(missing_ok=True)


@contextmanager
def _report_write_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "no folder can have this name"
        message = f"the folder '{out}' cannot be written: {reason}"
        hint = "free the folder, or name another one: --out DIR. Older files in it are unchanged"
        raise Problems(message, hint=hint) from fault


def read_output_manifest(out: Path) -> ManifestEntries:
    """The entries of the folder's manifest, without files that are gone."""
    try:
        files = json.loads(filesystem.read_bytes(out / OUTPUT_MANIFEST, _MAX_BYTES))["files"]
        return {
            name: entry
            for name, entry in files.items()
            if entry.keys() == {"bytes", "sha256"} and isinstance(entry["bytes"], int)
            if _SHA256.fullmatch(entry["sha256"]) and is_inside_folder(name) and os.path.isfile(out / name)
        }
    except (Problems, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        # A missing or unreadable manifest is written again from the files beside it.
        return {}


def is_inside_folder(name: str) -> bool:
    """Whether a name in a manifest leads to a place inside its folder."""
    return name.isprintable() and "\\" not in name and not {"", ".", ".."} & {*name.split("/")}
