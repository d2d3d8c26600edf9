"""Forms of a document for other programs: Markdown, plain text, sentences for voices, OpenDocument."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import jinja2

from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.export.text_blocks import TextBlock
from tipbrief.fonts.font_library import FontFace, family_names
from tipbrief.language import numbers
from tipbrief.language.language import Language, known_languages, load_language
from tipbrief.language.unicode_text import remove_bidi_controls
from tipbrief.ledger.entries import Edition

_ODT_FILES = ("mimetype", "content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml")
_MARKDOWN_SIGN, _BLOCK_SIGN = re.compile(r"[\\`*_\[\]<>|&~$!]"), re.compile(r"^(?:(?=[#+=-])|(\d+)(?=[.)]))", re.ASCII)
_BIBTEX_SIGN = re.compile(r"[\\{}%&#_$~^]")
_BIBTEX_WORDS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_RANGE = re.compile(r"(?<=\d)\s?[–—]\s?(?=\d)")
# No number is a part of a Latin word, such as the code of an edition.
_SPOKEN_NUMBER = re.compile(
    rf"(?<![A-Za-z\d])(?P<minus>[{''.join(map(re.escape, numbers.MINUS_SIGNS))}])?"
    rf"(?P<number>(?>{numbers.NUMBER.pattern}))(?P<percent>\s?[{''.join(numbers.PERCENT_SIGNS)}])?(?![A-Za-z])"
)
_MAX_SPELLED_DIGITS = 15


def export_document(
    blocks: Sequence[TextBlock], whole: Publication, edition: Edition, fonts: Sequence[FontFace], forms: Collection[str]
) -> dict[str, bytes]:
    """A document in those of the forms that documents have, by the endings of their files."""
    context = {"blocks": blocks, "language": whole.language, "edition": edition, "font": family_names(fonts)[0]}
    context |= {"publisher": plain_text(whole.imprint.publisher, whole), "colours": whole.imprint.colours}
    return {ending: write(context) for form, (ending, write) in DOCUMENT_FORMS.items() if form in forms}


@cache
def load_template(name: str) -> jinja2.Template:
    """The shipped template of an exported file."""
    loader = jinja2.FileSystemLoader(find_shipped_folder("templates") / "export")
    form: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "undefined": jinja2.StrictUndefined}
    environment = jinja2.Environment(loader=loader, autoescape=lambda name: ".xml." in (name or ""), **form)
    environment.filters |= {
        "quote": _quote, "spell": _spell_numbers, "sentences": _split_sentences,
        "markdown": lambda text: _MARKDOWN_SIGN.sub(r"\\\g<0>", text),
        "markdown_block": lambda text: _BLOCK_SIGN.sub(r"\1\\", text),
        "bibtex": lambda text: _BIBTEX_SIGN.sub(lambda one: _BIBTEX_WORDS.get(one[0], f"\\{one[0]}"), text),
        "site": lambda address: (urlsplit(address).hostname or address).removeprefix("www."),
        "url": lambda address: quote(address, safe=":/?#[]@!$&*+,;=%~"),
    }  # fmt: skip
    environment.globals["languages"] = [*map(load_language, known_languages())]
    return environment.get_template(f"{name}.j2")


def _quote(text: str) -> str:  # for YAML, which does not take every character as it is
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in str(text)) + '"'


def _write_text(template: str, context: Mapping[str, Any]) -> bytes:
    text = load_template(template).render(context)
    return (re.sub(r"\n{3,}", "\n\n", text).strip() + "\n").encode()


def _write_odt(context: Mapping[str, Any]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as odt:
        for name in _ODT_FILES:
            # The first is stored as it is, by which programs know the type. All have one date: same data, same bytes.
            entry = ZipInfo(name)
            entry.compress_type = ZIP_STORED if name == _ODT_FILES[0] else ZIP_DEFLATED
            odt.writestr(entry, load_template(f"odt/{name}").render(context))
    return file.getvalue()


def _split_sentences(text: str, language: Language) -> str:  # one a line
    inner_ends = re.escape(re.sub(f"[…{language.semicolon.strip()}]", "", language.sentence_ends))
    closing = re.escape(f'{language.quotes[1]}")')
    if text and not re.search(rf"[{re.escape(language.sentence_ends)}][{closing}]*\Z", text):
        text = f"{text.removesuffix(':')}."
    # The point of an initial ends no sentence.
    return re.sub(rf"(?:(?<=[{inner_ends}])|(?<=[{inner_ends}][{closing}]))(?<!\b[A-Z]\.)\s+", "\n", text)


def _spell_numbers(text: str, language: Language) -> str:  # without marks of directions and corrections
    words = language.number_words

    def spell(found: re.Match[str]) -> str:
        typed, digits = found["number"], [int(sign) for sign in found["number"] if sign.isdigit()]
        if len(digits) > _MAX_SPELLED_DIGITS or (len(digits) > 1 and digits[0] == 0 and typed.isdecimal()):
            return " ".join(words["small"][digit] for digit in digits)
        value = numbers.parse_number(typed)
        spelled = numbers.spell_number(-value if found["minus"] else value, words)
        return f"{spelled} {words['percent']}" if found["percent"] else spelled

    text = remove_bidi_controls(text).replace("†", "").strip()
    return _SPOKEN_NUMBER.sub(spell, _RANGE.sub(f" {words['to']} ", text)) if words else text


# By the names of the forms: the endings of their files, and what writes them.
DOCUMENT_FORMS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], bytes]]] = {
    "markdown": ("md", partial(_write_text, "document.md")), "text": ("txt", partial(_write_text, "document.txt")),
    "spoken": ("spoken.txt", partial(_write_text, "document.spoken.txt")), "odt": ("odt", _write_odt),
}  # fmt: skip
DATA_FORM = "data"
