from grace_workers.fleet import Tier
from grace_workers.fleet.kernels.message_bus import DEFINITION


def test_it_belongs_to_its_tier():
    assert DEFINITION.tier is Tier.FOUNDATION
