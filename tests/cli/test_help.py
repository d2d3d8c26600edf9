"""The command that prints a part of the reference."""

import pytest

from tests.support import run, run_badly
from tipbrief.check.blocks import BLOCKS
from tipbrief.check.schema.descriptions import list_topics


def test_without_a_topic_all_are_listed() -> None:
    said = run("help").output
    assert all(f"\n{name}" in f"\n{said}" for name in list_topics())
    assert said.endswith("of a command: tipbrief COMMAND --help\n")


def test_the_blocks() -> None:
    said = run("help", "block").output
    assert [line.split()[1] for line in said.splitlines()] == [*BLOCKS]
    assert run("help", "blocks").output == said


@pytest.mark.parametrize("topic", list_topics())
def test_each_topic_prints_its_keys_and_its_example(topic: str) -> None:
    said, found = run("help", *topic.split()).output, list_topics()[topic]
    assert said.startswith(f"{topic}\n")
    for key in found.keys:
        assert f"\n{key.name:<14} {key.description.title} ({key.value_form}" in said
    assert found.example.splitlines()[-1] in said.splitlines()[-1]


def test_years() -> None:
    said = run("help", "block", "years").output
    assert "height         Height (whole number; default: 30)\n" in said
    assert "table          Table (name of a table; must be there)\n" in said
    assert "\nfor example:\n\n  - years:\n      table: digging\n" in said


@pytest.mark.parametrize("words", [["briefs/NAME.yaml"], ["brief"], ["brief.yaml"], ["briefs/sheet.yaml"]])
def test_a_brief_has_any_name(words: list[str]) -> None:
    assert run("help", *words).output.startswith("briefs/NAME.yaml\n")


def test_a_file_may_be_named_without_its_ending() -> None:
    assert run("help", "figures").output == run("help", "figures.yaml").output


def test_what_is_no_topic_is_a_problem_with_a_hint() -> None:
    done = run_badly("help", "block", "yaers")
    assert done.stderr == "there is no topic 'block yaers'\n    hint: did you mean 'block years'?\n1 problem\n"
