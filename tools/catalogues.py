"""Bring the program's catalogues up to what templates and modules say: new words come in, old ones go."""

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from tipbrief.check import json_schema
from tipbrief.cli import help
from tipbrief.cli.main import main as commands
from tipbrief.cli.terminal import MESSAGE_FOLDER
from tipbrief.site.pages import load_page_words
from tools.messages import find_messages, shape_of

ROOT = Path(__file__).parent.parent
CATALOGUES = ROOT / "src" / "tipbrief" / "language" / "catalogues"
_TITLES = {
    CATALOGUES: "The program's own words",
    json_schema.KEY_TEXTS_FOLDER: "What is said of keys",
    help.CATALOGUE_FOLDER: "The help of commands",
    MESSAGE_FOLDER: "Messages",
}
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "counters": None,
    "words": None,
    "plural": (1, 2),
}

# The words that click adds to a help text.
CLICK_PHRASES = ("Usage:", "Options:", "Commands:", "default: %(value)s", "required", "Show this message and exit.")
# Headers that change with each writing, or that nobody fills in.
_OF_THE_TOOL = tuple(
    f'"{name}:'
    for name in (
        "Generated-By", "Language-Team", "Last-Translator", "PO-Revision-Date", "POT-Creation-Date",
        "Report-Msgid-Bugs-To",
    )
)  # fmt: skip


def said() -> Catalog:
    """All words of the program, in English."""
    found = Catalog(project="tipbrief", version="", charset="utf-8")
    jinja = {"jinja2.ext": {"trimmed": "true"}}
    for folder, methods in (
        (
            ROOT / "templates",
            [("**.j2", "jinja2.ext:babel_extract"), ("css/**.css", "jinja2.ext:babel_extract")],
        ),
        (ROOT / "src" / "tipbrief", [("**.py", "python")]),
    ):
        for name, line, words, *_ in extract_from_dir(folder, methods, jinja, keywords=_KEYWORDS):
            found.add(words, locations=[((folder / name).relative_to(ROOT).as_posix(), line)])
    for line in load_page_words().values():
        found.add(line)
    return found


def described() -> Catalog:
    """All that is said of the keys of a publication's files, in English."""
    found = Catalog(project="tipbrief", version="", charset="utf-8")
    for said in json_schema.load_key_texts().values():
        for line in said.get("keys", {}).values():
            found.add(line)
    return found


def help_texts(command: click.Command) -> Iterator[str]:
    """All help texts of a command and its subcommands, in English."""
    help.add_help_texts(commands)
    yield from help.split_paragraphs(command.help)
    for option in command.params:
        yield from help.split_paragraphs(getattr(option, "help", None))
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        yield from help_texts(subcommand)


def helped() -> Catalog:
    """All that the help of the commands says, in English."""
    found = Catalog(project="tipbrief", version="", charset="utf-8")
    for line in (*CLICK_PHRASES, *help_texts(commands)):
        found.add(line)
    return found


def reported() -> Catalog:
    """All messages, in English, each with the file where it stands."""
    found = Catalog(project="tipbrief", version="", charset="utf-8")
    for template, places in find_messages().items():
        files = dict.fromkeys(file.removeprefix("src/tipbrief/") for file, _ in places)
        found.add(template, auto_comments=[", ".join(files)] if files else [])
    return found


def untranslated(tag: str) -> list[str]:
    """The messages that have no translation in a language."""
    catalogue = read(MESSAGE_FOLDER / f"{tag}.po")
    return [one for one in find_messages() if not (found := catalogue.get(one)) or not found.string]


def read(file: Path) -> Catalog:
    """A catalogue as it stands."""
    with file.open("rb") as lines:
        return read_po(lines, abort_invalid=True)


def written(file: Path, template: Catalog) -> bytes:
    """The file of a catalogue with the words that are said; its header is what a reader needs."""
    known = read(file)
    if file.parent == MESSAGE_FOLDER:
        _rename_values(known, template)
    known.update(template, no_fuzzy_matching=True)
    known.header_comment = f"# {_TITLES[file.parent]}: {file.stem}."
    out = BytesIO()
    write_po(out, known, width=100, no_location=True, ignore_obsolete=True, sort_output=True)
    lines = out.getvalue().decode().splitlines(keepends=True)
    # A flag of Babel's: it takes "5 % of" for a form of Python's.
    dropped = (*_OF_THE_TOOL, "#, python-format") if file.parent == MESSAGE_FOLDER else _OF_THE_TOOL
    return "".join(line for line in lines if not line.startswith(dropped)).encode()


def _rename_values(known: Catalog, template: Catalog) -> None:
    """Keep translations of messages in which only the names of values are others now."""
    by_shape = {shape_of(str(one.id)): one for one in known if one.string}
    for message in template:
        text = str(message.id)
        old = by_shape.get(shape_of(text)) if text not in known or not known[text].string else None
        if text and old:
            names = zip(re.findall(r"%\((\w+)\)s", str(old.id)), re.findall(r"%\((\w+)\)s", text), strict=True)
            new_names = dict(names)
            renamed = re.sub(r"%\((\w+)\)s", lambda one: f"%({new_names.get(one[1], one[1])})s", str(old.string))  # noqa: B023
            known.add(text)
            known[text].string = renamed


def main(*tags: str) -> None:
    """Write the catalogues anew; with ``tags``, list the messages that these languages lack."""
    for tag in tags:
        missing = untranslated(tag)
        print(*map(repr, missing), f"{tag}: {len(missing)} messages without a translation", sep="\n")
    if tags:
        return
    for folder, words in (
        (CATALOGUES, said()),
        (json_schema.KEY_TEXTS_FOLDER, described()),
        (help.CATALOGUE_FOLDER, helped()),
        (MESSAGE_FOLDER, reported()),
    ):
        for file in sorted(folder.glob("*.po")):
            file.write_bytes(written(file, words))


if __name__ == "__main__":
    main(*sys.argv[1:])
