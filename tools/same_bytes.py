"""Same bytes: documents made the plain way, and with what is kept between them, compared by hash.

``python -m tools.same_bytes [--forms] [DOCUMENT…]``: of the shipped publication, by default all documents in
all languages, each on the usual paper in the usual form, or with ``--forms`` in every one. All in one process
of each way, one after the other, so that each document meets what all before it have left.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from tipbrief.assets import find_shipped_folder
from tipbrief.compose import profiles
from tipbrief.pipeline import document
from tipbrief.pipeline.selection import ALL_LANGUAGES
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store
from tipbrief.problems import Problems
from tipbrief.typeset.patches.registry import SAFE_MODE_VARIABLE

_FOLDER = find_shipped_folder("data") / "tip-2025"
_NOTHING = Store(Path(os.devnull) / "tipbrief")
_MAKE = "import sys; from tools.same_bytes import tell; tell(sys.argv[1:])"


def tell(asked: Sequence[str]) -> None:
    """Print of each document its form, its name, and the hash of its PDF or what is wrong with it."""
    for line in _made(asked):
        print(line, flush=True)


def _made(asked: Sequence[str]) -> Iterator[str]:
    names = [name for name in asked if name != "--forms"]
    known = profiles.load_profiles(_FOLDER / "templates", find_shipped_folder("templates"))
    forms = (
        product(profiles.PAPERS, known) if "--forms" in asked else [(profiles.DEFAULT_PAPER, profiles.DEFAULT_PROFILE)]
    )
    for paper, profile in forms:
        session = Session.open(_FOLDER, paper=paper, profile=profile, store=_NOTHING, languages=[ALL_LANGUAGES])
        for name in names or session.documents:
            try:
                pdf = document.render_document(document.compose_document(session, name)).pdf
                came = hashlib.sha256(pdf).hexdigest()
            except Problems as raised:
                came = "not made: " + "; ".join(problem.message for problem in raised.problems)
            yield f"{paper} {profile} {name} {came}"


def main() -> None:
    """Say how many documents have the same bytes, and which have not."""
    command = [sys.executable, "-W", "ignore", "-c", _MAKE, *sys.argv[1:]]
    ways = [
        subprocess.Popen(command, env={**os.environ, SAFE_MODE_VARIABLE: plain}, stdout=subprocess.PIPE, text=True)
        for plain in ("1", "0")
    ]
    same, others = 0, list[str]()
    for plain, kept in zip(*(way.stdout or () for way in ways), strict=True):
        is_same = plain == kept and " not made: " not in plain  # two equal problems prove nothing
        same += is_same
        others += [f"plain: {plain}now:   {kept}"] * (not is_same)
    if max(way.wait() for way in ways) or min(way.returncode for way in ways):
        raise SystemExit("a process died")
    print(*others, f"{same} of {same + len(others)} are the same", sep="\n")
    raise SystemExit(bool(others))


if __name__ == "__main__":
    main()
