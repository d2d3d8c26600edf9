"""Differences as lines to read: each changed word in its place, and in its direction on a bidi terminal."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

from tipbrief.compare.differences import LISTED, Difference, cut
from tipbrief.language.text import PDI
from tipbrief.problems import RIGHT_TO_LEFT

FSI = "\u2068"
_HEADINGS = {"cell": "tables", "publication": "publication"}
_BREAK = "¶"  # where a paragraph ends
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
# They would move the cursor, or turn the line round; a difference in them alone must be seen, too.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ONE_LINE = 12  # words: longer texts are compared word by word
_MOST_PAIRS = 100_000  # of longer texts only the first difference is shown
_CONTEXT = 3  # words shown on either side of a changed word


def shown(differences: Sequence[Difference], *, isolate: bool) -> str:
    """The differences as lines, under a heading for each group.

    With ``isolate`` each Dari run stands in an isolate, so that a bidi terminal keeps the order of a line.
    """
    lines: list[str] = []
    for group, members in groupby(differences, key=lambda one: one.group):
        lines.append(_HEADINGS.get(group, f"{group}s"))
        for one in members:
            name, was, now, label = map(_seen, (one.name, one.was, one.now, one.label))
            lines += _lines_of(name, was, now, label, isolate)
    return "\n".join(lines)


def _lines_of(name: str, was: str, now: str, label: str, isolate: bool) -> list[str]:
    def run(text: str) -> str:
        return _wrapped(text, isolate and bool(RIGHT_TO_LEFT.search(text)))

    head = f"  {run(name)}"
    tail = f"   ({run(cut(label, LISTED))})" if label else ""
    if not was or not now:
        return [f"{head}  {'new' if now else 'gone'}: {run(cut(was or now, 2 * _ONE_LINE))}{tail}"]
    if max(len(was.split()), len(now.split())) <= _ONE_LINE:
        return [f"{head}  {run(was)} → {run(now)}{tail}"]
    return [head + tail, *(f"    {excerpt}" for excerpt in _excerpts(was.split(), now.split(), isolate))]


def _excerpts(was: list[str], now: list[str], isolate: bool) -> Iterator[str]:
    """The places at which two texts differ, each as ``…words before [-was-]{+now+} and after…``."""
    if _pairs(was, now) > _MOST_PAIRS:
        unlike = (at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b)
        start = next(unlike, min(len(was), len(now)))
        rests = (cut(" ".join(words[start:]), 2 * _ONE_LINE) for words in (was, now))
        marks = zip(("[-{}-]", "{{+{}+}}"), rests, strict=True)
        yield from (f"…{_wrapped(form.format(text), isolate)}" for form, text in marks if text)
        return
    for group in SequenceMatcher(None, was, now, autojunk=False).get_grouped_opcodes(_CONTEXT):
        (_, start, _, first, _), (_, _, end, _, last) = group[0], group[-1]
        apart = isolate and any(map(RIGHT_TO_LEFT.search, was[start:end] + now[first:last]))
        pieces = []
        for same, i1, i2, j1, j2 in group:
            gone, come = _phrase(was[i1:i2], apart), _phrase(now[j1:j2], apart)
            changed = (("[-{}-]", gone), ("{{+{}+}}", come))
            marked = "".join(form.format(_wrapped(text, apart)) for form, text in changed if text)
            pieces.append(gone if same == "equal" else marked)
        yield _wrapped("…" * bool(start) + " ".join(pieces) + "…" * (end < len(was)), apart)


def _pairs(was: list[str], now: list[str]) -> int:
    """How many pairs of the same word there are, with which the time of a comparison grows."""
    there = Counter(now)
    return sum(times * there[word] for word, times in Counter(was).items())


def _phrase(words: list[str], apart: bool) -> str:
    """The words as one text; with ``apart`` each Latin run in it is isolated.

    So the first Dari word, not a Latin one before it, gives the text around it its direction.
    """
    runs = groupby(words, key=lambda word: bool(_LATIN.search(word)))
    return " ".join(_wrapped(" ".join(run), latin and apart) for latin, run in runs)


def _wrapped(text: str, isolate: bool) -> str:
    return f"{FSI}{text}{PDI}" if isolate else text


def _seen(text: str) -> str:
    """One line, in which characters that nobody sees are named."""
    line = " ".join(text.replace("\n\n", f" {_BREAK} ").split())
    return _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", line)
