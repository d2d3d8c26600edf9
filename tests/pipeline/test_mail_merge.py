"""Each recipient gets their own documents in one message, no edition twice; who has an old one gets the newest."""

import email
import email.policy
import os
import random
import signal
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import mailparser
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.samples import corrected, deliver, delivered
from tests.mail_server import AT, MailServer, running
from tests.pipeline.tongues import in_languages, translate
from tests.support import PATIENCE, ROOT, TIP_2025, figures_brief, problem_of, problems_of, wells
from tipbrief.check.publication import Publication, load_publication
from tipbrief.language.language import load_language
from tipbrief.ledger.entries import Withdrawal
from tipbrief.ledger.ledger import Ledger
from tipbrief.mail.message import Mail, Mailbox, compose_message
from tipbrief.mail.sending import SmtpServer, send_mails
from tipbrief.mail.sent_log import Outcome, SendingLog, open_log
from tipbrief.pipeline.inputs import load_translations
from tipbrief.pipeline.mail_merge import (
    COLUMNS,
    MailMerge,
    Recipient,
    Sheet,
    find_outdated,
    find_sheets,
    forget_in_file,
    format_refused,
    list_replacements,
    merge_mails,
    read_recipients,
    recipients_files,
    write_drafts,
)
from tipbrief.pipeline.session import Session

SENDER = Mailbox("دفتر", "desk@example.org")


def sheet_of(whole: Publication, book: Ledger, name: str) -> Sheet:
    """The newest edition of a document, with a PDF that names it."""
    edition = book.last_edition(name)
    assert edition
    facts = {"publication": book.publication, "brief": name, "number": edition.number, "code": edition.code}
    return Sheet(whole, edition, facts, f"{name}.pdf", lambda: f"%PDF {edition.signature}".encode())


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.strict)
    assert max(map(len, content.split(b"\r\n"))) <= 78
    return message


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())


def attachments(message: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_payload(decode=True) for part in message.iter_attachments()}  # type: ignore[misc]


# The log in any order of events

PEOPLE = ("amina@example.org", "basir@example.org")
BRIEFS = ("one", "two")
EVENTS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(PEOPLE), st.sampled_from(["sent", "refused", "killed", "torn"])),
    st.tuples(st.sampled_from(["correct", "withdraw"]), st.sampled_from(BRIEFS), st.just("")),
    st.tuples(st.just("hash"), st.just(""), st.just("")),
    st.tuples(st.just("forget"), st.sampled_from(PEOPLE), st.just("")),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    briefs = {name: figures_brief("wells").replace("title: چاه‌ها", f"title: {name}", 1) for name in BRIEFS}
    return load_publication(wells(tmp_path_factory.mktemp("merge") / "wells", **briefs))


@pytest.fixture(scope="module")
def fast_disk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


def test_nobody_gets_an_edition_twice_and_all_who_have_an_old_one_are_listed_once(
    tmp_path_factory: pytest.TempPathFactory, small: Publication, fast_disk: None
) -> None:
    @given(events=st.lists(EVENTS, max_size=14))
    def check(events: list[tuple[str, str, str]]) -> None:
        follow_events(events, small, tmp_path_factory.mktemp("log") / "sent.jsonl")

    check()


def follow_events(events: list[tuple[str, str, str]], small: Publication, log: Path) -> None:
    book = Ledger("wells")
    for name in BRIEFS:
        book = deliver(book, name, wells="1")
    known: dict[str, dict[str, None]] = {person: {} for person in PEOPLE}  # what each has, or may have
    for number, (event, what, how) in enumerate(events, 2):
        if event == "correct":
            book = deliver(book, what, wells=str(number))
        elif event == "withdraw" and (last := book.last_edition(what)) and len(book.valid_editions(what)) > 1:
            book = book.with_entries([Withdrawal(date=last.date, withdrawn_ids=(last.signature,))])
        with open_log(log, hashed=event == "hash") as opened:
            if event == "forget":
                opened.forget_recipient(what)
                known[what] = {}
            elif event == "send":
                sheets = [sheet_of(small, book, name) for name in BRIEFS]
                mail = MailMerge(book, opened, SENDER, AT).compose_mail(Mailbox("", what), sheets)
                fresh = [sheet.edition.signature for sheet in sheets if sheet.edition.signature not in known[what]]
                if opened.find_earlier_outcome(mail, what):
                    assert fresh == []
                    continue
                assert [part.body.signature for part in mail.parts] == fresh
                opened.write_state(mail, [what], "trying")
                if how in ("sent", "refused"):
                    opened.write_state(mail, [what], how, f"250 {what} ok")
                elif how == "torn":
                    opened.append_text('{"at": "' + what[:4])
                if how != "refused":
                    known[what] |= dict.fromkeys(fresh)
        again = SendingLog(log)
        found = [(one.who, one.newest.brief) for one in find_outdated(again, book)]
        wanted = []
        for person, editions in known.items():
            for name in BRIEFS:
                has = [one for one in editions if one.startswith(f"{name.upper()}/")]
                newest = book.last_edition(name)
                if has and newest and newest.signature not in has:
                    wanted.append((again.identify(person), name))
        assert sorted(found) == sorted(wanted)
        if log.exists() and b"sha256:" in (content := log.read_bytes()):
            assert not any(person.encode() in content for person in PEOPLE)


# The message


def test_a_correction_is_a_reply_that_says_what_was_wrong(small: Publication, tmp_path: Path) -> None:
    book, log = deliver(Ledger("wells"), "one", wells="1"), SendingLog(tmp_path / "sent.jsonl")
    merge = MailMerge(book, log, SENDER, AT)
    first = merge.compose_mail(Mailbox("کریم", PEOPLE[0]), [sheet_of(small, book, "one")], "stop@example.org")
    log.write_state(first, [PEOPLE[0]], "sent")
    whole = read(compose_message(first))
    assert whole["List-Unsubscribe"] == "<mailto:stop@example.org>"
    assert {"In-Reply-To", "Auto-Submitted"}.isdisjoint(whole.keys())
    book = deliver(book.with_entries([corrected("wells", "1", "2", "منبع نو است.")]), "one", wells="2")
    ((row,), warnings) = list_replacements(find_outdated(log, book), log, [Recipient(Mailbox("کریم", PEOPLE[0]))])
    assert warnings == []
    (mail,) = merge_mails(MailMerge(book, log, SENDER, AT), [(row, sheet_of(small, book, "one"))])
    whole = read(compose_message(mail))
    assert (whole["Subject"], whole["To"]) == ("Re: one", "کریم <amina@example.org>")
    assert whole["In-Reply-To"] == whole["References"] == first.message_id
    assert (whole["Auto-Submitted"], whole["Content-Language"]) == ("auto-generated", "fa-AF")
    head, correction = text_of(whole).splitlines()[:3:2]
    assert "ONE/1" in head
    assert "۱ نادرست بود؛ درست آن ۲ است. منبع نو است." in correction
    hashed = SendingLog(log.path, hashed=True)
    rows, (warning,) = list_replacements(find_outdated(hashed, book), hashed, [])
    assert (rows, warning.severity) == ([], "warning")
    assert "waits for ONE/2" in warning.message
    assert mailparser.parse_from_bytes(compose_message(mail)).from_ == [("دفتر", "desk@example.org")]


def test_several_documents_are_one_message_and_above_a_size_one_file(small: Publication, tmp_path: Path) -> None:
    book = deliver(deliver(Ledger("wells"), "one", wells="1"), "two", wells="1")
    sheets = [sheet_of(small, book, name) for name in (*BRIEFS, "one")]
    for limit, names in ((99, ["one.pdf", "two.pdf"]), (9, ["wells.zip"])):
        merge = MailMerge(book, SendingLog(tmp_path / "log"), SENDER, AT, zip_above=limit)
        whole = read(compose_message(merge.compose_mail(Mailbox("", PEOPLE[0]), sheets)))
        assert [*attachments(whole)] == names
        assert all(name in text_of(whole) for name in ("one.pdf", "two.pdf"))


def test_addresses_that_are_nearly_alike_have_drafts_of_their_own(small: Publication, tmp_path: Path) -> None:
    book = deliver(Ledger("wells"), "one", wells="1")
    alike = [f"{name}@{'office.' * 26}org" for name in ("o'brien", "o_brien", "o`brien", "m" * 60)]
    pairs = [(Recipient(Mailbox("", one)), sheet_of(small, book, "one")) for one in alike]
    mails = merge_mails(MailMerge(book, SendingLog(tmp_path / "log"), SENDER, AT), pairs)
    assert len([*write_drafts(mails, tmp_path / "drafts")]) == 4
    files = sorted((tmp_path / "drafts").glob("*.eml"))
    assert [str(email.message_from_bytes(file.read_bytes())["To"]).strip() for file in files] == alike
    assert all(f'href="{quote(file.name)}"' in (tmp_path / "drafts/index.html").read_text() for file in files)


# The table of recipients


TABLE = (
    "Address,name,key,language,telephone\r\nb@example.org,بصیر,AND,ps,1\r\n"
    '"a@example.org; B <b@example.org>",,AFG,,2\r\n'
)


def test_recipients_are_read_and_their_faults_told_at_their_places(tmp_path: Path) -> None:
    file = tmp_path / "officers.csv"
    file.write_text(TABLE, "utf-8")
    rows = read_recipients(file)
    assert [(row.box.address, row.box.name, row.key, row.language) for row in rows] == [
        ("b@example.org", "بصیر", "AND", "ps"), ("a@example.org", "", "AFG", ""), ("b@example.org", "B", "AFG", ""),
    ]  # fmt: skip
    refused = tmp_path / "refused.csv"
    refused.write_bytes(format_refused(rows, {"b@example.org": "550 who?"}))
    assert read_recipients(refused) == [rows[0], rows[2]]
    file.write_text("name,address\nx,nobody\ny,a@example.org", "utf-8")
    problem = problem_of(read_recipients, file)
    assert (problem.line, problem.column, problem.message) == (2, 3, "'nobody' is no mail address")
    file.write_text("address,language\na@example.org,pss", "utf-8")
    assert "did you mean 'ps'" in problem_of(read_recipients, file).hint
    file.write_text('address,unsubscribe\na@example.org,"x@y.org>\nBcc: b@example.org"', "utf-8")
    assert "is no address" in problem_of(read_recipients, file).message
    file.write_text("person\na@example.org", "utf-8")
    assert ", ".join(COLUMNS) in problem_of(read_recipients, file).hint


@pytest.mark.parametrize(
    "header",
    [
        "email",
        "E-mail",
        "Mail",
        "e_mail",
        "Email address",
        "ایمیل",
        "آدرس ایمیل",
        "پست الکترونیک",
        "برېښنالیک",
        "ایميل",
    ],
)
def test_the_column_of_addresses_may_be_called_e_mail(tmp_path: Path, header: str) -> None:
    file = tmp_path / "officers.csv"
    file.write_text(f"name,{header}\nبصیر,b@example.org\n", "utf-8")
    assert [(row.box.address, row.box.name) for row in read_recipients(file)] == [("b@example.org", "بصیر")]
    assert forget_in_file(file, "b@example.org") == 1


def test_beside_it_an_address_may_be_a_postal_one(tmp_path: Path) -> None:
    file = tmp_path / "officers.csv"
    file.write_text("address,email\nStreet 12,b@example.org\n", "utf-8")
    assert [row.box.address for row in read_recipients(file)] == ["b@example.org"]
    file.write_text("email,address\na@example.org,b@example.org\n", "utf-8")
    assert [row.box.address for row in read_recipients(file)] == ["b@example.org"]


@pytest.mark.parametrize("code", [0x202E, 0x202D, 0x202B, 0x2067, 0x200F])
@pytest.mark.parametrize(("column", "row"), [(1, "{}a@example.org,x"), (2, "a@example.org,Kar{}im")])
def test_no_name_and_no_address_turns_what_stands_after_it(tmp_path: Path, code: int, column: int, row: str) -> None:
    file = tmp_path / "officers.csv"
    file.write_text("address,name\nb@example.org,بصیر‌احمد\n" + row.format(chr(code)), "utf-8")
    problems = problems_of(read_recipients, file)
    assert (problems[0].line, f"U+{code:04X}" in problems[0].message) == (3, True)
    assert problems[0].column >= column


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_somebody_is_forgotten_and_the_rest_of_the_table_stays(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "officers.csv"
    file.write_bytes(TABLE.encode(encoding))
    assert (forget_in_file(file, "B@example.org"), forget_in_file(file, "b@example.org")) == (2, 0)
    assert file.read_bytes().decode(encoding) == "Address,name,key,language,telephone\r\na@example.org,,AFG,,2\r\n"


def test_somebody_is_forgotten_in_a_workbook(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book, file = Workbook(), tmp_path / "officers.xlsx"
    for row in (["address", "key"], ["b@example.org", "AND"], ["a@example.org, b@example.org", "AFG"]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(file)
    assert forget_in_file(file, "b@example.org") == 2
    assert [(row.box.address, row.key) for row in read_recipients(file)] == [("a@example.org", "AFG")]


def test_a_table_that_documents_carry_is_refused(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    (folder / "tables" / "officers.csv").write_text(TABLE, "utf-8")
    assert "move" in problem_of(recipients_files, folder, "officers").hint
    (folder / "recipients").mkdir()
    file = folder / "recipients" / "officers.csv"
    file.symlink_to(folder / "tables" / "officers.csv")
    for name in ("officers", str(folder / "tables" / "officers.csv")):
        assert "every document carries" in problem_of(recipients_files, folder, name).message
    file.unlink()
    file.symlink_to(tmp_path / "outside.csv")
    (tmp_path / "outside.csv").write_text(TABLE, "utf-8")
    assert "leads out of the publication" in problem_of(recipients_files, folder, None).message
    file.unlink()
    (folder / "tables" / "officers.csv").rename(file)
    assert recipients_files(folder, "officers") == recipients_files(folder, None) == [file]
    # Of two with one name none is passed over where somebody is to be forgotten.
    other = file.with_suffix(".XLSX")
    other.write_bytes(b"")
    assert recipients_files(folder, None) == [other, file]
    assert "several tables" in problem_of(recipients_files, folder, "officers").message


# The document of a row


def test_each_row_gets_its_own_document_in_its_own_language(tmp_path: Path) -> None:
    folder = in_languages(tmp_path / "wells", "fa-AF", "ps")
    translate(folder, "ps")
    session = Session.open(folder, languages=["ps"])
    rows = [
        row("AFG"), row("pak"), row("PAK", language="ps"), row("AND", "EACH"), row("AND", "each.ps"),
        row("AND", "each.ps", "fa-AF"), row("", "each-TJK"), row("", "each-TJK.ps"), row("AFG", "one"),
    ]  # fmt: skip
    found = ["each-AFG", "each-PAK", "each-PAK.ps", "each-AND", "each-AND.ps", "each-AND", "each-TJK", "each-TJK.ps"]
    for language in ("", "fa-AF"):
        assert names_of(find_sheets(session, rows, "each", language)) == [*found, "one"]
    # The language of the command is for those whose row has none.
    found[:2], found[3], found[6] = ["each-AFG.ps", "each-PAK.ps"], "each-AND.ps", "each-TJK.ps"
    assert names_of(find_sheets(session, rows, "each", "ps")) == [*found, "one.ps"]
    assert names_of(find_sheets(session, rows[:1], "each.ps")) == ["each-AFG.ps"]
    a5 = find_sheets(session, [replace(row("AFG", language="ps"), paper="a5")], "each")
    assert [(one.publication.language.tag, one.pdf_name) for one in a5] == [("ps", "wells-each-AFG-a5.ps.pdf")]


def test_who_would_get_no_document_is_told_for_all_rows_together(tmp_path: Path) -> None:
    session = Session.open(in_languages(tmp_path / "wells", "fa-AF", "ps"))
    file = tmp_path / "officers.csv"
    file.write_text("address,key,language\na@y.org,AFG,\nb@y.org,PAC,\nc@y.org,PAK,ps\nd@y.org,,\n", "utf-8")
    told = problems_of(find_sheets, session, read_recipients(file), "each")
    assert [(one.file, one.line, one.message) for one in told] == [
        (file, 3, "'each' has no document 'PAC' in the language 'fa-AF'"),
        (file, 4, "'each' has no document 'PAK' in the language 'ps'"),
        (file, 5, "'each' has no document '' in the language 'fa-AF'"),
    ]
    assert told[0].hint == "did you mean 'PAK'?"


def row(key: str, brief: str = "", language: str = "") -> Recipient:
    return Recipient(Mailbox("", "amina@example.org"), brief, key, language)


def names_of(sheets: Sequence[Sheet]) -> list[str]:
    return [one.edition.brief for one in sheets]


# 188 recipients in three languages


@dataclass
class RoughServer(MailServer):
    """A server that breaks the line at random, and kills who sends at some messages."""

    chance: random.Random = field(default_factory=lambda: random.Random(35))
    deaths: list[int] = field(default_factory=lambda: [40, 90, 140])  # messages after which it kills
    process: int = 0

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802
        self.drop = given[3] if self.chance.random() < 0.04 else ""
        return await super().handle_RCPT(*given)

    async def handle_DATA(self, *given: Any) -> str:  # noqa: N802
        self.drop = "answer" if self.chance.random() < 0.03 else ""
        answer = await super().handle_DATA(*given)
        if self.deaths and len(self.arrived) >= self.deaths[0]:
            os.kill(self.process, signal.SIGKILL)
            self.deaths.pop(0)
        return answer


TAGS = ("", "ps", "en")


def office_lists() -> tuple[Mapping[str, Publication], Ledger, list[Recipient]]:
    """The shipped publication in its languages, a ledger with a first edition of each sheet, and their officers."""
    whole = load_publication(TIP_2025)
    others = load_translations(whole, Ledger("tip-2025"), [load_language(tag) for tag in TAGS[1:]], None)
    keys = [document.key for document in whole.documents.values() if document.key]
    rows = [
        Recipient(Mailbox(f"مسئول {key}", f"{key.lower()}@example.org"), f"country-{key}{'.' * bool(tag)}{tag}")
        for key, tag in zip(keys, TAGS * len(keys), strict=False)
    ]
    book = Ledger("tip-2025")
    book = book.with_entries([delivered(book, row.brief, {f"x[{row.box.address[:3]}].y": "1"}) for row in rows])
    return {"": whole, **others}, book, rows


def send(
    port: int, log: Path, authority: str, rows: Sequence[Recipient], lists: Any, pauses: list[int]
) -> list[Outcome]:
    publications, book, _ = lists
    context = ssl.create_default_context(cafile=authority)
    server = SmtpServer("127.0.0.1", port, timeout=PATIENCE, context=context)
    with open_log(log) as opened:
        merge = MailMerge(book, opened, SENDER, AT)
        pairs = [(row, sheet_of(publications[row.brief.partition(".")[2]], book, row.brief)) for row in rows]
        pause = lambda: bool(pauses.append(1) or True)  # noqa: E731
        return list(send_mails(server, merge_mails(merge, pairs), opened, limit=50, pause=pause))


def send_in_own_process(port: str, log: str, authority: str) -> None:
    lists = office_lists()
    outcomes = send(int(port), Path(log), authority, lists[2], lists, [])
    sys.exit(any(outcome.state == "unsent" for outcome in outcomes))


@pytest.mark.slow
def test_188_people_get_their_sheet_once_and_its_correction_once(tmp_path: Path) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    lists, log, ca = office_lists(), tmp_path / "sent.jsonl", str(tmp_path / "ca.pem")
    publications, book, rows = lists
    refused = {row.box.address: "550 no such user" for row in rows[5::47]}
    people = {row.box.address: row for row in rows if row.box.address not in refused}
    assert (len(rows), len(refused)) == (188, 4)
    with running(RoughServer(refused=refused), tls, require_starttls=True) as office:
        assert isinstance(office, RoughServer)
        code = "import sys; from tests.pipeline.test_mail_merge import send_in_own_process as send; send(*sys.argv[1:])"
        command = [sys.executable, "-c", code, str(office.port), str(log), ca]
        for _ in range(20):
            child = subprocess.Popen(command, cwd=ROOT)
            office.process = child.pid
            if child.wait(PATIENCE) == 0:
                break
        assert office.deaths == []
        assert Counter(office.people) == Counter([*people])
        for to, content in office.arrived:
            message, row = read(content), people[to]
            signature = sheet_of(publications[row.brief.partition(".")[2]], book, row.brief).edition.signature
            assert attachments(message) == {f"{row.brief}.pdf": f"%PDF {signature}".encode()}
            assert str(message["To"]) == f"{row.box.name} <{to}>"
            assert message["Content-Language"] == (row.brief.partition(".")[2] or "fa-AF")
        office.chance = random.Random()
        office.chance.random = lambda: 1.0  # type: ignore[method-assign]
        assert not [one for one in send(office.port, log, ca, rows, lists, []) if one.state == "sent"]
        assert len(office.arrived) == len(people)

        wrong = rows[3:60:7]
        keys = [row.box.address[:3] for row in wrong]
        book = book.with_entries([corrected(f"x[{key}].y", "1", "2") for key in keys])
        new = [delivered(book, row.brief, {f"x[{row.box.address[:3]}].y": "2"}, content="cd" * 32) for row in wrong]
        lists = publications, book.with_entries(new), rows
        office.arrived.clear()
        for _ in range(2):
            outdated, _ = list_replacements(find_outdated(SendingLog(log), lists[1]), SendingLog(log), rows)
            send(office.port, log, ca, outdated, lists, [])
            concerned = {row.box.address for row in wrong} - refused.keys()
            assert sorted(office.people) == sorted(concerned)
        assert all("Auto-Submitted" in read(content) for _, content in office.arrived)


def test_a_limit_pauses_or_ends_a_run(small: Publication, tmp_path: Path) -> None:
    book, pauses = deliver(Ledger("wells"), "one", wells="1"), list[int]()
    sheet = sheet_of(small, book, "one")

    def mails(opened: SendingLog) -> list[Mail]:
        merge = MailMerge(book, opened, SENDER, AT)
        return [merge.compose_mail(Mailbox("", f"p{number}@example.org"), [sheet]) for number in range(7)]

    with running(MailServer()) as office, open_log(tmp_path / "log") as opened:
        server = SmtpServer("127.0.0.1", office.port, security="none", timeout=PATIENCE)
        states = [one.state for one in send_mails(server, mails(opened), opened, limit=3)]
        assert states == ["sent"] * 3 + ["unsent"] * 4
        pause = lambda: bool(pauses.append(len(office.arrived)) or True)  # noqa: E731
        list(send_mails(server, mails(opened), opened, limit=2, pause=pause))
    assert (len(office.arrived), pauses) == (7, [5])
