"""The command `export`: its forms, the documents that it is asked for, and what it says of what it does not know."""

from pathlib import Path

import pytest

from tests.support import GOLDEN, run_badly, run_well


@pytest.mark.parametrize(
    ("words", "endings"),
    [
        ([], ["md", "odt", "spoken.txt", "txt"]),
        (["--as", "markdown"], ["md"]),
        (["--as", "odt, text"], ["odt", "txt"]),
        (["--as", "data"], []),
    ],
)
def test_each_document_has_a_file_in_each_form(words: list[str], endings: list[str], tmp_path: Path) -> None:
    done = run_well("export", "each", "--only", "AFG,PAK", *words, "--publication", GOLDEN, "--out", tmp_path)
    names = {f"wells-each-{key}.{ending}" for key in ("AFG", "PAK") for ending in endings}
    assert {one.name for one in tmp_path.iterdir() if one.is_file()} == names | {"manifest.json"}
    assert (tmp_path / "data").is_dir() == (not words or words[1] == "data")
    assert all(str(tmp_path / name) in done.stdout for name in names)
    again = run_well("export", "each", "--only", "AFG,PAK", *words, "--publication", GOLDEN, "--out", tmp_path)
    assert again.stdout == done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--as", "markdwn,pdf"], ["there is no form 'markdwn'", "did you mean 'markdown'?", "there is no form 'pdf'"]),
        (["wels"], ["there is no brief 'wels'"]),
        (["--language", "ps"], ["is not in Pashto"]),
        (["all", "--only", "AFG"], ["'all' is one document, and has no rows"]),
    ],
)  # fmt: skip
def test_what_it_does_not_know_is_a_problem(words: list[str], said: list[str], tmp_path: Path) -> None:
    done = run_badly("export", *words, "--publication", GOLDEN, "--out", tmp_path / "out")
    assert not [one for one in said if one not in done.output], done.output
    assert not (tmp_path / "out").exists()


def test_an_empty_list_of_forms_is_a_usage_error(tmp_path: Path) -> None:
    done = run_badly("export", "--as", ",", "--publication", GOLDEN, "--out", tmp_path, status=2)
    assert "--as names no form" in done.output
