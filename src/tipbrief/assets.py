"""Shipped folders (templates/, fonts/, data/), and the publication that a command uses by default."""

import os
from pathlib import Path

from tipbrief.problems import MessageListener, Problems, join_first_names

_PACKAGE = Path(__file__).resolve().parent
_NO_PUBLICATION = "there is no publication under ./data"


def find_shipped_folder(kind: str) -> Path:
    """The shipped folder ``templates``, ``fonts`` or ``data``: in the wheel's ``shipped/``, or in the repository."""
    for folder in (_PACKAGE / "shipped" / kind, _PACKAGE.parents[1] / kind):
        if folder.is_dir():
            return folder
    raise Problems(
        f"the folder '{kind}' is missing from this installation of tipbrief",
        hint="install tipbrief again: pip install --force-reinstall tipbrief",
    )


def default_publication(*, own: bool = False) -> Path:
    """The publication around the current folder, else the only one under ``./data``, else the shipped one.

    The user is told if it is the shipped one. If it must be her ``own``, that is a problem.
    """
    if around := _find_enclosing_publication():
        return around
    found = _list_publications(Path("data"))
    if len(found) > 1:
        raise Problems(
            f"there are {len(found)} publications under ./data",
            hint="name one: " + " or ".join(f"--publication {path}" for path in found),
        )
    if not found and own:
        # A command that changes a publication must not change the shipped one.
        hint = "go to the folder that holds data/, or name the publication: --publication DIR"
        raise Problems(_NO_PUBLICATION, hint=hint)
    if not found:
        found = _list_publications(find_shipped_folder("data"))
        meant = sorted(str(path) for path in Path("data").glob("[!.]*") if os.path.isdir(path))
        lacking = f" ({join_first_names(meant, 3)}: no publication.yaml)" if meant else ""
        MessageListener.notify(f"{_NO_PUBLICATION}{lacking}; this is about the shipped one, {found[0]}")
    return found[0]


def _find_enclosing_publication() -> Path | None:
    """The current folder or the nearest above it that is a publication, as a relative path."""
    try:
        depth = len(Path.cwd().parts)
    except OSError:  # the folder is gone
        return None
    above = (Path(*[".."] * up) for up in range(depth))
    return next((folder for folder in above if os.path.isfile(folder / "publication.yaml")), None)


def _list_publications(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/publication.yaml"))
