"""The registry: nothing else is replaced, and patches are applied to the proven sources alone."""

import sys
from importlib import metadata, util
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.support import problems_of
from tests.typeset.patches.replaced_names import ALWAYS_REPLACED, REPLACED_NAMES
from tests.typeset.patches.turns import run_script
from tipbrief.problems import Problems
from tipbrief.typeset import libraries
from tipbrief.typeset.patches import registry

# Prints the names of WeasyPrint and its libraries that another object stands in for after the patches.
REPLACED = """
import json, sys
from tipbrief.typeset.libraries import import_weasyprint
from tipbrief.typeset.patches import registry
import_weasyprint()
ours = ("weasyprint", "pydyf", "cssselect2", "tinyhtml5")
def names():
    for module in [one for name, one in sys.modules.items() if name.partition(".")[0] in ours]:
        for name, held in [*vars(module).items()]:
            yield module.__name__, name, held, module
            if isinstance(held, type) and held.__module__ == module.__name__:
                for part, inner in [*vars(held).items()]:
                    yield module.__name__, f"{name}.{part}", inner, held
            if isinstance(held, dict) and name == "TAGS":
                for part, inner in [*held.items()]:
                    yield module.__name__, f"{name}.{part}", inner, held
before = {(module, name): held for module, name, held, _ in names()}
registry.apply_patches()
after = {(module, name): held for module, name, held, _ in names()}
print(json.dumps(sorted(":".join(key) for key, held in before.items() if after.get(key) is not held)))
"""
# These are attributes of objects in WeasyPrint, or none at all.
ADDED = {
    "weasyprint.document:Page.__getattr__", "weasyprint.layout:LayoutContext.get_image_from_uri",
    "weasyprint.css:AnonymousStyle.specified", "weasyprint.css:InitialStyle.specified",
}  # fmt: skip
ALL_NAMES = {name for names in REPLACED_NAMES.values() for name in names}


def test_at_most_28_attributes_are_replaced_and_all_are_listed() -> None:
    assert [*REPLACED_NAMES] == [*registry.PATCHES]
    assert len(ALL_NAMES | {*ALWAYS_REPLACED}) <= 28
    found = {*run_script(REPLACED)[0]}
    listed = (ALL_NAMES - ADDED) | {name for name in ALWAYS_REPLACED if name.startswith("weasyprint")}
    assert listed <= found
    # Other modules import the same functions, and functions of our own are kept in their classes.
    known = {name.rpartition(":")[2] for name in listed}
    assert {name for name in found - listed if name.rpartition(":")[2] not in known} <= {
        "weasyprint.css:Style.memo", "weasyprint.css:InitialStyle.memo", "weasyprint.css:StyleFor.document_styles",
    }  # fmt: skip


def test_safe_mode_replaces_only_what_pages_need() -> None:
    modules = {name.partition(":")[2] for name in ALWAYS_REPLACED}
    assert {name.partition(":")[2] for name in run_script(REPLACED, TIPBRIEF_SAFE="1")[0]} <= modules


def test_all_are_applied_to_the_proven_sources() -> None:
    assert registry.why_patches_are_off() == ""
    assert {package: version for package, (version, _) in registry.PROVEN_SOURCES.items()} == {
        package: metadata.version(package) for package in registry.PROVEN_SOURCES
    }


def test_all_needed_names_are_in_the_proven_sources() -> None:
    code = (
        "from tipbrief.typeset.patches import registry\n"
        "print([name for name in registry.list_needed_names() if not registry._has_name(name)])"
    )
    assert run_script(code) == [[]]


def test_each_is_a_module_that_says_what_it_brings() -> None:
    for name in registry.PATCHES:
        spec = util.find_spec(f"tipbrief.typeset.patches.{name}")
        assert spec
        assert spec.origin
        lines = Path(spec.origin).read_text(encoding="utf-8").splitlines()
        assert lines[2].startswith("Brings: "), name


@pytest.mark.parametrize("package", registry.PROVEN_SOURCES)
def test_none_is_applied_to_another_source_and_a_build_says_so(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    version = metadata.version(package)
    assert libraries.find_version_warnings() == []
    for proven, why_not in (("0.1", "is not the proven 0.1"), (version, "was changed after its release")):
        registry.find_unproven_sources.cache_clear()
        monkeypatch.setitem(registry.PROVEN_SOURCES, package, (proven, "0" * 40))
        expected = f"{package} {version} {why_not}"
        assert registry.why_patches_are_off() == expected
        (warning,) = libraries.find_version_warnings()
        assert warning.message == f"pages take longer, as the patches are off: {expected}"
        assert warning.hint.endswith(f"pip install --force-reinstall {package}=={proven}")
    registry.find_unproven_sources.cache_clear()


def test_a_failure_is_a_problem_of_the_version_with_another_source_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AttributeError), registry.explain_unproven_sources():
        raise AttributeError
    monkeypatch.setattr(registry, "find_unproven_sources", lambda: {"weasyprint": "weasyprint 70.5 is another one"})
    monkeypatch.setattr(registry, "installed_version", lambda package: "70.5")
    told = r"tipbrief needs WeasyPrint 70\.0; weasyprint 70\.5 cannot be used: AttributeError"
    with pytest.raises(Problems, match=told), registry.explain_unproven_sources():
        raise AttributeError("'Box' object has no attribute 'translate'")


VERSIONS = {
    "69.0": False, "70.0": True, "70": True, "70.1": True, "70.2.dev3": True, "71.0": False, "100.2": False,
}  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_are_compared_with_the_declared_range(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(libraries.registry, "installed_version", lambda package: version)
    fault = f"tipbrief needs weasyprint>=70,<71; {version} is installed"
    assert libraries.describe_wrong_version("weasyprint") == ("" if VERSIONS[version] else fault)
    if not VERSIONS[version]:
        hint = f"{sys.executable} -m pip install 'weasyprint>=70,<71'"
        assert problems_of(libraries.engine_versions)[0].hint == hint


def test_declared_ranges_are_those_of_the_installed_metadata() -> None:
    requirements = [Requirement(line) for line in metadata.requires("tipbrief") or ()]
    ranges = {one.name: one.specifier for one in requirements if not one.marker}
    assert {"pyyaml", "fonttools", "weasyprint"} <= set(ranges)
    for name, specifier in ranges.items():
        assert SpecifierSet(libraries.declared_range(name)) == specifier
    assert [libraries.declared_range(name) for name in ("distributed", "no-such")] == ["", ""]
