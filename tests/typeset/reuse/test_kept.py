"""What is kept is found again, and stays within its bound."""

from tipbrief.typeset.reuse.kept import Kept


def test_what_is_asked_for_stays_and_what_is_not_goes() -> None:
    kept: Kept[str] = Kept(1000)
    kept.keep("often", "answer", 100)
    for number in range(100):
        kept.keep(number, "other", 100)
        assert kept.find("often", 100) == "answer"
        assert len(kept) <= 10
    assert kept.find(0, 100) is None
    assert kept.find(99, 100) == "other"


def test_what_is_heavier_than_the_half_is_not_kept() -> None:
    kept: Kept[str] = Kept(1000)
    kept.keep("small", "answer", 1)
    kept.keep("large", "answer", 501)
    assert kept.find("large", 501) is None
    assert kept.find("small", 1) == "answer"
