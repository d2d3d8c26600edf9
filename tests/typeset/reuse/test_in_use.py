"""Which reuses are used: all with the WeasyPrint they were made for, none where that is another."""

import json
import subprocess
import sys
from importlib import metadata, util

import pytest

from tests.support import environment
from tipbrief.typeset.reuse import in_use

REPLACED = """
import json, weasyprint
from tipbrief.typeset.reuse import in_use
before = dict(vars(weasyprint.css.StyleFor))
in_use.put_in_place()
print(json.dumps(before == dict(vars(weasyprint.css.StyleFor))))
"""


def test_all_stand_with_the_weasyprint_they_were_made_for() -> None:
    assert dict(in_use.standing()) == dict.fromkeys(in_use.REUSES, "")
    assert {file for files in in_use.REUSES.values() for file in files} == {*in_use.MADE_FOR}


def test_each_is_a_module_that_says_what_it_does() -> None:
    for name in in_use.REUSES:
        found = util.find_spec(f"tipbrief.typeset.reuse.{name}")
        assert found
        assert found.origin
    assert all(needed in in_use.REUSES for needs in in_use.NEEDS.values() for needed in needs)


@pytest.mark.parametrize("file", in_use.MADE_FOR)
def test_with_another_source_none_is_used_that_rests_on_it(
    monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setitem(in_use.MADE_FOR, file, "0" * 64)
    resting = {
        name
        for name, files in in_use.REUSES.items()
        if file in files or any(file in in_use.REUSES[needed] for needed in in_use.NEEDS.get(name, ()))
    }
    package = file.partition("/")[0]
    why_not = f"{package} {metadata.version(package)} is not the one it was made for"
    assert dict(in_use.standing()) == {name: why_not if name in resting else "" for name in in_use.REUSES}


@pytest.mark.parametrize(("value", "plain"), [("1", True), ("0", False)])
def test_where_the_plain_way_is_asked_for_nothing_is_replaced(value: str, plain: bool) -> None:
    command = [sys.executable, "-c", REPLACED]
    said = subprocess.check_output(command, env=environment(**{in_use.PLAIN: value}))
    assert json.loads(said) is plain
