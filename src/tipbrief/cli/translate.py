"""The command of translators: a PO file is made or brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.assets import default_publication
from tipbrief.cli.common import publication_option, reporting
from tipbrief.cli.terminal import tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tipbrief.check.phrases import Asked
    from tipbrief.check.po_update import Updated

_MOST = 20  # texts that are named


@click.command()
@click.argument("language", metavar="LANGUAGE")
@publication_option
@reporting
def translate(language: str, folder: Path | None) -> None:
    """Make or update translations/LANGUAGE.po, which translators' tools open (Poedit, Weblate, OmegaT).

    What is translated stays; of a text that changed, the translation is marked as fuzzy; of a text that is
    gone it stands at the end of the file. Says what waits for a translator.
    """
    from tipbrief.build.translators import update

    folder = folder or default_publication(own=True)
    done, written = update(folder, language)
    shown = done.po.file.relative_to(folder).as_posix()
    count = len(done.po.entries)
    tell(f"{shown}: {count} texts, {'written' if written else 'up to date'}")
    for line in _waiting(done, folder):
        tell(line)


def _waiting(done: Updated, folder: Path) -> Iterator[str]:
    waiting = len(done.new) + len(done.stale)
    if done.gone:
        yield f"{done.gone} gone from the publication: kept at the end of the file"
    if not waiting:
        yield "all are translated"
    yield from _listed("to be translated", done.new, folder)
    yield from _listed("changed since they were translated (fuzzy)", done.stale, folder)


def _listed(what: str, texts: Sequence[Asked], folder: Path) -> Iterator[str]:
    if texts:
        yield f"{len(texts)} {what}:"
    for one in texts[:_MOST]:
        yield f"  {one.found_at(folder)}  {one.context.partition(':')[2]}"
    if len(texts) > _MOST:
        yield f"  … and {len(texts) - _MOST} more"
