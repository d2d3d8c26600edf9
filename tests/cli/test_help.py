"""The command that prints a part of the reference."""

import pytest

from tests.support import ROOT, run, run_badly
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


def test_what_is_no_topic_is_a_problem_with_a_hint() -> None:
    done = run_badly("help", "block", "yaers")
    assert done.stderr == "there is no topic 'block yaers'\n    hint: did you mean 'block years'?\n1 problem\n"
