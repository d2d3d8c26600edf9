"""Shapes of a drawing: the box around the points of a path, whoever wrote it."""

import pytest

from tipbrief.load.svg_shapes import read_shapes


@pytest.mark.parametrize(
    ("path", "box"),
    [
        ("M1 2l3-4h5v6z", (1, -2, 9, 4)),
        ("M1 2L3 4M9 9m1 1", (1, 2, 3, 4)),  # from the last two starts nothing is drawn
        ("M.5.5-1 2", (-1, 0.5, 0.5, 2)),
        ("M0 0zm5 5h1", (5, 5, 6, 5)),
    ],
)
def test_the_box_of_a_path_is_around_its_points(path: str, box: tuple[float, ...]) -> None:
    (shape,) = read_shapes(f'<path fill="#102030" d="{path}"/>')
    assert (shape.box, shape.colour) == (box, (0x10, 0x20, 0x30))


@pytest.mark.parametrize("path", ["", "M1 2", "M1", "L1 1", "words", "M0 0C1 1", "M0 0 0 0 A0 0 0"])
def test_what_is_no_path_is_no_shape(path: str) -> None:
    assert read_shapes(f'<path d="{path}"/>') == []


def test_a_coordinate_that_is_missing_is_zero_and_what_has_no_size_is_not_drawn() -> None:
    shapes = read_shapes('<rect width="2e1" height=".5"/><rect x="1" y="1" width="0" height="9"/><circle r="3"/>')
    assert [shape.box for shape in shapes] == [(0, 0, 20, 0.5), (-3, -3, 3, 3)]
