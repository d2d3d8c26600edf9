"""Columns of a user's table that not everybody may read: by the words of their headers, and by their cells.

A form that was filled in at people's homes holds where they live, how to call them, and the device that was used. The
words are in ``language/private_words.yaml``.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from tipbrief.language.language import PRIVATE_WORDS, known_languages, read_data_file
from tipbrief.language.numbers import LATIN_DIGIT_TABLE
from tipbrief.language.word_lists import fold_name, list_codes, load_codes

_LONGEST_PHRASE = 5  # words of a header that are compared together
_PARTS = re.compile(r"[/:]|(?<=[a-z])-(?=[A-Z])")  # of the headers of form exports: group/field, group:field
_CAPITAL_INSIDE = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Names such as 'name', which places have, too.
_OTHER_NAMES = "names"
_KINDS_OF_PLACES = ("map coordinates", _OTHER_NAMES, "postal addresses")
# They say too little alone.
_KINDS_BESIDE = (_OTHER_NAMES, "postal addresses", "submission times")
# Kinds that a table of public places does not have.
_KINDS_OF_FORMS = (
    "submission identifiers",
    "device numbers",
    "dates of birth",
    "identity numbers",
    "names of people",
)
_DEGREES = r"[-+\u2212]?\d{1,3}[.,\u066b]\d+"
_POINT = re.compile(
    rf"[\[(]?\s*{_DEGREES}\s*[,;\s]\s*{_DEGREES}(?:[,;\s]+[-\d.]+){{0,2}}\s*[\])]?"
    r"|(?:SRID=\d+;)?(?:POINT|POLYGON|LINESTRING|MULTIPOLYGON)\b.*|\{.*\"coordinates\".*\}",
    re.I | re.S,
)
_SEXAGESIMAL = re.compile(r"[NSEW]?\s?\d{1,3}\s?[°º]\s?\d{1,2}.*", re.I | re.S)
_FINE_DEGREES = re.compile(r"[-+\u2212]?\d{1,3}[.,\u066b]\d{2,}")
_METRES = re.compile(r"\d{5,7}(?:[.,]\d+)?")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
_EMAIL = re.compile(r"(?:mailto:)?[^@\s<>]+@[^@\s<>]+\.[A-Za-z]{2,}")
# With its international prefix, or as it is dialled in Afghanistan, Iran and Pakistan.
_PHONE = re.compile(r"\+[1-9]\d{8,14}|00[1-9]\d{8,13}|0?7\d{8}|0?9\d{9}|93[27]\d{8}|989\d{9}|923\d{9}|03\d{9}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_IMEI = re.compile(r"\d{15}")
_DATE = re.compile(r"\D*\d{1,4}[-/. ]\w{1,9}[-/. ]\d{1,4}.*|\d{4}", re.S)


@dataclass(frozen=True, slots=True)
class Header:
    """The name of a column in the forms in which it is compared with words."""

    text: str
    last_part: str
    phrases: frozenset[str]  # up to five words of it that follow each other

    @classmethod
    def from_text(cls, text: str) -> "Header":
        """A header of a file: ``consent/Phone no`` has the phrases ``consent``, ``phone``, ``phoneno`` and more."""
        words = _fold_words(text)
        phrases = set[str]()
        for start in range(len(words)):
            for end in range(start + 1, min(start + _LONGEST_PHRASE, len(words)) + 1):
                phrases.add("".join(words[start:end]))
        return cls(text, _PARTS.split(text)[-1].strip(), frozenset(phrases))

    def has_one_of(self, words: Collection[str]) -> bool:
        """Whether one of these words is in it."""
        return not self.phrases.isdisjoint(words)

    def is_one_of(self, headers: Collection[str]) -> bool:
        """Whether it is one of these, as a whole or with its last part."""
        folded = {"".join(_fold_words(part)) for part in (self.text, self.last_part)}
        return not folded.isdisjoint(headers) or self.last_part.casefold() in headers


def _fold_words(text: str) -> list[str]:
    """The words of a header for comparisons, without the ``s`` of the plural and the genitive."""
    words = [fold_name(word) for word in re.split(r"[\W_]+", _CAPITAL_INSIDE.sub(" ", text))]
    return [word.removesuffix("s") if word.isascii() and len(word) > 3 else word for word in words if word]


def find_private_columns(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The columns that not everybody may read, each with its kind, such as ``phone numbers``."""
    headers = {name: Header.from_text(name) for name in columns}
    filled = {name: [cell for cell in cells if cell.strip()] for name, cells in columns.items()}
    kinds = dict[str, str]()
    for name in columns:
        if kind := _find_kind(headers[name], filled[name]):
            kinds[name] = kind
    kinds |= dict.fromkeys(_find_pair_of_degrees(filled, kinds), "map coordinates")

    public_kinds = _find_public_kinds(headers, columns, kinds)
    is_form = any(kind not in _KINDS_BESIDE for kind in kinds.values())
    if not is_form:
        public_kinds = (*public_kinds, *_KINDS_BESIDE)
    private = {name: kind for name, kind in kinds.items() if kind not in public_kinds}
    _add_translations(private, columns)
    return {name: "names of people" if kind == _OTHER_NAMES else kind for name, kind in private.items()}


def _add_translations(private: dict[str, str], columns: Collection[str]) -> None:
    """Let a column ``name`` and its translation ``name.ps`` be private together."""
    for name in columns:
        base, _, tag = name.rpartition(".")
        if base in columns and tag in known_languages() and (kind := private.get(base) or private.get(name)):
            private |= {base: kind, name: kind}


def names_people(kinds: Collection[str]) -> bool:
    """Whether rows with columns of these kinds are people or homes, whose names belong into no file's name."""
    return not {*kinds} <= {"phone numbers", "e-mail addresses", "map coordinates"}


def _find_kind(header: Header, cells: Sequence[str]) -> str:
    """The kind of a column by its cells, or by its header if the cells can be so; empty if it has none."""
    for kind, is_cell in _CELLS_OF_KINDS.items():
        if _are_most(is_cell, cells, 4 / 5):
            return kind
    words = _load_words()
    if header.has_one_of(words.counts):
        return ""
    for kind in words.kinds:
        if words.name_kind(kind, header) and _can_be(kind, cells):
            return kind
    return ""


@dataclass(frozen=True, slots=True)
class _Words:
    kinds: tuple[str, ...]
    phrases: Mapping[str, frozenset[str]]
    headers: Mapping[str, frozenset[str]]
    counts: frozenset[str]
    public_things: frozenset[str]
    places: frozenset[str]
    names: frozenset[str]
    named_things: frozenset[str]
    people: frozenset[str]

    def name_kind(self, kind: str, header: Header) -> bool:
        """Whether a header names this kind."""
        names_person = header.has_one_of(self.names) and not header.has_one_of(self.named_things)
        if kind == _OTHER_NAMES and names_person:
            return True
        return header.has_one_of(self.phrases[kind]) or header.is_one_of(self.headers[kind])


@cache
def _load_words() -> _Words:
    read = read_data_file(PRIVATE_WORDS)
    kinds = read["kinds"]

    def fold(words: Collection[str]) -> frozenset[str]:
        return frozenset("".join(_fold_words(word)) for word in words)

    return _Words(
        kinds=tuple(kinds),
        phrases={kind: fold(kinds[kind]["words"]) for kind in kinds},
        headers={kind: frozenset(map(_fold_header, kinds[kind]["headers"])) for kind in kinds},
        counts=fold(read["counts"]),
        public_things=fold(read["public_things"]),
        places=fold(read["places"]),
        names=fold(read["names"]),
        named_things=fold(read["named_things"]) | fold(read["public_things"]) | fold(read["places"]),
        people=fold(read["people"]),
    )


def _fold_header(header: str) -> str:
    return header.casefold() if header.startswith("_") else "".join(_fold_words(header))


def _are_most(is_cell: Callable[[str], bool], cells: Sequence[str], share: float) -> bool:
    fitting = sum(is_cell(cell.strip().translate(LATIN_DIGIT_TABLE)) for cell in cells)
    return bool(cells) and fitting >= share * len(cells)


def _is_phone(cell: str) -> bool:
    return bool(_PHONE.fullmatch(re.sub(r"[\s().\u200e\u200f\u202a-\u202e\u2066-\u2069-]", "", cell)))


def _is_iban(cell: str) -> bool:
    plain = cell.replace(" ", "")
    if not _IBAN.fullmatch(plain):
        return False
    digits = "".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])
    return int(digits) % 97 == 1


def _is_imei(cell: str) -> bool:
    """Whether a cell is 15 digits of which the last is the check digit of the others."""
    if not _IMEI.fullmatch(cell):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(cell))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _is_point(cell: str) -> bool:
    return bool(_POINT.fullmatch(cell) or _SEXAGESIMAL.fullmatch(cell))


# What says its kind without a header.
_CELLS_OF_KINDS: Mapping[str, Callable[[str], bool]] = {
    "e-mail addresses": lambda cell: bool(_EMAIL.fullmatch(cell)),
    "submission identifiers": lambda cell: bool(_UUID.search(cell)),
    "map coordinates": _is_point,
    "bank accounts": _is_iban,
    "device numbers": _is_imei,
    "phone numbers": _is_phone,
}


def _count_digits(cell: str) -> int:
    return sum(map(str.isdecimal, cell))


def _is_coordinate(cell: str) -> bool:
    return bool(_FINE_DEGREES.fullmatch(cell) or _METRES.fullmatch(cell)) or _is_point(cell)


def _is_identity_number(cell: str) -> bool:
    return _count_digits(cell) >= 4 and not re.search(r"[.,%\u066a]\d*$", cell)


def _is_word(cell: str) -> bool:
    return any(map(str.isalpha, cell)) and not cell.startswith(("http:", "https:", "www."))


def _is_name(cell: str) -> bool:
    return _is_word(cell) and not _count_digits(cell)


# What cells can be if their header names a kind.
_CELLS_BY_HEADER: Mapping[str, Callable[[str], bool]] = {
    "map coordinates": _is_coordinate,
    "phone numbers": lambda cell: _count_digits(cell) >= 6 and not re.search("[A-Za-z]{5}", cell),
    "e-mail addresses": lambda cell: "@" in cell,
    "submission identifiers": lambda cell: True,
    "device numbers": lambda cell: len(cell) >= 6,
    "dates of birth": lambda cell: bool(_DATE.fullmatch(cell)),
    "identity numbers": _is_identity_number,
    "bank accounts": lambda cell: _count_digits(cell) >= 5 and "." not in cell,
    "names of people": _is_name,
    _OTHER_NAMES: _is_name,
    "postal addresses": _is_word,
    "submission times": lambda cell: _count_digits(cell) >= 4,
}


def _can_be(kind: str, cells: Sequence[str]) -> bool:
    """Whether the cells of a column with such a header are of this kind. Few answers to choose from are no names."""
    if kind == "names of people" and len({*cells}) * 3 < len(cells):
        return False
    if kind == _OTHER_NAMES and (_are_places(cells) or _are_most(_names_public_thing, cells, 1 / 3)):
        return False
    return _are_most(_CELLS_BY_HEADER[kind], cells, 1 / 2)


def _find_pair_of_degrees(columns: Mapping[str, Sequence[str]], kinds: Collection[str]) -> list[str]:
    """Two columns side by side with fine degrees of one region, whatever their headers are."""
    for first, second in pairwise(columns):
        if first in kinds or second in kinds or not columns[first] or not columns[second]:
            continue
        if all(_are_fine_degrees(columns[name]) for name in (first, second)):
            return [first, second]
    return []


def _are_fine_degrees(cells: Sequence[str]) -> bool:
    if not _are_most(lambda cell: bool(re.fullmatch(r"-?\d{1,3}\.\d{5,}", cell)), cells, 4 / 5):
        return False
    numbers = [float(cell) for cell in cells if re.fullmatch(r"-?\d{1,3}(\.\d+)?", cell)]
    return max(numbers) - min(numbers) < 12 and 10 < abs(sum(numbers) / len(numbers)) < 180


def _find_public_kinds(
    headers: Mapping[str, Header], columns: Mapping[str, Sequence[str]], kinds: Mapping[str, str]
) -> Collection[str]:
    """The kinds that everybody may read, since each row is a province, a school, an earthquake: no person, no home."""
    if any(kind in _KINDS_OF_FORMS for kind in kinds.values()):
        return ()
    words = _load_words()
    rows_are_places = any(_are_places(cells) for cells in columns.values())
    has_people = any(header.has_one_of(words.people) for header in headers.values())
    has_things = any(_is_of_public_things(headers[name], columns[name]) for name in columns)
    if has_people:
        return ()
    if has_things or _is_list_of_places(headers, columns):
        return _KINDS_OF_PLACES
    return _KINDS_OF_PLACES[:1] if rows_are_places else ()


def _is_list_of_places(headers: Mapping[str, Header], columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether the first column names a place, another one in each row. Forms begin with a time or a number."""
    first = next(iter(columns))
    cells = columns[first]
    return headers[first].has_one_of(_load_words().places) and len({*cells}) == len(cells)


def _are_places(cells: Sequence[str]) -> bool:
    """Whether the cells are names or codes of a shipped list, each once."""
    folded = {fold_name(cell) for cell in cells if cell}
    if len(folded) < max(2, len(cells) * 9 / 10):
        return False
    return any(len(folded & load_codes(rule).keys()) * 3 >= len(folded) * 2 for rule in list_codes())


def _is_of_public_things(header: Header, cells: Sequence[str]) -> bool:
    """Whether a column names schools, markets, earthquakes: by its header, or as names of which many are so."""
    words = _load_words()
    if header.has_one_of(words.public_things):
        return True
    has_names = words.name_kind(_OTHER_NAMES, header)
    return has_names and _are_most(_names_public_thing, cells, 1 / 3)


def _names_public_thing(cell: str) -> bool:
    return Header.from_text(cell).has_one_of(_load_words().public_things)
