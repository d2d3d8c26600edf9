"""What the doctor finds out about the machine."""

import platform
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from tipbrief.doctor import examine_installation
from tipbrief.typeset.libraries import install_hint

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


@pytest.mark.parametrize(
    ("prefix", "arguments", "said"),
    [
        ("/usr", "--enable-shared", "built for speed (PGO)"),
        ("/opt/python", "'--enable-optimizations' '--with-lto'", "built for speed (PGO)"),
        ("/home/me", "--enable-shared", "built without profile-guided optimisation"),
        ("/home/me", None, "built without profile-guided optimisation"),
    ],
)
def test_it_says_which_python_and_whether_it_was_built_for_speed(
    prefix: str, arguments: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "base_prefix", prefix)
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: arguments)
    python = examine_installation()[0]
    assert (python.name, python.present) == ("Python", True)
    assert python.detail.startswith(f"{sys.version.split()[0]}, {said}")


def test_it_looks_for_each_package_that_is_declared() -> None:
    declared = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {line.partition(">=")[0].partition("[")[0] for line in declared}
    assert len(names) == len(declared) > 20
    assert names <= {one.name for one in examine_installation() if one.present}


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ({"ID": "debian"}, "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "dnf install pango"),
        ({"ID": "opensuse-tumbleweed", "ID_LIKE": "opensuse suse"}, "zypper install"),
        ({"ID": "nixos"}, "install Pango 1.44 or newer"),
        (None, "install Pango 1.44 or newer"),
    ],
)
def test_it_says_the_one_command_of_this_system(
    release: dict[str, str] | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> dict[str, str]:
        if release is None:
            raise OSError
        return release

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", read)
    assert install_hint().startswith(said)
    assert "(" not in install_hint()
