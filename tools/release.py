"""Build a release: sdist and wheel that anyone can build again with the same bytes, checked, with licences and SBOM.

``make release [TAG=v1.2.3] [PROJECT_ADDRESS=https://…]`` builds what is committed, twice in two folders, into ``dist``:
``packages/``, the licences of the packages that an installation brings, a CycloneDX SBOM, and the checksums. It needs
the newest commit alone; it uploads nothing, and tags nothing. With ``TAG`` the version and the changelog must name it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
_PIN = re.compile(r"(?m)^([A-Za-z0-9._-]+)==([^ ;\\]+)")
_LICENCE_FILE = re.compile(r"(?i)(^|/)(licen[cs]e|copying|notice|authors)[^/]*$")
_LEFT = """
{dist} has the release of {version}. What is left for a person:
  1. set the version and the date in the changelog, if that is not done, and run this again
  2. tag the commit: git tag -s v{version} && git push origin v{version}
  3. approve the workflow "release": it uploads packages/ with trusted publishing, and adds attestations
  4. put sbom.cdx.json, THIRD-PARTY.md and SHA256SUMS beside the release"""


def main(tag: str = "") -> None:
    """Build and check; the exit status is 1, with the reason, if something is wrong."""
    version = re.findall(r'__version__ = "(.+)"', (ROOT / "src/tipbrief/__init__.py").read_text(encoding="utf-8"))[0]
    if faults := [*find_tag_faults(tag, version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))]:
        raise SystemExit("\n".join(faults))
    if _run("git", "status", "--porcelain", "--untracked-files=no").strip():
        print("what is not committed is not in the release")
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        python = _create_environment(Path(folder))
        epoch = _run("git", "log", "-1", "--format=%ct").strip()
        first, second = (build_packages(python, Path(folder, name), epoch) for name in ("one", "two/deeper"))
        if faults := [*find_differences(first, second), *find_content_faults(first)]:
            raise SystemExit("\n".join(faults))
        print("built twice with the same bytes")
        shutil.copytree(first, DIST / "packages")
        packages = sorted(map(str, (DIST / "packages").iterdir()))
        print(_run(python, "-m", "twine", "check", "--strict", *packages).strip())
        requirements = ["requirements", "requirements.txt", "--pyproject", "pyproject.toml", "--mc-type", "application"]
        _run(python, "-m", "cyclonedx_py", *requirements, "--output-reproducible", "-o", str(DIST / "sbom.cdx.json"))
    (DIST / "THIRD-PARTY.md").write_text("\n".join(list_licences()), encoding="utf-8")
    files = sorted(path for path in DIST.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(DIST)}" for path in files]
    (DIST / "SHA256SUMS").write_text("\n".join([*lines, ""]), encoding="utf-8")
    print(*lines, _LEFT.format(dist=DIST.name, version=version), sep="\n")


def find_tag_faults(tag: str, version: str, changelog: str) -> Iterator[str]:
    """Why a tag cannot be released: it is of another version, or the changelog has no dated section of it."""
    if tag and tag != f"v{version}":
        yield f"the tag is {tag}, the version {version}"
    if tag and not re.search(rf"(?m)^## \[?{re.escape(version)}\]? - \d{{4}}-\d\d-\d\d$", changelog):
        yield f"the changelog has no section '## {version} - YYYY-MM-DD'"


def _run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def _create_environment(folder: Path) -> Path:
    """An environment with the pinned tools of a release; returns its Python."""
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--quiet"]
    _run(*pip, "--require-hashes", "-r", "requirements-release.txt")
    return python


def build_packages(python: Path, folder: Path, epoch: str) -> Path:
    """The sdist of the newest commit, and the wheel that is built from that sdist, in a folder of their own."""
    source, out = folder / "source", folder / "packages"
    source.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=source, input=archive, check=True)
    build = (python, "-m", "hatchling", "build", "-d", out)
    _run(*build, "-t", "sdist", cwd=source, SOURCE_DATE_EPOCH=epoch)
    (sdist,) = out.iterdir()
    with tarfile.open(sdist) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    _run(*build, "-t", "wheel", cwd=unpacked, SOURCE_DATE_EPOCH=epoch)
    return out


def find_differences(first: Path, second: Path) -> Iterator[str]:
    """The files of two builds that are not the same."""
    for name in sorted({path.name for folder in (first, second) for path in folder.iterdir()}):
        one, other = (folder / name for folder in (first, second))
        if not one.exists() or not other.exists() or one.read_bytes() != other.read_bytes():
            yield f"{name} is not the same in both builds"


def find_content_faults(folder: Path) -> Iterator[str]:
    """What a wheel lacks, or has too much."""
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        for wanted in ("tipbrief/py.typed", "tipbrief/shipped/fonts/OFL.txt", "licenses/LICENSE"):
            if not any(name.endswith(wanted) for name in names):
                yield f"{wheel.name} lacks {wanted}"
        strange = (
            name for name in names if not re.match(r"tipbrief(/|-[^/]+\.dist-info/)", name) or "__pycache__" in name
        )
        yield from (f"{wheel.name} has {name}" for name in strange)


def list_licences() -> Iterator[str]:
    """The packages that an installation brings, as Markdown: version, licence, and the texts that come with them."""
    yield "# Packages that an installation of tipbrief brings\n"
    for name, version in sorted(_PIN.findall((ROOT / "requirements.txt").read_text(encoding="utf-8"))):
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # of another system
            yield f"## {name} {version}\n\nnot installed here\n"
            continue
        facts = found.metadata
        classified = [one.split(" :: ")[-1] for one in facts.get_all("Classifier", []) if one.startswith("License ::")]
        stated = facts.get("License-Expression") or ", ".join(classified)
        stated = stated or str(facts.get("License", "")).partition("\n")[0]
        yield f"## {name} {found.version}\n\n{stated or 'no licence is stated'}\n"
        for file in found.files or ():
            if ".dist-info/" in str(file) and _LICENCE_FILE.search(file.as_posix()):
                yield f"```\n{file.read_text(encoding='utf-8').strip()}\n```\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
