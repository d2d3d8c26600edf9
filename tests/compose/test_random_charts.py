"""Charts over random tables: what is drawn is what the numbers say, in each language, paper and profile."""

import random
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.random_charts import RandomCharts
from tipbrief.compose.axes import Scale, TimeAxis, round_step, spread_labels
from tipbrief.language.language import load_language
from tipbrief.pipeline.run import build_documents
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems

# A chart that has no room says so: no other refusal is right.
_REFUSALS = ("no room is left for the bars", "has no number", "overlap", "have no room beside their numbers")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(400, 412))
def test_each_chart_is_drawn_as_its_numbers_say_or_says_why_not(tmp_path: Path, seed: int) -> None:
    """Verification compares all lengths, heights, places and colours on the page with the numbers within 1 %."""
    RandomCharts(tmp_path, seed).write()
    chosen = random.Random(seed)
    form = {"profile": chosen.choice(["office", "grey", "large"]), "paper": chosen.choice(["a4", "a5", "letter"])}
    try:
        session = Session.open(tmp_path, **form)
        build_documents(session, [*session.documents], tmp_path / "out")
    except Problems as raised:
        errors = [one for one in raised.problems if one.severity == "error"]
        assert all(any(words in one.message for words in _REFUSALS) for one in errors), "\n".join(map(str, errors))
        assert all(one.line or "the chart «" in one.message for one in errors), "the chart is named"


def test_scales_hold_their_numbers_and_have_few_round_steps() -> None:
    chosen = random.Random(1)
    for _ in range(2_000):
        size = Decimal(10) ** chosen.randint(-9, 15)
        values = [Decimal(chosen.randint(-999, 999)) * size for _ in range(chosen.randint(1, 9))]
        scale = Scale.around(values)
        assert scale.low <= min(0, *values) <= max(0, *values) <= scale.high
        assert 1 <= len(scale.steps) <= 6
        assert all(scale.low <= step <= scale.high for step in scale.steps)
        assert Decimal(0) in scale.steps
        step = round_step(scale.high - scale.low, 4)
        assert step.normalize().as_tuple().digits in ((1,), (2,), (5,))


def test_labels_keep_apart_near_to_their_places() -> None:
    chosen = random.Random(2)
    for _ in range(2_000):
        least = chosen.uniform(1, 25)
        wanted = [chosen.uniform(0, 100) for _ in range(chosen.randint(1, 4))]
        placed = spread_labels(wanted, least)
        ordered = sorted(placed)
        assert all(b - a >= least - 1e-9 for a, b in pairwise(ordered))
        assert max(placed) <= 100
        assert sorted(range(len(wanted)), key=wanted.__getitem__) == sorted(range(len(wanted)), key=placed.__getitem__)
        if all(abs(a - b) >= least for n, a in enumerate(wanted) for b in wanted[:n]):
            assert placed == pytest.approx(wanted)


def test_labels_of_times_have_room_and_are_at_their_times() -> None:
    chosen = random.Random(3)
    for _ in range(1_000):
        start, step = chosen.randint(1300, 2000), chosen.choice((1, 1, 5, 10, 0.25))
        times = sorted({start + step * n for n in range(chosen.randint(1, 80)) if chosen.random() < 0.9} or {start})
        axis = TimeAxis.of({float(time): str(int(time)) for time in times})
        digit = chosen.choice((1.35, 2.7))
        ticks = axis.choose_ticks(0, digit)
        places = [tick.at for tick in ticks]
        assert all(b - a >= digit * 5 - 0.02 for a, b in pairwise(places))
        assert places[-1] == axis.place(times[-1]), "the last time is always named"
        gaps = [b - a for a, b in pairwise(times)]
        drawn = [axis.place(b) - axis.place(a) for a, b in pairwise(times)]
        scale = sum(drawn) / sum(gaps) if gaps else 0
        assert drawn == pytest.approx([scale * gap for gap in gaps], abs=0.02)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0", "0"), ("9999", "9,999"), ("10000", "10 thousand"), ("2100000", "2.1 million"), ("-1234567", "−1.23 million"),
     ("3400000000", "3.4 billion"), ("999999", "1 million"), ("0.05", "0.05"), ("7e12", "7 trillion")],
)  # fmt: skip
def test_numbers_beside_a_drawing_are_short(value: str, shown: str) -> None:
    assert load_language("en").compact(Decimal(value)) == shown
