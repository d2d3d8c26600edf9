"""The world brief is a handout: two pages of large letters, few words, thirteen names on a map."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2
import pytest
from pypdfium2 import raw

from tests.support import made_once, run_well

# What stands on paper and is no word of the sheet: marks of sources, their addresses, the remark of a draft. The foot
# of each page and the remark on a translation are the program's own.
UNCOUNTED = {"cite", "address", "draft", "edition", "heard", "said", "ways"}
# Pashto writes as a word, «د», what Dari writes as a vowel and English mostly as the order of words.
MOST_WORDS = {"": 900, ".en": 900, ".ps": 1000}
LEAST_BODY, LEAST_CAPTION, LEAST_SOURCE = 10.5, 8.5, 7.5  # points


class _Words(HTMLParser):
    """The words that paper shows, between the tags of the body."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[bool] = []  # for each open element, whether its words are left out
        self.feed("<body" + html.partition("<body")[2].partition("</body>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("br", "img", "path", "rect", "circle", "meta"):
            return
        left_out = "hidden" in given or tag in ("svg", "style") or UNCOUNTED & {*(given.get("class") or "").split()}
        self._open.append(bool(left_out))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("br", "img", "path", "rect", "circle", "meta"):
            self._open.pop()
        self.found.append("" if tag in ("span", "sup", "b", "a") else " ")

    def handle_data(self, data: str) -> None:
        self.found.append("" if any(self._open) else data)

    @property
    def words(self) -> list[str]:
        return [word for word in "".join(self.found).split() if re.search(r"\w", word)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def build(to: Path) -> None:
        run_well("build", "world", "--language", "all", "--out", to)

    return made_once(tmp_path_factory, "handout", build)


@pytest.mark.parametrize("language", MOST_WORDS)
def test_it_has_few_words(built: Path, language: str) -> None:
    words = _Words((built / f"tip-2025-world{language}.html").read_text(encoding="utf-8")).words
    counted = len([word for word in words if word != "د"])
    assert 700 < counted <= MOST_WORDS[language], counted


@pytest.mark.parametrize("language", MOST_WORDS)
def test_its_letters_are_large(built: Path, language: str) -> None:
    """Nearly all letters are those of the text, of captions, or of sources; else there are the marks and the title."""
    with pypdfium2.PdfDocument(built / f"tip-2025-world{language}.pdf") as document:
        assert len(document) == 2
        sizes = Counter[float]()
        for page in document:
            text = page.get_textpage()
            for index in range(text.count_chars()):
                sizes[round(raw.FPDFText_GetFontSize(text.raw, index) * 0.75, 1)] += 1
    least = {size for size, count in sizes.items() if count > 60 and size > 1}
    assert min(least) >= LEAST_SOURCE
    assert {size for size in least if size < LEAST_BODY} <= {LEAST_SOURCE, 8, LEAST_CAPTION}
    assert sizes[LEAST_BODY] == max(sizes.values())


@pytest.mark.parametrize("language", MOST_WORDS)
def test_the_thirteen_are_named_on_the_map(built: Path, language: str) -> None:
    html = (built / f"tip-2025-world{language}.html").read_text(encoding="utf-8")
    names = re.findall(r'<li class="name[^>]*><span>([^<]+)</span>', html)
    assert len({*names}) == 13
    with pypdfium2.PdfDocument(built / f"tip-2025-world{language}.pdf") as document:
        first = document[0].get_textpage().get_text_bounded()
    if language == ".en":
        assert all(name in first for name in names)
        assert "Afghanistan: on Tier 3" in first
