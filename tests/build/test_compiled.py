"""Compiled templates are kept under all that they are made from, and are as harmless as compiled anew."""

import shutil
from pathlib import Path

import jinja2
import pytest

from tests.support import BASE
from tipbrief.assets import shipped
from tipbrief.build import compiled
from tipbrief.build.cache import Cache
from tipbrief.build.compiled import CompiledTemplates
from tipbrief.check.publication import load
from tipbrief.compose.page import compose
from tipbrief.compose.sandbox import Sandbox
from tipbrief.compose.templates import environment
from tipbrief.problems import Problems

HEAD = "<!DOCTYPE html><html><head></head><body>\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The templates of a small publication's own."""
    publication = Path(shutil.copytree(BASE, tmp_path / "stranger"))
    (publication / "templates").mkdir()
    return publication / "templates"


@pytest.fixture
def kept(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that are compiled."""
    found: list[str] = []
    plain = Sandbox.compile

    def compile_(self: Sandbox, source: str, name: str, filename: str) -> object:
        found.append(name)
        return plain(self, source, name, filename)

    monkeypatch.setattr(Sandbox, "compile", compile_)
    return found


def filled(folder: Path, kept: Cache, text: str | None = None) -> str:
    if text is not None:
        (folder / "brief.html.j2").write_text(HEAD + text, encoding="utf-8")
    env = environment([folder], shipped("templates"), kept=CompiledTemplates(kept))
    return compose(load(folder.parent), "main", (), env)


def test_a_template_is_compiled_once(folder: Path, kept: Cache, compilations: list[str]) -> None:
    first = filled(folder, kept)
    assert "brief.html.j2" in compilations
    compilations.clear()
    assert filled(folder, kept) == first
    assert compilations == []


def test_another_text_is_compiled_anew(folder: Path, kept: Cache, compilations: list[str]) -> None:
    for text in ("one", "two"):
        assert text in filled(folder, kept, text)
    assert compilations == ["brief.html.j2"] * 2


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (compiled, "code_fingerprint", lambda: "another"),
        (jinja2, "__version__", "9"),
        (compiled.sys, "version", "4.0"),
    ],
)
def test_another_program_compiles_anew(
    folder: Path,
    kept: Cache,
    compilations: list[str],
    monkeypatch: pytest.MonkeyPatch,
    where: object,
    name: str,
    value: object,
) -> None:
    filled(folder, kept, "one")
    monkeypatch.setattr(where, name, value)
    filled(folder, kept)
    assert compilations == ["brief.html.j2"] * 2


def test_what_others_could_have_put_there_is_not_run(
    folder: Path, kept: Cache, compilations: list[str]
) -> None:
    filled(folder, kept, "one")
    kept.folder.chmod(0o777)
    filled(folder, kept)
    assert compilations == ["brief.html.j2"] * 2


def test_what_is_kept_is_in_the_sandbox_too_and_names_its_line(folder: Path, kept: Cache) -> None:
    told = []
    for text in ("\n{{ ''.__class__ }}", None):
        with pytest.raises(Problems) as raised:
            filled(folder, kept, text)
        told += raised.value.problems
    first, again = told
    assert (first.line, first.kind) == (3, "template")
    assert "unsafe" in first.message
    assert first == again


def test_a_damaged_entry_is_made_anew(folder: Path, kept: Cache, compilations: list[str]) -> None:
    filled(folder, kept, "one")
    for file in kept.folder.iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    assert "one" in filled(folder, kept)
    assert compilations == ["brief.html.j2"] * 2
