"""What the PDF of one row carries: the whole publication, its own values, or nothing; private cells nowhere."""

import re
import zipfile
import zlib
from base64 import b85decode
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from tests.pipeline.rows import sheets
from tests.support import append, change, contents, pdf_text, problem_of, problems_of, run_badly, run_well
from tipbrief.check import publication
from tipbrief.check.cell_values import TO_LATIN_DIGITS
from tipbrief.check.publication import load_publication
from tipbrief.files import hash_of
from tipbrief.language.dates import Date
from tipbrief.ledger.editions import find_dataset_value
from tipbrief.ledger.status import find_status_by_pdf
from tipbrief.pdf.embedded_files import read_provenance
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.run import build_documents, deliver_editions, write_index_and_collection
from tipbrief.pipeline.session import Session

SECRETS = {f"ROW-S{at}": f"راز{letter}ان" for at, letter in enumerate("بپتثجچحخدذرزژسشصضطظع")}
SHEETS = ["each-ROW-S3", "each-ROW-S7"]


TO_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
SHARE = "  - share: {table: places, by: state, title: حالت‌ها}\n"
# Of the private column, which sheets print, and of a table whose rows belong to places.
TELEPHONES = {key: f"07199{30000 + at}" for at, key in enumerate(SECRETS)}
VISITS = {key: f"دیدار{word}" for key, word in SECRETS.items() if key != "ROW-S5"}
PRIVATE_KEY = "iso3: {type: code, private: true}\n    name"
COUNT = "many:\n  label: م\n  kind: counted\n  count: {table: places, where: {telephone: '1'}}\n"
PRIVATE = "    telephone: {type: text, label: تلفون, blank: true, private: true}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sheets for rows with secret words, which carry nothing."""
    folder = sheets(tmp_path / "wells")
    rows = "".join(f"{key},{word},{7340000 + at},open,\n" for at, (key, word) in enumerate(SECRETS.items()))
    append(folder / "tables" / "places.csv", rows)
    brief = folder / "briefs" / "each.yaml"
    brief.write_text(brief.read_text(encoding="utf-8") + "carry: none\n", encoding="utf-8")
    return folder


@pytest.fixture
def private(folder: Path) -> Path:
    """The same sheets with private telephones and visits; they carry their own values."""
    brief, table = folder / "briefs" / "each.yaml", folder / "tables" / "places.csv"
    change(brief, "carry: none\n", "carry: own\n")
    change(folder / "briefs" / "one.yaml", "blocks:", "carry: none\nblocks:")
    blocks = "  - prose: call\n  - table: {table: visits, columns: [words], within: iso3, title: دیدارها}\n"
    change(brief, "  - sources", blocks + SHARE + "  - sources")
    change(folder / "texts.yaml", "prose:\n", "prose:\n  call:\n    text: 'تلفون {row.telephone} است.'\n")
    top, *rows = table.read_text(encoding="utf-8").splitlines()
    table.write_text(
        f"{top},telephone\n" + "".join(f"{row},{TELEPHONES.get(row.split(',')[0], '')}\n" for row in rows), "utf-8"
    )
    change(folder / "tables.yaml", "    depth: {type", PRIVATE + "    depth: {type")
    visits = (
        "visits:\n  file: tables/visits.csv\n  title: دیدارها\n  key: [iso3, order]\n  sources: [survey]\n  columns:\n"
    )
    visits += "    iso3: {type: key, table: places}\n    order: {type: code}\n    words: {type: text, label: سخن}\n"
    append(folder / "tables.yaml", visits)
    lines = "".join(f"{key},1,{words}\n" for key, words in VISITS.items())
    (folder / "tables" / "visits.csv").write_text("iso3,order,words\n" + lines, encoding="utf-8")
    return folder


def _all_text(pdf: bytes) -> str:
    """All that stands in a PDF: its objects, streams, metadata and texts."""
    found = []
    with pikepdf.open(BytesIO(pdf)) as parts:
        for one in parts.objects:
            if isinstance(one, pikepdf.Stream):
                found += [one.read_raw_bytes(), one.read_bytes()]
            else:
                found.append(one.unparse(resolved=True))
            found += [str(value).encode() for value in _strings(one)]
    return b"\n".join(found).decode("utf-8", "replace")


def _strings(item: object) -> list[pikepdf.String]:
    if isinstance(item, pikepdf.String):
        return [item]
    if isinstance(item, pikepdf.Array):
        return [text for one in item if not getattr(one, "is_indirect", False) for text in _strings(one)]
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        values = [value for _, value in item.items() if not getattr(value, "is_indirect", False)]
        return [text for one in values for text in _strings(one)]
    return []


@pytest.mark.parametrize(
    "form", [{}, {"profile": "pdf2"}, {"profile": "grey", "paper": "a5"}], ids=["office", "pdf2", "a5"]
)
def test_nothing_of_another_row_is_in_a_document_that_carries_none(
    folder: Path, tmp_path: Path, form: dict[str, str]
) -> None:
    built = deliver_editions(Session.open(folder, **form), SHEETS, tmp_path / "out", Date(2026, 11, 30))
    for item, own in zip(sorted(built, key=lambda one: one.name), ("ROW-S3", "ROW-S7"), strict=True):
        pdf, html = (file.path.read_bytes() for file in item.files)
        text = _all_text(pdf) + html.decode()
        assert SECRETS[own] in text
        for key, word in SECRETS.items():
            if key != own:
                assert word not in text
                assert word[::-1] not in text
                assert not re.search(rf"\b(?:{key}|{7340000 + int(key[5:])})\b", text)
        carried = read_provenance(pdf, Path())
        assert [*carried.files] == ["tipbrief.json"]
        assert carried.is_intact
        ledger = Session.open(folder, **form).ledger
        assert find_status_by_pdf(ledger, hash_of(pdf), carried.edition).state == "current"


@pytest.mark.parametrize("form", [{}, {"profile": "grey", "paper": "a5"}], ids=["office", "a5"])
def test_a_document_carries_its_own_values_without_private_ones(
    private: Path, tmp_path: Path, form: dict[str, str]
) -> None:
    out = tmp_path / "out"
    built = deliver_editions(Session.open(private, **form), SHEETS, out, Date(2026, 11, 30))
    for item, own in zip(sorted(built, key=lambda one: one.name), ("ROW-S3", "ROW-S7"), strict=True):
        pdf, html = (file.path.read_bytes() for file in item.files)
        text = _all_text(pdf) + html.decode()
        carried = read_provenance(pdf, Path())
        assert [*carried.files] == ["tables/own.csv", "tipbrief.json"]
        assert carried.is_intact
        values = carried.files["tables/own.csv"].decode("utf-8-sig")
        number = 7340000 + int(own[5:])
        assert f"places[{own}].depth,ژرفا,{number}," in re.sub(r",[^,\n]*ژرفا", ",ژرفا", values)
        assert f",{VISITS[own]}," in values
        assert "places[state=dry].state,حالت، خشک,1," in values
        assert TELEPHONES[own] in html.decode().translate(TO_LATIN_DIGITS)
        assert TELEPHONES[own] not in values
        for key, word in SECRETS.items():
            if key != own:
                assert word not in text
                assert word[::-1] not in text
                digits = f"{key}|{7340000 + int(key[5:])}|{TELEPHONES[key]}"
                assert not re.search(rf"\b(?:{digits})\b", text.translate(TO_LATIN_DIGITS))
        ledger = Session.open(private, **form).ledger
        assert find_status_by_pdf(ledger, hash_of(pdf), carried.edition).state == "current"
        # Without its values, or with others, it is not what was delivered.
        for change_part in ("tables/own.csv", ""):
            with pikepdf.open(BytesIO(pdf)) as parts:
                del parts.attachments[change_part or "tables/own.csv"]
                if not change_part:
                    parts.attachments["tables/own.csv"] = b"name,label,value,sources\n"
                parts.save(changed := BytesIO())
            assert not read_provenance(changed.getvalue(), Path()).is_intact
    told = run_well("inspect", item.files[0].path, "--extract", tmp_path / "unpacked").output
    assert "a part of the publication" in told
    assert (tmp_path / "unpacked" / "tables" / "own.csv").read_bytes() == carried.files["tables/own.csv"]


def _lines_with_telephones(folder: Path, *, except_in: str = "-") -> list[str]:
    """The files below a folder that hold a telephone number, also a packed one."""
    found = []
    for name, content in contents(folder).items():
        text = _readable(name, content)
        if any(one in text for one in TELEPHONES.values()) and not re.search(except_in, name):
            found.append(name)
    return found


@pytest.mark.slow
def test_what_a_row_says_is_in_no_file_of_another_and_what_no_sheet_prints_in_none(
    private: Path, tmp_path: Path
) -> None:
    out, site, table = tmp_path / "out", tmp_path / "site", private / "tables" / "places.csv"
    change(private / "tables.yaml", "blank: true, private: true", "blank: true")
    change(
        private / "tables.yaml",
        "    depth: {type",
        "    unprinted: {type: text, label: ن, blank: true}\n    depth: {type",
    )
    top, *rows = table.read_text("utf-8").splitlines()
    table.write_text(
        "\n".join([f"{top},unprinted", *(f"{row},ناگفته{at}" for at, row in enumerate(rows))]) + "\n", "utf-8"
    )
    run_well("build", "--all", "--deliver", "--publication", private, "--out", out)
    run_well("site", "--publication", private, "--delivered", out, "--out", site)
    files = {
        f"{one.name}/{name}": content
        for one in (out, site, private / "ledger")
        for name, content in contents(one).items()
    }
    found: dict[str, set[str]] = {}
    for name, content in files.items():
        text = _readable(name, content)
        assert not re.search("ناگفته[0-9]", text), name
        found[name] = {key for key in VISITS if VISITS[key] in text or TELEPHONES[key] in text}
    assert sum(bool(keys) for keys in found.values()) > 4 * len(VISITS), "PDF and HTML, in both folders"
    for name, keys in found.items():
        if own := re.search(r"each-(ROW-S\d+)", name, re.I):
            assert keys <= {own[1].upper()}, name
        elif not re.fullmatch(r"out/wells-each\.pdf|ledger/.*", name):  # all sheets, and the record of all
            assert not keys, name


def _readable(name: str, content: bytes) -> str:
    """All that stands in a file, with what is packed in it, and what a reader of a PDF sees."""
    packed = b"".join(zlib.decompress(b85decode(one)) for one in re.findall(rb'"old":\s*"([^"]+)"', content))
    packed += zlib.decompress(content, 31) if name.endswith(".gz") else b""
    shown = _all_text(content) + pdf_text(content) if name.endswith(".pdf") else ""
    return ((content + packed).decode("utf-8", "replace") + shown).translate(TO_LATIN_DIGITS)


def test_private_values_are_in_the_row_s_own_files_alone(private: Path, tmp_path: Path) -> None:
    out, site = tmp_path / "out", tmp_path / "site"
    run_well("build", "--all", "--deliver", "--publication", private, "--out", out)
    own = rf"-each-(?:{'|'.join(SECRETS)})\.(pdf|html)$|-each\.pdf$"  # the last is for the printer
    assert _lines_with_telephones(out, except_in=own) == []
    assert [*read_provenance((out / "wells-each.pdf").read_bytes(), Path()).files] == ["tipbrief.json"]
    assert _lines_with_telephones(private / "ledger") == []
    run_well("site", "--publication", private, "--delivered", out, "--out", site)
    assert _lines_with_telephones(site) == []
    assert [*site.glob("e/EACH*")] == []
    assert [*site.glob("e/*.pdf")] != [], "that of the other brief is there"
    # A newer file comes with other numbers, a new row and one that is gone; the ledger says nothing of telephones.
    newer = tmp_path / "places.csv"
    text = (private / "tables" / "places.csv").read_text("utf-8").replace("7340003", "7440003")
    text = text.replace(TELEPHONES["ROW-S7"], "0719977777")
    newer.write_text(re.sub("ROW-S5,.*\n", f"ROW-X,تازه,5,dry,,{TELEPHONES['ROW-S6']}\n", text), "utf-8")
    assert "nothing is recorded of telephone" in run_well("correct", "--from", newer, "--publication", private).output
    told = run_well("correct", "--from", newer, "--reason", "شمارش تازه", "--publication", private).output
    assert "printed by: each-AFG" in told, "the counts of the shares are others on all sheets"
    again = run_well("build", "each", "--only", "AFG", "--publication", private, "--out", out).output
    assert "each-AFG" in again
    html = (out / "wells-each-AFG.html").read_text("utf-8")
    assert "حالت، خشک: ۱ نادرست بود؛ درست آن ۲ است" in html
    assert (private / "tables" / "places.csv").read_bytes() == newer.read_bytes()
    assert _lines_with_telephones(private / "ledger") == []
    cache = str(tmp_path / "another cache")
    done = run_badly("correct", "--undo", "--publication", private, XDG_CACHE_HOME=cache).output
    assert "has columns that are not printed, and no older version of it is kept here" in done
    done = run_badly("correct", "places[ROW-S2].telephone", "1", "--reason", "شماره", "--publication", private).output
    assert "'telephone' is private, and the ledger records no value of it" in done
    # A telephone that is changed by hand gives its document a new edition.
    change(private / "tables" / "places.csv", TELEPHONES["ROW-S2"], "0719999999")
    told = run_well("build", "each", "--only", "ROW-S2", "--deliver", "--publication", private, "--out", out).output
    assert "EACH-ROW-S2/2" in told
    assert b"0719999999" not in b"".join(contents(private / "ledger").values())


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("briefs/each.yaml", "carry: own", "carry: all", "the PDFs of 'each' carry what they print"),
        ("briefs/each.yaml", "short: چاه", "short: '{row.telephone}'", "the index shows titles"),
        ("tables.yaml", "name: {type", "name: {private: true, type", "'name' is private, and the index shows titles"),
        ("tables.yaml", "iso3: {type: code}\n    name", PRIVATE_KEY, "'iso3' cannot be private"),
        ("tables.yaml", "true}\n    state:\n", "true}\n    state:\n      private: true\n", "what a badge shows"),
        ("figures.yaml", "", COUNT, "the figure 'many' reads 'telephone'"),
    ],
)  # fmt: skip
def test_what_would_show_private_cells_to_others_is_a_problem(
    private: Path, file: str, old: str, new: str, message: str
) -> None:
    if old:
        change(private / file, old, new)
    else:
        append(private / file, new)
    assert any(message in one.message for one in problems_of(load_publication, private))


@pytest.mark.parametrize(
    ("brief", "block"),
    [
        ("one", "  - table: {table: places, columns: [name, telephone], title: همه}\n"),
        ("one", "  - table: {table: places, columns: [name], sort: telephone, title: همه}\n"),
        ("each", "  - table: {table: places, columns: [name], sort: telephone, title: همه}\n"),
    ],
)
def test_no_other_document_reads_a_private_cell(private: Path, tmp_path: Path, brief: str, block: str) -> None:
    change(private / "briefs" / f"{brief}.yaml", "  - sources", block + "  - sources")
    name = "one" if brief == "one" else SHEETS[0]
    problem = problem_of(build_documents, Session.open(private), [name], tmp_path / "out")
    assert problem.message.endswith(
        "'telephone' of 'places' is private, and is printed on the document of its row alone"
    )


@pytest.mark.parametrize(
    "reading",
    [
        "tables.places.by_key['ROW-S2'].telephone",
        "tables.places.by_key['ROW-S2'].items() | list",
        "tables.places.rows | map(attribute='telephone') | join",
        "tables.places.alike('telephone', 'ROW-S2') | join",
        "publication.tables.places.by_key.values() | map(attribute='telephone') | join",
    ],
)
def test_no_template_reads_a_private_cell_of_another_row(private: Path, tmp_path: Path, reading: str) -> None:
    block = private / "templates" / "blocks" / "note.html.j2"
    block.parent.mkdir(parents=True)
    block.write_text("<p>{{ " + reading + " }}</p>", encoding="utf-8")
    problem = problem_of(build_documents, Session.open(private), SHEETS[:1], tmp_path / "out")
    assert "is private, and is printed on the document of its row alone" in problem.message


def test_a_number_of_rows_has_its_value_in_every_language(folder: Path) -> None:
    change(folder / "publication.yaml", "language: fa-AF", "languages: [fa-AF, en]")
    table = folder / "tables" / "places.csv"
    top, *rows = table.read_text("utf-8").splitlines()
    named = [f"{row},{'شمال,North' if at % 2 else 'جنوب,South'}" for at, row in enumerate(rows)]
    table.write_text("\n".join([f"{top},region,region.en", *named]) + "\n", "utf-8")
    change(folder / "tables.yaml", "    depth: {type", "    region: {type: text, label: ساحه}\n    depth: {type")
    within = SHARE.replace("title", "within: region, title")
    change(folder / "briefs" / "each.yaml", "  - sources", within + "  - sources")
    session = Session.open(folder, languages=["en"])
    for name in ("each-ROW-S3", "each-ROW-S3.en"):
        counts = {key: value for key, value in compose_document(session, name).prints.items() if "=" in key}
        assert len(counts) == 4
        assert {key: find_dataset_value(session.publication, key) for key in counts} == counts


def test_verify_says_that_nothing_is_carried_and_the_one_who_leaves_it_out_does_not_pass(
    folder: Path, tmp_path: Path
) -> None:
    (item,) = build_documents(Session.open(folder), SHEETS[:1], tmp_path / "out")
    pdf = item.files[0].path
    done = run_well("verify", pdf)
    assert "warning: the PDF lacks the data with which its page could be compared" in done.output
    run_badly("verify", "--strict", pdf)
    run_badly("verify", "--rebuild", pdf)
    told = run_badly("diff", pdf, pdf, status=2).output
    assert "the PDF does not carry the whole publication" in told
    assert "such as WORLD/1" in told
    # A file beside it that is not named is no sound thing.
    with pikepdf.open(pdf, allow_overwriting_input=True) as parts:
        parts.attachments["tables/places.csv"] = b"code,name\n"
        parts.save(pdf)
    assert "the data that the PDF carries are not those from which it was made" in run_badly("verify", pdf).output


CHART = "  - lines: {table: digging, columns: [dug], start: 2018, every: 2, title: چاه‌ها}\n"


@pytest.mark.parametrize(("carry", "others"), [("none", []), ("own", ["tables/own.csv"])])
def test_a_chart_has_its_printed_numbers_with_it_and_the_pdf_of_all_sheets_has_none(
    folder: Path, tmp_path: Path, carry: str, others: list[str]
) -> None:
    change(folder / "briefs" / "each.yaml", "  - sources", CHART + "  - sources")
    change(folder / "briefs" / "each.yaml", "carry: none", f"carry: {carry}")
    session = Session.open(folder)
    built = build_documents(session, [name for name in session.documents if "each-" in name], tmp_path / "out")
    for item in built[:2]:
        carried = read_provenance(item.files[0].path.read_bytes(), item.files[0].path)
        assert [*carried.files] == ["chart-1.csv", *others, "tipbrief.json"]
        lines = carried.files["chart-1.csv"].decode("utf-8-sig").splitlines()
        assert lines[1:3] == ["2018,40", "2019,1500"]
        assert carried.is_intact
        assert "no errors" in run_well("verify", item.files[0].path).output
        done = run_well("inspect", item.files[0].path, "--extract", tmp_path / f"{item.name}-{carry}")
        assert "file  chart-1.csv" in done.output
        assert "left out" not in done.output
        assert contents(tmp_path / f"{item.name}-{carry}").keys() == {*others, "tipbrief.json"}
    files = write_index_and_collection(session, built, tmp_path / "out", together=True)
    (whole,) = [file.path for file in files if file.path.suffix == ".pdf"]
    assert [*read_provenance(whole.read_bytes(), whole).files] == ["tipbrief.json"]
    assert "no errors" in run_well("verify", whole).output


def test_the_pdf_of_all_sheets_carries_no_more_than_they(folder: Path, tmp_path: Path) -> None:
    session = Session.open(folder)
    names = [name for name in session.documents if name.startswith("each-")]
    built = build_documents(session, names, tmp_path / "out")
    files = write_index_and_collection(session, built, tmp_path / "out", together=True)
    (whole,) = [file.path for file in files if file.path.suffix == ".pdf"]
    assert [*read_provenance(whole.read_bytes(), whole).files] == ["tipbrief.json"]


def test_many_pdfs_that_carry_all_rows_are_a_warning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "MAX_CARRIED_ROWS", 20)
    assert not [one for one in load_publication(folder).warnings if one.kind == "carried-rows"]
    brief = folder / "briefs" / "each.yaml"
    brief.write_text(brief.read_text(encoding="utf-8").replace("carry: none", "carry: all"), encoding="utf-8")
    (told,) = [one for one in load_publication(folder).warnings if one.kind == "carried-rows"]
    assert told.message == "each of 28 PDFs carries the rows of all others"
    brief.write_text(brief.read_text(encoding="utf-8").replace("carry: all", "carry: some"), encoding="utf-8")
    assert "carry" in problems_of(load_publication, folder)[0].message


def test_exported_data_have_no_private_cell_and_no_other_rows(private: Path, tmp_path: Path) -> None:
    out, secrets = tmp_path / "out", [*TELEPHONES.values(), *VISITS.values(), *SECRETS.values()]
    run_well("export", "each", "one", "--publication", private, "--out", out)
    data = {name: content for name, content in contents(out).items() if name.startswith("data/")}
    assert "data/figures.csv" in data
    assert not [name for name in data if name.startswith("data/tables/")]
    for name, content in data.items():
        assert not [secret for secret in secrets if secret in content.decode()], name
    own = (out / "wells-each-ROW-S3.txt").read_text(encoding="utf-8")
    assert [key for key, number in TELEPHONES.items() if number.translate(TO_PERSIAN) in own] == ["ROW-S3"]
    assert [key for key, word in VISITS.items() if word in own] == ["ROW-S3"]
    for file in out.glob("*.odt"):
        with zipfile.ZipFile(file) as odt:
            text = odt.read("content.xml").decode() + odt.read("meta.xml").decode()
        found = [key for key, number in TELEPHONES.items() if number.translate(TO_PERSIAN) in text]
        assert found == [key for key in SECRETS if file.stem.endswith(f"-{key}")]
