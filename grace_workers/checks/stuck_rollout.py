"""Whether the newest version of a service does not come up."""

from grace_workers.actions import Rollouts
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class StuckRolloutParams(Document):
    """There is nothing to choose."""


def probe(service: Rollouts, params: StuckRolloutParams) -> float:
    """Return 1 when the rollout is stuck, else 0."""
    del params
    return float(service.rollout().stuck is not None)


DEFINITION = Check(
    name="stuck_rollout",
    summary="1 when the newest version of a service does not come up in the time it may take, else 0.",
    unit="",
    role=Rollouts,
    params=StuckRolloutParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("stuck_rollout", 1),
)
