"""The mail merge: the documents that each row of recipients names, and the message for each address."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache

from tipbrief import limits
from tipbrief.check.publication import Publication
from tipbrief.ledger.entries import Edition, split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.mail.message import LARGE_MESSAGE_BYTES, Addresses, Mail, Mailbox, compose_body
from tipbrief.mail.sent_log import SendingLog, SentEdition
from tipbrief.pipeline.document import USUAL_FORM, compose_document, edition_facts
from tipbrief.pipeline.mail_merge.recipients import Recipient
from tipbrief.pipeline.mail_merge.replacement import describe_replacement
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems, suggest_nearest

_MAX_LOADED_PDFS = 8  # of documents that many get


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
    sender: Mailbox
    date: datetime
    subject: str = ""
    zip_above: int = LARGE_MESSAGE_BYTES

    def compose_mail(self, box: Mailbox, sheets: Sequence[Sheet], unsubscribe: str = "") -> Mail:
        """The message with the sheets that somebody was not sent yet; if there are none, one that was sent."""
        fresh, past, earlier = dict[str, Mail](), list[Mail](), list[SentEdition]()
        known = self.log.editions_sent_to(box.address)
        for sheet in sheets:
            what = sheet.publication, sheet.edition
            before = [one for one in known if one.facts["brief"] == sheet.edition.brief][-1:]
            notices = [line for one in before for line in describe_replacement(*what, one, self.ledger)]
            body = compose_body(*what, self.subject, box.name, notices)
            pdf = sheet.load_pdf() if sheet.edition.draft else b""
            part = Mail(body, Addresses(self.sender, (box,)), pdf, sheet.pdf_name, self.date, sheet.facts)
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


def merge_mails(merge: MailMerge, pairs: Iterable[tuple[Recipient, Sheet]]) -> Iterator[Mail]:
    """The message for each address, with the documents of its rows."""
    groups: dict[str, list[tuple[Recipient, Sheet]]] = {}
    for row, sheet in pairs:
        groups.setdefault(row.box.address.casefold(), []).append((row, sheet))
    for group in groups.values():
        box = next((row.box for row, _ in group if row.box.name), group[0][0].box)
        yield merge.compose_mail(box, [sheet for _, sheet in group], group[0][0].unsubscribe)
