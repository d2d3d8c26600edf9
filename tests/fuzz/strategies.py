"""Strategies: what may come by mail, and the commands that one runs upon it. Each gives examples."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image

from tests.fuzz.examples import Change, Example
from tests.fuzz.harness import Harness
from tests.fuzz.mutations import (
    VOCABULARY,
    Draw,
    Mutation,
    below,
    chained,
    grown,
    hostile,
    in_attachments,
    in_bytes,
    in_pdf,
    in_tokens,
    in_yaml,
    pick,
    word,
)  # fmt: skip
from tests.support import ROOT
from tipbrief.ledger.entry_file import parse_entry

PDF, HTML, IMAGE = "out/wells-all.pdf", "out/wells-all.html", "templates/logo.png"
YAML = ["publication", "sources", "figures", "tables", "texts", "briefs/all", "briefs/each"]
CSV = ["places", "chosen", "digging", "past", "remarks"]
TEMPLATES = ROOT / "templates"
FILES = {"figures.yaml": {"old": "x", "new": "0" * 64}}
JOURNAL = {"entry": "0009-correction-0123456789ab.json", "files": FILES}
PO_HEAD = 'msgid ""\nmsgstr "Language: ps\\n"\n\n'
TRANSLATED = [
    ("publication.yaml:title", "چاه‌های نمونه"), ("figures.yaml:wells.label", "چاه"), ("", "کشور"),
    ("tables.yaml:places.columns.state.choices.open.label", "باز"), ("texts.yaml:prose.how.text", "{wells}"),
]  # fmt: skip
STRATEGIES: dict[str, Callable[[Harness], st.SearchStrategy[Example]]] = {}
Made = Callable[[Draw, Harness], Example]


def strategy(made: Made) -> Made:
    """Enter a function into the table of strategies, by its name."""
    STRATEGIES[made.__name__] = st.composite(made)
    return made


def words(draw: Draw, *kinds: str) -> tuple[str, ...]:
    """A command of one of these kinds."""
    return tuple(word(draw, pick(draw, kinds)).replace("PDF", PDF).split())


def changed(draw: Draw, harness: Harness, name: str, *ways: Mutation) -> dict[str, Any]:
    content, note = chained(draw, harness.base(name), *ways)
    return {"changes": {name: content}, "note": f"{name}: {note}"}


@cache
def picture_of(side: int) -> bytes:
    """A PNG, as large as one says and nearly nothing in it."""
    made = io.BytesIO()
    Image.new("1", (side, side)).save(made, "PNG")
    return made.getvalue()


@strategy
def of_yaml(draw: Draw, harness: Harness) -> Example:
    command = words(draw, "reads", "reads", "builds", "changes")
    ways = (in_yaml, in_yaml, in_yaml, in_bytes, in_tokens)
    return Example(command, **changed(draw, harness, f"pub/{pick(draw, YAML)}.yaml", *ways))


@strategy
def of_csv(draw: Draw, harness: Harness) -> Example:
    command = words(draw, "reads", "reads", "builds", "changes")
    ways = (in_tokens, in_tokens, in_bytes)
    return Example(command, **changed(draw, harness, f"pub/tables/{pick(draw, CSV)}.csv", *ways))


@cache
def workbook_of(table: str) -> dict[str, bytes]:
    """The parts of a workbook that holds a CSV table, as openpyxl saves one, with what is doubtful in it."""
    made, saved = Workbook(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    for row in csv.reader(table.splitlines()):
        sheet.append([float(cell) if re.fullmatch(r"[0-9.]+", cell) else cell or None for cell in row])
    sheet["Z1"], sheet["Z2"] = "extra", "=1+1"
    sheet.merge_cells("Y7:Z9")
    sheet.row_dimensions[9].hidden = True
    made.create_sheet("more").append([1])
    made.save(saved)
    with zipfile.ZipFile(saved) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@strategy
def of_workbook(draw: Draw, harness: Harness) -> Example:
    """A table in a workbook: its XML changed within a sound zip, or the bytes of the zip."""
    parts = dict(workbook_of(harness.base("pub/tables/places.csv").decode()))
    name, packed = pick(draw, [*parts, *["xl/worksheets/sheet1.xml"] * 6]), io.BytesIO()
    parts[name], note = chained(draw, parts[name], in_tokens, in_tokens, in_bytes)
    way = below(draw, 8)
    if way == 0:
        parts["xl/media/more.bin"] = bytes(pick(draw, [1_000, 30_000_000, 200_000_000]))
    elif way == 1:
        parts[name] = b"<!DOCTYPE a [" + word(draw, "entities").encode() + b"]>" + parts[name]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    content = packed.getvalue()
    if way == 2:
        content, note = in_bytes(draw, content)
    tables = harness.base("pub/tables.yaml").replace(b"tables/places.csv", b"tables/places.xlsx", 1)
    if below(draw, 4) == 0:
        tables = tables.replace(b".xlsx\n", b".xlsx\n  sheet: " + hostile(draw).encode("utf-8", "replace") + b"\n", 1)
    made = {"pub/tables.yaml": tables, "pub/tables/places.xlsx": content}
    command = words(draw, "reads", "reads", "builds", "changes")
    return Example(command, made, note=f"{name}: {note} ({way})")


@strategy
def of_words(draw: Draw, harness: Harness) -> Example:
    lines = [hostile(draw) if below(draw, 2) else word(draw, "many words") for _ in range(below(draw, 6))]
    content, note = chained(draw, "\n".join(lines).encode("utf-8", "replace"), in_bytes)
    return Example(words(draw, "reads", "changes"), {"pub/words.txt": content}, note=note)


@strategy
def of_translations(draw: Draw, harness: Harness) -> Example:
    """PO files of a translation, as `translate` makes them and as nobody would; and columns of names."""
    publication = harness.base("pub/publication.yaml")
    made: dict[str, Change] = {"pub/publication.yaml": publication.replace(b"fa-AF", b"[fa-AF, ps]", 1)}
    made["pub/publication.yaml"] = re.sub(rb"(?m)^language:", b"languages:", made["pub/publication.yaml"])
    entries = [f'msgctxt "{context}"\nmsgid "{text}"\nmsgstr "{text}"\n' for context, text in TRANSLATED]
    lines = ["".join(f"{word(draw, 'po lines')}\n" for _ in range(below(draw, 4))) + one for one in entries]
    whole = PO_HEAD + "\n".join(lines * pick(draw, [1, 1, 1, 2, 400]))
    content, note = chained(draw, whole.encode(), in_tokens, in_tokens, in_bytes)
    made["pub/translations/ps.po"] = content
    if below(draw, 4) == 0:
        names = harness.base("pub/tables/places.csv").replace(b"name", b"name,name.ps", 1)
        made["pub/tables/places.csv"] = in_tokens(draw, re.sub(rb"(?m)^(\w{3},)", rb"\1x,", names))[0]
    return Example(words(draw, "reads", "translates", "translates", "changes"), made, note=note)


@strategy
def of_templates(draw: Draw, harness: Harness) -> Example:
    name = word(draw, "own templates")
    made = grown(draw, "statement")
    base = (TEMPLATES / name).read_text("utf-8")
    way = below(draw, 4)
    if way == 0:
        made = base.replace("</", made + "</", 1)
    elif way == 1:
        made = in_tokens(draw, base.encode())[0].decode("utf-8", "replace")
    elif way == 2:
        made = base.replace("</", f'<img src="{IMAGE}"></', 1)
    command = words(draw, "builds")
    if name.startswith(("mail", "card")):
        command = VOCABULARY["builds"][-1 if name.startswith("mail") else -2].split()
    changes: dict[str, Change] = {f"pub/templates/{name}": made.encode("utf-8", "replace")}
    if IMAGE in made:
        picture = picture_of(pick(draw, [1, 300, 20_000]))
        changes[f"pub/{IMAGE}"], _ = pick(draw, [in_bytes, lambda draw, one: (one, "")])(draw, picture)
    return Example(tuple(command), changes, note=name)


@strategy
def of_styles(draw: Draw, harness: Harness) -> Example:
    made: dict[str, Change] = {f"pub/templates/{word(draw, 'own styles')}": grown(draw, "styles").encode()}
    command = words(draw, "builds")
    if below(draw, 4) == 0:
        profiles = (TEMPLATES / "profiles.yaml").read_bytes()
        made["pub/templates/profiles.yaml"], _ = chained(draw, profiles, in_yaml, in_tokens)
    return Example(command, made)


@strategy
def of_ledger(draw: Draw, harness: Harness) -> Example:
    """Entries changed, with their old names or with names that fit; and one that is gone."""
    name = pick(draw, sorted(path.name for path in (harness.pristine / "pub" / "ledger").iterdir()))
    command = words(draw, "reads", "reads", "changes", "of pdf", "builds")
    way, whole = below(draw, 6), f"pub/ledger/{name}"
    content, note = chained(draw, harness.base(whole), in_tokens, in_tokens, in_bytes)
    if way == 0:
        return Example(command, {whole: None}, note=f"{name} is gone")
    fits = name
    if way < 5:
        try:
            fits = parse_entry(content.decode(), int(name[:4]), Path(name)).name
        except Exception:  # then no name fits
            note += " (no name fits)"
    return Example(command, {whole: None, f"pub/ledger/{fits}": content}, note=f"{name}: {note}")


@strategy
def of_own_files(draw: Draw, harness: Harness) -> Example:
    """The note of an unfinished correction, the manifest, entries of the cache."""
    way = below(draw, 3)
    if way == 0:
        note = json.dumps(JOURNAL).replace("figures.yaml", pick(draw, ["figures.yaml", "../outside/canary.txt"]))
        content, said = chained(draw, note.encode(), in_tokens, in_tokens, in_bytes)
        return Example(words(draw, "reads", "changes"), {"pub/.unfinished.json": content}, note=said)
    if way == 1:
        command = words(draw, "builds", "of pdf")
        return Example(command, **changed(draw, harness, "out/manifest.json", in_tokens, in_bytes))
    kept = sorted(path.name for path in (harness.pristine / "cache" / "tipbrief").iterdir())
    name = f"cache/tipbrief/{pick(draw, kept)}"
    return Example(words(draw, "builds"), **changed(draw, harness, name, in_bytes))


@strategy
def of_pdf(draw: Draw, harness: Harness) -> Example:
    way = pick(draw, [in_pdf, in_pdf, in_attachments, in_bytes])
    return Example(words(draw, "of pdf"), **changed(draw, harness, PDF, way))


@strategy
def of_html(draw: Draw, harness: Harness) -> Example:
    """The HTML beside a PDF: what it must say."""
    if below(draw, 3):
        return Example(("verify", PDF), **changed(draw, harness, HTML, in_tokens, in_bytes))
    made = grown(draw, "statement").encode("utf-8", "replace")
    return Example(("verify", PDF), {HTML: harness.base(HTML).replace(b"<main>", b"<main>" + made)})


@strategy
def of_kinds(draw: Draw, harness: Harness) -> Example:
    """A file is something else than a file, or elsewhere, or has an odd name."""
    name, change = (word(draw, "paths"), pick(draw, ["fifo", "folder", "mode:000", None, b"", "link", "link", "link"]))
    if change == "link" and name == "out":
        change = "fifo"  # where the outputs go is the user's to say, also by a link
    if change == "link":
        change = "link:" + word(draw, "links").replace("ITSELF", Path(name).name)
    if change == "mode:000" and not (harness.pristine / name).exists():
        change = "fifo"
    if below(draw, 5) == 0:
        place = pick(draw, ["briefs/{}.yaml", "tables/{}.csv", "templates/{}.j2", "{}", "ledger/{}.json"])
        name, change = f"pub/{place.format(word(draw, 'file names'))}", b"x: 1\n"
    command = words(draw, "reads", "builds", "changes", "of pdf")
    return Example(command, {name: change}, note=f"{name!r} is {change!r:.60}")


@strategy
def of_typed(draw: Draw, harness: Harness) -> Example:
    """Odd command lines: arguments dropped, doubled, hostile."""
    command = list(words(draw, "reads", "builds", "changes", "of pdf", "of pdf", "others"))
    for _ in range(1 + below(draw, 2)):
        at, way = 1 + below(draw, len(command)), below(draw, 3)
        other = word(draw, "typed") if below(draw, 3) else hostile(draw)[:5000].replace("\0", "")
        if way == 0:
            del command[at : at + 1]
        else:
            command[at : at + (way == 1)] = [other]
    return Example(tuple(command))


@strategy
def of_environment(draw: Draw, harness: Harness) -> Example:
    """What the machine has in its environment; streams that are closed. In a Python of its own."""
    env = dict(word(draw, "environment").split("=", 1) for _ in range(below(draw, 3)))
    closed = pick(draw, [(), (), (0,), (1,), (2,), (1, 2), (0, 1, 2)])
    command = words(draw, "reads", "builds", "changes", "of pdf", "others")
    return Example(command, env=env, closed=closed, own=True)


@strategy
def of_many(draw: Draw, harness: Harness) -> Example:
    """Far more than a brief has: rows, columns, keys, faults, names, spelling, entries, files."""
    count = pick(draw, [300, 3000, 30_000])
    name, more = pick(draw, [
        ("tables/places.csv", "X{n},نام,{n},open,\n"), ("tables/chosen.csv", ",\n"),
        ("tables/places.csv", '"'),
        ("figures.yaml", "f{n}: {{label: x, kind: reported, value: {n}, sources: [survey]}}\n"),
        ("figures.yaml", "f{n}: {{label: x, kind: derived, sum: [f{m}, wells]}}\n"),
        ("sources.yaml", "s{n}: {{}}\n"), ("texts.yaml", "  t{n}: {{date: 2020, text: x}}\n"),
        ("briefs/all.yaml", "  - prose: how\n"), ("words.txt", "چاه{n}\n"), ("texts.yaml", "LONG"),
        ("tables/digging.csv", "{n},1,1,atlas\n"),
    ])  # fmt: skip
    base = "" if name == "words.txt" else harness.base(f"pub/{name}").decode()
    made = base + "".join(more.format(n=n, m=n + 1) for n in range(count))
    if more == "LONG":
        made = base.replace("این برگه تنها برای آزمایش است.", (word(draw, "many words") + " ") * count)
    command = words(draw, "reads", "reads", "builds", "changes")
    return Example(command, {f"pub/{name}": made.encode()}, note=f"{count} × {more!r} in {name}")
