"""Messages in their reader's language."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain, zip_longest
from pathlib import Path

import pytest

from tests.acceptance.test_broken import lay_out
from tests.support import run, run_python
from tipbrief.cli import terminal
from tipbrief.cli.terminal import MESSAGE_FOLDER
from tipbrief.language.language import MessageTranslator
from tools import catalogues, messages

TAGS = ("fa-AF", "fa-IR", "ps")
DARI = {"TIPBRIEF_LANGUAGE": "fa-AF"}
FSI, PDI = "\u2068", "\u2069"
VALUE = re.compile(r"%\((\w+)\)s")
# What is typed, or a name: in quotes and brackets, options, addresses, commands, files, keys, words in capitals.
TYPED = re.compile(
    r"'[^']*'|\"[^\"]*\"|«[^»]*»|\[[^\]]*\]|\{[^}]*\}|<[^>]*>|--[\w-]+|https?://\S*|U\+\w+|0x\S*|"
    r"\b(?:tipbrief|pip|apt-get|dnf|brew|pacman|chmod|dask|fonttools)(?: [\w./-]+)*|"
    r"[\w/.-]*[/._=@-][\w/.-]*|\b[A-Za-z_]+:(?: ?[\w'\[{-]+)?|\b[A-Z][\w-]*"
)
# Keys, values and terms of other programs that stand in no quotes.
TERMS = frozenset(
    re.findall(
        r"\w+",
        "alt array block bold clean content correct counted derived dir escape false feature fina float from fsType "
        "fuzzy grey import init install manifest mark medi merge msgid msgstr name number object one position prepare "
        "prose reported sha sheet site starttls status tab tcp tls transform translate true url var veraPDF viewBox "
        "worker",
    )
)

# Names in tests/broken, and of blocks, that messages list without quotes.
NAMES_IN_BROKEN_INPUTS = frozenset(
    re.findall(
        r"\w+",
        "bars choice circle code endless exact first governments iso key lead lines map minister month news note "
        "nothing pattern pictogram report ring share sources strip text tier victims words world year years zero",
    )
)


@cache
def translator(tag: str) -> MessageTranslator:
    return MessageTranslator(MESSAGE_FOLDER / f"{tag}.po")


def english_words(text: str) -> list[str]:
    """The English words of a translation that nobody types and that are no names."""
    plain = TYPED.sub(" ", VALUE.sub("X", re.sub(f"[{FSI}{PDI}]", "", text)))
    return [word for word in re.findall("[A-Za-z]{3,}", plain) if word not in TERMS]


def corpus() -> Iterator[str]:
    """Messages and hints that docs/reference/messages.md lists: those of all broken inputs."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "messages.md"
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| message |"):
            cells = re.split(r"(?<!\\) \| ", line[2:-2])
            yield from (re.sub(r"\\([^\w\"])|\\(_)", r"\1\2", cell).removeprefix("warning: ") for cell in cells)


@pytest.mark.parametrize("tag", TAGS)
def test_every_message_is_translated_and_keeps_its_values(tag: str) -> None:
    catalogue = catalogues.read(MESSAGE_FOLDER / f"{tag}.po")
    assert catalogues.untranslated(tag) == [], f"python -m tools.catalogues {tag} lists them"
    for english in messages.find_messages():
        own = str(catalogue[english].string)
        assert sorted(VALUE.findall(own)) == sorted(VALUE.findall(english)), english
        assert not english_words(own), (english, own)


def test_the_catalogues_are_as_the_tool_writes_them() -> None:
    found = catalogues.reported()
    assert {file.stem for file in MESSAGE_FOLDER.glob("*.po")} == {*TAGS}
    for file in MESSAGE_FOLDER.glob("*.po"):
        assert file.read_bytes() == catalogues.written(file, found), "run tools/catalogues.py"


@pytest.mark.parametrize("tag", TAGS)
def test_each_message_is_found_whatever_its_values(tag: str) -> None:
    for english in messages.find_messages():
        names = [f"N{place}{'۱' * place}" for place, _ in enumerate(VALUE.findall(english), 1)]
        pieces = VALUE.split(english.replace("%%" if names else "\0", "%"))[::2]
        said = "".join(chain(*zip_longest(pieces, names, fillvalue="")))
        own = translator(tag).translate(said)
        if "%(rest)s" in english or (own == said and " " not in english):  # it only joins messages; it is typed
            continue
        assert own != said, english
        assert all(value in own for value in names), (english, own)
        outside = re.sub(f"{FSI}[^{FSI}{PDI}]*{PDI}", "", own)
        assert not re.search("[A-Za-z]{2}", outside), (english, own)
        assert not english_words(re.sub(r"N\d۱*", " ", own)), (english, own)


def test_nothing_of_the_broken_inputs_is_told_in_english() -> None:
    texts = [*corpus()]
    assert len(texts) > 500
    for text in texts:
        own = translator("fa-AF").translate(text)
        assert {*english_words(own)} <= NAMES_IN_BROKEN_INPUTS, (text, own)


@pytest.mark.parametrize(
    ("english", "dari"),
    [
        ("there are 3 publications under ./data", "زیر ./data شمار نشریه‌ها 3 است"),
        # A message in another; two of them; what was cut into parts.
        ("the shape 'X' cannot be drawn: it has more than 5 pixels", "شکل «X» کشیده نمی‌شود: بیش از 5 پیکسل دارد"),
        ("start later; put it into quotes", "پس‌تر آغاز کنید؛ آن را در گیومه بگذارید"),
        ("figures.yaml: start later (put it into quotes)", "figures.yaml: پس‌تر آغاز کنید (آن را در گیومه بگذارید)"),
        ("No such command 'x'. Did you mean 'y'?", "فرمان 'x' نیست. آیا مقصودتان 'y' است؟"),
        ("a b takes more than 5 s of computing", "a b بیش از 5 ثانیه محاسبه می‌خواهد"),
        # Words of ours as values, and names that look like them.
        ("'x' is a number, not 'y'", "«x» عدد است، نه «y»"),
        ("'x' is a year, not 'number'", "«x» سال است، نه «number»"),
        ("known: date, number, row", "شناخته: date, number, row"),
        ("row              12 documents, one for each row of 'x'", "row              12 سند، یکی برای هر سطر «x»"),
        ("there is no table 'text'", "جدول «text» نیست"),
        ("type: number", "type: number"),
        ("the header has commas and tabs: which of them part the columns?",
         "سرستون‌ها ویرگول و tab دارد: کدام یک ستون‌ها را جدا می‌کند؟"),
        ("nobody ever said this before: at all", "nobody ever said this before: at all"),
        ("50 % and (more; or less", "50 % and (more; or less"),
        ("", ""), (" ", " "),
    ],
)  # fmt: skip
def test_values_stay_as_they_are(english: str, dari: str) -> None:
    assert re.sub(f"[{FSI}{PDI}]", "", translator("fa-AF").translate(english)) == dari


def test_each_value_is_isolated() -> None:
    own = translator("fa-AF").translate("the table 'x' has no row 'a/b'; add 'label: …'")
    assert own == f"جدول «{FSI}x{PDI}» سطر «{FSI}a/b{PDI}» ندارد؛ بیفزایید: {FSI}'label{PDI}: …'"


def test_check_speaks_and_says_the_same(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "publication", "72-broken-figures")
    words = ("check", "--publication", folder)
    english, dari = run(*words), run(*words, **DARI)
    assert dari.exit_code == english.exit_code == 1
    (where, line, hint, count) = dari.stderr.splitlines()
    assert where == f"{folder}/figures.yaml:2:8: ': ' جایی آمده است که انتظار آن نیست"
    assert line == english.stderr.splitlines()[1], "a line of a file stays as it is"
    assert (hint[:15], count) == ("    راهنمایی: م", "1 مشکل")
    assert FSI not in dari.stderr, "no terminal: nothing steers it"
    as_json = (*words, "--format", "json")
    assert run(*as_json, **DARI).output == run(*as_json).output


def test_a_terminal_is_told_what_stays_in_its_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(terminal, "is_terminal", lambda **_: True)
    assert f"در «{FSI}{tmp_path}{PDI}» نشریه‌ای نیست" in run("check", "--publication", tmp_path, **DARI).stderr


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["chek"], "خطا: فرمان 'chek' نیست. آیا مقصودتان 'check' است؟"),
        (["build", "--foo"], "خطا: گزینۀ '--foo' نیست."),
        (["build", "--png", "5"], "خطا: مقدار '--png' درست نیست: 5 در محدودۀ 100<=x<=3500 نیست"),
        (["build", "--shard", "5"], "خطا: --shard می‌گوید کدام یک از چند تا: مانند --shard 3/16"),
        (["correct", "a"], "خطا: «a» مقدار ندارد: FIGURE VALUE را جفت‌جفت بدهید"),
        (["new"], "خطا: 'DIR' کم است"),
    ],
)
def test_usage_errors(words: list[str], wanted: str) -> None:
    english, dari = run(*words), run(*words, **DARI)
    assert dari.exit_code == english.exit_code == 2
    usage, tried, _, error = dari.stderr.splitlines()[:4]
    assert usage.startswith("کاربرد: main ")
    assert tried.startswith("راهنما: 'main ")
    assert error.startswith(wanted)


def test_topics_of_help() -> None:
    dari = run("help", "block", "years", **DARI).output
    assert dari.startswith("block years\nهر سال چقدر؟ ستون‌ها")
    assert "\ntable          جدول (نام جدول؛ لازم است)\n" in dari, "what is typed stays as it is"
    assert dari.partition("\nنمونه:\n")[2] == run("help", "block", "years").output.partition("\nfor example:\n")[2]
    names = re.compile(r"^(?:block )?[\w./]+", re.M)
    assert names.findall(run("help", **DARI).output)[:-1] == names.findall(run("help").output)[:-1]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a  1 → 2", "a  1 → 2"),
        ("a  کابل → هرات", "a  کابل \u200e→\u200e هرات"),
        ("الف  کابل → Herat", "الف  کابل \u200f←\u200f Herat"),
    ],
)
def test_old_and_new_keep_their_order(line: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_lines(line)
    assert capsys.readouterr().out == f"{shown}\n"


def test_only_what_is_printed_in_another_language_reads_a_catalogue() -> None:
    script = (
        "import sys\nread = []\n"
        "sys.addaudithook(lambda what, of: read.append(str(of[0])) if what == 'open' else None)\n"
        "from tipbrief.cli.main import main\n"
        "try:\n    main(['help', 'nothing'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in read if 'message_catalogues' in name])"
    )
    assert run_python("-c", script).stdout.splitlines()[-1] == "[]"
    assert "fa-AF.po" in run_python("-c", script, TIPBRIEF_LANGUAGE="fa-AF").stdout.splitlines()[-1]
