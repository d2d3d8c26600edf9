"""Shards of a build, made in any order and anywhere, give the bytes of one run; what is no part of it is named."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests.pipeline.rows import EACH, sheets
from tests.support import ROOT, append, change, contents, environment, run, run_badly, run_well
from tipbrief.cli.build_commands import build as build_command
from tipbrief.pipeline import document
from tipbrief.pipeline.session import Session

DOCUMENTS = len(EACH) + 1


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All documents, index and collection, as one run builds them; its cache is beside it."""
    out = tmp_path_factory.mktemp("whole") / "out"
    build(folder, out)
    return out


@pytest.fixture(scope="module")
def pair(folder: Path, whole: Path) -> tuple[Path, Path]:
    """The two shards of the build: change nothing in them."""
    parts = whole.parent / "pair1", whole.parent / "pair2"
    for number, part in enumerate(parts, 1):
        build(folder, part, "--shard", f"{number}/2")
    return parts


@pytest.fixture
def copies(pair: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """The two shards of the build, to be changed."""
    first, second = (shutil.copytree(part, tmp_path / part.name) for part in pair)
    return first, second


def build(folder: Path, out: Path, *words: str, status: int = 0, **environment: str) -> str:
    """Build all with a cache beside the output, and return what is said."""
    cache = {"XDG_CACHE_HOME": str(out.parent / "cache")}
    done = run("build", "--all", "--publication", folder, "--out", out, *words, **cache | environment)
    assert done.exit_code == status, done.output
    return done.output


def gather(folder: Path, out: Path, *words: str | Path, status: int = 0) -> str:
    """Gather with a cache in which nothing is kept, and return what is said."""
    cache = {"XDG_CACHE_HOME": str(out.parent / "fresh")}
    shutil.rmtree(out.parent / "fresh", ignore_errors=True)
    done = run("gather", *words, "--publication", folder, "--out", out, **cache)
    assert done.exit_code == status, done.output
    return done.output


def forge(part: Path, alter: Callable[[Any], object]) -> None:
    """Change what a part says of itself, such that its manifest has the right hash."""
    info = json.loads((part / "part.json").read_bytes())
    alter(info)
    put(part, "part.json", json.dumps(info).encode())


def put(part: Path, name: str, content: bytes) -> None:
    """Put other bytes into a part, with their hash."""
    (part / name).write_bytes(content)
    manifest = json.loads((part / "manifest.json").read_bytes())
    manifest["files"][name]["sha256"] = sha256(content).hexdigest()
    (part / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def no_typesetting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("it is in a part")

    for name in ("render_document", "start_rendering"):
        monkeypatch.setattr(document, name, refuse)


@pytest.mark.usefixtures("no_typesetting", "pair")
@pytest.mark.parametrize("count", range(1, 9))
def test_any_number_of_shards_in_any_order_is_the_same_as_one_run(
    folder: Path, whole: Path, tmp_path: Path, count: int
) -> None:
    chance = Random(count)
    parts = [tmp_path / f"part{number}" for number in range(1, count + 1)]
    cache = {"XDG_CACHE_HOME": str(whole.parent / "cache")}  # where all was typeset once
    for number, part in chance.sample([*enumerate(parts, 1)], count):
        said = build(folder, part, "--shard", f"{number}/{count}", **cache)
        assert "index" not in said
    found = [[path.stem for path in part.glob("*.brief")] for part in parts]
    assert sorted(chain(*found)) == sorted([*EACH, "one"])
    assert max(map(len, found)) - min(map(len, found)) <= 1
    twice = shutil.copytree(chance.choice(parts), tmp_path / "twice")
    said = gather(folder, tmp_path / "out", *chance.sample([*parts, twice], count + 1))
    assert contents(tmp_path / "out") == contents(whole)
    assert f"{DOCUMENTS} of {DOCUMENTS} documents in {tmp_path / 'out'}: {DOCUMENTS} typeset, 0 unchanged" in said


@pytest.mark.slow
def test_shards_of_cold_machines_and_of_other_ways_are_the_same_as_one_run(
    folder: Path, whole: Path, tmp_path: Path
) -> None:
    ways: list[dict[str, str]] = [{}, {"TIPBRIEF_SAFE": "1"}, {"TIPBRIEF_CORES": "1"}]
    for number, way in enumerate(ways, 1):  # the first and the last by workers, the second in one process, unpatched
        words = ("build", "--all", "--shard", f"{number}/3", "--publication", folder, "--out", tmp_path / f"p{number}")
        command = [sys.executable, "-m", "tipbrief", *map(str, words)]
        done = subprocess.run(command, env=environment(XDG_CACHE_HOME=str(tmp_path / f"c{number}"), **way), check=False)
        assert done.returncode == 0
    gather(folder, tmp_path / "out", *tmp_path.glob("p?"))
    assert contents(tmp_path / "out") == contents(whole)


def test_more_shards_than_documents_are_no_problem(folder: Path, whole: Path, tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(whole.parent / "cache")}
    parts = [tmp_path / f"part{number}" for number in range(1, 12)]
    for number, part in enumerate(parts, 1):
        build(folder, part, "--shard", f"{number}/11", **cache)
    gather(folder, tmp_path / "out", *parts)
    assert contents(tmp_path / "out") == contents(whole)


@pytest.mark.usefixtures("no_typesetting")
def test_what_was_gathered_is_unchanged_for_the_next_build(
    folder: Path, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    gather(folder, tmp_path / "out", *pair)
    said = build(folder, tmp_path / "out", XDG_CACHE_HOME=str(tmp_path / "fresh"))
    assert f"0 typeset, {DOCUMENTS} unchanged" in said


def test_editions_are_delivered_where_the_parts_are_gathered_on_the_day_of_the_shards(
    folder: Path, tmp_path: Path
) -> None:
    places = [tmp_path / name / "wells" for name in ("alone", "shards")]
    for place in places:
        shutil.copytree(folder, place)
    day, later = {"SOURCE_DATE_EPOCH": "1796000000"}, {"SOURCE_DATE_EPOCH": "1797000000"}
    build(places[0], tmp_path / "alone" / "out", "--deliver", **day)
    parts = [tmp_path / f"part{number}" for number in (1, 2)]
    for number, part in enumerate(parts, 1):
        build(places[1], part, "--shard", f"{number}/2", "--deliver", **day)
    assert contents(places[1]) == contents(folder), "a shard records nothing"
    out = tmp_path / "shards" / "out"
    assert "the parts are editions" in gather(places[1], out, *parts, status=1)
    assert not out.exists()
    words = ("gather", *parts, "--deliver", "--publication", places[1], "--out", out)
    run_well(*words, XDG_CACHE_HOME=str(tmp_path / "cache-3"), **later)
    assert contents(places[1]) == contents(places[0])
    assert contents(out) == contents(tmp_path / "alone" / "out")
    run_well(*words, XDG_CACHE_HOME=str(tmp_path / "cache-4"), **later)  # as after a kill behind the ledger
    assert contents(places[1]) == contents(places[0])
    assert contents(out) == contents(tmp_path / "alone" / "out")
    other = tmp_path / "other" / "wells"
    shutil.copytree(folder, other)
    for number, words in enumerate((["one"], ["each", "--only", "AFG"])):
        run_well("build", *words, "--deliver", "--publication", other, "--out", tmp_path / f"other-{number}", **day)
    refused = run_badly("gather", *parts, "--deliver", "--publication", other, "--out", tmp_path / "other-out", **later)
    assert "this part differs in its ledger from the publication here" in refused.output


def test_parts_of_drafts_are_not_delivered(folder: Path, pair: tuple[Path, Path], tmp_path: Path) -> None:
    said = gather(folder, tmp_path / "out", *pair, "--deliver", status=1)
    assert "the parts are drafts" in said
    assert "gather them without --deliver" in said


OTHER_BUILDS = {
    "paper": ("--paper", "a5"),
    "profile": ("--profile", "grey"),
    "briefs": ("each",),
    "only": ("--only", "AFG,PAK"),
    "number of shards": (),
}


@pytest.mark.parametrize("what", OTHER_BUILDS)
def test_a_shard_of_another_build_is_named(
    folder: Path, pair: tuple[Path, Path], whole: Path, tmp_path: Path, what: str
) -> None:
    other, which = tmp_path / "other", "2/3" if what == "number of shards" else "2/2"
    cache = {"XDG_CACHE_HOME": str(whole.parent / "cache")}
    build(folder, other, *OTHER_BUILDS[what], "--shard", which, **cache)
    said = gather(folder, tmp_path / "out", pair[0], other, status=1)
    assert f"other: this part differs in its {what} from that in {pair[0]}" in said.replace("\n", " ")
    assert not (tmp_path / "out").exists()


def test_parts_of_another_dataset_or_version_are_named(folder: Path, copies: tuple[Path, Path], tmp_path: Path) -> None:
    changed = shutil.copytree(folder, tmp_path / "changed")
    append(changed / "figures.yaml", "# a comment is a change, too\n")
    said = gather(changed, tmp_path / "out", *copies, status=1)
    assert "this part differs in its dataset from the publication here" in said
    for what in ("version", "publication", "template"):
        for part in copies:
            forge(part, lambda info, what=what: info["build"].update({what: "other"}))
        said = gather(folder, tmp_path / "out", *copies, status=1)
        assert re.search("pair1: this part differs in its (version|publication) from the publication here", said)
        assert "build its shard again" in said
    assert not (tmp_path / "out").exists()


def test_missing_shards_are_named(folder: Path, whole: Path, tmp_path: Path) -> None:
    build(folder, tmp_path / "p", "--shard", "2/4", XDG_CACHE_HOME=str(whole.parent / "cache"))
    said = gather(folder, tmp_path / "out", tmp_path / "p", status=1)
    assert "of 4 shards these are missing: 1, 3, 4" in said
    assert "tipbrief build … --shard 1/4 --out part1" in said


@pytest.mark.parametrize("file", ["each-AFG.brief", "part.json", "manifest.json"])
def test_a_byte_that_was_changed_on_the_way_is_found(
    folder: Path, copies: tuple[Path, Path], whole: Path, tmp_path: Path, file: str
) -> None:
    path = next(part / file for part in copies if (part / file).exists())
    data = path.read_bytes()
    chance = Random(1)
    for place in (0, len(data) // 2, *(chance.randrange(len(data)) for _ in range(10))):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        out = tmp_path / "out"
        if run("gather", *copies, "--publication", folder, "--out", out).exit_code == 0:
            # A size or a version in a manifest: nothing follows from it.
            assert file == "manifest.json"
            assert contents(out) == contents(whole)
        else:
            assert contents(out) in ({}, contents(whole))


def test_what_is_no_part_or_half_of_one_is_named(folder: Path, copies: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = copies
    good = (second / "part.json").read_bytes()
    huge = good.replace(b"[2, 2]", b"[1e999, 2]")
    for bad in (b"", b"[", b"[]", b"{}", b"[" * 100_000, b"null", b"\xff", good[:-1], huge):
        put(second, "part.json", bad)
        said = gather(folder, tmp_path / "out", first, second, status=1)
        assert "pair2: this is no part of a build, or not a whole one" in said
    (second / "part.json").unlink()
    for none in (second, tmp_path / "nowhere" / "pair2"):
        said = gather(folder, tmp_path / "out", first, none, status=1)
        assert "pair2: this is no part of a build, or not a whole one" in said
    assert not (tmp_path / "out").exists()


VALUES = [None, True, -1, 10**30, "", "x", "../../etc/passwd", "--out", [], [None], [["x"]] * 9, {}, {"x": "x"}]


@pytest.mark.parametrize("seed", range(24))
def test_a_part_that_says_anything_is_refused_or_changes_nothing(
    folder: Path, copies: tuple[Path, Path], whole: Path, tmp_path: Path, seed: int
) -> None:
    chance = Random(seed)

    def alter(info: Any) -> None:
        holder = info if seed % 3 != 1 else info["build"]
        holder[chance.choice([*holder])] = chance.choice(VALUES)

    for part in copies if chance.random() < 0.5 else copies[:1]:
        chance.seed(seed)
        forge(part, alter)
    done = run("gather", *copies, "--publication", folder, "--out", tmp_path / "out")
    assert "unforeseen" not in done.output
    if done.exit_code == 0 and "another" not in done.output:
        made = contents(tmp_path / "out")
        assert made.items() <= contents(whole).items() or seed % 3 == 1, "it asks for less, or for another form"
    assert {one.name for one in tmp_path.iterdir()} <= {"pair1", "pair2", "out"}


@pytest.mark.usefixtures("empty_cache")
def test_pages_of_another_document_are_not_taken(
    folder: Path, copies: tuple[Path, Path], whole: Path, tmp_path: Path
) -> None:
    names = [*copies[0].glob("*.brief")]
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        put(copies[0], name.name, (whole.parent / "pair1" / other.name).read_bytes())
    said = gather(folder, tmp_path / "out", *copies)
    assert contents(tmp_path / "out") == contents(whole)
    assert f"{DOCUMENTS} of {DOCUMENTS} documents" in said


def test_a_faulty_document_is_reported_by_its_shard_and_where_the_parts_are_gathered(tmp_path: Path) -> None:
    folder = sheets(tmp_path / "wells")
    change(folder / "texts.yaml", "prose:\n", f"prose:\n  far:\n    text: {'آبادی' * 400}\n")
    places = folder / "tables" / "places.csv"
    text = re.sub(r"(?m)^(PAK,.*),[^,\n]*$", r"\1,far", places.read_text("utf-8"))
    places.write_text(text, encoding="utf-8")
    alone = build(folder, tmp_path / "alone", status=1)
    parts = [tmp_path / f"part{number}" for number in (1, 2, 3)]
    statuses = []
    for number, part in enumerate(parts, 1):
        done = run("build", "--all", "--shard", f"{number}/3", "--publication", folder, "--out", part)
        statuses.append(done.exit_code)
        assert (done.exit_code == 1) == ("each-PAK: " in done.output)
    assert sorted(statuses) == [0, 0, 1]
    said = gather(folder, tmp_path / "out", *parts, status=1)
    for line in alone.replace(str(tmp_path / "alone"), str(tmp_path / "out")).splitlines():
        assert line in said or re.match(r"\d of 9", line), "it says the same, besides how far it is"
    assert contents(tmp_path / "out") == contents(tmp_path / "alone")


def test_a_store_that_cannot_hold_the_parts_is_a_problem(folder: Path, pair: tuple[Path, Path], tmp_path: Path) -> None:
    words = ("gather", *pair, "--publication", folder, "--out", tmp_path / "out")
    said = run_badly(*words, XDG_CACHE_HOME="/proc/none").output
    assert "the parts cannot be stored here" in said


def test_a_store_keeps_all_parts_until_they_are_used(
    folder: Path, pair: tuple[Path, Path], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Session.open

    def open_with_small_store(*given: Any, **named: Any) -> Session:
        session = opened(*given, **named)
        session.store.most_bytes = 100_000  # for templates and memos; the parts have 350,000
        return session

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # others may shorten the common one now
    monkeypatch.setattr(Session, "open", open_with_small_store)
    monkeypatch.setattr(document, "render_document", lambda *_: pytest.fail("it was removed"))
    gather(folder, tmp_path / "out", *pair)
    assert contents(tmp_path / "out") == contents(whole)


@pytest.mark.parametrize("typed", ["0/3", "4/3", "1/0", "1", "1/3/3", "a/b", "-1/3", "1.5/3", "۱/۳", "", "1/1000000"])
def test_only_a_shard_of_so_many_is_taken(folder: Path, tmp_path: Path, typed: str) -> None:
    said = run_badly("build", "--shard", typed, "--publication", folder, "--out", tmp_path / "out", status=2).output
    assert "such as --shard 3/16" in said


def test_what_a_shard_cannot_do_is_told(folder: Path) -> None:
    for words in (("--png", "400"), ("--cluster", "tls://host:8786")):
        said = run_badly("build", "--shard", "1/2", *words, "--publication", folder, status=2).output
        assert "--shard makes one part, on this computer" in said


ENGINES = ROOT / "docs" / "how-to" / "engines"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("parallel"), reason="GNU parallel is not installed")
def test_gnu_parallel_builds_the_shards(folder: Path, whole: Path, tmp_path: Path) -> None:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = environment(PATH=programs, XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path))
    words = ["sh", str(ENGINES / "parallel.sh"), str(folder), "out", "5"]
    done = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len([*(tmp_path / "parts").iterdir()]) == 5
    assert contents(tmp_path / "out") == contents(whole)


def test_the_files_for_engines_are_sound_and_name_what_there_is() -> None:
    options = {name for option in build_command.params for name in option.opts}
    for file in ENGINES.iterdir():
        text = file.read_text("utf-8")
        if file.suffix == ".sh":
            subprocess.run(["bash", "-n", str(file)], check=True)
        else:
            assert isinstance(yaml.safe_load(text), dict)
        for command in re.findall(r"tipbrief build ([^\n]*(?:\\\\\n[^\n]*)*)", text):
            assert {*re.findall(r"--[a-z]+", command)} <= options, file.name
        assert "--shard" in text
        assert "tipbrief gather" in text
    count = yaml.safe_load((ENGINES / "kubernetes.yaml").read_text("utf-8"))["spec"]["completions"]
    assert f"--shard $shard/{count} " in (ENGINES / "kubernetes.yaml").read_text("utf-8")
    shards = yaml.safe_load((ENGINES / "ci.yaml").read_text("utf-8"))["jobs"]["shard"]["strategy"]["matrix"]["shard"]
    assert shards == [*range(1, len(shards) + 1)]
    assert f"}}}}/{len(shards)} " in (ENGINES / "ci.yaml").read_text("utf-8")
