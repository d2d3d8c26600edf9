"""The command `help`, and the help of all commands in the reader's language."""

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
# The words that click adds to a help text.
CLICK_PHRASES = (
    "Usage:", "Options:", "Commands:", "default: %(value)s", "required", "Show this message and exit.",
)  # fmt: skip
_MAX_HELP_WIDTH = 100
# By the names of locales; "fa" alone means the Persian of Iran.
_TAG_BY_LOCALE = {"fa_AF": "fa-AF", "prs": "fa-AF", "ps": "ps", "fa": "fa-IR"}
_LATIN_WORDS = re.compile(r"[!-~]*[A-Za-z][!-~]*(?: [!-~]*[A-Za-z0-9][!-~]*)*")
_END_PUNCTUATION = re.compile(r"[.,:;)]+\Z")
_TOPIC_WIDTH = 96

Gettext = Callable[[str], str]


class HelpContext(click.Context):
    """The context of a command, with its help in the reader's language."""

    def get_help(self) -> str:
        """The help; in English if it is not translated."""
        tag = reader_language(os.environ)
        if tag not in help_languages():
            return super().get_help()
        width = min(shutil.get_terminal_size().columns, _MAX_HELP_WIDTH)
        return "\n".join(_help_lines(self, _load_gettext(tag), width))


def enable_translated_help(command: click.Command) -> None:
    """Let a command and its subcommands show their help in the reader's language."""
    command.context_class = HelpContext
    for subcommand in _subcommands(command):
        enable_translated_help(subcommand)


def _subcommands(command: click.Command) -> Iterable[click.Command]:
    return command.commands.values() if isinstance(command, click.Group) else ()


def reader_language(environment: Mapping[str, str]) -> str:
    """The tag of the reader's language, from TIPBRIEF_LANGUAGE or the system's locale."""
    variables = ("TIPBRIEF_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    locale = next(filter(None, (environment.get(name, "") for name in variables)), "")
    name = re.split("[.@]", locale)[0].replace("-", "_")
    return _TAG_BY_LOCALE.get(name) or _TAG_BY_LOCALE.get(name.partition("_")[0], "en")


@cache
def help_languages() -> frozenset[str]:
    """The languages of the help besides English."""
    return frozenset(file.stem for file in CATALOGUE_FOLDER.glob("*.po"))


def split_paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a help text, each as one line."""
    return [" ".join(part.split()) for part in cleandoc(text or "").split("\n\n") if part.strip()]


def help_texts(command: click.Command) -> Iterator[str]:
    """All help texts of a command and its subcommands, in English."""
    yield from split_paragraphs(command.help)
    for option in command.params:
        yield from split_paragraphs(getattr(option, "help", None))
    for subcommand in _subcommands(command):
        yield from help_texts(subcommand)


@cache
def _load_gettext(tag: str) -> Gettext:
    from tipbrief.language.language import Catalogue

    return Catalogue(CATALOGUE_FOLDER / f"{tag}.po").gettext


def _help_lines(context: click.Context, gettext: Gettext, width: int) -> Iterator[str]:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{gettext('Usage:')} {_isolate_text(usage)}"
    for paragraph in split_paragraphs(command.help):
        yield from ("", *_wrap_text(gettext(paragraph), 2, width))
    yield from ("", gettext("Options:"))
    for option in command.get_params(context):
        if isinstance(option, click.Option) and (record := option.get_help_record(context)):
            yield f"  {record[0]}"
            yield from _wrap_text(" ".join(_option_texts(option, context, gettext)), 6, width)
    if isinstance(command, click.Group):
        yield from ("", gettext("Commands:"))
        for name in command.list_commands(context):
            yield f"  {name}"
            yield from _wrap_text(gettext(split_paragraphs(command.commands[name].help)[0]), 6, width)


def _option_texts(option: click.Option, context: click.Context, gettext: Gettext) -> Iterable[str]:
    """The help of an option, its default, its range, and whether it is required."""
    yield from map(gettext, split_paragraphs(option.help))
    extra = option.get_help_extra(context)
    if default := extra.get("default"):
        yield "[" + gettext("default: %(value)s").replace("%(value)s", str(default)) + "]"
    if number_range := extra.get("range"):
        yield f"[{number_range}]"
    if extra.get("required"):
        yield f"[{gettext('required')}]"


def _wrap_text(text: str, indent: int, width: int) -> list[str]:
    before = " " * indent
    lines = textwrap.wrap(
        text, width, initial_indent=before, subsequent_indent=before,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [before + _isolate_latin_words(line[indent:]) for line in lines]


def _isolate_latin_words(line: str) -> str:
    """A line in which a terminal keeps the Latin words in their order."""

    def isolate(found: re.Match[str]) -> str:
        words = _END_PUNCTUATION.sub("", found[0])
        return _isolate_text(words) + found[0][len(words) :]

    return _LATIN_WORDS.sub(isolate, line)


def _isolate_text(text: str) -> str:
    return f"\u2068{text}\u2069" if is_terminal() else text


@click.command("help")
@click.argument("topic", nargs=-1)
@report_problems
def show_help(topic: tuple[str, ...]) -> None:
    """Say what can be written into a file or a block: help figures.yaml, help block years, help block.

    Without a topic: the topics.
    """
    from tipbrief.check.schema.descriptions import list_topics

    topics, typed = list_topics(), " ".join(topic)
    name = next((name for name in (typed, f"{typed}.yaml") if name in topics), "")
    if typed.startswith("briefs") or typed in ("brief", "brief.yaml"):
        name = "briefs/NAME.yaml"
    if name:
        print_lines(*_topic_lines(topics[name]))
    elif typed in ("", "block", "blocks"):
        print_lines(*_topic_list_lines(topics, blocks_only=bool(typed)))
    else:
        hint = suggest_nearest(typed, topics) or "tipbrief help prints the topics"
        raise Problems(f"there is no topic '{typed}'", hint=hint, kind="unknown-topic")


def _topic_list_lines(topics: dict[str, "Topic"], *, blocks_only: bool) -> Iterator[str]:
    for name, topic in topics.items():
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
