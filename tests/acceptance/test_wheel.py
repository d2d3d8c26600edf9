"""What is published works: the sdist, the wheel built from it, and the wheel installed elsewhere."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import tipbrief
from tests.support import ROOT, TIP_2025, run_well

pytestmark = pytest.mark.slow
SHIPPED = ("data", "fonts", "templates")


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a command that knows nothing of the checkout or of PYTHONPATH, and returns what it printed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=env, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def files(folder: Path) -> set[str]:
    """The files below ``folder``, as paths that begin with its name."""
    return {str(path.relative_to(folder.parent)) for path in folder.rglob("*") if path.is_file()}


def packed(source: Path, kind: str, out: Path) -> Path:
    """The sdist or the wheel of a source tree."""
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", out, cwd=source)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the unpacked sdist: what the sdist lacks, the wheel cannot have."""
    source = tmp_path_factory.mktemp("source")
    run("tar", "-xzf", sdist, cwd=source)
    (unpacked,) = source.iterdir()
    return packed(unpacked, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has the wheel, and tipbrief from nowhere else."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home.parent)
    fresh = home / "bin" / "python"
    site = Path(run(fresh, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    # The dependencies are borrowed. A folder named in a .pth file gives its packages, but its own .pth files,
    # the editable tipbrief among them, are not read.
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", fresh]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    return fresh


def test_sdist_holds_all_that_a_developer_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"Makefile", "README.md", "pyproject.toml", "tools/setup.sh"}
    wanted |= {"requirements.txt", "requirements-dev.txt"}
    for folder in ("data", "fonts", "src", "templates", "tests"):
        wanted |= {name for name in files(ROOT / folder) if "__pycache__" not in name}
    assert wanted - names == set()
    assert not [name for name in names if name.startswith((".venv/", "out/"))]


def test_wheel_holds_the_package_and_the_shipped_folders_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith("tipbrief-")}
    wanted = {f"tipbrief/shipped/{name}" for folder in SHIPPED for name in files(ROOT / folder)}
    wanted |= {name for name in files(ROOT / "src" / "tipbrief") if "__pycache__" not in name}
    assert names == wanted
    assert "tipbrief/py.typed" in names


def test_wheel_says_its_version_licences_and_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = f"tipbrief-{tipbrief.__version__}.dist-info"
        metadata = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        scripts = archive.read(f"{info}/entry_points.txt").decode()
    assert metadata["Version"] == tipbrief.__version__
    assert metadata["License-Expression"] == "MIT AND OFL-1.1"
    assert {"LICENSE", "fonts/OFL.txt"} <= set(metadata.get_all("License-File", []))
    assert "tipbrief = tipbrief.cli.supervisor:run" in scripts


def test_installed_wheel_builds_the_brief_from_the_root_folder_and_has_its_command(
    python: Path, tmp_path: Path
) -> None:
    home = python.parents[1]
    where = run(python, "-c", "import tipbrief; print(tipbrief.__file__)", cwd=Path("/"))
    assert Path(where.strip()).is_relative_to(home)
    find = "from tipbrief.assets import find_shipped_folder; print(find_shipped_folder('data') / 'tip-2025', end='')"
    shipped = run(python, "-c", find, cwd=Path("/"))
    run(python, "-m", "tipbrief", "build", "--publication", shipped, "--out", tmp_path / "wheel", cwd=Path("/"))
    run_well("build", "--out", tmp_path / "checkout", "--publication", TIP_2025)
    for name in ("tip-2025-world.pdf", "tip-2025-world.html"):
        assert (tmp_path / "wheel" / name).read_bytes() == (tmp_path / "checkout" / name).read_bytes(), name
    assert "build" in run(python.parent / "tipbrief", "--help", cwd=Path("/"))


def test_installed_wheel_makes_a_new_publication_with_the_bytes_of_the_checkout(python: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wells"
    run(python, "-m", "tipbrief", "new", folder, "--language", "ps", cwd=Path("/"))
    run(python, "-m", "tipbrief", "build", "--publication", folder, "--out", tmp_path / "wheel", cwd=Path("/"))
    run_well("build", "--publication", folder, "--out", tmp_path / "checkout")
    names = {file.name for file in (tmp_path / "wheel").iterdir()}
    assert {Path(name).suffix for name in names} == {".pdf", ".html", ".json"}
    for name in names:
        assert (tmp_path / "wheel" / name).read_bytes() == (tmp_path / "checkout" / name).read_bytes(), name
