"""Strategies: what may come by mail, and the commands that one runs upon it. Each gives examples."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.examples import OUTSIDE, WEB, Example
from tests.fuzz.harness import Harness
from tests.fuzz.mutations import (
    Draw, Mutated, below, chained, hostile, in_attachments, in_bytes, in_pdf, in_tokens, in_yaml, pick,
)  # fmt: skip
from tests.fuzz.templates import statement, styles
from tipbrief.ledger.entry_file import parsed

PUB = ("--publication", "pub")
CHECK = ("check", *PUB)
# Half of them look only; what typesets takes longer.
READS = [CHECK, CHECK, (*CHECK, "--format", "json"), (*CHECK, "--strict"), ("list", *PUB), ("list", "each", *PUB), ("diff", "pub", "other"),
         ("diff", "other", "pub", "--format", "json"), ("status", "ALL/2", *PUB)]  # fmt: skip
BUILDS = [
    ("build", "all", *PUB), ("build", "each", "--only", "AFG", *PUB), ("build", "all", "--deliver", *PUB), ("build", "all", "--paper", "a5", *PUB),
    ("build", "each", "--only", "PAK", "--profile", "grey", *PUB), ("mail", "all", "--to", "a@example.org", "--out", "out/a.eml", *PUB),
]  # fmt: skip
CHANGES = [
    ("correct", "wells", "999", "--reason", "خطا", *PUB), ("correct", "wells", "999", "--reason", "خطا", "--dry-run", *PUB),
    ("correct", "digging[2023].dug", "901", "--reason", "خطا", *PUB), ("merge", *PUB),
]  # fmt: skip
PDF = "out/wells-all.pdf"
OF_PDF = [
    ("verify", PDF), ("verify", PDF, "--format", "json"), ("inspect", PDF), ("inspect", PDF, "--extract", "unpacked"), ("status", PDF, *PUB), ("diff", PDF, "ALL/2", *PUB),
    ("diff", "out/wells-each-AFG.pdf", PDF), ("diff", PDF, "pub"), ("impose", PDF, "--as", "booklet"), ("impose", PDF, "--as", "4-up", "--out", "out/x.pdf"), ("inspect", PDF, "--format", "json"),
]  # fmt: skip
YAML = ["publication", "sources", "figures", "tables", "texts", "briefs/all", "briefs/each"]
CSV = ["places", "chosen", "digging", "past", "remarks"]
TEMPLATES = ["brief.html.j2", "card.html.j2", "mail.html.j2", "blocks/lead.html.j2", "blocks/figures.html.j2", "blocks/table.html.j2", "blocks/badge.html.j2"]
STYLES = ["css/a4.css", "css/common.css", "css/print.css", "profiles/office.css", "css/letter.css"]
SHIPPED = Path(__file__).parents[2] / "templates"
Strategy = Callable[[Harness], st.SearchStrategy[Example]]
STRATEGIES: dict[str, Strategy] = {}


def strategy(made: Callable[[Draw, Harness], Example]) -> Callable[[Draw, Harness], Example]:
    """Enter a function into the table of strategies, by its name."""
    STRATEGIES[made.__name__] = st.composite(made)  # type: ignore[assignment]
    return made


def mixed(draw: Draw, *groups: list[tuple[str, ...]]) -> tuple[str, ...]:
    return pick(draw, pick(draw, groups))


def changed(draw: Draw, harness: Harness, name: str, *ways: Callable[[Draw, bytes], Mutated]) -> dict[str, Any]:
    content, note = chained(draw, harness.base(name), *ways)
    return {"changes": {name: content}, "note": f"{name}: {note}"}


@strategy
def of_yaml(draw: Draw, harness: Harness) -> Example:
    name = f"pub/{pick(draw, YAML)}.yaml"
    return Example(mixed(draw, READS, READS, BUILDS, CHANGES), **changed(draw, harness, name, in_yaml, in_yaml, in_yaml, in_bytes, in_tokens))


@strategy
def of_csv(draw: Draw, harness: Harness) -> Example:
    name = f"pub/tables/{pick(draw, CSV)}.csv"
    return Example(mixed(draw, READS, READS, BUILDS, CHANGES), **changed(draw, harness, name, in_tokens, in_tokens, in_bytes))


@strategy
def of_words(draw: Draw, harness: Harness) -> Example:
    lines = [hostile(draw) if below(draw, 2) else pick(draw, ["چاه", "آب آبادی", "# x", "Water"]) for _ in range(below(draw, 6))]
    content, note = chained(draw, "\n".join(lines).encode("utf-8", "replace"), in_bytes)
    return Example(mixed(draw, READS, CHANGES), {"pub/words.txt": content}, note=note)


@strategy
def of_templates(draw: Draw, harness: Harness) -> Example:
    name = pick(draw, TEMPLATES)
    made = "\n".join(statement(draw) for _ in range(1 + below(draw, 3)))
    if below(draw, 3) == 0:
        base = (SHIPPED / name).read_text("utf-8")
        made = base.replace("</", made + "</", 1) if below(draw, 2) else in_tokens(draw, base.encode())[0].decode("utf-8", "replace")
    words = pick(draw, [("build", "all", *PUB), ("build", "each", "--only", "AFG", *PUB), BUILDS[-1], ("build", "all", "--png", "200", *PUB)])
    if name.startswith(("mail", "card")):
        words = BUILDS[-1] if name.startswith("mail") else ("build", "all", "--png", "200", *PUB)
    return Example(words, {f"pub/templates/{name}": made.encode("utf-8", "replace")}, note=f"{name}: {made[:200]}")


@strategy
def of_styles(draw: Draw, harness: Harness) -> Example:
    made = {f"pub/templates/{pick(draw, STYLES)}": styles(draw).encode()}
    words = ("build", "all", *PUB)
    if below(draw, 4) == 0:
        made["pub/templates/profiles.yaml"], _ = chained(draw, (SHIPPED / "profiles.yaml").read_bytes(), in_yaml, in_tokens)
        words = ("build", "all", "--profile", pick(draw, ["grey", "office", "x"]), *PUB)
    return Example(words, made, note=str(made)[:300])


@strategy
def of_ledger(draw: Draw, harness: Harness) -> Example:
    """Entries changed, with their old names or with names that fit; and one that is gone."""
    files = sorted(path.name for path in (harness.pristine / "pub" / "ledger").iterdir())
    name = f"pub/ledger/{pick(draw, files)}"
    words = mixed(draw, READS, READS, CHANGES, [("build", "all", *PUB), ("status", PDF, *PUB), ("status", "ALL/2", "--ledger", "pub/ledger")])
    way = below(draw, 6)
    if way == 0:
        return Example(words, {name: None}, note=f"{name} is gone")
    content, note = chained(draw, harness.base(name), in_tokens, in_tokens, in_bytes)
    if way == 1:
        return Example(words, {f"pub/ledger/{hostile(draw).replace('/', '_')[:80] or 'x'}.json".replace("\0", ""): content}, note="another name")
    try:
        head = Path(name).name
        fits = parsed(content.decode(), int(head[:4]), Path(head)).name if way < 5 else head
    except (ValueError, LookupError, TypeError, RecursionError, AttributeError):
        fits = Path(name).name
    return Example(words, {name: None, f"pub/ledger/{fits}": content}, note=f"{name}: {note}")


@strategy
def of_own_files(draw: Draw, harness: Harness) -> Example:
    """The note of an unfinished correction, the manifest, entries of the cache, an old ledger."""
    way = below(draw, 4)
    if way == 0:
        note = {"entry": pick(draw, ["0009-correction-0123456789ab.json", "../x", hostile(draw)]),
                "files": {pick(draw, ["figures.yaml", "../outside/canary.txt", f"{OUTSIDE}/canary.txt", hostile(draw)]): {"old": "x", "new": pick(draw, ["", "0" * 64])}}}  # fmt: skip
        content, said = chained(draw, json.dumps(note).encode(), in_tokens, in_bytes)
        return Example(mixed(draw, READS, CHANGES), {"pub/.unfinished.json": content}, note=said)
    if way == 1:
        return Example(mixed(draw, BUILDS, OF_PDF), **changed(draw, harness, "out/manifest.json", in_tokens, in_bytes))
    if way == 2:
        entries = sorted(path.name for path in (harness.pristine / "cache" / "tipbrief").iterdir() if path.is_file())
        return Example(mixed(draw, BUILDS), **changed(draw, harness, f"cache/tipbrief/{pick(draw, entries)}", in_bytes))
    old, said = chained(draw, (Path(__file__).parents[1] / "golden/publication/ledger.yaml").read_bytes(), in_yaml, in_tokens)
    gone = {f"pub/ledger/{path.name}": None for path in (harness.pristine / "pub" / "ledger").iterdir()}
    return Example(mixed(draw, READS, CHANGES), {**gone, "pub/ledger.yaml": old}, note=said)


@strategy
def of_pdf(draw: Draw, harness: Harness) -> Example:
    words = pick(draw, OF_PDF)
    return Example(words, **changed(draw, harness, PDF, pick(draw, [in_pdf, in_pdf, in_attachments, in_bytes])))


@strategy
def of_html(draw: Draw, harness: Harness) -> Example:
    """The HTML beside a PDF: what it must say."""
    name = "out/wells-all.html"
    if below(draw, 3):
        return Example(("verify", PDF), **changed(draw, harness, name, in_tokens, in_bytes))
    base, made = harness.base(name), statement(draw).encode("utf-8", "replace")
    return Example(("verify", PDF), {name: base.replace(b"<main>", b"<main>" + made)}, note=repr(made[:100]))


@strategy
def of_kinds(draw: Draw, harness: Harness) -> Example:
    """A file is something else than a file, or elsewhere, or has an odd name."""
    places = ["figures.yaml", "publication.yaml", "tables", "tables/places.csv", "words.txt", "briefs", "briefs/all.yaml", "templates", "templates/css/a4.css",
              "templates/brief.html.j2", "templates/profiles.yaml", "ledger", "ledger/0009-x.json", ".unfinished.json", ""]  # fmt: skip
    name = f"pub/{pick(draw, places)}".rstrip("/") if below(draw, 4) else pick(draw, [PDF, "out", "out/wells-all.html", "out/manifest.json", "cache/tipbrief", "tmp", "home"])
    to = ["/dev/zero", "/dev/null", "/dev/stdin", "/dev/full", "/proc/self/mem", "nosuch", Path(name).name, "..", "/", f"{OUTSIDE}/canary.txt", f"{OUTSIDE}", f"{OUTSIDE}/tables", f"{OUTSIDE}/words.txt",
          f"{OUTSIDE}/tables/places.csv", "x" * 200]  # fmt: skip
    change = pick(draw, ["fifo", "folder", "mode:000", None, b"", *(f"link:{one}" for one in to)])
    if name in ("tmp", "home") and change is None or change == "mode:000" and not (harness.pristine / name).exists():
        change = "fifo"
    if below(draw, 5) == 0:
        odd = pick(draw, ["\udcff\udcfe", "a\nb", "\x1b[2J", "\u202e", " ", "-x", "a" * 240, "con", "é", "*", "..."])
        name, change = f"pub/{pick(draw, ['briefs/{}.yaml', 'tables/{}.csv', 'templates/{}.j2', '{}', 'ledger/{}.json'])}".format(odd), b"x: 1\n"
    words = mixed(draw, READS, BUILDS, CHANGES, OF_PDF)
    return Example(words, {name: change}, note=f"{name!r} is {change!r:.60}")


@strategy
def of_words_typed(draw: Draw, harness: Harness) -> Example:
    """Odd command lines: arguments dropped, doubled, hostile."""
    prepare = [("fonts",), ("doctor",), ("fonts", "prepare", "--font", "pub/figures.yaml", "--out", "prepared"), ("--version",), ("-h",)]
    words = list(mixed(draw, READS, BUILDS, CHANGES, OF_PDF, OF_PDF, prepare))
    more = [PDF, "pub", "out", ".", "-1", "--", "--format", "json", "--only", "ALL/1 · f80d", "places[AFG].depth", f"{WEB}/x.pdf", "/dev/zero", "nosuch", "all", "each-AFG",
            "a" * 5000, "--paper=A4", "--png=100", "\udcff", "\x1b[2J", "places[", "[].", "wells[1].x", "\u202e", "۱۲", "١٢٣", "1/2", "-", "*", "'", "a@b@c", "--profile=../x"]  # fmt: skip
    for _ in range(1 + below(draw, 2)):
        at = 1 + below(draw, len(words) - 1) if len(words) > 1 else 0
        way, word = below(draw, 4), pick(draw, more) if below(draw, 3) else hostile(draw)[:5000].replace("\0", "")
        words[at : at + (way < 2)] = [] if way == 0 and len(words) > 2 else [word] if way < 3 else [words[at]] * 2
    # It would write where it is told to.
    if words[0] == "new" or any(word.startswith(("--out=", "--send", "--cluster", "--log")) for word in words):
        return Example(CHECK)
    return Example(tuple(words))


@strategy
def of_environment(draw: Draw, harness: Harness) -> Example:
    """What the machine has in its environment; streams that are closed. In a Python of its own."""
    known = {
        "LC_ALL": ["fa_AF", "fa_AF.UTF-8", "C", "xx", "tr_TR.UTF-8", ""], "PYTHONIOENCODING": ["cp1252", "cp1256", "ascii", "utf-16", "utf-8:strict"], "PYTHONUTF8": ["0", "1"],
        "TMPDIR": ["nosuch", "pub/figures.yaml", "/dev/full", "/proc", "\udcff"], "HOME": ["", "nosuch", "/dev/null"], "XDG_CACHE_HOME": ["", "pub/figures.yaml", "/proc", "x", "\x1b"],
        "SOURCE_DATE_EPOCH": ["yesterday", "-1", "9" * 30, "1e9", "", "٣"], "COLUMNS": ["0", "-5", "x", "1", "99999999"], "TERM": ["dumb", ""], "NO_COLOR": ["1"], "LANG": ["C", "fa_IR"], "TZ": ["x", "Asia/Kabul"],
        "TIPBRIEF_SMTP_PORT": ["x", "-1"], "PYTHONWARNINGS": ["error"], "PYTHONDONTWRITEBYTECODE": ["1"], "FONTCONFIG_FILE": ["/nosuch", "pub/figures.yaml"], "LANGUAGE": ["fa"],
    }  # fmt: skip
    names = draw(st.lists(st.sampled_from(sorted(known)), max_size=2, unique=True))
    env = {name: pick(draw, known[name]) for name in names}
    closed = pick(draw, [(), (), (0,), (1,), (2,), (1, 2), (0, 1, 2)])
    words = mixed(draw, READS, BUILDS, CHANGES, OF_PDF, [("doctor",), ("fonts",), ("-h",)])
    return Example(words, env=env, closed=closed, own=True, note=f"{env} {closed}")


@strategy
def of_many(draw: Draw, harness: Harness) -> Example:
    """Far more than a brief has: rows, columns, keys, faults, names, spelling, addresses, entries."""
    count = pick(draw, [300, 3000, 30_000])
    chance = random.Random(count)
    rows = "".join(f"X{n},نام,{chance.randrange(999)},open,\n" for n in range(count))
    made: dict[str, bytes] = pick(draw, [
        {"pub/tables/places.csv": harness.base("pub/tables/places.csv") + rows.encode()},
        {"pub/tables/places.csv": ("iso3," + ",".join(f"c{n}" for n in range(count)) + "\nAFG\n").encode()},
        {"pub/tables/chosen.csv": harness.base("pub/tables/chosen.csv") + ",\n".encode() * count},
        {"pub/texts.yaml": harness.base("pub/texts.yaml") + ("    text: " + pick(draw, ["می شود ", "{nosuch} ", "۱۲۳ ", "می\u200c\u200cشود ", "((", "Kenya ", "x" * 9 + "، "]) * count + "\n").encode()},
        {"pub/figures.yaml": harness.base("pub/figures.yaml") + "".join(f"f{n}: {{label: x, kind: reported, value: {n}, sources: [survey]}}\n" for n in range(count)).encode()},
        {"pub/figures.yaml": harness.base("pub/figures.yaml") + "".join(f"f{n}: {{label: x, kind: derived, sum: [f{n + 1}, wells]}}\n" for n in range(count)).encode()},
        {"pub/sources.yaml": harness.base("pub/sources.yaml") + "".join(f"s{n}: {{}}\n" for n in range(count)).encode()},
        {"pub/briefs/all.yaml": harness.base("pub/briefs/all.yaml") + b"  - note\n" + b"  - prose: how\n" * count},
        {"pub/words.txt": "چاه\n".encode() * count},
        {f"pub/briefs/b{n}.yaml": harness.base("pub/briefs/all.yaml") for n in range(count // 100)},
    ])  # fmt: skip
    return Example(mixed(draw, READS, READS, BUILDS, CHANGES), made, note=f"{count} in {next(iter(made))}")
