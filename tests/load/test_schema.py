from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest

from tests.load.support import written
from tipbrief.language.dates import Date
from tipbrief.load.schema import Model, ModelReader, RichText, TextForm
from tipbrief.load.source_text import Text
from tipbrief.load.yaml_nodes import read_yaml
from tipbrief.problems import suggest_nearest


class Shape(Model):
    variants: ClassVar[dict[str, Any]] = {}

    @classmethod
    def load_variant(cls, word: str) -> bool:
        return False

    @classmethod
    def suggest_variant(cls, word: str) -> str:
        return suggest_nearest(word, cls.variants)


class Circle(Shape):
    radius: Decimal
    label: RichText | None = None


class Square(Shape):
    shapes: tuple[Shape, ...]


class Nothing(Shape):
    pass


Shape.variants.update(circle=Circle, square=Square, nothing=Nothing)


class Named(Model):
    id: str
    label: RichText


class Whole(Model):
    title: Text | None = None
    count: int = 0
    share: Decimal | None = None
    day: Date | None = None
    big: bool = False
    side: Literal["left", "right"] = "left"
    ids: tuple[Text, ...] = ()
    named: Mapping[str, Named] | None = None
    where: Mapping[str, Text] | None = None
    shapes: tuple[Shape, ...] = ()
    code: Annotated[Text, TextForm("[a-z]+", "code", "write small letters"), "another mark"] | None = None


def read(tmp_path: Path, text: str, kind: Any = Whole) -> tuple[Any, list[tuple[int, int, str, str]]]:
    reader = ModelReader()
    value = reader.read_model(kind, read_yaml(written(tmp_path, text)), "the file")
    return value, [(p.line, p.column, p.message, p.hint) for p in reader.problems]


def test_everything_that_can_be_read(tmp_path: Path) -> None:
    value, problems = read(
        tmp_path,
        "title: ' عنوان '\ncount: 12\nshare: -1.50\nday: 2025-09\nbig: true\nside: right\nids: one\n"
        "named:\n  a: {label: x}\n  b: {label: y}\nwhere: {tier: '1'}\n"
        "shapes:\n  - circle: 2\n  - square:\n      - circle: {radius: 3, label: z}\n      - nothing\n"
        "code: ab\n",
    )
    assert problems == []
    assert (value.title, value.count, value.share) == ("عنوان", 12, Decimal("-1.50"))
    assert (value.day, value.big, value.side, value.ids) == (Date(2025, 9), True, "right", ("one",))
    assert (value.where, value.code) == ({"tier": "1"}, "ab")
    named = [(name, item.id, item.label) for name, item in value.named.items()]
    assert named == [("a", "a", "x"), ("b", "b", "y")]
    circle, square = value.shapes
    assert (circle.radius, circle.label, circle.location.line) == (2, None, 13)
    assert [type(shape) for shape in square.shapes] == [Circle, Nothing]
    assert isinstance(square.shapes[0].label, RichText)
    assert not isinstance(value.title, RichText)
    assert (value.title.location.line, value.title.location.column) == (1, 8)


def test_what_is_not_given_has_its_default(tmp_path: Path) -> None:
    value, problems = read(tmp_path, "title: x\n")
    assert problems == []
    assert (value.count, value.share, value.ids, value.shapes) == (0, None, (), ())


NUMBER = "write 1234.5: Latin digits, no separators"
EMPTY = "write it (in quotes where it begins with #), or remove the key"
ONE_SHAPE = ("an item of 'shapes' must be one 'name: …'", "known: circle, square, nothing")
BRACE = "put a text that begins with {, [ or - into quotes"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title: 1.5", (1, 8, "'title' is a text, but YAML reads 1.5 without quotes as a number",
                        "write '1.5' in quotes")),
        ("title: =", (1, 8, "'title' is a text, but YAML does not read = as a text", "write '=' in quotes")),
        ("title: ' '", (1, 8, "'title' is empty", EMPTY)),
        ("title: {a: b}", (1, 1, "'title' is a text, not a list or mapping", BRACE)),
        ("title: [a]", (1, 8, "'title' is a text, not a list or mapping", BRACE)),
        ("count: '12'", (1, 8, "'count' is a whole number, not '12'", "write 12, without quotes")),
        ("count:", (1, 7, "'count' is a whole number, not ''", "write it in Latin digits, such as 2")),
        ("share: .inf", (1, 8, "'share' is a number, not '.inf'", NUMBER)),
        ("share: 12:30", (1, 8, "'share' is a number, not '12:30'", NUMBER)),
        ("share: 1.0e+999999999", (1, 8, "'share' is a number, not '1.0e+999999999'", NUMBER)),
        ("day: [2025]", (1, 6, "'day' is a date, not a list or mapping", "write 2025-09-29")),
        ("big: [true]", (1, 6, "'big' is true or false", "")),
        ("side: [left]", (1, 7, "'side' is one of left, right", "")),
        ("ids: [a, 1]", (1, 10, "an item of 'ids' is a text, but YAML reads 1 without quotes as a number",
                         "write '1' in quotes")),
        ("ids:", (1, 5, "an item of 'ids' is empty", EMPTY)),
        ("named: [a]", (1, 8, "'named' must hold 'name: …' entries", "")),
        ("named:\n  a: x", (2, 6, "'a' must hold 'key: value' lines", "it needs 'label'")),
        ("named:\n  a:\n    {}", (2, 3, "'a': the key 'label' is missing", "it needs 'label'")),
        ("named: {a: {label: x, id: b}}", (1, 23, "'a': the key 'id' is not known", "known: label")),
        ("shapes:\n  - nothing:", (2, 5, "'nothing' has no parts", "write '- nothing' alone")),
        ("shapes:\n  -", (2, 4, *ONE_SHAPE)),
        ("shapes:\n  - []", (2, 5, *ONE_SHAPE)),
        ("shapes:\n  - {}", (2, 5, *ONE_SHAPE)),
    ],
)  # fmt: skip
def test_what_cannot_be_read(tmp_path: Path, text: str, problem: tuple[int, int, str, str]) -> None:
    _, problems = read(tmp_path, text + "\n")
    assert problems == [problem]


def test_a_text_of_another_form_is_a_fault_and_still_read(tmp_path: Path) -> None:
    value, problems = read(tmp_path, "code: Ab\n")
    assert (value.code, problems) == ("Ab", [(1, 7, "'Ab' is no code", "write small letters")])


def test_a_missing_key_stands_where_the_mapping_is_named(tmp_path: Path) -> None:
    problems = [(2, 1, "the file: the key 'id' is missing", "it needs 'label'")]
    assert read(tmp_path, "# comment\nlabel: x\n", Named) == (None, problems)


def test_all_faults_are_found_in_one_reading(tmp_path: Path) -> None:
    value, problems = read(tmp_path, "titel: x\ncount: x\nbig: x\nshapes:\n  - circle: x\n  - squar\n")
    assert value is None
    assert [line for line, *_ in problems] == [1, 2, 3, 5, 6]


def test_a_faulty_shape_leaves_the_others(tmp_path: Path) -> None:
    value, problems = read(tmp_path, "shapes:\n  - circle: 1\n  - circle: x\n  - square: [circle: 2, circle: y]\n")
    assert len(problems) == 2
    assert [type(shape) for shape in value.shapes] == [Circle, Square]
    assert len(value.shapes[1].shapes) == 1


def test_a_faulty_named_entry_leaves_the_others_but_a_faulty_value_does_not(tmp_path: Path) -> None:
    value, _ = read(tmp_path, "named:\n  a: {label: 1}\n  b: {label: x}\n")
    assert list(value.named) == ["b"]
    assert read(tmp_path, "where: {a: 1, b: x}\n")[0] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("share: " + "9" * 19, "'share' is a number of at most 18 digits"),
        ("share: -0." + "1" * 100_000, "'share' is a number of at most 18 digits"),
        ("title: " + "x" * 50_001, "'title' has more than 50,000 letters"),
    ],
)
def test_no_number_and_no_text_is_without_end(tmp_path: Path, text: str, message: str) -> None:
    [(_, _, said, _)] = read(tmp_path, text)[1]
    assert said.startswith(message)


def test_the_missing_keys_of_one_item_are_one_fault(tmp_path: Path) -> None:
    class Three(Model):
        a: Text
        b: Text
        c: Text
        d: Text

    assert [fault[2] for fault in read(tmp_path, "b: x", Three)[1]] == [
        "the file: the keys 'a', 'c' and 'd' are missing"
    ]
