"""Mutations: what a stranger, an accident or an editor may have made of a sound file, with a word on each."""

import contextlib
import io
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import pikepdf
import yaml
from hypothesis import strategies as st

from tests.fuzz.examples import OUTSIDE, WEB

Draw = Callable[[st.SearchStrategy[Any]], Any]
T = TypeVar("T")
Mutated = tuple[bytes, str]

HOSTILE = [
    "", " ", "~", "true", "-0", "1e400", "nan", "۱۲۳۴", "9" * 5000, "-" * 3000, "0x10", "1:20", "142.0", "1_000",
    "2025-13-45", "0000-00-00", "99999-01-01", "2025-02-30", "\x00", "\x1b[2J\x1b]0;x\x07", "\u202eabc\u2066",
    "\ufeff", "\U0010ffff", "\u200c" * 20_000, "a" * 100_000, "آب " * 30_000, "(" * 20_000, "{" * 5000,
    "{wells}" * 3000, "{@survey}", "{@", "{", "}", "{nosuch}", "{row.name}", "{2024-05}", "<b>x</b>", "**b**",
    "{{ 7*7 }}", "{% raw %}", "../../outside/canary.txt", f"{OUTSIDE}/canary.txt", f"file://{OUTSIDE}/canary.svg",
    "/dev/zero", "/dev/stdin", "/proc/self/environ", f"{WEB}/x", "CON", ".", "..", "a/b", "x\ny", "\r", "\t", "،", "e\u0301",
    "https://[", "http://a" + " " * 50_000, "👨‍👩‍👧", "\u0600\u0601", "𝕏", "each", "all", "wells", "places", "iso3",
    "%s%n", "#", "&a", "*a", "!!python/name:os.system", "'", '"', "\\", "sources", "text", "__class__", "AFG",
]  # fmt: skip
RAW = [
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n\n", b"\x1b[2J", b'"', b",",
    b"\t", b"<<<<<<< HEAD\n", b"\xe2\x80\x8c" * 20_000, b"\xe2\x80\xae", b"[" * 5000, b"{" * 5000, b"- " * 3000,
    b"\n" * 20_000, b"x" * 100_000, b"&a [*a, *a]\n", b"%PDF-1.7\n", b"PK\x03\x04", b"\x1f\x8b", b"-1", b"1e999", b"null",
]  # fmt: skip
TOKEN = re.compile(rb'"[^"\n]*"|<[^<>\n]{0,80}>|[\w.@#$%-]+|[^\s\w]', re.A)


def pick(draw: Draw, items: Any) -> Any:
    return draw(st.sampled_from(list(items)))


def below(draw: Draw, most: int) -> int:
    return draw(st.integers(0, max(most - 1, 0)))


def hostile(draw: Draw) -> str:
    kind = below(draw, 8)
    if kind < 6:
        return pick(draw, HOSTILE)
    return draw(st.text(max_size=12)) if kind < 7 else str(draw(st.integers() | st.floats()))


def chained(draw: Draw, content: bytes, *ways: Callable[[Draw, bytes], Mutated]) -> Mutated:
    """One to three mutations, one upon the other."""
    notes = []
    for _ in range(pick(draw, [1, 1, 1, 2, 3])):
        content, note = pick(draw, ways)(draw, content)
        notes.append(note)
    return content, "; ".join(notes)


def in_bytes(draw: Draw, content: bytes) -> Mutated:
    """Of any file: cut, flipped, inserted, repeated."""
    at = below(draw, len(content) + 1)
    length = pick(draw, [1, 2, 10, 100, 5000])
    way = pick(draw, ["cut", "flip", "insert", "remove", "repeat", "lines"])
    if way == "cut":
        return content[:at], f"cut at {at}"
    if way == "flip" and content:
        at = min(at, len(content) - 1)
        flipped = content[at] ^ (1 << below(draw, 8))
        return content[:at] + bytes([flipped]) + content[at + 1 :], f"bit flipped at {at}"
    if way == "remove":
        return content[:at] + content[at + length :], f"{length} bytes removed at {at}"
    if way == "repeat":
        return content[:at] + content[at : at + length] * 50 + content[at:], f"{length} bytes × 50 at {at}"
    if way == "lines":
        lines = content.splitlines(keepends=True) or [b"\n"]
        number, times = below(draw, len(lines)), pick(draw, [0, 2, 500])
        lines[number : number + 1] = [lines[number]] * times
        return b"".join(lines), f"line {number + 1} × {times}"
    more = pick(draw, RAW)
    return content[:at] + more + content[at:], f"{more[:12]!r}… × {len(more)} at {at}"


def in_tokens(draw: Draw, content: bytes) -> Mutated:
    """Of any text: a word becomes another, hostile one, or one of the same text."""
    found = list(TOKEN.finditer(content))
    if not found:
        return in_bytes(draw, content)
    one = pick(draw, found)
    other = pick(draw, found)[0] if below(draw, 3) == 0 else hostile(draw).encode()
    if one[0][:1] == b'"':
        other = pick(draw, [json.dumps(other.decode(errors="replace")).encode(), other, b"[]", b"{}", b"0", b"null"])
    return content[: one.start()] + other + content[one.end() :], f"{_cut(one[0])} is {_cut(other)}"


def in_yaml(draw: Draw, content: bytes) -> Mutated:
    """Of YAML: a node is dropped, doubled, renamed, of another type, hostile, nested, an alias, or itself."""
    try:
        root = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeError, RecursionError):
        return in_bytes(draw, content)
    places = list(_places(root, "$"))
    if not places:
        return in_tokens(draw, content)
    holder, index, path = pick(draw, places)
    entry = holder.value[index]
    in_map, node = isinstance(entry, tuple), entry[1] if isinstance(entry, tuple) else entry
    deep = ""

    def put(new: yaml.Node) -> None:
        holder.value[index] = (entry[0], new) if in_map else new

    way = pick(draw, [
        "drop", "double", "rename", "scalar", "scalar", "scalar", "list", "map", "deep", "alias", "self", "swap", "tag", "many", "null",
    ])  # fmt: skip
    if way == "drop":
        del holder.value[index]
    elif way == "double":
        holder.value.insert(index, entry)
    elif way == "many":
        fresh = [(_scalar(f"x{number}"), node) if in_map else node for number in range(pick(draw, [50, 700]))]
        holder.value[index:index] = fresh
    elif way == "rename" and in_map:
        holder.value[index] = (_scalar(hostile(draw)), node)
    elif way == "list":
        put(yaml.SequenceNode("tag:yaml.org,2002:seq", [node]))
    elif way == "map":
        put(yaml.MappingNode("tag:yaml.org,2002:map", [(_scalar(hostile(draw)), node)]))
    elif way == "deep":
        put(_scalar("DEEP"))
        count, pair = pick(draw, [20, 200, 5000]), pick(draw, ["[]", "{}"])
        deep = (pair[0] + "a: " * (pair == "{}")) * count + pair[1] * count
    elif way == "self":
        put(holder)
    elif way in ("alias", "swap"):
        other, at, _ = pick(draw, places)
        put(other.value[at][1] if isinstance(other.value[at], tuple) else other.value[at])
    elif way == "tag":
        node.tag = "tag:yaml.org,2002:" + pick(draw, ["python/object/apply:os.system", "binary", "set", "int", "x"])
    elif way == "null":
        put(_scalar("null"))
    else:
        put(_scalar(hostile(draw), pick(draw, [None, "'", '"'])))
    text = yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True)
    return text.replace("DEEP", deep).encode("utf-8", "replace"), f"{path}: {way}"


def in_pdf(draw: Draw, content: bytes) -> Mutated:
    """Of a PDF: an object has another type, loops, is nothing, has a filter that it does not fit."""
    notes = []
    try:
        pdf = pikepdf.open(io.BytesIO(content))
    except pikepdf.PdfError:
        return in_bytes(draw, content)
    with pdf:
        for _ in range(pick(draw, [1, 1, 2, 4])):
            path, holder = _walked(draw, pdf)
            new, what = _object(draw, pdf, holder)
            array = isinstance(holder, pikepdf.Array)
            key = below(draw, len(holder)) if array else pick(draw, [*holder.keys(), *KEYS])
            with contextlib.suppress(Exception):  # pikepdf refuses some
                if what == "gone":
                    del holder[key]
                else:
                    holder[key] = new
            notes.append(f"{path}{key} is {what}")
        return _saved(draw, pdf, content, "; ".join(notes))


def in_attachments(draw: Draw, content: bytes) -> Mutated:
    """Of a PDF's attachments: another content, another name, one more."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        name = pick(draw, sorted(pdf.attachments))
        if name == "tipbrief.json" or below(draw, 2):
            name = pick(draw, ["tipbrief.json", "ledger.json", name])
            data, note = chained(draw, pdf.attachments[name].get_file().read_bytes(), in_tokens, in_bytes)
            if below(draw, 8) == 0:
                data = pick(draw, [b"[" * 100_000, b"{}", b"null", b"9" * 9000, b'{"edition": "\\ud800"}', b"x" * 12_000_000])
            pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, data, filename=name)
            return _saved(draw, pdf, content, f"{name}: {note}")
        other = pick(draw, NAMES)
        data = b"import os; os.system('touch pwned')\n"
        pdf.attachments[other] = pikepdf.AttachedFileSpec(pdf, data, filename=other)
        return _saved(draw, pdf, content, f"attachment {other[:80]!r}")


KEYS = [
    "/Type", "/Kids", "/Parent", "/Count", "/MediaBox", "/Contents", "/Filter", "/DecodeParms", "/Names", "/EF", "/F", "/UF", "/K", "/P",
    "/S", "/Pg", "/Resources", "/Font", "/Rotate", "/Lang", "/StructParents", "/Annots", "/ActualText", "/Alt", "/A", "/OpenAction",
]  # fmt: skip
NAMES = [
    "../x.yaml", "/tmp/x", "a/../../x", "click.py", "Makefile", "conftest.py", ".env", "sitecustomize.py", "x\x00y",
    "tables/\x1b[2Jx.csv", "templates/x.j2", "n" * 300, "", ".", "tables", "tables/a/b.csv", "ledger/0001-x.json", "pyproject.toml",
    "con.yaml", "FIGURES.YAML", "figures.yaml ", "briefs/\u202ex.yaml", f"{OUTSIDE}/x",
]  # fmt: skip


def _object(draw: Draw, pdf: pikepdf.Pdf, holder: Any) -> tuple[Any, str]:
    way = pick(draw, ["gone", "number", "text", "name", "deep", "self", "other", "stream", "empty", "null", "many"])
    if way == "number":
        new: Any = pick(draw, [0, -1, 2**31, -(2**31), 2**62, 0.5, 10**30])
        return new if isinstance(new, int) and abs(new) < 2**63 else pikepdf.Object.parse(b"%d.5" % new), f"{new}"
    if way == "text":
        new = pick(draw, [b"\xfe\xff\xd8\x00\x00a", b"\x1b[2J", b"x" * 100_000, b"D:99999999999999", b"", b"\xff\xfe\x00"])
        return pikepdf.String(new.decode("latin-1")) if below(draw, 2) else pikepdf.Object.parse(b"<" + new.hex().encode() + b">"), "text"
    if way == "name":
        return pikepdf.Name(pick(draw, ["/Page", "/Pages", "/JBIG2Decode", "/LZWDecode", "/Nonsense", "/H1", "/#ff#00"])), "name"
    if way == "deep":
        count = pick(draw, [100, 400])
        return pikepdf.Object.parse(b"[" * count + b"]" * count), f"{count} deep"
    if way == "self":
        return (holder if holder.is_indirect else pdf.Root), "itself"
    if way == "other":
        return pick(draw, [pdf.Root, pdf.pages[0].obj, pdf.Root.Pages, *pdf.objects]), "another"
    if way == "stream":
        made = pdf.make_stream(pick(draw, [b"", b"x\x9c\x03", b"q " * 50_000, b"BT (x) Tj ET"]))
        made.Filter = pick(draw, [pikepdf.Name.FlateDecode, pikepdf.Array([pikepdf.Name.FlateDecode] * 50), pikepdf.Name.DCTDecode])
        return made, "a stream"
    if way == "many":
        return pikepdf.Array([pick(draw, [pdf.Root, pdf.pages[0].obj])] * pick(draw, [10, 5000])), "many"
    return (pikepdf.Array() if below(draw, 2) else pikepdf.Dictionary()) if way == "empty" else None, way


def _walked(draw: Draw, pdf: pikepdf.Pdf) -> tuple[str, Any]:
    """A dictionary or an array of the PDF: by a walk from its root, or any."""
    at: Any = pdf.Root
    path = "Root"
    if below(draw, 4) == 0:
        many = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream)]
        number = below(draw, len(many))
        return f"object {number}", many[number]
    for _ in range(below(draw, 9)):
        inside = list(at.items()) if not isinstance(at, pikepdf.Array) else [(f"[{n}]", one) for n, one in enumerate(at)]
        inside = [(key, one) for key, one in inside if isinstance(one, pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream)]
        if not inside:
            break
        key, at = pick(draw, inside)
        path += key
    return path, at


def _saved(draw: Draw, pdf: pikepdf.Pdf, before: bytes, note: str) -> Mutated:
    made = io.BytesIO()
    mode = pick(draw, [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
    try:
        pdf.save(made, object_stream_mode=mode, fix_metadata_version=False)
    except Exception:  # what cannot be written is nobody's input
        return before, "as it was"
    return made.getvalue(), note


def _places(node: yaml.Node, path: str, above: tuple[yaml.Node, ...] = ()) -> Any:
    """Each node's holder, where in it, and the path."""
    if not isinstance(node, yaml.CollectionNode) or node in above or len(above) > 20:
        return
    for index, entry in enumerate(node.value):
        key, inner = (f".{entry[0].value!s:.40}", entry[1]) if isinstance(entry, tuple) else (f"[{index}]", entry)
        yield node, index, path + key
        yield from _places(inner, path + key, (*above, node))


def _scalar(value: str, style: str | None = None) -> yaml.ScalarNode:
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (style is None, False))
    return yaml.ScalarNode(tag, value, style=style)


def _cut(text: bytes) -> str:
    return repr(text[:40].decode("utf-8", "replace")) + f" × {len(text)}" * (len(text) > 40)
