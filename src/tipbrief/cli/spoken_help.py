"""The help of commands in its reader's language; commands, options and names of files stay as they are typed.

The catalogues beside this module, in ``helped/``, know each paragraph by its English words. Nothing of them
is read before a help is shown.
"""

import os
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from inspect import cleandoc
from pathlib import Path

import click

from tipbrief.cli.terminal import on_terminal

FOLDER = Path(__file__).parent / "helped"
# What click says of itself.
FRAME = (
    "Usage:", "Options:", "Commands:", "default: %(value)s", "required", "Show this message and exit.",
)  # fmt: skip
_WIDTH = 100
# By the names that systems give them; who says only Persian means that of Iran.
_TAGS = {"fa_AF": "fa-AF", "prs": "fa-AF", "ps": "ps", "fa": "fa-IR"}
_TYPED = re.compile(r"[!-~]*[A-Za-z][!-~]*(?: [!-~]*[A-Za-z0-9][!-~]*)*")
_ENDS = re.compile(r"[.,:;)]+\Z")
_FSI, _PDI = "\u2068", "\u2069"

Words = Callable[[str], str]


class SpokenContext(click.Context):
    """The context of a command whose help speaks its reader's language."""

    def get_help(self) -> str:
        """The help, in English where there is no other."""
        tag = language_of(os.environ)
        if tag not in catalogues():
            return super().get_help()
        spoken, width = _words(tag), min(shutil.get_terminal_size().columns, _WIDTH)
        return "\n".join(_lines(self, spoken, width))


def speak(command: click.Command) -> None:
    """Have a command and those under it show their help in their reader's language."""
    command.context_class = SpokenContext
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        speak(one)


def language_of(environment: Mapping[str, str]) -> str:
    """The tag of a reader's language: as TIPBRIEF_LANGUAGE says it, or as the system does."""
    names = ("TIPBRIEF_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    said = next(filter(None, (environment.get(name, "") for name in names)), "")
    name = re.split("[.@]", said)[0].replace("-", "_")
    return _TAGS.get(name) or _TAGS.get(name.partition("_")[0], "en")


@cache
def catalogues() -> frozenset[str]:
    """The languages that a help speaks beside English."""
    return frozenset(file.stem for file in FOLDER.glob("*.po"))


def paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a help, each as one line."""
    return [" ".join(part.split()) for part in cleandoc(text or "").split("\n\n") if part.strip()]


def said(command: click.Command) -> Iterator[str]:
    """All that the help of a command and of those under it says, in English."""
    yield from paragraphs(command.help)
    for option in command.params:
        yield from paragraphs(getattr(option, "help", None))
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        yield from said(one)


@cache
def _words(tag: str) -> Words:
    from tipbrief.language.catalogue import Catalogue

    return Catalogue(FOLDER / f"{tag}.po").gettext


def _lines(context: click.Context, spoken: Words, width: int) -> Iterator[str]:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{spoken('Usage:')} {_isolated(usage)}"
    for paragraph in paragraphs(command.help):
        yield from ("", *_wrapped(spoken(paragraph), 2, width))
    yield from ("", spoken("Options:"))
    for option in command.get_params(context):
        if isinstance(option, click.Option) and (record := option.get_help_record(context)):
            yield f"  {record[0]}"
            yield from _wrapped(" ".join(_option(option, context, spoken)), 6, width)
    if isinstance(command, click.Group):
        yield from ("", spoken("Commands:"))
        for name in command.list_commands(context):
            yield f"  {name}"
            yield from _wrapped(spoken(paragraphs(command.commands[name].help)[0]), 6, width)


def _option(option: click.Option, context: click.Context, spoken: Words) -> Iterable[str]:
    """What an option is for, and its default, its range, and whether it must be given."""
    yield from map(spoken, paragraphs(option.help))
    extra = option.get_help_extra(context)
    if default := extra.get("default"):
        yield "[" + spoken("default: %(value)s").replace("%(value)s", str(default)) + "]"
    if within := extra.get("range"):
        yield f"[{within}]"
    if extra.get("required"):
        yield f"[{spoken('required')}]"


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    before = " " * indent
    lines = textwrap.wrap(
        text, width, initial_indent=before, subsequent_indent=before,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [before + _marked(line[indent:]) for line in lines]


def _marked(line: str) -> str:
    """A line whose typed words a terminal keeps in their order."""

    def isolated(found: re.Match[str]) -> str:
        end = ends[0] if (ends := _ENDS.search(found[0])) else ""
        return _isolated(found[0].removesuffix(end)) + end

    return _TYPED.sub(isolated, line)


def _isolated(text: str) -> str:
    return f"{_FSI}{text}{_PDI}" if on_terminal() else text
