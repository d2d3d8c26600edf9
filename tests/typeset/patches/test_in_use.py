"""Which reuses are used: all with the WeasyPrint they were made for, none where that is another."""

import json
import subprocess
import sys
from importlib import metadata, util

import pytest

from tests.support import environment
from tipbrief.typeset.patches import registry

REPLACED = """
import json, weasyprint
from tipbrief.typeset.patches import registry as in_use
before = dict(vars(weasyprint.css.StyleFor))
in_use.put_in_place()
print(json.dumps(before == dict(vars(weasyprint.css.StyleFor))))
"""


def test_all_stand_with_the_weasyprint_they_were_made_for() -> None:
    assert dict(registry.list_patches()) == dict.fromkeys(registry.PATCHES, "")
    assert {file for files in registry.PATCHES.values() for file in files} == {*registry.SOURCE_HASHES}


def test_each_is_a_module_that_says_what_it_does() -> None:
    for name in registry.PATCHES:
        found = util.find_spec(f"tipbrief.typeset.patches.{name}")
        assert found
        assert found.origin
    assert all(needed in registry.PATCHES for needs in registry.REQUIREMENTS.values() for needed in needs)


@pytest.mark.parametrize("file", registry.SOURCE_HASHES)
def test_with_another_source_none_is_used_that_rests_on_it(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.setitem(registry.SOURCE_HASHES, file, "0" * 64)
    resting = {
        name
        for name, files in registry.PATCHES.items()
        if file in files or any(file in registry.PATCHES[needed] for needed in registry.REQUIREMENTS.get(name, ()))
    }
    package = file.partition("/")[0]
    why_not = f"{package} {metadata.version(package)} is not the one it was made for"
    assert dict(registry.list_patches()) == {name: why_not if name in resting else "" for name in registry.PATCHES}


@pytest.mark.parametrize(("value", "plain"), [("1", True), ("0", False)])
def test_where_the_plain_way_is_asked_for_nothing_is_replaced(value: str, plain: bool) -> None:
    command = [sys.executable, "-c", REPLACED]
    said = subprocess.check_output(command, env=environment(**{registry.SAFE_MODE_VARIABLE: value}))
    assert json.loads(said) is plain
