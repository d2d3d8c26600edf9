"""The rooms of the house: which module may import which, and who may print, exit or read the clock."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "tipbrief"

# A module imports only from modules before it.
ORDER = (
    "problems",
    "persian",
    "assets",
    "dataset",
    "grids",
    "shape",
    "models",
    "blocks",
    "spelling",
    "orthography",
    "wording",
    "findings",
    "tables",
    "briefs",
    "publication",
    "amend",
    "trial",
    "differences",
    "showing",
    "entries",
    "ledgertext",
    "ledger",
    "merging",
    "undo",
    "printed",
    "editions",
    "cache",
    "collation",
    "opentype",
    "ligatures",
    "fontprep",
    "fonts",
    "profiles",
    "charts",
    "maps",
    "colours",
    "writing",
    "compose",
    "contents",
    "index",
    "typeset",
    "fit",
    "tagtree",
    "spoken",
    "attachments",
    "archive",
    "readback",
    "proofread",
    "pdffacts",
    "misread",
    "verify",
    "subsets",
    "combined",
    "impose",
    "pictures",
    "deliver",
    "addresses",
    "mail",
    "sentlog",
    "post",
    "letter",
    "workshop",
    "crew",
    "build",
    "gather",
    "correction",
    "diagnosis",
    "cli",
)
ALSO = ("__init__", "__main__")  # the version, and `python -m tipbrief`
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))

CLOCK = {
    ("date", "today"),
    ("datetime", "today"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("time", "time"),
}
EXITS = {("sys", "exit"), ("os", "_exit")}


def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))


def imports(node: ast.AST) -> Iterator[str]:
    """Full names of all that is imported anywhere below ``node``, `from a import b` as ``a.b``."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom):
            base = "tipbrief" if part.level else ""
            stem = ".".join(name for name in (base, part.module) if name)
            yield from (f"{stem}.{alias.name}" for alias in part.names)


def rooms(module: str) -> set[str]:
    """The modules of tipbrief that ``module`` imports."""
    return {name.split(".")[1] for name in imports(tree(module)) if name.startswith("tipbrief.")} & {*MODULES}


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


def test_every_module_has_its_room() -> None:
    assert set(MODULES) <= {*ORDER, *ALSO}, "a new module needs a place in ORDER"
    assert not [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE], (
        "the house has no upper floor"
    )


@pytest.mark.parametrize("module", [name for name in ORDER if name in MODULES])
def test_imports_only_from_earlier_rooms(module: str) -> None:
    assert rooms(module) <= {*ORDER[: ORDER.index(module)]}


def test_the_doors_import_nothing_but_the_cli() -> None:
    assert rooms("__init__") == set()
    assert rooms("__main__") == {"cli"}


@pytest.mark.parametrize("module", MODULES)
def test_weasyprint_is_imported_only_inside_functions_of_typeset(module: str) -> None:
    whole = tree(module)
    if module == "typeset":
        for function in [
            n for n in ast.walk(whole) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]:
            function.body = [ast.Pass()]
    assert "weasyprint" not in libraries(whole)


@pytest.mark.parametrize("module", [name for name in MODULES if name != "cli"])
def test_only_the_cli_prints_exits_and_reads_the_clock(module: str) -> None:
    assert "click" not in libraries(tree(module))
    made = set(calls(module))
    assert not made & EXITS
    assert not made & CLOCK
    assert not {name for owner, name in made if not owner} & {"print", "exit", "quit", "SystemExit"}


def test_readme_names_every_command() -> None:
    from tipbrief.cli import main

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [name for name in main.commands if f"tipbrief {name}" not in readme]
