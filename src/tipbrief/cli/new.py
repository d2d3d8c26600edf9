"""The command that begins a publication."""

import shlex
from pathlib import Path

import click

from tipbrief.cli.common import FILE_PATH, FOLDER_PATH, reporting, today
from tipbrief.cli.terminal import tell
from tipbrief.problems import Problems, nearest


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER_PATH)
@click.option("--language", "tag", default="fa-AF", show_default=True, help="fa-AF, ps, fa-IR or en.")
@click.option("--from", "table", metavar="TABLE", type=FILE_PATH, help="Your own table.")
@reporting
def new(folder: Path, tag: str, table: Path | None) -> None:
    """Begin a publication in DIR, new or empty: small, with comments that teach, and it builds at once.

    With a table of yours, a sheet is made of the whole and one of each row. What its columns hold is guessed:
    look at tables.yaml.
    """
    from tipbrief.language.language import known_languages, language
    from tipbrief.starter.publication import Starter, begin

    if tag not in known_languages():
        hint = nearest(tag, known_languages())
        raise Problems(f"there is no language '{tag}'", hint=hint, kind="unknown-language")
    starter = Starter(folder, language(tag), today(), table)
    for path in begin(folder, starter):
        tell(f"wrote {path}")
    tell(*starter.said)
    here = folder.resolve() == Path.cwd()
    tell("", "Next:", *([] if here else [f"  cd {shlex.quote(str(folder))}"]), "  tipbrief build")
    if table:
        tell("  tipbrief build --all   # the sheets of all rows, too")
