from grace_workers.entrypoints.api.rates import Rates


class Hand:
    """A clock that moves when told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_bucket_holds_a_minutes_worth_and_then_asks_to_wait():
    rates = Rates(Hand())
    assert [rates.wait_for("ann", 3) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert rates.wait_for("ann", 3) == 20.0


def test_a_bucket_fills_evenly_and_never_overflows():
    hand = Hand()
    rates = Rates(hand)
    for _ in range(3):
        rates.wait_for("ann", 3)
    hand.now = 20.0
    assert rates.wait_for("ann", 3) == 0.0
    assert rates.wait_for("ann", 3) > 0
    hand.now = 10_000.0
    assert [rates.wait_for("ann", 3) > 0 for _ in range(4)] == [False, False, False, True]


def test_one_token_does_not_use_up_anothers_rate():
    rates = Rates(Hand())
    assert rates.wait_for("ann", 1) == 0.0
    assert rates.wait_for("ann", 1) > 0
    assert rates.wait_for("bob", 1) == 0.0


def test_what_a_request_costs_beyond_one_unit_is_charged_and_who_is_in_debt_waits():
    hand = Hand()
    rates = Rates(hand)
    assert rates.wait_for("ann", 60) == 0.0
    rates.charge("ann", 60, 79)
    assert rates.wait_for("ann", 60) == 21.0
    hand.now = 21.0
    assert rates.wait_for("ann", 60) == 0.0


def test_a_debt_is_limited_to_a_minutes_worth():
    rates = Rates(Hand())
    rates.charge("ann", 60, 1_000_000)
    assert rates.wait_for("ann", 60) == 61.0
