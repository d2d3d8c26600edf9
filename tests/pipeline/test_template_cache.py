"""Compiled templates are kept under all that they are made from, and are as harmless as compiled anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest

from tests.support import BASE
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import load_publication
from tipbrief.compose.html_page import compose_page
from tipbrief.compose.sandbox import Sandbox
from tipbrief.compose.templates import create_environment
from tipbrief.pipeline import memos, store
from tipbrief.pipeline.memos import CompiledTemplates
from tipbrief.pipeline.store import Store
from tipbrief.problems import Problems

HEAD = "<!DOCTYPE html><html><head></head><body>\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The templates of a small publication's own."""
    publication = Path(shutil.copytree(BASE, tmp_path / "stranger"))
    (publication / "templates").mkdir()
    return publication / "templates"


@pytest.fixture
def kept(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


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


def filled(folder: Path, kept: Store, text: str | None = None) -> str:
    if text is not None:
        (folder / "brief.html.j2").write_text(HEAD + text, encoding="utf-8")
    compiled = jinja2.MemcachedBytecodeCache(CompiledTemplates(kept, jinja2.__version__))
    env = create_environment([folder], find_shipped_folder("templates"), kept=compiled)
    return compose_page(load_publication(folder.parent), "main", (), env)


def test_a_template_is_compiled_once(folder: Path, kept: Store, compilations: list[str]) -> None:
    first = filled(folder, kept)
    assert "brief.html.j2" in compilations
    compilations.clear()
    assert filled(folder, kept) == first
    assert compilations == []


def test_another_text_is_compiled_anew(folder: Path, kept: Store, compilations: list[str]) -> None:
    for text in ("one", "two"):
        assert text in filled(folder, kept, text)
    assert compilations == ["brief.html.j2"] * 2


def cut_entries(kept: Store) -> None:
    for file in kept.folder.iterdir():
        file.write_bytes(file.read_bytes()[:-9])


@pytest.mark.parametrize(
    "change",
    [
        lambda patch, kept: patch.setattr(store, "code_fingerprint", lambda: "another"),
        lambda patch, kept: patch.setattr(jinja2, "__version__", "9"),
        lambda patch, kept: patch.setattr(memos.sys, "version", "4.0"),
        lambda patch, kept: kept.folder.chmod(0o777),  # others could have put there what is to be run
        lambda patch, kept: cut_entries(kept),
    ],
    ids=["code", "Jinja", "Python", "writable by others", "damaged"],
)
def test_what_another_program_made_or_others_changed_is_compiled_anew(
    folder: Path,
    kept: Store,
    compilations: list[str],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[pytest.MonkeyPatch, Store], object],
) -> None:
    filled(folder, kept, "one")
    change(monkeypatch, kept)
    assert "one" in filled(folder, kept)
    assert compilations == ["brief.html.j2"] * 2


def test_what_is_kept_is_in_the_sandbox_too_and_names_its_line(folder: Path, kept: Store) -> None:
    told = []
    for text in ("\n{{ ''.__class__ }}", None):
        with pytest.raises(Problems) as raised:
            filled(folder, kept, text)
        told += raised.value.problems
    first, again = told
    assert (first.line, first.kind) == (3, "template")
    assert "unsafe" in first.message
    assert first == again
