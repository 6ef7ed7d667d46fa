"""`system.canary`: brings a nonce back through one node's pool, to show that the pool works."""

from datetime import timedelta

from grace_workers.orchestration.job import Claim, Ending, Pool
from grace_workers.orchestration.work.canary import CanaryOrder, run_canary
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


def run(_parts: JobParts, claim: Claim) -> Ending:
    """Bring the nonce back."""
    return run_canary(claim)


DEFINITION = JobDefinition(
    name="system_canary",
    summary="Returns a nonce through the pool of one node.",
    pools=(Pool.ORCHESTRATION, Pool.HEALING, Pool.CODING),
    run=run,
    time_limit=timedelta(minutes=1),
    payload=CanaryOrder,
    attempts=1,
    audited=False,
)
