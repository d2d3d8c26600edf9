"""The commands `new`, `watch`, `translate` and `pictures`."""

import os
import shlex
import shutil
import signal
import warnings
from pathlib import Path

import click

from tipbrief.assets import default_publication
from tipbrief.cli.common import declare, today
from tipbrief.cli.terminal import is_interactive, localise, print_lines, reader_language
from tipbrief.problems import ProblemList, Problems

_MAX_TEXTS_SHOWN = 20


def _parse_editor_command(context: click.Context, option: click.Parameter, typed: str | None) -> list[str]:
    if typed is None:
        return []
    try:
        words = shlex.split(typed)
    except ValueError as fault:
        raise click.UsageError(f"--editor cannot be read: {fault}") from None
    if not any("{file}" in word for word in words[1:]):
        raise click.UsageError("--editor has no {file}: --editor 'code -g {file}:{line}:{column}'")
    return words


@click.command(cls=declare("watch", editor=_parse_editor_command))
def watch(brief: str, folder: Path | None, port: int | None, opens: bool, editor: list[str], **chosen: str) -> None:
    """Show the pages of BRIEF in a browser and update them at each save, until you press Ctrl-C."""
    from tipbrief.check.publication import require_folder
    from tipbrief.ledger.entries import split_document_name
    from tipbrief.watch.preview import Preview
    from tipbrief.watch.preview_worker import View
    from tipbrief.watch.server import Server, page_files

    if editor and not shutil.which(editor[0]):
        hint = "write its whole path, or what you type to start it"
        raise Problems(f"there is no program '{editor[0]}'", hint=hint, kind="editor")
    folder = folder or default_publication()
    require_folder(folder)
    name, tag = split_document_name(brief)
    view = View(name, chosen["language"] or tag, chosen["paper"].lower(), chosen["profile"])
    preview = Preview(folder, view, localise)
    page = page_files(reader_language(os.environ), view, edits=bool(editor))
    server = Server(preview, page, editor, port or 0)
    # Python prints this if Ctrl-C comes before the server has started.
    warnings.filterwarnings("ignore", ".* was never awaited")
    try:
        preview.start()
        print_lines(server.address, "Ctrl-C ends it.")
        if opens:
            click.launch(server.address)
        server.run()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is ending already
        print_lines("")
    finally:
        preview.close()


@click.command(cls=declare("translate"))
def translate(language: str, folder: Path | None) -> None:
    """Make or update translations/LANGUAGE.po, which translators' tools open (Poedit, Weblate, OmegaT)."""
    from tipbrief.pipeline.inputs import update_translation_file

    folder = folder or default_publication()
    update, is_written = update_translation_file(folder, language)
    file = update.po.file.relative_to(folder).as_posix()
    print_lines(f"{file}: {len(update.po.entries)} texts, {'written' if is_written else 'up to date'}")
    if update.removed_count:
        print_lines(f"{update.removed_count} gone from the publication: kept at the end of the file")
    if not (update.new or update.stale):
        print_lines("all are translated")
    waiting = {"to be translated": update.new, "changed since they were translated (fuzzy)": update.stale}
    for heading, texts in waiting.items():
        if texts:
            print_lines(f"{len(texts)} {heading}:")
        for text in texts[:_MAX_TEXTS_SHOWN]:
            print_lines(f"  {text.location(folder)}  {text.context.partition(':')[2]}")
        if len(texts) > _MAX_TEXTS_SHOWN:
            print_lines(f"  … and {len(texts) - _MAX_TEXTS_SHOWN} more")


@click.group()
def pictures() -> None:
    """Work on picture files."""


@pictures.command("clean", cls=declare("pictures clean"))
def clean_pictures(files: tuple[Path, ...]) -> None:
    """Take out of each FILE (PNG, JPEG or SVG) all that is not the picture, and say what that was."""
    from tipbrief.load.picture_cleaning import clean_picture_file

    problems = ProblemList()
    for file in files:
        with problems.catch():
            picture, is_changed = clean_picture_file(file)
            names = ", ".join(picture.findings) or "names of its parts"
            print_lines(f"{file}: {f'took out {names}' if is_changed else 'nothing to take out'}")
    problems.raise_all()


@click.command(cls=declare("new"))
def new(folder: Path, tag: str, table: Path | None, sheet: str, yes: bool) -> None:
    """Start a publication in DIR, new or empty: small, with comments that teach, and it builds at once."""
    from tipbrief.language.language import known_languages, load_language, nearest_language
    from tipbrief.starter.scaffold import StarterPublication, write_publication

    if tag not in known_languages():
        hint = nearest_language(tag, known_languages())
        raise Problems(f"there is no language '{tag}'", hint=hint, kind="unknown-language")
    if table and table.parts[0] in ("http:", "https:"):
        raise Problems("--from is an address, not a file on this computer", hint="download it first, then: --from FILE")
    starter = StarterPublication(folder, load_language(tag), today(), table, sheet)
    print_lines(*starter.messages)
    if table and not yes and is_interactive() and not click.confirm(localise("Go on?"), default=True):
        print_lines("Nothing was written.")
        return
    for path in write_publication(folder, starter):
        print_lines(f"wrote {path}")
    change_folder = [] if folder.resolve() == Path.cwd() else [f"  cd {shlex.quote(str(folder))}"]
    print_lines("", "Next:", *change_folder, "  tipbrief build")
    if table:
        print_lines("  tipbrief build --all   # the sheets of all rows, too")
