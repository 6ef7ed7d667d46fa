"""What both agents share goes to the less busy one."""

from grace_workers.orchestration.job import Pool, SlotLimits
from grace_workers.orchestration.work.balance import balanced

HEALING, CODING = Pool.HEALING, Pool.CODING
LIMITS = SlotLimits(total=6, per_pool={HEALING: 5, CODING: 5})


def test_the_less_busy_agent_is_served_first_until_both_are_equally_busy():
    given = balanced({HEALING: 5, CODING: 5}, {HEALING: 3, CODING: 0}, LIMITS, 3)
    assert given == {HEALING: 0, CODING: 3}
    given = balanced({HEALING: 5, CODING: 5}, {}, LIMITS, 6)
    assert given == {HEALING: 3, CODING: 3}


def test_what_one_agent_has_no_work_for_the_other_gets():
    assert balanced({HEALING: 1, CODING: 5}, {}, LIMITS, 6) == {HEALING: 1, CODING: 5}
    assert balanced({CODING: 2}, {HEALING: 3}, LIMITS, 3) == {CODING: 2}


def test_nothing_is_given_beyond_what_is_free():
    assert balanced({HEALING: 5, CODING: 5}, {HEALING: 5, CODING: 1}, LIMITS, 0) == {HEALING: 0, CODING: 0}
    assert balanced({HEALING: 5}, {}, LIMITS, -2) == {HEALING: 0}


def test_how_busy_an_agent_is_counts_by_its_own_limit():
    uneven = SlotLimits(total=10, per_pool={HEALING: 8, CODING: 2})
    given = balanced({HEALING: 8, CODING: 2}, {}, uneven, 5)
    assert given == {HEALING: 4, CODING: 1}
