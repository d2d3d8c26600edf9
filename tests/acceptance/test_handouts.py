"""The commands for handouts and e-mail: impose, mail, build with paper, profile and pictures."""

import email
import email.policy
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from click.testing import Result
from PIL import Image

from tests import support
from tests.browser import BEYOND, Tab
from tests.mail_server import MailServer, running
from tests.support import GOLDEN, figures_brief, run, run_badly, run_well

PEOPLE = ("amina@example.org", "basir@example.org")


@pytest.fixture(scope="module")
def wells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up publication with one small brief beside that for each row."""
    small = figures_brief("countries, open").replace("title: چاه‌ها", "title: چاه‌ها در {countries} کشور", 1)
    small = small.replace("blocks:\n", "blocks:\n  - lead: opening\n")
    each = (GOLDEN / "briefs" / "each.yaml").read_text("utf-8")
    return support.wells(tmp_path_factory.mktemp("handouts") / "wells", all=small, each=each)


@pytest.fixture
def office() -> Iterator[MailServer]:
    with running(MailServer()) as office:
        yield office


def attached(message: bytes) -> tuple[str, bytes]:
    (part,) = email.message_from_bytes(message, policy=email.policy.default).iter_attachments()
    return str(part.get_filename()), part.get_payload(decode=True)  # type: ignore[return-value]


def sending(office: MailServer, wells: Path, log: Path, *more: str, status: int = 1) -> Result:
    words = ["mail", "all", "--send", "--host", "127.0.0.1", "--port", str(office.port), "--security", "none"]
    words += ["--from", "desk@example.org", "--publication", str(wells), "--log", str(log), *more]
    return run_badly(*words, *(word for person in PEOPLE for word in ("--to", person)), status=status)


def test_a_draft_holds_the_pdf_that_build_writes(wells: Path, tmp_path: Path) -> None:
    run_well("build", "all", "--publication", wells, "--out", tmp_path / "out")
    draft = tmp_path / "all.eml"
    done = run("mail", "all", "--to", "امینه <amina@example.org>", "--out", draft, "--publication", wells)
    assert (done.exit_code, done.stderr) == (
        0, "note: this is a draft of ALL/1: tipbrief build all --deliver makes it final\n",
    )  # fmt: skip
    assert done.stdout.startswith(f"{draft} (")
    message = email.message_from_bytes(draft.read_bytes(), policy=email.policy.default)
    assert message["Subject"] == "چاه‌ها در ۴ کشور"
    assert message["X-Unsent"] == "1"
    body = message.get_body(("plain",))
    assert body is not None
    assert "۱۲٬۳۴۵٫۵ چاه شمرده شده است" in body.get_content()
    assert attached(draft.read_bytes()) == ("wells-all.pdf", (tmp_path / "out" / "wells-all.pdf").read_bytes())


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["all", "--to", "a@b@c", "--out", "x.eml"], 1, "a@b@c"),
        (["all", "--to", "a@example.org\nBcc: x@example.org", "--out", "x.eml"], 1, "a line break"),
        (["each", "--to", "a@example.org", "--out", "x.eml"], 1, "'each' is 4 documents"),
        (["al", "--to", "a@example.org", "--out", "x.eml"], 1, "did you mean 'all'?"),
        (["all", "--to", "a@example.org"], 2, "--out FILE.eml for a draft, or --send"),
        (["all", "--to", "a@example.org", "--send"], 2, "--send needs --host and --from"),
    ],
)
def test_mistakes_write_and_send_nothing(
    words: list[str], status: int, said: str, wells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_badly("mail", *words, "--publication", wells, status=status)
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_message_is_sent_whole_and_never_twice(office: MailServer, wells: Path, tmp_path: Path) -> None:
    office.refused = {PEOPLE[1]: "550 no such person"}
    first = sending(office, wells, tmp_path / "sent.jsonl", "--each")
    assert "1 of 2 not sent" in first.stderr
    office.refused = {}
    second = sending(office, wells, tmp_path / "sent.jsonl", "--each", status=0)
    assert f"already  {PEOPLE[0]}" in second.stdout
    assert office.people == [*PEOPLE]
    names, sums = zip(*((name, hashlib.sha256(pdf).hexdigest()) for name, pdf in (
        attached(message) for _, message in office.arrived
    )), strict=True)  # fmt: skip
    assert set(names) == {"wells-all.pdf"}
    run_well("build", "all", "--publication", wells, "--out", tmp_path / "out")
    assert set(sums) == {hashlib.sha256((tmp_path / "out" / "wells-all.pdf").read_bytes()).hexdigest()}


def test_each_gets_their_sheet_and_who_has_an_old_one_the_newest(
    office: MailServer, wells: Path, tmp_path: Path, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, (amina, basir) = Path(shutil.copytree(wells, tmp_path / "wells")), PEOPLE
    monkeypatch.chdir(tmp_path)
    (folder / "recipients").mkdir()
    table = f"key,address,name,paper\nAFG,{amina},امینه,\nTJK,{amina},امینه,a5\nAND,{basir},,\n"
    (folder / "recipients" / "officers.csv").write_text(table, "utf-8")
    support.append(folder / "publication.yaml", "mail: {subject: 'برگۀ {title}', greeting: '{name} گرامی،'}\n")
    run_well("build", "each", "--deliver", "--publication", folder)

    def send(*words: str, status: int = 0) -> str:
        server = ["--host", "127.0.0.1", "--port", str(office.port), "--security", "none", "--from", "d@example.org"]
        return run_badly("mail", *words, "--send", *server, "--publication", folder, status=status).output

    run_well("mail", "each", "--recipients", "officers", "--out", "drafts", "--publication", folder)
    drafts = [f"{number:03}-{one}.eml" for number, one in enumerate(PEOPLE, 1)]
    assert sorted(path.name for path in Path("drafts").iterdir()) == [*drafts, "index.html"]
    tab.show(tmp_path / "drafts" / "index.html", 320)
    assert (tab.evaluate(BEYOND), tab.barriers()) == ([], [])
    assert "برگۀ افغانستان" in tab.evaluate("document.body.innerText")
    office.refused = {basir: "550 who?"}
    assert "mend their addresses in out/sent.refused.csv" in send("each", "--recipients", "officers", status=1)
    office.refused = {}
    send("each", "--recipients", "out/sent.refused.csv")
    assert send("each", "--recipients", "officers").count("already") == 2
    first = email.message_from_bytes(office.arrived[0][1], policy=email.policy.default)
    assert [part.get_filename() for part in first.iter_attachments()] == ["wells-each-AFG.pdf", "wells-each-TJK-a5.pdf"]
    for command in (["correct", "places[AFG].depth", "130", "--reason", "چاپ"], ["build", "each"]):
        said = run_well(*command, "--deliver", "--publication", folder)
        assert "1 person has the old sheet: tipbrief mail --superseded" in said.stdout
    said = run("status", "EACH-AFG/1", "--publication", folder, TIPBRIEF_LANGUAGE="fa_AF")
    assert "به 1 تن فرستاده شده است" in said.stdout
    assert amina in run_well("mail", "--superseded", "--publication", folder).stdout
    assert office.people == [amina, basir]
    for _ in range(2):
        send("--superseded", "--log-hashed")
        assert office.people == [amina, basir, amina]
    reply = email.message_from_bytes(office.arrived[2][1], policy=email.policy.default)
    assert (reply["In-Reply-To"], reply["Subject"]) == (first["Message-ID"], "Re: برگۀ افغانستان")
    run_well("mail", "--forget", amina.upper(), "--publication", folder)
    left = [file.read_text("utf-8") for file in (Path("out/sent.jsonl"), folder / "recipients" / "officers.csv")]
    assert not [text for text in left if amina in text]
    assert basir in left[1]
    Path("out/sent.jsonl").write_text("something else\n")
    for command in (["build", "each", "--deliver"], ["status", "EACH-AND/1"]):
        assert "warning: the sending log" in run_well(*command, "--publication", folder, quiet=False).output


def test_papers_and_profiles_have_files_of_their_own(wells: Path, tmp_path: Path) -> None:
    for words in (["--paper", "a5"], ["--profile", "grey"], ["--paper", "letter", "--profile", "press"]):
        run_well("build", "all", "--publication", wells, "--out", tmp_path, *words)
    sizes = {}
    for name in ("wells-all-a5.pdf", "wells-all-grey.pdf", "wells-all-letter-press.pdf"):
        with pikepdf.open(tmp_path / name) as pdf:
            box = pdf.pages[0].trimbox
            sizes[name] = (round(float(box[2] - box[0])), round(float(box[3] - box[1])))
    assert list(sizes.values()) == [(420, 595), (595, 842), (612, 792)]
    assert run("build", "all", "--publication", wells, "--paper", "a44").exit_code == 1
    assert "did you mean 'grey'?" in run("build", "all", "--publication", wells, "--profile", "gray").stderr


def test_pages_and_a_card_become_pictures(wells: Path, tmp_path: Path) -> None:
    run_well("build", "all", "--publication", wells, "--out", tmp_path, "--png", "600")
    with Image.open(tmp_path / "wells-all-1.png") as page, Image.open(tmp_path / "wells-all-card.png") as card:
        assert page.width == 600
        assert card.size == (1080, 1080)
    assert run("build", "all", "--publication", wells, "--png", "5").exit_code == 2


def test_impose_writes_beside_the_pdf_and_says_what_it_did(world: Path, tmp_path: Path) -> None:
    pdf = Path(shutil.copy(world / "tip-2025-world.pdf", tmp_path))
    done = run_well("impose", pdf, "--as", "2-up", quiet=True)
    made = tmp_path / "tip-2025-world-2-up.pdf"
    assert done.stdout.startswith(f"{made} (1 sheet, ")
    with pypdfium2.PdfDocument(made) as sheet:
        assert len(sheet) == 1
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing")
    done = run_badly("impose", broken, "--as", "booklet")
    assert done.stderr.startswith(f"{broken}: ")
    assert not (tmp_path / "broken-booklet.pdf").exists()
