"""What the doctor finds out about the machine."""

import sys
import sysconfig

import pytest

from tipbrief.doctor import examine_installation


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
