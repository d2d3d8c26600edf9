"""The docs name what exists: commands with their options, files, targets, modules, blocks, keys and names."""

import fnmatch
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

from tests.support import PACKAGE, ROOT
from tipbrief.check.blocks import BLOCKS
from tipbrief.check.json_schema import list_topics
from tipbrief.cli.main import main

# Left out: what is written down of other projects, and what a test compares with its generator or its source.
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES += sorted({*(ROOT / "docs").rglob("*.md")} - {ROOT / "docs" / "contributing" / "upstream.md"})
_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", re.M | re.S)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINE = re.compile(r"(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?tipbrief((?: |$).*)")
_FILE = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
_SUFFIXES = (".py", ".yaml", ".po", ".css", ".js", ".j2", ".in", ".sh", ".json", ".toml", ".txt")
# Of docker, pip, rsync and Chromium.
_OPTIONS_OF_OTHERS = {"--build-arg", "--delete", "--enable-features", "--env", "--network", "--python", "--volume"}
# Programs, ligatures, and words that stand for others.
_NAMES_OF_OTHERS = {"pdfinfo", "zcat", "valgrind", "wt1a", "wt1r", "baang", "shkrdrh", "telephone", "working", "deaths"}
# What the reader of a page makes.
_TO_BE_MADE = ("motto", "templates/css/b5.css", "examples/ur.yaml", "fonts/prepared/NAME", "workflows/publication.yaml")


def name_page(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fenced(page: Path) -> Iterator[tuple[str, str]]:
    for _, language, text in _FENCE.findall(page.read_text(encoding="utf-8")):
        yield language, text


def inline(page: Path) -> list[str]:
    codes = _CODE.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return [code for code in codes if not any(one in code for one in _TO_BE_MADE)]


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that a line names, and the words behind its name."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        if words[0] not in command.commands and command is not main:
            break
        command, words = command.commands[words[0]], words[1:]
    return command, words


def check_line(line: str) -> None:
    """Read a command line as click does, without a look at files."""
    command, words = find_command(shlex.split(line, comments=True))
    if command is main and not words:
        return
    context = click.Context(command, **main.context_settings)
    given, _, _ = command.make_parser(context).parse_args(words)
    for parameter in command.params:
        values = given.get(parameter.name or "")
        if isinstance(parameter.type, click.Choice) and values:
            for value in values if isinstance(values, list) else [values]:
                parameter.type.convert(value, parameter, context)


def command_lines(page: Path) -> list[str]:
    texts = [text.replace("\\\n", " ") for language, text in fenced(page) if language in ("", "sh", "console")]
    lines = [found[1] for text in texts for line in text.splitlines() if (found := _LINE.fullmatch(line.strip()))]
    # The usage of the reference is no line that is typed.
    return [] if page.name == "commands.md" else lines


def options_of(command: click.Command) -> set[str]:
    return {form for one in command.params for form in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}


def every_command(command: click.Command = main) -> Iterator[click.Command]:
    yield command
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        yield from every_command(inner)


def test_every_command_line_can_be_typed() -> None:
    wrong, seen = [], 0
    for page in PAGES:
        for line in command_lines(page):
            seen += 1
            try:
                check_line(line)
            except (click.UsageError, KeyError) as error:
                wrong.append(f"{name_page(page)}: tipbrief{line}: {error}")
    assert wrong == []
    assert seen > 40


def test_every_command_and_option_in_a_sentence_exists() -> None:
    known = {option for command in every_command() for option in options_of(command)} | {"--version"}
    styles = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "templates").rglob("*.css*"))
    known |= {*re.findall(r"--[a-z-]+", styles)}
    wrong = []
    for page in PAGES:
        for code in inline(page):
            words = code.replace("\\|", "|").removeprefix("TIPBRIEF_LANGUAGE=fa-AF ").split()
            if words[0] == "tipbrief" and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
                words = words[1:]
                if words[0] not in main.commands:
                    wrong.append(f"{name_page(page)}: `{code}`")
                    continue
            of_one = words[0] in main.commands and len(words) > 1
            options = [word.partition("=")[0].rstrip(",") for word in words if re.match(r"--[a-z]", word)]
            allowed = options_of(find_command(words)[0]) if of_one else known
            if (of_one or words[0].startswith("--")) and not {*options} <= allowed | _OPTIONS_OF_OTHERS:
                wrong.append(f"{name_page(page)}: `{code}`")
    assert wrong == []


@cache
def all_files() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@cache
def program_text() -> str:
    """The program, its templates, data, tools and tests: where a name stands that exists."""
    kept = (".py", ".yaml", ".j2", ".css", ".js", ".json", ".csv", ".toml", "Makefile", "Containerfile")
    files = [name for name in all_files() if name.endswith(kept) and "/ledger/20" not in name]
    files = [name for name in files if not name.startswith(("docs/", "tests/acceptance/test_docs"))]
    return "\n".join((ROOT / name).read_text("utf-8", "replace") for name in files if (ROOT / name).is_file())


def exists(path: str) -> bool:
    """Whether a file or folder of the checkout, or of the package, has this path; NAME and TAG stand for any."""
    pattern = re.sub(r"\b[A-Z]{2,}\b", "*", path) if not path.endswith(".md") else path
    places = (ROOT, PACKAGE)
    if "*" in pattern:
        return any(next(place.glob(pattern), None) for place in places)
    return any((place / pattern).exists() for place in places)


def test_every_file_of_the_checkout_exists() -> None:
    tops = {one.name for place in (ROOT, PACKAGE) for one in place.iterdir() if one.is_dir()}
    tops -= {"out", "build", "dist", ".venv"}
    names = {Path(name).name for name in all_files()}
    wrong = []
    for page in PAGES:
        for code in inline(page):
            if not _FILE.fullmatch(code):
                continue
            top, _, rest = code.partition("/")
            if rest and top in tops:
                found = exists(code) or code in program_text()
            elif not rest and code.endswith(_SUFFIXES) and not code.startswith("."):
                found = any(fnmatch.filter(names, code)) or code in program_text()
            else:
                continue
            if not found:
                wrong.append(f"{name_page(page)}: `{code}`")
    assert wrong == []


def test_every_target_module_and_test_exists() -> None:
    targets = {*re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)}
    wrong = []
    for page in PAGES:
        codes = [*inline(page), *(line.strip() for _, text in fenced(page) for line in text.splitlines())]
        made = [found[1] for code in codes if (found := re.match(r"make ([a-z-]+)", code))]
        wrong += [f"{name_page(page)}: make {one}" for one in made if one not in targets]
        modules = [module for code in codes for module in re.findall(r"python -m (tools[\w.]+)", code)]
        paths = [f"{module.replace('.', '/')}.py" for module in modules]
        paths += [one for code in inline(page) if "pytest " in code for one in code.split() if one.startswith("tests/")]
        found = [path for path in paths if exists(path) or exists(f"{path.removesuffix('.py')}/__main__.py")]
        wrong += [f"{name_page(page)}: {path}" for path in paths if path not in found]
    assert wrong == []


def test_every_name_in_a_sentence_exists() -> None:
    """A key, block, figure, class or function that was renamed is found here."""
    words = {*re.findall(r"[A-Za-z_]\w*", program_text())} | _NAMES_OF_OTHERS
    wrong = []
    for page in PAGES:
        for code in inline(page):
            name = re.fullmatch(r"([a-z]\w*)(?:: .*|\(\))?", code)
            if name and name[1] not in words:
                wrong.append(f"{name_page(page)}: `{code}`")
    assert wrong == []


def test_every_key_in_an_example_exists() -> None:
    known = {key.name for topic in list_topics().values() for key in topic.keys} | {*BLOCKS} | _NAMES_OF_OTHERS
    # Columns, choices and languages.
    names = [name for name in all_files() if name.startswith(("data/", "tests/reference/")) and name.endswith(".yaml")]
    known |= {*re.findall(r"[a-z]\w*", "".join((ROOT / name).read_text(encoding="utf-8") for name in names))}
    wrong = []
    # The keys of version-control.md are GitHub's and pre-commit's.
    for page in [one for one in PAGES if one.parent.name in ("how-to", "reference") and one.stem != "version-control"]:
        for language, text in fenced(page):
            keys = re.findall(r"(?:^ *(?:- )?|[{,] ?)([a-z]\w*): ", text, re.M) if language == "yaml" else []
            wrong += [f"{name_page(page)}: {key}" for key in keys if key not in known]
    assert wrong == []
