"""The document's row beside others: what it was in an earlier year, and who is like it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tipbrief.check.blocks import Document
from tipbrief.check.models import Choice
from tipbrief.check.publication import Publication
from tipbrief.check.row_blocks import ChangeBlock, GroupsBlock
from tipbrief.check.row_parts import keys_within
from tipbrief.check.tables import row_sources
from tipbrief.compose.origins import filled_in
from tipbrief.load.places import Text


@dataclass(frozen=True, slots=True)
class Moved:
    """A sentence of change, what its earlier year rests on where that is remarkable, that year's row."""

    sentence: str
    remark: str
    earlier: str
    sources: tuple[str, ...]


def change(publication: Publication, block: ChangeBlock, key: str) -> Moved | None:
    """How the choice of a row stands to that of an earlier year; None where that year has no row."""
    before, latest = publication.tables[block.table], publication.tables[block.latest]
    earlier = f"{key},{block.since}"
    if earlier not in before.by_key:
        return None
    row, now = before.by_key[earlier], latest.by_key[key]
    names = row[block.by], now[block.by]
    said = _said(block, *names)
    choices, language = latest.spec.columns[block.by].choices, publication.language
    written = said.replace("{then}", choices[names[0]].label).replace("{now}", choices[names[1]].label)
    basis = before.spec.columns[block.basis].choices.get(row[block.basis]) if block.basis else None
    remark = f"{language.digits(block.since)}: {basis.label}" if basis and basis.remark else ""
    sources = dict.fromkeys([*row_sources(before, row), *row_sources(latest, now)])
    return Moved(filled_in(language.digits(written), said), remark, earlier, tuple(sources))


def _said(block: ChangeBlock, then: str, now: str) -> Text:
    """Which of a block's sentences is true of two choices."""
    if then == now:
        return block.stayed
    if {then, now} - {*block.order}:
        return block.otherwise
    order = [str(name) for name in block.order]
    return block.rose if order.index(now) > order.index(then) else block.fell


def groups(
    publication: Publication, block: GroupsBlock, document: Document
) -> list[tuple[Choice, list[Mapping[str, str]]]]:
    """The rows of each choice that has some, or of those ``within`` the document's row, as it is declared."""
    table = publication.tables[block.table]
    rows = [table.by_key[key] for key in keys_within(publication.tables, block, document)]
    chosen = [(choice, name) for name, choice in table.spec.columns[block.by].choices.items()]
    found = [(choice, [row for row in rows if row[block.by] == name]) for choice, name in chosen]
    return [(choice, there) for choice, there in found if there]
