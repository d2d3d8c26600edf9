"""Write the generated pages of docs/: files, blocks, commands, messages, limits, and the table of source files."""

import ast
import importlib
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from tipbrief.check.json_schema import FILE_MODELS, KeyDescription, Topic, list_topics
from tipbrief.cli.help import add_help_texts
from tipbrief.cli.main import main as tipbrief

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "src" / "tipbrief"
BROKEN = ROOT / "tests" / "broken"
_GENERATED = "`python -m tools.reference` writes this page. Do not edit it."

_FILES_HEAD = f"""# Files and keys

{_GENERATED} `tipbrief help figures.yaml` prints a part of it. Keys without "must be there" are optional. The
examples belong to a made-up publication, and a test builds them.

`tipbrief check --schema` gives the same help inside your editor. VS Code with the extension "YAML" by Red Hat, or
any editor with yaml-language-server, completes keys and the names of your figures, sources, tables and columns, and
marks what has a wrong form. Run the command again after you add names.

| file | holds |
|---|---|
| `publication.yaml` | id, title, publisher, date, languages, address, colours, fonts |
| `sources.yaml` | every publication that your numbers and texts rest on |
| `figures.yaml` | every single number: value, label, kind, sources ([numbers](numbers.md)) |
| `tables.yaml`, `tables/*.csv`, `*.xlsx` | tables: columns and rows ([spreadsheets](../how-to/spreadsheets.md)) |
| `texts.yaml` | prose, quotations, definitions, timeline ([texts](../how-to/texts.md)) |
| `briefs/NAME.yaml` | one printable document: title, pages, blocks in order ([blocks](blocks.md)) |
| `ledger/` | written by tipbrief: editions, corrections, revisions. Do not edit it |
| `translations/TAG.po` | the texts in another language ([translate](../how-to/translate.md)) |
| `pictures/*` | photographs, drawings, the logo ([pictures](../how-to/pictures.md)) |
| `recipients/*.csv`, `*.xlsx` | who gets which sheet by e-mail ([mail merge](../how-to/mail-merge.md)) |
| `maps/*.geojson` | shapes of your own ([maps](../how-to/maps.md)) |
| `words.txt` | words that the spelling check accepts, one a line ([orthography](orthography.md)) |
| `theme.css`, `fonts/` | styles and fonts of your own ([looks](../how-to/looks.md), [fonts](../how-to/fonts.md)) |
| `templates/` | templates of your own ([templates](../how-to/templates.md)) |

Only the first four, `texts.yaml` and a brief are needed. All files lie in the folder: a link that leads out of it is a
problem. PDFs carry what they print of them, and nothing of `recipients/`.
"""

_BLOCKS_HEAD = f"""# Blocks

{_GENERATED} `tipbrief help block years` prints a part of it. Blocks stand in the list `blocks` of a brief, each
behind a hyphen.
"""

_COMMANDS_HEAD = f"""# Commands

{_GENERATED} `tipbrief COMMAND --help` prints the same. Help and messages are in Dari (`fa-AF`),
Pashto (`ps`), Iranian Persian (`fa-IR`) or English (`en`): the language is that of `TIPBRIEF_LANGUAGE`, else of
`LC_ALL`, `LC_MESSAGES` or `LANG`, such as `fa_AF.UTF-8`. JSON is the same in each language.
`python -m tipbrief` is the same as `tipbrief`.

Exit status: 0 fine; 1 problems; 2 wrong use; 3 (`status` only) the code is current, but the file is not the delivered
one.

| variable | effect |
|---|---|
| `TIPBRIEF_LANGUAGE` | the language of help, messages and the page of `watch`, such as `fa-AF` |
| `TIPBRIEF_PATIENCE` | a number such as 4: a slow computer gets four times as much time |
| `TIPBRIEF_MEMORY` | how many MB one process may take, 150 or more: 420 |
| `TIPBRIEF_CORES` | how many cores a build uses, where the system does not say it, as in a container: 2 |
| `TIPBRIEF_SAFE=1` | safe mode: no patches of WeasyPrint, nothing remembered. Slower, the same bytes |
| `TIPBRIEF_SMTP_HOST`, `_PORT`, `_USER`, `_PASSWORD` | the mail server of `mail --send` |
| `SOURCE_DATE_EPOCH` | the date of today, for builds that must be repeated |
"""

_MESSAGES_HEAD = f"""# Messages

{_GENERATED} It lists what `check` and `build` print for the broken
inputs in `tests/broken/`. Each message names the file, the line and the column.
`check --format json` gives each problem a `kind` too: a word for programs, which stays the same when a message is
worded anew.

Names and values in the messages are those of the broken inputs.
"""

_LIMITS_HEAD = f"""# Limits

{_GENERATED} No honest publication needs as much. Larger input is a
problem that says so; nothing is cut silently. `TIPBRIEF_PATIENCE=4` multiplies the seconds by four,
`TIPBRIEF_MEMORY=900` allows 900 MB.
"""

# What is limited, and the constant that limits it; {} is its value. Where two modules have one name, the room is named.
_LIMITS: tuple[tuple[str, str, str], ...] = (
    ("one step: a file, a page, a template, a layout", "STEP_SECONDS", "{:g} s of computing"),
    ("the same, inside a library", "KILL_SECONDS", "{:g} s"),
    ("all steps of one document", "DOCUMENT_SECONDS", "{:g} s"),
    ("each further document of a command that looks through many", "EXTRA_DOCUMENT_SECONDS", "{:g} s"),
    ("each further page of a PDF in `verify`", "EXTRA_PAGE_SECONDS", "{:g} s"),
    ("memory of one process", "MEMORY_BYTES", "{:,} bytes"),
    ("any file that is read, if no line below says less", "DEFAULT_MAX_BYTES", "{:,} bytes"),
    ("all files of a publication", "MAX_DATASET_BYTES", "{:,} bytes"),
    ("the number of its files", "MAX_DATASET_FILES", "{:,}"),
    ("one text", "LONGEST_TEXT", "{:,} characters"),
    ("one number", "MAX_DIGITS", "{:,} digits"),
    ("decimals of a derived figure", "MAX_DECIMALS", "{:,}"),
    ("nesting of a YAML file", "MAX_DEPTH", "{:,} levels"),
    ("cells of one sheet of a workbook", "MAX_SHEET_CELLS", "{:,}"),
    ("outlines of a map", "MAX_PATH_LETTERS", "{:,} characters"),
    ("`theme.css`", "MAX_THEME_LETTERS", "{:,} characters"),
    ("font families of a publication", "MAX_FAMILIES", "{:,}"),
    ("font faces of a publication", "MAX_FACES", "{:,}"),
    ("one prepared font", "fonts/MAX_BYTES", "{:,} bytes"),
    ("a picture below `templates/`", "MAX_PICTURE_BYTES", "{:,} bytes"),
    ("a list that a template makes", "MAX_ITEMS", "{:,} items"),
    ("elements of a page that is typeset", "typeset/MAX_ELEMENTS", "{:,}"),
    ("a PDF that is read", "LARGEST_PDF", "{:,} bytes"),
    ("its pages", "MAX_PAGES", "{:,}"),
    ("pages of the PDF of all sheets; more make several volumes", "MAX_VOLUME_PAGES", "{:,}"),
    ("nesting of its tags", "MAX_TAG_LEVELS", "{:,} levels"),
    ("files that it carries", "MAX_ATTACHMENTS", "{:,}"),
    ("the HTML beside a PDF in `verify`", "MAX_HTML_BYTES", "{:,} bytes"),
    ("errors that are listed, and as many warnings", "MAX_PROBLEMS", "{:,}"),
    ("characters of a line on the terminal", "MAX_LINE_LENGTH", "{:,}"),
)

_LIMITS_FOOT = """
Further limits:

| of | at most |
|---|---|
| a YAML file; `words.txt` | 1 MB |
| a CSV file | 10 MB, 500,000 cells, 1,000 columns |
| a workbook | 10 MB; unpacked 20 MB in 1,000 parts |
| a PO file | 10 MB, 1,000,000 lines, 50,000 entries |
| a GeoJSON file | 4 MB, 500 shapes, 100,000 points |
| a picture in `pictures/` | 3 MB, 40 million pixels; a drawing: 5,000 shapes, 50 nested groups |
| the reason of a correction | 1,000 characters |
| a ledger | 50 MB, 10,000 entries; 2,000,000 printed values of a brief |
| a page with its pictures; a text that a template makes | 10 million characters |
| a stream of a PDF, unpacked; all streams without pictures | 20 MB; 100 MB |
| poppler, in `verify` | 3 s |
| another run of tipbrief in the same folder | a notice after 2 s; the command gives up after 60 s |
| a mail server | 30 s an answer; 60 s for the login and for each message, and 1 s more for each 4,000 bytes |
| the log of sent mail; an address with its name | 32 MB; 1,000 characters |
| a worker that says nothing | 300 s |
"""

# A line such as "tables/a.xlsx, sheet B, cell C7: message", with the indented lines below it.
_PRINTED_PROBLEM = re.compile(
    r"^([^\s:]+?)(?:, sheet [^,]*(?:, (?:cell|row) \w+)?|(?::\d+){0,2}): (.+)\n((?:[ ]{4}.*\n)*)", re.M
)

_MODULES_HEAD = f"""# Source files

{_GENERATED} Each line is the first line of a module's docstring.
[Where a change goes](where-a-change-goes.md) starts from tasks;
[architecture](architecture.md) explains how the parts work together.
"""


def build_pages() -> dict[Path, str]:
    """All generated pages, by their files."""
    pages = {
        DOCS / "reference" / "files.md": _describe_files(),
        DOCS / "reference" / "blocks.md": _describe_blocks(),
        DOCS / "reference" / "commands.md": _describe_commands(),
        DOCS / "reference" / "messages.md": _list_messages(),
        DOCS / "reference" / "limits.md": _list_limits(),
        DOCS / "contributing" / "files.md": _list_modules(),
    }
    return {path: "\n\n".join(part.strip("\n") for part in parts) + "\n" for path, parts in pages.items()}


def _describe_files() -> Iterator[str]:
    yield _FILES_HEAD
    yield from ("\n".join(_describe_topic(topic)) for topic in _topics(are_blocks=False))


def _describe_blocks() -> Iterator[str]:
    yield _BLOCKS_HEAD
    yield from ("\n".join(_describe_topic(topic)) for topic in _topics(are_blocks=True))


def _topics(are_blocks: bool) -> Iterator[Topic]:
    yield from (one for name, one in list_topics().items() if name.startswith("block ") is are_blocks)


def _describe_topic(topic: Topic) -> Iterator[str]:
    title = topic.name.removeprefix("block ")
    yield f"## {title}" if topic.name in FILE_MODELS or topic.name != title else f"### {title}"
    yield from (topic.text, "")
    picture = Path("blocks", f"{title}.png")  # python -m tools.block_pictures draws it
    if topic.name != title and (DOCS / "reference" / picture).exists():
        yield from (f"![the block {title}]({picture.as_posix()})", "")
    if topic.keys:
        yield from ("| key | is | written as | default |", "|---|---|---|---|")
        yield from (_describe_key(key) for key in topic.keys)
        yield ""
    yield from ("```yaml", topic.example, "```")


def _describe_key(key: KeyDescription) -> str:
    default = "must be there" if key.is_required else f"`{key.default}`" if key.default else ""
    words = f"**{key.title}.** {key.text}"
    return " | ".join((f"| `{key.name}`", words.replace("|", "\\|"), key.value_form, f"{default} |"))


def _describe_commands() -> Iterator[str]:
    add_help_texts(tipbrief)
    yield _COMMANDS_HEAD
    for name, command in sorted(tipbrief.commands.items()):
        yield from _describe_command(f"tipbrief {name}", command)


def _describe_command(name: str, command: click.Command) -> Iterator[str]:
    top = click.Context(tipbrief, **tipbrief.context_settings)
    context = click.Context(command, info_name=name, parent=top)
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece]
    text = "\n\n".join(" ".join(part.split()) for part in cleandoc(command.help or "").split("\n\n"))
    yield f"## {name}\n```\n{' '.join([name, *pieces])}\n```\n{text.strip()}"
    options = (one for one in command.get_params(context) if isinstance(one, click.Option))
    records = [record for one in options if (record := one.get_help_record(context))]
    if records:
        rows = (f"| `{form}` | {words} |" for form, words in _escape_bars(records))
        yield "\n".join(("| option | |", "|---|---|", *rows))
    if isinstance(command, click.Group):
        for inner, one in sorted(command.commands.items()):
            yield from _describe_command(f"{name} {inner}", one)


def _escape_bars(records: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    yield from ((form.replace("|", "\\|"), words.replace("|", "\\|")) for form, words in records)


def _list_messages() -> Iterator[str]:
    yield _MESSAGES_HEAD
    messages: dict[str, dict[str, str]] = {}
    for file in sorted(BROKEN.glob("*/expected.txt"), key=lambda one: int(one.parent.name.partition("-")[0])):
        for name, message, rest in _PRINTED_PROBLEM.findall(file.read_text(encoding="utf-8") + "\n"):
            hints = [line.strip().removeprefix("hint: ") for line in rest.splitlines() if line.startswith("    hint: ")]
            group = f"{name.partition('/')[0]}/" if "/" in name else name
            messages.setdefault(group, {}).setdefault(message, " ".join(hints))
    for group, found in sorted(messages.items()):
        rows = (f"| {_escape(message)} | {_escape(hint)} |" for message, hint in sorted(found.items()))
        yield "\n".join((f"## {group}", "| message | hint |", "|---|---|", *rows))


def _escape(text: str) -> str:
    return re.sub(r"([|<>*_`\[\]])", r"\\\1", text)


def _list_limits() -> Iterator[str]:
    yield _LIMITS_HEAD
    rows = (f"| {what} | {form.format(value)} | `{place}` |" for what, form, value, place in _limits())
    yield "\n".join(("| of | at most | in |", "|---|---|---|", *rows))
    yield _LIMITS_FOOT


def _limits() -> Iterator[tuple[str, str, float, str]]:
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    for what, constant, form in _LIMITS:
        room, _, name = constant.rpartition("/")
        places = [
            path.relative_to(PACKAGE)
            for path, text in sources.items()
            if re.search(rf"^(?:\w+, )*{name}\b[^=\n]* = ", text, re.M) and (not room or path.parent.name == room)
        ]
        assert len(places) == 1, f"{constant} is defined in {places}"
        module = importlib.import_module("tipbrief." + places[0].with_suffix("").as_posix().replace("/", "."))
        yield what, form, getattr(module, name), places[0].as_posix()


def _list_modules() -> Iterator[str]:
    yield _MODULES_HEAD
    rooms: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py"), key=lambda one: (one.parent.as_posix(), one.name)):
        name = path.relative_to(PACKAGE)
        if not name.name.startswith("__"):
            docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            first_line = docstring.partition("\n")[0].replace("|", "\\|")
            rooms.setdefault(name.parent.as_posix(), []).append(f"| `{name.as_posix()}` | {first_line} |")
    for room, lines in rooms.items():
        title = "src/tipbrief/" if room == "." else f"{room}/"
        yield "\n".join((f"## {title}", "| file | |", "|---|---|", *lines))


def main() -> None:
    """Write the pages."""
    for path, text in build_pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
