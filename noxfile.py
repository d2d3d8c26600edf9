"""The matrix of ``make matrix``: the quick tests with every Python, against the wheel, with oldest and newest packages.

``nox -s "tests-3.12(lowest)"`` runs one cell. A Python that is not installed is passed over.
"""

import re
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.sessions = ["tests"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
# Only what tests of `make check` import: a test program must not hold back the package that is to be proven.
TEST_PACKAGES = [
    "aiosmtpd", "feedparser", "filelock", "hatchling", "hypothesis", "jdatetime", "jsonschema", "mail-parser", "pypdf",
    "pytest", "pytest-xdist", "trustme", "uharfbuzz", "websocket-client", "zxing-cpp",
]  # fmt: skip


@nox.session(python=PYTHONS)
@nox.parametrize("versions", ["lowest", "newest"], ids=["lowest", "newest"])
def tests(session: nox.Session, versions: str) -> None:
    """Run the quick tests with the lowest or the newest versions of the direct dependencies that have a wheel."""
    folder = Path(session.virtualenv.location) / "matrix"
    folder.mkdir(exist_ok=True)
    pins = folder / "pins.txt"
    resolution = "lowest-direct" if versions == "lowest" else "highest"
    compile_pins = ["uv", "pip", "compile", "--quiet", "--no-header", "--only-binary", ":all:", "pyproject.toml"]
    session.run_install(*compile_pins, "--resolution", resolution, "--python", session.python, "-o", str(pins))
    for old in folder.glob("*.whl"):
        old.unlink()
    session.run_install("uv", "build", "--quiet", "--wheel", "--out-dir", str(folder))
    (wheel,) = folder.glob("*.whl")
    session.install("--upgrade", "--constraint", str(pins), str(wheel), *TEST_PACKAGES)
    chosen = ["-m", "not slow and not browser and not java", *find_quick_tests()]
    # With CI set, no test may be left out: tests/conftest.py.
    pytest = ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    session.run(*pytest, *chosen, *session.posargs, env={"CI": None})


def find_quick_tests() -> list[str]:
    """The files and folders that ``make check`` tests."""
    makefile = Path("Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    (words,) = re.findall(r"(?m)^QUICK = (.+)$", makefile)
    files, rooms = words.removesuffix(")").split("$(addprefix tests/, ")
    patterns = [*files.split(), *(f"tests/{room}" for room in rooms.split())]
    return sorted(str(path) for pattern in patterns for path in Path().glob(pattern))
