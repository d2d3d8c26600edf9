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

from tipbrief.assets import shipped
from tipbrief.build import document
from tipbrief.build.cache import Cache
from tipbrief.build.languages import EVERY
from tipbrief.build.session import Session
from tipbrief.compose import profiles
from tipbrief.plain import PLAIN
from tipbrief.problems import Problems

_FOLDER = shipped("data") / "tip-2025"
_NOTHING = Cache(Path(os.devnull) / "tipbrief")
_MAKE = "import sys; from tools.same_bytes import tell; tell(sys.argv[1:])"


def tell(asked: Sequence[str]) -> None:
    """Print of each document its form, its name, and the hash of its PDF or what is wrong with it."""
    for line in _made(asked):
        print(line, flush=True)


def _made(asked: Sequence[str]) -> Iterator[str]:
    names = [name for name in asked if name != "--forms"]
    known = profiles.load_profiles(_FOLDER / "templates", shipped("templates"))
    forms = (
        product(profiles.PAPERS, known)
        if "--forms" in asked
        else [(profiles.DEFAULT_PAPER, profiles.DEFAULT)]
    )
    for paper, profile in forms:
        session = Session.open(_FOLDER, paper=paper, profile=profile, cache=_NOTHING, languages=[EVERY])
        for name in names or session.documents:
            try:
                pdf = document.make(session, document.piece_of(session, name).edition).pdf
                came = hashlib.sha256(pdf).hexdigest()
            except Problems as raised:
                came = "; ".join(problem.message for problem in raised.problems)
            yield f"{paper} {profile} {name} {came}"


def main() -> None:
    """Say how many documents have the same bytes, and which have not."""
    command = [sys.executable, "-W", "ignore", "-c", _MAKE, *sys.argv[1:]]
    ways = [
        subprocess.Popen(command, env={**os.environ, PLAIN: plain}, stdout=subprocess.PIPE, text=True)
        for plain in ("1", "0")
    ]
    same, others = 0, list[str]()
    for plain, kept in zip(*(way.stdout or () for way in ways), strict=True):
        same += plain == kept
        others += [f"plain: {plain}now:   {kept}"] * (plain != kept)
    if max(way.wait() for way in ways) or min(way.returncode for way in ways):
        raise SystemExit("a process died")
    print(*others, f"{same} of {same + len(others)} are the same", sep="\n")
    raise SystemExit(bool(others))


if __name__ == "__main__":
    main()
