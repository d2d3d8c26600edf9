"""Alignment: find the words printed in an HTML text among those that a reader finds in its PDF.

docs/text-layer.md tells the method.
"""

import sys
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from tipbrief.language.unicode_text import ZWNJ
from tipbrief.verify.html_text import Number, PrintedBlock
from tipbrief.verify.readers import Line

LINE = 40  # more words than the longest line holds
FEW = 6  # words that may stand together by chance


@dataclass(frozen=True, slots=True)
class Lost:
    """A word or number that a reader does not find, what it finds in its place, and the page, if known."""

    token: str
    instead: str
    page: int


@dataclass
class Reading:
    """What one reader finds of the expected words and numbers."""

    reader: str
    found: int = 0
    in_order: int = 0
    zwnj: int = 0
    lost: list[Lost] = field(default_factory=list)
    displaced: list[Lost] = field(default_factory=list)


class Stream:
    """The words of a PDF in a reader's order, of which each can be claimed once."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.words: list[str] = []
        self.pages: list[int] = []
        self.numbers: defaultdict[str, list[int]] = defaultdict(list)  # the count of words before each
        for line in lines:
            for token in line.tokens:
                if token[0].isdigit():
                    self.numbers[token].append(len(self.words))
                else:
                    self.words.append(token)
                    self.pages.append(line.page)
        self.free = list(self.words)  # an empty text where a word is claimed
        self._joints: frozenset[int] = frozenset()  # at which parts of a block are looked for
        self._matcher: Any = SequenceMatcher(None, (), self.free, autojunk=False)

    def first_free(self, word: str) -> int:
        """The first place where a word stands unclaimed, or -1."""
        return next(iter(self._matcher.b2j.get(word, ())), -1)

    def claim_word(self, place: int) -> None:
        """Claim the word at a place."""
        self._matcher.b2j[self.words[place]].remove(place)
        self.free[place] = ""

    def page_at(self, places: Sequence[int], index: int) -> int:
        """The page of the words around an index, 0 where none of them has a place."""
        nearest_first = (*reversed(places[:index]), *places[index:])
        return next((self.pages[place] for place in nearest_first if place >= 0), 0)

    def align(self, block: PrintedBlock, reach: int, after: int = 0) -> list[int]:
        """The place of each word of a block, -1 where it has none in order.

        Where its words stand more than once, those are taken that come first ``after`` a place.

        PDFium makes a raised mark a line of its own, and then reads what stands left of it first: the parts
        of a line on both sides of a joint may have changed places. Only where words are left without one are
        the parts looked for on their own.
        """
        places = self._aligned(block, reach, frozenset(), after)
        if block.break_positions and -1 in places:
            self._release(places)
            parted = self._aligned(block, reach, block.break_positions, after)
            if parted.count(-1) < places.count(-1):
                return parted
            self._release(parted)
            places = self._aligned(block, reach, frozenset(), after)
        return places

    def has_whole(self, block: PrintedBlock) -> bool:
        """Whether all words of a block stand in one run, and are not so few that they do so by chance."""
        words = [*block.words]
        return len(words) >= FEW and any(
            self.words[place : place + len(words)] == words for place in self._matcher.b2j.get(words[0], ())
        )

    def _release(self, places: Iterable[int]) -> None:
        """Give back the words at these places."""
        for place in places:
            if place >= 0:
                self.free[place] = self.words[place]
                insort(self._matcher.b2j[self.words[place]], place)

    def _aligned(self, block: PrintedBlock, reach: int, joints: frozenset[int], after: int) -> list[int]:
        """The places of the words, of which the parts between the ``joints`` have theirs.

        The longest run comes first, then what lies around it, at most ``reach`` other words away. Between the
        parts of a block on two pages stands all that is painted late on the first.
        """
        places, self._joints = [-1] * len(block.words), joints
        self._matcher.set_seq1([*block.words])
        whole = 0, len(places)
        behind, anywhere = ((start, len(self.words)) for start in (after, 0))
        found = self._longest(*whole, *behind)
        if found[2] < len(places) and after and (other := self._longest(*whole, *anywhere))[2] > found[2]:
            found = other
        self._place(places, whole, anywhere, reach, found)
        for _ in range(2):  # the longest run may stand on the first of three pages
            for first, end in _gaps(places):
                window = self._overleaf(places, first, end, reach)
                if window and not self._stands_turned(block, places, first, end, window):
                    self._fill(places, (first, end), window, reach)
        self._go_on(places)
        for first, end in _gaps(places):
            for window in self._around_page_end(places, first, end):
                self._fill(places, (first, end), window, LINE)
        rounds = len(joints) or min(len(block.break_positions), 1)  # each joint may part the line once more
        for _ in range(rounds):
            for first, end in _gaps(places):
                if any(first <= joint <= end for joint in block.break_positions):
                    beside = places[first - 1] if first else places[end] if end < len(places) else -1
                    if beside >= 0:
                        self._fill(places, (first, end), self._nearest(first, end, beside), LINE)
        return places

    def _go_on(self, places: list[int]) -> None:
        """Give places to the words that stand next to one of their block, before it or behind it."""
        for step, indices in ((1, range(1, len(places))), (-1, range(len(places) - 2, -1, -1))):
            for index in indices:
                place = places[index - step] + step
                stands = places[index] < 0 <= places[index - step] and 0 <= place < len(self.free)
                if stands and self.free[place] == self._matcher.a[index]:
                    places[index] = place
                    self.claim_word(place)

    def _overleaf(self, places: Sequence[int], first: int, end: int, reach: int) -> tuple[int, int] | None:
        """Where it is on the next page or the one before; all that is painted late may be between."""
        if end == len(places) and first:
            start = bisect_right(self.pages, self.pages[places[first - 1]])
            return start, min(len(self.words), start + max(LINE, reach) + end - first)
        if not first and end < len(places):
            page = self.pages[places[end]]
            start = bisect_left(self.pages, page)
            if places[end] <= start + max(LINE, reach):
                return bisect_left(self.pages, page - 1), start
        return None

    def _stands_turned(
        self, block: PrintedBlock, places: Sequence[int], first: int, end: int, over: tuple[int, int]
    ) -> bool:
        """Whether as many words of a part at a joint are on its page as overleaf: those may be another's."""
        if block.break_positions.isdisjoint((first, end)):
            return False
        beside = places[first - 1] if first else places[end]
        page, page_end = (side(self.pages, self.pages[beside]) for side in (bisect_left, bisect_right))
        line = max(page, beside - LINE), min(page_end, beside + LINE)
        here, there = (self._longest(first, end, *window)[2] for window in (line, over))
        return here >= there > 0

    def _nearest(self, first: int, end: int, beside: int) -> tuple[int, int]:
        """The narrowest part around a place that has as long a run of these words as the lines around it."""
        reaches = LINE // 4, LINE // 2, LINE
        around = [(max(0, beside - n), min(len(self.words), beside + n)) for n in reaches]
        longest = self._longest(first, end, *around[-1])[2]
        return next(window for window in around if self._longest(first, end, *window)[2] == longest)

    def _around_page_end(self, places: Sequence[int], first: int, end: int) -> Iterator[tuple[int, int]]:
        """Where words are whose neighbours stand on two pages: the foot of the one, the head of the other.

        A raised mark in the last line of a page has turned its parts: its second goes on overleaf.
        """
        if first and end < len(places):
            before, after = places[first - 1], places[end]
            page_end = bisect_right(self.pages, self.pages[before])
            start = bisect_left(self.pages, self.pages[after])
            if page_end <= start:
                yield before + 1, min(page_end, before + LINE)
                yield max(start, after - LINE), after

    def _fill(self, places: list[int], part: tuple[int, int], window: tuple[int, int], reach: int) -> None:
        self._place(places, part, window, reach, self._longest(*part, *window))

    def _place(
        self,
        places: list[int],
        part: tuple[int, int],
        window: tuple[int, int],
        reach: int,
        found: tuple[int, int, int],
    ) -> None:
        """Claim a run that was ``found`` of the part of a block, and what lies around it in the window."""
        (first, end), (start, stop) = part, window
        best, at, length = self._on_one_page(*found)
        if not length:
            return
        for offset in range(length):
            places[best + offset] = at + offset
            self.claim_word(at + offset)
        last, after = best + length, at + length
        # Overleaf are words of the footer first, which may be those of the block by chance.
        page = bisect_left(self.pages, self.pages[at])
        page_end = bisect_right(self.pages, self.pages[after - 1])
        before = max(start, page, at - reach - (best - first)), at
        behind = after, min(stop, page_end, after + reach + end - last)
        if not self._is_parted((first, best), before, at) and not (
            first == 0 and self._goes_on_overleaf(places, (first, best), before, reach)
        ):
            self._fill(places, (first, best), before, reach)
        if not self._is_parted((last, end), behind, after - 1) and not (
            end == len(places) and self._goes_on_overleaf(places, (last, end), behind, reach)
        ):
            self._fill(places, (last, end), behind, reach)

    def _on_one_page(self, best: int, at: int, length: int) -> tuple[int, int, int]:
        """The longer part of a run over a page's end: a foot's last word may be the block's by chance."""
        here = min(length, bisect_right(self.pages, self.pages[at]) - at) if length else 0
        return (best, at, here) if 2 * here >= length else (best + here, at + here, length - here)

    def _longest(self, first: int, end: int, start: int, stop: int) -> tuple[int, int, int]:
        """The longest run of these words in a window: its first, its place, its length.

        It is the one that SequenceMatcher finds. Most often it is all of them, which is seen faster.
        """
        wanted = self._matcher.a[first:end]
        if not wanted:
            return first, start, 0
        for place in self._matcher.b2j.get(wanted[0], ()):
            if start <= place <= stop - len(wanted) and self.free[place : place + len(wanted)] == wanted:
                return first, place, len(wanted)
        found: tuple[int, int, int] = self._matcher.find_longest_match(first, end, start, stop)
        return found

    def _is_parted(self, part: tuple[int, int], window: tuple[int, int], beside: int) -> bool:
        """Whether more words of a part that ends at a joint stand together on its other side."""
        if part[0] == part[1] or self._joints.isdisjoint(part):
            return False
        line = max(0, beside - LINE), min(len(self.words), beside + LINE)
        here, there = (self._longest(*part, *places)[2] for places in (window, line))
        return bool(there > here)

    def _goes_on_overleaf(
        self, places: Sequence[int], part: tuple[int, int], window: tuple[int, int], reach: int
    ) -> bool:
        """Whether more words at an end of a block stand together on the other page than on this one."""
        over = self._overleaf(places, *part, reach)
        if not over or part[0] == part[1]:
            return False
        here, there = (self._longest(*part, *pages)[2] for pages in (window, over))
        return bool(there > here)

    def claim_number(self, value: str, near: Sequence[int], reach: int = sys.maxsize) -> bool:
        """Claim the occurrence of a number that is nearest to the places ``near``, within ``reach`` words."""

        def distance(spot: int) -> int:
            return min((abs(spot - place) for place in near), default=sys.maxsize)

        spots = self.numbers.get(value, [])
        spot = min(spots, key=distance, default=None)
        if spot is None or distance(spot) > reach:
            return False
        spots.remove(spot)
        return True


def _gaps(places: Sequence[int]) -> list[tuple[int, int]]:
    """First and end of each stretch without a place."""
    bare = [index for index, place in enumerate(places) if place < 0]
    firsts = [index for index in bare if not index or places[index - 1] >= 0]
    ends = [index + 1 for index in bare if index + 1 == len(places) or places[index + 1] >= 0]
    return list(zip(firsts, ends, strict=True))


def compare(reader: str, blocks: Sequence[PrintedBlock], lines: Iterable[Line], reach: int) -> Reading:
    """Find each word and number of the blocks.

    Those that stand in one piece choose first, then long blocks, since they cannot be mistaken. Where words
    then seem out of order, the blocks choose as they follow one another, too: of two ways in which the same
    words are found, the one that finds more of them in order is right.
    """
    read, in_turn = [*lines], range(len(blocks))
    stream = Stream(read)
    surest_first = sorted(in_turn, key=lambda n: (not stream.has_whole(blocks[n]), -len(blocks[n].words)))
    reading = _found(reader, blocks, surest_first, stream, reach)
    if not reading.displaced:
        return reading
    other = _found(reader, blocks, in_turn, Stream(read), reach)
    return max(reading, other, key=lambda one: (one.found, one.in_order))


def _found(reader: str, blocks: Sequence[PrintedBlock], choosing: Iterable[int], stream: Stream, reach: int) -> Reading:
    """What a reader finds where the blocks choose in this order."""
    reading, aligned = Reading(reader), []
    last_places = [(-1, -1)]  # of the blocks so far, by their order in the source
    for index in choosing:
        _, before = last_places[bisect_left(last_places, (index,)) - 1]
        places = stream.align(blocks[index], reach, before + 1)
        aligned.append((blocks[index], places))
        if (last := max(places, default=-1)) >= 0:
            insort(last_places, (index, last))
    _judge_words(stream, reading, aligned)
    _judge_numbers(stream, reading, aligned, reach)
    return reading


def _judge_words(stream: Stream, reading: Reading, aligned: Sequence[tuple[PrintedBlock, list[int]]]) -> None:
    lost: list[tuple[str, list[int], int]] = []
    for block, places in aligned:
        for index, (word, place) in enumerate(zip(block.words, places, strict=True)):
            if place < 0:
                if (elsewhere := stream.first_free(word)) < 0:
                    lost.append((word, places, index))
                    continue
                stream.claim_word(elsewhere)
                if not block.has_vowel_marks:
                    page = stream.page_at(places, index) or stream.pages[elsewhere]
                    reading.displaced.append(Lost(word, "", page))
            reading.found += 1
            reading.in_order += place >= 0
            reading.zwnj += word.count(ZWNJ)
    unclaimed = {_sorted_letters(word): place for place, word in enumerate(stream.free) if word}
    for word, places, index in lost:
        spot = unclaimed.get(_sorted_letters(word), -1)
        if spot < 0:
            spot = _stand_in(stream, word, places, index)
        page = stream.page_at(places, index) or (stream.pages[spot] if spot >= 0 else 0)
        reading.lost.append(Lost(word, stream.words[spot] if spot >= 0 else "", page))


def _sorted_letters(word: str) -> str:
    """What is left of a word when its ZWNJ are lost and its letters change places."""
    return "".join(sorted(word.replace(ZWNJ, "")))


def _stand_in(stream: Stream, word: str, places: Sequence[int], index: int) -> int:
    """The place of an unclaimed word of as many letters beside the neighbours of a lost one, or -1."""
    beside = [places[index - 1] + 1] if index and places[index - 1] >= 0 else []
    if index + 1 < len(places) and places[index + 1] > 0:
        beside.append(places[index + 1] - 1)
    for place in beside:
        if place < len(stream.words) and stream.free[place] and len(stream.words[place]) == len(word):
            return place
    return -1


def _judge_numbers(
    stream: Stream, reading: Reading, aligned: Sequence[tuple[PrintedBlock, list[int]]], reach: int
) -> None:
    """First the numbers that stand by their words, then those that are anywhere.

    Raised marks have no place to keep, nor have the numbers of a block with fewer than three words, as on
    charts, or with vowel marks.
    """
    glued = _glued(stream, aligned, reach)
    reading.found += len(glued)
    reading.in_order += len(glued)
    left: list[tuple[Number, int, bool]] = []
    for which, (block, places) in enumerate(aligned):
        for index, number in enumerate(block.numbers):
            if (which, index) in glued:
                continue
            bound = not number.is_raised and len(block.words) >= 3 and not block.has_vowel_marks
            if bound and stream.claim_number(number.value, _beside(places, number), reach):
                reading.found += 1
                reading.in_order += 1
            else:
                left.append((number, stream.page_at(places, number.words_before), bound))
    for number, page, bound in sorted(left, key=lambda item: item[0].is_raised):
        if not stream.claim_number(number.value, ()):
            reading.lost.append(Lost(number.value, "", page))
            continue
        reading.found += 1
        reading.in_order += not bound
        if bound:
            reading.displaced.append(Lost(number.value, "", page))


def _beside(places: Sequence[int], number: Number) -> list[int]:
    """The places of the words before and behind a number."""
    return [place for place in (*places[: number.words_before][-1:], *places[number.words_before :][:1]) if place >= 0]


def _glued(stream: Stream, aligned: Sequence[tuple[PrintedBlock, list[int]]], reach: int) -> set[tuple[int, int]]:
    """Numbers and their raised marks that a reader wrote as one: 2023 with the mark 6 as 62023, or 2023.6.

    Only where this is read more often than it is printed by itself: 1 with the mark 2 is no 12, unless the
    only 12 was read as 123, with a mark of its own.
    """
    wanted = Counter(number.value for block, _ in aligned for number in block.numbers)
    pairs = [
        (which, index, number, mark)
        for which, (block, _) in enumerate(aligned)
        for index, (number, mark) in enumerate(pairwise(block.numbers))
        if mark.is_raised and not number.is_raised and number.words_before == mark.words_before
    ]
    glued: set[tuple[int, int]] = set()
    before = -1
    while before < len(glued):
        before = len(glued)
        for which, index, number, mark in pairs:
            if (which, index) in glued:
                continue
            near = _beside(aligned[which][1], number)
            joined = [
                mark.value + number.value,
                *(dot.join((number.value, mark.value)) for dot in ("", ".", ",")),
            ]
            spare = [text for text in joined if len(stream.numbers.get(text, ())) > wanted[text]]
            if any(stream.claim_number(text, near, reach) for text in spare):
                glued |= {(which, index), (which, index + 1)}
                wanted.subtract((number.value, mark.value))
    return glued
