"""How many instances of a service are still missing: there should be so many more than are ready."""

from grace_workers.actions import Scalable
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class MissingInstancesParams(Document):
    """There is nothing to choose."""


def probe(service: Scalable, params: MissingInstancesParams) -> float:
    """Return the count."""
    del params
    found = service.scale()
    return float(max(0, found.wanted - found.ready))


DEFINITION = Check(
    name="missing_instances",
    summary="How many instances of a service should be ready and are not.",
    unit="instances",
    role=Scalable,
    params=MissingInstancesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("missing_instances", 1),
)
