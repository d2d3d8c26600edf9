"""A process of a delivery of many sheets is killed at a random moment: KILLS=20 tries more, SEED=7 the same again."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.pipeline.rows import sheets
from tests.support import contents, environment, run, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(f"/proc/self/task/{os.getpid()}/children").exists(), reason="it finds workers in /proc"
    ),
]
KILLS = int(os.environ.get("KILLS", "3"))
SHARDS = 3
# Volumes of five sheets, so that workers make these, too.
CLIENT = """\
import sys
from tipbrief.cli.main import main
from tipbrief.pipeline import run

if __name__ == "__main__":
    run.MAX_VOLUME_PAGES = 5
    main(sys.argv[1:])
"""


class Place:
    """A folder with the publication, its output, a store in which nothing is, and processes at work there."""

    def __init__(self, folder: Path, publication: Path) -> None:
        self.folder, self.publication, self.out = folder, folder / "wells", folder / "out"
        shutil.copytree(publication, self.publication)
        (folder / "client.py").write_text(CLIENT, encoding="utf-8")

    def start(self, *words: str | Path) -> "subprocess.Popen[bytes]":
        """A command on the publication, on one day, by two workers."""
        command = [sys.executable, self.folder / "client.py", *words, "--publication", self.publication]
        variables = {"SOURCE_DATE_EPOCH": "1796000000", "XDG_CACHE_HOME": str(self.folder / "cache")}
        temporary = self.folder / "temporary"
        temporary.mkdir(exist_ok=True)
        env = environment(**variables, TIPBRIEF_CORES="2", TMPDIR=str(temporary))
        return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def call(self, *words: str | Path) -> None:
        """A command that must end well."""
        with self.start(*words) as process:
            said = process.communicate()[1].decode()
        assert process.returncode == 0, said

    def result(self) -> dict[str, bytes]:
        """All files of the publication and of the output. What is hidden is half a file of the killed process."""
        found = {
            f"{one.name}/{name}": data for one in (self.publication, self.out) for name, data in contents(one).items()
        }
        return {name: data for name, data in found.items() if "/." not in name}


def deliver(place: Place) -> None:
    place.call("build", "--all", "--deliver", "--out", place.out)


def deliver_shards(place: Place) -> None:
    for number in range(1, SHARDS + 1):
        place.call(*shard(place, number))
    place.call(*gather(place))


def shard(place: Place, number: int) -> list[str | Path]:
    return ["build", "--all", "--deliver", "--shard", f"{number}/{SHARDS}", "--out", place.folder / f"part{number}"]


def gather(place: Place) -> list[str | Path]:
    return [
        "gather",
        *(place.folder / f"part{number}" for number in range(1, SHARDS + 1)),
        "--deliver",
        "--out",
        place.out,
    ]


def workers_of(pid: int) -> list[int]:
    found = []
    for one in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in one.read_text().split()]
    return [one for one in found if b"spawn_main" in read(f"/proc/{one}/cmdline")]


def read(file: str) -> bytes:
    with suppress(OSError):
        return Path(file).read_bytes()
    return b""


def kill_main(process: "subprocess.Popen[bytes]") -> bool:
    """Kill it, and wait until its workers have ended, as they do by themselves."""
    workers = workers_of(process.pid)
    process.kill()
    process.communicate()
    until(lambda: not any(b"spawn_main" in read(f"/proc/{one}/cmdline") for one in workers))
    return process.returncode == -signal.SIGKILL


def kill_worker(process: "subprocess.Popen[bytes]") -> bool:
    """Kill one of its workers, the next that is there; the command must end well."""
    killed = False
    while not killed and process.poll() is None:
        for worker in workers_of(process.pid)[-1:]:
            os.kill(worker, signal.SIGKILL)
            killed = True
        time.sleep(0.01)
    said = process.communicate()[1].decode()
    assert process.returncode == 0, said
    return killed


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], float]:
    """The publication, what its delivery leaves, and the seconds that it took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    publication = sheets(folder / "rows" / "wells", more=12)
    (folder / "place").mkdir()
    place, began = Place(folder / "place", publication), time.monotonic()
    deliver(place)
    assert len([*place.out.glob("wells-each.*-of-4.pdf")]) == 4
    return publication, place.result(), time.monotonic() - began


@pytest.mark.parametrize("victim", ["main", "worker", "shard", "gather"])
def test_a_delivery_after_a_kill_is_the_same_as_an_undisturbed_one(
    undisturbed: tuple[Path, dict[str, bytes], float], tmp_path: Path, victim: str
) -> None:
    publication, expected, seconds = undisturbed
    seed = os.environ.get("SEED") or str(random.randrange(10**6))
    chance, killed = random.Random(f"{victim} {seed}"), 0
    print("SEED", seed)
    for number in range(5 * KILLS):
        if number >= KILLS and killed:
            break
        folder = tmp_path / str(number)
        folder.mkdir()
        place = Place(folder, publication)
        words: list[str | Path] = ["build", "--all", "--deliver", "--out", folder / "out"]
        moment = chance.uniform(0, seconds)
        if victim == "shard":
            words = shard(place, chance.randint(1, SHARDS))
            moment *= 0.7  # the start takes as long as of a whole build
        if victim == "gather":
            for one in range(1, SHARDS + 1):
                place.call(*shard(place, one))
            words = gather(place)
        process = place.start(*words)
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        killed += kill_worker(process) if victim == "worker" else kill_main(process)
        if victim == "shard":
            if not (folder / words[-1] / "part.json").exists():
                half = run("gather", folder / words[-1], "--deliver", "--publication", place.publication)
                assert "this is no part of a build" in half.output
            deliver_shards(place)
        elif victim == "gather":
            place.call(*gather(place))  # of the parts that are there
            seconds = seconds if process.returncode < 0 else moment  # it is done sooner than a build
        else:
            deliver(place)
        assert place.result() == expected, f"{victim} {number} after {moment:.2f} of {seconds:.1f} s"
        assert run("check", "--publication", place.publication).exit_code == 0
        shutil.rmtree(folder)
    print(killed, "of", KILLS, "were killed in time")
    assert killed
