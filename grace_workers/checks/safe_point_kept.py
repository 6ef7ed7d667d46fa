"""Whether a target's part of a safe point is kept."""

from grace_workers.actions import PartKey, SafePoints
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document


class KeptParams(Document):
    """The name of the part."""

    part: PartKey


def probe(target: SafePoints, params: KeptParams) -> float:
    """Return 1 when it is there, else 0."""
    return float(target.kept(params.part) is not None)


DEFINITION = Check(
    name="safe_point_kept",
    summary="Whether the target's part of a safe point is kept: 1 when it is there, 0 when it is not.",
    unit="",
    role=SafePoints,
    params=KeptParams,
    probe=probe,
)
