"""Upstream: the small PDFs of docs/contributing/upstream.md, each of which shows one fault of a reader.

``python -m tools.upstream FOLDER`` writes them. What is Persian in them is set by WeasyPrint in the prepared
Vazirmatn; what is not is written by hand in Helvetica, so that nobody's typesetter is in doubt.
"""

import argparse
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from weasyprint import HTML

from tipbrief.assets import find_shipped_folder

_FONT = find_shipped_folder("fonts") / "prepared" / "Vazirmatn-Regular.ttf"
_STYLE = f"""
    @font-face {{ font-family: Vazirmatn; src: url({_FONT.as_uri()}) }}
    @page {{ size: 300pt 160pt; margin: 20pt }}
    body {{ font: 16pt Vazirmatn; margin: 0 }}
    .narrow {{ width: 90pt }}
"""
# Letters that Unicode can also write as two, which are never found by poppler; and in PDFium ۀ alone.
CANONICAL = "خارجۀ آنان مسئول مؤثر تأسیس"
PERSIAN = {
    "canonical": f"<p>{CANONICAL}",
    "lines": "<p class=narrow>این کتاب بزرگ در خانه بود<p class=narrow lang=en dir=ltr>these books are here",
    "zwnj": "<p>این کار می\u200cشود",
    "tanwin": "<p>بپرسید، لطفاً زود",
    "number": "<p>گزارش ۲۰۲۵ نشر شد",
    "spaces": "<p>پیش از <span>۱۸</span> سال",
}
# Words with their widths in Helvetica of 16 pt, in whole points: links are a little narrower than their text.
LINKED = {"first": 25, "second": 51, "third": 31}


def persian(body: str) -> bytes:
    """A page of Persian as WeasyPrint sets it."""
    html = f'<html lang="fa" dir="rtl"><title>.</title><style>{_STYLE}</style>{body}'
    made: bytes = HTML(string=html).write_pdf()
    return made


class _Latin:
    """A tagged page in Helvetica, made by hand."""

    def __init__(self) -> None:
        self.pdf = Pdf.new()
        self.pdf.add_blank_page(page_size=(300, 160))
        self.page = self.pdf.pages[0].obj
        helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        self.page.Resources = Dictionary(Font=Dictionary(F=helvetica))
        self.root = self.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        self.document = self.element("Document", self.root)
        self.root.K = self.document
        self.marked: list[pikepdf.Object] = []
        self.linked: list[pikepdf.Object] = []
        self.lines: list[str] = []

    def element(self, role: str, parent: pikepdf.Object, **more: object) -> pikepdf.Object:
        made = Dictionary(Type=Name.StructElem, S=Name(f"/{role}"), P=parent, K=Array(), **more)
        return self.pdf.make_indirect(made)

    def write(self, text: str, x: float, y: float, element: pikepdf.Object) -> None:
        """Paint a text as the next content of an element."""
        mark = f"/{str(element.S)[1:]} <</MCID {len(self.marked)}>> BDC"
        self.lines.append(f"{mark} BT /F 16 Tf {x} {y} Td ({text}) Tj ET EMC")
        element.K.append(Dictionary(Type=Name.MCR, Pg=self.page, MCID=len(self.marked)))
        self.marked.append(element)

    def finish(self, out: Path, direction: str = "L2R") -> None:
        """Write the page with its tags, and which way the document reads."""
        self.page.Contents = self.pdf.make_stream("\n".join(self.lines).encode())
        self.page.StructParents = 0
        numbers = Array([0, self.pdf.make_indirect(Array(self.marked))])
        for key, link in enumerate(self.linked, 1):
            numbers.extend([key, link])
        self.root.ParentTree = self.pdf.make_indirect(Dictionary(Nums=numbers))
        catalog = self.pdf.Root
        catalog.StructTreeRoot, catalog.Lang = self.root, String("en")
        catalog.MarkInfo = Dictionary(Marked=True)
        catalog.ViewerPreferences = Dictionary(Direction=Name(f"/{direction}"))
        self.pdf.save(out, static_id=True)


def twice(out: Path) -> None:
    """A paragraph and a heading that say their text in /ActualText."""
    page = _Latin()
    for role, y in (("H1", 120), ("P", 80)):
        said = page.element(role, page.document, ActualText=String(f"Spoken {role}"))
        page.document.K.append(said)
        page.write(f"Painted {role}", 20, y, said)
    page.finish(out)


def links(out: Path) -> None:
    """Three lines as they stand in a list from right to left: the text at the right, its link at the left."""
    page = _Latin()
    page.page.Annots = Array()
    for number, (word, width) in enumerate(LINKED.items(), 1):
        y = 150 - 36 * number
        line = page.element("P", page.document)
        page.document.K.append(line)
        page.write(f"The {word} source", 160, y, line)
        link = page.element("Link", line)
        line.K.append(link)
        page.write(word, 20, y, link)
        note = page.pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Link,
                Rect=Array([20, y - 4, 20 + width, y + 14]),
                Border=Array([0, 0, 0]),
                A=Dictionary(S=Name.URI, URI=String(f"https://example.org/{number}")),
                Contents=String(word),
                StructParent=number,
            )
        )
        link.K.append(Dictionary(Type=Name.OBJR, Pg=page.page, Obj=note))
        page.page.Annots.append(note)
        page.linked.append(link)
    page.finish(out)


def backwards(out: Path) -> None:
    """Latin words in a document that reads from right to left."""
    page = _Latin()
    said = page.element("P", page.document)
    page.document.K.append(said)
    page.write("Natural Earth, example.org", 20, 100, said)
    page.finish(out, "R2L")


def span(out: Path) -> None:
    """Two paragraphs with an element inside that adds nothing, a Span and a NonStruct."""
    page = _Latin()
    for role, y in (("Span", 120), ("NonStruct", 80)):
        paragraph = page.element("P", page.document)
        page.document.K.append(paragraph)
        inner = page.element(role, paragraph)
        paragraph.K.append(inner)
        page.write(f"Text in a {role}", 20, y, inner)
    page.finish(out)


def write(folder: Path) -> None:
    """Write all files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in PERSIAN.items():
        (folder / f"{name}.pdf").write_bytes(persian(body))
    for make in (twice, links, backwards, span):
        make(folder / f"{make.__name__}.pdf")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m tools.upstream", description=write.__doc__)
    asked.add_argument("folder", type=Path)
    write(asked.parse_args().folder)
