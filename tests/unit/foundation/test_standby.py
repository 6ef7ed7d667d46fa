from datetime import timedelta

from grace_workers.foundation.standby import STAND_IN_EVERY, looks_every

OFTEN, SELDOM = timedelta(milliseconds=50), timedelta(seconds=9)


def test_the_leader_looks_at_the_configured_interval():
    assert looks_every(OFTEN, lambda: True) == 0.05
    assert looks_every(SELDOM, lambda: True) == 9.0


def test_the_others_only_stand_in():
    assert looks_every(OFTEN, lambda: False) == STAND_IN_EVERY.total_seconds()


def test_a_loop_with_a_long_interval_is_not_sped_up_by_standing_by():
    assert looks_every(SELDOM, lambda: False) == 9.0
