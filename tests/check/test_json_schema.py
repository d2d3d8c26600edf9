"""The editors' schema says what `check` says of the shape of a file: it refuses the same, and no more."""

import json
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest
import yaml

from tests.acceptance.test_broken import CASES, lay_out
from tests.support import BASE, GOLDEN, TIP_2025, change, find_faults
from tipbrief.check.blocks import BLOCKS
from tipbrief.check.json_schema import PublicationNames, build_schemas, collect_names, schema_file

# What `check` finds in the shape of a file, and a schema can know.
SHAPE = {
    "wrong-type", "unknown-key", "missing-key", "empty", "unknown-variant", "indentation", "no-choice",
    "no-number", "no-date", "no-text", "form", "too-large", "no-entries",
}  # fmt: skip
# Faults of these kinds that are none of shape: what cells hold, what a file is called, what a source lacks, a
# date that YAML 1.2, by which editors read, takes for a text.
NOT_OF_SHAPE = {
    ("19-misread-by-yaml", "sources.yaml"),
    ("39-count-of-nothing", "figures.yaml"),
    ("40-sum", "figures.yaml"),
    ("80-one-file-name-twice", "briefs/sheet-KEN.yaml"),
    ("151-own-shapes", "briefs/main.yaml"),
    ("190-derived", "figures.yaml"),
}


class Editor(yaml.SafeLoader):
    """Reads YAML as editors do: a date is a text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [one for one in found if not one[0].endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def files_of(folder: Path) -> dict[str, Path]:
    """The files that have a schema, by their names in the publication."""
    found = [*folder.glob("*.yaml"), *folder.glob("briefs/*.yaml")]
    return {path.relative_to(folder).as_posix(): path for path in found}


def refused(folder: Path) -> dict[str, list[str]]:
    """What the schemas refuse in each file; of a file that is no YAML, nothing."""
    made, faults = build_schemas(collect_names(folder)), dict[str, list[str]]()
    for name, path in files_of(folder).items():
        try:
            read = yaml.load(path.read_text(encoding="utf-8"), Loader=Editor)
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        kind = "briefs/NAME.yaml" if name.startswith("briefs/") else name
        value = json.loads(json.dumps(read))
        faults[name] = [one.message for one in jsonschema.Draft7Validator(made[kind]).iter_errors(value)]
    return faults


@pytest.mark.parametrize("folder", [TIP_2025, GOLDEN, BASE], ids=lambda folder: folder.name)
def test_sound_publications_are_accepted(folder: Path) -> None:
    found = refused(folder)
    assert {*found} == {*files_of(folder)}
    assert not any(found.values())


@pytest.mark.parametrize("case", CASES)
def test_it_refuses_the_shapes_that_check_refuses_and_no_others(case: str, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "publication", case)
    found = find_faults(folder)
    names = {problem: problem.file.relative_to(folder).as_posix() for problem in found}
    wrong = {names[one] for one in found if one.severity == "error"}
    misshapen = {names[one] for one in found if one.kind in SHAPE and one.file.suffix == ".yaml"}
    misshapen -= {name for known, name in NOT_OF_SHAPE if known == case}
    by_schema = {name for name, faults in refused(folder).items() if faults}
    assert misshapen <= by_schema <= wrong


def test_the_schemas_are_schemas() -> None:
    for schema in build_schemas(PublicationNames()).values():
        jsonschema.Draft7Validator.check_schema(schema)


def completed(schema: Any) -> set[str]:
    """Everything that an editor offers somewhere in a schema."""
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    here = {*map(str, schema.get("enum", ()))} if isinstance(schema, dict) else set()
    return here.union(*map(completed, parts))


def test_names_of_the_publication_are_completed() -> None:
    made = build_schemas(collect_names(GOLDEN))
    assert {"wells", "newest", "places", "opening", "guest", "state", "dug"} <= completed(made["briefs/NAME.yaml"])
    assert {"survey", "diary", "wells"} <= completed(made["figures.yaml"])
    blocks = made["briefs/NAME.yaml"]["definitions"]["Block"]["anyOf"]
    assert blocks[0] == {"enum": ["corrections", "page"]}
    assert blocks[1]["properties"].keys() == BLOCKS.keys()


def test_names_come_also_of_files_with_faults(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "publication", "72-broken-figures")
    change(folder / "texts.yaml", "quotations:", "quotes:")
    names = collect_names(folder)
    assert not names.by_kind["figure"]
    assert not names.by_kind["quotation"]
    assert [*names.by_kind["source"]] == ["report", "news"]


def test_each_file_has_a_schema_of_its_own() -> None:
    assert [schema_file(name) for name in ("figures.yaml", "briefs/main.yaml")] == [
        "schema/figures.json",
        "schema/brief.json",
    ]
