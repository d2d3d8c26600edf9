"""Mutations: what a stranger, an accident or an editor may have made of a sound file, with a word on each."""

import contextlib
import io
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import yaml
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
Mutated = tuple[bytes, str]
Mutation = Callable[[Draw, bytes], Mutated]


def _unescaped(found: re.Match[str]) -> str:
    return found[0].encode().decode("unicode_escape")


def _times(found: re.Match[str]) -> str:
    return "".join(found[1].replace("①", str(n)).replace("②", str(n + 1)) for n in range(int(found[2])))


_SECTION = re.compile(r"(?ms)^\[([\w ]+)\]$(.*?)(?=^\[[\w ]+\]$|\Z)")
_ESCAPED = re.compile(r"\\(?:x..|u.{4}|U.{8})")
_REPEATED = re.compile(r"⟨(.+?)×(\d+)⟩", re.S)
_PLACE = re.compile(r"‹([\w ]+)›")
VOCABULARY = {
    name: [_REPEATED.sub(_times, _ESCAPED.sub(_unescaped, one)) for one in re.split(r"  |\n", inside) if one]
    for name, inside in _SECTION.findall(Path(__file__).with_name("vocabulary.txt").read_text("utf-8"))
}
TOKEN = re.compile(rb'"[^"\n]*"|<[^<>\n]{0,80}>|[\w.@#$%-]+|[^\s\w]', re.A)


def pick(draw: Draw, items: Iterable[Any]) -> Any:
    known = list(items)
    return known[below(draw, len(known))]


def word(draw: Draw, kind: str) -> str:
    """One of the vocabulary's entries."""
    return pick(draw, VOCABULARY[kind])


def grown(draw: Draw, kind: str, depth: int = 6) -> str:
    """An entry in which those of other sections are put into their places."""
    entry = word(draw, kind) if depth > 0 else VOCABULARY[kind][0]
    return _PLACE.sub(lambda found: grown(draw, found[1], depth - 1), entry)


def below(draw: Draw, most: int) -> int:
    return draw(st.integers(0, max(most - 1, 0)))


def hostile(draw: Draw) -> str:
    kind = below(draw, 8)
    if kind < 6:
        return word(draw, "scalars")
    return draw(st.text(max_size=12)) if kind < 7 else str(draw(st.integers() | st.floats()))


def chained(draw: Draw, content: bytes, *ways: Mutation) -> Mutated:
    """One to three mutations, one upon the other."""
    notes = []
    for _ in range(pick(draw, [1, 1, 1, 2, 3])):
        content, note = pick(draw, ways)(draw, content)
        notes.append(note)
    return content, "; ".join(notes)


def in_bytes(draw: Draw, content: bytes) -> Mutated:
    """Of any file: cut, flipped, inserted, removed, repeated."""
    at, length = below(draw, len(content) + 1), pick(draw, [1, 2, 10, 100, 5000])
    before, there, after = content[:at], content[at : at + length], content[at + length :]
    way = pick(draw, ["cut", "flip", "insert", "remove", "repeat", "lines"])
    if way == "cut":
        return before, f"cut at {at}"
    if way == "flip":
        flipped = bytes(one ^ (1 << below(draw, 8)) for one in there[:1])
        return before + flipped + content[at + 1 :], f"bit flipped at {at}"
    if way == "remove":
        return before + after, f"{length} bytes removed at {at}"
    if way == "repeat":
        return before + there * 50 + after, f"{length} bytes × 50 at {at}"
    if way == "lines":
        lines = content.splitlines(keepends=True) or [b"\n"]
        number, times = below(draw, len(lines)), pick(draw, [0, 2, 500])
        lines[number : number + 1] = [lines[number]] * times
        return b"".join(lines), f"line {number + 1} × {times}"
    more = word(draw, "raw").encode("latin-1")
    return before + more + content[at:], f"{_cut(more)} at {at}"


def in_tokens(draw: Draw, content: bytes) -> Mutated:
    """Of any text: a word becomes another, hostile one, or one of the same text."""
    found = list(TOKEN.finditer(content))
    if not found:
        return in_bytes(draw, content)
    one = pick(draw, found)
    other = pick(draw, found)[0] if below(draw, 3) == 0 else hostile(draw).encode("utf-8", "replace")
    if one[0][:1] == b'"':
        quoted = json.dumps(other.decode("utf-8", "replace")).encode()
        other = pick(draw, [quoted, quoted, other, b"[]", b"{}", b"0", b"null", b"1e999"])
    return content[: one.start()] + other + content[one.end() :], f"{_cut(one[0])} is {_cut(other)}"


def in_yaml(draw: Draw, content: bytes) -> Mutated:
    """Of YAML: a node is gone, doubled, renamed, of another type, hostile, nested, an alias, or itself."""
    try:
        root = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeError, RecursionError):
        return in_bytes(draw, content)
    places = list(_places(root, "$"))
    if not places:
        return in_tokens(draw, content)
    holder, index, path = pick(draw, places)
    entry, deep = holder.value[index], ""
    key, node = entry if isinstance(entry, tuple) else (None, entry)
    ways = ["gone", "many", "rename", "list", "map", "deep", "self", "alias", "tag", *["scalar"] * 5]
    way = pick(draw, ways)
    if way == "list":
        node = yaml.SequenceNode("tag:yaml.org,2002:seq", [node])
    elif way == "map":
        node = yaml.MappingNode("tag:yaml.org,2002:map", [(_scalar(hostile(draw)), node)])
    elif way == "deep":
        node, count = _scalar("DEEP"), pick(draw, [20, 200, 5000])
        deep = pick(draw, ["[" * count + "]" * count, "{a: " * count + "}" * count])
    elif way == "self":
        node = holder
    elif way == "alias":
        other, at, _ = pick(draw, places)
        node = other.value[at][1] if isinstance(other.value[at], tuple) else other.value[at]
    elif way == "tag":
        node.tag = "tag:yaml.org,2002:" + pick(draw, ["python/name:os.system", "binary", "set", "int", "x"])
    elif way == "scalar":
        node = _scalar(hostile(draw), pick(draw, [None, "'", '"']))
    if way == "rename" and key:
        key = _scalar(hostile(draw))
    count = {"gone": 0, "many": pick(draw, [2, 50, 700])}.get(way, 1)
    names = [_scalar(f"x{n}") if n else key for n in range(count)]
    holder.value[index : index + 1] = [(name, node) if key else node for name in names]
    text = yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True)
    return text.replace("DEEP", deep).encode("utf-8", "replace"), f"{path}: {way}"


def _of_pdf(mutate: Callable[[Draw, pikepdf.Pdf], str]) -> Mutation:
    """A mutation of the objects of a PDF; what cannot be read or written is changed by its bytes."""

    def mutated(draw: Draw, content: bytes) -> Mutated:
        made = io.BytesIO()
        how: dict[str, Any] = pick(draw, [
            {}, {}, {"linearize": True}, {"object_stream_mode": pikepdf.ObjectStreamMode.disable},
            {"encryption": pikepdf.Encryption(owner="x", user=pick(draw, ["", "x"]))},
        ])  # fmt: skip
        try:
            with pikepdf.open(io.BytesIO(content)) as pdf:
                note = mutate(draw, pdf)
                pdf.save(made, **how)
        except Exception:
            return in_bytes(draw, content)
        return made.getvalue(), note

    return mutated


@_of_pdf
def in_pdf(draw: Draw, pdf: pikepdf.Pdf) -> str:
    """Of a PDF: an object has another type, loops, is nothing, has a filter that it does not fit."""
    notes = []
    for _ in range(pick(draw, [1, 1, 2, 4])):
        path, holder = _walked(draw, pdf)
        array = isinstance(holder, pikepdf.Array)
        key = below(draw, len(holder)) if array else pick(draw, [*holder.keys(), word(draw, "pdf keys")])
        way = pick(draw, ["gone", *OBJECTS])
        with contextlib.suppress(Exception):  # pikepdf refuses some
            if way == "gone":
                del holder[key]
            else:
                holder[key] = OBJECTS[way](draw, pdf, holder)
        notes.append(f"{path}{key} is {way}")
    return "; ".join(notes)


@_of_pdf
def in_attachments(draw: Draw, pdf: pikepdf.Pdf) -> str:
    """Of a PDF's attachments: another content, or one more of a name that none has."""
    name, note = pick(draw, [*["tipbrief.json", "ledger.json"] * 3, *pdf.attachments]), "new"
    data = pdf.attachments[name].get_file().read_bytes()
    way = below(draw, 5)
    if way == 0:
        name = word(draw, "attachments")
    elif way == 1:
        data = pick(draw, [b"[" * 100_000, b"{}", b"null", b"9" * 9000, b'{"edition": "\\ud800"}'])
        note = _cut(data)
    else:
        data, note = chained(draw, data, in_tokens, in_tokens, in_bytes)
    pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, data, filename=name)
    return f"attachment {name[:80]!r}: {note}"


def _parsed(draw: Draw, *texts: bytes) -> pikepdf.Object:
    return pikepdf.Object.parse(pick(draw, texts))


def _stream(draw: Draw, pdf: pikepdf.Pdf) -> pikepdf.Stream:
    made = pdf.make_stream(pick(draw, [b"", b"x\x9c\x03", b"q " * 50_000, b"BT (x) Tj ET"]))
    made.Filter = _parsed(draw, b"/FlateDecode", b"/DCTDecode", b"[" + b"/FlateDecode " * 50 + b"]", b"/x", b"1")
    return made


@cache
def bomb(megabytes: int = 600) -> bytes:
    """Few bytes that become many."""
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(megabytes)), packer.flush()])


def _bomb(pdf: pikepdf.Pdf) -> pikepdf.Stream:
    made = pdf.make_stream(b"")
    made.write(bomb(), filter=pikepdf.Name.FlateDecode)
    return made


def _doubled(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """A tree of 2^40 leaves in 40 objects: of tags, of pages, of names."""
    node = pdf.make_indirect(pikepdf.Dictionary(S=pikepdf.Name.Span, K=0))
    for _ in range(40):
        twice = pikepdf.Array([node, node])
        node = pdf.make_indirect(pikepdf.Dictionary(S=pikepdf.Name.Sect, K=twice, Kids=twice, First=node, Next=node))
    return node


OBJECTS: dict[str, Callable[[Draw, pikepdf.Pdf, Any], Any]] = {
    "number": lambda draw, pdf, holder: _parsed(draw, b"0", b"-1", b"-2147483648", b"9223372036854775807",
                                                b"0.5", b"1" + b"0" * 40 + b".5"),
    "text": lambda draw, pdf, holder: _parsed(draw, b"()", b"<feffd8000061>", b"(\\033[2J)", b"<feff202e>",
                                              b"(D:99999999999999)", b"(" + b"x" * 100_000 + b")"),
    "name": lambda draw, pdf, holder: _parsed(draw, b"/Page", b"/Pages", b"/H1", b"/JBIG2Decode", b"/#ff#00"),
    "deep": lambda draw, pdf, holder: _parsed(draw, *(b"[" * n + b"]" * n for n in (100, 400))),
    "empty": lambda draw, pdf, holder: _parsed(draw, b"[]", b"<<>>", b"null"),
    "itself": lambda draw, pdf, holder: holder if holder.is_indirect else pdf.Root,
    "another": lambda draw, pdf, holder: pick(draw, [pdf.Root.Pages, pdf.pages[0].obj, *pdf.objects]),
    "many": lambda draw, pdf, holder: pikepdf.Array([pick(draw, [pdf.Root, pdf.pages[0].obj])] * 5000),
    "stream": lambda draw, pdf, holder: _stream(draw, pdf),
    "doubled": lambda draw, pdf, holder: _doubled(pdf),
    "bomb": lambda draw, pdf, holder: _bomb(pdf),
}  # fmt: skip


def _walked(draw: Draw, pdf: pikepdf.Pdf) -> tuple[str, Any]:
    """A dictionary or an array of the PDF: by a walk from its root, or any."""
    kinds = (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)
    if below(draw, 4) == 0:
        many = [one for one in pdf.objects if isinstance(one, kinds)]
        number = below(draw, len(many))
        return f"object {number}", many[number]
    path, at = "Root", pdf.Root
    for _ in range(below(draw, 9)):
        steps = enumerate(at) if isinstance(at, pikepdf.Array) else at.items()
        if not (inside := [(key, one) for key, one in steps if isinstance(one, kinds)]):
            break
        key, at = pick(draw, inside)
        path += f"/{key}".replace("//", "/")
    return f"{path} ", at


def _places(node: Any, path: str, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, int, str]]:
    """Each node's holder, where it is in that, and the path."""
    if not isinstance(node, yaml.CollectionNode) or node in above:
        return
    for index, entry in enumerate(node.value):
        pair = isinstance(entry, tuple)
        inner = f"{path}.{entry[0].value!s:.40}" if pair else f"{path}[{index}]"
        yield node, index, inner
        yield from _places(entry[1] if pair else entry, inner, (*above, node))


def _scalar(value: str, style: str | None = None) -> yaml.ScalarNode:
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (style is None, False))
    return yaml.ScalarNode(tag, value, style=style)


def _cut(text: bytes) -> str:
    return repr(text[:40].decode("utf-8", "replace")) + f" × {len(text)}" * (len(text) > 40)
