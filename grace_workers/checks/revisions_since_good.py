"""How far a branch is ahead of its last good revision."""

from grace_workers.actions import Revisions
from grace_workers.checks.check import EVERY_KIND, Check
from grace_workers.foundation.document import Document


class SinceGoodParams(Document):
    """There is nothing to choose."""


def probe(branch: Revisions, params: SinceGoodParams) -> float:
    """Return the count, at most a thousand."""
    del params
    return float(len(branch.since(branch.last_good().id)))


DEFINITION = Check(
    name="revisions_since_good",
    summary="How many revisions a branch has had since the last one that is marked as good.",
    unit="revisions",
    role=Revisions,
    params=SinceGoodParams,
    probe=probe,
    evidence_for=EVERY_KIND,
)
