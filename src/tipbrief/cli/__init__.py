"""The commands; the only module that prints, exits and reads the clock."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import make_msgid
from functools import partial, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tipbrief import __version__
from tipbrief.assets import default_publication
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tipbrief.check.publication import Publication
    from tipbrief.compare.differences import Difference
    from tipbrief.handouts.imposition import Form
    from tipbrief.language.dates import Date
    from tipbrief.ledger.entries import Edition, Kind
    from tipbrief.ledger.merge import Side
    from tipbrief.mail.smtp import Security

MOST_SHOWN = 50
FEW = 5
SECONDS_BETWEEN_LINES = 3

_publication = click.option(
    "--publication",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The publication's folder. Default: the only folder under ./data, else, to read, the shipped one.",
)
_format = click.option(
    "--format",
    "as_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For machines: json.",
)
_strict = click.option("--strict", is_flag=True, help="Warnings fail, too.")


class Progress:
    """How far a build is: a bar with the remaining time on a terminal, a line now and then in a pipe."""

    def __init__(self, count: int) -> None:
        self._count, self._done, self._steps = count, 0, dict[str, int]()
        self._begun = self._told = time.monotonic()
        self._bar = click.progressbar(
            length=4 * count,
            label="building",
            show_eta=count > FEW,
            item_show_func=lambda item: item,
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        )

    def __enter__(self) -> Progress:
        self._bar.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._bar.__exit__(*raised)

    def step(self, name: str, step: str) -> None:
        """A document has reached a step; the last makes up for those that it did not need."""
        made = self._steps.get(name, 0)
        self._steps[name] = 4 if step == "deliver" else made + 1
        self._bar.update(self._steps[name] - made, f"{name}: {step}")
        self._done += step == "deliver"
        now = time.monotonic()
        waiting = now - self._told > SECONDS_BETWEEN_LINES
        if self._bar.hidden and self._count > FEW and step == "deliver" and waiting:
            self._told = now
            left = (now - self._begun) / self._done * (self._count - self._done)
            click.echo(f"{self._done} of {self._count}, about {left:.0f} s left", err=True)


def reporting(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose problems are printed together, with exit status 1."""

    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except Problems as found:
            show(found.problems)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("stopped; what was finished is kept", err=True)
            sys.exit(130)

    return update_wrapper(run, command)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tipbrief")
def main() -> None:
    """Turn a small, sourced dataset into a print-ready fact sheet in Dari."""


@main.command()
@click.argument("briefs", nargs=-1)
@_publication
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out"),
    show_default=True,
    help="The folder for the PDF, the HTML and manifest.json.",
)
@click.option("--only", metavar="KEY,KEY", help="Of a brief for each row: only these rows.")
@click.option("--all", "everything", is_flag=True, help="Also the briefs for each row of a table.")
@click.option(
    "--deliver",
    "delivers",
    is_flag=True,
    help="Give each brief that says something new its edition, and record it in the ledger.",
)
@click.option(
    "--png",
    type=click.IntRange(100, 5000),
    metavar="WIDTH",
    help="Also each page and a square card of the headline figures as pictures, for messengers.",
)
@click.option("--paper", default="a4", show_default=True, help="a4, letter or a5.")
@click.option(
    "--profile", default="office", show_default=True, help="screen, office, grey, large, press, or your own."
)
@click.option(
    "--cluster", metavar="ADDRESS", help="A Dask cluster that does the work, such as tcp://host:8786."
)
@_strict
@reporting
def build(
    briefs: tuple[str, ...],
    folder: Path | None,
    out: Path,
    only: str | None,
    everything: bool,
    delivers: bool,
    png: int | None,
    paper: str,
    profile: str,
    cluster: str | None,
    strict: bool,
) -> None:
    """Build BRIEFS into PDF and HTML; without names, every brief that is a single document.

    A brief that says what its last edition said is that edition; any other is marked as a draft of the
    next one until you deliver it.

    Exit status 0: all were written. 1: problems; the documents without problems were written, of the others
    the files of an earlier build are unchanged.
    """
    from tipbrief.build import workers as crew
    from tipbrief.build.run import Partly, deliver, named
    from tipbrief.build.run import build as build_all
    from tipbrief.build.series import gather
    from tipbrief.build.session import Workshop

    workshop = Workshop(folder or default_publication(own=delivers), paper=paper, profile=profile)
    warn(workshop.warnings, strict=strict)
    keys = [key.strip() for key in (only or "").split(",") if key.strip()]
    if only is not None and not keys:
        raise click.UsageError("--only names no row: give keys, such as --only AFG,PAK")
    names = named(workshop, briefs, only=keys, everything=everything)
    workers = partial(crew.cluster, cluster) if cluster else crew.local if len(names) > 1 else None
    failed: Mapping[str, Sequence[Problem]] = {}
    with Progress(len(names)) as progress:
        try:
            if delivers:
                built = deliver(workshop, names, out, _today(), progress.step, workers, png)
            else:
                built = build_all(workshop, names, out, progress.step, workers, png)
        except Partly as raised:
            built, failed = raised.built, raised.failed
    if len(names) <= FEW:
        for item in built:
            draft = "draft of " if item.edition.draft else ""
            click.echo(f"{item.name}: {draft}{item.edition.signature}{'' if item.fresh else ', unchanged'}")
            for file in item.files:
                pages = f", {item.pages} page{'s' * (item.pages != 1)}" if file.path.suffix == ".pdf" else ""
                click.echo(f"  {file.path} ({file.size / 1000:.0f} KB{pages})")
    else:
        fresh = sum(item.fresh for item in built)
        drafts = sum(item.edition.draft for item in built)
        done = f"{len(built)} of {len(names)} documents in {out}"
        click.echo(f"{done}: {fresh} typeset, {len(built) - fresh} unchanged")
        if drafts:
            click.echo(f"{drafts} are drafts: the same command with --deliver makes them editions")
    rows = any(workshop.publication.documents[name].key for name in names)
    if keys and (out / "index.html").exists():
        click.echo("index.html and the PDF of all sheets are left as they were: tipbrief build --all")
    # Last, for what was built is to be told also where the disk has no room for this.
    for file in gather(workshop, built, out, together=everything) if not failed else ():
        click.echo(f"{file.path} ({file.size / 1000:.0f} KB)")
    if failed:
        show([problem for problems in failed.values() for problem in problems])
        if len(names) > 1:
            click.echo(f"not built, earlier files unchanged: {', '.join(failed)}", err=True)
        if not keys and rows:
            click.echo("index.html and the PDF of all sheets wait until all are built", err=True)
        sys.exit(1)


@main.command("list")
@click.argument("briefs", nargs=-1)
@_publication
@reporting
def list_(briefs: tuple[str, ...], folder: Path | None) -> None:
    """List the briefs; of the named BRIEFS every document, with its row and its last edition."""
    from tipbrief.build.run import named
    from tipbrief.build.session import Workshop
    from tipbrief.compose.writer import plain
    from tipbrief.language.alphabet import sort_key

    workshop = Workshop(folder or default_publication())
    whole = workshop.publication
    isolate = sys.stdout.isatty()
    names = named(workshop, briefs) if briefs else list(whole.briefs)
    if briefs:  # the rows of a brief by the Dari alphabet, as in the index
        titles = {
            name: plain(whole.documents[name].brief.title, whole, whole.documents[name]) for name in names
        }
        order = [*whole.briefs]
        names.sort(key=lambda name: (order.index(whole.documents[name].brief.id), sort_key(titles[name])))
    for name in names:
        if name in whole.documents:
            document = whole.documents[name]
            last = workshop.ledger.last(name)
            title = plain(document.brief.title, whole, document)
            shown = f"\u2068{title}\u2069" if isolate else title
            click.echo(f"{name:<16} {last.signature if last else 'not delivered':<24} {shown}")
        else:
            count = sum(document.brief.id == name for document in whole.documents.values())
            click.echo(f"{name:<16} {count} documents, one for each row of '{whole.briefs[name].for_each}'")


@main.command()
@_publication
@_format
@_strict
@reporting
def check(folder: Path | None, as_: str, strict: bool) -> None:
    """Check the publication and print all its problems, each with its place and a hint."""
    from tipbrief.assets import shipped
    from tipbrief.check.publication import load
    from tipbrief.compose.templates import typed_numbers
    from tipbrief.fonts import shelf as fonts
    from tipbrief.ledger import editions, journal, store

    folder = folder or default_publication()
    found = typed_numbers(folder / "templates")
    try:
        # Else what a killed correction left half done would be laid at the editor's door.
        journal.put_back(folder)
        covered = fonts.coverage(fonts.shelf(shipped("fonts")))
        publication = load(folder, covered)
        found += publication.warnings
        found += editions.findings(store.read(folder, str(publication.imprint.id)), publication, covered)
    except Problems as raised:
        found += raised.problems
    if as_ == "json":
        click.echo(json.dumps([p.as_dict(Path.cwd()) for p in found], ensure_ascii=False, indent=1))
    else:
        show(found)
    errors = sum(problem.severity == "error" for problem in found)
    if errors or (strict and found):
        sys.exit(1)
    if as_ == "text":
        click.echo(
            f"{folder}: {len(publication.briefs)} briefs, {len(publication.figures)} figures, "
            f"{len(publication.tables)} tables, {len(publication.sources)} sources: no faults"
            + (f", {len(found)} warnings" if found else "")
        )


@main.command()
@click.argument("pdfs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--family", "families", multiple=True, help="A font family that the PDF may use, too.")
@_format
@_strict
@reporting
def verify(pdfs: tuple[Path, ...], families: tuple[str, ...], as_: str, strict: bool) -> None:
    """Audit finished PDFS: fonts, glyphs, every word read back, pages, language, links.

    Where the HTML of the same name lies beside a PDF, its words are what the PDF must say.
    """
    from tipbrief.verify import audit

    reports = [audit.audit_file(pdf, families) for pdf in pdfs]
    if as_ == "json":
        click.echo(json.dumps([report.as_dict() for report in reports], ensure_ascii=False, indent=1))
    else:
        for report in reports:
            click.echo(report.summary())
    found = [problem for report in reports for problem in report.problems]
    if as_ == "text":
        show(found)
    if any(strict or problem.severity == "error" for problem in found):
        sys.exit(1)


@main.command()
@click.argument("pdf", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--extract", type=click.Path(path_type=Path, file_okay=False), help="Unpack the dataset into DIR."
)
@_format
@reporting
def inspect(pdf: Path, extract: Path | None, as_: str) -> None:
    """Say what a PDF is and was made from: edition, hash of the data, versions, files that it carries."""
    from tipbrief.pdf.carried import inspect, unpack

    data = _read(pdf)
    carried = inspect(data, pdf)
    if as_ == "json":
        click.echo(json.dumps(carried.as_dict(), ensure_ascii=False, indent=1))
    else:
        edition = carried.edition
        name = f"{str(edition['brief']).upper()}/{edition['number']}"
        shown = f"{name} · {edition['code']}" if edition["code"] else f"draft of {name}"
        click.echo(f"is    {shown}, of the publication {edition['publication']}")
        note = "" if carried.unchanged else " (not that of the files inside)"
        click.echo(f"data  {carried.data}{note}")
        for name, version in carried.versions.items():
            click.echo(f"with  {name} {version}")
        for name, content in carried.files.items():
            click.echo(f"file  {name} ({len(content)} bytes)")
    if extract is not None:
        for path in unpack(data, extract):
            click.echo(f"wrote {path}", err=as_ == "json")


@main.command()
@click.argument("handout", metavar="PDF-or-CODE")
@_publication
@click.option(
    "--ledger",
    "where",
    type=click.Path(path_type=Path, exists=True),
    help="The ledger to ask: a ledger.yaml, or the folder of a publication.",
)
@_format
@reporting
def status(handout: str, folder: Path | None, where: Path | None, as_: str) -> None:
    """Say whether a handout is current: a PDF, or the code in its footer, such as 'WORLD/3 · 9f2c'.

    Exit status 0: it is current. 1: it is superseded, a draft, or unknown; or there are problems.
    """
    from tipbrief.ledger import store
    from tipbrief.ledger.status import status_of_code, status_of_pdf

    if where and where.is_dir() and not (where / store.FILE).exists():
        hint = "name the folder of the publication, or its ledger.yaml"
        raise Problems(Problem("there is no ledger.yaml in this folder", where, hint=hint))
    known = store.read(where or folder or default_publication(), "")
    pdf = Path(handout)
    if _is(Path.is_file, pdf) or pdf.suffix.lower() == ".pdf":
        from tipbrief.pdf.carried import inspect

        data = _read(pdf)
        found = status_of_pdf(known, hashlib.sha256(data).hexdigest(), inspect(data, pdf).edition)
    else:
        found = status_of_code(known, handout)
    if as_ == "json":
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    else:
        click.echo(found.summary(isolate=sys.stdout.isatty()))
    if found.state != "current":
        sys.exit(1)


# A negative number is a value; what else looks like an option and is none is refused below.
@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("changes", nargs=-1, required=True, metavar="FIGURE VALUE [FIGURE VALUE …]")
@click.option("--reason", default="", help="Why, in a sentence that readers will see.")
@click.option(
    "--kind",
    type=click.Choice(["correction", "revision"]),
    default="correction",
    show_default=True,
    help="correction: it was wrong. revision: a better number takes the place of a right one.",
)
@click.option("--source", default="", metavar="ID", help="The source that says so, from sources.yaml.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@_publication
@reporting
def correct(
    changes: tuple[str, ...],
    reason: str,
    kind: Kind,
    source: str,
    dry_run: bool,
    folder: Path | None,
) -> None:
    """Change a figure or a table cell in its one place, and record why.

    FIGURE is the name of a figure, or a cell such as 'placements[AFG].tier'. What must change together, a
    number and the table that it is checked against, is given together. All else in the files stays as it is.
    """
    from tipbrief.build.session import Workshop
    from tipbrief.corrections.correction import correct as think

    if unknown := next((word for word in changes if word[:1] == "-" and not word[1:2].isdecimal()), ""):
        raise click.NoSuchOption(unknown)
    if len(changes) % 2:
        raise click.UsageError(f"'{changes[-1]}' has no value: give FIGURE VALUE, in pairs")
    workshop = Workshop(folder or default_publication(own=True))
    pairs = list(zip(changes[::2], changes[1::2], strict=True))
    made = think(workshop, pairs, reason=reason, kind=kind, source=source, date=_today())
    if dry_run:
        click.echo(made.difference())
        return
    made.make()
    for entry in made.entries:
        for name, (was, now) in entry.steps.items():
            click.echo(f"{'' if name == entry.name else '  and with it '}{name}  {was} → {now}")
    click.echo(f"recorded as a {kind} in {workshop.folder / 'ledger.yaml'}")
    if made.briefs:
        # Without --all, the briefs for each row would be left as they are.
        rows = set(made.briefs) - workshop.publication.briefs.keys()
        build = "tipbrief build --all" if rows else "tipbrief build"
        click.echo(f"printed by: {_listed(made.briefs)}. Next: {build}, then {build} --deliver")
    else:
        click.echo("no brief prints it")


@main.command()
@click.option(
    "--keep",
    type=click.Choice(["ours", "theirs"]),
    help="Whose editions and corrections stay where both sides cannot: those above =======, or below.",
)
@_publication
@reporting
def merge(keep: Side | None, folder: Path | None) -> None:
    """Join the two sides of a ledger that version control left unmerged.

    Its lines cannot be kept by hand so that each entry stays whole. Mend the dataset's own files first.
    """
    from tipbrief.ledger.merge import merge as join

    folder = folder or default_publication(own=True)
    made = join(folder, keep)
    for name in made.dropped:
        click.echo(f"left out: {name}")
    count = f"{made.ours} and {made.theirs} entries"
    click.echo(f"{folder / 'ledger.yaml'}: {count} of the two sides joined. Next: tipbrief check")


@main.command()
@click.argument("old")
@click.argument("new")
@_publication
@_format
def diff(old: str, new: str, folder: Path | None, as_: str) -> None:
    """Say what differs between OLD and NEW: editions, PDFs, or folders of publications.

    An edition is named by its code, such as WORLD/1. Exit status 0: nothing differs. 1: something does.
    2: problems.
    """
    from tipbrief.compare.differences import as_dicts
    from tipbrief.compare.report import shown

    try:
        found = _compared(old, new, folder)
    except Problems as raised:
        show(raised.problems)
        sys.exit(2)
    if as_ == "json":
        click.echo(json.dumps(as_dicts(found), ensure_ascii=False, indent=1))
    elif found:
        click.echo(shown(found, isolate=sys.stdout.isatty()))
    if found:
        sys.exit(1)


def _compared(old: str, new: str, folder: Path | None) -> list[Difference]:
    from tipbrief.compare import differences
    from tipbrief.ledger import editions
    from tipbrief.ledger.entries import Edition

    with tempfile.TemporaryDirectory(prefix="tipbrief-") as made:
        sides = [_side(given, Path(made) / str(index), folder) for index, given in enumerate((old, new))]
    printed = [side.prints for side in sides if isinstance(side, Edition)]
    wholes = [side for side in sides if not isinstance(side, Edition)]
    if not printed:
        return differences.between(*wholes)
    # Of an edition the ledger knows what it printed, and no more.
    values = [
        side.prints
        if isinstance(side, Edition)
        else {name: now for name in printed[0] if (now := editions.value_of(side, name)) is not None}
        for side in sides
    ]
    return differences.between_printed(*values)


def _side(given: str, made: Path, folder: Path | None) -> Edition | Publication:
    """What is compared: the publication of a folder or inside a PDF, or an edition of the ledger."""
    from tipbrief.check.publication import load
    from tipbrief.ledger import journal, store
    from tipbrief.ledger.status import status_of_code

    path = Path(given)
    if _is(Path.is_dir, path):
        journal.put_back(path)
        return load(path)
    if _is(Path.is_file, path) or path.suffix.lower() == ".pdf":
        from tipbrief.pdf.carried import inspect, unpack

        inspect(_read(path), path)
        unpack(_read(path), made)
        return load(made)
    found = status_of_code(store.read(folder or default_publication(), ""), given)
    if found.edition is None:
        message = f"'{given}' is no folder, no PDF, and no edition of the ledger"
        raise Problems(Problem(message, hint=found.hint))
    return found.edition


@main.command()
@click.argument("pdf", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "form", type=click.Choice(["booklet", "2-up", "4-up"]), required=True, help="The form.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: PDF-FORM.pdf beside it."
)
@reporting
def impose(pdf: Path, form: Form, out: Path | None) -> None:
    """Arrange the pages of PDF for printing and folding; a booklet has its spine at the right."""
    from tipbrief.files import replace_file
    from tipbrief.handouts.imposition import impose as arrange

    made = arrange(_read(pdf), form, pdf)
    out = out or pdf.with_name(f"{pdf.stem}-{form}.pdf")
    replace_file(out, made.pdf)
    click.echo(f"{out} ({made.sheets} sheet{'s' * (made.sheets != 1)}, {len(made.pdf) / 1000:.0f} KB)")
    for note in made.notes:
        click.echo(f"  {note}")


@main.command()
@click.argument("brief")
@click.option("--to", multiple=True, required=True, metavar="ADDRESS", help="To whom; may be given again.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Who gets a copy.")
@click.option("--from", "sender", default="", metavar="ADDRESS", help="From whom; a draft needs none.")
@click.option("--subject", default="", help="Default: the brief's title.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The draft to write: FILE.eml.")
@click.option("--send", "sends", is_flag=True, help="Send it now.")
@click.option("--each", is_flag=True, help="With --send: one message for each recipient.")
@click.option("--host", envvar="TIPBRIEF_SMTP_HOST", help="The mail server (TIPBRIEF_SMTP_HOST).")
@click.option("--port", type=int, envvar="TIPBRIEF_SMTP_PORT", help="Default: 587; 465 with --security tls.")
@click.option("--user", default="", envvar="TIPBRIEF_SMTP_USER", help="Its password: TIPBRIEF_SMTP_PASSWORD.")
@click.option(
    "--security",
    type=click.Choice(["starttls", "tls", "none"]),
    default="starttls",
    show_default=True,
    help="How the line is encrypted.",
)
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("out/sent.jsonl"),
    show_default=True,
    help="What was sent to whom: nothing in it is sent again.",
)
@_publication
@reporting
def mail(
    brief: str,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    sender: str,
    subject: str,
    out: Path | None,
    sends: bool,
    each: bool,
    host: str | None,
    port: int | None,
    user: str,
    security: Security,
    log: Path,
    folder: Path | None,
) -> None:
    """Write an e-mail with the PDF of BRIEF attached, as a draft to open in a mail program, or send it.

    Exit status 0: written, or sent to all. 1: problems, or somebody was not reached; run it again to send the
    rest.
    """
    from tipbrief.build.run import named
    from tipbrief.build.session import Workshop
    from tipbrief.mail import message as letters
    from tipbrief.mail import smtp
    from tipbrief.mail.addresses import mailboxes
    from tipbrief.mail.letter import letter_of
    from tipbrief.mail.sent_log import Sent

    if sends == bool(out):
        raise click.UsageError("say --out FILE.eml for a draft, or --send")
    if sends and not (host and sender):
        raise click.UsageError("--send needs --host and --from")
    boxes = [box.address for box in mailboxes([*to, *cc])]
    workshop = Workshop(folder or default_publication())
    if len(found := named(workshop, [brief])) > 1:
        raise Problems(Problem(f"'{brief}' is {len(found)} documents", hint=f"name one of them: {found[0]}"))
    piece = workshop.piece(brief)
    made = workshop.made(piece)
    letter = letter_of(workshop.publication, piece.edition, subject)
    if piece.edition.draft:
        click.echo(
            f"note: this is a draft of {piece.edition.name}: tipbrief build {brief} --deliver makes it final",
            err=True,
        )
    now = datetime.now().astimezone()

    def written(to: Sequence[str], cc: Sequence[str], *, draft: bool) -> bytes:
        return letters.message(
            letter,
            sender=sender,
            to=to,
            cc=cc,
            pdf=made.pdf,
            pdf_name=workshop.stem(brief) + ".pdf",
            date=now,
            message_id=make_msgid(domain="tipbrief.invalid"),
            draft=draft,
        )

    whole = written(to, cc, draft=not sends)
    size, heavy = letters.size_note(whole)
    if heavy:
        click.echo(f"warning: the message has {size}; many servers refuse large ones", err=True)
    if out:
        from tipbrief.files import replace_file

        replace_file(out, whole)
        click.echo(f"{out} ({size})")
        return
    key = hashlib.sha256(made.pdf + letter.subject.encode()).hexdigest()
    (from_,) = mailboxes([sender])
    envelopes = (
        [smtp.Envelope(key, from_.address, (box,), written([box], (), draft=False)) for box in boxes]
        if each
        else [smtp.Envelope(key, from_.address, tuple(boxes), whole)]
    )
    server = smtp.Server(
        str(host),
        port or (465 if security == "tls" else 587),
        user,
        os.environ.get("TIPBRIEF_SMTP_PASSWORD", ""),
        security,
    )
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        hint = "name another file: --log"
        message = f"the log's folder cannot be made: {fault.strerror}; nothing was sent"
        raise Problems(Problem(message, log.parent, hint=hint)) from None
    click.echo(f"{size} to {len(boxes)} address{'es' * (len(boxes) != 1)}")
    outcomes = smtp.send(
        server,
        envelopes,
        Sent(log),
        at=now,
        progress=lambda one: click.echo(f"  {one.state:<8} {one.recipient}  {one.reply}"),
    )
    if missed := [one for one in outcomes if not one.sent]:
        click.echo(f"{len(missed)} of {len(outcomes)} not sent; the log is {log}", err=True)
        sys.exit(1)


@main.group(invoke_without_command=True)
@click.pass_context
@reporting
def fonts(context: click.Context) -> None:
    """List the fonts: weight, version, licence, coverage, and whether their text reads back right."""
    if context.invoked_subcommand:
        return
    from tipbrief.assets import shipped
    from tipbrief.fonts import shelf

    faces = shelf.shelf(shipped("fonts"))
    for face in faces:
        reasons = shelf.is_safe(face.ttf)
        click.echo(
            f"{face.family} {face.weight}  version {face.version}, {face.licence}, "
            f"{len(shelf.coverage([face]))} characters, {face.ttf.stat().st_size / 1000:.0f} KB"
        )
        for line in [f"reads back wrong: {why}" for why in reasons] or ["reads back right"]:
            click.echo(f"  {line}")


@fonts.command()
@click.option("--font", type=click.Path(path_type=Path, dir_okay=False), help="A font of your own.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where its prepared files go.")
@reporting
def prepare(font: Path | None, out: Path | None) -> None:
    """Make the prepared fonts anew from the published ones, or prepare a font of your own."""
    from tipbrief.assets import shipped
    from tipbrief.fonts import shelf

    if (font is None) != (out is None):
        raise click.UsageError("--font FILE and --out DIR go together")
    done = shelf.prepare_file(font, out) if font and out else shelf.prepare_shelf(shipped("fonts"))
    for item in done:
        click.echo(f"{item.face.ttf}\n{item.face.woff2}")
        for note in item.notes:
            click.echo(f"  note: {note}")


@main.command()
def doctor() -> None:
    """Say what is installed and what is missing, ending with the command to run."""
    from tipbrief import doctor as diagnosis

    findings = diagnosis.examine()
    for finding in findings:
        state = {True: "ok", False: "missing", None: "not installed (optional)"}[finding.present]
        shown = click.style(state, fg=None if finding.present else "yellow")
        click.echo(f"{finding.name:<18} {shown}  {finding.detail}")
    remedies = list(dict.fromkeys(f.remedy for f in findings if f.present is False))
    if remedies:
        click.echo("\nTo mend it:\n" + "\n".join(f"  {remedy}" for remedy in remedies))
        sys.exit(1)
    click.echo("\nAll that is needed is here. Next: tipbrief build")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more


def _is(what: Callable[[Path], bool], path: Path) -> bool:
    """Whether a path is that; a text too long for a path is none."""
    try:
        return what(path)
    except OSError:
        return False


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise Problems(Problem(f"the file cannot be read: {fault.strerror}", file)) from None


def _today() -> Date:
    """Today; or the day of SOURCE_DATE_EPOCH, for builds that must be repeated."""
    from tipbrief.language.dates import Date

    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        now = datetime.fromtimestamp(int(given), UTC) if given.isdecimal() else datetime.now()
    except (OverflowError, OSError, ValueError):
        hint = "set it to seconds since 1970, or unset it"
        raise Problems(Problem(f"SOURCE_DATE_EPOCH is no time: {given}", hint=hint)) from None
    return Date(now.year, now.month, now.day)


def warn(warnings: Iterable[Problem], *, strict: bool) -> None:
    """Print warnings; with ``strict`` they are as bad as errors."""
    found = list(warnings)
    if found and strict:
        raise Problems(found)
    show(found)


def show(problems: list[Problem]) -> None:
    """Print problems to standard error: place, message, source line and hint; in colour on a terminal."""
    here = Path.cwd()
    for problem in problems[:MOST_SHOWN]:
        where, message = problem.where(here), problem.message
        head, *rest = problem.format(here).split("\n")
        if where:
            colour = "red" if problem.severity == "error" else "yellow"
            kind = "" if problem.severity == "error" else "warning: "
            head = f"{click.style(where, bold=True)}: {click.style(kind + message, fg=colour)}"
        click.echo(head, err=True)
        for line in rest:
            click.echo(click.style(line, dim=not line.startswith("    hint")), err=True)
    if len(problems) > MOST_SHOWN:
        click.echo(f"… and {len(problems) - MOST_SHOWN} more", err=True)
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        click.echo(f"{errors} problem{'s' if errors != 1 else ''}", err=True)
