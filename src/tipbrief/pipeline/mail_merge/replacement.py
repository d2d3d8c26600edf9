"""Who has an edition that is superseded or withdrawn, and what a new one tells them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from markupsafe import Markup

from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import HtmlWriter
from tipbrief.ledger.entries import Edition
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.status import drop_repeated_cells, find_edition_status
from tipbrief.mail.message import Mailbox
from tipbrief.mail.sent_log import SendingLog, SentEdition
from tipbrief.pipeline.mail_merge.recipients import Recipient
from tipbrief.problems import Problem, Problems


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
        form = words("%(was)s was wrong; %(now)s is correct", was=was, now=now)
        if one.kind == "revision":
            form = words("formerly %(was)s, now %(now)s", was=was, now=now)
        lines.append(f"{label}: {form}. {whole.reasons.get(one.reason, one.reason)}")
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
            latest = newest(brief)
            if latest and not any(one.is_edition(latest) for one in sent):
                yield OldEdition(who, sent[-1], latest)


def list_replacements(outdated: Iterable[OldEdition], log: SendingLog, known: Iterable[Recipient]) -> list[Recipient]:
    """Who gets which newer edition. Problems if an address is hashed, and not among ``known`` recipients."""
    people = {log.identify(one.box.address): one for one in known}
    found, problems = list[Recipient](), list[Problem]()
    for one in outdated:
        person = people.get(one.who, Recipient(Mailbox("", one.who)))
        if "@" not in person.box.address:
            hint = "name the table of recipients that they stand in: --recipients"
            problems.append(Problem(f"the address of somebody who has {one.newest.name} is not known", hint=hint))
        paper, profile = (str(one.earlier.facts.get(name, "")) for name in ("paper", "profile"))
        found.append(replace(person, brief=one.newest.brief, key="", language="", paper=paper, profile=profile))
    if problems:
        raise Problems(dict.fromkeys(problems))
    return found
