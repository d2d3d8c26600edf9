"""Set-up that every test shares."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings

from tipbrief.assets import shipped

# No deadline: a slow machine is not a fault. In CI the same examples each time: a red run can be repeated.
settings.register_profile("tipbrief", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tipbrief")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-expected", action="store_true", help="write the expected texts anew")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the test run's own: what an earlier run left behind proves nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module", autouse=True)
def _own_environment() -> Iterator[None]:
    """A typesetter names its fonts in the environment: other modules must not find them there."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def refresh_expected(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--refresh-expected"))


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def tipbrief() -> Run:
    """Runs the command in a process of its own; ``env`` and ``cwd`` as in ``subprocess.run``."""

    def run(*words: str | Path, **settings: object) -> subprocess.CompletedProcess[str]:
        source = str(Path(sys.modules["tipbrief"].__path__[0]).parent)
        env = {**os.environ, "PYTHONPATH": source, **settings.pop("env", {})}  # type: ignore[dict-item]
        command = [sys.executable, "-m", "tipbrief", *map(str, words)]
        return subprocess.run(command, env=env, text=True, capture_output=True, check=False, **settings)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture(scope="session")
def world(tipbrief: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the shipped publication was built, once for all tests: change nothing in it."""
    out = tmp_path_factory.mktemp("world")
    done = tipbrief("build", "--publication", shipped("data") / "tip-2025", "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def tip_2025(tmp_path: Path) -> Path:
    """A copy of the shipped publication, to change and to break."""
    return Path(shutil.copytree(shipped("data") / "tip-2025", tmp_path / "tip-2025"))
