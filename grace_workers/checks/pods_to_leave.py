"""How many pods would have to leave a machine of a cluster."""

from grace_workers.actions import Drainable
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document


class PodsToLeaveParams(Document):
    """There is nothing to choose."""


def probe(machine: Drainable, params: PodsToLeaveParams) -> float:
    """Return the count; those that belong to the machine itself are left out."""
    del params
    return float(len(machine.state().pods))


DEFINITION = Check(
    name="pods_to_leave",
    summary="How many pods run on a machine that could run elsewhere.",
    unit="pods",
    role=Drainable,
    params=PodsToLeaveParams,
    probe=probe,
)
