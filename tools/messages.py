"""Find the templates of all messages in the source: texts of English words, with a name for each value in them.

A message is a string of words anywhere in the code, or any string that is given to what reports it. Pieces that are
chosen in it (``'s' * (count != 1)``, ``'a' if … else 'b'``) become templates of their own.
"""

import ast
import errno
import json
import os
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from tipbrief.check import json_schema
from tipbrief.cli.common import COMMANDS_FILE
from tipbrief.cli.help import split_paragraphs
from tipbrief.language.language import known_languages, load_language, read_data_file
from tipbrief.load import grid

PACKAGE = Path(__file__).parent.parent / "src" / "tipbrief"
MAPS = PACKAGE.parent.parent / "data" / "maps"
_REPORTS = frozenset(
    (
        "Problem", "Problems", "UsageError", "BadParameter", "print_lines", "notify", "problem", "fail", "report",
        "style", "confirm", "report_os_errors", "limit_step", "limit_command",
    )
)  # fmt: skip
# What is given to these is no message, or has a catalogue of its own.
_SILENT = frozenset(
    (
        "compile", "match", "search", "fullmatch", "sub", "finditer", "findall", "split", "rsplit", "partition",
        "rpartition", "startswith", "endswith", "removeprefix", "removesuffix", "replace", "strip", "lstrip",
        "rstrip", "encode", "decode", "getattr", "setattr", "hasattr", "get_template", "find_shipped_folder",
        "open", "getenv", "cast", "TypeVar", "namedtuple", "frozenset", "with_name", "joinpath", "Path", "glob",
        "rglob", "_", "gettext", "ngettext", "counters", "words", "plural", "reader_plural", "declare",
        "option", "argument", "version_option", "translate", "warn", "filterwarnings", "cdef", "warns",
        "import_module", "find_library", "Choice",
    )
)  # fmt: skip
_SILENT_KEYWORDS = frozenset(
    (
        "help", "metavar", "kind", "encoding", "prog_name", "envvar", "mode", "pattern", "token",
    )
)  # fmt: skip
# What a value that is always a number is made of.
_COUNTS = frozenset(
    (
        "len", "sum", "round", "int", "count",
    )
)  # fmt: skip
_WORDS = re.compile(r"[a-z]{2,}[,;:]? [a-z({'…]|[\w)}'»] [a-z]{2,}|[a-z]{3,}[:,] ")
# What looks like words, and is no message.
_NO_MESSAGE = re.compile(
    "|".join(
        (
            r"^<[a-z]+ .*>$|^<.*</\w+>$|^(?!\w+ \w+ ).*(?:<[a-z]+ [a-z:-]+=\"|<[!?])|</(?!svg)",  # markup
            r"\{\n|[;:] *\}|url\((?!templates)|^@(?!page \{ size)|\{ [a-z-]+:|^[-a-z]+: [^ ]+;$|::|/\*|-src ",  # styles
            r"^\0mm \0mm$|^--(?:rest|space)|\\[bdsw.]|^const |^# ",  # patterns, scripts, comments
            r"^[a-z]+/[a-z]+;|^data: |\x01|^\w+\[|^\.|\.invalid$|^[a-z]+(?:[-_.][a-z]+)+$",  # protocols, names, kinds
            r"^block \0$|^\0 \(OS/2 ",
            r"^\s*tipbrief [\w-]+(?: --?[\w-]+| '?(?:\0|…)'?| [A-Z]+)*$|^tipbrief (?:build … |\0, Python)",  # commands
            r"^\0(?: --[\w-]+| \0)+$|^\0? ?--[\w-]+ \0$|^\W*--[\w-]+ (?:mark|\0 \(\0\))$",
            r"^[\W\0]*-m pip install[^a-z]*(?:--force-reinstall)?[\W\0]*$|^(?:apt-get|brew|dnf|pacman|zypper) ",
            r"^(?:type|kind|Language|fonts): \W*\w*\W*$|^(?:pages|reason): ?$|^type: key",  # YAML
        )
    )
)
# Texts inside PDFs, and parts of names.
_OTHER_TEXTS = frozenset(
    (
        '<meta http-equiv="Content-Security-Policy" content="%(policy)s">',
        "own look", "HarfBuzz subset", '"Ahmadi, Karim" <karim@example.org>', "WeasyPrint %(proven_sources)s",
        "then now first at_first held year before last known own run run_choice within higher lower equal group names",
        "briefs", "reason:", "no longer", "origin index", "Failed to",
        "What this document prints of its own rows and figures",
        "The editions of this document and their corrections", "from which this document was made",
        "The edition, the hash of the data, and the versions of the programs and fonts of this document",
        "openpyxl would leave out rows in another order",
    )
)  # fmt: skip
_PLACEHOLDER = re.compile(r"%\(\w+\)s")
_BARE_LINK = re.compile(r"[\W\0]*(?:of|in|and|or|at|to|by|is|has)?[\W\0]*")
# Modules of which only what is given to a report is a message.
_FEW_MESSAGES = ("check/translation/phrases.py",)
# Modules whose sentences are printed in documents, or written into files.
_NO_MESSAGES = frozenset(
    (
     "compose/html_writer.py", "compose/html_page.py",
        "typeset/patches/html_tree.py", "typeset/patches/upstream_fixes.py", "typeset/patches/private_api.py",
        "site/pages.py",
    )
)  # fmt: skip
# What click says of a wrong command line.
CLICK_MESSAGES = (
    "Usage: %(usage)s", "Error: %(message)s", "Try '%(command)s' for help", "No such option '%(option)s'",
    "No such option: %(option)s", "No such command '%(command)s'", "Did you mean %(option)s?",
    "(Did you mean one of: %(options)s?)", "(Possible options: %(options)s)", "Missing command.",
    "Missing argument '%(argument)s'", "Missing option '%(option)s'", "Missing parameter: %(name)s",
    "Missing option '%(option)s'. Choose from:", "Choose from: %(values)s",
    "Option '%(option)s' requires an argument", "Option '%(option)s' requires %(number)s arguments",
    "Option '%(option)s' does not take a value", "Invalid value for '%(option)s': %(message)s",
    "Invalid value: %(message)s", "'%(value)s' is not one of %(values)s", "'%(value)s' is not a valid %(type)s",
    "%(value)s is not in the range %(range)s", "Argument '%(argument)s' takes %(number)s values",
    "Got unexpected extra argument (%(arguments)s)", "Got unexpected extra arguments (%(arguments)s)",
    "File '%(file)s' is a directory", "Directory '%(file)s' is a file", "File '%(file)s' does not exist",
    "Directory '%(file)s' does not exist", "Aborted!", "integer", "float", "integer range", "float range",
)  # fmt: skip
# What libraries say of a file that is not in their language.
LIBRARY_MESSAGES = (
    "Expecting value", "Extra data", "Expecting property name enclosed in double quotes", "Expecting ',' delimiter",
    "Expecting ':' delimiter", "Unterminated string starting at", "Invalid control character at", "Invalid \\escape",
    "Illegal trailing comma before end of object", "Illegal trailing comma before end of array",
    "expected token '%(token)s', got '%(other)s'", "unexpected '%(token)s'", "'%(name)s' is undefined",
    "Encountered unknown tag '%(tag)s'", "No filter named '%(name)s'", "No test named '%(name)s'",
    "unexpected char '%(character)s' at %(number)s", "unexpected end of template, expected '%(token)s'",
    "Unexpected end of template. Jinja was looking for the following tags: %(tags)s", "Missing end of comment tag",
    "Jinja was looking for the following tags: %(tags)s", "Expected an expression, got '%(token)s'",
    "The innermost block that needs to be closed is '%(name)s'", "not well-formed (invalid token)",
    "An email address must have an @-sign.", "There must be something before the @-sign.",
    "There must be something after the @-sign.", "The email address contains unsafe characters: %(characters)s",
    "The email address contains invalid characters before the @-sign: %(characters)s",
    "Internationalized characters before the @-sign are not supported: %(characters)s",
    "The part after the @-sign contains invalid characters: %(characters)s",
    "The part after the @-sign is invalid (%(reason)s)", "Connection unexpectedly closed", "Server not connected",
    "The part after the @-sign is not valid. It should have a period.", "'%(name)s' has no attribute '%(attribute)s'",
    "access to attribute '%(name)s' of '%(object)s' object is unsafe", "unable to get local issuer certificate",
)  # fmt: skip
# Single words that are printed as they are, or as a value.
_WORDS_OF_OURS = (
    "error", "warning", "hint", "building", "compose", "typeset", "verify", "deliver", "ok", "missing",
    "found", "code", "number", "year", "choice", "key", "text", "date", "sources", "correction", "revision", "reported",
    "counted", "derived", "sum", "mean", "difference", "ratio", "percent", "right", "left", "regular", "bold", "column",
    "figure", "figures", "prose", "source", "table", "page", "pages", "row", "picture",
    "quotation", "definition", "event", "language", "colour", "address", "paper", "%(number)s KB", "%(number)s briefs",
    "%(number)s figures", "%(what)s is one of %(values)s", "number of at most %(number)s digits",
    "delivery of %(date)s", "correction of %(date)s", "revision of %(date)s", "reprint of %(date)s",
    "withdrawal of %(date)s",
    "%(number)s tables", "%(number)s sources", "%(number)s languages",
)  # fmt: skip
# How the parts of a message that is put together are joined.
_JOINTS = (
    "warning: %(message)s", "%(first)s: %(rest)s", "%(first)s; %(rest)s", "%(first)s, %(rest)s", "%(first)s. %(rest)s",
    "%(first)s  %(rest)s",
    "%(first)s (%(rest)s)", "%(first)s and %(rest)s", "%(first)s or %(rest)s", "%(what)s is true or false",
    "%(names)s, … (%(number)s in all)",
    "in %(english)s", "unknown: %(message)s", "draft: %(message)s",
    "%(where)s has %(key)s", "%(where)s is %(kind)s",
)  # fmt: skip
# Modules in which a message begins with what it is about, which another function puts before it.
_PREDICATES = ("limits.py",)
_SIGNALS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTERM, signal.SIGKILL)
# The system's reasons that a user meets.
_SYSTEM_REASONS = (
    "EACCES EADDRINUSE ECONNREFUSED ECONNRESET EDQUOT EEXIST EFBIG EHOSTUNREACH EINVAL EIO EISDIR ELOOP EMFILE "
    "ENAMETOOLONG ENETUNREACH ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENOTEMPTY ENXIO EPERM EPIPE EROFS ETIMEDOUT EXDEV"
)


@dataclass(frozen=True)
class Value:
    """A value in a message."""

    name: str


Pieces = tuple[str | Value, ...]


def find_messages() -> dict[str, list[tuple[str, int]]]:
    """All templates of messages, each with the files and lines where it stands."""
    found: dict[str, list[tuple[str, int]]] = {}
    names: dict[str, str] = {}  # templates that differ only in the names of their values are one
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if name.startswith("starter/examples") or name in _NO_MESSAGES:
            continue
        for template, line in sorted(
            _Finder(ast.parse(file.read_text(encoding="utf-8")), few=name in _FEW_MESSAGES).found
        ):
            if name in _PREDICATES and re.match("takes|is nested|was|made", template):
                template = f"%(subject)s {template}"
            same = names.setdefault(shape_of(template), template)
            found.setdefault(same, []).append((f"src/tipbrief/{name}", line))
    for file in sorted(PACKAGE.rglob("*.txt.j2")):
        for template, line in sorted(_find_in_report(file.read_text(encoding="utf-8"))):
            same = names.setdefault(shape_of(template), template)
            found.setdefault(same, []).append((f"src/{file.relative_to(PACKAGE.parent).as_posix()}", line))
    for text in (*CLICK_MESSAGES, *LIBRARY_MESSAGES, *_told_elsewhere()):
        found.setdefault(names.setdefault(shape_of(text), text), [])
    return found


def _find_in_report(text: str) -> set[tuple[str, int]]:
    """The templates of a report: its lines, and the texts in its tags. Its expressions are also Python's."""
    finder = _Finder(ast.Module([], []), few=False)
    for number, line in enumerate(text.splitlines(), 1):
        for quoted in re.findall('"([^"]+)"', " ".join(re.findall(r"\{%.*?%\}", line))):
            finder.visit(ast.Constant(quoted, lineno=number))
        pieces = re.split(r"\{\{(.*?)\}\}", re.sub(r"\{[#%].*?[#%]\}", "", line))
        parts = [
            ast.FormattedValue(ast.parse(piece.strip(), mode="eval").body, -1) if place % 2 else ast.Constant(piece)
            for place, piece in enumerate(pieces)
        ]
        finder.visit_Call(ast.Call(ast.Name("print_lines"), [ast.JoinedStr(parts, lineno=number)], []))
    return finder.found


def shape_of(template: str) -> str:
    """A template without the names of its values."""
    return _PLACEHOLDER.sub("\0", template)


def _told_elsewhere() -> Iterator[str]:
    """Messages that no string of the source is."""
    faults: Any = read_data_file(PACKAGE / "load" / "yaml_faults.yaml")
    for fault in faults:
        yield from (fault["message"], fault["hint"])
    connection: Any = read_data_file(PACKAGE / "mail" / "connection_faults.yaml")
    for fault in (connection, *connection["faults"]):
        texts = [fault[name] for name in ("port", "message", "hint") if name in fault and fault[name] != "{port}"]
        yield from (re.sub(r"\{(\w+)(?::g)?\}", r"%(\1)s", text) for text in texts)
    declared = read_data_file(COMMANDS_FILE)
    for options in (declared["shared"], *(one.get("parameters", {}) for one in declared.values())):
        yield from (given["names"] for given in options.values() if given and "names" in given)
    yield from (rule["say"] for one in declared.values() for rule in one.get("refused", ()))
    yield from _rule_messages(read_data_file(PACKAGE / "language" / "spelling_rules.yaml"))
    yield read_data_file(PACKAGE / "typeset" / "libraries.yaml")["win32"]  # the others are commands alone
    fonts: Any = read_data_file(PACKAGE / "fonts" / "repertoire.yaml")
    yield from read_data_file(PACKAGE / "load" / "picture_cleaning.yaml")["signs"]
    yield from (fonts["in_words"], *fonts["alphabets"], *fonts["restrictions"].values())
    yield from (*_WORDS_OF_OURS, *_JOINTS)
    yield from (json.loads(file.read_text(encoding="utf-8"))["keys"] for file in sorted(MAPS.glob("*.json")))
    for noun in grid.SEPARATORS.values():
        yield from (noun, noun[:-1])
    yield from (signal.strsignal(one) or "" for one in _SIGNALS)
    yield from (os.strerror(getattr(errno, name)) for name in _SYSTEM_REASONS.split())
    yield from (load_language(tag).english for tag in known_languages())
    for topic in json_schema.list_topics().values():
        yield from split_paragraphs(topic.text)
        yield topic.summary
    for form, _ in json_schema._SCALARS.values():
        yield form


def _rule_messages(rules: Any) -> Iterator[str]:
    """The messages of the spelling rules."""
    if isinstance(rules, dict) and "message" in rules:
        yield rules["message"].replace("{language}", "%(language)s")
    elif isinstance(rules, dict | list):
        for part in rules.values() if isinstance(rules, dict) else rules:
            yield from _rule_messages(part)


class _Finder(ast.NodeVisitor):
    """Finds the templates of a module."""

    def __init__(self, tree: ast.Module, *, few: bool) -> None:
        self.found: set[tuple[str, int]] = set()
        self._reports, self._few = False, few
        # Beginnings of messages, by which the code knows them.
        self._beginnings = {
            part.targets[0].id: part.value
            for part in tree.body
            if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name) and _is_text(part.value)
        }
        self.visit(tree)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        for mark in ast.walk(node.annotation):  # of Annotated
            if isinstance(mark, ast.Call):
                self.visit(mark)
        if node.value:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        pass

    def visit_Compare(self, node: ast.Compare) -> None:
        for part in (node.left, *node.comparators):
            if isinstance(part, ast.Call):
                self.visit(part)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not isinstance(node.slice, ast.Constant) or " " in str(node.slice.value):
            self.visit(node.slice)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name_of(node.func)
        if name == "count_of" and isinstance(noun := node.args[1], ast.Constant):
            for ending in ("", "s"):
                self._add(f"%(number)s {noun.value!s}{ending}", node.lineno)
        if name == "format" and isinstance(node.func, ast.Attribute) and _is_text(node.func.value):
            self._add(_from_format(ast.literal_eval(node.func.value)), node.lineno)
            self._visit_all(node.args + [one.value for one in node.keywords], reports=False)
            return
        is_silent = name in _SILENT
        if not (is_silent and isinstance(node.func, ast.Attribute) and _is_text(node.func.value)):
            self.visit(node.func)
        for part in node.args:
            if not (is_silent and _is_text(part)):
                self._visit_all([part], reports=name in _REPORTS)
        for keyword in node.keywords:
            if keyword.arg not in _SILENT_KEYWORDS:
                reports = keyword.arg in ("hint", "message") or (name in _REPORTS and keyword.arg not in ("fg", "file"))
                self._visit_all([keyword.value], reports=reports)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_all([one for one in node.targets if isinstance(one, ast.Subscript)], reports=False)
        names = {part.id for one in node.targets for part in ast.walk(one) if isinstance(part, ast.Name)}
        self._visit_all([node.value], reports=bool(names & {"hint", "message", "reason", "remedy", "label"}))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for block in ast.walk(node):
            for statements in (getattr(block, name, None) for name in ("body", "orelse")):
                if isinstance(statements, list):
                    _join_additions(statements)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._add_text(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._add_text(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add | ast.Mult) and _is_text(node):
            self._add_text(node)
        else:
            self.generic_visit(node)

    def _visit_all(self, nodes: Sequence[ast.expr], *, reports: bool) -> None:
        before, self._reports = self._reports, reports
        for node in nodes:
            self.visit(node)
        self._reports = before

    def _add_text(self, node: ast.expr) -> None:
        """Add what a text can say, and the texts in its values."""
        reports = self._reports
        for part in ast.walk(node):
            if isinstance(part, ast.FormattedValue) and _name_of(part.value).endswith("_MESSAGE"):
                part.value = self._beginnings.get(_name_of(part.value), part.value)
        if isinstance(node, ast.Constant) and re.search(r"\{:\.0f\}", str(node.value)):
            self._add(_from_format(str(node.value)), node.lineno)
            return
        for pieces in _alternatives(node):
            text = "".join(piece if isinstance(piece, str) else "\0" for piece in pieces)
            if (reports or (not self._few and _WORDS.search(text.replace("\0", "x")))) and not _NO_MESSAGE.search(text):
                self._add(_template(pieces), node.lineno)
        for part in _values(node):
            self._visit_all([part], reports=isinstance(part, ast.IfExp | ast.BoolOp | ast.Constant))

    def _add(self, template: str, line: int) -> None:
        for one in template.split("\n"):
            text = one.strip().lstrip(",;: ")
            words = _PLACEHOLDER.sub("\0", text).replace("%%", "%")
            # Without words of its own a text needs no translation; with one or two it would be found in everything.
            is_weak = "\0" in words and (len(re.findall("[A-Za-z0-9]", words)) < 3 or _BARE_LINK.fullmatch(words))
            is_other = text in _OTHER_TEXTS or _NO_MESSAGE.search(words)
            if re.search("[a-z]{2}", words) and not is_weak and not is_other:
                self.found.add((text, line))


def _join_additions(statements: list[ast.stmt]) -> None:
    """Take the text that a line adds to a variable for a part of the text in the line above it."""
    for above, line in pairwise(statements):
        if isinstance(above, ast.Assign) and isinstance(line, ast.AugAssign) and isinstance(line.op, ast.Add):
            is_same = _name_of(above.targets[0]) == _name_of(line.target)
            if is_same and isinstance(line.value, ast.JoinedStr | ast.Constant) and _is_text(above.value):
                above.value = ast.BinOp(above.value, ast.Add(), line.value, lineno=above.lineno)
                line.value = ast.Constant("")


def _from_format(text: str) -> str:
    """The template of a text for ``str.format``."""
    return re.sub(r"\{\w*(?::[^}]*)?\}", "%(number)s", text)


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _is_text(node.left)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _alternatives(node: ast.expr) -> list[Pieces]:
    """What a text can say: pieces of it, and the names of values between them."""
    if isinstance(node, ast.Constant):
        return [(str(node.value),)]
    if isinstance(node, ast.JoinedStr):
        return _join([_alternatives(part) for part in node.values])
    if isinstance(node, ast.FormattedValue):
        return (
            _alternatives(node.value)
            if _is_choice(node.value) or _is_text(node.value)
            else [(Value(_value_name(node)),)]
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _join([_alternatives(node.left), _alternatives(node.right)])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _is_text(node.left):
        return [("",), *_alternatives(node.left)]
    if isinstance(node, ast.IfExp) and _is_choice(node):
        return [*_alternatives(node.body), *_alternatives(node.orelse)]
    return [(Value(_value_name(node)),)]


def _is_choice(node: ast.expr) -> bool:
    """Whether an expression chooses between texts."""
    if isinstance(node, ast.IfExp):
        return all(_is_text(part) or _is_choice(part) for part in (node.body, node.orelse))
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _is_text(node)


def _join(parts: list[list[Pieces]]) -> list[Pieces]:
    found: list[Pieces] = []
    for chosen in product(*parts):
        pieces: list[str | Value] = []
        for piece in (one for pieces_of_one in chosen for one in pieces_of_one):
            if piece == "":
                continue
            if pieces and isinstance(piece, str) and isinstance(pieces[-1], str):
                pieces[-1] += piece
            elif not pieces or isinstance(piece, str) or isinstance(pieces[-1], str):
                pieces.append(piece)  # of two values that follow each other, one name is enough
        found.append(tuple(pieces))
    return found


def _template(pieces: Pieces) -> str:
    used: dict[str, int] = {}
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece.replace("%", "%%") if any(isinstance(one, Value) for one in pieces) else piece
        else:
            used[piece.name] = count = used.get(piece.name, 0) + 1
            text += f"%({piece.name}{count if count > 1 else ''})s"
    return text


def _values(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions of the values in a text."""
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _values(part.value) if _is_choice(part.value) else [part.value]
    elif isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            yield from _values(side) if _is_text(side) else [side]
    elif isinstance(node, ast.IfExp):
        yield node.test
        yield from (*_values(node.body), *_values(node.orelse))


def _name_of(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _value_name(node: ast.expr) -> str:
    """A name for a value, after the expression that it is."""
    if isinstance(node, ast.FormattedValue):
        form = "".join(
            str(part.value) for part in getattr(node.format_spec, "values", ()) if isinstance(part, ast.Constant)
        )
        return "number" if re.fullmatch(r"[,+]*\.?\d*[,df]", form) else _value_name(node.value)
    if isinstance(node, ast.Call):
        name = _name_of(node.func)
        if name in _COUNTS:
            return "number"
        if name in ("count_of", "size_of"):
            return name.removesuffix("_of")
        inner = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
        return next((one for part in inner if (one := _value_name(part)) not in ("value", "number")), "value")
    if isinstance(node, ast.BinOp):
        return "number" if not isinstance(node.op, ast.Add | ast.Div | ast.Mod) else _value_name(node.left)
    if isinstance(node, ast.Subscript | ast.Starred | ast.Await):
        return _value_name(node.value)
    if isinstance(node, ast.BoolOp):
        return _value_name(node.values[0])
    if isinstance(node, ast.IfExp):
        return next((one for part in (node.body, node.orelse) if (one := _value_name(part)) != "value"), "value")
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return _value_name(node.elt)
    return _name_of(node).strip("_").lower() or "value"
