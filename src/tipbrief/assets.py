"""Where templates/, fonts/ and data/ are: in the wheel, or in the repository."""

from pathlib import Path

from tipbrief.problems import Problems

_PACKAGE = Path(__file__).resolve().parent


def shipped(kind: str) -> Path:
    """The shipped folder ``templates``, ``fonts`` or ``data``.

    The wheel carries it inside the package, in ``shipped/``; an editable install finds it in the repository.
    """
    for folder in (_PACKAGE / "shipped" / kind, _PACKAGE.parents[1] / kind):
        if folder.is_dir():
            return folder
    raise Problems(
        f"the folder '{kind}' is missing from this installation of tipbrief",
        hint="install tipbrief again: pip install --force-reinstall tipbrief",
    )


def default_publication(*, own: bool = False) -> Path:
    """The only folder under ``./data`` that holds a publication, else the shipped one, unless ``own``."""
    found = _publications(Path("data"))
    if len(found) > 1:
        raise Problems(
            f"there are {len(found)} publications under ./data",
            hint="name one: " + " or ".join(f"--publication {path}" for path in found),
        )
    if not found and own:
        # What is changed must not be the example inside the installation.
        hint = "go to the folder that holds data/, or name the publication: --publication DIR"
        raise Problems("there is no publication under ./data", hint=hint)
    return found[0] if found else _publications(shipped("data"))[0]


def _publications(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/publication.yaml"))
