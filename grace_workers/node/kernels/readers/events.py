"""An event that is published and read again."""

import time
from collections.abc import Callable
from datetime import timedelta

from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.events.mesh import MOST_PAGE
from grace_workers.orchestration.events.topics.kernel_canary import DEFINITION as KERNEL_CANARY
from grace_workers.orchestration.events.topics.kernel_canary import KernelCanary
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.work.canary import patience

EVENT_WITHIN = timedelta(seconds=3)


class EventEcho:
    """Publishes for `instance`. `move` makes published events readable, as the leading node does all the time."""

    def __init__(self, ledger: LineLedger, instance: InstanceName, move: Callable[[], object]) -> None:
        self._ledger = ledger
        self._instance = instance
        self._move = move

    def echo(self, text: str, *, move: bool) -> str | None:
        """Publish an event that says `text`, and return what a reader of the log finds in it; None: nothing in time."""
        with self._ledger.transaction() as tx:
            after = tx.events.newest(limit=1).upto
            sent = tx.events.publish(KERNEL_CANARY, KernelCanary(instance=self._instance, nonce=text))
        again = patience(EVENT_WITHIN, time.monotonic, time.sleep)
        while True:
            if move:
                self._move()
            with self._ledger.transaction() as tx:
                page = tx.events.read(after=after, topics=[KERNEL_CANARY.address], limit=MOST_PAGE)
            found = next((event for event in page.events if event.id == sent), None)
            if found is not None:
                return found.read(KERNEL_CANARY).nonce
            if not again():
                return None
