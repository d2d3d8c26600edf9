"""The rooms of the house: which package may import which, and who may print, exit or read the clock."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tipbrief.cli.main import main

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "tipbrief"

# A room imports from the rows above its own, and from itself; those of one row do not see each other.
RANKS = (
    {"problems"},
    {"assets", "files", "limits", "safe_mode"},
    {"language", "fonts"},
    {"load"},
    {"pdf"},
    {"check", "typeset", "verify"},
    {"ledger"},
    {"compose"},
    {"deliver", "handouts", "mail"},
    {"pipeline"},
    {"corrections", "compare", "doctor", "site", "starter", "watch"},
    {"cli"},
)
# Whatever must import against the ranks stands here: who, from where, and why.
EXCEPTIONS: dict[tuple[str, str], str] = {}
ROOT_MODULES = {"problems", "limits", "assets", "files", "safe_mode", "doctor", "__init__", "__main__"}
MODULES = sorted(
    path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".") for path in PACKAGE.rglob("*.py")
)

CLOCK = {
    ("date", "today"),
    ("datetime", "today"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("time", "time"),
}
EXITS = {("sys", "exit"), ("os", "_exit")}


def source(module: str) -> str:
    return (PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


def tree(module: str) -> ast.Module:
    return ast.parse(source(module))


def imports(node: ast.AST) -> Iterator[str]:
    """Full names of all that is imported anywhere below ``node``, `from a import b` as ``a.b``."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom):
            assert not part.level, "imports are written out"
            yield from (f"{part.module}.{alias.name}" for alias in part.names)


def neighbours(module: str) -> set[str]:
    """The modules of tipbrief that ``module`` imports; of `from room.module import name` the module."""
    names = {name.removeprefix("tipbrief.") for name in imports(tree(module)) if name.startswith("tipbrief.")}
    return {name if name in MODULES else name.rpartition(".")[0] for name in names} - {""}


def room(module: str) -> str:
    return module.partition(".")[0]


def rank(module: str) -> int:
    return next(row for row, rooms in enumerate(RANKS) if room(module) in rooms)


def libraries(node: ast.AST) -> set[str]:
    return {name.split(".")[0] for name in imports(node)}


def calls(module: str) -> Iterator[tuple[str, str]]:
    """Each call as (owner, name): ``sys.exit()`` as ("sys", "exit"), ``print()`` as ("", "print")."""
    for part in ast.walk(tree(module)):
        if isinstance(part, ast.Call):
            if isinstance(part.func, ast.Name):
                yield "", part.func.id
            elif isinstance(part.func, ast.Attribute):
                owner = part.func.value
                yield getattr(owner, "attr", getattr(owner, "id", "")), part.func.attr


def test_every_module_stands_in_a_room() -> None:
    assert {room(module) for module in MODULES} - {"__init__", "__main__"} == set.union(*RANKS)
    assert {module for module in MODULES if "." not in module} == ROOT_MODULES


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("__")])
def test_imports_go_up_the_ranks_only(module: str) -> None:
    for other in neighbours(module):
        if room(other) == room(module) or (module, other) in EXCEPTIONS:
            continue
        assert rank(other) < rank(module), f"{module} imports {other}"


def test_there_is_no_circle() -> None:
    open_ = {module: neighbours(module) & {*MODULES} for module in MODULES}
    while free := {module for module, needs in open_.items() if not needs & open_.keys()}:
        open_ = {module: needs for module, needs in open_.items() if module not in free}
    assert not open_


def test_the_doors_import_nothing_but_the_cli() -> None:
    assert neighbours("__init__") == set()
    assert neighbours("__main__") == {"cli.guard"}
    for module in MODULES:
        if module.endswith(".__init__"):
            assert [type(part) for part in tree(module).body] == [ast.Expr], module


# What may be imported of WeasyPrint outside typeset/patches/: its public names.
PUBLIC_NAMES = {"weasyprint", "weasyprint.css.counters.CounterStyle", "weasyprint.urls.URLFetcherResponse"}
# Modules of patches/ that others import: they load WeasyPrint only inside functions.
DOORS_OF_PATCHES = {"typeset.patches.registry", "typeset.patches.private_api"}


@pytest.mark.parametrize("module", MODULES)
def test_only_the_patches_import_inner_modules_of_weasyprint(module: str) -> None:
    whole, patches = tree(module), "typeset.patches."
    if module.startswith(patches) and module not in DOORS_OF_PATCHES:
        assert not [one for one in MODULES if not one.startswith(patches) and module in neighbours(one)]
        return
    if not module.startswith(patches):
        assert {name for name in imports(whole) if name.split(".")[0] == "weasyprint"} <= PUBLIC_NAMES
        if room(module) == "typeset":
            assert not re.search(r"\b(?!self\b|cls\b)\w+\._(?!replace\b)[a-z]", source(module)), "a private name"
    if room(module) == "typeset":
        for function in [n for n in ast.walk(whole) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]:
            function.body = [ast.Pass()]
    assert "weasyprint" not in libraries(whole)


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) != "cli"])
def test_only_the_cli_prints_exits_and_reads_the_clock(module: str) -> None:
    assert "click" not in libraries(tree(module))
    made = set(calls(module))
    assert not made & EXITS
    assert not made & CLOCK
    assert not {name for owner, name in made if not owner} & {"print", "exit", "quit", "SystemExit"}


def test_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [name for name in main.commands if f"tipbrief {name}" not in readme]


def test_the_docs_name_only_modules_that_exist() -> None:
    named = re.compile(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`")
    for page in ("README.md", "CONTRIBUTING.md", "docs/architecture.md"):
        for path in named.findall((ROOT / page).read_text(encoding="utf-8")):
            assert any((base / path).exists() for base in (ROOT, PACKAGE)), f"{page}: {path}"


def test_modules_are_small_enough_to_be_read() -> None:
    lines = [source(module).count("\n") for module in MODULES if not module.endswith("__init__")]
    assert statistics.median(lines) <= 220
    assert max(lines) <= 450
