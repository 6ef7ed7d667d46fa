"""How many parts of a service end again and again."""

from grace_workers.actions import ServiceParts
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError


class CrashingPartsParams(Document):
    """There is nothing to choose."""


def probe(service: ServiceParts, params: CrashingPartsParams) -> float:
    """Return the count.

    Raises:
        PermanentError: the target tells of none of its parts whether it does.
    """
    del params
    parts = service.parts()
    if parts and all(one.crashing is None for one in parts):
        raise PermanentError("the target does not report how its parts ended; check `unhealthy_parts` instead")
    return float(sum(one.crashing is True for one in parts))


DEFINITION = Check(
    name="crashing_parts",
    summary="How many parts of a service ended at least twice by themselves, the last time within 10 minutes.",
    unit="parts",
    role=ServiceParts,
    params=CrashingPartsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("crashing_parts", 1),
)
