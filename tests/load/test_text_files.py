from pathlib import Path

from tests.load.support import faults, written
from tipbrief.load.source_text import read_text


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    def said(name: str) -> tuple[str, str]:
        [(line, column, message, hint)] = faults(read_text, tmp_path / name)
        assert (line, column) == (0, 0)
        return message, hint

    (tmp_path / "folder.yaml").mkdir()
    assert said("folder.yaml") == ("this is a folder, not a file", "put a file in its place")
    assert said("x/a.csv") == ("the file is missing", "its folder is missing, too")
    assert said("a.csv") == ("the file is missing", "its folder has no .csv file")
    written(tmp_path, "", "table.csv")
    assert said("tables.csv")[1] == "is it the file 'table.csv'?"
    assert said("other.csv")[1] == "its folder has table.csv"


def test_a_workbook_is_no_text(tmp_path: Path) -> None:
    xlsx, xls = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
    named, saved = "give it the ending .xlsx, here and in tables.yaml", "save it as 'Excel workbook (.xlsx)'"
    for name, content, remedy in (("a.csv", xlsx, named), ("a.ods", xlsx, saved), ("a.xls", xls, saved)):
        file = written(tmp_path, content, name)
        problem = (0, 0, "the file is a workbook, not text", f"{remedy}; or save it as 'CSV UTF-8'")
        assert faults(read_text, file) == [problem]


def test_the_place_of_a_byte_that_is_not_utf_8(tmp_path: Path) -> None:
    file = written(tmp_path, b"\xef\xbb\xbfa: 1\n" + "ب: ".encode() + "ب".encode("cp1256"))
    hint = "save it as UTF-8 (it may be Windows-1256)"
    assert faults(read_text, file) == [(2, 4, "the file is not UTF-8: byte 0xc8", hint)]
