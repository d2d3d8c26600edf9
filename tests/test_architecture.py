"""The rooms of the program: who may import whom, who may print or read the clock, how things are named."""

import ast
import functools
import io
import re
import statistics
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tipbrief.cli.main import main

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "tipbrief"

# A room imports from the rows above its own, and from itself. Rooms of one row do not import each other.
RANKS = (
    {"problems"},
    {"assets", "colour_contrast", "files", "limits"},
    {"language", "fonts"},
    {"load"},
    {"pdf"},
    {"check", "typeset", "verify"},
    {"ledger"},
    {"compose"},
    {"deliver", "export", "handouts", "mail"},
    {"pipeline"},
    {"corrections", "compare", "doctor", "site", "starter", "watch"},
    {"cli"},
)
# Imports that must break the ranks: the importing module, the imported one, and the reason.
EXCEPTIONS: dict[tuple[str, str], str] = {}
ROOT_MODULES = {
    "problems", "limits", "assets", "colour_contrast", "files", "doctor", "__init__", "__main__",
}  # fmt: skip
MODULES = sorted(
    path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".") for path in PACKAGE.rglob("*.py")
)

CLOCK = {("date", "today"), ("datetime", "today"), ("datetime", "now"), ("datetime", "utcnow"), ("time", "time")}
EXITS = {("sys", "exit"), ("os", "_exit")}
PRINTS = {"print", "exit", "quit", "SystemExit"}

MAX_TOKENS, MAX_MODULES = 340_000, 158
# Words that are participles and nothing else, or are read as one where they stand alone.
PARTICIPLES = frozenset(
    re.findall(
        r"\w+",
        "asked begun born bought bound broken brought built caught chosen come cut done drawn driven eaten fallen felt "
        "found forgotten frozen given gone grown heard held hidden hit hurt kept known laid led left lent let lit lost "
        "made meant met paid put read said seen sent set shown shut slept sold sought spelt spent split spoken spread "
        "stood stolen taken taught thought told torn understood woken won worn written",
    )
)
# Nouns, adjectives and verbs that only look like participles.
NO_PARTICIPLES = frozenset({"need", "speed", "feed", "seed", "embed", "id", "bed", "red", "shed"})
# Names that a library gives, each with the library.
NAMED_ELSEWHERE = {"__reversed__": "Python", "set": "Jinja"}


def source(module: str) -> str:
    return (PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(source(module))


def imports(node: ast.AST) -> Iterator[str]:
    """Full names of all imports below ``node``, `from a import b` as ``a.b``."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom):
            assert not part.level, "imports are written out"
            yield from (f"{part.module}.{alias.name}" for alias in part.names)


@functools.cache
def neighbours(module: str) -> frozenset[str]:
    """The modules of tipbrief that ``module`` imports; of `from room.module import name` the module."""
    names = {name.removeprefix("tipbrief.") for name in imports(tree(module)) if name.startswith("tipbrief.")}
    return frozenset({name if name in MODULES else name.rpartition(".")[0] for name in names} - {""})


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


def definitions(module: str) -> Iterator[str]:
    for part in ast.walk(tree(module)):
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield part.name


def is_bare_participle(name: str) -> bool:
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip("_")).lower()
    if "_" in word or word in NO_PARTICIPLES or name in NAMED_ELSEWHERE:
        return False
    return word in PARTICIPLES or word.endswith("ed")


def test_every_module_stands_in_a_room() -> None:
    assert {room(module) for module in MODULES} - {"__init__", "__main__"} == set.union(*RANKS)
    assert {module for module in MODULES if "." not in module} == ROOT_MODULES


def test_imports_go_one_way() -> None:
    wrong = [
        f"{module} imports {other}"
        for module in MODULES
        if not module.startswith("__")
        for other in neighbours(module)
        if room(other) != room(module) and (module, other) not in EXCEPTIONS and rank(other) >= rank(module)
    ]
    assert wrong == []


def test_there_is_no_import_circle() -> None:
    rest = {module: neighbours(module) & {*MODULES} for module in MODULES}
    while free := {module for module, needs in rest.items() if not needs & rest.keys()}:
        rest = {module: needs for module, needs in rest.items() if module not in free}
    assert rest == {}


def test_the_entry_points_load_only_the_command_line_and_problems() -> None:
    whole = ast.parse(source("__init__"))
    at_import = {name for part in whole.body if isinstance(part, ast.ImportFrom) for name in imports(part)}
    assert {name for name in at_import if name.startswith("tipbrief")} == {
        "tipbrief.problems.Problem", "tipbrief.problems.Problems",
    }  # fmt: skip
    assert neighbours("__main__") == {"cli.supervisor"}
    packages = [module for module in MODULES if module.endswith(".__init__")]
    assert [module for module in packages if [type(part) for part in tree(module).body] != [ast.Expr]] == []


# What may be imported of WeasyPrint outside typeset/patches/: its public names.
PUBLIC_NAMES = {"weasyprint", "weasyprint.css.counters.CounterStyle", "weasyprint.urls.URLFetcherResponse"}
# Modules of patches/ that others import: they load WeasyPrint only inside functions.
DOORS_OF_PATCHES = {"typeset.patches.registry", "typeset.patches.private_api"}
PRIVATE_NAME = re.compile(r"\b(?!self\b|cls\b)\w+\._(?!replace\b)[a-z]")


def test_only_the_patches_import_private_parts_of_weasyprint() -> None:
    patches, wrong = "typeset.patches.", []
    for module in MODULES:
        if module.startswith(patches) and module not in DOORS_OF_PATCHES:
            wrong += [
                f"{one} imports {module}"
                for one in MODULES
                if not one.startswith(patches) and module in neighbours(one)
            ]
            continue
        if not module.startswith(patches):
            names = {name for name in imports(tree(module)) if name.split(".")[0] == "weasyprint"}
            wrong += [f"{module} imports {name}" for name in names - PUBLIC_NAMES]
            if room(module) == "typeset" and (found := PRIVATE_NAME.search(source(module))):
                wrong.append(f"{module} uses a private name: {found.group()}")
        if "weasyprint" in (
            libraries_outside_functions(module) if room(module) == "typeset" else libraries(tree(module))
        ):
            wrong.append(f"{module} imports weasyprint")
    assert wrong == []


def libraries_outside_functions(module: str) -> set[str]:
    whole = ast.parse(source(module))
    for function in [one for one in ast.walk(whole) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]:
        function.body = [ast.Pass()]
    return libraries(whole)


def test_only_the_cli_prints_exits_and_reads_the_clock() -> None:
    wrong = []
    for module in MODULES:
        if room(module) != "cli":
            called = set(calls(module))
            wrong += [f"{module}: {owner}.{name}" for owner, name in called & (EXITS | CLOCK)]
            wrong += [f"{module}: {name}" for owner, name in called if not owner and name in PRINTS]
            wrong += [f"{module}: click"] * ("click" in libraries(tree(module)))
    assert wrong == []


def test_no_function_or_class_is_named_by_a_bare_participle() -> None:
    names = ("_made", "Kept", "listed", "read_entry", "feed")
    assert [name for name in names if is_bare_participle(name)] == ["_made", "Kept", "listed"]
    named = [f"{module}.{name}" for module in MODULES for name in definitions(module) if is_bare_participle(name)]
    assert named == []


def test_a_file_name_has_one_meaning() -> None:
    stems = Counter(module.rpartition(".")[2] for module in MODULES)
    assert [stem for stem, count in stems.items() if count > 1 and stem != "__init__"] == []


def count_tokens(text: str) -> int:
    """The names, numbers, strings and operators of a module."""
    counted = {tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.OP}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type in counted for token in tokens)


def test_the_program_keeps_its_weight() -> None:
    """Modules are small enough to be read, and all of them together are no more than was agreed.

    Tokens are counted, not lines: a ceiling of lines is met by packing them.
    """
    lines = {module: source(module).count("\n") for module in MODULES}
    modules = {module: count for module, count in lines.items() if not module.endswith("__init__")}
    assert statistics.median(modules.values()) <= 220
    assert {module: count for module, count in modules.items() if count > 450} == {}
    assert len(modules) <= MAX_MODULES
    assert sum(count_tokens(source(module)) for module in MODULES) <= MAX_TOKENS


def test_the_docs_name_only_modules_that_exist() -> None:
    named = re.compile(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`")
    contributing = ROOT / "docs" / "contributing"
    names = ("architecture.md", "where-a-change-goes.md", "first-change.md", "tests.md")
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(contributing / name for name in names)]
    missing = [
        f"{page.name}: {path}"
        for page in pages
        for path in named.findall(page.read_text(encoding="utf-8"))
        if not any((base / path).exists() for base in (ROOT, PACKAGE))
    ]
    assert missing == []


def test_every_command_is_in_the_docs_and_no_other() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs" / "reference").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in main.commands if f"tipbrief {name}" not in text] == []
    docs = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    named = {name for page in docs for name in re.findall(r"`tipbrief ([a-z]+)", page.read_text(encoding="utf-8"))}
    assert named <= {*main.commands}
