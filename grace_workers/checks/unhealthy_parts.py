"""How many parts of a service are not healthy."""

from grace_workers.actions import ServiceParts
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class UnhealthyPartsParams(Document):
    """There is nothing to choose."""


def probe(service: ServiceParts, params: UnhealthyPartsParams) -> float:
    """Return the count."""
    del params
    return float(sum(not one.healthy for one in service.parts()))


DEFINITION = Check(
    name="unhealthy_parts",
    summary="How many parts of a service are not healthy.",
    unit="parts",
    role=ServiceParts,
    params=UnhealthyPartsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("unhealthy_parts", 1),
)
