"""How many parts of a service were killed because they used more memory than they may."""

from grace_workers.actions import ServiceParts
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class PartsOutOfMemoryParams(Document):
    """There is nothing to choose."""


def probe(service: ServiceParts, params: PartsOutOfMemoryParams) -> float:
    """Return the count, of those whose last end was that."""
    del params
    return float(sum(one.out_of_memory for one in service.parts()))


DEFINITION = Check(
    name="parts_out_of_memory",
    summary="How many parts of a service were killed the last time because they used more memory than they may.",
    unit="parts",
    role=ServiceParts,
    params=PartsOutOfMemoryParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("parts_out_of_memory", 1),
)
