"""Colours as styles know them: custom properties, by day and for dark screens."""

from collections.abc import Sequence

from markupsafe import Markup

from tipbrief.check import colours
from tipbrief.check.models import Choice, Colours


def properties(own: Colours, *, dark: bool = False) -> Markup:
    """The colours of a publication, and that of its paper, as custom properties: ``--ink`` and the others."""
    named = {"paper": colours.WHITE, **own.drawn}
    # The foot's is none of the names that stand in a box of the page's margin for something else.
    named["foot-colour"] = named.pop("foot")
    shown = {name: colours.dark(str(colour)) if dark else colour for name, colour in named.items()}
    return Markup(" ").join(Markup("--{}: {};").format(*one) for one in shown.items())


def tones(choices: Sequence[Choice]) -> Markup:
    """The choices' colours for a dark screen, as custom properties: first ``--tone-1`` and ``--on-1``."""
    found = [(colours.step(str(one.colour)), str(one.text_colour)) for one in choices]
    return Markup(" ").join(
        Markup("--tone-{0}: {1}; --on-{0}: {2};").format(number, tone, colours.letters_on(tone, own))
        for number, (tone, own) in enumerate(found, 1)
    )
