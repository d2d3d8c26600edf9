"""The shipped publication comes with its first editions delivered: a build gives the real thing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tipbrief.archive import inspect
from tipbrief.assets import shipped
from tipbrief.workshop import Workshop

FOLDER = shipped("data") / "tip-2025"


def test_every_document_says_what_its_last_edition_said() -> None:
    workshop = Workshop(FOLDER)
    drafts = [name for name in workshop.publication.documents if workshop.piece(name).edition.draft]
    assert drafts == [], "words or values changed: correct them, then: tipbrief build --all --deliver"


def test_the_built_brief_is_the_edition_and_status_knows_it(
    world: Path, tipbrief: Callable[..., Any]
) -> None:
    pdf = world / "tip-2025-world.pdf"
    edition = Workshop(FOLDER).ledger.last("world")
    assert edition is not None
    said = inspect(pdf.read_bytes(), pdf).edition
    assert (said["brief"], said["number"], said["code"]) == ("world", edition.number, edition.code)
    done = tipbrief("status", pdf)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{edition.signature} is current")
    known = hashlib.sha256(pdf.read_bytes()).hexdigest() in Workshop(FOLDER).ledger.pdfs(edition)
    # Other versions of the programs make other bytes; status says so.
    assert ("the file is one that was delivered" in done.stdout) == known


def test_the_page_says_which_edition_it_is(world: Path) -> None:
    html = (world / "tip-2025-world.html").read_text(encoding="utf-8")
    edition = Workshop(FOLDER).ledger.last("world")
    assert edition is not None
    assert f'<span dir="ltr" lang="en">{edition.signature}</span>' in html
    assert "پیش‌نویس" not in html
