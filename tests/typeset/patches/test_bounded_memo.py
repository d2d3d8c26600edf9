"""What is kept is found again, and stays within its bound."""

from tipbrief.typeset.patches.bounded_memo import BoundedMemo


def test_what_is_asked_for_stays_and_what_is_not_goes() -> None:
    kept = BoundedMemo(1000)
    kept.add_value("often", "answer", 100)
    for number in range(100):
        kept.add_value(number, "other", 100)
        assert kept.find_value("often") == "answer"
        assert len(kept) <= 10
    assert kept.find_value(0) is None
    assert kept.find_value(99) == "other"
    kept.add_value("large", "answer", 501)
    assert kept.find_value("large") is None, "it is heavier than the half"
    assert kept.find_value("often") == "answer"
