"""Workbooks whose files name people, paths and texts that no cell holds."""

import io
import zipfile

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from tests.load.telling_pictures import SECRET


def telling(secret: str = SECRET, *, hides: bool = True) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("code", "name", "many"), ("a", "Bagh", 3), ("b", "Chinar", 0.25 if hides else 4)):
        sheet.append(row)
    sheet["C3"].number_format = "0%" if hides else "0"
    sheet["B2"].comment = Comment(f"{secret}: look", secret)
    sheet["B3"].hyperlink = f"file:///home/{secret}"
    sheet.row_dimensions[3].hidden = hides
    sheet.oddHeader.center.text = sheet.title = secret[:20]
    sheet.title = "Wells"
    sheet.print_title_rows = "1:1"
    book.properties.creator = book.properties.lastModifiedBy = book.properties.keywords = secret
    book.defined_names[secret.partition("-")[0]] = DefinedName(secret.partition("-")[0], attr_text="Wells!$A$1")
    return book


def content_of(book: Workbook, **more: bytes) -> bytes:
    file = io.BytesIO()
    book.save(file)
    if more:
        with zipfile.ZipFile(file, "a") as archive:
            for name, part in more.items():
                archive.writestr(name.replace("__", "/") + ".xml", part)
    return file.getvalue()


def everything(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(one.encode() + archive.read(one) for one in archive.namelist())
