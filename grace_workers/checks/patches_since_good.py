"""How many patches of Grace a branch has had since its last good revision."""

from grace_workers.actions import Revisions, standing_patches
from grace_workers.checks.check import EVERY_KIND, Check
from grace_workers.foundation.document import Document


class PatchesSinceGoodParams(Document):
    """There is nothing to choose."""


def probe(branch: Revisions, params: PatchesSinceGoodParams) -> float:
    """Return the count of those that still stand."""
    del params
    return float(len(standing_patches(branch)))


DEFINITION = Check(
    name="patches_since_good",
    summary="How many patches of Grace stand on a branch since the last revision that is marked as good.",
    unit="patches",
    role=Revisions,
    params=PatchesSinceGoodParams,
    probe=probe,
    evidence_for=EVERY_KIND,
)
