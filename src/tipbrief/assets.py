"""Shipped folders (templates/, fonts/, data/), and the publication that a command uses by default."""

import os
from pathlib import Path

from tipbrief.problems import Problems, join_first_names

_PACKAGE = Path(__file__).resolve().parent


def find_shipped_folder(kind: str) -> Path:
    """The shipped folder ``templates``, ``fonts`` or ``data``: in the wheel's ``shipped/``, or in the repository."""
    for folder in (_PACKAGE / "shipped" / kind, _PACKAGE.parents[1] / kind):
        if folder.is_dir():
            return folder
    hint = "install tipbrief again: pip install --force-reinstall tipbrief"
    raise Problems(f"the folder '{kind}' is missing from this installation of tipbrief", hint=hint)


def default_publication() -> Path:
    """The publication around the current folder, else the only one under ``./data``."""
    above = (Path(*[".."] * up) for up in range(len(Path.cwd().parts)))
    if around := next((folder for folder in above if os.path.isfile(folder / "publication.yaml")), None):
        return around
    if len(found := sorted(path.parent for path in Path("data").glob("*/publication.yaml"))) == 1:
        return found[0]
    if found:
        hint = "name one: " + " or ".join(f"--publication {path}" for path in found)
        raise Problems(f"there are {len(found)} publications under ./data", hint=hint)
    meant = sorted(str(path) for path in Path("data").glob("[!.]*") if os.path.isdir(path))
    lacking = f" ({join_first_names(meant, 3)}: no publication.yaml)" if meant else ""
    hint = "begin one: tipbrief new DIR; or go to the folder with publication.yaml, or name it: --publication DIR"
    raise Problems(f"there is no publication here, and none under ./data{lacking}", hint=hint)
