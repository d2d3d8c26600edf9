"""The mail merge: recipients' files, the message that each recipient gets, and the folder of drafts."""

import csv
import glob
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import formataddr
from functools import cache, lru_cache
from pathlib import Path

from markupsafe import Markup

from tipbrief import limits
from tipbrief.check.publication import Publication
from tipbrief.check.tables import find_doubtful_cells
from tipbrief.check.texts import find_direction_characters
from tipbrief.compose.html_writer import HtmlWriter
from tipbrief.compose.templates import render_template
from tipbrief.files import hash_of, read_bytes, replace_file, resolve_within
from tipbrief.language.language import TABLE_WORDS, known_languages, read_data_file
from tipbrief.language.word_lists import fold_name
from tipbrief.ledger.entries import Edition, split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.status import drop_repeated_cells, find_edition_status
from tipbrief.load.grid import Grid, Row, read_grid
from tipbrief.load.publication_files import WORKBOOK_SUFFIX, list_dataset_files
from tipbrief.load.source_text import SourceLocation
from tipbrief.mail import message as messages
from tipbrief.mail.sent_log import SendingLog, SentEdition
from tipbrief.pipeline.document import USUAL_FORM, compose_document, edition_facts
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems, detect_encoding, suggest_nearest

_SUFFIXES = (".csv", WORKBOOK_SUFFIX)
_LINK = re.compile(r"(?:https?://[!-;=?-~]+|[!-;=?-~]+@[!-;=?-~]+)?")  # as it may stand in a header
COLUMNS = ("address", "name", "brief", "key", "language", "paper", "profile", "unsubscribe")
_MAX_LOADED_PDFS = 8  # of documents that many get
_PAGE = "index.html"
_OUR_PAGE = b'<meta name="generator" content="tipbrief mail">'


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person and one document: its brief, the key of its row, its language and form. What is empty is as usual."""

    box: messages.Mailbox
    brief: str = ""
    key: str = ""
    language: str = ""
    paper: str = ""
    profile: str = ""
    unsubscribe: str = ""  # where one asks for no more messages: an address of mail or of the web
    location: SourceLocation = field(default=SourceLocation(Path()), compare=False)


def recipients_files(folder: Path, name: str | None) -> list[Path]:
    """A publication's recipients' files, or the one of this name, anywhere. A problem if documents carry it."""
    found = sorted(one for one in (folder / "recipients").glob("[!.~]*") if one.suffix.lower() in _SUFFIXES)
    for one in found:
        resolve_within(folder, one)
    if name is None:
        return found
    known = {one.stem: one for one in found}
    if len(same := [one.name for one in found if one.stem == name]) > 1:
        message = f"recipients/ has several tables '{name}': {', '.join(same)}"
        raise Problems(message, hint="rename or remove the others")
    file = known.get(name) or Path(name)
    if not file.exists():
        carried = [one for one in (folder / "tables").glob(f"{glob.escape(name)}.*") if one.suffix in _SUFFIXES]
        hint = f"move {carried[0]} into recipients/, which no document carries" if carried else ""
        hint = hint or suggest_nearest(name, known) or "put it into recipients/, beside publication.yaml"
        raise Problems(f"there is no table of recipients '{name}'", hint=hint)
    content = hash_of(read_bytes(file))
    if any(hash_of(read_bytes(one)) == content for one in list_dataset_files(folder).values()):
        hint = "move it into recipients/, which no document carries"
        raise Problems("every document carries this file, with its addresses", file, hint=hint)
    return [file]


def read_recipients(file: Path) -> list[Recipient]:
    """The recipients in a CSV file or a workbook. Columns with other names are left out."""
    grid, found, problems = read_grid(file), list[Recipient](), list[Problem]()
    header = ["" if name.casefold() == "address" else name.casefold() for name in grid.header]
    address_column = _find_address_column(grid)
    if address_column is None:
        hint = f"the columns that are read: {', '.join(COLUMNS)}"
        raise Problems(grid.header_row.location.problem("the column 'address' is missing", hint))
    header[address_column] = "address"
    tags = {tag.casefold(): tag for tag in known_languages()}
    for row in grid.rows:
        for column in COLUMNS:
            if column in header:
                index = header.index(column)
                problems += find_direction_characters(row.cells[index], row.cell_location(index))
        cells = {name: row.cells[header.index(name)] if name in header else "" for name in COLUMNS}
        name, address, tag = cells.pop("name"), cells.pop("address"), cells["language"].casefold()
        if tag and tag not in tags:
            place = row.cell_location(header.index("language"))
            problems.append(place.problem(f"there is no language '{tag}'", suggest_nearest(tag, tags.values())))
        if not _LINK.fullmatch(cells["unsubscribe"]):
            place, hint = row.cell_location(header.index("unsubscribe")), "write stop@example.org or https://…"
            problems.append(place.problem(f"'{cells['unsubscribe']}' is no address", hint))
        cells["language"] = tags.get(tag, "")
        try:
            boxes = messages.parse_addresses("", [address]).to
        except Problems as raised:
            place = row.cell_location(address_column)
            problems += [place.problem(one.message, one.hint) for one in raised.problems]
            continue
        name = messages.to_one_line(" ".join(name.split()))
        found += [
            Recipient(messages.Mailbox(name or box.name, box.address), **cells, location=row.location) for box in boxes
        ]
    if errors := [one for one in (*problems, *find_doubtful_cells(grid)) if one.severity == "error"]:
        raise Problems(errors)
    return found


def _find_address_column(grid: Grid) -> int | None:
    """The column with addresses of mail, named ``address`` or e-mail; None if there is none."""
    # Beside a column 'e-mail' the column 'address' may be a postal one.
    words = {fold_name(word) for word in read_data_file(TABLE_WORDS)["addresses"]}
    columns = [at for at, name in enumerate(grid.header) if fold_name(name) in words]
    columns.sort(key=lambda at: grid.header[at].casefold() != "address")
    for column in columns:
        if any("@" in row.cells[column] for row in grid.rows):
            return column
    return columns[0] if columns else None


def format_refused(rows: Iterable[Recipient], replies: Mapping[str, str]) -> bytes:
    """A recipients' file with the rows of those whose address was refused, and the server's replies."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow([*COLUMNS, "reply"])
    for row in (row for row in rows if row.box.address in replies):
        others = (getattr(row, name) for name in COLUMNS[2:])
        table.writerow([row.box.address, row.box.name, *others, replies[row.box.address]])
    return text.getvalue().encode()


def forget_in_file(file: Path, address: str) -> int:
    """Remove somebody from a recipients' file; return the number of rows. What else the file says stays."""
    grid, content = read_grid(file), read_bytes(file)
    column = _find_address_column(grid) or 0
    rows = [(row, others) for row in grid.rows if (others := _others_in_cell(row.cells[column], address)) is not None]
    if rows:
        change = _change_workbook if file.suffix.lower() == WORKBOOK_SUFFIX else _change_csv
        replace_file(file, change(content, rows, column), was=content)
    return len(rows)


def _others_in_cell(cell: str, address: str) -> str | None:  # None if this one does not stand there
    try:
        boxes = messages.parse_addresses("", [cell]).to
    except Problems:
        return None
    others = [one for one in boxes if one.address.casefold() != address.casefold()]
    return None if len(others) == len(boxes) else ", ".join(formataddr((one.name, one.address)) for one in others)


def _change_csv(content: bytes, rows: Sequence[tuple[Row, str]], column: int) -> bytes:
    encoding = "utf-16" if detect_encoding(content) == "utf-16" else "utf-8"  # which keeps a mark at the beginning
    lines = list(io.StringIO(content.decode(encoding), newline=""))
    for row, others in reversed(rows):
        text = io.StringIO(newline="")
        cells = [*row.cells[:column], others, *row.cells[column + 1 :]]
        if others:
            csv.writer(text, delimiter=row.separator).writerow(cells)
        lines[row.location.line - 1 : row.location.end_line] = [text.getvalue()]
    return "".join(lines).encode(encoding)


def _change_workbook(content: bytes, rows: Sequence[tuple[Row, str]], column: int) -> bytes:
    from openpyxl import load_workbook

    book, changed = load_workbook(io.BytesIO(content)), io.BytesIO()
    for row, others in reversed(rows):
        sheet, line = book[row.location.sheet], row.location.line
        if others:
            sheet.cell(line, row.file_columns[column] + 1).value = others
        else:
            sheet.delete_rows(line)
    book.save(changed)
    return changed.getvalue()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document in one form, to be attached. ``facts`` name its edition, as its PDF does."""

    publication: Publication
    edition: Edition
    facts: Mapping[str, str | int]
    pdf_name: str
    load_pdf: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class MailMerge:
    """What all messages of a merge have in common. PDFs of more than ``zip_above`` bytes together are packed."""

    ledger: Ledger
    log: SendingLog
    sender: messages.Mailbox
    date: datetime
    subject: str = ""
    zip_above: int = messages.LARGE_MESSAGE_BYTES

    def compose_mail(self, box: messages.Mailbox, sheets: Sequence[Sheet], unsubscribe: str = "") -> messages.Mail:
        """The message with the sheets that somebody was not sent yet; if there are none, one that was sent."""
        fresh, past, earlier = dict[str, messages.Mail](), list[messages.Mail](), list[SentEdition]()
        known = self.log.editions_sent_to(box.address)
        for sheet in sheets:
            what = sheet.publication, sheet.edition
            before = [one for one in known if one.facts["brief"] == sheet.edition.brief][-1:]
            notices = [line for one in before for line in describe_replacement(*what, one, self.ledger)]
            body = messages.compose_body(*what, self.subject, box.name, notices)
            pdf = sheet.load_pdf() if sheet.edition.draft else b""
            part = messages.Mail(
                body, messages.Addresses(self.sender, (box,)), pdf, sheet.pdf_name, self.date, sheet.facts
            )
            if self.log.find_earlier_outcome(part, box.address):
                past.append(part)
            elif part.key not in fresh:
                fresh[part.key] = replace(part, pdf=pdf or sheet.load_pdf())
                earlier += before if notices else ()
        if not fresh:
            return past[0]
        headers: dict[str, str] = {}
        if unsubscribe:
            headers["List-Unsubscribe"] = f"<{'mailto:' * ('://' not in unsubscribe)}{unsubscribe}>"
        first, *others = fresh.values()
        if earlier:
            headers["Auto-Submitted"] = "auto-generated"
            first = replace(first, body=replace(first.body, subject=f"Re: {first.body.subject}"))
        if ids := dict.fromkeys(one.message_id for one in earlier if one.message_id):
            headers |= {"In-Reply-To": next(iter(ids)), "References": " ".join(ids)}
        packs = others and sum(len(part.pdf) for part in fresh.values()) > self.zip_above
        zip_name = f"{self.ledger.publication}.zip" if packs else ""
        return replace(first, others=tuple(others), headers=tuple(headers.items()), zip_name=zip_name)


def open_sheets(session: Session) -> Callable[[str, str, str], Sheet]:
    """A function that finds a document by its name, paper and profile; an empty one is the usual one."""

    @cache
    def find_form(paper: str, profile: str) -> Session:
        return replace(session, paper=paper or USUAL_FORM["paper"], profile=profile or USUAL_FORM["profile"])

    @lru_cache(_MAX_LOADED_PDFS)
    def load_pdf(name: str, paper: str, profile: str) -> bytes:
        with limits.limit_step(name, limits.DOCUMENT_SECONDS):
            return compose_document(find_form(paper, profile), name).load_or_render().pdf

    @cache
    def find_sheet(name: str, paper: str, profile: str) -> Sheet:
        form = find_form(paper, profile)
        _ = form.paper_and_profile  # a problem if there is no such form
        with limits.limit_step(name, limits.DOCUMENT_SECONDS):
            edition = compose_document(form, name).edition
        publication, facts = form.publication_for(name), edition_facts(form, edition)
        return Sheet(publication, edition, facts, form.file_name(name, "pdf"), lambda: load_pdf(name, paper, profile))

    return find_sheet


def find_sheets(session: Session, rows: Sequence[Recipient], brief: str, language: str = "") -> list[Sheet]:
    """The document of each row, by default of ``brief`` and in ``language``. All problems are raised together."""
    names, first = dict[tuple[str, str, str], str](), session.publication.language.tag
    for name, document in session.documents.items():
        plain, tag = split_document_name(name)
        names[plain.casefold(), "", tag or first] = name
        names[document.brief.id.casefold(), document.key.casefold(), tag or first] = name
    find_sheet, found, problems = open_sheets(session), list[Sheet](), list[Problem]()
    for row in rows:
        plain, tag = split_document_name(row.brief or brief)
        tag = row.language or tag or language or first
        # A brief that is one document has no keys.
        wanted = [(plain.casefold(), key.casefold(), tag) for key in (row.key, "")]
        try:
            if not (name := next((names[one] for one in wanted if one in names), "")):
                keys = [one.key for one in session.documents.values() if one.brief.id == plain]
                said = f"'{plain}' has no document '{row.key}' in the language '{tag}'"
                raise Problems(said, hint=suggest_nearest(row.key, keys))
            found.append(find_sheet(name, row.paper, row.profile))
        except Problems as raised:
            problems += [row.location.problem(one.message, one.hint, kind=one.kind) for one in raised.problems]
    if problems:
        raise Problems(problems)
    return found


def merge_mails(merge: MailMerge, pairs: Iterable[tuple[Recipient, Sheet]]) -> Iterator[messages.Mail]:
    """The message for each address, with the documents of its rows."""
    groups: dict[str, list[tuple[Recipient, Sheet]]] = {}
    for row, sheet in pairs:
        groups.setdefault(row.box.address.casefold(), []).append((row, sheet))
    for group in groups.values():
        box = next((row.box for row, _ in group if row.box.name), group[0][0].box)
        yield merge.compose_mail(box, [sheet for _, sheet in group], group[0][0].unsubscribe)


def describe_replacement(whole: Publication, edition: Edition, earlier: SentEdition, ledger: Ledger) -> list[str]:
    """What was wrong in an edition that somebody has, and what is right in this one, in the publication's language."""
    old = next((one for one in ledger.all_editions(edition.brief) if earlier.is_edition(one)), None)
    if old is None or old.signature == edition.signature:
        return []
    words, status = whole.language.gettext, find_edition_status(ledger, old)
    if status.state == "withdrawn":
        return [words("%(edition)s was withdrawn. Use this sheet in its place.", edition=old.signature)]
    lines = [words("This sheet takes the place of %(edition)s, which you have.", edition=old.signature)]
    writer = HtmlWriter(whole, (), whole.documents[edition.brief])
    for one in drop_repeated_cells(status.moved):
        shown = (writer.label(one.name), writer.value_then(one.name, one.was), writer.value_then(one.name, one.now))
        label, was, now = (Markup(text).striptags() for text in shown)
        form = "formerly %(was)s, now %(now)s" if one.kind == "revision" else "%(was)s was wrong; %(now)s is correct"
        lines.append(f"{label}: {words(form, was=was, now=now)}. {whole.reasons.get(one.reason, one.reason)}")
    return lines if status.moved else [*lines, words("Its numbers are the same.")]


@dataclass(frozen=True, slots=True)
class OldEdition:
    """A superseded or withdrawn edition that somebody has, and the newest one; ``who`` is as the log has it."""

    who: str
    earlier: SentEdition
    newest: Edition


def find_outdated(log: SendingLog, ledger: Ledger) -> Iterator[OldEdition]:
    """Who has which superseded or withdrawn edition, and was not sent the newest one of the document."""
    newest = cache(ledger.last_edition)
    for who in log.recipients:
        by_brief: dict[str, list[SentEdition]] = {}
        for one in log.editions_sent_to(who):
            if one.facts.get("publication") == ledger.publication:
                by_brief.setdefault(str(one.facts["brief"]), []).append(one)
        for brief, sent in by_brief.items():
            latest = newest(brief) if brief not in ledger.withdrawn_documents else None  # nothing takes its place
            if latest and not any(one.is_edition(latest) for one in sent):
                yield OldEdition(who, sent[-1], latest)


def list_replacements(
    outdated: Iterable[OldEdition], log: SendingLog, known: Iterable[Recipient]
) -> tuple[list[Recipient], list[Problem]]:
    """Who gets which newer edition; warnings if an address is hashed, and not among ``known`` recipients."""
    people = {log.identify(one.box.address): one for one in known}
    found, warnings = list[Recipient](), dict[Problem, None]()
    for one in outdated:
        person = people.get(one.who, Recipient(messages.Mailbox("", one.who)))
        if "@" not in person.box.address:
            message = f"somebody whose address is not known waits for {one.newest.name}"
            hint = "name the table of recipients in which they stand: --recipients"
            warnings[Problem(message, hint=hint, severity="warning")] = None
            continue
        paper, profile = (str(one.earlier.facts.get(name, "")) for name in ("paper", "profile"))
        found.append(replace(person, brief=one.newest.brief, key="", language="", paper=paper, profile=profile))
    return found, [*warnings]


def write_drafts(mails: Iterable[messages.Mail], out: Path | None) -> Iterator[tuple[messages.Mail, bytes]]:
    """Each message with its bytes, as it is composed; with ``out`` they are written, and a page that shows them."""
    if out:
        _prepare_folder(out)
    drafts = list[tuple[messages.Mail, str, str, int]]()
    for mail in mails:
        content = messages.compose_message(mail, draft=True)
        if out:
            # With a number: two addresses may differ only in marks or case, which not every disk tells apart.
            address = re.sub(r"[^A-Za-z0-9@._+-]", "_", mail.addresses.to[0].address)
            name = f"{len(drafts) + 1:03}-{address[:100]}.eml"
            replace_file(out / name, content)
            light = replace(mail, pdf=b"", others=tuple(replace(one, pdf=b"") for one in mail.others))
            drafts.append((light, name, messages.compose_mail_text(mail), -(-len(content) // 1024)))
        yield mail, content
    if out and drafts:
        page = render_template(
            messages.mail_templates(), "drafts.html.j2", drafts=drafts, language=drafts[0][0].body.language
        )
        replace_file(out / _PAGE, page.encode())


def _prepare_folder(out: Path) -> None:  # without earlier drafts; a problem if it holds something else
    files = list(out.iterdir()) if out.is_dir() else []
    if files and not ((out / _PAGE).is_file() and _OUR_PAGE in read_bytes(out / _PAGE)):
        raise Problems("the folder holds other files", out, hint="name a new folder for the drafts")
    out.mkdir(parents=True, exist_ok=True)
    replace_file(out / _PAGE, _OUR_PAGE)
    for file in files:
        if file.suffix == ".eml":
            file.unlink()
