"""A commit makes the service slow."""

import time

from grace_workers.governance import Role
from tests.drills.grounds.branches import ServedBranch

SLOW = 0.5


class SlowCode(ServedBranch):
    """The red herring is a new revision with which the service is as quick as before."""

    subject = "shop"
    signal = "HighLatency"
    cause = "high_latency"
    asks = Role.OPERATOR

    def break_it(self) -> None:
        self.commit("answer slowly", delay="0.8")

    def well(self) -> bool:
        began = time.monotonic()
        return self.shop.answer() == 200 and time.monotonic() - began < SLOW

    def mislead(self) -> None:
        self.commit("another page", page="a harmless page")


DRILL = SlowCode
