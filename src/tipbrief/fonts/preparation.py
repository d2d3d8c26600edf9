"""The preparation of a font, so that its text can be read back (docs/explanation/text-layer.md)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

from fontTools import subset
from fontTools.otlLib.builder import buildSingleSubstSubtable
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

from tipbrief.files import read_bytes
from tipbrief.fonts import layout_tables, outline_comparison
from tipbrief.problems import Problem, ProblemList, Problems

# What a prepared font keeps, in words and as characters by their kinds; alphabets; what a font may forbid.
_LISTS: dict[str, Any] = outline_comparison.CHARACTER_LISTS
JOINERS, ARABIC_LETTERS = _LISTS["characters"]["joiners"], _LISTS["characters"]["letters"]
CONTROLS = JOINERS + _LISTS["characters"]["controls"]
REPERTOIRE, REPERTOIRE_IN_WORDS = frozenset("".join(_LISTS["characters"].values())), _LISTS["in_words"]
# In Dari, Pashto and Persian texts these are mistakes for he and ye.
RARE_LETTERS = {"\u06be", "\u0649"}
REQUIRED_TABLES = ("cmap", "glyf", "head", "hhea", "hmtx", "maxp", "name", "post", "OS/2")
# The tables that a PDF and a browser draw with: no programs, pictures or other designs.
RENDERING_TABLES = {*REQUIRED_TABLES, "GDEF", "GPOS", "GSUB", "GlyphOrder", "gasp", "loca"}
PREPARE_AGAIN_HINT = "prepare it anew: tipbrief fonts prepare --font FILE"


@dataclass(frozen=True)
class PreparedFont:
    """A prepared font: for the PDF, for the HTML, its properties, and notes on what could not be done."""

    ttf: bytes
    woff2: bytes
    family: str
    weight: int
    version: str
    licence: str
    characters: frozenset[int]
    notes: tuple[str, ...]
    unusual: str = ""  # digits and letters that somebody should compare with Vazirmatn's
    faults: tuple[str, ...] = ()  # the notes that say how text would be read back wrong


def prepare_font(source: Path, letters: str = "") -> PreparedFont:
    """Prepare a static TrueType font with Arabic shaping, with ``letters`` beside the repertoire, or say why not."""
    font = _open_font(source)
    with _report_damage(source):
        _require_usable_font(font, source)
        prepared = _prepare(font, letters)
        return replace(prepared, unusual=_require_own_outlines(_parse_font(prepared.ttf), source))


def prepare_all_fonts(sources: Iterable[Path], letters: str = "") -> list[tuple[Path, PreparedFont]]:
    """Prepare fonts. Return them in the order of family and weight; Problems of all fonts together."""
    done: dict[tuple[str, int], tuple[Path, PreparedFont]] = {}
    problems = ProblemList()
    for source in sources:
        with problems.catch():
            font = prepare_font(source, letters)
            languages = _describe_languages(font.characters)
            font = replace(font, notes=(languages, *font.notes))
            if font.faults:
                hint = f"{languages}; docs/how-to/fonts.md has a list of fonts that work"
                message = f"text in this font would be read back wrong: {'; '.join(font.faults)}"
                raise Problems(message, source, hint=hint)
            first = done.setdefault((font.family, font.weight), (source, font))[0]
            if first != source:
                message = f"the font is {font.family} {font.weight}, as {first.name} is"
                raise Problems(message, source, hint="keep one of the two")
    problems.raise_all()
    return [done[key] for key in sorted(done)]


def _describe_languages(characters: Collection[int]) -> str:
    lacking = {name: [one for one in all_ if ord(one) not in characters] for name, all_ in _LISTS["alphabets"].items()}
    complete = ", ".join(name for name, letters in lacking.items() if not letters) or "none of our languages"
    others = (f"; for {name} it lacks {_shorten_list(letters, 6)}" for name, letters in lacking.items() if letters)
    return f"the font has all letters for {complete}{''.join(others)}"


def rebuild_font(data: bytes, source: Path) -> PreparedFont:
    """Serialise an untrusted prepared font again, with rendering tables only. Problems if it is damaged or not ours."""
    if data[:4] != b"wOF2":
        raise Problems("the file is no WOFF2 font", source, hint=PREPARE_AGAIN_HINT)
    with _report_damage(source):
        font = _parse_font(data)
        _require_usable_font(font, source)
        for tag in set(font.keys()) - RENDERING_TABLES:
            del font[tag]
        layout_tables.unwrap_extensions(font)
        if faults := _find_extraction_faults(font):
            hint = f"{PREPARE_AGAIN_HINT}; if that says the same, choose another font"
            wrong = "text in this font is read back wrong"
            raise Problems(Problem(f"{wrong}: {fault}", source, hint=hint) for fault in faults)
        _require_own_outlines(font, source, letters=False)
        return _describe_font(font, _serialise_font(font), data, ())


def find_extraction_faults(path: Path) -> list[str]:
    """The reasons why text in this font would be read back wrong; none if the font is safe."""
    font = _open_font(path)
    with _report_damage(path):
        return _find_extraction_faults(font)


def _open_font(source: Path) -> TTFont:  # parsed completely, so that damage is found now
    data = read_bytes(source)
    if data[:4] == b"ttcf":
        with TTCollection(BytesIO(data), lazy=True) as collection:
            message = f"the file is a collection of {len(collection.fonts)} fonts"
        raise Problems(message, source, hint="give each face as a file of its own")
    if data[:4] not in (b"\0\1\0\0", b"true", b"OTTO", b"wOFF", b"wOF2"):
        raise Problems("the file is not a font", source, hint="give a TrueType file, whose name ends in .ttf")
    with _report_damage(source):
        return _parse_font(data)


@contextmanager
def _report_damage(source: Path) -> Iterator[None]:  # damaged bytes lead to errors of many kinds
    try:
        yield
    except Problems:
        raise
    except Exception as error:
        message = f"the font is damaged: {str(error) or type(error).__name__}"
        raise Problems(message, source, hint="get the file again from its publisher") from error


def _prepare(font: TTFont, letters: str) -> PreparedFont:
    lacking = REPERTOIRE - set(CONTROLS) - set(map(chr, font.getBestCmap()))
    _subset_font(font, letters)
    layout_tables.unwrap_extensions(font)
    _add_controls(font)
    _keep_joiners(font)
    closure = layout_tables.characters_by_glyph(font, font.getBestCmap())
    arabic = frozenset(name for name, drawn in closure.items() if any(map(_is_letter, drawn)))
    notes = layout_tables.split_ligatures(font, arabic)
    if left_out := _remove_ambiguous_letters(font):
        notes.append(f"left out, as they are drawn with the glyph of another letter: {_shorten_list(left_out)}")
    if _joiner_stops_kerning(font, arabic):
        notes.append("letters on either side of a non-joiner are no longer kerned")
    if lacking:
        notes.append(f"the font lacks {len(lacking)} characters of the repertoire: {_shorten_list(lacking)}")
    ttf = _serialise_font(font)
    packed = _parse_font(ttf)
    faults = _find_extraction_faults(packed)
    packed.flavor = "woff2"
    return replace(_describe_font(packed, ttf, _serialise_font(packed), [*notes, *faults]), faults=tuple(faults))


def _require_own_outlines(font: TTFont, source: Path, *, letters: bool = True) -> str:  # returns the unusual
    faults, unusual = outline_comparison.compare_outlines(font, letters=letters)
    if faults:
        message = f"the font draws other characters than its text says: {_shorten_list(faults, 6, ', ')}"
        hint = "readers would see other numbers or words; get the font from its publisher"
        raise Problems(message, source, hint=hint)
    return unusual


def _describe_font(font: TTFont, ttf: bytes, woff2: bytes, notes: Sequence[str]) -> PreparedFont:
    names = font["name"]
    licence = names.getDebugName(13) or names.getDebugName(14) or "not stated in the font"
    return PreparedFont(
        ttf,
        woff2=woff2,
        family=names.getDebugName(16) or names.getDebugName(1) or "",
        weight=font["OS/2"].usWeightClass,
        version=(names.getDebugName(5) or "").split(";")[0].removeprefix("Version ").strip(),
        licence="OFL-1.1" if "SIL Open Font License" in licence else licence,
        characters=frozenset(font.getBestCmap()),
        notes=tuple(notes),
    )


def _parse_font(data: bytes) -> TTFont:
    font = TTFont(BytesIO(data), lazy=False, recalcTimestamp=False)
    font.flavor = None
    font.ensureDecompiled()
    return font


def _serialise_font(font: TTFont) -> bytes:
    out = BytesIO()
    font.save(out, reorderTables=None if font.flavor else False)
    return out.getvalue()


def _require_usable_font(font: TTFont, source: Path) -> None:
    found: list[tuple[str, str]] = []
    if "CFF " in font or "CFF2" in font:
        found.append(("the font has PostScript outlines (CFF)", "get the TrueType build of the family, a .ttf file"))
    elif missing := [tag for tag in REQUIRED_TABLES if tag not in font]:
        found.append((f"the font is damaged: it has no table {', '.join(missing)}", "get the file again"))
    if "fvar" in font:
        hint = "get the static files of the family, or make one: fonttools varLib.instancer FONT wght=400"
        found.append(("the font is variable; one file must be one weight", hint))
    permission = font["OS/2"].fsType if "OS/2" in font else 0
    found += [
        (f"{message} (OS/2 fsType 0x{permission:04X})", "choose a font with an open licence")
        for bit, message in _LISTS["restrictions"].items()
        if permission & bit
    ]
    if not _shapes_arabic(font):
        message = "the font does not shape Arabic letters: its GSUB has no init, medi and fina for Arabic"
        found.append((message, "choose a font made for Persian or Arabic"))
    if found:
        raise Problems(Problem(message, source, hint=hint) for message, hint in found)


def _shapes_arabic(font: TTFont) -> bool:
    if "GSUB" not in font or not font["GSUB"].table.ScriptList or not font["GSUB"].table.FeatureList:
        return False
    return {"init", "medi", "fina"} <= layout_tables.arabic_features(font["GSUB"].table).keys()


def _subset_font(font: TTFont, letters: str) -> None:
    every = {"layout_features": ["*"], "name_IDs": ["*"], "name_languages": ["*"]}
    options = subset.Options(**every, notdef_outline=True, hinting=False, glyph_names=False)
    options.drop_tables += ["FFTM"]  # a font editor's timestamp; else fontTools logs that it drops it
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(sorted(REPERTOIRE.union(letters))))
    subsetter.subset(font)


def _add_controls(font: TTFont) -> None:  # empty ones, so that no engine looks for them in another font
    best = font.getBestCmap()
    for character in CONTROLS:
        if ord(character) not in best:
            name = f"control{ord(character):04X}"
            layout_tables.add_glyph(font, name, TTGlyphPen(None).glyph(), 0)
            for table in font["cmap"].tables:
                if table.isUnicode():
                    table.cmap[ord(character)] = name


def _keep_joiners(font: TTFont) -> None:
    """Substitute the joiners. HarfBuzz hides a joiner that no rule touches; then it is missing in the PDF's text."""
    cmap, gsub = font.getBestCmap(), font["GSUB"].table
    mapping = {}
    for joiner in JOINERS:
        mapping[cmap[ord(joiner)]] = name = f"joiner{ord(joiner):04X}"
        # The non-joiner is a mark: kerning and contextual rules skip it, as they skip a hidden one.
        kind = layout_tables.MARK_GLYPH_CLASS if joiner == JOINERS[0] else 1
        layout_tables.add_glyph(font, name, TTGlyphPen(None).glyph(), 0, kind=kind)
    layout_tables.add_to_feature(gsub, "ccmp", layout_tables.add_lookup(gsub, buildSingleSubstSubtable(mapping)))


def _repertoire_by_glyph(font: TTFont, used: set[int]) -> dict[str, set[str]]:
    best = font.getBestCmap()
    cmap = {code: name for code, name in best.items() if chr(code) in REPERTOIRE and not chr(code).isspace()}
    return layout_tables.characters_by_glyph(font, cmap, used)


def _find_used_lookups(font: TTFont) -> set[int]:
    features = layout_tables.arabic_features(font["GSUB"].table)
    return set[int]().union(*(features[tag] for tag in features.keys() & layout_tables.ENABLED_FEATURES))


def _remove_ambiguous_letters(font: TTFont) -> set[str]:  # returns them
    shared = (drawn for drawn in _repertoire_by_glyph(font, _find_used_lookups(font)).values() if len(drawn) > 1)
    out = {one for drawn in shared for one in drawn & RARE_LETTERS if drawn - RARE_LETTERS}
    for table in font["cmap"].tables:
        if table.isUnicode():
            for one in out:
                table.cmap.pop(ord(one), None)
    return out


def _joiner_stops_kerning(font: TTFont, arabic: frozenset[str]) -> bool:
    """Whether a lookup that does not skip marks kerns Arabic letters."""
    return any(
        lookup.LookupType in (2, 7, 8)
        and not lookup.LookupFlag & layout_tables.IGNORE_MARKS
        and arabic & layout_tables.glyph_names(subtable)
        for _, lookup, subtable in layout_tables.subtables(font, "GPOS")
    )


def _shorten_list(items: Iterable[str], most: int = 12, separator: str = " ") -> str:
    listed = sorted(items)
    shown = separator.join(item if item.strip() else f"U+{ord(item):04X}" for item in listed[:most])
    return shown + (f" … and {len(listed) - most} more" if len(listed) > most else "")


def _is_letter(character: str) -> bool:
    return "\u0600" <= character <= "\u06ff" and category(character) in ("Lo", "Lm")


def _find_extraction_faults(font: TTFont) -> list[str]:
    if not _shapes_arabic(font):
        return ["the font does not shape Arabic letters"]
    gsub, best, used = font["GSUB"].table, font.getBestCmap(), _find_used_lookups(font)
    composing = layout_tables.arabic_features(gsub).get("ccmp", ())
    kept = {
        before
        for index, _, subtable in layout_tables.subtables(font, "GSUB")
        if index in composing
        for before in layout_tables.substitutions(subtable)
    }
    reasons = []
    if hidden := [f"U+{ord(c):04X}" for c in JOINERS if best.get(ord(c)) not in kept]:
        reasons.append(f"joiners are lost ({', '.join(hidden)}): two halves of a word are read back as one")
    drawn = _repertoire_by_glyph(font, used)
    if shared := sorted({"".join(sorted(chars)) for chars in drawn.values() if len(chars) > 1}):
        some = ", ".join(" = ".join(group[:6]) for group in shared[:6])
        reasons.append(f"different characters are drawn with one glyph, and read back as one: {some}")
    joined = {
        "".join(min(drawn[component]) for component in components)
        for index, lookup in enumerate(gsub.LookupList.Lookup)
        if index in used
        for components, _ in layout_tables.ligature_rules(lookup)
        if drawn.keys() >= set(components)
    }
    # Text that Unicode composes into one letter is composed before any rule of the font applies.
    if wrong := [one for one in joined if any(map(_is_letter, one)) and len(normalize("NFC", one)) > 1]:
        some = " ".join(sorted(wrong, key=lambda text: (text[0] != "\u0644", text))[:8])  # lam with alef first
        reasons.append(f"ligatures hold several characters, which are read back reversed: {some}")
    return reasons
