from grace_workers.learning import Chances, failure_risk


def after(chances, risk, seen, failed):
    for number in range(seen):
        chances = chances.after(risk, happened=number < failed)
    return chances


def test_a_probability_is_what_came_of_looks_of_the_same_risk():
    chances = after(after(Chances(), 0.95, 20, 15), 0.05, 100, 1)
    assert 0.7 < chances.of(0.95) < 0.8
    assert chances.of(0.05) < 0.02
    assert 0.55 < chances.at_least(0.95) < chances.of(0.95)


def test_nothing_is_claimed_of_a_risk_that_was_never_seen():
    assert Chances().at_least(0.99) < 0.05


def test_a_greater_risk_never_has_the_smaller_probability():
    chances = after(after(Chances(), 0.75, 20, 10), 0.95, 20, 5)
    stated = [chances.of(risk / 100) for risk in range(100)]
    assert stated == sorted(stated)


def test_what_was_long_ago_counts_less():
    chances = after(after(Chances(), 0.95, 150, 150), 0.95, 300, 0)
    assert chances.of(0.95) < 0.2


def test_there_is_no_risk_without_failures_to_compare_with():
    assert failure_risk([], {"web": [{"memory": 0.9}]}, horizon=5) == {}
