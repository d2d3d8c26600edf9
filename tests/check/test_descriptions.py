"""Every key of every file and block is described, and what is described can be built."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.support import ROOT, change, run_well
from tipbrief.check.blocks import BLOCKS
from tipbrief.check.json_schema import (
    FILE_MODELS,
    KEY_TEXTS_FOLDER,
    PublicationNames,
    Topic,
    build_schemas,
    find_models,
    inner_models,
    list_topics,
)
from tipbrief.check.publication import load_publication
from tipbrief.language.language import known_languages
from tipbrief.problems import Problems
from tools import catalogues, reference

WELLS = ROOT / "tests" / "reference"  # the publication of which the examples are
KNOWN = list_topics()
NO_BLOCKS = [name for name in KNOWN if not name.startswith("block ")]


@pytest.mark.parametrize("topic", KNOWN.values(), ids=KNOWN)
def test_every_key_is_described(topic: Topic) -> None:
    assert [key.name for key in topic.keys if not key.title or not key.text] == []
    assert topic.text
    assert "\n" not in topic.summary, "more than one line stands as 'text' in check/key_texts/keys.yaml"
    assert topic.example, "an example is needed in check/key_texts/keys.yaml"
    assert len(topic.example.splitlines()) <= 8


def test_nothing_is_described_that_is_not_there() -> None:
    from tipbrief.check.json_schema import load_key_texts

    models = [model for holds in FILE_MODELS.values() for model in find_models(holds)]
    models += [part for model in models for part in inner_models(model)] + [*BLOCKS.values()]
    models += [part for block in BLOCKS.values() for part in inner_models(block)]
    models += [base for model in models for base in model.__mro__]
    known = {model.__name__: model for model in models}
    for name, said in load_key_texts().items():
        assert name in known
        assert {*said.get("keys", {})} <= {key.rstrip("_") for key in known[name].__dataclass_fields__}, name


def test_the_generated_pages_are_up_to_date() -> None:
    pages = reference.build_pages()
    outdated = [path.name for path, text in pages.items() if path.read_text(encoding="utf-8") != text]
    assert not outdated, "python -m tools.reference"
    text = "".join(pages.values())
    assert all(f"## {name.removeprefix('block ')}\n" in text for name in KNOWN)


# Where the example of a part stands in its file.
PLACES: dict[str, tuple[str, list[str]]] = {
    "colours": ("publication.yaml", ["colours"]),
    "logo": ("publication.yaml", ["logo"]),
    "mailtexts": ("publication.yaml", ["mail"]),
    "original": ("sources.yaml", []),
    "sourcecopy": ("sources.yaml", []),
    "cell": ("figures.yaml", ["newest", "cell"]),
    "cells": ("figures.yaml", ["dug", "sum"]),
    "check": ("figures.yaml", ["dug", "check"]),
    "rowtotals": ("tables.yaml", ["places", "columns", "depth", "check"]),
    "count": ("figures.yaml", ["places", "count"]),
    "column": ("tables.yaml", ["places", "columns"]),
    "choice": ("tables.yaml", ["places", "columns", "state", "choices"]),
    "prose": ("texts.yaml", ["prose"]),
    "quotation": ("texts.yaml", ["quotations"]),
    "definition": ("texts.yaml", ["definitions"]),
    "event": ("texts.yaml", ["timeline"]),
}


@pytest.mark.parametrize("name", NO_BLOCKS)
def test_the_example_of_a_file_is_sound(name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WELLS, tmp_path / "wells"))
    example = yaml.safe_load(KNOWN[name].example)
    file, path = PLACES.get(name, (name.replace("NAME", "one"), []))
    read = yaml.safe_load((folder / file).read_text(encoding="utf-8"))
    inner = read
    for key in path:
        inner = inner[key]
    for key, value in example.items():
        inner[key] = {**inner[key], **value} if name == "tables.yaml" and key in inner else value
    if name == "tables.yaml":
        inner["places"]["columns"] = {**yaml.safe_load((WELLS / file).read_text())["places"]["columns"]}
    (folder / file).write_text(yaml.safe_dump(read, allow_unicode=True), encoding="utf-8")
    assert load_publication(folder).warnings == ()


def with_blocks(folder: Path, brief: str, examples: str) -> Path:
    """The publication with these blocks in a brief, before its sources."""
    file = folder / "briefs" / f"{brief}.yaml"
    head, blocks = file.read_text(encoding="utf-8").split("blocks:\n")
    inserted = "".join(f"  {line}\n" for line in examples.splitlines() if line)
    file.write_text(f"{head}blocks:\n{inserted}{blocks.splitlines()[-1]}\n", encoding="utf-8")
    return folder


def needs_row(kind: str, tmp_path: Path) -> bool:
    """Whether the example of a block is one for a sheet of a row, as `check` says."""
    folder = Path(shutil.copytree(WELLS, tmp_path / f"try-{kind}"))
    try:
        load_publication(with_blocks(folder, "one", KNOWN[f"block {kind}"].example))
    except Problems as found:
        return {problem.kind for problem in found.problems} == {"no-row"}
    return False


def test_all_examples_of_blocks_are_built(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WELLS, tmp_path / "wells"))
    kinds = [kind for kind in BLOCKS if kind not in ("sources", "corrections")]
    for brief, of_row in (("one", False), ("each", True)):
        mine = [kind for kind in kinds if needs_row(kind, tmp_path / brief) is of_row]
        with_blocks(folder, brief, "\n".join(KNOWN[f"block {kind}"].example for kind in mine))
    change(folder / "briefs" / "one.yaml", "pages: 1", "pages: auto")
    run_well("build", "--publication", folder, "--out", tmp_path / "out", "--all")
    page = (tmp_path / "out" / "wells-one.html").read_text(encoding="utf-8")
    assert "The map judges no border." in page
    assert "Wells that were dug" in page


@pytest.mark.parametrize("tag", sorted({*known_languages()} - {"en"}))
def test_what_is_said_is_said_in_every_language(tag: str) -> None:
    file, said = KEY_TEXTS_FOLDER / f"{tag}.po", catalogues.described()
    assert file.read_bytes() == catalogues.written(file, said), "python -m tools.catalogues"
    for one in catalogues.read(file):
        if one.id:
            assert one.string, f"{tag}: {one.id}"
            assert ". " in str(one.string), "a title, a full stop, and what to know"


def test_an_editor_explains_in_english_and_in_the_language_of_the_publication() -> None:
    made = build_schemas(PublicationNames(tag="ps"))["publication.yaml"]["properties"]["series"]
    assert made["title"] == "پورتنۍ کرښه · Series"
    assert made["description"].splitlines()[::2] == [
        "هغه کرښه چې د هرې پاڼې د سرلیک پورته راځي.",
        "The line above the title of each sheet.",
    ]
    english = build_schemas(PublicationNames(tag="en"))["publication.yaml"]["properties"]["series"]
    assert english["title"] == "Series"
