"""What files say of where and who is in no output: PDF, dataset in it, HTML, index, site, mail, card."""

import email
import re
import shutil
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from email.policy import default
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from tests.load.telling_pictures import (
    DRAWING,
    FORMS,
    SECRET,
    drawings,
    drawings_with_pictures,
    exif_block,
    jpegs,
    photograph,
    pngs,
)  # fmt: skip
from tests.load.telling_workbooks import content_of, everything, telling
from tests.support import HEAD, SOURCES, append, change, contents, run_badly, run_well, wells
from tipbrief.load.picture_cleaning import clean_picture
from tipbrief.pdf.embedded_files import read_embedded_files
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems

IMAGE = "  - image: {{file: {}, alt: چاه, caption: چاه, credit: کریم, sources: [survey], width: {}}}\n"
TABLE = "  - table: {table: own, columns: [name, many], title: چاه‌ها}\n"
TABLE_OF_WORKBOOK = """\
own:
  file: tables/own.xlsx
  title: چاه‌ها
  key: code
  sources: [survey]
  columns:
    code: {type: code}
    name: {type: text, label: کشور}
    many: {type: number, label: ژرفا}
"""


def everywhere(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Bytes, and what is compressed, encoded, attached or packed in them."""
    yield data
    if depth > 4:
        return
    if data.startswith(b"%PDF"):
        with pikepdf.open(BytesIO(data)) as pdf:
            for one in pdf.objects:
                yield one.unparse()
                if isinstance(one, pikepdf.Stream):
                    yield from everywhere(one.read_raw_bytes(), depth + 1)
        for content in read_embedded_files(data).values():
            yield from everywhere(content, depth + 1)
    if data.startswith(b"PK"):
        yield everything(data)
    for found in re.finditer(rb"base64,([A-Za-z0-9+/=]{20,})", data):
        yield from everywhere(b64decode(found[1]), depth + 1)
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        try:
            yield from everywhere(zlib.decompressobj().decompress(data[found.start() :]), depth + 1)
        except zlib.error:
            continue
    if data.startswith((b"From:", b"Subject:", b"MIME-Version:", b"To:")):
        for part in email.message_from_bytes(data, policy=default).walk():
            if not part.is_multipart():
                yield from everywhere(part.get_payload(decode=True), depth + 1)  # type: ignore[arg-type]


def leaks(folder: Path) -> list[str]:
    """The files of a folder with a secret somewhere in them."""
    return [
        name
        for name, data in contents(folder).items()
        if any(form in text for text in everywhere(data) for form in FORMS)
    ]


def telling_pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures that may be built: whole, and without a place, which is an error."""
    whole = {"jpg": [*jpegs()], "png": [*pngs()], "svg": [*drawings(), *drawings_with_pictures()]}
    for suffix, files in whole.items():
        for number, (_, data) in enumerate(files):
            try:
                picture = clean_picture(data)
            except Problems:
                continue
            if picture.findings and "the place where it was taken" not in picture.findings and not picture.is_animated:
                yield f"own{number}.{suffix}", data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with a photograph, a logo, a workbook, and a template with many pictures, which all tell."""
    photo = IMAGE.format("pictures/well.jpg", 60)
    copy = wells(tmp_path_factory.mktemp("telling") / "wells", one=f"{HEAD}  - lead: opening\n{photo}{TABLE}{SOURCES}")
    exif = Image.Exif()
    exif[0x0112], exif[0x013B], exif[0x8298] = 6, SECRET, SECRET
    (copy / "pictures").mkdir(exist_ok=True)
    for file in (copy / "pictures").iterdir():
        file.unlink()
    gradient = Image.linear_gradient("L").resize((1600, 900)).convert("RGB")
    gradient.save(copy / "pictures" / "well.jpg", exif=exif, comment=SECRET)
    (copy / "pictures" / "logo.svg").write_bytes(DRAWING.format(f'id="{SECRET}"', f"<!-- {SECRET} -->").encode())
    change(copy / "publication.yaml", "colours:\n", "logo: {file: pictures/logo.svg, alt: نشان}\ncolours:\n")
    (copy / "tables" / "own.xlsx").write_bytes(content_of(telling(SECRET, hides=False)))
    append(copy / "tables.yaml", TABLE_OF_WORKBOOK)
    (copy / "recipients").mkdir()
    (copy / "recipients" / "officers.csv").write_text(f"address\n{SECRET}@example.org\n", encoding="utf-8")
    (copy / "recipients" / "own.xlsx").write_bytes(content_of(telling(SECRET, hides=False)))
    (copy / "templates" / "blocks").mkdir(parents=True)
    shown = ""
    for name, data in telling_pictures():
        (copy / "templates" / name).write_bytes(data)
        shown += f'<img src="templates/{name}" alt="x" style="width: 2mm">'
    address = b64encode(dict(telling_pictures())["own0.jpg"]).decode()
    shown += f'<img src="data:image/jpeg;base64,{address}" alt="x" style="width: 2mm">'
    (copy / "templates" / "blocks" / "lead.html.j2").write_text(f"<p>{shown}</p>", encoding="utf-8")
    append(
        copy / "theme.css",
        f'\n.sources {{ background: url("data:image/jpeg;base64,{address}") no-repeat 0 0 / 1pt 1pt }}\n',
    )
    return copy


def test_no_output_has_what_files_say_beside_what_they_show(folder: Path, tmp_path: Path) -> None:
    assert len(leaks(folder)) > 60
    out = tmp_path / "out"
    run_well("build", "--publication", folder, "--out", out, "--png", "600", "--deliver")
    run_well("site", "--publication", folder, "--delivered", out, "--out", tmp_path / "site")
    run_well("mail", "one", "--publication", folder, "--to", "a@example.org", "--out", out / "a.eml")
    assert {path.suffix for path in out.iterdir()} >= {".pdf", ".html", ".png", ".eml"}
    assert leaks(out) == leaks(tmp_path / "site") == []
    # The check can fail: the files as they are would be found.
    pdf = next(out.glob("*.pdf")).read_bytes()
    carried = read_embedded_files(pdf)
    assert len(carried) > 60
    assert "tables/own.csv" in carried
    assert "tables/own.xlsx" not in carried


def test_a_workbook_is_carried_whole_if_the_publication_asks(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    append(copy / "publication.yaml", "workbooks: whole\n")
    (carried,) = (one for one in Session.open(copy).dataset_for("one") if one.name.endswith(".xlsx"))
    assert carried.data == (copy / "tables" / "own.xlsx").read_bytes()


def test_the_command_cleans_files(tmp_path: Path) -> None:
    file, drawing, broken = (tmp_path / name for name in ("a.jpg", "a.svg", "b.png"))
    file.write_bytes(photograph("JPEG", exif=exif_block(orientation=6)))
    drawing.write_bytes(DRAWING.format("", f"<!-- {SECRET} -->").encode())
    broken.write_bytes(photograph("PNG")[:-30])
    before = broken.read_bytes()
    done = run_badly("pictures", "clean", file, drawing, broken)
    assert done.stdout.splitlines() == [
        f"{file}: took out the place where it was taken, names of people or owners, a device or program",
        f"{drawing}: took out other notes",
    ]
    assert "it is damaged" in done.stderr
    assert leaks(tmp_path) == []
    assert broken.read_bytes() == before
    assert run_well("pictures", "clean", file, drawing, quiet=True).stdout.count("nothing to take out") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "a.svg", "b.png"]
