"""The commands `check`, `verify`, `inspect`, `doctor` and `fonts`."""

import sys
from contextlib import suppress
from pathlib import Path

import click

from tipbrief import limits
from tipbrief.assets import default_publication, find_shipped_folder
from tipbrief.cli import common
from tipbrief.cli.terminal import print_json, print_lines, style
from tipbrief.files import read_bytes
from tipbrief.problems import Problems


@click.command(cls=common.declare("check"))
def check(folder: Path | None, as_: str, strict: bool, schemas: bool) -> None:
    """Check the publication, in all its languages, and print all problems, each with its place and a hint."""
    from tipbrief.check.json_schema import write_schemas
    from tipbrief.pipeline.inputs import check_publication

    folder = folder or default_publication()
    for path in write_schemas(folder) if schemas else ():
        print_lines(f"wrote {path}", err=as_ == "json")
    publication, found = check_publication(folder)
    common.report_and_exit(found, strict=strict, values=[problem.as_dict(Path.cwd()) for problem in found], as_=as_)
    if publication and as_ == "text":
        counts = {name: len(getattr(publication, name)) for name in ("briefs", "figures", "tables", "sources")}
        if len(publication.languages) > 1:
            counts["languages"] = len(publication.languages)
        warnings = f", {len(found)} warnings" if found else ""
        print_lines(f"{folder}: {', '.join(f'{count} {name}' for name, count in counts.items())}: no faults{warnings}")


@click.command(cls=common.declare("verify"))
def verify(pdfs: tuple[Path, ...], families: tuple[str, ...], rebuild: bool, as_: str, strict: bool) -> None:
    """Audit finished PDFS: fonts, glyphs, every word read back, pages, language, links, and nothing else in them."""
    from tipbrief.pipeline.carried_publication import CarriedPublications

    with CarriedPublications() as publications:
        reports = [publications.audit_file(pdf, families, rebuild=rebuild or strict) for pdf in pdfs]
    found = [problem for report in reports for problem in report.problems]
    if as_ == "text":
        print_lines(*(report.summary() for report in reports))
    common.report_and_exit(found, strict=strict, values=[report.as_dict() for report in reports], as_=as_)


@click.command("inspect", cls=common.declare("inspect"))
def inspect_pdf(pdf: Path, extract: Path | None, as_: str) -> None:
    """Say what a PDF is and was made from: edition, hash of the data, versions, files that it carries."""
    from tipbrief.language.language import load_language
    from tipbrief.pdf.embedded_files import read_provenance, unpack_publication
    from tipbrief.pdf.pdf_file import LARGEST_PDF

    with limits.limit_step(pdf):
        carried = read_provenance(read_bytes(pdf, LARGEST_PDF), pdf)
    if as_ == "json":
        print_json(carried.as_dict())
    else:
        edition = carried.edition
        name = f"{str(edition['brief']).upper()}/{edition['number']}"
        shown = f"{name} · {edition['code']}" if edition["code"] else f"draft of {name}"
        language = load_language(carried.language).english if carried.language else ""
        print_lines(f"is    {shown}, of the publication {edition['publication']}{f', in {language}' * bool(language)}")
        note = "" if carried.is_intact else " (not that of the files inside)"
        print_lines(f"data  {carried.dataset_hash}{note}")
        for name, version in carried.versions.items():
            print_lines(f"with  {name} {version}")
        for name, content in carried.files.items():
            print_lines(f"file  {name} ({len(content)} bytes)")
    if extract is not None:
        for path in unpack_publication(carried, extract):
            print_lines(f"wrote {path}", err=as_ == "json")
        if carried.edition.get("carry") == "own":
            print_lines("note: this is a part of the publication: what the document prints of its own rows", err=True)
        for name in carried.files.keys() - carried.publication_files.keys():
            print_lines(f"left out {name}: no publication holds such a file", err=True)
        if any(name.startswith("templates/") for name in carried.publication_files):
            print_lines(f"note: templates of its own are in {extract}: read them before you build", err=True)


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


@click.group(invoke_without_command=True, cls=common.declare("fonts", click.Group))
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
        readings = [f"  reads back wrong: {fault}" for fault in preparation.find_extraction_faults(face.ttf)]
        print_lines(
            f"{face.family} {face.weight}  version {face.version}, {face.licence}, "
            f"{len(font_library.coverage([face]))} characters, {common.size_of(face.ttf.stat().st_size)}",
            *(readings or ["  reads back right"]),
        )


@click.command("prepare", cls=common.declare("fonts prepare"))
def prepare_fonts(folder: Path | None, sources: tuple[Path, ...], out: Path | None) -> None:
    """Prepare fonts of your own into your publication's fonts/; without any, make the shipped ones anew."""
    from tipbrief.fonts import font_library

    if not sources and (out or folder):
        raise click.UsageError("say which font: --font FILE")
    publication = None if out or not sources else folder or default_publication()
    if not sources:
        prepared = font_library.prepare_upstream_fonts(find_shipped_folder("fonts"))
    else:
        prepared = font_library.add_fonts(sources, out or (publication or Path()) / font_library.FONTS_FOLDER)
    for face, notes in prepared:
        print_lines(str(face.ttf), str(face.woff2), *(f"  note: {note}" for note in notes))
    if not publication:
        return
    family, licence = prepared[0][0].family, prepared[0][0].licence
    weights = {face.weight for face, _ in prepared if face.family == family}
    missing = [(weight, name) for weight, name in font_library.REQUIRED_WEIGHTS.items() if weight not in weights]
    print_lines(
        *(f"still needed: the {name} face of {family}, of weight {weight}" for weight, name in missing),
        f"licence: {licence}; put its text into {publication / font_library.FONTS_FOLDER}, as a .txt",
        f"write into {publication / 'publication.yaml'}:",
        f"  fonts: [{family}]",
        f"or fonts: [{family}, Vazirmatn], to draw with Vazirmatn what {family} lacks",
    )


fonts.add_command(prepare_fonts)
