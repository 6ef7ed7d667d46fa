"""Which function does which job. A job function takes the process's runtime and the claim, and returns an ending."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field

from grace_workers.entrypoints.tasks.edge import EdgeRuntime, JobFunction
from grace_workers.foundation.document import Document
from grace_workers.orchestration.jobs import Claim, Ending, Succeeded

_LONGEST_SLEEP = 600


class SleepOrder(Document):
    """What `system.sleep` is asked for."""

    seconds: float = Field(default=0.0, ge=0, le=_LONGEST_SLEEP)


def noop(_runtime: EdgeRuntime, _claim: Claim) -> Ending:
    """Do nothing: what a canary or a measurement runs."""
    return Succeeded()


def sleep(_runtime: EdgeRuntime, claim: Claim) -> Ending:
    """Hold a slot for a while, at most ten minutes: what drills and measurements run."""
    order = SleepOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    threading.Event().wait(order.seconds)
    return Succeeded(result={"slept": timedelta(seconds=order.seconds).total_seconds()})


FUNCTIONS: Mapping[str, JobFunction[Any]] = {
    "system.noop": noop,
    "system.sleep": sleep,
}
