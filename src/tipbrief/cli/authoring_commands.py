"""The commands `new`, `watch`, `translate`, `pictures`, `check`, `verify`, `inspect`, `doctor` and `fonts`."""

import os
import shlex
import shutil
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import click

from tipbrief import limits
from tipbrief.assets import default_publication, find_shipped_folder
from tipbrief.cli.common import declare, print_report, report_and_exit, today
from tipbrief.cli.terminal import is_interactive, localise, print_json, print_lines, reader_language, style
from tipbrief.files import read_bytes
from tipbrief.problems import ProblemList, Problems


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
    print_report("translate", {"file": file, "folder": folder, "update": update, "is_written": is_written})


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
    source = (folder, load_language(tag), today(), table, sheet)
    starter = StarterPublication(*source)
    print_lines(*starter.messages)
    asks = bool(table) and not yes and is_interactive()
    if asks and starter.private_columns and not click.confirm(localise("Keep them private?"), default=True):
        messages = starter.messages
        starter = StarterPublication(*source, finds_private=False)
        print_lines(*(line for line in starter.messages if line not in messages))
    if asks and not click.confirm(localise("Go on?"), default=True):
        print_lines("Nothing was written.")
        return
    for path in write_publication(folder, starter):
        print_lines(f"wrote {path}")
    home = "" if folder.resolve() == Path.cwd() else shlex.quote(str(folder))
    print_report("started", {"folder": home, "table": table})


@click.command(cls=declare("check"))
def check(folder: Path | None, as_: str, strict: bool, schemas: bool) -> None:
    """Check the publication, in all its languages, and print all problems, each with its place and a hint."""
    from tipbrief.check.json_schema import write_schemas
    from tipbrief.pipeline.inputs import check_publication

    folder = folder or default_publication()
    for path in write_schemas(folder) if schemas else ():
        print_lines(f"wrote {path}", err=as_ == "json")
    publication, found = check_publication(folder)
    report_and_exit(found, strict=strict, values=[problem.as_dict(Path.cwd()) for problem in found], as_=as_)
    if publication and as_ == "text":
        names = ("briefs", "figures", "tables", "sources", *["languages"] * (len(publication.languages) > 1))
        counts = ", ".join(f"{len(getattr(publication, name))} {name}" for name in names)
        warnings = f", {len(found)} warnings" if found else ""
        print_lines(f"{folder}: {counts}: no faults{warnings}")


@click.command(cls=declare("verify"))
def verify(pdfs: tuple[Path, ...], families: tuple[str, ...], rebuild: bool, as_: str, strict: bool) -> None:
    """Audit finished PDFS: fonts, glyphs, every word read back, pages, language, links, and nothing else in them."""
    from tipbrief.pipeline.carried_publication import CarriedPublications

    with CarriedPublications() as publications:
        reports = [publications.audit_file(pdf, families, rebuild=rebuild or strict) for pdf in pdfs]
    found = [problem for report in reports for problem in report.problems]
    if as_ == "text":
        print_lines(*(report.summary() for report in reports))
    report_and_exit(found, strict=strict, values=[report.as_dict() for report in reports], as_=as_)


@click.command("inspect", cls=declare("inspect"))
def inspect_pdf(pdf: Path, extract: Path | None, as_: str) -> None:
    """Say what a PDF is and was made from: edition, hash of the data, versions, files that it carries."""
    from tipbrief.language.language import load_language
    from tipbrief.pdf.attachments import is_source
    from tipbrief.pdf.embedded_files import read_provenance, unpack_publication
    from tipbrief.pdf.pdf_file import LARGEST_PDF

    with limits.limit_step(pdf):
        carried = read_provenance(read_bytes(pdf, LARGEST_PDF), pdf)
    if as_ == "json":
        print_json(carried.as_dict())
    else:
        language = load_language(carried.language).english if carried.language else ""
        print_report("inspect", {"carried": carried, "edition": carried.edition, "language": language})
    if extract is not None:
        for path in unpack_publication(carried, extract):
            print_lines(f"wrote {path}", err=as_ == "json")
        left_out = {*filter(is_source, carried.files)} - carried.publication_files.keys()
        has_templates = any(name.startswith("templates/") for name in carried.publication_files)
        parts = {"carried": carried, "left_out": left_out, "has_templates": has_templates, "folder": extract}
        print_report("unpacked", parts, err=True)


@click.command()
def doctor() -> None:
    """Say what is installed and what is missing, ending with the command to run."""
    from tipbrief.doctor import examine_installation

    requirements = examine_installation()
    for requirement in requirements:
        state = {True: "ok", False: "missing", None: "not installed (optional)"}[requirement.present]
        shown = style(state, fg=None if requirement.present else "yellow")
        print_lines(f"{requirement.name:<18} {shown}  {requirement.detail}")
    if remedies := dict.fromkeys(requirement.remedy for requirement in requirements if requirement.present is False):
        print_lines("", "To mend it:", *(f"  {remedy}" for remedy in remedies))
        sys.exit(1)
    print_lines("", "All that is needed is here. Where to begin: tipbrief")


@click.group(invoke_without_command=True, cls=declare("fonts", click.Group))
@click.pass_context
def fonts(context: click.Context, folder: Path | None) -> None:
    """List the fonts: weight, version, licence, coverage, and whether their text reads back right."""
    if context.invoked_subcommand:
        return
    from tipbrief.fonts import font_library, preparation
    from tipbrief.pipeline.inputs import find_publication_fonts

    with suppress(Problems):
        folder = folder or default_publication()
    if folder:
        faces, faults = find_publication_fonts(folder)
        if faults:
            raise Problems(faults)
    else:
        faces = font_library.load_fonts(find_shipped_folder("fonts"))
    for face in faces:
        parts = {"coverage": font_library.coverage([face]), "faults": preparation.find_extraction_faults(face.ttf)}
        print_report("font", {"face": face, **parts})


@click.command("prepare", cls=declare("fonts prepare"))
def prepare_fonts(folder: Path | None, sources: tuple[Path, ...], out: Path | None) -> None:
    """Prepare fonts of your own into your publication's fonts/; without any, make the shipped ones anew."""
    from tipbrief.fonts import font_library

    publication = None if out or not sources else folder or default_publication()
    if not sources:
        prepared = font_library.prepare_upstream_fonts(find_shipped_folder("fonts"))
    else:
        prepared = font_library.add_fonts(sources, out or (publication or Path()) / font_library.FONTS_FOLDER)
    for face, notes in prepared:
        print_lines(str(face.ttf), str(face.woff2), *(f"  note: {note}" for note in notes))
    if not publication:
        return
    known = {face.weight for face, _ in prepared if face.family == prepared[0][0].family}
    weights = {weight: name for weight, name in font_library.REQUIRED_WEIGHTS.items() if weight not in known}
    print_report("fonts", {"face": prepared[0][0], "missing": weights, "folder": publication})


fonts.add_command(prepare_fonts)
