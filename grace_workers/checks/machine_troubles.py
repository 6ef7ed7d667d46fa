"""What is wrong with a machine of a cluster, as the machine itself reports."""

from grace_workers.actions import Drainable
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class MachineTroublesParams(Document):
    """There is nothing to choose."""


def probe(machine: Drainable, params: MachineTroublesParams) -> float:
    """Return how many conditions are not as they should be."""
    del params
    return float(len(machine.state().troubles))


DEFINITION = Check(
    name="machine_troubles",
    summary="How many conditions of a machine, such as its memory or disk, are not as they should be.",
    unit="conditions",
    role=Drainable,
    params=MachineTroublesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("machine_troubles", 1),
)
