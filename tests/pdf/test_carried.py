"""What a PDF carries comes out again, into its folder and nowhere else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.pdf.pages import DAY, attach, bomb, carrying, changed, doubled, sources_in
from tests.support import TIP_2025, run
from tests.support import contents as files_in
from tipbrief.pdf import pdf_draft
from tipbrief.pdf.attachments import BUILD_INFO_FILE, Attachment, data_hash, list_attachments, read_dataset
from tipbrief.pdf.embedded_files import MAX_ATTACHMENTS, read_provenance, unpack_publication
from tipbrief.problems import Problems

PDF = Path("a.pdf")
EDITION = {"publication": "tip-2025", "brief": "world", "number": 1, "code": "aab0"}


@pytest.fixture(scope="module")
def ours(bare: bytes) -> bytes:
    """A PDF as a build writes it, with all facts of an edition."""
    carried = list_attachments(read_dataset(TIP_2025), {"tipbrief": "0"}, EDITION, "{}")
    return pdf_draft.attach_files(bare, carried, DAY)


def with_file(pdf: bytes, name: str, data: bytes = b"evil", **entries: Any) -> bytes:
    return changed(pdf, lambda document: attach(document, name, data, **entries))


def test_the_dataset_comes_back(archived: bytes, ours: bytes, attachments: list[Attachment], tmp_path: Path) -> None:
    carried = sources_in(archived)
    assert carried == {item.name: item.data for item in attachments}
    facts = json.loads(carried[BUILD_INFO_FILE])
    assert facts["versions"] == {"tipbrief": "0", "WeasyPrint": "70.0"}
    assert facts["data"] == data_hash(tuple(item for item in attachments if item.name != BUILD_INFO_FILE))
    for _ in range(2):  # the same again is no fault
        written = unpack_publication(read_provenance(ours, PDF), tmp_path / "new")
        unpacked = {str(path.relative_to(tmp_path / "new")): path.read_bytes() for path in written}
        assert unpacked == sources_in(ours)
    for name in ("publication.yaml", "briefs/world.yaml", "tables/history.csv"):
        assert carried[name] == (TIP_2025 / name).read_bytes()


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/tmp/evil", "C:evil", "a\\..\\evil", "..", "a//b", ".hidden", "nul"]
)
def test_nothing_escapes_the_folder(ours: bytes, name: str) -> None:
    with pytest.raises(Problems, match="cannot be carried"):
        read_provenance(with_file(ours, name), PDF)


LEFT_OUT = "left out {name}: no publication holds such a file\n"
TEMPLATES = "note: templates of its own are in {out}: read them before you build\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [("templates/css/print.css", TEMPLATES), *((name, LEFT_OUT) for name in (
        "click.py", "Makefile", "conftest.py", "pyproject.toml", "__init__.py", "sitecustomize.py",
        "setup.cfg", "templates/x.py", "templates/Makefile", "templates", "tables/x.py", "x.yaml",
        "briefs/deeper/x.yaml", "tables/deeper/x.csv", "publication.yaml/x.yaml", "x/publication.yaml",
        "ledger/0001.json", "index.html",
    ))],
)  # fmt: skip
def test_what_no_publication_holds_is_left_out_and_templates_are_announced(
    ours: bytes, name: str, said: str, tmp_path: Path
) -> None:
    file, out = tmp_path / "a.pdf", tmp_path / "out"
    file.write_bytes(with_file(ours, name))
    done = run("inspect", file, "--extract", out)
    assert (done.exit_code, done.stderr) == (0, said.format(name=name, out=out))
    assert files_in(out) == sources_in(ours) | ({name: b"evil"} if said == TEMPLATES else {})


@pytest.mark.parametrize("there", ["click.py", "tables/other.csv", "tables", "figures.yaml", "link/x"])
def test_only_a_new_or_empty_folder_is_filled(ours: bytes, there: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "outside").mkdir()
    if there == "link/x":
        (tmp_path / "in" / "link").symlink_to(tmp_path / "outside")
    path = tmp_path / "in" / there
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = files_in(tmp_path)
    with pytest.raises(Problems, match=f"the folder is not empty: it has '{there.removesuffix('/x')}'"):
        unpack_publication(read_provenance(ours, PDF), tmp_path / "in")
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("name", ["tables/HISTORY.csv", "Tables/a.csv", "templates/a.css/b.css", "figures.yaml"])
def test_two_names_that_become_one_are_told(ours: bytes, name: str) -> None:
    more = with_file(with_file(ours, name), "templates/a.css")
    if name == "Tables/a.csv":  # of no publication, and left out
        assert name not in read_provenance(more, PDF).publication_files
        return
    with pytest.raises(Problems, match=r"two files of one name|what no publication has"):
        read_provenance(more, PDF)


def streams(**entries: Any) -> Callable[[bytes], bytes]:
    return lambda pdf: with_file(pdf, "tables/x.csv", entries.pop("data", b"abc"), **entries)


def with_names(change: Callable[[Any], object]) -> Callable[[bytes], bytes]:
    def change_tree(document: pikepdf.Pdf) -> None:
        document.Root.Names.EmbeddedFiles = document.make_indirect(document.Root.Names.EmbeddedFiles)
        change(document.Root.Names.EmbeddedFiles)

    return lambda pdf: changed(pdf, change_tree)


def in_a_circle(names: Any) -> None:
    names.Kids = Array([names])


def many_times(pdf: bytes) -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        document.Root.Names.EmbeddedFiles = doubled(document, "/Kids", Dictionary(Names=Array()))

    return changed(pdf, change)


def too_many(pdf: bytes) -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        file = document.Root.Names.EmbeddedFiles.Names[1]
        names = (part for number in range(MAX_ATTACHMENTS + 1) for part in (String(f"{number}"), file))
        document.Root.Names.EmbeddedFiles = Dictionary(Names=Array(names))

    return changed(pdf, change)


@pytest.mark.parametrize(
    "damage",
    [
        streams(Filter=Name.Garbage), streams(Filter=Name.FlateDecode), streams(Filter=Name.DCTDecode),
        streams(Filter=Name.LZWDecode), streams(Filter=Name.RunLengthDecode), streams(Filter=3),
        streams(Filter=Array([Name.FlateDecode] * 100)), streams(Filter=Array([Dictionary(), 3])),
        streams(data=bomb(100_000_000), Filter=Name.FlateDecode),
        lambda pdf: with_file(pdf, "tables/x.csv", bytes(21_000_000)),
        lambda pdf: with_file(pdf, "templates/" + "a/" * 200 + "x.css"),
        with_names(lambda names: names.Names.append(7)), with_names(lambda names: names.Names.append(None)),
        with_names(lambda names: names.update({"/Names": 5})), with_names(in_a_circle), many_times, too_many,
        with_names(lambda names: names.Names[1].update({"/EF": 5})),
        with_names(lambda names: names.Names[1].EF.update({"/F": 5, "/UF": Dictionary()})),
        lambda pdf: changed(pdf, lambda document: document.Root.update({"/Names": 5})),
        lambda pdf: changed(pdf, lambda document: document.Root.Names.update({"/EmbeddedFiles": 5})),
    ],
)  # fmt: skip
def test_broken_attachments_are_a_problem_of_the_file(ours: bytes, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Problems) as told:
        read_provenance(damage(ours), PDF)
    assert [problem.file for problem in told.value.problems] == [PDF]


def facts(**edition: Any) -> str:
    return json.dumps({"data": "0", "versions": {}, "edition": EDITION | edition})


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000, '{"edition":' + '{"a":' * 100_000, "null", "[]", '"x"', b"\xff\xfe{",
        facts(brief="\ud800"), facts(number="1"), facts(number=[1]), facts(number=-1), facts(number=True),
        facts(number=10**9), facts(number=1).replace("1,", "9" * 5000 + ","), facts(number=float("nan")),
        facts(code=["a"]), facts(brief={"a": 1}), facts(publication="\x1b[2J"), facts(code="\u202e0baa"),
        facts(brief="x" * 10_000), facts().replace('"versions": {}', '"versions": [1]'),
        facts().replace('"versions": {}', '"versions": {"\\u001b": "1"}'),
        facts().replace("{}", json.dumps({str(number): "1" for number in range(1000)})),
    ],
)  # fmt: skip
def test_facts_of_any_shape_are_no_facts(ours: bytes, text: str | bytes) -> None:
    def change(document: pikepdf.Pdf) -> None:
        names = document.Root.Names.EmbeddedFiles.Names
        (at,) = (index for index in range(0, len(names), 2) if str(names[index]) == BUILD_INFO_FILE)
        data = text if isinstance(text, bytes) else text.encode()
        names[at + 1].EF.F = names[at + 1].EF.UF = document.make_stream(data)

    with pytest.raises(Problems, match="carries no dataset of tipbrief"):
        read_provenance(changed(ours, change), PDF)


def test_the_files_of_another_program_are_no_dataset() -> None:
    with pytest.raises(Problems, match="carries no dataset of tipbrief"):
        read_provenance(carrying("tables/t.csv"), PDF)
