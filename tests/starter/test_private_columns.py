"""``new`` proposes what not everybody may read as private, and prints none of it; honest tables stay public."""

import csv
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tests.starter.form_exports import FORMS, HONEST, PROPOSED, columns_of, fill_in
from tests.support import contents, pdf_text, run_well
from tipbrief.check.publication import load_publication
from tipbrief.cli.main import main
from tipbrief.language.language import PRIVATE_WORDS, read_data_file
from tipbrief.starter.private_columns import find_private_columns

SEEDS = range(5)


def write_form(folder: Path, form: str, rows: int = 8) -> Path:
    columns = fill_in(form, rows)
    file = folder / "form.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return file


def private_cells(form: str, rows: int = 8) -> set[str]:
    """The cells of a form that must be private, but for those that a public column has, too."""
    columns = fill_in(form, rows)
    private = {header for header, _, is_private in columns_of(form) if is_private}
    public_cells = {cell for header in columns.keys() - private for cell in columns[header]}
    return {cell for header in private for cell in columns[header] if len(cell) > 4} - public_cells


@pytest.mark.parametrize("name", FORMS)
def test_what_a_form_tells_of_people_is_private(name: str) -> None:
    expected = {header for header, _, is_private in columns_of(FORMS[name]) if is_private}
    for seed in SEEDS:
        assert {*find_private_columns(fill_in(FORMS[name], seed=seed))} == expected


@pytest.mark.parametrize("name", HONEST)
def test_a_public_table_stays_public(name: str) -> None:
    for seed in SEEDS:
        assert find_private_columns(fill_in(HONEST[name], seed=seed)) == {}


@pytest.mark.parametrize("name", PROPOSED)
def test_of_offices_only_telephones_and_addresses_of_mail_are_proposed(name: str) -> None:
    expected = {header for header, _, is_private in columns_of(PROPOSED[name]) if is_private}
    found = find_private_columns(fill_in(PROPOSED[name]))
    assert {*found} == expected
    assert {*found.values()} <= {"phone numbers", "e-mail addresses"}


@pytest.mark.parametrize("name", ["kobo", "ona", "needs in dari", "identity in pashto", "case management", "geometry"])
def test_no_private_cell_is_in_a_file_or_a_line_but_the_table(name: str, tmp_path: Path) -> None:
    file = write_form(tmp_path, FORMS[name])
    secrets = private_cells(FORMS[name])
    folder, out, extracted = tmp_path / "mine", tmp_path / "out", tmp_path / "extracted"

    lines = run_well("new", folder, "--language", "en", "--from", file).output
    lines += run_well("build", "--all", "--publication", folder, "--out", out).output
    for pdf in out.glob("*.pdf"):
        lines += pdf_text(pdf)
        run_well("inspect", pdf, "--extract", extracted / pdf.stem)

    assert load_publication(folder).warnings == ()
    texts = [content for name, content in contents(folder).items() if not name.startswith("tables/")]
    texts += [*contents(out).values(), *contents(extracted).values(), lines.encode()]
    for secret in secrets:
        assert not any(secret.encode() in text for text in texts), secret


@pytest.mark.parametrize("name", [*FORMS, *PROPOSED])
def test_a_private_column_names_no_row_and_no_file(name: str, tmp_path: Path) -> None:
    form = {**FORMS, **PROPOSED}[name]
    run_well("new", tmp_path / "mine", "--language", "en", "--from", write_form(tmp_path, form))
    spec = load_publication(tmp_path / "mine").tables["form"].spec
    assert spec.private_columns == {header for header, _, is_private in columns_of(form) if is_private}
    assert spec.private_columns.isdisjoint({*spec.key, spec.name_column})


def test_it_is_said_in_one_line_and_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_form(tmp_path, FORMS["beneficiaries"])
    words = ["new", str(tmp_path / "mine"), "--language", "en", "--from", str(file)]
    line = (
        "private, and printed on no sheet: names of people: 'Beneficiary name'; identity numbers: 'Tazkira No'; "
        "phone numbers: 'Mobile'\n"
    )

    monkeypatch.setattr("tipbrief.cli.authoring_commands.is_interactive", lambda: True)
    done = CliRunner().invoke(main, words, input="n\ny\n")
    public = load_publication(tmp_path / "mine").tables["form"].spec
    kept = CliRunner().invoke(main, [words[0], str(tmp_path / "kept"), *words[2:]], input="y\ny\n")
    private = load_publication(tmp_path / "kept").tables["form"].spec

    assert line in done.output
    assert "Keep them private? [Y/n]: n\n" in done.output
    assert public.private_columns == set()
    assert kept.exit_code == 0
    assert private.private_columns == {"Beneficiary name", "Tazkira No", "Mobile"}


def test_without_somebody_to_answer_they_are_private(tmp_path: Path) -> None:
    file = write_form(tmp_path, FORMS["beneficiaries"])
    for words in ([], ["--yes"]):
        folder = tmp_path / f"mine{len(words)}"
        run_well("new", folder, "--from", file, *words)
        columns = yaml.safe_load((folder / "tables.yaml").read_text(encoding="utf-8"))["form"]["columns"]
        assert columns["Mobile"]["private"] is True


def test_a_row_that_is_left_out_is_not_quoted(tmp_path: Path) -> None:
    rows = "Respondent,Phone,n\nGul Ahmad,0700123456,3\nZarmina,0700123457,4\nKarim,0700123458,5\nTotal,,12\n"
    (tmp_path / "form.csv").write_text(rows, encoding="utf-8")
    lines = run_well("new", tmp_path / "mine", "--language", "en", "--from", tmp_path / "form.csv").output
    assert "row 5 is left out, a total: •••\n" in lines
    assert "Gul Ahmad" not in lines


def test_a_translation_of_a_private_column_is_private(tmp_path: Path) -> None:
    rows = "hh,Respondent,Respondent.ps,n\nH1,Gul Ahmad,ګل احمد,3\nH2,Zarmina,زرمینه,4\nH3,Karim,کریم,5\n"
    (tmp_path / "form.csv").write_text(rows, encoding="utf-8")
    run_well("new", tmp_path / "mine", "--language", "en", "--from", tmp_path / "form.csv")
    spec = load_publication(tmp_path / "mine").tables["form"].spec
    assert spec.private_columns == {"Respondent", "Respondent.ps"}


def test_the_words_are_there_once_and_every_kind_can_be_found() -> None:
    words = read_data_file(PRIVATE_WORDS)
    found = {kind for form in FORMS.values() for kind in find_private_columns(fill_in(form)).values()}
    assert found == {*words["kinds"]} - {"names"}
    for kind, lists in words["kinds"].items():
        for known in lists.values():
            assert len(known) == len({*known}), kind
