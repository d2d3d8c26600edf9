"""The help of commands in its reader's language."""

import re

import click
import pytest

from tests.support import run, run_python
from tipbrief.cli import terminal
from tipbrief.cli.help import CATALOGUE_FOLDER
from tipbrief.cli.main import main
from tipbrief.cli.terminal import reader_language
from tools import catalogues

TAGS = ("fa-AF", "fa-IR", "ps")
DARI = {"TIPBRIEF_LANGUAGE": "fa-AF"}


def every(command: click.Command, *words: str) -> list[list[str]]:
    """All commands, each as it is typed."""
    under = command.commands.items() if isinstance(command, click.Group) else ()
    return [[*words], *(one for name, sub in under for one in every(sub, *words, name))]


@pytest.mark.parametrize(
    ("variables", "tag"),
    [
        ({"LANG": "fa_AF.UTF-8"}, "fa-AF"), ({"LANG": "prs"}, "fa-AF"), ({"LANG": "ps_AF"}, "ps"),
        ({"LANG": "fa_IR.UTF-8"}, "fa-IR"), ({"LANG": "fa"}, "fa-IR"), ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"), ({}, "en"), ({"LANG": "fa_AF", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE", "TIPBRIEF_LANGUAGE": "fa-AF"}, "fa-AF"), ({"LANG": "ps", "LC_ALL": ""}, "ps"),
        ({"LANG": "fa_AF.UTF-8", "TIPBRIEF_LANGUAGE": "en"}, "en"),
    ],
)  # fmt: skip
def test_the_language_is_that_of_the_variables(variables: dict[str, str], tag: str) -> None:
    assert reader_language(variables) == tag


@pytest.mark.parametrize("tag", TAGS)
def test_every_paragraph_is_translated_and_keeps_what_is_typed(tag: str) -> None:
    catalogue = catalogues.read(CATALOGUE_FOLDER / f"{tag}.po")
    for english in (*catalogues.CLICK_PHRASES, *catalogues.help_texts(main)):
        message = catalogue.get(english)
        assert message, english
        assert isinstance(message.string, str)
        assert re.search("[\u0600-\u06ff]", message.string), english
        kept = re.findall(r"--\w+|[\w/]+\.(?:po|yaml|json)\b|\b[A-Z]{3,}\b|%\(\w+\)s", english)
        assert [one for one in kept if one not in message.string and one not in ("PDFS", "HTML")] == []


def test_the_catalogues_are_as_the_tool_writes_them() -> None:
    found = catalogues.helped()
    assert {file.stem for file in CATALOGUE_FOLDER.glob("*.po")} == {*TAGS}
    for file in CATALOGUE_FOLDER.glob("*.po"):
        assert file.read_bytes() == catalogues.written(file, found), "run tools/catalogues.py"


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("words", every(main), ids=" ".join)
def test_each_command_says_its_help_in_each_language(words: list[str], tag: str) -> None:
    english, spoken = run(*words, "-h"), run(*words, "--help", TIPBRIEF_LANGUAGE=tag)
    assert (english.exit_code, spoken.exit_code) == (0, 0)
    assert english.stdout.startswith("Usage: ")
    heading = catalogues.read(CATALOGUE_FOLDER / f"{tag}.po").get("Options:")
    assert heading
    wanted, found = english.output.partition("Options:")[2], spoken.output.partition(f"{heading.string}\n")[2]
    option = re.compile(r"^  (?:-\w, )?(--[\w-]+)", re.M)
    assert option.findall(found) == option.findall(wanted), "they stay as they are typed"
    assert "Usage:" not in spoken.output
    assert "\u2068" not in spoken.output, "no terminal: nothing steers it"


def test_dari() -> None:
    said = run("build", "--help", **DARI).output
    assert said.startswith("کاربرد: main build [OPTIONS] [BRIEFS]...\n")
    assert "  --out DIRECTORY\n      پوشه‌ای برای PDF، HTML و manifest.json. [پیش‌فرض: out]\n" in said
    assert "[100<=x<=3500]" in said
    assert "[لازم]" in run("impose", "--help", **DARI).output
    assert "  build\n      از BRIEFS فایل‌های PDF و HTML بسازید" in run("--help", **DARI).output
    assert "  prepare\n" in run("fonts", "--help", **DARI).output


def test_a_terminal_is_told_what_stays_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "is_terminal", lambda **_: True)
    said = run("build", "--help", **DARI).output
    assert said.startswith("کاربرد: \u2068main build [OPTIONS] [BRIEFS]...\u2069\n")
    assert "برای \u2068PDF\u2069، \u2068HTML\u2069 و \u2068manifest.json\u2069. [پیش‌فرض" in said
    assert "\u2068main pictures [OPTIONS] COMMAND [ARGS]...\u2069" in run("pictures", **DARI).output, "not written out"
    assert "\u2068tipbrief --help\u2069" in run(**DARI).output


def test_no_catalogue_is_read_where_no_help_is_shown() -> None:
    script = (
        "import sys\nread = []\n"
        "sys.addaudithook(lambda what, of: read.append(str(of[0])) if what == 'open' else None)\n"
        "from tipbrief.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(any(name.endswith('.po') for name in read))"
    )
    for words, wanted in ((["--version"], "False"), (["--help"], "True")):
        assert run_python("-c", script, *words, **DARI).stdout.splitlines()[-1] == wanted
