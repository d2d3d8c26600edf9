"""The linter: what is found in a text is remembered, and only for a new text are the rules loaded."""

from tipbrief.language.language import Language
from tipbrief.language.spelling import Fault, Words

_MOST_KNOWN = 10_000  # texts whose faults are remembered
# What was found in texts, by the sum of the lists and the language by which they were read.
FOUND: dict[tuple[str, str], dict[str, list[Fault]]] = {}


def lint(text: str, language: Language, words: Words) -> list[Fault]:
    """All findings in a text, in the order of their places; none where the language has no rules."""
    known = FOUND.setdefault((words.sum, language.tag), {})
    if (faults := known.get(text)) is None:
        from tipbrief.language import orthography

        if len(known) == _MOST_KNOWN:
            known.clear()
        faults = known[str(text)] = orthography.linted(str(text), language, words)
    return faults
