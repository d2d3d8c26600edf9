"""What a picture must be to be printed; its size on paper; and what it must not tell."""

import random
import zlib
from functools import partialmethod
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from tests.load.telling_pictures import png, wide_profile
from tests.support import change
from tipbrief.check.picture_files import MAX_BYTES, read_pictures
from tipbrief.check.publication import load_publication
from tipbrief.load.picture_cleaning import MAX_PIXELS
from tipbrief.load.publication_files import find_unused_files, list_dataset_files
from tipbrief.problems import Problem, ProblemList, Problems

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" viewBox="0 0 40 20">{}</svg>'
# Each group draws the one before it twice.
PEOPLE = "names of people or owners"
BOMB = '<g id="u0"/>' + "".join(
    f'<g id="u{n}"><use href="#u{n - 1}"/><use href="#u{n - 1}"/></g>' for n in range(1, 41)
)


@pytest.fixture
def photo(wells: Path) -> Path:
    """The picture of the made-up publication, which a test changes."""
    return wells / "pictures" / "well.png"


def encoded(mode: str = "RGB", kind: str = "PNG", size: tuple[int, int] = (600, 400), **more: object) -> bytes:
    file = BytesIO()
    Image.new(mode, size).save(file, kind, **more)
    return file.getvalue()


def told_of(data: bytes, name: str, tmp_path: Path, folder: str = "pictures") -> list[Problem]:
    path = tmp_path / name
    path.write_bytes(data)
    problems = ProblemList()
    read_pictures({f"{folder}/{name}": path}, problems)
    return problems


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_pictures_of_screens_are_sound(mode: str, tmp_path: Path) -> None:
    assert told_of(encoded(mode), "a.png", tmp_path) == []


def with_place() -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    return exif


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jpg", encoded("CMYK", "JPEG"), "it has the colours of a press (CMYK)"),
        ("a.png", encoded("I;16"), "it has 16 bits a colour"),
        ("a.jpg", encoded(kind="JPEG")[:-200], "it is damaged, or neither PNG nor JPEG"),
        ("a.png", encoded()[:-60], "it is damaged, or neither PNG nor JPEG"),
        ("a.jpg", encoded(kind="GIF"), "it is damaged, or neither PNG nor JPEG"),
        ("a.jpg", b"", "it is damaged, or neither PNG nor JPEG"),
        ("a.png", encoded("1", size=(8_000, 5_001)), f"it has more than {MAX_PIXELS:,} pixels"),
        ("a.png", encoded("1", size=(14_000, 13_000)), f"it has more than {MAX_PIXELS:,} pixels"),
        ("a.svg", b"<svg", "it is no drawing that can be read"),
        ("a.svg", b"<p/>", "the drawing has no size"),
        ("a.svg", SVG.format("").replace("0 0 40 20", "0 0 0 20").encode(), "the drawing has no size"),
        ("a.svg", SVG.format("").replace("0 0 40 20", "0 0 nan 20").encode(), "the drawing has no size"),
        ("a.svg", b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.encode(), "it names what is outside it"),
        ("a.svg", f'<!DOCTYPE svg [<!ENTITY a "b">]>{SVG}'.encode("utf-16"), "it names what is outside it"),
        ("a.svg", SVG.format("<text>a</text>").encode(), "it has 'text', which is no shape"),
        ("a.svg", SVG.format("<script>1</script>").encode(), "it has 'script', which is no shape"),
        ("a.svg", SVG.format("<g/>" * 5_000).encode(), "it has more than 5,000 shapes"),
        ("a.svg", SVG.format(BOMB).encode(), "by its <use> it has more than 5,000 shapes"),
        ("a.svg", SVG.format('<g id="a"><use href="#a"/></g>').encode(), "by its <use> it has more than 5,000"
         " shapes"),
        ("a.svg", SVG.format("<g>" * 50 + "</g>" * 50).encode(), "it has more than 50 groups in each other"),
        *(
            ("a.svg", SVG.format(inside).encode(), "it names what is outside it, or what runs")
            for inside in (
                '<use x:href="https://e.org/a.svg#b"/>',
                '<rect fill="url(https://e.org/a)"/>',
                '<rect style="fill: device-cmyk(0 0 0 1)"/>',
                '<rect onclick="1"/>',
                "<style>@import 'a.css'</style>",
            )
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_is_told(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    (problem,) = told_of(data, name, tmp_path)
    assert (problem.message, problem.severity) == (f"the picture cannot be printed: {message}", "error")
    assert (problem.file, bool(problem.hint)) == (tmp_path / name, True)


@pytest.mark.parametrize(
    ("name", "data", "says", "severity"),
    [
        ("a.jpg", encoded(kind="JPEG", exif=with_place()), "the place where it was taken", "error"),
        ("a.png", encoded() + b"exif:GPSLatitude", "the place where it was taken, data after its end", "error"),
        (
            "a.png",
            encoded() + "dc:creator".encode("utf-16"),
            "names of people or owners, data after its end",
            "warning",
        ),
        (
            "a.png",
            encoded() + b"{{ of Karim",
            "data after its end, other notes",
            "warning",
        ),  # bytes of a photograph are no Jinja
        ("a.svg", SVG.format("<!-- of Karim -->").encode(), "other notes", "warning"),
        ("a.svg", SVG.format('<g a="file:///home/karim/a.svg"/>').encode(), "a path on a computer", "warning"),
    ],
)
@pytest.mark.parametrize("folder", ["pictures", "templates"])
def test_what_a_file_says_beside_its_picture_is_told(
    name: str, data: bytes, says: str, severity: str, folder: str, tmp_path: Path
) -> None:
    (problem,) = told_of(data, name, tmp_path, folder)
    assert problem.message == f"beside the picture, the file has {says}; tipbrief delivers none of it"
    assert (problem.severity, problem.kind == "place-in-picture") == (severity, severity == "error")
    assert "tipbrief pictures clean" in problem.hint


def test_a_truncated_picture_of_a_template_is_refused(tmp_path: Path) -> None:
    (problem,) = told_of(encoded(kind="JPEG")[:-200], "a.jpg", tmp_path, "templates")
    assert problem.message == "the picture cannot be printed: it is damaged, or neither PNG nor JPEG"


def test_a_picture_has_a_size_in_bytes_too(tmp_path: Path) -> None:
    (problem,) = told_of(b"\x89PNG" + b"x" * MAX_BYTES, "a.png", tmp_path)
    assert "too large" in problem.message or "MB" in problem.message


def test_a_damaged_picture_is_found_when_weasyprint_was_loaded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert told_of(encoded(kind="JPEG")[:-250], "a.jpg", tmp_path) != []
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("profile", [wide_profile(), b"\0" * 128 + b"Display P3"])
def test_a_colour_profile_is_no_problem(kind: str, profile: bytes, tmp_path: Path) -> None:
    assert told_of(encoded(kind=kind, icc_profile=profile), f"a.{kind.lower()}", tmp_path) == []


def test_a_picture_that_grows_when_it_is_written_anew_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = b"".join(b"\0" + random.Random(row).randbytes(16) for row in range(64))
    data = png(64, 64, 2, 0, zlib.compress(rows))  # two bits a pixel, which Pillow does not write
    monkeypatch.setattr("tipbrief.check.picture_files.MAX_BYTES", len(data))
    (problem,) = told_of(data, "a.png", tmp_path)
    assert problem.message.endswith(f"written anew without notes, it has more than {len(data):,} bytes")
    assert (problem.kind, problem.severity) == ("too-large", "error")


def test_another_compression_is_no_other_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded("P"))
    (first,) = read_pictures({"pictures/a.png": path}, ProblemList()).values()
    path.write_bytes(encoded("P", compress_level=0) + b"Karim")
    monkeypatch.setattr(Image.Image, "save", partialmethod(Image.Image.save, compress_level=0))  # another Pillow
    (second,) = read_pictures({"pictures/a.png": path}, ProblemList()).values()
    assert first.sum == second.sum
    path.write_bytes(encoded("P", size=(601, 400)))
    (third,) = read_pictures({"pictures/a.png": path}, ProblemList()).values()
    assert first.sum != third.sum


def test_a_turned_picture_is_measured_as_it_is_seen(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(kind="JPEG", exif=exif))
    (found,) = read_pictures({"pictures/a.jpg": path}, ProblemList()).values()
    assert (found.width, found.height) == (400, 600)


def test_a_picture_with_few_pixels_is_warned_of_where_it_is_printed(photo: Path) -> None:
    assert load_publication(photo.parents[1]).warnings == ()
    photo.write_bytes(encoded(size=(200, 100)))
    (problem,) = load_publication(photo.parents[1]).warnings
    assert problem.message == "'pictures/well.png' has 200 pixels for 49 mm: 105 an inch"
    assert (problem.severity, problem.hint) == ("warning", "take one of 287 pixels or more, or write 'width: 62'")
    assert problem.file == photo.parents[1] / "briefs" / "all.yaml"
    change(problem.file, "width: 90", "width: 62")
    assert load_publication(photo.parents[1]).warnings == ()


def test_only_pictures_that_a_text_names_are_carried(photo: Path) -> None:
    folder = photo.parents[1]
    (photo.parent / "unused.jpg").write_bytes(encoded(kind="JPEG"))
    (photo.parent / "well.tif").write_bytes(b"x")
    parts = list_dataset_files(folder)
    assert [name for name in parts if name.startswith("pictures/")] == ["pictures/well.png"]
    unused, wrong = find_unused_files(folder, parts)
    assert unused.hint == "delete it, or move it out of pictures/; or name it where it is shown"
    assert wrong.hint.endswith("its name ends with .png, .jpg, .jpeg or .svg")


def test_a_logo_is_a_picture_that_is_there(photo: Path) -> None:
    imprint = photo.parents[1] / "publication.yaml"
    change(imprint, "colours:\n", "logo: {file: pictures/sign.svg, alt: نشان}\ncolours:\n")
    with pytest.raises(Problems, match=r"there is no picture 'pictures/sign\.svg'"):
        load_publication(photo.parents[1])
    change(imprint, "sign.svg", "well.png")
    assert load_publication(photo.parents[1]).warnings == ()
    photo.write_bytes(encoded(size=(60, 60)))
    assert "in the head of a page" in load_publication(photo.parents[1]).warnings[-1].message


def test_a_ledger_that_is_not_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.yaml").write_text("- {document: one, number: 1}\n", encoding="utf-8")
    (warning,) = find_unused_files(tmp_path, {})
    assert (warning.file, warning.severity) == (tmp_path / "ledger.yaml", "warning")
    assert "is not read" in warning.message
    assert "ledger/" in warning.hint
