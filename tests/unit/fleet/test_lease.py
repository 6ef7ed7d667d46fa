"""How long a leader may act on one renewal."""

from grace_workers.fleet import ACT_WITHIN, LEADER, LEASE_TTL, RENEW_EVERY, Lease, may_act
from grace_workers.foundation.ids import InstanceName

LEASE = Lease(name=LEADER, holder=InstanceName("alice"), epoch=1, renewed=100.0)


def test_no_one_acts_without_a_lease() -> None:
    assert not may_act(None, 0.0)


def test_the_leader_acts_for_eight_tenths_of_the_lease() -> None:
    assert may_act(LEASE, 100.79)
    assert not may_act(LEASE, 100.81)


def test_two_renewals_may_fail_before_the_right_to_act_ends() -> None:
    assert RENEW_EVERY * 3 < LEASE_TTL * ACT_WITHIN
