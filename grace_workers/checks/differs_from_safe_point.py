"""How many items of a target differ from its part of a safe point."""

from grace_workers.actions import PartHash, PartKey, SafePoints
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document


class DiffersParams(Document):
    """The part, and the SHA-256 that it must have."""

    part: PartKey
    sha256: PartHash


def probe(target: SafePoints, params: DiffersParams) -> float:
    """Return the count; 0 when the target is what it was."""
    return float(len(target.differences(params.part, params.sha256)))


DEFINITION = Check(
    name="differs_from_safe_point",
    summary="How many items of the target differ from its part of a safe point, with those that are new or missing.",
    unit="items",
    role=SafePoints,
    params=DiffersParams,
    probe=probe,
)
