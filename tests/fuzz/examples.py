"""An example: a command and what is changed, before it runs, in the workspace of all examples."""

import base64
import json
import os
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# In words and contents these stand for a folder that is nobody's business, and a server that none may ask.
OUTSIDE, WEB = "@OUTSIDE@", "@WEB@"
# What a changed file becomes: bytes, or "fifo", "folder", "link:TARGET", "mode:000". None removes it.
Change = bytes | str | None


@dataclass(frozen=True)
class Example:
    """The words of a command; changes of files by their paths; the environment; which streams are closed."""

    words: tuple[str, ...]
    changes: Mapping[str, Change] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    closed: tuple[int, ...] = ()
    own: bool = False  # a new Python, for what Python reads at its start
    note: str = ""

    def __repr__(self) -> str:
        changed = {name: change if change is None else change[:300] for name, change in self.changes.items()}
        return f"<{' '.join(self.words)} | {self.note} | {self.env or ''}{self.closed or ''} {changed}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For hypothesis, which would print whole files."""
        printer.text(repr(self))

    def text(self) -> str:
        """As a file that ``read`` reads again."""
        packed = {
            name: ["bytes", base64.b64encode(zlib.compress(change, 9)).decode()]
            if isinstance(change, bytes)
            else ["kind", change]
            for name, change in self.changes.items()
        }
        return json.dumps({**asdict(self), "changes": packed}, indent=1) + "\n"

    @classmethod
    def read(cls, file: Path) -> "Example":
        whole = json.loads(file.read_text("utf-8"))
        whole["changes"] = {
            name: zlib.decompress(base64.b64decode(value)) if kind == "bytes" else value
            for name, (kind, value) in whole["changes"].items()
        }
        return cls(**{**whole, "words": tuple(whole["words"]), "closed": tuple(whole["closed"])})

    def lay_out(self, workspace: Path, web: str) -> list[str]:
        """Make the changes; the words of the command then."""
        places = {OUTSIDE: str(workspace / "outside"), WEB: web}

        def placed(text: str) -> str:
            for name, place in places.items():
                text = text.replace(name, place)
            return text

        for name, change in self.changes.items():
            path = workspace / placed(name)
            if isinstance(change, str) and change.startswith("mode:"):
                path.chmod(int(change[5:], 8))
                continue
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(change, bytes):
                for mark, place in places.items():
                    change = change.replace(mark.encode(), os.fsencode(place))
                path.write_bytes(change)
            elif change == "fifo":
                os.mkfifo(path)
            elif change == "folder":
                path.mkdir()
            elif change:
                path.symlink_to(placed(change.removeprefix("link:")))
        return [placed(word) for word in self.words]
