"""A machine without Pango: what cannot be made says what to install, all else works."""

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support import PACKAGE, TIP_2025
from tipbrief.typeset.libraries import install_hint
from tipbrief.typeset.patches.private_api import skip_library_search

NO_PANGO = """
import cffi, ctypes
whole = ctypes.CDLL.__init__
def init(self, name, *args, **kwargs):
    if name and "pango" in name:
        raise OSError(f"{name}: cannot open shared object file")
    whole(self, name, *args, **kwargs)
ctypes.CDLL.__init__ = init
load = cffi.FFI.dlopen
def dlopen(self, name=None, flags=0):
    if name and "pango" in name:
        raise OSError(f"cannot load library '{name}': {name}: cannot open shared object file")
    return load(self, name, flags)
cffi.FFI.dlopen = dlopen
"""


@pytest.fixture
def run(tmp_path: Path, tipbrief: Callable[..., Any]) -> Callable[..., Any]:
    """Runs the command on a machine without Pango."""
    (tmp_path / "sitecustomize.py").write_text(NO_PANGO)
    env = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(PACKAGE.parent)])}
    return partial(tipbrief, env=env, cwd=tmp_path)


def test_without_pango_build_and_doctor_say_what_to_install(run: Callable[..., Any], tmp_path: Path) -> None:
    done = run("build", "--publication", TIP_2025, "--out", tmp_path / "out")
    missing = "a library that typesets the PDF is missing: libpango-1.0-0"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"{missing}\n    hint: {install_hint()}\n1 problem\n")
    assert not (tmp_path / "out").exists()
    done = run("doctor")
    assert done.returncode == 1
    assert re.search("^Pango +missing", done.stdout, re.M)
    assert done.stdout.endswith(f"\nTo mend it:\n  {install_hint()}\n")
    assert "Traceback" not in done.stderr


def test_without_pango_a_check_still_checks(run: Callable[..., Any]) -> None:
    done = run("check", "--publication", TIP_2025)
    assert (done.returncode, done.stderr) == (0, "")


def test_only_weasyprint_is_loaded_without_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    for own in ("own.pem", None):
        monkeypatch.setenv("SSL_CERT_FILE", own) if own else monkeypatch.delenv("SSL_CERT_FILE")
        with skip_library_search():
            assert os.environ["SSL_CERT_FILE"] == os.devnull
        assert os.environ.get("SSL_CERT_FILE") == own
