"""The command `help`, and the help of all commands in the reader's language."""

import os
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.cli.terminal import is_terminal, mark_isolates, print_lines, style
from tipbrief.problems import Problems, suggest_nearest

if TYPE_CHECKING:
    from tipbrief.check.json_schema import Topic

CATALOGUE_FOLDER = Path(__file__).parent / "help_catalogues"
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
        catalogue = CATALOGUE_FOLDER / f"{reader_language(os.environ)}.po"
        if not catalogue.exists():
            return super().get_help()
        from tipbrief.language.language import Catalogue

        width = min(shutil.get_terminal_size().columns, _MAX_HELP_WIDTH)
        return "\n".join(_help_lines(self, Catalogue(catalogue).gettext, width))


def start_lines(context: click.Context) -> list[str]:
    """Where to begin: the paragraphs of a group's help, in the reader's language."""
    from tipbrief.language.language import Catalogue

    catalogue = CATALOGUE_FOLDER / f"{reader_language(os.environ)}.po"
    translate: Gettext = Catalogue(catalogue).gettext if catalogue.exists() else str
    width = min(shutil.get_terminal_size().columns, _MAX_HELP_WIDTH)
    lines = [line for text in split_paragraphs(context.command.help) for line in _wrap_text(translate(text), 0, width)]
    return mark_isolates("\n".join(lines)).split("\n")


def reader_language(environment: Mapping[str, str]) -> str:
    """The tag of the reader's language, from TIPBRIEF_LANGUAGE or the system's locale."""
    variables = ("TIPBRIEF_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    locale = next(filter(None, (environment.get(name, "") for name in variables)), "")
    name = re.split("[.@]", locale)[0].replace("-", "_")
    return _TAG_BY_LOCALE.get(name) or _TAG_BY_LOCALE.get(name.partition("_")[0], "en")


def reader_plural(one: str, many: str, count: int) -> str:
    """A sentence with a count, in the reader's language."""
    from tipbrief.language.language import load_language

    return load_language(reader_language(os.environ)).ngettext(one, many, count)


def split_paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a help text, each as one line."""
    return [" ".join(part.split()) for part in cleandoc(text or "").split("\n\n") if part.strip()]


def _help_lines(context: click.Context, translate: Gettext, width: int) -> Iterator[str]:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{translate('Usage:')} {_isolate_text(usage)}"
    for paragraph in split_paragraphs(command.help):
        yield from ("", *_wrap_text(translate(paragraph), 2, width))
    yield from ("", translate("Options:"))
    for option in command.get_params(context):
        if isinstance(option, click.Option) and (record := option.get_help_record(context)):
            yield f"  {record[0]}"
            yield from _wrap_text(" ".join(_option_texts(option, context, translate)), 6, width)
    if isinstance(command, click.Group):
        yield from ("", translate("Commands:"))
        for name in command.list_commands(context):
            yield f"  {name}"
            yield from _wrap_text(translate(split_paragraphs(command.commands[name].help)[0]), 6, width)


def _option_texts(option: click.Option, context: click.Context, translate: Gettext) -> Iterable[str]:
    """The help of an option, its default, its range, and whether it is required."""
    yield from map(translate, split_paragraphs(option.help))
    extra = option.get_help_extra(context)
    if default := extra.get("default"):
        yield "[" + translate("default: %(value)s").replace("%(value)s", str(default)) + "]"
    if number_range := extra.get("range"):
        yield f"[{number_range}]"
    if extra.get("required"):
        yield f"[{translate('required')}]"


def _wrap_text(text: str, indent: int, width: int) -> list[str]:
    before = " " * indent
    wrap = textwrap.TextWrapper(width, before, before, break_long_words=False, break_on_hyphens=False)
    # Isolates keep Latin words in their order on a terminal.
    return [before + _LATIN_WORDS.sub(_isolate_words, line[indent:]) for line in wrap.wrap(text)]


def _isolate_words(found: re.Match[str]) -> str:
    words = _END_PUNCTUATION.sub("", found[0])
    return _isolate_text(words) + found[0][len(words) :]


def _isolate_text(text: str) -> str:
    return f"\u2068{text}\u2069" if is_terminal() else text


@click.command("help")
@click.argument("topic", nargs=-1)
def show_help(topic: tuple[str, ...]) -> None:
    """Say what can be written into a file or a block: help figures.yaml, help map, help block, help chart.

    Without a topic: the topics.
    """
    from tipbrief.check.block_base import BLOCKS, DRAWING_KINDS, is_chart_word
    from tipbrief.check.json_schema import list_topics

    topics, typed = list_topics(), " ".join(topic)
    name = next((name for name in (typed, f"{typed}.yaml", f"block {typed}") if name in topics), "")
    draws = is_chart_word(typed.removeprefix("block "))
    if typed.startswith("briefs") or typed in ("brief", "brief.yaml"):
        name = "briefs/NAME.yaml"
    if name:
        print_lines(*_topic_lines(topics[name]))
    elif draws or typed in ("", "block", "blocks"):
        for name, listed in topics.items():
            kind = name.removeprefix("block ")
            if kind in DRAWING_KINDS if draws else kind != name or not typed:
                print_lines(f"{style(f'{name:<18}', bold=True)} {listed.summary}")
        if draws or not typed:
            print_lines("", "tipbrief help TOPIC says more; of a command: tipbrief COMMAND --help")
    else:
        hint = suggest_nearest(typed, [*topics, *BLOCKS]) or "tipbrief help prints the topics"
        raise Problems(f"there is no topic '{typed}'", hint=hint, kind="unknown-topic")


def _topic_lines(topic: "Topic") -> Iterator[str]:
    yield from (style(topic.name, bold=True), *topic.text.splitlines(), "")
    for key in topic.keys:
        default = "; must be there" if key.is_required else f"; default: {key.default}" if key.default else ""
        yield f"{style(f'{key.name:<14}', bold=True)} {key.title} ({key.value_form}{default})"
        yield from textwrap.TextWrapper(_TOPIC_WIDTH, " " * 15, " " * 15).wrap(key.text)
    yield from (*[""] * bool(topic.keys), "for example:", "")
    yield from (f"  {line}" for line in topic.example.splitlines())
