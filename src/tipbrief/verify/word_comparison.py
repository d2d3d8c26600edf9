"""Word comparison: the words of a finished PDF are compared with those of its HTML, tag by tag and in order.

The words of each tagged block stand in the order of its marked content. On one line, words of the block's own
script stand one beside the other; what is set against it (a Latin name in a Persian line, the numbers beside it)
keeps its place between them. Beside that, each word must be found in the plain text, as readers without tags do.
"""

import shutil
import subprocess
import unicodedata
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache, partial
from itertools import count, groupby, pairwise
from typing import NamedTuple

from tipbrief.language.unicode_text import ZWNJ
from tipbrief.pdf.tag_tree import TAGS_WITHIN_BLOCK, MarkedContent, TagNode
from tipbrief.verify.html_text import (
    MAX_CACHED,
    READ_AS,
    TOKEN,
    PrintedBlock,
    normal_token,
    readable_form,
    split_into_tokens,
)
from tipbrief.verify.pdfium import MarkedText, PageSpan, PdfiumDocument, PdfiumPage, TextSpan

POPPLER_SECONDS = 3.0
_REWRITTEN_SIGNS = frozenset(map(chr, READ_AS))
_LINE_TOLERANCE = 0.3  # points between the baselines of one line


@dataclass(frozen=True, slots=True)
class LostWord:
    """A word or number that is not found, what is found in its place, and the page; empty and 0 if unknown."""

    token: str
    instead: str
    page: int


@dataclass
class Reading:
    """What one reader finds of the expected words and numbers. Only tags tell their order."""

    reader: str
    found: int = 0
    in_order: int | None = None
    zwnj: int = 0
    lost: list[LostWord] = field(default_factory=list)
    displaced: list[LostWord] = field(default_factory=list)


class Line(NamedTuple):
    """The words that one block, or a text without a tag, has on one line, each with its place in the page's text."""

    page: PdfiumPage
    places: tuple[int, ...]
    tokens: tuple[str, ...]

    def painted_tokens(self, *, rtl: bool) -> list[str]:
        """The words as they stand on the line, from one side to the other."""
        origins = [self.page.letter_origin(place)[0] for place in self.places]
        order = sorted(range(len(origins)), key=origins.__getitem__, reverse=rtl)
        return [self.tokens[n] for n in order]


TaggedBlock = tuple[Line, ...]
PrintedBlocks = Sequence[PrintedBlock]
TaggedBlocks = Sequence[TaggedBlock]
Region = tuple[PrintedBlocks, TaggedBlocks]
Key = tuple[str, ...]


def _is_rtl(token: str) -> bool:
    return unicodedata.bidirectional(token[0]) in ("R", "AL")


def _read_words(page: PdfiumPage, spans: Iterable[TextSpan]) -> Iterator[tuple[int, str]]:  # of one line, with places
    text, places, end = "", list[int](), 0
    for span in sorted(spans):
        # Between spans that do not follow one another stands another text, or a space that is not painted.
        apart = text != "" and span.start > end
        end = span.start + len(span.text)
        places += [span.start] * apart
        text += " " * apart
        if _REWRITTEN_SIGNS.isdisjoint(span.text):
            text += span.text
            places += range(span.start, end)
            continue
        for place, letter in enumerate(span.text, span.start):
            text += letter.translate(READ_AS)
            places += [place] * len(letter.translate(READ_AS))
    for start, token, has_parts in _find_words(text):
        if has_parts:  # in a line from the left, PDFium exchanges them
            starts = [start, *(start + n + 1 for n, letter in enumerate(token) if letter == ZWNJ)]
            parts = zip((page.letter_origin(places[n])[0] for n in starts), token.split(ZWNJ), strict=True)
            token = ZWNJ.join(part for _, part in sorted(parts, reverse=True))
        yield places[start], normal_token(token)


@lru_cache(MAX_CACHED)
def _find_words(text: str) -> list[tuple[int, str, bool]]:
    """The words of a text, each with its place, and whether it has parts between ZWNJ, from the right to the left."""
    return [(one.start(), one[0], ZWNJ in one[0] and _is_rtl(one[0])) for one in TOKEN.finditer(text)]


def read_tagged_blocks(texts: MarkedText, root: TagNode) -> tuple[list[TaggedBlock], list[Line]]:
    """The blocks of a PDF in the order of its tags, and the words of each text that no tag holds."""
    untagged = list[list[PageSpan]]()
    held = {*root.iterate_marked_content()}
    for name, page in texts.pages.items():
        last = None
        for span in page.spans:
            if MarkedContent(name, span.mark) in held:
                continue
            if last and span.start == last.start + len(last.text) and span.baseline == last.baseline:
                untagged[-1].append((page, span))  # a word in two fonts
            else:
                untagged.append([(page, span)])
            last = span
    marks_of_blocks: list[list[MarkedContent]] = [[]]
    _add_blocks(root, marks_of_blocks)
    blocks = [read_lines(marks, texts.spans) for marks in marks_of_blocks if marks]
    loose = [(one[0][0], [*_read_words(one[0][0], [span for _, span in one])]) for one in untagged]
    return [one for one in blocks if one], [Line(page, *zip(*words, strict=True)) for page, words in loose if words]


def _add_blocks(node: TagNode, blocks: list[list[MarkedContent]]) -> None:
    """Add the marked contents of each block below an element: of the text before, between and behind its elements."""
    for kid in node.kids:
        if isinstance(kid, MarkedContent):
            blocks[-1].append(kid)
        elif isinstance(kid, TagNode) and kid.tag in TAGS_WITHIN_BLOCK:
            _add_blocks(kid, blocks)
        elif isinstance(kid, TagNode):
            blocks.append([])
            _add_blocks(kid, blocks)
            blocks.append([])


def read_lines(marks: Iterable[MarkedContent], marked: Mapping[MarkedContent, list[PageSpan]]) -> TaggedBlock:
    """The lines of a block. Marked contents that follow one another on one line are one."""
    lines: list[list[PageSpan]] = []
    for spans in filter(None, (marked.get(mark) for mark in marks)):
        page, text = lines[-1][0] if lines else (None, None)
        if text and page is spans[0][0] and abs(text.baseline - spans[0][1].baseline) < _LINE_TOLERANCE:
            lines[-1] += spans
        else:
            lines.append([*spans])
    found = []
    for line in lines:
        page, rows = line[0][0], list[list[TextSpan]]()  # raised marks stand in a row of their own
        for _, span in sorted(line, key=lambda item: item[1].baseline):
            if rows and span.baseline - rows[-1][-1].baseline < _LINE_TOLERANCE:
                rows[-1].append(span)
            else:
                rows.append([span])
        if words := [word for row in rows for word in _read_words(page, row)]:
            found.append(Line(page, *zip(*words, strict=True)))
    return tuple(found)


def compare_words(
    document: PdfiumDocument,
    blocks: PrintedBlocks,
    tagged: TaggedBlocks,
    untagged: Sequence[Line],
    for_poppler: bytes = b"",
    *,
    is_tagged: bool = True,
) -> list[Reading]:
    """What PDFium finds of the words of an HTML text; and poppler, in the PDF that it is given, if it is installed."""
    loose = [one.tokens for one in untagged]
    readings = [compare_by_tags(blocks, tagged, loose) if is_tagged else Reading("PDFium")]
    lost = find_lost_words(blocks, "\n".join(page.text for page in document.pages))
    if lost:
        lost = find_lost_words(blocks, "\n".join(page.separate_stacked_letters() for page in document.pages))
    known = {one.token for one in readings[0].lost}
    everywhere = [(readings[0], [token for token in lost if token not in known])]
    if for_poppler and (text := poppler_text(for_poppler)) is not None:
        readings.append(Reading("poppler"))
        everywhere.append((readings[1], find_lost_words(blocks, text)))
    lines = [line for block in tagged for line in block] if any(tokens for _, tokens in everywhere) else []
    pages = {token: line.page.number for line in lines for token in line.tokens}
    for reading, tokens in everywhere:
        reading.lost += [LostWord(token, "", pages.get(token, 0)) for token in tokens]
        _count_words(reading, blocks)
    return readings


def compare_by_tags(blocks: PrintedBlocks, tagged: TaggedBlocks, untagged: Sequence[Sequence[str]]) -> Reading:
    """What the tagged blocks of a PDF have of the blocks of the HTML, and what of it stands in its place."""
    wanted = _leave_out_visual_only(blocks, tagged, untagged)
    keys = [_key(one.tokens) for one in wanted]
    pair = partial(_pair_blocks, keys, wanted)
    if not (regions := pair(tagged, by_column=False) or pair(tagged, by_column=True)):
        tagged = _join_parts(wanted, tagged)
        regions = pair(tagged, by_column=False) or pair(tagged, by_column=True)
    regions = regions or [*_find_regions(keys, wanted, tagged)]
    reading = Reading("PDFium", in_order=0)
    missing: list[tuple[str, int, Counter[str]]] = []  # each with its page, and what stands beside it
    spare: Counter[str] = Counter()
    page = 1
    for some, found in regions:
        page = found[0][0].page.number if found else page
        tokens = [token for block in some for token in block.tokens]
        there = [token for block in found for token in _tokens(block)]
        if tokens == there:
            continue
        less = Counter[str]()
        if sorted(tokens) != sorted(there):
            more, less = Counter(there) - Counter(tokens), Counter(tokens) - Counter(there)
            spare += more
            missing += [(token, page, more) for token in less.elements()]
        if not less:
            lines = [line for block in found for line in block]
            late = _find_displaced([(token, block) for block in some for token in block.tokens], lines)
            reading.displaced += [LostWord(token, "", page) for token in late]
    for token, page, beside in missing:
        if spare[token]:
            spare[token] -= 1
            reading.displaced.append(LostWord(token, "", page))
        else:
            reading.lost.append(LostWord(token, _find_substitute(token, beside), page))
    return reading


def _tokens(block: TaggedBlock) -> Iterator[str]:
    return (token for line in block for token in line.tokens)


def _pair_blocks(keys: Sequence[Key], wanted: PrintedBlocks, tagged: TaggedBlocks, by_column: bool) -> list[Region]:
    """Each block with the tagged one of the same words, or nothing if not all are there in order."""
    # Of several such ones it is the first, or ``by_column`` one that is below the block before.
    # Of columns that go on overleaf, the tags have first the parts of all on one page: these come before their turn.
    places: defaultdict[Key, list[int]] = defaultdict(list)
    for place, one in enumerate(tagged):
        places[_key(_tokens(one))].append(place)
    pairs, claimed, free = list[Region](), list[int](), 0
    for key, block in zip(keys, wanted, strict=True):
        own = places[key]
        if by_column and len(own) > 1 and pairs:
            free = next(place for place in count(free) if claimed[place : place + 1] != [place])
            near = [place for place in own if place == free or tagged[free][0].page is not tagged[place][0].page]
            own = sorted(near or own, key=lambda place: _are_side_by_side(pairs[-1][1][0], tagged[place]))
        for place in own:
            later = claimed[bisect_left(claimed, place) :]
            # Each of them must begin on a later page, in a column beside this one.
            on_this_page = any(tagged[other][0].page.number <= tagged[place][0].page.number for other in later)
            if not on_this_page and all(_are_side_by_side(tagged[place], tagged[other]) for other in later):
                break
        else:
            return []
        places[key].remove(place)
        insort(claimed, place)
        pairs.append(([block], [tagged[place]]))
    return pairs


def _are_side_by_side(block: TaggedBlock, other: TaggedBlock) -> bool:
    places = ([line.page.letter_origin(place)[0] for line in one for place in line.places] for one in (block, other))
    (left, right), (other_left, other_right) = ((min(own), max(own)) for own in places)
    return right < other_left or other_right < left


def _find_regions(keys: Sequence[Key], wanted: PrintedBlocks, tagged: TaggedBlocks) -> Iterator[Region]:
    """What differs between the blocks of the same words, in one piece."""
    matcher = SequenceMatcher(None, keys, [_key(_tokens(block)) for block in tagged], autojunk=False)
    for kind, first, end, start, stop in matcher.get_opcodes():
        size = 1 if kind == "equal" else end - first + stop - start
        for n in range(0, max(end - first, stop - start), size):
            yield wanted[first:end][n : n + size], tagged[start:stop][n : n + size]


def _join_parts(wanted: PrintedBlocks, tagged: TaggedBlocks) -> list[TaggedBlock]:
    """The blocks, each in one piece: other blocks may be tagged between its part on one page and the rest."""
    known, there = {_key(block.tokens) for block in wanted}, Counter(_key(_tokens(block)) for block in tagged)
    left = {n: block for n, block in enumerate(tagged) if _key(_tokens(block)) not in known}
    joined = dict(enumerate(tagged))
    for block in wanted:
        if there[key := _key(block.tokens)]:
            there[key] -= 1
            continue
        parts: list[int] = []
        place = 0
        for n, part in left.items():
            tokens = _key(_tokens(part))
            if tokens == _key(block.tokens[place : place + len(tokens)]):
                parts.append(n)
                place += len(tokens)
        if place == len(block.tokens):
            joined[parts[0]] = tuple(line for n in parts for line in left[n])
            for n in parts:
                del left[n]
            for n in parts[1:]:
                del joined[n]
    return [*joined.values()]


def _key(tokens: Iterable[str]) -> Key:
    return tuple(sorted(tokens))


def _leave_out_visual_only(
    blocks: PrintedBlocks, tagged: TaggedBlocks, untagged: Sequence[Sequence[str]]
) -> PrintedBlocks:
    """The blocks without what is only seen, where it stands in texts that no tag holds, and that say nothing else."""
    expected = Counter(block.tokens[n] for block in blocks for n in block.visual_only)
    found: Counter[str] = Counter()
    for text in untagged:
        if all(found[token] + count <= expected[token] for token, count in Counter(text).items()):
            found.update(text)
    whole = {_key(_tokens(block)) for block in tagged} if found else ()
    left = [*blocks]
    # Blocks that are tagged as a whole come last: others have the same word, such as a year, without a tag.
    places = [place for place, block in enumerate(blocks) if block.visual_only]
    for place in sorted(places, key=lambda place: _key(blocks[place].tokens) in whole):
        tokens = []
        for n, token in enumerate(blocks[place].tokens):
            if n in blocks[place].visual_only and found[token]:
                found[token] -= 1
            else:
                tokens.append(token)
        left[place] = PrintedBlock(tuple(tokens), blocks[place].rtl, blocks[place].text, blocks[place].visual_only)
    return [block for block in left if block.tokens]


def _find_displaced(expected: Sequence[tuple[str, PrintedBlock]], lines: Sequence[Line]) -> list[str]:
    """The words, of which each is there with its block, that do not stand in their order."""
    place, in_order = 0, True
    for line in lines:
        bag, start = Counter(line.tokens), place
        while place < len(expected) and bag[expected[place][0]]:
            bag[expected[place][0]] -= 1
            place += 1
        part = [token for token, _ in expected[start:place]]
        if part and not bag.total() and [*line.tokens] != part:
            in_order = in_order and _is_in_order(part, line, expected[start][1])
    if in_order and place == len(expected):
        return []
    tokens = [token for token, _ in expected]
    painted = [token for line in lines for token in line.painted_tokens(rtl=expected[0][1].rtl)]
    matcher = SequenceMatcher(None, tokens, painted, autojunk=False)
    return [token for same, a, b, *_ in matcher.get_opcodes() if same != "equal" for token in tokens[a:b]]


def _is_in_order(part: Sequence[str], line: Line, block: PrintedBlock) -> bool:
    """Whether a line has its words in order: those of its direction, and phrases of the other."""
    # A line that begins and ends with words of the other direction may have that one, as an untranslated sentence.
    words = [token for token in part if token.isalpha()]
    is_foreign = bool(words) and all(_is_rtl(token) != block.rtl for token in (words[0], words[-1]))
    return any(_is_in_direction(part, line, block.text, rtl=block.rtl != other) for other in {False, is_foreign})


def _is_in_direction(part: Sequence[str], line: Line, text: str, *, rtl: bool) -> bool:
    phrases = {
        pair
        for pair in pairwise(part)
        if all(token.isalpha() and _is_rtl(token) != rtl for token in pair) and " ".join(pair) in text
    }
    forward = line.painted_tokens(rtl=rtl)
    is_same = forward == part or _group_stretches(forward, rtl=rtl) == _group_stretches(part, rtl=rtl)
    return is_same and (not phrases or phrases <= {*pairwise(line.painted_tokens(rtl=not rtl))})


def _group_stretches(tokens: Sequence[str], *, rtl: bool) -> list[list[str]]:
    """The words of a direction, each by itself; numbers and words of the other between them in any order."""
    groups = groupby(tokens, lambda token: not _is_number(token) and _is_rtl(token) == rtl)
    return [part for same, group in groups for part in ([[one] for one in group] if same else [sorted(group)])]


def _find_substitute(token: str, beside: Iterable[str]) -> str:  # of the same letters, or of as many
    words = [one for one in beside if not (_is_number(one) or _is_number(token))]
    same = (one for one in words if sorted(one.replace(ZWNJ, "")) == sorted(token.replace(ZWNJ, "")))
    return next(same, next((one for one in words if len(one) == len(token)), ""))


def _count_words(reading: Reading, blocks: Iterable[PrintedBlock]) -> None:
    tokens = [token for block in blocks for token in block.tokens]
    reading.found = len(tokens) - len(reading.lost)
    reading.zwnj = "".join(tokens).count(ZWNJ) - sum(one.token.count(ZWNJ) for one in reading.lost)
    if reading.in_order is not None:
        reading.in_order = reading.found - len(reading.displaced)


def find_lost_words(blocks: PrintedBlocks, text: str) -> list[str]:
    """The words and numbers that the plain text of a PDF lacks, wherever they stand."""
    # A reader may write a number and its raised mark as one, and the two words around a hyphen.
    printed, found = [token for block in blocks for token in block.tokens], split_into_tokens(text)
    if not Counter(printed) - Counter(found):
        return []
    tokens = {_sort_parts(token): token for token in printed}
    wanted, read = Counter(map(_sort_parts, printed)), Counter(map(_sort_parts, found))
    less, more = wanted - read, read - wanted
    digits = Counter("".join(filter(_is_number, more.elements())))
    for one, other in pairwise(printed if less else ()):
        if less[one] and less[other] and more[one + other]:
            more[one + other] -= 1
            less -= Counter((one, other))
    # Wherever a reader sets spaces: at a drop cap, in spaced letters, between narrow cells.
    joined = "".join(readable_form(text).split()) if less else ""
    lost = []
    for token in less.elements():
        own = Counter(token)
        word = tokens[token]
        if _is_number(token) and own <= digits:
            digits -= own
        elif more[word[1:]] and more[word[0]]:  # the first letter is a drop cap
            more -= Counter((word[0], word[1:]))
        elif joined.count(word) < wanted[token]:
            lost.append(word)
    return lost


def _is_number(token: str) -> bool:
    return token[0].isdigit()


def _sort_parts(token: str) -> str:  # those between ZWNJ, which readers exchange
    return ZWNJ.join(sorted(token.split(ZWNJ))) if ZWNJ in token else token


def poppler_text(pdf: bytes) -> str | None:
    """The text as poppler's pdftotext gives it; nothing where it is not installed or fails."""
    if (program := shutil.which("pdftotext")) is None:
        return None
    command = [program, "-enc", "UTF-8", "-", "-"]
    try:
        ran = subprocess.run(command, input=pdf, capture_output=True, check=False, timeout=POPPLER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else None
