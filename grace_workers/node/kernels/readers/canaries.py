"""A canary job that is sent through a pool and awaited."""

import time
from datetime import timedelta

from grace_workers.fleet import CanaryFacts
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.stores import Ledger
from grace_workers.orchestration.work.canary import await_return, canary_request, patience, send

CANARY_WITHIN = timedelta(seconds=5)


class CanaryFlight:
    """Sends canaries through the pools of `instance`."""

    def __init__(self, ledger: Ledger, instance: InstanceName) -> None:
        self._ledger = ledger
        self._instance = instance

    def fly(self, pool: str, nonce: str) -> CanaryFacts:
        """Send a job with `nonce` through the pool of this node, and return its result if it comes in time."""
        job = send(self._ledger, canary_request(Pool(pool), self._instance, nonce))
        flight = await_return(self._ledger, job, pause=patience(CANARY_WITHIN, time.monotonic, time.sleep))
        return CanaryFacts(state=flight.job.state.value, nonce=flight.nonce, instance=flight.instance)
