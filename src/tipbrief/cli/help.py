"""The command that prints a part of the reference."""

import os
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.cli.common import report_problems
from tipbrief.cli.terminal import is_terminal, print_lines, style
from tipbrief.problems import Problems, suggest_nearest

if TYPE_CHECKING:
    from tipbrief.check.schema.descriptions import KeyDescription, Topic

CATALOGUE_FOLDER = Path(__file__).parent / "help_catalogues"
# What click says of itself.
CLICK_PHRASES = (
    "Usage:", "Options:", "Commands:", "default: %(value)s", "required", "Show this message and exit.",
)  # fmt: skip
_MAX_HELP_WIDTH = 100
# By the names that systems give them; who says only Persian means that of Iran.
_TAG_BY_LOCALE = {"fa_AF": "fa-AF", "prs": "fa-AF", "ps": "ps", "fa": "fa-IR"}
_LATIN_WORDS = re.compile(r"[!-~]*[A-Za-z][!-~]*(?: [!-~]*[A-Za-z0-9][!-~]*)*")
_END_PUNCTUATION = re.compile(r"[.,:;)]+\Z")
_FSI, _PDI = "\u2068", "\u2069"

Gettext = Callable[[str], str]


class HelpContext(click.Context):
    """The context of a command whose help speaks its reader's language."""

    def get_help(self) -> str:
        """The help, in English where there is no other."""
        tag = reader_language(os.environ)
        if tag not in help_languages():
            return super().get_help()
        spoken, width = _load_gettext(tag), min(shutil.get_terminal_size().columns, _MAX_HELP_WIDTH)
        return "\n".join(_help_lines(self, spoken, width))


def enable_translated_help(command: click.Command) -> None:
    """Have a command and those under it show their help in their reader's language."""
    command.context_class = HelpContext
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        enable_translated_help(one)


def reader_language(environment: Mapping[str, str]) -> str:
    """The tag of a reader's language: as TIPBRIEF_LANGUAGE says it, or as the system does."""
    names = ("TIPBRIEF_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    said = next(filter(None, (environment.get(name, "") for name in names)), "")
    name = re.split("[.@]", said)[0].replace("-", "_")
    return _TAG_BY_LOCALE.get(name) or _TAG_BY_LOCALE.get(name.partition("_")[0], "en")


@cache
def help_languages() -> frozenset[str]:
    """The languages that a help speaks beside English."""
    return frozenset(file.stem for file in CATALOGUE_FOLDER.glob("*.po"))


def split_paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a help, each as one line."""
    return [" ".join(part.split()) for part in cleandoc(text or "").split("\n\n") if part.strip()]


def help_texts(command: click.Command) -> Iterator[str]:
    """All that the help of a command and of those under it says, in English."""
    yield from split_paragraphs(command.help)
    for option in command.params:
        yield from split_paragraphs(getattr(option, "help", None))
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        yield from help_texts(one)


@cache
def _load_gettext(tag: str) -> Gettext:
    from tipbrief.language.language import Catalogue

    return Catalogue(CATALOGUE_FOLDER / f"{tag}.po").gettext


def _help_lines(context: click.Context, spoken: Gettext, width: int) -> Iterator[str]:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{spoken('Usage:')} {_isolate_text(usage)}"
    for paragraph in split_paragraphs(command.help):
        yield from ("", *_wrap_text(spoken(paragraph), 2, width))
    yield from ("", spoken("Options:"))
    for option in command.get_params(context):
        if isinstance(option, click.Option) and (record := option.get_help_record(context)):
            yield f"  {record[0]}"
            yield from _wrap_text(" ".join(_option_texts(option, context, spoken)), 6, width)
    if isinstance(command, click.Group):
        yield from ("", spoken("Commands:"))
        for name in command.list_commands(context):
            yield f"  {name}"
            yield from _wrap_text(spoken(split_paragraphs(command.commands[name].help)[0]), 6, width)


def _option_texts(option: click.Option, context: click.Context, spoken: Gettext) -> Iterable[str]:
    """What an option is for, and its default, its range, and whether it must be given."""
    yield from map(spoken, split_paragraphs(option.help))
    extra = option.get_help_extra(context)
    if default := extra.get("default"):
        yield "[" + spoken("default: %(value)s").replace("%(value)s", str(default)) + "]"
    if within := extra.get("range"):
        yield f"[{within}]"
    if extra.get("required"):
        yield f"[{spoken('required')}]"


def _wrap_text(text: str, indent: int, width: int) -> list[str]:
    before = " " * indent
    lines = textwrap.wrap(
        text, width, initial_indent=before, subsequent_indent=before,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [before + _isolate_latin_words(line[indent:]) for line in lines]


def _isolate_latin_words(line: str) -> str:
    """A line whose typed words a terminal keeps in their order."""

    def isolated(found: re.Match[str]) -> str:
        end = ends[0] if (ends := _END_PUNCTUATION.search(found[0])) else ""
        return _isolate_text(found[0].removesuffix(end)) + end

    return _LATIN_WORDS.sub(isolated, line)


def _isolate_text(text: str) -> str:
    return f"{_FSI}{text}{_PDI}" if is_terminal() else text


_TOPIC_WIDTH = 96


@click.command("help")
@click.argument("topic", nargs=-1)
@report_problems
def show_help(topic: tuple[str, ...]) -> None:
    """Say what can be written into a file or a block: help figures.yaml, help block years, help block.

    Without a topic: the topics.
    """
    from tipbrief.check.schema.descriptions import list_topics

    found, asked = list_topics(), " ".join(topic)
    name = next((one for one in (asked, f"{asked}.yaml") if one in found), "")
    if asked.startswith("briefs") or asked in ("brief", "brief.yaml"):
        name = "briefs/NAME.yaml"
    if name:
        print_lines(*_topic_lines(found[name]))
    elif asked in ("", "block", "blocks"):
        print_lines(*_topic_list_lines(found, blocks_only=bool(asked)))
    else:
        hint = suggest_nearest(asked, found) or "tipbrief help prints the topics"
        raise Problems(f"there is no topic '{asked}'", hint=hint, kind="unknown-topic")


def _topic_list_lines(found: dict[str, "Topic"], *, blocks_only: bool) -> Iterator[str]:
    for name, topic in found.items():
        if name.startswith("block ") or not blocks_only:
            yield f"{style(f'{name:<18}', bold=True)} {topic.summary}"
    if not blocks_only:
        yield from ("", "tipbrief help TOPIC says more; of a command: tipbrief COMMAND --help")


def _topic_lines(topic: "Topic") -> Iterator[str]:
    yield from (style(topic.name, bold=True), *topic.text.splitlines(), "")
    for key in topic.keys:
        yield from _key_lines(key)
    yield from (*[""] * bool(topic.keys), "for example:", "")
    yield from (f"  {line}" for line in topic.example.splitlines())


def _key_lines(key: "KeyDescription") -> Iterator[str]:
    default = "; must be there" if key.is_required else f"; default: {key.default}" if key.default else ""
    yield f"{style(f'{key.name:<14}', bold=True)} {key.description.title} ({key.value_form}{default})"
    yield from textwrap.wrap(key.description.text, _TOPIC_WIDTH, initial_indent=" " * 15, subsequent_indent=" " * 15)
