"""What differs between two states of a publication, as Markdown for a comment: figures and texts, documents, pages.

``python tools/changes.py BEFORE AFTER OUT_BEFORE OUT_AFTER``: two folders of the publication, and the two folders into
which they were built. It needs only what tipbrief needs; ``action.yml`` runs it.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pypdfium2

MOST_LINES, MOST_DOCUMENTS = 60, 40  # of a comment, which has an end


def main(before: str, after: str, out_before: str, out_after: str) -> None:
    """Print the comment."""
    print("\n".join([*describe_data(before, after), *describe_documents(Path(out_before), Path(out_after))]))


def describe_data(before: str, after: str) -> Iterator[str]:
    """What ``tipbrief diff`` says: figures, rows, texts, each with its old and its new value."""
    words = [sys.executable, "-m", "tipbrief", "diff", before, after]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)
    lines = (done.stderr if done.returncode > 1 else done.stdout).splitlines() or ["nothing"]
    yield "### What changes in the data"
    # Longer than any fence in the text itself.
    yield from (
        "``````text",
        *lines[:MOST_LINES],
        *([f"… and {len(lines) - MOST_LINES} more lines"] * (len(lines) > MOST_LINES)),
        "``````",
    )


def describe_documents(before: Path, after: Path) -> Iterator[str]:
    """The documents that print something else, are new or are gone, each with its pages."""
    names = sorted(
        {file.stem for folder in (before, after) for file in folder.glob("*.pdf") if read_html(folder, file.stem)}
    )
    changed = [name for name in names if read_html(before, name) != read_html(after, name)]
    yield f"### Documents: {len(changed)} of {len(names)} change"
    if changed:
        yield from ("| document | pages before | pages after |", "|---|---|---|")
    for name in changed[:MOST_DOCUMENTS]:
        yield f"| {name} | {count_pages(before / f'{name}.pdf')} | {count_pages(after / f'{name}.pdf')} |"
    if len(changed) > MOST_DOCUMENTS:
        yield f"\nand {len(changed) - MOST_DOCUMENTS} more"


def read_html(folder: Path, name: str) -> bytes:
    """What a document prints: its PDF also carries the data, and so changes with each of them."""
    file = folder / f"{name}.html"
    return file.read_bytes() if file.is_file() else b""


def count_pages(pdf: Path) -> str:
    """The pages of a PDF; a dash if there is none."""
    if not pdf.is_file():
        return "–"
    document = pypdfium2.PdfDocument(pdf)
    try:
        return str(len(document))
    finally:
        document.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
