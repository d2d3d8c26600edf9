"""The command that watches: its words, its process, and how it ends."""

import json
import os
import re
import shutil
import signal
import socket
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support import BASE, PATIENCE, contents, run, run_badly, until
from tests.watch.looking import free_port, watching


def first_state(address: str, status: str, query: str = "") -> dict[str, Any]:
    """The first state of this status that is sent."""
    with urllib.request.urlopen(f"{address}events?{query}", timeout=PATIENCE) as said:
        states = (json.loads(line[6:]) for line in said if line.startswith(b"data: "))
        return next(one for one in states if one["status"] == status)


@pytest.fixture
def publication(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


def test_pages_are_served_until_ctrl_c_which_is_no_fault(publication: Path) -> None:
    before = contents(publication)
    with watching("--publication", publication) as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{22}/", address)
        state = first_state(address, "current")
        with urllib.request.urlopen(f"{address}image/{state['pages'][0]['image']}") as picture:
            assert picture.read(4) == b"\x89PNG"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.communicate(timeout=PATIENCE) == ("\n", "")
        assert process.returncode == 0
    assert contents(publication) == before, "it writes nothing"


def test_ctrl_c_is_no_fault_however_soon(publication: Path) -> None:
    with watching("--publication", publication) as (process, _):
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=PATIENCE) == ("\n", "")
        assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits are read from /proc")
def test_it_may_go_on_as_long_as_its_user_likes(publication: Path) -> None:
    with watching("--publication", publication) as (process, _):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        limits = Path(f"/proc/{children[0]}/limits").read_text()
    assert re.search(r"Max data size +unlimited", limits)


def test_its_words_are_what_is_looked_at_first(publication: Path) -> None:
    port = free_port()
    words = ["--publication", publication, "--port", str(port), "--paper", "A5", "--profile", "grey"]
    with watching("gone.ps", *words, LANG="ps_AF.UTF-8") as (_, address):
        assert address.startswith(f"http://127.0.0.1:{port}/")
        page = urllib.request.urlopen(address).read().decode()
        begins = json.loads(page.partition('id="begin">')[2].partition("</script>")[0])
    assert begins["first"] == {"document": "gone", "language": "ps", "paper": "a5", "profile": "grey"}
    assert '<html lang="ps" dir="rtl">' in page


def test_a_publication_with_faults_is_watched_until_it_has_none(publication: Path) -> None:
    figures = publication / "figures.yaml"
    sound = figures.read_bytes()
    figures.write_bytes(b"figures: [")
    with watching("--publication", publication) as (_, address):
        assert first_state(address, "faults")["problems"][0]["file"].endswith("figures.yaml")
        figures.write_bytes(sound)
        assert first_state(address, "current")["pages"]


def test_the_browser_is_opened_where_that_is_asked(publication: Path, tmp_path: Path) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text('#!/bin/sh\necho "$1" > "$0.part"\nmv "$0.part" "$0.address"\n')
    opener.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with watching("--publication", publication, "--open", PATH=path) as (_, address):
        first_state(address, "current")
        until(Path(f"{opener}.address").exists)
    assert Path(f"{opener}.address").read_text().strip() == address


def test_a_port_that_is_taken() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        found = run_badly("watch", "--publication", BASE, "--port", str(one.getsockname()[1]))
    assert "cannot be used: Address already in use" in found.output
    assert "hint: is tipbrief watch running already?" in found.output


@pytest.mark.parametrize(
    ("editor", "told", "status"),
    [
        ("code -g", "--editor has no {file}", 2),
        ("{file}", "--editor has no {file}", 2),
        ("code 'x {file}", "--editor cannot be read: No closing quotation", 2),
        ("", "--editor has no {file}", 2),
        ("no-such-editor {file}", "there is no program 'no-such-editor'", 1),
    ],
)
def test_an_editor_that_cannot_be(editor: str, told: str, status: int) -> None:
    found = run("watch", "--publication", BASE, "--editor", editor)
    assert (found.exit_code, told in found.output) == (status, True)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    found = run("watch", "--publication", tmp_path / "gone")
    assert (found.exit_code, "there is no publication in" in found.output) == (1, True)
