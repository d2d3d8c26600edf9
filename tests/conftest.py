"""Set-up that every test shares."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings

from tests import browser
from tests.support import GOLDEN, TIP_2025, environment, made_once
from tipbrief.pipeline.session import Session

# No deadline: a slow machine is not a fault. In CI the same examples each time: a red run can be repeated.
settings.register_profile("tipbrief", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tipbrief")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-expected", action="store_true", help="write the expected texts anew")


def pytest_configure(config: pytest.Config) -> None:
    # A shell that runs the tests behind its back has them ignore the keyboard, and so all that they start.
    for name, heard in (("SIGINT", signal.default_int_handler), ("SIGQUIT", signal.SIG_DFL)):
        if (number := getattr(signal, name, None)) and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, heard)
    if "CI" in os.environ and config.option.markexpr:
        raise pytest.UsageError("in CI no test is left out: pytest -m ''")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser or Java: `make check` leaves it out, and needs neither."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "chromium" in names or "listen" in item.path.parts:
            item.add_marker("browser")
        module, function = getattr(item, "module", None), getattr(item, "function", None)
        uses = function.__code__.co_names if function else ()
        is_gate = getattr(getattr(module, "validate", None), "__module__", "") == "tests.verapdf.runner"
        if is_gate and ("validate" in uses or item.path.stem == "test_verapdf"):
            item.add_marker("java")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A run of single files starts at once, without processes of its own; None leaves the number to xdist."""
    return 0 if all(".py" in word for word in config.args) else None


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


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, in which nothing is kept yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def tipbrief() -> Run:
    """Runs the command in a process of its own; ``env`` and ``cwd`` as in ``subprocess.run``."""

    def run(*words: str | Path, env: dict[str, str] | None = None, **settings: Any) -> Any:
        command = [sys.executable, "-m", "tipbrief", *map(str, words)]
        env = environment(**env or {})
        return subprocess.run(command, env=env, text=True, capture_output=True, check=False, **settings)

    return run


@pytest.fixture(scope="session")
def built_once(tipbrief: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Builds a publication into a folder that all workers share: change nothing in it."""

    def build(publication: Path) -> Path:
        def make(out: Path) -> None:
            done = tipbrief("build", "--publication", publication, "--out", out)
            assert done.returncode == 0, done.stderr

        return made_once(tmp_path_factory, f"built-{publication.name}", make)

    return build


@pytest.fixture(scope="session")
def world(built_once: Callable[[Path], Path]) -> Path:
    """The folder into which the shipped publication was built: change nothing in it."""
    return built_once(TIP_2025)


@pytest.fixture(scope="session")
def golden(built_once: Callable[[Path], Path]) -> Path:
    """The same of the made-up publication, which has every kind of block."""
    return built_once(GOLDEN)


@pytest.fixture(scope="module")
def session() -> Session:
    """The shipped publication, opened: change nothing in it."""
    return Session.open(TIP_2025)


@pytest.fixture
def tip_2025(tmp_path: Path) -> Path:
    """A copy of the shipped publication, to change and to break."""
    return Path(shutil.copytree(TIP_2025, tmp_path / "tip-2025"))


@pytest.fixture
def wells(tmp_path: Path) -> Path:
    """A copy of the made-up publication, to change and to break."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "wells"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    with browser.started() as address:
        yield address


@pytest.fixture
def tab(chromium: str) -> Iterator[browser.Tab]:
    """A tab of the browser that the tests of one process share."""
    with browser.opened(chromium) as tab:
        yield tab
