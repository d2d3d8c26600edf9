"""Addresses: where each page and each delivered file of the site lies, and what leads to them."""

from urllib.parse import quote

from tipbrief.ledger.entries import Edition

STYLE = "site.css"
CHECK = "check.html"
EDITIONS = "editions.json"
PRINTS = "e"  # the folder of the delivered PDFs, which are never removed
FOLDERS = ("c", "d", PRINTS)


def document_page(name: str) -> str:
    """The page of a document with all its editions."""
    return f"d/{name}.html"


def print_path(one: Edition, sha256: str, form: str) -> str:
    """The permanent place of a delivered PDF; ``form``: paper and profile, if not the usual."""
    return f"{PRINTS}/{'-'.join(filter(None, (one.path, sha256[:8], form)))}.pdf"


def in_language(stem: str, tag: str, ending: str) -> str:
    """A file that there is in each language; the ``tag`` of the publication's first is empty."""
    return ".".join(filter(None, (stem, tag, ending)))


def leading(page: str, to: str) -> str:
    """The relative address of a file of the site, from a page of it."""
    return "../" * page.count("/") + quote(to)
