"""The command that shows pages while their files are edited."""

import os
import shlex
import shutil
import signal
import warnings
from pathlib import Path

import click

from tipbrief.assets import default_publication
from tipbrief.cli.common import publication_option, reporting
from tipbrief.cli.spoken_help import language_of
from tipbrief.cli.terminal import tell
from tipbrief.problems import Problems


def _words(context: click.Context, option: click.Parameter, typed: str | None) -> list[str]:
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
    callback=_words,
    help="What a click on the page runs, such as 'code -g {file}:{line}:{column}'. Default: it copies the "
    "place.",
)
@reporting
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
    from tipbrief.ledger.entries import parted
    from tipbrief.watch.page import page_files
    from tipbrief.watch.server import Server
    from tipbrief.watch.view import View
    from tipbrief.watch.watched import Watched

    if editor and not shutil.which(editor[0]):
        hint = "write its whole path, or what you type to start it"
        raise Problems(f"there is no program '{editor[0]}'", hint=hint, kind="editor")
    folder = folder or default_publication()
    require_folder(folder)
    plain, tag = parted(brief)
    first = View(plain, language or tag, paper.lower(), profile)
    watched = Watched(folder, first)
    page = page_files(language_of(os.environ), first, edits=bool(editor))
    server = Server(watched, page, editor, port or 0)
    # So Python would tell of a Ctrl-C that comes before the server has begun.
    warnings.filterwarnings("ignore", ".* was never awaited")
    try:
        watched.start()
        tell(server.address, "Ctrl-C ends it.")
        if opens:
            click.launch(server.address)
        server.run()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends already
        tell("")
    finally:
        watched.close()
