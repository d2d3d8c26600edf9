"""Run the core of the tests with the newest WeasyPrint that can be installed, whatever tipbrief declares.

``make canary`` calls it. It makes a temporary environment, in which WeasyPrint and its libraries are the newest and
all else is that of ``.venv``, and prints which part of the product holds there.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).parents[1]
# By what they prove: the tests that are run.
CORE = {
    "the brief": ["tests/acceptance/test_world_pdf.py"],
    "ten sheets": ["tests/acceptance/test_documents_per_row.py"],
    "correct": ["tests/acceptance/test_correct_and_deliver.py"],
    "watch": ["tests/watch/test_worker.py", "tests/watch/test_places.py"],
    "pages": ["tests/typeset", "tests/pdf"],
}
NOT_RUN = "tests/typeset/patches"  # about the proven sources alone


def main() -> None:
    """Print the versions, and what holds; the exit status is 1 if something does not."""
    with tempfile.TemporaryDirectory(prefix="canary-") as folder:
        python = create_environment(Path(folder))
        show = "from importlib.metadata import version as v; print(*(f'{p} {v(p)}' for p in %r))"
        packages = ("weasyprint", "pydyf", "tinyhtml5", "cssselect2")
        subprocess.run([python, "-c", show % (packages,)], check=True)
        notices = "from tipbrief.typeset.libraries import find_version_warnings as f; [print(p.message) for p in f()]"
        subprocess.run([python, "-c", notices], check=True)
        failed = [name for name, tests in CORE.items() if not _hold(python, name, tests)]
    raise SystemExit(bool(failed))


def create_environment(folder: Path) -> Path:
    """Make an environment with the newest WeasyPrint in a folder; returns its Python."""
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--upgrade", "weasyprint"]
    subprocess.run(command, check=True)
    scheme = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python, "-c", scheme], text=True).strip())
    # What tipbrief declares of itself, but for the upper bound of WeasyPrint; it is found before that of .venv.
    declared = metadata.distribution("tipbrief").read_text("METADATA") or ""
    copy = site / f"tipbrief-{metadata.version('tipbrief')}.dist-info"
    copy.mkdir()
    (copy / "METADATA").write_text(lift_bound(declared), encoding="utf-8")
    project = sysconfig.get_path("purelib")
    (site / "project.pth").write_text(f"import site; site.addsitedir({project!r})\n", encoding="utf-8")
    return python


def lift_bound(declared: str) -> str:
    """Package metadata that allow any newer WeasyPrint."""
    return re.sub(r"(?m)^(Requires-Dist: weasyprint.*?)<\d+,?", r"\1", declared)


def _hold(python: Path, name: str, tests: list[str]) -> bool:
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--ignore={NOT_RUN}", *tests]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    print(f"{name}: {'holds' if done.returncode == 0 else 'does not hold'} ({lines[-1] if lines else done.stderr})")
    print(*(f"    {line}" for line in lines if line.startswith(("FAILED", "ERROR"))), sep="\n", end="")
    return done.returncode == 0


if __name__ == "__main__":
    main()
