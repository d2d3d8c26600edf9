"""The command that prints a part of the reference."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.compose.test_number_charts import write
from tests.support import ROOT, TIP_2025, run, run_badly, run_well
from tipbrief.check.block_base import DRAWING_KINDS
from tipbrief.check.blocks import BLOCKS
from tipbrief.check.json_schema import list_topics

BLOCK_TEMPLATES = ROOT / "templates" / "blocks"


def test_without_a_topic_all_are_listed() -> None:
    said = run("help").output
    assert all(f"\n{name}" in f"\n{said}" for name in list_topics())
    assert said.endswith("of a command: tipbrief COMMAND --help\n")


def test_the_blocks() -> None:
    said = run("help", "block").output
    assert [line.split()[1] for line in said.splitlines()] == [*BLOCKS]


@pytest.mark.parametrize("topic", list_topics())
def test_each_topic_prints_its_keys_and_its_example(topic: str) -> None:
    said, found = run("help", *topic.split()).output, list_topics()[topic]
    assert said.startswith(f"{topic}\n")
    for key in found.keys:
        assert f"\n{key.name:<14} {key.title} ({key.value_form}" in said
    assert found.example.splitlines()[-1] in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        *((word, "briefs/NAME.yaml") for word in ("brief", "brief.yaml", "briefs/sheet.yaml")),
        ("figures", "figures.yaml"), ("blocks", "block"), ("map", "block map"), ("charts", "chart"),
    ],
)  # fmt: skip
def test_a_topic_has_several_names(word: str, topic: str) -> None:
    assert run("help", word).output == run("help", topic).output


def test_of_charts_those_blocks_are_listed_that_draw() -> None:
    listed = [line.split()[1] for line in run("help", "chart").output.splitlines() if line.startswith("block ")]
    assert sorted(listed) == sorted(DRAWING_KINDS)
    templates = {file.name.split(".")[0]: file.read_text(encoding="utf-8") for file in BLOCK_TEMPLATES.iterdir()}
    assert sorted(listed) == sorted(kind for kind, text in templates.items() if 'class="chart' in text)


@pytest.mark.parametrize("given", [TIP_2025, ROOT / "data" / "examples" / "earthquakes", None])
def test_the_charts_of_a_table_can_be_copied_into_a_brief(tmp_path: Path, given: Path | None) -> None:
    """Whatever its columns: each suggestion is sound where it is copied to."""
    folder = Path(shutil.copytree(given, tmp_path / "own")) if given else write(tmp_path / "own")
    shutil.rmtree(folder / "translations", ignore_errors=True)
    text = (folder / "publication.yaml").read_text(encoding="utf-8").replace("[fa-AF, ps, en]", "[fa-AF]")
    (folder / "publication.yaml").write_text(text, encoding="utf-8")
    tables, kinds = yaml.safe_load((folder / "tables.yaml").read_text(encoding="utf-8")), set[str]()
    heads = "title: A\nsubtitle: A\nshort: A\nsubject: A\npages: auto\nblocks:\n"
    briefs = dict[str, str]()
    for name in tables:
        blocks = run("help", "chart", name, "--publication", folder).output
        kinds |= {next(iter(block)) for block in yaml.safe_load(blocks) or ()}
        briefs[f"charts-{name.replace('_', '-')}"] = f"{heads}{blocks}\n- sources: {{title: A}}\n"
    for name, brief in briefs.items():
        (folder / "briefs" / f"{name}.yaml").write_text(brief, encoding="utf-8")
    run_well("check", "--publication", folder)
    assert kinds >= {"lines", "map"}
    said = run_badly("help", "chart", "nothing", "--publication", folder).output
    assert "there is no table 'nothing'" in said


def test_what_is_no_topic_is_a_problem_with_a_hint() -> None:
    done = run_badly("help", "block", "yaers")
    assert done.stderr == "there is no topic 'block yaers'\n    hint: did you mean 'block years'?\n1 problem\n"
