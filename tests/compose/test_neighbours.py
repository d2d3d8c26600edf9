"""The document's row beside others: what it was in an earlier year, and who is like it."""

import dataclasses

import pytest

from tests.support import GOLDEN
from tipbrief.check.blocks import every_block
from tipbrief.check.chart_blocks import ChangeBlock, GroupsBlock
from tipbrief.check.publication import Publication
from tipbrief.compose import formatting
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session


def change_of(publication: Publication) -> ChangeBlock:
    blocks = every_block(publication.briefs["each"].blocks)
    return next(block for block in blocks if isinstance(block, ChangeBlock))


@pytest.mark.parametrize(
    ("since", "order", "sentence", "remark"),
    [
        (2020, ["shut", "open"], "از بسته در سال ۲۰۲۰ به باز بالا رفت", "۲۰۲۰: یک منبع"),
        (2020, ["open", "shut"], "از بسته در سال ۲۰۲۰ به باز پایین آمد", "۲۰۲۰: یک منبع"),
        (2022, ["shut", "open"], "در سال ۲۰۲۰ نیز باز بود", ""),
        (2018, ["shut", "open"], "در سال ۲۰۲۰ خشک بود، اکنون باز است", ""),
    ],
)
def test_a_sentence_says_how_a_row_moved(
    made_up: Publication, since: int, order: list[str], sentence: str, remark: str
) -> None:
    block = dataclasses.replace(change_of(made_up), since=since, order=tuple(order))
    moved = formatting.change(made_up, block, "AFG")
    assert moved is not None
    assert (moved.sentence, moved.remark, moved.earlier) == (sentence, remark, f"AFG,{since}")
    earlier = made_up.tables["past"].by_key[f"AFG,{since}"]["sources"].split()
    assert {*earlier} < {*moved.sources}, "both years are sourced"


def test_of_a_year_without_a_row_nothing_is_said(made_up: Publication) -> None:
    block = change_of(made_up)
    assert formatting.change(made_up, block, "PAK") is None
    assert formatting.change(made_up, dataclasses.replace(block, since=2019), "AFG") is None


def test_without_a_basis_there_is_no_remark(made_up: Publication) -> None:
    moved = formatting.change(made_up, dataclasses.replace(change_of(made_up), basis=None), "AFG")
    assert moved is not None
    assert moved.remark == ""


def test_rows_stand_in_the_groups_of_their_choices(made_up: Publication) -> None:
    document = made_up.documents["each-AFG"]
    block = next(b for b in every_block(document.brief.blocks) if isinstance(b, GroupsBlock))

    def names(block: GroupsBlock) -> list[tuple[str, list[str]]]:
        found = formatting.groups(made_up, block, document)
        return [(str(choice.label), [row["iso3"] for row in rows]) for choice, rows in found]

    assert names(block) == [("باز", ["AFG", "TJK"])]
    whole = dataclasses.replace(block, within=None)
    assert names(whole) == [("باز", ["AFG", "TJK"]), ("بسته", ["PAK"]), ("خشک", ["AND"])]


def test_nothing_is_said_to_be_unknown_of_a_row_of_which_another_block_tells() -> None:
    session = Session.open(GOLDEN)
    html = {name: compose_document(session, f"each-{name}").html() for name in ("TJK", "PAK")}
    facts = {name: '<section class="facts">' in page for name, page in html.items()}
    assert facts == {"TJK": False, "PAK": True}
