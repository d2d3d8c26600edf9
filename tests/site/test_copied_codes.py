"""Codes that were copied out of sheets: `status` and the check page read them by one rule.

``copied_codes.json`` has the feet of twelve sheets of the shipped publication as viewers gave them: Chromium with
«select all» and «copy», Firefox' pdf.js, poppler, MuPDF and pypdf.
"""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.browser import Tab
from tests.support import TIP_2025
from tipbrief.language.language import load_language
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.entries import Edition
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.status import find_status_by_code, turn_runs
from tipbrief.pipeline.session import Session
from tipbrief.site.pages import SitePages, check_page_file
from tipbrief.site.site_data import EditionPdfs, SiteData

COPIED: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("copied_codes.json").read_text("utf-8"))
PERSIAN = load_language("fa-AF").digits
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DISTORTIONS: tuple[Callable[[Edition], str], ...] = (
    lambda edition: edition.signature,
    lambda edition: turn_runs(edition.signature),
    lambda edition: f"کشور، ۲۰۲۵ · tipbrief · نسخۀ ۶ · {turn_runs(edition.signature)} صفحۀ ۱ از ۲",
    lambda edition: f"نسخۀ{edition.signature} · ۶",
    lambda edition: f"\u202bنسخۀ \u202a{edition.signature} · ۶\u202c\u202c",
    lambda edition: f"\u2067نسخه \u2066{edition.signature}\u2069 \u200f؛\u200e\u2069",
    lambda edition: PERSIAN(edition.signature),
    lambda edition: edition.signature.translate(ARABIC),
    lambda edition: turn_runs(edition.signature).translate(ARABIC),
    lambda edition: edition.signature.replace(" · ", "\n·\r\n"),
    lambda edition: edition.signature.replace("/", " ⁄ ").replace("·", "•"),
    lambda edition: edition.signature.replace("-", "\u2011").replace("/", "∕"),
    lambda edition: f"{edition.code} · {edition.name}",
    lambda edition: edition.path.lower(),
    lambda edition: edition.name,
    lambda edition: turn_runs(edition.name),
    lambda edition: "سطر " * 900 + turn_runs(edition.signature) + " مخ ۱ له ۲ څخه",
)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return ledger_folder.read_ledger(TIP_2025, "tip-2025")


def latest_editions(ledger: Ledger) -> list[Edition]:
    return [ledger.all_editions(brief)[-1] for brief in ledger.briefs]


def random_texts(count: int) -> list[str]:
    """Texts of letters, digits and signs as they stand in codes and feet of pages."""
    letters = random.Random(7)
    signs = "WORLDPSworld0123456789abcdef۰۱۲۳۴٤/·-. \n\u200f\u2066ساعتنسخۀصفحۀ(){}<>%#&?=;،"
    return ["".join(letters.choices(signs, k=letters.randint(0, 40))) for _ in range(count)]


def python_answer(ledger: Ledger, text: str) -> tuple[str, str]:
    """The signature of the edition, or the state of a text that names none."""
    status = find_status_by_code(ledger, text)
    if status.edition:
        return status.edition.signature, ""
    return "", status.state


@pytest.mark.parametrize("signature", COPIED)
def test_a_foot_is_read_as_each_viewer_gives_it(ledger: Ledger, signature: str) -> None:
    for viewer, foot in COPIED[signature].items():
        assert python_answer(ledger, foot) == (signature, ""), viewer


def test_pdfium_only_turns_the_runs_of_right_to_left_sheets() -> None:
    for signature, feet in COPIED.items():
        is_english = ".EN/" in signature
        assert (signature in feet["Chrome"]) == is_english
        assert signature in turn_runs(feet["Chrome"]) or is_english


def test_each_code_of_the_ledger_is_read_as_pdfium_copies_it(ledger: Ledger) -> None:
    for edition in latest_editions(ledger):
        text = f"نسخۀ ۶ · {turn_runs(edition.signature)} صفحۀ ۱ از ۲"
        assert python_answer(ledger, text) == (edition.signature, ""), text


@pytest.mark.parametrize("number", range(len(DISTORTIONS)))
def test_codes_are_read_in_each_distortion(ledger: Ledger, number: int) -> None:
    for edition in latest_editions(ledger)[number % 7 :: 7]:
        text = DISTORTIONS[number](edition)
        assert python_answer(ledger, text) == (edition.signature, ""), text


def test_a_lone_code_that_may_have_been_turned_is_only_suggested(ledger: Ledger) -> None:
    editions = latest_editions(ledger)
    for edition in editions:
        status = find_status_by_code(ledger, turn_runs(edition.code))
        is_other = status.edition is not None and status.edition.code != turn_runs(edition.code)
        assert not is_other
        if status.edition and status.edition != edition:
            assert edition in status.near


def test_two_codes_in_one_text_are_not_chosen_between(ledger: Ledger) -> None:
    first, second = latest_editions(ledger)[:2]
    status = find_status_by_code(ledger, f"{first.signature} {turn_runs(second.signature)} {second.signature}")
    assert (status.state, status.edition) == ("unreadable", None)
    assert status.hint == f"this text has several codes: {first.signature}, {second.signature}; ask about one"


def test_a_random_text_is_no_edition_and_not_read_unless_it_looks_like_a_code(ledger: Ledger) -> None:
    answers = [python_answer(ledger, text) for text in random_texts(2000)]
    assert {signature for signature, _ in answers} == {""}
    assert [state for _, state in answers].count("unreadable") > 1900


def test_a_well_formed_code_that_the_ledger_lacks_is_unknown(ledger: Ledger) -> None:
    for edition in latest_editions(ledger):
        first = "0" if edition.code[0] != "0" else "1"
        for text in (f"{edition.name} · {first}{edition.code[1:]}", f"ZZ-{edition.signature}", f"{edition.name}99"):
            for order in (text, turn_runs(text)):
                assert python_answer(ledger, order) == ("", "unknown"), order


JAVASCRIPT_ANSWER = """texts => texts.map(text => {
  const answer = found(text)
  if (answer.edition) return [signature(answer.edition), '']
  return ['', answer.unreadable ? 'unreadable' : 'unknown']
})"""


def javascript_answers(tab: Tab, texts: Sequence[str]) -> list[tuple[str, str]]:
    """What the check page answers; an edition that is not delivered yet is unknown to a ledger."""
    answers = tab.evaluate(f"({JAVASCRIPT_ANSWER})({json.dumps(texts)})")
    return [(signature, state) for signature, state in answers]


@pytest.mark.slow
def test_the_check_page_answers_as_status_does(ledger: Ledger, tab: Tab, tmp_path: Path) -> None:
    session = Session.open(TIP_2025, languages=["all"])
    name, content = check_page_file(SitePages(SiteData(session), EditionPdfs(session.ledger, tmp_path), {}))
    (tmp_path / name).write_bytes(content)
    tab.show(tmp_path / name, 360)

    copied = [foot for feet in COPIED.values() for foot in feet.values()]
    distorted = [distort(edition) for edition in latest_editions(ledger)[::9] for distort in DISTORTIONS]
    lacking = [f"{edition.name} · zz{edition.code}" for edition in latest_editions(ledger)[::9]]
    lacking += ["WORLD/9999", "ZZ/1 · 9f2c", "9g2c", "zzzz", "", " ", "/1", "WORLD/", "😀", "x" * 999, "zone 1 ffff"]
    texts = [*copied, *distorted, *lacking, *random_texts(500)]

    assert javascript_answers(tab, texts) == [python_answer(ledger, text) for text in texts]
