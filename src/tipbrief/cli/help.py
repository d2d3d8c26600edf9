"""The command that prints a part of the reference."""

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tipbrief.cli.common import reporting
from tipbrief.cli.terminal import style, tell
from tipbrief.problems import Problems, nearest

if TYPE_CHECKING:
    from tipbrief.check.descriptions import Key, Topic

_WIDTH = 96


@click.command("help")
@click.argument("topic", nargs=-1)
@reporting
def show_help(topic: tuple[str, ...]) -> None:
    """Say what can be written into a file or a block: help figures.yaml, help block years, help block.

    Without a topic: the topics.
    """
    from tipbrief.check.descriptions import topics

    found, asked = topics(), " ".join(topic)
    name = next((one for one in (asked, f"{asked}.yaml") if one in found), "")
    if asked.startswith("briefs") or asked in ("brief", "brief.yaml"):
        name = "briefs/NAME.yaml"
    if name:
        tell(*_page(found[name]))
    elif asked in ("", "block", "blocks"):
        tell(*_list(found, blocks_only=bool(asked)))
    else:
        hint = nearest(asked, found) or "tipbrief help prints the topics"
        raise Problems(f"there is no topic '{asked}'", hint=hint, kind="unknown-topic")


def _list(found: dict[str, "Topic"], *, blocks_only: bool) -> Iterator[str]:
    for name, topic in found.items():
        if name.startswith("block ") or not blocks_only:
            yield f"{style(f'{name:<18}', bold=True)} {topic.summary}"
    if not blocks_only:
        yield from ("", "tipbrief help TOPIC says more; of a command: tipbrief COMMAND --help")


def _page(topic: "Topic") -> Iterator[str]:
    yield from (style(topic.name, bold=True), *topic.text.splitlines(), "")
    for key in topic.keys:
        yield from _key(key)
    yield from (*[""] * bool(topic.keys), "for example:", "")
    yield from (f"  {line}" for line in topic.example.splitlines())


def _key(key: "Key") -> Iterator[str]:
    default = "; must be there" if key.needed else f"; default: {key.default}" if key.default else ""
    yield f"{style(f'{key.name:<14}', bold=True)} {key.words.title} ({key.form}{default})"
    yield from textwrap.wrap(key.words.text, _WIDTH, initial_indent=" " * 15, subsequent_indent=" " * 15)
