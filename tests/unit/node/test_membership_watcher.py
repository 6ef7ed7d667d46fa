"""What a node does about its own entry in the fleet."""

import threading

import pytest

from grace_workers.fleet import Instance, InstanceHealth
from grace_workers.node.membership.watcher import MembershipWatcher
from tests.unit.node.test_drain import Place
from tests.waiting import until


class Odd(Place):
    """Raises once what is no sign of an unreachable fleet; then the node is to drain."""

    looks = 0

    def look(self) -> Instance:
        self.looks += 1
        if self.looks == 1:
            raise ValueError("an odd entry")
        return self._instance(InstanceHealth.DRAINING)


@pytest.mark.slow
def test_an_error_that_no_one_expected_leaves_the_entry_heeded() -> None:
    left = threading.Event()
    watcher = MembershipWatcher(Odd(), (), None, left.set)
    watcher.start()
    until(left.is_set, within=10)
    watcher.stop()
