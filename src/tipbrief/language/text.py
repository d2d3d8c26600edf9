"""Unseen characters, Latin runs in Dari text, and the normal form in which texts are compared."""

import re
import unicodedata

# Characters that are not seen: they part letters, or say in which direction the text runs.
ZWNJ = "\u200c"
RLM, LRI, PDI = "\u200f", "\u2066", "\u2069"
_BIDI_CONTROLS = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
)

# A Latin run: from a Latin letter (or an address's digits) to the last character that belongs to it.
_LATIN_RUN = re.compile(
    r"[A-Za-zÀ-ɏ](?:[A-Za-zÀ-ɏ0-9'’.,:;/&@#%+=_~()–-]|[ \u00a0](?=[A-Za-zÀ-ɏ0-9(&–])|\?(?=[A-Za-z0-9]))*"
    r"(?<![,.:; \u00a0])"
)


def latin_runs(text: str) -> list[tuple[bool, str]]:
    """The text cut into pieces, each with whether it is a Latin (left-to-right) run."""
    pieces: list[tuple[bool, str]] = []
    end = 0
    for found in _LATIN_RUN.finditer(text):
        pieces.append((False, text[end : found.start()]))
        run = found.group()
        unopened = run.count(")") - run.count("(")
        while run.endswith(")") and unopened > 0:
            # It closes a bracket of the Dari text around the run: «(TVPA)».
            run, unopened = run[:-1].rstrip(",.:; \u00a0"), unopened - 1
        pieces.append((True, run))
        end = found.start() + len(run)
    return [piece for piece in (*pieces, (False, text[end:])) if piece[1]]


def normal_form(text: str) -> str:
    """The form in which texts are compared: NFC, ۀ as U+06C0, no bidi controls, single spaces."""
    text = unicodedata.normalize("NFC", text).translate(_BIDI_CONTROLS)
    text = text.replace("\u0647\u0654", "\u06c0").replace("\u06d5\u0654", "\u06c0").replace("\u00ad", "")
    return " ".join(text.split())
