"""Colours as styles know them: custom properties, by day and for dark screens."""

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from tipbrief.check import colours
from tipbrief.check.models import Choice, Colours


def properties(own: Colours, *, dark: bool = False) -> Markup:
    """The colours of a publication, and that of its paper, as custom properties: ``--ink`` and the others."""
    named = {"paper": colours.WHITE, **own.drawn}
    # The foot's is none of the names that stand in a box of the page's margin for something else.
    named["foot-colour"] = named.pop("foot")
    shown = {name: colours.dark(str(colour)) if dark else str(colour) for name, colour in named.items()}
    return _declared(*((f"--{name}", colour) for name, colour in shown.items()))


def tones(choices: Sequence[Choice]) -> Markup:
    """The choices' colours for a dark screen, as custom properties: first ``--tone-1`` and ``--on-1``."""
    shown: list[tuple[str, str]] = []
    for number, one in enumerate(choices, 1):
        tone = colours.step(str(one.colour))
        shown.append((f"--tone-{number}", tone))
        shown.append((f"--on-{number}", colours.letters_on(tone, str(one.text_colour))))
    return _declared(*shown)


# Those of a publication stand on each of its sheets, many times.
@lru_cache(64)
def _declared(*properties: tuple[str, str]) -> Markup:
    return Markup(" ").join(Markup("{}: {};").format(*one) for one in properties)
