"""The command that begins a publication."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.assets import default_publication
from tipbrief.cli.common import publication_option, report_problems
from tipbrief.cli.help import reader_language
from tipbrief.cli.terminal import print_lines
from tipbrief.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tipbrief.check.translation.phrases import PoUpdate, TranslatableText


from tipbrief.cli.common import FILE_PATH, FOLDER_PATH, today
from tipbrief.problems import suggest_nearest


def _parse_editor_command(context: click.Context, option: click.Parameter, typed: str | None) -> list[str]:
    """The words of the editor's command; none where it is not given."""
    if typed is None:
        return []
    try:
        words = shlex.split(typed)
    except ValueError as fault:
        raise click.UsageError(f"--editor cannot be read: {fault}") from None
    if not any("{file}" in word for word in words[1:]):
        raise click.UsageError("--editor has no {file}: --editor 'code -g {file}:{line}:{column}'")
    return words


@click.command()
@click.argument("brief", default="")
@publication_option
@click.option("--port", type=click.IntRange(1, 65535), help="Default: one that is free.")
@click.option("--language", metavar="TAG", default="", help="In which language to begin. Default: the first.")
@click.option("--paper", default="", help="On which paper: a4, letter or a5. Default: a4.")
@click.option("--profile", default="", help="In which form of print. Default: office.")
@click.option("--open", "opens", is_flag=True, help="Also open the page in the browser.")
@click.option(
    "--editor",
    metavar="COMMAND",
    callback=_parse_editor_command,
    help="What a click on the page runs, such as 'code -g {file}:{line}:{column}'. Default: it copies the place.",
)
@report_problems
def watch(
    brief: str,
    folder: Path | None,
    port: int | None,
    language: str,
    paper: str,
    profile: str,
    opens: bool,
    editor: list[str],
) -> None:
    """Show the pages of BRIEF in a browser, made anew at each save, until you press Ctrl-C.

    BRIEF is a document as tipbrief list names it; on the page you can go to any other. What you point at
    says in which line of which file it stands. Only this computer is answered, at the printed address alone;
    nothing is written.
    """
    from tipbrief.check.publication import require_folder
    from tipbrief.ledger.entries import split_document_name
    from tipbrief.watch.messages import View
    from tipbrief.watch.preview import Preview
    from tipbrief.watch.server import Server, page_files

    if editor and not shutil.which(editor[0]):
        hint = "write its whole path, or what you type to start it"
        raise Problems(f"there is no program '{editor[0]}'", hint=hint, kind="editor")
    folder = folder or default_publication()
    require_folder(folder)
    plain, tag = split_document_name(brief)
    first = View(plain, language or tag, paper.lower(), profile)
    watched = Preview(folder, first)
    page = page_files(reader_language(os.environ), first, edits=bool(editor))
    server = Server(watched, page, editor, port or 0)
    # So Python would tell of a Ctrl-C that comes before the server has begun.
    warnings.filterwarnings("ignore", ".* was never awaited")
    try:
        watched.start()
        print_lines(server.address, "Ctrl-C ends it.")
        if opens:
            click.launch(server.address)
        server.run()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends already
        print_lines("")
    finally:
        watched.close()


_MAX_TEXTS_SHOWN = 20  # texts that are named


@click.command()
@click.argument("language", metavar="LANGUAGE")
@publication_option
@report_problems
def translate(language: str, folder: Path | None) -> None:
    """Make or update translations/LANGUAGE.po, which translators' tools open (Poedit, Weblate, OmegaT).

    What is translated stays; of a text that changed, the translation is marked as fuzzy; of a text that is
    gone it stands at the end of the file. Says what waits for a translator.
    """
    from tipbrief.pipeline.translation_update import update_translation_file

    folder = folder or default_publication(own=True)
    done, written = update_translation_file(folder, language)
    shown = done.po.file.relative_to(folder).as_posix()
    count = len(done.po.entries)
    print_lines(f"{shown}: {count} texts, {'written' if written else 'up to date'}")
    for line in _describe_translation(done, folder):
        print_lines(line)


def _describe_translation(done: PoUpdate, folder: Path) -> Iterator[str]:
    waiting = len(done.new) + len(done.stale)
    if done.removed_count:
        yield f"{done.removed_count} gone from the publication: kept at the end of the file"
    if not waiting:
        yield "all are translated"
    yield from _describe_texts("to be translated", done.new, folder)
    yield from _describe_texts("changed since they were translated (fuzzy)", done.stale, folder)


def _describe_texts(what: str, texts: Sequence[TranslatableText], folder: Path) -> Iterator[str]:
    if texts:
        yield f"{len(texts)} {what}:"
    for one in texts[:_MAX_TEXTS_SHOWN]:
        yield f"  {one.location(folder)}  {one.context.partition(':')[2]}"
    if len(texts) > _MAX_TEXTS_SHOWN:
        yield f"  … and {len(texts) - _MAX_TEXTS_SHOWN} more"


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER_PATH)
@click.option("--language", "tag", default="fa-AF", show_default=True, help="fa-AF, ps, fa-IR or en.")
@click.option("--from", "table", metavar="TABLE", type=FILE_PATH, help="Your own table.")
@report_problems
def new(folder: Path, tag: str, table: Path | None) -> None:
    """Begin a publication in DIR, new or empty: small, with comments that teach, and it builds at once.

    With a table of yours, a sheet is made of the whole and one of each row. What its columns hold is guessed:
    look at tables.yaml.
    """
    from tipbrief.language.language import known_languages, load_language
    from tipbrief.starter.scaffold import StarterPublication, write_publication

    if tag not in known_languages():
        hint = suggest_nearest(tag, known_languages())
        raise Problems(f"there is no language '{tag}'", hint=hint, kind="unknown-language")
    starter = StarterPublication(folder, load_language(tag), today(), table)
    for path in write_publication(folder, starter):
        print_lines(f"wrote {path}")
    print_lines(*starter.messages)
    here = folder.resolve() == Path.cwd()
    print_lines("", "Next:", *([] if here else [f"  cd {shlex.quote(str(folder))}"]), "  tipbrief build")
    if table:
        print_lines("  tipbrief build --all   # the sheets of all rows, too")
