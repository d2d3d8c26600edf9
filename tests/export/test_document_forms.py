"""Documents as Markdown, text and ODT: every printed word, in order, read back by other programs."""

from pathlib import Path
from random import Random

import pytest

from tests.export.texts import markdown_text, odt_text, printed_tokens, tokens, unprinted_tokens, words_beside
from tests.random_publications import RandomPublication
from tests.support import GOLDEN, TIP_2025
from tipbrief.export.document_forms import DOCUMENT_FORMS, export_document
from tipbrief.export.text_blocks import read_text_blocks
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session


def export(session: Session, name: str) -> tuple[str, dict[str, bytes]]:
    document = compose_document(session, name)
    html = document.html()
    form = (session.publication_for(name), document.edition, session.fonts, [*DOCUMENT_FORMS])
    return html, export_document(read_text_blocks(html), *form)


def require_all_words(html: str, written: dict[str, bytes]) -> None:
    """Each form has the printed words in their order, and beside them only those of drawings and for listeners."""
    expected, unprinted = printed_tokens(html), unprinted_tokens(html)
    texts = {
        "md": markdown_text(written["md"].decode()),
        "txt": written["txt"].decode(),
        "odt": odt_text(written["odt"]),
    }
    for form, text in texts.items():
        rest = words_beside(tokens(text), expected)
        assert {*rest} <= unprinted, form


@pytest.mark.parametrize("name", ["world", "world.ps", "world.en", "country-AFG", "all", "each-AFG"])
def test_each_form_has_every_printed_word_in_order(name: str) -> None:
    folder = GOLDEN if name in ("all", "each-AFG") else TIP_2025
    session = Session.open(folder, languages=[name.partition(".")[2] or "fa-AF"])
    require_all_words(*export(session, name))


def test_random_documents(tmp_path: Path) -> None:
    count = 0
    for seed in range(12):
        RandomPublication(Random(seed), tmp_path / str(seed)).write()
        session = Session.open(tmp_path / str(seed), languages=["all"])
        for name in [*session.documents][:6]:
            require_all_words(*export(session, name))
            count += 1
    assert count > 40
