"""Random sound publications: all kinds of blocks, with odd numbers, names, tables, colours, papers and languages."""

import json
import struct
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from tests.support import run
from tipbrief.check.maps.shapes import load_shipped_shapes
from tipbrief.check.translation.translator import find_placeholders
from tipbrief.load.po_file import format_po, read_po
from tipbrief.pipeline.inputs import update_translation_file

Entry = dict[str, Any]
_PERSIAN = (
    "آب، چاه، کشور، مردم، زمین، کوه، کتاب، زنان، کودکان، کار، قانون، باران، دریا، برگۀ، کتاب‌ها، می‌رود، قاچاق انسان"
)
_PASHTO = "اوبه، هېواد، کال، خلک، غر، لار، کتاب، ښوونځی، ماشومان، ښځې، نړۍ، کور، ښار، باران، سیند، شمېر، ژوند"
_WORDS = {
    "fa-AF": [*_PERSIAN.split("، "), "«چاه ژرف»", "(به متر)"],
    "fa-IR": [*_PERSIAN.split("، "), "«چاه ژرف»", "(به متر)", "استان"],
    "ps": [*_PASHTO.split("، "), "«لوی سیند»"],
    "en": ["water", "wells", "country", "people", "mountain", "roads", "books", "women", "children", "work", "“so”"],
}
_LATIN = ["Example & Sons", "km", "World Water Week", "A. B. O’Neill", "CO2", "x/y", "Kabul"]
_LONG_NAMES = ["International Organization for Migration", "سازمان بین‌المللی مهاجرت و همکاری‌های منطقه‌ای آسیای میانه"]
_COLOURS = ("ink", "accent", "signal", "grey", "line", "tint")
_PALETTES = [
    ("#1c2326", "#0f4c5c", "#a8432f", "#566167", "#b8c0c3", "#eef1f2"),
    ("#2a2118", "#7a3b12", "#1f5f8b", "#5d5348", "#cdbfae", "#f6efe6"),
    ("#000000", "#222222", "#7a0000", "#444444", "#aaaaaa", "#ffffff"),
    ("#1a1033", "#3d1f7a", "#a03060", "#555066", "#bbb3cc", "#f1ecfa"),
]
_DARK, _LIGHT = ["#0b3540", "#4d1d06"], ["#b8dbe0", "#5f97a6", "#e8cfa0", "#c77f2a", "#a9a9a9"]
_NARROW = {
    "prose",
    "lead",
    "quotation",
    "definition",
    "image",
    "timeline",
    "badge",
    "member",
    "note",
    "facts",
    "groups",
}
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 30"><rect width="60" height="30" fill="#dde7ea"/>'
    '<circle cx="30" cy="15" r="9" fill="#0f4c5c"/><path d="M0 30L20 8 40 30z" fill="#7a3b12"/></svg>'
)


class RandomPublication:
    """A publication of two briefs, one of them for each row; all of it follows from ``random``."""

    def __init__(self, random: Random, folder: Path) -> None:
        self.random, self.folder, self._pick, self._integer = random, folder, random.choice, random.randint
        own = self._pick(["fa-AF", "fa-AF", "fa-IR", "ps", "en"])
        others = random.sample([tag for tag in ("fa-AF", "ps", "en") if tag != own], self._pick([0, 0, 0, 1, 2]))
        self.tag, self.tags = own, [own, *others]
        self.paper = self._pick(["a4", "a5", "letter"])
        self.profile = self._pick(["screen", "office", "grey", "large", "press", "pdf2"])
        self.shapes = self._pick(["world", "afghanistan-provinces"])
        keys = sorted(load_shipped_shapes(self.shapes).by_key)
        self.keys = random.sample(keys, min(len(keys), self._pick([1, 2, 3, 5, 12, 25, 40])))
        first, count = self._integer(1900, 2015), self._pick([1, 2, 5, 12, 30, 59])
        gaps = [year for year in range(first, first + count) if count < 9 and self._is(0.2)]
        self.years = [year for year in range(first, first + count) if year == first or year not in gaps]
        self.sources = [f"s{number}" for number in range(self._integer(1, 6))]
        self.states = [f"c{number}" for number in range(self._integer(1, 6))]
        self.figures: Entry = {}

    def write(self) -> None:
        """Write all files, with translations of some or all texts."""
        for name in ("briefs", "tables", "pictures"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "pictures" / "one.svg").write_text(_SVG, encoding="utf-8")
        (self.folder / "pictures" / "two.png").write_bytes(self._picture(self._integer(20, 90), self._integer(20, 60)))
        files = {
            "sources": {name: self._source(name) for name in self.sources}, "tables": self._tables(),
            "figures": self._figures(), "texts": self._texts(), "publication": self._imprint(),
            "briefs/all": self._brief(), "briefs/each": {"for_each": "places", **self._brief(is_row=True)},
        }  # fmt: skip
        for name, content in files.items():
            (self.folder / f"{name}.yaml").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        for tag in self.tags[1:]:
            self._translate(tag)

    def correct(self) -> bool:
        """Deliver the first brief, and correct a figure of it; whether that succeeded."""
        folder = ("--publication", self.folder)
        delivered = run(
            "build", "all", "--deliver", "--untranslated", "mark", "--out", self.folder.parent / "out", *folder
        )
        reason = ("--reason", self._phrase(4), "--yes", "--kind", self._pick(["correction", "revision"]))
        return not delivered.exit_code and not run("correct", "f0", self._integer(2, 99), *reason, *folder).exit_code

    # Words and numbers

    def _is(self, probability: float) -> bool:
        return self.random.random() < probability

    def _phrase(self, most: int = 3, tag: str = "") -> str:
        words = [self._pick(_WORDS[tag or self.tag]) for _ in range(self._integer(1, most))]
        if self._is(0.12):
            words.insert(self._integer(0, len(words)), self._pick(_LATIN))
        return " ".join(words)

    def _phrases(self, count: int, most: int) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < count:
            found[self._phrase(most + len(found) // 15)] = None
        return [*found]

    def _sentence(self, figures: Iterable[str] = ()) -> str:
        parts = [self._phrase(9) for _ in range(self._integer(1, 4))]
        parts += [f"{{{self._pick([*figures])}}}" for _ in range(self._integer(0, 2))] if figures else []
        self.random.shuffle(parts)
        return self._pick([" ", ", " if self.tag == "en" else "، "]).join(parts) + "."

    def _prose(self) -> str:
        parts = [self._sentence(self.figures) + self._pick(["", f"{{@{self.sources[0]}}}"]) for _ in range(3)]
        parts.append("\n".join(f"- {self._sentence(self.figures)}" for _ in range(self._integer(1, 4))))
        parts.append(f"**{self._phrase()}** [{self._phrase()}](https://www.example.org/a_b.html) {self._sentence()}")
        return "\n\n".join(self.random.sample(parts, self._integer(1, 5)))

    def _number(self) -> str:
        plain = str(round(self.random.uniform(0, 900), self._pick([0, 1, 2]))).removesuffix(".0")
        odd = ["", "", "0", "7", "7.5", "100", "0.001", "0.25", "1", str(self._integer(10**6, 10**10))]
        return self._pick(odd) if self._is(0.4) else plain

    def _some_sources(self) -> str:
        return " ".join(self.random.sample(self.sources, self._integer(1, len(self.sources))))

    # Files

    def _source(self, name: str) -> Entry:
        address = f"https://www.example.org/{'long-path/' * self._pick([0, 0, 1, 9])}{name}"
        date = self._pick([{}, {"date": "2025-09-29"}, {"date": "2024-05"}, {"date": "2023"}])
        return {"title": self._phrase(5), "publisher": self._phrase(2), "address": address, **date}

    def _imprint(self) -> Entry:
        more = {
            "contact": f"{self._phrase(3)} wells@example.org", "address": "https://www.example.org/sheets/",
            "logo": {"file": "pictures/one.svg", "alt": self._phrase(4)},
        }  # fmt: skip
        return {
            "id": "random", "title": self._phrase(5), "series": self._phrase(3), "languages": self.tags,
            "publisher": self._phrase(3), "published": "2026-11-26",
            "colours": dict(zip(_COLOURS, self._pick(_PALETTES), strict=True)),
            **{name: value for name, value in more.items() if self._is(0.4)},
        }  # fmt: skip

    def _picture(self, width: int, height: int) -> bytes:
        rows = b"".join(b"\0" + self.random.randbytes(3 * width) for _ in range(height))
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
        parts = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

    def _choices(self) -> Entry:
        found = {}
        tones = self.random.sample(_DARK + _LIGHT, len(self.states))
        for number, (label, tone) in enumerate(zip(self._phrases(len(tones), 2), tones, strict=True)):
            look = {"colour": tone, "text_colour": "#ffffff" if tone in _DARK else "#000000"}
            has_hatching = any("hatched" in one for one in found.values())  # two could not be told apart
            hatched = {"hatched": True} if tone in _LIGHT and not has_hatching and self._is(0.25) else {}
            found[f"c{number}"] = {"label": label, "short": _spell(number, self.tag), **look, **hatched}
        return found

    def _tables(self) -> Entry:
        pick, sources = self._pick, self._some_sources
        weights = [1, *(pick([0, 0.05, 1, 1]) for _ in self.states[1:])]  # nearly all or no rows make a choice
        names = [pick(_LONG_NAMES) if self._is(0.05) else name for name in self._phrases(len(self.keys), 3)]
        places = [
            [key, name, self._number(), pick(["", f"{self.random.uniform(0, 100):.1f}"]),
             self.random.choices(self.states, weights)[0], pick(["", "p0", "p1"])]
            for key, name in zip(self.keys, names, strict=True)
        ]  # fmt: skip
        places[0][2] = "3.5"
        years = [[year, *(self._number() for _ in range(4)), sources()] for year in self.years]
        for row in years:  # a part is not larger than its whole
            row[2] = row[1] and str(round(float(row[1]) * self.random.random(), 2))
        years[-1][1:5] = ["5", "0.5", "1500000", "40"]
        past = [
            [key, year, pick(self.states), pick(["checked", "single"]), sources()]
            for key in self.keys for year in range(2016, 2023) if year == 2018 or self._is(0.7)
        ]  # fmt: skip
        some = self.random.sample(self.keys, self._integer(1, len(self.keys)))
        chosen = [[key, pick(["", self._phrase(6)]), sources()] for key in some]
        facts = [[key, order, pick(["p0", "p1", "p2"]), sources()] for key in some for order in (1, 2)]
        key, code, listed = {"type": "key", "table": "places"}, {"type": "code"}, {"type": "sources"}
        state = {"type": "choice", "label": self._phrase(2), "choices": self._choices()}
        remarks = {"label": self._phrase(), "remark": f"{self._phrase()} {{years}}", "remark_one": "{years} *"}
        basis = {"type": "choice", "choices": {"checked": {"label": self._phrase(2)}, "single": remarks}}
        name, note = {"type": "text", "label": self._phrase(2)}, {"type": "text", "blank": True}
        amount, part, *lines = ({"type": "number", "blank": True, "label": label} for label in self._phrases(6, 2))
        memo = {"type": "code", "blank": True}
        year = {"type": "year", "label": self._phrase(1)}
        declared: list[tuple[str, Any, Any, Entry]] = [
            ("places", places, "code", {"code": code, "name": name, "amount": amount, "part": {**part, "unit": "٪"},
                                        "state": state, "memo": memo}),
            ("years", years, "year", {"year": year, **dict(zip("abcd", lines, strict=True)), "sources": listed}),
            ("past", past, ["code", "year"], {"code": code, "year": year, "state": state, "basis": basis,
                                              "sources": listed}),
            ("chosen", chosen, "code", {"code": key, "note": note, "sources": listed}),
            ("facts", facts, ["code", "order"], {"code": key, "order": code, "text": code, "sources": listed}),
        ]  # fmt: skip
        for file, rows, _, columns in declared:
            lines = [",".join(columns), *(",".join(f'"{cell}"' for cell in row) for row in rows)]
            (self.folder / "tables" / f"{file}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = {
            file: {"file": f"tables/{file}.csv", "title": self._phrase(3), "key": keys, "columns": columns}
            for file, _, keys, columns in declared
        }
        found["places"]["sources"] = sources().split()
        return found

    def _figures(self) -> Entry:
        own: Entry = {
            f"f{n}": {"kind": "reported", "value": float(self._number() or 12), "sources": self._some_sources().split()}
            for n in range(self._integer(2, 6))
        }
        own["f0"]["value"] = self._integer(100, 30000)
        own["f1"]["value"] *= self._pick([1, -1])
        own["rows"] = {"kind": "counted", "count": {"table": "places"}}
        own["some"] = {"kind": "counted", "count": {"table": "places", "where": {"state": "c0"}}}
        own["rate"] = {"kind": "derived", "percent": ["some", "rows"], "decimals": self._integer(0, 2)}
        own["whole"] = {"kind": "derived", "sum": ["f0", "rows"]}
        own["last"] = {"kind": "reported", "cell": {"table": "years", "row": str(self.years[-1]), "column": "c"}}
        self.figures = {name: {"label": self._phrase(6), **entry} for name, entry in own.items()}
        return self.figures

    def _texts(self) -> Entry:
        cited = {"sources": self.sources[:1]}
        quotation = {"text": self._sentence(), "speaker": self._phrase(3), "date": "2025-09-29", **cited}
        original = self._pick([{}, {"original": self._phrase(9, self._pick(["en", self.tag]))}])
        dates = self.random.sample(["2025-09-29", "2024", "1998-03", "2001"], 3)
        return {
            "prose": {name: {"text": self._prose(), "title": self._phrase(5)} for name in ("p0", "p1", "p2")},
            "quotations": {"q": {**quotation, **original}},
            "definitions": {"d": {"term": self._phrase(2), "text": self._sentence(self.figures), **cited}},
            "timeline": {f"e{n}": {"date": date, "text": self._sentence(), **cited} for n, date in enumerate(dates)},
        }

    def _brief(self, *, is_row: bool = False) -> Entry:
        sources = {"sources": {"title": self._phrase(1), **self._pick([{}, {"note": "p2"}])}}
        return {
            "title": "{row.name}" if is_row else self._phrase(6), "subtitle": self._phrase(9), "short": self._phrase(2),
            "subject": self._phrase(5), "pages": "auto", "blocks": [*self._arranged_blocks(is_row=is_row), sources],
        }  # fmt: skip

    def _arranged_blocks(self, *, is_row: bool) -> list[Any]:
        own = [*self._blocks(), *(self._row_blocks() if is_row else ["page", "corrections"])]
        own = self.random.sample(own, self._integer(3, 10))
        narrow = [block for block in own if isinstance(block, dict) and _NARROW & {*block}]
        if len(narrow) > 2:
            widths = self._pick(["1:1", "2:1", "1:2", "1:1:1", "3:2", "2:3"])
            places = ["right", "left", *["middle"] * (widths.count(":") > 1)]
            columns = {place: [block] for place, block in zip(places, narrow, strict=False)}
            own = [block for block in own if block not in narrow[: len(places)]]
            own.insert(self._integer(0, len(own)), {"columns": {"widths": widths, **columns}})
        for n, block in enumerate(own):
            if isinstance(block, dict) and "columns" not in block and self._is(0.1):
                own[n] = {"panel": {"blocks": [block]}}
        return own[own[0] == "page" : len(own) - (own[-1] == "page")]

    def _title(self) -> Entry:
        return {"title": self._phrase(6), **self._pick([{}, {"caption": self._sentence(self.figures)}])}

    def _blocks(self) -> list[Any]:
        pick, number, title = self._pick, self._integer, self._title
        heads = [{"title": self._phrase(4)} for _ in range(5)]
        chart = {"table": "years", "start": self.years[0], "every": 1 if len(self.years) < 9 else number(8, 12)}
        part = pick([{}, {"part": "b", "part_label": self._phrase(2)}])
        columns = self.random.sample(["name", "amount", "part", "state"], number(1, 4))
        lines = self.random.sample("abcd", number(1, 4))
        choice = {"table": "places", "by": "state"}
        outline = pick([{}, {"outline": "chosen", "outline_label": self._phrase(2)}])
        land = pick([{"notes": False}, {"no_data": self._phrase(2)}, outline])
        picture = {"file": pick(["pictures/one.svg", "pictures/two.png"]), "width": pick([10, 35, 60, 100])}
        picture |= {"alt": self._phrase(5), "caption": self._sentence(self.figures), "credit": self._phrase(2)}
        return [
            {"lead": "p0"}, {"prose": "p1"}, {"prose": "p2"}, {"quotation": "q"}, {"definition": "d"},
            {"figures": self.random.sample([*self.figures], number(1, len(self.figures)))}, {"figures": ["f0"]},
            {"map": {"shapes": self.shapes, **choice, **land, **title()}},
            {"map": {"shapes": self.shapes, **choice, "title": self._phrase()}},
            {"list": {"table": "chosen", "show": "code.name", "note": "note", "title": self._phrase(4)}},
            {"list": {"table": "places", "show": "name", **heads[1], **pick([{}, {"intro": "p2"}])}},
            {"table": {"table": "places", "columns": columns, **heads[2], **pick([{}, {"sort": columns[0]}])}},
            {"table": {"table": "years", "columns": ["year", "a", "b", "d"], **heads[3]}},
            {"share": {**choice, **title()}}, {"groups": {**choice, "show": "name", **title()}}, self._meanings(),
            {"strip": {**self._strip(), "row": pick(self.keys)}},
            {"years": {**chart, "column": "a", **part, "height": number(5, 60), **title()}},
            {"years": {**chart, "column": "c", "start": self.years[-1], **title()}},
            {"lines": {**chart, "columns": lines, "height": number(15, 60), **title()}},
            {"bars": {"table": "places", "column": "amount", "show": "name", "most": number(1, 40), **title()}},
            {"image": {**picture, "sources": self.sources[:1]}},
            {"timeline": {"events": ["e2", "e0", "e1"], **heads[4]}},
        ]  # fmt: skip

    def _row_blocks(self) -> list[Any]:
        choice, then = {"table": "places", "by": "state"}, f"{self._phrase()} {{then}} {self._phrase()} {{now}}"
        said = {"rose": then, "fell": then, "otherwise": then, "stayed": self._phrase()}
        past = {"table": "past", "by": "state", "latest": "places", "since": 2018, "order": self.states}
        few = {"many": 3, "unless_many": [{"definition": "d"}]}
        return [
            {"badge": {"by": "state", "title": self._phrase()}}, {"badge": {"by": "state"}}, {"note": "memo"},
            {"member": {"table": "chosen", "prose": "p0", "otherwise": "p1"}},
            {"change": {**past, **said, "basis": "basis"}},
            {"facts": {"table": "facts", "text": "text", "title": self._phrase(), "none": "p2", **few}},
            {"figures": ["row.amount", "row.part", "f0"]}, {"strip": {**self._strip(), "row": "each"}},
            {"share": {**choice, "within": "state", **self._title()}},
            {"groups": {**choice, "show": "name", "within": "state", "title": "{row.name}"}},
            {"map": {"shapes": self.shapes, **choice, "within": "state", **self._title()}}, self._meanings(own=False),
        ]  # fmt: skip

    def _strip(self) -> Entry:
        years = {"start": self._integer(2012, 2018), "end": 2023, **self._pick([{}, {"basis": "basis"}])}
        return {"table": "past", "by": "state", "latest": "places", **years, **self._title()}

    def _meanings(self, *, own: bool = True) -> Entry:
        texts = {"meanings": {name: self._pick(["p0", "p1"]) for name in self.states}, "own": own}
        return {"meanings": {"table": "places", "by": "state", "title": self._phrase(), **texts}}

    def _translate(self, tag: str) -> None:
        update_translation_file(self.folder, tag)
        po = read_po(self.folder / "translations" / f"{tag}.po")
        share = 1 if "en" in (tag, self.tag) else self._pick([0.5, 1])
        entries = []
        for number, entry in enumerate(po.entries):
            # A word of its own for each, so that no two choices are called alike.
            words = [self._phrase(4, tag), *find_placeholders(entry.source), _spell(number, tag)]
            text = _spell(number, tag) if entry.context.endswith(".short") else " ".join(words)
            entries.append(replace(entry, text=text) if self._is(share) else entry)
        po.file.write_text(format_po(replace(po, entries=tuple(entries))), encoding="utf-8")


def _spell(number: int, tag: str) -> str:
    """A word for each number."""
    letters = "abcdefghij" if tag == "en" else "ابتدرسکلمن"
    return "".join(letters[int(digit)] for digit in str(number))
