"""The registry of patches: their order, and the hashes of the WeasyPrint sources for which they were proven.

``PATCHES`` make typesetting faster and change no byte. They are applied only to ``PROVEN_SOURCES``, and never in safe
mode. With other sources ``require_needed_names`` looks for the private names without which there are no pages.
"""

import contextlib
import functools
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module, util
from pathlib import Path
from types import FunctionType
from typing import Any

from tipbrief.language.language import read_data_file
from tipbrief.problems import Problems

# In safe mode, for comparisons, the store is not used either, and each document is composed anew.
SAFE_MODE_VARIABLE = "TIPBRIEF_SAFE"
PROVEN_SOURCES: dict[str, list[str]] = read_data_file(Path(__file__).with_name("proven_sources.yaml"))
# In the order in which they are applied. Each tells what it replaces.
PATCHES = ("html_tree", "computed_styles", "box_values", "upstream_fixes", "shaping")
# What is raised where the sources are not as we know them.
_FAULTS = (ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, TypeError, ValueError)


def is_safe_mode() -> bool:
    """Whether the user asks for safe mode."""
    return os.environ.get(SAFE_MODE_VARIABLE, "0") != "0"


@functools.cache
def apply_patches() -> None:
    """Apply the patches if they are proven for the installed sources, once in a process, behind WeasyPrint."""
    for name in (*(() if why_patches_are_off() else PATCHES), "line_ends"):
        import_module(f"{__package__}.{name}").apply_patch()


def replace_function(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Replace a function in each module of WeasyPrint that has it."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "weasyprint":
            for at in [at for at, held in vars(module).items() if held is old]:
                setattr(module, at, new)


def why_patches_are_off() -> str:
    """Why the patches are not applied; an empty text if they are. WeasyPrint is not imported."""
    return f"{SAFE_MODE_VARIABLE} is set" if is_safe_mode() else next(iter(find_unproven_sources().values()), "")


@functools.cache
def find_unproven_sources() -> Mapping[str, str]:
    """By package: how the installed source differs from the one for which the patches are proven."""
    found = {}
    for package, (proven, source) in PROVEN_SOURCES.items():
        if not _hash_package(package).startswith(source):
            version = installed_version(package)
            changed = f"{package} {version} was changed after its release"
            found[package] = changed if version == proven else f"{package} {version} is not the proven {proven}"
    return found


def list_needed_names() -> list[str]:
    """The private names that the product cannot do without, each with its owner: ``module:Class.name``."""
    parts = read_data_file(Path(__file__).with_name("needed_names.yaml"))
    return [f"{owner}{name}" for owner, names in parts.items() for name in names.split()]


def require_needed_names() -> None:
    """A problem if a private name that the product needs is not in the installed sources."""
    if find_unproven_sources() and (missing := [name for name in list_needed_names() if not _has_name(name)]):
        raise _unsuitable_source(f"it lacks {', '.join(missing)}")


@contextlib.contextmanager
def explain_unproven_sources() -> Iterator[None]:
    """A failure is a problem of the version if the installed sources are not the proven ones."""
    try:
        yield
    except _FAULTS as fault:
        if not find_unproven_sources():
            raise
        raise _unsuitable_source(f"{type(fault).__name__}: {fault}") from fault


def installed_version(package: str) -> str:
    """The installed version of a package."""
    from importlib.metadata import version  # takes longer to load than all else here

    return version(package)


def _unsuitable_source(reason: str) -> Problems:
    installed = ", ".join(f"{package} {installed_version(package)}" for package in find_unproven_sources())
    needed = f"WeasyPrint {PROVEN_SOURCES['weasyprint'][0]}"
    return Problems(f"tipbrief needs {needed}; {installed} cannot be used: {reason}", hint=reinstall_hint())


def reinstall_hint() -> str:
    """The command that installs the sources that the patches are proven for."""
    wanted = " ".join(f"{package}=={PROVEN_SOURCES[package][0]}" for package in find_unproven_sources())
    return f"{sys.executable} -m pip install --force-reinstall {wanted}"


def _hash_package(package: str) -> str:
    spec = util.find_spec(package)
    if not spec or not spec.origin:
        return ""
    folder, digest = Path(spec.origin).parent, hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(b"%b\0%b\0" % (file.relative_to(folder).as_posix().encode(), file.read_bytes()))
    return digest.hexdigest()


def _has_name(name: str) -> bool:
    module, _, path = name.partition(":")
    try:
        owner = import_module(module)
    except ImportError:
        return False
    for part in path.split("."):
        if not hasattr(owner, part):
            return _mentions_name(owner, part)
        owner = getattr(owner, part)
    return True


def _mentions_name(owner: Any, name: str) -> bool:
    """Whether a function, or a method of a class, sets this attribute of an object."""
    classes = owner.__mro__ if isinstance(owner, type) else ()
    functions = [one for held in classes for one in vars(held).values()] if classes else [owner]
    codes = [one.__code__ for one in functions if isinstance(one, FunctionType)]
    return any(name in code.co_names or name in code.co_consts for code in codes)
