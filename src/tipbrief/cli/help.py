"""The command `help`, and the help and the messages of all commands in the reader's language."""

import os
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.assets import default_publication
from tipbrief.cli import terminal
from tipbrief.cli.common import COMMANDS_FILE, declare, print_report
from tipbrief.language.unicode_text import isolate_latin_words
from tipbrief.problems import Problems, suggest_nearest

if TYPE_CHECKING:
    from tipbrief.check.json_schema import Topic

CATALOGUE_FOLDER = Path(__file__).parent / "help_catalogues"
_MAX_HELP_WIDTH = 100
_TOPIC_WIDTH = 96

Gettext = Callable[[str], str]


class HelpContext(click.Context):
    """The context of a command, with its help in the reader's language."""

    def get_help(self) -> str:
        """The help; in English if it is not translated."""
        add_help_texts(self.find_root().command)
        translate = _load_translation()
        return "\n".join(_help_lines(self, translate, _help_width())) if translate else super().get_help()


@cache
def add_help_texts(command: click.Command, name: str = "tipbrief") -> None:
    """Give a command and its subcommands what ``commands.yaml`` says after the first sentence of their help."""
    from tipbrief.language.language import read_data_file

    more = read_data_file(COMMANDS_FILE).get(name, {}).get("more", ())
    command.help = "\n\n".join([command.help or "", *more])
    for key, one in command.commands.items() if isinstance(command, click.Group) else ():
        add_help_texts(one, key if name == "tipbrief" else f"{name} {key}")


def start_lines(context: click.Context) -> list[str]:
    """Where to begin: the paragraphs of a group's help, in the reader's language."""
    add_help_texts(context.command)
    texts = map(_load_translation() or str, split_paragraphs(context.command.help))
    lines = [line for text in texts for line in _wrap_text(text, 0, _help_width())]
    return terminal.mark_isolates("\n".join(lines)).split("\n")


def _load_translation() -> Gettext | None:
    from tipbrief.language.language import Catalogue

    catalogue = CATALOGUE_FOLDER / f"{terminal.reader_language(os.environ)}.po"
    return Catalogue(catalogue).gettext if catalogue.exists() else None


def _help_width() -> int:
    return min(shutil.get_terminal_size().columns, _MAX_HELP_WIDTH)


def split_paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a help text, each as one line."""
    return [" ".join(part.split()) for part in cleandoc(text or "").split("\n\n") if part.strip()]


def _help_lines(context: click.Context, translate: Gettext, width: int) -> Iterator[str]:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    usage = f"\u2068{usage}\u2069" if terminal.is_terminal() else usage
    yield f"{translate('Usage:')} {usage}"
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
    lines = (line[indent:] for line in wrap.wrap(text))
    return [before + (isolate_latin_words(line) if terminal.is_terminal() else line) for line in lines]


@click.command("help", cls=declare("help"))
def show_help(topic: tuple[str, ...], folder: Path | None) -> None:
    """Say what can be written: help figures.yaml, help map, help block; help chart TABLE prints a table's charts."""
    from tipbrief.check.block_base import BLOCKS, CHART_WORDS, DRAWING_KINDS, Block
    from tipbrief.check.json_schema import list_topics

    Block.load_variant("".join(topic[-1:]))  # another package may have it
    topics, typed = list_topics(), " ".join(topic)
    name = next((name for name in (typed, f"{typed}.yaml", f"block {typed}") if name in topics), "")
    draws = typed.removeprefix("block ").casefold() in CHART_WORDS
    if len(topic) == 2 and topic[0].casefold() in CHART_WORDS:
        print_charts(topic[1], folder or default_publication())
        return
    if typed.startswith("briefs") or typed in ("brief", "brief.yaml"):
        name = "briefs/NAME.yaml"
    if name:
        terminal.print_lines(*map(terminal.mark_isolates, _topic_lines(topics[name])), translates=False)
    elif draws or typed in ("", "block", "blocks"):
        for name, listed in topics.items():
            kind = name.removeprefix("block ")
            if kind in DRAWING_KINDS if draws else kind != name or not typed:
                label = terminal.style(f"{name:<18}", bold=True)
                summary = terminal.mark_isolates(terminal.localise(listed.summary, err=False))
                terminal.print_lines(f"{label} {summary}", translates=False)
        if draws or not typed:
            terminal.print_lines("", "tipbrief help TOPIC says more; of a command: tipbrief COMMAND --help")
    else:
        hint = suggest_nearest(typed, [*topics, *BLOCKS]) or "tipbrief help prints the topics"
        raise Problems(f"there is no topic '{typed}'", hint=hint, kind="unknown-topic")


def print_charts(name: str, folder: Path) -> None:
    """Print the charts that the columns of a table allow, as blocks to copy into a brief."""
    from tipbrief.check.json_schema import list_topics
    from tipbrief.check.maps.shapes import list_shipped_shapes, load_shipped_shapes
    from tipbrief.check.publication import load_publication

    tables = load_publication(folder).tables
    if name not in tables:
        raise Problems(f"there is no table '{name}'", hint=suggest_nearest(name, tables), kind="unknown-table")
    table, questions = tables[name], {topic: terminal.localise(one.summary) for topic, one in list_topics().items()}
    columns = table.spec.columns
    public = [(name, one) for name, one in columns.items() if not one.private]
    # Choices without a look cannot be drawn.
    drawn = {name: one.type for name, one in public if all(choice.colour for choice in one.choices.values())}
    kinds = {kind: [name for name, own in drawn.items() if own == kind] for kind in ("number", "choice", "text")}
    keys = table.by_key.keys()
    shapes = [one for one in list_shipped_shapes() if keys <= load_shipped_shapes(one).by_key.keys()]
    print_report("charts.yaml", {"table": table, "columns": columns, "shapes": shapes, "questions": questions, **kinds})


def _topic_lines(topic: "Topic") -> Iterator[str]:
    from tipbrief.check.json_schema import KEY_TEXTS_FOLDER
    from tipbrief.language.language import Catalogue

    spoken, file = partial(terminal.localise, err=False), f"{terminal.reader_language(os.environ)}.po"
    texts, keys = (Catalogue(one / file) for one in (terminal.MESSAGE_FOLDER, KEY_TEXTS_FOLDER))
    yield terminal.style(topic.name, bold=True)
    for paragraph in split_paragraphs(topic.text):
        yield from (*_wrap_text(texts.gettext(paragraph), 0, _TOPIC_WIDTH), "")
    for key in topic.keys:
        words = ". ".join(filter(None, (key.title, key.text)))
        title, _, text = keys.gettext(words).partition(". ")
        default = "; must be there" if key.is_required else f"; default: {key.default}" if key.default else ""
        yield f"{terminal.style(f'{key.name:<14}', bold=True)} {title} ({spoken(key.value_form)}{spoken(default)})"
        yield from _wrap_text(text, 15, _TOPIC_WIDTH)
    yield from (*[""] * bool(topic.keys), spoken("for example:"), "")
    yield from (f"  {line}" for line in topic.example.splitlines())
