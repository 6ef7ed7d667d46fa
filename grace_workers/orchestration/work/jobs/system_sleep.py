"""`system.sleep`: holds a slot for a while. Drills and measurements run it."""

import threading
from datetime import timedelta

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.work.definition import JobDefinition, JobParts

LONGEST = timedelta(minutes=10)


class SleepOrder(Document):
    """How long to hold the slot, in seconds."""

    seconds: float = Field(default=0.0, ge=0, le=LONGEST.total_seconds())


def run(_parts: JobParts, claim: Claim) -> Ending:
    """Hold a slot, at most ten minutes."""
    order = SleepOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    threading.Event().wait(order.seconds)
    return Succeeded(result={"slept": order.seconds})


DEFINITION = JobDefinition(
    name="system_sleep",
    summary="Holds a slot for at most ten minutes.",
    pools=(Pool.ORCHESTRATION, Pool.HEALING, Pool.CODING),
    run=run,
    time_limit=LONGEST + timedelta(minutes=1),
    payload=SleepOrder,
)
