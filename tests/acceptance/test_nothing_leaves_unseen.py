"""Nothing leaves that nobody sees: what no page shows is in no file that a command writes.

Twenty kinds of form go through `new` and all commands that write. Each cell holds a mark of its
own. A mark that no page shows may be in no PDF, site, export, e-mail, ledger or preview.
"""

import base64
import csv
import email
import email.policy
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.support import pdf_text, run, run_well, write_own_words
from tipbrief.check.cell_values import TO_LATIN_DIGITS

ROWS = 7
SEPARATORS = str.maketrans("", "", ",٬")
# Kinds of columns: words, whole numbers, decimals, choices, codes; each cell has its mark.
WORDS, COUNT, PLACE, CHOICE, CODE = "words", "count", "place", "choice", "code"


@dataclass(frozen=True)
class Form:
    """A kind of form: its columns with their kinds, and whether a workbook holds it."""

    name: str
    columns: dict[str, str]
    is_workbook: bool = False


def _form(name: str, columns: str, *, is_workbook: bool = False) -> Form:
    pairs = [column.rpartition(":") for column in columns.split("; ")]
    return Form(name, {header: kind for header, _, kind in pairs}, is_workbook)


HOUSEHOLD = "start:words; code:code; district:words; head of household:words; members:count; "
FORMS = [
    _form("household", HOUSEHOLD + "phone:count; _uuid:words; needs:words; lat:place; lon:place"),
    _form("household-xlsx", HOUSEHOLD + "phone:count; needs:words; lat:place", is_workbook=True),
    _form("kobo", "code:code; start:words; end:words; village:words; respondent:words; age:count; "
          "_gps:words; _gps_latitude:place; _gps_longitude:place; _uuid:words; _id:count"),
    _form("clinic", "code:code; clinic:words; patients:count; doctor:words; e-mail:words; beds:count"),
    _form("school", "code:code; school:words; pupils:count; girls:count; teacher:words; mobile:words"),
    _form("cash", "code:code; place:words; beneficiary:words; tazkira:words; amount:count; bank:words"),
    _form("detention", "code:code; province:words; cases:count; lawyer:words; victim:words; note:words"),
    _form("survey-17", "code:code; name:words; " + "; ".join(f"question {at}:words" for at in range(15))),
    _form("numbers-17", "code:code; name:words; " + "; ".join(f"value {at}:count" for at in range(15))),
    _form("staff", "code:code; office:words; staff:count; manager:words; salary:count; home address:words"),
    _form("water", "code:code; well:words; depth:count; owner:words; lat:place; lon:place; remark:words"),
    _form("market", "code:code; market:words; price:place; seller:words; phone:words; stock:count"),
    _form("dari", "code:code; ولسوالی:words; خانوار:count; نام سرپرست:words; تلفون:count; نیازها:words"),
    _form("pashto", "code:code; ولسوالۍ:words; کورنۍ:count; نوم:words; ټیلیفون:count; اړتیا:words"),
    _form("incident", "code:code; area:words; people:count; reported by:words; device id:words; x:place; y:place"),
    _form("shelter", "code:code; camp:words; tents:count; focal point:words; e-mail:words; imei:count"),
    _form("training", "code:code; city:words; trained:count; trainer:words; birth date:words; score:place"),
    _form("convoy", "code:code; route:words; trucks:count; driver:words; plate:words; departure:words",
          is_workbook=True),
    _form("return", "code:code; border:words; returnees:count; interviewer:words; passport:words; fee:place",
          is_workbook=True),
    _form("election", "code:code; centre:words; votes:count; chair:words; chair phone:count; seal:words",
          is_workbook=True),
]  # fmt: skip


def _make_cell(kind: str, column: int, row: int) -> str | int | float:
    number = 1_000_000 + column * 10_007 + row * 613
    if kind == WORDS:
        return f"Q{_letters(number)}"
    if kind == PLACE:
        return float(f"{30 + column}.{number % 100_000:05}1")
    if kind == CODE:
        return f"K-{row + 1}"
    return number


def _letters(number: int) -> str:
    return "".join("bdfghklmnp"[int(digit)] for digit in str(number))


def _write_table(form: Form, folder: Path, *, moved: int = 0) -> Path:
    """The file of a form. Where ``moved``, each mark of its last row is another."""
    rows = [
        [
            _make_cell(kind, column, row + moved * (row == ROWS - 1) * (kind != CODE))
            for column, kind in enumerate(form.columns.values())
        ]
        for row in range(ROWS)
    ]
    if not form.is_workbook:
        file = folder / f"{form.name}.csv"
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows([[*form.columns], *rows])
        return file
    book = openpyxl.Workbook()
    for row in [[*form.columns], *rows]:
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["D"].hidden = True
    salaries = book.create_sheet("confidential – salaries")
    salaries.append(["Qsalarysheet", 7654321])
    book.properties.creator = "Qauthorofbook"
    file = folder / f"{form.name}.xlsx"
    book.save(file)
    return file


def _list_marks(form: Form, *, moved: int = 0) -> set[str]:
    marks = {"Qsalarysheet", "7654321", "Qauthorofbook"}
    for column, kind in enumerate(form.columns.values()):
        if kind != CODE:
            rows = range(ROWS + moved)
            marks |= {str(_make_cell(kind, column, row)) for row in rows}
    return marks


def _read_parts(name: str, content: bytes) -> Iterator[str]:
    """All texts in a file, with those that are packed in it."""
    text = content.decode("utf-8", "replace")
    yield text
    if name.endswith(".pdf"):
        yield pdf_text(content)
        with pikepdf.open(io.BytesIO(content)) as pdf:
            for item in pdf.objects:
                if isinstance(item, pikepdf.Stream):
                    yield from _read_parts("", item.read_bytes())
                else:
                    yield item.unparse(resolved=True).decode("utf-8", "replace")
            for file_name, file in pdf.attachments.items():
                yield from _read_parts(file_name, file.get_file().read_bytes())
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _read_parts(member, archive.read(member))
    if content.startswith(b"\x1f\x8b"):
        yield from _read_parts("", zlib.decompress(content, 31))
    if name.endswith(".eml"):
        message = email.message_from_bytes(content, policy=email.policy.default)
        for part in message.walk():
            if not part.is_multipart():
                payload = part.get_payload(decode=True)
                yield from _read_parts(part.get_filename() or "", payload)
    if '"old"' in text:
        for packed in re.findall(r'"old":\s*"([^"]+)"', text):
            yield from _read_parts("", zlib.decompress(base64.b85decode(packed)))


def _plain(text: str) -> str:
    return text.translate(TO_LATIN_DIGITS).replace("٫", ".").translate(SEPARATORS)


def _find_marks(marks: set[str], text: str) -> set[str]:
    plain = _plain(text)
    return {mark for mark in marks if mark in plain}


def _seen_marks(folder: Path, marks: set[str]) -> set[str]:
    """The marks in the words of all pages; also as printed, with fewer decimals."""
    seen = set[str]()
    for file in folder.glob("*.html"):
        page = LexborHTMLParser(file.read_text(encoding="utf-8"))
        for element in page.css("script, style"):
            element.decompose()
        seen |= _find_marks(marks, page.text(separator=" "))
    return seen


def _publish(form: Form, tmp_path: Path) -> tuple[set[str], dict[str, set[str]]]:
    """What pages show of a form, and by file and command what else leaves."""
    tmp_path.mkdir(exist_ok=True)
    folder, out, site = tmp_path / "pub", tmp_path / "out", tmp_path / "site"
    table = _write_table(form, tmp_path)
    run_well("new", folder, "--language", "en", "--from", table, "--yes")
    write_own_words(folder, "en")
    said = [run_well("build", "--all", "--deliver", "--publication", folder, "--out", out).output]
    common = ("--publication", folder)
    said.append(run_well("site", *common, "--delivered", out, "--out", site).output)
    said.append(run_well("export", *common, "--out", tmp_path / "export").output)
    said.append(run_well("mail", "sheet", *common, "--to", "a@example.org", "--out", tmp_path / "m.eml").output)
    marks = _list_marks(form, moved=1)
    seen = _seen_marks(out, marks)
    moved = tmp_path / "moved"
    moved.mkdir()
    newer = _write_table(form, moved, moved=1)
    newer = newer.rename(moved / next((folder / "tables").iterdir()).name)
    page = tmp_path / "page.html"
    said.append(run("correct", "--from", newer, *common, "--html", page).output)
    done = run("correct", "--from", newer, *common, "--reason", "New count", "--yes", "--deliver", "--out", out)
    said.append(done.output)
    said.append(run("status", *common).output)
    said.append(run("list", *common).output)

    unseen = marks - seen - _seen_marks(out, marks)
    files = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}
    leaks = dict[str, set[str]]()
    for name, path in files.items():
        is_own_file = name.startswith(("pub/tables", "moved/")) or path == table
        if not is_own_file:
            parts = "\n".join(_read_parts(name, path.read_bytes()))
            leaks[name] = _find_marks(unseen, parts)
    leaks["output"] = _find_marks(unseen, "\n".join(said))
    assert done.exit_code == 0, done.output
    return marks - unseen, {name: found for name, found in leaks.items() if found}


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_what_no_page_shows_is_in_no_file(form: Form, tmp_path: Path) -> None:
    seen, leaks = _publish(form, tmp_path)

    assert seen, "the pages show something"
    assert leaks == {}


def test_a_form_with_a_hidden_column_and_another_sheet_keeps_them(tmp_path: Path) -> None:
    seen, leaks = _publish(FORMS[1], tmp_path)

    assert seen
    assert leaks == {}
