from grace_workers.coding.engines.optimising.speed import Speed, measured


class Told:
    """A version that always takes the same time, and counts how often it was asked."""

    def __init__(self, *took: float) -> None:
        self.took, self.asked = took, 0

    def ask(self, request: object) -> list[float]:
        self.asked += 1
        return list(self.took)


def test_the_bound_is_the_third_smallest_ratio():
    assert Speed.of([1.0, 1.2, *[2.0] * 12, 9.0]) == Speed(2.0, 2.0)
    assert Speed.of([0.5, 0.6, 0.7, *[2.0] * 12]).least == 0.7


def test_a_change_that_wins_is_measured_in_fifteen_pairs():
    before, after = Told(0.4), Told(0.1)
    assert measured(before, after, "large") == Speed(4.0, 4.0)
    assert (before.asked, after.asked) == (15, 15)


def test_a_change_that_wins_nothing_is_given_up_early():
    before, after = Told(0.1), Told(0.1)
    assert measured(before, after, "large") == Speed(1.0, 1.0)
    assert before.asked == 5


def test_when_the_time_is_over_there_is_no_speed():
    assert measured(Told(), Told(0.1), "large") is None
